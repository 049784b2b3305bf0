//! `jalon nuit`: the nightly batch, once or whenever a file arrives.

use std::sync::Arc;
use std::time::Duration;

use chrono::{Local, NaiveDate};
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Sender;

use super::{Erreur, Fin, afficher, pipeline};
use crate::cli::{Communes, FormatBilan, Nuit};
use crate::journal::depot::ErreurDepot;
use crate::nuit::bilan::Bilan;
use crate::nuit::sorties::ErreurSorties;
use crate::nuit::{Demande, nuit};
use crate::pipeline::Pipeline;

pub(super) fn executer(communes: &Communes, demande: &Nuit) -> Result<Fin, Erreur> {
    let pipeline = pipeline(communes, &demande.pipeline)?;
    if demande.veiller {
        return veiller(demande, pipeline);
    }
    let jour = demande.jour.unwrap_or_else(aujourdhui);
    let bilan = nuit(&pipeline, Demande { jour, a_blanc: demande.a_blanc }, &attendre)?;
    rendre_compte(&bilan, demande.format)?;
    Ok(fin(&bilan))
}

fn aujourdhui() -> NaiveDate {
    Local::now().date_naive()
}

fn attendre(duree: Duration) {
    tracing::info!(secondes = duree.as_secs(), "des fichiers viennent d'arriver, attente qu'ils soient entiers");
    std::thread::sleep(duree);
}

fn fin(bilan: &Bilan) -> Fin {
    match bilan.code {
        0 => Fin::Fait,
        3 => Fin::MisDeCote,
        4 => Fin::ControleManque,
        _ => Fin::EntrepotNonEcrit,
    }
}

fn rendre_compte(bilan: &Bilan, format: FormatBilan) -> Result<(), Erreur> {
    let texte = match format {
        FormatBilan::Texte => bilan.texte(),
        FormatBilan::Json => match serde_json::to_string_pretty(bilan) {
            Ok(json) => json + "\n",
            Err(error) => return Err(Erreur::Ecriture("le compte rendu".into(), std::io::Error::other(error))),
        },
    };
    afficher(texte.as_bytes())
}

/// How long the watch waits before it looks again at what it could not take.
const RELANCE: Duration = Duration::from_secs(60);

/// Runs the same night now, then whenever a file lands in an inbox, until it is told to stop. A run
/// that has begun is finished first.
fn veiller(demande: &Nuit, pipeline: Pipeline) -> Result<Fin, Erreur> {
    let panne = |error: std::io::Error| Erreur::Ecriture("la veille des boîtes".into(), error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().map_err(panne)?;
    let (pipeline, format) = (Arc::new(pipeline), demande.format);
    runtime.block_on(async {
        let (mut interruption, mut arret) =
            (signal(SignalKind::interrupt()).map_err(panne)?, signal(SignalKind::terminate()).map_err(panne)?);
        let (envoi, mut arrivees) = tokio::sync::mpsc::channel(1);
        let _veilleur = surveiller(&pipeline, envoi)?;
        loop {
            let passage = tokio::task::spawn_blocking({
                let pipeline = Arc::clone(&pipeline);
                move || passage(&pipeline, format)
            });
            let a_revoir = match passage.await {
                Ok(passage) => passage?,
                // A panic of ours is ours to show.
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(error) => return Err(panne(std::io::Error::other(error))),
                },
            };
            tokio::select! {
                _ = interruption.recv() => return Ok(Fin::Fait),
                _ = arret.recv() => return Ok(Fin::Fait),
                _ = arrivees.recv() => {}
                () = tokio::time::sleep(RELANCE), if a_revoir => {}
            }
        }
    })
}

/// Watches the inboxes: `envoi` receives something when a file has landed in one of them.
fn surveiller(pipeline: &Pipeline, envoi: Sender<()>) -> Result<RecommendedWatcher, Erreur> {
    let mut veilleur = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // A full channel has a run to come already; an error may hide a file, so it counts as one.
        if event.map_or(true, |event| est_une_arrivee(event.kind)) && envoi.try_send(()).is_err() {
            tracing::trace!("un passage est déjà prévu");
        }
    })
    .map_err(|error| Erreur::Ecriture("la veille des boîtes".into(), std::io::Error::other(error)))?;
    for boite in &pipeline.boites {
        veilleur.watch(boite, RecursiveMode::Recursive).map_err(|error| {
            Erreur::Demande(format!(
                "la boîte {} ne peut pas être surveillée ({error}). Vérifiez qu'elle existe et que vous y avez les droits",
                boite.display()
            ))
        })?;
    }
    Ok(veilleur)
}

/// What puts a file away is not an arrival.
fn est_une_arrivee(genre: EventKind) -> bool {
    matches!(
        genre,
        EventKind::Create(_)
            | EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To))
    )
}

/// One run of the watch: says what it did, and whether it must be tried again soon.
fn passage(pipeline: &Pipeline, format: FormatBilan) -> Result<bool, Erreur> {
    match nuit(pipeline, Demande { jour: aujourdhui(), a_blanc: false }, &attendre) {
        Ok(bilan) => {
            rendre_compte(&bilan, format)?;
            Ok(bilan.en_cours > 0 || !matches!(bilan.code, 0 | 3))
        }
        // Another run is under way: what it leaves is for this one.
        Err(ErreurSorties::Depot(ErreurDepot::Verrouille(_))) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
