//! jalon beside what a department would use instead, in one table of ratios measured in one run: reading
//! a monthly in XML and in CSV, computing one campaign and two, one more day, startup, memory of each.
//! Every tool runs as a whole process, in turn, on the same generated files; a figure that is not the
//! same in two of them ends the run.
//!
//! `benches/comparer` builds it, installs the Python tools and starts it. Arguments:
//! `--tailles 6000,100000` (adults of the initial stock; `0` for none), `--passes 5`, `--pays` (two million people,
//! jalon alone), `--annees 1,2,5` (journals of the nightly increment; `0` for none), `--sans-pairs`,
//! `--csv`, `--court`. `JALON_PAIRS_PYTHON` is the Python whose environment has the tools.

#[path = "commun/mod.rs"]
mod commun;
#[path = "commun/journaux.rs"]
mod journaux;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use commun::{Duree, Resultat, boucle_nue, executer, lancer, mediane, peser};
use jalon::campagne::remise::{Voulu, entourer, seule};
use jalon::campagnes::{CAMPAGNES, Campagnes};
use jalon::controle::completude_du;
use jalon::historique::Historique;
use jalon::indicateurs::axes::Axe;
use jalon::indicateurs::catalogue::CATALOGUE;
use jalon::indicateurs::{Question, calculer_chacune};
use jalon::journal::depot::{Depot, Segments};
use jalon::qualite::Seuils;
use jalon::rapport::detail::{detail, noms};
use jalon::rapport::{Contexte, json};
use jalon::referentiel::{REFERENTIEL_2022, Referentiel};
use jalon::rejeu::histoire;
use jalon::simulation::{Forme, Reglages, ecrire};
use journaux::{Arrivee, Place, ans, journaux};
use serde_json::Value;

const DEUX_CAMPAGNES: [&str; 2] = ["mars-2022", "juin-2022"];
/// The country: adults of its initial stock.
const PAYS: usize = 2_000_000;
/// The scripts that read a monthly in each form, and those that compute.
const LECTEURS_XML: &[&str] = &["lecture_lxml.py"];
const LECTEURS_CSV: &[&str] = &["lecture_polars.py", "lecture_duckdb.py"];
const CALCULATEURS: &[&str] = &["calcul_polars.py", "calcul_duckdb.py"];

/// What is asked for on the command line.
struct Demande {
    tailles: Vec<usize>,
    annees: Vec<i32>,
    passes: usize,
    pays: bool,
    /// The Python of the peers; `None` when they are left out.
    python: Option<PathBuf>,
}

impl Demande {
    fn lire() -> Resultat<Self> {
        let court = commun::court();
        let mut demande = Self {
            tailles: if court { vec![150] } else { vec![6_000, 100_000] },
            annees: if court { vec![1, 2] } else { vec![1, 2, 5] },
            passes: if court { 1 } else { 5 },
            pays: false,
            python: std::env::var_os("JALON_PAIRS_PYTHON").map(PathBuf::from),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut valeur = || arguments.next().ok_or_else(|| format!("{argument} attend une valeur"));
            match argument.as_str() {
                "--tailles" => demande.tailles = nombres(&valeur()?)?,
                "--annees" => demande.annees = nombres(&valeur()?)?,
                "--passes" => demande.passes = valeur()?.parse()?,
                "--pays" => demande.pays = true,
                "--sans-pairs" => demande.python = None,
                "--bench" | "--test" | "--court" | "--csv" => {}
                _ => return Err(format!("{argument} n'est pas une option de cette comparaison").into()),
            }
        }
        demande.tailles.retain(|personnes| *personnes > 0);
        demande.annees.retain(|annees| *annees > 0);
        Ok(demande)
    }
}

/// Numbers, with commas between.
fn nombres<T: std::str::FromStr<Err = std::num::ParseIntError>>(texte: &str) -> Resultat<Vec<T>> {
    Ok(texte.split(',').map(|nombre| nombre.trim().parse()).collect::<Result<_, _>>()?)
}

