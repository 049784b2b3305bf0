//! `jalon servir`, by the real program on the sample department: who is let in, what is shown, what is
//! noted, and that nothing shown differs from what the commands say.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use programme::{commande, fichiers, jalon};
use serde_json::Value;
use tempfile::TempDir;

/// The sample department, ingested once for every test: they only read it.
static EXEMPLE: LazyLock<TempDir> = LazyLock::new(|| {
    let lieu = tempfile::tempdir().unwrap();
    let sortie = jalon(&lieu.path().join("entrepot"), [Path::new("ingerer"), &entrant()]);
    assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
    lieu
});

fn entrant() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant")
}

fn exemple() -> PathBuf {
    EXEMPLE.path().join("entrepot")
}

/// A run of the program, ended with the test.
struct Serveur {
    processus: Child,
    /// What was printed first.
    lien: String,
    port: u16,
    cookie: String,
    /// Where its consultations are noted.
    audit: PathBuf,
    _lieu: TempDir,
}

impl Drop for Serveur {
    fn drop(&mut self) {
        if self.processus.kill().is_ok() {
            self.processus.wait().unwrap();
        }
    }
}

#[derive(Debug)]
struct Reponse {
    code: u16,
    entetes: BTreeMap<String, String>,
    octets: Vec<u8>,
}

impl Reponse {
    fn texte(&self) -> String {
        String::from_utf8(self.octets.clone()).unwrap()
    }
}

impl Serveur {
    fn lancer(entrepot: &Path, arguments: &[&str]) -> Self {
        let lieu = tempfile::tempdir().unwrap();
        let audit = lieu.path().join("registre/consultations.csv");
        Self::avec_audit(entrepot, arguments, audit, lieu)
    }

    fn avec_audit(entrepot: &Path, arguments: &[&str], audit: PathBuf, lieu: TempDir) -> Self {
        let mut lance = commande(entrepot);
        lance.arg("servir").arg("--audit").arg(&audit).args(arguments);
        let mut processus = lance.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lien = String::new();
        BufReader::new(processus.stdout.take().unwrap()).read_line(&mut lien).unwrap();
        let lien = lien.trim_end().to_owned();
        let port = lien.strip_prefix("http://127.0.0.1:").and_then(|reste| reste.split('/').next()).unwrap();
        let mut serveur =
            Self { port: port.parse().unwrap(), processus, cookie: String::new(), audit, _lieu: lieu, lien };
        let ouvert = serveur.demander("GET", serveur.chemin_du_lien(), &[], "");
        let cookie = ouvert.entetes["set-cookie"].split(';').next().unwrap().to_owned();
        serveur.cookie = cookie;
        serveur
    }

    fn chemin_du_lien(&self) -> &str {
        &self.lien[self.lien.find("/?").unwrap()..]
    }

    /// A request, as it is given: only the Host is added, unless there is one.
    fn demander(&self, methode: &str, chemin: &str, entetes: &[(&str, &str)], corps: &str) -> Reponse {
        let mut requete = format!("{methode} {chemin} HTTP/1.1\r\nConnection: close\r\n");
        if !entetes.iter().any(|(nom, _)| *nom == "Host") {
            requete.push_str(&format!("Host: 127.0.0.1:{}\r\n", self.port));
        }
        entetes.iter().for_each(|(nom, valeur)| requete.push_str(&format!("{nom}: {valeur}\r\n")));
        if !corps.is_empty() {
            let genre = "application/x-www-form-urlencoded";
            requete.push_str(&format!("Content-Type: {genre}\r\nContent-Length: {}\r\n", corps.len()));
        }
        let mut flux = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        flux.write_all(format!("{requete}\r\n{corps}").as_bytes()).unwrap();
        let mut recu = Vec::new();
        flux.read_to_end(&mut recu).unwrap();
        let fin = recu.windows(4).position(|quatre| quatre == b"\r\n\r\n").unwrap();
        let tete = std::str::from_utf8(&recu[..fin]).unwrap();
        let mut lignes = tete.lines();
        let code = lignes.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let entetes = lignes.map(|ligne| ligne.split_once(": ").unwrap());
        let entetes = entetes.map(|(nom, valeur)| (nom.to_owned(), valeur.to_owned())).collect();
        Reponse { code, entetes, octets: recu[fin + 4..].to_vec() }
    }

    /// A page, as a browser asks for it.
    fn lire(&self, chemin: &str) -> Reponse {
        self.demander("GET", chemin, &[("Cookie", &self.cookie), ("Sec-Fetch-Site", "same-origin")], "")
    }

