//! Zip archives: which members there are, and the content of one, decompressed as it is read.
//! Nothing is ever extracted on the disk. The list is read record by record, so memory does not
//! depend on what an archive claims to hold.
//!
//! Source: APPNOTE.TXT, the description of the .ZIP file format.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ErrorKind, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipFileHeaderRecord};

use super::source::{Abime, Borne, Compte, Ecart, Limites, Source, TAMPON, en_francais};

/// What begins an archive: a member, the end of an archive without any, or the mark of an archive
/// made in several volumes.
const DEBUTS: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"];
/// Members that only office documents and programs have: those are no archives of files to read.
const DOCUMENTS: [&str; 3] = ["[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"];
/// What macOS adds beside each file.
const ANNEXES: [&str; 2] = ["__MACOSX", ".DS_Store"];
/// Bytes of the name of a file, on the disks of Linux.
const NOM_MAX: usize = 255;
/// Bytes of the header before each member, its name and its extra field apart.
const EN_TETE: u64 = 30;

/// A member of an archive.
#[derive(Clone, Debug)]
pub struct Membre {
    chemin: String,
    /// Where its base name begins in `chemin`.
    base: usize,
    /// Where its header stands in the archive.
    debut: u64,
    comprime: u64,
    taille: u64,
    somme: u32,
    degonfler: bool,
}

/// Whether these are the first bytes of an archive, or of what is made like one.
#[must_use]
pub fn est_une_archive(tete: &[u8]) -> bool {
    DEBUTS.iter().any(|debut| tete.starts_with(debut))
}

/// Whether the first bytes of an archive are those of an office document.
#[must_use]
pub fn est_un_document(tete: &[u8]) -> bool {
    DOCUMENTS.iter().any(|nom| memchr::memmem::find(tete, nom.as_bytes()).is_some())
}

/// The sources of a file: its members when it is an archive, itself otherwise. A member that cannot
/// be read is there too, with the reason.
///
/// # Errors
/// The file cannot be read, or it is an archive that cannot be read as a whole.
pub fn sources(source: &Source, limites: &Limites) -> io::Result<Vec<Source>> {
    let taille_du_fichier = source.etat()?.taille;
    let fichier = source.ouvrir_fichier()?;
    let mut tete = [0; 4];
    let lus = fichier.read_at(&mut tete, 0)?;
    if !est_une_archive(&tete[..lus]) {
        return Ok(vec![source.clone()]);
    }
    let mut tampon = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(fichier, &mut tampon).map_err(illisible)?;
    let annonces = archive.entries_hint();
    if annonces > limites.membres {
        return Err(trop_de_membres(limites));
    }
    let (mut lus, mut comprimes, mut taille) = (0, 0u64, 0u64);
    let mut sources = Vec::new();
    let mut entrees = archive.entries(&mut tampon);
    while let Some(entree) = entrees.next_entry().map_err(illisible)? {
        lus += 1;
        if lus > limites.membres {
            return Err(trop_de_membres(limites));
        }
        let nom = String::from_utf8_lossy(entree.file_path().as_ref()).into_owned();
        if DOCUMENTS.contains(&nom.as_str()) {
            return Ok(vec![source.clone()]);
        }
        comprimes = comprimes.saturating_add(entree.compressed_size_hint());
        taille = taille.saturating_add(entree.uncompressed_size_hint());
        if !entree.is_dir() {
            let (membre, ecart) = membre(nom, &entree);
            sources.push(source.membre(membre, ecart));
        }
    }
    if lus != annonces {
        return Err(Abime(format!("{annonces} fichiers annoncés, {lus} trouvés : {ABIMEE}")).into());
    }
    if comprimes > taille_du_fichier {
        return Err(Abime(
            "des fichiers s'y recouvrent : aucun outil ne fait une telle archive, rien n'en est lu. \
             Vérifiez sa provenance auprès de l'émetteur"
                .to_owned(),
        )
        .into());
    }
    limites.verifier(taille_du_fichier, taille)?;
    if sources.is_empty() {
        return Err(Abime(
            "archive zip sans aucun fichier. Demandez un nouvel envoi, ou retirez-la du dépôt".to_owned(),
        )
        .into());
    }
    Ok(sources)
}

const ABIMEE: &str = "archive zip illisible ou tronquée, rien n'en est lu. Demandez un nouvel envoi à l'émetteur";

fn illisible(error: rawzip::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::IO(error) if error.kind() != io::ErrorKind::UnexpectedEof => error,
        _ => Abime(ABIMEE.to_owned()).into(),
    }
}

fn trop_de_membres(limites: &Limites) -> io::Error {
    Abime(format!(
        "archive zip de plus de {} fichiers : rien n'en est lu. Déposez-les en plusieurs archives",
        limites.membres
    ))
    .into()
}

