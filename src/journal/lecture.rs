//! Reading the segments that were known on a day: the columns that the computation needs, in plain
//! vectors, and the names of the few people whose entries are shown.

use std::cell::Cell;
use std::fs::File;
use std::io::Read;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, PrimitiveArray, RecordBatch, StringArray,
};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Date32Type, Float64Type, Int64Type, UInt8Type, UInt32Type};
use arrow::error::ArrowError;
use bytes::Bytes;
use chrono::NaiveDate;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};

use parquet::errors::ParquetError;
use parquet::file::reader::ChunkReader;
use serde_json::{Map, Value};

use super::depot::{ErreurDepot, Segment};
use super::segment::MetaFlux;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use crate::identite::{EmpreinteNir, Matricule, folded};
use crate::releves::foyers::est_un_transfert;
use crate::temps::Jour;

const LOT: usize = 64 * 1024;

/// What every row of a flux segment says of a person's situation, one value a row.
#[derive(Clone, Debug, Default)]
pub struct ColonnesFlux {
    /// Digest of everything that tells who the row is about, in which dossier.
    pub identite: Vec<i64>,
    /// ETATDOSRSA.
    pub etat: Vec<u8>,
    /// TOPPERSDRODEVORSA: 0, 1, or 2 when missing.
    pub top: Vec<u8>,
    /// Start of suspension as a day number; [`SANS_DATE`] when missing.
    pub suspension: Vec<i32>,
    /// DTDEMRSA as a day number; [`SANS_DATE`] when missing.
    pub dtdemrsa: Vec<i32>,
    /// Whether MOTICLORSA says that the dossier goes on elsewhere (MUT, RGD, CMU).
    pub transfert: Vec<bool>,
    /// The place of each row among the blocks of its file, when extracts come in between; empty
    /// otherwise: the rows stand in the order of the file.
    pub places: Vec<(u32, u32)>,
}

impl ColonnesFlux {
    /// Adds the rows of another segment after these.
    pub fn suivre(&mut self, suite: Self) {
        self.identite.extend(suite.identite);
        self.etat.extend(suite.etat);
        self.top.extend(suite.top);
        self.suspension.extend(suite.suspension);
        self.dtdemrsa.extend(suite.dtdemrsa);
        self.transfert.extend(suite.transfert);
    }
}

/// Who a row of a flux segment is about, in which dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentiteLue {
    /// NIR digest.
    pub nir: Option<EmpreinteNir>,
    /// Name key on NOMNAI, else NOM; `None` when a part is missing.
    pub cle_nom: Option<i64>,
    /// Name key on NOM.
    pub cle_nom_usage: Option<i64>,
    /// NUMDEMRSA.
    pub numdemrsa: SmolStr,
}

/// A missing date among day numbers.
pub const SANS_DATE: i32 = i32::MIN;
/// The digest of nobody.
pub const SANS_NIR: EmpreinteNir = [0; 16];

/// Reads what every row of a flux segment says.
///
/// # Errors
/// A damaged segment.
pub fn colonnes_flux(segment: &Segment<MetaFlux>) -> Result<ColonnesFlux, ErreurDepot> {
    const COLONNES: [&str; 6] = ["dtdemrsa", "etat", "suspension", "motif_cloture", "top", "identite"];
    let mut out = ColonnesFlux::default();
    for batch in lots(segment, &COLONNES, None)? {
        let batch = Lot::new(segment, batch)?;
        out.identite.extend_from_slice(batch.primitive::<Int64Type>("identite")?.values());
        out.etat.extend_from_slice(batch.primitive::<UInt8Type>("etat")?.values());
        batch.ajouter_jours("suspension", &mut out.suspension)?;
        batch.ajouter_jours("dtdemrsa", &mut out.dtdemrsa)?;
        out.top.extend(batch.boolean("top")?.iter().map(|top| top.map_or(2, u8::from)));
        out.transfert.extend(batch.texte("motif_cloture")?.iter().map(|motif| motif.is_some_and(est_un_transfert)));
    }
    Ok(out)
}

