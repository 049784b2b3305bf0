//! The spells of one person, up to the last day of the year: what the right was, and when the person
//! was soumise aux droits et devoirs. Pure. The state of a day is that which the computation knows:
//! the one after the last step dated that day or before.

use super::Annee;
use crate::listes::anciennete::des_le_debut;
use crate::listes::dossier_apres;
use crate::parcours::etapes::{EtatDossier, Parcours};
use crate::parcours::histoire::{Classe, Histoire};
use crate::temps::Jour;

/// A run of days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periode {
    /// First day: that of the flux that says so.
    pub debut: Jour,
    /// Last day; `None` when it still ran on the last day of the year.
    pub fin: Option<Jour>,
    /// Whether the person was seen to come in that day, and was not there already when the journal
    /// began.
    pub debut_connu: bool,
}

impl Periode {
    /// Whether it holds a day of the year.
    fn touche(&self, annee: Annee) -> bool {
        self.debut <= annee.au && self.fin.is_none_or(|fin| fin >= annee.du)
    }
}

/// A spell of one situation, in one dossier while there is a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Droit {
    /// Its days.
    pub periode: Periode,
    /// The situation.
    pub classe: Classe,
    /// The dossier that gives it; for a right that is closed, the one that was closed.
    pub dossier: u32,
    /// DTDEMRSA of that dossier, as last given in the spell.
    pub date_demande: Option<Jour>,
    /// For a suspension, the day from which the caisse says that it runs.
    pub date_suspension: Option<Jour>,
    /// File and row that say so of the dossier, or said something of it last.
    pub source: (u32, u32),
    /// Whether nothing says so: the person is missing from the stock, which closes the right.
    pub absente: bool,
}

/// What the year holds of one person, who had a right on one of its days at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Historique {
    /// Spells of the right.
    pub droit: Vec<Droit>,
    /// Spells of being soumise aux droits et devoirs.
    pub soumissions: Vec<Periode>,
    /// The dossier of the last spell of the right, with the file and row that say who is in it.
    pub dossier: (u32, (u32, u32)),
}

impl Historique {
    /// The history of somebody; `None` when they had no right in the year, neither versable nor
    /// suspendu.
    pub fn de(histoire: &Histoire, parcours: &Parcours, annee: Annee) -> Option<Self> {
        let derniere = parcours.nombre_au(annee.au).checked_sub(1)?;
        let droit: Vec<Droit> = suites(parcours, annee.au, |etape| {
            let classe = parcours.etapes[etape].classe;
            (classe, dossier_apres(histoire, parcours, etape).filter(|_| classe.brsa()).map(|etat| etat.dossier))
        })
        .map(|suite| suite.droit(histoire, parcours))
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .filter(|droit| droit.periode.touche(annee))
        .collect();
        if !droit.iter().any(|droit| droit.classe.brsa()) {
            return None;
        }
        let soumissions = suites(parcours, annee.au, |etape| parcours.etapes[etape].en_dd)
            .filter(|suite| suite.cle)
            .map(|suite| suite.periode(histoire, parcours))
            .filter(|periode| periode.touche(annee))
            .collect();
        let dossier = droit.last()?.dossier;
        let etat = parcours.etats(derniere).iter().find(|etat| etat.dossier == dossier)?;
        Some(Self { dossier: (dossier, etat.source), droit, soumissions })
    }
}

/// A run of steps that say the same, and the days that it holds.
struct Suite<C> {
    cle: C,
    premiere: usize,
    derniere: usize,
    debut: Jour,
    fin: Option<Jour>,
}

/// The runs of steps dated `au` or before. One that another replaces the same day holds no day, and
/// those that it kept apart are one.
fn suites<C: PartialEq>(parcours: &Parcours, au: Jour, cle: impl Fn(usize) -> C) -> impl Iterator<Item = Suite<C>> {
    let mut out: Vec<Suite<C>> = Vec::new();
    for etape in 0..parcours.nombre_au(au) {
        let (debut, cle) = (parcours.etapes[etape].jour, cle(etape));
        if out.last().is_some_and(|derniere| derniere.debut == debut && derniere.cle != cle) {
            out.pop();
        }
        match out.last_mut() {
            Some(derniere) if derniere.cle == cle => (derniere.derniere, derniere.fin) = (etape, None),
            derniere => {
                if let Some(derniere) = derniere {
                    derniere.fin = Some(debut.plus_jours(-1));
                }
                out.push(Suite { cle, premiere: etape, derniere: etape, debut, fin: None });
            }
        }
    }
    out.into_iter()
}

impl<C> Suite<C> {
    fn periode(&self, histoire: &Histoire, parcours: &Parcours) -> Periode {
        let debut_connu = !des_le_debut(histoire, parcours, self.premiere);
        Periode { debut: self.debut, fin: self.fin, debut_connu }
    }
}

impl Suite<(Classe, Option<u32>)> {
    fn droit(&self, histoire: &Histoire, parcours: &Parcours) -> Option<Droit> {
        let (classe, _) = self.cle;
        let etat = self.dossier(histoire, parcours)?;
        let demande = |etape| parcours.etats(etape).iter().find(|autre| autre.dossier == etat.dossier)?.dtdemrsa;
        Some(Droit {
            periode: self.periode(histoire, parcours),
            classe,
            dossier: etat.dossier,
            date_demande: (self.premiere..=self.derniere).rev().find_map(demande),
            date_suspension: etat.suspension.filter(|_| classe == Classe::Suspendu),
            source: etat.source,
            absente: classe == Classe::Clos && etat.source.0 != parcours.etapes[self.premiere].fichier,
        })
    }

    /// The dossier that the first step is about: when it ends a right, the one that gave it.
    fn dossier<'a>(&self, histoire: &Histoire, parcours: &'a Parcours) -> Option<&'a EtatDossier> {
        let decide = dossier_apres(histoire, parcours, self.premiere);
        let (false, Some(avant)) = (self.cle.0.brsa(), self.premiere.checked_sub(1)) else { return decide };
        let donnait = dossier_apres(histoire, parcours, avant).filter(|etat| etat.classe.brsa());
        let clos = donnait
            .and_then(|donnait| parcours.etats(self.premiere).iter().find(|etat| etat.dossier == donnait.dossier));
        clos.or(decide)
    }
}

#[cfg(test)]
mod tests;
