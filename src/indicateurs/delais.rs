//! How a population splits around a limit, and the rounding of what is shown.

use super::Valeur;
use crate::entrees::suites::{Delai, Issue};
use crate::temps::{Duree, Jour};

/// Rounds `numerateur / denominateur` half up, on the exact value. `None` over nothing: a mean of
/// nobody is not zero.
#[must_use]
pub fn arrondi(numerateur: i64, denominateur: u64, decimales: u32) -> Option<f64> {
    let denominateur = i128::from(denominateur);
    if denominateur == 0 {
        return None;
    }
    let scale = 10_i128.pow(decimales);
    let twice = 2 * i128::from(numerateur) * scale + denominateur;
    let rounded = twice.div_euclid(2 * denominateur);
    // Exact up to 2^53, far above any figure of the table.
    #[expect(clippy::cast_precision_loss, reason = "counts and days stay far below 2^53")]
    let value = rounded as f64 / scale as f64;
    Some(value)
}

/// What a mean is the quotient of: the mean of several groups is made from these, never from means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotient {
    /// Sum of what is averaged.
    pub somme: i64,
    /// Over how many.
    pub effectif: u64,
}

impl Quotient {
    /// That of some days.
    #[must_use]
    pub fn de(jours: &[i64]) -> Self {
        Self { somme: jours.iter().sum(), effectif: jours.len() as u64 }
    }

    /// The mean, with 1 decimal. `None` over nothing.
    #[must_use]
    pub fn moyenne(self) -> Option<f64> {
        arrondi(self.somme, self.effectif, 1)
    }
}

impl std::iter::Sum for Quotient {
    fn sum<I: Iterator<Item = Self>>(quotients: I) -> Self {
        quotients.fold(Self::default(), |a, b| Self { somme: a.somme + b.somme, effectif: a.effectif + b.effectif })
    }
}

/// A share, with 4 decimals.
#[must_use]
pub fn taux(numerateur: u64, denominateur: u64) -> Option<f64> {
    arrondi(i64::try_from(numerateur).unwrap_or(i64::MAX), denominateur, 4)
}

/// A mean of days, with 1 decimal.
#[must_use]
pub fn moyenne(jours: &[i64]) -> Option<f64> {
    Quotient::de(jours).moyenne()
}

/// A median of days: the middle one, or the mean of the two in the middle.
#[must_use]
pub fn mediane(jours: &mut [i64]) -> Option<f64> {
    jours.sort_unstable();
    let middle = jours.len() / 2;
    if jours.len() % 2 == 1 {
        return arrondi(jours[middle], 1, 1);
    }
    let low = middle.checked_sub(1)?;
    arrondi(jours[low] + jours[middle], 2, 1)
}

