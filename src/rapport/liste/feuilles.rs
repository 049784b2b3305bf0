//! A list as a workbook: a summary that says its rule, then one sheet a territory, whose first row is
//! its header: a mail merge takes it as it is.

use std::collections::BTreeMap;

use rust_xlsxwriter::{FormatAlign, Workbook, Worksheet};
use rustc_hash::FxHashSet;

use super::{Contexte, ENTETES, fr, lectures_choisies};
use crate::journal::lecture::Designation;
use crate::listes::{Ligne, Liste, remarques};
use crate::rapport::classeur::{
    ErreurClasseur, Fait, Formats, POLICE, ROUGE, ajuster, document, ecrire_texte, mettre_en_page, numero_de_serie,
};
use crate::rapport::detail::Cellule;
use crate::temps::Jour;

/// The sheet that says what the list is.
const RESUME: &str = "Résumé";
/// The sheet of those whom nobody follows, or whose territory is not said.
const SANS_TERRITOIRE: &str = "Sans territoire";
/// Characters that the name of a sheet holds.
const NOM_MAX: usize = 31;
/// The width of each column of [`ENTETES`].
const LARGEURS: [f64; ENTETES.len()] =
    [10.0, 12.0, 16.0, 8.0, 17.0, 13.0, 10.0, 10.0, 10.0, 9.0, 18.0, 14.0, 18.0, 10.0, 8.0, 34.0];
/// Columns that stay in sight: up to the name.
const FIGEES: u16 = 5;

/// The lines of a territory, and its sheet.
struct Territoire<'a> {
    nom: &'a str,
    feuille: String,
    lignes: Vec<(&'a Ligne<'a>, &'a Designation)>,
}

impl Territoire<'_> {
    fn passees(&self) -> usize {
        self.lignes.iter().filter(|(ligne, _)| ligne.jours_restants < 0).count()
    }
}

/// The workbook of a list.
pub(super) fn classeur(contexte: Contexte<'_>, liste: &Liste<'_>) -> Result<Vec<u8>, ErreurClasseur> {
    let territoires = territoires(contexte.lignes(liste));
    let mut workbook = document(liste.nom.titre(), &contexte.titre(liste), contexte.question.au)?;
    let formats = Formats::new();
    resume(workbook.add_worksheet().set_name(RESUME)?, contexte, liste, &territoires, &formats)?;
    for territoire in &territoires {
        feuille(&mut workbook, contexte, liste, territoire, &formats)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// The lines by territory, in the order of their names; those that have none come last.
fn territoires<'a>(lignes: Vec<(&'a Ligne<'a>, &'a Designation)>) -> Vec<Territoire<'a>> {
    let mut par_nom: BTreeMap<(bool, &str), Vec<(&Ligne<'_>, &Designation)>> = BTreeMap::new();
    for (ligne, nom) in lignes {
        let territoire = ligne.territoire();
        par_nom.entry((territoire.is_empty(), territoire)).or_default().push((ligne, nom));
    }
    // Excel keeps « History » for itself, in its own language.
    let mut pris = FxHashSet::from_iter([RESUME, SANS_TERRITOIRE, "History", "Historique"].map(str::to_lowercase));
    let territoire = |((aucun, nom), lignes)| Territoire {
        nom: if aucun { SANS_TERRITOIRE } else { nom },
        feuille: if aucun { SANS_TERRITOIRE.to_owned() } else { nom_de_feuille(nom, &mut pris) },
        lignes,
    };
    par_nom.into_iter().map(territoire).collect()
}

/// A name that spreadsheets take for a sheet, and that no other one has, whatever its case.
fn nom_de_feuille(territoire: &str, pris: &mut FxHashSet<String>) -> String {
    let interdit = |c: char| c.is_control() || "[]:*?/\\".contains(c);
    let propre = territoire.replace(interdit, " ");
    let propre = propre.trim_matches(|c: char| c == '\'' || c.is_whitespace());
    let propre = if propre.is_empty() { "Territoire" } else { propre };
    let mut n = 1;
    loop {
        let suffixe = if n == 1 { String::new() } else { format!(" ({n})") };
        let nom = format!("{}{suffixe}", coupe(propre, NOM_MAX - suffixe.len()));
        if pris.insert(nom.to_lowercase()) {
            return nom;
        }
        n += 1;
    }
}

/// The beginning of a text, as spreadsheets count characters.
fn coupe(texte: &str, max: usize) -> &str {
    let mut place = 0;
    let fin = texte.char_indices().find(|(_, c)| {
        place += c.len_utf16();
        place > max
    });
    texte[..fin.map_or(texte.len(), |(fin, _)| fin)].trim_end_matches(|c: char| c == '\'' || c.is_whitespace())
}

