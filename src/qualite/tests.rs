//! What is missing and what deserves a look, on dates worked out by hand on a calendar.

use chrono::{NaiveDate, NaiveTime};
use proptest::prelude::*;

use super::completude::{EtatCaisse, Origine, Rythme, Silence, en_bref};
use super::entrants::signaux;
use super::*;
use crate::journal::lecture::LigneEntrant;
use crate::temps::Jour;

fn jour(texte: &str) -> Jour {
    texte.parse::<NaiveDate>().unwrap().into()
}

/// A file received on the day it was made: that of its DTREF for a daily, five days later for a monthly.
fn recu(caisse: &str, mensuel: bool, dtref: Jour) -> Recu {
    let cree_le = dtref.plus_jours(if mensuel { 5 } else { 0 });
    Recu {
        nom: format!("{caisse}_{}_{dtref}.xml", if mensuel { "M" } else { "I" }),
        empreinte: format!("{caisse} {mensuel} {dtref}"),
        caisse: (!caisse.is_empty()).then(|| caisse.to_owned()),
        mensuel,
        dtref,
        cree_le: cree_le.date().and_time(NaiveTime::MIN),
        recu_le: cree_le,
        foyers: 100,
        annonces: Some(100),
        releves: 120,
    }
}

fn quotidien(caisse: &str, dtref: &str) -> Recu {
    recu(caisse, false, jour(dtref))
}

fn mensuel(caisse: &str, dtref: &str) -> Recu {
    recu(caisse, true, jour(dtref))
}

/// A daily every day of the span that `garde` keeps.
fn quotidiens(caisse: &str, du: &str, au: &str, garde: impl Fn(Jour) -> bool) -> Vec<Recu> {
    let jours = (jour(du).0..=jour(au).0).map(Jour).filter(|jour| garde(*jour));
    jours.map(|jour| recu(caisse, false, jour)).collect()
}

fn ouvre(jour: Jour) -> bool {
    calendrier::Calendrier::default().est_ouvre(jour)
}

fn cadre(du: &str, au: &str, connu_le: &str) -> Cadre {
    Cadre { du: jour(du), au: jour(au), connu_le: jour(connu_le) }
}

fn seule(recus: &[Recu], cadre: Cadre) -> EtatCaisse {
    let mut caisses = completude(recus, cadre, &Seuils::default()).caisses;
    assert_eq!(caisses.len(), 1);
    caisses.remove(0)
}

fn textes<T: ToString>(valeurs: &[T]) -> Vec<String> {
    valeurs.iter().map(ToString::to_string).collect()
}

/// From Monday 29 March to Friday 16 April 2021: fourteen working days, Easter Monday (5 April) being
/// none. Three of them have no file; neither the holiday nor the week-ends are missing.
#[test]
fn three_missing_dailies_are_named_and_a_holiday_is_not_one() {
    let absents = ["2021-04-07", "2021-04-08", "2021-04-14"].map(jour);
    let mut recus = quotidiens("CAF821", "2021-03-29", "2021-04-16", |j| ouvre(j) && !absents.contains(&j));
    recus.push(mensuel("CAF821", "2021-02-28"));
    assert_eq!(recus.len(), 12);
    let vu = completude(&recus, cadre("2021-03-01", "2021-04-16", "2021-05-01"), &Seuils::default());
    assert_eq!(vu.caisses[0].rythme, Rythme::Quotidien);
    assert_eq!(vu.caisses[0].quotidiens_manquants, absents);
    assert_eq!((vu.caisses[0].quotidiens, vu.caisses[0].muette), (11, None));
    assert_eq!(
        vu.phrase(),
        "Complétude : il manque 3 quotidiens de CAF821 (du 2021-04-07 au 2021-04-08, 2021-04-14) \
         et 1 mensuel de CAF821 (2021-03)"
    );
    assert!(vu.incomplete());
}

