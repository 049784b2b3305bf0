//! What a department does not want to see happen unnoticed: the `[seuils]` of a pipeline. A threshold
//! that is passed ends the run with code 4.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::completude::{Rythme, en_bref};
use super::{Part, Qualite};
use crate::temps::Jour;

/// The thresholds; one that is not given checks nothing. Each is the last value accepted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seuils {
    /// Dailies missing over the period, all caisses together.
    pub quotidiens_manquants: Option<u64>,
    /// Monthlies missing over the period, all caisses together.
    pub mensuels_manquants: Option<u64>,
    /// Days without a file after which a caisse is silent.
    pub caisse_muette_jours: Option<i64>,
    /// Change of a stock from one monthly to the next, in percent.
    pub variation_stock_pct: Option<f64>,
    /// Foyers, or event lines, set aside, in percent of those read.
    pub rejets_pct: Option<f64>,
    /// Events without a person, in percent of those in force.
    pub evenements_en_attente_pct: Option<f64>,
    /// Days between the making of a file and its reception.
    pub retard_jours: Option<i64>,
    /// Entries that only jalon or only the caisse sees, in percent of those that either sees.
    pub ecarts_entrants_pct: Option<f64>,
    /// Dates for which a caisse sent several different files.
    pub fichiers_en_double: Option<u64>,
    /// Files whose number of foyers is not the one announced.
    pub foyers_non_conformes: Option<u64>,
    /// The rhythm of a caisse's dailies, by caisse (`CAF821 = "quotidien"`), instead of the one that
    /// its files show.
    #[serde(default)]
    pub rythme: BTreeMap<String, Rythme>,
    /// Days without a flux, beside week-ends and national holidays.
    #[serde(default, deserialize_with = "jours")]
    pub jours_sans_flux: Vec<Jour>,
}

fn jours<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Jour>, D::Error> {
    let dates = Vec::<toml::value::Datetime>::deserialize(source)?;
    let jour = |datetime: toml::value::Datetime| {
        let date = datetime.date.filter(|_| datetime.time.is_none());
        date.and_then(|d| chrono::NaiveDate::from_ymd_opt(i32::from(d.year), u32::from(d.month), u32::from(d.day)))
            .map(Jour::from)
            .ok_or_else(|| serde::de::Error::custom(format!("jour illisible « {datetime} », attendu AAAA-MM-JJ")))
    };
    dates.into_iter().map(jour).collect()
}

/// A threshold that is passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Depassement {
    /// Name of the threshold.
    pub code: &'static str,
    /// What was found.
    pub valeur: f64,
    /// The last value accepted.
    pub seuil: f64,
    /// What it means and what to do, in French.
    pub phrase: String,
}

