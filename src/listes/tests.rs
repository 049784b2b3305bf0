//! Who is on which list: each rule the day before, the day itself and the day after.

use super::*;
use crate::parcours::recit::{Recit, jour, recit};

fn question<'a>(recit: &'a Recit, au: &str, connu_le: &str) -> Question<'a> {
    Question { au: jour(au), connu_le: jour(connu_le), referentiel: &recit.referentiel }
}

/// The lines of a list: `person deadline days`.
fn liste(recit: &Recit, nom: Nom, au: &str) -> Vec<String> {
    let listes = toutes(&recit.histoire, &question(recit, au, au));
    let liste = &listes[nom as usize];
    assert_eq!(liste.nom, nom);
    let dite = |l: &Ligne<'_>| format!("{} {} {}", recit.qui(l.personne), l.echeance, l.jours_restants);
    liste.lignes.iter().map(dite).collect()
}

/// The lists that A is on.
fn ou(recit: &Recit, au: &str, connu_le: &str) -> Vec<&'static str> {
    let listes = toutes(&recit.histoire, &question(recit, au, connu_le));
    let sur = |liste: &&Liste<'_>| liste.lignes.iter().any(|ligne| ligne.personne == recit.numero('A'));
    listes.iter().filter(sur).map(|liste| liste.nom.code()).collect()
}

/// What A lacks on a list.
fn manque(recit: &Recit, nom: Nom, au: &str) -> String {
    let listes = toutes(&recit.histoire, &question(recit, au, au));
    let ligne = listes[nom as usize].lignes.iter().find(|ligne| ligne.personne == recit.numero('A'));
    ligne.map(|ligne| ligne.texte(jour(au))).unwrap_or_default()
}

const ENTREE: &str = "
    2020-12-31 stock     Z:9=2+
    2021-02-08 quotidien 1=2+ recu:2021-03-01";

fn suite(texte: &str) -> Recit {
    recit(&format!("{ENTREE}\n{texte}"))
}

/// The guide's example: received on 01/03, in time until 31/03. Z, of the initial stock, is no entry.
#[test]
fn an_entry_is_to_be_oriented_from_its_reception_to_its_orientation() {
    let recit = suite("2021-04-03 orientation CD");
    assert!(liste(&recit, Nom::AOrienter, "2021-02-28").is_empty());
    assert_eq!(liste(&recit, Nom::AOrienter, "2021-03-01"), ["A 2021-03-31 30"]);
    assert_eq!(liste(&recit, Nom::AOrienter, "2021-03-31"), ["A 2021-03-31 0"]);
    assert_eq!(liste(&recit, Nom::AOrienter, "2021-04-02"), ["A 2021-03-31 -2"]);
    assert!(liste(&recit, Nom::AOrienter, "2021-04-03").is_empty());
}

#[test]
fn who_is_no_longer_in_the_rsa_leaves_every_list() {
    let clos = suite("2021-04-10 quotidien 1=5-");
    assert_eq!(ou(&clos, "2021-04-09", "2021-04-09"), ["a-orienter", "a-convoquer"]);
    assert!(ou(&clos, "2021-04-10", "2021-04-10").is_empty());
    let absente = suite("2021-04-30 stock Z:9=2+");
    assert_eq!(ou(&absente, "2021-04-29", "2021-04-29"), ["a-orienter", "a-convoquer"]);
    assert!(ou(&absente, "2021-04-30", "2021-04-30").is_empty());
}

/// Suspended or above the threshold, the person is bénéficiaire still: they stay, and it is said.
#[test]
fn who_is_suspended_or_not_soumis_stays_and_it_is_said() {
    let suspendue = suite("2021-04-10 quotidien 1=4+");
    assert_eq!(manque(&suspendue, Nom::AOrienter, "2021-04-09"), "orientation (aucun rendez-vous d'orientation)");
    assert_eq!(
        manque(&suspendue, Nom::AOrienter, "2021-04-10"),
        "orientation (aucun rendez-vous d'orientation), droit suspendu"
    );
    let au_dessus = suite("2021-04-10 quotidien 1=2-");
    assert_eq!(
        manque(&au_dessus, Nom::AConvoquer, "2021-04-10"),
        "orientation (aucun rendez-vous d'orientation), hors droits et devoirs"
    );
}

