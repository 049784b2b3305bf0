//! Every command of the documentation is typed here, as it stands, by the program of this build: page after
//! page, in the order in which it is read, in a scratch folder that holds what a clone of the project holds.
//!
//! - A block ```` ```sh ```` or ```` ```console ```` (lines that begin with `$ `) holds commands. One ends with the
//!   code that its comment tells (`# … code 4`); without one, with 0, or 3 when it reads files: something in
//!   them may be set aside.
//! - What a `console` block shows below a command, or a ```` ```text ```` block right below a `sh` block, is what
//!   its last command prints; `[…]` stands for what is left out.
//! - A command that no test can type is in [`NON_TAPEES`], with the reason. Its options are checked all the same.
//!
//! `JALON_PAGE=rejets cargo test --test guide_commandes` types one page.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "commun/programme.rs"]
mod programme;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

const RACINE: &str = env!("CARGO_MANIFEST_DIR");

/// What is in a command that is not typed, and why it is not.
const NON_TAPEES: &[(&str, &str)] = &[
    ("sudo ", "needs root, and changes the machine: tests/paquet.sh does it, in a copy of the system"),
    ("cargo build", "builds the program: what runs this test has done it"),
    ("cargo test", "is what runs this test"),
    ("cargo bench", "takes hours; `cargo test` tries each bench on a few data"),
    ("benches/comparer", "builds the program and fetches other tools: .ci/run does it, with --court"),
    ("cargo install", "fetches a program"),
    ("cargo vendor", "fetches every library"),
    ("cargo deb", "needs cargo-deb: tests/paquet.sh installs the package that it makes"),
    ("cargo deny", "needs cargo-deny; tests/installer.rs checks the licences"),
    ("cargo cyclonedx", "needs cargo-cyclonedx"),
    ("gzip -9nf target/release", "compresses what the line before wrote, in the folder of the build"),
    ("psql ", "needs the database of web-rsa: tests/web_rsa.rs types the same queries in PostgreSQL"),
    ("ssh ", "needs another machine"),
    ("spark-venv", "fetches Spark: tests/spark.sh does it"),
    ("spark-submit", "needs Spark: tests/spark.sh runs the job"),
    (" servir", "answers until Ctrl-C: tests/servir.rs and tests/navigateur.rs ask for each page"),
    ("jalon analyser\n", "answers one question after another, in a terminal: tests/analyser.rs"),
    ("'SELECT …'", "stands for the questions of the page, that tests/analyser.rs asks"),
    (" --nir", "asks for a NIR without showing it: tests/expliquer.rs and tests/purge.rs give one"),
    ("accordée\"\n", "asks for a confirmation, in a terminal: tests/purge.rs gives it"),
    ("--personnes 2000000", "two million people: minutes, and gigabytes"),
];

/// What a page takes for granted beside a clone, a warehouse of the sample department and the program:
/// the page, what is in the command before which it is done, and what is done.
const PREPARATIONS: &[(&str, &str, &str)] = &[
    ("README.md", "ingerer entrant/", "rm -r entrepot; cp -r sample_flows/petit_departement/entrant entrant"),
    ("docs/guide-agent.md", "mkdir recus", "rm -r entrepot"),
    ("docs/changer-une-regle.md", "bilan-2021", "montre '[[campagnes]]' >>mes-campagnes.toml"),
    ("docs/changer-une-regle.md", "bilan-2022", "montre '[[modeles]]' >>mes-campagnes.toml"),
    ("docs/donnees-personnelles.md", "--bruts archives", "mkdir archives refuses"),
    ("docs/donnees-personnelles.md", "--pipeline", "mkdir -p nuit/archives nuit/refuses; cp -r entrepot nuit/"),
    (
        "docs/simulation.md",
        "--entrepot pays/entrepot",
        "jalon simuler --graine 1 --personnes 200 --du 2020-12 --au 2022-05 --forme segments --sortie pays",
    ),
    (
        "docs/sources.md",
        "--sources descriptions/",
        "mkdir entrant descriptions; cp pipelines/sources/exemples/*.csv entrant/; cp pipelines/sources/exemple-*.toml descriptions/",
    ),
];

