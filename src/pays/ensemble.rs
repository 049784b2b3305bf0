//! The figures of several departments side by side: rank, distance to the target, and totals, which are
//! made from sums and never from rates or means.

use crate::indicateurs::catalogue::{CATALOGUE, Definition};
use crate::indicateurs::delais::{Quotient, taux};
use crate::indicateurs::{Indicateur, Valeur};
use crate::rapport::Remise;
use crate::rapport::annexe9::attendu;
use crate::rapport::execution::annee_entiere;
use crate::temps::Periode;

use super::Departement;

/// What a department expects of the year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cible {
    /// The figure, or the share of the indicator's own total.
    pub valeur: f64,
    /// Whether it is a share.
    pub en_part: bool,
    /// Whether it is only an example.
    pub exemple: bool,
    /// What was reached less what is expected; `None` when they cannot be compared.
    pub ecart: Option<f64>,
}

/// An indicator of a department, or of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Chiffre {
    /// The figure; `None` when it cannot be computed.
    pub valeur: Option<Valeur>,
    /// What its rate is over, when it has one.
    pub denominateur: Option<u64>,
    /// Its rate, with 4 decimals.
    pub taux: Option<f64>,
    /// Sum of the days of its delays, and how many: `None` when it has no delay.
    pub jours: Option<Quotient>,
    /// What the figure is the quotient of, for 3.2.5 and 3.2.6.
    pub quotient: Option<Quotient>,
    /// Whether the figure is that of Pôle emploi.
    pub transmis: bool,
    /// What is expected.
    pub cible: Option<Cible>,
    /// Why the figure is missing, or what weakens it. In French.
    pub motif: Option<String>,
}

impl Chiffre {
    fn new(remise: &Remise<'_>, indicateur: &Indicateur) -> Self {
        let tenue = indicateur.tenue.as_ref();
        let total = tenue.and_then(|_| total_de(indicateur.definition.id));
        let total = total.and_then(|id| remise.tableau.indicateurs.iter().find(|i| i.definition.id == id));
        Self {
            valeur: indicateur.valeur,
            denominateur: total.and_then(|total| total.valeur?.entier()),
            taux: tenue.and_then(|tenue| tenue.taux?.nombre()),
            jours: tenue.map(|tenue| tenue.repartition.jours),
            quotient: indicateur.quotient,
            transmis: indicateur.valeur_calculee.is_some(),
            cible: cible(remise, indicateur),
            motif: indicateur.motif.clone(),
        }
    }

    /// Mean of its delays, in days.
    #[must_use]
    pub fn moyenne(&self) -> Option<f64> {
        self.jours?.moyenne()
    }

    /// The figure that ranks it: its rate when it has one.
    fn mesure(&self) -> Option<f64> {
        if self.jours.is_some() { self.taux } else { self.valeur?.nombre() }
    }

    /// The figure of several departments, from the sums of what each is made of.
    fn somme(definition: &Definition, chiffres: &[(&str, &Self)]) -> Self {
        let parmi = |choix: &dyn Fn(&Self) -> bool| -> Vec<&str> {
            chiffres.iter().filter(|(_, chiffre)| choix(chiffre)).map(|(code, _)| *code).collect()
        };
        let jours = chiffres.iter().map(|(_, chiffre)| chiffre.jours).sum::<Option<Quotient>>();
        let mut out = Self {
            valeur: None,
            denominateur: chiffres.iter().map(|(_, chiffre)| chiffre.denominateur).sum(),
            taux: None,
            jours,
            quotient: None,
            transmis: false,
            cible: None,
            motif: None,
        };
        if matches!(definition.id, "3.2.5" | "3.2.6") {
            let transmis = parmi(&|chiffre| chiffre.transmis);
            if !transmis.is_empty() {
                out.motif = Some(format!(
                    "chiffre transmis par Pôle emploi, sans ce dont il est la moyenne, dans {}",
                    transmis.join(", ")
                ));
                return out;
            }
            out.quotient = chiffres.iter().map(|(_, chiffre)| chiffre.quotient).sum();
            out.valeur = out.quotient.and_then(|quotient| quotient.moyenne()).map(Valeur::Decimal);
            return out;
        }
        let absents = parmi(&|chiffre| chiffre.valeur.is_none());
        if !absents.is_empty() {
            out.motif = Some(format!("chiffre non disponible dans {}", absents.join(", ")));
            return out;
        }
        let fragiles = parmi(&|chiffre| chiffre.motif.is_some());
        out.motif = (!fragiles.is_empty()).then(|| format!("à lire avec réserve : voir {}", fragiles.join(", ")));
        let valeurs = || chiffres.iter().map(|(_, chiffre)| chiffre.valeur);
        let entiers: Option<u64> = valeurs().map(|valeur| valeur?.entier()).sum();
        out.valeur = match entiers {
            Some(n) => Some(Valeur::Entier(n)),
            // Pôle emploi may report a count that is not whole.
            None => valeurs().map(|valeur| valeur?.nombre()).sum::<Option<f64>>().map(Valeur::Decimal),
        };
        out.taux = entiers.zip(out.denominateur).and_then(|(n, sur)| taux(n, sur));
        out
    }
}

