//! The table for a spreadsheet: semicolons, a BOM, decimal commas.

use super::{Contexte, SECRET, cellule, figure, lectures_choisies, nombre};
use crate::indicateurs::{Indicateur, Tableau, Valeur};

const ENTETES: [&str; 26] = [
    "id",
    "code",
    "libelle",
    "valeur",
    "unite",
    "taux",
    "moyenne_jours",
    "mediane_jours",
    "dans_les_delais",
    "hors_delai",
    "hors_champ",
    "en_cours",
    "echus",
    "cible",
    "eloigne_note_2",
    "eloigne_annexe_5",
    "source",
    "valeur_calculee",
    "motif",
    "tranches",
    "du",
    "au",
    "arrete",
    "connu_le",
    "referentiel",
    "lectures",
];

/// The table as CSV.
///
/// # Errors
/// None in practice: the writer is in memory.
pub fn csv(contexte: &Contexte<'_>, tableau: &Tableau<'_>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(b"\xEF\xBB\xBF".to_vec());
    writer.write_record(ENTETES)?;
    // Each line says what it was asked for: a file made under another reading is told apart.
    let periode = &contexte.periode;
    let rappel = [
        periode.du.to_string(),
        periode.au.to_string(),
        periode.arrete.to_string(),
        contexte.connu_le.map(|jour| jour.to_string()).unwrap_or_default(),
        cellule(&contexte.referentiel.nom),
        lectures_choisies(contexte.referentiel).join(" "),
    ];
    for indicateur in &tableau.indicateurs {
        writer.write_record(ligne(indicateur).into_iter().chain(rappel.iter().cloned()))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn ligne(indicateur: &Indicateur) -> [String; 20] {
    let definition = indicateur.definition;
    let oui_non = |valeur: Option<bool>| valeur.map(|oui| u8::from(oui).to_string()).unwrap_or_default();
    let mut out: [String; 20] = Default::default();
    let valeur = |valeur: Option<Valeur>| if valeur.is_none() { String::new() } else { figure(valeur) };
    let decimales = |valeur: Option<Valeur>, n| match valeur.map(Valeur::nombre) {
        None => String::new(),
        Some(None) => SECRET.to_owned(),
        Some(Some(x)) => nombre(x, n),
    };
    out[0] = definition.id.to_owned();
    out[1] = definition.code.to_owned();
    out[2] = definition.libelle.to_owned();
    out[3] = valeur(indicateur.valeur);
    out[4] = definition.unite.to_owned();
    if let Some(tenue) = &indicateur.tenue {
        let r = &tenue.repartition;
        out[5] = decimales(tenue.taux, 4);
        out[6] = decimales(r.moyenne_jours, 1);
        out[7] = decimales(r.mediane_jours, 1);
        let counts = [r.dans_les_delais, r.hors_delai, r.hors_champ, r.en_cours, r.echus];
        out[8..13].iter_mut().zip(counts).for_each(|(cell, n)| *cell = figure(Some(n)));
        out[13] = tenue.cible.map(|x| nombre(x, 2)).unwrap_or_default();
        out[14] = oui_non(tenue.eloigne_note_2);
        out[15] = oui_non(tenue.eloigne_annexe_5);
        let tranches: Vec<_> = r.tranches.iter().map(|(label, n)| format!("{label}:{}", figure(Some(*n)))).collect();
        out[19] = tranches.join(" ");
    }
    if let Some(calculee) = indicateur.valeur_calculee {
        out[16] = "pole_emploi".to_owned();
        out[17] = valeur(calculee);
    } else if matches!(definition.id, "3.2.3" | "3.2.4" | "3.2.5" | "3.2.6") {
        out[16] = "jalon".to_owned();
    }
    out[18] = cellule(indicateur.motif.as_deref().unwrap_or_default());
    out
}
