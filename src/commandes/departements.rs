//! Which departments a command is about, in a warehouse of several; and `jalon indicateurs` over several.

use std::path::{Path, PathBuf};

use super::indicateurs::{avertir_des_purges, historique, largeur, lire, ouvrir, periode, referentiel};
use super::{Erreur, Fin, afficher, barre, ecrire_fichier, en_couleur};
use crate::campagne::remise::tableau_seul;
use crate::cli::{CampagneCommande, Cli, Commande, Communes, Format, Indicateurs, Quand, Regles};
use crate::controle::completude_du;
use crate::indicateurs::Question;
use crate::journal::depot::Segments;
use crate::journal::lecture::existait;
use crate::pays::demenagements::{Lieu, Vus};
use crate::pays::ensemble::Resultat;
use crate::pays::{Departement, REGLAGES, Reglages, dossier, est_d_un_seul, officiel, presents, region, regions};
use crate::qualite::Seuils;
use crate::rapport::Contexte;
use crate::rapport::pays::{Ensemble, csv, json, table};
use crate::rejeu::histoire_et_repertoire;
use crate::temps::Jour;

/// What `--departement` is given for every department of the warehouse.
const TOUS: &str = "tous";

/// The departments that a table is asked for.
pub(super) struct Plusieurs {
    departements: Vec<Departement>,
    /// The region that was asked for.
    region: Option<&'static str>,
}

/// Points the command to the warehouse of the department that it is about, with the files that are
/// proper to it; or gives the several departments that a table is asked for. Nothing changes for the
/// warehouse of one department.
pub(super) fn choisir(cli: &mut Cli) -> Result<Option<Plusieurs>, Erreur> {
    let dans_un_fichier = match &cli.commande {
        Commande::Sources(_)
        | Commande::Simuler(_)
        | Commande::Demo(_)
        | Commande::Referentiel(_)
        | Commande::Plier(_)
        | Commande::InstallerAide(_) => return Ok(None),
        Commande::Nuit(_) => true,
        Commande::Purger(demande) => demande.pipeline.is_some(),
        Commande::Diagnostiquer(demande) => demande.pipeline.is_some(),
        _ => false,
    };
    let en_region = match &cli.commande {
        Commande::Indicateurs(demande) => demande.region.clone(),
        _ => None,
    };
    if dans_un_fichier {
        return match &cli.communes.departement {
            Some(code) => Err(Erreur::Demande(format!(
                "--departement (ou JALON_DEPARTEMENT) vaut {code}, et l'entrepôt est déjà dans le fichier donné avec \
                 --pipeline. Retirez l'un des deux"
            ))),
            None => Ok(None),
        };
    }
    let Some(demandes) = cli.communes.departement.clone().or_else(|| en_region.as_ref().map(|_| TOUS.to_owned()))
    else {
        refuser_plusieurs(&cli.communes.entrepot, |_| match &cli.commande {
            Commande::Indicateurs(_) => "--departement avec un code, plusieurs (082,047) ou tous".to_owned(),
            _ => "--departement avec le code de l'un d'eux".to_owned(),
        })?;
        return Ok(None);
    };
    let racine = cli.communes.entrepot.clone();
    let la = codes_presents(&racine)?;
    if est_d_un_seul(&racine) {
        return Err(Erreur::Demande(format!(
            "{} est l'entrepôt d'un seul département. Retirez --departement, ou donnez avec --entrepot le dossier qui \
             contient departement=082, departement=047…",
            racine.display()
        )));
    }
    let reglages = lire_les_reglages(&cli.communes)?;
    let nouveau = matches!(cli.commande, Commande::Ingerer(_));
    let choisis = choisis(&demandes, &racine, &la, nouveau)?;
    let mut departements: Vec<Departement> = choisis.iter().filter_map(|code| reglages.departement(code)).collect();
    if let Some(nom) = &en_region {
        let region = region(nom).ok_or_else(|| {
            Erreur::Demande(format!("« {nom} » n'est pas une région, attendu l'une de : {}", regions()))
        })?;
        departements.retain(|departement| departement.region == region);
        if departements.is_empty() {
            return Err(Erreur::Demande(format!(
                "aucun département demandé n'est de la région {region}. L'entrepôt {} contient : {}",
                racine.display(),
                la.join(", ")
            )));
        }
        return Ok(Some(Plusieurs { departements, region: Some(region) }));
    }
    if demandes.contains(',') || demandes.trim() == TOUS {
        return match cli.commande {
            Commande::Indicateurs(_) => Ok(Some(Plusieurs { departements, region: None })),
            _ => Err(Erreur::Demande(format!(
                "cette commande porte sur un seul département, et --departement vaut « {demandes} ». Donnez-en un seul"
            ))),
        };
    }
    if let Some(departement) = departements.pop() {
        if !nouveau {
            verifier_que_rien_ne_manque(&racine, &la, &departement.code)?;
        }
        cli.communes.entrepot = dossier(&racine, &departement.code);
        employer(&mut cli.commande, &departement);
    }
    Ok(None)
}

