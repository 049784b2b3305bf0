//! Several departments in one warehouse, by the real program: each alone, all side by side, and the
//! moves between them.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use programme::{Sortie, flux, jalon, lancer as lancer_ici};
use serde_json::Value;
use tempfile::TempDir;

const CODES: [&str; 3] = ["031", "047", "082"];

/// Three invented departments that share one key, in two regions.
fn pays() -> &'static Path {
    static PAYS: OnceLock<TempDir> = OnceLock::new();
    PAYS.get_or_init(|| {
        let ici = tempfile::tempdir().unwrap();
        let pays = ici.path().join("pays");
        let cle = ici.path().join("cle");
        for (code, graine) in CODES.into_iter().zip(["31", "47", "82"]) {
            let recus = ici.path().join(code);
            let recus = recus.to_str().unwrap();
            let simuler =
                ["-q", "simuler", "--graine", graine, "--personnes", "150", "--du", "2020-12", "--au", "2021-12"];
            bien(&jalon(&pays, simuler.into_iter().chain(["--sortie", recus])));
            let ingerer = ["-q", "--departement", code, "--cle", cle.to_str().unwrap(), "ingerer", recus];
            bien(&jalon(&pays, ingerer));
        }
        ici
    })
    .path()
}

fn bien(sortie: &Sortie) {
    assert!([0, 3].contains(&sortie.code), "{}", sortie.tout());
}

/// Runs a command on the three departments.
fn lancer(arguments: &[&str]) -> Sortie {
    let cle = pays().join("cle");
    let debut = ["--cle", cle.to_str().unwrap()];
    jalon(&pays().join("pays"), debut.into_iter().chain(arguments.iter().copied()))
}

fn json(arguments: &[&str]) -> Value {
    let sortie = lancer(&[arguments, &["--campagne", "mars-2022", "--format", "json"]].concat());
    assert_eq!(sortie.code, 0, "{}", sortie.err);
    serde_json::from_str(&sortie.out).unwrap()
}

fn refus(sortie: &Sortie, dits: &[&str]) {
    assert_eq!((sortie.code, sortie.out.as_str()), (2, ""), "{}", sortie.tout());
    for dit in dits {
        assert!(sortie.err.contains(dit), "« {dit} » manque : {}", sortie.err);
    }
}

#[test]
fn a_total_is_the_sum_of_what_each_department_says_of_itself() {
    let ensemble = json(&["indicateurs", "--departement", "tous"]);
    let seuls: Vec<Value> = CODES.iter().map(|code| json(&["indicateurs", "--departement", code])).collect();
    let mut entrants = 0;
    for (rang, indicateur) in ensemble["indicateurs"].as_array().unwrap().iter().enumerate() {
        let des_seuls: Vec<&Value> = seuls.iter().map(|seul| &seul["indicateurs"][rang]).collect();
        let lignes = indicateur["departements"].as_array().unwrap();
        for ((seul, ligne), code) in des_seuls.iter().zip(lignes).zip(CODES) {
            assert_eq!((&ligne["valeur"], ligne["departement"].as_str()), (&seul["valeur"], Some(code)));
            assert_eq!(ligne["taux"], seul.get("taux").cloned().unwrap_or_default());
            assert_eq!(ligne["moyenne_jours"], seul.get("moyenne_jours").cloned().unwrap_or_default());
        }
        let total = indicateur["totaux"].as_array().unwrap().last().unwrap();
        let id = indicateur["id"].as_str().unwrap();
        if !["3.2.5", "3.2.6"].contains(&id) {
            let somme: u64 = des_seuls.iter().map(|seul| seul["valeur"].as_u64().unwrap()).sum();
            assert_eq!(total["valeur"].as_u64(), Some(somme), "{id}");
            if id == "3.1.1" {
                entrants = somme;
            }
            if id == "3.1.2" {
                assert!(somme > 0 && somme < entrants, "{somme} sur {entrants}");
                let dix_milliemes = (20_000 * somme + entrants) / (2 * entrants);
                assert_eq!((total["taux"].as_f64().unwrap() * 10_000.0).round() as u64, dix_milliemes);
            }
        }
        if ["3.1.2", "3.1.4", "3.1.6"].contains(&id) {
            let sommes = |cle| lignes.iter().map(|ligne| ligne["moyenne_de"][cle].as_i64().unwrap()).sum::<i64>();
            let (jours, effectif) = (sommes("somme"), sommes("effectif"));
            let dixiemes = (20 * jours + effectif).div_euclid(2 * effectif);
            assert_eq!((total["moyenne_jours"].as_f64().unwrap() * 10.0).round() as i64, dixiemes, "{id}");
        }
    }
}

