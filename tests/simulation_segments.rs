//! `jalon simuler --forme segments`: the warehouse that the files of the same seed would have made.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod programme;
}

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use commun::programme::{Sortie, fichiers, flux, jalon, lancer, segments};
use jalon::journal::depot::Depot;
use jalon::simulation::{Bilan, ENTREPOT, Forme, Reglages, ecrire};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

const CAMPAGNES: [&str; 2] = ["mars-2022", "juin-2022"];

fn simuler(graine: u64, personnes: usize, forme: Forme, dossier: &Path) -> Bilan {
    let reglages = Reglages {
        graine,
        personnes,
        du: (2020, 12),
        au: (2022, 5),
        forme,
        realiste: false,
        quotidiens: true,
        desordre: false,
    };
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

    /// The table of a campaign, without what tells the forms of the files apart; and its people.
    fn chiffres(&self, campagne: &str) -> (Value, String) {
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
        let table = ["xml", "csv", "simulation"]
            .iter()
            .fold(sortie.out, |table, extension| table.replace(&format!(".{extension}\""), "\""));
        (serde_json::from_str(&table).unwrap(), fs::read_to_string(detail).unwrap())
    }
}

/// The figures of a seed are those of its files, whatever their form.
fn memes_chiffres(graine: u64, personnes: usize) {
    let [xml, csv, segments] = Forme::TOUTES.map(|forme| Departement::nouveau(graine, personnes, forme));
    for campagne in CAMPAGNES {
        let (mut table, detail) = xml.chiffres(campagne);
        assert!(detail.lines().count() > 20, "{campagne} : nobody to compare");
        let (sa_table, son_detail) = segments.chiffres(campagne);
        assert_eq!(sa_table, table, "graine {graine}, {campagne}");
        assert!(son_detail == detail, "graine {graine}, {campagne} : other people");
        // The CSV form of a daily without anybody says nothing, and is refused.
        let (mut sa_table, son_detail) = csv.chiffres(campagne);
        for table in [&mut table, &mut sa_table] {
            table.as_object_mut().unwrap().remove("qualite").unwrap();
        }
        assert_eq!(sa_table, table, "graine {graine}, {campagne}");
        assert!(son_detail == detail, "graine {graine}, {campagne} : other people");
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
fn contenu(entrepot: &Path) -> BTreeMap<String, (String, Value)> {
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
    let nom = premier.split(';').nth(3).unwrap();
    let recit = departement.jalon(["expliquer", dossier, nom]);
    assert_eq!(recit.code, 0, "{}", recit.tout());
    assert!(recit.out.contains(".simulation"), "the story does not say where it comes from\n{}", recit.out);
    for (arguments, mot) in [
        (&["qualite", "--campagne", "mars-2022"][..], "CAF821"),
        (&["listes", "a-orienter", "--au", "2021-12-31"], "CAF821"),
        (&["rejets", "lister"], "orientations"),
    ] {
        let sortie = jalon(&departement.entrepot, arguments);
        assert_eq!(sortie.code, 0, "{arguments:?} : {}", sortie.tout());
        assert!(sortie.out.contains(mot), "{arguments:?} : {}", sortie.out);
    }
    // Ordinary files go on entering it: a caisse that was not there, and somebody who enters.
    let avant = segments(&departement.entrepot).len();
    for (nom, dtref, foyers) in [
        ("2021-02-05_stock.xml", "2021-01-31", &[("990", "2")][..]),
        ("2021-03-05_stock.xml", "2021-02-28", &[("990", "2"), ("991", "2")]),
    ] {
        let fichier = departement.entrepot.with_file_name(nom);
        fs::write(&fichier, flux(dtref, &nom[..10], foyers)).unwrap();
        let sortie = departement.jalon(["ingerer", fichier.to_str().unwrap()]);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
    }
    assert_eq!(segments(&departement.entrepot).len(), avant + 2);
    let (_, apres) = departement.chiffres("mars-2022");
    let nouvelles: Vec<_> = apres.lines().filter(|ligne| !detail.contains(ligne)).collect();
    assert_eq!(nouvelles.len(), 1, "{nouvelles:?}");
    assert!(nouvelles[0].starts_with("00000000991;"), "{nouvelles:?}");
}

// The command.

/// Runs `jalon simuler` for 40 adults from a folder, with what is more to be typed.
fn commande(ici: &Path, reste: &[&str]) -> Command {
    let mut commande = Command::new(env!("CARGO_BIN_EXE_jalon"));
    commande.current_dir(ici).env_remove("JALON_ENTREPOT").env("NO_COLOR", "1");
    commande.args(["simuler", "--graine", "1", "--personnes", "40"]).args(reste);
    commande
}

const ANNEE: [&str; 4] = ["--du", "2020-12", "--au", "2021-12"];

#[test]
fn what_cannot_be_simulated_is_refused_before_anything_is_written() {
    let ici = tempfile::tempdir().unwrap();
    let chemin = |nom: &str| ici.path().join(nom);
    fs::create_dir(chemin("plein")).unwrap();
    fs::write(chemin("plein/notes.txt"), "x").unwrap();
    fs::create_dir(chemin(".coupe.partiel")).unwrap();
    for (reste, mot) in [
        (&["--du", "2021-05", "--au", "2021-04", "--sortie", "neuf"][..], "--du vient après --au"),
        (&["--du", "2009-05", "--au", "2010-05", "--sortie", "neuf"], "Donnez 2009-06 ou un mois plus tard"),
        (&["--du", "2010-01", "--au", "2030-01", "--sortie", "neuf"], "il y a 241 mois"),
        (&["--du", "2021-01", "--au", "2021-13", "--sortie", "neuf"], "2021-13"),
        (&["--du", "2021-01", "--au", "2021-01", "--sortie", "neuf", "--forme", "xlsx"], "xml, csv, segments"),
        (&["--du", "2021-01", "--au", "2021-01", "--sortie", "plein"], "plein n'est pas vide"),
        (&["--du", "2021-01", "--au", "2021-01", "--sortie", "."], "n'est pas un nom de dossier"),
        (&["--du", "2021-01", "--au", "2021-01", "--sortie", "coupe"], "supprimez le dossier .coupe.partiel"),
    ] {
        let sortie = lancer(&mut commande(ici.path(), reste));
        assert_eq!((sortie.code, sortie.out.as_str()), (2, ""), "{reste:?} : {}", sortie.err);
        assert!(sortie.err.contains(mot), "{reste:?} : {}", sortie.err);
    }
    assert_eq!(fichiers(ici.path()), [chemin("plein/notes.txt")]);
    assert!(!chemin("neuf").exists());
}

/// A department is there whole, or not at all.
#[test]
fn a_simulation_that_fails_or_is_killed_leaves_no_department() {
    let ici = tempfile::tempdir().unwrap();
    for forme in ["xml", "segments"] {
        let arguments = [&ANNEE[..], &["--forme", forme, "--sortie", "dept"]].concat();
        let noms = || {
            let noms = fs::read_dir(ici.path()).unwrap();
            noms.map(|entree| entree.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        let pleine = lancer(commande(ici.path(), &arguments).env("JALON_PANNE", "plein:60"));
        assert_eq!(pleine.code, 1, "{}", pleine.tout());
        assert!(pleine.err.contains("écriture impossible dans dept : disque plein"), "{}", pleine.err);
        assert_eq!(noms(), [""; 0], "{forme}");
        let tuee = lancer(commande(ici.path(), &arguments).env("JALON_PANNE", "arret:60"));
        assert_eq!(tuee.code, -1, "{}", tuee.tout());
        assert_eq!(noms(), [".dept.partiel"], "{forme}");
        let refusee = lancer(&mut commande(ici.path(), &arguments));
        assert_eq!(refusee.code, 2, "{}", refusee.tout());
        fs::remove_dir_all(ici.path().join(".dept.partiel")).unwrap();
        // An empty folder is as good as none.
        fs::create_dir(ici.path().join("dept")).unwrap();
        let entiere = lancer(&mut commande(ici.path(), &arguments));
        assert_eq!((entiere.code, entiere.out.as_str()), (0, ""), "{}", entiere.tout());
        assert_eq!(noms(), ["dept"], "{forme}");
        fs::remove_dir_all(ici.path().join("dept")).unwrap();
    }
}

#[test]
fn what_is_written_is_for_its_owner_alone() {
    let ici = tempfile::tempdir().unwrap();
    for forme in ["xml", "csv", "segments"] {
        let sortie = lancer(&mut commande(
            ici.path(),
            &["--du", "2021-01", "--au", "2021-03", "--forme", forme, "--sortie", forme, "-q"],
        ));
        assert_eq!((sortie.code, sortie.tout().as_str()), (0, ""));
    }
    for fichier in fichiers(ici.path()) {
        let mode = |chemin: &Path| fs::metadata(chemin).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&fichier), 0o600, "{}", fichier.display());
        let dossiers = fichier.ancestors().skip(1).take_while(|dossier| *dossier != ici.path());
        dossiers.for_each(|dossier| assert_eq!(mode(dossier), 0o700, "{}", dossier.display()));
    }
}

#[test]
fn the_commands_that_are_shown_give_the_figures_of_the_department() {
    let ici = tempfile::tempdir().unwrap();
    let binaires = Path::new(env!("CARGO_BIN_EXE_jalon")).parent().unwrap();
    let mut tables = Vec::new();
    for forme in ["csv", "segments"] {
        let nom = format!("l'essai {forme}");
        let simulation =
            lancer(&mut commande(ici.path(), &[&ANNEE[..], &["--forme", forme, "--sortie", &nom]].concat()));
        assert_eq!((simulation.code, simulation.out.as_str()), (0, ""), "{}", simulation.tout());
        let montrees: Vec<_> = simulation.err.lines().filter_map(|ligne| ligne.strip_prefix("  ")).collect();
        assert_eq!(montrees.len(), if forme == "csv" { 2 } else { 1 }, "{}", simulation.err);
        for (rang, montree) in montrees.iter().enumerate() {
            let mut shell = Command::new("sh");
            shell.current_dir(ici.path()).env("PATH", format!("{}:/bin:/usr/bin", binaires.display()));
            let sortie = lancer(shell.env_remove("JALON_ENTREPOT").env("NO_COLOR", "1").args(["-c", montree]));
            let derniere = rang + 1 == montrees.len();
            assert_eq!(sortie.code, if derniere { 0 } else { 3 }, "{montree} : {}", sortie.tout());
            if derniere {
                assert!(sortie.out.contains("mars-2022"), "{}", sortie.out);
                tables.push(sortie.out.lines().take(20).map(str::to_owned).collect::<Vec<_>>());
            }
        }
    }
    assert_eq!(tables[0], tables[1]);
}
