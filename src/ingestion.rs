//! Files into the warehouse, each one all or nothing. Several files are read at once, and what comes
//! out does not depend on which ends first. The reader of XML ([`cnaf_xml`]) has one file read by several
//! threads when no other file wants them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use rustc_hash::FxHashMap;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use crate::flux::source::{Limites, Source};

use crate::flux::archive;
use crate::flux::ouverture::{Apercu, Contenu, annonce_un_document, examiner, ligne_de_l_octet_nul, reconnaitre};
use crate::flux::source::{self, Ecart, Etat, Flot, PAS_UN_FICHIER};
use crate::flux::tableur::Tableur;
use crate::flux::{cnaf_csv, cnaf_xml, evenements_csv};
use crate::journal::anomalies::MetaAnomalies;
use crate::journal::depot::{Depot, ErreurDepot};
use crate::journal::ecriture::{Ecrit, EcrivainEvenements, EcrivainFlux, Provenance, Reception};
use crate::journal::rejets::{self, recu_le_de_l_original};
use crate::journal::segment::{MetaEvenements, MetaFlux, MetaSource};
use crate::releves::foyers::{Tolerance, encore_illisible, parse_date};
use crate::releves::genres::Genre;
use crate::releves::{Cause, Marque, Refus, Texte};
use crate::sources::{self, Description, Partie, Sources};
use crate::systeme::Affichable;

/// How files are taken in.
#[derive(Clone, Debug)]
pub struct Options {
    /// Reception day given by the user, for every file.
    pub recu_le: Option<NaiveDate>,
    /// Where the reception day is looked for when the user gives none.
    pub reception: JourDeReception,
    /// The day of the ingestion.
    pub aujourdhui: NaiveDate,
    /// When a flux is refused for the foyers it sets aside or lacks.
    pub tolerance: Tolerance,
    /// How far a file is followed.
    pub limites: Limites,
    /// How many files are read at once.
    pub ensemble: usize,
    /// The descriptions of the department's own exports.
    pub descriptions: Arc<Sources>,
}

impl Options {
    /// What is usual, on this day: the contract's reception day, the usual limits, as many files at
    /// once as there are processors, and no description.
    #[must_use]
    pub fn new(aujourdhui: NaiveDate) -> Self {
        Self {
            recu_le: None,
            reception: JourDeReception::Regle,
            aujourdhui,
            tolerance: Tolerance::default(),
            limites: Limites::default(),
            ensemble: std::thread::available_parallelism().map_or(1, usize::from),
            descriptions: Arc::default(),
        }
    }
}

/// Where the day on which the department received a file is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JourDeReception {
    /// The date that begins the name; else the creation of a flux, the day of the ingestion for
    /// events.
    #[default]
    Regle,
    /// The day on which the file arrived ([`Source::arrivee`]); the same as [`Self::Regle`] when
    /// nobody watched.
    Arrivee,
    /// The same as [`Self::Regle`], asked for by name.
    Nom,
    /// The creation of a flux, whatever its name; events say no such day and follow [`Self::Regle`].
    Creation,
}

