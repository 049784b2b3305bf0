//! What the pages are made from: everything that the warehouse knows, replayed once, and again beside
//! when files have come. Meanwhile the pages rest on what was known before, and say so.

use std::any::{Any, TypeId};
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::response::Response;
use chrono::{DateTime, Local, NaiveDate};
use rustc_hash::FxHashMap;

use super::audit::Audit;
use super::choix::Choix;
use super::reponse::{Cadre, Erreur};
use super::{comparaison, lectures, listes, personne, personnes, qualite, tableau};
use crate::campagnes::Campagnes;
use crate::historique::Historique;
use crate::journal::depot::{Depot, ErreurDepot};
use crate::journal::evenements::rejouer;
use crate::journal::lecture::existait;
use crate::journal::segment::Commun;
use crate::personne::Annuaire;
use crate::purge::Connu;
use crate::referentiel::Referentiel;

/// How long the files of the warehouse are not looked at again.
const REPOS: Duration = Duration::from_secs(2);
/// What is kept of what was computed, of each sort.
const GARDES: usize = 8;
/// Past knowledge takes as much memory as the present one.
const CONNAISSANCES_GARDEES: usize = 2;

/// What the command line says, beside the warehouse.
#[derive(Debug)]
pub struct Reglages {
    /// Parameters and readings.
    pub referentiel: Referentiel,
    /// The campaigns.
    pub campagnes: Campagnes,
    /// Figures of earlier years and targets.
    pub historique: Historique,
    /// Folders of submissions, or folders that hold some.
    pub remises: Vec<PathBuf>,
}

/// Everything that was known on a day, and what was computed from it.
#[derive(Debug)]
pub struct Connaissance {
    /// Segments, people, and who answers to a name.
    pub connu: Connu,
    /// The day whose knowledge it is; `None` for everything.
    pub connu_le: Option<NaiveDate>,
    /// When it was read.
    pub lu_le: DateTime<Local>,
    reperes: Reperes,
    memoire: Memoire,
}

/// What tells a person from every other, whatever comes in: a NIR or a name, in a dossier.
type Repere = [u8; 16];

/// The way from what tells a person to them, and back.
#[derive(Debug, Default)]
struct Reperes {
    personnes: FxHashMap<Repere, Option<u32>>,
    /// Of each person, the first.
    premiers: Vec<Repere>,
}

impl Reperes {
    fn new(connu: &Connu) -> Self {
        let Connu { histoire, repertoire, .. } = connu;
        let mut out = Self { premiers: vec![Repere::default(); histoire.personnes as usize], ..Self::default() };
        for (identite, &personne) in repertoire.identites.iter().zip(&repertoire.de_identite) {
            let dossier = &histoire.dossiers[identite.dossier as usize];
            let mut melange = blake3::Hasher::new();
            melange.update(histoire.caisses[usize::from(dossier.caisse)].nom.as_bytes()).update(b"\x1f");
            melange.update(dossier.numdemrsa.as_bytes()).update(b"\x1f");
            melange.update(&identite.nir.unwrap_or_default());
            for cle in [identite.cle_nom, identite.cle_nom_usage] {
                melange.update(&cle.unwrap_or_default().to_le_bytes());
            }
            let mut repere = Repere::default();
            melange.finalize_xof().fill(&mut repere);
            let connue = out.personnes.entry(repere).or_insert(Some(personne));
            // Two people whom nothing tells apart have no address that would lead to either.
            if *connue != Some(personne) {
                *connue = None;
            }
            let premier = &mut out.premiers[personne as usize];
            if *premier == Repere::default() {
                *premier = repere;
            }
        }
        out
    }

    fn de(&self, personne: u32) -> Repere {
        self.premiers.get(personne as usize).copied().unwrap_or_default()
    }

    fn personne(&self, repere: Repere) -> Option<u32> {
        self.personnes.get(&repere).copied().flatten()
    }
}

/// The numbers that stand for people in the addresses of a run, in the order in which they are shown:
/// they say nothing of anybody, and mean nothing in another run.
#[derive(Debug)]
struct Numeros<T> {
    donnes: FxHashMap<T, usize>,
    gens: Vec<T>,
}

