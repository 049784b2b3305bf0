//! The operational lists in the forms that people and programs read. Never a NIR.

use comfy_table::{Cell, CellAlignment, Color};
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::classeur::ErreurClasseur;
use super::detail::{BLOC, Cellule, Noms, noms_des, ordre, rediger};
use super::tableau::{cadre, plie};
use super::{fr, lectures_choisies};
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::evenements::Orientation;
use crate::journal::lecture::Designation;
use crate::journal::segment::MetaFlux;
use crate::listes::{Ligne, Liste, Question, remarques};
use crate::parcours::histoire::Histoire;

mod feuilles;

/// The columns. They are only ever added at the end: other programs read these files.
pub const ENTETES: [&str; 16] = [
    "liste",
    "numdemrsa",
    "matricule",
    "caisse",
    "nom",
    "prenom",
    "date_naissance",
    "t0",
    "date_orientation",
    "organisme",
    "structure",
    "territoire",
    "referent",
    "echeance",
    "jours_restants",
    "manque",
];

/// The cells of a line, in the order of [`ENTETES`].
pub type Cellules = [Cellule; ENTETES.len()];

/// The names of the people of some lists, read segment by segment.
///
/// # Errors
/// A damaged segment.
pub fn noms(histoire: &Histoire, segments: &[Segment<MetaFlux>], listes: &[Liste<'_>]) -> Result<Noms, ErreurDepot> {
    let sources = listes.iter().flat_map(|liste| liste.lignes.iter().map(|ligne| ligne.source));
    noms_des(histoire, segments, sources)
}

/// What the forms of a list share.
#[derive(Clone, Copy)]
pub struct Contexte<'a> {
    /// Everything that was known.
    pub histoire: &'a Histoire,
    /// What was asked.
    pub question: &'a Question<'a>,
    /// The names of the people of the list.
    pub noms: &'a Noms,
}

