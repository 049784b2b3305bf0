//! What can be typed, what comes out, and on which stream.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use programme::{Sortie, commande, flux, jalon, lancer, orientations, segments};
use serde_json::Value;
use tempfile::TempDir;

/// The small department, ingested once for all.
static DEPARTEMENT: LazyLock<TempDir> = LazyLock::new(|| {
    let entrepot = tempfile::tempdir().unwrap();
    let entrant = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant");
    let sortie = jalon(entrepot.path(), [Path::new("ingerer"), Path::new("-q"), &entrant]);
    assert_eq!(sortie.code, 3, "{}", sortie.tout());
    entrepot
});

fn indicateurs<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Sortie {
    jalon(DEPARTEMENT.path(), ["indicateurs"].into_iter().chain(arguments))
}

fn sans_entrepot<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Sortie {
    lancer(Command::new(env!("CARGO_BIN_EXE_jalon")).args(arguments).env_remove("JALON_ENTREPOT"))
}

/// A folder where files are received, and a warehouse.
struct Lieu(TempDir);

impl Lieu {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn recevoir(&self, nom: &str, contenu: impl AsRef<[u8]>) -> PathBuf {
        let chemin = self.0.path().join(nom);
        fs::write(&chemin, contenu).unwrap();
        chemin
    }

    fn entrepot(&self) -> PathBuf {
        self.0.path().join("entrepot")
    }

    fn ingerer(&self, chemins: &[&Path]) -> Sortie {
        jalon(&self.entrepot(), [Path::new("ingerer")].into_iter().chain(chemins.iter().copied()))
    }
}

fn stock() -> String {
    flux("2020-12-31", "2021-01-05", &[("1", "2"), ("2", "2")])
}

// Exit codes.

#[test]
fn a_file_that_enters_whole_ends_with_0_and_one_set_aside_with_3() {
    let lieu = Lieu::new();
    let ecarte = flux("2021-01-31", "2021-02-05", &[("1", "2"), ("2", "9")]);
    for (nom, contenu, code, mot) in [
        ("a.xml", stock(), 0, "1 fichier ingéré"),
        ("b.xml", ecarte, 3, "1 foyer ou ligne mis de côté"),
        ("c.csv", orientations(&[(1, "2021-03-20")]), 0, "1 fichier ingéré"),
        ("d.csv", orientations(&[(1, "2021-02-30")]), 3, "1 foyer ou ligne mis de côté"),
        ("e.xml", stock()[..200].to_owned(), 3, "1 refusé"),
        ("f.csv", "ville;pays\nParis;France\n".to_owned(), 3, "1 refusé"),
        // Of somebody whom no flux knows yet: kept, and tried again.
        ("g.csv", orientations(&[(77, "2021-03-20")]), 0, "1 fichier ingéré"),
    ] {
        let sortie = lieu.ingerer(&[&lieu.recevoir(nom, contenu)]);
        assert_eq!(sortie.code, code, "{nom} : {}", sortie.tout());
        assert!(sortie.out.contains(mot), "{nom} : {}", sortie.out);
        assert_eq!(sortie.err, "", "{nom}");
    }
    // One bad file does not keep the others out.
    let (faux, juste) =
        (lieu.recevoir("h.xml", "<Racine>"), lieu.recevoir("i.csv", orientations(&[(2, "2021-03-22")])));
    let sortie = lieu.ingerer(&[&faux, &juste]);
    assert_eq!(sortie.code, 3);
    assert!(sortie.out.contains("1 fichier ingéré, 1 refusé"), "{}", sortie.out);
}

