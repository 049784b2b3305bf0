//! What each part of the people must know of the others: the files and the caisses, who is who, which
//! events are in force and whose they are. One Parquet file, whose metadata hold all but the rows.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{NaiveDate, NaiveDateTime};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::ErreurPliage;
use crate::VERSION;
use crate::indicateurs::catalogue::CATALOGUE;
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::evenements::{RapportPoleEmploi, lignes_en_vigueur};
use crate::journal::lecture::lots_sans;
use crate::journal::segment::{MetaEvenements, MetaFlux, schema_evenements, schema_flux};
use crate::parcours::histoire::{Classe, Dossier, DossierDouble, EnTeteFichier, ExtraitLu, Histoire};
use crate::parcours::partie::Cadre;
use crate::parcours::personnes::Rattachement;
use crate::parcours::rangement::Repertoire;
use crate::rejeu::histoire_et_repertoire;
use crate::releves::genres::Genre;
use crate::systeme::EnFrancais;
use crate::temps::Jour;

/// Key of the metadata in the Parquet footer.
pub const CLE: &str = "jalon_contexte";
/// Version of the file.
pub const FORMAT: u32 = 1;
/// The `nature` of a row that tells who an identity is.
pub const IDENTITE: &str = "identite";
/// The `nature` of a row that tells whose an event is.
pub const EVENEMENT: &str = "evenement";

/// What the metadata say.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contexte {
    /// Version of the file ([`FORMAT`]).
    pub format: u32,
    /// The program that wrote it: the same folds.
    pub programme: String,
    /// The day whose knowledge was asked.
    pub connu_le: Option<NaiveDate>,
    /// How many people there are.
    pub personnes: u32,
    /// The columns of the segments that a fold reads, by kind (`flux`, or that of the events).
    pub colonnes: BTreeMap<String, Vec<String>>,
    /// The files, in the order of steps.
    pub fichiers: Vec<Fichier>,
    /// Dossiers present but unread, each with its file.
    pub non_lus: Vec<(u32, u32)>,
    /// Situations that replace what the rows of a dossier say in a file.
    pub situations: Vec<Situation>,
    /// Pôle emploi's reports.
    pub pole_emploi: Vec<Rapport>,
    /// Events in force that found their person, by kind.
    pub evenements: BTreeMap<String, u64>,
}

/// A flux file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fichier {
    /// Digest, which names its segment.
    pub empreinte: String,
    /// Base name.
    pub nom: String,
    /// Caisse.
    pub caisse: Option<String>,
    /// Whether the file is the whole stock.
    pub mensuel: bool,
    /// DTREF.
    pub dtref: NaiveDate,
    /// DTCREAFLUX and HEUCREAFLUX.
    pub cree_le: NaiveDateTime,
    /// Reception day.
    pub recu_le: NaiveDate,
    /// The extracts that mend it.
    pub extraits: Vec<Extrait>,
    /// Rows that count in it, those of its extracts included.
    pub lignes: u64,
}

/// An extract that mends a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Extrait {
    /// Digest, which names its segment.
    pub empreinte: String,
    /// Number of its first row among those of the file.
    pub debut: u32,
    /// Blocks of the file that come before it.
    pub bloc: u32,
    /// Reception day of its records.
    pub recu_le: NaiveDate,
}

/// The situation of a dossier that a file gives more than once, or that an extract mends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Situation {
    /// Number of the file.
    pub fichier: u32,
    /// Number of the dossier.
    pub dossier: u32,
    /// Class.
    pub classe: Classe,
    /// Start of suspension.
    pub suspension: Option<NaiveDate>,
    /// Date of the claim.
    pub dtdemrsa: Option<NaiveDate>,
    /// Whether it goes on elsewhere.
    pub transfert: bool,
}

/// A figure that Pôle emploi reported.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rapport {
    /// First day of the period reported.
    pub du: NaiveDate,
    /// Last day of the period reported.
    pub au: NaiveDate,
    /// `3.2.3` to `3.2.6`.
    pub indicateur: String,
    /// The figure.
    pub valeur: f64,
}

