//! `jalon sources`: describing the department's own exports, and checking what is understood of them.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::{Erreur, Fin, afficher};
use crate::cli::{Decouvrir, SourcesCommande, Verifier};
use crate::flux::source::{Limites, Source};
use crate::flux::tableur::enumere;
use crate::ingestion::{date_du_nom, fichiers};
use crate::releves::Refus;
use crate::sources::examen::{Examen, Trouve, examiner_table, trouver};
use crate::sources::proposition::{Proposition, proposer};
use crate::sources::{Partie, Sources};
use crate::systeme::{Affichable, Chemin, EnFrancais};

pub(super) fn executer(commande: &SourcesCommande) -> Result<Fin, Erreur> {
    match commande {
        SourcesCommande::Decouvrir(demande) => decouvrir(demande),
        SourcesCommande::Verifier(demande) => verifier(demande),
    }
}

/// What there is to look at in a file: itself, or the members of an archive.
fn examines(chemin: &Path, limites: &Limites) -> Result<Vec<Source>, Erreur> {
    fichiers(&[chemin.to_owned()], &PathBuf::new(), limites).map_err(|(chemin, error)| {
        Erreur::Demande(format!(
            "{} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
            Chemin(&chemin),
            EnFrancais(&error)
        ))
    })
}

/// A file that is refused ends as its ingestion would.
fn refuse(source: &Source, refus: &Refus, out: &mut String) -> Result<Fin, Erreur> {
    if let Refus::Lecture(error) = refus {
        return Err(Erreur::Demande(format!(
            "{source} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
            EnFrancais(error)
        )));
    }
    out.push_str(&format!("{source} : REFUSÉ, {refus}.\n"));
    Ok(Fin::MisDeCote)
}

fn decouvrir(demande: &Decouvrir) -> Result<Fin, Erreur> {
    let limites = Limites::default();
    let sources = examines(&demande.fichier, &limites)?;
    let [source] = sources.as_slice() else {
        let noms: Vec<String> = sources.iter().map(|source| Affichable(&source.nom()).to_string()).collect();
        let noms: Vec<&str> = noms.iter().map(String::as_str).collect();
        return Err(Erreur::Demande(format!(
            "{} contient plusieurs fichiers ({}). Extrayez celui qui est à décrire, et donnez-le seul",
            Chemin(&demande.fichier),
            enumere(&noms)
        )));
    };
    let genre = demande.genre.map(|genre| genre.0);
    let Proposition { toml, a_completer } = match proposer(source, &limites, genre, demande.feuille.as_deref()) {
        Ok(proposition) => proposition,
        Err(refus) => {
            let mut out = String::new();
            let fin = refuse(source, &refus, &mut out)?;
            afficher(out.as_bytes())?;
            return Ok(fin);
        }
    };
    afficher(toml.as_bytes())?;
    if a_completer > 0 {
        tracing::debug!(a_completer, "proposition à compléter");
    }
    Ok(Fin::Fait)
}

fn verifier(demande: &Verifier) -> Result<Fin, Erreur> {
    let limites = Limites::default();
    let descriptions = Sources::lire(&demande.sources).map_err(|error| Erreur::Demande(error.to_string()))?;
    let (mut out, mut fin) = (String::new(), Fin::Fait);
    for source in examines(&demande.fichier, &limites)? {
        let recu_le = demande.recu_le.or_else(|| date_du_nom(&source.nom()));
        let recu_le = recu_le.unwrap_or_else(|| chrono::Local::now().date_naive());
        if verifier_un(&source, &limites, &descriptions, recu_le, &mut out)? == Fin::MisDeCote {
            fin = Fin::MisDeCote;
        }
    }
    out.push_str("Rien n'a été écrit.\n");
    afficher(out.as_bytes())?;
    Ok(fin)
}

fn verifier_un(
    source: &Source,
    limites: &Limites,
    descriptions: &Sources,
    recu_le: NaiveDate,
    out: &mut String,
) -> Result<Fin, Erreur> {
    let parties = match trouver(source, limites, descriptions) {
        Err(refus) => return refuse(source, &refus, out),
        Ok(Trouve::Flux) => {
            out.push_str(&format!("{source} : c'est un flux, qu'aucune description ne concerne\n"));
            return Ok(Fin::Fait);
        }
        Ok(Trouve::Autre(raison)) => {
            out.push_str(&format!("{source} : ignoré, {raison}\n"));
            return Ok(Fin::MisDeCote);
        }
        Ok(Trouve::Tables(parties)) => parties,
    };
    let mut fin = Fin::Fait;
    for partie in &parties {
        match examiner_table(source, limites, partie, recu_le) {
            Err(refus) => fin = refuse(source, &refus, out)?,
            Ok(examen) => {
                montrer(source, partie, &examen, out);
                if examen.bilan.commun.rejetes > 0 {
                    fin = Fin::MisDeCote;
                }
            }
        }
    }
    Ok(fin)
}

/// What a table would give: what is understood, then what is not, line by line.
fn montrer(chemin: &Source, partie: &Partie, examen: &Examen, out: &mut String) {
    let feuille = partie.tableur.feuille().map(|feuille| format!(", feuille « {feuille} »")).unwrap_or_default();
    let lecture = match &partie.description {
        Some(description) => format!("source {}", description.nom),
        None => "nos propres colonnes".to_owned(),
    };
    out.push_str(&format!("{chemin}{feuille} : {} ({lecture})\n", partie.genre.nom()));
    let commun = &examen.bilan.commun;
    out.push_str(&format!(
        "  {} : {} comprises, {} hors de la source, {} à mettre de côté\n",
        compte(commun.lignes, "ligne", "lignes"),
        examen.comprises(),
        examen.bilan.hors_source(),
        commun.rejetes
    ));
    out.push_str("  Ce qui est compris :\n");
    for (nom, origine, remplies) in &examen.colonnes {
        if origine.is_empty() {
            out.push_str(&format!("    {nom:<20} —\n"));
        } else {
            out.push_str(&format!("    {nom:<20} {origine}, {}\n", compte(*remplies, "valeur", "valeurs")));
        }
    }
    for (designation, n) in &examen.designations {
        out.push_str(&format!("    personne désignée {} : {}\n", designation.libelle(), compte(*n, "ligne", "lignes")));
    }
    if !examen.inutiles.is_empty() {
        let noms: Vec<&str> = examen.inutiles.iter().map(String::as_str).collect();
        out.push_str(&format!("  Colonnes de l'export qui ne servent pas : {}\n", enumere(&noms)));
    }
    for (raison, n) in &examen.bilan.hors {
        out.push_str(&format!("  Hors de la source, {raison} : {}\n", compte(*n, "ligne", "lignes")));
    }
    for avertissement in &commun.avertissements {
        out.push_str(&format!("  Attention, {avertissement}\n"));
    }
    if commun.rejetes > 0 {
        let motifs: Vec<String> = examen.motifs.iter().map(|(motif, n)| format!("{} : {n}", motif.libelle())).collect();
        out.push_str(&format!("  À mettre de côté ({}) :\n", motifs.join(", ")));
        examen.rejets.iter().for_each(|rejet| out.push_str(&format!("    {rejet}.\n")));
        let montres = examen.rejets.len() as u64;
        if montres < commun.rejetes {
            out.push_str(&format!("    … et {} de plus\n", commun.rejetes - montres));
        }
    }
}

fn compte(n: u64, un: &str, plusieurs: &str) -> String {
    format!("{n} {}", if n > 1 { plusieurs } else { un })
}
