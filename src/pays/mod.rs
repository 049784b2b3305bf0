//! The departments of a warehouse.
//!
//! ```text
//! pays/                      the warehouse of several departments
//!   departements.toml        what is proper to each: référentiel, campaigns, earlier years, caisses
//!   departement=047/         a whole warehouse of one department, with its own flux, lock and audit
//!   departement=082/
//! ```
//!
//! Each department is computed alone, by the functions that compute one: here is only which ones there
//! are ([`Reglages`]), what is made of their figures side by side ([`ensemble`]), and who moved from one
//! to another ([`demenagements`]).

pub mod demenagements;
pub mod ensemble;

use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::identite::folded;
use crate::referentiel::{illisible, ligne_a};
use crate::systeme::Affichable;

/// The official departments and their regions.
///
/// Source: Insee, code officiel géographique, 1 January 2022.
const OFFICIELS: &str = include_str!("../../pipelines/departements.csv");
/// What the name of the folder of a department begins with.
const PREFIXE: &str = "departement=";
/// The settings of the departments, at the root of the warehouse.
pub const REGLAGES: &str = "departements.toml";

/// A department of the official list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Officiel {
    /// On three characters, as `082`, `02A` or `971`.
    pub code: &'static str,
    /// Name.
    pub nom: &'static str,
    /// Name of its region.
    pub region: &'static str,
}

/// The official departments, in the order of their codes.
pub fn officiels() -> impl Iterator<Item = Officiel> {
    OFFICIELS.lines().skip(2).filter_map(|ligne| {
        let mut cellules = ligne.split(';');
        let (code, nom, _, region) = (cellules.next()?, cellules.next()?, cellules.next()?, cellules.next()?);
        Some(Officiel { code, nom, region })
    })
}

/// The department of a code, written on two or three characters.
#[must_use]
pub fn officiel(code: &str) -> Option<Officiel> {
    let code = format!("{:0>3}", code.trim().to_ascii_uppercase());
    officiels().find(|officiel| officiel.code == code)
}

/// The official name of a region, however it is capitalised or accented.
#[must_use]
pub fn region(nom: &str) -> Option<&'static str> {
    let nom = folded(nom.trim());
    officiels().map(|officiel| officiel.region).find(|region| folded(region) == nom)
}

/// The names of the regions, for a message.
#[must_use]
pub fn regions() -> String {
    let mut noms: Vec<&str> = officiels().map(|officiel| officiel.region).collect();
    noms.sort_unstable();
    noms.dedup();
    noms.join(", ")
}

/// The folder of a department in a warehouse of several.
#[must_use]
pub fn dossier(racine: &Path, code: &str) -> PathBuf {
    racine.join(format!("{PREFIXE}{code}"))
}

/// The departments that a warehouse of several holds, in the order of their codes; none when it is the
/// warehouse of one department, or does not exist.
///
/// # Errors
/// The folder cannot be listed.
pub fn presents(racine: &Path) -> io::Result<Vec<String>> {
    let entrees = match fs::read_dir(racine) {
        Ok(entrees) => entrees,
        // What is no folder is told by who opens it.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut codes = Vec::new();
    for entree in entrees {
        let entree = entree?;
        let nom = entree.file_name();
        if let Some(code) = nom.to_str().and_then(|nom| nom.strip_prefix(PREFIXE))
            && entree.path().is_dir()
        {
            codes.push(code.to_owned());
        }
    }
    codes.sort_unstable();
    Ok(codes)
}

/// Whether a folder is itself the warehouse of one department.
#[must_use]
pub fn est_d_un_seul(racine: &Path) -> bool {
    ["flux", "evenements", "verrou"].iter().any(|nom| racine.join(nom).exists())
}

/// Why the settings cannot be used. In French, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ErreurReglages(String);

/// The settings of a department, as the file gives them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ecrit {
    code: Spanned<String>,
    nom: Option<String>,
    region: Option<Spanned<String>>,
    referentiel: Option<PathBuf>,
    campagnes: Option<PathBuf>,
    historique: Option<PathBuf>,
    #[serde(default)]
    caisses: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FichierEcrit {
    #[serde(default)]
    departements: Vec<Ecrit>,
}

/// A department, and what is proper to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departement {
    /// On three characters.
    pub code: String,
    /// Name.
    pub nom: String,
    /// Region.
    pub region: String,
    /// Its référentiel, when it is not that which ships.
    pub referentiel: Option<PathBuf>,
    /// Its campaigns, when they are not those that ship.
    pub campagnes: Option<PathBuf>,
    /// Its results of earlier years and its targets.
    pub historique: Option<PathBuf>,
    /// Its caisses; empty when they are not told.
    pub caisses: Vec<String>,
}

impl Departement {
    /// A caisse of the warehouse that is not one of the department, when these are told.
    #[must_use]
    pub fn caisse_etrangere<'a>(&self, caisses: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let connue = |caisse: &str| self.caisses.iter().any(|sienne| sienne == caisse);
        caisses.into_iter().find(|caisse| !self.caisses.is_empty() && !connue(caisse))
    }
}

impl From<Officiel> for Departement {
    fn from(officiel: Officiel) -> Self {
        Self {
            code: officiel.code.to_owned(),
            nom: officiel.nom.to_owned(),
            region: officiel.region.to_owned(),
            referentiel: None,
            campagnes: None,
            historique: None,
            caisses: Vec::new(),
        }
    }
}