#[test]
fn a_short_count_is_let_in_when_it_is_accepted() {
    let lieu = Lieu::new();
    let court = stock().replace("<NBTOTDOSRSATRANSM>2<", "<NBTOTDOSRSATRANSM>3<");
    let chemin = lieu.recevoir("a.xml", court);
    assert_eq!((lieu.ingerer(&[&chemin]).code, segments(&lieu.entrepot()).len()), (3, 0));
    let sortie = lieu.ingerer(&[&chemin, Path::new("--accepter-ecart")]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(sortie.out.contains("écart accepté"), "{}", sortie.out);
}

#[test]
fn a_mistake_on_the_command_line_ends_with_2_and_is_said_in_french() {
    for (arguments, mot) in [
        (&[][..], "il manque une commande"),
        (&["compter"], "« compter » n'est pas une commande"),
        (&["indicateurs"], "il manque --campagne"),
        (&["indicateurs", "--campagne"], "--campagne"),
        (
            &["indicateurs", "--campagne", "avril-2022"],
            "campagne « avril-2022 » inconnue, attendu l'une de : mars-AAAA",
        ),
        (&["indicateurs", "--campagne", "mars-2022", "--du", "2021-01-01"], "ne peut pas aller avec"),
        (&["indicateurs", "--du", "2021-01-01"], "il manque --au"),
        (&["indicateurs", "--du", "2021-02-30", "--au", "2021-12-31"], "« 2021-02-30 »"),
        (&["indicateurs", "--du", "hier", "--au", "2021-12-31"], "attendu une date"),
        (&["indicateurs", "--du", "2021-12-31", "--au", "2021-01-01"], "avant de commencer"),
        (&["indicateurs", "--du", "2021-01-01", "--au", "2021-12-31", "--arrete", "2021-12-30"], "avant sa fin"),
        (&["indicateurs", "--campagne", "mars-2022", "--lecture", "orientation.delai=6_mois"], "30_jours"),
        (&["indicateurs", "--campagne", "mars-2022", "--lecture", "delai=mois"], "lecture « delai » inconnue"),
        (&["indicateurs", "--campagne", "mars-2022", "--lecture", "delai"], "CLE=VALEUR"),
        (&["indicateurs", "--campagne", "mars-2022", "--format", "xls"], "attendu l'un de : table, csv, json, md"),
        (&["indicateurs", "--campagne", "mars-2022", "--couleur", "rouge"], "auto, toujours, jamais"),
        (&["indicateurs", "--campagne", "mars-2022", "--referentiel", "/nulle/part.toml"], "/nulle/part.toml"),
        (&["indicateurs", "--campagne", "mars-2022", "--colonnes"], "« --colonnes » n'est pas une option"),
        (&["qualite", "--du", "2021-12-31", "--au", "2021-01-01"], "avant de commencer"),
        (&["qualite", "--campagne", "mars-2022", "--du", "2021-01-01"], "ne peut pas aller avec"),
        (&["qualite", "--format", "md"], "attendu l'un de : table, json, csv"),
        (&["qualite", "--pipeline", "/nulle/part.toml"], "/nulle/part.toml"),
        (&["ingerer"], "il manque <CHEMIN>"),
        (&["ingerer", "/nulle/part"], "/nulle/part ne peut pas être lu"),
        (&["ingerer", ".", "--recu-le", "32/01/2021"], "attendu une date"),
    ] {
        let sortie = jalon(DEPARTEMENT.path(), arguments);
        assert_eq!(sortie.code, 2, "{arguments:?} : {}", sortie.tout());
        assert!(sortie.err.starts_with("jalon : ") && sortie.err.contains(mot), "{arguments:?} : {}", sortie.err);
        assert_eq!((sortie.out.as_str(), sortie.err.lines().count()), ("", 1), "{arguments:?}");
        assert_eq!(mots_anglais(&sortie.err), [""; 0], "{arguments:?} : {}", sortie.err);
    }
}

#[test]
fn a_warehouse_that_does_not_exist_ends_with_2_and_a_damaged_one_with_5() {
    let lieu = Lieu::new();
    let demander = || jalon(&lieu.entrepot(), ["indicateurs", "--campagne", "mars-2022"]);
    let sortie = demander();
    assert_eq!(sortie.code, 2);
    assert!(sortie.err.contains("n'existe pas"), "{}", sortie.err);
    lieu.ingerer(&[&lieu.recevoir("a.xml", stock())]);
    assert_eq!(demander().code, 0);
    fs::write(&segments(&lieu.entrepot())[0], "PAR1").unwrap();
    assert_eq!(demander().code, 5);
}

#[test]
fn a_missing_path_stops_the_run_before_anything_enters() {
    let lieu = Lieu::new();
    let juste = lieu.recevoir("a.xml", stock());
    let sortie = lieu.ingerer(&[&juste, &lieu.0.path().join("absent.xml")]);
    assert_eq!((sortie.code, sortie.out.as_str()), (2, ""));
    assert!(!lieu.entrepot().exists());
}

#[test]
fn what_cannot_be_written_ends_with_1() {
    let sortie = indicateurs(["--campagne", "mars-2022", "--sortie", "/nulle/part/table.csv"]);
    assert_eq!(sortie.code, 1);
    assert!(sortie.err.contains("écriture impossible dans /nulle/part/table.csv"), "{}", sortie.err);
}

// What is plainly something else.

#[test]
fn an_image_and_a_readme_are_ignored_with_one_line_each() {
    let lieu = Lieu::new();
    for (nom, contenu) in [
        ("plan.png", &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..]),
        ("README.md", b"# Les fichiers recus\n\nA lire avant tout.\n"),
        ("LISEZMOI", b"bonjour\n"),
        ("page.html", b"<!DOCTYPE html><html></html>"),
        ("vide", b""),
    ] {
        let chemin = lieu.recevoir(nom, contenu);
        let sortie = lieu.ingerer(&[&chemin]);
        assert_eq!(sortie.code, 0, "{nom} : {}", sortie.tout());
        let lignes: Vec<_> = sortie.out.lines().filter(|ligne| ligne.contains(nom)).collect();
        assert_eq!(lignes.len(), 1, "{}", sortie.out);
        assert!(lignes[0].contains(" : ignoré, "), "{}", lignes[0]);
        assert!(sortie.out.contains("0 fichier ingéré, 1 ignoré"), "{}", sortie.out);
    }
}

