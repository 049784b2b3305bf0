//! The XML form of the flux, read foyer by foyer: memory is bounded by a lot of text and by the largest
//! foyer, whatever the size of the file. Elements are read by meaning, so that the two generations of
//! the flux (VRSB, VRSD) give the same raw foyers.
//!
//! Three stages run at once, each on the lot of text that the one before has left: decoding
//! (`Texte`), reading the elements (`Analyse`), taking the foyers in their order (`Suite`). The
//! elements are most of the work: a lot is cut before foyers, and its parts are read at once too.
//! Without a free thread (`equipe`), the same is done in turn. What comes out depends neither on the
//! cuts nor on the number of threads.
//!
//! Source: the official schema of the beneficiaries' flux (VRSB0801) for the blocks and their tags.

use std::io::BufRead;

use encoding_rs::Encoding;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::texte::{Lot, Texte};
use super::{equipe, source};
use crate::releves::foyers::{Bref, EnTeteBrut, FoyerBrut, Lecture, PersonneBrute, Tolerance, valider};
use crate::releves::{BilanFlux, Foyer, Marque, Masque, RecepteurFlux, Refus, Rejet, Texte as TexteEcarte, shown};

/// Deeper than any real flux by far: the schema stops at seven.
const PROFONDEUR_MAX: usize = 64;
/// Bytes of one foyer, and of one element or text alone: what is held at once. A real foyer has some
/// hundreds of kilobytes at most.
const FOYER_MAX: usize = 16 << 20;
/// People of one foyer.
const PERSONNES_MAX: usize = 10_000;
/// Bytes of the names of the elements open.
const NOMS_MAX: usize = 16 << 10;
/// Bytes of a foyer beyond which its text is not kept: thousands of people fit in.
const TEXTE_MAX: usize = 4 << 20;
/// Bytes of the start tag of the root beyond which it is not kept.
const RACINE_MAX: usize = 4 << 10;
/// Different reasons of anomalies that are counted apart.
const ANOMALIES_MAX: usize = 100;
/// The others.
const AUTRES: &str = "autres anomalies";

/// How a text is cut to be read.
#[derive(Clone, Copy)]
struct Decoupe {
    /// Bytes of text that go together from one stage to the next.
    lot: usize,
    /// Bytes of a part of it, read by one thread.
    part: usize,
}

/// A lot is small, since it may hold nothing but the smallest of foyers; a part is still in the cache
/// of the processor when what was decoded of it is read.
const DECOUPE: Decoupe = Decoupe { lot: 256 << 10, part: 32 << 10 };

/// Reads a flux in XML.
///
/// `tete` is the beginning of the decompressed content, where the prolog stands; `utf8` says
/// whether the whole content is valid UTF-8.
///
/// # Errors
/// A [`Refus`] when the file cannot be trusted as a whole; nothing of it may then be kept.
pub fn lire(
    contenu: impl BufRead + Send,
    tete: &[u8],
    utf8: bool,
    recepteur: &mut dyn RecepteurFlux,
    tolerance: Tolerance,
) -> Result<BilanFlux, Refus> {
    let ici = equipe::Lecture::commencer();
    lire_par(DECOUPE, &|| ici.aidee(), contenu, tete, utf8, recepteur, tolerance)
}

fn lire_par(
    decoupe: Decoupe,
    aidee: &dyn Fn() -> bool,
    contenu: impl BufRead + Send,
    tete: &[u8],
    utf8: bool,
    recepteur: &mut dyn RecepteurFlux,
    tolerance: Tolerance,
) -> Result<BilanFlux, Refus> {
    let (encodage, avertissement) = encodage(tete, utf8)?;
    let mut lecture = Lecture::new(recepteur, tolerance);
    if let Some(message) = avertissement {
        lecture.avertir(message);
    }
    let mut texte = Texte::new(contenu, encodage, decoupe.lot);
    let (mut analyse, mut suite) = (Analyse::new(), Suite::new(lecture));
    let (mut lot, mut lus) = (texte.suivant(String::new()).map_err(source::refus)?, Vec::new());
    // The text of the lot before is the room for the next one.
    let mut place = String::new();
    loop {
        let (dernier, aidee) = (lot.1, aidee());
        let (suivant, (analysee, prise)) = equipe::deux(
            aidee,
            || if dernier { Ok(Lot::default()) } else { texte.suivant(std::mem::take(&mut place)) },
            || equipe::deux(aidee, || analyse.lot(&lot, decoupe.part, aidee), || suite.prendre(lus)),
        );
        // What is wrong is said in the order of the file: first what was already read, then this lot,
        // then that the next one cannot be had.
        prise?;
        let passes = match analysee {
            (sorties, Ok(passes)) => {
                lus = sorties;
                passes
            }
            (sorties, Err(refus)) => {
                suite.prendre(sorties)?;
                return Err(refus);
            }
        };
        if dernier {
            break;
        }
        let reste = &lot.0[passes..];
        let suivant = match suivant.map_err(source::refus) {
            Ok(_) if reste.len().max(texte.reste()) > FOYER_MAX => Err(demesure(analyse.ligne)),
            suivant => suivant,
        };
        match suivant {
            Ok((mut texte, dernier)) => {
                // Cut by the end of the lot: it is read with what follows.
                texte.insert_str(0, reste);
                place = std::mem::replace(&mut lot, (texte, dernier)).0;
            }
            Err(refus) => {
                suite.prendre(lus)?;
                return Err(refus);
            }
        }
    }
    suite.prendre(lus)?;
    suite.terminer(&analyse)
}

