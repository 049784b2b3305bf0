//! `jalon listes`: one operational list of a day, or all of them, one file each.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::indicateurs::{largeur, ouvrir, referentiel};
use super::{Erreur, Fin, afficher, ecrire_fichier, en_couleur};
use crate::cli::{Communes, FormatListe, ListeDemandee, Listes};
use crate::journal::depot::Segments;
use crate::journal::lecture::existait;
use crate::listes::{Liste, Question, remarques, toutes};
use crate::rapport::liste::{Contexte, noms};
use crate::rejeu::histoire;

pub(super) fn executer(communes: &Communes, demande: &Listes) -> Result<Fin, Erreur> {
    let dossier = dossier(demande)?;
    let referentiel = referentiel(&demande.regles)?;
    let depot = ouvrir(communes)?;
    let connu_le = demande.connu_le.unwrap_or(demande.au);
    let Segments { mut flux, evenements } = depot.segments()?;
    flux.retain(|segment| existait(segment.meta.commun.recu_le, Some(connu_le)));
    let histoire = histoire(&flux, &evenements, Some(connu_le))?;
    let question = Question { au: demande.au.into(), connu_le: connu_le.into(), referentiel: &referentiel };
    let mut listes = toutes(&histoire, &question);
    if let ListeDemandee::Une(nom) = demande.liste {
        listes.retain(|liste| liste.nom == nom);
    }
    let noms = noms(&histoire, &flux, &listes)?;
    let contexte = Contexte { histoire: &histoire, question: &question, noms: &noms };
    if let Some(dossier) = dossier {
        ecrire(dossier, contexte, &listes, demande.format.unwrap_or(FormatListe::Csv))?;
        avertir(communes, contexte);
        return Ok(Fin::Fait);
    }
    let format = demande.format.unwrap_or(FormatListe::Table);
    for liste in &listes {
        match &demande.sortie {
            Some(chemin) => ecrire_fichier(chemin, &rediger(contexte, liste, format, Some(LARGEUR_ECRITE), false))?,
            None => afficher(&rediger(contexte, liste, format, largeur(), en_couleur(communes)))?,
        }
        if liste.lignes.is_empty() && (format != FormatListe::Table || demande.sortie.is_some()) {
            eprintln!("jalon : personne n'est dans la liste {} au {}.", liste.nom.code(), demande.au);
        }
    }
    if format != FormatListe::Table || demande.sortie.is_some() {
        avertir(communes, contexte);
    }
    Ok(Fin::Fait)
}

/// Says on the error stream what the lists rest on, when the screen does not show it below them.
fn avertir(communes: &Communes, contexte: Contexte<'_>) {
    if !communes.quiet {
        let remarques = remarques(contexte.histoire, contexte.question);
        remarques.iter().for_each(|remarque| eprintln!("jalon : {remarque}"));
    }
}

/// Columns of a list that is written to a file in the form of the screen.
const LARGEUR_ECRITE: u16 = 160;

/// The folder in which every list is to be written, when they are all asked for.
fn dossier(demande: &Listes) -> Result<Option<&Path>, Erreur> {
    match (demande.liste, &demande.sortie) {
        (ListeDemandee::Une(_), _) => Ok(None),
        (ListeDemandee::Toutes, Some(dossier)) => Ok(Some(dossier)),
        (ListeDemandee::Toutes, None) => Err(Erreur::Demande(
            "« listes toutes » écrit un fichier par liste : indiquez le dossier avec --sortie".to_owned(),
        )),
    }
}

/// Writes one file a list, and says how many people are in each.
fn ecrire(dossier: &Path, contexte: Contexte<'_>, listes: &[Liste<'_>], format: FormatListe) -> Result<(), Erreur> {
    let create = DirBuilder::new().recursive(true).mode(0o700).create(dossier);
    create.map_err(|error| Erreur::Ecriture(dossier.to_owned(), error))?;
    let extension = match format {
        FormatListe::Table => "txt",
        FormatListe::Csv => "csv",
        FormatListe::Json => "json",
    };
    let mut bilan = String::new();
    for liste in listes {
        let chemin = dossier.join(format!("{}.{extension}", liste.nom.code()));
        ecrire_fichier(&chemin, &rediger(contexte, liste, format, Some(LARGEUR_ECRITE), false))?;
        let passees = liste.lignes.iter().filter(|ligne| ligne.jours_restants < 0).count();
        bilan.push_str(&match liste.lignes.len() {
            0 => format!("{} : personne\n", liste.nom.code()),
            n => format!("{} : {n} ligne(s), dont {passees} d'échéance passée\n", liste.nom.code()),
        });
    }
    afficher(bilan.as_bytes())
}

fn rediger(
    contexte: Contexte<'_>,
    liste: &Liste<'_>,
    format: FormatListe,
    largeur: Option<u16>,
    couleur: bool,
) -> Vec<u8> {
    match format {
        FormatListe::Table => contexte.table(liste, largeur, couleur).into_bytes(),
        FormatListe::Csv => contexte.csv(liste),
        FormatListe::Json => format!("{:#}\n", contexte.json(liste)).into_bytes(),
    }
}