#[test]
fn an_empty_file_named_like_a_flux_is_refused_and_an_empty_folder_is_nothing_to_do() {
    let lieu = Lieu::new();
    for nom in ["a.xml", "a.csv", "a.RCV", "a.txt"] {
        let sortie = lieu.ingerer(&[&lieu.recevoir(nom, "")]);
        assert_eq!(sortie.code, 3, "{nom}");
        assert!(sortie.out.contains("REFUSÉ, fichier vide"), "{}", sortie.out);
    }
    let vide = lieu.0.path().join("dossier");
    fs::create_dir(&vide).unwrap();
    let sortie = lieu.ingerer(&[&vide]);
    assert_eq!((sortie.code, sortie.out.as_str()), (0, "0 fichier ingéré\n"));
}

#[test]
fn folders_are_read_with_all_they_hold_in_the_order_of_names() {
    let lieu = Lieu::new();
    let recu = lieu.0.path().join("recu");
    fs::create_dir_all(recu.join("b/c")).unwrap();
    fs::write(recu.join("b/c/stock.xml"), stock()).unwrap();
    fs::write(recu.join("a.csv"), orientations(&[(1, "2021-03-20")])).unwrap();
    fs::write(recu.join("z.csv"), orientations(&[(2, "2021-03-20")])).unwrap();
    let sortie = lieu.ingerer(&[&recu]);
    let vus: Vec<_> = ["a.csv", "b/c/stock.xml", "z.csv"].map(|nom| sortie.out.find(nom).unwrap()).into();
    assert!(vus.is_sorted(), "{}", sortie.out);
    assert!(sortie.out.ends_with("3 fichiers ingérés\n"), "{}", sortie.out);
}

// Words.

/// Words that a French reader should not meet; the names of options apart.
fn mots_anglais(texte: &str) -> Vec<String> {
    const ANGLAIS: [&str; 26] = [
        "usage",
        "error",
        "print",
        "help",
        "version",
        "values",
        "value",
        "default",
        "env",
        "aliases",
        "the",
        "and",
        "for",
        "one",
        "file",
        "unexpected",
        "argument",
        "found",
        "required",
        "following",
        "provided",
        "invalid",
        "lines",
        "always",
        "never",
        "possible",
    ];
    texte
        .replace("--help", "")
        .replace("--version", "")
        .replace("Affiche la version", "")
        .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
        .map(str::to_lowercase)
        .filter(|mot| ANGLAIS.contains(&mot.as_str()))
        .collect()
}