/// Refuses the folder of several departments where that of one is needed; `attendu` is told the folder
/// of the first.
pub(super) fn refuser_plusieurs(racine: &Path, attendu: impl FnOnce(PathBuf) -> String) -> Result<(), Erreur> {
    let la = codes_presents(racine)?;
    match la.first() {
        None => Ok(()),
        Some(premier) => Err(Erreur::Demande(format!(
            "l'entrepôt {} contient plusieurs départements ({}). Donnez {}",
            racine.display(),
            la.join(", "),
            attendu(dossier(racine, premier))
        ))),
    }
}

fn codes_presents(racine: &Path) -> Result<Vec<String>, Erreur> {
    let la = presents(racine).map_err(|error| {
        Erreur::Demande(format!(
            "{} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
            racine.display(),
            crate::systeme::EnFrancais(&error)
        ))
    })?;
    match la.iter().find(|code| officiel(code).is_none_or(|officiel| officiel.code != code.as_str())) {
        None => Ok(la),
        Some(code) => Err(Erreur::Demande(format!(
            "le dossier {} ne porte pas le code d'un département sur trois caractères (082, 02A, 971). Renommez-le, ou \
             retirez-le de l'entrepôt",
            dossier(racine, code).display()
        ))),
    }
}

/// The codes that are asked for, each once, in their order.
fn choisis(demandes: &str, racine: &Path, la: &[String], nouveau: bool) -> Result<Vec<String>, Erreur> {
    if demandes.trim() == TOUS {
        if la.is_empty() {
            return Err(Erreur::Demande(format!(
                "{} ne contient aucun département (departement=082…). Indiquez le bon dossier avec --entrepot",
                racine.display()
            )));
        }
        return Ok(la.to_vec());
    }
    let mut codes = Vec::new();
    for demande in demandes.split(',') {
        let connu = officiel(demande).ok_or_else(|| {
            Erreur::Demande(format!(
                "--departement : « {} » n'est pas le code d'un département, comme 082, 02A ou 971",
                demande.trim()
            ))
        })?;
        if !nouveau {
            verifier_que_rien_ne_manque(racine, la, connu.code)?;
        }
        codes.push(connu.code.to_owned());
    }
    codes.sort_unstable();
    codes.dedup();
    Ok(codes)
}

fn verifier_que_rien_ne_manque(racine: &Path, la: &[String], code: &str) -> Result<(), Erreur> {
    if la.iter().any(|present| present == code) {
        return Ok(());
    }
    let contient = if la.is_empty() { "aucun département".to_owned() } else { la.join(", ") };
    Err(Erreur::Demande(format!(
        "le département {code} n'est pas dans l'entrepôt {} (il contient : {contient}). Corrigez --departement, ou \
         faites-le entrer avec « jalon ingerer --departement {code} »",
        racine.display()
    )))
}