impl<'a> Contexte<'a> {
    /// The lines by deadline, NUMDEMRSA and name, most urgent first.
    #[must_use]
    pub fn lignes(self, liste: &'a Liste<'a>) -> Vec<(&'a Ligne<'a>, &'a Designation)> {
        let mut out: Vec<(&Ligne<'_>, &Designation)> =
            liste.lignes.iter().filter_map(|ligne| Some((ligne, self.noms.get(&ligne.source)?))).collect();
        out.sort_by(|(a, na), (b, nb)| ordre(a.echeance, na, a.personne).cmp(&ordre(b.echeance, nb, b.personne)));
        out
    }

    /// The cells of a line.
    #[must_use]
    pub fn cellules(self, liste: &Liste<'_>, ligne: &Ligne<'_>, nom: &Designation) -> Cellules {
        let (texte, jour) = (Cellule::texte, Cellule::jour);
        let suivi = |champ: fn(&Orientation) -> &str| texte(ligne.suivi.map_or("", champ));
        let caisse = self.histoire.dossiers[ligne.dossier as usize].caisse;
        [
            texte(liste.nom.code()),
            texte(&nom.numdemrsa),
            texte(&nom.matricule),
            texte(&self.histoire.caisses[usize::from(caisse)].nom),
            texte(&nom.nom),
            texte(&nom.prenom),
            Cellule::date(&nom.date_naissance),
            jour(ligne.t0),
            jour(ligne.orientation.map(|o| o.date)),
            texte(ligne.orientation.map_or("", |o| o.organisme)),
            suivi(|o| &o.structure),
            suivi(|o| &o.territoire),
            suivi(|o| &o.referent),
            jour(Some(ligne.echeance)),
            Cellule::Nombre(ligne.jours_restants),
            texte(&ligne.texte(self.question.au)),
        ]
    }

    /// The list as CSV: semicolons, a BOM, no formula.
    #[must_use]
    pub fn csv(self, liste: &Liste<'_>) -> Vec<u8> {
        let mut out = b"\xEF\xBB\xBF".to_vec();
        out.extend(rediger(std::iter::once(ENTETES.map(Cellule::texte))));
        let lignes = self.lignes(liste);
        let blocs: Vec<Vec<u8>> = lignes
            .par_chunks(BLOC)
            .map(|bloc| rediger(bloc.iter().map(|(ligne, nom)| self.cellules(liste, ligne, nom))))
            .collect();
        out.extend(blocs.concat());
        out
    }

    /// The list as a workbook: a summary, then one sheet a territory.
    ///
    /// # Errors
    /// Too many people for a sheet.
    pub fn xlsx(self, liste: &Liste<'_>) -> Result<Vec<u8>, ErreurClasseur> {
        feuilles::classeur(self, liste)
    }

    /// The list for programs. Keys are only ever added.
    #[must_use]
    pub fn json(self, liste: &Liste<'_>) -> Value {
        let lignes: Vec<Value> = self
            .lignes(liste)
            .into_iter()
            .map(|(ligne, nom)| {
                let valeur = |cellule: &Cellule| match cellule {
                    Cellule::Vide => Value::Null,
                    Cellule::Nombre(n) => json!(n),
                    autre => Value::String(autre.brut()),
                };
                let cells = self.cellules(liste, ligne, nom);
                let paires = ENTETES.iter().zip(&cells).map(|(entete, cell)| ((*entete).to_owned(), valeur(cell)));
                Value::Object(paires.collect::<Map<_, _>>())
            })
            .collect();
        json!({
            "liste": liste.nom.code(),
            "titre": liste.nom.titre(),
            "regle": liste.nom.regle(),
            "au": self.question.au.to_string(),
            "connu_le": self.question.connu_le.to_string(),
            "referentiel": self.question.referentiel.nom,
            "lectures_choisies": lectures_choisies(self.question.referentiel),
            "filtre": {"territoire": liste.filtre.territoire, "structure": liste.filtre.structure},
            "nombre": lignes.len(),
            "remarques": remarques(self.histoire, self.question),
            "lignes": lignes,
        })
    }

    /// The list for people: its rule, then its lines, then what it rests on.
    #[must_use]
    pub fn table(self, liste: &Liste<'_>, largeur: Option<u16>, couleur: bool) -> String {
        let mut table = cadre(largeur, couleur);
        let largeur = table.width();
        let mut out = String::new();
        let mut dire = |phrase: &str, retrait: &str| {
            out.push_str(&plie(phrase, largeur, retrait));
            out.push('\n');
        };
        dire(&self.titre(liste), "");
        dire(liste.nom.regle(), "");
        let lectures = lectures_choisies(self.question.referentiel);
        if !lectures.is_empty() {
            dire(&format!("Lectures autres que celles du guide : {}.", lectures.join(", ")), "");
        }
        if liste.lignes.is_empty() {
            dire(&self.vide(liste), "");
        } else {
            table.set_header([
                "Échéance",
                "Jours",
                "Dossier",
                "Personne",
                "Entrée",
                "Orientation",
                "Suivi par",
                "Il manque",
            ]);
            for (ligne, nom) in self.lignes(liste) {
                let jours = Cell::new(ligne.jours_restants).set_alignment(CellAlignment::Right);
                let jours = if ligne.jours_restants < 0 { jours.fg(Color::Red) } else { jours };
                let [echeance, dossier, personne, entree, orientation, suivi, manque] =
                    self.colonnes(liste, ligne, nom).map(|texte| Cell::new(lisible(&texte)));
                table.add_row([echeance, jours, dossier, personne, entree, orientation, suivi, manque]);
            }
            out.push_str(&format!("{table}\n"));
        }
        for remarque in remarques(self.histoire, self.question) {
            out.push_str(&plie(&format!("• {remarque}"), largeur, "  "));
            out.push('\n');
        }
        out
    }

    /// How many people, on which day, and how many are late.
    fn titre(self, liste: &Liste<'_>) -> String {
        let Question { au, connu_le, referentiel } = self.question;
        let connu = if connu_le == au { String::new() } else { format!(", connu le {}", fr(*connu_le)) };
        format!(
            "{} ({}) au {}{connu}{} : {} ligne(s), dont {} d'échéance passée (référentiel {})",
            liste.nom.titre(),
            liste.nom.code(),
            fr(*au),
            liste.filtre.phrase(),
            liste.lignes.len(),
            liste.passees(),
            referentiel.nom
        )
    }

    /// That nobody is on the list.
    fn vide(self, liste: &Liste<'_>) -> String {
        format!("Personne n'est dans cette liste au {}{}.", fr(self.question.au), liste.filtre.phrase())
    }

    /// What the screen shows of a line, the days apart.
    fn colonnes(self, liste: &Liste<'_>, ligne: &Ligne<'_>, nom: &Designation) -> [String; 7] {
        let [
            _,
            numdemrsa,
            _,
            caisse,
            nom,
            prenom,
            naissance,
            t0,
            date,
            organisme,
            structure,
            territoire,
            referent,
            echeance,
            _,
            manque,
        ] = self.cellules(liste, ligne, nom).each_ref().map(Cellule::brut);
        let suite =
            |textes: [String; 3]| textes.into_iter().filter(|texte| !texte.is_empty()).collect::<Vec<_>>().join(", ");
        [
            echeance,
            format!("{numdemrsa} {caisse}"),
            format!("{nom} {prenom} {naissance}"),
            t0,
            format!("{date} {organisme}"),
            suite([structure, territoire, referent]),
            manque,
        ]
    }
}

/// A text that nothing can make act upon the terminal.
fn lisible(texte: &str) -> String {
    texte.trim().replace(char::is_control, " ")
}