#[test]
fn the_help_is_in_french_for_every_command() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["--aide"],
        &["ingerer", "--help"],
        &["indicateurs", "--help"],
        &["ingest", "-h"],
        &["qualite", "--help"],
        &["purger", "--help"],
        &["personne", "--help"],
        &["personne", "effacer", "--help"],
    ] {
        let sortie = sans_entrepot(arguments.iter().copied());
        assert_eq!((sortie.code, sortie.err.as_str()), (0, ""), "{arguments:?}");
        assert!(sortie.out.contains("Utilisation : jalon"), "{}", sortie.out);
        assert_eq!(mots_anglais(&sortie.out), [""; 0], "{arguments:?} : {}", sortie.out);
    }
    let aide = sans_entrepot(["--help"]).out;
    for mot in ["ingerer", "ingest", "indicateurs", "indicators", "Codes de sortie", "--entrepot", "JALON_ENTREPOT"] {
        assert!(aide.contains(mot), "{mot} : {aide}");
    }
    let version = sans_entrepot(["--version"]);
    assert_eq!(version.out, format!("jalon {}\n", jalon::VERSION));
    assert_eq!(mots_anglais(&version.out.replace("commit", "")), [""; 0], "{}", version.out);
}

#[test]
fn each_command_answers_to_its_english_alias() {
    let lieu = Lieu::new();
    let chemin = lieu.recevoir("a.xml", stock());
    assert_eq!(jalon(&lieu.entrepot(), [Path::new("ingest"), &chemin]).code, 0);
    let demander = |nom: &str| jalon(&lieu.entrepot(), [nom, "--campagne", "mars-2022", "--format", "json"]).out;
    assert_eq!(demander("indicators"), demander("indicateurs"));
}

#[test]
fn the_warehouse_is_told_by_the_environment_too() {
    let avec = lancer(
        Command::new(env!("CARGO_BIN_EXE_jalon"))
            .args(["indicateurs", "--campagne", "mars-2022", "--format", "csv"])
            .env("JALON_ENTREPOT", DEPARTEMENT.path()),
    );
    assert_eq!((avec.code, avec.out), (0, indicateurs(["--campagne", "mars-2022", "--format", "csv"]).out));
}

// Streams.

#[test]
fn only_data_goes_to_the_standard_output() {
    let sortie = indicateurs(["--campagne", "mars-2022", "--format", "json", "-vv", "--traces", "json"]);
    assert_eq!(sortie.code, 0);
    assert!(serde_json::from_str::<Value>(&sortie.out).is_ok());
    let lieu = Lieu::new();
    let chemin = lieu.recevoir("a.xml", stock());
    let sortie =
        jalon(&lieu.entrepot(), [Path::new("ingerer"), &chemin, "-vv".as_ref(), "--traces".as_ref(), "json".as_ref()]);
    assert_eq!(sortie.out.lines().count(), 2, "{}", sortie.out);
    assert!(!sortie.err.is_empty());
    for ligne in sortie.err.lines() {
        assert!(serde_json::from_str::<Value>(ligne).is_ok(), "{ligne}");
    }
}

#[test]
fn sortie_writes_nothing_on_the_standard_output() {
    let lieu = Lieu::new();
    for format in ["table", "csv", "json", "md"] {
        let chemin = lieu.0.path().join(format);
        let ecrit = indicateurs(["--campagne", "mars-2022", "--format", format, "--sortie", chemin.to_str().unwrap()]);
        assert_eq!((ecrit.code, ecrit.tout().as_str()), (0, ""), "{format}");
        assert_eq!(
            fs::read_to_string(&chemin).unwrap(),
            indicateurs(["--campagne", "mars-2022", "--format", format]).out
        );
    }
    assert_eq!(fs::read_dir(lieu.0.path()).unwrap().count(), 4, "no draft is left");
}

