//! Runs a query that [`mod@super::examen`] accepted. The only file that knows polars: tables go in, a
//! table comes out, and whatever goes wrong is said in French without a word of the data.
//!
//! polars is built without any of its readers and writers of files, and without its network client:
//! a query could not read a file even if one were let through.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use polars::error::set_warning_function;
use polars::prelude::{
    Column, DataFrame, DataType, IntoLazy, LazyFrame, NamedFrom, PolarsError, PolarsResult, Series, TimeUnit,
};
use polars::sql::SQLContext;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::catalogue::Nom;
use super::construction::{ErreurTable, Source};
use super::examen::{Refus, Requete};
use super::{Table, Valeurs};
use crate::systeme::{Affichable, EnFrancais};

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ErreurRequete {
    /// It cannot be run.
    #[error(transparent)]
    Refus(#[from] Refus),
    /// A table cannot be built.
    #[error(transparent)]
    Table(#[from] ErreurTable),
}

/// The tables in the form of the engine, each one built once, when a query first names it.
pub struct Moteur<'a> {
    source: &'a Source<'a>,
    tables: FxHashMap<Nom, LazyFrame>,
}

static EN_QUESTION: AtomicBool = AtomicBool::new(false);

/// Whether a query is being run: a panic of the engine is then caught, and said as a query that
/// cannot be answered.
#[must_use]
pub fn en_question() -> bool {
    EN_QUESTION.load(Ordering::Relaxed)
}

impl<'a> Moteur<'a> {
    /// No table is built yet.
    #[must_use]
    pub fn new(source: &'a Source<'a>) -> Self {
        Self { source, tables: FxHashMap::default() }
    }

    /// The answer to a query.
    ///
    /// # Errors
    /// The query cannot be run, or a table cannot be built.
    pub fn repondre(&mut self, requete: &Requete) -> Result<Table, ErreurRequete> {
        for nom in &requete.tables {
            if !self.tables.contains_key(nom) {
                let table = self.source.table(*nom)?;
                let trame = sans_tomber(|| trame(table)).and_then(|trame| trame.map_err(|error| interne(&error)))?;
                self.tables.insert(*nom, trame.lazy());
            }
        }
        Ok(au_large(|| sans_tomber(|| self.executer(requete)).and_then(|reponse| reponse))?)
    }

    fn executer(&self, requete: &Requete) -> Result<Table, Refus> {
        // A context of its own for each query: the engine keeps there the names that a query gives.
        let mut contexte = SQLContext::new();
        for nom in &requete.tables {
            if let Some(trame) = self.tables.get(nom) {
                contexte.register(nom.code(), trame.clone());
            }
        }
        let mut plan = contexte.execute(&requete.texte).map_err(|error| du_plan(&error))?;
        plan.collect_schema().map_err(|error| du_plan(&error))?;
        let reponse = plan.collect().map_err(|error| de_l_execution(&error))?;
        table(&reponse)
    }
}

/// Room for the engine, which goes down an expression step by step.
const PILE: usize = 64 << 20;

/// Runs on a thread that has room.
fn au_large<T: Send>(faire: impl FnOnce() -> Result<T, Refus> + Send) -> Result<T, Refus> {
    std::thread::scope(|portee| {
        let fil = std::thread::Builder::new().stack_size(PILE).spawn_scoped(portee, faire);
        fil.map_err(|error| Refus(format!("le moteur SQL ne peut pas être lancé ({})", EnFrancais(&error))))?
            .join()
            .unwrap_or_else(|_| Err(impossible()))
    })
}

/// Runs the engine; a panic becomes a refusal, whose message it never gives: it may quote the data.
fn sans_tomber<T>(faire: impl FnOnce() -> T) -> Result<T, Refus> {
    // What the engine would write by itself, in English, on the error stream.
    set_warning_function(|_, genre| tracing::debug!(?genre, "remarque du moteur"));
    EN_QUESTION.store(true, Ordering::Relaxed);
    let fait = catch_unwind(AssertUnwindSafe(faire));
    EN_QUESTION.store(false, Ordering::Relaxed);
    fait.map_err(|_: Box<dyn Any + Send>| impossible())
}

fn impossible() -> Refus {
    Refus(
        "le moteur SQL ne sait pas exécuter cette requête. Écrivez-la plus simplement, par étapes avec WITH".to_owned(),
    )
}

fn interne(error: &PolarsError) -> Refus {
    tracing::debug!(genre = ?std::mem::discriminant(error), "table refusée par le moteur");
    Refus("le moteur SQL refuse une table de jalon : signalez-le".to_owned())
}

/// A table in the form of the engine.
fn trame(table: Table) -> PolarsResult<DataFrame> {
    let lignes = table.lignes();
    let colonnes = table.colonnes.into_iter().map(|(nom, valeurs)| {
        let nom = nom.as_str().into();
        let serie = match valeurs {
            Valeurs::Texte(v) => Series::new(nom, v.iter().map(|x| x.as_deref()).collect::<Vec<Option<&str>>>()),
            Valeurs::Entier(v) => Series::new(nom, v),
            Valeurs::Decimal(v) => Series::new(nom, v),
            Valeurs::Date(v) => Series::new(nom, v).cast(&DataType::Date)?,
            Valeurs::Booleen(v) => Series::new(nom, v),
        };
        Ok(Column::from(serie))
    });
    DataFrame::new(lignes, colonnes.collect::<PolarsResult<Vec<Column>>>()?)
}

/// An answer of the engine as a table of ours.
fn table(reponse: &DataFrame) -> Result<Table, Refus> {
    let colonnes = reponse.columns().iter().map(|colonne| {
        // What the engine calls COUNT(*) when the query does not name it.
        let nom = if colonne.name() == "len" { "count".to_owned() } else { colonne.name().to_string() };
        let valeurs = valeurs(colonne.as_materialized_series()).map_err(|error| de_l_execution(&error))?;
        let valeurs = valeurs.ok_or_else(|| {
            Refus(format!(
                "la colonne « {} » de la réponse contient des listes ou des valeurs composées. Gardez-en un nombre, une date ou un texte",
                Affichable(&nom)
            ))
        })?;
        Ok((nom, valeurs))
    });
    Ok(Table { colonnes: colonnes.collect::<Result<_, Refus>>()? })
}

/// The values of a column; `None` when they are of no sort that is shown.
fn valeurs(serie: &Series) -> PolarsResult<Option<Valeurs>> {
    Ok(Some(match serie.dtype() {
        DataType::String => Valeurs::Texte(serie.str()?.iter().map(|x| x.map(SmolStr::from)).collect()),
        DataType::Boolean => Valeurs::Booleen(serie.bool()?.iter().collect()),
        DataType::Date => Valeurs::Date(serie.date()?.physical().iter().collect()),
        DataType::Duration(unite) => jours(serie, *unite)?,
        DataType::Null => Valeurs::Texte(vec![None; serie.len()]),
        DataType::Datetime(..) | DataType::Time => {
            let textes = serie.cast(&DataType::String)?;
            Valeurs::Texte(textes.str()?.iter().map(|x| x.map(SmolStr::from)).collect())
        }
        sorte if sorte.is_integer() => Valeurs::Entier(serie.cast(&DataType::Int64)?.i64()?.iter().collect()),
        sorte if sorte.is_primitive_numeric() || sorte.is_decimal() => {
            Valeurs::Decimal(serie.cast(&DataType::Float64)?.f64()?.iter().collect())
        }
        _ => return Ok(None),
    }))
}

/// The difference of two days, in days: whole ones whenever they are.
fn jours(serie: &Series, unite: TimeUnit) -> PolarsResult<Valeurs> {
    let par_jour: i64 = match unite {
        TimeUnit::Nanoseconds => 86_400_000_000_000,
        TimeUnit::Microseconds => 86_400_000_000,
        TimeUnit::Milliseconds => 86_400_000,
    };
    let durees: Vec<Option<i64>> = serie.duration()?.physical().iter().collect();
    if durees.iter().flatten().all(|duree| duree % par_jour == 0) {
        return Ok(Valeurs::Entier(durees.into_iter().map(|duree| duree.map(|d| d / par_jour)).collect()));
    }
    #[expect(clippy::cast_precision_loss, reason = "days, shown with a few decimals")]
    let en_jours = |duree: i64| duree as f64 / par_jour as f64;
    Ok(Valeurs::Decimal(durees.into_iter().map(|duree| duree.map(en_jours)).collect()))
}

/// Why a query cannot be planned. Only the query and the names of columns are known by then: what the
/// engine says of them may be shown.
fn du_plan(error: &PolarsError) -> Refus {
    let message = texte(error);
    let cite = || message.split('\'').nth(1).map(|nom| Affichable(nom).to_string()).unwrap_or_default();
    Refus(match racine(error) {
        _ if message.contains("unsupported function") || message.starts_with("UDF") => {
            let nom = message.trim_start_matches("UDF ").split(' ').next().unwrap_or_default();
            let nom = if message.contains('\'') { cite() } else { Affichable(nom).to_string() };
            format!("la fonction « {nom} » n'existe pas. Les plus courantes : COUNT, SUM, AVG, MEDIAN, MIN, MAX, ROUND, COALESCE, DATE_PART, STRFTIME, UPPER")
        }
        _ if message.contains("GROUP BY clause or an aggregate") => {
            format!("« {} » doit être dans GROUP BY, ou dans un calcul comme COUNT, SUM, AVG, MIN ou MAX", cite())
        }
        _ if message.contains("UNION requires equal number") => {
            "les requêtes réunies par UNION doivent avoir autant de colonnes l'une que l'autre".to_owned()
        }
        _ if message.contains("unnamed relation") || message.contains("require named tables") => {
            "donnez un nom à la sous-requête : (SELECT …) AS nom".to_owned()
        }
        PolarsError::Duplicate(_) => {
            "deux colonnes de la réponse auraient le même nom. Donnez un autre nom à l'une avec AS".to_owned()
        }
        PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_) => {
            "une colonne n'existe pas à l'endroit où elle est nommée : ce que WITH ou une sous-requête ne donne pas, ou ce que \
             GROUP BY a réuni, n'est plus visible autour"
                .to_owned()
        }
        PolarsError::InvalidOperation(_) | PolarsError::SchemaMismatch(_) | PolarsError::ComputeError(_) => format!(
            "les types ne vont pas ensemble (une date se compare à '2021-12-31', un nombre à 12, un oui/non à TRUE). \
             Le moteur répond, en anglais : « {} »",
            premiere_ligne(&message)
        ),
        _ => format!(
            "le moteur SQL ne sait pas faire ce que la requête demande. Il répond, en anglais : « {} »",
            premiere_ligne(&message)
        ),
    })
}