fn lire_les_reglages(communes: &Communes) -> Result<Reglages, Erreur> {
    let livre = communes.entrepot.join(REGLAGES);
    let chemin = match &communes.departements {
        Some(chemin) => chemin,
        None if livre.exists() => &livre,
        None => return Ok(Reglages::default()),
    };
    Reglages::lire(&lire(chemin)?, chemin).map_err(|error| Erreur::Demande(error.to_string()))
}

/// Gives a command the files of its department, where the command line gives none.
fn employer(commande: &mut Commande, departement: &Departement) {
    let donner = |place: &mut Option<PathBuf>, sien: &Option<PathBuf>| {
        if place.is_none() {
            place.clone_from(sien);
        }
    };
    let Departement { referentiel, campagnes, historique, .. } = departement;
    match commande {
        Commande::Indicateurs(demande) => {
            donner(&mut demande.regles.referentiel, referentiel);
            donner(&mut demande.quand.campagnes, campagnes);
            donner(&mut demande.historique, historique);
        }
        Commande::Expliquer(demande) => {
            donner(&mut demande.regles.referentiel, referentiel);
            donner(&mut demande.quand.campagnes, campagnes);
        }
        Commande::Campagne(campagne) => {
            if let CampagneCommande::Preparer(demande) = &mut campagne.commande {
                donner(&mut demande.regles.referentiel, referentiel);
                donner(&mut demande.campagnes, campagnes);
                donner(&mut demande.historique, historique);
            }
        }
        Commande::Listes(demande) => donner(&mut demande.regles.referentiel, referentiel),
        Commande::Qualite(demande) => {
            donner(&mut demande.referentiel, referentiel);
            donner(&mut demande.campagnes, campagnes);
        }
        Commande::Servir(demande) => {
            donner(&mut demande.regles.referentiel, referentiel);
            donner(&mut demande.campagnes, campagnes);
            donner(&mut demande.historique, historique);
        }
        Commande::Analyser(demande) => {
            donner(&mut demande.tables.regles.referentiel, referentiel);
            donner(&mut demande.tables.campagnes, campagnes);
        }
        Commande::Exporter(demande) => {
            donner(&mut demande.tables.regles.referentiel, referentiel);
            donner(&mut demande.tables.campagnes, campagnes);
        }
        Commande::Diagnostiquer(demande) => donner(&mut demande.historique, historique),
        Commande::Ingerer(_)
        | Commande::Rejets(_)
        | Commande::Purger(_)
        | Commande::Personne(_)
        | Commande::Contexte(_)
        | Commande::Plier(_)
        | Commande::Nuit(_)
        | Commande::Referentiel(_)
        | Commande::Sources(_)
        | Commande::Simuler(_)
        | Commande::Demo(_)
        | Commande::InstallerAide(_) => {}
    }
}

/// The table by department.
pub(super) fn executer(communes: &Communes, demande: &Indicateurs, plusieurs: Plusieurs) -> Result<Fin, Erreur> {
    refuser_ce_qui_est_d_un_seul(demande)?;
    let progression = barre(plusieurs.departements.len() as u64, "départements", communes);
    let mut ensemble = Ensemble::new(demande.quand.campagne.clone(), demande.quand.connu_le, plusieurs.region);
    let mut vus: Vec<(String, String, Vus)> = Vec::new();
    for departement in plusieurs.departements {
        let (resultat, cle, siens) = progression.suspend(|| un(communes, demande, departement))?;
        vus.push((resultat.departement.code.clone(), cle, siens));
        ensemble.resultats.push(resultat);
        progression.inc(1);
    }
    progression.finish_and_clear();
    let lieux: Vec<Lieu<'_>> = vus.iter().map(|(code, cle, vus)| Lieu { code, cle, vus }).collect();
    ensemble.conclure(&lieux);
    let texte = match demande.format {
        Format::Csv => {
            csv(&ensemble).map_err(|error| Erreur::Ecriture("le tableau".into(), std::io::Error::other(error)))?
        }
        Format::Json => format!("{:#}\n", json(&ensemble)).into_bytes(),
        _ => {
            let couleur = demande.sortie.is_none() && en_couleur(communes);
            table(&ensemble, largeur(), couleur).into_bytes()
        }
    };
    match &demande.sortie {
        Some(chemin) => ecrire_fichier(chemin, &texte)?,
        None => afficher(&texte)?,
    }
    Ok(Fin::Fait)
}

