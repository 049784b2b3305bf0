//! The seal: everything that the figures of a folder were made from, its files, and one digest over
//! all. Sealing writes it in the folder, closes the folder, and leaves a copy in the warehouse, so that
//! whoever purges it knows which submissions rest on what is removed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::dossier::{COMMENTAIRES, Etat, FORMAT, PREPARATION, Preparation, etat, lire, lire_json};
use super::{Ecart, ErreurDossier, Etendue, Question, disque as acces, ecarts, produire, sha256};
use crate::disque;
use crate::historique::Historique;
use crate::journal::depot::{Depot, Segments};
use crate::journal::lecture::existait;
use crate::journal::segment::Commun;

/// The seal.
pub const SCEAU: &str = "sceau.json";
/// The digest of the seal, as `sha256sum` writes it. A folder that has it is sealed.
pub const EMPREINTE: &str = "sceau.sha256";
/// The folder of the warehouse that keeps a copy of each seal.
pub const SCEAUX: &str = "sceaux";

/// A segment that the figures rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentScelle {
    /// `flux`, or the kind of its events.
    pub genre: String,
    /// BLAKE3 of the content that it was read from: its name in the warehouse.
    pub empreinte: String,
    /// Base name of the file.
    pub nom: String,
    /// Day of its reception.
    pub recu_le: NaiveDate,
    /// The file that it mends, when it is an extract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
}

impl SegmentScelle {
    fn new(genre: &str, commun: &Commun) -> Self {
        Self {
            genre: genre.to_owned(),
            empreinte: commun.empreinte.clone(),
            nom: commun.nom.clone(),
            recu_le: commun.recu_le,
            original: commun.extrait.as_ref().map(|extrait| extrait.original.clone()),
        }
    }
}

/// What `sceau.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sceau {
    /// Version of the file ([`FORMAT`]).
    pub format: u32,
    /// Version of the program that sealed.
    pub programme: String,
    /// Day of the sealing.
    pub scelle_le: NaiveDate,
    /// What the figures depend on, the référentiel in full.
    pub question: Question,
    /// The figures, see [`super::chiffres`].
    pub chiffres: Map<String, Value>,
    /// SHA-256 of each file of the folder, by its name.
    pub fichiers: BTreeMap<String, String>,
    /// Fingerprint of the key of the warehouse.
    pub cle: String,
    /// Removals that the warehouse had undergone.
    pub purges: Vec<String>,
    /// The segments: flux received by the day of the knowledge, every event file (what one received
    /// later says may have been known before).
    pub segments: Vec<SegmentScelle>,
}

/// The segments of a warehouse that a folder names, and those that are missing.
#[must_use]
pub fn retenir<'a>(liste: &'a [SegmentScelle], segments: &Segments) -> (Segments, Vec<&'a SegmentScelle>) {
    let voulus: FxHashSet<&str> = liste.iter().map(|segment| segment.empreinte.as_str()).collect();
    let mut retenus = segments.clone();
    retenus.flux.retain(|segment| voulus.contains(segment.meta.commun.empreinte.as_str()));
    retenus.evenements.retain(|segment| voulus.contains(segment.meta.commun.empreinte.as_str()));
    let flux = retenus.flux.iter().map(|segment| segment.meta.commun.empreinte.as_str());
    let la: FxHashSet<&str> =
        flux.chain(retenus.evenements.iter().map(|segment| segment.meta.commun.empreinte.as_str())).collect();
    let manquants = liste.iter().filter(|segment| !la.contains(segment.empreinte.as_str())).collect();
    (retenus, manquants)
}

impl Sceau {
    /// What is in a warehouse today and not in the seal.
    #[must_use]
    pub fn arrives_depuis(&self, segments: &Segments) -> Vec<SegmentScelle> {
        let connus: FxHashSet<&str> = self.segments.iter().map(|segment| segment.empreinte.as_str()).collect();
        let mut out = liste(segments, self.question.connu_le);
        out.retain(|segment| !connus.contains(segment.empreinte.as_str()));
        out
    }
}