/// What the list is, and how many people of each territory are on it.
fn resume(
    sheet: &mut Worksheet,
    contexte: Contexte<'_>,
    liste: &Liste<'_>,
    territoires: &[Territoire<'_>],
    f: &Formats,
) -> Fait {
    const COLONNES: [&str; 6] =
        ["Territoire", "Feuille", "Échéance passée", "À venir", "Ensemble", "Première échéance"];
    let largeurs = [34.0, 34.0, 12.0, 12.0, 12.0, 16.0];
    for (colonne, largeur) in (0..).zip(largeurs) {
        sheet.set_column_width(colonne, largeur)?;
    }
    sheet.set_row_height(0, 22.0)?;
    sheet.write_string_with_format(0, 0, liste.nom.titre(), &f.titre)?;
    let mut ligne = 1;
    let note = |sheet: &mut Worksheet, ligne: &mut u32, texte: &str| -> Fait {
        sheet.merge_range(*ligne, 0, *ligne, 5, "", &f.note)?;
        ecrire_texte(sheet, *ligne, 0, texte, &f.note)?;
        ajuster(sheet, *ligne, [(texte, largeurs.iter().sum())])?;
        *ligne += 1;
        Ok(())
    };
    note(sheet, &mut ligne, &contexte.titre(liste))?;
    note(sheet, &mut ligne, liste.nom.regle())?;
    let lectures = lectures_choisies(contexte.question.referentiel);
    if !lectures.is_empty() {
        note(sheet, &mut ligne, &format!("Lectures autres que celles du guide : {}.", lectures.join(", ")))?;
    }
    note(sheet, &mut ligne, "Document nominatif, réservé au service.")?;
    ligne += 1;
    if territoires.is_empty() {
        note(sheet, &mut ligne, &contexte.vide(liste))?;
    } else {
        for (colonne, entete) in (0..).zip(COLONNES) {
            sheet.write_string_with_format(ligne, colonne, entete, &f.entete)?;
        }
        ajuster(sheet, ligne, COLONNES.into_iter().zip(largeurs))?;
        sheet.set_repeat_rows(ligne, ligne)?;
        ligne += 1;
        for territoire in territoires {
            ecrire_texte(sheet, ligne, 0, territoire.nom, &f.texte)?;
            ecrire_texte(sheet, ligne, 1, &territoire.feuille, &f.texte)?;
            ajuster(sheet, ligne, [(territoire.nom, largeurs[0])])?;
            comptes(sheet, ligne, territoire.lignes.len(), territoire.passees(), f)?;
            let premiere = territoire.lignes.iter().map(|(ligne, _)| ligne.echeance).min();
            premiere.map_or(Ok(()), |jour| ecrire_jour(sheet, (ligne, 5), jour, &f.nombre))?;
            ligne += 1;
        }
        sheet.write_string_with_format(ligne, 0, "Ensemble", &f.gras)?;
        comptes(sheet, ligne, liste.lignes.len(), liste.passees(), f)?;
        ligne += 1;
    }
    ligne += 1;
    for remarque in remarques(contexte.histoire, contexte.question) {
        note(sheet, &mut ligne, &format!("• {remarque}"))?;
    }
    sheet.set_print_area(0, 0, ligne.saturating_sub(1), 5)?;
    imprimer(sheet, contexte, liste, false);
    Ok(())
}

/// How many lines are past their deadline, how many are not, and how many there are.
fn comptes(sheet: &mut Worksheet, ligne: u32, total: usize, passees: usize, f: &Formats) -> Fait {
    for (colonne, n) in (2..).zip([passees, total - passees, total]) {
        sheet.write_number_with_format(ligne, colonne, u32::try_from(n).unwrap_or(u32::MAX), &f.nombre)?;
    }
    Ok(())
}

/// The lines of a territory.
fn feuille(
    workbook: &mut Workbook,
    contexte: Contexte<'_>,
    liste: &Liste<'_>,
    territoire: &Territoire<'_>,
    f: &Formats,
) -> Fait {
    let sheet = workbook.add_worksheet().set_name(&territoire.feuille)?;
    for (colonne, (entete, largeur)) in (0..).zip(ENTETES.into_iter().zip(LARGEURS)) {
        sheet.set_column_width(colonne, largeur)?;
        sheet.write_string_with_format(0, colonne, entete, &f.entete)?;
    }
    ajuster(sheet, 0, ENTETES.into_iter().zip(LARGEURS))?;
    let passee = f.nombre.clone().set_font_color(ROUGE);
    let mut rang = 0;
    for (ligne, nom) in &territoire.lignes {
        rang += 1;
        let nombre = if ligne.jours_restants < 0 { &passee } else { &f.nombre };
        let cellules = contexte.cellules(liste, ligne, nom);
        for (colonne, (cellule, entete)) in (0..).zip(cellules.iter().zip(ENTETES)) {
            match cellule {
                Cellule::Vide => sheet.write_blank(rang, colonne, &f.texte).map(|_| ())?,
                Cellule::Texte(texte) => ecrire_texte(sheet, rang, colonne, texte, &f.texte)?,
                #[expect(clippy::cast_precision_loss, reason = "days")]
                Cellule::Nombre(n) => sheet.write_number_with_format(rang, colonne, *n as f64, nombre).map(|_| ())?,
                Cellule::Jour(jour) => {
                    let format = if entete == "echeance" { nombre } else { &f.nombre };
                    ecrire_jour(sheet, (rang, colonne), *jour, format)?;
                }
            }
        }
        let textes = cellules.each_ref().map(Cellule::brut);
        ajuster(sheet, rang, textes.iter().map(String::as_str).zip(LARGEURS))?;
    }
    let derniere = u16::try_from(ENTETES.len() - 1).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, rang, derniere)?;
    sheet.set_print_area(0, 0, rang, derniere)?;
    sheet.set_freeze_panes(1, FIGEES)?;
    sheet.set_repeat_rows(0, 0)?;
    imprimer(sheet, contexte, liste, true);
    Ok(())
}

