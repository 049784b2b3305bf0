//! `jalon listes`, by the real program: what can be asked, what comes out, and on which stream.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::fs;
use std::io::{Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use calamine::{Data, Reader, Xlsx};
use chrono::NaiveDate;
use programme::{Sortie, jalon, nir};
use serde_json::Value;
use tempfile::TempDir;

const ENTETE: &str = "liste;numdemrsa;matricule;caisse;nom;prenom;date_naissance;t0;date_orientation;organisme;structure;territoire;referent;echeance;jours_restants;manque";
const TOUTES: [&str; 7] = ["a-orienter", "a-convoquer", "absents", "sans-rdv", "sans-cer", "pe-2-ans", "plus-5-ans"];

/// A warehouse, and the files it was given.
struct Lieu(TempDir);

impl Lieu {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn entrepot(&self) -> PathBuf {
        self.0.path().join("entrepot")
    }

    /// Ingests a file received on a day.
    fn recevoir(&self, nom: &str, recu_le: &str, contenu: &str) -> &Self {
        let chemin = self.0.path().join(nom);
        fs::write(&chemin, contenu).unwrap();
        let sortie = jalon(&self.entrepot(), ["ingerer", "--recu-le", recu_le, &chemin.to_string_lossy()]);
        assert_eq!(sortie.code, 0, "{nom} : {}", sortie.tout());
        self
    }

    fn listes(&self, arguments: &[&str]) -> Sortie {
        jalon(&self.entrepot(), ["listes"].into_iter().chain(arguments.iter().copied()))
    }

    /// The lines of a list as CSV, its header apart.
    fn lignes(&self, arguments: &[&str]) -> Vec<String> {
        let sortie = self.listes(&[arguments, &["--format", "csv"]].concat());
        assert_eq!(sortie.code, 0, "{}", sortie.err);
        let texte = sortie.out.strip_prefix('\u{feff}').unwrap();
        let mut lignes = texte.lines().map(str::to_owned);
        assert_eq!(lignes.next().unwrap(), ENTETE);
        lignes.collect()
    }

    /// The names of the people of a list.
    fn noms(&self, arguments: &[&str]) -> Vec<String> {
        self.lignes(arguments).iter().map(|ligne| ligne.split(';').nth(4).unwrap().to_owned()).collect()
    }
}

/// A flux: `(rank, dossier, name, state, top, claim)` a line; the rank gives the NIR.
fn flux(mensuel: bool, dtref: &str, personnes: &[(u64, &str, &str, u8, u8, &str)]) -> String {
    let genre = if mensuel { "M" } else { "I" };
    let mut texte =
        "TYPEFLUX;DTREF;DTCREAFLUX;FONORG;NUMORG;MATRICULE;NUMDEMRSA;DTDEMRSA;NIR;NOM;PRENOM;DTNAI;ROLEPERS;ETATDOSRSA;TOPPERSDRODEVORSA\n"
            .to_owned();
    for (rang, dossier, nom, etat, top, demande) in personnes {
        texte.push_str(&format!(
            "{genre};{dtref};{dtref};CAF;991;000000000{dossier};{dossier};{demande};{};{nom};LOU;1987-04-19;DEM;{etat};{top}\n",
            nir(*rang)
        ));
    }
    texte
}

/// An entry of 01/03/2021, two of 03/03 in one dossier, one of 03/03 in a smaller one.
fn quatre_entrees() -> Lieu {
    let lieu = Lieu::new();
    lieu.recevoir("stock.csv", "2021-01-05", &flux(true, "2020-12-31", &[(90, "900001", "MERLEBLANC", 2, 1, "")]));
    lieu.recevoir("un.csv", "2021-03-01", &flux(false, "2021-03-01", &[(1, "100009", "ZEPHYRIN", 2, 1, "")]));
    lieu.recevoir(
        "trois.csv",
        "2021-03-03",
        &flux(
            false,
            "2021-03-03",
            &[(2, "100005", "VOLTIGE", 2, 1, ""), (3, "100005", "ABRICOT", 2, 1, ""), (4, "100001", "YUZU", 2, 1, "")],
        ),
    );
    lieu
}

#[test]
fn lines_are_ordered_by_deadline_then_numdemrsa_then_name() {
    let lieu = quatre_entrees();
    let lignes = lieu.lignes(&["a-orienter", "--au", "2021-04-01"]);
    let manque = "orientation (aucun rendez-vous d'orientation)";
    let ligne = |dossier: &str, nom: &str, t0: &str, fin: &str| {
        format!("a-orienter;00000{dossier};000000000{dossier};CAF991;{nom};LOU;1987-04-19;{t0};;;;;;{fin};{manque}")
    };
    assert_eq!(
        lignes,
        [
            ligne("100009", "ZEPHYRIN", "2021-03-01", "2021-03-31;-1"),
            ligne("100001", "YUZU", "2021-03-03", "2021-04-02;1"),
            ligne("100005", "ABRICOT", "2021-03-03", "2021-04-02;1"),
            ligne("100005", "VOLTIGE", "2021-03-03", "2021-04-02;1"),
        ]
    );
    // The English alias, and the first columns of a file: the same bytes.
    let (un, autre) = (
        lieu.listes(&["a-orienter", "--au", "2021-04-01", "--format", "csv"]),
        jalon(&lieu.entrepot(), ["worklist", "a-orienter", "--au", "2021-04-01", "--format", "csv"]),
    );
    assert_eq!(un.out, autre.out);
}

#[test]
fn who_follows_the_person_is_shown_and_no_cell_is_a_formula() {
    let lieu = quatre_entrees();
    let orientations = format!(
        "id_evenement;nir;date_notification;organisme;structure;territoire;referent\n1;{};2021-03-10;CD;=MDS;@Nord;+Alpha\n",
        nir(1)
    );
    lieu.recevoir("orientations.csv", "2021-03-12", &orientations);
    assert_eq!(
        lieu.lignes(&["sans-rdv", "--au", "2021-03-30"]),
        [
            "sans-rdv;00000100009;000000000100009;CAF991;ZEPHYRIN;LOU;1987-04-19;2021-03-01;2021-03-10;CD;'=MDS;'@Nord;'+Alpha;2021-03-24;-6;premier rendez-vous d'accompagnement"
        ]
    );
    // Programs take the cells as they are.
    let sortie = lieu.listes(&["sans-rdv", "--au", "2021-03-30", "--format", "json"]);
    let json: Value = serde_json::from_str(&sortie.out).unwrap();
    assert_eq!(json["lignes"][0]["structure"], "=MDS");
    assert_eq!(json["lignes"][0]["jours_restants"], -6);
}

/// A correction moves the line, a withdrawal puts the person back, from the day they are known.
#[test]
fn the_version_in_force_on_the_day_of_the_list_decides() {
    let lieu = quatre_entrees();
    let orientation = |saisi_le: &str, annule: &str, jour: &str| {
        format!(
            "id_evenement;nir;saisi_le;annule;date_notification;organisme\nO1;{};{saisi_le};{annule};{jour};{}\n",
            nir(1),
            if annule == "1" { "" } else { "CD" }
        )
    };
    lieu.recevoir("o1.csv", "2021-03-20", &orientation("2021-03-10", "", "2021-03-10"));
    lieu.recevoir("o2.csv", "2021-03-20", &orientation("2021-03-15", "", "2021-03-14"));
    lieu.recevoir("o3.csv", "2021-03-20", &orientation("2021-03-18", "1", ""));
    let echeance = |au: &str, autres: &[&str]| {
        let lignes = lieu.lignes(&[&["sans-rdv", "--au", au], autres].concat());
        lignes.first().map(|ligne| ligne.split(';').nth(13).unwrap().to_owned())
    };
    assert_eq!(echeance("2021-03-09", &[]), None);
    assert_eq!(echeance("2021-03-10", &[]).as_deref(), Some("2021-03-24"));
    assert_eq!(echeance("2021-03-14", &[]).as_deref(), Some("2021-03-24"));
    assert_eq!(echeance("2021-03-15", &[]).as_deref(), Some("2021-03-28"));
    assert_eq!(echeance("2021-03-18", &[]), None);
    assert!(lieu.noms(&["a-orienter", "--au", "2021-03-17"]).iter().all(|nom| nom != "ZEPHYRIN"));
    assert_eq!(lieu.noms(&["a-orienter", "--au", "2021-03-18"])[0], "ZEPHYRIN");
    // Known later, the same day is another.
    assert_eq!(echeance("2021-03-14", &["--connu-le", "2021-03-15"]).as_deref(), Some("2021-03-28"));
    assert_eq!(echeance("2021-03-14", &["--connu-le", "2021-03-18"]), None);
}

/// A flux received after the day of the list is not known that day.
#[test]
fn a_flux_received_later_is_not_known_that_day() {
    let lieu = quatre_entrees();
    assert_eq!(lieu.noms(&["a-orienter", "--au", "2021-03-02"]), ["ZEPHYRIN"]);
    lieu.recevoir("clos.csv", "2021-03-20", &flux(false, "2021-03-10", &[(1, "100009", "ZEPHYRIN", 5, 0, "")]));
    assert_eq!(lieu.noms(&["a-orienter", "--au", "2021-03-19"]).len(), 4);
    assert_eq!(lieu.noms(&["a-orienter", "--au", "2021-03-20"]), ["YUZU", "ABRICOT", "VOLTIGE"]);
    assert_eq!(lieu.noms(&["a-orienter", "--au", "2021-03-19", "--connu-le", "2021-03-20"]).len(), 3);
    assert_eq!(lieu.noms(&["a-orienter", "--au", "2021-03-09", "--connu-le", "2021-03-20"]).len(), 4);
}

#[test]
fn the_readings_and_the_referentiel_are_those_of_the_table() {
    let lieu = quatre_entrees();
    let fin = |autres: &[&str]| {
        let lignes = lieu.lignes(&[&["a-orienter", "--au", "2021-04-01"], autres].concat());
        lignes[0].split(';').nth(13).unwrap().to_owned()
    };
    assert_eq!(fin(&[]), "2021-03-31");
    assert_eq!(fin(&["--lecture", "orientation.delai=mois_inclus"]), "2021-04-01");
    let livre = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/referentiel-2022.toml")).unwrap();
    let depuis = livre.find("[parametres.delai_orientation]").unwrap();
    let (avant, apres) = livre.split_at(depuis);
    let deux_mois = format!("{avant}{}", apres.replacen("valeur = 1,", "valeur = 2,", 1));
    let chemin = lieu.0.path().join("referentiel.toml");
    fs::write(&chemin, deux_mois).unwrap();
    assert_eq!(fin(&["--referentiel", &chemin.to_string_lossy()]), "2021-04-30");
    let sortie = lieu.listes(&["a-orienter", "--au", "2021-04-01", "--lecture", "orientation.delai=31_jours"]);
    assert!(sortie.out.contains("Lectures autres que celles du guide : orientation.delai=31_jours."), "{}", sortie.out);
}

#[test]
fn the_table_says_its_rule_then_its_lines_then_what_it_rests_on() {
    let lieu = quatre_entrees();
    let sortie = lieu.listes(&["a-orienter", "--au", "2021-04-01"]);
    assert_eq!((sortie.code, sortie.err.as_str()), (0, ""));
    let lignes: Vec<&str> = sortie.out.lines().collect();
    assert_eq!(
        lignes[0],
        "Personnes à orienter (a-orienter) au 01/04/2021 : 4 ligne(s), dont 1 d'échéance passée (référentiel 2022)"
    );
    assert!(lignes[1].starts_with("Bénéficiaires du RSA ce jour-là dont l'entrée en cours n'a pas d'orientation."));
    assert!(sortie.out.contains("│ 2021-03-31 ┆    -1 ┆ 00000100009 CAF991 ┆ ZEPHYRIN LOU"), "{}", sortie.out);
    assert_eq!(lignes.last().copied(), Some("• CAF991 : situation connue jusqu'au 2021-03-03."));
    let connu = lieu.listes(&["a-orienter", "--au", "2021-04-01", "--connu-le", "2021-03-02"]);
    assert!(connu.out.contains("au 01/04/2021, connu le 02/03/2021 : 1 ligne(s)"), "{}", connu.out);
}

#[test]
fn an_empty_list_says_so() {
    let lieu = quatre_entrees();
    let table = lieu.listes(&["absents", "--au", "2021-04-01"]);
    assert!(table.out.contains("Personne n'est dans cette liste au 01/04/2021."), "{}", table.out);
    assert!(!table.out.contains('│'));
    let csv = lieu.listes(&["absents", "--au", "2021-04-01", "--format", "csv"]);
    assert_eq!(csv.out, format!("\u{feff}{ENTETE}\n"));
    assert!(csv.err.contains("personne n'est dans la liste absents au 2021-04-01"), "{}", csv.err);
    assert!(csv.err.contains("CAF991 : situation connue jusqu'au 2021-03-03."), "{}", csv.err);
    let bref = lieu.listes(&["absents", "--au", "2021-04-01", "--format", "csv", "-q"]);
    assert!(bref.err.contains("personne n'est") && !bref.err.contains("CAF991"), "{}", bref.err);
    let json: Value =
        serde_json::from_str(&lieu.listes(&["absents", "--au", "2021-04-01", "--format", "json"]).out).unwrap();
    assert_eq!((&json["nombre"], &json["lignes"]), (&Value::from(0), &Value::Array(Vec::new())));
}

#[test]
fn a_list_as_json_says_what_it_is() {
    let lieu = quatre_entrees();
    let sortie = lieu.listes(&["a-orienter", "--au", "2021-04-01", "--format", "json"]);
    let json: Value = serde_json::from_str(&sortie.out).unwrap();
    for (cle, valeur) in [
        ("liste", "a-orienter"),
        ("titre", "Personnes à orienter"),
        ("au", "2021-04-01"),
        ("connu_le", "2021-04-01"),
        ("referentiel", "2022"),
    ] {
        assert_eq!(json[cle], valeur, "{cle}");
    }
    assert_eq!(json["nombre"], 4);
    let cles: Vec<&String> = json["lignes"][0].as_object().unwrap().keys().collect();
    let mut attendues: Vec<&str> = ENTETE.split(';').collect();
    attendues.sort_unstable();
    let mut dites: Vec<&str> = cles.iter().map(|cle| cle.as_str()).collect();
    dites.sort_unstable();
    assert_eq!(dites, attendues);
    assert_eq!(json["lignes"][0]["date_orientation"], Value::Null);
}

#[test]
fn all_the_lists_are_written_in_a_folder_for_their_owner_alone() {
    let lieu = quatre_entrees();
    let dossier = lieu.0.path().join("sorties/listes");
    let sortie = lieu.listes(&["toutes", "--au", "2021-04-01", "--sortie", &dossier.to_string_lossy()]);
    assert_eq!(sortie.code, 0, "{}", sortie.err);
    assert_eq!(sortie.out.lines().next(), Some("a-orienter : 4 ligne(s), dont 1 d'échéance passée"));
    assert!(sortie.out.contains("\nabsents : personne\n"), "{}", sortie.out);
    assert!(!sortie.out.contains("ZEPHYRIN"), "the account of what was written names nobody");
    let mode = |chemin: &std::path::Path| fs::metadata(chemin).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dossier), 0o700);
    for nom in TOUTES {
        let chemin = dossier.join(format!("{nom}.csv"));
        assert_eq!(mode(&chemin), 0o600, "{nom}");
        let une = lieu.listes(&[nom, "--au", "2021-04-01", "--format", "csv"]);
        assert_eq!(fs::read_to_string(&chemin).unwrap(), une.out, "{nom}");
    }
    assert_eq!(fs::read_dir(&dossier).unwrap().count(), TOUTES.len(), "no draft is left");
    for (format, extension) in [("json", "json"), ("table", "txt")] {
        lieu.listes(&["toutes", "--au", "2021-04-01", "--format", format, "--sortie", &dossier.to_string_lossy()]);
        assert!(dossier.join(format!("plus-5-ans.{extension}")).is_file(), "{format}");
    }
    // One list to a file; a folder that cannot be made is said.
    let chemin = lieu.0.path().join("une.csv");
    let arguments = ["sans-cer", "--au", "2021-04-01", "--format", "csv", "--sortie", &chemin.to_string_lossy()];
    let sortie = lieu.listes(&arguments);
    assert_eq!((sortie.code, sortie.out.as_str()), (0, ""));
    assert_eq!(mode(&chemin), 0o600);
    let sortie = lieu.listes(&["toutes", "--au", "2021-04-01", "--sortie", &chemin.to_string_lossy()]);
    assert_eq!(sortie.code, 1);
    assert!(sortie.err.contains("une.csv"), "{}", sortie.err);
}

