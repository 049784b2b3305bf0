//! 3.2.2 to 3.2.6: the garantie d'activité départementale under way, and the accompagnement global,
//! over all the bénéficiaires du RSA.

use std::collections::BTreeSet;

use super::delais::Quotient;
use crate::identite::folded;
use crate::journal::evenements::Accompagnement;
use crate::parcours::etapes::Parcours;
use crate::parcours::histoire::Histoire;
use crate::temps::{Jour, Periode};

/// What is counted of the GAD and the AG, person after person.
#[derive(Clone, Debug, Default)]
pub struct Garantie {
    /// 3.2.2.
    pub gad_en_cours: u64,
    /// 3.2.3.
    pub ag_orientes: u64,
    /// 3.2.4.
    pub ag_en_cours: u64,
    /// Distinct (person, adviser) of the AG under way.
    pub(crate) suivis: u64,
    /// Distinct people of the AG under way who have an adviser.
    pub(crate) accompagnes: u64,
    /// Distinct advisers of the AG under way, folded.
    pub(crate) conseillers: BTreeSet<String>,
    /// Days from proposal to start of the AG begun in the period.
    pub(crate) jours: i64,
    /// How many of them.
    pub(crate) demarres: u64,
}

impl Garantie {
    /// Adds a person.
    pub fn ajouter(&mut self, histoire: &Histoire, parcours: &Parcours, personne: u32, periode: &Periode) {
        Self::partager(std::slice::from_mut(self), |_| Some(0), histoire, parcours, personne, periode);
    }

    /// Adds a person to one of the parts of the whole: that which `part` tells for the day on which
    /// the person counts. Somebody to whom the accompagnement global was proposed more than once
    /// counts on the first of these days.
    pub fn partager(
        parts: &mut [Self],
        part: impl Fn(Jour) -> Option<usize>,
        histoire: &Histoire,
        parcours: &Parcours,
        personne: u32,
        periode: &Periode,
    ) {
        let accompagnements = histoire.accompagnements.de(personne);
        let en_cours = |type_accompagnement: &'static str| {
            accompagnements
                .iter()
                .filter(move |a| a.type_accompagnement == type_accompagnement && en_cours_au(a, periode.arrete))
        };
        let brsa =
            (en_cours("GAD").next().is_some() || en_cours("AG").next().is_some()) && parcours.brsa_au(periode.arrete);
        if brsa && let Some(sien) = part(periode.arrete).and_then(|rang| parts.get_mut(rang)) {
            sien.gad_en_cours += u64::from(en_cours("GAD").next().is_some());
            sien.ag_en_cours += u64::from(en_cours("AG").next().is_some());
            let conseillers: BTreeSet<String> = en_cours("AG")
                .map(|a| folded(&a.conseiller).into_owned())
                .filter(|conseiller| !conseiller.is_empty())
                .collect();
            sien.suivis += conseillers.len() as u64;
            sien.accompagnes += u64::from(!conseillers.is_empty());
            sien.conseillers.extend(conseillers);
        }
        let propose_le = propositions_ag(histoire, personne, periode).filter(|jour| parcours.brsa_au(*jour)).min();
        if let Some(sien) = propose_le.and_then(&part).and_then(|rang| parts.get_mut(rang)) {
            sien.ag_orientes += 1;
        }
        for a in accompagnements.iter().filter(|a| a.type_accompagnement == "AG") {
            if let (Some(propose_le), Some(debut)) = (a.propose_le, a.debut)
                && periode.contient(debut)
                && let Some(sien) = part(debut).and_then(|rang| parts.get_mut(rang))
            {
                sien.jours += debut.depuis(propose_le);
                sien.demarres += 1;
            }
        }
    }

    /// Distinct advisers of each person, added up: the people of 3.2.5.
    #[must_use]
    pub fn suivis(&self) -> u64 {
        self.suivis
    }

    /// The advisers of those who are followed, folded.
    #[must_use]
    pub fn conseillers(&self) -> &BTreeSet<String> {
        &self.conseillers
    }

    /// Days from proposal to start of the AG begun in the period, and how many there are: 3.2.6.
    #[must_use]
    pub fn demarrages(&self) -> (i64, u64) {
        (self.jours, self.demarres)
    }

    /// Adds what was counted of other people.
    pub fn fusionner(&mut self, autre: Self) {
        self.gad_en_cours += autre.gad_en_cours;
        self.ag_orientes += autre.ag_orientes;
        self.ag_en_cours += autre.ag_en_cours;
        self.suivis += autre.suivis;
        self.accompagnes += autre.accompagnes;
        self.conseillers.extend(autre.conseillers);
        self.jours += autre.jours;
        self.demarres += autre.demarres;
    }

    /// 3.2.5: people followed by adviser. `None` when no adviser is known.
    ///
    /// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 7
    /// (a workload, whose target is 70: it takes entrants and those already there).
    #[must_use]
    pub fn par_conseiller(&self) -> Option<f64> {
        self.quotient("3.2.5")?.moyenne()
    }

    /// What the mean of an indicator is the quotient of, when it is one of these two.
    #[must_use]
    pub fn quotient(&self, id: &str) -> Option<Quotient> {
        let (somme, effectif) = match id {
            "3.2.5" => (i64::try_from(self.suivis).unwrap_or(i64::MAX), self.conseillers.len() as u64),
            "3.2.6" => self.demarrages(),
            _ => return None,
        };
        Some(Quotient { somme, effectif })
    }

    /// How many people the mean of an indicator is over, when it is one of these two.
    #[must_use]
    pub fn effectif(&self, id: &str) -> Option<u64> {
        match id {
            "3.2.5" => Some(self.accompagnes),
            "3.2.6" => Some(self.demarres),
            _ => None,
        }
    }

    /// 3.2.6: mean days from the proposal to the start. `None` when none started.
    ///
    /// Source: instruction 2022/19, annexe 7, section 7.
    #[must_use]
    pub fn delai_moyen(&self) -> Option<f64> {
        self.quotient("3.2.6")?.moyenne()
    }
}

/// Where a support stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cours {
    /// Proposed, and not begun.
    PasCommence,
    /// Under way: begun that day or before, and not ended by then.
    EnCours,
    /// Ended.
    Fini,
}

/// Where a support stands on a day.
#[must_use]
pub fn cours_au(accompagnement: &Accompagnement, jour: Jour) -> Cours {
    if accompagnement.debut.is_none_or(|debut| jour < debut) {
        Cours::PasCommence
    } else if accompagnement.fin.is_some_and(|fin| fin <= jour) {
        Cours::Fini
    } else {
        Cours::EnCours
    }
}

fn en_cours_au(accompagnement: &Accompagnement, jour: Jour) -> bool {
    cours_au(accompagnement, jour) == Cours::EnCours
}

/// The days of the period on which the accompagnement global was proposed to a person: a proposal,
/// or an orientation towards it.
pub fn propositions_ag<'a>(
    histoire: &'a Histoire,
    personne: u32,
    periode: &'a Periode,
) -> impl Iterator<Item = Jour> + 'a {
    let proposes = histoire.accompagnements.de(personne).iter().filter(|a| a.type_accompagnement == "AG");
    let orientes = histoire.orientations.de(personne).iter().filter(|o| o.dispositif == "AG").map(|o| o.date);
    proposes.filter_map(|a| a.propose_le).chain(orientes).filter(|jour| periode.contient(*jour))
}
