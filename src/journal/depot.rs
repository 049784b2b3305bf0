//! The warehouse on disk: its folders, its key, its lock, and the one way in which a file enters it.
//!
//! ```text
//! entrepot/
//!   cle                                       secret of the NIR digests, 0600
//!   flux/caisse=CAF821/type=mensuel/<digest>.parquet
//!   evenements/genre=orientations/<digest>.parquet
//!   rejets/<digest>.csv                       what was set aside of that file
//!   rejets/<digest>/                          extracts of it to be mended, see [`super::rejets`]
//!   anomalies/<digest>.json                   files of anomalies, see [`super::anomalies`]
//!   purges/2026-11-23-1.json                  the register of what was removed, never removed itself
//!   purges/en-cours/                          a removal that is not finished: see [`super::reecriture`]
//!   sceaux/<sha256>.json                      copies of the seals of submissions, see [`crate::campagne`]
//!   tmp/                                      files being written; swept at the start of a run
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::de::DeserializeOwned;

use super::reecriture::{self, Registre};
use super::segment::{CLE_METADONNEES, Commun, FORMAT, MetaEvenements, MetaFlux};
use super::somme::{CLE_SOMME, Somme};
use crate::disque::{self, Fichier};
use crate::identite::Cle;
use crate::systeme::EnFrancais;

/// The file whose lock says that the warehouse is being written.
pub const VERROU: &str = "verrou";

