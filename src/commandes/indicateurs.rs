//! `jalon indicateurs`: the table of a campaign or a period.

use std::io::IsTerminal;
use std::path::Path;

use chrono::NaiveDate;

use super::{Erreur, Fin, afficher, ecrire_fichier, en_couleur};
use crate::campagnes::{CAMPAGNES, Campagnes};
use crate::cli::{Communes, Format, Indicateurs, Regles};
use crate::controle::completude_du;
use crate::indicateurs::axes::repartir;
use crate::indicateurs::{Question, Tableau, calculer, variantes};
use crate::journal::depot::{Depot, ErreurDepot, Segments};
use crate::journal::lecture::existait;
use crate::purge::avertissement;
use crate::qualite::{Completude, Seuils};
use crate::rapport::{Contexte, csv, detail, json, tableau};
use crate::referentiel::{REFERENTIEL_2022, Referentiel};
use crate::rejeu::histoire;
use crate::systeme::EnFrancais;
use crate::temps::{Jour, Periode};

pub(super) fn executer(communes: &Communes, demande: &Indicateurs) -> Result<Fin, Erreur> {
    let periode = periode(demande)?;
    let referentiel = referentiel(&demande.regles)?;
    let depot = ouvrir(communes)?;
    let segments = depot.segments()?;
    avertir_des_purges(&segments, periode);
    let Segments { mut flux, evenements } = segments;
    flux.retain(|segment| existait(segment.meta.commun.recu_le, demande.connu_le));
    let histoire = histoire(&flux, &evenements, demande.connu_le)?;
    let question = Question { periode, connu_le: demande.connu_le.map(Jour::from), referentiel: &referentiel };
    let mut table = calculer(&histoire, &question);
    table.repartitions = repartir(&histoire, &question, &table, &demande.axes());
    if demande.lectures {
        table.variantes = variantes::calculer(&histoire, &question, &table);
    }
    let completude = completude_du(&flux, (periode.du, periode.au), question.connu_le, &Seuils::default());
    let contexte = Contexte {
        campagne: demande.campagne.as_deref(),
        periode,
        connu_le: question.connu_le,
        referentiel: &referentiel,
        completude: &completude,
        diffusion: false,
    };
    let texte = match demande.format {
        Format::Table => {
            let couleur = demande.sortie.is_none() && en_couleur(communes);
            tableau::terminal(&contexte, &table, largeur(), couleur).into_bytes()
        }
        Format::Md => tableau::markdown(&contexte, &table).into_bytes(),
        Format::Json => format!("{:#}\n", json::json(&contexte, &table)).into_bytes(),
        Format::Csv => csv::csv(&contexte, &table)
            .map_err(|error| Erreur::Ecriture("le tableau".into(), std::io::Error::other(error)))?,
    };
    if let Some(chemin) = &demande.detail {
        let noms = detail::noms(&histoire, &flux, &table)?;
        ecrire_fichier(chemin, &detail::detail(&histoire, &question, &noms, &table))?;
    }
    if demande.format != Format::Table || demande.sortie.is_some() {
        avertir(&table, &completude);
    }
    match &demande.sortie {
        Some(chemin) => ecrire_fichier(chemin, &texte)?,
        None => afficher(&texte)?,
    }
    Ok(Fin::Fait)
}

/// Says on the error stream what weakens the figures, when the table itself is not on the screen.
fn avertir(table: &Tableau<'_>, completude: &Completude) {
    if completude.incomplete() {
        eprintln!("jalon : attention, {}.", completude.phrase());
    }
    for indicateur in &table.indicateurs {
        if let (Some(_), Some(motif)) = (indicateur.valeur, &indicateur.motif) {
            eprintln!("jalon : attention, {} : {motif}.", indicateur.definition.id);
        }
    }
}

/// The period of a campaign, from the file given or the one that ships.
pub(super) fn campagne(nom: &str, fichier: Option<&Path>) -> Result<Periode, Erreur> {
    let texte = match fichier {
        Some(chemin) => lire(chemin)?,
        None => CAMPAGNES.to_owned(),
    };
    Ok(Campagnes::lire(&texte)?.periode(nom)?)
}

/// Says on the error stream that people who may have counted in the period were removed since.
fn avertir_des_purges(segments: &Segments, periode: Periode) {
    if let Some(phrase) = avertissement(segments, periode) {
        eprintln!("jalon : attention, {phrase}.");
    }
}

fn periode(demande: &Indicateurs) -> Result<Periode, Erreur> {
    if let Some(nom) = &demande.campagne {
        return campagne(nom, demande.campagnes.as_deref());
    }
    let (Some(du), Some(au)) = (demande.du, demande.au) else {
        return Err(Erreur::Demande("il manque --campagne, ou --du et --au".to_owned()));
    };
    periode_donnee(du, au, demande.arrete)
}

/// A period typed on the command line.
pub(super) fn periode_donnee(du: NaiveDate, au: NaiveDate, arrete: Option<NaiveDate>) -> Result<Periode, Erreur> {
    let arrete = arrete.unwrap_or(au);
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

pub(super) fn referentiel(regles: &Regles) -> Result<Referentiel, Erreur> {
    let texte = match &regles.referentiel {
        Some(chemin) => lire(chemin)?,
        None => REFERENTIEL_2022.to_owned(),
    };
    let mut referentiel = Referentiel::lire(&texte)?;
    for (cle, valeur) in &regles.lecture {
        referentiel.lectures.choisir(cle, valeur)?;
    }
    Ok(referentiel)
}

pub(super) fn lire(chemin: &Path) -> Result<String, Erreur> {
    std::fs::read_to_string(chemin).map_err(|error| {
        Erreur::Demande(format!(
            "{} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
            chemin.display(),
            EnFrancais(&error)
        ))
    })
}

/// Opens the warehouse; one that does not exist is a mistake on the command line, not a damage.
pub(super) fn ouvrir(communes: &Communes) -> Result<Depot, Erreur> {
    if Depot::est_un_autre_dossier(&communes.entrepot) {
        return Err(Erreur::Demande(format!(
            "{} n'est pas un entrepôt de jalon. Indiquez le bon dossier avec --entrepot",
            communes.entrepot.display()
        )));
    }
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

/// The width asked for, that of the terminal (`None`), or one that a page holds.
pub(super) fn largeur() -> Option<u16> {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse::<u16>().ok());
    columns.map(|columns| columns.max(80)).or_else(|| (!std::io::stdout().is_terminal()).then_some(130))
}
