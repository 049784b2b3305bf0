//! The results of earlier years and the targets, which the department writes down once.

use crate::indicateurs::Valeur;

/// A column of the official table other than that of the campaign.
///
/// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 9, section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colonne {
    /// What was reached, as the situation on 31 December 2018 or the result of 2019.
    Resultat,
    /// What was expected, as « attendu 2021 ».
    Attendu,
}

/// A figure of another year.
#[derive(Clone, Debug, PartialEq)]
pub struct Chiffre {
    /// Indicator, as `3.1.2`.
    pub indicateur: String,
    /// Year, or another period as the table names it.
    pub periode: String,
    /// Reached or expected.
    pub colonne: Colonne,
    /// The figure.
    pub valeur: Valeur,
    /// Where it comes from.
    pub source: String,
}

/// The figures of other years.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Historique {
    /// One a cell, in the order of the file.
    pub chiffres: Vec<Chiffre>,
}
