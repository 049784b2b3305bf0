//! The table for programs. Keys are only ever added.

use serde_json::{Map, Value, json};

use super::{Contexte, lectures_choisies};
use crate::indicateurs::axes::{Part, additif};
use crate::indicateurs::diffusion::{compte, masques};
use crate::indicateurs::variantes::Variante;
use crate::indicateurs::{Indicateur, Qualite, Tableau, Tenue, Valeur};

/// The table as JSON.
#[must_use]
pub fn json(contexte: &Contexte<'_>, tableau: &Tableau<'_>) -> Value {
    let periode = &contexte.periode;
    let complementaires: Vec<Value> = tableau
        .complementaires
        .iter()
        .map(|c| {
            let mut out = Map::new();
            out.insert("code".into(), json!(c.code));
            out.insert("libelle".into(), json!(c.libelle));
            if let Some(caisse) = &c.caisse {
                out.insert("caisse".into(), json!(caisse));
            }
            out.insert("valeur".into(), nombre(c.valeur));
            if c.valeur == Some(Valeur::Masquee) {
                out.insert("masques".into(), json!(["valeur"]));
            }
            Value::Object(out)
        })
        .collect();
    json!({
        "campagne": contexte.campagne,
        "periode": {
            "du": periode.du.to_string(),
            "au": periode.au.to_string(),
            "arrete": periode.arrete.to_string(),
            "connu_le": contexte.connu_le.map(|jour| jour.to_string()),
        },
        "referentiel": contexte.referentiel.nom,
        "lectures_choisies": lectures_choisies(contexte.referentiel),
        "indicateurs": indicateurs(&tableau.indicateurs),
        "complementaires": complementaires,
        "lectures": tableau.variantes.iter().map(|v| variante(v, tableau)).collect::<Vec<_>>(),
        "repartitions": tableau.repartitions.iter().map(|p| part(p, contexte, tableau)).collect::<Vec<_>>(),
        "axes_retenus": tableau.axes_retenus.iter().map(|axe| axe.code()).collect::<Vec<_>>(),
        "qualite": qualite(&tableau.qualite, contexte),
    })
}

/// A number without decimals is written without a point.
pub(super) fn decimal(x: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "whole and small, checked just before")]
    if x.fract() == 0.0 && x.abs() < 1e15 { json!(x as i64) } else { json!(x) }
}

fn valeur(valeur: Option<Valeur>) -> Value {
    match valeur {
        None | Some(Valeur::Masquee) => Value::Null,
        Some(Valeur::Entier(n)) => json!(n),
        Some(Valeur::Decimal(x)) => json!(x),
    }
}

/// A figure, without a point when it is whole.
fn nombre(valeur: Option<Valeur>) -> Value {
    valeur.and_then(Valeur::nombre).map_or(Value::Null, decimal)
}

/// One value of an axis. `additif` tells the figures that add up to those of the table.
fn part(part: &Part, contexte: &Contexte<'_>, tableau: &Tableau<'_>) -> Value {
    let comptage = contexte.referentiel.lectures.comptage;
    let indicateurs = part.indicateurs.iter().map(|i| {
        let total = tableau.indicateurs.iter().find(|total| total.definition == i.definition);
        let mut out = champs(i);
        out.insert("additif".into(), json!(total.is_some_and(|total| additif(total, comptage))));
        Value::Object(out)
    });
    json!({"axe": part.axe.code(), "valeur": part.valeur, "indicateurs": indicateurs.collect::<Vec<_>>()})
}

/// The figures under another reading.
fn variante(variante: &Variante, tableau: &Tableau<'_>) -> Value {
    let valeurs: Map<String, Value> = variante.valeurs.iter().map(|(id, v)| ((*id).to_owned(), valeur(*v))).collect();
    let ecarts: Map<String, Value> = variante
        .ecarts(&tableau.indicateurs)
        .into_iter()
        .map(|(id, ecart)| (id.to_owned(), ecart.map_or(Value::Null, decimal)))
        .collect();
    json!({"lecture": variante.nom(), "valeurs": valeurs, "ecarts": ecarts, "texte": variante.texte})
}

/// The indicators, one object each.
#[must_use]
pub fn indicateurs(indicateurs: &[Indicateur]) -> Vec<Value> {
    indicateurs.iter().map(|indicateur| Value::Object(champs(indicateur))).collect()
}

