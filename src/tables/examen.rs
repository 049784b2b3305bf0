//! Looks at a query before anything runs it: one SELECT, over the five tables, and nothing else. The
//! text is parsed by the very parser of the engine, and what is not known here is refused: no query
//! reads a file, writes one, or changes a table.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Cte, Expr, Function, GroupByExpr, Ident, ObjectName, Query, Select, SelectItem, SetExpr, Statement, TableAlias,
    TableFactor, Visit, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError, ParserOptions};

use super::catalogue::Nom;
use crate::systeme::Affichable;

/// Characters beyond which a text is no question.
pub const LONGUEUR: usize = 10_000;
/// Operations one in another, or unions one after another, beyond which the engine would fall.
const PROFONDEUR: usize = 100;

/// Why a query is not run. In French, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refus(pub String);

/// A query that may be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requete {
    /// Its text.
    pub texte: String,
    /// The tables that it names.
    pub tables: Vec<Nom>,
}

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demande {
    /// The five tables.
    Tables,
    /// The columns of a table.
    Colonnes(Nom),
    /// What can be typed.
    Aide,
    /// To leave.
    Quitter,
    /// A query.
    Requete(Requete),
}

/// Reads what was typed: a query, or one of the few orders that are no SQL.
///
/// # Errors
/// What cannot be run, and why.
pub fn lire(texte: &str, sans_noms: bool) -> Result<Demande, Refus> {
    let texte = texte.trim().trim_end_matches(';').trim_end();
    if texte.is_empty() {
        return Err(Refus("il manque une requête, comme : SELECT COUNT(*) FROM entrees".to_owned()));
    }
    if texte.chars().count() > LONGUEUR {
        return Err(Refus(format!("la requête est trop longue : {LONGUEUR} caractères au plus")));
    }
    let mots: Vec<&str> = texte.split_whitespace().collect();
    let premier = mots[0].to_lowercase();
    match (premier.as_str(), &mots[1..]) {
        ("\\tables", []) => return Ok(Demande::Tables),
        ("show", [quoi]) if quoi.eq_ignore_ascii_case("tables") => return Ok(Demande::Tables),
        ("\\colonnes" | "describe" | "desc", [table]) => {
            return Nom::lire(&table.to_lowercase()).map(Demande::Colonnes).ok_or_else(|| table_inconnue(table));
        }
        ("\\colonnes" | "describe" | "desc", _) => {
            return Err(Refus(format!("indiquez une table, comme « \\colonnes entrees ». {LES_CINQ}")));
        }
        ("\\aide", _) => return Ok(Demande::Aide),
        ("\\q" | "\\quitter", _) => return Ok(Demande::Quitter),
        (autre, _) if autre.starts_with('\\') => {
            return Err(Refus(format!(
                "« {} » n'est pas un ordre connu. Ils sont quatre : \\tables, \\colonnes TABLE, \\aide, \\q",
                Affichable(mots[0])
            )));
        }
        _ => {}
    }
    examiner(texte, sans_noms).map(Demande::Requete)
}

const LES_CINQ: &str = "Les tables sont : entrees, personnes, evenements, flux, indicateurs";

/// A query: parsed, and found to read the five tables and nothing else.
fn examiner(texte: &str, sans_noms: bool) -> Result<Requete, Refus> {
    let instructions = parse(texte).map_err(|error| syntaxe(texte, &error))?;
    let [instruction] = instructions.as_slice() else {
        return Err(Refus("une seule requête à la fois, sans autre « ; » que le dernier".to_owned()));
    };
    let Statement::Query(query) = instruction else { return Err(lecture_seule()) };
    if query.visit(&mut Profondeur(0)).is_break() {
        return Err(trop_profonde());
    }
    let mut noms = NomsDonnes::default();
    let _ = query.visit(&mut noms);
    let mut controle = Controle { donnes: &noms, tables: BTreeSet::new(), colonnes: Vec::new() };
    if let ControlFlow::Break(refus) = query.visit(&mut controle) {
        return Err(refus);
    }
    let Controle { tables, colonnes, .. } = controle;
    colonnes_connues(&tables, &noms, &colonnes, sans_noms)?;
    Ok(Requete { texte: texte.to_owned(), tables: tables.into_iter().collect() })
}

