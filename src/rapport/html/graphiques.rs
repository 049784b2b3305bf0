//! Charts: drawn as SVG by kuva, then given a name and a text for those who hear the page.

use std::sync::Arc;

use kuva::plot::legend::LegendPosition;
use kuva::plot::scatter::MarkerShape;
use kuva::plot::{LinePlot, ScatterPlot};
use kuva::render::annotations::{ReferenceLine, ShadedRegion};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;

/// A chart, with the sentence under it.
pub(super) struct Figure {
    pub svg: String,
    pub legende: String,
}

const LARGEUR: f64 = 760.0;
const HAUTEUR: f64 = 340.0;
const BLEU: &str = "#1f4e79";
const BRUN: &str = "#8a3b00";
const POLICE: &str = "system-ui, Liberation Sans, Arial, sans-serif";

/// Colours that hold on white, each with a mark and a line of its own: none is told by colour alone.
const SERIES: [(&str, MarkerShape, &str); 4] = [
    (BLEU, MarkerShape::Circle, ""),
    (BRUN, MarkerShape::Square, "8 4"),
    ("#3d6b21", MarkerShape::Triangle, "2 3"),
    ("#6a2c70", MarkerShape::Diamond, "8 3 2 3"),
];

/// A line of a chart: its name, and its height at each place of the axis.
pub(super) struct Serie {
    pub nom: &'static str,
    pub valeurs: Vec<Option<f64>>,
}

/// What is common to every chart.
fn cadre(plots: &[Plot]) -> Layout {
    Layout::auto_from_plots(plots)
        .with_width(LARGEUR)
        .with_height(HAUTEUR)
        .with_font_family(POLICE)
        .with_tick_size(13)
        .with_label_size(14)
        .with_body_size(13)
}

fn en_pourcent() -> TickFormat {
    TickFormat::Custom(Arc::new(|valeur| format!("{valeur:.0} %")))
}

/// How many days from a step of the axis to the next, so that there are about ten.
#[expect(clippy::cast_precision_loss, reason = "days")]
fn pas(jours: i64) -> f64 {
    let pas = [1, 2, 5, 7, 14, 30, 60, 90, 180];
    pas.into_iter().find(|pas| jours / pas <= 12).unwrap_or(365) as f64
}

/// A curve in percent, from day 0 to `jusqu_au`, its limit drawn from the first day of `limite` to the
/// last. By steps, unless it rises unseen from a point to the next.
#[expect(clippy::cast_precision_loss, reason = "days")]
pub(super) fn courbe(
    points: &[(i64, f64)],
    marches: bool,
    jusqu_au: i64,
    limite: Option<(i64, i64)>,
    ordonnee: &str,
) -> String {
    let mut trace = vec![(0.0, 0.0)];
    let mut hauteur = 0.0;
    for (jour, part) in points {
        if marches {
            trace.push((*jour as f64, hauteur));
        }
        hauteur = part * 100.0;
        trace.push((*jour as f64, hauteur));
    }
    trace.push((jusqu_au as f64, hauteur));
    let fin = jusqu_au.max(limite.map_or(0, |(_, tard)| tard + tard / 2)).max(1);
    let plots: Vec<Plot> = vec![LinePlot::new().with_data(trace).with_color(BLEU).with_stroke_width(2.5).into()];
    let mut layout = cadre(&plots)
        .with_x_axis_min(0.0)
        .with_x_axis_max(fin as f64)
        .with_x_tick_step(pas(fin))
        .with_y_axis_min(0.0)
        .with_y_axis_max(100.0)
        .with_y_tick_step(20.0)
        .with_y_tick_format(en_pourcent())
        .with_x_label("Jours depuis le début du délai")
        .with_y_label(ordonnee);
    if let Some((tot, tard)) = limite {
        if tot < tard {
            layout = layout.with_shaded_region(ShadedRegion::vertical(tot as f64, tard as f64).with_color(BRUN));
        }
        let trait_ = ReferenceLine::vertical(tard as f64).with_color(BRUN).with_stroke_width(2.0);
        layout = layout.with_reference_line(trait_.with_label("limite"));
    }
    kuva::render_to_svg(plots, layout)
}

