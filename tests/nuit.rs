//! The nightly batch as the department's machines run it.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod nuits;
    pub mod programme;
    pub mod zip;
}

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use commun::nuits::{Lieu, PIPELINE};
use commun::programme::{flux, nir, orientations};
use commun::zip::{Membre, zip};

/// The stock of 2020, an entry of February 2021 known on 5 March, and its orientation on the 20th.
fn deposer_une_entree(lieu: &Lieu) {
    lieu.deposer("2021-01-05_stock.xml", flux("2020-12-31", "2021-01-05", &[("1", "2")]));
    lieu.deposer("2021-03-05_fevrier.xml", flux("2021-02-28", "2021-03-05", &[("1", "2"), ("2", "2")]));
    lieu.deposer("2021-04-01_orientations.csv", orientations(&[(2, "2021-03-20")]));
}

fn valeurs(lieu: &Lieu, periode: &str) -> Vec<u64> {
    let json = fs::read(lieu.chemin(&format!("sorties/{periode}/indicateurs.json"))).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    (0..2).map(|rang| json["indicateurs"][rang]["valeur"].as_u64().unwrap()).collect()
}

#[test]
fn a_night_reads_puts_away_computes_and_says_so() {
    let lieu = Lieu::new(PIPELINE);
    deposer_une_entree(&lieu);
    lieu.deposer("caf/LISEZMOI.txt", "bonjour");
    let nuit = lieu.nuit(&["--jour", "2022-03-10"]);
    assert_eq!(nuit.code, 0, "{}", nuit.tout());
    assert!(nuit.out.starts_with("à traiter : 0\nNuit du 2022-03-10 : "), "{}", nuit.out);
    assert!(nuit.out.contains("Fichiers : 3 entrés, 1 ignoré"), "{}", nuit.out);
    assert!(nuit.out.lines().count() <= 24, "more than a screen:\n{}", nuit.out);
    assert_eq!(valeurs(&lieu, "mars-2022"), [1, 1]);
    assert!(lieu.noms("depot").is_empty());
    let archives: Vec<_> = lieu.noms("archives").into_iter().collect();
    assert_eq!(
        archives,
        ["2022/03/2021-01-05_stock.xml", "2022/03/2021-03-05_fevrier.xml", "2022/03/2021-04-01_orientations.csv"]
    );
    let refuses: Vec<_> = lieu.noms("refuses").into_iter().collect();
    assert_eq!(refuses, ["LISEZMOI.txt", "LISEZMOI.txt.raison.txt"]);
    assert_eq!(lieu.contenus("sorties")["nuit.txt"], nuit.out.as_bytes());
    for dossier in ["archives", "refuses", "sorties", "archives/2022/03", "sorties/mars-2022"] {
        assert_eq!(fs::metadata(lieu.chemin(dossier)).unwrap().permissions().mode() & 0o777, 0o700, "{dossier}");
    }
}

const DESCRIPTION: &str = "nom = 'essai'\ngenre = 'orientations'\n[fichiers]\nentetes = ['Secu', 'Le']\n[colonnes]\n\
                           nir = 'Secu'\ndate_notification = 'Le'\norganisme = { constante = 'CD' }\n\
                           [identifiant]\nentetes = ['Dossier', 'Le']\n";

#[test]
fn a_night_reads_the_exports_that_its_pipeline_describes() {
    let lieu = Lieu::new(&format!("sources = ['descriptions']\n{PIPELINE}"));
    fs::create_dir(lieu.chemin("descriptions")).unwrap();
    fs::write(lieu.chemin("descriptions/essai.toml"), DESCRIPTION).unwrap();
    lieu.deposer("2021-01-05_stock.xml", flux("2020-12-31", "2021-01-05", &[("1", "2")]));
    lieu.deposer("2021-03-05_fevrier.xml", flux("2021-02-28", "2021-03-05", &[("1", "2"), ("2", "2")]));
    let export = format!("Dossier;Secu;Le\n7;{};20/03/2021\n8;{};20/13/2021\n", nir(2), nir(1));
    lieu.deposer("2021-04-01_export.csv", &export);
    let nuit = lieu.nuit(&["--jour", "2022-03-10"]);
    assert_eq!(nuit.code, 3, "{}", nuit.tout());
    assert!(nuit.out.contains("2021-04-01_export.csv : 1 foyer ou ligne mis de côté"), "{}", nuit.out);
    assert_eq!(valeurs(&lieu, "mars-2022"), [1, 1]);
    assert!(lieu.noms("archives").contains("2022/03/2021-04-01_export.csv"));
    // Given again under a description that changed: known, and no figure moves.
    fs::write(lieu.chemin("descriptions/essai.toml"), DESCRIPTION.replace("'CD'", "'PE'")).unwrap();
    lieu.deposer("2021-04-01_export.csv", &export);
    let nuit = lieu.nuit(&["--jour", "2022-03-10"]);
    assert_eq!((nuit.code, lieu.noms("refuses").len()), (0, 0), "{}", nuit.tout());
    assert!(nuit.out.contains("1 déjà connu"), "{}", nuit.out);
}