/// Why a query that was planned has no answer. What the engine says may quote the data: only the kind
/// of the error is said.
fn de_l_execution(error: &PolarsError) -> Refus {
    Refus(match racine(error) {
        PolarsError::InvalidOperation(_) | PolarsError::ComputeError(_) => {
            "un calcul de la requête échoue sur une des valeurs : souvent une conversion (CAST) d'un texte qui n'est pas un nombre \
             ou une date, ou une sous-requête qui donne plusieurs lignes. TRY_CAST laisse vide ce qui ne se convertit pas"
                .to_owned()
        }
        PolarsError::ShapeMismatch(_) => {
            "les colonnes de la réponse n'ont pas autant de lignes les unes que les autres : un calcul (COUNT, SUM…) y côtoie des \
             valeurs ligne à ligne. Ajoutez GROUP BY"
                .to_owned()
        }
        PolarsError::Duplicate(_) => {
            "deux colonnes de la réponse auraient le même nom. Donnez un autre nom à l'une avec AS".to_owned()
        }
        PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_) => {
            "une colonne n'existe pas à l'endroit où elle est nommée. Relisez ce que donnent WITH et les sous-requêtes".to_owned()
        }
        _ => return impossible(),
    })
}

/// The error itself, without what was said around it.
fn racine(error: &PolarsError) -> &PolarsError {
    match error {
        PolarsError::Context { error, .. } | PolarsError::ExprContext { error, .. } => racine(error),
        error => error,
    }
}

fn texte(error: &PolarsError) -> String {
    match racine(error) {
        PolarsError::SQLInterface(message)
        | PolarsError::SQLSyntax(message)
        | PolarsError::InvalidOperation(message)
        | PolarsError::SchemaMismatch(message)
        | PolarsError::ComputeError(message) => message.to_string(),
        autre => autre.to_string(),
    }
}

/// The first line, without what a terminal would obey, and not too long. Of a message that shows the
/// inside of the engine, only what comes before.
fn premiere_ligne(message: &str) -> String {
    let message =
        if message.contains("Span(") { message.split([':', '(', '{']).next().unwrap_or_default() } else { message };
    let ligne: String = message.lines().next().unwrap_or_default().chars().take(200).collect();
    Affichable(ligne.trim()).to_string()
}
