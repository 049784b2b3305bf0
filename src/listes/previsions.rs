//! What the coming month takes away if nothing is done: the limits that fall each day, and what the
//! rates of the running campaign become.
//!
//! The limits are those of the lists of the day; the rates are those of the table, closed on each day:
//! no rule is written here.

use super::{Nom, Question, toutes};
use crate::indicateurs::delais::taux;
use crate::indicateurs::previsions::arretees;
use crate::indicateurs::{self, Indicateur, Valeur};
use crate::parcours::histoire::Histoire;
use crate::referentiel::Comptage;
use crate::temps::{Jour, Periode};

/// Days that are looked at, the day itself apart.
pub const JOURS: i32 = 30;
/// The lists whose deadlines are the limits of the three delays: orientation, first appointment, first
/// CER.
pub const LIMITES: [Nom; 3] = [Nom::AOrienter, Nom::SansRdv, Nom::SansCer];
/// The figures that have a limit, each with its own total.
const TAUX: [(&str, &str); 3] = [("3.1.2", "3.1.1"), ("3.1.4", "3.1.3"), ("3.1.6", "3.1.5")];

/// What the coming month takes away.
#[derive(Clone, Debug, PartialEq)]
pub struct Previsions {
    /// The running campaign.
    pub campagne: String,
    /// Its whole period.
    pub periode: Periode,
    /// How many of each limit are already past on the day that is asked for, in the order of [`LIMITES`].
    pub passees: [usize; 3],
    /// That day, then each of the [`JOURS`] that follow.
    pub jours: Vec<Prevision>,
}

/// A day of the coming month.
#[derive(Clone, Debug, PartialEq)]
pub struct Prevision {
    /// The day.
    pub jour: Jour,
    /// How many of each limit fall on that day, in the order of [`LIMITES`].
    pub limites: [usize; 3],
    /// The day on which the campaign is closed for its rates: that day, until its own closing.
    pub arrete: Jour,
    /// 3.1.2, 3.1.4 and 3.1.6.
    pub taux: [Taux; 3],
}

/// A rate, closed on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Taux {
    /// Number in the table.
    pub id: &'static str,
    /// The figure.
    pub valeur: u64,
    /// Its own total.
    pub total: u64,
    /// The figure over its own total; `None` over nothing.
    pub taux: Option<f64>,
    /// The rate if all that is still in time that day were done in time; `None` over nothing, and when
    /// people are counted instead of entries: one who counts already may have an entry that waits.
    pub au_mieux: Option<f64>,
    /// Not done, still in time.
    pub en_cours: u64,
    /// Not done, too late.
    pub echus: u64,
}

