//! The journal as five tables, for questions that no command foresees: [`Nom::Entrees`],
//! [`Nom::Personnes`], [`Nom::Evenements`], [`Nom::Flux`], [`Nom::Indicateurs`].
//!
//! No rule of its own: an entry, its delays, who is bénéficiaire and the twelve figures come from the
//! functions that make the commands' outputs. [`catalogue`] says what each column means, and
//! `docs/tables.md` is checked against it. Never a NIR, nor its digest.

pub mod catalogue;
pub mod construction;
pub mod examen;
pub mod export;
pub mod formes;
pub mod invite;
pub mod ri_insertion;
pub mod sql;

use smol_str::SmolStr;

use crate::rapport::detail;
use crate::temps::Jour;
pub use catalogue::{Colonne, Nom, Sorte};
pub use construction::{Question, Source};

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cellule {
    /// Nothing to say.
    Vide,
    /// A text, as it was given.
    Texte(SmolStr),
    /// A whole number.
    Entier(i64),
    /// A number.
    Decimal(f64),
    /// A day.
    Date(Jour),
    /// Yes or no.
    Booleen(bool),
}

impl Cellule {
    /// A text; nothing when it is empty.
    #[must_use]
    pub fn texte(texte: &str) -> Self {
        if texte.is_empty() { Self::Vide } else { Self::Texte(texte.into()) }
    }

    /// A count.
    #[must_use]
    pub fn compte(n: impl TryInto<i64>) -> Self {
        n.try_into().map_or(Self::Vide, Self::Entier)
    }

    /// A day, when there is one in the calendar.
    #[must_use]
    pub fn jour(jour: Option<Jour>) -> Self {
        jour.filter(|jour| *jour != Jour::MIN && *jour != Jour::MAX).map_or(Self::Vide, Self::Date)
    }

    /// A cell of the detail, in a column of a sort.
    pub(crate) fn du_detail(cellule: &detail::Cellule, sorte: Sorte) -> Self {
        match cellule {
            detail::Cellule::Vide => Self::Vide,
            // A birth date that is not in the calendar.
            detail::Cellule::Texte(_) if sorte == Sorte::Date => Self::Vide,
            detail::Cellule::Texte(texte) => Self::texte(texte),
            detail::Cellule::Jour(jour) => Self::Date(*jour),
            detail::Cellule::Nombre(n) if sorte == Sorte::Booleen => Self::Booleen(*n != 0),
            detail::Cellule::Nombre(n) => Self::Entier(*n),
        }
    }
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Valeurs {
    /// Texts.
    Texte(Vec<Option<SmolStr>>),
    /// Whole numbers.
    Entier(Vec<Option<i64>>),
    /// Numbers.
    Decimal(Vec<Option<f64>>),
    /// Days, as numbers since 1970-01-01.
    Date(Vec<Option<i32>>),
    /// Yes or no.
    Booleen(Vec<Option<bool>>),
}

impl Valeurs {
    pub(crate) fn vides(sorte: Sorte) -> Self {
        match sorte {
            Sorte::Texte => Self::Texte(Vec::new()),
            Sorte::Entier => Self::Entier(Vec::new()),
            Sorte::Decimal => Self::Decimal(Vec::new()),
            Sorte::Date => Self::Date(Vec::new()),
            Sorte::Booleen => Self::Booleen(Vec::new()),
        }
    }

    /// What the column holds.
    #[must_use]
    pub fn sorte(&self) -> Sorte {
        match self {
            Self::Texte(_) => Sorte::Texte,
            Self::Entier(_) => Sorte::Entier,
            Self::Decimal(_) => Sorte::Decimal,
            Self::Date(_) => Sorte::Date,
            Self::Booleen(_) => Sorte::Booleen,
        }
    }

