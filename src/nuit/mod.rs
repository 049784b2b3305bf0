//! The nightly batch: take the inboxes, ingest, put away, compute, say what happened.
//!
//! Every step can be killed and done again: a file is in its inbox until its segment is committed and
//! it is put away; a segment that exists is not written twice; outputs are whole or absent.

pub mod bilan;
pub mod boite;
pub mod rangement;
pub mod sorties;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{Local, NaiveDate};

use self::bilan::{Bilan, EtatSorties, Sort, Vu};
use self::boite::{Arrive, Boites, relever};
use self::rangement::{Destination, ranger};
use self::sorties::{ErreurSorties, FICHIERS, Programme, Resultat, ecrire, produire};
use crate::disque;
use crate::ingestion::{Issue, Options, ingerer};
use crate::journal::depot::{Depot, ErreurDepot, Segments};
use crate::pipeline::Pipeline;
use crate::rejeu::histoire;
use crate::systeme::EnFrancais;

/// What is asked of a night.
#[derive(Clone, Copy, Debug)]
pub struct Demande {
    /// The night's day: that of the running campaigns, of the lists, of the archives.
    pub jour: NaiveDate,
    /// Whether nothing is to be written.
    pub a_blanc: bool,
}

/// Runs a night. `attendre` waits for files that have just arrived.
///
/// # Errors
/// The settings are wrong, or the warehouse cannot be opened: nothing was touched. What fails later
/// is in the summary.
pub fn nuit(pipeline: &Pipeline, demande: Demande, attendre: &dyn Fn(Duration)) -> Result<Bilan, ErreurSorties> {
    let debut = Instant::now();
    let programme = Programme::lire(&pipeline.calcul, demande.jour)?;
    let cle = pipeline.cle.as_deref();
    let depot = Arc::new(if demande.a_blanc {
        Depot::ouvrir_a_blanc(&pipeline.entrepot, cle)?
    } else {
        Depot::ouvrir_en_ecriture(&pipeline.entrepot, cle)?
    });
    let mut bilan = Bilan {
        a_traiter: Vec::new(),
        code: 0,
        jour: demande.jour.to_string(),
        debut: Local::now().format("%Y-%m-%dT%H:%M:%S").to_string(),
        duree_ms: 0,
        a_blanc: demande.a_blanc,
        fichiers: Vec::new(),
        en_cours: 0,
        laisses: Vec::new(),
        sorties: EtatSorties::Manquantes,
        resultats: Vec::new(),
        remarques: Vec::new(),
        erreurs: Vec::new(),
    };
    let boites = relever(&pipeline.boites, pipeline.arrivage, attendre);
    prendre(pipeline, demande, &depot, &boites, &mut bilan);
    match calculer(pipeline, demande, &depot, &programme) {
        Ok((sorties, resultats)) => (bilan.sorties, bilan.resultats) = (sorties, resultats),
        Err(error) => bilan.erreurs.push(error.to_string()),
    }
    conclure(&mut bilan, &boites);
    bilan.duree_ms = u64::try_from(debut.elapsed().as_millis()).unwrap_or(u64::MAX);
    if !demande.a_blanc
        && let Err(error) = publier(pipeline, &mut bilan)
    {
        bilan.erreurs.push(error.to_string());
        conclure(&mut bilan, &boites);
    }
    Ok(bilan)
}

