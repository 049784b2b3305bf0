//! What a verification found, in French, one sentence a line.

use std::path::Path;

use super::super::sceau::{SCEAU, Sceau, SegmentScelle};
use super::super::{Ecart, montrer};
use super::{Fichiers, Preuve};

/// The figures that differ, one a line.
pub fn dire_les_ecarts<'a>(ecarts: &'a [Ecart], avant: &'a str, apres: &'a str) -> impl Iterator<Item = String> + 'a {
    ecarts.iter().map(move |ecart| {
        format!("  {} : {avant} {}, {apres} {}", ecart.nom, montrer(&ecart.avant), montrer(&ecart.apres))
    })
}

/// What became of the files of a folder.
#[must_use]
pub fn dire_les_fichiers(dossier: &Path, etat: &Fichiers) -> Vec<String> {
    let mut lignes = Vec::new();
    if let Some(sceau) = &etat.sceau {
        lignes.push(format!(
            "{} : remise {}, scellée le {} avec jalon {}, connue le {}.",
            dossier.display(),
            sceau.question.campagne,
            sceau.scelle_le,
            sceau.programme,
            sceau.question.connu_le
        ));
    }
    if !etat.empreinte.is_empty() {
        lignes.push(format!("Empreinte SHA-256 du sceau : {} (à comparer à celle du courriel).", etat.empreinte));
    }
    if etat.touches.is_empty() {
        lignes.push("Fichiers : aucun n'a changé depuis le sceau.".to_owned());
    } else {
        lignes.push(format!("Fichiers CHANGÉS depuis le sceau : {}.", etat.touches.join(", ")));
    }
    if etat.sceau.is_none() {
        lignes.push(format!(
            "Le sceau lui-même a changé : rien de ce qu'il dit ne peut être cru. Restaurez {SCEAU} depuis une sauvegarde, ou depuis le dossier « sceaux » de l'entrepôt."
        ));
    }
    if !etat.ajoutes.is_empty() {
        lignes.push(format!("Fichiers que le sceau ne couvre pas : {}.", etat.ajoutes.join(", ")));
    }
    lignes
}

/// What the journal says of the figures of a seal.
#[must_use]
pub fn dire_la_preuve(sceau: &Sceau, preuve: &Preuve) -> Vec<String> {
    if !preuve.meme_cle {
        return vec![
            "L'entrepôt n'est pas celui du sceau : sa clé est une autre. Indiquez le bon avec --entrepot, ou sa clé avec --cle.".to_owned(),
        ];
    }
    if let Some(raison) = &preuve.regles {
        return vec![format!(
            "Les règles du programme ont changé depuis jalon {} : {raison}. Vérifiez avec cette version-là.",
            sceau.programme
        )];
    }
    let mut lignes = Vec::new();
    if preuve.ecarts.is_empty() {
        lignes.push("Les douze chiffres sont retrouvés, et les complémentaires.".to_owned());
    } else {
        lignes.push(format!("{} chiffres NE SONT PAS retrouvés :", preuve.ecarts.len()));
        lignes.extend(dire_les_ecarts(&preuve.ecarts, "scellé", "retrouvé"));
    }
    if !preuve.manquants.is_empty() {
        lignes.push(format!(
            "Segments du sceau absents de l'entrepôt : {}. Ingérez à nouveau ces fichiers, ou restaurez l'entrepôt.",
            preuve.manquants.join(", ")
        ));
    }
    if preuve.purgees > 0 {
        let combien = if preuve.purgees == 1 {
            "Purgée depuis, 1 personne".to_owned()
        } else {
            format!("Purgées depuis, {} personnes", preuve.purgees)
        };
        let suite = if preuve.ecarts.is_empty() {
            "les chiffres sont les mêmes, mais tout ce qui a été scellé n'est plus là pour le prouver"
        } else {
            "ce qui en était compté ne peut plus être retrouvé"
        };
        lignes.push(format!("{combien} : {suite}."));
    }
    if !preuve.ecarts.is_empty() && preuve.manquants.is_empty() && preuve.purgees == 0 {
        lignes.push(format!(
            "Rien ne manque et rien n'a été purgé : ce sont les règles du programme qui ont changé depuis jalon {}. Lisez CHANGELOG.md.",
            sceau.programme
        ));
    }
    if !preuve.arrives.is_empty() {
        lignes.extend(dire_les_arrives(sceau, preuve));
    }
    if !preuve.copie {
        lignes.push(
            "L'entrepôt ne garde pas de copie de ce sceau : il a été refait, ou le sceau vient d'ailleurs. L'empreinte du courriel fait foi."
                .to_owned(),
        );
    }
    lignes
}

/// What came since the seal, and would change what was known on its day.
fn dire_les_arrives(sceau: &Sceau, preuve: &Preuve) -> Vec<String> {
    let connu_le = sceau.question.connu_le;
    let (avant, apres): (Vec<_>, Vec<_>) = preuve.arrives.iter().partition(|segment| segment.recu_le <= connu_le);
    let noms = |segments: &[&SegmentScelle]| {
        let noms: Vec<&str> = segments.iter().take(5).map(|segment| segment.nom.as_str()).collect();
        let suite = if segments.len() > 5 { format!(" et {} autres", segments.len() - 5) } else { String::new() };
        format!("{}{suite}", noms.join(", "))
    };
    let mut lignes = Vec::new();
    if !avant.is_empty() {
        lignes.push(format!(
            "{} fichiers sont arrivés depuis avec une date de réception antérieure : {}.",
            avant.len(),
            noms(&avant)
        ));
    }
    if !apres.is_empty() {
        lignes.push(format!(
            "{} fichiers d'événements sont arrivés depuis, et peuvent dire ce qui était déjà connu le {connu_le} : {}.",
            apres.len(),
            noms(&apres)
        ));
    }
    if preuve.aujourd_hui.is_empty() {
        lignes.push(format!("Avec eux, les chiffres connus le {connu_le} sont les mêmes."));
    } else {
        lignes.push(format!("Ils ne sont pas du sceau. Avec eux, ce qui était connu le {connu_le} donnerait :"));
        lignes.extend(dire_les_ecarts(&preuve.aujourd_hui, "retrouvé", "avec eux"));
    }
    lignes
}
