//! A place where nights are run: an inbox, a pipeline, and what stands there afterwards.

#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::programme::{Sortie, fichiers, lancer};

/// A pipeline that waits for nothing and believes the names of the files.
pub const PIPELINE: &str =
    "boites = ['depot']\nreception = 'nom'\n[depot]\nsecondes = 0\n[calcul]\ncampagnes = ['mars-2022']\n";

pub struct Lieu(TempDir);

impl Lieu {
    pub fn new(pipeline: &str) -> Self {
        // In memory where there is such a place: thousands of syncs cost minutes on a disk.
        let memoire = Path::new("/dev/shm");
        let dossier = if memoire.is_dir() { tempfile::tempdir_in(memoire) } else { tempfile::tempdir() };
        let lieu = Self(dossier.unwrap());
        fs::create_dir(lieu.chemin("depot")).unwrap();
        fs::write(lieu.chemin("nuit.toml"), pipeline).unwrap();
        lieu
    }

    pub fn chemin(&self, nom: &str) -> PathBuf {
        self.0.path().join(nom)
    }

    pub fn deposer(&self, nom: &str, contenu: impl AsRef<[u8]>) {
        let chemin = self.chemin("depot").join(nom);
        fs::create_dir_all(chemin.parent().unwrap()).unwrap();
        fs::write(chemin, contenu).unwrap();
    }

    pub fn commande(&self, arguments: &[&str]) -> Command {
        let mut commande = Command::new(env!("CARGO_BIN_EXE_jalon"));
        commande.env_remove("JALON_ENTREPOT").env_remove("COLUMNS").env("NO_COLOR", "1");
        commande.arg("nuit").arg("--pipeline").arg(self.chemin("nuit.toml")).args(arguments);
        commande
    }

    pub fn nuit(&self, arguments: &[&str]) -> Sortie {
        lancer(&mut self.commande(arguments))
    }

    /// Names of the files below a folder, from it.
    pub fn noms(&self, dossier: &str) -> BTreeSet<String> {
        self.contenus(dossier).into_keys().collect()
    }

    /// Files below a folder.
    pub fn contenus(&self, dossier: &str) -> BTreeMap<String, Vec<u8>> {
        let racine = self.chemin(dossier);
        if !racine.exists() {
            return BTreeMap::new();
        }
        let nom = |chemin: &Path| chemin.strip_prefix(&racine).unwrap().to_string_lossy().into_owned();
        fichiers(&racine).iter().map(|chemin| (nom(chemin), fs::read(chemin).unwrap())).collect()
    }

    /// Everything that two places that lived the same must have alike. The segments have the key of
    /// their place: their names are compared, which are the digests of what they hold.
    pub fn etat(&self) -> BTreeMap<String, Vec<u8>> {
        let mut etat = BTreeMap::new();
        for dossier in ["depot", "archives", "refuses", "sorties", "entrepot"] {
            for (nom, contenu) in self.contenus(dossier) {
                let variable = matches!(nom.as_str(), ".etat" | "nuit.json" | "nuit.txt" | "cle")
                    || Path::new(&nom).extension().is_some_and(|extension| extension == "parquet");
                etat.insert(format!("{dossier}/{nom}"), if variable { Vec::new() } else { contenu });
            }
        }
        etat
    }
}
