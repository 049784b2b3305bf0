//! What is set aside (one record) and what is refused (a whole file), in words that help.

use std::fmt;

use crate::systeme::EnFrancais;

/// Why one record was set aside; the quality report counts by these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MotifRejet {
    /// A mandatory value is missing.
    Manquant,
    /// A code is not in its list.
    CodeInconnu,
    /// A date cannot exist or is not written as a date.
    DateImpossible,
    /// A past fact is dated after the reception of the file.
    DateFuture,
    /// An event before the RSA existed.
    AvantLeRsa,
    /// Two dates contradict each other.
    DatesIncoherentes,
    /// A value is not a number.
    NombreIllisible,
    /// Nobody can be recognised from the line.
    SansIdentite,
    /// The line has not the number of columns of the header.
    Colonnes,
}

impl MotifRejet {
    /// The reason as the reports show it.
    #[must_use]
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Manquant => "valeur manquante",
            Self::CodeInconnu => "code inconnu",
            Self::DateImpossible => "date impossible",
            Self::DateFuture => "date postérieure à la réception",
            Self::AvantLeRsa => "antérieur au RSA",
            Self::DatesIncoherentes => "dates incohérentes",
            Self::NombreIllisible => "nombre illisible",
            Self::SansIdentite => "personne non désignée",
            Self::Colonnes => "nombre de colonnes",
        }
    }
}

/// A record set aside: where, what was found, what was expected, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejet {
    /// Line of the file.
    pub ligne: u64,
    /// Tag or column at fault.
    pub champ: String,
    /// The value found, as it may be shown (see [`shown`]).
    pub valeur: String,
    /// Why, for counting.
    pub motif: MotifRejet,
    /// What was expected and what to do, in French, without a final full stop.
    pub attendu: String,
}

impl fmt::Display for Rejet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ligne {} : {} vaut {} ; {}", self.ligne, self.champ, self.valeur, self.attendu)
    }
}

/// How much of a value may be shown in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masque {
    /// Codes, dates of acts and numbers: the value itself.
    Montrer,
    /// NIR, names, birth dates, addresses, referents, free text: the shape only.
    Forme,
}

/// The value as a message may show it: in quotes, cut when it is long, or its shape alone.
#[must_use]
pub fn shown(valeur: &str, masque: Masque) -> String {
    let length = valeur.chars().count();
    match masque {
        _ if valeur.is_empty() => "vide".to_owned(),
        Masque::Forme => format!("« {length} caractère{} »", if length > 1 { "s" } else { "" }),
        Masque::Montrer if length > 40 => {
            let head: String = valeur.chars().take(40).collect();
            format!("« {head}… » ({length} caractères)")
        }
        Masque::Montrer => format!("« {valeur} »"),
    }
}

/// A whole file that is refused: nothing of it enters.
#[derive(Debug, thiserror::Error)]
pub enum Refus {
    /// The content is not what the file claims to be. The text says what was found, what was
    /// expected and what to do.
    #[error("{}{message}", ligne.map(|n| format!("ligne {n} : ")).unwrap_or_default())]
    Contenu {
        /// Line, when one can be named.
        ligne: Option<u64>,
        /// In French.
        message: String,
    },
    /// The file or the warehouse could not be read or written.
    #[error("lecture ou écriture impossible : {}", EnFrancais(.0))]
    Disque(#[from] std::io::Error),
    /// The segment could not be written.
    #[error("écriture du segment impossible : {0}")]
    Segment(#[from] parquet::errors::ParquetError),
}

impl Refus {
    /// A refusal of the content, at a line.
    #[must_use]
    pub fn at(ligne: u64, message: impl Into<String>) -> Self {
        Self::Contenu { ligne: Some(ligne), message: message.into() }
    }

    /// A refusal of the content as a whole.
    #[must_use]
    pub fn whole(message: impl Into<String>) -> Self {
        Self::Contenu { ligne: None, message: message.into() }
    }
}
