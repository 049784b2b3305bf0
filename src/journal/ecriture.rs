//! Writing a segment: rows are gathered by batches, so memory does not depend on the size of the
//! file.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, FixedSizeBinaryBuilder, Float64Builder, Int64Builder, RecordBatch,
    StringBuilder, UInt8Builder, UInt32Builder,
};
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::anomalies::{MetaAnomalies, MotifAnomalie};
use super::depot::{Brouillon, Depot};
use super::rejets::{self, Extraits, Reprise};
use super::segment::{
    CLE_METADONNEES, Commun, Ecarte, Extrait, FORMAT, MetaEvenements, MetaFlux, MetaSource, TAILLE_EMPREINTE,
    schema_evenements, schema_flux,
};
use super::somme::{CLE_SOMME, Sommeur};
use crate::disque::Fichier;
use crate::identite::{Cle, CleNom, short_digest};
use crate::releves::evenements::{BilanEvenements, Evenement, Valeur};
use crate::releves::foyers::Situations;
use crate::releves::genres::{Genre, Nature};
use crate::releves::{
    BilanFlux, Ecartee, EnTete, Foyer, Marque, MotifRejet, RecepteurFlux, Refus, Rejet, Texte, TypeFlux,
};
use crate::systeme::cellule;
use crate::temps::Jour;

/// Rows gathered before they are encoded.
const LOT: usize = 8 * 1024;
/// Rows of a row group: what is held encoded in memory.
const GROUPE: usize = 128 * 1024;
/// Bytes of a row group, for rows that are longer than any real one.
const GROUPE_OCTETS: usize = 64 << 20;

/// What is known of a file before it is read.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// Base name.
    pub nom: String,
    /// BLAKE3 of the decompressed content, in hexadecimal.
    pub empreinte: String,
}

/// What a committed file left behind.
#[derive(Clone, Debug)]
pub struct Ecrit {
    /// The segment.
    pub chemin: PathBuf,
    /// Rows of the segment.
    pub lignes: u64,
    /// Records set aside, by reason, most frequent first.
    pub rejets: Vec<(MotifRejet, u64)>,
    /// The first ones set aside, to be shown.
    pub premiers_rejets: Vec<Rejet>,
}

/// A Parquet file being written in the warehouse.
pub(super) struct Redaction {
    brouillon: Brouillon,
    schema: SchemaRef,
    /// Opened with the first rows: how they are written depends on how many there are.
    writer: Option<ArrowWriter<Sommeur<Fichier>>>,
    lignes: u64,
}

impl Redaction {
    pub(super) fn new(depot: &Depot, empreinte: &str, schema: SchemaRef) -> Result<Self, Refus> {
        Ok(Self { brouillon: depot.commencer(&format!("{empreinte}.parquet"))?, schema, writer: None, lignes: 0 })
    }

    /// Writes rows: [`LOT`] of them at least, but for the last ones.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), Refus> {
        self.lignes += batch.num_rows() as u64;
        match &mut self.writer {
            Some(writer) => writer.write(batch)?,
            aucun => aucun.insert(ouvrir(&self.brouillon, &self.schema, batch.num_rows())?).write(batch)?,
        }
        Ok(())
    }

    pub(super) fn finish(self, meta: &impl Serialize) -> Result<Brouillon, Refus> {
        let json = serde_json::to_string(meta).map_err(|error| ParquetError::General(error.to_string()))?;
        let mut writer = match self.writer {
            Some(writer) => writer,
            None => ouvrir(&self.brouillon, &self.schema, 0)?,
        };
        // All that comes before the footer goes through the sum first.
        writer.flush()?;
        writer.sync().map_err(Refus::Disque)?;
        let somme = writer.inner_mut().somme(&json);
        let somme = serde_json::to_string(&somme).map_err(|error| ParquetError::General(error.to_string()))?;
        writer.append_key_value_metadata(KeyValue::new(CLE_METADONNEES.to_owned(), json));
        writer.append_key_value_metadata(KeyValue::new(CLE_SOMME.to_owned(), somme));
        writer.close()?;
        Ok(self.brouillon)
    }
}

