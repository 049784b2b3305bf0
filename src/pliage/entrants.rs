//! What comes in: an Arrow IPC stream of records grouped by person, the columns of the segments as an
//! engine read and joined them. A few thousand people are held at once, however many come.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::{CastOptions, cast_with_options, filter_record_batch};
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use std::sync::Arc;

use super::contexte::{Contexte, INUTILES};
use super::sortie::Sortie;
use super::{ErreurPliage, empreinte_de_la_question};
use crate::indicateurs::Question;
use crate::indicateurs::apports::ApportsPersonne;
use crate::journal::evenements::{Evenement, evenements_du_lot};
use crate::journal::lecture::{ColonnesFlux, Lot, SANS_DATE, sans_tomber};
use crate::journal::segment::schema_evenements;
use crate::parcours::partie::{Cadre, DossierConnu, Partie};
use crate::releves::foyers::est_un_transfert;
use crate::releves::genres::Genre;
use crate::tables::Table;
use crate::tables::formes;

/// People folded together: what bounds the memory.
const PERSONNES: usize = 2048;
/// Rows written together.
const LIGNES: usize = 8 * 1024;
/// The `genre` of a row of a flux.
pub const FLUX: &str = "flux";

/// How many rows were read of each file (by its digest) and of each kind of event (by its name).
pub type Lus = BTreeMap<String, u64>;

/// What a fold read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bilan {
    /// People folded.
    pub personnes: u64,
    /// Rows of files that the context does not know, left out.
    pub inconnues: u64,
}

/// Folds the people of a stream.
///
/// # Errors
/// The stream is not one, a column is missing, people are not grouped; or the result cannot be written.
pub fn plier(
    entree: impl Read,
    sortie: impl Write,
    contexte: &Contexte,
    question: &Question<'_>,
) -> Result<Bilan, ErreurPliage> {
    let mut ecrite = Ecriture::new(sortie)?;
    let mut pli = Pli::new(contexte, question);
    for lot in lots(entree)? {
        pli.lot(&lot?, &mut ecrite)?;
    }
    pli.finir(&mut ecrite)?;
    ecrite.finir()?;
    Ok(pli.bilan)
}

/// The batches of a stream. On some damaged bytes the reader panics: it is a stream that cannot be read.
pub(super) fn lots(entree: impl Read) -> Result<impl Iterator<Item = Result<RecordBatch, ErreurPliage>>, ErreurPliage> {
    let illisible = |error: ArrowError| match error {
        // The words of the reader are for developers.
        ArrowError::IoError(_, error) if error.kind() != ErrorKind::UnexpectedEof => ErreurPliage::refus(format!(
            "l'entrée standard ne peut pas être lue ({})",
            crate::systeme::EnFrancais(&error)
        )),
        _ => ErreurPliage::refus(
            "l'entrée standard n'est pas un flux Arrow IPC, ou elle est coupée ou abîmée. Donnez un flux au format « streaming » \
             d'Arrow, sans compression, comme celui qu'écrit pipelines/spark/plier.py",
        ),
    };
    let mut lecteur =
        sans_tomber(|| StreamReader::try_new_buffered(entree, None)).and_then(|lu| lu).map_err(illisible)?;
    Ok(std::iter::from_fn(move || {
        let lot = sans_tomber(|| lecteur.next()).unwrap_or_else(|error| Some(Err(error)));
        lot.map(|lot| lot.map_err(illisible))
    }))
}

/// The rows of the result, written as they come.
struct Ecriture<W: Write> {
    writer: StreamWriter<BufWriter<W>>,
}

fn ecriture(error: ArrowError) -> ErreurPliage {
    ErreurPliage::Ecriture(match error {
        ArrowError::IoError(_, error) => error,
        error => io::Error::other(error.to_string()),
    })
}

impl<W: Write> Ecriture<W> {
    fn new(sortie: W) -> Result<Self, ErreurPliage> {
        let schema = formes::lot(&Sortie::default().table).map_err(ecriture)?.schema();
        Ok(Self { writer: StreamWriter::try_new_buffered(sortie, &schema).map_err(ecriture)? })
    }

