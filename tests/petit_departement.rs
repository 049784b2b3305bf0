//! The sample department committed under `sample_flows/petit_departement/`.
//!
//! It is made by `jalon::simulation`; the test below makes it again and compares byte for byte,
//! so that the sample and its generator never part. After a change of the generator:
//! `cargo test --test petit_departement -- --ignored regenere`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jalon::simulation::{Forme, Reglages, ecrire};

/// The settings of the committed sample.
fn reglages() -> Reglages {
    Reglages {
        graine: 82,
        personnes: 190,
        du: (2020, 12),
        au: (2022, 5),
        forme: Forme::Xml,
        realiste: false,
        quotidiens: true,
        desordre: false,
    }
}

fn entrant() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant")
}

/// Every file of a folder, decompressed, by name without `.gz`.
fn contenus(dossier: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut fichiers = BTreeMap::new();
    for entree in std::fs::read_dir(dossier).unwrap() {
        let chemin = entree.unwrap().path();
        let nom = chemin.file_name().unwrap().to_string_lossy().into_owned();
        let octets = std::fs::read(&chemin).unwrap();
        match nom.strip_suffix(".gz") {
            Some(nu) => {
                let mut clair = Vec::new();
                GzDecoder::new(&octets[..]).read_to_end(&mut clair).unwrap();
                fichiers.insert(nu.to_string(), clair);
            }
            None => {
                fichiers.insert(nom, octets);
            }
        }
    }
    fichiers
}

#[test]
fn le_petit_departement_se_refait_a_l_identique() {
    let neuf = tempfile::tempdir().unwrap();
    let bilan = ecrire(&reglages(), neuf.path()).unwrap();
    let (neufs, gardes) = (contenus(neuf.path()), contenus(&entrant()));
    assert_eq!(bilan.fichiers, neufs.len(), "two files bear the same name");
    assert_eq!(neufs.keys().collect::<Vec<_>>(), gardes.keys().collect::<Vec<_>>());
    for (nom, octets) in &neufs {
        assert!(gardes[nom] == *octets, "{nom} differs from the committed file");
    }
}

#[test]
fn chaque_flux_annonce_ses_foyers() {
    for (nom, octets) in contenus(&entrant()).iter().filter(|(nom, _)| nom.ends_with(".xml")) {
        let texte = String::from_utf8_lossy(octets);
        let annonces = texte.split("<NBTOTDOSRSATRANSM>").nth(1).unwrap()[..8].parse::<usize>().unwrap();
        assert_eq!(texte.matches("<InfosFoyerRSA>").count(), annonces, "{nom}");
    }
}

#[test]
fn le_petit_departement_reste_petit() {
    let mut total = 0;
    for entree in std::fs::read_dir(entrant()).unwrap() {
        let taille = entree.unwrap().metadata().unwrap().len();
        assert!(taille < 100_000);
        total += taille;
    }
    assert!(total < 590_000, "{total} bytes");
}

/// Rewrites the committed folder. To be run by hand when the generator changes.
#[test]
#[ignore = "rewrites sample_flows/petit_departement/entrant"]
fn regenere_le_petit_departement() {
    let neuf = tempfile::tempdir().unwrap();
    let bilan = ecrire(&reglages(), neuf.path()).unwrap();
    let _ = std::fs::remove_dir_all(entrant());
    std::fs::create_dir_all(entrant()).unwrap();
    for (nom, octets) in contenus(neuf.path()) {
        if nom.ends_with(".xml") {
            // No name and a null time in the header: the same bytes at each run.
            let mut gz = GzEncoder::new(Vec::new(), Compression::best());
            gz.write_all(&octets).unwrap();
            std::fs::write(entrant().join(format!("{nom}.gz")), gz.finish().unwrap()).unwrap();
        } else {
            std::fs::write(entrant().join(nom), octets).unwrap();
        }
    }
    println!("{bilan:?}");
}
