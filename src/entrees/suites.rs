//! What followed an entry: its orientation, its first appointment, its first CER, its GAD, as they
//! stand on the day on which the period is closed.

use super::criteres::Entree;
use crate::journal::evenements::{Accompagnement, Contrat, Orientation, RendezVous};
use crate::parcours::histoire::Histoire;
use crate::referentiel::{CerRang, Debut, Flux, Horizon, Referentiel};
use crate::temps::{Jour, Periode};

/// Up to when outcomes count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cloture {
    /// Last day of the outcomes that count.
    pub horizon: Jour,
    /// Last day on which an appointment that counts was fixed.
    pub rdv_fixes: Jour,
    /// First and last day of the GAD that count, the horizon apart.
    pub gad: (Jour, Jour),
}

impl Cloture {
    /// The closing of a table under the readings chosen: `horizon` moves the last day to that of
    /// what is known, `flux=evenements` asks for GAD of the period.
    #[must_use]
    pub fn new(referentiel: &Referentiel, periode: &Periode, connu_le: Option<Jour>) -> Self {
        let horizon = match referentiel.lectures.horizon {
            Horizon::Arrete => periode.arrete,
            Horizon::Complet => connu_le.unwrap_or(Jour::MAX),
        };
        let gad = match referentiel.lectures.flux {
            Flux::Cohorte => (Jour::MIN, Jour::MAX),
            Flux::Evenements => (periode.du, periode.au),
        };
        Self { horizon, rdv_fixes: horizon, gad }
    }

    /// The closing on `arrete`, whatever the readings.
    #[must_use]
    pub fn arretee(periode: &Periode) -> Self {
        Self { horizon: periode.arrete, rdv_fixes: periode.arrete, gad: (Jour::MIN, Jour::MAX) }
    }

    /// The closing of the operational lists of a day, whatever the readings. An appointment that was
    /// known that day was fixed by then, even when nobody wrote down when.
    #[must_use]
    pub fn au_jour(jour: Jour, connu_le: Jour) -> Self {
        let rdv_fixes = if connu_le <= jour { Jour::MAX } else { jour };
        Self { horizon: jour, rdv_fixes, gad: (Jour::MIN, Jour::MAX) }
    }
}

/// A delay: what starts it, when it ends if it does, and the last day in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delai {
    /// First day of the delay.
    pub debut: Jour,
    /// Last day in time.
    pub limite: Jour,
    /// Day of the outcome, if it is there.
    pub fin: Option<Jour>,
}

/// What becomes of a delay on the day on which it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issue {
    /// The outcome came in time.
    Tenu,
    /// The outcome came late.
    Tardif,
    /// Nothing came, and there is still time.
    EnCours,
    /// Nothing came, and it is too late.
    Echu,
}

/// Why an event is not the one that is looked for after an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ecart {
    /// An appointment for the orientation, a contract with Pôle emploi, the accompagnement global.
    AutreNature,
    /// An appointment that was called off.
    Annule,
    /// An appointment that was put off.
    Reporte,
    /// Dated before the entry.
    AvantEntree,
    /// In the window of a later entry.
    ApresFenetre,
    /// Dated before the orientation.
    AvantOrientation,
    /// A contract that renews another.
    Renouvellement,
    /// Dated, or fixed, after the closing.
    ApresCloture,
    /// Dated outside the period, when only the outcomes of the period are looked at.
    HorsPeriode,
}

impl Delai {
    /// What becomes of the delay on `arrete`.
    #[must_use]
    pub fn issue(&self, arrete: Jour) -> Issue {
        match self.fin {
            Some(_) if self.tenu() => Issue::Tenu,
            Some(_) => Issue::Tardif,
            None if arrete <= self.limite => Issue::EnCours,
            None => Issue::Echu,
        }
    }

    /// Days between the two ends. An outcome before its start took no day.
    #[must_use]
    pub fn jours(&self) -> Option<i64> {
        self.fin.map(|fin| fin.depuis(self.debut).max(0))
    }

    /// Whether the outcome is there, in time.
    #[must_use]
    pub fn tenu(&self) -> bool {
        self.fin.is_some_and(|fin| fin <= self.limite)
    }
}

