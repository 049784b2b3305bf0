//! `jalon referentiel`, and `indicateurs --par` and `--lectures` as people type them, on the small
//! department. Its figures stand in docs/changer-une-regle.md and docs/lectures.md.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::fs;
use std::path::{Path, PathBuf};

use programme::jalon;
use serde_json::Value;

/// A warehouse with the small department.
fn departement() -> tempfile::TempDir {
    let dossier = tempfile::tempdir().unwrap();
    let code = jalon(dossier.path(), ["-q", "ingerer", "sample_flows/petit_departement/entrant"]).code;
    assert_eq!(code, 3, "six foyers or lines are set aside on purpose");
    dossier
}

fn chemin(chemin: &Path) -> &str {
    chemin.to_str().unwrap()
}

/// A référentiel of a department: 10 days for the appointment from 2021, a reading, a target.
fn du_departement(dossier: &Path) -> PathBuf {
    let texte = fs::read_to_string("pipelines/referentiel-2022.toml")
        .unwrap()
        .replacen("nom = \"2022\"", "nom = \"Essai, 10 jours\"", 1)
        .replacen("\"orientation.delai\" = \"mois\"", "\"orientation.delai\" = \"mois_inclus\"", 1)
        .replacen(
            "{ depuis = 2019-01-01, valeur = 14,",
            "{ depuis = 2021-01-01, valeur = 10, source = \"Convention du département\" },\n  { depuis = 2019-01-01, valeur = 14,",
            1,
        )
        .replacen("annee = 2021\nvaleur = 1.0", "annee = 2021\nvaleur = 0.25", 1);
    let fichier = dossier.join("essai.toml");
    fs::write(&fichier, texte).unwrap();
    fichier
}