/// What became of a source.
#[derive(Debug)]
pub enum Issue {
    /// A flux that entered.
    Flux(Box<(Ecrit, MetaFlux)>),
    /// An event file that entered.
    Evenements(Box<(Ecrit, MetaEvenements)>),
    /// The same content is already in the warehouse.
    DejaConnu,
    /// The same, but it was read there under another description, that the text names.
    DejaDecrit(String),
    /// The caisse's file of anomalies: counted, and nothing of it is ingested.
    Anomalies(Box<MetaAnomalies>),
    /// The same content comes earlier in this very run, and entered.
    MemeContenu(Box<Source>),
    /// A file of several kinds, or of several sheets: one issue a part.
    Parties(Vec<Issue>),
    /// Plainly something else.
    Ignore(String),
    /// Nothing of it enters: its content is at fault.
    Refuse(Refus),
    /// Nothing happened to it, and its content is not at fault: it can be given again as it is.
    Echec(Refus),
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
            Self::Refuse(_) | Self::Echec(_) => true,
            Self::Parties(parties) => parties.iter().any(Self::mis_de_cote),
            _ => self.rejetes() > 0,
        }
    }

    /// Whether the warehouse could not be written.
    #[must_use]
    pub fn entrepot_en_cause(&self) -> bool {
        match self {
            Self::Echec(refus) => refus.cause() == Cause::Entrepot,
            Self::Parties(parties) => parties.iter().any(Self::entrepot_en_cause),
            _ => false,
        }
    }

    /// Rows that entered.
    #[must_use]
    pub fn lignes(&self) -> u64 {
        match self {
            Self::Flux(entered) => entered.0.lignes,
            Self::Evenements(entered) => entered.0.lignes,
            Self::Parties(parties) => parties.iter().map(Self::lignes).sum(),
            _ => 0,
        }
    }

    /// Foyers or lines set aside.
    #[must_use]
    pub fn rejetes(&self) -> u64 {
        match self {
            Self::Flux(entered) => entered.1.commun.rejetes,
            Self::Evenements(entered) => entered.1.commun.rejetes,
            Self::Parties(parties) => parties.iter().map(Self::rejetes).sum(),
            _ => 0,
        }
    }

    /// What entered, or why nothing did, in a word.
    #[must_use]
    pub fn nature(&self) -> &str {
        match self {
            Self::Flux(entered) if entered.1.mensuel => "flux mensuel",
            Self::Flux(_) => "flux quotidien",
            Self::Evenements(entered) => &entered.1.genre,
            Self::Anomalies(_) => "fichier d'anomalies",
            Self::DejaConnu | Self::DejaDecrit(_) => "déjà connu",
            Self::MemeContenu(_) => "même contenu",
            Self::Parties(_) => "export de plusieurs tableaux",
            Self::Ignore(_) => "ignoré",
            Self::Refuse(_) => "refusé",
            Self::Echec(_) => "échec",
        }
    }

    /// Why it did not enter, or not whole; what can be given again as it is comes first.
    fn manque(&self) -> Option<&Self> {
        let echec = |issue: &&Self| matches!(issue, Self::Echec(_));
        let refuse = |issue: &&Self| matches!(issue, Self::Refuse(_));
        self.parties().iter().find(echec).or_else(|| self.parties().iter().find(refuse))
    }
}

impl From<Refus> for Issue {
    fn from(refus: Refus) -> Self {
        match refus.cause() {
            Cause::Contenu => Self::Refuse(refus),
            Cause::Lecture | Cause::Entrepot => Self::Echec(refus),
        }
    }
}

/// A source, what became of it, and what it cost.
#[derive(Debug)]
pub struct Recu {
    /// The file, or the member of an archive.
    pub source: Source,
    /// What became of it.
    pub issue: Issue,
    /// Bytes of its content once decompressed; 0 when it was not read to its end.
    pub octets: u64,
    /// Time spent on it.
    pub duree: Duration,
}

/// What became of each file of the disk, in their order: one answer for a file, one for each member
/// of an archive.
pub fn par_fichier(recus: &[Recu]) -> impl Iterator<Item = (&Path, &[Recu])> {
    recus.chunk_by(|a, b| a.source.chemin == b.source.chemin).filter_map(|recus| {
        let premier = recus.first()?;
        Some((premier.source.chemin.as_path(), recus))
    })
}

/// What there is to read below the paths given, folders recursively, in the order of the names; an
/// archive gives its members. The warehouse itself is passed over. A link, a pipe or a device found
/// in a folder is there with the reason why it is not opened; a path that was given may be a link.
///
/// # Errors
/// A path that does not exist, or a folder that cannot be read.
pub fn fichiers(chemins: &[PathBuf], entrepot: &Path, limites: &Limites) -> Result<Vec<Source>, (PathBuf, io::Error)> {
    let entrepot = fs::canonicalize(entrepot).ok();
    let mut out = Vec::new();
    for chemin in chemins {
        let meta = fs::metadata(chemin).map_err(|error| (chemin.clone(), error))?;
        if meta.is_dir() {
            walk(chemin, entrepot.as_deref(), limites, &mut out)?;
        } else {
            ajouter(Source::fichier(chemin), meta.file_type(), limites, &mut out);
        }
    }
    Ok(out)
}

/// What there is to read in a file that arrived in an inbox on that day.
#[must_use]
pub fn depose(chemin: &Path, arrivee: NaiveDate, limites: &Limites) -> Vec<Source> {
    let mut out = Vec::new();
    let mut source = Source::trouve(chemin);
    source.arrivee = Some(arrivee);
    match fs::symlink_metadata(chemin) {
        Ok(meta) => ajouter(source, meta.file_type(), limites, &mut out),
        // Its absence will be said when it is read.
        Err(_) => out.push(source),
    }
    out
}

