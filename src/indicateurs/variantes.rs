//! The twelve figures under each reading that the texts leave open, one at a time: what hangs on it.
//! The texts themselves stand beside the readings, in [`crate::referentiel`].

use rayon::prelude::*;

use super::{Comptees, Indicateur, Question, Tableau, Valeur, des_entrees, entrees_sous};
use crate::parcours::histoire::Histoire;
use crate::referentiel::{Lectures, Referentiel};

/// The twelve figures under one other reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Variante {
    /// The switch, as `orientation.delai`.
    pub cle: &'static str,
    /// Its value, as `30_jours`.
    pub lecture: &'static str,
    /// Which text supports this reading, in one line of French.
    pub texte: &'static str,
    /// The figures by id, in the order of the table.
    pub valeurs: Vec<(&'static str, Option<Valeur>)>,
}

impl Variante {
    /// The reading, as `orientation.delai=30_jours`.
    #[must_use]
    pub fn nom(&self) -> String {
        format!("{}={}", self.cle, self.lecture)
    }

    /// How far each figure is from that of the table, by id; `None` when one of the two is missing or
    /// hidden.
    #[must_use]
    pub fn ecarts(&self, en_vigueur: &[Indicateur]) -> Vec<(&'static str, Option<f64>)> {
        let ecart = |id: &str, valeur: Option<Valeur>| {
            let table = en_vigueur.iter().find(|indicateur| indicateur.definition.id == id)?.valeur?;
            Some(valeur?.nombre()? - table.nombre()?)
        };
        self.valeurs.iter().map(|(id, valeur)| (*id, ecart(id, *valeur))).collect()
    }
}

/// The référentiel in force but for one switch, with the name of what it changes.
struct Autre {
    cle: &'static str,
    lecture: &'static str,
    texte: &'static str,
    referentiel: Referentiel,
}

/// Every reading other than those in force, one at a time, in the order of the switches.
fn autres(referentiel: &Referentiel) -> Vec<Autre> {
    let choisies = referentiel.lectures.choisies();
    let mut out = Vec::new();
    for ((cle, lectures), (_, choisie)) in Lectures::catalogue().into_iter().zip(choisies) {
        for lecture in lectures.into_iter().filter(|lecture| *lecture != choisie) {
            let mut referentiel = referentiel.clone();
            if referentiel.lectures.choisir(cle, lecture).is_ok() {
                let texte = Lectures::texte(cle, lecture).unwrap_or_default();
                out.push(Autre { cle, lecture, texte, referentiel });
            }
        }
    }
    out
}

/// The figures of a question under each reading other than those in force, one at a time.
///
/// `tableau` is what [`super::calculer`] gives for the same question, nothing hidden yet: 3.2.2 to
/// 3.2.6 depend on no reading, and are taken from it.
#[must_use]
pub fn calculer(histoire: &Histoire, question: &Question<'_>, tableau: &Tableau<'_>) -> Vec<Variante> {
    let autres = autres(question.referentiel);
    // Who enters hangs on two switches only: people are followed once for each of their values.
    let distinctes = |r: &Referentiel| (r.lectures.suspension, r.lectures.orientation_anticipee);
    let mut representants: Vec<&Referentiel> = vec![question.referentiel];
    for autre in &autres {
        if representants.iter().all(|r| distinctes(r) != distinctes(&autre.referentiel)) {
            representants.push(&autre.referentiel);
        }
    }
    let entrees = entrees_sous(histoire, &representants);
    let variante = |autre: &Autre| {
        let question = Question { referentiel: &autre.referentiel, ..*question };
        let siennes = representants.iter().zip(&entrees).find(|(r, _)| distinctes(r) == distinctes(&autre.referentiel));
        let lignes = Comptees::new(histoire, &question, siennes.map_or(&[], |(_, entrees)| entrees));
        let des_entrees = des_entrees(&question, &lignes);
        let reste = tableau.indicateurs.iter().skip(des_entrees.len());
        let valeurs = des_entrees.iter().chain(reste).map(|i| (i.definition.id, i.valeur)).collect();
        Variante { cle: autre.cle, lecture: autre.lecture, texte: autre.texte, valeurs }
    };
    autres.par_iter().map(variante).collect()
}
