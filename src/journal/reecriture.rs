//! Removing rows from segments: the one exception to « nothing is ever updated ».
//!
//! A removal is all or nothing, like a file that enters:
//!
//! 1. every segment concerned is rewritten in `purges/en-cours/`, each one synced. Nothing has
//!    changed yet: a run that dies here leaves what the next one sweeps;
//! 2. `purges/en-cours/purge.json` is put in place: from then on the removal is decided;
//! 3. each rewritten segment takes the place and the name of the old one, the record enters the
//!    register, and `en-cours` is emptied.
//!
//! Between 2 and 3 the segments would tell half a story, and somebody half removed makes false
//! figures: who reads the warehouse is refused ([`super::depot::ErreurDepot::PurgeInterrompue`]),
//! and who opens it to write first finishes. Finishing computes nothing: it only moves what is ready,
//! so that it ends the same whatever happened since.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{filter_record_batch, nullif};
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::depot::{Depot, ErreurDepot, Segment, acces};
use super::ecriture::Redaction;
use super::lecture::lots_un_a_un;
use crate::disque;
use crate::releves::Refus;

const REGISTRE: &str = "purges";
const EN_COURS: &str = "purges/en-cours";
const DECISION: &str = "purges/en-cours/purge.json";

/// Why something was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// People gone for longer than the retention.
    Purge,
    /// One person, by right of erasure.
    Effacement,
    /// Files received, kept for longer than their own retention.
    FichiersBruts,
}

/// A line of the register: what was removed, when and why, without a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registre {
    /// Name of the record, without its extension: the day and a rank.
    pub nom: String,
    /// Version of the program.
    pub programme: String,
    /// Why.
    pub nature: Nature,
    /// Day of the removal.
    pub le: NaiveDate,
    /// Those gone before that day, or the files older than it; `None` for one person.
    pub avant: Option<NaiveDate>,
    /// The reason that was given, for one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub motif: Option<String>,
    /// People removed.
    pub personnes: u64,
    /// Their keyed digests, in hexadecimal.
    pub empreintes: Vec<String>,
    /// Rows removed or emptied.
    pub lignes: u64,
    /// Of which events whose person was never known.
    pub en_attente: u64,
    /// Segments that were rewritten.
    pub segments: Vec<SegmentReecrit>,
    /// Files received that were removed.
    #[serde(default)]
    pub fichiers_bruts: u64,
    /// Extracts of closed rejects that were removed.
    #[serde(default)]
    pub extraits: u64,
}

/// A segment that was rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentReecrit {
    /// Its path in the warehouse.
    pub place: String,
    /// BLAKE3 of the segment itself before.
    pub avant: String,
    /// BLAKE3 of the segment itself after.
    pub apres: String,
    /// Rows removed or emptied.
    pub lignes: u64,
}

/// What becomes of the rows of a segment; the others are kept as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coupe {
    /// Rows removed, in order.
    pub retirees: Vec<u32>,
    /// Rows emptied of all but the line, the event, its recording and their own dates, in order: they keep an older version
    /// of the same event, about somebody who stays, from coming back into force.
    pub videes: Vec<u32>,
}

/// Columns that an emptied row keeps, beside its own dates.
const GARDEES: [&str; 4] = ["ligne", "id_evenement", "saisi_le", "annule"];

/// Segments being rewritten, none of them in place yet. Dropped before [`Self::engager`], nothing
/// happened.
#[derive(Debug)]
pub struct Chantier<'a> {
    depot: &'a Depot,
    segments: Vec<SegmentReecrit>,
    engage: bool,
}

impl<'a> Chantier<'a> {
    /// Starts a removal.
    #[must_use]
    pub fn new(depot: &'a Depot) -> Self {
        Self { depot, segments: Vec::new(), engage: false }
    }

