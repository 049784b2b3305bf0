//! The inboxes: which files are whole and can be taken, which are left, and when each one arrived.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Local, NaiveDate};
use rustc_hash::FxHashSet;

use crate::pipeline::{Arrivage, Attente};
use crate::systeme::{Chemin, EnFrancais};

/// What follows the name of a file to say that it is whole.
const MARQUEUR: &str = ".fini";
/// How the tools that copy files call those that they have not finished.
const PROVISOIRES: [&str; 5] = [".part", ".partial", ".filepart", ".tmp", ".crdownload"];

/// A file that can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrive {
    /// Where it is.
    pub chemin: PathBuf,
    /// Its inbox.
    pub boite: PathBuf,
    /// The day it arrived in the inbox.
    pub jour: NaiveDate,
    /// Its marker, which goes with it.
    pub marqueur: Option<PathBuf>,
}

impl Arrive {
    /// Its name from its inbox, as it may be shown.
    #[must_use]
    pub fn nom(&self) -> String {
        Chemin(self.chemin.strip_prefix(&self.boite).unwrap_or(&self.chemin)).to_string()
    }
}

/// What the inboxes hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Boites {
    /// Files that can be taken, in the order of their paths, inbox after inbox.
    pub prets: Vec<Arrive>,
    /// Files that are still being written: they will be taken by a later run.
    pub en_cours: Vec<PathBuf>,
    /// What is no file to take, and why.
    pub laisses: Vec<(PathBuf, String)>,
    /// Inboxes that cannot be read, and why.
    pub absentes: Vec<(PathBuf, String)>,
}

/// Looks into the inboxes. Files that have just changed are looked at again after the time that the
/// pipeline gives (`attendre` waits); those that moved meanwhile are left.
pub fn relever(boites: &[PathBuf], arrivage: Arrivage, attendre: &dyn Fn(Duration)) -> Boites {
    let mut vus = Boites::default();
    let mut fichiers: Vec<(PathBuf, Metadata)> = Vec::new();
    for boite in boites {
        if let Err(error) = parcourir(boite, &mut fichiers, &mut vus.laisses) {
            vus.absentes.push((boite.clone(), EnFrancais(&error).to_string()));
        }
    }
    let marqueurs: FxHashSet<PathBuf> =
        fichiers.iter().map(|(chemin, _)| chemin).filter(|chemin| est_marqueur(chemin)).cloned().collect();
    let presents: FxHashSet<PathBuf> = fichiers.iter().map(|(chemin, _)| chemin.clone()).collect();
    // A marker that holds something is a file that happens to have this name.
    fichiers.retain(|(chemin, meta)| {
        let garde = !(est_marqueur(chemin) && meta.len() == 0);
        if !garde && !presents.contains(&sans_marqueur(chemin)) {
            vus.laisses.push((chemin.clone(), "marqueur sans le fichier qu'il annonce".to_owned()));
        }
        garde
    });
    let marqueur = |chemin: &Path| Some(avec_marqueur(chemin)).filter(|marqueur| marqueurs.contains(marqueur));
    let maintenant = SystemTime::now();
    let attente = Duration::from_secs(arrivage.secondes);
    let (stables, jeunes): (Vec<_>, Vec<_>) = fichiers.into_iter().partition(|(chemin, meta)| match arrivage.attente {
        Attente::Marqueur => marqueur(chemin).is_some(),
        // A file dated in the future (a clock that went back) has no age: it is looked at twice.
        Attente::Stable => age(meta, maintenant).is_some_and(|age| age >= attente),
    });
    let mut prets = stables;
    if arrivage.attente == Attente::Stable && !jeunes.is_empty() {
        attendre(attente);
        for (chemin, avant) in jeunes {
            match fs::symlink_metadata(&chemin) {
                Ok(apres) if etat(&apres) == etat(&avant) => prets.push((chemin, apres)),
                _ => vus.en_cours.push(chemin),
            }
        }
        prets.sort_by(|(a, _), (b, _)| a.cmp(b));
    } else {
        vus.en_cours.extend(jeunes.into_iter().map(|(chemin, _)| chemin));
    }
    vus.prets = prets
        .into_iter()
        .map(|(chemin, meta)| Arrive {
            boite: boites.iter().find(|boite| chemin.starts_with(boite)).cloned().unwrap_or_default(),
            marqueur: marqueur(&chemin),
            jour: arrivee(&meta),
            chemin,
        })
        .collect();
    vus
}

/// The files below an inbox, in the order of their names. A link may lead anywhere, and what a tool
/// is still copying is nobody's yet: neither is taken.
fn parcourir(
    dossier: &Path,
    fichiers: &mut Vec<(PathBuf, Metadata)>,
    laisses: &mut Vec<(PathBuf, String)>,
) -> io::Result<()> {
    let mut entrees: Vec<_> = fs::read_dir(dossier)?.collect::<Result<_, _>>()?;
    entrees.sort_by_key(fs::DirEntry::file_name);
    for entree in entrees {
        let chemin = entree.path();
        let nom = entree.file_name().to_string_lossy().to_lowercase();
        let meta = match fs::symlink_metadata(&chemin) {
            Ok(meta) => meta,
            // Gone since the folder was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if meta.is_dir() {
            if let Err(error) = parcourir(&chemin, fichiers, laisses) {
                laisses.push((chemin, format!("dossier illisible : {}", EnFrancais(&error))));
            }
        } else if meta.is_symlink() {
            laisses.push((
                chemin,
                "lien : jalon ne suit pas les liens d'une boîte, déposez le fichier lui-même".to_owned(),
            ));
        } else if !meta.is_file() {
            laisses.push((chemin, "ce n'est pas un fichier ordinaire".to_owned()));
        } else if nom.starts_with('.') || PROVISOIRES.iter().any(|fin| nom.ends_with(fin)) {
            laisses.push((chemin, "nom provisoire : sa copie n'est pas finie".to_owned()));
        } else {
            fichiers.push((chemin, meta));
        }
    }
    Ok(())
}

