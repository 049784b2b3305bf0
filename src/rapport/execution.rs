//! The indicator tables of the execution report, ready to be pasted in it: sections 1.4 (orientation)
//! and 1.5 (garantie d'activité), with an explanation of each result drafted from the figures.
//!
//! Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 6, sections 1.1 (the
//! model of the table), 1.4 and 1.5.

mod document;

use document::{Document, Genre, Style};

use super::annexe9::{self, Contenu, Entete};
use super::{
    Contexte, Remise, delai_change, figure, figure_en_jours, figure_en_pourcent, fr, nombre, pourcent, remarques,
};
use crate::historique::Colonne;
use crate::indicateurs::catalogue::{CATALOGUE, Definition, Mesure};
use crate::indicateurs::{Indicateur, Tenue, Valeur};
use crate::referentiel::Mot;

/// Why the report cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("le rapport d'exécution ne peut pas être écrit : {0}")]
pub struct ErreurExecution(#[from] std::io::Error);

/// Widths of the columns, in twentieths of a point; the figures share what is left.
const LARGEUR_MESURE: u32 = 1250;
const LARGEUR_LIBELLE: u32 = 2200;
const LARGEUR_EXPLICATION: u32 = 4400;

/// What is said in the place of what the department alone knows.
const A_COMPLETER: &str = "[À compléter par le département]";

/// The execution report's tables as a document (docx).
///
/// # Errors
/// None in practice: the document is written in memory.
pub fn execution(remise: &Remise<'_>) -> Result<Vec<u8>, ErreurExecution> {
    let contexte = &remise.contexte;
    let arrete = contexte.periode.arrete;
    let mut document = Document::new("Rapport d'exécution : tableaux des indicateurs", arrete);
    document.paragraphe(Style::Titre, "Rapport d'exécution : tableaux des indicateurs");
    document.paragraphe(Style::Discret, &super::tableau::titre(contexte));
    document.paragraphe(
        Style::Courant,
        "Ces tableaux suivent le modèle du rapport d'exécution (annexe 6) et portent les chiffres du tableau des indicateurs \
         (annexe 9). Les explications sont rédigées à partir des données : relisez-les, complétez ce qui est entre crochets, \
         puis copiez-les dans votre rapport.",
    );
    if remise.historique.est_vide() {
        document.paragraphe(
            Style::Courant,
            "Les résultats des autres années sont vides : le fichier des années précédentes n'a pas été donné (docs/classeur.md).",
        );
    }
    if contexte.diffusion {
        document.paragraphe(Style::Courant, "s. : secret, trop peu de personnes pour que le chiffre soit publié.");
    }
    let entetes = entetes(remise);
    for (titre, mesure) in [
        (
            "1.4. Insertion des allocataires du revenu de solidarité active – Orientation et parcours des allocataires du \
             revenu de solidarité active",
            Mesure::Orientation,
        ),
        ("1.5. Insertion des allocataires du revenu de solidarité active – Garantie d'activité", Mesure::Garantie),
    ] {
        section(&mut document, remise, &entetes, titre, mesure);
    }
    let dites = remarques(contexte, &remise.tableau);
    document.paragraphe(Style::Intertitre, "Sur quoi reposent ces chiffres");
    dites.iter().for_each(|dite| document.paragraphe(Style::Puce, dite));
    Ok(document.finir()?)
}

/// The columns of the periods. Those of the form stop at the year of the report: a first half that is not
/// computed is left out of it.
fn entetes(remise: &Remise<'_>) -> Vec<Entete> {
    let mut entetes = annexe9::entetes(&remise.contexte.periode);
    entetes.retain(|entete| match &entete.contenu {
        Contenu::Ecrit(periode, _) => periode.parse::<i32>().is_ok(),
        Contenu::Campagne => true,
    });
    entetes
}

fn section(document: &mut Document, remise: &Remise<'_>, entetes: &[Entete], titre: &str, mesure: Mesure) {
    document.paragraphe(Style::Section, titre);
    // The explanation stands before the last column, what is expected next.
    let milieu = entetes.len().saturating_sub(1);
    let reste = document.largeur().saturating_sub(LARGEUR_MESURE + LARGEUR_LIBELLE + LARGEUR_EXPLICATION);
    let une = reste / u32::try_from(entetes.len().max(1)).unwrap_or(1);
    let colonne = |largeur, genre| document::Colonne { largeur, genre };
    let mut colonnes = vec![colonne(une, Genre::Chiffre); entetes.len()];
    colonnes.insert(milieu, colonne(LARGEUR_EXPLICATION, Genre::Texte));
    colonnes.splice(0..0, [colonne(LARGEUR_MESURE, Genre::Commun), colonne(LARGEUR_LIBELLE, Genre::Texte)]);

    let evolution = annee_entiere(remise).map(|annee| format!(" et l'évolution par rapport à {}", annee - 1));
    let explique = format!("Explication apportée sur l'atteinte de l'objectif{}", evolution.unwrap_or_default());
    let mut tete: Vec<String> = entetes.iter().map(|entete| entete.libelle.clone()).collect();
    tete.insert(milieu, explique);
    tete.splice(0..0, ["Nom de la mesure".to_owned(), "Indicateurs".to_owned()]);

    let lignes: Vec<Vec<String>> = CATALOGUE
        .iter()
        .filter(|definition| definition.mesure == mesure)
        .map(|definition| {
            let mut cellules: Vec<String> = entetes.iter().map(|entete| case(remise, entete, definition)).collect();
            cellules.insert(milieu, explication(remise, definition).join("\n"));
            cellules.splice(
                0..0,
                [
                    mesure.libelle().to_owned(),
                    annexe9::libelle(remise.contexte.referentiel, &remise.contexte.periode, definition),
                ],
            );
            cellules
        })
        .collect();
    document.tableau(&colonnes, &tete, &lignes);
    let ids: Vec<&str> = CATALOGUE.iter().filter(|d| d.mesure == mesure).map(|d| d.id).collect();
    for commentaire in &remise.commentaires {
        let concerne = commentaire.indicateurs.iter().any(|id| ids.contains(id));
        // What is about the whole table is said once, in the first section.
        if concerne || (commentaire.indicateurs.is_empty() && mesure == Mesure::Orientation) {
            document.paragraphe(Style::Intertitre, &commentaire.titre);
            commentaire.paragraphes.iter().for_each(|texte| document.paragraphe(Style::Courant, texte));
            // Most say what is to be completed, in their own words.
            if commentaire.a_completer && !commentaire.paragraphes.iter().any(|texte| texte.starts_with("[À compléter"))
            {
                document.paragraphe(Style::Courant, A_COMPLETER);
            }
        }
    }
    if mesure == Mesure::Garantie {
        document.paragraphe(Style::Intertitre, "À indiquer également (annexe 6, section 1.5)");
        for demande in [
            "les actions de la garantie d'activité départementale et le nombre de personnes de chacune",
            "l'avancement de l'accompagnement global mené avec Pôle emploi",
        ] {
            document.paragraphe(Style::Puce, &format!("{demande} : {A_COMPLETER}"));
        }
    }
}

/// A cell as it is printed.
fn case(remise: &Remise<'_>, entete: &Entete, definition: &Definition) -> String {
    let Some(case) = annexe9::case(remise, entete, definition.id) else { return String::new() };
    let dite = if case.en_part { figure_en_pourcent(case.valeur) } else { figure_de(definition, case.valeur) };
    if case.exemple { format!("{dite} (exemple)") } else { dite }
}

/// A figure of an indicator, with its unit when it is a number of days.
fn figure_de(definition: &Definition, valeur: Option<Valeur>) -> String {
    match (definition.id, valeur) {
        ("3.2.6", Some(Valeur::Entier(_) | Valeur::Decimal(_))) => format!("{} jours", figure(valeur)),
        (_, Some(Valeur::Entier(n))) => milliers(n),
        _ => figure(valeur),
    }
}

/// A count, its thousands apart.
fn milliers(n: u64) -> String {
    let chiffres = n.to_string();
    let mut out = String::new();
    for (rang, chiffre) in chiffres.chars().enumerate() {
        if rang > 0 && (chiffres.len() - rang).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(chiffre);
    }
    out
}

/// What the figures say of a result: how it was reached, how far it is from what was expected, how it
/// moved since the year before.
fn explication(remise: &Remise<'_>, definition: &Definition) -> Vec<String> {
    let Some(indicateur) = remise.tableau.indicateurs.iter().find(|i| i.definition.id == definition.id) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    if let Some(motif) = &indicateur.motif {
        let debut =
            if indicateur.valeur.is_none() { "Chiffre non disponible" } else { "Chiffre à prendre avec réserve" };
        out.push(format!("{debut} : {motif}."));
    }
    match &indicateur.tenue {
        Some(tenue) => out.extend(delai(tenue)),
        None => out.push(ce_qui_est_compte(remise, definition)),
    }
    if let Some(calculee) = indicateur.valeur_calculee {
        out.push(format!(
            "Chiffre transmis par {} ; le calcul du département donne {}.",
            remise.contexte.referentiel.mot(Mot::PoleEmploi, remise.contexte.periode.au),
            figure_de(definition, calculee)
        ));
    }
    out.extend(attendu(remise, indicateur));
    out.extend(evolution(remise, indicateur));
    out
}

/// What a figure counts; for the totals, how many of them were in time.
fn ce_qui_est_compte(remise: &Remise<'_>, definition: &Definition) -> String {
    let dont = match definition.id {
        "3.1.1" => Some(("3.1.2", "delai_orientation", "orientées en un mois et moins", "orientées dans le délai")),
        "3.1.3" => Some(("3.1.4", "delai_premier_rdv", "à deux semaines ou moins", "dans le délai")),
        "3.1.5" => Some(("3.1.6", "delai_premier_cer", "dans les deux mois", "dans le délai")),
        _ => None,
    };
    // The words of 2022 give its delays.
    let Contexte { referentiel, periode, .. } = &remise.contexte;
    let change = |parametre: &str| delai_change(referentiel, periode, parametre);
    let dont = dont.map(|(id, parametre, de_2022, depuis)| (id, if change(parametre) { depuis } else { de_2022 }));
    let dit = annexe9::definition(remise.contexte.referentiel, &remise.contexte.periode, definition.id);
    let trouve = dont.and_then(|(id, mots)| {
        let partie = remise.tableau.indicateurs.iter().find(|i| i.definition.id == id)?;
        let taux = figure_en_pourcent(partie.tenue.as_ref()?.taux);
        Some(format!("{dit} Dont {} {mots} ({taux}).", figure_de(definition, partie.valeur)))
    });
    trouve.unwrap_or_else(|| dit.into_owned())
}

/// How a delay was kept, and whether the distance to its target must be justified.
fn delai(tenue: &Tenue) -> Vec<String> {
    let r = &tenue.repartition;
    let compte = |valeur| figure(Some(valeur));
    let mut out = vec![format!(
        "Taux : {} ; délai moyen : {}, médian : {}. Faits dans les délais : {}, hors délai : {} ; pas encore faits, délai en cours : {}, \
         délai passé : {}.",
        figure_en_pourcent(tenue.taux),
        figure_en_jours(r.moyenne_jours),
        figure_en_jours(r.mediane_jours),
        compte(r.dans_les_delais),
        compte(r.hors_delai),
        compte(r.en_cours),
        compte(r.echus)
    )];
    let lectures = [(tenue.eloigne_note_2, "note 2 de l'instruction"), (tenue.eloigne_annexe_5, "annexe 5")];
    let selon: Vec<&str> = lectures.iter().filter(|(oui, _)| *oui == Some(true)).map(|(_, nom)| *nom).collect();
    if !selon.is_empty() {
        out.push(format!(
            "Très éloigné de la cible{} (selon {}) : l'écart est à justifier. {A_COMPLETER}",
            tenue.cible.map(|cible| format!(" de {}", pourcent(cible))).unwrap_or_default(),
            selon.join(" et ")
        ));
    }
    out
}

/// The distance to what is expected of the year: by the department, else by the référentiel.
///
/// The number of people expected of a whole year says nothing of its first months.
fn attendu(remise: &Remise<'_>, indicateur: &Indicateur) -> Option<String> {
    let id = indicateur.definition.id;
    let annee = remise.contexte.periode.au.mois().annee;
    let case = annexe9::attendu(remise, annee, id)?;
    let attendu = case.valeur?.nombre()?;
    let exemple = if case.exemple { " (exemple)" } else { "" };
    if case.en_part {
        let taux = indicateur.tenue.as_ref()?.taux?.nombre()?;
        let points = nombre((taux - attendu) * 100.0, 1);
        return Some(format!(
            "Attendu en {annee}{exemple} : {} ; écart : {} point(s).",
            pourcent(attendu),
            signe(&points)
        ));
    }
    annee_entiere(remise).or_else(|| matches!(id, "3.2.5" | "3.2.6").then_some(annee))?;
    let atteint = indicateur.valeur?.nombre()?;
    let dit = figure_de(indicateur.definition, case.valeur);
    Some(format!("Attendu en {annee}{exemple} : {dit} ; écart : {}.", ecart(atteint - attendu)))
}

/// How a figure moved since the year before, when the department wrote that one down.
fn evolution(remise: &Remise<'_>, indicateur: &Indicateur) -> Option<String> {
    let avant = annee_entiere(remise)? - 1;
    let ecrit = remise.historique.chiffre(indicateur.definition.id, &avant.to_string(), Colonne::Resultat)?;
    if ecrit.en_part {
        return None;
    }
    let (avant_n, maintenant) = (ecrit.valeur.nombre()?, indicateur.valeur?.nombre()?);
    let part = if avant_n > 0.0 {
        let part = nombre((maintenant - avant_n) / avant_n * 100.0, 1);
        format!(" ({} %)", signe(&part))
    } else {
        String::new()
    };
    let exemple = if ecrit.exemple { " (exemple)" } else { "" };
    let dit = figure_de(indicateur.definition, Some(ecrit.valeur));
    Some(format!("Par rapport à {avant}{exemple}, {dit} : {}{part}.", ecart(maintenant - avant_n)))
}

/// The year of the campaign, when it is a whole one.
pub(crate) fn annee_entiere(remise: &Remise<'_>) -> Option<i32> {
    let periode = &remise.contexte.periode;
    let annee = periode.au.mois().annee;
    let dates = [fr(periode.du), fr(periode.au)];
    (dates == [format!("01/01/{annee}"), format!("31/12/{annee}")]).then_some(annee)
}

/// A difference, with its sign.
fn ecart(x: f64) -> String {
    signe(&nombre(x, usize::from(x.fract() != 0.0)))
}

/// A number that says that it is more.
fn signe(nombre: &str) -> String {
    if nombre.starts_with('-') || nombre.chars().all(|c| matches!(c, '0' | ',')) {
        nombre.replace('-', "−")
    } else {
        format!("+{nombre}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_says_its_sign_and_thousands_stand_apart() {
        assert_eq!([ecart(12.0), ecart(-3.5), ecart(0.0)], ["+12", "−3,5", "0"]);
        assert_eq!(
            [milliers(7), milliers(1234), milliers(1_234_567)],
            ["7", "1\u{202f}234", "1\u{202f}234\u{202f}567"]
        );
    }
}
