//! Steps, states, absences and runs, on small stories.

use super::*;
use crate::parcours::recit::{jour, recit};

/// Schema of the flux: 2 is open and payable, 3 and 4 suspended, 5 and 6 closed.
#[test]
fn the_class_is_that_of_the_state() {
    for (etat, classe) in [
        ("0+", "sans droit"),
        ("1+", "sans droit"),
        ("2+", "versable+"),
        ("3+", "suspendu"),
        ("4+", "suspendu"),
        ("5+", "clos"),
        ("6+", "clos"),
    ] {
        assert_eq!(recit(&format!("2021-02-08 quotidien 1={etat}")).etapes('A'), [format!("2021-02-08 {classe}")]);
    }
}

#[test]
fn of_several_dossiers_the_strongest_class_is_that_of_the_person() {
    let recit = recit(
        "2021-01-31 stock     1=0- 2=5-
         2021-02-08 quotidien 3=4-
         2021-02-09 quotidien 1=2-
         2021-02-10 quotidien 1=5-
         2021-02-11 quotidien 3=5-",
    );
    assert_eq!(
        recit.etapes('A'),
        ["2021-01-31 clos", "2021-02-08 suspendu", "2021-02-09 versable", "2021-02-10 suspendu", "2021-02-11 clos"]
    );
}

/// A versable dossier without the top and a suspended one with it do not make one en droits et
/// devoirs together.
#[test]
fn en_droits_et_devoirs_takes_a_right_and_the_top_in_one_dossier() {
    assert_eq!(recit("2021-01-31 stock 1=2- 2=4+").etapes('A'), ["2021-01-31 versable"]);
    assert_eq!(recit("2021-01-31 stock 1=2- 2=2+").etapes('A'), ["2021-01-31 versable+"]);
}

#[test]
fn a_missing_top_is_that_of_the_record_before_in_the_dossier_when_it_is_versable() {
    for (avant, apres, en_dd) in [
        ("1=2+", "1=2", true),
        ("1=2-", "1=2", false),
        ("1=4+", "1=2", true),
        ("1=4", "1=2", false),
        ("1=5+", "1=2", true),
        ("2=2+ 1=5-", "2=5- 1=2", false),
    ] {
        let recit = recit(&format!("2021-01-31 stock {avant}\n2021-02-08 quotidien {apres}"));
        assert_eq!(recit.parcours('A').etapes[1].en_dd, en_dd, "{avant} then {apres}");
    }
    assert!(!recit("2021-01-31 stock 1=2").parcours('A').etapes[0].en_dd, "nothing before: 0");
    // A suspension without a top is a record whose top is 0.
    let suspendu = recit("2021-01-31 stock 1=2+\n2021-02-08 quotidien 1=4\n2021-02-09 quotidien 1=2");
    assert_eq!(suspendu.etapes('A')[2], "2021-02-09 versable");
    // So is an absence.
    let absent = recit("2021-01-31 stock 1=2+\n2021-02-28 stock Z:9=2+\n2021-03-09 quotidien 1=2");
    assert_eq!(absent.etapes('A'), ["2021-01-31 versable+", "2021-02-28 clos absent", "2021-03-09 versable"]);
}

#[test]
fn steps_follow_the_reference_day_then_daily_before_monthly_then_creation_then_name() {
    let recit = recit(
        "2021-01-31 stock     1=2+ cree:2021-02-05
         2021-01-31 quotidien 1=3-
         2021-01-31 quotidien 1=5-,sus:2021-01-01 cree:2021-02-01 nom:b
         2021-01-31 quotidien 1=0- cree:2021-02-01 nom:a
         2021-01-30 stock     1=4- cree:2021-02-09",
    );
    assert_eq!(
        recit.etapes('A'),
        [
            "2021-01-30 suspendu",
            "2021-01-31 suspendu",
            "2021-01-31 sans droit",
            "2021-01-31 clos",
            "2021-01-31 versable+"
        ]
    );
}

#[test]
fn one_file_is_one_step_for_each_person() {
    let recit = recit("2021-01-31 stock 1=2+ 2=4- B:1=2-");
    assert_eq!((recit.etapes('A').len(), recit.etapes('B').len()), (1, 1));
    assert_eq!(recit.parcours('A').etats(0).len(), 2);
}

// Absences.

#[test]
fn who_was_versable_or_suspendu_and_is_missing_from_the_stock_is_absent_once() {
    for etat in ["2+", "2-", "3-", "4-"] {
        let recit = recit(&format!("2021-01-31 stock 1={etat}\n2021-02-28 stock Z:9=2+\n2021-03-31 stock Z:9=2+"));
        assert_eq!(recit.etapes('A')[1..], ["2021-02-28 clos absent"], "{etat}");
    }
    for etat in ["0-", "1-", "5-", "6-"] {
        let recit = recit(&format!("2021-01-31 stock 1={etat}\n2021-02-28 stock Z:9=2+"));
        assert_eq!(recit.etapes('A').len(), 1, "{etat}");
    }
}

