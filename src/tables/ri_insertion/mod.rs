//! The individual data on orientation and support that the DREES collects each year from the
//! départements (« Remontées individuelles sur l'insertion des bénéficiaires du RSA », RI-insertion):
//! for a year, the history of the right and of the droits et devoirs, of the orientations and of the
//! contracts of everybody who had a right on one of its days.
//!
//! Source: DREES, presentation of the RI-insertion, 9 July 2020, for what is collected. The layout of
//! the files is not public: this one is ours, and `docs/ri-insertion.md` says what it leaves open.
//!
//! No rule of its own: a situation, its first day and whose an event is come from the functions that
//! make the figures. [`controles`] counts again what is written before anything leaves.

pub mod colonnes;
mod complements;
pub mod controles;
pub mod dossier;
pub mod evenements;
mod identites;
pub mod periodes;

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use self::complements::Complements;
use self::evenements::{Tri, contrats, orientations};
use self::identites::{Identite, identites, motifs};
use self::periodes::{Historique, Periode};
use crate::journal::depot::{Depot, ErreurDepot};
use crate::journal::evenements::{EvenementsEnVigueur, rejouer};
use crate::journal::lecture::existait;
use crate::parcours::etapes::Parcours;
use crate::parcours::histoire::{Classe, Histoire};
use crate::parcours::rangement::Repertoire;
use crate::purge::avertissement;
use crate::rejeu::histoire_avec;
use crate::releves::genres::Genre;
use crate::temps::{self, Jour};

/// A calendar year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annee {
    /// Its number.
    pub nombre: i32,
    /// 1 January.
    pub du: Jour,
    /// 31 December.
    pub au: Jour,
}

impl Annee {
    /// A year of the calendar.
    #[must_use]
    pub fn new(nombre: i32) -> Option<Self> {
        let jour = |mois, jour| NaiveDate::from_ymd_opt(nombre, mois, jour).map(Jour::from);
        Some(Self { nombre, du: jour(1, 1)?, au: jour(12, 31)? })
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Demande {
    /// The year.
    pub annee: Annee,
    /// The day whose knowledge is asked; `None` for everything.
    pub connu_le: Option<NaiveDate>,
}

/// Why there is nothing to write.
#[derive(Debug, thiserror::Error)]
pub enum ErreurRi {
    /// The warehouse.
    #[error(transparent)]
    Depot(#[from] ErreurDepot),
    /// No flux speaks of the year.
    #[error("{0}")]
    SansFlux(String),
}

/// Somebody of the year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Personne {
    /// Their number.
    pub personne: u32,
    /// Who they are, as the dossier of their last spell says it.
    pub identite: Identite,
    /// Caisse of that dossier.
    pub caisse: SmolStr,
    /// NUMDEMRSA of that dossier.
    pub numdemrsa: SmolStr,
    /// Whether a flux gave a usable NIR.
    pub nir_connu: bool,
}

/// A spell of a situation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Droit {
    /// Whose.
    pub personne: u32,
    /// Its days.
    pub periode: Periode,
    /// The situation.
    pub classe: Classe,
    /// Caisse of its dossier.
    pub caisse: SmolStr,
    /// NUMDEMRSA of its dossier.
    pub numdemrsa: SmolStr,
    /// DTDEMRSA of its dossier.
    pub date_demande: Option<Jour>,
    /// First day of a suspension, as the caisse says it.
    pub date_suspension: Option<Jour>,
    /// ETATDOSRSA.
    pub etat: Option<u8>,
    /// Why it is closed, as far as that is known.
    pub motif: String,
}

/// A spell of being soumise aux droits et devoirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Soumission {
    /// Whose.
    pub personne: u32,
    /// Its days.
    pub periode: Periode,
}

