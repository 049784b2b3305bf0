//! The campaigns: the period of each, and the day on which it is closed.

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use crate::explication::PeriodeNommee;
use crate::referentiel::{illisible, jour_de};
use crate::temps::{Jour, Periode};

/// The campaigns that ship with the program.
pub const CAMPAGNES: &str = include_str!("../pipelines/campagnes.toml");

/// Why a campaign cannot be found. In French, ready to be shown.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ErreurCampagne(String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Campagne {
    nom: String,
    du: toml::value::Datetime,
    au: toml::value::Datetime,
    arrete: Option<toml::value::Datetime>,
    /// Last day on which its table may still be asked for.
    remise: Option<toml::value::Datetime>,
}

/// A day told from the year in the name of the campaign.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JourRelatif {
    annee: i32,
    mois: u32,
    jour: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Modele {
    nom: String,
    du: JourRelatif,
    au: JourRelatif,
    /// Last day on which its table may still be asked for.
    remise: Option<JourRelatif>,
}

impl JourRelatif {
    fn de(self, annee: i32, nom: &str) -> Result<Jour, ErreurCampagne> {
        NaiveDate::from_ymd_opt(annee + self.annee, self.mois, self.jour)
            .map(Jour::from)
            .ok_or_else(|| ErreurCampagne(format!("campagne « {nom} » : date impossible dans le modèle")))
    }
}

impl Modele {
    /// Whether its period is a calendar year.
    fn est_une_annee(&self) -> bool {
        let Self { du, au, .. } = self;
        du.annee == au.annee && (du.mois, du.jour, au.mois, au.jour) == (1, 1, 12, 31)
    }
}

/// The campaigns of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campagnes {
    #[serde(default)]
    campagnes: Vec<Campagne>,
    #[serde(default)]
    modeles: Vec<Modele>,
}

impl Campagnes {
    /// Reads a file of campaigns.
    ///
    /// # Errors
    /// The file is not one.
    pub fn lire(texte: &str) -> Result<Self, ErreurCampagne> {
        toml::from_str(texte).map_err(|error| ErreurCampagne(illisible("fichier des campagnes", texte, &error)))
    }

    /// The period of a campaign: one of the file, or a model and a year, as `mars-2022`.
    ///
    /// # Errors
    /// No campaign of that name, or dates that contradict each other.
    pub fn periode(&self, nom: &str) -> Result<Periode, ErreurCampagne> {
        if let Some(campagne) = self.campagnes.iter().find(|campagne| campagne.nom == nom) {
            let au = day(&campagne.au, nom)?;
            let arrete = campagne.arrete.as_ref().map_or(Ok(au), |arrete| day(arrete, nom))?;
            return check(Periode { du: day(&campagne.du, nom)?, au, arrete }, nom);
        }
        let modele = nom.rsplit_once('-').and_then(|(prefixe, annee)| {
            let annee = (annee.len() == 4).then(|| annee.parse::<i32>().ok())??;
            Some((self.modeles.iter().find(|modele| modele.nom == prefixe)?, annee))
        });
        let Some((modele, annee)) = modele else { return Err(self.unknown(nom)) };
        let au = modele.au.de(annee, nom)?;
        check(Periode { du: modele.du.de(annee, nom)?, au, arrete: au }, nom)
    }

    /// The campaigns that run on a day, from the first day of their period to the last one on which
    /// their table may be asked for, in the order of their names. A period that is not over ends that
    /// day, and is closed on it.
    ///
    /// # Errors
    /// Dates that contradict each other.
    pub fn en_cours(&self, jour: Jour) -> Result<Vec<(String, Periode)>, ErreurCampagne> {
        let mut noms: Vec<(String, Option<Jour>)> = Vec::new();
        for campagne in &self.campagnes {
            let remise = campagne.remise.as_ref().map(|remise| day(remise, &campagne.nom)).transpose()?;
            noms.push((campagne.nom.clone(), remise));
        }
        let annee = jour.date().year();
        for modele in &self.modeles {
            // The dates of a model are those of its year, of the one before or of the one after.
            for annee in [annee - 1, annee, annee + 1] {
                let nom = format!("{}-{annee}", modele.nom);
                let remise = modele.remise.map(|remise| remise.de(annee, &nom)).transpose()?;
                noms.push((nom, remise));
            }
        }
        let mut en_cours = Vec::new();
        for (nom, remise) in noms {
            let Periode { du, au, arrete } = self.periode(&nom)?;
            if du <= jour && jour <= remise.unwrap_or(arrete) {
                en_cours.push((nom, Periode { du, au: au.min(jour), arrete: arrete.min(jour) }));
            }
        }
        en_cours.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(en_cours)
    }

