//! Flux records: a raw foyer in, a trusted [`Foyer`] or a [`Rejet`] out, and the count of a file
//! kept on the way. Both forms of the flux, XML and CSV, go through here.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{
    BilanFlux, Caisse, Ecartee, EnTete, Foyer, Marque, Masque, MotifRejet, Personne, RecepteurFlux, Refus, Rejet, Role,
    Texte, TypeFlux, VALEUR_MAX, shown,
};
use crate::identite::{self, Nir, contient_un_nir, sans_nir};

/// The header as the file writes it; empty when missing.
#[derive(Clone, Debug, Default)]
pub struct EnTeteBrut {
    /// TYPEFLUX.
    pub typeflux: String,
    /// NATFLUX; the CSV form has none.
    pub natflux: Option<String>,
    /// DTREF.
    pub dtref: String,
    /// DTCREAFLUX.
    pub dtcreaflux: String,
    /// HEUCREAFLUX.
    pub heucreaflux: String,
}

/// A foyer as the file writes it, values trimmed; empty when missing.
#[derive(Clone, Debug, Default)]
pub struct FoyerBrut {
    /// Line where the block begins.
    pub ligne: u64,
    /// FONORG.
    pub fonorg: String,
    /// NUMORG.
    pub numorg: String,
    /// MATRICULE.
    pub matricule: String,
    /// DTDEMRSA.
    pub dtdemrsa: String,
    /// NUMDEMRSA.
    pub numdemrsa: String,
    /// ETATDOSRSA.
    pub etat: String,
    /// DDSUSDRORSA and DDSUSVERSRSA, each with its tag.
    pub suspensions: Vec<(&'static str, String)>,
    /// MOTICLORSA.
    pub motifs_cloture: Vec<String>,
    /// NUMCOM of the current address.
    pub commune: String,
    /// CODEPOS of the current address.
    pub code_postal: String,
    /// FG of the events.
    pub faits_generateurs: Vec<String>,
    /// People, whatever their role.
    pub personnes: Vec<PersonneBrute>,
}

/// A person as the file writes them, values trimmed; empty when missing.
#[derive(Clone, Debug, Default)]
pub struct PersonneBrute {
    /// Line where the person begins.
    pub ligne: u64,
    /// NIR.
    pub nir: String,
    /// NOM.
    pub nom: String,
    /// NOMNAI.
    pub nomnai: String,
    /// PRENOM.
    pub prenom: String,
    /// DTNAI.
    pub dtnai: String,
    /// TYPEDTNAI.
    pub typedtnai: String,
    /// ROLEPERS in the RSA.
    pub role: String,
    /// TOPPERSDRODEVORSA.
    pub top: String,
    /// TOPPERSENTDRODEVORSA.
    pub top_entrant: String,
}

/// What is said of a file from one of its foyers, whether the foyer is valid or not: all that is kept
/// of it beside [`valider`]'s word.
#[derive(Clone, Debug, Default)]
pub struct Bref {
    /// Line where the block begins.
    ligne: u64,
    fonorg: String,
    numorg: String,
    numdemrsa: String,
    /// Codes that no list has, with their tags.
    codes_inconnus: Vec<(&'static str, String)>,
}

impl From<FoyerBrut> for Bref {
    fn from(brut: FoyerBrut) -> Self {
        let motifs = brut.motifs_cloture.into_iter().map(|motif| ("MOTICLORSA", motif, &MOTIFS_DE_CLOTURE[..]));
        let roles = brut.personnes.into_iter().map(|personne| ("ROLEPERS", personne.role, &ROLES[..]));
        let inconnu =
            |code: &str, liste: &[&str]| !code.is_empty() && code.len() <= VALEUR_MAX && !liste.contains(&code);
        let codes_inconnus = motifs
            .chain(roles)
            .filter(|(_, code, liste)| inconnu(code, liste))
            .map(|(champ, code, _)| (champ, code))
            .collect();
        let FoyerBrut { ligne, fonorg, numorg, numdemrsa, .. } = brut;
        Self { ligne, fonorg, numorg, numdemrsa, codes_inconnus }
    }
}

/// Reads a day of the flux, `AAAA-MM-JJ` or `JJ/MM/AAAA`; a time after it is dropped.
#[must_use]
pub fn parse_date(texte: &str) -> Option<NaiveDate> {
    let (jour, reste) = texte.split_at_checked(10)?;
    let heure = reste.strip_prefix(['T', ' ']).map_or(reste.is_empty(), |time| {
        !time.is_empty()
            && time.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'Z' | b'+' | b'-' | b' '))
    });
    if !heure {
        return None;
    }
    let part = |from: usize, to: usize| {
        let digits = jour.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u32>().ok())?
    };
    let (annee, mois, jour) = match jour.as_bytes() {
        [_, _, _, _, b'-', _, _, b'-', _, _] => (part(0, 4)?, part(5, 7)?, part(8, 10)?),
        [_, _, b'/', _, _, b'/', _, _, _, _] => (part(6, 10)?, part(3, 5)?, part(0, 2)?),
        _ => return None,
    };
    NaiveDate::from_ymd_opt(i32::try_from(annee).ok()?, mois, jour)
}

