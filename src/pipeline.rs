//! The file that says what a night does: where files arrive, what is kept, what is computed, which
//! thresholds make it end as failed.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::qualite::Seuils;
use crate::referentiel::{illisible, jour_de};
use crate::releves::foyers::Tolerance;
use crate::systeme::EnFrancais;
use crate::temps::Periode;

/// Why a pipeline cannot be used. In French, ready to be shown.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ErreurPipeline(String);

/// What tells the day on which a file was received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reception {
    /// The day it arrived in its inbox.
    #[default]
    Arrivee,
    /// The date that begins its name, else that of its creation.
    Nom,
    /// The day the caisse says it made it.
    Creation,
}

/// When a file that was put down is whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attente {
    /// Neither its size nor its date move any more.
    #[default]
    Stable,
    /// An empty file of the same name, followed by `.fini`, stands beside it.
    Marqueur,
}

/// How files arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Arrivage {
    /// What says that a file is whole.
    pub attente: Attente,
    /// For how long a file must not have changed, in seconds.
    pub secondes: u64,
}

impl Default for Arrivage {
    fn default() -> Self {
        Self { attente: Attente::Stable, secondes: 20 }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ToleranceLue {
    part_illisible_max: u64,
    illisibles_min: u64,
}

impl Default for ToleranceLue {
    fn default() -> Self {
        let Tolerance { part_max, nombre_min, .. } = Tolerance::default();
        Self { part_illisible_max: part_max, illisibles_min: nombre_min }
    }
}

/// What is computed each night.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CalculLu {
    campagnes: Vec<String>,
    referentiel: Option<PathBuf>,
    fichier_campagnes: Option<PathBuf>,
    listes: bool,
    qualite_jours: u16,
    periodes: Vec<PeriodeLue>,
}

impl Default for CalculLu {
    fn default() -> Self {
        Self {
            campagnes: vec![EN_COURS.to_owned()],
            referentiel: None,
            fichier_campagnes: None,
            listes: true,
            qualite_jours: 31,
            periodes: Vec::new(),
        }
    }
}

/// The campaigns that run on the night's day.
pub const EN_COURS: &str = "en-cours";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodeLue {
    nom: String,
    du: toml::value::Datetime,
    au: toml::value::Datetime,
    arrete: Option<toml::value::Datetime>,
}

/// A period that a pipeline asks for by its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodeNommee {
    /// The folder of its outputs.
    pub nom: String,
    /// Its days.
    pub periode: Periode,
}

/// What is computed each night.
#[derive(Clone, Debug)]
pub struct Calcul {
    /// Campaigns, or [`EN_COURS`].
    pub campagnes: Vec<String>,
    /// Parameters and readings, instead of those that ship.
    pub referentiel: Option<PathBuf>,
    /// Campaigns, instead of those that ship.
    pub fichier_campagnes: Option<PathBuf>,
    /// Whether the operational lists are written.
    pub listes: bool,
    /// How many days back the quality is looked at, and the thresholds with it.
    pub qualite_jours: u16,
    /// Other periods.
    pub periodes: Vec<PeriodeNommee>,
}

impl Default for Calcul {
    /// What a pipeline that says nothing of it computes.
    fn default() -> Self {
        let CalculLu { campagnes, referentiel, fichier_campagnes, listes, qualite_jours, .. } = CalculLu::default();
        Self { campagnes, referentiel, fichier_campagnes, listes, qualite_jours, periodes: Vec::new() }
    }
}

/// How long raw files are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conservation {
    /// Days for which archived and refused files, and closed rejects, are kept.
    pub bruts_jours: u32,
}