#[test]
fn only_a_stock_of_the_same_caisse_makes_absences() {
    let recit = recit(
        "2021-01-31 stock     1=2+
         2021-02-28 stock     MSA991 Z:9=2+
         2021-03-08 quotidien Z:9=2+",
    );
    assert_eq!(recit.etapes('A'), ["2021-01-31 versable+"]);
}

#[test]
fn one_dossier_may_be_missing_while_another_is_there() {
    let recit = recit("2021-01-31 stock 1=2+ 2=4-\n2021-02-28 stock 2=4-");
    assert_eq!(recit.etapes('A'), ["2021-01-31 versable+", "2021-02-28 suspendu"]);
    let parcours = recit.parcours('A');
    assert!(parcours.etapes[1].porteuse, "the file carries the other dossier");
    assert_eq!(parcours.etats(1).iter().map(|etat| etat.classe).collect::<Vec<_>>(), [Classe::Clos, Classe::Suspendu]);
}

/// Others of the household are there: each person is missing alone.
#[test]
fn somebody_missing_from_a_dossier_that_is_there_is_absent() {
    let recit = recit("2021-01-31 stock 1=2+ B:1=2+\n2021-02-28 stock B:1=2+");
    assert_eq!(recit.etapes('A'), ["2021-01-31 versable+", "2021-02-28 clos absent"]);
}

#[test]
fn of_several_stocks_of_one_day_only_the_last_makes_absences() {
    let absent_du_premier = recit(
        "2021-01-31 stock 1=2+
         2021-02-28 stock Z:9=2+      cree:2021-03-05
         2021-02-28 stock 1=2+ Z:9=2+ cree:2021-03-06",
    );
    assert_eq!(absent_du_premier.etapes('A'), ["2021-01-31 versable+", "2021-02-28 versable+"]);
    let absent_du_second = recit(
        "2021-01-31 stock 1=2+
         2021-02-28 stock 1=2+ Z:9=2+ cree:2021-03-05
         2021-02-28 stock Z:9=2+      cree:2021-03-06",
    );
    assert_eq!(
        absent_du_second.etapes('A'),
        ["2021-01-31 versable+", "2021-02-28 versable+", "2021-02-28 clos absent"]
    );
    // Another caisse of the same day replaces nothing.
    let autre_caisse = recit(
        "2021-01-31 stock 1=2+
         2021-02-28 stock Z:9=2+ cree:2021-03-05
         2021-02-28 stock MSA991 Y:8=2+ cree:2021-03-06",
    );
    assert_eq!(autre_caisse.etapes('A')[1], "2021-02-28 clos absent");
}

#[test]
fn a_dossier_set_aside_as_unreadable_is_not_missing() {
    let recit = recit(
        "2021-01-31 stock 1=2+
         2021-02-28 stock Z:9=2+ non_lu:1
         2021-03-31 stock Z:9=2+",
    );
    assert_eq!(recit.etapes('A'), ["2021-01-31 versable+", "2021-03-31 clos absent"]);
}

#[test]
fn a_change_between_two_stocks_puts_the_absence_after_it() {
    let recit = recit(
        "2021-01-31 stock     1=2+
         2021-02-28 stock     Z:9=2+
         2021-03-08 quotidien 1=2+
         2021-03-31 stock     Z:9=2+",
    );
    assert_eq!(
        recit.etapes('A'),
        ["2021-01-31 versable+", "2021-02-28 clos absent", "2021-03-08 versable+", "2021-03-31 clos absent"]
    );
}

// The same dossier or the same person, twice.

#[test]
fn a_dossier_given_twice_takes_the_strongest_class_the_earliest_suspension_and_the_largest_top() {
    let recit = recit("2021-01-31 stock 1=4-,sus:2021-01-10 B:1=4+,sus:2020-12-03 1=5+,sus:2021-01-12,dem:2020-01-01");
    let (a, b) = (recit.parcours('A'), recit.parcours('B'));
    for parcours in [&a, &b] {
        let etat = parcours.etats(0)[0];
        assert_eq!((etat.classe, etat.suspension), (Classe::Suspendu, Some(jour("2020-12-03"))));
        assert_eq!(etat.dtdemrsa, Some(jour("2020-01-01")), "the rest is that of the last block");
    }
    assert!(a.etats(0)[0].top, "given 0 then 1");
}

#[test]
fn a_person_given_twice_in_a_household_makes_one_record_with_the_largest_top() {
    for (donnes, en_dd) in
        [("1=2+ 1=2-", true), ("1=2- 1=2+", true), ("1=2+ 1=2", true), ("1=2 1=2-", false), ("1=2 1=2", true)]
    {
        let recit = recit(&format!("2021-01-31 stock 1=2+\n2021-02-08 quotidien {donnes}"));
        let parcours = recit.parcours('A');
        assert_eq!((parcours.etats(1).len(), parcours.etapes[1].en_dd), (1, en_dd), "{donnes}");
    }
}

