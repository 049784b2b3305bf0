//! `jalon indicateurs`: the table of a campaign or a period.

use std::io::IsTerminal;
use std::path::Path;

use rayon::prelude::*;

use super::{Erreur, Fin, afficher, ecrire_fichier, en_couleur};
use crate::campagnes::{CAMPAGNES, Campagnes};
use crate::cli::{Communes, Format, Indicateurs};
use crate::indicateurs::{Question, calculer};
use crate::journal::depot::{Depot, ErreurDepot, Segment, Segments};
use crate::journal::evenements;
use crate::journal::lecture::{colonnes_flux, existait};
use crate::journal::segment::MetaFlux;
use crate::parcours::histoire::{DossierDouble, EnTeteFichier, Histoire};
use crate::rapport::{Contexte, csv, detail, json, tableau};
use crate::referentiel::{REFERENTIEL_2022, Referentiel};
use crate::releves::cause;
use crate::releves::foyers::{Classe, Situation, est_un_transfert};
use crate::temps::{Jour, Periode};

pub(super) fn executer(communes: &Communes, demande: &Indicateurs) -> Result<Fin, Erreur> {
    let periode = periode(demande)?;
    let referentiel = referentiel(demande)?;
    let depot = ouvrir(communes)?;
    let Segments { mut flux, evenements } = depot.segments()?;
    flux.retain(|segment| existait(segment.meta.commun.recu_le, demande.connu_le));
    let histoire = histoire(&flux, evenements::rejouer(&evenements, demande.connu_le)?)?;
    let question = Question { periode, connu_le: demande.connu_le.map(Jour::from), referentiel: &referentiel };
    let table = calculer(&histoire, &question);
    let contexte = Contexte {
        campagne: demande.campagne.as_deref(),
        periode,
        connu_le: question.connu_le,
        referentiel: &referentiel,
    };
    let texte = match demande.format {
        Format::Table => {
            let couleur = demande.sortie.is_none() && en_couleur(communes);
            tableau::terminal(&contexte, &table, largeur(), couleur).into_bytes()
        }
        Format::Md => tableau::markdown(&contexte, &table).into_bytes(),
        Format::Json => format!("{:#}\n", json::json(&contexte, &table)).into_bytes(),
        Format::Csv => {
            csv::csv(&table).map_err(|error| Erreur::Ecriture("le tableau".into(), std::io::Error::other(error)))?
        }
    };
    if let Some(chemin) = &demande.detail {
        let noms = detail::noms(&histoire, &flux, &table)?;
        ecrire_fichier(chemin, &detail::detail(&histoire, &question, &noms, &table))?;
    }
    match &demande.sortie {
        Some(chemin) => ecrire_fichier(chemin, &texte)?,
        None => afficher(&texte)?,
    }
    Ok(Fin::Fait)
}

fn periode(demande: &Indicateurs) -> Result<Periode, Erreur> {
    if let Some(nom) = &demande.campagne {
        let texte = match &demande.campagnes {
            Some(chemin) => lire(chemin)?,
            None => CAMPAGNES.to_owned(),
        };
        return Ok(Campagnes::lire(&texte)?.periode(nom)?);
    }
    let (Some(du), Some(au)) = (demande.du, demande.au) else {
        return Err(Erreur::Demande("il manque --campagne, ou --du et --au".to_owned()));
    };
    let arrete = demande.arrete.unwrap_or(au);
    if au < du {
        return Err(Erreur::Demande(format!(
            "la période finit le {au}, avant de commencer le {du}. Corrigez --du ou --au"
        )));
    }
    if arrete < au {
        return Err(Erreur::Demande(format!(
            "la période est arrêtée le {arrete}, avant sa fin le {au}. Corrigez --arrete ou --au"
        )));
    }
    Ok(Periode { du: du.into(), au: au.into(), arrete: arrete.into() })
}

fn referentiel(demande: &Indicateurs) -> Result<Referentiel, Erreur> {
    let texte = match &demande.referentiel {
        Some(chemin) => lire(chemin)?,
        None => REFERENTIEL_2022.to_owned(),
    };
    let mut referentiel = Referentiel::lire(&texte)?;
    for (cle, valeur) in &demande.lecture {
        referentiel.lectures.choisir(cle, valeur)?;
    }
    Ok(referentiel)
}

fn lire(chemin: &Path) -> Result<String, Erreur> {
    std::fs::read_to_string(chemin).map_err(|error| {
        Erreur::Demande(format!(
            "{} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
            chemin.display(),
            cause(&error)
        ))
    })
}

/// Opens the warehouse; one that does not exist is a mistake on the command line, not a damage.
fn ouvrir(communes: &Communes) -> Result<Depot, Erreur> {
    Depot::ouvrir_en_lecture(&communes.entrepot, communes.cle.as_deref()).map_err(|error| match error {
        ErreurDepot::Disque { chemin, source } if source.kind() == std::io::ErrorKind::NotFound => {
            Erreur::Demande(format!(
                "l'entrepôt {} n'existe pas. Indiquez-le avec --entrepot, ou créez-le avec « jalon ingerer »",
                chemin.display()
            ))
        }
        error => Erreur::Depot(error),
    })
}

/// Replays the journal.
fn histoire(flux: &[Segment<MetaFlux>], evenements: evenements::EvenementsEnVigueur) -> Result<Histoire, ErreurDepot> {
    let lus = flux
        .par_iter()
        .map(|segment| Ok((en_tete(&segment.meta), colonnes_flux(segment)?)))
        .collect::<Result<Vec<_>, ErreurDepot>>()?;
    Ok(Histoire::new(lus, evenements))
}

fn en_tete(meta: &MetaFlux) -> EnTeteFichier {
    EnTeteFichier {
        nom: meta.commun.nom.clone(),
        empreinte: meta.commun.empreinte.clone(),
        caisse: meta.caisse.clone(),
        mensuel: meta.mensuel,
        dtref: meta.dtref.into(),
        cree_le: meta.cree_le,
        recu_le: meta.commun.recu_le.into(),
        non_lus: meta.non_lus.clone(),
        doubles: meta.doubles.iter().map(double).collect(),
    }
}

fn double(situation: &Situation) -> DossierDouble {
    DossierDouble {
        numdemrsa: situation.numdemrsa.clone(),
        classe: Classe::de(situation.etat),
        suspension: situation.suspension.map(Jour::from),
        dtdemrsa: situation.dtdemrsa.map(Jour::from),
        transfert: est_un_transfert(&situation.motif_cloture),
    }
}

/// The width asked for, that of the terminal (`None`), or one that a page holds.
fn largeur() -> Option<u16> {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse::<u16>().ok());
    columns.map(|columns| columns.max(80)).or_else(|| (!std::io::stdout().is_terminal()).then_some(130))
}
