//! The program, the account and the terminal.

use super::{Constat, Demande, Gravite, Groupe};

pub(super) fn examiner(demande: &Demande<'_>) -> Vec<Constat> {
    vec![version(), langue(demande.terminal)]
}

fn version() -> Constat {
    let place = std::env::current_exe().map(|chemin| format!(", {}", chemin.display())).unwrap_or_default();
    Constat::bon(Groupe::Installation, "version", format!("jalon {}{place}", crate::VERSION))
}

/// jalon writes UTF-8 whatever the surroundings say: only what reads it can show it wrongly.
fn langue(terminal: bool) -> Constat {
    // The first one that is set decides, as for every program.
    let dite = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|nom| std::env::var(nom).ok().filter(|valeur| !valeur.is_empty()).map(|valeur| (*nom, valeur)));
    let constat = |trouve: String| Constat::bon(Groupe::Installation, "langue", trouve);
    let mal = |trouve: String| {
        constat(trouve).mais(
            Gravite::Attention,
            "une langue en UTF-8, comme fr_FR.UTF-8",
            "sans elle, les accents peuvent s'afficher mal ; tapez « export LANG=C.UTF-8 » avant jalon",
        )
    };
    match dite {
        Some((nom, valeur)) if en_utf8(&valeur) => constat(format!("{nom} vaut {valeur}")),
        Some((nom, valeur)) => mal(format!("{nom} vaut {valeur}")),
        None if terminal => mal("ni LC_ALL, ni LC_CTYPE, ni LANG n'a de valeur".to_owned()),
        None => constat("sans terminal, rien à régler".to_owned()),
    }
}

fn en_utf8(langue: &str) -> bool {
    let langue = langue.to_lowercase();
    langue.contains("utf-8") || langue.contains("utf8")
}
