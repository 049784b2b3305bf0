//! The results of earlier years and the targets, which the department writes down once, in a CSV file.
//!
//! `pipelines/historique.csv` is an example of that file; docs/classeur.md says how to fill it.

use std::fmt;

use crate::indicateurs::Valeur;
use crate::indicateurs::catalogue::CATALOGUE;
use crate::systeme::Affichable;

/// A column of the official table other than that of the campaign.
///
/// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 9, section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colonne {
    /// What was reached, as the situation on 31 December 2018 or the result of 2019.
    Resultat,
    /// What was expected, as « attendu 2021 ».
    Attendu,
}

/// A figure of another year.
#[derive(Clone, Debug, PartialEq)]
pub struct Chiffre {
    /// Indicator, as `3.1.2`.
    pub indicateur: String,
    /// Year, or another period as the table names it (see [`premier_semestre`]).
    pub periode: String,
    /// Reached or expected.
    pub colonne: Colonne,
    /// The figure.
    pub valeur: Valeur,
    /// Whether it is a share of the indicator's own total (0.25 for 25 %), and not its count.
    pub en_part: bool,
    /// Where it comes from.
    pub source: String,
    /// Whether it is only an example, to be replaced by the department's own.
    pub exemple: bool,
}

/// The figures of other years.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Historique {
    /// One a cell, in the order of the file.
    pub chiffres: Vec<Chiffre>,
}

/// A first half of a year, as [`Chiffre::periode`] names it.
#[must_use]
pub fn premier_semestre(annee: i32) -> String {
    format!("1er semestre {annee}")
}

/// A mistake in the file. In French, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Faute {
    ligne: u64,
    colonne: &'static str,
    trouve: String,
    attendu: String,
}

/// Why the file cannot be read: every mistake, one a line. In French, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ErreurHistorique(Vec<Faute>);

/// Mistakes that a message shows.
const FAUTES_DITES: usize = 10;
/// Characters of a wrong value that a message shows.
const VALEUR_DITE: usize = 40;

impl fmt::Display for ErreurHistorique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "le fichier des années précédentes ne peut pas être lu :")?;
        for faute in self.0.iter().take(FAUTES_DITES) {
            let trouve: String = faute.trouve.chars().take(VALEUR_DITE).collect();
            write!(
                f,
                "\n  ligne {}, colonne « {} » : « {} », attendu {}",
                faute.ligne,
                faute.colonne,
                Affichable(&trouve),
                faute.attendu
            )?;
        }
        let reste = self.0.len().saturating_sub(FAUTES_DITES);
        if reste > 0 {
            write!(f, "\n  et {reste} autre(s). Corrigez celles-ci d'abord")?;
        }
        Ok(())
    }
}

/// The columns of the file, in any order.
const COLONNES: [&str; 6] = ["indicateur", "periode", "colonne", "valeur", "source", "exemple"];
/// The last one may be left out.
const FACULTATIVE: &str = "exemple";

/// The cells of a line, as they are written.
struct Ligne<'a> {
    numero: u64,
    cellules: [&'a str; COLONNES.len()],
}

impl Historique {
    /// Reads the file from its bytes: UTF-8, or Windows-1252 as older spreadsheets save it.
    ///
    /// # Errors
    /// A cell that is not understood.
    pub fn lire_octets(octets: &[u8]) -> Result<Self, ErreurHistorique> {
        match std::str::from_utf8(octets) {
            Ok(texte) => Self::lire(texte),
            Err(_) => Self::lire(&encoding_rs::WINDOWS_1252.decode(octets).0),
        }
    }

    /// Reads the text of the file.
    ///
    /// A line marked as an example gives way to the department's own line for the same cell.
    ///
    /// # Errors
    /// A cell that is not understood, or that is given twice.
    pub fn lire(texte: &str) -> Result<Self, ErreurHistorique> {
        let texte = texte.strip_prefix('\u{feff}').unwrap_or(texte);
        let mut rangs: Option<[Option<usize>; COLONNES.len()]> = None;
        let mut gardes: Vec<(u64, Chiffre)> = Vec::new();
        let mut fautes = Vec::new();
        for (numero, ligne) in (1..).zip(texte.lines()) {
            let record = cellules(ligne);
            // A spreadsheet that saved the file may have put a comment between quotes.
            if record.iter().all(str::is_empty) || record.get(0).is_some_and(|debut| debut.starts_with('#')) {
                continue;
            }
            let Some(rangs) = rangs else {
                rangs = Some(en_tete(&record, numero)?);
                continue;
            };
            let cellules = rangs.map(|rang| rang.and_then(|rang| record.get(rang)).unwrap_or_default());
            match (Ligne { numero, cellules }).chiffre() {
                Ok(Some(chiffre)) => fautes.extend(ajouter(&mut gardes, numero, chiffre)),
                Ok(None) => {}
                Err(faute) => fautes.push(faute),
            }
        }
        if rangs.is_none() {
            fautes.push(Faute {
                ligne: 1,
                colonne: COLONNES[0],
                trouve: String::new(),
                attendu: format!("une ligne d'en-tête : {}", COLONNES.join(";")),
            });
        }
        if !fautes.is_empty() {
            return Err(ErreurHistorique(fautes));
        }
        Ok(Self { chiffres: gardes.into_iter().map(|(_, chiffre)| chiffre).collect() })
    }

