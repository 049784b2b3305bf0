//! What is set aside (one record) and what is refused (a whole file), in words that help.

use std::borrow::Cow;
use std::fmt;

use crate::systeme::{Affichable, EnFrancais};

/// Characters that one value may take. No value of the flux or of the events comes near; one that is
/// longer is of a column that slipped, of a damaged file or of a hostile one, and would be copied as
/// often as its foyer has people.
pub const VALEUR_MAX: usize = 1000;

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
    /// A value is longer than any could be.
    TropLong,
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
            Self::TropLong => "valeur trop longue",
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

/// The mark of an extract: the file that a record was set aside from, and which of its rejects it
/// is. It is written where an editor leaves it alone, and travels with the extract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marque {
    /// Digest of the original file.
    pub empreinte: String,
    /// The reject among those of that file: its line, then its rank when others stand on that line.
    pub rejet: String,
}

impl Marque {
    /// The processing instruction that bears the mark in an XML extract.
    pub const INSTRUCTION: &'static str = "jalon-extrait";
    /// The column that bears it in a CSV extract.
    pub const COLONNE: &'static str = "JALON_EXTRAIT";

    /// Reads `empreinte:rejet`.
    #[must_use]
    pub fn lire(texte: &str) -> Option<Self> {
        let (empreinte, rejet) = texte.trim().split_once(':')?;
        let hexa = empreinte.len() == 64 && empreinte.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let (ligne, rang) = rejet.split_once('.').unwrap_or((rejet, "1"));
        let nombre = |texte: &str| !texte.is_empty() && texte.len() <= 12 && texte.bytes().all(|b| b.is_ascii_digit());
        (hexa && nombre(ligne) && nombre(rang))
            .then(|| Self { empreinte: empreinte.to_owned(), rejet: rejet.to_owned() })
    }
}

impl fmt::Display for Marque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.empreinte, self.rejet)
    }
}

/// What the file wrote of a record that is set aside: enough to make an extract of it.
#[derive(Clone, Debug)]
pub enum Texte<'a> {
    /// A foyer of the XML form.
    Xml {
        /// The start tag of the root.
        racine: &'a str,
        /// The block IdentificationFlux.
        en_tete: &'a str,
        /// The block InfosFoyerRSA, in one or two pieces.
        foyer: [&'a str; 2],
    },
    /// A line of a CSV form.
    Csv {
        /// The headings, as they are written.
        entetes: &'a [String],
        /// The separator.
        separateur: u8,
        /// The values, as they are written.
        champs: Vec<Cow<'a, str>>,
    },
}

/// What is known of a foyer that is set aside, beside the reason.
#[derive(Clone, Debug)]
pub struct Ecartee<'a> {
    /// NUMDEMRSA on 11 characters; empty when it could not be told.
    pub numdemrsa: &'a str,
    /// What the file wrote; `None` when it cannot be given back.
    pub texte: Option<Texte<'a>>,
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
        Masque::Montrer if looks_like_nir(valeur) => shown(valeur, Masque::Forme),
        Masque::Forme => format!("« {length} caractère{} »", if length > 1 { "s" } else { "" }),
        Masque::Montrer if length > 40 => {
            let head: String = valeur.chars().take(40).collect();
            format!("« {}… » ({length} caractères)", Affichable(&head))
        }
        Masque::Montrer => format!("« {} »", Affichable(valeur)),
    }
}