fn walk(
    dossier: &Path,
    entrepot: Option<&Path>,
    limites: &Limites,
    out: &mut Vec<Source>,
) -> Result<(), (PathBuf, io::Error)> {
    if entrepot.is_some() && fs::canonicalize(dossier).ok().as_deref() == entrepot {
        return Ok(());
    }
    let du_dossier = |error| (dossier.to_owned(), error);
    let mut entries: Vec<_> =
        fs::read_dir(dossier).map_err(du_dossier)?.collect::<Result<_, _>>().map_err(du_dossier)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (chemin, genre) = (entry.path(), entry.file_type().map_err(du_dossier)?);
        if genre.is_dir() {
            walk(&chemin, entrepot, limites, out)?;
        } else {
            ajouter(Source::trouve(chemin), genre, limites, out);
        }
    }
    Ok(())
}

/// Adds a file, or the members of an archive.
fn ajouter(source: Source, genre: fs::FileType, limites: &Limites, out: &mut Vec<Source>) {
    let refuse = |source: Source, raison: String| source.ecarte(Ecart::Refuse(raison));
    if genre.is_symlink() {
        out.push(refuse(
            source,
            "lien symbolique dans un dossier : il n'est pas suivi, car il pourrait faire lire n'importe quel fichier. \
             Déposez le fichier lui-même"
                .to_owned(),
        ));
    } else if !genre.is_file() {
        out.push(refuse(source, PAS_UN_FICHIER.to_owned()));
    } else {
        // What keeps it from being read here will be said when it is.
        let Ok(etat) = source.etat() else { return out.push(source) };
        match archive::sources(&source, limites).map_err(source::refus) {
            Ok(sources) => out.extend(sources.into_iter().map(|source| source.vu(etat))),
            Err(Refus::Contenu { message, .. }) if !annonce_un_document(&source.nom()) => {
                out.push(refuse(source, message).vu(etat));
            }
            Err(_) => out.push(source),
        }
    }
}

/// A source that was looked at: what it is, and how it stood then.
struct Examine {
    provenance: Provenance,
    forme: Forme,
    tete: Vec<u8>,
    utf8: bool,
    etat: Etat,
}

/// How a source is read.
enum Forme {
    /// As a whole: a flux, or events under our own headings.
    Entier(Contenu),
    /// The tables of events that are read in it, under descriptions or from sheets.
    Parties(Vec<Partie>),
    /// Lines that come back, with their marks; and the kind that the headings tell. The file that they
    /// come from, which may enter in this very run, says whether a description reads them.
    Extrait(Tableur, Result<Genre, String>),
}

/// The first look at a source; an issue when nothing more is to be done.
struct Regard {
    examine: Result<Examine, Issue>,
    suivi: Suivi,
}

/// What the first look at a source cost, and where its log goes on.
struct Suivi {
    octets: u64,
    duree: Duration,
    span: tracing::Span,
}

impl Suivi {
    /// Says in the log what became of the source, after a reading that took so long.
    fn tracer(&self, issue: &Issue, lecture: Duration) {
        let duree = self.duree + lecture;
        self.span.record("nature", issue.nature());
        self.span.record("octets", self.octets);
        self.span.record("lignes", issue.lignes());
        self.span.record("mis_de_cote", issue.rejetes());
        self.span.record("duree_ms", u64::try_from(duree.as_millis()).unwrap_or(u64::MAX));
        self.span.in_scope(|| tracing::info!("fichier traité"));
    }
}

impl Examine {
    /// Whether the file bears the mark of an extract.
    fn est_un_extrait(&self) -> bool {
        let marque = |tableur: &Tableur| tableur.colonne(Marque::COLONNE).is_some();
        match &self.forme {
            Forme::Extrait(..) => true,
            Forme::Parties(parties) => parties.iter().any(|partie| marque(&partie.tableur)),
            Forme::Entier(Contenu::FluxXml) => {
                memchr::memmem::find(&self.tete, Marque::INSTRUCTION.as_bytes()).is_some()
            }
            Forme::Entier(Contenu::FluxCsv(tableur) | Contenu::Evenements(_, tableur)) => marque(tableur),
            Forme::Entier(Contenu::Autre(_)) => false,
        }
    }
}

