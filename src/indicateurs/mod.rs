//! From entries to the table: the twelve indicators of section 3, what stands beside them, and the
//! entries behind them. Start with [`catalogue`].

pub mod apports;
pub mod axes;
pub mod catalogue;
pub mod complementaires;
pub mod compte;
pub mod courbes;
pub mod delais;
pub mod diffusion;
pub mod garantie;
pub mod previsions;
pub mod variantes;

use std::borrow::Cow;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use self::apports::Apport;
use self::axes::{Axe, Part, caisse_au};
use self::catalogue::{CATALOGUE, Definition};
use self::complementaires::{Complementaire, Complements};
use self::compte::{Compte, du_flux};
use self::delais::{EN_JOURS, EN_MOIS, Quotient, Repartition, eloigne_note_2, taux};
use self::garantie::Garantie;
use self::variantes::Variante;
use crate::entrees::suites::Delai;
use crate::entrees::suivi::Clotures;
use crate::entrees::{Categorie, Cloture, Entree, Suites, entrees, entrees_et_rattachees, suites};
use crate::parcours::etapes::Parcours;
use crate::parcours::histoire::{EnAttente, Histoire};
use crate::parcours::personnes::Doutes;
use crate::referentiel::{Base, Comptage, Flux, Referentiel};
use crate::temps::{Jour, Periode};

/// What is asked: a period closed on a day, as known on a day, under a référentiel.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The period, and the day on which outcomes are closed.
    pub periode: Periode,
    /// The day whose knowledge is asked; `None` for everything.
    pub connu_le: Option<Jour>,
    /// Parameters and readings.
    pub referentiel: &'a Referentiel,
}

/// A published figure: a count, a number with decimals, or one that is kept from view.
///
/// A figure that cannot be computed is no `Valeur`: it is `None` wherever one is expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Valeur {
    /// A count.
    Entier(u64),
    /// A mean or a ratio, already rounded.
    Decimal(f64),
    /// Known, and hidden: it is about too few people, or would tell such a figure by difference.
    Masquee,
}

impl Valeur {
    /// The count, when it is one.
    #[must_use]
    pub fn entier(self) -> Option<u64> {
        if let Self::Entier(n) = self { Some(n) } else { None }
    }

    /// The number, when it may be seen.
    #[must_use]
    pub fn nombre(self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "a count of people")]
            Self::Entier(n) => Some(n as f64),
            Self::Decimal(x) => Some(x),
            Self::Masquee => None,
        }
    }
}

/// What stands beside the indicators that have a delay.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenue {
    /// The figure over its own total, with 4 decimals.
    pub taux: Option<Valeur>,
    /// How the population splits.
    pub repartition: Repartition,
    /// Target of the year, as a share; `None` when the year is not covered.
    pub cible: Option<f64>,
    /// Whether the target is only the example of the model sheet.
    pub cible_exemple: bool,
    /// *Très éloigné de la cible*, first reading.
    pub eloigne_note_2: Option<bool>,
    /// *Très éloigné de la cible*, second reading.
    pub eloigne_annexe_5: Option<bool>,
}

/// What is always said beside 3.1.1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Remarques {
    /// People counted more than once.
    pub personnes_plusieurs_fois: Valeur,
    /// Entries of these people.
    pub entrees_de_ces_personnes: Valeur,
    /// Entries kept out only by an orientation notified before the flux was received.
    pub ecartees_orientation_anticipee: Valeur,
    /// 3.1.1 if they were kept in (reading `orientation_anticipee=rattacher`).
    pub valeur_rattacher: Valeur,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicateur {
    /// Which one.
    pub definition: &'static Definition,
    /// Its label on the last day of the period.
    pub libelle: Cow<'static, str>,
    /// The same in two or three words, when it is not that of 2022.
    pub court: Option<String>,
    /// The figure; `None` when it cannot be computed, with a reason in [`Self::motif`].
    pub valeur: Option<Valeur>,
    /// Why the figure is missing, or what weakens it. In French.
    pub motif: Option<String>,
    /// Rate, split and target, for 3.1.2, 3.1.4 and 3.1.6.
    pub tenue: Option<Tenue>,
    /// Our own figure when Pôle emploi's is the official one.
    pub valeur_calculee: Option<Option<Valeur>>,
    /// What is said beside 3.1.1.
    pub remarques: Option<Remarques>,
    /// How many people a mean of ours is over, for 3.2.5 and 3.2.6.
    pub effectif: Option<u64>,
    /// What a mean of ours is the quotient of, for 3.2.5 and 3.2.6.
    pub quotient: Option<Quotient>,
}