/// The segments that a figure known on a day may rest on.
#[must_use]
pub fn liste(segments: &Segments, connu_le: NaiveDate) -> Vec<SegmentScelle> {
    let flux = segments.flux.iter().filter(|segment| existait(segment.meta.commun.recu_le, Some(connu_le)));
    let flux = flux.map(|segment| SegmentScelle::new("flux", &segment.meta.commun));
    let evenements = segments.evenements.iter().map(|s| SegmentScelle::new(&s.meta.genre, &s.meta.commun));
    let mut out: Vec<SegmentScelle> = flux.chain(evenements).collect();
    out.sort_by(|a, b| (&a.genre, a.recu_le, &a.nom, &a.empreinte).cmp(&(&b.genre, b.recu_le, &b.nom, &b.empreinte)));
    out
}

/// The removals that segments keep the trace of.
fn purges(segments: &Segments) -> Vec<String> {
    let flux = segments.flux.iter().flat_map(|segment| &segment.meta.commun.purges);
    let evenements = segments.evenements.iter().flat_map(|segment| &segment.meta.commun.purges);
    let noms: BTreeSet<&String> = flux.chain(evenements).map(|purge| &purge.registre).collect();
    noms.into_iter().cloned().collect()
}

/// What came of a sealing.
#[derive(Debug)]
pub enum Scellement {
    /// The folder is sealed; the digest of its seal.
    Fait(String),
    /// The folder no longer says what the journal says: these figures moved, or these files.
    APreparer(Vec<Ecart>, Vec<String>),
}

/// Seals a folder, on a warehouse held for writing.
///
/// # Errors
/// A folder that is none, that holds something else, or of which a file was changed.
pub fn sceller(depot: &Depot, dossier: &Path, le: NaiveDate) -> Result<Scellement, ErreurDossier> {
    let preparation = a_sceller(dossier)?;
    let segments = depot.segments()?;
    segments.verifier_les_sommes()?;
    let question = &preparation.question;
    let produit = produire(depot, segments.clone(), question, Historique::default(), Etendue::Socle)?;
    let ecarts = ecarts(&preparation.chiffres, &produit.chiffres);
    let autres = produit
        .fichiers
        .iter()
        .filter(|(nom, octets)| preparation.fichiers.get(*nom).is_none_or(|empreinte| *empreinte != sha256(octets)));
    let autres: Vec<String> = autres.map(|(nom, _)| (*nom).to_owned()).collect();
    if !ecarts.is_empty() || !autres.is_empty() {
        return Ok(Scellement::APreparer(ecarts, autres));
    }
    let mut fichiers = preparation.fichiers.clone();
    for nom in [COMMENTAIRES, PREPARATION].into_iter().chain(preparation.gardes.iter().map(String::as_str)) {
        if dossier.join(nom).is_file() {
            fichiers.insert(nom.to_owned(), sha256(&lire(dossier, nom)?));
        }
    }
    let sceau = Sceau {
        format: FORMAT,
        programme: env!("CARGO_PKG_VERSION").to_owned(),
        scelle_le: le,
        question: question.clone(),
        chiffres: preparation.chiffres.clone(),
        cle: depot.cle().fingerprint().to_owned(),
        purges: purges(&segments),
        segments: liste(&segments, question.connu_le),
        fichiers,
    };
    fermer(depot, dossier, &sceau).map(Scellement::Fait)
}

/// The preparation of a folder that may be sealed.
fn a_sceller(dossier: &Path) -> Result<Preparation, ErreurDossier> {
    let refus = |pourquoi: String| Err(ErreurDossier::Refus(format!("{} {pourquoi}", dossier.display())));
    let preparation = match etat(dossier)? {
        Etat::Prepare(preparation) => *preparation,
        Etat::Scelle => return refus("est déjà scellé. « jalon campagne verifier » le vérifie".to_owned()),
        Etat::Libre => return refus("est vide ou n'existe pas. « jalon campagne preparer » le remplit".to_owned()),
        Etat::Autre(raison) => {
            return refus(format!(
                "n'est pas le dossier d'une remise ({raison}). « jalon campagne preparer » en fait un"
            ));
        }
    };
    let etrangers = preparation.etrangers(dossier)?;
    if !etrangers.is_empty() {
        return refus(format!(
            "contient {}, que jalon n'y a pas mis. Déplacez-le avant de sceller",
            etrangers.join(", ")
        ));
    }
    if !preparation.gardes.is_empty() && preparation.gardes.iter().any(|nom| dossier.join(nom).exists()) {
        return refus(format!(
            "contient encore {}, mis de côté à une nouvelle préparation. Reprenez-en ce qui doit l'être dans {COMMENTAIRES}, puis déplacez-le",
            preparation.gardes.join(", ")
        ));
    }
    let (mut modifies, absents) = preparation.changes(dossier)?;
    modifies.retain(|nom| nom != COMMENTAIRES);
    if !modifies.is_empty() || !absents.is_empty() {
        let dire = |noms: &[String], quoi: &str| (!noms.is_empty()).then(|| format!("{quoi} : {}", noms.join(", ")));
        let quoi: Vec<String> =
            [dire(&modifies, "modifiés"), dire(&absents, "absents")].into_iter().flatten().collect();
        return refus(format!(
            "n'est plus tel que jalon l'a préparé ({}). Seul {COMMENTAIRES} se modifie : préparez le dossier à nouveau, ce qui a été modifié sera mis de côté",
            quoi.join(" ; ")
        ));
    }
    Ok(preparation)
}

