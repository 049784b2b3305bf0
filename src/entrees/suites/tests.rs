//! What followed an entry known on 1 March 2021: annexe 7, sections 6 and 7.

use super::*;
use crate::parcours::recit::{Recit, jour, recit};

const ENTREE: &str =
    "2020-12-31 stock Z:9=2+\n2021-03-01 quotidien 1=2+,dem:2021-02-10 cree:2021-02-25 recu:2021-03-01";
const ORIENTEE: &str = "2021-03-10 orientation CD social";

fn avec(suite: &str) -> Recit {
    recit(&format!("{ENTREE}\n{suite}"))
}

fn orientee(suite: &str) -> Recit {
    avec(&format!("{ORIENTEE}\n{suite}"))
}

/// Days, limit, and whether it was in time.
fn dit(delai: Delai) -> (Option<i64>, String, bool) {
    (delai.jours(), delai.limite.to_string(), delai.tenu())
}

// The orientation.

#[test]
fn the_orientation_is_the_first_of_the_window_by_date_then_by_identifier() {
    let organisme = |suite: &str| avec(suite).suites("2021-12-31").orientation.map(|o| o.organisme);
    assert_eq!(organisme(""), None);
    assert_eq!(organisme("2021-04-20 orientation PE\n2021-03-20 orientation CCAS"), Some("CCAS"));
    assert_eq!(organisme("2021-03-20 orientation PE id:B\n2021-03-20 orientation CCAS id:A"), Some("CCAS"));
    assert_eq!(organisme("2021-03-20 orientation PE id:9\n2021-03-20 orientation CCAS id:10"), Some("CCAS"), "as text");
    assert_eq!(organisme("2021-03-01 orientation CCAS"), Some("CCAS"), "on the very day");
}

/// The example of the guide: known on 01/03, in time until 31/03, late on 01/04.
#[test]
fn an_orientation_is_in_time_until_the_eve_of_the_same_day_of_the_next_month() {
    let delai = |le: &str| dit(avec(&format!("{le} orientation CD")).suites("2021-12-31").delai_orientation);
    assert_eq!(delai("2021-03-31"), (Some(30), "2021-03-31".into(), true));
    assert_eq!(delai("2021-04-01"), (Some(31), "2021-03-31".into(), false));
    assert_eq!(dit(avec("").suites("2021-12-31").delai_orientation), (None, "2021-03-31".into(), false));
}

#[test]
fn an_orientation_notified_after_the_closing_does_not_count_yet() {
    let recit = avec("2021-04-20 orientation CD");
    assert!(recit.suites("2021-04-19").orientation.is_none());
    assert!(recit.suites("2021-04-20").orientation.is_some());
}

#[test]
fn the_readings_of_the_delay_of_orientation() {
    let delai = |cle: &str, valeur: &str, le: &str| {
        let (_, limite, tenu) =
            dit(avec(&format!("{le} orientation CD")).lecture(cle, valeur).suites("2021-12-31").delai_orientation);
        (limite, tenu)
    };
    for (valeur, limite) in [("mois_inclus", "2021-04-01"), ("30_jours", "2021-03-31"), ("31_jours", "2021-04-01")] {
        assert_eq!(delai("orientation.delai", valeur, limite), (limite.into(), true), "{valeur}");
        let apres = jour(limite).plus_jours(1).to_string();
        assert_eq!(delai("orientation.delai", valeur, &apres), (limite.into(), false), "{valeur}");
    }
    assert_eq!(delai("orientation.debut", "transmission", "2021-03-24"), ("2021-03-24".into(), true));
    assert_eq!(delai("orientation.debut", "transmission", "2021-03-25"), ("2021-03-24".into(), false));
    assert_eq!(delai("orientation.debut", "demande", "2021-03-09"), ("2021-03-09".into(), true));
    assert_eq!(delai("orientation.debut", "demande", "2021-03-10"), ("2021-03-09".into(), false));
}

#[test]
fn a_claim_after_the_flux_or_missing_does_not_start_the_delay() {
    for dem in ["", ",dem:2021-03-01", ",dem:2021-03-02"] {
        let texte = format!("{ENTREE}\n2021-03-31 orientation CD").replace(",dem:2021-02-10", dem);
        let recit = recit(&texte).lecture("orientation.debut", "demande");
        assert_eq!(dit(recit.suites("2021-12-31").delai_orientation), (Some(30), "2021-03-31".into(), true), "{dem}");
    }
}