fn main() -> Resultat<()> {
    if commun::commande_pesee()? || enfant()? {
        return Ok(());
    }
    let demande = Demande::lire()?;
    let mut course =
        Course { passes: demande.passes, python: demande.python.clone(), lignes: Vec::new(), versions: Vec::new() };
    let lieu = tempfile::tempdir()?;
    demarrage(&mut course, lieu.path())?;
    for personnes in &demande.tailles {
        let lieu = tempfile::tempdir()?;
        lecture(&mut course, *personnes, lieu.path())?;
        calcul(&mut course, *personnes, lieu.path())?;
    }
    if let (Some(personnes), false) = (demande.tailles.iter().max(), demande.annees.is_empty()) {
        increments(&mut course, *personnes, &demande.annees, lieu.path())?;
    }
    if demande.pays {
        course.python = None;
        calcul(&mut course, PAYS, lieu.path())?;
    }
    course.imprimer(demande.python.is_some())
}

// ---------------------------------------------------------------------------------------------
// The race

/// One whole run of a tool.
#[derive(Clone, Default)]
struct Passage {
    duree: Duree,
    /// Its own clock, when it says it: without its startup.
    propres: Option<f64>,
    /// Peak memory, in MB.
    pic: Option<f64>,
    /// The figures it gives, by campaign.
    chiffres: Option<Value>,
}

/// A tool on the starting line.
struct Coureur<'a> {
    outil: String,
    courir: Box<dyn FnMut() -> Resultat<Passage> + 'a>,
    /// Weighs it, when its own runs do not say its memory.
    peser: Option<Box<dyn FnOnce() -> Resultat<f64> + 'a>>,
}

/// What the same work is about.
struct Travail<'a> {
    taille: String,
    nom: &'a str,
    /// MB and people of the file that is read.
    quantite: Option<(f64, f64)>,
    /// The true figures, by campaign, when the generator told them.
    attendus: Option<&'a Value>,
}

/// All the runs, and the table that they make.
struct Course {
    passes: usize,
    python: Option<PathBuf>,
    lignes: Vec<Vec<String>>,
    versions: Vec<String>,
}

impl Course {
    /// Runs the tools in turn. The first is jalon: the others are told as so many times its time.
    fn courir(&mut self, travail: &Travail<'_>, mut coureurs: Vec<Coureur<'_>>) -> Resultat<()> {
        let mut passages: Vec<Vec<Passage>> = vec![Vec::new(); coureurs.len()];
        for _ in 0..self.passes {
            for (coureur, passages) in coureurs.iter_mut().zip(&mut passages) {
                eprintln!("{} · {} · {}", travail.taille, travail.nom, coureur.outil);
                let passage = (coureur.courir)().map_err(|erreur| format!("{} : {erreur}", coureur.outil))?;
                passages.push(passage);
            }
        }
        memes_chiffres(travail, &coureurs, &passages)?;
        let jalon = passages.first().cloned().unwrap_or_default();
        for (coureur, passages) in coureurs.into_iter().zip(&passages) {
            let temps: [fn(&Passage) -> f64; 2] =
                [|passage| passage.duree.mur.as_secs_f64(), |passage| passage.duree.calcul.as_secs_f64()];
            let [secondes, calcul] = temps.map(|temps| mediane(passages.iter().map(temps)));
            let fois = temps.map(|temps| {
                mediane(passages.iter().zip(&jalon).map(|(passage, jalon)| temps(passage) / temps(jalon)))
            });
            // Too short for the clock of the processor, which counts hundredths of a second.
            let fois = fois.map(|fois| if fois.is_finite() { format!("× {fois:.2}") } else { String::new() });
            let propres: Option<Vec<f64>> = passages.iter().map(|passage| passage.propres).collect();
            let pic = match coureur.peser {
                Some(peser) => Some(peser()?),
                None => passages.iter().filter_map(|passage| passage.pic).reduce(f64::max),
            };
            let quantite = |rang: usize| match travail.quantite {
                Some(quantite) => format!("{:.0}", [quantite.0, quantite.1][rang] / secondes),
                None => String::new(),
            };
            let mut ligne = Vec::from([
                travail.taille.clone(),
                travail.nom.to_owned(),
                coureur.outil,
                format!("{secondes:.3}"),
                propres.map(|propres| format!("{:.3}", mediane(propres))).unwrap_or_default(),
                format!("{calcul:.2}"),
            ]);
            ligne.extend(fois);
            ligne.extend([quantite(0), quantite(1), pic.map(|pic| format!("{pic:.0}")).unwrap_or_default()]);
            self.lignes.push(ligne);
        }
        Ok(())
    }

