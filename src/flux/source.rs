//! What there is to read: a file, or a member of a zip archive. How it is opened, decompressed as it
//! is read, and how far it is followed before it is held to be hostile or broken.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use chrono::NaiveDate;
use flate2::bufread::MultiGzDecoder;

use super::archive::Membre;
use crate::releves::Refus;
use crate::systeme::{Affichable, Chemin};

/// Bytes read at once.
pub(super) const TAMPON: usize = 256 << 10;

/// A content, decompressed as it is read.
pub type Flot = Box<dyn BufRead + Send>;

/// How far a file is followed. The largest real flux has some hundreds of megabytes, and compression
/// makes it twenty to thirty times smaller: the usual limits leave them all far behind.
#[derive(Clone, Copy, Debug)]
pub struct Limites {
    /// Bytes of a content once decompressed, and of all the members of an archive together.
    pub taille: u64,
    /// How many times larger than its file a content may be once decompressed.
    pub rapport: u64,
    /// Bytes of a content under which that is not looked at.
    pub rapport_des: u64,
    /// Members of an archive.
    pub membres: u64,
}

impl Default for Limites {
    fn default() -> Self {
        Self { taille: 50_000_000_000, rapport: 200, rapport_des: 100_000_000, membres: 10_000 }
    }
}

impl Limites {
    /// Whether so many bytes may come out of so many.
    pub(super) fn verifier(&self, lus: u64, sortis: u64) -> Result<(), Abime> {
        if sortis > self.taille {
            return Err(Abime(format!(
                "plus de {} une fois décompressé : jalon s'arrête là. Vérifiez ce fichier auprès de l'émetteur",
                octets(self.taille)
            )));
        }
        if sortis > self.rapport_des && sortis / self.rapport.max(1) > lus {
            return Err(Abime(format!(
                "{} en donnent plus de {} une fois décompressés, plus de {} fois autant : aucun flux n'est fait ainsi, \
                 jalon s'arrête là. Vérifiez sa provenance auprès de l'émetteur",
                octets(lus),
                octets(sortis),
                self.rapport
            )));
        }
        Ok(())
    }
}

/// A number of bytes, for people.
pub(crate) fn octets(n: u64) -> String {
    [(1_000_000_000, "Go"), (1_000_000, "Mo"), (1_000, "ko")]
        .iter()
        .find(|(unite, _)| n >= *unite)
        .map_or_else(|| format!("{n} octets"), |(unite, nom)| format!("{} {nom}", n / unite))
}

/// Why a content cannot be had when the file itself is at fault, in French and with what to do. It
/// travels as an [`io::Error`] through the readers; [`refus`] tells it from an error of the system.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Abime(pub(super) String);

impl From<Abime> for io::Error {
    fn from(abime: Abime) -> Self {
        Self::new(io::ErrorKind::InvalidData, abime)
    }
}

/// What an error met in reading says of the file: that it is at fault, or that it could not be read.
#[must_use]
pub fn refus(error: io::Error) -> Refus {
    match error.get_ref().and_then(|source| source.downcast_ref::<Abime>()) {
        Some(Abime(message)) => Refus::whole(message.clone()),
        None => Refus::Lecture(error),
    }
}

/// A file as it stands on the disk: another file, or the same one written to, is another state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Etat {
    appareil: u64,
    numero: u64,
    /// Bytes on the disk.
    pub taille: u64,
    modifie: SystemTime,
}

/// What is known of a source without reading it: it will not be.
#[derive(Clone, Debug)]
pub enum Ecart {
    /// It should have been read, and cannot be.
    Refuse(String),
    /// It is plainly something else.
    Ignore(String),
}

/// One thing to read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file on the disk.
    pub chemin: PathBuf,
    /// The member, when that file is an archive.
    pub membre: Option<Membre>,
    /// The day on which the file arrived in the department, when somebody watched.
    pub arrivee: Option<NaiveDate>,
    /// Whether the path may be a link: when somebody gave that very path.
    suivre: bool,
    /// How the file stood when it was listed, for what was then read of it.
    vu: Option<Etat>,
    ecart: Option<Ecart>,
}

impl Source {
    /// A file that somebody named: the path may be a link.
    #[must_use]
    pub fn fichier(chemin: impl Into<PathBuf>) -> Self {
        Self { chemin: chemin.into(), membre: None, arrivee: None, suivre: true, vu: None, ecart: None }
    }

