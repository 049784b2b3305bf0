//! The official table: the columns of the campaign's year, and what each cell holds.
//!
//! Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 9, section 3. The
//! labels are those of the form; the definitions are said in our own words.

use std::borrow::Cow;

use super::{Remise, fr};
use crate::historique::{Colonne, premier_semestre};
use crate::indicateurs::Valeur;
use crate::indicateurs::catalogue::Definition;
use crate::referentiel::Referentiel;
use crate::temps::{Jour, Periode};

/// What the table is called.
pub const TITRE: &str = "Tableau des indicateurs de la contractualisation";
/// The section that is computed.
pub const SECTION: &str = "3. Insertion des allocataires du RSA";
/// The columns that stand before those of the periods.
pub const ENTETES: [&str; 3] = ["Mesures", "Indicateurs", "Commentaires et éléments de définition"];

/// The first year of the table.
const PREMIERE_ANNEE: i32 = 2018;

/// A column of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entete {
    /// Its label on the form.
    pub libelle: String,
    /// What it holds.
    pub contenu: Contenu,
}

/// What a column of the table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contenu {
    /// What the department wrote down of a period.
    Ecrit(String, Colonne),
    /// What the campaign computes.
    Campagne,
}

/// A filled cell of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// The figure; `None` when it cannot be computed.
    pub valeur: Option<Valeur>,
    /// Whether it is a share of the indicator's own total.
    pub en_part: bool,
    /// Whether it is only an example.
    pub exemple: bool,
    /// Whether something weakens it.
    pub fragile: bool,
}

/// What the period of a table is, on the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forme {
    /// A whole year, handed in the next.
    Annee(i32),
    /// The first months of the year in which it is handed in.
    Semestre(i32),
    /// Other dates: they are not on the form.
    Autre(i32),
}

/// The period of the form. June's is said to end on 30 May or on 31 May (annexes 7 and 9): both are.
fn forme(periode: &Periode) -> Forme {
    let (du, au) = (periode.du.to_string(), periode.au.to_string());
    let annee = periode.au.mois().annee;
    let jours = (du.strip_prefix(&format!("{annee}")), au.strip_prefix(&format!("{annee}")));
    match jours {
        (Some("-01-01"), Some("-12-31")) => Forme::Annee(annee),
        (Some("-01-01"), Some("-05-30" | "-05-31" | "-06-30")) => Forme::Semestre(annee),
        _ => Forme::Autre(annee),
    }
}

/// A day of the year, as the headings of the form write it.
fn jour(jour: Jour) -> String {
    jour.date().format("%-d/%m").to_string()
}

/// The columns of the periods, in the order of the form: the situation of 2018, each year since, what
/// was expected of the last whole year and what was reached, the first months of the campaign's year
/// and what is expected of it.
#[must_use]
pub fn entetes(periode: &Periode) -> Vec<Entete> {
    let forme = forme(periode);
    let edition = match forme {
        Forme::Annee(annee) => annee + 1,
        Forme::Semestre(annee) | Forme::Autre(annee) => annee,
    };
    let ecrit =
        |libelle: String, periode: String, colonne| Entete { libelle, contenu: Contenu::Ecrit(periode, colonne) };
    let mut out: Vec<Entete> = (PREMIERE_ANNEE..edition - 1)
        .map(|annee| {
            let libelle = if annee == PREMIERE_ANNEE {
                format!("Situation au 31 déc. {annee}")
            } else {
                format!("Résultat atteint en {annee}")
            };
            ecrit(libelle, annee.to_string(), Colonne::Resultat)
        })
        .collect();
    let derniere = edition - 1;
    out.push(ecrit(format!("Résultat attendu en {derniere}"), derniere.to_string(), Colonne::Attendu));
    out.push(Entete {
        libelle: format!("Résultat atteint en {derniere} (1/01/{derniere} au 31/12/{:02})", derniere % 100),
        contenu: match forme {
            Forme::Annee(_) => Contenu::Campagne,
            _ => Contenu::Ecrit(derniere.to_string(), Colonne::Resultat),
        },
    });
    let dates = format!("{} au {}/{:02}", jour(periode.du), jour(periode.au), edition % 100);
    out.push(match forme {
        Forme::Annee(_) => {
            ecrit(format!("Résultat atteint au 1er semestre {edition}"), premier_semestre(edition), Colonne::Resultat)
        }
        Forme::Semestre(_) => Entete {
            libelle: format!("Résultat atteint au 1er semestre {edition} ({dates})"),
            contenu: Contenu::Campagne,
        },
        Forme::Autre(_) => Entete {
            libelle: format!("Résultat atteint du {} au {}", fr(periode.du), fr(periode.au)),
            contenu: Contenu::Campagne,
        },
    });
    out.push(ecrit(format!("Résultat attendu en {edition} (objectif fixé)"), edition.to_string(), Colonne::Attendu));
    out
}

