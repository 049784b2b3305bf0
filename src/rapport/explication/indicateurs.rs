//! In which of the twelve indicators the person counts, and why not in the others.

use serde_json::{Map, json};

use super::mots::{des_jours, fr, jours, n, source};
use super::{Partie, Phrase};
use crate::explication::{Explication, PeriodeDite};
use crate::indicateurs::Ligne;
use crate::indicateurs::catalogue::{CATALOGUE, Definition};
use crate::indicateurs::compte::{Compte, Refus};
use crate::indicateurs::garantie::{Cours, cours_au, propositions_ag};
use crate::journal::evenements::Accompagnement;
use crate::referentiel::{Comptage, Flux, Mot, Referentiel};
use crate::temps::Jour;

pub(super) fn partie(explication: &Explication<'_>) -> Partie {
    Partie {
        cle: "periodes",
        titre: "Dans quels indicateurs la personne compte".to_owned(),
        chapeau: "Les numéros sont ceux du tableau (annexe 9, section 3).".to_owned(),
        parties: explication.periodes.iter().map(|periode| Chiffres { explication, periode }.partie()).collect(),
        ..Partie::default()
    }
}

struct Chiffres<'a> {
    explication: &'a Explication<'a>,
    periode: &'a PeriodeDite<'a>,
}

