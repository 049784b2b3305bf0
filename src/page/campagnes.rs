//! The submissions: the folders that were prepared or sealed, and the proof of the sealed ones. To
//! verify one is long: it is done when it is asked for.

use std::fs;
use std::path::{Path, PathBuf};

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::choix::{Champs, Choix};
use super::etat::Etat;
use super::reponse::{Cadre, Demande, Erreur, Morceau, html};
use crate::campagne::dossier::{Etat as EtatDossier, etat as etat_de};
use crate::campagne::sceau::{lu, sceaux_de};
use crate::campagne::verification::ecrit::{dire_la_preuve, dire_les_fichiers};
use crate::campagne::verification::{fichiers, prouver};
use crate::campagne::{ErreurDossier, Question};
use crate::rapport::fr;
use crate::rapport::html::Lien;
use crate::rapport::html::tables::{Cellule, Colonne, Groupe, Ligne, Table};
use crate::systeme::Chemin;

pub(super) fn routes() -> Router<Etat> {
    Router::new().route("/campagnes", get(page)).route("/campagnes/{dossier}", get(verifier))
}

impl From<ErreurDossier> for Erreur {
    fn from(error: ErreurDossier) -> Self {
        match error {
            ErreurDossier::Refus(message) => Self::Demande(format!("{message}.")),
            ErreurDossier::Depot(error) => error.into(),
            autre => Self::Indisponible(format!("{autre}.")),
        }
    }
}

/// What a folder is.
pub(super) enum Sorte {
    /// Prepared: it may still change.
    Prepare,
    /// Sealed.
    Scelle,
    /// It cannot be read; why.
    Illisible(String),
}

/// The folder of a submission.
pub(super) struct Dossier {
    /// What stands for it in an address.
    pub code: String,
    /// Where it is.
    pub chemin: PathBuf,
    /// What it is.
    pub sorte: Sorte,
    /// What its figures depend on, and when it was prepared or sealed.
    pub question: Option<(Question, chrono::NaiveDate)>,
}

impl Dossier {
    /// The folder, for people.
    pub(super) fn nom(&self) -> String {
        Chemin(&self.chemin).to_string()
    }

    /// Reads a folder; `None` when it is not one of a submission.
    fn lire(chemin: &Path) -> Option<Self> {
        let code = blake3::hash(chemin.as_os_str().as_encoded_bytes()).to_hex()[..12].to_owned();
        let (sorte, question) = match etat_de(chemin) {
            Ok(EtatDossier::Libre | EtatDossier::Autre(_)) => return None,
            Ok(EtatDossier::Prepare(preparation)) => {
                (Sorte::Prepare, Some((preparation.question, preparation.prepare_le)))
            }
            Ok(EtatDossier::Scelle) => match lu(chemin) {
                Ok(sceau) => (Sorte::Scelle, Some((sceau.question, sceau.scelle_le))),
                Err(error) => (Sorte::Illisible(error.to_string()), None),
            },
            Err(error) => (Sorte::Illisible(error.to_string()), None),
        };
        Some(Self { code, chemin: chemin.to_owned(), sorte, question })
    }
}

/// The folders that the command line names, or that stand in those that it names.
pub(super) fn dossiers(etat: &Etat) -> Vec<Dossier> {
    let mut out = Vec::new();
    for chemin in &etat.reglages().remises {
        if let Some(dossier) = Dossier::lire(chemin) {
            out.push(dossier);
            continue;
        }
        let enfants = fs::read_dir(chemin).map(|entrees| entrees.flatten().map(|entree| entree.path()));
        let mut enfants: Vec<PathBuf> = enfants.map(Iterator::collect).unwrap_or_default();
        enfants.retain(|enfant| enfant.is_dir());
        enfants.sort();
        out.extend(enfants.iter().filter_map(|enfant| Dossier::lire(enfant)));
    }
    out
}

/// The folder that this stands for.
pub(super) fn dossier(etat: &Etat, code: &str) -> Result<Dossier, Erreur> {
    let trouve = dossiers(etat).into_iter().find(|dossier| dossier.code == code);
    trouve.ok_or_else(|| {
        Erreur::Introuvable(
            "Ce dossier n'est pas, ou n'est plus, parmi ceux que « jalon servir --remises » désigne.".to_owned(),
        )
    })
}

#[derive(Template)]
#[template(path = "page/campagnes.html")]
struct Page {
    cadre: Cadre,
    /// Whether folders were named on the command line.
    demandes: bool,
    dossiers: Option<Table>,
    sceaux: Option<Table>,
}

async fn page(State(etat): State<Etat>, Demande(champs): Demande<Champs>) -> Response {
    etat.repondre(move |etat| {
        let (choix, _) = Choix::donne(&champs, etat)?;
        let requete = choix.as_ref().map(Choix::requete).unwrap_or_default();
        let dossiers = dossiers(etat);
        let cadre = Cadre { requete, ..etat.cadre("Remises préparées et scellées", "/campagnes") };
        let demandes = !etat.reglages().remises.is_empty();
        Ok(html(&Page { cadre, demandes, dossiers: des_dossiers(&dossiers), sceaux: des_sceaux(etat)? }))
    })
    .await
}

