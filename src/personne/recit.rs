//! The story of one person, from the warehouse: what `jalon expliquer` and the pages tell.

use super::{Annuaire, signalements};
use crate::campagnes::Campagnes;
use crate::explication::{Demande, Origines, attendus, expliquer};
use crate::journal::depot::ErreurDepot;
use crate::journal::evenements::EvenementsEnVigueur;
use crate::purge::{Connu, Signes};
use crate::rapport::explication::{Document, Qui, document};

/// Tells a person. `evenements` are those known on the day of `connu`; what `annuaire` holds is not
/// read again. When no period is asked for, the calendar years of their entries are told.
///
/// # Errors
/// A damaged segment.
pub fn raconter(
    connu: &Connu,
    annuaire: &Annuaire,
    evenements: &EvenementsEnVigueur,
    campagnes: &Campagnes,
    demande: &Demande<'_>,
) -> Result<Document, ErreurDepot> {
    let personne = demande.personne;
    let explication = expliquer(&connu.histoire, demande, |sus| campagnes.annees(sus));
    let signalements: Vec<_> = signalements(connu, annuaire, personne)?.into_iter().collect();
    let origines = Origines::de(evenements, &connu.repertoire, personne);
    let attendus = attendus(evenements, &connu.repertoire, &Signes::de(&connu.repertoire, personne));
    Ok(document(&explication, Qui { signalements: &signalements, origines: &origines, attendus: &attendus }))
}