/// Opens a Parquet file whose first batch has so many rows.
fn ouvrir(brouillon: &Brouillon, schema: &SchemaRef, premieres: usize) -> Result<ArrowWriter<Sommeur<Fichier>>, Refus> {
    // Most files are small: opening each of their compressed columns would take longer than reading it.
    let compression =
        if premieres < LOT { Compression::UNCOMPRESSED } else { Compression::ZSTD(ZstdLevel::try_new(3)?) };
    let mut properties = WriterProperties::builder()
        .set_compression(compression)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(GROUPE))
        .set_max_row_group_bytes(Some(GROUPE_OCTETS))
        .set_created_by(concat!("jalon ", env!("CARGO_PKG_VERSION")).to_owned());
    // Digests do not repeat within a file and look like noise: a dictionary of them, or their
    // compression, costs time and gains nothing.
    for digest in ["nir", "cle_nom", "cle_nom_usage", "identite"] {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(digest), false)
            .set_column_compression(ColumnPath::from(digest), Compression::UNCOMPRESSED);
    }
    // Neither are the columns that every computation reads: a few bits a row once encoded.
    for lue in ["dtdemrsa", "etat", "suspension", "motif_cloture", "top"] {
        properties = properties.set_column_compression(ColumnPath::from(lue), Compression::UNCOMPRESSED);
    }
    Ok(ArrowWriter::try_new(Sommeur::new(brouillon.handle()?), Arc::clone(schema), Some(properties.build()))?)
}

/// What is set aside of a file, kept beside its segment for the people who will mend it: the list of
/// the reasons, and extracts.
struct Rejets {
    par_motif: FxHashMap<MotifRejet, u64>,
    premiers: Vec<Rejet>,
    fichier: Option<(Brouillon, csv::Writer<Fichier>)>,
    extraits: Extraits,
    /// Line of the last reject, and how many stand on it.
    dernier: (u64, u32),
}

/// How many rejects are shown one by one; all of them are in the file of rejects.
const REJETS_MONTRES: usize = 20;

impl Rejets {
    /// `ensemble` says that one extract takes all the records set aside.
    fn new(ensemble: bool) -> Self {
        Self {
            par_motif: FxHashMap::default(),
            premiers: Vec::new(),
            fichier: None,
            extraits: Extraits::new(ensemble),
            dernier: (0, 0),
        }
    }

    fn count(&mut self, rejet: &Rejet) {
        *self.par_motif.entry(rejet.motif).or_default() += 1;
        if self.premiers.len() < REJETS_MONTRES {
            self.premiers.push(rejet.clone());
        }
    }

    fn add(&mut self, depot: &Depot, provenance: &Provenance, rejet: &Rejet) -> Result<(), Refus> {
        self.count(rejet);
        let rang = if self.dernier.0 == rejet.ligne { self.dernier.1 + 1 } else { 1 };
        self.dernier = (rejet.ligne, rang);
        if self.fichier.is_none() {
            let brouillon = depot.commencer(&format!("{}.rejets", provenance.empreinte))?;
            let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(brouillon.handle()?);
            writer.write_record(rejets::COLONNES).map_err(csv_error)?;
            self.fichier = Some((brouillon, writer));
        }
        let identifiant = rejets::identifiant(&provenance.empreinte, &self.rejet());
        if let Some((_, writer)) = &mut self.fichier {
            let ligne = rejet.ligne.to_string();
            let [nom, champ, valeur] = [&provenance.nom, &rejet.champ, &rejet.valeur].map(|texte| cellule(texte));
            let row = [&nom, &ligne, &champ, &valeur, rejet.motif.libelle(), &rejet.attendu, &identifiant];
            writer.write_record(row).map_err(csv_error)?;
        }
        Ok(())
    }

    /// The last reject among those of the file.
    fn rejet(&self) -> String {
        match self.dernier {
            (ligne, 1) => ligne.to_string(),
            (ligne, rang) => format!("{ligne}.{rang}"),
        }
    }

    fn extraire(
        &mut self,
        depot: &Depot,
        provenance: &Provenance,
        raison: &Rejet,
        texte: &Texte<'_>,
    ) -> Result<(), Refus> {
        let marque = Marque { empreinte: provenance.empreinte.clone(), rejet: self.rejet() };
        Ok(self.extraits.ajouter(depot, &provenance.nom, &marque, raison, texte)?)
    }

