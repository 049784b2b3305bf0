//! A text document in the format of Word (Office Open XML, ISO/IEC 29500, the transitional schema): titles,
//! paragraphs and tables on A4 landscape. LibreOffice and Word open it. The same input makes the same bytes.

use std::io::{self, Cursor, Write as _};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::temps::Jour;

/// How a paragraph looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The title of the document.
    Titre,
    /// A section, in the table of contents.
    Section,
    /// A heading inside a section.
    Intertitre,
    /// The text.
    Courant,
    /// A text that stands back.
    Discret,
    /// An item of a list.
    Puce,
    /// The heading of a column.
    Entete,
    /// The text of a table.
    Cellule,
    /// A figure of a table.
    Figure,
}

impl Style {
    /// Each style: its name in the document, and what it does.
    const TOUS: [(Self, &'static str, &'static str); 9] = [
        (
            Self::Titre,
            "Title",
            r#"<w:name w:val="Title"/><w:pPr><w:spacing w:after="120"/></w:pPr><w:rPr><w:b/><w:color w:val="1F3A5F"/><w:sz w:val="32"/></w:rPr>"#,
        ),
        (
            Self::Section,
            "Heading1",
            r#"<w:name w:val="heading 1"/><w:pPr><w:keepNext/><w:spacing w:before="280" w:after="120"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:color w:val="1F3A5F"/><w:sz w:val="24"/></w:rPr>"#,
        ),
        (
            Self::Intertitre,
            "Heading2",
            r#"<w:name w:val="heading 2"/><w:pPr><w:keepNext/><w:spacing w:before="200" w:after="60"/><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/><w:sz w:val="20"/></w:rPr>"#,
        ),
        (
            Self::Courant,
            "Normal",
            r#"<w:name w:val="Normal"/><w:pPr><w:spacing w:after="80"/></w:pPr><w:rPr><w:sz w:val="20"/></w:rPr>"#,
        ),
        (
            Self::Discret,
            "JalonDiscret",
            r#"<w:name w:val="Jalon discret"/><w:pPr><w:spacing w:after="160"/></w:pPr><w:rPr><w:color w:val="595959"/><w:sz w:val="18"/></w:rPr>"#,
        ),
        (
            Self::Puce,
            "JalonPuce",
            r#"<w:name w:val="Jalon puce"/><w:pPr><w:spacing w:after="60"/><w:ind w:left="340" w:hanging="200"/></w:pPr><w:rPr><w:sz w:val="20"/></w:rPr>"#,
        ),
        (
            Self::Entete,
            "JalonEntete",
            r#"<w:name w:val="Jalon en-tête"/><w:pPr><w:spacing w:after="0"/><w:jc w:val="center"/></w:pPr><w:rPr><w:b/><w:sz w:val="16"/></w:rPr>"#,
        ),
        (
            Self::Cellule,
            "JalonCellule",
            r#"<w:name w:val="Jalon cellule"/><w:pPr><w:spacing w:after="40"/></w:pPr><w:rPr><w:sz w:val="16"/></w:rPr>"#,
        ),
        (
            Self::Figure,
            "JalonChiffre",
            r#"<w:name w:val="Jalon chiffre"/><w:pPr><w:spacing w:after="0"/><w:jc w:val="right"/></w:pPr><w:rPr><w:sz w:val="18"/></w:rPr>"#,
        ),
    ];

