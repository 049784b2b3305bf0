//! What a packager and a DSI count on: the version, the manual, the completions, the package, the
//! licences of what is delivered, and the warehouses of the versions before.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

#[allow(dead_code, reason = "its main is cargo's")]
#[path = "../build.rs"]
mod construction;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use construction::{revision, surveilles};
use programme::{Sortie, fichiers, jalon, lancer, segments};

fn ici() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn jalon_seul<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Sortie {
    lancer(Command::new(env!("CARGO_BIN_EXE_jalon")).args(arguments))
}

// The version.

/// 23 November 2026, at noon in UTC.
const MIDI: &str = "1795435200";

fn git(dossier: &Path, arguments: &[&str]) -> String {
    let mut commande = Command::new("git");
    commande.args([
        "-c",
        "user.name=Essai",
        "-c",
        "user.email=essai@departement.example",
        "-c",
        "commit.gpgsign=false",
    ]);
    commande.env("GIT_COMMITTER_DATE", format!("{MIDI} +1400")).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    let sortie = lancer(commande.current_dir(dossier).args(arguments));
    assert_eq!(sortie.code, 0, "git {arguments:?} : {}", sortie.tout());
    sortie.out.trim().to_owned()
}

/// A clone with one commit of something that the program is made from, and the commit.
fn depot_git(dossier: &Path) -> String {
    git(dossier, &["init", "--quiet"]);
    for nom in ["src", "pipelines"] {
        fs::create_dir(dossier.join(nom)).unwrap();
    }
    let regles = ("pipelines/regles.toml", "delai = 30");
    for (nom, contenu) in [("src/main.rs", "fn main() {}"), regles, ("LISEZMOI", "bonjour")] {
        fs::write(dossier.join(nom), contenu).unwrap();
    }
    for nom in ["REVISION", ".gitattributes"] {
        fs::copy(ici().join(nom), dossier.join(nom)).unwrap();
    }
    git(dossier, &["add", "."]);
    git(dossier, &["commit", "--quiet", "--message", "un"]);
    git(dossier, &["rev-parse", "HEAD"])[..12].to_owned()
}

/// The day is that of the commit, in UTC: it does not depend on where or when the program is built.
#[test]
fn in_a_clone_the_version_says_the_commit_its_day_and_a_change_that_is_not_committed() {
    let dossier = tempfile::tempdir().unwrap();
    let commit = depot_git(dossier.path());
    assert_eq!(revision(dossier.path(), None), format!("commit {commit} du 2026-11-23"));
    // What the program is not made from does not count.
    fs::write(dossier.path().join("LISEZMOI"), "bonsoir").unwrap();
    assert_eq!(revision(dossier.path(), None), format!("commit {commit} du 2026-11-23"));
    fs::write(dossier.path().join("src/main.rs"), "fn main() { }").unwrap();
    assert_eq!(revision(dossier.path(), None), format!("commit {commit} du 2026-11-23, modifié depuis"));
}

#[test]
fn in_a_source_tarball_the_version_says_the_commit_that_git_archive_wrote() {
    let dossier = tempfile::tempdir().unwrap();
    let clone = dossier.path().join("clone");
    fs::create_dir(&clone).unwrap();
    let commit = depot_git(&clone);
    git(&clone, &["archive", "--prefix=jalon/", "--output=../jalon.tar", "HEAD"]);
    assert_eq!(lancer(Command::new("tar").current_dir(dossier.path()).args(["xf", "jalon.tar"])).code, 0);
    let sources = dossier.path().join("jalon");
    assert_eq!(revision(&sources, None), format!("commit {commit} du 2026-11-23"));
    // Unpacked in the clone of another project, it does not take the commit of that one.
    fs::rename(&sources, clone.join("jalon")).unwrap();
    fs::write(clone.join("jalon/REVISION"), "$Format:%H %ct$\n").unwrap();
    assert_eq!(revision(&clone.join("jalon"), None), "commit inconnu");
}

