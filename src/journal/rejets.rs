//! Rejects that can be mended: what was set aside of a file is kept as an extract, a small file of the
//! same form, that can be sent back to the caisse, or mended and ingested.
//!
//! ```text
//! rejets/<digest>.csv                     the reasons, a line each
//! rejets/<digest>/3f9a0c1b2d-412.xml      a foyer set aside, as a flux of its own
//! rejets/<digest>/3f9a0c1b2d.csv          the lines set aside of an event file
//! rejets/<digest>/3f9a0c1b2d-412.json     written when the reject is closed with nothing more to do
//! ```
//!
//! An extract bears a mark, the digest of its file and the reject that it is. Ingested, it becomes a
//! segment that says so ([`Extrait`]): its records belong to the original file, at the place they had.
//! The presence of that segment is what closes the reject: no list can disagree with it.
//!
//! Extracts are put in place before the segment of their file, whose presence is the commit: those of
//! a file that did not enter are nobody's, and swept when the warehouse is next opened to be written.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::depot::{Brouillon, Depot, ErreurDepot, Segment, Segments, acces};
use super::lecture::pour_chaque_dossier;
use super::segment::{Commun, Ecarte, Extrait, MetaFlux};
use crate::disque;
use crate::identite::{self, EmpreinteNir, Nir};
use crate::releves::genres::Genre;
use crate::releves::{EnTete, Marque, Refus, Rejet, Texte, TypeFlux};

/// The columns of the list of reasons.
pub(super) const COLONNES: [&str; 7] = ["fichier", "ligne", "champ", "valeur", "motif", "attendu", "identifiant"];
/// Characters of the digest that an identifier begins with.
const CHIFFRES: usize = 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The identifier of a reject: the beginning of the digest of its file, then the reject.
#[must_use]
pub fn identifiant(empreinte: &str, rejet: &str) -> String {
    format!("{}-{rejet}", court(empreinte))
}

fn court(empreinte: &str) -> &str {
    empreinte.get(..CHIFFRES).unwrap_or(empreinte)
}

/// A warehouse that cannot be read is at fault, not the file.
pub fn refus(error: ErreurDepot) -> Refus {
    match error {
        ErreurDepot::Disque { source, .. } => Refus::Disque(source),
        autre => Refus::Disque(io::Error::other(autre.to_string())),
    }
}

// ───────────────────────────── writing extracts ─────────────────────────────

/// The extracts of a file being read. They are gathered in one draft and cut apart at the end, so
/// that a file refused whole costs one draft, and memory does not follow the number of rejects.
pub(super) struct Extraits {
    /// Whether one extract takes every record.
    ensemble: bool,
    brouillon: Option<(Brouillon, BufWriter<Box<dyn Write + Send>>)>,
    /// Name and length of each extract in the draft.
    places: Vec<(String, usize)>,
}

impl Extraits {
    pub(super) fn new(ensemble: bool) -> Self {
        Self { ensemble, brouillon: None, places: Vec::new() }
    }

    pub(super) fn ajouter(
        &mut self,
        depot: &Depot,
        fichier: &str,
        marque: &Marque,
        raison: &Rejet,
        texte: &Texte<'_>,
    ) -> io::Result<()> {
        let commence = self.brouillon.is_none();
        if commence {
            let brouillon = depot.commencer(&nom_du_brouillon(&marque.empreinte))?;
            let sortie: Box<dyn Write + Send> = Box::new(brouillon.handle()?);
            self.brouillon = Some((brouillon, BufWriter::new(sortie)));
        }
        let Some((_, sortie)) = &mut self.brouillon else { return Ok(()) };
        let (extrait, extension) = match texte {
            Texte::Xml { racine, en_tete, foyer } => (xml(fichier, marque, raison, racine, en_tete, foyer), "xml"),
            Texte::Csv { entetes, separateur, champs } => {
                (csv(marque, entetes, *separateur, champs, commence || !self.ensemble)?, "csv")
            }
        };
        sortie.write_all(&extrait)?;
        match self.places.last_mut() {
            Some((_, taille)) if self.ensemble => *taille += extrait.len(),
            _ if self.ensemble => {
                self.places.push((format!("{}.{extension}", court(&marque.empreinte)), extrait.len()))
            }
            _ => self
                .places
                .push((format!("{}.{extension}", identifiant(&marque.empreinte, &marque.rejet)), extrait.len())),
        }
        Ok(())
    }