/// Reads the files that are ready, and puts each one away.
fn prendre(pipeline: &Pipeline, demande: Demande, depot: &Arc<Depot>, boites: &Boites, bilan: &mut Bilan) {
    let chemins: Vec<PathBuf> = boites.prets.iter().map(|arrive| arrive.chemin.clone()).collect();
    let options = Options {
        recu_le: None,
        aujourdhui: demande.jour,
        tolerance: pipeline.tolerance,
        ensemble: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let issues = match ingerer(depot, &chemins, options, &|_| ()) {
        Ok(issues) => issues,
        Err(error) => return bilan.erreurs.push(error.to_string()),
    };
    for (arrive, issue) in boites.prets.iter().zip(&issues) {
        bilan.fichiers.push(suite(pipeline, demande, arrive, issue));
    }
}

/// What becomes of a file: read or refused, put away, or left for the next run when the disk fails.
fn suite(pipeline: &Pipeline, demande: Demande, arrive: &Arrive, issue: &Issue) -> Vu {
    let nom = arrive.chemin.display();
    let (sort, message, lignes, mis_de_cote) = match issue {
        Issue::Flux(entre) => {
            let (ecrit, meta) = &**entre;
            let nature = if meta.mensuel { "mensuel" } else { "quotidien" };
            let caisse = meta.caisse.as_deref().unwrap_or("sans foyer");
            let quoi = format!("flux {nature} {caisse} du {}, reçu le {}", meta.dtref, meta.commun.recu_le);
            (Sort::Entre, quoi, ecrit.lignes, meta.commun.rejetes)
        }
        Issue::Evenements(entre) => {
            let (ecrit, meta) = &**entre;
            let quoi = format!("{}, reçu le {}", meta.genre, meta.commun.recu_le);
            (Sort::Entre, quoi, ecrit.lignes, meta.commun.rejetes)
        }
        Issue::DejaConnu => (Sort::Connu, "déjà ingéré".to_owned(), 0, 0),
        Issue::MemeContenu(premier) => (Sort::Connu, format!("même contenu que {}", premier.display()), 0, 0),
        Issue::Ignore(raison) => (Sort::Ignore, format!("ignoré, {raison}"), 0, 0),
        Issue::Refuse(refus) => (Sort::Refuse, format!("REFUSÉ, {refus}"), 0, 0),
    };
    let destination = match sort {
        Sort::Entre | Sort::Connu => Destination::Archives,
        Sort::Ignore | Sort::Refuse | Sort::Reporte => Destination::Refuses(raison(demande, &nom, &message)),
    };
    let range =
        if demande.a_blanc { Ok(arrive.chemin.clone()) } else { ranger(pipeline, arrive, &destination, demande.jour) };
    match range {
        Ok(range) => {
            Vu { chemin: nom.to_string(), sort, range: range.display().to_string(), message, lignes, mis_de_cote }
        }
        // What entered is in: the file will be known the next time, and put away then.
        Err(error) => Vu {
            chemin: nom.to_string(),
            sort: Sort::Reporte,
            range: nom.to_string(),
            message: format!("{message} ; il reste dans sa boîte, qui n'a pas pu être vidée ({})", EnFrancais(&error)),
            lignes,
            mis_de_cote,
        },
    }
}

/// The text that stands beside a refused file.
fn raison(demande: Demande, nom: &dyn std::fmt::Display, message: &str) -> String {
    format!(
        "Nuit du {} : {nom}\n\n{message}.\n\nRien de ce fichier n'est dans les chiffres. Une fois corrigé ou renvoyé par son émetteur, \
         déposez-le à nouveau dans la boîte.\n",
        demande.jour
    )
}

/// The tables of the night, unless nothing changed since they were made.
fn calculer(
    pipeline: &Pipeline,
    demande: Demande,
    depot: &Depot,
    programme: &Programme,
) -> Result<(EtatSorties, Vec<Resultat>), ErreurSorties> {
    let etat = etat(depot, programme)?;
    let temoin = pipeline.sorties.join(TEMOIN);
    let dossiers: Vec<PathBuf> = programme.periodes.iter().map(|(nom, ..)| pipeline.sorties.join(nom)).collect();
    let presentes = dossiers.iter().all(|dossier| FICHIERS.iter().all(|nom| dossier.join(nom).is_file()));
    if presentes && fs::read_to_string(&temoin).is_ok_and(|ecrit| ecrit == etat) {
        return Ok((EtatSorties::Inchangees, Vec::new()));
    }
    let Segments { flux, evenements } = depot.segments()?;
    let histoire = histoire(&flux, &evenements, None)?;
    let resultats = programme
        .periodes
        .iter()
        .zip(&dossiers)
        .map(|(periode, dossier)| {
            let dossier = (!demande.a_blanc).then_some(dossier.as_path());
            produire(&histoire, &flux, programme, periode, dossier)
        })
        .collect::<Result<_, _>>()?;
    if demande.a_blanc {
        return Ok((EtatSorties::Montrees, resultats));
    }
    // Last: outputs that a kill left half made are made again.
    ecrire(&pipeline.sorties, TEMOIN, etat.as_bytes())?;
    Ok((EtatSorties::Ecrites, resultats))
}

/// What the outputs were made from.
const TEMOIN: &str = ".etat";

/// A digest of everything that the outputs depend on: the segments, the settings, the program.
fn etat(depot: &Depot, programme: &Programme) -> Result<String, ErreurDepot> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes()).update(programme.reglages.as_bytes());
    let mut segments: Vec<_> = depot.connus()?.into_values().collect();
    segments.sort();
    for chemin in segments {
        // A purge rewrites a segment under its name.
        let meta = fs::metadata(&chemin).map_err(|source| ErreurDepot::Disque { chemin: chemin.clone(), source })?;
        hasher.update(chemin.as_os_str().as_encoded_bytes()).update(&meta.len().to_le_bytes());
        hasher.update(&meta.mtime().to_le_bytes()).update(&meta.mtime_nsec().to_le_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// What somebody has to do, and the exit code that says so.
fn conclure(bilan: &mut Bilan, boites: &Boites) {
    bilan.en_cours = boites.en_cours.len();
    bilan.laisses = boites.laisses.iter().map(|(chemin, raison)| format!("{} : {raison}", chemin.display())).collect();
    let mut a_traiter: Vec<String> = bilan.erreurs.iter().map(|erreur| format!("{erreur}.")).collect();
    a_traiter.extend(boites.absentes.iter().map(|(boite, raison)| {
        format!("la boîte {} ne peut pas être lue ({raison}) : vérifiez le montage et les droits.", boite.display())
    }));
    let mut de_cote = false;
    for vu in &bilan.fichiers {
        match vu.sort {
            Sort::Refuse => a_traiter.push(format!("{} : {}. Il est dans {}", vu.chemin, vu.message, vu.range)),
            Sort::Reporte => a_traiter.push(format!("{} : {}.", vu.chemin, vu.message)),
            Sort::Entre if vu.mis_de_cote > 0 => {
                let (foyers, montrer) = (vu.mis_de_cote, "« jalon rejets lister » les montre");
                a_traiter.push(format!("{} : {foyers} foyers ou lignes mis de côté, {montrer}.", vu.chemin));
            }
            Sort::Entre | Sort::Connu | Sort::Ignore => continue,
        }
        de_cote = true;
    }
    let reporte = bilan.fichiers.iter().any(|vu| vu.sort == Sort::Reporte);
    bilan.code = match () {
        () if reporte || !bilan.erreurs.is_empty() => 5,
        () if !boites.absentes.is_empty() => 4,
        () if de_cote => 3,
        () => 0,
    };
    bilan.a_traiter = a_traiter;
}

/// Writes the summary and the measures.
fn publier(pipeline: &Pipeline, bilan: &mut Bilan) -> Result<(), ErreurSorties> {
    let json = serde_json::to_string_pretty(bilan)
        .map_err(|error| ErreurSorties::Ecriture(pipeline.sorties.clone(), std::io::Error::other(error)))?;
    ecrire(&pipeline.sorties, "nuit.json", format!("{json}\n").as_bytes())?;
    ecrire(&pipeline.sorties, "nuit.txt", bilan.texte().as_bytes())?;
    if let Some(chemin) = &pipeline.prometheus {
        let mesures = bilan.prometheus(Local::now().timestamp());
        disque::ecrire_pour_tous(chemin, mesures.as_bytes())
            .map_err(|error| ErreurSorties::Ecriture(chemin.clone(), error))?;
    }
    Ok(())
}
