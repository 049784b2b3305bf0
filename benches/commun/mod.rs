//! What the benches share: their size, alternated runs and medians, memory, the table printed.

#![allow(dead_code, reason = "each bench that includes this file uses what it needs")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

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
pub fn memoire_d_un_enfant(arguments: &[&str], dossier: &std::path::Path) -> Resultat<f64> {
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

/// How long a run took, and the processor time of all its threads.
#[derive(Clone, Copy, Debug)]
pub struct Duree {
    /// From start to end.
    pub mur: Duration,
    /// Processor time, to a hundredth of a second.
    pub calcul: Duration,
}

/// Times one run.
pub fn chronometrer<T>(travail: impl FnOnce() -> Resultat<T>) -> Resultat<(T, Duree)> {
    let (depart, avant) = (Instant::now(), processeur()?);
    let fait = travail()?;
    Ok((fait, Duree { mur: depart.elapsed(), calcul: processeur()?.saturating_sub(avant) }))
}

/// Processor time of the process so far: user and system, threads included.
fn processeur() -> Resultat<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let champs: Vec<&str> = stat.rsplit_once(')').ok_or("stat illisible")?.1.split_whitespace().collect();
    let centiemes = |rang: usize| -> Resultat<u64> { Ok(champs.get(rang).ok_or("stat trop court")?.parse()?) };
    Ok(Duration::from_millis((centiemes(11)? + centiemes(12)?) * 10))
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
