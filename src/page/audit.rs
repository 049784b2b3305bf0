//! Who looked at whom: a line for each story shown and each list of people taken away, written before
//! it is shown. What cannot be written here is not shown.
//!
//! The file holds nobody's name: the person is told by the keyed digest that the register of purges
//! uses too. It is only ever added to; how long it is kept is for the department to say.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::reponse::Erreur;
use crate::disque;
use crate::rapport::cellule;
use crate::systeme::EnFrancais;

/// The columns.
const ENTETE: &str = "date_heure;utilisateur;quoi;personne;page\n";

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoi {
    /// The story of a person.
    Personne,
    /// A list of people, as a file.
    Export,
}

impl Quoi {
    fn code(self) -> &'static str {
        match self {
            Self::Personne => "personne",
            Self::Export => "export",
        }
    }
}

/// The file of the consultations.
#[derive(Debug)]
pub struct Audit {
    chemin: PathBuf,
    utilisateur: String,
}

impl Audit {
    /// The file at this place, else in the warehouse: it is kept with what it is about.
    #[must_use]
    pub fn nouveau(chemin: Option<PathBuf>, entrepot: &Path) -> Self {
        let chemin = chemin.unwrap_or_else(|| entrepot.join("audit").join("consultations.csv"));
        Self { chemin, utilisateur: utilisateur() }
    }

    /// Notes what is about to be shown. `personne` is the keyed digest of a person, if it is about
    /// one; `page` its address, that names nobody.
    ///
    /// # Errors
    /// It cannot be written: nothing must be shown.
    pub(super) fn noter(&self, quoi: Quoi, personne: &str, page: &str) -> Result<(), Erreur> {
        let quand = chrono::Local::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
        let champs = [&quand, &self.utilisateur, quoi.code(), personne, page].map(nu);
        self.ajouter(&format!("{}\n", champs.join(";"))).map_err(|error| {
            Erreur::Indisponible(format!(
                "Rien n'est montré : cette consultation ne peut pas être notée dans {} ({}). Vérifiez les droits et la \
                 place, ou donnez un autre fichier avec « jalon servir --audit FICHIER ».",
                self.chemin.display(),
                EnFrancais(&error)
            ))
        })
    }

    /// One write, at the end of the file, on the disk when it returns.
    fn ajouter(&self, ligne: &str) -> io::Result<()> {
        disque::creer_dossier(disque::dossier_de(&self.chemin))?;
        let mut fichier = disque::ouvrir_prive(&self.chemin, OpenOptions::new().create(true).append(true))?;
        // Another run may write there too: the heading is written once.
        fichier.lock()?;
        let entete = if fichier.metadata()?.size() == 0 { ENTETE } else { "" };
        fichier.write_all(format!("{entete}{ligne}").as_bytes())?;
        fichier.sync_data()
    }
}

/// A field that stays in its cell.
fn nu(champ: &str) -> String {
    cellule(&champ.replace([';', '"', '\n', '\r'], " "))
}

/// The name of whoever runs the program; the number of the account when it has none.
fn utilisateur() -> String {
    let numero = std::fs::metadata("/proc/self").map(|etat| etat.uid().to_string()).unwrap_or_default();
    let nom = Command::new("/usr/bin/id").args(["-un", &numero]).stderr(Stdio::null()).output();
    let nom =
        nom.ok().filter(|sortie| sortie.status.success()).and_then(|sortie| String::from_utf8(sortie.stdout).ok());
    nom.map(|nom| nom.trim().to_owned()).filter(|nom| !nom.is_empty()).unwrap_or(numero)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn each_consultation_is_a_line_of_a_file_for_its_owner_alone() {
        let lieu = tempfile::tempdir().unwrap();
        let audit = Audit::nouveau(None, lieu.path());
        audit.noter(Quoi::Personne, "00ff", "/personne/1").unwrap();
        audit.noter(Quoi::Export, "", "/detail.csv?campagne=mars-2022").unwrap();
        let chemin = lieu.path().join("audit/consultations.csv");
        let texte = std::fs::read_to_string(&chemin).unwrap();
        let lignes: Vec<Vec<&str>> = texte.lines().map(|ligne| ligne.split(';').collect()).collect();
        assert_eq!(lignes.len(), 3, "{texte}");
        assert_eq!(lignes[0], ENTETE.trim_end().split(';').collect::<Vec<_>>());
        assert_eq!(lignes[1][2..], ["personne", "00ff", "/personne/1"]);
        assert_eq!(lignes[2][2..], ["export", "", "/detail.csv?campagne=mars-2022"]);
        assert!(!lignes[1][1].is_empty() && chrono::DateTime::parse_from_rfc3339(lignes[1][0]).is_ok());
        assert_eq!(std::fs::metadata(&chemin).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_cannot_be_noted_is_refused_and_no_field_makes_another() {
        let lieu = tempfile::tempdir().unwrap();
        let fichier = lieu.path().join("fichier");
        std::fs::write(&fichier, "").unwrap();
        let audit = Audit::nouveau(Some(fichier.join("consultations.csv")), lieu.path());
        assert!(audit.noter(Quoi::Personne, "00ff", "/personne/1").is_err());
        assert_eq!(nu("=a;b\nc"), "'=a b c");
    }
}
