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
//! - Files are streamed; a person or a foyer costs a few dozen bytes of memory. Instead of files, the
//!   same life can be written directly as the warehouse that they would have made ([`Forme::Segments`]).
//! - [`ecrire_avec_verite`] also writes the true entries and figures.
//! - Nobody is real: each NIR names a birth place that does not exist (department 99, commune 9xx).

use std::path::Path;

use rustc_hash::FxHashSet;

use crate::disque;

mod des;
mod desordre;
mod evenements;
mod flux;
mod noms;
mod segments;
mod verite;
mod vie;

use des::*;
use evenements::{CONSEILLERS, Maniere};
use flux::*;
use noms::*;
use segments::Entrepot;
use verite::Temoin;

/// How the flux are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forme {
    /// The CNAF's XML, Windows-1252.
    Xml,
    /// One line a person in a dossier, Windows-1252, semicolons.
    Csv,
    /// No file: a warehouse, as if their XML had been ingested, with a key that is no secret.
    Segments,
}

impl Forme {
    /// All of them.
    pub const TOUTES: [Self; 3] = [Self::Xml, Self::Csv, Self::Segments];

    /// As it is typed.
    #[must_use]
    pub fn nom(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Csv => "csv",
            Self::Segments => "segments",
        }
    }

    /// From what is typed.
    #[must_use]
    pub fn lire(texte: &str) -> Option<Self> {
        Self::TOUTES.into_iter().find(|forme| forme.nom() == texte)
    }
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
    /// XML or CSV files, or a warehouse.
    pub forme: Forme,
    /// Foyers of several kB with resources, activities, addresses and amounts, as real ones;
    /// otherwise the fewest elements that the schema allows.
    pub realiste: bool,
    /// Daily flux too. Under 1 000 adults the CAF sends two a week instead of one a working day,
    /// and the MSA one a fortnight instead of one a week.
    pub quotidiens: bool,
    /// What real files undergo, without any figure being changed: late, twice, cut, saved otherwise,
    /// beside files that are something else. `desordre.json` says what, and what is expected of it.
    pub desordre: bool,
}

impl Reglages {
    /// Months of the span.
    #[must_use]
    pub fn nb_mois(&self) -> u32 {
        let rang = |(annee, mois): (i32, u32)| annee * 12 + mois as i32 - 1;
        (rang(self.au) - rang(self.du) + 1).max(1) as u32
    }

    /// About how many bytes will be written, in realistic foyers: a little more than was measured for an
    /// adult in a month.
    #[must_use]
    pub fn octets(&self) -> u64 {
        let par_mois = match self.forme {
            Forme::Xml => 4_500,
            Forme::Csv => 330,
            Forme::Segments => 95,
        };
        self.personnes as u64 * u64::from(self.nb_mois()) * par_mois
    }

    /// Large enough for dailies every day, for homonyms, and for shares that follow the published ones;
    /// the committed sample is smaller, and stays as it was checked by hand.
    fn grand(&self) -> bool {
        self.personnes >= 1_000
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bilan {
    /// Files, or segments of a warehouse.
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

impl Bilan {
    fn ajouter(&mut self, autre: Self) {
        self.fichiers += autre.fichiers;
        self.octets += autre.octets;
        self.foyers += autre.foyers;
        self.releves += autre.releves;
        self.evenements += autre.evenements;
    }
}

/// The folder of the warehouse that [`Forme::Segments`] makes.
pub const ENTREPOT: &str = "entrepot";

/// Writes the department into `dossier` (created when missing) and says how much was written.
///
/// # Errors
/// A folder or a file that cannot be written.
pub fn ecrire(reglages: &Reglages, dossier: &Path) -> std::io::Result<Bilan> {
    Ok(vivre_et_ecrire(reglages, dossier, &|| ())?.bilan)
}

/// The same, with the true entries and figures in `verite.json` beside the files. `vecu` is called
/// after each month, for a progress bar.
///
/// # Errors
/// A folder or a file that cannot be written.
pub fn ecrire_avec_verite(reglages: &Reglages, dossier: &Path, vecu: &dyn Fn()) -> std::io::Result<Bilan> {
    let mut monde = vivre_et_ecrire(reglages, dossier, vecu)?;
    monde.ecrire_verite(dossier)?;
    Ok(monde.bilan)
}

fn vivre_et_ecrire<'a>(reglages: &'a Reglages, dossier: &'a Path, vecu: &dyn Fn()) -> std::io::Result<Monde<'a>> {
    disque::creer_dossier(dossier)?;
    let mut monde = Monde::nouveau(reglages, dossier);
    if reglages.forme == Forme::Segments {
        monde.entrepot = Some(Entrepot::nouveau(reglages, &dossier.join(ENTREPOT))?);
    }
    monde.peupler();
    for mois in 0..monde.nb_mois {
        monde.calendriers = [monde.calendrier(mois, CAF), monde.calendrier(mois, MSA)];
        monde.changements.clear();
        monde.vivre(mois);
        monde.temoigner(mois);
        for caisse in [CAF, MSA] {
            monde.ecrire_quotidiens(mois, caisse)?;
            monde.ecrire_mensuel(mois, caisse)?;
        }
        if mois + 1 == monde.nb_mois || monde.trimestre(monde.premier(mois + 1)) != monde.trimestre(monde.premier(mois))
        {
            monde.ecrire_evenements(mois)?;
        }
        monde.ecrire_pole_emploi(mois)?;
        vecu();
    }
    if let Some(desordre) = monde.desordre.take() {
        let (fichiers, octets) = desordre.terminer(monde.fin)?;
        monde.bilan.fichiers += fichiers;
        monde.bilan.octets = monde.bilan.octets.saturating_add_signed(octets);
    }
    Ok(monde)
}

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
    /// Somebody else bears the same names and birth date: only a NIR designates them.
    homonyme: bool,
}

impl Personne {
    /// A NIR that a reader may trust: a provisional one is not.
    fn nir_employable(&self) -> bool {
        (1_000_000_000_000..3_000_000_000_000).contains(&self.nir)
    }
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

impl Foyer {
    /// What a caisse draws to send the dossier in a month, and whether it forgets to say who of it is
    /// subject to droits et devoirs, as happens now and then.
    fn envoi(&self, mois: u32) -> (Des, bool) {
        let mut des = Des::de(u64::from(self.graine), 0xF0_4E5, u64::from(mois));
        let sans_top = des.chance(30);
        (des, sans_top)
    }
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
    /// Where the segments go, when there are no files.
    entrepot: Option<Entrepot>,
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
    /// Names and birth dates that somebody bears.
    identites: FxHashSet<u64>,
    /// Who watches, and knows the true answers.
    temoin: Temoin,
    /// Proposal, start and end of each accompagnement global.
    globaux: Vec<[Jour; 3]>,
    dernier_numero: u32,
    dernier_fichier: u32,
    bilan: Bilan,
    desordre: Option<desordre::Desordre>,
}
