//! The same text written in other ways: encodings, ends of line, and what spreadsheets do of a table.

use std::borrow::Cow;

use encoding_rs::{ISO_8859_15, WINDOWS_1252};

use super::Des;
use crate::releves::foyers::parse_date;

const BOM: &str = "\u{feff}";

/// The text of a file that the generator wrote, its lines ended by `\n`.
pub(super) fn decoder(octets: &[u8]) -> String {
    let texte = match std::str::from_utf8(octets) {
        Ok(texte) => Cow::Borrowed(texte.strip_prefix(BOM).unwrap_or(texte)),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(octets).0,
    };
    texte.replace("\r\n", "\n")
}

#[derive(Clone, Copy)]
pub(super) enum Encodage {
    Utf8,
    Utf8Bom,
    Utf16,
    Windows1252,
    Iso885915,
}

impl Encodage {
    /// That of a file of events.
    pub(super) fn de(octets: &[u8]) -> Self {
        match std::str::from_utf8(octets) {
            Ok(texte) if texte.starts_with(BOM) => Self::Utf8Bom,
            Ok(_) => Self::Utf8,
            Err(_) => Self::Windows1252,
        }
    }

    pub(super) fn octets(self, texte: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => texte.as_bytes().to_vec(),
            Self::Utf8Bom => [BOM, texte].concat().into_bytes(),
            Self::Utf16 => BOM.encode_utf16().chain(texte.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
            Self::Windows1252 => WINDOWS_1252.encode(texte).0.into_owned(),
            Self::Iso885915 => ISO_8859_15.encode(texte).0.into_owned(),
        }
    }
}

/// The encoding announced by the prolog of an XML, in another's place; a CSV has none.
pub(super) fn annoncer(texte: &str, encodage: &str) -> String {
    texte.replacen("encoding=\"windows-1252\"", &format!("encoding=\"{encodage}\""), 1)
}

/// An XML without its prolog.
pub(super) fn sans_prologue(texte: &str) -> &str {
    texte.split_once("?>\n").map_or(texte, |(_, suite)| suite)
}

#[derive(Clone, Copy)]
pub(super) enum Fins {
    Crlf,
    Melees,
}

impl Fins {
    pub(super) fn appliquer(self, texte: &str, des: &mut Des) -> String {
        let mut out = String::with_capacity(texte.len() * 21 / 20);
        for ligne in texte.split_inclusive('\n') {
            out.push_str(ligne.trim_end_matches('\n'));
            if ligne.ends_with('\n') {
                out.push_str(match self {
                    Self::Crlf => "\r\n",
                    Self::Melees => ["\n", "\r\n", "\r"][des.sous(3) as usize],
                });
            }
        }
        out
    }
}

/// Blanks at the end of some lines and empty lines after some others. A table has lines of nothing but
/// separators too.
pub(super) fn blancs(texte: &str, table: bool, des: &mut Des) -> String {
    let vides = if table { ["\n", "   \n", ";;;;;;\n"] } else { ["\n", "   \n", "\t\n"] };
    let mut out = String::with_capacity(texte.len() * 11 / 10);
    for ligne in texte.split_inclusive('\n') {
        out.push_str(ligne.trim_end_matches('\n'));
        out.push_str(if des.chance(1_000) { "   \n" } else { "\n" });
        if des.chance(500) {
            out.push_str(vides[des.sous(3) as usize]);
        }
    }
    out.push('\n');
    out
}

/// A table cut within a line, far enough from its end to be seen.
pub(super) fn couper(texte: &str, des: &mut Des) -> String {
    let lignes: Vec<&str> = texte.lines().collect();
    let gardees = (lignes.len() * des.entre(40, 70) as usize / 100).max(2);
    let derniere = lignes.get(gardees).copied().unwrap_or_default();
    let fin = derniere.match_indices(';').nth(1).map_or(0, |(place, _)| place + 1);
    let mut out = lignes.get(..gardees).unwrap_or_default().join("\n");
    out.push('\n');
    out.push_str(derniere.get(..fin).unwrap_or_default());
    out
}

/// A CSV, cell by cell.
pub(super) struct Table {
    pub(super) lignes: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn lire(texte: &str) -> Self {
        let lecteur =
            csv::ReaderBuilder::new().delimiter(b';').has_headers(false).flexible(true).from_reader(texte.as_bytes());
        let lignes = lecteur.into_records().flatten().map(|ligne| ligne.iter().map(str::to_owned).collect()).collect();
        Self { lignes }
    }