/// Why the warehouse cannot be used: exit code 5, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ErreurDepot {
    /// Another run holds the lock.
    #[error("l'entrepôt {} est déjà utilisé par une autre ingestion. Attendez qu'elle se termine, puis relancez", .0.display())]
    Verrouille(PathBuf),
    /// Segments exist but the key does not.
    #[error(
        "la clé des NIR {} est introuvable alors que l'entrepôt contient des données. \
         Restaurez ce fichier depuis la sauvegarde, ou indiquez-le avec --cle", .0.display()
    )]
    CleAbsente(PathBuf),
    /// The key is not the one of the segments.
    #[error(
        "la clé des NIR {} n'est pas celle des données de l'entrepôt ({attendue} attendue, {trouvee} trouvée). \
         Restaurez la bonne clé depuis la sauvegarde, ou indiquez-la avec --cle", .chemin.display()
    )]
    AutreCle {
        /// Where the key was read.
        chemin: PathBuf,
        /// Fingerprint in the segments.
        attendue: String,
        /// Fingerprint of the key read.
        trouvee: String,
    },
    /// The key file is not a key.
    #[error(
        "le fichier {} n'est pas une clé de jalon (64 chiffres hexadécimaux attendus). \
         Restaurez-le depuis la sauvegarde", .0.display()
    )]
    CleIllisible(PathBuf),
    /// A segment cannot be read.
    #[error("le segment {} est illisible ({raison}). Restaurez ce fichier depuis la sauvegarde, ou supprimez-le et ingérez à nouveau le fichier d'origine", .chemin.display())]
    Segment {
        /// The segment.
        chemin: PathBuf,
        /// What the reader said.
        raison: String,
    },
    /// A segment was written by a newer program.
    #[error("le segment {} est au format {format}, ce programme lit jusqu'au format {FORMAT}. Mettez jalon à jour", .chemin.display())]
    FormatPlusRecent {
        /// The segment.
        chemin: PathBuf,
        /// Its version.
        format: u32,
    },
    /// A removal was decided and is not finished.
    #[error(
        "une purge de l'entrepôt {} est en cours, ou a été interrompue : les chiffres seraient faux. Si aucune commande ne \
         tourne, relancez « jalon purger » ou « jalon ingerer », qui la terminent ; sinon attendez qu'elle se termine", .0.display()
    )]
    PurgeInterrompue(PathBuf),
    /// A segment was replaced while it was being read.
    #[error("le segment {} a été réécrit par une purge pendant sa lecture. Relancez la commande", .0.display())]
    Remplace(PathBuf),
    /// The disk refused.
    #[error("accès impossible à {} : {}. Vérifiez que le dossier existe et que vous y avez les droits", .chemin.display(), EnFrancais(.source))]
    Disque {
        /// What was being read or written.
        chemin: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

pub(super) fn acces(chemin: &Path) -> impl FnOnce(io::Error) -> ErreurDepot {
    let chemin = chemin.to_owned();
    move |source| ErreurDepot::Disque { chemin, source }
}

/// A segment on disk, with its metadata and the footer already read.
#[derive(Clone, Debug)]
pub struct Segment<M> {
    /// Where it is.
    pub chemin: PathBuf,
    /// What it says of its file.
    pub meta: M,
    /// Its Parquet footer.
    pub pied: ArrowReaderMetadata,
    /// What was written of it; `None` for those of older programs.
    pub somme: Option<Somme>,
    /// Which file the footer was read from.
    etat: EtatFichier,
}

/// Which file stands at a path: its device, number, size and last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EtatFichier(u64, u64, u64, i64, i64);

impl EtatFichier {
    fn de(file: &File) -> io::Result<Self> {
        let meta = file.metadata()?;
        Ok(Self(meta.dev(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec()))
    }
}

impl<M> Segment<M> {
    /// Opens the file whose footer was read. A removal may have put another one in its place: a
    /// footer says nothing of the bytes of another file.
    ///
    /// # Errors
    /// The disk refused, or the file is another one.
    pub fn ouvrir(&self) -> Result<File, ErreurDepot> {
        let file = File::open(&self.chemin).map_err(acces(&self.chemin))?;
        if EtatFichier::de(&file).map_err(acces(&self.chemin))? == self.etat {
            Ok(file)
        } else {
            Err(ErreurDepot::Remplace(self.chemin.clone()))
        }
    }

    /// Which file the footer was read from: what was read of another file is not about this one.
    #[must_use]
    pub fn etat(&self) -> EtatFichier {
        self.etat
    }

    /// Rows of the segment.
    #[must_use]
    pub fn lignes(&self) -> usize {
        usize::try_from(self.pied.metadata().file_metadata().num_rows()).unwrap_or(usize::MAX)
    }
}

/// Every segment of a warehouse.
#[derive(Clone, Debug, Default)]
pub struct Segments {
    /// Flux.
    pub flux: Vec<Segment<MetaFlux>>,
    /// Events.
    pub evenements: Vec<Segment<MetaEvenements>>,
}

/// An open warehouse.
#[derive(Debug)]
pub struct Depot {
    racine: PathBuf,
    cle: Cle,
    /// Where the key was read, or made.
    chemin_cle: PathBuf,
    /// A removal that was interrupted, and that opening the warehouse finished.
    purge_terminee: Option<Registre>,
    /// Held while the warehouse may be written.
    _verrou: Option<File>,
    /// Whether what is written is dropped.
    a_blanc: bool,
}

impl Depot {
    /// Opens the warehouse to write in it: creates it if need be, takes its lock, sweeps what a
    /// killed run left.
    ///
    /// # Errors
    /// [`ErreurDepot`]: locked, key missing or other, folders that cannot be written.
    pub fn ouvrir_en_ecriture(racine: &Path, cle: Option<&Path>) -> Result<Self, ErreurDepot> {
        create_dir(racine)?;
        let chemin_verrou = racine.join(VERROU);
        let verrou = disque::ouvrir_prive(&chemin_verrou, OpenOptions::new().create(true).truncate(false))
            .map_err(acces(&chemin_verrou))?;
        match verrou.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ErreurDepot::Verrouille(racine.to_owned())),
            Err(TryLockError::Error(error)) => return Err(acces(&chemin_verrou)(error)),
        }
        let tmp = racine.join("tmp");
        if tmp.exists() {
            fs::remove_dir_all(&tmp).map_err(acces(&tmp))?;
        }
        create_dir(&tmp)?;
        let (cle, chemin_cle) = open_cle(racine, cle, true)?;
        let mut depot = Self {
            racine: racine.to_owned(),
            cle,
            chemin_cle,
            purge_terminee: None,
            _verrou: Some(verrou),
            a_blanc: false,
        };
        // Digests made under two keys would never meet again. Every segment has the key of the
        // first one, so one is enough.
        if let Some(chemin) = segment_paths(racine)?.into_iter().next() {
            depot.segment(chemin, |commun: &Commun| commun)?;
        }
        depot.purge_terminee = reecriture::reprendre(&depot)?;
        super::rejets::balayer(&depot)?;
        Ok(depot)
    }

    /// The folder of the warehouse.
    #[must_use]
    pub fn racine(&self) -> &Path {
        &self.racine
    }

    /// Opens the warehouse to read it; nothing on disk is touched.
    ///
    /// # Errors
    /// [`ErreurDepot`]: missing folder, key missing.
    pub fn ouvrir_en_lecture(racine: &Path, cle: Option<&Path>) -> Result<Self, ErreurDepot> {
        fs::read_dir(racine).map_err(acces(racine))?;
        let (cle, chemin_cle) = open_cle(racine, cle, false)?;
        Ok(Self { racine: racine.to_owned(), cle, chemin_cle, purge_terminee: None, _verrou: None, a_blanc: false })
    }

    /// Opens the warehouse as if to write in it, to see what would become of files: nothing on disk
    /// is touched, and it may not exist yet.
    ///
    /// # Errors
    /// [`ErreurDepot`]: key missing.
    pub fn ouvrir_a_blanc(racine: &Path, cle: Option<&Path>) -> Result<Self, ErreurDepot> {
        // A first run would make the key.
        let vide = segment_paths(racine)?.is_empty();
        let cle = cle.filter(|chemin| !vide || chemin.exists());
        let (cle, chemin_cle) = open_cle(racine, cle, false)?;
        Ok(Self { racine: racine.to_owned(), cle, chemin_cle, purge_terminee: None, _verrou: None, a_blanc: true })
    }

    /// The removal that was found interrupted when the warehouse was opened, and that is now done.
    #[must_use]
    pub fn purge_terminee(&self) -> Option<&Registre> {
        self.purge_terminee.as_ref()
    }

    /// Whether a folder holds things, and none that a warehouse has: then it is a mistake to look
    /// for figures in it.
    #[must_use]
    pub fn est_un_autre_dossier(racine: &Path) -> bool {
        let ours = ["cle", "verrou", "flux", "evenements"].iter().any(|nom| racine.join(nom).exists());
        !ours && fs::read_dir(racine).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// The key of the NIR.
    #[must_use]
    pub fn cle(&self) -> &Cle {
        &self.cle
    }

    /// What is already there, by the digest of its content: segments, and files of anomalies.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn connus(&self) -> Result<FxHashMap<String, PathBuf>, ErreurDepot> {
        let mut connus = FxHashMap::default();
        let anomalies = self.fichiers_sous("anomalies", "json")?;
        for chemin in segment_paths(&self.racine)?.into_iter().chain(anomalies) {
            if let Some(nom) = chemin.file_stem().and_then(|nom| nom.to_str()) {
                connus.insert(nom.to_owned(), chemin);
            }
        }
        Ok(connus)
    }

    /// The files of a folder of the warehouse and of those in it, in the order of the paths; none when
    /// it is missing.
    pub(super) fn fichiers_sous(&self, dossier: &str, extension: &str) -> Result<Vec<PathBuf>, ErreurDepot> {
        let dossier = self.racine.join(dossier);
        let mut found = Vec::new();
        if dossier.is_dir() {
            walk(&dossier, extension, &mut found).map_err(acces(&dossier))?;
        }
        Ok(found)
    }

    /// The flux segments of a folder, as [`MetaFlux::dossier`] names it.
    pub(super) fn flux_sous(&self, dossier: &str) -> Result<Vec<Segment<MetaFlux>>, ErreurDepot> {
        let chemins = self.fichiers_sous(dossier, "parquet")?;
        chemins.into_par_iter().map(|chemin| self.segment(chemin, |meta: &MetaFlux| &meta.commun)).collect()
    }

    /// The flux segment of a content, if it entered.
    pub(super) fn flux(&self, empreinte: &str) -> Result<Option<Segment<MetaFlux>>, ErreurDepot> {
        let chemins = self.fichiers_sous("flux", "parquet")?;
        let trouve = chemins.into_iter().find(|chemin| chemin.file_stem().is_some_and(|nom| nom == empreinte));
        trouve.map(|chemin| self.segment(chemin, |meta: &MetaFlux| &meta.commun)).transpose()
    }

    /// The event segments of a kind.
    pub(super) fn evenements_du_genre(&self, genre: &str) -> Result<Vec<Segment<MetaEvenements>>, ErreurDepot> {
        let chemins = self.fichiers_sous(&format!("evenements/genre={genre}"), "parquet")?;
        chemins.into_par_iter().map(|chemin| self.segment(chemin, |meta: &MetaEvenements| &meta.commun)).collect()
    }

    /// Reads the metadata of every segment.
    ///
    /// # Errors
    /// A damaged segment, a newer format, a segment written under another key, or a removal that is
    /// not finished.
    pub fn segments(&self) -> Result<Segments, ErreurDepot> {
        let paths = segment_paths(&self.racine)?;
        let (flux, evenements): (Vec<_>, Vec<_>) =
            paths.into_iter().partition(|chemin| chemin.starts_with(self.racine.join("flux")));
        let flux = flux
            .into_par_iter()
            .map(|chemin| self.segment(chemin, |meta: &MetaFlux| &meta.commun))
            .collect::<Result<_, _>>()?;
        let evenements = evenements
            .into_par_iter()
            .map(|chemin| self.segment(chemin, |meta: &MetaEvenements| &meta.commun))
            .collect::<Result<_, _>>()?;
        // Once the footers are read: a removal that begins later is seen by `Segment::ouvrir`.
        if reecriture::en_cours(&self.racine) {
            return Err(ErreurDepot::PurgeInterrompue(self.racine.clone()));
        }
        Ok(Segments { flux, evenements })
    }

    /// The metadata of the event segment of a kind and a digest, if it is there.
    ///
    /// # Errors
    /// As [`Self::segments`].
    pub fn evenements(&self, genre: &str, empreinte: &str) -> Result<Option<MetaEvenements>, ErreurDepot> {
        let chemin = self.racine.join(format!("evenements/genre={genre}/{empreinte}.parquet"));
        if !chemin.is_file() {
            return Ok(None);
        }
        Ok(Some(self.segment(chemin, |meta: &MetaEvenements| &meta.commun)?.meta))
    }

    fn segment<M: DeserializeOwned>(
        &self,
        chemin: PathBuf,
        commun: impl Fn(&M) -> &Commun,
    ) -> Result<Segment<M>, ErreurDepot> {
        let illisible = |raison: String| ErreurDepot::Segment { chemin: chemin.clone(), raison };
        let file = File::open(&chemin).map_err(acces(&chemin))?;
        let pied = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
            .map_err(|error| illisible(error.to_string()))?;
        let paires = pied.metadata().file_metadata().key_value_metadata();
        let dite = |cle: &str| paires?.iter().find(|paire| paire.key == cle)?.value.as_deref();
        let json = dite(CLE_METADONNEES).ok_or_else(|| illisible("métadonnées absentes".to_owned()))?;
        let somme: Option<Somme> = dite(CLE_SOMME)
            .map(serde_json::from_str)
            .transpose()
            .map_err(|error: serde_json::Error| illisible(error.to_string()))?;
        if somme.as_ref().is_some_and(|somme| !somme.reconnait(json)) {
            return Err(illisible("ses métadonnées ne sont pas celles qui ont été écrites".to_owned()));
        }
        // The version is read first: the other keys of a newer segment may have another meaning.
        #[derive(serde::Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = serde_json::from_str(json).map_err(|error| illisible(error.to_string()))?;
        if format > FORMAT {
            return Err(ErreurDepot::FormatPlusRecent { chemin, format });
        }
        let meta: M = serde_json::from_str(json).map_err(|error| illisible(error.to_string()))?;
        let attendue = &commun(&meta).cle;
        if attendue != self.cle.fingerprint() {
            return Err(ErreurDepot::AutreCle {
                chemin: self.chemin_cle.clone(),
                attendue: attendue.clone(),
                trouvee: self.cle.fingerprint().to_owned(),
            });
        }
        let etat = EtatFichier::de(&file).map_err(acces(&chemin))?;
        Ok(Segment { chemin, meta, pied, somme, etat })
    }

    /// Starts a file that will enter the warehouse under another name.
    ///
    /// # Errors
    /// The disk refused.
    pub fn commencer(&self, nom: &str) -> io::Result<Brouillon> {
        let chemin = self.racine.join("tmp").join(nom);
        let fichier = if self.a_blanc { Fichier::nul()? } else { Fichier::nouveau(&chemin)? };
        Ok(Brouillon { chemin, fichier: Some(fichier), garde: self.a_blanc })
    }

    /// Puts a finished draft at its place: synced, renamed, its folder synced. After this returns,
    /// the file is there whatever happens; before, it is not there at all.
    ///
    /// # Errors
    /// The disk refused; the draft is then removed.
    pub fn valider(&self, mut brouillon: Brouillon, place: &str) -> io::Result<PathBuf> {
        let chemin = self.racine.join(place);
        if self.a_blanc {
            return Ok(chemin);
        }
        if let Some(fichier) = brouillon.fichier.take() {
            fichier.synchroniser()?;
        }
        disque::creer_dossier(disque::dossier_de(&chemin))?;
        disque::renommer(&brouillon.chemin, &chemin)?;
        brouillon.garde = true;
        Ok(chemin)
    }
}

