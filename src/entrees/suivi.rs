//! The third criterion: is a follow-up still open when the person enters?

use super::criteres::Candidat;
use crate::journal::evenements::Orientation;
use crate::parcours::etapes::{Parcours, Suite};
use crate::parcours::histoire::{Classe, Histoire};
use crate::referentiel::Referentiel;
use crate::temps::Jour;

/// What may close the follow-ups of a person, found once for all their entries.
#[derive(Clone, Debug, Default)]
pub struct Clotures {
    /// Days of the explicit ends.
    fins: Vec<Jour>,
    /// Radiations: number of the first step, and its day.
    radiations: Vec<(usize, Jour)>,
    /// Long suspensions: number of the first step, and the day on which twelve months are over.
    suspensions: Vec<(usize, Jour)>,
}

impl Clotures {
    /// Finds what may close the follow-ups of a person.
    pub fn chercher(&mut self, histoire: &Histoire, referentiel: &Referentiel, parcours: &Parcours, personne: u32) {
        self.fins.clear();
        self.fins.extend(histoire.fins_suivi.de(personne).iter().map(|fin| fin.date));
        self.radiations.clear();
        self.radiations.extend(parcours.suites(Classe::Clos).filter_map(|suite| {
            let jour = parcours.etapes[suite.premiere].jour;
            (!parcours.est_un_transfert(suite, referentiel.rapprochement_transfert(jour)))
                .then_some((suite.premiere, jour))
        }));
        self.suspensions.clear();
        self.suspensions.extend(parcours.suites(Classe::Suspendu).filter_map(|suite| {
            let apres = parcours.etapes.get(suite.derniere + 1)?;
            Some((suite.premiere, fin_des_douze_mois(referentiel, parcours, suite, apres.jour)?))
        }));
    }

    /// Whether the follow-up opened by an orientation is still open at an entry.
    ///
    /// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6,
    /// third criterion (no follow-up under way; closed for those struck off, and for some of those
    /// suspended for over twelve months).
    ///
    /// An orientation notified on the day the department learns of the entry, or later, is the
    /// answer to it. A person versable above the income threshold keeps a follow-up that sleeps.
    #[must_use]
    pub fn suivi_ouvert(&self, notifiee_le: Jour, candidat: &Candidat) -> bool {
        notifiee_le < candidat.t0
            && !self.fin_explicite(notifiee_le, candidat)
            && !self.radiation(notifiee_le, candidat)
            && !self.suspension_longue(notifiee_le, candidat)
    }

    /// Whether the follow-up opened by an orientation is still open on a day, for somebody who is
    /// bénéficiaire du RSA that day: what would have closed it for an entry of that day has not. A
    /// suspension that is not over counts up to that day.
    #[must_use]
    pub fn suivi_ouvert_au(
        &self,
        referentiel: &Referentiel,
        parcours: &Parcours,
        notifiee_le: Jour,
        jour: Jour,
    ) -> bool {
        let candidat = Candidat { etape: parcours.nombre_au(jour), t0: jour };
        let suspendues =
            parcours.etapes[..candidat.etape].iter().rev().take_while(|etape| etape.classe == Classe::Suspendu).count();
        let en_cours = candidat.etape - suspendues;
        let terme_en_cours = candidat.etape.checked_sub(1).filter(|_| suspendues > 0).and_then(|derniere| {
            fin_des_douze_mois(referentiel, parcours, Suite { premiere: en_cours, derniere }, jour)
        });
        !self.fin_explicite(notifiee_le, &candidat)
            && !self.radiation(notifiee_le, &candidat)
            && !self.suspension_longue(notifiee_le, &Candidat { etape: en_cours, ..candidat })
            && terme_en_cours.is_none_or(|terme| terme < notifiee_le)
    }

    /// An explicit end, between the orientation and the day the department knew, both included.
    fn fin_explicite(&self, notifiee_le: Jour, candidat: &Candidat) -> bool {
        self.fins.iter().any(|fin| notifiee_le <= *fin && *fin <= candidat.t0)
    }

    /// A radiation observed after the orientation and over before the entry. Later closed steps of
    /// the same run do not close an orientation notified meanwhile.
    fn radiation(&self, notifiee_le: Jour, candidat: &Candidat) -> bool {
        self.radiations.iter().any(|(etape, jour)| *etape < candidat.etape && notifiee_le <= *jour)
    }

    /// A suspension of over twelve months, over before the entry, whose twelve months ended on or
    /// after the orientation.
    fn suspension_longue(&self, notifiee_le: Jour, candidat: &Candidat) -> bool {
        self.suspensions.iter().any(|(etape, terme)| *etape < candidat.etape && notifiee_le <= *terme)
    }
}

/// The day on which the twelve months of a suspension end, if it lasted longer: up to `apres`, the
/// day of the step that follows the run.
fn fin_des_douze_mois(referentiel: &Referentiel, parcours: &Parcours, suite: Suite, apres: Jour) -> Option<Jour> {
    let debut = parcours.debut_suspension(suite);
    let terme = debut.plus_mois(referentiel.cloture_suspension(apres)?);
    (apres > terme).then_some(terme)
}

/// The orientations of a person whose follow-up is open at an entry, with their rank.
pub fn bloquantes<'a>(
    orientations: &'a [Orientation],
    clotures: &'a Clotures,
    candidat: &'a Candidat,
) -> impl Iterator<Item = (usize, &'a Orientation)> + Clone {
    orientations.iter().enumerate().filter(|(_, orientation)| clotures.suivi_ouvert(orientation.date, candidat))
}

#[cfg(test)]
mod tests;
