//! What a night computes: the running campaigns and the periods asked for, each in a folder of its
//! own, always whole.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::campagnes::{CAMPAGNES, Campagnes, ErreurCampagne};
use crate::disque;
use crate::indicateurs::{Question, Tableau, Valeur, calculer};
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::segment::MetaFlux;
use crate::listes;
use crate::parcours::histoire::Histoire;
use crate::pipeline::{Calcul, EN_COURS};
use crate::rapport::{Contexte, csv, detail, json, liste, tableau};
use crate::referentiel::{ErreurReferentiel, REFERENTIEL_2022, Referentiel};
use crate::systeme::EnFrancais;
use crate::temps::Periode;

/// Columns of the table in its text form: it is read in an editor or a mail.
const LARGEUR: u16 = 130;

/// Why nothing can be computed. In French, ready to be shown.
#[derive(Debug, thiserror::Error)]
pub enum ErreurSorties {
    /// A file of settings is missing or wrong.
    #[error("{} ne peut pas être lu ({}). Vérifiez le chemin et les droits", .0.display(), EnFrancais(.1))]
    Reglage(PathBuf, std::io::Error),
    /// The référentiel is wrong.
    #[error(transparent)]
    Referentiel(#[from] ErreurReferentiel),
    /// A campaign is wrong.
    #[error(transparent)]
    Campagne(#[from] ErreurCampagne),
    /// The warehouse is damaged.
    #[error(transparent)]
    Depot(#[from] ErreurDepot),
    /// An output cannot be written.
    #[error("écriture impossible dans {} : {}. Vérifiez la place sur le disque et les droits", .0.display(), EnFrancais(.1))]
    Ecriture(PathBuf, std::io::Error),
}

/// What is computed on a day, and how.
#[derive(Debug)]
pub struct Programme {
    /// Parameters and readings.
    pub referentiel: Referentiel,
    /// Name of the folder and period of each table, and whether it is a campaign.
    pub periodes: Vec<(String, Periode, bool)>,
    /// Whether the operational lists are made.
    pub listes: bool,
    /// Everything that was read to know this: when it does not change, neither do the tables.
    pub reglages: String,
}

impl Programme {
    /// Reads the settings, and tells what is to be computed on `jour`.
    ///
    /// # Errors
    /// A file of settings that cannot be read, a campaign that nobody knows.
    pub fn lire(calcul: &Calcul, jour: NaiveDate) -> Result<Self, ErreurSorties> {
        let lire = |chemin: &Option<PathBuf>, livre: &str| match chemin {
            None => Ok(livre.to_owned()),
            Some(chemin) => {
                std::fs::read_to_string(chemin).map_err(|error| ErreurSorties::Reglage(chemin.clone(), error))
            }
        };
        let texte_referentiel = lire(&calcul.referentiel, REFERENTIEL_2022)?;
        let texte_campagnes = lire(&calcul.fichier_campagnes, CAMPAGNES)?;
        let campagnes = Campagnes::lire(&texte_campagnes)?;
        let mut periodes = Vec::new();
        for nom in &calcul.campagnes {
            if nom == EN_COURS {
                periodes
                    .extend(campagnes.en_cours(jour.into())?.into_iter().map(|(nom, periode)| (nom, periode, true)));
            } else {
                periodes.push((nom.clone(), campagnes.periode(nom)?, true));
            }
        }
        periodes.extend(calcul.periodes.iter().map(|p| (p.nom.clone(), p.periode, false)));
        periodes.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        periodes.dedup_by(|(a, ..), (b, ..)| a == b);
        let reglages = format!("{jour}\n{periodes:?}\n{}\n{texte_referentiel}", calcul.listes);
        Ok(Self { referentiel: Referentiel::lire(&texte_referentiel)?, periodes, listes: calcul.listes, reglages })
    }
}

/// The twelve figures of a table, as the summary recalls them.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Resultat {
    /// The campaign or period: the folder of its outputs.
    pub nom: String,
    /// First day.
    pub du: String,
    /// Last day.
    pub au: String,
    /// Day on which it is closed.
    pub arrete: String,
    /// Figures by id, `null` when they cannot be computed.
    pub valeurs: Vec<(&'static str, Option<f64>)>,
}

/// Computes a table and its list with what was known on `jour`, and writes them below `dossier` unless it is `None`.
///
/// # Errors
/// A damaged segment, an output that cannot be written.
pub fn produire(
    histoire: &Histoire,
    flux: &[Segment<MetaFlux>],
    programme: &Programme,
    (nom, periode, campagne): &(String, Periode, bool),
    jour: NaiveDate,
    dossier: Option<&Path>,
) -> Result<Resultat, ErreurSorties> {
    let connu_le = Some(jour.into());
    let question = Question { periode: *periode, connu_le, referentiel: &programme.referentiel };
    let table = calculer(histoire, &question);
    if let Some(dossier) = dossier {
        let contexte = Contexte {
            campagne: campagne.then_some(nom),
            periode: *periode,
            connu_le,
            referentiel: &programme.referentiel,
        };
        let noms = detail::noms(histoire, flux, &table)?;
        let tableau_csv = csv::csv(&contexte, &table)
            .map_err(|error| ErreurSorties::Ecriture(dossier.to_owned(), std::io::Error::other(error)))?;
        ecrire(dossier, "tableau.txt", tableau::terminal(&contexte, &table, Some(LARGEUR), false).as_bytes())?;
        ecrire(dossier, "tableau.md", tableau::markdown(&contexte, &table).as_bytes())?;
        ecrire(dossier, "tableau.csv", &tableau_csv)?;
        ecrire(dossier, "indicateurs.json", format!("{:#}\n", json::json(&contexte, &table)).as_bytes())?;
        ecrire(dossier, "detail.csv", &detail::detail(histoire, &question, &noms, &table))?;
    }
    Ok(resultat(nom, periode, &table))
}

/// Writes the operational lists of a day below `dossier`, and says how many people are in each.
///
/// # Errors
/// A damaged segment, a list that cannot be written.
pub fn lister(
    histoire: &Histoire,
    flux: &[Segment<MetaFlux>],
    programme: &Programme,
    jour: NaiveDate,
    dossier: Option<&Path>,
) -> Result<Vec<(&'static str, usize)>, ErreurSorties> {
    let question = listes::Question { au: jour.into(), connu_le: jour.into(), referentiel: &programme.referentiel };
    let listes = listes::toutes(histoire, &question);
    if let Some(dossier) = dossier {
        let noms = liste::noms(histoire, flux, &listes)?;
        let contexte = liste::Contexte { histoire, question: &question, noms: &noms };
        for liste in &listes {
            ecrire(dossier, &format!("{}.csv", liste.nom.code()), &contexte.csv(liste))?;
        }
    }
    Ok(listes.iter().map(|liste| (liste.nom.code(), liste.lignes.len())).collect())
}

/// The files of a folder of outputs.
pub const FICHIERS: [&str; 5] = ["tableau.txt", "tableau.md", "tableau.csv", "indicateurs.json", "detail.csv"];

fn resultat(nom: &str, periode: &Periode, table: &Tableau<'_>) -> Resultat {
    let valeur = |valeur: Option<Valeur>| match valeur {
        None => None,
        #[expect(clippy::cast_precision_loss, reason = "a count of people")]
        Some(Valeur::Entier(n)) => Some(n as f64),
        Some(Valeur::Decimal(x)) => Some(x),
    };
    Resultat {
        nom: nom.to_owned(),
        du: periode.du.to_string(),
        au: periode.au.to_string(),
        arrete: periode.arrete.to_string(),
        valeurs: table.indicateurs.iter().map(|i| (i.definition.id, valeur(i.valeur))).collect(),
    }
}

/// Writes an output, its folder made if need be.
///
/// # Errors
/// The disk refused.
pub fn ecrire(dossier: &Path, nom: &str, octets: &[u8]) -> Result<(), ErreurSorties> {
    let chemin = dossier.join(nom);
    disque::creer_dossier(dossier)
        .and_then(|()| disque::ecrire(&chemin, octets))
        .map_err(|error| ErreurSorties::Ecriture(chemin, error))
}