/// Takes sources into the warehouse. `fait` is called after each one, for a progress bar. The answer
/// has one receipt a source, in the order given.
///
/// # Errors
/// A warehouse that cannot be listed, or a runtime that cannot start.
pub fn ingerer(
    depot: &Arc<Depot>,
    sources: &[Source],
    options: Options,
    fait: &dyn Fn(&Source),
) -> Result<Vec<Recu>, ErreurDepot> {
    let (connus, options) = (depot.connus()?, Arc::new(options));
    let disque = |source| ErreurDepot::Disque { chemin: PathBuf::from("."), source };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().map_err(disque)?;
    let regards = en_parallele(&runtime, sources.len(), options.ensemble, &|_, _| {}, {
        let (sources, options) = (sources.to_vec(), Arc::clone(&options));
        move |rank| look(&sources[rank], &options)
    });
    // What is new is decided in the order of the names, before anything is read: two copies of one
    // file never race.
    let mut premiers: FxHashMap<String, usize> = FxHashMap::default();
    let (mut doubles, mut nouveaux) = (Vec::new(), Vec::new());
    let mut suivis: Vec<(Option<Issue>, Suivi)> = Vec::new();
    for (rank, (Regard { examine, suivi }, source)) in regards.into_iter().zip(sources).enumerate() {
        let issue = match examine {
            Err(issue) => Some(issue),
            Ok(file) if connus.contains_key(&file.provenance.empreinte) => Some(Issue::DejaConnu),
            Ok(file) => match premiers.get(&file.provenance.empreinte) {
                Some(premier) => {
                    doubles.push((rank, *premier));
                    Some(Issue::MemeContenu(Box::new(sources[*premier].clone())))
                }
                None => {
                    premiers.insert(file.provenance.empreinte.clone(), rank);
                    nouveaux.push((rank, source.clone(), file, suivi.span.clone()));
                    None
                }
            },
        };
        if let Some(issue) = &issue {
            suivi.tracer(issue, Duration::ZERO);
            fait(source);
        }
        suivis.push((issue, suivi));
    }
    // An extract needs the file that it comes from, and those of one reject follow one another: they
    // are read after all the others, one at a time.
    let (extraits, nouveaux): (Vec<_>, Vec<_>) = nouveaux.into_iter().partition(|(.., file, _)| file.est_un_extrait());
    let mut lectures = vec![Duration::ZERO; sources.len()];
    for (lot, ensemble) in [(nouveaux, options.ensemble), (extraits, 1)] {
        let ranks: Vec<usize> = lot.iter().map(|(rank, ..)| *rank).collect();
        let fini = |lu: usize, (issue, lecture): &(Issue, Duration)| {
            let rank = ranks[lu];
            suivis[rank].1.tracer(issue, *lecture);
            fait(&sources[rank]);
        };
        let read = en_parallele(&runtime, lot.len(), ensemble, &fini, {
            let (depot, options) = (Arc::clone(depot), Arc::clone(&options));
            move |rank| {
                let (_, source, file, span) = &lot[rank];
                let debut = Instant::now();
                let issue = span.in_scope(|| take(&depot, source, file, &options).unwrap_or_else(Issue::from));
                (issue, debut.elapsed())
            }
        });
        for (rank, (issue, lecture)) in ranks.into_iter().zip(read) {
            (suivis[rank].0, lectures[rank]) = (Some(issue), lecture);
        }
    }
    let mut recus: Vec<Recu> = suivis
        .into_iter()
        .zip(lectures)
        .zip(sources)
        .filter_map(|(((issue, Suivi { octets, duree, .. }), lecture), source)| {
            Some(Recu { source: source.clone(), issue: issue?, octets, duree: duree + lecture })
        })
        .collect();
    // A copy of what did not enter did not enter either.
    for (double, premier) in doubles {
        let message = |refus: &Refus, de: &Source| format!("même contenu que {de}, qui n'est pas entré : {refus}");
        let issue = match recus.get(premier).and_then(|recu| Some((recu.issue.manque()?, &recu.source))) {
            Some((Issue::Refuse(refus), de)) => Some(Issue::Refuse(Refus::whole(message(refus, de)))),
            Some((Issue::Echec(refus), de)) => {
                let error = io::Error::other(message(refus, de));
                let entrepot = refus.cause() == Cause::Entrepot;
                Some(Issue::Echec(if entrepot { Refus::Disque(error) } else { Refus::Lecture(error) }))
            }
            _ => None,
        };
        if let (Some(issue), Some(recu)) = (issue, recus.get_mut(double)) {
            recu.issue = issue;
        }
    }
    Ok(recus)
}

/// Runs a job for each rank, a few at once, and gives the answers in order. `fini` is called with
/// each answer as it comes.
fn en_parallele<T: Send + 'static>(
    runtime: &tokio::runtime::Runtime,
    jobs: usize,
    ensemble: usize,
    fini: &dyn Fn(usize, &T),
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
                Ok((rank, Ok(done))) => {
                    fini(rank, &done);
                    out[rank] = Some(done);
                }
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

