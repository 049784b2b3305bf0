//! The table for people: on a terminal, one that can be read aloud in a meeting; in markdown, one
//! that can be pasted.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use super::{Contexte, complementaire, figure, figure_en_jours, figure_en_pourcent, fr, nombre, remarques};
use crate::indicateurs::axes::{Axe, Part, additif};
use crate::indicateurs::{DES_ENTREES, Indicateur, Tableau, Valeur};
use crate::referentiel::Comptage;
use crate::systeme::Affichable;

const ENTETES: [&str; 9] =
    ["", "Indicateur", "Valeur", "Taux", "Moyenne", "Dans les délais", "Hors délai", "En cours", "Échus"];

/// The cells of a line, in the order of [`ENTETES`].
fn ligne(indicateur: &Indicateur) -> [String; 9] {
    let definition = indicateur.definition;
    let mut out = [
        definition.id.to_owned(),
        indicateur.libelle.to_string(),
        figure(indicateur.valeur),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
    ];
    if let Some(tenue) = &indicateur.tenue {
        let r = &tenue.repartition;
        out[3] = figure_en_pourcent(tenue.taux);
        out[4] = figure_en_jours(r.moyenne_jours);
        let counts = [r.dans_les_delais, r.hors_delai, r.en_cours, r.echus];
        out[5..].iter_mut().zip(counts).for_each(|(cell, n)| *cell = figure(Some(n)));
    }
    out
}

/// What a table was asked for, in a sentence.
pub(super) fn titre(contexte: &Contexte<'_>) -> String {
    let periode = &contexte.periode;
    let campagne = contexte.campagne.map(|nom| format!("Campagne {nom} : ")).unwrap_or_default();
    let connu = contexte.connu_le.map(|jour| format!(", connu le {}", fr(jour))).unwrap_or_default();
    format!(
        "{campagne}section 3, du {} au {}, arrêté au {}{connu} (référentiel {})",
        fr(periode.du),
        fr(periode.au),
        fr(periode.arrete),
        contexte.referentiel.nom
    )
}

/// Below this width, the labels would be broken letter by letter: how the delays were kept goes in a
/// table of its own.
const LARGEUR_D_UN_SEUL_TENANT: u16 = 110;
/// Columns of [`ENTETES`] that say how the delays were kept.
const DELAIS: std::ops::Range<usize> = 5..9;

/// The table for a terminal, `largeur` columns wide (`None`: its own width), in colour or not.
#[must_use]
pub fn terminal(contexte: &Contexte<'_>, tableau: &Tableau<'_>, largeur: Option<u16>, couleur: bool) -> String {
    let (largeur_demandee, largeur) = (largeur, cadre(largeur, couleur).width());
    let titre = plie(&titre(contexte), largeur, "");
    let mut out = format!("{titre}\n{}", indicateurs(&tableau.indicateurs, largeur_demandee, couleur));
    for grille in grilles(contexte, tableau) {
        out.push_str(&format!("\n{}\n{}\n", grille.titre, grille.table(largeur_demandee, couleur)));
        for note in &grille.notes {
            out.push_str(&plie(note, largeur, "  "));
            out.push('\n');
        }
    }
    if !tableau.repartitions.is_empty() || !tableau.variantes.is_empty() {
        out.push('\n');
    }
    for remarque in remarques(contexte, tableau) {
        out.push_str(&plie(&format!("• {remarque}"), largeur, "  "));
        out.push('\n');
    }
    out
}

/// The indicators alone, as [`terminal`] shows them.
pub(crate) fn indicateurs(indicateurs: &[Indicateur], largeur: Option<u16>, couleur: bool) -> String {
    let mut table = cadre(largeur, couleur);
    let (largeur_demandee, largeur) = (largeur, table.width());
    let etroit = largeur.is_some_and(|largeur| largeur < LARGEUR_D_UN_SEUL_TENANT);
    let colonnes = if etroit { DELAIS.start } else { ENTETES.len() };
    table.set_header(&ENTETES[..colonnes]);
    let mut mesure = None;
    for indicateur in indicateurs {
        if mesure.replace(indicateur.definition.mesure) != Some(indicateur.definition.mesure) {
            let cell = Cell::new(indicateur.definition.mesure.libelle()).add_attribute(Attribute::Bold);
            table.add_row(vec![Cell::new(""), cell]);
        }
        let weakened = indicateur.motif.is_some();
        table.add_row(ligne(indicateur).into_iter().take(colonnes).enumerate().map(|(rank, text)| {
            let cell = Cell::new(text);
            let cell = if rank >= 2 { cell.set_alignment(CellAlignment::Right) } else { cell };
            if weakened && rank == 2 { cell.fg(Color::Red) } else { cell }
        }));
    }
    let mut out = format!("{table}\n");
    if etroit {
        let mut delais = cadre(largeur_demandee, couleur);
        delais.set_header(std::iter::once("Délais").chain(ENTETES[DELAIS].iter().copied()));
        for indicateur in indicateurs.iter().filter(|indicateur| indicateur.tenue.is_some()) {
            let cells = ligne(indicateur);
            delais.add_row(
                std::iter::once(Cell::new(&cells[0]))
                    .chain(cells[DELAIS].iter().map(|count| Cell::new(count).set_alignment(CellAlignment::Right))),
            );
        }
        out.push_str(&format!("{delais}\n"));
    }
    out
}