impl Indicateur {
    /// A figure with nothing beside it.
    fn nu(question: &Question<'_>, definition: &'static Definition, valeur: Option<Valeur>) -> Self {
        Self {
            definition,
            libelle: question.referentiel.libelle(definition, question.periode.au),
            court: question.referentiel.court(definition.id, question.periode.au).map(str::to_owned),
            valeur,
            motif: None,
            tenue: None,
            valeur_calculee: None,
            remarques: None,
            effectif: None,
            quotient: None,
        }
    }
}

/// An entry of the cohort, with what followed.
#[derive(Clone, Debug)]
pub struct Ligne<'a> {
    /// The entry.
    pub entree: Entree,
    /// What followed, as it stands at the closing.
    pub suites: Suites<'a>,
}

/// What the figures rest on.
#[derive(Clone, Debug, Default)]
pub struct Qualite {
    /// Caisses without any monthly flux: nobody enters there.
    pub bases_inconnues: Vec<String>,
    /// Caisses whose first stock is not before the period, with its day.
    pub bases_tardives: Vec<(String, Jour)>,
    /// Events without a person, by kind and reason.
    pub en_attente: EnAttente,
    /// Identities in doubt.
    pub doutes: Doutes,
    /// Entries of people known before the first orientation on file, who come back from a suspension
    /// or below the threshold: an older follow-up may be missing.
    pub retours_sans_historique: u64,
    /// Flux files known.
    pub fichiers: u64,
    /// Whether the référentiel covers the whole period.
    pub referentiel_couvre: bool,
}

/// The table.
#[derive(Clone, Debug)]
pub struct Tableau<'a> {
    /// The twelve indicators, in order.
    pub indicateurs: Vec<Indicateur>,
    /// The figures that stand beside them.
    pub complementaires: Vec<Complementaire>,
    /// Entries of the cohort, in no particular order.
    pub lignes: Vec<Ligne<'a>>,
    /// What is counted of 3.2.2 to 3.2.6 in each caisse, in their order.
    pub garanties: Vec<Garantie>,
    /// What the figures rest on.
    pub qualite: Qualite,
    /// The same figures split along the axes asked for; empty unless some are.
    pub repartitions: Vec<Part>,
    /// Axes that were asked for, and are not shown in what leaves the department.
    pub axes_retenus: Vec<Axe>,
    /// The same figures under each other reading, one at a time; empty unless they are asked for.
    pub variantes: Vec<Variante>,
}

/// People handled together: enough to share out, few enough to stay in cache.
const LOT: u32 = 2048;

/// What people add to the tables of some periods.
struct Lot {
    /// Entries of any date.
    entrees: Vec<Entree>,
    /// The rest, by period.
    par_periode: Vec<DeLaPeriode>,
}

/// What people add to the table of a period, beside their entries.
#[derive(Default)]
struct DeLaPeriode {
    /// By caisse; the last one is of those who are in none.
    garanties: Vec<Garantie>,
    complements: Complements,
    /// Entries of the period under `rattacher`, and those that are there thanks to it.
    rattacher: Vec<u32>,
    anticipees: u64,
}

impl DeLaPeriode {
    /// Nobody.
    fn vide(histoire: &Histoire) -> Self {
        Self { garanties: vec![Garantie::default(); histoire.caisses.len() + 1], ..Self::default() }
    }

    /// Adds a person: what they add whoever enters.
    fn ajouter(&mut self, histoire: &Histoire, parcours: &Parcours, personne: u32, periode: &Periode) {
        let ailleurs = histoire.caisses.len();
        let caisse = |jour| Some(caisse_au(histoire, parcours, jour).map_or(ailleurs, usize::from));
        Garantie::partager(&mut self.garanties, caisse, histoire, parcours, personne, periode);
        self.complements.sorties(histoire, parcours, personne, periode);
    }

