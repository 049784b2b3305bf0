//! `jalon campagne`: the March and June submissions.

use chrono::NaiveDate;

use super::indicateurs::{campagne, historique, lire, ouvrir};
use super::{Erreur, Fin, afficher, ecrire_fichier};
use crate::campagne::comparaison::{Comparaison, Cote, comparer, ecrit, sans_journal};
use crate::campagne::dossier::{FORMAT, Place, Preparation};
use crate::campagne::sceau::{Scellement, liste, sceller};
use crate::campagne::verification::ecrit::{dire_la_preuve, dire_les_ecarts, dire_les_fichiers};
use crate::campagne::verification::{fichiers, prouver};
use crate::campagne::{Etendue, Question, connaissance, produire};
use crate::cli::{CampagneCommande, Communes, ComparerCampagnes, DossierCampagne, FormatListe, PreparerCampagne};
use crate::journal::depot::Depot;
use crate::purge::avertissement;
use crate::referentiel::{REFERENTIEL_2022, Referentiel};

pub(super) fn executer(communes: &Communes, commande: &CampagneCommande) -> Result<Fin, Erreur> {
    match commande {
        CampagneCommande::Preparer(demande) => preparer(communes, demande),
        CampagneCommande::Sceller(demande) => fermer(communes, demande),
        CampagneCommande::Verifier(demande) => verifier(communes, demande),
        CampagneCommande::Comparer(demande) => confronter(communes, demande),
    }
}

fn aujourd_hui() -> NaiveDate {
    chrono::Local::now().date_naive()
}

fn preparer(communes: &Communes, demande: &PreparerCampagne) -> Result<Fin, Erreur> {
    let periode = campagne(&demande.nom, demande.campagnes.as_deref())?;
    let texte = match &demande.regles.referentiel {
        Some(chemin) => lire(chemin)?,
        None => REFERENTIEL_2022.to_owned(),
    };
    let mut referentiel = Referentiel::lire(&texte)?;
    for (cle, valeur) in &demande.regles.lecture {
        referentiel.lectures.choisir(cle, valeur)?;
    }
    let historique = historique(demande.historique.as_deref())?;
    let depot = ouvrir(communes)?;
    let place = Place::prendre(&demande.sortie)?;
    let segments = depot.segments()?;
    if let Some(phrase) = avertissement(&segments, periode) {
        eprintln!("jalon : attention, {phrase}.");
    }
    let lectures = referentiel.lectures.choisies().into_iter();
    let question = Question {
        campagne: demande.nom.clone(),
        periode: periode.into(),
        connu_le: demande.connu_le.unwrap_or_else(|| connaissance(&segments, aujourd_hui())),
        lectures: lectures.map(|(cle, valeur)| (cle.to_owned(), valeur)).collect(),
        diffusion: demande.diffusion,
        referentiel: texte,
    };
    let sources = liste(&segments, question.connu_le);
    let produit = produire(&depot, segments, &question, historique, Etendue::Tout)?;
    let mut lignes = vec![format!(
        "Remise {} préparée dans {}, avec ce qui est connu le {}.",
        demande.nom,
        demande.sortie.display(),
        question.connu_le
    )];
    let preparation = Preparation {
        format: FORMAT,
        programme: env!("CARGO_PKG_VERSION").to_owned(),
        prepare_le: aujourd_hui(),
        question,
        chiffres: produit.chiffres,
        fichiers: Default::default(),
        gardes: Vec::new(),
        cle: depot.cle().fingerprint().to_owned(),
        segments: sources,
    };
    let gardes = place.ecrire(preparation, &produit.fichiers)?;
    if !gardes.is_empty() {
        lignes.push(format!(
            "Ce qui avait été modifié depuis la préparation d'avant est gardé dans {}.",
            gardes.join(", ")
        ));
    }
    lignes.push(
        "Relisez et complétez commentaires.md, puis fixez le dossier avec « jalon campagne sceller ».".to_owned(),
    );
    dire(&lignes)?;
    if let Some(manques) = &produit.manques {
        eprintln!("jalon : attention, {manques}.");
    }
    Ok(match &produit.motif {
        Some(motif) => {
            eprintln!(
                "jalon : 3.1.1 n'est pas sûr, {motif}. Tout est écrit ; ingérez le stock qui manque, ou justifiez-le en commentaire."
            );
            Fin::ControleManque
        }
        None => Fin::Fait,
    })
}

