//! `jalon simuler --desordre`: what real files undergo changes no figure, and each damage ends as
//! `desordre.json` says. `JALON_GRAINES=1000..1040` plays other seeds.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod commun {
    pub mod nuits;
    pub mod programme;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use commun::nuits::{Lieu, PIPELINE};
use commun::programme::{Sortie, fichiers, jalon};
use jalon::simulation::{Forme, Reglages, ecrire};
use proptest::prelude::RngExt as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::Value;
use tempfile::TempDir;

/// The same department twice: as it is sent, and as it comes.
struct Departement {
    dossier: TempDir,
}

impl Departement {
    fn new(graine: u64, forme: Forme) -> Self {
        // In memory where there is such a place: thousands of syncs cost minutes on a disk.
        let memoire = Path::new("/dev/shm");
        let dossier = if memoire.is_dir() { tempfile::tempdir_in(memoire) } else { tempfile::tempdir() }.unwrap();
        let departement = Self { dossier };
        for desordre in [false, true] {
            let reglages = Reglages {
                graine,
                personnes: 90,
                du: (2020, 12),
                au: (2021, 12),
                forme,
                // Both ways of writing a foyer: on one line, and on hundreds.
                realiste: graine.is_multiple_of(2),
                quotidiens: true,
                desordre,
            };
            let bilan = ecrire(&reglages, &departement.recus(desordre)).unwrap();
            let ecrits = fichiers(&departement.recus(desordre));
            assert_eq!(bilan.fichiers, ecrits.len());
            assert_eq!(bilan.octets, ecrits.iter().map(|chemin| chemin.metadata().unwrap().len()).sum::<u64>());
        }
        departement
    }

    fn recus(&self, desordre: bool) -> PathBuf {
        self.dossier.path().join(if desordre { "desordre" } else { "propre" })
    }

    fn entrepot(&self, nom: &str) -> PathBuf {
        self.dossier.path().join(format!("entrepot_{nom}"))
    }

    /// Takes in the whole folder, in the order of the names.
    fn ingerer(&self, desordre: bool) -> Sortie {
        let nom = if desordre { "desordre" } else { "propre" };
        let sortie = jalon(&self.entrepot(nom), [Path::new("ingerer"), &self.recus(desordre)]);
        assert_eq!(sortie.err, "");
        sortie
    }

    fn constats(&self) -> Vec<Constat> {
        let texte = fs::read_to_string(self.recus(true).join("desordre.json")).unwrap();
        let json: Value = serde_json::from_str(&texte).unwrap();
        json["degats"].as_array().unwrap().iter().map(Constat::lire).collect()
    }

    /// The twelve indicators and the detail.
    fn chiffres(&self, entrepot: &Path) -> (Value, String) {
        let detail = self.dossier.path().join("detail.csv");
        let arguments = ["indicateurs", "--campagne", "mars-2022", "--format", "json", "--detail"];
        let arguments: Vec<_> = arguments.iter().map(Path::new).chain([detail.as_path()]).collect();
        let sortie = jalon(entrepot, arguments);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        let json: Value = serde_json::from_str(&sortie.out).unwrap();
        assert_eq!(json["indicateurs"].as_array().unwrap().len(), 12);
        (json["indicateurs"].clone(), fs::read_to_string(detail).unwrap())
    }
}

#[derive(Debug)]
struct Constat {
    fichier: String,
    membre: Option<String>,
    degat: String,
    attendu: String,
    mis_de_cote: u64,
    comme: Option<String>,
}

impl Constat {
    fn lire(json: &Value) -> Self {
        let texte = |cle: &str| json[cle].as_str().map(str::to_owned);
        assert!(!json["libelle"].as_str().unwrap().is_empty());
        Self {
            fichier: texte("fichier").unwrap(),
            membre: texte("membre"),
            degat: texte("degat").unwrap(),
            attendu: texte("attendu").unwrap(),
            mis_de_cote: json["mis_de_cote"].as_u64().unwrap(),
            comme: texte("comme"),
        }
    }

    /// How `ingerer` names it.
    fn source(&self) -> String {
        self.membre.as_ref().map_or_else(|| self.fichier.clone(), |membre| format!("{} ({membre})", self.fichier))
    }
}

