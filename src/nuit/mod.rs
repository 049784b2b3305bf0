//! The nightly batch: take the inboxes, ingest, put away, compute, say what happened.
//!
//! Every step can be killed and done again: a file is in its inbox until its segment is committed and
//! it is put away; a segment that exists is not written twice; outputs are whole or absent.

pub mod bilan;
pub mod boite;
pub mod rangement;
pub mod sorties;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{Local, NaiveDate};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use self::bilan::{Bilan, EtatSorties, Sort, Vu};
use self::boite::{Arrive, Boites, relever};
use self::rangement::{Destination, ranger};
use self::sorties::{BILAN, ErreurSorties, FICHIERS, FICHIERS_QUALITE, Programme, Resultat, Su, ecrire};
use crate::disque;
use crate::ingestion::{Issue, JourDeReception, Options, Recu, Source, depose, ingerer, par_fichier};
use crate::journal::depot::{Depot, ErreurDepot, Segments};
use crate::journal::lecture::existait;
use crate::listes;
use crate::pipeline::{Pipeline, Reception};
use crate::purge::avertissement;
use crate::rejeu::histoire;
use crate::sources::Sources;
use crate::systeme::{Affichable, EnFrancais};

/// What is asked of a night.
#[derive(Clone, Copy, Debug)]
pub struct Demande {
    /// The night's day: that of the running campaigns, of the lists, of the archives.
    pub jour: NaiveDate,
    /// Whether nothing is to be written.
    pub a_blanc: bool,
}

/// Runs a night. `attendre` waits for files that have just arrived.
///
/// # Errors
/// The settings are wrong, or the warehouse cannot be opened: nothing was touched. What fails later
/// is in the summary.
pub fn nuit(pipeline: &Pipeline, demande: Demande, attendre: &dyn Fn(Duration)) -> Result<Bilan, ErreurSorties> {
    let debut = Instant::now();
    let programme = Programme::lire(&pipeline.calcul, demande.jour)?;
    let descriptions = Arc::new(Sources::lire(&pipeline.sources)?);
    let cle = pipeline.cle.as_deref();
    let depot = Arc::new(if demande.a_blanc {
        Depot::ouvrir_a_blanc(&pipeline.entrepot, cle)?
    } else {
        Depot::ouvrir_en_ecriture(&pipeline.entrepot, cle)?
    });
    let mut bilan = Bilan {
        a_traiter: Vec::new(),
        code: 0,
        jour: demande.jour.to_string(),
        debut: Local::now().format("%Y-%m-%dT%H:%M:%S").to_string(),
        duree_ms: 0,
        a_blanc: demande.a_blanc,
        fichiers: Vec::new(),
        en_cours: 0,
        laisses: Vec::new(),
        sorties: EtatSorties::Manquantes,
        resultats: Vec::new(),
        listes: Vec::new(),
        remarques: Vec::new(),
        depasses: Vec::new(),
        erreurs: Vec::new(),
    };
    if let Some(reprise) = depot.purge_terminee() {
        let n = reprise.personnes;
        bilan
            .remarques
            .push(format!("la purge {}, interrompue, est maintenant terminée : {n} personne(s)", reprise.nom));
    }
    let boites = relever(&pipeline.boites, pipeline.arrivage, attendre);
    prendre(pipeline, demande, &depot, descriptions, &boites, &mut bilan);
    match calculer(pipeline, demande, &depot, &programme) {
        Ok((sorties, Calcule { resultats, listes, remarques, depasses, .. })) => {
            (bilan.sorties, bilan.resultats, bilan.listes) = (sorties, resultats, listes);
            bilan.remarques.extend(remarques);
            bilan.depasses = depasses;
        }
        Err(error) => bilan.erreurs.push(error.to_string()),
    }
    conclure(&mut bilan, &boites);
    bilan.duree_ms = u64::try_from(debut.elapsed().as_millis()).unwrap_or(u64::MAX);
    if !demande.a_blanc
        && let Err(error) = publier(pipeline, &mut bilan)
    {
        bilan.erreurs.push(error.to_string());
        conclure(&mut bilan, &boites);
    }
    Ok(bilan)
}

/// Reads the files that are ready, and puts each one away.
fn prendre(
    pipeline: &Pipeline,
    demande: Demande,
    depot: &Arc<Depot>,
    descriptions: Arc<Sources>,
    boites: &Boites,
    bilan: &mut Bilan,
) {
    let options = Options {
        reception: match pipeline.reception {
            Reception::Arrivee => JourDeReception::Arrivee,
            Reception::Nom => JourDeReception::Nom,
            Reception::Creation => JourDeReception::Creation,
        },
        tolerance: pipeline.tolerance,
        descriptions,
        ..Options::new(demande.jour)
    };
    let sources: Vec<Source> =
        boites.prets.iter().flat_map(|arrive| depose(&arrive.chemin, arrive.jour, &options.limites)).collect();
    let recus = match ingerer(depot, &sources, options, &|_| ()) {
        Ok(recus) => recus,
        Err(error) => return bilan.erreurs.push(error.to_string()),
    };
    let recus: FxHashMap<&Path, &[Recu]> = par_fichier(&recus).collect();
    for arrive in &boites.prets {
        let recus = recus.get(arrive.chemin.as_path()).copied().unwrap_or_default();
        bilan.fichiers.push(suite(pipeline, demande, arrive, recus, &mut bilan.erreurs));
    }
}