/// Who an identity of a caisse is.
#[derive(Clone, Copy, Debug)]
struct Identite {
    caisse: u16,
    empreinte: i64,
    personne: u32,
    dossier: u32,
}

/// The rows of the file.
#[derive(Debug, Default)]
pub struct Lignes {
    caisses: Vec<String>,
    identites: Vec<Identite>,
    /// By dossier: see [`crate::parcours::histoire::Dossier::premiere_vue`].
    dossiers: Vec<(u32, Option<u32>, Option<u32>)>,
    /// Digest of the segment, row in it, person.
    evenements: Vec<(Arc<str>, u32, u32)>,
}

impl Lignes {
    /// How many identities, and how many events, it tells of.
    #[must_use]
    pub fn comptes(&self) -> (usize, usize) {
        (self.identites.len(), self.evenements.len())
    }
}

/// Replays a warehouse, and keeps what each part of the people must know of the others.
///
/// # Errors
/// A damaged segment.
pub fn construire(
    flux: &[Segment<MetaFlux>],
    evenements: &[Segment<MetaEvenements>],
    connu_le: Option<NaiveDate>,
) -> Result<(Contexte, Lignes), ErreurDepot> {
    let (histoire, repertoire) = histoire_et_repertoire(flux, evenements, connu_le)?;
    let (par_genre, placees) = placer(evenements, &repertoire, connu_le)?;
    drop(repertoire);
    let numeros = numeros(&histoire.dossiers);
    let mut identites = identites(flux, &histoire)?;
    identites.iter_mut().for_each(|identite| identite.dossier = numeros[identite.dossier as usize]);
    let mut dossiers = vec![(u32::MAX, None, None); histoire.dossiers.len()];
    for (dossier, numero) in histoire.dossiers.iter().zip(&numeros) {
        dossiers[*numero as usize] = dossier.premiere_vue();
    }
    let caisses = histoire.caisses.iter().map(|caisse| caisse.nom.clone()).collect();
    let lignes = Lignes { caisses, identites, dossiers, evenements: placees };
    let mut comptes = vec![0u64; histoire.fichiers.len()];
    histoire.releves.toutes().for_each(|(_, releve)| comptes[releve.fichier as usize] += 1);
    let mut non_lus: Vec<(u32, u32)> =
        histoire.non_lus().map(|(fichier, dossier)| (fichier, numeros[dossier as usize])).collect();
    non_lus.sort_unstable();
    let contexte = Contexte {
        format: FORMAT,
        programme: VERSION.to_owned(),
        connu_le,
        personnes: histoire.personnes,
        colonnes: colonnes(),
        fichiers: histoire.fichiers.iter().zip(comptes).map(|(f, lignes)| Fichier::de(&f.en_tete, lignes)).collect(),
        non_lus,
        situations: situations(&histoire, &numeros),
        pole_emploi: histoire.pole_emploi.iter().map(Rapport::de).collect(),
        evenements: par_genre,
    };
    Ok((contexte, lignes))
}

/// The number of each dossier for those who fold: in the order of the NUMDEMRSA, which they do not read
/// and by which the rules choose between the dossiers of a person.
fn numeros(dossiers: &[Dossier]) -> Vec<u32> {
    let mut ordre: Vec<u32> = (0u32..).zip(dossiers).map(|(rang, _)| rang).collect();
    ordre.sort_unstable_by_key(|rang| {
        let dossier = &dossiers[*rang as usize];
        (&dossier.numdemrsa, dossier.caisse)
    });
    let mut numeros = vec![0; dossiers.len()];
    (0u32..).zip(ordre).for_each(|(numero, rang)| numeros[rang as usize] = numero);
    numeros
}

/// Columns of the events that may name somebody and that no indicator reads.
pub(super) const INUTILES: [&str; 2] = ["referent", "motif_fin"];

