//! Workbooks for the tests, written part by part: what a spreadsheet would save.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

/// A cell.
#[derive(Clone, Copy)]
pub enum Cellule<'a> {
    Texte(&'a str),
    Nombre(f64),
    /// A day, as the number that spreadsheets keep.
    Jour(f64),
    /// A formula, and what it last gave.
    Formule(&'a str, &'a str),
    Vide,
}

/// A workbook of a few sheets.
pub fn classeur(feuilles: &[(&str, &[&[Cellule<'_>]])]) -> Vec<u8> {
    archive(&parties(feuilles))
}

/// What a workbook is made of: names and texts.
pub fn parties(feuilles: &[(&str, &[&[Cellule<'_>]])]) -> Vec<(String, String)> {
    let mut types = String::new();
    let (mut noms, mut liens) = (String::new(), String::new());
    let mut parties: Vec<(String, String)> = Vec::new();
    for (rang, (nom, lignes)) in feuilles.iter().enumerate() {
        let n = rang + 1;
        let _ = write!(
            types,
            "<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
        );
        let _ = write!(noms, "<sheet name=\"{nom}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>");
        let _ = write!(
            liens,
            "<Relationship Id=\"rId{n}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
        );
        parties.push((format!("xl/worksheets/sheet{n}.xml"), feuille(lignes)));
    }
    let n = feuilles.len() + 1;
    let _ = write!(
        liens,
        "<Relationship Id=\"rId{n}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/>"
    );
    let principal = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/package/2006/relationships";
    parties.extend([
        ("[Content_Types].xml".to_owned(), format!("<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{types}</Types>")),
        ("_rels/.rels".to_owned(), format!("<Relationships xmlns=\"{relations}\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")),
        ("xl/workbook.xml".to_owned(), format!("<workbook xmlns=\"{principal}\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{noms}</sheets></workbook>")),
        ("xl/_rels/workbook.xml.rels".to_owned(), format!("<Relationships xmlns=\"{relations}\">{liens}</Relationships>")),
        // The second style shows a day: 14 is the short date of every spreadsheet.
        ("xl/styles.xml".to_owned(), format!("<styleSheet xmlns=\"{principal}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>")),
    ]);
    parties
}

/// The archive that holds them.
pub fn archive(parties: &[(String, impl AsRef<[u8]>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (nom, contenu) in parties {
        zip.start_file(nom.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(contenu.as_ref()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn feuille(lignes: &[&[Cellule<'_>]]) -> String {
    let mut out =
        String::from("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>");
    for (rang, cellules) in lignes.iter().enumerate() {
        let _ = write!(out, "<row r=\"{}\">", rang + 1);
        for (colonne, cellule) in ('A'..='Z').zip(*cellules) {
            let place = format!("{colonne}{}", rang + 1);
            let protege = |texte: &str| texte.replace('&', "&amp;").replace('<', "&lt;");
            let _ = match cellule {
                Cellule::Texte(texte) => {
                    write!(out, "<c r=\"{place}\" t=\"inlineStr\"><is><t>{}</t></is></c>", protege(texte))
                }
                Cellule::Nombre(nombre) => write!(out, "<c r=\"{place}\"><v>{nombre}</v></c>"),
                Cellule::Jour(jour) => write!(out, "<c r=\"{place}\" s=\"1\"><v>{jour}</v></c>"),
                Cellule::Formule(formule, valeur) => {
                    write!(out, "<c r=\"{place}\" t=\"str\"><f>{}</f><v>{}</v></c>", protege(formule), protege(valeur))
                }
                Cellule::Vide => Ok(()),
            };
        }
        out.push_str("</row>");
    }
    out.push_str("</sheetData></worksheet>");
    out
}
