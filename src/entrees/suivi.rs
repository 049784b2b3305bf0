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

/// What becomes, at an entry, of the follow-up that an orientation opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suivi {
    /// Notified on the day the department learnt of the entry, or later: it is the answer to it.
    Repond,
    /// Closed before the entry.
    Ferme(Fermeture),
    /// Under way: somebody who has it does not enter.
    Ouvert,
}

/// What closes a follow-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fermeture {
    /// An explicit end, on that day.
    Fin(Jour),
    /// A radiation: number of its first step, and its day.
    Radiation(usize, Jour),
    /// A long suspension: number of its first step, and the day on which twelve months are over.
    Suspension(usize, Jour),
}

impl Fermeture {
    /// The day on which it closes.
    #[must_use]
    pub fn jour(self) -> Jour {
        match self {
            Self::Fin(jour) | Self::Radiation(_, jour) | Self::Suspension(_, jour) => jour,
        }
    }
}

/// What a run of closed or suspended steps does to the follow-ups opened before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// Struck off: it closes them.
    Radiation,
    /// The dossier went on elsewhere: it does not.
    Transfert,
    /// Suspended for over twelve months, which end on that day: it closes them.
    SuspensionLongue(Jour),
    /// Suspended for twelve months or less, which would end on that day: it does not. No day when no
    /// suspension closes anything.
    SuspensionCourte(Option<Jour>),
    /// Suspended, and nothing tells yet for how long: it does not.
    SuspensionEnCours,
}

impl Interruption {
    /// What a run of steps of class clos or suspendu does.
    ///
    /// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6,
    /// third criterion.
    #[must_use]
    pub fn de(referentiel: &Referentiel, parcours: &Parcours, suite: Suite) -> Self {
        let premiere = &parcours.etapes[suite.premiere];
        if premiere.classe == Classe::Clos {
            let rapprochement = referentiel.rapprochement_transfert(premiere.jour);
            return if parcours.est_un_transfert(suite, rapprochement) { Self::Transfert } else { Self::Radiation };
        }
        let Some(apres) = parcours.etapes.get(suite.derniere + 1) else { return Self::SuspensionEnCours };
        match fin_des_douze_mois(referentiel, parcours, suite, apres.jour) {
            Some(terme) => Self::SuspensionLongue(terme),
            None => Self::SuspensionCourte(terme(referentiel, parcours, suite, apres.jour)),
        }
    }
}

impl Clotures {
    /// Finds what may close the follow-ups of a person.
    pub fn chercher(&mut self, histoire: &Histoire, referentiel: &Referentiel, parcours: &Parcours, personne: u32) {
        self.fins.clear();
        self.fins.extend(histoire.fins_suivi.de(personne).iter().map(|fin| fin.date));
        self.radiations.clear();
        self.radiations.extend(parcours.suites(Classe::Clos).filter_map(|suite| {
            let radiation = Interruption::de(referentiel, parcours, suite) == Interruption::Radiation;
            radiation.then(|| (suite.premiere, parcours.etapes[suite.premiere].jour))
        }));
        self.suspensions.clear();
        self.suspensions.extend(parcours.suites(Classe::Suspendu).filter_map(|suite| {
            match Interruption::de(referentiel, parcours, suite) {
                Interruption::SuspensionLongue(terme) => Some((suite.premiere, terme)),
                _ => None,
            }
        }));
    }

    /// What becomes, at an entry, of the follow-up opened by an orientation. Of several things that
    /// closed it, the earliest.
    ///
    /// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6,
    /// third criterion (no follow-up under way; closed for those struck off, and for some of those
    /// suspended for over twelve months).
    ///
    /// An orientation notified on the day the department learns of the entry, or later, is the
    /// answer to it. A person versable above the income threshold keeps a follow-up that sleeps.
    #[must_use]
    pub fn suivi(&self, notifiee_le: Jour, candidat: &Candidat) -> Suivi {
        if candidat.t0 <= notifiee_le {
            return Suivi::Repond;
        }
        let fermetures = [
            self.fin_explicite(notifiee_le, candidat),
            self.radiation(notifiee_le, candidat),
            self.suspension_longue(notifiee_le, candidat),
        ];
        let premiere = fermetures.into_iter().flatten().min_by_key(|fermeture| fermeture.jour());
        premiere.map_or(Suivi::Ouvert, Suivi::Ferme)
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
        self.fin_explicite(notifiee_le, &candidat).is_none()
            && self.radiation(notifiee_le, &candidat).is_none()
            && self.suspension_longue(notifiee_le, &Candidat { etape: en_cours, ..candidat }).is_none()
            && terme_en_cours.is_none_or(|terme| terme < notifiee_le)
    }

    /// An explicit end, between the orientation and the day the department knew, both included.
    fn fin_explicite(&self, notifiee_le: Jour, candidat: &Candidat) -> Option<Fermeture> {
        let fin = self.fins.iter().find(|fin| notifiee_le <= **fin && **fin <= candidat.t0);
        fin.map(|fin| Fermeture::Fin(*fin))
    }

    /// A radiation observed after the orientation and over before the entry. Later closed steps of
    /// the same run do not close an orientation notified meanwhile.
    fn radiation(&self, notifiee_le: Jour, candidat: &Candidat) -> Option<Fermeture> {
        let avant = |(etape, jour): &&(usize, Jour)| *etape < candidat.etape && notifiee_le <= *jour;
        self.radiations.iter().find(avant).map(|(etape, jour)| Fermeture::Radiation(*etape, *jour))
    }

    /// A suspension of over twelve months, over before the entry, whose twelve months ended on or
    /// after the orientation.
    fn suspension_longue(&self, notifiee_le: Jour, candidat: &Candidat) -> Option<Fermeture> {
        let avant = |(etape, terme): &&(usize, Jour)| *etape < candidat.etape && notifiee_le <= *terme;
        self.suspensions.iter().find(avant).map(|(etape, terme)| Fermeture::Suspension(*etape, *terme))
    }
}

/// The day on which the twelve months of a suspension end, if it lasted longer: up to `apres`, the
/// day of the step that follows the run.
fn fin_des_douze_mois(referentiel: &Referentiel, parcours: &Parcours, suite: Suite, apres: Jour) -> Option<Jour> {
    terme(referentiel, parcours, suite, apres).filter(|terme| apres > *terme)
}

/// The day on which the twelve months of a suspension end, were it to last; `None` when no suspension
/// closes anything.
fn terme(referentiel: &Referentiel, parcours: &Parcours, suite: Suite, apres: Jour) -> Option<Jour> {
    Some(parcours.debut_suspension(suite).plus_mois(referentiel.cloture_suspension(apres)?))
}

/// The orientations of a person whose follow-up is open at an entry, with their rank.
pub fn bloquantes<'a>(
    orientations: &'a [Orientation],
    clotures: &'a Clotures,
    candidat: &'a Candidat,
) -> impl Iterator<Item = (usize, &'a Orientation)> + Clone {
    orientations
        .iter()
        .enumerate()
        .filter(|(_, orientation)| clotures.suivi(orientation.date, candidat) == Suivi::Ouvert)
}

#[cfg(test)]
mod tests;