impl<T> Default for Numeros<T> {
    fn default() -> Self {
        Self { donnes: FxHashMap::default(), gens: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Numeros<T> {
    fn numero(&mut self, qui: &T) -> usize {
        if let Some(numero) = self.donnes.get(qui) {
            return *numero;
        }
        self.gens.push(qui.clone());
        self.donnes.insert(qui.clone(), self.gens.len());
        self.gens.len()
    }

    fn qui(&self, numero: &str) -> Option<T> {
        self.gens.get(numero.parse::<usize>().ok()?.checked_sub(1)?).cloned()
    }
}

impl Connaissance {
    fn lire(depot: &Depot, connu_le: Option<NaiveDate>) -> Result<Self, ErreurDepot> {
        let lu_le = Local::now();
        let connu = Connu::lire_au(depot, connu_le)?;
        let reperes = Reperes::new(&connu);
        Ok(Self { connu, connu_le, lu_le, reperes, memoire: Memoire::new(GARDES) })
    }

    /// What was computed under this key; computed now if it was not, or too long ago. Whoever asks
    /// for the same meanwhile waits for it.
    pub(super) fn memo<T: Send + Sync + 'static>(
        &self,
        cle: &str,
        calcul: impl FnOnce() -> Result<T, Erreur>,
    ) -> Result<Arc<T>, Erreur> {
        self.memoire.memo(cle, calcul)
    }
}

type Valeur = Arc<dyn Any + Send + Sync>;
type Case = Arc<Mutex<Option<Valeur>>>;

/// What was computed, the last used last.
#[derive(Default)]
struct Memoire {
    places: usize,
    cases: Mutex<Vec<(TypeId, String, Case)>>,
}

impl std::fmt::Debug for Memoire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memoire({})", self.places)
    }
}

impl Memoire {
    fn new(places: usize) -> Self {
        Self { places, cases: Mutex::default() }
    }

    fn memo<T: Send + Sync + 'static>(
        &self,
        cle: &str,
        calcul: impl FnOnce() -> Result<T, Erreur>,
    ) -> Result<Arc<T>, Erreur> {
        let case = self.case(TypeId::of::<T>(), cle);
        let mut case = prendre(&case);
        if let Some(valeur) = case.as_ref().and_then(|valeur| valeur.clone().downcast::<T>().ok()) {
            return Ok(valeur);
        }
        let valeur = Arc::new(calcul()?);
        *case = Some(valeur.clone());
        Ok(valeur)
    }

    /// The place of a value, made if need be at the expense of the one of its sort unused for longest.
    fn case(&self, sorte: TypeId, cle: &str) -> Case {
        let mut cases = prendre(&self.cases);
        let place = cases.iter().position(|(s, c, _)| *s == sorte && c == cle);
        let case = match place {
            Some(place) => cases.remove(place).2,
            None => {
                if cases.iter().filter(|(s, ..)| *s == sorte).count() >= self.places {
                    let ancienne = cases.iter().position(|(s, ..)| *s == sorte);
                    ancienne.into_iter().for_each(|ancienne| drop(cases.remove(ancienne)));
                }
                Case::default()
            }
        };
        cases.push((sorte, cle.to_owned(), case.clone()));
        case
    }
}

/// A thread that panicked while it held what follows left nothing half done: values are replaced whole.
fn prendre<T>(verrou: &Mutex<T>) -> MutexGuard<'_, T> {
    verrou.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file of the warehouse, as it is told from another: purging rewrites one under the same name.
type Fichier = (PathBuf, u64, Option<SystemTime>);

/// What was read of the warehouse.
struct Lu {
    /// Everything; or why it could not be read.
    courante: Result<Arc<Connaissance>, String>,
    /// The files it was read from.
    fichiers: Vec<Fichier>,
    /// Why what came since could not be read.
    echec: Option<String>,
    /// When the files were last looked at.
    vu: Instant,
}

struct Interieur {
    depot: Depot,
    reglages: Reglages,
    audit: Audit,
    personnes: Mutex<Numeros<Repere>>,
    referents: Mutex<Numeros<String>>,
    lu: Mutex<Lu>,
    /// Whether the files are being looked at.
    regarde: AtomicBool,
    /// Whether new ones are being read.
    en_lecture: AtomicBool,
    /// What was known on other days.
    autres: Mutex<Arc<Memoire>>,
}

/// What every page shares.
#[derive(Clone)]
pub struct Etat(Arc<Interieur>);