/// A line to type.
#[derive(Debug)]
struct Commande {
    ligne: usize,
    texte: String,
    /// What the page shows of what it prints.
    montre: Option<String>,
}

impl Commande {
    fn new(ligne: usize, texte: &str) -> Self {
        Self { ligne, texte: texte.trim().to_owned(), montre: None }
    }

    /// The codes with which it may end.
    fn codes(&self) -> Vec<i32> {
        let commentaire = self.texte.rsplit_once(" # ").map_or("", |(_, commentaire)| commentaire);
        let code = commentaire.split("code ").nth(1).and_then(|suite| suite.chars().next()?.to_digit(10));
        match code {
            Some(code) => vec![code.try_into().unwrap()],
            None if [" ingerer ", " nuit "].iter().any(|lit| self.texte.contains(lit)) => vec![0, 3],
            None => vec![0],
        }
    }

    fn non_tapee(&self) -> Option<&'static str> {
        let texte = format!("{}\n", self.texte);
        NON_TAPEES.iter().map(|(motif, _)| *motif).find(|motif| texte.contains(motif))
    }

    /// What checks the options of a command of jalon that is not typed: its help is asked for behind them.
    fn essai_des_options(&self) -> Option<String> {
        let texte = self.texte.split(" # ").next()?;
        let debut = texte.rfind("jalon ").filter(|debut| *debut == 0 || texte[..*debut].ends_with(' '))?;
        est_une_commande(&texte[debut..]).then(|| format!("{} --aide", &texte[debut..]))
    }
}

/// Whether a line is typed in a terminal: `jalon`, then a command or a long option; or one of the tools
/// that the pages use.
fn est_une_commande(ligne: &str) -> bool {
    let suite = ligne.strip_prefix("jalon ").unwrap_or_default();
    let jalon = suite.starts_with("--") || suite.starts_with(|lettre: char| lettre.is_ascii_lowercase());
    jalon || ["$ ", "sudo ", "cargo "].iter().any(|debut| ligne.starts_with(debut))
}

/// The commands of a page, and the faults of its blocks.
fn commandes(page: &Path, texte: &str, fautes: &mut Vec<String>) -> Vec<Commande> {
    let mut trouvees: Vec<Commande> = Vec::new();
    // The language of the block read now, and whether only blank lines stand since the last `sh` block.
    let (mut bloc, mut juste_apres): (Option<String>, bool) = (None, false);
    for (rang, ligne) in texte.lines().enumerate() {
        let Some(langue) = bloc.clone() else {
            if let Some(langue) = ligne.trim_start().strip_prefix("```") {
                let sortie = langue == "text" && juste_apres;
                bloc = Some(if sortie { "sortie".to_owned() } else { langue.to_owned() });
            } else if !ligne.trim().is_empty() {
                juste_apres = false;
            }
            continue;
        };
        if ligne.trim_start().starts_with("```") {
            juste_apres = langue == "sh";
            bloc = None;
            continue;
        }
        let derniere = trouvees.last_mut();
        let tapee = ligne.strip_prefix("$ ");
        match langue.as_str() {
            "sh" if ligne.trim().is_empty() || ligne.starts_with('#') => {}
            "sh" => match derniere {
                Some(commande) if commande.texte.ends_with('\\') => {
                    commande.texte.pop();
                    commande.texte.push_str(ligne.trim());
                }
                _ => trouvees.push(Commande::new(rang + 1, ligne)),
            },
            "console" if tapee.is_some() => trouvees.push(Commande::new(rang + 1, tapee.unwrap_or_default())),
            "console" | "sortie" => {
                let montre = derniere.unwrap().montre.get_or_insert_default();
                montre.push_str(ligne);
                montre.push('\n');
            }
            _ if est_une_commande(ligne) => {
                fautes.push(format!("{}:{} : une commande hors d'un bloc sh ou console", page.display(), rang + 1));
            }
            _ => {}
        }
    }
    trouvees
}

/// The README, and every page of `docs/`.
fn pages() -> Vec<PathBuf> {
    let docs = programme::fichiers(&Path::new(RACINE).join("docs")).into_iter();
    let pages = docs.filter(|page| page.extension().is_some_and(|extension| extension == "md"));
    [Path::new(RACINE).join("README.md")].into_iter().chain(pages).collect()
}

