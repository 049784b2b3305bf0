//! What the coming month takes away, in the forms that people and programs read. Nobody is named.

use comfy_table::{Cell, CellAlignment};
use serde_json::{Value, json};

use super::detail::{Cellule, rediger};
use super::tableau::{cadre, plie};
use super::{figure_en_pourcent, fr, lectures_choisies, nombre};
use crate::indicateurs::Valeur;
use crate::listes::previsions::{Prevision, Previsions, Taux};
use crate::listes::{Question, remarques};
use crate::parcours::histoire::Histoire;

/// What is said first: how to read the days.
const REGLE: &str = "Rien de plus n'est su, ni fait, que ce jour-là. Pour chaque jour : combien de délais y finissent sur les listes a-orienter, sans-rdv \
    et sans-cer ; puis les taux de la campagne, arrêtée ce jour-là, et le meilleur qu'elle peut encore atteindre, si tout ce qui \
    reste dans les délais est fait à temps. Le lendemain d'un dernier jour, ce qui n'est pas fait est perdu.";

/// The columns of each rate, after its number.
const COLONNES: [&str; 6] = ["valeur", "total", "taux", "au_mieux", "en_cours", "echus"];
/// The columns of a line: the day, that of the closing, three limits, three rates.
const NOMBRE: usize = 5 + 3 * COLONNES.len();

/// What the forms of the forecasts share.
#[derive(Clone, Copy)]
pub struct Contexte<'a> {
    /// Everything that was known.
    pub histoire: &'a Histoire,
    /// What was asked.
    pub question: &'a Question<'a>,
}

