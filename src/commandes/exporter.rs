//! `jalon exporter`: the five tables as a folder, for the department's own tools; or the histories of a
//! year, for the DREES.

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
use crate::tables::ri_insertion::dossier::dossier;
use crate::tables::ri_insertion::{self, Annee, ErreurRi};

impl From<ErreurExport> for Erreur {
    fn from(error: ErreurExport) -> Self {
        match error {
            ErreurExport::Table(error) => error.into(),
            ErreurExport::Parquet(..) => Self::Ecriture("le dossier".into(), io::Error::other(error.to_string())),
        }
    }
}

impl From<ErreurRi> for Erreur {
    fn from(error: ErreurRi) -> Self {
        match error {
            ErreurRi::Depot(error) => Self::Depot(error),
            ErreurRi::SansFlux(message) => Self::Demande(message),
        }
    }
}

pub(super) fn executer(communes: &Communes, demande: &ExporterTables) -> Result<Fin, Erreur> {
    let forme = match demande.format {
        FormatExport::RiInsertion => return historiques(communes, demande),
        FormatExport::Parquet => Forme::Parquet,
        FormatExport::Csv => Forme::Csv,
    };
    if demande.annee.is_some() {
        return Err(Erreur::Demande(
            "--annee va avec --format ri-insertion. Pour les tables, donnez leur jour avec --arrete".to_owned(),
        ));
    }
    let place = Place::prendre(&demande.sortie)?;
    let regles = ReglesLues::lire(&demande.tables)?;
    let depot = ouvrir(communes)?;
    let source = Source::lire(&depot, regles.question(&demande.tables))?;
    let fichiers = fichiers(&source, forme)?;
    place.ecrire(&fichiers).map_err(|error| Erreur::Ecriture(demande.sortie.clone(), error))?;
    if communes.quiet {
        return Ok(Fin::Fait);
    }
    let lignes = lignes(&fichiers);
    let reste = if demande.tables.sans_noms {
        "Personne n'y est nommé, mais ce sont encore des données personnelles : lisez LISEZMOI.txt avant de les transmettre.\n"
    } else {
        "Ces fichiers nomment des personnes : lisez LISEZMOI.txt, et effacez-les après usage.\n"
    };
    afficher(lignes.chain([reste.to_owned()]).collect::<String>().as_bytes())?;
    Ok(Fin::Fait)
}

/// How many lines each table has.
fn lignes(fichiers: &[Fichier]) -> impl Iterator<Item = String> + '_ {
    fichiers.iter().filter_map(|fichier| Some(format!("{} : {} ligne(s)\n", fichier.nom, fichier.lignes?)))
}

/// The histories of a year, for the RI-insertion of the DREES. What is checked is checked before
/// anything is written.
fn historiques(communes: &Communes, demande: &ExporterTables) -> Result<Fin, Erreur> {
    let annee = annee(demande)?;
    let place = Place::prendre(&demande.sortie)?;
    let depot = ouvrir(communes)?;
    let question = ri_insertion::Demande { annee, connu_le: demande.tables.connu_le };
    let dossier = match dossier(&ri_insertion::lire(&depot, question)?) {
        Ok(dossier) => dossier,
        Err(manques) => {
            for manque in manques {
                eprintln!("jalon : {} : {} au lieu de {}.", manque.libelle, manque.trouve, manque.attendu);
            }
            eprintln!(
                "jalon : rien n'est écrit, car un contrôle de l'export a échoué. Lancez « jalon diagnostiquer », et signalez-le avec ce message."
            );
            return Ok(Fin::ControleManque);
        }
    };
    place.ecrire(&dossier.fichiers).map_err(|error| Erreur::Ecriture(demande.sortie.clone(), error))?;
    if communes.quiet {
        return Ok(Fin::Fait);
    }
    let a_savoir = dossier.a_savoir.iter().map(|phrase| format!("À savoir : {phrase}.\n"));
    let reste = "Ces fichiers nomment des personnes : lisez LISEZMOI.txt. Ils se déposent par le canal sécurisé de la DREES, jamais \
                 par courriel, et s'effacent ensuite.\n";
    let texte: String = lignes(&dossier.fichiers).chain(a_savoir).chain([reste.to_owned()]).collect();
    afficher(texte.as_bytes())?;
    Ok(Fin::Fait)
}

/// The year asked for. What would change nothing to its histories, or would leave nobody to be matched,
/// is refused.
fn annee(demande: &ExporterTables) -> Result<Annee, Erreur> {
    let tables = &demande.tables;
    let refus = |message: &str| Err(Erreur::Demande(message.to_owned()));
    if tables.sans_noms {
        return refus(
            "--sans-noms ne va pas avec --format ri-insertion : ces fichiers existent pour être rapprochés sur l'identité. Retirez-la",
        );
    }
    if tables.arrete.is_some() {
        return refus(
            "--arrete ne va pas avec --format ri-insertion : les historiques sont arrêtés au 31 décembre de --annee. Retirez-la",
        );
    }
    if !tables.regles.lecture.is_empty() {
        return refus("--lecture ne change rien aux historiques de --format ri-insertion. Retirez-la");
    }
    match demande.annee.and_then(Annee::new) {
        Some(annee) => Ok(annee),
        None => refus("--format ri-insertion porte sur une année. Donnez-la avec --annee, comme --annee 2021"),
    }
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
