//! A comparison in the forms that people and programs read. Never a NIR.

use serde_json::{Value, json};

use super::super::montrer;
use super::{Comparaison, Demande, Mouvement};
use crate::rapport::cellule;

/// The columns. They are only ever added at the end.
pub const ENTETES: [&str; 13] = [
    "indicateur",
    "cause",
    "numdemrsa",
    "caisse",
    "nom",
    "prenom",
    "date_naissance",
    "mois_reference",
    "avant",
    "apres",
    "ecart",
    "matricule",
    "precision",
];

fn cellules(m: &Mouvement) -> [String; 13] {
    let p = &m.personne;
    [
        m.indicateur.to_owned(),
        m.cause.code().to_owned(),
        p.numdemrsa.to_string(),
        m.caisse.clone(),
        p.nom.to_string(),
        p.prenom.to_string(),
        p.date_naissance.to_string(),
        m.mois.clone().unwrap_or_default(),
        m.avant.clone(),
        m.apres.clone(),
        m.ecart.map(|ecart| ecart.to_string()).unwrap_or_default(),
        p.matricule.to_string(),
        m.precision.clone(),
    ]
}

/// One line a person and a figure: semicolons, a BOM.
#[must_use]
pub fn csv(comparaison: &Comparaison) -> Vec<u8> {
    let mut out = b"\xEF\xBB\xBF".to_vec();
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(&mut out);
    let lignes = comparaison.mouvements.iter().map(cellules);
    for ligne in [ENTETES.map(str::to_owned)].into_iter().chain(lignes) {
        // A number below zero is no formula.
        let sures = ligne.map(|texte| if texte.parse::<i64>().is_ok() { texte } else { cellule(&texte) });
        // Writing in memory does not fail.
        if let Err(error) = writer.write_record(&sures) {
            tracing::error!(%error, "ligne non écrite");
        }
    }
    drop(writer);
    out
}

/// The comparison for programs. Keys are only ever added.
#[must_use]
pub fn json(comparaison: &Comparaison, noms: &[String; 2]) -> Value {
    let [a, b] = &comparaison.demandes;
    let dossier = |nom: &str, demande: &Demande| {
        json!({
            "dossier": nom,
            "campagne": demande.campagne,
            "periode": demande.periode,
            "connu_le": demande.connu_le,
            "lectures": demande.lectures,
        })
    };
    let mouvements = comparaison.mouvements.iter().map(|m| {
        let cellules = cellules(m);
        let objet = ENTETES.iter().zip(cellules).map(|(nom, texte)| ((*nom).to_owned(), Value::String(texte)));
        let mut objet: serde_json::Map<String, Value> = objet.collect();
        objet.insert("ecart".to_owned(), json!(m.ecart));
        Value::Object(objet)
    });
    json!({
        "a": dossier(&noms[0], a),
        "b": dossier(&noms[1], b),
        "ecarts": comparaison.ecarts.iter().map(|ecart| json!({"id": ecart.nom, "avant": ecart.avant, "apres": ecart.apres})).collect::<Vec<_>>(),
        "mouvements": mouvements.collect::<Vec<_>>(),
        "perimes": comparaison.perimes,
        "restes": comparaison.restes.iter().map(|(id, reste)| json!({"id": id, "reste": reste})).collect::<Vec<_>>(),
    })
}

/// The comparison for people: the figures, then who made each of them move, by cause.
#[must_use]
pub fn texte(comparaison: &Comparaison, noms: &[String; 2]) -> String {
    let mut out = String::new();
    for ((lettre, nom), demande) in ["A", "B"].into_iter().zip(noms).zip(&comparaison.demandes) {
        let Demande { campagne, periode, connu_le, .. } = demande;
        out.push_str(&format!(
            "{lettre} : {nom}, {campagne} (du {} au {}, arrêté le {}), connu le {connu_le}\n",
            periode.du, periode.au, periode.arrete
        ));
    }
    for (lettre, _) in ["A", "B"].into_iter().zip(comparaison.perimes).filter(|(_, perime)| *perime) {
        out.push_str(&format!(
            "Attention : l'entrepôt ne redonne plus les chiffres de {lettre}. Des personnes en ont été purgées, ou le programme a changé ; « jalon campagne verifier » le dit.\n"
        ));
    }
    if comparaison.ecarts.is_empty() {
        out.push_str("\nLes douze chiffres sont les mêmes.\n");
    } else {
        out.push_str("\nChiffres qui ne sont pas les mêmes :\n");
    }
    for ecart in &comparaison.ecarts {
        out.push_str(&format!("  {} : {} en A, {} en B\n", ecart.nom, montrer(&ecart.avant), montrer(&ecart.apres)));
    }
    if !comparaison.mouvements.is_empty() && comparaison.ecarts.is_empty() {
        out.push_str("Des personnes ont pourtant changé : ce que les unes ajoutent, les autres le retirent.\n");
    }
    for groupe in comparaison.mouvements.chunk_by(|a, b| (a.indicateur, a.cause) == (b.indicateur, b.cause)) {
        let Some(premier) = groupe.first() else { continue };
        let somme: i64 = groupe.iter().filter_map(|m| m.ecart).sum();
        let somme = if groupe.iter().all(|m| m.ecart.is_some()) { format!(" ({somme:+})") } else { String::new() };
        out.push_str(&format!("\n{} · {}{somme}\n", premier.indicateur, premier.cause.libelle()));
        for m in groupe {
            out.push_str(&format!("  {}\n", ligne(m)));
        }
    }
    for (id, reste) in &comparaison.restes {
        out.push_str(&format!("\n{id} : un écart de {reste:+} ne se répartit pas entre des personnes.\n"));
    }
    out
}

fn ligne(m: &Mouvement) -> String {
    let p = &m.personne;
    let mut parts: Vec<String> = Vec::new();
    if !p.numdemrsa.is_empty() {
        parts.push(format!("{} {} {} {}", m.caisse, p.numdemrsa, p.nom, p.prenom));
    }
    if let Some(mois) = &m.mois {
        parts.push(format!("entrée de {mois}"));
    }
    let rien = |texte: &str| if texte.is_empty() { "rien".to_owned() } else { texte.to_owned() };
    parts.push(format!("{} en A, {} en B", rien(&m.avant), rien(&m.apres)));
    let precision = if m.precision.is_empty() { String::new() } else { format!(" : {}", m.precision) };
    format!("{}{precision}", parts.join(", "))
}
