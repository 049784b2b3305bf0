//! `jalon simuler`: the flux and the events of a department that does not exist.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{Days, Months, NaiveDate};

use super::{Erreur, Fin, barre};
use crate::cli::{Communes, Simuler};
use crate::disque;
use crate::simulation::{Bilan, ENTREPOT, Forme, Reglages, ecrire_avec_verite};
use crate::systeme::Chemin;

/// The first month of the RSA.
const PREMIER_MOIS: (i32, u32) = (2009, 6);
/// Twenty years: more than any department keeps.
const MOIS_MAX: u32 = 240;

pub(super) fn executer(communes: &Communes, demande: &Simuler) -> Result<Fin, Erreur> {
    let debut = Instant::now();
    if demande.desordre && demande.forme == Forme::Segments {
        return Err(Erreur::Demande(
            "--desordre abîme des fichiers reçus, et --forme segments n'en écrit pas. Demandez --forme xml ou csv, ou \
             retirez --desordre"
                .to_owned(),
        ));
    }
    let reglages = Reglages {
        graine: demande.graine,
        personnes: demande.personnes as usize,
        du: demande.du,
        au: demande.au,
        forme: demande.forme,
        realiste: true,
        quotidiens: true,
        desordre: demande.desordre,
    };
    verifier_la_periode(&reglages)?;
    let place = Place::nouvelle(&demande.sortie)?;
    verifier_le_disque(reglages.octets(), disque::place_libre(&place.brouillon), &demande.sortie)?;
    let barre = barre(u64::from(reglages.nb_mois()), "mois", communes);
    let bilan = place.remplir(|brouillon| ecrire_avec_verite(&reglages, brouillon, &|| barre.inc(1)))?;
    barre.finish_and_clear();
    if !communes.quiet {
        eprint!("{}", compte_rendu(&reglages, &bilan, &demande.sortie, debut.elapsed().as_secs()));
    }
    Ok(Fin::Fait)
}

fn verifier_la_periode(reglages: &Reglages) -> Result<(), Erreur> {
    let Reglages { du, au, .. } = *reglages;
    let refus = if du > au {
        "--du vient après --au. Donnez le premier mois, puis le dernier".to_owned()
    } else if du < PREMIER_MOIS {
        "--du vient avant juin 2009, premier mois du RSA. Donnez 2009-06 ou un mois plus tard".to_owned()
    } else if reglages.nb_mois() > MOIS_MAX {
        let nb_mois = reglages.nb_mois();
        format!(
            "de --du à --au il y a {nb_mois} mois, et jalon en simule {MOIS_MAX} au plus (vingt ans). Rapprochez-les"
        )
    } else {
        return Ok(());
    };
    Err(Erreur::Demande(refus))
}

/// Refuses what would fill the disk after minutes of writing.
pub(super) fn verifier_le_disque(octets: u64, libre: Option<u64>, sortie: &Path) -> Result<(), Erreur> {
    match libre {
        Some(libre) if libre < octets => Err(Erreur::Demande(format!(
            "ce département prendrait environ {}, et il reste {} là où serait {}. Libérez de la place, choisissez un autre \
             disque, ou demandez moins de personnes ou de mois",
            taille(octets),
            taille(libre),
            Chemin(sortie)
        ))),
        _ => Ok(()),
    }
}

/// Where the department is written: a folder beside its place, that takes this place once it is whole.
/// What was interrupted is never found there.
#[derive(Debug)]
pub(super) struct Place {
    sortie: PathBuf,
    brouillon: PathBuf,
}

