//! Since when in the RSA: fiche 8.6.

use super::*;
use crate::parcours::recit::{jour, recit};

/// The first day of A in the RSA, as it is said.
fn depuis(texte: &str, au: &str) -> String {
    let recit = recit(texte);
    let parcours = recit.parcours('A');
    let dit = anciennete(&recit.histoire, &recit.referentiel, &parcours, recit.numero('A'), jour(au));
    dit.map(|anciennete| anciennete.to_string()).unwrap_or_default()
}

#[test]
fn the_claim_of_a_dossier_that_was_not_closed_is_the_first_day() {
    let texte = "2020-12-31 stock 1=2+,dem:2015-03-01\n2021-01-31 stock 1=4+,dem:2015-03-01";
    assert_eq!(depuis(texte, "2021-02-15"), "demande du 2015-03-01");
    // Before the first file, nobody is known to be bénéficiaire.
    assert_eq!(depuis(texte, "2020-12-30"), "");
    // A file that leaves the claim out takes nothing back.
    assert_eq!(
        depuis("2020-12-31 stock 1=2+,dem:2015-03-01\n2021-01-31 stock 1=2+", "2021-02-15"),
        "demande du 2015-03-01"
    );
}

/// Without a claim, the journal says « au moins » of those it found there, and a day of the others.
#[test]
fn without_a_claim_the_first_step_counts_and_the_journal_may_be_shorter() {
    assert_eq!(depuis("2015-12-31 stock 1=2+", "2021-02-15"), "depuis le 2015-12-31 au moins");
    assert_eq!(
        depuis("2015-12-31 stock Z:9=2+\n2016-02-01 quotidien 1=2+", "2021-02-15"),
        "sans interruption depuis le 2016-02-01"
    );
    // Without any stock, the journal has no beginning that could be trusted.
    assert_eq!(depuis("2016-02-01 quotidien 1=2+", "2021-02-15"), "depuis le 2016-02-01 au moins");
    // Seen without a right first: the coming in was seen.
    assert_eq!(
        depuis("2015-12-31 stock 1=0-\n2016-02-01 quotidien 1=2+", "2021-02-15"),
        "sans interruption depuis le 2016-02-01"
    );
}

/// Closed in 2018 and open again: the old claim no longer says anything, a new one does.
#[test]
fn a_dossier_closed_since_its_claim_counts_from_its_return() {
    let close = "2015-12-31 stock 1=2+,dem:2015-03-01\n2018-04-01 quotidien 1=5-,dem:2015-03-01";
    let rouverte = format!("{close}\n2019-05-01 quotidien 1=2+,dem:2015-03-01");
    assert_eq!(depuis(&rouverte, "2021-02-15"), "sans interruption depuis le 2019-05-01");
    let redemandee = format!("{close}\n2019-05-01 quotidien 1=2+,dem:2019-04-20");
    assert_eq!(depuis(&redemandee, "2021-02-15"), "demande du 2019-04-20");
    assert_eq!(depuis(&redemandee, "2018-03-31"), "demande du 2015-03-01");
    assert_eq!(depuis(&redemandee, "2018-04-01"), "");
    // A claim of the very day of the closing answers to it; one of the day before was closed.
    let redemandee = |le: &str| depuis(&format!("{close}\n2019-05-01 quotidien 1=2+,dem:{le}"), "2021-02-15");
    assert_eq!(redemandee("2018-04-01"), "demande du 2018-04-01");
    assert_eq!(redemandee("2018-03-31"), "sans interruption depuis le 2019-05-01");
    // Still closed in the stock that follows the new claim: that is no new closing.
    let encore_close =
        format!("{close}\n2019-04-30 stock 1=5-,dem:2015-03-01\n2019-05-01 quotidien 1=2+,dem:2019-04-20");
    assert_eq!(depuis(&encore_close, "2021-02-15"), "demande du 2019-04-20");
    // Missing from a stock is being struck off.
    let absente = "2015-12-31 stock 1=2+,dem:2015-03-01\n2018-04-30 stock Z:9=2+\n2018-06-30 stock 1=2+,dem:2015-03-01";
    assert_eq!(depuis(absente, "2021-02-15"), "sans interruption depuis le 2018-06-30");
}

/// From one dossier to another without a day out of the RSA: the person never left.
#[test]
fn another_dossier_does_not_start_again() {
    let demenage = "2015-12-31 stock 1=2+,dem:2015-03-01\n2019-05-01 quotidien 1=5- 2=2+,dem:2019-04-20";
    assert_eq!(depuis(demenage, "2021-02-15"), "depuis le 2015-12-31 au moins");
    let transfere = "2015-12-31 stock Z:9=2+\n2016-02-01 quotidien 1=2+
        2019-05-01 quotidien 1=5-,MUT
        2019-06-30 stock MSA991 2=2+,dem:2019-06-01";
    assert_eq!(depuis(transfere, "2021-02-15"), "sans interruption depuis le 2016-02-01");
    // Two months and a day later, it is a radiation and a return.
    let trop_tard = transfere.replace("2019-06-30", "2019-07-01");
    assert_eq!(depuis(&trop_tard, "2021-02-15"), "demande du 2019-06-01");
    // Nor is a closing whose reason is no move.
    let radie = transfere.replace(",MUT", "");
    assert_eq!(depuis(&radie, "2021-02-15"), "demande du 2019-06-01");
}

#[test]
fn of_two_dossiers_the_oldest_claim_counts() {
    let texte = "2020-12-31 stock 1=2+,dem:2017-03-01 2=4-,dem:2014-06-01 3=5-,dem:2010-01-01 4=0-,dem:2009-07-01";
    assert_eq!(depuis(texte, "2021-02-15"), "demande du 2014-06-01");
}

/// The claim is that of the household: when others were seen there first, it is said since when the
/// person is.
#[test]
fn who_joins_a_household_is_told_apart() {
    let texte = "2015-12-31 stock B:1=2+,dem:2010-03-01\n2020-05-31 stock B:1=2+,dem:2010-03-01 1=2+,dem:2010-03-01";
    assert_eq!(depuis(texte, "2021-02-15"), "demande du 2010-03-01, dans ce dossier depuis le 2020-05-31");
}