/// Checks the header of a flux.
///
/// # Errors
/// A [`Refus`] of the whole file when the flux is not a beneficiaries' flux of a known type, or when
/// one of its dates cannot be read.
pub fn valider_en_tete(brut: &EnTeteBrut, ligne: u64) -> Result<EnTete, Refus> {
    match brut.natflux.as_deref() {
        None | Some("D") => {}
        Some("I") => {
            return Err(Refus::at(
                ligne,
                "NATFLUX vaut « I » : c'est un flux d'instruction, jalon lit le flux des bénéficiaires (NATFLUX D). \
                 Déposez le flux des bénéficiaires de la même date",
            ));
        }
        Some("R") => {
            return Err(Refus::at(
                ligne,
                "NATFLUX vaut « R » : c'est un flux de recueil, jalon lit le flux des bénéficiaires (NATFLUX D). \
                 Déposez le flux des bénéficiaires de la même date",
            ));
        }
        Some(autre) => {
            return Err(Refus::at(
                ligne,
                format!(
                    "NATFLUX vaut {}, attendu « D » (bénéficiaires). Vérifiez le fichier auprès de l'émetteur",
                    shown(autre, Masque::Montrer)
                ),
            ));
        }
    }
    let type_flux = match brut.typeflux.as_str() {
        "M" => TypeFlux::Mensuel,
        "I" | "R" | "J" | "Q" => TypeFlux::Quotidien,
        autre => {
            return Err(Refus::at(
                ligne,
                format!(
                    "TYPEFLUX vaut {}, attendu « M » (mensuel) ou « I », « R », « J », « Q » (quotidien). \
                     Vérifiez le fichier auprès de l'émetteur",
                    shown(autre, Masque::Montrer)
                ),
            ));
        }
    };
    let date = |champ: &str, valeur: &str| {
        parse_date(valeur).ok_or_else(|| {
            Refus::at(
                ligne,
                format!(
                    "{champ} vaut {}, attendu une date AAAA-MM-JJ : sans elle le fichier ne peut pas être situé. \
                     Demandez un nouvel envoi à l'émetteur",
                    shown(valeur, Masque::Montrer)
                ),
            )
        })
    };
    let dtref = date("DTREF", &brut.dtref)?;
    let jour = date("DTCREAFLUX", &brut.dtcreaflux)?;
    let heure = heure(&brut.heucreaflux).ok_or_else(|| {
        Refus::at(
            ligne,
            format!(
                "HEUCREAFLUX vaut {}, attendu une heure HH:MM:SS. Demandez un nouvel envoi à l'émetteur",
                shown(&brut.heucreaflux, Masque::Montrer)
            ),
        )
    })?;
    Ok(EnTete { type_flux, dtref, cree_le: NaiveDateTime::new(jour, heure) })
}

/// HEUCREAFLUX, such as `01:18:36.0000`; missing is midnight.
fn heure(texte: &str) -> Option<NaiveTime> {
    if texte.is_empty() {
        return Some(NaiveTime::MIN);
    }
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(texte, format).ok())
}