    /// Puts each extract at its place.
    pub(super) fn commit(&mut self, depot: &Depot, empreinte: &str) -> io::Result<()> {
        let Some((brouillon, mut sortie)) = self.brouillon.take() else { return Ok(()) };
        sortie.flush()?;
        drop(sortie);
        if let Some((nom, _)) = self.places.first().filter(|_| self.ensemble) {
            depot.valider_sous(brouillon, empreinte, nom)
        } else {
            let mut reunis = File::open(depot.racine().join("tmp").join(nom_du_brouillon(empreinte)))?;
            for (nom, taille) in &self.places {
                let mut extrait = vec![0; *taille];
                reunis.read_exact(&mut extrait)?;
                let piece = depot.commencer(&format!("{empreinte}.{nom}"))?;
                piece.handle()?.write_all(&extrait)?;
                depot.valider_sous(piece, empreinte, nom)?;
            }
            Ok(())
        }
    }
}

impl Depot {
    fn valider_sous(&self, brouillon: Brouillon, empreinte: &str, nom: &str) -> io::Result<()> {
        self.valider(brouillon, &format!("rejets/{empreinte}/{nom}")).map(drop)
    }
}

fn nom_du_brouillon(empreinte: &str) -> String {
    format!("{empreinte}.extraits")
}

/// A foyer as a flux of its own, in UTF-8: an editor that writes it in Windows-1252 all the same is
/// understood by the reader. The mark is a processing instruction, which XML tools keep and which
/// every reader of the flux passes over.
fn xml(fichier: &str, marque: &Marque, raison: &Rejet, racine: &str, en_tete: &str, foyer: &[&str; 2]) -> Vec<u8> {
    let [debut, fin] = foyer;
    let mot = format!("Foyer mis de côté par jalon, {fichier}, {raison}. Corrigez le foyer et gardez tout le reste.");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?{} {marque}?>\n<!-- {} -->\n{racine}\n{en_tete}\n{debut}{fin}\n\
         <TransmissionFlux><NBTOTDOSRSATRANSM>00000001</NBTOTDOSRSATRANSM></TransmissionFlux>\n</Racine>\n",
        Marque::INSTRUCTION,
        commentaire(&mot)
    )
    .into_bytes()
}

