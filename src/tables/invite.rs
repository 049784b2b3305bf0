//! What the prompt of `jalon analyser` knows: when a question is complete, and what may follow what
//! is being typed.

use std::borrow::Cow;
use std::path::PathBuf;

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::catalogue::Nom;

/// What is typed before a line.
pub const INVITE: &str = "jalon> ";

/// What can be typed at the prompt.
pub const AIDE: &str = "\
Tapez une requête SQL, sur une ou plusieurs lignes, terminée par un point-virgule :

  SELECT categorie, COUNT(*) AS entrees FROM entrees GROUP BY categorie ORDER BY entrees DESC;

  \\tables            les cinq tables
  \\colonnes TABLE    les colonnes d'une table et ce qu'elles veulent dire
  \\aide              cette aide
  \\q                 quitter (ou Ctrl-D)

La touche Tab complète les noms de tables, de colonnes et les mots de SQL ; les flèches rappellent les
requêtes d'avant. Une date s'écrit '2021-12-31', un texte 'PE', un oui/non TRUE ou FALSE.
";

/// The words of SQL that are offered.
const MOTS: [&str; 47] = [
    "AND",
    "AS",
    "ASC",
    "AVG(",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST(",
    "COALESCE(",
    "COUNT(*)",
    "COUNT(DISTINCT",
    "DATE_PART(",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "EXCEPT",
    "FALSE",
    "FROM",
    "GROUP BY",
    "HAVING",
    "IN",
    "INNER JOIN",
    "IS NOT NULL",
    "IS NULL",
    "JOIN",
    "LEFT JOIN",
    "LIKE",
    "LIMIT",
    "MAX(",
    "MEDIAN(",
    "MIN(",
    "NOT",
    "ON",
    "OR",
    "ORDER BY",
    "OVER",
    "PARTITION BY",
    "ROUND(",
    "SELECT",
    "STRFTIME(",
    "SUM(",
    "THEN",
    "TRUE",
    "UNION ALL",
    "WHEN",
    "WHERE",
];

/// Whether what was typed can be run: an order, nothing, or a query that ends with a semicolon.
#[must_use]
pub fn complete(texte: &str) -> bool {
    let texte = texte.trim();
    texte.is_empty() || texte.starts_with('\\') || (texte.ends_with(';') && ferme(texte))
}

/// Whether every quote that was opened is closed.
fn ferme(texte: &str) -> bool {
    let ouverte = texte.chars().fold(None, |ouverte, c| match (ouverte, c) {
        (None, '\'' | '"') => Some(c),
        (Some(quote), c) if quote == c => None,
        (ouverte, _) => ouverte,
    });
    ouverte.is_none()
}

/// What may stand where the cursor is, and where the word being typed begins. The columns are those
/// of the tables named so far; of all of them when none is.
#[must_use]
pub fn propositions(texte: &str, place: usize, sans_noms: bool) -> (usize, Vec<String>) {
    let avant = texte.get(..place).unwrap_or(texte);
    let debut = avant
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '\\'))
        .map_or(0, |i| i + avant[i..].chars().next().map_or(1, char::len_utf8));
    let mot = &avant[debut..];
    let commence = |autre: &str| !mot.is_empty() && autre.to_lowercase().starts_with(&mot.to_lowercase());
    if mot.starts_with('\\') {
        let ordres = ["\\aide", "\\colonnes", "\\q", "\\tables"];
        return (debut, ordres.into_iter().filter(|ordre| commence(ordre)).map(str::to_owned).collect());
    }
    let precedent = avant[..debut].split_whitespace().next_back().unwrap_or_default().to_uppercase();
    let tables = Nom::TOUS.iter().map(|nom| nom.code());
    if ["FROM", "JOIN", "\\COLONNES", "DESCRIBE"].contains(&precedent.as_str()) {
        let tables = tables.filter(|nom| mot.is_empty() || commence(nom));
        return (debut, tables.map(str::to_owned).collect());
    }
    let mots_du_texte: Vec<&str> = texte.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let nommees: Vec<Nom> = Nom::TOUS.into_iter().filter(|nom| mots_du_texte.contains(&nom.code())).collect();
    let nommees = if nommees.is_empty() { Nom::TOUS.to_vec() } else { nommees };
    let colonnes = nommees.iter().flat_map(|nom| nom.colonnes_montrees(sans_noms)).map(|colonne| colonne.nom);
    let mut offerts: Vec<String> =
        colonnes.chain(tables).chain(MOTS).filter(|autre| commence(autre)).map(str::to_owned).collect();
    offerts.sort();
    offerts.dedup();
    (debut, offerts)
}

