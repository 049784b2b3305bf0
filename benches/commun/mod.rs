//! What the benches share: their size, alternated runs and medians, memory, the table printed.

#![allow(dead_code, reason = "each bench that includes this file uses what it needs")]

use std::ffi::OsStr;
use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use jalon::cli;
use jalon::commandes;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The program, built as the bench is.
pub const JALON: &str = env!("CARGO_BIN_EXE_jalon");

/// Errors of a bench end it; they are shown as they are.
pub type Resultat<T> = Result<T, Box<dyn std::error::Error>>;

/// Whether the bench only proves that it works, on tiny data: under `cargo test`, with `--court`, or
/// with `JALON_BENCH_COURT` set. `cargo bench` passes `--bench`.
pub fn court() -> bool {
    let asked = |option: &str| std::env::args().any(|arg| arg == option);
    std::env::var_os("JALON_BENCH_COURT").is_some() || asked("--court") || asked("--test") || !asked("--bench")
}

/// A number given in the environment, else `defaut`.
pub fn reglage(nom: &str, defaut: usize) -> usize {
    std::env::var(nom).ok().and_then(|texte| texte.parse().ok()).unwrap_or(defaut)
}

/// The bench again in a process of its own, whose peak memory is asked: what it prints, in MB.
pub fn memoire_d_un_enfant(arguments: &[&str], dossier: &Path) -> Resultat<f64> {
    let sortie = Command::new(std::env::current_exe()?).args(arguments).arg(dossier).output()?;
    let texte = String::from_utf8(sortie.stdout)?;
    if !sortie.status.success() {
        return Err(format!("{arguments:?} : {texte}{}", String::from_utf8_lossy(&sortie.stderr)).into());
    }
    Ok(texte.trim().parse()?)
}

/// The folder given to a child of the bench, when this process is the child asked by `mot`.
pub fn enfant(mot: &str) -> Option<PathBuf> {
    let arguments: Vec<String> = std::env::args().collect();
    let rang = arguments.iter().position(|argument| argument == mot)?;
    arguments.get(rang + 1).map(PathBuf::from)
}

/// The most memory that this process ever held, in MB (`VmHWM`).
pub fn pic_de_memoire() -> Resultat<f64> {
    let statut = fs::read_to_string("/proc/self/status")?;
    let kio = statut.lines().find_map(|ligne| ligne.strip_prefix("VmHWM:")).ok_or("VmHWM absent")?;
    let kio: f64 = kio.trim().trim_end_matches(" kB").parse()?;
    Ok(kio * 1024.0 / 1e6)
}

/// What a command of jalon needs besides time.
#[derive(Clone, Copy, Debug)]
pub struct Poids {
    /// Peak memory, in MB.
    pub pic: f64,
    /// Bytes read, in MB, cached or not.
    pub lus: f64,
}

/// Runs a command of jalon in a process of its own, weighed from within: the code is the program's, and
/// [`commande_pesee`] must be the first thing that the bench does.
pub fn peser(arguments: &[&OsStr]) -> Resultat<Poids> {
    let sortie = Command::new(std::env::current_exe()?).arg("peser").args(arguments).output()?;
    let texte = String::from_utf8_lossy(&sortie.stdout);
    let mesures = || {
        let (pic, lus) = texte.lines().last()?.split_once(' ')?;
        Some(Poids { pic: pic.parse().ok()?, lus: lus.parse().ok()? })
    };
    match mesures() {
        Some(poids) if sortie.status.success() => Ok(poids),
        _ => Err(format!("{arguments:?} : {texte}{}", String::from_utf8_lossy(&sortie.stderr)).into()),
    }
}

/// When this process is the one asked by [`peser`]: runs the command, prints what it needed.
pub fn commande_pesee() -> Resultat<bool> {
    let mut arguments = std::env::args_os();
    if arguments.nth(1).is_none_or(|mot| mot != "peser") {
        return Ok(false);
    }
    let cli = cli::lire(std::iter::once("jalon".into()).chain(arguments)).map_err(|arret| format!("{arret:?}"))?;
    let fin = commandes::executer(cli).map_err(|erreur| erreur.to_string())?;
    if !matches!(fin.code(), 0 | 3) {
        return Err(format!("la commande finit avec le code {}", fin.code()).into());
    }
    let io = fs::read_to_string("/proc/self/io")?;
    let lus: f64 = io.lines().find_map(|ligne| ligne.strip_prefix("rchar: ")).ok_or("rchar absent")?.parse()?;
    println!("\n{:.1} {:.3}", pic_de_memoire()?, lus / 1e6);
    Ok(true)
}

