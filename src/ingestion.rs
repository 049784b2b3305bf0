//! Files into the warehouse, each one all or nothing. The one place with concurrency: several files
//! are read at once, and what comes out does not depend on which ends first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use chrono::NaiveDate;
use rustc_hash::FxHashMap;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::flux::ouverture::{Contenu, examiner, ouvrir, reconnaitre};
use crate::flux::tableur::Tableur;
use crate::flux::{cnaf_csv, cnaf_xml, evenements_csv};
use crate::journal::depot::{Depot, ErreurDepot};
use crate::journal::ecriture::{Ecrit, EcrivainEvenements, EcrivainFlux, Provenance, Reception};
use crate::journal::segment::{MetaEvenements, MetaFlux, MetaSource};
use crate::releves::Refus;
use crate::releves::foyers::{Tolerance, parse_date};
use crate::releves::genres::Genre;
use crate::sources::{self, Partie, Sources};

/// How files are taken in.
#[derive(Clone, Debug)]
pub struct Options {
    /// Reception day given by the user, for every file.
    pub recu_le: Option<NaiveDate>,
    /// The day of the ingestion.
    pub aujourdhui: NaiveDate,
    /// When a flux is refused for the foyers it sets aside or lacks.
    pub tolerance: Tolerance,
    /// How many files are read at once.
    pub ensemble: usize,
    /// The descriptions of the department's own exports.
    pub sources: Arc<Sources>,
}

/// What became of a file.
#[derive(Debug)]
pub enum Issue {
    /// A flux that entered.
    Flux(Box<(Ecrit, MetaFlux)>),
    /// An event file that entered.
    Evenements(Box<(Ecrit, MetaEvenements)>),
    /// The same content is already in the warehouse.
    DejaConnu,
    /// The same content comes earlier in this very run.
    MemeContenu(PathBuf),
    /// A file of several kinds, or of several sheets: one issue a part.
    Parties(Vec<Issue>),
    /// Plainly something else.
    Ignore(String),
    /// Nothing of it enters.
    Refuse(Refus),
}

impl Issue {
    /// What became of each part of the file; of the file itself when it has one part.
    #[must_use]
    pub fn parties(&self) -> &[Self] {
        match self {
            Self::Parties(parties) => parties,
            seule => std::slice::from_ref(seule),
        }
    }

    /// Whether something was set aside: the whole file, a foyer or a line.
    #[must_use]
    pub fn mis_de_cote(&self) -> bool {
        match self {
            Self::Flux(entered) => entered.1.commun.rejetes > 0,
            Self::Evenements(entered) => entered.1.commun.rejetes > 0,
            Self::Refuse(_) => true,
            Self::Parties(parties) => parties.iter().any(Self::mis_de_cote),
            Self::DejaConnu | Self::MemeContenu(_) | Self::Ignore(_) => false,
        }
    }
}

/// The files below the paths given, folders recursively, in the order of their names; the warehouse
/// itself and links to folders are passed over.
///
/// # Errors
/// A path that does not exist or cannot be read.
pub fn fichiers(chemins: &[PathBuf], entrepot: &Path) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let entrepot = fs::canonicalize(entrepot).ok();
    let mut out = Vec::new();
    for chemin in chemins {
        let found = fs::metadata(chemin).and_then(|meta| {
            if meta.is_dir() {
                return walk(chemin, entrepot.as_deref(), &mut out);
            }
            out.push(chemin.clone());
            Ok(())
        });
        found.map_err(|error| (chemin.clone(), error))?;
    }
    Ok(out)
}

fn walk(dossier: &Path, entrepot: Option<&Path>, out: &mut Vec<PathBuf>) -> io::Result<()> {
    if entrepot.is_some() && fs::canonicalize(dossier).ok().as_deref() == entrepot {
        return Ok(());
    }
    let mut entries: Vec<_> = fs::read_dir(dossier)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let chemin = entry.path();
        if entry.file_type()?.is_dir() {
            walk(&chemin, entrepot, out)?;
        } else if fs::metadata(&chemin).is_ok_and(|meta| meta.is_file()) {
            out.push(chemin);
        }
    }
    Ok(())
}

/// A file that was looked at: what it is, and how it stood then.
struct Examine {
    provenance: Provenance,
    contenu: Contenu,
    /// When it is read otherwise than as a whole under our own headings.
    parties: Vec<Partie>,
    tete: Vec<u8>,
    utf8: bool,
    etat: (u64, SystemTime),
}

