//! `jalon analyser`, by the real program: the tables say what the other commands say, a query only
//! reads, and one that cannot work says why.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod departement;
    pub mod programme;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use arrow::array::AsArray;
use arrow::datatypes::{Date32Type, Int64Type};
use commun::departement::departement;
use commun::programme::{Sortie, commande, fichiers, flux, jalon, lancer};
use jalon::tables::Nom;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

fn analyser(arguments: &[&str]) -> Sortie {
    jalon(departement(), ["analyser"].iter().chain(arguments))
}

/// The lines of an answer, in JSON.
fn lignes(sql: &str, arguments: &[&str]) -> Vec<Value> {
    let sortie = analyser(&[&[sql, "--format", "json"], arguments].concat());
    assert_eq!(sortie.code, 0, "{sql} : {}", sortie.err);
    serde_json::from_str::<Value>(&sortie.out).unwrap()["lignes"].as_array().unwrap().clone()
}

/// The only figure of an answer.
fn chiffre(sql: &str, arguments: &[&str]) -> i64 {
    let lignes = lignes(sql, arguments);
    assert_eq!(lignes.len(), 1, "{sql}");
    lignes[0].as_object().unwrap().values().next().unwrap().as_i64().unwrap()
}

fn refus(sql: &str) -> String {
    let sortie = analyser(&[sql]);
    assert_eq!((sortie.code, sortie.out.as_str()), (2, ""), "{sql} : {}", sortie.err);
    sortie.err
}

const ANNEE: [&str; 2] = ["--arrete", "2021-12-31"];

/// The table `entrees` and the detail of a campaign are the same lines, byte for byte.
#[test]
fn the_entries_of_a_campaign_are_its_detail() {
    let ici = tempfile::tempdir().unwrap();
    for (periode, du, au, autres) in [
        ("mars-2022", "2021-01-01", "2021-12-31", vec![]),
        ("juin-2022", "2022-01-01", "2022-05-31", vec!["--connu-le", "2022-04-15"]),
        ("mars-2022", "2021-01-01", "2021-12-31", vec!["--lecture", "orientation_anticipee=rattacher"]),
        (
            "mars-2022",
            "2021-01-01",
            "2021-12-31",
            vec!["--lecture", "rdv.population=orientes", "--lecture", "cer.debut=orientation"],
        ),
    ] {
        let detail = ici.path().join("detail.csv");
        let chemin = detail.to_str().unwrap();
        let sortie =
            jalon(departement(), [&["indicateurs", "--campagne", periode, "--detail", chemin], &autres[..]].concat());
        assert_eq!(sortie.code, 0, "{}", sortie.err);
        let attendu = fs::read_to_string(&detail).unwrap();
        let colonnes = attendu.trim_start_matches('\u{feff}').lines().next().unwrap().replace(';', ", ");
        let sql = format!(
            "SELECT {colonnes} FROM entrees WHERE t0 BETWEEN '{du}' AND '{au}' ORDER BY t0, numdemrsa, nom, prenom, personne"
        );
        let sortie = analyser(&[&[sql.as_str(), "--arrete", au, "--format", "csv"], &autres[..]].concat());
        assert!(attendu.lines().count() > 20, "{periode}");
        assert_eq!(sortie.out, attendu, "{periode} {autres:?} {}", sortie.err);
    }
}

/// What is counted in `entrees` is what the table of the campaign counts: figures, splits and all.
#[test]
fn the_figures_and_their_splits_are_counted_again_from_the_entries() {
    for lecture in ["orientation.delai=mois", "rdv.population=orientes", "cer.debut=orientation"] {
        let json =
            jalon(departement(), ["indicateurs", "--campagne", "mars-2022", "--format", "json", "--lecture", lecture]);
        let tableau: Value = serde_json::from_str(&json.out).unwrap();
        let indicateur =
            |id: &str| tableau["indicateurs"].as_array().unwrap().iter().find(|i| i["id"] == id).unwrap().clone();
        let options = [&ANNEE[..], &["--lecture", lecture]].concat();
        let compte = |quoi: &str| {
            chiffre(&format!("SELECT COUNT(*) FROM entrees WHERE t0 >= '2021-01-01' AND {quoi}"), &options)
        };
        for (id, quoi) in [
            ("3.1.1", "TRUE"),
            ("3.1.2", "oriente_1_mois"),
            ("3.1.3", "date_premier_rdv IS NOT NULL"),
            ("3.1.4", "rdv_2_semaines"),
            ("3.1.5", "date_premier_cer IS NOT NULL"),
            ("3.1.6", "cer_2_mois"),
            ("3.2.1", "gad"),
        ] {
            assert_eq!(Some(compte(quoi)), indicateur(id)["valeur"].as_i64(), "{id} {lecture}");
        }
        for (id, etat) in [("3.1.2", "etat_orientation"), ("3.1.4", "etat_rdv"), ("3.1.6", "etat_cer")] {
            for (cle, valeur) in [
                ("dans_les_delais", "dans_les_delais"),
                ("hors_delai", "hors_delai"),
                ("hors_champ", "hors_champ"),
                ("en_cours", "en_cours"),
                ("echus", "echu"),
            ] {
                let trouve = compte(&format!("{etat} = '{valeur}'"));
                assert_eq!(Some(trouve), indicateur(id)[cle].as_i64(), "{id} {cle} {lecture}");
            }
        }
        // What is left is counted from the closing, to a limit that is passed or not.
        assert_eq!(compte("etat_orientation = 'echu' AND reste_orientation >= 0"), 0);
        assert_eq!(compte("etat_orientation = 'en_cours' AND reste_orientation < 0"), 0);
        assert_eq!(compte("reste_cer IS NOT NULL AND etat_cer IN ('dans_les_delais', 'hors_delai')"), 0);
    }
}