#[test]
fn an_orientation_appointment_that_stands_takes_one_off_the_summons() {
    for (statut, listes) in [
        ("fixe", vec!["a-orienter"]),
        ("honore", vec!["a-orienter"]),
        ("excuse", vec!["a-orienter"]),
        ("absent", vec!["a-orienter", "absents"]),
        ("annule", vec!["a-orienter", "a-convoquer"]),
        ("reporte", vec!["a-orienter", "a-convoquer"]),
    ] {
        let recit = suite(&format!("2021-03-10 rdv orientation {statut}"));
        assert_eq!(ou(&recit, "2021-03-12", "2021-03-12"), listes, "{statut}");
    }
    // An appointment of support, or one before the entry, is no summons.
    assert_eq!(ou(&suite("2021-03-10 rdv accompagnement"), "2021-03-12", "2021-03-12"), ["a-orienter", "a-convoquer"]);
    assert_eq!(
        ou(&suite("2021-02-28 rdv orientation absent"), "2021-03-12", "2021-03-12"),
        ["a-orienter", "a-convoquer"]
    );
    assert_eq!(ou(&suite("2021-03-01 rdv orientation absent"), "2021-03-12", "2021-03-12"), ["a-orienter", "absents"]);
}

/// The last appointment that stands decides: a new one takes the person off, a cancelled one does not.
#[test]
fn the_last_orientation_appointment_decides_who_was_absent() {
    let nouveau = "2021-03-10 rdv orientation absent\n2021-03-30 rdv orientation fixe fixe:2021-03-12";
    assert_eq!(ou(&suite(nouveau), "2021-03-15", "2021-03-15"), ["a-orienter"]);
    let annule = "2021-03-10 rdv orientation absent\n2021-03-30 rdv orientation annule fixe:2021-03-12";
    assert_eq!(ou(&suite(annule), "2021-03-15", "2021-03-15"), ["a-orienter", "absents"]);
    let deux = "2021-03-10 rdv orientation honore\n2021-03-12 rdv orientation absent";
    assert_eq!(ou(&suite(deux), "2021-03-15", "2021-03-15"), ["a-orienter", "absents"]);
    let le_meme_jour = "2021-03-10 rdv orientation absent id:2\n2021-03-10 rdv orientation honore id:1";
    assert_eq!(ou(&suite(le_meme_jour), "2021-03-15", "2021-03-15"), ["a-orienter", "absents"]);
}

#[test]
fn what_became_of_the_appointment_is_said() {
    for (rdv, dit) in [
        ("2021-03-10 rdv orientation fixe", "rendez-vous d'orientation du 2021-03-10, sans suite connue"),
        ("2021-03-12 rdv orientation fixe", "rendez-vous d'orientation prévu le 2021-03-12"),
        ("2021-03-10 rdv orientation honore", "rendez-vous d'orientation du 2021-03-10 honoré"),
        ("2021-03-10 rdv orientation absent", "absence au rendez-vous d'orientation du 2021-03-10"),
        ("2021-03-10 rdv orientation excuse", "excuse au rendez-vous d'orientation du 2021-03-10"),
    ] {
        assert_eq!(manque(&suite(rdv), Nom::AOrienter, "2021-03-12"), format!("orientation ({dit})"));
    }
}

/// A list of a day knows nothing fixed, missed or notified after it, even when asked later.
#[test]
fn a_list_asked_again_later_shows_what_was_so_that_day() {
    let recit = suite("2021-03-10 rdv orientation absent fixe:2021-03-05\n2021-04-03 orientation CD");
    let plus_tard = "2021-12-31";
    assert_eq!(ou(&recit, "2021-03-04", plus_tard), ["a-orienter", "a-convoquer"]);
    assert_eq!(ou(&recit, "2021-03-05", plus_tard), ["a-orienter"]);
    assert_eq!(ou(&recit, "2021-03-10", plus_tard), ["a-orienter", "absents"]);
    assert_eq!(ou(&recit, "2021-04-03", plus_tard), ["sans-rdv", "sans-cer"]);
}

