//! A submission, from its folder to its proof: prepared, sealed, verified, compared.
//!
//! ```text
//! preparer ─▶ DIR/ tables, report, comments, préparation      (the agent edits commentaires.md)
//! sceller  ─▶ DIR/sceau.json, sceau.sha256, read-only         + a copy in the warehouse
//! verifier ─▶ every file, then every figure, from the journal
//! comparer ─▶ why a figure moved from one folder to another, person by person
//! ```
//!
//! `docs/campagnes.md` documents the files for people who check them with other tools.

pub mod comparaison;
pub mod dossier;
pub mod remise;
pub mod sceau;
pub mod verification;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::slice;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use self::remise::{ErreurRemise, Fichier, Voulu};
use crate::controle::{Entrepot, completude_du, examiner};
use crate::historique::Historique;
use crate::indicateurs::{Tableau, Valeur};
use crate::journal::depot::{Depot, ErreurDepot, Segments};
use crate::journal::lecture::existait;
use crate::qualite::{Cadre, Seuils};
use crate::rapport::detail::{Noms, noms};
use crate::rapport::{Contexte, Remise, qualite as rapport};
use crate::referentiel::{ErreurReferentiel, Referentiel};
use crate::rejeu::histoire;
use crate::systeme::EnFrancais;
use crate::temps::{Jour, Periode};

/// Why a folder cannot be prepared, sealed or verified. In French, ready to be shown.
#[derive(Debug, thiserror::Error)]
pub enum ErreurDossier {
    /// What is asked cannot be, and what to do.
    #[error("{0}")]
    Refus(String),
    /// The warehouse.
    #[error(transparent)]
    Depot(#[from] ErreurDepot),
    /// A file cannot be made.
    #[error(transparent)]
    Remise(#[from] ErreurRemise),
    /// The disk refused.
    #[error("accès impossible à {} : {}. Vérifiez la place sur le disque et les droits", .0.display(), EnFrancais(.1))]
    Disque(PathBuf, std::io::Error),
}

impl From<ErreurReferentiel> for ErreurDossier {
    fn from(error: ErreurReferentiel) -> Self {
        Self::Refus(error.to_string())
    }
}

fn disque(chemin: &Path) -> impl FnOnce(std::io::Error) -> ErreurDossier {
    let chemin = chemin.to_owned();
    move |source| ErreurDossier::Disque(chemin, source)
}

/// The three days of a period, as the folder records them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    /// First day.
    pub du: NaiveDate,
    /// Last day.
    pub au: NaiveDate,
    /// Day on which the outcomes are closed.
    pub arrete: NaiveDate,
}

impl From<Periode> for Dates {
    fn from(periode: Periode) -> Self {
        Self { du: periode.du.date(), au: periode.au.date(), arrete: periode.arrete.date() }
    }
}

impl From<Dates> for Periode {
    fn from(dates: Dates) -> Self {
        Self { du: dates.du.into(), au: dates.au.into(), arrete: dates.arrete.into() }
    }
}

/// Everything that the figures of a folder depend on, but for the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Name of the campaign.
    pub campagne: String,
    /// Its period.
    pub periode: Dates,
    /// The day whose knowledge was asked.
    pub connu_le: NaiveDate,
    /// Every reading, by its switch.
    pub lectures: BTreeMap<String, String>,
    /// Whether the folder is meant to leave the department.
    pub diffusion: bool,
    /// The référentiel, its whole text.
    pub referentiel: String,
}

impl Question {
    /// The référentiel with the readings asked for.
    ///
    /// # Errors
    /// A référentiel, or a reading, that this program does not know.
    pub fn regles(&self) -> Result<Referentiel, ErreurDossier> {
        let mut referentiel = Referentiel::lire(&self.referentiel)?;
        for (cle, valeur) in &self.lectures {
            referentiel.lectures.choisir(cle, valeur)?;
        }
        Ok(referentiel)
    }
}

/// What is made from a question and a journal.
#[derive(Clone, Debug)]
pub struct Produit {
    /// The figures, see [`chiffres`].
    pub chiffres: Map<String, Value>,
    /// The files of the folder that jalon writes.
    pub fichiers: Vec<Fichier>,
    /// Why 3.1.1 cannot be trusted whole, when it cannot.
    pub motif: Option<String>,
    /// What must be said of the flux, when they lack something.
    pub manques: Option<String>,
}

/// Which files are made from a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Etendue {
    /// The figures alone.
    Chiffres,
    /// The files that tell the figures and the people behind them.
    Socle,
    /// The whole folder.
    Tout,
}