/// The label of an indicator on the form: those of the garantie d'activité say what they leave out.
#[must_use]
pub fn libelle(referentiel: &Referentiel, periode: &Periode, definition: &Definition) -> String {
    let suite = if matches!(definition.id, "3.2.1" | "3.2.2") { " HORS accompagnement global" } else { "" };
    format!("{}{suite}", referentiel.libelle(definition, periode.au))
}

/// What an indicator counts, in a sentence or two.
///
/// Source: the same annexe, third column, and annexe 7, sections 6 and 7; the référentiel for what a
/// later text changed.
#[must_use]
pub fn definition(referentiel: &Referentiel, periode: &Periode, id: &str) -> Cow<'static, str> {
    let nouvelle = referentiel.definition(id, periode.au);
    nouvelle.map_or(Cow::Borrowed(definition_de_2022(id)), |definition| Cow::Owned(definition.to_owned()))
}

fn definition_de_2022(id: &str) -> &'static str {
    match id {
        "3.1.1" => "Entrées de la période dans le champ des droits et devoirs, sans suivi en cours.",
        "3.1.2" => {
            "De la réception du flux de la caisse à la notification de l'orientation. Objectif : un mois au plus."
        }
        "3.1.3" => "Social et socio-professionnel : orientations vers Pôle emploi non comprises.",
        "3.1.4" => "À compter de l'orientation, pour qui a été orienté dans le mois. Objectif : deux semaines au plus.",
        "3.1.5" => "Premiers contrats des nouveaux entrants, renouvellements non compris, hors Pôle emploi.",
        "3.1.6" => "À compter de la réception du flux. Objectif : deux mois au plus.",
        "3.2.1" => "Flux de la période, parmi les nouveaux entrants seulement.",
        "3.2.2" => "Stock au jour de l'arrêté, tous bénéficiaires du RSA.",
        "3.2.3" => "Flux de la période. Les chiffres de Pôle emploi prévalent quand ils ont été transmis.",
        "3.2.4" => "Stock au jour de l'arrêté. Les chiffres de Pôle emploi prévalent quand ils ont été transmis.",
        "3.2.5" => "Un conseiller est un binôme Pôle emploi et département. Objectif : 70 personnes par binôme.",
        "3.2.6" => "En jours, de la proposition au démarrage. Objectif : moins de 3 semaines.",
        _ => "",
    }
}

/// A cell of the table; `None` when there is nothing to write in it.
#[must_use]
pub fn case(remise: &Remise<'_>, entete: &Entete, id: &str) -> Option<Case> {
    match &entete.contenu {
        Contenu::Campagne => {
            let indicateur = remise.tableau.indicateurs.iter().find(|i| i.definition.id == id)?;
            let fragile = indicateur.motif.is_some();
            Some(Case { valeur: indicateur.valeur, en_part: false, exemple: false, fragile })
        }
        Contenu::Ecrit(periode, Colonne::Attendu) => attendu(remise, periode.parse().ok()?, id),
        Contenu::Ecrit(periode, Colonne::Resultat) => ecrite(remise, periode, Colonne::Resultat, id),
    }
}

