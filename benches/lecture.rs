//! The reading of a realistic monthly flux in XML, from the file to the segment in the warehouse,
//! against a bare loop of the XML parser over the same bytes.
//!
//! `cargo bench --bench lecture`; `-- --court` for a check on tiny data; `-- --csv` for a table to
//! keep. `JALON_BENCH_MO` is the size of the monthly in MB (200), `JALON_BENCH_PASSES` the number of
//! alternated runs (7), `JALON_BENCH_MO_MEMOIRE` the size of the one whose reading is weighed (1000).

#[path = "commun/mod.rs"]
mod commun;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use commun::{Duree, Resultat, chronometrer, mediane};
use jalon::flux::cnaf_xml;
use jalon::flux::ouverture::examiner;
use jalon::ingestion::{Issue, Limites, Options, Recu, Source, ingerer};
use jalon::journal::depot::Depot;
use jalon::releves::foyers::Tolerance;
use jalon::releves::{EnTete, Foyer, RecepteurFlux, Refus, Rejet};
use jalon::simulation::{Forme, Reglages, ecrire};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Between the parser and the file, as in the ingestion.
const TAMPON: usize = 256 << 10;

fn main() -> Resultat<()> {
    if let Some(dossier) = commun::enfant("peser-lecture") {
        ingestion(&dossier.join("mensuel.xml"), &dossier.join("entrepot"))?;
        println!("{}", commun::pic_de_memoire()?);
        return Ok(());
    }
    let (mo, passes, mo_memoire) = if commun::court() {
        (1, 1, 1)
    } else {
        (reglage("MO", 200), reglage("PASSES", 7), reglage("MO_MEMOIRE", 1000))
    };
    debit(mo, passes)?;
    memoire(mo_memoire)
}

fn reglage(nom: &str, defaut: usize) -> usize {
    commun::reglage(&format!("JALON_BENCH_{nom}"), defaut)
}

/// Speeds, in MB/s, each run of a round beside the others.
fn debit(mo: usize, passes: usize) -> Resultat<()> {
    let dossier = tempfile::tempdir()?;
    let chemin = mensuel(mo, dossier.path())?;
    let taille = fs::metadata(&chemin)?.len();
    let decode = dossier.path().join("decode.xml");
    decoder(&chemin, &decode)?;
    println!("Un flux mensuel de {} Mo, {passes} passes alternées, médianes.\n", taille / 1_000_000);

    type Etape<'a> = (&'a str, Box<dyn Fn() -> Resultat<u64> + 'a>);
    let etapes: [Etape<'_>; 5] = [
        ("boucle nue", Box::new(|| boucle_nue(BufReader::with_capacity(TAMPON, File::open(&decode)?)))),
        ("boucle nue, texte déjà en mémoire", Box::new(|| boucle_en_memoire(&fs::read_to_string(&decode)?))),
        (
            "empreinte du contenu seule",
            Box::new(|| Ok(examiner(&Source::fichier(&chemin), &Limites::default())?.taille)),
        ),
        ("lecture et contrôle des foyers", Box::new(|| foyers(&chemin))),
        ("ingestion entière", Box::new(|| ingestion(&chemin, tempfile::tempdir()?.path()))),
    ];
    let mut durees: Vec<Vec<Duree>> = vec![Vec::new(); etapes.len()];
    for _ in 0..passes {
        for ((_, etape), durees) in etapes.iter().zip(&mut durees) {
            durees.push(chronometrer(etape)?.1);
        }
    }
    let nue = durees[0].clone();
    let lignes: Vec<Vec<String>> = etapes
        .iter()
        .zip(&durees)
        .map(|((nom, _), durees)| {
            let part = |temps: fn(&Duree) -> f64| {
                let parts = nue.iter().zip(durees).map(|(nue, duree)| 100.0 * temps(nue) / temps(duree));
                format!("{:.0} %", mediane(parts))
            };
            vec![
                (*nom).to_owned(),
                format!("{:.0}", mediane(durees.iter().map(|duree| taille as f64 / 1e6 / duree.mur.as_secs_f64()))),
                part(|duree| duree.mur.as_secs_f64()),
                part(|duree| duree.calcul.as_secs_f64()),
            ]
        })
        .collect();
    commun::imprimer(&["étape", "Mo/s", "de la boucle nue", "en temps de processeur"], &lignes);
    Ok(())
}