#[test]
fn the_indicators_of_a_campaign_and_of_its_months_are_those_of_the_table() {
    let arguments = ["indicateurs", "--campagne", "mars-2022", "--par", "mois", "--format", "json"];
    let tableau: Value = serde_json::from_str(&jalon(departement(), arguments).out).unwrap();
    let campagnes = lignes("SELECT * FROM indicateurs WHERE axe = 'campagne' AND periode = 'mars-2022'", &ANNEE);
    assert_eq!(campagnes.len(), 12);
    for (ligne, attendu) in campagnes.iter().zip(tableau["indicateurs"].as_array().unwrap()) {
        assert_eq!(ligne["id"], attendu["id"]);
        assert_eq!(ligne["valeur"].as_f64(), attendu["valeur"].as_f64(), "{attendu}");
        assert_eq!(ligne["taux"].as_f64(), attendu["taux"].as_f64(), "{attendu}");
        assert_eq!(ligne["echus"].as_i64(), attendu["echus"].as_i64(), "{attendu}");
        assert_eq!(ligne["mediane_jours"].as_f64(), attendu["mediane_jours"].as_f64(), "{attendu}");
    }
    let mut vus = 0;
    for part in tableau["repartitions"].as_array().unwrap() {
        let mois = part["valeur"].as_str().unwrap();
        let sql =
            format!("SELECT id, valeur, du, au FROM indicateurs WHERE axe = 'mois' AND periode = '{mois}' ORDER BY id");
        for (ligne, attendu) in lignes(&sql, &ANNEE).iter().zip(part["indicateurs"].as_array().unwrap()) {
            assert_eq!(
                (&ligne["id"], ligne["valeur"].as_f64()),
                (&attendu["id"], attendu["valeur"].as_f64()),
                "{mois}"
            );
            assert_eq!(ligne["du"].as_str().unwrap()[..7], *mois);
            vus += 1;
        }
    }
    assert_eq!(vus, 12 * 7);
    // A campaign that is not over, or that begins before the journal, is not there.
    let noms = lignes("SELECT DISTINCT periode FROM indicateurs WHERE axe = 'campagne' ORDER BY periode", &ANNEE);
    assert_eq!(
        noms.iter().map(|ligne| ligne["periode"].as_str().unwrap()).collect::<Vec<_>>(),
        ["juin-2021", "mars-2022"]
    );
}

/// Everybody has one line, and the number of a person is the same everywhere.
#[test]
fn a_person_has_one_number_and_one_line() {
    let compte = |sql: &str| chiffre(sql, &ANNEE);
    let personnes = compte("SELECT COUNT(*) FROM personnes");
    assert!(personnes > 200);
    assert_eq!(compte("SELECT COUNT(DISTINCT personne) FROM personnes"), personnes);
    for table in ["entrees", "evenements"] {
        let tous = compte(&format!("SELECT COUNT(*) FROM {table} WHERE personne IS NOT NULL"));
        let joints = compte(&format!("SELECT COUNT(*) FROM {table} t JOIN personnes p ON t.personne = p.personne"));
        assert!(tous > 50 && tous == joints, "{table} {tous} {joints}");
    }
    // The same person, shown by two files: the same name.
    let memes = "SELECT COUNT(*) FROM entrees e JOIN personnes p ON e.personne = p.personne WHERE e.prenom = p.prenom AND e.date_naissance = p.date_naissance";
    assert_eq!(compte(memes), compte("SELECT COUNT(*) FROM entrees"));
    assert_eq!(compte("SELECT SUM(entrees) FROM personnes"), compte("SELECT COUNT(*) FROM entrees"));
    let orientees = "SELECT COUNT(*) FROM evenements WHERE genre = 'orientations' AND personne IS NOT NULL AND date <= '2021-12-31'";
    assert_eq!(compte("SELECT SUM(orientations) FROM personnes"), compte(orientees));
    assert_eq!(
        compte("SELECT COUNT(*) FROM personnes WHERE beneficiaire AND NOT situation IN ('versable', 'suspendu')"),
        0
    );
    assert_eq!(compte("SELECT COUNT(*) FROM personnes WHERE soumise AND situation <> 'versable'"), 0);
}

