//! The operational lists in the forms that people and programs read. Never a NIR.

use comfy_table::{Cell, CellAlignment, Color};
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::detail::{BLOC, Noms, noms_des, rediger};
use super::tableau::{cadre, plie};
use super::{cellule, fr, lectures_choisies};
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::evenements::Orientation;
use crate::journal::lecture::Designation;
use crate::journal::segment::MetaFlux;
use crate::listes::{Ligne, Liste, Question, remarques};
use crate::parcours::histoire::Histoire;
use crate::temps::Jour;

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
        out.sort_by(|(a, na), (b, nb)| {
            let cle = |ligne: &Ligne<'_>| (ligne.echeance, ligne.personne);
            (cle(a).0, &na.numdemrsa, &na.nom, &na.prenom, cle(a).1).cmp(&(
                cle(b).0,
                &nb.numdemrsa,
                &nb.nom,
                &nb.prenom,
                cle(b).1,
            ))
        });
        out
    }

    /// The cells of a line, in the order of [`ENTETES`], as they are.
    fn cellules(self, liste: &Liste<'_>, ligne: &Ligne<'_>, nom: &Designation) -> [String; 16] {
        let jour = |jour: Option<Jour>| jour.map(|jour| jour.to_string()).unwrap_or_default();
        let suivi = |champ: fn(&Orientation) -> &str| ligne.suivi.map(|o| champ(o).to_owned()).unwrap_or_default();
        let caisse = self.histoire.dossiers[ligne.dossier as usize].caisse;
        [
            liste.nom.code().to_owned(),
            nom.numdemrsa.clone(),
            nom.matricule.clone(),
            self.histoire.caisses[usize::from(caisse)].nom.clone(),
            nom.nom.clone(),
            nom.prenom.clone(),
            nom.date_naissance.clone(),
            jour(ligne.t0),
            jour(ligne.orientation.map(|o| o.date)),
            ligne.orientation.map(|o| o.organisme.to_owned()).unwrap_or_default(),
            suivi(|o| &o.structure),
            suivi(|o| &o.territoire),
            suivi(|o| &o.referent),
            ligne.echeance.to_string(),
            ligne.jours_restants.to_string(),
            ligne.texte(self.question.au),
        ]
    }

    /// The list as CSV: semicolons, a BOM, no formula.
    #[must_use]
    pub fn csv(self, liste: &Liste<'_>) -> Vec<u8> {
        let mut out = b"\xEF\xBB\xBF".to_vec();
        out.extend(rediger([ENTETES.map(str::to_owned)].into_iter()));
        let lignes = self.lignes(liste);
        let blocs: Vec<Vec<u8>> = lignes
            .par_chunks(BLOC)
            .map(|bloc| rediger(bloc.iter().map(|(l, nom)| self.ligne_csv(liste, l, nom))))
            .collect();
        out.extend(blocs.concat());
        out
    }

    fn ligne_csv(self, liste: &Liste<'_>, ligne: &Ligne<'_>, nom: &Designation) -> [String; 16] {
        let mut cells = self.cellules(liste, ligne, nom);
        for (entete, cell) in ENTETES.iter().zip(&mut cells) {
            // Below zero is a number, not a formula.
            if *entete != "jours_restants" {
                *cell = cellule(cell);
            }
        }
        cells
    }

    /// The list for programs. Keys are only ever added.
    #[must_use]
    pub fn json(self, liste: &Liste<'_>) -> Value {
        let lignes: Vec<Value> = self
            .lignes(liste)
            .into_iter()
            .map(|(ligne, nom)| {
                let cells = ENTETES.iter().zip(self.cellules(liste, ligne, nom));
                let valeur = |entete: &str, cell: String| match entete {
                    "jours_restants" => json!(ligne.jours_restants),
                    _ if cell.is_empty() => Value::Null,
                    _ => Value::String(cell),
                };
                Value::Object(
                    cells.map(|(entete, cell)| ((*entete).to_owned(), valeur(entete, cell))).collect::<Map<_, _>>(),
                )
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
            dire(&format!("Personne n'est dans cette liste au {}.", fr(self.question.au)), "");
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
        let passees = liste.lignes.iter().filter(|ligne| ligne.jours_restants < 0).count();
        let connu = if connu_le == au { String::new() } else { format!(", connu le {}", fr(*connu_le)) };
        format!(
            "{} ({}) au {}{connu} : {} ligne(s), dont {passees} d'échéance passée (référentiel {})",
            liste.nom.titre(),
            liste.nom.code(),
            fr(*au),
            liste.lignes.len(),
            referentiel.nom
        )
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
        ] = self.cellules(liste, ligne, nom);
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