/// Oriented on 10/03: the appointment is due by 24/03, the CER of an entry of 01/03 by 30/04.
#[test]
fn who_is_oriented_outside_pole_emploi_needs_an_appointment_and_a_contract() {
    let recit = suite("2021-03-10 orientation CD\n2021-03-26 rdv accompagnement fixe:2021-03-25\n2021-05-02 cer");
    assert_eq!(ou(&recit, "2021-03-09", "2021-03-09"), ["a-orienter", "a-convoquer"]);
    assert_eq!(ou(&recit, "2021-03-10", "2021-12-31"), ["sans-rdv", "sans-cer"]);
    // The appointment was fixed on the 25th.
    assert_eq!(ou(&recit, "2021-03-24", "2021-12-31"), ["sans-rdv", "sans-cer"]);
    assert_eq!(ou(&recit, "2021-03-25", "2021-12-31"), ["sans-cer"]);
    assert_eq!(liste(&recit, Nom::SansCer, "2021-05-01"), ["A 2021-04-30 -1"]);
    assert!(ou(&recit, "2021-05-02", "2021-05-02").is_empty());
    let sans_rdv = suite("2021-03-10 orientation CD");
    assert_eq!(liste(&sans_rdv, Nom::SansRdv, "2021-03-25"), ["A 2021-03-24 -1"]);
    assert_eq!(manque(&sans_rdv, Nom::SansRdv, "2021-03-25"), "premier rendez-vous d'accompagnement");
    assert_eq!(manque(&sans_rdv, Nom::SansCer, "2021-03-25"), "premier CER");
    assert!(ou(&suite("2021-03-10 orientation PE"), "2021-03-12", "2021-03-12").is_empty());
}

/// An appointment that is known but whose day of fixing nobody wrote is an appointment all the same.
#[test]
fn a_planned_appointment_without_its_day_of_fixing_counts_once_known() {
    let recit = suite("2021-03-10 orientation CD\n2021-04-20 rdv accompagnement");
    assert_eq!(ou(&recit, "2021-03-12", "2021-03-12"), ["sans-cer"]);
    assert_eq!(ou(&recit, "2021-03-12", "2021-12-31"), ["sans-rdv", "sans-cer"]);
}

/// The first orientation gives the deadline, the last one tells who follows the person.
#[test]
fn a_new_orientation_changes_who_follows_not_the_deadline() {
    let recit = suite(
        "2021-03-10 orientation CD structure:MDS territoire:Nord referent:Alpha
         2021-06-01 orientation PE structure:Agence territoire:Sud",
    );
    let listes = toutes(&recit.histoire, &question(&recit, "2021-06-02", "2021-06-02"));
    let ligne = &listes[Nom::SansRdv as usize].lignes[0];
    assert_eq!(ligne.echeance, jour("2021-03-24"));
    assert_eq!(ligne.orientation.map(|o| (o.date, o.organisme)), Some((jour("2021-03-10"), "CD")));
    let suivi = ligne.suivi.unwrap();
    assert_eq!((&*suivi.structure, &*suivi.territoire, &*suivi.referent), ("Agence", "Sud", ""));
    assert_eq!(
        ligne.texte(jour("2021-06-02")),
        "premier rendez-vous d'accompagnement, réorientation du 2021-06-01 (PE)"
    );
    // The day before, the first referent follows the person.
    let listes = toutes(&recit.histoire, &question(&recit, "2021-05-31", "2021-05-31"));
    assert_eq!(listes[Nom::SansRdv as usize].lignes[0].suivi.unwrap().referent.as_ref(), "Alpha");
}

#[test]
fn an_end_of_follow_up_is_said_beside_what_is_missing() {
    let recit = suite("2021-03-10 orientation CD\n2021-05-04 fin_suivi emploi_cdi");
    assert_eq!(manque(&recit, Nom::SansCer, "2021-05-03"), "premier CER");
    assert_eq!(manque(&recit, Nom::SansCer, "2021-05-04"), "premier CER, fin de suivi du 2021-05-04 (emploi_cdi)");
}

/// Struck off in May and back in July: what followed the first entry is nothing to the second.
#[test]
fn the_current_entry_is_the_one_whose_window_holds_the_day() {
    let recit = suite(
        "2021-03-10 orientation CD
         2021-05-10 quotidien 1=5-
         2021-07-10 quotidien 1=2+ recu:2021-07-12",
    );
    assert_eq!(liste(&recit, Nom::SansCer, "2021-05-09"), ["A 2021-04-30 -9"]);
    // In the RSA again since the 10th, of which the department learns on the 12th.
    assert_eq!(ou(&recit, "2021-07-11", "2021-07-31"), ["sans-rdv", "sans-cer"]);
    assert_eq!(ou(&recit, "2021-07-12", "2021-07-31"), ["a-orienter", "a-convoquer"]);
    assert_eq!(liste(&recit, Nom::AOrienter, "2021-07-12"), ["A 2021-08-11 30"]);
}

