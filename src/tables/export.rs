//! The five tables as a folder, for the tools that a department already has. Pure: what the files
//! hold; `jalon exporter` writes them.

use parquet::errors::ParquetError;

use super::catalogue::Nom;
use super::construction::{ErreurTable, Question, Source};
use super::{Table, formes};
use crate::rapport::lectures_choisies;

/// The form of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forme {
    /// Parquet: types are kept.
    Parquet,
    /// CSV, for a spreadsheet.
    Csv,
}

impl Forme {
    fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
        }
    }
}

/// Why an export cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ErreurExport {
    /// A table cannot be built.
    #[error(transparent)]
    Table(#[from] ErreurTable),
    /// A table cannot be written as Parquet.
    #[error("la table {0} ne peut pas être écrite en Parquet ({1})")]
    Parquet(&'static str, ParquetError),
}

/// A file of the folder.
#[derive(Clone, Debug)]
pub struct Fichier {
    /// Its name.
    pub nom: String,
    /// What it holds.
    pub octets: Vec<u8>,
    /// Lines of its table, when it is one.
    pub lignes: Option<usize>,
}

/// The files of the folder: the tables, their dictionary, and what to know before using them.
///
/// # Errors
/// A table cannot be built.
pub fn fichiers(source: &Source<'_>, forme: Forme) -> Result<Vec<Fichier>, ErreurExport> {
    let mut out = Vec::new();
    for nom in Nom::TOUS {
        let table = source.table(nom)?;
        let octets = match forme {
            Forme::Csv => formes::csv(&table),
            Forme::Parquet => formes::parquet(&table).map_err(|error| ErreurExport::Parquet(nom.code(), error))?,
        };
        let nom = format!("{}.{}", nom.code(), forme.extension());
        out.push(Fichier { nom, octets, lignes: Some(table.lignes()) });
    }
    let sans_noms = source.question().sans_noms;
    let dictionnaire = formes::csv(&dictionnaire(sans_noms));
    out.push(Fichier { nom: "dictionnaire.csv".to_owned(), octets: dictionnaire, lignes: None });
    let texte = lisez_moi(source.question(), forme, &out);
    out.push(Fichier { nom: "LISEZMOI.txt".to_owned(), octets: texte.into_bytes(), lignes: None });
    Ok(out)
}

/// Every column of every table, with its type and its meaning.
fn dictionnaire(sans_noms: bool) -> Table {
    let lignes = Nom::TOUS.into_iter().flat_map(|nom| {
        nom.colonnes_montrees(sans_noms)
            .map(move |c| [nom.code(), c.nom, c.sorte.nom(), c.description].map(str::to_owned))
    });
    Table::de_textes(["table", "colonne", "type", "description"], lignes)
}

/// What an export is, on which day, and what it still says of people.
fn lisez_moi(question: &Question<'_>, forme: Forme, fichiers: &[Fichier]) -> String {
    let connu = question.connu_le.map_or_else(
        || "tout ce que l'entrepôt contenait au moment de l'export".to_owned(),
        |jour| format!("ce que le département savait le {jour}"),
    );
    let lectures = match lectures_choisies(question.referentiel) {
        lectures if lectures.is_empty() => "celles du guide".to_owned(),
        lectures => lectures.join(", "),
    };
    let tables: String = fichiers
        .iter()
        .filter_map(|fichier| Some(format!("  {} : {} ligne(s)\n", fichier.nom, fichier.lignes?)))
        .collect();
    let lire = match forme {
        Forme::Parquet => "Les tables sont en Parquet : dates, nombres et oui/non gardent leur type.",
        Forme::Csv => {
            "Les tables sont en CSV : point-virgule, UTF-8 avec BOM, virgule décimale, dates AAAA-MM-JJ, oui/non en 1/0, vide quand\n\
             il n'y a rien à dire. Un texte qu'un tableur exécuterait comme une formule est précédé d'une apostrophe."
        }
    };
    format!(
        "Tables de jalon\n\
         ===============\n\n\
         Situations et délais arrêtés au {} ; connu : {connu}.\n\
         Référentiel : {}. Lectures : {lectures}.\n\n\
         {tables}\n\
         {lire}\n\n\
         dictionnaire.csv donne le sens de chaque colonne. La colonne « personne » relie les tables ; ce numéro ne vaut que pour\n\
         ce dossier, il change d'un export à l'autre. Ni le NIR ni son empreinte ne sont dans ces fichiers.\n\n{}",
        question.arrete,
        question.referentiel.nom,
        if question.sans_noms { SANS_NOMS } else { AVEC_NOMS }
    )
}

const AVEC_NOMS: &str = "\
Données personnelles : ces fichiers nomment des bénéficiaires et des agents (noms, dates de naissance, NUMDEMRSA, matricules,
référents). Ils sont réservés au compte qui les a écrits : ne les posez pas sur un partage, effacez-les après usage, et employez
--sans-noms quand l'usage ne demande pas de nommer.
";

const SANS_NOMS: &str = "\
Données personnelles : les noms, prénoms, dates de naissance, NUMDEMRSA, matricules, référents et conseillers sont retirés, ainsi que
le fichier et la ligne des événements en attente. Ces fichiers restent des données personnelles : ils parlent d'une personne par
ligne, et la combinaison des dates (entrée, demande, orientation, rendez-vous, contrats), du territoire, de la structure, de la caisse,
du parcours et de la situation suffit souvent à reconnaître quelqu'un, surtout avec un autre fichier. Ils ne se publient pas : pour
publier, donnez des totaux, et employez « jalon indicateurs --diffusion », qui masque les petits effectifs.
";
