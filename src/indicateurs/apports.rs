//! What one entry, then one person, adds to the table: the figures are made of these alone, so that
//! whatever gathers them, one machine or several, finds the same.

use super::compte::{Compte, dans_le_champ_du_rdv, refus};
use super::garantie::Garantie;
use super::{Comptees, DeLaPeriode, Indicateur, Ligne, Lot, Question, des_apports, les_douze, lot, qualite};
use crate::entrees::suites::Delai;
use crate::parcours::histoire::Histoire;

/// What an entry adds to the indicators that count entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apport {
    /// The person.
    pub personne: u32,
    /// Whether it counts in each indicator, in the order of [`Compte::TOUS`], which is that of [`Compte`].
    pub comptes: [bool; Compte::TOUS.len()],
    /// Its delay of orientation, when it is in that population.
    pub delai_orientation: Option<Delai>,
    /// Its delay of first appointment, when it is in that population.
    pub delai_rdv: Option<Delai>,
    /// Its delay of first CER, when it is in that population.
    pub delai_cer: Option<Delai>,
    /// Whether it is oriented outside Pôle emploi, too late for a delay of appointment to be asked of it.
    pub rdv_hors_champ: bool,
}

impl Apport {
    /// What an entry adds.
    #[must_use]
    pub fn de(question: &Question<'_>, ligne: &Ligne<'_>) -> Self {
        let suites = &ligne.suites;
        let comptes = Compte::TOUS.map(|compte| refus(question, ligne, compte).is_none());
        let du_flux = |jour| super::du_flux(question, jour);
        let oriente = du_flux(suites.orientation.map(|o| o.date));
        let rdv = du_flux(suites.premier_rdv.map(|rdv| rdv.fixe_le));
        let cer = du_flux(suites.premier_cer.map(|cer| cer.date));
        let dans_le_champ = dans_le_champ_du_rdv(question, ligne);
        Self {
            personne: ligne.entree.personne,
            comptes,
            delai_orientation: oriente.then_some(suites.delai_orientation),
            delai_rdv: suites.delai_premier_rdv.filter(|_| rdv && dans_le_champ),
            delai_cer: suites.delai_premier_cer.filter(|_| cer),
            rdv_hors_champ: rdv && suites.hors_pe() && !dans_le_champ,
        }
    }

    /// Whether it counts in an indicator.
    #[must_use]
    pub fn compte(&self, compte: Compte) -> bool {
        self.comptes[compte as usize]
    }

    /// Whether it adds anything to the figures or their splits.
    #[must_use]
    pub fn compte_quelque_part(&self) -> bool {
        self.comptes.contains(&true)
            || self.delai_orientation.or(self.delai_rdv).or(self.delai_cer).is_some()
            || self.rdv_hors_champ
    }
}

/// What one person adds to the table, whoever the others are.
#[derive(Debug)]
pub struct ApportsPersonne<'a> {
    /// Their entries that count somewhere, each with what it adds.
    pub entrees: Vec<(Ligne<'a>, Apport)>,
    /// What they add to 3.2.2 to 3.2.6.
    pub garantie: Garantie,
    /// Their entries of the period under `orientation_anticipee=rattacher`.
    pub rattacher: u64,
    /// Those of them that are there thanks to it.
    pub anticipees: u64,
}

impl<'a> ApportsPersonne<'a> {
    /// What a person adds.
    #[must_use]
    pub fn de(histoire: &'a Histoire, question: &Question<'_>, personne: u32) -> Self {
        let Lot { entrees, par_periode } =
            lot(histoire, question, &[question.periode], personne..personne.saturating_add(1));
        let autres = par_periode.into_iter().next().unwrap_or_default();
        let garantie = autres.garantie();
        let DeLaPeriode { rattacher, anticipees, .. } = autres;
        let Comptees { cohorte, toutes } = Comptees::new(histoire, question, &entrees);
        let entrees = toutes.unwrap_or(cohorte).into_iter().map(|ligne| {
            let apport = Apport::de(question, &ligne);
            (ligne, apport)
        });
        Self { entrees: entrees.collect(), garantie, rattacher: rattacher.len() as u64, anticipees }
    }
}

/// What everybody adds, in any order.
#[derive(Clone, Debug, Default)]
pub struct Reunion {
    /// Of the entries.
    pub apports: Vec<Apport>,
    /// Of the people: 3.2.2 to 3.2.6.
    pub garantie: Garantie,
    /// The person of each entry of the period under `orientation_anticipee=rattacher`.
    pub rattacher: Vec<u32>,
    /// Those that are there thanks to it.
    pub anticipees: u64,
}

impl Reunion {
    /// The twelve indicators. `cadre` holds the files, the caisses and Pôle emploi's reports; nobody has
    /// to be in it.
    #[must_use]
    pub fn indicateurs(&self, cadre: &Histoire, question: &Question<'_>) -> Vec<Indicateur> {
        let entrants: Vec<u32> = self
            .apports
            .iter()
            .filter(|apport| apport.compte(Compte::Entrants))
            .map(|apport| apport.personne)
            .collect();
        let qualite = qualite(cadre, question, &[]);
        let des_entrees = des_apports(question, &entrants, &self.apports.iter().collect::<Vec<_>>());
        let Self { garantie, rattacher, anticipees, .. } = self;
        les_douze(cadre, question, des_entrees, garantie, (&entrants, rattacher, *anticipees), &qualite)
    }
}
