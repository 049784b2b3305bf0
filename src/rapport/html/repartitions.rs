//! The table split along its axes, the months first, as a trend.

use super::graphiques::{Figure, Serie, accessible, lignes};
use super::indicateurs::court;
use super::tables::{Cellule, Colonne, Groupe, Ligne, Table};
use crate::indicateurs::axes::{Axe, Part, additif};
use crate::indicateurs::{Indicateur, Tableau, Valeur};
use crate::rapport::figure_en_pourcent;
use crate::referentiel::Comptage;

/// The months.
pub(super) struct Tendance {
    pub figures: Vec<Figure>,
    pub table: Table,
}

/// Another axis.
pub(super) struct Repartition {
    pub titre: &'static str,
    pub table: Table,
}

/// The axes, in the order in which they are read. The months have their own place.
const ORDRE: [Axe; 6] =
    [Axe::Categorie, Axe::Caisse, Axe::Territoire, Axe::Structure, Axe::Organisme, Axe::TypeParcours];

fn parts<'t>(tableau: &'t Tableau<'_>, axe: Axe) -> Vec<&'t Part> {
    tableau.repartitions.iter().filter(|part| part.axe == axe).collect()
}

/// The splits that were asked for.
pub(super) fn repartitions(tableau: &Tableau<'_>, comptage: Comptage) -> Vec<Repartition> {
    let axes = ORDRE.into_iter().filter_map(|axe| {
        let table = table(tableau, axe, comptage)?;
        Some(Repartition { titre: axe.libelle(), table })
    });
    axes.collect()
}

/// The figures month by month; `None` unless they were asked for.
pub(super) fn tendance(tableau: &Tableau<'_>, comptage: Comptage) -> Option<Tendance> {
    let table = table(tableau, Axe::Mois, comptage)?;
    let parts = parts(tableau, Axe::Mois);
    let mois: Vec<String> = parts.iter().map(|part| part.valeur.clone()).collect();
    let serie = |nom: &'static str, id: &str, lire: fn(&Indicateur) -> Option<f64>| Serie {
        nom,
        valeurs: parts
            .iter()
            .map(|part| part.indicateurs.iter().find(|i| i.definition.id == id).and_then(lire))
            .collect(),
    };
    let valeur = |i: &Indicateur| i.valeur.and_then(Valeur::nombre);
    let taux = |i: &Indicateur| i.tenue.as_ref()?.taux?.nombre().map(|part| part * 100.0);
    let effectifs = [
        serie("3.1.1 Entrants", "3.1.1", valeur),
        serie("3.1.2 Orientés", "3.1.2", valeur),
        serie("3.1.3 Rendez-vous", "3.1.3", valeur),
        serie("3.1.5 CER", "3.1.5", valeur),
    ];
    let taux = [
        serie("3.1.2 Orientés", "3.1.2", taux),
        serie("3.1.4 Rendez-vous", "3.1.4", taux),
        serie("3.1.6 CER", "3.1.6", taux),
    ];
    let texte = "Les chiffres sont dans le tableau qui suit les graphiques. Un mois dont le chiffre est masqué ou ne peut pas être calculé interrompt sa ligne.";
    let figures = [
        ("tendance-effectifs", "Les effectifs par mois d'entrée", &effectifs[..], false, "Entrées"),
        ("tendance-taux", "Les taux par mois d'entrée", &taux[..], true, "Taux"),
    ];
    let figures = figures.into_iter().map(|(id, titre, series, pourcent, ordonnee)| {
        let svg = lignes(&mois, series, pourcent, ordonnee);
        Figure { svg: accessible(&svg, id, titre, texte), legende: format!("{titre}. {texte}") }
    });
    Some(Tendance { figures: figures.collect(), table })
}

/// The table of an axis, with the whole beneath; `None` unless it was asked for. What is not the sum
/// of the lines says so.
fn table(tableau: &Tableau<'_>, axe: Axe, comptage: Comptage) -> Option<Table> {
    let parts = parts(tableau, axe);
    let premiere = parts.first()?;
    let mut colonnes = vec![Colonne::new(axe.libelle(), false)];
    colonnes
        .extend(premiere.indicateurs.iter().map(|i| Colonne::new(format!("{} {}", i.definition.id, court(i)), true)));
    let mut lignes: Vec<Ligne> = parts
        .iter()
        .map(|part| Ligne {
            cle: part.valeur.clone(),
            titre: en_clair(axe, &part.valeur),
            cellules: part.indicateurs.iter().map(cellule).collect(),
            ..Ligne::default()
        })
        .collect();
    let du_tableau = |part: &Indicateur| tableau.indicateurs.iter().find(|i| i.definition == part.definition);
    let tous_additifs = premiere.indicateurs.iter().filter_map(du_tableau).all(|total| additif(total, comptage));
    lignes.push(Ligne {
        cle: "ensemble".into(),
        titre: "Ensemble".into(),
        ensemble: true,
        cellules: premiere
            .indicateurs
            .iter()
            .filter_map(du_tableau)
            .map(|total| {
                let cellule = cellule(total);
                if additif(total, comptage) { cellule } else { cellule.avec("", "*") }
            })
            .collect(),
        ..Ligne::default()
    });
    Some(Table {
        id: format!("par-{}", axe.code().replace('_', "-")),
        legende: format!("{} : les chiffres, et les taux sous chacun", axe.libelle()),
        colonnes,
        groupes: vec![Groupe { titre: String::new(), lignes }],
        note: if tous_additifs { "" } else { "* Calculé sur l'ensemble : ce n'est pas la somme des lignes." },
    })
}

/// A code, as it is read. What the files say stays as it is.
fn en_clair(axe: Axe, valeur: &str) -> String {
    let clair = match (axe, valeur) {
        (Axe::Categorie, "primo") => "première entrée",
        (Axe::Categorie, "rejoint_foyer") => "rejoint un foyer",
        (Axe::Categorie, "retour_suspension") => "retour après une suspension",
        (Axe::Categorie, "retour_radiation") => "retour après une radiation",
        (Axe::Categorie, "retour_dd") => "retour en droits et devoirs",
        (Axe::TypeParcours, "socio_pro") => "socio-professionnel",
        _ => valeur,
    };
    clair.to_owned()
}

fn cellule(indicateur: &Indicateur) -> Cellule {
    let valeur = Cellule::figure(indicateur.definition.id, indicateur.valeur);
    match &indicateur.tenue {
        Some(tenue) => valeur.avec(format!("{} taux", indicateur.definition.id), figure_en_pourcent(tenue.taux)),
        None => valeur,
    }
}
