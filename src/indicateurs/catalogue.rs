//! The twelve indicators of section 3, in the order of the official table. Read this first.

/// A family of figures of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mesure {
    /// 3.1 Orienter et accompagner les allocataires du RSA.
    Orientation,
    /// 3.2 Garantie d'activité.
    Garantie,
}

impl Mesure {
    /// The label of the table.
    #[must_use]
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Orientation => "3.1. Orienter et accompagner les allocataires du RSA",
            Self::Garantie => "3.2. Garantie d'activité",
        }
    }
}

/// An indicator of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Number in the table.
    pub id: &'static str,
    /// Name in the outputs.
    pub code: &'static str,
    /// Label of annexe 9.
    pub libelle: &'static str,
    /// What is counted.
    pub unite: &'static str,
    /// Family.
    pub mesure: Mesure,
}

/// The twelve indicators.
///
/// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022 (NOR SSAA2202072J),
/// annexe 9, section 3.
pub const CATALOGUE: [Definition; 12] = {
    const fn d(
        id: &'static str,
        code: &'static str,
        libelle: &'static str,
        unite: &'static str,
        mesure: Mesure,
    ) -> Definition {
        Definition { id, code, libelle, unite, mesure }
    }
    use Mesure::{Garantie, Orientation};
    [
        d("3.1.1", "nouveaux_entrants", "Nombre de nouveaux entrants", "entrées", Orientation),
        d(
            "3.1.2",
            "orientes_1_mois",
            "Nombre de nouveaux entrants orientés en 1 mois et moins",
            "entrées",
            Orientation,
        ),
        d(
            "3.1.3",
            "premiers_rdv",
            "Nombre total de 1ers rendez-vous d'accompagnement fixés",
            "rendez-vous",
            Orientation,
        ),
        d(
            "3.1.4",
            "premiers_rdv_2_semaines",
            "Nombre de 1ers rendez-vous à 2 semaines ou moins fixés",
            "rendez-vous",
            Orientation,
        ),
        d("3.1.5", "premiers_cer", "Nombre total de 1ers contrats d'engagements réciproques", "contrats", Orientation),
        d(
            "3.1.6",
            "premiers_cer_2_mois",
            "Nombre de 1ers contrats d'engagements réciproques dans les 2 mois",
            "contrats",
            Orientation,
        ),
        d(
            "3.2.1",
            "gad_orientes",
            "Nombre de bénéficiaires du RSA orientés vers la garantie d'activité départementale",
            "entrées",
            Garantie,
        ),
        d(
            "3.2.2",
            "gad_en_cours",
            "Nombre de bénéficiaires du RSA en cours d'accompagnement par la garantie départementale",
            "personnes",
            Garantie,
        ),
        d(
            "3.2.3",
            "ag_orientes",
            "Nombre de bénéficiaires du RSA orientés vers l'accompagnement global",
            "personnes",
            Garantie,
        ),
        d(
            "3.2.4",
            "ag_en_cours",
            "Nombre de bénéficiaires en cours d'accompagnement par l'accompagnement global",
            "personnes",
            Garantie,
        ),
        d(
            "3.2.5",
            "ag_par_conseiller",
            "Nombre de personnes accompagnées par conseiller dédié à l'accompagnement global",
            "personnes par conseiller",
            Garantie,
        ),
        d("3.2.6", "ag_delai_moyen", "Délai moyen du démarrage de l'accompagnement global", "jours", Garantie),
    ]
};