#[test]
fn a_mistake_on_the_command_line_ends_with_2_and_says_the_lists() {
    let lieu = quatre_entrees();
    let noms = TOUTES.join(", ");
    for (arguments, mots) in [
        (&["a-recevoir", "--au", "2021-04-01"][..], ["LISTE vaut « a-recevoir »", noms.as_str()]),
        (&["--au", "2021-04-01"], ["il manque la liste", noms.as_str()]),
        (&["absents"], ["il manque --au", "jalon --help"]),
        (&["absents", "--au", "2021-02-30"], ["--au", "« 2021-02-30 »"]),
        (&["absents", "--au", "2021-04-01", "--format", "xls"], ["--format", "table, csv, json, xlsx"]),
        (&["toutes", "--au", "2021-04-01"], ["un fichier par liste", "--sortie"]),
        (&["absents", "--au", "2021-04-01", "--lecture", "delai=mois"], ["lecture « delai » inconnue", "cer.rang"]),
    ] {
        let sortie = lieu.listes(arguments);
        assert_eq!((sortie.code, sortie.out.as_str()), (2, ""), "{arguments:?}");
        assert!(mots.iter().all(|mot| sortie.err.contains(mot)), "{arguments:?} : {}", sortie.err);
    }
    let ailleurs = jalon(&lieu.0.path().join("nulle-part"), ["listes", "absents", "--au", "2021-04-01"]);
    assert_eq!(ailleurs.code, 2, "{}", ailleurs.err);
}