/// The bounds of the buckets of a delay, each with its label.
#[derive(Clone, Copy, Debug)]
pub struct Tranches {
    bornes: [(&'static str, Duree); 3],
    au_dela: &'static str,
}

/// Months, for orientations and CER.
///
/// Source: avenant n° 2 à la convention 2019-2021, Lot-et-Garonne (follow-up of the delays).
pub const EN_MOIS: Tranches =
    Tranches { bornes: [("<=1", Duree::Mois(1)), ("<=2", Duree::Mois(2)), ("<=3", Duree::Mois(3))], au_dela: ">3" };

/// Days, for appointments.
pub const EN_JOURS: Tranches = Tranches {
    bornes: [("<=7", Duree::Jours(7)), ("<=14", Duree::Jours(14)), ("<=30", Duree::Jours(30))],
    au_dela: ">30",
};

/// How a population splits around a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Repartition {
    /// Done in time.
    pub dans_les_delais: Valeur,
    /// Done late.
    pub hors_delai: Valeur,
    /// Not in the population, counted apart.
    pub hors_champ: Valeur,
    /// Not done, still in time.
    pub en_cours: Valeur,
    /// Not done, too late.
    pub echus: Valeur,
    /// Mean days of those done.
    pub moyenne_jours: Option<Valeur>,
    /// What this mean is the quotient of.
    pub jours: Quotient,
    /// Median days of those done.
    pub mediane_jours: Option<Valeur>,
    /// Those done, by bucket.
    pub tranches: Vec<(&'static str, Valeur)>,
}

impl Repartition {
    /// Splits a population on the day the table is closed.
    #[must_use]
    pub fn new(population: impl Iterator<Item = Delai>, hors_champ: u64, arrete: Jour, tranches: Tranches) -> Self {
        let (mut dans_les_delais, mut hors_delai, mut en_cours, mut echus) = (0, 0, 0, 0);
        let mut compte = [0u64; 4];
        let mut jours = Vec::new();
        for delai in population {
            match delai.issue(arrete) {
                Issue::Tenu => dans_les_delais += 1,
                Issue::Tardif => hors_delai += 1,
                Issue::EnCours => en_cours += 1,
                Issue::Echu => echus += 1,
            }
            if let Some(fin) = delai.fin {
                let found = tranches.bornes.iter().position(|(_, duree)| duree.contient(delai.debut, fin));
                compte[found.unwrap_or(3)] += 1;
                jours.extend(delai.jours());
            }
        }
        let labels = tranches.bornes.iter().map(|(label, _)| *label).chain([tranches.au_dela]);
        let quotient = Quotient::de(&jours);
        Self {
            dans_les_delais: Valeur::Entier(dans_les_delais),
            hors_delai: Valeur::Entier(hors_delai),
            hors_champ: Valeur::Entier(hors_champ),
            en_cours: Valeur::Entier(en_cours),
            echus: Valeur::Entier(echus),
            moyenne_jours: quotient.moyenne().map(Valeur::Decimal),
            jours: quotient,
            mediane_jours: mediane(&mut jours).map(Valeur::Decimal),
            tranches: labels.zip(compte.map(Valeur::Entier)).collect(),
        }
    }

    /// Whether more than `part` of the people whose delay is settled miss the target; `None` when
    /// there is nobody, or when they are hidden.
    ///
    /// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 5, note 1.
    #[must_use]
    pub fn eloigne_annexe_5(&self, part: f64) -> Option<bool> {
        let missed = self.hors_delai.entier()? + self.echus.entier()?;
        let settled = self.dans_les_delais.entier()? + missed;
        #[expect(clippy::cast_precision_loss, reason = "counts of people")]
        let share = missed as f64 / settled as f64;
        (settled > 0).then_some(share > part)
    }
}

/// Whether a rate is at or below `part` of its target.
///
/// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, body of the text, note 2.
#[must_use]
pub fn eloigne_note_2(numerateur: u64, denominateur: u64, cible: f64, part: f64) -> Option<bool> {
    #[expect(clippy::cast_precision_loss, reason = "counts of people")]
    let rate = numerateur as f64 / denominateur as f64;
    // A rate equal to the share is at it, whatever the last bit of the product.
    (denominateur > 0).then_some(rate <= cible * part + 1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_rounded_half_up_on_the_exact_value() {
        assert_eq!(moyenne(&[20, 20, 21]), Some(20.3));
        // 1/20 = 0.05, which no float holds exactly.
        assert_eq!(arrondi(1, 20, 1), Some(0.1));
        assert_eq!(arrondi(61, 3, 1), Some(20.3));
        assert_eq!(taux(1, 3), Some(0.3333));
        assert_eq!(taux(2, 3), Some(0.6667));
        assert_eq!(arrondi(1, 20_000, 4), Some(0.0001));
    }

    #[test]
    fn a_mean_over_nothing_is_nothing_and_not_zero() {
        assert_eq!(moyenne(&[]), None);
        assert_eq!(mediane(&mut []), None);
        assert_eq!(taux(0, 0), None);
    }

    #[test]
    fn the_median_of_an_even_number_is_the_middle_of_the_two() {
        assert_eq!(mediane(&mut [50, 9]), Some(29.5));
        assert_eq!(mediane(&mut [3, 1, 2]), Some(2.0));
    }

    #[test]
    fn far_from_the_target_is_at_three_quarters_of_it_in_note_2_and_over_in_annexe_5() {
        assert_eq!(eloigne_note_2(3, 4, 1.0, 0.75), Some(true));
        assert_eq!(eloigne_note_2(76, 100, 1.0, 0.75), Some(false));
        assert_eq!(eloigne_note_2(9, 20, 0.6, 0.75), Some(true));
        assert_eq!(eloigne_note_2(0, 0, 1.0, 0.75), None);
        let split = |dans_les_delais, hors_delai, echus| Repartition {
            dans_les_delais: Valeur::Entier(dans_les_delais),
            hors_delai: Valeur::Entier(hors_delai),
            hors_champ: Valeur::Entier(0),
            en_cours: Valeur::Entier(9),
            echus: Valeur::Entier(echus),
            moyenne_jours: None,
            jours: Quotient::default(),
            mediane_jours: None,
            tranches: Vec::new(),
        };
        assert_eq!(split(1, 2, 1).eloigne_annexe_5(0.75), Some(false));
        assert_eq!(split(1, 3, 1).eloigne_annexe_5(0.75), Some(true));
        assert_eq!(split(0, 0, 0).eloigne_annexe_5(0.75), None);
    }
}