/// Runs a program to its end, and times the whole process.
pub fn executer(commande: &mut Command) -> Resultat<(Output, Duree)> {
    let (depart, avant) = (Instant::now(), processeur(DES_ENFANTS)?);
    let sortie = commande.env_remove("JALON_ENTREPOT").stdin(Stdio::null()).output()?;
    Ok((sortie, Duree { mur: depart.elapsed(), calcul: processeur(DES_ENFANTS)?.saturating_sub(avant) }))
}

/// Runs jalon to its end, and times the whole process. What is set aside is no failure.
pub fn lancer(arguments: &[&OsStr]) -> Resultat<Duree> {
    let (sortie, duree) = executer(Command::new(JALON).args(arguments))?;
    if !matches!(sortie.status.code(), Some(0 | 3)) {
        return Err(format!("jalon {arguments:?} : {}", String::from_utf8_lossy(&sortie.stderr)).into());
    }
    Ok(duree)
}

/// A warehouse again, elsewhere: its segments are linked, not copied, for they never change.
pub fn dupliquer(entrepot: &Path, vers: &Path) -> Resultat<()> {
    fs::create_dir_all(vers)?;
    for entree in fs::read_dir(entrepot)? {
        let source = entree?.path();
        let cible = vers.join(source.file_name().ok_or("fichier sans nom")?);
        if source.is_dir() {
            dupliquer(&source, &cible)?;
        } else if source.extension().is_some_and(|extension| extension == "parquet") {
            fs::hard_link(&source, &cible)?;
        } else {
            fs::copy(&source, &cible)?;
        }
    }
    Ok(())
}

/// How long a run took, and the processor time of all its threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Duree {
    /// From start to end.
    pub mur: Duration,
    /// Processor time, to a hundredth of a second.
    pub calcul: Duration,
}

/// Times one run.
pub fn chronometrer<T>(travail: impl FnOnce() -> Resultat<T>) -> Resultat<(T, Duree)> {
    let (depart, avant) = (Instant::now(), processeur(DE_MOI)?);
    let fait = travail()?;
    Ok((fait, Duree { mur: depart.elapsed(), calcul: processeur(DE_MOI)?.saturating_sub(avant) }))
}

/// Where `/proc/self/stat` tells the user and system times, after the name: of this process, and of its
/// children that have ended.
const DE_MOI: [usize; 2] = [11, 12];
const DES_ENFANTS: [usize; 2] = [13, 14];

/// Processor time so far, threads included.
fn processeur(rangs: [usize; 2]) -> Resultat<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let champs: Vec<&str> = stat.rsplit_once(')').ok_or("stat illisible")?.1.split_whitespace().collect();
    let centiemes = |rang: usize| -> Resultat<u64> { Ok(champs.get(rang).ok_or("stat trop court")?.parse()?) };
    Ok(Duration::from_millis((centiemes(rangs[0])? + centiemes(rangs[1])?) * 10))
}

/// The bare XML parser over a text that is decoded already: it counts the events, and does nothing of
/// them.
pub fn boucle_nue(texte: impl BufRead) -> Resultat<u64> {
    let mut xml = Reader::from_reader(texte);
    let (mut tampon, mut evenements) = (Vec::new(), 0);
    while !matches!(xml.read_event_into(&mut tampon)?, Event::Eof) {
        evenements += 1;
        tampon.clear();
    }
    Ok(evenements)
}

/// The middle of a list of numbers.
pub fn mediane(nombres: impl IntoIterator<Item = f64>) -> f64 {
    let mut nombres: Vec<f64> = nombres.into_iter().collect();
    nombres.sort_by(f64::total_cmp);
    match nombres.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => nombres[n / 2],
        n => f64::midpoint(nombres[n / 2 - 1], nombres[n / 2]),
    }
}

/// A table: markdown, or CSV with `--csv`.
pub fn imprimer(entetes: &[&str], lignes: &[Vec<String>]) {
    let csv = std::env::args().any(|argument| argument == "--csv");
    let rangee = |cellules: Vec<&str>| {
        if csv { println!("{}", cellules.join(";")) } else { println!("| {} |", cellules.join(" | ")) }
    };
    rangee(entetes.to_vec());
    if !csv {
        println!("|{}", "---|".repeat(entetes.len()));
    }
    lignes.iter().for_each(|ligne| rangee(ligne.iter().map(String::as_str).collect()));
    println!();
}
