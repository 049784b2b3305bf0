//! Both campaigns of a generated department, from the opening of its warehouse to their splits along every
//! axis and the list of people behind each, and where the time goes.
//!
//! `cargo bench --bench calcul`; `-- --court` for a check on tiny data; `-- --csv` for a table to
//! keep. `JALON_BENCH_PERSONNES` is the number of adults of the initial stock (100 000),
//! `JALON_BENCH_PASSES` the number of runs (7). `JALON_BENCH_ENTREPOT` names a warehouse to use
//! instead, or to keep for the next time.

#[path = "commun/mod.rs"]
mod commun;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use commun::{Duree, Resultat, chronometrer, mediane, reglage};
use jalon::campagnes::{CAMPAGNES, Campagnes};
use jalon::indicateurs::axes::{Axe, repartir};
use jalon::indicateurs::{Question, Tableau, calculer_chacune};
use jalon::ingestion::{Limites, Options, fichiers, ingerer};
use jalon::journal::depot::{Depot, Segments};
use jalon::journal::evenements;
use jalon::journal::lecture::colonnes_flux;
use jalon::listes;
use jalon::parcours::histoire::Histoire;
use jalon::rapport::detail::{Noms, detail, noms};
use jalon::rapport::liste;
use jalon::referentiel::{REFERENTIEL_2022, Referentiel};
use jalon::rejeu::histoire;
use jalon::simulation::{Forme, Reglages, ecrire};
use jalon::temps::Periode;
use rayon::prelude::*;

/// One run: the whole, and each step in turn.
type Tour = (Duree, Vec<(String, Duree)>);

const DEUX_CAMPAGNES: [&str; 2] = ["mars-2022", "juin-2022"];

fn main() -> Resultat<()> {
    if let Some(entrepot) = commun::enfant("peser-calcul") {
        let suivre = |_: &str, faire: &mut dyn FnMut() -> Resultat<()>| faire();
        calcul(&entrepot, suivre)?;
        println!("{}", commun::pic_de_memoire()?);
        return Ok(());
    }
    let (personnes, passes) = if commun::court() {
        (300, 1)
    } else {
        (reglage("JALON_BENCH_PERSONNES", 100_000), reglage("JALON_BENCH_PASSES", 7))
    };
    let provisoire = tempfile::tempdir()?;
    let entrepot = match std::env::var_os("JALON_BENCH_ENTREPOT") {
        Some(chemin) if !commun::court() => PathBuf::from(chemin),
        _ => provisoire.path().join("entrepot"),
    };
    if !entrepot.exists() {
        remplir(&entrepot, personnes)?;
    }

    let mut tours: Vec<Tour> = Vec::new();
    let mut lectures: Vec<[Duree; 2]> = Vec::new();
    let mut des_listes: Vec<[Duree; 2]> = Vec::new();
    for _ in 0..passes {
        let mut etapes = Vec::new();
        let ((), entier) = chronometrer(|| {
            calcul(&entrepot, |nom, faire| {
                etapes.push((nom.to_owned(), chronometrer(faire)?.1));
                Ok(())
            })
        })?;
        tours.push((entier, etapes));
        lectures.push(lectures_seules(&entrepot)?);
        des_listes.push(listes(&entrepot)?);
    }
    println!("{personnes} personnes du stock initial, dix-huit mois, deux campagnes, médianes de {passes} passes.\n");
    let entier = mediane(tours.iter().map(|(entier, _)| entier.mur.as_secs_f64()));
    let ligne = |nom: &str, duree: &dyn Fn(&Tour) -> Duree| {
        let mur = mediane(tours.iter().map(|tour| duree(tour).mur.as_secs_f64()));
        let calcul = mediane(tours.iter().map(|tour| duree(tour).calcul.as_secs_f64()));
        vec![nom.to_owned(), format!("{mur:.3}"), format!("{:.0} %", 100.0 * mur / entier), format!("{calcul:.2}")]
    };
    let mut lignes: Vec<Vec<String>> = Vec::new();
    for (rang, (nom, _)) in tours.first().map(|(_, etapes)| etapes.as_slice()).unwrap_or_default().iter().enumerate() {
        lignes.push(ligne(nom, &|(_, etapes)| etapes[rang].1));
    }
    lignes.push(ligne("en tout", &|(entier, _)| *entier));
    commun::imprimer(&["étape", "secondes", "part", "secondes de processeur"], &lignes);
    // Inside the replay, reading and arranging go side by side: what reading alone takes is timed apart.
    let part = |nom: &str, durees: &[[Duree; 2]], rang: usize| {
        let mur = mediane(durees.iter().map(|durees| durees[rang].mur.as_secs_f64()));
        let calcul = mediane(durees.iter().map(|durees| durees[rang].calcul.as_secs_f64()));
        vec![nom.to_owned(), format!("{mur:.3}"), format!("{:.0} %", 100.0 * mur / entier), format!("{calcul:.2}")]
    };
    commun::imprimer(
        &["à part, du journal rejoué", "secondes", "part du tout", "secondes de processeur"],
        &[part("lire les colonnes du flux", &lectures, 0), part("lire les événements en vigueur", &lectures, 1)],
    );
    commun::imprimer(
        &["à part, les sept listes d'un jour", "secondes", "du tout des campagnes", "secondes de processeur"],
        &[part("qui est sur quelle liste", &des_listes, 0), part("noms lus et CSV écrits", &des_listes, 1)],
    );
    let pic = commun::memoire_d_un_enfant(&["peser-calcul"], &entrepot)?;
    commun::imprimer(&["mémoire de pointe du calcul"], &[vec![format!("{pic:.0} Mo")]]);
    Ok(())
}