/// Checks a foyer. One doubtful value sets the whole foyer aside: half a household would be a wrong
/// one.
///
/// # Errors
/// A [`Rejet`] that names the first value at fault.
pub fn valider(brut: &FoyerBrut) -> Result<Foyer, Rejet> {
    let rejet = |ligne: u64, champ: &str, valeur: &str, masque: Masque, motif: MotifRejet, attendu: &str| Rejet {
        ligne,
        champ: champ.to_owned(),
        valeur: shown(valeur, masque),
        motif,
        attendu: attendu.to_owned(),
    };
    let manque =
        |champ: &str, attendu: &str| rejet(brut.ligne, champ, "", Masque::Montrer, MotifRejet::Manquant, attendu);
    let (motifs, faits) = (brut.motifs_cloture.join(" "), brut.faits_generateurs.join(" "));
    if let Some((ligne, champ, valeur, max)) = valeur_trop_longue(brut, &motifs, &faits) {
        let attendu = format!("attendu au plus {max} caractères, signalez ce foyer à la caisse");
        return Err(rejet(ligne, champ, valeur, Masque::Forme, MotifRejet::TropLong, &attendu));
    }
    if brut.numdemrsa.is_empty() {
        return Err(manque("NUMDEMRSA", "attendu le numéro de la demande de RSA, signalez ce foyer à la caisse"));
    }
    if contient_un_nir(&brut.numdemrsa) {
        let attendu = "attendu le numéro de la demande de RSA et non un NIR, signalez ce foyer à la caisse";
        return Err(rejet(brut.ligne, "NUMDEMRSA", &brut.numdemrsa, Masque::Forme, MotifRejet::CodeInconnu, attendu));
    }
    if brut.fonorg.is_empty() || brut.numorg.is_empty() {
        return Err(manque(
            "FONORG/NUMORG",
            "attendu l'organisme du foyer, comme CAF et 821, signalez ce foyer à la caisse",
        ));
    }
    let etat = match brut.etat.as_bytes() {
        [b @ b'0'..=b'6'] => b - b'0',
        _ => {
            let motif = if brut.etat.is_empty() { MotifRejet::Manquant } else { MotifRejet::CodeInconnu };
            let attendu = "attendu un chiffre de 0 à 6, vérifiez la version du flux auprès de la caisse";
            return Err(rejet(brut.ligne, "ETATDOSRSA", &brut.etat, Masque::Montrer, motif, attendu));
        }
    };
    let date = |ligne: u64, champ: &str, valeur: &str, masque: Masque| {
        if valeur.is_empty() {
            return Ok(None);
        }
        let attendu = "attendu une date qui existe, AAAA-MM-JJ, signalez ce foyer à la caisse";
        parse_date(valeur)
            .map(Some)
            .ok_or_else(|| rejet(ligne, champ, valeur, masque, MotifRejet::DateImpossible, attendu))
    };
    let dtdemrsa = date(brut.ligne, "DTDEMRSA", &brut.dtdemrsa, Masque::Montrer)?;
    let mut suspension: Option<NaiveDate> = None;
    for (champ, valeur) in &brut.suspensions {
        if let Some(jour) = date(brut.ligne, champ, valeur, Masque::Montrer)? {
            suspension = Some(suspension.map_or(jour, |autre| autre.min(jour)));
        }
    }
    if brut.personnes.is_empty() {
        return Err(manque("Personne", "attendu au moins une personne dans le foyer, signalez ce foyer à la caisse"));
    }
    let mut personnes = Vec::with_capacity(brut.personnes.len());
    let mut autres_roles = 0;
    for personne in &brut.personnes {
        let Some(role) = role(&personne.role) else {
            autres_roles += 1;
            continue;
        };
        if let Some(nom) =
            [&personne.nom, &personne.nomnai, &personne.prenom].into_iter().find(|nom| contient_un_nir(nom))
        {
            let attendu = "attendu un nom et non un NIR, signalez ce foyer à la caisse";
            return Err(rejet(personne.ligne, "NOM", nom, Masque::Forme, MotifRejet::SansIdentite, attendu));
        }
        let dtnai = date_naissance(personne).ok_or_else(|| {
            let attendu = "attendu une date de naissance qui existe, AAAA-MM-JJ, signalez ce foyer à la caisse";
            rejet(personne.ligne, "DTNAI", &personne.dtnai, Masque::Forme, MotifRejet::DateImpossible, attendu)
        })?;
        let nir = Nir::parse(&personne.nir);
        let usage = if personne.nomnai.is_empty() { &personne.nom } else { &personne.nomnai };
        if nir.is_none() && identite::CleNom::new(usage, &personne.prenom, &dtnai).is_none() {
            let attendu = "attendu un NIR utilisable, ou un nom, un prénom et une date de naissance, signalez ce foyer à la caisse";
            let (champ, valeur) = if usage.is_empty() {
                ("NOM", usage.as_str())
            } else if personne.prenom.is_empty() {
                ("PRENOM", personne.prenom.as_str())
            } else {
                ("DTNAI", dtnai.as_str())
            };
            return Err(rejet(personne.ligne, champ, valeur, Masque::Forme, MotifRejet::SansIdentite, attendu));
        }
        let top = |champ: &str, valeur: &str| match valeur {
            "" => Ok(None),
            "0" => Ok(Some(false)),
            "1" => Ok(Some(true)),
            mot if mot.eq_ignore_ascii_case("false") => Ok(Some(false)),
            mot if mot.eq_ignore_ascii_case("true") => Ok(Some(true)),
            autre => {
                let attendu = "attendu 0 ou 1, vérifiez la version du flux auprès de la caisse";
                Err(rejet(personne.ligne, champ, autre, Masque::Montrer, MotifRejet::CodeInconnu, attendu))
            }
        };
        personnes.push(Personne {
            ligne: personne.ligne,
            nir,
            nom: personne.nom.clone(),
            nomnai: personne.nomnai.clone(),
            prenom: personne.prenom.clone(),
            dtnai,
            role,
            top: top("TOPPERSDRODEVORSA", &personne.top)?,
            // The caisse's own flag is never an input of the rules: an odd value costs nobody.
            top_entrant: top("TOPPERSENTDRODEVORSA", &personne.top_entrant).unwrap_or(None),
        });
    }
    Ok(Foyer {
        ligne: brut.ligne,
        numdemrsa: identite::numdemrsa(&brut.numdemrsa),
        // Some caisses of the MSA give a NIR there: it is never kept in clear.
        // Its key tells a NIR from a MATRICULE that zeros make as long.
        matricule: if Nir::parse(&brut.matricule).is_some() { String::new() } else { brut.matricule.clone() },
        dtdemrsa,
        etat,
        suspension,
        motif_cloture: sans_nir(&motifs).to_owned(),
        commune: sans_nir(&brut.commune).to_owned(),
        code_postal: sans_nir(&brut.code_postal).to_owned(),
        faits_generateurs: sans_nir(&faits).to_owned(),
        personnes,
        autres_roles,
    })
}