    /// Puts the extracts, then the list, in place. Called before the segment, whose presence is the
    /// commit: without it, they are nobody's and swept.
    fn commit(&mut self, depot: &Depot, provenance: &Provenance) -> Result<(), Refus> {
        self.extraits.commit(depot, &provenance.empreinte)?;
        if let Some((brouillon, writer)) = self.fichier.take() {
            writer.into_inner().map_err(|error| Refus::Disque(error.into_error()))?;
            depot.valider(brouillon, &format!("rejets/{}.csv", provenance.empreinte))?;
        }
        Ok(())
    }

    fn finish(self, chemin: PathBuf, lignes: u64) -> Ecrit {
        let mut rejets: Vec<_> = self.par_motif.into_iter().collect();
        rejets.sort_by_key(|&(motif, n)| (std::cmp::Reverse(n), motif));
        Ecrit { chemin, lignes, rejets, premiers_rejets: self.premiers }
    }
}

fn csv_error(error: csv::Error) -> Refus {
    Refus::Disque(std::io::Error::other(error))
}

fn date32(date: NaiveDate) -> i32 {
    Jour::from(date).0
}

/// Decides the reception day of a flux once its creation day is known.
pub trait Reception {
    /// The day, and a word when the file's own name disagrees.
    fn jour(&self, cree_le: NaiveDate) -> (NaiveDate, Option<String>);
    /// The day that the user gave, if any: an extract has that of its original otherwise.
    fn explicite(&self) -> Option<NaiveDate>;
    /// The day of the ingestion.
    fn aujourdhui(&self) -> NaiveDate;
}

/// Writes a flux as it is read.
pub struct EcrivainFlux<'a> {
    depot: &'a Depot,
    provenance: &'a Provenance,
    redaction: Redaction,
    rejets: Rejets,
    /// The last reject, until what the file wrote of it comes.
    raison: Option<Rejet>,
    ecartes: Vec<Ecarte>,
    /// What the file mends, when it is an extract.
    reprise: Option<Reprise>,
    en_tete: Option<EnTete>,
    bloc: u32,
    autres_roles: u64,
    situations: Situations,
    lot: LotFlux,
}

impl<'a> EcrivainFlux<'a> {
    /// Starts the segment of a flux file.
    ///
    /// # Errors
    /// The disk refused.
    pub fn new(depot: &'a Depot, provenance: &'a Provenance) -> Result<Self, Refus> {
        Ok(Self {
            depot,
            provenance,
            redaction: Redaction::new(depot, &provenance.empreinte, schema_flux())?,
            rejets: Rejets::new(false),
            raison: None,
            ecartes: Vec::new(),
            reprise: None,
            en_tete: None,
            bloc: 0,
            autres_roles: 0,
            situations: Situations::default(),
            lot: LotFlux::default(),
        })
    }

    /// Commits the segment.
    ///
    /// # Errors
    /// The disk refused; nothing of the file is then in the warehouse.
    pub fn terminer(mut self, bilan: BilanFlux, reception: &dyn Reception) -> Result<(Ecrit, MetaFlux), Refus> {
        let Some(en_tete) = self.en_tete.take() else {
            return Err(Refus::whole("pas d'en-tête lu : le fichier ne peut pas être situé"));
        };
        self.flush()?;
        let mut avertissements = bilan.avertissements;
        let recu_le = match &self.reprise {
            Some(reprise) => reception.explicite().unwrap_or_else(|| reprise.recu_le()),
            None => {
                let (recu_le, avertissement) = reception.jour(en_tete.cree_le.date());
                avertissements.extend(avertissement);
                recu_le
            }
        };
        let caisse = bilan.caisse.map(|caisse| caisse.0);
        let extrait = match &self.reprise {
            Some(reprise) => Some(reprise.extrait(self.depot, caisse.as_deref(), reception.aujourdhui())?),
            None => None,
        };
        let meta = MetaFlux {
            commun: Commun {
                format: FORMAT,
                programme: env!("CARGO_PKG_VERSION").to_owned(),
                empreinte: self.provenance.empreinte.clone(),
                nom: self.provenance.nom.clone(),
                recu_le,
                cle: self.depot.cle().fingerprint().to_owned(),
                lignes: self.redaction.lignes,
                rejetes: bilan.rejetes,
                avertissements,
                extrait,
                purges: Vec::new(),
            },
            caisse,
            mensuel: en_tete.type_flux == TypeFlux::Mensuel,
            dtref: en_tete.dtref,
            cree_le: en_tete.cree_le,
            foyers: bilan.foyers,
            annonces: bilan.annonces,
            autres_roles: self.autres_roles,
            non_lus: bilan.non_lus,
            ecartes: self.ecartes,
            doubles: Vec::new(),
            temoins: Vec::new(),
        };
        rejets::refuser_un_extrait_sans_marque(self.depot, &meta, self.situations.dossiers())?;
        let meta = MetaFlux { doubles: self.situations.doubles(), ..meta };
        let lignes = self.redaction.lignes;
        let brouillon = self.redaction.finish(&meta)?;
        self.rejets.commit(self.depot, self.provenance)?;
        let place = format!("{}/{}.parquet", meta.dossier(), self.provenance.empreinte);
        let chemin = self.depot.valider(brouillon, &place)?;
        Ok((self.rejets.finish(chemin, lignes), meta))
    }

