//! `jalon contexte` and `jalon plier`: people cut in parts, each folded alone, give what one machine gives.
//! A small engine stands here for Spark: it reads the same segments with Parquet alone, joins them to the
//! context, shares the people out, shuffles, and runs the program on each part.
//!
//! `JALON_MONDES=200` plays more random worlds.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test program uses its part")]
mod commun;
#[path = "commun/programme.rs"]
mod programme;

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow::compute::{cast, concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type, Schema};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use tempfile::TempDir;

use commun::ecrire::{Forme, ecrire};
use commun::hasard::{Hasard, monde};
use programme::{commande, fichiers, flux, jalon, nir, segments};

// ───────────────────────────── an engine ─────────────────────────────

/// The columns that the join adds.
const JOINTES: [&str; 4] = ["dossier", "dossier_premier_fichier", "dossier_premiere_personne", "dossier_autre_fichier"];

fn lire(chemin: &Path) -> Vec<RecordBatch> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(chemin).unwrap()).unwrap();
    builder.with_batch_size(1000).build().unwrap().map(Result::unwrap).collect()
}

fn colonne<'a>(lot: &'a RecordBatch, nom: &str) -> &'a ArrayRef {
    lot.column_by_name(nom).unwrap_or_else(|| panic!("no column {nom}"))
}

fn entiers(lot: &RecordBatch, nom: &str) -> Vec<Option<i64>> {
    cast(colonne(lot, nom), &DataType::Int64).unwrap().as_primitive::<Int64Type>().iter().collect()
}

fn textes(lot: &RecordBatch, nom: &str) -> Vec<Option<String>> {
    colonne(lot, nom).as_string::<i32>().iter().map(|texte| texte.map(str::to_owned)).collect()
}

/// The file of a context, as an engine reads it.
struct Contexte {
    meta: Value,
    /// By caisse and digest: the person, then the columns joined.
    identites: HashMap<(String, i64), Vec<Option<i64>>>,
    /// The person, by segment and row.
    evenements: HashMap<(String, i64), i64>,
}

impl Contexte {
    fn lire(chemin: &Path) -> Self {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(chemin).unwrap()).unwrap();
        let paires = builder.metadata().file_metadata().key_value_metadata().unwrap().clone();
        let json = paires.into_iter().find(|paire| paire.key == "jalon_contexte").unwrap().value.unwrap();
        let (mut identites, mut evenements) = (HashMap::new(), HashMap::new());
        for lot in lire(chemin) {
            let (natures, personnes) = (textes(&lot, "nature"), entiers(&lot, "personne"));
            let (caisses, digests) = (textes(&lot, "caisse"), entiers(&lot, "identite"));
            let (segments, lignes) = (textes(&lot, "segment"), entiers(&lot, "ligne"));
            let jointes = JOINTES.map(|nom| entiers(&lot, nom));
            for row in 0..lot.num_rows() {
                if natures[row].as_deref() == Some("identite") {
                    let valeurs = std::iter::once(personnes[row]).chain(jointes.iter().map(|colonne| colonne[row]));
                    let cle = (caisses[row].clone().unwrap(), digests[row].unwrap());
                    assert!(identites.insert(cle, valeurs.collect()).is_none(), "an identity is two people");
                } else {
                    let cle = (segments[row].clone().unwrap(), lignes[row].unwrap());
                    assert!(evenements.insert(cle, personnes[row].unwrap()).is_none(), "an event is two people's");
                }
            }
        }
        Self { meta: serde_json::from_str(&json).unwrap(), identites, evenements }
    }

    fn colonnes(&self, genre: &str) -> Vec<String> {
        self.meta["colonnes"][genre].as_array().unwrap().iter().map(|nom| nom.as_str().unwrap().to_owned()).collect()
    }

    /// The rows of a segment that are somebody's, with what is joined to them.
    fn joindre(&self, chemin: &Path) -> Vec<RecordBatch> {
        let segment = chemin.file_stem().unwrap().to_str().unwrap();
        let partie = |cle: &str| {
            chemin.iter().find_map(|partie| Some(partie.to_str()?.strip_prefix(&format!("{cle}="))?.to_owned()))
        };
        let genre = partie("genre").unwrap_or_else(|| "flux".to_owned());
        if !self.meta["colonnes"].as_object().unwrap().contains_key(&genre) {
            return Vec::new();
        }
        let (mut debut, mut out) = (0, Vec::new());
        for lot in lire(chemin) {
            let rows = 0..lot.num_rows();
            let jointes: Vec<Option<Vec<Option<i64>>>> = if genre == "flux" {
                let (caisse, digests) = (partie("caisse").unwrap(), entiers(&lot, "identite"));
                digests.iter().map(|digest| self.identites.get(&(caisse.clone(), digest.unwrap())).cloned()).collect()
            } else {
                let personne = |row| self.evenements.get(&(segment.to_owned(), debut + row as i64));
                rows.clone().map(|row| Some([vec![Some(*personne(row)?)], vec![None; 4]].concat())).collect()
            };
            let mut champs: Vec<(String, ArrayRef)> =
                self.colonnes(&genre).into_iter().map(|nom| (nom.clone(), colonne(&lot, &nom).clone())).collect();
            for (rang, nom) in ["personne"].iter().chain(&JOINTES).enumerate() {
                let valeurs = jointes.iter().map(|jointes| jointes.as_ref().and_then(|jointes| jointes[rang]));
                champs.push(((*nom).to_owned(), Arc::new(valeurs.collect::<Int64Array>())));
            }
            let n = lot.num_rows();
            champs.push(("genre".to_owned(), Arc::new(StringArray::from(vec![genre.as_str(); n]))));
            champs.push(("segment".to_owned(), Arc::new(StringArray::from(vec![segment; n]))));
            let lignes = rows.clone().map(|row| debut + row as i64);
            champs.push(("ligne".to_owned(), Arc::new(Int64Array::from_iter_values(lignes))));
            let lot = RecordBatch::try_from_iter(champs).unwrap();
            let gardees = rows.filter(|row| jointes[*row].is_some()).map(|row| row as u32);
            out.push(take_record_batch(&lot, &UInt32Array::from_iter_values(gardees)).unwrap());
            debut += n as i64;
        }
        out
    }
}

