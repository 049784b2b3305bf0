//! Why a person counts, or does not: their steps, what the rules decided of each, what followed each
//! entry, and the indicators in which they count. Pure, and without any rule of its own: every
//! verdict here is the one that made the table ([`mod@crate::entrees`], [`mod@crate::indicateurs`]).
//! The sentences are in [`mod@crate::rapport::explication`].

mod evenements;

pub use evenements::{Attendu, EvenementsRattaches, Origine, Origines, attendus};

use crate::entrees::criteres::Candidat;
use crate::entrees::suivi::{Clotures, Interruption, Suivi};
use crate::entrees::{Cloture, Entree, Examen, Suites, entrees, entrees_expliquees, suites};
use crate::indicateurs::compte::{Compte, Refus, refus};
use crate::indicateurs::garantie::Garantie;
use crate::indicateurs::{Indicateur, Ligne, Question, Tableau, Valeur, calculer_pour};
use crate::parcours::etapes::{EtatDossier, Parcours, Suite};
use crate::parcours::histoire::{Classe, Histoire, Top};
use crate::referentiel::{OrientationAnticipee, Referentiel};
use crate::temps::{Jour, Periode};

/// A period of which the twelve indicators are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodeNommee {
    /// Its campaign, when it has one.
    pub campagne: Option<String>,
    /// The period.
    pub periode: Periode,
}

/// What is asked of a person.
#[derive(Clone, Copy, Debug)]
pub struct Demande<'a> {
    /// Who.
    pub personne: u32,
    /// The day whose knowledge is asked; `None` for everything.
    pub connu_le: Option<Jour>,
    /// Parameters and readings.
    pub referentiel: &'a Referentiel,
    /// The period in which they are told, when one is asked for: the delays are then looked at on the
    /// day it is closed. Otherwise on the day whose knowledge is asked; else on the last day on which a
    /// flux was received or a period that is told is closed.
    pub periode: Option<&'a PeriodeNommee>,
}

/// A person explained.
#[derive(Debug)]
pub struct Explication<'a> {
    /// Everything that was known.
    pub histoire: &'a Histoire,
    /// Parameters and readings.
    pub referentiel: &'a Referentiel,
    /// Who.
    pub personne: u32,
    /// The day whose knowledge was asked.
    pub connu_le: Option<Jour>,
    /// The day on which the delays are looked at.
    pub jour: Jour,
    /// Up to when what followed is looked at.
    pub cloture: Cloture,
    /// Their steps.
    pub parcours: Parcours,
    /// What happened at the steps, in order.
    pub passages: Vec<Passage>,
    /// The runs of closed or suspended steps, and what each does to a follow-up.
    pub interruptions: Vec<(Suite, Interruption)>,
    /// Their entries, with what followed.
    pub entrees: Vec<Ligne<'a>>,
    /// The indicators of each period.
    pub periodes: Vec<PeriodeDite<'a>>,
}

/// What happens at some steps.
#[derive(Clone, Debug)]
pub enum Passage {
    /// A spell en droits et devoirs: an entry or not.
    EnDroits(Box<ExamenDit>),
    /// Steps after which the person is not en droits et devoirs, all of one class.
    HorsDroits(Suite, Classe),
}

/// A spell en droits et devoirs, and what became of each follow-up.
#[derive(Clone, Debug)]
pub struct ExamenDit {
    /// What decided.
    pub examen: Examen,
    /// The follow-up of each orientation of the person, in their order.
    pub suivis: Vec<Suivi>,
    /// Whether it would be an entry if an orientation notified before the flux was received belonged
    /// to it.
    pub entrerait_rattache: bool,
}

/// What a file says of a dossier of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dit {
    /// What is true after it.
    pub etat: EtatDossier,
    /// Whether the person is missing from the stock, and nothing more.
    pub absence: bool,
    /// Whether the file gives no TOPPERSDRODEVORSA.
    pub top_manquant: bool,
    /// Whether it closes because the dossier goes on elsewhere.
    pub transfert: bool,
}

