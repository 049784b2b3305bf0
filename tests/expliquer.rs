//! `jalon expliquer`: the sentence that matters in each story of the perimeter of the guide, and an
//! explanation that never disagrees with the table.

#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "each test program uses its part")]
mod commun;
#[path = "commun/programme.rs"]
mod programme;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use jalon::entrees::entrees;
use jalon::entrees::suivi::Clotures;
use jalon::explication::{Demande, Origines, PeriodeNommee, expliquer};
use jalon::indicateurs::{Question, calculer};
use jalon::parcours::etapes::Parcours;
use jalon::rapport::explication::{Qui, document, json, texte};
use jalon::referentiel::Comptage;
use jalon::temps::{Jour, Periode};
use serde_json::Value;

use commun::hasard::monde;
use commun::memoire::{connaitre, referentiel};
use programme::{Sortie, commande, jalon, lancer};

/// A warehouse of a story of `sample_flows`.
struct Lieu {
    dossier: tempfile::TempDir,
}

impl Lieu {
    fn du_recit(nom: &str) -> Self {
        let lieu = Self { dossier: tempfile::tempdir().unwrap() };
        let recits = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows");
        let recit = fs::read_dir(recits).unwrap().map(|entree| entree.unwrap().path());
        let recit = recit.into_iter().find(|chemin| chemin.file_name().unwrap().to_str().unwrap().starts_with(nom));
        let entrant = recit.unwrap().join("entrant");
        let sortie = jalon(&lieu.entrepot(), ["ingerer", entrant.to_str().unwrap()]);
        assert!(matches!(sortie.code, 0 | 3), "{}", sortie.err);
        lieu
    }

    fn entrepot(&self) -> PathBuf {
        self.dossier.path().join("entrepot")
    }

    fn expliquer(&self, arguments: &[&str]) -> Sortie {
        jalon(&self.entrepot(), ["expliquer"].iter().chain(arguments))
    }

    /// The text, on one line.
    fn dit(&self, arguments: &[&str]) -> String {
        let sortie = self.expliquer(arguments);
        assert_eq!(sortie.code, 0, "{}", sortie.err);
        sortie.out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[track_caller]
fn contient(texte: &str, attendus: &[&str]) {
    for attendu in attendus {
        assert!(texte.contains(attendu), "« {attendu} » n'est pas dit dans :\n{texte}");
    }
}

/// Somebody, and the sentences that are said of them.
type Attendu<'a> = (&'a str, &'a [&'a str]);