/// What was said of each source, without the folder: the fate, and how many were set aside.
fn dits(sortie: &Sortie, dossier: &Path) -> BTreeMap<String, (String, u64)> {
    let dossier = format!("{}/", dossier.display());
    let mut dits: BTreeMap<String, (String, u64)> = BTreeMap::new();
    for ligne in sortie.out.lines() {
        let Some((source, mots)) = ligne.strip_prefix(&dossier).and_then(|ligne| ligne.split_once(" : ")) else {
            continue;
        };
        let (source, mots) = (source.to_owned(), mots.replace(&dossier, ""));
        if mots.contains(" de côté (") {
            let n = mots.split(' ').next().unwrap().parse().unwrap();
            dits.get_mut(&source).unwrap().1 = n;
        } else if !mots.starts_with("attention, ") {
            let sort = if mots.starts_with("REFUSÉ, ") {
                "refuse".to_owned()
            } else if mots.starts_with("ignoré, ") {
                "ignore".to_owned()
            } else if let Some(premier) = mots.strip_prefix("même contenu que ") {
                format!("deja_connu {}", premier.trim_end_matches(", rien à faire"))
            } else if mots.starts_with("fichier des anomalies ") {
                "compte".to_owned()
            } else {
                assert!(mots.contains(", reçu le "), "{ligne}");
                "lu".to_owned()
            };
            assert!(dits.insert(source, (sort, 0)).is_none(), "said twice: {ligne}");
        }
    }
    dits
}

/// What must be said: what the constat says; for the other files, what is said of the same ones
/// without any disorder.
fn attendus(
    constats: &[Constat],
    noms: &BTreeSet<String>,
    propres: &BTreeMap<String, (String, u64)>,
) -> BTreeMap<String, (String, u64)> {
    let mut attendus: BTreeMap<String, (String, u64)> = constats
        .iter()
        .map(|constat| {
            let sort = match &constat.comme {
                Some(comme) => format!("{} {comme}", constat.attendu),
                None => constat.attendu.clone(),
            };
            (constat.source(), (sort, constat.mis_de_cote))
        })
        .collect();
    assert_eq!(attendus.len(), constats.len(), "one damage a file");
    let abimes: BTreeSet<&str> = constats.iter().map(|constat| constat.fichier.as_str()).collect();
    for nom in noms.iter().filter(|nom| !abimes.contains(nom.as_str())) {
        let dit = if nom == "desordre.json" { ("ignore".to_owned(), 0) } else { propres[nom].clone() };
        attendus.insert(nom.clone(), dit);
    }
    attendus
}