/// Names and cells come from files: what they hold does not act upon the terminal.
#[test]
fn a_control_character_does_not_reach_the_terminal() {
    let lieu = quatre_entrees();
    let orientations = format!(
        "id_evenement;nir;date_notification;organisme;structure\n1;{};2021-03-10;CD;MDS\u{1b}[2J\u{7}Nord\n",
        nir(1)
    );
    lieu.recevoir("orientations.csv", "2021-03-12", &orientations);
    let sortie = lieu.listes(&["sans-rdv", "--au", "2021-03-30"]);
    assert!(sortie.out.contains("MDS"), "{}", sortie.out);
    assert!(!sortie.out.contains(['\u{1b}', '\u{7}']), "{:?}", sortie.out);
}

/// Never a NIR: neither in the lists nor in what is said beside them.
#[test]
fn no_list_holds_a_nir() {
    let lieu = quatre_entrees();
    let demande = [(5, "100007", "HIBISCUS", 2, 1, "2010-05-01")];
    lieu.recevoir("vieux.csv", "2021-03-04", &flux(false, "2021-03-04", &demande));
    assert_eq!(lieu.noms(&["plus-5-ans", "--au", "2021-04-01"]), ["HIBISCUS"]);
    for nom in TOUTES {
        for format in ["table", "csv", "json"] {
            let dit = lieu.listes(&[nom, "--au", "2021-04-01", "--format", format, "-vv"]).tout();
            for rang in [1, 2, 3, 4, 5, 90] {
                assert!(!dit.contains(&nir(rang)), "{nom} {format}");
            }
        }
    }
}