/// What a fold reads of the segments: no name, no birth date, no NIR nor its digest.
fn colonnes() -> BTreeMap<String, Vec<String>> {
    const DU_FLUX: [&str; 7] = ["bloc", "identite", "dtdemrsa", "etat", "suspension", "motif_cloture", "top"];
    let schema = schema_flux();
    let flux = schema.fields().iter().map(|champ| champ.name()).filter(|nom| DU_FLUX.contains(&nom.as_str()));
    let mut out = BTreeMap::from([("flux".to_owned(), flux.cloned().collect::<Vec<_>>())]);
    for genre in Genre::TOUS.into_iter().filter(|genre| genre.nominatif()) {
        let propres: Vec<&str> = genre.colonnes().iter().map(|colonne| colonne.nom).collect();
        let garde = |nom: &str| nom == "id_evenement" || (propres.contains(&nom) && !INUTILES.contains(&nom));
        let schema = schema_evenements(genre);
        let noms = schema.fields().iter().map(|champ| champ.name()).filter(|nom| garde(nom));
        out.insert(genre.nom().to_owned(), noms.cloned().collect());
    }
    out
}

/// The events in force that find their person: how many by kind, and where each stands.
type Placees = (BTreeMap<String, u64>, Vec<(Arc<str>, u32, u32)>);

fn placer(
    segments: &[Segment<MetaEvenements>],
    repertoire: &Repertoire,
    connu_le: Option<NaiveDate>,
) -> Result<Placees, ErreurDepot> {
    let (mut par_genre, mut out) = (BTreeMap::new(), Vec::new());
    for genre in Genre::TOUS.into_iter().filter(|genre| genre.nominatif()) {
        let avant = out.len();
        out.extend(lignes_en_vigueur(segments, genre, connu_le)?.into_iter().filter_map(|ligne| {
            match repertoire.chercher(&ligne.qui) {
                Rattachement::Personne(personne) => Some((ligne.empreinte, ligne.rang, personne)),
                Rattachement::EnAttente(_) => None,
            }
        }));
        par_genre.insert(genre.nom().to_owned(), (out.len() - avant) as u64);
    }
    Ok((par_genre, out))
}

/// Who each identity is, from the digests that the rows of each person bear.
fn identites(flux: &[Segment<MetaFlux>], histoire: &Histoire) -> Result<Vec<Identite>, ErreurDepot> {
    let par_empreinte: FxHashMap<&str, &Segment<MetaFlux>> =
        flux.iter().map(|segment| (segment.meta.commun.empreinte.as_str(), segment)).collect();
    let digests: Vec<Vec<i64>> = histoire
        .fichiers
        .par_iter()
        .map(|fichier| {
            let extraits = fichier.en_tete.extraits.iter().map(|extrait| &extrait.empreinte);
            let mut lus = Vec::new();
            for segment in [&fichier.en_tete.empreinte].into_iter().chain(extraits) {
                if let Some(segment) = par_empreinte.get(segment.as_str()) {
                    lus.extend(empreintes(segment)?);
                }
            }
            Ok(lus)
        })
        .collect::<Result<_, ErreurDepot>>()?;
    let siennes = |personne: u32| {
        let mut connues: Vec<Identite> = Vec::new();
        for releve in histoire.releves.de(personne) {
            let empreinte = digests[releve.fichier as usize].get(releve.rang as usize).copied();
            let caisse = histoire.fichiers[releve.fichier as usize].caisse;
            let (Some(empreinte), Some(caisse)) = (empreinte, caisse) else { continue };
            if !connues.iter().any(|autre| (autre.caisse, autre.empreinte) == (caisse, empreinte)) {
                connues.push(Identite { caisse, empreinte, personne, dossier: releve.dossier });
            }
        }
        connues
    };
    Ok((0..histoire.personnes).into_par_iter().flat_map_iter(siennes).collect())
}

