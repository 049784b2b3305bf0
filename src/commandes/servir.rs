//! `jalon servir`: the same in a browser.

use super::indicateurs::{historique, lire, ouvrir, referentiel};
use super::{Erreur, Fin, afficher};
use crate::campagnes::{CAMPAGNES, Campagnes};
use crate::cli::{Communes, Servir};
use crate::page::{ErreurServeur, Etat, Reglages, servir};

pub(super) fn executer(communes: &Communes, demande: &Servir) -> Result<Fin, Erreur> {
    let campagnes = match &demande.campagnes {
        Some(chemin) => lire(chemin)?,
        None => CAMPAGNES.to_owned(),
    };
    let reglages = Reglages {
        referentiel: referentiel(&demande.regles)?,
        campagnes: Campagnes::lire(&campagnes)?,
        historique: historique(demande.historique.as_deref())?,
    };
    let etat = Etat::lire(ouvrir(communes)?, reglages);
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
