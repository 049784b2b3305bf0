//! `jalon exporter`, by the real program: a folder that is whole or not there, for its owner alone,
//! and that says what it holds.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod departement;
    pub mod programme;
}

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use commun::departement::departement;
use commun::programme::{Sortie, commande, fichiers, jalon, lancer};
use jalon::tables::{Nom, Sorte};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

fn exporter(sortie: &Path, options: &[&str]) -> Sortie {
    let arguments = ["exporter", "--arrete", "2021-12-31", "--sortie", sortie.to_str().unwrap()];
    jalon(departement(), arguments.iter().chain(options))
}

fn noms(dossier: &Path) -> Vec<String> {
    fichiers(dossier).iter().map(|f| f.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_folder_holds_the_five_tables_their_dictionary_and_what_to_know() {
    let ici = tempfile::tempdir().unwrap();
    for (forme, dossier) in [("parquet", "sous/p"), ("csv", "c")] {
        let dossier = ici.path().join(dossier);
        let sortie = exporter(&dossier, &["--format", forme]);
        assert_eq!(sortie.code, 0, "{}", sortie.err);
        assert!(sortie.out.contains(&format!("entrees.{forme} : 75 ligne(s)")), "{}", sortie.out);
        let mut attendus: Vec<String> = Nom::TOUS.iter().map(|nom| format!("{}.{forme}", nom.code())).collect();
        attendus.extend(["LISEZMOI.txt".to_owned(), "dictionnaire.csv".to_owned()]);
        attendus.sort();
        assert_eq!(noms(&dossier), attendus);
        assert_eq!(fs::metadata(&dossier).unwrap().permissions().mode() & 0o777, 0o700);
        for fichier in fichiers(&dossier) {
            assert_eq!(fs::metadata(&fichier).unwrap().permissions().mode() & 0o777, 0o600, "{}", fichier.display());
        }
        let dictionnaire = fs::read_to_string(dossier.join("dictionnaire.csv")).unwrap();
        assert_eq!(dictionnaire.lines().count(), 1 + Nom::TOUS.iter().map(|nom| nom.colonnes().len()).sum::<usize>());
        let lisez_moi = fs::read_to_string(dossier.join("LISEZMOI.txt")).unwrap();
        assert!(lisez_moi.contains("arrêtés au 2021-12-31") && lisez_moi.contains("75 ligne(s)"), "{lisez_moi}");
    }
    // The file of a table is the answer to the simplest question.
    for nom in Nom::TOUS {
        let sql = format!("SELECT * FROM {}", nom.code());
        let reponse = jalon(departement(), ["analyser", &sql, "--arrete", "2021-12-31", "--format", "csv"]).out;
        assert!(reponse.lines().count() > 20);
        assert_eq!(fs::read_to_string(ici.path().join("c").join(format!("{}.csv", nom.code()))).unwrap(), reponse);
    }
}

/// The columns, their order and their types are those of the catalogue, and the lines those of the CSV.
#[test]
fn parquet_keeps_the_types_of_the_catalogue() {
    let ici = tempfile::tempdir().unwrap();
    let dossier = ici.path().join("export");
    assert_eq!(exporter(&dossier, &[]).code, 0);
    for nom in Nom::TOUS {
        let fichier = fs::File::open(dossier.join(format!("{}.parquet", nom.code()))).unwrap();
        let lecteur = ParquetRecordBatchReaderBuilder::try_new(fichier).unwrap();
        let colonnes: Vec<(String, DataType)> =
            lecteur.schema().fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect();
        let attendues = nom.colonnes().iter().map(|colonne| {
            let sorte = match colonne.sorte {
                Sorte::Texte => DataType::Utf8,
                Sorte::Entier => DataType::Int64,
                Sorte::Decimal => DataType::Float64,
                Sorte::Date => DataType::Date32,
                Sorte::Booleen => DataType::Boolean,
            };
            (colonne.nom.to_owned(), sorte)
        });
        assert_eq!(colonnes, attendues.collect::<Vec<_>>(), "{}", nom.code());
    }
}

/// Every column says something of the small department, or has a reason not to.
#[test]
fn no_column_is_always_empty() {
    let ici = tempfile::tempdir().unwrap();
    let dossier = ici.path().join("export");
    assert_eq!(exporter(&dossier, &[]).code, 0);
    let mut vides = BTreeSet::new();
    for nom in Nom::TOUS {
        let fichier = fs::File::open(dossier.join(format!("{}.parquet", nom.code()))).unwrap();
        let lecteur = ParquetRecordBatchReaderBuilder::try_new(fichier).unwrap().build().unwrap();
        for lot in lecteur {
            let lot = lot.unwrap();
            for (champ, colonne) in lot.schema().fields().iter().zip(lot.columns()) {
                if colonne.null_count() == colonne.len() {
                    vides.insert(format!("{}.{}", nom.code(), champ.name()));
                }
            }
        }
    }
    // Pôle emploi reports on the year 2022 only, and no figure is weakened.
    let attendues = ["indicateurs.valeur_calculee"].map(str::to_owned);
    assert!(vides.is_subset(&attendues.into()), "{vides:?}");
}

#[test]
fn without_names_nobody_can_be_called_and_the_folder_says_what_remains() {
    let ici = tempfile::tempdir().unwrap();
    let (avec, sans) = (ici.path().join("avec"), ici.path().join("sans"));
    assert_eq!(exporter(&avec, &["--format", "csv"]).code, 0);
    let sortie = exporter(&sans, &["--format", "csv", "--sans-noms"]);
    assert_eq!(sortie.code, 0);
    assert!(sortie.out.contains("encore des données personnelles"), "{}", sortie.out);
    let lisez_moi = fs::read_to_string(sans.join("LISEZMOI.txt")).unwrap();
    assert!(lisez_moi.contains("restent des données personnelles") && lisez_moi.contains("reconnaître quelqu'un"));
    let colonne = |nom: &str| -> BTreeSet<String> {
        let mut lecteur = csv::ReaderBuilder::new().delimiter(b';').from_path(avec.join("personnes.csv")).unwrap();
        let rang = lecteur.headers().unwrap().iter().position(|entete| entete == nom).unwrap();
        lecteur.records().map(|ligne| ligne.unwrap()[rang].to_owned()).filter(|cellule| cellule.len() > 4).collect()
    };
    let mut secrets = BTreeSet::new();
    for nom in ["nom", "prenom", "numdemrsa", "matricule", "referent"] {
        let valeurs = colonne(nom);
        assert!(valeurs.len() > 3, "{nom}");
        secrets.extend(valeurs);
    }
    for fichier in fichiers(&sans) {
        let texte = fs::read_to_string(&fichier).unwrap();
        let cellules: BTreeSet<&str> = texte.split([';', '\n', '\r', '"']).collect();
        let trouve = secrets.iter().find(|secret| cellules.contains(secret.as_str()));
        assert_eq!(trouve, None, "{}", fichier.display());
        assert!(!texte.contains("date_naissance"), "{}", fichier.display());
    }
    // Dates of birth are nobody's in what is left.
    let naissances = colonne("date_naissance");
    let texte = fs::read_to_string(sans.join("personnes.csv")).unwrap();
    let vieilles: Vec<&String> =
        naissances.iter().filter(|jour| jour.as_str() < "2000" && texte.contains(jour.as_str())).collect();
    assert!(naissances.len() > 100 && vieilles.is_empty(), "{vieilles:?}");
}

#[test]
fn a_folder_that_holds_something_is_left_as_it_is() {
    let ici = tempfile::tempdir().unwrap();
    let dossier = ici.path().join("export");
    fs::create_dir(&dossier).unwrap();
    fs::write(dossier.join("a-garder.txt"), "là").unwrap();
    let sortie = exporter(&dossier, &[]);
    assert!(sortie.code == 2 && sortie.err.contains("n'est pas vide"), "{}", sortie.err);
    assert_eq!(noms(&dossier), ["a-garder.txt"]);
    let fichier = ici.path().join("fichier");
    fs::write(&fichier, "là").unwrap();
    assert_eq!(exporter(&fichier, &[]).code, 2);
    assert_eq!(fs::read(&fichier).unwrap(), "là".as_bytes());
    // An empty one is filled.
    let vide = ici.path().join("vide");
    fs::create_dir(&vide).unwrap();
    assert_eq!(exporter(&vide, &["--format", "csv"]).code, 0);
    assert_eq!(noms(&vide).len(), 7);
    assert_eq!(fs::metadata(&vide).unwrap().permissions().mode() & 0o777, 0o700);
}

/// The disk fails at each moment in turn: there is the whole folder, or none, and nothing beside it.
#[test]
fn a_disk_that_fails_leaves_the_whole_folder_or_none() {
    let ici = tempfile::tempdir().unwrap();
    let (mut rates, mut rang) = (0, 0);
    loop {
        rang += 1;
        let dossier = ici.path().join(format!("export-{rang}"));
        let mut commande = commande(departement());
        commande.env("JALON_PANNE", format!("erreur:{rang}"));
        let sortie = lancer(commande.args(["exporter", "--format", "csv", "--sortie"]).arg(&dossier));
        if !sortie.err.contains("panne simulée") {
            assert_eq!(sortie.code, 0, "{}", sortie.err);
            break;
        }
        if sortie.code != 0 {
            assert_eq!(sortie.code, 1, "{}", sortie.err);
            rates += 1;
        }
        let entier = dossier.exists();
        assert!(!entier || noms(&dossier).len() == 7, "{rang} : {:?}", noms(&dossier));
    }
    assert!(rates > 15, "{rates} moments");
    let restes: Vec<_> =
        fs::read_dir(ici.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(restes.iter().all(|nom| !nom.ends_with(".partiel")), "{restes:?}");
    // Killed instead: what was left beside is swept by the next run.
    let dossier = ici.path().join("tue");
    let mut tuee = commande(departement());
    tuee.env("JALON_PANNE", "arret:9");
    lancer(tuee.args(["exporter", "--format", "csv", "--sortie"]).arg(&dossier));
    assert!(!dossier.exists() && ici.path().join(".tue.partiel").exists());
    assert_eq!(exporter(&dossier, &["--format", "csv"]).code, 0);
    assert!(noms(&dossier).len() == 7 && !ici.path().join(".tue.partiel").exists());
}

/// An empty table is a file with its columns, which a program reads all the same.
#[test]
fn an_empty_table_is_a_file_with_its_columns() {
    let ici = tempfile::tempdir().unwrap();
    let dossier = ici.path().join("export");
    assert_eq!(exporter(&dossier, &["--connu-le", "2019-01-01"]).code, 0);
    let fichier = fs::File::open(dossier.join("entrees.parquet")).unwrap();
    let lecteur = ParquetRecordBatchReaderBuilder::try_new(fichier).unwrap();
    assert_eq!(lecteur.schema().fields().len(), Nom::Entrees.colonnes().len());
    let lignes: usize = lecteur
        .build()
        .unwrap()
        .map(|lot| lot.unwrap().column(0).as_primitive_opt::<arrow::datatypes::Int64Type>().unwrap().len())
        .sum();
    assert_eq!(lignes, 0);
}