/// The entries of a person are numbered in their order, and the last one is that of the person.
#[test]
fn the_entries_of_a_person_are_numbered_and_the_last_one_is_kept() {
    let toutes = lignes("SELECT personne, rang, t0 FROM entrees", &ANNEE);
    assert!(toutes.windows(2).all(|deux| deux[0]["t0"].as_str() <= deux[1]["t0"].as_str()), "the order of the detail");
    let mut siennes: BTreeMap<i64, Vec<(String, i64)>> = BTreeMap::new();
    for ligne in &toutes {
        let entree = (ligne["t0"].as_str().unwrap().to_owned(), ligne["rang"].as_i64().unwrap());
        siennes.entry(ligne["personne"].as_i64().unwrap()).or_default().push(entree);
    }
    assert!(siennes.values().any(|entrees| entrees.len() > 1), "nobody enters twice");
    let dernieres: BTreeMap<i64, Value> = lignes("SELECT personne, derniere_entree FROM personnes", &ANNEE)
        .into_iter()
        .map(|ligne| (ligne["personne"].as_i64().unwrap(), ligne["derniere_entree"].clone()))
        .collect();
    for (personne, mut entrees) in siennes {
        entrees.sort();
        assert!(entrees.iter().map(|(_, rang)| *rang).eq(1..=entrees.len() as i64), "{personne}");
        assert_eq!(dernieres[&personne].as_str(), entrees.last().map(|(t0, _)| t0.as_str()), "{personne}");
    }
}

/// A situation that changed between two days began after the first one; somebody who is only seen later
/// has no situation yet, and a name.
#[test]
fn a_situation_has_the_day_since_which_it_lasts() {
    let au = |jour: &str| -> BTreeMap<i64, Value> {
        let sql = "SELECT personne, situation, soumise, depuis, numdemrsa FROM personnes";
        lignes(sql, &["--arrete", jour]).into_iter().map(|l| (l["personne"].as_i64().unwrap(), l)).collect()
    };
    let jours = ["2021-03-31", "2021-06-30", "2021-09-30", "2021-12-31"];
    let (mut top_seul, mut plus_tard) = (0, 0);
    for (jour, [avant, apres]) in
        jours.iter().zip([[0, 1], [1, 2], [2, 3]].map(|deux| deux.map(|rang| au(jours[rang]))))
    {
        for (personne, ligne) in &apres {
            let ancienne = &avant[personne];
            assert!(ancienne["numdemrsa"].is_string(), "{personne} has no name on {jour}");
            plus_tard += usize::from(ancienne["situation"].is_null());
            let change = |cle: &str| ancienne[cle] != ligne[cle];
            if change("situation") || change("soumise") {
                assert!(ligne["depuis"].as_str() > Some(*jour), "{personne} {ancienne} {ligne}");
                top_seul += usize::from(!change("situation"));
            }
        }
    }
    assert!(top_seul > 0 && plus_tard > 0, "{top_seul} {plus_tard}");
}

/// « plus-5-ans » and « pe-2-ans » are found again in the table of people.
#[test]
fn the_people_of_the_long_lists_are_found_again() {
    let quand = ["--arrete", "2022-03-31", "--connu-le", "2022-03-31"];
    let liste = |nom: &str| -> BTreeSet<String> {
        let sortie = jalon(departement(), ["listes", nom, "--au", "2022-03-31", "--format", "csv"]);
        sortie.out.lines().skip(1).map(|ligne| ligne.split(';').take(6).skip(1).collect::<Vec<_>>().join(";")).collect()
    };
    let trouves = |quoi: &str| -> BTreeSet<String> {
        let sql =
            format!("SELECT numdemrsa, matricule, caisse, nom, prenom FROM personnes WHERE beneficiaire AND {quoi}");
        let sortie = analyser(&[&[sql.as_str(), "--format", "csv"], &quand[..]].concat());
        sortie.out.lines().skip(1).map(str::to_owned).collect()
    };
    let anciens = liste("plus-5-ans");
    assert!(anciens.len() > 5, "{anciens:?}");
    assert_eq!(trouves("au_rsa_depuis < '2017-03-31'"), anciens);
}

