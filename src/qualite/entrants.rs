//! Our entries against the signals that the caisses give: TOPPERSENTDRODEVORSA (the person entered
//! since the last daily file) and the fait générateur ENTDED (*entrant en droits et devoirs*). They
//! never decide anything: each difference is a case to look at.
//!
//! A signal and an entry agree when they are of the same person and the same reference month.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Cadre, Part};
use crate::entrees::suivi::Clotures;
use crate::entrees::{Entree, entrees};
use crate::journal::lecture::LigneEntrant;
use crate::parcours::etapes::Parcours;
use crate::parcours::histoire::Histoire;
use crate::referentiel::{Base, Referentiel};
use crate::temps::{Jour, Mois};

/// The fait générateur of somebody who comes under the droits et devoirs.
pub const ENTDED: &str = "ENTDED";

/// A caisse says that somebody enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Number of the file in [`Histoire::fichiers`].
    pub fichier: u32,
    /// Row in the file's segment.
    pub rang: u32,
}

/// The people whom a file says to enter: those that TOPPERSENTDRODEVORSA names; in a foyer where it
/// names nobody, ENTDED speaks of those who are soumis aux droits et devoirs, else of all.
#[must_use]
pub fn signaux(fichier: u32, lignes: &[LigneEntrant]) -> Vec<Signal> {
    let mut out = Vec::new();
    let mut rang = 0u32;
    for foyer in lignes.chunk_by(|a, b| a.bloc == b.bloc) {
        let tests: [fn(&LigneEntrant) -> bool; 3] =
            [|ligne| ligne.top_entrant, |ligne| ligne.fait && ligne.top == Some(true), |ligne| ligne.fait];
        if let Some(test) = tests.into_iter().find(|test| foyer.iter().any(test)) {
            let nommes = (rang..).zip(foyer).filter(|(_, ligne)| test(ligne));
            out.extend(nommes.map(|(rang, _)| Signal { fichier, rang }));
        }
        rang = rang.saturating_add(u32::try_from(foyer.len()).unwrap_or(u32::MAX));
    }
    out
}

/// Who sees an entry that the other does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selon {
    /// Our rules.
    Jalon,
    /// The caisse.
    Caisse,
}

impl Selon {
    /// The code of the outputs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Jalon => "jalon",
            Self::Caisse => "caisse",
        }
    }
}

/// Why the two differ, as far as the rules can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Raison {
    /// We see an entry, the caisse gives signals that month but not that one.
    SansSignal,
    /// We see an entry, the caisse gives no signal at all that month.
    AucunSignalDuMois,
    /// After the file of the signal the person is not versable and soumise.
    PasEnDroitsEtDevoirs,
    /// The person already was at the end of the month before.
    DejaLa,
    /// We see the entry in another month, next to that one.
    AutreMois(Mois),
    /// The first stock of the caisse already shows it.
    DansLaBase,
    /// An orientation opened a follow-up that nothing closed.
    SuiviOuvert,
}

impl Raison {
    /// The reason in words.
    #[must_use]
    pub fn libelle(self) -> String {
        match self {
            Self::SansSignal => "la caisse ne la signale pas".into(),
            Self::AucunSignalDuMois => "la caisse ne signale personne ce mois-là".into(),
            Self::PasEnDroitsEtDevoirs => "sans droit versable, ou non soumise, dans ce fichier".into(),
            Self::DejaLa => "déjà en droits et devoirs à la fin du mois d'avant".into(),
            Self::AutreMois(mois) => format!("comptée par jalon en {mois}"),
            Self::DansLaBase => "déjà dans le premier stock de la caisse".into(),
            Self::SuiviOuvert => "un suivi est déjà ouvert par une orientation antérieure".into(),
        }
    }
}

/// An entry that only one of the two sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ecart {
    /// Reference month.
    pub mois: Mois,
    /// Caisse.
    pub caisse: String,
    /// Who sees it.
    pub selon: Selon,
    /// Reception of the notification; of the signal, when only the caisse sees it.
    pub t0: Jour,
    /// File and row that show the person.
    pub source: (u32, u32),
    /// Why they differ.
    pub raison: Raison,
}

/// The comparison of a month and a caisse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compte {
    /// Entries that both see.
    pub accord: u64,
    /// Entries that only our rules see.
    pub jalon_seul: u64,
    /// Entries that only the caisse sees.
    pub caisse_seule: u64,
}

impl Compte {
    fn ajouter(&mut self, autre: &Self) {
        self.accord += autre.accord;
        self.jalon_seul += autre.jalon_seul;
        self.caisse_seule += autre.caisse_seule;
    }
}

