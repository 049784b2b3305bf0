//! Putting files away once they are read. A file is whole at one place at every moment; nothing that
//! was put away before is replaced.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::boite::Arrive;
use crate::disque;
use crate::pipeline::Pipeline;

/// What follows the name of a refused file, for the text that says why.
const RAISON: &str = ".raison.txt";

/// Where a file goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// It was read.
    Archives,
    /// Nothing of it entered, or not all: the text says why and what to do.
    Refuses(String),
}

/// Puts a file away, and says where. The text goes first: a refused file is never without one.
///
/// # Errors
/// The disk refused; the file is still in its inbox, or at its new place already.
pub fn ranger(
    pipeline: &Pipeline,
    fichier: &Arrive,
    destination: &Destination,
    jour: NaiveDate,
) -> io::Result<PathBuf> {
    let dossier = match destination {
        Destination::Archives => pipeline.archives.join(jour.format("%Y/%m").to_string()),
        Destination::Refuses(_) => pipeline.refuses.clone(),
    };
    disque::creer_dossier(&dossier)?;
    let place = place(&dossier, &fichier.chemin)?;
    if let Destination::Refuses(texte) = destination {
        disque::ecrire(&suivi_de(place.chemin(), RAISON), texte.as_bytes())?;
    }
    match &place {
        // A run that was killed while it copied to another disk left it here.
        Place::Deja(_) => disque::supprimer(&fichier.chemin)?,
        Place::Libre(chemin) => disque::prendre(&fichier.chemin, chemin)?,
    }
    if let Some(marqueur) = &fichier.marqueur {
        disque::supprimer(marqueur)?;
    }
    Ok(place.chemin().to_owned())
}

/// A place in a folder.
enum Place {
    /// Nobody has it.
    Libre(PathBuf),
    /// The same content has it, under the same name.
    Deja(PathBuf),
}

impl Place {
    fn chemin(&self) -> &Path {
        match self {
            Self::Libre(chemin) | Self::Deja(chemin) => chemin,
        }
    }
}

/// The name of the file, or the first free one after it.
fn place(dossier: &Path, fichier: &Path) -> io::Result<Place> {
    let nom = dossier.join(fichier.file_name().unwrap_or_default());
    let suivants = (2..).map(|rang: u64| suivi_de(&nom, &format!(".{rang}")));
    for chemin in std::iter::once(nom.clone()).chain(suivants) {
        if chemin.symlink_metadata().is_err() {
            return Ok(Place::Libre(chemin));
        }
        if meme_contenu(&chemin, fichier)? {
            return Ok(Place::Deja(chemin));
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

fn suivi_de(chemin: &Path, suite: &str) -> PathBuf {
    let mut nom = chemin.as_os_str().to_owned();
    nom.push(suite);
    nom.into()
}

fn meme_contenu(a: &Path, b: &Path) -> io::Result<bool> {
    if fs::symlink_metadata(a)?.len() != fs::symlink_metadata(b)?.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (BufReader::new(File::open(a)?), BufReader::new(File::open(b)?));
    loop {
        let (un, deux) = (a.fill_buf()?, b.fill_buf()?);
        let commun = un.len().min(deux.len());
        if commun == 0 {
            return Ok(un.is_empty() && deux.is_empty());
        }
        if un[..commun] != deux[..commun] {
            return Ok(false);
        }
        a.consume(commun);
        b.consume(commun);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Lieu(tempfile::TempDir);

    impl Lieu {
        fn new() -> Self {
            let lieu = Self(tempfile::tempdir().unwrap());
            fs::create_dir(lieu.0.path().join("depot")).unwrap();
            fs::write(lieu.0.path().join("nuit.toml"), "boites = ['depot']").unwrap();
            lieu
        }

        fn arrive(&self, nom: &str, contenu: &str) -> Arrive {
            let chemin = self.0.path().join("depot").join(nom);
            fs::write(&chemin, contenu).unwrap();
            Arrive { chemin, boite: PathBuf::new(), jour: NaiveDate::MIN, marqueur: None }
        }

        fn ranger(&self, fichier: &Arrive, destination: &Destination) -> String {
            let pipeline = Pipeline::lire(&self.0.path().join("nuit.toml")).unwrap();
            let jour = NaiveDate::from_ymd_opt(2021, 3, 5).unwrap();
            let chemin = ranger(&pipeline, fichier, destination, jour).unwrap();
            assert!(!fichier.chemin.exists());
            chemin.strip_prefix(self.0.path()).unwrap().to_string_lossy().into_owned()
        }
    }

    #[test]
    fn a_file_that_was_read_goes_to_the_archives_of_the_month_for_its_owner_alone() {
        let lieu = Lieu::new();
        let mut fichier = lieu.arrive("flux.xml", "un");
        fichier.marqueur = Some(lieu.arrive("flux.xml.fini", "").chemin);
        assert_eq!(lieu.ranger(&fichier, &Destination::Archives), "archives/2021/03/flux.xml");
        assert!(!fichier.marqueur.unwrap().exists());
        let mode = fs::metadata(lieu.0.path().join("archives/2021/03/flux.xml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn two_files_of_one_name_are_both_kept_and_the_same_one_once() {
        let lieu = Lieu::new();
        for (contenu, place) in
            [("un", "flux.xml"), ("deux", "flux.xml.2"), ("un", "flux.xml"), ("trois", "flux.xml.3")]
        {
            let place = format!("archives/2021/03/{place}");
            assert_eq!(lieu.ranger(&lieu.arrive("flux.xml", contenu), &Destination::Archives), place);
            assert_eq!(fs::read_to_string(lieu.0.path().join(place)).unwrap(), contenu);
        }
    }

    #[test]
    fn a_refused_file_stands_beside_the_text_that_says_why() {
        let lieu = Lieu::new();
        let destination = Destination::Refuses("tronqué".to_owned());
        assert_eq!(lieu.ranger(&lieu.arrive("flux.xml", "<"), &destination), "refuses/flux.xml");
        assert_eq!(fs::read_to_string(lieu.0.path().join("refuses/flux.xml.raison.txt")).unwrap(), "tronqué");
    }
}
