//! The pages for developers cannot drift: every path and every name that they give exists, and the stages
//! of the library use only what the architecture says.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const RACINE: &str = env!("CARGO_MANIFEST_DIR");

/// What every stage may use.
const A_TOUS: [&str; 5] = ["disque", "identite", "referentiel", "systeme", "temps"];

fn page(nom: &str) -> String {
    fs::read_to_string(Path::new(RACINE).join("docs/dev").join(nom)).unwrap()
}

/// Every file below a folder whose name ends so.
fn fichiers(dossier: &Path, fins: &[&str]) -> Vec<PathBuf> {
    let mut trouves = Vec::new();
    for entree in fs::read_dir(dossier).unwrap() {
        let chemin = entree.unwrap().path();
        if chemin.is_dir() && !chemin.ends_with("node_modules") {
            trouves.extend(fichiers(&chemin, fins));
        } else if fins.iter().any(|fin| chemin.to_string_lossy().ends_with(fin)) {
            trouves.push(chemin);
        }
    }
    trouves
}

/// The words of the code and of its settings; the pages themselves apart.
fn code() -> String {
    let dossiers =
        ["src", "tests", "benches", "pipelines"].map(|nom| fichiers(&Path::new(RACINE).join(nom), &[".rs", ".toml"]));
    let fixes = ["Cargo.toml", ".ci/run"].map(|nom| Path::new(RACINE).join(nom));
    let ici = Path::new(file!()).file_name().unwrap();
    let tous = dossiers.into_iter().flatten().chain(fixes).filter(|chemin| chemin.file_name() != Some(ici));
    tous.map(|chemin| fs::read_to_string(chemin).unwrap()).collect::<Vec<_>>().join("\n")
}

fn mots(texte: &str) -> BTreeSet<&str> {
    texte.split(|lettre: char| !lettre.is_alphanumeric() && lettre != '_').filter(|mot| mot.len() > 1).collect()
}

/// What stands between backquotes outside the blocks of a page.
fn cites(page: &str) -> Vec<&str> {
    let hors_des_blocs = page.split("```").step_by(2);
    hors_des_blocs.flat_map(|texte| texte.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_path_and_name_of_the_pages_for_developers_exists() {
    let code = code();
    let connus = mots(&code);
    let mut vus = 0;
    for nom in ["architecture.md", "how-to.md"] {
        let page = page(nom);
        for cite in cites(&page) {
            vus += 1;
            let racine = cite.split('/').next().unwrap();
            let chemin = ["src", "tests", "docs", "pipelines", "sample_flows", "benches", ".ci"].contains(&racine);
            if chemin || ["CHANGELOG.md"].contains(&cite) {
                assert!(Path::new(RACINE).join(cite).exists(), "docs/dev/{nom} : {cite} n'existe pas");
            } else if let Some(fonction) = cite.strip_suffix("()") {
                let derniere = fonction.rsplit("::").next().unwrap();
                let definie = [format!("fn {derniere}("), format!("fn {derniere}<")];
                assert!(
                    definie.iter().any(|fin| code.contains(fin.as_str())),
                    "docs/dev/{nom} : aucune fonction {cite}"
                );
            } else {
                for mot in mots(cite) {
                    let numero = mot.starts_with(|lettre: char| lettre.is_ascii_digit());
                    assert!(numero || connus.contains(mot), "docs/dev/{nom} : « {mot} » ({cite}) n'est nulle part");
                }
            }
        }
    }
    assert!(vus > 150, "{vus}");
}

/// The table of the architecture: a stage, what it may use, and whether it opens files.
fn permis(page: &str) -> BTreeMap<String, (BTreeSet<String>, bool)> {
    let lignes = page.lines().filter(|ligne| ligne.starts_with("| `") && ligne.matches('|').count() == 4);
    let lignes = lignes.map(|ligne| ligne.split('|').skip(1).map(str::trim).collect::<Vec<_>>());
    lignes
        .map(|cellules| {
            let usages = cellules[1].split('`').skip(1).step_by(2).map(str::to_owned).collect();
            (cellules[0].replace('`', ""), (usages, cellules[2] != "no"))
        })
        .collect()
}

#[test]
fn each_stage_uses_only_what_the_architecture_says() {
    let permis = permis(&page("architecture.md"));
    assert!(permis.len() > 10 && permis["journal"].1 && !permis["entrees"].1);
    for (etape, (usages, ouvre)) in permis {
        let src = Path::new(RACINE).join("src");
        let mut sources = vec![src.join(format!("{etape}.rs"))];
        sources.retain(|chemin| chemin.exists());
        if src.join(&etape).is_dir() {
            sources.extend(fichiers(&src.join(&etape), &[".rs"]));
        }
        // `recit.rs` is the stories of the tests.
        sources.retain(|chemin| !["tests.rs", "recit.rs"].iter().any(|nom| chemin.ends_with(nom)));
        assert!(!sources.is_empty(), "{etape}");
        for source in sources {
            let texte = fs::read_to_string(&source).unwrap();
            let texte = texte.split("\n#[cfg(test)]\nmod ").next().unwrap();
            let lignes = texte.lines().filter(|ligne| !ligne.trim_start().starts_with("//"));
            for ligne in lignes {
                for usage in ligne.split("crate::").skip(1) {
                    let module = usage.split(|lettre: char| !lettre.is_alphanumeric() && lettre != '_').next().unwrap();
                    let module_d_etape = src.join(module).is_dir() || src.join(format!("{module}.rs")).is_file();
                    let permis =
                        module == etape || A_TOUS.contains(&module) || usages.contains(module) || !module_d_etape;
                    assert!(permis, "{} uses {module}: docs/dev/architecture.md does not say so", source.display());
                }
                let fichier = ["fs::", "File::"].iter().any(|appel| ligne.contains(appel));
                assert!(ouvre || !fichier, "{} opens files: {ligne}", source.display());
            }
        }
    }
}