/// What becomes of a file: read or refused, put away, or left for the next run when the disk fails.
fn suite(pipeline: &Pipeline, demande: Demande, arrive: &Arrive, recus: &[Recu], erreurs: &mut Vec<String>) -> Vu {
    let (sort, message) = lecture(recus);
    let nom = arrive.nom();
    let panne = recus.iter().any(|recu| recu.issue.entrepot_en_cause());
    if panne {
        erreurs.push(format!("{nom} : {message}"));
    }
    let destination = match sort {
        Sort::Entre | Sort::Connu => Some(Destination::Archives),
        Sort::Ignore | Sort::Refuse => Some(Destination::Refuses(raison(demande, &nom, &message))),
        Sort::Reporte => None,
    };
    let mut vu = Vu {
        nom,
        sort,
        panne,
        range: arrive.chemin.display().to_string(),
        message,
        lignes: recus.iter().map(|recu| recu.issue.lignes()).sum(),
        mis_de_cote: recus.iter().map(|recu| recu.issue.rejetes()).sum(),
    };
    let Some(destination) = destination.filter(|_| !demande.a_blanc) else { return vu };
    match ranger(pipeline, arrive, &destination, demande.jour) {
        Ok(range) => vu.range = range.display().to_string(),
        // What entered is in: the file will be known the next time, and put away then.
        Err(error) => {
            erreurs.push(format!("{} : lu, mais il n'a pas pu être rangé ({})", vu.nom, EnFrancais(&error)));
            (vu.sort, vu.panne) = (Sort::Reporte, true);
        }
    }
    vu
}

/// What became of a file, from what became of it or of each of its members, the worst first.
fn lecture(recus: &[Recu]) -> (Sort, String) {
    let sorts: Vec<Sort> = recus.iter().map(|recu| sort(&recu.issue)).collect();
    let Some(pire) = pire(&sorts) else {
        return (Sort::Ignore, "archive vide".to_owned());
    };
    if let [seul] = recus {
        return (pire, message(&seul.issue));
    }
    let comptes = ORDRE.iter().map(|&sort| (sort, sorts.iter().filter(|autre| **autre == sort).count()));
    let comptes: Vec<_> = comptes.filter(|(_, n)| *n > 0).map(|(sort, n)| sort.libelle(n)).collect();
    let mauvais: Vec<_> = recus
        .iter()
        .zip(&sorts)
        .filter(|(_, sort)| matches!(sort, Sort::Reporte | Sort::Refuse))
        .map(|(recu, _)| format!(" ; {} : {}", Affichable(&recu.source.nom()), message(&recu.issue)))
        .collect();
    (pire, format!("archive de {} fichiers : {}{}", recus.len(), comptes.join(", "), mauvais.concat()))
}

/// What can become of a file, the worst first.
const ORDRE: [Sort; 5] = [Sort::Reporte, Sort::Refuse, Sort::Entre, Sort::Connu, Sort::Ignore];

fn pire(sorts: &[Sort]) -> Option<Sort> {
    ORDRE.into_iter().find(|sort| sorts.contains(sort))
}

fn sort(issue: &Issue) -> Sort {
    match issue {
        Issue::Parties(parties) => pire(&parties.iter().map(sort).collect::<Vec<_>>()).unwrap_or(Sort::Ignore),
        Issue::Flux(_) | Issue::Evenements(_) | Issue::Anomalies(_) => Sort::Entre,
        Issue::DejaConnu | Issue::DejaDecrit(_) | Issue::MemeContenu(_) => Sort::Connu,
        Issue::Ignore(_) => Sort::Ignore,
        Issue::Refuse(_) => Sort::Refuse,
        Issue::Echec(_) => Sort::Reporte,
    }
}