fn table(id: &str, legende: &str, colonnes: &[&str], lignes: Vec<Ligne>) -> Option<Table> {
    let colonnes = colonnes.iter().map(|titre| Colonne::new(*titre, false)).collect();
    let groupes = vec![Groupe { titre: String::new(), lignes }];
    (!groupes[0].lignes.is_empty()).then(|| Table {
        id: id.into(),
        legende: legende.into(),
        colonnes,
        groupes,
        note: "",
    })
}

/// What a question says, as cells: campaign, period, knowledge.
fn cellules(question: &Question) -> [Cellule; 3] {
    let periode = crate::temps::Periode::from(question.periode);
    let sort = if question.diffusion { " (à diffuser)" } else { "" };
    [
        Cellule::texte("campagne", format!("{}{sort}", question.campagne)),
        Cellule::texte("periode", crate::rapport::html::en_toutes_lettres(periode)),
        Cellule::texte("connu_le", fr(question.connu_le.into())),
    ]
}

fn des_dossiers(dossiers: &[Dossier]) -> Option<Table> {
    let lignes = dossiers.iter().map(|dossier| {
        let mut cellules: Vec<Cellule> = match &dossier.question {
            Some((question, _)) => cellules(question).into(),
            None => ["campagne", "periode", "connu_le"].map(|champ| Cellule::texte(champ, "")).into(),
        };
        let le = dossier.question.as_ref().map(|(_, le)| fr((*le).into())).unwrap_or_default();
        let etat = match &dossier.sorte {
            Sorte::Prepare => format!("préparé le {le}, pas encore scellé"),
            Sorte::Scelle => format!("scellé le {le}"),
            Sorte::Illisible(raison) => format!("illisible : {raison}"),
        };
        cellules.push(Cellule::texte("etat", etat));
        let scelle = matches!(dossier.sorte, Sorte::Scelle | Sorte::Illisible(_));
        let mut preuve = Cellule::texte("verification", if scelle { "Vérifier" } else { "" });
        preuve.lien = scelle.then(|| Lien {
            vers: format!("/campagnes/{}", dossier.code),
            texte: format!("le dossier {}", dossier.nom()),
        });
        cellules.push(preuve);
        Ligne { titre: dossier.nom(), cellules, ..Ligne::default() }
    });
    let colonnes = ["Dossier", "Campagne", "Période", "Connue le", "État", "Vérification"];
    table("dossiers", "Dossiers des remises", &colonnes, lignes.collect())
}

/// The seals that the warehouse keeps a copy of, wherever their folders are.
fn des_sceaux(etat: &Etat) -> Result<Option<Table>, Erreur> {
    let sceaux = sceaux_de(etat.depot().racine())?;
    let lignes = sceaux.into_iter().map(|(empreinte, sceau)| {
        let mut siennes: Vec<Cellule> = match &sceau {
            Some(sceau) => cellules(&sceau.question).into(),
            None => vec![
                Cellule::texte("campagne", "copie illisible"),
                Cellule::texte("periode", ""),
                Cellule::texte("connu_le", ""),
            ],
        };
        let le = sceau.map(|sceau| fr(sceau.scelle_le.into())).unwrap_or_default();
        siennes.push(Cellule::texte("scelle_le", le));
        Ligne { titre: empreinte, cellules: siennes, ..Ligne::default() }
    });
    let colonnes = ["Empreinte du sceau", "Campagne", "Période", "Connue le", "Scellée le"];
    Ok(table("sceaux", "Sceaux dont l'entrepôt garde une copie", &colonnes, lignes.collect()))
}

#[derive(Template)]
#[template(path = "page/verification.html")]
struct Verification {
    cadre: Cadre,
    faite: bool,
    fichiers: Vec<String>,
    preuve: Vec<String>,
}

/// Every file, then every figure, from the journal: what « jalon campagne verifier » does.
async fn verifier(State(etat): State<Etat>, Morceau(code): Morceau) -> Response {
    etat.repondre(move |etat| {
        let dossier = dossier(etat, &code)?;
        let vus = fichiers(&dossier.chemin)?;
        let preuve = match &vus.sceau {
            Some(sceau) => Some(prouver(etat.depot(), sceau, &vus.empreinte)?),
            None => None,
        };
        let faite = vus.touches.is_empty() && preuve.as_ref().is_some_and(|preuve| preuve.faite());
        let phrases = vus.sceau.as_ref().zip(preuve.as_ref()).map(|(sceau, preuve)| dire_la_preuve(sceau, preuve));
        Ok(html(&Verification {
            cadre: etat.cadre("Vérification d'une remise scellée", "/campagnes"),
            faite,
            fichiers: dire_les_fichiers(&dossier.chemin, &vus),
            preuve: phrases.unwrap_or_default(),
        }))
    })
    .await
}
