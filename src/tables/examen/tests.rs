use super::*;

fn tables(sql: &str) -> Vec<&'static str> {
    match lire(sql, false) {
        Ok(Demande::Requete(requete)) => requete.tables.into_iter().map(Nom::code).collect(),
        autre => panic!("{sql} : {autre:?}"),
    }
}

fn refus(sql: &str) -> String {
    match lire(sql, false) {
        Err(Refus(message)) => message,
        autre => panic!("« {sql} » est accepté : {autre:?}"),
    }
}

#[test]
fn a_select_names_the_tables_that_it_needs_and_no_other() {
    assert_eq!(tables("SELECT COUNT(*) FROM flux"), ["flux"]);
    assert_eq!(tables("select t0 from entrees;\n"), ["entrees"]);
    assert_eq!(tables("SELECT 1"), Vec::<&str>::new());
    assert_eq!(
        tables("SELECT p.nom FROM entrees e JOIN personnes AS p ON e.personne = p.personne WHERE e.gad"),
        ["entrees", "personnes"]
    );
    assert_eq!(
        tables("WITH a AS (SELECT personne FROM entrees), b(n) AS (SELECT COUNT(*) FROM a) SELECT n FROM b"),
        ["entrees"]
    );
    assert_eq!(tables("SELECT * FROM (SELECT dtref AS j FROM flux) AS f WHERE j > '2021-01-01'"), ["flux"]);
    assert_eq!(tables("SELECT t0 FROM entrees UNION ALL SELECT date FROM evenements"), ["entrees", "evenements"]);
    assert_eq!(
        tables("SELECT personne FROM personnes WHERE personne IN (SELECT personne FROM entrees WHERE gad)"),
        ["entrees", "personnes"]
    );
    assert_eq!(tables("(SELECT dtref FROM flux)"), ["flux"]);
}

#[test]
fn what_is_no_select_is_refused() {
    for sql in [
        "CREATE TABLE x AS SELECT * FROM entrees",
        "CREATE TABLE entrees (a INT)",
        "DROP TABLE entrees",
        "TRUNCATE TABLE entrees",
        "TRUNCATE entrees",
        "DELETE FROM entrees",
        "DELETE FROM entrees WHERE gad",
        "INSERT INTO entrees VALUES (1)",
        "UPDATE entrees SET gad = TRUE",
        "MERGE INTO entrees USING flux ON TRUE WHEN MATCHED THEN DELETE",
        "COPY entrees TO 'x.csv'",
        "COPY (SELECT * FROM entrees) TO 'x.csv'",
        "EXPLAIN SELECT * FROM entrees",
        "SET x = 1",
        "INSTALL httpfs",
        "ATTACH 'x.db'",
        "PRAGMA database_list",
        "VACUUM",
        "ALTER TABLE entrees ADD COLUMN x INT",
        "GRANT ALL ON entrees TO x",
        "CALL f()",
        "SHOW COLUMNS FROM entrees",
        "WITH x AS (DELETE FROM entrees RETURNING *) SELECT * FROM x",
        "WITH x AS (INSERT INTO entrees SELECT * FROM flux) SELECT 1",
        "SELECT * INTO x FROM entrees",
        "SELECT * FROM (DELETE FROM entrees)",
    ] {
        let message = refus(sql);
        assert!(message.contains("ne fait que lire") || message.contains("syntaxe"), "{sql} : {message}");
    }
}

#[test]
fn two_requests_at_once_are_refused() {
    for sql in ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE entrees", "SELECT 1;; DELETE FROM flux;"] {
        assert!(refus(sql).contains("une seule requête"), "{sql}");
    }
    assert!(refus("DROP TABLE entrees; SELECT 1").contains("une seule requête"));
    assert!(lire("SELECT 1 ; ", false).is_ok());
    assert!(lire("SELECT 1 -- ; DROP TABLE entrees", false).is_ok(), "a comment is no request");
}

