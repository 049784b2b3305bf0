//! The reading of flux, from the file to the segment in the warehouse: a realistic monthly in XML
//! against a bare loop of the XML parser over the same bytes, on one core; then one file and whole
//! folders, in XML and in CSV, on one core and on two; and what the largest ones take of memory.
//!
//! `cargo bench --bench lecture`; `-- --court` for a check on tiny data; `-- --csv` for a table to
//! keep. `JALON_BENCH_MO` is the size of the monthly and of each folder in MB (200),
//! `JALON_BENCH_PASSES` the number of alternated runs (7), `JALON_BENCH_MO_MEMOIRE` the size of the
//! files whose reading is weighed (1000).

#[path = "commun/mod.rs"]
mod commun;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use chrono::NaiveDate;
use commun::{Duree, Resultat, boucle_nue, chronometrer, mediane};
use flate2::Compression;
use flate2::write::GzEncoder;
use jalon::flux::cnaf_xml;
use jalon::flux::ouverture::examiner;
use jalon::ingestion::{Issue, Limites, Options, Source, fichiers, ingerer};
use jalon::journal::depot::Depot;
use jalon::releves::foyers::Tolerance;
use jalon::releves::{EnTete, Foyer, RecepteurFlux, Refus, Rejet};
use jalon::simulation::{Forme, Reglages, ecrire};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Between the parser and the file, as in the ingestion.
const TAMPON: usize = 256 << 10;
/// Cores that are tried; the word that asks a child to ingest on so many.
const COEURS: [(usize, &str); 2] = [(1, "ingerer-sur-1"), (2, "ingerer-sur-2")];

fn main() -> Resultat<()> {
    for (coeurs, mot) in COEURS {
        if let Some(chemin) = commun::enfant(mot) {
            return enfant(coeurs, &chemin);
        }
    }
    let (mo, passes, mo_memoire) = if commun::court() {
        (1, 1, 1)
    } else {
        (reglage("MO", 200), reglage("PASSES", 7), reglage("MO_MEMOIRE", 1000))
    };
    // What is timed here runs on one core; what runs on more is a child.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;
    debit(mo, passes)?;
    ensembles(mo, passes)?;
    memoire(mo_memoire)
}

fn reglage(nom: &str, defaut: usize) -> usize {
    commun::reglage(&format!("JALON_BENCH_{nom}"), defaut)
}