#[test]
fn a_description_that_cannot_be_read_stops_the_night_before_anything_is_touched() {
    let lieu = Lieu::new(&format!("sources = ['essai.toml']\n{PIPELINE}"));
    fs::write(lieu.chemin("essai.toml"), DESCRIPTION.replace("genre", "genr")).unwrap();
    deposer_une_entree(&lieu);
    let nuit = lieu.nuit(&["--jour", "2022-03-10"]);
    assert!(nuit.code == 2 && nuit.err.contains("essai.toml"), "{}", nuit.tout());
    assert_eq!((lieu.noms("depot").len(), lieu.chemin("entrepot").exists()), (3, false));
}

#[test]
fn the_second_of_two_nights_in_a_row_says_that_there_is_nothing_new() {
    let lieu = Lieu::new(PIPELINE);
    deposer_une_entree(&lieu);
    lieu.nuit(&["--jour", "2022-03-10"]);
    let avant = lieu.etat();
    let nuit = lieu.nuit(&["--jour", "2022-03-10"]);
    assert_eq!((nuit.code, nuit.out.contains("Rien de nouveau")), (0, true), "{}", nuit.tout());
    assert_eq!(lieu.etat(), avant);
    // The same file again: known, put away once more, and no figure moves.
    lieu.deposer("2021-03-05_fevrier.xml", flux("2021-02-28", "2021-03-05", &[("1", "2"), ("2", "2")]));
    let nuit = lieu.nuit(&["--jour", "2022-03-10"]);
    assert_eq!((nuit.code, nuit.out.contains("1 déjà connu")), (0, true), "{}", nuit.tout());
    assert_eq!(lieu.etat(), avant);
}

