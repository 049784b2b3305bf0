//! Which follow-ups are still open at an entry: annexe 7, section 6, third criterion.

use crate::parcours::recit::recit;

/// Whether A enters at the end of a story, in which an orientation is notified on `le`.
fn entre(texte: &str, le: &str) -> bool {
    !recit(&format!("{texte}\n{le} orientation CD")).entrants('A').is_empty()
}

const PREMIERE_DEMANDE: &str = "
    2020-12-31 stock     Z:9=2+
    2021-06-08 quotidien 1=2+ recu:2021-06-10";

#[test]
fn an_orientation_notified_before_the_department_knew_is_a_follow_up_under_way() {
    for (le, entrant) in [("2021-06-07", false), ("2021-06-09", false), ("2021-06-10", true), ("2021-06-11", true)] {
        assert_eq!(entre(PREMIERE_DEMANDE, le), entrant, "{le}");
    }
}

/// From the day of the orientation to the day the department knew, both included.
#[test]
fn an_explicit_end_closes_the_follow_up() {
    for (fin, entrant) in
        [("2021-02-28", false), ("2021-03-01", true), ("2021-05-01", true), ("2021-06-10", true), ("2021-06-11", false)]
    {
        assert_eq!(entre(&format!("{PREMIERE_DEMANDE}\n{fin} fin_suivi abandon"), "2021-03-01"), entrant, "{fin}");
    }
}

#[test]
fn one_open_follow_up_among_closed_ones_is_enough() {
    let texte = format!("{PREMIERE_DEMANDE}\n2021-03-01 orientation PE\n2021-04-01 fin_suivi abandon");
    assert!(!entre(&texte, "2021-05-01"));
    assert!(entre(&texte, "2021-03-15"));
}

const RADIATION: &str = "
    2020-12-31 stock     1=2+
    2021-02-20 quotidien 1=5-
    2021-03-20 quotidien 1=5-
    2021-06-08 quotidien 1=2+";

/// The first closed step is the one that counts: an orientation notified after it was given to
/// somebody already struck off.
#[test]
fn a_radiation_closes_what_was_notified_up_to_the_day_it_appears() {
    for (le, entrant) in [("2020-11-01", true), ("2021-02-19", true), ("2021-02-20", true), ("2021-02-21", false)] {
        assert_eq!(entre(RADIATION, le), entrant, "{le}");
    }
}

#[test]
fn an_absence_from_the_stock_is_a_radiation() {
    let texte = "2020-12-31 stock 1=2+\n2021-02-28 stock Z:9=2+\n2021-06-08 quotidien 1=2+";
    assert!(entre(texte, "2021-01-15"));
}

#[test]
fn above_the_threshold_the_follow_up_sleeps_and_is_not_closed() {
    let texte = "2020-12-31 stock 1=2+\n2021-02-08 quotidien 1=2-\n2021-06-08 quotidien 1=2+";
    assert!(!entre(texte, "2021-01-15"));
    assert_eq!(recit(texte).entrants('A'), ["2021-06-08 retour_dd"]);
}

/// Moved to the caisse next door: the right never stopped, so the follow-up goes on.
#[test]
fn a_transfer_keeps_the_follow_up_open_and_a_late_one_is_a_radiation() {
    let transfert = |motif: &str, reprise: &str| {
        format!(
            "2020-12-31 stock     1=2+
             2020-12-31 stock     MSA991 Z:9=2+
             2021-02-08 quotidien 1=5-,{motif}
             {reprise}  quotidien MSA991 2=2+"
        )
    };
    assert!(!entre(&transfert("MUT", "2021-03-01"), "2021-01-15"));
    assert!(!entre(&transfert("MUT", "2021-04-07"), "2021-01-15"));
    assert!(entre(&transfert("MUT", "2021-04-08"), "2021-01-15"));
    assert!(entre(&transfert("PCG", "2021-03-01"), "2021-01-15"));
    // Nobody had a follow-up: the move alone makes an entry of nobody else.
    assert_eq!(recit(&transfert("MUT", "2021-03-01")).entrants('A'), ["2021-03-01 retour_radiation"]);
}

fn suspension(date: &str, suite: &str) -> String {
    format!(
        "2020-02-10 quotidien 1=4-{date}
         2020-12-31 stock     1=4-{date}
         {suite}"
    )
}

#[test]
fn twelve_months_of_suspension_to_the_day_close_nothing_and_one_day_more_does() {
    for (date, jusqu_a, entrant) in [
        (",sus:2020-02-03", "2021-02-03", false),
        (",sus:2020-02-03", "2021-02-04", true),
        // No date, or a date to come: from the day the suspension was seen.
        ("", "2021-02-10", false),
        ("", "2021-02-11", true),
        (",sus:2020-02-11", "2021-02-10", false),
        (",sus:2020-02-11", "2021-02-11", true),
    ] {
        let texte = suspension(date, &format!("{jusqu_a} quotidien 1=2+"));
        assert_eq!(entre(&texte, "2020-01-15"), entrant, "{date} to {jusqu_a}");
    }
}

#[test]
fn twelve_months_from_a_leap_day_end_on_the_28th_of_february() {
    let texte = |jusqu_a: &str| {
        format!(
            "2020-03-02 quotidien 1=4-,sus:2020-02-29\n2020-12-31 stock 1=4-,sus:2020-02-29\n{jusqu_a} quotidien 1=2+"
        )
    };
    assert!(!entre(&texte("2021-02-28"), "2020-01-15"));
    assert!(entre(&texte("2021-03-01"), "2020-01-15"));
}

#[test]
fn a_suspension_lasts_until_the_step_that_follows_it_whatever_that_step_says() {
    let texte = |fin: &str| suspension(",sus:2020-02-03", &format!("{fin} quotidien 1=1-\n2021-06-08 quotidien 1=2+"));
    assert!(!entre(&texte("2021-02-03"), "2020-01-15"));
    assert!(entre(&texte("2021-02-04"), "2020-01-15"));
}

#[test]
fn an_orientation_notified_after_the_twelve_months_is_not_closed_by_them() {
    let texte = suspension(",sus:2020-02-03", "2021-06-08 quotidien 1=2+");
    for (le, entrant) in [("2020-06-01", true), ("2021-02-03", true), ("2021-02-04", false)] {
        assert_eq!(entre(&texte, le), entrant, "{le}");
    }
}

/// The guide says « certains »: the other reading closes nothing.
#[test]
fn under_sans_cloture_a_suspension_closes_nothing() {
    let texte = suspension(",sus:2020-02-03", "2021-06-08 quotidien 1=2+\n2020-01-15 orientation CD");
    assert_eq!(recit(&texte).entrants('A'), ["2021-06-08 retour_suspension"]);
    assert_eq!(recit(&texte).lecture("suspension", "sans_cloture").entrants('A'), [""; 0]);
}