fn empreintes(segment: &Segment<MetaFlux>) -> Result<Vec<i64>, ErreurDepot> {
    let schema = schema_flux();
    let autres: Vec<&str> =
        schema.fields().iter().map(|champ| champ.name().as_str()).filter(|nom| *nom != "identite").collect();
    let mut out = Vec::with_capacity(segment.lignes());
    for lot in lots_sans(segment, &autres)? {
        out.extend(lot.entiers("identite")?.into_iter().map(Option::unwrap_or_default));
    }
    Ok(out)
}

/// What the replay made of the dossiers that a file gives more than once, or that an extract mends.
fn situations(histoire: &Histoire, numeros: &[u32]) -> Vec<Situation> {
    let mut reprises: FxHashSet<(u32, u32)> = FxHashSet::default();
    let repris = |fichier: u32| &histoire.fichiers[fichier as usize].en_tete;
    let concernes: FxHashSet<u32> = (0u32..)
        .zip(&histoire.fichiers)
        .filter(|(_, f)| !f.en_tete.doubles.is_empty() || !f.en_tete.extraits.is_empty())
        .map(|(rang, _)| rang)
        .collect();
    if concernes.is_empty() {
        return Vec::new();
    }
    let par_nom: FxHashMap<(u16, &str), u32> =
        (0u32..).zip(&histoire.dossiers).map(|(rang, d)| ((d.caisse, d.numdemrsa.as_str()), rang)).collect();
    for &fichier in &concernes {
        let caisse = histoire.fichiers[fichier as usize].caisse;
        let doubles = repris(fichier).doubles.iter();
        reprises
            .extend(doubles.filter_map(|double| Some((fichier, *par_nom.get(&(caisse?, double.numdemrsa.as_str()))?))));
    }
    let des_concernes = || histoire.releves.toutes().filter(|(_, releve)| concernes.contains(&releve.fichier));
    reprises.extend(des_concernes().filter_map(|(_, releve)| {
        let premier = repris(releve.fichier).extraits.first()?;
        (releve.rang >= premier.debut).then_some((releve.fichier, releve.dossier))
    }));
    let mut out: FxHashMap<(u32, u32), Situation> = FxHashMap::default();
    for (_, releve) in des_concernes().filter(|(_, releve)| reprises.contains(&(releve.fichier, releve.dossier))) {
        let (fichier, dossier, constat) = (releve.fichier, releve.dossier, releve.constat);
        out.entry((fichier, dossier)).or_insert_with(|| Situation {
            fichier,
            dossier: numeros[dossier as usize],
            classe: constat.classe,
            suspension: constat.suspension().map(Jour::date),
            dtdemrsa: constat.dtdemrsa().map(Jour::date),
            transfert: constat.transfert,
        });
    }
    let mut out: Vec<Situation> = out.into_values().collect();
    out.sort_unstable_by_key(|situation| (situation.fichier, situation.dossier));
    out
}

impl Fichier {
    fn de(en_tete: &EnTeteFichier, lignes: u64) -> Self {
        let extrait = |extrait: &ExtraitLu| Extrait {
            empreinte: extrait.empreinte.clone(),
            debut: extrait.debut,
            bloc: extrait.bloc,
            recu_le: extrait.recu_le.date(),
        };
        Self {
            empreinte: en_tete.empreinte.clone(),
            nom: en_tete.nom.clone(),
            caisse: en_tete.caisse.clone(),
            mensuel: en_tete.mensuel,
            dtref: en_tete.dtref.date(),
            cree_le: en_tete.cree_le,
            recu_le: en_tete.recu_le.date(),
            extraits: en_tete.extraits.iter().map(extrait).collect(),
            lignes,
        }
    }

    /// What the replay knew of the file, but for what is told apart.
    fn en_tete(&self) -> EnTeteFichier {
        let extrait = |extrait: &Extrait| ExtraitLu {
            empreinte: extrait.empreinte.clone(),
            debut: extrait.debut,
            bloc: extrait.bloc,
            recu_le: extrait.recu_le.into(),
        };
        EnTeteFichier {
            nom: self.nom.clone(),
            empreinte: self.empreinte.clone(),
            caisse: self.caisse.clone(),
            mensuel: self.mensuel,
            dtref: self.dtref.into(),
            cree_le: self.cree_le,
            recu_le: self.recu_le.into(),
            non_lus: Vec::new(),
            doubles: Vec::new(),
            extraits: self.extraits.iter().map(extrait).collect(),
            temoins: Vec::new(),
        }
    }
}

