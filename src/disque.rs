//! Every change that jalon makes on a disk: one function each for a write, a sync, a rename, a
//! removal. What must survive a kill or a full disk goes through here, so that a test can make each
//! of these moments fail in turn.
//!
//! A file is written beside its place, synced, renamed into place, and its folder synced: whoever
//! reads finds the whole file or none.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file being written, readable by its owner alone.
#[derive(Debug)]
pub struct Fichier(File);

impl Fichier {
    /// Creates a file that must not exist yet.
    ///
    /// # Errors
    /// The disk refused, or the file exists.
    pub fn nouveau(chemin: &Path) -> io::Result<Self> {
        panne::avant(Geste::Creation)?;
        ouvrir_prive(chemin, OpenOptions::new().create_new(true)).map(Self)
    }

    /// Creates a file, or empties the one that is there.
    ///
    /// # Errors
    /// The disk refused.
    pub fn vide(chemin: &Path) -> io::Result<Self> {
        panne::avant(Geste::Creation)?;
        ouvrir_prive(chemin, OpenOptions::new().create(true).truncate(true)).map(Self)
    }

    /// A file that keeps nothing of what is written to it.
    ///
    /// # Errors
    /// The system has none.
    pub fn nul() -> io::Result<Self> {
        OpenOptions::new().write(true).open("/dev/null").map(Self)
    }

    /// A second handle on the same file.
    ///
    /// # Errors
    /// The system refused.
    pub fn double(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// Waits until the content is on the disk.
    ///
    /// # Errors
    /// The disk refused.
    pub fn synchroniser(&self) -> io::Result<()> {
        panne::avant(Geste::Synchronisation)?;
        self.0.sync_all()
    }
}

impl Write for Fichier {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        panne::pendant(Geste::Ecriture, &mut self.0, octets)?;
        self.0.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Opens for writing, for the owner alone.
///
/// # Errors
/// The disk refused.
pub fn ouvrir_prive(chemin: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options.write(true).mode(0o600).open(chemin)
}

/// Gives a file another place on the same disk, replacing what is there, and waits until both
/// folders have it on record.
///
/// # Errors
/// The disk refused; the file is then at its first place or at both folders' unsynced new one, whole
/// in either case.
pub fn renommer(de: &Path, vers: &Path) -> io::Result<()> {
    panne::avant(Geste::Renommage)?;
    fs::rename(de, vers)?;
    synchroniser_dossier(dossier_de(vers))?;
    let (avant, apres) = (dossier_de(de), dossier_de(vers));
    if avant == apres { Ok(()) } else { synchroniser_dossier(avant) }
}

/// Removes a file.
///
/// # Errors
/// The disk refused.
pub fn supprimer(chemin: &Path) -> io::Result<()> {
    panne::avant(Geste::Suppression)?;
    fs::remove_file(chemin)
}

/// Removes a folder and all that is in it: killed meanwhile, part of it is left.
///
/// # Errors
/// The disk refused.
pub fn supprimer_dossier(chemin: &Path) -> io::Result<()> {
    panne::avant(Geste::Suppression)?;
    fs::remove_dir_all(chemin)
}

/// Waits until a folder's entries are on the disk.
///
/// # Errors
/// The disk refused.
pub fn synchroniser_dossier(dossier: &Path) -> io::Result<()> {
    panne::avant(Geste::Synchronisation)?;
    File::open(dossier)?.sync_all()
}

/// Creates the missing folders from the top, each one for its owner alone and on record in its
/// parent before it is used.
///
/// # Errors
/// The disk refused.
pub fn creer_dossier(chemin: &Path) -> io::Result<()> {
    if chemin.as_os_str().is_empty() || chemin.is_dir() {
        return Ok(());
    }
    let parent = dossier_de(chemin);
    if parent != chemin {
        creer_dossier(parent)?;
    }
    panne::avant(Geste::Creation)?;
    match DirBuilder::new().mode(0o700).create(chemin) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => synchroniser_dossier(parent),
    }
}

/// Writes a file whole or not at all, for its owner alone. What a killed run left of it is replaced.
///
/// # Errors
/// The disk refused; what was at the place before is still there.
pub fn ecrire(chemin: &Path, octets: &[u8]) -> io::Result<()> {
    ecrire_avec(chemin, octets, 0o600)
}

/// The same, for everybody to read: measures and nothing of anybody.
///
/// # Errors
/// The disk refused; what was at the place before is still there.
pub fn ecrire_pour_tous(chemin: &Path, octets: &[u8]) -> io::Result<()> {
    ecrire_avec(chemin, octets, 0o644)
}

/// Makes a file one that even its owner does not change by mistake.
///
/// # Errors
/// The disk refused.
pub fn figer(chemin: &Path) -> io::Result<()> {
    panne::avant(Geste::Ecriture)?;
    fs::set_permissions(chemin, fs::Permissions::from_mode(0o400))
}

/// Whether a place is written into as it is: a device, a pipe, a socket, or one of the links of `/dev`
/// to them, `/dev/stdout` among others. A file put in its place would take it away from the whole machine.
fn est_un_tuyau(chemin: &Path) -> bool {
    chemin.parent() == Some(Path::new("/dev"))
        || fs::metadata(chemin).is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

fn ecrire_avec(chemin: &Path, octets: &[u8], mode: u32) -> io::Result<()> {
    if est_un_tuyau(chemin) {
        return File::options().write(true).open(chemin)?.write_all(octets);
    }
    let brouillon = nom_de_brouillon(chemin);
    let ecrit = || {
        let mut fichier = Fichier::vide(&brouillon)?;
        fichier.write_all(octets)?;
        fichier.0.set_permissions(fs::Permissions::from_mode(mode))?;
        fichier.synchroniser()?;
        renommer(&brouillon, chemin)
    };
    ecrit().inspect_err(|_| oublier(&brouillon))
}

/// Moves a file to a place that is free, on the same disk or another. Killed at any moment, it is
/// whole at one of the two places at least; moved again, it is at the second one alone.
///
/// # Errors
/// The disk refused, or the place is taken.
pub fn deplacer(de: &Path, vers: &Path) -> io::Result<()> {
    if vers.symlink_metadata().is_ok() {
        return Err(io::Error::from(ErrorKind::AlreadyExists));
    }
    match renommer(de, vers) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => recopier(de, vers),
        done => done,
    }
}

/// Takes a file that was put here: moves it, for this account alone. The rights of one that another
/// account owns are not ours to change: it is copied, and removed.
///
/// # Errors
/// The disk refused, or the place is taken.
pub fn prendre(de: &Path, vers: &Path) -> io::Result<()> {
    match fs::set_permissions(de, fs::Permissions::from_mode(0o600)) {
        Ok(()) => deplacer(de, vers),
        Err(error) if error.kind() == ErrorKind::PermissionDenied && vers.symlink_metadata().is_err() => {
            recopier(de, vers)
        }
        Err(error) => Err(error),
    }
}

/// Copies a file for this account alone, then removes it.
fn recopier(de: &Path, vers: &Path) -> io::Result<()> {
    let brouillon = nom_de_brouillon(vers);
    let copie = || {
        let (mut source, mut fichier) = (File::open(de)?, Fichier::vide(&brouillon)?);
        io::copy(&mut source, &mut fichier)?;
        fichier.synchroniser()?;
        renommer(&brouillon, vers)
    };
    copie().inspect_err(|_| oublier(&brouillon))?;
    supprimer(de)
}

fn nom_de_brouillon(chemin: &Path) -> PathBuf {
    let nom = chemin.file_name().map(|nom| nom.to_string_lossy().into_owned()).unwrap_or_default();
    chemin.with_file_name(format!(".{nom}.partiel"))
}

/// Removes a draft that failed. One that stays is replaced or swept by the next run.
pub fn oublier(brouillon: &Path) {
    if let Err(error) = fs::remove_file(brouillon)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::debug!(fichier = %brouillon.display(), %error, "brouillon non supprimé");
    }
}

