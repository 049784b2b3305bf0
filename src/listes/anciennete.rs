//! Since when somebody has been in the RSA.

use std::fmt;

use crate::parcours::etapes::{Parcours, Suite};
use crate::parcours::histoire::{Classe, Histoire};
use crate::referentiel::Referentiel;
use crate::temps::Jour;

/// Since when somebody has been in the RSA, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anciennete {
    /// First day.
    pub depuis: Jour,
    /// How that day is known.
    pub origine: Origine,
}

/// How the first day in the RSA is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origine {
    /// It is the claim of a dossier; with the day from which the person is seen in it, when others were
    /// seen there before them.
    Demande(Option<Jour>),
    /// The person was seen to come in.
    Vue,
    /// The person was there when the journal began: « au moins ».
    DebutDuJournal,
}

impl fmt::Display for Anciennete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let depuis = self.depuis;
        match self.origine {
            Origine::Demande(None) => write!(f, "demande du {depuis}"),
            Origine::Demande(Some(vue)) => write!(f, "demande du {depuis}, dans ce dossier depuis le {vue}"),
            Origine::Vue => write!(f, "sans interruption depuis le {depuis}"),
            Origine::DebutDuJournal => write!(f, "depuis le {depuis} au moins"),
        }
    }
}

/// Since when somebody who is bénéficiaire du RSA on `jour` has been so: since the claim of their
/// oldest dossier that was not closed since, or since the first step from which they are versable or
/// suspendus without a break, whichever is the earlier.
///
/// Source: fiches actions 2022, Tarn-et-Garonne, fiche 8.6 (more than five years in the RSA). The
/// sheet does not say how that is known. A claim may be later than the coming in (another dossier of
/// the same household) or missing; a transfer to another caisse is no break, as it does not close a
/// follow-up. `None` when the person is not bénéficiaire that day.
#[must_use]
pub fn anciennete(
    histoire: &Histoire,
    referentiel: &Referentiel,
    parcours: &Parcours,
    personne: u32,
    jour: Jour,
) -> Option<Anciennete> {
    let etapes = parcours.nombre_au(jour);
    let vue = sans_interruption(referentiel, parcours, etapes)?;
    let origine = if des_le_debut(histoire, parcours, vue) { Origine::DebutDuJournal } else { Origine::Vue };
    let vue = Anciennete { depuis: parcours.etapes[vue].jour, origine };
    let demande = demande_non_close(histoire, parcours, personne, etapes);
    Some(demande.filter(|demande| demande.depuis <= vue.depuis).unwrap_or(vue))
}

/// Whether a step is where the journal begins for somebody: they were there already, since a day that
/// nobody knows.
#[must_use]
pub fn des_le_debut(histoire: &Histoire, parcours: &Parcours, etape: usize) -> bool {
    let premiere = &parcours.etapes[etape];
    let caisse = histoire.fichiers[premiere.fichier as usize].caisse;
    let base = caisse.and_then(|caisse| histoire.caisses[usize::from(caisse)].base);
    etape == 0 && base.is_none_or(|base| premiere.jour <= base)
}

/// The first of the steps that end before `etapes` after which the person is bénéficiaire without a
/// break. A transfer is no break.
fn sans_interruption(referentiel: &Referentiel, parcours: &Parcours, etapes: usize) -> Option<usize> {
    let suite_avant = |fin: usize, tenir: fn(Classe) -> bool| {
        fin - parcours.etapes[..fin].iter().rev().take_while(|etape| tenir(etape.classe)).count()
    };
    let mut debut = suite_avant(etapes, Classe::brsa);
    if debut == etapes {
        return None;
    }
    loop {
        let premiere = suite_avant(debut, |classe| classe == Classe::Clos);
        let avant = suite_avant(premiere, Classe::brsa);
        let close = premiere < debut && avant < premiere;
        let suite = Suite { premiere, derniere: debut.saturating_sub(1) };
        if !(close
            && parcours.est_un_transfert(suite, referentiel.rapprochement_transfert(parcours.etapes[premiere].jour)))
        {
            return Some(debut);
        }
        debut = avant;
    }
}

/// The oldest claim among the dossiers in which the person is bénéficiaire after the steps that end
/// before `etapes`, those closed since their claim apart.
fn demande_non_close(histoire: &Histoire, parcours: &Parcours, personne: u32, etapes: usize) -> Option<Anciennete> {
    let derniers = parcours.etats(etapes.checked_sub(1)?);
    let demandes = derniers.iter().filter(|etat| etat.classe.brsa()).filter_map(|dernier| {
        let (mut demande, mut close, mut deja_clos) = (None, None, false);
        for rang in dernier.depuis as usize..etapes {
            let Some(etat) = parcours.etats(rang).iter().find(|etat| etat.dossier == dernier.dossier) else { continue };
            let clos = etat.classe == Classe::Clos;
            if clos && !deja_clos {
                close = Some(parcours.etapes[rang].jour);
            }
            deja_clos = clos;
            demande = etat.dtdemrsa.or(demande);
        }
        let depuis = demande.filter(|demande| close.is_none_or(|close| close <= *demande))?;
        let premiere = &parcours.etapes[dernier.depuis as usize];
        let rejoint = histoire.dossiers[dernier.dossier as usize].connu_par_un_autre(personne, premiere.fichier);
        Some(Anciennete { depuis, origine: Origine::Demande(rejoint.then_some(premiere.jour)) })
    });
    demandes.min_by_key(|demande| demande.depuis)
}

#[cfg(test)]
mod tests;
