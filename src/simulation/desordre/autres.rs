//! Files that are plainly something else, and those that are nothing to read.

use super::degat::{Attendu, Degat};
use super::{Des, Jour, date};

/// The name of a note, in an archive and beside the files.
pub(super) const LISEZ_MOI: &str = "LISEZ-MOI.txt";
/// What it says.
pub(super) const LISEZ_MOI_TEXTE: &str =
    "Bonjour,\nvoici les fichiers du mois, avec ceux qui manquaient la dernière fois.\n";

/// A file that no damage made.
pub(super) struct Autre {
    pub(super) nom: String,
    pub(super) octets: Vec<u8>,
    pub(super) degat: Degat,
    pub(super) attendu: Attendu,
}

/// All of them, dated about the last day.
pub(super) fn fichiers(graine: u64, dernier: Jour) -> Vec<Autre> {
    let mut des = Des::de(graine, 0xDE50_12D2, 1);
    let mut bruit = |n: usize| -> Vec<u8> { (0..n).map(|_| (des.suivant() >> 24) as u8).collect() };
    let jour = date(dernier);
    let autre = |nom: &str, octets: Vec<u8>, degat, attendu| Autre { nom: nom.to_owned(), octets, degat, attendu };
    let image = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &bruit(900)].concat();
    // An owner file begins with the length of a name, padded with blanks and NUL.
    let verrou = [b"\x05AGENT".as_slice(), &[b' '; 49], &[0, 5, 0], &[0; 106]].concat();
    let ds_store = [b"\0\0\0\x01Bud1\0\0\x10\0".as_slice(), &bruit(300)].concat();
    vec![
        autre(LISEZ_MOI, LISEZ_MOI_TEXTE.as_bytes().to_vec(), Degat::LisezMoi, Attendu::Ignore),
        autre("organigramme.png", image, Degat::Image, Attendu::Ignore),
        autre("~$suivi_orientations.xlsx", verrou, Degat::Verrou, Attendu::Ignore),
        autre(".DS_Store", ds_store, Degat::DsStore, Attendu::Ignore),
        autre(&format!("{jour}_orientations_vide.csv"), Vec::new(), Degat::Vide, Attendu::Refuse),
        autre("nouveau fichier", Vec::new(), Degat::VideAilleurs, Attendu::Ignore),
        autre(&format!("{jour}_rsa.RSABEI.anomalies.xml"), anomalies(dernier), Degat::Anomalies, Attendu::Compte),
    ]
}

/// The file of anomalies of a caisse: foyers that hold their reason, and nobody.
fn anomalies(le: Jour) -> Vec<u8> {
    let jour = date(le);
    let foyers: String = ["NIR ABSENT", "DATE DE NAISSANCE INCOMPATIBLE"]
        .iter()
        .enumerate()
        .map(|(rang, motif)| {
            format!(
                "<InfosFoyerRSA>\n<IdentificationRSA>\n<Organisme>\n<FONORG>CAF</FONORG>\n<NUMORG>821</NUMORG>\n</Organisme>\n\
                 <DemandeRSA>\n<NUMDEMRSA>9900000000{rang}</NUMDEMRSA>\n</DemandeRSA>\n</IdentificationRSA>\n\
                 <Anomalie>\n<LIBANO>{motif}</LIBANO>\n</Anomalie>\n</InfosFoyerRSA>\n"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n<Racine>\n<IdentificationFlux>\n<TYPEFLUX>I</TYPEFLUX>\n<NATFLUX>D</NATFLUX>\n\
         <DTCREAFLUX>{jour}</DTCREAFLUX>\n<HEUCREAFLUX>05:00:00.0000</HEUCREAFLUX>\n<DTREF>{jour}</DTREF>\n</IdentificationFlux>\n{foyers}\
         <TransmissionFlux>\n<NBTOTDOSRSATRANSM>00000002</NBTOTDOSRSATRANSM>\n</TransmissionFlux>\n</Racine>\n"
    )
    .into_bytes()
}
