//! `jalon ingerer`: files into the warehouse.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Erreur, Fin, afficher, barre};
use crate::cli::{Communes, Ingerer};
use crate::ingestion::{Issue, Limites, Options, Recu, Source, fichiers, ingerer};
use crate::journal::depot::Depot;
use crate::journal::ecriture::Ecrit;
use crate::journal::rejets::identifiant;
use crate::journal::segment::{Extrait, MetaSource};
use crate::releves::Cause;
use crate::releves::foyers::Tolerance;
use crate::sources::Sources;
use crate::systeme::{Affichable, Chemin, EnFrancais};

pub(super) fn executer(communes: &Communes, demande: &Ingerer) -> Result<Fin, Erreur> {
    let limites = Limites::default();
    let sources = fichiers(&demande.chemins, &communes.entrepot, &limites).map_err(|(chemin, error)| {
        Erreur::Demande(format!(
            "{} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
            Chemin(&chemin),
            EnFrancais(&error)
        ))
    })?;
    let descriptions = descriptions(&demande.sources)?;
    let depot = Arc::new(Depot::ouvrir_en_ecriture(&communes.entrepot, communes.cle.as_deref())?);
    let options = Options {
        recu_le: demande.recu_le,
        tolerance: Tolerance { accepter_ecart: demande.accepter_ecart, ..Tolerance::default() },
        descriptions,
        ..Options::new(chrono::Local::now().date_naive())
    };
    ingerer_les(&depot, &sources, communes, options)
}

/// The descriptions of exports that are given.
pub(super) fn descriptions(chemins: &[PathBuf]) -> Result<Arc<Sources>, Erreur> {
    Sources::lire(chemins).map(Arc::new).map_err(|error| Erreur::Demande(error.to_string()))
}

/// Takes files in, and says what became of each.
pub(super) fn ingerer_les(
    depot: &Arc<Depot>,
    sources: &[Source],
    communes: &Communes,
    options: Options,
) -> Result<Fin, Erreur> {
    let progress = barre(sources.len() as u64, "fichiers", communes);
    let recus = ingerer(depot, sources, options, &|_| progress.inc(1))?;
    progress.finish_and_clear();
    let mut out = String::new();
    for recu in &recus {
        decrire(&recu.source, &recu.issue, communes.quiet, &mut out);
    }
    out.push_str(&resume(&recus));
    afficher(out.as_bytes())?;
    Ok(if recus.iter().any(|recu| recu.issue.entrepot_en_cause()) {
        Fin::EntrepotNonEcrit
    } else if recus.iter().any(|recu| recu.issue.mis_de_cote()) {
        Fin::MisDeCote
    } else {
        Fin::Fait
    })
}

/// What became of a source, in a line; then what was set aside of it, a line each.
fn decrire(chemin: &Source, issue: &Issue, quiet: bool, out: &mut String) {
    match issue {
        Issue::Flux(entered) => {
            let (ecrit, meta) = &**entered;
            if let Some(extrait) = &meta.commun.extrait {
                out.push_str(&repris(chemin, extrait));
                return;
            }
            let nature = if meta.mensuel { "flux mensuel" } else { "flux quotidien" };
            let caisse = meta.caisse.as_deref().unwrap_or("de caisse inconnue (aucun foyer)");
            if !quiet {
                out.push_str(&format!(
                    "{chemin} : {nature} {caisse} du {}, {}, {}, reçu le {}\n",
                    meta.dtref,
                    compte(meta.foyers, "foyer", "foyers"),
                    compte(ecrit.lignes, "relevé", "relevés"),
                    meta.commun.recu_le
                ));
            }
            avertir(chemin, &meta.commun.avertissements, out);
            rejets(chemin, ecrit, meta.commun.rejetes, ("foyer mis", "foyers mis"), out);
        }
        Issue::Evenements(entered) => {
            let (ecrit, meta) = &**entered;
            if let Some(extrait) = &meta.commun.extrait {
                out.push_str(&repris(chemin, extrait));
            } else if !quiet {
                out.push_str(&format!(
                    "{chemin} : {}{}, {}, reçu le {}\n",
                    meta.genre,
                    provenance(meta.source.as_ref()),
                    compte(ecrit.lignes, "ligne", "lignes"),
                    meta.commun.recu_le
                ));
            }
            avertir(chemin, &meta.commun.avertissements, out);
            rejets(chemin, ecrit, meta.commun.rejetes, ("ligne mise", "lignes mises"), out);
        }
        Issue::Anomalies(_) if quiet => {}
        Issue::Anomalies(meta) => {
            let motifs: Vec<_> = meta.motifs.iter().map(|m| format!("{} : {}", m.libelle, m.foyers)).collect();
            out.push_str(&format!(
                "{chemin} : fichier des anomalies {} du {}, {} en anomalie ({}), compté, rien n'en est ingéré\n",
                meta.caisse.as_deref().unwrap_or("de caisse inconnue"),
                meta.dtref,
                compte(meta.foyers, "foyer", "foyers"),
                motifs.join(", ")
            ));
        }
        Issue::Parties(parties) => parties.iter().for_each(|partie| decrire(chemin, partie, quiet, out)),
        Issue::DejaConnu | Issue::DejaDecrit(_) if quiet => {}
        Issue::DejaDecrit(comment) => out.push_str(&format!("{chemin} : {comment}\n")),
        Issue::DejaConnu => out.push_str(&format!("{chemin} : déjà ingéré, rien à faire\n")),
        Issue::MemeContenu(_) | Issue::Ignore(_) if quiet => {}
        Issue::MemeContenu(premier) => {
            out.push_str(&format!("{chemin} : même contenu que {premier}, rien à faire\n"));
        }
        Issue::Ignore(raison) => out.push_str(&format!("{chemin} : ignoré, {raison}\n")),
        Issue::Refuse(refus) => out.push_str(&format!("{chemin} : REFUSÉ, {refus}.\n")),
        Issue::Echec(refus) if refus.cause() == Cause::Entrepot => {
            out.push_str(&format!("{chemin} : PAS RANGÉ, {refus} ; ce fichier n'est pas en cause.\n"));
        }
        Issue::Echec(refus) => out.push_str(&format!("{chemin} : PAS LU, {refus}.\n")),
    }
}

