//! How a delay is kept, day after day: the share of a population whose outcome has come by day n,
//! those who still wait being counted for as long as they were seen (Kaplan and Meier's estimate).
//!
//! The texts ask how many keep each delay, not how it is kept: the curve is jalon's own, and what it
//! decides is in `docs/choix.md`.

use std::collections::BTreeMap;

use super::compte::dans_le_champ_du_rdv;
use super::{Ligne, Question, Tableau, Valeur};
use crate::entrees::Cloture;
use crate::entrees::suites::Delai;
use crate::referentiel::{Horizon, Referentiel};
use crate::temps::{Duree, Jour, Periode};

/// The curve of a delay.
#[derive(Clone, Debug, PartialEq)]
pub struct Courbe {
    /// Indicator whose delay it is: 3.1.2, 3.1.4 or 3.1.6.
    pub indicateur: &'static str,
    /// The points, by increasing day. Between two of them the share does not move.
    pub points: Vec<Point>,
    /// Last day on which somebody was seen: beyond it, nothing is known.
    pub jusqu_au: i64,
    /// People of the population.
    pub population: Valeur,
    /// The limit to draw; `None` when the référentiel gives none for the period.
    pub limite: Option<Limite>,
}

/// A day of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Days since the start of the delay.
    pub jour: i64,
    /// Share of the population whose outcome has come by that day, at most.
    pub part: f64,
    /// People seen waiting until that day.
    pub exposes: Valeur,
    /// Outcomes of that day.
    pub venus: Valeur,
}

/// The limit of a delay, in days since its start.
///
/// A number of days is one day. A month is not: from 01/02 it ends on the 27th day, from 01/03 on
/// the 30th. It is drawn from the shortest to the longest that the period holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limite {
    /// How the référentiel says it, as « 1 mois ».
    pub libelle: String,
    /// Its last day in time, for the shortest.
    pub au_plus_tot: i64,
    /// Its last day in time, for the longest.
    pub au_plus_tard: i64,
}

/// A small figure: under that many people, what is said of a group tells of each.
const PEU: u64 = 5;

/// The curves of the three delays, for the entries of the period.
///
/// Each follows the population of its split: the cohort for the orientation, those oriented outside
/// Pôle emploi for the first CER, and in less than a month for the first appointment.
#[must_use]
pub fn courbes(tableau: &Tableau<'_>, question: &Question<'_>) -> Vec<Courbe> {
    let Question { periode, referentiel, .. } = question;
    let vus = vus_jusqu_au(tableau, question);
    let courbe = |indicateur, duree: fn(&Referentiel, Jour) -> Duree, delai: &dyn Fn(&Ligne<'_>) -> Option<Delai>| {
        let vecus = tableau.lignes.iter().filter_map(|ligne| {
            let fin = vus.min(ligne.entree.fin_fenetre.plus_jours(-1));
            Some(Attente::new(delai(ligne)?, fin))
        });
        Courbe::new(indicateur, vecus, limite(periode, |jour| duree(referentiel, jour)))
    };
    vec![
        courbe("3.1.2", Referentiel::delai_orientation, &|l| Some(l.suites.delai_orientation)),
        courbe("3.1.4", Referentiel::delai_premier_rdv, &|l| {
            l.suites.delai_premier_rdv.filter(|_| dans_le_champ_du_rdv(question, l))
        }),
        courbe("3.1.6", Referentiel::delai_premier_cer, &|l| l.suites.delai_premier_cer),
    ]
}

/// The day up to which those who wait were seen: that of the closing. Under `horizon=complet`,
/// outcomes count beyond it, so those without one were seen as long: up to the knowledge asked for,
/// or the last outcome.
fn vus_jusqu_au(tableau: &Tableau<'_>, question: &Question<'_>) -> Jour {
    let Question { periode, referentiel, connu_le } = question;
    if referentiel.lectures.horizon == Horizon::Arrete {
        return periode.arrete;
    }
    let jusque = Cloture::new(referentiel, periode, *connu_le).horizon;
    let derniere = || {
        let suites = tableau.lignes.iter().map(|ligne| &ligne.suites);
        let fins = suites.flat_map(|s| {
            [s.delai_orientation.fin, s.delai_premier_rdv.and_then(|d| d.fin), s.delai_premier_cer.and_then(|d| d.fin)]
        });
        fins.flatten().max().unwrap_or(periode.arrete)
    };
    if jusque == Jour::MAX { derniere().max(periode.arrete) } else { jusque }
}

