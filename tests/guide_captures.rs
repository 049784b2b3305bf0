//! The pictures of the guides: made by a browser on the sample department, whose people do not exist.
//! After a change of the pages:
//!
//! ```text
//! cargo test --test guide_captures -- --ignored
//! ```
//!
//! It needs Chromium; pngquant, when it is there, makes the pictures three times as small.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "navigateur/chromium.rs"]
mod chromium;
#[path = "commun/programme.rs"]
mod programme;
#[path = "commun/serveur.rs"]
mod serveur;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chromium::Chromium;
use serveur::Serveur;

const RACINE: &str = env!("CARGO_MANIFEST_DIR");

fn images() -> PathBuf {
    Path::new(RACINE).join("docs/images")
}

/// Width and height of a PNG: the first two numbers of its header.
fn taille(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let nombre = |rang: usize| u32::from_be_bytes(png[rang..rang + 4].try_into().unwrap());
    (nombre(16), nombre(20))
}

/// The pictures of a page: what is between `![` and `]`, and the file.
fn montrees(page: &str) -> Vec<(String, String)> {
    let morceaux = page.split("![").skip(1).filter_map(|morceau| morceau.split_once("]("));
    morceaux.map(|(texte, suite)| (texte.to_owned(), suite.split(')').next().unwrap().to_owned())).collect()
}

#[test]
fn each_picture_is_shown_told_in_words_and_small() {
    let docs = Path::new(RACINE).join("docs");
    let mut employees = BTreeSet::new();
    for page in programme::fichiers(&docs).iter().filter(|page| page.extension().is_some_and(|e| e == "md")) {
        for (texte, fichier) in montrees(&fs::read_to_string(page).unwrap()) {
            assert!(texte.len() > 30, "{} : {fichier} n'est pas dite en mots", page.display());
            employees.insert(page.parent().unwrap().join(fichier));
        }
    }
    assert!(employees.len() >= 6, "{employees:?}");
    let presentes: BTreeSet<PathBuf> = programme::fichiers(&images()).into_iter().collect();
    assert_eq!(employees, presentes);
    let mut ensemble = 0;
    for image in presentes {
        let octets = fs::read(&image).unwrap();
        assert!(octets.len() < 120_000, "{} : {} octets", image.display(), octets.len());
        assert!(taille(&octets).0 <= 1000, "{} : {:?}", image.display(), taille(&octets));
        ensemble += octets.len();
    }
    assert!(ensemble < 800_000, "{ensemble} octets");
}

/// Keeps the page that is open from an element on, as tall as asked.
fn garder(navigateur: &mut Chromium, nom: &str, depuis: &str, hauteur: u32) {
    let image = images().join(nom).with_extension("png");
    fs::write(&image, navigateur.depuis(depuis, 980, hauteur)).unwrap();
    let mut pngquant = Command::new("pngquant");
    pngquant.args(["--force", "--skip-if-larger", "--strip", "--ext", ".png", "32"]).arg(&image);
    if let Ok(fin) = pngquant.status() {
        assert!(fin.success() || fin.code() == Some(98), "{fin}");
    }
}

/// What the agent's guide has done when it shows the pages: the files received up to February 2022, and
/// a submission prepared and sealed.
fn guide(lieu: &Path) -> PathBuf {
    let entrepot = lieu.join("entrepot");
    let recus = lieu.join("recus");
    fs::create_dir(&recus).unwrap();
    for fichier in programme::fichiers(&Path::new(RACINE).join("sample_flows/petit_departement/entrant")) {
        let nom = fichier.file_name().unwrap().to_str().unwrap();
        if nom < "2022-03" {
            fs::copy(&fichier, recus.join(nom)).unwrap();
        }
    }
    let jalon = |arguments: &[&str]| {
        let sortie = programme::lancer(programme::commande(&entrepot).current_dir(lieu).args(arguments));
        assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
    };
    jalon(&["-q", "ingerer", "recus"]);
    jalon(&["campagne", "preparer", "mars-2022", "--sortie", "remises/mars-2022"]);
    jalon(&["campagne", "sceller", "remises/mars-2022"]);
    let html = ["--format", "html", "--sortie"];
    jalon(&[&["expliquer", "01082000588", "Agathe", "--campagne", "mars-2022"], &html[..], &["agathe.html"]].concat());
    entrepot
}

#[test]
#[ignore = "rewrites docs/images, and needs Chromium: cargo test --test guide_captures -- --ignored"]
fn the_pictures_of_the_guides_are_made_again() {
    let lieu = tempfile::tempdir().unwrap();
    let entrepot = guide(lieu.path());
    let mut navigateur = Chromium::new(lieu.path());
    for (nom, page, depuis, hauteur) in [
        ("rapport", "remises/mars-2022/rapport.html", "html", 860),
        ("rapport-mois", "remises/mars-2022/rapport.html", "#tendance", 700),
        ("parcours", "agathe.html", "html", 820),
    ] {
        navigateur.ouvrir(&lieu.path().join(page), 980, "screen");
        garder(&mut navigateur, nom, depuis, hauteur);
    }
    let serveur = Serveur::new(&entrepot, &[]);
    navigateur.regarder(980, "screen");
    navigateur.aller(&serveur.adresse);
    for (nom, adresse, depuis, hauteur) in [
        ("servir-tableau", "/?campagne=mars-2022", "html", 1080),
        ("servir-personnes", "/indicateur/3.1.2?campagne=mars-2022", "html", 760),
        ("servir-liste", "/listes?liste=a-convoquer&jour=2022-02-28", "html", 1120),
        ("servir-qualite", "/qualite?campagne=mars-2022", "html", 740),
    ] {
        navigateur.aller(&format!("{}{adresse}", serveur.racine()));
        garder(&mut navigateur, nom, depuis, hauteur);
    }
}