/// Characters that a number or a code may take: they are held for each dossier of the file.
const NUMERO_MAX: usize = 30;

/// A value that is longer than any could be, among those that are kept as they are, and how long it
/// may be.
fn valeur_trop_longue<'a>(
    brut: &'a FoyerBrut,
    motifs: &'a str,
    faits: &'a str,
) -> Option<(u64, &'static str, &'a str, usize)> {
    let du_foyer = [
        ("NUMDEMRSA", brut.numdemrsa.as_str(), NUMERO_MAX),
        ("MATRICULE", &brut.matricule, NUMERO_MAX),
        ("MOTICLORSA", motifs, VALEUR_MAX),
        ("NUMCOM", &brut.commune, VALEUR_MAX),
        ("CODEPOS", &brut.code_postal, VALEUR_MAX),
        // One code for each event of a daily.
        ("FG", faits, 8 * VALEUR_MAX),
    ];
    let des_personnes = brut.personnes.iter().flat_map(|personne| {
        [("NOM", personne.nom.as_str()), ("NOMNAI", &personne.nomnai), ("PRENOM", &personne.prenom)]
            .map(|(champ, valeur)| (personne.ligne, champ, valeur, VALEUR_MAX))
    });
    let gardees = du_foyer.map(|(champ, valeur, max)| (brut.ligne, champ, valeur, max)).into_iter();
    gardees.chain(des_personnes).find(|(.., valeur, max)| valeur.len() > *max && valeur.chars().count() > *max)
}

/// The role of a person who makes records; `None` for the others (ENF, AUT, RDO and any code that
/// the list does not have: an unknown code must not make an entry).
fn role(code: &str) -> Option<Role> {
    match code {
        "DEM" => Some(Role::Demandeur),
        "CJT" => Some(Role::Conjoint),
        "BEN" => Some(Role::Beneficiaire),
        "" => Some(Role::Aucun),
        _ => None,
    }
}

