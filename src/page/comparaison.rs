//! Two periods, two days of knowledge or two submissions, side by side.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::audit::Quoi;
use super::campagnes::{Dossier, Sorte, dossier, dossiers};
use super::choix::{Champs, Choix, campagnes_possibles};
use super::etat::{Connaissance, Etat};
use super::reponse::{Cadre, Demande, Erreur, html};
use crate::campagne::comparaison::{Comparaison, Cote, comparer, ecrit};
use crate::campagne::montrer;
use crate::indicateurs::{Indicateur, Question, calculer};
use crate::rapport::fr;
use crate::rapport::html::tables::{Cellule, Colonne, Groupe, Ligne, Table};
use crate::rapport::html::{ecart_ecrit, en_toutes_lettres};
use crate::rapport::referentiel::Deux;
use crate::temps::Jour;

pub(super) fn routes() -> Router<Etat> {
    Router::new()
        .route("/comparaison", get(page))
        .route("/comparaison/remises", get(remises))
        .route("/comparaison.csv", get(exporter))
}

/// The two sides, as the form holds them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Cotes {
    a_campagne: String,
    a_du: String,
    a_au: String,
    a_arrete: String,
    a_connu_le: String,
    b_campagne: String,
    b_du: String,
    b_au: String,
    b_arrete: String,
    b_connu_le: String,
}

impl Cotes {
    /// The fields of each side. The first one follows the period chosen elsewhere; the second one the first.
    fn champs(&self, ailleurs: &Champs) -> [Champs; 2] {
        let Self { a_campagne, a_du, a_au, a_arrete, a_connu_le, .. } = self.clone();
        let Self { b_campagne, b_du, b_au, b_arrete, b_connu_le, .. } = self.clone();
        let a = Champs { campagne: a_campagne, du: a_du, au: a_au, arrete: a_arrete, connu_le: a_connu_le };
        let b = Champs { campagne: b_campagne, du: b_du, au: b_au, arrete: b_arrete, connu_le: b_connu_le };
        let vide = |champs: &Champs| [&champs.campagne, &champs.du, &champs.au].iter().all(|champ| champ.is_empty());
        let sans_periode = vide(&a);
        let a = if sans_periode { Champs { connu_le: a.connu_le, ..ailleurs.clone() } } else { a };
        let b = if vide(&b) { Champs { connu_le: b.connu_le, ..a.clone() } } else { b };
        [a, b]
    }
}

/// A side of the form: prefix of its fields, title, and what was chosen.
struct Bord {
    prefixe: &'static str,
    titre: &'static str,
    choix: Choix,
    /// The dates typed, when there is no campaign.
    dates: [(&'static str, &'static str, String); 3],
}

#[derive(Template)]
#[template(path = "page/comparaison.html")]
struct Page {
    cadre: Cadre,
    campagnes: Vec<String>,
    cotes: [Bord; 2],
    table: Table,
    /// Folders that can be compared: what stands for them, and their names.
    dossiers: Vec<(String, String)>,
}

/// The twelve figures of a period. They are also made before anybody looks.
pub(super) fn figures(etat: &Etat, connaissance: &Connaissance, choix: &Choix) -> Result<Arc<Vec<Indicateur>>, Erreur> {
    connaissance.memo(&format!("douze {}", choix.requete()), || {
        let referentiel = &etat.reglages().referentiel;
        let question = Question { periode: choix.periode, connu_le: choix.connu_le.map(Jour::from), referentiel };
        Ok(calculer(&connaissance.connu.histoire, &question).indicateurs)
    })
}