/// Friday 9 and Monday 12 April are one span; the first of four spans that are told is that of the
/// first day.
#[test]
fn days_are_told_in_few_words() {
    let calendrier = calendrier::Calendrier::default();
    let dit = |jours: &[&str]| en_bref(&jours.iter().map(|j| jour(j)).collect::<Vec<_>>(), &calendrier);
    assert_eq!(dit(&["2021-04-09", "2021-04-12"]), "du 2021-04-09 au 2021-04-12");
    assert_eq!(dit(&["2021-04-02", "2021-04-06", "2021-04-08"]), "du 2021-04-02 au 2021-04-06, 2021-04-08");
    let nombreux = ["2021-04-06", "2021-04-08", "2021-04-12", "2021-04-14", "2021-04-19", "2021-04-21"];
    assert_eq!(dit(&nombreux), "2021-04-06, 2021-04-08, 2021-04-12, 2021-04-14, et 2 autres");
}

/// The daily of Wednesday 14 April is due on Friday 16, two working days later: not on Thursday.
#[test]
fn a_daily_is_missing_once_it_had_two_working_days_to_arrive() {
    let recus = quotidiens("CAF821", "2021-03-29", "2021-04-13", ouvre);
    let au = |connu_le| textes(&seule(&recus, cadre("2021-04-01", "2021-12-31", connu_le)).quotidiens_manquants);
    assert_eq!(au("2021-04-15"), [""; 0]);
    assert_eq!(au("2021-04-16"), ["2021-04-14"]);
    // Thursday's is due on Monday: neither Saturday nor Sunday is waited for.
    assert_eq!(au("2021-04-18"), ["2021-04-14"]);
    assert_eq!(au("2021-04-19"), ["2021-04-14", "2021-04-15"]);
}

/// A file received after the day of the knowledge does not exist yet.
#[test]
fn a_daily_received_later_is_missing_as_known_before() {
    let mut recus = quotidiens("CAF821", "2021-03-29", "2021-04-16", ouvre);
    let tardif = recus.iter_mut().find(|recu| recu.dtref == jour("2021-04-08")).unwrap();
    tardif.recu_le = jour("2021-04-20");
    let au = |connu_le| textes(&seule(&recus, cadre("2021-04-01", "2021-04-16", connu_le)).quotidiens_manquants);
    assert_eq!(au("2021-04-19"), ["2021-04-08"]);
    assert_eq!(au("2021-04-20"), [""; 0]);
    let retards = seule(&recus, cadre("2021-04-01", "2021-04-16", "2021-05-01")).retards;
    assert_eq!(retards.iter().map(|r| (r.dtref, r.jours)).collect::<Vec<_>>(), [(jour("2021-04-08"), 12)]);
}

/// Every Thursday of ten weeks, but Ascension (13 May 2021) sent on the Friday: nothing is missing.
#[test]
fn a_caisse_in_weekly_rhythm_misses_nothing() {
    let jeudis = [
        "2021-04-01",
        "2021-04-08",
        "2021-04-15",
        "2021-04-22",
        "2021-04-29",
        "2021-05-06",
        "2021-05-14",
        "2021-05-20",
        "2021-05-27",
        "2021-06-03",
    ];
    let recus: Vec<Recu> = jeudis.iter().map(|dtref| quotidien("MSA082", dtref)).collect();
    let vue = seule(&recus, cadre("2021-04-01", "2021-06-03", "2021-06-30"));
    assert_eq!((vue.rythme, vue.quotidiens_manquants.len()), (Rythme::Hebdomadaire, 0));
    // Under the settings that say otherwise, each other working day is missing: 43 in the span, of
    // which 10 have a file.
    let mut seuils = Seuils::default();
    seuils.rythme.insert("MSA082".into(), Rythme::Quotidien);
    let reglee = completude(&recus, cadre("2021-04-01", "2021-06-03", "2021-06-30"), &seuils).caisses.remove(0);
    assert_eq!((reglee.origine, reglee.quotidiens_manquants.len()), (Origine::Reglage, 33));
    // And nothing at all is expected of a caisse that closed.
    seuils.rythme.insert("MSA082".into(), Rythme::Aucun);
    let fermee = completude(&recus, cadre("2021-04-01", "2022-06-03", "2022-06-30"), &seuils).caisses.remove(0);
    assert!(!fermee.incomplete());
}