/// What followed an entry.
#[derive(Clone, Copy, Debug)]
pub struct Suites<'a> {
    /// Its orientation.
    pub orientation: Option<&'a Orientation>,
    /// Its delay, from the entry to the orientation.
    pub delai_orientation: Delai,
    /// The first appointment, once oriented outside Pôle emploi.
    pub premier_rdv: Option<&'a RendezVous>,
    /// Its delay, from the orientation to the appointment; `None` unless oriented outside Pôle
    /// emploi.
    pub delai_premier_rdv: Option<Delai>,
    /// The first CER, once oriented outside Pôle emploi.
    pub premier_cer: Option<&'a Contrat>,
    /// Its delay; `None` unless oriented outside Pôle emploi.
    pub delai_premier_cer: Option<Delai>,
    /// Day of the first orientation or proposal of the garantie d'activité départementale.
    pub gad: Option<Jour>,
    /// The first contract from the orientation on: a CER, or a PPAE for those oriented to Pôle
    /// emploi.
    pub contrat: Option<&'a Contrat>,
    /// Whether the person missed an orientation appointment.
    pub rdv_orientation_manque: bool,
}

impl Suites<'_> {
    /// Oriented to another body than Pôle emploi.
    #[must_use]
    pub fn hors_pe(&self) -> bool {
        self.orientation.is_some_and(|orientation| orientation.organisme != "PE")
    }

    /// Oriented in time.
    #[must_use]
    pub fn oriente_a_temps(&self) -> bool {
        self.delai_orientation.tenu()
    }
}

/// What followed an entry, as it stands at the closing.
#[must_use]
pub fn suites<'a>(histoire: &'a Histoire, referentiel: &Referentiel, entree: &Entree, cloture: Cloture) -> Suites<'a> {
    let orientation = orientation(histoire, entree, cloture);
    let delai_orientation = delai_orientation(referentiel, entree, orientation);
    let hors_pe = orientation.filter(|orientation| orientation.organisme != "PE");
    let premier_rdv = hors_pe.and_then(|o| premier_rdv(histoire, entree, o, cloture));
    let premier_cer = hors_pe.and_then(|_| premier_cer(histoire, referentiel, entree, cloture));
    Suites {
        orientation,
        delai_orientation,
        premier_rdv,
        delai_premier_rdv: hors_pe.map(|o| Delai {
            debut: o.date,
            limite: referentiel.delai_premier_rdv(entree.t0).limite(o.date),
            fin: premier_rdv.map(|rdv| rdv.date),
        }),
        premier_cer,
        delai_premier_cer: hors_pe.map(|o| delai_premier_cer(histoire, referentiel, entree, cloture, (o, premier_cer))),
        gad: gad(histoire, entree, cloture),
        contrat: orientation.and_then(|o| contrat(histoire, entree, o, cloture)),
        rdv_orientation_manque: rdv_orientation_manque(histoire, entree, cloture),
    }
}

/// The entry's orientation: the first one notified in its window, or the one that came before the
/// flux when it belongs to the entry.
///
/// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6
/// (end of the delay of orientation: its notification, or the designation of a referent).
fn orientation<'a>(histoire: &'a Histoire, entree: &Entree, cloture: Cloture) -> Option<&'a Orientation> {
    let orientations = histoire.orientations.de(entree.personne);
    entree
        .rattachee
        .and_then(|rang| orientations.get(rang))
        .filter(|o| o.date <= cloture.horizon)
        .or_else(|| orientations.iter().find(|o| ecart_orientation(o, entree, cloture).is_none()))
}

/// Why an orientation is not in the window of an entry.
#[must_use]
pub fn ecart_orientation(orientation: &Orientation, entree: &Entree, cloture: Cloture) -> Option<Ecart> {
    hors_fenetre(entree, orientation.date).or((cloture.horizon < orientation.date).then_some(Ecart::ApresCloture))
}

/// On which side of its window a day that is not of an entry lies.
fn hors_fenetre(entree: &Entree, jour: Jour) -> Option<Ecart> {
    if entree.fenetre(jour) {
        return None;
    }
    Some(if jour < entree.t0 { Ecart::AvantEntree } else { Ecart::ApresFenetre })
}