#[test]
fn a_referentiel_is_shown_with_the_date_and_the_source_of_each_value() {
    let dossier = tempfile::tempdir().unwrap();
    let montre = jalon(dossier.path(), ["referentiel", "montrer"]);
    assert_eq!(montre.code, 0, "{}", montre.err);
    for attendu in ["Référentiel « 2022 »", "31/12/2022", "delai_premier_rdv", "14 jours", "orientation.delai"] {
        assert!(montre.out.contains(attendu), "{attendu} : {}", montre.out);
    }
    let fichier = du_departement(dossier.path());
    let json = jalon(dossier.path(), ["referentiel", "montrer", chemin(&fichier), "--format", "json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let rdv = &json["parametres"]["delai_premier_rdv"];
    assert_eq!((&rdv["unite"], rdv["valeurs"].as_array().unwrap().len()), (&Value::from("jours"), 2));
    assert_eq!(rdv["valeurs"][1]["depuis"], "2021-01-01");
    assert_eq!(rdv["valeurs"][1]["valeur"], 10);
    assert_eq!(rdv["valeurs"][1]["source"], "Convention du département");
    let autres: Vec<_> = json["lectures"].as_array().unwrap().iter().filter(|l| l["guide"] == false).collect();
    assert_eq!(autres.len(), 1);
    assert_eq!(autres[0]["texte"], "Les mots du libellé, « en 1 mois et moins » (instruction, annexe 9)");
}

/// 0: it can be used; 4: it cannot; 2: there is no such file.
#[test]
fn a_referentiel_is_checked_as_a_whole() {
    let dossier = tempfile::tempdir().unwrap();
    let verifier = |fichier: &Path| jalon(dossier.path(), ["referentiel", "verifier", chemin(fichier)]);
    let bon = du_departement(dossier.path());
    let dit = verifier(&bon);
    assert_eq!(dit.code, 0, "{}", dit.tout());
    assert!(
        dit.out.contains("lectures.orientation.delai : « mois_inclus » n'est pas la lecture du guide"),
        "{}",
        dit.out
    );
    assert!(dit.out.contains("il peut être employé ; 1 point(s) à relire"), "{}", dit.out);

    let mauvais = dossier.path().join("mauvais.toml");
    let texte = fs::read_to_string(&bon).unwrap();
    fs::write(
        &mauvais,
        texte
            .replace("valeur = 10,", "valeur = -10,")
            .replace("annee = 2021\nvaleur = 0.25", "annee = 2021\nvaleur = 25"),
    )
    .unwrap();
    let dit = verifier(&mauvais);
    assert_eq!(dit.code, 4);
    for attendu in [
        "mauvais.toml, ligne 52 : parametres.delai_premier_rdv.valeurs[1] : la valeur -10 de delai_premier_rdv",
        "la cible 3.1.2 de 2021 doit avoir une source et une valeur entre 0 et 1 (trouvé 25)",
        "2 chose(s) à corriger",
    ] {
        assert!(dit.out.contains(attendu), "{attendu} : {}", dit.out);
    }
    let calcul = jalon(dossier.path(), ["indicateurs", "--campagne", "mars-2022", "--referentiel", chemin(&mauvais)]);
    assert_eq!(calcul.code, 2, "the same file is refused by the computation");
    assert_eq!(verifier(&dossier.path().join("absent.toml")).code, 2);
}

#[test]
fn two_referentiels_are_compared_with_what_changes_in_the_figures() {
    let entrepot = departement();
    let dossier = tempfile::tempdir().unwrap();
    let fichier = du_departement(dossier.path());
    let arguments = ["referentiel", "comparer", chemin(&fichier), "--campagne", "mars-2022"];
    let texte = jalon(entrepot.path(), arguments);
    assert_eq!(texte.code, 0, "{}", texte.err);
    assert!(texte.out.contains("17 (+1)") && texte.out.contains("référentiel livré"), "{}", texte.out);
    let json = jalon(entrepot.path(), arguments.into_iter().chain(["--format", "json"]));
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let dites: Vec<[&str; 4]> = json["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| ["quoi", "quand", "a", "b"].map(|cle| d[cle].as_str().unwrap()))
        .collect();
    assert_eq!(
        dites,
        [
            ["delai_premier_rdv", "depuis le 2021-01-01", "14 jours", "10 jours"],
            ["orientation.delai", "", "mois", "mois_inclus"],
            ["cible 3.1.2", "2021", "100,0 %", "25,0 %"],
        ]
    );
    let figures = |rang: usize| ["a", "b", "ecart"].map(|cle| json["indicateurs"][rang][cle].as_i64());
    assert_eq!(figures(1), [Some(16), Some(17), Some(1)]);
    assert_eq!(figures(3), [Some(2), Some(0), Some(-2)]);
    let meme = jalon(entrepot.path(), ["referentiel", "comparer", chemin(&fichier), chemin(&fichier)]);
    assert!(meme.out.contains("disent la même chose"), "{}", meme.out);
}

/// Lines of a CSV, by column.
fn lignes(csv: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let texte = csv.trim_start_matches('\u{feff}');
    let mut lecteur = csv::ReaderBuilder::new().delimiter(b';').from_reader(texte.as_bytes());
    lecteur.deserialize().map(Result::unwrap).collect()
}

#[test]
fn the_csv_holds_the_table_as_it_is_then_the_parts_and_the_other_readings() {
    let entrepot = departement();
    let demander = |suite: &[&str]| {
        let base = ["indicateurs", "--campagne", "mars-2022"];
        let dit = jalon(entrepot.path(), base.iter().chain(suite));
        assert_eq!(dit.code, 0, "{}", dit.err);
        dit.out
    };
    let seule = demander(&["--format", "csv"]);
    let avec = demander(&["--format", "csv", "--par", "caisse,structure", "--par", "caisse", "--lectures"]);
    for (nue, augmentee) in seule.lines().zip(avec.lines()).skip(1) {
        assert_eq!(format!("{nue};;;;;;"), augmentee, "the twelve lines are those of the table alone");
    }
    let json: Value =
        serde_json::from_str(&demander(&["--format", "json", "--par", "caisse,structure", "--lectures"])).unwrap();
    let lignes = lignes(&avec);
    let mut comparees = 0;
    for part in json["repartitions"].as_array().unwrap() {
        for indicateur in part["indicateurs"].as_array().unwrap() {
            let siennes: Vec<_> = lignes
                .iter()
                .filter(|l| l["axe"] == part["axe"] && l["axe_valeur"] == part["valeur"] && l["id"] == indicateur["id"])
                .collect();
            assert_eq!(siennes.len(), 1, "an axis asked for twice is given once");
            let dite = siennes[0]["valeur"].replace(',', ".").parse::<f64>().ok();
            assert_eq!(dite, indicateur["valeur"].as_f64(), "{part}");
            assert_eq!(siennes[0]["additif"] == "1", indicateur["additif"] == true);
            comparees += 1;
        }
    }
    assert_eq!(comparees, 2 * 12 + 7 * 7, "two caisses, six structures and those without any");
    for lecture in json["lectures"].as_array().unwrap() {
        for (id, valeur) in lecture["valeurs"].as_object().unwrap() {
            let sienne = lignes.iter().find(|l| l["lecture"] == lecture["lecture"] && l["id"] == *id).unwrap();
            assert_eq!(sienne["valeur"].replace(',', ".").parse::<f64>().ok(), valeur.as_f64());
            assert_eq!(sienne["ecart"].parse::<i64>().unwrap(), lecture["ecarts"][id].as_i64().unwrap());
            assert_eq!(sienne["texte"], lecture["texte"]);
        }
    }
}

/// docs/lectures.md: what hangs on each reading, in March 2022.
#[test]
fn the_other_readings_are_shown_with_their_difference_and_their_text() {
    let entrepot = departement();
    for format in ["table", "md"] {
        let dit = jalon(
            entrepot.path(),
            ["indicateurs", "--campagne", "mars-2022", "--lectures", "--par", "structure", "--format", format],
        );
        assert_eq!(dit.code, 0, "{}", dit.err);
        for attendu in ["1 (-15)", "73 (-2)", "6 (+4)", "12 (+7)", "30 (+7)", "sans orientation", "Mission locale"] {
            assert!(dit.out.contains(attendu), "{format}, {attendu} : {}", dit.out);
        }
        let texte = "rdv.delai=15_jours : Aucun texte : deux semaines comme on le dit souvent, « quinze jours ».";
        assert!(dit.out.contains(texte), "{}", dit.out);
    }
}

#[test]
fn an_axis_that_does_not_exist_lists_those_that_do() {
    let dossier = tempfile::tempdir().unwrap();
    let dit = jalon(dossier.path(), ["indicateurs", "--campagne", "mars-2022", "--par", "sexe"]);
    assert_eq!(dit.code, 2);
    assert!(
        dit.err.contains("mois, caisse, territoire, structure, organisme, type_parcours, categorie"),
        "{}",
        dit.err
    );
}