/// A text that a comment may hold.
fn commentaire(texte: &str) -> String {
    let mut out = String::with_capacity(texte.len());
    for c in texte.chars() {
        if c == '-' && out.ends_with('-') {
            out.push(' ');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}

/// A line as it was, its mark after it, below the heading line when `entete` asks for it.
fn csv(
    marque: &Marque,
    entetes: &[String],
    separateur: u8,
    champs: &[std::borrow::Cow<'_, str>],
    entete: bool,
) -> io::Result<Vec<u8>> {
    let mut out = if entete { BOM.to_vec() } else { Vec::new() };
    let mut writer = csv::WriterBuilder::new().delimiter(separateur).flexible(true).from_writer(&mut out);
    if entete {
        writer.write_record(entetes.iter().map(String::as_str).chain([Marque::COLONNE]))?;
    }
    // Empty values may stand beyond the headings: the mark takes the place of the first.
    let vides = champs.iter().rev().take_while(|champ| champ.trim().is_empty()).count();
    let gardes = champs.len() - vides.min(champs.len().saturating_sub(entetes.len()));
    let marque = marque.to_string();
    writer.write_record(champs[..gardes].iter().map(AsRef::as_ref).chain([marque.as_str()]))?;
    writer.flush()?;
    drop(writer);
    Ok(out)
}

/// Removes what is kept of files that never entered: a run was killed just before their segment.
pub(super) fn balayer(depot: &Depot) -> Result<(), ErreurDepot> {
    let dossier = depot.racine().join("rejets");
    if !dossier.is_dir() {
        return Ok(());
    }
    let connus = depot.connus()?;
    for entree in fs::read_dir(&dossier).map_err(acces(&dossier))? {
        let chemin = entree.map_err(acces(&dossier))?.path();
        // What somebody left there by hand is theirs.
        let notre = |nom: &&str| nom.len() == 64 && nom.bytes().all(|b| b.is_ascii_hexdigit());
        let nom = chemin.file_stem().and_then(|nom| nom.to_str()).filter(notre);
        if nom.is_none_or(|nom| connus.contains_key(nom)) {
            continue;
        }
        let retire = if chemin.is_dir() { fs::remove_dir_all(&chemin) } else { fs::remove_file(&chemin) };
        retire.map_err(acces(&chemin))?;
    }
    Ok(())
}

// ───────────────────────────── taking extracts in ─────────────────────────────

/// A foyer that comes back: the file that it was set aside of, and its place there.
pub(super) struct Reprise {
    original: Segment<MetaFlux>,
    ecarte: Ecarte,
}

impl Reprise {
    pub(super) fn new(depot: &Depot, marque: &Marque) -> Result<Self, Refus> {
        let Some(original) = depot.flux(&marque.empreinte).map_err(refus)? else {
            return Err(original_inconnu(marque));
        };
        let ecarte = original.meta.ecartes.iter().find(|ecarte| ecarte.rejet == marque.rejet).cloned();
        match ecarte {
            Some(ecarte) => Ok(Self { original, ecarte }),
            None => Err(Refus::whole(format!(
                "la marque d'extrait désigne un rejet que {} n'a pas ({}). Reprenez l'extrait tel que « jalon rejets montrer » le donne",
                original.meta.commun.nom, marque.rejet
            ))),
        }
    }

    /// The day on which the department received the original: the caisse's notification did arrive
    /// then.
    pub(super) fn recu_le(&self) -> NaiveDate {
        self.original.meta.commun.recu_le
    }

    /// An extract keeps the header of its file.
    pub(super) fn verifier(&self, en_tete: &EnTete) -> Result<(), Refus> {
        let MetaFlux { mensuel, dtref, cree_le, .. } = &self.original.meta;
        if (en_tete.type_flux == TypeFlux::Mensuel, en_tete.dtref, en_tete.cree_le) == (*mensuel, *dtref, *cree_le) {
            return Ok(());
        }
        Err(Refus::whole(format!(
            "l'en-tête de l'extrait n'est plus celui de {} (flux {} du {dtref}, créé le {cree_le}). Ne corrigez que le foyer",
            self.original.meta.commun.nom,
            if *mensuel { "mensuel" } else { "quotidien" },
        )))
    }

    pub(super) fn extrait(&self, depot: &Depot, caisse: Option<&str>, le: NaiveDate) -> Result<Extrait, Refus> {
        let meta = &self.original.meta;
        if caisse.is_none() || caisse != meta.caisse.as_deref() {
            return Err(Refus::whole(format!(
                "l'extrait n'est pas de la caisse de {} ({} attendue). Ne corrigez que le foyer",
                meta.commun.nom,
                meta.caisse.as_deref().unwrap_or("inconnue")
            )));
        }
        let voisins = depot.flux_sous(&meta.dossier()).map_err(refus)?;
        let rejets = vec![self.ecarte.rejet.clone()];
        let version = version(voisins.iter().map(|segment| &segment.meta.commun), &meta.commun.empreinte, &rejets);
        Ok(Extrait { original: meta.commun.empreinte.clone(), rejets, repris_le: le, version })
    }
}

fn original_inconnu(marque: &Marque) -> Refus {
    Refus::whole(format!(
        "extrait d'un fichier que cet entrepôt ne contient pas ({}…). Reprenez-le dans l'entrepôt où le fichier d'origine est entré",
        court(&marque.empreinte)
    ))
}

/// The rank of a new extract among those that mend the same rejects.
fn version<'a>(segments: impl Iterator<Item = &'a Commun>, original: &str, rejets: &[String]) -> u32 {
    let memes = segments
        .filter_map(|commun| commun.extrait.as_ref())
        .filter(|extrait| extrait.original == original && extrait.rejets.iter().any(|rejet| rejets.contains(rejet)));
    memes.map(|extrait| extrait.version).max().unwrap_or(0) + 1
}

pub(super) fn version_des_evenements(
    depot: &Depot,
    genre: &str,
    original: &str,
    rejets: &[String],
) -> Result<u32, Refus> {
    let voisins = depot.evenements_du_genre(genre).map_err(refus)?;
    Ok(version(voisins.iter().map(|segment| &segment.meta.commun), original, rejets))
}

/// The reception day of the lines of an extract of events: that of the file that they come from, or
/// the one that the user gives.
///
/// # Errors
/// The original is not in the warehouse.
pub fn recu_le_de_l_original(
    depot: &Depot,
    genre: Genre,
    original: &str,
    explicite: Option<NaiveDate>,
) -> Result<NaiveDate, Refus> {
    let segments = depot.evenements_du_genre(genre.nom()).map_err(refus)?;
    let connu = segments.iter().find(|segment| segment.meta.commun.empreinte == original);
    match connu {
        Some(segment) => Ok(explicite.unwrap_or(segment.meta.commun.recu_le)),
        None => Err(original_inconnu(&Marque { empreinte: original.to_owned(), rejet: String::new() })),
    }
}

/// Refuses a stock that is an extract whose mark was lost: it says that it was made at the very moment
/// of a stock that is there, and holds nothing but dossiers set aside of it. Read as a stock, it would
/// strike everybody else off.
pub(super) fn refuser_un_extrait_sans_marque<'a>(
    depot: &Depot,
    meta: &MetaFlux,
    lus: impl Iterator<Item = &'a str>,
) -> Result<(), Refus> {
    if !meta.mensuel || meta.commun.extrait.is_some() {
        return Ok(());
    }
    let voisins = depot.flux_sous(&meta.dossier()).map_err(refus)?;
    let mut jumeaux = voisins.iter().filter(|voisin| {
        let autre = &voisin.meta;
        autre.commun.extrait.is_none()
            && !autre.ecartes.is_empty()
            && (autre.dtref, autre.cree_le) == (meta.dtref, meta.cree_le)
            && meta.foyers <= autre.ecartes.len() as u64
    });
    let Some(jumeau) = jumeaux.next() else { return Ok(()) };
    let ecartes: FxHashSet<&str> = jumeau.meta.ecartes.iter().map(|ecarte| ecarte.numdemrsa.as_str()).collect();
    // A dossier without a number may have been given one.
    let sans_numero = ecartes.contains("");
    if !sans_numero && lus.into_iter().any(|numdemrsa| !ecartes.contains(numdemrsa)) {
        return Ok(());
    }
    Err(Refus::whole(format!(
        "ce stock ne contient que des foyers mis de côté dans {}, de la même caisse et créé au même moment : c'est un extrait dont la \
         marque <?{} …?> a été perdue, et lu comme un stock il radierait tout le monde. Remettez la marque que « jalon rejets montrer » donne",
        jumeau.meta.commun.nom,
        Marque::INSTRUCTION
    )))
}

// ───────────────────────────── the register ─────────────────────────────

/// What became of a reject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Etat {
    /// Nothing yet.
    Ouvert,
    /// It entered, mended.
    Repris {
        /// Day of the ingestion.
        le: NaiveDate,
    },
    /// Nothing more will be done.
    Clos {
        /// Day on which it was said.
        le: NaiveDate,
        /// Why, in the agent's words; empty once forgotten.
        motif: String,
    },
}