/// First look at a source: its digest, its form.
fn look(source: &Source, options: &Options) -> Regard {
    let span = tracing::info_span!(
        "fichier",
        nom = %Affichable(&source.nom()),
        nature = tracing::field::Empty,
        octets = tracing::field::Empty,
        lignes = tracing::field::Empty,
        mis_de_cote = tracing::field::Empty,
        duree_ms = tracing::field::Empty,
    );
    let (debut, mut octets) = (Instant::now(), 0);
    let examine = span.in_scope(|| examine(source, options, &mut octets));
    Regard { examine, suivi: Suivi { octets, duree: debut.elapsed(), span } }
}

fn examine(source: &Source, options: &Options, octets: &mut u64) -> Result<Examine, Issue> {
    // What was found wrong in a file that is still being written says nothing of it.
    if source.a_change() {
        return Err(Refus::Change.into());
    }
    match source.ecart() {
        Some(Ecart::Refuse(raison)) => return Err(Refus::whole(raison.clone()).into()),
        Some(Ecart::Ignore(raison)) => return Err(Issue::Ignore(raison.clone())),
        None => {}
    }
    let limites = &options.limites;
    let etat = source.etat().map_err(Refus::Lecture)?;
    let mut apercu = inchange(source, etat, || examiner(source, limites).map_err(source::refus))?;
    *octets = apercu.taille;
    let forme = match inchange(source, etat, || forme(source, &apercu, options))? {
        Forme::Entier(Contenu::Autre(raison)) => return Err(Issue::Ignore(raison)),
        Forme::Entier(Contenu::FluxXml) if apercu.octet_nul => {
            let ligne = ligne_de_l_octet_nul(source, limites).map_err(source::refus)?;
            let message = "octet nul, qu'aucun XML ne contient : le fichier est abîmé, rien n'en est gardé. \
                           Demandez un nouvel envoi à l'émetteur";
            return Err(Refus::at(ligne, message).into());
        }
        forme => forme,
    };
    // The prolog is all that is still of use of the head.
    apercu.tete.truncate(1024);
    apercu.tete.shrink_to_fit();
    let empreinte = apercu.digest.to_hex().to_string();
    let provenance = Provenance { nom: source.nom(), empreinte };
    Ok(Examine { provenance, forme, tete: apercu.tete, utf8: apercu.utf8, etat })
}

/// How a source is to be read, from its content.
fn forme(source: &Source, apercu: &Apercu, options: &Options) -> Result<Forme, Refus> {
    let natif = reconnaitre(&source.nom(), apercu);
    let marque = apercu.tableur().filter(|tableur| tableur.colonne(Marque::COLONNE).is_some());
    match (marque, natif) {
        (_, Ok(Contenu::Evenements(genre, tableur))) if tableur.colonne(Marque::COLONNE).is_some() => {
            Ok(Forme::Extrait(tableur, Ok(genre)))
        }
        (Some(tableur), Ok(Contenu::Autre(raison))) => Ok(Forme::Extrait(tableur, Err(raison))),
        (Some(tableur), Err(refus)) => Ok(Forme::Extrait(tableur, Err(refus.to_string()))),
        (_, natif) => {
            let parties = options.descriptions.parties(source, &options.limites, apercu, &natif)?;
            if parties.is_empty() { natif.map(Forme::Entier) } else { Ok(Forme::Parties(parties)) }
        }
    }
}

/// Reads a source that must stay what it was.
fn inchange<T>(source: &Source, etat: Etat, lire: impl FnOnce() -> Result<T, Refus>) -> Result<T, Refus> {
    let lu = lire();
    match lu {
        Err(refus) if refus.cause() == Cause::Entrepot => Err(refus),
        _ if source.etat().ok() != Some(etat) => Err(Refus::Change),
        lu => lu,
    }
}