/// Ten weeks of files from Tuesday to Saturday: the Monday is a habit of the caisse and not a loss;
/// a missing Wednesday is one.
#[test]
fn a_day_of_the_week_on_which_a_caisse_never_sends_is_not_missing() {
    use chrono::{Datelike, Weekday};
    let envoye = |j: Jour| !matches!(j.date().weekday(), Weekday::Sun | Weekday::Mon) && j != jour("2021-10-13");
    let recus = quotidiens("CAF821", "2021-09-01", "2021-11-10", envoye);
    let vue = seule(&recus, cadre("2021-09-01", "2021-11-10", "2021-12-01"));
    assert_eq!(textes(&vue.quotidiens_manquants), ["2021-10-13"]);
    let Origine::Fichiers { semaine, .. } = vue.origine else { panic!("{:?}", vue.origine) };
    assert_eq!(semaine, [false, true, true, true, true]);
}

/// Four days of dailies do not tell a rhythm, and it is said.
#[test]
fn too_few_dailies_tell_no_rhythm_and_it_is_said() {
    let mut recus = quotidiens("CAF821", "2021-04-06", "2021-04-09", ouvre);
    recus.push(mensuel("CAF821", "2021-03-31"));
    let vu = completude(&recus, cadre("2021-04-01", "2021-04-16", "2021-04-30"), &Seuils::default());
    assert_eq!(vu.caisses[0].rythme, Rythme::Inconnu);
    assert_eq!(
        vu.phrase(),
        "Complétude : aucun flux attendu ne manque (CAF821) ; trop peu de quotidiens pour dire s'il en manque (CAF821)"
    );
}

/// Stocks of December, January, March: February is missing, and April once it is the 10th of May.
#[test]
fn a_monthly_is_missing_between_two_others_and_ten_days_after_its_month() {
    let recus = ["2020-12-31", "2021-01-31", "2021-03-31"].map(|dtref| mensuel("CAF821", dtref));
    let au = |au, connu_le| textes(&seule(&recus, cadre("2021-01-01", au, connu_le)).mensuels_manquants);
    assert_eq!(au("2021-04-30", "2021-05-09"), ["2021-02"]);
    assert_eq!(au("2021-04-30", "2021-05-10"), ["2021-02", "2021-04"]);
    // A month that is not over at the end of the period is not expected.
    assert_eq!(au("2021-04-29", "2021-12-31"), ["2021-02"]);
    // Nothing before the first stock: the base is said apart.
    assert_eq!(textes(&seule(&recus, cadre("2020-01-01", "2020-12-31", "2021-05-10")).mensuels_manquants), [""; 0]);
    let sans = seule(&[quotidien("CAF821", "2021-04-06")], cadre("2021-04-01", "2021-04-30", "2021-05-31"));
    assert!(sans.sans_mensuel && sans.incomplete());
}

/// A table of 2020 made from a warehouse that begins in 2021 does not claim to be complete.
#[test]
fn a_caisse_whose_first_file_is_after_the_period_is_said_unknown_then() {
    let vu = completude(
        &[mensuel("CAF821", "2021-01-31")],
        cadre("2020-01-01", "2020-12-31", "2021-06-30"),
        &Seuils::default(),
    );
    assert!(vu.incomplete());
    assert!(
        vu.phrase().contains("aucun flux de CAF821 dans la période (le premier est du 2021-01-31)"),
        "{}",
        vu.phrase()
    );
}

