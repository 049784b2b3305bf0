//! `jalon rejets`: what was set aside, to be mended and taken in again, or closed.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use serde_json::json;

use super::{Erreur, Fin, afficher, indicateurs, ingerer};
use crate::cli::{CloreRejet, Communes, FormatListe, ListerRejets, Rejets, RejetsCommande, ReprendreRejets};
use crate::flux::tableur::{Enregistrements, Tableur};
use crate::ingestion::{Limites, Options, Source};
use crate::journal::depot::Depot;
use crate::journal::rejets::{Etat, RejetConnu, clore, rejets};
use crate::releves::{Marque, Refus};
use crate::systeme::EnFrancais;

pub(super) fn executer(communes: &Communes, demande: &Rejets) -> Result<Fin, Erreur> {
    match &demande.commande {
        RejetsCommande::Lister(demande) => lister(communes, demande),
        RejetsCommande::Montrer(demande) => montrer(communes, &demande.id),
        RejetsCommande::Reprendre(demande) => reprendre(communes, demande),
        RejetsCommande::Clore(demande) => fermer(communes, demande),
    }
}

// ───────────────────────────── lister ─────────────────────────────

fn lister(communes: &Communes, demande: &ListerRejets) -> Result<Fin, Erreur> {
    let mut connus = rejets(&indicateurs::ouvrir(communes)?)?;
    let ouverts = connus.iter().filter(|connu| connu.etat == Etat::Ouvert).count();
    let clos = connus.len() - ouverts;
    if !demande.tous {
        connus.retain(|connu| connu.etat == Etat::Ouvert);
    }
    let texte = match demande.format {
        FormatListe::Table => tableau(&connus, ouverts, clos, demande.tous),
        FormatListe::Json => format!("{:#}\n", json!({"rejets": connus.iter().map(objet).collect::<Vec<_>>()})),
        FormatListe::Csv => tableur(&connus)
            .map_err(|error| Erreur::Ecriture("la liste des rejets".into(), std::io::Error::other(error)))?,
    };
    afficher(texte.as_bytes())?;
    Ok(Fin::Fait)
}

/// The state in words.
fn etat(connu: &RejetConnu) -> String {
    match &connu.etat {
        Etat::Ouvert if connu.donne_depuis => "ouvert, un flux plus récent donne ce dossier".to_owned(),
        Etat::Ouvert => "ouvert".to_owned(),
        Etat::Repris { le } => format!("repris le {le}"),
        Etat::Clos { le, motif } if motif.is_empty() => format!("clos le {le}"),
        Etat::Clos { le, motif } => format!("clos le {le} : {motif}"),
    }
}

fn tableau(connus: &[RejetConnu], ouverts: usize, clos: usize, tous: bool) -> String {
    let mut out = String::new();
    for connu in connus {
        let RejetConnu { fichier, origine, ligne, champ, valeur, motif, attendu, depuis, .. } = connu;
        out.push_str(&format!(
            "{} · {origine} · reçu le {depuis} · {}\n  {fichier}, ligne {ligne} : {champ} vaut {valeur} ({motif})\n  {attendu}\n",
            connu.identifiant(),
            etat(connu)
        ));
        if connu.extrait.is_none() {
            out.push_str("  pas d'extrait à reprendre\n");
        }
    }
    if !connus.is_empty() {
        out.push('\n');
    }
    let s = |n: usize| if n > 1 { "s" } else { "" };
    out.push_str(&format!("{ouverts} rejet{} ouvert{}, {clos} clos", s(ouverts), s(ouverts)));
    out.push_str(match (clos, tous) {
        (0, _) | (_, true) => "\n",
        _ => " (--tous les montre)\n",
    });
    if ouverts > 0 {
        out.push_str(
            "« jalon rejets montrer ID » montre l'extrait (données personnelles) ; corrigé, « jalon rejets reprendre FICHIER » le fait entrer ;\n\
             « jalon rejets clore ID --motif TEXTE » quand il n'y a plus rien à faire\n",
        );
    }
    out
}

/// The columns of the list, in CSV and in JSON. They are only ever added at the end.
const CLES: [&str; 12] = [
    "identifiant",
    "fichier",
    "origine",
    "ligne",
    "champ",
    "valeur",
    "motif",
    "depuis",
    "etat",
    "a_faire",
    "flux_plus_recent",
    "extrait",
];

