//! The three criteria of the *nouvel entrant*, the day on which the department knew, and the
//! category.
//!
//! Source of the whole module: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022 (NOR
//! SSAA2202072J), annexe 7, section 6, « Nombre de nouveaux entrants ».

use std::cell::Cell;

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

/// What was found of one of the conditions that an entry must meet, beside being en droits et devoirs
/// (first criterion, and half of the second).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Second criterion: how the person stood at the end of the month before.
    MoisPrecedent {
        /// The last day of that month.
        veille: Jour,
        /// The last step dated that day or before.
        etape: Option<usize>,
        /// Whether the person was en droits et devoirs after it: then they do not come in.
        en_dd: bool,
    },
    /// One entry a month: when the department learnt of the one that is already there.
    EntreeDuMois(Option<Jour>),
    /// What comes after the first stock of the caisse.
    Base {
        /// Number of the caisse.
        caisse: u16,
        /// Day of its first stock, when it has one.
        base: Option<Jour>,
        /// Whether the spell comes after it, or needs no stock.
        apres: bool,
    },
    /// Third criterion: the follow-up that is under way.
    Suivi {
        /// Rank of the first orientation whose follow-up is open.
        ouvert: Option<usize>,
        /// Whether it belongs to the entry instead of blocking it.
        rattache: bool,
    },
}

impl Verdict {
    /// Whether the condition is met.
    #[must_use]
    pub fn rempli(self) -> bool {
        match self {
            Self::MoisPrecedent { en_dd, .. } => !en_dd,
            Self::EntreeDuMois(deja) => deja.is_none(),
            Self::Base { apres, .. } => apres,
            Self::Suivi { ouvert, rattache } => ouvert.is_none() || rattache,
        }
    }
}

/// Everything that decides whether a spell en droits et devoirs is an entry.
#[derive(Clone, Copy, Debug)]
pub struct Examen {
    /// First step of the spell.
    pub debut: usize,
    /// The step after its last one.
    pub fin: usize,
    /// The conditions, in the order in which they are looked at.
    pub verdicts: [Verdict; 4],
    /// The day on which the department knew.
    pub t0: Jour,
    /// The step whose file gives it.
    pub recue: usize,
    /// Day on which the caisse made that file.
    pub transmission: Jour,
    /// The dossier that makes the person en droits et devoirs.
    pub dossier: EtatDossier,
    /// How the person comes in.
    pub categorie: Categorie,
    /// The step that the category comes from: the last one before the spell that shows a right, open
    /// or closed.
    pub avant: Option<usize>,
    /// Whether all the conditions are met.
    pub entre: bool,
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
    Regard::new(histoire, referentiel, anticipee, parcours, clotures, personne).entrees(false, |_| ())
}

/// The entries of a person under the reading chosen, then under `orientation_anticipee=rattacher`: nothing
/// when the two are the same, as they are unless a follow-up under way was met.
#[must_use]
pub fn entrees_et_rattachees(
    histoire: &Histoire,
    referentiel: &Referentiel,
    parcours: &Parcours,
    clotures: &Clotures,
    personne: u32,
) -> (Vec<Entree>, Option<Vec<Entree>>) {
    let sous = |anticipee| Regard::new(histoire, referentiel, anticipee, parcours, clotures, personne);
    let choisie = referentiel.lectures.orientation_anticipee;
    let regard = sous(choisie);
    let entrees = regard.entrees(false, |_| ());
    let autres = choisie != OrientationAnticipee::Rattacher && regard.suivi_en_cours.get();
    (entrees, autres.then(|| sous(OrientationAnticipee::Rattacher).entrees(false, |_| ())))
}

/// The same, with all that decided of each spell: of those that are no entry too, to the end.
#[must_use]
pub fn entrees_expliquees(
    histoire: &Histoire,
    referentiel: &Referentiel,
    anticipee: OrientationAnticipee,
    parcours: &Parcours,
    clotures: &Clotures,
    personne: u32,
) -> (Vec<Entree>, Vec<Examen>) {
    let mut examens = Vec::new();
    let regard = Regard::new(histoire, referentiel, anticipee, parcours, clotures, personne);
    let entrees = regard.entrees(true, |examen| examens.push(*examen));
    (entrees, examens)
}

/// One person, seen by the rules.
struct Regard<'a> {
    histoire: &'a Histoire,
    referentiel: &'a Referentiel,
    anticipee: OrientationAnticipee,
    parcours: &'a Parcours,
    clotures: &'a Clotures,
    personne: u32,
    /// Whether a follow-up under way was met.
    suivi_en_cours: Cell<bool>,
}

impl<'a> Regard<'a> {
    fn new(
        histoire: &'a Histoire,
        referentiel: &'a Referentiel,
        anticipee: OrientationAnticipee,
        parcours: &'a Parcours,
        clotures: &'a Clotures,
        personne: u32,
    ) -> Self {
        Self { histoire, referentiel, anticipee, parcours, clotures, personne, suivi_en_cours: Cell::new(false) }
    }

