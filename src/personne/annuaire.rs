//! Who each row of the flux is about, read once and kept: for whoever looks at one person after another.
//!
//! The flux say the same of somebody month after month: what they say is kept once, and each row is
//! the number of what it says. Memory follows the people, and four bytes a row.

use std::hash::BuildHasher;

use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::en_attente;
use crate::identite::EmpreinteNir;
use crate::journal::depot::{ErreurDepot, EtatFichier, Segment};
use crate::journal::lecture::{Designation, Fiche, parcourir_fiches};
use crate::journal::segment::MetaFlux;
use crate::purge::{Connu, Place, Signes, places};
use crate::rapport::detail::{Noms, noms_des};

/// Who the rows of some segments are about. The one of [`Annuaire::default`] holds nothing: whoever
/// uses it reads the segments.
#[derive(Debug, Default)]
pub struct Annuaire {
    /// The texts of every fiche, one after the other.
    textes: String,
    fiches: Vec<Gardee>,
    /// Of each segment, the fiche of each row.
    segments: FxHashMap<EtatFichier, Vec<u32>>,
    en_attente: Option<Signes>,
}

/// Where each text of a fiche ends; the first begins where the fiche before it ends.
#[derive(Clone, Copy, Debug)]
struct Gardee {
    fins: [usize; 6],
    nir: Option<EmpreinteNir>,
}

impl Annuaire {
    /// Reads who every row is about, and whom the events that wait for their person name.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn lire(connu: &Connu) -> Result<Self, ErreurDepot> {
        let mut out = Self { en_attente: Some(en_attente(connu)?), ..Self::default() };
        let mut connues = FxHashMap::default();
        for Place { segment, .. } in places(&connu.histoire, &connu.segments.flux) {
            let mut lignes = Vec::with_capacity(segment.lignes());
            parcourir_fiches(segment, |_, fiche| lignes.push(out.numero(&mut connues, fiche)))?;
            out.segments.insert(segment.etat(), lignes);
        }
        out.textes.shrink_to_fit();
        out.fiches.shrink_to_fit();
        Ok(out)
    }

    /// The number of a fiche, kept if it was not. Two that have the same digest follow each other.
    fn numero(&mut self, connues: &mut FxHashMap<u64, u32>, fiche: &Fiche<'_>) -> u32 {
        let mut place = FxBuildHasher.hash_one((textes(fiche), fiche.nir));
        loop {
            match connues.get(&place) {
                Some(&numero) if self.fiche(numero) == *fiche => return numero,
                Some(_) => place = place.wrapping_add(1),
                None => break,
            }
        }
        let numero = u32::try_from(self.fiches.len()).unwrap_or(u32::MAX);
        let fins = textes(fiche).map(|texte| {
            self.textes.push_str(texte);
            self.textes.len()
        });
        self.fiches.push(Gardee { fins, nir: fiche.nir });
        connues.insert(place, numero);
        numero
    }

    /// A fiche that is kept.
    pub(super) fn fiche(&self, numero: u32) -> Fiche<'_> {
        let rang = numero as usize;
        let Gardee { fins, nir } = self.fiches[rang];
        let mut debut = rang.checked_sub(1).map_or(0, |avant| self.fiches[avant].fins[5]);
        let [numdemrsa, matricule, nom, nomnai, prenom, dtnai] =
            fins.map(|fin| &self.textes[std::mem::replace(&mut debut, fin)..fin]);
        Fiche { numdemrsa, matricule, nom, nomnai, prenom, dtnai, nir }
    }

    /// Whether each fiche is one of those that are looked for.
    pub(super) fn reconnues(&self, cherchee: impl Fn(&Fiche<'_>) -> bool + Sync) -> Vec<bool> {
        (0..self.fiches.len() as u32).into_par_iter().map(|numero| cherchee(&self.fiche(numero))).collect()
    }

    /// The fiche of each row of a segment, unless it was not read.
    pub(super) fn lignes(&self, segment: &Segment<MetaFlux>) -> Option<&[u32]> {
        self.segments.get(&segment.etat()).map(Vec::as_slice)
    }

    /// Whom the events that wait for their person name, unless they were not read.
    pub(super) fn en_attente(&self) -> Option<&Signes> {
        self.en_attente.as_ref()
    }

    /// The names at some files and rows, as [`noms_des`] reads them: what is kept is not read again.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn noms(&self, connu: &Connu, sources: impl Iterator<Item = (u32, u32)>) -> Result<Noms, ErreurDepot> {
        let mut par_fichier: FxHashMap<u32, Vec<(u32, &[u32])>> = FxHashMap::default();
        for Place { fichier, debut, segment } in places(&connu.histoire, &connu.segments.flux) {
            let lignes = self.lignes(segment).map(|lignes| (debut, lignes));
            par_fichier.entry(fichier).or_default().extend(lignes);
        }
        let gardee = |(fichier, rang): &(u32, u32)| {
            let morceaux = par_fichier.get(fichier)?.iter();
            let numero =
                morceaux.filter_map(|(debut, lignes)| lignes.get(rang.checked_sub(*debut)? as usize)).next()?;
            Some(self.fiche(*numero))
        };
        let (mut noms, mut autres) = (Noms::default(), Vec::new());
        for source in sources {
            match gardee(&source) {
                Some(fiche) => _ = noms.insert(source, designation(&fiche)),
                None => autres.push(source),
            }
        }
        noms.extend(noms_des(&connu.histoire, &connu.segments.flux, autres.into_iter())?);
        Ok(noms)
    }
}

fn textes<'a>(fiche: &Fiche<'a>) -> [&'a str; 6] {
    [fiche.numdemrsa, fiche.matricule, fiche.nom, fiche.nomnai, fiche.prenom, fiche.dtnai]
}

fn designation(fiche: &Fiche<'_>) -> Designation {
    Designation {
        numdemrsa: fiche.numdemrsa.into(),
        matricule: fiche.matricule.into(),
        nom: fiche.nom.into(),
        prenom: fiche.prenom.into(),
        date_naissance: fiche.dtnai.into(),
    }
}
