//! The pages that jalon writes in a real browser, on the sample department: nothing is fetched, nothing complains,
//! nothing overflows, and axe-core finds nothing that would keep somebody from reading it.
//!
//! `JALON_CAPTURES=DIR` keeps a picture of each page looked at, and its print, for people to look at.

#![allow(clippy::unwrap_used)]

#[path = "navigateur/chromium.rs"]
mod chromium;
#[path = "commun/programme.rs"]
mod programme;
#[path = "commun/serveur.rs"]
mod serveur;

use std::fs;
use std::path::{Path, PathBuf};

use chromium::Chromium;
use serde_json::{Value, json};
use serveur::Serveur;

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
fn violations(page: &mut Chromium, axe: &str, media: &str) -> Vec<String> {
    page.evaluer(axe);
    // Nobody points at anything on paper.
    let cibles = media != "print";
    let regles = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: {'target-size': {enabled: CIBLES}}})\
        .then(r => ({passes: r.passes.length, violations: r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).slice(0, 3).join(' | '))}))";
    let dit = page.evaluer(&regles.replace("CIBLES", &cibles.to_string()));
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
            assert_eq!(violations(&mut navigateur, &axe, media), Vec::<String>::new(), "{nom} at {largeur} ({media})");
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

fn axe() -> String {
    let axe = Path::new(RACINE).join("tests/navigateur/node_modules/axe-core/axe.min.js");
    fs::read_to_string(axe).expect("axe-core is missing: npm ci --prefix tests/navigateur")
}

/// The sample department, two submissions of it (one sealed), and its pages.
fn servies(lieu: &Path) -> Serveur {
    let entrepot = lieu.join("entrepot");
    let entrant = Path::new(RACINE).join("sample_flows/petit_departement/entrant");
    let sortie = programme::jalon(&entrepot, [Path::new("ingerer"), &entrant]);
    assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
    let remises = lieu.join("remises");
    fs::create_dir(&remises).unwrap();
    for (nom, connu_le) in [("octobre", "2021-10-31"), ("mars", "2022-03-31")] {
        let arguments = ["campagne", "preparer", "mars-2022", "--connu-le", connu_le, "--sortie"].map(PathBuf::from);
        let sortie = programme::jalon(&entrepot, arguments.into_iter().chain([remises.join(nom)]));
        assert!(matches!(sortie.code, 0 | 4), "{}", sortie.tout());
    }
    let sceller = ["campagne", "sceller"].map(PathBuf::from).into_iter().chain([remises.join("octobre")]);
    let sortie = programme::jalon(&entrepot, sceller);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    Serveur::new(&entrepot, &["--remises", remises.to_str().unwrap()])
}

/// The pages that are served: a name for the pictures, and the address.
const SERVIES: [(&str, &str); 11] = [
    ("tableau", "/?campagne=mars-2022"),
    ("indicateur", "/indicateur/3.1.2?campagne=mars-2022"),
    ("garantie", "/indicateur/3.2.2?campagne=mars-2022"),
    ("personne", "/personne"),
    ("listes", "/listes?liste=sans-cer&jour=2021-12-31"),
    ("liste-vide", "/listes?liste=sans-cer&jour=2021-12-31&structure=aucune"),
    ("lectures", "/lectures?campagne=mars-2022"),
    ("qualite", "/qualite?campagne=mars-2022"),
    ("comparaison", "/comparaison?a_campagne=mars-2022&a_connu_le=2021-12-31&b_campagne=mars-2022"),
    ("campagnes", "/campagnes"),
    ("introuvable", "/nulle-part"),
];

/// Looks at the page that is open at every width and on paper, and keeps its pictures.
fn tient_partout(navigateur: &mut Chromium, nom: &str, axe: &str) {
    let captures = std::env::var_os("JALON_CAPTURES").map(PathBuf::from);
    for (largeur, media) in [(320, "screen"), (768, "screen"), (1280, "screen"), (1280, "print")] {
        navigateur.regarder(largeur, media);
        let tient = navigateur.evaluer("document.documentElement.scrollWidth <= window.innerWidth");
        let larges = "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth)\
            .map(e => e.outerHTML.slice(0, 120)).slice(0, 5)";
        assert_eq!(tient, json!(true), "{nom} overflows at {largeur} ({media}): {}", navigateur.evaluer(larges));
        assert_eq!(violations(navigateur, axe, media), Vec::<String>::new(), "{nom} at {largeur} ({media})");
        if let Some(captures) = &captures {
            fs::write(captures.join(format!("{nom}-{largeur}-{media}.png")), navigateur.image()).unwrap();
        }
    }
}