/// Dailies until Friday 5 November, then nothing: at the end of December, 56 days.
#[test]
fn a_caisse_without_news_is_said_silent() {
    let mut recus = quotidiens("CAF821", "2021-10-01", "2021-11-05", ouvre);
    let silence = |recus: &[Recu], au: &str| seule(recus, cadre("2021-10-01", au, "2022-01-31")).muette;
    assert_eq!(silence(&recus, "2021-12-31"), Some(Silence { depuis: jour("2021-11-05"), jours: 56 }));
    // Ten days are no silence yet, eleven are.
    assert_eq!(silence(&recus, "2021-11-15"), None);
    assert_eq!(silence(&recus, "2021-11-16").map(|s| s.jours), Some(11));
    recus.push(mensuel("CAF821", "2021-11-30"));
    assert_eq!(silence(&recus, "2021-12-10").map(|s| s.depuis), None);
    let seuils = Seuils { caisse_muette_jours: Some(4), ..Seuils::default() };
    let reglee = completude(&recus, cadre("2021-10-01", "2021-12-10", "2022-01-31"), &seuils);
    assert_eq!(reglee.caisses[0].muette, Some(Silence { depuis: jour("2021-12-05"), jours: 5 }));
}

/// Every Thursday of 2021, but none between 1 July and 16 September: 77 days. Three weeks are the
/// usual gap three times over; two Thursdays missed (21 days) are not said, three (28 days) are.
#[test]
fn a_long_gap_of_a_caisse_that_sends_every_week_is_said() {
    use chrono::{Datelike, Weekday};
    let jeudi = |j: Jour| j.date().weekday() == Weekday::Thu;
    let sans = |du: &str, au: &str| {
        let (du, au) = (jour(du), jour(au));
        let recus = quotidiens("MSA082", "2021-01-07", "2021-12-30", |j| jeudi(j) && !(du < j && j < au));
        let vue = seule(&recus, cadre("2021-01-01", "2021-12-31", "2022-01-31"));
        assert_eq!((vue.rythme, vue.muette), (Rythme::Hebdomadaire, None));
        // No day was due, so nothing is missing: it is a doubt, and it is said.
        let phrase = completude(&recus, cadre("2021-01-01", "2021-12-31", "2022-01-31"), &Seuils::default()).phrase();
        assert_eq!(phrase.contains("MSA082 n'a rien envoyé du"), !vue.interruptions.is_empty());
        vue.interruptions.iter().map(|i| (i.depuis.to_string(), i.jusqu_au.to_string(), i.jours())).collect::<Vec<_>>()
    };
    assert_eq!(sans("2021-07-01", "2021-09-16"), [("2021-07-01".into(), "2021-09-16".into(), 77)]);
    assert_eq!(sans("2021-07-01", "2021-07-22"), []);
    assert_eq!(sans("2021-07-01", "2021-07-29"), [("2021-07-01".into(), "2021-07-29".into(), 28)]);
}

/// Monthlies alone, about thirty days apart: two months without one are no silence (they are missing
/// monthlies), four are.
#[test]
fn a_caisse_that_sends_only_stocks_is_silent_after_three_of_its_gaps() {
    let recus = ["2021-01-31", "2021-02-28", "2021-03-31"].map(|dtref| mensuel("MSA082", dtref));
    let silence = |au| seule(&recus, cadre("2021-01-01", au, "2022-01-31")).muette.is_some();
    assert_eq!([silence("2021-06-30"), silence("2021-07-31")], [false, true]);
}

#[test]
fn two_different_files_of_one_date_are_named() {
    let mut recus =
        vec![mensuel("CAF821", "2021-01-31"), mensuel("CAF821", "2021-02-28"), quotidien("CAF821", "2021-02-28")];
    let mut autre = mensuel("CAF821", "2021-02-28");
    (autre.nom, autre.empreinte) = ("encore.xml".into(), "autre".into());
    recus.push(autre);
    let vue = seule(&recus, cadre("2021-01-01", "2021-02-28", "2021-03-31"));
    assert_eq!(vue.doublons.len(), 1);
    assert_eq!(
        vue.doublons[0].phrase("CAF821"),
        "2 mensuels différents de CAF821 au 2021-02-28 (CAF821_M_2021-02-28.xml, encore.xml)"
    );
    assert_eq!(vue.mensuels, 2);
}