/// DTNAI as `AAAA-MM-JJ`; `Some("")` when missing, `None` when impossible. A birth day (TYPEDTNAI J)
/// or month (O) that nobody knows may be written 00.
fn date_naissance(personne: &PersonneBrute) -> Option<String> {
    let texte = personne.dtnai.as_str();
    if texte.is_empty() {
        return Some(String::new());
    }
    if let Some(date) = parse_date(texte) {
        return Some(date.format("%Y-%m-%d").to_string());
    }
    let inconnu = matches!(personne.typedtnai.as_str(), "J" | "O");
    let (mois, jour) = (texte.get(5..7)?, texte.get(8..10)?);
    let known = format!(
        "{}-{}-{}",
        texte.get(0..4)?,
        if mois == "00" { "01" } else { mois },
        if jour == "00" { "01" } else { jour }
    );
    (inconnu && texte.len() == 10 && (mois != "00" || jour == "00") && parse_date(&known).is_some())
        .then(|| texte.to_owned())
}

/// The class of a record, from the strongest to the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Classe {
    /// State 2: open and payable.
    Versable,
    /// States 3 and 4.
    Suspendu,
    /// States 5 and 6, and absence from a stock.
    Clos,
    /// States 0 and 1.
    SansDroit,
}

impl Classe {
    /// The class of ETATDOSRSA.
    ///
    /// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6
    /// (« droit versable »), with the states of the official schema of the flux (VRSB0801).
    #[must_use]
    pub fn de(etat: u8) -> Self {
        match etat {
            2 => Self::Versable,
            3 | 4 => Self::Suspendu,
            5 | 6 => Self::Clos,
            _ => Self::SansDroit,
        }
    }

    /// What the outputs write.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Versable => "versable",
            Self::Suspendu => "suspendu",
            Self::Clos => "clos",
            Self::SansDroit => "sans_droit",
        }
    }

    /// Whether the person is a *bénéficiaire du RSA*: versable or suspendu.
    #[must_use]
    pub fn brsa(self) -> bool {
        matches!(self, Self::Versable | Self::Suspendu)
    }
}

/// MOTICLORSA of a dossier that goes on elsewhere: move to another caisse (MUT), merging (RGD), and
/// the mutation of the second generation (CMU).
const TRANSFERTS: [&str; 3] = ["MUT", "RGD", "CMU"];

/// Whether one of the closing reasons says that the dossier goes on elsewhere.
#[must_use]
pub fn est_un_transfert(motif_cloture: &str) -> bool {
    !motif_cloture.is_empty() && motif_cloture.split(' ').any(|motif| TRANSFERTS.contains(&motif))
}

/// The situation of a dossier over the blocks of a file that give it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Situation {
    /// NUMDEMRSA on 11 characters.
    pub numdemrsa: String,
    /// ETATDOSRSA of the strongest class.
    pub etat: u8,
    /// Earliest start of suspension.
    pub suspension: Option<NaiveDate>,
    /// Closing reasons of the last block.
    pub motif_cloture: String,
    /// Date of the claim of the last block.
    pub dtdemrsa: Option<NaiveDate>,
}

/// The situations of the dossiers of a file, to bring together those that are given more than once:
/// the strongest class, the earliest suspension, the rest from the last block. A block may have
/// nobody who makes a record: it counts all the same.
#[derive(Debug, Default)]
pub struct Situations {
    par_dossier: FxHashMap<Box<str>, (Situation, bool)>,
}

impl Situations {
    /// Adds a block.
    pub fn ajouter(&mut self, foyer: &Foyer) {
        let bloc = Situation {
            numdemrsa: foyer.numdemrsa.clone(),
            etat: foyer.etat,
            suspension: foyer.suspension,
            motif_cloture: foyer.motif_cloture.clone(),
            dtdemrsa: foyer.dtdemrsa,
        };
        match self.par_dossier.get_mut(foyer.numdemrsa.as_str()) {
            None => {
                self.par_dossier.insert(foyer.numdemrsa.as_str().into(), (bloc, false));
            }
            Some((known, double)) => {
                *double |= *known != bloc;
                let etat = if Classe::de(known.etat) <= Classe::de(bloc.etat) { known.etat } else { bloc.etat };
                let suspension = known.suspension.into_iter().chain(bloc.suspension).min();
                *known = Situation { etat, suspension, ..bloc };
            }
        }
    }