/// Instruction 2022/19, annexe 7, section 6: each line of the perimeter, and the sentence that says why
/// somebody is in it or out of it.
#[test]
fn each_line_of_the_perimeter_says_why() {
    let recits: [(&str, &[Attendu]); 11] = [
        (
            "01_",
            &[(
                "BRUMEVAL Ondine 1987-04-19",
                &[
                    "Une entrée : nouvel entrant le 01/03/2021.",
                    "donc au plus tard le 31/03/2021. Notifiée le 31/03/2021 vers le conseil départemental (parcours social) : 30 jours, dans le délai.",
                    "(orientations.csv, ligne 2)",
                ],
            )],
        ),
        (
            "02_",
            &[(
                "10201",
                &[
                    "pas de droit (demande en attente ou refusée)",
                    "[non] Critère 1, droit versable : il n'y a pas de droit",
                    "Catégorie : première demande",
                    "orientée vers Pôle emploi, l'indicateur ne regarde que les autres",
                ],
            )],
        ),
        (
            "03_",
            &[
                (
                    "10301",
                    &[
                        "Suivi ouvert le 15/06/2020",
                        "fermé par la radiation vue le 10/02/2021",
                        "Catégorie : retour après une radiation",
                    ],
                ),
                (
                    "10302",
                    &[
                        "Aucune entrée",
                        "un suivi est toujours ouvert depuis le 02/03/2021",
                        "La radiation vue le 10/02/2021 est d'avant l'orientation",
                    ],
                ),
            ],
        ),
        (
            "05_",
            &[
                (
                    "10501 Apolline",
                    &[
                        "Catégorie : rejoint un foyer déjà au RSA",
                        "dossier 00000010501 (CAF991) l'était déjà par une autre personne",
                    ],
                ),
                ("10501 Tiburce", &["Aucune entrée", "Pas après le premier stock de CAF991, daté du 31/12/2020"]),
            ],
        ),
        (
            "06_",
            &[(
                "10601",
                &[
                    "Catégorie : retour dans les droits et devoirs",
                    "droit ouvert et versable mais non soumise",
                    "[oui] 3.1.6",
                ],
            )],
        ),
        (
            "07_",
            &[
                (
                    "10702",
                    &[
                        "Aucune entrée",
                        "12 mois ou moins (ils finissaient le 10/03/2022) : un suivi ouvert avant elle dort, il n'est pas fermé.",
                    ],
                ),
                (
                    "10703",
                    &[
                        "fermé par la suspension du 10/03/2021 au 11/03/2022, plus de 12 mois",
                        "nouvel entrant le 14/03/2022",
                    ],
                ),
                (
                    "10704",
                    &["Aucune entrée", "Les 12 mois de la suspension finissaient le 10/03/2022, avant l'orientation"],
                ),
            ],
        ),
        (
            "08_",
            &[
                (
                    "10801 Gaston",
                    &[
                        "[non] Critère 2, soumise aux droits et devoirs : le droit est versable, mais la personne n'est pas soumise",
                    ],
                ),
                (
                    "10802",
                    &[
                        "[non] Critère 1, droit versable : il n'y a pas de droit : la demande est en attente ou refusée.",
                    ],
                ),
                ("10803", &["[non] Critère 1, droit versable : le droit est suspendu"]),
            ],
        ),
        (
            "09_",
            &[(
                "10901",
                &[
                    "Une entrée : nouvel entrant le 16/02/2021.",
                    "un suivi est toujours ouvert depuis le 09/03/2021",
                    "[non] 3.1.6",
                    "premier CER le 02/08/2021, après le 15/04/2021",
                ],
            )],
        ),
        (
            "24_",
            &[
                (
                    "12401",
                    &[
                        "Aucune entrée",
                        "Ce n'est pas une radiation : le dossier, clos le 22/02/2021 pour mutation ou regroupement, continue dans un autre dossier dès le 15/03/2021.",
                    ],
                ),
                ("12405", &["fermé par la radiation vue le 22/02/2021"]),
            ],
        ),
        (
            "42_",
            &[(
                "14201",
                &[
                    "Seule une orientation notifiée avant la réception du flux empêche l'entrée",
                    "un suivi est toujours ouvert depuis le 10/06/2021",
                ],
            )],
        ),
        ("55_", &[("15503", &["Pas après le premier stock de CAF991, daté du 31/12/2020"])]),
    ];
    for (recit, personnes) in recits {
        let lieu = Lieu::du_recit(recit);
        for (qui, attendus) in personnes {
            contient(&lieu.dit(&[qui]), attendus);
        }
    }
}

#[test]
fn a_reading_moves_the_verdict() {
    let lieu = Lieu::du_recit("07_");
    let dit = lieu.dit(&["10703", "--du", "2022-01-01", "--au", "2022-12-31", "--lecture", "suspension=sans_cloture"]);
    contient(
        &dit,
        &["Aucune entrée", "sous cette lecture, une suspension ne ferme aucun suivi", "suspension=sans_cloture"],
    );
    let lieu = Lieu::du_recit("42_");
    let dit = lieu.dit(&["14201", "--lecture", "orientation_anticipee=rattacher"]);
    contient(&dit, &["nouvel entrant le 22/06/2021", "est rattachée à l'entrée", "l'orientation lui est rattachée"]);
}

