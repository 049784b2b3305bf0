//! What every table of the report is made of.

use crate::indicateurs::Valeur;
use crate::rapport::figure;

/// A table.
pub(super) struct Table {
    /// Unique in the page.
    pub id: String,
    pub legende: String,
    /// The first one heads the lines.
    pub colonnes: Vec<Colonne>,
    pub groupes: Vec<Groupe>,
    /// Under the table; none when it is empty.
    pub note: &'static str,
}

pub(super) struct Colonne {
    pub texte: String,
    pub nombre: bool,
}

/// Lines under a heading of their own; none when it is empty.
#[derive(Default)]
pub(super) struct Groupe {
    pub titre: String,
    pub lignes: Vec<Ligne>,
}

#[derive(Default)]
pub(super) struct Ligne {
    /// What the line is about, for programs.
    pub cle: String,
    /// Number of an indicator, if it is one.
    pub code: String,
    pub titre: String,
    pub precision: String,
    /// Whether it is the whole of the lines above.
    pub ensemble: bool,
    pub cellules: Vec<Cellule>,
}

pub(super) struct Cellule {
    /// What the cell holds, for programs: a key of the JSON.
    pub champ: String,
    pub texte: String,
    /// `nombre` or `texte`.
    pub genre: &'static str,
    /// `alerte` or `change`; the text says it too.
    pub marque: &'static str,
    /// Under the text.
    pub precisions: Vec<Precision>,
}

pub(super) struct Precision {
    pub champ: String,
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
    pub fn new(texte: impl Into<String>, nombre: bool) -> Self {
        Self { texte: texte.into(), nombre }
    }
}

impl Cellule {
    /// A figure already written.
    pub fn nombre(champ: impl Into<String>, texte: impl Into<String>) -> Self {
        Self { champ: champ.into(), texte: texte.into(), genre: "nombre", marque: "", precisions: Vec::new() }
    }

    pub fn texte(champ: impl Into<String>, texte: impl Into<String>) -> Self {
        Self { genre: "texte", ..Self::nombre(champ, texte) }
    }

    pub fn figure(champ: impl Into<String>, valeur: Option<Valeur>) -> Self {
        Self::nombre(champ, figure(valeur))
    }

    /// The same, with more said under it.
    pub fn avec(mut self, champ: impl Into<String>, texte: impl Into<String>) -> Self {
        self.precisions.push(Precision { champ: champ.into(), texte: texte.into() });
        self
    }

    pub fn marquee(mut self, marque: &'static str) -> Self {
        self.marque = marque;
        self
    }
}