/// How long somebody was seen, in days since the start of the delay, and whether the outcome came then.
#[derive(Clone, Copy, Debug)]
struct Attente {
    jours: i64,
    venue: bool,
}

impl Attente {
    /// Without an outcome, people are seen until `fin`: the closing, or the eve of their next entry,
    /// to which any later outcome belongs.
    fn new(delai: Delai, fin: Jour) -> Self {
        match delai.jours() {
            Some(jours) => Self { jours, venue: true },
            None => Self { jours: fin.depuis(delai.debut).max(0), venue: false },
        }
    }
}

impl Courbe {
    /// Kaplan and Meier's estimate. Who is seen for the last time on a day was there for the outcomes
    /// of that day.
    fn new(indicateur: &'static str, vecus: impl Iterator<Item = Attente>, limite: Option<Limite>) -> Self {
        let mut par_jour: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        let mut population = 0;
        for attente in vecus {
            population += 1;
            let (venus, perdus) = par_jour.entry(attente.jours).or_default();
            *(if attente.venue { venus } else { perdus }) += 1;
        }
        let jusqu_au = par_jour.keys().next_back().copied().unwrap_or(0);
        let (mut exposes, mut attendent) = (population, 1.0);
        let mut points = Vec::new();
        for (jour, (venus, perdus)) in par_jour {
            if venus > 0 {
                #[expect(clippy::cast_precision_loss, reason = "counts of people")]
                let restent = (exposes - venus) as f64 / exposes as f64;
                attendent *= restent;
                let part = 1.0 - attendent;
                points.push(Point { jour, part, exposes: Valeur::Entier(exposes), venus: Valeur::Entier(venus) });
            }
            exposes -= venus + perdus;
        }
        Self { indicateur, points, jusqu_au, population: Valeur::Entier(population), limite }
    }

    /// The share by a day; `None` beyond what was seen.
    #[must_use]
    pub fn part_au(&self, jour: i64) -> Option<f64> {
        let venus = self.points.partition_point(|point| point.jour <= jour);
        (jour <= self.jusqu_au).then(|| venus.checked_sub(1).map_or(0.0, |rang| self.points[rang].part))
    }

    /// The first day by which half of the population has its outcome; `None` when it is not seen.
    #[must_use]
    pub fn jour_de_la_moitie(&self) -> Option<i64> {
        // A product of ratios that makes one half may miss it by its last bit.
        self.points.iter().find(|point| point.part >= 0.5 - 1e-12).map(|point| point.jour)
    }

    /// The curve that may leave the department, in which nobody's own delay can be read: points
    /// between which at least five outcomes have come, and after which at least five are to come;
    /// shares to the nearest hundredth, since one with all its decimals would tell the counts; no
    /// count. `None` when no point is left. Between two points, the share rises unseen.
    ///
    /// Without the outcomes to come, the last point would be the wait of one person, and one just
    /// before the limit would tell how many are late where the table hides it.
    #[must_use]
    pub fn pour_diffusion(&self) -> Option<Self> {
        let mut a_venir: u64 = self.points.iter().filter_map(|point| point.venus.entier()).sum();
        let mut venus_depuis = 0;
        let mut points = Vec::new();
        for point in &self.points {
            let venus = point.venus.entier()?;
            venus_depuis += venus;
            a_venir -= venus;
            if venus_depuis >= PEU && a_venir >= PEU {
                venus_depuis = 0;
                points.push(Point {
                    jour: point.jour,
                    part: (point.part * 100.0).round() / 100.0,
                    exposes: Valeur::Masquee,
                    venus: Valeur::Masquee,
                });
            }
        }
        let jusqu_au = points.last()?.jour;
        Some(Self { points, jusqu_au, population: Valeur::Masquee, ..self.clone() })
    }
}