#[test]
fn the_flux_and_the_events_are_those_that_were_known() {
    let recus = |jour: &str| {
        let sql = "SELECT COUNT(*) FROM flux WHERE NOT reprise";
        if jour.is_empty() { chiffre(sql, &[]) } else { chiffre(sql, &["--connu-le", jour]) }
    };
    let segments = fichiers(&departement().join("flux")).len();
    assert_eq!(recus(""), segments as i64);
    let en_juin = chiffre("SELECT COUNT(*) FROM flux WHERE recu_le <= '2021-06-30'", &[]);
    assert!(en_juin > 50 && en_juin < segments as i64);
    assert_eq!(recus("2021-06-30"), en_juin);
    let evenements = |options: &[&str]| {
        chiffre("SELECT COUNT(*) FROM evenements WHERE date > '2021-06-30' AND genre = 'orientations'", options)
    };
    assert!(evenements(&[]) > 10);
    assert_eq!(evenements(&["--connu-le", "2021-06-30"]), 0);
    // Those that wait for their person are there too, and say so.
    let attente = lignes(
        "SELECT genre, en_attente, COUNT(*) AS n FROM evenements WHERE personne IS NULL GROUP BY genre, en_attente",
        &[],
    );
    let qualite = jalon(departement(), ["qualite", "--format", "json"]).out;
    let attendu: i64 = serde_json::from_str::<Value>(&qualite).unwrap()["evenements"]["en_attente"]
        .as_array()
        .map(|liste| liste.iter().filter_map(|ligne| ligne["nombre"].as_i64()).sum())
        .unwrap_or_default();
    let trouve: i64 = attente.iter().map(|ligne| ligne["n"].as_i64().unwrap()).sum();
    assert!(trouve > 0 && attente.iter().all(|ligne| ligne["en_attente"].is_string()), "{attente:?} {attendu}");
}

#[test]
fn an_answer_has_four_forms() {
    let ici = tempfile::tempdir().unwrap();
    let sql = "SELECT categorie, COUNT(*) AS n, AVG(delai_orientation) AS moyenne, MIN(t0) AS premiere, MIN(gad) AS toutes FROM entrees GROUP BY categorie ORDER BY categorie";
    let options = |forme: &'static str| [&[sql, "--format", forme], &ANNEE[..]].concat();
    let csv = analyser(&options("csv")).out;
    let mut lignes_csv = csv.strip_prefix('\u{feff}').unwrap().lines();
    assert_eq!(lignes_csv.next(), Some("categorie;n;moyenne;premiere;toutes"));
    assert_eq!(lignes_csv.next(), Some("primo;30;44,25;2021-01-14;0"));
    let json: Value = serde_json::from_str(&analyser(&options("json")).out).unwrap();
    assert_eq!(json["arrete"], "2021-12-31");
    assert_eq!(json["nombre"], 5);
    assert_eq!(json["colonnes"][3]["type"], "date");
    assert_eq!(json["lignes"][0]["moyenne"], 44.25);
    assert_eq!(json["lignes"][0]["toutes"], false);
    let table = analyser(&options("table")).out;
    assert!(table.contains("44,25") && table.contains("┆ non") && table.ends_with("5 ligne(s).\n"), "{table}");
    let chemin = ici.path().join("reponse.parquet");
    let sortie = analyser(&[&options("parquet")[..], &["--sortie", chemin.to_str().unwrap()]].concat());
    assert_eq!((sortie.code, sortie.out.as_str()), (0, ""), "{}", sortie.err);
    assert_eq!(fs::metadata(&chemin).unwrap().permissions().mode() & 0o777, 0o600);
    let lot =
        ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&chemin).unwrap()).unwrap().build().unwrap().next();
    let lot = lot.unwrap().unwrap();
    assert_eq!(lot.column(0).as_string::<i32>().value(0), "primo");
    assert_eq!(lot.column(1).as_primitive::<Int64Type>().value(0), 30);
    assert_eq!(lot.column(3).as_primitive::<Date32Type>().value(0), 18641);
    // Nothing is printed that is no text.
    let sortie = analyser(&options("parquet"));
    assert_eq!((sortie.code, sortie.out.as_str()), (2, ""));
    assert!(sortie.err.contains("--sortie"), "{}", sortie.err);
}

#[test]
fn a_long_answer_is_cut_on_the_screen_and_whole_in_a_file() {
    let ici = tempfile::tempdir().unwrap();
    let sql = "SELECT personne FROM personnes ORDER BY personne";
    let total = chiffre("SELECT COUNT(*) FROM personnes", &[]);
    let ecran = analyser(&[sql]).out;
    assert!(ecran.contains(&format!("100 ligne(s) montrée(s) sur {total}, il en reste {}", total - 100)), "{ecran}");
    assert_eq!(ecran.lines().filter(|ligne| ligne.starts_with('│')).count(), 101);
    let chemin = ici.path().join("tout.txt");
    analyser(&[sql, "--sortie", chemin.to_str().unwrap()]);
    let ecrit = fs::read_to_string(&chemin).unwrap();
    assert_eq!(ecrit.lines().filter(|ligne| ligne.starts_with('│')).count() as i64, total + 1);
    // A line of too many columns is a list of its cells.
    let fiches = analyser(&["SELECT * FROM personnes ORDER BY personne"]).out;
    assert!(fiches.contains("── ligne 10 ──") && !fiches.contains("── ligne 11 ──"), "{fiches}");
    assert!(fiches.contains("10 ligne(s) montrée(s)"));
    assert_eq!(analyser(&["SELECT t0 FROM entrees WHERE rang = 99"]).out, "Aucune ligne ne répond (colonnes : t0).\n");
}

