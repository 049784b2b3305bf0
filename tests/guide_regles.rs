//! The guide of the rules cannot drift from the program: what it lists between `<!-- jalon … -->` and
//! `<!-- fin -->` is written from the catalogue of the indicators, the référentiels, the readings and the
//! stories. After a change of one of them:
//!
//! ```text
//! JALON_REGENERER=1 cargo test --test guide_regles
//! ```

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "commun/programme.rs"]
mod programme;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jalon::indicateurs::catalogue::CATALOGUE;
use jalon::referentiel::{Lectures, PARAMETRES, REFERENTIEL_2022, Referentiel};
use serde::Deserialize;

const RACINE: &str = env!("CARGO_MANIFEST_DIR");

#[derive(Deserialize)]
struct Recit {
    prouve: Option<String>,
}

fn indicateurs() -> String {
    let mut table = String::from("| | Indicateur | Ce qui est compté |\n|---|---|---|\n");
    for definition in CATALOGUE {
        writeln!(table, "| {} | {} | {} |", definition.id, definition.libelle, definition.unite).unwrap();
    }
    table
}

/// Those that ship.
fn referentiels() -> [Referentiel; 2] {
    let de_2025 = fs::read_to_string(Path::new(RACINE).join("pipelines/referentiel-2025.toml")).unwrap();
    [REFERENTIEL_2022, &de_2025].map(|toml| Referentiel::lire(toml).unwrap())
}

fn cibles() -> String {
    let mut table = String::from("| Référentiel | Indicateur | Année | Cible | Texte |\n|---|---|---|---|---|\n");
    for referentiel in referentiels() {
        for cible in referentiel.cibles() {
            let exemple = if cible.exemple { " (exemple)" } else { "" };
            let (nom, part) = (&referentiel.nom, cible.valeur * 100.0);
            writeln!(
                table,
                "| {nom} | {} | {} | {part} %{exemple} | {} |",
                cible.indicateur, cible.annee, cible.source
            )
            .unwrap();
        }
    }
    table
}

fn seuil(rang: usize) -> String {
    let definition = PARAMETRES[rang];
    let mut texte = format!("Seuil `{}` : {}.\n\n", definition.nom, definition.quoi);
    texte.push_str("| Référentiel | Depuis le | Valeur | Texte |\n|---|---|---|---|\n");
    for referentiel in referentiels() {
        for valeur in referentiel.parametres()[rang].valeurs() {
            let depuis = valeur.depuis.date().format("%d/%m/%Y");
            let nombre = valeur.valeur.to_string().replace('.', ",");
            let debut = valeur.debut.map(|debut| format!(", `debut = \"{}\"`", debut.code())).unwrap_or_default();
            let (nom, unite, source) = (&referentiel.nom, valeur.unite.code(), &valeur.source);
            writeln!(texte, "| {nom} | {depuis} | {nombre} {unite}{debut} | {source} |").unwrap();
        }
    }
    texte
}

/// A reading: its question, as docs/lectures.md asks it, and its answers with the text of each.
fn lecture(cle: &str, valeurs: &[&str]) -> String {
    let page = fs::read_to_string(Path::new(RACINE).join("docs/lectures.md")).unwrap();
    let question = page.split(&format!("## `{cle}`\n\n")).nth(1).unwrap().split("\n\n").next().unwrap();
    let mut texte =
        format!("Lecture [`{cle}`](lectures.md#{}). {}\n\n", cle.replace('.', ""), question.replace('\n', " "));
    for (rang, valeur) in valeurs.iter().enumerate() {
        let defaut = if rang == 0 { ", celle du guide" } else { "" };
        writeln!(texte, "- `{valeur}`{defaut} : {}.", Lectures::texte(cle, valeur).unwrap()).unwrap();
    }
    texte
}

/// The stories, each with its folder.
fn recits() -> BTreeMap<String, String> {
    let dossiers = fs::read_dir(Path::new(RACINE).join("sample_flows")).unwrap();
    let dossiers = dossiers.map(|entree| entree.unwrap().path()).filter(|chemin| chemin.join("recit.toml").is_file());
    dossiers
        .map(|dossier: PathBuf| {
            let nom = dossier.file_name().unwrap().to_str().unwrap().to_owned();
            let recit: Recit = toml::from_str(&fs::read_to_string(dossier.join("recit.toml")).unwrap()).unwrap();
            let prouve = recit.prouve.unwrap();
            (nom.clone(), format!("- [{nom}](../sample_flows/{nom}/recit.toml) : {prouve}\n"))
        })
        .collect()
}