    /// A file found in a folder: a link that took its place meanwhile is not followed.
    pub(crate) fn trouve(chemin: impl Into<PathBuf>) -> Self {
        Self { suivre: false, ..Self::fichier(chemin) }
    }

    /// The same, which will not be read.
    pub(crate) fn ecarte(self, ecart: Ecart) -> Self {
        Self { ecart: Some(ecart), ..self }
    }

    /// The same, listed when the file stood so.
    pub(crate) fn vu(self, etat: Etat) -> Self {
        Self { vu: Some(etat), ..self }
    }

    /// Whether the file is no longer what was listed.
    pub(crate) fn a_change(&self) -> bool {
        self.vu.is_some() && self.etat().ok() != self.vu
    }

    /// A member of this archive.
    pub(crate) fn membre(&self, membre: Membre, ecart: Option<Ecart>) -> Self {
        Self { membre: Some(membre), ecart, ..self.clone() }
    }

    /// Why it will not be read, when that is known already.
    #[must_use]
    pub fn ecart(&self) -> Option<&Ecart> {
        self.ecart.as_ref()
    }

    /// The base name that the rules look at: that of the member, or of the file.
    #[must_use]
    pub fn nom(&self) -> String {
        self.membre.as_ref().map_or_else(|| self.nom_du_fichier(), |membre| membre.nom().to_owned())
    }

    /// The base name of the file on the disk, which is that of the archive for a member.
    #[must_use]
    pub fn nom_du_fichier(&self) -> String {
        self.chemin.file_name().map(|nom| nom.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// How the file stands now.
    ///
    /// # Errors
    /// It is no longer there, or is no longer a file.
    pub fn etat(&self) -> io::Result<Etat> {
        let meta = if self.suivre { fs::metadata(&self.chemin)? } else { fs::symlink_metadata(&self.chemin)? };
        Ok(Etat { appareil: meta.dev(), numero: meta.ino(), taille: meta.len(), modifie: meta.modified()? })
    }

    /// Opens the file on the disk.
    pub(super) fn ouvrir_fichier(&self) -> io::Result<File> {
        // A pipe put in the place of a file would otherwise be waited for.
        let lien = if self.suivre { 0 } else { libc::O_NOFOLLOW };
        let fichier = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | lien).open(&self.chemin)?;
        if fichier.metadata()?.is_file() {
            return Ok(fichier);
        }
        Err(Abime(PAS_UN_FICHIER.to_owned()).into())
    }

    /// Opens the content, decompressed when its first bytes are those of gzip.
    ///
    /// # Errors
    /// The file cannot be opened or read, or it is no file.
    pub fn ouvrir(&self, limites: &Limites) -> io::Result<Flot> {
        let fichier = self.ouvrir_fichier()?;
        let lus = Arc::new(AtomicU64::new(0));
        let Some(membre) = &self.membre else {
            let mut fichier = BufReader::with_capacity(TAMPON, fichier);
            if !fichier.fill_buf()?.starts_with(GZIP) {
                return Ok(Box::new(fichier));
            }
            let compte = Compte { source: fichier, lus: Arc::clone(&lus) };
            return Ok(degonfler(compte, lus, *limites));
        };
        let mut contenu = membre.ouvrir(fichier, &lus, *limites)?;
        let mut debut = Vec::new();
        contenu.by_ref().take(GZIP.len() as u64).read_to_end(&mut debut)?;
        let gzip = debut == GZIP;
        let contenu = Cursor::new(debut).chain(contenu);
        Ok(if gzip { degonfler(contenu, lus, *limites) } else { Box::new(BufReader::with_capacity(TAMPON, contenu)) })
    }
}

/// Why what is no file is not read.
pub(crate) const PAS_UN_FICHIER: &str = "ni un fichier ni un dossier (tube, périphérique ou prise) : il n'est pas ouvert. \
                                         Déposez un fichier ordinaire";

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Chemin(&self.chemin))?;
        match &self.membre {
            Some(membre) => write!(f, " ({})", Affichable(membre.chemin())),
            None => Ok(()),
        }
    }
}

impl AsRef<Path> for Source {
    fn as_ref(&self) -> &Path {
        &self.chemin
    }
}

const GZIP: &[u8] = &[0x1f, 0x8b];

fn degonfler(comprime: impl BufRead + Send + 'static, lus: Arc<AtomicU64>, limites: Limites) -> Flot {
    let degonfle = Borne { source: Gzip(MultiGzDecoder::new(comprime)), lus, sortis: 0, limites };
    Box::new(BufReader::with_capacity(TAMPON, degonfle))
}