impl Place {
    /// Refuses a folder that holds something: an invented file must never be taken for a real one.
    pub(super) fn nouvelle(sortie: &Path) -> Result<Self, Erreur> {
        let montre = Chemin(sortie);
        let illisible = |error| Erreur::Ecriture(sortie.to_owned(), error);
        let Some(nom) = sortie.file_name() else {
            return Err(Erreur::Demande(format!("{montre} n'est pas un nom de dossier. Donnez-en un neuf")));
        };
        let mut place = Self { sortie: sortie.to_owned(), brouillon: PathBuf::new() };
        match fs::read_dir(sortie).map(|mut entrees| entrees.next().is_none()) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(illisible(error)),
            Ok(false) => {
                return Err(Erreur::Demande(format!(
                    "{montre} n'est pas vide : jalon n'y mêle pas de fichiers inventés. Donnez un dossier neuf"
                )));
            }
            Ok(true) => {
                place.sortie = fs::canonicalize(sortie).map_err(illisible)?;
                let disques = [&place.sortie, disque::dossier_de(&place.sortie)]
                    .map(|dossier| fs::metadata(dossier).map(|etat| etat.dev()).map_err(illisible));
                let [ici, parent] = disques;
                if ici? != parent? {
                    return Err(Erreur::Demande(format!(
                        "{montre} est la racine d'un disque. Donnez un dossier à créer dedans"
                    )));
                }
            }
        }
        place.brouillon = place.sortie.with_file_name(format!(".{}.partiel", nom.to_string_lossy()));
        if place.brouillon.symlink_metadata().is_ok() {
            return Err(Erreur::Demande(format!(
                "une simulation est en cours vers {montre}, ou a été interrompue. Si aucune ne tourne, supprimez le dossier {}, \
                 puis relancez",
                Chemin(&place.brouillon)
            )));
        }
        Ok(place)
    }

    /// The folder that is written.
    pub(super) fn brouillon(&self) -> &Path {
        &self.brouillon
    }

    /// Writes all of it, or leaves nothing.
    pub(super) fn remplir(&self, ecrire: impl FnOnce(&Path) -> io::Result<Bilan>) -> Result<Bilan, Erreur> {
        let rempli = ecrire(&self.brouillon).and_then(|bilan| {
            disque::renommer(&self.brouillon, &self.sortie)?;
            Ok(bilan)
        });
        rempli.map_err(|error| {
            if let Err(error) = fs::remove_dir_all(&self.brouillon) {
                tracing::debug!(dossier = %self.brouillon.display(), %error, "brouillon non supprimé");
            }
            Erreur::Ecriture(self.sortie.clone(), error)
        })
    }
}

/// What was written, and what can be typed next.
fn compte_rendu(reglages: &Reglages, bilan: &Bilan, sortie: &Path, secondes: u64) -> String {
    let Bilan { fichiers, octets, foyers, evenements, .. } = bilan;
    let contenu = format!(
        "{foyers} foyers, {evenements} lignes d'événements, {} en {secondes} s). Personne n'y est réel",
        taille(*octets)
    );
    let (ecrit, entrepot, ingerer) = if reglages.forme == Forme::Segments {
        let entrepot = sortie.join(ENTREPOT);
        let ecrit = format!(
            "entrepôt écrit dans {} ({fichiers} segments, {contenu}, et sa clé n'est pas secrète",
            Chemin(&entrepot)
        );
        (ecrit, entrepot, None)
    } else {
        let nom = sortie.file_name().unwrap_or_default().to_string_lossy();
        let entrepot = sortie.with_file_name(format!("{nom}-entrepot"));
        let ecrit = format!("{fichiers} fichiers écrits dans {} ({contenu}", Chemin(sortie));
        (ecrit, entrepot, Some(format!("ingerer {}", a_taper(sortie))))
    };
    let commandes = ingerer.into_iter().chain([format!("indicateurs {}", periode(reglages))]);
    let commandes = commandes.map(|commande| format!("  jalon --entrepot {} {commande}\n", a_taper(&entrepot)));
    format!("jalon : {ecrit}.\nEnsuite :\n{}", commandes.collect::<String>())
}

/// The campaign of the last year that is wholly in the span with a month before it; else the span.
fn periode(reglages: &Reglages) -> String {
    let Reglages { du, au, .. } = *reglages;
    let annee = if au.1 == 12 { au.0 } else { au.0 - 1 };
    if du < (annee, 1) {
        return format!("--campagne mars-{}", annee + 1);
    }
    let premier = |(annee, mois)| NaiveDate::from_ymd_opt(annee, mois, 1).unwrap_or_default();
    let dernier = premier(au) + Months::new(1) - Days::new(1);
    format!("--du {} --au {dernier}", premier(du))
}