/// What an extract mended, said even quietly: somebody waits for it.
fn repris(chemin: &Source, extrait: &Extrait) -> String {
    let noms: Vec<_> = extrait.rejets.iter().map(|rejet| identifiant(&extrait.original, rejet)).collect();
    format!(
        "{chemin} : {}, à sa place dans le fichier d'origine ({})\n",
        compte(noms.len() as u64, "rejet repris", "rejets repris, chacun"),
        noms.join(", ")
    )
}

/// What a part of a file was read as.
fn provenance(source: Option<&MetaSource>) -> String {
    let Some(source) = source else { return String::new() };
    let mut mots = Vec::new();
    mots.extend(source.feuille.as_ref().map(|feuille| format!("feuille « {} »", Affichable(feuille))));
    mots.extend(source.description.as_ref().map(|nom| format!("source {}", Affichable(nom))));
    if source.hors_source > 0 {
        mots.push(compte(source.hors_source, "ligne hors de la source", "lignes hors de la source"));
    }
    if mots.is_empty() { String::new() } else { format!(" ({})", mots.join(", ")) }
}

fn avertir(chemin: &Source, avertissements: &[String], out: &mut String) {
    avertissements.iter().for_each(|message| out.push_str(&format!("{chemin} : attention, {message}\n")));
}

fn rejets(chemin: &Source, ecrit: &Ecrit, rejetes: u64, (un, plusieurs): (&str, &str), out: &mut String) {
    if rejetes == 0 {
        return;
    }
    let motifs: Vec<_> = ecrit.rejets.iter().map(|(motif, n)| format!("{} : {n}", motif.libelle())).collect();
    out.push_str(&format!("{chemin} : {} de côté ({})\n", compte(rejetes, un, plusieurs), motifs.join(", ")));
    ecrit.premiers_rejets.iter().for_each(|rejet| out.push_str(&format!("  {chemin}, {rejet}.\n")));
    let shown = ecrit.premiers_rejets.len() as u64;
    if shown < rejetes {
        out.push_str(&format!("  … et {} de plus\n", rejetes - shown));
    }
    if let Some(liste) = liste_des_rejets(&ecrit.chemin) {
        out.push_str(&format!(
            "  la liste entière est dans {} ; « jalon rejets lister » dit comment les reprendre\n",
            Chemin(&liste)
        ));
    }
}

/// The file of rejects that stands beside a segment.
fn liste_des_rejets(segment: &Path) -> Option<PathBuf> {
    let empreinte = segment.file_stem()?.to_str()?;
    let branche = segment.ancestors().find(|path| path.ends_with("flux") || path.ends_with("evenements"))?;
    Some(branche.parent()?.join("rejets").join(format!("{empreinte}.csv")))
}

fn resume(recus: &[Recu]) -> String {
    let issues: Vec<&Issue> = recus.iter().flat_map(|recu| recu.issue.parties()).collect();
    let count = |test: fn(&Issue) -> bool| issues.iter().filter(|issue| test(issue)).count() as u64;
    let lus = count(|i| matches!(i, Issue::Flux(_) | Issue::Evenements(_)));
    let connus = count(|i| matches!(i, Issue::DejaConnu | Issue::DejaDecrit(_) | Issue::MemeContenu(_)));
    let anomalies = count(|i| matches!(i, Issue::Anomalies(_)));
    let ignores = count(|i| matches!(i, Issue::Ignore(_)));
    let refuses = count(|i| matches!(i, Issue::Refuse(_)));
    let pas_ranges = count(Issue::entrepot_en_cause);
    let pas_lus = count(|i| matches!(i, Issue::Echec(_))) - pas_ranges;
    let cote: u64 = recus.iter().map(|recu| recu.issue.rejetes()).sum();
    let mut parts = vec![compte(lus, "fichier ingéré", "fichiers ingérés")];
    let mut add = |n: u64, un: &str, plusieurs: &str| {
        if n > 0 {
            parts.push(compte(n, un, plusieurs));
        }
    };
    add(connus, "déjà connu", "déjà connus");
    add(anomalies, "fichier d'anomalies compté", "fichiers d'anomalies comptés");
    add(ignores, "ignoré", "ignorés");
    add(refuses, "refusé", "refusés");
    add(pas_lus, "pas lu", "pas lus");
    add(pas_ranges, "pas rangé", "pas rangés");
    add(cote, "foyer ou ligne mis de côté", "foyers ou lignes mis de côté");
    format!("{}\n", parts.join(", "))
}

fn compte(n: u64, un: &str, plusieurs: &str) -> String {
    format!("{n} {}", if n > 1 { plusieurs } else { un })
}
