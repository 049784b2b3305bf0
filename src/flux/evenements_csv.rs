//! Event files, record after record: each is handed over trusted, or set aside with what is wrong.

use std::path::Path;

use chrono::NaiveDate;

use super::tableur::{Enregistrements, Largeur, Signature, Tableur};
use crate::releves::evenements::{BilanEvenements, Evenement, valider};
use crate::releves::genres::Genre;
use crate::releves::{MotifRejet, Refus, Rejet};

/// Reads a file of events received on `recu_le`.
///
/// # Errors
/// The file cannot be read, or what a receiver refuses.
pub fn lire(
    chemin: &Path,
    genre: Genre,
    tableur: &Tableur,
    recu_le: NaiveDate,
    evenement: &mut dyn FnMut(Evenement) -> Result<(), Refus>,
    rejet: &mut dyn FnMut(Rejet) -> Result<(), Refus>,
) -> Result<BilanEvenements, Refus> {
    let mut bilan = BilanEvenements { genre, lignes: 0, rejetes: 0, avertissements: Vec::new() };
    bilan.avertissements.extend(tableur.colonnes_ignorees(Signature::Evenements(genre)));
    let mut enregistrements = Enregistrements::ouvrir(chemin, tableur)?;
    while let Some(ligne) = enregistrements.suivant()? {
        bilan.lignes += 1;
        let lu = match ligne.largeur() {
            Largeur::Juste => valider(genre, ligne.numero, recu_le, &|nom| ligne.champ(tableur.colonne(nom))),
            Largeur::Courte | Largeur::Longue => Err(Rejet {
                ligne: ligne.numero,
                champ: "nombre de colonnes".to_owned(),
                valeur: format!("« {} »", ligne.champs()),
                motif: MotifRejet::Colonnes,
                attendu: ligne.attendu(),
            }),
        };
        match lu {
            Ok(lu) => evenement(lu)?,
            Err(ecarte) => {
                bilan.rejetes += 1;
                rejet(ecarte)?;
            }
        }
    }
    if bilan.lignes == 0 {
        bilan.avertissements.push("fichier sans aucune ligne sous l'en-tête".to_owned());
    }
    Ok(bilan)
}
