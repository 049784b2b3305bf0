//! The spells of small stories, worked out by hand.

use super::*;
use crate::parcours::recit::{Recit, recit};

fn historique(recit: &Recit, qui: char, annee: i32) -> Option<Historique> {
    Historique::de(&recit.histoire, &recit.parcours(qui), Annee::new(annee).unwrap())
}

fn dire(periode: Periode) -> String {
    let fin = periode.fin.map(|fin| fin.to_string()).unwrap_or_default();
    format!("{}{}..{fin}", if periode.debut_connu { "" } else { "≤" }, periode.debut)
}

/// The right of A in a year: `situation days dossier`, and what else is known.
fn droit(recit: &Recit, annee: i32) -> Vec<String> {
    let Some(historique) = historique(recit, 'A', annee) else { return Vec::new() };
    let dits = historique.droit.iter().map(|droit| {
        let dossier = &recit.histoire.dossiers[droit.dossier as usize];
        let caisse = &recit.histoire.caisses[usize::from(dossier.caisse)].nom;
        let numero = dossier.numdemrsa.trim_start_matches('0');
        let mut out = format!("{} {} {caisse}/{numero}", droit.classe.code(), dire(droit.periode));
        for (quoi, jour) in [("demande", droit.date_demande), ("depuis", droit.date_suspension)] {
            out.extend(jour.map(|jour| format!(" {quoi} {jour}")));
        }
        if droit.absente {
            out.push_str(" absente");
        }
        out
    });
    dits.collect()
}

/// When A is soumise in a year.
fn soumise(recit: &Recit, annee: i32) -> Vec<String> {
    historique(recit, 'A', annee).into_iter().flat_map(|historique| historique.soumissions).map(dire).collect()
}

#[test]
fn a_suspension_is_a_spell_between_two_of_an_open_right() {
    let recit = recit(
        "
        2020-12-31  stock      Z:9=2+ 1=2+,dem:2020-11-03
        2021-03-12  quotidien  1=4+,sus:2021-03-10
        2021-07-01  quotidien  1=2+
        ",
    );
    assert_eq!(
        droit(&recit, 2021),
        [
            "versable ≤2020-12-31..2021-03-11 CAF991/1 demande 2020-11-03",
            "suspendu 2021-03-12..2021-06-30 CAF991/1 depuis 2021-03-10",
            "versable 2021-07-01.. CAF991/1",
        ]
    );
    assert_eq!(soumise(&recit, 2021), ["≤2020-12-31..2021-03-11", "2021-07-01.."], "nobody is soumise while suspended");
}

/// Struck off by the caisse, and back; missing from the stock, and back.
#[test]
fn a_right_that_closes_and_comes_back_is_three_spells() {
    let recit = recit(
        "
        2020-12-31  stock      Z:9=2+ 1=2+
        2021-02-10  quotidien  1=5,RFD
        2021-05-17  quotidien  1=2+
        2021-05-31  stock      Z:9=2+ 1=2+
        2021-06-30  stock      Z:9=2+
        2021-08-02  quotidien  1=2-
        ",
    );
    assert_eq!(
        droit(&recit, 2021),
        [
            "versable ≤2020-12-31..2021-02-09 CAF991/1",
            "clos 2021-02-10..2021-05-16 CAF991/1",
            "versable 2021-05-17..2021-06-29 CAF991/1",
            "clos 2021-06-30..2021-08-01 CAF991/1 absente",
            "versable 2021-08-02.. CAF991/1",
        ]
    );
    assert_eq!(soumise(&recit, 2021), ["≤2020-12-31..2021-02-09", "2021-05-17..2021-06-29"]);
}

#[test]
fn a_move_from_the_caf_to_the_msa_changes_the_dossier_and_the_closed_one_is_that_of_the_caf() {
    let recit = recit(
        "
        2020-12-31  stock      Z:9=2+ 3=2+
        2020-12-31  stock      MSA991 Y:8=2+
        2021-02-22  quotidien  3=5,MUT
        2021-03-15  quotidien  MSA991 7=2+
        2021-09-01  quotidien  MSA991 7=6
        ",
    );
    assert_eq!(
        droit(&recit, 2021),
        [
            "versable ≤2020-12-31..2021-02-21 CAF991/3",
            "clos 2021-02-22..2021-03-14 CAF991/3",
            "versable 2021-03-15..2021-08-31 MSA991/7",
            // Both are closed: the one that gave the right is told, and not the smallest number.
            "clos 2021-09-01.. MSA991/7",
        ]
    );
    assert_eq!(soumise(&recit, 2021), ["≤2020-12-31..2021-02-21", "2021-03-15..2021-08-31"]);
}

