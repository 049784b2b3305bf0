//! A table in the forms that people and programs read.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use comfy_table::{Cell, CellAlignment};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value, json};

use super::catalogue::Sorte;
use super::construction::Question;
use super::{Cellule, Table, Valeurs};
use crate::rapport::tableau::cadre;
use crate::rapport::{NON_DISPONIBLE, lectures_choisies, nombre};
use crate::systeme::{Affichable, cellule};

/// Lines that a screen shows.
pub const LIGNES_MONTREES: usize = 100;

/// The table for people: `lignes` lines at most, and how many more there are.
#[must_use]
pub fn terminal(table: &Table, largeur: Option<u16>, couleur: bool, lignes: usize) -> String {
    let total = table.lignes();
    if total == 0 {
        let noms: Vec<&str> = table.colonnes.iter().map(|(nom, _)| nom.as_str()).collect();
        return format!("Aucune ligne ne répond (colonnes : {}).\n", noms.join(", "));
    }
    let mut cadre = cadre(largeur, couleur);
    let trop_large = cadre.width().is_some_and(|largeur| largeur_voulue(table) > usize::from(largeur));
    let lignes = if trop_large { lignes.min(FICHES_MONTREES) } else { lignes };
    let montrees = total.min(lignes);
    let corps = if trop_large {
        fiches(table, montrees)
    } else {
        let droite = |valeurs: &Valeurs| matches!(valeurs.sorte(), Sorte::Entier | Sorte::Decimal);
        cadre.set_header(table.colonnes.iter().map(|(nom, valeurs)| aligner(lisible(nom), droite(valeurs))));
        for ligne in 0..montrees {
            let cellules = table.colonnes.iter().map(|(_, v)| aligner(montree(&v.cellule(ligne)), droite(v)));
            cadre.add_row(cellules);
        }
        format!("{cadre}\n")
    };
    let reste = match total - montrees {
        0 => format!("{total} ligne(s)."),
        reste => format!(
            "{montrees} ligne(s) montrée(s) sur {total}, il en reste {reste}. Pour les avoir toutes : --format csv --sortie FICHIER ; pour en demander moins : LIMIT."
        ),
    };
    format!("{corps}{reste}\n")
}

/// Lines that a screen shows when each is a list of its cells.
const FICHES_MONTREES: usize = 10;
/// Characters beyond which a text goes on the next line of its cell without harm.
const MOT_LONG: usize = 18;

/// Characters below which the columns would be broken in the middle of their words.
fn largeur_voulue(table: &Table) -> usize {
    let large = |texte: &str| texte.chars().count().min(MOT_LONG);
    let colonnes = table.colonnes.iter().map(|(nom, valeurs)| {
        let cellules = (0..table.lignes().min(LIGNES_MONTREES)).map(|ligne| large(&montree(&valeurs.cellule(ligne))));
        cellules.max().unwrap_or_default().max(large(nom)) + 3
    });
    colonnes.sum::<usize>() + 1
}

/// Too many columns for the screen: each line is shown as the list of its cells.
fn fiches(table: &Table, lignes: usize) -> String {
    let marge = table.colonnes.iter().map(|(nom, _)| nom.chars().count()).max().unwrap_or_default();
    let mut out = String::new();
    for ligne in 0..lignes {
        out.push_str(&format!("── ligne {} ──\n", ligne + 1));
        for (nom, valeurs) in &table.colonnes {
            out.push_str(format!("{:marge$}  {}", lisible(nom), montree(&valeurs.cellule(ligne))).trim_end());
            out.push('\n');
        }
    }
    out
}

fn aligner(texte: String, a_droite: bool) -> Cell {
    let cell = Cell::new(texte);
    if a_droite { cell.set_alignment(CellAlignment::Right) } else { cell }
}

/// A text that nothing can make act upon the terminal.
fn lisible(texte: &str) -> String {
    Affichable(texte.trim()).to_string()
}

/// A cell as a French reader writes it.
fn montree(cellule: &Cellule) -> String {
    match cellule {
        Cellule::Vide => String::new(),
        Cellule::Texte(texte) => lisible(texte),
        Cellule::Entier(n) => n.to_string(),
        Cellule::Decimal(x) if !x.is_finite() => NON_DISPONIBLE.to_owned(),
        Cellule::Decimal(x) => {
            let ecrit = nombre(*x, 4);
            ecrit.trim_end_matches('0').trim_end_matches(',').to_owned()
        }
        Cellule::Date(jour) => jour.to_string(),
        Cellule::Booleen(vrai) => if *vrai { "oui" } else { "non" }.to_owned(),
    }
}

