//! The table split along an axis: by month, caisse, territory, structure, body, type of parcours or
//! category of entry. What is counted is counted by the same functions as the table.
//!
//! 3.1.1 to 3.2.1 split along every axis, by the entry that counts: each entry is in one part, so that
//! counts of entries add up to the table. 3.2.2 to 3.2.6 are about people, most of whom have no entry
//! in the period: they split by caisse only. A mean, a rate, or distinct people do not add up: their
//! total is the figure of the table, and [`additif`] tells which is which.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::apports::Apport;
use super::{
    Comptees, Indicateur, Ligne, Question, Tableau, apports_de, de_la_garantie, des_apports, entrees_sous,
    motif_des_bases,
};
use crate::entrees::Categorie;
use crate::identite::folded;
use crate::journal::evenements::Orientation;
use crate::parcours::etapes::Parcours;
use crate::parcours::histoire::Histoire;
use crate::referentiel::{Comptage, Flux};
use crate::temps::{Jour, Mois, Periode};

/// An axis along which the table is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axe {
    /// Month of t0.
    Mois,
    /// Caisse of the entry's dossier.
    Caisse,
    /// Territory of the orientation.
    Territoire,
    /// Structure of the orientation.
    Structure,
    /// Body to which people are oriented.
    Organisme,
    /// Type of parcours of the orientation.
    TypeParcours,
    /// Category of the entry.
    Categorie,
}

impl Axe {
    /// Every axis, with the name it has on the command line and in the outputs.
    pub const TOUS: [(&'static str, Self); 7] = [
        ("mois", Self::Mois),
        ("caisse", Self::Caisse),
        ("territoire", Self::Territoire),
        ("structure", Self::Structure),
        ("organisme", Self::Organisme),
        ("type_parcours", Self::TypeParcours),
        ("categorie", Self::Categorie),
    ];

    /// The axis that has a name; `None` when none has.
    #[must_use]
    pub fn lire(texte: &str) -> Option<Self> {
        Self::TOUS.iter().find(|(code, _)| *code == texte).map(|(_, axe)| *axe)
    }

    /// Its name on the command line and in the outputs.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::TOUS.iter().find(|(_, axe)| *axe == self).map_or("", |(code, _)| code)
    }

    /// Its name for people.
    #[must_use]
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Mois => "Mois d'entrée",
            Self::Caisse => "Caisse",
            Self::Territoire => "Territoire",
            Self::Structure => "Structure",
            Self::Organisme => "Organisme d'orientation",
            Self::TypeParcours => "Type de parcours",
            Self::Categorie => "Catégorie d'entrée",
        }
    }

    /// What the orientation says along this axis; `None` when the axis is not about the orientation.
    fn de_l_orientation(self) -> Option<fn(&Orientation) -> &str> {
        match self {
            Self::Territoire => Some(|o| &o.territoire),
            Self::Structure => Some(|o| &o.structure),
            Self::Organisme => Some(|o| o.organisme),
            Self::TypeParcours => Some(|o| o.type_parcours),
            Self::Mois | Self::Caisse | Self::Categorie => None,
        }
    }
}

/// The value of the entries that have no orientation.
pub const SANS_ORIENTATION: &str = "sans orientation";
/// The value of the entries whose orientation does not say it.
pub const NON_RENSEIGNE: &str = "non renseigné";

/// What one value of an axis holds of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The axis.
    pub axe: Axe,
    /// Its value, as the outputs show it.
    pub valeur: String,
    /// The indicators that split along this axis, in the order of the table.
    pub indicateurs: Vec<Indicateur>,
}

/// Whether the parts of a figure of the table add up to it. A mean and a ratio never do, distinct
/// people do not either (somebody with two entries may be in two parts), nor does a figure that Pôle
/// emploi reported, which has no parts: `valeur_calculee` is then the sum.
#[must_use]
pub fn additif(total: &Indicateur, comptage: Comptage) -> bool {
    match total.definition.id {
        "3.2.2" | "3.2.3" | "3.2.4" => total.valeur_calculee.is_none(),
        "3.2.5" | "3.2.6" => false,
        _ => comptage == Comptage::Entrees,
    }
}

/// A value of an axis, in the order in which the outputs show them: those of the data, then what is
/// not given, then those who have no orientation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cle {
    rang: u32,
    plie: String,
    texte: String,
}