    /// Looks at each spell in turn. `tout`: even when a condition is not met, the others are looked at.
    fn entrees(&self, tout: bool, mut voir: impl FnMut(&Examen)) -> Vec<Entree> {
        let mut out: Vec<Entree> = Vec::new();
        let mut etape = 0;
        while let Some(debut) = debut_de_periode(self.parcours, etape) {
            let fin = fin_de_periode(self.parcours, debut);
            etape = fin;
            let Some(examen) = self.examiner(debut, fin, &out, tout) else { continue };
            voir(&examen);
            if !examen.entre {
                continue;
            }
            let Examen { t0, transmission, dossier, categorie, verdicts, .. } = examen;
            if let Some(previous) = out.last_mut() {
                previous.fin_fenetre = t0;
            }
            out.push(Entree {
                personne: self.personne,
                mois: self.histoire.fichiers[self.parcours.etapes[debut].fichier as usize].mois,
                t0,
                transmission,
                dtdemrsa: dossier.dtdemrsa,
                dossier: dossier.dossier,
                source: dossier.source,
                categorie,
                fin_fenetre: Jour::MAX,
                rattachee: match verdicts[3] {
                    Verdict::Suivi { ouvert, .. } => ouvert,
                    _ => None,
                },
            });
        }
        out
    }

    /// What decides of a spell. Nothing when it is no entry, unless all is asked for.
    fn examiner(&self, debut: usize, fin: usize, precedentes: &[Entree], tout: bool) -> Option<Examen> {
        let Self { histoire, parcours, .. } = self;
        let fichier = &histoire.fichiers[parcours.etapes[debut].fichier as usize];
        let mut entre = true;
        let mut juger = |verdict: Verdict| {
            entre &= verdict.rempli();
            (entre || tout).then_some(verdict)
        };
        let mois_precedent = juger(mois_precedent(parcours, fichier.veille_du_mois))?;
        let derniere = precedentes.last().filter(|entree| entree.mois == fichier.mois);
        let entree_du_mois = juger(Verdict::EntreeDuMois(derniere.map(|entree| entree.t0)))?;
        let dossier = *dossier_de_l_entree(histoire, parcours.etats(debut))?;
        let base = juger(base(histoire, self.referentiel, &dossier, fichier.en_tete.dtref))?;
        let (t0, transmission, recue) = reception(histoire, parcours, debut, fin)?;
        let (categorie, avant) = categorie(histoire, parcours, self.personne, &dossier, debut);
        let suivi = juger(self.suivi(&Candidat { etape: debut, t0 }, &dossier, categorie, precedentes))?;
        let verdicts = [mois_precedent, entree_du_mois, base, suivi];
        Some(Examen { debut, fin, verdicts, t0, recue, transmission, dossier, categorie, avant, entre })
    }

    /// Third criterion: no follow-up under way, unless what opened it belongs to the entry.
    fn suivi(
        &self,
        candidat: &Candidat,
        dossier: &EtatDossier,
        categorie: Categorie,
        precedentes: &[Entree],
    ) -> Verdict {
        let orientations = self.histoire.orientations.de(self.personne);
        let mut ouvertes = bloquantes(orientations, self.clotures, candidat).peekable();
        if ouvertes.peek().is_none() {
            return Verdict::Suivi { ouvert: None, rattache: false };
        }
        self.suivi_en_cours.set(true);
        let debut_attente = debut_attente(self.parcours, candidat.etape, dossier, categorie);
        let rattache = self.anticipee == OrientationAnticipee::Rattacher
            && ouvertes.clone().all(|(_, orientation)| {
                debut_attente.is_some_and(|a| a <= orientation.date)
                    && !dans_une_fenetre(precedentes, candidat.t0, orientation.date)
            });
        Verdict::Suivi { ouvert: ouvertes.next().map(|(rang, _)| rang), rattache }
    }
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
/// the month before the reference month, whose last day is `veille`.
fn mois_precedent(parcours: &Parcours, veille: Jour) -> Verdict {
    let etape = parcours.nombre_au(veille).checked_sub(1);
    Verdict::MoisPrecedent { veille, etape, en_dd: etape.is_some_and(|etape| parcours.etapes[etape].en_dd) }
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
fn base(histoire: &Histoire, referentiel: &Referentiel, etat: &EtatDossier, dtref: Jour) -> Verdict {
    let caisse = histoire.dossiers[etat.dossier as usize].caisse;
    let base = histoire.caisses[usize::from(caisse)].base;
    Verdict::Base { caisse, base, apres: base.map_or(referentiel.base == Base::Vide, |base| dtref > base) }
}

/// t0, the day on which the department received the notification: the earliest reception among the
/// files of the spell that carry a record of the person; the earliest day on which the caisse made
/// one of the files received that day; and the step of that file.
fn reception(histoire: &Histoire, parcours: &Parcours, debut: usize, fin: usize) -> Option<(Jour, Jour, usize)> {
    (debut..fin)
        .filter(|etape| parcours.etapes[*etape].porteuse)
        .map(|rang| {
            let etape = &parcours.etapes[rang];
            let en_tete = &histoire.fichiers[etape.fichier as usize].en_tete;
            (etape.recu_le, Jour::from(en_tete.cree_le.date()), rang)
        })
        .min()
}

/// How the person comes in: the first that holds of joining a household, a first claim, and the
/// class just before, steps without a right apart; and the step that shows that class.
fn categorie(
    histoire: &Histoire,
    parcours: &Parcours,
    personne: u32,
    etat: &EtatDossier,
    debut: usize,
) -> (Categorie, Option<usize>) {
    let avant = parcours.etapes[..debut].iter().rposition(|e| e.classe != Classe::SansDroit);
    let categorie = match avant.map(|etape| parcours.etapes[etape].classe) {
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
    };
    (categorie, avant)
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