fn refuser_ce_qui_est_d_un_seul(demande: &Indicateurs) -> Result<(), Erreur> {
    let options = [
        (demande.detail.is_some(), "--detail"),
        (demande.diffusion, "--diffusion"),
        (demande.lectures, "--lectures"),
        (!demande.par.is_empty(), "--par"),
        (demande.historique.is_some(), "--historique"),
        (matches!(demande.format, Format::Md | Format::Xlsx | Format::Html), "--format md, xlsx ou html"),
    ];
    match options.iter().find(|(donnee, _)| *donnee) {
        None => Ok(()),
        Some((_, option)) => Err(Erreur::Demande(format!(
            "{option} vaut pour un seul département : le tableau de plusieurs s'écrit en table, csv ou json, avec les fichiers \
             que departements.toml donne à chacun. Retirez cette option, ou donnez un seul code à --departement"
        ))),
    }
}

/// A department: its figures, the fingerprint of its key, and what is kept to recognise moves. Its
/// history does not outlive this function.
fn un(communes: &Communes, demande: &Indicateurs, departement: Departement) -> Result<(Resultat, String, Vus), Erreur> {
    let nommer = |error: Erreur| match error {
        Erreur::Demande(message) => Erreur::Demande(format!("département {departement} : {message}")),
        autre => autre,
    };
    let regles = Regles {
        referentiel: demande.regles.referentiel.clone().or_else(|| departement.referentiel.clone()),
        lecture: demande.regles.lecture.clone(),
    };
    let quand = Quand {
        campagnes: demande.quand.campagnes.clone().or_else(|| departement.campagnes.clone()),
        ..demande.quand.clone()
    };
    let periode = periode(&quand)
        .map_err(nommer)?
        .ok_or_else(|| Erreur::Demande("il manque --campagne, ou --du et --au".to_owned()))?;
    let referentiel = referentiel(&regles).map_err(nommer)?;
    let historique = historique(departement.historique.as_deref()).map_err(nommer)?;
    let mut sien = communes.clone();
    sien.entrepot = dossier(&communes.entrepot, &departement.code);
    let depot = ouvrir(&sien).map_err(nommer)?;
    let segments = depot.segments()?;
    avertir_des_purges(&segments, periode);
    let Segments { mut flux, evenements } = segments;
    flux.retain(|segment| existait(segment.meta.commun.recu_le, quand.connu_le));
    if let Some(caisse) = departement.caisse_etrangere(flux.iter().filter_map(|segment| segment.meta.caisse.as_deref()))
    {
        return Err(Erreur::Demande(format!(
            "département {departement} : son entrepôt contient des flux de {caisse}, et departements.toml, champ « caisses », \
             dit : {}. Corrigez ce champ ; ou, si ces flux sont d'un autre département, refaites l'entrepôt de celui-ci sans eux",
            departement.caisses.join(", ")
        )));
    }
    let (histoire, repertoire) = histoire_et_repertoire(&flux, &evenements, quand.connu_le)?;
    let question = Question { periode, connu_le: quand.connu_le.map(Jour::from), referentiel: &referentiel };
    let completude = completude_du(&flux, (periode.du, periode.au), question.connu_le, &Seuils::default());
    let contexte = Contexte {
        campagne: quand.campagne.as_deref(),
        periode,
        connu_le: question.connu_le,
        referentiel: &referentiel,
        completude: &completude,
        diffusion: false,
    };
    let mut remise = tableau_seul(&histoire, contexte);
    remise.historique = historique;
    let vus = Vus::new(&histoire, &repertoire, &remise.tableau);
    Ok((Resultat::new(departement.clone(), &remise), depot.cle().fingerprint().to_owned(), vus))
}