impl Cle {
    fn nommee(rang: u32, texte: &str) -> Self {
        Self { rang, plie: String::new(), texte: texte.to_owned() }
    }

    /// A value of the data, as it is written there.
    fn donnee(texte: &str) -> Self {
        match texte.trim() {
            "" => Self::nommee(u32::MAX - 1, NON_RENSEIGNE),
            // A territory of that very name stays apart.
            ambigu @ (NON_RENSEIGNE | SANS_ORIENTATION) => Self::donnee(&format!("« {ambigu} »")),
            texte => Self { rang: 0, plie: folded(texte).into_owned(), texte: texte.to_owned() },
        }
    }

    fn sans_orientation() -> Self {
        Self::nommee(u32::MAX, SANS_ORIENTATION)
    }

    fn categorie(categorie: Categorie) -> Self {
        let rang = Categorie::TOUTES.iter().position(|autre| *autre == categorie);
        Self::nommee(rang.and_then(|rang| u32::try_from(rang).ok()).unwrap_or_default(), categorie.code())
    }
}

/// What an entry says along an axis, as it is known. Many entries say the same: it is put into words once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Dit<'a> {
    Mois(Mois),
    Caisse(u16),
    Categorie(Categorie),
    /// A value of the orientation, as it is written there.
    Orientation(&'a str),
    SansOrientation,
}

impl<'a> Dit<'a> {
    /// What an entry says. The orientation is that of the entry, known by the closing.
    fn de(histoire: &Histoire, axe: Axe, ligne: &Ligne<'a>) -> Self {
        if let Some(champ) = axe.de_l_orientation() {
            return ligne.suites.orientation.map_or(Self::SansOrientation, |o| Self::Orientation(champ(o)));
        }
        match axe {
            Axe::Mois => Self::Mois(ligne.entree.t0.mois()),
            Axe::Categorie => Self::Categorie(ligne.entree.categorie),
            _ => Self::Caisse(histoire.dossiers[ligne.entree.dossier as usize].caisse),
        }
    }

    fn cle(self, histoire: &Histoire) -> Cle {
        match self {
            Self::Mois(mois) => Cle::nommee(0, &mois.to_string()),
            Self::Caisse(caisse) => Cle::nommee(0, &histoire.caisses[usize::from(caisse)].nom),
            Self::Categorie(categorie) => Cle::categorie(categorie),
            Self::Orientation(texte) => Cle::donnee(texte),
            Self::SansOrientation => Cle::sans_orientation(),
        }
    }
}

/// The parts that are shown even when nobody is in them: each month of the period, each caisse known,
/// each category, those who have no orientation.
fn toujours(histoire: &Histoire, axe: Axe, periode: &Periode) -> Vec<Cle> {
    match axe {
        Axe::Mois => mois_de(periode).map(|mois| Cle::nommee(0, &mois.to_string())).collect(),
        Axe::Caisse => histoire.caisses.iter().map(|caisse| Cle::nommee(0, &caisse.nom)).collect(),
        Axe::Categorie => Categorie::TOUTES.map(Cle::categorie).to_vec(),
        _ => vec![Cle::sans_orientation()],
    }
}

fn mois_de(periode: &Periode) -> impl Iterator<Item = Mois> + use<> {
    let dernier = periode.au.mois();
    std::iter::successors(Some(periode.du.mois()), |mois| Some(mois.suivant())).take_while(move |mois| *mois <= dernier)
}

/// The entries of one part: the people of those of the period, and what those whose outcomes count add.
#[derive(Clone, Default)]
struct Entrees<'b> {
    entrants: Vec<u32>,
    apports: Vec<&'b Apport>,
}

/// The parts of a table along an axis, in the order in which they are met.
struct Parts<'a, 'b> {
    entrees: Vec<Entrees<'b>>,
    par_cle: BTreeMap<Cle, usize>,
    par_dit: FxHashMap<Dit<'a>, usize>,
}

impl<'a, 'b> Parts<'a, 'b> {
    /// Those that are shown even when nobody is in them.
    fn new(cles: Vec<Cle>) -> Self {
        let par_cle: BTreeMap<Cle, usize> = cles.into_iter().zip(0..).collect();
        Self { entrees: vec![Entrees::default(); par_cle.len()], par_cle, par_dit: FxHashMap::default() }
    }