/// Nothing but the pages was asked for, and nothing complained but what is known to be refused.
fn rien_ne_sort(navigateur: &Chromium, serveur: &Serveur) {
    let ailleurs: Vec<String> = navigateur
        .demandes()
        .into_iter()
        .filter(|demande| !demande.starts_with(&format!("{}/", serveur.racine())) && !demande.starts_with("data:"))
        .collect();
    assert_eq!(ailleurs, Vec::<String>::new());
    let plaintes: Vec<Value> = navigateur
        .plaintes()
        .into_iter()
        // The page that is not there is told by the browser too.
        .filter(|plainte| !plainte["params"]["entry"]["text"].as_str().unwrap_or_default().contains("404"))
        .collect();
    assert!(plaintes.is_empty(), "{plaintes:?}");
}

#[test]
#[ignore = "needs Chromium and axe-core, that .ci/run installs: cargo test --test navigateur -- --include-ignored"]
fn each_page_served_can_be_read_by_everybody_at_every_width_and_on_paper() {
    let (axe, lieu) = (axe(), tempfile::tempdir().unwrap());
    let serveur = servies(lieu.path());
    let mut navigateur = Chromium::new(lieu.path());
    navigateur.aller(&serveur.adresse);
    // The pages refuse every script, the one that looks at them too: it alone is let through.
    navigateur.sans_csp();
    for (nom, adresse) in SERVIES {
        navigateur.aller(&format!("{}{adresse}", serveur.racine()));
        assert_eq!(navigateur.evaluer("document.scripts.length"), json!(0), "{nom}");
        tient_partout(&mut navigateur, nom, &axe);
    }
    // Those that no fixed address leads to.
    navigateur.regarder(1280, "screen");
    let listes = format!("{}{}", serveur.racine(), SERVIES[4].1);
    navigateur.aller(&listes);
    navigateur.cliquer("tbody th a", "");
    tient_partout(&mut navigateur, "parcours", &axe);
    navigateur.regarder(1280, "screen");
    navigateur.aller(&format!("{}/campagnes", serveur.racine()));
    navigateur.cliquer("td a", "Vérifier");
    tient_partout(&mut navigateur, "verification", &axe);
    navigateur.regarder(1280, "screen");
    navigateur.aller(&format!("{}/comparaison", serveur.racine()));
    navigateur.cliquer("button", "Comparer ces remises");
    tient_partout(&mut navigateur, "remises", &axe);
    rien_ne_sort(&navigateur, &serveur);
}