/// A name that a spreadsheet would run, or a terminal obey, does neither.
#[test]
fn a_hostile_text_acts_on_nothing() {
    let ici = tempfile::tempdir().unwrap();
    let entrepot = ici.path().join("entrepot");
    let texte = flux("2021-01-31", "2021-02-05", &[("1", "2")]).replace("BRUMEVAL", "=HYPERLINK(1)");
    fs::write(ici.path().join("flux.xml"), texte).unwrap();
    assert_eq!(jalon(&entrepot, ["ingerer".as_ref(), ici.path().join("flux.xml").as_os_str()]).code, 0);
    let sortie =
        jalon(&entrepot, ["analyser", "SELECT nom, '\u{1b}[2J' AS x, -1 AS n FROM personnes", "--format", "csv"]);
    assert!(sortie.out.contains("'=HYPERLINK(1);") && sortie.out.trim_end().ends_with(";-1"), "{}", sortie.out);
    let sortie = jalon(&entrepot, ["analyser", "SELECT '\u{1b}[2J' AS x"]);
    assert!(!sortie.out.contains('\u{1b}') && sortie.out.contains("\\u{1b}[2J"), "{}", sortie.out);
    let sortie = jalon(&entrepot, ["analyser", "SELECT x\u{1b}[2J FROM personnes"]);
    assert!(sortie.code == 2 && !sortie.err.contains('\u{1b}'), "{}", sortie.err);
}

/// The warehouse after hostile queries is the one from before, and nothing appears beside it.
#[test]
fn a_query_writes_nothing_and_reads_no_file() {
    let ici = tempfile::tempdir().unwrap();
    fs::write(ici.path().join("secret.csv"), "a;b\nmot-secret;2\n").unwrap();
    let etat = || -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
        let lus = fichiers(departement()).into_iter().chain(fichiers(ici.path()));
        lus.map(|f| (f.clone(), (fs::read(&f).unwrap(), fs::metadata(&f).unwrap().modified().unwrap()))).collect()
    };
    let avant = etat();
    for sql in [
        "SELECT * FROM read_csv('secret.csv')",
        "SELECT * FROM \"secret.csv\"",
        "SELECT * FROM 'secret.csv'",
        "SELECT read_csv('secret.csv')",
        "WITH x AS (SELECT * FROM read_csv('secret.csv')) SELECT * FROM x",
        "SELECT t0 FROM entrees WHERE caisse IN (SELECT a FROM read_csv('secret.csv'))",
        "CREATE TABLE x AS SELECT * FROM entrees",
        "DROP TABLE entrees",
        "DELETE FROM entrees WHERE TRUE",
        "TRUNCATE TABLE entrees",
        "COPY entrees TO 'copie.csv'",
        "SELECT * INTO copie FROM entrees",
        "SELECT 1; DROP TABLE entrees",
    ] {
        let sortie = lancer(commande(departement()).current_dir(ici.path()).args(["analyser", sql]));
        assert_eq!((sortie.code, sortie.out.as_str()), (2, ""), "{sql}");
        assert!(!sortie.err.contains("mot-secret"), "{sql} : {}", sortie.err);
    }
    assert_eq!(etat(), avant);
    assert!(chiffre("SELECT COUNT(*) FROM entrees", &[]) > 100);
}