/// Parsed as the engine does.
fn parse(texte: &str) -> Result<Vec<Statement>, ParserError> {
    let options = ParserOptions { trailing_commas: true, ..Default::default() };
    Parser::new(&GenericDialect).with_options(options).try_with_sql(texte)?.parse_statements()
}

fn lecture_seule() -> Refus {
    Refus(
        "jalon ne fait que lire : une seule requête SELECT (ou WITH … SELECT) est acceptée, rien ne peut être créé, modifié, \
         supprimé ni écrit par une requête. Pour écrire la réponse dans un fichier, employez --sortie"
            .to_owned(),
    )
}

fn lecture_de_fichier() -> Refus {
    Refus(format!("une requête ne lit aucun fichier : elle ne voit que les cinq tables. {LES_CINQ}"))
}

fn table_inconnue(nom: &str) -> Refus {
    let proche = plus_proche(nom, Nom::TOUS.iter().map(|table| table.code()));
    let proche = proche.map(|table| format!(" Vouliez-vous dire {table} ?")).unwrap_or_default();
    Refus(format!("la table « {} » n'existe pas.{proche} {LES_CINQ}", Affichable(nom)))
}

fn trop_profonde() -> Refus {
    Refus(format!(
        "la requête enchaîne trop d'opérations ou de sous-requêtes les unes dans les autres ({PROFONDEUR} au plus) : employez IN (…), ou des étapes avec WITH"
    ))
}

/// How deep the expressions are: stops before it is too much.
struct Profondeur(usize);

impl Visitor for Profondeur {
    type Break = ();

    fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.0 += 1;
        if self.0 > PROFONDEUR { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.0 -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let mut unions = 0;
        let mut corps = &*query.body;
        while let SetExpr::SetOperation { left, .. } = corps {
            (corps, unions) = (left, unions + 1);
        }
        if unions > PROFONDEUR / 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The names that a query gives itself.
#[derive(Default)]
struct NomsDonnes {
    /// Of what stands for a table: WITH, subqueries, AS after a table.
    tables: BTreeSet<String>,
    /// Of what WITH names: the only ones that a FROM may call.
    avec: BTreeSet<String>,
    /// Of columns.
    colonnes: BTreeSet<String>,
}

impl NomsDonnes {
    fn alias(&mut self, alias: &TableAlias) {
        self.tables.insert(alias.name.value.clone());
        self.colonnes.extend(alias.columns.iter().map(|colonne| colonne.name.value.clone()));
    }
}

impl Visitor for NomsDonnes {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for Cte { alias, .. } in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.alias(alias);
            self.avec.insert(alias.name.value.clone());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { alias, .. } => drop(self.colonnes.insert(alias.value.clone())),
                SelectItem::ExprWithAliases { aliases, .. } => {
                    self.colonnes.extend(aliases.iter().map(|alias| alias.value.clone()));
                }
                // What an unnamed expression is called by the engine: the function, in lower case.
                SelectItem::UnnamedExpr(Expr::Function(Function { name, .. })) => {
                    self.colonnes.insert(name.to_string().to_lowercase());
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, facteur: &TableFactor) -> ControlFlow<()> {
        match facteur {
            TableFactor::Table { alias: Some(alias), .. }
            | TableFactor::Derived { alias: Some(alias), .. }
            | TableFactor::NestedJoin { alias: Some(alias), .. } => self.alias(alias),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Goes through a query and stops at the first thing that it may not hold.
struct Controle<'a> {
    donnes: &'a NomsDonnes,
    tables: BTreeSet<Nom>,
    /// The columns named, with the table or alias that stands before, if any.
    colonnes: Vec<(Option<Ident>, Ident)>,
}

impl Controle<'_> {
    fn corps(corps: &SetExpr) -> Result<(), Refus> {
        match corps {
            SetExpr::Select(select) if select.into.is_some() => Err(lecture_seule()),
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => Ok(()),
            SetExpr::SetOperation { left, right, .. } => Self::corps(left).and_then(|()| Self::corps(right)),
            SetExpr::Table(_) => Err(Refus("« TABLE nom » n'est pas accepté : écrivez SELECT * FROM nom".to_owned())),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => Err(lecture_seule()),
        }
    }

    fn facteur(&mut self, facteur: &TableFactor) -> Result<(), Refus> {
        match facteur {
            TableFactor::Table { args: Some(_), .. } => Err(lecture_de_fichier()),
            TableFactor::Table { name, alias, .. } => {
                let nom = nom_simple(name)?;
                if let Some(alias) = alias
                    && alias.name.value != nom
                {
                    nom_libre(&alias.name.value)?;
                }
                Ok(())
            }
            TableFactor::Derived { alias, .. } | TableFactor::NestedJoin { alias, .. } => {
                alias.as_ref().map_or(Ok(()), |alias| nom_libre(&alias.name.value))
            }
            _ => Err(lecture_de_fichier()),
        }
    }

    fn relation(&mut self, relation: &ObjectName) -> Result<(), Refus> {
        let nom = nom_simple(relation)?;
        match Nom::lire(&nom) {
            Some(table) => drop(self.tables.insert(table)),
            None if self.donnes.avec.contains(&nom) => {}
            None => return Err(table_inconnue(&nom)),
        }
        Ok(())
    }

    fn expression(&mut self, expression: &Expr) -> Result<(), Refus> {
        match expression {
            Expr::Identifier(colonne) => self.colonnes.push((None, colonne.clone())),
            Expr::CompoundIdentifier(noms) => {
                if let [table, colonne] = noms.as_slice() {
                    self.colonnes.push((Some(table.clone()), colonne.clone()));
                }
            }
            Expr::Function(Function { name, .. }) => {
                let nom = name.to_string().to_lowercase();
                if nom.contains('.') || nom.starts_with("read_") || nom.starts_with("scan_") {
                    return Err(lecture_de_fichier());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn suivre(resultat: Result<(), Refus>) -> ControlFlow<Refus> {
    resultat.map_or_else(ControlFlow::Break, ControlFlow::Continue)
}

impl Visitor for Controle<'_> {
    type Break = Refus;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Refus> {
        suivre(Self::corps(&query.body).and_then(|()| {
            let mut avec = query.with.iter().flat_map(|with| &with.cte_tables);
            avec.try_for_each(|cte| nom_libre(&cte.alias.name.value))
        }))
    }

    fn pre_visit_statement(&mut self, _: &Statement) -> ControlFlow<Refus> {
        // A statement within a query writes.
        ControlFlow::Break(lecture_seule())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Refus> {
        suivre(ensemble_ou_lignes(select))
    }

    fn pre_visit_table_factor(&mut self, facteur: &TableFactor) -> ControlFlow<Refus> {
        suivre(self.facteur(facteur))
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Refus> {
        suivre(self.relation(relation))
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Refus> {
        suivre(self.expression(expression))
    }
}

/// A SELECT without GROUP BY asks for figures of the whole, or for lines: not for both, which the
/// engine would answer by writing the figure on every line.
fn ensemble_ou_lignes(select: &Select) -> Result<(), Refus> {
    if !matches!(&select.group_by, GroupByExpr::Expressions(par, _) if par.is_empty()) {
        return Ok(());
    }
    let (mut calculs, mut etoile) = (Calculs::default(), false);
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expr)
            | SelectItem::ExprWithAlias { expr, .. }
            | SelectItem::ExprWithAliases { expr, .. } => {
                let _ = expr.visit(&mut calculs);
            }
            SelectItem::QualifiedWildcard(..) | SelectItem::Wildcard(_) => etoile = true,
        }
    }
    match (calculs.trouve, calculs.colonne) {
        (true, Some(colonne)) => Err(Refus(format!(
            "« {} » doit être dans GROUP BY, ou dans un calcul comme COUNT, SUM, AVG, MIN ou MAX",
            Affichable(&colonne)
        ))),
        (true, None) if etoile => Err(Refus(
            "« * » ne va pas avec un calcul comme COUNT ou SUM : nommez les colonnes, avec GROUP BY".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// The functions that make one figure of many lines.
const CALCULS: [&str; 20] = [
    "ANY_VALUE",
    "APPROX_COUNT_DISTINCT",
    "ARRAY_AGG",
    "AVG",
    "CORR",
    "COUNT",
    "COVAR",
    "COVAR_POP",
    "COVAR_SAMP",
    "FIRST",
    "LAST",
    "MAX",
    "MEAN",
    "MEDIAN",
    "MIN",
    "MODE",
    "QUANTILE_CONT",
    "QUANTILE_DISC",
    "STRING_AGG",
    "SUM",
];

/// What the expressions of a SELECT hold, subqueries apart.
#[derive(Default)]
struct Calculs {
    /// Whether there is a figure of many lines.
    trouve: bool,
    /// A column that is in none.
    colonne: Option<String>,
    dans_un_calcul: usize,
    dans_une_requete: usize,
}

/// Whether an expression makes one figure of many lines. With OVER, it makes one a line.
fn est_un_calcul(expression: &Expr) -> bool {
    let Expr::Function(Function { name, over: None, .. }) = expression else { return false };
    let nom = name.to_string().to_uppercase();
    CALCULS.contains(&nom.as_str()) || nom.starts_with("STD") || nom.starts_with("VAR")
}

impl Visitor for Calculs {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.dans_une_requete += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.dans_une_requete -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if self.dans_une_requete > 0 {
            return ControlFlow::Continue(());
        }
        if est_un_calcul(expression) {
            self.trouve = true;
            self.dans_un_calcul += 1;
        } else if self.dans_un_calcul == 0 {
            match expression {
                Expr::Identifier(colonne) => self.colonne = Some(colonne.value.clone()),
                Expr::CompoundIdentifier(noms) => self.colonne = noms.last().map(|colonne| colonne.value.clone()),
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if self.dans_une_requete == 0 && est_un_calcul(expression) {
            self.dans_un_calcul -= 1;
        }
        ControlFlow::Continue(())
    }
}

/// The name of a table: one word. The engine looks at the first one of several.
fn nom_simple(nom: &ObjectName) -> Result<String, Refus> {
    match nom.0.as_slice() {
        [seul] => seul.as_ident().map(|ident| ident.value.clone()).ok_or_else(lecture_de_fichier),
        _ => Err(table_inconnue(&nom.to_string())),
    }
}

/// A name that a query gives is not that of a table: the engine would take one for the other.
fn nom_libre(nom: &str) -> Result<(), Refus> {
    if Nom::lire(nom).is_none() {
        return Ok(());
    }
    Err(Refus(format!("« {nom} » est déjà le nom d'une table : donnez un autre nom à ce que la requête appelle ainsi")))
}

/// The columns of the tables named, and those that the query makes itself. A name that is neither is
/// a mistake, which the engine would say in its own words.
fn colonnes_connues(
    tables: &BTreeSet<Nom>,
    donnes: &NomsDonnes,
    colonnes: &[(Option<Ident>, Ident)],
    sans_noms: bool,
) -> Result<(), Refus> {
    let connues: BTreeSet<&str> =
        tables.iter().flat_map(|table| table.colonnes_montrees(sans_noms)).map(|colonne| colonne.nom).collect();
    let tables_connues = |nom: &str| donnes.tables.contains(nom) || tables.iter().any(|table| table.code() == nom);
    for (table, colonne) in colonnes {
        let nom = colonne.value.as_str();
        if let Some(table) = table
            && !tables_connues(&table.value)
        {
            return Err(Refus(format!(
                "« {}.{} » : la requête ne nomme aucune table « {} » après FROM ou JOIN",
                Affichable(&table.value),
                Affichable(nom),
                Affichable(&table.value)
            )));
        }
        if connues.contains(nom) || donnes.colonnes.contains(nom) || donnes.tables.contains(nom) {
            continue;
        }
        return Err(colonne_inconnue(colonne, tables, &connues, sans_noms));
    }
    Ok(())
}

fn colonne_inconnue(colonne: &Ident, tables: &BTreeSet<Nom>, connues: &BTreeSet<&str>, sans_noms: bool) -> Refus {
    let nom = colonne.value.as_str();
    let mut message = format!("la colonne « {} » n'existe pas.", Affichable(nom));
    if colonne.quote_style == Some('"') {
        message.push_str(" Un texte s'écrit entre apostrophes ('PE'), les guillemets désignent une colonne.");
    }
    if sans_noms && tables.iter().flat_map(|table| table.colonnes()).any(|c| c.nom == nom) {
        message.push_str(" Elle désigne des personnes : --sans-noms l'a retirée.");
    } else if let Some(proche) = plus_proche(nom, connues.iter().copied()) {
        message.push_str(&format!(" Vouliez-vous dire {proche} ?"));
    }
    let ailleurs: Vec<&str> = Nom::TOUS
        .into_iter()
        .filter(|table| !tables.contains(table) && table.colonnes_montrees(sans_noms).any(|c| c.nom == nom))
        .map(Nom::code)
        .collect();
    if !ailleurs.is_empty() {
        message.push_str(&format!(" Elle est dans : {}.", ailleurs.join(", ")));
    }
    for table in tables {
        let noms: Vec<&str> = table.colonnes_montrees(sans_noms).map(|colonne| colonne.nom).collect();
        message.push_str(&format!("\nColonnes de {} : {}.", table.code(), noms.join(", ")));
    }
    if tables.is_empty() {
        message.push_str(&format!(" La requête ne nomme aucune table. {LES_CINQ}."));
    }
    Refus(message.trim_end_matches('.').to_owned())
}

/// The closest of some names, when it is close enough to have been meant.
pub(super) fn plus_proche<'a>(nom: &str, parmi: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let nom = crate::identite::folded(nom).to_lowercase().replace(' ', "_");
    let (ecart, proche) = parmi.map(|autre| (distance(&nom, autre), autre)).min()?;
    (ecart <= (nom.chars().count() / 3).max(1)).then_some(proche)
}

/// How many letters to add, remove or change from one word to another.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut ligne: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonale = ligne[0];
        ligne[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let remplace = diagonale + usize::from(x != *y);
            diagonale = ligne[j + 1];
            ligne[j + 1] = remplace.min(diagonale + 1).min(ligne[j] + 1);
        }
    }
    ligne.last().copied().unwrap_or_default()
}

/// Where the text stops being SQL, in French.
fn syntaxe(texte: &str, error: &ParserError) -> Refus {
    let premier = texte.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_uppercase();
    if !["SELECT", "WITH", "FROM", ""].contains(&premier.as_str()) {
        return Refus(format!("{} (la requête commence par « {premier} »)", lecture_seule().0));
    }
    let message = match error {
        ParserError::RecursionLimitExceeded => {
            return trop_profonde();
        }
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
    };
    let (raison, place) = message.rsplit_once(" at Line: ").unwrap_or((message, ""));
    let place = match place.split_once(", Column: ") {
        Some((ligne, colonne)) => format!(" à la ligne {ligne}, caractère {colonne}"),
        None => String::new(),
    };
    Refus(format!("erreur de syntaxe{place} : {}", en_francais(raison)))
}

/// What the parser says, in French. The text that it found is shown unless it is a quoted one, which
/// may name somebody.
fn en_francais(raison: &str) -> String {
    let trouve = |texte: &str| match texte.trim() {
        "EOF" => "la fin de la requête".to_owned(),
        texte if texte.contains('\'') => "un texte entre apostrophes".to_owned(),
        texte => format!("« {} »", Affichable(texte)),
    };
    let attendu = |texte: &str| match texte.trim().trim_end_matches(',') {
        "an expression" | "an expression:" => "une colonne ou une valeur".to_owned(),
        "end of statement" => "la fin de la requête".to_owned(),
        "identifier" => "un nom".to_owned(),
        "SELECT, VALUES, or a subquery in the query body" => "SELECT".to_owned(),
        texte => Affichable(texte).to_string(),
    };
    if let Some((voulu, lu)) = raison.strip_prefix("Expected: ").and_then(|reste| reste.split_once("found: ")) {
        return format!("attendu {}, trouvé {}", attendu(voulu), trouve(lu));
    }
    if raison.starts_with("Unterminated") {
        return "un texte ou un nom commence par une apostrophe ou un guillemet et ne se termine pas".to_owned();
    }
    "ce passage n'est pas du SQL".to_owned()
}

#[cfg(test)]
mod tests;