    /// Puts the count of a file of anomalies in place, instead of a segment.
    ///
    /// # Errors
    /// The disk refused.
    pub fn ranger_les_anomalies(self, bilan: BilanFlux, reception: &dyn Reception) -> Result<MetaAnomalies, Refus> {
        let Some(en_tete) = self.en_tete else {
            return Err(Refus::whole("pas d'en-tête lu : le fichier ne peut pas être situé"));
        };
        let motifs = bilan.anomalies.unwrap_or_default();
        let meta = MetaAnomalies {
            programme: env!("CARGO_PKG_VERSION").to_owned(),
            empreinte: self.provenance.empreinte.clone(),
            nom: self.provenance.nom.clone(),
            recu_le: reception.jour(en_tete.cree_le.date()).0,
            caisse: bilan.caisse.map(|caisse| caisse.0),
            mensuel: en_tete.type_flux == TypeFlux::Mensuel,
            dtref: en_tete.dtref,
            cree_le: en_tete.cree_le,
            foyers: bilan.foyers,
            motifs: motifs.into_iter().map(|(libelle, foyers)| MotifAnomalie { libelle, foyers }).collect(),
        };
        meta.ranger(self.depot)?;
        Ok(meta)
    }

    fn flush(&mut self) -> Result<(), Refus> {
        if self.lot.rows > 0 {
            let batch = self.lot.finish()?;
            self.redaction.write(&batch)?;
        }
        Ok(())
    }
}

impl RecepteurFlux for EcrivainFlux<'_> {
    fn en_tete(&mut self, en_tete: &EnTete) -> Result<(), Refus> {
        if let Some(reprise) = &self.reprise {
            reprise.verifier(en_tete)?;
        }
        self.en_tete = Some(en_tete.clone());
        Ok(())
    }

    fn foyer(&mut self, foyer: Foyer) -> Result<(), Refus> {
        self.bloc += 1;
        self.autres_roles += u64::from(foyer.autres_roles);
        self.situations.ajouter(&foyer);
        self.lot.push(&foyer, self.bloc, self.depot.cle())?;
        if self.lot.rows >= LOT {
            self.flush()?;
        }
        Ok(())
    }

    fn rejet(&mut self, rejet: Rejet) -> Result<(), Refus> {
        self.rejets.add(self.depot, self.provenance, &rejet)?;
        self.raison = Some(rejet);
        Ok(())
    }

    fn ecartee(&mut self, ecartee: Ecartee<'_>) -> Result<(), Refus> {
        let rejet = self.rejets.rejet();
        self.ecartes.push(Ecarte { rejet, bloc: self.bloc, numdemrsa: ecartee.numdemrsa.to_owned() });
        match (self.raison.take(), ecartee.texte) {
            (Some(raison), Some(texte)) => self.rejets.extraire(self.depot, self.provenance, &raison, &texte),
            _ => Ok(()),
        }
    }

    fn extrait(&mut self, marque: &Marque) -> Result<(), Refus> {
        self.reprise = Some(Reprise::new(self.depot, marque)?);
        Ok(())
    }
}

