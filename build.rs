//! What `jalon --version` says: the version, the commit and its day. Nothing comes from the clock of
//! the machine: the day of the build changes nothing in the program.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `git archive` writes the commit of a source tarball (`.gitattributes`, `export-subst`).
const ETIQUETTE: &str = "REVISION";
/// What the program is made from: a change there that is not committed is said.
const SOURCES: [&str; 6] = ["src", "templates", DONNEES, "build.rs", "Cargo.toml", "Cargo.lock"];
/// The rules and settings.
const DONNEES: &str = "pipelines";
/// The length of a commit that is shown.
const COURT: usize = 12;

fn main() {
    let racine = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let epoque = env::var("SOURCE_DATE_EPOCH").ok();
    println!("cargo::rustc-env=JALON_VERSION={version} ({})", revision(&racine, epoque.as_deref()));
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let livre = env::var("PROFILE").is_ok_and(|profil| profil == "release");
    for chemin in surveilles(&racine, livre) {
        println!("cargo::rerun-if-changed={}", chemin.display());
    }
}

/// The commit of the sources and its day; `epoque` is `SOURCE_DATE_EPOCH`, which says the day to those
/// who rebuild the program, or who have no commit.
pub fn revision(racine: &Path, epoque: Option<&str>) -> String {
    let (commit, modifie) = clone(racine).or_else(|| archive(racine)).unwrap_or_default();
    let (commit, secondes) = commit.split_once(' ').unwrap_or((&commit, ""));
    let commit = match commit.get(..COURT) {
        Some(court) => format!("commit {court}"),
        None => "commit inconnu".to_owned(),
    };
    let jour = match epoque.unwrap_or(secondes).trim().parse() {
        Ok(secondes) => format!(" du {}", jour(secondes)),
        Err(_) => String::new(),
    };
    let modifie = if modifie { ", modifié depuis" } else { "" };
    format!("{commit}{jour}{modifie}")
}

/// In a clone: the commit, the second it was made, and whether the sources have changed since. Only
/// when the clone is that of jalon: its sources may lie in another project's.
fn clone(racine: &Path) -> Option<(String, bool)> {
    racine.join(".git").exists().then_some(())?;
    let commit = git(racine, &["show", "--no-patch", "--no-show-signature", "--format=%H %ct", "HEAD"])?;
    let change = git(racine, &[&["diff", "--name-only", "HEAD", "--"], &SOURCES[..]].concat())?;
    Some((commit, !change.is_empty()))
}

/// In a tarball made by `git archive`: the same, that it wrote there.
fn archive(racine: &Path) -> Option<(String, bool)> {
    let etiquette = fs::read_to_string(racine.join(ETIQUETTE)).ok()?;
    (!etiquette.starts_with('$')).then(|| (etiquette.trim().to_owned(), false))
}

/// What this depends on: the sources and, for what is delivered, the commit. In the everyday shape, a
/// commit compiles nothing again: what the version says stays true, that the program was built from
/// this commit, or from changes to it. Nor do the rules and settings there: few are in the program, and
/// they are edited often. A path that does not exist would compile everything at each build: it is
/// left out.
pub fn surveilles(racine: &Path, livre: bool) -> Vec<PathBuf> {
    let mut git_dit = Vec::new();
    if livre && racine.join(".git").exists() {
        let place = |nom: &str| git(racine, &["rev-parse", "--git-path", nom]).map(|chemin| racine.join(chemin));
        // The journal of HEAD moves each time another commit is taken; without it, HEAD and its branch.
        git_dit.extend(place("logs/HEAD").filter(|chemin| chemin.exists()));
        if git_dit.is_empty() {
            let branche = git(racine, &["symbolic-ref", "--quiet", "HEAD"]);
            git_dit.extend(["HEAD".to_owned()].into_iter().chain(branche).filter_map(|nom| place(&nom)));
        }
    }
    let sources = SOURCES.iter().chain([&ETIQUETTE]).filter(|source| livre || **source != DONNEES);
    sources.map(|source| racine.join(source)).chain(git_dit).filter(|chemin| chemin.exists()).collect()
}

fn git(racine: &Path, arguments: &[&str]) -> Option<String> {
    let mut commande = Command::new("git");
    // A hook of git names another repository there.
    commande.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let sortie = commande.current_dir(racine).args(arguments).output().ok()?;
    let texte = String::from_utf8(sortie.stdout).ok()?;
    sortie.status.success().then(|| texte.trim().to_owned())
}

/// The day of a second, in UTC: era of 400 years, then year that begins in March, then month.
fn jour(secondes: i64) -> String {
    let jours = secondes.div_euclid(86_400) + 719_468;
    let (ere, jour_de_l_ere) = (jours.div_euclid(146_097), jours.rem_euclid(146_097));
    let an = (jour_de_l_ere - jour_de_l_ere / 1_460 + jour_de_l_ere / 36_524 - jour_de_l_ere / 146_096) / 365;
    let jour_de_l_an = jour_de_l_ere - (365 * an + an / 4 - an / 100);
    let rang = (5 * jour_de_l_an + 2) / 153;
    let jour = jour_de_l_an - (153 * rang + 2) / 5 + 1;
    let mois = if rang < 10 { rang + 3 } else { rang - 9 };
    let an = ere * 400 + an + i64::from(mois <= 2);
    format!("{an:04}-{mois:02}-{jour:02}")
}