/// What was known on a day: the file that was lost had not come.
#[test]
fn the_story_is_told_as_it_was_known() {
    let lieu = Lieu::du_recit("28_");
    let dit = lieu.dit(&["12801", "--connu-le", "2021-05-01"]);
    contient(
        &dit,
        &[
            "Avec ce que le département savait le 01/05/2021.",
            "Rien au 01/05/2021 : le délai court encore, il reste 19 jours.",
        ],
    );
    assert!(!dit.contains("2021-05-20_caf991"), "{dit}");
    let sortie = lieu.expliquer(&["12802", "--connu-le", "2021-05-01"]);
    assert_eq!((sortie.code, sortie.out.as_str()), (2, ""), "{}", sortie.err);
    contient(
        &lieu.dit(&["12801"]),
        &["il a reçu ce jour-là le flux quotidien de CAF991 du 20/04/2021", "2021-05-20_caf991"],
    );
}

#[test]
fn several_people_of_a_dossier_are_listed_and_nobody_is_chosen() {
    let lieu = Lieu::du_recit("05_");
    let sortie = lieu.expliquer(&["10501"]);
    assert_eq!(sortie.code, 2);
    contient(&sortie.out, &["1. LORMESSIN", "2. LORMESSIN", "APOLLINE", "TIBURCE"]);
    contient(&sortie.err, &["2 personnes répondent à cette désignation"]);
    assert!(!sortie.out.contains("Critère"), "{}", sortie.out);
}

#[test]
fn events_that_wait_and_may_be_theirs_are_told() {
    let lieu = Lieu::du_recit("32_");
    contient(
        &lieu.dit(&["13201"]),
        &[
            "Événement « 1 » (genre orientations), lu dans orientations.csv, ligne 2 : il porte son nom et n'est pas attribué (plusieurs personnes possibles).",
        ],
    );
    let seule = lieu.dit(&["INTROUVABLE", "Ninon", "1980-08-08"]);
    contient(&seule, &["Aucun flux ne connaît cette personne", "personne inconnue du flux"]);
}

#[test]
fn a_person_is_found_by_nir_read_from_the_standard_input() {
    let lieu = Lieu::du_recit("07_");
    for forme in ["texte", "json", "html", "md"] {
        let mut processus = commande(&lieu.entrepot())
            .args(["explain", "--nir", "--format", forme])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(processus.stdin.take().unwrap(), "1880899999013").unwrap();
        let sortie = processus.wait_with_output().unwrap();
        let (out, err) = (String::from_utf8(sortie.stdout).unwrap(), String::from_utf8(sortie.stderr).unwrap());
        assert_eq!(sortie.status.code(), Some(0), "{err}");
        assert!(out.contains("QUENOUIL") && !out.contains("18808"), "{out}");
    }
}