/// A person versable in two dossiers: that in which they are soumises decides, as everywhere.
#[test]
fn another_dossier_that_gives_the_right_is_another_spell_of_it_and_not_of_the_droits_et_devoirs() {
    let recit = recit(
        "
        2020-12-31  stock      Z:9=2+ 2=2+
        2021-04-06  quotidien  1=2+
        2021-06-01  quotidien  1=2-
        ",
    );
    assert_eq!(
        droit(&recit, 2021),
        [
            "versable ≤2020-12-31..2021-04-05 CAF991/2",
            "versable 2021-04-06..2021-05-31 CAF991/1",
            "versable 2021-06-01.. CAF991/2",
        ]
    );
    assert_eq!(soumise(&recit, 2021), ["≤2020-12-31.."]);
}

/// The daily of the 10th closes, the stock of the same day says that the right is open.
#[test]
fn what_another_flux_of_the_same_day_replaces_holds_no_day() {
    let recit = recit(
        "
        2020-12-31  stock      Z:9=2+ 1=2+
        2021-02-10  quotidien  1=5
        2021-02-10  stock      Z:9=2+ 1=2+
        2021-03-01  quotidien  1=2-
        2021-03-01  stock      Z:9=2+ 1=4
        ",
    );
    assert_eq!(droit(&recit, 2021), ["versable ≤2020-12-31..2021-02-28 CAF991/1", "suspendu 2021-03-01.. CAF991/1"]);
    assert_eq!(soumise(&recit, 2021), ["≤2020-12-31..2021-02-28"]);
}

/// Around 1 January, on the day before, the day and the day after; each year is told from its own end.
#[test]
fn a_spell_belongs_to_the_years_whose_days_it_holds_and_keeps_its_true_first_day() {
    let autour = |jour: &str| {
        recit(&format!(
            "
            2019-12-31  stock      Z:9=2+
            2020-05-04  quotidien  1=2+
            {jour}  quotidien  1=5
            "
        ))
    };
    let versable = "versable 2020-05-04.. CAF991/1";
    let (veille, jour, lendemain) = (autour("2020-12-31"), autour("2021-01-01"), autour("2021-01-02"));
    assert_eq!(droit(&veille, 2020), ["versable 2020-05-04..2020-12-30 CAF991/1", "clos 2020-12-31.. CAF991/1"]);
    assert_eq!(droit(&veille, 2021), Vec::<String>::new(), "no right on any day of 2021");
    assert_eq!(droit(&jour, 2020), [versable], "open on 31 December");
    assert_eq!(droit(&jour, 2021), Vec::<String>::new());
    assert_eq!(droit(&lendemain, 2020), [versable]);
    assert_eq!(droit(&lendemain, 2021), ["versable 2020-05-04..2021-01-01 CAF991/1", "clos 2021-01-02.. CAF991/1"]);
    assert_eq!(soumise(&lendemain, 2021), ["2020-05-04..2021-01-01"]);
    assert_eq!(droit(&lendemain, 2019), Vec::<String>::new());
}

#[test]
fn a_leap_day_is_a_day() {
    let recit = recit(
        "
        2019-12-31  stock      Z:9=2+ 1=2+
        2020-02-29  quotidien  1=4,sus:2020-02-29
        2020-03-01  quotidien  1=2+
        ",
    );
    assert_eq!(
        droit(&recit, 2020),
        [
            "versable ≤2019-12-31..2020-02-28 CAF991/1",
            "suspendu 2020-02-29..2020-02-29 CAF991/1 depuis 2020-02-29",
            "versable 2020-03-01.. CAF991/1",
        ]
    );
}

/// A claim under examination or refused, and a right closed all year, are not a right; a suspension is.
#[test]
fn somebody_belongs_to_the_year_when_they_have_a_right_on_one_of_its_days() {
    let annee = |etat: &str| {
        let recit = recit(&format!("2020-12-31  stock  Z:9=2+ 1={etat}"));
        droit(&recit, 2021)
    };
    assert_eq!(annee("0"), Vec::<String>::new());
    assert_eq!(annee("1"), Vec::<String>::new());
    assert_eq!(annee("5"), Vec::<String>::new());
    assert_eq!(annee("6"), Vec::<String>::new());
    for (etat, classe) in [("2-", "versable"), ("3", "suspendu"), ("4", "suspendu")] {
        assert_eq!(annee(etat), [format!("{classe} ≤2020-12-31.. CAF991/1")]);
    }
    let plus_tard = recit("2020-12-31  stock  Z:9=2+\n2021-03-01  quotidien  1=0\n2021-04-01  quotidien  1=2-");
    assert_eq!(
        droit(&plus_tard, 2021),
        ["sans_droit 2021-03-01..2021-03-31 CAF991/1", "versable 2021-04-01.. CAF991/1"]
    );
    assert_eq!(soumise(&plus_tard, 2021), Vec::<String>::new(), "versable and not soumise");
}
