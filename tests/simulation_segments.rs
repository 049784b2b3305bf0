//! `jalon simuler --forme segments`: the warehouse that the files of the same seed would have made.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod programme;
}

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use commun::programme::{Sortie, fichiers, flux, jalon, segments};
use jalon::journal::depot::Depot;
use jalon::simulation::{Bilan, ENTREPOT, Forme, Reglages, ecrire};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const CAMPAGNES: [&str; 2] = ["mars-2022", "juin-2022"];

fn simuler(graine: u64, personnes: usize, forme: Forme, dossier: &Path) -> Bilan {
    let reglages =
        Reglages { graine, personnes, du: (2020, 12), au: (2022, 5), forme, realiste: false, quotidiens: true };
    ecrire(&reglages, dossier).unwrap()
}

/// The warehouse of a department, in one of the forms.
struct Departement {
    _lieu: tempfile::TempDir,
    entrepot: PathBuf,
    bilan: Bilan,
}

impl Departement {
    fn nouveau(graine: u64, personnes: usize, forme: Forme) -> Self {
        let lieu = tempfile::tempdir().unwrap();
        let fichiers = lieu.path().join("fichiers");
        let bilan = simuler(graine, personnes, forme, &fichiers);
        let entrepot = if forme == Forme::Segments { fichiers.join(ENTREPOT) } else { lieu.path().join("entrepot") };
        let departement = Self { _lieu: lieu, entrepot, bilan };
        if forme != Forme::Segments {
            // 3: a few lines are set aside, and the CSV form of an empty daily says nothing.
            let sortie = departement.jalon(["ingerer", "-q", fichiers.to_str().unwrap()]);
            assert_eq!(sortie.code, 3, "{}", sortie.tout());
        }
        departement
    }

    fn jalon<const N: usize>(&self, arguments: [&str; N]) -> Sortie {
        jalon(&self.entrepot, arguments)
    }

    /// The table of a campaign, and the line of each person of it.
    fn chiffres(&self, campagne: &str) -> (String, String) {
        let detail = self.entrepot.with_file_name(format!("{campagne}.csv"));
        let sortie = self.jalon([
            "indicateurs",
            "--campagne",
            campagne,
            "--format",
            "json",
            "--detail",
            detail.to_str().unwrap(),
        ]);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        (sortie.out, fs::read_to_string(detail).unwrap())
    }
}

/// The figures of a seed are those of its files, whatever their form.
fn memes_chiffres(graine: u64, personnes: usize) {
    let departements = Forme::TOUTES.map(|forme| (forme, Departement::nouveau(graine, personnes, forme)));
    let [(_, xml), autres @ ..] = &departements;
    for campagne in CAMPAGNES {
        let (table, detail) = xml.chiffres(campagne);
        assert!(detail.lines().count() > 20, "{campagne} : nobody to compare");
        for (forme, autre) in autres {
            let (la_table, le_detail) = autre.chiffres(campagne);
            assert_eq!(la_table, table, "{forme:?}, graine {graine}, {campagne}");
            assert_eq!(le_detail, detail, "{forme:?}, graine {graine}, {campagne}");
        }
    }
}

#[test]
fn the_figures_are_those_of_the_files_of_the_same_seed() {
    memes_chiffres(82, 190);
}

#[test]
fn another_seed_has_the_figures_of_its_own_files() {
    memes_chiffres(7, 700);
}

/// 1 500 adults: the working days of a CAF, weeks of the MSA.
#[test]
fn a_larger_department_has_the_figures_of_its_files() {
    memes_chiffres(2_021, 1_500);
}

/// What a warehouse holds, by the name of the file without its extension: the rows without the lines
/// of the file and without the digests of the key, and the metadata without the names.
fn contenu(entrepot: &Path) -> BTreeMap<String, (String, serde_json::Value)> {
    let depot = Depot::ouvrir_en_lecture(entrepot, None).unwrap();
    let segments = depot.segments().unwrap();
    let flux = segments.flux.iter().map(|s| (&s.chemin, &s.meta.commun, serde_json::to_value(&s.meta).unwrap()));
    let evenements =
        segments.evenements.iter().map(|s| (&s.chemin, &s.meta.commun, serde_json::to_value(&s.meta).unwrap()));
    let mut contenu = BTreeMap::new();
    for (chemin, commun, mut meta) in flux.chain(evenements) {
        let mut lignes = String::new();
        let lecteur = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(chemin).unwrap()).unwrap();
        for lot in lecteur.build().unwrap() {
            let mut lot = lot.unwrap();
            for colonne in ["nir", "identite", if meta.get("genre").is_none() { "ligne" } else { "" }] {
                if let Ok(rang) = lot.schema().index_of(colonne) {
                    let presents = (0..lot.num_rows()).map(|ligne| lot.column(rang).is_valid(ligne));
                    lignes.push_str(&format!("{:?}\n", presents.collect::<Vec<_>>()));
                    lot.remove_column(rang);
                }
            }
            lignes.push_str(&format!("{:?}\n", lot.columns()));
        }
        let retirees = ["nom", "empreinte", "cle"].map(|cle| meta.as_object_mut().unwrap().remove(cle).unwrap());
        let nom = Path::new(retirees[0].as_str().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned();
        assert_eq!(chemin.file_stem().unwrap().to_str(), Some(commun.empreinte.as_str()));
        assert!(contenu.insert(nom, (lignes, meta)).is_none());
    }
    contenu
}