    pub(super) fn ecrire(&self, separateur: u8, guillemets: bool) -> String {
        let style = if guillemets { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut writer =
            csv::WriterBuilder::new().delimiter(separateur).quote_style(style).flexible(true).from_writer(Vec::new());
        // A buffer in memory refuses nothing.
        let _ = self.lignes.iter().try_for_each(|ligne| writer.write_record(ligne));
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    pub(super) fn colonnes(&self) -> usize {
        self.lignes.first().map_or(0, Vec::len)
    }

    /// The place of a column, however its heading is written.
    pub(super) fn colonne(&self, nom: &str) -> Option<usize> {
        let entetes = self.lignes.first()?;
        entetes.iter().position(|entete| crate::flux::tableur::normaliser(entete).eq_ignore_ascii_case(nom))
    }

    /// A flux whose columns were moved, with headings in lower case and a column of somebody's own.
    pub(super) fn colonnes_du_flux(self, des: &mut Des) -> Self {
        self.reordonnee(des, str::to_lowercase)
    }

    /// Events whose columns were moved, with headings as one types them.
    pub(super) fn colonnes_d_evenements(self, des: &mut Des) -> Self {
        self.reordonnee(des, |entete| {
            let mots = crate::flux::tableur::normaliser(entete).replace('_', " ");
            let mots =
                mots.replace("prenom", "prénom").replace("evenement", "événement").replace("referent", "référent");
            let mut lettres = mots.chars();
            lettres.next().map_or_else(String::new, |premiere| premiere.to_uppercase().chain(lettres).collect())
        })
    }

    fn reordonnee(mut self, des: &mut Des, recrire: impl Fn(&str) -> String) -> Self {
        let n = self.colonnes();
        let mut ordre: Vec<usize> = (0..n).collect();
        for place in (1..n).rev() {
            ordre.swap(place, des.sous(place as u32 + 1) as usize);
        }
        for (rang, ligne) in self.lignes.iter_mut().enumerate() {
            let mut neuve: Vec<String> =
                ordre.iter().map(|place| ligne.get(*place).cloned().unwrap_or_default()).collect();
            if rang == 0 {
                neuve.iter_mut().for_each(|entete| *entete = recrire(entete));
            }
            neuve.push(if rang == 0 { "À vérifier".to_owned() } else { String::new() });
            *ligne = neuve;
        }
        self
    }

    /// Each value of some columns, written otherwise.
    fn recrite(mut self, colonnes: impl Fn(&str) -> bool, recrire: impl Fn(&str) -> Option<String>) -> Self {
        let Some((entetes, lignes)) = self.lignes.split_first_mut() else { return self };
        let touchees: Vec<bool> = entetes.iter().map(|e| colonnes(&crate::flux::tableur::normaliser(e))).collect();
        for ligne in lignes {
            for (valeur, _) in ligne.iter_mut().zip(&touchees).filter(|(_, touchee)| **touchee) {
                if let Some(autre) = recrire(valeur) {
                    *valeur = autre;
                }
            }
        }
        self
    }

    /// Dates as a spreadsheet exports them, with a time.
    pub(super) fn dates_de_tableur(self) -> Self {
        self.recrite(
            |colonne| colonne.starts_with("date_") || colonne.starts_with("periode_") || colonne == "saisi_le",
            |valeur| parse_date(valeur).map(|jour| jour.format("%d/%m/%Y 00:00:00").to_string()),
        )
    }

    /// NUMDEMRSA without the zeros on their left.
    pub(super) fn zeros_manges(self) -> Self {
        self.recrite(|colonne| colonne == "numdemrsa", |valeur| Some(valeur.trim_start_matches('0').to_owned()))
    }

    /// NIR as people write them: 1 85 05 78 006 084 (36).
    pub(super) fn nir_espace(self) -> Self {
        self.recrite(
            |colonne| colonne == "nir",
            |valeur| {
                let places = [1, 3, 5, 7, 10, 13];
                let lettres = valeur.chars().enumerate();
                let espace = |(rang, lettre)| places.contains(&rang).then_some(' ').into_iter().chain([lettre]);
                Some(lettres.flat_map(espace).collect())
            },
        )
    }

    /// The line that a spreadsheet puts below a column: with the cells of the others, or without.
    pub(super) fn total(&mut self, larges: bool) {
        let mut ligne = vec!["TOTAL".to_owned(), self.lignes.len().saturating_sub(1).to_string()];
        if larges {
            ligne.resize(self.colonnes(), String::new());
        }
        self.lignes.push(ligne);
    }
}