/// A gzip stream whose errors say so in French.
struct Gzip<R>(MultiGzDecoder<R>);

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, sortie: &mut [u8]) -> io::Result<usize> {
        self.0.read(sortie).map_err(|erreur| en_francais(erreur, "archive gzip"))
    }
}

/// What a decompressor says of its content, in French; an error of the disk stays as it is.
pub(super) fn en_francais(erreur: io::Error, quoi: &str) -> io::Error {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let du_disque = erreur.raw_os_error().is_some();
    if du_disque
        || !matches!(erreur.kind(), InvalidData | InvalidInput | UnexpectedEof)
        || erreur.get_ref().is_some_and(|source| source.is::<Abime>())
    {
        return erreur;
    }
    let message = "illisible ou tronquée : rien n'en est gardé. Demandez un nouvel envoi à l'émetteur";
    Abime(format!("{quoi} {message}")).into()
}

/// Counts the compressed bytes that are read.
pub(super) struct Compte<R> {
    pub(super) source: R,
    pub(super) lus: Arc<AtomicU64>,
}

impl<R: BufRead> Read for Compte<R> {
    fn read(&mut self, sortie: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read(sortie)?;
        self.lus.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Compte<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.source.consume(n);
        self.lus.fetch_add(n as u64, Ordering::Relaxed);
    }
}

/// Stops a content that grows beyond the limits.
pub(super) struct Borne<R> {
    pub(super) source: R,
    pub(super) lus: Arc<AtomicU64>,
    pub(super) sortis: u64,
    pub(super) limites: Limites,
}

impl<R: Read> Read for Borne<R> {
    fn read(&mut self, sortie: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read(sortie)?;
        self.sortis += n as u64;
        self.limites.verifier(self.lus.load(Ordering::Relaxed), self.sortis)?;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(contenu: &[u8]) -> Vec<u8> {
        let mut encodeur = GzEncoder::new(Vec::new(), Compression::fast());
        encodeur.write_all(contenu).unwrap();
        encodeur.finish().unwrap()
    }

    fn lire(octets: &[u8], limites: Limites) -> Result<usize, String> {
        let mut fichier = tempfile::NamedTempFile::new().unwrap();
        fichier.write_all(octets).unwrap();
        let mut contenu = Vec::new();
        let mut flot = Source::fichier(fichier.path()).ouvrir(&limites).unwrap();
        flot.read_to_end(&mut contenu).map_err(|error| refus(error).to_string())
    }

    /// 1000 zeros make some 30 bytes of gzip: about thirty times more once decompressed.
    #[test]
    fn a_content_that_grows_too_much_is_stopped_beyond_a_size_only() {
        let zeros = gzip(&[0; 1000]);
        let rapport = |rapport, rapport_des| lire(&zeros, Limites { rapport, rapport_des, ..Limites::default() });
        assert_eq!(rapport(100, 0), Ok(1000));
        assert_eq!(rapport(10, 1000), Ok(1000));
        let message = rapport(10, 999).unwrap_err();
        assert!(message.contains("plus de 10 fois autant"), "{message}");
    }

    #[test]
    fn a_content_is_stopped_at_the_largest_size() {
        let taille = |taille| lire(&gzip(&[7; 1000]), Limites { taille, ..Limites::default() });
        assert_eq!(taille(1000), Ok(1000));
        assert!(taille(999).unwrap_err().starts_with("plus de 999 octets une fois décompressé"));
    }

    #[test]
    fn a_link_is_followed_when_it_is_given_and_not_when_it_is_found() {
        let dossier = tempfile::tempdir().unwrap();
        let (cible, lien) = (dossier.path().join("cible"), dossier.path().join("lien"));
        fs::write(&cible, "contenu").unwrap();
        symlink(&cible, &lien).unwrap();
        assert!(Source::fichier(&lien).ouvrir(&Limites::default()).is_ok());
        assert!(Source::trouve(&lien).ouvrir(&Limites::default()).is_err());
        assert_ne!(Source::trouve(&lien).etat().unwrap(), Source::trouve(&cible).etat().unwrap());
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_no_file() {
        let dossier = tempfile::tempdir().unwrap();
        let error = Source::fichier(dossier.path()).ouvrir(&Limites::default()).err().unwrap();
        assert!(refus(error).to_string().starts_with("ni un fichier"));
    }
}
