//! Removing people: who leaves and when, what does not move for those who stay, what is left of those
//! who left, and what a kill leaves behind.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use jalon::journal::depot::{Depot, ErreurDepot};
use jalon::journal::lecture::colonnes_flux;
use jalon::purge::bruts;
use jalon::purge::personnes_purgees;
use jalon::simulation::{Forme, Reglages, ecrire};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use programme::{Sortie, commande, fichiers, jalon, lancer, segments};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder for the files received, and a warehouse.
struct Lieu(TempDir);

impl Lieu {
    fn new() -> Self {
        let lieu = Self(tempfile::tempdir().unwrap());
        fs::create_dir(lieu.0.path().join("recu")).unwrap();
        lieu
    }

    /// A warehouse that has read these files.
    fn avec(recus: &[(&str, String)]) -> Self {
        let lieu = Self::new();
        recus.iter().for_each(|(nom, contenu)| lieu.recevoir(nom, contenu));
        let sortie = lieu.jalon(&["ingerer", lieu.recu().to_str().unwrap()]);
        assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
        lieu
    }

    fn recu(&self) -> PathBuf {
        self.0.path().join("recu")
    }

    fn recevoir(&self, nom: &str, contenu: &str) {
        fs::write(self.recu().join(nom), contenu).unwrap();
    }

    fn entrepot(&self) -> PathBuf {
        self.0.path().join("entrepot")
    }

    fn jalon(&self, arguments: &[&str]) -> Sortie {
        jalon(&self.entrepot(), arguments)
    }

    fn purger(&self, avant: &str) -> Sortie {
        let sortie = self.jalon(&["purger", "--avant", avant]);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        sortie
    }

    /// Everybody whom the flux or the events of the warehouse name.
    fn presents(&self) -> String {
        let textes: BTreeSet<String> = segments(&self.entrepot()).iter().flat_map(|segment| textes(segment)).collect();
        PERSONNES.iter().filter(|(_, nom, _)| textes.contains(*nom)).map(|(qui, ..)| *qui).collect()
    }

    /// The entries of 2021: who, category, day of the orientation.
    fn entrees(&self) -> Vec<(String, String, String)> {
        let chemin = self.0.path().join("detail.csv");
        let arguments = ["indicateurs", "--campagne", "mars-2022", "--detail", chemin.to_str().unwrap()];
        let sortie = self.jalon(&arguments);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        let mut out: Vec<_> = detail(&chemin)
            .iter()
            .map(|ligne| {
                let qui = PERSONNES.iter().find(|(_, nom, _)| *nom == ligne[3]).unwrap().0;
                (qui.to_string(), ligne[6].clone(), ligne[9].clone())
            })
            .collect();
        out.sort();
        out
    }

    /// The files of the warehouse, but for the extracts, so many, that a removal must say still hold
    /// somebody.
    fn fichiers_non_nommes(&self, sortie: &Sortie, extraits: usize) -> Vec<PathBuf> {
        let entrepot = self.entrepot();
        let nomme = |fichier: &PathBuf| sortie.out.contains(fichier.strip_prefix(&entrepot).unwrap().to_str().unwrap());
        let (nommes, autres): (Vec<_>, Vec<_>) = fichiers(&entrepot.join("rejets")).into_iter().partition(nomme);
        assert_eq!(nommes.len(), extraits, "{}", sortie.out);
        autres
            .into_iter()
            .chain(fichiers(&entrepot).into_iter().filter(|f| !f.starts_with(entrepot.join("rejets"))))
            .collect()
    }

    fn registre(&self) -> Vec<PathBuf> {
        let dossier = self.entrepot().join("purges");
        if dossier.exists() { fichiers(&dossier) } else { Vec::new() }
    }
}

/// People of the stories: a letter, a name and a NIR.
const PERSONNES: [(char, &str, &str); 7] = [
    ('A', "ALBATROSSE", "2870499999001"),
    ('B', "BRUMEVALLE", "2870499999002"),
    ('C', "CORMORANTE", "2870499999003"),
    ('D', "DAUPHINOIS", "2870499999004"),
    ('E', "ECREVISSEE", "2870499999005"),
    ('F', "FAUVETTOIS", "2870499999006"),
    ('G', "GOELANDIER", "2870499999007"),
];

fn personne(qui: char) -> (&'static str, &'static str) {
    let (_, nom, nir) = PERSONNES.iter().find(|(lettre, ..)| *lettre == qui).unwrap();
    (nom, nir)
}

/// A flux in its CSV form: `A1=2` is person A in dossier 1, state 2, soumise aux droits et devoirs.
fn flux(type_flux: &str, dtref: &str, releves: &str) -> String {
    let mut texte = String::from(
        "TYPEFLUX;DTREF;DTCREAFLUX;FONORG;NUMORG;MATRICULE;NUMDEMRSA;NIR;NOM;PRENOM;DTNAI;ROLEPERS;ETATDOSRSA;TOPPERSDRODEVORSA\n",
    );
    for releve in releves.split_whitespace() {
        let mut lettres = releve.chars();
        let (qui, dossier, etat) =
            (lettres.next().unwrap(), lettres.next().unwrap(), releve.split('=').nth(1).unwrap());
        let (nom, nir) = personne(qui);
        texte.push_str(&format!(
            "{type_flux};{dtref};{dtref};CAF;991;00000000900000{dossier};0000000000{dossier};{nir};{nom};ONDINE;1987-04-19;DEM;{etat};1\n"
        ));
    }
    texte
}

/// A monthly flux, received on its day.
fn stock(dtref: &str, releves: &str) -> (String, String) {
    (format!("{dtref}_stock.csv"), flux("M", dtref, releves))
}

/// A daily flux, received on its day.
fn quotidien(dtref: &str, releves: &str) -> (String, String) {
    (format!("{dtref}_quotidien.csv"), flux("I", dtref, releves))
}

/// An orientation, named by its NIR.
fn orientation(qui: char, jour: &str) -> (String, String) {
    let (nom, nir) = personne(qui);
    let texte = format!(
        "id_evenement;nir;nom;prenom;date_naissance;date_notification;organisme\nO{qui}{jour};{nir};{nom};ONDINE;1987-04-19;{jour};CD\n"
    );
    (format!("2022-01-31_orientation_{qui}_{jour}.csv"), texte)
}

fn recus(recus: &[(String, String)]) -> Vec<(&str, String)> {
    recus.iter().map(|(nom, contenu)| (nom.as_str(), contenu.clone())).collect()
}

fn recit(fichiers: &[(String, String)]) -> Lieu {
    Lieu::avec(&recus(fichiers))
}