#[test]
fn source_date_epoch_says_the_day_with_or_without_a_commit() {
    let dossier = tempfile::tempdir().unwrap();
    for (epoque, dit) in [
        (None, "commit inconnu"),
        (Some("demain"), "commit inconnu"),
        (Some("0"), "commit inconnu du 1970-01-01"),
        (Some("-1"), "commit inconnu du 1969-12-31"),
        (Some("951782400"), "commit inconnu du 2000-02-29"),
        (Some("951868800"), "commit inconnu du 2000-03-01"),
        (Some("1735689599"), "commit inconnu du 2024-12-31"),
        (Some("4107542400"), "commit inconnu du 2100-03-01"),
    ] {
        assert_eq!(revision(dossier.path(), epoque), dit);
    }
    let commit = depot_git(dossier.path());
    assert_eq!(revision(dossier.path(), Some("0")), format!("commit {commit} du 1970-01-01"));
}

/// A path that does not exist would compile everything at each build; what is delivered says its commit.
#[test]
fn a_release_is_made_again_after_a_commit_and_nothing_is_at_each_build() {
    let dossier = tempfile::tempdir().unwrap();
    depot_git(dossier.path());
    let etat = || -> Vec<_> {
        let surveilles = surveilles(dossier.path(), true);
        let lu = |chemin: &std::path::PathBuf| (chemin.clone(), fs::read(chemin).ok());
        assert!(surveilles.iter().all(|chemin| chemin.exists()), "{surveilles:?}");
        surveilles.iter().map(lu).collect()
    };
    let change = |faire: &dyn Fn()| {
        let avant = etat();
        faire();
        avant != etat()
    };
    let commettre = || {
        git(dossier.path(), &["commit", "--quiet", "--allow-empty", "--message", "deux"]);
    };
    let regarder = || {
        git(dossier.path(), &["status"]);
        git(dossier.path(), &["branch", "autre"]);
    };
    assert_eq!((change(&commettre), change(&regarder)), (true, false));
    assert_eq!(surveilles(dossier.path(), false), ["src", "REVISION"].map(|nom| dossier.path().join(nom)));
    // A git that keeps no journal of HEAD.
    fs::remove_dir_all(dossier.path().join(".git/logs")).unwrap();
    git(dossier.path(), &["config", "core.logAllRefUpdates", "false"]);
    assert!(change(&commettre));
    assert!(change(&|| drop(git(dossier.path(), &["checkout", "--quiet", "autre"]))));
}

#[test]
fn the_program_says_a_commit_of_its_sources() {
    let sortie = jalon_seul(["--version"]);
    let debut = format!("jalon {} (commit ", env!("CARGO_PKG_VERSION"));
    let dit = sortie.out.strip_prefix(&debut).and_then(|reste| reste.strip_suffix(")\n"));
    let commit = dit.unwrap_or_else(|| panic!("{}", sortie.out)).split(' ').next().unwrap();
    if ici().join(".git").exists() {
        git(ici(), &["cat-file", "-e", &format!("{commit}^{{commit}}")]);
    } else {
        assert!(revision(ici(), None).contains(commit), "{}", sortie.out);
    }
}

// The manual and the completions.

fn commandes_de(commande: &clap::Command) -> Vec<String> {
    let sous = commande.get_subcommands().filter(|sous| !sous.is_hide_set());
    let nom = commande.get_display_name().unwrap_or(commande.get_name()).to_owned();
    std::iter::once(nom).chain(sous.flat_map(commandes_de)).collect()
}