/// Who entered long ago and nobody saw to is still there: a list has no beginning.
#[test]
fn an_old_entry_that_nobody_saw_to_stays() {
    let lieu = quatre_entrees();
    let lignes = lieu.lignes(&["a-convoquer", "--au", "2023-03-01"]);
    assert_eq!(lignes.len(), 4);
    assert!(lignes[0].contains(";2021-03-31;-700;"), "{}", lignes[0]);
}

/// The four of [`quatre_entrees`], oriented on 10/03 (Zephyrin), 12/03, 14/03 and 16/03: two territories
/// whose names differ by their case, one that no sheet can bear, and one that is not said.
fn quatre_orientees() -> Lieu {
    let lieu = quatre_entrees();
    let mut orientations = "id_evenement;nir;date_notification;organisme;structure;territoire\n".to_owned();
    for (rang, jour, structure, territoire) in [
        (1, 10, "=1+1", "Nord"),
        (2, 12, "MDS Lune", "NORD"),
        (3, 14, "mds lune", "Maison: des solidarités [de/du] Grand Sud"),
        (4, 16, "", ""),
    ] {
        orientations.push_str(&format!("O{rang};{};2021-03-{jour};CD;{structure};{territoire}\n", nir(rang)));
    }
    lieu.recevoir("orientations.csv", "2021-03-17", &orientations);
    lieu
}

