//! The XML form of the flux, read foyer by foyer: memory is bounded by the largest foyer, whatever
//! the size of the file. Elements are read by meaning, so that the two generations of the flux
//! (VRSB, VRSD) give the same raw foyers.
//!
//! Source: the official schema of the beneficiaries' flux (VRSB0801) for the blocks and their tags.

use std::io::BufRead;

use encoding_rs::Encoding;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::source;
use super::texte::Texte;
use crate::releves::foyers::{EnTeteBrut, FoyerBrut, Lecture, PersonneBrute, Tolerance};
use crate::releves::{BilanFlux, Marque, Masque, RecepteurFlux, Refus, Texte as TexteEcarte, shown};

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

/// Reads a flux in XML.
///
/// `tete` is the beginning of the decompressed content, where the prolog stands; `utf8` says
/// whether the whole content is valid UTF-8.
///
/// # Errors
/// A [`Refus`] when the file cannot be trusted as a whole; nothing of it may then be kept.
pub fn lire(
    contenu: impl BufRead,
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
    Lecteur::default().lire(Texte::new(contenu, encodage), lecture)
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

/// The flux being read, piece of text by piece of text.
#[derive(Default)]
struct Lecteur {
    /// Blocks open, from the root, and where the name of each begins in `noms`.
    ouverts: Vec<(Bloc, usize)>,
    noms: String,
    racine_lue: bool,
    /// Bytes of the pieces of text before this one, and where the foyer being read begins.
    avant: u64,
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
    annonces: Option<String>,
    /// The start tag of the root and the header, as they are written: an extract begins with them.
    racine: String,
    en_tete_ecrit: String,
    /// The text of the header or of the foyer being read.
    ecrit: Ecrit,
    /// Whether the mark of an extract was read.
    extrait: bool,
    /// Reasons of the anomalies of the foyer being read; empty where LIBANO is missing.
    anomalies: Vec<String>,
    /// Foyers by reason, once the first foyer has told that the file is the one of anomalies.
    comptes: Option<Vec<(String, u64)>>,
    foyers: u64,
}

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

    /// The text, which ends where `morceau` does; `None` when it was too long to be kept.
    fn texte<'a>(&'a self, morceau: &'a str) -> Option<[&'a str; 2]> {
        let suite = morceau.get(self.debut?..)?;
        (!self.trop_long && self.avant.len() + suite.len() <= TEXTE_MAX).then_some([self.avant.as_str(), suite])
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

impl Lecteur {
    fn lire<R: BufRead>(mut self, mut texte: Texte<R>, mut lecture: Lecture<'_>) -> Result<BilanFlux, Refus> {
        let (mut lus, mut ligne) = (0, 1);
        loop {
            let (morceau, dernier) = texte.suivant(lus).map_err(source::refus)?;
            let mut place = Place { morceau, debut: 0, position: 0, comptes: 0, ligne };
            self.morceau(&mut place, dernier, &mut lecture)?;
            self.ecrit.reporter(&morceau[..place.position]);
            (lus, ligne) = (place.position, place.ligne());
            if dernier {
                break;
            }
            self.avant += lus as u64;
            let foyer_ouvert = matches!(self.ouverts.get(1), Some((Bloc::Foyer, _)));
            let foyer = if foyer_ouvert { self.avant - self.debut_foyer } else { 0 };
            if foyer > FOYER_MAX as u64 || texte.reste(lus) > FOYER_MAX {
                return Err(demesure(ligne));
            }
        }
        if !self.ouverts.is_empty() {
            return Err(tronque(ligne));
        }
        if !self.racine_lue {
            return Err(Refus::whole(
                "aucun élément « Racine » : ce n'est pas un flux de la CNAF. Vérifiez le fichier",
            ));
        }
        if !self.en_tete_lu {
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
            Some(comptes) => Ok(lecture.terminer_les_anomalies(annonces, comptes)),
            None => lecture.terminer(Some(annonces)),
        }
    }

    /// Reads a piece of text, and leaves `place` after the last element that stands whole in it. The
    /// parser borrows its events from the piece instead of copying them: it knows no other piece, so
    /// which elements are open is kept here.
    fn morceau(&mut self, place: &mut Place<'_>, dernier: bool, lecture: &mut Lecture<'_>) -> Result<(), Refus> {
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
                    self.ouvrir(nom.as_ref(), place)?;
                }
                Event::End(tag) => {
                    let nom = tag.name();
                    let ouvert = self.ouverts.last().and_then(|(_, debut)| self.noms.get(*debut..));
                    if ouvert != Some(nom.as_ref()) {
                        return Err(mal_forme(place.ligne()));
                    }
                    self.fermer(place, lecture)?;
                }
                Event::Empty(tag) => {
                    let nom = tag.name();
                    self.ouvrir(nom.as_ref(), place)?;
                    self.fermer(place, lecture)?;
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
                Event::PI(_) => self.marque(place, lecture)?,
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// The mark of an extract, if the processing instruction is one. A mark that is damaged refuses
    /// the file: without it an extract would be taken for a whole stock.
    fn marque(&mut self, place: &mut Place<'_>, lecture: &mut Lecture<'_>) -> Result<(), Refus> {
        let Some(contenu) = place.ecrit().strip_prefix("<?").and_then(|texte| texte.strip_suffix("?>")) else {
            return Ok(());
        };
        let Some(contenu) = contenu.strip_prefix(Marque::INSTRUCTION) else { return Ok(()) };
        match Marque::lire(contenu) {
            Some(marque) if !self.en_tete_lu && !self.extrait => {
                self.extrait = true;
                lecture.extrait(&marque)
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

    fn ouvrir(&mut self, nom: &str, place: &mut Place<'_>) -> Result<(), Refus> {
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
            self.racine = if ecrite.len() <= RACINE_MAX { ecrite } else { "<Racine>" }.to_owned();
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
                self.debut_foyer = self.avant + place.debut as u64;
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

    fn fermer(&mut self, place: &mut Place<'_>, lecture: &mut Lecture<'_>) -> Result<(), Refus> {
        let Some((bloc, debut)) = self.ouverts.pop() else { return Ok(()) };
        self.noms.truncate(debut);
        if let Some(champ) = self.champ.take() {
            self.garder(champ);
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
                self.en_tete_ecrit = self.ecrit.texte(&place.morceau[..place.position]).unwrap_or_default().concat();
                self.ecrit.debut = None;
                // The XML form always says its nature: a missing NATFLUX is not a beneficiaries' flux.
                self.en_tete.natflux.get_or_insert_default();
                lecture.en_tete(&self.en_tete, place.ligne())?;
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
            Bloc::Foyer => self.fin_du_foyer(place, lecture)?,
            _ => {}
        }
        Ok(())
    }

    /// Hands the foyer over. The first one tells whether the file is the one of anomalies.
    fn fin_du_foyer(&mut self, place: &mut Place<'_>, lecture: &mut Lecture<'_>) -> Result<(), Refus> {
        self.foyers += 1;
        let mut anomalies = std::mem::take(&mut self.anomalies);
        let sans_libelle = anomalies.iter().any(String::is_empty);
        let commence = self.comptes.is_none() && self.foyers == 1 && !anomalies.is_empty();
        if sans_libelle || (self.comptes.is_some() || commence) == anomalies.is_empty() {
            return Err(Refus::at(
                place.ligne(),
                "bloc Anomalie inattendu : tous les foyers du fichier des anomalies en ont un, avec son LIBANO, et aucun de ceux du flux \
                 des bénéficiaires. Rien n'en est gardé. Vérifiez le fichier auprès de la caisse",
            ));
        }
        if anomalies.is_empty() {
            let Self { foyer, ecrit, racine, en_tete_ecrit, .. } = self;
            let lu = place.morceau.get(..place.position).unwrap_or_default();
            lecture.foyer(foyer, || {
                let foyer = ecrit.texte(lu)?;
                Some(TexteEcarte::Xml { racine, en_tete: en_tete_ecrit, foyer })
            })?;
        } else {
            lecture.anomalie(&self.foyer)?;
            anomalies.sort();
            anomalies.dedup();
            let comptes = self.comptes.get_or_insert_default();
            anomalies.into_iter().for_each(|libelle| compter(comptes, libelle));
        }
        self.ecrit.debut = None;
        Ok(())
    }

    fn garder(&mut self, champ: Champ) {
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
            Champ::Annonces => self.annonces.get_or_insert_default(),
            Champ::Anomalie => match self.anomalies.last_mut() {
                Some(libelle) => libelle,
                None => return,
            },
        };
        *place = valeur;
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