    /// Adds a cell. A cell of another sort would be a fault of ours: it is left empty, and said.
    fn ajouter(&mut self, cellule: Cellule) {
        match (self, cellule) {
            (Self::Texte(v), Cellule::Texte(x)) => v.push(Some(x)),
            (Self::Entier(v), Cellule::Entier(x)) => v.push(Some(x)),
            (Self::Decimal(v), Cellule::Decimal(x)) => v.push(Some(x)),
            (Self::Date(v), Cellule::Date(x)) => v.push(Some(x.0)),
            (Self::Booleen(v), Cellule::Booleen(x)) => v.push(Some(x)),
            (colonne, cellule) => {
                if cellule != Cellule::Vide {
                    tracing::error!(attendu = colonne.sorte().nom(), "cellule d'une autre sorte que sa colonne");
                }
                match colonne {
                    Self::Texte(v) => v.push(None),
                    Self::Entier(v) => v.push(None),
                    Self::Decimal(v) => v.push(None),
                    Self::Date(v) => v.push(None),
                    Self::Booleen(v) => v.push(None),
                }
            }
        }
    }

    /// The cell of a line.
    #[must_use]
    pub fn cellule(&self, ligne: usize) -> Cellule {
        let found = match self {
            Self::Texte(v) => v.get(ligne).cloned().flatten().map(Cellule::Texte),
            Self::Entier(v) => v.get(ligne).copied().flatten().map(Cellule::Entier),
            Self::Decimal(v) => v.get(ligne).copied().flatten().map(Cellule::Decimal),
            Self::Date(v) => v.get(ligne).copied().flatten().map(|jour| Cellule::Date(Jour(jour))),
            Self::Booleen(v) => v.get(ligne).copied().flatten().map(Cellule::Booleen),
        };
        found.unwrap_or(Cellule::Vide)
    }

    fn len(&self) -> usize {
        match self {
            Self::Texte(v) => v.len(),
            Self::Entier(v) => v.len(),
            Self::Decimal(v) => v.len(),
            Self::Date(v) => v.len(),
            Self::Booleen(v) => v.len(),
        }
    }
}

/// A table: one of the five, or an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Its columns, by name, in order; each has as many values as the others.
    pub colonnes: Vec<(String, Valeurs)>,
}

impl Table {
    /// An empty table with some columns of the catalogue.
    fn vide<'a>(colonnes: impl Iterator<Item = &'a Colonne>) -> Self {
        Self { colonnes: colonnes.map(|c| (c.nom.to_owned(), Valeurs::vides(c.sorte))).collect() }
    }

    /// A table of texts.
    fn de_textes<const N: usize>(noms: [&str; N], lignes: impl Iterator<Item = [String; N]>) -> Self {
        let mut table =
            Self { colonnes: noms.iter().map(|nom| ((*nom).to_owned(), Valeurs::vides(Sorte::Texte))).collect() };
        lignes.for_each(|ligne| table.ajouter(ligne.iter().map(|texte| Cellule::texte(texte))));
        table
    }

    /// Adds a line: a cell a column.
    pub(crate) fn ajouter(&mut self, cellules: impl Iterator<Item = Cellule>) {
        self.colonnes.iter_mut().zip(cellules).for_each(|((_, valeurs), cellule)| valeurs.ajouter(cellule));
    }

    /// How many lines it has.
    #[must_use]
    pub fn lignes(&self) -> usize {
        self.colonnes.first().map_or(0, |(_, valeurs)| valeurs.len())
    }
}

/// The five tables, as the commands list them.
#[must_use]
pub fn liste_des_tables() -> Table {
    let lignes = Nom::TOUS.iter().map(|nom| [nom.code().to_owned(), nom.description().to_owned()]);
    Table::de_textes(["table", "description"], lignes)
}

/// The columns of a table, as the commands list them.
#[must_use]
pub fn liste_des_colonnes(nom: Nom, sans_noms: bool) -> Table {
    let colonnes = nom.colonnes_montrees(sans_noms);
    Table::de_textes(
        ["colonne", "type", "description"],
        colonnes.map(|c| [c.nom.to_owned(), c.sorte.nom().to_owned(), c.description.to_owned()]),
    )
}