/// The names of the figures beside the twelve, as the program gives them of the sample department.
fn complementaires() -> String {
    let lieu = tempfile::tempdir().unwrap();
    let entrepot = lieu.path().join("entrepot");
    let entrant = Path::new(RACINE).join("sample_flows/petit_departement/entrant");
    let fin = programme::jalon(&entrepot, ["-q".as_ref(), "ingerer".as_ref(), entrant.as_os_str()]);
    assert_eq!(fin.code, 3, "{}", fin.tout());
    let json = programme::jalon(&entrepot, ["indicateurs", "--campagne", "mars-2022", "--format", "json"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut lignes: Vec<String> = Vec::new();
    for complementaire in json["complementaires"].as_array().unwrap() {
        let [code, libelle] = ["code", "libelle"].map(|cle| complementaire[cle].as_str().unwrap().to_owned());
        let ligne = format!("| `{code}` | {libelle} |\n");
        if !lignes.contains(&ligne) {
            lignes.push(ligne);
        }
    }
    format!("| Nom | Ce qu'il dit |\n|---|---|\n{}", lignes.concat())
}

/// What may be listed, by its name in the page: each must be listed once.
fn listes() -> BTreeMap<String, String> {
    let fixes = [("indicateurs", indicateurs()), ("complémentaires", complementaires()), ("cibles", cibles())];
    let seuils = PARAMETRES.iter().enumerate().map(|(rang, p)| (format!("seuil {}", p.nom), seuil(rang)));
    let lectures =
        Lectures::catalogue().into_iter().map(|(cle, valeurs)| (format!("lecture {cle}"), lecture(cle, &valeurs)));
    fixes.map(|(nom, liste)| (nom.to_owned(), liste)).into_iter().chain(seuils).chain(lectures).collect()
}

/// The page, with its lists written again; and what it forgets or says twice.
fn refaire(page: &str) -> (String, Vec<String>) {
    let (mut listes, mut recits) = (listes(), recits());
    assert!(listes.len() > 15 && recits.len() > 60);
    let (mut refaite, mut fautes, mut dedans) = (String::new(), Vec::new(), false);
    for ligne in page.lines() {
        if ligne == "<!-- fin -->" {
            dedans = false;
        }
        if !dedans {
            refaite.push_str(ligne);
            refaite.push('\n');
        }
        let Some(demande) = ligne.strip_prefix("<!-- jalon ").and_then(|reste| reste.strip_suffix(" -->")) else {
            continue;
        };
        dedans = true;
        refaite.push('\n');
        match demande.strip_prefix("récits ") {
            Some(debuts) => {
                for debut in debuts.split(' ') {
                    match recits.keys().find(|nom| nom.starts_with(debut)).cloned() {
                        Some(nom) => refaite.push_str(&recits.remove(&nom).unwrap()),
                        None => fautes.push(format!("récit {debut} : inconnu, ou déjà cité")),
                    }
                }
            }
            None => match listes.remove(demande) {
                Some(liste) => refaite.push_str(&liste),
                None => fautes.push(format!("« {demande} » : inconnu, ou déjà donné")),
            },
        }
        refaite.push('\n');
    }
    fautes.extend(listes.into_keys().chain(recits.into_keys()).map(|nom| format!("{nom} : oublié")));
    (refaite, fautes)
}

#[test]
fn every_indicator_threshold_reading_and_story_is_in_the_guide_of_the_rules() {
    let chemin = Path::new(RACINE).join("docs/guide-regles.md");
    let page = fs::read_to_string(&chemin).unwrap();
    let (refaite, fautes) = refaire(&page);
    assert!(fautes.is_empty(), "docs/guide-regles.md :\n{}", fautes.join("\n"));
    if std::env::var_os("JALON_REGENERER").is_some() {
        fs::write(&chemin, refaite).unwrap();
    } else {
        let differente = page.lines().zip(refaite.lines()).find(|(avant, apres)| avant != apres);
        assert!(
            page == refaite,
            "docs/guide-regles.md : {differente:?}. JALON_REGENERER=1 cargo test --test guide_regles"
        );
    }
}