/// The indicators of a period, for the person alone.
#[derive(Debug)]
pub struct PeriodeDite<'a> {
    /// The period.
    pub nommee: PeriodeNommee,
    /// The entries of the person, of any date, as they stand when the period is closed.
    pub lignes: Vec<Ligne<'a>>,
    /// What the person adds to 3.2.2 to 3.2.6.
    pub garantie: Garantie,
    /// Whether the person is bénéficiaire du RSA on the day on which the period is closed.
    pub beneficiaire: bool,
    /// The table of the person alone.
    tableau: Tableau<'a>,
}

impl PeriodeDite<'_> {
    /// How much the person adds to a figure that is a count.
    #[must_use]
    pub fn compte(&self, id: &str) -> u64 {
        let indicateur = self.tableau.indicateurs.iter().find(|i| i.definition.id == id);
        indicateur.and_then(calculee).and_then(Valeur::entier).unwrap_or(0)
    }

    /// Whether Pôle emploi's figure is the official one.
    #[must_use]
    pub fn remplacee(&self, id: &str) -> bool {
        self.tableau.indicateurs.iter().any(|i| i.definition.id == id && i.valeur_calculee.is_some())
    }

    /// Why each entry does not count in an indicator; `None` for those that do.
    pub fn refus<'b>(
        &'b self,
        question: &'b Question<'b>,
        compte: Compte,
    ) -> impl Iterator<Item = (&'b Ligne<'b>, Option<Refus>)> {
        self.lignes.iter().map(move |ligne| (ligne, refus(question, ligne, compte)))
    }
}

/// Our own figure, whether or not it is the official one.
fn calculee(indicateur: &Indicateur) -> Option<Valeur> {
    indicateur.valeur_calculee.unwrap_or(indicateur.valeur)
}

/// Explains a person. `periodes` gives the periods to tell when none is asked for, from the days on
/// which the department learnt of each spell en droits et devoirs.
#[must_use]
pub fn expliquer<'a>(
    histoire: &'a Histoire,
    demande: &Demande<'a>,
    periodes: impl FnOnce(&[Jour]) -> Vec<PeriodeNommee>,
) -> Explication<'a> {
    let Demande { personne, connu_le, referentiel, periode } = *demande;
    let mut parcours = Parcours::default();
    parcours.suivre(histoire, personne);
    let mut clotures = Clotures::default();
    clotures.chercher(histoire, referentiel, &parcours, personne);
    let anticipee = referentiel.lectures.orientation_anticipee;
    let (entrees, examens) = entrees_expliquees(histoire, referentiel, anticipee, &parcours, &clotures, personne);
    let rattachees =
        self::entrees(histoire, referentiel, OrientationAnticipee::Rattacher, &parcours, &clotures, personne);
    let cloture = periode
        .map_or(Cloture { horizon: Jour::MAX, rdv_fixes: Jour::MAX, gad: (Jour::MIN, Jour::MAX) }, |nommee| {
            Cloture::new(referentiel, &nommee.periode, connu_le)
        });
    let lignes = |cloture: Cloture| -> Vec<Ligne<'a>> {
        let suites = |entree: &Entree| -> Suites<'a> { suites(histoire, referentiel, entree, cloture) };
        entrees.iter().map(|entree| Ligne { entree: *entree, suites: suites(entree) }).collect()
    };
    let sus: Vec<Jour> = examens.iter().map(|examen| examen.t0).collect();
    let periodes = periode.map_or_else(|| periodes(&sus), |nommee| vec![nommee.clone()]);
    let arretes = periodes.iter().map(|nommee| nommee.periode.arrete).max();
    let jour = periode.map_or_else(
        || connu_le.unwrap_or_else(|| dernier_jour(histoire).max(arretes).unwrap_or(Jour(0))),
        |nommee| nommee.periode.arrete,
    );
    let periodes = periodes
        .into_iter()
        .map(|nommee| {
            let question = Question { periode: nommee.periode, connu_le, referentiel };
            let mut garantie = Garantie::default();
            garantie.ajouter(histoire, &parcours, personne, &nommee.periode);
            PeriodeDite {
                lignes: lignes(Cloture::new(referentiel, &nommee.periode, connu_le)),
                garantie,
                beneficiaire: parcours.brsa_au(nommee.periode.arrete),
                tableau: calculer_pour(histoire, &question, personne),
                nommee,
            }
        })
        .collect();
    let interruptions = interruptions(referentiel, &parcours);
    let dits = examens.into_iter().map(|examen| {
        let candidat = Candidat { etape: examen.debut, t0: examen.t0 };
        let orientations = histoire.orientations.de(personne);
        let suivis = orientations.iter().map(|o| clotures.suivi(o.date, &candidat)).collect();
        let entrerait_rattache = !examen.entre
            && rattachees.iter().any(|entree| entree.rattachee.is_some() && entree.source == examen.dossier.source);
        ExamenDit { examen, suivis, entrerait_rattache }
    });
    let passages = passages(&parcours, dits.collect());
    let entrees = lignes(cloture);
    Explication {
        histoire,
        referentiel,
        personne,
        connu_le,
        jour,
        cloture,
        parcours,
        passages,
        interruptions,
        entrees,
        periodes,
    }
}

