//! One short recipe a command: open, validate, fold, compute, report.

mod analyser;
mod campagne;
mod contexte;
mod demo;
mod departements;
mod diagnostiquer;
mod expliquer;
mod exporter;
mod indicateurs;
mod ingerer;
mod installer_aide;
mod listes;
mod nuit;
mod personne;
mod plier;
mod purger;
mod qualite;
mod referentiel;
mod rejets;
mod servir;
mod simuler;
mod sources;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use crate::campagne::ErreurDossier;
use crate::campagne::remise::ErreurRemise;
use crate::campagnes::ErreurCampagne;
use crate::cli::{Cli, Commande, Communes, Couleur, ENTREPOT};
use crate::disque;
use crate::journal::depot::ErreurDepot;
use crate::nuit::sorties::ErreurSorties;
use crate::pipeline::Pipeline;
use crate::referentiel::ErreurReferentiel;
use crate::systeme::EnFrancais;

/// How a command ends when it ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fin {
    /// Everything was done.
    Fait,
    /// Something was set aside: a file, a foyer or a line. The rest is in.
    MisDeCote,
    /// A check failed: an inbox is missing, a threshold is passed.
    ControleManque,
    /// The warehouse, or a disk, could not be written for a file at least. The rest is in.
    EntrepotNonEcrit,
}

impl Fin {
    /// The exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Fait => 0,
            Self::MisDeCote => 3,
            Self::ControleManque => 4,
            Self::EntrepotNonEcrit => 5,
        }
    }
}

/// Why a command could not run to its end.
#[derive(Debug)]
pub enum Erreur {
    /// The command line asks for something that cannot be: exit code 2.
    Demande(String),
    /// The warehouse is locked or damaged: exit code 5.
    Depot(ErreurDepot),
    /// A result could not be written: exit code 1.
    Ecriture(PathBuf, io::Error),
}

impl Erreur {
    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Demande(_) => 2,
            Self::Depot(_) => 5,
            Self::Ecriture(..) => 1,
        }
    }
}

impl fmt::Display for Erreur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demande(message) => write!(f, "{message}"),
            Self::Depot(error) => write!(f, "{error}"),
            Self::Ecriture(chemin, error) => write!(
                f,
                "écriture impossible dans {} : {}. Vérifiez que le dossier existe et que vous y avez les droits",
                chemin.display(),
                EnFrancais(error)
            ),
        }
    }
}

impl From<ErreurDepot> for Erreur {
    fn from(error: ErreurDepot) -> Self {
        Self::Depot(error)
    }
}

impl From<ErreurSorties> for Erreur {
    fn from(error: ErreurSorties) -> Self {
        match error {
            ErreurSorties::Depot(error) => Self::Depot(error),
            ErreurSorties::Remise(error) => error.into(),
            ErreurSorties::Ecriture(chemin, error) => Self::Ecriture(chemin, error),
            autre => Self::Demande(autre.to_string()),
        }
    }
}

impl From<ErreurRemise> for Erreur {
    fn from(error: ErreurRemise) -> Self {
        let ErreurRemise(nom, raison) = error;
        Self::Ecriture(nom.into(), io::Error::other(raison))
    }
}

impl From<ErreurDossier> for Erreur {
    fn from(error: ErreurDossier) -> Self {
        match error {
            ErreurDossier::Refus(message) => Self::Demande(message),
            ErreurDossier::Depot(error) => Self::Depot(error),
            ErreurDossier::Remise(error) => error.into(),
            ErreurDossier::Disque(chemin, error) => Self::Ecriture(chemin, error),
        }
    }
}

impl From<ErreurReferentiel> for Erreur {
    fn from(error: ErreurReferentiel) -> Self {
        Self::Demande(error.to_string())
    }
}

impl From<ErreurCampagne> for Erreur {
    fn from(error: ErreurCampagne) -> Self {
        Self::Demande(error.to_string())
    }
}