    /// The peers that do some work, each with its arguments.
    fn pairs<'a>(&mut self, scripts: &[&str], arguments: &[&OsStr]) -> Resultat<Vec<Coureur<'a>>> {
        let Some(python) = self.python.clone() else { return Ok(Vec::new()) };
        let mut coureurs = Vec::new();
        for script in scripts {
            let chemin = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/pairs").join(script);
            if !chemin.exists() {
                return Err(format!("{} manque", chemin.display()).into());
            }
            let commande = [&[chemin.as_os_str()], arguments].concat();
            let commande: Vec<OsString> = commande.into_iter().map(OsStr::to_owned).collect();
            // Once for nothing: Python compiles the script, and says what it is.
            let (reponse, _) = interroger(&python, &commande)?;
            let texte = |cle: &str| reponse[cle].as_str().unwrap_or_default().to_owned();
            let version = format!("{} {}", texte("outil"), texte("version"));
            if !self.versions.contains(&version) {
                self.versions.push(version);
            }
            let python = python.clone();
            let courir = move || {
                let (reponse, duree) = interroger(&python, &commande)?;
                Ok(Passage {
                    duree,
                    propres: reponse["secondes"].as_f64(),
                    pic: reponse["pic_mo"].as_f64(),
                    chiffres: reponse.get("indicateurs").cloned(),
                })
            };
            coureurs.push(Coureur { outil: texte("outil"), courir: Box::new(courir), peser: None });
        }
        Ok(coureurs)
    }

    /// The one table, under what it was measured with.
    fn imprimer(&self, avec_pairs: bool) -> Resultat<()> {
        println!("jalon {}, {}. {}.", env!("CARGO_PKG_VERSION"), rustc(), machine()?);
        match (avec_pairs, self.versions.is_empty()) {
            (true, false) => println!("{}.", self.versions.join(", ")),
            _ => println!("Sans les outils Python : ils n'ont pas été demandés, ou leur environnement manque."),
        }
        println!("Processus entiers, médianes de {} passes alternées ; rapports de la même exécution.\n", self.passes);
        let entetes = [
            "personnes",
            "travail",
            "outil",
            "secondes",
            "dont travail, selon l'outil",
            "secondes de processeur",
            "fois le temps de jalon",
            "fois son temps de processeur",
            "Mo/s",
            "personnes/s",
            "mémoire de pointe (Mo)",
        ];
        commun::imprimer(&entetes, &self.lignes);
        Ok(())
    }
}

/// Runs a script: how long the whole process took, and its answer.
fn interroger(python: &Path, commande: &[OsString]) -> Resultat<(Value, Duree)> {
    let (sortie, duree) = executer(Command::new(python).args(commande))?;
    if !sortie.status.success() {
        return Err(format!("{commande:?} : {}", String::from_utf8_lossy(&sortie.stderr)).into());
    }
    Ok((serde_json::from_slice(&sortie.stdout)?, duree))
}

/// Refuses a table of speeds when two tools do not say the same.
fn memes_chiffres(travail: &Travail<'_>, coureurs: &[Coureur<'_>], passages: &[Vec<Passage>]) -> Resultat<()> {
    let mut premier: Option<(&str, &Value)> = travail.attendus.map(|verite| ("le générateur", verite));
    for (coureur, passages) in coureurs.iter().zip(passages) {
        for chiffres in passages.iter().filter_map(|passage| passage.chiffres.as_ref()) {
            let (reference, attendus) = *premier.get_or_insert((&coureur.outil, chiffres));
            let ecarts = ecarts(attendus, chiffres);
            if !ecarts.is_empty() {
                return Err(format!(
                    "{}, {} : {reference} et {} ne donnent pas les mêmes chiffres ({})",
                    travail.taille,
                    travail.nom,
                    coureur.outil,
                    ecarts.join(", ")
                )
                .into());
            }
        }
    }
    Ok(())
}