impl Chiffres<'_> {
    fn partie(&self) -> Partie {
        let periode = &self.periode.nommee.periode;
        let dates = format!("du {} au {}, arrêté au {}", fr(periode.du), fr(periode.au), fr(periode.arrete));
        let lectures = &self.explication.referentiel.lectures;
        let mut chapeau = String::new();
        if lectures.comptage == Comptage::Personnes {
            chapeau
                .push_str("Sous cette lecture, une personne compte une fois, quel que soit le nombre de ses entrées. ");
        }
        if lectures.flux == Flux::Evenements {
            chapeau.push_str(
                "Sous cette lecture, ce qui est daté de la période compte, quelle que soit la date de l'entrée. ",
            );
        }
        Partie {
            titre: self
                .periode
                .nommee
                .campagne
                .as_ref()
                .map_or_else(|| format!("Période {dates}"), |campagne| format!("Campagne {campagne} ({dates})")),
            chapeau: chapeau.trim_end().to_owned(),
            phrases: CATALOGUE.iter().map(|definition| self.phrase(definition)).collect(),
            donnees: Map::from_iter([
                ("campagne".to_owned(), json!(self.periode.nommee.campagne)),
                ("du".to_owned(), json!(periode.du.to_string())),
                ("au".to_owned(), json!(periode.au.to_string())),
                ("arrete".to_owned(), json!(periode.arrete.to_string())),
            ]),
            ..Partie::default()
        }
    }

    fn phrase(&self, definition: &'static Definition) -> Phrase {
        let (id, referentiel) = (definition.id, self.explication.referentiel);
        let au = self.periode.nommee.periode.au;
        let libelle = referentiel.libelle(definition, au);
        let compte = Compte::TOUS.into_iter().find(|compte| compte.id() == id);
        let (nombre, raisons) = match (compte, id) {
            (Some(compte), _) => (self.periode.compte(id), self.par_entree(compte)),
            (None, "3.2.2") => (self.periode.compte(id), self.en_cours("GAD")),
            (None, "3.2.3") => (self.periode.compte(id), self.proposes()),
            (None, "3.2.4") => (self.periode.compte(id), self.en_cours("AG")),
            (None, "3.2.5") => (self.periode.garantie.suivis(), self.conseillers()),
            (None, _) => (self.periode.garantie.demarrages().1, self.demarrages()),
        };
        let oui = match (nombre, id) {
            (0, _) => "ne compte pas".to_owned(),
            (1, _) => "compte".to_owned(),
            (n, "3.2.6") => format!("compte pour {n} accompagnements"),
            (n, "3.2.5") => format!("compte {n} fois, une par conseiller"),
            (n, _) => format!("compte {n} fois"),
        };
        let source = match id {
            "3.1.1" => source::ENTRANTS,
            "3.1.2" => source::ORIENTATION,
            "3.1.3" | "3.1.4" => source::RDV,
            "3.1.5" | "3.1.6" => source::CER,
            _ => source::GAD,
        };
        let mut raisons = raisons;
        if self.periode.remplacee(id) {
            raisons.push(format!(
                "Le chiffre remis est celui que {} a transmis ; ceci est le calcul de jalon.",
                referentiel.mot(Mot::PoleEmploi, au)
            ));
        }
        let mut phrase = Phrase::new(id, format!("{id} {libelle} : {oui}.")).oui(nombre > 0).selon(source);
        phrase = phrase.donne("id", id).donne("compte", nombre);
        if id == "3.2.6" {
            phrase = phrase.donne("jours", self.periode.garantie.demarrages().0);
        }
        Phrase { precisions: raisons, ..phrase }
    }

    // Indicators that count entries.

    fn par_entree(&self, compte: Compte) -> Vec<String> {
        if self.periode.lignes.is_empty() {
            return vec!["La personne n'a aucune entrée.".to_owned()];
        }
        let question = self.explication.question(self.periode);
        let raisons: Vec<String> = self
            .periode
            .refus(&question, compte)
            .map(|(ligne, refus)| {
                let raison = raison(question.referentiel, compte, ligne, (refus, self.periode.nommee.periode.arrete));
                format!("Entrée du {} : {raison}.", fr(ligne.entree.t0))
            })
            .collect();
        raisons
    }

    // Indicators about all the bénéficiaires.

    fn accompagnements(&self, type_accompagnement: &'static str) -> impl Iterator<Item = &Accompagnement> {
        let tous = self.explication.histoire.accompagnements.de(self.explication.personne);
        tous.iter().filter(move |a| a.type_accompagnement == type_accompagnement)
    }

    /// The supports of a type, as they stand on the day of closing.
    fn en_cours(&self, type_accompagnement: &'static str) -> Vec<String> {
        let arrete = self.periode.nommee.periode.arrete;
        let mut out: Vec<String> = self
            .accompagnements(type_accompagnement)
            .map(|a| {
                let debut =
                    a.debut.map_or_else(|| "sans date de début".to_owned(), |jour| format!("commencé le {}", fr(jour)));
                match cours_au(a, arrete) {
                    Cours::EnCours => format!("Accompagnement {debut} : en cours le {}.", fr(arrete)),
                    Cours::PasCommence => format!("Accompagnement {debut} : pas commencé le {}.", fr(arrete)),
                    Cours::Fini => format!(
                        "Accompagnement {debut} : fini le {}, donc plus en cours le {}.",
                        a.fin.map(fr).unwrap_or_default(),
                        fr(arrete)
                    ),
                }
            })
            .collect();
        if out.is_empty() {
            return vec!["La personne n'a aucun accompagnement de cette sorte.".to_owned()];
        }
        out.push(self.beneficiaire());
        out
    }

    fn beneficiaire(&self) -> String {
        let arrete = fr(self.periode.nommee.periode.arrete);
        if self.periode.beneficiaire {
            format!("La personne est bénéficiaire du RSA le {arrete}.")
        } else {
            format!("La personne n'est pas bénéficiaire du RSA le {arrete} : elle ne compte pas.")
        }
    }

    fn proposes(&self) -> Vec<String> {
        let periode = &self.periode.nommee.periode;
        let parcours = &self.explication.parcours;
        let (beneficiaire, non): (Vec<Jour>, Vec<Jour>) =
            propositions_ag(self.explication.histoire, self.explication.personne, periode)
                .partition(|jour| parcours.brsa_au(*jour));
        let mut out = Vec::new();
        if !beneficiaire.is_empty() {
            out.push(format!(
                "Accompagnement global proposé le {}, bénéficiaire du RSA ce jour-là.",
                des_jours(beneficiaire.into_iter())
            ));
        }
        if !non.is_empty() {
            out.push(format!(
                "Accompagnement global proposé le {}, sans être bénéficiaire du RSA ce jour-là : ne compte pas.",
                des_jours(non.into_iter())
            ));
        }
        if out.is_empty() {
            out.push("Aucun accompagnement global ne lui a été proposé dans la période.".to_owned());
        }
        out
    }

    fn conseillers(&self) -> Vec<String> {
        let suivis = self.periode.garantie.suivis();
        if suivis == 0 && self.periode.compte("3.2.4") > 0 {
            return vec!["Son accompagnement global en cours n'a pas de conseiller connu.".to_owned()];
        }
        if suivis == 0 {
            return vec!["Pas d'accompagnement global en cours qui compte (voir 3.2.4).".to_owned()];
        }
        vec![format!(
            "Suivie par {}, le {}.",
            n(suivis, "conseiller", "conseillers"),
            fr(self.periode.nommee.periode.arrete)
        )]
    }

    fn demarrages(&self) -> Vec<String> {
        let periode = &self.periode.nommee.periode;
        let mut out: Vec<String> = self
            .accompagnements("AG")
            .map(|a| match (a.propose_le, a.debut) {
                (Some(propose), Some(debut)) if periode.contient(debut) => {
                    format!(
                        "Proposé le {}, commencé le {} : {}.",
                        fr(propose),
                        fr(debut),
                        signes(debut.depuis(propose))
                    )
                }
                (_, Some(debut)) if !periode.contient(debut) => {
                    format!("Commencé le {}, hors de la période.", fr(debut))
                }
                (None, Some(debut)) => format!("Commencé le {}, sans date de proposition.", fr(debut)),
                (_, _) => "Pas commencé.".to_owned(),
            })
            .collect();
        if out.is_empty() {
            out.push("La personne n'a aucun accompagnement global.".to_owned());
        }
        out
    }
}

