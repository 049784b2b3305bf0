//! The comments, on small stories: each one seen there, and seen absent.

use super::*;
use crate::historique::{Colonne, Historique};
use crate::indicateurs::axes::Axe;
use crate::indicateurs::diffusion::masquer;
use crate::parcours::recit::{Recit, jour, recit};
use crate::qualite::completude::completude;
use crate::qualite::{Cadre, Completude, Recu, Seuils};
use crate::rapport::{Remise, json, remarques};
use crate::temps::Periode;

const PERIODE: (&str, &str) = ("2021-01-01", "2021-12-31");

fn quotidien(date: &str, recu_le: &str) -> Recu {
    let dtref = jour(date);
    Recu {
        nom: date.to_owned(),
        empreinte: date.to_owned(),
        caisse: Some("CAF991".to_owned()),
        mensuel: false,
        dtref,
        cree_le: dtref.date().and_hms_opt(1, 0, 0).unwrap(),
        recu_le: jour(recu_le),
        foyers: 10,
        annonces: None,
        releves: 10,
    }
}

fn manques(recus: &[Recu]) -> Completude {
    let cadre = Cadre { du: jour("2021-03-01"), au: jour("2021-03-12"), connu_le: jour("2021-12-31") };
    completude(recus, cadre, &Seuils::default())
}

fn contexte<'a>(recit: &'a Recit, completude: &'a Completude, diffusion: bool) -> Contexte<'a> {
    Contexte {
        campagne: Some("mars-2022"),
        periode: Periode { du: jour(PERIODE.0), au: jour(PERIODE.1), arrete: jour(PERIODE.1) },
        connu_le: None,
        referentiel: &recit.referentiel,
        completude,
        diffusion,
    }
}

fn ecrire(recit: &Recit, diffusion: bool) -> Vec<Commentaire> {
    let completude = manques(&[]);
    let tableau = recit.tableau(PERIODE.0, PERIODE.1, None);
    let mut cite = tableau.clone();
    if diffusion {
        masquer(&mut cite);
    }
    rediger(&contexte(recit, &completude, diffusion), &tableau, &cite, &recit.histoire)
}

/// The paragraphs of a comment, if it is there.
fn dit<'a>(commentaires: &'a [Commentaire], titre: &str) -> Option<&'a [String]> {
    commentaires.iter().find(|c| c.titre == titre).map(|c| c.paragraphes.as_slice())
}

/// The letters of so many people.
fn gens(nombre: u8) -> impl Iterator<Item = char> {
    (b'A'..).take(usize::from(nombre)).map(char::from)
}

/// So many people known on 1 March 2021, and what happens to each one, `{}` standing for the letter.
fn foule(nombre: u8, suite: impl Fn(usize) -> String) -> String {
    let entrees: Vec<String> = gens(nombre).enumerate().map(|(n, qui)| format!("{qui}:{}=2+", n + 1)).collect();
    let suites: Vec<String> =
        gens(nombre).enumerate().map(|(n, qui)| suite(n).replace("{}", &format!("de:{qui}"))).collect();
    format!("2020-12-31 stock a:99=2+\n2021-03-01 quotidien {}\n{}", entrees.join(" "), suites.join("\n"))
}

#[test]
fn the_frequency_of_each_caisse_is_told_with_its_late_files() {
    let recit = recit("2021-03-01 quotidien 1=2+\n2021-03-08 quotidien 1=2+\n2021-03-15 quotidien 1=2+");
    let jours = ["2021-03-01", "2021-03-02", "2021-03-03", "2021-03-04", "2021-03-05", "2021-03-08", "2021-03-09"];
    let mut recus: Vec<Recu> = jours.iter().map(|date| quotidien(date, date)).collect();
    let dire = |recus: &[Recu]| {
        let completude = manques(recus);
        let tableau = recit.tableau(PERIODE.0, PERIODE.1, None);
        let commentaires = rediger(&contexte(&recit, &completude, false), &tableau, &tableau, &recit.histoire);
        dit(&commentaires, "Fréquence des transmissions").map(<[String]>::to_vec)
    };
    assert_eq!(
        dire(&recus).unwrap(),
        [
            "CAF991 transmet ses quotidiens au rythme suivant : chaque jour ouvré, un fichier tous les 7 jours en médiane : 7 quotidien(s) et 0 mensuel(s) dans la période."
        ]
    );
    recus[1].recu_le = jour("2021-03-22");
    assert!(
        dire(&recus).unwrap()[1]
            .starts_with("1 fichier(s) ont été reçus longtemps après leur création (jusqu'à 20 jours)")
    );
    assert_eq!(dire(&[]), None, "no caisse is known");
}

