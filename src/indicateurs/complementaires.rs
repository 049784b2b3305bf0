//! The figures that stand beside the twelve: contracts after an orientation, exits, missed
//! orientation appointments, frequency of the transmissions.
//!
//! Source: fiches actions 2022, Tarn-et-Garonne, fiche 5.2; instruction n°
//! DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6 (comments asked).

use super::Valeur;
use super::delais::{mediane, moyenne, taux};
use crate::entrees::Suites;
use crate::parcours::etapes::Parcours;
use crate::parcours::histoire::Histoire;
use crate::temps::{Jour, Periode};

/// A figure beside the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Complementaire {
    /// Its name in the outputs.
    pub code: &'static str,
    /// What it says, in French.
    pub libelle: &'static str,
    /// The figure; `None` over nothing.
    pub valeur: Option<Valeur>,
    /// Its caisse, for the frequency of transmissions.
    pub caisse: Option<String>,
    /// How many entries or exits it counts, and among how many; `None` when it is not about people.
    pub effectif: Option<(u64, u64)>,
}

impl Complementaire {
    /// Whether the figure is a share, shown as a percentage.
    #[must_use]
    pub fn est_une_part(&self) -> bool {
        ["taux", "part", "sorties"].iter().any(|debut| self.code.starts_with(debut))
    }
}

/// A part of a whole.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    dont: u64,
    tous: u64,
}

impl Part {
    fn add(&mut self, dont: bool) {
        self.dont += u64::from(dont);
        self.tous += 1;
    }

    fn taux(self) -> Option<f64> {
        taux(self.dont, self.tous)
    }

    fn effectif(self) -> (u64, u64) {
        (self.dont, self.tous)
    }

    fn fusionner(&mut self, autre: Self) {
        self.dont += autre.dont;
        self.tous += autre.tous;
    }
}

/// Days within which a contract is said to come quickly.
const CONTRAT_RAPIDE: i64 = 30;
/// Exits that are not positive.
const SORTIES_NON_POSITIVES: [&str; 4] = ["demenagement", "fin_de_droit", "abandon", "autre"];
/// Exits towards a job or a qualifying training.
const SORTIES_EMPLOI_FORMATION: [&str; 4] = ["emploi_cdi", "emploi_cdd", "emploi_eti", "formation_qualifiante"];

/// What is counted, person after person then entry after entry.
#[derive(Clone, Debug, Default)]
pub struct Complements {
    jours_contrat: Vec<i64>,
    contrats_emploi: Part,
    contrats_social: Part,
    contrats_rapides: Part,
    sorties_positives: Part,
    sorties_emploi_formation: Part,
    rdv_orientation_manques: Part,
}

impl Complements {
    /// Adds the exits of a person: the ends of follow-up of the period, while they were
    /// bénéficiaire du RSA.
    pub fn sorties(&mut self, histoire: &Histoire, parcours: &Parcours, personne: u32, periode: &Periode) {
        for fin in histoire.fins_suivi.de(personne) {
            if periode.contient(fin.date) && parcours.brsa_au(fin.date) {
                self.sorties_positives.add(!SORTIES_NON_POSITIVES.contains(&fin.motif));
                self.sorties_emploi_formation.add(SORTIES_EMPLOI_FORMATION.contains(&fin.motif));
            }
        }
    }

    /// Adds an entry of the cohort.
    pub fn entree(&mut self, suites: &Suites<'_>) {
        self.rdv_orientation_manques.add(suites.rdv_orientation_manque);
        let Some(orientation) = suites.orientation else { return };
        let jours = suites.contrat.map(|contrat| contrat.date.depuis(orientation.date));
        self.jours_contrat.extend(jours);
        self.contrats_rapides.add(jours.is_some_and(|jours| jours <= CONTRAT_RAPIDE));
        match orientation.type_parcours {
            "emploi" => self.contrats_emploi.add(jours.is_some()),
            "social" | "socio_pro" => self.contrats_social.add(jours.is_some()),
            _ => {}
        }
    }

    /// Adds what was counted of other people.
    pub fn fusionner(&mut self, autre: Self) {
        self.jours_contrat.extend(autre.jours_contrat);
        self.contrats_emploi.fusionner(autre.contrats_emploi);
        self.contrats_social.fusionner(autre.contrats_social);
        self.contrats_rapides.fusionner(autre.contrats_rapides);
        self.sorties_positives.fusionner(autre.sorties_positives);
        self.sorties_emploi_formation.fusionner(autre.sorties_emploi_formation);
        self.rdv_orientation_manques.fusionner(autre.rdv_orientation_manques);
    }

    /// The figures, in the order of the outputs.
    #[must_use]
    pub fn figures(&self, histoire: &Histoire) -> Vec<Complementaire> {
        let figure = |code, libelle, valeur: Option<f64>, effectif| Complementaire {
            code,
            libelle,
            valeur: valeur.map(Valeur::Decimal),
            caisse: None,
            effectif: Some(effectif),
        };
        let contrats = self.jours_contrat.len() as u64;
        #[expect(clippy::cast_precision_loss, reason = "a count of people")]
        let manques = self.rdv_orientation_manques.dont as f64;
        let mut out = vec![
            figure(
                "delai_moyen_contrat",
                "Délai moyen de l'orientation au premier contrat (jours)",
                moyenne(&self.jours_contrat),
                (contrats, contrats),
            ),
            figure(
                "taux_contrat_emploi",
                "Part des orientés en parcours emploi qui ont un contrat",
                self.contrats_emploi.taux(),
                self.contrats_emploi.effectif(),
            ),
            figure(
                "taux_contrat_social",
                "Part des orientés en parcours social ou socio-professionnel qui ont un contrat",
                self.contrats_social.taux(),
                self.contrats_social.effectif(),
            ),
            figure(
                "part_contrats_30_jours",
                "Part des orientés qui ont un contrat dans les 30 jours",
                self.contrats_rapides.taux(),
                self.contrats_rapides.effectif(),
            ),
            figure(
                "sorties_positives",
                "Part des sorties positives",
                self.sorties_positives.taux(),
                self.sorties_positives.effectif(),
            ),
            figure(
                "sorties_emploi_formation",
                "Part des sorties vers un emploi ou une formation qualifiante",
                self.sorties_emploi_formation.taux(),
                self.sorties_emploi_formation.effectif(),
            ),
            figure(
                "rdv_orientation_manques",
                "Entrants absents à un rendez-vous d'orientation",
                Some(manques),
                self.rdv_orientation_manques.effectif(),
            ),
        ];
        out.extend((0u16..).zip(&histoire.caisses).map(|(numero, caisse)| Complementaire {
            code: "frequence_transmissions",
            libelle: "Jours entre deux transmissions de la caisse (médiane)",
            valeur: frequence(histoire, numero).map(Valeur::Decimal),
            caisse: Some(caisse.nom.clone()),
            effectif: None,
        }));
        out
    }
}

/// Median days between the files of a caisse; `None` with less than two.
fn frequence(histoire: &Histoire, caisse: u16) -> Option<f64> {
    let mut jours: Vec<Jour> = histoire
        .fichiers
        .iter()
        .filter(|fichier| fichier.caisse == Some(caisse))
        .map(|fichier| fichier.en_tete.cree_le.date().into())
        .collect();
    jours.sort_unstable();
    let mut ecarts: Vec<i64> = jours.windows(2).map(|pair| pair[1].depuis(pair[0])).collect();
    mediane(&mut ecarts)
}
