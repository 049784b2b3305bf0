//! `jalon personne`: the right of access and the right of erasure.

use std::io::{self, BufRead, IsTerminal};

use console::Term;
use rustc_hash::FxHashSet;

use super::indicateurs::ouvrir;
use super::purger::{avis_des_sceaux, contenu, dire_le_registre, extraits_a_voir};
use super::{Erreur, Fin, afficher, ecrire_fichier};
use crate::campagne::sceau::touchees;
use crate::cli::{Communes, Designation, Effacer, Exporter, Forme, Personne};
use crate::identite::Nir;
use crate::journal::depot::Depot;
use crate::journal::reecriture::Nature;
use crate::parcours::etapes::Parcours;
use crate::personne::{Annuaire, Designe, Reponse, Signalement, chercher, exporter, signalements, texte};
use crate::purge::{Attente, Cible, Connu, Plan, Raison, Signes};
use crate::referentiel::{REFERENTIEL_2022, Referentiel};

pub(super) fn executer(communes: &Communes, demande: &Personne) -> Result<Fin, Erreur> {
    match demande {
        Personne::Exporter(demande) => donner(communes, demande),
        Personne::Effacer(demande) => effacer(communes, demande),
    }
}

fn donner(communes: &Communes, demande: &Exporter) -> Result<Fin, Erreur> {
    let depot = ouvrir(communes)?;
    let connu = Connu::lire(&depot)?;
    let reponse = une_seule(&connu, &designe(&depot, &demande.qui)?)?;
    let export = exporter(&connu, &reponse, &Referentiel::lire(REFERENTIEL_2022)?)?;
    let octets = match demande.format {
        Forme::Texte => texte(&export),
        Forme::Json => format!("{export:#}\n"),
    };
    match &demande.sortie {
        Some(chemin) => ecrire_fichier(chemin, octets.as_bytes())?,
        None => afficher(octets.as_bytes())?,
    }
    Ok(Fin::Fait)
}

fn effacer(communes: &Communes, demande: &Effacer) -> Result<Fin, Erreur> {
    let depot = ouvrir(communes)?;
    let designe = designe(&depot, &demande.qui)?;
    let connu = Connu::lire(&depot)?;
    let reponse = une_seule(&connu, &designe)?;
    let cible_vue = cible(&connu, &reponse);
    let plan = Plan::new(&depot, &connu, &cible_vue)?;
    if demande.a_blanc {
        let extraits = extraits_a_voir(&Plan::extraits(&depot, &connu, &cible_vue)?);
        let avis = avis_des_sceaux(&touchees(depot.racine(), |empreinte| plan.reecrit(empreinte))?);
        let suite: String = extraits.into_iter().chain(avis).map(|phrase| format!("{phrase}\n")).collect();
        afficher(format!("À blanc, rien n'est écrit. Seraient effacés : {}.\n{suite}", contenu(&plan)).as_bytes())?;
        return Ok(Fin::Fait);
    }
    if !demande.oui {
        confirmer(&connu, &reponse, &plan)?;
    }
    // The question may have waited for long, and must not have held the lock: all is read again.
    drop((plan, connu, depot));
    let depot = Depot::ouvrir_en_ecriture(&communes.entrepot, communes.cle.as_deref())?;
    let connu = Connu::lire(&depot)?;
    let reponse = une_seule(&connu, &designe)?;
    let revient = est_beneficiaire(&connu, &reponse);
    let cible = cible(&connu, &reponse);
    let (plan, extraits) = (Plan::new(&depot, &connu, &cible)?, Plan::extraits(&depot, &connu, &cible)?);
    let avis = avis_des_sceaux(&touchees(depot.racine(), |empreinte| plan.reecrit(empreinte))?);
    if let Some(phrase) = &avis {
        eprintln!("jalon : attention, {phrase}");
    }
    let mut out = format!("Effacés : {}.\n", contenu(&plan));
    let le = chrono::Local::now().date_naive();
    let raison = Raison { nature: Nature::Effacement, le, avant: None, motif: Some(&demande.motif) };
    let registre = plan.appliquer(&depot, &raison)?;
    out.push_str(&format!("{}\n{CE_QUE_CELA_FAIT}", dire_le_registre(&depot, &registre)));
    if let Some(phrase) = extraits_a_voir(&extraits) {
        out.push_str(&format!("{phrase}\n"));
    }
    if let Some(phrase) = avis {
        out.push_str(&format!("{phrase}\n"));
    }
    if revient {
        out.push_str(REVIENDRA);
    }
    afficher(out.as_bytes())?;
    Ok(Fin::Fait)
}