#[test]
fn missing_days_of_flux_are_told_and_only_then() {
    let recit = recit("2021-03-01 quotidien 1=2+");
    let jours = [
        "2021-03-01",
        "2021-03-02",
        "2021-03-03",
        "2021-03-04",
        "2021-03-05",
        "2021-03-08",
        "2021-03-10",
        "2021-03-11",
        "2021-03-12",
    ];
    let mut recus: Vec<Recu> = jours.iter().map(|date| quotidien(date, date)).collect();
    recus.push(Recu { mensuel: true, ..quotidien("2021-02-28", "2021-03-05") });
    recus.push(Recu { mensuel: true, ..quotidien("2021-03-31", "2021-04-05") });
    let dire = |recus: &[Recu]| {
        let completude = manques(recus);
        let tableau = recit.tableau(PERIODE.0, PERIODE.1, None);
        let commentaires = rediger(&contexte(&recit, &completude, false), &tableau, &tableau, &recit.histoire);
        dit(&commentaires, "Jours de flux manquants").map(<[String]>::to_vec)
    };
    assert!(dire(&recus).unwrap()[0].contains("1 quotidien de CAF991 (2021-03-09)"), "{:?}", dire(&recus));
    recus.push(quotidien("2021-03-09", "2021-03-09"));
    assert_eq!(dire(&recus), None);
}

/// Of five oriented: two to the accompagnement global, one of them in time; three others, two in time.
const ORIENTATIONS: &str = "
    2020-12-31 stock       Z:9=2+
    2021-03-01 quotidien   A:1=2+ B:2=2+ C:3=2+ D:4=2+ E:5=2+ F:6=2+
    2021-03-20 orientation PE AG          de:A
    2021-05-20 orientation PE AG          de:B
    2021-03-20 orientation PE             de:C
    2021-03-20 orientation CD             de:D
    2021-05-20 orientation CCAS           de:E";

#[test]
fn the_accompagnement_global_is_told_apart_from_the_other_orientations() {
    let commentaires = ecrire(&recit(ORIENTATIONS), false);
    assert_eq!(
        dit(&commentaires, "Orientations vers l'accompagnement global").unwrap(),
        ["Sur 5 entrées orientées, 2 l'ont été vers l'accompagnement global, dont 1 en un mois et moins (50,0 %). \
          Les autres orientations sont au nombre de 3, dont 2 en un mois et moins (66,7 %)."]
    );
    let commentaires = ecrire(&recit(&ORIENTATIONS.replace(" AG", "")), false);
    assert_eq!(
        dit(&commentaires, "Orientations vers l'accompagnement global").unwrap(),
        ["Aucune des 5 entrées orientées ne l'a été vers l'accompagnement global."]
    );
    assert_eq!(
        dit(&ecrire(&recit("2020-12-31 stock Z:9=2+"), false), "Orientations vers l'accompagnement global"),
        None
    );
}

#[test]
fn the_orientations_outside_pole_emploi_are_told() {
    let commentaires = ecrire(&recit(ORIENTATIONS), false);
    assert_eq!(
        dit(&commentaires, "Orientations hors Pôle emploi").unwrap(),
        ["Sur 5 entrées orientées, 2 l'ont été vers une structure hors Pôle emploi (40,0 %) et 3 vers Pôle emploi."]
    );
    assert_eq!(dit(&ecrire(&recit("2020-12-31 stock Z:9=2+"), false), "Orientations hors Pôle emploi"), None);
}

#[test]
fn the_missed_orientation_appointments_are_told_with_those_oriented_all_the_same() {
    let absents = "2021-03-10 rdv orientation absent de:A\n2021-03-10 rdv orientation absent de:F";
    let commentaires = ecrire(&recit(&format!("{ORIENTATIONS}\n{absents}")), false);
    assert_eq!(
        dit(&commentaires, "Absences au rendez-vous d'orientation").unwrap(),
        [
            "2 entrée(s) comptent au moins un rendez-vous d'orientation auquel la personne ne s'est pas présentée, dont 1 ont été orientées."
        ]
    );
    assert_eq!(dit(&ecrire(&recit(ORIENTATIONS), false), "Absences au rendez-vous d'orientation"), None);
}