/// The limit of a delay over a period, as the référentiel counts it from each of its days.
fn limite(periode: &Periode, duree: impl Fn(Jour) -> Duree) -> Option<Limite> {
    let jours = (periode.du.0..=periode.arrete.0).map(Jour);
    let limites = jours.map(|jour| (duree(jour), duree(jour).limite(jour).depuis(jour)));
    let mut libelles: Vec<String> = Vec::new();
    let mut bornes: Option<(i64, i64)> = None;
    for (duree, n) in limites {
        let libelle = en_lettres(duree);
        if libelles.last() != Some(&libelle) {
            libelles.push(libelle);
        }
        bornes = Some(bornes.map_or((n, n), |(min, max)| (min.min(n), max.max(n))));
    }
    let (au_plus_tot, au_plus_tard) = bornes?;
    Some(Limite { libelle: libelles.join(", puis "), au_plus_tot, au_plus_tard })
}

fn en_lettres(duree: Duree) -> String {
    match duree {
        Duree::Mois(n) => format!("{n} mois"),
        Duree::MoisInclus(n) => format!("{n} mois, jour anniversaire compris"),
        Duree::Semaines(n) => format!("{n} semaine{}", if n > 1 { "s" } else { "" }),
        Duree::Jours(n) => format!("{n} jours"),
    }
}

