//! Lines that cannot be read, added to a file of events under ids of their own: they replace no event.

use super::super::noms::{NOMS, PRENOMS_F};
use super::texte::Table;
use super::{Des, Jour, date};

/// What makes a line readable, whatever the kind of its file.
const JUSTES: [(&str, &str); 8] = [
    ("organisme", "CD"),
    ("type_rdv", "accompagnement"),
    ("type_contrat", "cer"),
    ("type_accompagnement", "GAD"),
    ("motif", "abandon"),
    ("indicateur", "3.2.3"),
    ("valeur", "12"),
    ("mode", "courrier"),
];
/// The ways in which a line is wrong.
const SORTES: u32 = 11;
/// The date that each kind needs, and the codes of a closed list.
const DATES: [&str; 5] = ["date_notification", "date_rdv", "date_signature", "date_debut", "date_fin"];
const CODES: [&str; 5] = ["organisme", "type_rdv", "type_contrat", "type_accompagnement", "motif"];

/// Adds three to six lines, each wrong in its own way, and says how many. A line of the report of Pôle
/// emploi has no id.
pub(super) fn ajouter(table: &mut Table, recu: Jour, des: &mut Des) -> u64 {
    let (n, premiere) = (des.sous(4) + 3, des.sous(SORTES));
    for rang in 0..n {
        let ligne = if table.colonne("id_evenement").is_some() {
            ligne_d_evenement(table, recu, (premiere + rang) % SORTES, des)
        } else {
            ligne_de_bilan(table, rang)
        };
        let place = 1 + des.sous(table.lignes.len() as u32) as usize;
        table.lignes.insert(place.min(table.lignes.len()), ligne);
    }
    u64::from(n)
}

/// The cells of a line, in the columns of its file.
struct Cellules<'a> {
    table: &'a Table,
    ligne: Vec<String>,
}

impl<'a> Cellules<'a> {
    fn new(table: &'a Table) -> Self {
        Self { table, ligne: vec![String::new(); table.colonnes()] }
    }

    /// Fills a cell, if the file has its column.
    fn mettre(&mut self, nom: &str, valeur: &str) {
        if let Some(place) = self.table.colonne(nom).and_then(|place| self.ligne.get_mut(place)) {
            valeur.clone_into(place);
        }
    }

    /// Slips the cells to the right, from that of a column on: as many as before, the last ones lost.
    fn glisser(&mut self, nom: &str, de: usize) {
        if let Some(place) = self.table.colonne(nom) {
            let n = self.ligne.len();
            self.ligne.splice(place..place, vec![String::new(); de]);
            self.ligne.truncate(n);
        }
    }

    /// Fills the first of these columns that the file has.
    fn mettre_la_premiere(&mut self, noms: &[&str], valeur: &str) {
        if let Some(nom) = noms.iter().find(|nom| self.table.colonne(nom).is_some()) {
            self.mettre(nom, valeur);
        }
    }
}

fn ligne_d_evenement(table: &Table, recu: Jour, sorte: u32, des: &mut Des) -> Vec<String> {
    let jour = |le: Jour| date(le).format("%d/%m/%Y").to_string();
    let mut cellules = Cellules::new(table);
    cellules.mettre("id_evenement", &format!("DESORDRE-{recu}-{sorte}"));
    cellules.mettre("saisi_le", &jour(recu - 10));
    cellules.mettre("nom", NOMS[des.sous(NOMS.len() as u32) as usize]);
    cellules.mettre("prenom", PRENOMS_F[des.sous(PRENOMS_F.len() as u32) as usize]);
    cellules.mettre("date_naissance", "17/06/1984");
    cellules.mettre("nir", "2840699912000");
    JUSTES.iter().for_each(|(nom, valeur)| cellules.mettre(nom, valeur));
    cellules.mettre_la_premiere(&DATES, &jour(recu - 30));
    match sorte {
        0 => cellules.mettre_la_premiere(&DATES, "31/02/2021"),
        // The number of days that a spreadsheet keeps in the place of a date.
        1 => cellules.mettre_la_premiere(&DATES, "44260"),
        2 => cellules.mettre_la_premiere(&CODES, "à préciser"),
        3 => cellules.mettre("id_evenement", ""),
        4 => ["nir", "nom", "prenom", "date_naissance"].iter().for_each(|nom| cellules.mettre(nom, "")),
        5 => cellules.mettre("saisi_le", &jour(recu + 40)),
        6 => cellules.mettre("annule", "peut-être"),
        7 => cellules.mettre("numdemrsa", "2840699912000"),
        8 => cellules.ligne.truncate(5),
        9 => cellules.glisser("nom", 2),
        _ => cellules.ligne.extend(["suite".to_owned(), "du commentaire".to_owned()]),
    }
    cellules.ligne
}

fn ligne_de_bilan(table: &Table, rang: u32) -> Vec<String> {
    let mut cellules = Cellules::new(table);
    cellules.mettre("periode_du", "01/01/2021");
    cellules.mettre("periode_au", "31/12/2021");
    JUSTES.iter().for_each(|(nom, valeur)| cellules.mettre(nom, valeur));
    match rang % 3 {
        0 => cellules.mettre("indicateur", "3.2.9"),
        1 => cellules.mettre("valeur", "n.d."),
        _ => cellules.mettre("periode_au", "31/12/2020"),
    }
    cellules.ligne
}
