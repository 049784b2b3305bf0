//! `jalon indicateurs`: the table of a campaign or a period.

use std::io::IsTerminal;
use std::path::Path;
use std::slice;

use chrono::NaiveDate;

use super::{Erreur, Fin, afficher, ecrire_fichier, en_couleur};
use crate::campagne::remise::{Voulu, remise, tableur};
use crate::campagnes::{CAMPAGNES, Campagnes};
use crate::cli::{Communes, Format, Indicateurs, Quand, Regles};
use crate::controle::completude_du;
use crate::historique::Historique;
use crate::indicateurs::{Question, Tableau};
use crate::journal::depot::{Depot, ErreurDepot, Segments};
use crate::journal::lecture::existait;
use crate::purge::avertissement;
use crate::qualite::{Completude, Seuils};
use crate::rapport::detail::Noms;
use crate::rapport::html::html;
use crate::rapport::{Contexte, csv, detail, json, tableau};
use crate::referentiel::{REFERENTIEL_2022, Referentiel};
use crate::rejeu::histoire;
use crate::systeme::EnFrancais;
use crate::temps::{Jour, Periode};

pub(super) fn executer(communes: &Communes, demande: &Indicateurs) -> Result<Fin, Erreur> {
    if demande.format == Format::Xlsx && demande.sortie.is_none() && std::io::stdout().is_terminal() {
        return Err(Erreur::Demande("un classeur ne s'affiche pas. Donnez un fichier avec --sortie".to_owned()));
    }
    let periode =
        periode(&demande.quand)?.ok_or_else(|| Erreur::Demande("il manque --campagne, ou --du et --au".to_owned()))?;
    let referentiel = referentiel(&demande.regles)?;
    let depot = ouvrir(communes)?;
    let segments = depot.segments()?;
    avertir_des_purges(&segments, periode);
    let Segments { mut flux, evenements } = segments;
    flux.retain(|segment| existait(segment.meta.commun.recu_le, demande.quand.connu_le));
    let histoire = histoire(&flux, &evenements, demande.quand.connu_le)?;
    let question = Question { periode, connu_le: demande.quand.connu_le.map(Jour::from), referentiel: &referentiel };
    let completude = completude_du(&flux, (periode.du, periode.au), question.connu_le, &Seuils::default());
    let contexte = Contexte {
        campagne: demande.quand.campagne.as_deref(),
        periode,
        connu_le: question.connu_le,
        referentiel: &referentiel,
        completude: &completude,
        diffusion: demande.diffusion,
    };
    let remise = remise(&histoire, contexte, &voulu(demande), historique(demande.historique.as_deref())?);
    let table = &remise.tableau;
    let noms = if demande.detail.is_some() || demande.format == Format::Xlsx {
        detail::noms(&histoire, &flux, slice::from_ref(table))?
    } else {
        Noms::default()
    };
    let texte = match demande.format {
        Format::Table => {
            let couleur = demande.sortie.is_none() && en_couleur(communes);
            tableau::terminal(&contexte, table, largeur(), couleur).into_bytes()
        }
        Format::Md => tableau::markdown(&contexte, table).into_bytes(),
        Format::Json => format!("{:#}\n", json::json(&contexte, table)).into_bytes(),
        Format::Csv => csv::csv(&contexte, table)
            .map_err(|error| Erreur::Ecriture("le tableau".into(), std::io::Error::other(error)))?,
        Format::Xlsx => tableur(&histoire, &noms, &remise)?,
        Format::Html => html(&remise).into_bytes(),
    };
    if let Some(chemin) = &demande.detail {
        ecrire_fichier(chemin, &detail::detail(&histoire, &question, &noms, table))?;
    }
    if demande.format != Format::Table || demande.sortie.is_some() {
        avertir(table, &completude);
    }
    match &demande.sortie {
        Some(chemin) => ecrire_fichier(chemin, &texte)?,
        None => afficher(&texte)?,
    }
    Ok(Fin::Fait)
}

/// What stands beside the table: what is asked, or everything when the form is a whole report.
fn voulu(demande: &Indicateurs) -> Voulu {
    let axes = demande.axes();
    match demande.format {
        Format::Xlsx | Format::Html if axes.is_empty() => Voulu::tout(),
        Format::Xlsx | Format::Html => Voulu { axes, ..Voulu::tout() },
        _ => Voulu { axes, lectures: demande.lectures, courbes: false },
    }
}

/// The results of earlier years and the targets, when a file of them is given.
pub(super) fn historique(fichier: Option<&Path>) -> Result<Historique, Erreur> {
    let Some(chemin) = fichier else { return Ok(Historique::default()) };
    let octets = std::fs::read(chemin).map_err(|error| {
        Erreur::Demande(format!(
            "{} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
            chemin.display(),
            EnFrancais(&error)
        ))
    })?;
    Historique::lire_octets(&octets).map_err(|error| Erreur::Demande(format!("{} : {error}", chemin.display())))
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
pub(super) fn avertir_des_purges(segments: &Segments, periode: Periode) {
    if let Some(phrase) = avertissement(segments, periode) {
        eprintln!("jalon : attention, {phrase}.");
    }
}

/// The period asked for, by its name or by its dates; `None` when none is.
pub(super) fn periode(quand: &Quand) -> Result<Option<Periode>, Erreur> {
    match (&quand.campagne, quand.du, quand.au) {
        (Some(nom), ..) => campagne(nom, quand.campagnes.as_deref()).map(Some),
        (None, Some(du), Some(au)) => periode_du(du, au, quand.arrete).map(Some),
        _ => Ok(None),
    }
}

/// The period of the dates given.
fn periode_du(du: NaiveDate, au: NaiveDate, arrete: Option<NaiveDate>) -> Result<Periode, Erreur> {
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