/// A file being written in the warehouse; removed when it is dropped before it is put in place.
#[derive(Debug)]
pub struct Brouillon {
    chemin: PathBuf,
    fichier: Option<Fichier>,
    garde: bool,
}

impl Brouillon {
    /// A second handle on the file, for a writer that wants to own one.
    ///
    /// # Errors
    /// The system refused.
    pub fn handle(&self) -> io::Result<Fichier> {
        match &self.fichier {
            Some(fichier) => fichier.double(),
            None => Err(io::Error::other("brouillon déjà validé")),
        }
    }
}

impl Drop for Brouillon {
    fn drop(&mut self) {
        if !self.garde {
            // Swept at the start of the next run in any case.
            disque::oublier(&self.chemin);
        }
    }
}

fn create_dir(chemin: &Path) -> Result<(), ErreurDepot> {
    disque::creer_dossier(chemin).map_err(acces(chemin))
}

/// Reads the key, or makes one when the warehouse is still empty.
fn open_cle(racine: &Path, ailleurs: Option<&Path>, creer: bool) -> Result<(Cle, PathBuf), ErreurDepot> {
    let chemin = ailleurs.map_or_else(|| racine.join("cle"), Path::to_owned);
    match fs::read_to_string(&chemin) {
        Ok(texte) => {
            let secret = from_hex(texte.trim()).ok_or_else(|| ErreurDepot::CleIllisible(chemin.clone()))?;
            Ok((Cle::new(&secret), chemin))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if !segment_paths(racine)?.is_empty() || (ailleurs.is_some() && !creer) {
                return Err(ErreurDepot::CleAbsente(chemin));
            }
            let mut secret = [0u8; 32];
            getrandom::fill(&mut secret).map_err(|error| acces(&chemin)(io::Error::other(error)))?;
            if creer {
                write_cle(&chemin, &secret).map_err(acces(&chemin))?;
            }
            Ok((Cle::new(&secret), chemin))
        }
        Err(error) => Err(acces(&chemin)(error)),
    }
}