/// The delay from the entry to its orientation.
///
/// Source: instruction 2022/19, annexe 7, section 6 (reception of the notification by the
/// department); annexe 9 (transmission by the caisse) and annexe 1 (opening of rights) are the other
/// readings of its start. An orientation that came before the flux took no day.
fn delai_orientation(referentiel: &Referentiel, entree: &Entree, orientation: Option<&Orientation>) -> Delai {
    let debut = match referentiel.debut_orientation(entree.t0) {
        Debut::Transmission => entree.transmission,
        Debut::Demande => entree.dtdemrsa.filter(|demande| *demande < entree.t0).unwrap_or(entree.t0),
        Debut::Reception | Debut::Orientation | Debut::DerniereOrientation => entree.t0,
    };
    let limite = referentiel.delai_orientation(entree.t0).limite(debut);
    let fin = orientation.map(|o| if entree.rattachee.is_some() { debut } else { o.date });
    Delai { debut, limite, fin }
}

/// The first appointment of support fixed after the orientation.
fn premier_rdv<'a>(
    histoire: &'a Histoire,
    entree: &Entree,
    orientation: &Orientation,
    cloture: Cloture,
) -> Option<&'a RendezVous> {
    let rendez_vous = histoire.rendez_vous.de(entree.personne);
    rendez_vous.iter().find(|rdv| ecart_premier_rdv(rdv, entree, orientation, cloture).is_none())
}

/// Why an appointment is not the first one of support, earlier ones apart.
///
/// Source: instruction 2022/19, annexe 7, section 6 (« 1ers rendez-vous d'accompagnement fixés »:
/// after the orientation, outside Pôle emploi, a CER being signed at it or not). The appointment was
/// fixed: the person's absence does not take it away.
#[must_use]
pub fn ecart_premier_rdv(
    rdv: &RendezVous,
    entree: &Entree,
    orientation: &Orientation,
    cloture: Cloture,
) -> Option<Ecart> {
    match (rdv.type_rdv, rdv.statut) {
        (_, "annule") => Some(Ecart::Annule),
        (_, "reporte") => Some(Ecart::Reporte),
        ("accompagnement" | "cer", _) => hors_fenetre(entree, rdv.date)
            .or((rdv.date < orientation.date).then_some(Ecart::AvantOrientation))
            .or((cloture.rdv_fixes < rdv.fixe_le).then_some(Ecart::ApresCloture)),
        _ => Some(Ecart::AutreNature),
    }
}

/// The first contrat d'engagements réciproques signed in the window, even before the orientation.
fn premier_cer<'a>(
    histoire: &'a Histoire,
    referentiel: &Referentiel,
    entree: &Entree,
    cloture: Cloture,
) -> Option<&'a Contrat> {
    let contrats = histoire.contrats.de(entree.personne);
    contrats.iter().find(|contrat| ecart_premier_cer(contrat, referentiel, entree, cloture).is_none())
}

/// Why a contract is not a first CER, earlier ones apart.
///
/// Source: instruction 2022/19, annexe 7, section 6; annexe 9 (renewals are not counted).
#[must_use]
pub fn ecart_premier_cer(
    contrat: &Contrat,
    referentiel: &Referentiel,
    entree: &Entree,
    cloture: Cloture,
) -> Option<Ecart> {
    let any_rank = referentiel.lectures.cer_rang == CerRang::Fenetre;
    if contrat.type_contrat != "cer" {
        return Some(Ecart::AutreNature);
    }
    if !any_rank && contrat.rang.is_some_and(|rang| rang != 1) {
        return Some(Ecart::Renouvellement);
    }
    hors_fenetre(entree, contrat.date).or((cloture.horizon < contrat.date).then_some(Ecart::ApresCloture))
}