#[test]
fn the_readings_move_the_deadlines() {
    let recit = suite("2021-03-10 orientation CD");
    let recit = recit.lecture("cer.debut", "orientation").lecture("rdv.delai", "15_jours");
    assert_eq!(liste(&recit, Nom::SansCer, "2021-03-12"), ["A 2021-05-09 58"]);
    assert_eq!(liste(&recit, Nom::SansRdv, "2021-03-12"), ["A 2021-03-25 13"]);
    let inclus = suite("").lecture("orientation.delai", "mois_inclus");
    assert_eq!(liste(&inclus, Nom::AOrienter, "2021-03-12"), ["A 2021-04-01 20"]);
    // A CER of the second rank is a first one under « fenetre » only.
    let renouvele = "2021-03-10 orientation CD\n2021-03-20 cer rang:2";
    assert_eq!(ou(&suite(renouvele), "2021-03-22", "2021-03-22"), ["sans-rdv", "sans-cer"]);
    assert_eq!(ou(&suite(renouvele).lecture("cer.rang", "fenetre"), "2021-03-22", "2021-03-22"), ["sans-rdv"]);
}

/// Excluded, an orientation before the reception makes no entry; attached, it is the entry's.
#[test]
fn an_orientation_before_the_reception_follows_its_reading() {
    let texte = "2020-12-31 stock Z:9=2+\n2021-02-08 quotidien 1=2+,dem:2021-02-01 recu:2021-03-01
                 2021-02-20 orientation CD referent:Alpha";
    assert!(ou(&recit(texte), "2021-03-02", "2021-03-02").is_empty());
    let rattachee = recit(texte).lecture("orientation_anticipee", "rattacher");
    assert_eq!(ou(&rattachee, "2021-03-02", "2021-03-02"), ["sans-rdv", "sans-cer"]);
    assert_eq!(liste(&rattachee, Nom::SansRdv, "2021-03-02"), ["A 2021-03-06 4"]);
    assert_eq!(manque(&rattachee, Nom::SansRdv, "2021-03-02"), "premier rendez-vous d'accompagnement");
}

/// The readings that say what a table counts say nothing of who is to be seen to.
#[test]
fn horizon_count_and_flow_change_no_list() {
    let recit = suite("2021-03-10 orientation CD\n2021-04-20 cer");
    let avant = ou(&recit, "2021-03-12", "2021-12-31");
    let autrement = recit.lecture("horizon", "complet").lecture("comptage", "personnes").lecture("flux", "evenements");
    assert_eq!(ou(&autrement, "2021-03-12", "2021-12-31"), avant);
    assert_eq!(avant, ["sans-rdv", "sans-cer"]);
}

/// In the RSA since the initial stock, so without any entry.
const DEPUIS_LE_STOCK: &str = "2020-12-31 stock 1=2+\n2021-01-31 stock 1=2+";

fn depuis_le_stock(texte: &str) -> Recit {
    recit(&format!("{DEPUIS_LE_STOCK}\n{texte}"))
}

#[test]
fn over_two_years_at_pole_emploi_begins_the_day_after_twenty_four_months() {
    let recit = depuis_le_stock("2019-03-10 orientation PE structure:Agence");
    assert!(ou(&recit, "2021-03-10", "2021-03-10").is_empty());
    assert_eq!(ou(&recit, "2021-03-11", "2021-03-11"), ["pe-2-ans"]);
    assert_eq!(liste(&recit, Nom::Pe2Ans, "2021-03-11"), ["A 2021-03-10 -1"]);
    assert_eq!(manque(&recit, Nom::Pe2Ans, "2021-03-11"), "sortie ou nouvelle orientation");
    let listes = toutes(&recit.histoire, &question(&recit, "2021-03-11", "2021-03-11"));
    assert_eq!(listes[Nom::Pe2Ans as usize].lignes[0].t0, None);
    // 29/02 + 24 months is 28/02.
    let bissextile = depuis_le_stock("2020-02-29 orientation PE\n2022-02-27 quotidien 1=2+");
    assert!(ou(&bissextile, "2022-02-28", "2022-02-28").is_empty());
    assert_eq!(ou(&bissextile, "2022-03-01", "2022-03-01"), ["pe-2-ans"]);
}