impl Limite {
    /// The limit as it is written beside a curve.
    #[must_use]
    pub fn phrase(&self) -> String {
        let Self { libelle, au_plus_tot, au_plus_tard } = self;
        if au_plus_tot == au_plus_tard && *libelle == format!("{au_plus_tard} jours") {
            return libelle.clone();
        }
        if au_plus_tot == au_plus_tard {
            return format!("{libelle} ({au_plus_tard} jours)");
        }
        format!("{libelle} ({au_plus_tot} à {au_plus_tard} jours selon le mois)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parcours::recit::{jour, recit};

    fn attentes(jours: &[i64], venue: bool) -> Vec<Attente> {
        jours.iter().map(|jours| Attente { jours: *jours, venue }).collect()
    }

    fn de(venus: &[i64], perdus: &[i64]) -> Courbe {
        let tous = [attentes(venus, true), attentes(perdus, false)].concat();
        Courbe::new("3.1.2", tous.into_iter(), None)
    }

    fn parts(courbe: &Courbe) -> Vec<(i64, f64)> {
        courbe.points.iter().map(|p| (p.jour, (p.part * 10_000.0).round() / 10_000.0)).collect()
    }

    fn comptes(courbe: &Courbe) -> Vec<(u64, u64)> {
        courbe.points.iter().map(|p| (p.exposes.entier().unwrap(), p.venus.entier().unwrap())).collect()
    }

    /// Without anybody waiting, the estimate is the share itself.
    #[test]
    fn when_everybody_has_the_outcome_the_curve_is_the_share() {
        let courbe = de(&[3, 3, 10, 20], &[]);
        assert_eq!(parts(&courbe), [(3, 0.5), (10, 0.75), (20, 1.0)]);
        assert_eq!(comptes(&courbe), [(4, 2), (2, 1), (1, 1)]);
        assert_eq!(courbe.jour_de_la_moitie(), Some(3));
    }

    /// Five people. Day 5: 1 of 5, 4/5 wait. Day 8: somebody is lost sight of. Day 10: 1 of 3, so
    /// 4/5 × 2/3 = 8/15 wait. Day 30: 1 of 2, 4/15 wait; the last one is lost on day 40.
    #[test]
    fn who_still_waits_counts_for_as_long_as_seen() {
        let courbe = de(&[5, 10, 30], &[8, 40]);
        assert_eq!(parts(&courbe), [(5, 0.2), (10, 0.4667), (30, 0.7333)]);
        assert_eq!(comptes(&courbe), [(5, 1), (3, 1), (2, 1)]);
        assert_eq!(courbe.part_au(4), Some(0.0));
        assert_eq!(courbe.part_au(5), Some(0.19999999999999996));
        assert_eq!(courbe.part_au(40), courbe.part_au(30));
        assert_eq!(courbe.part_au(41), None, "nobody was seen that long");
        assert_eq!(courbe.jour_de_la_moitie(), Some(30));
    }

    #[test]
    fn who_is_seen_for_the_last_time_on_a_day_was_there_for_its_outcomes() {
        assert_eq!(comptes(&de(&[7], &[7, 7])), [(3, 1)]);
    }

    #[test]
    fn nobody_makes_no_point_and_no_share() {
        let courbe = de(&[], &[]);
        assert_eq!((courbe.points.len(), courbe.population), (0, Valeur::Entier(0)));
        assert_eq!(courbe.jour_de_la_moitie(), None);
        assert_eq!(courbe.pour_diffusion(), None);
    }

    /// Six enter on 1 March 2021, the table is closed on 30 April, 60 days later.
    ///
    /// A is oriented on day 19, B on day 40, C (Pôle emploi) on day 14, D on day 24. E is not, and
    /// was seen 60 days. F is struck off and enters again on 1 April: seen 30 days, to 31 March. Her
    /// second entry is oriented on its day 9.
    const COHORTE: &str = "
        2020-12-31 stock       Z:9=2+
        2021-03-01 quotidien   A:1=2+ B:2=2+ C:3=2+ D:4=2+ E:5=2+ F:6=2+
        2021-03-10 quotidien   F:6=5+
        2021-04-01 quotidien   F:6=2+
        2021-03-20 orientation CD social     de:A
        2021-03-30 rdv         accompagnement de:A # 10 days
        2021-04-15 cer                       de:A  # 45 days
        2021-04-10 orientation CD emploi     de:B  # late: out of the appointment's population
        2021-03-15 orientation PE emploi     de:C  # neither appointment nor CER is expected
        2021-03-25 orientation CCAS GAD      de:D  # then nothing: 36 days to the closing
        2021-04-10 orientation CD social     de:F
        2021-04-28 rdv         accompagnement de:F # 18 days, late
        2021-05-20 cer                       de:F  # after the closing";

    #[test]
    fn each_delay_has_the_curve_of_its_own_population() {
        let recit = recit(COHORTE);
        let tableau = recit.tableau("2021-01-01", "2021-04-30", None);
        let periode = Periode { du: jour("2021-01-01"), au: jour("2021-04-30"), arrete: jour("2021-04-30") };
        let question = Question { periode, connu_le: None, referentiel: &recit.referentiel };
        let [orientation, rdv, cer] = courbes(&tableau, &question).try_into().unwrap();
        assert_eq!(orientation.population, Valeur::Entier(7));
        // 7 wait; 9: 1/7. 14: 1/6. 19: 1/5. 24: 1/4. F's first entry is lost on day 30. 40: 1/2.
        assert_eq!(comptes(&orientation), [(7, 1), (6, 1), (5, 1), (4, 1), (2, 1)]);
        assert_eq!(parts(&orientation), [(9, 0.1429), (14, 0.2857), (19, 0.4286), (24, 0.5714), (40, 0.7857)]);
        assert_eq!(orientation.jusqu_au, 60);
        // A on day 10, F on day 18; D is lost on day 36.
        assert_eq!(comptes(&rdv), [(3, 1), (2, 1)]);
        assert_eq!((parts(&rdv), rdv.jusqu_au), (vec![(10, 0.3333), (18, 0.6667)], 36));
        // A on day 45; B and D are lost on day 60, F on day 29.
        assert_eq!((comptes(&cer), parts(&cer)), (vec![(3, 1)], vec![(45, 0.3333)]));
        assert_eq!((cer.population, cer.jusqu_au), (Valeur::Entier(4), 60));
    }

    #[test]
    fn under_horizon_complet_people_are_seen_as_long_as_outcomes_count() {
        let mut recit = recit(COHORTE);
        recit.referentiel.lectures.choisir("horizon", "complet").unwrap();
        let tableau = recit.tableau("2021-01-01", "2021-04-30", None);
        let periode = Periode { du: jour("2021-01-01"), au: jour("2021-04-30"), arrete: jour("2021-04-30") };
        let question = Question { periode, connu_le: None, referentiel: &recit.referentiel };
        let [orientation, _, cer] = courbes(&tableau, &question).try_into().unwrap();
        // F's contract of 20 May counts, 49 days after her entry; E is seen until that day, the last known.
        assert_eq!(cer.points.last().map(|p| p.jour), Some(49));
        assert_eq!(orientation.jusqu_au, 80);
        let question = Question { connu_le: Some(jour("2021-06-30")), ..question };
        assert_eq!(courbes(&tableau, &question)[0].jusqu_au, 121);
    }

    #[test]
    fn an_outcome_before_its_start_is_on_day_0() {
        let delai = Delai { debut: Jour(10), limite: Jour(40), fin: Some(Jour(7)) };
        assert_eq!(Attente::new(delai, Jour(100)).jours, 0);
        let attend = Delai { debut: Jour(110), limite: Jour(140), fin: None };
        assert_eq!(Attente::new(attend, Jour(100)).jours, 0);
    }

    /// From 01/02/2021 a month ends on the 27th day, from 01/03 on the 30th. In June alone it is
    /// 29 days from each day, since June has thirty.
    #[test]
    fn a_month_is_drawn_from_the_shortest_to_the_longest() {
        let sur = |du: &str, au: &str, duree| {
            let periode = Periode { du: jour(du), au: jour(au), arrete: jour(au) };
            limite(&periode, |_| duree).unwrap()
        };
        let annee = sur("2021-01-01", "2021-12-31", Duree::Mois(1));
        assert_eq!((annee.au_plus_tot, annee.au_plus_tard), (27, 30));
        assert_eq!(annee.phrase(), "1 mois (27 à 30 jours selon le mois)");
        assert_eq!(sur("2021-06-01", "2021-06-30", Duree::Mois(1)).phrase(), "1 mois (29 jours)");
        assert_eq!(sur("2021-01-01", "2021-12-31", Duree::Jours(14)).phrase(), "14 jours");
    }

    #[test]
    fn the_limit_follows_the_referentiel_through_the_period() {
        let periode = Periode { du: jour("2021-12-01"), au: jour("2022-01-31"), arrete: jour("2022-01-31") };
        let change = jour("2022-01-01");
        let limite = limite(&periode, |jour| Duree::Jours(if jour < change { 14 } else { 10 })).unwrap();
        assert_eq!((limite.au_plus_tot, limite.au_plus_tard), (10, 14));
        assert_eq!(limite.libelle, "14 jours, puis 10 jours");
    }

    /// Sixteen outcomes, one a day, and four people who wait: points at the fifth (5 of 20) and at
    /// the tenth (10 of 20), where six are to come; none at the fifteenth, where one is, nor at the
    /// last.
    #[test]
    fn what_leaves_the_department_tells_nobody_s_delay() {
        let jours: Vec<i64> = (1..=16).collect();
        let diffusee = de(&jours, &[50, 60, 70, 80]).pour_diffusion().unwrap();
        assert_eq!(parts(&diffusee), [(5, 0.25), (10, 0.5)]);
        assert!(diffusee.points.iter().all(|p| (p.exposes, p.venus) == (Valeur::Masquee, Valeur::Masquee)));
        assert_eq!((diffusee.population, diffusee.jusqu_au), (Valeur::Masquee, 10));
        // 5 of 19: the share is not told to its last decimal.
        assert_eq!(parts(&de(&jours[..10], &[50; 9]).pour_diffusion().unwrap()), [(5, 0.26)]);
        assert_eq!(de(&jours[..9], &[50; 9]).pour_diffusion(), None, "four to come after the fifth");
        assert_eq!(de(&[3; 9], &[]).pour_diffusion(), None, "nobody after the only day");
    }
}