impl Etat {
    /// Reads a warehouse. One that is damaged is told by every page.
    #[must_use]
    pub fn lire(depot: Depot, reglages: Reglages, audit: Audit) -> Self {
        let fichiers = fichiers(&depot);
        let courante = Connaissance::lire(&depot, None).map(Arc::new).map_err(|error| error.to_string());
        let lu = Lu { courante, fichiers, echec: None, vu: Instant::now() };
        let etat = Self(Arc::new(Interieur {
            depot,
            reglages,
            audit,
            personnes: Mutex::default(),
            referents: Mutex::default(),
            lu: Mutex::new(lu),
            regarde: AtomicBool::new(false),
            en_lecture: AtomicBool::new(false),
            autres: Mutex::new(Arc::new(Memoire::new(CONNAISSANCES_GARDEES))),
        }));
        if let Ok(connaissance) = etat.connaissance(None) {
            let preparee = etat.clone();
            let lance = std::thread::Builder::new().spawn(move || {
                preparee.preparer(&connaissance);
                preparee.preparer_les_listes();
            });
            if let Err(error) = lance {
                tracing::debug!(%error, "pages non préparées");
            }
        }
        etat
    }

    /// What the command line says.
    pub(super) fn reglages(&self) -> &Reglages {
        &self.0.reglages
    }

    /// The warehouse.
    pub(super) fn depot(&self) -> &Depot {
        &self.0.depot
    }

    /// What is known, or was on a day.
    pub(super) fn connaissance(&self, connu_le: Option<NaiveDate>) -> Result<Arc<Connaissance>, Erreur> {
        let courante = prendre(&self.0.lu).courante.clone();
        let courante =
            courante.map_err(|raison| Erreur::Indisponible(format!("L'entrepôt ne peut pas être lu : {raison}.")))?;
        let Some(jour) = connu_le else { return Ok(courante) };
        let autres = prendre(&self.0.autres).clone();
        let celle_du_jour = autres.memo(&jour.to_string(), || {
            if rien_depuis(&courante, jour)? {
                return Ok(courante);
            }
            Ok(Arc::new(Connaissance::lire(&self.0.depot, Some(jour))?))
        })?;
        Ok((*celle_du_jour).clone())
    }

    /// Who the rows of the flux are about: read once, for every day of knowledge.
    pub(super) fn annuaire(&self, connaissance: &Connaissance) -> Result<Arc<Annuaire>, Erreur> {
        let lire = |courante: &Connaissance| courante.memo("", || Ok(Annuaire::lire(&courante.connu)?));
        if connaissance.connu_le.is_none() { lire(connaissance) } else { lire(&*self.connaissance(None)?) }
    }

    /// Where consultations are noted.
    pub(super) fn audit(&self) -> &Audit {
        &self.0.audit
    }

    /// The address of the story of a person. It is drawn by the run, and stays theirs whatever comes
    /// in meanwhile.
    pub(super) fn adresse_de(&self, connaissance: &Connaissance, personne: u32) -> String {
        let repere = connaissance.reperes.de(personne);
        format!("/personne/{}", prendre(&self.0.personnes).numero(&repere))
    }

    /// The person whose story has an address ending so.
    pub(super) fn personne(&self, connaissance: &Connaissance, numero: &str) -> Option<u32> {
        let repere = prendre(&self.0.personnes).qui(numero)?;
        connaissance.reperes.personne(repere)
    }

    /// The number that stands for a référent in the addresses of the run.
    pub(super) fn numero_du_referent(&self, referent: &str) -> String {
        prendre(&self.0.referents).numero(&referent.to_owned()).to_string()
    }

    /// The référent for whom a number stands.
    pub(super) fn referent(&self, numero: &str) -> Option<String> {
        prendre(&self.0.referents).qui(numero)
    }

    /// The frame of a page.
    pub(super) fn cadre(&self, titre: impl Into<String>, actif: &'static str) -> Cadre {
        let lu = prendre(&self.0.lu);
        let lu_le = lu.courante.as_ref().map(|c| c.lu_le.format("le %d/%m/%Y à %H h %M").to_string());
        let mut avis = Vec::new();
        if self.0.en_lecture.load(Ordering::Acquire) {
            avis.push(
                "Des fichiers sont arrivés depuis : ils sont en cours de lecture, rechargez la page dans un instant."
                    .to_owned(),
            );
        }
        avis.extend(lu.echec.iter().map(|raison| format!("Ce qui est arrivé depuis n'a pas pu être lu : {raison}.")));
        Cadre { titre: titre.into(), actif, lu_le: lu_le.unwrap_or_default(), avis, requete: String::new() }
    }

