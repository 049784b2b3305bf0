//! `jalon ingerer`: files into the warehouse.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Erreur, Fin, afficher};
use crate::cli::{Communes, Ingerer};
use crate::ingestion::{Issue, Options, fichiers, ingerer};
use crate::journal::depot::Depot;
use crate::journal::ecriture::Ecrit;
use crate::journal::segment::MetaSource;
use crate::releves::foyers::Tolerance;
use crate::sources::Sources;
use crate::systeme::EnFrancais;

pub(super) fn executer(communes: &Communes, demande: &Ingerer) -> Result<Fin, Erreur> {
    let chemins = fichiers(&demande.chemins, &communes.entrepot).map_err(|(chemin, error)| {
        Erreur::Demande(format!(
            "{} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
            chemin.display(),
            EnFrancais(&error)
        ))
    })?;
    let sources = Arc::new(Sources::lire(&demande.sources).map_err(|error| Erreur::Demande(error.to_string()))?);
    let depot = Arc::new(Depot::ouvrir_en_ecriture(&communes.entrepot, communes.cle.as_deref())?);
    let options = Options {
        recu_le: demande.recu_le,
        aujourdhui: chrono::Local::now().date_naive(),
        tolerance: Tolerance { accepter_ecart: demande.accepter_ecart, ..Tolerance::default() },
        ensemble: std::thread::available_parallelism().map_or(1, usize::from),
        sources,
    };
    let progress = progress(chemins.len(), communes);
    let issues = ingerer(&depot, &chemins, options, &|_| progress.inc(1))?;
    progress.finish_and_clear();
    let mut out = String::new();
    for (chemin, issue) in chemins.iter().zip(&issues) {
        decrire(chemin, issue, communes.quiet, &mut out);
    }
    out.push_str(&resume(&issues));
    afficher(out.as_bytes())?;
    Ok(if issues.iter().any(Issue::mis_de_cote) { Fin::MisDeCote } else { Fin::Fait })
}

/// A bar for a person; nothing for cron.
fn progress(fichiers: usize, communes: &Communes) -> ProgressBar {
    if communes.quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(fichiers as u64);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} fichiers, reste {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What became of a file, in a line; then what was set aside of it, a line each.
fn decrire(fichier: &Path, issue: &Issue, quiet: bool, out: &mut String) {
    let chemin = fichier.display();
    match issue {
        Issue::Flux(entered) => {
            let (ecrit, meta) = &**entered;
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
            avertir(&chemin, &meta.commun.avertissements, out);
            rejets(&chemin, ecrit, meta.commun.rejetes, ("foyer mis", "foyers mis"), out);
        }
        Issue::Evenements(entered) => {
            let (ecrit, meta) = &**entered;
            if !quiet {
                out.push_str(&format!(
                    "{chemin} : {}{}, {}, reçu le {}\n",
                    meta.genre,
                    provenance(meta.source.as_ref()),
                    compte(ecrit.lignes, "ligne", "lignes"),
                    meta.commun.recu_le
                ));
            }
            avertir(&chemin, &meta.commun.avertissements, out);
            rejets(&chemin, ecrit, meta.commun.rejetes, ("ligne mise", "lignes mises"), out);
        }
        Issue::Parties(parties) => parties.iter().for_each(|partie| decrire(fichier, partie, quiet, out)),
        Issue::DejaConnu if quiet => {}
        Issue::DejaConnu => out.push_str(&format!("{chemin} : déjà ingéré, rien à faire\n")),
        Issue::MemeContenu(_) | Issue::Ignore(_) if quiet => {}
        Issue::MemeContenu(premier) => {
            out.push_str(&format!("{chemin} : même contenu que {}, rien à faire\n", premier.display()));
        }
        Issue::Ignore(raison) => out.push_str(&format!("{chemin} : ignoré, {raison}\n")),
        Issue::Refuse(refus) => out.push_str(&format!("{chemin} : REFUSÉ, {refus}.\n")),
    }
}

/// What a part of a file was read as.
fn provenance(source: Option<&MetaSource>) -> String {
    let Some(source) = source else { return String::new() };
    let mut mots = Vec::new();
    mots.extend(source.feuille.as_ref().map(|feuille| format!("feuille « {feuille} »")));
    mots.extend(source.description.as_ref().map(|nom| format!("source {nom}")));
    if source.hors_source > 0 {
        mots.push(compte(source.hors_source, "ligne hors de la source", "lignes hors de la source"));
    }
    if mots.is_empty() { String::new() } else { format!(" ({})", mots.join(", ")) }
}

fn avertir(chemin: &dyn std::fmt::Display, avertissements: &[String], out: &mut String) {
    avertissements.iter().for_each(|message| out.push_str(&format!("{chemin} : attention, {message}\n")));
}

fn rejets(
    chemin: &dyn std::fmt::Display,
    ecrit: &Ecrit,
    rejetes: u64,
    (un, plusieurs): (&str, &str),
    out: &mut String,
) {
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
        out.push_str(&format!("  la liste entière est dans {}\n", liste.display()));
    }
}

/// The file of rejects that stands beside a segment.
fn liste_des_rejets(segment: &Path) -> Option<PathBuf> {
    let empreinte = segment.file_stem()?.to_str()?;
    let branche = segment.ancestors().find(|path| path.ends_with("flux") || path.ends_with("evenements"))?;
    Some(branche.parent()?.join("rejets").join(format!("{empreinte}.csv")))
}

fn resume(issues: &[Issue]) -> String {
    let issues: Vec<&Issue> = issues.iter().flat_map(Issue::parties).collect();
    let count = |test: fn(&Issue) -> bool| issues.iter().filter(|issue| test(issue)).count() as u64;
    let lus = count(|i| matches!(i, Issue::Flux(_) | Issue::Evenements(_)));
    let connus = count(|i| matches!(i, Issue::DejaConnu | Issue::MemeContenu(_)));
    let ignores = count(|i| matches!(i, Issue::Ignore(_)));
    let refuses = count(|i| matches!(i, Issue::Refuse(_)));
    let cote: u64 = issues
        .iter()
        .map(|issue| match issue {
            Issue::Flux(entered) => entered.1.commun.rejetes,
            Issue::Evenements(entered) => entered.1.commun.rejetes,
            _ => 0,
        })
        .sum();
    let mut parts = vec![compte(lus, "fichier ingéré", "fichiers ingérés")];
    let mut add = |n: u64, un: &str, plusieurs: &str| {
        if n > 0 {
            parts.push(compte(n, un, plusieurs));
        }
    };
    add(connus, "déjà connu", "déjà connus");
    add(ignores, "ignoré", "ignorés");
    add(refuses, "refusé", "refusés");
    add(cote, "foyer ou ligne mis de côté", "foyers ou lignes mis de côté");
    format!("{}\n", parts.join(", "))
}

fn compte(n: u64, un: &str, plusieurs: &str) -> String {
    format!("{n} {}", if n > 1 { plusieurs } else { un })
}