#[test]
fn an_orientation_that_came_before_the_flux_took_no_day() {
    let recit = avec("2021-02-20 orientation CD").lecture("orientation_anticipee", "rattacher");
    let suites = recit.suites("2021-12-31");
    assert_eq!(suites.orientation.map(|o| o.date), Some(jour("2021-02-20")));
    assert_eq!(dit(suites.delai_orientation), (Some(0), "2021-03-31".into(), true));
}

// The first appointment.

fn rdv(suite: &str) -> Option<String> {
    orientee(suite).suites("2021-12-31").premier_rdv.map(|rdv| rdv.date.to_string())
}

#[test]
fn the_first_appointment_is_one_of_support_or_of_a_contract_that_stands() {
    for (genre, compte) in [
        ("accompagnement", true),
        ("cer", true),
        ("orientation", false),
        ("accompagnement honore", true),
        ("accompagnement absent", true),
        ("accompagnement excuse", true),
        ("accompagnement annule", false),
        ("accompagnement reporte", false),
    ] {
        assert_eq!(rdv(&format!("2021-03-15 rdv {genre}")).is_some(), compte, "{genre}");
    }
    let suite = "2021-03-15 rdv accompagnement annule\n2021-03-30 rdv accompagnement\n2021-03-20 rdv cer";
    assert_eq!(rdv(suite), Some("2021-03-20".into()));
}

#[test]
fn the_first_appointment_does_not_precede_the_orientation() {
    assert_eq!(rdv("2021-03-09 rdv accompagnement"), None);
    assert_eq!(rdv("2021-03-10 rdv accompagnement"), Some("2021-03-10".into()));
}

/// It counts once it is fixed; its delay ends on the day it is held.
#[test]
fn an_appointment_counts_once_it_is_fixed() {
    let recit = orientee("2021-04-10 rdv accompagnement fixe:2021-04-02");
    assert!(recit.suites("2021-04-01").premier_rdv.is_none());
    let suites = recit.suites("2021-04-02");
    assert_eq!(dit(suites.delai_premier_rdv.unwrap()), (Some(31), "2021-03-24".into(), false));
    // Without a day of fixing, the day of the appointment.
    let recit = orientee("2021-04-10 rdv accompagnement");
    assert!(recit.suites("2021-04-09").premier_rdv.is_none());
    assert!(recit.suites("2021-04-10").premier_rdv.is_some());
}

#[test]
fn an_appointment_is_in_time_fourteen_days_after_the_orientation() {
    let tenu = |le: &str, valeur: &str| {
        let recit = orientee(&format!("{le} rdv accompagnement")).lecture("rdv.delai", valeur);
        recit.suites("2021-12-31").delai_premier_rdv.unwrap().tenu()
    };
    assert_eq!(["2021-03-24", "2021-03-25"].map(|le| tenu(le, "14_jours")), [true, false]);
    assert_eq!(["2021-03-25", "2021-03-26"].map(|le| tenu(le, "15_jours")), [true, false]);
}

#[test]
fn pole_emploi_s_people_and_those_without_orientation_have_no_first_appointment_and_no_first_cer() {
    let suite = "2021-03-15 rdv accompagnement\n2021-03-15 cer";
    for recit in [avec(&format!("2021-03-10 orientation PE\n{suite}")), avec(suite)] {
        let suites = recit.suites("2021-12-31");
        assert!(suites.premier_rdv.is_none() && suites.premier_cer.is_none());
        assert_eq!((suites.delai_premier_rdv, suites.delai_premier_cer), (None, None));
    }
}

#[test]
fn outcomes_of_the_next_entry_are_not_those_of_this_one() {
    let recit = recit(&format!(
        "{ENTREE}\n{ORIENTEE}\n2021-04-10 quotidien 1=5-\n2021-06-01 quotidien 1=2+\n\
         2021-06-01 rdv accompagnement\n2021-06-01 cer\n2021-06-01 GAD\n2021-06-01 rdv orientation absent"
    ));
    let premiere = recit.entrees('A')[0];
    let cloture = Cloture { horizon: Jour::MAX, rdv_fixes: Jour::MAX, gad: (Jour::MIN, Jour::MAX) };
    let suites = suites(&recit.histoire, &recit.referentiel, &premiere, cloture);
    assert!(suites.orientation.is_some() && suites.premier_rdv.is_none() && suites.premier_cer.is_none());
    assert!(suites.gad.is_none() && suites.contrat.is_none() && !suites.rdv_orientation_manque);
}

