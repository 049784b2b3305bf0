//! The three criteria of the *nouvel entrant*, the day on which the department knew, and the
//! category.
//!
//! Source of the whole module: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022 (NOR
//! SSAA2202072J), annexe 7, section 6, « Nombre de nouveaux entrants ».

use super::suivi::{Clotures, bloquantes};
use crate::parcours::etapes::{EtatDossier, Parcours};
use crate::parcours::histoire::{Classe, Histoire};
use crate::referentiel::{Base, OrientationAnticipee, Referentiel};
use crate::temps::{Jour, Mois};

/// How somebody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Categorie {
    /// First claim: no earlier trace of a right.
    Primo,
    /// Joins a household that was already known.
    RejointFoyer,
    /// Comes back after a suspension.
    RetourSuspension,
    /// Comes back after being struck off.
    RetourRadiation,
    /// Was paid without being soumis aux droits et devoirs.
    RetourDd,
}

impl Categorie {
    /// Every category, in the order in which the first that holds is looked for.
    pub const TOUTES: [Self; 5] =
        [Self::RejointFoyer, Self::Primo, Self::RetourSuspension, Self::RetourRadiation, Self::RetourDd];

    /// The code of the outputs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Primo => "primo",
            Self::RejointFoyer => "rejoint_foyer",
            Self::RetourSuspension => "retour_suspension",
            Self::RetourRadiation => "retour_radiation",
            Self::RetourDd => "retour_dd",
        }
    }
}

/// A nouvel entrant, once per entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entree {
    /// The person.
    pub personne: u32,
    /// Reference month: that of the first step.
    pub mois: Mois,
    /// Day on which the department received the notification.
    pub t0: Jour,
    /// Day on which the caisse made the file that the department received first.
    pub transmission: Jour,
    /// Date of the claim of the entry's dossier.
    pub dtdemrsa: Option<Jour>,
    /// Number of the entry's dossier.
    pub dossier: u32,
    /// File and row that show the person in the entry's dossier.
    pub source: (u32, u32),
    /// How the person comes in.
    pub categorie: Categorie,
    /// First day that no longer belongs to the entry: that of the next entry, else never.
    pub fin_fenetre: Jour,
    /// Rank, among the person's orientations, of the one notified before the flux was received that
    /// belongs to the entry (reading `orientation_anticipee=rattacher`).
    pub rattachee: Option<usize>,
}

impl Entree {
    /// Whether an outcome of that day belongs to the entry. The window is empty when the next entry
    /// was known no later.
    #[must_use]
    pub fn fenetre(&self, jour: Jour) -> bool {
        self.t0 <= jour && jour < self.fin_fenetre
    }
}

/// A step that starts a spell en droits et devoirs and may be an entry.
#[derive(Clone, Copy, Debug)]
pub struct Candidat {
    /// Number of the step.
    pub etape: usize,
    /// Day on which the department received the notification.
    pub t0: Jour,
}

/// The entries of a person, in the order of their first step.
#[must_use]
pub fn entrees(
    histoire: &Histoire,
    referentiel: &Referentiel,
    anticipee: OrientationAnticipee,
    parcours: &Parcours,
    clotures: &Clotures,
    personne: u32,
) -> Vec<Entree> {
    let orientations = histoire.orientations.de(personne);
    let mut out: Vec<Entree> = Vec::new();
    let mut etape = 0;
    while let Some(debut) = debut_de_periode(parcours, etape) {
        let fin = fin_de_periode(parcours, debut);
        etape = fin;
        let fichier = &histoire.fichiers[parcours.etapes[debut].fichier as usize];
        if absent_en_m_moins_1(histoire, parcours, debut)
            && out.last().is_none_or(|entree| entree.mois != fichier.mois)
            && let Some(dossier) = dossier_de_l_entree(histoire, parcours.etats(debut))
            && apres_la_base(histoire, referentiel, dossier, fichier.en_tete.dtref)
            && let Some((t0, transmission)) = reception(histoire, parcours, debut, fin)
        {
            let candidat = Candidat { etape: debut, t0 };
            let categorie = categorie(histoire, parcours, personne, dossier, debut);
            let mut ouvertes = bloquantes(orientations, clotures, &candidat).peekable();
            let mut rattachee = None;
            if ouvertes.peek().is_some() {
                let debut_attente = debut_attente(parcours, debut, dossier, categorie);
                let anticipee = anticipee == OrientationAnticipee::Rattacher
                    && ouvertes.clone().all(|(_, orientation)| {
                        debut_attente.is_some_and(|a| a <= orientation.date)
                            && !dans_une_fenetre(&out, t0, orientation.date)
                    });
                if !anticipee {
                    continue;
                }
                rattachee = ouvertes.next().map(|(rang, _)| rang);
            }
            if let Some(previous) = out.last_mut() {
                previous.fin_fenetre = t0;
            }
            out.push(Entree {
                personne,
                mois: fichier.mois,
                t0,
                transmission,
                dtdemrsa: dossier.dtdemrsa,
                dossier: dossier.dossier,
                source: dossier.source,
                categorie,
                fin_fenetre: Jour::MAX,
                rattachee,
            });
        }
    }
    out
}

