//! A synthetic department: the flux of two caisses and the event files of a conseil départemental,
//! for people who do not exist.
//!
//! [`ecrire`] lives the department month by month (claims, income around the threshold,
//! suspensions, radiations, moves, households that form and part), then writes what the caisses
//! would have sent and what the department's own systems would have exported. It serves the sample
//! committed under `sample_flows/petit_departement/` and the benches.
//!
//! - Everything comes from [`Reglages`]: the same settings give the same bytes.
//! - The form (XML or CSV) and the level of detail change how a foyer is written, never what happens
//!   to it: the same seed tells the same story.
//! - Files are streamed; a person or a foyer costs a few dozen bytes of memory.
//! - Nobody is real: each NIR names a birth place that does not exist (department 99, commune 9xx).

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use chrono::{Datelike, NaiveDate};

/// How the flux are written.
#[allow(dead_code, reason = "each test crate that includes this file uses the form it needs")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forme {
    /// The CNAF's XML, Windows-1252.
    Xml,
    /// One line a person in a dossier, Windows-1252, semicolons.
    Csv,
}

/// What is asked of the generator.
#[derive(Clone, Debug)]
pub struct Reglages {
    /// Seed of every draw.
    pub graine: u64,
    /// Adults (demandeurs and conjoints) of the initial stock; children come on top.
    pub personnes: usize,
    /// First month, whose monthly flux are the initial stock.
    pub du: (i32, u32),
    /// Last month, included.
    pub au: (i32, u32),
    /// XML or CSV flux.
    pub forme: Forme,
    /// Foyers of several kB with resources, activities, addresses and amounts, as real ones;
    /// otherwise the fewest elements that the schema allows.
    pub realiste: bool,
    /// Daily flux too. Under 1 000 adults the CAF sends two a week instead of one a working day,
    /// and the MSA one a fortnight instead of one a week.
    pub quotidiens: bool,
}

/// What was written.
#[allow(dead_code, reason = "each test crate that includes this file reads the counts it needs")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bilan {
    /// Files.
    pub fichiers: usize,
    /// Bytes.
    pub octets: u64,
    /// Foyers in the flux.
    pub foyers: u64,
    /// People in these foyers, children included.
    pub releves: u64,
    /// Lines of the event files, headers excluded.
    pub evenements: u64,
}

/// Writes the department into `dossier` (created when missing) and says how much was written.
pub fn ecrire(reglages: &Reglages, dossier: &Path) -> std::io::Result<Bilan> {
    std::fs::create_dir_all(dossier)?;
    let mut monde = Monde::nouveau(reglages, dossier);
    monde.peupler();
    for mois in 0..monde.nb_mois {
        monde.calendriers = [monde.calendrier(mois, CAF), monde.calendrier(mois, MSA)];
        monde.changements.clear();
        monde.vivre(mois);
        for caisse in [CAF, MSA] {
            monde.ecrire_quotidiens(mois, caisse)?;
            monde.ecrire_mensuel(mois, caisse)?;
        }
        if mois + 1 == monde.nb_mois || monde.trimestre(monde.premier(mois + 1)) != monde.trimestre(monde.premier(mois))
        {
            monde.ecrire_evenements(mois)?;
        }
        monde.ecrire_pole_emploi(mois)?;
    }
    Ok(monde.bilan)
}

// ---------------------------------------------------------------------------------------------
// Draws and dates

/// splitmix64: small, quick and the same everywhere.
struct Des(u64);

