//! What a file would give, without writing anything: what is understood of it, and what is not.

use std::path::Path;

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use super::description::Origine;
use super::{Partie, Sources, lecture};
use crate::flux::evenements_csv;
use crate::flux::ouverture::{Contenu, examiner, reconnaitre};
use crate::flux::tableur::Signature;
use crate::releves::evenements::{BilanEvenements, Evenement};
use crate::releves::{MotifRejet, Refus, Rejet};

/// Rejects that are kept to be shown; all of them are counted.
const REJETS_GARDES: usize = 500;

/// What a file is found to be.
#[derive(Debug)]
pub enum Trouve {
    /// Tables of events, described or not.
    Tables(Vec<Partie>),
    /// A flux, which descriptions have nothing to do with.
    Flux,
    /// Something else; the text says why it is left alone.
    Autre(String),
}

/// How lines name their person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Designation {
    /// By a usable NIR.
    Nir,
    /// By NUMDEMRSA, name, first name and birth date.
    Dossier,
    /// By name, first name and birth date.
    Nom,
    /// By MATRICULE, with a name or a birth date.
    Matricule,
}

impl Designation {
    /// In French.
    #[must_use]
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Nir => "par le NIR",
            Self::Dossier => "par le NUMDEMRSA, le nom, le prénom et la date de naissance",
            Self::Nom => "par le nom, le prénom et la date de naissance",
            Self::Matricule => "par le matricule, avec le nom ou la date de naissance",
        }
    }

    fn de(evenement: &Evenement) -> Self {
        let identite = &evenement.identite;
        let nomme = !identite.nom.is_empty() && !identite.prenom.is_empty() && identite.date_naissance.is_some();
        match (identite.nir.is_some(), nomme, identite.numdemrsa.is_empty()) {
            (true, ..) => Self::Nir,
            (false, true, false) => Self::Dossier,
            (false, true, true) => Self::Nom,
            (false, false, _) => Self::Matricule,
        }
    }
}

/// What a table would give.
#[derive(Debug)]
pub struct Examen {
    /// What was counted.
    pub bilan: lecture::Bilan,
    /// Our columns, where each comes from, and how many events have it.
    pub colonnes: Vec<(&'static str, String, u64)>,
    /// Headings that nothing reads.
    pub inutiles: Vec<String>,
    /// How the events name their person.
    pub designations: Vec<(Designation, u64)>,
    /// Rejects by reason, most frequent first.
    pub motifs: Vec<(MotifRejet, u64)>,
    /// The first rejects.
    pub rejets: Vec<Rejet>,
}

impl Examen {
    /// Lines that would enter.
    #[must_use]
    pub fn comprises(&self) -> u64 {
        self.bilan.commun.lignes - self.bilan.commun.rejetes - self.bilan.hors_source()
    }
}

/// What a file is.
///
/// # Errors
/// The file cannot be read, or is refused.
pub fn trouver(chemin: &Path, sources: &Sources) -> Result<Trouve, Refus> {
    let nom = chemin.file_name().map(|nom| nom.to_string_lossy().into_owned()).unwrap_or_default();
    let apercu = examiner(chemin)?;
    let (contenu, parties) = sources.reconnaitre(chemin, &nom, &apercu, reconnaitre(&nom, &apercu))?;
    if !parties.is_empty() {
        return Ok(Trouve::Tables(parties));
    }
    Ok(match contenu {
        Contenu::FluxXml | Contenu::FluxCsv(_) => Trouve::Flux,
        Contenu::Autre(raison) => Trouve::Autre(raison),
        Contenu::Evenements(genre, tableur) => {
            Trouve::Tables(vec![Partie { genre, tableur, description: None, empreinte: String::new() }])
        }
    })
}

/// Reads a table through, and writes nothing.
///
/// # Errors
/// The file cannot be read, or is refused.
pub fn examiner_table(chemin: &Path, partie: &Partie, recu_le: NaiveDate) -> Result<Examen, Refus> {
    let noms: Vec<&'static str> = partie.genre.colonnes().iter().map(|colonne| colonne.nom).collect();
    let mut remplies = vec![0u64; noms.len()];
    let mut designations: FxHashMap<Designation, u64> = FxHashMap::default();
    let mut motifs: FxHashMap<MotifRejet, u64> = FxHashMap::default();
    let mut rejets = Vec::new();
    let mut evenement = |evenement: Evenement| {
        for (n, valeur) in remplies.iter_mut().zip(&evenement.valeurs) {
            *n += u64::from(valeur.is_some());
        }
        if partie.genre.nominatif() && !evenement.annule {
            *designations.entry(Designation::de(&evenement)).or_default() += 1;
        }
        Ok(())
    };
    let mut rejet = |rejet: Rejet| {
        *motifs.entry(rejet.motif).or_default() += 1;
        if rejets.len() < REJETS_GARDES {
            rejets.push(rejet);
        }
        Ok(())
    };
    let (tableur, genre) = (&partie.tableur, partie.genre);
    let bilan = match &partie.description {
        Some(description) => lecture::lire(chemin, description, tableur, recu_le, &mut evenement, &mut rejet)?,
        None => {
            let commun: BilanEvenements =
                evenements_csv::lire(chemin, genre, tableur, recu_le, &mut evenement, &mut rejet)?;
            lecture::Bilan { commun, hors: Vec::new() }
        }
    };
    let mut designations: Vec<_> = designations.into_iter().collect();
    designations.sort_unstable();
    let mut motifs: Vec<_> = motifs.into_iter().collect();
    motifs.sort_by_key(|(motif, n)| (std::cmp::Reverse(*n), *motif));
    Ok(Examen {
        bilan,
        colonnes: noms.into_iter().zip(remplies).map(|(nom, n)| (nom, origine(partie, nom), n)).collect(),
        inutiles: inutiles(partie),
        designations,
        motifs,
        rejets,
    })
}

/// Where a column comes from, in French; empty when nothing gives it.
fn origine(partie: &Partie, nom: &str) -> String {
    match &partie.description {
        None => partie.tableur.colonne(nom).map(|place| format!("« {} »", partie.tableur.montres()[place])),
        Some(description) => description.origine(nom).map(|origine| match origine {
            Origine::Constante(valeur) => format!("toujours « {valeur} »"),
            Origine::Lue(lecture) => {
                lecture.entetes.iter().map(|entete| format!("« {} »", entete.montre)).collect::<Vec<_>>().join(" et ")
            }
        }),
    }
    .unwrap_or_default()
}

/// The headings that nothing reads.
fn inutiles(partie: &Partie) -> Vec<String> {
    let lues: Vec<String> = match &partie.description {
        Some(description) => description.toutes_les_entetes().map(|entete| entete.norme.clone()).collect(),
        None => Signature::Evenements(partie.genre).colonnes().into_iter().map(str::to_owned).collect(),
    };
    let entetes = partie.tableur.entetes().iter().zip(partie.tableur.montres());
    let inutiles = entetes.filter(|(entete, _)| !entete.is_empty() && !lues.contains(entete));
    inutiles.map(|(_, montre)| format!("« {montre} »")).collect()
}