/// The first step, from `etape` on, after which the person is en droits et devoirs and was not
/// before: first and second criteria.
fn debut_de_periode(parcours: &Parcours, etape: usize) -> Option<usize> {
    parcours.etapes.get(etape..)?.iter().position(|e| e.en_dd).map(|rang| etape + rang)
}

/// The step after the last one of the spell that starts at `debut`.
fn fin_de_periode(parcours: &Parcours, debut: usize) -> usize {
    debut + parcours.etapes[debut..].iter().take_while(|e| e.en_dd).count()
}

/// Second criterion, « absent en M-1 des droits et devoirs »: not en droits et devoirs at the end of
/// the month before the reference month.
fn absent_en_m_moins_1(histoire: &Histoire, parcours: &Parcours, debut: usize) -> bool {
    let veille = histoire.fichiers[parcours.etapes[debut].fichier as usize].veille_du_mois;
    parcours.au(veille).is_none_or(|etape| !etape.en_dd)
}

/// The dossier that makes the person en droits et devoirs: of several, the smallest NUMDEMRSA.
fn dossier_de_l_entree<'a>(histoire: &Histoire, etats: &'a [EtatDossier]) -> Option<&'a EtatDossier> {
    etats.iter().filter(|etat| etat.en_dd()).min_by_key(|etat| {
        let dossier = &histoire.dossiers[etat.dossier as usize];
        (&dossier.numdemrsa, dossier.caisse)
    })
}

/// The first stock of a caisse says who was already there: only what comes after it is an entry.
/// Of a caisse whose stock is unknown, nobody can be said to enter.
fn apres_la_base(histoire: &Histoire, referentiel: &Referentiel, etat: &EtatDossier, dtref: Jour) -> bool {
    let caisse = histoire.dossiers[etat.dossier as usize].caisse;
    match histoire.caisses[usize::from(caisse)].base {
        Some(base) => dtref > base,
        None => referentiel.base == Base::Vide,
    }
}

/// t0, the day on which the department received the notification: the earliest reception among the
/// files of the spell that carry a record of the person; and the earliest day on which the caisse
/// made one of the files received that day.
fn reception(histoire: &Histoire, parcours: &Parcours, debut: usize, fin: usize) -> Option<(Jour, Jour)> {
    parcours.etapes[debut..fin]
        .iter()
        .filter(|etape| etape.porteuse)
        .map(|etape| {
            let en_tete = &histoire.fichiers[etape.fichier as usize].en_tete;
            (etape.recu_le, Jour::from(en_tete.cree_le.date()))
        })
        .min()
}

/// How the person comes in: the first that holds of joining a household, a first claim, and the
/// class just before, steps without a right apart.
fn categorie(histoire: &Histoire, parcours: &Parcours, personne: u32, etat: &EtatDossier, debut: usize) -> Categorie {
    let avant = parcours.etapes[..debut].iter().rev().map(|e| e.classe).find(|c| *c != Classe::SansDroit);
    match avant {
        None => {
            let fichier = parcours.etapes[debut].fichier;
            if histoire.dossiers[etat.dossier as usize].connu_par_un_autre(personne, fichier) {
                Categorie::RejointFoyer
            } else {
                Categorie::Primo
            }
        }
        Some(Classe::Suspendu) => Categorie::RetourSuspension,
        Some(Classe::Versable) => Categorie::RetourDd,
        Some(_) => Categorie::RetourRadiation,
    }
}

/// From when an orientation notified before the flux was received can belong to the entry: the last
/// step before it, else the claim. `None` when it cannot: the person was already followed.
fn debut_attente(parcours: &Parcours, debut: usize, etat: &EtatDossier, categorie: Categorie) -> Option<Jour> {
    match categorie {
        Categorie::Primo | Categorie::RejointFoyer | Categorie::RetourRadiation => match debut.checked_sub(1) {
            Some(before) => Some(parcours.etapes[before].jour),
            None => etat.dtdemrsa,
        },
        Categorie::RetourSuspension | Categorie::RetourDd => None,
    }
}

/// Whether a day lies in the window of an earlier entry, the new one being known on `t0`.
fn dans_une_fenetre(precedentes: &[Entree], t0: Jour, jour: Jour) -> bool {
    precedentes.iter().any(|entree| {
        let fin = if entree.fin_fenetre == Jour::MAX { t0 } else { entree.fin_fenetre };
        entree.t0 <= jour && jour < fin
    })
}

#[cfg(test)]
mod tests;