impl Rapport {
    fn de(rapport: &RapportPoleEmploi) -> Self {
        let RapportPoleEmploi { du, au, indicateur, valeur } = rapport;
        Self { du: du.date(), au: au.date(), indicateur: (*indicateur).to_owned(), valeur: *valeur }
    }

    fn lu(&self) -> Option<RapportPoleEmploi> {
        let definition = CATALOGUE.iter().find(|definition| definition.id == self.indicateur)?;
        let (du, au) = (self.du.into(), self.au.into());
        Some(RapportPoleEmploi { du, au, indicateur: definition.id, valeur: self.valeur })
    }
}

impl Contexte {
    /// Reads the metadata of a file: its rows are for the engine that shares the people out.
    ///
    /// # Errors
    /// The file is not one, or another version wrote it.
    pub fn lire(chemin: &Path) -> Result<Self, ErreurPliage> {
        let pas_un_contexte = |raison: String| {
            ErreurPliage::refus(format!(
                "{} n'est pas un contexte de jalon ({raison}). Donnez avec --contexte le fichier écrit par « jalon contexte »",
                chemin.display()
            ))
        };
        let fichier = File::open(chemin).map_err(|error| {
            ErreurPliage::refus(format!(
                "{} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
                chemin.display(),
                EnFrancais(&error)
            ))
        })?;
        let pied = ArrowReaderMetadata::load(&fichier, ArrowReaderOptions::new())
            .map_err(|_| pas_un_contexte("ce n'est pas un fichier Parquet".to_owned()))?;
        let json = pied.metadata().file_metadata().key_value_metadata().into_iter().flatten();
        let json = json.filter(|paire| paire.key == CLE).find_map(|paire| paire.value.as_deref());
        let json = json.ok_or_else(|| pas_un_contexte(format!("la métadonnée {CLE} n'y est pas")))?;
        #[derive(Deserialize)]
        struct Version {
            format: u32,
            programme: String,
        }
        let version: Version =
            serde_json::from_str(json).map_err(|_| pas_un_contexte(format!("la métadonnée {CLE} est illisible")))?;
        if version.format != FORMAT || version.programme != VERSION {
            return Err(ErreurPliage::refus(format!(
                "le contexte {} a été écrit par jalon {} (format {}), et celui-ci est jalon {VERSION} (format {FORMAT}). Mettez \
                 le même programme sur toutes les machines, ou refaites le contexte avec « jalon contexte »",
                chemin.display(),
                version.programme,
                version.format
            )));
        }
        serde_json::from_str(json).map_err(|_| pas_un_contexte(format!("la métadonnée {CLE} est illisible")))
    }

    /// The file, whole.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn en_parquet(&self, lignes: &Lignes) -> Result<Vec<u8>, ParquetError> {
        let schema = schema();
        let reglages = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(reglages))?;
        for identites in lignes.identites.chunks(LOT) {
            writer.write(&RecordBatch::try_new(Arc::clone(&schema), lignes.colonnes_des_identites(identites))?)?;
        }
        for evenements in lignes.evenements.chunks(LOT) {
            writer.write(&RecordBatch::try_new(Arc::clone(&schema), colonnes_des_evenements(evenements))?)?;
        }
        let json = serde_json::to_string(self).map_err(|error| ParquetError::General(error.to_string()))?;
        writer.append_key_value_metadata(KeyValue::new(CLE.to_owned(), json));
        writer.into_inner()
    }

    /// What a part of the people needs of the others.
    #[must_use]
    pub fn cadre(&self) -> Cadre {
        let en_tetes: Vec<EnTeteFichier> = self.fichiers.iter().map(Fichier::en_tete).collect();
        let situations = self.situations.iter().map(|situation| {
            let Situation { fichier, dossier, classe, suspension, dtdemrsa, transfert } = *situation;
            let (suspension, dtdemrsa) = (suspension.map(Jour::from), dtdemrsa.map(Jour::from));
            let double = DossierDouble { numdemrsa: String::new(), classe, suspension, dtdemrsa, transfert };
            ((fichier, dossier), double)
        });
        let rapports = self.pole_emploi.iter().filter_map(Rapport::lu).collect();
        Cadre::new(&en_tetes, self.non_lus.iter().copied(), situations, rapports)
    }
}