impl Taux {
    fn new(indicateurs: &[Indicateur], (id, total): (&'static str, &str), comptage: Comptage) -> Self {
        let indicateur = |id: &str| indicateurs.iter().find(|indicateur| indicateur.definition.id == id);
        let nombre = |id: &str| indicateur(id).and_then(|i| i.valeur?.entier()).unwrap_or_default();
        let (valeur, sur) = (nombre(id), nombre(total));
        let repartition = indicateur(id).and_then(|i| i.tenue.as_ref()).map(|tenue| &tenue.repartition);
        let [en_cours, echus] = repartition
            .map(|r| [r.en_cours, r.echus])
            .unwrap_or([Valeur::Entier(0); 2])
            .map(|n| n.entier().unwrap_or(0));
        // Those who wait for their orientation are in its total already; a first appointment or a first CER
        // enters its total once it is there.
        let au_plus = if id == "3.1.2" { sur } else { sur + en_cours };
        let au_mieux = match comptage {
            Comptage::Entrees => taux(valeur + en_cours, au_plus),
            Comptage::Personnes => None,
        };
        Self { id, valeur, total: sur, taux: taux(valeur, sur), au_mieux, en_cours, echus }
    }
}

/// What the month that follows a day takes away if nothing is done: nothing more is known than on the
/// day of the question. `campagne` is the one that runs, with its whole period; once it is closed, its
/// rates no longer move.
#[must_use]
pub fn prevoir(histoire: &Histoire, question: &Question<'_>, campagne: (String, Periode)) -> Previsions {
    let Question { au, connu_le, referentiel } = *question;
    let (campagne, periode) = campagne;
    let listes = toutes(histoire, question);
    let limites = |compte: &dyn Fn(Jour) -> bool| {
        LIMITES.map(|nom| {
            let lignes = listes.iter().filter(|liste| liste.nom == nom).flat_map(|liste| &liste.lignes);
            lignes.filter(|ligne| compte(ligne.echeance)).count()
        })
    };
    let jours: Vec<Jour> = (0..=JOURS).map(|n| au.plus_jours(n)).collect();
    let arretes: Vec<Jour> = jours.iter().map(|jour| periode.arrete.min(*jour)).collect();
    let de_la_campagne = indicateurs::Question {
        periode: Periode { au: periode.au.min(au), ..periode },
        connu_le: Some(connu_le),
        referentiel,
    };
    let tableaux = arretees(histoire, &de_la_campagne, &arretes);
    let jours = jours.into_iter().zip(arretes).zip(&tableaux).map(|((jour, arrete), indicateurs)| Prevision {
        jour,
        limites: limites(&|echeance| echeance == jour),
        arrete,
        taux: TAUX.map(|taux| Taux::new(indicateurs, taux, referentiel.lectures.comptage)),
    });
    Previsions { campagne, periode, passees: limites(&|echeance| echeance < au), jours: jours.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parcours::recit::{Recit, jour, recit};

    /// Seen on 01/04/2021. A (01/03) is oriented on 20/03 outside Pôle emploi, her CER is due by 30/04, and
    /// her appointment by 03/04. B (10/03) is to be oriented by 09/04, C (15/03) too, by 14/04. D
    /// (01/03) is late since 31/03. E is oriented to Pôle emploi: nothing else is expected. F is oriented
    /// on 25/03, had her appointment fixed on 26/03 for 07/04, and her CER is signed on 30/03. G (20/03) is
    /// struck off on 25/03, and no longer on any list; she counts in the rates.
    const DEPARTEMENT: &str = "
        2020-12-31 stock       Z:9=2+
        2021-03-01 quotidien   A:1=2+ D:4=2+ E:5=2+ F:6=2+
        2021-03-10 quotidien   B:2=2+
        2021-03-15 quotidien   C:3=2+
        2021-03-20 quotidien   G:7=2+
        2021-03-25 quotidien   G:7=5+
        2021-03-20 orientation CD          de:A
        2021-03-22 orientation PE emploi   de:E
        2021-03-25 orientation CCAS        de:F
        2021-04-07 rdv         accompagnement de:F fixe:2021-03-26
        2021-03-30 cer                     de:F";

    fn campagne() -> (String, Periode) {
        let periode = Periode { du: jour("2021-01-01"), au: jour("2021-12-31"), arrete: jour("2021-12-31") };
        ("mars-2022".to_owned(), periode)
    }

    fn previsions(recit: &Recit, au: &str) -> Previsions {
        let question = Question { au: jour(au), connu_le: jour(au), referentiel: &recit.referentiel };
        prevoir(&recit.histoire, &question, campagne())
    }

    /// The days on which something falls: `day orientation appointment CER`.
    fn chutes(previsions: &Previsions) -> Vec<String> {
        let tombe = |p: &&Prevision| p.limites != [0; 3];
        let dit = |p: &Prevision| format!("{} {:?}", p.jour, p.limites);
        previsions.jours.iter().filter(tombe).map(dit).collect()
    }

    /// The days on which a rate moves: `day figure/total rate at-best (waiting, too late)`.
    fn mouvements(previsions: &Previsions, rang: usize) -> Vec<String> {
        let mut out: Vec<(Taux, String)> = Vec::new();
        for prevision in &previsions.jours {
            let t = prevision.taux[rang];
            if out.last().is_none_or(|(avant, _)| *avant != t) {
                let part = |part: Option<f64>| part.map_or("-".to_owned(), |part| part.to_string());
                let (n, sur, en_cours, echus) = (t.valeur, t.total, t.en_cours, t.echus);
                let dit =
                    format!("{} {n}/{sur} {} {} ({en_cours}, {echus})", prevision.jour, part(t.taux), part(t.au_mieux));
                out.push((t, dit));
            }
        }
        out.into_iter().map(|(_, dit)| dit).collect()
    }

    #[test]
    fn each_limit_falls_on_its_last_day_in_time() {
        let previsions = previsions(&recit(DEPARTEMENT), "2021-04-01");
        assert_eq!(previsions.jours.len(), 31);
        assert_eq!(previsions.jours[0].jour, jour("2021-04-01"));
        assert_eq!(previsions.jours[30].jour, jour("2021-05-01"));
        // D's orientation was due on 31/03.
        assert_eq!(previsions.passees, [1, 0, 0]);
        assert_eq!(
            chutes(&previsions),
            ["2021-04-03 [0, 1, 0]", "2021-04-09 [1, 0, 0]", "2021-04-14 [1, 0, 0]", "2021-04-30 [0, 0, 1]"]
        );
    }

    /// Seven entries, three oriented in time; D is late, B, C and G (19/04) wait. Who is not oriented is in
    /// the total already: the rate stands still, and what can still be reached falls on the morrow of each
    /// limit, G's included, who left the RSA and counts.
    #[test]
    fn what_can_still_be_reached_falls_on_the_morrow_of_each_limit() {
        let previsions = previsions(&recit(DEPARTEMENT), "2021-04-01");
        assert_eq!(
            mouvements(&previsions, 0),
            [
                "2021-04-01 3/7 0.4286 0.8571 (3, 1)",
                "2021-04-10 3/7 0.4286 0.7143 (2, 2)",
                "2021-04-15 3/7 0.4286 0.5714 (1, 3)",
                "2021-04-20 3/7 0.4286 0.4286 (0, 4)",
            ]
        );
        // A and F are oriented in time outside Pôle emploi. F's appointment of 07/04 is fixed: it counts.
        assert_eq!(mouvements(&previsions, 1), ["2021-04-01 1/1 1 1 (1, 0)", "2021-04-04 1/1 1 1 (0, 1)"]);
        assert_eq!(mouvements(&previsions, 2), ["2021-04-01 1/1 1 1 (1, 0)", "2021-05-01 1/1 1 1 (0, 1)"]);
    }

    /// A late appointment is in the total of 3.1.4: at best, that of A still in time makes one of two.
    #[test]
    fn a_figure_that_waits_enters_its_total_with_it() {
        let recit = recit(&DEPARTEMENT.replace("2021-04-07 rdv", "2021-04-09 rdv"));
        let previsions = previsions(&recit, "2021-04-01");
        assert_eq!(mouvements(&previsions, 1), ["2021-04-01 0/1 0 0.5 (1, 0)", "2021-04-04 0/1 0 0 (0, 1)"]);
    }

    #[test]
    fn each_day_is_the_table_closed_that_day() {
        let recit = recit(DEPARTEMENT);
        let previsions = previsions(&recit, "2021-04-01");
        for prevision in &previsions.jours {
            let question = indicateurs::Question {
                periode: Periode { au: jour("2021-04-01"), arrete: prevision.jour, ..campagne().1 },
                connu_le: Some(jour("2021-04-01")),
                referentiel: &recit.referentiel,
            };
            let tableau = indicateurs::calculer(&recit.histoire, &question);
            let attendus = TAUX.map(|taux| Taux::new(&tableau.indicateurs, taux, Comptage::Entrees));
            assert_eq!(prevision.taux, attendus, "{}", prevision.jour);
        }
    }

    /// From 20/12 to 19/01: the campaign is closed on 31/12, and its rates with it.
    #[test]
    fn a_closed_campaign_no_longer_moves() {
        let recit = recit(
            "
            2020-12-31 stock       Z:9=2+
            2021-12-05 quotidien   A:1=2+
            2021-12-01 quotidien   B:2=2+",
        );
        let previsions = previsions(&recit, "2021-12-20");
        assert_eq!(chutes(&previsions), ["2021-12-31 [1, 0, 0]", "2022-01-04 [1, 0, 0]"]);
        assert_eq!(mouvements(&previsions, 0), ["2021-12-20 0/2 0 1 (2, 0)"]);
        assert_eq!(previsions.jours[30].arrete, jour("2021-12-31"));
    }

    #[test]
    fn when_people_are_counted_nothing_is_said_of_what_could_be_reached() {
        let previsions = previsions(&recit(DEPARTEMENT).lecture("comptage", "personnes"), "2021-04-01");
        assert_eq!(mouvements(&previsions, 0)[0], "2021-04-01 3/7 0.4286 - (3, 1)");
    }
}