/// Every text of a segment, its metadata included.
fn textes(segment: &Path) -> Vec<String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(segment).unwrap()).unwrap();
    let meta = builder.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let mut out: Vec<String> = meta.into_iter().flat_map(|pair| [Some(pair.key), pair.value]).flatten().collect();
    for lot in builder.build().unwrap() {
        for colonne in lot.unwrap().columns() {
            if colonne.data_type() == &DataType::Utf8 {
                out.extend(colonne.as_string::<i32>().iter().flatten().map(str::to_owned));
            }
        }
    }
    out
}

fn detail(chemin: &Path) -> Vec<Vec<String>> {
    let texte = fs::read_to_string(chemin).unwrap();
    let mut lecteur = csv::ReaderBuilder::new().delimiter(b';').from_reader(texte.as_bytes());
    lecteur.records().map(|ligne| ligne.unwrap().iter().map(str::to_owned).collect()).collect()
}

// Who leaves.

/// Gone since before the day, strictly: the step that shows it is dated before it.
#[test]
fn somebody_closed_on_a_day_leaves_with_the_purge_of_the_next_day() {
    // A is closed; B is missing from the stock; C stays.
    let fichiers = [stock("2020-12-31", "A1=2 B2=2 C3=2"), stock("2021-03-31", "A1=5 C3=2")];
    for (avant, restent) in [("2021-03-30", "ABC"), ("2021-03-31", "ABC"), ("2021-04-01", "C")] {
        let lieu = recit(&fichiers);
        lieu.purger(avant);
        assert_eq!(lieu.presents(), restent, "--avant {avant}");
    }
}

#[test]
fn somebody_suspended_or_back_since_stays_whatever_the_day() {
    let lieu = recit(&[
        stock("2020-12-31", "A1=2 B2=2 C3=2"),
        stock("2021-03-31", "A1=4 B2=5 C3=5"),
        stock("2021-06-30", "A1=4 B2=2"),
    ]);
    lieu.purger("2022-06-01");
    assert_eq!(lieu.presents(), "AB");
}

#[test]
fn an_event_keeps_somebody_until_its_day_is_past() {
    let fichiers = [stock("2020-12-31", "A1=2 B2=2"), stock("2021-03-31", "B2=2"), orientation('A', "2021-05-02")];
    for (avant, restent) in [("2021-05-02", "AB"), ("2021-05-03", "B")] {
        let lieu = recit(&fichiers);
        lieu.purger(avant);
        assert_eq!(lieu.presents(), restent, "--avant {avant}");
    }
}

/// Closed long ago, and a new claim under examination in another dossier: the person is not gone.
#[test]
fn a_claim_under_examination_keeps_somebody() {
    let fichiers =
        [stock("2020-12-31", "A1=2 B2=2"), stock("2021-02-28", "A1=5 B2=2"), quotidien("2021-09-10", "A3=0")];
    for (avant, restent) in [("2021-09-10", "AB"), ("2021-09-11", "B")] {
        let lieu = recit(&fichiers);
        lieu.purger(avant);
        assert_eq!(lieu.presents(), restent, "--avant {avant}");
    }
}

#[test]
fn an_event_of_nobody_known_leaves_on_its_own_date() {
    let fichiers = [stock("2020-12-31", "B2=2"), orientation('A', "2021-05-02"), orientation('C', "2021-05-03")];
    for (avant, restent) in [("2021-05-02", "ABC"), ("2021-05-03", "BC"), ("2021-05-04", "B")] {
        let lieu = recit(&fichiers);
        lieu.purger(avant);
        assert_eq!(lieu.presents(), restent, "--avant {avant}");
    }
}

// What does not move for those who stay.

/// A was in the dossier, leaves, and is purged: B, who joined it, still joins a household.
#[test]
fn who_joined_the_dossier_of_a_purged_person_still_joined_it() {
    let lieu = recit(&[
        stock("2020-12-31", "A1=2 C3=2"),
        stock("2021-01-31", "A1=2 C3=2"),
        stock("2021-02-28", "B1=2 C3=2"),
        stock("2021-03-31", "B1=2 C3=2"),
    ]);
    let attendu = [("B".to_owned(), "rejoint_foyer".to_owned(), String::new())];
    assert_eq!(lieu.entrees(), attendu);
    lieu.purger("2021-03-01");
    assert_eq!((lieu.presents().as_str(), lieu.entrees()), ("BC", attendu.to_vec()));
}

/// Two people of the same name and birth date: an orientation that gives only those is nobody's. The
/// removal of one does not give it to the other.
#[test]
fn what_was_in_doubt_between_homonyms_does_not_fall_to_the_one_who_stays() {
    let homonyme = |(nom, texte): (String, String)| (nom, texte.replace("ALBATROSSE", "BRUMEVALLE"));
    let lieu = recit(&[
        homonyme(stock("2020-12-31", "A1=2 C3=2")),
        homonyme(stock("2021-01-31", "C3=2")),
        homonyme(stock("2021-02-28", "B2=2 C3=2")),
        (
            "2021-04-01_o.csv".to_owned(),
            "id_evenement;nom;prenom;date_naissance;date_notification;organisme\nO1;Brumevalle;Ondine;1987-04-19;2021-03-20;CD\n".to_owned(),
        ),
    ]);
    let attendu = [("B".to_owned(), "primo".to_owned(), String::new())];
    assert_eq!(lieu.entrees(), attendu);
    let sortie = lieu.purger("2021-02-01");
    assert!(sortie.out.contains("1 personne, 1 relevé, 0 ligne d'événement"), "{}", sortie.out);
    assert_eq!(lieu.entrees(), attendu);
    // Once nobody has the name any more, nothing is kept of it.
    lieu.recevoir("2022-02-28_stock.csv", &flux("M", "2022-02-28", "C3=2"));
    assert_eq!(lieu.jalon(&["ingerer", lieu.recu().to_str().unwrap()]).code, 0);
    lieu.purger("2022-03-01");
    let reste = segments(&lieu.entrepot()).iter().flat_map(|segment| textes(segment)).collect::<Vec<_>>();
    assert!(!reste.iter().any(|texte| texte.contains("\"temoins\"") || texte.to_uppercase().contains("BRUMEVALLE")));
}

