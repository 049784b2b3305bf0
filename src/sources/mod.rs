//! The department's own exports: descriptions say which files they are and how their lines become
//! events, and a workbook is read as the tables it holds. What a value may be is decided in
//! [`crate::releves`], as for every event file.
//!
//! ```text
//! file ─▶ description that fits ─▶ line by line: filters, values, identifier ─▶ event or reject
//! ```

pub mod application;
pub mod description;
pub mod examen;
pub mod lecture;
pub mod proposition;
pub mod toml;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::flux::ouverture::{Apercu, Contenu, ouvrir};
use crate::flux::tableur::{Forme, Signature, Tableur, normaliser};
use crate::flux::xlsx::Classeur;
use crate::releves::Refus;
use crate::releves::genres::Genre;
use crate::systeme::EnFrancais;

pub use description::Description;
pub use toml::ErreurSource;

/// Bytes of a description: those of a large one are some thousands.
const DESCRIPTION_MAX: u64 = 1 << 20;
/// Bytes of a sheet that are enough to find its header.
const TETE: usize = 64 << 10;

/// The descriptions that a run may use.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Arc<Description>>);

/// A part of a file that makes a segment of its own.
#[derive(Clone, Debug)]
pub struct Partie {
    /// What its lines are.
    pub genre: Genre,
    /// Its columns.
    pub tableur: Tableur,
    /// How its lines are read; `None` when its columns are ours.
    pub description: Option<Arc<Description>>,
    /// Digest of the content and of what tells this part from the others, in hexadecimal.
    pub empreinte: String,
}

impl Sources {
    /// Reads descriptions: files, or folders whose `.toml` files are taken in the order of their
    /// names.
    ///
    /// # Errors
    /// A path that cannot be read, or what is wrong in a description, with its line.
    pub fn lire(chemins: &[PathBuf]) -> Result<Self, ErreurSource> {
        let mut fichiers = Vec::new();
        for chemin in chemins {
            if chemin.is_dir() {
                let mut siens = Vec::new();
                for entree in fs::read_dir(chemin).map_err(|error| inaccessible(chemin, &error))? {
                    let autre = entree.map_err(|error| inaccessible(chemin, &error))?.path();
                    if autre.extension().is_some_and(|extension| extension == "toml") {
                        siens.push(autre);
                    }
                }
                siens.sort();
                if siens.is_empty() {
                    return Err(ErreurSource(format!(
                        "{} ne contient aucune description (.toml). Vérifiez le chemin donné à --sources",
                        chemin.display()
                    )));
                }
                fichiers.extend(siens);
            } else {
                fichiers.push(chemin.clone());
            }
        }
        let mut out = Self::default();
        for chemin in fichiers {
            let nom = chemin.file_name().map(|nom| nom.to_string_lossy().into_owned()).unwrap_or_default();
            out.ajouter(Description::lire(&nom, &texte(&chemin)?)?)?;
        }
        Ok(out)
    }

    /// Adds a description.
    ///
    /// # Errors
    /// Another one has its name.
    pub fn ajouter(&mut self, description: Description) -> Result<(), ErreurSource> {
        if self.0.iter().any(|autre| autre.nom == description.nom) {
            return Err(ErreurSource(format!("deux sources s'appellent « {} » : renommez-en une", description.nom)));
        }
        self.0.push(Arc::new(description));
        Ok(())
    }

    /// Whether there is none.
    #[must_use]
    pub fn est_vide(&self) -> bool {
        self.0.is_empty()
    }

    /// What a file is, and the parts of it that these descriptions read, or that a workbook holds under
    /// our own headings. Without any part, it is what `natif`, its reading without descriptions, says.
    ///
    /// # Errors
    /// The refusal of the file: that of `natif`, a workbook that is damaged, headings that are missing,
    /// two descriptions of one kind.
    pub fn reconnaitre(
        &self,
        chemin: &Path,
        nom: &str,
        apercu: &Apercu,
        natif: Result<Contenu, Refus>,
    ) -> Result<(Contenu, Vec<Partie>), Refus> {
        let contenu = apercu.digest.to_hex();
        let par_parties = |parties| Ok((Contenu::Autre("lu par parties".to_owned()), parties));
        if Classeur::commence(&apercu.tete, apercu.taille) {
            let Some(classeur) = Classeur::ouvrir(ouvrir(chemin)?)? else { return Ok((natif?, Vec::new())) };
            let parties = self.du_classeur(classeur, nom, &contenu)?;
            if parties.is_empty() {
                let raison = "classeur dont aucune feuille n'a les colonnes de jalon ni celles d'une source décrite. \
                              S'il contient des événements, décrivez-le : jalon sources decouvrir";
                return Ok((Contenu::Autre(raison.to_owned()), parties));
            }
            return par_parties(parties);
        }
        let reconnu = matches!(&natif, Ok(contenu) if !matches!(contenu, Contenu::Autre(_)));
        let texte = !apercu.octet_nul && !apercu.tete.trim_ascii_start().starts_with(b"<");
        if reconnu || !texte || self.est_vide() {
            return Ok((natif?, Vec::new()));
        }
        let mut parties = Vec::new();
        for description in self.pour(nom) {
            let tableur = Tableur::selon(&apercu.tete, apercu.utf8, &description.fichiers.forme);
            if convient(description, &tableur) {
                parties.push(Partie::decrite(description, tableur, &contenu));
            }
        }
        match natif {
            _ if !parties.is_empty() => par_parties(seules(parties)?),
            Err(Refus::Contenu { ligne, message }) => {
                let message = format!("{message}. {}", self.pourquoi_aucune(nom, apercu));
                Err(Refus::Contenu { ligne, message })
            }
            natif => Ok((natif?, parties)),
        }
    }