    /// 3.2.2 to 3.2.6, every caisse together.
    fn garantie(&self) -> Garantie {
        let mut toutes = Garantie::default();
        self.garanties.iter().for_each(|sienne| toutes.fusionner(sienne.clone()));
        toutes
    }
}

impl Lot {
    /// Nobody.
    fn vide(histoire: &Histoire, periodes: &[Periode]) -> Self {
        Self { entrees: Vec::new(), par_periode: periodes.iter().map(|_| DeLaPeriode::vide(histoire)).collect() }
    }

    fn fusionner(&mut self, autre: Self) {
        self.entrees.extend(autre.entrees);
        for (sienne, autre) in self.par_periode.iter_mut().zip(autre.par_periode) {
            sienne.garanties.iter_mut().zip(autre.garanties).for_each(|(sienne, autre)| sienne.fusionner(autre));
            sienne.complements.fusionner(autre.complements);
            sienne.rattacher.extend(autre.rattacher);
            sienne.anticipees += autre.anticipees;
        }
    }

    /// The tables, in the order of the periods.
    fn tableaux<'a>(self, histoire: &'a Histoire, question: &Question<'_>, periodes: &[Periode]) -> Vec<Tableau<'a>> {
        let Self { entrees, par_periode } = self;
        let des_periodes = periodes.par_iter().zip(par_periode);
        des_periodes
            .map(|(&periode, autres)| tableau(histoire, &Question { periode, ..*question }, &entrees, autres))
            .collect()
    }
}

/// Computes the table.
#[must_use]
pub fn calculer<'a>(histoire: &'a Histoire, question: &Question<'_>) -> Tableau<'a> {
    let tous = de_tous(histoire, question, &[question.periode]);
    tableau(histoire, question, &tous.entrees, tous.par_periode.into_iter().next().unwrap_or_default())
}

/// The table of each of some periods, as [`calculer`] makes it: people are followed once for all of them.
/// The period of `question` is not looked at.
#[must_use]
pub fn calculer_chacune<'a>(histoire: &'a Histoire, question: &Question<'_>, periodes: &[Periode]) -> Vec<Tableau<'a>> {
    de_tous(histoire, question, periodes).tableaux(histoire, question, periodes)
}

/// The table of one person: what they add to that of everybody. Its counts add up to the whole.
#[must_use]
pub fn calculer_pour<'a>(histoire: &'a Histoire, question: &Question<'_>, personne: u32) -> Tableau<'a> {
    let Lot { entrees, par_periode } =
        lot(histoire, question, &[question.periode], personne..personne.saturating_add(1));
    tableau(histoire, question, &entrees, par_periode.into_iter().next().unwrap_or_default())
}

/// What is made of everybody, group by group, in the order of the people.
fn par_lots<T: Send>(histoire: &Histoire, lot: impl Fn(std::ops::Range<u32>) -> T + Sync) -> Vec<T> {
    let starts: Vec<u32> = (0..histoire.personnes).step_by(LOT as usize).collect();
    starts.into_par_iter().map(|from| lot(from..(from + LOT).min(histoire.personnes))).collect()
}

fn de_tous(histoire: &Histoire, question: &Question<'_>, periodes: &[Periode]) -> Lot {
    let mut total = Lot::vide(histoire, periodes);
    par_lots(histoire, |personnes| lot(histoire, question, periodes, personnes))
        .into_iter()
        .for_each(|lot| total.fusionner(lot));
    total
}

