//! The orientations and the contracts of one person that the year holds, and what becomes of the
//! others: each event in force is written, or counted with the reason why it is not.

use super::Annee;
use crate::identite::folded;
use crate::journal::evenements::{Contrat, FinSuivi, Orientation};
use crate::temps::Jour;

/// What ends an orientation when another one takes its place.
const NOUVELLE_ORIENTATION: &str = "nouvelle_orientation";

/// What becomes of the events in force of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tri {
    /// Written.
    pub ecrits: u64,
    /// Of people who had no right in the year.
    pub hors_perimetre: u64,
    /// Dated after the year.
    pub apres: u64,
    /// Over before the year.
    pub finis_avant: u64,
    /// Replaced on the very day: they hold no day.
    pub remplaces_le_jour_meme: u64,
    /// Waiting for their person.
    pub en_attente: u64,
}

impl Tri {
    /// Every event that was looked at.
    #[must_use]
    pub fn total(&self) -> u64 {
        let Self { ecrits, hors_perimetre, apres, finis_avant, remplaces_le_jour_meme, en_attente } = self;
        ecrits + hors_perimetre + apres + finis_avant + remplaces_le_jour_meme + en_attente
    }

    /// Adds those of another person.
    pub fn ajouter(&mut self, autre: Self) {
        self.ecrits += autre.ecrits;
        self.hors_perimetre += autre.hors_perimetre;
        self.apres += autre.apres;
        self.finis_avant += autre.finis_avant;
        self.remplaces_le_jour_meme += autre.remplaces_le_jour_meme;
        self.en_attente += autre.en_attente;
    }
}

/// An orientation that ran on a day of the year at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orientee {
    /// Its place among those of the person.
    pub rang: usize,
    /// Last day; `None` when it still ran on the last day of the year.
    pub fin: Option<Jour>,
    /// What ended it: another orientation, or the reason of an explicit end. Empty when nothing did.
    pub motif_fin: &'static str,
    /// Whether the referent is another one than that of the orientation before; `None` when one of the
    /// two is not named.
    pub change_referent: Option<bool>,
}

/// The orientations of a person that ran in the year, in their order. An orientation runs until the
/// next one, or until an explicit end of follow-up; a right that ends does not end it here, since the
/// history of the right says so.
pub fn orientations(siennes: &[Orientation], fins: &[FinSuivi], annee: Annee) -> (Vec<Orientee>, Tri) {
    let (mut out, mut tri) = (Vec::new(), Tri::default());
    for (rang, orientation) in siennes.iter().enumerate() {
        if orientation.date > annee.au {
            tri.apres += 1;
            continue;
        }
        let suivante = siennes.get(rang + 1).map(|suivante| suivante.date).filter(|jour| *jour <= annee.au);
        if suivante == Some(orientation.date) {
            tri.remplaces_le_jour_meme += 1;
            continue;
        }
        let explicite = fins
            .iter()
            .filter(|fin| orientation.date <= fin.date && fin.date <= suivante.unwrap_or(annee.au))
            .min_by_key(|fin| fin.date);
        let remplacee = suivante.map(|suivante| suivante.plus_jours(-1));
        let fin = explicite.map(|fin| fin.date).into_iter().chain(remplacee).min();
        if fin.is_some_and(|fin| fin < annee.du) {
            tri.finis_avant += 1;
            continue;
        }
        tri.ecrits += 1;
        let motif_fin = match (explicite, remplacee) {
            (Some(fin), _) => fin.motif,
            (None, Some(_)) => NOUVELLE_ORIENTATION,
            (None, None) => "",
        };
        let avant = rang.checked_sub(1).map(|rang| &siennes[rang]);
        out.push(Orientee {
            rang,
            fin,
            motif_fin,
            change_referent: avant.and_then(|avant| change(avant, orientation)),
        });
    }
    (out, tri)
}

fn change(avant: &Orientation, apres: &Orientation) -> Option<bool> {
    let (avant, apres) = (folded(&avant.referent), folded(&apres.referent));
    (!avant.is_empty() && !apres.is_empty()).then(|| avant != apres)
}

