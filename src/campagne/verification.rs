//! The proof: every file of a sealed folder is still the one that was sealed, and the journal still
//! gives its figures.

pub mod ecrit;

use std::path::Path;

use serde_json::{Map, Value};

use super::dossier::{lire, lire_json, noms};
use super::sceau::{EMPREINTE, SCEAU, SCEAUX, Sceau, SegmentScelle, retenir};
use super::{Ecart, ErreurDossier, Etendue, disque as acces, ecarts, produire, sha256};
use crate::historique::Historique;
use crate::journal::depot::{Depot, Segments};
use crate::purge::personnes_purgees;

/// What became of the files of a sealed folder.
#[derive(Debug)]
pub struct Fichiers {
    /// The digest of the seal, as it is now.
    pub empreinte: String,
    /// Files whose content is no longer the sealed one, and those that are gone.
    pub touches: Vec<String>,
    /// Files that the seal does not cover.
    pub ajoutes: Vec<String>,
    /// What the seal says; `None` when the seal itself was touched: nothing in it can be believed.
    pub sceau: Option<Box<Sceau>>,
}

/// Looks at every file of a sealed folder.
///
/// # Errors
/// A folder that was never sealed, or that cannot be read.
pub fn fichiers(dossier: &Path) -> Result<Fichiers, ErreurDossier> {
    let presents = noms(dossier).map_err(|_| {
        ErreurDossier::Refus(format!(
            "{} n'est pas un dossier qui se lit. Vérifiez le chemin et les droits",
            dossier.display()
        ))
    })?;
    let a = |nom: &str| presents.iter().any(|present| present == nom);
    if !a(SCEAU) && !a(EMPREINTE) {
        return Err(ErreurDossier::Refus(format!(
            "{} n'est pas scellé : il n'y a rien à vérifier. « jalon campagne sceller » le scelle",
            dossier.display()
        )));
    }
    let mut touches = Vec::new();
    if !a(SCEAU) {
        return Ok(Fichiers {
            empreinte: String::new(),
            touches: vec![format!("{SCEAU} (absent)")],
            ajoutes: Vec::new(),
            sceau: None,
        });
    }
    let octets = lire(dossier, SCEAU)?;
    let empreinte = sha256(&octets);
    let ecrite = if a(EMPREINTE) { lire(dossier, EMPREINTE)? } else { Vec::new() };
    if ecrite != format!("{empreinte}  {SCEAU}\n").into_bytes() {
        touches.push(format!("{SCEAU} ou {EMPREINTE}"));
        return Ok(Fichiers { empreinte, touches, ajoutes: Vec::new(), sceau: None });
    }
    let sceau: Sceau = lire_json(&dossier.join(SCEAU), &octets)?;
    for (nom, attendue) in &sceau.fichiers {
        if !a(nom) {
            touches.push(format!("{nom} (absent)"));
        } else if sha256(&lire(dossier, nom)?) != *attendue {
            touches.push(nom.clone());
        }
    }
    let ajoutes =
        presents.into_iter().filter(|nom| !sceau.fichiers.contains_key(nom) && nom != SCEAU && nom != EMPREINTE);
    Ok(Fichiers { empreinte, touches, ajoutes: ajoutes.collect(), sceau: Some(Box::new(sceau)) })
}

/// What the journal says of the figures of a seal.
#[derive(Debug)]
pub struct Preuve {
    /// The figures that are not found again, from the sealed segments.
    pub ecarts: Vec<Ecart>,
    /// Sealed segments that the warehouse no longer has.
    pub manquants: Vec<String>,
    /// People removed since from the sealed segments.
    pub purgees: u64,
    /// Whether the warehouse is the one that was sealed: its key is the same.
    pub meme_cle: bool,
    /// Files that came since and that the same question would take today.
    pub arrives: Vec<SegmentScelle>,
    /// The figures that the same question gives today with them, when they differ from those found.
    pub aujourd_hui: Vec<Ecart>,
    /// Whether the warehouse keeps a copy of the seal.
    pub copie: bool,
    /// Why the sealed rules cannot be followed by this program.
    pub regles: Option<String>,
}

impl Preuve {
    /// Whether every figure is found again, from everything that was sealed: nobody was removed from it,
    /// even somebody who did not count.
    #[must_use]
    pub fn faite(&self) -> bool {
        let entier = self.manquants.is_empty() && self.purgees == 0;
        self.ecarts.is_empty() && entier && self.meme_cle && self.regles.is_none()
    }
}

/// Recomputes the figures of a seal from a warehouse.
///
/// # Errors
/// A warehouse that is damaged.
pub fn prouver(depot: &Depot, sceau: &Sceau, empreinte: &str) -> Result<Preuve, ErreurDossier> {
    let copie = depot.racine().join(SCEAUX).join(format!("{empreinte}.json"));
    let mut preuve = Preuve {
        ecarts: Vec::new(),
        manquants: Vec::new(),
        purgees: 0,
        meme_cle: depot.cle().fingerprint() == sceau.cle,
        arrives: Vec::new(),
        aujourd_hui: Vec::new(),
        copie: copie.try_exists().map_err(acces(&copie))?,
        regles: None,
    };
    if !preuve.meme_cle {
        return Ok(preuve);
    }
    if let Err(error) = sceau.question.regles() {
        preuve.regles = Some(error.to_string());
        return Ok(preuve);
    }
    let segments = depot.segments()?;
    segments.verifier_les_sommes()?;
    let (retenus, manquants) = retenir(&sceau.segments, &segments);
    preuve.manquants =
        manquants.iter().map(|segment| format!("{} (reçu le {})", segment.nom, segment.recu_le)).collect();
    preuve.purgees = personnes_purgees(&retenus, |purge| !sceau.purges.contains(&purge.registre));
    let retrouves = chiffres(depot, retenus, sceau)?;
    preuve.ecarts = ecarts(&sceau.chiffres, &retrouves);
    preuve.arrives = sceau.arrives_depuis(&segments);
    if !preuve.arrives.is_empty() {
        preuve.aujourd_hui = ecarts(&retrouves, &chiffres(depot, segments, sceau)?);
    }
    Ok(preuve)
}

fn chiffres(depot: &Depot, segments: Segments, sceau: &Sceau) -> Result<Map<String, Value>, ErreurDossier> {
    Ok(produire(depot, segments, &sceau.question, Historique::default(), Etendue::Chiffres)?.chiffres)
}
