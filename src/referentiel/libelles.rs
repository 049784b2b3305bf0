//! The words of the outputs that a text changes: the labels of the indicators, and what the contract
//! and Pôle emploi are called. Dated, each with its source, as the thresholds are.

use std::borrow::Cow;

use super::Referentiel;
use crate::indicateurs::catalogue::{CATALOGUE, Definition};
use crate::temps::Jour;

/// Declares the words that a text may change.
macro_rules! mots_changeants {
    ($($(#[$doc:meta])* $variant:ident = $cle:literal, $texte:literal;)+) => {
        /// A word of the outputs that a text may change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mot { $($(#[$doc])* $variant),+ }

        impl Mot {
            /// Every one.
            pub const TOUS: &'static [Self] = &[$(Self::$variant),+];

            /// Its key in a référentiel.
            #[must_use]
            pub fn cle(self) -> &'static str {
                match self { $(Self::$variant => $cle),+ }
            }

            /// What it is in the texts of 2022.
            #[must_use]
            pub fn texte(self) -> &'static str {
                match self { $(Self::$variant => $texte),+ }
            }
        }
    };
}

mots_changeants! {
    /// The contract, in full.
    Contrat = "contrat", "contrat d'engagements réciproques";
    /// The contract, in short.
    Cer = "cer", "CER";
    /// The public employment service.
    PoleEmploi = "pole_emploi", "Pôle emploi";
}

/// What something is called from a day, with the text that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Libelle {
    /// Indicator, as `3.1.2`, or word, see [`Mot::cle`].
    pub cle: String,
    /// First day.
    pub depuis: Jour,
    /// The label.
    pub texte: String,
    /// The label in two or three words, for a narrow column, when that changes too.
    pub court: Option<String>,
    /// What the indicator counts, in a sentence or two, when that changes too.
    pub definition: Option<String>,
    /// The text that it comes from.
    pub source: String,
}

/// The keys that a label may have.
pub(super) fn cles() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|definition| definition.id).chain(Mot::TOUS.iter().map(|mot| mot.cle()))
}

impl Referentiel {
    /// The labels that are not those of the texts of 2022, each from the earliest.
    #[must_use]
    pub fn libelles(&self) -> &[Libelle] {
        &self.libelles
    }

    fn libelle_au(&self, cle: &str, jour: Jour) -> Option<&Libelle> {
        self.libelles.iter().rfind(|libelle| libelle.cle == cle && libelle.depuis <= jour)
    }

    /// The label of an indicator on a day: for a table, the last of its period.
    #[must_use]
    pub fn libelle(&self, definition: &Definition, jour: Jour) -> Cow<'static, str> {
        let libelle = self.libelle_au(definition.id, jour);
        libelle.map_or(Cow::Borrowed(definition.libelle), |libelle| Cow::Owned(libelle.texte.clone()))
    }

    /// The label of an indicator in two or three words on a day, when it is not that of 2022.
    #[must_use]
    pub fn court(&self, id: &str, jour: Jour) -> Option<&str> {
        self.libelle_au(id, jour)?.court.as_deref()
    }

    /// What an indicator counts on a day, when it is not what it did in 2022.
    #[must_use]
    pub fn definition(&self, id: &str, jour: Jour) -> Option<&str> {
        self.libelle_au(id, jour)?.definition.as_deref()
    }

    /// A word on a day.
    #[must_use]
    pub fn mot(&self, mot: Mot, jour: Jour) -> &str {
        self.libelle_au(mot.cle(), jour).map_or(mot.texte(), |libelle| &libelle.texte)
    }
}