// The first CER.

fn cer(suite: &str) -> Option<String> {
    orientee(suite).suites("2021-12-31").premier_cer.map(|cer| cer.date.to_string())
}

#[test]
fn the_first_cer_is_a_first_one_signed_in_the_window() {
    assert_eq!(cer("2021-03-15 cer"), Some("2021-03-15".into()));
    assert_eq!(cer("2021-03-15 cer rang:1"), Some("2021-03-15".into()));
    assert_eq!(cer("2021-03-15 cer rang:2"), None, "a renewal");
    assert_eq!(cer("2021-03-15 ppae"), None);
    assert_eq!(cer("2021-03-05 cer"), Some("2021-03-05".into()), "before the orientation, in the window");
    assert_eq!(cer("2021-03-01 cer"), Some("2021-03-01".into()));
    assert_eq!(cer("2021-02-28 cer"), None, "before the department knew");
    assert_eq!(cer("2021-05-15 cer rang:1\n2021-03-15 cer rang:3"), Some("2021-05-15".into()));
    let fenetre = orientee("2021-05-15 cer rang:1\n2021-03-15 cer rang:3").lecture("cer.rang", "fenetre");
    assert_eq!(fenetre.suites("2021-12-31").premier_cer.map(|cer| cer.rang), Some(Some(3)));
    assert!(orientee("2021-05-15 cer").suites("2021-05-14").premier_cer.is_none(), "signed after the closing");
}

#[test]
fn a_first_cer_is_in_time_within_two_months_of_the_entry() {
    let delai = |le: &str, lectures: &[(&str, &str)]| {
        let mut recit = orientee(&format!("{le} cer"));
        for (cle, valeur) in lectures {
            recit = recit.lecture(cle, valeur);
        }
        dit(recit.suites("2021-12-31").delai_premier_cer.unwrap())
    };
    assert_eq!(delai("2021-04-30", &[]), (Some(60), "2021-04-30".into(), true));
    assert_eq!(delai("2021-05-01", &[]), (Some(61), "2021-04-30".into(), false));
    let inclus = [("cer.delai", "2_mois_inclus")];
    assert_eq!(delai("2021-05-01", &inclus), (Some(61), "2021-05-01".into(), true));
    assert!(!delai("2021-05-02", &inclus).2);
    // From the orientation of 10/03; one signed before it is in time, in no day.
    let orientation = [("cer.debut", "orientation")];
    assert_eq!(delai("2021-05-09", &orientation), (Some(60), "2021-05-09".into(), true));
    assert!(!delai("2021-05-10", &orientation).2);
    assert_eq!(delai("2021-03-05", &orientation), (Some(0), "2021-05-09".into(), true));
    // The code gives one month, always from the orientation.
    let un_mois = [("cer.delai", "1_mois")];
    assert_eq!(delai("2021-04-09", &un_mois), (Some(30), "2021-04-09".into(), true));
    assert!(!delai("2021-04-10", &un_mois).2);
}

// The garantie, the contract, the missed appointment.

#[test]
fn the_garantie_is_given_by_an_orientation_or_proposed_in_the_window() {
    for (suite, le) in [
        ("2021-03-10 orientation CD GAD", Some("2021-03-10")),
        ("2021-03-10 orientation CD AG", None),
        ("2021-03-10 orientation CD\n2021-05-10 orientation CD GAD", Some("2021-05-10")),
        ("2021-03-20 GAD", Some("2021-03-20")),
        ("2021-03-20 GAD debut:2021-05-01", Some("2021-03-20")),
        ("2021-03-20 GAD sans_proposition debut:2021-05-01", Some("2021-05-01")),
        ("2021-03-20 AG", None),
        ("2021-02-28 GAD", None),
        ("2021-03-20 GAD\n2021-03-10 orientation PE GAD", Some("2021-03-10")),
    ] {
        assert_eq!(avec(suite).suites("2021-12-31").gad, le.map(jour), "{suite}");
    }
    let recit = avec("2021-03-20 GAD");
    assert_eq!((recit.suites("2021-03-19").gad, recit.suites("2021-03-20").gad), (None, Some(jour("2021-03-20"))));
}

