//! A night that is killed, or whose disk fills or fails, at each of its writes, syncs, renames and
//! removals in turn: run again, it ends as if nothing had happened. Every moment is tried, none is
//! drawn by chance.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod nuits;
    pub mod programme;
}

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use commun::nuits::{Lieu, PIPELINE};
use commun::programme::{flux, lancer, orientations};

const NUIT: [&str; 2] = ["--jour", "2022-03-10"];

/// An entry oriented in time, a foyer and a line set aside, a file refused, a file of another kind.
fn lieu() -> Lieu {
    let lieu = Lieu::new(PIPELINE);
    lieu.deposer("2021-01-05_stock.xml", flux("2020-12-31", "2021-01-05", &[("1", "2")]));
    lieu.deposer("2021-03-05_fevrier.xml", flux("2021-02-28", "2021-03-05", &[("1", "2"), ("2", "2"), ("3", "9")]));
    lieu.deposer("2021-04-01_orientations.csv", orientations(&[(2, "2021-03-20")]) + "O9;;;\n");
    lieu.deposer("2021-05-05_avril.xml", "<Racine><IdentificationFlux>");
    lieu.deposer("notes.txt", "à lire");
    lieu
}

/// The contents that were given, wherever they are; a text that says why is none.
fn donnes(lieu: &Lieu) -> BTreeMap<Vec<u8>, usize> {
    let mut donnes = BTreeMap::new();
    for dossier in ["depot", "archives", "refuses"] {
        for (nom, contenu) in lieu.contenus(dossier) {
            if !nom.ends_with(".raison.txt") && !nom.ends_with(".partiel") {
                *donnes.entry(contenu).or_default() += 1;
            }
        }
    }
    donnes
}

/// Tries a failure at every moment of a night, two places at once. Gives how many there were.
fn a_chaque_moment(genre: &str) -> u64 {
    let tranquille = lieu();
    let recus = donnes(&tranquille);
    let calme = tranquille.nuit(&NUIT);
    assert_eq!(calme.code, 3, "{}", calme.tout());
    let attendu = tranquille.etat();
    assert!(attendu.keys().any(|nom| nom.ends_with("detail.csv")));
    let (prochain, atteints) = (AtomicU64::new(1), AtomicU64::new(0));
    let essayer = || {
        loop {
            let moment = prochain.fetch_add(1, Ordering::SeqCst);
            let lieu = lieu();
            let panne = lancer(lieu.commande(&NUIT).env("JALON_PANNE", format!("{genre}:{moment}")));
            if !panne.err.contains("panne simulée") {
                // Beyond the last moment: the night was not disturbed.
                assert_eq!(lieu.etat(), attendu, "{genre}:{moment}");
                return;
            }
            atteints.fetch_max(moment, Ordering::SeqCst);
            assert!(panne.code != 0, "{genre}:{moment} is silent : {}", panne.tout());
            let restes = donnes(&lieu);
            assert!(recus.keys().all(|contenu| restes.contains_key(contenu)), "{genre}:{moment} loses a file");
            let reprise = lieu.nuit(&NUIT);
            assert!(matches!(reprise.code, 0 | 3), "{genre}:{moment} : {}", reprise.tout());
            let etat = lieu.etat();
            let noms = |etat: &BTreeMap<String, Vec<u8>>| etat.keys().cloned().collect::<Vec<_>>();
            assert_eq!(noms(&etat), noms(&attendu), "{genre}:{moment}\n{}", panne.tout());
            for (nom, contenu) in &attendu {
                assert!(etat[nom] == *contenu, "{genre}:{moment} : {nom} differs");
            }
            assert_eq!(donnes(&lieu), recus, "{genre}:{moment} doubles a file");
        }
    };
    std::thread::scope(|threads| {
        let autre = threads.spawn(essayer);
        essayer();
        autre.join().unwrap();
    });
    let atteints = atteints.load(Ordering::SeqCst);
    println!("{genre} : {atteints} moments");
    atteints
}

#[test]
fn a_night_killed_at_any_moment_loses_and_doubles_nothing() {
    let moments = a_chaque_moment("arret");
    assert!(moments > 100, "only {moments} moments: not everything goes through the layer");
}

#[test]
fn a_disk_that_fills_at_any_moment_loses_and_doubles_nothing() {
    assert!(a_chaque_moment("plein") > 100);
}

#[test]
fn a_disk_that_fails_at_any_moment_loses_and_doubles_nothing() {
    assert!(a_chaque_moment("erreur") > 100);
}