    /// The part of those who say something.
    fn de(&mut self, histoire: &Histoire, dit: Dit<'a>) -> &mut Entrees<'b> {
        let Self { entrees, par_cle, par_dit } = self;
        let rang = *par_dit.entry(dit).or_insert_with(|| {
            *par_cle.entry(dit.cle(histoire)).or_insert_with(|| {
                entrees.push(Entrees::default());
                entrees.len() - 1
            })
        });
        &mut entrees[rang]
    }
}

/// Splits a table along some axes, in the order asked.
///
/// `tableau` is what [`super::calculer`] gives for the same question, nothing hidden yet.
#[must_use]
pub fn repartir<'a>(histoire: &'a Histoire, question: &Question<'_>, tableau: &Tableau<'a>, axes: &[Axe]) -> Vec<Part> {
    if axes.is_empty() {
        return Vec::new();
    }
    let de_toute_date = (question.referentiel.lectures.flux == Flux::Evenements).then(|| {
        let entrees: Vec<_> = entrees_sous(histoire, &[question.referentiel]).concat();
        Comptees::en_parts(histoire, question, &entrees)
    });
    let comptees = de_toute_date.as_ref().map_or(tableau.lignes.as_slice(), Comptees::comptees);
    let apports = apports_de(question, comptees);
    // An entry of another date is in no part unless something of it counts.
    let compte = |(ligne, apport): &(&Ligne<'a>, &Apport)| {
        question.periode.contient(ligne.entree.t0) || apport.compte_quelque_part()
    };
    let comptees: Vec<_> = comptees.iter().zip(&apports).filter(compte).collect();
    axes.par_iter().flat_map_iter(|axe| selon(histoire, question, tableau, &comptees, *axe)).collect()
}

/// Splits a table along one axis.
fn selon<'a>(
    histoire: &Histoire,
    question: &Question<'_>,
    tableau: &Tableau<'a>,
    comptees: &[(&Ligne<'a>, &Apport)],
    axe: Axe,
) -> Vec<Part> {
    let mut parts = Parts::new(toujours(histoire, axe, &question.periode));
    for ligne in &tableau.lignes {
        parts.de(histoire, Dit::de(histoire, axe, ligne)).entrants.push(ligne.entree.personne);
    }
    for (ligne, apport) in comptees {
        parts.de(histoire, Dit::de(histoire, axe, ligne)).apports.push(*apport);
    }
    let Parts { entrees, par_cle, .. } = parts;
    let part = |(cle, rang): (Cle, usize)| {
        let Entrees { entrants, apports } = &entrees[rang];
        let mut indicateurs = des_apports(question, entrants, apports);
        if axe == Axe::Caisse {
            let mut noms = histoire.caisses.iter().zip(&tableau.garanties);
            let sienne = noms.find(|(caisse, _)| caisse.nom == cle.texte).map(|(_, sienne)| sienne);
            indicateurs.extend(sienne.map(|sienne| de_la_garantie(question, sienne)).unwrap_or_default());
        }
        if let Some(entrants) = indicateurs.first_mut() {
            entrants.motif = match axe {
                Axe::Caisse => motif_des_bases(histoire, &tableau.qualite, &question.periode, Some(&cle.texte)),
                _ => tableau.indicateurs.first().and_then(|total| total.motif.clone()),
            };
        }
        Part { axe, valeur: cle.texte, indicateurs }
    };
    par_cle.into_iter().map(part).collect()
}

/// The caisse of a person on a day: that of the dossier which gives them their class after the last
/// step dated that day or before (of several, the smallest NUMDEMRSA, as for the entry's dossier).
/// Before anything was known of them, that of their first step.
pub(super) fn caisse_au(histoire: &Histoire, parcours: &Parcours, jour: Jour) -> Option<u16> {
    let etape = parcours.nombre_au(jour).saturating_sub(1);
    if parcours.etapes.is_empty() {
        return None;
    }
    let place = |dossier: u32| &histoire.dossiers[dossier as usize];
    let dossier = parcours.etats(etape).iter().min_by_key(|etat| {
        let dossier = place(etat.dossier);
        (etat.classe, &dossier.numdemrsa, dossier.caisse)
    })?;
    Some(place(dossier.dossier).caisse)
}