/// A record set aside, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejetConnu {
    /// Digest of the file.
    pub empreinte: String,
    /// The reject among those of the file.
    pub rejet: String,
    /// Base name of the file.
    pub fichier: String,
    /// The caisse of a flux, the kind of an event file.
    pub origine: String,
    /// Line of the file.
    pub ligne: String,
    /// Tag or column at fault.
    pub champ: String,
    /// The value found, as it may be shown.
    pub valeur: String,
    /// Why, for counting.
    pub motif: String,
    /// What was expected and what to do.
    pub attendu: String,
    /// Reception day of the file.
    pub depuis: NaiveDate,
    /// What became of it.
    pub etat: Etat,
    /// The extract, unless there is none or it was forgotten.
    pub extrait: Option<PathBuf>,
    /// Whether a later flux of the same caisse gives the same dossier.
    pub donne_depuis: bool,
}

impl RejetConnu {
    /// Its identifier.
    #[must_use]
    pub fn identifiant(&self) -> String {
        identifiant(&self.empreinte, &self.rejet)
    }

    /// Whether an identifier, as typed, names it: it may have more characters of the digest.
    #[must_use]
    pub fn se_nomme(&self, texte: &str) -> bool {
        texte.split_once('-').is_some_and(|(debut, rejet)| {
            debut.len() >= CHIFFRES && self.empreinte.starts_with(&debut.to_lowercase()) && rejet == self.rejet
        })
    }
}

