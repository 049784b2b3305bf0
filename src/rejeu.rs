//! From the segments of a warehouse to everything that was known on a day: the one place where the
//! journal is read for the computation.

use rayon::prelude::*;

use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::evenements::EvenementsEnVigueur;
use crate::journal::lecture::colonnes_flux;
use crate::journal::segment::MetaFlux;
use crate::parcours::histoire::{DossierDouble, EnTeteFichier, Histoire};
use crate::releves::foyers::{Classe, Situation, est_un_transfert};
use crate::temps::Jour;

/// Replays the journal.
///
/// # Errors
/// A damaged segment.
pub fn histoire(flux: &[Segment<MetaFlux>], evenements: EvenementsEnVigueur) -> Result<Histoire, ErreurDepot> {
    let lus = flux
        .par_iter()
        .map(|segment| Ok((en_tete(&segment.meta), colonnes_flux(segment)?)))
        .collect::<Result<Vec<_>, ErreurDepot>>()?;
    Ok(Histoire::new(lus, evenements))
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