/// The bytes of a list as a workbook.
fn xlsx(lieu: &Lieu, arguments: &[&str]) -> Vec<u8> {
    let sortie = lieu.0.path().join("liste.xlsx");
    let ecrite = lieu.listes(&[arguments, &["--format", "xlsx", "--sortie", &sortie.to_string_lossy()]].concat());
    assert_eq!((ecrite.code, ecrite.out.as_str()), (0, ""), "{}", ecrite.err);
    assert_eq!(fs::metadata(&sortie).unwrap().permissions().mode() & 0o777, 0o600);
    fs::read(&sortie).unwrap()
}

fn ouvrir(octets: Vec<u8>) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(octets)).unwrap()
}

/// The rows of a sheet, as texts.
fn rangees(classeur: &mut Xlsx<Cursor<Vec<u8>>>, feuille: &str) -> Vec<Vec<String>> {
    let lue = classeur.worksheet_range(feuille).unwrap();
    lue.rows().map(|rangee| rangee.iter().map(ToString::to_string).collect()).collect()
}

/// Limits of 24, 26, 28 and 30/03, seen on 27/03: two are past.
#[test]
fn the_workbook_has_a_summary_then_one_sheet_a_territory() {
    let lieu = quatre_orientees();
    let mut classeur = ouvrir(xlsx(&lieu, &["sans-rdv", "--au", "2021-03-27"]));
    let long = "Maison  des solidarités  de du";
    assert_eq!(classeur.sheet_names(), ["Résumé", long, "NORD", "Nord (2)", "Sans territoire"]);
    let resume = rangees(&mut classeur, "Résumé");
    assert_eq!(resume[0][0], "Personnes orientées sans premier rendez-vous d'accompagnement");
    assert!(resume[1][0].contains("au 27/03/2021 : 4 ligne(s), dont 2 d'échéance passée (référentiel 2022)"));
    assert!(resume[2][0].starts_with("Bénéficiaires du RSA ce jour-là dont l'entrée en cours est orientée hors"));
    let comptes: Vec<String> = resume.iter().skip(5).take(6).map(|rangee| rangee[..5].join("|")).collect();
    assert_eq!(
        comptes,
        [
            "Territoire|Feuille|Échéance passée|À venir|Ensemble".to_owned(),
            format!("Maison: des solidarités [de/du] Grand Sud|{long}|0|1|1"),
            "NORD|NORD|1|0|1".to_owned(),
            "Nord|Nord (2)|1|0|1".to_owned(),
            "Sans territoire|Sans territoire|0|1|1".to_owned(),
            "Ensemble||2|2|4".to_owned(),
        ]
    );
    // A mail merge reads the first row; the cells are those of the CSV, days being days.
    let nord = classeur.worksheet_range("Nord (2)").unwrap();
    let entetes: Vec<String> = nord.rows().next().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(entetes.join(";"), ENTETE);
    let ligne = nord.rows().nth(1).unwrap();
    assert_eq!([&ligne[1], &ligne[4], &ligne[10]].map(ToString::to_string), ["00000100009", "ZEPHYRIN", "=1+1"]);
    for (colonne, jour) in [(6, "1987-04-19"), (7, "2021-03-01"), (8, "2021-03-10"), (13, "2021-03-24")] {
        let Data::DateTime(lu) = &ligne[colonne] else { panic!("{colonne} : {:?}", ligne[colonne]) };
        let premier = NaiveDate::from_ymd_opt(1899, 12, 30).unwrap();
        let jours = jour.parse::<NaiveDate>().unwrap().signed_duration_since(premier).num_days();
        assert_eq!(lu.as_f64().to_string(), jours.to_string(), "{jour}");
    }
    assert_eq!(ligne[14], Data::Float(-3.0));
    assert!(classeur.worksheet_formula("Nord (2)").unwrap().is_empty(), "a structure was taken for a formula");
}