/// Writes the seal, its copy in the warehouse, and last the digest that closes the folder.
fn fermer(depot: &Depot, dossier: &Path, sceau: &Sceau) -> Result<String, ErreurDossier> {
    let chemin = dossier.join(SCEAU);
    let mut octets = serde_json::to_vec_pretty(sceau).map_err(std::io::Error::from).map_err(acces(&chemin))?;
    octets.push(b'\n');
    let empreinte = sha256(&octets);
    disque::ecrire(&chemin, &octets).map_err(acces(&chemin))?;
    for nom in sceau.fichiers.keys().map(String::as_str).chain([SCEAU]) {
        let chemin = dossier.join(nom);
        disque::figer(&chemin).map_err(acces(&chemin))?;
    }
    let copies = depot.racine().join(SCEAUX);
    disque::creer_dossier(&copies).map_err(acces(&copies))?;
    let copie = copies.join(format!("{empreinte}.json"));
    disque::ecrire(&copie, &octets).map_err(acces(&copie))?;
    let chemin = dossier.join(EMPREINTE);
    disque::ecrire(&chemin, format!("{empreinte}  {SCEAU}\n").as_bytes()).map_err(acces(&chemin))?;
    disque::figer(&chemin).map_err(acces(&chemin))?;
    Ok(empreinte)
}

/// What the seal of a folder says, its files left alone.
///
/// # Errors
/// No seal, or one that cannot be read.
pub fn lu(dossier: &Path) -> Result<Sceau, ErreurDossier> {
    lire_json(&dossier.join(SCEAU), &lire(dossier, SCEAU)?)
}

/// The seals that a warehouse keeps a copy of, each with its digest, in the order of their names. One
/// that cannot be read is `None`: it is told too.
///
/// # Errors
/// The disk refused.
pub fn sceaux_de(racine: &Path) -> Result<Vec<(String, Option<Sceau>)>, ErreurDossier> {
    let dossier = racine.join(SCEAUX);
    if !dossier.is_dir() {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    for nom in super::dossier::noms(&dossier)? {
        if let Some(empreinte) = nom.strip_suffix(".json") {
            let sceau = lire_json(&dossier.join(&nom), &lire(&dossier, &nom)?).ok();
            out.push((empreinte.to_owned(), sceau));
        }
    }
    Ok(out)
}

/// What a removal must say of the submissions that were sealed: those that rest on a segment of which
/// `touches` says that it is rewritten.
///
/// # Errors
/// The disk refused.
pub fn touchees(racine: &Path, touches: impl Fn(&str) -> bool) -> Result<Vec<String>, ErreurDossier> {
    let mut out = Vec::new();
    for (empreinte, sceau) in sceaux_de(racine)? {
        let court = empreinte.get(..12).unwrap_or(&empreinte);
        match sceau {
            Some(sceau) => {
                let n = sceau.segments.iter().filter(|segment| touches(&segment.empreinte)).count();
                if n > 0 {
                    out.push(format!(
                        "{} scellée le {} (sceau {court}…), {n} de ses {} segments",
                        sceau.question.campagne,
                        sceau.scelle_le,
                        sceau.segments.len()
                    ));
                }
            }
            None => out.push(format!("sceau {court}…, illisible")),
        }
    }
    Ok(out)
}