fn lot(histoire: &Histoire, question: &Question<'_>, periodes: &[Periode], personnes: std::ops::Range<u32>) -> Lot {
    let referentiel = question.referentiel;
    let mut out = Lot::vide(histoire, periodes);
    let (mut parcours, mut clotures) = (Parcours::default(), Clotures::default());
    for personne in personnes {
        parcours.suivre(histoire, personne);
        clotures.chercher(histoire, referentiel, &parcours, personne);
        let (choisies, rattachees) = entrees_et_rattachees(histoire, referentiel, &parcours, &clotures, personne);
        let rattachees = rattachees.as_ref().unwrap_or(&choisies);
        for (periode, sienne) in periodes.iter().zip(&mut out.par_periode) {
            for entree in rattachees.iter().filter(|entree| periode.contient(entree.t0)) {
                sienne.rattacher.push(personne);
                sienne.anticipees += u64::from(entree.rattachee.is_some());
            }
            sienne.ajouter(histoire, &parcours, personne, periode);
        }
        out.entrees.extend(choisies);
    }
    out
}

/// The entries of everybody, of any date, under each of some référentiels; people are followed once.
fn entrees_sous(histoire: &Histoire, referentiels: &[&Referentiel]) -> Vec<Vec<Entree>> {
    let lots = par_lots(histoire, |personnes| {
        let mut out = vec![Vec::new(); referentiels.len()];
        let (mut parcours, mut clotures) = (Parcours::default(), Clotures::default());
        for personne in personnes {
            parcours.suivre(histoire, personne);
            for (entrees_du_lot, referentiel) in out.iter_mut().zip(referentiels) {
                clotures.chercher(histoire, referentiel, &parcours, personne);
                let anticipee = referentiel.lectures.orientation_anticipee;
                entrees_du_lot.extend(entrees(histoire, referentiel, anticipee, &parcours, &clotures, personne));
            }
        }
        out
    });
    let mut out = vec![Vec::new(); referentiels.len()];
    for lot in lots {
        out.iter_mut().zip(lot).for_each(|(entrees, lot)| entrees.extend(lot));
    }
    out
}

/// The entries of a table with what followed them, and among them those whose outcomes count.
struct Comptees<'a> {
    /// Entries of the period.
    cohorte: Vec<Ligne<'a>>,
    /// Entries of any date, when the outcomes of the period count whatever their entry (reading
    /// `flux=evenements`).
    toutes: Option<Vec<Ligne<'a>>>,
}

impl<'a> Comptees<'a> {
    /// What followed the entries of everybody.
    fn new(histoire: &'a Histoire, question: &Question<'_>, entrees: &[Entree]) -> Self {
        let Question { periode, referentiel, connu_le } = question;
        let cloture = Cloture::new(referentiel, periode, *connu_le);
        let ligne = |entree: &Entree| Ligne { entree: *entree, suites: suites(histoire, referentiel, entree, cloture) };
        let toutes = (referentiel.lectures.flux == Flux::Evenements).then(|| entrees.iter().map(ligne).collect());
        Self { cohorte: entrees.iter().filter(|e| periode.contient(e.t0)).map(ligne).collect(), toutes }
    }

    /// The same, shared out between processors.
    fn en_parts(histoire: &'a Histoire, question: &Question<'_>, entrees: &[Entree]) -> Self {
        let mut out = Self::new(histoire, question, &[]);
        let parts = entrees.par_chunks(LOT as usize).map(|part| Self::new(histoire, question, part));
        for Self { cohorte, toutes } in parts.collect::<Vec<_>>() {
            out.cohorte.extend(cohorte);
            if let Some(connues) = &mut out.toutes {
                connues.extend(toutes.into_iter().flatten());
            }
        }
        out
    }

    /// Those whose outcomes count.
    fn comptees(&self) -> &[Ligne<'a>] {
        self.toutes.as_ref().unwrap_or(&self.cohorte)
    }

    /// The people of the entries of the period.
    fn entrants(&self) -> Vec<u32> {
        self.cohorte.iter().map(|ligne| ligne.entree.personne).collect()
    }
}

/// What some entries count in.
struct Comptes<'b> {
    question: &'b Question<'b>,
    apports: &'b [&'b Apport],
}

/// How many entries, or distinct people.
fn valeur(question: &Question<'_>, personnes: impl Iterator<Item = u32>) -> u64 {
    match question.referentiel.lectures.comptage {
        Comptage::Entrees => personnes.count() as u64,
        Comptage::Personnes => personnes.collect::<FxHashSet<_>>().len() as u64,
    }
}