/// The table as CSV: semicolons, a BOM, decimal commas, yes as 1 and no as 0, no formula.
#[must_use]
pub fn csv(table: &Table) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(b"\xEF\xBB\xBF".to_vec());
    // Writing in memory does not fail.
    let mut ecrire = |ligne: Vec<String>| {
        if let Err(error) = writer.write_record(&ligne) {
            tracing::error!(%error, "ligne non écrite");
        }
    };
    ecrire(table.colonnes.iter().map(|(nom, _)| cellule(nom)).collect());
    for ligne in 0..table.lignes() {
        ecrire(table.colonnes.iter().map(|(_, valeurs)| en_csv(&valeurs.cellule(ligne))).collect());
    }
    writer.into_inner().unwrap_or_default()
}

fn en_csv(valeur: &Cellule) -> String {
    match valeur {
        Cellule::Vide => String::new(),
        Cellule::Texte(texte) => cellule(texte),
        Cellule::Entier(n) => n.to_string(),
        Cellule::Decimal(x) if !x.is_finite() => String::new(),
        Cellule::Decimal(x) => x.to_string().replace('.', ","),
        Cellule::Date(jour) => jour.to_string(),
        Cellule::Booleen(vrai) => u8::from(*vrai).to_string(),
    }
}

/// The table for programs, with what it was asked for. Keys are only ever added.
#[must_use]
pub fn json(table: &Table, question: &Question<'_>) -> Value {
    let colonnes: Vec<Value> =
        table.colonnes.iter().map(|(nom, v)| json!({"nom": nom, "type": v.sorte().nom()})).collect();
    let lignes: Vec<Value> = (0..table.lignes())
        .map(|ligne| {
            let cellules = table.colonnes.iter().map(|(nom, v)| (nom.clone(), en_json(&v.cellule(ligne))));
            Value::Object(cellules.collect::<Map<_, _>>())
        })
        .collect();
    json!({
        "arrete": question.arrete.to_string(),
        "connu_le": question.connu_le.map(|jour| jour.to_string()),
        "referentiel": question.referentiel.nom,
        "lectures_choisies": lectures_choisies(question.referentiel),
        "colonnes": colonnes,
        "nombre": lignes.len(),
        "lignes": lignes,
    })
}

fn en_json(valeur: &Cellule) -> Value {
    match valeur {
        Cellule::Vide => Value::Null,
        Cellule::Texte(texte) => Value::from(texte.as_str()),
        Cellule::Entier(n) => Value::from(*n),
        Cellule::Decimal(x) => json!(x),
        Cellule::Date(jour) => Value::from(jour.to_string()),
        Cellule::Booleen(vrai) => Value::from(*vrai),
    }
}

/// The type of a column, for the engines that read Arrow and Parquet.
pub(crate) fn type_arrow(sorte: Sorte) -> DataType {
    match sorte {
        Sorte::Texte => DataType::Utf8,
        Sorte::Entier => DataType::Int64,
        Sorte::Decimal => DataType::Float64,
        Sorte::Date => DataType::Date32,
        Sorte::Booleen => DataType::Boolean,
    }
}

/// The table as one batch of Arrow.
///
/// # Errors
/// Columns of different lengths, which would be a fault of ours.
pub fn lot(table: &Table) -> Result<RecordBatch, ArrowError> {
    let champs: Vec<Field> =
        table.colonnes.iter().map(|(nom, valeurs)| Field::new(nom, type_arrow(valeurs.sorte()), true)).collect();
    let colonnes: Vec<ArrayRef> = table
        .colonnes
        .iter()
        .map(|(_, valeurs)| -> ArrayRef {
            match valeurs {
                Valeurs::Texte(v) => Arc::new(v.iter().map(|x| x.as_deref()).collect::<StringArray>()),
                Valeurs::Entier(v) => Arc::new(Int64Array::from(v.clone())),
                Valeurs::Decimal(v) => Arc::new(Float64Array::from(v.clone())),
                Valeurs::Date(v) => Arc::new(Date32Array::from(v.clone())),
                Valeurs::Booleen(v) => Arc::new(BooleanArray::from(v.clone())),
            }
        })
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(champs)), colonnes)
}

/// The table as Parquet, for the engines that read it.
///
/// # Errors
/// Two columns of one name.
pub fn parquet(table: &Table) -> Result<Vec<u8>, ParquetError> {
    let lot = lot(table)?;
    let reglages = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), lot.schema(), Some(reglages))?;
    writer.write(&lot)?;
    writer.into_inner()
}
