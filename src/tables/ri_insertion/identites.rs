//! What rows of the flux say of who somebody is, and of why a right is what it is.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::lecture::{fiches_aux, lignes_entieres};
use crate::journal::segment::MetaFlux;
use crate::parcours::histoire::Histoire;
use crate::purge::{Place, places};

/// File and row, as the history numbers them.
type Source = (u32, u32);

/// Rows read whole together.
const LOT: usize = 4096;

/// Who somebody is, as one row gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identite {
    /// NOM.
    pub nom: String,
    /// NOMNAI.
    pub nom_naissance: String,
    /// PRENOM.
    pub prenom: String,
    /// DTNAI, as given.
    pub date_naissance: String,
}

/// What a row says of the situation of its dossier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Motif {
    /// ETATDOSRSA.
    pub etat: Option<u8>,
    /// MOTICLORSA, several separated by a space.
    pub cloture: String,
}

/// Who the people of some rows are.
///
/// # Errors
/// A damaged segment.
pub fn identites(
    histoire: &Histoire,
    flux: &[Segment<MetaFlux>],
    sources: impl Iterator<Item = Source>,
) -> Result<FxHashMap<Source, Identite>, ErreurDepot> {
    aux(histoire, flux, sources, |segment, rangs| {
        let mut out = Vec::with_capacity(rangs.len());
        fiches_aux(segment, rangs, |fiche| {
            out.push(Identite {
                nom: fiche.nom.to_owned(),
                nom_naissance: fiche.nomnai.to_owned(),
                prenom: fiche.prenom.to_owned(),
                date_naissance: fiche.dtnai.to_owned(),
            });
        })?;
        Ok(out)
    })
}

/// What some rows say of the situation of their dossier.
///
/// # Errors
/// A damaged segment.
pub fn motifs(
    histoire: &Histoire,
    flux: &[Segment<MetaFlux>],
    sources: impl Iterator<Item = Source>,
) -> Result<FxHashMap<Source, Motif>, ErreurDepot> {
    aux(histoire, flux, sources, |segment, rangs| {
        let mut out = Vec::with_capacity(rangs.len());
        for lot in rangs.chunks(LOT) {
            out.extend(lignes_entieres(segment, lot)?.iter().map(motif));
        }
        Ok(out)
    })
}

fn motif(ligne: &Map<String, Value>) -> Motif {
    let etat = ligne.get("etat").and_then(Value::as_u64).and_then(|etat| u8::try_from(etat).ok());
    let cloture = ligne.get("motif_cloture").and_then(Value::as_str).unwrap_or_default().to_owned();
    Motif { etat, cloture }
}

/// Reads some rows, segment by segment. `lire` gives as many values as it is given rows, which are
/// increasing.
fn aux<T: Send>(
    histoire: &Histoire,
    flux: &[Segment<MetaFlux>],
    sources: impl Iterator<Item = Source>,
    lire: impl Fn(&Segment<MetaFlux>, &[u32]) -> Result<Vec<T>, ErreurDepot> + Sync,
) -> Result<FxHashMap<Source, T>, ErreurDepot> {
    let mut par_fichier: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    sources.for_each(|(fichier, rang)| par_fichier.entry(fichier).or_default().push(rang));
    par_fichier.values_mut().for_each(|rangs| {
        rangs.sort_unstable();
        rangs.dedup();
    });
    let places: Vec<Place<'_>> = places(histoire, flux).collect();
    let lus = places.par_iter().map(|&Place { fichier, debut, segment }| {
        let lignes = u32::try_from(segment.lignes()).unwrap_or(u32::MAX);
        let rangs = par_fichier.get(&fichier).into_iter().flatten();
        let ici: Vec<u32> = rangs.filter_map(|rang| rang.checked_sub(debut)).filter(|rang| *rang < lignes).collect();
        if ici.is_empty() {
            return Ok(Vec::new());
        }
        let lus = lire(segment, &ici)?;
        Ok(ici.into_iter().map(|rang| (fichier, debut + rang)).zip(lus).collect())
    });
    Ok(lus.collect::<Result<Vec<Vec<_>>, ErreurDepot>>()?.into_iter().flatten().collect())
}
