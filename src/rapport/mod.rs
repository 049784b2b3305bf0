//! The table in the forms that people and programs read, and the list of people behind it.

pub mod annexe9;
pub mod classeur;
pub mod commentaires;
pub mod csv;
pub mod detail;
pub mod execution;
pub mod explication;
pub mod html;
pub mod json;
pub mod liste;
pub mod pays;
pub mod previsions;
pub mod qualite;
pub mod referentiel;
pub mod tableau;

use std::borrow::Cow;

use crate::historique::{Colonne, Historique};
use crate::indicateurs::complementaires::Complementaire;
use crate::indicateurs::courbes::Courbe;
use crate::indicateurs::diffusion::secret::SEUIL;
use crate::indicateurs::diffusion::{compte, masquer, masques, trop_peu};
use crate::indicateurs::{Indicateur, Tableau, Valeur};
use crate::qualite::Completude;
use crate::referentiel::{Lectures, Mot, Referentiel};
pub use crate::systeme::cellule;
use crate::temps::{Jour, Periode};

/// What a table was asked for, as the outputs recall it.
#[derive(Clone, Copy, Debug)]
pub struct Contexte<'a> {
    /// Name of the campaign, when one was asked.
    pub campagne: Option<&'a str>,
    /// The period.
    pub periode: Periode,
    /// The day whose knowledge was asked.
    pub connu_le: Option<Jour>,
    /// Parameters and readings.
    pub referentiel: &'a Referentiel,
    /// What the flux of the period lack.
    pub completude: &'a Completude,
    /// Whether the table is meant to leave the department: small figures are hidden, nobody is named.
    pub diffusion: bool,
}

/// Everything that is handed in, ready to be written in any form.
#[derive(Clone, Debug)]
pub struct Remise<'a> {
    /// What was asked for.
    pub contexte: Contexte<'a>,
    /// The figures, their splits and their other readings.
    pub tableau: Tableau<'a>,
    /// The results of earlier years and the targets that the department wrote down.
    pub historique: Historique,
    /// How each delay is kept, day after day.
    pub courbes: Vec<Courbe>,
    /// The comments that the guide asks for.
    pub commentaires: Vec<Commentaire>,
}

impl Remise<'_> {
    /// Makes it fit to leave the department: hides what is about too few people or would tell it, takes
    /// away the entries, and the curves whose days would tell it. The comments are written from what is
    /// left.
    pub fn diffuser(&mut self) {
        masquer(&mut self.tableau);
        self.courbes.retain(|courbe| courbe_diffusable(&self.tableau, courbe.indicateur));
        for chiffre in &mut self.historique.chiffres {
            chiffre.valeur = resultat_diffuse(chiffre.colonne, chiffre.valeur);
        }
        self.contexte.diffusion = true;
    }
}

/// A figure of another year as it may leave: what was expected is about nobody.
fn resultat_diffuse(colonne: Colonne, valeur: Valeur) -> Valeur {
    let petit = colonne == Colonne::Resultat && valeur.entier().is_some_and(trop_peu);
    if petit { Valeur::Masquee } else { valeur }
}

/// Whether the curve of an indicator may leave: nothing is hidden of its split, and its population is
/// large enough for a share to the nearest hundredth to be worth five people.
fn courbe_diffusable(tableau: &Tableau<'_>, id: &str) -> bool {
    let indicateur = tableau.indicateurs.iter().find(|indicateur| indicateur.definition.id == id);
    let tenue = indicateur.filter(|indicateur| masques(indicateur).is_empty()).and_then(|i| i.tenue.as_ref());
    tenue.is_some_and(|tenue| {
        let r = &tenue.repartition;
        let population =
            [r.dans_les_delais, r.hors_delai, r.en_cours, r.echus].iter().filter_map(|n| n.entier()).sum::<u64>();
        population >= 100 * SEUIL
    })
}

/// A comment that goes with the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commentaire {
    /// What it is about, as a heading.
    pub titre: Cow<'static, str>,
    /// Indicators that it explains; none when it is about the whole table.
    pub indicateurs: Vec<&'static str>,
    /// Its paragraphs. In French, ready to be pasted.
    pub paragraphes: Vec<String>,
    /// Whether the text asks the department to justify or complete it by hand.
    pub a_completer: bool,
}

/// A number as a French reader writes it.
#[must_use]
pub fn nombre(valeur: f64, decimales: usize) -> String {
    format!("{valeur:.decimales$}").replace('.', ",")
}

/// A share as a percentage with one decimal, rounded half up on its four decimals.
#[must_use]
pub fn pourcent(part: f64) -> String {
    // The share has at most four decimals: in ten thousandths it is whole.
    #[expect(clippy::cast_possible_truncation, reason = "a share of a table, far below 2^53")]
    let ten_thousandths = (part * 10_000.0).round() as i64;
    let tenths = (ten_thousandths + 5).div_euclid(10);
    format!("{},{} %", tenths / 10, tenths % 10)
}

