//! `jalon sources`: describing the department's own exports, and checking what is understood of them.

use std::path::Path;

use super::{Erreur, Fin, afficher};
use crate::cli::{Decouvrir, SourcesCommande, Verifier};
use crate::flux::tableur::enumere;
use crate::ingestion::date_du_nom;
use crate::releves::Refus;
use crate::sources::examen::{Examen, Trouve, examiner_table, trouver};
use crate::sources::proposition::{Proposition, proposer};
use crate::sources::{Partie, Sources};

pub(super) fn executer(commande: &SourcesCommande) -> Result<Fin, Erreur> {
    match commande {
        SourcesCommande::Decouvrir(demande) => decouvrir(demande),
        SourcesCommande::Verifier(demande) => verifier(demande),
    }
}

/// A file that is refused ends as its ingestion would.
fn refuse(fichier: &Path, refus: &Refus) -> Result<Fin, Erreur> {
    if let Refus::Disque(error) = refus {
        return Err(Erreur::Demande(format!(
            "{} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
            fichier.display(),
            crate::systeme::EnFrancais(error)
        )));
    }
    afficher(format!("{} : REFUSÉ, {refus}.\n", fichier.display()).as_bytes())?;
    Ok(Fin::MisDeCote)
}

fn decouvrir(demande: &Decouvrir) -> Result<Fin, Erreur> {
    let proposition = match proposer(&demande.fichier, demande.genre.map(|genre| genre.0), demande.feuille.as_deref()) {
        Ok(proposition) => proposition,
        Err(refus) => return refuse(&demande.fichier, &refus),
    };
    let Proposition { toml, a_completer } = proposition;
    afficher(toml.as_bytes())?;
    if a_completer > 0 {
        tracing::debug!(a_completer, "proposition à compléter");
    }
    Ok(Fin::Fait)
}

fn verifier(demande: &Verifier) -> Result<Fin, Erreur> {
    let sources = Sources::lire(&demande.sources).map_err(|error| Erreur::Demande(error.to_string()))?;
    let chemin = demande.fichier.as_path();
    let parties = match trouver(chemin, &sources) {
        Err(refus) => return refuse(chemin, &refus),
        Ok(Trouve::Flux) => {
            afficher(format!("{} : c'est un flux, qu'aucune description ne concerne\n", chemin.display()).as_bytes())?;
            return Ok(Fin::Fait);
        }
        Ok(Trouve::Autre(raison)) => {
            afficher(format!("{} : ignoré, {raison}\n", chemin.display()).as_bytes())?;
            return Ok(Fin::MisDeCote);
        }
        Ok(Trouve::Tables(parties)) => parties,
    };
    let du_nom = chemin.file_name().and_then(|nom| date_du_nom(&nom.to_string_lossy()));
    let recu_le = demande.recu_le.or(du_nom).unwrap_or_else(|| chrono::Local::now().date_naive());
    let (mut out, mut fin) = (String::new(), Fin::Fait);
    for partie in &parties {
        match examiner_table(chemin, partie, recu_le) {
            Err(refus) => {
                out.push_str(&format!("{} : REFUSÉ, {refus}.\n", chemin.display()));
                fin = Fin::MisDeCote;
            }
            Ok(examen) => {
                montrer(chemin, partie, &examen, &mut out);
                if examen.bilan.commun.rejetes > 0 {
                    fin = Fin::MisDeCote;
                }
            }
        }
    }
    out.push_str("Rien n'a été écrit.\n");
    afficher(out.as_bytes())?;
    Ok(fin)
}

/// What a table would give: what is understood, then what is not, line by line.
fn montrer(chemin: &Path, partie: &Partie, examen: &Examen, out: &mut String) {
    let feuille = partie.tableur.feuille().map(|feuille| format!(", feuille « {feuille} »")).unwrap_or_default();
    let lecture = match &partie.description {
        Some(description) => format!("source {}", description.nom),
        None => "nos propres colonnes".to_owned(),
    };
    out.push_str(&format!("{}{feuille} : {} ({lecture})\n", chemin.display(), partie.genre.nom()));
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