/// The event was first given to B by mistake, then corrected to A, who is removed: B does not get it
/// back.
#[test]
fn an_older_version_about_somebody_who_stays_does_not_come_back() {
    let version = |qui: char, saisi: &str| {
        let (_, nir) = personne(qui);
        format!(
            "id_evenement;nir;date_notification;organisme;structure;saisi_le\nO1;{nir};2021-03-20;CD;MAISON;{saisi}\n"
        )
    };
    let lieu = recit(&[
        stock("2020-12-31", "A1=2 C3=2"),
        stock("2021-02-28", "A1=2 B2=2 C3=2"),
        stock("2021-03-31", "A1=5 B2=2 C3=2"),
        ("2021-04-01_o.csv".to_owned(), version('B', "2021-03-21")),
        ("2021-04-02_o.csv".to_owned(), version('A', "2021-03-22")),
    ]);
    let attendu = [("B".to_owned(), "primo".to_owned(), String::new())];
    assert_eq!(lieu.entrees(), attendu);
    lieu.purger("2021-04-01");
    assert_eq!(lieu.entrees(), attendu);
    assert_eq!(lieu.presents(), "BC");
    // The emptied row holds nothing of A, and a second purge leaves it as it is.
    let vide = segments(&lieu.entrepot()).into_iter().filter(|s| s.display().to_string().contains("orientations"));
    assert_eq!(vide.map(|s| textes(&s).iter().filter(|texte| *texte == "MAISON").count()).sum::<usize>(), 1);
    assert!(lieu.purger("2021-04-01").out.contains("Personne à retirer"));
    // Known on 21/03, the orientation was B's: that is not changed either.
    let sortie = lieu.jalon(&[
        "indicateurs",
        "--du",
        "2021-01-01",
        "--au",
        "2021-03-21",
        "--connu-le",
        "2021-03-21",
        "--format",
        "json",
    ]);
    let table: Value = serde_json::from_str(&sortie.out).unwrap();
    assert_eq!((&table["indicateurs"][0]["valeur"], &table["indicateurs"][1]["valeur"]), (&json!(1), &json!(1)));
}

/// B's foyer could not be read in February's stock: B is not absent, before and after the purge of A
/// whose foyer could not be read either.
#[test]
fn a_dossier_present_but_unread_stays_so_for_who_stays() {
    let lieu = recit(&[
        stock("2020-12-31", "A1=2 B2=2 C3=2 D4=2"),
        stock("2021-01-31", "A1=5 B2=9 C3=2 D4=2"),
        stock("2021-02-28", "A1=9 B2=2 C3=2 D4=2"),
    ]);
    assert_eq!(lieu.entrees(), []);
    lieu.purger("2021-02-01");
    assert_eq!((lieu.presents().as_str(), lieu.entrees()), ("BCD", vec![]), "an absent B would come back as an entry");
    let meta: String = segments(&lieu.entrepot()).iter().flat_map(|segment| textes(segment)).collect();
    assert!(meta.contains(r#""non_lus":["00000000002"]"#) && !meta.contains(r#""non_lus":["00000000001"]"#));
}

/// What the table of a period says of those who stay, over a whole department and several days.
#[test]
fn on_a_small_department_nothing_moves_for_those_who_stay() {
    let entrant = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant");
    rien_ne_bouge(&entrant, &["2021-04-15", "2021-10-01", "2022-03-01"]);
}

#[test]
fn on_departments_drawn_at_random_nothing_moves_for_those_who_stay() {
    for graine in [3, 17] {
        let dossier = tempfile::tempdir().unwrap();
        let reglages = Reglages {
            graine,
            personnes: 120,
            du: (2020, 12),
            au: (2021, 12),
            forme: Forme::Csv,
            realiste: false,
            quotidiens: true,
            desordre: false,
        };
        ecrire(&reglages, dossier.path()).unwrap();
        rien_ne_bouge(dossier.path(), &["2021-07-01", "2021-11-10"]);
    }
}

/// Purges again and again, later and later: the lines of those who stay are the same, to the letter.
fn rien_ne_bouge(entrant: &Path, jours: &[&str]) {
    let lieu = Lieu::new();
    let sortie = lieu.jalon(&["-q", "ingerer", entrant.to_str().unwrap()]);
    assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
    let details = || -> Vec<Vec<Vec<String>>> {
        [&["mars-2022"][..], &["juin-2022"], &["mars-2022", "--connu-le", "2021-10-20"]]
            .map(|question| {
                let chemin = lieu.0.path().join("detail.csv");
                let sortie = lieu.jalon(
                    &[&["indicateurs", "--detail", chemin.to_str().unwrap(), "--campagne"][..], question].concat(),
                );
                assert_eq!(sortie.code, 0, "{}", sortie.err);
                detail(&chemin)
            })
            .into()
    };
    let avant = details();
    let mut retirees = 0;
    for jour in jours {
        lieu.purger(jour);
        let textes: BTreeSet<String> = segments(&lieu.entrepot())
            .iter()
            .filter(|segment| segment.to_str().unwrap().contains("/flux/"))
            .flat_map(|segment| identites(segment))
            .collect();
        let apres = details();
        for (avant, apres) in avant.iter().zip(&apres) {
            let (restent, partis): (Vec<_>, Vec<_>) =
                avant.iter().cloned().partition(|ligne| textes.contains(&ligne[3..6].join("|")));
            assert_eq!(&restent, apres, "--avant {jour}");
            retirees += partis.len();
        }
    }
    assert!(retirees > 0, "the days chosen remove nobody of the tables");
}

/// NOM, PRENOM and DTNAI of every row of a segment.
fn identites(segment: &Path) -> Vec<String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(segment).unwrap()).unwrap();
    let mut out = Vec::new();
    for lot in builder.build().unwrap() {
        let lot = lot.unwrap();
        let [nom, prenom, dtnai] =
            ["nom", "prenom", "dtnai"].map(|c| lot.column_by_name(c).unwrap().as_string::<i32>().clone());
        out.extend((0..lot.num_rows()).map(|r| format!("{}|{}|{}", nom.value(r), prenom.value(r), dtnai.value(r))));
    }
    out
}

// What is left.

/// A story with somebody who is gone, in every kind of place where they leave a trace.
fn histoire_complete() -> Lieu {
    let (nom, nir) = personne('A');
    let evenements = [
        format!(
            "id_evenement;nir;nom;prenom;date_naissance;type_rdv;date_rdv\nR1;{nir};{nom};ONDINE;1987-04-19;cer;2021-02-25\n"
        ),
        format!(
            "id_evenement;nom;prenom;date_naissance;date_signature;type_contrat\nC1;{nom};ONDINE;1987-04-19;2021-02-25;cer\n"
        ),
        format!(
            "id_evenement;nir;nom;prenom;date_naissance;type_accompagnement;date_proposition\nG1;{nir};{nom};ONDINE;1987-04-19;GAD;2021-02-25\n"
        ),
        format!(
            "id_evenement;nir;nom;prenom;date_naissance;date_fin;motif\nF1;{nir};{nom};ONDINE;1987-04-19;2021-02-26;autre\n"
        ),
    ];
    let mut fichiers = vec![
        stock("2020-12-31", "A1=2 B2=2"),
        stock("2021-01-31", "A1=5 A1=2 B2=2"),
        stock("2021-02-28", "A1=2 B2=2"),
        stock("2021-03-31", "A1=5 B2=2"),
        stock("2021-04-30", "A1=9 B2=2"),
        orientation('A', "2021-02-20"),
        orientation('B', "2021-02-20"),
        (
            "2021-03-01_annule.csv".to_owned(),
            "id_evenement;nir;date_notification;organisme;annule\nOA2021-02-20;;;;1\n".to_owned(),
        ),
    ];
    fichiers.extend(
        evenements.into_iter().enumerate().map(|(rang, texte)| (format!("2021-03-0{}_e.csv", rang + 1), texte)),
    );
    recit(&fichiers)
}