/// Takes files into the warehouse. `fait` is called after each file, for a progress bar. The answer
/// has one issue a file, in the order given.
///
/// # Errors
/// A warehouse that cannot be listed, or a runtime that cannot start.
pub fn ingerer(
    depot: &Arc<Depot>,
    fichiers: &[PathBuf],
    options: Options,
    fait: &dyn Fn(&Path),
) -> Result<Vec<Issue>, ErreurDepot> {
    let connus = depot.connus()?;
    let disque = |source| ErreurDepot::Disque { chemin: PathBuf::from("."), source };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().map_err(disque)?;
    let examined = en_parallele(&runtime, fichiers.len(), options.ensemble, {
        let (fichiers, sources) = (fichiers.to_vec(), Arc::clone(&options.sources));
        move |rank| look(&fichiers[rank], &sources)
    });
    // What is new is decided in the order of the names, before anything is read: two copies of one
    // file never race.
    let mut premiers: FxHashMap<String, PathBuf> = FxHashMap::default();
    let mut issues: Vec<Option<Issue>> = Vec::new();
    let mut nouveaux = Vec::new();
    for (rank, (examined, chemin)) in examined.into_iter().zip(fichiers).enumerate() {
        let issue = match examined {
            Err(refus) => Some(Issue::Refuse(refus)),
            Ok(Examine { contenu: Contenu::Autre(raison), parties, .. }) if parties.is_empty() => {
                Some(Issue::Ignore(raison))
            }
            Ok(file) if connus.contains_key(&file.provenance.empreinte) => Some(Issue::DejaConnu),
            Ok(file) => match premiers.get(&file.provenance.empreinte) {
                Some(premier) => Some(Issue::MemeContenu(premier.clone())),
                None => {
                    premiers.insert(file.provenance.empreinte.clone(), chemin.clone());
                    nouveaux.push((rank, chemin.clone(), file));
                    None
                }
            },
        };
        if issue.is_some() {
            fait(chemin);
        }
        issues.push(issue);
    }
    let ranks: Vec<usize> = nouveaux.iter().map(|(rank, ..)| *rank).collect();
    let read = en_parallele(&runtime, nouveaux.len(), options.ensemble, {
        let depot = Arc::clone(depot);
        move |rank| {
            let (_, chemin, file) = &nouveaux[rank];
            let span = tracing::info_span!("fichier", nom = %file.provenance.nom);
            let _entered = span.enter();
            let issue = take(&depot, chemin, file, &options).unwrap_or_else(Issue::Refuse);
            tracing::debug!(mis_de_cote = issue.mis_de_cote(), "lu");
            issue
        }
    });
    for (rank, issue) in ranks.into_iter().zip(read) {
        fait(&fichiers[rank]);
        issues[rank] = Some(issue);
    }
    Ok(issues.into_iter().flatten().collect())
}

/// Runs a job for each rank, a few at once, and gives the answers in order.
fn en_parallele<T: Send + 'static>(
    runtime: &tokio::runtime::Runtime,
    jobs: usize,
    ensemble: usize,
    job: impl Fn(usize) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let job = Arc::new(job);
    let places = Arc::new(Semaphore::new(ensemble.max(1)));
    runtime.block_on(async {
        let mut running = JoinSet::new();
        for rank in 0..jobs {
            let (job, places) = (Arc::clone(&job), Arc::clone(&places));
            running.spawn(async move {
                let _place = places.acquire_owned().await;
                let done = tokio::task::spawn_blocking(move || job(rank)).await;
                (rank, done)
            });
        }
        let mut out: Vec<Option<T>> = Vec::new();
        out.resize_with(jobs, || None);
        while let Some(joined) = running.join_next().await {
            match joined {
                Ok((rank, Ok(done))) => out[rank] = Some(done),
                // A panic of ours is ours to show: going on would hide it.
                Ok((_, Err(error))) | Err(error) => {
                    if let Ok(panic) = error.try_into_panic() {
                        std::panic::resume_unwind(panic);
                    }
                }
            }
        }
        out.into_iter().flatten().collect()
    })
}

/// First look at a file: its digest, its form.
fn look(chemin: &Path, sources: &Sources) -> Result<Examine, Refus> {
    let nom = chemin.file_name().map(|nom| nom.to_string_lossy().into_owned()).unwrap_or_default();
    let etat = state(chemin)?;
    let mut apercu = examiner(chemin).map_err(damaged)?;
    let (contenu, parties) = sources.reconnaitre(chemin, &nom, &apercu, reconnaitre(&nom, &apercu))?;
    // The prolog is all that is still of use of the head.
    apercu.tete.truncate(1024);
    let empreinte = apercu.digest.to_hex().to_string();
    Ok(Examine {
        provenance: Provenance { nom, empreinte },
        contenu,
        parties,
        tete: apercu.tete,
        utf8: apercu.utf8,
        etat,
    })
}

