//! Damaged files: whatever happened to an event file or to a CSV flux on its way, reading it never
//! panics, and what is handed over is what the count says.

#![allow(clippy::unwrap_used)]

#[path = "commun/degats.rs"]
mod degats;

use std::fs;
use std::path::Path;

use degats::{Degat, degats};

use jalon::flux::ouverture::{Apercu, Contenu, examiner, reconnaitre};
use jalon::flux::source::{Limites, Source};
use jalon::flux::{cnaf_csv, evenements_csv};
use jalon::releves::foyers::Tolerance;
use jalon::releves::{EnTete, Foyer, RecepteurFlux, Refus, Rejet};
use proptest::prelude::*;

const EVENEMENTS: &str = "\
id_evenement;saisi_le;annule;nir;numdemrsa;nom;prenom;date_naissance;date_notification;organisme;structure;referent
O1;2021-03-05;;1700152121008;;;;;2021-03-04;CD;\"Maison ; des solidarités\";X
O2;;0;;42;Noël;Ève;12/01/1980;05/03/2021;pe;\"deux
lignes\";\"dit \"\"Y\"\"\"
O3;2021-04-01;oui;;;;;;;;;

O4;;;1700152121008;;;;;2021-02-30;CD;;
";

const FLUX: &str = "\
TYPEFLUX,DTREF,DTCREAFLUX,HEUCREAFLUX,FONORG,NUMORG,MATRICULE,NUMDEMRSA,NIR,NOM,PRENOM,DTNAI,ROLEPERS,ETATDOSRSA,TOPPERSDRODEVORSA,DDSUSDRORSA\r
M,2021-01-31,2021-02-05,21:27:43,CAF,821,000000000000010,00000000001,1700152121008,MARTIN,Ève,1970-01-02,DEM,2,1,\r
M,2021-01-31,2021-02-05,21:27:43,CAF,821,000000000000010,00000000001,,MARTIN,\"Zoé, Ida\",2010-05-06,ENF,2,,\r
M,2021-01-31,2021-02-05,21:27:43,CAF,821,000000000000020,00000000002,,NOËL,PAUL,1981-01-02,DEM,3,0,2021-01-10\r
";

const SIGNES: &[&str] =
    &["\"", ";", ",", "\t", "\r", "\n", "\r\n", "\0", "\u{feff}", "<", "<Racine>", "é", "nir", "NOM;", "PK\u{3}\u{4}"];

/// Counts, and checks the order of the calls.
#[derive(Default)]
struct Compte {
    en_tetes: u64,
    foyers: u64,
    rejets: u64,
    lignes: Vec<u64>,
}

impl RecepteurFlux for Compte {
    fn en_tete(&mut self, _: &EnTete) -> Result<(), Refus> {
        self.en_tetes += 1;
        Ok(())
    }
    fn foyer(&mut self, foyer: Foyer) -> Result<(), Refus> {
        assert_eq!(self.en_tetes, 1);
        self.foyers += 1;
        self.lignes.push(foyer.ligne);
        Ok(())
    }
    fn rejet(&mut self, rejet: Rejet) -> Result<(), Refus> {
        assert_eq!(self.en_tetes, 1);
        self.rejets += 1;
        self.lignes.push(rejet.ligne);
        Ok(())
    }
}

/// Lines in the order of the file, none twice, none beyond its end.
fn lignes_du_fichier(lignes: &[u64], octets: &[u8]) -> bool {
    let fins = octets.iter().filter(|b| matches!(b, b'\n' | b'\r')).count() as u64;
    lignes.is_sorted_by(|a, b| a < b) && lignes.iter().all(|ligne| (2..=fins + 1).contains(ligne))
}

fn regarder(chemin: &Path) -> std::io::Result<Apercu> {
    examiner(&Source::fichier(chemin), &Limites::default())
}