/// An empty table, `largeur` columns wide (`None`: that of the terminal).
pub(crate) fn cadre(largeur: Option<u16>, couleur: bool) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(largeur) = largeur {
        table.set_width(largeur);
    }
    if couleur {
        table.enforce_styling();
    }
    table
}

/// A sentence on lines of at most `largeur` characters; those after the first begin with `retrait`.
pub(super) fn plie(texte: &str, largeur: Option<u16>, retrait: &str) -> String {
    let Some(largeur) = largeur.map(usize::from) else { return texte.to_owned() };
    let mut out = String::new();
    let mut place = 0;
    for mot in texte.split(' ') {
        let longueur = mot.chars().count();
        if place > 0 && place + 1 + longueur > largeur {
            out.push('\n');
            out.push_str(retrait);
            place = retrait.chars().count();
        } else if place > 0 {
            out.push(' ');
            place += 1;
        }
        out.push_str(mot);
        place += longueur;
    }
    out
}

/// The table in markdown.
#[must_use]
pub fn markdown(contexte: &Contexte<'_>, tableau: &Tableau<'_>) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut out = format!("## {}\n\n", titre(contexte));
    out.push_str(&row(&ENTETES.map(str::to_owned)));
    out.push_str("|---|---|--:|--:|--:|--:|--:|--:|--:|\n");
    for indicateur in &tableau.indicateurs {
        out.push_str(&row(&ligne(indicateur)));
    }
    out.push_str("\n### Indicateurs complémentaires\n\n| Indicateur | Valeur |\n|---|--:|\n");
    for c in &tableau.complementaires {
        let caisse = c.caisse.as_deref().map(|nom| format!(" ({nom})")).unwrap_or_default();
        out.push_str(&format!("| {}{caisse} | {} |\n", c.libelle, complementaire(c)));
    }
    for grille in grilles(contexte, tableau) {
        out.push_str(&format!("\n### {}\n\n", grille.titre));
        let cells = |cells: &[String]| row(&cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>());
        out.push_str(&cells(&grille.entetes));
        out.push_str(&format!("|---|{}\n", "--:|".repeat(grille.entetes.len() - 1)));
        grille.lignes.iter().for_each(|ligne| out.push_str(&cells(ligne)));
        grille.notes.iter().for_each(|note| out.push_str(&format!("\n{note}\n")));
    }
    let remarques = remarques(contexte, tableau);
    if !remarques.is_empty() {
        out.push_str("\n### Remarques\n\n");
        remarques.iter().for_each(|remarque| out.push_str(&format!("- {remarque}\n")));
    }
    out
}