#[test]
fn a_rank_is_one_more_than_the_departments_that_do_better() {
    let ensemble = json(&["indicateurs", "--departement", "tous"]);
    for indicateur in ensemble["indicateurs"].as_array().unwrap() {
        let id = indicateur["id"].as_str().unwrap();
        let mesure = |ligne: &Value| match id {
            "3.1.2" | "3.1.4" | "3.1.6" => ligne["taux"].as_f64(),
            "3.2.6" => ligne["valeur"].as_f64().map(|jours| -jours),
            _ => ligne["valeur"].as_f64(),
        };
        let lignes = indicateur["departements"].as_array().unwrap();
        for ligne in lignes {
            let devant = mesure(ligne).map(|x| 1 + lignes.iter().filter(|l| mesure(l).is_some_and(|y| y > x)).count());
            assert_eq!(ligne["rang"].as_u64(), devant.map(|n| n as u64), "{id}");
        }
    }
}

#[test]
fn a_region_keeps_its_departments_and_says_which_are_missing() {
    let occitanie = json(&["indicateurs", "--region", "OCCITANIE"]);
    let codes: Vec<_> = occitanie["departements"].as_array().unwrap().iter().map(|d| d["code"].clone()).collect();
    assert_eq!(codes, ["031", "082"]);
    assert_eq!(occitanie["region"], "Occitanie");
    let remarques = occitanie["remarques"].to_string();
    assert!(remarques.contains("11 autre(s) de la région Occitanie") && remarques.contains("009, 011"), "{remarques}");
    let tous = json(&["indicateurs", "--departement", "tous"]);
    let totaux = tous["indicateurs"][0]["totaux"].as_array().unwrap();
    let regions: Vec<_> = totaux.iter().map(|total| total["region"].as_str().unwrap_or("toutes")).collect();
    assert_eq!(regions, ["Nouvelle-Aquitaine", "Occitanie", "toutes"]);
    assert_eq!(totaux[1]["valeur"], occitanie["indicateurs"][0]["totaux"][0]["valeur"]);
    refus(&lancer(&["indicateurs", "--region", "Midi", "--campagne", "mars-2022"]), &["« Midi »", "Occitanie"]);
    refus(&lancer(&["indicateurs", "--region", "Bretagne", "--campagne", "mars-2022"]), &["Bretagne", "031, 047, 082"]);
}

#[test]
fn the_spreadsheet_and_the_screen_say_the_same_figures() {
    let ensemble = json(&["indicateurs", "--departement", "47, 82"]);
    let sortie = |format| {
        let sortie = lancer(&["indicateurs", "--departement", "47, 82", "--campagne", "mars-2022", "--format", format]);
        assert_eq!(sortie.code, 0, "{}", sortie.err);
        sortie.out
    };
    let csv = sortie("csv");
    let lignes: Vec<Vec<&str>> =
        csv.trim_start_matches('\u{feff}').lines().map(|ligne| ligne.split(';').collect()).collect();
    let colonne = |nom: &str| lignes[0].iter().position(|entete| *entete == nom).unwrap();
    for indicateur in ensemble["indicateurs"].as_array().unwrap() {
        for ligne in indicateur["departements"].as_array().unwrap() {
            let trouvee = lignes.iter().find(|cellules| {
                cellules[colonne("id")] == indicateur["id"] && cellules[colonne("departement")] == ligne["departement"]
            });
            let trouvee = trouvee.unwrap();
            let nombre = |nom| trouvee[colonne(nom)].replace(',', ".").parse::<f64>().ok();
            for nom in ["valeur", "denominateur", "taux", "moyenne_jours", "rang"] {
                assert_eq!(nombre(nom), ligne[nom].as_f64(), "{} {nom}", indicateur["id"]);
            }
            assert_eq!(nombre("attendu"), ligne["attendu"]["valeur"].as_f64());
            assert_eq!(nombre("ecart"), ligne["attendu"]["ecart"].as_f64());
        }
    }
    let table = sortie("table");
    assert!(table.contains("082 Tarn-et-Garonne") && table.contains("Nouvelle-Aquitaine (1)"), "{table}");
    assert!(table.contains("Ensemble (2)"), "{table}");
}

