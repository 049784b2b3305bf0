//! Who counts in which figure, one by one: the figures of [`crate::indicateurs`], before they are
//! summed.

use rayon::prelude::*;

use crate::entrees::suivi::Clotures;
use crate::entrees::{Cloture, Entree, entrees, suites};
use crate::indicateurs::compte::refus;
use crate::indicateurs::garantie::Garantie;
use crate::indicateurs::{self, Ligne, Question};
use crate::parcours::etapes::Parcours;
use crate::parcours::histoire::Histoire;
use crate::temps::Mois;

/// Somebody who counts in a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compte {
    /// The figure.
    pub indicateur: &'static str,
    /// The person.
    pub personne: u32,
    /// Reference month of their entry, for the figures of entries.
    pub mois: Option<Mois>,
    /// File and row that show them.
    pub source: (u32, u32),
    /// Their dossier there.
    pub dossier: u32,
    /// What they bring: nothing to say of a count, what a mean is made of.
    pub poids: String,
}

/// Whether a figure is a mean, and not a count.
#[must_use]
pub fn est_une_moyenne(indicateur: &str) -> bool {
    matches!(indicateur, "3.2.5" | "3.2.6")
}

/// Everybody who counts in a figure.
#[must_use]
pub fn comptes(histoire: &Histoire, question: &Question<'_>) -> Vec<Compte> {
    (0..histoire.personnes)
        .into_par_iter()
        .map_init(
            || (Parcours::default(), Clotures::default()),
            |(parcours, clotures), personne| de(histoire, question, parcours, clotures, personne),
        )
        .flatten_iter()
        .collect()
}

fn de(
    histoire: &Histoire,
    question: &Question<'_>,
    parcours: &mut Parcours,
    clotures: &mut Clotures,
    personne: u32,
) -> Vec<Compte> {
    let Question { periode, referentiel, connu_le } = question;
    parcours.suivre(histoire, personne);
    clotures.chercher(histoire, referentiel, parcours, personne);
    let cloture = Cloture::new(referentiel, periode, *connu_le);
    let anticipee = referentiel.lectures.orientation_anticipee;
    let mut out = Vec::new();
    for entree in entrees(histoire, referentiel, anticipee, parcours, clotures, personne) {
        let ligne = Ligne { entree, suites: suites(histoire, referentiel, &entree, cloture) };
        let comptee = |indicateur: &indicateurs::compte::Compte| refus(question, &ligne, *indicateur).is_none();
        out.extend(indicateurs::compte::Compte::TOUS.into_iter().filter(comptee).map(|i| compte(i.id(), &entree)));
    }
    out.extend(de_la_garantie(histoire, question, parcours, personne));
    out
}

fn compte(indicateur: &'static str, entree: &Entree) -> Compte {
    Compte {
        indicateur,
        personne: entree.personne,
        mois: Some(entree.mois),
        source: entree.source,
        dossier: entree.dossier,
        poids: "1".to_owned(),
    }
}

/// The figures of the garantie d'activité and of the accompagnement global in which a person counts.
fn de_la_garantie(histoire: &Histoire, question: &Question<'_>, parcours: &Parcours, personne: u32) -> Vec<Compte> {
    let mut seule = Garantie::default();
    seule.ajouter(histoire, parcours, personne, &question.periode);
    let Some(releve) = histoire.releves.de(personne).next_back() else { return Vec::new() };
    let compte = |indicateur, poids: String| Compte {
        indicateur,
        personne,
        mois: None,
        source: (releve.fichier, releve.rang),
        dossier: releve.dossier,
        poids,
    };
    let mut out = Vec::new();
    for (indicateur, n) in [("3.2.2", seule.gad_en_cours), ("3.2.3", seule.ag_orientes), ("3.2.4", seule.ag_en_cours)] {
        if n > 0 {
            out.push(compte(indicateur, "1".to_owned()));
        }
    }
    if !seule.conseillers().is_empty() {
        let conseillers: Vec<&str> = seule.conseillers().iter().map(String::as_str).collect();
        out.push(compte("3.2.5", conseillers.join(", ")));
    }
    if let Some(jours) = seule.delai_moyen() {
        out.push(compte("3.2.6", format!("{} j", crate::rapport::nombre(jours, 1))));
    }
    out
}
