//! The days on which a caisse may send a daily flux: Monday to Friday, without the eleven national
//! holidays, nor the days that a department adds.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, Weekday};

use crate::temps::{Jour, Mois};

/// Easter Sunday of the Gregorian calendar, by the method known as that of Meeus, Jones and Butcher.
#[must_use]
pub fn paques(annee: i32) -> Option<NaiveDate> {
    let (a, b, c) = (annee.rem_euclid(19), annee.div_euclid(100), annee.rem_euclid(100));
    let lune = (19 * a + b - b.div_euclid(4) - (b - (b + 8).div_euclid(25) + 1).div_euclid(3) + 15).rem_euclid(30);
    let semaine = (32 + 2 * b.rem_euclid(4) + 2 * (c / 4) - lune - c % 4).rem_euclid(7);
    let report = (a + 11 * lune + 22 * semaine) / 451;
    let rang = u32::try_from(lune + semaine - 7 * report + 114).ok()?;
    NaiveDate::from_ymd_opt(annee, rang / 31, rang % 31 + 1)
}

/// The legal holidays that have a date: month and day.
const FIXES: [(u32, u32); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
/// Those that follow Easter Sunday, in days: Easter Monday, Ascension, Whit Monday.
const MOBILES: [i64; 3] = [1, 39, 50];

/// Whether a day is one of the eleven legal holidays.
///
/// Source: code du travail, article L.3133-1. The two of Alsace-Moselle and those of the overseas
/// departments are local: a department adds its own ([`Calendrier::new`]).
#[must_use]
pub fn est_ferie(date: NaiveDate) -> bool {
    FIXES.contains(&(date.month(), date.day()))
        || paques(date.year()).is_some_and(|paques| MOBILES.contains(&(date - paques).num_days()))
}

/// Which days are worked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendrier {
    /// Days without a flux that the department knows of: a local holiday, a closing of the caisse.
    chomes: BTreeSet<Jour>,
}

impl Calendrier {
    /// The national calendar, and the days without a flux that a department adds.
    #[must_use]
    pub fn new(chomes: impl IntoIterator<Item = Jour>) -> Self {
        Self { chomes: chomes.into_iter().collect() }
    }

    /// Whether a daily may be dated that day.
    #[must_use]
    pub fn est_ouvre(&self, jour: Jour) -> bool {
        let date = jour.date();
        !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && !est_ferie(date) && !self.chomes.contains(&jour)
    }

    /// The first working day after `jour`.
    #[must_use]
    pub fn suivant(&self, jour: Jour) -> Jour {
        // The longest stretch without a working day is a few days, whatever a department adds: the
        // bound only keeps a calendar of nothing but holidays from running for ever.
        (1..=366).map(|n| jour.plus_jours(n)).find(|jour| self.est_ouvre(*jour)).unwrap_or(jour.plus_jours(366))
    }

    /// `n` working days after `jour`.
    #[must_use]
    pub fn plus_ouvres(&self, jour: Jour, n: u32) -> Jour {
        (0..n).fold(jour, |jour, _| self.suivant(jour))
    }

    /// Working days after `debut`, up to `fin` included.
    #[must_use]
    pub fn ouvres_entre(&self, debut: Jour, fin: Jour) -> i64 {
        let jours = (debut.0..fin.0).map(|jour| Jour(jour).plus_jours(1));
        jours.filter(|jour| self.est_ouvre(*jour)).count().try_into().unwrap_or(i64::MAX)
    }
}

/// The month after.
#[must_use]
pub fn mois_suivant(mois: Mois) -> Mois {
    if mois.mois == 12 { Mois { annee: mois.annee + 1, mois: 1 } } else { Mois { mois: mois.mois + 1, ..mois } }
}