    /// The descriptions whose patterns fit a base name.
    fn pour<'a>(&'a self, nom: &'a str) -> impl Iterator<Item = &'a Arc<Description>> {
        let nom = nom.strip_suffix(".gz").unwrap_or(nom);
        self.0.iter().filter(move |description| {
            let noms = &description.fichiers.noms;
            noms.is_empty() || noms.iter().any(|motif| correspond(motif, nom))
        })
    }

    /// What keeps the nearest description from fitting.
    fn pourquoi_aucune(&self, nom: &str, apercu: &Apercu) -> String {
        let absents = |description: &Description| -> Vec<String> {
            let tableur = Tableur::selon(&apercu.tete, apercu.utf8, &description.fichiers.forme);
            let manque = description.fichiers.entetes.iter().filter(|entete| tableur.colonne(&entete.norme).is_none());
            manque.map(|entete| format!("« {} »", entete.montre)).collect()
        };
        let proche = self.pour(nom).map(|description| (description, absents(description))).min_by_key(|(_, a)| a.len());
        match proche {
            Some((description, absents)) => format!(
                "Aucune source décrite ne convient ; la plus proche, {}, attend encore {}",
                description.nom,
                absents.join(", ")
            ),
            None => "Aucune source décrite n'a un nom de fichier qui convienne".to_owned(),
        }
    }

    /// A workbook: what is described in it, and its sheets that have our own headings.
    fn du_classeur(&self, mut classeur: Classeur, nom: &str, contenu: &str) -> Result<Vec<Partie>, Refus> {
        let feuilles = classeur.feuilles();
        let Some(premiere) = feuilles.first() else { return Ok(Vec::new()) };
        let mut parties = Vec::new();
        let mut decrites: Vec<String> = Vec::new();
        for description in self.pour(nom) {
            let forme = &description.fichiers.forme;
            let feuille = match &forme.feuille {
                None => premiere,
                Some(voulue) => match feuilles.iter().find(|feuille| normaliser(feuille) == normaliser(voulue)) {
                    Some(feuille) => feuille,
                    None => continue,
                },
            };
            let tableur = tableur_de(&mut classeur, feuille, forme)?;
            if convient(description, &tableur) {
                decrites.push(feuille.clone());
                parties.push(Partie::decrite(description, tableur, contenu));
            }
        }
        let mut doute = None;
        for feuille in feuilles.iter().filter(|feuille| !decrites.contains(feuille)) {
            let tableur = tableur_de(&mut classeur, feuille, &Forme::default())?;
            if tableur.connues() < 2 {
                continue;
            }
            match tableur.signature() {
                Ok(Signature::Evenements(genre)) => parties.push(Partie::native(genre, tableur, contenu)),
                Ok(Signature::Flux) => {
                    return Err(Refus::whole(
                        "un flux dans un classeur n'est pas lu : un tableur en change les numéros. \
                         Déposez le fichier de la caisse, ou un export en CSV UTF-8",
                    ));
                }
                Err(refus) => doute = doute.or(Some((feuille.clone(), refus))),
            }
        }
        match doute {
            Some((feuille, refus)) if parties.is_empty() => {
                Err(Refus::whole(format!("feuille « {feuille} » : {refus}")))
            }
            _ => seules(parties),
        }
    }
}

fn inaccessible(chemin: &Path, error: &io::Error) -> ErreurSource {
    ErreurSource(format!(
        "la description {} ne peut pas être lue ({}). Vérifiez le chemin donné à --sources et les droits",
        chemin.display(),
        EnFrancais(error)
    ))
}