/// Peak memory of a process that takes in one large monthly.
fn memoire(mo: usize) -> Resultat<()> {
    let dossier = tempfile::tempdir()?;
    let taille = fs::metadata(mensuel(mo, dossier.path())?)?.len();
    let pic = commun::memoire_d_un_enfant(&["peser-lecture"], dossier.path())?;
    let ligne = vec![format!("{} Mo", taille / 1_000_000), format!("{pic:.0} Mo")];
    commun::imprimer(&["flux mensuel", "mémoire de pointe de l'ingestion"], &[ligne]);
    Ok(())
}

/// Writes a realistic monthly of about `mo` MB as `mensuel.xml`.
fn mensuel(mo: usize, dossier: &Path) -> Resultat<PathBuf> {
    let chemin = dossier.join("mensuel.xml");
    // A small department tells how many people a MB holds in the file of the larger caisse.
    let etalon = 1000;
    let octets = ecrire_le_plus_gros(etalon, &chemin)?;
    let personnes = mo as u64 * 1_000_000 * etalon as u64 / octets;
    ecrire_le_plus_gros(usize::try_from(personnes)?, &chemin)?;
    Ok(chemin)
}

/// Writes the initial stock of a department and keeps the largest flux: its size.
fn ecrire_le_plus_gros(personnes: usize, chemin: &Path) -> Resultat<u64> {
    let dossier = tempfile::tempdir()?;
    let reglages = Reglages {
        graine: 31,
        personnes,
        du: (2021, 1),
        au: (2021, 1),
        forme: Forme::Xml,
        realiste: true,
        quotidiens: false,
    };
    ecrire(&reglages, dossier.path())?;
    let mut gros = (0, PathBuf::new());
    for entree in fs::read_dir(dossier.path())? {
        let entree = entree?;
        if entree.path().extension().is_some_and(|extension| extension == "xml") {
            gros = gros.max((entree.metadata()?.len(), entree.path()));
        }
    }
    fs::copy(&gros.1, chemin)?;
    Ok(gros.0)
}

fn decoder(chemin: &Path, vers: &Path) -> Resultat<()> {
    let octets = fs::read(chemin)?;
    File::create(vers)?.write_all(encoding_rs::WINDOWS_1252.decode(&octets).0.as_bytes())?;
    Ok(())
}

/// The parser alone, over the same text already decoded: it counts the events, and does nothing of
/// them.
fn boucle_nue(texte: impl BufRead) -> Resultat<u64> {
    let mut xml = Reader::from_reader(texte);
    let (mut tampon, mut evenements) = (Vec::new(), 0);
    while !matches!(xml.read_event_into(&mut tampon)?, Event::Eof) {
        evenements += 1;
        tampon.clear();
    }
    Ok(evenements)
}

/// The same over a text that is read first, which spares the parser a copy of each event.
fn boucle_en_memoire(texte: &str) -> Resultat<u64> {
    let mut xml = Reader::from_str(texte);
    let mut evenements = 0;
    while !matches!(xml.read_event()?, Event::Eof) {
        evenements += 1;
    }
    Ok(evenements)
}

/// The foyers read and checked, and dropped.
fn foyers(chemin: &Path) -> Resultat<u64> {
    let tete = b"<?xml version=\"1.0\" encoding=\"windows-1252\"?>";
    let contenu = Source::fichier(chemin).ouvrir(&Limites::default())?;
    Ok(cnaf_xml::lire(contenu, tete, false, &mut Neant, Tolerance::default()).map_err(en_clair)?.foyers)
}

/// Drops the foyers.
struct Neant;

impl RecepteurFlux for Neant {
    fn en_tete(&mut self, _: &EnTete) -> Result<(), Refus> {
        Ok(())
    }

    fn foyer(&mut self, foyer: Foyer) -> Result<(), Refus> {
        std::hint::black_box(foyer);
        Ok(())
    }

    fn rejet(&mut self, _: Rejet) -> Result<(), Refus> {
        Ok(())
    }
}

/// The whole ingestion of one file: digest, reading, checks, Parquet, commit.
fn ingestion(chemin: &Path, entrepot: &Path) -> Resultat<u64> {
    let depot = Arc::new(Depot::ouvrir_en_ecriture(entrepot, None)?);
    let options = Options { ensemble: 1, ..Options::new(NaiveDate::default()) };
    match ingerer(&depot, &[Source::fichier(chemin)], options, &|_| ())?.pop() {
        Some(Recu { issue: Issue::Flux(entre), .. }) => Ok(entre.0.lignes),
        autre => Err(format!("le flux n'est pas entré : {autre:?}").into()),
    }
}

fn en_clair(refus: Refus) -> String {
    format!("{refus:?}")
}
