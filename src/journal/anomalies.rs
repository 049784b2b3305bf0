//! The caisse's files of anomalies: recognised, counted by reason, and nothing else of them is kept.

use std::fs;
use std::io::{self, Write};

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::depot::{Depot, ErreurDepot};

/// What is kept of a file of anomalies, in `anomalies/<digest>.json`. Its presence says that the file
/// is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaAnomalies {
    /// Version of the program that wrote it.
    pub programme: String,
    /// BLAKE3 of the decompressed content, in hexadecimal.
    pub empreinte: String,
    /// Base name of the file.
    pub nom: String,
    /// Day on which the department received the file.
    pub recu_le: NaiveDate,
    /// Caisse, as `CAF821`.
    pub caisse: Option<String>,
    /// Whether it goes with a stock.
    pub mensuel: bool,
    /// DTREF.
    pub dtref: NaiveDate,
    /// DTCREAFLUX and HEUCREAFLUX.
    pub cree_le: NaiveDateTime,
    /// Foyers in anomaly.
    pub foyers: u64,
    /// The same by reason: a foyer may have several.
    pub motifs: Vec<MotifAnomalie>,
}

/// A reason and its foyers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MotifAnomalie {
    /// LIBANO, its digits left out.
    pub libelle: String,
    /// Foyers that have it.
    pub foyers: u64,
}

impl MetaAnomalies {
    pub(super) fn ranger(&self, depot: &Depot) -> io::Result<()> {
        let brouillon = depot.commencer(&format!("{}.anomalies", self.empreinte))?;
        brouillon.handle()?.write_all(&serde_json::to_vec_pretty(self)?)?;
        depot.valider(brouillon, &format!("anomalies/{}.json", self.empreinte))?;
        Ok(())
    }
}

/// The files of anomalies of a warehouse, in the order of their reference days.
///
/// # Errors
/// One that cannot be read.
pub fn anomalies(depot: &Depot) -> Result<Vec<MetaAnomalies>, ErreurDepot> {
    let mut lues = Vec::new();
    for chemin in depot.fichiers_sous("anomalies", "json")? {
        let octets = fs::read(&chemin).map_err(|source| ErreurDepot::Disque { chemin: chemin.clone(), source })?;
        let meta: MetaAnomalies = serde_json::from_slice(&octets)
            .map_err(|error| ErreurDepot::Segment { chemin: chemin.clone(), raison: error.to_string() })?;
        lues.push(meta);
    }
    lues.sort_by(|a, b| {
        (a.dtref, &a.caisse, a.cree_le, &a.empreinte).cmp(&(b.dtref, &b.caisse, b.cree_le, &b.empreinte))
    });
    Ok(lues)
}
