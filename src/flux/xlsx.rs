//! Workbooks: each sheet is handed over as the text of a CSV file, one line a row, so that whoever
//! reads a CSV file reads a sheet, and a line number is a row number.

use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, Xlsx, XlsxError};

use crate::releves::Refus;

/// Bytes of a workbook on disk: it is held whole in memory.
const CLASSEUR_MAX: u64 = 64 << 20;
/// Bytes of its parts once decompressed, and of the text of a sheet.
const CONTENU_MAX: u64 = 1 << 30;
const TEXTE_MAX: usize = 128 << 20;
/// Parts of a workbook: some tens in practice.
const PARTIES_MAX: usize = 10_000;

/// A workbook, open.
pub struct Classeur(Xlsx<Cursor<Vec<u8>>>);

fn trop_grand(quoi: &str, limite: u64) -> Refus {
    Refus::whole(format!(
        "classeur trop grand ({quoi} de plus de {} Mio). Enregistrez la feuille en CSV UTF-8 et déposez le résultat",
        limite >> 20
    ))
}

fn illisible(raison: &str) -> Refus {
    Refus::whole(format!(
        "classeur illisible ({raison}). Ouvrez-le dans un tableur, enregistrez-le en XLSX ou en CSV UTF-8, et déposez le résultat"
    ))
}

fn du_lecteur(error: XlsxError) -> Refus {
    match error {
        XlsxError::Password => illisible("protégé par un mot de passe"),
        autre => illisible(&autre.to_string()),
    }
}

/// What a hostile workbook makes its reader do must not stop the other files.
fn protege<T>(lire: impl FnOnce() -> Result<T, Refus>) -> Result<T, Refus> {
    catch_unwind(AssertUnwindSafe(lire)).unwrap_or_else(|_| Err(illisible("sa structure est abîmée")))
}

impl Classeur {
    /// Whether a content may be a workbook: a zip archive, of a size that is read. A larger one is
    /// left to what is said of archives.
    #[must_use]
    pub fn commence(tete: &[u8], taille: u64) -> bool {
        tete.starts_with(b"PK\x03\x04") && taille <= CLASSEUR_MAX
    }

    /// Opens what must be a workbook.
    ///
    /// # Errors
    /// It is not one, or it is damaged or too large.
    pub fn lire(source: impl Read) -> Result<Self, Refus> {
        Self::ouvrir(source)?.ok_or_else(|| illisible("ce n'est pas un classeur XLSX"))
    }

    /// Opens a workbook; `None` when the archive holds something else.
    ///
    /// # Errors
    /// The file cannot be read, or the workbook is damaged or too large.
    pub fn ouvrir(source: impl Read) -> Result<Option<Self>, Refus> {
        let mut octets = Vec::new();
        source.take(CLASSEUR_MAX + 1).read_to_end(&mut octets)?;
        if octets.len() as u64 > CLASSEUR_MAX {
            return Err(trop_grand("fichier", CLASSEUR_MAX));
        }
        if !verifier_archive(&octets, CONTENU_MAX)? {
            return Ok(None);
        }
        protege(|| Xlsx::new(Cursor::new(octets)).map(|xlsx| Some(Self(xlsx))).map_err(du_lecteur))
    }

    /// The names of the sheets that hold cells, in the order of the workbook.
    #[must_use]
    pub fn feuilles(&self) -> Vec<String> {
        let feuilles = self.0.sheets_metadata().iter().filter(|feuille| feuille.typ == SheetType::WorkSheet);
        feuilles.map(|feuille| feuille.name.clone()).collect()
    }

    /// The text of a sheet: `;` between the cells, one line a row; or only its beginning, of at least
    /// `octets`, as whole lines.
    ///
    /// # Errors
    /// No such sheet, or one that is damaged or too large.
    pub fn texte(&mut self, feuille: &str, octets: Option<usize>) -> Result<Vec<u8>, Refus> {
        protege(|| {
            let mut lecteur = self.0.worksheet_cells_reader(feuille).map_err(du_lecteur)?;
            let mut texte = Texte::default();
            while let Some(cellule) = lecteur.next_cell().map_err(du_lecteur)? {
                let (ligne, colonne) = cellule.get_position();
                if octets.is_some_and(|octets| ligne > texte.ligne && texte.sortie.len() >= octets) {
                    break;
                }
                texte.cellule(ligne, colonne, &en_texte(cellule.get_value()))?;
            }
            texte.sortie.push(b'\n');
            Ok(texte.sortie)
        })
    }
}

