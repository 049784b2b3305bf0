//! The rules in force since 1 January 2025, as people use them, on the story that straddles that day.
//! Its figures are worked out by hand in `sample_flows/74_regles_de_2025/recit.toml`.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::fs;
use std::path::{Path, PathBuf};

use programme::{Sortie, jalon};
use serde_json::Value;

const REFERENTIEL: [&str; 2] = ["--referentiel", "pipelines/referentiel-2025.toml"];
const CAMPAGNE: [&str; 4] = ["--campagnes", "pipelines/campagnes-2025.toml", "--campagne", "passage-2025"];

/// A warehouse with the story.
fn entrepot() -> (tempfile::TempDir, PathBuf) {
    let dossier = tempfile::tempdir().unwrap();
    let entrepot = dossier.path().join("entrepot");
    let dit = jalon(&entrepot, ["-q", "ingerer", "sample_flows/74_regles_de_2025/entrant"]);
    assert_eq!(dit.code, 0, "{}", dit.err);
    (dossier, entrepot)
}

fn demander(entrepot: &Path, parties: &[&[&str]]) -> Sortie {
    let dit = jalon(entrepot, parties.concat());
    assert_eq!(dit.code, 0, "{}", dit.tout());
    dit
}

fn json(entrepot: &Path, parties: &[&[&str]]) -> Value {
    serde_json::from_str(&demander(entrepot, &[parties.concat().as_slice(), &["--format", "json"]]).out).unwrap()
}

