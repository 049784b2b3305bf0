//! The computation shared out by an existing engine: one machine writes what everybody must know of the
//! others ([`contexte`]), each part of the people is folded alone ([`entrants`] in, [`sortie`] out), and
//! what the parts give is put together ([`reunion`]). No rule is here: people, entries and figures come
//! from the functions that make the commands' outputs. `docs/spark.md` documents the three forms.

pub mod contexte;
pub mod entrants;
pub mod reunion;
pub mod sortie;

pub use contexte::Contexte;

use crate::indicateurs::Question;
use crate::journal::depot::ErreurDepot;

/// Why a fold, or what puts folds together, cannot go on. In French, ready to be shown.
#[derive(Debug, thiserror::Error)]
pub enum ErreurPliage {
    /// What was given is not what was expected.
    #[error("{0}")]
    Refus(String),
    /// A damaged warehouse.
    #[error(transparent)]
    Depot(#[from] ErreurDepot),
    /// The result could not be written.
    #[error("{0}")]
    Ecriture(std::io::Error),
}

impl ErreurPliage {
    fn refus(phrase: impl Into<String>) -> Self {
        Self::Refus(phrase.into())
    }
}

/// What tells one question, asked of one context, from another: folds of two questions are not put
/// together.
fn empreinte_de_la_question(contexte: &Contexte, question: &Question<'_>) -> String {
    let Question { periode, referentiel, connu_le } = question;
    let texte = format!("{periode:?} {referentiel:?} {connu_le:?} {:?} {:?}", contexte.fichiers, contexte.evenements);
    blake3::hash(texte.as_bytes()).to_hex().to_string()
}