/// What is written when a reject is closed by hand.
#[derive(Serialize, Deserialize)]
struct Cloture {
    clos_le: NaiveDate,
    motif: String,
}

/// The rejects of a warehouse, closed ones too: flux in the order of their reference days, then
/// events, and the order of the lines in each.
///
/// # Errors
/// A damaged segment, or a list that cannot be read.
pub fn rejets(depot: &Depot) -> Result<Vec<RejetConnu>, ErreurDepot> {
    let Segments { mut flux, mut evenements } = depot.segments()?;
    flux.sort_by(|a, b| ordre(&a.meta).cmp(&ordre(&b.meta)));
    evenements
        .sort_by(|a, b| (a.meta.commun.recu_le, &a.meta.commun.nom).cmp(&(b.meta.commun.recu_le, &b.meta.commun.nom)));
    let mut repris: FxHashMap<(&str, &str), NaiveDate> = FxHashMap::default();
    let communs = flux.iter().map(|s| &s.meta.commun).chain(evenements.iter().map(|s| &s.meta.commun));
    for extrait in communs.filter_map(|commun| commun.extrait.as_ref()) {
        for rejet in &extrait.rejets {
            let le = repris.entry((&extrait.original, rejet)).or_insert(extrait.repris_le);
            *le = extrait.repris_le.max(*le);
        }
    }
    let mut connus = Vec::new();
    let origines = flux
        .iter()
        .map(|s| (&s.meta.commun, s.meta.caisse.as_deref().unwrap_or("caisse inconnue")))
        .chain(evenements.iter().map(|s| (&s.meta.commun, s.meta.genre.as_str())));
    for (commun, origine) in origines.filter(|(commun, _)| commun.rejetes > 0 && commun.extrait.is_none()) {
        lire_la_liste(depot, commun, origine, &repris, &mut connus)?;
    }
    chercher_les_suites(&flux, &mut connus)?;
    Ok(connus)
}

fn ordre(meta: &MetaFlux) -> impl Ord + '_ {
    (meta.dtref, meta.mensuel, meta.cree_le, meta.commun.nom.as_str(), meta.commun.empreinte.as_str())
}