/// An orientation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orientation {
    /// Whose.
    pub personne: u32,
    /// Notification.
    pub debut: Jour,
    /// Last day; `None` when it still ran on the last day of the year.
    pub fin: Option<Jour>,
    /// What ended it.
    pub motif_fin: &'static str,
    /// Body.
    pub organisme: &'static str,
    /// Type of parcours.
    pub type_parcours: &'static str,
    /// Structure.
    pub structure: SmolStr,
    /// GAD, AG or nothing.
    pub dispositif: &'static str,
    /// How it was given.
    pub mode: SmolStr,
    /// Whether the referent is another one than before.
    pub change_referent: Option<bool>,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contrat {
    /// Whose.
    pub personne: u32,
    /// `cer` or `ppae`.
    pub type_contrat: &'static str,
    /// Signature.
    pub signe_le: Jour,
    /// End, when given.
    pub fin: Option<Jour>,
    /// Rank, when given.
    pub rang: Option<i64>,
    /// Structure.
    pub structure: SmolStr,
}

/// What the other functions of jalon count on the last day of the year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FinDAnnee {
    /// People whose right is versable or suspendu.
    pub beneficiaires: u64,
    /// People soumises aux droits et devoirs.
    pub soumises: u64,
}

/// What is known of the flux of a caisse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caisse {
    /// As `CAF821`.
    pub nom: String,
    /// DTREF of its first stock.
    pub premier_stock: Option<Jour>,
    /// DTREF of the last of its flux of the year, or from before.
    pub dernier_flux: Option<Jour>,
}

/// Everything of a year, ready to be checked and written.
#[derive(Clone, Debug)]
pub struct Donnees {
    /// What was asked.
    pub demande: Demande,
    /// The people, by number.
    pub personnes: Vec<Personne>,
    /// Spells of the right, person by person, in their order; and so are the following.
    pub droit: Vec<Droit>,
    /// Spells of being soumise aux droits et devoirs.
    pub soumissions: Vec<Soumission>,
    /// Orientations.
    pub orientations: Vec<Orientation>,
    /// Contracts.
    pub contrats: Vec<Contrat>,
    /// What became of the orientations in force.
    pub tri_orientations: Tri,
    /// What became of the contracts in force.
    pub tri_contrats: Tri,
    /// Orientations and contracts in force.
    pub en_vigueur: (u64, u64),
    /// Events that wait for their person, by kind and reason.
    pub en_attente: Vec<(&'static str, &'static str, u64)>,
    /// What is counted otherwise on the last day.
    pub fin_d_annee: FinDAnnee,
    /// The caisses.
    pub caisses: Vec<Caisse>,
    /// What to say of the people who were removed since.
    pub purges: Option<String>,
}

/// Reads the histories of a year.
///
/// # Errors
/// A damaged warehouse, or one whose flux do not speak of the year.
pub fn lire(depot: &Depot, demande: Demande) -> Result<Donnees, ErreurRi> {
    let Demande { annee, connu_le } = demande;
    let mut segments = depot.segments()?;
    segments.flux.retain(|segment| existait(segment.meta.commun.recu_le, connu_le));
    let evenements = rejouer(&segments.evenements, connu_le)?;
    let en_vigueur = (evenements.orientations.len() as u64, evenements.contrats.len() as u64);
    let (histoire, repertoire) = histoire_avec(&segments.flux, connu_le, evenements.clone())?;
    refuser_une_annee_sans_flux(&histoire, annee)?;
    let EvenementsEnVigueur { orientations, contrats, .. } = &evenements;
    let (autres, genre) = (&segments.evenements, Genre::Orientations);
    let modes = Complements::lire(autres, genre, connu_le, (orientations, |o| o.date), &repertoire)?;
    let fins = Complements::lire(autres, Genre::Cer, connu_le, (contrats, |contrat| contrat.date), &repertoire)?;
    let periode = temps::Periode { du: annee.du, au: annee.au, arrete: annee.au };
    let mut donnees = Donnees {
        demande,
        personnes: Vec::new(),
        droit: Vec::new(),
        soumissions: Vec::new(),
        orientations: Vec::new(),
        contrats: Vec::new(),
        tri_orientations: Tri::default(),
        tri_contrats: Tri::default(),
        en_vigueur,
        en_attente: en_attente(&histoire),
        fin_d_annee: fin_d_annee(&histoire, annee.au),
        caisses: caisses(&histoire, annee.au),
        purges: avertissement(&segments, periode),
    };
    let historiques = historiques(&histoire, annee);
    for (personne, historique) in (0u32..).zip(&historiques) {
        donnees.ajouter_les_evenements(&histoire, (&modes, &fins), personne, historique.is_some());
    }
    for (genre, tri) in [(Genre::Orientations, &mut donnees.tri_orientations), (Genre::Cer, &mut donnees.tri_contrats)]
    {
        let attendent = histoire.en_attente.iter().filter(|(autre, ..)| *autre == genre.nom());
        tri.en_attente = attendent.map(|(.., n)| n).sum();
    }
    let siens = || (0u32..).zip(&historiques).filter_map(|(personne, siens)| Some((personne, siens.as_ref()?)));
    let qui = identites(&histoire, &segments.flux, siens().map(|(_, historique)| historique.dossier.1))?;
    let interruptions = siens().flat_map(|(_, historique)| &historique.droit);
    let interruptions = interruptions.filter(|droit| droit.classe != Classe::Versable && !droit.absente);
    let pourquoi = motifs(&histoire, &segments.flux, interruptions.map(|droit| droit.source))?;
    let avec_nir = avec_nir(&repertoire);
    for (personne, historique) in siens() {
        let (dossier, source) = historique.dossier;
        let (caisse, numdemrsa) = nom_du_dossier(&histoire, dossier);
        donnees.personnes.push(Personne {
            personne,
            identite: qui.get(&source).cloned().unwrap_or_default(),
            caisse,
            numdemrsa,
            nir_connu: avec_nir.contains(&personne),
        });
        let soumissions = historique.soumissions.iter();
        donnees.soumissions.extend(soumissions.map(|&periode| Soumission { personne, periode }));
        donnees.droit.extend(historique.droit.iter().map(|droit| {
            let motif = pourquoi.get(&droit.source).filter(|_| !droit.absente);
            un_droit(&histoire, personne, droit, motif)
        }));
    }
    Ok(donnees)
}

