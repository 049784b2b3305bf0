//! The story of one person, as `jalon expliquer` tells it; and the way to somebody from what an agent
//! has at hand. A name or a number never stands in an address: they would stay in the history.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;

use super::audit::Quoi;
use super::choix::{Champs, Choix};
use super::etat::{Connaissance, Etat};
use super::reponse::{Cadre, Demande, Erreur, Morceau, html};
use crate::explication::{Demande as Explique, EvenementsRattaches, PeriodeNommee};
use crate::identite::Nir;
use crate::journal::evenements::rejouer;
use crate::personne::{Designe, Reponse, Signalement, chercher, raconter};
use crate::purge::{Signes, pseudonyme};
use crate::rapport::explication::fragment_html;
use crate::temps::Jour;

pub(super) fn routes() -> Router<Etat> {
    Router::new().route("/personne", get(formulaire).post(trouver)).route("/personne/{numero}", get(page))
}

#[derive(Template)]
#[template(path = "page/personne.html")]
struct Page {
    cadre: Cadre,
    /// The same without a period, when one was chosen.
    tout: Option<String>,
    recit: String,
}

async fn page(State(etat): State<Etat>, Morceau(numero): Morceau, Demande(champs): Demande<Champs>) -> Response {
    etat.repondre(move |etat| {
        let (choix, connu_le) = Choix::donne(&champs, etat)?;
        let connaissance = etat.connaissance(connu_le)?;
        let personne = etat.personne(&connaissance, &numero).ok_or_else(|| {
            Erreur::Introuvable(
                "Cette adresse ne désigne plus personne : les adresses des personnes changent à chaque lancement de « jalon servir ». \
                 Repartez d'une liste, ou cherchez la personne."
                    .to_owned(),
            )
        })?;
        let nommee = choix
            .as_ref()
            .map(|choix| PeriodeNommee { campagne: choix.campagne.clone(), periode: choix.periode });
        let demande = Explique {
            personne,
            connu_le: connu_le.map(Jour::from),
            referentiel: &etat.reglages().referentiel,
            periode: nommee.as_ref(),
        };
        let signes = Signes::de(&connaissance.connu.repertoire, personne);
        let evenements = evenements(&connaissance)?.de(personne, &signes);
        let annuaire = etat.annuaire(&connaissance)?;
        let document = raconter(&connaissance.connu, &annuaire, &evenements, &etat.reglages().campagnes, &demande)?;
        let requete = choix.as_ref().map(Choix::requete).unwrap_or_default();
        let adresse = format!("/personne/{numero}");
        let suite = if requete.is_empty() { String::new() } else { format!("?{requete}") };
        let cle = pseudonyme(etat.depot(), &connaissance.connu, personne);
        etat.audit().noter(Quoi::Personne, &cle, &format!("{adresse}{suite}"))?;
        let jour = connu_le.map(|jour| format!("?connu_le={jour}")).unwrap_or_default();
        let tout = choix.is_some().then(|| format!("{adresse}{jour}"));
        // The title of the tab stays in the history: it names nobody.
        let cadre = Cadre { requete, ..etat.cadre(format!("Parcours de la personne {numero}"), "/personne") };
        Ok(html(&Page { cadre, tout, recit: fragment_html(&document, 2) }))
    })
    .await
}

/// The events in force, and whose each is.
pub(super) fn evenements(connaissance: &Connaissance) -> Result<Arc<EvenementsRattaches>, Erreur> {
    connaissance.memo("en vigueur", || {
        let connu = &connaissance.connu;
        let en_vigueur = rejouer(&connu.segments.evenements, connaissance.connu_le)?;
        Ok(EvenementsRattaches::new(en_vigueur, &connu.repertoire))
    })
}

#[derive(Template)]
#[template(path = "page/recherche.html")]
struct Recherche {
    cadre: Cadre,
    message: String,
    /// Several people who answer: their addresses, and what tells them apart.
    trouvees: Vec<(String, Vec<Signalement>)>,
}

const TITRE: &str = "Chercher une personne";

async fn formulaire(State(etat): State<Etat>, Demande(champs): Demande<Champs>) -> Response {
    etat.repondre(move |etat| {
        let (choix, _) = Choix::donne(&champs, etat)?;
        let requete = choix.as_ref().map(Choix::requete).unwrap_or_default();
        let cadre = Cadre { requete, ..etat.cadre(TITRE, "/personne") };
        Ok(html(&Recherche { cadre, message: String::new(), trouvees: Vec::new() }))
    })
    .await
}

/// What an agent typed. It is never repeated, nor logged.
#[derive(Deserialize)]
struct Saisie {
    qui: String,
}

async fn trouver(State(etat): State<Etat>, saisie: Result<Form<Saisie>, FormRejection>) -> Response {
    etat.repondre(move |etat| {
        let Ok(Form(Saisie { qui })) = saisie else {
            return Err(Erreur::Demande("Le formulaire n'est pas compris. Recommencez la recherche.".to_owned()));
        };
        let refaire = |titre: &str, message: String, trouvees| {
            html(&Recherche { cadre: etat.cadre(titre, "/personne"), message, trouvees })
        };
        let designe = match Nir::parse(&qui) {
            Some(nir) => Designe::Nir(etat.depot().cle().empreinte(nir)),
            None => match Designe::lire(&qui) {
                Ok(designe) => designe,
                Err(_) => return Ok(refaire(TITRE, MODE_D_EMPLOI.to_owned(), Vec::new())),
            },
        };
        let connaissance = etat.connaissance(None)?;
        Ok(match chercher(&connaissance.connu, &*etat.annuaire(&connaissance)?, &designe)? {
            Reponse::Une(personne) => Redirect::to(&etat.adresse_de(&connaissance, personne)).into_response(),
            Reponse::Inconnue => refaire("Personne de connu", INCONNUE.to_owned(), Vec::new()),
            Reponse::EvenementsSeuls(_) => refaire("Personne de connu", SANS_FLUX.to_owned(), Vec::new()),
            Reponse::Plusieurs(personnes) => {
                let trouvees: Vec<_> = personnes
                    .into_iter()
                    .map(|(personne, signes)| (etat.adresse_de(&connaissance, personne), signes))
                    .collect();
                let message = format!("{} personnes répondent à cette désignation.", trouvees.len());
                refaire("Plusieurs personnes", message, trouvees)
            }
        })
    })
    .await
}

const MODE_D_EMPLOI: &str = "Une personne se désigne par son NUMDEMRSA (suivi au besoin de son nom), son matricule, son NIR, ou NOM Prénom et la date de naissance.";
const INCONNUE: &str = "Personne ne répond à cette désignation dans l'entrepôt. Vérifiez le numéro, ou l'orthographe et la date de naissance.";
const SANS_FLUX: &str =
    "Aucun flux ne connaît cette personne, mais des événements la nomment. « jalon expliquer » les montre.";
