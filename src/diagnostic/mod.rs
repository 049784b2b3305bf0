//! Whether this installation can work tonight: what was found, what was expected, what to do. Looks at
//! the program, the warehouse, the settings of the night, the disk, the clock and the last night.
//! Nothing is written, no lock is taken, and nothing of anybody is said: counts, paths and dates.

mod ecrit;
mod entrepot;
mod horloge;
mod installation;
mod lieux;
mod nuits;
mod reglages;

use std::path::Path;

use chrono::{DateTime, Local};

pub use ecrit::{json, texte};

use crate::pipeline::{Calcul, Pipeline};
use crate::qualite::Seuils;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravite {
    /// As it should be.
    Bon,
    /// It works, and somebody should know.
    Attention,
    /// It does not work, or a figure would be wrong.
    ACorriger,
}

/// What a check is about, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groupe {
    /// The program and its surroundings.
    Installation,
    /// The warehouse.
    Entrepot,
    /// The pipeline file and what it names.
    Reglages,
    /// The room left.
    Disque,
    /// The clock.
    Horloge,
    /// The last night.
    Nuits,
    /// What the figures rest on.
    Donnees,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constat {
    /// What it is about.
    pub groupe: Groupe,
    /// Name of the check: a key that programs rely on.
    pub controle: &'static str,
    /// Which folder, file or caisse, when several are looked at.
    pub objet: Option<String>,
    /// How bad it is.
    pub gravite: Gravite,
    /// What was found. In French, without a full stop.
    pub trouve: String,
    /// What was expected; empty when it is what was found.
    pub attendu: String,
    /// What to do; empty when there is nothing to do.
    pub faire: String,
}

impl Constat {
    fn bon(groupe: Groupe, controle: &'static str, trouve: impl Into<String>) -> Self {
        let (attendu, faire) = (String::new(), String::new());
        Self { groupe, controle, objet: None, gravite: Gravite::Bon, trouve: trouve.into(), attendu, faire }
    }

    /// The same, with what was expected and what to do.
    fn mais(mut self, gravite: Gravite, attendu: impl Into<String>, faire: impl Into<String>) -> Self {
        (self.gravite, self.attendu, self.faire) = (gravite, attendu.into(), faire.into());
        self
    }

    fn sur(mut self, objet: impl ToString) -> Self {
        self.objet = Some(objet.to_string());
        self
    }
}

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Demande<'a> {
    /// The warehouse, unless the pipeline names it.
    pub entrepot: &'a Path,
    /// The key of the NIR, when it is not in the warehouse.
    pub cle: Option<&'a Path>,
    /// The file that says what the night does.
    pub pipeline: Option<&'a Path>,
    /// The results of earlier years and the targets.
    pub historique: Option<&'a Path>,
    /// Now.
    pub maintenant: DateTime<Local>,
    /// Whether somebody reads this on a terminal.
    pub terminal: bool,
}

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// One finding a check, in the order in which they are shown.
    pub constats: Vec<Constat>,
    /// Whether the warehouse is locked or damaged.
    pub entrepot_en_cause: bool,
}

impl Diagnostic {
    /// The worst of the findings.
    #[must_use]
    pub fn gravite(&self) -> Gravite {
        self.constats.iter().map(|constat| constat.gravite).max().unwrap_or(Gravite::Bon)
    }

    /// How many findings are of that kind.
    #[must_use]
    pub fn nombre(&self, gravite: Gravite) -> usize {
        self.constats.iter().filter(|constat| constat.gravite == gravite).count()
    }
}

/// Looks at everything. Nothing on disk is touched.
#[must_use]
pub fn diagnostiquer(demande: &Demande<'_>) -> Diagnostic {
    let mut constats = installation::examiner(demande);
    let (pipeline, des_reglages) = match demande.pipeline.map(Pipeline::lire) {
        None => (None, vec![reglages::aucun()]),
        Some(Err(error)) => (None, vec![reglages::illisible(demande, &error)]),
        Some(Ok(pipeline)) => {
            let constats = reglages::examiner(&pipeline, demande);
            (Some(pipeline), constats)
        }
    };
    let pipeline = pipeline.as_ref();
    let (seuils, sans_calcul) = (Seuils::default(), Calcul::default());
    let regles = entrepot::Regles {
        seuils: pipeline.map_or(&seuils, |pipeline| &pipeline.seuils),
        calcul: pipeline.map_or(&sans_calcul, |pipeline| &pipeline.calcul),
        jour: demande.maintenant.date_naive(),
    };
    let racine = pipeline.map_or(demande.entrepot, |pipeline| &pipeline.entrepot);
    let cle = demande.cle.or_else(|| pipeline.and_then(|pipeline| pipeline.cle.as_deref()));
    let examine = entrepot::examiner(racine, cle, &regles);
    constats.extend(examine.constats);
    constats.extend(des_reglages);
    constats.extend(demande.historique.map(|chemin| reglages::historique(chemin, pipeline, demande)));
    constats.extend(lieux::place(racine, pipeline));
    constats.extend(horloge::examiner(demande, pipeline, examine.dernier_recu));
    constats.extend(pipeline.map(|pipeline| nuits::examiner(pipeline, demande)));
    constats.extend(examine.donnees);
    Diagnostic { constats, entrepot_en_cause: examine.en_cause }
}

/// `1 fichier`, `3 fichiers`.
fn compte(n: usize, un: &str, plusieurs: &str) -> String {
    format!("{n} {}", if n > 1 { plusieurs } else { un })
}