    /// The campaigns of the first model that is of a calendar year, for the years that hold some days;
    /// none when no model is.
    #[must_use]
    pub fn annees(&self, jours: &[Jour]) -> Vec<PeriodeNommee> {
        let Some(modele) = self.modeles.iter().find(|modele| modele.est_une_annee()) else { return Vec::new() };
        let mut annees: Vec<i32> = jours.iter().map(|jour| jour.date().year()).collect();
        annees.sort_unstable();
        annees.dedup();
        let nommee = |annee: i32| {
            let nom = format!("{}-{}", modele.nom, annee.saturating_sub(modele.du.annee));
            let periode = self.periode(&nom).ok()?;
            Some(PeriodeNommee { campagne: Some(nom), periode })
        };
        annees.into_iter().filter_map(nommee).collect()
    }

    /// The names of the campaigns: those of the file, and the models in each year.
    #[must_use]
    pub fn noms(&self, annees: std::ops::RangeInclusive<i32>) -> Vec<String> {
        let modeles = annees.flat_map(|annee| self.modeles.iter().map(move |modele| format!("{}-{annee}", modele.nom)));
        self.campagnes.iter().map(|campagne| campagne.nom.clone()).chain(modeles).collect()
    }

    /// The campaigns whose period begins after `depuis` and is closed on `jour` or before, by their
    /// first day then their name.
    ///
    /// # Errors
    /// Dates that contradict each other.
    pub fn closes(&self, depuis: Jour, jour: Jour) -> Result<Vec<(String, Periode)>, ErreurCampagne> {
        let mut noms: Vec<String> = self.campagnes.iter().map(|campagne| campagne.nom.clone()).collect();
        // The dates of a model are those of its year, of the one before or of the one after.
        for annee in depuis.date().year().saturating_sub(1)..=jour.date().year().saturating_add(1) {
            noms.extend(self.modeles.iter().map(|modele| format!("{}-{annee}", modele.nom)));
        }
        let mut closes = Vec::new();
        for nom in noms {
            let periode = self.periode(&nom)?;
            if depuis < periode.du && periode.arrete <= jour {
                closes.push((nom, periode));
            }
        }
        closes.sort_by(|(a, pa), (b, pb)| (pa.du, a).cmp(&(pb.du, b)));
        Ok(closes)
    }

    fn unknown(&self, nom: &str) -> ErreurCampagne {
        let noms = self.campagnes.iter().map(|campagne| campagne.nom.clone());
        let modeles = self.modeles.iter().map(|modele| format!("{}-AAAA", modele.nom));
        let connues: Vec<_> = noms.chain(modeles).collect();
        ErreurCampagne(format!(
            "campagne « {nom} » inconnue, attendu l'une de : {}. Ou donnez les dates avec --du, --au et --arrete",
            connues.join(", ")
        ))
    }
}

fn day(date: &toml::value::Datetime, nom: &str) -> Result<Jour, ErreurCampagne> {
    jour_de(date)
        .ok_or_else(|| ErreurCampagne(format!("campagne « {nom} » : date illisible « {date} », attendu AAAA-MM-JJ")))
}

