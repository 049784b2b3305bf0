//! The report in a real browser, on the sample department: nothing is fetched, nothing complains,
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
use chrono::NaiveDate;
use jalon::controle::completude_du;
use jalon::historique::{Chiffre, Colonne, Historique};
use jalon::indicateurs::axes::{Axe, Part};
use jalon::indicateurs::courbes::courbes;
use jalon::indicateurs::variantes::Variante;
use jalon::indicateurs::{Question, Valeur, calculer};
use jalon::journal::depot::{Depot, Segments};
use jalon::qualite::Seuils;
use jalon::rapport::html::html;
use jalon::rapport::{Commentaire, Contexte, Remise};
use jalon::referentiel::Referentiel;
use jalon::rejeu::histoire;
use jalon::temps::{Jour, Mois, Periode};
use serde_json::{Value, json};

const RACINE: &str = env!("CARGO_MANIFEST_DIR");

fn jour(texte: &str) -> Jour {
    texte.parse::<NaiveDate>().unwrap().into()
}

fn fin_du_mois(annee: i32, mois: u32) -> Jour {
    let suivant = if mois == 12 { Mois { annee: annee + 1, mois: 1 } } else { Mois { annee, mois: mois + 1 } };
    suivant.veille()
}

/// The report of 2021 on the sample department, every section of it filled, and the one that may
/// leave the department.
fn rapports(lieu: &Path) -> [PathBuf; 2] {
    let entrepot = lieu.join("entrepot");
    let entrant = Path::new(RACINE).join("sample_flows/petit_departement/entrant");
    let sortie = programme::jalon(&entrepot, [Path::new("ingerer"), &entrant]);
    assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
    let Segments { flux, evenements } = Depot::ouvrir_en_lecture(&entrepot, None).unwrap().segments().unwrap();
    let connue = histoire(&flux, &evenements, None).unwrap();
    let referentiel = Referentiel::livre().unwrap();
    let annee = Periode { du: jour("2021-01-01"), au: jour("2021-12-31"), arrete: jour("2021-12-31") };
    let question = |periode| Question { periode, connu_le: None, referentiel: &referentiel };
    let mut tableau = calculer(&connue, &question(annee));
    let mois = |rang: u32| {
        let debut = Mois { annee: 2021, mois: rang }.veille().plus_jours(1);
        let du_mois =
            calculer(&connue, &question(Periode { du: debut, au: fin_du_mois(2021, rang), arrete: annee.arrete }));
        let indicateurs = du_mois.indicateurs.into_iter().take(7).collect::<Vec<_>>();
        (format!("2021-{rang:02}"), indicateurs)
    };
    let mois: Vec<_> = (1..=12).map(mois).collect();
    for (_, axe) in Axe::TOUS {
        let combien = if axe == Axe::Mois { 12 } else { 5 };
        tableau.repartitions.extend(mois.iter().take(combien).map(|(nom, indicateurs)| Part {
            axe,
            valeur: if axe == Axe::Mois { nom.clone() } else { format!("Maison du département de Brumeval <{nom}>") },
            indicateurs: indicateurs.clone(),
        }));
    }
    let valeurs: Vec<_> = tableau.indicateurs.iter().map(|i| (i.definition.id, i.valeur.map(plus_un))).collect();
    tableau.variantes = [("orientation.delai", "30_jours"), ("suspension", "sans_cloture")]
        .map(|(cle, lecture)| Variante {
            cle,
            lecture,
            texte: "annexe 1, section 2 : « 30 jours »",
            valeurs: valeurs.clone(),
        })
        .into();
    let completude = completude_du(&flux, (annee.du, annee.au), None, &Seuils::default());
    let chiffre = |indicateur: &str, periode: &str, colonne| Chiffre {
        indicateur: indicateur.into(),
        periode: periode.into(),
        colonne,
        valeur: Valeur::Entier(120),
        en_part: false,
        exemple: false,
        source: "rapport d'exécution 2019".into(),
    };
    let mut remise = Remise {
        contexte: Contexte {
            campagne: Some("mars-2022"),
            periode: annee,
            connu_le: None,
            referentiel: &referentiel,
            completude: &completude,
            diffusion: false,
        },
        courbes: courbes(&tableau, &question(annee)),
        tableau,
        historique: Historique {
            chiffres: vec![
                chiffre("3.1.1", "2019", Colonne::Resultat),
                chiffre("3.1.2", "2019", Colonne::Resultat),
                chiffre("3.1.2", "2021", Colonne::Attendu),
            ],
        },
        commentaires: vec![Commentaire {
            titre: "Fréquence des transmissions",
            indicateurs: vec!["3.1.1", "3.1.2"],
            paragraphes: vec!["La CAF transmet ses flux deux fois par semaine.".to_owned()],
            a_completer: true,
        }],
    };
    let pages = [lieu.join("rapport.html"), lieu.join("rapport-a-diffuser.html")];
    fs::write(&pages[0], html(&remise)).unwrap();
    remise.contexte.diffusion = true;
    fs::write(&pages[1], html(&remise)).unwrap();
    pages
}

fn plus_un(valeur: Valeur) -> Valeur {
    match valeur {
        Valeur::Entier(n) => Valeur::Entier(n + 1),
        autre => autre,
    }
}

/// What axe-core says of the page, one rule broken a line.
fn violations(page: &mut Chromium, axe: &str) -> Vec<String> {
    page.evaluer(axe);
    let regles = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})\
        .then(r => ({passes: r.passes.length, violations: r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).slice(0, 3).join(' | '))}))";
    let dit = page.evaluer(regles);
    assert!(dit["passes"].as_u64().unwrap() > 20, "axe-core looked at nothing: {dit}");
    dit["violations"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs Chromium and axe-core, that .ci/run installs: cargo test --test navigateur -- --include-ignored"]
fn the_report_can_be_read_by_everybody_at_every_width_and_on_paper() {
    let axe = Path::new(RACINE).join("tests/navigateur/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe).expect("axe-core is missing: npm ci --prefix tests/navigateur");
    let lieu = tempfile::tempdir().unwrap();
    let captures = std::env::var_os("JALON_CAPTURES").map(PathBuf::from);
    for page in rapports(lieu.path()) {
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