    /// The figure of an indicator for a period, when the department wrote one down.
    #[must_use]
    pub fn chiffre(&self, indicateur: &str, periode: &str, colonne: Colonne) -> Option<&Chiffre> {
        self.chiffres
            .iter()
            .find(|c| (c.indicateur.as_str(), c.periode.as_str(), c.colonne) == (indicateur, periode, colonne))
    }

    /// Whether nothing was written down.
    #[must_use]
    pub fn est_vide(&self) -> bool {
        self.chiffres.is_empty()
    }
}

/// The cells of a line of text.
fn cellules(ligne: &str) -> csv::StringRecord {
    let mut record = csv::StringRecord::new();
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b';').has_headers(false).trim(csv::Trim::All).from_reader(ligne.as_bytes());
    // In memory and in UTF-8, a line is always read.
    if let Err(error) = reader.read_record(&mut record) {
        tracing::error!(%error, "ligne non lue");
    }
    record
}

/// Where each column is.
fn en_tete(record: &csv::StringRecord, ligne: u64) -> Result<[Option<usize>; COLONNES.len()], ErreurHistorique> {
    let rangs = COLONNES.map(|nom| record.iter().position(|cellule| cellule.to_lowercase().replace('é', "e") == nom));
    let absentes = COLONNES.iter().zip(rangs).filter(|(nom, rang)| rang.is_none() && **nom != FACULTATIVE);
    let fautes: Vec<Faute> = absentes
        .map(|(nom, _)| Faute {
            ligne,
            colonne: nom,
            trouve: record.iter().collect::<Vec<_>>().join(";"),
            attendu: format!("une ligne d'en-tête, colonnes séparées par des points-virgules : {}", COLONNES.join(";")),
        })
        .collect();
    if fautes.is_empty() { Ok(rangs) } else { Err(ErreurHistorique(fautes)) }
}

/// Keeps a figure; the fault when the same cell is given twice by the department, or twice as an example.
fn ajouter(gardes: &mut Vec<(u64, Chiffre)>, numero: u64, chiffre: Chiffre) -> Option<Faute> {
    let cellule = |c: &Chiffre| (c.indicateur.clone(), c.periode.clone(), c.colonne);
    let Some((premiere, deja)) = gardes.iter_mut().find(|(_, deja)| cellule(deja) == cellule(&chiffre)) else {
        gardes.push((numero, chiffre));
        return None;
    };
    match (deja.exemple, chiffre.exemple) {
        (true, false) => (*premiere, *deja) = (numero, chiffre),
        (false, true) => {}
        _ => {
            return Some(Faute {
                ligne: numero,
                colonne: "indicateur",
                trouve: format!("{} {}", chiffre.indicateur, chiffre.periode),
                attendu: format!("une seule ligne pour cette case (déjà donnée ligne {premiere}) ; gardez la bonne"),
            });
        }
    }
    None
}

