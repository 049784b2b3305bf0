//! Days, months and limits. No clock is read here: the day on which a figure is closed is an
//! argument everywhere.

use std::fmt::{self, Write};

use chrono::{Datelike, Days, Months, NaiveDate};

/// A calendar day as the number of days since 1970-01-01: the form in which the computation holds
/// dates. [`Jour::date`] gives the calendar date back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Jour(pub i32);

/// A calendar month, which is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mois {
    /// Calendar year.
    pub annee: i32,
    /// Month of the year, 1 to 12.
    pub mois: u32,
}

impl Jour {
    /// The earliest day that can be held: before every date of every file.
    pub const MIN: Self = Self(i32::MIN);
    /// A day after every date of every file.
    pub const MAX: Self = Self(i32::MAX);

    /// The calendar date of this day. Days outside the calendar (never produced by a date that was
    /// read) are clamped to its ends.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        let epoch = NaiveDate::default();
        let clamp = if self.0 < 0 { NaiveDate::MIN } else { NaiveDate::MAX };
        let days = Days::new(u64::from(self.0.unsigned_abs()));
        let moved = if self.0 < 0 { epoch.checked_sub_days(days) } else { epoch.checked_add_days(days) };
        moved.unwrap_or(clamp)
    }

    /// The month this day is in.
    #[must_use]
    pub fn mois(self) -> Mois {
        let date = self.date();
        Mois { annee: date.year(), mois: date.month() }
    }

    /// Days elapsed from `debut` to this day.
    #[must_use]
    pub fn depuis(self, debut: Self) -> i64 {
        i64::from(self.0) - i64::from(debut.0)
    }

    /// This day moved by `n` days.
    #[must_use]
    pub fn plus_jours(self, n: i32) -> Self {
        Self(self.0.saturating_add(n))
    }

    /// This day `n` months later, clamped to the last day of the month reached: 31/01 + 1 month is
    /// 28/02 (29/02 in a leap year).
    #[must_use]
    pub fn plus_mois(self, n: u32) -> Self {
        self.date().checked_add_months(Months::new(n)).map_or(Self::MAX, Self::from)
    }
}

impl From<NaiveDate> for Jour {
    fn from(date: NaiveDate) -> Self {
        Self(date.to_epoch_days())
    }
}

impl fmt::Display for Jour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        let Some(annee) = u32::try_from(date.year()).ok().filter(|annee| *annee <= 9999) else {
            return write!(f, "{}", date.format("%Y-%m-%d"));
        };
        // A list has many dates: digit by digit is three times as fast as three padded numbers.
        let chiffre = |n: u32| char::from_digit(n % 10, 10).unwrap_or('0');
        let (mois, jour) = (date.month(), date.day());
        [annee / 1000, annee / 100, annee / 10, annee].into_iter().try_for_each(|n| f.write_char(chiffre(n)))?;
        for n in [mois, jour] {
            f.write_char('-')?;
            f.write_char(chiffre(n / 10))?;
            f.write_char(chiffre(n))?;
        }
        Ok(())
    }
}

impl Mois {
    /// The last day of the month before this one.
    #[must_use]
    pub fn veille(self) -> Jour {
        NaiveDate::from_ymd_opt(self.annee, self.mois, 1)
            .map_or(Jour::MIN, |premier| Jour::from(premier).plus_jours(-1))
    }

    /// The month after this one.
    #[must_use]
    pub fn suivant(self) -> Self {
        if self.mois >= 12 {
            Self { annee: self.annee.saturating_add(1), mois: 1 }
        } else {
            Self { mois: self.mois + 1, ..self }
        }
    }

    fn rang(self) -> i64 {
        i64::from(self.annee) * 12 + i64::from(self.mois)
    }
}

impl fmt::Display for Mois {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.annee, self.mois)
    }
}

/// How a limit is counted from the start of a delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duree {
    /// « En n mois et moins », as the example of the guide counts it: from 01/03, one month holds
    /// 31/03 and not 01/04. A day is inside when the pair (months elapsed, day of the month) is
    /// strictly before (n, day of the start).
    Mois(u32),
    /// The same day n months later still counts, clamped to the end of the month.
    MoisInclus(u32),
    /// At most n weeks later: the same day of the week still counts.
    Semaines(u16),
    /// At most n days later.
    Jours(i32),
}