/// Runs a command.
///
/// # Errors
/// What the command could not do, with its exit code.
pub fn executer(mut cli: Cli) -> Result<Fin, Erreur> {
    let plusieurs = departements::choisir(&mut cli)?;
    match &cli.commande {
        Commande::Indicateurs(demande) if let Some(plusieurs) = plusieurs => {
            departements::executer(&cli.communes, demande, plusieurs)
        }
        Commande::Ingerer(demande) => ingerer::executer(&cli.communes, demande),
        Commande::Sources(demande) => sources::executer(&demande.commande),
        Commande::Simuler(demande) => simuler::executer(&cli.communes, demande),
        Commande::Indicateurs(demande) => indicateurs::executer(&cli.communes, demande),
        Commande::Campagne(demande) => campagne::executer(&cli.communes, &demande.commande),
        Commande::Expliquer(demande) => expliquer::executer(&cli.communes, demande),
        Commande::Nuit(demande) => nuit::executer(&cli.communes, demande),
        Commande::Listes(demande) => listes::executer(&cli.communes, demande),
        Commande::Qualite(demande) => qualite::executer(&cli.communes, demande),
        Commande::Rejets(demande) => rejets::executer(&cli.communes, demande),
        Commande::Purger(demande) => purger::executer(&cli.communes, demande),
        Commande::Referentiel(demande) => referentiel::executer(&cli.communes, &demande.commande),
        Commande::Diagnostiquer(demande) => diagnostiquer::executer(&cli.communes, demande),
        Commande::Personne(demande) => personne::executer(&cli.communes, demande),
        Commande::Demo(demande) => demo::executer(&cli.communes, demande),
        Commande::Servir(demande) => servir::executer(&cli.communes, demande),
        Commande::Analyser(demande) => analyser::executer(&cli.communes, demande),
        Commande::Exporter(demande) => exporter::executer(&cli.communes, demande),
        Commande::Contexte(demande) => contexte::executer(&cli.communes, demande),
        Commande::Plier(demande) => plier::executer(&cli.communes, demande),
        Commande::InstallerAide(demande) => installer_aide::executer(demande),
    }
}

/// Reads a pipeline. The warehouse is the one that it names: another one on the command line would be
/// written, or purged, by mistake. The key may be given there.
fn pipeline(communes: &Communes, chemin: &Path) -> Result<Pipeline, Erreur> {
    let mut pipeline = Pipeline::lire(chemin).map_err(|error| Erreur::Demande(error.to_string()))?;
    // One that does not exist yet is only its name.
    let vrai = |chemin: &Path| std::fs::canonicalize(chemin).unwrap_or_else(|_| chemin.to_owned());
    if communes.entrepot != Path::new(ENTREPOT) && vrai(&communes.entrepot) != vrai(&pipeline.entrepot) {
        return Err(Erreur::Demande(format!(
            "--entrepot (ou JALON_ENTREPOT) désigne {}, et {} désigne {}. N'en donnez qu'un",
            communes.entrepot.display(),
            chemin.display(),
            pipeline.entrepot.display()
        )));
    }
    departements::refuser_plusieurs(&pipeline.entrepot, |premier| {
        format!("un fichier de la nuit par département, avec entrepot = \"{}\"", premier.display())
    })?;
    pipeline.cle = communes.cle.clone().or(pipeline.cle);
    Ok(pipeline)
}

/// Writes data on the standard output. A reader that stops reading (`| head`) is not an error.
fn afficher(octets: &[u8]) -> Result<(), Erreur> {
    let mut sortie = io::stdout().lock();
    match sortie.write_all(octets).and_then(|()| sortie.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Erreur::Ecriture(PathBuf::from("la sortie standard"), error))
        }
        _ => Ok(()),
    }
}

/// A progress bar for a person; nothing for cron.
fn barre(total: u64, unite: &str, communes: &Communes) -> ProgressBar {
    if communes.quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    match ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {unite}, reste {{eta}}")) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Writes a file that may hold personal data: whole or not at all, and for its owner alone.
fn ecrire_fichier(chemin: &Path, octets: &[u8]) -> Result<(), Erreur> {
    disque::ecrire(chemin, octets).map_err(|error| Erreur::Ecriture(chemin.to_owned(), error))
}

/// Whether the standard output takes colours.
fn en_couleur(communes: &Communes) -> bool {
    match communes.couleur {
        Couleur::Toujours => true,
        Couleur::Jamais => false,
        Couleur::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
}
