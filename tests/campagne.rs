//! Submissions: what a folder holds, what its seal fixes, and what proves it months later.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jalon::campagne::sceau::Sceau;
use jalon::campagne::sha256;
use programme::{Sortie, jalon};
use serde_json::Value;
use tempfile::TempDir;

/// A folder for the files received, a warehouse, and room for submissions.
struct Lieu(TempDir);

const ENTETE: &str =
    "TYPEFLUX;DTREF;DTCREAFLUX;FONORG;NUMORG;NUMDEMRSA;NIR;NOM;PRENOM;DTNAI;ROLEPERS;ETATDOSRSA;TOPPERSDRODEVORSA\n";

/// People of the stories: a letter, a name and a NIR.
const PERSONNES: [(char, &str, &str); 6] = [
    ('A', "ALBATROSSE", "2870499999001"),
    ('B', "BRUMEVALLE", "2870499999002"),
    ('C', "CORMORANTE", "2870499999003"),
    ('D', "DAUPHINOIS", "2870499999004"),
    ('E', "ECREVISSEE", "2870499999005"),
    ('F', "FAUVETTOIS", "2870499999006"),
];

fn personne(qui: char) -> (&'static str, &'static str) {
    let (_, nom, nir) = PERSONNES.iter().find(|(lettre, ..)| *lettre == qui).unwrap();
    (nom, nir)
}

/// A flux, received on its day: `A1=2` is person A in dossier 1, state 2.
fn flux(type_flux: &str, dtref: &str, releves: &str) -> (String, String) {
    let mut texte = String::from(ENTETE);
    for releve in releves.split_whitespace() {
        let mut lettres = releve.chars();
        let (qui, dossier, etat) =
            (lettres.next().unwrap(), lettres.next().unwrap(), releve.split('=').nth(1).unwrap());
        let (nom, nir) = personne(qui);
        texte.push_str(&format!(
            "{type_flux};{dtref};{dtref};CAF;991;0000000000{dossier};{nir};{nom};ONDINE;1987-04-19;DEM;{etat};1\n"
        ));
    }
    (format!("{dtref}_{}.csv", if type_flux == "M" { "stock" } else { "quotidien" }), texte)
}

/// Orientations received on a day: `OA A 2021-03-20`, an identifier, a person (`-` withdraws it) and
/// the day of the notification.
fn orientations(recu_le: &str, lignes: &[(&str, char, &str)]) -> (String, String) {
    let mut texte = String::from("id_evenement;nir;date_notification;organisme;annule\n");
    for (id, qui, jour) in lignes {
        if *qui == '-' {
            texte.push_str(&format!("{id};;;;oui\n"));
        } else {
            texte.push_str(&format!("{id};{};{jour};CD;non\n", personne(*qui).1));
        }
    }
    (format!("{recu_le}_orientations.csv"), texte)
}

/// B, C and D enter in March 2021. B is oriented in 19 days, C in 40, D is not.
fn histoire() -> Vec<(String, String)> {
    vec![
        flux("M", "2020-12-31", "A1=2"),
        flux("I", "2021-03-01", "B2=2 C3=2 D4=2"),
        orientations("2021-12-31", &[("OB", 'B', "2021-03-20"), ("OC", 'C', "2021-04-10")]),
    ]
}

impl Lieu {
    fn new(fichiers: &[(String, String)]) -> Self {
        let lieu = Self(tempfile::tempdir().unwrap());
        lieu.recevoir(fichiers);
        lieu
    }

    fn recevoir(&self, fichiers: &[(String, String)]) {
        for (nom, contenu) in fichiers {
            let dossier = self.0.path().join("recu");
            fs::create_dir_all(&dossier).unwrap();
            let chemin = dossier.join(nom);
            fs::write(&chemin, contenu).unwrap();
            let sortie = self.jalon(&["ingerer", chemin.to_str().unwrap()]);
            assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
        }
    }

    fn entrepot(&self) -> PathBuf {
        self.0.path().join("entrepot")
    }

    fn remise(&self, nom: &str) -> PathBuf {
        self.0.path().join(nom)
    }