impl Seuils {
    /// The thresholds that are passed, in the order of the settings. `qualite` is to be made under
    /// these same settings: they also say from when a file is late or a caisse silent.
    #[must_use]
    pub fn depasses(&self, qualite: &Qualite) -> Vec<Depassement> {
        let mut out = Vec::new();
        let mut verifier = |code, valeur: Option<f64>, seuil: Option<f64>, phrase: &dyn Fn() -> String| {
            if let (Some(valeur), Some(seuil)) = (valeur, seuil)
                && valeur > seuil
            {
                out.push(Depassement { code, valeur, seuil, phrase: phrase() });
            }
        };
        let completude = &qualite.completude;
        let caisses = &completude.caisses;
        let total = |compte: fn(&super::completude::EtatCaisse) -> usize| {
            Some(nombre_de(caisses.iter().map(compte).sum::<usize>() as u64))
        };
        verifier(
            "quotidiens_manquants",
            total(|caisse| caisse.quotidiens_manquants.len()),
            self.quotidiens_manquants.map(nombre_de),
            &|| {
                let par_caisse = caisses.iter().filter(|caisse| !caisse.quotidiens_manquants.is_empty());
                let dites: Vec<String> = par_caisse
                    .map(|c| format!("{} ({})", c.caisse, en_bref(&c.quotidiens_manquants, &completude.calendrier)))
                    .collect();
                format!(
                    "des flux quotidiens manquent : {}. Demandez-les à la caisse, puis ingérez-les",
                    dites.join(" ; ")
                )
            },
        );
        verifier(
            "mensuels_manquants",
            total(|caisse| caisse.mensuels_manquants.len()),
            self.mensuels_manquants.map(nombre_de),
            &|| {
                let dits: Vec<String> = caisses
                    .iter()
                    .flat_map(|c| c.mensuels_manquants.iter().map(|mois| format!("{mois} de {}", c.caisse)))
                    .collect();
                format!("des flux mensuels manquent : {}. Demandez-les à la caisse, puis ingérez-les", dits.join(", "))
            },
        );
        let silences = || caisses.iter().filter_map(|c| Some((c, c.muette?)));
        let silence = silences().map(|(_, silence)| silence.jours).max();
        verifier("caisse_muette_jours", silence.map(nombre_signe), self.caisse_muette_jours.map(nombre_signe), &|| {
            let dites: Vec<String> = silences()
                .map(|(c, s)| format!("{} n'a rien envoyé depuis le {} ({} jours)", c.caisse, s.depuis, s.jours))
                .collect();
            format!("{}. Vérifiez la réception des fichiers, puis appelez la caisse", dites.join(" ; "))
        });
        let variations = || caisses.iter().flat_map(|c| c.variations.iter().map(move |v| (c, v)));
        let plus_forte = variations().max_by(|(_, a), (_, b)| a.pourcent().total_cmp(&b.pourcent()));
        verifier("variation_stock_pct", plus_forte.map(|(_, v)| v.pourcent()), self.variation_stock_pct, &|| {
            let dites: Vec<String> = variations().map(|(c, v)| v.phrase(&c.caisse)).collect();
            format!(
                "{}. Un stock incomplet radie à tort ceux qui y manquent : vérifiez le fichier auprès de la caisse",
                dites.join(" ; ")
            )
        });
        for (quoi, part) in [("foyers", qualite.rejets.foyers), ("lignes d'événements", qualite.rejets.lignes)] {
            verifier("rejets_pct", part.pourcent(), self.rejets_pct, &|| {
                format!(
                    "{} {quoi} sur {} ont été mis de côté ({} %). Corrigez-les à la source, puis renvoyez-les",
                    part.nombre,
                    part.sur,
                    pct(part)
                )
            });
        }
        let attente = qualite.en_attente.part();
        verifier("evenements_en_attente_pct", attente.pourcent(), self.evenements_en_attente_pct, &|| {
            format!(
                "{} événements sur {} attendent leur personne ({} %). Donnez-en la liste (--en-attente) au service qui les saisit",
                attente.nombre,
                attente.sur,
                pct(attente)
            )
        });
        let retards = || caisses.iter().flat_map(|c| &c.retards);
        verifier(
            "retard_jours",
            retards().map(|retard| retard.jours).max().map(nombre_signe),
            self.retard_jours.map(nombre_signe),
            &|| {
                let pire = retards().max_by_key(|retard| retard.jours);
                let pire = pire.map(|r| format!("{}, reçu {} jours après", r.nom, r.jours)).unwrap_or_default();
                format!(
                    "{} fichiers de flux reçus en retard (le plus tardif : {pire}). Les délais partent de la réception : \
                     vérifiez le transfert des fichiers",
                    retards().count()
                )
            },
        );
        let ecarts = qualite.entrants.ecart();
        verifier("ecarts_entrants_pct", ecarts.pourcent(), self.ecarts_entrants_pct, &|| {
            format!(
                "{} entrées sur {} ne sont vues que par jalon ou que par la caisse ({} %). Examinez-en la liste (--ecarts)",
                ecarts.nombre,
                ecarts.sur,
                pct(ecarts)
            )
        });
        verifier(
            "fichiers_en_double",
            total(|caisse| caisse.doublons.len()),
            self.fichiers_en_double.map(nombre_de),
            &|| {
                let dits: Vec<String> =
                    caisses.iter().flat_map(|c| c.doublons.iter().map(|d| d.phrase(&c.caisse))).collect();
                format!("{}. Demandez à la caisse lequel est le bon", dits.join(" ; "))
            },
        );
        verifier(
            "foyers_non_conformes",
            total(|caisse| caisse.ecarts_annonce.len()),
            self.foyers_non_conformes.map(nombre_de),
            &|| {
                let dits: Vec<String> =
                    caisses.iter().flat_map(|c| c.ecarts_annonce.iter().map(|ecart| ecart.phrase())).collect();
                format!("{}. Demandez un nouvel envoi à la caisse", dits.join(" ; "))
            },
        );
        out
    }
}

fn pct(part: Part) -> String {
    part.pourcent().map(|x| format!("{x:.2}").replace('.', ",")).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "counts of files")]
fn nombre_de(n: u64) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "days")]
fn nombre_signe(n: i64) -> f64 {
    n as f64
}