impl Des {
    /// A generator of its own for one thing (a foyer in a month, a child…).
    fn de(graine: u64, quoi: u64, rang: u64) -> Self {
        let mut des = Des(graine ^ quoi.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let melange = des.suivant() ^ rang.wrapping_mul(0xD1B5_4A32_D192_ED03);
        Des(melange)
    }

    fn suivant(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A whole number under `n`.
    fn sous(&mut self, n: u32) -> u32 {
        (((self.suivant() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// A whole number from `a` to `b`, both included.
    fn entre(&mut self, a: i32, b: i32) -> i32 {
        a + self.sous((b - a + 1).max(1) as u32) as i32
    }

    /// True `pour_dix_mille` times out of 10 000.
    fn chance(&mut self, pour_dix_mille: u32) -> bool {
        self.sous(10_000) < pour_dix_mille
    }

    /// The rank of the share in which a draw falls; shares are out of their sum.
    fn part(&mut self, parts: &[u32]) -> usize {
        let mut tirage = self.sous(parts.iter().sum());
        for (rang, part) in parts.iter().enumerate() {
            if tirage < *part {
                return rang;
            }
            tirage -= part;
        }
        0
    }
}

/// A day, counted from 0001-01-01; 0 stands for "none".
type Jour = i32;

fn jour(annee: i32, mois: u32, quantieme: u32) -> Jour {
    NaiveDate::from_ymd_opt(annee, mois, quantieme).unwrap_or_default().num_days_from_ce()
}

fn date(jour: Jour) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(jour).unwrap_or_default()
}

/// Saturday or Sunday.
fn chome(jour: Jour) -> bool {
    (jour - 1).rem_euclid(7) >= 5
}

/// The first day of the RSA: nothing can be dated before it.
fn debut_du_rsa() -> Jour {
    jour(2009, 6, 1)
}

// ---------------------------------------------------------------------------------------------
// Names and code lists

#[rustfmt::skip]
const NOMS: [&str; 82] = [
    "ABADIE", "ALBRESPY", "ARNAUDET", "AUSSENAC", "BACQUIÉ", "BALMÈS", "BARTHAS", "BÉNAZET", "BERGOUNIOUX",
    "BESSÈDE", "BOISSIÈRE", "BORDERIES", "BOUSQUETTE", "BRUGIDOU", "CABANEL", "CALMETTES", "CANTALOUBE",
    "CARRIÈRE", "CASTELNAU", "CAUMONT", "CAZALBOU", "CHAMBERT", "COMBELLES", "COSTES", "COUDERC", "DALBY",
    "DARNAUD", "DELBREIL", "DELPÉRIÉ", "D'ESCORNEBŒUF", "DUFOURCQ", "DURANDET", "ESPINASSOU", "ESTRADÈRE",
    "FALGUIÈRES", "FAURÉ", "FONTANILLE", "FOURNIALS", "GALTIÉ", "GARRIGUET", "GAUBERT", "GINESTET", "GRANIER",
    "GUIRAL", "HÉBRARD", "ISSALY", "JALABERT", "JOUGLA", "LABORIE", "LACASSAGNE", "LAGARRIGUE", "LAPEYRE",
    "LARROQUE-VIGNAU", "LESTRADE", "LINARÈS", "MALBREIL", "MARTY", "MASSIP", "MAURIÈS", "MERCADIÉ", "MIQUEL",
    "MONTAGNAC", "NÈGRE", "OUSTRIC", "PÉLISSIÉ", "PÉRÈS", "PRADELLES", "QUERCY", "RAMONDOU", "RESSÉGUIER",
    "RIGAL", "ROUQUETTE", "ROUZAUD", "SABATHIÉ", "SALVETAT", "SERRES", "SOULIÉ", "TEYSSÈDRE", "TOURNIÉ",
    "VAYSSETTES", "VERDIER-LACOMBE", "VIDALENS",
];

#[rustfmt::skip]
const PRENOMS_F: [&str; 40] = [
    "ADÈLE", "AGATHE", "AÏCHA", "ALINE", "ANAÏS", "ANNE-LAURE", "AURÉLIE", "BÉNÉDICTE", "CAMILLE", "CÉLINE",
    "CHLOÉ", "CLARISSE", "CORALIE", "DELPHINE", "ÉLODIE", "EMMA", "ESTELLE", "FATOUMATA", "FLORENCE",
    "GAËLLE", "HÉLÈNE", "INÈS", "JOËLLE", "JULIE", "KARINE", "LÉA", "LUCIE", "MANON", "MARIE-FRANÇOISE",
    "MATHILDE", "MÉLANIE", "NADIA", "NOÉMIE", "OCÉANE", "PAULINE", "ROSE", "SABRINA", "SOLÈNE", "VALÉRIE",
    "ZOÉ",
];

#[rustfmt::skip]
const PRENOMS_H: [&str; 40] = [
    "ABDEL", "ADRIEN", "ALEXIS", "ANDRÉ", "ANTOINE", "BAPTISTE", "BENOÎT", "BRUNO", "CÉDRIC", "CLÉMENT",
    "DAMIEN", "DENIS", "ÉRIC", "FABIEN", "FRANÇOIS", "GAËTAN", "GÉRALD", "GUILLAUME", "HUGO", "JÉRÉMY",
    "JEAN-BAPTISTE", "JEAN-PIERRE", "JOËL", "JOSÉ", "KARIM", "LAURENT", "LÉO", "LOÏC", "LUCAS", "MATHIEU",
    "MICKAËL", "NICOLAS", "NOËL", "OLIVIER", "RAPHAËL", "RÉMI", "SÉBASTIEN", "STÉPHANE", "THÉO", "YANNICK",
];

/// Birth places that are nowhere.
const LIEUX: [&str; 6] = [
    "VILLENEUVE LES BRUMES",
    "PORT IMAGINE",
    "SAINT NULLE PART",
    "LES ESSARTS D'AILLEURS",
    "HAUTERIVE EN SONGE",
    "MONTFABLE",
];

/// NUMCOM, CODEPOS, NOMCOM and rank of the territory.
const COMMUNES: [(&str, &str, &str, usize); 10] = [
    ("82121", "82000", "MONTAUBAN", 0),
    ("82121", "82000", "MONTAUBAN", 0),
    ("82121", "82000", "MONTAUBAN", 0),
    ("82033", "82100", "CASTELSARRASIN", 1),
    ("82112", "82200", "MOISSAC", 1),
    ("82037", "82300", "CAUSSADE", 2),
    ("82186", "82400", "VALENCE", 1),
    ("82013", "82500", "BEAUMONT DE LOMAGNE", 1),
    ("82125", "82700", "MONTECH", 0),
    ("82134", "82800", "NEGREPELISSE", 2),
];

const TERRITOIRES: [&str; 3] = ["Centre", "Ouest", "Est"];
const VOIES: [(&str, &str); 6] = [
    ("RUE", "DES ALOUETTES"),
    ("AV", "DE L'ANCIEN MOULIN"),
    ("CHE", "DE LA PLAINE HAUTE"),
    ("PL", "DU LAVOIR"),
    ("RUE", "DU FOUR À CHAUX"),
    ("IMP", "DES DEUX PUITS"),
];

const ORGANISMES: [&str; 8] = ["PE", "CD", "CCAS", "CAF", "MSA", "ML", "ASSO", "AUTRE"];
/// National order of magnitude: 40 % to Pôle emploi, 32 % to the department, 28 % elsewhere.
const PARTS_ORGANISMES: [u32; 8] = [40, 32, 10, 5, 4, 4, 4, 1];
const STRUCTURES: [&str; 8] = [
    "Agence Pôle emploi",
    "Maison des solidarités",
    "CCAS",
    "CAF, travail social",
    "MSA, action sociale",
    "Mission locale",
    "\"Association Tremplin; pôle insertion\"",
    "Chantier d'insertion",
];
const MODES: [&str; 3] = ["courrier", "mail", "designation_referent"];
const PARCOURS: [&str; 3] = ["emploi", "socio_pro", "social"];
const DISPOSITIFS: [&str; 3] = ["", "GAD", "AG"];
const TYPES_RDV: [&str; 3] = ["orientation", "accompagnement", "cer"];
const STATUTS: [&str; 6] = ["fixe", "honore", "absent", "excuse", "reporte", "annule"];
const STATUTS_ACCENTUES: [&str; 6] = ["Fixé", "Honoré", "Absent", "Excusé", "Reporté", "Annulé"];
const MOTIFS_FIN: [&str; 9] = [
    "emploi_cdi",
    "emploi_cdd",
    "emploi_eti",
    "formation_qualifiante",
    "autre_sortie_positive",
    "demenagement",
    "fin_de_droit",
    "abandon",
    "autre",
];
const MOTIFS_CLOTURE: [&str; 9] = ["RSO", "RAU", "ECH", "RFD", "EFF", "PCG", "RST", "RGD", "MUT"];
const MOTIF_RGD: u8 = 7;
const MOTIF_MUT: u8 = 8;
const GENRES: [&str; 5] = ["orientations", "rendez_vous", "cer", "accompagnements", "fins_suivi"];

// ---------------------------------------------------------------------------------------------
// People, foyers, facts

const CAF: usize = 0;
const MSA: usize = 1;
const PERSONNE: u32 = u32::MAX;

/// An adult: demandeur or conjoint.
#[derive(Clone, Copy)]
struct Personne {
    /// 13 digits; 0 for none, and a first digit of 7 or 8 for a provisional one.
    nir: u64,
    /// The flux carry the NIR from this day only.
    nir_des: Jour,
    naissance: Jour,
    foyer: u32,
    /// Day of the orientation that opened the running follow-up, 0 for none.
    suivi: Jour,
    /// Organism of that orientation.
    organisme: u8,
    /// Month of the last entry, plus one.
    entree: u16,
    nom: u8,
    nom_naissance: u8,
    prenom: u8,
    femme: bool,
    /// Would be subject to droits et devoirs without income.
    soumis: bool,
    /// Income over the threshold.
    revenu: bool,
    en_dd: bool,
    /// Names are padded with blanks in the flux.
    rembourre: bool,
}

/// A dossier.
#[derive(Clone, Copy)]
struct Foyer {
    graine: u32,
    numero: u32,
    /// Dossier that this one follows, 0 for none.
    precedent: u32,
    matricule: u32,
    demande: Jour,
    /// First day of the suspension, or day of the closing.
    date_etat: Jour,
    membres: [u32; 2],
    /// Month of the last change, plus one.
    touche: u16,
    caisse: u8,
    etat: u8,
    motif: u8,
    enfants: u8,
    commune: u8,
    /// Sent by the caisse.
    present: bool,
}

/// A change that a daily flux carries.
#[derive(Clone, Copy)]
struct Changement {
    foyer: u32,
    envoi: u16,
    caisse: u8,
    fait_generateur: &'static str,
}

/// A flux to come.
#[derive(Clone, Copy)]
struct Envoi {
    dtref: Jour,
    cree: Jour,
    recu: Jour,
    /// Seconds of the day.
    heure: u32,
    genre: char,
}

/// The flux of a caisse in a month.
#[derive(Clone, Default)]
struct Calendrier {
    quotidiens: Vec<Envoi>,
    mensuel: Option<Envoi>,
}

/// A line of an event file, before it is written.
#[derive(Clone, Copy)]
struct Ligne {
    id: u32,
    saisi: Jour,
    personne: u32,
    numero: u32,
    annule: bool,
    fait: Fait,
}

#[derive(Clone, Copy)]
enum Fait {
    Orientation { le: Jour, organisme: u8, mode: u8, parcours: u8, dispositif: u8, territoire: u8 },
    RendezVous { le: Jour, fixation: Jour, genre: u8, statut: u8, organisme: u8, territoire: u8 },
    Cer { le: Jour, fin: Jour, ppae: bool, rang: u8, organisme: u8 },
    Accompagnement { proposition: Jour, debut: Jour, fin: Jour, ag: bool, conseiller: u16, motif: u8 },
    FinSuivi { le: Jour, motif: u8 },
}

impl Fait {
    /// Rank in [`GENRES`].
    fn genre(&self) -> usize {
        match self {
            Fait::Orientation { .. } => 0,
            Fait::RendezVous { .. } => 1,
            Fait::Cer { .. } => 2,
            Fait::Accompagnement { .. } => 3,
            Fait::FinSuivi { .. } => 4,
        }
    }

    /// The same fact as corrected later: never later than it first was.
    fn corrige(self, des: &mut Des) -> Self {
        let recul = des.entre(1, 6);
        let plus_tot = |le: Jour| (le - recul).max(debut_du_rsa());
        match self {
            Fait::Orientation { le, organisme, mode, parcours, dispositif, territoire } => {
                Fait::Orientation { le: plus_tot(le), organisme, mode, parcours, dispositif, territoire }
            }
            Fait::RendezVous { le, fixation, genre, organisme, territoire, .. } => {
                Fait::RendezVous { le, fixation, genre, statut: 3, organisme, territoire }
            }
            Fait::Cer { le, fin, ppae, rang, organisme } => Fait::Cer { le: plus_tot(le), fin, ppae, rang, organisme },
            Fait::Accompagnement { proposition, debut, fin, ag, motif, .. } => Fait::Accompagnement {
                proposition,
                debut,
                fin,
                ag,
                motif,
                conseiller: (des.sous(4) * 2) as u16 + u16::from(ag),
            },
            Fait::FinSuivi { le, .. } => Fait::FinSuivi { le, motif: 4 },
        }
    }
}

/// A person as a flux shows them.
struct Fiche {
    nom: &'static str,
    nom_naissance: &'static str,
    prenom: &'static str,
    naissance: Jour,
    /// Empty for none.
    nir: String,
    femme: bool,
    role: &'static str,
    top: Option<bool>,
    entre: Option<bool>,
    rembourre: bool,
    graine: u64,
}

struct Monde<'a> {
    reglages: &'a Reglages,
    dossier: &'a Path,
    nb_mois: u32,
    /// Last day of the span.
    fin: Jour,
    personnes: Vec<Personne>,
    foyers: Vec<Foyer>,
    calendriers: [Calendrier; 2],
    changements: Vec<Changement>,
    /// Event lines by quarter of entry.
    lignes: Vec<Vec<Ligne>>,
    /// Last id given, by kind.
    ids: [u32; 5],
    /// People born the same month, by sex: their order number.
    ordres: Vec<u32>,
    /// Proposal, start and end of each accompagnement global.
    globaux: Vec<[Jour; 3]>,
    dernier_numero: u32,
    dernier_fichier: u32,
    bilan: Bilan,
}

// ---------------------------------------------------------------------------------------------
// The life of the department

impl<'a> Monde<'a> {
    fn nouveau(reglages: &'a Reglages, dossier: &'a Path) -> Self {
        let rang = |(annee, mois): (i32, u32)| annee * 12 + mois as i32 - 1;
        let nb_mois = (rang(reglages.au) - rang(reglages.du) + 1).max(1) as u32;
        let mut monde = Monde {
            reglages,
            dossier,
            nb_mois,
            fin: 0,
            personnes: Vec::with_capacity(reglages.personnes * 3 / 2),
            foyers: Vec::with_capacity(reglages.personnes * 3 / 2),
            calendriers: [Calendrier::default(), Calendrier::default()],
            changements: Vec::new(),
            lignes: Vec::new(),
            ids: [0; 5],
            ordres: vec![0; 2 * 100 * 12],
            globaux: Vec::new(),
            dernier_numero: 0,
            dernier_fichier: 0,
            bilan: Bilan::default(),
        };
        monde.fin = monde.premier(nb_mois) - 1;
        monde.lignes = vec![Vec::new(); monde.trimestre(monde.fin) + 1];
        monde
    }

    fn des(&self, quoi: u64, rang: u32) -> Des {
        Des::de(self.reglages.graine, quoi, u64::from(rang))
    }

    /// First day of the month of this rank.
    fn premier(&self, mois: u32) -> Jour {
        let rang = self.reglages.du.0 * 12 + self.reglages.du.1 as i32 - 1 + mois as i32;
        jour(rang.div_euclid(12), rang.rem_euclid(12) as u32 + 1, 1)
    }

    /// Calendar quarters since that of the first month; an older day belongs to the first.
    fn trimestre(&self, le: Jour) -> usize {
        let rang = |d: NaiveDate| d.year() * 4 + d.month0() as i32 / 3;
        (rang(date(le)) - rang(date(self.premier(0)))).max(0) as usize
    }

    /// The flux that a caisse sends for a month.
    fn calendrier(&self, mois: u32, caisse: usize) -> Calendrier {
        let mut des = self.des(0x0CA1_0000 + caisse as u64, mois);
        let dernier = self.premier(mois + 1) - 1;
        let cree = dernier + des.entre(4, 6);
        let heure = 21 * 3600 + des.sous(3600);
        let mensuel = Some(Envoi { dtref: dernier, cree, recu: cree + des.entre(0, 1), heure, genre: 'M' });
        let mut quotidiens = Vec::new();
        if self.reglages.quotidiens {
            for le in self.premier(mois)..=dernier {
                let rang_semaine = (le - 1).rem_euclid(7);
                let prevu = match caisse {
                    CAF if self.reglages.personnes < 1000 => rang_semaine == 1 || rang_semaine == 4,
                    CAF => !chome(le),
                    _ if self.reglages.personnes < 1000 => rang_semaine == 3 && le / 7 % 2 == 0,
                    _ => rang_semaine == 3,
                };
                // One in a hundred never comes, one in twenty-five comes late.
                if !prevu || des.chance(100) {
                    continue;
                }
                let retard = if des.chance(400) { des.entre(5, 12) } else { des.entre(0, 1) };
                let heure = 4 * 3600 + des.sous(7200);
                quotidiens.push(Envoi { dtref: le, cree: le, recu: le + retard, heure, genre: 'I' });
            }
        }
        Calendrier { quotidiens, mensuel }
    }

    /// A new adult.
    fn naitre(&mut self, des: &mut Des, age_max: i32, le: Jour) -> u32 {
        let femme = des.chance(5_200);
        let naissance = le - des.entre(24 * 365, age_max * 365) - des.entre(0, 300);
        let nom_naissance = des.sous(NOMS.len() as u32) as u8;
        let nom = if femme && des.chance(4_000) { des.sous(NOMS.len() as u32) as u8 } else { nom_naissance };
        let quand = date(naissance);
        let case = (usize::from(femme) * 100 + quand.year().rem_euclid(100) as usize) * 12 + quand.month0() as usize;
        let ordre = u64::from(self.ordres[case]);
        self.ordres[case] += 1;
        // Birth place 99 9xx: 999, then 998 once a month of birth has used its 999 numbers.
        let base = u64::from(quand.year().rem_euclid(100) as u32) * 10_000_000_000
            + u64::from(quand.month()) * 100_000_000
            + 99_000_000
            + (999 - ordre / 999) * 1000
            + ordre % 999
            + 1;
        let sexe = if femme { 2 } else { 1 };
        let nir = match des.sous(1000) {
            0..12 => 0,
            12..20 => (6 + sexe) * 1_000_000_000_000 + base,
            _ => sexe * 1_000_000_000_000 + base,
        };
        let nir_des = if des.chance(80) { le + des.entre(35, 70) } else { 0 };
        self.personnes.push(Personne {
            nir,
            nir_des,
            naissance,
            foyer: 0,
            suivi: 0,
            organisme: 0,
            entree: 0,
            nom,
            nom_naissance,
            prenom: des.sous(40) as u8,
            femme,
            soumis: des.chance(9_400),
            revenu: des.chance(1_300),
            en_dd: false,
            rembourre: des.chance(300),
        });
        (self.personnes.len() - 1) as u32
    }

    /// A new dossier for these people.
    fn ouvrir(&mut self, des: &mut Des, caisse: usize, membres: [u32; 2], demande: Jour, etat: u8) -> usize {
        self.dernier_numero += 1;
        let rang = self.foyers.len();
        for membre in membres.into_iter().filter(|m| *m != PERSONNE) {
            self.personnes[membre as usize].foyer = rang as u32;
        }
        let enfants = if membres[1] == PERSONNE { des.part(&[76, 12, 9, 3]) } else { des.part(&[35, 25, 27, 13]) };
        self.foyers.push(Foyer {
            graine: (des.suivant() >> 32) as u32,
            numero: self.dernier_numero,
            precedent: 0,
            matricule: 100_003 + self.dernier_numero * 13 + des.sous(13),
            demande,
            date_etat: demande,
            membres,
            touche: 0,
            caisse: caisse as u8,
            etat,
            motif: des.sous(6) as u8,
            enfants: enfants as u8,
            commune: des.sous(COMMUNES.len() as u32) as u8,
            present: true,
        });
        rang
    }

    /// The initial stock, with the follow-ups it already has.
    fn peupler(&mut self) {
        let debut = self.premier(0);
        let mut des = self.des(0x0057_0CC0, 0);
        while self.personnes.len() < self.reglages.personnes {
            let anciennete = {
                let tirage = i64::from(des.sous(3500));
                (tirage * tirage / 3500) as i32 + 20
            };
            let etat = [2, 4, 3, 0][des.part(&[890, 55, 25, 30])];
            let anciennete = if etat == 0 { des.entre(5, 50) } else { anciennete };
            let demande = (debut - anciennete).max(debut_du_rsa());
            let dem = self.naitre(&mut des, 62, demande);
            let couple = des.chance(1_900);
            let cjt = if couple { self.naitre(&mut des, 62, demande) } else { PERSONNE };
            let caisse = if des.chance(8_500) { CAF } else { MSA };
            let rang = self.ouvrir(&mut des, caisse, [dem, cjt], demande, etat);
            if etat == 3 || etat == 4 {
                let depuis = if des.chance(2_500) { des.entre(150, 420) } else { des.entre(5, 150) };
                self.foyers[rang].date_etat = (debut - depuis).max(demande);
            }
            for membre in [dem, cjt].into_iter().filter(|m| *m != PERSONNE) {
                let personne = &mut self.personnes[membre as usize];
                personne.nir_des = 0;
                personne.en_dd = etat == 2 && personne.soumis && !personne.revenu;
                if personne.soumis && etat != 0 && anciennete > 60 && des.chance(8_600) {
                    let orientation = demande + des.entre(10, anciennete.min(500) - 15);
                    self.oriente(&mut des, membre, orientation.min(debut - 2), None);
                }
            }
        }
    }

    /// One month of everybody's life.
    fn vivre(&mut self, mois: u32) {
        let nb = self.foyers.len();
        for rang in 0..nb {
            if u32::from(self.foyers[rang].touche) != mois + 1 {
                let mut des = self.des(0x1000_0000 + rang as u64, mois);
                self.vivre_foyer(rang, mois, &mut des);
            }
        }
        let mut des = self.des(0x0DE3_A4DE, mois);
        let attendus = self.reglages.personnes as u32 * 190;
        let demandes = attendus / 10_000 + u32::from(des.chance(attendus % 10_000));
        for _ in 0..demandes {
            self.demander(mois, &mut des);
        }
    }

    fn au_hasard(&self, mois: u32, des: &mut Des) -> Jour {
        des.entre(self.premier(mois), self.premier(mois + 1) - 1)
    }

    /// A first claim: awaiting a decision for some, open at once for others.
    fn demander(&mut self, mois: u32, des: &mut Des) {
        let le = self.au_hasard(mois, des);
        let dem = self.naitre(des, 55, le);
        let cjt = if des.chance(1_500) { self.naitre(des, 55, le) } else { PERSONNE };
        let caisse = if des.chance(8_500) { CAF } else { MSA };
        let etat = if des.chance(4_500) { 0 } else { 2 };
        let delai = if etat == 2 { des.entre(5, 40) } else { 0 };
        let rang = self.ouvrir(des, caisse, [dem, cjt], le - delai, etat);
        self.changer(rang, mois, le, if etat == 0 { "DEMRSA" } else { "ENTDED" }, des);
    }

    /// At most one change a month for a foyer.
    fn vivre_foyer(&mut self, rang: usize, mois: u32, des: &mut Des) {
        let foyer = self.foyers[rang];
        let le = self.au_hasard(mois, des);
        match (foyer.present, foyer.etat) {
            (false, 5 | 6) => {
                if des.chance(320) && self.personnes[foyer.membres[0] as usize].foyer == rang as u32 {
                    self.revenir(rang, mois, le, des);
                }
            }
            (false, 2) if des.chance(600) => {
                self.foyers[rang].present = true;
                self.changer(rang, mois, le, "REA", des);
            }
            (false, _) => {}
            (true, 0) => match des.sous(100) {
                0..62 => self.etablir(rang, 2, le, mois, "ENTDED", des),
                62..70 => self.etablir(rang, 1, le, mois, "DEMRSA", des),
                _ => {}
            },
            (true, 1 | 5 | 6) => self.foyers[rang].present = false,
            (true, 3 | 4) => match des.sous(100) {
                0..12 => self.etablir(rang, 2, le, mois, "REA", des),
                12..17 => self.radier(rang, 5, des.part(&[6, 1, 3, 1, 1, 1, 1]) as u8, le, mois, des),
                _ => {}
            },
            _ => self.vivre_versable(rang, le, mois, des),
        }
    }

    fn vivre_versable(&mut self, rang: usize, le: Jour, mois: u32, des: &mut Des) {
        let foyer = self.foyers[rang];
        let couple = foyer.membres[1] != PERSONNE;
        match des.sous(10_000) {
            0..150 => {
                let etat = if des.chance(7_000) { 4 } else { 3 };
                self.etablir(rang, etat, le, mois, "SUS", des);
            }
            150..285 => self.radier(rang, 5, des.part(&[6, 2, 1, 2, 1, 1, 1]) as u8, le, mois, des),
            285..305 => self.radier(rang, 6, des.part(&[6, 2, 1, 2]) as u8, le, mois, des),
            305..325 => {
                // No longer sent, and nothing says why.
                self.foyers[rang].present = false;
                self.suivre_membres(rang, 0, mois, des);
            }
            325..350 => self.changer_de_caisse(rang, le, mois, des),
            350..470 if couple => self.separer(rang, le, mois, des),
            350..400 if !couple => {
                let arrivant = self.naitre(des, 50, le);
                self.personnes[arrivant as usize].foyer = rang as u32;
                self.foyers[rang].membres[1] = arrivant;
                self.changer(rang, mois, le, "ENTDED", des);
            }
            400..408 if !couple => self.reunir(rang, le, mois, des),
            _ => self.revenus(rang, le, mois, des),
        }
    }

    /// Income around the threshold, exits towards work, late orientations.
    fn revenus(&mut self, rang: usize, le: Jour, mois: u32, des: &mut Des) {
        let mut change = false;
        for membre in self.foyers[rang].membres.into_iter().filter(|m| *m != PERSONNE) {
            let personne = self.personnes[membre as usize];
            let suivi = personne.suivi > 0 && personne.suivi < le;
            if personne.revenu {
                if des.chance(900) {
                    self.personnes[membre as usize].revenu = false;
                    change = true;
                }
            } else if des.chance(170) {
                self.personnes[membre as usize].revenu = true;
                change = true;
                if suivi && des.chance(3_000) {
                    let motif = des.part(&[4, 7, 2, 2, 1]) as u8;
                    self.finir(membre, le, motif, des);
                }
            } else if suivi && des.chance(40) {
                let motif = des.part(&[1, 2, 1, 3, 2, 0, 0, 3, 2]) as u8;
                self.finir(membre, le, motif, des);
            } else if personne.en_dd && personne.suivi == 0 && des.chance(250) {
                self.oriente(des, membre, le + 3, None);
            }
        }
        if change {
            self.changer(rang, mois, le, "ENTDED", des);
        }
    }

    fn etablir(&mut self, rang: usize, etat: u8, le: Jour, mois: u32, fait: &'static str, des: &mut Des) {
        let avant = self.foyers[rang];
        if matches!(avant.etat, 3 | 4) && etat == 2 && le - avant.date_etat > 365 {
            for membre in avant.membres.into_iter().filter(|m| *m != PERSONNE) {
                self.oublier_suivi(membre, avant.date_etat + 365);
            }
        }
        self.foyers[rang].etat = etat;
        self.foyers[rang].date_etat = le;
        self.changer(rang, mois, le, fait, des);
    }

    /// Closes a dossier; 6 is a closing of an earlier month, found out now.
    fn radier(&mut self, rang: usize, etat: u8, motif: u8, le: Jour, mois: u32, des: &mut Des) {
        let anterieur = if etat == 6 { le - self.premier(mois) + 1 + des.entre(0, 40) } else { 0 };
        self.foyers[rang].motif = motif;
        for membre in self.foyers[rang].membres.into_iter().filter(|m| *m != PERSONNE) {
            let suivi = self.personnes[membre as usize].suivi;
            if suivi > 0 && suivi < le && des.chance(3_500) {
                let motif_fin = des.part(&[1, 1, 0, 0, 0, 2, 6, 1]) as u8;
                self.finir(membre, le, motif_fin, des);
            }
            self.oublier_suivi(membre, le);
        }
        self.etablir(rang, etat, le - anterieur, mois, "RAD", des);
    }

    /// After a radiation: the same dossier opened again, or a new one.
    fn revenir(&mut self, rang: usize, mois: u32, le: Jour, des: &mut Des) {
        let foyer = self.foyers[rang];
        let recent = u32::from(foyer.touche) + 4 > mois;
        let rang = if recent && des.chance(6_000) {
            self.foyers[rang].present = true;
            rang
        } else {
            let caisse = if des.chance(500) { 1 - usize::from(foyer.caisse) } else { usize::from(foyer.caisse) };
            let demande = le - des.entre(5, 30);
            let nouveau = self.ouvrir(des, caisse, foyer.membres, demande, 2);
            self.foyers[nouveau].enfants = foyer.enfants;
            self.foyers[nouveau].commune = foyer.commune;
            self.foyers[nouveau].precedent = foyer.numero;
            nouveau
        };
        for membre in foyer.membres.into_iter().filter(|m| *m != PERSONNE) {
            self.personnes[membre as usize].revenu = des.chance(800);
        }
        self.etablir(rang, 2, le, mois, "ENTDED", des);
    }

    /// From the CAF to the MSA or back: closed there (MUT), open here.
    fn changer_de_caisse(&mut self, rang: usize, le: Jour, mois: u32, des: &mut Des) {
        let ancien = self.foyers[rang];
        self.foyers[rang].motif = MOTIF_MUT;
        self.foyers[rang].etat = 5;
        self.foyers[rang].date_etat = le;
        let nouveau = self.ouvrir(des, 1 - usize::from(ancien.caisse), ancien.membres, ancien.demande, 2);
        self.foyers[nouveau].enfants = ancien.enfants;
        self.foyers[nouveau].commune = ancien.commune;
        if des.chance(5_000) {
            self.foyers[nouveau].numero = ancien.numero;
        }
        self.changer(rang, mois, le, "MUT", des);
        let fin_de_mois = self.premier(mois + 1) - 1;
        self.changer(nouveau, mois, (le + des.entre(0, 8)).min(fin_de_mois), "MUT", des);
    }

    /// The conjoint leaves with a dossier of their own.
    fn separer(&mut self, rang: usize, le: Jour, mois: u32, des: &mut Des) {
        let ancien = self.foyers[rang];
        let partant = ancien.membres[1];
        self.foyers[rang].membres[1] = PERSONNE;
        let etat = if des.chance(4_000) { 0 } else { 2 };
        let nouveau = self.ouvrir(des, usize::from(ancien.caisse), [partant, PERSONNE], le, etat);
        self.foyers[nouveau].precedent = ancien.numero;
        self.changer(rang, mois, le, "SITFAM", des);
        self.changer(nouveau, mois, le, if etat == 0 { "DEMRSA" } else { "ENTDED" }, des);
    }

    /// Someone with a dossier moves into the household: their own dossier is closed (RGD).
    fn reunir(&mut self, rang: usize, le: Jour, mois: u32, des: &mut Des) {
        let autre = des.sous(self.foyers.len() as u32) as usize;
        let venu = self.foyers[autre];
        let libre = autre != rang
            && venu.present
            && venu.etat == 2
            && venu.membres[1] == PERSONNE
            && u32::from(venu.touche) != mois + 1
            && venu.caisse == self.foyers[rang].caisse;
        if !libre {
            return;
        }
        self.foyers[autre].motif = MOTIF_RGD;
        self.foyers[autre].etat = 5;
        self.foyers[autre].date_etat = le;
        self.foyers[rang].membres[1] = venu.membres[0];
        self.personnes[venu.membres[0] as usize].foyer = rang as u32;
        self.changer(autre, mois, le, "RAD", des);
        self.changer(rang, mois, le, "SITFAM", des);
    }

    /// Records that a dossier changed, chooses the daily that carries it, and draws the consequences.
    fn changer(&mut self, rang: usize, mois: u32, le: Jour, fait_generateur: &'static str, des: &mut Des) {
        self.foyers[rang].touche = (mois + 1) as u16;
        let caisse = self.foyers[rang].caisse;
        let calendrier = &self.calendriers[usize::from(caisse)];
        let mut recu = calendrier.mensuel.map_or(le, |m| m.recu);
        // Some changes are seen in the monthly only.
        if !des.chance(800)
            && let Some(envoi) = calendrier.quotidiens.iter().position(|e| e.dtref > le)
        {
            recu = recu.min(calendrier.quotidiens[envoi].recu);
            self.changements.push(Changement { foyer: rang as u32, envoi: envoi as u16, caisse, fait_generateur });
        }
        self.suivre_membres(rang, recu, mois, des);
    }

    /// Who of a dossier enters droits et devoirs, and what the department does about it.
    fn suivre_membres(&mut self, rang: usize, recu: Jour, mois: u32, des: &mut Des) {
        let foyer = self.foyers[rang];
        for membre in foyer.membres.into_iter().filter(|m| *m != PERSONNE) {
            let personne = &mut self.personnes[membre as usize];
            if personne.foyer != rang as u32 {
                continue;
            }
            let en_dd = foyer.present && foyer.etat == 2 && personne.soumis && !personne.revenu;
            let entre = en_dd && !personne.en_dd && personne.suivi == 0;
            personne.en_dd = en_dd;
            if entre {
                personne.entree = (mois + 1) as u16;
                self.accueillir(membre, recu, des);
            }
        }
    }

    /// Forgets a follow-up opened no later than a day.
    fn oublier_suivi(&mut self, membre: u32, le: Jour) {
        let personne = &mut self.personnes[membre as usize];
        if personne.suivi <= le {
            personne.suivi = 0;
        }
    }

    // -----------------------------------------------------------------------------------------
    // What the department does

    /// An entry: orientation appointments, then, for most, an orientation.
    fn accueillir(&mut self, membre: u32, t0: Jour, des: &mut Des) {
        // About 46 % within three months, 17 % of them within the month.
        let orientation = match des.sous(100) {
            0..3 => Some(t0 - des.entre(1, 5)),
            3..19 => Some(t0 + des.entre(2, 29)),
            19..46 => Some(t0 + des.entre(30, 90)),
            46..66 => Some(t0 + des.entre(92, 260)),
            _ => None,
        };
        let convoque = des.chance(if orientation.is_some() { 8_000 } else { 6_500 });
        if let Some(orientation) = orientation {
            if convoque && orientation > t0 {
                let rdv = (orientation - des.entre(0, 4)).max(t0 + 1);
                let fixation = (rdv - des.entre(5, 20)).max(t0);
                if rdv - t0 > 30 && des.chance(4_500) {
                    let manque = rdv - des.entre(14, 28);
                    let statut = 2 + des.part(&[6, 1, 2, 1]) as u8;
                    self.convoquer(membre, 0, t0.max(manque - 15), manque, statut, 1, des);
                }
                self.convoquer(membre, 0, fixation, rdv, 1, 1, des);
            }
            self.oriente(des, membre, orientation, Some(t0));
        } else if convoque {
            let fixation = t0 + des.entre(2, 40);
            let statut = 2 + des.part(&[8, 1, 1, 1]) as u8;
            self.convoquer(membre, 0, fixation, fixation + des.entre(8, 25), statut, 1, des);
        }
    }

    /// An appointment; it is first exported as "fixe" when its outcome falls in another quarter.
    #[allow(clippy::too_many_arguments)]
    fn convoquer(
        &mut self,
        membre: u32,
        genre: u8,
        fixation: Jour,
        le: Jour,
        statut: u8,
        organisme: u8,
        des: &mut Des,
    ) {
        let territoire = self.territoire(membre);
        let fait = |statut| Fait::RendezVous { le, fixation, genre, statut, organisme, territoire };
        let saisi = fixation + des.entre(0, 2);
        let issue = le + des.entre(1, 8);
        if self.trimestre(saisi) == self.trimestre(issue) && issue <= self.fin {
            self.noter(membre, issue, fait(statut), des);
        } else {
            let id = self.noter(membre, saisi, fait(0), des);
            self.ajouter(Ligne {
                id,
                saisi: issue,
                personne: membre,
                numero: self.numero(membre),
                annule: false,
                fait: fait(statut),
            });
        }
    }

    /// An orientation and what follows it: first appointment, contract, reinforced support.
    /// `t0` is the reception of the entry, none for the history of the initial stock.
    fn oriente(&mut self, des: &mut Des, membre: u32, le: Jour, t0: Option<Jour>) {
        let organisme = des.part(&PARTS_ORGANISMES) as u8;
        let pe = organisme == 0;
        let parcours = match organisme {
            0 => 0,
            5 | 6 => 1,
            1 => des.part(&[1, 4, 5]) as u8,
            _ => 1 + des.part(&[4, 6]) as u8,
        };
        let dispositif = match des.sous(100) {
            0..15 if !pe => 1,
            0..13 if pe => 2,
            _ => 0,
        };
        let ancienne = le < self.premier(0);
        {
            let personne = &mut self.personnes[membre as usize];
            personne.suivi = le;
            personne.organisme = organisme;
        }
        let territoire = self.territoire(membre);
        let mode = des.part(&[6, 2, 2]) as u8;
        let saisi = le + des.entre(0, 9);
        self.noter(membre, saisi, Fait::Orientation { le, organisme, mode, parcours, dispositif, territoire }, des);
        if ancienne && self.premier(0) - le > 700 {
            return;
        }
        if pe {
            if des.chance(5_500) {
                let signature = le + des.entre(5, 40);
                self.noter(
                    membre,
                    signature + des.entre(0, 12),
                    Fait::Cer { le: signature, fin: 0, ppae: true, rang: 0, organisme },
                    des,
                );
            }
        } else {
            if des.chance(8_300) && !ancienne {
                let rdv = le + des.entre(5, 40);
                let fixation = le + des.entre(0, 3);
                let statut = [1, 2, 3, 4, 5][des.part(&[70, 16, 6, 5, 3])];
                let genre = if des.chance(2_500) { 2 } else { 1 };
                self.convoquer(membre, genre, fixation, rdv, statut, organisme, des);
                if statut > 2 {
                    self.convoquer(membre, genre, rdv + 2, rdv + des.entre(10, 25), 1, organisme, des);
                }
            }
            if des.chance(5_000) {
                let au_plus_tot = if des.chance(500) { le - 6 } else { le + 1 };
                let signature = (t0.unwrap_or(le) + des.entre(20, 120)).max(au_plus_tot);
                let fin = signature + [182, 365][des.part(&[6, 4])];
                let rang = u8::from(des.chance(8_000));
                self.noter(
                    membre,
                    signature + des.entre(0, 20),
                    Fait::Cer { le: signature, fin, ppae: false, rang, organisme },
                    des,
                );
                if des.chance(4_000) {
                    let suite = fin + des.entre(-10, 30);
                    let fait = Fait::Cer { le: suite, fin: suite + 182, ppae: false, rang: 2, organisme };
                    self.noter(membre, suite + des.entre(0, 20), fait, des);
                }
            }
        }
        if dispositif > 0 && des.chance(8_500) {
            self.accompagner(membre, le + des.entre(0, 15), dispositif == 2, des);
        } else if des.chance(400) {
            self.accompagner(membre, le + des.entre(10, 120), pe, des);
        }
    }

    /// A garantie d'activité or an accompagnement global: proposal, start, end.
    fn accompagner(&mut self, membre: u32, proposition: Jour, ag: bool, des: &mut Des) {
        let nb = (self.reglages.personnes / 400).clamp(8, 2_000) as u32;
        // Even ranks follow the one, odd ranks the other.
        let conseiller = (des.sous(nb / 2) * 2 + u32::from(ag)) as u16;
        let conseiller = if des.chance(400) { u16::MAX } else { conseiller };
        let debut = proposition + des.entre(4, 45);
        let fin = debut + des.entre(90, 420);
        let fait = |debut, fin, motif| Fait::Accompagnement { proposition, debut, fin, ag, conseiller, motif };
        let propose = proposition + des.entre(0, 6);
        if des.chance(1_200) {
            // Proposed, never started.
            self.noter(membre, propose, fait(0, 0, 0), des);
            return;
        }
        if ag {
            self.globaux.push([proposition, debut, fin]);
        }
        let commence = debut + des.entre(0, 10);
        let premiere = if self.trimestre(propose) == self.trimestre(commence) { commence } else { propose };
        let id = self.noter(membre, premiere, fait(if premiere == commence { debut } else { 0 }, 0, 0), des);
        let numero = self.numero(membre);
        let suite = |saisi, fait| Ligne { id, saisi, personne: membre, numero, annule: false, fait };
        if premiere != commence {
            self.ajouter(suite(commence, fait(debut, 0, 0)));
        }
        let motif = des.part(&[3, 4, 2, 2, 2, 1, 1, 2, 1]) as u8;
        self.ajouter(suite(fin + des.entre(0, 10), fait(debut, fin, motif + 1)));
    }

    /// The end of a follow-up.
    fn finir(&mut self, membre: u32, le: Jour, motif: u8, des: &mut Des) {
        self.noter(membre, le + des.entre(0, 15), Fait::FinSuivi { le, motif }, des);
        self.personnes[membre as usize].suivi = 0;
    }

    /// Exports a new event, now and then corrected or withdrawn later.
    fn noter(&mut self, membre: u32, saisi: Jour, fait: Fait, des: &mut Des) -> u32 {
        let genre = fait.genre();
        self.ids[genre] += 1;
        let id = self.ids[genre];
        let ligne = Ligne { id, saisi, personne: membre, numero: self.numero(membre), annule: false, fait };
        self.ajouter(ligne);
        let repris = saisi + des.entre(5, 70);
        match des.sous(1000) {
            0..16 => {
                let fait = fait.corrige(des);
                self.ajouter(Ligne { saisi: repris, fait, ..ligne });
            }
            16..24 => self.ajouter(Ligne { saisi: repris, annule: true, ..ligne }),
            _ => {}
        }
        id
    }

    fn ajouter(&mut self, ligne: Ligne) {
        if ligne.saisi <= self.fin {
            let trimestre = self.trimestre(ligne.saisi);
            self.lignes[trimestre].push(ligne);
        }
    }

    fn numero(&self, membre: u32) -> u32 {
        self.foyers[self.personnes[membre as usize].foyer as usize].numero
    }

    fn territoire(&self, membre: u32) -> u8 {
        let foyer = self.foyers[self.personnes[membre as usize].foyer as usize];
        COMMUNES[usize::from(foyer.commune)].3 as u8
    }
}

// ---------------------------------------------------------------------------------------------
// Writing the flux

/// A file being written: Windows-1252, a newline after each element or none.
struct Plume {
    fichier: File,
    tampon: Vec<u8>,
    ecrits: u64,
    saut: &'static [u8],
    /// Booleans as `true`/`false` instead of `1`/`0`.
    lettres: bool,
}

impl Plume {
    fn nouvelle(chemin: &Path, aere: bool, lettres: bool) -> std::io::Result<Self> {
        let saut: &[u8] = if aere { b"\n" } else { b"" };
        Ok(Plume { fichier: File::create(chemin)?, tampon: Vec::with_capacity(1 << 20), ecrits: 0, saut, lettres })
    }

    /// Hands the buffer over once it is large enough.
    fn pousser(&mut self, au_dela: usize) -> std::io::Result<()> {
        if self.tampon.len() > au_dela {
            self.fichier.write_all(&self.tampon)?;
            self.ecrits += self.tampon.len() as u64;
            self.tampon.clear();
        }
        Ok(())
    }

    fn brut(&mut self, texte: &str) {
        if texte.is_ascii() {
            self.tampon.extend_from_slice(texte.as_bytes());
        } else {
            self.tampon.extend(texte.chars().map(windows_1252));
        }
    }

    fn ouvre(&mut self, nom: &str) {
        self.tampon.push(b'<');
        self.tampon.extend_from_slice(nom.as_bytes());
        self.tampon.push(b'>');
        self.tampon.extend_from_slice(self.saut);
    }

    fn ferme(&mut self, nom: &str) {
        self.tampon.extend_from_slice(b"</");
        self.tampon.extend_from_slice(nom.as_bytes());
        self.tampon.push(b'>');
        self.tampon.extend_from_slice(self.saut);
    }

    fn debut(&mut self, nom: &str) {
        self.tampon.push(b'<');
        self.tampon.extend_from_slice(nom.as_bytes());
        self.tampon.push(b'>');
    }

    fn texte(&mut self, nom: &str, valeur: &str) {
        if valeur.is_empty() {
            self.tampon.push(b'<');
            self.tampon.extend_from_slice(nom.as_bytes());
            self.tampon.extend_from_slice(b" />");
            self.tampon.extend_from_slice(self.saut);
        } else {
            self.debut(nom);
            self.brut(valeur);
            self.ferme(nom);
        }
    }

    fn chiffres(&mut self, valeur: u64, largeur: usize) {
        let mut reste = valeur;
        let debut = self.tampon.len();
        self.tampon.resize(debut + largeur, b'0');
        for place in self.tampon[debut..].iter_mut().rev() {
            *place = b'0' + (reste % 10) as u8;
            reste /= 10;
        }
    }

    fn entier(&mut self, nom: &str, valeur: u64, largeur: usize) {
        self.debut(nom);
        self.chiffres(valeur, largeur);
        self.ferme(nom);
    }

    /// An amount in cents, padded as the caisses do.
    fn montant(&mut self, nom: &str, centimes: u64) {
        self.debut(nom);
        self.chiffres(centimes / 100, 7);
        self.tampon.push(b'.');
        self.chiffres(centimes % 100, 2);
        self.ferme(nom);
    }

    fn jour(&mut self, le: Jour) {
        let quand = date(le);
        self.chiffres(quand.year() as u64, 4);
        self.tampon.push(b'-');
        self.chiffres(u64::from(quand.month()), 2);
        self.tampon.push(b'-');
        self.chiffres(u64::from(quand.day()), 2);
    }

    fn date(&mut self, nom: &str, le: Jour) {
        self.debut(nom);
        self.jour(le);
        self.ferme(nom);
    }

    fn heure(&mut self, secondes: u32) {
        self.chiffres(u64::from(secondes / 3600), 2);
        self.tampon.push(b':');
        self.chiffres(u64::from(secondes / 60 % 60), 2);
        self.tampon.push(b':');
        self.chiffres(u64::from(secondes % 60), 2);
        self.tampon.extend_from_slice(b".0000");
    }

    fn booleen(&mut self, nom: &str, valeur: bool) {
        let texte = match (valeur, self.lettres) {
            (true, true) => "true",
            (true, false) => "1",
            (false, true) => "false",
            (false, false) => "0",
        };
        self.texte(nom, texte);
    }
}

/// The Windows-1252 byte of the characters that the lists above use.
fn windows_1252(lettre: char) -> u8 {
    match lettre {
        'Œ' => 0x8C,
        'œ' => 0x9C,
        '’' => 0x92,
        autre => u8::try_from(u32::from(autre)).unwrap_or(b'?'),
    }
}

/// The two digits of a NIR's key.
fn cle(nir: u64) -> u64 {
    97 - nir % 97
}

const FONORG: [&str; 2] = ["CAF", "MSA"];
const NUMORG: [&str; 2] = ["821", "082"];
const APPLIEME: [&str; 2] = ["CRI", "AGO"];
const VERSION: [&str; 2] = ["6200", "0450"];

/// NUMDEMRSA on 11 digits, with a leading zero.
fn numdemrsa(numero: u32) -> u64 {
    1_082_000_000 + u64::from(numero) * 7
}

const ENTETE_CSV: &str = "TYPEFLUX;DTREF;DTCREAFLUX;HEUCREAFLUX;FONORG;NUMORG;MATRICULE;NUMDEMRSA;DTDEMRSA;NIR;NOM;NOMNAI;PRENOM;\
                          DTNAI;ROLEPERS;ETATDOSRSA;TOPPERSDRODEVORSA;TOPPERSENTDRODEVORSA;MOTISUSDRORSA;DDSUSDRORSA;\
                          MOTISUSVERSRSA;DDSUSVERSRSA;MOTICLORSA;DTCLORSA;NUMCOM;CODEPOS\n";

impl Monde<'_> {
    /// The daily flux of a caisse in a month, in the order of their days.
    fn ecrire_quotidiens(&mut self, mois: u32, caisse: usize) -> std::io::Result<()> {
        let envois = std::mem::take(&mut self.calendriers[caisse].quotidiens);
        let mut parts: Vec<Vec<Changement>> = vec![Vec::new(); envois.len()];
        for changement in self.changements.iter().filter(|c| usize::from(c.caisse) == caisse) {
            parts[usize::from(changement.envoi)].push(*changement);
        }
        let premier_plein = parts.iter().position(|part| !part.is_empty());
        for (rang, envoi) in envois.iter().enumerate() {
            let part = &parts[rang];
            // Days with nothing to say are rarely sent.
            if part.is_empty() && !self.des(0x0001_DE00 + caisse as u64, envoi.dtref as u32).chance(1_000) {
                continue;
            }
            // In the middle of the span, one daily of the CAF is a catch-up.
            let remarquable = caisse == CAF && premier_plein == Some(rang);
            let rattrapage = remarquable && mois == self.nb_mois / 2;
            let envoi = &Envoi { genre: if rattrapage { 'R' } else { 'I' }, ..*envoi };
            let contenu: Vec<(usize, &str)> = part.iter().map(|c| (c.foyer as usize, c.fait_generateur)).collect();
            self.ecrire_flux(mois, caisse, *envoi, Some(&contenu))?;
            // One daily of the CAF is sent twice, three days apart.
            if remarquable && mois == 4 {
                self.dernier_fichier -= 1;
                self.ecrire_flux(mois, caisse, Envoi { recu: envoi.recu + 3, ..*envoi }, Some(&contenu))?;
            }
        }
        Ok(())
    }

    fn ecrire_mensuel(&mut self, mois: u32, caisse: usize) -> std::io::Result<()> {
        match self.calendriers[caisse].mensuel {
            Some(envoi) => self.ecrire_flux(mois, caisse, envoi, None),
            None => Ok(()),
        }
    }

    /// A whole flux: the changed dossiers of a daily, or the stock of a monthly.
    fn ecrire_flux(
        &mut self,
        mois: u32,
        caisse: usize,
        envoi: Envoi,
        changes: Option<&[(usize, &str)]>,
    ) -> std::io::Result<()> {
        self.dernier_fichier += 1;
        let csv = self.reglages.forme == Forme::Csv;
        let quand = date(envoi.dtref);
        let (genre, jour_nom) = if changes.is_some() { ("RSABEI", quand.day()) } else { ("RSABEM", 0) };
        let nom = format!(
            "{}_rsa.{genre}.{jour_nom:02}{:02}{:04}.A{:02}{:05}.{}",
            date(envoi.recu),
            quand.month(),
            quand.year(),
            [82, 8][caisse],
            self.dernier_fichier,
            if csv { "csv" } else { "xml" }
        );
        let mut plume = Plume::nouvelle(&self.dossier.join(nom), self.reglages.realiste, caisse == MSA)?;
        if csv {
            plume.brut(ENTETE_CSV);
        } else {
            entete_xml(&mut plume, caisse, &envoi);
        }
        let mut foyers = 0;
        if let Some(changes) = changes {
            for (rang, fait) in changes {
                foyers += self.ecrire_foyer(&mut plume, *rang, mois, &envoi, Some(fait));
                plume.pousser(1 << 20)?;
            }
        } else {
            for rang in 0..self.foyers.len() {
                let foyer = &self.foyers[rang];
                let envoye = foyer.present && (matches!(foyer.etat, 0 | 2..=4) || u32::from(foyer.touche) == mois + 1);
                if usize::from(foyer.caisse) == caisse && envoye {
                    foyers += self.ecrire_foyer(&mut plume, rang, mois, &envoi, None);
                    plume.pousser(1 << 20)?;
                }
            }
        }
        if !csv {
            plume.ouvre("TransmissionFlux");
            plume.entier("NBTOTDOSRSATRANSM", foyers, 8);
            plume.entier("NBTOTDOSRSATRANSMANO", 0, 8);
            plume.ferme("TransmissionFlux");
            plume.brut("</Racine>\n");
        }
        plume.pousser(0)?;
        self.bilan.fichiers += 1;
        self.bilan.octets += plume.ecrits;
        self.bilan.foyers += foyers;
        Ok(())
    }

    /// One foyer, twice for a few of them; returns how many times it was written.
    fn ecrire_foyer(&mut self, plume: &mut Plume, rang: usize, mois: u32, envoi: &Envoi, fait: Option<&str>) -> u64 {
        let foyer = self.foyers[rang];
        let mut des = Des::de(u64::from(foyer.graine), 0xF0_4E5, u64::from(mois));
        let sans_top = des.chance(30);
        let fois = if fait.is_none() && des.chance(25) { 2 } else { 1 };
        let mut fiches = Vec::with_capacity(5);
        for (place, membre) in foyer.membres.into_iter().enumerate() {
            if membre != PERSONNE {
                let role = ["DEM", "CJT"][place];
                fiches.push(self.fiche_adulte(&foyer, membre, role, mois, envoi, fait.is_some(), sans_top));
            }
        }
        for enfant in 0..foyer.enfants {
            fiches.push(self.fiche_enfant(&foyer, enfant));
        }
        for _ in 0..fois {
            if self.reglages.forme == Forme::Csv {
                foyer_csv(plume, &foyer, &fiches, envoi);
            } else {
                foyer_xml(plume, &foyer, &fiches, envoi, fait, self.reglages.realiste, &mut des);
            }
        }
        self.bilan.releves += fois * fiches.len() as u64;
        fois
    }

    #[allow(clippy::too_many_arguments)]
    fn fiche_adulte(
        &self,
        foyer: &Foyer,
        membre: u32,
        role: &'static str,
        mois: u32,
        envoi: &Envoi,
        quotidien: bool,
        sans_top: bool,
    ) -> Fiche {
        let personne = &self.personnes[membre as usize];
        let mut des = Des::de(self.reglages.graine, 0xF1C4E, u64::from(membre));
        let graine = des.suivant();
        let top = match foyer.etat {
            2 if sans_top => None,
            2 => Some(personne.soumis && !personne.revenu),
            3 | 4 => (graine & 1 == 0).then_some(false),
            _ => None,
        };
        // The CNAF's own flag, in dailies only, and not always ours.
        let entre = quotidien && top.is_some();
        let entre = entre.then(|| {
            let entree = u32::from(personne.entree) == mois + 1;
            let erreur = Des::de(graine, 0xE44, u64::from(mois)).chance(500);
            top == Some(true) && entree != erreur
        });
        let nir = if personne.nir == 0 || envoi.dtref < personne.nir_des {
            String::new()
        } else if foyer.caisse == CAF as u8 {
            format!("{:013}", personne.nir)
        } else {
            format!("{:013}{:02}", personne.nir, cle(personne.nir))
        };
        Fiche {
            nom: NOMS[usize::from(personne.nom)],
            nom_naissance: NOMS[usize::from(personne.nom_naissance)],
            prenom: prenom(personne),
            naissance: personne.naissance,
            nir,
            femme: personne.femme,
            role,
            top,
            entre,
            rembourre: personne.rembourre,
            graine,
        }
    }

    /// Children are drawn from their foyer's seed and cost no memory.
    fn fiche_enfant(&self, foyer: &Foyer, rang: u8) -> Fiche {
        let mut des = Des::de(u64::from(foyer.graine), 0xE4F, u64::from(rang));
        let parent = &self.personnes[foyer.membres[0] as usize];
        let femme = des.chance(4_900);
        let prenoms = if femme { &PRENOMS_F } else { &PRENOMS_H };
        let nom = NOMS[usize::from(parent.nom)];
        Fiche {
            nom,
            nom_naissance: nom,
            prenom: prenoms[des.sous(40) as usize],
            naissance: foyer.demande.max(jour(2016, 1, 1)) - des.entre(10, 15 * 365),
            nir: String::new(),
            femme,
            role: "ENF",
            top: None,
            entre: None,
            rembourre: false,
            graine: des.suivant(),
        }
    }
}

fn prenom(personne: &Personne) -> &'static str {
    let prenoms = if personne.femme { &PRENOMS_F } else { &PRENOMS_H };
    prenoms[usize::from(personne.prenom)]
}

fn entete_xml(plume: &mut Plume, caisse: usize, envoi: &Envoi) {
    plume.brut("<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n");
    plume.brut("<Racine>");
    plume.brut(if plume.saut.is_empty() { "" } else { "\n" });
    plume.ouvre("IdentificationFlux");
    plume.texte("APPLIEME", APPLIEME[caisse]);
    plume.texte("NUMVERSIONAPPLIEME", VERSION[caisse]);
    plume.texte(
        "TYPEFLUX",
        if envoi.genre == 'M' {
            "M"
        } else if envoi.genre == 'R' {
            "R"
        } else {
            "I"
        },
    );
    plume.texte("NATFLUX", "D");
    plume.date("DTCREAFLUX", envoi.cree);
    plume.debut("HEUCREAFLUX");
    plume.heure(envoi.heure);
    plume.ferme("HEUCREAFLUX");
    plume.date("DTREF", envoi.dtref);
    plume.ferme("IdentificationFlux");
    if plume.saut.is_empty() {
        plume.brut("\n");
    }
}

/// The motive of a suspension, from a foyer's seed.
fn motif_suspension(foyer: &Foyer) -> &'static str {
    ["01", "05", "09", "31"][(foyer.graine % 4) as usize]
}

fn foyer_csv(plume: &mut Plume, foyer: &Foyer, fiches: &[Fiche], envoi: &Envoi) {
    let caisse = usize::from(foyer.caisse);
    let commune = COMMUNES[usize::from(foyer.commune)];
    for fiche in fiches {
        plume.brut(if envoi.genre == 'M' {
            "M;"
        } else if envoi.genre == 'R' {
            "R;"
        } else {
            "I;"
        });
        plume.jour(envoi.dtref);
        plume.brut(";");
        plume.jour(envoi.cree);
        plume.brut(";");
        plume.heure(envoi.heure);
        for texte in [";", FONORG[caisse], ";", NUMORG[caisse], ";"] {
            plume.brut(texte);
        }
        plume.chiffres(u64::from(foyer.matricule), 15);
        plume.brut(";");
        plume.chiffres(numdemrsa(foyer.numero), 11);
        plume.brut(";");
        plume.jour(foyer.demande);
        for texte in [";", &fiche.nir, ";", fiche.nom, ";", fiche.nom_naissance, ";", fiche.prenom, ";"] {
            plume.brut(texte);
        }
        plume.jour(fiche.naissance);
        for texte in [";", fiche.role, ";"] {
            plume.brut(texte);
        }
        plume.chiffres(u64::from(foyer.etat), 1);
        for top in [fiche.top, fiche.entre] {
            plume.brut(top.map_or(";", |top| if top { ";1" } else { ";0" }));
        }
        for etat in [3, 4] {
            if foyer.etat == etat {
                plume.brut(";");
                plume.brut(motif_suspension(foyer));
                plume.brut(";");
                plume.jour(foyer.date_etat);
            } else {
                plume.brut(";;");
            }
        }
        if foyer.etat >= 5 {
            plume.brut(";");
            plume.brut(MOTIFS_CLOTURE[usize::from(foyer.motif)]);
            plume.brut(";");
            plume.jour(foyer.date_etat);
        } else {
            plume.brut(";;");
        }
        for texte in [";", commune.0, ";", commune.1, "\n"] {
            plume.brut(texte);
        }
    }
}

fn foyer_xml(
    plume: &mut Plume,
    foyer: &Foyer,
    fiches: &[Fiche],
    envoi: &Envoi,
    fait: Option<&str>,
    realiste: bool,
    des: &mut Des,
) {
    let caisse = usize::from(foyer.caisse);
    plume.ouvre("InfosFoyerRSA");
    plume.ouvre("IdentificationRSA");
    plume.ouvre("Organisme");
    plume.texte("FONORG", FONORG[caisse]);
    plume.texte("NUMORG", NUMORG[caisse]);
    plume.entier("MATRICULE", u64::from(foyer.matricule), 15);
    plume.ferme("Organisme");
    plume.ouvre("Partenaire");
    plume.texte("TYPEPARTE", "CG ");
    plume.texte("IDEPARTE", "082");
    plume.ferme("Partenaire");
    plume.ouvre("DemandeRSA");
    plume.date("DTDEMRSA", foyer.demande);
    plume.entier("NUMDEMRSA", numdemrsa(foyer.numero), 11);
    plume.ferme("DemandeRSA");
    if foyer.etat == 5 && foyer.motif == MOTIF_MUT {
        plume.ouvre("OrganismePrenant");
        plume.texte("FONORGPRENMUT", FONORG[1 - caisse]);
        plume.texte("NUMORGPRENMUT", NUMORG[1 - caisse]);
        plume.date("DDDEPAMUT", foyer.date_etat);
        plume.ferme("OrganismePrenant");
    }
    plume.ferme("IdentificationRSA");
    for fiche in fiches {
        personne_xml(plume, foyer, fiche, fiches, envoi, realiste, des);
    }
    administratif_xml(plume, foyer, fiches, realiste);
    prestation_xml(plume, foyer, fiches, envoi, realiste, des);
    if let Some(fait) = fait {
        plume.ouvre("Evenement");
        plume.date("DTLIQ", envoi.dtref - 1);
        plume.debut("HEULIQ");
        plume.heure(9 * 3600 + foyer.graine % 28_800);
        plume.ferme("HEULIQ");
        plume.texte("FG", fait);
        plume.ferme("Evenement");
    }
    plume.ferme("InfosFoyerRSA");
    if plume.saut.is_empty() {
        plume.brut("\n");
    }
}

fn personne_xml(
    plume: &mut Plume,
    foyer: &Foyer,
    fiche: &Fiche,
    fiches: &[Fiche],
    envoi: &Envoi,
    realiste: bool,
    des: &mut Des,
) {
    let adulte = fiche.role != "ENF";
    plume.ouvre("Personne");
    plume.ouvre("Identification");
    if realiste {
        plume.texte("QUAL", if fiche.femme { "MME" } else { "MR " });
    }
    for (nom, valeur) in [("NOM", fiche.nom), ("NOMNAI", fiche.nom_naissance), ("PRENOM", fiche.prenom)] {
        plume.debut(nom);
        plume.brut(valeur);
        plume.brut(if fiche.rembourre { "   " } else { "" });
        plume.ferme(nom);
    }
    plume.texte("NOMCOMNAI", if realiste { LIEUX[(fiche.graine % 6) as usize] } else { "" });
    plume.date("DTNAI", fiche.naissance);
    plume.texte("TYPEDTNAI", if fiche.graine % 331 == 0 { "J" } else { "N" });
    if !fiche.nir.is_empty() {
        plume.texte("NIR", &fiche.nir);
    }
    if realiste {
        plume.booleen("TOPVALIEC", !fiche.nir.is_empty());
    }
    plume.texte("SEXE", if fiche.femme { "2" } else { "1" });
    plume.ferme("Identification");
    plume.ouvre("DossierCAF");
    plume.booleen("TOPRESPDOS", fiche.role == "DEM");
    plume.date("DDRATDOS", foyer.demande);
    if foyer.precedent > 0 && fiche.role == "DEM" {
        plume.entier("NUMDEMRSAPRECE", numdemrsa(foyer.precedent), 11);
    }
    plume.ferme("DossierCAF");
    // The two blocks come in either order; the roles differ for some.
    let prestations = if fiche.graine & 2 == 0 { ["PFA", "RSA"] } else { ["RSA", "PFA"] };
    for prestation in prestations {
        let role =
            if prestation == "PFA" && fiche.role == "CJT" && fiche.graine & 28 == 0 { "DEM" } else { fiche.role };
        plume.ouvre("Prestations");
        plume.texte("NATPREST", prestation);
        plume.texte("ROLEPERS", role);
        plume.booleen("TOPCHAPERS", prestation == "RSA");
        plume.ferme("Prestations");
    }
    if realiste
        && !adulte
        && let Some(parent) = fiches.first()
    {
        plume.ouvre("Rattachement");
        plume.texte("NOMNAI", parent.nom_naissance);
        plume.texte("PRENOM", parent.prenom);
        plume.date("DTNAI", parent.naissance);
        if !parent.nir.is_empty() {
            plume.texte("NIR", &parent.nir);
        }
        plume.texte("TYPEPAR", "LEG");
        plume.ferme("Rattachement");
    }
    if realiste && adulte {
        ressources_xml(plume, fiche, envoi, des);
    }
    if let Some(top) = fiche.top {
        plume.ouvre("MontantCalculDroitRSAPersonne");
        plume.booleen("TOPPERSDRODEVORSA", top);
        if let Some(entre) = fiche.entre {
            plume.booleen("TOPPERSENTDRODEVORSA", entre);
        }
        if realiste {
            plume.montant("MTPERSRESSMENRSA", u64::from(des.sous(60_000)));
        }
        plume.ferme("MontantCalculDroitRSAPersonne");
    }
    if realiste && adulte {
        activites_xml(plume, fiche, envoi);
    }
    plume.ferme("Personne");
}

/// Registration with Pôle emploi and the resources of the reference quarter.
fn ressources_xml(plume: &mut Plume, fiche: &Fiche, envoi: &Envoi, des: &mut Des) {
    if fiche.graine % 3 != 0 {
        plume.ouvre("DossierPoleEmploi");
        plume.debut("IDASSEDIC");
        plume.chiffres(fiche.graine % 10_000_000, 7);
        plume.brut("Z");
        plume.ferme("IDASSEDIC");
        plume.ferme("DossierPoleEmploi");
    }
    let fin = date(envoi.dtref);
    // Whole months, the latest two months before the reference one.
    let mois = |recul: i32| {
        let rang = fin.year() * 12 + fin.month0() as i32 - recul;
        jour(rang.div_euclid(12), rang.rem_euclid(12) as u32 + 1, 1)
    };
    plume.ouvre("Ressources");
    plume.ouvre("GeneraliteRessourcesTrimestre");
    let nulles = fiche.graine % 5 == 0;
    plume.booleen("TOPRESSNUL", nulles);
    plume.date("DDRESS", mois(4));
    plume.date("DFRESS", mois(1) - 1);
    plume.ferme("GeneraliteRessourcesTrimestre");
    for recul in if nulles { &[][..] } else { &[4, 3, 2][..] } {
        plume.ouvre("RessourcesMensuelles");
        plume.ouvre("GeneraliteRessourcesMensuelles");
        plume.date("MOISRESS", mois(*recul));
        plume.texte("NBHEUMENTRA", "000");
        plume.ferme("GeneraliteRessourcesMensuelles");
        for nature in ["001", "010", "044"].iter().take(1 + (fiche.graine / 8 % 2) as usize) {
            plume.ouvre("DetailRessourcesMensuelles");
            plume.texte("NATRESS", nature);
            let montant = if fiche.top == Some(true) { des.sous(49_000) } else { 50_000 + des.sous(90_000) };
            plume.montant("MTNATRESSMEN", u64::from(montant));
            plume.ferme("DetailRessourcesMensuelles");
        }
        plume.ferme("RessourcesMensuelles");
    }
    plume.ferme("Ressources");
}

fn activites_xml(plume: &mut Plume, fiche: &Fiche, envoi: &Envoi) {
    let depuis = envoi.dtref - 40 - (fiche.graine % 300) as i32;
    if fiche.graine % 5 < 2 {
        plume.ouvre("Activite");
        plume.texte("REG", "GE");
        plume.texte("ACT", "SAL");
        plume.date("DDACT", depuis - 90);
        plume.date("DFACT", depuis - 1);
        plume.texte("NATCONTRTRA", "CDD");
        plume.ferme("Activite");
    }
    plume.ouvre("Activite");
    plume.texte("REG", if fiche.graine % 11 == 0 { "AG" } else { "GE" });
    plume.texte("ACT", if fiche.top == Some(true) { "CHO" } else { "SAL" });
    plume.date("DDACT", depuis);
    plume.ferme("Activite");
}

fn administratif_xml(plume: &mut Plume, foyer: &Foyer, fiches: &[Fiche], realiste: bool) {
    let (numcom, codepos, nomcom, _) = COMMUNES[usize::from(foyer.commune)];
    let couple = fiches.iter().any(|f| f.role == "CJT");
    plume.ouvre("DonneesAdministratives");
    plume.ouvre("SituationFamille");
    plume.texte("SITFAM", if couple { "VIM" } else { "CEL" });
    plume.date("DDSITFAM", foyer.demande);
    if realiste {
        plume.texte("REGAGRIFAM", if foyer.caisse == MSA as u8 { "AG" } else { "SA" });
    }
    plume.ferme("SituationFamille");
    let ancienne = realiste && foyer.graine.is_multiple_of(8);
    for rang in if ancienne { &["01", "02"][..] } else { &["01"][..] } {
        plume.ouvre("Adresse");
        plume.ouvre("TroncCommunAdresse");
        plume.texte("RGADR", rang);
        if realiste {
            plume.date("DTEMM", foyer.demande - if *rang == "01" { 100 } else { 2_000 });
        }
        plume.texte("PAYS", "FRA");
        plume.texte("TYPEADR", "D");
        plume.texte("ETATADR", "CO");
        plume.ferme("TroncCommunAdresse");
        plume.ouvre("AdresseDetailleeFrance");
        let (type_voie, voie) = VOIES[((foyer.graine >> 8) % 6) as usize];
        plume.texte("COMPLIDEADR", "");
        plume.texte("COMPLADR", if foyer.graine.is_multiple_of(7) { "APPT 12" } else { "" });
        if realiste {
            plume.entier("NUMVOIE", u64::from(foyer.graine >> 16) % 90 + 1, 2);
        } else {
            plume.texte("NUMVOIE", "");
        }
        plume.texte("LIBTYPEVOIE", if realiste { type_voie } else { "" });
        plume.texte("NOMVOIE", if realiste { voie } else { "" });
        plume.texte("LIEUDIST", "");
        plume.texte("NUMCOM", numcom);
        plume.texte("CODEPOS", codepos);
        plume.texte("NOMCOM", nomcom);
        plume.ferme("AdresseDetailleeFrance");
        plume.ferme("Adresse");
    }
    plume.ferme("DonneesAdministratives");
}

fn prestation_xml(plume: &mut Plume, foyer: &Foyer, fiches: &[Fiche], envoi: &Envoi, realiste: bool, des: &mut Des) {
    plume.ouvre("PrestationRSA");
    plume.ouvre("SituationDossierRSA");
    plume.ouvre("EtatDossierRSA");
    plume.entier("ETATDOSRSA", u64::from(foyer.etat), 1);
    plume.ferme("EtatDossierRSA");
    match foyer.etat {
        1 => {
            plume.ouvre("Refus");
            plume.date("DTREFURSA", foyer.date_etat);
            plume.texte("MOTIREFURSA", "F02");
            plume.ferme("Refus");
        }
        3 => {
            plume.ouvre("SuspensionDroit");
            plume.texte("MOTISUSDRORSA", motif_suspension(foyer));
            plume.date("DDSUSDRORSA", foyer.date_etat);
            plume.ferme("SuspensionDroit");
        }
        4 => {
            plume.ouvre("SuspensionVersement");
            plume.texte("MOTISUSVERSRSA", motif_suspension(foyer));
            plume.date("DDSUSVERSRSA", foyer.date_etat);
            plume.ferme("SuspensionVersement");
        }
        5 | 6 => {
            let bloc = if foyer.etat == 5 { "FinDroit" } else { "FinDroitMoisAnterieur" };
            plume.ouvre(bloc);
            plume.texte("MOTICLORSA", MOTIFS_CLOTURE[usize::from(foyer.motif)]);
            plume.date("DTCLORSA", foyer.date_etat);
            plume.ferme(bloc);
        }
        _ => {}
    }
    plume.ferme("SituationDossierRSA");
    plume.ouvre("DetailDroitRSA");
    plume.ouvre("TroncCommunDroitRSA");
    plume.booleen("TOPSANSDOMFIXE", false);
    if realiste {
        plume.entier("NBENFAUTCHA", u64::from(foyer.enfants), 2);
    }
    plume.texte("ORIDEMRSA", "DEM");
    if realiste {
        plume.date("DTORIDEMRSA", foyer.demande);
        plume.booleen("TOPFOYDRODEVORSA", fiches.iter().any(|f| f.top == Some(true)));
    }
    plume.ferme("TroncCommunDroitRSA");
    if realiste && foyer.etat == 2 {
        let quand = date(envoi.dtref);
        let depuis = jour(quand.year(), quand.month(), 1);
        let verse = u64::from(20_000 + des.sous(60_000));
        plume.ouvre("MontantsCalculDroitRSA");
        plume.date("DDELECAL", depuis);
        plume.montant("MTREVMINIGARARSA", 56_534);
        plume.montant("MTREVGARARSA", 56_534);
        plume.montant("MTRESSMENRSA", u64::from(des.sous(40_000)));
        plume.montant("MTTOTDRORSA", verse);
        plume.ferme("MontantsCalculDroitRSA");
        plume.ouvre("DetailCalculDroitRSA");
        plume.texte("NATPF", "RSD");
        plume.texte("SOUSNATPF", "RSDN1");
        plume.date("DDNATDRO", depuis);
        plume.montant("MTRSAVERS", verse);
        plume.date("DTDERRSAVERS", depuis + 4);
        plume.ferme("DetailCalculDroitRSA");
    }
    plume.ferme("DetailDroitRSA");
    plume.ferme("PrestationRSA");
}

// ---------------------------------------------------------------------------------------------
// Writing the event files

/// How an event file is written; it changes from file to file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// UTF-8, ISO dates.
    Moderne,
    /// Windows-1252, French dates, accented headers, CRLF.
    Bureautique,
    /// UTF-8 with a BOM, French dates, upper-case headers.
    Tableur,
}

