//! `jalon listes`: one operational list of a day, or all of them, one file each; or what the coming month
//! takes away.

use std::collections::BTreeSet;
use std::fs::DirBuilder;
use std::io::{self, IsTerminal};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::indicateurs::{largeur, ouvrir, referentiel};
use super::{Erreur, Fin, afficher, ecrire_fichier, en_couleur};
use crate::campagnes::{CAMPAGNES, Campagnes};
use crate::cli::{Communes, FormeDeListe, ListeDemandee, Listes};
use crate::journal::depot::Segments;
use crate::journal::lecture::existait;
use crate::listes::previsions::prevoir;
use crate::listes::{Filtre, Ligne, Liste, Question, remarques, toutes};
use crate::parcours::histoire::Histoire;
use crate::rapport::liste::{Contexte, noms};
use crate::rapport::previsions;
use crate::rejeu::histoire;
use crate::systeme::Affichable;
use crate::temps::{Jour, Periode};

pub(super) fn executer(communes: &Communes, demande: &Listes) -> Result<Fin, Erreur> {
    let dossier = dossier(demande)?;
    if demande.format == Some(FormeDeListe::Xlsx) {
        if demande.previsions {
            return Err(Erreur::Demande(
                "les prévisions n'ont pas de classeur. Demandez table, csv ou json".to_owned(),
            ));
        }
        if demande.sortie.is_none() && io::stdout().is_terminal() {
            return Err(Erreur::Demande("un classeur ne s'affiche pas. Donnez un fichier avec --sortie".to_owned()));
        }
    }
    let referentiel = referentiel(&demande.regles)?;
    let depot = ouvrir(communes)?;
    let connu_le = demande.connu_le.unwrap_or(demande.au);
    let Segments { mut flux, evenements } = depot.segments()?;
    flux.retain(|segment| existait(segment.meta.commun.recu_le, Some(connu_le)));
    let histoire = histoire(&flux, &evenements, Some(connu_le))?;
    let question = Question { au: demande.au.into(), connu_le: connu_le.into(), referentiel: &referentiel };
    let format = demande.format.unwrap_or(if dossier.is_some() { FormeDeListe::Csv } else { FormeDeListe::Table });
    let Some(liste) = demande.liste else {
        annoncer(communes, demande, &histoire, &question, format)?;
        return Ok(Fin::Fait);
    };
    let mut listes = toutes(&histoire, &question);
    if let ListeDemandee::Une(nom) = liste {
        listes.retain(|liste| liste.nom == nom);
    }
    filtrer(&mut listes, &Filtre { territoire: demande.territoire.clone(), structure: demande.structure.clone() });
    let noms = noms(&histoire, &flux, &listes)?;
    let contexte = Contexte { histoire: &histoire, question: &question, noms: &noms };
    if let Some(dossier) = dossier {
        ecrire(dossier, contexte, &listes, format)?;
    } else {
        for liste in &listes {
            donner(demande, &rediger(contexte, liste, format, a_ecrire(communes, demande))?)?;
            if liste.lignes.is_empty() && a_part(demande, format) {
                let filtre = liste.filtre.phrase();
                eprintln!("jalon : personne n'est dans la liste {} au {}{filtre}.", liste.nom.code(), demande.au);
            }
        }
    }
    if a_part(demande, format) {
        avertir(communes, &histoire, &question);
    }
    Ok(Fin::Fait)
}

/// What the coming month takes away from the running campaign.
fn annoncer(
    communes: &Communes,
    demande: &Listes,
    histoire: &Histoire,
    question: &Question<'_>,
    format: FormeDeListe,
) -> Result<(), Erreur> {
    let previsions = prevoir(histoire, question, campagne_en_cours(question.au)?);
    let contexte = previsions::Contexte { histoire, question };
    let (largeur, couleur) = a_ecrire(communes, demande);
    donner(
        demande,
        &match format {
            FormeDeListe::Table | FormeDeListe::Xlsx => contexte.table(&previsions, largeur, couleur).into_bytes(),
            FormeDeListe::Csv => contexte.csv(&previsions),
            FormeDeListe::Json => format!("{:#}\n", contexte.json(&previsions)).into_bytes(),
        },
    )?;
    if a_part(demande, format) {
        avertir(communes, histoire, question);
    }
    Ok(())
}

/// The campaign whose period holds a day; of several, the one that ends last: it holds the others.
fn campagne_en_cours(jour: Jour) -> Result<(String, Periode), Erreur> {
    let campagnes = Campagnes::lire(CAMPAGNES)?;
    let mut en_cours = Vec::new();
    for (nom, _) in campagnes.en_cours(jour)? {
        let periode = campagnes.periode(&nom)?;
        if jour <= periode.au {
            en_cours.push((nom, periode));
        }
    }
    en_cours
        .into_iter()
        .max_by_key(|(_, periode)| periode.au)
        .ok_or_else(|| Erreur::Demande(format!("aucune campagne ne porte sur le {jour}")))
}

