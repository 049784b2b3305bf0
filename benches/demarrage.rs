//! What a command costs before it has anything to do: the whole process, from the call to its end, and
//! the size of the program.
//!
//! `cargo bench --bench demarrage`; `-- --court` for a check on a few runs; `-- --csv` for a table to
//! keep. `JALON_BENCH_LANCEMENTS` is the number of runs of each (200), alternated.

#[path = "commun/mod.rs"]
mod commun;

use std::fs;
use std::process::Command;
use std::time::Duration;

use commun::{JALON, Resultat, mediane, reglage};
use jalon::journal::depot::Depot;

/// What is started, and a word that its output holds when it did its work.
struct Lancement {
    nom: &'static str,
    programme: &'static str,
    arguments: Vec<String>,
    attendu: &'static str,
}

fn main() -> Resultat<()> {
    let lancements = if commun::court() { 3 } else { reglage("JALON_BENCH_LANCEMENTS", 200) };
    let dossier = tempfile::tempdir()?;
    let entrepot = dossier.path().join("entrepot");
    drop(Depot::ouvrir_en_ecriture(&entrepot, None)?);
    let vide = format!("--entrepot={}", entrepot.display());
    let mots = |mots: &[&str]| mots.iter().map(ToString::to_string).collect();
    let cas = [
        // What any process costs on this machine, at this moment.
        Lancement { nom: "un programme qui ne fait rien", programme: "true", arguments: Vec::new(), attendu: "" },
        Lancement { nom: "jalon --help", programme: JALON, arguments: mots(&["--help"]), attendu: "indicateurs" },
        Lancement {
            nom: "jalon indicateurs, entrepôt vide",
            programme: JALON,
            arguments: mots(&[&vide, "indicateurs", "--campagne", "mars-2022"]),
            attendu: "3.2.6",
        },
    ];
    let mut durees: Vec<Vec<f64>> = vec![Vec::new(); cas.len()];
    for _ in 0..lancements {
        for (cas, durees) in cas.iter().zip(&mut durees) {
            durees.push(lancer(cas)?.as_secs_f64() * 1e3);
        }
    }
    println!("{lancements} lancements alternés de chacun.\n");
    let lignes: Vec<Vec<String>> = cas
        .iter()
        .zip(&durees)
        .map(|(cas, durees)| {
            let pire = durees.iter().copied().fold(0.0, f64::max);
            vec![cas.nom.to_owned(), format!("{:.1}", mediane(durees.iter().copied())), format!("{pire:.1}")]
        })
        .collect();
    commun::imprimer(&["processus entier", "médiane (ms)", "le plus lent (ms)"], &lignes);
    let octets = fs::metadata(JALON)?.len();
    commun::imprimer(&["taille du programme"], &[vec![format!("{:.1} Mo", octets as f64 / 1e6)]]);
    Ok(())
}

/// Runs a program to its end, and makes sure that it said what is expected.
fn lancer(cas: &Lancement) -> Resultat<Duration> {
    let (sortie, duree) = commun::executer(Command::new(cas.programme).args(&cas.arguments))?;
    if !sortie.status.success() || !String::from_utf8_lossy(&sortie.stdout).contains(cas.attendu) {
        return Err(format!("{} : {}", cas.nom, String::from_utf8_lossy(&sortie.stderr)).into());
    }
    Ok(duree.mur)
}
