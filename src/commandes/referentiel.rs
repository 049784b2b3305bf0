//! `jalon referentiel`: what a référentiel says, what is wrong with it, how two of them differ.

use std::path::Path;

use super::indicateurs::{largeur, lire, ouvrir, periode};
use super::{Erreur, Fin, afficher};
use crate::cli::{
    Communes, ComparerReferentiels, FormatReferentiel, MontrerReferentiel, ReferentielCommande, VerifierReferentiel,
};
use crate::indicateurs::{Question, calculer};
use crate::journal::depot::Segments;
use crate::journal::lecture::existait;
use crate::rapport::referentiel as rapport;
use crate::referentiel::{REFERENTIEL_2022, Referentiel, examiner};
use crate::rejeu::histoire;
use crate::systeme::Chemin;
use crate::temps::{Jour, Periode};

pub(super) fn executer(communes: &Communes, commande: &ReferentielCommande) -> Result<Fin, Erreur> {
    match commande {
        ReferentielCommande::Montrer(demande) => montrer(demande),
        ReferentielCommande::Verifier(demande) => verifier(demande),
        ReferentielCommande::Comparer(demande) => comparer(communes, demande),
    }
}

/// The référentiel of a file, or the one that ships; and how it is called.
fn charger(fichier: Option<&Path>) -> Result<(Referentiel, String), Erreur> {
    let (texte, nom) = match fichier {
        Some(chemin) => (lire(chemin)?, Chemin(chemin).to_string()),
        None => (REFERENTIEL_2022.to_owned(), "référentiel livré".to_owned()),
    };
    let referentiel = Referentiel::lire(&texte).map_err(|error| {
        Erreur::Demande(format!("{nom} : {error}. « jalon referentiel verifier » dit tout ce qui est à corriger"))
    })?;
    Ok((referentiel, nom))
}

fn montrer(demande: &MontrerReferentiel) -> Result<Fin, Erreur> {
    let (referentiel, _) = charger(demande.fichier.as_deref())?;
    let texte = match demande.format {
        FormatReferentiel::Table => rapport::montrer(&referentiel, largeur()),
        FormatReferentiel::Json => format!("{:#}\n", rapport::montrer_json(&referentiel)),
    };
    afficher(texte.as_bytes())?;
    Ok(Fin::Fait)
}

/// Says everything that is wrong. What deserves a second look does not fail the check.
fn verifier(demande: &VerifierReferentiel) -> Result<Fin, Erreur> {
    let texte = lire(&demande.fichier)?;
    let fichier = Chemin(&demande.fichier).to_string();
    let (nom, constats) = match examiner(&texte) {
        Ok((referentiel, a_relire)) => (Some(referentiel.nom), a_relire),
        Err(fautes) => (None, fautes),
    };
    let dit = match demande.format {
        FormatReferentiel::Table => rapport::verifier(&fichier, nom.as_deref(), &constats),
        FormatReferentiel::Json => format!("{:#}\n", rapport::verifier_json(&fichier, nom.as_deref(), &constats)),
    };
    afficher(dit.as_bytes())?;
    Ok(if nom.is_some() { Fin::Fait } else { Fin::ControleManque })
}

fn comparer(communes: &Communes, demande: &ComparerReferentiels) -> Result<Fin, Erreur> {
    let (a, b) = match demande.fichiers.as_slice() {
        [a, b] => (Some(a.as_path()), Some(b.as_path())),
        [b] => (None, Some(b.as_path())),
        _ => return Err(Erreur::Demande("attendu un ou deux fichiers à comparer".to_owned())),
    };
    let ((a, nom_a), (b, nom_b)) = (charger(a)?, charger(b)?);
    let noms = [nom_a.as_str(), nom_b.as_str()];
    let differences = rapport::differences(&a, &b);
    let figures = match periode(&demande.quand)? {
        Some(periode) => chiffres(communes, demande, periode, [&a, &b])?,
        None => Vec::new(),
    };
    let texte = match demande.format {
        FormatReferentiel::Table => rapport::comparer(noms, &differences, &figures, largeur()),
        FormatReferentiel::Json => format!("{:#}\n", rapport::comparer_json(noms, &differences, &figures)),
    };
    afficher(texte.as_bytes())?;
    Ok(Fin::Fait)
}

/// The twelve figures of a period under each of two référentiels.
fn chiffres(
    communes: &Communes,
    demande: &ComparerReferentiels,
    periode: Periode,
    referentiels: [&Referentiel; 2],
) -> Result<Vec<rapport::Deux>, Erreur> {
    let Segments { mut flux, evenements } = ouvrir(communes)?.segments()?;
    flux.retain(|segment| existait(segment.meta.commun.recu_le, demande.quand.connu_le));
    let histoire = histoire(&flux, &evenements, demande.quand.connu_le)?;
    let connu_le = demande.quand.connu_le.map(Jour::from);
    let [a, b] =
        referentiels.map(|referentiel| calculer(&histoire, &Question { periode, connu_le, referentiel }).indicateurs);
    Ok(rapport::Deux::tous(&a, &b))
}
