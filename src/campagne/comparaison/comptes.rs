//! Who counts in which figure, one by one: the figures of [`crate::indicateurs`], before they are
//! summed.

use rayon::prelude::*;

use crate::entrees::suivi::Clotures;
use crate::entrees::{Cloture, Entree, entrees, suites};
use crate::identite::folded;
use crate::indicateurs::garantie::Garantie;
use crate::indicateurs::{Ligne, Question};
use crate::parcours::etapes::Parcours;
use crate::parcours::histoire::Histoire;
use crate::referentiel::{Flux, RdvPopulation};
use crate::temps::{Jour, Mois};

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
        out.extend(de_l_entree(question, &ligne).into_iter().map(|indicateur| compte(indicateur, &entree)));
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

/// The figures in which an entry counts.
fn de_l_entree(question: &Question<'_>, ligne: &Ligne<'_>) -> Vec<&'static str> {
    let Question { periode, referentiel, .. } = question;
    let lectures = &referentiel.lectures;
    let suites = &ligne.suites;
    let cohorte = periode.contient(ligne.entree.t0);
    let mut out = Vec::new();
    if cohorte {
        out.push("3.1.1");
    }
    if !cohorte && lectures.flux == Flux::Cohorte {
        return out;
    }
    let du_flux = |jour: Jour| lectures.flux == Flux::Cohorte || periode.contient(jour);
    if suites.oriente_a_temps() && suites.orientation.is_some_and(|o| du_flux(o.date)) {
        out.push("3.1.2");
    }
    if suites.premier_rdv.is_some_and(|rdv| du_flux(rdv.fixe_le)) {
        out.push("3.1.3");
        let dans_le_champ = lectures.rdv_population == RdvPopulation::Orientes || suites.oriente_a_temps();
        if suites.hors_pe() && dans_le_champ && suites.delai_premier_rdv.is_some_and(|delai| delai.tenu()) {
            out.push("3.1.4");
        }
    }
    if suites.premier_cer.is_some_and(|cer| du_flux(cer.date)) {
        out.push("3.1.5");
        if suites.delai_premier_cer.is_some_and(|delai| delai.tenu()) {
            out.push("3.1.6");
        }
    }
    if suites.gad.is_some() {
        out.push("3.2.1");
    }
    out
}

/// The figures of the garantie d'activité and of the accompagnement global in which a person counts.
fn de_la_garantie(histoire: &Histoire, question: &Question<'_>, parcours: &Parcours, personne: u32) -> Vec<Compte> {
    let mut seule = Garantie::default();
    seule.ajouter(histoire, parcours, personne, &question.periode);
    let Some(releve) = histoire.releves.de(personne).last() else { return Vec::new() };
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
    if seule.ag_en_cours > 0 {
        let arrete = question.periode.arrete;
        let ag = histoire.accompagnements.de(personne).iter().filter(|a| a.type_accompagnement == "AG");
        let en_cours =
            ag.filter(|a| a.debut.is_some_and(|debut| debut <= arrete) && a.fin.is_none_or(|fin| fin > arrete));
        let mut conseillers: Vec<String> = en_cours.map(|a| folded(&a.conseiller).into_owned()).collect();
        conseillers.retain(|conseiller| !conseiller.is_empty());
        conseillers.sort();
        conseillers.dedup();
        if !conseillers.is_empty() {
            out.push(compte("3.2.5", conseillers.join(", ")));
        }
    }
    if let Some(jours) = seule.delai_moyen() {
        out.push(compte("3.2.6", format!("{} j", crate::rapport::nombre(jours, 1))));
    }
    out
}