/// Reads who some rows of a flux segment are about, in the order of `rangs` (increasing).
///
/// # Errors
/// A damaged segment.
pub fn identites(segment: &Segment<MetaFlux>, rangs: &[u32]) -> Result<Vec<IdentiteLue>, ErreurDepot> {
    const COLONNES: [&str; 4] = ["numdemrsa", "nir", "cle_nom", "cle_nom_usage"];
    let mut out = Vec::with_capacity(rangs.len());
    if rangs.is_empty() {
        return Ok(out);
    }
    for batch in lots(segment, &COLONNES, Some(selection(segment, rangs)))? {
        let batch = Lot::new(segment, batch)?;
        let (cles_nom, cles_nom_usage) =
            (batch.primitive::<Int64Type>("cle_nom")?, batch.primitive::<Int64Type>("cle_nom_usage")?);
        let rows = batch.texte("numdemrsa")?.iter().zip(batch.empreintes("nir")?).zip(cles_nom).zip(cles_nom_usage);
        out.extend(rows.map(|(((numdemrsa, nir), cle_nom), cle_nom_usage)| IdentiteLue {
            nir,
            cle_nom,
            cle_nom_usage,
            numdemrsa: numdemrsa.unwrap_or_default().into(),
        }));
    }
    if out.len() != rangs.len() {
        let raison = "des lignes y manquent".to_owned();
        return Err(ErreurDepot::Segment { chemin: segment.chemin.clone(), raison });
    }
    Ok(out)
}

/// Some rows of a segment, given in increasing order.
fn selection<M>(segment: &Segment<M>, rangs: &[u32]) -> RowSelection {
    let ranges = rangs.iter().map(|&rang| rang as usize..rang as usize + 1);
    RowSelection::from_consecutive_ranges(ranges, segment.lignes())
}

/// Calls `voir` with the NUMDEMRSA of every row of a flux segment.
///
/// # Errors
/// A damaged segment.
pub fn pour_chaque_dossier(segment: &Segment<MetaFlux>, mut voir: impl FnMut(&str)) -> Result<(), ErreurDepot> {
    for batch in lots(segment, &["numdemrsa"], None)? {
        let batch = Lot::new(segment, batch)?;
        batch.texte("numdemrsa")?.iter().flatten().for_each(&mut voir);
    }
    Ok(())
}

/// Reads, for each row of a flux segment, the rank of its block among those of the file that entered.
///
/// # Errors
/// A damaged segment.
pub fn blocs(segment: &Segment<MetaFlux>) -> Result<Vec<u32>, ErreurDepot> {
    let mut out = Vec::with_capacity(segment.lignes());
    for batch in lots(segment, &["bloc"], None)? {
        out.extend(Lot::new(segment, batch)?.lignes("bloc")?);
    }
    Ok(out)
}

/// What is shown of a person, as one row of a flux gave it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Designation {
    /// NUMDEMRSA.
    pub numdemrsa: SmolStr,
    /// MATRICULE.
    pub matricule: SmolStr,
    /// NOM.
    pub nom: SmolStr,
    /// PRENOM.
    pub prenom: SmolStr,
    /// DTNAI.
    pub date_naissance: SmolStr,
}

/// Reads the names of some rows of a flux segment, in the order of `rangs` (increasing).
///
/// # Errors
/// A damaged segment.
pub fn designations(segment: &Segment<MetaFlux>, rangs: &[u32]) -> Result<Vec<Designation>, ErreurDepot> {
    const COLONNES: [&str; 5] = ["numdemrsa", "matricule", "nom", "prenom", "dtnai"];
    let mut out = Vec::with_capacity(rangs.len());
    for batch in lots(segment, &COLONNES, Some(selection(segment, rangs)))? {
        let batch = Lot::new(segment, batch)?;
        let (numdemrsa, matricule) = (batch.texte("numdemrsa")?, batch.texte("matricule")?);
        let (nom, prenom, dtnai) = (batch.texte("nom")?, batch.texte("prenom")?, batch.texte("dtnai")?);
        out.extend((0..numdemrsa.len()).map(|row| Designation {
            numdemrsa: numdemrsa.value(row).into(),
            matricule: matricule.value(row).into(),
            nom: nom.value(row).into(),
            prenom: prenom.value(row).into(),
            date_naissance: dtnai.value(row).into(),
        }));
    }
    Ok(out)
}