/// Speeds, in MB/s, each run of a round beside the others.
fn debit(mo: usize, passes: usize) -> Resultat<()> {
    let dossier = tempfile::tempdir()?;
    let chemin = mensuel(31, Forme::Xml, mo, dossier.path())?;
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
        ("ingestion entière", Box::new(|| Ok(ingestion(&chemin, 1)?.0))),
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

/// One file, and whole folders, on one core and on two: each run is a process of its own.
fn ensembles(mo: usize, passes: usize) -> Resultat<()> {
    let lieu = tempfile::tempdir()?;
    let sous = |nom: &str| -> Resultat<PathBuf> {
        let dossier = lieu.path().join(nom);
        fs::create_dir(&dossier)?;
        Ok(dossier)
    };
    let xml = mensuel(31, Forme::Xml, mo, &sous("xml")?)?;
    let gz = comprimer(&xml)?;
    let csv = mensuel(31, Forme::Csv, mo.div_ceil(4), &sous("csv")?)?;
    let (dossier_xml, dossier_csv) = (lieu.path().join("dossier-xml"), lieu.path().join("dossier-csv"));
    for (forme, dossier) in [(Forme::Xml, &dossier_xml), (Forme::Csv, &dossier_csv)] {
        // Six months of two caisses and their dailies: some 40 kB a person in XML.
        ecrire(&Reglages { au: (2021, 6), quotidiens: true, ..reglages(31, forme, mo * 40) }, dossier)?;
        retirer_les_vides(dossier)?;
    }
    let lignes: Vec<Vec<String>> = [
        ("un mensuel XML", &xml),
        ("un mensuel XML .gz", &gz),
        ("six mois en XML", &dossier_xml),
        ("un mensuel CSV", &csv),
        ("six mois en CSV", &dossier_csv),
    ]
    .iter()
    .map(|(nom, chemin)| {
        let mut mesures: [Vec<Mesure>; 2] = Default::default();
        for _ in 0..passes {
            for ((_, mot), mesures) in COEURS.iter().zip(&mut mesures) {
                mesures.push(mesurer(mot, chemin)?);
            }
        }
        let [un, deux] = &mesures;
        let par_seconde = |mesures: &[Mesure], combien: fn(&Mesure) -> f64| {
            format!("{:.0}", mediane(mesures.iter().map(|mesure| combien(mesure) / mesure.secondes)))
        };
        let gains = un.iter().zip(deux).map(|(un, deux)| un.secondes / deux.secondes);
        Ok(vec![
            format!("{nom} ({:.0} Mo)", un[0].octets / 1e6),
            par_seconde(un, |mesure| mesure.octets / 1e6),
            par_seconde(deux, |mesure| mesure.octets / 1e6),
            format!("{:.2}", mediane(gains)),
            par_seconde(un, |mesure| mesure.lignes / 1e3),
            par_seconde(deux, |mesure| mesure.lignes / 1e3),
            format!("{:.0} Mo", deux.iter().map(|mesure| mesure.pic).fold(0.0, f64::max)),
        ])
    })
    .collect::<Resultat<_>>()?;
    let entetes = [
        "ce qui est ingéré",
        "Mo/s, 1 cœur",
        "Mo/s, 2 cœurs",
        "gain",
        "milliers de relevés/s, 1 cœur",
        "milliers de relevés/s, 2 cœurs",
        "mémoire de pointe",
    ];
    commun::imprimer(&entetes, &lignes);
    Ok(())
}

/// Peak memory of a process that takes in one large monthly; two at once; two compressed at once.
fn memoire(mo: usize) -> Resultat<()> {
    let lieu = tempfile::tempdir()?;
    let (clairs, comprimes) = (lieu.path().join("clairs"), lieu.path().join("comprimes"));
    fs::create_dir(&clairs)?;
    fs::create_dir(&comprimes)?;
    let un = mensuel(31, Forme::Xml, mo, &clairs)?;
    let pic = mesurer(COEURS[1].1, &un)?.pic;
    let autre = mensuel(32, Forme::Xml, mo, &clairs)?;
    let pic_de_deux = mesurer(COEURS[1].1, &clairs)?.pic;
    for clair in [un, autre] {
        let comprime = comprimer(&clair)?;
        fs::rename(&comprime, comprimes.join(comprime.file_name().unwrap_or_default()))?;
        fs::remove_file(clair)?;
    }
    let pic_de_comprimes = mesurer(COEURS[1].1, &comprimes)?.pic;
    let ligne = |quoi: &str, pic: f64| vec![format!("{quoi} de {mo} Mo"), format!("{pic:.0} Mo")];
    let lignes = [
        ligne("un mensuel", pic),
        ligne("deux mensuels à la fois, chacun", pic_de_deux),
        ligne("deux mensuels .gz à la fois, chacun", pic_de_comprimes),
    ];
    commun::imprimer(&["flux", "mémoire de pointe de l'ingestion sur 2 cœurs"], &lignes);
    Ok(())
}

/// What a process that ingests says of itself.
struct Mesure {
    secondes: f64,
    pic: f64,
    octets: f64,
    lignes: f64,
}

/// Ingests in a process of its own.
fn mesurer(mot: &str, chemin: &Path) -> Resultat<Mesure> {
    let sortie = Command::new(std::env::current_exe()?).arg(mot).arg(chemin).output()?;
    let texte = String::from_utf8(sortie.stdout)?;
    let nombres: Vec<f64> = texte.split_whitespace().map_while(|mot| mot.parse().ok()).collect();
    match nombres[..] {
        [secondes, pic, octets, lignes] if sortie.status.success() => Ok(Mesure { secondes, pic, octets, lignes }),
        _ => Err(format!("{mot} : {texte}{}", String::from_utf8_lossy(&sortie.stderr)).into()),
    }
}

/// The process that ingests.
fn enfant(coeurs: usize, chemin: &Path) -> Resultat<()> {
    rayon::ThreadPoolBuilder::new().num_threads(coeurs).build_global()?;
    let ((lignes, octets), duree) = chronometrer(|| ingestion(chemin, coeurs))?;
    println!("{} {} {octets} {lignes}", duree.mur.as_secs_f64(), commun::pic_de_memoire()?);
    Ok(())
}

fn reglages(graine: u64, forme: Forme, personnes: usize) -> Reglages {
    Reglages {
        graine,
        personnes,
        du: (2021, 1),
        au: (2021, 1),
        forme,
        realiste: true,
        quotidiens: false,
        desordre: false,
    }
}

/// Writes a realistic monthly of about `mo` MB.
fn mensuel(graine: u64, forme: Forme, mo: usize, dossier: &Path) -> Resultat<PathBuf> {
    let chemin = dossier.join(format!("mensuel-{graine}.{}", forme.nom()));
    // A small department tells how many people a MB holds in the file of the larger caisse.
    let etalon = 1000;
    let octets = ecrire_le_plus_gros(&reglages(graine, forme, etalon), &chemin)?;
    let personnes = mo as u64 * 1_000_000 * etalon as u64 / octets;
    ecrire_le_plus_gros(&reglages(graine, forme, usize::try_from(personnes)?), &chemin)?;
    Ok(chemin)
}

/// Writes the initial stock of a department and keeps the largest flux: its size.
fn ecrire_le_plus_gros(reglages: &Reglages, chemin: &Path) -> Resultat<u64> {
    let dossier = tempfile::tempdir()?;
    ecrire(reglages, dossier.path())?;
    let mut gros = (0, PathBuf::new());
    for entree in fs::read_dir(dossier.path())? {
        let entree = entree?;
        if entree.file_name().to_string_lossy().contains("RSABEM") {
            gros = gros.max((entree.metadata()?.len(), entree.path()));
        }
    }
    fs::copy(&gros.1, chemin)?;
    Ok(gros.0)
}

/// Takes away the days without any line: a CSV then says neither its date nor its caisse, and is refused.
fn retirer_les_vides(dossier: &Path) -> Resultat<()> {
    for entree in fs::read_dir(dossier)? {
        let chemin = entree?.path();
        if chemin.extension().is_some_and(|ext| ext == "csv")
            && BufReader::new(File::open(&chemin)?).split(b'\n').take(2).count() < 2
        {
            fs::remove_file(chemin)?;
        }
    }
    Ok(())
}

/// Compresses a file beside itself.
fn comprimer(chemin: &Path) -> Resultat<PathBuf> {
    let comprime = chemin.with_extension("xml.gz");
    let mut vers = GzEncoder::new(File::create(&comprime)?, Compression::default());
    std::io::copy(&mut File::open(chemin)?, &mut vers)?;
    vers.finish()?;
    Ok(comprime)
}

fn decoder(chemin: &Path, vers: &Path) -> Resultat<()> {
    let octets = fs::read(chemin)?;
    File::create(vers)?.write_all(encoding_rs::WINDOWS_1252.decode(&octets).0.as_bytes())?;
    Ok(())
}

/// The bare loop over a text that is read first, which spares the parser a copy of each event.
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

/// The whole ingestion of a file or of a folder into a new warehouse: digest, reading, checks, Parquet,
/// commit. Gives the rows written and the bytes read.
fn ingestion(chemin: &Path, ensemble: usize) -> Resultat<(u64, u64)> {
    let entrepot = tempfile::tempdir()?;
    let depot = Arc::new(Depot::ouvrir_en_ecriture(entrepot.path(), None)?);
    let options = Options { ensemble, ..Options::new(NaiveDate::default()) };
    let sources = fichiers(&[chemin.to_owned()], entrepot.path(), &options.limites)
        .map_err(|(chemin, error)| format!("{} : {error}", chemin.display()))?;
    let recus = ingerer(&depot, &sources, options, &|_| ())?;
    if let Some(recu) = recus.iter().find(|recu| matches!(recu.issue, Issue::Refuse(_) | Issue::Echec(_))) {
        return Err(format!("{} n'est pas entré : {:?}", recu.source, recu.issue).into());
    }
    Ok((recus.iter().map(|recu| recu.issue.lignes()).sum(), recus.iter().map(|recu| recu.octets).sum()))
}

fn en_clair(refus: Refus) -> String {
    format!("{refus:?}")
}