#[test]
fn the_last_orientation_decides_who_is_at_pole_emploi() {
    let ailleurs = depuis_le_stock("2019-03-10 orientation PE\n2021-06-01 orientation CD");
    assert_eq!(ou(&ailleurs, "2021-05-31", "2021-05-31"), ["pe-2-ans"]);
    assert!(ou(&ailleurs, "2021-06-01", "2021-06-01").is_empty());
    let renouvelee = depuis_le_stock("2018-03-10 orientation PE\n2020-03-10 orientation PE");
    assert!(ou(&renouvelee, "2021-06-01", "2021-06-01").is_empty());
    let le_meme_jour = depuis_le_stock("2019-03-10 orientation PE id:1\n2019-03-10 orientation CD id:2");
    assert!(ou(&le_meme_jour, "2021-06-01", "2021-06-01").is_empty());
}

#[test]
fn a_closed_follow_up_takes_one_off_the_list_of_pole_emploi() {
    let fin = depuis_le_stock("2019-03-10 orientation PE\n2021-06-01 fin_suivi emploi_cdi");
    assert_eq!(ou(&fin, "2021-05-31", "2021-05-31"), ["pe-2-ans"]);
    assert!(ou(&fin, "2021-06-01", "2021-06-01").is_empty());
    let radie = depuis_le_stock("2019-03-10 orientation PE\n2021-04-10 quotidien 1=5-\n2021-05-10 quotidien 1=2-");
    assert_eq!(ou(&radie, "2021-04-09", "2021-04-09"), ["pe-2-ans"]);
    assert!(ou(&radie, "2021-05-10", "2021-05-10").is_empty());
    // A transfer closes nothing.
    let transfere = depuis_le_stock(
        "2019-03-10 orientation PE\n2021-04-10 quotidien 1=5-,MUT\n2021-05-10 quotidien MSA991 2=2-\n2021-05-31 stock MSA991 2=2-",
    );
    assert_eq!(ou(&transfere, "2021-05-10", "2021-05-10"), ["pe-2-ans"]);
}

/// Suspended since 10/02/2021: twelve months are over on 11/02/2022, whether it goes on or not.
#[test]
fn a_suspension_over_twelve_months_closes_the_follow_up_while_it_lasts() {
    let recit = depuis_le_stock("2019-03-10 orientation PE\n2021-02-10 quotidien 1=4+\n2022-03-10 quotidien 1=2-");
    assert_eq!(ou(&recit, "2022-02-10", "2022-12-31"), ["pe-2-ans"]);
    assert!(ou(&recit, "2022-02-11", "2022-12-31").is_empty());
    assert!(ou(&recit, "2022-03-10", "2022-12-31").is_empty());
    let sans_cloture = recit.lecture("suspension", "sans_cloture");
    assert_eq!(ou(&sans_cloture, "2022-02-11", "2022-12-31"), ["pe-2-ans"]);
    // Over in less than twelve months: the follow-up only slept.
    let courte = depuis_le_stock("2019-03-10 orientation PE\n2021-02-10 quotidien 1=4+\n2022-02-10 quotidien 1=2-");
    assert_eq!(ou(&courte, "2022-02-11", "2022-02-11"), ["pe-2-ans"]);
    // The suspension of those suspended twice is the last one's.
    let deux = depuis_le_stock(
        "2019-03-10 orientation PE\n2021-02-10 quotidien 1=4+\n2021-08-10 quotidien 1=2-\n2021-09-10 quotidien 1=4+",
    );
    assert_eq!(ou(&deux, "2022-09-10", "2022-12-31"), ["pe-2-ans"]);
    assert!(ou(&deux, "2022-09-11", "2022-12-31").is_empty());
}

/// Suspended since 01/12/2018: an orientation notified once the twelve months were over stands.
#[test]
fn a_long_suspension_does_not_close_what_was_notified_after_its_twelve_months() {
    let oriente = |le: &str| recit(&format!("2018-12-31 stock 1=4+,sus:2018-12-01\n{le} orientation PE"));
    assert!(ou(&oriente("2019-12-01"), "2022-01-10", "2022-01-10").is_empty());
    assert_eq!(ou(&oriente("2019-12-02"), "2022-01-10", "2022-01-10"), ["pe-2-ans"]);
}