/// Our entries against the caisses' signals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparaison {
    /// By reference month and caisse, in their order.
    pub lignes: BTreeMap<(Mois, String), Compte>,
    /// Signals that cannot be compared: not after the first stock of their caisse.
    pub hors_base: u64,
    /// Caisses that never give a signal: nothing can be compared there.
    pub sans_signal: Vec<String>,
    /// The differences, one by one.
    pub ecarts: Vec<Ecart>,
}

impl Comparaison {
    /// Everything together.
    #[must_use]
    pub fn total(&self) -> Compte {
        let mut out = Compte::default();
        self.lignes.values().for_each(|compte| out.ajouter(compte));
        out
    }

    /// Entries that only one of the two sees, of those that either sees, where the caisse gives signals.
    #[must_use]
    pub fn ecart(&self) -> Part {
        let mut total = Compte::default();
        let comparees = self.lignes.iter().filter(|((_, caisse), _)| !self.sans_signal.contains(caisse));
        comparees.for_each(|(_, compte)| total.ajouter(compte));
        let nombre = total.jalon_seul + total.caisse_seule;
        Part { nombre, sur: nombre + total.accord }
    }
}

/// A signal, once its person is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Attribue {
    fichier: u32,
    rang: u32,
    dossier: u32,
}

/// People looked at together.
const LOT: u32 = 2048;

/// Compares the entries received in the period with the signals received in it. Their counterparts
/// may have been received before or after.
#[must_use]
pub fn comparer(histoire: &Histoire, referentiel: &Referentiel, cadre: Cadre, signaux: &[Signal]) -> Comparaison {
    let places: FxHashSet<(u32, u32)> = signaux.iter().map(|signal| (signal.fichier, signal.rang)).collect();
    let mut attribues: FxHashMap<u32, Vec<Attribue>> = FxHashMap::default();
    let mut signalent: FxHashSet<(u16, Mois)> = FxHashSet::default();
    for (personne, releve) in histoire.releves.toutes() {
        if places.contains(&(releve.fichier, releve.rang)) {
            let attribue = Attribue { fichier: releve.fichier, rang: releve.rang, dossier: releve.dossier };
            attribues.entry(personne).or_default().push(attribue);
            let mois = histoire.fichiers[releve.fichier as usize].mois;
            signalent.insert((histoire.dossiers[releve.dossier as usize].caisse, mois));
        }
    }
    let examen = Examen { histoire, referentiel, cadre, attribues, signalent };
    let starts: Vec<u32> = (0..histoire.personnes).step_by(LOT as usize).collect();
    let lots: Vec<Comparaison> = starts
        .into_par_iter()
        .map(|debut| examen.lot(debut..debut.saturating_add(LOT).min(histoire.personnes)))
        .collect();
    let mut out = Comparaison::default();
    for lot in lots {
        out.hors_base += lot.hors_base;
        out.ecarts.extend(lot.ecarts);
        for (ligne, compte) in lot.lignes {
            out.lignes.entry(ligne).or_default().ajouter(&compte);
        }
    }
    let muettes = (0u16..).zip(&histoire.caisses).filter(|(numero, _)| !examen.signale_parfois(*numero));
    out.sans_signal = muettes.map(|(_, caisse)| caisse.nom.clone()).collect();
    out
}

struct Examen<'a> {
    histoire: &'a Histoire,
    referentiel: &'a Referentiel,
    cadre: Cadre,
    attribues: FxHashMap<u32, Vec<Attribue>>,
    /// Caisses and months that have a signal.
    signalent: FxHashSet<(u16, Mois)>,
}

