//! The table of a campaign: the report, in a page, each figure leading to the people behind it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::choix::{Champs, Choix, campagnes_possibles};
use super::etat::{Connaissance, Etat};
use super::reponse::{Cadre, Demande, Erreur, html};
use crate::campagne::remise::{Voulu, remise};
use crate::controle::completude_du;
use crate::purge::avertissement;
use crate::qualite::Seuils;
use crate::rapport::html::{Corps, Lien, corps, demande, en_toutes_lettres};
use crate::rapport::{Contexte, figure};
use crate::temps::Jour;

pub(super) fn routes() -> Router<Etat> {
    Router::new().route("/", get(page))
}

#[derive(Template)]
#[template(path = "page/tableau.html")]
struct Page {
    cadre: Cadre,
    campagnes: Vec<String>,
    choix: Choix,
    servi: Arc<Servi>,
}

async fn page(State(etat): State<Etat>, Demande(champs): Demande<Champs>) -> Response {
    etat.repondre(move |etat| {
        let choix = Choix::lire(&champs, etat)?;
        let connaissance = etat.connaissance(choix.connu_le)?;
        let servi = servi(etat, &connaissance, &choix)?;
        let mut campagnes = campagnes_possibles(&*etat.connaissance(None)?, &etat.reglages().campagnes);
        if let Some(nom) = choix.campagne.as_ref().filter(|nom| !campagnes.contains(nom)) {
            campagnes.insert(0, nom.clone());
        }
        let titre = match &choix.campagne {
            Some(nom) => format!("Tableau de {nom}"),
            None => format!("Tableau {}", en_toutes_lettres(choix.periode)),
        };
        let cadre = Cadre { requete: choix.requete(), ..etat.cadre(titre, "/") };
        Ok(html(&Page { cadre, campagnes, choix, servi }))
    })
    .await
}

/// A table, as it is shown.
pub(super) struct Servi {
    /// What was asked, recalled.
    pub demande: Vec<(&'static str, String)>,
    /// What must be known first.
    pub avis: Vec<String>,
    /// Each figure as it is shown, and whether it is one that Pôle emploi gave.
    pub chiffres: Vec<(&'static str, String, bool)>,
    /// The sections of the report.
    pub corps: Corps,
}

/// The table that was chosen, computed once.
pub(super) fn servi(etat: &Etat, connaissance: &Connaissance, choix: &Choix) -> Result<Arc<Servi>, Erreur> {
    connaissance.memo(&choix.requete(), || Ok(calculer(etat, connaissance, choix)))
}

fn calculer(etat: &Etat, connaissance: &Connaissance, choix: &Choix) -> Servi {
    let reglages = etat.reglages();
    let segments = &connaissance.connu.segments;
    let (periode, connu_le) = (choix.periode, choix.connu_le.map(Jour::from));
    let completude = completude_du(&segments.flux, (periode.du, periode.au), connu_le, &Seuils::default());
    let contexte = Contexte {
        campagne: choix.campagne.as_deref(),
        periode,
        connu_le,
        referentiel: &reglages.referentiel,
        completude: &completude,
        diffusion: false,
    };
    let voulu = Voulu { lectures: false, ..Voulu::tout() };
    let remise = remise(&connaissance.connu.histoire, contexte, &voulu, reglages.historique.clone());
    let requete = choix.requete();
    let lien = |id: &str| {
        let vers = format!("/indicateur/{id}?{requete}");
        Some(Lien { vers, texte: format!("({id} : voir les personnes)") })
    };
    let purges = avertissement(segments, periode).map(|phrase| format!("Attention, {phrase}."));
    let chiffres = remise.tableau.indicateurs.iter();
    let chiffres = chiffres.map(|i| (i.definition.id, figure(i.valeur), i.valeur_calculee.is_some())).collect();
    Servi { demande: demande(&contexte), avis: purges.into_iter().collect(), chiffres, corps: corps(&remise, lien) }
}