/// The contracts of a person that the year holds, by their place: signed by its last day, and not known
/// to be over before its first one. `fins` are their ends, when given.
pub fn contrats(siens: &[Contrat], fins: impl Fn(usize) -> Option<Jour>, annee: Annee) -> (Vec<usize>, Tri) {
    let (mut out, mut tri) = (Vec::new(), Tri::default());
    for (rang, contrat) in siens.iter().enumerate() {
        if contrat.date > annee.au {
            tri.apres += 1;
        } else if contrat.date < annee.du && fins(rang).is_some_and(|fin| fin < annee.du) {
            tri.finis_avant += 1;
        } else {
            tri.ecrits += 1;
            out.push(rang);
        }
    }
    (out, tri)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parcours::recit::jour;

    fn annee() -> Annee {
        Annee::new(2021).unwrap()
    }

    fn orientation(date: &str, referent: &str) -> Orientation {
        Orientation {
            date: jour(date),
            organisme: "CD",
            type_parcours: "",
            dispositif: "",
            structure: "".into(),
            territoire: "".into(),
            referent: referent.into(),
        }
    }

    fn fin(date: &str) -> FinSuivi {
        FinSuivi { date: jour(date), motif: "emploi_cdi" }
    }

    /// Each orientation written, with its last day and what ended it.
    fn dites(siennes: &[Orientation], fins: &[FinSuivi]) -> Vec<String> {
        let (ecrites, tri) = orientations(siennes, fins, annee());
        assert_eq!(tri.total(), siennes.len() as u64);
        let dire = |o: &Orientee| {
            let fin = o.fin.map(|fin| fin.to_string()).unwrap_or_default();
            format!("{} {fin} {}", siennes[o.rang].date, o.motif_fin).trim_end().to_owned()
        };
        ecrites.iter().map(dire).collect()
    }

    #[test]
    fn an_orientation_runs_until_the_eve_of_the_next_one() {
        let siennes = [orientation("2020-10-05", ""), orientation("2021-03-01", ""), orientation("2022-01-01", "")];
        assert_eq!(dites(&siennes, &[]), ["2020-10-05 2021-02-28 nouvelle_orientation", "2021-03-01"]);
    }

    /// The eve and the day itself of the first day of the year.
    #[test]
    fn an_orientation_that_ends_on_the_eve_of_the_year_is_not_of_it() {
        let siennes = [orientation("2020-10-05", ""), orientation("2021-01-01", "")];
        assert_eq!(dites(&siennes, &[]), ["2021-01-01"]);
        let siennes = [orientation("2020-10-05", ""), orientation("2021-01-02", "")];
        assert_eq!(dites(&siennes, &[]), ["2020-10-05 2021-01-01 nouvelle_orientation", "2021-01-02"]);
        assert_eq!(dites(&siennes[..1], &[fin("2020-12-31")]), Vec::<String>::new());
        assert_eq!(dites(&siennes[..1], &[fin("2021-01-01")]), ["2020-10-05 2021-01-01 emploi_cdi"]);
    }

    /// An end of the year that comes has not happened on the last day of this one.
    #[test]
    fn what_ends_an_orientation_after_the_year_does_not_end_it() {
        let siennes = [orientation("2021-10-05", "")];
        assert_eq!(dites(&siennes, &[fin("2021-12-31")]), ["2021-10-05 2021-12-31 emploi_cdi"]);
        assert_eq!(dites(&siennes, &[fin("2022-01-01")]), ["2021-10-05"]);
    }

    /// The end comes before the orientation, on its day, on the day of the next one, and after it.
    #[test]
    fn an_explicit_end_ends_the_orientation_that_runs_that_day() {
        let siennes = [orientation("2021-02-01", ""), orientation("2021-03-01", "")];
        let deuxieme = "2021-03-01".to_owned();
        let fin_de = |jour: &str| dites(&siennes, &[fin(jour)]);
        assert_eq!(fin_de("2021-01-31"), ["2021-02-01 2021-02-28 nouvelle_orientation", &deuxieme]);
        assert_eq!(fin_de("2021-02-01"), ["2021-02-01 2021-02-01 emploi_cdi", &deuxieme]);
        assert_eq!(
            fin_de("2021-03-01"),
            ["2021-02-01 2021-02-28 emploi_cdi", "2021-03-01 2021-03-01 emploi_cdi"],
            "it closes what was notified before it, that day included"
        );
        assert_eq!(
            fin_de("2021-03-02"),
            ["2021-02-01 2021-02-28 nouvelle_orientation", "2021-03-01 2021-03-02 emploi_cdi"]
        );
    }

    #[test]
    fn of_two_orientations_of_a_day_the_last_one_holds_and_the_other_is_counted() {
        let siennes = [orientation("2021-02-01", ""), orientation("2021-02-01", "")];
        let (ecrites, tri) = orientations(&siennes, &[], annee());
        assert_eq!((ecrites.len(), ecrites[0].rang, tri.remplaces_le_jour_meme), (1, 1, 1));
    }

    #[test]
    fn another_referent_is_told_when_both_are_named_whatever_the_case() {
        let change = |avant: &str, apres: &str| {
            let siennes = [orientation("2021-02-01", avant), orientation("2021-03-01", apres)];
            orientations(&siennes, &[], annee()).0[1].change_referent
        };
        assert_eq!(change("Mme Élan", "MME ELAN"), Some(false));
        assert_eq!(change("Mme Élan", "M. Roc"), Some(true));
        assert_eq!((change("", "M. Roc"), change("M. Roc", "")), (None, None));
    }

    /// Signed and over around the two ends of the year.
    #[test]
    fn a_contract_is_of_the_year_unless_it_is_over_before_or_signed_after() {
        let contrat = |date: &str| Contrat { date: jour(date), type_contrat: "cer", rang: None };
        let siens = ["2020-01-10", "2020-06-30", "2020-07-01", "2021-12-31", "2022-01-01"].map(contrat);
        let fins = [None, Some("2020-12-31"), Some("2021-01-01"), Some("2022-06-30"), None];
        let (ecrits, tri) = contrats(&siens, |rang| fins[rang].map(jour), annee());
        assert_eq!(ecrits, [0, 2, 3]);
        assert_eq!((tri.finis_avant, tri.apres, tri.total()), (1, 1, 5));
    }

    /// An end before the signature is a slip: the contract signed in the year stays in it.
    #[test]
    fn a_contract_signed_in_the_year_stays_whatever_its_end() {
        let siens = [Contrat { date: jour("2021-03-01"), type_contrat: "cer", rang: Some(1) }];
        assert_eq!(contrats(&siens, |_| Some(jour("2020-03-01")), annee()).0, [0]);
    }
}