fn cellules(connu: &RejetConnu) -> [String; 12] {
    [
        connu.identifiant(),
        connu.fichier.clone(),
        connu.origine.clone(),
        connu.ligne.clone(),
        connu.champ.clone(),
        connu.valeur.clone(),
        connu.motif.clone(),
        connu.depuis.to_string(),
        etat(connu),
        connu.attendu.clone(),
        u8::from(connu.donne_depuis).to_string(),
        connu.extrait.as_deref().map(|chemin| chemin.display().to_string()).unwrap_or_default(),
    ]
}

fn objet(connu: &RejetConnu) -> serde_json::Value {
    CLES.iter()
        .map(|cle| (*cle).to_owned())
        .zip(cellules(connu).map(serde_json::Value::from))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn tableur(connus: &[RejetConnu]) -> Result<String, csv::Error> {
    let mut octets = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(&mut octets);
    writer.write_record(CLES)?;
    for connu in connus {
        writer.write_record(cellules(connu).iter().map(|cellule| crate::rapport::cellule(cellule)))?;
    }
    writer.flush()?;
    drop(writer);
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

// ───────────────────────────── montrer, clore ─────────────────────────────

/// The reject that an identifier names.
fn designe<'a>(connus: &'a [RejetConnu], id: &str) -> Result<&'a RejetConnu, Erreur> {
    let mut designes = connus.iter().filter(|connu| connu.se_nomme(id));
    match (designes.next(), designes.next()) {
        (Some(connu), None) => Ok(connu),
        (Some(_), Some(_)) => Err(Erreur::Demande(format!(
            "plusieurs rejets ont l'identifiant {id}. Donnez davantage de caractères de l'empreinte de leur fichier"
        ))),
        _ => Err(Erreur::Demande(format!(
            "aucun rejet n'a l'identifiant {id}. « jalon rejets lister --tous » les montre tous"
        ))),
    }
}

/// The one output that shows the personal data of a reject: it is asked for, one reject at a time.
fn montrer(communes: &Communes, id: &str) -> Result<Fin, Erreur> {
    let connus = rejets(&indicateurs::ouvrir(communes)?)?;
    let connu = designe(&connus, id)?;
    let RejetConnu { fichier, origine, ligne, champ, valeur, motif, attendu, depuis, .. } = connu;
    let mut texte = format!(
        "{} · {origine} · reçu le {depuis} · {}\n{fichier}, ligne {ligne} : {champ} vaut {valeur} ({motif})\n{attendu}\n",
        connu.identifiant(),
        etat(connu)
    );
    match &connu.extrait {
        None => texte.push_str("\nPas d'extrait : il ne pouvait pas être rendu, ou il a été effacé.\n"),
        Some(chemin) => {
            let extrait = extrait(chemin, connu).map_err(|refus| lecture(chemin, &refus))?;
            texte.push_str(&format!("\nDonnées personnelles : {}\n\n", chemin.display()));
            texte.extend(extrait.chars().filter(|c| *c != '\r').map(affichable));
        }
    }
    afficher(texte.as_bytes())?;
    Ok(Fin::Fait)
}

/// A file must not command the terminal that shows it.
fn affichable(c: char) -> char {
    if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c }
}

fn lecture(chemin: &Path, refus: &Refus) -> Erreur {
    Erreur::Demande(format!("{} ne peut pas être montré ({refus})", chemin.display()))
}