/// What a row of a flux says of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LigneEntrant {
    /// Foyer block of the row.
    pub bloc: u32,
    /// TOPPERSDRODEVORSA.
    pub top: Option<bool>,
    /// TOPPERSENTDRODEVORSA.
    pub top_entrant: bool,
    /// Whether the foyer has the fait générateur asked for.
    pub fait: bool,
}

/// Reads what every row of a flux segment says of an entry, for the comparison with ours.
///
/// # Errors
/// A damaged segment.
pub fn lignes_entrants(segment: &Segment<MetaFlux>, fait: &str) -> Result<Vec<LigneEntrant>, ErreurDepot> {
    const COLONNES: [&str; 4] = ["bloc", "faits_generateurs", "top", "top_entrant"];
    let mut out = Vec::with_capacity(segment.lignes());
    for batch in lots(segment, &COLONNES, None)? {
        let batch = Lot::new(segment, batch)?;
        let (tops, tops_entrants) = (batch.boolean("top")?, batch.boolean("top_entrant")?);
        let rows = batch.primitive::<UInt32Type>("bloc")?.values().iter().zip(batch.texte("faits_generateurs")?);
        out.extend(rows.zip(tops).zip(tops_entrants).map(|(((bloc, faits), top), top_entrant)| LigneEntrant {
            bloc: *bloc,
            top,
            top_entrant: top_entrant == Some(true),
            fait: faits.is_some_and(|faits| faits.split(' ').any(|autre| autre == fait)),
        }));
    }
    Ok(out)
}

/// Somebody whom one row of a flux gives under a MATRICULE: what an event may say beside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Porteur {
    /// MATRICULE of the dossier.
    pub matricule: Matricule,
    /// NUMDEMRSA.
    pub numdemrsa: String,
    /// NOM, folded.
    pub nom: String,
    /// NOMNAI, folded.
    pub nomnai: String,
    /// PRENOM, folded.
    pub prenom: String,
    /// DTNAI, `AAAA-MM-JJ`.
    pub dtnai: String,
}

/// Reads who stands under some MATRICULE in a flux segment, with the row of each. The other columns
/// are read for the rows found alone.
///
/// # Errors
/// A damaged segment.
pub fn porteurs(
    segment: &Segment<MetaFlux>,
    cherches: &FxHashSet<Matricule>,
) -> Result<Vec<(u32, Porteur)>, ErreurDepot> {
    const COLONNES: [&str; 5] = ["numdemrsa", "nom", "nomnai", "prenom", "dtnai"];
    let (mut rang, mut trouves) = (0u32, Vec::new());
    for batch in lots(segment, &["matricule"], None)? {
        for matricule in Lot::new(segment, batch)?.textes("matricule")? {
            trouves.extend(Matricule::parse(matricule).filter(|m| cherches.contains(m)).map(|m| (rang, m)));
            rang += 1;
        }
    }
    let mut out = Vec::with_capacity(trouves.len());
    if trouves.is_empty() {
        return Ok(out);
    }
    let rangs: Vec<u32> = trouves.iter().map(|(rang, _)| *rang).collect();
    let mut reste = trouves.into_iter();
    for batch in lots(segment, &COLONNES, Some(selection(segment, &rangs)))? {
        let batch = Lot::new(segment, batch)?;
        let [numeros, noms, nomnais, prenoms, dtnais] = COLONNES.map(|colonne| batch.textes(colonne));
        let (numeros, noms, nomnais, prenoms, dtnais) = (numeros?, noms?, nomnais?, prenoms?, dtnais?);
        out.extend((0..batch.len()).zip(&mut reste).map(|(row, (rang, matricule))| {
            let porteur = Porteur {
                matricule,
                numdemrsa: numeros[row].to_owned(),
                nom: folded(noms[row]).into_owned(),
                nomnai: folded(nomnais[row]).into_owned(),
                prenom: folded(prenoms[row]).into_owned(),
                dtnai: dtnais[row].to_owned(),
            };
            (rang, porteur)
        }));
    }
    Ok(out)
}