/// Rows encoded together.
const LOT: usize = 64 * 1024;

/// The columns of the file. No type without a sign: Spark and others have none.
#[must_use]
pub fn schema() -> SchemaRef {
    let champ = |nom: &str, sorte: DataType, vide: bool| Field::new(nom, sorte, vide);
    Arc::new(Schema::new(vec![
        champ("nature", DataType::Utf8, false),
        champ("personne", DataType::Int64, false),
        champ("caisse", DataType::Utf8, true),
        champ("identite", DataType::Int64, true),
        champ("dossier", DataType::Int64, true),
        champ("dossier_premier_fichier", DataType::Int32, true),
        champ("dossier_premiere_personne", DataType::Int64, true),
        champ("dossier_autre_fichier", DataType::Int32, true),
        champ("segment", DataType::Utf8, true),
        champ("ligne", DataType::Int64, true),
    ]))
}

fn numero(n: u32) -> Option<i32> {
    i32::try_from(n).ok()
}

impl Lignes {
    fn colonnes_des_identites(&self, identites: &[Identite]) -> Vec<ArrayRef> {
        let n = identites.len();
        let dossier = |identite: &Identite| self.dossiers.get(identite.dossier as usize).copied().unwrap_or_default();
        let caisse = |identite: &Identite| self.caisses.get(usize::from(identite.caisse)).map(String::as_str);
        vec![
            Arc::new(StringArray::from(vec![IDENTITE; n])),
            Arc::new(identites.iter().map(|i| Some(i64::from(i.personne))).collect::<Int64Array>()),
            Arc::new(identites.iter().map(caisse).collect::<StringArray>()),
            Arc::new(identites.iter().map(|i| Some(i.empreinte)).collect::<Int64Array>()),
            Arc::new(identites.iter().map(|i| Some(i64::from(i.dossier))).collect::<Int64Array>()),
            Arc::new(identites.iter().map(|i| numero(dossier(i).0)).collect::<Int32Array>()),
            Arc::new(identites.iter().map(|i| dossier(i).1.map(i64::from)).collect::<Int64Array>()),
            Arc::new(identites.iter().map(|i| dossier(i).2.and_then(numero)).collect::<Int32Array>()),
            Arc::new(StringArray::new_null(n)),
            Arc::new(Int64Array::new_null(n)),
        ]
    }
}

fn colonnes_des_evenements(evenements: &[(Arc<str>, u32, u32)]) -> Vec<ArrayRef> {
    let n = evenements.len();
    vec![
        Arc::new(StringArray::from(vec![EVENEMENT; n])),
        Arc::new(evenements.iter().map(|(.., personne)| Some(i64::from(*personne))).collect::<Int64Array>()),
        Arc::new(StringArray::new_null(n)),
        Arc::new(Int64Array::new_null(n)),
        Arc::new(Int64Array::new_null(n)),
        Arc::new(Int32Array::new_null(n)),
        Arc::new(Int64Array::new_null(n)),
        Arc::new(Int32Array::new_null(n)),
        Arc::new(evenements.iter().map(|(segment, ..)| Some(&**segment)).collect::<StringArray>()),
        Arc::new(evenements.iter().map(|(_, ligne, _)| Some(i64::from(*ligne))).collect::<Int64Array>()),
    ]
}