/// The last day of a month.
#[must_use]
pub fn dernier_jour(mois: Mois) -> Jour {
    mois_suivant(mois).veille()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jour(texte: &str) -> Jour {
        texte.parse::<NaiveDate>().unwrap().into()
    }

    /// The dates of Easter that the calendars of these years print, and the two ends of its range.
    #[test]
    fn easter_falls_on_its_known_days() {
        for (annee, attendu) in [
            (2016, "2016-03-27"),
            (2021, "2021-04-04"),
            (2022, "2022-04-17"),
            (2023, "2023-04-09"),
            (2024, "2024-03-31"),
            (2025, "2025-04-20"),
            (2026, "2026-04-05"),
            (1818, "1818-03-22"),
            (1943, "1943-04-25"),
            (2038, "2038-04-25"),
        ] {
            assert_eq!(paques(annee).unwrap().to_string(), attendu);
        }
    }

    #[test]
    fn the_eleven_holidays_of_each_year_are_those_of_its_calendar() {
        let mobiles = |annee| -> Vec<String> {
            let fixes = ["01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25"];
            let annee_entiere = NaiveDate::from_ymd_opt(annee, 1, 1).unwrap().iter_days().take(365);
            let jours: Vec<NaiveDate> = annee_entiere.filter(|date| est_ferie(*date)).collect();
            assert_eq!(jours.len(), 11, "{annee}");
            for fixe in fixes {
                assert!(jours.iter().any(|jour| jour.format("%m-%d").to_string() == fixe), "{annee} {fixe}");
            }
            let textes = jours.iter().map(|jour| jour.format("%m-%d").to_string());
            textes.filter(|jour| !fixes.contains(&jour.as_str())).collect()
        };
        assert_eq!(mobiles(2021), ["04-05", "05-13", "05-24"]);
        assert_eq!(mobiles(2022), ["04-18", "05-26", "06-06"]);
        assert_eq!(mobiles(2023), ["04-10", "05-18", "05-29"]);
        // In 2024, Ascension is the day after the 8th of May.
        assert_eq!(mobiles(2024), ["04-01", "05-09", "05-20"]);
        assert_eq!(mobiles(2025), ["04-21", "05-29", "06-09"]);
        assert_eq!(mobiles(2026), ["04-06", "05-14", "05-25"]);
    }

    /// Easter week-end of 2021: Good Friday is worked (2 April), Saturday to Monday are not.
    #[test]
    fn a_working_day_is_neither_a_week_end_nor_a_holiday_nor_a_day_of_the_department() {
        let calendrier = Calendrier::default();
        let ouvres: Vec<bool> = (0..6).map(|n| calendrier.est_ouvre(jour("2021-04-01").plus_jours(n))).collect();
        assert_eq!(ouvres, [true, true, false, false, false, true]);
        assert_eq!(calendrier.suivant(jour("2021-04-02")), jour("2021-04-06"));
        assert_eq!(calendrier.plus_ouvres(jour("2021-04-02"), 2), jour("2021-04-07"));
        assert_eq!(calendrier.ouvres_entre(jour("2021-04-02"), jour("2021-04-07")), 2);
        assert_eq!(calendrier.ouvres_entre(jour("2021-04-02"), jour("2021-04-02")), 0);
        // Good Friday is a holiday in Alsace-Moselle.
        let moselle = Calendrier::new([jour("2021-04-02")]);
        assert!(!moselle.est_ouvre(jour("2021-04-02")) && moselle.est_ouvre(jour("2021-04-01")));
    }

    /// 2021 has 254 working days: 261 days from Monday to Friday, of which seven are holidays
    /// (1/1, 5/4, 13/5, 24/5, 14/7, 1/11, 11/11; the others fall on a week-end).
    #[test]
    fn a_year_has_its_working_days() {
        let annee = |debut: &str, fin: &str| Calendrier::default().ouvres_entre(jour(debut), jour(fin));
        assert_eq!(annee("2020-12-31", "2021-12-31"), 254);
    }

    #[test]
    fn months_follow_one_another() {
        assert_eq!(mois_suivant(Mois { annee: 2021, mois: 12 }), Mois { annee: 2022, mois: 1 });
        assert_eq!(dernier_jour(Mois { annee: 2024, mois: 2 }), jour("2024-02-29"));
        assert_eq!(dernier_jour(Mois { annee: 2021, mois: 12 }), jour("2021-12-31"));
    }
}