/// Everything that a row of a flux segment says of who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fiche<'a> {
    /// NUMDEMRSA.
    pub numdemrsa: &'a str,
    /// MATRICULE.
    pub matricule: &'a str,
    /// NOM.
    pub nom: &'a str,
    /// NOMNAI.
    pub nomnai: &'a str,
    /// PRENOM.
    pub prenom: &'a str,
    /// DTNAI.
    pub dtnai: &'a str,
    /// NIR digest.
    pub nir: Option<EmpreinteNir>,
}

/// Shows every row of a flux segment, with its rank.
///
/// # Errors
/// A damaged segment.
pub fn parcourir_fiches(segment: &Segment<MetaFlux>, mut voir: impl FnMut(u32, &Fiche<'_>)) -> Result<(), ErreurDepot> {
    let mut rang = 0;
    lire_les_fiches(segment, None, |fiche| {
        voir(rang, fiche);
        rang += 1;
    })
}

/// Shows some rows of a flux segment; `rangs` is increasing.
///
/// # Errors
/// A damaged segment.
pub fn fiches_aux(segment: &Segment<MetaFlux>, rangs: &[u32], voir: impl FnMut(&Fiche<'_>)) -> Result<(), ErreurDepot> {
    lire_les_fiches(segment, Some(selection(segment, rangs)), voir)
}

fn lire_les_fiches(
    segment: &Segment<MetaFlux>,
    choisies: Option<RowSelection>,
    mut voir: impl FnMut(&Fiche<'_>),
) -> Result<(), ErreurDepot> {
    const COLONNES: [&str; 7] = ["numdemrsa", "matricule", "nom", "nomnai", "prenom", "dtnai", "nir"];
    for batch in lots(segment, &COLONNES, choisies)? {
        let batch = Lot::new(segment, batch)?;
        let (numdemrsa, matricule) = (batch.texte("numdemrsa")?, batch.texte("matricule")?);
        let (nom, nomnai) = (batch.texte("nom")?, batch.texte("nomnai")?);
        let (prenom, dtnai) = (batch.texte("prenom")?, batch.texte("dtnai")?);
        for (row, nir) in batch.empreintes("nir")?.into_iter().enumerate() {
            let fiche = Fiche {
                numdemrsa: numdemrsa.value(row),
                matricule: matricule.value(row),
                nom: nom.value(row),
                nomnai: nomnai.value(row),
                prenom: prenom.value(row),
                dtnai: dtnai.value(row),
                nir,
            };
            voir(&fiche);
        }
    }
    Ok(())
}

/// Columns that only serve to compare people: digests, shown to nobody.
const EMPREINTES: [&str; 4] = ["nir", "cle_nom", "cle_nom_usage", "identite"];

/// All that some rows of a segment hold, in the order of `rangs` (increasing), digests apart: of the
/// NIR, only whether there is one.
///
/// # Errors
/// A damaged segment.
pub fn lignes_entieres<M>(segment: &Segment<M>, rangs: &[u32]) -> Result<Vec<Map<String, Value>>, ErreurDepot> {
    let noms: Vec<&str> = colonnes(segment).collect();
    let mut out = Vec::with_capacity(rangs.len());
    for batch in lots(segment, &noms, Some(selection(segment, rangs)))? {
        let Lot { batch, .. } = Lot::new(segment, batch)?;
        for row in 0..batch.num_rows() {
            let mut ligne = Map::new();
            for (nom, colonne) in noms.iter().zip(batch.columns()) {
                match *nom {
                    "nir" => _ = ligne.insert("nir_connu".to_owned(), colonne.is_valid(row).into()),
                    nom if EMPREINTES.contains(&nom) => {}
                    nom => _ = ligne.insert(nom.to_owned(), valeur(colonne, row)),
                }
            }
            out.push(ligne);
        }
    }
    Ok(out)
}

/// A cell as a value that everybody reads.
fn valeur(colonne: &ArrayRef, row: usize) -> Value {
    if colonne.is_null(row) {
        return Value::Null;
    }
    match colonne.data_type() {
        DataType::Utf8 => colonne.as_string::<i32>().value(row).into(),
        DataType::Boolean => colonne.as_boolean().value(row).into(),
        DataType::Date32 => Jour(colonne.as_primitive::<Date32Type>().value(row)).to_string().into(),
        DataType::UInt8 => colonne.as_primitive::<UInt8Type>().value(row).into(),
        DataType::UInt32 => colonne.as_primitive::<UInt32Type>().value(row).into(),
        DataType::Int64 => colonne.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float64 => colonne.as_primitive::<Float64Type>().value(row).into(),
        _ => Value::Null,
    }
}

/// The batches of every column of a segment.
///
/// # Errors
/// A damaged segment.
pub fn lots_entiers<M>(segment: &Segment<M>) -> Result<Vec<Lot<'_>>, ErreurDepot> {
    lots_sans(segment, &[])
}

/// The same without some columns.
///
/// # Errors
/// A damaged segment.
pub fn lots_sans<'a, M>(segment: &'a Segment<M>, sauf: &[&str]) -> Result<Vec<Lot<'a>>, ErreurDepot> {
    let noms: Vec<&str> = colonnes(segment).filter(|nom| !sauf.contains(nom)).collect();
    lots(segment, &noms, None)?.map(|batch| Lot::new(segment, batch)).collect()
}