/// The indicator that the rate of another one is over.
fn total_de(id: &str) -> Option<&'static str> {
    match id {
        "3.1.2" => Some("3.1.1"),
        "3.1.4" => Some("3.1.3"),
        "3.1.6" => Some("3.1.5"),
        _ => None,
    }
}

/// What a department expects of the year, and how far it is. The number of people expected of a whole
/// year says nothing of a part of it.
fn cible(remise: &Remise<'_>, indicateur: &Indicateur) -> Option<Cible> {
    let id = indicateur.definition.id;
    let case = attendu(remise, remise.contexte.periode.au.mois().annee, id)?;
    let valeur = case.valeur?.nombre()?;
    let atteint = if case.en_part {
        indicateur.tenue.as_ref().and_then(|tenue| tenue.taux?.nombre())
    } else if annee_entiere(remise).is_some() || matches!(id, "3.2.5" | "3.2.6") {
        indicateur.valeur.and_then(Valeur::nombre)
    } else {
        None
    };
    // Both have four decimals at most: so has their difference.
    let ecart = atteint.map(|atteint| ((atteint - valeur) * 10_000.0).round() / 10_000.0);
    Some(Cible { valeur, en_part: case.en_part, exemple: case.exemple, ecart })
}

/// What is kept of a department once it is computed.
#[derive(Clone, Debug)]
pub struct Resultat {
    /// Which one.
    pub departement: Departement,
    /// Its period.
    pub periode: Periode,
    /// Name of its référentiel.
    pub referentiel: String,
    /// Its readings other than those of the guide.
    pub lectures: Vec<String>,
    /// Its twelve figures, in the order of the catalogue.
    pub chiffres: Vec<Chiffre>,
    /// What must be said of them. In French.
    pub remarques: Vec<String>,
}

impl Resultat {
    /// What is kept of a table.
    #[must_use]
    pub fn new(departement: Departement, remise: &Remise<'_>) -> Self {
        Self {
            departement,
            periode: remise.contexte.periode,
            referentiel: remise.contexte.referentiel.nom.clone(),
            lectures: crate::rapport::lectures_choisies(remise.contexte.referentiel),
            chiffres: remise.tableau.indicateurs.iter().map(|indicateur| Chiffre::new(remise, indicateur)).collect(),
            remarques: crate::rapport::remarques(&remise.contexte, &remise.tableau),
        }
    }
}

/// The figures of several departments together.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// The region; `None` for all of them.
    pub region: Option<String>,
    /// How many departments.
    pub departements: usize,
    /// The twelve figures, in the order of the catalogue.
    pub chiffres: Vec<Chiffre>,
}

fn total(region: Option<&str>, resultats: &[&Resultat]) -> Total {
    let chiffres = CATALOGUE.iter().enumerate().map(|(rang, definition)| {
        let chiffres: Vec<_> = resultats
            .iter()
            .filter_map(|resultat| Some((resultat.departement.code.as_str(), resultat.chiffres.get(rang)?)))
            .collect();
        Chiffre::somme(definition, &chiffres)
    });
    Total { region: region.map(str::to_owned), departements: resultats.len(), chiffres: chiffres.collect() }
}