fn noms(dossier: &Path) -> BTreeSet<String> {
    fichiers(dossier).iter().map(|chemin| chemin.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

/// Every name, first name and NIR that the files hold.
fn personnelles(dossier: &Path) -> BTreeSet<String> {
    let mut trouvees = BTreeSet::from(["2840699912000".to_owned()]);
    for chemin in fichiers(dossier).iter().filter(|chemin| chemin.extension().is_some_and(|fin| fin == "xml")) {
        let octets = fs::read(chemin).unwrap();
        let texte = encoding_rs::WINDOWS_1252.decode(&octets).0;
        for balise in ["NOM", "PRENOM", "NIR"] {
            let ouvrante = format!("<{balise}>");
            let valeurs = texte.split(ouvrante.as_str()).skip(1).filter_map(|suite| suite.split('<').next());
            trouvees.extend(valeurs.map(|valeur| valeur.trim().to_lowercase()));
        }
    }
    assert!(trouvees.len() > 100);
    trouvees
}

/// The names of the lines that the disorder added to the events.
fn ajoutees(dossier: &Path) -> BTreeSet<String> {
    let mut trouvees = BTreeSet::new();
    for chemin in fichiers(dossier).iter().filter(|chemin| chemin.extension().is_some_and(|fin| fin == "csv")) {
        let octets = fs::read(chemin).unwrap();
        let texte = match std::str::from_utf8(&octets) {
            Ok(texte) => texte.into(),
            Err(_) => encoding_rs::WINDOWS_1252.decode(&octets).0,
        };
        let cellules = texte.lines().filter(|ligne| ligne.contains("DESORDRE-")).flat_map(|ligne| ligne.split(';'));
        let nom = |cellule: &&str| cellule.chars().count() > 3 && cellule.chars().all(char::is_uppercase);
        trouvees.extend(cellules.filter(nom).map(str::to_lowercase));
    }
    trouvees
}

/// No name, first name nor NIR in a text that everyone may read.
fn sans_personne(texte: &str, personnelles: &BTreeSet<String>) {
    let mots = texte.to_lowercase();
    let mots = mots.split(|lettre: char| !lettre.is_alphanumeric() && !matches!(lettre, '-' | '\''));
    for mot in mots {
        assert!(!personnelles.contains(mot), "« {mot} » is shown");
    }
}

fn graines(defaut: Range<u64>) -> Range<u64> {
    let donnees = std::env::var("JALON_GRAINES").ok();
    let bornes = donnees.as_deref().and_then(|texte| texte.split_once(".."));
    bornes.map_or(defaut, |(de, a)| de.parse().unwrap()..a.parse().unwrap())
}

/// The disorder of a seed ends with the figures of the same seed without it, in the order of the
/// names and in any other, in one run or in many.
fn memes_chiffres(graine: u64, forme: Forme) {
    println!("graine {graine}, {forme:?}");
    let departement = Departement::new(graine, forme);
    departement.ingerer(false);
    let attendus = departement.chiffres(&departement.entrepot("propre"));
    assert!(attendus.1.lines().count() > 10, "nobody to compare");
    assert_eq!(departement.ingerer(true).code, 3);
    assert!(departement.chiffres(&departement.entrepot("desordre")) == attendus, "graine {graine}, {forme:?}");

    let mut semence = [0; 32];
    semence[..8].copy_from_slice(&graine.to_le_bytes());
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &semence);
    let mut reste = fichiers(&departement.recus(true));
    // The one flux that the life itself sends twice, days apart: its first copy says when it was received.
    let mut jumeaux = Vec::new();
    if let Some(place) = place_du_jumeau(&reste) {
        jumeaux.push(reste.remove(place));
    }
    while !reste.is_empty() || !jumeaux.is_empty() {
        let n = rng.random_range(1..=40).min(reste.len());
        let mut lot: Vec<PathBuf> = (0..n).map(|_| reste.swap_remove(rng.random_range(0..reste.len()))).collect();
        if reste.is_empty() {
            lot.append(&mut jumeaux);
        }
        let arguments: Vec<_> = [PathBuf::from("ingerer")].into_iter().chain(lot).collect();
        let sortie = jalon(&departement.entrepot("melange"), arguments);
        assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
    }
    assert!(departement.chiffres(&departement.entrepot("melange")) == attendus, "graine {graine}, {forme:?}, mêlé");
}

/// The second of two files that have the same name, their dates apart, and the same bytes.
fn place_du_jumeau(chemins: &[PathBuf]) -> Option<usize> {
    let contenu = |chemin: &PathBuf| fs::read(chemin).unwrap();
    let nom = |chemin: &PathBuf| chemin.file_name().unwrap().to_string_lossy().into_owned();
    chemins.iter().enumerate().find_map(|(place, chemin)| {
        let seul = nom(chemin).get(11..)?.to_owned();
        let meme = |autre: &&PathBuf| nom(autre).get(11..) == Some(seul.as_str()) && contenu(autre) == contenu(chemin);
        chemins[..place].iter().any(|autre| meme(&autre)).then_some(place)
    })
}

#[test]
fn the_disorder_changes_no_figure_in_any_order_of_ingestion_in_xml() {
    graines(1..7).for_each(|graine| memes_chiffres(graine, Forme::Xml));
}

#[test]
fn the_disorder_changes_no_figure_in_any_order_of_ingestion_in_csv() {
    graines(1..7).for_each(|graine| memes_chiffres(graine, Forme::Csv));
}

/// `ingerer` says of each file what the constat says, the rejects are listed, and nobody is named.
#[test]
fn each_damage_ends_as_the_constat_says_and_nothing_is_lost() {
    let mut vus = BTreeSet::new();
    for (graine, forme) in graines(20..24).flat_map(|graine| [Forme::Xml, Forme::Csv].map(|forme| (graine, forme))) {
        println!("graine {graine}, {forme:?}");
        let departement = Departement::new(graine, forme);
        let propres = dits(&departement.ingerer(false), &departement.recus(false));
        let constats = departement.constats();
        let sortie = departement.ingerer(true);
        assert_eq!(sortie.code, 3);
        let noms = noms(&departement.recus(true));
        let attendus = attendus(&constats, &noms, &propres);
        let dits = dits(&sortie, &departement.recus(true));
        for (source, attendu) in &attendus {
            let constat = constats.iter().find(|constat| constat.source() == *source);
            assert_eq!(dits.get(source), Some(attendu), "{source} : {constat:?}\n{}", sortie.out);
        }
        assert_eq!(dits.len(), attendus.len());

        let entrepot = departement.entrepot("desordre");
        let liste = jalon(&entrepot, ["rejets", "lister", "--format", "json"]);
        let json: Value = serde_json::from_str(&liste.out).unwrap();
        let mut rejets: BTreeMap<String, u64> = BTreeMap::new();
        for rejet in json["rejets"].as_array().unwrap() {
            *rejets.entry(rejet["fichier"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let ecartes: BTreeMap<String, u64> =
            attendus.into_iter().filter(|(_, (_, n))| *n > 0).map(|(source, (_, n))| (source, n)).collect();
        assert_eq!(rejets, ecartes);

        let mut nominatives = personnelles(&Departement::new(graine, Forme::Xml).recus(false));
        nominatives.extend(ajoutees(&departement.recus(true)));
        let constat = fs::read_to_string(departement.recus(true).join("desordre.json")).unwrap();
        for texte in [sortie.tout(), liste.tout(), jalon(&entrepot, ["rejets", "lister"]).tout(), constat] {
            sans_personne(&texte, &nominatives);
        }
        vus.extend(constats.into_iter().map(|constat| constat.degat));
    }
    assert_eq!(vus.len(), DEGATS, "{vus:?}");
}

/// Every damage there is.
const DEGATS: usize = 42;

/// The life is not touched, and the same seed damages in the same way.
#[test]
fn the_same_seed_gives_the_same_bytes_and_the_files_without_damage_are_those_of_the_order() {
    for forme in [Forme::Xml, Forme::Csv] {
        let (un, deux) = (Departement::new(7, forme), Departement::new(7, forme));
        let contenus = |dossier: &Path| -> BTreeMap<String, Vec<u8>> {
            noms(dossier).into_iter().map(|nom| (nom.clone(), fs::read(dossier.join(nom)).unwrap())).collect()
        };
        let (abimes, propres) = (contenus(&un.recus(true)), contenus(&un.recus(false)));
        assert!(abimes == contenus(&deux.recus(true)), "{forme:?}");
        let touches: BTreeSet<String> = un.constats().into_iter().map(|constat| constat.fichier).collect();
        let intacts: Vec<_> =
            abimes.iter().filter(|(nom, _)| !touches.contains(*nom) && *nom != "desordre.json").collect();
        assert!(intacts.len() * 3 > propres.len() && touches.len() * 4 > propres.len());
        assert!(intacts.iter().all(|(nom, octets)| propres.get(*nom) == Some(octets)));
    }
}

/// A night takes an inbox with all of it: what it reads or knows goes to the archives, the rest beside
/// its reason, and the figures are those of the order.
#[test]
fn a_night_takes_an_inbox_in_disorder() {
    let departement = Departement::new(31, Forme::Xml);
    departement.ingerer(false);
    let lieu = Lieu::new(PIPELINE);
    let recus = noms(&departement.recus(true));
    for nom in &recus {
        lieu.deposer(nom, fs::read(departement.recus(true).join(nom)).unwrap());
    }
    let nuit = lieu.nuit(&["--jour", "2022-06-01"]);
    assert_eq!(nuit.code, 3, "{}", nuit.tout());
    // A hidden file may be one that is still being copied.
    assert_eq!(lieu.noms("depot"), BTreeSet::from([".DS_Store".to_owned()]));
    let base = |nom: &String| nom.rsplit('/').next().unwrap().to_owned();
    let archives: BTreeSet<String> = lieu.noms("archives").iter().map(base).collect();
    let refuses: BTreeSet<String> =
        lieu.noms("refuses").iter().map(base).filter(|nom| !nom.ends_with(".raison.txt")).collect();
    for constat in departement.constats().iter().filter(|constat| constat.membre.is_none()) {
        let range = match constat.attendu.as_str() {
            _ if constat.fichier == ".DS_Store" => continue,
            "refuse" | "ignore" => &refuses,
            _ => &archives,
        };
        assert!(range.contains(&constat.fichier), "{constat:?}");
    }
    let ranges: BTreeSet<String> = archives.union(&refuses).cloned().collect();
    assert_eq!(ranges.len(), archives.len() + refuses.len());
    assert!(recus.iter().all(|nom| nom == ".DS_Store" || ranges.contains(nom)));
    sans_personne(&nuit.tout(), &personnelles(&departement.recus(false)));
    assert_eq!(
        departement.chiffres(&lieu.chemin("entrepot")),
        departement.chiffres(&departement.entrepot("propre")),
        "the figures of the night"
    );
    // Nothing is left to do: the next night knows it.
    assert_eq!(lieu.nuit(&["--jour", "2022-06-02"]).code, 0);
}

#[test]
fn disorder_is_asked_on_the_command_line_and_refused_where_no_file_is_received() {
    let lieu = tempfile::tempdir().unwrap();
    let simuler = |forme: &str, sortie: &Path| {
        let arguments = ["simuler", "--graine", "3", "--personnes", "30", "--du", "2021-01", "--au", "2021-03"];
        let suite = ["--desordre", "--forme", forme, "--sortie"].into_iter().map(Path::new).chain([sortie]);
        jalon(&lieu.path().join("entrepot"), arguments.iter().map(Path::new).chain(suite))
    };
    let sortie = lieu.path().join("recus");
    assert_eq!(simuler("xml", &sortie).code, 0);
    assert!(sortie.join("desordre.json").is_file());
    let segments = lieu.path().join("segments");
    assert_eq!(simuler("segments", &segments).code, 2);
    assert!(!segments.exists());
}