    fn id(self) -> &'static str {
        Self::TOUS.iter().find(|(style, ..)| *style == self).map_or("Normal", |(_, id, _)| id)
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colonne {
    /// In twentieths of a point.
    pub largeur: u32,
    /// What it holds.
    pub genre: Genre,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Genre {
    /// One text for all the lines, that of the first.
    Commun,
    /// Texts.
    Texte,
    /// Figures.
    Chiffre,
}

/// A4 landscape and its margins, in twentieths of a point.
const PAGE: (u32, u32) = (16838, 11906);
const MARGE: u32 = 720;

const ESPACE: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const DOCUMENT: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// The body of the document, written as it comes. Nothing fails in memory: the first error, were there one, is
/// said at the end.
pub struct Document {
    titre: String,
    date: Jour,
    corps: Writer<Vec<u8>>,
    echec: io::Result<()>,
}

impl Document {
    /// An empty document, made on that day.
    pub fn new(titre: &str, date: Jour) -> Self {
        Self { titre: titre.to_owned(), date, corps: Writer::new(Vec::new()), echec: Ok(()) }
    }

    /// Width between the margins, in twentieths of a point.
    pub fn largeur(&self) -> u32 {
        PAGE.0 - 2 * MARGE
    }

    fn ecrire(&mut self, contenu: impl FnOnce(&mut Writer<Vec<u8>>) -> io::Result<()>) {
        if self.echec.is_ok() {
            self.echec = contenu(&mut self.corps);
        }
    }

    /// Adds a paragraph.
    pub fn paragraphe(&mut self, style: Style, texte: &str) {
        let texte = if style == Style::Puce { format!("• {texte}") } else { texte.to_owned() };
        self.ecrire(|corps| paragraphe(corps, style, &texte));
    }

    /// Adds a table: its header is repeated on each page, no line is cut by the end of one.
    pub fn tableau(&mut self, colonnes: &[Colonne], entete: &[String], lignes: &[Vec<String>]) {
        self.ecrire(|corps| {
            corps.create_element("w:tbl").write_inner_content(|corps| {
                proprietes_du_tableau(corps, colonnes)?;
                ligne(corps, colonnes, entete, None)?;
                (0..).zip(lignes).try_for_each(|(rang, cellules)| ligne(corps, colonnes, cellules, Some(rang)))
            })?;
            Ok(())
        });
    }

    /// The bytes of the document.
    ///
    /// # Errors
    /// None in practice: it is written in memory.
    pub fn finir(self) -> io::Result<Vec<u8>> {
        self.echec?;
        let corps = self.corps.into_inner();
        let document = xml(|w| {
            w.create_element("w:document")
                .with_attributes([("xmlns:w", ESPACE), ("xmlns:r", DOCUMENT)])
                .write_inner_content(|w| {
                    w.create_element("w:body").write_inner_content(|w| {
                        w.get_mut().write_all(&corps)?;
                        page(w)
                    })?;
                    Ok(())
                })?;
            Ok(())
        })?;
        let parties = [
            ("[Content_Types].xml", types()?),
            (
                "_rels/.rels",
                liens(&[
                    (&format!("{DOCUMENT}/officeDocument"), "word/document.xml"),
                    (
                        "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
                        "docProps/core.xml",
                    ),
                ])?,
            ),
            ("docProps/core.xml", proprietes(&self.titre, self.date)?),
            (
                "word/_rels/document.xml.rels",
                liens(&[
                    (&format!("{DOCUMENT}/styles"), "styles.xml"),
                    (&format!("{DOCUMENT}/footer"), "footer1.xml"),
                ])?,
            ),
            ("word/document.xml", document),
            ("word/footer1.xml", pied()?),
            ("word/styles.xml", styles()?),
        ];
        archive(&parties)
    }
}

/// A part of the document, from its declaration on.
fn xml(contenu: impl FnOnce(&mut Writer<Vec<u8>>) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), Some("yes"))))?;
    contenu(&mut writer)?;
    Ok(writer.into_inner())
}