    fn ecrire(&mut self, table: &Table) -> Result<(), ErreurPliage> {
        let lot = formes::lot(table).map_err(ecriture)?;
        self.writer.write(&lot).and_then(|()| self.writer.flush()).map_err(ecriture)
    }

    fn finir(mut self) -> Result<(), ErreurPliage> {
        self.writer.finish().map_err(ecriture)?;
        self.writer.get_mut().flush().map_err(ErreurPliage::Ecriture)
    }
}

/// A fold under way.
struct Pli<'a> {
    contexte: &'a Contexte,
    question: &'a Question<'a>,
    cadre: Cadre,
    partie: Partie,
    /// The people already met, one bit each.
    vues: Vec<u64>,
    courante: Option<u32>,
    sortie: Sortie,
    lus: Lus,
    bilan: Bilan,
}

impl<'a> Pli<'a> {
    fn new(contexte: &'a Contexte, question: &'a Question<'a>) -> Self {
        Self {
            contexte,
            question,
            cadre: contexte.cadre(),
            partie: Partie::default(),
            vues: vec![0; contexte.personnes as usize / 64 + 1],
            courante: None,
            sortie: Sortie::default(),
            lus: Lus::new(),
            bilan: Bilan::default(),
        }
    }

    fn lot<W: Write>(&mut self, lot: &RecordBatch, sortie: &mut Ecriture<W>) -> Result<(), ErreurPliage> {
        let (personnes, genres) = (entiers(lot, "personne")?, textes(lot, "genre")?);
        let (segments, lignes) = (textes(lot, "segment")?, entiers(lot, "ligne")?);
        let flux = DuFlux::lire(lot, &genres)?;
        let mut evenements = DesEvenements::lire(lot, &genres)?;
        let mut du_flux = 0;
        for row in 0..lot.num_rows() {
            let personne = obligatoire(&personnes, row, "personne")?;
            let segment = (segments.is_valid(row)).then(|| segments.value(row));
            let segment = segment.ok_or_else(|| vide("segment"))?;
            let ligne = obligatoire(&lignes, row, "ligne")?;
            if self.courante != Some(personne) {
                self.nouvelle(personne, sortie)?;
            }
            if genres.value(row) == FLUX {
                let Some(flux) = &flux else { return Err(vide("genre")) };
                self.du_flux(flux, du_flux, (segment, ligne))?;
                du_flux += 1;
            } else if let Some((genre, id, evenement)) = evenements.suivant(genres.value(row)) {
                if let Some(evenement) = evenement {
                    self.partie.evenement(&id, evenement);
                }
                compter(&mut self.lus, genre.nom());
            } else {
                return Err(ErreurPliage::refus(format!(
                    "colonne « genre » : « {} » trouvé, attendu {FLUX} ou l'un de : {}",
                    genres.value(row),
                    self.contexte.evenements.keys().cloned().collect::<Vec<_>>().join(", ")
                )));
            }
        }
        Ok(())
    }

    fn du_flux(&mut self, flux: &DuFlux, row: usize, (segment, ligne): (&str, u32)) -> Result<(), ErreurPliage> {
        let place = (segment, ligne, obligatoire(&flux.blocs, row, "bloc")?);
        let (lus, fichiers) = (&mut self.lus, &self.contexte.fichiers);
        let compter = |fichier: u32| {
            if let Some(fichier) = fichiers.get(fichier as usize) {
                compter(lus, &fichier.empreinte);
            }
        };
        let dossier = flux.dossier(row)?;
        if !self.cadre.ajouter(&mut self.partie, place, dossier, (&flux.colonnes, row), compter) {
            self.bilan.inconnues += 1;
        }
        Ok(())
    }

