//! `jalon simuler` tells the truth: the program, fed with the files of a simulated department, finds the
//! figures and the entries of its `verite.json`, one by one.
//!
//! `JALON_MONDES=500` compares more departments, `JALON_GRAINE=1234` only that one.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod programme;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use commun::programme::{fichiers, jalon};
use flate2::read::GzDecoder;
use jalon::simulation::{Forme, Reglages, ecrire, ecrire_avec_verite};
use serde_json::Value;

/// A size, a span and a form that go with a seed.
fn reglages(graine: u64) -> Reglages {
    // The first month goes round the year; the longest departments live three years.
    let debut = 2018 * 12 + (graine * 5 % 60) as i32;
    let duree = [14, 1, 18, 26, 2, 13, 7, 12, 36][graine as usize % 9];
    let mois = |rang: i32| (rang / 12, rang as u32 % 12 + 1);
    Reglages {
        graine,
        personnes: [100, 190, 320, 700, 999, 1_000, 1_700, 3_000][graine as usize % 8],
        du: mois(debut),
        au: mois(debut + duree),
        forme: [Forme::Xml, Forme::Csv][graine as usize / 3 % 2],
        realiste: false,
        quotidiens: true,
        desordre: false,
    }
}

fn lire(chemin: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(chemin).unwrap()).unwrap()
}

/// Lives the department into `fichiers`, and returns what is true of it.
fn vivre(reglages: &Reglages, ici: &Path) -> Value {
    ecrire_avec_verite(reglages, &ici.join("fichiers"), &|| ()).unwrap();
    lire(&ici.join("fichiers/verite.json"))
}

fn ingerer(ici: &Path) {
    let sortie = jalon(&ici.join("entrepot"), [Path::new("ingerer"), &ici.join("fichiers")]);
    // The few lines that no reader can accept are set aside.
    assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
}

/// What the program says of a period: its table, and the people behind it.
fn calculer(ici: &Path, periode: &Value) -> (Value, Vec<BTreeMap<String, String>>) {
    let detail = ici.join("detail.csv");
    let [du, au, arrete] = ["du", "au", "arrete"].map(|cle| periode[cle].as_str().unwrap());
    let demande = ["indicateurs", "--du", du, "--au", au, "--arrete", arrete, "--format", "json", "--detail"];
    let sortie = jalon(&ici.join("entrepot"), demande.into_iter().chain(detail.to_str()));
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    let texte = fs::read_to_string(&detail).unwrap();
    let texte = texte.trim_start_matches('\u{feff}');
    let mut lecteur = csv::ReaderBuilder::new().delimiter(b';').from_reader(texte.as_bytes());
    let lignes = lecteur.deserialize().map(Result::unwrap).collect();
    (serde_json::from_str(&sortie.out).unwrap(), lignes)
}

/// The true figures of a period and those of the program, side by side where they differ.
fn ecarts_de_chiffres(periode: &Value, obtenu: &Value) -> Vec<String> {
    let mut ecarts = Vec::new();
    let (vrais, obtenus) = (periode["indicateurs"].as_array().unwrap(), obtenu["indicateurs"].as_array().unwrap());
    assert_eq!((vrais.len(), obtenus.len()), (12, 12));
    for (vrai, obtenu) in vrais.iter().zip(obtenus) {
        for cle in ["id", "code", "valeur", "taux", "source", "valeur_calculee"] {
            // The truth only says the source when it is Pôle emploi.
            let pareil = vrai[cle].as_f64() == obtenu[cle].as_f64() && vrai[cle].as_str() == obtenu[cle].as_str();
            if !pareil && (cle != "source" || vrai[cle].is_string()) {
                ecarts.push(format!("{} {} {cle}: {}, found {}", periode["nom"], vrai["id"], vrai[cle], obtenu[cle]));
            }
        }
        assert!(!vrai["valeur"].is_null() || vrai["motif"].is_string(), "{vrai} has no reason");
    }
    ecarts
}

/// The columns that an entry has in both places.
const COLONNES: [&str; 14] = [
    "t0",
    "numdemrsa",
    "caisse",
    "nom",
    "prenom",
    "date_naissance",
    "date_orientation",
    "organisme",
    "oriente_1_mois",
    "date_premier_rdv",
    "rdv_2_semaines",
    "date_premier_cer",
    "cer_2_mois",
    "gad",
];

