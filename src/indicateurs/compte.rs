//! In which of the indicators that count entries an entry counts, and why not in the others. The
//! table and the explanation of a person both ask here.

use super::{Ligne, Question};
use crate::referentiel::{Flux, RdvPopulation};
use crate::temps::Jour;

/// An indicator that counts entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compte {
    /// 3.1.1.
    Entrants,
    /// 3.1.2.
    Orientes,
    /// 3.1.3.
    Rdv,
    /// 3.1.4.
    RdvATemps,
    /// 3.1.5.
    Cer,
    /// 3.1.6.
    CerATemps,
    /// 3.2.1.
    Gad,
}

impl Compte {
    /// Every one, in the order of the table.
    pub const TOUS: [Self; 7] =
        [Self::Entrants, Self::Orientes, Self::Rdv, Self::RdvATemps, Self::Cer, Self::CerATemps, Self::Gad];

    /// Its number in the table.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Entrants => "3.1.1",
            Self::Orientes => "3.1.2",
            Self::Rdv => "3.1.3",
            Self::RdvATemps => "3.1.4",
            Self::Cer => "3.1.5",
            Self::CerATemps => "3.1.6",
            Self::Gad => "3.2.1",
        }
    }
}

/// Why an entry does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refus {
    /// The department knew of it outside the period.
    HorsPeriode,
    /// Its outcome is dated outside the period, when those of the period are counted.
    SuiteHorsPeriode,
    /// No orientation.
    SansOrientation,
    /// Oriented late.
    OrientationTardive,
    /// Oriented to Pôle emploi.
    PoleEmploi,
    /// No first appointment.
    SansRdv,
    /// Oriented too late for the delay of the appointment to be asked for.
    HorsChamp,
    /// A first appointment that came late.
    RdvTardif,
    /// No first CER.
    SansCer,
    /// A first CER that came late.
    CerTardif,
    /// No garantie d'activité départementale.
    SansGad,
}

/// Why an entry does not count in an indicator; `None` when it does.
///
/// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022 (NOR SSAA2202072J),
/// annexe 7, sections 6 and 7; annexe 9, section 3.
#[must_use]
pub fn refus(question: &Question<'_>, ligne: &Ligne<'_>, compte: Compte) -> Option<Refus> {
    let suites = &ligne.suites;
    let periode = || {
        let du_flux = question.referentiel.lectures.flux == Flux::Evenements && compte != Compte::Entrants;
        (!du_flux && !question.periode.contient(ligne.entree.t0)).then_some(Refus::HorsPeriode)
    };
    let orientation = || suites.orientation.is_none().then_some(Refus::SansOrientation);
    let hors_pe = || orientation().or_else(|| (!suites.hors_pe()).then_some(Refus::PoleEmploi));
    let flux = |jour: Option<Jour>| (!du_flux(question, jour)).then_some(Refus::SuiteHorsPeriode);
    let rdv = || {
        let absent = suites.premier_rdv.is_none().then_some(Refus::SansRdv);
        hors_pe().or(absent).or_else(|| flux(suites.premier_rdv.map(|rdv| rdv.fixe_le)))
    };
    let cer = || {
        let absent = suites.premier_cer.is_none().then_some(Refus::SansCer);
        hors_pe().or(absent).or_else(|| flux(suites.premier_cer.map(|cer| cer.date)))
    };
    periode().or_else(|| match compte {
        Compte::Entrants => None,
        Compte::Orientes => orientation()
            .or_else(|| flux(suites.orientation.map(|o| o.date)))
            .or((!suites.oriente_a_temps()).then_some(Refus::OrientationTardive)),
        Compte::Rdv => rdv(),
        Compte::RdvATemps => hors_pe()
            .or_else(|| (!dans_le_champ_du_rdv(question, ligne)).then_some(Refus::HorsChamp))
            .or_else(rdv)
            .or((!suites.delai_premier_rdv.is_some_and(|delai| delai.tenu())).then_some(Refus::RdvTardif)),
        Compte::Cer => cer(),
        Compte::CerATemps => {
            cer().or((!suites.delai_premier_cer.is_some_and(|delai| delai.tenu())).then_some(Refus::CerTardif))
        }
        Compte::Gad => suites.gad.is_none().then_some(Refus::SansGad),
    })
}

/// Whether the outcome dated `jour` is of the period, for the reading `flux=evenements`: every
/// outcome of a cohort is.
#[must_use]
pub fn du_flux(question: &Question<'_>, jour: Option<Jour>) -> bool {
    match question.referentiel.lectures.flux {
        Flux::Cohorte => true,
        Flux::Evenements => jour.is_some_and(|jour| question.periode.contient(jour)),
    }
}

/// Those whose appointment is asked to be within two weeks.
///
/// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6
/// (start of the delay: the notification of an orientation made in less than a month).
#[must_use]
pub fn dans_le_champ_du_rdv(question: &Question<'_>, ligne: &Ligne<'_>) -> bool {
    ligne.suites.hors_pe()
        && match question.referentiel.lectures.rdv_population {
            RdvPopulation::OrientesUnMois => ligne.suites.oriente_a_temps(),
            RdvPopulation::Orientes => true,
        }
}