fn lire_la_liste(
    depot: &Depot,
    commun: &Commun,
    origine: &str,
    repris: &FxHashMap<(&str, &str), NaiveDate>,
    connus: &mut Vec<RejetConnu>,
) -> Result<(), ErreurDepot> {
    let chemin = depot.racine().join(format!("rejets/{}.csv", commun.empreinte));
    let illisible = |error: csv::Error| acces(&chemin)(io::Error::other(error));
    let fichier = match File::open(&chemin) {
        // Purged with what it was about.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        ouvert => ouvert.map_err(acces(&chemin))?,
    };
    let mut liste = csv::ReaderBuilder::new().delimiter(b';').flexible(true).from_reader(io::BufReader::new(fichier));
    let dossier = depot.racine().join("rejets").join(&commun.empreinte);
    let presents: BTreeSet<String> = match fs::read_dir(&dossier) {
        Ok(entrees) => entrees.filter_map(|entree| entree.ok()?.file_name().into_string().ok()).collect(),
        Err(_) => BTreeSet::new(),
    };
    for ligne in liste.records() {
        let ligne = ligne.map_err(illisible)?;
        let champ = |rang: usize| ligne.get(rang).unwrap_or_default().to_owned();
        // Older lists have no identifier: a line was then one reject.
        let rejet = champ(6).split_once('-').map_or_else(|| champ(1), |(_, rejet)| rejet.to_owned());
        let identifiant = identifiant(&commun.empreinte, &rejet);
        let noms =
            [format!("{identifiant}.xml"), format!("{identifiant}.csv"), format!("{}.csv", court(&commun.empreinte))];
        let cloture = format!("{identifiant}.json");
        let etat = match repris.get(&(commun.empreinte.as_str(), rejet.as_str())) {
            Some(&le) => Etat::Repris { le },
            None if presents.contains(&cloture) => {
                let chemin = dossier.join(&cloture);
                let octets = fs::read(&chemin).map_err(acces(&chemin))?;
                let lue: Result<Cloture, _> = serde_json::from_slice(&octets);
                let Cloture { clos_le, motif } = lue.map_err(|error| acces(&chemin)(io::Error::other(error)))?;
                Etat::Clos { le: clos_le, motif }
            }
            None => Etat::Ouvert,
        };
        connus.push(RejetConnu {
            empreinte: commun.empreinte.clone(),
            rejet,
            fichier: commun.nom.clone(),
            origine: origine.to_owned(),
            ligne: champ(1),
            champ: champ(2),
            valeur: champ(3),
            motif: champ(4),
            attendu: champ(5),
            depuis: commun.recu_le,
            etat,
            extrait: noms.iter().find(|nom| presents.contains(*nom)).map(|nom| dossier.join(nom)),
            donne_depuis: false,
        });
    }
    Ok(())
}

/// Finds the open rejects whose dossier a later flux of the same caisse gives legibly. They are shown
/// and not closed: what the file set aside said is still missing.
fn chercher_les_suites(flux: &[Segment<MetaFlux>], connus: &mut [RejetConnu]) -> Result<(), ErreurDepot> {
    for (rang, original) in flux.iter().enumerate() {
        let ecartes = &original.meta.ecartes;
        let ouvert =
            |connu: &&mut RejetConnu| connu.empreinte == original.meta.commun.empreinte && connu.etat == Etat::Ouvert;
        let mut attendus: FxHashMap<&str, Vec<&mut RejetConnu>> = FxHashMap::default();
        for connu in connus.iter_mut().filter(ouvert) {
            let dossier =
                ecartes.iter().find(|ecarte| ecarte.rejet == connu.rejet).map(|ecarte| ecarte.numdemrsa.as_str());
            if let Some(dossier) = dossier.filter(|dossier| !dossier.is_empty()) {
                attendus.entry(dossier).or_default().push(connu);
            }
        }
        let suivants = flux[rang + 1..].iter().filter(|segment| segment.meta.caisse == original.meta.caisse);
        for segment in suivants {
            if attendus.is_empty() {
                break;
            }
            pour_chaque_dossier(segment, |numdemrsa| {
                for connu in attendus.remove(numdemrsa).into_iter().flatten() {
                    connu.donne_depuis = true;
                }
            })?;
        }
    }
    Ok(())
}