/// A table of its own beneath the twelve figures: the first cell of each line names it, the others
/// are figures.
struct Grille {
    titre: String,
    entetes: Vec<String>,
    lignes: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Grille {
    fn table(&self, largeur: Option<u16>, couleur: bool) -> Table {
        let mut table = cadre(largeur, couleur);
        table.set_header(&self.entetes);
        for ligne in &self.lignes {
            table.add_row(ligne.iter().enumerate().map(|(rang, texte)| {
                let cell = Cell::new(texte);
                if rang > 0 { cell.set_alignment(CellAlignment::Right) } else { cell }
            }));
        }
        table
    }
}

/// Marks a figure of the table that is not the sum of its parts.
const RECALCULE: &str = " *";

/// The splits asked for, then the other readings.
fn grilles(contexte: &Contexte<'_>, tableau: &Tableau<'_>) -> Vec<Grille> {
    let comptage = contexte.referentiel.lectures.comptage;
    let par_axe = tableau.repartitions.chunk_by(|a, b| a.axe == b.axe);
    let mut out: Vec<Grille> = par_axe
        .filter_map(|parts| Some((parts.first()?.axe, parts)))
        .flat_map(|(axe, parts)| [des_nombres(axe, parts, tableau, comptage), des_delais(axe, parts, tableau)])
        .collect();
    if !tableau.variantes.is_empty() {
        out.push(des_lectures(tableau));
    }
    out
}

/// The figures of each part, then those of the table.
fn des_nombres(axe: Axe, parts: &[Part], tableau: &Tableau<'_>, comptage: Comptage) -> Grille {
    let colonnes = parts.first().map_or(0, |part| part.indicateurs.len());
    let totaux = &tableau.indicateurs[..colonnes.min(tableau.indicateurs.len())];
    let ids = totaux.iter().map(|total| total.definition.id.to_owned());
    let mut lignes: Vec<Vec<String>> = parts
        .iter()
        .map(|part| {
            let figures = part.indicateurs.iter().map(|indicateur| figure(indicateur.valeur));
            std::iter::once(Affichable(&part.valeur).to_string()).chain(figures).collect()
        })
        .collect();
    let marque = |total: &Indicateur| {
        format!("{}{}", figure(total.valeur), if additif(total, comptage) { "" } else { RECALCULE })
    };
    lignes.push(std::iter::once("Ensemble".to_owned()).chain(totaux.iter().map(marque)).collect());
    let mut notes = Vec::new();
    if totaux.iter().any(|total| !additif(total, comptage)) {
        notes.push(
            "* Calculé sur l'ensemble, ou transmis par Pôle emploi : ce n'est pas la somme des lignes.".to_owned(),
        );
    }
    Grille {
        titre: format!("Répartition : {}", axe.libelle()),
        entetes: std::iter::once(axe.libelle().to_owned()).chain(ids).collect(),
        lignes,
        notes,
    }
}

/// The rate and the mean days of each part, for the figures that have a delay, then those of the
/// table, which are no sum.
fn des_delais(axe: Axe, parts: &[Part], tableau: &Tableau<'_>) -> Grille {
    let cells = |indicateurs: &[Indicateur], marque: &str| -> Vec<String> {
        let tenues = indicateurs.iter().filter_map(|indicateur| indicateur.tenue.as_ref());
        let paires = tenues.map(|t| [figure_en_pourcent(t.taux), figure_en_jours(t.repartition.moyenne_jours)]);
        paires.flatten().map(|figure| format!("{figure}{marque}")).collect()
    };
    let ids = tableau.indicateurs.iter().filter(|i| i.tenue.is_some()).map(|i| i.definition.id);
    let entetes = ids.flat_map(|id| [format!("{id} taux"), format!("{id} moyenne")]);
    let ligne = |nom: String, cells: Vec<String>| std::iter::once(nom).chain(cells).collect();
    let mut lignes: Vec<Vec<String>> =
        parts.iter().map(|part| ligne(Affichable(&part.valeur).to_string(), cells(&part.indicateurs, ""))).collect();
    lignes.push(ligne("Ensemble".to_owned(), cells(&tableau.indicateurs, RECALCULE)));
    Grille {
        titre: format!("Taux et délais : {}", axe.libelle()),
        entetes: std::iter::once(axe.libelle().to_owned()).chain(entetes).collect(),
        lignes,
        notes: vec!["* Calculé sur l'ensemble : un taux ou une moyenne ne s'additionne pas.".to_owned()],
    }
}

/// The figures under each other reading, with how far each is from the table. 3.2.2 to 3.2.6 depend on
/// none: they are said once.
fn des_lectures(tableau: &Tableau<'_>) -> Grille {
    let (bougent, restent) = tableau.indicateurs.split_at(DES_ENTREES.min(tableau.indicateurs.len()));
    let ids = bougent.iter().map(|i| i.definition.id.to_owned());
    let en_vigueur = bougent.iter().map(|i| figure(i.valeur));
    let mut lignes: Vec<Vec<String>> = vec![std::iter::once("(en vigueur)".to_owned()).chain(en_vigueur).collect()];
    lignes.extend(tableau.variantes.iter().map(|variante| {
        let ecarts = variante.ecarts(&tableau.indicateurs);
        let cells = variante.valeurs.iter().zip(ecarts).map(|((_, valeur), (_, ecart))| avec_ecart(*valeur, ecart));
        std::iter::once(variante.nom()).chain(cells.take(bougent.len())).collect()
    }));
    let communs: Vec<_> = restent.iter().map(|i| format!("{} {}", i.definition.id, figure(i.valeur))).collect();
    let mut notes = vec![format!("Les mêmes sous chaque lecture : {}.", communs.join(", "))];
    notes.extend(tableau.variantes.iter().map(|variante| format!("{} : {}.", variante.nom(), variante.texte)));
    Grille {
        titre: "Ce que donnerait chaque autre lecture, une à la fois".to_owned(),
        entetes: std::iter::once("Lecture".to_owned()).chain(ids).collect(),
        lignes,
        notes,
    }
}

/// A figure, with its difference when it moves.
pub(super) fn avec_ecart(valeur: Option<Valeur>, ecart: Option<f64>) -> String {
    match ecart {
        Some(ecart) if ecart != 0.0 => {
            let signe = if ecart > 0.0 { "+" } else { "" };
            format!("{} ({signe}{})", figure(valeur), nombre(ecart, usize::from(ecart.fract() != 0.0)))
        }
        _ => figure(valeur),
    }
}