#[test]
fn every_command_has_its_page_in_french_with_each_of_its_options() {
    let dossier = tempfile::tempdir().unwrap();
    let man = dossier.path().join("man/man1");
    assert_eq!(jalon_seul(["installer-aide", "--man", man.to_str().unwrap()]).tout(), "");
    let mut commande = <jalon::cli::Cli as clap::CommandFactory>::command();
    commande.build();
    let mut attendues: Vec<_> = commandes_de(&commande).into_iter().map(|nom| format!("{nom}.1")).collect();
    attendues.sort();
    let mut ecrites: Vec<_> =
        fs::read_dir(&man).unwrap().map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    ecrites.sort();
    assert_eq!(ecrites, attendues);
    assert!(ecrites.len() > 25 && ecrites.contains(&"jalon-campagne-preparer.1".to_owned()), "{ecrites:?}");
    for nom in &ecrites {
        let page = fs::read_to_string(man.join(nom)).unwrap();
        assert!(page.contains(".SH NOM") && page.contains(".SH DESCRIPTION"), "{nom}");
        for anglais in
            ["SH NAME", "EXTRA", "SUBCOMMANDS", "Possible values", "[default", "May also be", "Print ", "VERSION\n"]
        {
            assert!(!page.contains(anglais), "{nom} : {anglais}");
        }
    }
    let page = fs::read_to_string(man.join("jalon-indicateurs.1")).unwrap();
    for argument in commande.find_subcommand("indicateurs").unwrap().get_arguments() {
        let Some(long) = argument.get_long() else { continue };
        assert!(page.contains(&long.replace('-', "\\-")), "--{long}");
    }
    // The same pages each time: nothing of the machine, nor of the day.
    let encore = dossier.path().join("encore");
    jalon_seul(["installer-aide", "--man", encore.to_str().unwrap()]);
    for nom in &ecrites {
        assert_eq!(fs::read(man.join(nom)).unwrap(), fs::read(encore.join(nom)).unwrap(), "{nom}");
    }
}

/// In a shell, when it is there: what the key offers after `jalon camp`, and after `jalon campagne `.
#[test]
fn the_completions_offer_the_commands_and_their_options() {
    let dossier = tempfile::tempdir().unwrap();
    let place = dossier.path().to_str().unwrap();
    assert_eq!(jalon_seul(["installer-aide", "--completions", place]).tout(), "");
    for nom in ["jalon.bash", "_jalon", "jalon.fish"] {
        let texte = fs::read_to_string(dossier.path().join(nom)).unwrap();
        for mot in ["indicateurs", "preparer", "lectures"] {
            assert!(texte.contains(mot), "{nom} : {mot}");
        }
        assert!(!texte.contains("installer-aide"), "{nom} offers what is hidden");
    }
    let script = r#". "$1/jalon.bash"
        offrir() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _jalon jalon "${!#}"; echo "${COMPREPLY[@]}"; }
        offrir jalon camp; offrir jalon campagne s; offrir jalon indicateurs --conn"#;
    let sortie = lancer(Command::new("bash").args(["-c", script, "bash", place]));
    assert_eq!(sortie.tout(), "campagne campaign\nsceller seal\n--connu-le\n");
}

#[test]
fn installer_aide_says_what_it_lacks_and_what_it_could_not_write() {
    let sortie = jalon_seul(["installer-aide"]);
    assert_eq!(sortie.code, 2);
    assert!(sortie.err.contains("il manque --man"), "{}", sortie.err);
    let sortie = jalon_seul(["installer-aide", "--man", "/dev/null/man"]);
    assert_eq!(sortie.code, 1);
    assert!(sortie.err.contains("écriture impossible dans /dev/null/man/jalon.1"), "{}", sortie.err);
    assert!(!jalon_seul(["--help"]).out.contains("installer-aide"));
}

// The warehouses of the versions before.

/// What was asked of each warehouse, and the name of the file that keeps the answer.
const QUESTIONS: [(&str, &[&str]); 2] = [
    ("mars-2022.csv", &["--campagne", "mars-2022"]),
    ("semestre-2021.csv", &["--du", "2021-01-01", "--au", "2021-06-30", "--arrete", "2021-06-30"]),
];

/// The folders `tests/donnees/entrepot-VERSION`: a warehouse, the files it was made from, its figures.
fn versions() -> Vec<PathBuf> {
    let entrees = fs::read_dir(ici().join("tests/donnees")).unwrap().map(|entree| entree.unwrap().path());
    let est_un_entrepot = |chemin: &PathBuf| chemin.file_name().unwrap().to_str().unwrap().starts_with("entrepot-");
    entrees.filter(est_un_entrepot).collect()
}