fn dire(lignes: &[String]) -> Result<(), Erreur> {
    afficher(lignes.iter().map(|ligne| format!("{ligne}\n")).collect::<String>().as_bytes())
}

fn fermer(communes: &Communes, demande: &DossierCampagne) -> Result<Fin, Erreur> {
    // Opened to be written only if it exists: a sealing never makes a warehouse.
    drop(ouvrir(communes)?);
    let depot = Depot::ouvrir_en_ecriture(&communes.entrepot, communes.cle.as_deref())?;
    let dossier = demande.dossier.display();
    match sceller(&depot, &demande.dossier, aujourd_hui())? {
        Scellement::Fait(empreinte) => {
            dire(&[
                format!("{dossier} est scellé : ses fichiers sont en lecture seule."),
                format!("Empreinte SHA-256 du sceau, à joindre au courriel de la remise : {empreinte}"),
            ])?;
            Ok(Fin::Fait)
        }
        Scellement::APreparer(ecarts, fichiers) => {
            let mut lignes = vec![format!(
                "{dossier} n'est pas scellé : l'entrepôt ne donne plus ce qui a été préparé. Relancez « jalon campagne preparer », relisez, puis scellez."
            )];
            lignes.extend(dire_les_ecarts(&ecarts, "préparé", "maintenant"));
            if ecarts.is_empty() {
                lignes.push(format!("  les chiffres sont les mêmes ; changerait : {}", fichiers.join(", ")));
            }
            dire(&lignes)?;
            Ok(Fin::ControleManque)
        }
    }
}

fn verifier(communes: &Communes, demande: &DossierCampagne) -> Result<Fin, Erreur> {
    let etat = fichiers(&demande.dossier)?;
    dire(&dire_les_fichiers(&demande.dossier, &etat))?;
    let Some(sceau) = &etat.sceau else { return Ok(Fin::ControleManque) };
    let depot = ouvrir(communes)?;
    let preuve = prouver(&depot, sceau, &etat.empreinte)?;
    dire(&dire_la_preuve(sceau, &preuve))?;
    Ok(if preuve.faite() && etat.touches.is_empty() { Fin::Fait } else { Fin::ControleManque })
}

fn confronter(communes: &Communes, demande: &ComparerCampagnes) -> Result<Fin, Erreur> {
    let (a, b) = (Cote::lire(&demande.a)?, Cote::lire(&demande.b)?);
    let comparaison = match ouvrir(communes) {
        Ok(depot) => comparer(&depot, &a, &b)?,
        // Without a warehouse, the lists of people say who, not why.
        Err(Erreur::Demande(raison)) => {
            eprintln!(
                "jalon : {raison}. Sans lui, les personnes viennent des fichiers detail.csv, et les causes sont inconnues."
            );
            sans_journal::comparer((&demande.a, &a), (&demande.b, &b))?
        }
        Err(error) => return Err(error),
    };
    let octets = rediger(&comparaison, demande);
    match &demande.sortie {
        Some(chemin) => ecrire_fichier(chemin, &octets)?,
        None => afficher(&octets)?,
    }
    Ok(Fin::Fait)
}

fn rediger(comparaison: &Comparaison, demande: &ComparerCampagnes) -> Vec<u8> {
    let noms = [&demande.a, &demande.b].map(|dossier| dossier.display().to_string());
    match demande.format {
        FormatListe::Table => ecrit::texte(comparaison, &noms).into_bytes(),
        FormatListe::Csv => ecrit::csv(comparaison),
        FormatListe::Json => format!("{:#}\n", ecrit::json(comparaison, &noms)).into_bytes(),
    }
}