    /// Rewrites a segment without some of its rows, with other metadata. `dates` are the columns
    /// that date an event of this segment.
    ///
    /// # Errors
    /// A damaged segment, or the disk refused.
    pub fn reecrire<M: Serialize>(
        &mut self,
        segment: &Segment<M>,
        meta: &M,
        coupe: &Coupe,
        dates: &[&str],
    ) -> Result<(), ErreurDepot> {
        let chemin = &segment.chemin;
        let nom = nom_du_fichier(chemin)?;
        let empreinte = nom.trim_end_matches(".parquet");
        // The schema of the file, whatever program wrote it; without its metadata, which are the old ones.
        let schema = Arc::new(Schema::new(segment.pied.schema().fields().clone()));
        let mut redaction = Redaction::new(self.depot, empreinte, schema.clone()).map_err(ecriture(chemin))?;
        let mut debut = 0;
        for batch in lots_un_a_un(segment)? {
            let couper = |batch: RecordBatch| couper(&schema, &batch, debut, coupe, dates);
            let rows = batch.as_ref().map_or(0, RecordBatch::num_rows);
            let batch = batch.and_then(couper).map_err(illisible(chemin))?;
            debut += rows;
            redaction.write(&batch).map_err(ecriture(chemin))?;
        }
        let brouillon = redaction.finish(meta).map_err(ecriture(chemin))?;
        let pret = self.depot.valider(brouillon, &format!("{EN_COURS}/{nom}")).map_err(acces(chemin))?;
        let place = chemin.strip_prefix(self.depot.racine()).unwrap_or(chemin);
        self.segments.push(SegmentReecrit {
            place: place.to_string_lossy().into_owned(),
            avant: empreinte_du_fichier(chemin)?,
            apres: empreinte_du_fichier(&pret)?,
            lignes: (coupe.retirees.len() + coupe.videes.len()) as u64,
        });
        Ok(())
    }

    /// Decides the removal and does it.
    ///
    /// # Errors
    /// The disk refused. If it was decided, the next run that writes finishes it.
    pub fn engager(mut self, registre: Registre) -> Result<Registre, ErreurDepot> {
        let registre = Registre { segments: std::mem::take(&mut self.segments), ..registre };
        // From here on the next run finishes: nothing may be swept.
        self.engage = true;
        ecrire(self.depot, DECISION, &registre)?;
        appliquer(self.depot, &registre)?;
        Ok(registre)
    }
}

impl Drop for Chantier<'_> {
    fn drop(&mut self) {
        if !self.engage
            && let Err(error) = balayer(&self.depot.racine().join(EN_COURS))
        {
            // Swept at the start of the next run in any case.
            tracing::debug!(%error, "purge abandonnée non balayée");
        }
    }
}

/// Whether a removal is decided and not finished.
#[must_use]
pub fn en_cours(racine: &Path) -> bool {
    racine.join(DECISION).exists()
}

/// Finishes a removal that was decided; sweeps one that was not.
///
/// # Errors
/// The disk refused, or a segment is neither the old one nor the new one.
pub fn reprendre(depot: &Depot) -> Result<Option<Registre>, ErreurDepot> {
    let (decision, dossier) = (depot.racine().join(DECISION), depot.racine().join(EN_COURS));
    if !decision.exists() {
        balayer(&dossier).map_err(acces(&dossier))?;
        return Ok(None);
    }
    let texte = fs::read_to_string(&decision).map_err(acces(&decision))?;
    let registre = serde_json::from_str(&texte).map_err(illisible(&decision))?;
    appliquer(depot, &registre)?;
    tracing::info!(registre = registre.nom, "purge interrompue, maintenant terminée");
    Ok(Some(registre))
}

/// The name of the next record of the register: the day, and the first rank that is free.
///
/// # Errors
/// The register cannot be listed.
pub fn prochain_nom(depot: &Depot, le: NaiveDate) -> Result<String, ErreurDepot> {
    let dossier = depot.racine().join(REGISTRE);
    for rang in 1u32.. {
        let nom = format!("{le}-{rang}");
        if !dossier.join(format!("{nom}.json")).try_exists().map_err(acces(&dossier))? {
            return Ok(nom);
        }
    }
    Ok(format!("{le}-0"))
}

/// Adds a record to the register.
///
/// # Errors
/// The disk refused.
pub fn inscrire(depot: &Depot, registre: &Registre) -> Result<(), ErreurDepot> {
    ecrire(depot, &format!("{REGISTRE}/{}.json", registre.nom), registre)
}