/// Lines over the months. A month without a figure, or whose figure is hidden, breaks the line.
#[expect(clippy::cast_precision_loss, reason = "a rank among months")]
pub(super) fn lignes(mois: &[String], series: &[Serie], pourcent: bool, ordonnee: &str) -> String {
    let mut plots: Vec<Plot> = Vec::new();
    for (serie, (couleur, marque, tirets)) in series.iter().zip(SERIES) {
        let points: Vec<Option<(f64, f64)>> =
            serie.valeurs.iter().enumerate().map(|(rang, valeur)| Some((rang as f64, (*valeur)?))).collect();
        for suite in points.split(Option::is_none).filter(|suite| suite.len() > 1) {
            let ligne = LinePlot::new().with_data(suite.iter().flatten().copied()).with_color(couleur);
            let ligne = if tirets.is_empty() {
                ligne
            } else {
                ligne.with_line_style(kuva::plot::LineStyle::Custom(tirets.to_owned()))
            };
            plots.push(ligne.into());
        }
        let marques = ScatterPlot::new().with_data(points.into_iter().flatten()).with_color(couleur);
        plots.push(marques.with_marker(marque).with_size(4.5).with_legend(serie.nom).into());
    }
    let noms = mois.to_vec();
    let nom = move |rang: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank, never below 0")]
        let rang = rang.round().max(0.0) as usize;
        noms.get(rang).cloned().unwrap_or_default()
    };
    let plus_haut =
        if pourcent { 100.0 } else { series.iter().flat_map(|s| &s.valeurs).flatten().fold(4.0, plus_grand) };
    // Room for the marks that lie on an edge.
    let marge = plus_haut * 0.03;
    let format = if pourcent { en_pourcent() } else { TickFormat::Integer };
    let layout = cadre(&plots)
        .with_x_axis_min(-0.3)
        .with_x_axis_max(mois.len().saturating_sub(1) as f64 + 0.3)
        .with_x_tick_step(1.0)
        .with_x_tick_rotate(-45.0)
        .with_x_tick_format(TickFormat::Custom(Arc::new(nom)))
        .with_y_axis_min(-marge)
        .with_y_axis_max(plus_haut + marge)
        .with_y_tick_step(pas_entier(plus_haut))
        .with_y_tick_format(format)
        .with_y_label(ordonnee)
        .with_legend_position(LegendPosition::OutsideRightTop)
        .with_legend_box(false);
    kuva::render_to_svg(plots, layout)
}

fn plus_grand(a: f64, b: &f64) -> f64 {
    a.max(*b)
}

/// A whole step: 1, 2 or 5, then ten times more, so that the axis has about six.
fn pas_entier(plus_haut: f64) -> f64 {
    let mut dizaine = 1.0;
    loop {
        if let Some(pas) = [1.0, 2.0, 5.0].map(|pas| pas * dizaine).into_iter().find(|pas| plus_haut / pas <= 6.0) {
            return pas;
        }
        dizaine *= 10.0;
    }
}

/// The drawing with a name and a text of its own, as wide as its place, its identifiers unique in the
/// page.
pub(super) fn accessible(svg: &str, id: &str, titre: &str, description: &str) -> String {
    let svg = svg.replace("kuva-clip-", &format!("{id}-zone-"));
    let entete = svg.find('>').map_or(0, |fin| fin + 1);
    let contenu = svg.get(entete..).unwrap_or_default();
    // The stamp of the program that drew it.
    let contenu = contenu.split_once("-->").map_or(contenu, |(_, apres)| apres);
    let police = POLICE;
    let (titre, description) = (echapper(titre), echapper(description));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {LARGEUR} {HAUTEUR}\" role=\"img\" aria-labelledby=\"{id}-titre {id}-texte\" font-family=\"{police}\">\
         <title id=\"{id}-titre\">{titre}</title><desc id=\"{id}-texte\">{description}</desc>{contenu}"
    )
}

fn echapper(texte: &str) -> String {
    texte.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