    /// Another person begins: those before are whole.
    fn nouvelle<W: Write>(&mut self, personne: u32, sortie: &mut Ecriture<W>) -> Result<(), ErreurPliage> {
        let (mot, bit) = (personne as usize / 64, 1u64 << (personne % 64));
        let vues = self.vues.get_mut(mot).filter(|_| personne < self.contexte.personnes).ok_or_else(|| {
            ErreurPliage::refus(format!(
                "colonne « personne » : {personne} trouvé, et le contexte n'a que {} personnes. Joignez les lignes au contexte \
                 que vous donnez avec --contexte",
                self.contexte.personnes
            ))
        })?;
        if *vues & bit != 0 {
            return Err(ErreurPliage::refus(format!(
                "les lignes de la personne n° {personne} ne se suivent pas : elles reviennent après celles d'une autre. Triez le \
                 flux par personne (sortWithinPartitions, dans Spark)"
            )));
        }
        *vues |= bit;
        if self.partie.personnes.len() >= PERSONNES {
            self.plier()?;
        }
        if self.sortie.table.lignes() >= LIGNES {
            sortie.ecrire(&self.sortie.prendre())?;
        }
        self.partie.personne(personne);
        self.courante = Some(personne);
        self.bilan.personnes += 1;
        Ok(())
    }

    /// Folds the people gathered.
    fn plier(&mut self) -> Result<(), ErreurPliage> {
        let mut partie = std::mem::take(&mut self.partie);
        let histoire = self.cadre.histoire_de(&mut partie);
        for (rang, numero) in (0u32..).zip(&partie.personnes) {
            let apports = ApportsPersonne::de(histoire, self.question, rang);
            self.sortie.personne(histoire, self.question, *numero, apports);
        }
        Ok(())
    }

    fn finir<W: Write>(&mut self, sortie: &mut Ecriture<W>) -> Result<(), ErreurPliage> {
        self.plier()?;
        self.sortie.comptes(&self.lus, &empreinte_de_la_question(self.contexte, self.question));
        sortie.ecrire(&self.sortie.prendre())
    }
}

fn compter(lus: &mut Lus, nom: &str) {
    match lus.get_mut(nom) {
        Some(n) => *n += 1,
        None => _ = lus.insert(nom.to_owned(), 1),
    }
}

/// What the rows of a flux say, in a batch.
struct DuFlux {
    colonnes: ColonnesFlux,
    blocs: Int64Array,
    dossiers: Int64Array,
    premiers_fichiers: Int64Array,
    premieres_personnes: Int64Array,
    autres_fichiers: Int64Array,
}

impl DuFlux {
    /// `None` when the batch has no row of a flux: its columns need not be there.
    fn lire(lot: &RecordBatch, genres: &StringArray) -> Result<Option<Self>, ErreurPliage> {
        const COLONNES: [&str; 10] = [
            "bloc",
            "dossier",
            "dossier_premier_fichier",
            "dossier_premiere_personne",
            "dossier_autre_fichier",
            "etat",
            "top",
            "suspension",
            "dtdemrsa",
            "motif_cloture",
        ];
        let Some(lot) = du_genre(lot, genres, FLUX, &COLONNES)? else { return Ok(None) };
        let (lignes, etats, tops) = (lot.num_rows(), entiers(&lot, "etat")?, booleens(&lot, "top")?);
        let motifs = textes(&lot, "motif_cloture")?;
        let mut etat = Vec::with_capacity(lignes);
        for row in 0..lignes {
            let lu = etats.is_valid(row).then(|| etats.value(row)).ok_or_else(|| vide("etat"))?;
            etat.push(u8::try_from(lu).map_err(|_| ErreurPliage::refus(format!("colonne « etat » : {lu} trouvé")))?);
        }
        let colonnes = ColonnesFlux {
            identite: Vec::new(),
            etat,
            top: tops.iter().map(|top| top.map_or(2, u8::from)).collect(),
            suspension: jours(&lot, "suspension")?,
            dtdemrsa: jours(&lot, "dtdemrsa")?,
            transfert: motifs.iter().map(|motif| motif.is_some_and(est_un_transfert)).collect(),
            places: Vec::new(),
        };
        Ok(Some(Self {
            colonnes,
            blocs: entiers(&lot, "bloc")?,
            dossiers: entiers(&lot, "dossier")?,
            premiers_fichiers: entiers(&lot, "dossier_premier_fichier")?,
            premieres_personnes: entiers(&lot, "dossier_premiere_personne")?,
            autres_fichiers: entiers(&lot, "dossier_autre_fichier")?,
        }))
    }