fn lignes_vraies(verite: &Value) -> BTreeSet<String> {
    // A yes is 1; a no and nothing are the same.
    let cellule = |valeur: &Value| match valeur {
        Value::Bool(true) => "1".to_owned(),
        Value::String(texte) => texte.clone(),
        _ => String::new(),
    };
    let ligne = |entree: &Value| COLONNES.map(|cle| cellule(&entree[cle])).join(";");
    verite["entrees"].as_array().unwrap().iter().map(ligne).collect()
}

fn lignes_obtenues(detail: &[BTreeMap<String, String>]) -> BTreeSet<String> {
    let cellule = |texte: &String| if texte == "0" { String::new() } else { texte.clone() };
    detail.iter().map(|ligne| COLONNES.map(|cle| cellule(&ligne[cle])).join(";")).collect()
}

/// Lives a department, has it read, and says how the program's answers differ from the truth.
fn ecarts(reglages: &Reglages) -> Vec<String> {
    let ici = tempfile::tempdir().unwrap();
    let verite = vivre(reglages, ici.path());
    ingerer(ici.path());
    let mut ecarts = Vec::new();
    for periode in verite["periodes"].as_array().unwrap() {
        let (obtenu, detail) = calculer(ici.path(), periode);
        ecarts.extend(ecarts_de_chiffres(periode, &obtenu));
        if periode["nom"] == "tout" {
            let (vraies, obtenues) = (lignes_vraies(&verite), lignes_obtenues(&detail));
            ecarts.extend(vraies.difference(&obtenues).map(|ligne| format!("not found: {ligne}")));
            ecarts.extend(obtenues.difference(&vraies).map(|ligne| format!("not true: {ligne}")));
            assert_eq!(verite["entrees"].as_array().unwrap().len(), detail.len(), "{reglages:?}");
        }
    }
    ecarts
}