/// Puts in place what is ready. Done again after an interruption, it ends the same.
fn appliquer(depot: &Depot, registre: &Registre) -> Result<(), ErreurDepot> {
    let (racine, en_cours) = (depot.racine(), depot.racine().join(EN_COURS));
    for segment in &registre.segments {
        let place = racine.join(&segment.place);
        let pret = en_cours.join(nom_du_fichier(&place)?);
        if pret.try_exists().map_err(acces(&pret))? {
            disque::renommer(&pret, &place).map_err(acces(&place))?;
        } else if empreinte_du_fichier(&place)? != segment.apres {
            return Err(ErreurDepot::Segment {
                chemin: place,
                raison: format!("la purge {} devait le remplacer, et ce qui était prêt a disparu", registre.nom),
            });
        }
    }
    inscrire(depot, registre)?;
    let decision = racine.join(DECISION);
    disque::supprimer(&decision).map_err(acces(&decision))?;
    disque::synchroniser_dossier(&en_cours).map_err(acces(&en_cours))?;
    balayer(&en_cours).map_err(acces(&en_cours))
}

fn balayer(dossier: &Path) -> io::Result<()> {
    match disque::supprimer_dossier(dossier) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn ecrire(depot: &Depot, place: &str, registre: &Registre) -> Result<(), ErreurDepot> {
    let chemin = depot.racine().join(place);
    let texte = serde_json::to_string_pretty(registre).map_err(illisible(&chemin))?;
    let write = || {
        let brouillon = depot.commencer(&nom_du_fichier(&chemin).unwrap_or_default())?;
        brouillon.handle()?.write_all(format!("{texte}\n").as_bytes())?;
        depot.valider(brouillon, place)
    };
    write().map(|_| ()).map_err(acces(&chemin))
}

fn nom_du_fichier(chemin: &Path) -> Result<String, ErreurDepot> {
    let nom = chemin.file_name().and_then(|nom| nom.to_str()).map(str::to_owned);
    nom.ok_or_else(|| illisible(chemin)("nom de fichier inattendu"))
}

fn empreinte_du_fichier(chemin: &Path) -> Result<String, ErreurDepot> {
    let mut hasher = blake3::Hasher::new();
    let file = File::open(chemin).map_err(acces(chemin))?;
    hasher.update_reader(file).map_err(acces(chemin))?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn illisible<E: ToString>(chemin: &Path) -> impl FnOnce(E) -> ErreurDepot {
    let chemin = chemin.to_owned();
    move |error| ErreurDepot::Segment { chemin, raison: error.to_string() }
}

fn ecriture(chemin: &Path) -> impl FnOnce(Refus) -> ErreurDepot {
    let chemin = chemin.to_owned();
    move |refus| match refus {
        Refus::Disque(source) => ErreurDepot::Disque { chemin, source },
        autre => ErreurDepot::Segment { chemin, raison: autre.to_string() },
    }
}

/// A batch whose first row is `debut`, without the rows removed.
fn couper(
    schema: &Arc<Schema>,
    batch: &RecordBatch,
    debut: usize,
    coupe: &Coupe,
    dates: &[&str],
) -> Result<RecordBatch, ArrowError> {
    let ici = |rangs: &[u32]| -> BooleanArray {
        let fin = debut + batch.num_rows();
        let (from, to) =
            (rangs.partition_point(|&r| (r as usize) < debut), rangs.partition_point(|&r| (r as usize) < fin));
        let mut dedans = vec![false; batch.num_rows()];
        rangs[from..to].iter().for_each(|&rang| dedans[rang as usize - debut] = true);
        dedans.into()
    };
    let videes = ici(&coupe.videes);
    let colonnes = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(colonne, field)| {
            let gardee = GARDEES.contains(&field.name().as_str()) || dates.contains(&field.name().as_str());
            if gardee || videes.true_count() == 0 {
                Ok(colonne.clone())
            } else {
                vider(colonne, &videes, field.is_nullable())
            }
        })
        .collect::<Result<Vec<ArrayRef>, ArrowError>>()?;
    let gardees: BooleanArray = ici(&coupe.retirees).iter().map(|retiree| Some(retiree != Some(true))).collect();
    filter_record_batch(&RecordBatch::try_new(schema.clone(), colonnes)?, &gardees)
}

/// A column without the values of some rows.
fn vider(colonne: &ArrayRef, videes: &BooleanArray, nullable: bool) -> Result<ArrayRef, ArrowError> {
    if nullable {
        return nullif(colonne, videes);
    }
    match colonne.data_type() {
        DataType::Utf8 => zip(videes, &StringArray::new_scalar(""), colonne),
        autre => Err(ArrowError::InvalidArgumentError(format!("une colonne {autre} ne peut pas être vidée"))),
    }
}