/// The names of the columns of a segment.
fn colonnes<M>(segment: &Segment<M>) -> impl Iterator<Item = &str> {
    segment.pied.schema().fields().iter().map(|field| field.name().as_str())
}

/// The batches of every column of a segment, one at a time.
pub(super) fn lots_un_a_un<M>(segment: &Segment<M>) -> Result<Lots, ErreurDepot> {
    let noms: Vec<&str> = colonnes(segment).collect();
    lots(segment, &noms, None)
}

/// The batches of a segment. On some damaged bytes the reader of Parquet panics: it is an unreadable
/// segment, not a fault of ours.
pub(super) struct Lots(ParquetRecordBatchReader);

thread_local! {
    static EN_LECTURE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread reads a segment: a panic is then caught, and said as a damaged segment.
#[must_use]
pub fn en_lecture() -> bool {
    EN_LECTURE.get()
}

pub(crate) fn sans_tomber<T>(lire: impl FnOnce() -> T) -> Result<T, ArrowError> {
    EN_LECTURE.set(true);
    let lu = std::panic::catch_unwind(std::panic::AssertUnwindSafe(lire));
    EN_LECTURE.set(false);
    lu.map_err(|_| ArrowError::ParquetError("octets abîmés".to_owned()))
}

impl Iterator for Lots {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        sans_tomber(|| self.0.next()).unwrap_or_else(|error| Some(Err(error)))
    }
}

fn lots<M>(segment: &Segment<M>, colonnes: &[&str], selection: Option<RowSelection>) -> Result<Lots, ErreurDepot> {
    let illisible = |raison: String| ErreurDepot::Segment { chemin: segment.chemin.clone(), raison };
    let file = segment.ouvrir()?;
    let pied: ArrowReaderMetadata = segment.pied.clone();
    let mask = ProjectionMask::columns(pied.parquet_schema(), colonnes.iter().copied());
    let lots = sans_tomber(|| match petit(file)? {
        Ok(octets) => lecteur(octets, pied, mask, selection),
        Err(fichier) => lecteur(fichier, pied, mask, selection),
    });
    let lots = lots.map_err(|error| illisible(error.to_string()))?;
    lots.map(Lots).map_err(|error| illisible(error.to_string()))
}

/// A segment of this size or less is read at once: asking for its columns one by one takes longer.
const PETIT: u64 = 256 * 1024;

/// The whole of a small file, or the file.
fn petit(mut file: File) -> Result<Result<Bytes, File>, ParquetError> {
    if file.metadata()?.len() > PETIT {
        return Ok(Err(file));
    }
    let mut octets = Vec::new();
    file.read_to_end(&mut octets)?;
    Ok(Ok(octets.into()))
}

