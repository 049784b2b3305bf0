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

/// A flux, received on its day: `A1=2` is person A in dossier 1, state 2; `a1=2` the same without
/// their NIR.
fn flux(type_flux: &str, dtref: &str, releves: &str) -> (String, String) {
    let mut texte = String::from(ENTETE);
    for releve in releves.split_whitespace() {
        let mut lettres = releve.chars();
        let (qui, dossier, etat) =
            (lettres.next().unwrap(), lettres.next().unwrap(), releve.split('=').nth(1).unwrap());
        let (nom, nir) = personne(qui.to_ascii_uppercase());
        let nir = if qui.is_lowercase() { "" } else { nir };
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

/// A was there before the period and counts nowhere: the figures of the seal are found again, but not
/// everything that was sealed is there to prove them.
#[test]
fn somebody_purged_who_did_not_count_moves_no_figure_and_is_said_all_the_same() {
    let lieu = Lieu::new(&histoire());
    lieu.recevoir(&[flux("M", "2021-12-31", "B2=2 C3=2 D4=2")]);
    lieu.sceller("mars");
    let sortie = lieu.jalon(&["personne", "effacer", "00000000001", "--motif", "demande", "--oui"]);
    assert!(sortie.code == 0 && sortie.tout().contains("mars-2022 scellée le"), "{}", sortie.tout());
    let sortie = lieu.campagne("verifier", "mars");
    assert!(sortie.code == 4 && sortie.out.contains("Purgée depuis, 1 personne"), "{}", sortie.tout());
}

// Comparing.

impl Lieu {
    /// What a comparison says: each mover as `indicateur cause nom ecart`, after a check that they
    /// explain the whole move of the figures.
    fn comparer(&self, a: &str, b: &str) -> Vec<String> {
        let (a, b) = (self.remise(a), self.remise(b));
        let sortie =
            self.jalon(&["campagne", "comparer", a.to_str().unwrap(), b.to_str().unwrap(), "--format", "json"]);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        assert!(!sortie.tout().contains("28704999990"), "a NIR is shown: {}", sortie.tout());
        let json: Value = serde_json::from_str(&sortie.out).unwrap();
        assert_eq!(json["restes"], serde_json::json!([]), "{json:#}");
        for ecart in json["ecarts"].as_array().unwrap() {
            let siens = json["mouvements"].as_array().unwrap().iter().filter(|m| m["indicateur"] == ecart["id"]);
            let somme: i64 = siens.map(|m| m["ecart"].as_i64().unwrap()).sum();
            assert_eq!(somme, ecart["apres"].as_i64().unwrap() - ecart["avant"].as_i64().unwrap(), "{json:#}");
        }
        let texte = |m: &Value, cle: &str| m[cle].as_str().unwrap().to_owned();
        let mouvements = json["mouvements"].as_array().unwrap().iter();
        mouvements
            .map(|m| {
                format!(
                    "{} {} {} {:+}",
                    texte(m, "indicateur"),
                    texte(m, "cause"),
                    texte(m, "nom"),
                    m["ecart"].as_i64().unwrap()
                )
            })
            .collect()
    }

    /// Sealed before some files came, and prepared again after.
    fn avant_et_apres(fichiers: &[(String, String)]) -> Vec<String> {
        let lieu = Self::new(&histoire());
        lieu.sceller("avant");
        lieu.recevoir(fichiers);
        assert_eq!(lieu.preparer("apres", &[]).code, 0);
        lieu.comparer("avant", "apres")
    }
}

#[test]
fn nothing_moves_between_a_folder_and_itself() {
    assert_eq!(Lieu::avant_et_apres(&[]), [""; 0]);
}

#[test]
fn a_flux_that_came_since_is_a_late_flux() {
    let mouvements = Lieu::avant_et_apres(&[flux("I", "2021-05-04", "E5=2")]);
    assert_eq!(mouvements, ["3.1.1 flux_tardif ECREVISSEE +1"]);
}

/// C was oriented in 40 days, says the file that was sealed; in 9, says the correction.
#[test]
fn an_event_of_the_same_identifier_is_a_correction() {
    let mouvements = Lieu::avant_et_apres(&[orientations("2022-02-01", &[("OC", 'C', "2021-03-10")])]);
    assert_eq!(mouvements, ["3.1.2 evenement_corrige CORMORANTE +1"]);
}

#[test]
fn an_event_that_is_withdrawn_takes_its_figure_away() {
    let mouvements = Lieu::avant_et_apres(&[orientations("2022-02-01", &[("OB", '-', "")])]);
    assert_eq!(mouvements, ["3.1.2 evenement_retire BRUMEVALLE -1"]);
}

#[test]
fn an_event_of_a_new_identifier_is_new() {
    let mouvements = Lieu::avant_et_apres(&[orientations("2022-02-01", &[("OD", 'D', "2021-03-15")])]);
    assert_eq!(mouvements, ["3.1.2 nouvel_evenement DAUPHINOIS +1"]);
}

/// E is known by name alone, and the orientation by NIR: it waits, until a flux gives E's NIR.
#[test]
fn an_event_that_finds_its_person_is_an_identity_resolved() {
    let lieu = Lieu::new(&histoire());
    lieu.recevoir(&[flux("I", "2021-03-02", "e5=2"), orientations("2022-01-15", &[("OE", 'E', "2021-03-12")])]);
    lieu.sceller("avant");
    lieu.recevoir(&[flux("I", "2021-06-10", "E5=2")]);
    lieu.preparer("apres", &[]);
    assert_eq!(lieu.comparer("avant", "apres"), ["3.1.2 identite_resolue ECREVISSEE +1"]);
}

/// D is oriented on 1 April, a month and a day after 1 March: late, unless the same day counts.
#[test]
fn another_reading_is_a_rule_changed() {
    let lieu = Lieu::new(&histoire());
    lieu.recevoir(&[orientations("2022-01-15", &[("OD", 'D', "2021-04-01")])]);
    lieu.preparer("avant", &[]);
    lieu.preparer("apres", &["--lecture", "orientation.delai=mois_inclus"]);
    assert_eq!(lieu.comparer("avant", "apres"), ["3.1.2 regle_changee DAUPHINOIS +1"]);
    assert_eq!(lieu.comparer("apres", "avant"), ["3.1.2 regle_changee DAUPHINOIS -1"]);
}

/// E's foyer has a state that nobody knows, and is set aside; so is the line of D's orientation, whose
/// day does not exist. Both are mended.
#[test]
fn what_was_set_aside_and_mended_is_told_apart_from_what_is_new() {
    let lieu = Lieu::new(&histoire());
    lieu.recevoir(&[flux("I", "2021-05-04", "A1=2 E5=9"), orientations("2022-01-15", &[("OD", 'D', "2021-03-32")])]);
    lieu.sceller("avant");
    let extraits: Vec<PathBuf> = programme::fichiers(&lieu.entrepot().join("rejets"))
        .into_iter()
        .filter(|chemin| chemin.parent().unwrap() != lieu.entrepot().join("rejets"))
        .collect();
    assert_eq!(extraits.len(), 2, "{extraits:?}");
    for (rang, extrait) in extraits.iter().enumerate() {
        let texte = fs::read_to_string(extrait).unwrap().replace(";9;1", ";2;1").replace("2021-03-32", "2021-03-15");
        let corrige = lieu.0.path().join(format!("corrige{rang}.csv"));
        fs::write(&corrige, texte).unwrap();
        let sortie = lieu.jalon(&["rejets", "reprendre", "--recu-le", "2021-05-04", corrige.to_str().unwrap()]);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
    }
    lieu.preparer("apres", &[]);
    assert_eq!(
        lieu.comparer("avant", "apres"),
        ["3.1.1 rejet_repris ECREVISSEE +1", "3.1.2 rejet_repris DAUPHINOIS +1"]
    );
}

/// Everything at once: each person moves by their own cause, and the sums are the moves of the figures.
#[test]
fn each_person_moves_by_their_own_cause() {
    let mouvements = Lieu::avant_et_apres(&[
        flux("I", "2021-05-04", "E5=2"),
        orientations(
            "2022-02-01",
            &[("OB", '-', ""), ("OC", 'C', "2021-03-10"), ("OD", 'D', "2021-03-15"), ("OE", 'E', "2021-05-20")],
        ),
    ]);
    assert_eq!(
        mouvements,
        [
            "3.1.1 flux_tardif ECREVISSEE +1",
            "3.1.2 evenement_corrige CORMORANTE +1",
            "3.1.2 evenement_retire BRUMEVALLE -1",
            "3.1.2 nouvel_evenement DAUPHINOIS +1",
            "3.1.2 flux_tardif ECREVISSEE +1",
        ]
    );
}

/// Known on two days: the second knows more, and the first is not blamed for it.
#[test]
fn two_days_of_knowledge_are_compared_both_ways() {
    let lieu = Lieu::new(&histoire());
    lieu.recevoir(&[flux("I", "2021-05-04", "E5=2")]);
    lieu.preparer("avril", &["--connu-le", "2021-04-30"]);
    lieu.preparer("tout", &[]);
    assert_eq!(lieu.comparer("avril", "tout"), ["3.1.1 flux_tardif ECREVISSEE +1"]);
    assert_eq!(lieu.comparer("tout", "avril"), ["3.1.1 connu_du_premier_seulement ECREVISSEE -1"]);
}

#[test]
fn without_the_warehouse_the_lists_say_who_and_not_why() {
    let lieu = Lieu::new(&histoire());
    lieu.preparer("avant", &[]);
    lieu.recevoir(&[flux("I", "2021-05-04", "E5=2"), orientations("2022-02-01", &[("OB", '-', "")])]);
    lieu.preparer("apres", &[]);
    fs::remove_dir_all(lieu.entrepot()).unwrap();
    assert_eq!(lieu.comparer("avant", "apres"), ["3.1.1 inconnue ECREVISSEE +1", "3.1.2 inconnue BRUMEVALLE -1"]);
}

#[test]
fn a_comparison_is_read_by_people_and_spreadsheets() {
    let lieu = Lieu::new(&histoire());
    lieu.sceller("avant");
    lieu.recevoir(&[orientations("2022-02-01", &[("OB", '-', "")])]);
    lieu.preparer("apres", &[]);
    let (a, b) = (lieu.remise("avant"), lieu.remise("apres"));
    let (a, b) = (a.to_str().unwrap(), b.to_str().unwrap());
    let sortie = lieu.jalon(&["campagne", "comparer", a, b]);
    assert!(sortie.out.contains("3.1.2 : 1 en A, 0 en B"), "{}", sortie.out);
    assert!(sortie.out.contains("3.1.2 · événement retiré (-1)"), "{}", sortie.out);
    assert!(sortie.out.contains("BRUMEVALLE ONDINE, entrée de 2021-03"), "{}", sortie.out);
    let csv = lieu.0.path().join("ecarts.csv");
    let sortie = lieu.jalon(&["campaign", "compare", a, b, "--format", "csv", "--sortie", csv.to_str().unwrap()]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert_eq!(fs::metadata(&csv).unwrap().permissions().mode() & 0o777, 0o600);
    let texte = fs::read_to_string(csv).unwrap();
    let ligne = texte.lines().nth(1).unwrap();
    assert!(
        ligne.starts_with("3.1.2;evenement_retire;00000000002;CAF991;BRUMEVALLE;ONDINE;1987-04-19;2021-03;1;0;-1;"),
        "{ligne}"
    );
}

/// What the small department knew in January and in April 2022, and under another reading: whatever
/// moved, every count moves by the people who are named, and only because of what is not the same.
#[test]
fn every_move_of_the_small_department_is_somebody_s() {
    let lieu = Lieu(tempfile::tempdir().unwrap());
    let entrant = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant");
    assert_eq!(lieu.jalon(&["ingerer", entrant.to_str().unwrap()]).code, 3);
    lieu.preparer("janvier", &["--connu-le", "2022-01-08"]);
    lieu.preparer("avril", &["--connu-le", "2022-04-30"]);
    // In June, outcomes of entries of the year before are dated in the period.
    for (nom, options) in [("juin", [].as_slice()), ("juin-autrement", &["--lecture", "flux=evenements"])] {
        let dossier = lieu.remise(nom);
        let arguments = ["campagne", "preparer", "juin-2022", "--sortie", dossier.to_str().unwrap()];
        assert_eq!(lieu.jalon(&[&arguments, options].concat()).code, 0);
    }
    let comparer = |a: &str, b: &str, causes: &[&str]| {
        let (a, b) = (lieu.remise(a), lieu.remise(b));
        let sortie =
            lieu.jalon(&["campagne", "comparer", a.to_str().unwrap(), b.to_str().unwrap(), "--format", "json"]);
        let json: Value = serde_json::from_str(&sortie.out).unwrap();
        assert_eq!((&json["restes"], &json["perimes"]), (&serde_json::json!([]), &serde_json::json!([false, false])));
        assert!(json["ecarts"].as_array().unwrap().len() >= 3, "{json:#}");
        for mouvement in json["mouvements"].as_array().unwrap() {
            assert!(causes.contains(&mouvement["cause"].as_str().unwrap()), "{mouvement:#}");
        }
    };
    let connaissances = [
        "evenement_corrige",
        "evenement_retire",
        "nouvel_evenement",
        "flux_tardif",
        "identite_resolue",
        "chiffre_pole_emploi",
    ];
    comparer("janvier", "avril", &connaissances);
    comparer("juin", "juin-autrement", &["regle_changee"]);
}

/// A folder sealed by jalon 0.1.0 (format 1), of what the small department knew on 31 March 2022, is
/// proved by every later version. `cle` is that of its warehouse, made again here with everything that
/// came since. Never rewrite it: add another beside it when the format changes.
#[test]
fn a_folder_sealed_by_an_earlier_version_is_always_proved() {
    let ici = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scelle = ici.join("tests/donnees/sceau-v1");
    let lieu = Lieu(tempfile::tempdir().unwrap());
    fs::create_dir(lieu.entrepot()).unwrap();
    fs::copy(scelle.join("cle"), lieu.entrepot().join("cle")).unwrap();
    let entrant = ici.join("sample_flows/petit_departement/entrant");
    let sortie = lieu.jalon(&["ingerer", entrant.to_str().unwrap()]);
    assert_eq!(sortie.code, 3, "{}", sortie.tout());
    let sortie = lieu.jalon(&["campagne", "verifier", scelle.join("remise").to_str().unwrap()]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(sortie.out.contains("aucun n'a changé depuis le sceau"), "{}", sortie.out);
    assert!(sortie.out.contains("Les douze chiffres sont retrouvés"), "{}", sortie.out);
    assert!(sortie.out.contains("arrivés depuis"), "{}", sortie.out);
}

// Killed at any moment.

/// The number of moments of a run is not known: kills go on until one is not reached.
fn tuee_a_chaque_moment(mut essai: impl FnMut(u32, &str) -> bool) {
    let mut rang = 1;
    while essai(rang, &format!("arret:{rang}")) {
        rang += 1;
        assert!(rang < 500);
    }
    assert!(rang > 20, "{rang} moments only");
}

/// Whatever the moment, the folder is that of before or that of after once it is prepared again, and
/// what the agent wrote is in it.
#[test]
fn a_killed_preparation_loses_nothing_that_the_agent_wrote() {
    let lieu = Lieu::new(&histoire());
    tuee_a_chaque_moment(|rang, panne| {
        let nom = format!("mars{rang}");
        lieu.preparer(&nom, &[]);
        let dossier = lieu.remise(&nom);
        fs::write(dossier.join("commentaires.md"), "Texte de l'agent.").unwrap();
        let dir = dossier.to_str().unwrap();
        let mut commande = programme::commande(&lieu.entrepot());
        commande.args(["campagne", "preparer", "mars-2022", "--sortie", dir]).env("JALON_PANNE", panne);
        let tuee = programme::lancer(&mut commande).code == -1;
        assert_eq!(lieu.preparer(&nom, &[]).code, 0, "{panne}");
        let gardes = ["commentaires.md", "commentaires-1.md"].map(|nom| fs::read_to_string(dossier.join(nom)));
        assert!(gardes.into_iter().flatten().any(|texte| texte == "Texte de l'agent."), "{panne}");
        let restes: Vec<_> = noms(lieu.0.path()).into_iter().filter(|nom| nom.starts_with('.')).collect();
        assert!(restes.is_empty(), "{panne} : {restes:?}");
        tuee
    });
}

#[test]
fn a_killed_sealing_is_finished_by_sealing_again() {
    let lieu = Lieu::new(&histoire());
    tuee_a_chaque_moment(|rang, panne| {
        let nom = format!("mars{rang}");
        lieu.preparer(&nom, &[]);
        let dossier = lieu.remise(&nom);
        let mut commande = programme::commande(&lieu.entrepot());
        commande.args(["campagne", "sceller", dossier.to_str().unwrap()]).env("JALON_PANNE", panne);
        let tuee = programme::lancer(&mut commande).code == -1;
        if !dossier.join("sceau.sha256").exists() {
            let sortie = lieu.campagne("verifier", &nom);
            assert_ne!(sortie.code, 0, "{panne} : {}", sortie.tout());
            assert_eq!(lieu.campagne("sceller", &nom).code, 0, "{panne}");
        }
        assert_eq!(lieu.campagne("verifier", &nom).code, 0, "{panne}");
        tuee
    });
}