/// The encoding to decode from, obeying the BOM and the prolog.
fn encodage(tete: &[u8], utf8: bool) -> Result<(&'static Encoding, Option<String>), Refus> {
    if let Some((bom, _)) = Encoding::for_bom(tete)
        && bom != encoding_rs::UTF_8
    {
        return Err(Refus::whole(format!(
            "fichier en {}, attendu Windows-1252, ISO-8859-15 ou UTF-8. Demandez un nouvel envoi à l'émetteur",
            bom.name()
        )));
    }
    // A byte order mark is part of the content; the prolog may be what a tool left as it was.
    let bom = tete.starts_with(b"\xef\xbb\xbf");
    let label = label(tete).filter(|_| !bom).unwrap_or("utf-8");
    let Some(encodage) = Encoding::for_label(label.as_bytes()) else {
        return Err(Refus::whole(format!(
            "encodage {} inconnu dans le prologue, attendu windows-1252, ISO-8859-15 ou UTF-8. Vérifiez le fichier auprès de l'émetteur",
            shown(label, Masque::Montrer)
        )));
    };
    // No text in another encoding is valid UTF-8 by chance, accents included: a tool converted the
    // file and left its prolog as it was. The CSV form is read by the same rule.
    if utf8 {
        return Ok((encoding_rs::UTF_8, None));
    }
    if encodage != encoding_rs::UTF_8 {
        return Ok((encodage, None));
    }
    Ok((encoding_rs::WINDOWS_1252, Some("annoncé en UTF-8 mais ne l'est pas : lu en Windows-1252".to_owned())))
}

/// The encoding named by the XML declaration.
fn label(tete: &[u8]) -> Option<&str> {
    let start = memchr::memmem::find(tete, b"<?xml")?;
    let end = start + memchr::memmem::find(&tete[start..], b"?>")?;
    let declaration = std::str::from_utf8(&tete[start..end]).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    after[1..].split_once(quote).map(|(label, _)| label)
}

/// The blocks whose children are looked at. The children of any other block are passed over without
/// a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bloc {
    Racine,
    IdentificationFlux,
    Foyer,
    IdentificationRsa,
    Organisme,
    DemandeRsa,
    Personne,
    Identification,
    Prestations,
    RoleRsa,
    Calcul,
    DonneesAdministratives,
    Adresse,
    TroncCommunAdresse,
    AdresseFrance,
    PrestationRsa,
    Situation,
    Etat,
    Suspension,
    Fin,
    Evenement,
    Transmission,
    Anomalie,
    Autre,
}

/// The values that are kept.
#[derive(Clone, Copy, Debug)]
enum Champ {
    TypeFlux,
    NatFlux,
    DtRef,
    DtCreaFlux,
    HeuCreaFlux,
    FonOrg,
    NumOrg,
    Matricule,
    DtDemRsa,
    NumDemRsa,
    Nom,
    NomNai,
    Prenom,
    DtNai,
    TypeDtNai,
    Nir,
    NatPrest,
    RolePrestation,
    RoleRsa,
    Top,
    TopEntrant,
    RgAdr,
    NumCom,
    CodePos,
    Etat,
    SusDroit,
    SusVersement,
    Cloture,
    FaitGenerateur,
    Anomalie,
    Annonces,
}

/// What a start tag opens, given the block it stands in.
enum Ouvre {
    Bloc(Bloc),
    Champ(Champ),
}