/// The reading of the flux columns and of the events, without what is made of them.
fn lectures_seules(entrepot: &Path) -> Resultat<[Duree; 2]> {
    let Segments { flux, evenements } = Depot::ouvrir_en_lecture(entrepot, None)?.segments()?;
    let lire = || flux.par_iter().map(|segment| colonnes_flux(segment).map(drop)).collect::<Result<(), _>>();
    let ((), du_flux) = chronometrer(|| Ok(lire()?))?;
    let ((), des_evenements) = chronometrer(|| {
        std::hint::black_box(evenements::rejouer(&evenements, None)?);
        Ok(())
    })?;
    Ok([du_flux, des_evenements])
}

/// The seven lists of the last day of June's campaign: who is on which, then the names and the CSV.
fn listes(entrepot: &Path) -> Resultat<[Duree; 2]> {
    let (campagnes, referentiel) = (Campagnes::lire(CAMPAGNES)?, Referentiel::lire(REFERENTIEL_2022)?);
    let Segments { flux, evenements } = Depot::ouvrir_en_lecture(entrepot, None)?.segments()?;
    let connu = histoire(&flux, &evenements, None)?;
    let au = campagnes.periode(DEUX_CAMPAGNES[1])?.au;
    let question = listes::Question { au, connu_le: au, referentiel: &referentiel };
    let (listes, calculees) = chronometrer(|| Ok(listes::toutes(&connu, &question)))?;
    let ((), ecrites) = chronometrer(|| {
        let noms = liste::noms(&connu, &flux, &listes)?;
        let contexte = liste::Contexte { histoire: &connu, question: &question, noms: &noms };
        listes.iter().for_each(|liste| drop(std::hint::black_box(contexte.csv(liste))));
        Ok(())
    })?;
    Ok([calculees, ecrites])
}

/// The whole computation; `suivre` runs each step in turn, and may time it.
fn calcul(
    entrepot: &Path,
    mut suivre: impl FnMut(&str, &mut dyn FnMut() -> Resultat<()>) -> Resultat<()>,
) -> Resultat<()> {
    let (campagnes, referentiel) = (Campagnes::lire(CAMPAGNES)?, Referentiel::lire(REFERENTIEL_2022)?);
    let mut segments = Segments::default();
    suivre("ouverture de l'entrepôt", &mut || {
        segments = Depot::ouvrir_en_lecture(entrepot, None)?.segments()?;
        Ok(())
    })?;
    let mut connu = Histoire::default();
    suivre("journal rejoué : flux et événements lus, personnes reconnues, relevés rangés", &mut || {
        connu = histoire(&segments.flux, &segments.evenements, None)?;
        Ok(())
    })?;
    let periodes: Vec<Periode> =
        DEUX_CAMPAGNES.iter().map(|campagne| campagnes.periode(campagne)).collect::<Result<_, _>>()?;
    let question = |periode| Question { periode, connu_le: None, referentiel: &referentiel };
    let mut tableaux: Vec<Tableau<'_>> = Vec::new();
    suivre("les deux campagnes : entrées et indicateurs", &mut || {
        tableaux = calculer_chacune(&connu, &question(periodes[0]), &periodes);
        Ok(())
    })?;
    suivre("les deux campagnes : réparties selon les sept axes", &mut || {
        for (periode, tableau) in periodes.iter().zip(&mut tableaux) {
            tableau.repartitions = repartir(&connu, &question(*periode), tableau, &Axe::TOUS.map(|(_, axe)| axe));
        }
        Ok(())
    })?;
    let mut des_noms = Noms::default();
    suivre("les deux campagnes : noms lus", &mut || {
        des_noms = noms(&connu, &segments.flux, &tableaux)?;
        Ok(())
    })?;
    for ((campagne, periode), tableau) in DEUX_CAMPAGNES.iter().zip(&periodes).zip(&tableaux) {
        suivre(&format!("{campagne} : liste des personnes"), &mut || {
            std::hint::black_box(detail(&connu, &question(*periode), &des_noms, tableau));
            Ok(())
        })?;
    }
    Ok(())
}

/// Takes a generated department into a new warehouse.
fn remplir(entrepot: &Path, personnes: usize) -> Resultat<()> {
    let dossier = tempfile::tempdir()?;
    let reglages = Reglages {
        graine: 31,
        personnes,
        du: (2020, 12),
        au: (2022, 5),
        forme: Forme::Csv,
        realiste: false,
        quotidiens: true,
        desordre: false,
    };
    ecrire(&reglages, dossier.path())?;
    let chemins = fichiers(&[dossier.path().to_owned()], entrepot, &Limites::default())
        .map_err(|(chemin, erreur)| format!("{} : {erreur}", chemin.display()))?;
    let depot = Arc::new(Depot::ouvrir_en_ecriture(entrepot, None)?);
    ingerer(&depot, &chemins, Options::new(NaiveDate::default()), &|_| ())?;
    Ok(())
}
