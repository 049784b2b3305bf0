//! The table for people: on a terminal, one that can be read aloud in a meeting; in markdown, one
//! that can be pasted.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use super::{Contexte, figure, nombre, pourcent, remarques};
use crate::indicateurs::{Indicateur, Tableau};

const ENTETES: [&str; 9] =
    ["", "Indicateur", "Valeur", "Taux", "Moyenne", "Dans les délais", "Hors délai", "En cours", "Échus"];

/// The cells of a line, in the order of [`ENTETES`].
fn ligne(indicateur: &Indicateur) -> [String; 9] {
    let definition = indicateur.definition;
    let mut out = [
        definition.id.to_owned(),
        definition.libelle.to_owned(),
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
        out[3] = tenue.taux.map_or_else(|| "n.d.".to_owned(), pourcent);
        out[4] = r.moyenne_jours.map_or_else(|| "n.d.".to_owned(), |jours| format!("{} j", nombre(jours, 1)));
        let counts = [r.dans_les_delais, r.hors_delai, r.en_cours, r.echus];
        out[5..].iter_mut().zip(counts).for_each(|(cell, n)| *cell = n.to_string());
    }
    out
}

fn titre(contexte: &Contexte<'_>) -> String {
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

/// A day as a French reader writes it.
fn fr(jour: crate::temps::Jour) -> String {
    jour.date().format("%d/%m/%Y").to_string()
}

/// The table for a terminal, `largeur` columns wide (`None`: its own width), in colour or not.
#[must_use]
pub fn terminal(contexte: &Contexte<'_>, tableau: &Tableau<'_>, largeur: Option<u16>, couleur: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(largeur) = largeur {
        table.set_width(largeur);
    }
    table.set_header(ENTETES);
    if couleur {
        table.enforce_styling();
    }
    let mut mesure = None;
    for indicateur in &tableau.indicateurs {
        if mesure.replace(indicateur.definition.mesure) != Some(indicateur.definition.mesure) {
            let cell = Cell::new(indicateur.definition.mesure.libelle()).add_attribute(Attribute::Bold);
            table.add_row(vec![Cell::new(""), cell]);
        }
        let weakened = indicateur.motif.is_some();
        table.add_row(ligne(indicateur).into_iter().enumerate().map(|(rank, text)| {
            let cell = Cell::new(text);
            let cell = if rank >= 2 { cell.set_alignment(CellAlignment::Right) } else { cell };
            if weakened && rank == 2 { cell.fg(Color::Red) } else { cell }
        }));
    }
    let mut out = format!("{}\n{table}\n", titre(contexte));
    for remarque in remarques(contexte, tableau) {
        out.push_str(&format!("• {remarque}\n"));
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
        let share = c.code.starts_with("taux") || c.code.starts_with("part") || c.code.starts_with("sorties");
        let valeur = c.valeur.map_or_else(
            || "n.d.".to_owned(),
            |x| if share { pourcent(x) } else { nombre(x, usize::from(x.fract() != 0.0)) },
        );
        out.push_str(&format!("| {}{caisse} | {valeur} |\n", c.libelle));
    }
    let remarques = remarques(contexte, tableau);
    if !remarques.is_empty() {
        out.push_str("\n### Remarques\n\n");
        remarques.iter().for_each(|remarque| out.push_str(&format!("- {remarque}\n")));
    }
    out
}