/// Every way that a FROM could reach a file, whether or not the engine is built with its readers.
#[test]
fn no_query_reads_a_file() {
    for sql in [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM READ_CSV('/etc/passwd')",
        "SELECT * FROM \"read_csv\"('/etc/passwd')",
        "SELECT * FROM read_parquet('x.parquet')",
        "SELECT * FROM read_ipc('x')",
        "SELECT * FROM read_json('x')",
        "SELECT * FROM scan_csv('x')",
        "SELECT * FROM entrees JOIN read_csv('x') AS x ON TRUE",
        "SELECT * FROM entrees, read_csv('x')",
        "WITH x AS (SELECT * FROM read_csv('x')) SELECT * FROM x",
        "SELECT * FROM (SELECT * FROM read_csv('x')) AS x",
        "SELECT * FROM entrees WHERE personne IN (SELECT a FROM read_csv('x'))",
        "SELECT (SELECT COUNT(*) FROM read_csv('x')) AS n",
        "SELECT 1 FROM entrees ORDER BY (SELECT COUNT(*) FROM read_csv('x'))",
        "SELECT COUNT(*) FROM entrees GROUP BY categorie HAVING COUNT(*) > (SELECT COUNT(*) FROM read_csv('x'))",
        "SELECT 1 FROM entrees LIMIT (SELECT COUNT(*) FROM read_csv('x'))",
        "SELECT CASE WHEN (SELECT COUNT(*) FROM read_csv('x')) > 0 THEN 1 END",
        "SELECT SUM(rang) OVER (ORDER BY (SELECT COUNT(*) FROM read_csv('x'))) FROM entrees",
        "SELECT t0 FROM entrees UNION SELECT a FROM read_csv('x')",
        "SELECT * FROM entrees e JOIN flux f ON e.caisse = (SELECT a FROM read_csv('x'))",
        "(SELECT * FROM read_csv('x'))",
        "SELECT * FROM (entrees JOIN read_csv('x') AS x ON TRUE)",
        "SELECT * FROM TABLE(read_csv('x'))",
        "SELECT * FROM LATERAL read_csv('x')",
        "SELECT * FROM UNNEST([1, 2]) AS t(a)",
        "SELECT read_csv('/etc/passwd')",
        "SELECT pg_catalog.read_file('x')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM '/etc/passwd.csv'",
        "SELECT * FROM \"/etc/passwd.csv\"",
        "SELECT * FROM `/etc/passwd.csv`",
        "SELECT * FROM entrees.flux",
        "SELECT * FROM read_csv.entrees",
        "SELECT * FROM information_schema.tables",
        "TABLE entrees",
        "FROM read_csv('x')",
    ] {
        let message = refus(sql);
        assert!(!message.contains("passwd") || message.contains("n'existe pas"), "{sql} : {message}");
    }
    assert!(refus("SELECT * FROM read_csv('/etc/passwd')").contains("ne lit aucun fichier"));
}

/// The engine takes a table for what a query calls by the same name, silently.
#[test]
fn a_query_gives_nothing_the_name_of_a_table() {
    for sql in [
        "WITH entrees AS (SELECT 1 AS t0) SELECT t0 FROM entrees",
        "SELECT t0 FROM (SELECT 1 AS t0) AS entrees",
        "SELECT entrees.dtref FROM flux AS entrees",
        "SELECT x.dtref FROM flux AS x JOIN personnes AS entrees ON TRUE",
    ] {
        assert!(refus(sql).contains("déjà le nom d'une table"), "{sql} : {}", refus(sql));
    }
    assert_eq!(tables("SELECT entrees.t0 FROM entrees AS entrees"), ["entrees"]);
}

#[test]
fn an_unknown_table_names_the_five_and_the_closest() {
    let message = refus("SELECT * FROM entree");
    assert!(message.contains("Vouliez-vous dire entrees ?"), "{message}");
    assert!(refus("SELECT * FROM Événements").contains("Vouliez-vous dire evenements ?"));
    let message = refus("SELECT * FROM allocataires");
    assert!(!message.contains("Vouliez-vous") && message.contains("entrees, personnes, evenements"), "{message}");
    assert!(refus("\\colonnes entree").contains("Vouliez-vous dire entrees ?"));
}

#[test]
fn an_unknown_column_names_those_of_the_tables_and_the_closest() {
    let message = refus("SELECT nom, categori FROM entrees");
    assert!(message.contains("« categori »") && message.contains("Vouliez-vous dire categorie ?"), "{message}");
    assert!(message.contains("Colonnes de entrees : personne, rang"), "{message}");
    assert!(refus("SELECT Catégorie FROM entrees").contains("Vouliez-vous dire categorie ?"));
    let message = refus("SELECT dtref FROM entrees");
    assert!(message.contains("Elle est dans : flux."), "{message}");
    let message = refus("SELECT COUNT(*) FROM entrees WHERE organisme = \"PE\"");
    assert!(message.contains("apostrophes ('PE')"), "{message}");
    assert!(refus("SELECT p.t0 FROM entrees e").contains("aucune table « p »"));
    assert!(refus("SELECT x").contains("ne nomme aucune table"));
}

#[test]
fn the_names_that_a_query_gives_are_known() {
    for sql in [
        "SELECT categorie AS c, COUNT(*) AS n FROM entrees GROUP BY c ORDER BY n DESC",
        "WITH a(x, y) AS (SELECT t0, caisse FROM entrees) SELECT a.x, y FROM a",
        "SELECT s.n FROM (SELECT COUNT(*) AS n FROM flux) AS s",
        "SELECT CASE WHEN gad THEN 'oui' ELSE 'non' END AS g FROM entrees",
        "SELECT EXTRACT(YEAR FROM t0) AS annee FROM entrees",
        "SELECT CAST(rang AS TEXT) AS texte FROM entrees",
        "SELECT DATE_PART('month', t0) AS mois FROM entrees WHERE t0 >= DATE '2021-01-01'",
    ] {
        assert!(lire(sql, false).is_ok(), "{sql} : {:?}", lire(sql, false));
    }
}