#[test]
fn the_file_written_is_for_its_owner_alone_and_holds_what_is_shown() {
    use std::os::unix::fs::PermissionsExt;
    let lieu = Lieu::du_recit("01_");
    let chemin = lieu.dossier.path().join("explication.html");
    let qui = ["10101", "--campagne", "mars-2022", "--format", "html"];
    let montre = lieu.expliquer(&qui).out;
    let sortie = lieu.expliquer(&[&qui[..], &["--sortie", chemin.to_str().unwrap()]].concat());
    assert_eq!((sortie.code, sortie.out.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(&chemin).unwrap(), montre);
    assert_eq!(fs::metadata(&chemin).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(montre.contains("<html lang=\"fr\">") && !montre.contains("<script") && !montre.contains("http"));
}

#[test]
fn mistakes_on_the_command_line_are_explained() {
    let lieu = Lieu::du_recit("01_");
    for (arguments, attendu) in [
        (&["10101", "--campagne", "avril-2022"][..], "campagne « avril-2022 » inconnue"),
        (&["10101", "--du", "2021-12-31", "--au", "2021-01-01"], "la période finit le 2021-01-01"),
        (&["10101", "--du", "2021-01-01"], "il manque"),
        (&["99999"], "personne ne répond à cette désignation"),
        (&["1880899999013"], "un NIR ne se tape pas sur la ligne de commande"),
        (&[], "il manque"),
    ] {
        let sortie = lieu.expliquer(arguments);
        assert_eq!(sortie.code, 2, "{arguments:?}");
        contient(&sortie.err, &[attendu]);
        assert!(!sortie.err.contains("1880899999013"), "{}", sortie.err);
    }
}

/// The people of a cohort, each explained by the program, add up to the table of the program: somebody
/// who enters twice is told twice.
#[test]
fn the_people_of_a_story_add_up_to_its_table() {
    let lieu = Lieu::du_recit("27_");
    let table = lancer(commande(&lieu.entrepot()).args(["indicateurs", "--campagne", "mars-2022", "--format", "json"]));
    let table: Value = serde_json::from_str(&table.out).unwrap();
    let detail = lieu.dossier.path().join("detail.csv");
    jalon(&lieu.entrepot(), ["indicateurs", "--campagne", "mars-2022", "--detail", detail.to_str().unwrap()]);
    let detail = fs::read_to_string(detail).unwrap();
    let personnes: BTreeSet<&str> = detail.lines().skip(1).map(|ligne| ligne.split(';').next().unwrap()).collect();
    assert!(!personnes.is_empty());
    let mut sommes = [0; 12];
    for personne in personnes {
        let sortie = lieu.expliquer(&[personne, "--campagne", "mars-2022", "--format", "json"]);
        let json: Value = serde_json::from_str(&sortie.out).unwrap();
        for (somme, phrase) in sommes.iter_mut().zip(json["periodes"][0]["phrases"].as_array().unwrap()) {
            *somme += phrase["compte"].as_u64().unwrap();
        }
    }
    for (rang, somme) in sommes.iter().enumerate().take(7) {
        assert_eq!(table["indicateurs"][rang]["valeur"], *somme, "{}", table["indicateurs"][rang]["id"]);
    }
}

/// What docs/expliquer.md shows is what the program prints.
#[test]
fn the_example_of_the_documentation_is_the_one_that_is_printed() {
    let racine = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lieu = Lieu::du_recit("petit_departement");
    let imprime = lieu.expliquer(&["01082000588"]).out;
    let page = fs::read_to_string(racine.join("docs/expliquer.md")).unwrap();
    let montres: Vec<&str> = page.split("```text\n").skip(1).map(|suite| suite.split("```").next().unwrap()).collect();
    assert!(montres.len() > 5 && montres.concat().lines().count() > 100);
    let mut reste = imprime.as_str();
    for extrait in montres.iter().flat_map(|montre| montre.split("[…]\n")) {
        let (_, suite) =
            reste.split_once(extrait).unwrap_or_else(|| panic!("docs/expliquer.md montre\n{extrait}\n{imprime}"));
        reste = suite;
    }
}

/// How many random worlds are told: `JALON_MONDES=2000` tells more.
fn mondes() -> u64 {
    std::env::var("JALON_MONDES").ok().and_then(|texte| texte.parse().ok()).unwrap_or(150)
}

/// On random worlds, under any reading, the indicators in which people are said to count add up to the
/// table, and the spells said to be entries are the entries: no more, no less.
#[test]
fn what_is_said_of_everybody_adds_up_to_the_table() {
    let (mut entrants, mut refuses, mut vus) = (0, 0, 0);
    for graine in 0..mondes() {
        let (monde, questions) = monde(graine);
        for question in &questions {
            let ou = format!("JALON_GRAINE={graine} {question:?}");
            let (histoire, _) = connaitre(&monde, question.connu_le);
            let referentiel = referentiel(&question.lectures);
            let periode = Periode { du: question.du.into(), au: question.au.into(), arrete: question.arrete.into() };
            let connu_le = question.connu_le.map(Jour::from);
            let tableau = calculer(&histoire, &Question { periode, connu_le, referentiel: &referentiel });
            let nommee = PeriodeNommee { campagne: None, periode };
            let mut sommes = [0u64; 12];
            let mut jours = 0;
            for personne in 0..histoire.personnes {
                let demande = Demande { personne, connu_le, referentiel: &referentiel, periode: Some(&nommee) };
                let explication = expliquer(&histoire, &demande, |_| Vec::new());
                let origines = Origines::default();
                let document = document(&explication, Qui { signalements: &[], origines: &origines, attendus: &[] });
                let json = json(&document);
                let phrases = json["periodes"][0]["phrases"].as_array().unwrap();
                assert_eq!(phrases.len(), 12);
                for (rang, phrase) in phrases.iter().enumerate() {
                    let compte = phrase["compte"].as_u64().unwrap();
                    sommes[rang] += compte;
                    assert_eq!(phrase["oui"], compte > 0, "{ou} {phrase}");
                    if rang < 7 {
                        let precisions = phrase["precisions"].as_array().unwrap();
                        let oui = precisions.iter().filter(|p| p.as_str().unwrap().contains(" : oui, ")).count() as u64;
                        let attendu = match referentiel.lectures.comptage {
                            Comptage::Entrees => oui,
                            Comptage::Personnes => oui.min(1),
                        };
                        assert_eq!(compte, attendu, "{ou} personne {personne} {phrase}");
                    }
                }
                jours += phrases[11]["jours"].as_i64().unwrap();
                let (mut parcours, mut clotures) = (Parcours::default(), Clotures::default());
                parcours.suivre(&histoire, personne);
                clotures.chercher(&histoire, &referentiel, &parcours, personne);
                let anticipee = referentiel.lectures.orientation_anticipee;
                let reelles = entrees(&histoire, &referentiel, anticipee, &parcours, &clotures, personne);
                let t0 = |passages: &Value| -> Vec<String> {
                    let passages = passages.as_array().unwrap().iter();
                    let vrais = passages.filter(|passage| passage["entree"] == true);
                    vrais.map(|passage| passage["t0"].as_str().unwrap().to_owned()).collect()
                };
                let attendus: Vec<String> = reelles.iter().map(|entree| entree.t0.to_string()).collect();
                assert_eq!(t0(&json["passages"]), attendus, "{ou} personne {personne}");
                for passage in json["passages"].as_array().unwrap() {
                    let phrases = passage["phrases"].as_array().unwrap();
                    let manque = phrases.iter().any(|phrase| phrase["oui"] == false);
                    assert_eq!(passage["entree"] == false, manque, "{ou} {passage}");
                    vus += 1;
                }
                entrants += attendus.len();
                let texte = texte(&document);
                refuses += usize::from(attendus.is_empty());
                assert_eq!(attendus.is_empty(), texte.contains("la personne n'est pas un nouvel entrant"), "{ou}");
            }
            for (somme, indicateur) in sommes.iter().zip(&tableau.indicateurs).take(10) {
                let calculee = indicateur.valeur_calculee.unwrap_or(indicateur.valeur).unwrap();
                assert_eq!(Some(*somme), calculee.entier(), "{ou} {}", indicateur.definition.id);
            }
            let calculee = |rang: usize| {
                let indicateur = &tableau.indicateurs[rang];
                indicateur.valeur_calculee.unwrap_or(indicateur.valeur).and_then(jalon::indicateurs::Valeur::nombre)
            };
            assert_eq!(sommes[10] > 0, calculee(10).is_some(), "{ou}");
            assert_eq!(jalon::indicateurs::delais::arrondi(jours, sommes[11], 1), calculee(11), "{ou}");
        }
    }
    assert!(entrants > 100 && refuses > 100 && vus > entrants, "{entrants} {refuses} {vus}");
}