/// The text of an extract; of one that holds all the lines of a file, the heading and the line asked
/// for.
fn extrait(chemin: &Path, connu: &RejetConnu) -> Result<String, Refus> {
    let octets = std::fs::read(chemin)?;
    let tableur = Tableur::new(&octets, true);
    let Some(colonne) = tableur.colonne(Marque::COLONNE) else {
        return Ok(String::from_utf8_lossy(&octets).into_owned());
    };
    let mut writer = csv::WriterBuilder::new().delimiter(tableur.separateur()).flexible(true).from_writer(Vec::new());
    let ecrire = |error: csv::Error| Refus::Disque(std::io::Error::other(error));
    writer.write_record(tableur.entetes_ecrites()).map_err(ecrire)?;
    let contenu = Source::fichier(chemin).ouvrir(&Limites::default())?;
    let mut lignes = Enregistrements::new(contenu, &tableur)?;
    while let Some(ligne) = lignes.suivant()? {
        // A line that lacks columns bears its mark before its place.
        let marque = ligne.marque(Some(colonne)).flatten();
        let marque = marque.or_else(|| ligne.ecrits().iter().rev().find_map(|champ| Marque::lire(champ)));
        if marque.is_some_and(|marque| marque.rejet == connu.rejet) {
            writer.write_record(ligne.ecrits().iter().map(AsRef::as_ref).collect::<Vec<&str>>()).map_err(ecrire)?;
        }
    }
    let octets = writer.into_inner().map_err(|error| Refus::Disque(error.into_error()))?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

fn fermer(communes: &Communes, demande: &CloreRejet) -> Result<Fin, Erreur> {
    indicateurs::ouvrir(communes)?;
    let depot = Depot::ouvrir_en_ecriture(&communes.entrepot, communes.cle.as_deref())?;
    let connus = rejets(&depot)?;
    let connu = designe(&connus, &demande.id)?;
    let identifiant = connu.identifiant();
    if connu.etat != Etat::Ouvert {
        afficher(format!("{identifiant} : déjà {}, rien à faire\n", etat(connu)).as_bytes())?;
        return Ok(Fin::Fait);
    }
    let le = aujourdhui();
    clore(&depot, connu, le, demande.motif.trim())
        .map_err(|error| Erreur::Ecriture(communes.entrepot.clone(), error))?;
    afficher(format!("{identifiant} : clos le {le}\n").as_bytes())?;
    Ok(Fin::Fait)
}

fn aujourdhui() -> NaiveDate {
    chrono::Local::now().date_naive()
}

// ───────────────────────────── reprendre ─────────────────────────────

fn reprendre(communes: &Communes, demande: &ReprendreRejets) -> Result<Fin, Erreur> {
    let descriptions = ingerer::descriptions(&demande.sources)?;
    indicateurs::ouvrir(communes)?;
    let depot = Arc::new(Depot::ouvrir_en_ecriture(&communes.entrepot, communes.cle.as_deref())?);
    let connus = rejets(&depot)?;
    let mut chemins = demande.extraits.iter().map(|extrait| chemin(&connus, extrait)).collect::<Result<Vec<_>, _>>()?;
    chemins.dedup();
    let sources: Vec<Source> = chemins.iter().map(Source::fichier).collect();
    let options = Options { recu_le: demande.recu_le, descriptions, ..Options::new(aujourdhui()) };
    ingerer::ingerer_les(&depot, &sources, communes, options)
}

/// The extract that an argument names: a file, or the extract of a reject as it stands.
fn chemin(connus: &[RejetConnu], argument: &str) -> Result<PathBuf, Erreur> {
    let fichier = PathBuf::from(argument);
    if !fichier.exists() && argument.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'-' | b'.')) {
        let connu = designe(connus, argument)?;
        return connu.extrait.clone().ok_or_else(|| {
            Erreur::Demande(format!("le rejet {argument} n'a pas d'extrait. Demandez un nouvel envoi à l'émetteur"))
        });
    }
    let porte = porte_une_marque(&fichier).map_err(|error| {
        Erreur::Demande(format!(
            "{argument} ne peut pas être lu ({}). Vérifiez le chemin et les droits",
            EnFrancais(&error)
        ))
    })?;
    if porte {
        return Ok(fichier);
    }
    Err(Erreur::Demande(format!(
        "{argument} n'est pas un extrait de rejet : il n'en porte pas la marque. Remettez-la telle que « jalon rejets montrer » la donne, \
         ou, si c'est un fichier de la caisse, donnez-le à « jalon ingerer »"
    )))
}

/// Whether the head of a file bears the mark of an extract, in one form or the other.
fn porte_une_marque(chemin: &Path) -> std::io::Result<bool> {
    let mut tete = Vec::new();
    File::open(chemin)?.take(64 << 10).read_to_end(&mut tete)?;
    let tete = String::from_utf8_lossy(&tete).to_lowercase();
    Ok(tete.contains(&format!("<?{}", Marque::INSTRUCTION)) || tete.contains(&Marque::COLONNE.to_lowercase()))
}