fn limite(limite: Option<Jour>) -> String {
    limite.map(|jour| format!("au plus tard le {}", fr(jour))).unwrap_or_default()
}

/// Days that may go backwards: a support that began before it was proposed.
fn signes(nombre: i64) -> String {
    if nombre < 0 { format!("{} avant", jours(nombre)) } else { jours(nombre) }
}

/// Why an entry counts in an indicator, or does not, in the words of its day: « oui, … » or « non, … ».
/// `arrete` is the day on which the period is closed.
#[must_use]
pub fn raison(
    referentiel: &Referentiel,
    compte: Compte,
    ligne: &Ligne<'_>,
    (refus, arrete): (Option<Refus>, Jour),
) -> String {
    let mot = |mot| referentiel.mot(mot, ligne.entree.t0);
    match refus {
        None => pourquoi(compte, ligne, mot),
        Some(refus) => pourquoi_pas(refus, ligne, arrete, mot),
    }
}

fn pourquoi<'a>(compte: Compte, ligne: &Ligne<'_>, mot: impl Fn(Mot) -> &'a str) -> String {
    let suites = &ligne.suites;
    let rdv = suites.premier_rdv.map(|rdv| fr(rdv.date)).unwrap_or_default();
    let cer = suites.premier_cer.map(|cer| fr(cer.date)).unwrap_or_default();
    match compte {
        Compte::Entrants => "oui, connue dans la période".to_owned(),
        Compte::Orientes if ligne.entree.rattachee.is_some() => "oui, l'orientation lui est rattachée".to_owned(),
        Compte::Orientes => format!(
            "oui, orientée le {}, au plus tard le {}",
            suites.orientation.map(|o| fr(o.date)).unwrap_or_default(),
            fr(suites.delai_orientation.limite)
        ),
        Compte::Rdv => format!("oui, premier rendez-vous le {rdv}"),
        Compte::RdvATemps => {
            format!("oui, premier rendez-vous le {rdv}, {}", limite(suites.delai_premier_rdv.map(|d| d.limite)))
        }
        Compte::Cer => format!("oui, premier {} le {cer}", mot(Mot::Cer)),
        Compte::CerATemps => {
            let limite = limite(suites.delai_premier_cer.map(|d| d.limite));
            format!("oui, premier {} le {cer}, {limite}", mot(Mot::Cer))
        }
        Compte::Gad => format!("oui, garantie donnée ou proposée le {}", suites.gad.map(fr).unwrap_or_default()),
    }
}

fn pourquoi_pas<'a>(refus: Refus, ligne: &Ligne<'_>, jour: Jour, mot: impl Fn(Mot) -> &'a str) -> String {
    let (suites, arrete) = (&ligne.suites, fr(jour));
    let raison = match refus {
        Refus::HorsPeriode => "connue hors de la période".to_owned(),
        Refus::SuiteHorsPeriode => "ce qui l'a suivie n'est pas daté de la période".to_owned(),
        Refus::SansOrientation => format!("pas d'orientation au {arrete} ({})", attente(ligne, jour)),
        Refus::OrientationTardive => format!(
            "orientée le {}, après le {}",
            suites.orientation.map(|o| fr(o.date)).unwrap_or_default(),
            fr(suites.delai_orientation.limite)
        ),
        Refus::PoleEmploi => {
            format!("orientée vers {}, l'indicateur ne regarde que les autres", mot(Mot::PoleEmploi))
        }
        Refus::SansRdv => format!("aucun premier rendez-vous fixé au {arrete}"),
        Refus::HorsChamp => format!(
            "orientée le {}, après le {} : l'indicateur ne regarde que les orientations faites dans le délai",
            suites.orientation.map(|o| fr(o.date)).unwrap_or_default(),
            fr(suites.delai_orientation.limite)
        ),
        Refus::RdvTardif => format!(
            "premier rendez-vous le {}, après le {}",
            suites.premier_rdv.map(|rdv| fr(rdv.date)).unwrap_or_default(),
            suites.delai_premier_rdv.map(|delai| fr(delai.limite)).unwrap_or_default()
        ),
        Refus::SansCer => format!("aucun premier {} signé au {arrete}", mot(Mot::Cer)),
        Refus::CerTardif => format!(
            "premier {} le {}, après le {}",
            mot(Mot::Cer),
            suites.premier_cer.map(|cer| fr(cer.date)).unwrap_or_default(),
            suites.delai_premier_cer.map(|delai| fr(delai.limite)).unwrap_or_default()
        ),
        Refus::SansGad => format!("aucune garantie d'activité départementale au {arrete}"),
    };
    format!("non, {raison}")
}

/// Where the delay of orientation stands on the day of closing.
fn attente(ligne: &Ligne<'_>, arrete: Jour) -> String {
    let limite = ligne.suites.delai_orientation.limite;
    if arrete <= limite {
        format!("le délai court jusqu'au {}", fr(limite))
    } else {
        format!("le délai est passé depuis le {}", fr(limite))
    }
}