#[test]
fn a_reader_that_stops_early_is_not_an_error() {
    let entrant = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant");
    let lieu = Lieu::new();
    let ingerer = ["ingerer", entrant.to_str().unwrap()];
    for (entrepot, arguments, code) in [
        (DEPARTEMENT.path(), &["indicateurs", "--campagne", "mars-2022"][..], 0),
        (DEPARTEMENT.path(), &["indicateurs", "--campagne", "mars-2022", "--format", "json"], 0),
        (DEPARTEMENT.path(), &["--help"], 0),
        (lieu.0.path(), &ingerer, 3),
    ] {
        let mut processus =
            commande(entrepot).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(processus.stdout.take());
        let sortie = processus.wait_with_output().unwrap();
        assert_eq!(sortie.status.code(), Some(code), "{arguments:?}");
        assert_eq!(String::from_utf8(sortie.stderr).unwrap(), "", "{arguments:?}");
    }
    // Nobody listens to the errors either: the exit code still comes out.
    let mut processus = commande(DEPARTEMENT.path()).arg("compter").stderr(Stdio::piped()).spawn().unwrap();
    drop(processus.stderr.take());
    assert_eq!(processus.wait().unwrap().code(), Some(2));
}

#[test]
fn the_table_fits_the_columns_of_the_screen() {
    for colonnes in [80, 100, 110, 130, 200] {
        let sortie = lancer(
            commande(DEPARTEMENT.path())
                .args(["indicateurs", "--campagne", "mars-2022"])
                .env("COLUMNS", colonnes.to_string()),
        );
        assert_eq!(sortie.code, 0);
        for ligne in sortie.out.lines() {
            assert!(ligne.chars().count() <= colonnes, "{colonnes} columns: {ligne}");
        }
        for mot in ["entrants", "accompagnement", "réciproques", "Échus", "Hors"] {
            assert!(sortie.out.contains(mot), "{colonnes} columns break « {mot} »:\n{}", sortie.out);
        }
    }
}

#[test]
fn colours_come_only_when_they_are_asked_for() {
    let couleur = |quand: &str| indicateurs(["--campagne", "mars-2022", "--couleur", quand]).out.contains('\u{1b}');
    assert_eq!(["auto", "jamais", "toujours"].map(couleur), [false, false, true]);
}

// The table for programs.

const IDS: [(&str, &str); 12] = [
    ("3.1.1", "nouveaux_entrants"),
    ("3.1.2", "orientes_1_mois"),
    ("3.1.3", "premiers_rdv"),
    ("3.1.4", "premiers_rdv_2_semaines"),
    ("3.1.5", "premiers_cer"),
    ("3.1.6", "premiers_cer_2_mois"),
    ("3.2.1", "gad_orientes"),
    ("3.2.2", "gad_en_cours"),
    ("3.2.3", "ag_orientes"),
    ("3.2.4", "ag_en_cours"),
    ("3.2.5", "ag_par_conseiller"),
    ("3.2.6", "ag_delai_moyen"),
];

fn json<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Value {
    let sortie = indicateurs(arguments.into_iter().chain(["--format", "json"]));
    assert_eq!(sortie.code, 0, "{}", sortie.err);
    serde_json::from_str(&sortie.out).unwrap()
}