/// Errors that only the data can cause are said without the data, and never end in a panic.
#[test]
fn what_goes_wrong_on_the_data_quotes_none_of_it() {
    let noms: BTreeSet<String> = lignes("SELECT nom, prenom, numdemrsa, structure FROM entrees", &[])
        .iter()
        .flat_map(|ligne| {
            ligne.as_object().unwrap().values().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    assert!(noms.len() > 100);
    for sql in [
        "SELECT CAST(nom AS INTEGER) AS n FROM entrees",
        "SELECT CAST(nom AS DATE) AS n FROM entrees",
        "SELECT nom::INT AS n FROM entrees",
        "SELECT STRPTIME(nom, '%Y-%m-%d') AS n FROM entrees",
        "SELECT nom + 1 AS n FROM entrees",
        "SELECT -nom AS n FROM entrees",
        "SELECT SUM(nom) AS n FROM entrees",
        "SELECT nom FROM entrees WHERE nom",
        "SELECT nom FROM entrees WHERE nom > 12",
        "SELECT nom FROM entrees WHERE t0 > nom",
        "SELECT nom FROM entrees WHERE t0 = 'hier'",
        "SELECT t0 + nom AS n FROM entrees",
        "SELECT (SELECT nom FROM entrees) AS n",
        "SELECT ARRAY_AGG(nom) AS n FROM entrees",
        "SELECT nom FROM entrees WHERE nom ~ '['",
        "SELECT nom FROM entrees WHERE nom LIKE 'A%' ESCAPE '!'",
        "SELECT REGEXP_LIKE(nom, '(') AS n FROM entrees",
        "SELECT SUBSTR(nom, -5, -3) AS n FROM entrees",
        "SELECT nom AS a, prenom AS a FROM entrees",
        "SELECT categorie, nom, COUNT(*) AS n FROM entrees GROUP BY categorie",
        "SELECT categorie FROM entrees GROUP BY 12",
        "SELECT nom FROM entrees ORDER BY 99",
        "SELECT nom FROM entrees LIMIT -1",
        "SELECT nom FROM entrees LIMIT nom",
        "SELECT t0 FROM entrees UNION ALL SELECT nom, prenom FROM personnes",
        "SELECT t0 FROM entrees UNION ALL SELECT nom FROM personnes",
        "SELECT e.nom FROM entrees e JOIN personnes p ON e.nom > 3",
        "SELECT e.nom FROM entrees e JOIN flux f ON e.t0 = f.fichier",
        "SELECT rang / 0 AS n FROM entrees",
        "SELECT rang % 0 AS n FROM entrees",
        "SELECT 9223372036854775807 + rang AS n FROM entrees",
        "SELECT nom FROM entrees e JOIN LATERAL (SELECT 1) x ON TRUE",
        "SELECT RANK() OVER () AS n FROM entrees",
        "SELECT SUM(nom) OVER (PARTITION BY caisse ORDER BY t0 ROWS BETWEEN 1 PRECEDING AND 3 FOLLOWING) AS n FROM entrees",
        "SELECT * FROM entrees PIVOT (COUNT(nom) FOR caisse IN ('a'))",
        "SELECT INTERVAL '1 siècle' + t0 AS n FROM entrees",
        "SELECT DATE '2021-02-30' AS n",
        "SELECT EXTRACT(TIMEZONE FROM t0) AS n FROM entrees",
        "SELECT x'0' AS n",
        "SELECT {a: 1} AS n",
        "SELECT NULL AS n FROM entrees GROUP BY ALL",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a) SELECT n FROM a",
        "SELECT n FROM (VALUES (1), ('a')) AS v(n)",
        "SELECT (rang IN (NULL OR nom)) AS n FROM entrees",
        "SELECT COUNT(*) AS n FROM entrees GROUP BY ALL HAVING IFNULL(nom, categorie)",
        "SELECT (STRFTIME(t0, nom)) AS n FROM entrees",
    ] {
        let sortie = analyser(&[sql, "--format", "csv"]);
        assert!(matches!(sortie.code, 0 | 2), "{sql} : {} {}", sortie.code, sortie.err);
        assert!(!sortie.err.contains("erreur interne") && !sortie.err.contains("panicked"), "{sql} : {}", sortie.err);
        assert_eq!(sortie.code == 2, !sortie.err.is_empty(), "{sql} : {}", sortie.err);
        // Nor the inside of the engine.
        assert!(!sortie.err.contains("Span(") && !sortie.err.contains("quote_style"), "{sql} : {}", sortie.err);
        if let Some(nom) = noms.iter().find(|nom| nom.len() > 3 && sortie.err.contains(nom.as_str())) {
            panic!("{sql} : « {nom} » dans {}", sortie.err);
        }
    }
    let message = refus("SELECT CAST(nom AS INTEGER) AS n FROM entrees");
    assert!(message.contains("conversion"), "{message}");
    assert!(refus("SELECT foo(nom) AS n FROM entrees").contains("la fonction « foo » n'existe pas"));
    assert!(refus("SELECT categorie, nom, COUNT(*) AS n FROM entrees GROUP BY categorie").contains("GROUP BY"));
}

/// A sum of thousands of terms is no way to end the program.
#[test]
fn a_query_of_thousands_of_terms_does_not_break_the_program() {
    for (sql, code) in [
        (format!("SELECT {}1 AS n", "1+".repeat(4900)), 2),
        (format!("SELECT {}1 AS n", "NOT ".repeat(2000)), 2),
        (format!("SELECT 1 AS n{}", " UNION ALL SELECT 1".repeat(500)), 2),
        // As deep as is accepted.
        (format!("SELECT {}1 AS n", "1+".repeat(98)), 0),
        (format!("SELECT COUNT(*) AS n FROM entrees WHERE {}gad", "rang = 1 OR ".repeat(95)), 0),
        (format!("SELECT 1 AS n{}", " UNION ALL SELECT 1 AS n".repeat(50)), 0),
        (format!("SELECT {}'a'{} AS n", "UPPER(".repeat(40), ")".repeat(40)), 0),
    ] {
        let sortie = analyser(&[&sql]);
        assert_eq!(sortie.code, code, "{} : {}", &sql[..40], sortie.err);
    }
}

/// A mistake in the query is said even before the warehouse is opened.
#[test]
fn a_refusal_comes_before_the_warehouse() {
    let nulle_part = Path::new("/nulle/part");
    let sortie = jalon(nulle_part, ["analyser", "SELECT nim FROM entrees"]);
    assert!(sortie.code == 2 && sortie.err.contains("Vouliez-vous dire nom ?"), "{}", sortie.err);
    let sortie = jalon(nulle_part, ["analyser", "SELECT nom FROM entrees"]);
    assert!(sortie.code == 2 && sortie.err.contains("n'existe pas"), "{}", sortie.err);
}

fn par_l_entree(texte: &str, arguments: &[&str]) -> Sortie {
    let mut commande = commande(departement());
    let mut enfant = commande
        .arg("analyser")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    enfant.stdin.take().unwrap().write_all(texte.as_bytes()).unwrap();
    let sortie = enfant.wait_with_output().unwrap();
    let texte = |octets| String::from_utf8(octets).unwrap();
    Sortie { code: sortie.status.code().unwrap_or(-1), out: texte(sortie.stdout), err: texte(sortie.stderr) }
}

#[test]
fn without_a_terminal_the_query_is_read_from_the_standard_input() {
    let sortie = par_l_entree("SELECT COUNT(*) AS n\n  FROM flux;\n", &["--format", "csv"]);
    assert!(sortie.code == 0 && sortie.out.contains("n\n"), "{} {}", sortie.out, sortie.err);
    assert_eq!(par_l_entree("SELECT COUNT(*) AS n FROM flux", &["-", "--format", "csv"]).out, sortie.out);
    let vide = par_l_entree("", &[]);
    assert!(vide.code == 2 && vide.err.contains("il manque une requête"), "{}", vide.err);
    let tables = par_l_entree("\\tables", &["--format", "csv"]);
    assert_eq!(tables.out.lines().count(), 6, "{}", tables.out);
    let colonnes = par_l_entree("\\colonnes flux", &["--format", "csv"]);
    assert_eq!(colonnes.out.lines().count(), Nom::Flux.colonnes().len() + 1);
}

/// With `--sans-noms`, nothing that names anybody is in any table, and the columns say so.
#[test]
fn without_names_nobody_is_named() {
    let noms: BTreeSet<String> =
        lignes("SELECT nom, prenom, numdemrsa, matricule, date_naissance, referent FROM personnes", &[])
            .iter()
            .flat_map(|ligne| {
                ligne.as_object().unwrap().values().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
            })
            .filter(|nom| nom.len() > 4)
            .collect();
    assert!(noms.len() > 300);
    for nom in Nom::TOUS {
        let sortie = analyser(&[&format!("SELECT * FROM {}", nom.code()), "--sans-noms", "--format", "csv"]);
        assert_eq!(sortie.code, 0, "{}", sortie.err);
        let colonnes: Vec<&str> =
            sortie.out.trim_start_matches('\u{feff}').lines().next().unwrap().split(';').collect();
        assert_eq!(colonnes, nom.colonnes_montrees(true).map(|colonne| colonne.nom).collect::<Vec<_>>());
        let cellules: BTreeSet<&str> = sortie.out.lines().skip(1).flat_map(|ligne| ligne.split(';')).collect();
        assert!(cellules.len() > 20, "{}", nom.code());
        // A day of birth may be the day of something else: days apart, no cell is somebody's.
        let trouve = noms.iter().find(|secret| !secret.starts_with("19") && cellules.contains(secret.as_str()));
        assert_eq!(trouve, None, "{}", nom.code());
    }
    assert!(analyser(&["SELECT nom FROM personnes", "--sans-noms"]).err.contains("--sans-noms l'a retirée"));
}

/// Types at the prompt, on a terminal of its own: each line once the answer to the one before is there.
fn dialogue(etat: &Path, options: &str, echanges: &[(&str, &str)]) -> String {
    let commande = format!(
        "exec '{}' --entrepot '{}' analyser --arrete 2021-12-31 {options}",
        env!("CARGO_BIN_EXE_jalon"),
        departement().display()
    );
    let mut enfant = std::process::Command::new("script")
        .args(["-qefc", &commande, "/dev/null"])
        .env("XDG_STATE_HOME", etat)
        .env("TERM", "xterm")
        .env("COLUMNS", "120")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut clavier, mut ecran) = (enfant.stdin.take().unwrap(), enfant.stdout.take().unwrap());
    let (envoyer, recevoir) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut octets = [0; 4096];
        while let Ok(n) = ecran.read(&mut octets) {
            if n == 0 || envoyer.send(octets[..n].to_vec()).is_err() {
                return;
            }
        }
    });
    let (mut lus, mut vus) = (Vec::new(), 0);
    let mut lire_jusqu_a = |attendu: &str| loop {
        let dit = String::from_utf8_lossy(&lus).into_owned();
        if let Some(place) = dit[vus..].find(attendu) {
            vus += place + attendu.len();
            return dit;
        }
        // So long that only a program that will never answer takes it.
        let suite = recevoir.recv_timeout(std::time::Duration::from_secs(120));
        lus.extend(suite.unwrap_or_else(|error| panic!("« {attendu} » n'est pas venu ({error}) : {dit}")));
    };
    let mut dit = lire_jusqu_a("jalon> ");
    for (frappe, reponse) in echanges {
        clavier.write_all(frappe.as_bytes()).unwrap();
        dit = lire_jusqu_a(reponse);
        if frappe.contains(';') || frappe.starts_with("\\c") {
            dit = lire_jusqu_a("jalon> ");
        }
    }
    assert!(enfant.wait().unwrap().success(), "{dit}");
    dit
}

