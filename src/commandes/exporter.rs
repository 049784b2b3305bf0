//! `jalon exporter`: the five tables as a folder, for the department's own tools.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::analyser::ReglesLues;
use super::indicateurs::ouvrir;
use super::{Erreur, Fin, afficher};
use crate::cli::{Communes, ExporterTables, FormatExport};
use crate::disque;
use crate::systeme::EnFrancais;
use crate::tables::Source;
use crate::tables::export::{ErreurExport, Fichier, Forme, fichiers};

impl From<ErreurExport> for Erreur {
    fn from(error: ErreurExport) -> Self {
        match error {
            ErreurExport::Table(error) => error.into(),
            ErreurExport::Parquet(..) => Self::Ecriture("le dossier".into(), io::Error::other(error.to_string())),
        }
    }
}

pub(super) fn executer(communes: &Communes, demande: &ExporterTables) -> Result<Fin, Erreur> {
    let place = Place::prendre(&demande.sortie)?;
    let regles = ReglesLues::lire(&demande.tables)?;
    let depot = ouvrir(communes)?;
    let source = Source::lire(&depot, regles.question(&demande.tables))?;
    let forme = match demande.format {
        FormatExport::Parquet => Forme::Parquet,
        FormatExport::Csv => Forme::Csv,
    };
    let fichiers = fichiers(&source, forme)?;
    place.ecrire(&fichiers).map_err(|error| Erreur::Ecriture(demande.sortie.clone(), error))?;
    if communes.quiet {
        return Ok(Fin::Fait);
    }
    let lignes =
        fichiers.iter().filter_map(|fichier| Some(format!("{} : {} ligne(s)\n", fichier.nom, fichier.lignes?)));
    let reste = if demande.tables.sans_noms {
        "Personne n'y est nommé, mais ce sont encore des données personnelles : lisez LISEZMOI.txt avant de les transmettre.\n"
    } else {
        "Ces fichiers nomment des personnes : lisez LISEZMOI.txt, et effacez-les après usage.\n"
    };
    afficher(lignes.chain([reste.to_owned()]).collect::<String>().as_bytes())?;
    Ok(Fin::Fait)
}

/// The folder asked for: it is missing, or empty, and appears whole.
struct Place<'a> {
    sortie: &'a Path,
    brouillon: PathBuf,
}

impl<'a> Place<'a> {
    fn prendre(sortie: &'a Path) -> Result<Self, Erreur> {
        let refus = |raison: &str| {
            Err(Erreur::Demande(format!(
                "{} {raison}. Donnez avec --sortie un dossier vide, ou qui n'existe pas encore",
                sortie.display()
            )))
        };
        match fs::read_dir(sortie).map(Iterator::count) {
            Ok(0) => {}
            Ok(_) => return refus("n'est pas vide, et rien n'y est écrasé"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return refus(&format!("ne peut pas être écrit ({})", EnFrancais(&error))),
        }
        let Some(nom) = sortie.file_name() else { return refus("n'est pas un nom de dossier") };
        let brouillon = sortie.with_file_name(format!(".{}.partiel", nom.to_string_lossy()));
        Ok(Self { sortie, brouillon })
    }

    /// Writes the files beside the place, then gives them their place.
    fn ecrire(&self, fichiers: &[Fichier]) -> io::Result<()> {
        let ecrit = || {
            // What a killed run left.
            if self.brouillon.is_dir() {
                disque::supprimer_dossier(&self.brouillon)?;
            }
            disque::creer_dossier(&self.brouillon)?;
            for Fichier { nom, octets, .. } in fichiers {
                disque::ecrire(&self.brouillon.join(nom), octets)?;
            }
            disque::renommer(&self.brouillon, self.sortie)
        };
        ecrit().inspect_err(|_| {
            if let Err(error) = disque::supprimer_dossier(&self.brouillon) {
                tracing::debug!(%error, "brouillon non supprimé");
            }
        })
    }
}