impl fmt::Display for Departement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.nom)
    }
}

/// What is proper to each department.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reglages {
    departements: Vec<Departement>,
}

impl Reglages {
    /// Reads the settings. The files that they name are beside them.
    ///
    /// # Errors
    /// A key or a value that is not understood, with its file, line and field.
    pub fn lire(texte: &str, fichier: &Path) -> Result<Self, ErreurReglages> {
        let ecrits: FichierEcrit = toml::from_str(texte)
            .map_err(|error| ErreurReglages(illisible(&fichier.display().to_string(), texte, &error)))?;
        let mut departements: Vec<Departement> = Vec::new();
        let faute = |champ: &str, span: Range<usize>, trouve: &str, attendu: &str| {
            let ligne = ligne_a(texte, span.start).unwrap_or(1);
            ErreurReglages(format!(
                "{}, ligne {ligne}, champ « {champ} » : « {} » trouvé, attendu {attendu}",
                fichier.display(),
                Affichable(trouve)
            ))
        };
        let beside = |chemin: PathBuf| fichier.parent().map_or_else(|| chemin.clone(), |dossier| dossier.join(&chemin));
        for ecrit in ecrits.departements {
            let code = ecrit.code.get_ref();
            let connu = officiel(code).ok_or_else(|| {
                faute("code", ecrit.code.span(), code, "le code d'un département, comme 082, 02A ou 971")
            })?;
            if departements.iter().any(|deja| deja.code == connu.code) {
                return Err(faute("code", ecrit.code.span(), code, "une seule fois chaque département"));
            }
            let region = match &ecrit.region {
                None => connu.region,
                Some(nom) => region(nom.get_ref())
                    .ok_or_else(|| faute("region", nom.span(), nom.get_ref(), &format!("l'une de : {}", regions())))?,
            };
            departements.push(Departement {
                nom: ecrit.nom.unwrap_or_else(|| connu.nom.to_owned()),
                region: region.to_owned(),
                referentiel: ecrit.referentiel.map(beside),
                campagnes: ecrit.campagnes.map(beside),
                historique: ecrit.historique.map(beside),
                caisses: ecrit.caisses,
                ..Departement::from(connu)
            });
        }
        Ok(Self { departements })
    }

    /// A department: as the settings tell it, else as the official list does.
    #[must_use]
    pub fn departement(&self, code: &str) -> Option<Departement> {
        let connu = officiel(code)?;
        let regle = self.departements.iter().find(|departement| departement.code == connu.code);
        Some(regle.cloned().unwrap_or_else(|| connu.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lire(texte: &str) -> Result<Reglages, String> {
        Reglages::lire(texte, Path::new("pays/departements.toml")).map_err(|error| error.to_string())
    }

    /// Insee: 101 departments in 18 regions.
    #[test]
    fn the_official_list_is_whole_and_sorted() {
        let codes: Vec<&str> = officiels().map(|officiel| officiel.code).collect();
        assert_eq!(codes.len(), 101);
        assert!(codes.windows(2).all(|deux| deux[0] < deux[1]) && codes.iter().all(|code| code.len() == 3));
        assert_eq!(regions().split(", ").count(), 18);
        assert_eq!(officiels().filter(|officiel| officiel.region == "Occitanie").count(), 13);
        assert_eq!(officiel("82").map(|officiel| officiel.nom), Some("Tarn-et-Garonne"));
        assert_eq!(officiel("2a").map(|officiel| officiel.code), Some("02A"));
        assert_eq!(officiel("020"), None, "Corsica is 2A and 2B");
        assert_eq!(region("ile de france"), Some("Île-de-France"));
    }

    #[test]
    fn what_is_not_told_of_a_department_comes_from_the_official_list() {
        let reglages =
            lire("[[departements]]\ncode = \"82\"\nreferentiel = \"r.toml\"\ncaisses = [\"CAF821\"]\n").unwrap();
        let departement = reglages.departement("082").unwrap();
        assert_eq!((departement.nom.as_str(), departement.region.as_str()), ("Tarn-et-Garonne", "Occitanie"));
        assert_eq!(departement.referentiel.as_deref(), Some(Path::new("pays/r.toml")));
        assert_eq!(departement.caisse_etrangere(["CAF821", "CAF471"]), Some("CAF471"));
        assert_eq!(reglages.departement("047").unwrap().caisse_etrangere(["CAF471"]), None);
    }

    #[test]
    fn a_mistake_says_its_file_its_line_and_its_field() {
        for (texte, dits) in [
            ("[[departements]]\ncode = \"099\"\n", ["ligne 2", "« code »", "« 099 »"]),
            ("[[departements]]\ncode = \"082\"\nregion = \"Midi\"\n", ["ligne 3", "« region »", "Occitanie"]),
            (
                "[[departements]]\ncode = \"082\"\n[[departements]]\ncode = \"82\"\n",
                ["ligne 4", "« code »", "une seule"],
            ),
            ("[[departements]]\ncode = \"082\"\ncible = 3\n", ["ligne 3", "« cible »", "n'est pas connue"]),
        ] {
            let error = lire(texte).unwrap_err();
            for dit in dits.iter().chain(&["pays/departements.toml"]) {
                assert!(error.contains(dit), "« {dit} » manque : {error}");
            }
        }
    }
}
