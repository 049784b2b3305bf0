//! The pages that jalon writes in a real browser, on the sample department: nothing is fetched, nothing complains,
//! nothing overflows, and axe-core finds nothing that would keep somebody from reading it.
//!
//! `JALON_CAPTURES=DIR` keeps a picture of each page looked at, and its print, for people to look at.

#![allow(clippy::unwrap_used)]

#[path = "navigateur/chromium.rs"]
mod chromium;
#[path = "commun/programme.rs"]
mod programme;

use std::fs;
use std::path::{Path, PathBuf};

use chromium::Chromium;
use serde_json::{Value, json};

const RACINE: &str = env!("CARGO_MANIFEST_DIR");

/// The report of a submission on the sample department, the one that may leave the department, and the
/// story of one person.
fn pages(lieu: &Path) -> [PathBuf; 3] {
    let racine = Path::new(RACINE);
    let entrepot = lieu.join("entrepot");
    let entrant = racine.join("sample_flows/petit_departement/entrant");
    let sortie = programme::jalon(&entrepot, [Path::new("ingerer"), &entrant]);
    assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
    let [interne, a_diffuser] =
        [("rapport", None), ("rapport-a-diffuser", Some("--diffusion"))].map(|(nom, option)| {
            let dossier = lieu.join(nom);
            let mut arguments = ["campagne", "preparer", "mars-2022", "--sortie"].map(PathBuf::from).to_vec();
            arguments.extend([dossier.clone(), "--historique".into(), racine.join("pipelines/historique.csv")]);
            arguments.extend(option.map(PathBuf::from));
            let sortie = programme::jalon(&entrepot, arguments);
            assert!(matches!(sortie.code, 0 | 4), "{}", sortie.tout());
            let page = lieu.join(nom).with_extension("html");
            fs::copy(dossier.join("rapport.html"), &page).unwrap();
            page
        });
    let detail = fs::read_to_string(lieu.join("rapport/detail.csv")).unwrap();
    let personne: Vec<&str> = detail.lines().nth(1).unwrap().split(';').collect();
    let histoire = lieu.join("histoire.html");
    let expliquer = ["expliquer", &format!("{} {}", personne[0], personne[4]), "--format", "html", "--sortie"];
    let sortie = programme::jalon(&entrepot, expliquer.iter().map(Path::new).chain([histoire.as_path()]));
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    [interne, a_diffuser, histoire]
}

/// What axe-core says of the page, one rule broken a line.
fn violations(page: &mut Chromium, axe: &str) -> Vec<String> {
    page.evaluer(axe);
    let regles = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})\
        .then(r => ({passes: r.passes.length, violations: r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).slice(0, 3).join(' | '))}))";
    let dit = page.evaluer(regles);
    assert!(dit["passes"].as_u64().unwrap() > 10, "axe-core looked at nothing: {dit}");
    dit["violations"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs Chromium and axe-core, that .ci/run installs: cargo test --test navigateur -- --include-ignored"]
fn each_page_can_be_read_by_everybody_at_every_width_and_on_paper() {
    let axe = Path::new(RACINE).join("tests/navigateur/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe).expect("axe-core is missing: npm ci --prefix tests/navigateur");
    let lieu = tempfile::tempdir().unwrap();
    let captures = std::env::var_os("JALON_CAPTURES").map(PathBuf::from);
    let pages = pages(lieu.path());
    let [interne, a_diffuser, _] = pages.each_ref().map(|page| fs::read_to_string(page).unwrap());
    for partie in ["tendance", "delais", "repartitions", "lectures", "historique", "completude"] {
        let titre = format!("<h2 id=\"{partie}\">");
        assert!(interne.contains(&titre), "{partie}");
        // So small a department cannot show its parts.
        assert_eq!(a_diffuser.contains(&titre), !["tendance", "repartitions"].contains(&partie), "{partie}");
    }
    for page in pages {
        let nom = page.file_stem().unwrap().to_str().unwrap().to_owned();
        for (largeur, media) in [(320, "screen"), (768, "screen"), (1280, "screen"), (1280, "print")] {
            let mut navigateur = Chromium::new(lieu.path());
            navigateur.ouvrir(&page, largeur, media);
            let tient = navigateur.evaluer("document.documentElement.scrollWidth <= window.innerWidth");
            assert_eq!(tient, json!(true), "{nom} overflows at {largeur} ({media})");
            assert_eq!(violations(&mut navigateur, &axe), Vec::<String>::new(), "{nom} at {largeur} ({media})");
            let plaintes: Vec<Value> = navigateur.plaintes();
            assert!(plaintes.is_empty(), "{nom}: {plaintes:?}");
            assert_eq!(navigateur.demandes(), [format!("file://{}", page.display())], "{nom} fetches something");
            if let Some(captures) = &captures {
                fs::write(captures.join(format!("{nom}-{largeur}-{media}.png")), navigateur.image()).unwrap();
                if media == "print" {
                    fs::write(captures.join(format!("{nom}.pdf")), navigateur.imprimer()).unwrap();
                }
            }
        }
    }
}

/// The test above must be able to fail: a page that breaks each rule is told.
#[test]
#[ignore = "needs Chromium and axe-core, that .ci/run installs: cargo test --test navigateur -- --include-ignored"]
fn a_page_that_nobody_should_get_is_told() {
    let axe = Path::new(RACINE).join("tests/navigateur/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe).expect("axe-core is missing: npm ci --prefix tests/navigateur");
    let lieu = tempfile::tempdir().unwrap();
    let page = lieu.path().join("page.html");
    let corps = "<p style='color:#ccc;width:2000px'>pâle et large</p><img src='absente.png'><script>console.error('x')</script>\
        <table><tr><td>1</td></tr></table><button></button><input><a href='#'></a><select></select><ul><p>a</p></ul><dl><p>b</p></dl>\
        <h1>Un</h1><h4>Quatre</h4><main>a</main><nav>b</nav><p lang='xx'>c</p>";
    fs::write(&page, format!("<!DOCTYPE html><html><head></head><body>{corps}</body></html>")).unwrap();
    let mut navigateur = Chromium::new(lieu.path());
    navigateur.ouvrir(&page, 320, "screen");
    let tient = navigateur.evaluer("document.documentElement.scrollWidth <= window.innerWidth");
    assert_eq!(tient, json!(false));
    let dites = {
        navigateur.evaluer(&axe);
        navigateur.evaluer("axe.run(document).then(r => r.violations.map(v => v.id))")
    };
    for regle in ["color-contrast", "image-alt", "html-has-lang", "document-title", "heading-order"] {
        assert!(dites.as_array().unwrap().contains(&json!(regle)), "{regle}: {dites}");
    }
    assert!(!navigateur.plaintes().is_empty());
    assert_eq!(navigateur.demandes().len(), 2);
}