#[test]
fn each_sheet_of_a_territory_is_frozen_filtered_and_printed_with_its_rule_and_header() {
    let octets = xlsx(&quatre_orientees(), &["sans-rdv", "--au", "2021-03-27"]);
    let mut archive = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
    let mut parties = Vec::new();
    for rang in 0..archive.len() {
        let mut texte = String::new();
        let mut partie = archive.by_index(rang).unwrap();
        partie.read_to_string(&mut texte).unwrap();
        parties.push((partie.name().unwrap().into_owned(), texte));
    }
    for (nom, texte) in &parties {
        assert!((1..=4).all(|rang| !texte.contains(&nir(rang))), "{nom}");
    }
    let lire = |nom: &str| &parties.iter().find(|(autre, _)| autre == nom).unwrap().1;
    for n in 2..=5 {
        let feuille = lire(&format!("xl/worksheets/sheet{n}.xml"));
        for attendu in [
            "ySplit=\"1\" topLeftCell=\"F2\"",
            "<autoFilter ref=\"A1:P2\"/>",
            "orientation=\"landscape\"",
            "paperSize=\"9\"",
            "fitToHeight=\"0\"",
            "&amp;LBénéficiaires du RSA ce jour-là dont",
        ] {
            assert!(feuille.contains(attendu), "{n} : {attendu}\n{feuille}");
        }
    }
    assert!(lire("xl/workbook.xml").contains("'Nord (2)'!$1:$1</definedName>"), "{}", lire("xl/workbook.xml"));
}

