//! One thread or several: the same warehouse to the byte, and the same words.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jalon::simulation::{Forme, Reglages, ecrire};
use programme::{Sortie, commande, fichiers, lancer};

/// Monthlies of several lots, whole and damaged in ways that a reading in parts could take badly, and
/// the dailies and events of the same month.
fn deposer(forme: Forme, dossier: &Path) {
    let reglages = Reglages {
        graine: 7,
        personnes: 1_500,
        du: (2021, 1),
        au: (2021, 1),
        forme,
        realiste: true,
        quotidiens: true,
        desordre: false,
    };
    ecrire(&reglages, dossier).unwrap();
    let gros = fichiers(dossier).into_iter().max_by_key(|chemin| fs::metadata(chemin).unwrap().len()).unwrap();
    let texte = fs::read(&gros).unwrap();
    assert!(forme == Forme::Csv || texte.len() > 3_000_000, "{} bytes are not several lots", texte.len());
    let place = |fraction: usize| texte.len() * fraction / 100;
    let foyer = memchr::memmem::find_iter(&texte, b"<InfosFoyerRSA>").nth(300).unwrap_or(place(30));
    let remplacer = |debut: usize, fin: usize, par: &[u8]| [&texte[..debut], par, &texte[fin..]].concat();
    for (nom, abime) in [
        ("coupe", texte[..place(80)].to_vec()),
        ("repete", [&texte[..place(90)], &texte[place(40)..]].concat()),
        ("retire", remplacer(place(30), place(50), b"")),
        ("commentaire", remplacer(foyer, foyer, b"<!--")),
        ("cdata", remplacer(foyer, foyer, b"<![CDATA[ <InfosFoyerRSA> ]]>")),
        ("doctype", remplacer(foyer, foyer, b"<!DOCTYPE x>")),
        ("entite", remplacer(place(70), place(70), b"&x;")),
        ("lignes", remplacer(foyer, foyer, b"\n\n\n")),
        ("etats", fois(&texte, &[("<ETATDOSRSA>2", "<ETATDOSRSA>9"), (";DEM;2;", ";DEM;9;")], 40)),
    ] {
        fs::write(dossier.join(format!("2021-02-10_{nom}.{}", forme.nom())), abime).unwrap();
    }
}

/// One in so many of the places where a text stands, replaced by another of the same size.
fn fois(texte: &[u8], textes: &[(&str, &str)], sur: usize) -> Vec<u8> {
    let mut out = texte.to_vec();
    for (avant, apres) in textes {
        for place in memchr::memmem::find_iter(texte, avant.as_bytes()).step_by(sur) {
            out[place..place + apres.len()].copy_from_slice(apres.as_bytes());
        }
    }
    out
}

/// What a run with so many threads says, and the warehouse that it leaves.
fn ingerer(recu: &Path, cle: &Path, fils: usize) -> (Sortie, BTreeMap<String, Vec<u8>>) {
    let entrepot = tempfile::tempdir().unwrap();
    let sortie = lancer(
        commande(entrepot.path())
            .env("RAYON_NUM_THREADS", fils.to_string())
            .arg("--cle")
            .arg(cle)
            .arg("ingerer")
            .arg(recu),
    );
    let contenus = fichiers(entrepot.path()).into_iter().map(|chemin| {
        let nom = chemin.strip_prefix(entrepot.path()).unwrap().display().to_string();
        (nom, fs::read(&chemin).unwrap())
    });
    let contenus = contenus.collect();
    let racine = entrepot.path().display().to_string();
    (Sortie { out: sortie.out.replace(&racine, "ENTREPOT"), ..sortie }, contenus)
}

#[test]
fn the_number_of_threads_changes_neither_the_warehouse_nor_the_words() {
    for forme in [Forme::Xml, Forme::Csv] {
        let lieu = tempfile::tempdir().unwrap();
        let (recu, cle) = (lieu.path().join("recu"), lieu.path().join("cle"));
        fs::write(&cle, "0123456789abcdef".repeat(4)).unwrap();
        deposer(forme, &recu);
        let (attendue, entrepot) = ingerer(&recu, &cle, 1);
        assert_eq!(attendue.code, 3, "{}", attendue.tout());
        assert!(attendue.out.contains("REFUSÉ") && attendue.out.contains("de côté"), "{}", attendue.out);
        assert!(entrepot.keys().any(|nom| nom.starts_with("rejets/")), "{:?}", entrepot.keys());
        for fils in [2, 4] {
            let (sortie, autre) = ingerer(&recu, &cle, fils);
            assert_eq!((sortie.code, &sortie.out), (attendue.code, &attendue.out), "{fils}");
            assert!(autre.keys().eq(entrepot.keys()), "{fils}");
            for (nom, contenu) in &entrepot {
                assert!(autre[nom] == *contenu, "{nom} differs with {fils} threads");
            }
        }
    }
}