/// The figures that differ, by campaign and indicator: a number is the same whether it is written 51 or
/// 51.0. The campaigns are those of `trouves`.
fn ecarts(attendus: &Value, trouves: &Value) -> Vec<String> {
    let vide = serde_json::Map::new();
    let mut ecarts = Vec::new();
    for (campagne, trouves) in trouves.as_object().unwrap_or(&vide) {
        for id in CATALOGUE.map(|definition| definition.id) {
            let (attendu, trouve) = (&attendus[campagne][id], trouves.get(id));
            if trouve.is_none_or(|trouve| attendu.as_f64() != trouve.as_f64()) {
                ecarts.push(format!("{campagne} {id} : {attendu} et {}", trouve.unwrap_or(&Value::Null)));
            }
        }
    }
    if trouves.as_object().is_none_or(serde_json::Map::is_empty) {
        ecarts.push("aucune campagne".to_owned());
    }
    ecarts
}

// ---------------------------------------------------------------------------------------------
// The works

/// From the call to the answer, with nothing to do.
fn demarrage(course: &mut Course, lieu: &Path) -> Resultat<()> {
    let entrepot = lieu.join("vide");
    drop(Depot::ouvrir_en_ecriture(&entrepot, None)?);
    let aide = [OsStr::new("--help")];
    let chiffres = campagne_de(&entrepot, DEUX_CAMPAGNES[0]);
    let chiffres: Vec<&OsStr> = chiffres.iter().map(OsString::as_os_str).collect();
    for (nom, arguments) in [("démarrage : --help", &aide[..]), ("démarrage : indicateurs, entrepôt vide", &chiffres)]
    {
        let courir = || Ok(Passage { duree: lancer(arguments)?, ..Passage::default() });
        let coureur = Coureur { outil: "jalon".to_owned(), courir: Box::new(courir), peser: None };
        course.courir(&Travail { taille: String::new(), nom, quantite: None, attendus: None }, vec![coureur])?;
    }
    Ok(())
}

/// A monthly, in each form: into a new warehouse, against the bare parser and the peers.
fn lecture(course: &mut Course, personnes: usize, lieu: &Path) -> Resultat<()> {
    for (forme, nom, scripts) in
        [(Forme::Xml, "lire un mensuel XML", LECTEURS_XML), (Forme::Csv, "lire un mensuel CSV", LECTEURS_CSV)]
    {
        let dossier = lieu.join(forme.nom());
        let fichier = mensuel(personnes, forme, &dossier)?;
        let entrepot = dossier.join("entrepot");
        let arguments = [
            OsStr::new("-q"),
            OsStr::new("--entrepot"),
            entrepot.as_os_str(),
            OsStr::new("ingerer"),
            fichier.as_os_str(),
        ];
        let vider = || if entrepot.exists() { fs::remove_dir_all(&entrepot) } else { Ok(()) };
        let ingerer = || {
            vider()?;
            Ok(Passage { duree: lancer(&arguments)?, ..Passage::default() })
        };
        ingerer()?;
        let people = releves(&entrepot)? as f64;
        let peser = || {
            vider()?;
            Ok(peser(&arguments)?.pic)
        };
        let jalon = Coureur {
            outil: "jalon, ingestion entière".to_owned(),
            courir: Box::new(ingerer),
            peser: Some(Box::new(peser)),
        };
        let mut coureurs = vec![jalon];
        if forme == Forme::Xml {
            // The bare loop reads text that is decoded already.
            let decode = dossier.join("decode.xml");
            fs::write(&decode, encoding_rs::WINDOWS_1252.decode(&fs::read(&fichier)?).0.as_bytes())?;
            let courir = move || moi("boucle-nue", &decode);
            coureurs.push(Coureur {
                outil: "boucle nue de quick-xml".to_owned(),
                courir: Box::new(courir),
                peser: None,
            });
        }
        coureurs.extend(course.pairs(scripts, &[fichier.as_os_str()])?);
        let quantite = Some((fs::metadata(&fichier)?.len() as f64 / 1e6, people));
        course.courir(&Travail { taille: personnes.to_string(), nom, quantite, attendus: None }, coureurs)?;
        fs::remove_dir_all(&dossier)?;
    }
    Ok(())
}