fn lecteur(
    source: impl ChunkReader + 'static,
    pied: ArrowReaderMetadata,
    mask: ProjectionMask,
    selection: Option<RowSelection>,
) -> Result<ParquetRecordBatchReader, ParquetError> {
    let builder =
        ParquetRecordBatchReaderBuilder::new_with_metadata(source, pied).with_projection(mask).with_batch_size(LOT);
    match selection {
        Some(selection) => builder.with_row_selection(selection).build(),
        None => builder.build(),
    }
}

/// A batch of rows, whose columns are asked for by name and type.
pub struct Lot<'a> {
    pub(crate) chemin: &'a std::path::Path,
    pub(crate) batch: RecordBatch,
}

impl<'a> Lot<'a> {
    fn new<M>(segment: &'a Segment<M>, batch: Result<RecordBatch, ArrowError>) -> Result<Self, ErreurDepot> {
        let chemin = segment.chemin.as_path();
        let batch =
            batch.map_err(|error| ErreurDepot::Segment { chemin: chemin.to_owned(), raison: error.to_string() })?;
        Ok(Self { chemin, batch })
    }

    /// Rows of the batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Whether the batch has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn colonne(&self, nom: &str) -> Result<&ArrayRef, ErreurDepot> {
        self.batch.column_by_name(nom).ok_or_else(|| self.manque(nom))
    }

    fn manque(&self, nom: &str) -> ErreurDepot {
        ErreurDepot::Segment {
            chemin: self.chemin.to_owned(),
            raison: format!("colonne {nom} absente ou d'un autre type"),
        }
    }

    fn primitive<T: ArrowPrimitiveType>(&self, nom: &str) -> Result<&PrimitiveArray<T>, ErreurDepot> {
        self.colonne(nom)?.as_primitive_opt::<T>().ok_or_else(|| self.manque(nom))
    }

    fn boolean(&self, nom: &str) -> Result<&BooleanArray, ErreurDepot> {
        self.colonne(nom)?.as_boolean_opt().ok_or_else(|| self.manque(nom))
    }

    fn texte(&self, nom: &str) -> Result<&StringArray, ErreurDepot> {
        self.colonne(nom)?.as_string_opt::<i32>().ok_or_else(|| self.manque(nom))
    }

    /// A column of texts, read where it stands.
    ///
    /// # Errors
    /// The column is missing or has another type.
    pub(crate) fn colonne_de_textes(&self, nom: &str) -> Result<ColonneDeTextes<'_>, ErreurDepot> {
        self.texte(nom).map(ColonneDeTextes)
    }

    /// A column of days or numbers, read where it stands.
    ///
    /// # Errors
    /// The column is missing or has another type.
    pub(crate) fn colonne_de_valeurs<T: ArrowPrimitiveType>(
        &self,
        nom: &str,
    ) -> Result<ColonneDeValeurs<'_, T>, ErreurDepot> {
        self.primitive(nom).map(ColonneDeValeurs)
    }

    /// A column of NIR digests, read where it stands.
    ///
    /// # Errors
    /// The column is missing or has another type.
    pub(crate) fn colonne_d_empreintes(&self, nom: &str) -> Result<ColonneDEmpreintes<'_>, ErreurDepot> {
        let array = self.colonne(nom)?.as_fixed_size_binary_opt().filter(|array| array.value_length() == 16);
        array.map(ColonneDEmpreintes).ok_or_else(|| self.manque(nom))
    }

    /// A column of line numbers.
    ///
    /// # Errors
    /// The column is missing or has another type.
    pub fn lignes(&self, nom: &str) -> Result<Vec<u32>, ErreurDepot> {
        Ok(self.primitive::<UInt32Type>(nom)?.values().to_vec())
    }

    /// A column of texts; empty where it is null.
    ///
    /// # Errors
    /// The column is missing or has another type.
    pub fn textes(&self, nom: &str) -> Result<Vec<&str>, ErreurDepot> {
        Ok(self.texte(nom)?.iter().map(Option::unwrap_or_default).collect())
    }

    /// A column of texts that older segments have not: `None` when it is missing.
    ///
    /// # Errors
    /// The column has another type.
    pub fn textes_facultatifs(&self, nom: &str) -> Result<Option<Vec<&str>>, ErreurDepot> {
        self.batch.column_by_name(nom).map(|_| self.textes(nom)).transpose()
    }

    /// A column of days, as day numbers.
    ///
    /// # Errors
    /// The column is missing or has another type.
    pub fn jours(&self, nom: &str) -> Result<Vec<Option<i32>>, ErreurDepot> {
        Ok(self.primitive::<Date32Type>(nom)?.iter().collect())
    }

    /// Adds a column of days as day numbers, [`SANS_DATE`] where one is missing.
    fn ajouter_jours(&self, nom: &str, jours: &mut Vec<i32>) -> Result<(), ErreurDepot> {
        let colonne = self.primitive::<Date32Type>(nom)?;
        let avant = jours.len();
        jours.extend_from_slice(colonne.values());
        if let Some(connus) = colonne.nulls() {
            let absents = jours[avant..].iter_mut().zip(connus).filter(|(_, connu)| !connu);
            absents.for_each(|(jour, _)| *jour = SANS_DATE);
        }
        Ok(())
    }

    /// A column of whole numbers.
    ///
    /// # Errors
    /// The column is missing or has another type.
    pub fn entiers(&self, nom: &str) -> Result<Vec<Option<i64>>, ErreurDepot> {
        Ok(self.primitive::<Int64Type>(nom)?.iter().collect())
    }

    /// A column of truths; false where it is null.
    ///
    /// # Errors
    /// The column is missing or has another type.
    pub fn booleens(&self, nom: &str) -> Result<Vec<bool>, ErreurDepot> {
        Ok(self.boolean(nom)?.iter().map(Option::unwrap_or_default).collect())
    }

    /// A column of NIR digests.
    ///
    /// # Errors
    /// The column is missing or has another type.
    pub fn empreintes(&self, nom: &str) -> Result<Vec<Option<EmpreinteNir>>, ErreurDepot> {
        let colonne = self.colonne_d_empreintes(nom)?;
        Ok((0..self.len()).map(|row| colonne.ligne(row)).collect())
    }
}