/// One batch with the columns of all, null where there are none; numbers in the types of Spark, which has
/// none without a sign.
fn union(lots: &[RecordBatch]) -> RecordBatch {
    let signe = |sorte: &DataType| match sorte {
        DataType::UInt8 => DataType::Int16,
        DataType::UInt32 => DataType::Int64,
        autre => autre.clone(),
    };
    let mut sortes: BTreeMap<String, DataType> = BTreeMap::new();
    for champ in lots.iter().flat_map(|lot| lot.schema().fields().to_vec()) {
        sortes.insert(champ.name().clone(), signe(champ.data_type()));
    }
    let schema = Arc::new(Schema::new(
        sortes.iter().map(|(nom, sorte)| Field::new(nom, sorte.clone(), true)).collect::<Vec<_>>(),
    ));
    let lots: Vec<RecordBatch> = lots
        .iter()
        .map(|lot| {
            let colonnes = sortes.iter().map(|(nom, sorte)| match lot.column_by_name(nom) {
                Some(colonne) => cast(colonne, sorte).unwrap(),
                None => new_null_array(sorte, lot.num_rows()),
            });
            RecordBatch::try_new(Arc::clone(&schema), colonnes.collect()).unwrap()
        })
        .collect();
    concat_batches(&schema, &lots).unwrap()
}

