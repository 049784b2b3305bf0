//! What every table of the report, and of the pages, is made of. `templates/tables.html` writes it.

use crate::indicateurs::Valeur;
use crate::rapport::figure;

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Unique in the page.
    pub id: String,
    /// What it is about.
    pub legende: String,
    /// The first one heads the lines.
    pub colonnes: Vec<Colonne>,
    /// The lines.
    pub groupes: Vec<Groupe>,
    /// Under the table; none when it is empty.
    pub note: &'static str,
}

/// A column.
#[derive(Debug)]
pub struct Colonne {
    /// Its heading.
    pub texte: String,
    /// Whether it holds figures.
    pub nombre: bool,
    /// Where its heading leads: to the same table, in the order of this column.
    pub lien: Option<Lien>,
    /// `ascending` or `descending` when the table is in the order of this column.
    pub ordre: &'static str,
}

/// Lines under a heading of their own; none when it is empty.
#[derive(Debug, Default)]
pub struct Groupe {
    /// The heading.
    pub titre: String,
    /// The lines.
    pub lignes: Vec<Ligne>,
}

/// A line.
#[derive(Debug, Default)]
pub struct Ligne {
    /// What the line is about, for programs.
    pub cle: String,
    /// Number of an indicator, if it is one.
    pub code: String,
    /// What it is about.
    pub titre: String,
    /// Where the heading leads, if anywhere.
    pub lien: Option<Lien>,
    /// Under the heading.
    pub precision: String,
    /// Whether it is the whole of the lines above.
    pub ensemble: bool,
    /// The cells, that of the first column apart.
    pub cellules: Vec<Cellule>,
}

/// A cell.
#[derive(Debug)]
pub struct Cellule {
    /// What the cell holds, for programs: a key of the JSON.
    pub champ: String,
    /// What it says.
    pub texte: String,
    /// `nombre` or `texte`.
    pub genre: &'static str,
    /// `alerte` or `change`; the text says it too.
    pub marque: &'static str,
    /// Under the text.
    pub precisions: Vec<Precision>,
    /// Where the text leads, if anywhere.
    pub lien: Option<Lien>,
}

/// Where a text leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lien {
    /// The address.
    pub vers: String,
    /// What is added to the text for those who hear the page: where it leads.
    pub texte: String,
}

/// More about a cell.
#[derive(Debug)]
pub struct Precision {
    /// What it holds, for programs.
    pub champ: String,
    /// What it says.
    pub texte: String,
}

impl Table {
    /// A table of one group. The first column heads the lines, the others hold figures.
    pub fn new(id: impl Into<String>, legende: impl Into<String>, colonnes: &[&str], lignes: Vec<Ligne>) -> Self {
        let colonnes = colonnes.iter().enumerate().map(|(rang, texte)| Colonne::new(*texte, rang > 0)).collect();
        let groupes = vec![Groupe { titre: String::new(), lignes }];
        Self { id: id.into(), legende: legende.into(), colonnes, groupes, note: "" }
    }
}

impl Colonne {
    /// A column.
    pub fn new(texte: impl Into<String>, nombre: bool) -> Self {
        Self { texte: texte.into(), nombre, lien: None, ordre: "" }
    }
}

impl Cellule {
    /// A figure already written.
    pub fn nombre(champ: impl Into<String>, texte: impl Into<String>) -> Self {
        let (champ, texte) = (champ.into(), texte.into());
        Self { champ, texte, genre: "nombre", marque: "", precisions: Vec::new(), lien: None }
    }

    /// Words.
    pub fn texte(champ: impl Into<String>, texte: impl Into<String>) -> Self {
        Self { genre: "texte", ..Self::nombre(champ, texte) }
    }

    /// A figure.
    pub fn figure(champ: impl Into<String>, valeur: Option<Valeur>) -> Self {
        Self::nombre(champ, figure(valeur))
    }

    /// The same, with more said under it.
    #[must_use]
    pub fn avec(mut self, champ: impl Into<String>, texte: impl Into<String>) -> Self {
        self.precisions.push(Precision { champ: champ.into(), texte: texte.into() });
        self
    }

    /// The same, marked.
    #[must_use]
    pub fn marquee(mut self, marque: &'static str) -> Self {
        self.marque = marque;
        self
    }
}