/// The columns of [`schema_flux`] being filled.
struct LotFlux {
    rows: usize,
    ligne: UInt32Builder,
    bloc: UInt32Builder,
    numdemrsa: StringBuilder,
    matricule: StringBuilder,
    dtdemrsa: Date32Builder,
    etat: UInt8Builder,
    suspension: Date32Builder,
    motif_cloture: StringBuilder,
    commune: StringBuilder,
    code_postal: StringBuilder,
    faits_generateurs: StringBuilder,
    nom: StringBuilder,
    nomnai: StringBuilder,
    prenom: StringBuilder,
    dtnai: StringBuilder,
    role: StringBuilder,
    top: BooleanBuilder,
    top_entrant: BooleanBuilder,
    nir: FixedSizeBinaryBuilder,
    cle_nom: Int64Builder,
    cle_nom_usage: Int64Builder,
    identite: Int64Builder,
}

impl Default for LotFlux {
    fn default() -> Self {
        Self {
            rows: 0,
            ligne: Default::default(),
            bloc: Default::default(),
            numdemrsa: Default::default(),
            matricule: Default::default(),
            dtdemrsa: Default::default(),
            etat: Default::default(),
            suspension: Default::default(),
            motif_cloture: Default::default(),
            commune: Default::default(),
            code_postal: Default::default(),
            faits_generateurs: Default::default(),
            nom: Default::default(),
            nomnai: Default::default(),
            prenom: Default::default(),
            dtnai: Default::default(),
            role: Default::default(),
            top: Default::default(),
            top_entrant: Default::default(),
            nir: FixedSizeBinaryBuilder::new(TAILLE_EMPREINTE),
            cle_nom: Default::default(),
            cle_nom_usage: Default::default(),
            identite: Default::default(),
        }
    }
}

impl LotFlux {
    fn push(&mut self, foyer: &Foyer, bloc: u32, cle: &Cle) -> Result<(), Refus> {
        for personne in &foyer.personnes {
            let empreinte = personne.nir.map(|nir| cle.empreinte(nir));
            let usage = CleNom::new(&personne.nom, &personne.prenom, &personne.dtnai);
            let naissance = if personne.nomnai.is_empty() || personne.nomnai == personne.nom {
                usage
            } else {
                CleNom::new(&personne.nomnai, &personne.prenom, &personne.dtnai)
            };
            let mut hasher = blake3::Hasher::new();
            hasher.update(foyer.numdemrsa.as_bytes()).update(b"\x1f");
            hasher.update(empreinte.as_ref().map_or(&[][..], |bytes| &bytes[..])).update(b"\x1f");
            for name_key in [naissance, usage] {
                hasher.update(&name_key.map_or([0; 8], |CleNom(key)| key.to_le_bytes()));
            }
            self.ligne.append_value(u32::try_from(personne.ligne).unwrap_or(u32::MAX));
            self.bloc.append_value(bloc);
            self.numdemrsa.append_value(&foyer.numdemrsa);
            self.matricule.append_value(&foyer.matricule);
            self.dtdemrsa.append_option(foyer.dtdemrsa.map(date32));
            self.etat.append_value(foyer.etat);
            self.suspension.append_option(foyer.suspension.map(date32));
            self.motif_cloture.append_value(&foyer.motif_cloture);
            self.commune.append_value(&foyer.commune);
            self.code_postal.append_value(&foyer.code_postal);
            self.faits_generateurs.append_value(&foyer.faits_generateurs);
            self.nom.append_value(&personne.nom);
            self.nomnai.append_value(&personne.nomnai);
            self.prenom.append_value(&personne.prenom);
            self.dtnai.append_value(&personne.dtnai);
            self.role.append_value(personne.role.code());
            self.top.append_option(personne.top);
            self.top_entrant.append_option(personne.top_entrant);
            append_empreinte(&mut self.nir, empreinte)?;
            self.cle_nom.append_option(naissance.map(|CleNom(key)| key));
            self.cle_nom_usage.append_option(usage.map(|CleNom(key)| key));
            self.identite.append_value(short_digest(&hasher));
            self.rows += 1;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<RecordBatch, Refus> {
        self.rows = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.ligne.finish()),
            Arc::new(self.bloc.finish()),
            Arc::new(self.numdemrsa.finish()),
            Arc::new(self.matricule.finish()),
            Arc::new(self.dtdemrsa.finish()),
            Arc::new(self.etat.finish()),
            Arc::new(self.suspension.finish()),
            Arc::new(self.motif_cloture.finish()),
            Arc::new(self.commune.finish()),
            Arc::new(self.code_postal.finish()),
            Arc::new(self.faits_generateurs.finish()),
            Arc::new(self.nom.finish()),
            Arc::new(self.nomnai.finish()),
            Arc::new(self.prenom.finish()),
            Arc::new(self.dtnai.finish()),
            Arc::new(self.role.finish()),
            Arc::new(self.top.finish()),
            Arc::new(self.top_entrant.finish()),
            Arc::new(self.nir.finish()),
            Arc::new(self.cle_nom.finish()),
            Arc::new(self.cle_nom_usage.finish()),
            Arc::new(self.identite.finish()),
        ];
        Ok(RecordBatch::try_new(schema_flux(), columns).map_err(ParquetError::from)?)
    }
}

