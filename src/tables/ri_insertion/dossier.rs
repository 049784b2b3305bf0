//! The files of the folder. Pure: what they hold; `jalon exporter` writes them.

use serde_json::{Map, Value, json};

use super::Donnees;
use super::colonnes::{Fichier as Table, dictionnaire};
use super::controles::{Controle, Signalement, controles, reserves, signalements};
use super::evenements::Tri;
use crate::tables::export::Fichier;
use crate::tables::formes;

/// A folder that may be written, or the checks that fail.
#[derive(Debug)]
pub struct Dossier {
    /// Its files.
    pub fichiers: Vec<Fichier>,
    /// What is worth knowing before they are given, in sentences.
    pub a_savoir: Vec<String>,
}

/// Makes the files, once everything is checked.
///
/// # Errors
/// The checks that fail: nothing must be written.
pub fn dossier(donnees: &Donnees) -> Result<Dossier, Vec<Controle>> {
    let controles = controles(donnees);
    let manques: Vec<Controle> = controles.iter().filter(|controle| !controle.conforme()).copied().collect();
    if !manques.is_empty() {
        return Err(manques);
    }
    let mut fichiers: Vec<Fichier> = Table::TOUS
        .into_iter()
        .map(|fichier| {
            let table = fichier.table(donnees);
            let nom = format!("{}.csv", fichier.code());
            Fichier { nom, octets: formes::csv(&table), lignes: Some(table.lignes()) }
        })
        .collect();
    let (reserves, signalements) = (reserves(donnees), signalements(donnees));
    let compte_rendu = compte_rendu(donnees, &fichiers, &controles, (&reserves, &signalements));
    let annexes = [
        ("dictionnaire.csv", formes::csv(&dictionnaire())),
        ("controles.json", format!("{compte_rendu:#}\n").into_bytes()),
        ("LISEZMOI.txt", lisez_moi(donnees, &fichiers, &reserves).into_bytes()),
    ];
    fichiers.extend(annexes.map(|(nom, octets)| Fichier { nom: nom.to_owned(), octets, lignes: None }));
    let comptes = signalements.iter().filter(|signalement| signalement.nombre > 0);
    let comptes = comptes.map(|Signalement { libelle, nombre, .. }| format!("{libelle} : {nombre}"));
    Ok(Dossier { fichiers, a_savoir: reserves.into_iter().chain(comptes).collect() })
}

/// The checks and the counts, for programs. Keys are only ever added.
fn compte_rendu(
    donnees: &Donnees,
    fichiers: &[Fichier],
    controles: &[Controle],
    (reserves, signalements): (&[String], &[Signalement]),
) -> Value {
    let annee = donnees.demande.annee;
    let lignes: Map<String, Value> =
        fichiers.iter().map(|fichier| (fichier.nom.clone(), fichier.lignes.into())).collect();
    let controle = |c: &Controle| json!({"controle": c.code, "libelle": c.libelle, "attendu": c.attendu, "trouve": c.trouve, "conforme": c.conforme()});
    let signalement = |s: &Signalement| json!({"code": s.code, "libelle": s.libelle, "nombre": s.nombre});
    json!({
        "format": "ri-insertion",
        "version_du_format": 1,
        "annee": annee.nombre,
        "connu_le": donnees.demande.connu_le.map(|jour| jour.to_string()),
        "lignes": lignes,
        "controles": controles.iter().map(controle).collect::<Vec<_>>(),
        "orientations": tri(&donnees.tri_orientations),
        "contrats": tri(&donnees.tri_contrats),
        "signalements": signalements.iter().map(signalement).collect::<Vec<_>>(),
        "reserves": reserves,
    })
}

fn tri(tri: &Tri) -> Value {
    json!({
        "en_vigueur": tri.total(),
        "ecrits": tri.ecrits,
        "hors_perimetre": tri.hors_perimetre,
        "apres_l_annee": tri.apres,
        "finis_avant_l_annee": tri.finis_avant,
        "remplaces_le_jour_meme": tri.remplaces_le_jour_meme,
        "en_attente": tri.en_attente,
    })
}

fn lisez_moi(donnees: &Donnees, fichiers: &[Fichier], reserves: &[String]) -> String {
    let annee = donnees.demande.annee.nombre;
    let connu = donnees.demande.connu_le.map_or_else(
        || "tout ce que l'entrepôt contenait au moment de l'export".to_owned(),
        |jour| format!("ce que le département savait le {jour}"),
    );
    let lignes: String = fichiers
        .iter()
        .zip(Table::TOUS)
        .map(|(fichier, table)| {
            format!("  {} : {} ligne(s). {}.\n", fichier.nom, fichier.lignes.unwrap_or_default(), table.description())
        })
        .collect();
    let reserves = match reserves {
        [] => "Rien à signaler sur les flux de l'année.\n".to_owned(),
        reserves => {
            let dites: String = reserves.iter().map(|reserve| format!("  - {reserve}\n")).collect();
            format!("À savoir sur les flux de l'année :\n{dites}")
        }
    };
    format!(
        "RI-insertion, année {annee}\n\
         =========================\n\n\
         Ce que jalon sait de l'orientation et de l'accompagnement des bénéficiaires du RSA en {annee}, personne par personne, pour\n\
         répondre aux remontées individuelles que la DREES demande aux départements. Connu : {connu}.\n\n\
         {lignes}\n\
         CSV : point-virgule, UTF-8 avec BOM, dates AAAA-MM-JJ, oui/non en 1/0, vide quand il n'y a rien à dire. Les périodes ne sont pas\n\
         coupées au 1er janvier ; elles sont arrêtées au 31 décembre. dictionnaire.csv donne le sens de chaque colonne,\n\
         controles.json ce qui a été vérifié et compté.\n\n\
         {reserves}\n{DONNEES_PERSONNELLES}"
    )
}

const DONNEES_PERSONNELLES: &str = "\
Le dessin de ces fichiers est celui de jalon : celui que la DREES attend n'est pas public. Comparez-le à ce qu'elle vous a transmis avant
tout dépôt.

Données personnelles : personnes.csv et droit.csv nomment des personnes, ou permettent de les retrouver, et les autres fichiers s'y relient.
Ils ne se déposent que par le canal sécurisé que la DREES indique, jamais par courriel ni sur un partage. Ils sont réservés au compte
qui les a écrits : effacez-les une fois le dépôt accepté.
";
