//! `jalon simuler` tells the truth: the program, fed with the files of a simulated department, finds the
//! figures and the entries of its `verite.json`, one by one.
//!
//! `JALON_MONDES=500` compares more departments, `JALON_GRAINE=1234` only that one.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod programme;
}

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use commun::programme::{Sortie, fichiers, jalon};
use serde_json::Value;

/// What is asked of `jalon simuler`.
#[derive(Clone, Copy, Debug)]
struct Demande {
    graine: u64,
    personnes: u32,
    du: (i32, u32),
    au: (i32, u32),
    forme: &'static str,
}

impl Demande {
    /// A size and a span that go with a seed.
    fn de(graine: u64) -> Self {
        let personnes = [100, 190, 320, 700, 999, 1_000, 1_700, 3_000][graine as usize % 8];
        // The first month goes round the year; the longest departments live three years.
        let debut = 2018 * 12 + (graine * 5 % 60) as i32;
        let duree = [14, 1, 18, 26, 2, 13, 7, 36, 24][graine as usize % 9];
        let mois = |rang: i32| (rang / 12, rang as u32 % 12 + 1);
        let forme = ["xml", "csv"][graine as usize / 3 % 2];
        Demande { graine, personnes, du: mois(debut), au: mois(debut + duree), forme }
    }

    fn simuler(&self, dossier: &Path) -> Value {
        let mois = |(annee, mois): (i32, u32)| format!("{annee}-{mois:02}");
        let sortie = jalon(
            &dossier.join("entrepot"),
            [
                "simuler",
                "--graine",
                &self.graine.to_string(),
                "--personnes",
                &self.personnes.to_string(),
                "--du",
                &mois(self.du),
                "--au",
                &mois(self.au),
                "--forme",
                self.forme,
                "--sortie",
                dossier.join("fichiers").to_str().unwrap(),
            ],
        );
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        lire_verite(dossier)
    }
}

fn lire_verite(dossier: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(dossier.join("fichiers/verite.json")).unwrap()).unwrap()
}

fn ingerer(dossier: &Path) -> Sortie {
    let sortie = jalon(&dossier.join("entrepot"), [Path::new("ingerer"), &dossier.join("fichiers")]);
    // The few lines that no reader can accept are set aside.
    assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
    sortie
}

/// What the program says of a period: its table, and the people behind it.
fn calculer(dossier: &Path, periode: &Value) -> (Value, Vec<BTreeMap<String, String>>) {
    let detail = dossier.join("detail.csv");
    let [du, au, arrete] = ["du", "au", "arrete"].map(|cle| periode[cle].as_str().unwrap());
    let detail_texte = detail.to_str().unwrap();
    let arguments = ["--du", du, "--au", au, "--arrete", arrete, "--format", "json", "--detail", detail_texte];
    let sortie = jalon(&dossier.join("entrepot"), ["indicateurs"].into_iter().chain(arguments));
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    let texte = fs::read_to_string(&detail).unwrap();
    let mut lecteur =
        csv::ReaderBuilder::new().delimiter(b';').from_reader(texte.trim_start_matches('\u{feff}').as_bytes());
    let entetes = lecteur.headers().unwrap().clone();
    let lignes = lecteur.records().map(|ligne| {
        let ligne = ligne.unwrap();
        entetes.iter().zip(ligne.iter()).map(|(cle, valeur)| (cle.to_owned(), valeur.to_owned())).collect()
    });
    (serde_json::from_str(&sortie.out).unwrap(), lignes.collect())
}

/// The true figures of a period and those of the program, side by side where they differ.
fn ecarts_de_chiffres(periode: &Value, obtenu: &Value) -> Vec<String> {
    let mut ecarts = Vec::new();
    let (vrais, obtenus) = (periode["indicateurs"].as_array().unwrap(), obtenu["indicateurs"].as_array().unwrap());
    assert_eq!((vrais.len(), obtenus.len()), (12, 12));
    for (vrai, obtenu) in vrais.iter().zip(obtenus) {
        for cle in ["id", "code", "valeur", "taux", "source", "valeur_calculee"] {
            // « source » is only said in the truth when it is Pôle emploi.
            let attendu = if cle == "source" && vrai[cle].is_null() { continue } else { &vrai[cle] };
            if attendu.as_f64() != obtenu[cle].as_f64() || attendu.as_str() != obtenu[cle].as_str() {
                ecarts.push(format!("{} {} {cle}: {attendu}, found {}", periode["nom"], vrai["id"], obtenu[cle]));
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

/// A cell as one text: a yes is 1, a no and nothing are the same.
fn cellule(valeur: &Value) -> String {
    match valeur {
        Value::Bool(true) => "1".to_owned(),
        Value::String(texte) => texte.clone(),
        _ => String::new(),
    }
}

fn lignes_vraies(verite: &Value) -> Vec<String> {
    let ligne = |entree: &Value| COLONNES.map(|cle| cellule(&entree[cle])).join(";");
    let mut lignes: Vec<String> = verite["entrees"].as_array().unwrap().iter().map(ligne).collect();
    lignes.sort();
    lignes
}

fn lignes_obtenues(detail: &[BTreeMap<String, String>]) -> Vec<String> {
    let cellule = |texte: &String| if texte == "0" { String::new() } else { texte.clone() };
    let mut lignes: Vec<String> =
        detail.iter().map(|ligne| COLONNES.map(|cle| cellule(&ligne[cle])).join(";")).collect();
    lignes.sort();
    lignes
}

/// Lives a department, has it read, and says how the program's answers differ from the truth.
fn ecarts(demande: Demande) -> Vec<String> {
    let ici = tempfile::tempdir().unwrap();
    let verite = demande.simuler(ici.path());
    ingerer(ici.path());
    let mut ecarts = Vec::new();
    for periode in verite["periodes"].as_array().unwrap() {
        let (obtenu, detail) = calculer(ici.path(), periode);
        ecarts.extend(ecarts_de_chiffres(periode, &obtenu));
        if periode["nom"] == "tout" {
            let (vraies, obtenues) = (lignes_vraies(&verite), lignes_obtenues(&detail));
            ecarts.extend(vraies.iter().filter(|l| !obtenues.contains(l)).map(|l| format!("not found: {l}")));
            ecarts.extend(obtenues.iter().filter(|l| !vraies.contains(l)).map(|l| format!("not true: {l}")));
            assert!(ecarts.len() > 0 || vraies == obtenues);
        }
    }
    ecarts
}

fn comparer(demandes: impl Iterator<Item = Demande>) {
    let mut fautifs = 0;
    for demande in demandes {
        let ecarts = ecarts(demande);
        if !ecarts.is_empty() {
            fautifs += 1;
            println!("{demande:?}\n  {}", ecarts.join("\n  "));
        }
    }
    assert_eq!(fautifs, 0, "departments whose figures are not the true ones");
}

fn nombre(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn the_program_finds_the_true_figures_and_entries_of_every_department() {
    if let Some(graine) = nombre("JALON_GRAINE") {
        return comparer(std::iter::once(Demande::de(graine)));
    }
    comparer((0..nombre("JALON_MONDES").unwrap_or(12)).map(Demande::de));
}