/// One campaign, then two with their splits and the list of people, from the warehouse.
fn calcul(course: &mut Course, personnes: usize, lieu: &Path) -> Resultat<()> {
    let dossier = lieu.join(format!("departement-{personnes}"));
    let entrepot = remplir(&dossier, personnes)?;
    let verite = verite(&dossier)?;
    let fichier = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/campagnes.toml");
    let taille = personnes.to_string();
    let demande = |campagnes: &[&'static str]| {
        let mut arguments = vec![entrepot.as_os_str(), fichier.as_os_str()];
        arguments.extend(campagnes.iter().map(|nom| OsStr::new(*nom)));
        arguments
    };

    let arguments = campagne_de(&entrepot, DEUX_CAMPAGNES[0]);
    let mut coureurs = vec![jalon_calcule(&arguments, DEUX_CAMPAGNES[0])];
    coureurs.extend(course.pairs(CALCULATEURS, &demande(&DEUX_CAMPAGNES[..1]))?);
    let attendus = verite.as_ref();
    course.courir(&Travail { taille: taille.clone(), nom: "une campagne", quantite: None, attendus }, coureurs)?;

    let courir = || moi("deux-campagnes", &entrepot);
    let outil = "jalon, répartitions et liste des personnes comprises".to_owned();
    let mut coureurs = vec![Coureur { outil, courir: Box::new(courir), peser: None }];
    coureurs.extend(course.pairs(CALCULATEURS, &demande(&DEUX_CAMPAGNES))?);
    course.courir(&Travail { taille, nom: "les deux campagnes", quantite: None, attendus }, coureurs)?;
    fs::remove_dir_all(&dossier)?;
    Ok(())
}

/// One more day on journals of several lengths: the night, then the running campaign alone against the
/// peers, which compute it again from the segments.
fn increments(course: &mut Course, personnes: usize, annees: &[i32], lieu: &Path) -> Resultat<()> {
    let fichier = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/campagnes.toml");
    for journal in journaux(annees, personnes, &lieu.join("journaux"))? {
        let taille = format!("{personnes}, journal de {}", ans(journal.annees));
        for arrivee in Arrivee::TOUTES {
            let courir =
                || Ok(Passage { duree: lancer(&Place::nouvelle(&journal, arrivee)?.nuit())?, ..Passage::default() });
            let pese = || Ok(peser(&Place::nouvelle(&journal, arrivee)?.nuit())?.pic);
            let outil = "jalon nuit".to_owned();
            let coureur = Coureur { outil, courir: Box::new(courir), peser: Some(Box::new(pese)) };
            let nom = format!("{} de plus, nuit entière", arrivee.nom());
            course.courir(
                &Travail { taille: taille.clone(), nom: &nom, quantite: None, attendus: None },
                vec![coureur],
            )?;
        }
        let (entrepot, campagne) = (journal.entrepot(), journal.campagne());
        let arguments = campagne_de(&entrepot, &campagne);
        let mut coureurs = vec![jalon_calcule(&arguments, &campagne)];
        let demande = [entrepot.as_os_str(), fichier.as_os_str(), OsStr::new(&campagne)];
        coureurs.extend(course.pairs(CALCULATEURS, &demande)?);
        course.courir(&Travail { taille, nom: "la campagne en cours", quantite: None, attendus: None }, coureurs)?;
    }
    Ok(())
}

/// The command that gives the figures of a campaign.
fn campagne_de(entrepot: &Path, campagne: &str) -> Vec<OsString> {
    let mots = ["indicateurs", "--campagne", campagne, "--format", "json"];
    ["-q".into(), "--entrepot".into(), entrepot.into()].into_iter().chain(mots.map(OsString::from)).collect()
}

