//! The period that was chosen, and the day whose knowledge is asked: in the address of each page, so
//! that it can be kept, sent to a colleague who has the same warehouse, and found again.

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use super::etat::{Connaissance, Etat};
use super::reponse::Erreur;
use crate::campagnes::Campagnes;
use crate::releves::foyers::parse_date;
use crate::temps::{Jour, Periode};

/// The fields of the forms that choose a period. Empty ones are as if they were not there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Champs {
    pub campagne: String,
    pub du: String,
    pub au: String,
    pub arrete: String,
    pub connu_le: String,
}

/// The period that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choix {
    /// Its campaign, when it has one.
    pub campagne: Option<String>,
    /// The period.
    pub periode: Periode,
    /// The day whose knowledge is asked; `None` for everything.
    pub connu_le: Option<NaiveDate>,
}

impl Choix {
    /// Reads what was chosen; without anything, the last campaign that the flux cover.
    pub(super) fn lire(champs: &Champs, etat: &Etat) -> Result<Self, Erreur> {
        let (choix, connu_le) = Self::donne(champs, etat)?;
        if let Some(choix) = choix {
            return Ok(choix);
        }
        Ok(Self { connu_le, ..Self::d_office(&*etat.connaissance(None)?, etat)? })
    }

    /// What is shown when nothing is chosen.
    pub(super) fn d_office(connaissance: &Connaissance, etat: &Etat) -> Result<Self, Erreur> {
        Self::de_la_campagne(campagne_d_office(connaissance, &etat.reglages().campagnes), None, etat)
    }

    fn de_la_campagne(nom: String, connu_le: Option<NaiveDate>, etat: &Etat) -> Result<Self, Erreur> {
        let periode = etat.reglages().campagnes.periode(&nom).map_err(|error| Erreur::Demande(format!("{error}.")))?;
        Ok(Self { campagne: Some(nom), periode, connu_le })
    }

    /// The period that was chosen, if one was, and the day whose knowledge is asked.
    pub(super) fn donne(champs: &Champs, etat: &Etat) -> Result<(Option<Self>, Option<NaiveDate>), Erreur> {
        let connu_le = jour(&champs.connu_le, "Connu le")?;
        if champs.du.is_empty() && champs.au.is_empty() {
            let nommee = Some(champs.campagne.clone()).filter(|nom| !nom.is_empty());
            let choix = nommee.map(|nom| Self::de_la_campagne(nom, connu_le, etat)).transpose()?;
            return Ok((choix, connu_le));
        }
        let (Some(du), Some(au)) = (jour(&champs.du, "Du")?, jour(&champs.au, "Au")?) else {
            return Err(Erreur::Demande("Une période a un premier et un dernier jour : donnez les deux.".to_owned()));
        };
        let arrete = jour(&champs.arrete, "Arrêté au")?.unwrap_or(au);
        if au < du || arrete < au {
            return Err(Erreur::Demande(format!(
                "Les jours doivent se suivre : la période commence le {du}, finit le {au}, et est arrêtée le {arrete}."
            )));
        }
        let periode = Periode { du: du.into(), au: au.into(), arrete: arrete.into() };
        Ok((Some(Self { campagne: None, periode, connu_le }), connu_le))
    }

    /// The period in the name of a file.
    pub(super) fn nom(&self) -> String {
        let campagne = self.campagne.as_ref().map(|nom| nom.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
        campagne.unwrap_or_else(|| format!("{}-{}", self.periode.du, self.periode.au))
    }

    /// The same in an address.
    pub(super) fn requete(&self) -> String {
        let connu_le = self.connu_le.map(|jour| format!("&connu_le={jour}")).unwrap_or_default();
        match &self.campagne {
            Some(nom) => format!("campagne={}{connu_le}", encoder(nom)),
            None => {
                let Periode { du, au, arrete } = self.periode;
                format!("du={du}&au={au}&arrete={arrete}{connu_le}")
            }
        }
    }

    /// The same as the fields of a form, each with its value.
    pub(super) fn champs(&self) -> Vec<(&'static str, String)> {
        let mut out = match &self.campagne {
            Some(nom) => vec![("campagne", nom.clone())],
            None => {
                let Periode { du, au, arrete } = self.periode;
                vec![("du", du.to_string()), ("au", au.to_string()), ("arrete", arrete.to_string())]
            }
        };
        out.extend(self.connu_le.map(|jour| ("connu_le", jour.to_string())));
        out
    }

    /// The day whose knowledge is asked, as a field holds it.
    pub(super) fn connu_le(&self) -> String {
        self.connu_le.map(|jour| jour.to_string()).unwrap_or_default()
    }
}

/// A text as a part of an address.
pub(super) fn encoder(texte: &str) -> String {
    let mut out = String::with_capacity(texte.len());
    for octet in texte.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(octet)),
            _ => out.push_str(&format!("%{octet:02X}")),
        }
    }
    out
}

/// A day typed in a field, unless it is empty.
pub(super) fn jour(texte: &str, champ: &str) -> Result<Option<NaiveDate>, Erreur> {
    let texte = texte.trim();
    if texte.is_empty() {
        return Ok(None);
    }
    let lu = parse_date(texte).map(Some);
    lu.ok_or_else(|| Erreur::Demande(format!("« {champ} » attend une date qui existe, AAAA-MM-JJ.")))
}

/// First and last reference day of the flux.
fn etendue(connaissance: &Connaissance) -> Option<(Jour, Jour)> {
    let jours = || connaissance.connu.segments.flux.iter().map(|segment| Jour::from(segment.meta.dtref));
    Some((jours().min()?, jours().max()?))
}

/// The campaigns that can be about the flux that are known, the latest first.
pub(super) fn campagnes_possibles(connaissance: &Connaissance, campagnes: &Campagnes) -> Vec<String> {
    let Some((premier, dernier)) = etendue(connaissance) else { return Vec::new() };
    let noms = campagnes.noms(premier.date().year()..=dernier.date().year() + 1);
    let mut datees: Vec<(Periode, String)> = noms
        .into_iter()
        .filter_map(|nom| Some((campagnes.periode(&nom).ok()?, nom)))
        .filter(|(periode, _)| periode.du <= dernier && premier <= periode.au)
        .collect();
    datees.sort_by_key(|(periode, _)| std::cmp::Reverse((periode.au, periode.du)));
    datees.into_iter().map(|(_, nom)| nom).collect()
}

/// The last campaign whose period is over according to the flux; else the last one that they reach.
fn campagne_d_office(connaissance: &Connaissance, campagnes: &Campagnes) -> String {
    let possibles = campagnes_possibles(connaissance, campagnes);
    let dernier = etendue(connaissance).map(|(_, dernier)| dernier);
    let finie = |nom: &&String| campagnes.periode(nom).is_ok_and(|periode| Some(periode.au) <= dernier);
    let choisie = possibles.iter().find(finie).or_else(|| possibles.last());
    choisie.cloned().unwrap_or_else(|| "mars-2022".to_owned())
}
