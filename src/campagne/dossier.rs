//! The folder of a submission on disk: what jalon wrote in it and with which digests, so that nothing
//! an agent wrote is ever lost, and that a folder is replaced whole.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::remise::Fichier;
use super::sceau::{EMPREINTE, SCEAU, SegmentScelle};
use super::{ErreurDossier, Question, disque as acces, sha256};
use crate::disque;

/// What a folder was prepared from.
pub const PREPARATION: &str = "preparation.json";
/// The référentiel, its whole text.
pub const REFERENTIEL: &str = "referentiel.toml";
/// The only file that the agent edits before sealing.
pub const COMMENTAIRES: &str = "commentaires.md";
/// Version of `preparation.json` and `sceau.json`. A reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// What `preparation.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// Version of the file ([`FORMAT`]).
    pub format: u32,
    /// Version of the program that prepared the folder.
    pub programme: String,
    /// Day of the preparation.
    pub prepare_le: NaiveDate,
    /// What the figures depend on.
    pub question: Question,
    /// The figures, see [`super::chiffres`].
    pub chiffres: Map<String, Value>,
    /// SHA-256 of each file written, by its name.
    pub fichiers: BTreeMap<String, String>,
    /// Files of an earlier preparation that somebody had changed, set aside under these names.
    pub gardes: Vec<String>,
    /// Fingerprint of the key of the warehouse.
    pub cle: String,
    /// What the figures were made from.
    pub segments: Vec<SegmentScelle>,
}

/// What stands at the place of a folder.
#[derive(Debug)]
pub enum Etat {
    /// Nothing, or an empty folder.
    Libre,
    /// A folder that was prepared.
    Prepare(Box<Preparation>),
    /// A folder that was sealed.
    Scelle,
    /// Something else, that is left alone.
    Autre(String),
}

/// The names in a folder, without those that begin with a dot (drafts, locks of an office suite).
pub(super) fn noms(dossier: &Path) -> Result<Vec<String>, ErreurDossier> {
    let mut noms = Vec::new();
    for entree in fs::read_dir(dossier).map_err(acces(dossier))? {
        let nom = entree.map_err(acces(dossier))?.file_name().to_string_lossy().into_owned();
        if !nom.starts_with('.') {
            noms.push(nom);
        }
    }
    noms.sort();
    Ok(noms)
}

/// Reads a file of a folder.
pub(super) fn lire(dossier: &Path, nom: &str) -> Result<Vec<u8>, ErreurDossier> {
    let chemin = dossier.join(nom);
    fs::read(&chemin).map_err(acces(&chemin))
}

/// Reads a JSON file of a folder, refusing a newer version than this program knows.
pub(super) fn lire_json<T: serde::de::DeserializeOwned>(chemin: &Path, octets: &[u8]) -> Result<T, ErreurDossier> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let illisible = |error: serde_json::Error| {
        ErreurDossier::Refus(format!(
            "{} est illisible (ligne {}). Restaurez ce dossier depuis une sauvegarde, ou préparez-en un autre",
            chemin.display(),
            error.line()
        ))
    };
    let Version { format } = serde_json::from_slice(octets).map_err(illisible)?;
    if format > FORMAT {
        return Err(ErreurDossier::Refus(format!(
            "{} est au format {format}, ce programme lit jusqu'au format {FORMAT}. Mettez jalon à jour",
            chemin.display()
        )));
    }
    serde_json::from_slice(octets).map_err(illisible)
}

/// Looks at the place of a folder.
///
/// # Errors
/// The disk refused, or a preparation that cannot be read.
pub fn etat(dossier: &Path) -> Result<Etat, ErreurDossier> {
    match fs::metadata(dossier) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Etat::Libre),
        Err(error) => return Err(acces(dossier)(error)),
        Ok(meta) if !meta.is_dir() => return Ok(Etat::Autre("ce n'est pas un dossier".to_owned())),
        Ok(_) => {}
    }
    let noms = noms(dossier)?;
    if noms.is_empty() {
        return Ok(Etat::Libre);
    }
    if noms.iter().any(|nom| nom == EMPREINTE) {
        return Ok(Etat::Scelle);
    }
    if !noms.iter().any(|nom| nom == PREPARATION) {
        return Ok(Etat::Autre(format!("il contient {}", noms.join(", "))));
    }
    let preparation: Preparation = lire_json(&dossier.join(PREPARATION), &lire(dossier, PREPARATION)?)?;
    Ok(Etat::Prepare(Box::new(preparation)))
}

impl Preparation {
    /// The names in a folder that are none of its own.
    pub(super) fn etrangers(&self, dossier: &Path) -> Result<Vec<String>, ErreurDossier> {
        let mut noms = noms(dossier)?;
        noms.retain(|nom| {
            // A sealing that was interrupted leaves its seal without the digest that closes it.
            !self.fichiers.contains_key(nom) && !self.gardes.contains(nom) && nom != PREPARATION && nom != SCEAU
        });
        Ok(noms)
    }

    /// The files that somebody changed since, and those that are no longer there.
    pub(super) fn changes(&self, dossier: &Path) -> Result<(Vec<String>, Vec<String>), ErreurDossier> {
        let (mut modifies, mut absents) = (Vec::new(), Vec::new());
        for (nom, empreinte) in &self.fichiers {
            if !dossier.join(nom).is_file() {
                absents.push(nom.clone());
            } else if sha256(&lire(dossier, nom)?) != *empreinte {
                modifies.push(nom.clone());
            }
        }
        Ok((modifies, absents))
    }
}