    /// The numbers of the dossiers.
    pub fn dossiers(&self) -> impl Iterator<Item = &str> {
        self.par_dossier.keys().map(|numdemrsa| &**numdemrsa)
    }

    /// The dossiers given more than once with different situations, in the order of their numbers.
    #[must_use]
    pub fn doubles(self) -> Vec<Situation> {
        let mut out: Vec<_> =
            self.par_dossier.into_values().filter(|(_, double)| *double).map(|(situation, _)| situation).collect();
        out.sort_by(|a, b| a.numdemrsa.cmp(&b.numdemrsa));
        out
    }
}

/// Settings of the rejection of flux.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// Share of the foyers, in percent, above which the format is in doubt.
    pub part_max: u64,
    /// Number of foyers set aside from which the share is looked at.
    pub nombre_min: u64,
    /// Whether fewer foyers than announced are let in, on the record (`--accepter-ecart`).
    pub accepter_ecart: bool,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { part_max: 5, nombre_min: 10, accepter_ecart: false }
    }
}

/// Foyers of one file, and foyers set aside in one: the country has fewer than two million on RSA.
/// Something is held for each until the end.
const FOYERS_MAX: u64 = 5_000_000;
const REJETES_MAX: u64 = 100_000;

/// A flux being read: validates each foyer, hands it to the receiver, keeps the count.
pub struct Lecture<'a> {
    recepteur: &'a mut dyn RecepteurFlux,
    tolerance: Tolerance,
    type_flux: Option<TypeFlux>,
    bilan: BilanFlux,
    /// Tags and codes that no list has, said once each.
    codes_inconnus: Vec<(&'static str, String)>,
    /// Foyers set aside whose dossier cannot be told.
    sans_dossier: u64,
    /// Whether the file is an extract of rejects, and the first of them that still is one.
    extrait: bool,
    encore: Option<Rejet>,
}

impl<'a> Lecture<'a> {
    /// Starts a file.
    pub fn new(recepteur: &'a mut dyn RecepteurFlux, tolerance: Tolerance) -> Self {
        Self {
            recepteur,
            tolerance,
            type_flux: None,
            bilan: BilanFlux::default(),
            codes_inconnus: Vec::new(),
            sans_dossier: 0,
            extrait: false,
            encore: None,
        }
    }

    /// Says, before its header, that the file is an extract.
    ///
    /// # Errors
    /// What the receiver refuses.
    pub fn extrait(&mut self, marque: &Marque) -> Result<(), Refus> {
        self.extrait = true;
        self.recepteur.extrait(marque)
    }

    /// Hands the header over.
    ///
    /// # Errors
    /// What [`valider_en_tete`] or the receiver refuses.
    pub fn en_tete(&mut self, brut: &EnTeteBrut, ligne: u64) -> Result<(), Refus> {
        let en_tete = valider_en_tete(brut, ligne)?;
        self.type_flux = Some(en_tete.type_flux);
        self.recepteur.en_tete(&en_tete)
    }

