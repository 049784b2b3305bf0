//! `jalon demo`, by the real program: what it writes, what it shows, and that each command it tells of can
//! be pasted as it is.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "commun/programme.rs"]
mod programme;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use programme::{Sortie, commande, fichiers, lancer};
use tempfile::TempDir;

/// Where nothing must be written.
const AUTRE: &str = "entrepot-du-service";

fn demo(ici: &Path, sortie: &str) -> Sortie {
    lancer(commande(&ici.join(AUTRE)).current_dir(ici).args(["demo", "--sortie", sortie]))
}

/// A trial in a folder whose name has a space and an apostrophe, made once for all.
static ESSAI: LazyLock<(TempDir, Sortie)> = LazyLock::new(|| {
    let ici = tempfile::tempdir().unwrap();
    let sortie = demo(ici.path(), "l'essai de lundi");
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    (ici, sortie)
});

/// The commands that are told of: the lines that begin by the program, once indented.
fn commandes(sortie: &Sortie) -> Vec<&str> {
    let programme = format!("     {}", env!("CARGO_BIN_EXE_jalon"));
    sortie.out.lines().filter(|ligne| ligne.starts_with(&programme)).map(str::trim).collect()
}

#[test]
fn everything_is_in_the_folder_and_nothing_elsewhere() {
    let (ici, sortie) = &*ESSAI;
    let noms: Vec<_> = fs::read_dir(ici.path()).unwrap().map(|entree| entree.unwrap().file_name()).collect();
    assert_eq!(noms, ["l'essai de lundi"], "not in the warehouse of the command line either");
    let essai = ici.path().join("l'essai de lundi");
    for fichier in fichiers(&essai) {
        assert_eq!(fs::metadata(&fichier).unwrap().permissions().mode() & 0o077, 0, "{}", fichier.display());
    }
    assert!(essai.join("recus").is_dir() && essai.join("entrepot").is_dir());
    assert!(sortie.out.contains("rm -r 'l'\\''essai de lundi'"), "{}", sortie.out);
    assert_eq!(sortie.err, "");
}

#[test]
fn the_table_of_the_last_whole_year_is_shown() {
    let (ici, sortie) = &*ESSAI;
    let entrepot = ici.path().join("l'essai de lundi/entrepot");
    let tableau = lancer(commande(&entrepot).args(["indicateurs", "--campagne", "mars-2022"]));
    assert_eq!(tableau.code, 0);
    assert!(tableau.out.contains("3.1.1"));
    assert!(sortie.out.contains(&tableau.out), "{}", sortie.out);
    assert!(sortie.out.contains("fichiers ingérés"), "{}", sortie.out);
}

/// The last one, that does not end by itself, has a test of its own.
#[test]
fn each_command_that_is_told_of_can_be_pasted() {
    let (ici, sortie) = &*ESSAI;
    let dites = commandes(sortie);
    let noms = ["indicateurs", "expliquer", "listes", "analyser", "qualite", "campagne", "servir"];
    for nom in noms {
        assert!(dites.iter().any(|dite| dite.contains(&format!("entrepot' {nom}"))), "{nom} : {dites:?}");
    }
    for dite in dites.iter().filter(|dite| !dite.contains("' servir")) {
        let fait = Command::new("sh").args(["-c", dite]).current_dir(ici.path()).output().unwrap();
        let err = String::from_utf8_lossy(&fait.stderr);
        assert_eq!(fait.status.code(), Some(0), "{dite}\n{err}");
    }
    let essai = ici.path().join("l'essai de lundi");
    assert!(essai.join("rapport.html").is_file() && essai.join("listes/sans-cer.xlsx").is_file());
    assert!(essai.join("mars-2022/tableau.xlsx").is_file());
}

#[test]
fn the_page_that_is_told_of_opens() {
    let (ici, sortie) = &*ESSAI;
    let dites = commandes(sortie);
    let dite = dites.iter().find(|dite| dite.ends_with("' servir")).unwrap();
    let mut sert =
        Command::new("sh").args(["-c", &format!("exec {dite}")]).current_dir(ici.path()).stdout(Stdio::piped()).spawn();
    let sert = sert.as_mut().unwrap();
    let mut adresse = String::new();
    BufReader::new(sert.stdout.take().unwrap()).read_line(&mut adresse).unwrap();
    sert.kill().unwrap();
    sert.wait().unwrap();
    assert!(adresse.starts_with("http://127.0.0.1:"), "{adresse}");
}

/// The person who is told of has a story: an entry, and an orientation that came late.
#[test]
fn the_person_who_is_told_of_has_a_story() {
    let (ici, sortie) = &*ESSAI;
    let dites = commandes(sortie);
    let dite = dites.iter().find(|dite| dite.contains("' expliquer ")).unwrap();
    let fait = Command::new("sh").args(["-c", dite]).current_dir(ici.path()).output().unwrap();
    let texte = String::from_utf8_lossy(&fait.stdout);
    assert!(texte.contains("3.1.2") && texte.contains("nouvel entrant"), "{texte}");
}

#[test]
fn a_folder_that_holds_something_is_left_as_it_is() {
    let ici = tempfile::tempdir().unwrap();
    fs::create_dir(ici.path().join("essai")).unwrap();
    fs::write(ici.path().join("essai/notes.txt"), "à garder").unwrap();
    let sortie = demo(ici.path(), "essai");
    assert_eq!((sortie.code, sortie.out.as_str()), (2, ""));
    for dit in ["essai n'est pas vide", "rm -r essai", "--sortie"] {
        assert!(sortie.err.contains(dit), "{}", sortie.err);
    }
    assert_eq!(fichiers(&ici.path().join("essai")).len(), 1);
}