/// On one line.
fn a_plat(texte: &str) -> String {
    texte.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Who entered before is explained with the old limits, texts and words; who entered after, with the
/// new ones.
#[test]
fn each_person_is_explained_with_the_rules_of_their_entry() {
    let (_dossier, entrepot) = entrepot();
    let expliquer =
        |dossier: &str| a_plat(&demander(&entrepot, &[&["expliquer", dossier], &REFERENTIEL, &CAMPAGNE]).out);
    let albert = expliquer("00000074001");
    for attendu in [
        "Orientation : dans 1 mois à partir du 20/12/2024 (t0, réception de la notification), donc au plus tard le 19/01/2025",
        "[annexe 7, section 6 (orientation en 1 mois et moins)]",
        "Premier contrat d'engagements réciproques : dans 2 mois à partir du 20/12/2024 (t0, réception de la notification), donc au plus tard le 19/02/2025",
        "oui, premier CER le 19/02/2025",
    ] {
        assert!(albert.contains(attendu), "{attendu}\n{albert}");
    }
    assert!(!albert.contains("Décret"), "{albert}");
    let denise = expliquer("00000074004");
    for attendu in [
        "Orientation : dans 6 semaines à partir du 10/01/2025 (t0, réception de la notification), donc au plus tard le 21/02/2025",
        "[Décret n° 2024-1244 du 30 décembre 2024 (NOR TSSD2416580D), code du travail, articles D. 5411-14-1 et D. 5411-8-2]",
        "Premier contrat d'engagement : dans 1 mois à partir du 10/03/2025 (notification de la dernière orientation), donc au plus tard le 09/04/2025",
        "La première orientation est du 15/01/2025 ; la décision du 10/03/2025 a ouvert un nouveau délai.",
        "oui, premier contrat d'engagement le 09/04/2025, au plus tard le 09/04/2025",
    ] {
        assert!(denise.contains(attendu), "{attendu}\n{denise}");
    }
    assert!(!denise.contains("CER le") && !denise.contains("Pôle emploi"), "{denise}");
    let heloise = expliquer("00000074008");
    assert!(heloise.contains("la personne est orientée vers France Travail"), "{heloise}");
}

/// The labels are those of the last day of the period: of 2022 until 31 December 2024.
#[test]
fn the_labels_of_a_table_are_those_of_the_end_of_its_period() {
    let (_dossier, entrepot) = entrepot();
    let libelle = |au: &str, rang: usize| {
        let periode = ["--du", "2024-10-01", "--au", au];
        let table = json(&entrepot, &[&["indicateurs"], &REFERENTIEL, &periode]);
        table["indicateurs"][rang]["libelle"].as_str().unwrap().to_owned()
    };
    assert_eq!(libelle("2024-12-31", 1), "Nombre de nouveaux entrants orientés en 1 mois et moins");
    assert_eq!(libelle("2024-12-31", 4), "Nombre total de 1ers contrats d'engagements réciproques");
    assert!(libelle("2025-01-01", 1).contains("6 semaines"));
    assert_eq!(libelle("2025-01-01", 4), "Nombre total de 1ers contrats d'engagement");
    for format in ["csv", "md", "html"] {
        let table = demander(&entrepot, &[&["indicateurs"], &REFERENTIEL, &CAMPAGNE, &["--format", format]]).out;
        let table = table.replace("&#39;", "'").replace("&#x27;", "'");
        assert!(table.contains("Nombre total de 1ers contrats d'engagement"), "{format}");
        assert!(!table.contains("1ers contrats d'engagements réciproques"), "{format}");
    }
}

/// Nothing that is handed in tells the delays of 2022 of a table of 2025.
#[test]
fn what_is_handed_in_tells_the_delays_of_the_day() {
    let (dossier, entrepot) = entrepot();
    let remise = dossier.path().join("remise");
    let demande = ["campagne", "preparer", "annee-2025", "--sortie", remise.to_str().unwrap()];
    demander(&entrepot, &[&demande, &REFERENTIEL, &CAMPAGNE[..2]]);
    // The report has the words of 2022 where it tells what supports a reading, and the buckets in months.
    let commentaires = ["en un mois et moins", "1 mois", "2 mois", "deux mois", "CER", "Pôle emploi"].as_slice();
    let rapport = ["Orientés en 1 mois", "Dans les 2 mois", "1ers CER", "Pôle emploi"].as_slice();
    for (nom, anciens) in [("commentaires.md", commentaires), ("rapport.html", rapport)] {
        let texte = fs::read_to_string(remise.join(nom)).unwrap();
        assert!(texte.contains("France Travail"), "{nom}");
        for ancien in anciens {
            assert!(!texte.contains(ancien), "{nom} : {ancien}");
        }
    }
}

/// A reading of what a month is, or of what starts the delay of the CER, is of the entries of 2024 alone.
#[test]
fn the_other_readings_are_of_what_the_texts_of_the_day_leave_open() {
    let (_dossier, entrepot) = entrepot();
    let table = json(&entrepot, &[&["indicateurs", "--lectures"], &REFERENTIEL, &CAMPAGNE]);
    let sous = |nom: &str, id: &str| {
        let lectures = table["lectures"].as_array().unwrap();
        let lecture = lectures.iter().find(|l| l["lecture"] == nom).unwrap_or_else(|| panic!("{nom} : {lectures:?}"));
        lecture["valeurs"][id].as_i64().unwrap()
    };
    // 31 days from 20/12 reach Albert's orientation of 20/01; Clovis's 43 days stay late.
    assert_eq!(sous("orientation.delai=31_jours", "3.1.2"), 7);
    assert_eq!(sous("orientation.delai=30_jours", "3.1.2"), 6);
    // Albert, two months from his orientation, is in time as well; the others are not asked.
    assert_eq!(sous("cer.debut=orientation", "3.1.6"), 4);
    // Clovis and Fanny signed on the very day of the next month.
    assert_eq!(sous("cer.delai=2_mois_inclus", "3.1.6"), 6);
}

/// Gaston's month was opened again on 20/06: he is due on 19/07, and was on 09/03 in 2022.
#[test]
fn the_lists_give_the_limit_of_the_day() {
    let (_dossier, entrepot) = entrepot();
    let echeance = |regles: &[&str]| {
        let liste = ["listes", "sans-cer", "--au", "2025-06-25", "--format", "csv"];
        let csv = demander(&entrepot, &[&liste, regles]).out;
        let mut lecteur =
            csv::ReaderBuilder::new().delimiter(b';').from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
        let lignes: Vec<std::collections::BTreeMap<String, String>> =
            lecteur.deserialize().map(Result::unwrap).collect();
        lignes.iter().find(|ligne| ligne["nom"] == "GRANDCHAMP").unwrap()["echeance"].clone()
    };
    assert_eq!(echeance(&REFERENTIEL), "2025-07-19");
    assert_eq!(echeance(&[]), "2025-03-09");
}

/// A sealed folder holds its rules: it is proved from the journal, dated values and all.
#[test]
fn a_folder_sealed_under_the_rules_of_2025_is_proved_again() {
    let (dossier, entrepot) = entrepot();
    let remise = dossier.path().join("remise");
    let remise = remise.to_str().unwrap();
    let campagnes = &CAMPAGNE[..2];
    demander(&entrepot, &[&["campagne", "preparer", "passage-2025", "--sortie", remise], &REFERENTIEL, campagnes]);
    demander(&entrepot, &[&["campagne", "sceller", remise]]);
    demander(&entrepot, &[&["campagne", "verifier", remise]]);
    let sceau = fs::read_to_string(Path::new(remise).join("sceau.json")).unwrap();
    let sceau: Value = serde_json::from_str(&sceau).unwrap();
    assert!(sceau.to_string().contains("derniere_orientation"));
    assert!(sceau.to_string().contains("\"3.1.6\":4"), "{sceau}");
}

/// File, line, key, what was found, what was expected.
#[test]
fn a_mistake_in_weeks_is_told_in_french_with_its_file_line_and_key() {
    let dossier = tempfile::tempdir().unwrap();
    let fichier = dossier.path().join("essai.toml");
    let livre = fs::read_to_string("pipelines/referentiel-2025.toml").unwrap();
    let ligne = livre[..livre.find("valeur = 6,").unwrap()].matches('\n').count() + 1;
    for (faute, attendu) in [
        (
            "valeur = 6, unite = \"sem\"",
            format!(
                "essai.toml, ligne {ligne} : parametres.delai_orientation.valeurs[1].unite : le paramètre delai_orientation est en « sem », attendu l'une de : mois, semaines, jours"
            ),
        ),
        (
            "valeur = 0, unite = \"semaines\"",
            format!(
                "essai.toml, ligne {ligne} : parametres.delai_orientation.valeurs[1] : la valeur 0 de delai_orientation ne peut pas être, attendu un nombre de semaines entier et positif"
            ),
        ),
    ] {
        fs::write(&fichier, livre.replacen("valeur = 6, unite = \"semaines\"", faute, 1)).unwrap();
        let chemin = fichier.to_str().unwrap();
        let dit = jalon(dossier.path(), ["referentiel", "verifier", chemin]);
        assert_eq!(dit.code, 4);
        assert!(dit.out.contains(&attendu), "{attendu}\n{}", dit.out);
        let calcul =
            jalon(dossier.path(), ["indicateurs", "--du", "2025-01-01", "--au", "2025-12-31", "--referentiel", chemin]);
        assert_eq!(calcul.code, 2);
        assert!(calcul.err.contains(&format!("ligne {ligne}")), "{}", calcul.err);
    }
}
