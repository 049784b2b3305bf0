//! The lists, the readings, the quality, the comparison and the submissions in a browser: they say what
//! the commands say, to the letter.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod programme;
    pub mod serveur;
}

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use commun::programme::jalon;
use commun::serveur::Serveur;
use serde_json::Value;
use tempfile::TempDir;

const JOUR: &str = "2021-12-31";

/// The sample department, ingested.
fn departement() -> (TempDir, PathBuf) {
    let lieu = tempfile::tempdir().unwrap();
    let entrepot = lieu.path().join("entrepot");
    let entrant = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant");
    let sortie = jalon(&entrepot, [Path::new("ingerer"), &entrant]);
    assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
    (lieu, entrepot)
}

fn dire(entrepot: &Path, arguments: &[&str]) -> String {
    let sortie = jalon(entrepot, arguments);
    assert!(matches!(sortie.code, 0 | 4), "{}", sortie.tout());
    sortie.out
}

/// A text as a page writes it.
fn ecrit(texte: &str) -> String {
    texte.replace('&', "&#38;").replace('\'', "&#39;").replace('"', "&#34;").replace('<', "&#60;").replace('>', "&#62;")
}

/// The addresses of a page that begin so.
fn liens<'a>(page: &'a str, debut: &str) -> Vec<String> {
    let liens = page.split("href=\"").skip(1).filter_map(|suite| suite.split('"').next());
    liens.filter(|lien| lien.starts_with(debut)).map(|lien: &'a str| lien.replace("&#38;", "&")).collect()
}

#[test]
fn each_list_is_that_of_the_command_and_its_file_too() {
    let (_lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let mut gens = 0;
    for code in ["a-orienter", "a-convoquer", "absents", "sans-rdv", "sans-cer", "pe-2-ans", "plus-5-ans"] {
        let csv = dire(&entrepot, &["listes", code, "--au", JOUR, "--format", "csv"]);
        let json: Value =
            serde_json::from_str(&dire(&entrepot, &["listes", code, "--au", JOUR, "--format", "json"])).unwrap();
        let page = serveur.page(&format!("/listes?liste={code}&jour={JOUR}"));
        assert!(page.contains(&ecrit(json["regle"].as_str().unwrap())), "{code}");
        let lignes = json["lignes"].as_array().unwrap();
        gens += lignes.len();
        assert!(page.contains(&format!("({})</a></li>", lignes.len())), "{code} {}", lignes.len());
        let montres: Vec<&str> = page.split("data-champ=\"manque\">").skip(1).collect();
        assert_eq!(montres.len(), lignes.len().min(100), "{code}");
        for (montre, ligne) in montres.iter().zip(lignes) {
            let manque = ecrit(ligne["manque"].as_str().unwrap());
            assert!(montre.starts_with(&format!("{manque}</span>")), "{code} {manque} {}", &montre[..80]);
        }
        let fichier = serveur.page(&format!("/liste.csv?liste={code}&jour={JOUR}"));
        assert_eq!(fichier, csv, "{code}");
    }
    assert!(gens > 50, "the sample has too few people on its lists to tell: {gens}");
    assert_eq!(serveur.demander("/listes?liste=autre").code, 404);
    assert_eq!(serveur.demander("/listes?jour=2021-13-01").code, 400);
}

#[test]
fn a_list_is_filtered_and_its_file_with_it_and_the_register_says_so() {
    let (_lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let csv = dire(&entrepot, &["listes", "sans-cer", "--au", JOUR, "--format", "csv"]);
    let colonne = |ligne: &str, rang: usize| ligne.split(';').nth(rang).unwrap().to_owned();
    for (champ, rang) in [("structure", 10), ("territoire", 11)] {
        let valeur = csv.lines().skip(1).map(|ligne| colonne(ligne, rang)).find(|valeur| !valeur.is_empty()).unwrap();
        let attendues: Vec<&str> = csv.lines().skip(1).filter(|ligne| colonne(ligne, rang) == valeur).collect();
        assert!(attendues.len() < csv.lines().count() - 1, "{champ} {valeur} is everybody's");
        let code: String = valeur.bytes().map(|octet| format!("%{octet:02X}")).collect();
        let page = serveur.page(&format!("/listes?liste=sans-cer&jour={JOUR}&{champ}={code}"));
        assert!(page.contains(&format!("<option value=\"{}\" selected=\"selected\">", ecrit(&valeur))), "{valeur}");
        assert_eq!(page.matches("data-champ=\"manque\">").count(), attendues.len(), "{champ} {valeur}");
        // The link of the page leads to the file of what it shows.
        let lien = liens(&page, "/liste.csv").remove(0);
        let fichier = serveur.page(&lien);
        assert_eq!(fichier.lines().skip(1).collect::<Vec<_>>(), attendues, "{lien}");
        let registre = fs::read_to_string(entrepot.join("audit/consultations.csv")).unwrap();
        let derniere = registre.lines().last().unwrap();
        assert!(derniere.contains(&format!(";export;;{}", lien.replace(';', " "))), "{derniere} {lien}");
    }
}

/// An agent is chosen by name on the page; neither the address nor the register holds it.
#[test]
fn a_referent_stands_under_a_number_in_addresses_and_in_the_register() {
    let (_lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let json = dire(&entrepot, &["listes", "sans-cer", "--au", JOUR, "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let mut noms: BTreeMap<String, usize> = BTreeMap::new();
    for nom in json["lignes"].as_array().unwrap().iter().filter_map(|ligne| ligne["referent"].as_str()) {
        *noms.entry(nom.to_owned()).or_default() += 1;
    }
    assert!(noms.len() > 1, "{noms:?}");
    let accueil = serveur.page(&format!("/listes?liste=sans-cer&jour={JOUR}"));
    let choix =
        |page: &str| page.split_once("name=\"referent\">").unwrap().1.split_once("</select>").unwrap().0.to_owned();
    for (nom, siens) in &noms {
        let champ = choix(&accueil);
        let option = champ.split("<option value=\"").find(|option| option.contains(&format!("\">{}<", ecrit(nom))));
        let numero = option.unwrap().split('"').next().unwrap();
        assert!(numero.parse::<usize>().is_ok(), "{numero}");
        let page = serveur.page(&format!("/listes?liste=sans-cer&jour={JOUR}&referent={numero}"));
        let choisie = format!("<option value=\"{numero}\" selected=\"selected\">{}</option>", ecrit(nom));
        assert!(choix(&page).contains(&choisie), "{choisie}");
        assert!(page.contains(&format!("Seulement référent : {}.", ecrit(nom))));
        let fichier = serveur.page(&liens(&page, "/liste.csv").remove(0));
        let lignes: Vec<&str> = fichier.lines().skip(1).collect();
        assert!(lignes.len() == *siens && lignes.iter().all(|ligne| ligne.contains(nom)), "{nom}\n{fichier}");
        for lien in liens(&page, "/") {
            assert!(!lien.contains(nom) && !lien.contains(&nom.replace(' ', "%20")), "{lien}");
        }
    }
    let registre = fs::read_to_string(entrepot.join("audit/consultations.csv")).unwrap();
    assert_eq!(registre.matches("&referent=").count(), noms.len());
    for nom in noms.keys() {
        assert!(nom.split(' ').all(|mot| mot.len() < 3 || !registre.contains(mot)), "{nom}");
    }
    assert_eq!(serveur.demander("/listes?referent=0").code, 404);
    assert_eq!(serveur.demander(&format!("/liste.csv?referent={}", noms.len() + 1000)).code, 404);
}

#[test]
fn somebody_on_a_list_leads_to_their_story_of_that_day() {
    let (_lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let page = serveur.page(&format!("/listes?liste=sans-cer&jour={JOUR}"));
    let lien = liens(&page, "/personne/").remove(0);
    assert!(lien.ends_with(&format!("?connu_le={JOUR}")), "{lien}");
    assert!(serveur.page(&lien).contains("Parcours de la personne"), "{lien}");
    let registre = fs::read_to_string(entrepot.join("audit/consultations.csv")).unwrap();
    assert!(registre.lines().last().unwrap().contains(";personne;"), "{registre}");
}

#[test]
fn the_readings_are_those_of_the_command() {
    let (_lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let arguments = ["indicateurs", "--campagne", "mars-2022", "--lectures", "--format", "json"];
    let json: Value = serde_json::from_str(&dire(&entrepot, &arguments)).unwrap();
    let page = serveur.page("/lectures?campagne=mars-2022");
    let lectures = json["lectures"].as_array().unwrap();
    assert!(lectures.len() > 10, "{lectures:?}");
    for lecture in lectures {
        let nom = lecture["lecture"].as_str().unwrap();
        let ligne = page.split(&format!("data-ligne=\"{nom}\"")).nth(1).unwrap_or_else(|| panic!("{nom}\n{page}"));
        let ligne = ligne.split("</tr>").next().unwrap();
        for id in ["3.1.1", "3.1.2", "3.1.6"] {
            let valeur = &lecture["valeurs"][id];
            assert!(
                ligne.contains(&format!("data-champ=\"{id}\" class=\"change\">{valeur}<"))
                    || ligne.contains(&format!("data-champ=\"{id}\">{valeur}<")),
                "{nom} {id} {valeur}\n{ligne}"
            );
        }
    }
}

#[test]
fn the_quality_is_that_of_the_command_and_names_nobody() {
    let (lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let page = serveur.page("/qualite?campagne=mars-2022&connu_le=2022-03-31");
    let arguments = ["qualite", "--campagne", "mars-2022", "--connu-le", "2022-03-31"];
    let json: Value =
        serde_json::from_str(&dire(&entrepot, &[&arguments[..], &["--format", "json"]].concat())).unwrap();
    let phrase = json["completude"]["phrase"].as_str().unwrap();
    assert!(page.contains(&ecrit(phrase)), "{phrase}\n{page}");
    let mut commande = commun::programme::commande(&entrepot);
    let large = commun::programme::lancer(commande.env("COLUMNS", "10000").args(arguments));
    let phrases: Vec<&str> = large.out.lines().filter_map(|ligne| ligne.strip_prefix("• ")).collect();
    assert!(phrases.len() > 5, "{}", large.out);
    for phrase in &phrases {
        assert!(page.contains(&format!("<li>{}</li>", ecrit(phrase.trim()))), "{phrase}");
    }
    assert_eq!(page.matches("<li>").count(), phrases.len() + 7, "the pages of the navigation, and the sentences");
    let detail = lieu.path().join("detail.csv");
    let arguments = ["indicateurs", "--campagne", "mars-2022", "--detail", detail.to_str().unwrap()];
    dire(&entrepot, &arguments);
    let detail = fs::read_to_string(detail).unwrap();
    for ligne in detail.lines().skip(1) {
        let personne: Vec<&str> = ligne.split(';').collect();
        for secret in [personne[0], personne[1], personne[3]] {
            assert!(secret.is_empty() || !page.contains(secret), "{secret}");
        }
    }
}

fn preparer(entrepot: &Path, dossier: &Path, connu_le: &str) {
    let sortie = dossier.to_str().unwrap();
    dire(entrepot, &["campagne", "preparer", "mars-2022", "--connu-le", connu_le, "--sortie", sortie]);
}

#[test]
fn a_sealed_submission_is_proven_on_demand_and_one_that_was_touched_is_told() {
    let (lieu, entrepot) = departement();
    let remises = lieu.path().join("remises");
    fs::create_dir(&remises).unwrap();
    let (premiere, seconde) = (remises.join("fevrier"), remises.join("mars"));
    preparer(&entrepot, &premiere, "2021-10-31");
    preparer(&entrepot, &seconde, "2022-03-31");
    dire(&entrepot, &["campagne", "sceller", premiere.to_str().unwrap()]);
    let serveur = Serveur::new(&entrepot, &["--remises", remises.to_str().unwrap()]);
    let page = serveur.page("/campagnes");
    assert!(page.contains("scellé le") && page.contains("pas encore scellé"), "{page}");
    let empreinte = fs::read_to_string(premiere.join("sceau.sha256")).unwrap();
    assert!(page.contains(&empreinte[..64]), "the copy of the seal is shown\n{page}");
    let verifier = liens(&page, "/campagnes/");
    assert_eq!(verifier.len(), 1, "only what is sealed is verified");
    let preuve = serveur.page(&verifier[0]);
    assert!(preuve.contains("Tout est prouvé") && preuve.contains(&empreinte[..64]), "{preuve}");
    for ligne in dire(&entrepot, &["campagne", "verifier", premiere.to_str().unwrap()]).lines() {
        assert!(preuve.contains(&ecrit(ligne.trim())), "{ligne}\n{preuve}");
    }
    let tableau = premiere.join("tableau.csv");
    fs::set_permissions(&tableau, Permissions::from_mode(0o600)).unwrap();
    fs::write(&tableau, "autre chose").unwrap();
    let preuve = serveur.page(&verifier[0]);
    assert!(preuve.contains("Tout n'est pas prouvé") && preuve.contains("tableau.csv"), "{preuve}");
    assert_eq!(serveur.demander("/campagnes/0123456789ab").code, 404);
    // Two submissions, person by person: the file is the command's, and the register says who took it.
    let comparaison = serveur.page("/comparaison");
    let codes: Vec<&str> = comparaison
        .split("id=\"dossier-a\"")
        .nth(1)
        .unwrap()
        .split("</select>")
        .next()
        .unwrap()
        .split("<option value=\"")
        .skip(1)
        .map(|suite| suite.split('"').next().unwrap())
        .collect();
    let adresse = format!("a={}&b={}", codes[0], codes[1]);
    let cote_a_cote = serveur.page(&format!("/comparaison/remises?{adresse}"));
    let csv = dire(
        &entrepot,
        &["campagne", "comparer", premiere.to_str().unwrap(), seconde.to_str().unwrap(), "--format", "csv"],
    );
    assert!(csv.lines().count() > 1, "nothing came in March");
    let personnes =
        |texte: &str| texte.lines().skip(1).map(|l| l.split(';').nth(2).unwrap().to_owned()).collect::<Vec<_>>();
    for numero in personnes(&csv).iter().filter(|numero| !numero.is_empty()) {
        assert!(!cote_a_cote.contains(numero.as_str()), "nobody is named before it is noted");
    }
    assert_eq!(serveur.page(&format!("/comparaison.csv?{adresse}")), csv);
    let registre = fs::read_to_string(entrepot.join("audit/consultations.csv")).unwrap();
    assert!(registre.lines().last().unwrap().contains(";export;;/comparaison.csv?a="), "{registre}");
}

#[test]
fn two_days_of_knowledge_stand_side_by_side_with_their_differences() {
    let (_lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let valeurs = |connu_le: &str| -> Vec<Value> {
        let arguments = ["indicateurs", "--campagne", "mars-2022", "--connu-le", connu_le, "--format", "json"];
        let json: Value = serde_json::from_str(&dire(&entrepot, &arguments)).unwrap();
        json["indicateurs"].as_array().unwrap().iter().map(|i| i["valeur"].clone()).collect()
    };
    let jours = ["2021-10-31", "2022-03-31"];
    let [avant, apres] = jours.map(valeurs);
    let page = serveur.page(&format!(
        "/comparaison?a_campagne=mars-2022&a_connu_le={}&b_campagne=mars-2022&b_connu_le={}",
        jours[0], jours[1]
    ));
    let mut differences = 0;
    for (rang, id) in ["3.1.1", "3.1.2", "3.1.3", "3.1.4", "3.1.5", "3.1.6", "3.2.1"].iter().enumerate() {
        let ligne = page.split(&format!("data-ligne=\"{id}\"")).nth(1).unwrap().split("</tr>").next().unwrap();
        let (a, b) = (avant[rang].as_i64().unwrap(), apres[rang].as_i64().unwrap());
        assert!(ligne.contains(&format!("data-champ=\"a\">{a}<")), "{id} {a}\n{ligne}");
        assert!(ligne.contains(&format!("data-champ=\"b\">{b}<")), "{id} {b}\n{ligne}");
        let ecart = match b - a {
            0 => "pas d&#39;écart".to_owned(),
            n if n > 0 => format!("+{n}"),
            n => format!("−{}", -n),
        };
        differences += usize::from(a != b);
        assert!(ligne.contains(&format!(">{ecart}<")), "{id} {ecart}\n{ligne}");
    }
    assert!(differences > 2, "nothing moved between the two days");
}

/// Without a choice, the day is that of the last flux when it came long ago: nothing is known since.
#[test]
fn the_day_of_the_lists_is_that_of_the_last_flux_when_it_is_old() {
    let (_lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let dernier = dire(&entrepot, &["analyser", "--format", "csv", "SELECT MAX(recu_le) AS jour FROM flux"]);
    let dernier = dernier.lines().nth(1).unwrap();
    assert!(serveur.page("/listes").contains(&format!("name=\"jour\" value=\"{dernier}\"")), "{dernier}");
}

#[test]
fn deadlines_that_are_past_are_counted_and_said_on_their_lines() {
    let (_lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let csv = dire(&entrepot, &["listes", "a-orienter", "--au", JOUR, "--format", "csv"]);
    let jours: Vec<i64> = csv.lines().skip(1).map(|l| l.split(';').nth(14).unwrap().parse().unwrap()).collect();
    let passees = jours.iter().filter(|jours| **jours < 0).count();
    assert!(passees > 0 && passees < jours.len());
    let page = serveur.page(&format!("/listes?liste=a-orienter&jour={JOUR}"));
    let dite = format!("{} personnes, dont {passees} d'échéance passée", jours.len());
    assert!(page.contains(&ecrit(&dite)), "{dite}");
    assert_eq!(page.matches(">échéance passée<").count(), passees);
}

/// The figure beside the name of each list is that of the filter, whichever list is shown.
#[test]
fn a_filter_holds_for_the_figures_of_every_list() {
    let (_lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let territoires = |code: &str| -> Vec<String> {
        let csv = dire(&entrepot, &["listes", code, "--au", JOUR, "--format", "csv"]);
        csv.lines().skip(1).map(|ligne| ligne.split(';').nth(11).unwrap().to_owned()).collect()
    };
    let (a_orienter, sans_cer) = (territoires("a-orienter"), territoires("sans-cer"));
    let territoire = sans_cer.iter().find(|territoire| !territoire.is_empty()).unwrap();
    let code: String = territoire.bytes().map(|octet| format!("%{octet:02X}")).collect();
    let page = serveur.page(&format!("/listes?liste=sans-cer&jour={JOUR}&territoire={code}"));
    for (liste, toutes) in [("a-orienter", &a_orienter), ("sans-cer", &sans_cer)] {
        let gardees = toutes.iter().filter(|autre| *autre == territoire).count();
        assert!(gardees < toutes.len(), "{liste}");
        let lien = page.split("<li><a href=\"/listes?").find(|lien| lien.starts_with(&format!("liste={liste}&")));
        assert!(lien.unwrap().contains(&format!(" ({gardees})</a></li>")), "{liste} {gardees} {}", lien.unwrap());
    }
}

/// The second side is the first one, unless it is told.
#[test]
fn a_side_that_is_not_told_is_the_other_one() {
    let (_lieu, entrepot) = departement();
    let serveur = Serveur::new(&entrepot, &[]);
    let legende = |adresse: &str| {
        let page = serveur.page(adresse);
        page.split_once("<caption").unwrap().1.split_once("</caption>").unwrap().0.to_owned()
    };
    let seule = legende("/comparaison?a_campagne=mars-2022&b_connu_le=2021-10-31");
    let [a, b] = seule.split(". B : ").collect::<Vec<_>>()[..] else { panic!("{seule}") };
    assert!(a.contains("A : mars-2022,") && a.contains("tout ce qui est connu"), "{seule}");
    assert!(b.contains("mars-2022,") && b.contains("31/10/2021"), "{seule}");
}

/// What the list of a figure does not say by itself is said above it.
#[test]
fn the_page_of_a_figure_says_how_its_list_goes_with_it() {
    let (_lieu, entrepot) = departement();
    let transmis = "celui que Pôle emploi a transmis";
    let serveur = Serveur::new(&entrepot, &[]);
    for (id, dit) in [("3.2.3", true), ("3.2.2", false), ("3.1.1", false)] {
        let page = serveur.page(&format!("/indicateur/{id}?campagne=mars-2022"));
        assert_eq!(page.contains(transmis), dit, "{id}");
        assert!(!page.contains("le chiffre compte des personnes"), "{id}");
    }
    let serveur = Serveur::new(&entrepot, &["--lecture", "comptage=personnes"]);
    assert!(serveur.page("/indicateur/3.1.1?campagne=mars-2022").contains("le chiffre compte des personnes"));
}
