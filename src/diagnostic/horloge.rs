//! The clock: the day of a file, of a list, of a night is the one it gives.

use std::time::{Duration, SystemTime};

use chrono::{Datelike, NaiveDate};

use super::lieux::contenu;
use super::{Constat, Demande, Gravite, Groupe, compte};
use crate::pipeline::Pipeline;
use crate::systeme::Chemin;

/// How far ahead the date of a file may be: two machines never agree to the second.
const AVANCE: Duration = Duration::from_secs(300);
/// The year of the rules: a clock before it was never set.
const PREMIERE_ANNEE: i32 = 2019;

pub(super) fn examiner(
    demande: &Demande<'_>,
    pipeline: Option<&Pipeline>,
    dernier_recu: Option<NaiveDate>,
) -> Vec<Constat> {
    let mut constats = vec![fuseau(demande), heure(demande, dernier_recu)];
    constats.extend(pipeline.map(|pipeline| fichiers(demande, pipeline)));
    constats
}

fn constat(controle: &'static str, trouve: impl Into<String>) -> Constat {
    Constat::bon(Groupe::Horloge, controle, trouve)
}

/// No département of France has the time of Greenwich.
fn fuseau(demande: &Demande<'_>) -> Constat {
    let decalage = demande.maintenant.offset();
    let trouve = constat("fuseau", format!("{} d'écart avec le temps universel", decalage));
    if decalage.local_minus_utc() == 0 {
        return trouve.mais(
            Gravite::Attention,
            "l'heure légale du département",
            "un fichier arrivé la nuit serait reçu la veille ou le lendemain : « timedatectl set-timezone Europe/Paris », ou le fuseau de l'outre-mer",
        );
    }
    trouve
}

fn heure(demande: &Demande<'_>, dernier_recu: Option<NaiveDate>) -> Constat {
    let jour = demande.maintenant.date_naive();
    let ici = demande.maintenant.format("%Y-%m-%d %H:%M");
    match dernier_recu {
        Some(recu) if jour < recu => constat("heure", format!("il est {ici}, et un fichier est reçu le {recu}")).mais(
            Gravite::ACorriger,
            "une horloge qui suit le dernier fichier reçu",
            "vérifiez l'horloge (« timedatectl »). Si elle est juste, ce fichier a été ingéré avec un jour de réception à venir, et il ne compte pas encore",
        ),
        _ if jour.year() < PREMIERE_ANNEE => constat("heure", format!("il est {ici}")).mais(
            Gravite::ACorriger,
            "l'heure d'aujourd'hui",
            "réglez l'horloge (« timedatectl set-ntp true »)",
        ),
        Some(recu) => constat("heure", format!("il est {ici} ; dernier fichier reçu le {recu}")),
        None => constat("heure", format!("il est {ici} ; aucun fichier reçu encore")),
    }
}

/// Files of the inboxes that are dated after now.
fn fichiers(demande: &Demande<'_>, pipeline: &Pipeline) -> Constat {
    let limite = SystemTime::from(demande.maintenant) + AVANCE;
    let vus: Vec<_> = pipeline.boites.iter().flat_map(|boite| contenu(boite).unwrap_or_default()).collect();
    let mut futurs: Vec<_> = vus
        .iter()
        .filter(|(_, meta)| meta.is_file() && meta.modified().is_ok_and(|date| date > limite))
        .map(|(chemin, _)| chemin)
        .collect();
    futurs.sort();
    match futurs.first() {
        None => constat("dates_des_fichiers", "aucun fichier des boîtes n'est daté d'après maintenant"),
        Some(premier) => {
            let n = compte(futurs.len(), "fichier des boîtes daté", "fichiers des boîtes datés");
            constat("dates_des_fichiers", format!("{n} d'après maintenant, dont {}", Chemin(premier))).mais(
                Gravite::Attention,
                "des dates passées",
                "l'horloge de cette machine retarde, ou celle de l'émetteur avance : comparez-les",
            )
        }
    }
}