fn message(issue: &Issue) -> String {
    match issue {
        Issue::Flux(entre) => {
            let meta = &entre.1;
            let caisse = meta.caisse.as_deref().unwrap_or("sans foyer");
            format!("{} {caisse} du {}, reçu le {}", issue.nature(), meta.dtref, meta.commun.recu_le)
        }
        Issue::Evenements(entre) => {
            let meta = &entre.1;
            let source = meta.source.as_ref().and_then(|source| source.description.as_ref());
            let source = source.map(|nom| format!(" (source {nom})")).unwrap_or_default();
            format!("{}{source}, reçu le {}", meta.genre, meta.commun.recu_le)
        }
        Issue::Parties(parties) => parties.iter().map(message).collect::<Vec<_>>().join(" ; "),
        Issue::Anomalies(meta) => {
            let caisse = meta.caisse.as_deref().unwrap_or("de caisse inconnue");
            format!(
                "fichier des anomalies {caisse} du {}, {} foyers comptés, rien n'en est ingéré",
                meta.dtref, meta.foyers
            )
        }
        Issue::DejaConnu => "déjà ingéré".to_owned(),
        Issue::DejaDecrit(comment) => comment.clone(),
        Issue::MemeContenu(premier) => format!("même contenu que {premier}"),
        Issue::Ignore(raison) => format!("ignoré, {raison}"),
        Issue::Refuse(refus) => format!("REFUSÉ, {refus}"),
        Issue::Echec(refus) => format!("n'a pas pu être lu, il reste dans sa boîte : {refus}"),
    }
}

/// The text that stands beside a refused file.
fn raison(demande: Demande, nom: &str, message: &str) -> String {
    format!(
        "Nuit du {} : {nom}\n\n{message}.\n\nCe qui est dit refusé ou ignoré n'est pas dans les chiffres. Une fois le fichier corrigé, \
         ou renvoyé par son émetteur, déposez-le à nouveau dans la boîte : ce qui en était déjà entré sera reconnu.\n",
        demande.jour
    )
}

/// What a night computed, and from what.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Calcule {
    /// A digest of everything that it depends on.
    etat: String,
    resultats: Vec<Resultat>,
    listes: Vec<(String, usize)>,
    remarques: Vec<String>,
    /// Thresholds that are passed.
    depasses: Vec<String>,
}

/// The tables, the lists and the quality of the night, with what was known on its day, unless
/// nothing changed since they were made.
fn calculer(
    pipeline: &Pipeline,
    demande: Demande,
    depot: &Depot,
    programme: &Programme,
) -> Result<(EtatSorties, Calcule), ErreurSorties> {
    let etat = etat(depot, pipeline, programme)?;
    if attendues(pipeline, programme).iter().all(|chemin| chemin.is_file())
        && let Ok(texte) = fs::read_to_string(pipeline.sorties.join(TEMOIN))
        && let Ok(deja) = serde_json::from_str::<Calcule>(&texte)
        && deja.etat == etat
    {
        return Ok((EtatSorties::Inchangees, deja));
    }
    let mut calcule = Calcule { etat, ..Calcule::default() };
    let segments = depot.segments()?;
    for (nom, periode, _) in &programme.periodes {
        calcule.remarques.extend(avertissement(&segments, *periode).map(|phrase| format!("{nom} : {phrase}")));
    }
    let Segments { mut flux, mut evenements } = segments;
    let tous = flux.len() + evenements.len();
    // The history needs the events received later too: what they say may have been known before.
    let connu = |recu_le| existait(recu_le, Some(demande.jour));
    flux.retain(|segment| connu(segment.meta.commun.recu_le));
    let histoire = histoire(&flux, &evenements, Some(demande.jour))?;
    evenements.retain(|segment| connu(segment.meta.commun.recu_le));
    let futurs = tous - flux.len() - evenements.len();
    if futurs > 0 {
        calcule.remarques.push(format!(
            "{futurs} fichiers sont reçus après le {} : ces sorties ne les prennent pas tous. Vérifiez l'horloge, ou --jour",
            demande.jour
        ));
    }
    let su = Su { histoire: &histoire, flux: &flux, evenements: &evenements, jour: demande.jour };
    let sorties = (!demande.a_blanc).then_some(pipeline.sorties.as_path());
    let ici = |nom: &str| sorties.map(|sorties| sorties.join(nom));
    calcule.resultats = su.produire(programme, &pipeline.seuils, sorties)?;
    if programme.listes {
        calcule.listes = su.lister(programme, ici(LISTES).as_deref())?;
    }
    let (completude, depasses) = su.examiner(pipeline, programme, ici(QUALITE).as_deref())?;
    calcule.remarques.push(completude);
    calcule.depasses = depasses;
    if demande.a_blanc {
        return Ok((EtatSorties::Montrees, calcule));
    }
    // Last: outputs that a kill left half made are made again.
    let temoin = serde_json::to_vec(&calcule)
        .map_err(|error| ErreurSorties::Ecriture(pipeline.sorties.clone(), std::io::Error::other(error)))?;
    ecrire(&pipeline.sorties, TEMOIN, &temoin)?;
    Ok((EtatSorties::Ecrites, calcule))
}