fn append_empreinte(builder: &mut FixedSizeBinaryBuilder, empreinte: Option<[u8; 16]>) -> Result<(), Refus> {
    match empreinte {
        Some(bytes) => builder.append_value(bytes).map_err(ParquetError::from)?,
        None => builder.append_null(),
    }
    Ok(())
}

/// Writes an event file as it is read.
pub struct EcrivainEvenements<'a> {
    depot: &'a Depot,
    provenance: &'a Provenance,
    genre: Genre,
    redaction: Redaction,
    rejets: Rejets,
    /// The file whose rejects this one mends, and the day of the ingestion.
    original: Option<(String, NaiveDate)>,
    lot: Vec<Evenement>,
    source: Option<MetaSource>,
}

impl<'a> EcrivainEvenements<'a> {
    /// Starts the segment of an event file.
    ///
    /// # Errors
    /// The disk refused.
    pub fn new(depot: &'a Depot, provenance: &'a Provenance, genre: Genre) -> Result<Self, Refus> {
        let redaction = Redaction::new(depot, &provenance.empreinte, schema_evenements(genre))?;
        let rejets = Rejets::new(true);
        Ok(Self { depot, provenance, genre, redaction, rejets, original: None, lot: Vec::new(), source: None })
    }

    /// Says what the file is a part of.
    pub fn source(&mut self, source: MetaSource) {
        self.source = Some(source);
    }

    /// Says that the file is an extract of the rejects of another, ingested on `repris_le`.
    pub fn extrait(&mut self, original: String, repris_le: NaiveDate) {
        self.original = Some((original, repris_le));
    }

    /// The first line set aside.
    #[must_use]
    pub fn premier_rejet(&self) -> Option<&Rejet> {
        self.rejets.premiers.first()
    }

    /// Adds an event.
    ///
    /// # Errors
    /// The disk refused.
    pub fn evenement(&mut self, evenement: Evenement) -> Result<(), Refus> {
        self.lot.push(evenement);
        if self.lot.len() >= LOT { self.flush() } else { Ok(()) }
    }

    /// Keeps a line that is set aside, and what the file wrote of it. A line of an extract stays what
    /// it was: a reject of the original file.
    ///
    /// # Errors
    /// The disk refused.
    pub fn rejet(&mut self, rejet: &Rejet, texte: &Texte<'_>) -> Result<(), Refus> {
        if self.original.is_some() {
            self.rejets.count(rejet);
            return Ok(());
        }
        self.rejets.add(self.depot, self.provenance, rejet)?;
        self.rejets.extraire(self.depot, self.provenance, rejet, texte)
    }

    /// Commits the segment.
    ///
    /// # Errors
    /// The disk refused; nothing of the file is then in the warehouse.
    pub fn terminer(mut self, bilan: BilanEvenements, recu_le: NaiveDate) -> Result<(Ecrit, MetaEvenements), Refus> {
        self.flush()?;
        let extrait = match self.original.take() {
            Some((original, repris_le)) => {
                let version = rejets::version_des_evenements(self.depot, self.genre.nom(), &original, &bilan.repris)?;
                Some(Extrait { original, rejets: bilan.repris, repris_le, version })
            }
            None => None,
        };
        let meta = MetaEvenements {
            commun: Commun {
                format: FORMAT,
                programme: env!("CARGO_PKG_VERSION").to_owned(),
                empreinte: self.provenance.empreinte.clone(),
                nom: self.provenance.nom.clone(),
                recu_le,
                cle: self.depot.cle().fingerprint().to_owned(),
                lignes: self.redaction.lignes,
                rejetes: bilan.rejetes,
                avertissements: bilan.avertissements,
                extrait,
                purges: Vec::new(),
            },
            genre: self.genre.nom().to_owned(),
            source: self.source.take(),
        };
        let lignes = self.redaction.lignes;
        let brouillon = self.redaction.finish(&meta)?;
        self.rejets.commit(self.depot, self.provenance)?;
        let place = format!("evenements/genre={}/{}.parquet", self.genre.nom(), self.provenance.empreinte);
        let chemin = self.depot.valider(brouillon, &place)?;
        Ok((self.rejets.finish(chemin, lignes), meta))
    }