    /// What our own form sends.
    fn poster(&self, chemin: &str, corps: &str) -> Reponse {
        let entetes = [("Cookie", &*self.cookie), ("Origin", "null"), ("Sec-Fetch-Site", "same-origin")];
        self.demander("POST", chemin, &entetes, corps)
    }

    fn page(&self, chemin: &str) -> String {
        let reponse = self.lire(chemin);
        assert_eq!(reponse.code, 200, "{chemin}\n{}", reponse.texte());
        reponse.texte()
    }

    fn consultations(&self) -> Vec<String> {
        let texte = fs::read_to_string(&self.audit).unwrap_or_default();
        texte.lines().skip(1).map(str::to_owned).collect()
    }
}

/// What stands between two texts, the first time.
fn entre<'t>(texte: &'t str, avant: &str, apres: &str) -> &'t str {
    let suite = texte.split_once(avant).unwrap_or_else(|| panic!("« {avant} » is not in\n{texte}")).1;
    suite.split_once(apres).unwrap().0
}

/// The addresses of a page.
fn liens(page: &str) -> Vec<String> {
    let liens = page.split("href=\"").skip(1).map(|suite| suite.split('"').next().unwrap());
    liens.filter(|lien| lien.starts_with('/')).map(|lien| lien.replace("&amp;", "&").replace("&#38;", "&")).collect()
}

/// The 13 characters of each NIR of the sample.
fn nirs() -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for chemin in fichiers(&entrant()) {
        let octets = fs::read(&chemin).unwrap();
        let mut nus = Vec::new();
        if chemin.extension().is_some_and(|extension| extension == "gz") {
            GzDecoder::new(&octets[..]).read_to_end(&mut nus).unwrap();
        } else {
            nus = octets;
        }
        let texte: String = nus.into_iter().map(char::from).collect();
        out.extend(texte.split("<NIR>").skip(1).filter_map(|nir| nir.get(..13)).map(str::to_owned));
    }
    assert!(out.len() > 200);
    out
}

#[test]
fn only_the_link_of_the_terminal_opens_the_pages_and_the_token_leaves_the_address() {
    let serveur = Serveur::lancer(&exemple(), &[]);
    let jeton = serveur.lien.split_once("jeton=").unwrap().1;
    assert_eq!(jeton.len(), 43, "256 bits");
    let ouvert = serveur.demander("GET", serveur.chemin_du_lien(), &[("Sec-Fetch-Site", "none")], "");
    assert_eq!((ouvert.code, &*ouvert.entetes["location"]), (303, "/"));
    let cookie = &ouvert.entetes["set-cookie"];
    for attribut in ["; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(attribut), "{cookie}");
    }
    assert!(!cookie.contains("Max-Age") && !cookie.contains("Expires") && !cookie.contains(jeton));
    let autre = format!("jalon-{}={jeton}", serveur.port);
    for refuse in [
        serveur.demander("GET", "/", &[], ""),
        serveur.demander("GET", "/", &[("Cookie", "jalon=1")], ""),
        serveur.demander("GET", "/", &[("Cookie", &autre)], ""),
        serveur.demander("GET", "/?jeton=", &[], ""),
        serveur.demander(
            "GET",
            &format!("/?jeton={}{}", &jeton[..42], if jeton.ends_with('A') { 'E' } else { 'A' }),
            &[],
            "",
        ),
        serveur.demander("GET", &format!("/personne/1?jeton={jeton}"), &[], ""),
        serveur.demander("GET", "/detail.csv?campagne=mars-2022", &[], ""),
    ] {
        assert_eq!(refuse.code, 403);
        assert!(refuse.texte().contains("lang=\"fr\"") && refuse.texte().contains("terminal"), "{}", refuse.texte());
        assert!(!refuse.entetes.contains_key("set-cookie"));
    }
    assert_eq!(serveur.lire("/").code, 200);
    // Two runs open each other's pages to nobody.
    let voisin = Serveur::lancer(&exemple(), &[]);
    assert_eq!(voisin.demander("GET", "/", &[("Cookie", &serveur.cookie)], "").code, 403);
    assert_eq!(voisin.demander("GET", serveur.chemin_du_lien(), &[], "").code, 403);
}