/// From the table to a figure, to a person; from a list to its filter, to a person; and so on, with the
/// mouse, the same with scripts and without.
#[test]
#[ignore = "needs Chromium and axe-core, that .ci/run installs: cargo test --test navigateur -- --include-ignored"]
fn each_path_is_walked_with_and_without_scripts() {
    let lieu = tempfile::tempdir().unwrap();
    let serveur = servies(lieu.path());
    for permis in [true, false] {
        let mut navigateur = Chromium::new(lieu.path());
        navigateur.regarder(1280, "screen");
        navigateur.scripts(permis);
        navigateur.aller(&serveur.adresse);
        let titre = |navigateur: &mut Chromium| {
            navigateur.evaluer("document.querySelector('h1').textContent").as_str().unwrap().to_owned()
        };
        let ici = |navigateur: &mut Chromium| navigateur.evaluer("location.pathname + location.search");
        assert_eq!(ici(&mut navigateur), json!("/"), "the token stays neither in the address nor in the history");
        assert!(titre(&mut navigateur).starts_with("Tableau de "), "{}", titre(&mut navigateur));
        // Table, figure, person.
        navigateur.cliquer("#tableau td a, #chiffres-legende ~ * td a, td a", "3.1.1");
        assert!(titre(&mut navigateur).starts_with("3.1.1 :"), "{}", titre(&mut navigateur));
        navigateur.cliquer("main nav a", "Celles qui comptent");
        assert!(ici(&mut navigateur).as_str().unwrap().contains("montrer=oui"));
        navigateur.cliquer("thead a", "Entrée le");
        assert!(ici(&mut navigateur).as_str().unwrap().contains("tri=t0"));
        navigateur.cliquer("tbody th a", "voir son parcours");
        assert!(titre(&mut navigateur).starts_with("Parcours de la personne"), "{}", titre(&mut navigateur));
        // Lists: another list, a filter, a person, and back to the table of the same campaign.
        navigateur.cliquer("nav.pages a", "Listes");
        navigateur.evaluer("document.querySelector('#jour').value = '2021-12-31'");
        navigateur.cliquer("button", "Voir la liste");
        navigateur.cliquer("main nav a", "sans premier CER");
        let toutes = navigateur.evaluer("document.querySelectorAll('#liste tbody tr').length").as_u64().unwrap();
        navigateur.evaluer(
            "document.querySelector('#structure').value = document.querySelector('#liste [data-champ=structure]').textContent",
        );
        navigateur.cliquer("button", "Voir la liste");
        let filtrees = navigateur.evaluer("document.querySelectorAll('#liste tbody tr').length").as_u64().unwrap();
        assert!(filtrees > 0 && filtrees < toutes, "{filtrees} of {toutes}");
        assert!(ici(&mut navigateur).as_str().unwrap().contains("liste=sans-cer"));
        navigateur.cliquer("tbody th a", "voir son parcours");
        assert!(ici(&mut navigateur).as_str().unwrap().ends_with("?connu_le=2021-12-31"));
        // The other pages, from the navigation.
        for (lien, attendu) in [
            ("Lectures", "Autres lectures"),
            ("Qualité", "Qualité des données"),
            ("Comparaison", "Comparer deux périodes"),
            ("Remises", "Remises préparées"),
            ("Une personne", "Chercher une personne"),
            ("Tableau", "Tableau de"),
        ] {
            navigateur.cliquer("nav.pages a", lien);
            assert!(titre(&mut navigateur).starts_with(attendu), "{lien} : {}", titre(&mut navigateur));
            let courante = navigateur.evaluer("document.querySelector('nav.pages a[aria-current]').textContent");
            assert_eq!(courante, json!(lien));
        }
        // A submission is verified, two are compared.
        navigateur.cliquer("nav.pages a", "Remises");
        navigateur.cliquer("td a", "Vérifier");
        assert!(navigateur.evaluer("document.body.textContent").as_str().unwrap().contains("Tout est prouvé"));
        navigateur.cliquer("nav.pages a", "Comparaison");
        navigateur.cliquer("button", "Comparer ces remises");
        assert!(titre(&mut navigateur).starts_with("Comparer deux remises"));
        rien_ne_sort(&navigateur, &serveur);
    }
}

#[test]
#[ignore = "needs Chromium and axe-core, that .ci/run installs: cargo test --test navigateur -- --include-ignored"]
fn the_keyboard_reaches_everything_and_shows_where_it_is() {
    let lieu = tempfile::tempdir().unwrap();
    let serveur = servies(lieu.path());
    let mut navigateur = Chromium::new(lieu.path());
    navigateur.regarder(1280, "screen");
    navigateur.aller(&serveur.adresse);
    for (nom, adresse) in SERVIES {
        navigateur.aller(&format!("{}{adresse}", serveur.racine()));
        let attendus = navigateur
            .evaluer(
                "(() => { window.atteints = new Set(); const f = 'a[href], button, input:not([type=hidden]), select, summary';\
                 window.attendus = [...document.querySelectorAll(f)].filter(e => e.checkVisibility());\
                 return window.attendus.length; })()",
            )
            .as_u64()
            .unwrap();
        assert!(attendus > 5 || nom == "introuvable", "{nom}");
        // A date has several fields of its own; a table that is too wide is reached too.
        for rang in 0..attendus * 6 + 20 {
            navigateur.touche("Tab", 9);
            let vu = navigateur.evaluer(
                "(() => { const e = document.activeElement; if (e === document.body) return 'fini';\
                 window.atteints.add(e); const s = getComputedStyle(e), r = e.getBoundingClientRect();\
                 const cerne = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== 'none';\
                 const vu = cerne && r.width > 0 && r.bottom > 0 && r.right > 0;\
                 return vu ? e.className : 'invisible : ' + e.outerHTML.slice(0, 200) + s.outline + JSON.stringify(r); })()",
            );
            let vu = vu.as_str().unwrap();
            assert!(!vu.starts_with("invisible"), "{nom} : {vu}");
            if rang == 0 {
                assert_eq!(vu, "evitement", "{nom}: the first key leads to the skip link");
            }
            if vu == "fini" {
                break;
            }
        }
        let manques = navigateur
            .evaluer("window.attendus.filter(e => !window.atteints.has(e)).map(e => e.outerHTML.slice(0, 200))");
        assert_eq!(manques, json!([]), "{nom}");
    }
    // The skip link leads to the content, past the navigation.
    navigateur.aller(&format!("{}/", serveur.racine()));
    navigateur.touche("Tab", 9);
    navigateur.entrer();
    assert_eq!(navigateur.evaluer("document.activeElement.id"), json!("contenu"));
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