/// Fiche 5.2: from the orientation on, a CER, or a PPAE for those oriented to Pôle emploi.
#[test]
fn the_contract_after_an_orientation_is_a_cer_or_the_ppae_of_pole_emploi() {
    for (suite, le) in [
        ("2021-03-10 orientation CD\n2021-03-15 cer", Some("2021-03-15")),
        ("2021-03-10 orientation CD\n2021-03-15 cer rang:4", Some("2021-03-15")),
        ("2021-03-10 orientation CD\n2021-03-10 cer", Some("2021-03-10")),
        ("2021-03-10 orientation CD\n2021-03-09 cer", None),
        ("2021-03-10 orientation CD\n2021-03-15 ppae", None),
        ("2021-03-10 orientation PE\n2021-03-15 ppae", Some("2021-03-15")),
        ("2021-03-10 orientation PE\n2021-03-15 cer", None),
        ("2021-03-15 cer", None),
    ] {
        assert_eq!(avec(suite).suites("2021-12-31").contrat.map(|c| c.date), le.map(jour), "{suite}");
    }
}

#[test]
fn a_missed_orientation_appointment_of_the_window_is_seen() {
    for (suite, manque) in [
        ("2021-03-05 rdv orientation absent", true),
        ("2021-03-05 rdv orientation excuse", false),
        ("2021-03-05 rdv accompagnement absent", false),
        ("2021-02-28 rdv orientation absent", false),
    ] {
        assert_eq!(avec(suite).suites("2021-12-31").rdv_orientation_manque, manque, "{suite}");
    }
}

#[test]
fn under_complet_outcomes_count_up_to_what_is_known() {
    let mut recit = orientee("2021-06-20 rdv accompagnement\n2021-07-10 cer").lecture("horizon", "complet");
    let suites = recit.suites("2021-05-31");
    assert!(suites.premier_rdv.is_some() && suites.premier_cer.is_some());
    recit.connu_le = Some(jour("2021-07-09"));
    let suites = recit.suites("2021-05-31");
    assert!(suites.premier_rdv.is_some() && suites.premier_cer.is_none());
}

// The rules in force since 1 January 2025: décret n° 2024-1244 du 30 décembre 2024.

/// A story under the référentiel of 2025: A is known on that day.
fn en_2025(connue_le: &str, suite: &str) -> Recit {
    let mut recit = recit(&format!("2024-09-30 stock Z:9=2+\n{connue_le} quotidien 1=2+\n{suite}"));
    recit.referentiel = Referentiel::lire(include_str!("../../../pipelines/referentiel-2025.toml")).unwrap();
    recit
}

/// From Friday 10 January, six weeks end on Friday 21 February.
#[test]
fn six_weeks_to_orient_from_1_january_2025() {
    let delai = |connue_le: &str, le: &str| {
        dit(en_2025(connue_le, &format!("{le} orientation CD")).suites("2025-12-31").delai_orientation)
    };
    assert_eq!(delai("2025-01-10", "2025-02-20"), (Some(41), "2025-02-21".into(), true));
    assert_eq!(delai("2025-01-10", "2025-02-21"), (Some(42), "2025-02-21".into(), true));
    assert_eq!(delai("2025-01-10", "2025-02-22"), (Some(43), "2025-02-21".into(), false));
    // Known on the eve, one month; on the day, six weeks.
    assert_eq!(delai("2024-12-31", "2025-01-31"), (Some(31), "2025-01-30".into(), false));
    assert_eq!(delai("2025-01-01", "2025-02-12"), (Some(42), "2025-02-12".into(), true));
}

/// What a month is does not move weeks; who came before 2025 keeps the reading.
#[test]
fn the_readings_of_a_month_leave_weeks_as_they_are() {
    for valeur in ["mois", "mois_inclus", "30_jours", "31_jours"] {
        let recit = en_2025("2025-01-10", "").lecture("orientation.delai", valeur);
        assert_eq!(recit.suites("2025-12-31").delai_orientation.limite, jour("2025-02-21"), "{valeur}");
    }
    let avant = en_2025("2024-12-20", "").lecture("orientation.delai", "31_jours");
    assert_eq!(avant.suites("2025-12-31").delai_orientation.limite, jour("2025-01-20"));
}

