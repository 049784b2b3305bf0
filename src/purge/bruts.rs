//! The files as they were received, NIR in clear: archives and refused files. They have a retention
//! of their own, since the journal holds all that the figures need of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, Local, Months, NaiveDate};

use crate::disque;
use crate::systeme::EnFrancais;

/// Days for which files received are kept when nothing else is said.
pub const JOURS: u32 = 90;

/// What was removed, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BilanBruts {
    /// Files looked at.
    pub vus: u64,
    /// Files removed.
    pub retires: u64,
    /// Their size, in bytes.
    pub octets: u64,
    /// Month folders left empty and removed.
    pub dossiers: u64,
    /// Links and special files met, left alone.
    pub laisses: u64,
    /// What the system refused to remove.
    pub echecs: Vec<(PathBuf, String)>,
}

/// Why a folder is not touched at all.
#[derive(Debug, thiserror::Error)]
pub enum RefusBruts {
    /// It cannot be read.
    #[error("{} ne peut pas être lu ({}). Vérifiez le chemin et les droits", .0.display(), EnFrancais(.1))]
    Illisible(PathBuf, io::Error),
    /// It is a link.
    #[error("{} est un lien : donnez le dossier lui-même", .0.display())]
    Lien(PathBuf),
    /// It is not a folder.
    #[error("{} n'est pas un dossier", .0.display())]
    PasUnDossier(PathBuf),
    /// It holds the warehouse, or is in it, or is the root of the disk.
    #[error("{} ne peut pas être purgé de ses fichiers : c'est la racine du disque, ou l'entrepôt est dedans ou autour", .0.display())]
    Interdit(PathBuf),
}

/// Removes the files of some folders (and of the folders in them) that are older than `avant`.
/// Nothing else is touched: no link is followed or removed, and the folders stay, but for the emptied
/// months of an archive (`AAAA/MM`).
///
/// The age of a file is that of the last change of the file or of what stands beside it under its name
/// (the reason of a refusal); in an archive it is at least the end of its month.
///
/// # Errors
/// A folder that must not be touched; nothing is then removed from any.
pub fn purger(
    dossiers: &[PathBuf],
    entrepot: &Path,
    avant: NaiveDate,
    a_blanc: bool,
) -> Result<BilanBruts, RefusBruts> {
    let racines = dossiers.iter().map(|dossier| admettre(dossier, entrepot)).collect::<Result<Vec<_>, _>>()?;
    let mut bilan = BilanBruts::default();
    for racine in racines {
        Passage { racine: &racine, avant, a_blanc, bilan: &mut bilan }.dossier(&racine);
    }
    Ok(bilan)
}

/// Whether files of these folders may be removed, before anything is.
///
/// # Errors
/// A folder that must not be touched.
pub fn verifier(dossiers: &[PathBuf], entrepot: &Path) -> Result<(), RefusBruts> {
    dossiers.iter().try_for_each(|dossier| admettre(dossier, entrepot).map(|_| ()))
}

/// A folder whose files may be removed, by its real path.
fn admettre(dossier: &Path, entrepot: &Path) -> Result<PathBuf, RefusBruts> {
    let illisible = |error| RefusBruts::Illisible(dossier.to_owned(), error);
    let nature = fs::symlink_metadata(dossier).map_err(illisible)?.file_type();
    if nature.is_symlink() {
        return Err(RefusBruts::Lien(dossier.to_owned()));
    }
    if !nature.is_dir() {
        return Err(RefusBruts::PasUnDossier(dossier.to_owned()));
    }
    let racine = fs::canonicalize(dossier).map_err(illisible)?;
    let entrepot = fs::canonicalize(entrepot).unwrap_or_else(|_| entrepot.to_owned());
    if racine.parent().is_none() || racine.starts_with(&entrepot) || entrepot.starts_with(&racine) {
        return Err(RefusBruts::Interdit(dossier.to_owned()));
    }
    Ok(racine)
}

/// One walk through a folder.
struct Passage<'a> {
    racine: &'a Path,
    avant: NaiveDate,
    a_blanc: bool,
    bilan: &'a mut BilanBruts,
}

/// A regular file, and the day of its last change.
struct Brut {
    chemin: PathBuf,
    nom: String,
    octets: u64,
    jour: NaiveDate,
}