/// What every situation of everybody is, person by person; `None` for those who had no right in the
/// year.
fn historiques(histoire: &Histoire, annee: Annee) -> Vec<Option<Historique>> {
    (0..histoire.personnes)
        .into_par_iter()
        .map_init(Parcours::default, |parcours, personne| {
            parcours.suivre(histoire, personne);
            Historique::de(histoire, parcours, annee)
        })
        .collect()
}

/// How many people are bénéficiaires, and soumises, on a day: counted as the other tables do.
fn fin_d_annee(histoire: &Histoire, jour: Jour) -> FinDAnnee {
    let (beneficiaires, soumises) = (0..histoire.personnes)
        .into_par_iter()
        .map_init(Parcours::default, |parcours, personne| {
            parcours.suivre(histoire, personne);
            let soumise = parcours.au(jour).is_some_and(|etape| etape.en_dd);
            (u64::from(parcours.brsa_au(jour)), u64::from(soumise))
        })
        .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    FinDAnnee { beneficiaires, soumises }
}

/// A year that begins after the last flux, or ends before the first one, is nobody's: a slip.
fn refuser_une_annee_sans_flux(histoire: &Histoire, annee: Annee) -> Result<(), ErreurRi> {
    let jours = histoire.fichiers.iter().map(|fichier| fichier.en_tete.dtref);
    let (premier, dernier) = (jours.clone().min(), jours.max());
    let (Some(premier), Some(dernier)) = (premier, dernier) else {
        return Err(ErreurRi::SansFlux(
            "l'entrepôt ne contient aucun flux connu. Faites-les entrer avec « jalon ingerer », ou corrigez --connu-le"
                .to_owned(),
        ));
    };
    if premier <= annee.au && annee.du <= dernier {
        return Ok(());
    }
    Err(ErreurRi::SansFlux(format!(
        "aucun flux connu n'est de l'année {} : ils vont du {premier} au {dernier}. Corrigez --annee, ou faites entrer ceux qui \
         manquent",
        annee.nombre
    )))
}

fn caisses(histoire: &Histoire, au: Jour) -> Vec<Caisse> {
    let flux = |rang: usize| {
        let siens = histoire.fichiers.iter().filter(move |fichier| fichier.caisse.map(usize::from) == Some(rang));
        siens.map(|fichier| fichier.en_tete.dtref).filter(|jour| *jour <= au).max()
    };
    let vue = |(rang, caisse): (usize, &crate::parcours::histoire::EtatCaisse)| Caisse {
        nom: caisse.nom.clone(),
        premier_stock: caisse.base,
        dernier_flux: flux(rang),
    };
    histoire.caisses.iter().enumerate().map(vue).collect()
}