#[test]
fn a_command_about_one_department_refuses_several_and_names_them() {
    for arguments in [
        &["indicateurs", "--campagne", "mars-2022"][..],
        &["listes", "a-orienter", "--au", "2021-06-30"],
        &["ingerer", "un.xml"],
        &["analyser", "SELECT 1"],
        &["campagne", "preparer", "mars-2022", "--sortie", "jamais"],
    ] {
        refus(&lancer(arguments), &["plusieurs départements (031, 047, 082)", "--departement"]);
    }
    refus(&lancer(&["listes", "a-orienter", "--au", "2021-06-30", "--departement", "tous"]), &["un seul département"]);
    refus(&lancer(&["listes", "a-orienter", "--au", "2021-06-30", "--departement", "075"]), &["075", "031, 047, 082"]);
    refus(&lancer(&["listes", "a-orienter", "--au", "2021-06-30", "--departement", "099"]), &["« 099 »"]);
    refus(&lancer(&["indicateurs", "--departement", "tous", "--campagne", "mars-2022", "--par", "mois"]), &["--par"]);
    let liste = lancer(&["listes", "a-orienter", "--au", "2021-06-30", "--departement", "82"]);
    assert_eq!(liste.code, 0, "{}", liste.err);
    let nuit = pays().join("nuit.toml");
    fs::write(&nuit, "entrepot = \"pays\"\n").unwrap();
    refus(&lancer(&["--departement", "82", "nuit", "--pipeline", nuit.to_str().unwrap()]), &["--pipeline"]);
}

#[test]
fn the_warehouse_of_one_department_is_not_taken_for_several() {
    let ici = tempfile::tempdir().unwrap();
    let entrepot = ici.path().join("entrepot");
    let recu = ici.path().join("un.xml");
    fs::write(&recu, flux("2021-01-31", "2021-02-03", &[("1", "2")])).unwrap();
    let recu = recu.to_str().unwrap();
    bien(&jalon(&entrepot, ["ingerer", "--recu-le", "2021-02-04", recu]));
    let sortie = jalon(&entrepot, ["ingerer", "--departement", "082", "--recu-le", "2021-02-04", recu]);
    refus(&sortie, &["d'un seul département"]);
    assert!(!entrepot.join("departement=082").exists());
}

/// Warehouses made by hand, from stocks whose people are told by their number.
struct Lieu(TempDir);

impl Lieu {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn recevoir(&self, code: &str, cle: Option<&str>, mois: &str, personnes: &[&str]) -> &Self {
        let foyers: Vec<(&str, &str)> = personnes.iter().map(|personne| (*personne, "2")).collect();
        let recu = self.0.path().join(format!("{code}-{mois}.xml"));
        fs::write(&recu, flux(&format!("{mois}-28"), &format!("{mois}-28"), &foyers)).unwrap();
        let jour = format!("{mois}-28");
        let cle = cle.map(|cle| self.0.path().join(cle));
        let avec = cle.iter().flat_map(|cle| ["--cle", cle.to_str().unwrap()]);
        let arguments = ["--departement", code, "ingerer", "--recu-le", &jour, recu.to_str().unwrap()];
        let sortie = jalon(&self.pays(), avec.chain(arguments));
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        self
    }

    fn pays(&self) -> PathBuf {
        self.0.path().join("pays")
    }

    fn ensemble(&self, cle: Option<&str>) -> Value {
        let cle = cle.map(|cle| self.0.path().join(cle));
        let avec = cle.iter().flat_map(|cle| ["--cle", cle.to_str().unwrap()]);
        let arguments = ["--departement", "tous", "indicateurs", "--campagne", "mars-2022", "--format", "json"];
        let sortie = jalon(&self.pays(), avec.chain(arguments));
        assert_eq!(sortie.code, 0, "{}", sortie.err);
        serde_json::from_str(&sortie.out).unwrap()
    }
}

/// Somebody enters in 031 in January and in 082 in April; two others never move.
fn demenagement(lieu: &Lieu, cles: [Option<&str>; 2]) {
    lieu.recevoir("031", cles[0], "2020-12", &["1"])
        .recevoir("031", cles[0], "2021-01", &["1", "7"])
        .recevoir("031", cles[0], "2021-04", &["1"])
        .recevoir("082", cles[1], "2020-12", &["2"])
        .recevoir("082", cles[1], "2021-04", &["2", "7"]);
}

fn entrants(ensemble: &Value) -> Vec<u64> {
    let lignes = ensemble["indicateurs"][0]["departements"].as_array().unwrap();
    lignes.iter().map(|ligne| ligne["valeur"].as_u64().unwrap()).collect()
}

