//! Who enters, when and how: annexe 7, section 6, « Nombre de nouveaux entrants ».

use crate::parcours::recit::{jour, recit};
use crate::temps::Jour;

const RIEN: [&str; 0] = [];

fn entrants(texte: &str) -> Vec<String> {
    recit(texte).entrants('A')
}

// The baseline.

#[test]
fn only_what_comes_after_the_first_stock_is_an_entry() {
    assert_eq!(entrants("2021-01-31 stock 1=2+"), RIEN);
    let apres = |le: &str| entrants(&format!("2021-01-31 stock Z:9=2+\n{le} quotidien 1=2+"));
    assert_eq!(apres("2021-01-31"), RIEN);
    assert_eq!(apres("2021-02-01"), ["2021-02-01 primo"]);
    assert_eq!(entrants("2021-01-31 stock 1=2+\n2021-02-28 stock 1=2+"), RIEN, "there all along");
}

#[test]
fn the_first_stock_is_that_of_the_caisse_of_the_dossier() {
    let msa = |le: &str| {
        entrants(&format!("2020-12-31 stock Z:9=2+\n2021-06-30 stock MSA991 Y:8=2+\n{le} quotidien MSA991 1=2+"))
    };
    assert_eq!(msa("2021-06-29"), RIEN);
    assert_eq!(msa("2021-07-01"), ["2021-07-01 primo"]);
}

#[test]
fn of_a_caisse_without_stock_nobody_enters_unless_its_base_is_said_empty() {
    let texte = "2021-03-08 quotidien 1=2+";
    assert_eq!(entrants(texte), RIEN);
    assert_eq!(recit(texte).base_vide().entrants('A'), ["2021-03-08 primo"]);
}

/// Of several dossiers, the smallest number: its claim and its row are those of the entry.
#[test]
fn the_dossier_of_the_entry_is_the_smallest_that_makes_it() {
    let recit =
        recit("2020-12-31 stock Z:9=2+\n2021-03-08 quotidien 7=2+,dem:2021-02-07 3=2+,dem:2021-02-03 1=4+ 2=2-");
    let entree = recit.entrees('A')[0];
    assert_eq!(&*recit.histoire.dossiers[entree.dossier as usize].numdemrsa, "00000000003");
    assert_eq!((entree.dtdemrsa, entree.source.1), (Some(jour("2021-02-03")), 1));
}

// The reference month.

#[test]
fn somebody_en_droits_et_devoirs_at_the_end_of_the_month_before_does_not_enter() {
    let retour =
        |perdu: &str| entrants(&format!("2020-12-31 stock 1=2+\n{perdu} quotidien 1=2-\n2021-04-20 quotidien 1=2+"));
    assert_eq!(retour("2021-04-01"), RIEN);
    assert_eq!(retour("2021-04-10"), RIEN);
    assert_eq!(retour("2021-03-31"), ["2021-04-20 retour_dd"]);
}

#[test]
fn there_is_one_entry_for_a_month_the_first_that_meets_the_criteria() {
    let texte =
        "2020-12-31 stock Z:9=2+\n2021-03-05 quotidien 1=2+\n2021-03-10 quotidien 1=5-\n2021-03-20 quotidien 1=2+";
    assert_eq!(entrants(texte), ["2021-03-05 primo"]);
    // The first spell of the month meets a follow-up that sleeps; a radiation closes it.
    let bloquee = "
        2020-12-31 stock       1=2-
        2021-01-15 orientation CD
        2021-03-05 quotidien   1=2+
        2021-03-10 quotidien   1=5-
        2021-03-20 quotidien   1=2+";
    assert_eq!(entrants(bloquee), ["2021-03-20 retour_radiation"]);
}

#[test]
fn the_reference_month_is_that_of_the_first_step_and_not_of_the_reception() {
    let recit = recit("2020-12-31 stock Z:9=2+\n2021-02-08 quotidien 1=2+ recu:2021-03-01");
    let entree = recit.entrees('A')[0];
    assert_eq!((entree.mois.to_string().as_str(), entree.t0), ("2021-02", jour("2021-03-01")));
}