/// Stands for a figure that is hidden (*secret*), in what is meant to leave the department.
pub const SECRET: &str = "s.";
/// Stands for a figure that cannot be computed.
pub const NON_DISPONIBLE: &str = "n.d.";

/// A figure as it is shown; « n.d. » when it cannot be computed, never 0.
#[must_use]
pub fn figure(valeur: Option<Valeur>) -> String {
    match valeur {
        None => NON_DISPONIBLE.to_owned(),
        Some(Valeur::Masquee) => SECRET.to_owned(),
        Some(Valeur::Entier(n)) => n.to_string(),
        // Ours have one decimal; a figure that was reported is shown as it was given.
        Some(Valeur::Decimal(x)) => {
            let written = x.to_string();
            nombre(x, written.split_once('.').map_or(1, |(_, decimals)| decimals.len().max(1)))
        }
    }
}

/// A share as it is shown.
#[must_use]
pub fn figure_en_pourcent(part: Option<Valeur>) -> String {
    part.and_then(Valeur::nombre).map_or_else(|| figure(part), pourcent)
}

/// A number of days as it is shown.
#[must_use]
pub fn figure_en_jours(jours: Option<Valeur>) -> String {
    jours.and_then(Valeur::nombre).map_or_else(|| figure(jours), |n| format!("{} j", nombre(n, 1)))
}

/// A figure that stands beside the table, as it is shown.
#[must_use]
pub fn complementaire(c: &Complementaire) -> String {
    if c.est_une_part() {
        return figure_en_pourcent(c.valeur);
    }
    c.valeur.and_then(Valeur::nombre).map_or_else(|| figure(c.valeur), |x| nombre(x, usize::from(x.fract() != 0.0)))
}

/// A day as a French reader writes it.
#[must_use]
pub fn fr(jour: Jour) -> String {
    jour.date().format("%d/%m/%Y").to_string()
}

/// The readings that are not those of the guide, as `switch=valeur`.
#[must_use]
pub fn lectures_choisies(referentiel: &Referentiel) -> Vec<String> {
    let defaut = Lectures::default().choisies();
    let choisies = referentiel.lectures.choisies();
    choisies
        .into_iter()
        .zip(defaut)
        .filter(|((_, valeur), (_, defaut))| valeur != defaut)
        .map(|((cle, valeur), _)| format!("{cle}={valeur}"))
        .collect()
}

/// After what an orientation is late, in a word: the month of 2022, or the delay that replaced it.
fn apres_le(referentiel: &Referentiel, periode: &Periode) -> &'static str {
    if delai_change(referentiel, periode, "delai_orientation") { "délai" } else { "mois" }
}

/// Whether a delay of the table is no longer what the form of 2022 says, on the last day of the period.
fn delai_change(referentiel: &Referentiel, periode: &Periode, parametre: &str) -> bool {
    referentiel.nouvelle_regle(parametre, periode.au).is_some()
}