/// Computes a table from segments, and makes its files. `segments` are those of `depot`, or some of
/// them.
///
/// # Errors
/// A damaged segment, a référentiel that this program does not know.
pub fn produire(
    depot: &Depot,
    segments: Segments,
    question: &Question,
    historique: Historique,
    etendue: Etendue,
) -> Result<Produit, ErreurDossier> {
    let referentiel = question.regles()?;
    let Segments { mut flux, mut evenements } = segments;
    let connu_le = Some(question.connu_le);
    flux.retain(|segment| existait(segment.meta.commun.recu_le, connu_le));
    let histoire = histoire(&flux, &evenements, connu_le)?;
    evenements.retain(|segment| existait(segment.meta.commun.recu_le, connu_le));
    let (periode, jour) = (Periode::from(question.periode), Jour::from(question.connu_le));
    let seuils = Seuils::default();
    let completude = completude_du(&flux, (periode.du, periode.au), Some(jour), &seuils);
    let contexte = Contexte {
        campagne: Some(&question.campagne),
        periode,
        connu_le: Some(jour),
        referentiel: &referentiel,
        completude: &completude,
        diffusion: question.diffusion,
    };
    let remise = match etendue {
        // Nothing is hidden of what is only compared with the seal.
        Etendue::Chiffres => remise::tableau_seul(&histoire, contexte),
        Etendue::Socle | Etendue::Tout => remise::remise(&histoire, contexte, &Voulu::tout(), historique),
    };
    let noms = match etendue {
        Etendue::Chiffres => Noms::default(),
        Etendue::Socle | Etendue::Tout => noms(&histoire, &flux, slice::from_ref(&remise.tableau))?,
    };
    let mut fichiers = match etendue {
        Etendue::Chiffres => Vec::new(),
        Etendue::Socle | Etendue::Tout => remise::fichiers_du_tableau(&histoire, &noms, &remise)?,
    };
    if etendue == Etendue::Tout {
        fichiers.extend(remise::fichiers_de_la_remise(&histoire, &noms, &remise)?);
        // Who waits for what is for the department alone.
        if !question.diffusion {
            let entrepot = Entrepot { racine: depot.racine(), flux: &flux, evenements: &evenements };
            let cadre = Cadre { du: periode.du, au: periode.au, connu_le: jour };
            let qualite = examiner(&entrepot, &histoire, cadre, Some(jour), &referentiel, &seuils)?;
            let json = rapport::json(&qualite, &seuils.depasses(&qualite));
            fichiers.push(("qualite.json", format!("{json:#}\n").into_bytes()));
        }
    }
    let Remise { tableau, .. } = &remise;
    Ok(Produit {
        chiffres: chiffres(tableau),
        fichiers,
        motif: tableau.indicateurs.iter().find(|i| i.remarques.is_some()).and_then(|i| i.motif.clone()),
        manques: completude.incomplete().then(|| completude.phrase()),
    })
}

/// The figures of a table by name: `3.1.2`, `3.1.2 taux`, `frequence_transmissions CAF821`. One that
/// cannot be computed is `null`, one that is hidden is « s. ».
#[must_use]
pub fn chiffres(tableau: &Tableau<'_>) -> Map<String, Value> {
    let nombre = |valeur: Option<Valeur>| match valeur {
        None => Value::Null,
        Some(Valeur::Masquee) => json!(crate::rapport::SECRET),
        Some(Valeur::Entier(n)) => json!(n),
        Some(Valeur::Decimal(x)) => json!(x),
    };
    let mut out = Map::new();
    for indicateur in &tableau.indicateurs {
        let id = indicateur.definition.id;
        out.insert(id.to_owned(), nombre(indicateur.valeur));
        if let Some(calculee) = indicateur.valeur_calculee {
            out.insert(format!("{id} valeur_calculee"), nombre(calculee));
        }
        if let Some(tenue) = &indicateur.tenue {
            let r = &tenue.repartition;
            let parts = [
                ("taux", tenue.taux),
                ("moyenne_jours", r.moyenne_jours),
                ("mediane_jours", r.mediane_jours),
                ("dans_les_delais", Some(r.dans_les_delais)),
                ("hors_delai", Some(r.hors_delai)),
                ("hors_champ", Some(r.hors_champ)),
                ("en_cours", Some(r.en_cours)),
                ("echus", Some(r.echus)),
            ];
            out.extend(parts.map(|(nom, valeur)| (format!("{id} {nom}"), nombre(valeur))));
        }
    }
    for c in &tableau.complementaires {
        let caisse = c.caisse.as_ref().map(|caisse| format!(" {caisse}")).unwrap_or_default();
        out.insert(format!("{}{caisse}", c.code), nombre(c.valeur));
    }
    out
}

/// A figure that is not the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Ecart {
    /// Its name, as in [`chiffres`].
    pub nom: String,
    /// What it was.
    pub avant: Value,
    /// What it is.
    pub apres: Value,
}

/// The figures that are not the same. One that `avant` does not have is new, one that it hides cannot be
/// compared: neither proves anything.
#[must_use]
pub fn ecarts(avant: &Map<String, Value>, apres: &Map<String, Value>) -> Vec<Ecart> {
    let memes = |a: &Value, b: &Value| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.to_bits() == b.to_bits(),
        _ => a == b || a.is_string(),
    };
    avant
        .iter()
        .map(|(nom, avant)| (nom, avant, apres.get(nom).unwrap_or(&Value::Null)))
        .filter(|(_, avant, apres)| !memes(avant, apres))
        .map(|(nom, avant, apres)| Ecart { nom: nom.clone(), avant: avant.clone(), apres: apres.clone() })
        .collect()
}

/// A figure of a folder, for people.
#[must_use]
pub fn montrer(valeur: &Value) -> String {
    match valeur {
        Value::Null => crate::rapport::NON_DISPONIBLE.to_owned(),
        Value::String(texte) => texte.clone(),
        autre => autre.to_string().replace('.', ","),
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
#[must_use]
pub fn sha256(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The day of the knowledge when none is asked for: today, or the last reception when a clock set
/// back puts one after it, so that nothing that is in the warehouse is left out.
#[must_use]
pub fn connaissance(segments: &Segments, aujourd_hui: NaiveDate) -> NaiveDate {
    let flux = segments.flux.iter().map(|segment| segment.meta.commun.recu_le);
    let evenements = segments.evenements.iter().map(|segment| segment.meta.commun.recu_le);
    flux.chain(evenements).fold(aujourd_hui, NaiveDate::max)
}
