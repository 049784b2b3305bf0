//! What the system says, in French: its own messages are in English on most machines.

use std::fmt;
use std::io::{self, ErrorKind};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_that_agents_meet_are_in_french() {
        let error = std::fs::read_to_string("/nulle/part").unwrap_err();
        assert_eq!(EnFrancais(&error).to_string(), "introuvable");
        assert_eq!(EnFrancais(&io::Error::from(ErrorKind::StorageFull)).to_string(), "disque plein");
    }
}
