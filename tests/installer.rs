//! What a packager and a DSI count on: the version, the manual, the completions.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

#[allow(dead_code, reason = "its main is cargo's")]
#[path = "../build.rs"]
mod construction;

use std::fs;
use std::path::Path;
use std::process::Command;

use construction::{revision, surveilles};
use programme::{Sortie, lancer};

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
    fs::create_dir(dossier.join("src")).unwrap();
    for (nom, contenu) in [("src/main.rs", "fn main() {}"), ("LISEZMOI", "bonjour")] {
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