#[test]
fn the_json_has_the_twelve_indicators_in_order_with_their_keys() {
    let table =
        json(["--du", "2021-01-01", "--au", "2021-12-31", "--arrete", "2022-01-31", "--connu-le", "2022-03-01"]);
    let periode = &table["periode"];
    assert_eq!(
        ["du", "au", "arrete", "connu_le"].map(|cle| &periode[cle]),
        ["2021-01-01", "2021-12-31", "2022-01-31", "2022-03-01"]
    );
    assert_eq!(table["referentiel"], "2022");
    let indicateurs = table["indicateurs"].as_array().unwrap();
    let ids: Vec<_> = indicateurs.iter().map(|i| (i["id"].as_str().unwrap(), i["code"].as_str().unwrap())).collect();
    assert_eq!(ids, IDS);
    for indicateur in indicateurs {
        let objet = indicateur.as_object().unwrap();
        for cle in ["libelle", "valeur", "unite"] {
            assert!(objet.contains_key(cle), "{indicateur}");
        }
        assert!(!indicateur["valeur"].is_null() || indicateur["motif"].is_string(), "{indicateur}");
        let id = indicateur["id"].as_str().unwrap();
        let tenue = [
            "taux",
            "moyenne_jours",
            "mediane_jours",
            "dans_les_delais",
            "hors_delai",
            "hors_champ",
            "en_cours",
            "echus",
            "tranches",
            "eloigne_note_2",
            "eloigne_annexe_5",
        ];
        for cle in tenue {
            assert_eq!(objet.contains_key(cle), matches!(id, "3.1.2" | "3.1.4" | "3.1.6"), "{id} {cle}");
        }
        assert_eq!(objet.contains_key("source"), matches!(id, "3.2.3" | "3.2.4" | "3.2.5" | "3.2.6"), "{id}");
    }
    let cles = |id: usize| indicateurs[id]["tranches"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        (cles(1), cles(3)),
        (
            vec!["<=1".into(), "<=2".into(), "<=3".into(), ">3".into()],
            vec!["<=7".into(), "<=14".into(), "<=30".into(), ">30".into()]
        )
    );
    let codes: Vec<_> =
        table["complementaires"].as_array().unwrap().iter().map(|c| c["code"].as_str().unwrap()).collect();
    assert_eq!(
        codes,
        [
            "delai_moyen_contrat",
            "taux_contrat_emploi",
            "taux_contrat_social",
            "part_contrats_30_jours",
            "sorties_positives",
            "sorties_emploi_formation",
            "rdv_orientation_manques",
            "frequence_transmissions",
            "frequence_transmissions",
        ]
    );
    assert_eq!(table["complementaires"][8]["caisse"], "MSA082");
    assert!(table["lectures"].is_array() && table["qualite"].is_object());
}

#[test]
fn what_pole_emploi_reports_is_official_and_ours_stands_beside() {
    let campagne = json(["--campagne", "mars-2022"]);
    let autre = json(["--du", "2021-01-01", "--au", "2021-12-30"]);
    for rang in 8..12 {
        let (officiel, calcule) = (&campagne["indicateurs"][rang], &autre["indicateurs"][rang]);
        assert_eq!(officiel["source"], "pole_emploi");
        assert!(officiel.as_object().unwrap().contains_key("valeur_calculee"));
        assert_eq!(calcule["source"], "jalon");
        assert!(!calcule.as_object().unwrap().contains_key("valeur_calculee"));
    }
}

#[test]
fn an_empty_warehouse_has_the_twelve_indicators_too() {
    let lieu = Lieu::new();
    let vide = lieu.0.path().join("vide");
    fs::create_dir(&vide).unwrap();
    lieu.ingerer(&[&vide]);
    let sortie = jalon(&lieu.entrepot(), ["indicateurs", "--campagne", "mars-2022", "--format", "json"]);
    assert_eq!(sortie.code, 0, "{}", sortie.err);
    let table: Value = serde_json::from_str(&sortie.out).unwrap();
    assert_eq!(table["indicateurs"].as_array().unwrap().len(), 12);
    assert!(table["indicateurs"][0]["motif"].is_string());
    assert_eq!((&table["indicateurs"][1]["taux"], &table["indicateurs"][11]["valeur"]), (&Value::Null, &Value::Null));
}

// The list of people behind the figures.

const COLONNES: &str = "numdemrsa;matricule;caisse;nom;prenom;date_naissance;categorie;t0;mois_reference;date_orientation;organisme;dispositif;territoire;delai_orientation;oriente_1_mois;date_premier_rdv;delai_rdv;rdv_2_semaines;date_premier_cer;delai_cer;cer_2_mois;limite_orientation;limite_cer;structure;gad";

