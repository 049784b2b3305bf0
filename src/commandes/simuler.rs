//! `jalon simuler`: the flux and the events of a department that does not exist.

use std::fs;
use std::path::Path;

use super::{Erreur, Fin};
use crate::cli::{Communes, Simuler};
use crate::simulation::{Reglages, ecrire_avec_verite};

pub(super) fn executer(communes: &Communes, demande: &Simuler) -> Result<Fin, Erreur> {
    if demande.du > demande.au {
        return Err(Erreur::Demande("--du vient après --au. Donnez le premier mois, puis le dernier".to_owned()));
    }
    libre(&demande.sortie)?;
    let reglages = Reglages {
        graine: demande.graine,
        personnes: demande.personnes as usize,
        du: demande.du,
        au: demande.au,
        forme: demande.forme,
        realiste: true,
        quotidiens: true,
    };
    let bilan = ecrire_avec_verite(&reglages, &demande.sortie)
        .map_err(|error| Erreur::Ecriture(demande.sortie.clone(), error))?;
    if !communes.quiet {
        eprintln!(
            "jalon : {} fichiers écrits dans {} ({} foyers, {} lignes d'événements). Personne n'y est réel.",
            bilan.fichiers,
            demande.sortie.display(),
            bilan.foyers,
            bilan.evenements
        );
    }
    Ok(Fin::Fait)
}

/// Refuses a folder that holds something: an invented file must never be taken for a real one.
fn libre(sortie: &Path) -> Result<(), Erreur> {
    let occupe = match fs::read_dir(sortie) {
        Ok(mut entrees) => entrees.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(Erreur::Ecriture(sortie.to_owned(), error)),
    };
    if occupe {
        return Err(Erreur::Demande(format!(
            "{} n'est pas vide : jalon n'y mêle pas de fichiers inventés. Donnez un dossier neuf",
            sortie.display()
        )));
    }
    Ok(())
}