fn ouvre(parent: Bloc, nom: &str) -> Ouvre {
    let bloc = match (parent, nom) {
        (Bloc::Autre, _) => Bloc::Autre,
        (Bloc::Racine, "InfosFoyerRSA") => Bloc::Foyer,
        (Bloc::Racine, "IdentificationFlux") => Bloc::IdentificationFlux,
        (Bloc::Racine, "TransmissionFlux") => Bloc::Transmission,
        (Bloc::IdentificationFlux, "TYPEFLUX") => return Ouvre::Champ(Champ::TypeFlux),
        (Bloc::IdentificationFlux, "NATFLUX") => return Ouvre::Champ(Champ::NatFlux),
        (Bloc::IdentificationFlux, "DTREF") => return Ouvre::Champ(Champ::DtRef),
        (Bloc::IdentificationFlux, "DTCREAFLUX") => return Ouvre::Champ(Champ::DtCreaFlux),
        (Bloc::IdentificationFlux, "HEUCREAFLUX") => return Ouvre::Champ(Champ::HeuCreaFlux),
        (Bloc::Foyer, "IdentificationRSA") => Bloc::IdentificationRsa,
        (Bloc::Foyer, "Personne") => Bloc::Personne,
        (Bloc::Foyer, "DonneesAdministratives") => Bloc::DonneesAdministratives,
        (Bloc::Foyer, "PrestationRSA") => Bloc::PrestationRsa,
        (Bloc::Foyer, "Evenement") => Bloc::Evenement,
        (Bloc::Foyer, "Anomalie") => Bloc::Anomalie,
        (Bloc::Anomalie, "LIBANO") => return Ouvre::Champ(Champ::Anomalie),
        (Bloc::IdentificationRsa, "Organisme") => Bloc::Organisme,
        (Bloc::IdentificationRsa, "DemandeRSA") => Bloc::DemandeRsa,
        (Bloc::Organisme, "FONORG") => return Ouvre::Champ(Champ::FonOrg),
        (Bloc::Organisme, "NUMORG") => return Ouvre::Champ(Champ::NumOrg),
        (Bloc::Organisme, "MATRICULE") => return Ouvre::Champ(Champ::Matricule),
        (Bloc::DemandeRsa, "DTDEMRSA") => return Ouvre::Champ(Champ::DtDemRsa),
        (Bloc::DemandeRsa, "NUMDEMRSA") => return Ouvre::Champ(Champ::NumDemRsa),
        (Bloc::Personne, "Identification") => Bloc::Identification,
        (Bloc::Personne, "Prestations") => Bloc::Prestations,
        (Bloc::Personne, "FonctionPersonneRSA") => Bloc::RoleRsa,
        (Bloc::Personne, "MontantCalculDroitRSAPersonne" | "CalculDroitRSAPersonne") => Bloc::Calcul,
        (Bloc::Identification, "NIR") => return Ouvre::Champ(Champ::Nir),
        (Bloc::Identification, "NOM") => return Ouvre::Champ(Champ::Nom),
        (Bloc::Identification, "NOMNAI") => return Ouvre::Champ(Champ::NomNai),
        (Bloc::Identification, "PRENOM") => return Ouvre::Champ(Champ::Prenom),
        (Bloc::Identification, "DTNAI") => return Ouvre::Champ(Champ::DtNai),
        (Bloc::Identification, "TYPEDTNAI") => return Ouvre::Champ(Champ::TypeDtNai),
        (Bloc::Prestations, "NATPREST") => return Ouvre::Champ(Champ::NatPrest),
        (Bloc::Prestations, "ROLEPERS") => return Ouvre::Champ(Champ::RolePrestation),
        (Bloc::RoleRsa, "ROLEPERS") => return Ouvre::Champ(Champ::RoleRsa),
        (Bloc::Calcul, "TOPPERSDRODEVORSA") => return Ouvre::Champ(Champ::Top),
        (Bloc::Calcul, "TOPPERSENTDRODEVORSA") => return Ouvre::Champ(Champ::TopEntrant),
        (Bloc::DonneesAdministratives, "Adresse") => Bloc::Adresse,
        (Bloc::Adresse, "TroncCommunAdresse") => Bloc::TroncCommunAdresse,
        (Bloc::Adresse, "AdresseDetailleeFrance") => Bloc::AdresseFrance,
        (Bloc::TroncCommunAdresse, "RGADR") => return Ouvre::Champ(Champ::RgAdr),
        (Bloc::AdresseFrance, "NUMCOM") => return Ouvre::Champ(Champ::NumCom),
        (Bloc::AdresseFrance, "CODEPOS") => return Ouvre::Champ(Champ::CodePos),
        (Bloc::PrestationRsa, "SituationDossierRSA") => Bloc::Situation,
        (Bloc::Situation, "EtatDossierRSA") => Bloc::Etat,
        (Bloc::Situation, "SuspensionDroit" | "SuspensionVersement" | "RessourcesTropElevees") => Bloc::Suspension,
        (Bloc::Situation, "FinDroit" | "FinDroitMoisAnterieur") => Bloc::Fin,
        (Bloc::Etat, "ETATDOSRSA") => return Ouvre::Champ(Champ::Etat),
        (Bloc::Suspension, "DDSUSDRORSA") => return Ouvre::Champ(Champ::SusDroit),
        (Bloc::Suspension, "DDSUSVERSRSA") => return Ouvre::Champ(Champ::SusVersement),
        (Bloc::Fin, "MOTICLORSA") => return Ouvre::Champ(Champ::Cloture),
        (Bloc::Evenement, "FG" | "MOTITRANSFLUX") => return Ouvre::Champ(Champ::FaitGenerateur),
        (Bloc::Evenement, "ListeMotifsEvenement") => Bloc::Evenement,
        (Bloc::Transmission, "NBTOTDOSRSATRANSM") => return Ouvre::Champ(Champ::Annonces),
        _ => Bloc::Autre,
    };
    Ouvre::Bloc(bloc)
}