// The day the department knew.

#[test]
fn t0_is_the_earliest_reception_of_the_files_of_the_spell() {
    let recit = recit(
        "2020-12-31 stock     Z:9=2+
         2021-02-08 quotidien 1=2+ cree:2021-02-09 recu:2021-03-09
         2021-02-28 stock     1=2+ cree:2021-03-04 recu:2021-03-05
         2021-03-31 stock     1=2+ cree:2021-03-02 recu:2021-04-05",
    );
    let entree = recit.entrees('A')[0];
    assert_eq!((entree.t0, entree.transmission), (jour("2021-03-05"), jour("2021-03-04")));
}

#[test]
fn a_file_after_the_spell_or_that_only_makes_an_absence_does_not_give_t0() {
    let apres = "
        2020-12-31 stock     Z:9=2+
        2021-02-08 quotidien 1=2+ recu:2021-03-09
        2021-02-10 quotidien 1=5- recu:2021-02-11";
    assert_eq!(entrants(apres), ["2021-03-09 primo"]);
    let absence = "
        2020-12-31 stock     1=4- Z:9=2+
        2020-12-31 stock     MSA991 Y:8=2+
        2021-02-08 quotidien MSA991 2=2+ recu:2021-03-09
        2021-02-28 stock     Z:9=2+ recu:2021-03-05";
    assert_eq!(entrants(absence), ["2021-03-09 retour_suspension"]);
}

// The category.

#[test]
fn the_category_tells_where_the_person_comes_from() {
    for (avant, categorie) in [
        ("", "primo"),
        ("2021-01-08 quotidien 1=0-", "primo"),
        ("2021-01-08 quotidien B:1=2+", "rejoint_foyer"),
        ("2021-01-08 quotidien B:1=0-", "rejoint_foyer"),
        ("2021-01-08 quotidien B:1=2+ A:2=0-", "rejoint_foyer"),
        ("2021-01-08 quotidien B:2=2+", "primo"),
        ("2021-01-08 quotidien MSA991 B:1=2+", "primo"),
        ("2021-01-08 quotidien 1=2-", "retour_dd"),
        ("2021-01-08 quotidien 1=4-", "retour_suspension"),
        ("2021-01-08 quotidien 1=5-", "retour_radiation"),
        ("2021-01-08 quotidien B:1=2+ A:2=5-", "retour_radiation"),
        ("2021-01-08 quotidien 1=4-\n2021-01-09 quotidien 1=0-", "retour_suspension"),
        ("2021-01-08 quotidien 1=4-\n2021-01-09 quotidien 1=5-", "retour_radiation"),
        ("2021-01-08 quotidien 1=2-\n2021-01-31 stock Z:9=2+", "retour_radiation"),
    ] {
        let texte = format!("2020-12-31 stock Z:9=2+\n{avant}\n2021-03-08 quotidien 1=2+");
        assert_eq!(entrants(&texte), [format!("2021-03-08 {categorie}")], "{avant}");
    }
    // Known for the first time in the very file of the entry: nobody was there before.
    assert_eq!(entrants("2020-12-31 stock Z:9=2+\n2021-03-08 quotidien B:1=2+ 1=2+"), ["2021-03-08 primo"]);
}

// The window.

fn deux_entrees(premiere: &str) -> [crate::entrees::Entree; 2] {
    let recit = recit(&format!(
        "2020-12-31 stock     Z:9=2+
         2021-03-05 quotidien 1=2+ recu:{premiere}
         2021-04-10 quotidien 1=5-
         2021-06-05 quotidien 1=2+ recu:2021-06-20"
    ));
    recit.entrees('A').try_into().unwrap()
}

#[test]
fn the_window_of_an_entry_ends_the_day_before_the_next_one() {
    let [premiere, seconde] = deux_entrees("2021-03-05");
    let jours = ["2021-03-04", "2021-03-05", "2021-06-19", "2021-06-20"].map(jour);
    assert_eq!(jours.map(|le| premiere.fenetre(le)), [false, true, true, false]);
    assert_eq!(jours.map(|le| seconde.fenetre(le)), [false, false, false, true]);
    assert_eq!(seconde.fin_fenetre, Jour::MAX);
}