    /// Makes an answer on a thread that may block. An error or a panic becomes a page.
    pub(super) async fn repondre(
        self,
        faire: impl FnOnce(&Self) -> Result<Response, Erreur> + Send + 'static,
    ) -> Response {
        let etat = self.clone();
        let fait = tokio::task::spawn_blocking(move || {
            etat.regarder();
            faire(&etat)
        });
        let fait = fait.await.unwrap_or(Err(Erreur::Interne));
        fait.unwrap_or_else(|error| error.reponse(&self))
    }

    /// Looks at most every few seconds whether files came, and reads them, beside whoever asks.
    fn regarder(&self) {
        {
            let mut lu = prendre(&self.0.lu);
            if lu.vu.elapsed() < REPOS {
                return;
            }
            lu.vu = Instant::now();
        }
        if self.0.regarde.swap(true, Ordering::AcqRel) {
            return;
        }
        let etat = self.clone();
        let lance = std::thread::Builder::new().spawn(move || {
            let fichiers = fichiers(&etat.0.depot);
            if prendre(&etat.0.lu).fichiers != fichiers {
                etat.0.en_lecture.store(true, Ordering::Release);
                let lue = catch_unwind(AssertUnwindSafe(|| {
                    let lue = Connaissance::lire(&etat.0.depot, None)?;
                    etat.preparer(&lue);
                    Ok(lue)
                }));
                let lue = lue.map_err(|_| "erreur interne".to_owned());
                etat.remplacer(lue.and_then(|lue| lue.map_err(|error: ErreurDepot| error.to_string())), fichiers);
                etat.0.en_lecture.store(false, Ordering::Release);
                etat.preparer_les_listes();
            }
            etat.0.regarde.store(false, Ordering::Release);
        });
        if lance.is_err() {
            self.0.regarde.store(false, Ordering::Release);
        }
    }

    /// Computes what is looked at first, so that nobody waits for it. What cannot be computed is told by
    /// its own page.
    fn preparer(&self, connaissance: &Connaissance) {
        let prepare = Choix::d_office(connaissance, self).and_then(|choix| {
            tableau::servi(self, connaissance, &choix)?;
            self.annuaire(connaissance)?;
            personne::evenements(connaissance)?;
            personnes::preparer(self, connaissance, &choix)?;
            comparaison::figures(self, connaissance, &choix)?;
            lectures::preparer(self, connaissance, &choix)?;
            qualite::preparer(self, connaissance, &choix)
        });
        if let Err(error) = prepare {
            tracing::debug!(%error, "pages non préparées");
        }
    }

    /// The same of the lists, when all that is known was known on their day.
    fn preparer_les_listes(&self) {
        if let Err(error) = listes::preparer(self) {
            tracing::debug!(%error, "listes non préparées");
        }
    }

    /// Takes what was read in the place of what was known. What could not be read leaves it there.
    fn remplacer(&self, lue: Result<Connaissance, String>, fichiers: Vec<Fichier>) {
        let mut lu = prendre(&self.0.lu);
        match (lue, &lu.courante) {
            (Ok(lue), _) => {
                lu.courante = Ok(Arc::new(lue));
                lu.echec = None;
                *prendre(&self.0.autres) = Arc::new(Memoire::new(CONNAISSANCES_GARDEES));
            }
            (Err(raison), Ok(_)) => lu.echec = Some(raison),
            (Err(raison), Err(_)) => lu.courante = Err(raison),
        }
        lu.fichiers = fichiers;
    }
}

/// Whether all that is known was known on a day already.
pub(super) fn rien_depuis(connaissance: &Connaissance, jour: NaiveDate) -> Result<bool, Erreur> {
    let segments = &connaissance.connu.segments;
    let mut flux = segments.flux.iter().map(|segment| &segment.meta.commun);
    let connu = |commun: &Commun| {
        existait(commun.recu_le, Some(jour))
            && commun.extrait.as_ref().is_none_or(|extrait| existait(extrait.repris_le, Some(jour)))
    };
    Ok(flux.all(connu)
        && rejouer(&segments.evenements, Some(jour))? == *personne::evenements(connaissance)?.en_vigueur())
}

/// The files of the warehouse; none that can be told when it cannot be listed.
fn fichiers(depot: &Depot) -> Vec<Fichier> {
    let connus = depot.connus().unwrap_or_default();
    let mut fichiers: Vec<Fichier> = connus
        .into_values()
        .map(|chemin| {
            let etat = std::fs::metadata(&chemin).ok();
            (chemin, etat.as_ref().map_or(0, std::fs::Metadata::len), etat.and_then(|etat| etat.modified().ok()))
        })
        .collect();
    fichiers.sort();
    fichiers
}