/// Bytes that can still be written where a file or a folder is to be; `None` when the system does not
/// say.
#[must_use]
pub fn place_libre(chemin: &Path) -> Option<u64> {
    let mut dossier = chemin;
    while !dossier.is_dir() {
        let parent = dossier_de(dossier);
        if parent == dossier {
            return None;
        }
        dossier = parent;
    }
    let etat = rustix::fs::statvfs(dossier).ok()?;
    Some(etat.f_bavail.saturating_mul(etat.f_frsize))
}

/// The folder of a file; that of the run when the path is a bare name.
#[must_use]
pub fn dossier_de(chemin: &Path) -> &Path {
    match chemin.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => chemin,
    }
}

/// The moments at which a disk can fail or a machine stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Geste {
    Creation,
    Ecriture,
    Synchronisation,
    Renommage,
    Suppression,
}

/// Failures asked for by the tests, in builds that check assertions only: the delivered program has
/// none of this.
#[cfg(debug_assertions)]
mod panne {
    use std::fs::File;
    use std::io::{self, ErrorKind, Write};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Geste;

    /// What happens at the moment chosen.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Genre {
        /// The process dies at once, as by kill -9.
        Arret,
        /// The disk is full from then on.
        Plein,
        /// The disk fails, that once.
        Erreur,
    }

    /// `JALON_PANNE=arret:12` (or `plein`, `erreur`): what happens at the twelfth moment.
    fn prevue() -> Option<(Genre, u64)> {
        static PREVUE: OnceLock<Option<(Genre, u64)>> = OnceLock::new();
        *PREVUE.get_or_init(|| {
            let texte = std::env::var("JALON_PANNE").ok()?;
            let (genre, rang) = texte.split_once(':')?;
            let genre = match genre {
                "arret" => Genre::Arret,
                "plein" => Genre::Plein,
                _ => Genre::Erreur,
            };
            Some((genre, rang.parse().ok()?))
        })
    }

    /// What happens now, if anything: each call is one more moment.
    fn maintenant(geste: Geste) -> Option<Genre> {
        static MOMENTS: AtomicU64 = AtomicU64::new(0);
        let (genre, rang) = prevue()?;
        let moment = MOMENTS.fetch_add(1, Ordering::SeqCst) + 1;
        // A full disk still renames and removes.
        let prend = matches!(geste, Geste::Creation | Geste::Ecriture | Geste::Synchronisation);
        let arrive = moment == rang || (genre == Genre::Plein && moment > rang && prend);
        if moment == rang {
            eprintln!("panne simulée au moment {rang} : {geste:?}");
        }
        arrive.then_some(genre)
    }

    fn subie(genre: Genre) -> io::Result<()> {
        match genre {
            Genre::Arret => std::process::abort(),
            Genre::Plein => Err(io::Error::from(ErrorKind::StorageFull)),
            Genre::Erreur => Err(io::Error::from_raw_os_error(5)),
        }
    }

    pub(super) fn avant(geste: Geste) -> io::Result<()> {
        maintenant(geste).map_or(Ok(()), subie)
    }

    /// A write that fails has written its first half.
    pub(super) fn pendant(geste: Geste, fichier: &mut File, octets: &[u8]) -> io::Result<()> {
        let Some(genre) = maintenant(geste) else { return Ok(()) };
        fichier.write_all(&octets[..octets.len() / 2])?;
        subie(genre)
    }
}