/// A compressed file that is cut or damaged is a bad file, not a bad disk.
fn damaged(error: io::Error) -> Refus {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            Refus::whole(format!(
                "archive gzip abîmée ou coupée ({error}) : rien n'en est gardé. Demandez un nouvel envoi à l'émetteur"
            ))
        }
        _ => Refus::Disque(error),
    }
}

fn state(chemin: &Path) -> io::Result<(u64, SystemTime)> {
    let meta = fs::metadata(chemin)?;
    Ok((meta.len(), meta.modified()?))
}

/// Reads a new file into a segment.
fn take(depot: &Depot, chemin: &Path, file: &Examine, options: &Options) -> Result<Issue, Refus> {
    let unchanged = || {
        if state(chemin)? == file.etat {
            return Ok(());
        }
        Err(Refus::whole("le fichier a changé pendant sa lecture. Attendez la fin de sa copie, puis relancez"))
    };
    let reception = ReceptionFlux { explicite: options.recu_le, du_nom: date_du_nom(&file.provenance.nom) };
    let events = |genre: Genre, tableur: &Tableur, part: Option<&Partie>| {
        let known = options.recu_le.or(reception.du_nom);
        let recu_le = known.unwrap_or(options.aujourdhui);
        let sans_date = known.is_none().then(|| {
            format!("pas de date de réception dans son nom : reçu aujourd'hui, {recu_le}. Donnez la vraie date avec --recu-le")
        });
        take_events(depot, chemin, file, (genre, tableur, part), (recu_le, sans_date), &unchanged)
    };
    if !file.parties.is_empty() {
        let issue = |part: &Partie| match deja_connue(depot, part)? {
            Some(issue) => Ok(issue),
            None => events(part.genre, &part.tableur, Some(part)),
        };
        let mut issues: Vec<Issue> =
            file.parties.iter().map(|part| issue(part).unwrap_or_else(Issue::Refuse)).collect();
        return Ok(if issues.len() == 1 { issues.remove(0) } else { Issue::Parties(issues) });
    }
    match &file.contenu {
        Contenu::FluxXml => {
            let mut ecrivain = EcrivainFlux::new(depot, &file.provenance)?;
            let contenu = ouvrir(chemin)?;
            let bilan = cnaf_xml::lire(contenu, &file.tete, file.utf8, &mut ecrivain, options.tolerance)?;
            unchanged()?;
            Ok(Issue::Flux(Box::new(ecrivain.terminer(bilan, &reception)?)))
        }
        Contenu::FluxCsv(tableur) => {
            let mut ecrivain = EcrivainFlux::new(depot, &file.provenance)?;
            let bilan = cnaf_csv::lire(chemin, tableur, &mut ecrivain, options.tolerance)?;
            unchanged()?;
            Ok(Issue::Flux(Box::new(ecrivain.terminer(bilan, &reception)?)))
        }
        Contenu::Evenements(genre, tableur) => events(*genre, tableur, None),
        Contenu::Autre(raison) => Ok(Issue::Ignore(raison.clone())),
    }
}

fn take_events(
    depot: &Depot,
    chemin: &Path,
    file: &Examine,
    (genre, tableur, part): (Genre, &Tableur, Option<&Partie>),
    (recu_le, sans_date): (NaiveDate, Option<String>),
    unchanged: &dyn Fn() -> Result<(), Refus>,
) -> Result<Issue, Refus> {
    let mut provenance = file.provenance.clone();
    if let Some(part) = part {
        provenance.empreinte.clone_from(&part.empreinte);
    }
    let ecrivain = std::cell::RefCell::new(EcrivainEvenements::new(depot, &provenance, genre)?);
    let mut evenement = |evenement| ecrivain.borrow_mut().evenement(evenement);
    let mut rejet = |rejet| ecrivain.borrow_mut().rejet(rejet);
    let description = part.and_then(|part| part.description.as_deref());
    let (mut bilan, hors_source) = match description {
        Some(description) => {
            let bilan = sources::lecture::lire(chemin, description, tableur, recu_le, &mut evenement, &mut rejet)?;
            let hors_source = bilan.hors_source();
            (bilan.commun, hors_source)
        }
        None => (evenements_csv::lire(chemin, genre, tableur, recu_le, &mut evenement, &mut rejet)?, 0),
    };
    if part.is_some() {
        ecrivain.borrow_mut().source(MetaSource {
            contenu: file.provenance.empreinte.clone(),
            feuille: tableur.feuille().map(str::to_owned),
            description: description.map(|description| description.nom.clone()),
            empreinte_description: description.map(|description| description.empreinte.clone()),
            hors_source,
        });
    }
    bilan.avertissements.extend(sans_date);
    unchanged()?;
    Ok(Issue::Evenements(Box::new(ecrivain.into_inner().terminer(bilan, recu_le)?)))
}