fn detail(entrepot: &Path, campagne: &str) -> (String, Vec<BTreeMap<String, String>>) {
    let dossier = tempfile::tempdir().unwrap();
    let chemin = dossier.path().join("detail.csv");
    let sortie = jalon(entrepot, ["indicateurs", "--campagne", campagne, "--detail", chemin.to_str().unwrap()]);
    assert_eq!(sortie.code, 0, "{}", sortie.err);
    let texte = fs::read_to_string(&chemin).unwrap();
    let lignes = csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_reader(texte.strip_prefix('\u{feff}').unwrap().as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap();
    (texte, lignes)
}

#[test]
fn the_detail_has_its_columns_its_mark_and_its_order() {
    let (texte, lignes) = detail(DEPARTEMENT.path(), "mars-2022");
    assert_eq!(texte.lines().next().unwrap(), format!("\u{feff}{COLONNES}"));
    assert!(lignes.len() > 50);
    let cles: Vec<_> = lignes.iter().map(|l| (&l["t0"], &l["numdemrsa"], &l["nom"])).collect();
    assert!(cles.is_sorted());
    for ligne in &lignes {
        assert_eq!((ligne["numdemrsa"].len(), &ligne["t0"][..4], ligne["mois_reference"].len()), (11, "2021", 7));
        assert!(["CAF821", "MSA082"].contains(&ligne["caisse"].as_str()));
        let oriente = !ligne["date_orientation"].is_empty();
        let hors_pe = oriente && ligne["organisme"] != "PE";
        assert_eq!(!ligne["delai_orientation"].is_empty(), oriente, "{ligne:?}");
        assert_eq!(!ligne["limite_cer"].is_empty(), hors_pe, "{ligne:?}");
        assert_eq!(!ligne["cer_2_mois"].is_empty(), hors_pe, "{ligne:?}");
        assert_eq!(!ligne["rdv_2_semaines"].is_empty(), hors_pe && ligne["oriente_1_mois"] == "1", "{ligne:?}");
        assert!(!ligne["limite_orientation"].is_empty());
    }
}

/// Everybody behind a figure can be shown: the filled cells and the sums are the figures.
#[test]
fn the_detail_adds_up_to_the_table() {
    for campagne in ["mars-2022", "juin-2022"] {
        let (_, lignes) = detail(DEPARTEMENT.path(), campagne);
        let table = json(["--campagne", campagne]);
        let somme = |colonne: &str| lignes.iter().filter(|ligne| ligne[colonne] == "1").count();
        let remplies = |colonne: &str| lignes.iter().filter(|ligne| !ligne[colonne].is_empty()).count();
        let attendus = [
            lignes.len(),
            somme("oriente_1_mois"),
            remplies("date_premier_rdv"),
            somme("rdv_2_semaines"),
            remplies("date_premier_cer"),
            somme("cer_2_mois"),
            somme("gad"),
        ];
        for (rang, attendu) in attendus.into_iter().enumerate() {
            assert_eq!(table["indicateurs"][rang]["valeur"], attendu, "{campagne} {}", IDS[rang].0);
        }
    }
}

/// A name or a structure that a spreadsheet would run as a formula is shown and not run.
#[test]
fn a_cell_that_is_a_formula_is_neutralised() {
    let lieu = Lieu::new();
    let stock = lieu.recevoir("a.xml", stock());
    let entrant = flux("2021-03-31", "2021-04-05", &[("3", "2")])
        .replace("<NOM>BRUMEVAL</NOM>", "<NOM>=1+1</NOM>")
        .replace("<PRENOM>ONDINE</PRENOM>", "<PRENOM>@SOMME(A1)</PRENOM>");
    let entrant = lieu.recevoir("b.xml", entrant);
    let orientations = lieu.recevoir(
        "2021-05-01_o.csv",
        format!(
            "id_evenement;nir;date_notification;organisme;structure;territoire\nO1;{};2021-04-20;CD;\"=HYPERLINK(\"\"x\"\")\";-Nord\n",
            programme::nir(3)
        ),
    );
    assert_eq!(lieu.ingerer(&[&stock, &entrant, &orientations]).code, 0);
    let (texte, lignes) = detail(&lieu.entrepot(), "mars-2022");
    assert_eq!(lignes.len(), 1);
    let cellules = ["nom", "prenom", "structure", "territoire"].map(|colonne| lignes[0][colonne].as_str());
    assert_eq!(cellules, ["'=1+1", "'@SOMME(A1)", "'=HYPERLINK(\"x\")", "'-Nord"]);
    assert!(!texte.contains(";=") && !texte.contains(";@") && !texte.contains(";-"));
    assert!(!texte.contains(&programme::nir(3)), "no NIR, ever");
}