#[cfg(not(debug_assertions))]
mod panne {
    use std::fs::File;
    use std::io;

    use super::Geste;

    pub(super) const fn avant(_: Geste) -> io::Result<()> {
        Ok(())
    }

    pub(super) const fn pendant(_: Geste, _: &mut File, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileTypeExt;

    use super::*;

    #[test]
    fn a_file_that_cannot_be_made_ours_is_copied_for_us_alone_and_removed() {
        let lieu = tempfile::tempdir().unwrap();
        let (de, vers) = (lieu.path().join("depose"), lieu.path().join("range"));
        fs::write(&de, "un").unwrap();
        fs::set_permissions(&de, fs::Permissions::from_mode(0o664)).unwrap();
        recopier(&de, &vers).unwrap();
        assert_eq!((de.exists(), fs::read_to_string(&vers).unwrap().as_str()), (false, "un"));
        assert_eq!(fs::metadata(&vers).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(lieu.path()).unwrap().count(), 1);
    }

    fn noms(dossier: &Path) -> Vec<String> {
        let mut noms: Vec<_> =
            fs::read_dir(dossier).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        noms.sort();
        noms
    }

    #[test]
    fn a_file_is_written_whole_for_its_owner_alone() {
        let ici = tempfile::tempdir().unwrap();
        let chemin = ici.path().join("tableau.csv");
        ecrire(&chemin, b"un").unwrap();
        ecrire(&chemin, b"deux").unwrap();
        assert_eq!(fs::read(&chemin).unwrap(), b"deux");
        assert_eq!(fs::metadata(&chemin).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(noms(ici.path()), ["tableau.csv"]);
    }

    /// `--sortie /dev/null`, given by the administrator, once took the device away from the machine.
    #[test]
    fn a_device_or_a_pipe_is_written_into_and_never_replaced() {
        let ici = tempfile::tempdir().unwrap();
        let tube = ici.path().join("tube");
        assert!(std::process::Command::new("mkfifo").arg(&tube).status().unwrap().success());
        let lecteur = std::thread::spawn({
            let tube = tube.clone();
            move || fs::read(tube).unwrap()
        });
        ecrire(&tube, b"tableau").unwrap();
        assert_eq!(lecteur.join().unwrap(), b"tableau");
        assert!(fs::metadata(&tube).unwrap().file_type().is_fifo());
        assert_eq!(noms(ici.path()), ["tube"]);
        ecrire(Path::new("/dev/null"), b"tableau").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_file_never_replaces_another_by_moving() {
        let ici = tempfile::tempdir().unwrap();
        let (de, vers) = (ici.path().join("a"), ici.path().join("b"));
        ecrire(&de, b"a").unwrap();
        ecrire(&vers, b"b").unwrap();
        assert_eq!(deplacer(&de, &vers).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!((fs::read(&de).unwrap(), fs::read(&vers).unwrap()), (b"a".to_vec(), b"b".to_vec()));
        supprimer(&vers).unwrap();
        deplacer(&de, &vers).unwrap();
        assert_eq!((noms(ici.path()), fs::read(&vers).unwrap()), (vec!["b".to_owned()], b"a".to_vec()));
    }

    #[test]
    fn the_room_left_is_that_of_the_first_folder_that_exists() {
        let ici = tempfile::tempdir().unwrap();
        assert!(place_libre(&ici.path().join("a/venir")).unwrap() > 0);
        assert!(place_libre(Path::new("nulle part")).unwrap() > 0);
    }

    #[test]
    fn folders_are_made_for_their_owner_alone() {
        let ici = tempfile::tempdir().unwrap();
        let dossier = ici.path().join("archives/2021/03");
        creer_dossier(&dossier).unwrap();
        creer_dossier(&dossier).unwrap();
        assert_eq!(fs::metadata(dossier).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