/// The elements being read, piece of text by piece of text.
#[derive(Default)]
struct Analyse {
    /// Blocks open, from the root, and where the name of each begins in `noms`.
    ouverts: Vec<(Bloc, usize)>,
    noms: String,
    racine_lue: bool,
    /// Bytes of the pieces of text before this one, the line where it begins, and where the foyer
    /// being read begins.
    octets: u64,
    ligne: u64,
    debut_foyer: u64,
    /// The value being read, and its text so far.
    champ: Option<Champ>,
    texte: String,
    en_tete: EnTeteBrut,
    en_tete_lu: bool,
    foyer: FoyerBrut,
    personne: PersonneBrute,
    /// NATPREST and ROLEPERS of the `Prestations` being read.
    prestation: (String, String),
    /// RGADR, NUMCOM and CODEPOS of the address being read.
    adresse: (String, String, String),
    /// The text of the header or of the foyer being read.
    ecrit: Ecrit,
    /// Whether the mark of an extract was read.
    extrait: bool,
    /// Reasons of the anomalies of the foyer being read; empty where LIBANO is missing.
    anomalies: Vec<String>,
}

/// What the elements give, in the order of the file.
enum Sortie {
    /// The start tag of the root, as it is written.
    Racine(String),
    Extrait(Marque),
    /// The header, as it is written too, and the line where it ends.
    EnTete(Box<EnTeteBrut>, String, u64),
    Foyer(Box<FoyerLu>),
    /// NBTOTDOSRSATRANSM.
    Annonces(String),
}

/// A foyer whose end was read.
struct FoyerLu {
    bref: Bref,
    valide: Result<Foyer, Rejet>,
    /// What the file wrote of it, when it is not valid and not too long.
    ecrit: Option<String>,
    anomalies: Vec<String>,
    /// The line where it ends.
    fin: u64,
}

/// What a lot gave, part by part, and how much of it was read.
type Analysee = (Vec<Vec<Sortie>>, Result<usize, Refus>);

/// The text of a block as the file writes it, whatever the pieces that hold it. It is copied at the
/// end of a piece only.
#[derive(Default)]
struct Ecrit {
    /// What the pieces before held of it.
    avant: String,
    /// Where it begins, or goes on, in the present piece.
    debut: Option<usize>,
    trop_long: bool,
}

impl Ecrit {
    fn commencer(&mut self, position: usize) {
        self.avant.clear();
        (self.debut, self.trop_long) = (Some(position), false);
    }

    /// The piece ends here: what comes next begins with the next one.
    fn reporter(&mut self, morceau: &str) {
        let Some(debut) = self.debut else { return };
        let suite = morceau.get(debut..).unwrap_or_default();
        self.trop_long |= self.avant.len() + suite.len() > TEXTE_MAX;
        if self.trop_long {
            self.avant.clear();
        } else {
            self.avant.push_str(suite);
        }
        self.debut = Some(0);
    }

    /// The text, which ends where the reading stands; `None` when it was too long to be kept.
    fn finir(&mut self, place: &Place<'_>) -> Option<String> {
        let suite = place.morceau.get(self.debut.take()?..place.position)?;
        (!self.trop_long && self.avant.len() + suite.len() <= TEXTE_MAX).then(|| [&self.avant, suite].concat())
    }
}

/// Where the reading stands in a piece of text. Lines are counted when one is asked for.
struct Place<'a> {
    morceau: &'a str,
    /// Where the present event begins and ends.
    debut: usize,
    position: usize,
    /// Up to where lines were counted, and the line there.
    comptes: usize,
    ligne: u64,
}

impl<'a> Place<'a> {
    /// The present event, as it is written.
    fn ecrit(&self) -> &'a str {
        self.morceau.get(self.debut..self.position).unwrap_or_default()
    }

    /// The line reached.
    fn ligne(&mut self) -> u64 {
        let passes = &self.morceau.as_bytes()[self.comptes..self.position];
        self.ligne += memchr::memchr_iter(b'\n', passes).count() as u64;
        self.comptes = self.position;
        self.ligne
    }
}

/// The parts of a lot: each begins with a foyer, the first apart.
fn couper(lot: &str, part: usize) -> Vec<&str> {
    let (mut parts, mut reste) = (Vec::new(), lot);
    while let Some(suite) = reste.as_bytes().get(part..)
        && let Some(place) = memchr::memmem::find(suite, b"<InfosFoyerRSA")
    {
        let (tete, suite) = reste.split_at(part + place);
        parts.push(tete);
        reste = suite;
    }
    parts.push(reste);
    parts
}

impl Analyse {
    /// At the beginning of a text.
    fn new() -> Self {
        Self { ligne: 1, ..Self::default() }
    }

    /// Where a foyer may begin: after so many bytes, at that line.
    fn entre_deux_foyers(octets: u64, ligne: u64) -> Self {
        Self {
            ouverts: vec![(Bloc::Racine, 0)],
            noms: "Racine".to_owned(),
            racine_lue: true,
            en_tete_lu: true,
            octets,
            ligne,
            ..Self::default()
        }
    }

    /// Whether the reading stands as [`Self::entre_deux_foyers`] says. What the other fields hold then
    /// is of no further use.
    fn est_entre_deux_foyers(&self) -> bool {
        self.en_tete_lu && self.ouverts == [(Bloc::Racine, 0)]
    }