fn write_cle(chemin: &Path, secret: &[u8; 32]) -> io::Result<()> {
    let hex: String = secret.iter().map(|b| format!("{b:02x}")).collect();
    disque::ecrire(chemin, format!("{hex}\n").as_bytes())
}

fn from_hex(texte: &str) -> Option<Vec<u8>> {
    if texte.len() != 64 || !texte.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..64).step_by(2).map(|i| u8::from_str_radix(&texte[i..i + 2], 16).ok()).collect()
}

/// Every segment of the warehouse, in the order of the paths.
fn segment_paths(racine: &Path) -> Result<Vec<PathBuf>, ErreurDepot> {
    let mut found = Vec::new();
    for branche in ["evenements", "flux"] {
        let dossier = racine.join(branche);
        if dossier.is_dir() {
            walk(&dossier, "parquet", &mut found).map_err(acces(&dossier))?;
        }
    }
    Ok(found)
}

/// The files of a folder and of those in it, in the order of the paths. Each folder is sorted alone:
/// whole paths, of which years of files give thousands, take much longer to compare than names.
fn walk(dossier: &Path, extension: &str, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(dossier)?.collect::<Result<_, _>>()?;
    entries.sort_by_cached_key(fs::DirEntry::file_name);
    for entry in entries {
        let chemin = entry.path();
        if entry.file_type()?.is_dir() {
            walk(&chemin, extension, found)?;
        } else if chemin.extension().is_some_and(|autre| autre == extension) {
            found.push(chemin);
        }
    }
    Ok(())
}