/// The prompt, on a real terminal: several lines, an error, the columns, and a history that is kept
/// for this user alone.
#[test]
fn the_prompt_answers_on_a_terminal_and_remembers() {
    let ici = tempfile::tempdir().unwrap();
    let historique = ici.path().join("jalon/analyser.historique");
    let dit = dialogue(ici.path(), "--sans-historique", &[("SELECT 1 AS rien;\r", "1 ligne(s)"), ("\\q\r", "")]);
    assert!(dit.contains("rien") && !historique.exists(), "{dit}");
    dialogue(
        ici.path(),
        "",
        &[
            ("\\colonnes flux\r", "DTREF"),
            ("SELECT COUNT(*) AS combien\r", "combien"),
            ("FROM entrees WHERE t0 >= '2021-01-01';\r", "│      75 │"),
            ("SELECT nim FROM entrees;\r", "Vouliez-vous dire nom ?"),
            ("SELECT dtr\t FROM flux LIMIT 1;\r", "│ 2020-12-04 │"),
            ("DROP TABLE entrees;\r", "ne fait que lire"),
            ("SELECT COUNT(*) AS encore FROM entrees;\r", "│     75 │"),
            ("\\q\r", ""),
        ],
    );
    let gardees = fs::read_to_string(&historique).unwrap();
    assert!(gardees.contains("combien") && gardees.contains("FROM entrees"), "{gardees}");
    assert_eq!(fs::metadata(&historique).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(ici.path().join("jalon")).unwrap().permissions().mode() & 0o777, 0o700);
}

