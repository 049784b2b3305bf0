//! `jalon purger`: people gone for longer than the retention, and old files received.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::indicateurs::ouvrir;
use super::{Erreur, Fin, afficher};
use crate::cli::{Communes, Forme, Purger};
use crate::journal::depot::Depot;
use crate::journal::reecriture::{Nature, Registre, inscrire};
use crate::purge::bruts::{self, BilanBruts, RefusBruts};
use crate::purge::{Attente, Cible, Connu, Plan, Raison, partis};
use crate::temps::Jour;

pub(super) fn executer(communes: &Communes, demande: &Purger) -> Result<Fin, Erreur> {
    let le = chrono::Local::now().date_naive();
    let mut rendu = Rendu::default();
    if let Some(avant) = demande.avant.filter(|avant| *avant > le) {
        return Err(Erreur::Demande(format!("--avant {avant} est dans l'avenir. Donnez un jour passé")));
    }
    let refus = |refus: RefusBruts| Erreur::Demande(refus.to_string());
    bruts::verifier(&demande.bruts, &communes.entrepot).map_err(refus)?;
    // The warehouse is opened to be written only if it exists: a purge never makes one.
    let mut depot = ouvrir(communes)?;
    if !demande.a_blanc {
        drop(depot);
        depot = Depot::ouvrir_en_ecriture(&communes.entrepot, communes.cle.as_deref())?;
    }
    if let Some(reprise) = depot.purge_terminee() {
        rendu.lignes.push(format!(
            "La purge {}, qui avait été interrompue, est maintenant terminée : {}.",
            reprise.nom,
            compte(reprise.personnes, "personne retirée", "personnes retirées")
        ));
    }
    if let Some(avant) = demande.avant {
        personnes(&depot, avant, le, demande.a_blanc, &mut rendu)?;
    }
    let bilan = fichiers_bruts(communes, &depot, demande, le, &mut rendu)?;
    afficher(rendu.rediger(demande).as_bytes())?;
    Ok(if bilan.echecs.is_empty() { Fin::Fait } else { Fin::MisDeCote })
}

/// What is said at the end.
#[derive(Debug, Default)]
struct Rendu {
    lignes: Vec<String>,
    json: serde_json::Map<String, Value>,
}

impl Rendu {
    fn rediger(self, demande: &Purger) -> String {
        match demande.format {
            Forme::Texte => self.lignes.iter().map(|ligne| format!("{ligne}\n")).collect(),
            Forme::Json => {
                let mut objet = self.json;
                objet.insert("a_blanc".to_owned(), demande.a_blanc.into());
                format!("{:#}\n", Value::Object(objet))
            }
        }
    }
}

fn personnes(depot: &Depot, avant: NaiveDate, le: NaiveDate, a_blanc: bool, rendu: &mut Rendu) -> Result<(), Erreur> {
    let connu = Connu::lire(depot)?;
    let jour = Jour::from(avant);
    let cible = Cible { personnes: partis(&connu.histoire, jour), attente: Attente::AvantLe(jour) };
    let plan = Plan::new(depot, &connu, &cible)?;
    drop(connu);
    let (combien, vide) = (contenu(&plan), plan.est_vide());
    let mut objet = json!({
        "avant": avant,
        "personnes": plan.personnes(),
        "releves": plan.releves(),
        "evenements": plan.evenements(),
        "en_attente": plan.en_attente(),
        "segments": plan.segments(),
        "registre": null,
    });
    if vide {
        rendu.lignes.push(format!("Personne à retirer : nul n'est parti avant le {avant}."));
    } else if a_blanc {
        rendu
            .lignes
            .push(format!("À blanc, rien n'est écrit. Parties avant le {avant}, seraient retirées : {combien}."));
    } else {
        let raison = Raison { nature: Nature::Purge, le, avant: Some(avant), motif: None };
        let registre = plan.appliquer(depot, &raison)?;
        rendu.lignes.push(format!("Parties avant le {avant}, ont été retirées : {combien}."));
        rendu.lignes.push(dire_le_registre(depot, &registre));
        objet["registre"] = registre.nom.into();
    }
    rendu.json.insert("personnes".to_owned(), objet);
    Ok(())
}

/// What a removal takes away, in words.
pub(super) fn contenu(plan: &Plan) -> String {
    let mut parts = vec![
        compte(plan.personnes(), "personne", "personnes"),
        compte(plan.releves(), "relevé", "relevés"),
        compte(plan.evenements(), "ligne d'événement", "lignes d'événements"),
    ];
    if plan.en_attente() > 0 {
        parts.push(format!("dont {} d'une personne jamais reconnue", plan.en_attente()));
    }
    format!("{} ({} à réécrire)", parts.join(", "), compte(plan.segments(), "segment", "segments"))
}

/// Where the trace of a removal is.
pub(super) fn dire_le_registre(depot: &Depot, registre: &Registre) -> String {
    format!(
        "Le registre, sans aucun nom, est dans {}.",
        depot.racine().join("purges").join(format!("{}.json", registre.nom)).display()
    )
}

fn fichiers_bruts(
    communes: &Communes,
    depot: &Depot,
    demande: &Purger,
    le: NaiveDate,
    rendu: &mut Rendu,
) -> Result<BilanBruts, Erreur> {
    if demande.bruts.is_empty() {
        return Ok(BilanBruts::default());
    }
    let avant = le.checked_sub_days(Days::new(demande.bruts_jours.into())).unwrap_or(NaiveDate::MIN);
    let bilan = bruts::purger(&demande.bruts, &communes.entrepot, avant, demande.a_blanc)
        .map_err(|refus| Erreur::Demande(refus.to_string()))?;
    let verbe = match (demande.a_blanc, bilan.retires > 1) {
        (true, true) => "seraient effacés",
        (true, false) => "serait effacé",
        (false, true) => "ont été effacés",
        (false, false) => "a été effacé",
    };
    rendu.lignes.push(format!(
        "Fichiers reçus antérieurs au {avant} : {} sur {} {verbe} ({} octets).",
        bilan.retires, bilan.vus, bilan.octets
    ));
    if bilan.laisses > 0 {
        rendu.lignes.push(format!("{} ou fichier spécial laissé en place.", compte(bilan.laisses, "lien", "liens")));
    }
    for (chemin, raison) in &bilan.echecs {
        rendu.lignes.push(format!("{} n'a pas pu être effacé ({raison}). Vérifiez les droits.", chemin.display()));
    }
    rendu.json.insert(
        "bruts".to_owned(),
        json!({"avant": avant, "vus": bilan.vus, "retires": bilan.retires, "octets": bilan.octets, "echecs": bilan.echecs.len()}),
    );
    if bilan.retires > 0 && !demande.a_blanc {
        let raison = Raison { nature: Nature::FichiersBruts, le, avant: Some(avant), motif: None };
        inscrire(depot, &Registre { fichiers_bruts: bilan.retires, ..raison.registre(depot)? })?;
    }
    Ok(bilan)
}

fn compte(n: u64, un: &str, plusieurs: &str) -> String {
    format!("{n} {}", if n > 1 { plusieurs } else { un })
}