/// A day as a spreadsheet keeps it.
fn ecrire_jour(sheet: &mut Worksheet, ou: (u32, u16), jour: Jour, format: &rust_xlsxwriter::Format) -> Fait {
    let format = format.clone().set_align(FormatAlign::Center).set_num_format("dd/mm/yyyy");
    match numero_de_serie(jour) {
        Some(serie) => sheet.write_number_with_format(ou.0, ou.1, serie, &format).map(|_| Ok(()))?,
        None => ecrire_texte(sheet, ou.0, ou.1, &jour.to_string(), &format),
    }
}

/// How a sheet is printed: its rule above when its rows do not say it, what it is and its number below.
fn imprimer(sheet: &mut Worksheet, contexte: Contexte<'_>, liste: &Liste<'_>, regle: bool) {
    let (nom, jour) = (liste.nom.code(), fr(contexte.question.au));
    let sheet = mettre_en_page(sheet);
    sheet.set_footer(format!("&L{POLICE}{nom} au {jour}, nominatif&C{POLICE}&A&R{POLICE}Page &P sur &N"));
    if regle {
        sheet.set_margins(0.4, 0.4, 0.8, 0.6, 0.3, 0.3).set_header(en_tete(liste.nom.regle()));
    }
}

/// A rule above a printed sheet.
fn en_tete(regle: &str) -> String {
    format!("&L{}", regle.replace('&', "&&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listes::Nom;

    fn noms(territoires: &[&str]) -> Vec<String> {
        let mut pris = FxHashSet::from_iter([RESUME].map(str::to_lowercase));
        territoires.iter().map(|territoire| nom_de_feuille(territoire, &mut pris)).collect()
    }

    #[test]
    fn a_sheet_has_a_name_that_spreadsheets_take_and_no_other_has() {
        assert_eq!(noms(&["Nord", "NORD", "nord", "Été", "éTÉ"]), ["Nord", "NORD (2)", "nord (3)", "Été", "éTÉ (2)"]);
        assert_eq!(
            noms(&["a/b:c*d?e\\f[g]\t'", "???", "'Ouest'", "résumé"]),
            ["a b c d e f g", "Territoire", "Ouest", "résumé (2)"]
        );
        let long = "Maison départementale des solidarités de Montauban";
        assert_eq!(noms(&[long, long]), ["Maison départementale des solid", "Maison départementale des s (2)"]);
        // A character beyond the first plane counts for two.
        assert_eq!(noms(&[&"😀".repeat(20)]), ["😀".repeat(15)]);
    }

    /// Excel refuses a header of more than 255 characters.
    #[test]
    fn every_rule_holds_above_a_printed_sheet() {
        for nom in Nom::TOUS {
            assert!(en_tete(nom.regle()).encode_utf16().count() <= 255, "{}", nom.code());
        }
    }
}