fn executable(chemin: &Path, texte: &str) {
    fs::write(chemin, texte).unwrap();
    fs::set_permissions(chemin, fs::Permissions::from_mode(0o755)).unwrap();
}

fn sh(ici: &Path, script: &str) -> Command {
    let mut commande = Command::new("sh");
    let chemin = format!("{}:{}", ici.join(".bin").display(), std::env::var("PATH").unwrap());
    commande.current_dir(ici).args(["-c", script]).env("PATH", chemin).env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8");
    for variable in ["JALON_ENTREPOT", "JALON_DEPARTEMENT", "COLUMNS"] {
        commande.env_remove(variable);
    }
    commande.stdin(Stdio::null());
    commande
}

/// A folder that looks like a clone of the project, with the program, the `cargo run` of
/// `sample_flows/essai`, and a warehouse of the sample department.
fn clone(ici: &Path) {
    for dossier in [".bin", ".sorties", "tmp", "target/release", "tests"] {
        fs::create_dir_all(ici.join(dossier)).unwrap();
    }
    for nom in [".bin/jalon", "target/release/jalon"] {
        symlink(env!("CARGO_BIN_EXE_jalon"), ici.join(nom)).unwrap();
    }
    executable(
        &ici.join(".bin/cargo"),
        "#!/bin/sh\n[ \"$1\" = build ] && exit 0\n[ \"$1\" = run ] || exit 99\nwhile [ \"$1\" != -- ]; do shift; done\nshift; exec jalon \"$@\"\n",
    );
    // Copies: nothing that is typed reaches the project.
    let copie = format!(
        "cp -r '{RACINE}/sample_flows' '{RACINE}/pipelines' '{RACINE}/docs' . && cp -r '{RACINE}/tests/donnees' tests/ && \
         jalon -q ingerer sample_flows/petit_departement/entrant"
    );
    let fin = sh(ici, &copie).output().unwrap();
    assert_eq!(fin.status.code(), Some(3), "{}", String::from_utf8_lossy(&fin.stderr));
}

/// Types the commands of a page, in one shell, and gives what went wrong.
fn taper(clone: &Path, page: &str, commandes: &[Commande]) -> Vec<String> {
    let lieu = tempfile::tempdir().unwrap();
    let ici = lieu.path();
    assert!(Command::new("cp").arg("-a").arg(clone.join(".")).arg(ici).status().unwrap().success());
    // `montre LINE` gives the block of the page that begins with this line.
    let mut script =
        format!("umask 022\nmontre() {{ awk -v l=\"$1\" '$0 == l {{ d = 1 }} /^```/ {{ d = 0 }} d' {page}; }}\n");
    let mut preparations: Vec<_> = PREPARATIONS.iter().filter(|(nom, ..)| *nom == page).collect();
    for (rang, commande) in commandes.iter().enumerate() {
        preparations.retain(|(_, avant, preparation)| {
            let maintenant = commande.texte.contains(avant);
            if maintenant {
                writeln!(script, "{{ {preparation}\n}} || exit 98").unwrap();
            }
            !maintenant
        });
        let tapee = match commande.non_tapee() {
            None => commande.texte.replace("/tmp/", &format!("{}/tmp/", ici.display())),
            Some(_) => commande.essai_des_options().unwrap_or_else(|| ":".to_owned()),
        };
        writeln!(script, "{{ {tapee}\n}} >.sorties/{rang}.out 2>.sorties/{rang}.err; echo $? >.sorties/{rang}.code")
            .unwrap();
    }
    assert!(preparations.is_empty(), "{page} no longer types {preparations:?}");
    let fin = sh(ici, &script).output().unwrap();
    assert!(fin.status.success(), "{page} : {:?} {}", fin.status, String::from_utf8_lossy(&fin.stderr));
    let lire = |rang: usize, quoi: &str| {
        String::from_utf8_lossy(&fs::read(ici.join(format!(".sorties/{rang}.{quoi}"))).unwrap()).into_owned()
    };
    let mut fautes = Vec::new();
    for (rang, commande) in commandes.iter().enumerate() {
        let (out, err) = (lire(rang, "out"), lire(rang, "err"));
        let code: i32 = lire(rang, "code").trim().parse().unwrap();
        let attendus = if commande.non_tapee().is_some() { vec![0] } else { commande.codes() };
        let ou = format!("{page}:{} : {}", commande.ligne, commande.texte);
        if !attendus.contains(&code) {
            fautes.push(format!("{ou}\n  finit par le code {code}, attendu {attendus:?}\n{out}{err}"));
        }
        let imprime = format!("{out}{err}");
        let mut reste = imprime.as_str();
        for extrait in commande.montre.iter().flat_map(|montre| montre.split("[…]")).map(str::trim) {
            match reste.split_once(extrait) {
                Some((_, suite)) => reste = suite,
                None => {
                    fautes.push(format!("{ou}\n  la page montre\n{extrait}\n  jalon imprime\n{imprime}"));
                    break;
                }
            }
        }
    }
    fautes
}