#[test]
fn each_segment_holds_the_rows_and_the_metadata_of_its_file() {
    let xml = Departement::nouveau(82, 190, Forme::Xml);
    let segments = Departement::nouveau(82, 190, Forme::Segments);
    let (attendu, obtenu) = (contenu(&xml.entrepot), contenu(&segments.entrepot));
    assert_eq!(obtenu.keys().collect::<Vec<_>>(), attendu.keys().collect::<Vec<_>>());
    assert!(attendu.len() > 100);
    for (nom, (lignes, meta)) in &attendu {
        assert_eq!(obtenu[nom].1, *meta, "{nom}");
        assert!(obtenu[nom].0 == *lignes, "{nom} has other rows");
    }
    // A daily sent twice is written twice in files, and enters once.
    assert_eq!(segments.bilan.fichiers + 1, xml.bilan.fichiers);
    assert_eq!(segments.bilan.evenements, xml.bilan.evenements);
}

#[test]
fn the_same_seed_makes_the_same_bytes_and_another_one_no_segment_of_the_same_name() {
    let octets = |graine| {
        let departement = Departement::nouveau(graine, 60, Forme::Segments);
        let racine = &departement.entrepot;
        let relatif = |chemin: &Path| chemin.strip_prefix(racine).unwrap().to_owned();
        fichiers(racine).iter().map(|chemin| (relatif(chemin), fs::read(chemin).unwrap())).collect::<BTreeMap<_, _>>()
    };
    let (un, encore, autre) = (octets(1), octets(1), octets(2));
    assert!(un == encore);
    assert_ne!(un[Path::new("cle")], autre[Path::new("cle")]);
    let communs: Vec<_> = un.keys().filter(|nom| autre.contains_key(*nom)).collect();
    assert_eq!(communs, [Path::new("cle"), Path::new("verrou")]);
}

/// Nothing tells it from another warehouse: every command works on it, and files go on entering it.
#[test]
fn a_warehouse_made_so_is_an_ordinary_one() {
    let departement = Departement::nouveau(82, 190, Forme::Segments);
    let (_, detail) = departement.chiffres("mars-2022");
    let premier = detail.lines().nth(1).unwrap();
    let dossier = premier.split(';').next().unwrap();
    let recit = departement.jalon(["expliquer", "--numdemrsa", dossier]);
    assert_eq!(recit.code, 0, "{}", recit.tout());
    assert!(recit.out.contains(".simulation"), "the story does not say where it comes from\n{}", recit.out);
    let liste = departement.entrepot.with_file_name("listes");
    for (arguments, mot) in [
        (&["qualite", "--campagne", "mars-2022"][..], "CAF821"),
        (&["listes", "en-attente", "--campagne", "mars-2022", "--sortie", liste.to_str().unwrap()], ""),
        (&["rejets", "lister"], "orientations"),
    ] {
        let sortie = jalon(&departement.entrepot, arguments);
        assert_eq!(sortie.code, 0, "{arguments:?} : {}", sortie.tout());
        assert!(sortie.out.contains(mot), "{arguments:?} : {}", sortie.out);
    }
    // One more ordinary file: a caisse that was not there.
    let avant = segments(&departement.entrepot).len();
    let fichier = departement.entrepot.with_file_name("2021-02-05_stock.xml");
    fs::write(&fichier, flux("2021-01-31", "2021-02-05", &[("990", "2"), ("991", "2")])).unwrap();
    let sortie = departement.jalon(["ingerer", fichier.to_str().unwrap()]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert_eq!(segments(&departement.entrepot).len(), avant + 1);
    let (_, apres) = departement.chiffres("mars-2022");
    assert_ne!(apres, detail, "the file that entered changes nothing");
}
