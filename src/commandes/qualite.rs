//! `jalon qualite`: what the figures rest on, and the cases to look at.

use std::path::Path;

use serde::Deserialize;

use super::indicateurs::{campagne, largeur, lire, ouvrir};
use super::{Erreur, Fin, afficher, ecrire_fichier};
use crate::cli::{Communes, FormatQualite, Qualite as Demande};
use crate::controle::{Entrepot, cadre, examiner};
use crate::journal::depot::Segments;
use crate::journal::lecture::existait;
use crate::qualite::Seuils;
use crate::rapport::{detail, qualite as rapport};
use crate::referentiel::{REFERENTIEL_2022, Referentiel, illisible};
use crate::rejeu::histoire;
use crate::temps::{Jour, Periode};

pub(super) fn executer(communes: &Communes, demande: &Demande) -> Result<Fin, Erreur> {
    let seuils = seuils(demande.pipeline.as_deref())?;
    let referentiel = match &demande.referentiel {
        Some(chemin) => Referentiel::lire(&lire(chemin)?)?,
        None => Referentiel::lire(REFERENTIEL_2022)?,
    };
    let periode = periode(demande)?;
    let Segments { mut flux, mut evenements } = ouvrir(communes)?.segments()?;
    flux.retain(|segment| existait(segment.meta.commun.recu_le, demande.connu_le));
    let histoire = histoire(&flux, &evenements, demande.connu_le)?;
    evenements.retain(|segment| existait(segment.meta.commun.recu_le, demande.connu_le));
    let connu_le = demande.connu_le.map(Jour::from);
    let cadre = cadre(&flux, periode, connu_le);
    let entrepot = Entrepot { racine: &communes.entrepot, flux: &flux, evenements: &evenements };
    let qualite = examiner(&entrepot, &histoire, cadre, connu_le, &referentiel, &seuils)?;
    let depasses = seuils.depasses(&qualite);
    let texte = match demande.format {
        FormatQualite::Table => rapport::terminal(&qualite, &depasses, largeur()).into_bytes(),
        FormatQualite::Json => format!("{:#}\n", rapport::json(&qualite, &depasses)).into_bytes(),
        FormatQualite::Csv => rapport::csv(&qualite, &depasses),
    };
    if let Some(chemin) = &demande.en_attente {
        ecrire_fichier(chemin, &rapport::en_attente(&qualite))?;
    }
    if let Some(chemin) = &demande.ecarts {
        let noms = detail::noms_des(&histoire, &flux, qualite.entrants.ecarts.iter().map(|ecart| ecart.source))?;
        ecrire_fichier(chemin, &rapport::ecarts(&qualite, &noms))?;
    }
    if demande.format != FormatQualite::Table || demande.sortie.is_some() {
        depasses.iter().for_each(|depasse| eprintln!("jalon : seuil {} dépassé, {}.", depasse.code, depasse.phrase));
    }
    match &demande.sortie {
        Some(chemin) => ecrire_fichier(chemin, &texte)?,
        None => afficher(&texte)?,
    }
    Ok(if depasses.is_empty() { Fin::Fait } else { Fin::ControleManque })
}

/// What `qualite` reads of a pipeline; its other tables are for the nightly batch.
#[derive(Debug, Default, Deserialize)]
struct Pipeline {
    #[serde(default)]
    seuils: Seuils,
}

fn seuils(pipeline: Option<&Path>) -> Result<Seuils, Erreur> {
    let Some(chemin) = pipeline else { return Ok(Seuils::default()) };
    let texte = lire(chemin)?;
    let lu: Pipeline = toml::from_str(&texte)
        .map_err(|error| Erreur::Demande(illisible(&format!("pipeline {}", chemin.display()), &texte, &error)))?;
    Ok(lu.seuils)
}

/// The period asked for, if any.
fn periode(demande: &Demande) -> Result<Option<(Jour, Jour)>, Erreur> {
    if let Some(nom) = &demande.campagne {
        let Periode { du, au, .. } = campagne(nom, demande.campagnes.as_deref())?;
        return Ok(Some((du, au)));
    }
    match (demande.du, demande.au) {
        (Some(du), Some(au)) if au < du => {
            Err(Erreur::Demande(format!("la période finit le {au}, avant de commencer le {du}. Corrigez --du ou --au")))
        }
        (Some(du), Some(au)) => Ok(Some((du.into(), au.into()))),
        _ => Ok(None),
    }
}