#[test]
fn the_window_of_an_entry_known_after_the_next_one_is_empty() {
    for premiere in ["2021-06-20", "2021-07-01"] {
        let [premiere, seconde] = deux_entrees(premiere);
        for le in ["2021-03-05", "2021-06-20", "2021-07-01", "2022-01-01"].map(jour) {
            assert!(!premiere.fenetre(le), "{le}");
        }
        assert!(seconde.fenetre(jour("2021-07-01")));
    }
}

// The reading of an orientation notified before the flux.

fn rattachees(texte: &str) -> Vec<Option<usize>> {
    recit(texte).lecture("orientation_anticipee", "rattacher").entrees('A').iter().map(|e| e.rattachee).collect()
}

#[test]
fn under_rattacher_an_orientation_since_the_last_step_or_the_claim_belongs_to_the_entry() {
    let etape = |le: &str| {
        format!(
            "2020-12-31 stock Z:9=2+\n2021-02-08 quotidien 1=0-\n2021-03-05 quotidien 1=2+ recu:2021-03-20\n{le} orientation CD"
        )
    };
    let demande = |le: &str| {
        format!(
            "2020-12-31 stock Z:9=2+\n2021-03-05 quotidien 1=2+,dem:2021-02-08 recu:2021-03-20\n{le} orientation CD"
        )
    };
    for texte in [etape("2021-02-08"), etape("2021-03-19"), demande("2021-02-08"), demande("2021-03-19")] {
        assert_eq!(entrants(&texte), RIEN, "{texte}");
        assert_eq!(rattachees(&texte), [Some(0)], "{texte}");
    }
    for texte in [etape("2021-02-07"), demande("2021-02-07")] {
        assert_eq!(rattachees(&texte), [], "{texte}");
    }
    assert_eq!(rattachees(&etape("2021-03-20")), [None], "an ordinary orientation");
    let sans_demande = demande("2021-03-01").replace(",dem:2021-02-08", "");
    assert_eq!(rattachees(&sans_demande), [], "neither step nor claim: nothing belongs");
}

#[test]
fn under_rattacher_the_earliest_of_several_belongs_and_an_older_one_still_blocks() {
    let texte = "2020-12-31 stock Z:9=2+\n2021-02-08 quotidien 1=0-\n2021-03-05 quotidien 1=2+ recu:2021-03-20\n\
                 2021-03-12 orientation CD\n2021-03-10 orientation PE";
    assert_eq!(rattachees(texte), [Some(0)]);
    assert_eq!(rattachees(&format!("{texte}\n2021-01-10 orientation CD")), []);
    assert_eq!(
        rattachees(&format!("{texte}\n2021-01-10 orientation CD\n2021-01-11 fin_suivi abandon")),
        [Some(1)],
        "a closed one is passed over"
    );
}

#[test]
fn under_rattacher_those_who_were_followed_already_stay_out() {
    for avant in ["1=2-", "1=4-,sus:2021-02-01"] {
        let texte =
            format!("2020-12-31 stock {avant}\n2021-03-05 quotidien 1=2+ recu:2021-03-20\n2021-03-10 orientation CD");
        assert_eq!(rattachees(&texte), [], "{avant}");
    }
}

#[test]
fn under_rattacher_an_orientation_in_the_window_of_an_earlier_entry_is_that_one_s() {
    let suite = "2021-04-10 quotidien 1=5-\n2021-04-12 orientation CD\n2021-05-05 quotidien 1=2+ recu:2021-05-20";
    assert_eq!(rattachees(&format!("2020-12-31 stock 1=2+\n{suite}")), [Some(0)]);
    assert_eq!(rattachees(&format!("2020-12-31 stock Z:9=2+\n2021-03-05 quotidien 1=2+\n{suite}")), [None]);
}