impl Examen<'_> {
    fn signale_parfois(&self, caisse: u16) -> bool {
        self.signalent.iter().any(|(autre, _)| *autre == caisse)
    }

    fn caisse(&self, dossier: u32) -> u16 {
        self.histoire.dossiers[dossier as usize].caisse
    }

    fn nom(&self, caisse: u16) -> String {
        self.histoire.caisses[usize::from(caisse)].nom.clone()
    }

    fn contient(&self, jour: Jour) -> bool {
        self.cadre.du <= jour && jour <= self.cadre.au
    }

    fn lot(&self, personnes: Range<u32>) -> Comparaison {
        let mut out = Comparaison::default();
        let (mut parcours, mut clotures) = (Parcours::default(), Clotures::default());
        for personne in personnes {
            parcours.suivre(self.histoire, personne);
            clotures.chercher(self.histoire, self.referentiel, &parcours, personne);
            let anticipee = self.referentiel.lectures.orientation_anticipee;
            let entrees = entrees(self.histoire, self.referentiel, anticipee, &parcours, &clotures, personne);
            let signaux = self.attribues.get(&personne).map(Vec::as_slice).unwrap_or_default();
            let mut par_mois: BTreeMap<Mois, Vec<Attribue>> = BTreeMap::new();
            for signal in signaux {
                par_mois.entry(self.histoire.fichiers[signal.fichier as usize].mois).or_default().push(*signal);
            }
            for entree in entrees.iter().filter(|entree| self.contient(entree.t0)) {
                self.entree(entree, par_mois.contains_key(&entree.mois), &mut out);
            }
            let sans_signal: Vec<Mois> =
                entrees.iter().map(|entree| entree.mois).filter(|mois| !par_mois.contains_key(mois)).collect();
            for (mois, signaux) in par_mois {
                if !entrees.iter().any(|entree| entree.mois == mois) {
                    self.signal(mois, &signaux, &parcours, &sans_signal, &mut out);
                }
            }
        }
        out
    }

    /// An entry of ours.
    fn entree(&self, entree: &Entree, signalee: bool, out: &mut Comparaison) {
        let numero = self.caisse(entree.dossier);
        let caisse = self.nom(numero);
        let compte = out.lignes.entry((entree.mois, caisse.clone())).or_default();
        if signalee {
            compte.accord += 1;
            return;
        }
        compte.jalon_seul += 1;
        let raison = if self.signalent.contains(&(numero, entree.mois)) {
            Raison::SansSignal
        } else {
            Raison::AucunSignalDuMois
        };
        let Entree { mois, t0, source, .. } = *entree;
        out.ecarts.push(Ecart { mois, caisse, selon: Selon::Jalon, t0, source, raison });
    }

    /// The signals of a month in which we see no entry of the person; `sans_signal` are the months of
    /// their entries that have none.
    fn signal(
        &self,
        mois: Mois,
        signaux: &[Attribue],
        parcours: &Parcours,
        sans_signal: &[Mois],
        out: &mut Comparaison,
    ) {
        let en_tete = |signal: &Attribue| &self.histoire.fichiers[signal.fichier as usize].en_tete;
        let Some(t0) = signaux.iter().map(|signal| en_tete(signal).recu_le).min() else { return };
        if !self.contient(t0) {
            return;
        }
        let apres_la_base = |signal: &&Attribue| {
            let base = self.histoire.caisses[usize::from(self.caisse(signal.dossier))].base;
            base.map_or(self.referentiel.base == Base::Vide, |base| en_tete(signal).dtref > base)
        };
        let Some(signal) = signaux.iter().filter(apres_la_base).min() else {
            out.hors_base += 1;
            return;
        };
        let caisse = self.nom(self.caisse(signal.dossier));
        out.lignes.entry((mois, caisse.clone())).or_default().caisse_seule += 1;
        out.ecarts.push(Ecart {
            mois,
            caisse,
            selon: Selon::Caisse,
            t0,
            source: (signal.fichier, signal.rang),
            raison: self.raison(mois, signal, parcours, sans_signal),
        });
    }

    /// Which of the three criteria our rules miss.
    fn raison(&self, mois: Mois, signal: &Attribue, parcours: &Parcours, sans_signal: &[Mois]) -> Raison {
        let rang = |mois: Mois| i64::from(mois.annee) * 12 + i64::from(mois.mois);
        if let Some(voisin) = sans_signal.iter().find(|autre| (rang(**autre) - rang(mois)).abs() == 1) {
            return Raison::AutreMois(*voisin);
        }
        let Some(etape) = parcours.etapes.iter().position(|etape| etape.fichier == signal.fichier) else {
            return Raison::PasEnDroitsEtDevoirs;
        };
        if !parcours.etapes[etape].en_dd {
            return Raison::PasEnDroitsEtDevoirs;
        }
        if parcours.au(mois.veille()).is_some_and(|etape| etape.en_dd) {
            return Raison::DejaLa;
        }
        // The first step of the spell, still of that month since the person was not there before.
        let debut = parcours.etapes[..=etape].iter().rposition(|etape| !etape.en_dd).map_or(0, |avant| avant + 1);
        let base = self.histoire.caisses[usize::from(self.caisse(signal.dossier))].base;
        if base.is_some_and(|base| parcours.etapes[debut].jour <= base) {
            return Raison::DansLaBase;
        }
        Raison::SuiviOuvert
    }
}