#[test]
fn outputs_are_made_again_when_somebody_removes_one_or_the_day_changes() {
    let lieu = Lieu::new(PIPELINE);
    deposer_une_entree(&lieu);
    lieu.nuit(&["--jour", "2022-03-10"]);
    fs::remove_file(lieu.chemin("sorties/mars-2022/detail.csv")).unwrap();
    assert!(!lieu.nuit(&["--jour", "2022-03-10"]).out.contains("Rien de nouveau"));
    assert!(lieu.chemin("sorties/mars-2022/detail.csv").exists());
    assert!(!lieu.nuit(&["--jour", "2022-03-11"]).out.contains("Rien de nouveau"));
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_would_happen() {
    let lieu = Lieu::new(PIPELINE);
    deposer_une_entree(&lieu);
    lieu.deposer("2021-05-01_coupe.xml", "<Racine><IdentificationFlux>");
    let avant = lieu.etat();
    let nuit = lieu.nuit(&["--jour", "2022-03-10", "--a-blanc"]);
    assert_eq!(nuit.code, 3, "{}", nuit.tout());
    assert!(nuit.out.contains("à blanc (rien n'est écrit)") && nuit.out.contains("3 entrés, 1 refusé"), "{}", nuit.out);
    assert_eq!(lieu.etat(), avant);
    assert!(!lieu.chemin("entrepot").exists() && !lieu.chemin("sorties").exists());
}

#[test]
fn a_refused_file_is_kept_beside_its_reason_and_the_rest_enters() {
    let lieu = Lieu::new(PIPELINE);
    deposer_une_entree(&lieu);
    let coupe = &flux("2021-04-30", "2021-05-05", &[("1", "2")])[..300];
    lieu.deposer("2021-05-05_avril.xml", coupe);
    let nuit = lieu.nuit(&["--jour", "2022-03-10"]);
    assert_eq!(nuit.code, 3, "{}", nuit.tout());
    assert!(nuit.out.starts_with("à traiter : 1\n  1. 2021-05-05_avril.xml : REFUSÉ"), "{}", nuit.out);
    assert_eq!(lieu.contenus("refuses")["2021-05-05_avril.xml"], coupe.as_bytes());
    let raison = String::from_utf8(lieu.contenus("refuses")["2021-05-05_avril.xml.raison.txt"].clone()).unwrap();
    assert!(raison.contains("Nuit du 2022-03-10") && raison.contains("tronqué"), "{raison}");
    assert_eq!(valeurs(&lieu, "mars-2022"), [1, 1]);
}

#[test]
fn a_file_set_aside_in_part_enters_and_is_to_be_dealt_with() {
    let lieu = Lieu::new(PIPELINE);
    lieu.deposer("2021-04-01_orientations.csv", orientations(&[(2, "2021-03-20")]) + "O9;;;\n");
    let nuit = lieu.nuit(&[]);
    assert_eq!(nuit.code, 3);
    assert!(nuit.out.contains("1 foyer ou ligne mis de côté"), "{}", nuit.out);
    assert_eq!(lieu.noms("archives").len(), 1);
}

#[test]
fn the_day_of_reception_is_by_default_the_day_of_arrival_in_the_inbox() {
    let aujourdhui = chrono::Local::now().date_naive().to_string();
    for (reception, attendu) in
        [("", aujourdhui.as_str()), ("arrivee", &aujourdhui), ("nom", "2021-03-09"), ("creation", "2021-03-05")]
    {
        let cle = if reception.is_empty() { String::new() } else { format!("reception = '{reception}'\n") };
        let lieu = Lieu::new(&format!("boites = ['depot']\n{cle}[depot]\nsecondes = 0\n"));
        lieu.deposer("2021-03-09_fevrier.xml", flux("2021-02-28", "2021-03-05", &[("2", "2")]));
        // The date of modification is that of the original: it says nothing of the arrival.
        let fichier = File::options().write(true).open(lieu.chemin("depot/2021-03-09_fevrier.xml")).unwrap();
        fichier.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_615_000_000)).unwrap();
        let nuit = lieu.nuit(&[]);
        assert!(nuit.out.contains(&format!("du 2021-02-28, reçu le {attendu}")), "{reception} : {}", nuit.tout());
    }
}

/// The clock of the machine went back before the caisse made the file.
#[test]
fn a_file_from_the_future_is_received_on_the_day_of_its_creation() {
    let lieu = Lieu::new("boites = ['depot']\n[depot]\nsecondes = 0\n");
    lieu.deposer("futur.xml", flux("2199-02-28", "2199-03-05", &[("2", "2")]));
    let nuit = lieu.nuit(&[]);
    assert!(nuit.out.contains("du 2199-02-28, reçu le 2199-03-05"), "{}", nuit.tout());
}

#[test]
fn an_inbox_that_disappears_is_a_check_that_fails_and_the_others_are_read() {
    let lieu = Lieu::new(&PIPELINE.replace("['depot']", "['perdue', 'depot']"));
    deposer_une_entree(&lieu);
    let nuit = lieu.nuit(&["--jour", "2022-03-10"]);
    assert_eq!(nuit.code, 4, "{}", nuit.tout());
    assert!(nuit.out.contains("perdue ne peut pas être lue (introuvable)"), "{}", nuit.out);
    assert_eq!(valeurs(&lieu, "mars-2022"), [1, 1]);
}

