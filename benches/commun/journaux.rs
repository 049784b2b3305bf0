//! One department after one, two and five years, each time with the daily and the monthly that arrive next.

#![allow(dead_code, reason = "each bench that includes this file uses what it needs")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use jalon::ingestion::{Options, Source, ingerer};
use jalon::journal::depot::Depot;
use jalon::simulation::{Forme, Reglages, ecrire};

use crate::commun::{self, Resultat, lancer};

/// The first year of every journal.
const PREMIERE_ANNEE: i32 = 2020;

/// A journal, and the two files that arrive next.
pub struct Journal {
    pub annees: i32,
    lieu: PathBuf,
}

/// Which file is the day's.
#[derive(Clone, Copy)]
pub enum Arrivee {
    Quotidien,
    Mensuel,
}

impl Arrivee {
    pub const TOUTES: [Self; 2] = [Self::Quotidien, Self::Mensuel];

    pub fn nom(self) -> &'static str {
        match self {
            Self::Quotidien => "un quotidien",
            Self::Mensuel => "un mensuel",
        }
    }

    /// What its name has, and that of the other caisses' or kinds' files has not.
    fn marque(self) -> &'static str {
        match self {
            Self::Quotidien => "_rsa.RSABEI.",
            Self::Mensuel => "_rsa.RSABEM.",
        }
    }
}

impl Journal {
    /// Its warehouse.
    pub fn entrepot(&self) -> PathBuf {
        self.lieu.join("entrepot")
    }

    /// The file that arrives, alone in its folder.
    fn dossier(&self, arrivee: Arrivee) -> PathBuf {
        self.lieu.join(match arrivee {
            Arrivee::Quotidien => "quotidien",
            Arrivee::Mensuel => "mensuel",
        })
    }

    fn derniere_annee(&self) -> i32 {
        PREMIERE_ANNEE + self.annees - 1
    }

    /// The campaign that runs on the last days of the journal.
    pub fn campagne(&self) -> String {
        format!("mars-{}", self.derniere_annee() + 1)
    }
}

/// Whole processes: ingestion, the campaign's figures, then the same day as a night on its own.
pub fn chronometrer(journal: &Journal, arrivee: Arrivee) -> Resultat<[f64; 3]> {
    let place = Place::nouvelle(journal, arrivee)?;
    let entrepot = place.entrepot();
    let commun = [OsStr::new("-q"), OsStr::new("--entrepot"), entrepot.as_os_str()];
    let campagne = journal.campagne();
    let depot = place.chemin("depot");
    let secondes = |arguments: &[&OsStr]| -> Resultat<f64> { Ok(lancer(arguments)?.mur.as_secs_f64()) };
    let ingestion = secondes(&[&commun[..], &[OsStr::new("ingerer"), depot.as_os_str()]].concat())?;
    let chiffres = [OsStr::new("indicateurs"), OsStr::new("--campagne"), OsStr::new(&campagne)];
    let calcul = secondes(&[&commun[..], &chiffres[..]].concat())?;
    let place = Place::nouvelle(journal, arrivee)?;
    Ok([ingestion, calcul, secondes(&place.nuit())?])
}

/// A place where a night can be run once: the journal's warehouse, the file in the inbox, a pipeline.
pub struct Place {
    dossier: tempfile::TempDir,
    pipeline: PathBuf,
    jour: String,
}

impl Place {
    /// The journal as it was, and its next file in the inbox.
    pub fn nouvelle(journal: &Journal, arrivee: Arrivee) -> Resultat<Self> {
        // Beside the journal, whose segments are linked.
        let dossier = tempfile::tempdir_in(&journal.lieu)?;
        commun::dupliquer(&journal.entrepot(), &dossier.path().join("entrepot"))?;
        commun::dupliquer(&journal.dossier(arrivee), &dossier.path().join("depot"))?;
        let pipeline = dossier.path().join("nuit.toml");
        fs::write(&pipeline, "boites = ['depot']\nreception = 'nom'\n[depot]\nsecondes = 0\n")?;
        Ok(Self { dossier, pipeline, jour: format!("--jour={}-12-31", journal.derniere_annee()) })
    }

    fn chemin(&self, nom: &str) -> PathBuf {
        self.dossier.path().join(nom)
    }

    fn entrepot(&self) -> PathBuf {
        self.chemin("entrepot")
    }