impl Explication<'_> {
    /// What the file of a step says.
    #[must_use]
    pub fn dits(&self, etape: usize) -> Vec<Dit> {
        let fichier = self.parcours.etapes[etape].fichier;
        let avant = etape.checked_sub(1).map(|avant| self.parcours.etats(avant)).unwrap_or_default();
        let releves = self.histoire.releves.de(self.personne);
        self.parcours
            .etats(etape)
            .iter()
            .filter_map(|etat| {
                let mut ici = releves.clone().filter(|r| r.fichier == fichier && r.dossier == etat.dossier).peekable();
                let present = ici.peek().is_some();
                let avant = avant.iter().find(|avant| avant.dossier == etat.dossier);
                let absence = !present && avant.is_some_and(|avant| avant.classe != etat.classe);
                let top_manquant = present && ici.clone().all(|releve| releve.constat.top == Top::Manquant);
                let transfert = ici.any(|releve| releve.constat.transfert);
                (present || absence).then_some(Dit { etat: *etat, absence, top_manquant, transfert })
            })
            .collect()
    }

    /// The spells en droits et devoirs.
    pub fn examens(&self) -> impl Iterator<Item = &ExamenDit> {
        self.passages.iter().filter_map(|passage| match passage {
            Passage::EnDroits(dit) => Some(&**dit),
            Passage::HorsDroits(..) => None,
        })
    }

    /// The question of a period.
    #[must_use]
    pub fn question(&self, periode: &PeriodeDite<'_>) -> Question<'_> {
        Question { periode: periode.nommee.periode, connu_le: self.connu_le, referentiel: self.referentiel }
    }
}

/// The last day on which a flux was received.
fn dernier_jour(histoire: &Histoire) -> Option<Jour> {
    histoire.fichiers.iter().map(|fichier| fichier.en_tete.recu_le.max(fichier.en_tete.dtref)).max()
}

/// The runs of closed or suspended steps, in order, and what each does.
fn interruptions(referentiel: &Referentiel, parcours: &Parcours) -> Vec<(Suite, Interruption)> {
    let mut suites: Vec<Suite> =
        [Classe::Clos, Classe::Suspendu].into_iter().flat_map(|c| parcours.suites(c)).collect();
    suites.sort_by_key(|suite| suite.premiere);
    suites.into_iter().map(|suite| (suite, Interruption::de(referentiel, parcours, suite))).collect()
}

/// Spells en droits et devoirs, and the steps between them, in order.
fn passages(parcours: &Parcours, examens: Vec<ExamenDit>) -> Vec<Passage> {
    let mut out = Vec::new();
    let hors = |out: &mut Vec<Passage>, de: usize, a: usize| {
        let mut premiere = de;
        for run in parcours.etapes[de..a].chunk_by(|a, b| a.classe == b.classe) {
            let suite = Suite { premiere, derniere: premiere + run.len() - 1 };
            out.push(Passage::HorsDroits(suite, run[0].classe));
            premiere += run.len();
        }
    };
    let mut vu = 0;
    for dit in examens {
        hors(&mut out, vu, dit.examen.debut);
        vu = dit.examen.fin;
        out.push(Passage::EnDroits(Box::new(dit)));
    }
    hors(&mut out, vu, parcours.etapes.len());
    out
}