fn lire(chemin: &Path, octets: &[u8]) -> Result<(), TestCaseError> {
    let ouvrir = || Source::fichier(chemin).ouvrir(&Limites::default()).unwrap();
    let apercu = regarder(chemin).map_err(|erreur| TestCaseError::fail(erreur.to_string()))?;
    prop_assert_eq!(apercu.taille, octets.len() as u64);
    prop_assert_eq!(apercu.digest, blake3::hash(octets));
    prop_assert_eq!(apercu.utf8, std::str::from_utf8(octets).is_ok());
    prop_assert_eq!(apercu.octet_nul, octets.contains(&0));
    for nom in ["a.xml", "LISEZMOI", "a.gz"] {
        let _ = reconnaitre(nom, &apercu);
    }
    match reconnaitre("saisies.csv", &apercu) {
        Ok(Contenu::Evenements(genre, tableur)) => {
            let (mut evenements, mut rejets) = (0, 0);
            let lignes = std::cell::RefCell::new(Vec::new());
            let bilan = evenements_csv::lire(
                ouvrir(),
                genre,
                &tableur,
                "2021-07-01".parse().unwrap(),
                None,
                &mut |evenement| {
                    evenements += 1;
                    lignes.borrow_mut().push(evenement.ligne);
                    Ok(())
                },
                &mut |rejet, _| {
                    rejets += 1;
                    lignes.borrow_mut().push(rejet.ligne);
                    Ok(())
                },
            );
            if let Ok(bilan) = bilan {
                prop_assert_eq!((bilan.lignes, bilan.rejetes), (evenements + rejets, rejets));
            }
            prop_assert!(lignes_du_fichier(&lignes.borrow(), octets), "{:?}", lignes);
        }
        Ok(Contenu::FluxCsv(tableur)) => {
            let mut compte = Compte::default();
            let bilan = cnaf_csv::lire(ouvrir(), &tableur, &mut compte, Tolerance::default());
            if let Ok(bilan) = bilan {
                prop_assert_eq!(compte.en_tetes, 1);
                prop_assert_eq!((bilan.foyers, bilan.rejetes), (compte.foyers + compte.rejets, compte.rejets));
            }
            prop_assert!(lignes_du_fichier(&compte.lignes, octets), "{:?}", compte.lignes);
        }
        Ok(Contenu::FluxXml | Contenu::Autre(_)) | Err(_) => {}
    }
    Ok(())
}

fn lire_abime(texte: &str, degats: &[Degat]) -> Result<(), TestCaseError> {
    let mut octets = texte.as_bytes().to_vec();
    degats.iter().for_each(|degat| degat.subir(&mut octets));
    let fichier = tempfile::NamedTempFile::new().unwrap();
    fs::write(fichier.path(), &octets).unwrap();
    // Two bytes say that a file is compressed: a damaged one may begin with them.
    if octets.starts_with(&[0x1f, 0x8b]) {
        let _ = regarder(fichier.path());
        return Ok(());
    }
    lire(fichier.path(), &octets)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn a_damaged_event_file_is_read_set_aside_or_refused(degats in degats(SIGNES)) {
        lire_abime(EVENEMENTS, &degats)?;
    }

    #[test]
    fn a_damaged_csv_flux_is_read_set_aside_or_refused(degats in degats(SIGNES)) {
        lire_abime(FLUX, &degats)?;
    }
}

/// The two files above are what they claim to be before anything happens to them.
#[test]
fn the_files_of_this_test_are_read_when_whole() {
    let fichier = tempfile::NamedTempFile::new().unwrap();
    for texte in [EVENEMENTS, FLUX] {
        fs::write(fichier.path(), texte).unwrap();
        let contenu = reconnaitre("saisies.csv", &regarder(fichier.path()).unwrap()).unwrap();
        assert!(matches!(contenu, Contenu::Evenements(..) | Contenu::FluxCsv(_)), "{contenu:?}");
        lire(fichier.path(), texte.as_bytes()).unwrap();
    }
}
