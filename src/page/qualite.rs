//! What the figures rest on: missing flux, what was set aside, events that wait. Nothing of anybody.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::choix::{Champs, Choix};
use super::etat::{Connaissance, Etat};
use super::reponse::{Cadre, Demande, Erreur, html};
use crate::controle::{Entrepot, cadre as cadre_de, examiner};
use crate::journal::lecture::existait;
use crate::qualite::Seuils;
use crate::rapport::html::en_toutes_lettres;
use crate::rapport::qualite::sections;
use crate::temps::Jour;

pub(super) fn routes() -> Router<Etat> {
    Router::new().route("/qualite", get(page))
}

/// The sections of the report.
struct Sections(Vec<(&'static str, Vec<String>)>);

#[derive(Template)]
#[template(path = "page/qualite.html")]
struct Page {
    cadre: Cadre,
    sections: Arc<Sections>,
}

async fn page(State(etat): State<Etat>, Demande(champs): Demande<Champs>) -> Response {
    etat.repondre(move |etat| {
        let choix = Choix::lire(&champs, etat)?;
        let connaissance = etat.connaissance(choix.connu_le)?;
        let sections = examinees(etat, &connaissance, &choix)?;
        let titre = format!("Qualité des données, {}", en_toutes_lettres(choix.periode));
        let cadre = Cadre { requete: choix.requete(), ..etat.cadre(titre, "/qualite") };
        Ok(html(&Page { cadre, sections }))
    })
    .await
}

/// The report of a period, made as « jalon qualite » makes it.
fn examinees(etat: &Etat, connaissance: &Connaissance, choix: &Choix) -> Result<Arc<Sections>, Erreur> {
    connaissance.memo(&format!("qualite {}", choix.requete()), || {
        let connu = &connaissance.connu;
        let mut evenements = connu.segments.evenements.clone();
        evenements.retain(|segment| existait(segment.meta.commun.recu_le, choix.connu_le));
        let racine = etat.depot().racine();
        let entrepot = Entrepot { racine, flux: &connu.segments.flux, evenements: &evenements };
        let connu_le = choix.connu_le.map(Jour::from);
        let cadre = cadre_de(entrepot.flux, Some((choix.periode.du, choix.periode.au)), connu_le);
        let referentiel = &etat.reglages().referentiel;
        let qualite = examiner(&entrepot, &connu.histoire, cadre, connu_le, referentiel, &Seuils::default())?;
        Ok(Sections(sections(&qualite, &[])))
    })
}

/// What the first look would wait for.
pub(super) fn preparer(etat: &Etat, connaissance: &Connaissance, choix: &Choix) -> Result<(), Erreur> {
    examinees(etat, connaissance, choix).map(|_| ())
}
