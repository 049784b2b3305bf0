//! What the figures rest on: which flux are missing, what was set aside or waits, and where our
//! entries and the caisses' own signals differ. Pure: metadata and history in, findings out.

pub mod calendrier;
pub mod completude;
pub mod entrants;
pub mod seuils;

pub use completude::{Cadre, Completude, Recu, completude};
pub use entrants::{Comparaison, Signal, comparer};
pub use seuils::{Depassement, Seuils};

use crate::indicateurs;
use crate::indicateurs::delais::taux;
use crate::parcours::histoire::Attente;

/// A part of a whole: what was set aside of what was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// How many.
    pub nombre: u64,
    /// Out of how many.
    pub sur: u64,
}

impl Part {
    /// The share in percent, with two decimals; `None` over nothing.
    #[must_use]
    pub fn pourcent(self) -> Option<f64> {
        taux(self.nombre, self.sur).map(|part| (part * 10_000.0).round() / 100.0)
    }
}

/// What was set aside of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejetsFichier {
    /// Base name.
    pub nom: String,
    /// `flux` or the kind of its events.
    pub genre: String,
    /// Caisse of a flux.
    pub caisse: Option<String>,
    /// How much of it was set aside: foyers of a flux, lines of an event file.
    pub part: Part,
    /// By reason, the most frequent first.
    pub motifs: Vec<(String, u64)>,
}

/// What was set aside of every file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejets {
    /// Foyers of the flux.
    pub foyers: Part,
    /// Lines of the event files.
    pub lignes: Part,
    /// The files of which something was set aside, in the order of their names.
    pub fichiers: Vec<RejetsFichier>,
}

impl Rejets {
    /// Adds a file.
    pub fn ajouter(&mut self, fichier: RejetsFichier) {
        let total = if fichier.genre == FLUX { &mut self.foyers } else { &mut self.lignes };
        total.nombre += fichier.part.nombre;
        total.sur += fichier.part.sur;
        if fichier.part.nombre > 0 {
            let place = self.fichiers.partition_point(|autre| autre.nom <= fichier.nom);
            self.fichiers.insert(place, fichier);
        }
    }

    /// What was set aside by reason, the most frequent first.
    #[must_use]
    pub fn par_motif(&self) -> Vec<(String, u64)> {
        let mut out: Vec<(String, u64)> = Vec::new();
        for (motif, n) in self.fichiers.iter().flat_map(|fichier| &fichier.motifs) {
            match out.iter_mut().find(|(connu, _)| connu == motif) {
                Some((_, total)) => *total += n,
                None => out.push((motif.clone(), *n)),
            }
        }
        out.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
        out
    }
}

/// [`RejetsFichier::genre`] of a flux.
pub const FLUX: &str = "flux";

/// The events that wait for their person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnAttente {
    /// Events in force, those that wait included.
    pub evenements: u64,
    /// Those that wait, by kind, file and line.
    pub liste: Vec<Attente>,
}

impl EnAttente {
    /// Those that wait, out of all.
    #[must_use]
    pub fn part(&self) -> Part {
        Part { nombre: self.liste.len() as u64, sur: self.evenements }
    }
}

/// The last stock of a caisse, and those whom it names without a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stock {
    /// The caisse.
    pub caisse: String,
    /// DTREF of the stock.
    pub dtref: crate::temps::Jour,
    /// People with a record.
    pub releves: u64,
    /// People whose role makes no record (ENF, AUT, RDO).
    pub autres_roles: u64,
}

/// Everything that the quality report says.
#[derive(Clone, Debug)]
pub struct Qualite {
    /// What was looked at, and as known on which day.
    pub cadre: Cadre,
    /// What the flux lack.
    pub completude: Completude,
    /// What was set aside.
    pub rejets: Rejets,
    /// Events that wait for their person.
    pub en_attente: EnAttente,
    /// What stands under every table: bases, doubts, returns without a history.
    pub socle: indicateurs::Qualite,
    /// Last stock of each caisse.
    pub stocks: Vec<Stock>,
    /// What was said of each file without setting anything aside: file, message.
    pub avertissements: Vec<(String, String)>,
    /// Anomaly files of the caisses that were received.
    pub fichiers_anomalies: u64,
    /// Our entries against the caisses' own signals.
    pub entrants: Comparaison,
}

#[cfg(test)]
mod tests;