#[test]
fn another_name_another_site_and_another_method_are_refused() {
    let serveur = Serveur::lancer(&exemple(), &[]);
    let ici = format!("127.0.0.1:{}", serveur.port);
    let nom = format!("localhost:{}", serveur.port);
    let (origine, autre_port) = (format!("http://{ici}"), format!("http://127.0.0.1:{}", serveur.port - 1));
    let demander = |entetes: &[(&str, &str)]| {
        let entetes = [entetes, &[("Cookie", &*serveur.cookie)]].concat();
        serveur.demander("GET", "/", &entetes, "").code
    };
    assert_eq!(demander(&[("Host", &ici), ("Origin", &origine)]), 200);
    assert_eq!(demander(&[("Host", &nom)]), 200);
    assert_eq!(demander(&[("Sec-Fetch-Site", "none")]), 200);
    for hote in ["attaquant.example", "127.0.0.1", &format!("attaquant.example:{}", serveur.port), ""] {
        assert_eq!(demander(&[("Host", hote)]), 403, "{hote}");
    }
    assert_eq!(demander(&[("Host", &ici), ("Host", "attaquant.example")]), 403);
    for origine in ["http://attaquant.example", "null", &autre_port, &format!("https://{ici}")] {
        assert_eq!(demander(&[("Origin", origine)]), 403, "{origine}");
    }
    for site in ["cross-site", "same-site"] {
        assert_eq!(demander(&[("Sec-Fetch-Site", site)]), 403, "{site}");
    }
    for methode in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let reponse = serveur.demander(methode, "/", &[("Cookie", &serveur.cookie)], "");
        assert_eq!((reponse.code, &*reponse.entetes["allow"]), (405, "GET, HEAD"), "{methode}");
    }
    let tete = serveur.demander("HEAD", "/", &[("Cookie", &serveur.cookie)], "");
    assert!(tete.code == 200 && tete.octets.is_empty());
}