/// The outputs of a night, all of them.
fn attendues(pipeline: &Pipeline, programme: &Programme) -> Vec<PathBuf> {
    let tables = programme.periodes.iter().map(|(nom, ..)| pipeline.sorties.join(nom));
    let mut attendues: Vec<_> = tables.flat_map(|dossier| FICHIERS.map(|nom| dossier.join(nom))).collect();
    if programme.listes {
        let dossier = pipeline.sorties.join(LISTES);
        attendues.extend(listes::Nom::TOUS.iter().map(|nom| dossier.join(format!("{}.csv", nom.code()))));
    }
    attendues.extend(FICHIERS_QUALITE.map(|nom| pipeline.sorties.join(QUALITE).join(nom)));
    attendues
}

/// The folder of the operational lists.
const LISTES: &str = "listes";
/// The folder of the quality report.
const QUALITE: &str = "qualite";

/// What the outputs were made from.
const TEMOIN: &str = ".etat";

/// A digest of everything that the outputs depend on: the segments, the settings, the program.
fn etat(depot: &Depot, pipeline: &Pipeline, programme: &Programme) -> Result<String, ErreurDepot> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(crate::VERSION.as_bytes()).update(programme.reglages.as_bytes());
    hasher.update(format!("{:?} {}", pipeline.seuils, pipeline.calcul.qualite_jours).as_bytes());
    let mut segments: Vec<_> = depot.connus()?.into_values().collect();
    segments.sort();
    for chemin in segments {
        // A purge rewrites a segment under its name.
        let meta = fs::metadata(&chemin).map_err(|source| ErreurDepot::Disque { chemin: chemin.clone(), source })?;
        hasher.update(chemin.as_os_str().as_encoded_bytes()).update(&meta.len().to_le_bytes());
        hasher.update(&meta.mtime().to_le_bytes()).update(&meta.mtime_nsec().to_le_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// What somebody has to do, and the exit code that says so.
fn conclure(bilan: &mut Bilan, boites: &Boites) {
    bilan.en_cours = boites.en_cours.len();
    bilan.laisses = boites.laisses.iter().map(|(chemin, raison)| format!("{} : {raison}", chemin.display())).collect();
    let mut a_traiter: Vec<String> = bilan.erreurs.iter().map(|erreur| format!("{erreur}.")).collect();
    a_traiter.extend(boites.absentes.iter().map(|(boite, raison)| {
        format!("la boîte {} ne peut pas être lue ({raison}) : vérifiez le montage et les droits.", boite.display())
    }));
    a_traiter.extend(bilan.depasses.iter().map(|phrase| format!("seuil dépassé : {phrase}.")));
    let mut de_cote = false;
    for vu in &bilan.fichiers {
        match vu.sort {
            Sort::Refuse if bilan.a_blanc => a_traiter.push(format!("{} : {}.", vu.nom, vu.message)),
            Sort::Refuse => a_traiter.push(format!("{} : {}. Il est dans {}", vu.nom, vu.message, vu.range)),
            // What failed is said already.
            Sort::Reporte if vu.panne => {}
            Sort::Reporte => a_traiter.push(format!("{} : {}.", vu.nom, vu.message)),
            Sort::Entre if vu.mis_de_cote > 0 => {
                let (un, plusieurs) = ("foyer ou ligne mis de côté", "foyers ou lignes mis de côté");
                let quoi = if vu.mis_de_cote > 1 { plusieurs } else { un };
                a_traiter.push(format!("{} : {} {quoi}, « jalon rejets lister » les montre.", vu.nom, vu.mis_de_cote));
            }
            Sort::Entre | Sort::Connu | Sort::Ignore => continue,
        }
        de_cote = true;
    }
    bilan.code = match () {
        () if !bilan.erreurs.is_empty() => 5,
        () if !boites.absentes.is_empty() || !bilan.depasses.is_empty() => 4,
        () if de_cote => 3,
        () => 0,
    };
    bilan.a_traiter = a_traiter;
}

/// Writes the summary and the measures.
fn publier(pipeline: &Pipeline, bilan: &mut Bilan) -> Result<(), ErreurSorties> {
    let json = serde_json::to_string_pretty(bilan)
        .map_err(|error| ErreurSorties::Ecriture(pipeline.sorties.clone(), std::io::Error::other(error)))?;
    ecrire(&pipeline.sorties, BILAN, format!("{json}\n").as_bytes())?;
    ecrire(&pipeline.sorties, "nuit.txt", bilan.texte().as_bytes())?;
    if let Some(chemin) = &pipeline.prometheus {
        let mesures = bilan.prometheus(Local::now().timestamp());
        disque::ecrire_pour_tous(chemin, mesures.as_bytes())
            .map_err(|error| ErreurSorties::Ecriture(chemin.clone(), error))?;
    }
    Ok(())
}
