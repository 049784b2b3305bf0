//! The program as people run it, and a few files to give it.

#![allow(dead_code, reason = "each test program uses its part")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What came out of a run.
#[derive(Debug)]
pub struct Sortie {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Sortie {
    /// Everything that was printed.
    pub fn tout(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

pub fn commande(entrepot: &Path) -> Command {
    let mut commande = Command::new(env!("CARGO_BIN_EXE_jalon"));
    commande.env_remove("JALON_ENTREPOT").env_remove("COLUMNS").env("NO_COLOR", "1").arg("--entrepot").arg(entrepot);
    commande
}

/// Runs the program on a warehouse.
pub fn jalon<A: AsRef<OsStr>>(entrepot: &Path, arguments: impl IntoIterator<Item = A>) -> Sortie {
    lancer(commande(entrepot).args(arguments))
}

pub fn lancer(commande: &mut Command) -> Sortie {
    let sortie = commande.output().unwrap();
    let texte = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    Sortie { code: sortie.status.code().unwrap_or(-1), out: texte(sortie.stdout), err: texte(sortie.stderr) }
}

/// Every file below a folder, in order.
pub fn fichiers(dossier: &Path) -> Vec<PathBuf> {
    let mut trouves = Vec::new();
    let mut reste = vec![dossier.to_owned()];
    while let Some(ici) = reste.pop() {
        for entree in fs::read_dir(&ici).unwrap() {
            let chemin = entree.unwrap().path();
            if chemin.is_dir() { reste.push(chemin) } else { trouves.push(chemin) }
        }
    }
    trouves.sort();
    trouves
}

/// The segments in their places; drafts apart.
pub fn segments(entrepot: &Path) -> Vec<PathBuf> {
    let branches = ["flux", "evenements"].map(|branche| entrepot.join(branche));
    branches.iter().filter(|branche| branche.is_dir()).flat_map(|branche| fichiers(branche)).collect()
}

/// A monthly flux in XML: one claimant a dossier.
pub fn flux(dtref: &str, creation: &str, foyers: &[(&str, &str)]) -> String {
    let foyers: String = foyers
        .iter()
        .map(|(numdemrsa, etat)| {
            format!(
                "<InfosFoyerRSA><IdentificationRSA><Organisme><FONORG>CAF</FONORG><NUMORG>991</NUMORG></Organisme><DemandeRSA><NUMDEMRSA>{numdemrsa}</NUMDEMRSA></DemandeRSA></IdentificationRSA>\
                 <Personne><Identification><NOM>BRUMEVAL</NOM><PRENOM>ONDINE</PRENOM><DTNAI>1987-04-19</DTNAI><NIR>{}</NIR></Identification><Prestations><NATPREST>RSA</NATPREST><ROLEPERS>DEM</ROLEPERS></Prestations>\
                 <MontantCalculDroitRSAPersonne><TOPPERSDRODEVORSA>1</TOPPERSDRODEVORSA></MontantCalculDroitRSAPersonne></Personne>\
                 <PrestationRSA><SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>{etat}</ETATDOSRSA></EtatDossierRSA></SituationDossierRSA></PrestationRSA></InfosFoyerRSA>\n",
                nir(numdemrsa.parse().unwrap())
            )
        })
        .collect();
    let annonces = foyers.lines().count();
    format!(
        "<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n<Racine>\n<IdentificationFlux><TYPEFLUX>M</TYPEFLUX><NATFLUX>D</NATFLUX>\
         <DTCREAFLUX>{creation}</DTCREAFLUX><HEUCREAFLUX>01:00:00</HEUCREAFLUX><DTREF>{dtref}</DTREF></IdentificationFlux>\n{foyers}\
         <TransmissionFlux><NBTOTDOSRSATRANSM>{annonces}</NBTOTDOSRSATRANSM></TransmissionFlux>\n</Racine>\n"
    )
}

/// The NIR of nobody: the commune 999 of a department that is none.
pub fn nir(rang: u64) -> String {
    format!("28704999{:05}", rang % 100_000)
}

/// The same orientation, of the person of a dossier.
pub fn orientations(lignes: &[(u64, &str)]) -> String {
    let mut texte = String::from("id_evenement;nir;date_notification;organisme\n");
    for (rang, jour) in lignes {
        texte.push_str(&format!("O{rang};{};{jour};CD\n", nir(*rang)));
    }
    texte
}
