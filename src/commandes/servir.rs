//! `jalon servir`: the same in a browser.

use std::io::Write;

use super::indicateurs::{historique, lire, ouvrir, referentiel};
use super::{Erreur, Fin, afficher};
use crate::campagnes::{CAMPAGNES, Campagnes};
use crate::cli::{Communes, Servir};
use crate::journal::lecture::en_lecture;
use crate::page::{Audit, ErreurServeur, Etat, Reglages, servir};

pub(super) fn executer(communes: &Communes, demande: &Servir) -> Result<Fin, Erreur> {
    let campagnes = match &demande.campagnes {
        Some(chemin) => lire(chemin)?,
        None => CAMPAGNES.to_owned(),
    };
    let reglages = Reglages {
        referentiel: referentiel(&demande.regles)?,
        campagnes: Campagnes::lire(&campagnes)?,
        historique: historique(demande.historique.as_deref())?,
        remises: demande.remises.clone(),
    };
    let depot = ouvrir(communes)?;
    let audit = Audit::nouveau(demande.audit.clone(), depot.racine());
    let etat = Etat::lire(depot, reglages, audit);
    dire_les_erreurs_internes();
    let mut affichee = Ok(());
    servir(etat, demande.port, |adresse| {
        affichee = afficher(format!("{adresse}\n").as_bytes());
        if !communes.quiet {
            eprintln!("jalon : ouvrez ce lien dans un navigateur de cette machine ; Ctrl-C pour arrêter.");
        }
    })
    .map_err(|error| match error {
        ErreurServeur::Port(..) => Erreur::Demande(error.to_string()),
        ErreurServeur::Systeme(raison) => Erreur::Ecriture("la page".into(), std::io::Error::other(raison)),
    })?;
    affichee.map(|()| Fin::Fait)
}

/// An error inside a page is told without what was being read, and stops that page alone.
fn dire_les_erreurs_internes() {
    std::panic::set_hook(Box::new(|panic| {
        if !en_lecture() {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let dit = writeln!(
                std::io::stderr(),
                "jalon : erreur interne ({place}) en faisant une page ; les autres répondent toujours. Signalez cette ligne."
            );
            dit.unwrap_or_default();
        }
    }));
}