/// What is said of a part whose segment is there already. A description that changed since does not
/// read it again: its figures would change without any file having been received.
fn deja_connue(depot: &Depot, part: &Partie) -> Result<Option<Issue>, Refus> {
    let meta = depot.evenements(part.genre.nom(), &part.empreinte).map_err(|error| Refus::whole(error.to_string()))?;
    let Some(meta) = meta else { return Ok(None) };
    let alors = meta.source.unwrap_or_default().empreinte_description;
    let nom = match &part.description {
        Some(description) if alors.as_ref() != Some(&description.empreinte) => &description.nom,
        _ => return Ok(Some(Issue::DejaConnu)),
    };
    Ok(Some(Issue::Ignore(format!(
        "déjà ingéré le {} sous une autre version de la source {nom}, qui ne s'applique qu'aux fichiers nouveaux. \
         Déposez un nouvel export ; pour relire celui-ci, voir « Quand la description change » dans docs/sources.md",
        meta.commun.recu_le
    ))))
}

/// The reception day of a flux: what the user says; else the date that begins the name, unless it is
/// before the creation of the file; else the day of its creation.
struct ReceptionFlux {
    explicite: Option<NaiveDate>,
    du_nom: Option<NaiveDate>,
}

impl Reception for ReceptionFlux {
    fn jour(&self, cree_le: NaiveDate) -> (NaiveDate, Option<String>) {
        match (self.explicite, self.du_nom) {
            (Some(jour), _) => (jour, None),
            (None, Some(jour)) if jour >= cree_le => (jour, None),
            (None, Some(jour)) => (
                cree_le,
                Some(format!(
                    "le nom du fichier commence par {jour}, avant sa création le {cree_le} : reçu le {cree_le}. \
                     Donnez la vraie date avec --recu-le"
                )),
            ),
            (None, None) => (cree_le, None),
        }
    }
}

/// The date that begins a base name, `AAAA-MM-JJ` or `AAAAMMJJ`, followed by `_` or `-`.
#[must_use]
pub fn date_du_nom(nom: &str) -> Option<NaiveDate> {
    let followed = |taille: usize| matches!(nom.as_bytes().get(taille), Some(b'_' | b'-'));
    if let Some(date) = nom.get(..10).filter(|head| followed(10) && !head.contains('/')).and_then(parse_date) {
        return Some(date);
    }
    let head = nom.get(..8).filter(|head| followed(8) && head.bytes().all(|b| b.is_ascii_digit()))?;
    parse_date(&format!("{}-{}-{}", &head[..4], &head[4..6], &head[6..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(texte: &str) -> NaiveDate {
        texte.parse().unwrap()
    }

    #[test]
    fn a_date_that_begins_the_name_is_the_reception_day() {
        assert_eq!(date_du_nom("2021-03-01_flux.xml"), Some(date("2021-03-01")));
        assert_eq!(date_du_nom("20210301-flux.xml.gz"), Some(date("2021-03-01")));
        for nom in [
            "2021-03-01.xml",
            "20210301.xml",
            "2021-02-30_x.xml",
            "flux_2021-03-01_.xml",
            "01/03/2021_x",
            "",
            "é2021-03",
        ] {
            assert_eq!(date_du_nom(nom), None, "{nom}");
        }
    }

    #[test]
    fn a_name_dated_before_the_creation_of_the_file_is_not_believed() {
        let reception = |explicite: Option<&str>, du_nom: Option<&str>| {
            let reception = ReceptionFlux { explicite: explicite.map(date), du_nom: du_nom.map(date) };
            let (jour, word) = reception.jour(date("2021-03-05"));
            (jour.to_string(), word.is_some())
        };
        assert_eq!(reception(None, Some("2021-03-05")), ("2021-03-05".into(), false));
        assert_eq!(reception(None, Some("2021-03-04")), ("2021-03-05".into(), true));
        assert_eq!(reception(None, None), ("2021-03-05".into(), false));
        assert_eq!(reception(Some("2021-03-20"), Some("2021-03-06")), ("2021-03-20".into(), false));
    }
}