impl Passage<'_> {
    fn dossier(&mut self, dossier: &Path) {
        match lister(dossier) {
            Ok((sous_dossiers, fichiers, laisses)) => {
                self.bilan.laisses += laisses;
                sous_dossiers.iter().for_each(|sous_dossier| self.dossier(sous_dossier));
                self.fichiers(dossier, fichiers);
            }
            Err(error) => self.echec(dossier, &error),
        }
        if self.est_un_mois_ou_une_annee(dossier) && fs::read_dir(dossier).is_ok_and(|mut reste| reste.next().is_none())
        {
            match fs::remove_dir(dossier) {
                Ok(()) => self.bilan.dossiers += 1,
                Err(error) => self.echec(dossier, &error),
            }
        }
    }

    fn fichiers(&mut self, dossier: &Path, mut fichiers: Vec<Brut>) {
        fichiers.sort_by(|a, b| a.nom.cmp(&b.nom));
        self.bilan.vus += fichiers.len() as u64;
        let (fin_du_mois, deja) = (self.fin_du_mois(dossier), self.bilan.retires);
        for (rang, brut) in fichiers.iter().enumerate() {
            let avec = fichiers[rang..].iter().take_while(|autre| autre.nom.starts_with(&brut.nom));
            let jour = avec.map(|autre| autre.jour).chain(fin_du_mois).max().unwrap_or(brut.jour);
            if jour < self.avant {
                self.fichier(brut);
            }
        }
        if self.bilan.retires > deja
            && !self.a_blanc
            && let Err(error) = disque::synchroniser_dossier(dossier)
        {
            self.echec(dossier, &error);
        }
    }

    fn fichier(&mut self, brut: &Brut) {
        if !self.a_blanc {
            // A folder on the way may have been replaced by a link since it was listed.
            let toujours_la = brut
                .chemin
                .parent()
                .is_some_and(|dossier| fs::canonicalize(dossier).is_ok_and(|reel| reel.starts_with(self.racine)));
            if !toujours_la {
                return self.echec(&brut.chemin, &io::Error::other("le dossier a changé pendant la purge"));
            }
            if let Err(error) = disque::supprimer(&brut.chemin) {
                return self.echec(&brut.chemin, &error);
            }
        }
        self.bilan.retires += 1;
        self.bilan.octets += brut.octets;
    }

    fn echec(&mut self, chemin: &Path, error: &io::Error) {
        self.bilan.echecs.push((chemin.to_owned(), EnFrancais(error).to_string()));
    }

    /// The numbers of the folders from the root of an archive: its year, then its month.
    fn annee_et_mois(&self, dossier: &Path) -> Option<Vec<u32>> {
        let parties = dossier.strip_prefix(self.racine).ok()?;
        let nombres: Vec<&str> = parties.iter().filter_map(|partie| partie.to_str()).collect();
        let chiffres = |partie: &str, taille| partie.len() == taille && partie.bytes().all(|b| b.is_ascii_digit());
        let archive = match nombres.as_slice() {
            [annee] => chiffres(annee, 4),
            [annee, mois] => chiffres(annee, 4) && chiffres(mois, 2),
            _ => false,
        };
        archive.then(|| nombres.iter().filter_map(|partie| partie.parse().ok()).collect())
    }

    fn est_un_mois_ou_une_annee(&self, dossier: &Path) -> bool {
        !self.a_blanc && self.annee_et_mois(dossier).is_some()
    }

    /// The last day of the month of an archive folder.
    fn fin_du_mois(&self, dossier: &Path) -> Option<NaiveDate> {
        let [annee, mois] = *self.annee_et_mois(dossier)?.as_slice() else { return None };
        let premier = NaiveDate::from_ymd_opt(i32::try_from(annee).ok()?, mois, 1)?;
        premier.checked_add_months(Months::new(1))?.pred_opt().filter(|dernier| dernier.year() > 0)
    }
}

/// The folders, the regular files, and how many other things a folder holds.
fn lister(dossier: &Path) -> io::Result<(Vec<PathBuf>, Vec<Brut>, u64)> {
    let (mut sous_dossiers, mut fichiers, mut laisses) = (Vec::new(), Vec::new(), 0);
    for entree in fs::read_dir(dossier)? {
        let entree = entree?;
        // Neither of these follows a link.
        let (nature, chemin) = (entree.file_type()?, entree.path());
        if nature.is_dir() {
            sous_dossiers.push(chemin);
        } else if nature.is_file() {
            let meta = entree.metadata()?;
            let jour = DateTime::<Local>::from(meta.modified()?).date_naive();
            let nom = entree.file_name().to_string_lossy().into_owned();
            fichiers.push(Brut { chemin, nom, octets: meta.len(), jour });
        } else {
            laisses += 1;
        }
    }
    sous_dossiers.sort();
    Ok((sous_dossiers, fichiers, laisses))
}