fn nombre(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn the_program_finds_the_true_figures_and_entries_of_every_department() {
    let graines = match nombre("JALON_GRAINE") {
        Some(graine) => graine..graine + 1,
        None => 0..nombre("JALON_MONDES").unwrap_or(8),
    };
    let mut fautifs = 0;
    for graine in graines {
        let reglages = reglages(graine);
        let ecarts = ecarts(&reglages);
        if !ecarts.is_empty() {
            fautifs += 1;
            println!("{reglages:?}\n  {}", ecarts.join("\n  "));
        }
    }
    assert_eq!(fautifs, 0, "departments whose figures are not the true ones");
}

#[test]
fn the_truth_of_the_small_department_is_in_its_hand_checked_tables() {
    let echantillon = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement");
    let ici = tempfile::tempdir().unwrap();
    let petit = Reglages { graine: 82, personnes: 190, du: (2020, 12), au: (2022, 5), ..reglages(0) };
    let verite = vivre(&petit, ici.path());
    // The truth is that of the committed files: one of them is enough to tell.
    let garde = fs::read_dir(echantillon.join("entrant")).unwrap().map(|entree| entree.unwrap().path());
    let garde = garde.filter(|chemin| chemin.to_string_lossy().ends_with(".xml.gz")).max().unwrap();
    let mut octets = Vec::new();
    GzDecoder::new(fs::File::open(&garde).unwrap()).read_to_end(&mut octets).unwrap();
    assert_eq!(fs::read(ici.path().join("fichiers").join(garde.file_stem().unwrap())).unwrap(), octets);
    for campagne in ["mars-2022", "juin-2022"] {
        let attendu = fs::read_to_string(echantillon.join(format!("attendu_{campagne}.csv"))).unwrap();
        let periode = verite["periodes"].as_array().unwrap().iter().find(|p| p["nom"] == campagne).unwrap();
        for (ligne, vrai) in attendu.lines().skip(1).zip(periode["indicateurs"].as_array().unwrap()) {
            let mut cellules = ligne.split(';');
            assert_eq!(cellules.next(), vrai["id"].as_str());
            for cle in ["valeur", "taux"] {
                assert_eq!(cellules.next().unwrap().parse().ok(), vrai[cle].as_f64(), "{campagne} {cle} {ligne}");
            }
        }
        let [du, au] = ["du", "au"].map(|cle| periode[cle].as_str().unwrap());
        let detail = fs::read_to_string(echantillon.join(format!("detail_{campagne}.csv"))).unwrap();
        let attendues: BTreeSet<String> =
            detail.lines().skip(1).map(|ligne| ligne.split(';').take(4).collect::<Vec<_>>().join(";")).collect();
        let entrees = verite["entrees"].as_array().unwrap().iter();
        let entrees =
            entrees.map(|entree| ["numdemrsa", "nom", "prenom", "t0"].map(|cle| entree[cle].as_str().unwrap()));
        let vraies: BTreeSet<String> =
            entrees.filter(|[.., t0]| (du..=au).contains(t0)).map(|entree| entree.join(";")).collect();
        assert_eq!(vraies, attendues, "{campagne}");
    }
}

/// Runs `jalon simuler` and returns the bytes of what it writes, by name.
fn simuler(graine: &str, forme: &str) -> BTreeMap<String, Vec<u8>> {
    let ici = tempfile::tempdir().unwrap();
    let sortie = ici.path().join("fichiers");
    let demande = ["simuler", "--graine", graine, "--personnes", "130", "--forme", forme, "--sortie"];
    let periode = ["--du", "2021-10", "--au", "2022-06"];
    let fini = jalon(ici.path(), demande.into_iter().chain(sortie.to_str()).chain(periode));
    assert_eq!(fini.code, 0, "{}", fini.tout());
    let nom = |chemin: &Path| chemin.file_name().unwrap().to_string_lossy().into_owned();
    fichiers(&sortie).iter().map(|chemin| (nom(chemin), fs::read(chemin).unwrap())).collect()
}

#[test]
fn a_seed_always_gives_the_same_bytes_and_another_seed_does_not() {
    for forme in ["xml", "csv"] {
        let (un, deux) = (simuler("5", forme), simuler("5", forme));
        assert!(un.contains_key("verite.json") && un.len() > 50, "{:?}", un.keys());
        assert!(un == deux, "two runs of a seed differ");
        assert!(simuler("6", forme)["verite.json"] != un["verite.json"]);
    }
}

#[test]
fn the_form_of_the_files_and_their_detail_change_nothing_to_the_truth() {
    let verite = |forme, realiste| {
        let ici = tempfile::tempdir().unwrap();
        let mut verite = vivre(&Reglages { forme, realiste, ..reglages(6) }, ici.path());
        assert_eq!(verite["forme"].take(), forme.nom());
        verite
    };
    let attendue = verite(Forme::Xml, false);
    assert!(attendue["entrees"].as_array().unwrap().len() > 100);
    assert!(verite(Forme::Csv, false) == attendue && verite(Forme::Xml, true) == attendue);
}

#[test]
fn the_truth_is_only_written_when_it_is_asked_for() {
    let ici = tempfile::tempdir().unwrap();
    let bilan = ecrire(&reglages(1), ici.path()).unwrap();
    assert_eq!(fichiers(ici.path()).len(), bilan.fichiers);
}

/// A file of the department, whatever its encoding.
fn texte(chemin: &Path) -> String {
    let octets = fs::read(chemin).unwrap();
    String::from_utf8(octets).unwrap_or_else(|error| error.as_bytes().iter().map(|octet| char::from(*octet)).collect())
}

/// The three digits of the place and the three of the commune in each word that looks like a NIR.
fn lieux(texte: &str) -> BTreeSet<&str> {
    let mots = texte.split(|lettre: char| !lettre.is_ascii_digit());
    let nirs =
        mots.filter(|mot| matches!(mot.len(), 13 | 15) && matches!(mot.as_bytes()[0], b'1' | b'2' | b'7' | b'8'));
    nirs.map(|nir| &nir[5..8]).collect()
}

#[test]
fn nobody_of_a_simulated_department_can_exist() {
    let ici = tempfile::tempdir().unwrap();
    vivre(&Reglages { forme: Forme::Csv, ..reglages(4) }, ici.path());
    let mut nirs = 0;
    for chemin in fichiers(&ici.path().join("fichiers")) {
        let texte = texte(&chemin);
        let lieux = lieux(&texte);
        if chemin.ends_with("verite.json") {
            assert!(lieux.is_empty(), "a NIR in the truth");
            assert!(texte.contains("n'existent pas"), "the truth does not say that nobody is real");
        }
        // Born abroad, in a country whose number begins with 9 (no country's does).
        assert!(lieux.iter().all(|lieu| *lieu == "999"), "{} {lieux:?}", chemin.display());
        nirs += lieux.len();
    }
    assert!(nirs > 5, "no NIR was looked at");
}

/// Within so many months, as the guide counts them.
fn dans_les_mois(debut: NaiveDate, jour: NaiveDate, mois: i32) -> bool {
    let ecart = (jour.year() - debut.year()) * 12 + jour.month() as i32 - debut.month() as i32;
    (ecart, jour.day()) < (mois, debut.day())
}

/// What share of a list holds.
fn part<T>(liste: &[T], critere: impl Fn(&T) -> bool) -> f64 {
    assert!(liste.len() > 100, "too few to speak of a share");
    liste.iter().filter(|un| critere(un)).count() as f64 / liste.len() as f64
}

#[test]
fn the_orders_of_magnitude_are_those_of_the_published_figures() {
    let ici = tempfile::tempdir().unwrap();
    let reglages = Reglages { personnes: 3_000, du: (2020, 12), au: (2022, 12), forme: Forme::Csv, ..reglages(3) };
    let verite = vivre(&reglages, ici.path());
    let jour = |valeur: &Value| valeur.as_str().map(|texte| texte.parse::<NaiveDate>().unwrap());
    let fin = NaiveDate::from_ymd_opt(2022, 12, 31).unwrap();
    let entrees = verite["entrees"].as_array().unwrap();
    // (t0, orientation, organisme, first CER)
    let suivies: Vec<_> = entrees
        .iter()
        .map(|entree| {
            let date = |cle: &str| jour(&entree[cle]);
            (date("t0").unwrap(), date("date_orientation"), &entree["organisme"], date("date_premier_cer"))
        })
        .collect();
    // 46 % of the entrants of 2021 oriented within three months (DREES, Les dossiers n° 133, December 2025).
    let muries: Vec<_> = suivies.iter().filter(|(t0, ..)| (fin - *t0).num_days() > 92).collect();
    let rapides = part(&muries, |(t0, oriente, ..)| oriente.is_some_and(|le| dans_les_mois(*t0, le, 3)));
    assert!((0.40..0.52).contains(&rapides), "{rapides}");
    // 40 % to Pôle emploi, 32 % to the department, 28 % elsewhere (DREES, OARSA 2021).
    let orientees: Vec<_> = suivies.iter().filter(|(_, oriente, ..)| oriente.is_some()).collect();
    for (attendu, organismes) in [(0.40, "PE"), (0.32, "CD"), (0.28, "CCAS CAF MSA ML ASSO AUTRE")] {
        let obtenu =
            part(&orientees, |(_, _, organisme, _)| organismes.split(' ').any(|un| Some(un) == organisme.as_str()));
        assert!((attendu - obtenu).abs() < 0.05, "{organismes}: {obtenu}");
    }
    // About half of those oriented elsewhere have a CER: 52 % in 2017, 47 % in 2020 (DREES, OARSA).
    let hors_pe: Vec<_> = orientees
        .iter()
        .filter(|(_, oriente, organisme, _)| {
            organisme.as_str() != Some("PE") && oriente.is_some_and(|le| (fin - le).num_days() > 150)
        })
        .collect();
    let contrats = part(&hors_pe, |(.., cer)| cer.is_some());
    assert!((0.42..0.57).contains(&contrats), "{contrats}");
    // 57 days from the orientation to the first CER (DREES, OARSA 2017).
    let jours: Vec<i64> =
        hors_pe.iter().filter_map(|(_, oriente, _, cer)| Some(((*cer)? - (*oriente)?).num_days())).collect();
    let delai = jours.iter().sum::<i64>() as f64 / jours.len() as f64;
    assert!((45.0..70.0).contains(&delai), "{delai}");
    // Half of the orientation appointments set by letter are missed (rdv-insertion, note on the delays).
    let (mut manques, mut tenus) = (BTreeSet::new(), BTreeSet::new());
    for chemin in fichiers(&ici.path().join("fichiers")) {
        for ligne in texte(&chemin).lines().filter(|ligne| ligne.contains(";orientation;")) {
            let id = ligne.split(';').next().unwrap_or_default().to_owned();
            if ligne.contains(";absent;") || ligne.contains(";Absent;") {
                manques.insert(id);
            } else if ligne.to_lowercase().contains(";honor") {
                tenus.insert(id);
            }
        }
    }
    let absences = manques.len() as f64 / (manques.len() + tenus.len()) as f64;
    assert!((0.25..0.55).contains(&absences), "{absences}");
    // About 86 % of those who must be are oriented (DREES, OARSA 2021): the initial stock.
    let historique = fichiers(&ici.path().join("fichiers"))
        .iter()
        .filter(|chemin| chemin.to_string_lossy().contains("_orientations_2020"))
        .map(|chemin| texte(chemin).lines().count())
        .sum::<usize>();
    assert!((0.70..0.92).contains(&(historique as f64 / 3_000.0)), "{historique} orientations of 3 000 people");
}

#[test]
fn the_simulation_knows_nothing_of_the_computation_that_it_checks() {
    for chemin in fichiers(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/simulation")) {
        let source = fs::read_to_string(&chemin).unwrap();
        for module in ["entrees", "indicateurs", "parcours", "rejeu"] {
            assert!(!source.contains(&format!("crate::{module}")), "{} uses {module}", chemin.display());
        }
    }
}
