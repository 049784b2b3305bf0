//! `jalon plier`: folds the people that an engine hands over, and puts together what the folds gave.

use std::io::{self, ErrorKind, IsTerminal};
use std::path::PathBuf;

use super::indicateurs::{largeur, periode, referentiel};
use super::{Erreur, Fin, afficher, en_couleur};
use crate::cli::{Communes, FormatReunion, Plier};
use crate::indicateurs::{Indicateur, Question};
use crate::pliage::entrants::plier;
use crate::pliage::reunion::reunir;
use crate::pliage::{Contexte, ErreurPliage};

use crate::rapport::{json, lectures_choisies, tableau};
use crate::temps::Jour;

impl From<ErreurPliage> for Erreur {
    fn from(error: ErreurPliage) -> Self {
        match error {
            ErreurPliage::Refus(message) => Self::Demande(message),
            ErreurPliage::Depot(error) => Self::Depot(error),
            ErreurPliage::Ecriture(error) => Self::Ecriture(PathBuf::from("la sortie standard"), error),
        }
    }
}

pub(super) fn executer(communes: &Communes, demande: &Plier) -> Result<Fin, Erreur> {
    let periode =
        periode(&demande.quand)?.ok_or_else(|| Erreur::Demande("il manque --campagne, ou --du et --au".to_owned()))?;
    let referentiel = referentiel(&demande.regles)?;
    let contexte = Contexte::lire(&demande.contexte)?;
    if let Some(jour) = demande.quand.connu_le.filter(|jour| Some(*jour) != contexte.connu_le) {
        let du_contexte = contexte.connu_le.map_or("tout ce qui était connu".to_owned(), |jour| jour.to_string());
        return Err(Erreur::Demande(format!(
            "--connu-le vaut {jour}, et le contexte a été fait avec {du_contexte}. Retirez --connu-le, ou refaites le contexte"
        )));
    }
    let question = Question { periode, connu_le: contexte.connu_le.map(Jour::from), referentiel: &referentiel };
    if io::stdin().is_terminal() {
        return Err(Erreur::Demande(
            "l'entrée standard est un terminal, attendu un flux Arrow IPC. Voir docs/spark.md".to_owned(),
        ));
    }
    let entree = io::stdin().lock();
    if demande.reunir {
        let figures = reunir(entree, &contexte, &question)?;
        return montrer(communes, demande, &question, &figures);
    }
    match plier(entree, io::stdout().lock(), &contexte, &question) {
        // The reader has had enough.
        Err(ErreurPliage::Ecriture(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(Fin::Fait),
        Err(error) => Err(error.into()),
        Ok(bilan) => {
            if bilan.inconnues > 0 {
                eprintln!(
                    "jalon : {} ligne(s) de fichiers que le contexte ne retient pas (reçus depuis, ou remplacés), laissées de côté.",
                    bilan.inconnues
                );
            }
            Ok(Fin::Fait)
        }
    }
}

fn montrer(
    communes: &Communes,
    demande: &Plier,
    question: &Question<'_>,
    figures: &[Indicateur],
) -> Result<Fin, Erreur> {
    let periode = question.periode;
    let texte = match demande.format {
        FormatReunion::Table => tableau::indicateurs(figures, largeur(), en_couleur(communes)),
        FormatReunion::Json => {
            let json = serde_json::json!({
                "campagne": demande.quand.campagne,
                "periode": {
                    "du": periode.du.to_string(),
                    "au": periode.au.to_string(),
                    "arrete": periode.arrete.to_string(),
                    "connu_le": question.connu_le.map(|jour| jour.to_string()),
                },
                "referentiel": question.referentiel.nom,
                "lectures_choisies": lectures_choisies(question.referentiel),
                "indicateurs": json::indicateurs(figures),
            });
            format!("{json:#}\n")
        }
    };
    for indicateur in figures {
        if let Some(motif) = &indicateur.motif {
            eprintln!("jalon : attention, {} : {motif}.", indicateur.definition.id);
        }
    }
    afficher(texte.as_bytes())?;
    Ok(Fin::Fait)
}