fn ecrite(remise: &Remise<'_>, periode: &str, colonne: Colonne, id: &str) -> Option<Case> {
    let chiffre = remise.historique.chiffre(id, periode, colonne)?;
    let (valeur, en_part) = (Some(chiffre.valeur), chiffre.en_part);
    Some(Case { valeur, en_part, exemple: chiffre.exemple, fragile: false })
}

/// What is expected of a year: by the department, else by the référentiel.
#[must_use]
pub fn attendu(remise: &Remise<'_>, annee: i32, id: &str) -> Option<Case> {
    ecrite(remise, &annee.to_string(), Colonne::Attendu, id).or_else(|| {
        let (cible, exemple) = remise.contexte.referentiel.cible(id, annee)?;
        Some(Case { valeur: Some(Valeur::Decimal(cible)), en_part: true, exemple, fragile: false })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicateurs::catalogue::CATALOGUE;

    fn periode(du: &str, au: &str) -> Periode {
        let jour = |jour: &str| jour.parse::<chrono::NaiveDate>().unwrap().into();
        Periode { du: jour(du), au: jour(au), arrete: jour(au) }
    }

    /// The labels of the columns, that of the campaign between brackets.
    fn libelles(du: &str, au: &str) -> Vec<String> {
        let entetes = entetes(&periode(du, au));
        let dire = |e: &Entete| {
            if e.contenu == Contenu::Campagne { format!("[{}]", e.libelle) } else { e.libelle.clone() }
        };
        entetes.iter().map(dire).collect()
    }

    /// Instruction 2022/19, annexe 9: the columns of 2022, that March fills and that June fills.
    #[test]
    fn march_fills_the_year_before_and_june_the_first_half() {
        assert_eq!(
            libelles("2021-01-01", "2021-12-31"),
            [
                "Situation au 31 déc. 2018",
                "Résultat atteint en 2019",
                "Résultat atteint en 2020",
                "Résultat attendu en 2021",
                "[Résultat atteint en 2021 (1/01/2021 au 31/12/21)]",
                "Résultat atteint au 1er semestre 2022",
                "Résultat attendu en 2022 (objectif fixé)",
            ]
        );
        let juin = libelles("2022-01-01", "2022-05-31");
        assert_eq!(juin[..4], libelles("2021-01-01", "2021-12-31")[..4]);
        assert_eq!(juin[4], "Résultat atteint en 2021 (1/01/2021 au 31/12/21)");
        assert_eq!(juin[5], "[Résultat atteint au 1er semestre 2022 (1/01 au 31/05/22)]");
    }

    #[test]
    fn the_next_year_takes_its_place_after_those_before() {
        let mars = libelles("2022-01-01", "2022-12-31");
        assert_eq!(
            mars[3..6],
            [
                "Résultat atteint en 2021",
                "Résultat attendu en 2022",
                "[Résultat atteint en 2022 (1/01/2022 au 31/12/22)]"
            ]
        );
        assert_eq!(mars[7], "Résultat attendu en 2023 (objectif fixé)");
    }

    #[test]
    fn dates_that_are_not_on_the_form_are_said_in_full() {
        let autre = libelles("2021-07-01", "2022-06-30");
        assert_eq!(autre[5], "[Résultat atteint du 01/07/2021 au 30/06/2022]");
        assert_eq!(autre.iter().filter(|libelle| libelle.starts_with('[')).count(), 1);
    }

    #[test]
    fn every_indicator_is_defined_and_the_two_of_the_garantie_say_what_they_leave_out() {
        assert!(CATALOGUE.iter().all(|d| !definition_de_2022(d.id).is_empty()));
        let (referentiel, annee) = (Referentiel::livre().unwrap(), periode("2021-01-01", "2021-12-31"));
        let hors = |d: &&Definition| libelle(&referentiel, &annee, d).ends_with("HORS accompagnement global");
        let hors: Vec<_> = CATALOGUE.iter().filter(hors).map(|d| d.id).collect();
        assert_eq!(hors, ["3.2.1", "3.2.2"]);
    }
}