/// Whether what is asked for is read elsewhere than on the screen.
fn a_part(demande: &Listes, format: FormeDeListe) -> bool {
    format != FormeDeListe::Table || demande.sortie.is_some()
}

/// The width and the colours of the form of the screen.
fn a_ecrire(communes: &Communes, demande: &Listes) -> (Option<u16>, bool) {
    if demande.sortie.is_some() { (Some(LARGEUR_ECRITE), false) } else { (largeur(), en_couleur(communes)) }
}

/// Writes what was asked for where it was.
fn donner(demande: &Listes, octets: &[u8]) -> Result<(), Erreur> {
    match &demande.sortie {
        Some(chemin) => ecrire_fichier(chemin, octets),
        None => afficher(octets),
    }
}

/// Keeps the lines that are asked for, and says which names could have been, when one is on no line.
fn filtrer(listes: &mut [Liste<'_>], filtre: &Filtre) {
    let lignes: Vec<&Ligne<'_>> = listes.iter().flat_map(|liste| &liste.lignes).collect();
    let territoire = Filtre { structure: None, ..filtre.clone() };
    let structure = Filtre { territoire: None, ..filtre.clone() };
    for (quoi, seul, connus) in [
        ("territoire", territoire, lignes.iter().map(|ligne| ligne.territoire()).collect::<BTreeSet<_>>()),
        ("structure", structure, lignes.iter().map(|ligne| ligne.structure()).collect()),
    ] {
        if seul != Filtre::default() && !lignes.iter().any(|ligne| seul.garde(ligne)) {
            let connus: Vec<_> = connus.into_iter().filter(|nom| !nom.is_empty()).collect();
            let connus = if connus.is_empty() { "aucun".to_owned() } else { connus.join(", ") };
            let phrase = seul.phrase();
            eprintln!(
                "jalon : personne{}. Ce qui est connu ici, {quoi} : {}.",
                Affichable(&phrase),
                Affichable(&connus)
            );
        }
    }
    listes.iter_mut().for_each(|liste| liste.filtrer(filtre));
}

/// Says on the error stream what the lists rest on, when the screen does not show it below them.
fn avertir(communes: &Communes, histoire: &Histoire, question: &Question<'_>) {
    if !communes.quiet {
        remarques(histoire, question).iter().for_each(|remarque| eprintln!("jalon : {remarque}"));
    }
}

/// Columns of a list that is written to a file in the form of the screen.
const LARGEUR_ECRITE: u16 = 160;

/// The folder in which every list is to be written, when they are all asked for.
fn dossier(demande: &Listes) -> Result<Option<&Path>, Erreur> {
    match (demande.liste, &demande.sortie) {
        (Some(ListeDemandee::Une(_)) | None, _) => Ok(None),
        (Some(ListeDemandee::Toutes), Some(dossier)) => Ok(Some(dossier)),
        (Some(ListeDemandee::Toutes), None) => Err(Erreur::Demande(
            "« listes toutes » écrit un fichier par liste : indiquez le dossier avec --sortie".to_owned(),
        )),
    }
}

/// Writes one file a list, and says how many people are in each.
fn ecrire(dossier: &Path, contexte: Contexte<'_>, listes: &[Liste<'_>], format: FormeDeListe) -> Result<(), Erreur> {
    let create = DirBuilder::new().recursive(true).mode(0o700).create(dossier);
    create.map_err(|error| Erreur::Ecriture(dossier.to_owned(), error))?;
    let extension = match format {
        FormeDeListe::Table => "txt",
        FormeDeListe::Csv => "csv",
        FormeDeListe::Json => "json",
        FormeDeListe::Xlsx => "xlsx",
    };
    let mut bilan = String::new();
    for liste in listes {
        let chemin = dossier.join(format!("{}.{extension}", liste.nom.code()));
        ecrire_fichier(&chemin, &rediger(contexte, liste, format, (Some(LARGEUR_ECRITE), false))?)?;
        bilan.push_str(&match liste.lignes.len() {
            0 => format!("{} : personne\n", liste.nom.code()),
            n => format!("{} : {n} ligne(s), dont {} d'échéance passée\n", liste.nom.code(), liste.passees()),
        });
    }
    afficher(bilan.as_bytes())
}

fn rediger(
    contexte: Contexte<'_>,
    liste: &Liste<'_>,
    format: FormeDeListe,
    (largeur, couleur): (Option<u16>, bool),
) -> Result<Vec<u8>, Erreur> {
    Ok(match format {
        FormeDeListe::Table => contexte.table(liste, largeur, couleur).into_bytes(),
        FormeDeListe::Csv => contexte.csv(liste),
        FormeDeListe::Json => format!("{:#}\n", contexte.json(liste)).into_bytes(),
        FormeDeListe::Xlsx => contexte
            .xlsx(liste)
            .map_err(|error| Erreur::Ecriture(format!("{}.xlsx", liste.nom.code()).into(), io::Error::other(error)))?,
    })
}