fn check(periode: Periode, nom: &str) -> Result<Periode, ErreurCampagne> {
    if periode.au < periode.du || periode.arrete < periode.au {
        return Err(ErreurCampagne(format!(
            "campagne « {nom} » : les dates doivent se suivre (du {}, au {}, arrêté {})",
            periode.du, periode.au, periode.arrete
        )));
    }
    Ok(periode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(nom: &str) -> Vec<String> {
        let Periode { du, au, arrete } = Campagnes::lire(CAMPAGNES).unwrap().periode(nom).unwrap();
        [du, au, arrete].iter().map(ToString::to_string).collect()
    }

    /// Instruction 2022/19, annexe 7, section 6: the two reports of 2022.
    #[test]
    fn march_reports_the_year_before_and_june_the_first_five_months() {
        assert_eq!(dates("mars-2022"), ["2021-01-01", "2021-12-31", "2021-12-31"]);
        assert_eq!(dates("juin-2022"), ["2022-01-01", "2022-05-31", "2022-05-31"]);
        assert_eq!(dates("mars-2024"), ["2023-01-01", "2023-12-31", "2023-12-31"]);
    }

    /// The table of a year is handed in in March of the next, that of five months in June.
    #[test]
    fn a_campaign_runs_from_the_first_day_of_its_period_to_its_handing_in() {
        let en_cours = |jour: &str| -> Vec<String> {
            let jour = jour.parse::<NaiveDate>().unwrap().into();
            let campagnes = Campagnes::lire(CAMPAGNES).unwrap().en_cours(jour).unwrap();
            campagnes.iter().map(|(nom, p)| format!("{nom} {} {} {}", p.du, p.au, p.arrete)).collect()
        };
        assert_eq!(
            en_cours("2022-03-31"),
            [
                "juin-2022 2022-01-01 2022-03-31 2022-03-31",
                "mars-2022 2021-01-01 2021-12-31 2021-12-31",
                "mars-2023 2022-01-01 2022-03-31 2022-03-31",
            ]
        );
        assert_eq!(
            en_cours("2022-06-30"),
            ["juin-2022 2022-01-01 2022-05-31 2022-05-31", "mars-2023 2022-01-01 2022-06-30 2022-06-30"]
        );
        assert_eq!(en_cours("2022-07-01"), ["mars-2023 2022-01-01 2022-07-01 2022-07-01"]);
    }

    /// A journal whose first stock is of the end of 2020 says nothing of 2020.
    #[test]
    fn the_campaigns_of_a_journal_begin_after_its_first_stock_and_are_over() {
        let jour = |texte: &str| Jour::from(texte.parse::<NaiveDate>().unwrap());
        let closes = |fin: &str| -> Vec<String> {
            let closes = Campagnes::lire(CAMPAGNES).unwrap().closes(jour("2020-12-31"), jour(fin)).unwrap();
            closes.into_iter().map(|(nom, _)| nom).collect()
        };
        assert_eq!(closes("2022-05-30"), ["juin-2021", "mars-2022"]);
        assert_eq!(closes("2022-05-31"), ["juin-2021", "mars-2022", "juin-2022"]);
        assert!(closes("2021-05-30").is_empty());
    }

    #[test]
    fn a_department_adds_a_campaign_of_its_own() {
        let texte = format!(
            "{CAMPAGNES}\n[[campagnes]]\nnom = \"bilan\"\ndu = 2022-01-01\nau = 2022-12-31\narrete = 2023-01-31\n"
        );
        let periode = Campagnes::lire(&texte).unwrap().periode("bilan").unwrap();
        assert_eq!(periode.arrete.to_string(), "2023-01-31");
    }

    /// The years of people are told by the model of a calendar year, whatever its name.
    #[test]
    fn the_year_of_a_day_is_the_campaign_of_a_calendar_year() {
        let jours = ["2024-12-20", "2025-01-10", "2025-12-31"].map(|jour| jour.parse::<NaiveDate>().unwrap().into());
        let noms = |texte: &str| -> Vec<String> {
            let annees = Campagnes::lire(texte).unwrap().annees(&jours);
            annees.into_iter().filter_map(|nommee| nommee.campagne).collect()
        };
        assert_eq!(noms(CAMPAGNES), ["mars-2025", "mars-2026"]);
        assert_eq!(noms(include_str!("../pipelines/campagnes-2025.toml")), ["annee-2024", "annee-2025"]);
        assert!(noms("").is_empty());
    }

    #[test]
    fn an_unknown_campaign_names_those_that_exist() {
        let error = Campagnes::lire(CAMPAGNES).unwrap().periode("avril-2022").unwrap_err().to_string();
        assert!(error.contains("mars-AAAA, juin-AAAA"), "{error}");
        assert!(Campagnes::lire(CAMPAGNES).unwrap().periode("mars-22").is_err());
    }
}