/// From 100 foyers to 75: a quarter. From 75 to 88: 17.3 %, under the twenty that deserve a look.
#[test]
fn a_stock_that_jumps_is_named() {
    let mut recus = ["2021-01-31", "2021-02-28", "2021-03-31"].map(|dtref| mensuel("CAF821", dtref));
    (recus[1].foyers, recus[1].releves) = (75, 100);
    (recus[2].foyers, recus[2].releves) = (88, 110);
    let vue = seule(&recus, cadre("2021-01-01", "2021-03-31", "2021-04-30"));
    assert_eq!(vue.variations.len(), 1);
    assert_eq!((vue.variations[0].dtref, vue.variations[0].pourcent()), (jour("2021-02-28"), 25.0));
    // Announced: 100 foyers in each.
    assert_eq!(vue.ecarts_annonce.iter().map(|e| (e.annonces, e.foyers)).collect::<Vec<_>>(), [(100, 75), (100, 88)]);
    let seuils = Seuils { variation_stock_pct: Some(15.0), ..Seuils::default() };
    let reglee = completude(&recus, cadre("2021-01-01", "2021-03-31", "2021-04-30"), &seuils);
    assert_eq!(reglee.caisses[0].variations.len(), 2);
}

/// A daily without any foyer has no caisse: it is that of the only one that sends dailies, and of
/// nobody when there are two.
#[test]
fn an_empty_daily_is_attributed_only_when_one_caisse_sends_dailies() {
    let mut recus = quotidiens("CAF821", "2021-03-29", "2021-04-16", |j| ouvre(j) && j != jour("2021-04-08"));
    recus.push(quotidien("", "2021-04-08"));
    recus.push(mensuel("MSA082", "2021-03-31"));
    let vu = |recus: &[Recu]| completude(recus, cadre("2021-03-01", "2021-04-16", "2021-05-01"), &Seuils::default());
    assert_eq!((vu(&recus).caisses[0].quotidiens_manquants.len(), vu(&recus).vides_sans_caisse.len()), (0, 0));
    recus.push(quotidien("MSA082", "2021-04-08"));
    let deux = vu(&recus);
    assert_eq!(textes(&deux.caisses[0].quotidiens_manquants), ["2021-04-08"]);
    assert_eq!(textes(&deux.vides_sans_caisse), ["2021-04-08"]);
    assert!(deux.phrase().contains("un quotidien sans foyer, donc sans caisse, existe pour : 2021-04-08"));
}

/// The day after Ascension 2021, when a caisse closes too.
#[test]
fn a_day_that_the_department_says_without_flux_is_not_missing() {
    let recus = quotidiens("CAF821", "2021-05-03", "2021-05-21", |j| ouvre(j) && j != jour("2021-05-14"));
    let mut seuils = Seuils::default();
    let manquants = |seuils: &Seuils| {
        completude(&recus, cadre("2021-05-01", "2021-05-21", "2021-06-30"), seuils).caisses[0]
            .quotidiens_manquants
            .len()
    };
    assert_eq!(manquants(&seuils), 1);
    seuils.jours_sans_flux.push(jour("2021-05-14"));
    assert_eq!(manquants(&seuils), 0);
}

/// TOPPERSENTDRODEVORSA names people; without it, ENTDED speaks of those of the foyer who are soumis,
/// or of all when nobody is.
#[test]
fn the_signal_of_a_foyer_is_for_those_it_names() {
    let ligne = |bloc, top, top_entrant, fait| LigneEntrant { bloc, top, top_entrant, fait };
    let lignes = [
        ligne(1, Some(true), false, true),
        ligne(1, Some(true), true, true),
        ligne(2, Some(true), false, true),
        ligne(2, Some(false), false, true),
        ligne(3, None, false, true),
        ligne(4, Some(true), false, false),
    ];
    let rangs: Vec<u32> = signaux(7, &lignes).iter().map(|signal| signal.rang).collect();
    assert_eq!(rangs, [1, 2, 4]);
}

