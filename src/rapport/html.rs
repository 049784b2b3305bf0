//! The report for people who decide: one file that holds everything, without a script nor anything
//! to fetch, that can be read on a screen, printed, or heard.
//!
//! What it shows is laid out in `templates/rapport.html`; the modules here only turn figures into
//! tables and charts. Every figure is written by the functions of [`super`], as in the other outputs.
//! The file is well-formed XML too, so that programs can read it back.

mod courbes;
mod graphiques;
mod indicateurs;
mod repartitions;
pub mod tables;

use askama::Template;
use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use self::courbes::{CourbeMontree, courbes};
use self::indicateurs::{chiffres, complementaires, completude, delais, historique};
pub use self::indicateurs::{ecrire as ecart_ecrit, lectures};
use self::repartitions::{Repartition, Tendance, repartitions, tendance};
pub use self::tables::Lien;
use self::tables::Table;
use super::{Commentaire, Contexte, Remise, fr, lectures_choisies, pourcent, remarques};
use crate::temps::Periode;

/// The sheet of style, held in the file.
const CSS: &str = include_str!("../../templates/rapport.css");

const TITRE: &str = "Section 3 : orienter et accompagner les bénéficiaires du RSA";

const DIFFUSION: &str = "Document à diffuser : les effectifs de moins de cinq personnes, et ceux qui permettraient de les retrouver, sont masqués et notés « s. ». Personne n'y est nommé.";
const INTERNE: &str = "Document interne : il montre tous les effectifs, même petits. Pour le transmettre hors du département, refaites-le avec --diffusion.";

#[derive(Template)]
#[template(path = "rapport.html")]
struct Page {
    titre: &'static str,
    css: &'static str,
    empreinte_css: String,
    version: &'static str,
    periode: String,
    demande: Vec<(&'static str, String)>,
    mention: &'static str,
    corps: Corps,
}

/// The report.
#[must_use]
pub fn html(remise: &Remise<'_>) -> String {
    let contexte = &remise.contexte;
    let page = Page {
        titre: TITRE,
        css: CSS,
        empreinte_css: base64::engine::general_purpose::STANDARD.encode(Sha256::digest(CSS)),
        version: env!("CARGO_PKG_VERSION"),
        periode: en_toutes_lettres(contexte.periode),
        demande: demande(contexte),
        mention: if contexte.diffusion { DIFFUSION } else { INTERNE },
        corps: corps(remise, |_| None),
    };
    #[expect(clippy::expect_used, reason = "only the memory it writes to could fail, whatever was read")]
    page.render().expect("a page of texts, written to memory")
}

/// The sections of the report, without the page around them, and the way to each.
#[derive(Debug)]
pub struct Corps {
    /// Identifier and heading of each section, in order.
    pub sommaire: Vec<(&'static str, &'static str)>,
    /// The sections, whose headings begin at the second level.
    pub html: String,
}

#[derive(Template)]
#[template(path = "rapport_sections.html")]
struct Sections<'a> {
    eloignement: String,
    chiffres: Table,
    complementaires: Table,
    remarques: Vec<String>,
    commentaires: &'a [Commentaire],
    tendance: Option<Tendance>,
    delais: Table,
    courbes: Vec<CourbeMontree>,
    repartitions: Vec<Repartition>,
    lectures: Option<Table>,
    historique: Option<indicateurs::Historique>,
    completude_phrase: String,
    completude: Option<Table>,
}

/// The sections of the report. `lien` tells where each of the twelve figures leads, if anywhere.
#[must_use]
pub fn corps(remise: &Remise<'_>, lien: impl Fn(&str) -> Option<Lien>) -> Corps {
    let Remise { contexte, tableau, .. } = remise;
    let comptage = contexte.referentiel.lectures.comptage;
    let mut chiffres = chiffres(tableau);
    for ligne in chiffres.groupes.iter_mut().flat_map(|groupe| &mut groupe.lignes) {
        if let Some(valeur) = ligne.cellules.first_mut() {
            valeur.lien = lien(&ligne.code);
        }
    }
    let sections = Sections {
        eloignement: pourcent(contexte.referentiel.eloignement(contexte.periode.au)),
        chiffres,
        complementaires: complementaires(tableau),
        remarques: remarques(contexte, tableau),
        commentaires: &remise.commentaires,
        tendance: tendance(tableau, comptage),
        delais: delais(tableau),
        courbes: courbes(remise),
        repartitions: repartitions(tableau, comptage),
        lectures: lectures(tableau),
        historique: historique(&remise.historique),
        completude_phrase: format!("{}.", contexte.completude.phrase()),
        completude: completude(contexte.completude),
    };
    let sommaire = [
        (true, "chiffres", "Les douze chiffres"),
        (true, "a-savoir", "À savoir"),
        (!sections.commentaires.is_empty(), "commentaires", "Commentaires"),
        (sections.tendance.is_some(), "tendance", "Mois par mois"),
        (true, "delais", "Les délais"),
        (!sections.repartitions.is_empty(), "repartitions", "Répartitions"),
        (sections.lectures.is_some(), "lectures", "Autres lectures"),
        (sections.historique.is_some(), "historique", "Années précédentes"),
        (true, "completude", "Complétude"),
    ];
    #[expect(clippy::expect_used, reason = "only the memory it writes to could fail, whatever was read")]
    let html = sections.render().expect("sections of texts, written to memory");
    let presentes = sommaire.into_iter().filter(|(presente, ..)| *presente);
    Corps { sommaire: presentes.map(|(_, ancre, titre)| (ancre, titre)).collect(), html }
}

/// A period, said.
#[must_use]
pub fn en_toutes_lettres(periode: Periode) -> String {
    format!("du {} au {}", fr(periode.du), fr(periode.au))
}

/// What was asked, recalled at the top.
#[must_use]
pub fn demande(contexte: &Contexte<'_>) -> Vec<(&'static str, String)> {
    let Contexte { campagne, periode, connu_le, referentiel, .. } = contexte;
    let mut out = Vec::new();
    out.extend(campagne.map(|nom| ("Campagne", nom.to_owned())));
    out.push(("Période", en_toutes_lettres(*periode)));
    out.push(("Arrêté au", fr(periode.arrete)));
    out.extend(connu_le.map(|jour| ("Connu le", fr(jour))));
    out.push(("Référentiel", referentiel.nom.clone()));
    let lectures = lectures_choisies(referentiel);
    if !lectures.is_empty() {
        out.push(("Lectures", lectures.join(", ")));
    }
    out
}

#[cfg(test)]
mod tests;