/// Reads a new source into a segment.
fn take<'a>(depot: &Depot, source: &Source, file: &'a Examine, options: &Options) -> Result<Issue, Refus> {
    let Examine { provenance, etat, .. } = file;
    let ouvrir = || source.ouvrir(&options.limites).map_err(source::refus);
    let events = |table: Table<'_>| take_events(depot, source, file, &table, options, &ouvrir);
    let contenu = match &file.forme {
        Forme::Entier(contenu) => contenu,
        Forme::Extrait(tableur, genre) => {
            let genre = genre.as_ref().copied().map_err(String::as_str);
            return events(Table { genre, tableur, partie: None });
        }
        Forme::Parties(parties) => {
            let table =
                |partie: &'a Partie| Table { genre: Ok(partie.genre), tableur: &partie.tableur, partie: Some(partie) };
            let issue = |partie: &'a Partie| match deja_connue(depot, partie)? {
                Some(issue) => Ok(issue),
                None => events(table(partie)),
            };
            let mut issues: Vec<Issue> = parties.iter().map(|part| issue(part).unwrap_or_else(Issue::from)).collect();
            return Ok(if issues.len() == 1 { issues.remove(0) } else { Issue::Parties(issues) });
        }
    };
    match contenu {
        Contenu::FluxXml => {
            let mut ecrivain = EcrivainFlux::new(depot, provenance)?;
            let bilan = inchange(source, *etat, || {
                cnaf_xml::lire(ouvrir()?, &file.tete, file.utf8, &mut ecrivain, options.tolerance)
            })?;
            let reception = ReceptionFlux::new(source, options);
            if bilan.anomalies.is_some() {
                return Ok(Issue::Anomalies(Box::new(ecrivain.ranger_les_anomalies(bilan, &reception)?)));
            }
            Ok(Issue::Flux(Box::new(ecrivain.terminer(bilan, &reception)?)))
        }
        Contenu::FluxCsv(tableur) => {
            let mut ecrivain = EcrivainFlux::new(depot, provenance)?;
            let bilan =
                inchange(source, *etat, || cnaf_csv::lire(ouvrir()?, tableur, &mut ecrivain, options.tolerance))?;
            Ok(Issue::Flux(Box::new(ecrivain.terminer(bilan, &ReceptionFlux::new(source, options))?)))
        }
        Contenu::Evenements(genre, tableur) => events(Table { genre: Ok(*genre), tableur, partie: None }),
        Contenu::Autre(raison) => Ok(Issue::Ignore(raison.clone())),
    }
}

/// A table of events to be read.
struct Table<'a> {
    /// The kind that its headings tell, or why they tell none.
    genre: Result<Genre, &'a str>,
    tableur: &'a Tableur,
    /// The part of the file that it is, when it is not the whole of it under our own headings.
    partie: Option<&'a Partie>,
}

fn take_events(
    depot: &Depot,
    source: &Source,
    file: &Examine,
    Table { genre, tableur, partie }: &Table<'_>,
    options: &Options,
    ouvrir: &dyn Fn() -> Result<Flot, Refus>,
) -> Result<Issue, Refus> {
    let original = inchange(source, file.etat, || evenements_csv::original(ouvrir, tableur))?;
    let description = match &original {
        Some(original) => description_de_l_original(depot, original, &options.descriptions)?,
        None => partie.and_then(|partie| partie.description.clone()),
    };
    let genre = match (&description, genre) {
        (Some(description), _) => description.genre,
        (None, Ok(genre)) => *genre,
        (None, Err(raison)) => return Err(Refus::whole(*raison)),
    };
    let (recu_le, avertissement) = match &original {
        // The department received these lines with the file that they come from.
        Some(original) => (recu_le_de_l_original(depot, genre, original, options.recu_le)?, None),
        None => reception_evenements(source, options),
    };
    let mut provenance = file.provenance.clone();
    if let Some(partie) = partie {
        provenance.empreinte.clone_from(&partie.empreinte);
    }
    let mut ecrivain = EcrivainEvenements::new(depot, &provenance, genre)?;
    if let Some(original) = &original {
        ecrivain.extrait(original.clone(), options.aujourdhui);
    }
    let ecrivain = std::cell::RefCell::new(ecrivain);
    let mut evenement = |evenement| ecrivain.borrow_mut().evenement(evenement);
    let mut rejet = |rejet, texte: Texte<'_>| ecrivain.borrow_mut().rejet(&rejet, &texte);
    let original = original.as_deref();
    let (mut bilan, hors_source) = inchange(source, file.etat, || match &description {
        Some(description) => {
            let contenu = ouvrir()?;
            let bilan =
                sources::lecture::lire(contenu, description, tableur, recu_le, original, &mut evenement, &mut rejet)?;
            let hors_source = bilan.hors_source();
            Ok((bilan.commun, hors_source))
        }
        None => {
            let contenu = ouvrir()?;
            let bilan = evenements_csv::lire(contenu, genre, tableur, recu_le, original, &mut evenement, &mut rejet)?;
            Ok((bilan, 0))
        }
    })?;
    if let (Some(_), [], Some(rejet)) = (original, bilan.repris.as_slice(), ecrivain.borrow().premier_rejet()) {
        return Err(encore_illisible(rejet));
    }
    if partie.is_some() || description.is_some() {
        ecrivain.borrow_mut().source(MetaSource {
            contenu: file.provenance.empreinte.clone(),
            feuille: tableur.feuille().map(str::to_owned),
            description: description.as_ref().map(|description| description.nom.clone()),
            empreinte_description: description.as_ref().map(|description| description.empreinte.clone()),
            hors_source,
        });
    }
    bilan.avertissements.extend(avertissement);
    Ok(Issue::Evenements(Box::new(ecrivain.into_inner().terminer(bilan, recu_le)?)))
}