fn champs(indicateur: &Indicateur) -> Map<String, Value> {
    let mut out = Map::new();
    let definition = indicateur.definition;
    out.insert("id".into(), json!(definition.id));
    out.insert("code".into(), json!(definition.code));
    out.insert("libelle".into(), json!(indicateur.libelle));
    out.insert("valeur".into(), valeur(indicateur.valeur));
    out.insert("unite".into(), json!(definition.unite));
    if let Some(motif) = &indicateur.motif {
        out.insert("motif".into(), json!(motif));
    }
    if let Some(tenue) = &indicateur.tenue {
        add_tenue(&mut out, tenue);
    }
    if matches!(definition.id, "3.2.3" | "3.2.4" | "3.2.5" | "3.2.6") {
        let source = if indicateur.valeur_calculee.is_some() { "pole_emploi" } else { "jalon" };
        out.insert("source".into(), json!(source));
    }
    if let Some(calculee) = indicateur.valeur_calculee {
        out.insert("valeur_calculee".into(), valeur(calculee));
    }
    if let Some(r) = indicateur.remarques {
        out.insert("personnes_plusieurs_fois".into(), valeur(Some(r.personnes_plusieurs_fois)));
        out.insert("entrees_de_ces_personnes".into(), valeur(Some(r.entrees_de_ces_personnes)));
        out.insert("ecartees_orientation_anticipee".into(), valeur(Some(r.ecartees_orientation_anticipee)));
        out.insert("valeur_rattacher".into(), valeur(Some(r.valeur_rattacher)));
    }
    let masques = masques(indicateur);
    if !masques.is_empty() {
        out.insert("masques".into(), json!(masques));
    }
    out
}

fn add_tenue(out: &mut Map<String, Value>, tenue: &Tenue) {
    let r = &tenue.repartition;
    let tranches: Map<String, Value> =
        r.tranches.iter().map(|(label, n)| ((*label).to_owned(), nombre(Some(*n)))).collect();
    out.insert("taux".into(), nombre(tenue.taux));
    out.insert("moyenne_jours".into(), nombre(r.moyenne_jours));
    out.insert("mediane_jours".into(), nombre(r.mediane_jours));
    out.insert("dans_les_delais".into(), nombre(Some(r.dans_les_delais)));
    out.insert("hors_delai".into(), nombre(Some(r.hors_delai)));
    out.insert("hors_champ".into(), nombre(Some(r.hors_champ)));
    out.insert("en_cours".into(), nombre(Some(r.en_cours)));
    out.insert("echus".into(), nombre(Some(r.echus)));
    out.insert("tranches".into(), Value::Object(tranches));
    out.insert("cible".into(), tenue.cible.map_or(Value::Null, decimal));
    out.insert("cible_exemple".into(), json!(tenue.cible_exemple));
    out.insert("eloigne_note_2".into(), json!(tenue.eloigne_note_2));
    out.insert("eloigne_annexe_5".into(), json!(tenue.eloigne_annexe_5));
}

fn qualite(qualite: &Qualite, contexte: &Contexte<'_>) -> Value {
    let nombre = |n: u64| valeur(Some(compte(n, contexte.diffusion)));
    let tardives: Vec<Value> = qualite
        .bases_tardives
        .iter()
        .map(|(caisse, base)| json!({"caisse": caisse, "premier_stock": base.to_string()}))
        .collect();
    let en_attente: Vec<Value> = qualite
        .en_attente
        .iter()
        .map(|(genre, raison, n)| json!({"genre": genre, "raison": raison.libelle(), "nombre": nombre(*n)}))
        .collect();
    json!({
        "flux_connus": qualite.fichiers,
        "bases_inconnues": qualite.bases_inconnues,
        "bases_tardives": tardives,
        "evenements_en_attente": en_attente,
        "noms_avec_et_sans_nir": nombre(qualite.doutes.avec_et_sans_nir),
        "noms_a_deux_nir": nombre(qualite.doutes.deux_nir),
        "retours_sans_historique": nombre(qualite.retours_sans_historique),
        "referentiel_couvre": qualite.referentiel_couvre,
        "completude": super::qualite::completude(contexte.completude),
    })
}