fn texte(chemin: &Path) -> Result<String, ErreurSource> {
    let taille = fs::metadata(chemin).map_err(|error| inaccessible(chemin, &error))?.len();
    if taille > DESCRIPTION_MAX {
        return Err(ErreurSource(format!("{} est trop grand pour une description de source", chemin.display())));
    }
    fs::read_to_string(chemin).map_err(|error| inaccessible(chemin, &error))
}

/// The columns of a sheet, told from its beginning.
fn tableur_de(classeur: &mut Classeur, feuille: &str, forme: &Forme) -> Result<Tableur, Refus> {
    let tete = classeur.texte(feuille, Some(TETE))?;
    let forme = Forme {
        encodage: Some(encoding_rs::UTF_8),
        separateur: Some(b';'),
        avant: forme.avant,
        feuille: Some(feuille.to_owned()),
    };
    Ok(Tableur::selon(&tete, true, &forme))
}

/// Whether the headings that must be there are.
fn convient(description: &Description, tableur: &Tableur) -> bool {
    description.fichiers.entetes.iter().all(|entete| tableur.colonne(&entete.norme).is_some())
}

/// Two descriptions of one kind would count the same lines twice.
fn seules(parties: Vec<Partie>) -> Result<Vec<Partie>, Refus> {
    for (rang, partie) in parties.iter().enumerate() {
        let Some(autre) = parties.iter().take(rang).find(|autre| autre.empreinte == partie.empreinte) else { continue };
        let nom = |partie: &Partie| partie.description.as_ref().map_or("", |d| d.nom.as_str()).to_owned();
        return Err(Refus::whole(format!(
            "deux sources décrites conviennent à ce fichier pour {} : {} et {}. \
             Précisez « noms » ou « entetes » dans l'une d'elles, ou n'en donnez qu'une",
            partie.genre.nom(),
            nom(autre),
            nom(partie)
        )));
    }
    Ok(parties)
}

impl Partie {
    fn decrite(description: &Arc<Description>, tableur: Tableur, contenu: &str) -> Self {
        let empreinte = empreinte(contenu, description.genre, tableur.feuille());
        Self { genre: description.genre, tableur, description: Some(Arc::clone(description)), empreinte }
    }

    fn native(genre: Genre, tableur: Tableur, contenu: &str) -> Self {
        let empreinte = empreinte(contenu, genre, tableur.feuille());
        Self { genre, tableur, description: None, empreinte }
    }
}

/// One content can make several segments: the name of each holds what tells it from the others. The
/// description is not part of it, so that a description that changes does not read a file again.
fn empreinte(contenu: &str, genre: Genre, feuille: Option<&str>) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("jalon 2026 partie d'un export");
    for part in [contenu, genre.nom(), feuille.unwrap_or_default()] {
        hasher.update(part.as_bytes()).update(b"\x1f");
    }
    hasher.finalize().to_hex().to_string()
}

/// Whether a pattern fits a base name: `*` is any run of characters and `?` any one, whatever the
/// case.
#[must_use]
pub fn correspond(motif: &str, nom: &str) -> bool {
    let (motif, nom): (Vec<char>, Vec<char>) =
        (motif.to_lowercase().chars().collect(), nom.to_lowercase().chars().collect());
    let (mut m, mut n) = (0, 0);
    // Where to try again: after the last star, one character further.
    let mut reprise: Option<(usize, usize)> = None;
    while n < nom.len() {
        match motif.get(m) {
            Some('*') => {
                reprise = Some((m + 1, n));
                m += 1;
            }
            Some(c) if *c == '?' || *c == nom[n] => (m, n) = (m + 1, n + 1),
            _ => match reprise {
                Some((etoile, debut)) => {
                    reprise = Some((etoile, debut + 1));
                    (m, n) = (etoile, debut + 1);
                }
                None => return false,
            },
        }
    }
    motif[m..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_a_base_name_whatever_the_case() {
        for (motif, nom) in [("*", ""), ("export_*.csv", "EXPORT_2021.CSV"), ("?a*b*c", "xaabbbc"), ("é*", "Été.csv")]
        {
            assert!(correspond(motif, nom), "{motif} {nom}");
        }
        for (motif, nom) in [("", "a"), ("export_*.csv", "export_1.csv.gz"), ("?", ""), ("a*b", "ab c"), ("a", "ab")] {
            assert!(!correspond(motif, nom), "{motif} {nom}");
        }
        // A pattern of many stars does not take the age of the universe.
        assert!(!correspond(&"*a".repeat(40), &"a".repeat(39)));
    }

    #[test]
    fn every_description_that_ships_is_read() {
        let dossier = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/sources");
        assert_eq!(Sources::lire(&[dossier]).unwrap().0.len(), 7);
    }
}