async fn page(
    State(etat): State<Etat>,
    Demande(ailleurs): Demande<Champs>,
    Demande(cotes): Demande<Cotes>,
) -> Response {
    etat.repondre(move |etat| {
        let [a, b] = cotes.champs(&ailleurs);
        let (a, b) = (Choix::lire(&a, etat)?, Choix::lire(&b, etat)?);
        let figures = |choix: &Choix| figures(etat, &*etat.connaissance(choix.connu_le)?, choix);
        let (figures_a, figures_b) = (figures(&a)?, figures(&b)?);
        let mut campagnes = campagnes_possibles(&*etat.connaissance(None)?, &etat.reglages().campagnes);
        for nom in [&a, &b].iter().filter_map(|choix| choix.campagne.as_ref()) {
            if !campagnes.contains(nom) {
                campagnes.insert(0, nom.clone());
            }
        }
        let table = cote_a_cote([&a, &b].map(dire), &Deux::tous(&figures_a, &figures_b));
        let (choix, _) = Choix::donne(&ailleurs, etat)?;
        let requete = choix.as_ref().map(Choix::requete).unwrap_or_default();
        let cadre = Cadre { requete, ..etat.cadre("Comparer deux périodes ou deux jours", "/comparaison") };
        let comparables = dossiers(etat).into_iter().filter(|dossier| !matches!(dossier.sorte, Sorte::Illisible(_)));
        let dossiers = comparables.map(|dossier| (dossier.code.clone(), dossier.nom())).collect();
        let cotes = [formulaire("a_", "Premier côté (A)", a), formulaire("b_", "Second côté (B)", b)];
        Ok(html(&Page { cadre, campagnes, cotes, table, dossiers }))
    })
    .await
}

fn formulaire(prefixe: &'static str, titre: &'static str, choix: Choix) -> Bord {
    let periode = choix.periode;
    let date = |jour: Jour| if choix.campagne.is_none() { jour.to_string() } else { String::new() };
    let dates =
        [("du", "Du", date(periode.du)), ("au", "Au", date(periode.au)), ("arrete", "Arrêté au", date(periode.arrete))];
    Bord { prefixe, titre, choix, dates }
}

/// A side, said.
fn dire(choix: &Choix) -> String {
    let connu = match choix.connu_le {
        Some(jour) => format!(", connu le {}", fr(jour.into())),
        None => ", tout ce qui est connu".to_owned(),
    };
    let nom = choix.campagne.as_ref().map(|nom| format!("{nom}, ")).unwrap_or_default();
    format!("{nom}{}{connu}", en_toutes_lettres(choix.periode))
}

fn cote_a_cote([a, b]: [String; 2], deux: &[Deux]) -> Table {
    let lignes = deux.iter().map(|deux| {
        let [de, vers] = deux.valeurs;
        let ecart = deux.ecart().and_then(|ecart| ecart_ecrit(ecart, de, vers));
        let cellule = match ecart {
            Some(ecart) => Cellule::nombre("ecart", ecart).marquee("change"),
            None if de.is_none() != vers.is_none() => Cellule::nombre("ecart", "n.d.").marquee("change"),
            None => Cellule::nombre("ecart", "pas d'écart"),
        };
        Ligne {
            cle: deux.id.to_owned(),
            code: deux.id.to_owned(),
            titre: deux.libelle.clone(),
            cellules: vec![Cellule::figure("a", de), Cellule::figure("b", vers), cellule],
            ..Ligne::default()
        }
    });
    Table {
        id: "comparaison".into(),
        legende: format!("A : {a}. B : {b}"),
        colonnes: [("Indicateur", false), ("A", true), ("B", true), ("Écart, B moins A", true)]
            .into_iter()
            .map(|(titre, nombre)| Colonne::new(titre, nombre))
            .collect(),
        groupes: vec![Groupe { titre: String::new(), lignes: lignes.collect() }],
        note: "",
    }
}

/// The two folders.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Paire {
    a: String,
    b: String,
}

fn confronter(etat: &Etat, paire: &Paire) -> Result<([Dossier; 2], Comparaison), Erreur> {
    let cotes = [dossier(etat, &paire.a)?, dossier(etat, &paire.b)?];
    let [a, b] = [Cote::lire(&cotes[0].chemin)?, Cote::lire(&cotes[1].chemin)?];
    let comparaison = comparer(etat.depot(), &a, &b)?;
    Ok((cotes, comparaison))
}