// Days and runs.

/// Versable or suspendu after the last step dated that day or before.
#[test]
fn a_beneficiary_on_a_day_is_versable_or_suspendu_after_the_last_step() {
    let recit = recit("2021-02-08 quotidien 1=4-\n2021-03-08 quotidien 1=5-");
    let parcours = recit.parcours('A');
    let jours = ["2021-02-07", "2021-02-08", "2021-03-07", "2021-03-08", "2022-01-01"];
    assert_eq!(jours.map(|le| parcours.brsa_au(jour(le))), [false, true, true, false, false]);
}

#[test]
fn a_run_is_as_long_as_its_class_lasts() {
    let recit = recit(
        "2021-01-31 quotidien 1=5-
         2021-02-28 quotidien 1=5-
         2021-03-31 quotidien 1=2+
         2021-04-30 quotidien 1=5-",
    );
    let suites: Vec<_> = recit.parcours('A').suites(Classe::Clos).map(|s| (s.premiere, s.derniere)).collect();
    assert_eq!(suites, [(0, 1), (3, 3)]);
    assert_eq!(recit.parcours('A').suites(Classe::Suspendu).count(), 0);
}

/// The closing says that the dossier goes on elsewhere, and within two months it does.
#[test]
fn a_closing_is_a_transfer_when_the_right_goes_on_soon_in_a_dossier_not_known_before() {
    let est_transfert = |texte: &str| {
        let recit = recit(texte);
        let parcours = recit.parcours('A');
        let suite = parcours.suites(Classe::Clos).next().unwrap();
        parcours.est_un_transfert(suite, recit.referentiel.rapprochement_transfert(jour("2021-02-08")))
    };
    let clos = "2021-01-31 stock 1=2+\n2021-02-08 quotidien";
    for motif in ["MUT", "RGD", "CMU"] {
        assert!(est_transfert(&format!("{clos} 1=5-,{motif}\n2021-03-01 quotidien MSA991 2=2+")), "{motif}");
    }
    assert!(est_transfert(&format!("{clos} 1=5-,MUT\n2021-03-01 quotidien 2=4-")), "suspended elsewhere is a right");
    assert!(!est_transfert(&format!("{clos} 1=5-,PCG\n2021-03-01 quotidien 2=2+")), "another reason");
    assert!(!est_transfert(&format!("{clos} 1=5-,MUT\n2021-03-01 quotidien 1=2+")), "the same dossier opens again");
    assert!(!est_transfert(&format!("{clos} 1=5-,MUT\n2021-03-01 quotidien 2=0-")), "no right elsewhere");
    assert!(!est_transfert(&format!("{clos} 1=5-,MUT")), "nothing after");
    // From 08/02, two months hold 07/04 and not 08/04.
    assert!(est_transfert(&format!("{clos} 1=5-,MUT\n2021-04-07 quotidien 2=2+")));
    assert!(!est_transfert(&format!("{clos} 1=5-,MUT\n2021-04-08 quotidien 2=2+")));
    // Only what the first closed step says counts, not a later one; an absence says nothing.
    assert!(!est_transfert(&format!("{clos} 1=5-,PCG\n2021-02-09 quotidien 1=5-,MUT\n2021-03-01 quotidien 2=2+")));
    assert!(!est_transfert("2021-01-31 stock 1=2+\n2021-02-28 stock Z:9=2+\n2021-03-01 quotidien 2=2+"));
    // A dossier known before, even closed, is not a new place.
    assert!(!est_transfert(
        "2020-01-31 quotidien 2=5-\n2021-01-31 stock 1=2+\n2021-02-08 quotidien 1=5-,MUT\n2021-03-01 quotidien 2=2+"
    ));
}

#[test]
fn a_suspension_starts_on_its_earliest_date_unless_it_is_in_the_future() {
    let debut = |releves: &str| {
        let recit = recit(&format!("2021-01-31 stock {releves}"));
        let parcours = recit.parcours('A');
        let suite = parcours.suites(Classe::Suspendu).next().unwrap();
        parcours.debut_suspension(suite).to_string()
    };
    assert_eq!(debut("1=4-"), "2021-01-31", "no date: the day it was seen");
    assert_eq!(debut("1=4-,sus:2020-12-09"), "2020-12-09");
    assert_eq!(debut("1=4-,sus:2021-01-31"), "2021-01-31");
    assert_eq!(debut("1=4-,sus:2021-02-01"), "2021-01-31", "a date to come is no start");
    assert_eq!(debut("1=4-,sus:2020-12-09 2=3-,sus:2020-11-02"), "2020-11-02");
    assert_eq!(debut("1=4-,sus:2020-12-09 2=5-,sus:2020-01-01"), "2020-12-09", "a closed dossier is not suspended");
}
