//! A page, a file or an error, as an answer; and the frame around each page.

use askama::Template;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::NAVIGATION;
use super::etat::Etat;
use crate::journal::depot::ErreurDepot;

/// Why a page cannot be shown. In French.
#[derive(Debug, thiserror::Error)]
pub(super) enum Erreur {
    /// There is no such page, person or indicator.
    #[error("{0}")]
    Introuvable(String),
    /// What was asked cannot be.
    #[error("{0}")]
    Demande(String),
    /// The warehouse cannot be read, now or at all.
    #[error("{0}")]
    Indisponible(String),
    /// Something broke.
    #[error(
        "Cette page n'a pas pu être faite : erreur interne. Le terminal où « jalon servir » a été lancé dit où ; signalez cette ligne. Les autres pages répondent toujours."
    )]
    Interne,
}

impl From<ErreurDepot> for Erreur {
    fn from(error: ErreurDepot) -> Self {
        Self::Indisponible(format!("L'entrepôt ne peut pas être lu : {error}."))
    }
}

impl Erreur {
    fn code(&self) -> StatusCode {
        match self {
            Self::Introuvable(_) => StatusCode::NOT_FOUND,
            Self::Demande(_) => StatusCode::BAD_REQUEST,
            Self::Indisponible(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Interne => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn titre(&self) -> &'static str {
        match self {
            Self::Introuvable(_) => "Introuvable",
            Self::Demande(_) => "Demande à corriger",
            Self::Indisponible(_) => "Entrepôt illisible",
            Self::Interne => "Erreur interne",
        }
    }

    /// The error as a page.
    pub(super) fn reponse(&self, etat: &Etat) -> Response {
        let page = PageErreur { cadre: etat.cadre(self.titre(), ""), message: self.to_string() };
        (self.code(), html(&page)).into_response()
    }
}

#[derive(Template)]
#[template(path = "page/erreur.html")]
struct PageErreur {
    cadre: Cadre,
    message: String,
}

/// What surrounds every page.
#[derive(Clone, Debug, Default)]
pub(super) struct Cadre {
    /// Title of the page: that of the tab, and its first heading.
    pub titre: String,
    /// Address, in [`NAVIGATION`], of the page that this one is or belongs to.
    pub actif: &'static str,
    /// When what the page rests on was read: « le … à … ».
    pub lu_le: String,
    /// What must be known of the whole of the pages.
    pub avis: Vec<String>,
    /// The period that was chosen, as the addresses hold it: it is kept from page to page.
    pub requete: String,
}

impl Cadre {
    pub(super) fn navigation(&self) -> &'static [(&'static str, &'static str)] {
        &NAVIGATION
    }

    /// What follows an address so that it keeps the period.
    pub(super) fn suite(&self) -> String {
        if self.requete.is_empty() { String::new() } else { format!("?{}", self.requete) }
    }

    pub(super) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// A template as a page.
pub(super) fn html(modele: &impl Template) -> Response {
    match modele.render() {
        Ok(texte) => Html(texte).into_response(),
        Err(error) => {
            tracing::error!(%error, "page non rédigée");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The fields of a form, in the address of the page.
pub(super) struct Demande<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Etat> for Demande<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, etat: &Etat) -> Result<Self, Response> {
        let lue = Query::<T>::try_from_uri(&parts.uri).map(|Query(demande)| Self(demande));
        lue.map_err(|_| {
            let message = "L'adresse de cette page n'est pas comprise. Repartez du tableau.";
            Erreur::Demande(message.to_owned()).reponse(etat)
        })
    }
}

/// The part of the address of a page that says which one it is.
pub(super) struct Morceau(pub String);

impl FromRequestParts<Etat> for Morceau {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, etat: &Etat) -> Result<Self, Response> {
        let lu = Path::<String>::from_request_parts(parts, etat).await;
        lu.map(|Path(morceau)| Self(morceau))
            .map_err(|_| Erreur::Introuvable("Cette page n'existe pas.".to_owned()).reponse(etat))
    }
}
