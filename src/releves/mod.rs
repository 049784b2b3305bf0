//! Trusted records. Raw rows come in with their place in a file; what leaves is either a record
//! that the rules may rely on, or a [`Rejet`] that says what is wrong with it and what to do.
//! Nothing here opens a file.

pub mod evenements;
pub mod foyers;
pub mod genres;
mod rejet;

use chrono::{NaiveDate, NaiveDateTime};

pub use rejet::{Cause, Ecartee, Marque, Masque, MotifRejet, Refus, Rejet, Texte, VALEUR_MAX, shown};

use crate::identite::Nir;

/// The body that sent a flux: FONORG then NUMORG, as in `CAF521`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caisse(pub String);

/// Whether a flux gives the whole stock of its caisse or the day's changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeFlux {
    /// TYPEFLUX M: every dossier of the caisse on DTREF.
    Mensuel,
    /// TYPEFLUX I, R, J or Q: what changed.
    Quotidien,
}

/// What the header of a flux file says of the whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnTete {
    /// Stock or changes.
    pub type_flux: TypeFlux,
    /// DTREF: last day of the reference month of a monthly, the day itself of a daily.
    pub dtref: NaiveDate,
    /// DTCREAFLUX and HEUCREAFLUX.
    pub cree_le: NaiveDateTime,
}

/// The place of a person in a dossier, among those that make records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// DEM, the claimant.
    Demandeur,
    /// CJT, the claimant's spouse.
    Conjoint,
    /// BEN, of the second generation of the flux.
    Beneficiaire,
    /// No role given.
    Aucun,
}

impl Role {
    /// The code of the flux; empty when none was given.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Demandeur => "DEM",
            Self::Conjoint => "CJT",
            Self::Beneficiaire => "BEN",
            Self::Aucun => "",
        }
    }
}

/// One block of a dossier in a flux file: its situation, and the people who make records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foyer {
    /// Line of the file where the block begins.
    pub ligne: u64,
    /// NUMDEMRSA on 11 characters.
    pub numdemrsa: String,
    /// MATRICULE as given: text, its zeros have a meaning.
    pub matricule: String,
    /// Date of the claim.
    pub dtdemrsa: Option<NaiveDate>,
    /// ETATDOSRSA, 0 to 6.
    pub etat: u8,
    /// The earliest of the suspension dates given (DDSUSDRORSA, DDSUSVERSRSA).
    pub suspension: Option<NaiveDate>,
    /// MOTICLORSA of FinDroit and FinDroitMoisAnterieur, in the order of the file, separated by a
    /// space.
    pub motif_cloture: String,
    /// NUMCOM of the current address.
    pub commune: String,
    /// CODEPOS of the current address.
    pub code_postal: String,
    /// FG of the dossier's events (dailies only), in the order of the file, separated by a space.
    pub faits_generateurs: String,
    /// The people whose role makes records. May be empty (a household of children).
    pub personnes: Vec<Personne>,
    /// How many people of the block have a role that makes no record (ENF, AUT, RDO).
    pub autres_roles: u32,
}

/// One person of a dossier, as one file gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Personne {
    /// Line of the file where the person begins.
    pub ligne: u64,
    /// The usable NIR, if any.
    pub nir: Option<Nir>,
    /// NOM, as given.
    pub nom: String,
    /// NOMNAI, as given; empty when missing.
    pub nomnai: String,
    /// PRENOM, as given.
    pub prenom: String,
    /// DTNAI as `AAAA-MM-JJ` (day or month may be 00 when TYPEDTNAI says so); empty when missing.
    pub dtnai: String,
    /// Role in the RSA.
    pub role: Role,
    /// TOPPERSDRODEVORSA; `None` when missing.
    pub top: Option<bool>,
    /// TOPPERSENTDRODEVORSA, the caisse's own flag; `None` when missing. Compared, never used.
    pub top_entrant: Option<bool>,
}

/// What a flux file counted, beside its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BilanFlux {
    /// Caisse of the foyers; `None` for a file without any.
    pub caisse: Option<Caisse>,
    /// Foyer blocks read, those set aside included.
    pub foyers: u64,
    /// Foyers announced by the trailer (XML only).
    pub annonces: Option<u64>,
    /// Foyer blocks set aside.
    pub rejetes: u64,
    /// NUMDEMRSA of the foyers set aside, when they had one: present but unread.
    pub non_lus: Vec<String>,
    /// What deserves a word without setting anything aside, in French, ready to be shown.
    pub avertissements: Vec<String>,
    /// The reasons given by the caisse, and the foyers of each, when the file is the one of its
    /// anomalies. Nothing else of it is then handed over.
    pub anomalies: Option<Vec<(String, u64)>>,
}

/// What receives a flux as it is read, foyer by foyer, in the order of the file. It may be called from
/// one thread then from another, never from two at once.
pub trait RecepteurFlux: Send {
    /// Called once, before any foyer.
    ///
    /// # Errors
    /// The receiver's own refusal of the file (such as a disk that is full).
    fn en_tete(&mut self, en_tete: &EnTete) -> Result<(), Refus>;
    /// A foyer that can be trusted.
    ///
    /// # Errors
    /// The receiver's own refusal of the file.
    fn foyer(&mut self, foyer: Foyer) -> Result<(), Refus>;
    /// A foyer set aside.
    ///
    /// # Errors
    /// The receiver's own refusal of the file.
    fn rejet(&mut self, rejet: Rejet) -> Result<(), Refus>;
    /// What the file wrote of the foyer just set aside.
    ///
    /// # Errors
    /// The receiver's own refusal of the file.
    fn ecartee(&mut self, _ecartee: Ecartee<'_>) -> Result<(), Refus> {
        Ok(())
    }
    /// Called before the header when the file is an extract: one foyer that was set aside of another
    /// file, and that may have been mended since.
    ///
    /// # Errors
    /// The receiver's own refusal of the file.
    fn extrait(&mut self, _marque: &Marque) -> Result<(), Refus> {
        Ok(())
    }
}