/// Whether a value may be, or hold, a NIR: thirteen digits in a row, spaces aside (a Corsican one has
/// a letter among them). No code, date or number of the files is as long: a column slipped.
fn looks_like_nir(valeur: &str) -> bool {
    let dense = valeur.bytes().filter(|b| !b.is_ascii_whitespace());
    let mut run = 0;
    dense.into_iter().any(|b| {
        run = if b.is_ascii_digit() || matches!(b, b'A' | b'B' | b'a' | b'b') { run + 1 } else { 0 };
        run >= 13
    })
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
    /// The file could not be read to its end. Nothing says that its content is wrong.
    #[error("lecture impossible : {}. Vérifiez le disque et les droits, puis relancez", EnFrancais(.0))]
    Lecture(std::io::Error),
    /// The file is not what it was when it was first looked at.
    #[error("le fichier a changé pendant sa lecture. Attendez la fin de sa copie, puis relancez")]
    Change,
    /// The warehouse could not be written. An error of the system that nobody placed is held to be
    /// this one: a file is never thrown away for the disk of the warehouse.
    #[error("écriture impossible dans l'entrepôt : {}. Vérifiez la place et les droits, puis relancez", EnFrancais(.0))]
    Disque(#[from] std::io::Error),
    /// The segment could not be written.
    #[error("écriture impossible dans l'entrepôt : {}. Vérifiez la place et les droits, puis relancez", segment(.0))]
    Segment(#[from] parquet::errors::ParquetError),
}

/// What is at fault when a file does not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its content: another one is to be asked for.
    Contenu,
    /// The reading of it: the same file can be given again.
    Lecture,
    /// The warehouse: the same file can be given again.
    Entrepot,
}

/// What the writer of segments says; an error of the system in French.
fn segment(error: &parquet::errors::ParquetError) -> String {
    match error {
        parquet::errors::ParquetError::External(source) => match source.downcast_ref::<std::io::Error>() {
            Some(error) => EnFrancais(error).to_string(),
            None => source.to_string(),
        },
        autre => autre.to_string(),
    }
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

    /// What is at fault.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Contenu { .. } => Cause::Contenu,
            Self::Lecture(_) | Self::Change => Cause::Lecture,
            Self::Disque(_) | Self::Segment(_) => Cause::Entrepot,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_in_quotes_and_cut_when_it_is_long() {
        assert_eq!(shown("9", Masque::Montrer), "« 9 »");
        assert_eq!(shown("", Masque::Montrer), "vide");
        assert_eq!(shown("MARTIN", Masque::Forme), "« 6 caractères »");
        assert_eq!(shown("É", Masque::Forme), "« 1 caractère »");
        assert_eq!(shown(&"x".repeat(41), Masque::Montrer), format!("« {}… » (41 caractères)", "x".repeat(40)));
    }

    #[test]
    fn a_value_never_acts_on_the_screen_that_shows_it() {
        assert_eq!(shown("2\u{1b}[2J", Masque::Montrer), "« 2\\u{1b}[2J »");
    }

    #[test]
    fn a_mark_is_a_digest_and_a_line() {
        let empreinte = "0123456789abcdef".repeat(4);
        for rejet in ["412", "1.2"] {
            let texte = format!("{empreinte}:{rejet}");
            let marque = Marque::lire(&texte).unwrap();
            assert_eq!((marque.rejet.as_str(), marque.to_string()), (rejet, texte));
        }
        for rejet in ["", "x", "1.", ".2", "../../x", "1234567890123"] {
            assert_eq!(Marque::lire(&format!("{empreinte}:{rejet}")), None, "{rejet}");
        }
        assert_eq!(Marque::lire(&format!("{}:1", empreinte.to_uppercase())), None);
        assert_eq!(Marque::lire(&empreinte), None);
    }

    /// A column that slipped puts a NIR where a code was expected.
    #[test]
    fn what_may_be_a_nir_is_never_shown() {
        for nir in ["2870499999002", "2 87 04 99 999 002", "287049999900212", "2870420A99002", "CD 2870499999002"] {
            assert!(shown(nir, Masque::Montrer).ends_with("caractères »"), "{nir}");
        }
        for valeur in ["2021-03-20T10:15:00.0000", "20/03/2021 10:15", "000000000012", "31/02/2021"] {
            assert_eq!(shown(valeur, Masque::Montrer), format!("« {valeur} »"));
        }
    }
}
