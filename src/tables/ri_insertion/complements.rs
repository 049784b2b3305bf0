//! What the department's files say of an event beside what the computation keeps of it: the end and
//! the structure of a contract, how an orientation was given.

use std::sync::Arc;

use chrono::NaiveDate;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::evenements::{EnVigueur, Rang, versions};
use crate::journal::lecture::{Lot, lots_sans};
use crate::journal::segment::MetaEvenements;
use crate::parcours::personnes::Rattachement;
use crate::parcours::rangement::Repertoire;
use crate::releves::genres::Genre;
use crate::temps::Jour;

/// What is read beside an event: the columns that its kind has not are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complement {
    /// `date_fin` of a contract.
    pub fin: Option<Jour>,
    /// `structure` of a contract.
    pub structure: SmolStr,
    /// `mode` of an orientation.
    pub mode: SmolStr,
}

/// The complements of the events of each person, in the order of their history: by date, then
/// identifier.
#[derive(Debug, Default)]
pub struct Complements(FxHashMap<u32, Vec<Complement>>);

impl Complements {
    /// Reads those of the events in force of a kind.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn lire<T>(
        segments: &[Segment<MetaEvenements>],
        genre: Genre,
        connu_le: Option<NaiveDate>,
        (en_vigueur, date): (&[EnVigueur<T>], impl Fn(&T) -> Jour),
        repertoire: &Repertoire,
    ) -> Result<Self, ErreurDepot> {
        let lus = par_lieu(segments, genre, connu_le, en_vigueur)?;
        let mut siens: Vec<(u32, &EnVigueur<T>)> = en_vigueur
            .iter()
            .filter_map(|evenement| match repertoire.chercher(&evenement.qui) {
                Rattachement::Personne(personne) => Some((personne, evenement)),
                Rattachement::EnAttente(_) => None,
            })
            .collect();
        siens.sort_by(|(p, a), (q, b)| (p, date(&a.evenement), &a.id).cmp(&(q, date(&b.evenement), &b.id)));
        let mut out: FxHashMap<u32, Vec<Complement>> = FxHashMap::default();
        for (personne, evenement) in siens {
            let lu = lus.get(&lieu(evenement)).and_then(|lu| lu.as_ref()).map(|(_, lu)| lu.clone());
            out.entry(personne).or_default().push(lu.unwrap_or_default());
        }
        Ok(Self(out))
    }

    /// That of an event of a person, by its place in their history.
    #[must_use]
    pub fn de(&self, personne: u32, rang: usize) -> Complement {
        self.0.get(&personne).and_then(|siens| siens.get(rang)).cloned().unwrap_or_default()
    }
}

/// Where an event was read, as it is told to people: file, line and identifier.
type Cle = (Arc<str>, u32, SmolStr);

fn lieu<T>(evenement: &EnVigueur<T>) -> Cle {
    (Arc::clone(&evenement.lieu.fichier), evenement.lieu.ligne, evenement.id.clone())
}

/// The complements at the places where events in force were read. Two files of one name may have the
/// same event on the same line: of those known on the day, the last version is the one in force.
fn par_lieu<T>(
    segments: &[Segment<MetaEvenements>],
    genre: Genre,
    connu_le: Option<NaiveDate>,
    en_vigueur: &[EnVigueur<T>],
) -> Result<FxHashMap<Cle, Option<(Rang, Complement)>>, ErreurDepot> {
    let mut out: FxHashMap<Cle, Option<(Rang, Complement)>> =
        en_vigueur.iter().map(|evenement| (lieu(evenement), None)).collect();
    let mut ordres: FxHashMap<String, Vec<Rang>> = FxHashMap::default();
    for lue in versions(segments, genre)? {
        ordres.entry(lue.empreinte).or_default().push(lue.ordre);
    }
    for segment in segments.iter().filter(|segment| segment.meta.genre == genre.nom()) {
        let nom: Arc<str> = segment.meta.commun.nom.as_str().into();
        let mut siens = ordres.remove(&segment.meta.commun.empreinte).unwrap_or_default().into_iter();
        for lot in &lots_sans(segment, &["nom", "prenom", "date_naissance", "referent"])? {
            let (ids, lignes, annules) = (lot.textes("id_evenement")?, lot.lignes("ligne")?, lot.booleens("annule")?);
            let connus = connus(genre, lot, connu_le)?;
            let lire = colonnes(genre, lot)?;
            for row in 0..lot.len() {
                let (Some(ordre), true, false) = (siens.next(), connus[row], annules[row]) else { continue };
                let Some(place) = out.get_mut(&(Arc::clone(&nom), lignes[row], ids[row].into())) else { continue };
                if place.as_ref().is_none_or(|(connu, _)| *connu <= ordre) {
                    *place = Some((ordre, lire(row)));
                }
            }
        }
    }
    Ok(out)
}

/// Which rows the department knew on the day: by their recording day, else by their own date.
fn connus(genre: Genre, lot: &Lot<'_>, connu_le: Option<NaiveDate>) -> Result<Vec<bool>, ErreurDepot> {
    let Some(connu_le) = connu_le.map(Jour::from) else { return Ok(vec![true; lot.len()]) };
    let mut jours = lot.jours("saisi_le")?;
    for nom in genre.date_propre() {
        jours.iter_mut().zip(lot.jours(nom)?).for_each(|(jour, propre)| *jour = jour.or(propre));
    }
    Ok(jours.into_iter().map(|jour| jour.is_none_or(|jour| Jour(jour) <= connu_le)).collect())
}

/// Reads the columns of the kind.
fn colonnes<'a>(genre: Genre, lot: &'a Lot<'_>) -> Result<impl Fn(usize) -> Complement + 'a, ErreurDepot> {
    let des_contrats = genre == Genre::Cer;
    let (fins, structures) =
        if des_contrats { (lot.jours("date_fin")?, lot.textes("structure")?) } else { (Vec::new(), Vec::new()) };
    let modes = if des_contrats { Vec::new() } else { lot.textes("mode")? };
    Ok(move |row: usize| {
        let texte = |colonne: &[&str]| colonne.get(row).copied().unwrap_or_default().into();
        Complement {
            fin: fins.get(row).copied().flatten().map(Jour),
            structure: texte(&structures),
            mode: texte(&modes),
        }
    })
}