/// The identity columns and the common ones.
const ENTETE_COMMUNE: &str = "id_evenement;saisi_le;annule;nir;numdemrsa;nom;prenom;date_naissance";
/// The columns of each kind.
const ENTETES: [&str; 5] = [
    "date_notification;organisme;mode;structure;type_parcours;dispositif;territoire;referent",
    "type_rdv;date_rdv;date_fixation;statut;structure;territoire",
    "date_signature;type_contrat;rang;date_fin;structure",
    "type_accompagnement;date_proposition;date_debut;date_fin;conseiller;structure;motif_fin",
    "date_fin;motif",
];

impl Style {
    fn jour(self, le: Jour) -> String {
        match self {
            _ if le == 0 => String::new(),
            Style::Moderne => date(le).format("%Y-%m-%d").to_string(),
            _ => date(le).format("%d/%m/%Y").to_string(),
        }
    }

    fn entete(self, genre: usize) -> String {
        let entete = format!("{ENTETE_COMMUNE};{}", ENTETES[genre]);
        match self {
            Style::Moderne => entete,
            Style::Bureautique => {
                entete.replace("prenom", "Prénom").replace(";nom;", ";Nom;").replace("referent", "Référent")
            }
            Style::Tableur => entete.to_uppercase(),
        }
    }

