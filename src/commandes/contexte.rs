//! `jalon contexte`: what every machine must know of the whole, for a computation that is shared out.

use std::io;

use super::indicateurs::ouvrir;
use super::{Erreur, Fin, ecrire_fichier};
use crate::cli::{Communes, FaireUnContexte};
use crate::journal::depot::Segments;
use crate::journal::lecture::existait;
use crate::pliage::contexte::construire;

pub(super) fn executer(communes: &Communes, demande: &FaireUnContexte) -> Result<Fin, Erreur> {
    let depot = ouvrir(communes)?;
    let Segments { mut flux, evenements } = depot.segments()?;
    flux.retain(|segment| existait(segment.meta.commun.recu_le, demande.connu_le));
    let (contexte, lignes) = construire(&flux, &evenements, demande.connu_le)?;
    let octets = contexte
        .en_parquet(&lignes)
        .map_err(|error| Erreur::Ecriture(demande.sortie.clone(), io::Error::other(error.to_string())))?;
    ecrire_fichier(&demande.sortie, &octets)?;
    if !communes.quiet {
        let (identites, evenements) = lignes.comptes();
        eprintln!(
            "{} : {} personne(s), {identites} identité(s), {evenements} événement(s), {} fichier(s). Aucun nom ni NIR, mais des \
             données personnelles : effacez-le après usage.",
            demande.sortie.display(),
            contexte.personnes,
            contexte.fichiers.len()
        );
    }
    Ok(Fin::Fait)
}