    fn dossier(&self, row: usize) -> Result<DossierConnu, ErreurPliage> {
        Ok(DossierConnu {
            numero: obligatoire(&self.dossiers, row, "dossier")?,
            premier_fichier: obligatoire(&self.premiers_fichiers, row, "dossier_premier_fichier")?,
            premiere_personne: facultatif(&self.premieres_personnes, row, "dossier_premiere_personne")?,
            autre_fichier: facultatif(&self.autres_fichiers, row, "dossier_autre_fichier")?,
        })
    }
}

/// The events of a kind in a batch, in order: identifier, and what each says.
type DuGenre = (Genre, std::vec::IntoIter<(String, Option<Evenement>)>);

/// The events of a batch, by kind.
struct DesEvenements(Vec<DuGenre>);

impl DesEvenements {
    fn lire(lot: &RecordBatch, genres: &StringArray) -> Result<Self, ErreurPliage> {
        let mut out = Vec::new();
        for genre in Genre::TOUS.into_iter().filter(|genre| genre.nominatif()) {
            let colonnes: Vec<&str> = genre.colonnes().iter().map(|colonne| colonne.nom).collect();
            let mut voulues: Vec<&str> = colonnes.iter().copied().filter(|nom| !INUTILES.contains(nom)).collect();
            voulues.push("id_evenement");
            let Some(siens) = du_genre(lot, genres, genre.nom(), &voulues)? else { continue };
            let ids = textes(&siens, "id_evenement")?;
            let ids: Vec<String> = ids.iter().map(|id| id.unwrap_or_default().to_owned()).collect();
            let types = schema_evenements(genre);
            let (mut champs, mut valeurs): (Vec<Field>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
            for nom in colonnes {
                let sorte = types.field_with_name(nom).map_or(DataType::Utf8, |champ| champ.data_type().clone());
                valeurs.push(match INUTILES.contains(&nom) {
                    true => arrow::array::new_null_array(&sorte, siens.num_rows()),
                    false => colonne(&siens, nom, &sorte)?,
                });
                champs.push(Field::new(nom, sorte, true));
            }
            let batch = RecordBatch::try_new(Arc::new(Schema::new(champs)), valeurs)
                .map_err(|error| ErreurPliage::refus(error.to_string()))?;
            let lus = evenements_du_lot(genre, &Lot { chemin: Path::new("l'entrée standard"), batch })?;
            out.push((genre, ids.into_iter().zip(lus).collect::<Vec<_>>().into_iter()));
        }
        Ok(Self(out))
    }

    /// The next event of a kind; `None` when there is no such kind.
    fn suivant(&mut self, genre: &str) -> Option<(Genre, String, Option<Evenement>)> {
        let (genre, evenements) = self.0.iter_mut().find(|(autre, _)| autre.nom() == genre)?;
        let (id, evenement) = evenements.next()?;
        Some((*genre, id, evenement))
    }
}

/// Some columns of the rows of a kind; `None` when there are no such rows.
fn du_genre(
    lot: &RecordBatch,
    genres: &StringArray,
    genre: &str,
    colonnes: &[&str],
) -> Result<Option<RecordBatch>, ErreurPliage> {
    let siennes: BooleanArray = genres.iter().map(|autre| Some(autre == Some(genre))).collect();
    if siennes.true_count() == 0 {
        return Ok(None);
    }
    let schema = lot.schema();
    let rangs = colonnes.iter().map(|nom| rang(&schema, nom)).collect::<Result<Vec<_>, _>>()?;
    let choisi = lot.project(&rangs).and_then(|lot| filter_record_batch(&lot, &siennes));
    choisi.map(Some).map_err(|error| ErreurPliage::refus(error.to_string()))
}

fn rang(schema: &SchemaRef, nom: &str) -> Result<usize, ErreurPliage> {
    schema.index_of(nom).map_err(|_| {
        let trouvees: Vec<&str> = schema.fields().iter().map(|champ| champ.name().as_str()).collect();
        ErreurPliage::refus(format!(
            "la colonne « {nom} » manque sur l'entrée standard ; colonnes trouvées : {}. Les colonnes attendues sont dans \
             docs/spark.md",
            trouvees.join(", ")
        ))
    })
}

/// A column in the type that is read. Engines write numbers and texts in types of their own.
pub(super) fn colonne(lot: &RecordBatch, nom: &str, voulu: &DataType) -> Result<ArrayRef, ErreurPliage> {
    let rang = rang(&lot.schema(), nom)?;
    let trouvee = lot.column(rang);
    let trouve = trouvee.data_type();
    let voisins = match voulu {
        DataType::Int64 => trouve.is_integer(),
        DataType::Utf8 => match trouve {
            DataType::Dictionary(_, valeur) => valeur.is_string(),
            autre => autre.is_string(),
        },
        DataType::Float64 => trouve.is_floating(),
        voulu => trouve == voulu,
    };
    let refus = || {
        let en_clair = match voulu {
            DataType::Int64 => "un entier",
            DataType::Utf8 => "un texte",
            DataType::Date32 => "une date (Date32)",
            DataType::Boolean => "un booléen",
            _ => "un nombre",
        };
        ErreurPliage::refus(format!(
            "la colonne « {nom} » de l'entrée standard est du type {trouve}, attendu {en_clair}"
        ))
    };
    if !voisins && *trouve != DataType::Null {
        return Err(refus());
    }
    cast_with_options(trouvee, voulu, &CastOptions { safe: false, ..CastOptions::default() }).map_err(|_| refus())
}

pub(super) fn entiers(lot: &RecordBatch, nom: &str) -> Result<Int64Array, ErreurPliage> {
    Ok(colonne(lot, nom, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

pub(super) fn textes(lot: &RecordBatch, nom: &str) -> Result<StringArray, ErreurPliage> {
    Ok(colonne(lot, nom, &DataType::Utf8)?.as_string::<i32>().clone())
}

pub(super) fn booleens(lot: &RecordBatch, nom: &str) -> Result<BooleanArray, ErreurPliage> {
    Ok(colonne(lot, nom, &DataType::Boolean)?.as_boolean().clone())
}

/// Days as numbers, [`SANS_DATE`] where there is none.
pub(super) fn jours(lot: &RecordBatch, nom: &str) -> Result<Vec<i32>, ErreurPliage> {
    let jours = colonne(lot, nom, &DataType::Date32)?;
    Ok(jours.as_primitive::<Date32Type>().iter().map(|jour| jour.unwrap_or(SANS_DATE)).collect())
}

fn vide(nom: &str) -> ErreurPliage {
    ErreurPliage::refus(format!(
        "la colonne « {nom} » de l'entrée standard est vide sur une ligne. Ne donnez que des lignes jointes au contexte"
    ))
}

pub(super) fn obligatoire(valeurs: &Int64Array, row: usize, nom: &str) -> Result<u32, ErreurPliage> {
    facultatif(valeurs, row, nom)?.ok_or_else(|| vide(nom))
}

fn facultatif(valeurs: &Int64Array, row: usize, nom: &str) -> Result<Option<u32>, ErreurPliage> {
    if valeurs.is_null(row) {
        return Ok(None);
    }
    let lu = valeurs.value(row);
    u32::try_from(lu).map(Some).map_err(|_| {
        ErreurPliage::refus(format!("colonne « {nom} » de l'entrée standard : {lu} trouvé, attendu un entier positif"))
    })
}