/// The program, asked for a campaign, and its figures.
fn jalon_calcule<'a>(arguments: &'a [OsString], campagne: &'a str) -> Coureur<'a> {
    let courir = move || {
        let (sortie, duree) = executer(Command::new(commun::JALON).args(arguments))?;
        if !sortie.status.success() {
            return Err(String::from_utf8_lossy(&sortie.stderr).into());
        }
        let chiffres = serde_json::json!({ campagne: figures(&serde_json::from_slice(&sortie.stdout)?) });
        Ok(Passage { duree, chiffres: Some(chiffres), ..Passage::default() })
    };
    let pese = || Ok(peser(&arguments.iter().map(OsString::as_os_str).collect::<Vec<_>>())?.pic);
    Coureur { outil: "jalon".to_owned(), courir: Box::new(courir), peser: Some(Box::new(pese)) }
}

/// The twelve figures of a table.
fn figures(table: &Value) -> Value {
    let indicateurs = table["indicateurs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let figure = |indicateur: &Value| Some((indicateur["id"].as_str()?.to_owned(), indicateur["valeur"].clone()));
    indicateurs.iter().filter_map(figure).collect::<serde_json::Map<_, _>>().into()
}

// ---------------------------------------------------------------------------------------------
// Works that this process does as a child of itself

/// Runs one of the works below in a process of its own.
fn moi(mot: &str, chemin: &Path) -> Resultat<Passage> {
    let (sortie, duree) = executer(Command::new(std::env::current_exe()?).arg(mot).arg(chemin))?;
    if !sortie.status.success() {
        return Err(String::from_utf8_lossy(&sortie.stderr).into());
    }
    let reponse: Value = serde_json::from_slice(&sortie.stdout)?;
    let chiffres = reponse.get("indicateurs").cloned();
    Ok(Passage { duree, propres: None, pic: reponse["pic_mo"].as_f64(), chiffres })
}

/// When this process is such a child: does the work, and answers as the peers do.
fn enfant() -> Resultat<bool> {
    let reponse = if let Some(fichier) = commun::enfant("boucle-nue") {
        std::hint::black_box(boucle_nue(BufReader::with_capacity(256 << 10, File::open(fichier)?))?);
        serde_json::json!({ "pic_mo": commun::pic_de_memoire()? })
    } else if let Some(entrepot) = commun::enfant("deux-campagnes") {
        let indicateurs = deux_campagnes(&entrepot)?;
        serde_json::json!({ "indicateurs": indicateurs, "pic_mo": commun::pic_de_memoire()? })
    } else {
        return Ok(false);
    };
    println!("{reponse}");
    Ok(true)
}

/// Two campaigns at once, split along every axis, with the list of people: what `jalon nuit` does of them.
fn deux_campagnes(entrepot: &Path) -> Resultat<Value> {
    let (campagnes, referentiel) = (Campagnes::lire(CAMPAGNES)?, Referentiel::lire(REFERENTIEL_2022)?);
    let Segments { flux, evenements } = Depot::ouvrir_en_lecture(entrepot, None)?.segments()?;
    let histoire = histoire(&flux, &evenements, None)?;
    let voulu = Voulu { axes: Axe::TOUS.map(|(_, axe)| axe).to_vec(), lectures: false, courbes: false };
    let periodes = DEUX_CAMPAGNES.map(|campagne| campagnes.periode(campagne));
    let periodes = periodes.into_iter().collect::<Result<Vec<_>, _>>()?;
    let question = |periode| Question { periode, connu_le: None, referentiel: &referentiel };
    let tableaux = calculer_chacune(&histoire, &question(periodes[0]), &periodes);
    let noms = noms(&histoire, &flux, &tableaux)?;
    let mut indicateurs = serde_json::Map::new();
    for ((campagne, periode), tableau) in DEUX_CAMPAGNES.iter().zip(periodes).zip(tableaux) {
        let completude = completude_du(&flux, (periode.du, periode.au), None, &Seuils::default());
        let contexte = Contexte {
            campagne: Some(*campagne),
            periode,
            connu_le: None,
            referentiel: &referentiel,
            completude: &completude,
            diffusion: false,
        };
        let tableau = entourer(&histoire, seule(contexte, tableau), &voulu, Historique::default()).tableau;
        std::hint::black_box(detail(&histoire, &question(periode), &noms, &tableau));
        indicateurs.insert((*campagne).to_owned(), figures(&json::json(&contexte, &tableau)));
    }
    Ok(indicateurs.into())
}

// ---------------------------------------------------------------------------------------------
// The data, and the machine

/// A department of eighteen months in `dossier`, with its true figures, and its warehouse.
fn remplir(dossier: &Path, personnes: usize) -> Resultat<PathBuf> {
    let demande = format!("-q simuler --graine 31 --personnes {personnes} --du 2020-12 --au 2022-05 --forme segments");
    let sortie = [OsStr::new("--sortie"), dossier.as_os_str()];
    lancer(&demande.split(' ').map(OsStr::new).chain(sortie).collect::<Vec<_>>())?;
    Ok(dossier.join("entrepot"))
}

/// The true figures of a generated department, by campaign.
fn verite(dossier: &Path) -> Resultat<Option<Value>> {
    #[derive(serde::Deserialize)]
    struct Verite {
        periodes: Vec<Value>,
    }
    let chemin = dossier.join("verite.json");
    if !chemin.exists() {
        return Ok(None);
    }
    let verite: Verite = serde_json::from_reader(BufReader::new(File::open(chemin)?))?;
    let periode = |periode: &Value| Some((periode["nom"].as_str()?.to_owned(), figures(periode)));
    Ok(Some(verite.periodes.iter().filter_map(periode).collect::<serde_json::Map<_, _>>().into()))
}

/// The monthly of the larger caisse, as detailed as real ones.
fn mensuel(personnes: usize, forme: Forme, dossier: &Path) -> Resultat<PathBuf> {
    let mois = (2021, 1);
    ecrire(
        &Reglages {
            graine: 31,
            personnes,
            du: mois,
            au: mois,
            forme,
            realiste: true,
            quotidiens: false,
            desordre: false,
        },
        dossier,
    )?;
    let mut fichiers: Vec<(u64, PathBuf)> = Vec::new();
    for entree in fs::read_dir(dossier)? {
        let entree = entree?;
        if entree.file_name().to_string_lossy().contains("_rsa.RSABEM.") {
            fichiers.push((entree.metadata()?.len(), entree.path()));
        }
    }
    Ok(fichiers.into_iter().max().ok_or("pas de mensuel")?.1)
}

/// Rows of the flux of a warehouse: people, each as often as a file shows them.
fn releves(entrepot: &Path) -> Resultat<i64> {
    let flux = Depot::ouvrir_en_lecture(entrepot, None)?.segments()?.flux;
    Ok(flux.iter().map(|segment| segment.pied.metadata().file_metadata().num_rows()).sum())
}

fn rustc() -> String {
    let sortie = Command::new("rustc").arg("--version").output();
    sortie
        .map_or_else(|_| "rustc inconnu".to_owned(), |sortie| String::from_utf8_lossy(&sortie.stdout).trim().to_owned())
}

/// Processors, memory and model of the machine.
fn machine() -> Resultat<String> {
    let coeurs = std::thread::available_parallelism().map_or(1, usize::from);
    let memoire = fs::read_to_string("/proc/meminfo")?;
    let kio = memoire.lines().find_map(|ligne| ligne.strip_prefix("MemTotal:")).ok_or("MemTotal absent")?;
    let kio: f64 = kio.trim().trim_end_matches(" kB").parse()?;
    let processeur = fs::read_to_string("/proc/cpuinfo")?;
    let modele = processeur.lines().find_map(|ligne| Some(ligne.strip_prefix("model name")?.split_once(": ")?.1));
    Ok(format!("{coeurs} cœurs, {:.0} Gio de mémoire, {}", kio / 1_048_576.0, modele.unwrap_or("modèle inconnu")))
}