#[derive(Template)]
#[template(path = "page/remises.html")]
struct Remises {
    cadre: Cadre,
    noms: [String; 2],
    avis: Vec<String>,
    chiffres: Option<Table>,
    causes: Option<Table>,
    export: String,
}

/// Two submissions: the figures that moved, and why, without anybody's name.
async fn remises(State(etat): State<Etat>, Demande(paire): Demande<Paire>) -> Response {
    etat.repondre(move |etat| {
        let (cotes, comparaison) = confronter(etat, &paire)?;
        let noms = cotes.map(|dossier| dossier.nom());
        let perimes = ["A", "B"].into_iter().zip(comparaison.perimes).filter(|(_, perime)| *perime);
        let mut avis: Vec<String> = perimes
            .map(|(lettre, _)| {
                format!("Attention : l'entrepôt ne redonne plus les chiffres de {lettre}. La vérification de la remise dit pourquoi.")
            })
            .collect();
        avis.extend(comparaison.restes.iter().map(|(id, reste)| {
            format!("{id} : un écart de {reste:+} ne se répartit pas entre des personnes.")
        }));
        let page = Remises {
            cadre: etat.cadre("Comparer deux remises", "/comparaison"),
            noms,
            avis,
            chiffres: chiffres(&comparaison),
            causes: causes(&comparaison),
            // What stands for the folders was found among ours: it is safe in an address.
            export: format!("/comparaison.csv?a={}&b={}", paire.a, paire.b),
        };
        Ok(html(&page))
    })
    .await
}

fn chiffres(comparaison: &Comparaison) -> Option<Table> {
    let lignes = comparaison.ecarts.iter().map(|ecart| Ligne {
        titre: ecart.nom.clone(),
        cellules: vec![
            Cellule::nombre("avant", montrer(&ecart.avant)),
            Cellule::nombre("apres", montrer(&ecart.apres)),
        ],
        ..Ligne::default()
    });
    let lignes: Vec<Ligne> = lignes.collect();
    (!lignes.is_empty())
        .then(|| Table::new("chiffres", "Chiffres qui ne sont pas les mêmes", &["Chiffre", "A", "B"], lignes))
}

/// How many people moved in each figure, by cause.
fn causes(comparaison: &Comparaison) -> Option<Table> {
    let groupes = comparaison.mouvements.chunk_by(|a, b| (a.indicateur, a.cause) == (b.indicateur, b.cause));
    let lignes = groupes.filter_map(|groupe| {
        let premier = groupe.first()?;
        let somme = groupe.iter().map(|mouvement| mouvement.ecart).sum::<Option<i64>>();
        Some(Ligne {
            code: premier.indicateur.to_owned(),
            titre: premier.cause.libelle().to_owned(),
            cellules: vec![
                Cellule::nombre("personnes", groupe.len().to_string()),
                Cellule::nombre("ecart", somme.map(|somme| format!("{somme:+}")).unwrap_or_default()),
            ],
            ..Ligne::default()
        })
    });
    let lignes: Vec<Ligne> = lignes.collect();
    (!lignes.is_empty())
        .then(|| Table::new("causes", "Pourquoi, chiffre par chiffre", &["Cause", "Mouvements", "Écart"], lignes))
}

/// Person by person, as « jalon campagne comparer » writes it.
async fn exporter(State(etat): State<Etat>, Demande(paire): Demande<Paire>) -> Response {
    etat.repondre(move |etat| {
        let (_, comparaison) = confronter(etat, &paire)?;
        let octets = ecrit::csv(&comparaison);
        etat.audit().noter(Quoi::Export, "", &format!("/comparaison.csv?a={}&b={}", paire.a, paire.b))?;
        let nom = "attachment; filename=\"comparaison.csv\"".to_owned();
        Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, nom)], octets).into_response())
    })
    .await
}