#[test]
fn an_empty_list_is_a_workbook_that_says_so() {
    let lieu = quatre_entrees();
    let mut classeur = ouvrir(xlsx(&lieu, &["absents", "--au", "2021-04-01"]));
    assert_eq!(classeur.sheet_names(), ["Résumé"]);
    let dit: Vec<String> = rangees(&mut classeur, "Résumé").concat();
    assert!(dit.iter().any(|texte| texte == "Personne n'est dans cette liste au 01/04/2021."), "{dit:?}");
    assert!(dit.iter().any(|texte| texte.contains("à présenter à l'équipe pluridisciplinaire")), "{dit:?}");
}

/// The same question makes the same bytes, whatever the day on which it is asked.
#[test]
fn all_the_lists_are_workbooks_too() {
    let lieu = quatre_orientees();
    let dossier = lieu.0.path().join("classeurs");
    let arguments = ["toutes", "--au", "2021-03-27", "--format", "xlsx", "--sortie", &dossier.to_string_lossy()];
    assert_eq!(lieu.listes(&arguments).code, 0);
    for nom in TOUTES {
        let octets = fs::read(dossier.join(format!("{nom}.xlsx"))).unwrap();
        assert_eq!(octets, xlsx(&lieu, &[nom, "--au", "2021-03-27"]), "{nom}");
        assert_eq!(ouvrir(octets).sheet_names()[0], "Résumé", "{nom}");
    }
}