/// Of a dossier left and a dossier joined, the list shows where the person is that day.
#[test]
fn the_dossier_shown_is_the_one_of_the_day() {
    let recit = suite("2021-04-10 quotidien 1=5- 2=2+");
    let numero = |au: &str| {
        let listes = toutes(&recit.histoire, &question(&recit, au, au));
        let ligne = listes[Nom::AOrienter as usize].lignes[0];
        recit.histoire.dossiers[ligne.dossier as usize].numdemrsa.to_string()
    };
    assert_eq!(numero("2021-04-09"), "00000000001");
    assert_eq!(numero("2021-04-10"), "00000000002");
    let deux = suite("2021-04-10 quotidien 3=2- 2=4+ 4=2+ 5=2+");
    let listes = toutes(&deux.histoire, &question(&deux, "2021-04-10", "2021-04-10"));
    let dossier = listes[Nom::AOrienter as usize].lignes[0].dossier;
    assert_eq!(&*deux.histoire.dossiers[dossier as usize].numdemrsa, "00000000001");
    assert_eq!(listes[Nom::AOrienter as usize].lignes[0].situation, Situation::Soumise);
}

#[test]
fn lines_are_by_deadline() {
    let recit = recit(
        "2020-12-31 stock Z:9=2+
         2021-03-05 quotidien B:2=2+
         2021-03-03 quotidien C:3=2+
         2021-03-01 quotidien A:1=2+",
    );
    assert_eq!(liste(&recit, Nom::AOrienter, "2021-03-20"), ["A 2021-03-31 11", "C 2021-04-02 13", "B 2021-04-04 15"]);
}

#[test]
fn what_may_be_missing_is_said() {
    let dites = |recit: &Recit| remarques(&recit.histoire, &question(recit, "2021-03-02", "2021-03-02")).join("\n");
    assert!(dites(&recit("")).contains("Aucun flux n'est connu"));
    let dit = dites(&suite("2021-03-10 quotidien 1=2+"));
    assert_eq!(dit, "CAF991 : situation connue jusqu'au 2021-02-08.");
    let sans_stock = dites(&recit("2021-03-01 quotidien 1=2+"));
    assert!(sans_stock.contains("Base inconnue : CAF991"), "{sans_stock}");
    let en_attente = dites(&suite("2021-03-02 orientation CD de:Y"));
    assert!(en_attente.contains("1 événement(s) en attente dans orientations"), "{en_attente}");
    assert!(!dites(&suite("2021-03-02 GAD de:Y")).contains("en attente"));
}

#[test]
fn every_list_is_read_by_its_name() {
    for (rang, nom) in Nom::TOUS.into_iter().enumerate() {
        assert_eq!(Nom::lire(nom.code()), Some(nom));
        assert_eq!(nom as usize, rang);
        assert!(!nom.titre().is_empty() && !nom.regle().is_empty());
    }
    assert_eq!(Nom::lire("A-ORIENTER"), None);
}

/// Claimed on 01/03/2016: over sixty months from 02/03/2021 on.
#[test]
fn over_five_years_begins_the_day_after_sixty_months() {
    let texte = "2020-12-31 stock 1=2+,dem:2016-03-01\n2019-02-01 orientation CCAS referent:Alpha";
    let recit = recit(texte);
    assert!(ou(&recit, "2021-03-01", "2021-03-01").is_empty());
    assert_eq!(ou(&recit, "2021-03-02", "2021-03-02"), ["plus-5-ans"]);
    assert_eq!(liste(&recit, Nom::Plus5Ans, "2021-03-02"), ["A 2021-03-01 -1"]);
    assert_eq!(manque(&recit, Nom::Plus5Ans, "2021-03-02"), "sortie du RSA (demande du 2016-03-01)");
}

/// Who follows somebody in the RSA for long is said as long as nothing closed that follow-up.
#[test]
fn the_referent_of_a_closed_follow_up_is_not_shown() {
    let texte = "2020-12-31 stock 1=2+,dem:2010-03-01\n2019-02-01 orientation CCAS referent:Alpha";
    let referent = |texte: &str| {
        let recit = recit(texte);
        let listes = toutes(&recit.histoire, &question(&recit, "2021-03-02", "2021-03-02"));
        listes[Nom::Plus5Ans as usize].lignes[0].suivi.map(|o| o.referent.to_string())
    };
    assert_eq!(referent(texte), Some("Alpha".to_owned()));
    assert_eq!(referent(&format!("{texte}\n2021-03-02 fin_suivi abandon")), None);
    assert_eq!(referent(&format!("{texte}\n2021-03-03 fin_suivi abandon")), Some("Alpha".to_owned()));
    assert_eq!(referent(&format!("{texte}\n2021-03-03 orientation CD referent:Beta")), Some("Alpha".to_owned()));
}
