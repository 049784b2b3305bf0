//! What the last night said of itself.

use std::fs;
use std::io;

use chrono::{Local, NaiveDateTime, TimeDelta};
use serde::Deserialize;

use super::{Constat, Demande, Gravite, Groupe, compte};
use crate::nuit::sorties::BILAN;
use crate::pipeline::Pipeline;
use crate::systeme::{Chemin, EnFrancais};

/// Hours after which a night is missing: one a day, and room for the slowest.
const HEURES: i64 = 36;

/// What is read of the summary of a night.
#[derive(Deserialize)]
struct Bilan {
    a_traiter: Vec<String>,
    code: u8,
    jour: String,
    debut: String,
}

pub(super) fn examiner(pipeline: &Pipeline, demande: &Demande<'_>) -> Constat {
    let chemin = pipeline.sorties.join(BILAN);
    let montre = Chemin(&chemin).to_string();
    let constat = |trouve: String| Constat::bon(Groupe::Nuits, "derniere_nuit", trouve);
    let lu = match fs::read(&chemin) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return constat(format!("aucune : {montre} n'existe pas")).mais(
                Gravite::Attention,
                "une nuit par jour",
                "essayez « jalon nuit --pipeline … --a-blanc », puis mettez le minuteur (docs/nuit.md)",
            );
        }
        Err(error) => {
            return constat(format!("{montre} ne peut pas être lu ({})", EnFrancais(&error))).mais(
                Gravite::ACorriger,
                "un compte rendu lisible",
                "lancez jalon avec le compte qui fait la nuit",
            );
        }
        Ok(octets) => serde_json::from_slice::<Bilan>(&octets).ok(),
    };
    let date = lu.as_ref().and_then(|bilan| NaiveDateTime::parse_from_str(&bilan.debut, "%Y-%m-%dT%H:%M:%S").ok());
    let (Some(bilan), Some(debut)) = (lu, date) else {
        return constat(format!("{montre} n'est pas un compte rendu de nuit")).mais(
            Gravite::ACorriger,
            "ce que « jalon nuit » écrit",
            "effacez ce fichier : la prochaine nuit l'écrira",
        );
    };
    let choses = match bilan.a_traiter.len() {
        0 => "rien".to_owned(),
        n => compte(n, "chose", "choses"),
    };
    let trouve = constat(format!(
        "celle du {}, commencée le {}, code de sortie {}, {choses} à traiter",
        bilan.jour,
        debut.format("%Y-%m-%d à %H:%M"),
        bilan.code
    ));
    let ecoule = demande.maintenant.with_timezone(&Local).naive_local() - debut;
    if ecoule > TimeDelta::hours(HEURES) {
        return trouve.mais(
            Gravite::ACorriger,
            format!("une nuit depuis moins de {HEURES} heures"),
            "vérifiez le minuteur : « systemctl list-timers jalon-nuit.timer », ou la ligne de cron",
        );
    }
    let lire = format!("lisez « à traiter » dans {}", Chemin(&chemin.with_extension("txt")));
    match bilan.code {
        0 => trouve,
        3 => trouve.mais(Gravite::Attention, "code 0", lire),
        _ => trouve.mais(Gravite::ACorriger, "code 0, ou 3 quand un fichier est mis de côté", lire),
    }
}