/// A text without the characters that XML forbids.
fn permis(texte: &str) -> String {
    let permis = |c: &char| matches!(c, '\t' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    texte.chars().filter(permis).collect()
}

/// A paragraph; each line of its text begins a new one.
fn paragraphe(w: &mut Writer<Vec<u8>>, style: Style, texte: &str) -> io::Result<()> {
    let mut lignes = texte.lines().peekable();
    if lignes.peek().is_none() {
        return un_paragraphe(w, style, "");
    }
    lignes.try_for_each(|ligne| un_paragraphe(w, style, ligne))
}

fn un_paragraphe(w: &mut Writer<Vec<u8>>, style: Style, texte: &str) -> io::Result<()> {
    w.create_element("w:p").write_inner_content(|w| {
        w.create_element("w:pPr").write_inner_content(|w| vide(w, "w:pStyle", &[("w:val", style.id())]))?;
        if texte.is_empty() {
            return Ok(());
        }
        w.create_element("w:r").write_inner_content(|w| {
            let texte = permis(texte);
            w.create_element("w:t")
                .with_attribute(("xml:space", "preserve"))
                .write_text_content(BytesText::new(&texte))?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

/// An element without content.
fn vide(w: &mut Writer<Vec<u8>>, nom: &str, attributs: &[(&str, &str)]) -> io::Result<()> {
    w.create_element(nom).with_attributes(attributs.iter().copied()).write_empty()?;
    Ok(())
}

fn proprietes_du_tableau(w: &mut Writer<Vec<u8>>, colonnes: &[Colonne]) -> io::Result<()> {
    let total = colonnes.iter().map(|colonne| colonne.largeur).sum::<u32>().to_string();
    w.create_element("w:tblPr").write_inner_content(|w| {
        vide(w, "w:tblW", &[("w:w", &total), ("w:type", "dxa")])?;
        w.create_element("w:tblBorders").write_inner_content(|w| {
            ["w:top", "w:left", "w:bottom", "w:right", "w:insideH", "w:insideV"].iter().try_for_each(|cote| {
                vide(w, cote, &[("w:val", "single"), ("w:sz", "4"), ("w:space", "0"), ("w:color", "BFBFBF")])
            })
        })?;
        vide(w, "w:tblLayout", &[("w:type", "fixed")])?;
        w.create_element("w:tblCellMar").write_inner_content(|w| {
            ["w:left", "w:right"].iter().try_for_each(|cote| vide(w, cote, &[("w:w", "70"), ("w:type", "dxa")]))
        })?;
        Ok(())
    })?;
    w.create_element("w:tblGrid").write_inner_content(|w| {
        colonnes.iter().try_for_each(|colonne| vide(w, "w:gridCol", &[("w:w", &colonne.largeur.to_string())]))
    })?;
    Ok(())
}

/// A line of a table; the header has no rank.
fn ligne(w: &mut Writer<Vec<u8>>, colonnes: &[Colonne], cellules: &[String], rang: Option<usize>) -> io::Result<()> {
    w.create_element("w:tr").write_inner_content(|w| {
        w.create_element("w:trPr").write_inner_content(|w| {
            vide(w, "w:cantSplit", &[])?;
            if rang.is_none() { vide(w, "w:tblHeader", &[]) } else { Ok(()) }
        })?;
        cellules.iter().zip(colonnes).try_for_each(|(texte, colonne)| case(w, *colonne, texte, rang))
    })?;
    Ok(())
}

fn case(w: &mut Writer<Vec<u8>>, colonne: Colonne, texte: &str, rang: Option<usize>) -> io::Result<()> {
    let commun = colonne.genre == Genre::Commun && rang.is_some();
    w.create_element("w:tc").write_inner_content(|w| {
        w.create_element("w:tcPr").write_inner_content(|w| {
            vide(w, "w:tcW", &[("w:w", &colonne.largeur.to_string()), ("w:type", "dxa")])?;
            if commun {
                vide(w, "w:vMerge", &[("w:val", if rang == Some(0) { "restart" } else { "continue" })])?;
            }
            if rang.is_none() {
                vide(w, "w:shd", &[("w:val", "clear"), ("w:color", "auto"), ("w:fill", "DCE6F1")])?;
                vide(w, "w:vAlign", &[("w:val", "center")])?;
            }
            Ok(())
        })?;
        let style = match colonne.genre {
            _ if rang.is_none() => Style::Entete,
            Genre::Chiffre => Style::Figure,
            Genre::Commun | Genre::Texte => Style::Cellule,
        };
        paragraphe(w, style, if commun && rang != Some(0) { "" } else { texte })
    })?;
    Ok(())
}

/// The page: A4 landscape, with a footer.
fn page(w: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let [largeur, hauteur, marge] = [PAGE.0, PAGE.1, MARGE].map(|n| n.to_string());
    w.create_element("w:sectPr").write_inner_content(|w| {
        vide(w, "w:footerReference", &[("w:type", "default"), ("r:id", "rId2")])?;
        vide(w, "w:pgSz", &[("w:w", &largeur), ("w:h", &hauteur), ("w:orient", "landscape")])?;
        vide(
            w,
            "w:pgMar",
            &[
                ("w:top", &marge),
                ("w:right", &marge),
                ("w:bottom", &marge),
                ("w:left", &marge),
                ("w:header", "400"),
                ("w:footer", "400"),
                ("w:gutter", "0"),
            ],
        )
    })?;
    Ok(())
}

/// The footer: the number of the page.
fn pied() -> io::Result<Vec<u8>> {
    xml(|w| {
        w.create_element("w:ftr").with_attribute(("xmlns:w", ESPACE)).write_inner_content(|w| {
            w.create_element("w:p").write_inner_content(|w| {
                w.create_element("w:pPr").write_inner_content(|w| {
                    vide(w, "w:pStyle", &[("w:val", Style::Discret.id())])?;
                    vide(w, "w:jc", &[("w:val", "right")])
                })?;
                texte(w, "Page ")?;
                champ(w, "PAGE")?;
                texte(w, " sur ")?;
                champ(w, "NUMPAGES")
            })?;
            Ok(())
        })?;
        Ok(())
    })
}

fn texte(w: &mut Writer<Vec<u8>>, texte: &str) -> io::Result<()> {
    w.create_element("w:r").write_inner_content(|w| {
        w.create_element("w:t").with_attribute(("xml:space", "preserve")).write_text_content(BytesText::new(texte))?;
        Ok(())
    })?;
    Ok(())
}

/// A field that the word processor fills.
fn champ(w: &mut Writer<Vec<u8>>, nom: &str) -> io::Result<()> {
    w.create_element("w:fldSimple").with_attribute(("w:instr", nom)).write_inner_content(|w| texte(w, "1"))?;
    Ok(())
}

fn styles() -> io::Result<Vec<u8>> {
    xml(|w| {
        w.create_element("w:styles").with_attribute(("xmlns:w", ESPACE)).write_inner_content(|w| {
            w.get_mut().write_all(
                r#"<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial"/><w:lang w:val="fr-FR"/></w:rPr></w:rPrDefault></w:docDefaults>"#
                    .as_bytes(),
            )?;
            for (style, id, contenu) in Style::TOUS {
                let mut element = w.create_element("w:style").with_attributes([("w:type", "paragraph"), ("w:styleId", id)]);
                if style == Style::Courant {
                    element = element.with_attribute(("w:default", "1"));
                }
                element.write_inner_content(|w| w.get_mut().write_all(contenu.as_bytes()))?;
            }
            Ok(())
        })?;
        Ok(())
    })
}

fn types() -> io::Result<Vec<u8>> {
    const MOT: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    xml(|w| {
        let espace = "http://schemas.openxmlformats.org/package/2006/content-types";
        w.create_element("Types").with_attribute(("xmlns", espace)).write_inner_content(|w| {
            let liens = "application/vnd.openxmlformats-package.relationships+xml";
            vide(w, "Default", &[("Extension", "rels"), ("ContentType", liens)])?;
            vide(w, "Default", &[("Extension", "xml"), ("ContentType", "application/xml")])?;
            for (partie, genre) in [
                ("/word/document.xml", format!("{MOT}.document.main+xml")),
                ("/word/styles.xml", format!("{MOT}.styles+xml")),
                ("/word/footer1.xml", format!("{MOT}.footer+xml")),
                ("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml".to_owned()),
            ] {
                vide(w, "Override", &[("PartName", partie), ("ContentType", &genre)])?;
            }
            Ok(())
        })?;
        Ok(())
    })
}

/// The links of a part: `rId1`, `rId2`… in order.
fn liens(cibles: &[(&str, &str)]) -> io::Result<Vec<u8>> {
    xml(|w| {
        w.create_element("Relationships").with_attribute(("xmlns", RELATIONS)).write_inner_content(|w| {
            (1..).zip(cibles).try_for_each(|(rang, (genre, cible))| {
                vide(w, "Relationship", &[("Id", &format!("rId{rang}")), ("Type", genre), ("Target", cible)])
            })
        })?;
        Ok(())
    })
}

/// Who made the document, and when.
fn proprietes(titre: &str, date: Jour) -> io::Result<Vec<u8>> {
    let quand = format!("{date}T00:00:00Z");
    xml(|w| {
        w.create_element("cp:coreProperties")
            .with_attributes([
                ("xmlns:cp", "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"),
                ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
                ("xmlns:dcterms", "http://purl.org/dc/terms/"),
                ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            ])
            .write_inner_content(|w| {
                for (nom, valeur) in [("dc:title", titre), ("dc:creator", "jalon"), ("dc:language", "fr-FR")] {
                    w.create_element(nom).write_text_content(BytesText::new(valeur))?;
                }
                for nom in ["dcterms:created", "dcterms:modified"] {
                    let element = w.create_element(nom).with_attribute(("xsi:type", "dcterms:W3CDTF"));
                    element.write_text_content(BytesText::new(&quand))?;
                }
                Ok(())
            })?;
        Ok(())
    })
}

/// The parts, in a zip whose dates are all the same.
fn archive(parties: &[(&str, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for (nom, contenu) in parties {
        archive.start_file(*nom, options)?;
        archive.write_all(contenu)?;
    }
    Ok(archive.finish()?.into_inner())
}