#[test]
fn who_moves_enters_in_both_departments_and_is_one_move() {
    let lieu = Lieu::new();
    demenagement(&lieu, [Some("cle"); 2]);
    let ensemble = lieu.ensemble(Some("cle"));
    assert_eq!(entrants(&ensemble), [1, 1]);
    assert_eq!(ensemble["indicateurs"][0]["totaux"][0]["valeur"], 2);
    let demenagements = &ensemble["demenagements"];
    assert_eq!(demenagements["paires"], serde_json::json!([{"de": "031", "vers": "082", "personnes": 1}]));
    assert!(demenagements["motif"].is_null());
    for secret in ["BRUMEVAL", "ONDINE", "28704999", "1987"] {
        assert!(!ensemble.to_string().contains(secret), "{secret}");
    }
}

#[test]
fn departments_with_their_own_keys_have_no_moves_and_it_is_said() {
    let lieu = Lieu::new();
    demenagement(&lieu, [None; 2]);
    let ensemble = lieu.ensemble(None);
    assert_eq!(entrants(&ensemble), [1, 1]);
    assert_eq!(ensemble["demenagements"]["paires"], serde_json::json!([]));
    assert_eq!(ensemble["demenagements"]["departements_par_cle"], serde_json::json!([["031"], ["082"]]));
    assert!(ensemble["demenagements"]["motif"].as_str().unwrap().contains("même clé"));
}

#[test]
fn each_department_has_its_own_rules_and_its_own_targets() {
    let lieu = Lieu::new();
    demenagement(&lieu, [None; 2]);
    let reglages = lieu.pays().join("departements.toml");
    let attendus = "indicateur;periode;colonne;valeur;source;exemple\n3.1.1;2021;attendu;3;convention;\n\
                    3.1.2;2021;attendu;25 %;convention;\n";
    fs::write(lieu.pays().join("082.csv"), attendus).unwrap();
    fs::write(
        &reglages,
        "[[departements]]\ncode = \"082\"\nnom = \"Le Tarn-et-Garonne\"\nhistorique = \"082.csv\"\ncaisses = [\"CAF991\"]\n",
    )
    .unwrap();
    let ensemble = lieu.ensemble(None);
    let attendu = |rang: usize| &ensemble["indicateurs"][rang]["departements"][1]["attendu"];
    assert_eq!(attendu(0), &serde_json::json!({"valeur": 3, "en_part": false, "exemple": false, "ecart": -2}));
    assert_eq!(attendu(1), &serde_json::json!({"valeur": 0.25, "en_part": true, "exemple": false, "ecart": -0.25}));
    assert_eq!(ensemble["departements"][1]["nom"], "Le Tarn-et-Garonne");
    assert!(ensemble["indicateurs"][0]["departements"][0]["attendu"].is_null());

    let demande = ["--departement", "tous", "indicateurs", "--campagne", "mars-2022"];
    fs::write(&reglages, "[[departements]]\ncode = \"082\"\ncaisses = [\"CAF821\"]\n").unwrap();
    refus(&jalon(&lieu.pays(), demande), &["082", "CAF991", "« caisses »", "CAF821"]);
    fs::write(&reglages, "[[departements]]\ncode = \"99\"\n").unwrap();
    refus(&jalon(&lieu.pays(), demande), &["departements.toml", "ligne 2", "« code »", "« 99 »"]);
}

#[test]
fn the_commands_of_the_page_can_be_typed_and_its_settings_are_read() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/departements.md");
    let page = fs::read_to_string(page).unwrap();
    let extrait = |langue: &str| page.split(&format!("```{langue}\n")).nth(1).unwrap().split("```").next().unwrap();
    let ici = tempfile::tempdir().unwrap();
    let commandes: Vec<&str> = extrait("sh").lines().collect();
    assert_eq!(commandes.len(), 8);
    for commande in commandes {
        let mots = commande.strip_prefix("jalon ").unwrap().split(' ');
        let mut jalon = Command::new(env!("CARGO_BIN_EXE_jalon"));
        bien(&lancer_ici(jalon.current_dir(ici.path()).env_remove("JALON_DEPARTEMENT").args(mots)));
    }
    let csv = fs::read_to_string(ici.path().join("tableau.csv")).unwrap();
    let colonnes = page.split("## Les colonnes du CSV").nth(1).unwrap();
    for colonne in csv.trim_start_matches('\u{feff}').lines().next().unwrap().split(';') {
        assert!(colonnes.contains(&format!("`{colonne}`")), "{colonne}");
    }
    let reglages = ::jalon::pays::Reglages::lire(extrait("toml"), Path::new("departements.toml")).unwrap();
    assert_eq!(reglages.departement("082").unwrap().caisses.len(), 2);
}