impl Contexte<'_> {
    /// The forecasts for people.
    #[must_use]
    pub fn table(self, previsions: &Previsions, largeur: Option<u16>, couleur: bool) -> String {
        let mut table = cadre(largeur, couleur);
        let largeur = table.width();
        let mut out = String::new();
        for phrase in self.phrases(previsions) {
            out.push_str(&plie(&phrase, largeur, ""));
            out.push('\n');
        }
        let ids = previsions.jours.first().map(|jour| jour.taux.map(|taux| taux.id)).unwrap_or_default();
        let entetes = ["Jour", "Orientation", "Rendez-vous", "CER"].map(str::to_owned).into_iter();
        table.set_header(entetes.chain(ids.iter().flat_map(|id| [id.to_string(), "au mieux".to_owned()])));
        for prevision in &previsions.jours {
            let part = |part: Option<f64>| figure_en_pourcent(part.map(Valeur::Decimal));
            let compte = |n: &usize| if *n == 0 { String::new() } else { n.to_string() };
            let taux = prevision.taux.iter().flat_map(|taux| [part(taux.taux), part(taux.au_mieux)]);
            let nombres = prevision.limites.iter().map(compte).chain(taux);
            let nombres = nombres.map(|texte| Cell::new(texte).set_alignment(CellAlignment::Right));
            table.add_row(std::iter::once(Cell::new(fr(prevision.jour))).chain(nombres));
        }
        out.push_str(&format!("{table}\n"));
        for remarque in remarques(self.histoire, self.question) {
            out.push_str(&plie(&format!("• {remarque}"), largeur, "  "));
            out.push('\n');
        }
        out
    }

    /// What was asked, how to read it, and what is already lost.
    fn phrases(self, previsions: &Previsions) -> Vec<String> {
        let Question { au, connu_le, referentiel } = self.question;
        let Previsions { campagne, periode, passees: [orientations, rdv, cer], jours } = previsions;
        let connu = if connu_le == au { String::new() } else { format!(", connu le {}", fr(*connu_le)) };
        let mut out = vec![
            format!(
                "Prévisions au {}{connu}, si rien n'est fait : campagne {campagne}, du {} au {} (référentiel {})",
                fr(*au),
                fr(periode.du),
                fr(periode.au),
                referentiel.nom
            ),
            REGLE.to_owned(),
        ];
        let lectures = lectures_choisies(referentiel);
        if !lectures.is_empty() {
            out.push(format!("Lectures autres que celles du guide : {}.", lectures.join(", ")));
        }
        out.push(format!(
            "Déjà passés au {} : {orientations} délai(s) d'orientation, {rdv} de premier rendez-vous, {cer} de premier CER.",
            fr(*au)
        ));
        if jours.last().is_some_and(|jour| jour.arrete < jour.jour) {
            out.push(format!(
                "La campagne est arrêtée le {} : ses taux ne bougent plus ensuite, les délais si.",
                fr(periode.arrete)
            ));
        }
        out
    }

    /// The forecasts for a spreadsheet: semicolons, a BOM, decimal commas.
    #[must_use]
    pub fn csv(self, previsions: &Previsions) -> Vec<u8> {
        let ids = previsions.jours.first().map(|jour| jour.taux.map(|taux| taux.id)).unwrap_or_default();
        let debut = ["jour", "arrete", "limites_orientation", "limites_premier_rdv", "limites_premier_cer"];
        let entetes = debut.map(str::to_owned).into_iter();
        let entetes = entetes.chain(ids.iter().flat_map(|id| COLONNES.map(|colonne| format!("{id}_{colonne}"))));
        let part = |part: Option<f64>| part.map(|part| nombre(part, 4)).unwrap_or_default();
        let taux = |t: &Taux| {
            let [valeur, total, en_cours, echus] = [t.valeur, t.total, t.en_cours, t.echus].map(|n| n.to_string());
            [valeur, total, part(t.taux), part(t.au_mieux), en_cours, echus]
        };
        let lignes = previsions.jours.iter().map(|p| {
            let jours = [p.jour.to_string(), p.arrete.to_string()].into_iter();
            ligne(jours.chain(p.limites.map(|n| n.to_string())).chain(p.taux.iter().flat_map(taux)))
        });
        let mut out = b"\xEF\xBB\xBF".to_vec();
        out.extend(rediger(std::iter::once(ligne(entetes)).chain(lignes)));
        out
    }

    /// The forecasts for programs. Keys are only ever added.
    #[must_use]
    pub fn json(self, previsions: &Previsions) -> Value {
        let Previsions { campagne, periode, passees, jours } = previsions;
        let limites = |[orientation, premier_rdv, premier_cer]: [usize; 3]| json!({"orientation": orientation, "premier_rdv": premier_rdv, "premier_cer": premier_cer});
        let taux = |t: &Taux| {
            json!({
                "id": t.id,
                "valeur": t.valeur,
                "total": t.total,
                "taux": t.taux,
                "au_mieux": t.au_mieux,
                "en_cours": t.en_cours,
                "echus": t.echus,
            })
        };
        let jour = |p: &Prevision| {
            json!({
                "jour": p.jour.to_string(),
                "arrete": p.arrete.to_string(),
                "limites": limites(p.limites),
                "indicateurs": p.taux.iter().map(taux).collect::<Vec<_>>(),
            })
        };
        json!({
            "regle": REGLE,
            "au": self.question.au.to_string(),
            "connu_le": self.question.connu_le.to_string(),
            "campagne": campagne,
            "periode": {"du": periode.du.to_string(), "au": periode.au.to_string(), "arrete": periode.arrete.to_string()},
            "referentiel": self.question.referentiel.nom,
            "lectures_choisies": lectures_choisies(self.question.referentiel),
            "limites_passees": limites(*passees),
            "jours": jours.iter().map(jour).collect::<Vec<_>>(),
            "remarques": remarques(self.histoire, self.question),
        })
    }
}

/// A line of [`NOMBRE`] cells.
fn ligne(cellules: impl Iterator<Item = String>) -> [Cellule; NOMBRE] {
    let mut out = [const { Cellule::Vide }; NOMBRE];
    out.iter_mut().zip(cellules).for_each(|(place, cellule)| *place = Cellule::texte(&cellule));
    out
}