/// A place to prepare a folder, seen to be ours.
#[derive(Debug)]
pub struct Place {
    dossier: PathBuf,
    /// Where the new folder is made, whole, before it takes the place of the other.
    brouillon: PathBuf,
    /// Where the other waits meanwhile.
    ancien: PathBuf,
    precedente: Option<Preparation>,
}

impl Place {
    /// Looks whether a folder may be prepared here. Nothing is written but the end of a replacement
    /// that was interrupted.
    ///
    /// # Errors
    /// A sealed folder, or one that holds something else: both are left as they are.
    pub fn prendre(dossier: &Path) -> Result<Self, ErreurDossier> {
        // A link is followed: it is the folder that is replaced.
        let dossier = fs::canonicalize(dossier).unwrap_or_else(|_| dossier.to_owned());
        let nom = dossier.file_name().map(|nom| nom.to_string_lossy().into_owned()).ok_or_else(|| {
            ErreurDossier::Refus(format!(
                "{} ne peut pas être le dossier d'une remise. Donnez-lui un nom",
                dossier.display()
            ))
        })?;
        let voisin = |suffixe: &str| dossier.with_file_name(format!(".{nom}.{suffixe}"));
        let (brouillon, ancien) = (voisin("partiel"), voisin("ancien"));
        if ancien.exists() {
            // Killed between the two renamings: the folder that was there comes back.
            if dossier.exists() {
                disque::supprimer_dossier(&ancien).map_err(acces(&ancien))?;
            } else {
                disque::renommer(&ancien, &dossier).map_err(acces(&dossier))?;
            }
        }
        let refus = |pourquoi: String| Err(ErreurDossier::Refus(format!("{} {pourquoi}", dossier.display())));
        let precedente = match etat(&dossier)? {
            Etat::Libre => None,
            Etat::Prepare(preparation) => {
                let etrangers = preparation.etrangers(&dossier)?;
                if !etrangers.is_empty() {
                    return refus(format!(
                        "contient {}, que jalon n'y a pas mis. Déplacez ce qui n'est pas de la remise, ou choisissez un autre dossier avec --sortie",
                        etrangers.join(", ")
                    ));
                }
                Some(*preparation)
            }
            Etat::Scelle => {
                return refus(
                    "est scellé : il ne change plus. Préparez dans un autre dossier avec --sortie, et comparez les deux avec « jalon campagne comparer »"
                        .to_owned(),
                );
            }
            Etat::Autre(raison) => {
                return refus(format!(
                    "n'est pas le dossier d'une remise ({raison}). Choisissez-en un autre avec --sortie"
                ));
            }
        };
        Ok(Self { dossier, brouillon, ancien, precedente })
    }

    /// Writes the folder, whole or not at all. What somebody had changed of the one before is kept
    /// beside, under another name; gives these names.
    ///
    /// # Errors
    /// The disk refused: what was there is still there.
    pub fn ecrire(self, mut preparation: Preparation, fichiers: &[Fichier]) -> Result<Vec<String>, ErreurDossier> {
        let Self { dossier, brouillon, ancien, precedente } = self;
        if brouillon.exists() {
            disque::supprimer_dossier(&brouillon).map_err(acces(&brouillon))?;
        }
        disque::creer_dossier(&brouillon).map_err(acces(&brouillon))?;
        let ecrire = |nom: &str, octets: &[u8]| {
            let chemin = brouillon.join(nom);
            disque::ecrire(&chemin, octets).map_err(acces(&dossier.join(nom)))
        };
        let referentiel = (REFERENTIEL, preparation.question.referentiel.clone().into_bytes());
        for (nom, octets) in fichiers.iter().chain([&referentiel]) {
            ecrire(nom, octets)?;
            preparation.fichiers.insert((*nom).to_owned(), sha256(octets));
        }
        let mut nouveaux = Vec::new();
        if let Some(precedente) = &precedente {
            for nom in precedente.gardes.iter().filter(|nom| dossier.join(nom).is_file()) {
                ecrire(nom, &lire(&dossier, nom)?)?;
                preparation.gardes.push(nom.clone());
            }
            for nom in precedente.changes(&dossier)?.0 {
                let octets = lire(&dossier, &nom)?;
                if preparation.fichiers.get(&nom) != Some(&sha256(&octets)) {
                    let garde = libre(&preparation.gardes, &nom);
                    ecrire(&garde, &octets)?;
                    preparation.gardes.push(garde.clone());
                    nouveaux.push(garde);
                }
            }
        }
        let json = serde_json::to_vec_pretty(&preparation).map_err(std::io::Error::from).map_err(acces(&dossier))?;
        ecrire(PREPARATION, &json)?;
        if precedente.is_some() {
            disque::renommer(&dossier, &ancien).map_err(acces(&dossier))?;
        }
        disque::renommer(&brouillon, &dossier).map_err(acces(&dossier))?;
        if precedente.is_some() {
            disque::supprimer_dossier(&ancien).map_err(acces(&ancien))?;
        }
        Ok(nouveaux)
    }
}

/// A name under which a file that somebody changed is set aside: `commentaires-1.md`.
fn libre(pris: &[String], nom: &str) -> String {
    let (debut, suffixe) = nom.rsplit_once('.').unwrap_or((nom, ""));
    let noms = (1u32..).map(|n| format!("{debut}-{n}.{suffixe}"));
    noms.into_iter().find(|nom| !pris.contains(nom)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_set_aside_never_takes_the_name_of_another() {
        assert_eq!(libre(&[], "commentaires.md"), "commentaires-1.md");
        assert_eq!(libre(&["commentaires-1.md".to_owned()], "commentaires.md"), "commentaires-2.md");
    }
}