impl Comptes<'_> {
    /// The figure of an indicator.
    fn valeur(&self, compte: Compte) -> u64 {
        valeur(self.question, self.apports.iter().filter(|a| a.compte(compte)).map(|a| a.personne))
    }

    fn repartition(
        &self,
        population: impl Fn(&Apport) -> Option<Delai>,
        hors_champ: u64,
        tranches: delais::Tranches,
    ) -> Repartition {
        let population = self.apports.iter().filter_map(|apport| population(apport));
        Repartition::new(population, hors_champ, self.question.periode.arrete, tranches)
    }

    fn tenue(&self, id: &str, numerateur: u64, denominateur: u64, repartition: Repartition) -> Tenue {
        let Question { periode, referentiel, .. } = self.question;
        let annee = periode.au.mois().annee;
        let part = referentiel.eloignement(periode.au);
        let cible = referentiel.cible(id, annee);
        Tenue {
            taux: taux(numerateur, denominateur).map(Valeur::Decimal),
            cible: cible.map(|(cible, _)| cible),
            cible_exemple: cible.is_some_and(|(_, exemple)| exemple),
            eloigne_note_2: cible.and_then(|(cible, _)| eloigne_note_2(numerateur, denominateur, cible, part)),
            eloigne_annexe_5: repartition.eloigne_annexe_5(part),
            repartition,
        }
    }
}

fn tableau<'a>(
    histoire: &'a Histoire,
    question: &Question<'_>,
    entrees: &[Entree],
    autres: DeLaPeriode,
) -> Tableau<'a> {
    let Question { periode, referentiel, connu_le } = question;
    let entrees = Comptees::en_parts(histoire, question, entrees);
    let garantie = autres.garantie();
    let DeLaPeriode { mut garanties, mut complements, rattacher, anticipees } = autres;
    garanties.truncate(histoire.caisses.len());
    let arretee = Cloture::arretee(periode);
    if Cloture::new(referentiel, periode, *connu_le) == arretee {
        entrees.cohorte.iter().for_each(|ligne| complements.entree(&ligne.suites));
    } else {
        let suites = |ligne: &Ligne<'_>| suites(histoire, referentiel, &ligne.entree, arretee);
        entrees.cohorte.iter().for_each(|ligne| complements.entree(&suites(ligne)));
    }
    let qualite = qualite(histoire, question, &entrees.cohorte);
    let entrants = entrees.entrants();
    let des_entrees = des_entrees(question, &entrees);
    let de_3_1_1 = (entrants.as_slice(), rattacher.as_slice(), anticipees);
    let indicateurs = les_douze(histoire, question, des_entrees, &garantie, de_3_1_1, &qualite);
    Tableau {
        indicateurs,
        complementaires: complements.figures(histoire),
        lignes: entrees.cohorte,
        garanties,
        qualite,
        repartitions: Vec::new(),
        axes_retenus: Vec::new(),
        variantes: Vec::new(),
    }
}

/// How many indicators count entries: 3.1.1 to 3.2.1.
pub const DES_ENTREES: usize = 7;

/// The twelve, from those that count entries and from what is said of 3.1.1: the people of the cohort,
/// those of the entries of the period under `orientation_anticipee=rattacher`, and how many of these are
/// there thanks to it.
fn les_douze(
    histoire: &Histoire,
    question: &Question<'_>,
    des_entrees: Vec<Indicateur>,
    garantie: &Garantie,
    (entrants, rattacher, anticipees): (&[u32], &[u32], u64),
    qualite: &Qualite,
) -> Vec<Indicateur> {
    let mut indicateurs = des_entrees;
    indicateurs.extend(de_la_garantie(question, garantie));
    let remarques = remarques(entrants, rattacher, anticipees, question.referentiel.lectures.comptage);
    for indicateur in &mut indicateurs {
        if indicateur.definition.id == "3.1.1" {
            indicateur.motif = motif_des_bases(histoire, qualite, &question.periode, None);
            indicateur.remarques = Some(remarques);
        }
        reprendre_pole_emploi(histoire, &question.periode, indicateur);
    }
    indicateurs
}