    fn flush(&mut self) -> Result<(), Refus> {
        if !self.lot.is_empty() {
            let batch = batch_evenements(self.genre, &self.lot, self.depot.cle())?;
            self.redaction.write(&batch)?;
            self.lot.clear();
        }
        Ok(())
    }
}

fn batch_evenements(genre: Genre, lot: &[Evenement], cle: &Cle) -> Result<RecordBatch, Refus> {
    let mut columns: Vec<ArrayRef> = Vec::new();
    let mut ligne = UInt32Builder::new();
    lot.iter().for_each(|e| ligne.append_value(u32::try_from(e.ligne).unwrap_or(u32::MAX)));
    columns.push(Arc::new(ligne.finish()));
    if genre.nominatif() {
        let (mut id, mut numdemrsa, mut nom, mut prenom) =
            (StringBuilder::new(), StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
        let (mut saisi_le, mut naissance) = (Date32Builder::new(), Date32Builder::new());
        let mut annule = BooleanBuilder::new();
        let mut nir = FixedSizeBinaryBuilder::new(TAILLE_EMPREINTE);
        let mut cle_nom = Int64Builder::new();
        let mut matricule = StringBuilder::new();
        for e in lot {
            id.append_value(&e.id);
            saisi_le.append_option(e.saisi_le.map(date32));
            annule.append_value(e.annule);
            append_empreinte(&mut nir, e.identite.nir.map(|nir| cle.empreinte(nir)))?;
            numdemrsa.append_value(&e.identite.numdemrsa);
            nom.append_value(&e.identite.nom);
            prenom.append_value(&e.identite.prenom);
            naissance.append_option(e.identite.date_naissance.map(date32));
            let date = e.identite.date_naissance.map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default();
            cle_nom.append_option(CleNom::new(&e.identite.nom, &e.identite.prenom, &date).map(|CleNom(key)| key));
            matricule.append_value(e.identite.matricule.map(|matricule| matricule.to_string()).unwrap_or_default());
        }
        columns.extend([
            Arc::new(id.finish()) as ArrayRef,
            Arc::new(saisi_le.finish()),
            Arc::new(annule.finish()),
            Arc::new(nir.finish()),
            Arc::new(numdemrsa.finish()),
            Arc::new(nom.finish()),
            Arc::new(prenom.finish()),
            Arc::new(naissance.finish()),
            Arc::new(cle_nom.finish()),
            Arc::new(matricule.finish()),
        ]);
    }
    for (rank, colonne) in genre.colonnes().iter().enumerate() {
        let values = lot.iter().map(|e| e.valeurs.get(rank).and_then(Option::as_ref));
        columns.push(match colonne.nature {
            Nature::Date => {
                let mut builder = Date32Builder::new();
                values.for_each(|v| {
                    builder.append_option(match v {
                        Some(Valeur::Date(date)) => Some(date32(*date)),
                        _ => None,
                    })
                });
                Arc::new(builder.finish())
            }
            Nature::Code(_) | Nature::Texte | Nature::TexteReserve => {
                let mut builder = StringBuilder::new();
                values.for_each(|v| {
                    builder.append_option(match v {
                        Some(Valeur::Texte(texte)) => Some(texte),
                        _ => None,
                    })
                });
                Arc::new(builder.finish())
            }
            Nature::Entier => {
                let mut builder = Int64Builder::new();
                values.for_each(|v| {
                    builder.append_option(match v {
                        Some(Valeur::Entier(n)) => Some(*n),
                        _ => None,
                    })
                });
                Arc::new(builder.finish())
            }
            Nature::Decimal => {
                let mut builder = Float64Builder::new();
                values.for_each(|v| {
                    builder.append_option(match v {
                        Some(Valeur::Decimal(x)) => Some(*x),
                        _ => None,
                    })
                });
                Arc::new(builder.finish())
            }
        });
    }
    Ok(RecordBatch::try_new(schema_evenements(genre), columns).map_err(ParquetError::from)?)
}