/// Records that nothing more will be done about a reject.
///
/// # Errors
/// The disk refused.
pub fn clore(depot: &Depot, rejet: &RejetConnu, le: NaiveDate, motif: &str) -> io::Result<()> {
    let cloture = Cloture { clos_le: le, motif: motif.to_owned() };
    let nom = format!("{}.json", rejet.identifiant());
    let brouillon = depot.commencer(&format!("{}.{nom}", rejet.empreinte))?;
    brouillon.handle()?.write_all(&serde_json::to_vec_pretty(&cloture)?)?;
    depot.valider_sous(brouillon, &rejet.empreinte, &nom)
}

/// The extracts, open or closed, that hold one of these dossiers or one of these NIR, by their path in
/// the warehouse: they are what the file wrote, and nothing else tells whom they are about.
///
/// # Errors
/// An extract that cannot be read.
pub fn extraits_qui_nomment(
    depot: &Depot,
    dossiers: &FxHashSet<&str>,
    nirs: &FxHashSet<EmpreinteNir>,
) -> Result<Vec<String>, ErreurDepot> {
    let liste = depot.racine().join("rejets");
    let mut extraits = depot.fichiers_sous("rejets", "xml")?;
    extraits.extend(depot.fichiers_sous("rejets", "csv")?.into_iter().filter(|csv| csv.parent() != Some(&liste)));
    let nomme = |mot: &str| match mot.len() {
        1..=11 if mot.bytes().all(|b| b.is_ascii_digit()) => dossiers.contains(identite::numdemrsa(mot).as_str()),
        13 | 15 => Nir::parse(mot).is_some_and(|nir| nirs.contains(&depot.cle().empreinte(nir))),
        _ => false,
    };
    let mut trouves = Vec::new();
    for extrait in extraits {
        let octets = fs::read(&extrait).map_err(acces(&extrait))?;
        if String::from_utf8_lossy(&octets).split(|c: char| !c.is_ascii_alphanumeric()).any(nomme) {
            let place = extrait.strip_prefix(depot.racine()).unwrap_or(&extrait);
            trouves.push(place.to_string_lossy().into_owned());
        }
    }
    trouves.sort();
    Ok(trouves)
}

/// What [`oublier_les_clos`] forgot, or would forget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oubli {
    /// Rejects whose extract is no longer kept.
    pub rejets: u64,
    /// Extracts removed.
    pub extraits: u64,
}

/// Removes the extracts of the rejects closed, mended or not, before a day, and the words with which
/// they were closed: personal data that nobody needs any more. That they were closed, and why they
/// were set aside, stays. `a_blanc` only counts.
///
/// # Errors
/// A damaged segment, or the disk refused.
pub fn oublier_les_clos(depot: &Depot, avant: NaiveDate, a_blanc: bool) -> Result<Oubli, ErreurDepot> {
    let connus = rejets(depot)?;
    let clos = |connu: &RejetConnu| match connu.etat {
        Etat::Ouvert => false,
        Etat::Repris { le } | Etat::Clos { le, .. } => le < avant,
    };
    // The lines of an event file share an extract: it goes with the last of them.
    let gardes: FxHashSet<&Path> =
        connus.iter().filter(|connu| !clos(connu)).filter_map(|connu| connu.extrait.as_deref()).collect();
    let mut oubli = Oubli::default();
    let mut retires: BTreeSet<&Path> = BTreeSet::new();
    for connu in connus.iter().filter(|connu| clos(connu)) {
        if let Etat::Clos { le, motif } = &connu.etat
            && !motif.is_empty()
            && !a_blanc
        {
            clore(depot, connu, *le, "").map_err(acces(depot.racine()))?;
        }
        if let Some(extrait) = connu.extrait.as_deref().filter(|extrait| !gardes.contains(extrait)) {
            oubli.rejets += 1;
            retires.insert(extrait);
        }
    }
    oubli.extraits = retires.len() as u64;
    for extrait in retires.into_iter().filter(|_| !a_blanc) {
        disque::supprimer(extrait).map_err(acces(extrait))?;
        let dossier = disque::dossier_de(extrait);
        disque::synchroniser_dossier(dossier).map_err(acces(dossier))?;
    }
    Ok(oubli)
}