/// The stock of January is missing from 10 February.
#[test]
fn a_threshold_that_is_passed_is_a_check_that_fails_the_next_time_too() {
    let lieu = Lieu::new(&format!("{PIPELINE}qualite_jours = 60\n[seuils]\nmensuels_manquants = 0\n"));
    lieu.deposer("2021-01-05_stock.xml", flux("2020-12-31", "2021-01-05", &[("1", "2")]));
    let nuit = lieu.nuit(&["--jour", "2021-02-09"]);
    assert_eq!(nuit.code, 0, "{}", nuit.tout());
    let nuit = lieu.nuit(&["--jour", "2021-02-10"]);
    assert_eq!(nuit.code, 4, "{}", nuit.tout());
    assert!(nuit.out.starts_with("à traiter : 1\n  1. seuil dépassé : "), "{}", nuit.out);
    let nuit = lieu.nuit(&["--jour", "2021-02-10"]);
    assert_eq!((nuit.code, nuit.out.contains("Rien de nouveau")), (4, true), "{}", nuit.tout());
    assert!(lieu.contenus("sorties")["qualite/qualite.txt"].len() > 100);
}

#[test]
fn links_are_not_followed_and_stay_in_the_inbox() {
    let lieu = Lieu::new(PIPELINE);
    fs::write(lieu.chemin("ailleurs.xml"), flux("2020-12-31", "2021-01-05", &[("1", "2")])).unwrap();
    symlink(lieu.chemin("ailleurs.xml"), lieu.chemin("depot/lien.xml")).unwrap();
    let nuit = lieu.nuit(&[]);
    assert!(nuit.out.contains("lien.xml : lien"), "{}", nuit.out);
    assert!(lieu.chemin("depot/lien.xml").symlink_metadata().is_ok());
    assert!(lieu.noms("archives").is_empty());
}

#[test]
fn a_zip_is_put_away_whole_and_its_bad_member_is_named() {
    let lieu = Lieu::new(PIPELINE);
    let membres = [
        Membre::new("2021-01-05_stock.xml", flux("2020-12-31", "2021-01-05", &[("1", "2")])),
        Membre::new("2021-02-05_coupe.xml", "<Racine><IdentificationFlux>"),
    ];
    lieu.deposer("envoi.zip", zip(&membres));
    let nuit = lieu.nuit(&[]);
    assert_eq!(nuit.code, 3, "{}", nuit.tout());
    assert!(
        nuit.out.contains("archive de 2 fichiers : 1 refusé, 1 entré ; 2021-02-05_coupe.xml : REFUSÉ"),
        "{}",
        nuit.out
    );
    assert_eq!(lieu.noms("refuses").len(), 2);
}

#[test]
fn a_second_run_says_that_one_is_under_way_and_touches_nothing() {
    let lieu = Lieu::new(PIPELINE);
    lieu.nuit(&[]);
    deposer_une_entree(&lieu);
    let verrou = File::options().write(true).open(lieu.chemin("entrepot/verrou")).unwrap();
    verrou.lock().unwrap();
    let nuit = lieu.nuit(&[]);
    assert_eq!((nuit.code, nuit.err.contains("déjà utilisé")), (5, true), "{}", nuit.tout());
    assert_eq!(lieu.noms("depot").len(), 3);
    // Its holder is gone: the lock is free, the file of it notwithstanding.
    drop(verrou);
    assert_eq!(lieu.nuit(&[]).code, 0);
}

#[test]
fn an_inbox_that_cannot_be_emptied_is_said_and_counts_nothing_twice() {
    let lieu = Lieu::new(&PIPELINE.replace("['depot']", "['depot']\narchives = 'fichier/archives'"));
    deposer_une_entree(&lieu);
    // No folder can be made there, whoever asks.
    fs::write(lieu.chemin("fichier"), "").unwrap();
    let nuit = lieu.nuit(&["--jour", "2022-03-10"]);
    assert_eq!(nuit.code, 5, "{}", nuit.tout());
    assert!(nuit.out.contains("n'a pas pu être rangé"), "{}", nuit.out);
    assert_eq!(lieu.noms("depot").len(), 3);
    assert_eq!(valeurs(&lieu, "mars-2022"), [1, 1]);
    fs::remove_file(lieu.chemin("fichier")).unwrap();
    let nuit = lieu.nuit(&["--jour", "2022-03-10"]);
    assert_eq!((nuit.code, nuit.out.contains("3 déjà connus")), (0, true), "{}", nuit.tout());
    assert_eq!(valeurs(&lieu, "mars-2022"), [1, 1]);
}

