//! From the segments of a warehouse to everything that was known on a day: the one place where the
//! journal is read for the computation.

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::evenements::rejouer;
use crate::journal::lecture::{colonnes_flux, identites, porteurs};
use crate::journal::segment::{MetaEvenements, MetaFlux};
use crate::parcours::histoire::{DossierDouble, EnTeteFichier, Histoire, Rangement};
use crate::releves::foyers::{Classe, Situation, est_un_transfert};
use crate::temps::Jour;

/// Rows read together: enough to share out, few enough for memory not to follow the years.
const PAQUET: usize = 512 * 1024;

/// Replays the journal: the flux given, and the events known on `connu_le` (all of them when `None`).
/// The order of the segments does not matter.
///
/// # Errors
/// A damaged segment.
pub fn histoire(
    flux: &[Segment<MetaFlux>],
    evenements: &[Segment<MetaEvenements>],
    connu_le: Option<NaiveDate>,
) -> Result<Histoire, ErreurDepot> {
    let flux = ordonner(flux);
    let (rangement, evenements) = rayon::join(|| ranger(&flux), || rejouer(evenements, connu_le));
    let (mut rangement, evenements) = (rangement?, evenements?);
    // A column that nothing else reads: only when some event names its person by it.
    let cherches = evenements.matricules();
    if !cherches.is_empty() {
        let lus: Vec<_> = flux.par_iter().map(|(_, segment)| porteurs(segment, &cherches)).collect::<Result<_, _>>()?;
        (0u32..).zip(lus).for_each(|(rang, lus)| rangement.porteurs(rang, lus));
    }
    Ok(rangement.finish(evenements))
}

/// Files in the order of steps.
fn ordonner(flux: &[Segment<MetaFlux>]) -> Vec<(EnTeteFichier, &Segment<MetaFlux>)> {
    let mut ordonnes: Vec<_> = flux.iter().map(|segment| (en_tete(&segment.meta), segment)).collect();
    ordonnes.sort_by(|(a, _), (b, _)| a.cle_ordre().cmp(&b.cle_ordre()));
    ordonnes
}

/// Files are read a few at a time, in the order of steps: what all of their rows say, then who is
/// behind the few rows that show somebody for the first time.
fn ranger(flux: &[(EnTeteFichier, &Segment<MetaFlux>)]) -> Result<Rangement, ErreurDepot> {
    let (en_tetes, segments): (Vec<_>, Vec<_>) = flux.iter().cloned().unzip();
    let mut rangement = Rangement::new(&en_tetes);
    let (mut rang, mut restants) = (0u32, segments.as_slice());
    while !restants.is_empty() {
        let (paquet, suite) = restants.split_at(taille(restants));
        let lues = paquet.par_iter().map(|segment| colonnes_flux(segment)).collect::<Result<Vec<_>, _>>()?;
        let nouvelles: Vec<Vec<u32>> = (rang..).zip(&lues).map(|(rang, lues)| rangement.releves(rang, lues)).collect();
        let lues = paquet
            .par_iter()
            .zip(&nouvelles)
            .map(|(segment, lignes)| identites(segment, lignes))
            .collect::<Result<Vec<_>, _>>()?;
        for lues in &lues {
            rangement.identites(rang, lues);
            rang += 1;
        }
        restants = suite;
    }
    Ok(rangement)
}

/// How many of the next files are read together: at least one.
fn taille(segments: &[&Segment<MetaFlux>]) -> usize {
    let mut lignes = 0;
    let assez = segments.iter().position(|segment| {
        lignes += segment.lignes();
        lignes >= PAQUET
    });
    assez.map_or(segments.len(), |dernier| dernier + 1)
}

fn en_tete(meta: &MetaFlux) -> EnTeteFichier {
    EnTeteFichier {
        nom: meta.commun.nom.clone(),
        empreinte: meta.commun.empreinte.clone(),
        caisse: meta.caisse.clone(),
        mensuel: meta.mensuel,
        dtref: meta.dtref.into(),
        cree_le: meta.cree_le,
        recu_le: meta.commun.recu_le.into(),
        non_lus: meta.non_lus.clone(),
        doubles: meta.doubles.iter().map(double).collect(),
    }
}

fn double(situation: &Situation) -> DossierDouble {
    DossierDouble {
        numdemrsa: situation.numdemrsa.clone(),
        classe: Classe::de(situation.etat),
        suspension: situation.suspension.map(Jour::from),
        dtdemrsa: situation.dtdemrsa.map(Jour::from),
        transfert: est_un_transfert(&situation.motif_cloture),
    }
}