/// A copy of a warehouse, closed to other accounts: git does not keep that.
fn copier(de: &Path, vers: &Path) {
    assert_eq!(lancer(Command::new("cp").arg("-r").args([de, vers])).tout(), "");
    assert_eq!(lancer(Command::new("chmod").args(["-R", "u=rwX,go="]).arg(vers)).tout(), "");
}

/// Each cell of a table by its indicator and its column: a later version may add columns.
fn cellules(texte: &str) -> BTreeMap<(String, String), String> {
    let mut lecteur =
        csv::ReaderBuilder::new().delimiter(b';').from_reader(texte.trim_start_matches('\u{feff}').as_bytes());
    let entetes = lecteur.headers().unwrap().clone();
    let mut out = BTreeMap::new();
    for ligne in lecteur.records() {
        let ligne = ligne.unwrap();
        for (colonne, valeur) in entetes.iter().zip(&ligne) {
            out.insert((ligne[0].to_owned(), colonne.to_owned()), valeur.to_owned());
        }
    }
    out
}

/// The figures that are not those of before, as `indicator column: before, today`.
fn ecarts(version: &Path, entrepot: &Path) -> Vec<String> {
    let mut out = Vec::new();
    for (fichier, question) in QUESTIONS {
        let sortie = jalon(entrepot, ["indicateurs", "--format", "csv"].iter().chain(question));
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        let aujourd_hui = cellules(&sortie.out);
        let avant = cellules(&fs::read_to_string(version.join(fichier)).unwrap());
        assert!(avant.len() > 100, "{fichier}");
        for (place, valeur) in avant {
            let lu = aujourd_hui.get(&place);
            if lu != Some(&valeur) {
                out.push(format!(
                    "{fichier} {} {} : {valeur}, {}",
                    place.0,
                    place.1,
                    lu.map_or("rien", String::as_str)
                ));
            }
        }
    }
    out
}

#[test]
fn a_warehouse_of_each_earlier_version_gives_the_figures_it_gave() {
    assert!(!versions().is_empty());
    for version in versions() {
        let dossier = tempfile::tempdir().unwrap();
        let entrepot = dossier.path().join("entrepot");
        copier(&version.join("entrepot"), &entrepot);
        assert_eq!(ecarts(&version, &entrepot), [""; 0], "{}", version.display());
        // Nothing that it knows comes in again.
        let avant = segments(&entrepot);
        assert_eq!(jalon(&entrepot, ["ingerer".as_ref(), version.join("recus").as_os_str()]).code, 0);
        assert_eq!((segments(&entrepot), ecarts(&version, &entrepot)), (avant, Vec::new()), "{}", version.display());
        let sain = jalon(&entrepot, ["diagnostiquer", "--format", "json"]);
        let controles: serde_json::Value = serde_json::from_str(&sain.out).unwrap();
        for controle in controles["controles"].as_array().unwrap() {
            assert_ne!(controle["gravite"], "a_corriger", "{controle:#}");
        }
    }
}

/// Today's program goes on where the one before stopped: what it set aside is mended and comes in.
#[test]
fn a_reject_of_an_earlier_version_is_mended_by_todays() {
    for version in versions() {
        let dossier = tempfile::tempdir().unwrap();
        let entrepot = dossier.path().join("entrepot");
        copier(&version.join("entrepot"), &entrepot);
        let extraits = fichiers(&entrepot.join("rejets"));
        let fautif = |chemin: &&PathBuf| fs::read_to_string(chemin).unwrap().contains(";POLE");
        let extrait = extraits.iter().find(fautif).unwrap();
        let corrige = dossier.path().join("corrige.csv");
        fs::write(&corrige, fs::read_to_string(extrait).unwrap().replace(";POLE", ";PE")).unwrap();
        let sortie = jalon(&entrepot, ["rejets".as_ref(), "reprendre".as_ref(), corrige.as_os_str()]);
        assert_eq!(sortie.code, 3, "the four other lines are still wrong: {}", sortie.tout());
        let ecarts = ecarts(&version, &entrepot);
        assert!(ecarts.contains(&"mars-2022.csv 3.1.2 valeur : 9, 10".to_owned()), "{ecarts:?}");
    }
}