/// What must be said with the table, one sentence a line, the most important first.
#[must_use]
pub fn remarques(contexte: &Contexte<'_>, tableau: &Tableau<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let motifs = tableau.indicateurs.iter().filter_map(|i| Some((i.definition.id, i.motif.as_deref()?)));
    out.extend(motifs.map(|(id, motif)| format!("{id} : {motif}.")));
    out.push(format!("{}.", contexte.completude.phrase()));
    for indicateur in &tableau.indicateurs {
        if tableau.qualite.fichiers > 0 {
            out.extend(remarque_entrants(indicateur));
        }
        if let Some(calculee) = indicateur.valeur_calculee {
            out.push(format!(
                "{} : chiffre transmis par {} ; jalon calcule {} de son côté.",
                indicateur.definition.id,
                contexte.referentiel.mot(Mot::PoleEmploi, contexte.periode.au),
                figure(calculee)
            ));
        }
        if let Some(tenue) = &indicateur.tenue {
            if tenue.repartition.hors_champ != Valeur::Entier(0) {
                out.push(format!(
                    "{} : {} personne(s) orientée(s) hors {} après le {} sont hors du champ de ce délai ; leurs rendez-vous comptent dans le total.",
                    indicateur.definition.id,
                    figure(Some(tenue.repartition.hors_champ)),
                    contexte.referentiel.mot(Mot::PoleEmploi, contexte.periode.au),
                    apres_le(contexte.referentiel, &contexte.periode)
                ));
            }
            let oui = |eloigne: Option<bool>| eloigne == Some(true);
            if oui(tenue.eloigne_note_2) || oui(tenue.eloigne_annexe_5) {
                let lectures =
                    [(tenue.eloigne_note_2, "note 2 de l'instruction"), (tenue.eloigne_annexe_5, "annexe 5")];
                let selon: Vec<_> = lectures.iter().filter(|(e, _)| oui(*e)).map(|(_, nom)| *nom).collect();
                out.push(format!(
                    "{} : très éloigné de la cible de {}{} (selon {}), l'écart est à justifier.",
                    indicateur.definition.id,
                    tenue.cible.map_or_else(|| "100 %".to_owned(), pourcent),
                    if tenue.cible_exemple { ", un exemple" } else { "" },
                    selon.join(" et ")
                ));
            }
        }
    }
    let lectures = lectures_choisies(contexte.referentiel);
    if !lectures.is_empty() {
        out.push(format!("Lectures autres que celles du guide : {}.", lectures.join(", ")));
    }
    let qualite = &tableau.qualite;
    if !qualite.referentiel_couvre {
        out.push(format!(
            "Le référentiel « {} » ne couvre pas le début de la période : ses premières valeurs ont été employées.",
            contexte.referentiel.nom
        ));
    }
    if contexte.periode.au > contexte.referentiel.verifie_le {
        out.push(format!(
            "Le référentiel « {} » n'a pas été vérifié au-delà du {}.",
            contexte.referentiel.nom, contexte.referentiel.verifie_le
        ));
    }
    let dit = |n: u64| figure(Some(compte(n, contexte.diffusion)));
    for (genre, raison, n) in &qualite.en_attente {
        out.push(format!("{} événement(s) en attente dans {genre} : {}.", dit(*n), raison.libelle()));
    }
    if qualite.retours_sans_historique > 0 {
        out.push(format!(
            "{} retour(s) de personnes connues avant la première orientation enregistrée : leur suivi antérieur manque peut-être.",
            dit(qualite.retours_sans_historique)
        ));
    }
    if qualite.doutes.avec_et_sans_nir > 0 {
        out.push(format!("{} nom(s) vus avec et sans NIR, non rapprochés.", dit(qualite.doutes.avec_et_sans_nir)));
    }
    if qualite.doutes.deux_nir > 0 {
        out.push(format!("{} nom(s) avec deux NIR dans un même dossier.", dit(qualite.doutes.deux_nir)));
    }
    if !tableau.axes_retenus.is_empty() {
        let axes: Vec<_> = tableau.axes_retenus.iter().map(|axe| axe.libelle().to_lowercase()).collect();
        out.push(format!(
            "Répartitions non montrées, car il faudrait masquer un des douze chiffres de plus : {}.",
            axes.join(", ")
        ));
    }
    if contexte.diffusion {
        out.push(format!(
            "« {SECRET} » (secret) : chiffre de moins de {SEUIL} personnes, ou qui en donnerait un par différence."
        ));
    }
    out
}

/// What is always said beside 3.1.1.
fn remarque_entrants(indicateur: &Indicateur) -> Option<String> {
    let r = indicateur.remarques?;
    let entrees = figure(Some(r.entrees_de_ces_personnes));
    let multiples = match r.personnes_plusieurs_fois {
        Valeur::Entier(0) => "personne n'est compté plus d'une fois".to_owned(),
        Valeur::Entier(1) => format!("1 personne est comptée plus d'une fois ({entrees} entrées)"),
        n => format!("{} personnes sont comptées plus d'une fois ({entrees} entrées)", figure(Some(n))),
    };
    let rattacher = figure(Some(r.valeur_rattacher));
    let ecartees = match r.ecartees_orientation_anticipee {
        Valeur::Entier(0) => {
            "aucune entrée n'est écartée pour une orientation notifiée avant la réception du flux".to_owned()
        }
        Valeur::Entier(1) => format!(
            "1 entrée est écartée seulement par une orientation notifiée avant la réception du flux (3.1.1 avec elle : {rattacher})"
        ),
        n => format!(
            "{} entrées sont écartées seulement par une orientation notifiée avant la réception du flux (3.1.1 avec elles : {rattacher})",
            figure(Some(n))
        ),
    };
    Some(format!("{} : {multiples} ; {ecartees}.", indicateur.definition.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_rounded_half_up() {
        assert_eq!(pourcent(0.5), "50,0 %");
        assert_eq!(pourcent(0.6667), "66,7 %");
        assert_eq!(pourcent(0.0005), "0,1 %");
        assert_eq!(pourcent(1.0), "100,0 %");
    }

    #[test]
    fn a_figure_that_cannot_be_computed_is_never_zero() {
        assert_eq!(figure(None), "n.d.");
        assert_eq!(figure(Some(Valeur::Decimal(20.3))), "20,3");
        assert_eq!(figure(Some(Valeur::Decimal(35.0))), "35,0");
        assert_eq!(figure(Some(Valeur::Decimal(33.25))), "33,25");
    }
}
