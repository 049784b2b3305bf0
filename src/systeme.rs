//! What the system says, in French (its own messages are in English on most machines), and texts
//! that come from outside, made harmless to the screen or the spreadsheet that shows them.

use std::fmt;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// An error of the system, shown in French.
#[derive(Debug)]
pub struct EnFrancais<'a>(pub &'a io::Error);

impl fmt::Display for EnFrancais<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An error of ours has its words already.
        if self.0.get_ref().is_some() {
            return write!(f, "{}", self.0);
        }
        let message = match self.0.kind() {
            ErrorKind::NotFound => "introuvable",
            ErrorKind::PermissionDenied => "accès refusé",
            ErrorKind::AlreadyExists => "existe déjà",
            ErrorKind::StorageFull => "disque plein",
            ErrorKind::QuotaExceeded => "quota de disque atteint",
            ErrorKind::FileTooLarge => "taille de fichier refusée par le disque ou par une limite du compte",
            ErrorKind::ReadOnlyFilesystem => "disque en lecture seule",
            ErrorKind::NotADirectory => "ce n'est pas un dossier",
            ErrorKind::IsADirectory => "c'est un dossier",
            ErrorKind::Interrupted => "lecture interrompue",
            ErrorKind::InvalidData => "ce n'est pas un texte en UTF-8",
            ErrorKind::UnexpectedEof => "fin de fichier inattendue",
            _ => return write!(f, "le système répond « {} »", self.0),
        };
        f.write_str(message)
    }
}

/// A text that comes from outside, as a message may show it: a character that a terminal would obey,
/// or that would show the others in another order, is written as its number.
#[derive(Clone, Copy, Debug)]
pub struct Affichable<'a>(pub &'a str);

impl fmt::Display for Affichable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reste = self.0;
        while let Some((place, c)) = reste.char_indices().find(|(_, c)| agit(*c)) {
            write!(f, "{}{}", &reste[..place], c.escape_unicode())?;
            reste = &reste[place + c.len_utf8()..];
        }
        f.write_str(reste)
    }
}

/// Control characters, line separators, marks of direction.
fn agit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A path as a message may show it, bytes that are no text included.
#[derive(Clone, Copy, Debug)]
pub struct Chemin<'a>(pub &'a Path);

impl fmt::Display for Chemin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for morceau in self.0.as_os_str().as_bytes().utf8_chunks() {
            write!(f, "{}", Affichable(morceau.valid()))?;
            morceau.invalid().iter().try_for_each(|octet| write!(f, "\\x{octet:02x}"))?;
        }
        Ok(())
    }
}

/// A cell that no spreadsheet runs as a formula.
#[must_use]
pub fn cellule(texte: &str) -> String {
    if est_une_formule(texte) { format!("'{texte}") } else { texte.to_owned() }
}

/// Whether a spreadsheet would run a text.
#[must_use]
pub fn est_une_formule(texte: &str) -> bool {
    texte.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn a_name_never_acts_on_the_screen_that_shows_it() {
        let montre = |octets: &[u8]| Chemin(Path::new(OsStr::from_bytes(octets))).to_string();
        assert_eq!(montre("reçu/été.xml".as_bytes()), "reçu/été.xml");
        assert_eq!(montre(b"a\x1b[2J\nb.xml"), "a\\u{1b}[2J\\u{a}b.xml");
        assert_eq!(montre(b"\xe9t\xe9.xml"), "\\xe9t\\xe9.xml");
        assert_eq!(montre("a\u{202e}lmx.csv".as_bytes()), "a\\u{202e}lmx.csv");
    }

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_neutralised() {
        for formule in ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(cellule(formule), format!("'{formule}"));
        }
        assert_eq!(cellule("MARTIN"), "MARTIN");
    }

    #[test]
    fn the_errors_that_agents_meet_are_in_french() {
        let error = std::fs::read_to_string("/nulle/part").unwrap_err();
        assert_eq!(EnFrancais(&error).to_string(), "introuvable");
        assert_eq!(EnFrancais(&io::Error::from(ErrorKind::StorageFull)).to_string(), "disque plein");
    }
}
