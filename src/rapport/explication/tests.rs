//! The sentences that matter, on small stories: what the rules decided, said to somebody who does
//! not know them.

use serde_json::Value;

use super::{Document, Qui, document, fragment_html, json, markdown, page_html, texte};
use crate::explication::{Demande, Explication, Origines, PeriodeNommee, expliquer};
use crate::parcours::recit::{Recit, jour, recit};
use crate::temps::Periode;

fn avec<T>(recit: &Recit, qui: char, annee: &str, voir: impl FnOnce(&Explication<'_>) -> T) -> T {
    let (du, au) = (jour(&format!("{annee}-01-01")), jour(&format!("{annee}-12-31")));
    let nommee = PeriodeNommee { campagne: None, periode: Periode { du, au, arrete: au } };
    let demande = Demande {
        personne: recit.numero(qui),
        connu_le: recit.connu_le,
        referentiel: &recit.referentiel,
        periode: Some(&nommee),
    };
    voir(&expliquer(&recit.histoire, &demande, |_| Vec::new()))
}

fn dit(recit: &Recit, qui: char, annee: &str) -> Document {
    let origines = Origines::default();
    let qui_est_ce = Qui { signalements: &[], origines: &origines, attendus: &[] };
    avec(recit, qui, annee, |explication| document(explication, qui_est_ce))
}

/// All of a story of A in 2021, on one line.
fn raconte(histoire: &str) -> String {
    texte(&dit(&recit(histoire), 'A', "2021")).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn contient(texte: &str, attendus: &[&str]) {
    for attendu in attendus {
        assert!(texte.contains(attendu), "« {attendu} » n'est pas dit dans :\n{texte}");
    }
}

/// Annexe 7, section 6: the example of the guide.
#[test]
fn the_example_of_the_guide_is_told() {
    let texte = raconte(
        "2020-12-31 stock        Z:9=2+
         2021-02-08 quotidien    1=2+,dem:2021-02-01 recu:2021-03-01 nom:flux_du_8
         2021-03-31 orientation  CD social",
    );
    contient(
        &texte,
        &[
            "Une entrée : nouvel entrant le 01/03/2021.",
            "Flux quotidien de CAF991 du 08/02/2021 (« flux_du_8 », reçu le 01/03/2021) : dossier 00000000001 \
             (CAF991), droit ouvert et versable, soumise aux droits et devoirs (top à 1), demande du 01/02/2021.",
            "aucun fichier ne parlait d'elle à la fin du mois d'avant, le 31/01/2021. [annexe 7, section 6, 2e critère]",
            "aucune orientation n'avait été notifiée avant le 01/03/2021. [annexe 7, section 6, 3e critère]",
            "Le département l'a su le 01/03/2021 (t0)",
            "Catégorie : première demande",
            "[oui] Orientation : dans 1 mois à partir du 01/03/2021 (t0, réception de la notification), donc au plus tard \
             le 31/03/2021. Notifiée le 31/03/2021 vers le conseil départemental (parcours social) : 30 jours, dans le délai.",
            "dans 14 jours à partir du 31/03/2021 (notification de l'orientation), donc au plus tard le 14/04/2021. Rien au \
             31/12/2021 : le délai est passé.",
            "[oui] 3.1.2 Nombre de nouveaux entrants orientés en 1 mois et moins : compte.",
            "[non] 3.1.3 Nombre total de 1ers rendez-vous d'accompagnement fixés : ne compte pas.",
            "non, aucun premier CER signé au 31/12/2021.",
        ],
    );
}

#[test]
fn an_orientation_one_day_late_says_both_days() {
    let texte = raconte(
        "2020-12-31 stock       Z:9=2+
         2021-02-08 quotidien   1=2+ recu:2021-03-01
         2021-04-01 orientation CD",
    );
    contient(
        &texte,
        &[
            "31 jours, hors délai.",
            "[non] 3.1.2",
            "Entrée du 01/03/2021 : non, orientée le 01/04/2021, après le 31/03/2021.",
            "l'indicateur ne regarde que les orientations faites dans le délai",
        ],
    );
}

/// Annexe 7, section 6: not soumis, suspended, refused are no entries.
#[test]
fn who_is_never_en_droits_et_devoirs_is_told_which_criterion_fails() {
    for (etat, attendu) in [
        (
            "2-",
            "[non] Critère 2, soumise aux droits et devoirs : le droit est versable, mais la personne n'est pas soumise aux droits et devoirs (top à 0). [annexe 7, section 6, 2e critère]",
        ),
        (
            "4+",
            "[non] Critère 1, droit versable : le droit est suspendu : il n'est pas versable, quel que soit le top. [annexe 7, section 6, 1er critère]",
        ),
        ("0+", "[non] Critère 1, droit versable : il n'y a pas de droit : la demande est en attente ou refusée."),
        ("5-", "[non] Critère 1, droit versable : le dossier est clos : il n'y a plus de droit."),
    ] {
        let texte = raconte(&format!("2020-12-31 stock Z:9=2+\n2021-04-06 quotidien 1={etat}"));
        contient(
            &texte,
            &["Aucune entrée : la personne n'est pas un nouvel entrant.", "pas d'entrée possible", attendu],
        );
        contient(
            &texte,
            &["[non] 3.1.1 Nombre de nouveaux entrants : ne compte pas.", "La personne n'a aucune entrée."],
        );
    }
}

#[test]
fn who_was_there_at_the_end_of_the_month_before_does_not_come_in() {
    let texte = raconte(
        "2020-12-31 stock     1=2+ Z:9=2+
         2021-01-10 quotidien 1=2-
         2021-01-20 quotidien 1=2+",
    );
    contient(
        &texte,
        &[
            "[non] Critère 2, soumise aux droits et devoirs depuis peu : elle l'est, mais elle l'était déjà à la fin du mois d'avant, le 31/12/2020",
        ],
    );
}

#[test]
fn what_the_first_stock_shows_is_no_entry() {
    let texte = raconte("2021-01-31 stock 1=2+");
    contient(
        &texte,
        &[
            "pas une entrée",
            "[non] Pas après le premier stock de CAF991, daté du 31/01/2021 : ce qu'il montre était déjà là",
        ],
    );
    contient(&raconte("2021-02-08 quotidien 1=2+"), &["[non] Base inconnue : CAF991 n'a aucun stock mensuel"]);
}

/// Annexe 7, section 6, third criterion: what closes a follow-up, and what does not.
#[test]
fn what_closed_a_follow_up_or_did_not_is_told() {
    let stock = "2020-12-31 stock 1=2+ Z:9=2+\n2020-09-01 orientation PE\n";
    for (suite, attendus) in [
        (
            "2021-02-10 quotidien 1=5-\n2021-05-17 quotidien 1=2+",
            [
                "Suivi ouvert le 01/09/2020 vers Pôle emploi : fermé par la radiation vue le 10/02/2021",
                "Catégorie : retour après une radiation, car juste avant, son dossier était clos",
            ],
        ),
        (
            "2021-02-10 quotidien 1=2-\n2021-04-01 fin_suivi abandon\n2021-05-17 quotidien 1=2+",
            [
                "fermé par la fin de suivi du 01/04/2021.",
                "Catégorie : retour dans les droits et devoirs, car juste avant, son droit était versable mais elle n'était pas soumise",
            ],
        ),
        (
            "2021-02-10 quotidien 1=2-\n2021-05-17 quotidien 1=2+",
            [
                "[non] Critère 3, pas de suivi en cours : un suivi est toujours ouvert depuis le 01/09/2020.",
                "toujours ouvert. Ni fin de suivi, ni radiation, ni suspension de plus de 12 mois depuis.",
            ],
        ),
        (
            "2021-02-22 quotidien 1=5-,MUT\n2021-03-15 quotidien 2=2+",
            [
                "toujours ouvert. Ce n'est pas une radiation : le dossier, clos le 22/02/2021 pour mutation ou regroupement, continue dans un autre dossier dès le 15/03/2021. Le suivi n'est pas fermé.",
                "[non] Critère 3",
            ],
        ),
        (
            "2021-03-12 quotidien 1=4+,sus:2021-03-10\n2022-03-10 quotidien 1=2+",
            [
                "Suspension du 10/03/2021 jusqu'au 10/03/2022, 12 mois ou moins (ils finissaient le 10/03/2022) : un suivi ouvert avant elle dort, il n'est pas fermé.",
                "[non] Critère 3",
            ],
        ),
        (
            "2021-03-12 quotidien 1=4+,sus:2021-03-10\n2022-03-11 quotidien 1=2+",
            [
                "fermé par la suspension du 10/03/2021 au 11/03/2022, plus de 12 mois (ils finissaient le 10/03/2022).",
                "Catégorie : retour après une suspension",
            ],
        ),
        (
            "2021-02-28 stock Z:9=2+\n2021-05-17 quotidien 1=2+",
            [
                "la personne n'est plus dans le stock de la caisse alors que son droit y était ouvert, ce qui vaut radiation.",
                "fermé par la radiation vue le 28/02/2021",
            ],
        ),
        (
            "2021-02-10 quotidien 1=5-\n2021-03-02 orientation CD\n2021-05-17 quotidien 1=2+",
            [
                "un suivi est toujours ouvert depuis le 02/03/2021",
                "La radiation vue le 10/02/2021 est d'avant l'orientation : elle ne ferme que les suivis d'avant.",
            ],
        ),
        (
            "2021-02-10 quotidien 1=2-\n2021-05-17 quotidien 1=2+\n2021-06-01 fin_suivi abandon",
            ["La fin de suivi du 01/06/2021 vient après le 17/05/2021, jour où le département a su", "[non] Critère 3"],
        ),
    ] {
        contient(&raconte(&format!("{stock}{suite}")), &attendus);
    }
}

/// Of two things that close a follow-up, the earliest is told.
#[test]
fn the_first_thing_that_closed_the_follow_up_is_told() {
    let texte = raconte(
        "2020-12-31 stock 1=2+ Z:9=2+\n2020-09-01 orientation PE\n2021-02-10 quotidien 1=5-
         2021-04-01 fin_suivi abandon\n2021-05-17 quotidien 1=2+",
    );
    contient(&texte, &["fermé par la radiation vue le 10/02/2021"]);
    assert!(!texte.contains("fermé par la fin de suivi"), "{texte}");
}

#[test]
fn an_orientation_notified_before_the_flux_was_received_is_said_to_be_the_only_obstacle() {
    let histoire =
        "2020-12-31 stock Z:9=2+\n2021-06-07 quotidien 1=2+,dem:2021-05-03 recu:2021-06-22\n2021-06-10 orientation CD";
    contient(
        &raconte(histoire),
        &[
            "[non] Critère 3",
            "la lecture orientation_anticipee=rattacher la donnerait à l'entrée, avec un délai de 0 jour.",
        ],
    );
    let rattache = recit(histoire).lecture("orientation_anticipee", "rattacher");
    let texte = texte(&dit(&rattache, 'A', "2021")).split_whitespace().collect::<Vec<_>>().join(" ");
    contient(
        &texte,
        &[
            "[oui] Critère 3",
            "est rattachée à l'entrée (lecture orientation_anticipee=rattacher)",
            "pendant l'attente du flux, il appartient à cette entrée.",
            "0 jour, dans le délai",
            "lectures autres que celles du guide",
        ],
    );
}

#[test]
fn t0_names_the_file_that_arrived_first() {
    let texte = raconte(
        "2020-12-31 stock     Z:9=2+
         2021-04-13 quotidien 1=2+ recu:2021-05-20 nom:perdu
         2021-04-20 quotidien 1=2+ recu:2021-04-21 nom:a_temps",
    );
    contient(
        &texte,
        &[
            "Le département l'a su le 21/04/2021 (t0) : il a reçu ce jour-là le flux quotidien de CAF991 du 20/04/2021 (« a_temps », reçu le 21/04/2021).",
            "Le premier fichier qui en parle est le flux quotidien de CAF991 du 13/04/2021 (« perdu », reçu le 20/05/2021)",
            "Le flux quotidien de CAF991 du 20/04/2021 (« a_temps », reçu le 21/04/2021) dit la même chose.",
        ],
    );
}

#[test]
fn a_second_entry_of_the_month_is_refused() {
    let texte = raconte(
        "2020-12-31 stock     Z:9=2+
         2021-03-02 quotidien 1=2+
         2021-03-09 quotidien 1=5-
         2021-03-16 quotidien 1=2+",
    );
    contient(&texte, &["[non] Une seule entrée par mois : il y en a déjà une en 2021-03, connue le 02/03/2021."]);
}

/// Annexe 7, section 6: each appointment that is passed over says why.
#[test]
fn the_appointments_that_are_passed_over_say_why() {
    let texte = raconte(
        "2020-12-31 stock       Z:9=2+
         2021-03-01 quotidien   1=2+
         2021-02-20 rdv         accompagnement
         2021-03-05 rdv         orientation honore
         2021-03-08 rdv         accompagnement
         2021-03-10 orientation CD
         2021-03-12 rdv         accompagnement annule
         2021-03-15 rdv         accompagnement reporte
         2021-03-20 rdv         accompagnement absent fixe:2021-03-11
         2021-03-22 rdv         cer honore
         2022-01-03 rdv         accompagnement fixe:2022-01-02",
    );
    contient(
        &texte,
        &[
            "Le 20/03/2021, rendez-vous d'accompagnement (fixé le 11/03/2021), la personne était absente : 10 jours, dans le délai.",
            "Passé : rendez-vous d'accompagnement du 20/02/2021, il est d'avant l'entrée.",
            "Passé : rendez-vous d'orientation du 05/03/2021, il sert à l'orientation, pas à l'accompagnement.",
            "Passé : rendez-vous d'accompagnement du 08/03/2021, il est d'avant l'orientation.",
            "Passé : rendez-vous d'accompagnement du 12/03/2021, annulé.",
            "Passé : rendez-vous d'accompagnement du 15/03/2021, reporté.",
            "Passé : rendez-vous de signature d'un CER du 22/03/2021, ce n'est pas le premier.",
            "Passé : rendez-vous d'accompagnement du 03/01/2022, il a été fixé après l'arrêté.",
            "[oui] 3.1.4",
        ],
    );
}

#[test]
fn the_contracts_that_are_passed_over_say_why() {
    let texte = raconte(
        "2020-12-31 stock       Z:9=2+
         2021-03-01 quotidien   1=2+
         2021-03-10 orientation CD
         2021-03-12 ppae
         2021-03-15 cer         rang:2
         2021-05-01 cer         rang:1",
    );
    contient(
        &texte,
        &[
            "dans 2 mois à partir du 01/03/2021 (t0, réception de la notification), donc au plus tard le 30/04/2021. Signé le 01/05/2021, le premier (rang 1) : 61 jours, hors délai.",
            "Passé : PPAE du 12/03/2021, c'est le contrat de Pôle emploi, pas un CER.",
            "Passé : CER du 15/03/2021, c'est un renouvellement (rang 2 ou plus).",
            "[oui] 3.1.5",
            "non, premier CER le 01/05/2021, après le 30/04/2021.",
        ],
    );
}

#[test]
fn who_is_oriented_to_pole_emploi_has_no_delay_of_appointment() {
    let texte = raconte("2020-12-31 stock Z:9=2+\n2021-03-01 quotidien 1=2+\n2021-03-10 orientation PE emploi");
    contient(
        &texte,
        &[
            "Premier rendez-vous d'accompagnement : pas de délai, la personne est orientée vers Pôle emploi",
            "Entrée du 01/03/2021 : non, orientée vers Pôle emploi, l'indicateur ne regarde que les autres.",
        ],
    );
}

/// Annexe 7, section 7: GAD and AG are told apart.
#[test]
fn the_garantie_and_the_accompagnement_global_say_in_what_they_count() {
    let texte = raconte(
        "2020-12-31 stock     1=2+ Z:9=2+
         2021-02-01 GAD       debut:2021-02-15
         2021-05-01 AG        debut:2021-05-21 conseiller:Durand
         2020-06-01 AG        debut:2020-06-10 fin:2021-12-31",
    );
    contient(
        &texte,
        &[
            "[oui] 3.2.2",
            "Accompagnement commencé le 15/02/2021 : en cours le 31/12/2021.",
            "La personne est bénéficiaire du RSA le 31/12/2021.",
            "[oui] 3.2.3",
            "Accompagnement global proposé le 01/05/2021, bénéficiaire du RSA ce jour-là.",
            "[oui] 3.2.4",
            "Accompagnement commencé le 10/06/2020 : fini le 31/12/2021, donc plus en cours le 31/12/2021.",
            "Suivie par 1 conseiller, le 31/12/2021.",
            "Proposé le 01/05/2021, commencé le 21/05/2021 : 20 jours.",
            "Commencé le 10/06/2020, hors de la période.",
            "[non] 3.2.1",
        ],
    );
}

#[test]
fn the_json_says_the_same_with_codes() {
    let recit = recit(
        "2020-12-31 stock       Z:9=2+
         2021-03-01 quotidien   1=2+ nom:flux_du_1er
         2021-03-10 orientation CD",
    );
    let json = json(&dit(&recit, 'A', "2021"));
    assert_eq!(json["histoire"][0]["flux"]["fichier"], "flux_du_1er");
    assert_eq!(json["histoire"][0]["dossiers"][0]["classe"], "versable");
    assert_eq!(json["passages"][0]["entree"], true);
    assert_eq!(json["passages"][0]["t0"], "2021-03-01");
    let criteres: Vec<(&str, bool)> = json["passages"][0]["phrases"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|phrase| Some((phrase["code"].as_str()?, phrase["oui"].as_bool()?)))
        .collect();
    assert_eq!(
        criteres,
        [
            ("droit_versable", true),
            ("soumise_aux_droits_et_devoirs", true),
            ("pas_de_suivi_en_cours", true),
            ("une_entree_par_mois", true),
            ("apres_le_premier_stock", true)
        ]
    );
    assert_eq!(json["entrees"][0]["limite_orientation"], "2021-03-31");
    assert_eq!(json["entrees"][0]["phrases"][1]["issue"], "dans_les_delais");
    let comptes: Vec<&Value> =
        json["periodes"][0]["phrases"].as_array().unwrap().iter().map(|phrase| &phrase["compte"]).collect();
    assert_eq!(comptes, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}

/// What a file says is never markup.
#[test]
fn the_page_and_the_markdown_escape_what_files_say() {
    let recit = recit(
        "2020-12-31 stock       Z:9=2+
         2021-03-01 quotidien   1=2+ nom:<script>*x*
         2021-03-10 orientation CD structure:<b>\"l'A&B\"</b>",
    );
    let document = dit(&recit, 'A', "2021");
    let page = page_html(&document);
    assert!(page.contains("«\u{a0}&lt;script&gt;*x*\u{a0}»"), "{page}");
    assert!(page.contains("&lt;b&gt;&quot;l&#39;A&amp;B&quot;&lt;/b&gt;"), "{page}");
    assert!(!page.contains("<script") && !page.contains("<b>"));
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"fr\">"));
    assert_eq!(page.matches("<h1>").count(), 1);
    let md = markdown(&document);
    assert!(md.contains("&lt;script>\\*x\\*"), "{md}");
    assert!(!fragment_html(&document, 3).contains("<h2>"));
}

#[test]
fn a_nir_in_a_text_of_a_file_is_not_shown() {
    let recit = recit(
        "2020-12-31 stock       Z:9=2+
         2021-03-01 quotidien   1=2+ nom:2910199999014
         2021-03-10 orientation CD structure:2910199999014",
    );
    let document = dit(&recit, 'A', "2021");
    for forme in [texte(&document), markdown(&document), page_html(&document), json(&document).to_string()] {
        assert!(!forme.contains("2910199999014"), "{forme}");
    }
}