#[test]
fn columns_that_name_people_are_unknown_without_names() {
    let message = match lire("SELECT nom FROM entrees", true) {
        Err(Refus(message)) => message,
        autre => panic!("{autre:?}"),
    };
    assert!(message.contains("--sans-noms l'a retirée"), "{message}");
    let colonnes = message.split("Colonnes de entrees").nth(1).unwrap_or_default();
    assert!(colonnes.contains("categorie") && !colonnes.contains("numdemrsa"), "{message}");
    assert!(lire("SELECT structure FROM entrees", true).is_ok());
}

/// The engine would write the count on every line: a figure that looks right and is not.
#[test]
fn a_figure_of_the_whole_is_not_mixed_with_lines() {
    for sql in [
        "SELECT t0, COUNT(*) FROM entrees",
        "SELECT e.t0, SUM(rang) AS n FROM entrees e",
        "SELECT SUM(rang) + delai_orientation AS n FROM entrees",
        "SELECT *, COUNT(*) FROM entrees",
        "WITH a AS (SELECT categorie, MAX(t0) AS t FROM entrees) SELECT t FROM a",
        "SELECT UPPER(categorie) AS c, AVG(rang) AS n FROM entrees",
    ] {
        assert!(refus(sql).contains("GROUP BY"), "{sql}");
    }
    for sql in [
        "SELECT COUNT(*), SUM(CASE WHEN gad THEN 1 ELSE 0 END) AS g FROM entrees",
        "SELECT categorie, COUNT(*) AS n FROM entrees GROUP BY categorie",
        "SELECT t0, COUNT(*) OVER (PARTITION BY categorie) AS n FROM entrees",
        "SELECT t0, (SELECT COUNT(*) FROM flux) AS n FROM entrees",
        "SELECT COUNT(*) AS n, 'total' AS quoi FROM entrees",
        "SELECT DISTINCT categorie FROM entrees",
    ] {
        assert!(lire(sql, false).is_ok(), "{sql} : {:?}", lire(sql, false));
    }
}

/// The place of the error is said; what was typed between quotes, which may name somebody, is not.
#[test]
fn a_syntax_error_says_where_and_quotes_no_text() {
    let message = refus("SELECT t0\nFROM entrees WHERE WHERE gad");
    assert!(message.contains("à la ligne 2, caractère"), "{message}");
    let message = refus("SELECT t0 FROM entrees WHERE nom LIKE = 'BRUMEVAL'");
    assert!(!message.contains("BRUMEVAL"), "{message}");
    let message = refus("SELECT t0 FROM entrees 'BRUMEVAL' 'ONDINE'");
    assert!(!message.contains("BRUMEVAL") && !message.contains("ONDINE"), "{message}");
    assert!(refus("SELECT 'abc").contains("ne se termine pas"));
    assert!(refus("bonjour").contains("BONJOUR"));
    assert!(refus("SELECT ((((").contains("la fin de la requête"));
}

#[test]
fn a_query_that_is_no_question_is_refused_before_it_is_parsed() {
    assert!(refus("").contains("il manque une requête"));
    assert!(refus(" ;; ").contains("il manque une requête"));
    assert!(refus(&format!("SELECT {}1", "1+".repeat(LONGUEUR))).contains("trop longue"));
}

/// The engine goes down an expression step by step: too many of them would end the program.
#[test]
fn a_query_too_deep_for_the_engine_is_refused() {
    for sql in [
        format!("SELECT {}1{}", "(".repeat(4000), ")".repeat(4000)),
        format!("SELECT {}1", "1+".repeat(4900)),
        format!("SELECT {}TRUE", "TRUE AND ".repeat(1000)),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(500)),
        format!("SELECT {}1{}", "UPPER(".repeat(1000), ")".repeat(1000)),
    ] {
        assert!(refus(&sql).contains("enchaîne trop"), "{} : {}", &sql[..40], refus(&sql));
    }
    for sql in [
        format!("SELECT {}1", "1+".repeat(95)),
        format!("SELECT rang IN (1{}) AS x FROM entrees", ", 2".repeat(2000)),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(40)),
    ] {
        assert!(lire(&sql, false).is_ok(), "{}", &sql[..40]);
    }
}

#[test]
fn the_orders_of_the_prompt_are_read_in_both_forms() {
    for texte in ["\\tables", "SHOW TABLES;", "show tables"] {
        assert_eq!(lire(texte, false), Ok(Demande::Tables), "{texte}");
    }
    for texte in ["\\colonnes flux", "DESCRIBE flux;", "desc FLUX"] {
        assert_eq!(lire(texte, false), Ok(Demande::Colonnes(Nom::Flux)), "{texte}");
    }
    assert_eq!(lire("\\q", false), Ok(Demande::Quitter));
    assert_eq!(lire("\\aide", false), Ok(Demande::Aide));
    assert!(refus("\\d").contains("\\colonnes TABLE"));
    assert!(refus("\\colonnes").contains("indiquez une table"));
}
