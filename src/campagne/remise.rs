//! The one way from a history to everything that is handed in, and from there to files: the night
//! writes some of them, a campaign all of them.

use crate::historique::Historique;
use crate::indicateurs::axes::{Axe, repartir};
use crate::indicateurs::courbes::courbes;
use crate::indicateurs::{Question, Tableau, calculer, variantes};
use crate::parcours::histoire::Histoire;
use crate::rapport::classeur::classeur;
use crate::rapport::detail::{Noms, detail, lignes};
use crate::rapport::execution::execution;
use crate::rapport::html::html;
use crate::rapport::{Contexte, Remise, commentaires, csv, json};

/// A file: its name, and its content.
pub type Fichier = (&'static str, Vec<u8>);

/// Why a file cannot be made: its name, and why it cannot be written in its form. In French, ready to be
/// shown.
#[derive(Debug, thiserror::Error)]
#[error("{0} ne peut pas être rédigé : {1}")]
pub struct ErreurRemise(pub &'static str, pub String);

fn question<'a>(contexte: &Contexte<'a>) -> Question<'a> {
    Question { periode: contexte.periode, connu_le: contexte.connu_le, referentiel: contexte.referentiel }
}

/// A table alone, nothing hidden, as the night writes it.
#[must_use]
pub fn seule<'a>(contexte: Contexte<'a>, tableau: Tableau<'a>) -> Remise<'a> {
    Remise { contexte, tableau, historique: Historique::default(), courbes: Vec::new(), commentaires: Vec::new() }
}

/// The table alone of what is asked.
#[must_use]
pub fn tableau_seul<'a>(histoire: &'a Histoire, contexte: Contexte<'a>) -> Remise<'a> {
    seule(contexte, calculer(histoire, &question(&contexte)))
}

/// What stands beside the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voulu {
    /// The axes along which it is split.
    pub axes: Vec<Axe>,
    /// Whether it is given under each other reading.
    pub lectures: bool,
    /// Whether the curves and the comments are made.
    pub courbes: bool,
}

impl Voulu {
    /// Everything.
    #[must_use]
    pub fn tout() -> Self {
        Self { axes: Axe::TOUS.map(|(_, axe)| axe).to_vec(), lectures: true, courbes: true }
    }
}

/// The table and what stands beside it, the small figures hidden when it is meant to leave the
/// department.
#[must_use]
pub fn remise<'a>(histoire: &'a Histoire, contexte: Contexte<'a>, voulu: &Voulu, historique: Historique) -> Remise<'a> {
    entourer(histoire, tableau_seul(histoire, contexte), voulu, historique)
}

/// The same, of a table that is made already, alone and nothing hidden.
#[must_use]
pub fn entourer<'a>(
    histoire: &'a Histoire,
    mut remise: Remise<'a>,
    voulu: &Voulu,
    historique: Historique,
) -> Remise<'a> {
    let contexte = remise.contexte;
    let question = question(&contexte);
    remise.tableau.repartitions = repartir(histoire, &question, &remise.tableau, &voulu.axes);
    if voulu.lectures {
        remise.tableau.variantes = variantes::calculer(histoire, &question, &remise.tableau);
    }
    remise.historique = historique;
    if voulu.courbes {
        remise.courbes = courbes(&remise.tableau, &question);
    }
    // What is hidden is hidden once; the comments still count from the whole.
    let entier = contexte.diffusion.then(|| remise.tableau.clone());
    if contexte.diffusion {
        remise.diffuser();
    }
    if voulu.courbes {
        let entier = entier.as_ref().unwrap_or(&remise.tableau);
        remise.commentaires = commentaires::rediger(&contexte, entier, &remise.tableau, histoire);
    }
    remise
}

/// The files that tell the figures and, unless they are meant to leave the department, the people
/// behind them.
///
/// # Errors
/// A figure that cannot be written as CSV.
pub fn fichiers_du_tableau(
    histoire: &Histoire,
    noms: &Noms,
    remise: &Remise<'_>,
) -> Result<Vec<Fichier>, ErreurRemise> {
    let Remise { contexte, tableau, .. } = remise;
    let table = csv::douze(contexte, tableau).map_err(|error| ErreurRemise("tableau.csv", error.to_string()))?;
    let mut fichiers = vec![
        ("tableau.csv", table),
        ("indicateurs.json", format!("{:#}\n", json::json(contexte, tableau)).into_bytes()),
    ];
    if !contexte.diffusion {
        fichiers.push(("detail.csv", detail(histoire, &question(contexte), noms, tableau)));
    }
    Ok(fichiers)
}

/// The files of a submission that are read, sent and pasted.
///
/// # Errors
/// More people than a sheet holds.
pub fn fichiers_de_la_remise(
    histoire: &Histoire,
    noms: &Noms,
    remise: &Remise<'_>,
) -> Result<Vec<Fichier>, ErreurRemise> {
    Ok(vec![
        ("tableau.xlsx", tableur(histoire, noms, remise)?),
        ("rapport.html", html(remise).into_bytes()),
        ("rapport-execution.docx", document(remise)?),
        ("commentaires.md", commentaires::markdown(&remise.commentaires, &remise.contexte).into_bytes()),
    ])
}

fn document(remise: &Remise<'_>) -> Result<Vec<u8>, ErreurRemise> {
    execution(remise).map_err(|error| ErreurRemise("rapport-execution.docx", error.to_string()))
}

/// The workbook, with the people behind the table unless it is meant to leave the department.
///
/// # Errors
/// More people than a sheet holds.
pub fn tableur(histoire: &Histoire, noms: &Noms, remise: &Remise<'_>) -> Result<Vec<u8>, ErreurRemise> {
    let Remise { contexte, tableau, .. } = remise;
    let lignes = (!contexte.diffusion).then(|| lignes(histoire, &question(contexte), noms, tableau));
    classeur(remise, lignes.as_deref()).map_err(|error| ErreurRemise("tableau.xlsx", error.to_string()))
}