impl Ligne<'_> {
    fn faute(&self, rang: usize, attendu: impl Into<String>) -> Faute {
        Faute {
            ligne: self.numero,
            colonne: COLONNES[rang],
            trouve: self.cellules[rang].to_owned(),
            attendu: attendu.into(),
        }
    }

    /// The figure of the line; `None` when its cell is left empty.
    fn chiffre(&self) -> Result<Option<Chiffre>, Faute> {
        let [indicateur, periode, colonne, _, source, exemple] = self.cellules;
        if !CATALOGUE.iter().any(|definition| definition.id == indicateur) {
            return Err(self.faute(0, "le numéro d'un indicateur de la section 3, de 3.1.1 à 3.2.6"));
        }
        let periode =
            periode_lue(periode).ok_or_else(|| self.faute(1, "une année (2019) ou un premier semestre (2022-S1)"))?;
        let colonne = match colonne.to_lowercase().replace('é', "e").as_str() {
            "resultat" => Colonne::Resultat,
            "attendu" => Colonne::Attendu,
            _ => return Err(self.faute(2, "resultat ou attendu")),
        };
        let exemple = match exemple.to_lowercase().as_str() {
            "" | "non" | "0" => false,
            "oui" | "1" => true,
            _ => return Err(self.faute(5, "oui, non ou rien")),
        };
        let Some((valeur, en_part)) = self.valeur(indicateur)? else { return Ok(None) };
        if source.is_empty() {
            return Err(self.faute(4, "d'où vient le chiffre (rapport d'exécution, convention, texte)"));
        }
        let (indicateur, source) = (indicateur.to_owned(), source.to_owned());
        Ok(Some(Chiffre { indicateur, periode, colonne, valeur, en_part, source, exemple }))
    }

    /// The value, and whether it is a share.
    fn valeur(&self, indicateur: &str) -> Result<Option<(Valeur, bool)>, Faute> {
        const EN_PART: [&str; 3] = ["3.1.2", "3.1.4", "3.1.6"];
        const DECIMAUX: [&str; 2] = ["3.2.5", "3.2.6"];
        let texte = self.cellules[3];
        let nu: String = texte.chars().filter(|c| !c.is_whitespace()).collect();
        match nu.as_str() {
            "" | "n.d." => return Ok(None),
            "s." => return Ok(Some((Valeur::Masquee, false))),
            _ => {}
        }
        let attendu = match indicateur {
            id if EN_PART.contains(&id) => "un nombre entier (1234) ou un pourcentage (25 %)",
            id if DECIMAUX.contains(&id) => "un nombre (70 ou 33,5)",
            _ => "un nombre entier (1234)",
        };
        let faute = || self.faute(3, attendu);
        let (nombre, en_part) = match nu.strip_suffix('%') {
            Some(nombre) if EN_PART.contains(&indicateur) => (nombre, true),
            Some(_) => return Err(faute()),
            None => (nu.as_str(), false),
        };
        let plain = nombre.split(',').count() <= 2 && nombre.chars().all(|c| c.is_ascii_digit() || c == ',');
        let x: f64 = nombre.replace(',', ".").parse().ok().filter(|_| plain).ok_or_else(faute)?;
        if en_part {
            return if x <= 100.0 {
                Ok(Some((Valeur::Decimal((x * 100.0).round() / 10_000.0), true)))
            } else {
                Err(faute())
            };
        }
        if DECIMAUX.contains(&indicateur) {
            return Ok(Some((Valeur::Decimal(x), false)));
        }
        nombre.parse().map(|n| Some((Valeur::Entier(n), false))).map_err(|_| faute())
    }
}

