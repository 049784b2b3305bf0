//! The twelve figures under each reading that the texts leave open, one at a time.

use super::Valeur;

/// The twelve figures under one other reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Variante {
    /// The switch, as `orientation.delai`.
    pub cle: &'static str,
    /// Its value, as `30_jours`.
    pub lecture: &'static str,
    /// Which text supports this reading, in one line of French.
    pub texte: &'static str,
    /// The figures by id, in the order of the table.
    pub valeurs: Vec<(&'static str, Option<Valeur>)>,
}