/// The description under which the lines of an extract were read in the file that they come from, and
/// must be read again; `None` when their columns are ours.
fn description_de_l_original(
    depot: &Depot,
    original: &str,
    descriptions: &Sources,
) -> Result<Option<Arc<Description>>, Refus> {
    for genre in Genre::TOUS {
        let meta = depot.evenements(genre.nom(), original).map_err(rejets::refus)?;
        let Some(nom) = meta.and_then(|meta| meta.source).and_then(|source| source.description) else { continue };
        return match descriptions.nommee(&nom) {
            Some(description) => Ok(Some(Arc::clone(description))),
            None => Err(Refus::whole(format!(
                "extrait d'un export lu selon la source {nom}, dont la description n'est pas donnée. \
                 Donnez-la avec --sources ; la nuit, avec « sources » dans son fichier de réglages"
            ))),
        };
    }
    Ok(None)
}

/// What is said of a part whose segment is there already. A description that changed since does not
/// read it again: its figures would change without any file having been received.
fn deja_connue(depot: &Depot, partie: &Partie) -> Result<Option<Issue>, Refus> {
    let Some(meta) = depot.evenements(partie.genre.nom(), &partie.empreinte).map_err(rejets::refus)? else {
        return Ok(None);
    };
    let alors = meta.source.unwrap_or_default().empreinte_description;
    let nom = match &partie.description {
        Some(description) if alors.as_ref() != Some(&description.empreinte) => &description.nom,
        _ => return Ok(Some(Issue::DejaConnu)),
    };
    Ok(Some(Issue::DejaDecrit(format!(
        "déjà ingéré le {} sous une autre version de la source {nom}, qui ne s'applique qu'aux fichiers nouveaux. \
         Déposez un nouvel export ; pour relire celui-ci, voir « Quand la description change » dans docs/sources.md",
        meta.commun.recu_le
    ))))
}

/// The reception day of a flux: what the user says; else the day on which it arrived, when that is
/// what is looked at; else the date that begins the name; else the day of its creation. No flux is
/// received before it is made.
struct ReceptionFlux {
    explicite: Option<NaiveDate>,
    arrivee: Option<NaiveDate>,
    du_nom: Option<NaiveDate>,
    aujourdhui: NaiveDate,
}

impl ReceptionFlux {
    fn new(source: &Source, options: &Options) -> Self {
        let du_nom = if options.reception == JourDeReception::Creation { None } else { date_d_une_source(source) };
        let aujourdhui = options.aujourdhui;
        Self { explicite: options.recu_le, arrivee: arrivee(source, options), du_nom, aujourdhui }
    }
}

impl Reception for ReceptionFlux {
    fn explicite(&self) -> Option<NaiveDate> {
        self.explicite
    }

    fn aujourdhui(&self) -> NaiveDate {
        self.aujourdhui
    }

    fn jour(&self, cree_le: NaiveDate) -> (NaiveDate, Option<String>) {
        match (self.explicite, self.arrivee, self.du_nom) {
            (Some(jour), ..) => (jour, None),
            (None, Some(jour), _) | (None, None, Some(jour)) if jour >= cree_le => (jour, None),
            (None, Some(jour), _) => (
                cree_le,
                Some(format!(
                    "arrivé le {jour} d'après le disque, avant sa création le {cree_le} : reçu le {cree_le}. \
                     Vérifiez l'horloge de cette machine"
                )),
            ),
            (None, None, Some(jour)) => (
                cree_le,
                Some(format!(
                    "le nom du fichier commence par {jour}, avant sa création le {cree_le} : reçu le {cree_le}. \
                     Donnez la vraie date avec --recu-le"
                )),
            ),
            (None, None, None) => (cree_le, None),
        }
    }
}

/// The reception day of a file of events, and a word when it is but the day of the ingestion.
fn reception_evenements(source: &Source, options: &Options) -> (NaiveDate, Option<String>) {
    match options.recu_le.or_else(|| arrivee(source, options)).or_else(|| date_d_une_source(source)) {
        Some(jour) => (jour, None),
        None => {
            let jour = options.aujourdhui;
            let message = format!(
                "pas de date de réception dans son nom : reçu aujourd'hui, {jour}. Donnez la vraie date avec --recu-le"
            );
            (jour, Some(message))
        }
    }
}