fn en_flux(lots: &[RecordBatch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &lots[0].schema()).unwrap();
    lots.iter().for_each(|lot| writer.write(lot).unwrap());
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn du_flux(octets: &[u8]) -> RecordBatch {
    let lecteur = StreamReader::try_new(octets, None).unwrap();
    let schema = lecteur.schema();
    concat_batches(&schema, &lecteur.map(Result::unwrap).collect::<Vec<_>>()).unwrap()
}

/// Runs the program with something on its standard input.
fn donner(arguments: &[&str], entree: &[u8]) -> Output {
    let mut commande = commande(Path::new("nulle-part"));
    commande.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut enfant = commande.spawn().unwrap();
    let (mut tuyau, entree) = (enfant.stdin.take().unwrap(), entree.to_vec());
    // A program that refuses what it reads does not read it all.
    let ecriture = std::thread::spawn(move || _ = tuyau.write_all(&entree));
    let sortie = enfant.wait_with_output().unwrap();
    ecriture.join().unwrap();
    sortie
}

/// A warehouse, its context, and its records joined.
struct Grappe {
    ici: TempDir,
    entrepot: PathBuf,
    contexte: PathBuf,
    joint: RecordBatch,
}

impl Grappe {
    fn new(entrepot: &Path, connu_le: Option<&str>) -> Self {
        let ici = tempfile::tempdir().unwrap();
        let contexte = ici.path().join("contexte.parquet");
        let mut arguments = vec!["-q", "contexte", "--sortie", contexte.to_str().unwrap()];
        arguments.extend(connu_le.iter().flat_map(|jour| ["--connu-le", jour]));
        let sortie = jalon(entrepot, &arguments);
        assert_eq!((sortie.code, sortie.tout()), (0, String::new()));
        let lu = Contexte::lire(&contexte);
        let lots: Vec<RecordBatch> = segments(entrepot).iter().flat_map(|chemin| lu.joindre(chemin)).collect();
        Self { ici, entrepot: entrepot.to_owned(), contexte, joint: union(&lots) }
    }

    /// The records cut in parts by person, shuffled but for the people, in batches of random sizes.
    fn parts(&self, combien: i64, hasard: &mut Hasard) -> Vec<Vec<RecordBatch>> {
        let personnes = entiers(&self.joint, "personne");
        let sel = hasard.entre(0, 1 << 40);
        let melange = |n: i64| (n ^ sel).wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64).rotate_left(29);
        let mut parts: BTreeMap<i64, Vec<(i64, i64, u32)>> = BTreeMap::new();
        for (row, personne) in (0u32..).zip(personnes) {
            let personne = personne.unwrap();
            let place = (melange(personne), hasard.entre(0, 1 << 30), row);
            parts.entry(melange(personne).rem_euclid(combien)).or_default().push(place);
        }
        let mut out = Vec::new();
        for mut places in parts.into_values() {
            places.sort_unstable();
            let rangs = UInt32Array::from_iter_values(places.iter().map(|(.., row)| *row));
            let part = take_record_batch(&self.joint, &rangs).unwrap();
            let (mut lots, mut debut) = (Vec::new(), 0);
            while debut < part.num_rows() {
                let longueur = (hasard.entre(1, 2000) as usize).min(part.num_rows() - debut);
                lots.push(part.slice(debut, longueur));
                debut += longueur;
            }
            out.push(lots);
        }
        out
    }

    fn arguments<'a>(&'a self, question: &[&'a str]) -> Vec<&'a str> {
        [&["plier", "--contexte", self.contexte.to_str().unwrap()], question].concat()
    }

    /// What the folds of all the parts write.
    fn plier(&self, question: &[&str], combien: i64, hasard: &mut Hasard) -> Vec<RecordBatch> {
        let plier = |part: Vec<RecordBatch>| {
            let sortie = donner(&self.arguments(question), &en_flux(&part));
            let dit = String::from_utf8(sortie.stderr).unwrap();
            assert!(sortie.status.code() == Some(0) && (dit.is_empty() || dit.contains("laissées de côté")), "{dit}");
            du_flux(&sortie.stdout)
        };
        self.parts(combien, hasard).into_iter().map(plier).collect()
    }

    fn reunir(&self, question: &[&str], plies: &[RecordBatch]) -> Output {
        let arguments = [&self.arguments(question)[..], &["--reunir", "--format", "json"]].concat();
        donner(&arguments, &en_flux(plies))
    }

    /// The entries of the cohort, as the list of people shows them, names found by segment and row.
    fn entrees(&self, plies: &[RecordBatch]) -> Vec<BTreeMap<String, String>> {
        let mut segments_lus: HashMap<String, RecordBatch> = HashMap::new();
        let mut out = Vec::new();
        for lot in plies {
            let (natures, cohorte) = (textes(lot, "nature"), colonne(lot, "compte_3_1_1").as_boolean().clone());
            let (sources, lignes) = (textes(lot, "segment"), entiers(lot, "ligne"));
            for row in 0..lot.num_rows() {
                if natures[row].as_deref() != Some("entree") || !cohorte.value(row) {
                    continue;
                }
                let source = sources[row].clone().unwrap();
                let segment = segments_lus.entry(source.clone()).or_insert_with(|| {
                    let chemin = segments(&self.entrepot).into_iter().find(|s| s.to_str().unwrap().contains(&source));
                    let lots = lire(&chemin.unwrap());
                    concat_batches(&lots[0].schema(), &lots).unwrap()
                });
                let mut ligne: BTreeMap<String, String> = BTreeMap::new();
                for nom in ["numdemrsa", "nom", "prenom"] {
                    ligne.insert(nom.to_owned(), montrer(colonne(segment, nom), lignes[row].unwrap() as usize));
                }
                for (nom, _) in jalon::pliage::sortie::DETAIL {
                    ligne.insert(nom.to_owned(), montrer(colonne(lot, nom), row));
                }
                out.push(ligne);
            }
        }
        out.sort();
        out
    }

    /// Whether the folds of some parts, put together, are the table and the list of one machine. How many
    /// entries there are.
    fn comparer(&self, question: &[&str], connu_le: Option<&str>, combien: i64, hasard: &mut Hasard) -> usize {
        let plies = self.plier(question, combien, hasard);
        let reunis = self.reunir(question, &plies);
        assert_eq!(reunis.status.code(), Some(0), "{}", String::from_utf8_lossy(&reunis.stderr));
        let reunis: Value = serde_json::from_slice(&reunis.stdout).unwrap();
        let detail = self.ici.path().join("detail.csv");
        let mut arguments = vec!["indicateurs", "--format", "json", "--detail", detail.to_str().unwrap()];
        arguments.extend(question);
        arguments.extend(connu_le.iter().flat_map(|jour| ["--connu-le", jour]));
        let seule = jalon(&self.entrepot, &arguments);
        assert_eq!(seule.code, 0, "{}", seule.err);
        let seule: Value = serde_json::from_str(&seule.out).unwrap();
        assert_eq!(reunis["indicateurs"], seule["indicateurs"]);
        for cle in ["campagne", "periode", "referentiel", "lectures_choisies"] {
            assert_eq!(reunis[cle], seule[cle], "{cle}");
        }
        let mut attendues: Vec<BTreeMap<String, String>> = Vec::new();
        let texte = fs::read_to_string(&detail).unwrap();
        let mut lecteur =
            csv::ReaderBuilder::new().delimiter(b';').from_reader(texte.trim_start_matches('\u{feff}').as_bytes());
        for ligne in lecteur.deserialize() {
            let mut ligne: BTreeMap<String, String> = ligne.unwrap();
            ligne.retain(|nom, _| {
                ["numdemrsa", "nom", "prenom"].contains(&nom.as_str())
                    || jalon::pliage::sortie::DETAIL.iter().any(|(autre, _)| autre == nom)
            });
            attendues.push(ligne);
        }
        attendues.sort();
        let entrees = self.entrees(&plies);
        assert_eq!(entrees, attendues);
        entrees.len()
    }
}

/// A cell as the list of people writes it.
fn montrer(colonne: &ArrayRef, row: usize) -> String {
    if colonne.is_null(row) {
        return String::new();
    }
    match colonne.data_type() {
        DataType::Utf8 => colonne.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => colonne.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Boolean => u8::from(colonne.as_boolean().value(row)).to_string(),
        DataType::Date32 => colonne.as_primitive::<Date32Type>().value_as_date(row).unwrap().to_string(),
        autre => panic!("{autre}"),
    }
}

// ───────────────────────────── the same as one machine ─────────────────────────────

fn ingerer(entrepot: &Path, arguments: &[&str]) {
    let sortie = jalon(entrepot, [&["-q", "ingerer"], arguments].concat());
    assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
}

/// The options of a question of a story, and the day of its knowledge.
fn options(question: &toml::Table) -> (Vec<String>, Option<String>) {
    let texte = |nom: &str| question.get(nom).map(|valeur| valeur.as_str().unwrap().to_owned());
    let mut out = Vec::new();
    for nom in ["referentiel", "campagnes", "campagne", "du", "au", "arrete"] {
        out.extend(texte(nom).into_iter().flat_map(|valeur| [format!("--{nom}"), valeur]));
    }
    for (cle, valeur) in question.get("lectures").and_then(toml::Value::as_table).into_iter().flatten() {
        out.extend(["--lecture".to_owned(), format!("{cle}={}", valeur.as_str().unwrap())]);
    }
    (out, texte("connu_le"))
}

/// Every story: transfers, absences, doubles, MATRICULE, unread dossiers, withdrawn events, `--connu-le`,
/// readings, the rules of 2025.
#[test]
fn every_story_is_the_same_in_parts_as_whole() {
    let racine = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows");
    let (mut questions, mut entrees) = (0, 0);
    for dossier in fs::read_dir(&racine).unwrap().map(|entree| entree.unwrap().path()) {
        let Ok(recit) = fs::read_to_string(dossier.join("recit.toml")) else { continue };
        let recit: toml::Table = recit.parse().unwrap();
        let liste = |nom: &str| recit.get(nom).and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let ici = tempfile::tempdir().unwrap();
        let entrepot = ici.path().join("entrepot");
        let etapes = liste("etapes");
        if etapes.is_empty() {
            ingerer(&entrepot, &[dossier.join("entrant").to_str().unwrap()]);
        }
        for etape in &etapes {
            let chemin = dossier.join(etape["dossier"].as_str().unwrap());
            let mut arguments = vec![chemin.to_str().unwrap()];
            arguments.extend(etape.get("recu_le").iter().flat_map(|jour| ["--recu-le", jour.as_str().unwrap()]));
            ingerer(&entrepot, &arguments);
        }
        for question in liste("questions") {
            let (options, connu_le) = options(question.as_table().unwrap());
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let grappe = Grappe::new(&entrepot, connu_le.as_deref());
            let mut hasard = Hasard::de(questions);
            entrees += grappe.comparer(&options, connu_le.as_deref(), 1 + (questions as i64 % 3), &mut hasard);
            questions += 1;
        }
    }
    assert!(questions > 60 && entrees > 100, "{questions} questions, {entrees} entries");
}

#[test]
fn the_small_department_is_the_same_in_parts_as_whole() {
    let ici = tempfile::tempdir().unwrap();
    let entrepot = ici.path().join("entrepot");
    ingerer(&entrepot, &["sample_flows/petit_departement/entrant"]);
    let mut hasard = Hasard::de(7);
    for connu_le in [None, Some("2021-09-15")] {
        let grappe = Grappe::new(&entrepot, connu_le);
        for combien in [1, 5] {
            assert!(grappe.comparer(&["--campagne", "mars-2022"], connu_le, combien, &mut hasard) > 10);
        }
        for lecture in ["comptage=personnes", "horizon=complet", "flux=evenements", "rdv.population=orientes"] {
            grappe.comparer(&["--campagne", "juin-2022", "--lecture", lecture], connu_le, 3, &mut hasard);
        }
    }
}

/// Random worlds, through files: two caisses, moves, homonyms, events withdrawn and written again.
#[test]
fn random_worlds_are_the_same_in_parts_as_whole() {
    let combien = std::env::var("JALON_MONDES").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let mut entrees = 0;
    for graine in 0..combien {
        let ici = tempfile::tempdir().unwrap();
        let entrepot = ici.path().join("entrepot");
        let (monde, questions) = monde(graine);
        for (fichier, recu_le) in ecrire(&monde, &ici.path().join("recus"), Forme::Xml).unwrap() {
            ingerer(&entrepot, &["--recu-le", &recu_le.to_string(), fichier.to_str().unwrap()]);
        }
        let mut hasard = Hasard::de(graine);
        for question in questions.iter().filter(|question| !question.lectures.base_vide) {
            let dates = [("--du", question.du), ("--au", question.au), ("--arrete", question.arrete)];
            let mut options: Vec<String> = dates.map(|(nom, jour)| [nom.to_owned(), jour.to_string()]).concat();
            let lectures = question.lectures.choix.iter();
            options.extend(lectures.flat_map(|(cle, valeur)| ["--lecture".to_owned(), format!("{cle}={valeur}")]));
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let connu_le = question.connu_le.map(|jour| jour.to_string());
            let grappe = Grappe::new(&entrepot, connu_le.as_deref());
            entrees += grappe.comparer(&options, connu_le.as_deref(), 4, &mut hasard);
        }
    }
    assert!(combien < 8 || entrees > 10, "{entrees}");
}

/// Somebody who enters in two dossiers at once enters in that of the smallest NUMDEMRSA, which no fold
/// reads.
#[test]
fn of_two_dossiers_the_smallest_number_is_the_same_in_parts_as_whole() {
    let ici = tempfile::tempdir().unwrap();
    let entrepot = ici.path().join("entrepot");
    let deux = flux("2021-02-10", "2021-02-10", &[("8", "2"), ("3", "2"), ("5", "2")]).replace(&nir(3), &nir(8));
    for (nom, texte) in [
        ("2021-01-05_stock.xml", flux("2020-12-31", "2021-01-05", &[("900", "2")])),
        ("2021-02-11_jour.xml", deux.replace("<TYPEFLUX>M<", "<TYPEFLUX>I<")),
    ] {
        fs::write(ici.path().join(nom), texte).unwrap();
        ingerer(&entrepot, &[ici.path().join(nom).to_str().unwrap()]);
    }
    let grappe = Grappe::new(&entrepot, None);
    assert_eq!(grappe.comparer(&["--campagne", "mars-2022"], None, 2, &mut Hasard::de(1)), 2);
}

/// A foyer set aside of a stock and mended since, in a dossier given twice: its rows come in an extract,
/// at the place they had, and the situation is that of both blocks.
#[test]
fn what_extracts_mend_is_the_same_in_parts_as_whole() {
    let ici = tempfile::tempdir().unwrap();
    let entrepot = ici.path().join("entrepot");
    let deposer = |nom: &str, texte: &str| {
        let chemin = ici.path().join(nom);
        fs::write(&chemin, texte).unwrap();
        ingerer(&entrepot, &[chemin.to_str().unwrap()]);
    };
    let quotidien =
        |jour: &str, foyers: &[(&str, &str)]| flux(jour, jour, foyers).replace("<TYPEFLUX>M<", "<TYPEFLUX>I<");
    let extraits = || {
        let liste = entrepot.join("rejets");
        fichiers(&liste).into_iter().filter(|f| f.parent() != Some(&liste)).collect::<Vec<PathBuf>>()
    };
    deposer("2021-01-05_stock.xml", &flux("2020-12-31", "2021-01-05", &[("900", "2")]));
    deposer("2021-02-11_jour.xml", &quotidien("2021-02-10", &[("1", "2"), ("2", "2"), ("4", "2")]));
    let stock = flux("2021-02-28", "2021-03-05", &[("1", "2"), ("4", "2x"), ("900", "2")]);
    deposer("2021-03-06_stock.xml", &stock);
    let deux = quotidien("2021-05-10", &[("5", "2x"), ("5", "4"), ("1", "2")]);
    let (premier, second) = deux.split_once("</InfosFoyerRSA>").unwrap();
    let second = second.replacen("BRUMEVAL", "AUTREVAL", 1);
    deposer("2021-05-11_jour.xml", &format!("{premier}</InfosFoyerRSA>{second}"));
    deposer("2021-06-05_stock.xml", &flux("2021-05-31", "2021-06-05", &[("1", "2"), ("4", "2")]));
    let question = ["--campagne", "mars-2022"];
    let mut hasard = Hasard::de(3);
    let avant = Grappe::new(&entrepot, None).comparer(&question, None, 2, &mut hasard);
    for (rang, extrait) in extraits().iter().enumerate() {
        let texte = fs::read_to_string(extrait).unwrap();
        // Twice: of two extracts that mend one reject, the last counts.
        for etat in ["3", "2"] {
            deposer(&format!("corrige{rang}{etat}.xml"), &texte.replace(">2x<", &format!(">{etat}<")));
            Grappe::new(&entrepot, None).comparer(&question, None, 2, &mut hasard);
        }
    }
    let apres = Grappe::new(&entrepot, None);
    let meta = Contexte::lire(&apres.contexte).meta;
    assert!(meta["situations"].as_array().unwrap().len() >= 2, "{}", meta["situations"]);
    assert!(apres.comparer(&question, None, 3, &mut hasard) > avant);
    // What was known before they were mended.
    let connu_le = Some("2021-12-31");
    assert_eq!(Grappe::new(&entrepot, connu_le).comparer(&question, connu_le, 2, &mut hasard), avant);
}

/// A dossier shared by two people in two parts, one of whom was removed since: the other still joined it.
#[test]
fn after_a_purge_it_is_the_same_in_parts_as_whole() {
    let ici = tempfile::tempdir().unwrap();
    let entrepot = ici.path().join("entrepot");
    ingerer(&entrepot, &["sample_flows/petit_departement/entrant"]);
    let sortie = jalon(&entrepot, ["purger", "--avant", "2021-10-01"]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    let mut hasard = Hasard::de(11);
    assert!(Grappe::new(&entrepot, None).comparer(&["--campagne", "mars-2022"], None, 4, &mut hasard) > 10);
}

// ───────────────────────────── what is refused, and what is never told ─────────────────────────────

/// The small department, and the question of March.
struct Petit {
    grappe: Grappe,
    _ici: TempDir,
}

const MARS: [&str; 2] = ["--campagne", "mars-2022"];

impl Petit {
    fn new() -> Self {
        let ici = tempfile::tempdir().unwrap();
        let entrepot = ici.path().join("entrepot");
        ingerer(&entrepot, &["sample_flows/petit_departement/entrant"]);
        Self { grappe: Grappe::new(&entrepot, None), _ici: ici }
    }

    /// The rows of everybody, grouped by person.
    fn groupees(&self) -> RecordBatch {
        let lots = self.grappe.parts(1, &mut Hasard::de(1)).remove(0);
        concat_batches(&lots[0].schema(), &lots).unwrap()
    }

    fn refus(&self, entree: &[u8]) -> String {
        refuse(donner(&self.grappe.arguments(&MARS), entree))
    }
}

/// What a refusal says: exit 2, and one line.
fn refuse(sortie: Output) -> String {
    let dit = String::from_utf8(sortie.stderr).unwrap();
    assert_eq!(sortie.status.code(), Some(2), "{dit}");
    assert!(dit.starts_with("jalon : ") && dit.lines().count() == 1, "{dit}");
    dit
}

fn sans(lot: &RecordBatch, nom: &str) -> RecordBatch {
    let schema = lot.schema();
    let gardees: Vec<usize> = (0..schema.fields().len()).filter(|rang| schema.field(*rang).name() != nom).collect();
    lot.project(&gardees).unwrap()
}

fn avec(lot: &RecordBatch, nom: &str, colonne: ArrayRef) -> RecordBatch {
    let sans = sans(lot, nom);
    let mut champs: Vec<(String, ArrayRef)> = Vec::new();
    for (champ, valeurs) in sans.schema().fields().iter().zip(sans.columns()) {
        champs.push((champ.name().clone(), valeurs.clone()));
    }
    champs.push((nom.to_owned(), colonne));
    RecordBatch::try_from_iter_with_nullable(champs.into_iter().map(|(nom, colonne)| (nom, colonne, true))).unwrap()
}

#[test]
fn what_is_no_stream_of_grouped_records_is_refused_and_says_what_was_expected() {
    let petit = Petit::new();
    let lot = petit.groupees();
    let entier = en_flux(std::slice::from_ref(&lot));
    for octets in [&b"nulle part de l'Arrow"[..], b"", &entier[..entier.len() / 2]] {
        assert!(petit.refus(octets).contains("n'est pas un flux Arrow IPC"));
    }
    let dit = petit.refus(&en_flux(&[sans(&lot, "etat")]));
    assert!(
        dit.contains("« etat » manque") && dit.contains("colonnes trouvées : ") && dit.contains("suspension"),
        "{dit}"
    );
    let dit = petit.refus(&en_flux(&[sans(&lot, "date_notification")]));
    assert!(dit.contains("« date_notification » manque"), "{dit}");
    let texte: ArrayRef = Arc::new(StringArray::from(vec!["2"; lot.num_rows()]));
    let dit = petit.refus(&en_flux(&[avec(&lot, "etat", texte)]));
    assert!(dit.contains("« etat »") && dit.contains("Utf8") && dit.contains("attendu un entier"), "{dit}");
    let n = lot.num_rows();
    for nom in ["personne", "dossier", "segment", "bloc"] {
        let sorte = lot.column_by_name(nom).unwrap().data_type().clone();
        let dit = petit.refus(&en_flux(&[avec(&lot, nom, new_null_array(&sorte, n))]));
        assert!(dit.contains(&format!("« {nom} »")) && dit.contains("est vide"), "{dit}");
    }
    let genre: ArrayRef = Arc::new(StringArray::from(vec!["naissances"; n]));
    let dit = petit.refus(&en_flux(&[avec(&lot, "genre", genre)]));
    assert!(dit.contains("« naissances » trouvé, attendu flux ou l'un de"), "{dit}");
    let personne: ArrayRef = Arc::new(Int64Array::from(vec![1_000_000; n]));
    let dit = petit.refus(&en_flux(&[avec(&lot, "personne", personne)]));
    assert!(dit.contains("1000000 trouvé, et le contexte n'a que"), "{dit}");
    // The rows of somebody come back after those of somebody else.
    let dit = petit.refus(&en_flux(&[lot.slice(0, n), lot.slice(0, 1)]));
    assert!(dit.contains("ne se suivent pas") && dit.contains("sortWithinPartitions"), "{dit}");
}

/// Writes a context with other metadata.
fn retoucher(chemin: &Path, contexte: &Path, retouche: impl FnOnce(&mut Value)) {
    use parquet::arrow::ArrowWriter;
    use parquet::file::metadata::KeyValue;
    let mut meta = Contexte::lire(contexte).meta;
    retouche(&mut meta);
    let lots = lire(contexte);
    let mut writer = ArrowWriter::try_new(File::create(chemin).unwrap(), lots[0].schema(), None).unwrap();
    lots.iter().for_each(|lot| writer.write(lot).unwrap());
    writer.append_key_value_metadata(KeyValue::new("jalon_contexte".to_owned(), meta.to_string()));
    writer.close().unwrap();
}

#[test]
fn what_is_no_context_of_this_very_program_is_refused() {
    let petit = Petit::new();
    let autre = petit.grappe.ici.path().join("autre.parquet");
    let refus = |chemin: &Path, options: &[&str]| {
        let arguments = [&["plier", "--contexte", chemin.to_str().unwrap()], &MARS[..], options].concat();
        refuse(donner(&arguments, b""))
    };
    retoucher(&autre, &petit.grappe.contexte, |meta| meta["programme"] = "0.0.9 (aaaaaaa, 2021-01-01)".into());
    let dit = refus(&autre, &[]);
    assert!(dit.contains("écrit par jalon 0.0.9") && dit.contains("même programme sur toutes les machines"), "{dit}");
    retoucher(&autre, &petit.grappe.contexte, |meta| meta["format"] = 2.into());
    assert!(refus(&autre, &[]).contains("(format 2)"));
    let segment = segments(&petit.grappe.entrepot).remove(0);
    assert!(refus(&segment, &[]).contains("n'est pas un contexte de jalon"));
    fs::write(&autre, "rien").unwrap();
    assert!(refus(&autre, &[]).contains("ce n'est pas un fichier Parquet"));
    assert!(refus(Path::new("absent.parquet"), &[]).contains("ne peut pas être lu"));
    let dit = refus(&petit.grappe.contexte, &["--connu-le", "2021-12-31"]);
    assert!(dit.contains("--connu-le vaut 2021-12-31") && dit.contains("tout ce qui était connu"), "{dit}");
}

/// What the parts gave is put together whole, once, and for one question: a part that is lost, or comes
/// twice, would be a wrong figure.
#[test]
fn parts_that_are_lost_doubled_or_of_another_question_are_refused() {
    let petit = Petit::new();
    let mut hasard = Hasard::de(5);
    let plies = petit.grappe.plier(&MARS, 4, &mut hasard);
    let refus = |question: &[&str], plies: &[RecordBatch]| refuse(petit.grappe.reunir(question, plies));
    assert!(refus(&MARS, &plies[1..]).contains("perdues ou comptées deux fois"));
    let double = [&plies[..], &plies[..1]].concat();
    assert!(refus(&MARS, &double).contains("perdues ou comptées deux fois"));
    // An entry is lost, and what was read is all there.
    let entree = textes(&plies[0], "nature").iter().position(|nature| nature.as_deref() == Some("entree")).unwrap();
    let perdue = UInt32Array::from_iter_values((0..plies[0].num_rows() as u32).filter(|row| *row != entree as u32));
    let perdue = [&[take_record_batch(&plies[0], &perdue).unwrap()], &plies[1..]].concat();
    assert!(refus(&MARS, &perdue).contains("lignes entree : "));
    assert!(refus(&["--campagne", "juin-2022"], &plies).contains("une autre période ou un autre référentiel"));
    let lecture = [&MARS[..], &["--lecture", "comptage=personnes"]].concat();
    assert!(refus(&lecture, &plies).contains("une autre période ou un autre référentiel"));
    assert!(refus(&MARS, &[petit.groupees()]).contains("« nature » manque"));
    assert_eq!(petit.grappe.reunir(&MARS, &plies).status.code(), Some(0));
}

/// What leaves for the cluster names nobody: no name, no birth date, no NUMDEMRSA, no NIR nor its digest.
#[test]
fn neither_the_context_nor_what_is_folded_names_anybody() {
    use std::os::unix::fs::PermissionsExt as _;
    let petit = Petit::new();
    assert_eq!(fs::metadata(&petit.grappe.contexte).unwrap().permissions().mode() & 0o777, 0o600);
    let contexte = Contexte::lire(&petit.grappe.contexte);
    let meta = contexte.meta.to_string();
    let mut connus = 0;
    for chemin in segments(&petit.grappe.entrepot).iter().filter(|chemin| chemin.to_str().unwrap().contains("/flux/")) {
        for lot in lire(chemin) {
            for (numdemrsa, nom) in textes(&lot, "numdemrsa").into_iter().zip(textes(&lot, "nom")) {
                assert!(!meta.contains(&numdemrsa.unwrap()) && !meta.contains(&format!("\"{}\"", nom.unwrap())));
                connus += 1;
            }
        }
    }
    assert!(connus > 1000, "{connus}");
    let nominatives =
        ["nom", "nomnai", "prenom", "dtnai", "date_naissance", "numdemrsa", "matricule", "nir", "cle_nom"];
    let nominatives = [&nominatives[..], &["cle_nom_usage", "referent", "motif_fin", "saisi_le"]].concat();
    let mut hasard = Hasard::de(9);
    let plies = petit.grappe.plier(&MARS, 1, &mut hasard);
    for schema in [lire(&petit.grappe.contexte)[0].schema(), petit.grappe.joint.schema(), plies[0].schema()] {
        for champ in schema.fields() {
            assert!(!nominatives.contains(&champ.name().as_str()), "{}", champ.name());
        }
    }
}

// ───────────────────────────── the stream ─────────────────────────────

/// The rows of one person who enters, under the numbers of many.
fn foule(petit: &Petit, plies: &[RecordBatch], nombre: i64) -> impl Iterator<Item = RecordBatch> + use<> {
    let natures = textes(&plies[0], "nature");
    let row = (0..plies[0].num_rows()).find(|row| natures[*row].as_deref() == Some("entree")).unwrap();
    let qui = entiers(&plies[0], "personne")[row];
    let lot = petit.groupees();
    let siennes = entiers(&lot, "personne").into_iter().enumerate().filter(|(_, personne)| *personne == qui);
    let siennes = UInt32Array::from_iter_values(siennes.map(|(row, _)| row as u32));
    let modele = take_record_batch(&lot, &siennes).unwrap();
    // A hundred people a batch.
    let lignes = modele.num_rows() as u32;
    let cent = UInt32Array::from_iter_values((0..100).flat_map(|_| 0..lignes));
    let cent = take_record_batch(&modele, &cent).unwrap();
    (0..nombre / 100).map(move |centaine| {
        let numeros = (0..100).flat_map(|rang| (0..lignes).map(move |_| 100 * centaine + rang));
        let colonne: ArrayRef = Arc::new(Int64Array::from_iter_values(numeros));
        avec(&cent, "personne", colonne)
    })
}

/// The memory does not follow the number of people: those who are whole leave before the last ones come.
#[test]
fn people_leave_before_the_last_ones_come() {
    let petit = Petit::new();
    let mut hasard = Hasard::de(2);
    let plies = petit.grappe.plier(&MARS, 1, &mut hasard);
    let contexte = petit.grappe.ici.path().join("foule.parquet");
    retoucher(&contexte, &petit.grappe.contexte, |meta| meta["personnes"] = 1_000_000.into());
    let foule = foule(&petit, &plies, 12_000);
    let mut commande = commande(Path::new("nulle-part"));
    commande.args(["plier", "--contexte", contexte.to_str().unwrap()]).args(MARS);
    let mut enfant = commande.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (entree, (dire, attendre)) = (enfant.stdin.take().unwrap(), std::sync::mpsc::channel::<()>());
    let ecriture = std::thread::spawn(move || {
        let mut foule = foule.peekable();
        let mut writer = StreamWriter::try_new(entree, &foule.peek().unwrap().schema()).unwrap();
        foule.for_each(|lot| writer.write(&lot).unwrap());
        writer.flush().unwrap();
        // The end of the stream comes once the first people are back; or much later, and nothing is proved.
        let a_temps = attendre.recv_timeout(std::time::Duration::from_secs(300)).is_ok();
        writer.finish().unwrap();
        a_temps
    });
    let mut lecteur = StreamReader::try_new(enfant.stdout.take().unwrap(), None).unwrap();
    let premier = lecteur.next().unwrap().unwrap();
    _ = dire.send(());
    let natures = textes(&premier, "nature");
    assert!(natures.iter().filter(|nature| nature.as_deref() == Some("entree")).count() > 1000);
    let entrees = lecteur.map(|lot| textes(&lot.unwrap(), "nature")).chain([natures]);
    let entrees = entrees.flatten().filter(|nature| nature.as_deref() == Some("entree")).count();
    assert!(ecriture.join().unwrap(), "nobody left before the end");
    assert!(entrees >= 12_000 && entrees % 12_000 == 0, "{entrees}");
    assert!(enfant.wait().unwrap().success());
}

/// A reader that stops reading is not an error.
#[test]
fn a_reader_that_leaves_ends_the_fold_quietly() {
    let petit = Petit::new();
    let mut commande = commande(Path::new("nulle-part"));
    commande.args(petit.grappe.arguments(&MARS)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut enfant = commande.spawn().unwrap();
    drop(enfant.stdout.take());
    let mut entree = enfant.stdin.take().unwrap();
    _ = entree.write_all(&en_flux(&[petit.groupees()]));
    drop(entree);
    let sortie = enfant.wait_with_output().unwrap();
    assert_eq!((sortie.status.code(), String::from_utf8(sortie.stderr).unwrap()), (Some(0), String::new()));
}

/// In a warehouse of several departments, each has its context.
#[test]
fn each_department_has_its_context() {
    let ici = tempfile::tempdir().unwrap();
    let racine = ici.path().join("entrepot");
    let sortie = jalon(&racine, ["-q", "--departement", "082", "ingerer", "sample_flows/petit_departement/entrant"]);
    assert_eq!(sortie.code, 3, "{}", sortie.tout());
    let contexte = ici.path().join("contexte.parquet");
    let sans = jalon(&racine, ["contexte", "--sortie", contexte.to_str().unwrap()]);
    assert!(sans.code == 2 && sans.err.contains("--departement") && !contexte.exists(), "{}", sans.tout());
    let sortie = jalon(&racine, ["--departement", "082", "contexte", "--sortie", contexte.to_str().unwrap()]);
    assert!(sortie.code == 0 && sortie.err.contains("personne(s)"), "{}", sortie.tout());
    assert!(Contexte::lire(&contexte).meta["personnes"].as_u64().unwrap() > 100);
    // The report of what is folded needs no warehouse.
    let vide =
        union(&[RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(vec![0; 0])) as ArrayRef)]).unwrap()]);
    let arguments = [&["plier", "--contexte", contexte.to_str().unwrap()], &MARS[..]].concat();
    let sortie = donner(&arguments, &en_flux(&[vide]));
    assert!(refuse(sortie).contains("« personne » manque"));
}