/// The period as the table names it, from the ways in which it is written.
fn periode_lue(texte: &str) -> Option<String> {
    let annee = |texte: &str| {
        let annee: i32 = texte.trim().parse().ok().filter(|_| texte.trim().len() == 4)?;
        (2000..2100).contains(&annee).then_some(annee)
    };
    if let Some(annee) = annee(texte) {
        return Some(annee.to_string());
    }
    let texte = texte.to_lowercase();
    let semestre = texte
        .strip_suffix("-s1")
        .or_else(|| texte.strip_prefix("s1"))
        .or_else(|| texte.strip_prefix("1er semestre"))
        .or_else(|| texte.strip_prefix("1er sem."))?;
    annee(semestre).map(premier_semestre)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN_TETE: &str = "indicateur;periode;colonne;valeur;source;exemple\n";

    fn lire(lignes: &str) -> Result<Historique, String> {
        Historique::lire(&format!("{EN_TETE}{lignes}")).map_err(|error| error.to_string())
    }

    fn chiffre(lignes: &str, indicateur: &str, periode: &str, colonne: Colonne) -> Option<(Valeur, bool)> {
        let historique = lire(lignes).unwrap();
        historique.chiffre(indicateur, periode, colonne).map(|c| (c.valeur, c.en_part))
    }

    #[test]
    fn a_count_a_share_and_a_mean_are_read_as_french_spreadsheets_write_them() {
        let lignes = "3.1.1;2019;résultat;1 234;rapport 2019;\n3.1.2;2021;attendu;25,5 %;convention;non\n\
                      3.2.6;2020;resultat;33,5;Pôle emploi\n3.1.1;2022-S1;resultat;1\u{202f}000;bilan;\n\
                      3.1.3;2020;resultat;s.;rapport;\n3.1.5;2020;resultat;;;\n";
        use Colonne::{Attendu, Resultat};
        assert_eq!(chiffre(lignes, "3.1.1", "2019", Resultat), Some((Valeur::Entier(1234), false)));
        assert_eq!(chiffre(lignes, "3.1.2", "2021", Attendu), Some((Valeur::Decimal(0.255), true)));
        assert_eq!(chiffre(lignes, "3.2.6", "2020", Resultat), Some((Valeur::Decimal(33.5), false)));
        assert_eq!(chiffre(lignes, "3.1.1", "1er semestre 2022", Resultat), Some((Valeur::Entier(1000), false)));
        assert_eq!(chiffre(lignes, "3.1.3", "2020", Resultat), Some((Valeur::Masquee, false)));
        assert_eq!(chiffre(lignes, "3.1.5", "2020", Resultat), None, "an empty cell is not a zero");
        assert_eq!(chiffre(lignes, "3.1.2", "2021", Resultat), None, "what is expected is not what was reached");
    }

    #[test]
    fn a_mistake_says_its_line_its_column_what_was_found_and_what_was_expected() {
        let faute = |ligne: &str, dits: &[&str]| {
            let error = lire(&format!("# un commentaire\n{ligne}\n")).unwrap_err();
            for dit in dits.iter().chain(&["ligne 3"]) {
                assert!(error.contains(dit), "« {dit} » manque : {error}");
            }
        };
        faute("3.1.9;2019;resultat;1;x;", &["« indicateur »", "« 3.1.9 »", "de 3.1.1 à 3.2.6"]);
        faute("3.1.1;19;resultat;1;x;", &["« periode »", "« 19 »", "une année (2019)"]);
        faute("3.1.1;2019;cible;1;x;", &["« colonne »", "« cible »", "resultat ou attendu"]);
        faute("3.1.1;2019;resultat;12,5;x;", &["« valeur »", "« 12,5 »", "un nombre entier"]);
        faute("3.1.1;2019;resultat;50 %;x;", &["« valeur »", "un nombre entier (1234)"]);
        faute("3.1.2;2019;resultat;120 %;x;", &["« valeur »", "un pourcentage (25 %)"]);
        faute("3.1.1;2019;resultat;-3;x;", &["« valeur »"]);
        faute("3.2.5;2019;resultat;1,2,3;x;", &["« valeur »", "33,5"]);
        faute("3.1.1;2019;resultat;1;;", &["« source »", "d'où vient le chiffre"]);
        faute("3.1.1;2019;resultat;1;x;peut-être", &["« exemple »", "oui, non ou rien"]);
    }

    #[test]
    fn every_mistake_is_said_at_once() {
        let error = lire("3.1.9;2019;resultat;1;x;\n3.1.1;2019;resultat;un;x;\n").unwrap_err();
        assert!(error.contains("ligne 2") && error.contains("ligne 3"), "{error}");
    }

    #[test]
    fn a_file_without_its_header_says_which_columns_it_needs() {
        for texte in ["", "3.1.1;2019;resultat;1;x\n", "indicateur,periode,colonne,valeur,source\n"] {
            let error = Historique::lire(texte).unwrap_err().to_string();
            assert!(error.contains("indicateur;periode;colonne;valeur;source;exemple"), "{error}");
        }
    }

    #[test]
    fn the_departments_own_line_replaces_an_example_and_nothing_else() {
        let [exemple, sienne] = ["3.1.2;2021;attendu;100 %;annexe 8;oui\n", "3.1.2;2021;attendu;80 %;convention;non\n"];
        for lignes in [format!("{exemple}{sienne}"), format!("{sienne}{exemple}")] {
            let historique = lire(&lignes).unwrap();
            assert_eq!(historique.chiffres.len(), 1);
            assert_eq!((historique.chiffres[0].valeur, historique.chiffres[0].exemple), (Valeur::Decimal(0.8), false));
        }
        let error = lire(&format!("{sienne}{sienne}")).unwrap_err();
        assert!(error.contains("ligne 3") && error.contains("déjà donnée ligne 2"), "{error}");
    }

    #[test]
    fn a_file_saved_by_an_older_spreadsheet_is_read() {
        let texte = format!("\u{feff}{EN_TETE}3.1.1;2019;resultat;1234;exécution 2019;\n");
        let ansi = encoding_rs::WINDOWS_1252.encode(texte.trim_start_matches('\u{feff}')).0.into_owned();
        let (lu, attendu) =
            (Historique::lire_octets(&ansi).unwrap(), Historique::lire_octets(texte.as_bytes()).unwrap());
        assert_eq!(lu, attendu);
        assert_eq!(lu.chiffres[0].source, "exécution 2019");
    }

    /// Annexe 8, model action sheet: 0, 25, 60, 100 and 100 % of the new entrants oriented within a month.
    #[test]
    fn the_example_that_ships_is_read_and_every_line_of_it_is_an_example() {
        let livre = Historique::lire(include_str!("../pipelines/historique.csv")).unwrap();
        assert!(livre.chiffres.iter().all(|c| c.exemple && !c.source.is_empty()));
        let attendus: Vec<_> = (2018..=2022)
            .map(|annee| livre.chiffre("3.1.2", &annee.to_string(), Colonne::Attendu).unwrap().valeur)
            .collect();
        assert_eq!(attendus, [0.0, 0.25, 0.6, 1.0, 1.0].map(Valeur::Decimal));
    }
}