    /// Hands a foyer over, or sets it aside with what the file wrote of it, as [`valider`] says of it.
    ///
    /// # Errors
    /// A second caisse in the file, or what the receiver refuses.
    pub fn foyer<'t>(
        &mut self,
        bref: &Bref,
        valide: Result<Foyer, Rejet>,
        texte: impl FnOnce() -> Option<Texte<'t>>,
    ) -> Result<(), Refus> {
        self.noter_la_caisse(bref)?;
        self.noter_les_codes_inconnus(bref);
        match valide {
            Ok(foyer) => {
                self.compter()?;
                self.recepteur.foyer(foyer)
            }
            Err(rejet) => {
                let lisible = bref.numdemrsa.len() <= NUMERO_MAX;
                self.illisible(rejet, if lisible { &bref.numdemrsa } else { "" }, texte())
            }
        }
    }

    /// Counts a foyer of the file of anomalies, of which nothing is handed over.
    ///
    /// # Errors
    /// A second caisse in the file.
    pub fn anomalie(&mut self, bref: &Bref) -> Result<(), Refus> {
        self.noter_la_caisse(bref)?;
        self.compter()
    }

    fn compter(&mut self) -> Result<(), Refus> {
        self.bilan.foyers += 1;
        if self.bilan.foyers <= FOYERS_MAX {
            return Ok(());
        }
        Err(Refus::whole(format!(
            "plus de {FOYERS_MAX} foyers : aucune caisse n'en a autant. Vérifiez la provenance du fichier auprès de l'émetteur"
        )))
    }

    /// A file comes from one caisse.
    fn noter_la_caisse(&mut self, bref: &Bref) -> Result<(), Refus> {
        if !bref.fonorg.is_empty() && !bref.numorg.is_empty() {
            match &self.bilan.caisse {
                None => self.bilan.caisse = Some(caisse(bref)?),
                Some(Caisse(nom)) => {
                    if nom.strip_prefix(bref.fonorg.as_str()) != Some(bref.numorg.as_str()) {
                        return Err(Refus::at(
                            bref.ligne,
                            format!(
                                "deux caisses dans un même fichier, « {nom} » puis {} : un flux ne vient que d'une caisse. \
                                 Demandez à l'émetteur un fichier par caisse",
                                shown(&format!("{}{}", bref.fonorg, bref.numorg), Masque::Montrer)
                            ),
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// A code that no list has is kept as it is: a new one must not cost a foyer. It is said once.
    fn noter_les_codes_inconnus(&mut self, bref: &Bref) {
        for (champ, code) in &bref.codes_inconnus {
            if self.codes_inconnus.len() < CODES_INCONNUS_MAX
                && !self.codes_inconnus.iter().any(|connu| (connu.0, &connu.1) == (*champ, code))
            {
                self.bilan.avertissements.push(format!(
                    "ligne {} : {champ} vaut {}, code inconnu de jalon, gardé tel quel. Vérifiez la version du flux auprès de la caisse",
                    bref.ligne,
                    shown(code, Masque::Montrer)
                ));
                self.codes_inconnus.push((*champ, code.clone()));
            }
        }
    }

    /// Sets aside a block, in a dossier that could be told (empty otherwise): present but unread, that
    /// dossier makes nobody absent.
    ///
    /// # Errors
    /// What the receiver refuses.
    pub fn illisible(&mut self, rejet: Rejet, numdemrsa: &str, texte: Option<Texte<'_>>) -> Result<(), Refus> {
        self.compter()?;
        self.bilan.rejetes += 1;
        if self.bilan.rejetes > REJETES_MAX {
            return Err(Refus::at(
                rejet.ligne,
                format!(
                    "plus de {REJETES_MAX} foyers illisibles : le format du fichier est en doute, rien n'en est gardé. \
                     Vérifiez la version du flux auprès de la caisse"
                ),
            ));
        }
        if self.extrait {
            self.encore.get_or_insert(rejet);
            return Ok(());
        }
        let numdemrsa = sans_nir(numdemrsa);
        let numdemrsa = if numdemrsa.is_empty() { String::new() } else { identite::numdemrsa(numdemrsa) };
        self.recepteur.rejet(rejet)?;
        self.recepteur.ecartee(Ecartee { numdemrsa: &numdemrsa, texte })?;
        if numdemrsa.is_empty() {
            self.sans_dossier += 1;
        } else {
            self.bilan.non_lus.push(numdemrsa);
        }
        Ok(())
    }

    /// Adds a word that sets nothing aside.
    pub fn avertir(&mut self, message: impl Into<String>) {
        self.bilan.avertissements.push(message.into());
    }

    /// Ends the file. `annonces` is the trailer's count, for the forms that have one.
    ///
    /// # Errors
    /// Fewer foyers than announced, an empty monthly, or too many foyers set aside.
    pub fn terminer(mut self, annonces: Option<u64>) -> Result<BilanFlux, Refus> {
        let BilanFlux { foyers, rejetes, .. } = self.bilan;
        self.bilan.annonces = annonces;
        if let Some(rejet) = self.encore.take() {
            return Err(encore_illisible(&rejet));
        }
        if self.extrait && foyers != 1 {
            return Err(Refus::whole(format!(
                "un extrait porte un seul foyer, celui qui avait été mis de côté, et celui-ci en porte {foyers}. \
                 Reprenez un extrait à la fois"
            )));
        }
        if let Some(annonces) = annonces {
            if foyers < annonces {
                let ecart = format!("{annonces} foyers annoncés (NBTOTDOSRSATRANSM), {foyers} lus");
                if !self.tolerance.accepter_ecart {
                    return Err(Refus::whole(format!(
                        "{ecart} : il manque une partie du fichier. Demandez un nouvel envoi à la caisse, ou acceptez l'écart \
                         en connaissance de cause avec --accepter-ecart"
                    )));
                }
                self.bilan.avertissements.push(format!("{ecart} : écart accepté à l'ingestion"));
            } else if foyers > annonces {
                self.bilan
                    .avertissements
                    .push(format!("{annonces} foyers annoncés (NBTOTDOSRSATRANSM), {foyers} lus : plus qu'annoncé"));
            }
        }
        if foyers == 0 && self.type_flux == Some(TypeFlux::Mensuel) {
            return Err(Refus::whole(
                "flux mensuel sans aucun foyer : un stock vide ne peut radier personne. Demandez un nouvel envoi à la caisse",
            ));
        }
        let Tolerance { part_max, nombre_min, .. } = self.tolerance;
        if rejetes > 0 && rejetes * 100 > foyers * part_max && (rejetes >= nombre_min || rejetes == foyers) {
            return Err(Refus::whole(format!(
                "{rejetes} foyers illisibles sur {foyers} (plus de {part_max} %) : le format du fichier est en doute, rien n'en est gardé. \
                 Vérifiez la version du flux auprès de la caisse"
            )));
        }
        self.avertir_des_dossiers_inconnus();
        Ok(self.bilan)
    }

    /// Ends the file of anomalies. Its trailer may count the foyers of the flux that it goes with, so
    /// nothing is asked of it.
    #[must_use]
    pub fn terminer_les_anomalies(mut self, annonces: u64, anomalies: Vec<(String, u64)>) -> BilanFlux {
        self.bilan.annonces = Some(annonces);
        self.bilan.anomalies = Some(anomalies);
        self.bilan
    }

    /// A stock that holds a foyer whose dossier cannot be told does not say who is in it: people may
    /// be held absent who are not.
    fn avertir_des_dossiers_inconnus(&mut self) {
        let n = self.sans_dossier;
        if n > 0 && self.type_flux == Some(TypeFlux::Mensuel) {
            let s = if n > 1 { "s" } else { "" };
            self.bilan.avertissements.push(format!(
                "{n} foyer{s} mis de côté sans NUMDEMRSA dans ce stock : rien ne dit de quel dossier, et les personnes qui y sont \
                 passent pour absentes, donc radiées, jusqu'à leur prochain flux. Reprenez d'abord ces rejets (« jalon rejets lister »)"
            ));
        }
    }
}

/// The refusal of an extract that still is a reject.
#[must_use]
pub fn encore_illisible(rejet: &Rejet) -> Refus {
    let Rejet { ligne, champ, valeur, attendu, .. } = rejet;
    Refus::at(
        *ligne,
        format!(
            "extrait encore illisible, rien n'en est gardé et le rejet reste ouvert : {champ} vaut {valeur} ; {attendu}"
        ),
    )
}

/// MOTICLORSA, in the two generations of the flux.
const MOTIFS_DE_CLOTURE: [&str; 10] = ["ECH", "EFF", "MUT", "PCG", "RAU", "RFD", "RGD", "RSO", "RST", "CMU"];
/// ROLEPERS, in the two generations of the flux.
const ROLES: [&str; 6] = ["DEM", "CJT", "ENF", "AUT", "RDO", "BEN"];
/// Unknown codes said of one file; beyond, it is the format that is another.
const CODES_INCONNUS_MAX: usize = 10;

/// The caisse of a foyer. It names a folder of the warehouse, so its letters are checked.
fn caisse(bref: &Bref) -> Result<Caisse, Refus> {
    let nom = format!("{}{}", bref.fonorg, bref.numorg);
    if nom.len() > 12 || !nom.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Refus::at(
            bref.ligne,
            format!(
                "FONORG et NUMORG valent {}, attendu des lettres et des chiffres, comme CAF et 821. Vérifiez le fichier auprès de l'émetteur",
                shown(&nom, Masque::Montrer)
            ),
        ));
    }
    Ok(Caisse(nom))
}