/// A column of texts of a batch, read where it stands.
#[derive(Clone, Copy)]
pub(crate) struct ColonneDeTextes<'a>(&'a StringArray);

impl<'a> ColonneDeTextes<'a> {
    /// The text of a row; empty where it is null.
    pub fn ligne(self, row: usize) -> &'a str {
        if row < self.0.len() && self.0.is_valid(row) { self.0.value(row) } else { "" }
    }
}

/// A column of days or numbers of a batch, read where it stands.
pub(crate) struct ColonneDeValeurs<'a, T: ArrowPrimitiveType>(&'a PrimitiveArray<T>);

impl<T: ArrowPrimitiveType> ColonneDeValeurs<'_, T> {
    /// The value of a row.
    pub fn ligne(&self, row: usize) -> Option<T::Native> {
        (row < self.0.len() && self.0.is_valid(row)).then(|| self.0.value(row))
    }
}

/// A column of NIR digests of a batch, read where it stands.
#[derive(Clone, Copy)]
pub(crate) struct ColonneDEmpreintes<'a>(&'a FixedSizeBinaryArray);

impl ColonneDEmpreintes<'_> {
    /// The digest of a row, when there is one.
    pub fn ligne(self, row: usize) -> Option<EmpreinteNir> {
        let connue = row < self.0.len() && self.0.is_valid(row);
        let digest = connue.then(|| EmpreinteNir::try_from(self.0.value(row)).ok()).flatten()?;
        (digest != SANS_NIR).then_some(digest)
    }
}

/// Whether a file received on `recu_le` existed for the department on `connu_le`.
#[must_use]
pub fn existait(recu_le: NaiveDate, connu_le: Option<NaiveDate>) -> bool {
    connu_le.is_none_or(|connu_le| recu_le <= connu_le)
}
