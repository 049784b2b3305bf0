//! The one way from a history to everything that is handed in, and from there to files: the night
//! writes some of them, a campaign all of them.

use crate::indicateurs::{Question, calculer};
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::segment::MetaFlux;
use crate::parcours::histoire::Histoire;
use crate::rapport::{Contexte, Remise, csv, detail, json};

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

/// Everything that is handed in: what was asked for, computed.
#[must_use]
pub fn remise<'a>(histoire: &'a Histoire, contexte: Contexte<'a>) -> Remise<'a> {
    let tableau = calculer(histoire, &question(&contexte));
    Remise { contexte, tableau, historique: Default::default(), courbes: Vec::new(), commentaires: Vec::new() }
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
        csv::csv(contexte, tableau).map_err(|error| ErreurRemise::Redaction("tableau.csv", error.to_string()))?;
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
#[must_use]
pub fn fichiers_de_la_remise(remise: &Remise<'_>) -> Vec<Fichier> {
    vec![("commentaires.md", commentaires(remise).into_bytes())]
}

/// The comments as markdown, for the agent to complete.
fn commentaires(remise: &Remise<'_>) -> String {
    let titre = remise.contexte.campagne.unwrap_or_default();
    let mut out = format!("# Commentaires de la remise {titre}\n");
    for commentaire in &remise.commentaires {
        out.push_str(&format!("\n## {}\n", commentaire.titre));
        if commentaire.a_completer {
            out.push_str("\n> À compléter par le département.\n");
        }
        commentaire.paragraphes.iter().for_each(|paragraphe| out.push_str(&format!("\n{paragraphe}\n")));
    }
    out
}
