//! The three curves of the report.

use super::graphiques::{self, Figure, accessible};
use super::tables::{Cellule, Ligne, Table};
use crate::indicateurs::Tenue;
use crate::indicateurs::courbes::Courbe;
use crate::rapport::{Remise, figure, pourcent};

/// A curve, as it is shown.
pub(super) struct CourbeMontree {
    pub indicateur: &'static str,
    pub titre: &'static str,
    pub figure: Option<Figure>,
    /// Said in place of the curve.
    pub absence: &'static str,
    pub tranches: Table,
    pub points: Option<Table>,
}

/// Title of a curve, and name of its axis.
fn noms(indicateur: &str) -> (&'static str, &'static str) {
    match indicateur {
        "3.1.2" => ("3.1.2 : part des nouveaux entrants orientés au jour n", "Part orientée"),
        "3.1.4" => (
            "3.1.4 : part des personnes dont le premier rendez-vous est au plus tard au jour n",
            "Part avec rendez-vous",
        ),
        _ => ("3.1.6 : part des personnes qui ont signé un premier CER au jour n", "Part sous contrat"),
    }
}

/// The three delays, in the order of the table, each with its curve if it may be shown.
pub(super) fn courbes(remise: &Remise<'_>) -> Vec<CourbeMontree> {
    let delais = remise.tableau.indicateurs.iter().filter_map(|i| Some((i.definition.id, i.tenue.as_ref()?)));
    delais.map(|(id, tenue)| montrer(id, tenue, remise)).collect()
}

fn montrer(indicateur: &'static str, tenue: &Tenue, remise: &Remise<'_>) -> CourbeMontree {
    let (titre, ordonnee) = noms(indicateur);
    let diffusion = remise.contexte.diffusion;
    let courbe = remise.courbes.iter().find(|courbe| courbe.indicateur == indicateur);
    let montree = courbe.and_then(|courbe| if diffusion { courbe.pour_diffusion() } else { Some(courbe.clone()) });
    let montree = montree.filter(|courbe| !courbe.points.is_empty());
    CourbeMontree {
        indicateur,
        titre,
        figure: montree.as_ref().map(|courbe| dessiner(courbe, titre, ordonnee)),
        absence: match (diffusion, courbe) {
            (true, _) => "La courbe n'est pas montrée : elle dirait ce qui est masqué, ou le délai d'une personne.",
            (false, Some(_)) => "Rien n'est encore fait : il n'y a pas de courbe à tracer.",
            (false, None) => "La courbe n'a pas été demandée.",
        },
        tranches: tranches(indicateur, tenue),
        points: montree.map(|courbe| points(&courbe)),
    }
}

fn dessiner(courbe: &Courbe, titre: &str, ordonnee: &str) -> Figure {
    let points: Vec<(i64, f64)> = courbe.points.iter().map(|point| (point.jour, point.part)).collect();
    let limite = courbe.limite.as_ref().map(|limite| (limite.au_plus_tot, limite.au_plus_tard));
    let svg = graphiques::courbe(&points, comptee(courbe), courbe.jusqu_au, limite, ordonnee);
    let legende = if comptee(courbe) { en_mots(courbe) } else { en_peu_de_mots(courbe) };
    let id = format!("courbe-{}", courbe.indicateur.replace('.', "-"));
    Figure { svg: accessible(&svg, &id, titre, &legende), legende }
}

/// What the curve shows, said.
fn en_mots(courbe: &Courbe) -> String {
    let mut dits = Vec::new();
    if let Some(limite) = &courbe.limite {
        dits.push(format!("Limite : {}", limite.phrase()));
        dits.extend(
            courbe
                .part_au(limite.au_plus_tard)
                .map(|part| format!("fait au jour {} : {}", limite.au_plus_tard, pourcent(part))),
        );
    }
    dits.push(match courbe.jour_de_la_moitie() {
        Some(jour) => format!("la moitié est atteinte au jour {jour}"),
        None => "la moitié n'est pas atteinte".to_owned(),
    });
    if let Some(dernier) = courbe.points.last() {
        dits.push(format!("{} au jour {}, le dernier où la part a monté", pourcent(dernier.part), dernier.jour));
    }
    format!("{}.", dits.join(" ; "))
}

/// What can be said of a curve that only has some of its points.
fn en_peu_de_mots(courbe: &Courbe) -> String {
    let points = courbe.points.iter().map(|point| format!("{} au jour {}", pourcent(point.part), point.jour));
    let limite = courbe.limite.as_ref().map(|limite| format!("Limite : {}. ", limite.phrase())).unwrap_or_default();
    let points: Vec<String> = points.collect();
    format!(
        "{limite}Points montrés : {}. Entre eux, le trait est droit : la part monte sans qu'on le voie.",
        points.join(" ; ")
    )
}

/// Whether the counts of a curve may be seen, and so each of its steps.
fn comptee(courbe: &Courbe) -> bool {
    courbe.points.iter().any(|point| point.exposes.entier().is_some())
}

/// Those done, by bucket.
fn tranches(indicateur: &str, tenue: &Tenue) -> Table {
    let unite = if indicateur == "3.1.4" { "jours" } else { "mois" };
    let tranches = &tenue.repartition.tranches;
    let titres: Vec<String> = tranches
        .iter()
        .map(|(code, _)| match (code.strip_prefix("<="), code.strip_prefix('>')) {
            (Some(n), _) => format!("{n} {unite} au plus"),
            (_, Some(n)) => format!("plus de {n} {unite}"),
            _ => (*code).to_owned(),
        })
        .collect();
    let colonnes: Vec<&str> = std::iter::once("Indicateur").chain(titres.iter().map(String::as_str)).collect();
    let cellules = tranches.iter().map(|(code, n)| Cellule::figure(*code, Some(*n))).collect();
    let ligne = Ligne { cle: indicateur.to_owned(), titre: indicateur.to_owned(), cellules, ..Ligne::default() };
    let id = format!("tranches-{}", indicateur.replace('.', "-"));
    Table::new(id, format!("Ceux pour qui c'est fait, par durée ({indicateur})"), &colonnes, vec![ligne])
}

/// The points of a curve. Counts are not told where they are hidden.
fn points(courbe: &Courbe) -> Table {
    let comptes = comptee(courbe);
    let lignes = courbe.points.iter().map(|point| {
        let mut cellules = vec![Cellule::nombre("part", pourcent(point.part))];
        if comptes {
            cellules.push(Cellule::nombre("venus", figure(Some(point.venus))));
            cellules.push(Cellule::nombre("exposes", figure(Some(point.exposes))));
        }
        Ligne { cle: point.jour.to_string(), titre: format!("Jour {}", point.jour), cellules, ..Ligne::default() }
    });
    let colonnes = ["Jour", "Part pour qui c'est fait", "Faits ce jour", "Attendaient jusqu'à ce jour"];
    let colonnes = if comptes { &colonnes[..] } else { &colonnes[..2] };
    let id = format!("points-{}", courbe.indicateur.replace('.', "-"));
    Table::new(id, format!("Données de la courbe {}", courbe.indicateur), colonnes, lignes.collect())
}