    /// Reads a lot, its parts at once: each but the first as if it began between two foyers. It did
    /// when the part before it, read to its end, leaves the reading there. Otherwise (a comment that
    /// holds a foyer, an element cut by the part) what was read of it is dropped, and the rest of the
    /// lot is read again in one go.
    fn lot(&mut self, (lot, dernier): &Lot, part: usize, aidee: bool) -> Analysee {
        let parts = couper(lot, part);
        let (derniere, mut octets, mut ligne) = (parts.len() - 1, self.octets, self.ligne);
        let mut debuts = Vec::with_capacity(parts.len());
        for (rang, part) in parts.iter().enumerate() {
            let etat = if rang == 0 { std::mem::take(self) } else { Self::entre_deux_foyers(octets, ligne) };
            debuts.push((etat, *part, *dernier && rang == derniere));
            octets += part.len() as u64;
            ligne += memchr::memchr_iter(b'\n', part.as_bytes()).count() as u64;
        }
        let lues = equipe::chacun(aidee, debuts, |(mut etat, part, dernier)| {
            let mut sorties = Vec::new();
            let lus = etat.morceau(part, dernier, &mut sorties);
            (etat, sorties, lus)
        });
        let (mut sorties, mut passes, mut attendus) = (Vec::new(), 0, 0);
        for ((etat, sorties_de_la_part, lus), part) in lues.into_iter().zip(&parts) {
            if passes != attendus || attendus > 0 && !self.est_entre_deux_foyers() {
                break;
            }
            *self = etat;
            sorties.push(sorties_de_la_part);
            match lus {
                Ok(lus) => passes += lus,
                Err(refus) => return (sorties, Err(refus)),
            }
            attendus += part.len();
        }
        if attendus < lot.len() {
            let mut suite = Vec::new();
            let lus = self.morceau(&lot[passes..], *dernier, &mut suite);
            sorties.push(suite);
            return (sorties, lus.map(|lus| passes + lus));
        }
        (sorties, Ok(passes))
    }

    /// Reads a piece of text, and says how much of it: up to the last element that stands whole in it.
    fn morceau(&mut self, morceau: &str, dernier: bool, sorties: &mut Vec<Sortie>) -> Result<usize, Refus> {
        let mut place = Place { morceau, debut: 0, position: 0, comptes: 0, ligne: self.ligne };
        self.elements(&mut place, dernier, sorties)?;
        self.ecrit.reporter(&morceau[..place.position]);
        self.ligne = place.ligne();
        self.octets += place.position as u64;
        let foyer_ouvert = matches!(self.ouverts.get(1), Some((Bloc::Foyer, _)));
        if foyer_ouvert && !dernier && self.octets - self.debut_foyer > FOYER_MAX as u64 {
            return Err(demesure(self.ligne));
        }
        Ok(place.position)
    }

