//! The twelve figures under each other reading of the texts: what hangs on it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::choix::{Champs, Choix};
use super::etat::{Connaissance, Etat};
use super::reponse::{Cadre, Demande, Erreur, html};
use crate::campagne::remise::{Voulu, remise};
use crate::controle::completude_du;
use crate::historique::Historique;
use crate::qualite::Seuils;
use crate::rapport::Contexte;
use crate::rapport::html::tables::Table;
use crate::rapport::html::{demande, en_toutes_lettres, lectures};
use crate::temps::Jour;

pub(super) fn routes() -> Router<Etat> {
    Router::new().route("/lectures", get(page))
}

/// The figures, as they are shown.
struct Montrees {
    demande: Vec<(&'static str, String)>,
    table: Option<Table>,
}

#[derive(Template)]
#[template(path = "page/lectures.html")]
struct Page {
    cadre: Cadre,
    montrees: Arc<Montrees>,
}

async fn page(State(etat): State<Etat>, Demande(champs): Demande<Champs>) -> Response {
    etat.repondre(move |etat| {
        let choix = Choix::lire(&champs, etat)?;
        let connaissance = etat.connaissance(choix.connu_le)?;
        let montrees = montrees(etat, &connaissance, &choix)?;
        let titre = format!("Autres lectures des textes, {}", en_toutes_lettres(choix.periode));
        let cadre = Cadre { requete: choix.requete(), ..etat.cadre(titre, "/lectures") };
        Ok(html(&Page { cadre, montrees }))
    })
    .await
}

fn montrees(etat: &Etat, connaissance: &Connaissance, choix: &Choix) -> Result<Arc<Montrees>, Erreur> {
    connaissance.memo(&format!("lectures {}", choix.requete()), || {
        let (periode, connu_le) = (choix.periode, choix.connu_le.map(Jour::from));
        let flux = &connaissance.connu.segments.flux;
        let completude = completude_du(flux, (periode.du, periode.au), connu_le, &Seuils::default());
        let contexte = Contexte {
            campagne: choix.campagne.as_deref(),
            periode,
            connu_le,
            referentiel: &etat.reglages().referentiel,
            completude: &completude,
            diffusion: false,
        };
        let voulu = Voulu { axes: Vec::new(), lectures: true, courbes: false };
        let remise = remise(&connaissance.connu.histoire, contexte, &voulu, Historique::default());
        Ok(Montrees { demande: demande(&contexte), table: lectures(&remise.tableau) })
    })
}

/// What the first look would wait for.
pub(super) fn preparer(etat: &Etat, connaissance: &Connaissance, choix: &Choix) -> Result<(), Erreur> {
    montrees(etat, connaissance, choix).map(|_| ())
}
