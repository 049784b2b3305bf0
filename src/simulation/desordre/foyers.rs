//! Foyers that cannot be read, added to a flux. Their dossiers are nobody's, so nobody is held
//! present nor absent for them.

use super::super::noms::{NOMS, PRENOMS_F};
use super::Des;
use super::texte::Table;

/// A NUMDEMRSA that the generator gives to nobody.
fn dossier_de_personne(des: &mut Des) -> String {
    format!("99{:09}", des.sous(1_000_000_000))
}

/// The text between the first two tags of a name.
fn valeur<'a>(texte: &'a str, nom: &str) -> &'a str {
    let (ouvrante, fermante) = (format!("<{nom}>"), format!("</{nom}>"));
    let suite = texte.split_once(ouvrante.as_str()).map_or("", |(_, suite)| suite);
    suite.split_once(fermante.as_str()).map_or("", |(valeur, _)| valeur)
}

/// The flux with another number of foyers announced.
pub(super) fn annoncer(texte: &str, foyers: u64) -> String {
    const BALISE: &str = "<NBTOTDOSRSATRANSM>";
    match texte.rsplit_once(BALISE) {
        Some((avant, apres)) => format!("{avant}{BALISE}{foyers:08}{}", apres.get(8..).unwrap_or_default()),
        None => texte.to_owned(),
    }
}

/// Adds foyers to a flux in XML, and says how many.
pub(super) fn ajouter_en_xml(texte: &str, foyers: u64, mensuel: bool, des: &mut Des) -> (String, u64) {
    let n = u64::from(des.sous(3)) + 1;
    // A stock that holds a foyer without NUMDEMRSA does not say who is in it.
    let sortes = if mensuel { 6 } else { 7 };
    let mut out = annoncer(texte, foyers + n);
    for _ in 0..n {
        let foyer = foyer_xml(valeur(texte, "FONORG"), valeur(texte, "NUMORG"), des.sous(sortes), des);
        let debuts: Vec<usize> = ["<InfosFoyerRSA>", "<TransmissionFlux>"]
            .iter()
            .flat_map(|b| out.match_indices(b))
            .map(|(p, _)| p)
            .collect();
        let place = debuts.get(des.sous(debuts.len() as u32) as usize).copied().unwrap_or(out.len());
        out.insert_str(place, &foyer);
    }
    (out, n)
}

fn foyer_xml(fonorg: &str, numorg: &str, sorte: u32, des: &mut Des) -> String {
    let mut parties = Parties {
        numdemrsa: dossier_de_personne(des),
        dtdemrsa: "2020-11-04",
        nom: NOMS[des.sous(NOMS.len() as u32) as usize],
        prenom: PRENOMS_F[des.sous(PRENOMS_F.len() as u32) as usize],
        dtnai: "1984-06-17",
        nir: "2840699912000".to_owned(),
        etat: "2",
        top: "1",
        personne: true,
    };
    match sorte {
        0 => parties.etat = "9",
        1 => parties.dtdemrsa = "2021-02-31",
        2 => parties.dtnai = "1984-13-45",
        3 => parties.top = "X",
        4 => (parties.nir, parties.nom) = (String::new(), ""),
        5 => parties.personne = false,
        _ => parties.numdemrsa.clear(),
    }
    parties.xml(fonorg, numorg)
}

/// What a foyer of one person says.
struct Parties {
    numdemrsa: String,
    dtdemrsa: &'static str,
    nom: &'static str,
    prenom: &'static str,
    dtnai: &'static str,
    nir: String,
    etat: &'static str,
    top: &'static str,
    personne: bool,
}

impl Parties {
    fn xml(&self, fonorg: &str, numorg: &str) -> String {
        let Self { numdemrsa, dtdemrsa, nom, prenom, dtnai, nir, etat, top, personne } = self;
        let personne = if *personne {
            format!(
                "<Personne>\n<Identification>\n<NOM>{nom}</NOM>\n<PRENOM>{prenom}</PRENOM>\n<DTNAI>{dtnai}</DTNAI>\n<NIR>{nir}</NIR>\n\
                 </Identification>\n<Prestations>\n<NATPREST>RSA</NATPREST>\n<ROLEPERS>DEM</ROLEPERS>\n</Prestations>\n\
                 <MontantCalculDroitRSAPersonne>\n<TOPPERSDRODEVORSA>{top}</TOPPERSDRODEVORSA>\n</MontantCalculDroitRSAPersonne>\n</Personne>\n"
            )
        } else {
            String::new()
        };
        format!(
            "<InfosFoyerRSA>\n<IdentificationRSA>\n<Organisme>\n<FONORG>{fonorg}</FONORG>\n<NUMORG>{numorg}</NUMORG>\n</Organisme>\n\
             <DemandeRSA>\n<DTDEMRSA>{dtdemrsa}</DTDEMRSA>\n<NUMDEMRSA>{numdemrsa}</NUMDEMRSA>\n</DemandeRSA>\n</IdentificationRSA>\n\
             {personne}<PrestationRSA>\n<SituationDossierRSA>\n<EtatDossierRSA>\n<ETATDOSRSA>{etat}</ETATDOSRSA>\n</EtatDossierRSA>\n\
             </SituationDossierRSA>\n</PrestationRSA>\n</InfosFoyerRSA>\n"
        )
    }
}

/// Adds lines to a flux in CSV, and says how many. The last line stays the last: a short one there
/// would be a truncation.
pub(super) fn ajouter_en_csv(table: &Table, des: &mut Des) -> (String, u64) {
    let n = u64::from(des.sous(3)) + 1;
    let mut neuve = Table { lignes: table.lignes.clone() };
    let Some(modele) = table.lignes.get(1).cloned() else { return (table.ecrire(b';', false), 0) };
    for _ in 0..n {
        let mut ligne = modele.clone();
        let mut mettre = |nom: &str, valeur: &str| {
            if let Some(place) = table.colonne(nom).and_then(|place| ligne.get_mut(place)) {
                valeur.clone_into(place);
            }
        };
        mettre("NUMDEMRSA", &dossier_de_personne(des));
        mettre("NIR", "2840699912000");
        mettre("NOM", NOMS[des.sous(NOMS.len() as u32) as usize]);
        mettre("ROLEPERS", "DEM");
        match des.sous(6) {
            0 => mettre("ETATDOSRSA", "9"),
            1 => mettre("DTDEMRSA", "31/02/2021"),
            2 => mettre("DTNAI", "1984-13-45"),
            3 => mettre("TOPPERSDRODEVORSA", "X"),
            4 => ligne.truncate(12),
            _ => ligne.extend(["reste".to_owned(), "12,5".to_owned()]),
        }
        let place = 1 + des.sous(neuve.lignes.len() as u32 - 1) as usize;
        neuve.lignes.insert(place, ligne);
    }
    (neuve.ecrire(b';', false), n)
}
