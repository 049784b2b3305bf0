//! What was found, for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Constat, Diagnostic, Gravite, Groupe};

const GROUPES: [(Groupe, &str, &str); 7] = [
    (Groupe::Installation, "installation", "Installation"),
    (Groupe::Entrepot, "entrepot", "Entrepôt"),
    (Groupe::Reglages, "reglages", "Fichier de la nuit"),
    (Groupe::Disque, "disque", "Disque"),
    (Groupe::Horloge, "horloge", "Horloge"),
    (Groupe::Nuits, "nuits", "Dernière nuit"),
    (Groupe::Donnees, "donnees", "Données"),
];

fn code(gravite: Gravite) -> &'static str {
    match gravite {
        Gravite::Bon => "bon",
        Gravite::Attention => "attention",
        Gravite::ACorriger => "a_corriger",
    }
}

/// The findings, one line each under the heading of their group, and what they come to.
#[must_use]
pub fn texte(diagnostic: &Diagnostic) -> String {
    let mut out = String::new();
    for (groupe, _, titre) in GROUPES {
        let siens: Vec<_> = diagnostic.constats.iter().filter(|constat| constat.groupe == groupe).collect();
        if siens.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{titre}");
        siens.iter().for_each(|constat| {
            let _ = writeln!(out, "  {}", ligne(constat));
        });
        out.push('\n');
    }
    let nombre = |gravite| diagnostic.nombre(gravite);
    let _ = writeln!(
        out,
        "à corriger : {} ; attention : {} ; en ordre : {}",
        nombre(Gravite::ACorriger),
        nombre(Gravite::Attention),
        nombre(Gravite::Bon)
    );
    out
}

fn ligne(constat: &Constat) -> String {
    let signe = match constat.gravite {
        Gravite::Bon => "✓         ",
        Gravite::Attention => "attention ",
        Gravite::ACorriger => "à corriger",
    };
    let nom = libelle(constat.controle);
    let objet = constat.objet.as_ref().map(|objet| format!(" {objet}")).unwrap_or_default();
    let mut out = format!("{signe} {nom}{objet} : {}", constat.trouve);
    if !constat.attendu.is_empty() {
        let _ = write!(out, ". Attendu : {}", constat.attendu);
    }
    if !constat.faire.is_empty() {
        let _ = write!(out, ". À faire : {}", constat.faire);
    }
    out
}

/// The name of a check, for people.
fn libelle(controle: &str) -> String {
    match controle {
        "cle" => "clé".to_owned(),
        "referentiel" => "référentiel".to_owned(),
        "boite" => "boîte".to_owned(),
        "meme_disque" => "même disque".to_owned(),
        "derniere_nuit" => "dernière nuit".to_owned(),
        autre => autre.replace('_', " "),
    }
}

/// The findings, for programs. Keys are only ever added.
#[must_use]
pub fn json(diagnostic: &Diagnostic, code_de_sortie: u8, date: &str) -> Value {
    let groupe =
        |constat: &Constat| GROUPES.iter().find(|(groupe, ..)| *groupe == constat.groupe).map(|(_, nom, _)| nom);
    let controles: Vec<Value> = diagnostic
        .constats
        .iter()
        .map(|constat| {
            json!({
                "groupe": groupe(constat),
                "controle": constat.controle,
                "objet": constat.objet,
                "gravite": code(constat.gravite),
                "trouve": constat.trouve,
                "attendu": constat.attendu,
                "faire": constat.faire,
            })
        })
        .collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "date": date,
        "gravite": code(diagnostic.gravite()),
        "code": code_de_sortie,
        "a_corriger": diagnostic.nombre(Gravite::ACorriger),
        "attention": diagnostic.nombre(Gravite::Attention),
        "controles": controles,
    })
}