/// The CER of A, oriented to Alpha, was due by 30 April 2021; Beta's last news is of April, and B's
/// CER is late; Gamma signs in December.
const STRUCTURES: &str = "
    2020-12-31 stock       Z:9=2+
    2021-03-01 quotidien   A:1=2+ B:2=2+ C:3=2+ D:4=2+ E:5=2+
    2021-03-20 orientation CD structure:Alpha de:A
    2021-03-20 orientation CD structure:Beta  de:B
    2021-03-20 orientation CD structure:Beta  de:C
    2021-04-10 rdv accompagnement             de:C
    2021-03-20 orientation CD structure:Gamma de:D
    2021-12-10 cer                            de:D
    2021-03-20 orientation CD                 de:E
    2021-12-15 cer                            de:E";

#[test]
fn the_structures_without_news_and_those_whose_news_are_old_are_named() {
    let titre = "Structures dont les données manquent ou tardent";
    let commentaires = ecrire(&recit(STRUCTURES), false);
    assert_eq!(
        dit(&commentaires, titre).unwrap(),
        [
            "Aucun rendez-vous d'accompagnement ni CER n'est connu pour : Alpha (1 entrée(s) orientée(s)). Leurs données manquent, ou rien n'a été fait.",
            "Rien n'est remonté depuis plus de 60 jours, alors que des CER y sont en retard, de : Beta (dernier événement le 10/04/2021).",
            "1 orientation(s) hors Pôle emploi ne nomment pas leur structure."
        ]
    );
    let nouvelles = "2021-11-15 cer de:A\n2021-11-15 cer de:B\n2021-03-20 orientation CD structure:Gamma de:E";
    let complet = STRUCTURES.replace("2021-03-20 orientation CD                 de:E\n", "");
    assert_eq!(dit(&ecrire(&recit(&format!("{complet}\n{nouvelles}")), false), titre), None);
    // Two people are too few for their structure to be named outside.
    let diffusees = ecrire(&recit(STRUCTURES), true);
    assert_eq!(dit(&diffusees, titre).unwrap(), ["Des orientation(s) hors Pôle emploi ne nomment pas leur structure."]);
}

/// Twelve people; three in time, six late, three never.
fn loin() -> String {
    foule(12, |n| match n {
        0..3 => "2021-03-20 orientation PE {}".to_owned(),
        3..9 => "2021-05-20 orientation PE {}".to_owned(),
        _ => String::new(),
    })
}

#[test]
fn a_distance_to_the_target_is_to_be_justified() {
    let titre = "Écart à la cible : orientation en un mois";
    let recit = recit(&loin());
    let mut tableau = recit.tableau(PERIODE.0, PERIODE.1, None);
    let completude = manques(&[]);
    let commentaires = rediger(&contexte(&recit, &completude, false), &tableau, &tableau, &recit.histoire);
    let ecart = commentaires.iter().find(|c| c.titre == titre).unwrap();
    assert!(ecart.a_completer);
    // 3 / 12 = 25 % is under 75 %; 9 of the 12 miss it, which is 75 % and not over it.
    assert_eq!(
        ecart.paragraphes[0],
        "Nombre de nouveaux entrants orientés en 1 mois et moins : 3 sur 12 (3.1.1), soit 25,0 %, pour une cible de 100,0 %. \
         L'indicateur est très éloigné de la cible selon la note 2 de l'instruction."
    );
    assert!(ecart.paragraphes[1].starts_with(
        "Dans les délais : 3. Hors délai : 6. Sans orientation alors que le délai est échu : 3. Encore dans les délais à l'arrêté : 0."
    ));
    assert_eq!(ecart.paragraphes[2], "L'écart tient surtout à des orientations tardives.");
    assert_eq!(ecart.paragraphes.last().unwrap(), A_COMPLETER);
    // Where it concentrates, when the table was split.
    let part = |valeur: &str| Part {
        axe: Axe::Territoire,
        valeur: valeur.to_owned(),
        indicateurs: tableau.indicateurs.clone(),
    };
    let parts = vec![part("Nord"), part("Sud")];
    tableau.repartitions = parts;
    let commentaires = rediger(&contexte(&recit, &completude, false), &tableau, &tableau, &recit.histoire);
    assert_eq!(
        dit(&commentaires, titre).unwrap()[3],
        "Délais non tenus, 9 en tout ; les plus nombreux selon l'axe « Territoire » : Nord 9 (100,0 %), Sud 9 (100,0 %)."
    );
    // Everybody in time: nothing to justify.
    let a_temps = foule(12, |_| "2021-03-20 orientation PE {}".to_owned());
    assert_eq!(dit(&ecrire(&crate::parcours::recit::recit(&a_temps), false), titre), None);
}

