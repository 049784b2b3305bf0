//! The table for a spreadsheet: semicolons, a BOM, decimal commas.

use super::{Contexte, SECRET, cellule, figure, lectures_choisies, nombre};
use crate::indicateurs::axes::{Part, additif};
use crate::indicateurs::variantes::Variante;
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

/// Columns of a split, there only when one is asked for: they are empty on the lines of the table.
const ENTETES_AXES: [&str; 3] = ["axe", "axe_valeur", "additif"];
/// Columns of the other readings, there only when they are asked for.
const ENTETES_LECTURES: [&str; 3] = ["lecture", "ecart", "texte"];

/// The table as CSV: twelve lines, then one for each figure of each part, then one for each figure
/// under each other reading.
///
/// # Errors
/// None in practice: the writer is in memory.
pub fn csv(contexte: &Contexte<'_>, tableau: &Tableau<'_>) -> Result<Vec<u8>, csv::Error> {
    rediger(contexte, tableau, &tableau.repartitions, &tableau.variantes)
}

/// The twelve lines alone, whatever stands beside them: what is handed in, and read by other programs.
///
/// # Errors
/// None in practice: the writer is in memory.
pub fn douze(contexte: &Contexte<'_>, tableau: &Tableau<'_>) -> Result<Vec<u8>, csv::Error> {
    rediger(contexte, tableau, &[], &[])
}

fn rediger(
    contexte: &Contexte<'_>,
    tableau: &Tableau<'_>,
    parts: &[Part],
    variantes: &[Variante],
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(b"\xEF\xBB\xBF".to_vec());
    let (axes, lectures) = (!parts.is_empty(), !variantes.is_empty());
    let avec = |ici: bool, colonnes: [String; 3]| colonnes.into_iter().filter(move |_| ici);
    let suite = |axe: [String; 3], lecture: [String; 3]| avec(axes, axe).chain(avec(lectures, lecture));
    let noms = |noms: [&str; 3]| noms.map(str::to_owned);
    let entetes = ENTETES.into_iter().map(str::to_owned);
    writer.write_record(entetes.chain(suite(noms(ENTETES_AXES), noms(ENTETES_LECTURES))))?;
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
        let suite = suite(Default::default(), Default::default());
        writer.write_record(ligne(indicateur).into_iter().chain(rappel.iter().cloned()).chain(suite))?;
    }
    let total = |id: &str| tableau.indicateurs.iter().find(|total| total.definition.id == id);
    for part in parts {
        for indicateur in &part.indicateurs {
            let additif = total(indicateur.definition.id)
                .is_some_and(|total| additif(total, contexte.referentiel.lectures.comptage));
            let axe = [part.axe.code().to_owned(), cellule(&part.valeur), u8::from(additif).to_string()];
            let suite = suite(axe, Default::default());
            writer.write_record(ligne(indicateur).into_iter().chain(rappel.iter().cloned()).chain(suite))?;
        }
    }
    for variante in variantes {
        for ((id, valeur), (_, ecart)) in variante.valeurs.iter().zip(variante.ecarts(&tableau.indicateurs)) {
            let Some(total) = total(id) else { continue };
            let lecture = [variante.nom(), ecart.map(entier_ou_decimal).unwrap_or_default(), cellule(variante.texte)];
            let suite = suite(Default::default(), lecture);
            let cellules = sous_une_lecture(total, *valeur);
            writer.write_record(cellules.into_iter().chain(rappel.iter().cloned()).chain(suite))?;
        }
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// A figure under another reading: only the figure, whose line of the table is `total`.
fn sous_une_lecture(total: &Indicateur, valeur: Option<Valeur>) -> [String; 20] {
    let mut out: [String; 20] = Default::default();
    out[0] = total.definition.id.to_owned();
    out[1] = total.definition.code.to_owned();
    out[2] = total.libelle.to_string();
    out[3] = if valeur.is_none() { String::new() } else { figure(valeur) };
    out[4] = total.definition.unite.to_owned();
    out
}

/// A difference, without decimals when it is whole.
fn entier_ou_decimal(x: f64) -> String {
    nombre(x, usize::from(x.fract() != 0.0))
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
    out[2] = indicateur.libelle.to_string();
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