impl Duree {
    /// The last day that is in time for a delay that starts on `debut`.
    ///
    /// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6
    /// (example: notified on 01/03, in time when oriented before 01/04).
    #[must_use]
    pub fn limite(self, debut: Jour) -> Jour {
        match self {
            Self::Jours(n) => debut.plus_jours(n),
            Self::Semaines(n) => debut.plus_jours(7 * i32::from(n)),
            Self::MoisInclus(n) => debut.plus_mois(n),
            Self::Mois(n) => {
                let meme_jour = debut.plus_mois(n);
                if meme_jour == Jour::MAX {
                    return Jour::MAX;
                }
                // A clamped month (31/01 + 1 month) already stops before the day of the start.
                if meme_jour.date().day() < debut.date().day() { meme_jour } else { meme_jour.plus_jours(-1) }
            }
        }
    }

    /// Whether `jour` is in time for a delay that starts on `debut`.
    #[must_use]
    pub fn contient(self, debut: Jour, jour: Jour) -> bool {
        match self {
            Self::Mois(n) => {
                let (a, d) = (debut.date(), jour.date());
                let mois = jour.mois().rang() - debut.mois().rang();
                (mois, d.day()) < (i64::from(n), a.day())
            }
            _ => jour <= self.limite(debut),
        }
    }
}

/// A period of reporting, closed on `arrete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periode {
    /// First day of the period.
    pub du: Jour,
    /// Last day of the period.
    pub au: Jour,
    /// Day on which the outcomes are closed, never before `au`.
    pub arrete: Jour,
}

impl Periode {
    /// Whether `jour` lies in the period.
    #[must_use]
    pub fn contient(&self, jour: Jour) -> bool {
        self.du <= jour && jour <= self.au
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jour(texte: &str) -> Jour {
        texte.parse::<NaiveDate>().unwrap().into()
    }

    /// Annexe 7, section 6: notified on 01/03, in time until 31/03, late on 01/04.
    #[test]
    fn one_month_from_the_first_of_march_ends_on_the_31st() {
        let debut = jour("2021-03-01");
        assert_eq!(Duree::Mois(1).limite(debut), jour("2021-03-31"));
        assert!(Duree::Mois(1).contient(debut, jour("2021-03-31")));
        assert!(!Duree::Mois(1).contient(debut, jour("2021-04-01")));
    }

    #[test]
    fn one_month_from_the_31st_of_january_ends_with_february() {
        let debut = jour("2021-01-31");
        assert_eq!(Duree::Mois(1).limite(debut), jour("2021-02-28"));
        assert!(!Duree::Mois(1).contient(debut, jour("2021-03-01")));
    }

    #[test]
    fn one_month_from_a_leap_day_ends_on_the_28th_of_march() {
        let debut = jour("2024-02-29");
        assert_eq!(Duree::Mois(1).limite(debut), jour("2024-03-28"));
        assert!(!Duree::Mois(1).contient(debut, jour("2024-03-29")));
    }

    #[test]
    fn an_inclusive_month_holds_the_same_day_clamped() {
        assert_eq!(Duree::MoisInclus(1).limite(jour("2021-03-01")), jour("2021-04-01"));
        assert_eq!(Duree::MoisInclus(1).limite(jour("2021-01-31")), jour("2021-02-28"));
    }

    /// Six weeks from Friday 10 January 2025 end on Friday 21 February: 42 days.
    #[test]
    fn six_weeks_hold_the_same_day_of_the_sixth_week() {
        let debut = jour("2025-01-10");
        assert_eq!(Duree::Semaines(6).limite(debut), jour("2025-02-21"));
        assert!(Duree::Semaines(6).contient(debut, jour("2025-02-21")));
        assert!(!Duree::Semaines(6).contient(debut, jour("2025-02-22")));
    }

    /// The limit and the test of a day are written apart: they must agree on every day.
    #[test]
    fn the_limit_is_the_last_day_that_is_inside() {
        let premier = jour("2019-11-01");
        for start in 0..1600 {
            let debut = premier.plus_jours(start);
            for n in 1..=3 {
                let limite = Duree::Mois(n).limite(debut);
                assert!(Duree::Mois(n).contient(debut, limite), "{debut} {n}");
                assert!(!Duree::Mois(n).contient(debut, limite.plus_jours(1)), "{debut} {n}");
            }
        }
    }

    #[test]
    fn the_month_after_december_is_january_of_the_next_year() {
        assert_eq!(jour("2021-12-15").mois().suivant(), jour("2022-01-01").mois());
        assert_eq!(jour("2021-01-31").mois().suivant(), jour("2021-02-01").mois());
    }

    #[test]
    fn the_day_before_a_month_is_the_last_of_the_previous_one() {
        assert_eq!(jour("2021-03-15").mois().veille(), jour("2021-02-28"));
        assert_eq!(jour("2021-01-01").mois().veille(), jour("2020-12-31"));
    }
}