/// How many events of the kinds that are read here wait for their person, and why.
fn en_attente(histoire: &Histoire) -> Vec<(&'static str, &'static str, u64)> {
    let lus = [Genre::Orientations, Genre::Cer, Genre::FinsSuivi].map(Genre::nom);
    let attendent = histoire.en_attente.iter().filter(|(genre, ..)| lus.contains(genre));
    attendent.map(|(genre, raison, n)| (*genre, raison.libelle(), *n)).collect()
}

fn avec_nir(repertoire: &Repertoire) -> FxHashSet<u32> {
    let identites = repertoire.identites.iter().zip(&repertoire.de_identite);
    identites.filter(|(identite, _)| identite.nir.is_some()).map(|(_, personne)| *personne).collect()
}

fn nom_du_dossier(histoire: &Histoire, dossier: u32) -> (SmolStr, SmolStr) {
    let dossier = &histoire.dossiers[dossier as usize];
    (histoire.caisses[usize::from(dossier.caisse)].nom.as_str().into(), dossier.numdemrsa.clone())
}

/// Why a right is closed when nothing says so: the person is missing from the stock of their caisse.
const ABSENCE: &str = "absence";

fn un_droit(histoire: &Histoire, personne: u32, droit: &periodes::Droit, motif: Option<&identites::Motif>) -> Droit {
    let (caisse, numdemrsa) = nom_du_dossier(histoire, droit.dossier);
    // A dossier given twice in a file has the situation of its strongest block, which may be another row.
    let etat = motif.and_then(|motif| motif.etat).filter(|etat| Classe::de(*etat) == droit.classe);
    let cloture = motif.filter(|_| droit.classe == Classe::Clos).map(|motif| motif.cloture.clone());
    Droit {
        personne,
        periode: droit.periode,
        classe: droit.classe,
        caisse,
        numdemrsa,
        date_demande: droit.date_demande,
        date_suspension: droit.date_suspension,
        etat: if droit.classe == Classe::Versable { Some(2) } else { etat },
        motif: if droit.absente { ABSENCE.to_owned() } else { cloture.unwrap_or_default() },
    }
}

impl Donnees {
    /// Adds the events of somebody, or counts them when they had no right in the year.
    fn ajouter_les_evenements(
        &mut self,
        histoire: &Histoire,
        (modes, fins): (&Complements, &Complements),
        personne: u32,
        du_perimetre: bool,
    ) {
        let annee = self.demande.annee;
        let siennes = histoire.orientations.de(personne);
        let siens = histoire.contrats.de(personne);
        if !du_perimetre {
            self.tri_orientations.hors_perimetre += siennes.len() as u64;
            self.tri_contrats.hors_perimetre += siens.len() as u64;
            return;
        }
        let (ecrites, tri) = orientations(siennes, histoire.fins_suivi.de(personne), annee);
        self.tri_orientations.ajouter(tri);
        self.orientations.extend(ecrites.into_iter().map(|ecrite| {
            let orientation = &siennes[ecrite.rang];
            Orientation {
                personne,
                debut: orientation.date,
                fin: ecrite.fin,
                motif_fin: ecrite.motif_fin,
                organisme: orientation.organisme,
                type_parcours: orientation.type_parcours,
                structure: (&*orientation.structure).into(),
                dispositif: orientation.dispositif,
                mode: modes.de(personne, ecrite.rang).mode,
                change_referent: ecrite.change_referent,
            }
        }));
        let (ecrits, tri) = contrats(siens, |rang| fins.de(personne, rang).fin, annee);
        self.tri_contrats.ajouter(tri);
        self.contrats.extend(ecrits.into_iter().map(|rang| {
            let complement = fins.de(personne, rang);
            Contrat {
                personne,
                type_contrat: siens[rang].type_contrat,
                signe_le: siens[rang].date,
                fin: complement.fin,
                rang: siens[rang].rang,
                structure: complement.structure,
            }
        }));
    }
}