/// What each of some entries adds.
fn apports_de(question: &Question<'_>, lignes: &[Ligne<'_>]) -> Vec<Apport> {
    lignes.par_iter().with_min_len(LOT as usize).map(|ligne| Apport::de(question, ligne)).collect()
}

/// 3.1.1 to 3.2.1: what is counted of some entries.
fn des_entrees(question: &Question<'_>, entrees: &Comptees<'_>) -> Vec<Indicateur> {
    let apports = apports_de(question, entrees.comptees());
    des_apports(question, &entrees.entrants(), &apports.iter().collect::<Vec<_>>())
}

/// The same, from the people of the entries of the period, and from what the entries add.
fn des_apports(question: &Question<'_>, entrants: &[u32], apports: &[&Apport]) -> Vec<Indicateur> {
    let entrants = valeur(question, entrants.iter().copied());
    let c = Comptes { question, apports };
    let [orientes, rdv, rdv_a_temps] =
        [Compte::Orientes, Compte::Rdv, Compte::RdvATemps].map(|compte| c.valeur(compte));
    let [cer, cer_a_temps, gad] = [Compte::Cer, Compte::CerATemps, Compte::Gad].map(|compte| c.valeur(compte));

    let des_orientations = c.repartition(|a| a.delai_orientation, 0, EN_MOIS);
    let hors_champ = apports.iter().filter(|a| a.rdv_hors_champ).count();
    let des_rdv = c.repartition(|a| a.delai_rdv, hors_champ as u64, EN_JOURS);
    let des_cer = c.repartition(|a| a.delai_cer, 0, EN_MOIS);

    let tenues = [
        (entrants, None),
        (orientes, Some((entrants, des_orientations))),
        (rdv, None),
        (rdv_a_temps, Some((rdv, des_rdv))),
        (cer, None),
        (cer_a_temps, Some((cer, des_cer))),
        (gad, None),
    ];
    let definitions = CATALOGUE[..DES_ENTREES].iter();
    definitions
        .zip(tenues)
        .map(|(definition, (n, tenue))| Indicateur {
            tenue: tenue.map(|(sur, split)| c.tenue(definition.id, n, sur, split)),
            ..Indicateur::nu(question, definition, Some(Valeur::Entier(n)))
        })
        .collect()
}

/// 3.2.2 to 3.2.6: what was counted of some people.
fn de_la_garantie(question: &Question<'_>, garantie: &Garantie) -> Vec<Indicateur> {
    let entier = |n: u64| (Some(Valeur::Entier(n)), "");
    let valeurs = [
        entier(garantie.gad_en_cours),
        entier(garantie.ag_orientes),
        entier(garantie.ag_en_cours),
        (
            garantie.par_conseiller().map(Valeur::Decimal),
            "aucun accompagnement global en cours n'a de conseiller connu",
        ),
        (
            garantie.delai_moyen().map(Valeur::Decimal),
            "aucun accompagnement global n'a commencé dans la période avec une date de proposition",
        ),
    ];
    let figure = |(definition, (valeur, motif)): (&'static Definition, (Option<Valeur>, &str))| Indicateur {
        motif: valeur.is_none().then(|| motif.to_owned()),
        effectif: garantie.effectif(definition.id),
        quotient: garantie.quotient(definition.id),
        ..Indicateur::nu(question, definition, valeur)
    };
    CATALOGUE[DES_ENTREES..].iter().zip(valeurs).map(figure).collect()
}

/// The figures of the accompagnement global are those that Pôle emploi reports for exactly the
/// period; ours stand beside them.
///
/// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 7, and
/// annexe 9 (« Les chiffres transmis par Pôle emploi »).
fn reprendre_pole_emploi(histoire: &Histoire, periode: &Periode, indicateur: &mut Indicateur) {
    let asked = (periode.du, periode.au, indicateur.definition.id);
    if let Some(rapport) = histoire.pole_emploi.iter().find(|r| (r.du, r.au, r.indicateur) == asked) {
        let compte = matches!(indicateur.definition.id, "3.2.3" | "3.2.4");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and not negative")]
        let reported = if compte && rapport.valeur.fract() == 0.0 && rapport.valeur < 1e15 {
            Valeur::Entier(rapport.valeur as u64)
        } else {
            Valeur::Decimal(rapport.valeur)
        };
        indicateur.valeur_calculee = Some(indicateur.valeur.replace(reported));
        indicateur.motif = None;
    }
}