#[test]
fn every_command_of_the_documentation_can_be_typed_as_it_stands() {
    let (mut fautes, mut employes) = (Vec::new(), BTreeSet::new());
    let mut a_taper = Vec::new();
    let seule = std::env::var("JALON_PAGE").ok();
    for chemin in pages() {
        let page = chemin.strip_prefix(RACINE).unwrap().to_owned();
        let trouvees = commandes(&page, &fs::read_to_string(&chemin).unwrap(), &mut fautes);
        employes.extend(trouvees.iter().filter_map(Commande::non_tapee));
        let page = page.to_str().unwrap().to_owned();
        if !trouvees.is_empty() && seule.as_ref().is_none_or(|seule| page.contains(seule.as_str())) {
            a_taper.push((page, trouvees));
        }
    }
    for (motif, raison) in NON_TAPEES {
        assert!(employes.contains(motif) && raison.len() > 10, "« {motif} » n'est plus dans aucune page");
    }
    let lieu = tempfile::tempdir().unwrap();
    clone(lieu.path());
    // Two pages at a time: most commands have one thread.
    let reste = Mutex::new(a_taper.iter());
    let suivante = || reste.lock().unwrap().next();
    let taper = || -> Vec<String> {
        std::iter::from_fn(suivante).flat_map(|(page, commandes)| taper(lieu.path(), page, commandes)).collect()
    };
    std::thread::scope(|fils| {
        let autre = fils.spawn(taper);
        fautes.extend(taper());
        fautes.extend(autre.join().unwrap());
    });
    assert!(fautes.is_empty(), "{}", fautes.join("\n\n"));
}

/// The commands that the sentences of a page tell, between backquotes.
fn dites(texte: &str) -> Vec<String> {
    let phrases: String = texte.split("```").step_by(2).collect();
    let cites = phrases.split('`').skip(1).step_by(2).map(|cite| cite.split_whitespace().collect::<Vec<_>>().join(" "));
    cites.filter(|cite| cite.starts_with("jalon ") && est_une_commande(cite)).collect()
}

#[test]
fn every_command_told_in_a_sentence_has_options_that_exist() {
    let lieu = tempfile::tempdir().unwrap();
    fs::create_dir(lieu.path().join(".bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_jalon"), lieu.path().join(".bin/jalon")).unwrap();
    let (mut vues, mut fautes) = (0, Vec::new());
    for page in pages() {
        for dite in dites(&fs::read_to_string(&page).unwrap()) {
            vues += 1;
            // What is left out, or stands for a day or a year, is one to the options that want it.
            let tapee = dite
                .split(" < ")
                .next()
                .unwrap()
                .replace("AUTRE_JOUR", "…")
                .replace("JOUR", "…")
                .replace("--annee AAAA", "--annee 2021")
                .replace('…', "2022-01-01");
            let fin = sh(lieu.path(), &format!("{tapee} --aide")).output().unwrap();
            let dit = String::from_utf8_lossy(&fin.stderr).into_owned();
            // An option may be named without its value.
            if !fin.status.success() && !dit.contains("attend une valeur") {
                fautes.push(format!("{} : {dite}\n{dit}", page.display()));
            }
        }
    }
    assert!(vues > 100 && fautes.is_empty(), "{vues}\n{}", fautes.join("\n"));
}
