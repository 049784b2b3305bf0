//! What a night computes: the running campaigns and the periods asked for, each in a folder of its
//! own, always whole.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::campagne::remise::{ErreurRemise, fichiers_du_tableau, seule};
use crate::campagnes::{CAMPAGNES, Campagnes, ErreurCampagne};
use crate::controle::{Entrepot, completude_du, examiner};
use crate::disque;
use crate::indicateurs::{Question, Tableau, Valeur, calculer_chacune};
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::segment::{MetaEvenements, MetaFlux};
use crate::listes;
use crate::parcours::histoire::Histoire;
use crate::pipeline::{Calcul, EN_COURS, Pipeline};
use crate::qualite::{Cadre, Completude, Seuils};
use crate::rapport::detail::{Noms, noms, noms_des};
use crate::rapport::{Contexte, liste, qualite as rapport, tableau};
use crate::referentiel::{ErreurReferentiel, REFERENTIEL_2022, Referentiel};
use crate::sources::ErreurSource;
use crate::systeme::EnFrancais;
use crate::temps::{Jour, Periode};

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
    /// The description of an export is missing or wrong.
    #[error(transparent)]
    Source(#[from] ErreurSource),
    /// The warehouse is damaged.
    #[error(transparent)]
    Depot(#[from] ErreurDepot),
    /// An output cannot be made.
    #[error(transparent)]
    Remise(#[from] ErreurRemise),
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
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    pub valeurs: Vec<(String, Option<f64>)>,
    /// What its flux lack, when they lack something.
    pub manques: Option<String>,
}

impl Resultat {
    fn new(nom: &str, periode: &Periode, table: &Tableau<'_>, completude: &Completude) -> Self {
        Self {
            nom: nom.to_owned(),
            du: periode.du.to_string(),
            au: periode.au.to_string(),
            arrete: periode.arrete.to_string(),
            valeurs: table
                .indicateurs
                .iter()
                .map(|i| (i.definition.id.to_owned(), i.valeur.and_then(Valeur::nombre)))
                .collect(),
            manques: completude.incomplete().then(|| completude.phrase()),
        }
    }
}

/// Everything that was known on a day.
#[derive(Clone, Copy, Debug)]
pub struct Su<'a> {
    /// People, their steps and their events.
    pub histoire: &'a Histoire,
    /// The flux behind them.
    pub flux: &'a [Segment<MetaFlux>],
    /// The event files behind them.
    pub evenements: &'a [Segment<MetaEvenements>],
    /// The day.
    pub jour: NaiveDate,
}

impl Su<'_> {
    /// Computes every table and the list behind each, people followed and named once for all of them, and
    /// writes each in the folder of its name in `sorties` unless it is `None`.
    ///
    /// # Errors
    /// A damaged segment, an output that cannot be written.
    pub fn produire(
        self,
        programme: &Programme,
        seuils: &Seuils,
        sorties: Option<&Path>,
    ) -> Result<Vec<Resultat>, ErreurSorties> {
        let periodes: Vec<Periode> = programme.periodes.iter().map(|(_, periode, _)| *periode).collect();
        let Some(&periode) = periodes.first() else { return Ok(Vec::new()) };
        let question = Question { periode, connu_le: Some(self.jour.into()), referentiel: &programme.referentiel };
        let tableaux = calculer_chacune(self.histoire, &question, &periodes);
        let noms = match sorties {
            Some(_) => noms(self.histoire, self.flux, &tableaux)?,
            None => Noms::default(),
        };
        let des_periodes = programme.periodes.iter().zip(tableaux);
        des_periodes
            .map(|(periode, tableau)| {
                self.ranger(programme, periode, tableau, seuils, sorties.map(|dossier| (dossier, &noms)))
            })
            .collect()
    }

    /// Says what a table of the night gives, and writes it in the folder of its name unless nothing is
    /// written.
    fn ranger(
        self,
        programme: &Programme,
        (nom, periode, campagne): &(String, Periode, bool),
        tableau: Tableau<'_>,
        seuils: &Seuils,
        sorties: Option<(&Path, &Noms)>,
    ) -> Result<Resultat, ErreurSorties> {
        let connu_le = Some(self.jour.into());
        let completude = completude_du(self.flux, (periode.du, periode.au), connu_le, seuils);
        let contexte = Contexte {
            campagne: campagne.then_some(nom),
            periode: *periode,
            connu_le,
            referentiel: &programme.referentiel,
            completude: &completude,
            diffusion: false,
        };
        let remise = seule(contexte, tableau);
        if let Some((sorties, noms)) = sorties {
            let (dossier, table) = (sorties.join(nom), &remise.tableau);
            ecrire(&dossier, "tableau.txt", tableau::terminal(&contexte, table, Some(LARGEUR), false).as_bytes())?;
            ecrire(&dossier, "tableau.md", tableau::markdown(&contexte, table).as_bytes())?;
            for (nom, octets) in fichiers_du_tableau(self.histoire, noms, &remise)? {
                ecrire(&dossier, nom, &octets)?;
            }
        }
        Ok(Resultat::new(nom, periode, &remise.tableau, &completude))
    }

    /// Writes the operational lists of the day in `dossier` unless it is `None`, and says how many
    /// people are in each.
    ///
    /// # Errors
    /// A damaged segment, a list that cannot be written.
    pub fn lister(self, programme: &Programme, dossier: Option<&Path>) -> Result<Vec<(String, usize)>, ErreurSorties> {
        let jour = self.jour.into();
        let question = listes::Question { au: jour, connu_le: jour, referentiel: &programme.referentiel };
        let listes = listes::toutes(self.histoire, &question);
        if let Some(dossier) = dossier {
            let noms = liste::noms(self.histoire, self.flux, &listes)?;
            let contexte = liste::Contexte { histoire: self.histoire, question: &question, noms: &noms };
            for liste in &listes {
                ecrire(dossier, &format!("{}.csv", liste.nom.code()), &contexte.csv(liste))?;
            }
        }
        Ok(listes.iter().map(|liste| (liste.nom.code().to_owned(), liste.lignes.len())).collect())
    }

    /// Looks at the quality of the last days, and writes what it says in `dossier` unless it is
    /// `None`. Gives what the flux lack, and the thresholds that are passed.
    ///
    /// # Errors
    /// A damaged segment, a report that cannot be written.
    pub fn examiner(
        self,
        pipeline: &Pipeline,
        programme: &Programme,
        dossier: Option<&Path>,
    ) -> Result<(String, Vec<String>), ErreurSorties> {
        let jour = Jour::from(self.jour);
        let cadre = cadre_de_la_nuit(&pipeline.calcul, jour);
        let entrepot = Entrepot { racine: &pipeline.entrepot, flux: self.flux, evenements: self.evenements };
        let seuils = &pipeline.seuils;
        let qualite = examiner(&entrepot, self.histoire, cadre, Some(jour), &programme.referentiel, seuils)?;
        let depasses = seuils.depasses(&qualite);
        if let Some(dossier) = dossier {
            let sources = qualite.entrants.ecarts.iter().map(|ecart| ecart.source);
            let noms = noms_des(self.histoire, self.flux, sources)?;
            let contenus = [
                rapport::terminal(&qualite, &depasses, Some(LARGEUR)).into_bytes(),
                format!("{:#}\n", rapport::json(&qualite, &depasses)).into_bytes(),
                rapport::en_attente(&qualite),
                rapport::ecarts(&qualite, &noms),
            ];
            for (nom, contenu) in FICHIERS_QUALITE.iter().zip(contenus) {
                ecrire(dossier, nom, &contenu)?;
            }
        }
        Ok((qualite.completude.phrase(), depasses.into_iter().map(|depasse| depasse.phrase).collect()))
    }
}

/// What the quality of a night is looked at over: the last days, as known on its day.
#[must_use]
pub fn cadre_de_la_nuit(calcul: &Calcul, jour: Jour) -> Cadre {
    Cadre { du: jour.plus_jours(1 - i32::from(calcul.qualite_jours)), au: jour, connu_le: jour }
}

/// The summary of the last night, for programs.
pub const BILAN: &str = "nuit.json";
/// The files of the folder of a table.
pub const FICHIERS: [&str; 5] = ["tableau.txt", "tableau.md", "tableau.csv", "indicateurs.json", "detail.csv"];
/// The files of the folder of the quality report.
pub const FICHIERS_QUALITE: [&str; 4] = ["qualite.txt", "qualite.json", "en_attente.csv", "ecarts.csv"];

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