/// Whether an archive is a workbook, once its parts have been decompressed and counted: a few bytes
/// can be made to hold a whole disk.
fn verifier_archive(octets: &[u8], contenu_max: u64) -> Result<bool, Refus> {
    let zip_illisible = |error: zip::result::ZipError| illisible(&format!("archive abîmée, {error}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(octets)).map_err(zip_illisible)?;
    if archive.index_for_name("xl/workbook.xml").is_none() {
        return Ok(false);
    }
    if archive.len() > PARTIES_MAX {
        return Err(illisible("trop de parties"));
    }
    let mut reste = contenu_max;
    for rang in 0..archive.len() {
        let partie = archive.by_index(rang).map_err(zip_illisible)?;
        let lus = io::copy(&mut partie.take(reste + 1), &mut io::sink())
            .map_err(|error| illisible(&format!("archive abîmée, {error}")))?;
        reste = reste.checked_sub(lus).ok_or_else(|| trop_grand("contenu", contenu_max))?;
    }
    Ok(true)
}

/// A sheet being written as text.
#[derive(Default)]
struct Texte {
    sortie: Vec<u8>,
    ligne: u32,
    colonne: u32,
}

impl Texte {
    fn cellule(&mut self, ligne: u32, colonne: u32, valeur: &str) -> Result<(), Refus> {
        if ligne < self.ligne || ligne == self.ligne && colonne < self.colonne {
            return Err(illisible("ses cellules ne sont pas dans l'ordre"));
        }
        if valeur.is_empty() {
            return Ok(());
        }
        if ligne > self.ligne {
            self.remplir(b'\n', ligne - self.ligne)?;
            (self.ligne, self.colonne) = (ligne, 0);
        }
        self.remplir(b';', colonne - self.colonne)?;
        self.colonne = colonne;
        if valeur.contains([';', '"']) {
            self.sortie.push(b'"');
            self.sortie.extend_from_slice(valeur.replace('"', "\"\"").as_bytes());
            self.sortie.push(b'"');
        } else {
            self.sortie.extend_from_slice(valeur.as_bytes());
        }
        Ok(())
    }

    /// The empty rows or cells before the next one.
    fn remplir(&mut self, octet: u8, fois: u32) -> Result<(), Refus> {
        let taille = self.sortie.len().saturating_add(fois as usize);
        if taille > TEXTE_MAX {
            return Err(trop_grand("feuille", TEXTE_MAX as u64));
        }
        self.sortie.resize(taille, octet);
        Ok(())
    }
}

/// A cell as a CSV file would have it: the value that the spreadsheet last computed, dates as
/// `AAAA-MM-JJ`, numbers without what a spreadsheet adds to them.
fn en_texte(valeur: &DataRef<'_>) -> String {
    match valeur {
        DataRef::Empty => String::new(),
        DataRef::String(texte) => sans_controle(texte),
        DataRef::SharedString(texte) => sans_controle(texte),
        DataRef::DateTimeIso(texte) | DataRef::DurationIso(texte) => sans_controle(texte),
        DataRef::Int(nombre) => nombre.to_string(),
        DataRef::Float(nombre) => nombre.to_string(),
        DataRef::Bool(vrai) => if *vrai { "oui" } else { "non" }.to_owned(),
        DataRef::DateTime(jour) => jour_en_texte(*jour),
        DataRef::Error(erreur) => erreur.to_string(),
    }
}

/// A line of text is a row: what would end it, or what no text holds, becomes a space.
fn sans_controle(texte: &str) -> String {
    texte.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn jour_en_texte(jour: ExcelDateTime) -> String {
    let (annee, mois, du_mois, heure, minute, seconde, _) = jour.to_ymd_hms_milli();
    if jour.is_duration() || jour.as_f64() < 1.0 {
        return format!("{heure:02}:{minute:02}:{seconde:02}");
    }
    let date = format!("{annee:04}-{mois:02}-{du_mois:02}");
    if (heure, minute, seconde) == (0, 0, 0) { date } else { format!("{date} {heure:02}:{minute:02}:{seconde:02}") }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn archive(parties: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (nom, contenu) in parties {
            zip.start_file(*nom, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(contenu).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// A few bytes can be made to hold a whole disk: what comes out is counted before it is kept.
    #[test]
    fn an_archive_that_swells_beyond_its_limit_is_refused() {
        let bombe = archive(&[("xl/workbook.xml", b"<workbook/>"), ("xl/x", &vec![0; 3 << 20])]);
        assert!(bombe.len() < 64 << 10);
        assert!(verifier_archive(&bombe, 4 << 20).unwrap());
        let refus = verifier_archive(&bombe, 2 << 20).unwrap_err().to_string();
        assert!(refus.contains("contenu de plus de 2 Mio"), "{refus}");
    }

    #[test]
    fn an_archive_without_a_workbook_is_something_else() {
        assert!(Classeur::ouvrir(&archive(&[("flux.xml", b"<Racine/>")])[..]).unwrap().is_none());
        assert!(Classeur::ouvrir(&b"PK\x03\x04 cut"[..]).is_err());
    }

    #[test]
    fn cells_become_the_text_of_a_csv_line_whose_number_is_that_of_the_row() {
        let mut texte = Texte::default();
        for (ligne, colonne, valeur) in [(0, 0, "a"), (0, 2, "b;c"), (3, 1, "d \"e\""), (3, 4, "")] {
            texte.cellule(ligne, colonne, valeur).unwrap();
        }
        assert_eq!(String::from_utf8(texte.sortie.clone()).unwrap(), "a;;\"b;c\"\n\n\n;\"d \"\"e\"\"\"");
        assert!(texte.cellule(2, 0, "x").is_err());
        let mut vaste = Texte::default();
        let refus = (1..20_000).find_map(|ligne| vaste.cellule(ligne, 16_383, "x").err()).unwrap();
        assert!(refus.to_string().contains("feuille de plus de 128 Mio"), "{refus}");
    }

    /// 43894 is 2020-03-04 in a spreadsheet whose days begin in 1900 (and so counts one too many).
    #[test]
    fn a_cell_is_what_a_csv_export_would_say() {
        let date =
            |jour: f64| DataRef::DateTime(ExcelDateTime::new(jour, calamine::ExcelDateTimeType::DateTime, false));
        for (cellule, texte) in [
            (date(43894.0), "2020-03-04"),
            (date(43894.4375), "2020-03-04 10:30:00"),
            (date(0.4375), "10:30:00"),
            (DataRef::Float(2089564.0), "2089564"),
            (DataRef::Float(2870499999002.0), "2870499999002"),
            (DataRef::Float(33.5), "33.5"),
            (DataRef::SharedString(" 00120\n34\0 "), "00120 34"),
            (DataRef::Bool(true), "oui"),
            (DataRef::Empty, ""),
        ] {
            assert_eq!(en_texte(&cellule).trim(), texte, "{cellule:?}");
        }
    }
}