// Thresholds.

/// Two dailies missing (7 and 8 April 2021), two monthlies (March, and April since 10 May), silent for 30 days, a stock that
/// goes from 100 to 125 foyers, 3 foyers of 100 set aside, 1 event of 8 waiting, a file 12 days late,
/// 1 entry of 4 seen by one side only, one date in double, one count that differs.
fn degradee() -> Qualite {
    let absents = ["2021-04-07", "2021-04-08"].map(jour);
    let mut recus = quotidiens("CAF821", "2021-03-29", "2021-04-16", |j| ouvre(j) && !absents.contains(&j));
    recus[0].recu_le = recus[0].dtref.plus_jours(12);
    recus.extend(["2021-01-31", "2021-02-28"].map(|dtref| mensuel("CAF821", dtref)));
    let grossi = recus.len() - 1;
    (recus[grossi].foyers, recus[grossi].releves) = (125, 150);
    let mut double = quotidien("CAF821", "2021-04-09");
    double.nom = "encore.xml".into();
    recus.push(double);
    let cadre = cadre("2021-02-01", "2021-05-16", "2021-05-16");
    // Nothing is expected after the silence began: only the two days of April are missing.
    let jours_sans_flux = (jour("2021-04-17").0..=jour("2021-05-16").0).map(Jour).collect();
    let seuils = Seuils { jours_sans_flux, ..Seuils::default() };
    let mut entrants = Comparaison::default();
    let mois = jour("2021-04-01").mois();
    let compte = entrants::Compte { accord: 3, jalon_seul: 1, caisse_seule: 0 };
    entrants.lignes.insert((mois, "CAF821".into()), compte);
    // Where the caisse gives no signal, nothing counts.
    let muet = entrants::Compte { accord: 0, jalon_seul: 50, caisse_seule: 0 };
    entrants.lignes.insert((mois, "MSA082".into()), muet);
    entrants.sans_signal.push("MSA082".into());
    let mut rejets = Rejets::default();
    rejets.ajouter(RejetsFichier {
        nom: "a.xml".into(),
        genre: FLUX.into(),
        caisse: Some("CAF821".into()),
        part: Part { nombre: 3, sur: 100 },
        motifs: vec![("code inconnu".into(), 3)],
    });
    let attente = Attente {
        genre: "cer",
        lieu: Default::default(),
        id: "C1".into(),
        raison: crate::parcours::personnes::RaisonAttente::Inconnue,
    };
    Qualite {
        cadre,
        completude: completude(&recus, cadre, &seuils),
        rejets,
        en_attente: EnAttente { evenements: 8, liste: vec![attente] },
        socle: indicateurs::Qualite::default(),
        stocks: Vec::new(),
        avertissements: Vec::new(),
        fichiers_anomalies: 0,
        entrants,
    }
}

