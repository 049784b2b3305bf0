//! Folders: whether they can be used, who else may read them, and the room left on their disks.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::{Constat, Gravite, Groupe, compte};
use crate::disque::{dossier_de, place_libre};
use crate::flux::source::octets;
use crate::pipeline::Pipeline;
use crate::systeme::{Chemin, EnFrancais};

/// The rights of everybody but the owner.
const AUTRES: u32 = 0o077;
/// Room that a night must always have: what it writes when nothing arrives.
const MARGE: u64 = 200_000_000;

/// The account that runs this.
fn compte_courant() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|meta| meta.uid())
}

/// Everything in a folder, folders included, itself first.
pub(super) fn contenu(dossier: &Path) -> io::Result<Vec<(PathBuf, Metadata)>> {
    let mut vus = vec![(dossier.to_owned(), fs::metadata(dossier)?)];
    let mut reste = vec![dossier.to_owned()];
    while let Some(ici) = reste.pop() {
        for entree in fs::read_dir(&ici)? {
            let chemin = entree?.path();
            match fs::symlink_metadata(&chemin) {
                Ok(meta) => {
                    if meta.is_dir() {
                        reste.push(chemin.clone());
                    }
                    vus.push((chemin, meta));
                }
                // Gone since the folder was listed: a run is under way.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(vus)
}

/// Bytes of the files of a folder; none when it cannot be read.
pub(super) fn poids(dossier: &Path) -> u64 {
    let vus = contenu(dossier).unwrap_or_default();
    vus.iter().filter(|(_, meta)| meta.is_file()).map(|(_, meta)| meta.len()).sum()
}

/// A folder that jalon writes in and that is for its owner alone: there, or one that it can make.
pub(super) fn prive(groupe: Groupe, controle: &'static str, dossier: &Path) -> Constat {
    let montre = Chemin(dossier).to_string();
    let bon = |trouve: String| Constat::bon(groupe, controle, trouve).sur(&montre);
    let propre = format!("chown -R {} {montre}", compte_courant().unwrap_or_default());
    match fs::metadata(dossier) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let parent = premier_dossier(dossier);
            if accessible(parent, Access::WRITE_OK | Access::EXEC_OK) {
                return bon("n'existe pas encore : il sera créé".to_owned());
            }
            bon(format!("n'existe pas, et {} ne peut pas être écrit", Chemin(parent))).mais(
                Gravite::ACorriger,
                "un dossier qui peut être créé",
                format!("faites-le créer par votre administrateur, à votre compte : « install -d -m 0700 {montre} »"),
            )
        }
        Err(error) => bon(EnFrancais(&error).to_string()).mais(
            Gravite::ACorriger,
            "un dossier lisible",
            "vérifiez le chemin et les droits",
        ),
        Ok(meta) if !meta.is_dir() => {
            bon("c'est un fichier".to_owned()).mais(Gravite::ACorriger, "un dossier", "déplacez ce fichier")
        }
        Ok(_) if !accessible(dossier, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) => {
            bon("votre compte ne peut pas y lire et y écrire".to_owned()).mais(
                Gravite::ACorriger,
                "un dossier à votre compte, sur un disque qui s'écrit",
                format!("« {propre} », ou lancez jalon avec le compte qui fait la nuit"),
            )
        }
        Ok(_) => match contenu(dossier) {
            Err(error) => bon(format!("une partie ne peut pas être lue ({})", EnFrancais(&error))).mais(
                Gravite::ACorriger,
                "des dossiers à votre compte",
                format!("« {propre} »"),
            ),
            Ok(vus) => droits(&vus, &montre, &propre, bon),
        },
    }
}

/// Whether what is in a folder is for its owner alone, and this owner ours.
fn droits(vus: &[(PathBuf, Metadata)], montre: &str, propre: &str, bon: impl Fn(String) -> Constat) -> Constat {
    let ouverts: Vec<_> = vus
        .iter()
        .filter(|(_, meta)| !meta.is_symlink() && meta.mode() & AUTRES != 0)
        .map(|(chemin, _)| chemin)
        .collect();
    if let Some(premier) = ouverts.first() {
        let n = compte(ouverts.len(), "dossier ou fichier ouvert", "dossiers ou fichiers ouverts");
        return bon(format!("{n} à d'autres comptes, dont {}", Chemin(premier))).mais(
            Gravite::ACorriger,
            "0700 pour les dossiers, 0600 pour les fichiers",
            format!("« chmod -R go-rwx {montre} »"),
        );
    }
    let moi = compte_courant();
    let autres = vus.iter().filter(|(_, meta)| moi.is_some_and(|moi| moi != meta.uid()));
    if let Some((premier, meta)) = autres.clone().next() {
        let n = compte(autres.count(), "dossier ou fichier", "dossiers ou fichiers");
        let trouve = format!("{n} au compte {}, dont {}", meta.uid(), Chemin(premier));
        // The administrator reads and writes everything: what the night's account may do is not seen.
        return if moi == Some(0) {
            bon(trouve).mais(
                Gravite::Attention,
                "le compte qui fait la nuit, et non l'administrateur",
                "relancez avec ce compte (« sudo -u jalon jalon diagnostiquer ») : ce que l'administrateur écrirait lui serait fermé",
            )
        } else {
            bon(trouve).mais(Gravite::ACorriger, "tout à votre compte", format!("« {propre} »"))
        };
    }
    bon("lisible, inscriptible, et pour ce compte seul".to_owned())
}

/// The first folder that exists on the way up to a path.
pub(super) fn premier_dossier(chemin: &Path) -> &Path {
    let mut dossier = chemin;
    while !dossier.is_dir() {
        let parent = dossier_de(dossier);
        if parent == dossier {
            break;
        }
        dossier = parent;
    }
    dossier
}

pub(super) fn accessible(chemin: &Path, droits: Access) -> bool {
    access(chemin, droits).is_ok()
}

/// The disk of a path, or of the folder where it will be.
pub(super) fn disque(chemin: &Path) -> Option<u64> {
    fs::metadata(premier_dossier(chemin)).ok().map(|meta| meta.dev())
}

/// The room left on each disk that a night writes.
pub(super) fn place(racine: &Path, pipeline: Option<&Pipeline>) -> Vec<Constat> {
    let mut lieux = vec![racine];
    // What arrives is read into segments, smaller than it; the outputs are written beside the former ones.
    let mut besoin = MARGE;
    if let Some(pipeline) = pipeline {
        lieux.extend([pipeline.archives.as_path(), &pipeline.refuses, &pipeline.sorties]);
        besoin += poids(&pipeline.sorties) + pipeline.boites.iter().map(|boite| poids(boite)).sum::<u64>();
    }
    let entrepot = poids(racine);
    let mut vus = Vec::new();
    let mut constats = Vec::new();
    for lieu in lieux {
        let disque = disque(lieu);
        if vus.contains(&disque) {
            continue;
        }
        vus.push(disque);
        // A purge writes the segments anew before it replaces them.
        let purge = if lieu == racine { entrepot } else { 0 };
        constats.push(reste(lieu, besoin, purge));
    }
    constats
}

fn reste(lieu: &Path, besoin: u64, purge: u64) -> Constat {
    let constat = |trouve: String| Constat::bon(Groupe::Disque, "place", trouve).sur(Chemin(premier_dossier(lieu)));
    let Some(libre) = place_libre(lieu) else {
        return constat("le système ne dit pas la place qui reste".to_owned()).mais(
            Gravite::Attention,
            format!("{} libres", octets(besoin)),
            "vérifiez-la avec « df -h »",
        );
    };
    let trouve = constat(format!("{} libres", octets(libre)));
    if libre < besoin {
        return trouve.mais(
            Gravite::ACorriger,
            format!("au moins {} pour la prochaine nuit", octets(besoin)),
            "faites de la place, ou agrandissez le disque : une nuit qui le remplit s'arrête, sans rien perdre",
        );
    }
    if libre < besoin.saturating_add(purge) {
        return trouve.mais(
            Gravite::Attention,
            format!("{} pour qu'une purge puisse réécrire l'entrepôt", octets(besoin + purge)),
            "faites de la place avant la prochaine purge",
        );
    }
    trouve
}