#[test]
fn every_answer_bears_the_headers_that_shut_it_in() {
    let serveur = Serveur::lancer(&exemple(), &[]);
    let reponses = [
        serveur.lire("/"),
        serveur.lire("/style.css"),
        serveur.lire("/nulle-part"),
        serveur.lire("/detail.csv?campagne=mars-2022"),
        serveur.demander("GET", "/", &[], ""),
        serveur.demander("DELETE", "/", &[], ""),
        serveur.demander("GET", serveur.chemin_du_lien(), &[], ""),
    ];
    assert_eq!(reponses.each_ref().map(|reponse| reponse.code), [200, 200, 404, 200, 403, 405, 303]);
    for reponse in reponses {
        let attendus = [
            (
                "content-security-policy",
                "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            ),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        for (nom, valeur) in attendus {
            assert_eq!(reponse.entetes.get(nom).map(String::as_str), Some(valeur), "{nom} of a {}", reponse.code);
        }
    }
}

/// Follows every link from the table: each page answers, shows no NIR, and can be told from the others.
#[test]
fn every_page_that_a_link_leads_to_answers_and_none_shows_a_nir() {
    let serveur = Serveur::lancer(&exemple(), &["--historique", "pipelines/historique.csv"]);
    let nirs = nirs();
    let (mut a_voir, mut vus) = (VecDeque::from(["/?campagne=mars-2022".to_owned()]), BTreeSet::new());
    let (mut personnes, mut pages) = (0, 0);
    let mut titres: BTreeMap<String, String> = BTreeMap::new();
    while let Some(chemin) = a_voir.pop_front() {
        let racine = chemin.split(['?', '#']).next().unwrap().to_owned();
        // Orders and filters of a list are a page of it; a few people are enough.
        let une_liste = racine.starts_with("/indicateur/") && chemin.contains("tri=") && pages > 60;
        let encore_quelqu_un = racine.starts_with("/personne/") && personnes >= 25;
        if une_liste || encore_quelqu_un || !vus.insert(chemin.clone()) {
            continue;
        }
        personnes += usize::from(racine.starts_with("/personne/"));
        pages += 1;
        let reponse = serveur.lire(&chemin);
        assert_eq!(reponse.code, 200, "{chemin}");
        let texte = reponse.texte();
        assert_eq!(nirs.iter().find(|nir| texte.contains(nir.as_str())), None, "a NIR in {chemin}");
        if !reponse.entetes["content-type"].starts_with("text/html") {
            continue;
        }
        assert_eq!(texte.matches("<h1").count(), 1, "{chemin}");
        assert!(texte.contains("<html lang=\"fr\">") && texte.contains("href=\"#contenu\">Aller au contenu"));
        assert!(!texte.contains("<script") && !texte.contains(" style=") && !texte.contains(" onclick"), "{chemin}");
        assert!(
            !texte.contains("http://")
                || texte.matches("http://").count() == texte.matches("http://www.w3.org/").count()
        );
        let titre = entre(&texte, "<title>", "</title>").to_owned();
        let deja = titres.entry(titre.clone()).or_insert_with(|| racine.clone());
        assert_eq!(*deja, racine, "two pages are called « {titre} »");
        a_voir.extend(liens(&texte));
    }
    assert!(pages > 40 && personnes >= 25, "{pages} pages, {personnes} people");
    let consultations = serveur.consultations();
    assert_eq!(consultations.iter().filter(|ligne| ligne.contains(";personne;")).count(), personnes);
}

#[test]
fn the_figures_are_those_of_the_command() {
    let serveur = Serveur::lancer(&exemple(), &["--lecture", "orientation.delai=30_jours"]);
    for (adresse, arguments) in [
        ("/?campagne=mars-2022", vec!["--campagne", "mars-2022"]),
        ("/?campagne=mars-2022&connu_le=2021-09-30", vec!["--campagne", "mars-2022", "--connu-le", "2021-09-30"]),
        (
            "/?du=2021-03-01&au=2021-08-31&arrete=2021-10-15",
            vec!["--du", "2021-03-01", "--au", "2021-08-31", "--arrete", "2021-10-15"],
        ),
    ] {
        let page = serveur.page(adresse);
        let options = ["indicateurs", "--lecture", "orientation.delai=30_jours", "--format", "json"];
        let sortie = jalon(&exemple(), options.iter().chain(&arguments));
        let json: Value = serde_json::from_str(&sortie.out).unwrap();
        for indicateur in json["indicateurs"].as_array().unwrap() {
            let id = indicateur["id"].as_str().unwrap();
            let ligne = entre(&page, &format!("<tr data-ligne=\"{id}\">"), "</tr>");
            let montree = entre(ligne, "data-champ=\"valeur\"", "</span>").rsplit('>').next().unwrap().to_owned();
            let attendue = match &indicateur["valeur"] {
                Value::Null => "n.d.".to_owned(),
                Value::Number(n) if n.is_f64() => format!("{:.1}", n.as_f64().unwrap()).replace('.', ","),
                n => n.to_string(),
            };
            assert_eq!(montree, attendue, "{id} of {adresse}");
            assert!(ligne.contains(&format!("href=\"/indicateur/{id}?")), "{ligne}");
        }
        let rendez_vous = &json["indicateurs"][3];
        assert_eq!(rendez_vous["id"], "3.1.4");
    }
}

#[test]
fn the_people_behind_a_figure_are_as_many_as_it_says() {
    let serveur = Serveur::lancer(&exemple(), &[]);
    let sortie = jalon(&exemple(), ["indicateurs", "--campagne", "mars-2022", "--format", "json"]);
    let json: Value = serde_json::from_str(&sortie.out).unwrap();
    let mut par_entree = 0;
    for indicateur in json["indicateurs"].as_array().unwrap() {
        let id = indicateur["id"].as_str().unwrap();
        let entree = id.starts_with("3.1.") || id == "3.2.1";
        let filtre = if entree { "&montrer=oui" } else { "" };
        let (mut page, mut lignes) = (1, 0);
        loop {
            let texte = serveur.page(&format!("/indicateur/{id}?campagne=mars-2022{filtre}&page={page}"));
            lignes += texte.matches("<tr data-ligne=").count();
            if !texte.contains(">Page suivante<") {
                break;
            }
            page += 1;
        }
        // A mean and a ratio count no people; what Pôle emploi gave has nobody behind it.
        if let (Some(valeur), false) = (indicateur["valeur"].as_u64(), indicateur["source"] == "pole_emploi") {
            assert_eq!(lignes as u64, valeur, "{id}");
            par_entree += 1;
        }
    }
    assert!(par_entree >= 7);
    // Who does not count is there too, with the reason.
    let texte = serveur.page("/indicateur/3.1.2?campagne=mars-2022&montrer=non");
    let raisons = texte.matches("class=\"non\">non, ").count();
    assert!(raisons > 0 && raisons == texte.matches("<tr data-ligne=").count());
    assert!(texte.contains("pas d&#39;orientation au") || texte.contains("après le"));
}

#[test]
fn a_list_is_sorted_by_its_columns_both_ways() {
    let serveur = Serveur::lancer(&exemple(), &[]);
    let noms = |tri: &str| -> Vec<String> {
        let texte = serveur.page(&format!("/indicateur/3.1.1?campagne=mars-2022&tri={tri}"));
        let lignes = texte.split("<tr data-ligne=").skip(1);
        lignes.map(|ligne| entre(entre(ligne, "<th scope=\"row\">", "</th>"), ">", "<").to_owned()).collect()
    };
    let (croissant, decroissant) = (noms("nom"), noms("-nom"));
    let nom = |personne: &str| jalon::identite::folded(personne.split(' ').next().unwrap()).into_owned();
    assert!(croissant.windows(2).all(|deux| nom(&deux[0]) <= nom(&deux[1])), "{croissant:?}");
    assert!(decroissant.windows(2).all(|deux| nom(&deux[0]) >= nom(&deux[1])), "{decroissant:?}");
    assert_ne!(croissant, decroissant);
    let texte = serveur.page("/indicateur/3.1.1?campagne=mars-2022&tri=-nom");
    assert!(texte.contains("<th scope=\"col\" aria-sort=\"descending\">"));
}

#[test]
fn the_export_is_the_detail_of_the_command_and_it_is_noted() {
    let serveur = Serveur::lancer(&exemple(), &[]);
    let detail = EXEMPLE.path().join("detail.csv");
    let arguments = ["indicateurs", "--campagne", "mars-2022", "--detail", detail.to_str().unwrap()];
    assert_eq!(jalon(&exemple(), arguments).code, 0);
    let export = serveur.lire("/detail.csv?campagne=mars-2022");
    assert_eq!(export.code, 200);
    assert_eq!(export.octets, fs::read(&detail).unwrap());
    assert_eq!(export.entetes["content-disposition"], "attachment; filename=\"detail-mars-2022.csv\"");
    let notees = serveur.consultations();
    assert_eq!(notees.len(), 1);
    assert!(notees[0].ends_with(";export;;/detail.csv?campagne=mars-2022"), "{}", notees[0]);
}

/// The address of the story of the first person behind 3.1.1, with their dossier and their name.
fn premiere_personne(serveur: &Serveur) -> (String, String, String) {
    let page = serveur.page("/indicateur/3.1.1?campagne=mars-2022");
    let ligne = entre(&page, "<tr data-ligne=", "</tr>").to_owned();
    let adresse = liens(&ligne)[0].clone();
    let nom = entre(&ligne, "\">", "<span class=\"hors-ecran\">").rsplit('>').next().unwrap().to_owned();
    let dossier = entre(&ligne, "data-champ=\"dossier\">", "</span>").to_owned();
    (adresse, dossier, nom)
}

#[test]
fn the_story_is_that_of_the_command_and_it_is_noted_under_a_digest() {
    let serveur = Serveur::lancer(&exemple(), &[]);
    let (adresse, dossier, nom) = premiere_personne(&serveur);
    let sans_periode = adresse.split('?').next().unwrap();
    let qui = format!("{dossier} {nom}");
    for (adresse, periode) in [(&*adresse, &["--campagne", "mars-2022"][..]), (sans_periode, &[])] {
        let page = serveur.page(adresse);
        let arguments = [&["expliquer", &*qui, "--format", "html"], periode].concat();
        let sortie = jalon(&exemple(), arguments);
        assert_eq!(sortie.code, 0, "{}", sortie.err);
        let recit = entre(&sortie.out, "</h1>\n", "</main>");
        assert!(recit.len() > 2000 && page.contains(recit.trim_end()), "{adresse}");
    }
    let notees = serveur.consultations();
    assert_eq!(notees.len(), 2);
    let champs: Vec<&str> = notees[0].split(';').collect();
    assert_eq!((champs.len(), champs[2], champs[4]), (5, "personne", &*adresse));
    let utilisateur = Command::new("id").arg("-un").output().unwrap().stdout;
    assert_eq!(champs[1], String::from_utf8(utilisateur).unwrap().trim());
    assert!(champs[3].len() == 16 && champs[3].bytes().all(|b| b.is_ascii_hexdigit()), "{}", champs[3]);
    for secret in [&*dossier, dossier.trim_start_matches('0')].into_iter().chain(nom.split(' ')) {
        assert!(!notees[0].contains(secret) && !adresse.contains(secret), "{}", notees[0]);
    }
    assert_eq!(fs::metadata(&serveur.audit).unwrap().permissions().mode() & 0o777, 0o600);
    // The digest is that of the person, whichever the run: an auditor finds all who looked at them.
    let voisin = Serveur::lancer(&exemple(), &[]);
    voisin.page(&premiere_personne(&voisin).0);
    assert_eq!(voisin.consultations()[0].split(';').nth(3), Some(champs[3]));
}

#[test]
fn a_story_that_cannot_be_noted_is_not_shown() {
    let lieu = tempfile::tempdir().unwrap();
    // A folder stands where the file should be.
    let audit = lieu.path().join("consultations.csv");
    fs::create_dir(&audit).unwrap();
    let serveur = Serveur::avec_audit(&exemple(), &[], audit, lieu);
    let (adresse, _, nom) = premiere_personne(&serveur);
    for chemin in [&*adresse, "/detail.csv?campagne=mars-2022"] {
        let reponse = serveur.lire(chemin);
        assert_eq!(reponse.code, 503);
        let texte = reponse.texte();
        assert!(texte.contains("Rien n&#39;est montré") && texte.contains("--audit"), "{texte}");
        assert!(!texte.contains(nom.split(' ').next().unwrap()), "{texte}");
    }
}

#[test]
fn consultations_are_noted_in_the_warehouse_unless_told_elsewhere() {
    let lieu = tempfile::tempdir().unwrap();
    let entrepot = lieu.path().join("entrepot");
    let flux = lieu.path().join("a.xml");
    fs::write(&flux, programme::flux("2021-01-31", "2021-02-01", &[("1", "2"), ("2", "2")])).unwrap();
    assert_eq!(jalon(&entrepot, ["ingerer", "--recu-le", "2021-02-01", flux.to_str().unwrap()]).code, 0);
    let mut lance = commande(&entrepot);
    let mut processus = lance.arg("servir").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lien = String::new();
    BufReader::new(processus.stdout.take().unwrap()).read_line(&mut lien).unwrap();
    let port = entre(&lien, "127.0.0.1:", "/").parse().unwrap();
    let lien = lien.trim_end().to_owned();
    let audit = entrepot.join("audit/consultations.csv");
    let mut serveur =
        Serveur { processus, lien, port, cookie: String::new(), audit, _lieu: tempfile::tempdir().unwrap() };
    let ouvert = serveur.demander("GET", serveur.chemin_du_lien(), &[], "");
    serveur.cookie = ouvert.entetes["set-cookie"].split(';').next().unwrap().to_owned();
    serveur.lire("/detail.csv?campagne=mars-2022");
    assert_eq!(serveur.consultations().len(), 1);
    // What is noted is no segment: the warehouse is read as before.
    assert_eq!(jalon(&entrepot, ["indicateurs", "--campagne", "mars-2022"]).code, 0);
}

/// Who is looked for is sent, never asked for in an address, and only by our own form.
#[test]
fn somebody_is_found_without_their_name_standing_in_an_address() {
    let serveur = Serveur::lancer(&exemple(), &[]);
    let (adresse, dossier, nom) = premiere_personne(&serveur);
    let chercher = |qui: &str, entetes: &[(&str, &str)]| {
        let corps = format!("qui={}", qui.replace(' ', "+"));
        serveur.demander("POST", "/personne", &[&[("Cookie", &*serveur.cookie)], entetes].concat(), &corps)
    };
    let qui = format!("{dossier} {nom}");
    // A form of ours, as browsers send it under our Referrer-Policy.
    let notre = [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")];
    let trouvee = chercher(&qui, &notre);
    assert_eq!((trouvee.code, &*trouvee.entetes["location"]), (303, adresse.split('?').next().unwrap()));
    let origine = format!("http://127.0.0.1:{}", serveur.port);
    assert_eq!(chercher(&qui, &[("Origin", &origine)]).code, 303);
    for autre in [
        &[("Origin", "null")][..],
        &[],
        &[("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
        &[("Origin", "http://attaquant.example"), ("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "none")],
    ] {
        assert_eq!(chercher(&qui, autre).code, 403, "{autre:?}");
    }
    let inconnue = chercher("99999999999 NULLEPART", &notre);
    assert_eq!(inconnue.code, 200);
    assert!(inconnue.texte().contains("Personne ne répond") && !inconnue.texte().contains("NULLEPART"));
    assert!(chercher("nom", &notre).texte().contains("se désigne par"));
    // A search alone shows nobody's story.
    assert!(serveur.consultations().is_empty());
}

/// Once the pages are shown, neither a story nor a search nor a list of names reads a segment again: a
/// warehouse whose segments are all unreadable by then still answers the same.
#[test]
fn a_story_and_a_search_read_no_segment_again() {
    let lieu = tempfile::tempdir().unwrap();
    let entrepot = lieu.path().join("entrepot");
    for fichier in fichiers(&exemple()) {
        let copie = entrepot.join(fichier.strip_prefix(exemple()).unwrap());
        fs::create_dir_all(copie.parent().unwrap()).unwrap();
        fs::copy(&fichier, copie).unwrap();
    }
    let attendu = lieu.path().join("orientations-attendu.csv");
    fs::write(&attendu, programme::orientations(&[(77_777, "2021-03-01")])).unwrap();
    let arguments = ["ingerer", "--recu-le", "2021-03-02", attendu.to_str().unwrap()];
    assert_eq!(jalon(&entrepot, arguments).code, 0);
    let tard = "2030-01-01";
    let dire = |arguments: &[&str]| {
        let sortie = jalon(&entrepot, arguments);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        sortie.out
    };
    let liste = dire(&["listes", "sans-cer", "--au", tard, "--format", "csv"]);
    let detail = lieu.path().join("detail.csv");
    dire(&["indicateurs", "--campagne", "mars-2022", "--detail", detail.to_str().unwrap()]);
    let serveur = Serveur::lancer(&entrepot, &[]);
    let page = serveur.page("/indicateur/3.1.1?campagne=mars-2022");
    let gens: Vec<(String, String, String)> = page
        .split("<tr data-ligne=")
        .skip(1)
        .map(|ligne| {
            let nom = entre(ligne, "\">", "<span class=\"hors-ecran\">").rsplit('>').next().unwrap().to_owned();
            let dossier = entre(ligne, "data-champ=\"dossier\">", "</span>").to_owned();
            (liens(ligne)[0].split('?').next().unwrap().to_owned(), dossier, nom)
        })
        .take(4)
        .collect();
    let recit = |(_, dossier, nom): &(String, String, String)| {
        let sortie = dire(&["expliquer", &format!("{dossier} {nom}"), "--format", "html"]);
        entre(&sortie, "</h1>\n", "</main>").trim_end().to_owned()
    };
    let recits: Vec<String> = gens.iter().map(recit).collect();
    // The first story waits for all that is kept.
    assert!(serveur.page(&gens[0].0).contains(&recits[0]));
    let (flux, evenements): (Vec<_>, Vec<_>) =
        programme::segments(&entrepot).into_iter().partition(|chemin| chemin.starts_with(entrepot.join("flux")));
    let abimer = |segments: &[PathBuf]| {
        assert!(!segments.is_empty());
        for segment in segments {
            fs::remove_file(segment).unwrap();
            fs::write(segment, "illisible").unwrap();
        }
    };
    abimer(&flux);
    // Nothing came since the last file: the lists of today are those of what is known.
    assert_eq!(serveur.page(&format!("/liste.csv?liste=sans-cer&jour={tard}")), liste);
    abimer(&evenements);
    for (qui, recit) in gens.iter().zip(&recits).skip(1) {
        assert!(serveur.page(&qui.0).contains(recit), "{}", qui.0);
        let chercher = format!("qui={}+{}", qui.1, qui.2.replace(' ', "+"));
        let trouvee = serveur.poster("/personne", &chercher);
        assert_eq!((trouvee.code, &trouvee.entetes["location"]), (303, &qui.0));
    }
    assert!(serveur.poster("/personne", "qui=99999999999").texte().contains("Personne ne répond"));
    let attendue = serveur.poster("/personne", &format!("qui={}", programme::nir(77_777)));
    assert!(attendue.texte().contains("Aucun flux ne connaît cette personne"), "{}", attendue.texte());
    assert_eq!(serveur.lire("/detail.csv?campagne=mars-2022").octets, fs::read(&detail).unwrap());
}

#[test]
fn what_is_ingested_meanwhile_is_seen_and_an_address_stays_the_same_persons() {
    let lieu = tempfile::tempdir().unwrap();
    let entrepot = lieu.path().join("entrepot");
    let ingerer = |nom: &str, recu_le: &str, contenu: String| {
        let chemin = lieu.path().join(nom);
        fs::write(&chemin, contenu).unwrap();
        assert_eq!(jalon(&entrepot, ["ingerer", "--recu-le", recu_le, chemin.to_str().unwrap()]).code, 0);
    };
    ingerer("stock.xml", "2021-01-02", programme::flux("2020-12-31", "2021-01-02", &[("50", "2")]));
    ingerer("un.xml", "2021-02-02", programme::flux("2021-01-31", "2021-02-02", &[("50", "2"), ("60", "2")]));
    let serveur = Serveur::lancer(&entrepot, &[]);
    let entrants = || {
        let page = serveur.page("/?campagne=mars-2022");
        entre(entre(&page, "data-ligne=\"3.1.1\"", "</tr>"), "data-champ=\"valeur\">", "<").to_owned()
    };
    assert_eq!(entrants(), "1");
    let (adresse, dossier, _) = premiere_personne(&serveur);
    assert_eq!(dossier, "00000000060");
    // Somebody whose dossier comes before in every order.
    ingerer(
        "deux.xml",
        "2021-03-02",
        programme::flux("2021-02-28", "2021-03-02", &[("10", "2"), ("50", "2"), ("60", "2")]),
    );
    let debut = Instant::now();
    while entrants() != "2" {
        assert!(debut.elapsed() < Duration::from_secs(60), "the new file was never seen");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(serveur.page(&adresse).contains("00000000060"));
    assert!(!serveur.page(&adresse).contains("00000000010"));
}

#[test]
fn a_damaged_warehouse_is_told_by_a_page_and_a_repair_is_seen() {
    let lieu = tempfile::tempdir().unwrap();
    let entrepot = lieu.path().join("entrepot");
    let flux = lieu.path().join("a.xml");
    fs::write(&flux, programme::flux("2021-01-31", "2021-02-01", &[("1", "2")])).unwrap();
    assert_eq!(jalon(&entrepot, ["ingerer", "--recu-le", "2021-02-01", flux.to_str().unwrap()]).code, 0);
    let segment = programme::segments(&entrepot).remove(0);
    let sain = fs::read(&segment).unwrap();
    fs::write(&segment, &sain[..sain.len() / 2]).unwrap();
    let serveur = Serveur::lancer(&entrepot, &[]);
    let abime = serveur.lire("/");
    assert_eq!(abime.code, 503);
    assert!(abime.texte().contains("Entrepôt illisible") && abime.texte().contains("Restaurez"), "{}", abime.texte());
    fs::write(&segment, &sain).unwrap();
    let debut = Instant::now();
    while serveur.lire("/?campagne=mars-2022").code != 200 {
        assert!(debut.elapsed() < Duration::from_secs(60), "the repair was never seen");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn what_is_asked_wrongly_is_explained() {
    let serveur = Serveur::lancer(&exemple(), &[]);
    for (chemin, code, dit) in [
        ("/?campagne=avril-2022", 400, "mars-AAAA"),
        ("/?du=2021-01-01", 400, "donnez les deux"),
        ("/?du=2021-05-01&au=2021-01-01", 400, "doivent se suivre"),
        ("/?du=2021-02-30&au=2021-03-01", 400, "une date qui existe"),
        ("/?campagne=mars-2022&connu_le=hier", 400, "une date qui existe"),
        ("/indicateur/9.9.9", 404, "les douze vont de"),
        ("/personne/1", 404, "ne désigne plus personne"),
        ("/personne/x", 404, "ne désigne plus personne"),
        ("/nulle-part", 404, "existe pas"),
        ("/indicateur/%FF", 404, "existe pas"),
        ("/?campagne=a&campagne=b", 400, "pas comprise"),
    ] {
        let reponse = serveur.lire(chemin);
        assert_eq!(reponse.code, code, "{chemin}");
        assert!(reponse.texte().contains(dit), "{chemin}\n{}", reponse.texte());
    }
    // Nothing that is asked comes back as markup.
    let reponse = serveur.lire("/?campagne=%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(reponse.code == 400 && !reponse.texte().contains("<script"), "{}", reponse.texte());
}

/// A browser keeps connections open on which it asks for nothing.
#[test]
fn the_program_ends_when_it_is_told_to_even_if_a_browser_holds_on() {
    for signal in ["-TERM", "-INT"] {
        let mut serveur = Serveur::lancer(&exemple(), &[]);
        let muette = TcpStream::connect(("127.0.0.1", serveur.port)).unwrap();
        assert!(Command::new("kill").args([signal, &serveur.processus.id().to_string()]).status().unwrap().success());
        assert_eq!(serveur.processus.wait().unwrap().code(), Some(0), "{signal}");
        drop(muette);
    }
}

#[test]
fn a_port_that_is_taken_and_a_warehouse_that_is_none_are_mistakes_of_the_command_line() {
    let serveur = Serveur::lancer(&exemple(), &[]);
    let pris = jalon(&exemple(), ["serve", "--port", &serveur.port.to_string()]);
    assert_eq!(pris.code, 2);
    assert!(pris.out.is_empty() && pris.err.contains("--port"), "{}", pris.err);
    let absent = jalon(&EXEMPLE.path().join("absent"), ["servir"]);
    assert_eq!(absent.code, 2);
    assert!(absent.err.contains("n'existe pas"), "{}", absent.err);
}