#[test]
fn a_purge_leaves_no_trace_of_the_person_and_says_what_it_did() {
    let lieu = histoire_complete();
    let sortie = lieu.purger("2021-05-01");
    assert!(
        sortie.out.contains("1 personne, 5 relevés, 6 lignes d'événements"),
        "5 rows of flux; an orientation, its withdrawal, and 4 other events: {}",
        sortie.out
    );
    assert_eq!(lieu.presents(), "B");
    let (nom, nir) = personne('A');
    for fichier in lieu.fichiers_non_nommes(&sortie, 1) {
        let octets = fs::read(&fichier).unwrap();
        for trace in [nom, nir, "00000000001", "OA2021-02-20"] {
            assert!(!octets.windows(trace.len()).any(|f| f == trace.as_bytes()), "{trace} in {}", fichier.display());
        }
    }
    for segment in segments(&lieu.entrepot()) {
        for texte in textes(&segment) {
            assert!(![nom, "00000000001", "9000001", "OA2021"].iter().any(|trace| texte.contains(trace)), "{texte}");
        }
    }
    for fichier in fichiers(&lieu.entrepot()) {
        let mode = |chemin: &Path| fs::metadata(chemin).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&fichier), mode(fichier.parent().unwrap())), (0o600, 0o700), "{}", fichier.display());
    }
    let [registre] = lieu.registre().try_into().unwrap();
    let registre: Value = serde_json::from_str(&fs::read_to_string(registre).unwrap()).unwrap();
    let cles = ["nature", "avant", "personnes", "lignes", "en_attente"].map(|cle| registre[cle].clone());
    assert_eq!(Value::from(cles.to_vec()), json!(["purge", "2021-05-01", 1, 11, 0]));
    // Four stocks held A's rows, a fifth their unread foyer, and six event files their events.
    assert_eq!(registre["segments"].as_array().unwrap().len(), 11);
    for segment in registre["segments"].as_array().unwrap() {
        let octets = fs::read(lieu.entrepot().join(segment["place"].as_str().unwrap())).unwrap();
        assert_eq!(segment["apres"], blake3::hash(&octets).to_hex().as_str());
        assert_ne!(segment["avant"], segment["apres"]);
    }
    // What a sealed campaign will ask.
    let connus = Depot::ouvrir_en_lecture(&lieu.entrepot(), None).unwrap().segments().unwrap();
    assert_eq!(personnes_purgees(&connus, |_| true), 1);
    assert_eq!(personnes_purgees(&connus, |purge| purge.avant.is_none()), 0);
}

#[test]
fn a_purged_file_is_still_known_and_an_emptied_segment_stays() {
    let lieu = histoire_complete();
    let avant = segments(&lieu.entrepot());
    lieu.purger("2021-05-01");
    assert_eq!(segments(&lieu.entrepot()), avant);
    let sortie = lieu.jalon(&["ingerer", lieu.recu().to_str().unwrap()]);
    assert!(sortie.out.contains("0 fichier ingéré, 12 déjà connus"), "{}", sortie.out);
    assert_eq!(lieu.presents(), "B");
}

#[test]
fn a_second_purge_moves_no_byte() {
    let lieu = histoire_complete();
    lieu.purger("2021-05-01");
    let octets = || fichiers(&lieu.entrepot()).iter().map(|f| (f.clone(), fs::read(f).unwrap())).collect::<Vec<_>>();
    let avant = octets();
    assert!(lieu.purger("2021-05-01").out.contains("Personne à retirer"));
    assert!(avant == octets());
}

