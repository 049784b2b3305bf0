//! Events of the department, line by line: raw values in, a trusted event or a reject out.

use chrono::NaiveDate;

use super::genres::Genre;
use crate::identite::Nir;

/// A value of an event's own columns.
#[derive(Clone, Debug, PartialEq)]
pub enum Valeur {
    /// A day.
    Date(NaiveDate),
    /// A code (as the list writes it) or a text.
    Texte(String),
    /// A whole number.
    Entier(i64),
    /// A number.
    Decimal(f64),
}

/// How a line names its person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentiteLigne {
    /// The usable NIR, if any.
    pub nir: Option<Nir>,
    /// NUMDEMRSA on 11 characters; empty when missing.
    pub numdemrsa: String,
    /// Name as given; empty when missing.
    pub nom: String,
    /// First name as given; empty when missing.
    pub prenom: String,
    /// Birth date; `None` when missing.
    pub date_naissance: Option<NaiveDate>,
}

/// A trusted line of an event file.
#[derive(Clone, Debug, PartialEq)]
pub struct Evenement {
    /// Line of the file.
    pub ligne: u64,
    /// `id_evenement`; empty for [`Genre::PoleEmploi`].
    pub id: String,
    /// Day on which the event was recorded, when given.
    pub saisi_le: Option<NaiveDate>,
    /// Whether the line withdraws the event: then only `id` and `saisi_le` have a meaning.
    pub annule: bool,
    /// The person; all empty for a withdrawal and for [`Genre::PoleEmploi`].
    pub identite: IdentiteLigne,
    /// The values of [`Genre::colonnes`], in their order; all `None` for a withdrawal.
    pub valeurs: Vec<Option<Valeur>>,
}

/// What an event file counted, beside its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilanEvenements {
    /// Kind told by the columns.
    pub genre: Genre,
    /// Lines read, those set aside included.
    pub lignes: u64,
    /// Lines set aside.
    pub rejetes: u64,
    /// What deserves a word without setting anything aside, in French.
    pub avertissements: Vec<String>,
}