    /// The arguments of the night.
    pub fn nuit(&self) -> [&OsStr; 5] {
        [
            OsStr::new("-q"),
            OsStr::new("nuit"),
            OsStr::new("--pipeline"),
            self.pipeline.as_os_str(),
            OsStr::new(&self.jour),
        ]
    }
}

/// A number of years, as it is said.
pub fn ans(annees: i32) -> String {
    if annees == 1 { "1 an".to_owned() } else { format!("{annees} ans") }
}

/// The journals of these lengths, in `lieu`; those that are there already are taken as they are.
pub fn journaux(durees: &[i32], personnes: usize, lieu: &Path) -> Resultat<Vec<Journal>> {
    let journaux: Vec<Journal> =
        durees.iter().map(|annees| Journal { annees: *annees, lieu: lieu.join(format!("an-{annees}")) }).collect();
    if journaux.iter().any(|journal| !journal.lieu.exists()) {
        preparer(&journaux, personnes, lieu)?;
    }
    Ok(journaux)
}

/// Makes the journals: one department lives, and its journal is set down at the end of each span, all
/// its files but the last daily and the last monthly of the larger caisse.
fn preparer(journaux: &[Journal], personnes: usize, lieu: &Path) -> Resultat<()> {
    fs::create_dir_all(lieu)?;
    let dossier = tempfile::tempdir_in(lieu)?;
    let annees = journaux.iter().map(|journal| journal.annees).max().ok_or("pas de journal")?;
    let reglages = Reglages {
        graine: 31,
        personnes,
        du: (PREMIERE_ANNEE, 1),
        au: (PREMIERE_ANNEE + annees - 1, 12),
        forme: Forme::Csv,
        realiste: false,
        quotidiens: true,
        desordre: false,
    };
    let fichiers = dossier.path().join("fichiers");
    ecrire(&reglages, &fichiers)?;
    let mut a_lire = par_date(&fichiers)?;
    let entrepot = dossier.path().join("entrepot");
    for journal in journaux {
        // The names begin with the day of reception.
        let fin = format!("{}-12-31_z", journal.derniere_annee());
        let recus = a_lire.partition_point(|chemin| nom(chemin) <= fin);
        let dernier =
            |arrivee| a_lire[..recus].iter().rposition(|chemin| est(chemin, arrivee)).ok_or("pas de dernier flux");
        let demain = [dernier(Arrivee::Quotidien)?, dernier(Arrivee::Mensuel)?];
        let lus = (0..recus).filter(|rang| !demain.contains(rang)).map(|rang| Source::fichier(&a_lire[rang]));
        let lus: Vec<Source> = lus.collect();
        let depot = Arc::new(Depot::ouvrir_en_ecriture(&entrepot, None)?);
        ingerer(&depot, &lus, Options::new(NaiveDate::default()), &|_| ())?;
        drop(depot);
        let neuf = Journal { annees: journal.annees, lieu: dossier.path().join(ans(journal.annees)) };
        commun::dupliquer(&entrepot, &neuf.entrepot())?;
        for (arrivee, rang) in Arrivee::TOUTES.into_iter().zip(demain) {
            let vers = neuf.dossier(arrivee);
            fs::create_dir_all(&vers)?;
            fs::copy(&a_lire[rang], vers.join(nom(&a_lire[rang])))?;
        }
        // Whole, or not there at all.
        if !journal.lieu.exists() {
            fs::rename(&neuf.lieu, &journal.lieu)?;
        }
        a_lire = demain.iter().map(|rang| a_lire[*rang].clone()).chain(a_lire[recus..].iter().cloned()).collect();
    }
    Ok(())
}

/// The files of a folder, by their names.
fn par_date(dossier: &Path) -> Resultat<Vec<PathBuf>> {
    let mut chemins: Vec<PathBuf> = fs::read_dir(dossier)?.map(|entree| Ok(entree?.path())).collect::<Resultat<_>>()?;
    chemins.sort();
    Ok(chemins)
}

fn nom(chemin: &Path) -> String {
    chemin.file_name().map(|nom| nom.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether a file is the larger caisse's flux of this kind.
fn est(chemin: &Path, arrivee: Arrivee) -> bool {
    let nom = nom(chemin);
    nom.contains(arrivee.marque()) && nom.contains(".A82")
}