/// Each threshold holds at what was found, and is passed one step under it. The settings that only
/// say what to expect are no thresholds.
#[test]
fn a_threshold_is_the_last_value_accepted() {
    let qualite = degradee();
    let codes = |reglage: &str| -> Vec<(&str, f64)> {
        let seuils: Seuils = toml::from_str(reglage).unwrap();
        seuils.depasses(&qualite).iter().map(|d| (d.code, d.valeur)).collect()
    };
    for (code, juste, en_dessous, trouve) in [
        ("quotidiens_manquants", "2", "1", 2.0),
        ("mensuels_manquants", "2", "1", 2.0),
        ("caisse_muette_jours", "30", "29", 30.0),
        ("variation_stock_pct", "25", "24.9", 25.0),
        ("rejets_pct", "3", "2.99", 3.0),
        ("evenements_en_attente_pct", "12.5", "12.4", 12.5),
        ("retard_jours", "12", "11", 12.0),
        ("ecarts_entrants_pct", "25", "24", 25.0),
        ("fichiers_en_double", "1", "0", 1.0),
        ("foyers_non_conformes", "1", "0", 1.0),
    ] {
        assert_eq!(codes(&format!("{code} = {juste}")), [], "{code}");
        assert_eq!(codes(&format!("{code} = {en_dessous}")), [(code, trouve)]);
    }
    assert_eq!(codes("jours_sans_flux = [2021-05-14]\n[rythme]\nCAF821 = \"hebdomadaire\""), []);
    // The sentence names the days and what to do.
    let seuils = Seuils { quotidiens_manquants: Some(0), ..Seuils::default() };
    assert_eq!(
        seuils.depasses(&qualite)[0].phrase,
        "des flux quotidiens manquent : CAF821 (du 2021-04-07 au 2021-04-08). Demandez-les à la caisse, puis ingérez-les"
    );
}

// Properties.

/// Files of two caisses and of nobody, over three months of 2021.
fn des_recus() -> impl Strategy<Value = Vec<Recu>> {
    let recu = (0usize..5, 0i32..90, 0i32..12, 90u64..110).prop_map(|(quoi, rang, retard, foyers)| {
        let dtref = jour("2021-03-01").plus_jours(rang);
        let (caisse, mensuel) =
            [("CAF821", false), ("CAF821", true), ("MSA082", false), ("MSA082", true), ("", false)][quoi];
        let dtref = if mensuel { calendrier::dernier_jour(dtref.mois()) } else { dtref };
        let mut out = super::tests::recu(caisse, mensuel, dtref);
        out.recu_le = out.recu_le.plus_jours(retard);
        out.foyers = foyers;
        out.empreinte = format!("{} {retard} {foyers}", out.empreinte);
        out
    });
    prop::collection::vec(recu, 0..80)
}

fn regles() -> Seuils {
    let rythme = [("CAF821".to_owned(), Rythme::Quotidien), ("MSA082".to_owned(), Rythme::Quotidien)];
    Seuils { rythme: rythme.into_iter().collect(), ..Seuils::default() }
}

proptest! {
    /// The order in which files are ingested changes nothing.
    #[test]
    fn the_order_of_the_files_changes_nothing(recus in des_recus(), graine in any::<prop::sample::Index>()) {
        let cadre = cadre("2021-03-10", "2021-05-20", "2021-05-25");
        let mut autre = recus.clone();
        autre.reverse();
        if !autre.is_empty() {
            let pivot = graine.index(autre.len());
            autre.rotate_left(pivot);
        }
        prop_assert_eq!(completude(&recus, cadre, &Seuils::default()), completude(&autre, cadre, &Seuils::default()));
    }

    /// One more file never makes a day or a month missing, once the rhythm is settled: it may only fill
    /// one. The first files of each caisse are there from the start, since they say from when a file
    /// is expected.
    #[test]
    fn adding_a_file_never_adds_a_missing_one(recus in des_recus(), nouveau in des_recus()) {
        let cadre = cadre("2021-03-10", "2021-05-20", "2021-05-25");
        let mut base = recus;
        for caisse in ["CAF821", "MSA082"] {
            base.push(quotidien(caisse, "2021-03-01"));
            base.push(mensuel(caisse, "2021-02-28"));
        }
        let avant = completude(&base, cadre, &regles());
        base.extend(nouveau.into_iter().take(1));
        let apres = completude(&base, cadre, &regles());
        for (avant, apres) in avant.caisses.iter().zip(&apres.caisses) {
            prop_assert_eq!(&avant.caisse, &apres.caisse);
            prop_assert!(apres.quotidiens_manquants.iter().all(|jour| avant.quotidiens_manquants.contains(jour)));
            prop_assert!(apres.mensuels_manquants.iter().all(|mois| avant.mensuels_manquants.contains(mois)));
        }
    }
}