    fn jalon(&self, arguments: &[&str]) -> Sortie {
        jalon(&self.entrepot(), arguments)
    }

    fn campagne(&self, commande: &str, nom: &str) -> Sortie {
        self.jalon(&["campagne", commande, self.remise(nom).to_str().unwrap()])
    }

    fn preparer(&self, nom: &str, options: &[&str]) -> Sortie {
        let dossier = self.remise(nom);
        let mut arguments = vec!["campagne", "preparer", "mars-2022", "--sortie", dossier.to_str().unwrap()];
        arguments.extend(options);
        self.jalon(&arguments)
    }

    /// A folder prepared and sealed.
    fn sceller(&self, nom: &str) -> String {
        let sortie = self.preparer(nom, &[]);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        let sortie = self.campagne("sceller", nom);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        sortie.out
    }

    fn sceau(&self, nom: &str) -> Sceau {
        serde_json::from_slice(&fs::read(self.remise(nom).join("sceau.json")).unwrap()).unwrap()
    }
}

fn noms(dossier: &Path) -> Vec<String> {
    let mut noms: Vec<_> =
        fs::read_dir(dossier).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    noms.sort();
    noms
}

fn ecrire_quand_meme(chemin: &Path, octets: &[u8]) {
    fs::set_permissions(chemin, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(chemin, octets).unwrap();
}

// Preparing.

/// The figures by hand: B, C and D enter on 2021-03-01; B alone is oriented within a month.
#[test]
fn a_folder_holds_the_figures_the_people_and_what_they_rest_on() {
    let lieu = Lieu::new(&histoire());
    let sortie = lieu.preparer("mars", &[]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    let dossier = lieu.remise("mars");
    for nom in ["tableau.csv", "indicateurs.json", "detail.csv", "qualite.json", "commentaires.md", "referentiel.toml"]
    {
        let meta = fs::metadata(dossier.join(nom)).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{nom}");
    }
    let lire = |nom: &str| -> Value { serde_json::from_slice(&fs::read(dossier.join(nom)).unwrap()).unwrap() };
    let indicateurs = lire("indicateurs.json");
    let valeurs: Vec<_> = indicateurs["indicateurs"].as_array().unwrap().iter().map(|i| i["valeur"].as_u64()).collect();
    assert_eq!(valeurs[..3], [Some(3), Some(1), Some(0)]);
    let preparation = lire("preparation.json");
    assert_eq!(
        (&preparation["chiffres"]["3.1.1"], &preparation["chiffres"]["3.1.2 taux"]),
        (&3.into(), &0.3333.into())
    );
    assert_eq!(preparation["question"]["connu_le"], chrono::Local::now().date_naive().to_string());
    assert_eq!(noms(lieu.0.path()), ["entrepot", "mars", "recu"], "no draft is left");
}

/// Rules, section 4: when the baseline of a caisse is not before the period, everything is written and
/// the command ends with 4.
#[test]
fn a_late_baseline_is_told_by_the_exit_code_and_everything_is_written() {
    let lieu = Lieu::new(&[flux("M", "2021-01-31", "A1=2"), flux("I", "2021-03-01", "B2=2")]);
    let sortie = lieu.preparer("mars", &[]);
    assert_eq!(sortie.code, 4, "{}", sortie.tout());
    assert!(sortie.err.contains("CAF991"), "{}", sortie.err);
    assert!(lieu.remise("mars").join("detail.csv").is_file());
}

#[test]
fn preparing_again_keeps_aside_what_the_agent_wrote() {
    let lieu = Lieu::new(&histoire());
    lieu.preparer("mars", &[]);
    let commentaires = lieu.remise("mars").join("commentaires.md");
    let premier = fs::read(&commentaires).unwrap();
    assert!(lieu.preparer("mars", &[]).code == 0 && !noms(&lieu.remise("mars")).iter().any(|nom| nom.contains("-1")));
    fs::write(&commentaires, "Une structure n'a rien transmis en mai.").unwrap();
    let sortie = lieu.preparer("mars", &[]);
    assert!(sortie.code == 0 && sortie.out.contains("commentaires-1.md"), "{}", sortie.tout());
    assert_eq!(fs::read(&commentaires).unwrap(), premier);
    // Once more, changed again: both are kept.
    fs::write(&commentaires, "Autre texte.").unwrap();
    lieu.preparer("mars", &[]);
    let lire = |nom: &str| fs::read_to_string(lieu.remise("mars").join(nom)).unwrap();
    assert_eq!(lire("commentaires-1.md"), "Une structure n'a rien transmis en mai.");
    assert_eq!(lire("commentaires-2.md"), "Autre texte.");
    // And a folder is not sealed while something of it waits.
    let sortie = lieu.campagne("sceller", "mars");
    assert!(sortie.code == 2 && sortie.err.contains("commentaires-1.md"), "{}", sortie.tout());
}

#[test]
fn a_folder_of_something_else_or_sealed_is_left_alone() {
    let lieu = Lieu::new(&histoire());
    let dossier = lieu.remise("photos");
    fs::create_dir(&dossier).unwrap();
    fs::write(dossier.join("vacances.jpg"), "x").unwrap();
    assert_eq!((lieu.preparer("photos", &[]).code, noms(&dossier)), (2, vec!["vacances.jpg".to_owned()]));
    lieu.preparer("mars", &[]);
    fs::write(lieu.remise("mars").join("courriel.txt"), "x").unwrap();
    let sortie = lieu.preparer("mars", &[]);
    assert!(sortie.code == 2 && sortie.err.contains("courriel.txt"), "{}", sortie.tout());
    assert_eq!(lieu.campagne("sceller", "mars").code, 2);
    fs::remove_file(lieu.remise("mars").join("courriel.txt")).unwrap();
    assert_eq!(lieu.campagne("sceller", "mars").code, 0);
    let sortie = lieu.preparer("mars", &[]);
    assert!(sortie.code == 2 && sortie.err.contains("scellé"), "{}", sortie.tout());
    assert_eq!(lieu.campagne("sceller", "mars").code, 2);
    assert_eq!(lieu.campagne("verifier", "mars").code, 0);
}

// Sealing.

#[test]
fn a_seal_holds_the_rules_the_segments_the_figures_and_every_file() {
    let lieu = Lieu::new(&histoire());
    lieu.preparer("mars", &["--lecture", "orientation.delai=31_jours"]);
    fs::write(lieu.remise("mars").join("commentaires.md"), "Complété.").unwrap();
    let sortie = lieu.campagne("sceller", "mars");
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    let dossier = lieu.remise("mars");
    let empreinte = sha256(&fs::read(dossier.join("sceau.json")).unwrap());
    assert!(sortie.out.contains(&empreinte), "{}", sortie.out);
    assert_eq!(fs::read_to_string(dossier.join("sceau.sha256")).unwrap(), format!("{empreinte}  sceau.json\n"));
    let sceau = lieu.sceau("mars");
    assert_eq!(sceau.question.referentiel, jalon::referentiel::REFERENTIEL_2022);
    assert_eq!(sceau.question.lectures["orientation.delai"], "31_jours");
    let segments: Vec<_> = sceau.segments.iter().map(|s| (s.genre.as_str(), s.nom.as_str())).collect();
    assert_eq!(
        segments,
        [
            ("flux", "2020-12-31_stock.csv"),
            ("flux", "2021-03-01_quotidien.csv"),
            ("orientations", "2021-12-31_orientations.csv"),
        ]
    );
    for nom in noms(&dossier) {
        let chemin = dossier.join(&nom);
        assert_eq!(fs::metadata(&chemin).unwrap().permissions().mode() & 0o777, 0o400, "{nom}");
        if !nom.starts_with("sceau") {
            assert_eq!(sceau.fichiers[&nom], sha256(&fs::read(&chemin).unwrap()), "{nom}");
        }
    }
    let copie = lieu.entrepot().join("sceaux").join(format!("{empreinte}.json"));
    assert_eq!(fs::read(&copie).unwrap(), fs::read(dossier.join("sceau.json")).unwrap());
    assert_eq!(fs::metadata(copie).unwrap().permissions().mode() & 0o777, 0o600);
}

/// D was oriented in time, and it came between the preparation and the sealing.
#[test]
fn a_folder_that_no_longer_says_what_the_journal_says_is_not_sealed() {
    let lieu = Lieu::new(&histoire());
    lieu.preparer("mars", &[]);
    lieu.recevoir(&[orientations("2022-01-15", &[("OD", 'D', "2021-03-15")])]);
    let sortie = lieu.campagne("sceller", "mars");
    assert!(sortie.code == 4 && sortie.out.contains("3.1.2 : préparé 1, maintenant 2"), "{}", sortie.tout());
    assert!(!lieu.remise("mars").join("sceau.json").exists());
}

#[test]
fn only_the_comments_may_change_before_the_seal() {
    let lieu = Lieu::new(&histoire());
    lieu.preparer("mars", &[]);
    let tableau = lieu.remise("mars").join("tableau.csv");
    fs::write(&tableau, "3.1.1;4").unwrap();
    let sortie = lieu.campagne("sceller", "mars");
    assert!(sortie.code == 2 && sortie.err.contains("tableau.csv"), "{}", sortie.tout());
}

// Verifying.

/// Sealed in the spring, then: C's orientation is corrected, B's withdrawn, D's arrives, two people
/// enter, and a year goes by. All are received by the day of the knowledge.
#[test]
fn the_figures_are_found_again_whatever_came_since() {
    let lieu = Lieu::new(&histoire());
    lieu.sceller("mars");
    let retrouves = |sortie: Sortie| {
        assert!(sortie.code == 0 && sortie.out.contains("Les douze chiffres sont retrouvés"), "{}", sortie.tout());
        sortie.out
    };
    let out = retrouves(lieu.campagne("verifier", "mars"));
    assert!(!out.contains("arrivés depuis"), "{out}");
    lieu.recevoir(&[
        orientations("2022-02-01", &[("OC", 'C', "2021-03-10"), ("OD", 'D', "2021-03-15")]),
        flux("I", "2021-05-04", "E5=2"),
    ]);
    // E enters, C and D are now in time: 4 entries, 3 oriented in time.
    let out = retrouves(lieu.campagne("verifier", "mars"));
    assert!(out.contains("2 fichiers sont arrivés depuis avec une date de réception antérieure"), "{out}");
    assert!(out.contains("3.1.1 : retrouvé 3, avec eux 4") && out.contains("3.1.2 : retrouvé 1, avec eux 3"), "{out}");
    // A year later, by the names of the files: far after the day of the knowledge.
    let dans_un_an = chrono::Local::now().date_naive() + chrono::Days::new(370);
    lieu.recevoir(&[
        orientations(&dans_un_an.to_string(), &[("OB", '-', "")]),
        flux("I", &dans_un_an.to_string(), "F6=2 B2=5"),
    ]);
    let out = retrouves(lieu.campagne("verifier", "mars"));
    assert!(out.contains("3.1.1 : retrouvé 3, avec eux 4"), "the flux of next year is not of that day: {out}");
}

#[test]
fn a_touched_byte_of_any_file_is_told_and_which() {
    let lieu = Lieu::new(&histoire());
    lieu.sceller("mars");
    let dossier = lieu.remise("mars");
    for nom in noms(&dossier) {
        let chemin = dossier.join(&nom);
        let octets = fs::read(&chemin).unwrap();
        let mut touches = octets.clone();
        let milieu = touches.len() / 2;
        touches[milieu] ^= 1;
        ecrire_quand_meme(&chemin, &touches);
        let sortie = lieu.campagne("verifier", "mars");
        assert!(sortie.code == 4 && sortie.out.contains(&nom), "{nom} : {}", sortie.tout());
        fs::remove_file(&chemin).unwrap();
        let sortie = lieu.campagne("verifier", "mars");
        assert!(sortie.code == 4 && sortie.out.contains(&nom), "{nom} : {}", sortie.tout());
        fs::write(&chemin, octets).unwrap();
        assert_eq!(lieu.campagne("verifier", "mars").code, 0, "{nom}");
    }
    // A file more is not of the seal: it is told, and proves nothing against it.
    fs::write(dossier.join("courriel.txt"), "x").unwrap();
    let sortie = lieu.campagne("verifier", "mars");
    assert!(sortie.code == 0 && sortie.out.contains("courriel.txt"), "{}", sortie.tout());
}

#[test]
fn a_folder_is_verified_wherever_the_warehouse_and_itself_went() {
    let lieu = Lieu::new(&histoire());
    lieu.sceller("mars");
    fs::rename(lieu.entrepot(), lieu.0.path().join("ailleurs")).unwrap();
    fs::rename(lieu.remise("mars"), lieu.remise("classeur")).unwrap();
    assert_eq!(lieu.campagne("verifier", "classeur").code, 2);
    let dossier = lieu.remise("classeur");
    let sortie = jalon(&lieu.0.path().join("ailleurs"), ["campagne", "verifier", dossier.to_str().unwrap()]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    // The warehouse of somebody else proves nothing.
    lieu.recevoir(&histoire());
    let sortie = lieu.campagne("verifier", "classeur");
    assert!(sortie.code == 4 && sortie.out.contains("clé"), "{}", sortie.tout());
}

#[test]
fn a_segment_that_is_no_longer_there_is_named() {
    let lieu = Lieu::new(&histoire());
    lieu.sceller("mars");
    let segment =
        programme::segments(&lieu.entrepot()).into_iter().find(|s| s.to_str().unwrap().contains("orientations"));
    fs::remove_file(segment.unwrap()).unwrap();
    let sortie = lieu.campagne("verifier", "mars");
    assert_eq!(sortie.code, 4, "{}", sortie.tout());
    assert!(sortie.out.contains("2021-12-31_orientations.csv"), "{}", sortie.out);
    assert!(sortie.out.contains("3.1.2 : scellé 1, retrouvé 0"), "{}", sortie.out);
}

// Purging.

/// B leaves in June 2021 and is purged: 3.1.1 loses their entry, and everybody is told before, during
/// and after.
#[test]
fn a_purge_says_which_sealed_submissions_it_touches_and_the_proof_says_it_too() {
    let lieu = Lieu::new(&histoire());
    lieu.recevoir(&[flux("I", "2021-06-10", "B2=5"), flux("M", "2021-12-31", "A1=2 C3=2 D4=2")]);
    lieu.sceller("mars");
    for (arguments, dans_err) in [(vec!["--a-blanc"], false), (vec![], true)] {
        let mut commande = vec!["purger", "--avant", "2022-01-01"];
        commande.extend(arguments);
        let sortie = lieu.jalon(&commande);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        assert!(sortie.out.contains("mars-2022 scellée le"), "{}", sortie.out);
        assert_eq!(sortie.err.contains("mars-2022 scellée le"), dans_err, "{}", sortie.err);
    }
    let sortie = lieu.campagne("verifier", "mars");
    assert_eq!(sortie.code, 4, "{}", sortie.tout());
    assert!(sortie.out.contains("Purgée depuis, 1 personne"), "{}", sortie.out);
    assert!(sortie.out.contains("3.1.1 : scellé 3, retrouvé 2"), "{}", sortie.out);
    assert!(!sortie.out.contains("règles du programme"), "{}", sortie.out);
}

/// A was there before the period and counts nowhere: the figures of the seal are found again.
#[test]
fn somebody_purged_who_did_not_count_takes_nothing_from_the_proof() {
    let lieu = Lieu::new(&histoire());
    lieu.recevoir(&[flux("M", "2021-12-31", "B2=2 C3=2 D4=2")]);
    lieu.sceller("mars");
    let sortie = lieu.jalon(&["personne", "effacer", "00000000001", "--motif", "demande", "--oui"]);
    assert!(sortie.code == 0 && sortie.tout().contains("mars-2022 scellée le"), "{}", sortie.tout());
    let sortie = lieu.campagne("verifier", "mars");
    assert!(sortie.code == 0 && sortie.out.contains("Purgée depuis, 1 personne"), "{}", sortie.tout());
}
