//! A comparison without the warehouse: from the lists of people of two folders. Who moved is known,
//! not why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Cause, Comparaison, Cote, Mouvement, deplaces, restes};
use crate::campagne::ErreurDossier;
use crate::campagne::dossier::lire;
use crate::journal::lecture::Designation;

/// What tells an entry in a list: dossier, caisse, name, first name, birth date, month.
type Cle = [String; 6];

/// Compares two folders from their `detail.csv`.
///
/// # Errors
/// A folder without one, or one that is not ours.
pub fn comparer((dossier_a, a): (&Path, &Cote), (dossier_b, b): (&Path, &Cote)) -> Result<Comparaison, ErreurDossier> {
    let (avant, apres) = (detail(dossier_a)?, detail(dossier_b)?);
    let ecarts = deplaces(&a.chiffres, &b.chiffres);
    let mut mouvements = Vec::new();
    for cle in avant.keys().chain(apres.keys()).collect::<BTreeSet<_>>() {
        let vide = BTreeMap::new();
        let (avants, apress) = (avant.get(cle).unwrap_or(&vide), apres.get(cle).unwrap_or(&vide));
        for indicateur in avants.keys().chain(apress.keys()).copied().collect::<BTreeSet<_>>() {
            let nombre = |comptes: &BTreeMap<&str, i64>| comptes.get(indicateur).copied().unwrap_or(0);
            let (n, m) = (nombre(avants), nombre(apress));
            if n != m {
                mouvements.push(mouvement(indicateur, cle, n, m));
            }
        }
    }
    let restes = restes(&ecarts, &mouvements);
    let mut comparaison = Comparaison {
        demandes: [a.demande.clone(), b.demande.clone()],
        ecarts,
        mouvements,
        restes,
        perimes: [false; 2],
    };
    comparaison.ordonner();
    Ok(comparaison)
}

fn mouvement(indicateur: &'static str, cle: &Cle, avant: i64, apres: i64) -> Mouvement {
    let [numdemrsa, caisse, nom, prenom, date_naissance, mois] = cle;
    Mouvement {
        indicateur,
        cause: Cause::Inconnue,
        precision: String::new(),
        personne: Designation {
            numdemrsa: numdemrsa.into(),
            nom: nom.into(),
            prenom: prenom.into(),
            date_naissance: date_naissance.into(),
            ..Designation::default()
        },
        caisse: caisse.clone(),
        mois: Some(mois.clone()),
        avant: avant.to_string(),
        apres: apres.to_string(),
        ecart: Some(apres - avant),
    }
}

/// In which figures each entry of a list counts.
fn detail(dossier: &Path) -> Result<BTreeMap<Cle, BTreeMap<&'static str, i64>>, ErreurDossier> {
    let illisible = |raison: String| {
        ErreurDossier::Refus(format!("{}/detail.csv ne peut pas être lu ({raison})", dossier.display()))
    };
    if !dossier.join("detail.csv").is_file() {
        return Err(illisible("il est absent : le dossier est fait pour être diffusé".to_owned()));
    }
    let octets = lire(dossier, "detail.csv")?;
    let texte = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&octets);
    let mut lecteur = csv::ReaderBuilder::new().delimiter(b';').from_reader(texte);
    let entetes = lecteur.headers().map_err(|error| illisible(error.to_string()))?.clone();
    let mut out: BTreeMap<Cle, BTreeMap<&'static str, i64>> = BTreeMap::new();
    for ligne in lecteur.records() {
        let ligne = ligne.map_err(|error| illisible(error.to_string()))?;
        let champ = |nom: &str| {
            let rang = entetes.iter().position(|entete| entete == nom);
            rang.and_then(|rang| ligne.get(rang)).unwrap_or_default()
        };
        let cle =
            ["numdemrsa", "caisse", "nom", "prenom", "date_naissance", "mois_reference"].map(|n| champ(n).to_owned());
        let comptes = [
            ("3.1.1", true),
            ("3.1.2", champ("oriente_1_mois") == "1"),
            ("3.1.3", !champ("date_premier_rdv").is_empty()),
            ("3.1.4", champ("rdv_2_semaines") == "1"),
            ("3.1.5", !champ("date_premier_cer").is_empty()),
            ("3.1.6", champ("cer_2_mois") == "1"),
            ("3.2.1", champ("gad") == "1"),
        ];
        let entree = out.entry(cle).or_default();
        for (indicateur, _) in comptes.into_iter().filter(|(_, compte)| *compte) {
            *entree.entry(indicateur).or_default() += 1;
        }
    }
    Ok(out)
}