/// Where the queries typed before are kept: in the folder that the system gives programs for what
/// they remember.
#[must_use]
pub fn historique(etat: Option<PathBuf>, maison: Option<PathBuf>) -> Option<PathBuf> {
    let etat = etat.filter(|dossier| dossier.is_absolute());
    let dossier = etat.or_else(|| Some(maison?.join(".local/state")))?;
    Some(dossier.join("jalon/analyser.historique"))
}

/// What the line editor asks.
#[derive(Clone, Copy, Debug)]
pub struct Assistant {
    /// Whether the columns that name people are left out.
    pub sans_noms: bool,
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(&self, texte: &str, place: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(propositions(texte, place, self.sans_noms))
    }
}

impl Validator for Assistant {
    fn validate(&self, contexte: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if complete(contexte.input()) { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Highlighter for Assistant {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, invite: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Borrowed(invite)
    }
}

impl Helper for Assistant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_complete_at_its_semicolon_and_an_order_at_once() {
        for texte in ["", "  ", "\\tables", "\\colonnes flux", "SELECT 1;", "SELECT ';' AS x;\n", "SELECT 'l''an';"] {
            assert!(complete(texte), "{texte}");
        }
        for texte in ["SELECT 1", "SELECT ';", "SELECT \"a;", "SELECT 'l'' an;"] {
            assert!(!complete(texte), "{texte}");
        }
    }

    fn offerts(texte: &str) -> Vec<String> {
        propositions(texte, texte.len(), false).1
    }

    #[test]
    fn tables_are_offered_after_from_and_columns_of_the_tables_named_elsewhere() {
        assert_eq!(offerts("SELECT * FROM "), ["entrees", "personnes", "evenements", "flux", "indicateurs"]);
        assert_eq!(offerts("SELECT * FROM e"), ["entrees", "evenements"]);
        assert_eq!(offerts("\\colonnes fl"), ["flux"]);
        assert_eq!(offerts("SELECT * FROM flux WHERE dt"), ["dtref"]);
        assert_eq!(offerts("SELECT * FROM entrees WHERE dt"), Vec::<String>::new());
        assert_eq!(offerts("sel"), ["SELECT"]);
        assert_eq!(offerts("\\"), ["\\aide", "\\colonnes", "\\q", "\\tables"]);
        assert!(offerts("SELECT ").is_empty(), "everything is too much");
    }

    #[test]
    fn the_word_being_typed_is_replaced_from_its_start_accents_included() {
        assert_eq!(propositions("SELECT é, dtr", 14, false), (11, vec!["dtref".to_owned()]));
        assert_eq!(propositions("SELECT é", 8, false).0, 7, "in the middle of a character, nothing breaks");
        assert_eq!(propositions("SELECT e.catego", 15, false), (9, vec!["categorie".to_owned()]));
    }

    #[test]
    fn columns_that_name_people_are_not_offered_without_names() {
        let texte = "SELECT * FROM personnes WHERE pren";
        assert_eq!(propositions(texte, texte.len(), false).1, ["prenom"]);
        assert!(propositions(texte, texte.len(), true).1.is_empty());
    }

    #[test]
    fn the_history_is_in_the_folder_of_the_state_of_the_user() {
        let dossier = |texte: &str| Some(PathBuf::from(texte));
        let la = |texte: &str| Some(PathBuf::from(texte).join("jalon/analyser.historique"));
        assert_eq!(historique(dossier("/etat"), dossier("/maison")), la("/etat"));
        assert_eq!(historique(dossier("relatif"), dossier("/maison")), la("/maison/.local/state"));
        assert_eq!(historique(None, dossier("/maison")), la("/maison/.local/state"));
        assert_eq!(historique(None, None), None);
    }
}