/// A record of the list, and why it will not be read when it is so.
fn membre(chemin: String, entree: &ZipFileHeaderRecord<'_>) -> (Membre, Option<Ecart>) {
    let methode = entree.compression_method();
    let membre = Membre {
        base: chemin.rfind(['/', '\\']).map_or(0, |place| place + 1),
        chemin,
        debut: entree.local_header_offset(),
        comprime: entree.compressed_size_hint(),
        taille: entree.uncompressed_size_hint(),
        somme: entree.crc32(),
        degonfler: methode == CompressionMethod::DEFLATE,
    };
    let refus = |message: &str| Some(Ecart::Refuse(message.to_owned()));
    let parties = || membre.chemin.split(['/', '\\']);
    let ecart = if grimpe(&membre.chemin) {
        refus(
            "nom de fichier qui sort de l'archive (« .. », chemin absolu ou caractère de contrôle) : il est suspect et n'est pas lu. \
             Vérifiez la provenance de l'archive auprès de l'émetteur",
        )
    } else if membre.nom().is_empty() || membre.nom().len() > NOM_MAX {
        refus("nom de fichier vide ou trop long. Refaites l'archive avec des noms de fichiers ordinaires")
    } else if parties().any(|partie| ANNEXES.contains(&partie)) {
        Some(Ecart::Ignore("fichier annexe ajouté par macOS".to_owned()))
    } else if entree.mode().is_symlink() {
        refus("lien symbolique dans une archive : il n'est pas suivi. Mettez le fichier lui-même dans l'archive")
    } else if entree.flags().is_encrypted() || entree.flags().has_strong_encryption() {
        refus(
            "protégé par un mot de passe, que jalon ne connaît pas. Déposez l'archive sans mot de passe, ou les fichiers eux-mêmes",
        )
    } else if !membre.degonfler && methode != CompressionMethod::STORE {
        refus(
            "compression que jalon ne lit pas, attendu celle des archives zip ordinaires (deflate). \
             Refaites l'archive avec un autre outil, ou déposez les fichiers eux-mêmes",
        )
    } else {
        None
    };
    (membre, ecart)
}

/// Whether a path would leave the folder in which it is extracted.
fn grimpe(chemin: &str) -> bool {
    chemin.starts_with(['/', '\\'])
        || chemin.as_bytes().get(1) == Some(&b':')
        || chemin.chars().any(char::is_control)
        || chemin.split(['/', '\\']).any(|partie| partie == "..")
}

impl Membre {
    /// Its base name.
    #[must_use]
    pub fn nom(&self) -> &str {
        self.chemin.get(self.base..).unwrap_or_default()
    }

    /// Its path in the archive, as the archive gives it.
    #[must_use]
    pub fn chemin(&self) -> &str {
        &self.chemin
    }

    /// Its content, decompressed as it is read and held to the size and the checksum announced.
    pub(super) fn ouvrir(
        &self,
        mut archive: File,
        lus: &Arc<AtomicU64>,
        limites: Limites,
    ) -> io::Result<BufReader<Box<dyn Read + Send>>> {
        let mut en_tete = [0; EN_TETE as usize];
        archive.read_exact_at(&mut en_tete, self.debut).map_err(|erreur| en_francais(erreur, "archive zip"))?;
        let longueur = |place: usize| u64::from(u16::from_le_bytes([en_tete[place], en_tete[place + 1]]));
        if !en_tete.starts_with(DEBUTS[0]) {
            return Err(Abime(ABIMEE.to_owned()).into());
        }
        // After the header come the name and the extra field, then the content.
        let contenu = self.debut.saturating_add(EN_TETE + longueur(26) + longueur(28));
        archive.seek(SeekFrom::Start(contenu)).map_err(|_| Abime(ABIMEE.to_owned()))?;
        let comprime = BufReader::with_capacity(TAMPON, archive.take(self.comprime));
        let comprime = Compte { source: comprime, lus: Arc::clone(lus) };
        let source: Box<dyn Read + Send> = if self.degonfler {
            let degonfle = DeflateDecoder::new(comprime);
            Box::new(Borne { source: degonfle, lus: Arc::clone(lus), sortis: 0, limites })
        } else {
            Box::new(comprime)
        };
        let verifie = Verifie { source, somme: Crc::new(), sortis: 0, attendus: (self.taille, self.somme) };
        Ok(BufReader::with_capacity(TAMPON, Box::new(verifie)))
    }
}

/// Holds a member to its size and its checksum.
struct Verifie<R> {
    source: R,
    somme: Crc,
    sortis: u64,
    attendus: (u64, u32),
}

impl<R: Read> Read for Verifie<R> {
    fn read(&mut self, sortie: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read(sortie).map_err(|erreur| en_francais(erreur, "archive zip"))?;
        self.somme.update(&sortie[..n]);
        self.sortis += n as u64;
        let (taille, somme) = self.attendus;
        // More than announced is told at once, without waiting for an end that may not come.
        let fini = n == 0 && !sortie.is_empty();
        if self.sortis > taille || fini && (self.sortis, self.somme.sum()) != (taille, somme) {
            return Err(Abime(format!(
                "le contenu n'est pas celui que l'archive zip annonce ({taille} octets) : rien n'en est gardé. \
                 Demandez un nouvel envoi à l'émetteur"
            ))
            .into());
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_climbs_when_it_leaves_the_folder_it_is_extracted_in() {
        for chemin in ["../a", "a/../../b", "/etc/passwd", "..\\a", "\\a", "C:\\a", "C:a", "a\0b", "a\nb", ".."] {
            assert!(grimpe(chemin), "{chemin:?}");
        }
        for chemin in ["a.xml", "dossier/a.xml", "dossier\\a.xml", "a..b.xml", "...", "été/a.xml", ""] {
            assert!(!grimpe(chemin), "{chemin:?}");
        }
    }
}