impl Default for Conservation {
    fn default() -> Self {
        Self { bruts_jours: 90 }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mesures {
    prometheus: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fichier {
    #[serde(default)]
    dossier: PathBuf,
    boites: Vec<PathBuf>,
    #[serde(default = "entrepot")]
    entrepot: PathBuf,
    cle: Option<PathBuf>,
    #[serde(default = "archives")]
    archives: PathBuf,
    #[serde(default = "refuses")]
    refuses: PathBuf,
    #[serde(default = "sorties")]
    sorties: PathBuf,
    #[serde(default)]
    reception: Reception,
    #[serde(default)]
    sources: Vec<PathBuf>,
    #[serde(default)]
    depot: Arrivage,
    #[serde(default)]
    flux: ToleranceLue,
    #[serde(default)]
    calcul: CalculLu,
    #[serde(default)]
    seuils: Seuils,
    #[serde(default)]
    conservation: Conservation,
    #[serde(default)]
    mesures: Mesures,
}

fn entrepot() -> PathBuf {
    "entrepot".into()
}

fn archives() -> PathBuf {
    "archives".into()
}

fn refuses() -> PathBuf {
    "refuses".into()
}

fn sorties() -> PathBuf {
    "sorties".into()
}

/// What a night does. Every path is ready to be used.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Where files arrive.
    pub boites: Vec<PathBuf>,
    /// The warehouse.
    pub entrepot: PathBuf,
    /// The key of the NIR, when it is not in the warehouse.
    pub cle: Option<PathBuf>,
    /// Where files go once read.
    pub archives: PathBuf,
    /// Where files go of which nothing entered.
    pub refuses: PathBuf,
    /// Where tables, lists and summaries go.
    pub sorties: PathBuf,
    /// What tells the reception day.
    pub reception: Reception,
    /// Descriptions of the department's own exports.
    pub sources: Vec<PathBuf>,
    /// How files arrive.
    pub arrivage: Arrivage,
    /// When a flux is refused whole.
    pub tolerance: Tolerance,
    /// What is computed.
    pub calcul: Calcul,
    /// What makes a night end as a failed check.
    pub seuils: Seuils,
    /// How long raw files are kept.
    pub conservation: Conservation,
    /// Where the measures for the supervision go.
    pub prometheus: Option<PathBuf>,
}

impl Pipeline {
    /// Reads a pipeline file.
    ///
    /// # Errors
    /// The file cannot be read, a key is unknown, a date is impossible, or two folders that must be
    /// apart are one.
    pub fn lire(chemin: &Path) -> Result<Self, ErreurPipeline> {
        let texte = std::fs::read_to_string(chemin).map_err(|error| {
            ErreurPipeline(format!(
                "{} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
                chemin.display(),
                EnFrancais(&error)
            ))
        })?;
        Self::comprendre(&texte, chemin)
    }

    fn comprendre(texte: &str, chemin: &Path) -> Result<Self, ErreurPipeline> {
        let nom = chemin.display();
        let fichier: Fichier = toml::from_str(texte)
            .map_err(|error| ErreurPipeline(illisible(&format!("pipeline {nom}"), texte, &error)))?;
        let base = chemin.parent().unwrap_or(Path::new("")).join(&fichier.dossier);
        let ici = |chemin: PathBuf| base.join(chemin);
        if fichier.boites.is_empty() {
            return Err(ErreurPipeline(format!(
                "{nom} : « boites » est vide, attendu au moins un dossier où les fichiers arrivent"
            )));
        }
        let pipeline = Self {
            boites: fichier.boites.into_iter().map(ici).collect(),
            entrepot: ici(fichier.entrepot),
            cle: fichier.cle.map(ici),
            archives: ici(fichier.archives),
            refuses: ici(fichier.refuses),
            sorties: ici(fichier.sorties),
            reception: fichier.reception,
            sources: fichier.sources.into_iter().map(ici).collect(),
            arrivage: fichier.depot,
            tolerance: Tolerance {
                part_max: fichier.flux.part_illisible_max,
                nombre_min: fichier.flux.illisibles_min,
                ..Tolerance::default()
            },
            calcul: Calcul {
                campagnes: fichier.calcul.campagnes,
                referentiel: fichier.calcul.referentiel.map(ici),
                fichier_campagnes: fichier.calcul.fichier_campagnes.map(ici),
                listes: fichier.calcul.listes,
                qualite_jours: fichier.calcul.qualite_jours,
                periodes: fichier.calcul.periodes.into_iter().map(periode).collect::<Result<_, _>>()?,
            },
            seuils: fichier.seuils,
            conservation: fichier.conservation,
            prometheus: fichier.mesures.prometheus.map(ici),
        };
        pipeline.dossiers_distincts().map_err(|message| ErreurPipeline(format!("{nom} : {message}")))?;
        Ok(pipeline)
    }

    /// A file that was put away would be taken again if its new place were an inbox, or below one.
    fn dossiers_distincts(&self) -> Result<(), String> {
        let autres = [
            ("entrepot", &self.entrepot),
            ("archives", &self.archives),
            ("refuses", &self.refuses),
            ("sorties", &self.sorties),
        ];
        for (rang, (cle, dossier)) in autres.iter().enumerate() {
            if let Some(boite) = self.boites.iter().find(|boite| dossier.starts_with(boite)) {
                return Err(format!(
                    "« {cle} » ({}) est dans la boîte {} : ce qui y serait rangé serait repris chaque nuit. Donnez-lui un autre dossier",
                    dossier.display(),
                    boite.display()
                ));
            }
            if let Some((autre, _)) = autres[..rang].iter().find(|(_, autre)| *autre == *dossier) {
                return Err(format!(
                    "« {cle} » et « {autre} » sont le même dossier, {}. Séparez-les",
                    dossier.display()
                ));
            }
        }
        Ok(())
    }
}

/// A period: its name makes a folder, and its dates follow each other.
fn periode(lue: PeriodeLue) -> Result<PeriodeNommee, ErreurPipeline> {
    let jour = |date: &toml::value::Datetime, champ: &str| {
        jour_de(date).ok_or_else(|| {
            ErreurPipeline(format!("période « {} » : {champ} vaut « {date} », attendu une date AAAA-MM-JJ", lue.nom))
        })
    };
    let au = jour(&lue.au, "au")?;
    let arrete = lue.arrete.as_ref().map_or(Ok(au), |arrete| jour(arrete, "arrete"))?;
    let periode = Periode { du: jour(&lue.du, "du")?, au, arrete };
    if lue.nom.is_empty() || !lue.nom.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) {
        return Err(ErreurPipeline(format!(
            "la période « {} » donne son nom à un dossier : attendu des lettres, des chiffres, « - » et « _ »",
            lue.nom
        )));
    }
    if periode.au < periode.du || periode.arrete < periode.au {
        return Err(ErreurPipeline(format!(
            "période « {} » : les dates doivent se suivre (du {}, au {}, arrêté {})",
            lue.nom, periode.du, periode.au, periode.arrete
        )));
    }
    Ok(PeriodeNommee { nom: lue.nom, periode })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lire(texte: &str) -> Result<Pipeline, String> {
        Pipeline::comprendre(texte, Path::new("/etc/jalon/nuit.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_pipeline_that_ships_says_what_is_taken_without_it() {
        let livre = lire(include_str!("../pipelines/nuit.toml")).unwrap();
        let minimal = lire("dossier = '../nuit'\nboites = ['depot']").unwrap();
        assert_eq!(format!("{livre:?}"), format!("{minimal:?}"));
    }

    #[test]
    fn paths_start_from_the_folder_given_and_it_from_the_file() {
        let pipeline = lire("dossier = 'donnees'\nboites = ['caf', '/srv/msa']").unwrap();
        assert_eq!(pipeline.boites, [Path::new("/etc/jalon/donnees/caf"), Path::new("/srv/msa")]);
        assert_eq!(pipeline.entrepot, Path::new("/etc/jalon/donnees/entrepot"));
        assert_eq!(lire("boites = ['x']").unwrap().archives, Path::new("/etc/jalon/archives"));
    }

    #[test]
    fn a_key_that_is_not_known_is_named_with_its_line() {
        let message = lire("boites = ['x']\nreceptoin = 'nom'").unwrap_err();
        assert!(message.contains("ligne 2") && message.contains("receptoin"), "{message}");
        let message = lire("boites = []").unwrap_err();
        assert!(message.contains("boites"), "{message}");
    }

    #[test]
    fn nothing_is_put_away_in_an_inbox() {
        let message = lire("boites = ['depot']\narchives = 'depot/archives'").unwrap_err();
        assert!(message.contains("« archives »") && message.contains("boîte"), "{message}");
        let message = lire("boites = ['depot']\nrefuses = 'archives'").unwrap_err();
        assert!(message.contains("même dossier"), "{message}");
    }

    #[test]
    fn the_name_of_a_period_makes_a_folder_and_its_dates_follow() {
        let bloc = |nom: &str, au: &str| {
            lire(&format!("boites = ['x']\n[[calcul.periodes]]\nnom = '{nom}'\ndu = 2021-01-01\nau = {au}\n"))
        };
        assert_eq!(
            bloc("annee-2021", "2021-12-31").unwrap().calcul.periodes[0].periode.arrete.to_string(),
            "2021-12-31"
        );
        assert!(bloc("../ailleurs", "2021-12-31").unwrap_err().contains("dossier"));
        assert!(bloc("annee", "2020-12-31").unwrap_err().contains("se suivre"));
    }
}
