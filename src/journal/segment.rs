//! The shape of a segment: its columns and what its metadata say of the file it came from.
//! `docs/journal.md` documents both for people who read segments with other tools.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::releves::TypeFlux;
use crate::releves::foyers::Situation;
use crate::releves::genres::{Genre, Nature};

/// Version of the columns. A reader refuses a newer one.
pub const FORMAT: u32 = 2;
/// Key under which the metadata stand in the Parquet footer.
pub const CLE_METADONNEES: &str = "jalon";
/// Bytes of a NIR digest in a segment.
pub const TAILLE_EMPREINTE: i32 = 16;

/// What every segment says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Commun {
    /// Version of the columns ([`FORMAT`]).
    pub format: u32,
    /// Version of the program that wrote the segment.
    pub programme: String,
    /// BLAKE3 of the decompressed content, in hexadecimal: also the segment's name.
    pub empreinte: String,
    /// Base name of the file.
    pub nom: String,
    /// Day on which the department received the file. Never changes.
    pub recu_le: NaiveDate,
    /// Fingerprint of the key under which the NIR were digested.
    pub cle: String,
    /// Rows of the segment.
    pub lignes: u64,
    /// Foyers or lines set aside.
    pub rejetes: u64,
    /// What was said of the file without setting anything aside.
    pub avertissements: Vec<String>,
    /// Where its records belong, when the file is an extract of rejects; absent of older segments.
    #[serde(default)]
    pub extrait: Option<Extrait>,
    /// What was removed of the segment since it was written, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purges: Vec<Purge>,
}

/// What a segment says when its file is an extract: records that were set aside of another file, and
/// that take in it the place they had. Such a segment is never a file of its own in what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extrait {
    /// Digest of the original file.
    pub original: String,
    /// The rejects of the original file that these records mend.
    pub rejets: Vec<String>,
    /// Day on which the extract was ingested: before it, nobody knew.
    pub repris_le: NaiveDate,
    /// Rank among the extracts that mend the same reject: the last one counts.
    pub version: u32,
}

/// A foyer set aside of a flux.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ecarte {
    /// The reject: its line, then its rank when others stand on that line.
    pub rejet: String,
    /// How many blocks of the file entered before it.
    pub bloc: u32,
    /// NUMDEMRSA; empty when it could not be told.
    pub numdemrsa: String,
}

/// What was removed of a segment at once: people gone for longer than the retention, or one person
/// who asked for it. Nobody is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// Name of the record in the register, without its extension.
    pub registre: String,
    /// Day of the removal.
    pub le: NaiveDate,
    /// Those gone before that day were removed; `None` for a person removed by name.
    pub avant: Option<NaiveDate>,
    /// People who had rows here.
    pub personnes: u64,
    /// Rows removed or emptied.
    pub lignes: u64,
    /// Keyed digests of those people, in hexadecimal.
    pub empreintes: Vec<String>,
}

/// What is kept of a removed person for the sake of those who stay: that somebody else was in their
/// dossier, or bears their name and birth date. Nothing in it is not already known of those who stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Temoin {
    /// NUMDEMRSA shared with somebody who stays; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub numdemrsa: String,
    /// Name keys shared with somebody who stays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cles_nom: Vec<i64>,
    /// Whether the removed person had a usable NIR.
    pub nir: bool,
}

/// Metadata of a flux segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MetaFlux {
    /// What every segment says.
    #[serde(flatten)]
    pub commun: Commun,
    /// Caisse, as `CAF821`; `None` for a daily without any foyer.
    pub caisse: Option<String>,
    /// Whether the file is the whole stock.
    pub mensuel: bool,
    /// DTREF.
    pub dtref: NaiveDate,
    /// DTCREAFLUX and HEUCREAFLUX.
    pub cree_le: NaiveDateTime,
    /// Foyer blocks read, those set aside included.
    pub foyers: u64,
    /// Foyers announced by the trailer, where the form has one.
    pub annonces: Option<u64>,
    /// People whose role makes no record (ENF, AUT, RDO).
    pub autres_roles: u64,
    /// NUMDEMRSA of the foyers set aside: present but unread.
    pub non_lus: Vec<String>,
    /// The foyers set aside, in the order of the file; absent of older segments.
    #[serde(default)]
    pub ecartes: Vec<Ecarte>,
    /// Dossiers given more than once with different situations: that of all their blocks.
    pub doubles: Vec<Situation>,
    /// What is kept of the people removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub temoins: Vec<Temoin>,
}

/// Metadata of an event segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MetaEvenements {
    /// What every segment says.
    #[serde(flatten)]
    pub commun: Commun,
    /// Name of the kind, as in [`Genre::nom`].
    pub genre: String,
    /// What the file is a part of, when its name in the journal is not the digest of its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<MetaSource>,
}