fn contrat_de_2025(suite: &str, arrete: &str) -> (Option<i64>, String, bool) {
    dit(en_2025("2025-01-10", suite).suites(arrete).delai_premier_cer.unwrap())
}

/// One month from the orientation: of 31/01 to 28/02, of 15/01 to 14/02.
#[test]
fn the_contract_is_signed_within_one_month_of_the_notified_orientation() {
    let signe = |oriente: &str, le: &str| contrat_de_2025(&format!("{oriente} orientation CD\n{le} cer"), "2025-12-31");
    assert_eq!(signe("2025-01-15", "2025-02-14"), (Some(30), "2025-02-14".into(), true));
    assert_eq!(signe("2025-01-15", "2025-02-15"), (Some(31), "2025-02-14".into(), false));
    assert_eq!(signe("2025-01-31", "2025-02-28"), (Some(28), "2025-02-28".into(), true));
    assert_eq!(signe("2025-01-31", "2025-03-01"), (Some(29), "2025-02-28".into(), false));
    assert_eq!(signe("2025-01-15", "2025-01-12"), (Some(0), "2025-02-14".into(), true), "before the orientation");
}

#[test]
fn a_new_orientation_opens_a_new_month_for_the_contract() {
    let deux = "2025-01-15 orientation CD\n2025-03-10 orientation CCAS";
    let signe = |le: &str| contrat_de_2025(&format!("{deux}\n{le} cer"), "2025-12-31");
    assert_eq!(signe("2025-03-09"), (Some(53), "2025-02-14".into(), false), "the eve of the new decision");
    assert_eq!(signe("2025-03-10"), (Some(0), "2025-04-09".into(), true), "its day");
    assert_eq!(signe("2025-04-09"), (Some(30), "2025-04-09".into(), true));
    assert_eq!(signe("2025-04-10"), (Some(31), "2025-04-09".into(), false));
    // Nothing signed: the month is that of the last decision known at the closing.
    let au = |arrete: &str| {
        let recit = en_2025("2025-01-10", deux);
        recit.suites(arrete).delai_premier_cer.unwrap().issue(jour(arrete))
    };
    assert_eq!(au("2025-02-14"), Issue::EnCours);
    assert_eq!(au("2025-03-09"), Issue::Echu);
    assert_eq!(au("2025-03-10"), Issue::EnCours);
    assert_eq!(au("2025-04-10"), Issue::Echu);
}

/// The decision of a later entry is not a new decision for this one.
#[test]
fn an_orientation_of_the_next_entry_opens_nothing_for_this_one() {
    let texte = "2024-09-30 stock Z:9=2+\n2025-01-10 quotidien 1=2+\n2025-01-15 orientation CD\n\
        2025-03-10 quotidien 1=5\n2025-05-10 quotidien 1=2+\n2025-05-20 orientation CCAS";
    let mut recit = recit(texte);
    recit.referentiel = en_2025("2025-01-10", "").referentiel;
    let entrees = recit.entrees('A');
    assert_eq!(entrees.len(), 2, "comes back after a radiation");
    let periode = Periode { du: jour("2025-01-01"), au: jour("2025-12-31"), arrete: jour("2025-12-31") };
    let limites: Vec<String> = entrees
        .iter()
        .map(|entree| suites(&recit.histoire, &recit.referentiel, entree, Cloture::arretee(&periode)))
        .map(|suites| suites.delai_premier_cer.unwrap().limite.to_string())
        .collect();
    assert_eq!(limites, ["2025-02-14", "2025-06-19"]);
}

/// What the text settles, no reading changes; who came before 2025 keeps two months from the entry, or
/// what the reading says.
#[test]
fn the_start_that_a_text_gives_is_not_a_matter_of_reading() {
    let suite = "2025-01-15 orientation CD\n2025-03-10 orientation CCAS";
    let limite = |connue_le: &str, debut: &str| {
        let recit = en_2025(connue_le, suite).lecture("cer.debut", debut);
        recit.suites("2025-12-31").delai_premier_cer.unwrap().limite.to_string()
    };
    assert_eq!(limite("2025-01-10", "reception"), "2025-04-09");
    assert_eq!(limite("2025-01-10", "orientation"), "2025-04-09");
    assert_eq!(limite("2024-12-20", "reception"), "2025-02-19");
    assert_eq!(limite("2024-12-20", "orientation"), "2025-03-14", "from the first orientation");
}
