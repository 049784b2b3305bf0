//! Draws and dates.

use chrono::{Datelike, NaiveDate};

/// splitmix64: small, quick and the same everywhere.
pub(super) struct Des(u64);

impl Des {
    /// A generator of its own for one thing (a foyer in a month, a child…).
    pub(super) fn de(graine: u64, quoi: u64, rang: u64) -> Self {
        let mut des = Des(graine ^ quoi.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let melange = des.suivant() ^ rang.wrapping_mul(0xD1B5_4A32_D192_ED03);
        Des(melange)
    }

    pub(super) fn suivant(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A whole number under `n`.
    pub(super) fn sous(&mut self, n: u32) -> u32 {
        (((self.suivant() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// A whole number from `a` to `b`, both included.
    pub(super) fn entre(&mut self, a: i32, b: i32) -> i32 {
        a + self.sous((b - a + 1).max(1) as u32) as i32
    }

    /// True `pour_dix_mille` times out of 10 000.
    pub(super) fn chance(&mut self, pour_dix_mille: u32) -> bool {
        self.sous(10_000) < pour_dix_mille
    }

    /// The rank of the share in which a draw falls; shares are out of their sum.
    pub(super) fn part(&mut self, parts: &[u32]) -> usize {
        let mut tirage = self.sous(parts.iter().sum());
        for (rang, part) in parts.iter().enumerate() {
            if tirage < *part {
                return rang;
            }
            tirage -= part;
        }
        0
    }
}

/// A day, counted from 0001-01-01; 0 stands for "none".
pub(super) type Jour = i32;

pub(super) fn jour(annee: i32, mois: u32, quantieme: u32) -> Jour {
    NaiveDate::from_ymd_opt(annee, mois, quantieme).unwrap_or_default().num_days_from_ce()
}

pub(super) fn date(jour: Jour) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(jour).unwrap_or_default()
}

/// Saturday or Sunday.
pub(super) fn chome(jour: Jour) -> bool {
    (jour - 1).rem_euclid(7) >= 5
}

/// The first day of the RSA: nothing can be dated before it.
pub(super) fn debut_du_rsa() -> Jour {
    jour(2009, 6, 1)
}