/// Where the lines of an event segment were read, when it is not a file of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaSource {
    /// BLAKE3 of the decompressed content of the file, in hexadecimal.
    pub contenu: String,
    /// Sheet, in a workbook.
    pub feuille: Option<String>,
    /// Name of the description; `None` when the columns are ours.
    pub description: Option<String>,
    /// BLAKE3 of the description, in hexadecimal.
    pub empreinte_description: Option<String>,
    /// Lines that the description leaves out.
    pub hors_source: u64,
}

impl MetaFlux {
    /// The folder of the segment below `flux/`.
    #[must_use]
    pub fn dossier(&self) -> String {
        let caisse = self.caisse.as_deref().unwrap_or("inconnue");
        let type_flux = if self.mensuel { "mensuel" } else { "quotidien" };
        format!("flux/caisse={caisse}/type={type_flux}")
    }

    /// Stock or changes.
    #[must_use]
    pub fn type_flux(&self) -> TypeFlux {
        if self.mensuel { TypeFlux::Mensuel } else { TypeFlux::Quotidien }
    }
}

/// Columns of a flux segment: one row a person in a foyer block.
#[must_use]
pub fn schema_flux() -> SchemaRef {
    let required = |nom: &str, kind: DataType| Field::new(nom, kind, false);
    let optional = |nom: &str, kind: DataType| Field::new(nom, kind, true);
    Arc::new(Schema::new(vec![
        required("ligne", DataType::UInt32),
        required("bloc", DataType::UInt32),
        required("numdemrsa", DataType::Utf8),
        required("matricule", DataType::Utf8),
        optional("dtdemrsa", DataType::Date32),
        required("etat", DataType::UInt8),
        optional("suspension", DataType::Date32),
        required("motif_cloture", DataType::Utf8),
        required("commune", DataType::Utf8),
        required("code_postal", DataType::Utf8),
        required("faits_generateurs", DataType::Utf8),
        required("nom", DataType::Utf8),
        required("nomnai", DataType::Utf8),
        required("prenom", DataType::Utf8),
        required("dtnai", DataType::Utf8),
        required("role", DataType::Utf8),
        optional("top", DataType::Boolean),
        optional("top_entrant", DataType::Boolean),
        optional("nir", DataType::FixedSizeBinary(TAILLE_EMPREINTE)),
        optional("cle_nom", DataType::Int64),
        optional("cle_nom_usage", DataType::Int64),
        required("identite", DataType::Int64),
    ]))
}

/// Columns of an event segment: the common ones, then those of the kind.
#[must_use]
pub fn schema_evenements(genre: Genre) -> SchemaRef {
    let mut fields = vec![Field::new("ligne", DataType::UInt32, false)];
    if genre.nominatif() {
        fields.extend([
            Field::new("id_evenement", DataType::Utf8, false),
            Field::new("saisi_le", DataType::Date32, true),
            Field::new("annule", DataType::Boolean, false),
            Field::new("nir", DataType::FixedSizeBinary(TAILLE_EMPREINTE), true),
            Field::new("numdemrsa", DataType::Utf8, false),
            Field::new("nom", DataType::Utf8, false),
            Field::new("prenom", DataType::Utf8, false),
            Field::new("date_naissance", DataType::Date32, true),
            Field::new("cle_nom", DataType::Int64, true),
            Field::new("matricule", DataType::Utf8, false),
        ]);
    }
    fields.extend(genre.colonnes().iter().map(|colonne| {
        let kind = match colonne.nature {
            Nature::Date => DataType::Date32,
            Nature::Code(_) | Nature::Texte | Nature::TexteReserve => DataType::Utf8,
            Nature::Entier => DataType::Int64,
            Nature::Decimal => DataType::Float64,
        };
        Field::new(colonne.nom, kind, true)
    }));
    Arc::new(Schema::new(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment of format 1 says nothing of extracts: it is a file of its own, with none.
    #[test]
    fn the_metadata_of_older_segments_are_read() {
        let json = r#"{"format": 1, "programme": "0.1.0", "empreinte": "ab", "nom": "flux.xml", "recu_le": "2021-02-05", "cle": "cd",
            "lignes": 3, "rejetes": 1, "avertissements": [], "caisse": "CAF821", "mensuel": true, "dtref": "2021-01-31",
            "cree_le": "2021-02-05T01:00:00", "foyers": 3, "annonces": 3, "autres_roles": 0, "non_lus": ["00000000001"], "doubles": []}"#;
        let meta: MetaFlux = serde_json::from_str(json).unwrap();
        assert_eq!((meta.commun.extrait, meta.ecartes), (None, Vec::new()));
        let json = r#"{"format": 1, "programme": "0.1.0", "empreinte": "ab", "nom": "o.csv", "recu_le": "2021-02-05", "cle": "cd",
            "lignes": 3, "rejetes": 1, "avertissements": [], "genre": "orientations"}"#;
        let meta: MetaEvenements = serde_json::from_str(json).unwrap();
        assert_eq!(meta.commun.extrait, None);
    }
}
