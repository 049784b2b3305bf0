//! A described export, record after record: as [`crate::flux::evenements_csv`] does for our own
//! columns.

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use super::application::{Lu, Plan};
use super::description::Description;
use crate::flux::evenements_csv::{mal_coupee, place, trop_longue};
use crate::flux::source::Flot;
use crate::flux::tableur::{Enregistrements, Largeur, Tableur};
use crate::identite::short_digest;
use crate::releves::evenements::{BilanEvenements, Evenement};
use crate::releves::{Marque, Refus, Rejet, Texte};

/// What was counted, beside the events.
#[derive(Clone, Debug)]
pub struct Bilan {
    /// As for every event file.
    pub commun: BilanEvenements,
    /// Lines that are not of the source, by what says so, in the order in which they were met.
    pub hors: Vec<(String, u64)>,
}

impl Bilan {
    /// Lines that are not of the source.
    #[must_use]
    pub fn hors_source(&self) -> u64 {
        self.hors.iter().map(|(_, n)| n).sum()
    }
}

/// Reads an export received on `recu_le` under its description; `original` is the file whose rejects
/// it is an extract of, if it is one: its lines take the place that they had there.
///
/// # Errors
/// The file cannot be read, has not the headings described, or what a receiver refuses.
pub fn lire(
    contenu: Flot,
    description: &Description,
    tableur: &Tableur,
    recu_le: NaiveDate,
    original: Option<&str>,
    evenement: &mut dyn FnMut(Evenement) -> Result<(), Refus>,
    rejet: &mut dyn FnMut(Rejet, Texte<'_>) -> Result<(), Refus>,
) -> Result<Bilan, Refus> {
    let plan = Plan::new(description, tableur)?;
    let commun = BilanEvenements {
        genre: description.genre,
        lignes: 0,
        rejetes: 0,
        avertissements: Vec::new(),
        repris: Vec::new(),
    };
    let mut bilan = Bilan { commun, hors: Vec::new() };
    let mut connus: FxHashMap<i64, i64> = FxHashMap::default();
    let mut confondus = 0u64;
    let (lues, colonne_marque) = (plan.colonnes_lues(tableur), tableur.colonne(Marque::COLONNE));
    let mut enregistrements = Enregistrements::new(contenu, tableur)?;
    while let Some(ligne) = enregistrements.suivant()? {
        bilan.commun.lignes += 1;
        let mut lu = match ligne.largeur() {
            Largeur::Courte | Largeur::Longue => Lu::Rejet(mal_coupee(&ligne)),
            Largeur::Juste => match trop_longue(&ligne, &lues) {
                Some(ecarte) => Lu::Rejet(ecarte),
                None => plan.lire(ligne.numero, recu_le, &|place| ligne.champ(Some(place)).into_owned()),
            },
        };
        if let (Some(original), Lu::Evenement(_) | Lu::Hors(_)) = (original, &lu) {
            match place(&ligne, colonne_marque, original) {
                // A line that is mended out of the source is mended all the same.
                Ok((origine, repris)) => {
                    bilan.commun.repris.push(repris);
                    if let Lu::Evenement(evenement) = &mut lu {
                        evenement.ligne = origine;
                    }
                }
                Err(ecarte) => lu = Lu::Rejet(ecarte),
            }
        }
        match lu {
            Lu::Evenement(lu) => {
                if description.identifiant.is_some() && deja_vu(&mut connus, &lu) {
                    confondus += 1;
                }
                evenement(*lu)?;
            }
            Lu::Rejet(ecarte) => {
                bilan.commun.rejetes += 1;
                rejet(ecarte, ligne.texte(tableur))?;
            }
            Lu::Hors(raison) => match bilan.hors.iter_mut().find(|(connue, _)| *connue == raison) {
                Some((_, n)) => *n += 1,
                None => bilan.hors.push((raison, 1)),
            },
        }
    }
    if bilan.commun.lignes == 0 {
        bilan.commun.avertissements.push("fichier sans aucune ligne sous l'en-tête".to_owned());
    }
    if confondus > 0 {
        let (s, ont) = if confondus > 1 { ("s", "ont") } else { ("", "a") };
        bilan.commun.avertissements.push(format!(
            "{confondus} ligne{s} {ont} l'identifiant d'une autre ligne, différente : la dernière l'emporte. \
             Si ce sont deux événements, ajoutez une colonne à [identifiant] dans la source {}",
            description.nom
        ));
    }
    Ok(bilan)
}

/// Whether another line of the file, that says something else, has the same identifier.
fn deja_vu(connus: &mut FxHashMap<i64, i64>, evenement: &Evenement) -> bool {
    let digest = |texte: &str| short_digest(blake3::Hasher::new().update(texte.as_bytes()));
    let dit = digest(&format!("{:?} {:?}", evenement.valeurs, evenement.identite));
    connus.insert(digest(&evenement.id), dit).is_some_and(|autre| autre != dit)
}