/// The totals: one a region when there are several, then that of all.
#[must_use]
pub fn totaux(resultats: &[Resultat]) -> Vec<Total> {
    let mut regions: Vec<&str> = resultats.iter().map(|resultat| resultat.departement.region.as_str()).collect();
    regions.sort_unstable();
    regions.dedup();
    let mut out = Vec::new();
    if regions.len() > 1 {
        out.extend(regions.iter().map(|region| {
            let siens: Vec<_> = resultats.iter().filter(|resultat| resultat.departement.region == *region).collect();
            total(Some(region), &siens)
        }));
    }
    out.push(total(None, &resultats.iter().collect::<Vec<_>>()));
    out
}

/// The rank of each department for an indicator of the catalogue: on its rate when it has one, else on
/// its figure, as they are published. The first has the greatest, but for the delay of 3.2.6, whose first
/// is the shortest. Equal figures have the same rank, and the next ranks are left out.
#[must_use]
pub fn rangs(resultats: &[Resultat], rang: usize) -> Vec<Option<usize>> {
    let mesures: Vec<Option<f64>> =
        resultats.iter().map(|resultat| resultat.chiffres.get(rang).and_then(Chiffre::mesure)).collect();
    classer(&mesures, CATALOGUE.get(rang).is_some_and(|definition| definition.id == "3.2.6"))
}

fn classer(mesures: &[Option<f64>], croissant: bool) -> Vec<Option<usize>> {
    let devant = |autre: f64, mesure: f64| if croissant { autre < mesure } else { autre > mesure };
    let rang = |mesure: f64| 1 + mesures.iter().flatten().filter(|autre| devant(**autre, mesure)).count();
    mesures.iter().map(|mesure| mesure.map(rang)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_figures_share_a_rank_and_the_next_is_left_out() {
        let mesures = [Some(0.5), Some(0.75), None, Some(0.5), Some(0.25)];
        assert_eq!(classer(&mesures, false), [Some(2), Some(1), None, Some(2), Some(4)]);
        assert_eq!(classer(&mesures, true), [Some(2), Some(4), None, Some(2), Some(1)]);
    }

    fn chiffre(valeur: u64, sur: u64, jours: (i64, u64)) -> Chiffre {
        Chiffre {
            valeur: Some(Valeur::Entier(valeur)),
            denominateur: Some(sur),
            taux: taux(valeur, sur),
            jours: Some(Quotient { somme: jours.0, effectif: jours.1 }),
            quotient: None,
            transmis: false,
            cible: None,
            motif: None,
        }
    }

    /// 1 of 1 in 10 days, and 1 of 9 in 100 days for 4: 2 of 10, not the mean of 100 % and 11.1 %.
    #[test]
    fn a_total_is_made_from_sums_and_never_from_rates_or_means() {
        let (a, b) = (chiffre(1, 1, (10, 1)), chiffre(1, 9, (400, 4)));
        let somme = Chiffre::somme(&CATALOGUE[1], &[("047", &a), ("082", &b)]);
        assert_eq!((somme.valeur, somme.denominateur, somme.taux), (Some(Valeur::Entier(2)), Some(10), Some(0.2)));
        assert_eq!(somme.moyenne(), Some(82.0));
    }

    #[test]
    fn a_total_that_lacks_a_department_is_not_given() {
        let (a, mut b) = (chiffre(1, 1, (10, 1)), chiffre(1, 9, (400, 4)));
        b.valeur = None;
        let somme = Chiffre::somme(&CATALOGUE[1], &[("047", &a), ("082", &b)]);
        assert_eq!((somme.valeur, somme.taux), (None, None));
        assert_eq!(somme.motif.as_deref(), Some("chiffre non disponible dans 082"));
    }

    #[test]
    fn a_mean_is_made_again_from_its_people_unless_one_was_only_reported() {
        let mean = |somme, effectif, transmis| Chiffre {
            valeur: None,
            denominateur: None,
            jours: None,
            quotient: Some(Quotient { somme, effectif }),
            transmis,
            ..chiffre(0, 0, (0, 0))
        };
        let (a, b) = (mean(10, 1, false), mean(400, 4, false));
        let somme = Chiffre::somme(&CATALOGUE[11], &[("047", &a), ("082", &b)]);
        assert_eq!(somme.valeur, Some(Valeur::Decimal(82.0)));
        let b = mean(400, 4, true);
        let somme = Chiffre::somme(&CATALOGUE[11], &[("047", &a), ("082", &b)]);
        assert_eq!(somme.valeur, None);
        assert!(somme.motif.is_some_and(|motif| motif.contains("Pôle emploi") && motif.ends_with("082")));
    }
}