/// What a new installation makes of the same files.
#[test]
fn a_warehouse_made_today_gives_the_figures_of_the_earlier_versions() {
    for version in versions() {
        let dossier = tempfile::tempdir().unwrap();
        let entrepot = dossier.path().join("entrepot");
        assert_eq!(jalon(&entrepot, ["ingerer".as_ref(), version.join("recus").as_os_str()]).code, 3);
        assert_eq!(ecarts(&version, &entrepot), [""; 0], "{}", version.display());
    }
}

// The package.

fn manifeste() -> toml::Table {
    fs::read_to_string(ici().join("Cargo.toml")).unwrap().parse().unwrap()
}

fn paquet() -> toml::Table {
    manifeste()["package"]["metadata"]["deb"].as_table().unwrap().clone()
}

/// Where each file of the package comes from, and where it goes.
fn contenu() -> Vec<(String, String)> {
    let texte = |valeur: &toml::Value| valeur.as_str().unwrap().to_owned();
    let contenu = paquet()["assets"].as_array().unwrap().clone();
    contenu.iter().map(|ligne| (texte(&ligne[0]), texte(&ligne[1]))).collect()
}

#[test]
fn everything_the_package_holds_is_there_or_is_built() {
    let dossier = tempfile::tempdir().unwrap();
    let aide = dossier.path().join("aide");
    let place = |nom: &str| aide.join(nom).to_str().unwrap().to_owned();
    let (man, completions) = (place("man"), place("completions"));
    assert_eq!(jalon_seul(["installer-aide", "--man", &man, "--completions", &completions]).code, 0);
    for (source, _) in contenu() {
        let chemin = match source.strip_prefix("target/release/") {
            Some("jalon") => continue,
            Some(bati) => dossier.path().join(bati),
            None => ici().join(&source),
        };
        // A pattern stands for what its folder holds.
        let trouve = match chemin.to_str().unwrap().split_once('*') {
            Some((debut, _)) => fs::read_dir(debut).is_ok_and(|mut contenu| contenu.next().is_some()),
            None => chemin.is_file(),
        };
        assert!(trouve, "{source}");
    }
}

/// The unit, the settings and the scripts name the same places.
#[test]
fn the_package_installs_a_night_that_runs_where_its_unit_lets_it() {
    let lire = |nom: &str| fs::read_to_string(ici().join(nom)).unwrap();
    let unite = lire("pipelines/systemd/jalon-nuit.service");
    assert!(unite.contains("ExecStart=/usr/bin/jalon nuit --pipeline /etc/jalon/nuit.toml "));
    assert!(unite.contains("\nUser=jalon\nGroup=jalon\n") && unite.contains("\nReadWritePaths=/var/lib/jalon\n"));
    let contenu = contenu();
    assert!(contenu.contains(&("target/release/jalon".to_owned(), "usr/bin/".to_owned())));
    assert!(contenu.contains(&("pipelines/debian/nuit.toml".to_owned(), "etc/jalon/nuit.toml".to_owned())));
    let nuit = jalon::pipeline::Pipeline::lire(&ici().join("pipelines/debian/nuit.toml")).unwrap();
    assert_eq!(nuit.entrepot, Path::new("/var/lib/jalon/entrepot"));
    assert_eq!(nuit.boites, [Path::new("/var/lib/jalon/depot")]);
    assert_eq!(nuit.cle, None);
    let installation = lire("pipelines/debian/postinst");
    assert!(installation.contains("for dossier in /var/lib/jalon /var/lib/jalon/depot; do"));
}