#[test]
fn a_blanc_says_what_would_be_done_and_writes_nothing() {
    let lieu = histoire_complete();
    let octets = || fichiers(&lieu.entrepot()).iter().map(|f| (f.clone(), fs::read(f).unwrap())).collect::<Vec<_>>();
    let avant = octets();
    let sortie = lieu.jalon(&["purger", "--avant", "2021-05-01", "--a-blanc"]);
    assert!(sortie.out.contains("À blanc") && sortie.out.contains("1 personne, 5 relevés, 6 lignes"), "{}", sortie.out);
    let json = lieu.jalon(&["purger", "--avant", "2021-05-01", "--a-blanc", "--format", "json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["personnes"]["personnes"], &json["personnes"]["releves"]), (&json!(1), &json!(5)));
    assert!(avant == octets());
}

/// Figures of a period that ended before the purge say that people may be missing from them.
#[test]
fn a_figure_of_before_the_purge_is_said_to_be_lower() {
    let lieu = histoire_complete();
    lieu.purger("2021-05-01");
    let dit =
        |du: &str, au: &str| lieu.jalon(&["indicateurs", "--du", du, "--au", au]).err.contains("purgées de l'entrepôt");
    assert!(dit("2021-01-01", "2021-12-31") && !dit("2021-05-01", "2021-12-31"));
}

// What a kill leaves.

fn copier(de: &Path, vers: &Path) {
    for fichier in fichiers(de) {
        let place = vers.join(fichier.strip_prefix(de).unwrap());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(&fichier, place).unwrap();
    }
}

fn contenu(entrepot: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let gardes =
        fichiers(entrepot).into_iter().map(|f| (f.strip_prefix(entrepot).unwrap().to_owned(), fs::read(f).unwrap()));
    gardes.collect()
}

/// Every state that a kill can leave, one after the other: rewritten segments waiting, k of them in
/// place, all of them, the register written or not.
#[test]
fn killed_at_any_step_a_purge_is_swept_or_finished_and_never_half_seen() {
    let lieu = histoire_complete();
    let depart = lieu.0.path().join("depart");
    copier(&lieu.entrepot(), &depart);
    lieu.purger("2021-05-01");
    let fini = contenu(&lieu.entrepot());
    let registre = lieu.registre().pop().unwrap();
    let decision = fs::read(&registre).unwrap();
    let reecrits: Vec<PathBuf> = serde_json::from_slice::<Value>(&decision).unwrap()["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|segment| segment["place"].as_str().unwrap().into())
        .collect();
    let demander = |entrepot: &Path| jalon(entrepot, ["indicateurs", "--campagne", "mars-2022", "--format", "json"]);
    let attendu = demander(&depart).out;
    for decide in [false, true] {
        for poses in 0..=reecrits.len() {
            if !decide && poses > 0 {
                continue;
            }
            let ici = tempfile::tempdir().unwrap();
            let entrepot = ici.path().join("entrepot");
            copier(&depart, &entrepot);
            let en_cours = entrepot.join("purges/en-cours");
            fs::create_dir_all(&en_cours).unwrap();
            for (rang, place) in reecrits.iter().enumerate() {
                let vers = if rang < poses { entrepot.join(place) } else { en_cours.join(place.file_name().unwrap()) };
                fs::copy(lieu.entrepot().join(place), vers).unwrap();
            }
            if decide {
                fs::write(en_cours.join("purge.json"), &decision).unwrap();
            }
            if poses == reecrits.len() {
                fs::copy(&registre, entrepot.join("purges").join(registre.file_name().unwrap())).unwrap();
            }
            let lu = demander(&entrepot);
            if decide {
                assert_eq!(lu.code, 5, "{poses} in place: {}", lu.tout());
                assert!(lu.err.contains("a été interrompue") && lu.err.contains("relancez"), "{}", lu.err);
            } else {
                assert_eq!((lu.code, &lu.out), (0, &attendu));
            }
            let reprise = jalon(&entrepot, ["purger", "--avant", "2021-05-01"]);
            assert_eq!(reprise.code, 0, "{}", reprise.tout());
            assert_eq!(reprise.out.contains("maintenant terminée : 1 personne retirée"), decide, "{}", reprise.out);
            let sans_date = |contenu: Vec<(PathBuf, Vec<u8>)>| -> Vec<_> {
                contenu.into_iter().filter(|(place, _)| decide || !place.starts_with("purges")).collect()
            };
            assert!(sans_date(contenu(&entrepot)) == sans_date(fini.clone()), "decided: {decide}, {poses} in place");
        }
    }
}

/// Makes a purge fail at each of its moments in turn, and runs it again. Gives how many there were.
fn a_chaque_moment(genre: &str) -> u64 {
    const PURGER: [&str; 3] = ["purger", "--avant", "2021-05-01"];
    let lieu = histoire_complete();
    let demander = |entrepot: &Path| jalon(entrepot, ["indicateurs", "--campagne", "mars-2022", "--format", "json"]);
    let depart = lieu.0.path().join("depart");
    copier(&lieu.entrepot(), &depart);
    let avant = demander(&depart).out;
    assert_eq!(lieu.jalon(&PURGER).code, 0);
    let (fini, apres) = (contenu(&lieu.entrepot()), demander(&lieu.entrepot()).out);
    assert!(fini != contenu(&depart));
    // In memory where there is such a place: syncs cost minutes on a disk.
    let memoire = Path::new("/dev/shm");
    for moment in 1.. {
        let ici = if memoire.is_dir() { tempfile::tempdir_in(memoire) } else { tempfile::tempdir() }.unwrap();
        copier(&depart, ici.path());
        let panne = lancer(commande(ici.path()).args(PURGER).env("JALON_PANNE", format!("{genre}:{moment}")));
        if !panne.err.contains("panne simulée") {
            assert!(contenu(ici.path()) == fini, "{genre}:{moment}");
            return moment - 1;
        }
        assert!(panne.code != 0, "{genre}:{moment} is silent: {}", panne.tout());
        let lu = demander(ici.path());
        assert!(lu.code == 5 || lu.out == avant || lu.out == apres, "{genre}:{moment} is half seen: {}", lu.tout());
        let reprise = jalon(ici.path(), PURGER);
        assert_eq!(reprise.code, 0, "{genre}:{moment}: {}", reprise.tout());
        assert!(contenu(ici.path()) == fini, "{genre}:{moment} does not end the same");
    }
    unreachable!()
}

/// Every write, sync, rename and removal of the real program, none drawn by chance.
#[test]
fn a_purge_killed_at_any_moment_ends_in_the_same_state() {
    let moments = a_chaque_moment("arret");
    assert!(moments > 30, "only {moments} moments: not everything goes through the layer");
}

#[test]
fn a_purge_whose_disk_fills_or_fails_at_any_moment_ends_in_the_same_state() {
    assert!(a_chaque_moment("plein") > 30);
    assert!(a_chaque_moment("erreur") > 30);
}

/// A person whose only record came by a mended extract, and whose reject is closed.
fn avec_un_extrait() -> (Lieu, PathBuf) {
    let lieu = Lieu::new();
    for (dtref, releves) in [("2020-12-31", "A1=2 B2=9"), ("2021-01-31", "A1=2"), ("2021-02-28", "A1=2")] {
        let (nom, contenu) = stock(dtref, releves);
        lieu.recevoir(&nom, &contenu);
    }
    assert_eq!(lieu.jalon(&["ingerer", lieu.recu().to_str().unwrap()]).code, 3);
    let rejets = fichiers(&lieu.entrepot().join("rejets"));
    let extraits: Vec<PathBuf> =
        rejets.into_iter().filter(|f| f.parent().unwrap().file_name().unwrap() != "rejets").collect();
    assert_eq!(extraits.len(), 1);
    (lieu, extraits[0].clone())
}

#[test]
fn somebody_who_came_by_a_mended_extract_is_found_and_purged_like_others() {
    let (lieu, extrait) = avec_un_extrait();
    // Mended twice: the first extract counts no more, and holds her all the same.
    for etat in ["3", "2"] {
        let corrige = lieu.0.path().join("corrige.csv");
        fs::write(&corrige, fs::read_to_string(&extrait).unwrap().replace(";9;1", &format!(";{etat};1"))).unwrap();
        let reprise = lieu.jalon(&["rejets", "reprendre", corrige.to_str().unwrap()]);
        assert_eq!(reprise.code, 0, "{}", reprise.tout());
    }
    assert_eq!(lieu.presents(), "AB");
    let (sans_elle, export) = (lieu.entrees(), lieu.jalon(&["personne", "exporter", "2", "--format", "json"]));
    assert_eq!(export.code, 0, "{}", export.tout());
    let export: Value = serde_json::from_str(&export.out).unwrap();
    let siens: Vec<_> = export["releves"].as_array().unwrap().iter().map(|r| (&r["nom"], &r["etat"])).collect();
    assert_eq!(siens, [(&json!("BRUMEVALLE"), &json!(2)), (&json!("BRUMEVALLE"), &json!(3))]);
    let sortie = lieu.purger("2021-06-01");
    let place = extrait.strip_prefix(lieu.entrepot()).unwrap().to_str().unwrap();
    assert!(sortie.out.contains(place) && sortie.out.contains("les contient encore en clair"), "{}", sortie.out);
    assert_eq!((lieu.presents().as_str(), lieu.entrees()), ("A", sans_elle));
    assert_eq!(lieu.jalon(&["personne", "exporter", "2"]).code, 2);
    // Nor do the metadata tell the dossier any more, and the reject stays closed.
    let rejets = lieu.jalon(&["rejets", "lister"]);
    assert!(rejets.code == 0 && !rejets.out.contains("-2"), "{}", rejets.tout());
    for segment in segments(&lieu.entrepot()) {
        let octets: String = fs::read(segment).unwrap().into_iter().map(char::from).collect();
        assert!(!octets.contains("00000000002"));
    }
}

#[test]
fn the_pipeline_gives_the_folders_and_the_days_of_raw_files_and_closed_rejects() {
    let (lieu, extrait) = avec_un_extrait();
    let racine = lieu.0.path();
    fs::write(racine.join("nuit.toml"), "boites = ['depot']\n[conservation]\nbruts_jours = 30\n").unwrap();
    fs::create_dir(racine.join("archives")).unwrap();
    for (nom, jours) in [("vieux.xml", 31), ("recent.xml", 29)] {
        let fichier = File::create(racine.join("archives").join(nom)).unwrap();
        fichier.set_modified(SystemTime::now() - Duration::from_secs(jours * 86_400)).unwrap();
    }
    let id = extrait.file_stem().unwrap().to_str().unwrap();
    assert_eq!(lieu.jalon(&["rejets", "clore", id]).code, 0);
    let pipeline = racine.join("nuit.toml");
    let purger = |suite: &[&str]| {
        let arguments = [&["purger", "--pipeline", pipeline.to_str().unwrap()], suite].concat();
        let sortie = lieu.jalon(&arguments);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        (fichiers(&racine.join("archives")).len(), extrait.exists())
    };
    // Closed today: the extract is kept for its thirty days.
    assert_eq!(purger(&["--a-blanc"]), (2, true));
    assert_eq!(purger(&[]), (1, true));
    let cloture = extrait.with_extension("json");
    let texte = fs::read_to_string(&cloture).unwrap();
    let jour = texte.split('"').find(|mot| mot.len() == 10 && mot.starts_with("20")).unwrap();
    fs::write(&cloture, texte.replace(jour, "2021-03-05")).unwrap();
    assert_eq!(purger(&["--a-blanc"]), (1, true));
    assert_eq!(purger(&[]), (1, false));
    // Nobody was removed: people are asked for by --avant alone.
    assert_eq!(lieu.presents(), "A");
    assert_eq!(purger(&["--bruts-jours", "1"]).0, 0);
    let ailleurs = jalon(&racine.join("ailleurs"), ["purger", "--pipeline", pipeline.to_str().unwrap()]);
    assert_eq!(ailleurs.code, 2);
    assert!(ailleurs.err.contains("N'en donnez qu'un"), "{}", ailleurs.err);
}

/// kill -9 at whatever moment of the real program: run again, the purge ends in the same state.
#[test]
fn a_purge_killed_and_run_again_ends_in_the_same_state() {
    let entrant = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant");
    let lieu = Lieu::new();
    lieu.jalon(&["-q", "ingerer", entrant.to_str().unwrap()]);
    let fini = tempfile::tempdir().unwrap();
    copier(&lieu.entrepot(), fini.path());
    assert_eq!(jalon(fini.path(), ["purger", "--avant", "2021-10-01"]).code, 0);
    let fini = contenu(fini.path());
    let (mut coupees, mut decidees) = (0, 0);
    for moment in 0..8u64 {
        let ici = tempfile::tempdir().unwrap();
        copier(&lieu.entrepot(), ici.path());
        let mut processus = commande(ici.path())
            .args(["purger", "--avant", "2021-10-01"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let en_cours = ici.path().join("purges/en-cours");
        while !en_cours.exists() && processus.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_millis(moment * moment * 6));
        processus.kill().unwrap();
        processus.wait().unwrap();
        coupees += u32::from(en_cours.exists());
        let decidee = en_cours.join("purge.json").exists();
        decidees += u32::from(decidee);
        let lu = jalon(ici.path(), ["indicateurs", "--campagne", "mars-2022"]);
        assert_eq!(lu.code, if decidee { 5 } else { 0 }, "{}", lu.tout());
        assert_eq!(jalon(ici.path(), ["purger", "--avant", "2021-10-01"]).code, 0);
        assert!(contenu(ici.path()) == fini, "killed at {moment}");
    }
    println!("{coupees} runs killed in the middle, {decidees} of them once decided");
    assert!(coupees > 0, "no run was killed in time");
}

#[test]
fn ingesting_finishes_an_interrupted_purge_too() {
    let lieu = histoire_complete();
    let depart = lieu.0.path().join("depart");
    copier(&lieu.entrepot(), &depart);
    lieu.purger("2021-05-01");
    let registre = lieu.registre().pop().unwrap();
    let en_cours = depart.join("purges/en-cours");
    fs::create_dir_all(&en_cours).unwrap();
    fs::copy(&registre, en_cours.join("purge.json")).unwrap();
    for segment in segments(&lieu.entrepot()) {
        fs::copy(&segment, en_cours.join(segment.file_name().unwrap())).unwrap();
    }
    assert_eq!(jalon(&depart, ["ingerer", lieu.recu().to_str().unwrap()]).code, 0);
    assert!(contenu(&depart) == contenu(&lieu.entrepot()));
    // What was ready is gone, and a segment is not the new one: nothing is guessed.
    fs::create_dir_all(&en_cours).unwrap();
    fs::copy(&registre, en_cours.join("purge.json")).unwrap();
    let premier: Value = serde_json::from_slice(&fs::read(&registre).unwrap()).unwrap();
    let place = depart.join(premier["segments"][0]["place"].as_str().unwrap());
    OpenAppend::ajouter(&place);
    let sortie = jalon(&depart, ["ingerer", lieu.recu().to_str().unwrap()]);
    assert_eq!(sortie.code, 5, "{}", sortie.tout());
}

struct OpenAppend;

impl OpenAppend {
    fn ajouter(chemin: &Path) {
        let octets = fs::read(chemin).unwrap();
        let mut fichier = File::create(chemin).unwrap();
        fichier.write_all(b"x").unwrap();
        fichier.write_all(&octets).unwrap();
    }
}

/// The footers were read, then a purge took place: the rows that they describe are no longer there.
#[test]
fn who_was_reading_during_a_purge_is_told_so() {
    let lieu = histoire_complete();
    let connus = Depot::ouvrir_en_lecture(&lieu.entrepot(), None).unwrap().segments().unwrap();
    lieu.purger("2021-05-01");
    let lus: Vec<_> = connus.flux.iter().map(colonnes_flux).collect();
    assert!(lus.iter().all(|lu| matches!(lu, Err(ErreurDepot::Remplace(_)))), "every stock was rewritten");
}

// One person.

#[test]
fn an_erasure_leaves_no_trace_and_says_what_it_does_not_do() {
    let lieu = histoire_complete();
    let (nom, nir) = personne('A');
    // An event of theirs whose NIR was mistyped waits for somebody: it bears their name.
    let faute = format!(
        "id_evenement;nir;nom;prenom;date_naissance;date_notification;organisme\nO9;2870499999088;{nom};ONDINE;1987-04-19;2022-01-20;CD\n"
    );
    lieu.recevoir("2022-02-01_faute.csv", &faute);
    lieu.jalon(&["ingerer", lieu.recu().to_str().unwrap()]);
    let effacer =
        |reste: &[&str]| lieu.jalon(&[&["personne", "effacer", "1", "--motif", "demande du 3 mai"], reste].concat());
    let a_blanc = effacer(&["--a-blanc"]);
    assert!(a_blanc.out.contains("1 personne, 5 relevés, 7 lignes d'événements, dont 1"), "{}", a_blanc.tout());
    let extrait = lieu.entrepot().join("rejets/abc/foyer.xml");
    fs::create_dir_all(extrait.parent().unwrap()).unwrap();
    fs::write(&extrait, "<DemandeRSA><NUMDEMRSA>00000000001</NUMDEMRSA></DemandeRSA>").unwrap();
    fs::write(extrait.with_file_name("autre.xml"), "<NUMDEMRSA>00000000011</NUMDEMRSA>").unwrap();
    let sans_clavier = effacer(&[]);
    assert_eq!((sans_clavier.code, lieu.presents().as_str()), (2, "AB"), "{}", sans_clavier.tout());
    let sortie = effacer(&["--oui"]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    for dit in
        ["Effacés : 1 personne", "purgée depuis, 1 personne", "Un nouveau fichier qui parle d'elle, si", "sauvegardes"]
    {
        assert!(sortie.out.contains(dit), "{dit} : {}", sortie.out);
    }
    let nommes: Vec<_> = sortie.out.lines().filter(|ligne| ligne.starts_with("À voir dans l'entrepôt")).collect();
    let [nommes] = nommes[..] else { panic!("{}", sortie.out) };
    assert!(nommes.contains("rejets/abc/foyer.xml") && !nommes.contains("autre.xml"), "{nommes}");
    assert_eq!(lieu.presents(), "B");
    for fichier in lieu.fichiers_non_nommes(&sortie, 2) {
        let octets = fs::read(&fichier).unwrap();
        for trace in [nom, nir] {
            assert!(!octets.windows(trace.len()).any(|f| f == trace.as_bytes()), "{trace} in {}", fichier.display());
        }
    }
    let registre: Value = serde_json::from_slice(&fs::read(lieu.registre().pop().unwrap()).unwrap()).unwrap();
    assert_eq!((&registre["nature"], &registre["motif"]), (&json!("effacement"), &json!("demande du 3 mai")));
    assert!(registre["avant"].is_null());
    // The same files are known; a new one brings the person back.
    lieu.jalon(&["ingerer", lieu.recu().to_str().unwrap()]);
    assert_eq!(lieu.presents(), "B");
    lieu.recevoir("2021-06-30_stock.csv", &flux("M", "2021-06-30", "A1=5 B2=2"));
    lieu.jalon(&["ingerer", lieu.recu().to_str().unwrap()]);
    assert_eq!(lieu.presents(), "AB");
    assert_eq!(effacer(&["--oui"]).code, 0);
    assert_eq!(effacer(&["--oui"]).code, 2, "nobody is left to be erased");
}

#[test]
fn all_that_is_held_on_a_person_is_given_to_them() {
    let lieu = histoire_complete();
    let fichier = lieu.0.path().join("acces.json");
    let arguments = ["personne", "exporter", "ALBATROSSE Ondine 1987-04-19", "--format", "json", "--sortie"];
    let sortie = lieu.jalon(&[&arguments[..], &[fichier.to_str().unwrap()]].concat());
    assert_eq!((sortie.code, sortie.tout().as_str()), (0, ""));
    assert_eq!(fs::metadata(&fichier).unwrap().permissions().mode() & 0o777, 0o600);
    let texte = fs::read_to_string(&fichier).unwrap();
    assert!(!texte.contains(personne('A').1) && !texte.contains("BRUMEVALLE"));
    let export: Value = serde_json::from_str(&texte).unwrap();
    let combien = |cle: &str| export[cle].as_array().unwrap().len();
    // Two rows in January, where the dossier is given twice; an event withdrawn is given with its withdrawal.
    assert_eq!(["releves", "evenements", "evenements_en_attente", "entrees"].map(combien), [5, 6, 0, 0]);
    assert_eq!(export["releves"][0]["nom"], "ALBATROSSE");
    assert_eq!(
        (&export["releves"][0]["nir_connu"], &export["releves"][0]["dtref"]),
        (&json!(true), &json!("2020-12-31"))
    );
    assert!(export["evenements"].as_array().unwrap().iter().any(|e| e["date_proposition"] == "2021-02-25"));
    let lisible = lieu.jalon(&["personne", "exporter", "1"]);
    assert!(lisible.out.contains("nom : ALBATROSSE") && lisible.out.contains("dtref : 2020-12-31"), "{}", lisible.out);
}

#[test]
fn a_person_is_asked_for_by_a_nir_that_is_never_typed_nor_shown() {
    let lieu = histoire_complete();
    let (nom, nir) = personne('A');
    let mut processus = commande(&lieu.entrepot())
        .args(["personne", "exporter", "--nir", "-vv", "--traces", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(processus.stdin.take().unwrap(), "{nir}").unwrap();
    let sortie = processus.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(sortie.stdout).unwrap(), String::from_utf8(sortie.stderr).unwrap());
    assert_eq!(sortie.status.code(), Some(0), "{err}");
    assert!(out.contains(nom) && !out.contains(nir) && !err.contains(nir) && !err.contains(nom));
    let tape = lieu.jalon(&["personne", "exporter", nir]);
    assert_eq!(tape.code, 2);
    assert!(tape.err.contains("--nir") && !tape.tout().contains(nir), "{}", tape.err);
}

#[test]
fn several_people_are_told_apart_and_nobody_is_chosen() {
    let lieu = recit(&[stock("2020-12-31", "A1=2 B1=2 C3=2")]);
    let sortie = lieu.jalon(&["personne", "effacer", "1", "--motif", "x", "--oui"]);
    assert_eq!(sortie.code, 2);
    assert!(sortie.err.contains("2 personnes répondent"), "{}", sortie.err);
    assert!(sortie.out.contains("1. ALBATROSSE") && sortie.out.contains("2. BRUMEVALLE"), "{}", sortie.out);
    assert_eq!(lieu.presents(), "ABC");
    assert_eq!(lieu.jalon(&["personne", "effacer", "1", "Brumevalle", "--motif", "x", "--oui"]).code, 0);
    assert_eq!(lieu.presents(), "AC");
    let inconnue = lieu.jalon(&["personne", "exporter", "Fantomas Jean 1980-01-01"]);
    assert_eq!(inconnue.code, 2);
    assert!(!inconnue.tout().contains("Fantomas"), "{}", inconnue.tout());
}

/// Somebody whom no flux knows may still be named by an event.
#[test]
fn somebody_known_by_events_alone_has_the_same_rights() {
    let lieu = recit(&[stock("2020-12-31", "B2=2"), orientation('A', "2021-05-02")]);
    let export = lieu.jalon(&["personne", "exporter", "Albatrosse", "Ondine", "19/04/1987"]);
    assert!(export.code == 0 && export.out.contains("ALBATROSSE"), "{}", export.tout());
    let sortie = lieu.jalon(&["personne", "effacer", "Albatrosse Ondine 1987-04-19", "--motif", "x", "--oui"]);
    assert_eq!((sortie.code, lieu.presents().as_str()), (0, "B"), "{}", sortie.tout());
}

// Files received.

fn brut(chemin: &Path, jour: &str) {
    fs::create_dir_all(chemin.parent().unwrap()).unwrap();
    fs::write(chemin, "x").unwrap();
    let jour: chrono::NaiveDate = jour.parse().unwrap();
    let secondes = u64::try_from(jour.and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp()).unwrap();
    File::options()
        .write(true)
        .open(chemin)
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(secondes))
        .unwrap();
}

#[test]
fn old_files_received_are_removed_and_nothing_else_is() {
    let ici = tempfile::tempdir().unwrap();
    let (archives, refuses, ailleurs) =
        (ici.path().join("archives"), ici.path().join("refuses"), ici.path().join("ailleurs"));
    brut(&archives.join("2021/01/vieux.xml"), "2021-01-05");
    brut(&archives.join("2021/02/vieux.xml"), "2021-01-05");
    brut(&archives.join("2021/02/recent.xml"), "2021-03-05");
    brut(&refuses.join("veille.xml"), "2021-02-28");
    brut(&refuses.join("jour.xml"), "2021-03-01");
    // Refused lately with the date of its making: the reason beside it says when.
    brut(&refuses.join("garde.xml"), "2021-01-01");
    brut(&refuses.join("garde.xml.motif.txt"), "2021-03-02");
    brut(&ailleurs.join("secret"), "2020-01-01");
    symlink(&ailleurs, archives.join("2021/lien")).unwrap();
    symlink(ailleurs.join("secret"), refuses.join("lien")).unwrap();
    let avant = "2021-03-01".parse().unwrap();
    let entrepot = ici.path().join("entrepot");
    let dossiers = [archives.clone(), refuses.clone()];
    let a_blanc = bruts::purger(&dossiers, &entrepot, avant, true).unwrap();
    assert_eq!((a_blanc.vus, a_blanc.retires, fichiers(ici.path()).len()), (7, 3, 10));
    let bilan = bruts::purger(&dossiers, &entrepot, avant, false).unwrap();
    assert_eq!((bilan.retires, bilan.octets, bilan.dossiers, bilan.laisses), (3, 3, 1, 2));
    assert!(bilan.echecs.is_empty());
    let restent: Vec<String> = fichiers(ici.path())
        .iter()
        .filter(|f| !fs::symlink_metadata(f).unwrap().is_symlink() && !f.to_string_lossy().contains("/lien/"))
        .map(|f| f.strip_prefix(ici.path()).unwrap().display().to_string())
        .collect();
    assert_eq!(
        restent,
        [
            "ailleurs/secret",
            "archives/2021/02/recent.xml",
            "refuses/garde.xml",
            "refuses/garde.xml.motif.txt",
            "refuses/jour.xml"
        ]
    );
    assert!(archives.exists() && refuses.exists() && !archives.join("2021/01").exists());
}

/// A file of an archive is as old as its month at the most, whatever date it came with.
#[test]
fn a_file_archived_this_month_is_not_old() {
    let ici = tempfile::tempdir().unwrap();
    brut(&ici.path().join("archives/2021/03/ancien.xml"), "2019-01-01");
    let purger = |avant: &str| {
        bruts::purger(&[ici.path().join("archives")], &ici.path().join("entrepot"), avant.parse().unwrap(), true)
            .unwrap()
            .retires
    };
    assert_eq!((purger("2021-03-31"), purger("2021-04-01")), (0, 1));
}

#[test]
fn a_folder_that_is_a_link_or_holds_the_warehouse_is_refused_before_anything() {
    let lieu = histoire_complete();
    let archives = lieu.0.path().join("archives");
    brut(&archives.join("vieux.xml"), "2021-01-01");
    let lien = lieu.0.path().join("lien");
    symlink(&archives, &lien).unwrap();
    for (dossier, mot) in [
        (lien.clone(), "est un lien"),
        (lieu.entrepot(), "l'entrepôt est dedans"),
        (lieu.entrepot().join("flux"), "l'entrepôt est dedans"),
        (lieu.0.path().to_owned(), "l'entrepôt est dedans"),
        (PathBuf::from("/"), "la racine du disque"),
        (archives.join("vieux.xml"), "n'est pas un dossier"),
        (lieu.0.path().join("absent"), "ne peut pas être lu"),
    ] {
        let arguments = ["purger", "--avant", "2021-05-01", "--bruts", archives.to_str().unwrap(), "--bruts"];
        let sortie = lieu.jalon(&[&arguments[..], &[dossier.to_str().unwrap()]].concat());
        assert_eq!(sortie.code, 2, "{}", sortie.tout());
        assert!(sortie.err.contains(mot), "{} : {}", dossier.display(), sortie.err);
    }
    assert!(archives.join("vieux.xml").exists() && lieu.presents() == "AB");
    let sortie = lieu.jalon(&["purger", "--bruts", archives.to_str().unwrap()]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(sortie.out.contains("1 sur 1 a été effacé"), "{}", sortie.out);
    assert!(!archives.join("vieux.xml").exists() && lieu.presents() == "AB");
    let registre: Value = serde_json::from_slice(&fs::read(lieu.registre().pop().unwrap()).unwrap()).unwrap();
    assert_eq!((&registre["nature"], &registre["fichiers_bruts"]), (&json!("fichiers_bruts"), &json!(1)));
}

#[test]
fn a_mistake_on_the_command_line_purges_nothing() {
    let lieu = histoire_complete();
    for (arguments, mot) in [
        (&["purger"][..], "--avant"),
        (&["purger", "--avant", "2999-01-01"], "dans l'avenir"),
        (&["purger", "--avant", "hier"], "attendu une date"),
        (&["personne"], "il manque une commande"),
        (&["personne", "effacer", "1", "--oui"], "--motif"),
        (&["personne", "exporter"], "PERSONNE"),
        (&["personne", "exporter", "Albatrosse"], "une personne se désigne"),
        (&["personne", "exporter", "1", "--nir"], "ne peut pas aller avec"),
    ] {
        let sortie = lieu.jalon(arguments);
        assert_eq!(sortie.code, 2, "{arguments:?} : {}", sortie.tout());
        assert!(sortie.err.contains(mot), "{arguments:?} : {}", sortie.err);
    }
    let nulle_part = lancer(commande(&lieu.0.path().join("nulle_part")).args(["purger", "--avant", "2021-05-01"]));
    assert_eq!(nulle_part.code, 2, "{}", nulle_part.tout());
    assert!(!lieu.0.path().join("nulle_part").exists());
    assert_eq!(lieu.presents(), "AB");
}