/// A page of documentation, its queries and what it says they answer: the text before each answer,
/// the query, the answer.
fn questions(page: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut reste = page;
    while let Some((_, suite)) = reste.split_once("```sql\n") {
        let (sql, suite) = suite.split_once("```\n").unwrap();
        let suite = suite.split_once("```text\n").unwrap().1;
        let (reponse, suite) = suite.split_once("```").unwrap();
        out.push((sql.to_owned(), reponse.to_owned()));
        reste = suite;
    }
    out
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/analyses.md")
}

/// What docs/analyses.md shows is what the program answers. After a change:
/// `cargo test --test analyser -- --ignored regenere`.
#[test]
fn the_answers_of_the_page_are_those_of_the_program() {
    let questions = questions(&fs::read_to_string(page()).unwrap());
    assert_eq!(questions.len(), 10);
    for (sql, reponse) in questions {
        let sortie = par_l_entree(&sql, &ANNEE);
        assert_eq!(sortie.code, 0, "{sql}\n{}", sortie.err);
        assert!(sortie.out.lines().count() > 4, "{sql} : {}", sortie.out);
        assert_eq!(reponse, sortie.out, "{sql}");
    }
}

/// Writes the answers in the page. To be run by hand when a query changes.
#[test]
#[ignore = "rewrites docs/analyses.md"]
fn regenere_les_reponses_de_la_page() {
    let mut texte = fs::read_to_string(page()).unwrap();
    for (sql, reponse) in questions(&texte) {
        let sortie = par_l_entree(&sql, &ANNEE);
        assert_eq!(sortie.code, 0, "{sql}\n{}", sortie.err);
        let avant = format!("```sql\n{sql}```\n\n```text\n{reponse}```");
        assert!(texte.contains(&avant));
        texte = texte.replacen(&avant, &format!("```sql\n{sql}```\n\n```text\n{}```", sortie.out), 1);
    }
    fs::write(page(), texte).unwrap();
}