    /// Reads the elements of a piece of text. The parser borrows its events from the piece instead of
    /// copying them: it knows no other piece, so which elements are open is kept here.
    fn elements(&mut self, place: &mut Place<'_>, dernier: bool, sorties: &mut Vec<Sortie>) -> Result<(), Refus> {
        // The parser drops a mark without counting it.
        let texte = place.morceau.trim_start_matches('\u{feff}');
        let marques = place.morceau.len() - texte.len();
        let mut xml = Reader::from_str(texte);
        let config = xml.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        loop {
            let event = xml.read_event();
            let lus = marques + usize::try_from(xml.buffer_position()).unwrap_or(texte.len());
            // Cut by the end of the piece: it will be read with what follows.
            if event.is_err() && !dernier && place.morceau.len().saturating_sub(lus) <= 1 {
                return Ok(());
            }
            (place.debut, place.position) = (place.position, lus);
            let event = event.map_err(|error| match error {
                quick_xml::Error::Syntax(_) => tronque(place.ligne()),
                _ => mal_forme(place.ligne()),
            })?;
            match event {
                Event::Start(tag) => {
                    let nom = tag.name();
                    self.ouvrir(nom.as_ref(), place, sorties)?;
                }
                Event::End(tag) => {
                    let nom = tag.name();
                    let ouvert = self.ouverts.last().and_then(|(_, debut)| self.noms.get(*debut..));
                    if ouvert != Some(nom.as_ref()) {
                        return Err(mal_forme(place.ligne()));
                    }
                    self.fermer(place, sorties)?;
                }
                Event::Empty(tag) => {
                    let nom = tag.name();
                    self.ouvrir(nom.as_ref(), place, sorties)?;
                    self.fermer(place, sorties)?;
                }
                Event::Text(text) if self.champ.is_some() => self.texte.push_str(&text.into_inner()),
                Event::CData(text) if self.champ.is_some() => self.texte.push_str(&text.into_inner()),
                Event::GeneralRef(reference) => {
                    let resolved = match reference.resolve_char_ref() {
                        Ok(Some(c)) => Some(c),
                        Ok(None) => match &*reference.into_inner() {
                            "amp" => Some('&'),
                            "lt" => Some('<'),
                            "gt" => Some('>'),
                            "quot" => Some('"'),
                            "apos" => Some('\''),
                            _ => None,
                        },
                        Err(_) => None,
                    };
                    let Some(c) = resolved else {
                        return Err(Refus::at(
                            place.ligne(),
                            "entité inconnue : seules &amp; &lt; &gt; &quot; &apos; et les numéros de caractères sont lus, \
                             jamais une entité externe. Demandez un nouvel envoi à l'émetteur",
                        ));
                    };
                    if self.champ.is_some() {
                        self.texte.push(c);
                    }
                }
                Event::DocType(_) => {
                    return Err(Refus::at(
                        place.ligne(),
                        "le fichier contient un DOCTYPE : un flux n'en a pas, et il pourrait faire lire d'autres fichiers. \
                         Vérifiez sa provenance auprès de l'émetteur",
                    ));
                }
                Event::PI(_) => self.marque(place, sorties)?,
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// The mark of an extract, if the processing instruction is one. A mark that is damaged refuses
    /// the file: without it an extract would be taken for a whole stock.
    fn marque(&mut self, place: &mut Place<'_>, sorties: &mut Vec<Sortie>) -> Result<(), Refus> {
        let Some(contenu) = place.ecrit().strip_prefix("<?").and_then(|texte| texte.strip_suffix("?>")) else {
            return Ok(());
        };
        let Some(contenu) = contenu.strip_prefix(Marque::INSTRUCTION) else { return Ok(()) };
        match Marque::lire(contenu) {
            Some(marque) if !self.en_tete_lu && !self.extrait => {
                self.extrait = true;
                sorties.push(Sortie::Extrait(marque));
                Ok(())
            }
            _ => Err(Refus::at(
                place.ligne(),
                format!(
                    "la marque d'extrait <?{} …?> est abîmée ou n'est pas à sa place. Remettez-la sous la première ligne, \
                     telle que « jalon rejets montrer » la donne",
                    Marque::INSTRUCTION
                ),
            )),
        }
    }

    fn ouvrir(&mut self, nom: &str, place: &mut Place<'_>, sorties: &mut Vec<Sortie>) -> Result<(), Refus> {
        let debut = self.noms.len();
        let Some(&(parent, _)) = self.ouverts.last() else {
            // The only element that may stand outside every other.
            if self.racine_lue || nom != "Racine" {
                return Err(Refus::at(
                    place.ligne(),
                    format!(
                        "élément {} trouvé, attendu un seul élément « Racine » : ce n'est pas un flux de la CNAF. \
                         Vérifiez le fichier",
                        shown(nom, Masque::Montrer)
                    ),
                ));
            }
            self.racine_lue = true;
            // Its attributes may be what the foyers' own refer to.
            let ecrite = place.ecrit();
            let ecrite = if ecrite.len() <= RACINE_MAX { ecrite } else { "<Racine>" };
            sorties.push(Sortie::Racine(ecrite.to_owned()));
            self.ouverts.push((Bloc::Racine, debut));
            self.noms.push_str(nom);
            return Ok(());
        };
        if self.ouverts.len() >= PROFONDEUR_MAX {
            return Err(Refus::at(
                place.ligne(),
                format!(
                    "plus de {PROFONDEUR_MAX} éléments imbriqués : ce n'est pas un flux de la CNAF. Vérifiez sa provenance"
                ),
            ));
        }
        if debut + nom.len() > NOMS_MAX {
            return Err(demesure(place.ligne()));
        }
        let bloc = match ouvre(parent, nom) {
            Ouvre::Champ(champ) => {
                self.champ = Some(champ);
                self.texte.clear();
                Bloc::Autre
            }
            Ouvre::Bloc(bloc) => {
                self.champ = None;
                bloc
            }
        };
        match bloc {
            Bloc::Foyer => {
                if !self.en_tete_lu {
                    return Err(Refus::at(
                        place.ligne(),
                        "un foyer vient avant le bloc IdentificationFlux : le fichier ne peut pas être situé. \
                         Demandez un nouvel envoi à la caisse",
                    ));
                }
                self.foyer = FoyerBrut { ligne: place.ligne(), ..FoyerBrut::default() };
                self.debut_foyer = self.octets + place.debut as u64;
                self.ecrit.commencer(place.debut);
            }
            Bloc::Personne if self.foyer.personnes.len() >= PERSONNES_MAX => return Err(demesure(place.ligne())),
            Bloc::IdentificationFlux => self.ecrit.commencer(place.debut),
            Bloc::Personne => self.personne = PersonneBrute { ligne: place.ligne(), ..PersonneBrute::default() },
            Bloc::Prestations => self.prestation = Default::default(),
            Bloc::Adresse => self.adresse = Default::default(),
            Bloc::Anomalie => self.anomalies.push(String::new()),
            _ => {}
        }
        self.ouverts.push((bloc, debut));
        self.noms.push_str(nom);
        Ok(())
    }

    fn fermer(&mut self, place: &mut Place<'_>, sorties: &mut Vec<Sortie>) -> Result<(), Refus> {
        let Some((bloc, debut)) = self.ouverts.pop() else { return Ok(()) };
        self.noms.truncate(debut);
        if let Some(champ) = self.champ.take() {
            self.garder(champ, sorties);
            return Ok(());
        }
        match bloc {
            Bloc::IdentificationFlux => {
                if self.en_tete_lu {
                    return Err(Refus::at(
                        place.ligne(),
                        "deux blocs IdentificationFlux dans un même fichier : un fichier porte un seul flux. \
                         Demandez à l'émetteur un fichier par flux",
                    ));
                }
                self.en_tete_lu = true;
                let ecrit = self.ecrit.finir(place).unwrap_or_default();
                // The XML form always says its nature: a missing NATFLUX is not a beneficiaries' flux.
                self.en_tete.natflux.get_or_insert_default();
                sorties.push(Sortie::EnTete(Box::new(std::mem::take(&mut self.en_tete)), ecrit, place.ligne()));
            }
            Bloc::Prestations => {
                let (nature, role) = std::mem::take(&mut self.prestation);
                if nature == "RSA" {
                    self.personne.role = role;
                }
            }
            Bloc::Personne => self.foyer.personnes.push(std::mem::take(&mut self.personne)),
            Bloc::Adresse => {
                let (rang, commune, code_postal) = std::mem::take(&mut self.adresse);
                if rang == "01" || rang == "1" {
                    (self.foyer.commune, self.foyer.code_postal) = (commune, code_postal);
                }
            }
            Bloc::Foyer => self.fin_du_foyer(place, sorties),
            _ => {}
        }
        Ok(())
    }

    fn fin_du_foyer(&mut self, place: &mut Place<'_>, sorties: &mut Vec<Sortie>) {
        let brut = std::mem::take(&mut self.foyer);
        let valide = valider(&brut);
        let ecrit = if valide.is_err() { self.ecrit.finir(place) } else { None };
        self.ecrit.debut = None;
        let anomalies = std::mem::take(&mut self.anomalies);
        let (bref, fin) = (brut.into(), place.ligne());
        sorties.push(Sortie::Foyer(Box::new(FoyerLu { bref, valide, ecrit, anomalies, fin })));
    }

    fn garder(&mut self, champ: Champ, sorties: &mut Vec<Sortie>) {
        let valeur = self.texte.trim().to_owned();
        let (foyer, personne) = (&mut self.foyer, &mut self.personne);
        let place = match champ {
            Champ::TypeFlux => &mut self.en_tete.typeflux,
            Champ::NatFlux => self.en_tete.natflux.get_or_insert_default(),
            Champ::DtRef => &mut self.en_tete.dtref,
            Champ::DtCreaFlux => &mut self.en_tete.dtcreaflux,
            Champ::HeuCreaFlux => &mut self.en_tete.heucreaflux,
            Champ::FonOrg => &mut foyer.fonorg,
            Champ::NumOrg => &mut foyer.numorg,
            Champ::Matricule => &mut foyer.matricule,
            Champ::DtDemRsa => &mut foyer.dtdemrsa,
            Champ::NumDemRsa => &mut foyer.numdemrsa,
            Champ::Nom => &mut personne.nom,
            Champ::NomNai => &mut personne.nomnai,
            Champ::Prenom => &mut personne.prenom,
            Champ::DtNai => &mut personne.dtnai,
            Champ::TypeDtNai => &mut personne.typedtnai,
            Champ::Nir => &mut personne.nir,
            Champ::NatPrest => &mut self.prestation.0,
            Champ::RolePrestation => &mut self.prestation.1,
            Champ::RoleRsa => &mut personne.role,
            Champ::Top => &mut personne.top,
            Champ::TopEntrant => &mut personne.top_entrant,
            Champ::RgAdr => &mut self.adresse.0,
            Champ::NumCom => &mut self.adresse.1,
            Champ::CodePos => &mut self.adresse.2,
            Champ::Etat => &mut foyer.etat,
            Champ::SusDroit => return push(&mut foyer.suspensions, ("DDSUSDRORSA", valeur), |v| v.1.is_empty()),
            Champ::SusVersement => return push(&mut foyer.suspensions, ("DDSUSVERSRSA", valeur), |v| v.1.is_empty()),
            Champ::Cloture => return push(&mut foyer.motifs_cloture, valeur, String::is_empty),
            Champ::FaitGenerateur => return push(&mut foyer.faits_generateurs, valeur, String::is_empty),
            Champ::Annonces => return sorties.push(Sortie::Annonces(valeur)),
            Champ::Anomalie => match self.anomalies.last_mut() {
                Some(libelle) => libelle,
                None => return,
            },
        };
        *place = valeur;
    }
}

/// What the elements give, taken in its order: the judge of the whole file.
struct Suite<'a> {
    lecture: Lecture<'a>,
    /// The start tag of the root and the header, as they are written: an extract begins with them.
    racine: String,
    en_tete: String,
    annonces: Option<String>,
    foyers: u64,
    /// Foyers by reason, once the first foyer has told that the file is the one of anomalies.
    comptes: Option<Vec<(String, u64)>>,
}

impl<'a> Suite<'a> {
    fn new(lecture: Lecture<'a>) -> Self {
        let (racine, en_tete) = Default::default();
        Self { lecture, racine, en_tete, annonces: None, foyers: 0, comptes: None }
    }

    fn prendre(&mut self, parts: Vec<Vec<Sortie>>) -> Result<(), Refus> {
        parts.into_iter().flatten().try_for_each(|sortie| match sortie {
            Sortie::Racine(ecrite) => {
                self.racine = ecrite;
                Ok(())
            }
            Sortie::Extrait(marque) => self.lecture.extrait(&marque),
            Sortie::EnTete(brut, ecrit, ligne) => {
                self.en_tete = ecrit;
                self.lecture.en_tete(&brut, ligne)
            }
            Sortie::Foyer(foyer) => self.foyer(*foyer),
            Sortie::Annonces(annonces) => {
                self.annonces = Some(annonces);
                Ok(())
            }
        })
    }

    /// Hands the foyer over. The first one tells whether the file is the one of anomalies.
    fn foyer(&mut self, FoyerLu { bref, valide, ecrit, mut anomalies, fin }: FoyerLu) -> Result<(), Refus> {
        self.foyers += 1;
        let sans_libelle = anomalies.iter().any(String::is_empty);
        let commence = self.comptes.is_none() && self.foyers == 1 && !anomalies.is_empty();
        if sans_libelle || (self.comptes.is_some() || commence) == anomalies.is_empty() {
            return Err(Refus::at(
                fin,
                "bloc Anomalie inattendu : tous les foyers du fichier des anomalies en ont un, avec son LIBANO, et aucun de ceux du flux \
                 des bénéficiaires. Rien n'en est gardé. Vérifiez le fichier auprès de la caisse",
            ));
        }
        if anomalies.is_empty() {
            let Self { racine, en_tete, .. } = self;
            return self.lecture.foyer(&bref, valide, || {
                let foyer = [ecrit.as_deref()?, ""];
                Some(TexteEcarte::Xml { racine, en_tete, foyer })
            });
        }
        self.lecture.anomalie(&bref)?;
        anomalies.sort();
        anomalies.dedup();
        let comptes = self.comptes.get_or_insert_default();
        anomalies.into_iter().for_each(|libelle| compter(comptes, libelle));
        Ok(())
    }

    /// Ends the file, of which every element was taken.
    fn terminer(self, analyse: &Analyse) -> Result<BilanFlux, Refus> {
        if !analyse.ouverts.is_empty() {
            return Err(tronque(analyse.ligne));
        }
        if !analyse.racine_lue {
            return Err(Refus::whole(
                "aucun élément « Racine » : ce n'est pas un flux de la CNAF. Vérifiez le fichier",
            ));
        }
        if !analyse.en_tete_lu {
            return Err(Refus::whole(
                "pas de bloc IdentificationFlux : le fichier ne peut pas être situé. Demandez un nouvel envoi à la caisse",
            ));
        }
        let Some(annonces) = self.annonces else {
            return Err(Refus::whole(
                "pas de nombre de foyers annoncé (TransmissionFlux/NBTOTDOSRSATRANSM) : le fichier est peut-être coupé. \
                 Demandez un nouvel envoi à la caisse",
            ));
        };
        let annonces = annonces.parse::<u64>().map_err(|_| {
            Refus::whole(format!(
                "NBTOTDOSRSATRANSM vaut {}, attendu un nombre de foyers. Demandez un nouvel envoi à la caisse",
                shown(&annonces, Masque::Montrer)
            ))
        })?;
        match self.comptes {
            Some(comptes) => Ok(self.lecture.terminer_les_anomalies(annonces, comptes)),
            None => self.lecture.terminer(Some(annonces)),
        }
    }
}

/// Adds a foyer to those of a reason. The label is the caisse's own words: its numbers, which may be
/// somebody's, are left out, and what is counted is bounded.
fn compter(comptes: &mut Vec<(String, u64)>, libelle: String) {
    let mut libelle: String = libelle.chars().take(80).map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    while libelle.contains("##") {
        libelle = libelle.replace("##", "#");
    }
    let plein = comptes.len() >= ANOMALIES_MAX;
    match comptes.iter_mut().find(|(connu, _)| *connu == libelle) {
        Some((_, n)) => *n += 1,
        None if plein => match comptes.last_mut() {
            Some((dernier, n)) if dernier == AUTRES => *n += 1,
            _ => comptes.push((AUTRES.to_owned(), 1)),
        },
        None => comptes.push((libelle, 1)),
    }
}

fn tronque(ligne: u64) -> Refus {
    Refus::at(
        ligne,
        "le fichier s'arrête avant sa fin : il est tronqué, rien n'en est gardé. Demandez un nouvel envoi à l'émetteur",
    )
}

fn demesure(ligne: u64) -> Refus {
    Refus::at(
        ligne,
        format!(
            "un élément ou un foyer sans mesure commence avant cette ligne (au plus {} Mio et {PERSONNES_MAX} personnes par foyer) : \
             ce n'est pas un flux de la CNAF. Vérifiez sa provenance auprès de l'émetteur",
            FOYER_MAX >> 20
        ),
    )
}

fn mal_forme(ligne: u64) -> Refus {
    Refus::at(
        ligne,
        "XML mal formé (balise mal fermée ou caractère interdit), rien n'en est gardé. \
         Demandez un nouvel envoi à l'émetteur",
    )
}

fn push<T>(values: &mut Vec<T>, value: T, empty: impl Fn(&T) -> bool) {
    if !empty(&value) {
        values.push(value);
    }
}

#[cfg(test)]
mod tests;