/// The day on which a source arrived, when that is what is looked at. A clock that was ahead then
/// makes nothing received tomorrow.
fn arrivee(source: &Source, options: &Options) -> Option<NaiveDate> {
    let looked_at = options.reception == JourDeReception::Arrivee;
    source.arrivee.filter(|_| looked_at).map(|jour| jour.min(options.aujourdhui))
}

/// The date that begins the name of a source; for a member without any, that of the archive.
fn date_d_une_source(source: &Source) -> Option<NaiveDate> {
    date_du_nom(&source.nom()).or_else(|| date_du_nom(&source.nom_du_fichier()))
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
            let (explicite, du_nom, aujourdhui) = (explicite.map(date), du_nom.map(date), date("2021-04-01"));
            let reception = ReceptionFlux { explicite, arrivee: None, du_nom, aujourdhui };
            let (jour, word) = reception.jour(date("2021-03-05"));
            (jour.to_string(), word.is_some())
        };
        assert_eq!(reception(None, Some("2021-03-05")), ("2021-03-05".into(), false));
        assert_eq!(reception(None, Some("2021-03-04")), ("2021-03-05".into(), true));
        assert_eq!(reception(None, None), ("2021-03-05".into(), false));
        assert_eq!(reception(Some("2021-03-20"), Some("2021-03-06")), ("2021-03-20".into(), false));
    }

    const AUJOURDHUI: &str = "2021-06-10";

    fn options(reception: JourDeReception, recu_le: Option<&str>) -> Options {
        Options { recu_le: recu_le.map(date), reception, ..Options::new(date(AUJOURDHUI)) }
    }

    fn arrive(nom: &str, jour: &str) -> Source {
        let mut source = Source::fichier(nom);
        source.arrivee = Some(date(jour));
        source
    }

    /// A flux made on 05/03, in a file named after 08/03, that landed on 10/03.
    #[test]
    fn the_reception_day_of_a_flux_is_looked_for_where_it_is_asked() {
        use JourDeReception::{Arrivee, Creation, Nom, Regle};
        let source = arrive("2021-03-08_flux.xml", "2021-03-10");
        for (mode, attendu) in
            [(Regle, "2021-03-08"), (Nom, "2021-03-08"), (Arrivee, "2021-03-10"), (Creation, "2021-03-05")]
        {
            let jour = |recu_le| ReceptionFlux::new(&source, &options(mode, recu_le)).jour(date("2021-03-05"));
            assert_eq!(jour(None), (date(attendu), None), "{mode:?}");
            assert_eq!(jour(Some("2021-03-20")), (date("2021-03-20"), None), "{mode:?}");
        }
        let sans = Source::fichier("2021-03-08_flux.xml");
        let jour = ReceptionFlux::new(&sans, &options(Arrivee, None)).jour(date("2021-03-05"));
        assert_eq!(jour, (date("2021-03-08"), None), "nobody watched");
    }

    #[test]
    fn a_flux_never_arrives_before_its_creation_nor_tomorrow() {
        let jour = |arrivee: &str, cree_le: &str| {
            let source = arrive("flux.xml", arrivee);
            let (jour, word) =
                ReceptionFlux::new(&source, &options(JourDeReception::Arrivee, None)).jour(date(cree_le));
            (jour.to_string(), word.is_some())
        };
        assert_eq!(jour("2021-03-04", "2021-03-05"), ("2021-03-05".into(), true));
        assert_eq!(jour("2021-03-05", "2021-03-05"), ("2021-03-05".into(), false));
        assert_eq!(jour("2021-06-11", "2021-03-05"), (AUJOURDHUI.into(), false));
        assert_eq!(jour("2021-06-09", "2021-06-11"), ("2021-06-11".into(), true));
    }

    #[test]
    fn the_reception_day_of_events_is_looked_for_where_it_is_asked() {
        use JourDeReception::{Arrivee, Creation, Regle};
        let jour = |source: &Source, mode| {
            let (jour, word) = reception_evenements(source, &options(mode, None));
            (jour.to_string(), word.is_some())
        };
        let (date, sans_date) = (arrive("2021-03-08_o.csv", "2021-03-10"), arrive("o.csv", "2021-03-10"));
        for mode in [Regle, Creation] {
            assert_eq!(jour(&date, mode), ("2021-03-08".into(), false));
            assert_eq!(jour(&sans_date, mode), (AUJOURDHUI.into(), true));
        }
        for source in [&date, &sans_date] {
            assert_eq!(jour(source, Arrivee), ("2021-03-10".into(), false));
        }
    }
}