#[test]
fn the_accompagnement_global_is_compared_with_what_pole_emploi_reports_and_with_its_targets() {
    let titre = "Accompagnement global : source et objectifs";
    let rapport = |valeurs: [&str; 4]| {
        let lignes = ["3.2.3", "3.2.4", "3.2.5", "3.2.6"].iter().zip(valeurs);
        let lignes: Vec<String> =
            lignes.map(|(id, n)| format!("2021-01-01 pole_emploi au:2021-12-31 {id} valeur:{n}")).collect();
        recit(&format!("2020-12-31 stock A:1=2+\n2021-05-01 AG debut:2021-05-11 conseiller:X\n{}", lignes.join("\n")))
    };
    let loin = ecrire(&rapport(["41", "1", "71", "21.5"]), false);
    let dits = dit(&loin, titre).unwrap();
    assert_eq!(
        dits[0],
        "Les chiffres transmis par Pôle emploi diffèrent de ceux des événements du département : 3.2.3 41 contre 1, 3.2.5 71,0 contre 1,0, 3.2.6 21,5 contre 10,0."
    );
    assert_eq!(
        dits[1..3],
        [
            "3.2.5 : 71,0 personnes par conseiller, pour 70 au plus.",
            "3.2.6 : 21,5 j pour démarrer, pour trois semaines au plus."
        ]
    );
    assert!(loin.iter().find(|c| c.titre == titre).unwrap().a_completer);
    // At the limit, and equal to ours: nothing to say.
    assert_eq!(dit(&ecrire(&rapport(["1", "1", "1", "10"]), false), titre), None);
    let sans = ecrire(&recit("2020-12-31 stock A:1=2+"), false);
    assert!(
        dit(&sans, titre).unwrap()[0].contains("3.2.3, 3.2.4, 3.2.5, 3.2.6 viennent des événements du département")
    );
    assert!(!sans.iter().find(|c| c.titre == titre).unwrap().a_completer);
}

#[test]
fn what_weakens_the_figures_is_told_and_only_then() {
    let titre = "Fiabilité des données";
    let tardive = ecrire(&recit("2021-01-31 stock Z:9=2+\n2021-03-01 quotidien 1=2+"), false);
    assert!(dit(&tardive, titre).unwrap()[0].contains("le premier flux mensuel de CAF991 est du 2021-01-31"));
    assert_eq!(dit(&ecrire(&recit("2020-12-31 stock Z:9=2+\n2021-03-01 quotidien 1=2+"), false), titre), None);
    let attente = "2020-12-31 stock Z:9=2+\n2021-03-10 orientation CD de:Y";
    assert!(
        dit(&ecrire(&recit(attente), false), titre).unwrap()[0]
            .starts_with("1 événement(s) en attente dans orientations")
    );
    assert!(dit(&ecrire(&recit(attente), true), titre).unwrap()[0].starts_with("s. événement(s) en attente"));
}

#[test]
fn readings_other_than_those_of_the_guide_are_told() {
    let autre = recit(ORIENTATIONS).lecture("orientation.delai", "30_jours");
    assert_eq!(
        dit(&ecrire(&autre, false), "Lectures retenues").unwrap(),
        ["Les chiffres suivent d'autres lectures des textes que celles du guide : orientation.delai=30_jours."]
    );
    assert_eq!(dit(&ecrire(&recit(ORIENTATIONS), false), "Lectures retenues"), None);
}