    fn octets(self, texte: &str) -> Vec<u8> {
        match self {
            Style::Moderne => texte.as_bytes().to_vec(),
            Style::Bureautique => texte.replace('\n', "\r\n").chars().map(windows_1252).collect(),
            Style::Tableur => [b"\xEF\xBB\xBF", texte.as_bytes()].concat(),
        }
    }
}

impl Monde<'_> {
    /// The event files of the quarter that this month ends, received some ten days later.
    fn ecrire_evenements(&mut self, mois: u32) -> std::io::Result<()> {
        let dernier = self.premier(mois + 1) - 1;
        let trimestre = self.trimestre(dernier);
        let mut lignes = std::mem::take(&mut self.lignes[trimestre]);
        lignes.sort_by_key(|ligne| (ligne.fait.genre(), ligne.saisi, ligne.id));
        let quand = date(dernier);
        let mut texte = String::new();
        for genre in 0..GENRES.len() {
            let style = [Style::Moderne, Style::Bureautique, Style::Tableur][(trimestre + genre) % 3];
            let recu = dernier + 7 + self.des(0xEE00 + genre as u64, mois).entre(0, 4);
            texte.clear();
            texte.push_str(&style.entete(genre));
            texte.push('\n');
            let mut nb = 0;
            for ligne in lignes.iter().filter(|ligne| ligne.fait.genre() == genre) {
                self.ligne_csv(&mut texte, ligne, style);
                nb += 1;
            }
            nb += self.lignes_fautives(&mut texte, genre, trimestre, recu, style);
            let nom = format!("{}_{}_{}-T{}.csv", date(recu), GENRES[genre], quand.year(), quand.month0() / 3 + 1);
            self.deposer(&nom, &style.octets(&texte), nb)?;
        }
        Ok(())
    }

    fn deposer(&mut self, nom: &str, octets: &[u8], evenements: u64) -> std::io::Result<()> {
        std::fs::write(self.dossier.join(nom), octets)?;
        self.bilan.fichiers += 1;
        self.bilan.octets += octets.len() as u64;
        self.bilan.evenements += evenements;
        Ok(())
    }

    /// One line: id, identity, facts. What names the person changes from line to line.
    fn ligne_csv(&self, texte: &mut String, ligne: &Ligne, style: Style) {
        let genre = ligne.fait.genre();
        let lettre = ["O", "R", "C", "A", "F"][genre];
        let saisi = style.jour(ligne.saisi);
        let _ = write!(texte, "{lettre}{:06};{saisi};", ligne.id);
        if ligne.annule {
            let vides = ENTETES[genre].matches(';').count() + 6;
            let _ = writeln!(texte, "{}{}", if style == Style::Tableur { "oui" } else { "1" }, ";".repeat(vides));
            return;
        }
        texte.push(';');
        self.identite_csv(texte, ligne, style);
        let jour = |le: Jour| style.jour(le);
        let _ = match ligne.fait {
            Fait::Orientation { le, organisme, mode, parcours, dispositif, territoire } => {
                let nom = ORGANISMES[usize::from(organisme)];
                let referent =
                    if organisme == 0 { String::new() } else { conseiller_nom((ligne.id % 23) as u16 + 100) };
                writeln!(
                    texte,
                    "{};{};{};{};{};{};{};{referent}",
                    jour(le),
                    if style == Style::Bureautique { nom.to_lowercase() } else { nom.to_string() },
                    MODES[usize::from(mode)],
                    STRUCTURES[usize::from(organisme)],
                    PARCOURS[usize::from(parcours)],
                    DISPOSITIFS[usize::from(dispositif)],
                    TERRITOIRES[usize::from(territoire)],
                )
            }
            Fait::RendezVous { le, fixation, genre, statut, organisme, territoire } => {
                let statuts = if style == Style::Bureautique { STATUTS_ACCENTUES } else { STATUTS };
                writeln!(
                    texte,
                    "{};{};{};{};{};{}",
                    TYPES_RDV[usize::from(genre)],
                    jour(le),
                    jour(fixation),
                    statuts[usize::from(statut)],
                    STRUCTURES[usize::from(organisme)],
                    TERRITOIRES[usize::from(territoire)],
                )
            }
            Fait::Cer { le, fin, ppae, rang, organisme } => writeln!(
                texte,
                "{};{};{};{};{}",
                jour(le),
                if ppae { "ppae" } else { "cer" },
                if rang == 0 { String::new() } else { rang.to_string() },
                jour(fin),
                STRUCTURES[usize::from(organisme)],
            ),
            Fait::Accompagnement { proposition, debut, fin, ag, conseiller, motif } => writeln!(
                texte,
                "{};{};{};{};{};{};{}",
                if ag { "AG" } else { "GAD" },
                jour(proposition),
                jour(debut),
                jour(fin),
                if conseiller == u16::MAX { String::new() } else { conseiller_nom(conseiller) },
                STRUCTURES[usize::from(!ag)],
                if motif == 0 { "" } else { MOTIFS_FIN[usize::from(motif - 1)] },
            ),
            Fait::FinSuivi { le, motif } => writeln!(texte, "{};{}", jour(le), MOTIFS_FIN[usize::from(motif)]),
        };
    }

    fn identite_csv(&self, texte: &mut String, ligne: &Ligne, style: Style) {
        let mut des = self.des(0x1DE4_0000 + ligne.fait.genre() as u64, ligne.id);
        let personne = &self.personnes[ligne.personne as usize];
        let fictif = des.chance(80);
        let faute = des.chance(80);
        let usage = des.chance(7_000);
        let mode = des.part(&[50, 35, 15]);
        let numero = numdemrsa(ligne.numero);
        let naissance = style.jour(personne.naissance);
        let nom = NOMS[usize::from(if usage { personne.nom } else { personne.nom_naissance })];
        let prenom = prenom(personne);
        let usable = (1_000_000_000_000..3_000_000_000_000).contains(&personne.nir);
        let _ = if fictif {
            // A NIR that nobody bears (order number 000): the event waits for its person.
            let nir = personne.nir.max(1_800_199_999_000) / 1000 % 1_000_000_000 * 1000 + 1_000_000_000_000;
            write!(texte, "{nir:013};;;;;")
        } else if faute {
            write!(texte, ";;{nom}IEU;{prenom};{naissance};")
        } else if mode == 0 && usable {
            if ligne.id % 2 == 0 {
                write!(texte, "{:013};;;;;", personne.nir)
            } else {
                write!(texte, "{:013}{:02};;{nom};{prenom};;", personne.nir, cle(personne.nir))
            }
        } else if mode <= 1 && style == Style::Tableur {
            // A spreadsheet ate the leading zero.
            write!(texte, ";{numero};{nom};{prenom};{naissance};")
        } else if mode <= 1 {
            write!(texte, ";{numero:011};{nom};{};{naissance};", capitales_au_debut(prenom))
        } else {
            write!(texte, ";;{};{prenom};{naissance};", capitales_au_debut(nom))
        };
    }

    /// The few lines that no reader can accept, always the same.
    fn lignes_fautives(&self, texte: &mut String, genre: usize, trimestre: usize, recu: Jour, style: Style) -> u64 {
        let premier = self.premier(0);
        let (saisi, passe) = (style.jour(premier), style.jour(premier - 40));
        let identite = format!(";;01082000007;DUPRÉ-FICTIF;ALIX;{};", style.jour(jour(1980, 2, 3)));
        let impossible = if style == Style::Moderne { "2021-02-31" } else { "31/02/2021" };
        let _ = match (genre, trimestre) {
            (0, 1) => writeln!(texte, "O900001;{saisi};{identite}{impossible};PE;courrier;;emploi;;Centre;"),
            (0, 2) => writeln!(texte, "O900002;{saisi};{identite}{passe};POLE;courrier;;emploi;;Centre;"),
            (1, 1) => writeln!(texte, "R900001;{saisi};{identite}visite;{passe};{passe};honore;;Centre"),
            (2, 2) => writeln!(texte, "C900001;{saisi};{identite}{};cer;1;;", style.jour(recu + 30)),
            (3, 1) => {
                let avant = style.jour(premier - 70);
                writeln!(texte, "A900001;{saisi};{identite}GAD;{passe};{avant};;;;")
            }
            (4, 2) => writeln!(texte, "F900001;{saisi};;;;;;;{passe};abandon"),
            _ => return 0,
        };
        1
    }

    /// Pôle emploi's report on a calendar year wholly in the span, at the end of the next month.
    fn ecrire_pole_emploi(&mut self, mois: u32) -> std::io::Result<()> {
        let dernier = date(self.premier(mois + 1) - 1);
        let du = jour(dernier.year(), 1, 1);
        if dernier.month() != 12 || du < self.premier(0) {
            return Ok(());
        }
        let au = self.premier(mois + 1) - 1;
        let proposes = self.globaux.iter().filter(|g| (du..=au).contains(&g[0])).count();
        let en_cours = self.globaux.iter().filter(|g| g[1] <= au && g[2] > au).count();
        let commences: Vec<i32> =
            self.globaux.iter().filter(|g| (du..=au).contains(&g[1])).map(|g| g[1] - g[0]).collect();
        let dixiemes = |somme: usize, nb: usize| {
            let valeur = somme * 10 / nb.max(1);
            format!("{},{}", valeur / 10, valeur % 10)
        };
        let conseillers = (self.reglages.personnes / 400).clamp(8, 2_000) / 2;
        let delais = commences.iter().sum::<i32>().max(0) as usize;
        let valeurs = [
            ("3.2.3", (proposes + 1).to_string()),
            ("3.2.4", en_cours.to_string()),
            ("3.2.5", dixiemes(en_cours, conseillers)),
            ("3.2.6", dixiemes(delais, commences.len())),
        ];
        let mut texte = String::from("periode_du;periode_au;indicateur;valeur\n");
        let style = Style::Tableur;
        for (indicateur, valeur) in &valeurs {
            let _ = writeln!(texte, "{};{};{indicateur};{valeur}", style.jour(du), style.jour(au));
        }
        let nom = format!("{}_pole_emploi_{}.csv", date(au + 24), dernier.year());
        self.deposer(&nom, &style.octets(&texte), valeurs.len() as u64)
    }
}

fn conseiller_nom(rang: u16) -> String {
    let prenoms = if rang.is_multiple_of(3) { PRENOMS_H } else { PRENOMS_F };
    let nom = NOMS[usize::from(rang) * 5 % NOMS.len()];
    format!("{} {nom}", capitales_au_debut(prenoms[usize::from(rang) * 7 % prenoms.len()]))
}

/// `JEAN-PIERRE` becomes `Jean-Pierre`.
fn capitales_au_debut(texte: &str) -> String {
    let mut debut = true;
    texte
        .chars()
        .flat_map(|lettre| {
            let suite: Vec<char> = if debut { vec![lettre] } else { lettre.to_lowercase().collect() };
            debut = !lettre.is_alphabetic();
            suite
        })
        .collect()
}