const CE_QUE_CELA_FAIT: &str = "\
Les chiffres des périodes passées où cette personne comptait baissent d'autant ; ceux des autres personnes ne changent pas. Une remise \
déjà scellée dira « purgée depuis, 1 personne » au lieu de se retrouver à l'identique.
Les fichiers déjà ingérés restent connus et ne la feront pas revenir. Un nouveau fichier qui parle d'elle, si.
Restent à traiter hors de l'entrepôt : les fichiers d'origine (archives, fichiers refusés), les listes et tableaux \
déjà produits, les sauvegardes.
";

const REVIENDRA: &str = "\
Attention : la personne est encore bénéficiaire du RSA selon le dernier flux. Le prochain la ramènera.
";

fn cible(connu: &Connu, reponse: &Reponse) -> Cible {
    match reponse {
        Reponse::Une(personne) => Cible {
            personnes: FxHashSet::from_iter([*personne]),
            attente: Attente::AuNom(Signes::de(&connu.repertoire, *personne)),
        },
        Reponse::EvenementsSeuls(signes) => {
            Cible { personnes: FxHashSet::default(), attente: Attente::AuNom(signes.clone()) }
        }
        Reponse::Inconnue | Reponse::Plusieurs(_) => {
            Cible { personnes: FxHashSet::default(), attente: Attente::AuNom(Signes::default()) }
        }
    }
}

fn est_beneficiaire(connu: &Connu, reponse: &Reponse) -> bool {
    let Reponse::Une(personne) = reponse else { return false };
    let mut parcours = Parcours::default();
    parcours.suivre(&connu.histoire, *personne);
    parcours.etapes.last().is_some_and(|etape| etape.classe.brsa())
}

/// The one person who is asked for. Nobody and several people are for whoever asks to settle.
pub(super) fn une_seule(connu: &Connu, designe: &Designe) -> Result<Reponse, Erreur> {
    match chercher(connu, &Annuaire::default(), designe)? {
        Reponse::Inconnue => Err(Erreur::Demande(
            "personne ne répond à cette désignation dans l'entrepôt. Vérifiez le numéro, ou l'orthographe et la date \
             de naissance"
                .to_owned(),
        )),
        Reponse::Plusieurs(personnes) => {
            let mut out = String::new();
            for (rang, (_, signes)) in personnes.iter().enumerate() {
                signes.iter().for_each(|signe| out.push_str(&format!("{}. {}\n", rang + 1, decrire(signe))));
            }
            afficher(out.as_bytes())?;
            Err(Erreur::Demande(format!(
                "{} personnes répondent à cette désignation. Ajoutez ce qui les distingue : le NUMDEMRSA suivi du nom, ou \
                 la date de naissance",
                personnes.len()
            )))
        }
        une => Ok(une),
    }
}

fn decrire(signe: &Signalement) -> String {
    let Signalement { numdemrsa, caisse, matricule, nom, prenom, date_naissance } = signe;
    format!("{nom} {prenom}, {date_naissance}, dossier {numdemrsa} ({caisse}), matricule {matricule}")
}

pub(super) fn designe(depot: &Depot, qui: &Designation) -> Result<Designe, Erreur> {
    if !qui.nir {
        return Designe::lire(&qui.personne.join(" ")).map_err(Erreur::Demande);
    }
    let illisible = |error| Erreur::Ecriture("l'entrée standard".into(), error);
    let mut saisi = String::new();
    if io::stdin().is_terminal() {
        eprint!("NIR (il ne s'affiche pas) : ");
        saisi = Term::stderr().read_secure_line().map_err(illisible)?;
    } else {
        io::stdin().lock().read_line(&mut saisi).map_err(illisible)?;
    }
    let nir = Nir::parse(&saisi).ok_or_else(|| {
        Erreur::Demande("ce NIR n'est pas utilisable : 13 caractères sont attendus, ou 15 avec la bonne clé".to_owned())
    })?;
    Ok(Designe::Nir(depot.cle().empreinte(nir)))
}

/// Shows who is about to be removed, and waits for the word.
fn confirmer(connu: &Connu, reponse: &Reponse, plan: &Plan) -> Result<(), Erreur> {
    const MOT: &str = "EFFACER";
    if !io::stdin().is_terminal() {
        return Err(Erreur::Demande("l'effacement se confirme au clavier. Sans clavier, ajoutez --oui".to_owned()));
    }
    let mut out = String::new();
    if let Reponse::Une(personne) = reponse {
        for signe in signalements(connu, &Annuaire::default(), *personne)? {
            out.push_str(&format!("{}\n", decrire(&signe)));
        }
    }
    out.push_str(&format!("Seront effacés : {}.\nTapez {MOT} pour confirmer : ", contenu(plan)));
    afficher(out.as_bytes())?;
    let mut saisi = String::new();
    io::stdin().lock().read_line(&mut saisi).map_err(|error| Erreur::Ecriture("l'entrée standard".into(), error))?;
    if saisi.trim() == MOT {
        Ok(())
    } else {
        Err(Erreur::Demande("effacement abandonné, rien n'est écrit".to_owned()))
    }
}