/// Removed or purged, the package leaves the department's data and the account that they belong to.
#[test]
fn no_script_of_the_package_removes_anything() {
    let scripts: Vec<PathBuf> = ["postinst", "postrm"].map(|nom| ici().join("pipelines/debian").join(nom)).into();
    for script in &scripts {
        assert_eq!(lancer(Command::new("sh").arg("-n").arg(script)).tout(), "", "{}", script.display());
        let texte = fs::read_to_string(script).unwrap();
        let commandes = texte.lines().filter(|ligne| !ligne.trim_start().starts_with(['#', 'e'])).collect::<Vec<_>>();
        for mot in commandes.iter().flat_map(|ligne| ligne.split_whitespace()) {
            assert!(!["rm", "rmdir", "find", "deluser", "userdel", "delgroup", "mv"].contains(&mot), "{mot}");
        }
        assert!(texte.contains("\n#DEBHELPER#\n"), "{}", script.display());
    }
}

// The licences.

fn deny() -> toml::Table {
    fs::read_to_string(ici().join("deny.toml")).unwrap().parse().unwrap()
}

/// Whether an SPDX expression can be met with what is allowed. `a/b` is the old way to write `a OR b`.
fn acceptee(expression: &str, admises: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    // The first group in brackets is settled, and becomes a word.
    if let Some((debut, reste)) = expression.rsplit_once('(') {
        let (dedans, fin) = reste.split_once(')').unwrap();
        let valeur = if acceptee(dedans, admises) { "OUI" } else { "NON" };
        return acceptee(&format!("{debut}{valeur}{fin}"), admises);
    }
    let admise = |licence: &str| licence.trim() == "OUI" || admises.contains(licence.trim());
    expression.split(" OR ").any(|choix| choix.split(" AND ").all(admise))
}

#[test]
fn an_spdx_expression_is_met_when_one_of_its_choices_is() {
    let admises = ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
    for (expression, attendu) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("Apache-2.0", false),
        ("Apache-2.0 OR MIT", true),
        ("Unlicense/MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("MIT AND Zlib", true),
        ("(GPL-3.0-only OR MIT) AND Zlib", true),
        ("(GPL-3.0-only OR MIT) AND BSD-3-Clause", false),
        ("Apache-2.0 WITH LLVM-exception", true),
    ] {
        assert_eq!(acceptee(expression, &admises), attendu, "{expression}");
    }
}

/// What `cargo deny check licenses sources` says, where it is not installed.
#[test]
fn every_library_is_under_a_licence_that_deny_toml_allows_and_comes_from_crates_io() {
    let deny = deny();
    let admises = deny["licenses"]["allow"].as_array().unwrap().iter();
    let admises: BTreeSet<String> = admises.map(|licence| licence.as_str().unwrap().to_owned()).collect();
    // What is in the program, or builds it, on this machine: no test, and nothing for other systems.
    let mut commande = Command::new(env!("CARGO"));
    commande.current_dir(ici()).args(["tree", "--locked", "--offline", "--edges=normal,build", "--prefix=none"]);
    let sortie = lancer(commande.arg("--format={p}|{l}"));
    assert_eq!(sortie.code, 0, "{}", sortie.err);
    let lignes: BTreeSet<&str> = sortie.out.lines().map(|ligne| ligne.trim_end_matches(" (*)")).collect();
    assert!(lignes.len() > 200, "{}", lignes.len());
    let interdits = deny["bans"]["deny"].as_array().unwrap();
    for (bibliotheque, licence) in lignes.iter().map(|ligne| ligne.split_once('|').unwrap()) {
        let nom = bibliotheque.split(' ').next().unwrap();
        assert!(acceptee(licence, &admises), "{bibliotheque} : « {licence} »");
        assert!(interdits.iter().all(|interdit| interdit["crate"].as_str() != Some(nom)), "{nom} is banned");
    }
    let verrou = fs::read_to_string(ici().join("Cargo.lock")).unwrap();
    for source in verrou.lines().filter_map(|ligne| ligne.strip_prefix("source = ")) {
        assert_eq!(source, "\"registry+https://github.com/rust-lang/crates.io-index\"");
    }
}