/// Why 3.1.1 cannot be trusted whole: a caisse whose first stock is not before the period (its first
/// entries cannot be seen), or without any stock (nobody can be said to enter).
/// Only what is said of `caisse`, when one is given.
fn motif_des_bases(histoire: &Histoire, qualite: &Qualite, periode: &Periode, caisse: Option<&str>) -> Option<String> {
    let concernee = |nom: &str| caisse.is_none_or(|seule| seule == nom);
    let mut motifs = Vec::new();
    if histoire.caisses.is_empty() {
        motifs.push("aucun flux n'est connu : personne ne peut être compté".to_owned());
    }
    for (caisse, base) in qualite.bases_tardives.iter().filter(|(nom, _)| concernee(nom)) {
        motifs.push(format!(
            "le premier flux mensuel de {caisse} est du {base}, pas avant le {} : les premières entrées ne peuvent pas être vues",
            periode.du
        ));
    }
    for caisse in qualite.bases_inconnues.iter().filter(|nom| concernee(nom)) {
        motifs.push(format!("base inconnue : {caisse} n'a aucun flux mensuel, personne n'y est compté"));
    }
    (!motifs.is_empty()).then(|| motifs.join(" ; "))
}

fn remarques(entrants: &[u32], rattacher: &[u32], anticipees: u64, comptage: Comptage) -> Remarques {
    let mut personnes = entrants.to_vec();
    personnes.sort_unstable();
    let plusieurs = personnes.chunk_by(|a, b| a == b).map(<[u32]>::len).filter(|n| *n > 1);
    let (personnes_plusieurs_fois, entrees_de_ces_personnes) =
        plusieurs.fold((0, 0), |(people, entries), n| (people + 1, entries + n as u64));
    let valeur_rattacher = match comptage {
        Comptage::Entrees => rattacher.len(),
        Comptage::Personnes => rattacher.iter().collect::<FxHashSet<_>>().len(),
    };
    Remarques {
        personnes_plusieurs_fois: Valeur::Entier(personnes_plusieurs_fois),
        entrees_de_ces_personnes: Valeur::Entier(entrees_de_ces_personnes),
        ecartees_orientation_anticipee: Valeur::Entier(anticipees),
        valeur_rattacher: Valeur::Entier(valeur_rattacher as u64),
    }
}

fn qualite(histoire: &Histoire, question: &Question<'_>, cohorte: &[Ligne<'_>]) -> Qualite {
    let Question { periode, referentiel, .. } = question;
    let premiere_orientation = histoire.orientations.toutes().map(|(_, o)| o.date).min();
    let retours_sans_historique = cohorte
        .iter()
        .map(|ligne| &ligne.entree)
        .filter(|entree| matches!(entree.categorie, Categorie::RetourDd | Categorie::RetourSuspension))
        .filter(|entree| {
            let premier = histoire.releves.de(entree.personne).next();
            premier.is_some_and(|releve| {
                let connu = histoire.fichiers[releve.fichier as usize].en_tete.dtref;
                premiere_orientation.is_none_or(|premiere| connu < premiere)
            })
        })
        .count();
    let sans_base = |caisse: &&crate::parcours::histoire::EtatCaisse| caisse.base.is_none();
    Qualite {
        bases_inconnues: if referentiel.base == Base::Vide {
            Vec::new()
        } else {
            histoire.caisses.iter().filter(sans_base).map(|caisse| caisse.nom.clone()).collect()
        },
        bases_tardives: histoire
            .caisses
            .iter()
            .filter_map(|caisse| Some((caisse.nom.clone(), caisse.base.filter(|base| *base >= periode.du)?)))
            .collect(),
        en_attente: histoire.en_attente.clone(),
        doutes: histoire.doutes,
        retours_sans_historique: retours_sans_historique as u64,
        fichiers: histoire.fichiers.len() as u64,
        referentiel_couvre: referentiel.couvre(periode.du),
    }
}

#[cfg(test)]
mod tests;