/// The delay of the first CER.
///
/// Source: instruction 2022/19, annexe 7, section 6 (from the reception of the notification);
/// annexe 9 and CASF L.262-35 (from the orientation) are the other readings. Since 1 January 2025:
/// décret n° 2024-1244 du 30 décembre 2024 (from the notification of the orientation, a new decision
/// opening a new month).
fn delai_premier_cer(
    histoire: &Histoire,
    referentiel: &Referentiel,
    entree: &Entree,
    cloture: Cloture,
    (orientation, premier_cer): (&Orientation, Option<&Contrat>),
) -> Delai {
    let debut = match referentiel.debut_premier_cer(entree.t0) {
        Debut::Orientation => orientation.date,
        Debut::DerniereOrientation => {
            let jusque = premier_cer.map_or(Jour::MAX, |cer| cer.date);
            derniere_orientation(histoire, entree, orientation, cloture, jusque).date
        }
        Debut::Reception | Debut::Transmission | Debut::Demande => entree.t0,
    };
    let limite = referentiel.delai_premier_cer(entree.t0).limite(debut);
    Delai { debut, limite, fin: premier_cer.map(|cer| cer.date) }
}

/// The last orientation of an entry notified on `jusque` or before: its own, the first one, when no
/// other follows it by then.
#[must_use]
pub fn derniere_orientation<'a>(
    histoire: &'a Histoire,
    entree: &Entree,
    premiere: &'a Orientation,
    cloture: Cloture,
    jusque: Jour,
) -> &'a Orientation {
    let orientations = histoire.orientations.de(entree.personne);
    let suivante = |o: &&Orientation| {
        premiere.date <= o.date && o.date <= jusque && ecart_orientation(o, entree, cloture).is_none()
    };
    orientations.iter().rfind(suivante).unwrap_or(premiere)
}

/// The first day on which the garantie d'activité départementale was given or proposed in the
/// window. The accompagnement global never counts.
///
/// Source: instruction 2022/19, annexe 7, section 7; annexe 9.
fn gad(histoire: &Histoire, entree: &Entree, cloture: Cloture) -> Option<Jour> {
    let orientees = histoire.orientations.de(entree.personne).iter().filter_map(gad_donnee);
    let proposees = histoire.accompagnements.de(entree.personne).iter().filter_map(gad_proposee);
    orientees.chain(proposees).filter(|jour| ecart_gad(*jour, entree, cloture).is_none()).min()
}

/// The day on which an orientation gives the garantie.
#[must_use]
pub fn gad_donnee(orientation: &Orientation) -> Option<Jour> {
    (orientation.dispositif == "GAD").then_some(orientation.date)
}

/// The day on which the garantie is proposed: the day it begins when nothing else is known.
#[must_use]
pub fn gad_proposee(accompagnement: &Accompagnement) -> Option<Jour> {
    (accompagnement.type_accompagnement == "GAD").then(|| accompagnement.propose_le.or(accompagnement.debut)).flatten()
}

/// Why a garantie given or proposed on a day is not that of an entry.
#[must_use]
pub fn ecart_gad(jour: Jour, entree: &Entree, cloture: Cloture) -> Option<Ecart> {
    let (du, au) = cloture.gad;
    hors_fenetre(entree, jour)
        .or((cloture.horizon < jour).then_some(Ecart::ApresCloture))
        .or((jour < du || au < jour).then_some(Ecart::HorsPeriode))
}

/// The first contract from the orientation on, in the window: a CER, or a PPAE for those oriented to
/// Pôle emploi. Renewals count: somebody is under contract.
///
/// Source: fiches actions 2022, Tarn-et-Garonne, fiche 5.2 (indicators of the information system).
fn contrat<'a>(
    histoire: &'a Histoire,
    entree: &Entree,
    orientation: &Orientation,
    cloture: Cloture,
) -> Option<&'a Contrat> {
    let attendu = if orientation.organisme == "PE" { "ppae" } else { "cer" };
    histoire.contrats.de(entree.personne).iter().find(|contrat| {
        contrat.type_contrat == attendu
            && orientation.date <= contrat.date
            && contrat.date < entree.fin_fenetre
            && contrat.date <= cloture.horizon
    })
}

/// Whether the person missed an orientation appointment of the window.
///
/// Source: instruction 2022/19, annexe 7, section 6 (comment asked beside the orientations).
fn rdv_orientation_manque(histoire: &Histoire, entree: &Entree, cloture: Cloture) -> bool {
    histoire.rendez_vous.de(entree.personne).iter().any(|rdv| {
        rdv.type_rdv == "orientation"
            && rdv.statut == "absent"
            && entree.fenetre(rdv.date)
            && rdv.fixe_le <= cloture.rdv_fixes
    })
}

#[cfg(test)]
mod tests;