#[test]
fn a_read_only_warehouse_keeps_the_files_in_their_inbox() {
    let lieu = Lieu::new(PIPELINE);
    deposer_une_entree(&lieu);
    // A file where a folder must be: root itself cannot write there.
    fs::create_dir(lieu.chemin("entrepot")).unwrap();
    fs::set_permissions(lieu.chemin("entrepot"), Permissions::from_mode(0o700)).unwrap();
    fs::write(lieu.chemin("entrepot/flux"), "").unwrap();
    let nuit = lieu.nuit(&[]);
    assert_eq!(nuit.code, 5, "{}", nuit.tout());
    assert!(lieu.noms("refuses").is_empty(), "a good file is not refused for a bad disk");
    let restes = lieu.noms("depot");
    assert!(restes.contains("2021-01-05_stock.xml") && restes.contains("2021-03-05_fevrier.xml"), "{restes:?}");
}

#[test]
fn a_wrong_pipeline_is_a_mistake_to_correct_with_its_line() {
    let lieu = Lieu::new("boites = ['depot']\nrecption = 'nom'\n");
    let nuit = lieu.nuit(&[]);
    assert_eq!((nuit.code, nuit.err.contains("ligne 2")), (2, true), "{}", nuit.tout());
    assert!(
        nuit.err.contains("la clé « recption » n'est pas connue, attendu l'une de : dossier, boites"),
        "{}",
        nuit.err
    );
    let ailleurs = lieu.nuit(&["--entrepot", "ailleurs"]);
    assert_eq!((ailleurs.code, ailleurs.err.contains("recption")), (2, true), "{}", ailleurs.tout());
    let lieu = Lieu::new("boites = ['depot']\n[calcul]\ncampagnes = ['avril-2022']\n");
    let ailleurs = lieu.nuit(&["--entrepot", "ailleurs"]);
    assert_eq!((ailleurs.code, ailleurs.err.contains("N'en donnez qu'un")), (2, true), "{}", ailleurs.tout());
    deposer_une_entree(&lieu);
    assert_eq!(lieu.nuit(&[]).code, 2);
    assert_eq!(lieu.noms("depot").len(), 3);
}

#[test]
fn the_supervision_has_its_measures() {
    let lieu = Lieu::new(&format!("{PIPELINE}[mesures]\nprometheus = 'jalon.prom'\n"));
    deposer_une_entree(&lieu);
    lieu.nuit(&["--jour", "2022-03-10"]);
    let texte = fs::read_to_string(lieu.chemin("jalon.prom")).unwrap();
    assert!(
        texte.contains("jalon_nuit_code 0\n")
            && texte.contains("jalon_indicateur{periode=\"mars-2022\",indicateur=\"3.1.1\"} 1\n")
    );
    assert_eq!(fs::metadata(lieu.chemin("jalon.prom")).unwrap().permissions().mode() & 0o777, 0o644);
}

/// A watch that is stopped when the test ends, however it ends.
struct Veille(Child);

impl Drop for Veille {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

#[test]
fn a_watch_runs_the_same_night_when_a_file_lands_and_stops_when_told() {
    let lieu = Lieu::new(PIPELINE);
    let mut veille =
        Veille(lieu.commande(&["--veiller"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut lignes = BufReader::new(veille.0.stdout.take().unwrap()).lines();
    let mut attendre = |texte: &str| {
        let trouvee = lignes.by_ref().map(Result::unwrap).find(|ligne| ligne.contains(texte));
        assert!(trouvee.is_some(), "{texte}");
    };
    attendre("Nuit du");
    // The copy of a tool: a name for the time it takes, then the name.
    lieu.deposer("2021-01-05_stock.xml.part", flux("2020-12-31", "2021-01-05", &[("1", "2")]));
    fs::rename(lieu.chemin("depot/2021-01-05_stock.xml.part"), lieu.chemin("depot/2021-01-05_stock.xml")).unwrap();
    attendre("Fichiers : 1 entré");
    assert_eq!(lieu.noms("archives").len(), 1);
    let pid = veille.0.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let debut = Instant::now();
    let code = loop {
        match veille.0.try_wait().unwrap() {
            Some(status) => break status.code(),
            None if debut.elapsed() > Duration::from_secs(20) => break None,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert_eq!(code, Some(0));
}