/// The day a file came to be where it is, under the name it has. The system keeps it, and no copying
/// tool can set it: the date of modification may be that of the original, days earlier.
fn arrivee(meta: &Metadata) -> NaiveDate {
    let instant = DateTime::from_timestamp(meta.ctime(), 0).unwrap_or_default();
    instant.with_timezone(&Local).date_naive()
}

fn age(meta: &Metadata, maintenant: SystemTime) -> Option<Duration> {
    let modifie = meta.modified().ok()?;
    let change = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(meta.ctime()).ok()?);
    maintenant.duration_since(modifie.max(change)).ok()
}

fn etat(meta: &Metadata) -> (u64, i64, i64, u64) {
    (meta.len(), meta.mtime(), meta.mtime_nsec(), meta.ino())
}

fn est_marqueur(chemin: &Path) -> bool {
    chemin.to_string_lossy().ends_with(MARQUEUR)
}

fn avec_marqueur(chemin: &Path) -> PathBuf {
    let mut nom = chemin.as_os_str().to_owned();
    nom.push(MARQUEUR);
    nom.into()
}

fn sans_marqueur(chemin: &Path) -> PathBuf {
    chemin.to_string_lossy().strip_suffix(MARQUEUR).map(PathBuf::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::fs::symlink;

    use super::*;

    const TOUT_DE_SUITE: Arrivage = Arrivage { attente: Attente::Stable, secondes: 0 };

    fn noms(fichiers: &[Arrive]) -> Vec<String> {
        fichiers.iter().map(|f| f.chemin.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn files_are_taken_in_the_order_of_their_names_folders_included() {
        let boite = tempfile::tempdir().unwrap();
        fs::create_dir(boite.path().join("b")).unwrap();
        for nom in ["c.xml", "b/2.csv", "b/1.csv", "a.xml"] {
            fs::write(boite.path().join(nom), "x").unwrap();
        }
        let vus = relever(&[boite.path().to_owned()], TOUT_DE_SUITE, &|_| ());
        assert_eq!(noms(&vus.prets), ["a.xml", "1.csv", "2.csv", "c.xml"]);
        assert_eq!(vus.prets[0].jour, Local::now().date_naive());
    }

    #[test]
    fn a_file_that_grows_while_it_is_watched_is_left() {
        let boite = tempfile::tempdir().unwrap();
        let (calme, grandit) = (boite.path().join("calme.xml"), boite.path().join("grandit.xml"));
        fs::write(&calme, "x").unwrap();
        fs::write(&grandit, "x").unwrap();
        let attendu = Cell::new(Duration::ZERO);
        let vus = relever(&[boite.path().to_owned()], Arrivage { secondes: 30, ..TOUT_DE_SUITE }, &|duree| {
            attendu.set(duree);
            fs::write(&grandit, "xx").unwrap();
        });
        assert_eq!((noms(&vus.prets), vus.en_cours), (vec!["calme.xml".to_owned()], vec![grandit]));
        assert_eq!(attendu.get(), Duration::from_secs(30));
    }

    #[test]
    fn with_markers_only_the_files_that_have_one_are_taken() {
        let boite = tempfile::tempdir().unwrap();
        for nom in ["entier.xml", "entier.xml.fini", "en_cours.xml", "parti.xml.fini"] {
            fs::write(boite.path().join(nom), if nom.ends_with("fini") { "" } else { "x" }).unwrap();
        }
        let arrivage = Arrivage { attente: Attente::Marqueur, secondes: 0 };
        let vus = relever(&[boite.path().to_owned()], arrivage, &|_| panic!("a marker needs no wait"));
        assert_eq!(noms(&vus.prets), ["entier.xml"]);
        assert_eq!(vus.prets[0].marqueur, Some(boite.path().join("entier.xml.fini")));
        assert_eq!(vus.en_cours, [boite.path().join("en_cours.xml")]);
        assert_eq!(vus.laisses[0].0, boite.path().join("parti.xml.fini"));
    }

    #[test]
    fn links_and_unfinished_copies_are_left_and_said() {
        let boite = tempfile::tempdir().unwrap();
        for nom in [".secret.xml", "flux.xml.PART", "bon.xml"] {
            fs::write(boite.path().join(nom), "x").unwrap();
        }
        symlink("/etc/passwd", boite.path().join("lien.xml")).unwrap();
        let vus = relever(&[boite.path().to_owned()], TOUT_DE_SUITE, &|_| ());
        assert_eq!(noms(&vus.prets), ["bon.xml"]);
        assert_eq!(vus.laisses.len(), 3);
        assert!(vus.laisses.iter().any(|(chemin, raison)| chemin.ends_with("lien.xml") && raison.contains("lien")));
    }

    #[test]
    fn an_inbox_that_disappears_is_not_an_empty_one() {
        let boite = tempfile::tempdir().unwrap();
        fs::write(boite.path().join("bon.xml"), "x").unwrap();
        let perdue = boite.path().join("perdue");
        let vus = relever(&[perdue.clone(), boite.path().to_owned()], TOUT_DE_SUITE, &|_| ());
        assert_eq!(vus.absentes, [(perdue, "introuvable".to_owned())]);
        assert_eq!(noms(&vus.prets), ["bon.xml"]);
    }
}
