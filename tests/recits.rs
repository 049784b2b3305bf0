//! Every folder of `sample_flows/` is a test: its files go through the real program, and what comes
//! out is compared with the table that was worked out by hand beside them. A cell left empty means
//! that there is nothing there; a column that is not there is not checked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recit {
    prouve: String,
    source: String,
    histoire: String,
    #[serde(default)]
    etapes: Vec<Etape>,
    #[serde(default)]
    questions: Vec<Question>,
    #[serde(default)]
    listes: Vec<Liste>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Etape {
    dossier: String,
    recu_le: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// Rules and campaigns other than those that ship, from the root of the project.
    referentiel: Option<String>,
    campagnes: Option<String>,
    campagne: Option<String>,
    du: Option<String>,
    au: Option<String>,
    arrete: Option<String>,
    connu_le: Option<String>,
    attendu: String,
    detail: Option<String>,
    #[serde(default)]
    lectures: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Liste {
    liste: String,
    au: String,
    connu_le: Option<String>,
    /// The file of its lines; nobody is on it without one.
    attendu: Option<String>,
    #[serde(default)]
    lectures: BTreeMap<String, String>,
}

type Lignes = Vec<BTreeMap<String, String>>;

fn read_csv(path: &Path) -> Lignes {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b';').from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.deserialize().collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn jalon(entrepot: &Path, arguments: &[String]) -> (i32, String, String) {
    let out =
        Command::new(env!("CARGO_BIN_EXE_jalon")).arg("--entrepot").arg(entrepot).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

/// Whether a cell written by hand says what the JSON says.
fn same(cell: &str, said: &Value) -> bool {
    match said {
        Value::Null => cell.is_empty(),
        Value::Bool(said) => cell == if *said { "1" } else { "0" },
        Value::Number(said) => {
            cell.parse::<f64>().is_ok_and(|cell| said.as_f64().is_some_and(|said| (cell - said).abs() < 1e-9))
        }
        Value::String(said) => cell == said,
        _ => false,
    }
}

fn check_table(attendu: &Lignes, json: &Value, wrong: &mut String) {
    let said = json["indicateurs"].as_array().unwrap();
    let ids: Vec<&str> = said.iter().map(|i| i["id"].as_str().unwrap()).collect();
    let expected: Vec<&str> = attendu.iter().map(|line| line["id"].as_str()).collect();
    if ids != expected {
        let _ = writeln!(wrong, "  lines {expected:?}, said {ids:?}");
        return;
    }
    for (line, indicateur) in attendu.iter().zip(said) {
        for (column, cell) in line.iter().filter(|(column, _)| *column != "id") {
            let found = &indicateur[column.as_str()];
            // A reason is said or not: its words are not the story's.
            let ok = if column == "motif" { (cell == "oui") == found.is_string() } else { same(cell, found) };
            if !ok {
                let _ = writeln!(wrong, "  {} {column}: expected « {cell} », said {found}", line["id"]);
            }
        }
    }
}

fn check_detail(attendu: &Path, detail: &Path, wrong: &mut String) {
    check_lines(&read_csv(attendu), &read_csv(detail), wrong);
}

/// Compares the lines of a detail, or of a list, on the columns that were written by hand.
fn check_lines(expected: &Lignes, said: &Lignes, wrong: &mut String) {
    if expected.len() != said.len() {
        let noms: Vec<_> = said.iter().filter_map(|line| line.get("nom")).collect();
        let _ = writeln!(wrong, "  detail: expected {} lines, said {} {noms:?}", expected.len(), said.len());
    }
    for (line, found) in expected.iter().zip(said) {
        for (column, cell) in line {
            let known = found.get(column).map(String::as_str);
            if known != Some(cell) {
                let _ = writeln!(wrong, "  detail of {} {column}: expected « {cell} », said {known:?}", line["nom"]);
            }
        }
    }
}

fn play(folder: &Path) -> Result<usize, String> {
    let text = fs::read_to_string(folder.join("recit.toml")).map_err(|error| format!("  recit.toml: {error}\n"))?;
    let recit: Recit = toml::from_str(&text).map_err(|error| format!("  recit.toml: {error}\n"))?;
    let mut wrong = String::new();
    for (name, field) in [("prouve", &recit.prouve), ("source", &recit.source), ("histoire", &recit.histoire)] {
        if field.trim().is_empty() {
            let _ = writeln!(wrong, "  {name} is empty");
        }
    }
    let base = tempfile::tempdir().unwrap();
    let entrepot = base.path().join("entrepot");
    let defaut = [Etape { dossier: "entrant".to_owned(), recu_le: None }];
    let etapes = if recit.etapes.is_empty() { &defaut[..] } else { &recit.etapes };
    for etape in etapes {
        let mut arguments = vec!["ingerer".to_owned()];
        if let Some(jour) = &etape.recu_le {
            arguments.extend(["--recu-le".to_owned(), jour.clone()]);
        }
        arguments.push(folder.join(&etape.dossier).display().to_string());
        let (code, _, error) = jalon(&entrepot, &arguments);
        if !matches!(code, 0 | 3) {
            let _ = writeln!(wrong, "  ingerer {}: exit {code}: {error}", etape.dossier);
        }
    }
    for question in &recit.questions {
        let detail = base.path().join("detail.csv");
        let mut arguments = vec!["indicateurs".to_owned(), "--format".to_owned(), "json".to_owned()];
        let options = [
            ("--referentiel", &question.referentiel),
            ("--campagnes", &question.campagnes),
            ("--campagne", &question.campagne),
            ("--du", &question.du),
            ("--au", &question.au),
            ("--arrete", &question.arrete),
            ("--connu-le", &question.connu_le),
        ];
        for (option, value) in options {
            arguments.extend(value.iter().flat_map(|value| [option.to_owned(), value.clone()]));
        }
        let lectures = question.lectures.iter().flat_map(|(k, v)| ["--lecture".to_owned(), format!("{k}={v}")]);
        arguments.extend(lectures);
        arguments.extend(["--detail".to_owned(), detail.display().to_string()]);
        let (code, out, error) = jalon(&entrepot, &arguments);
        if code != 0 {
            let _ = writeln!(wrong, "  {}: exit {code}: {error}", question.attendu);
            continue;
        }
        let mut differences = String::new();
        let json = serde_json::from_str(&out).unwrap();
        check_table(&read_csv(&folder.join(&question.attendu)), &json, &mut differences);
        if let Some(attendu) = &question.detail {
            check_detail(&folder.join(attendu), &detail, &mut differences);
        }
        if !differences.is_empty() {
            let _ = write!(wrong, "  {}:\n{differences}", question.attendu);
        }
    }
    if recit.questions.is_empty() && recit.listes.is_empty() {
        let _ = writeln!(wrong, "  nothing is asked");
    }
    for demande in &recit.listes {
        let csv = base.path().join("liste.csv");
        let arguments = ["listes", &demande.liste, "--au", &demande.au, "--format", "csv", "--sortie"];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        arguments.push(csv.display().to_string());
        arguments.extend(demande.connu_le.iter().flat_map(|jour| ["--connu-le".to_owned(), jour.clone()]));
        arguments.extend(demande.lectures.iter().flat_map(|(k, v)| ["--lecture".to_owned(), format!("{k}={v}")]));
        let (code, _, error) = jalon(&entrepot, &arguments);
        let mut differences = String::new();
        if code == 0 {
            let expected = demande.attendu.as_ref().map(|attendu| read_csv(&folder.join(attendu))).unwrap_or_default();
            check_lines(&expected, &read_csv(&csv), &mut differences);
        } else {
            let _ = writeln!(differences, "  exit {code}: {error}");
        }
        if !differences.is_empty() {
            let _ = write!(wrong, "  {} au {}:\n{differences}", demande.liste, demande.au);
        }
    }
    if wrong.is_empty() { Ok(recit.questions.len() + recit.listes.len()) } else { Err(wrong) }
}

#[test]
fn every_story_of_sample_flows_ends_as_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(folders.len() > 50, "only {} stories in {}", folders.len(), root.display());
    let mut failures = String::new();
    for folder in &folders {
        if let Err(wrong) = play(folder) {
            let _ = writeln!(failures, "{}\n{wrong}", folder.file_name().unwrap().to_string_lossy());
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
