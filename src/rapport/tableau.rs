//! The table for people: on a terminal, one that can be read aloud in a meeting; in markdown, one
//! that can be pasted.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use super::{Contexte, complementaire, figure, figure_en_jours, figure_en_pourcent, fr, remarques};
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
    let mut table = cadre(largeur, couleur);
    let (largeur_demandee, largeur) = (largeur, table.width());
    let etroit = largeur.is_some_and(|largeur| largeur < LARGEUR_D_UN_SEUL_TENANT);
    let colonnes = if etroit { DELAIS.start } else { ENTETES.len() };
    table.set_header(&ENTETES[..colonnes]);
    let mut mesure = None;
    for indicateur in &tableau.indicateurs {
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
    let mut out = format!("{}\n{table}\n", plie(&titre(contexte), largeur, ""));
    if etroit {
        let mut delais = cadre(largeur_demandee, couleur);
        delais.set_header(std::iter::once("Délais").chain(ENTETES[DELAIS].iter().copied()));
        for indicateur in tableau.indicateurs.iter().filter(|indicateur| indicateur.tenue.is_some()) {
            let cells = ligne(indicateur);
            delais.add_row(
                std::iter::once(Cell::new(&cells[0]))
                    .chain(cells[DELAIS].iter().map(|count| Cell::new(count).set_alignment(CellAlignment::Right))),
            );
        }
        out.push_str(&format!("{delais}\n"));
    }
    for remarque in remarques(contexte, tableau) {
        out.push_str(&plie(&format!("• {remarque}"), largeur, "  "));
        out.push('\n');
    }
    out
}

/// An empty table, `largeur` columns wide (`None`: that of the terminal).
pub(super) fn cadre(largeur: Option<u16>, couleur: bool) -> Table {
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
    let remarques = remarques(contexte, tableau);
    if !remarques.is_empty() {
        out.push_str("\n### Remarques\n\n");
        remarques.iter().for_each(|remarque| out.push_str(&format!("- {remarque}\n")));
    }
    out
}