#[test]
fn no_comment_that_leaves_cites_a_small_count() {
    let recit = recit(&format!("{}\n2021-03-10 rdv orientation absent de:A", loin()));
    let commentaires = ecrire(&recit, true);
    let texte = commentaires.iter().flat_map(|c| c.paragraphes.clone()).collect::<Vec<_>>().join("\n");
    // Three in time, three never: 3.1.2, its rate and the distance to the target are hidden.
    assert_eq!(dit(&commentaires, "Écart à la cible : orientation en un mois"), None);
    assert!(texte.contains("s. entrée(s) comptent au moins un rendez-vous d'orientation"), "{texte}");
    assert!(texte.contains("Sur s. entrées orientées"), "{texte}");
    let sans_les_dates: Vec<&str> = texte
        .split(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '/' | '-'))
        .filter(|mot| !mot.is_empty())
        .collect();
    for petit in ["1", "2", "3", "4"] {
        assert!(!sans_les_dates.contains(&petit), "{petit} in {texte}");
    }
}

#[test]
fn what_leaves_has_no_entry_and_no_small_figure_of_another_year() {
    let recit = recit(&loin());
    let completude = manques(&[]);
    let mut remise = Remise {
        contexte: contexte(&recit, &completude, false),
        tableau: recit.tableau(PERIODE.0, PERIODE.1, None),
        historique: Historique::default(),
        courbes: Vec::new(),
        commentaires: Vec::new(),
    };
    remise.diffuser();
    assert!(remise.tableau.lignes.is_empty() && remise.contexte.diffusion);
    let diffuse = |colonne, n| crate::rapport::resultat_diffuse(colonne, Valeur::Entier(n));
    assert_eq!(diffuse(Colonne::Resultat, 3), Valeur::Masquee);
    assert_eq!(diffuse(Colonne::Resultat, 5), Valeur::Entier(5));
    assert_eq!(diffuse(Colonne::Attendu, 3), Valeur::Entier(3), "a target is about nobody");
    assert_eq!(remise.tableau.indicateurs[1].valeur, Some(Valeur::Masquee));
    // Hidden is not impossible: the JSON says which.
    let json = json::json(&remise.contexte, &remise.tableau);
    assert_eq!(json["indicateurs"][1]["valeur"], serde_json::Value::Null);
    assert_eq!(json["indicateurs"][1]["masques"][0], "valeur");
    assert_eq!(json["indicateurs"][10].get("masques"), None, "3.2.5 is about nobody");
    assert!(remarques(&remise.contexte, &remise.tableau).iter().any(|texte| texte.starts_with("« s. » (secret)")));
}

/// A share to the nearest hundredth of five hundred people is worth five of them.
#[test]
fn the_curve_of_a_hidden_or_small_population_does_not_leave() {
    let recit = recit(&loin());
    let mut tableau = recit.tableau(PERIODE.0, PERIODE.1, None);
    let mut population = |comptes: [Valeur; 4]| {
        let r = &mut tableau.indicateurs[1].tenue.as_mut().unwrap().repartition;
        [r.dans_les_delais, r.hors_delai, r.en_cours, r.echus] = comptes;
        crate::rapport::courbe_diffusable(&tableau, "3.1.2")
    };
    assert!(population([400, 50, 40, 10].map(Valeur::Entier)));
    assert!(!population([400, 50, 39, 10].map(Valeur::Entier)));
    assert!(!population([Valeur::Entier(900), Valeur::Masquee, Valeur::Entier(40), Valeur::Masquee]));
    assert!(!crate::rapport::courbe_diffusable(&tableau, "3.1.1"), "it has no delay");
}

#[test]
fn the_markdown_shows_a_name_as_it_is_written() {
    let commentaire = Commentaire {
        titre: "Titre".into(),
        indicateurs: vec!["3.1.2", "3.1.3"],
        paragraphes: vec!["MDS_*Nord*\n<b>".to_owned(), "Fin.".to_owned()],
        a_completer: false,
    };
    let recit = recit("2020-12-31 stock Z:9=2+");
    let texte = markdown(&[commentaire], &contexte(&recit, &manques(&[]), false));
    assert!(texte.starts_with(
        "# Commentaires\n\nCampagne mars-2022 : section 3, du 01/01/2021 au 31/12/2021, arrêté au 31/12/2021.\n"
    ));
    assert!(texte.ends_with("\n## Titre (3.1.2, 3.1.3)\n\nMDS\\_\\*Nord\\* &lt;b>\n\nFin.\n"), "{texte}");
}