/// A path as a shell reads it.
pub(super) fn a_taper(chemin: &Path) -> String {
    let montre = Chemin(chemin).to_string();
    let simple = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if montre.chars().all(simple) { montre } else { format!("'{}'", montre.replace('\'', "'\\''")) }
}

/// Bytes, in megabytes or gigabytes.
fn taille(octets: u64) -> String {
    let dixiemes = octets.div_ceil(100_000);
    let (dixiemes, unite) = if dixiemes < 10_000 { (dixiemes, "Mo") } else { (dixiemes.div_ceil(1_000), "Go") };
    format!("{},{} {unite}", dixiemes / 10, dixiemes % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reglages(du: (i32, u32), au: (i32, u32), forme: Forme) -> Reglages {
        Reglages { graine: 1, personnes: 10, du, au, forme, realiste: true, quotidiens: true, desordre: false }
    }

    #[test]
    fn a_disk_that_is_too_small_is_told_before_anything_is_written() {
        let refus = verifier_le_disque(2_100_000_000, Some(2_099_999_999), Path::new("dept")).unwrap_err();
        assert!(
            refus.to_string().starts_with("ce département prendrait environ 2,1 Go, et il reste 2,1 Go"),
            "{refus}"
        );
        assert!(verifier_le_disque(2_100_000_000, Some(2_100_000_000), Path::new("dept")).is_ok());
        assert!(verifier_le_disque(u64::MAX, None, Path::new("dept")).is_ok(), "the system does not say");
    }

    #[test]
    fn the_next_command_is_the_one_of_the_last_whole_year() {
        for (du, au, attendu) in [
            ((2020, 12), (2022, 5), "--campagne mars-2022"),
            ((2020, 12), (2021, 12), "--campagne mars-2022"),
            ((2020, 12), (2021, 11), "--du 2020-12-01 --au 2021-11-30"),
            ((2021, 1), (2021, 12), "--du 2021-01-01 --au 2021-12-31"),
            ((2018, 3), (2023, 2), "--campagne mars-2023"),
            ((2021, 2), (2021, 2), "--du 2021-02-01 --au 2021-02-28"),
        ] {
            assert_eq!(periode(&reglages(du, au, Forme::Xml)), attendu);
        }
    }

    #[test]
    fn what_is_to_be_typed_can_be_pasted() {
        let bilan = Bilan { fichiers: 3, octets: 1_234_567, foyers: 2, evenements: 1, ..Bilan::default() };
        let texte =
            |forme, sortie: &str| compte_rendu(&reglages((2020, 12), (2022, 5), forme), &bilan, Path::new(sortie), 4);
        assert_eq!(
            texte(Forme::Csv, "essais/l'été 82"),
            "jalon : 3 fichiers écrits dans essais/l'été 82 (2 foyers, 1 lignes d'événements, 1,3 Mo en 4 s). \
             Personne n'y est réel.\n\
             Ensuite :\n  \
             jalon --entrepot 'essais/l'\\''été 82-entrepot' ingerer 'essais/l'\\''été 82'\n  \
             jalon --entrepot 'essais/l'\\''été 82-entrepot' indicateurs --campagne mars-2022\n"
        );
        assert_eq!(
            texte(Forme::Segments, "dept"),
            "jalon : entrepôt écrit dans dept/entrepot (3 segments, 2 foyers, 1 lignes d'événements, 1,3 Mo en 4 s). \
             Personne n'y est réel, et sa clé n'est pas secrète.\n\
             Ensuite :\n  jalon --entrepot dept/entrepot indicateurs --campagne mars-2022\n"
        );
    }

    #[test]
    fn sizes_are_rounded_up() {
        for (octets, attendu) in
            [(1, "0,1 Mo"), (1_200_000, "1,2 Mo"), (999_900_001, "1,0 Go"), (3_050_000_000, "3,1 Go")]
        {
            assert_eq!(taille(octets), attendu);
        }
    }
}
