//! One more day on the journals of one, two and five years: what grows with the history, and what does
//! not. A daily, then a monthly, arrives on the last days of the year: it is ingested, and the running
//! campaign's figures are asked for; then the whole of `jalon nuit` does the same with everything that it
//! writes.
//!
//! `cargo bench --bench nuit`; `-- --court` for a check on tiny data; `-- --csv` for a table to keep.
//! `JALON_BENCH_PERSONNES` is the number of adults of the initial stock (100 000), `JALON_BENCH_PASSES`
//! the number of runs, alternated (5). `JALON_BENCH_JOURNAUX` names a folder where the journals are kept
//! for the next time.

#[path = "commun/mod.rs"]
mod commun;
#[path = "commun/journaux.rs"]
mod journaux;

use std::fs;
use std::path::PathBuf;

use commun::{Resultat, mediane, peser, reglage};
use jalon::journal::depot::{Depot, Segments};
use journaux::{Arrivee, Journal, Place, ans, chronometrer, journaux};

fn main() -> Resultat<()> {
    if commun::commande_pesee()? {
        return Ok(());
    }
    let (personnes, passes, durees): (_, _, &[i32]) = if commun::court() {
        (120, 1, &[1, 2])
    } else {
        (reglage("JALON_BENCH_PERSONNES", 100_000), reglage("JALON_BENCH_PASSES", 5), &[1, 2, 5])
    };
    let provisoire = tempfile::tempdir()?;
    let lieu = match std::env::var_os("JALON_BENCH_JOURNAUX") {
        Some(chemin) if !commun::court() => PathBuf::from(chemin),
        _ => provisoire.path().join("journaux"),
    };
    let journaux = journaux(durees, personnes, &lieu)?;
    println!("{personnes} personnes du stock initial, médianes de {passes} passes alternées.\n");
    journal_et_poids(&journaux)?;
    for arrivee in Arrivee::TOUTES {
        un_jour_de_plus(&journaux, arrivee, passes)?;
    }
    Ok(())
}

/// What the journals hold.
fn journal_et_poids(journaux: &[Journal]) -> Resultat<()> {
    let lignes: Vec<Vec<String>> = journaux
        .iter()
        .map(|journal| {
            let Segments { flux, evenements } = Depot::ouvrir_en_lecture(&journal.entrepot(), None)?.segments()?;
            let releves: i64 = flux.iter().map(|segment| segment.pied.metadata().file_metadata().num_rows()).sum();
            let lignes: i64 = evenements.iter().map(|segment| segment.pied.metadata().file_metadata().num_rows()).sum();
            let chemins = flux.iter().map(|s| &s.chemin).chain(evenements.iter().map(|s| &s.chemin));
            let octets: u64 = chemins.map(|chemin| Ok(fs::metadata(chemin)?.len())).sum::<Resultat<u64>>()?;
            Ok(vec![
                ans(journal.annees),
                (flux.len() + evenements.len()).to_string(),
                releves.to_string(),
                lignes.to_string(),
                format!("{:.0} Mo", octets as f64 / 1e6),
            ])
        })
        .collect::<Resultat<_>>()?;
    commun::imprimer(&["journal", "segments", "relevés", "lignes d'événements", "taille"], &lignes);
    Ok(())
}

/// One more file on each journal: seconds of each step, the weight of the whole, and their growth.
fn un_jour_de_plus(journaux: &[Journal], arrivee: Arrivee, passes: usize) -> Resultat<()> {
    let mut durees: Vec<Vec<[f64; 3]>> = vec![Vec::new(); journaux.len()];
    for _ in 0..passes {
        for (journal, durees) in journaux.iter().zip(&mut durees) {
            durees.push(chronometrer(journal, arrivee)?);
        }
    }
    let etape = |durees: &[[f64; 3]], rang: usize| mediane(durees.iter().map(|durees| durees[rang]));
    let premier = durees.first().cloned().unwrap_or_default();
    let mut lignes = Vec::new();
    for (journal, durees) in journaux.iter().zip(&durees) {
        let mut ligne = vec![ans(journal.annees)];
        for rang in 0..3 {
            let secondes = etape(durees, rang);
            ligne.push(format!("{secondes:.3} (× {:.1})", secondes / etape(&premier, rang)));
        }
        let place = Place::nouvelle(journal, arrivee)?;
        let poids = peser(&place.nuit())?;
        ligne.push(format!("{:.0} Mo", poids.pic));
        ligne.push(format!("{:.0} Mo", poids.lus));
        lignes.push(ligne);
    }
    let entete = format!("{} de plus, sur un journal de", arrivee.nom());
    let colonnes =
        ["l'ingérer (s)", "chiffres de la campagne (s)", "nuit entière (s)", "mémoire de la nuit", "lus par la nuit"];
    commun::imprimer(&[&[entete.as_str()], &colonnes[..]].concat(), &lignes);
    Ok(())
}
