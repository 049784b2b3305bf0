//! `jalon purger`: people gone for longer than the retention, and old files received.

use std::path::PathBuf;

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::indicateurs::ouvrir;
use super::{Erreur, Fin, afficher, pipeline};
use crate::campagne::sceau::touchees;
use crate::cli::{Communes, Forme, Purger};
use crate::journal::depot::Depot;
use crate::journal::reecriture::{Nature, Registre, inscrire};
use crate::journal::rejets::oublier_les_clos;
use crate::purge::bruts::{self, BilanBruts, JOURS, RefusBruts};
use crate::purge::{Attente, Cible, Connu, Plan, Raison, partis};
use crate::temps::Jour;

/// What is purged, from the command line and the pipeline.
struct Lieux {
    communes: Communes,
    /// Folders of files received; extracts of closed rejects go with them.
    bruts: Vec<PathBuf>,
    jours: Option<u32>,
}

impl Lieux {
    fn new(communes: &Communes, demande: &Purger) -> Result<Self, Erreur> {
        let (mut communes, mut bruts) = (communes.clone(), demande.bruts.clone());
        let mut jours = (!bruts.is_empty()).then_some(JOURS);
        if let Some(chemin) = &demande.pipeline {
            let pipeline = pipeline(&communes, chemin)?;
            communes.entrepot = pipeline.entrepot;
            communes.cle = pipeline.cle;
            if bruts.is_empty() {
                // A night that refused nothing yet made no folder for it.
                bruts = [pipeline.archives, pipeline.refuses].into_iter().filter(|dossier| dossier.exists()).collect();
            }
            jours = Some(pipeline.conservation.bruts_jours);
        }
        Ok(Self { communes, bruts, jours: jours.map(|jours| demande.bruts_jours.unwrap_or(jours)) })
    }
}

pub(super) fn executer(communes: &Communes, demande: &Purger) -> Result<Fin, Erreur> {
    let lieux = Lieux::new(communes, demande)?;
    let communes = &lieux.communes;
    let le = chrono::Local::now().date_naive();
    let mut rendu = Rendu::default();
    if let Some(avant) = demande.avant.filter(|avant| *avant > le) {
        return Err(Erreur::Demande(format!("--avant {avant} est dans l'avenir. Donnez un jour passé")));
    }
    let refus = |refus: RefusBruts| Erreur::Demande(refus.to_string());
    bruts::verifier(&lieux.bruts, &communes.entrepot).map_err(refus)?;
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
    let bilan = fichiers_bruts(&lieux, &depot, demande.a_blanc, le, &mut rendu)?;
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
    let (plan, extraits) = (Plan::new(depot, &connu, &cible)?, Plan::extraits(depot, &connu, &cible)?);
    drop(connu);
    let scellees = touchees(depot.racine(), |empreinte| plan.reecrit(empreinte))?;
    // Said before anything is done, and again in the account.
    let avis = avis_des_sceaux(&scellees);
    if let Some(phrase) = avis.as_ref().filter(|_| !a_blanc) {
        eprintln!("jalon : attention, {phrase}");
    }
    let (combien, vide) = (contenu(&plan), plan.est_vide());
    let mut objet = json!({
        "avant": avant,
        "personnes": plan.personnes(),
        "releves": plan.releves(),
        "evenements": plan.evenements(),
        "en_attente": plan.en_attente(),
        "segments": plan.segments(),
        "extraits_a_voir": extraits,
        "campagnes_scellees": scellees,
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
    rendu.lignes.extend(extraits_a_voir(&extraits));
    rendu.lignes.extend(avis);
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

/// Says which extracts of rejects may still hold somebody who was removed, if any.
pub(super) fn extraits_a_voir(extraits: &[String]) -> Option<String> {
    (!extraits.is_empty()).then(|| {
        format!(
            "À voir dans l'entrepôt, {} en clair : {}. Reprenez chaque rejet, ou fermez-le (« jalon rejets clore ») \
             et effacez ce fichier.",
            compte(
                extraits.len() as u64,
                "extrait de rejet les contient encore",
                "extraits de rejets les contiennent encore"
            ),
            extraits.join(", ")
        )
    })
}

/// Says which submissions were sealed on what a removal rewrites, if any.
pub(super) fn avis_des_sceaux(scellees: &[String]) -> Option<String> {
    (!scellees.is_empty()).then(|| {
        format!(
            "des remises scellées reposent sur ce qui est retiré : {}. Si ces personnes y comptent, « jalon campagne verifier » \
             ne retrouvera plus leurs chiffres, et le dira.",
            scellees.join(" ; ")
        )
    })
}

/// Where the trace of a removal is.
pub(super) fn dire_le_registre(depot: &Depot, registre: &Registre) -> String {
    format!(
        "Le registre, sans aucun nom, est dans {}.",
        depot.racine().join("purges").join(format!("{}.json", registre.nom)).display()
    )
}

fn fichiers_bruts(
    lieux: &Lieux,
    depot: &Depot,
    a_blanc: bool,
    le: NaiveDate,
    rendu: &mut Rendu,
) -> Result<BilanBruts, Erreur> {
    let Some(jours) = lieux.jours else { return Ok(BilanBruts::default()) };
    let avant = le.checked_sub_days(Days::new(jours.into())).unwrap_or(NaiveDate::MIN);
    let bilan = bruts::purger(&lieux.bruts, &lieux.communes.entrepot, avant, a_blanc)
        .map_err(|refus| Erreur::Demande(refus.to_string()))?;
    let oubli = oublier_les_clos(depot, avant, a_blanc)?;
    let verbe = match (a_blanc, bilan.retires > 1) {
        (true, true) => "seraient effacés",
        (true, false) => "serait effacé",
        (false, true) => "ont été effacés",
        (false, false) => "a été effacé",
    };
    rendu.lignes.push(format!(
        "Fichiers reçus antérieurs au {avant} : {} sur {} {verbe} ({} octets).",
        bilan.retires, bilan.vus, bilan.octets
    ));
    if oubli.extraits > 0 {
        let verbe = match (a_blanc, oubli.extraits > 1) {
            (true, true) => "seraient effacés",
            (true, false) => "serait effacé",
            (false, true) => "ont été effacés",
            (false, false) => "a été effacé",
        };
        let combien = compte(oubli.extraits, "extrait", "extraits");
        rendu.lignes.push(format!("Rejets clos ou repris avant le {avant} : {combien} {verbe}."));
    }
    if bilan.laisses > 0 {
        rendu.lignes.push(format!("{} ou fichier spécial laissé en place.", compte(bilan.laisses, "lien", "liens")));
    }
    for (chemin, raison) in &bilan.echecs {
        rendu.lignes.push(format!("{} n'a pas pu être effacé ({raison}). Vérifiez les droits.", chemin.display()));
    }
    rendu.json.insert(
        "bruts".to_owned(),
        json!({"avant": avant, "vus": bilan.vus, "retires": bilan.retires, "octets": bilan.octets, "echecs": bilan.echecs.len(), "extraits_de_rejets": oubli.extraits}),
    );
    if bilan.retires + oubli.extraits > 0 && !a_blanc {
        let raison = Raison { nature: Nature::FichiersBruts, le, avant: Some(avant), motif: None };
        inscrire(
            depot,
            &Registre { fichiers_bruts: bilan.retires, extraits: oubli.extraits, ..raison.registre(depot)? },
        )?;
    }
    Ok(bilan)
}

fn compte(n: u64, un: &str, plusieurs: &str) -> String {
    format!("{n} {}", if n > 1 { plusieurs } else { un })
}
