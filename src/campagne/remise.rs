//! The one way from a history to everything that is handed in, and from there to files: the night
//! writes some of them, a campaign all of them.

use crate::historique::Historique;
use crate::indicateurs::axes::{Axe, repartir};
use crate::indicateurs::courbes::courbes;
use crate::indicateurs::{Question, calculer, variantes};
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::segment::MetaFlux;
use crate::parcours::histoire::Histoire;
use crate::rapport::classeur::classeur;
use crate::rapport::execution::execution;
use crate::rapport::html::html;
use crate::rapport::{Contexte, Remise, commentaires, csv, detail, json};

/// A file: its name, and its content.
pub type Fichier = (&'static str, Vec<u8>);

/// Why a file cannot be made. In French, ready to be shown.
#[derive(Debug, thiserror::Error)]
pub enum ErreurRemise {
    /// The names behind the figures cannot be read.
    #[error(transparent)]
    Depot(#[from] ErreurDepot),
    /// The file cannot be written in its form.
    #[error("{0} ne peut pas être rédigé : {1}")]
    Redaction(&'static str, String),
}

fn question<'a>(contexte: &Contexte<'a>) -> Question<'a> {
    Question { periode: contexte.periode, connu_le: contexte.connu_le, referentiel: contexte.referentiel }
}

/// The table alone, nothing hidden, as the night writes it.
#[must_use]
pub fn tableau_seul<'a>(histoire: &'a Histoire, contexte: Contexte<'a>) -> Remise<'a> {
    let tableau = calculer(histoire, &question(&contexte));
    Remise { contexte, tableau, historique: Historique::default(), courbes: Vec::new(), commentaires: Vec::new() }
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
    let question = question(&contexte);
    let mut remise = tableau_seul(histoire, contexte);
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
/// A damaged segment.
pub fn fichiers_du_tableau(
    histoire: &Histoire,
    flux: &[Segment<MetaFlux>],
    remise: &Remise<'_>,
) -> Result<Vec<Fichier>, ErreurRemise> {
    let Remise { contexte, tableau, .. } = remise;
    let table =
        csv::douze(contexte, tableau).map_err(|error| ErreurRemise::Redaction("tableau.csv", error.to_string()))?;
    let mut fichiers = vec![
        ("tableau.csv", table),
        ("indicateurs.json", format!("{:#}\n", json::json(contexte, tableau)).into_bytes()),
    ];
    if !contexte.diffusion {
        let noms = detail::noms(histoire, flux, tableau)?;
        fichiers.push(("detail.csv", detail::detail(histoire, &question(contexte), &noms, tableau)));
    }
    Ok(fichiers)
}

/// The files of a submission that are read, sent and pasted.
///
/// # Errors
/// A damaged segment, or more people than a sheet holds.
pub fn fichiers_de_la_remise(
    histoire: &Histoire,
    flux: &[Segment<MetaFlux>],
    remise: &Remise<'_>,
) -> Result<Vec<Fichier>, ErreurRemise> {
    Ok(vec![
        ("tableau.xlsx", tableur(histoire, flux, remise)?),
        ("rapport.html", html(remise).into_bytes()),
        ("rapport-execution.docx", document(remise)?),
        ("commentaires.md", commentaires::markdown(&remise.commentaires, &remise.contexte).into_bytes()),
    ])
}

fn document(remise: &Remise<'_>) -> Result<Vec<u8>, ErreurRemise> {
    execution(remise).map_err(|error| ErreurRemise::Redaction("rapport-execution.docx", error.to_string()))
}

/// The workbook, with the people behind the table unless it is meant to leave the department.
///
/// # Errors
/// A damaged segment, or more people than a sheet holds.
pub fn tableur(histoire: &Histoire, flux: &[Segment<MetaFlux>], remise: &Remise<'_>) -> Result<Vec<u8>, ErreurRemise> {
    let Remise { contexte, tableau, .. } = remise;
    let lignes = if contexte.diffusion {
        None
    } else {
        let noms = detail::noms(histoire, flux, tableau)?;
        Some(detail::lignes(histoire, &question(contexte), &noms, tableau))
    };
    classeur(remise, lignes.as_deref()).map_err(|error| ErreurRemise::Redaction("tableau.xlsx", error.to_string()))
}
