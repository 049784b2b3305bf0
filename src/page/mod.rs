//! The same in a browser, for people who will never open a terminal: pages made here, shown on this
//! machine alone, without any script, and nothing that they do writes in the warehouse.
//!
//! ```text
//! acces       who may ask: the token, the cookie, Host and Origin; the headers of every answer
//! etat        what the pages are made from: everything known, read once, read again when files come
//! reponse     a page, a file or an error, as an answer; the frame around each page
//! choix       the period and the day that were chosen, in the address of the page
//! audit       who looked at whom
//! feuille     a long table: its order, its pages
//! tableau     the table of a campaign
//! personnes   the people behind a figure
//! personne    the story of one of them, and the way to somebody
//! listes      the operational lists of a day
//! lectures    the twelve figures under each other reading
//! qualite     what the figures rest on
//! comparaison two periods, two days of knowledge or two submissions, side by side
//! campagnes   the submissions: prepared, sealed, verified
//! ```
//!
//! To add a page: one file here with its `routes()`, merged in `routes`; one template that extends
//! `page/base.html`; one line in `NAVIGATION` if people reach it from everywhere. A handler is
//! `etat.repondre(move |etat| { … Ok(page(&Modele { cadre: etat.cadre("Titre", "/chemin"), … })) }).await`:
//! what is inside runs on a thread that may block, and an error or a panic becomes a page. What is
//! long to compute goes through `Connaissance::memo`, and is computed once until new files
//! come.

mod acces;
mod audit;
mod campagnes;
mod choix;
mod comparaison;
mod etat;
mod feuille;
mod lectures;
mod listes;
mod personne;
mod personnes;
mod qualite;
mod reponse;
mod tableau;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use self::acces::{Acces, entetes, garde};
pub use self::audit::Audit;
pub use self::etat::{Etat, Reglages};

/// The pages that are reached from every page: where, and their names.
pub(crate) const NAVIGATION: [(&str, &str); 7] = [
    ("/", "Tableau"),
    ("/listes", "Listes"),
    ("/personne", "Une personne"),
    ("/lectures", "Lectures"),
    ("/qualite", "Qualité"),
    ("/comparaison", "Comparaison"),
    ("/campagnes", "Remises"),
];

/// The style of the report, and what the pages add to it.
const STYLE: &str = concat!(include_str!("../../templates/rapport.css"), include_str!("../../templates/page/page.css"));

/// How long answers under way may still take once the end is asked for.
const FIN: Duration = Duration::from_secs(3);

/// Why the pages cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ErreurServeur {
    /// The port cannot be had.
    #[error(
        "le port {0} de cette machine ne peut pas être ouvert ({1}). Donnez-en un autre avec --port, ou aucun : un port libre sera pris"
    )]
    Port(u16, String),
    /// The system refused.
    #[error("la page ne peut pas être servie : {0}")]
    Systeme(String),
}

/// Every page.
fn routes(etat: Etat, acces: Arc<Acces>) -> Router {
    Router::new()
        .route("/style.css", get(style))
        .merge(tableau::routes())
        .merge(personnes::routes())
        .merge(personne::routes())
        .merge(listes::routes())
        .merge(lectures::routes())
        .merge(qualite::routes())
        .merge(comparaison::routes())
        .merge(campagnes::routes())
        .fallback(inconnue)
        .with_state(etat)
        .layer(from_fn_with_state(acces, garde))
        .layer(axum::middleware::map_response(entetes))
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

async fn inconnue(axum::extract::State(etat): axum::extract::State<Etat>) -> axum::response::Response {
    etat.repondre(|_| Err(reponse::Erreur::Introuvable("Cette page n'existe pas.".to_owned()))).await
}

/// Shows the pages on this machine alone, until SIGINT or SIGTERM. `ouverte` is told the address, with
/// its token, once it answers.
///
/// # Errors
/// The port is taken, or the system refused.
pub fn servir(etat: Etat, port: u16, ouverte: impl FnOnce(&str)) -> Result<(), ErreurServeur> {
    let systeme = |error: &dyn std::fmt::Display| ErreurServeur::Systeme(error.to_string());
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|e| systeme(&e))?;
    let servi = runtime.block_on(async {
        let (mut interrompre, mut terminer) = (
            signal(SignalKind::interrupt()).map_err(|e| systeme(&e))?,
            signal(SignalKind::terminate()).map_err(|e| systeme(&e))?,
        );
        let ecoute = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|error| ErreurServeur::Port(port, crate::systeme::EnFrancais(&error).to_string()))?;
        let port = ecoute.local_addr().map_err(|e| systeme(&e))?.port();
        let acces = Arc::new(Acces::nouveau(port).map_err(|e| systeme(&e))?);
        ouverte(&acces.adresse());
        let (fin, mut finie) = tokio::sync::watch::channel(false);
        let serveur = axum::serve(ecoute, routes(etat, acces)).with_graceful_shutdown(async move {
            tokio::select! { _ = interrompre.recv() => {}, _ = terminer.recv() => {} }
            // Whoever waits for it is the other branch below, that cannot be gone.
            drop(fin);
        });
        // A browser keeps connections on which it asks for nothing: they do not hold the end back.
        tokio::select! {
            servi = serveur => servi.map_err(|e| systeme(&e)),
            () = async { while finie.changed().await.is_ok() {} tokio::time::sleep(FIN).await } => Ok(()),
        }
    });
    runtime.shutdown_background();
    servi
}