#[test]
fn a_territory_or_a_structure_is_asked_for_whatever_its_case() {
    let lieu = quatre_orientees();
    let noms = |arguments: &[&str]| lieu.noms(&[&["sans-rdv", "--au", "2021-03-27"], arguments].concat());
    assert_eq!(noms(&["--territoire", "nord"]), ["ZEPHYRIN", "VOLTIGE"]);
    assert_eq!(noms(&["--territoire", ""]), ["YUZU"]);
    assert_eq!(noms(&["--structure", "MDS LUNE"]), ["VOLTIGE", "ABRICOT"]);
    assert_eq!(noms(&["--structure", "MDS LUNE", "--territoire", "Nord"]), ["VOLTIGE"]);
    let dite = lieu.listes(&["sans-rdv", "--au", "2021-03-27", "--territoire", "nord"]);
    assert!(dite.out.contains("au 27/03/2021, territoire « nord » : 2 ligne(s), dont 2"), "{}", dite.out);
    let json = lieu.listes(&["sans-rdv", "--au", "2021-03-27", "--territoire", "nord", "--format", "json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["nombre"], &json["filtre"]["territoire"]), (&Value::from(2), &Value::from("nord")));
    // A name that nobody has: those that there are.
    let faute = lieu.listes(&["sans-rdv", "--au", "2021-03-27", "--territoire", "Nrod"]);
    assert_eq!(faute.code, 0);
    assert!(faute.err.contains("personne, territoire « Nrod »") && faute.err.contains("NORD, Nord"), "{}", faute.err);
    assert!(faute.out.contains("Personne n'est dans cette liste au 27/03/2021, territoire « Nrod »."), "{}", faute.out);
}

/// Zephyrin, of 01/03, is oriented on 10/03: appointment by 24/03, CER by 30/04. The three others, of 03/03, are to be
/// oriented by 02/04. Seen on 20/03: one of four is oriented in time, four of four can still be.
#[test]
fn the_forecasts_say_what_falls_each_day_and_what_can_still_be_reached() {
    let lieu = quatre_entrees();
    let orientation = format!("id_evenement;nir;date_notification;organisme\nO1;{};2021-03-10;CD\n", nir(1));
    lieu.recevoir("orientations.csv", "2021-03-12", &orientation);
    let sortie = lieu.listes(&["--previsions", "--au", "2021-03-20", "--format", "csv"]);
    assert_eq!(sortie.code, 0, "{}", sortie.err);
    let lignes: Vec<&str> = sortie.out.lines().collect();
    assert_eq!(lignes.len(), 32);
    assert!(
        lignes[0].starts_with(
            "\u{feff}jour;arrete;limites_orientation;limites_premier_rdv;limites_premier_cer;3.1.2_valeur;"
        )
    );
    for attendue in [
        "2021-03-20;2021-03-20;0;0;0;1;4;0,2500;1,0000;3;0;0;0;;1,0000;1;0;0;0;;1,0000;1;0",
        "2021-03-24;2021-03-24;0;1;0;1;4;0,2500;1,0000;3;0;0;0;;1,0000;1;0;0;0;;1,0000;1;0",
        "2021-03-25;2021-03-25;0;0;0;1;4;0,2500;1,0000;3;0;0;0;;;0;1;0;0;;1,0000;1;0",
        "2021-04-02;2021-04-02;3;0;0;1;4;0,2500;1,0000;3;0;0;0;;;0;1;0;0;;1,0000;1;0",
        "2021-04-03;2021-04-03;0;0;0;1;4;0,2500;0,2500;0;3;0;0;;;0;1;0;0;;1,0000;1;0",
    ] {
        assert!(lignes.contains(&attendue), "{attendue}\n{}", sortie.out);
    }
    let json: Value =
        serde_json::from_str(&lieu.listes(&["--previsions", "--au", "2021-03-20", "--format", "json"]).out).unwrap();
    assert_eq!((&json["campagne"], &json["periode"]["au"]), (&Value::from("mars-2022"), &Value::from("2021-12-31")));
    let avril = &json["jours"][13];
    assert_eq!((&avril["jour"], &avril["limites"]["orientation"]), (&Value::from("2021-04-02"), &Value::from(3)));
    assert_eq!(json["jours"][14]["indicateurs"][0]["au_mieux"], Value::from(0.25));
    let table = lieu.listes(&["--previsions", "--au", "2021-04-01"]);
    for dit in [
        "Prévisions au 01/04/2021, si rien n'est fait : campagne mars-2022, du 01/01/2021 au 31/12/2021",
        "Rien de plus n'est su",
        "0 délai(s) d'orientation, 1 de premier rendez-vous, 0 de premier CER",
        "│ 02/04/2021 ┆",
        "• CAF991 : situation connue jusqu'au 2021-03-03.",
    ] {
        assert!(table.out.contains(dit), "{dit}\n{}", table.out);
    }
    assert!((1..=4).all(|rang| !table.out.contains(&nir(rang))) && !table.out.contains("ZEPHYRIN"));
    for refusee in [&["sans-rdv"][..], &["--format", "xlsx"], &["--territoire", "Nord"]] {
        let sortie = lieu.listes(&[&["--previsions", "--au", "2021-03-20"], refusee].concat());
        assert_eq!((sortie.code, sortie.out.as_str()), (2, ""), "{refusee:?}");
    }
}
