//! The workbook that is handed in: one sheet a part, each ready to be printed. No macro, no formula;
//! the same input makes the same bytes.

use std::fmt::Write as _;

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::annexe9::{self, Case, Contenu};
use super::detail::{self, Cellule};
use super::tableau::titre;
use super::{Contexte, NON_DISPONIBLE, Remise, SECRET, apres_le, fr, remarques};
use crate::indicateurs::catalogue::{CATALOGUE, Definition};
use crate::indicateurs::diffusion::compte;
use crate::indicateurs::{Indicateur, Valeur};
use crate::referentiel::Mot;
use crate::temps::Jour;

/// Why the workbook cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("le classeur ne peut pas être écrit : {0}")]
pub struct ErreurClasseur(#[from] XlsxError);

pub(super) type Fait = Result<(), ErreurClasseur>;

/// The sheets, in order. The last one is left out of what is meant to leave the department.
pub const FEUILLES: [&str; 6] = ["Tableau", "Délais", "Répartitions", "Lectures", "Qualité", "Détail"];

/// Rows of a sheet above its table: what it is, then what was asked for.
const TITRES: u32 = 2;
/// Characters that a cell of a spreadsheet holds.
const CARACTERES_MAX: usize = 32_767;

/// The workbook. `detail` is the list of people behind the table: it is left out when the table is meant
/// to leave the department.
///
/// # Errors
/// Too many people for a sheet.
pub fn classeur(remise: &Remise<'_>, detail: Option<&[detail::Cellules]>) -> Result<Vec<u8>, ErreurClasseur> {
    let periode = &remise.contexte.periode;
    let mut workbook = document(annexe9::TITRE, &titre(&remise.contexte), periode.arrete)?;
    let page = Page { remise, formats: Formats::new() };
    page.tableau(feuille(&mut workbook, 0)?)?;
    page.delais(feuille(&mut workbook, 1)?)?;
    page.repartitions(feuille(&mut workbook, 2)?)?;
    page.lectures(feuille(&mut workbook, 3)?)?;
    page.qualite(feuille(&mut workbook, 4)?)?;
    if let Some(lignes) = detail.filter(|_| !remise.contexte.diffusion) {
        page.detail(feuille(&mut workbook, 5)?, lignes)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn feuille(workbook: &mut Workbook, rang: usize) -> Result<&mut Worksheet, ErreurClasseur> {
    Ok(workbook.add_worksheet().set_name(FEUILLES[rang])?)
}

/// An empty workbook, made on a day: not on that of the computer.
pub(super) fn document(titre: &str, sujet: &str, jour: Jour) -> Result<Workbook, ErreurClasseur> {
    use chrono::Datelike as _;
    let date = jour.date();
    let annee = u16::try_from(date.year()).unwrap_or(1900);
    // Months and days are small.
    let [mois, jour] = [date.month(), date.day()].map(|n| u8::try_from(n).unwrap_or(1));
    let mut workbook = Workbook::new();
    // The widths of the columns are counted in digits of this font, that LibreOffice and Excel both have.
    workbook.set_default_format(&Format::new().set_font_name("Arial").set_font_size(10), 17, 64)?;
    workbook.set_properties(
        &DocProperties::new()
            .set_title(titre)
            .set_subject(sujet)
            .set_author("jalon")
            .set_creation_datetime(&ExcelDateTime::from_ymd(annee, mois, jour)?),
    );
    Ok(workbook)
}

/// The font of what is printed around a sheet.
pub(super) const POLICE: &str = "&\"Arial,Regular\"&8 ";

/// A4, landscape, as wide as the page.
pub(super) fn mettre_en_page(sheet: &mut Worksheet) -> &mut Worksheet {
    const A4: u8 = 9;
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0).set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3)
}

/// What a number is, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Genre {
    Compte,
    Nombre,
    Jours,
    Part,
    Ecart,
    EcartEntier,
}

impl Genre {
    /// The unit of an indicator.
    fn de(definition: &Definition) -> Self {
        match definition.id {
            "3.2.5" => Self::Nombre,
            "3.2.6" => Self::Jours,
            _ => Self::Compte,
        }
    }

    /// The number format, with French separators whatever the language of the spreadsheet.
    fn format(self) -> &'static str {
        match self {
            Self::Compte => "[$-40C]#,##0",
            Self::Nombre => "[$-40C]#,##0.0##",
            Self::Jours => "[$-40C]#,##0.0##\" j\"",
            Self::Part => "[$-40C]0.0\" \"%",
            Self::Ecart => "[$-40C]+#,##0.0##;-#,##0.0##;\"=\"",
            Self::EcartEntier => "[$-40C]+#,##0;-#,##0;\"=\"",
        }
    }
}

/// How cells look.
pub(super) struct Formats {
    pub(super) titre: Format,
    pub(super) sous_titre: Format,
    pub(super) entete: Format,
    pub(super) bande: Format,
    pub(super) texte: Format,
    pub(super) gras: Format,
    pub(super) nombre: Format,
    pub(super) note: Format,
    pub(super) alerte: Format,
}

const BLEU: Color = Color::RGB(0x1F_3A_5F);
pub(super) const ROUGE: Color = Color::RGB(0xC0_00_00);
const GRIS: Color = Color::RGB(0x59_59_59);
const FOND_ENTETE: Color = Color::RGB(0xDC_E6_F1);
const FOND_BANDE: Color = Color::RGB(0xF2_F2_F2);
const FOND_CAMPAGNE: Color = Color::RGB(0xFF_F8_E1);

impl Formats {
    pub(super) fn new() -> Self {
        let base = Format::new().set_font_name("Arial").set_font_size(9).set_align(FormatAlign::Top);
        let cadre = base.clone().set_border(FormatBorder::Thin).set_border_color(Color::RGB(0xBF_BF_BF));
        Self {
            titre: base.clone().set_bold().set_font_size(14).set_font_color(BLEU),
            sous_titre: base.clone().set_font_color(GRIS),
            entete: cadre
                .clone()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter)
                .set_background_color(FOND_ENTETE),
            bande: cadre.clone().set_bold().set_text_wrap().set_background_color(FOND_BANDE),
            texte: cadre.clone().set_text_wrap(),
            gras: cadre.clone().set_bold().set_text_wrap(),
            nombre: cadre.set_align(FormatAlign::Right),
            note: base.clone().set_text_wrap(),
            alerte: base.set_text_wrap().set_font_color(ROUGE),
        }
    }
}

/// How a figure stands out.
#[derive(Clone, Copy, Debug, Default)]
struct Relief {
    rouge: bool,
    exemple: bool,
    campagne: bool,
    gras: bool,
}

struct Page<'a> {
    remise: &'a Remise<'a>,
    formats: Formats,
}

/// Where a table ends: the rows after its header and its columns, for the print area.
struct Tracee {
    ligne: u32,
    colonnes: u16,
}

impl Page<'_> {
    /// The title of a sheet, the header of its table, and how it is printed.
    fn ouvrir(
        &self,
        sheet: &mut Worksheet,
        nom: &str,
        entetes: &[String],
        largeurs: &[f64],
    ) -> Result<Tracee, ErreurClasseur> {
        let f = &self.formats;
        sheet.set_row_height(0, 22.0)?;
        sheet.write_string_with_format(0, 0, nom, &f.titre)?;
        sheet.write_string_with_format(1, 0, titre(&self.remise.contexte), &f.sous_titre)?;
        for (colonne, largeur) in (0..).zip(largeurs) {
            sheet.set_column_width(colonne, *largeur)?;
        }
        self.entetes(sheet, TITRES, entetes)?;
        ajuster(sheet, TITRES, entetes.iter().map(String::as_str).zip(largeurs.iter().copied()))?;
        sheet.set_repeat_rows(TITRES, TITRES)?;
        self.mettre_en_page(sheet, nom);
        Ok(Tracee { ligne: TITRES + 1, colonnes: u16::try_from(entetes.len()).unwrap_or(u16::MAX) })
    }

    fn entetes(&self, sheet: &mut Worksheet, ligne: u32, entetes: &[String]) -> Fait {
        for (colonne, entete) in (0..).zip(entetes) {
            sheet.write_string_with_format(ligne, colonne, entete, &self.formats.entete)?;
        }
        Ok(())
    }

    /// The page, its number at its foot.
    fn mettre_en_page(&self, sheet: &mut Worksheet, nom: &str) {
        let contexte = &self.remise.contexte;
        let campagne = contexte.campagne.unwrap_or("section 3").replace('&', "&&");
        let arrete = fr(contexte.periode.arrete);
        mettre_en_page(sheet)
            .set_footer(format!("&L{POLICE}{campagne}, arrêté au {arrete}&C{POLICE}{nom}&R{POLICE}Page &P sur &N"));
    }

    /// Closes a sheet: everything written on it is printed.
    fn clore(sheet: &mut Worksheet, tracee: &Tracee) -> Fait {
        sheet.set_print_area(0, 0, tracee.ligne.saturating_sub(1), tracee.colonnes.saturating_sub(1))?;
        Ok(())
    }

    /// A figure as a number; « n.d. » and « s. » as texts.
    fn figure(
        &self,
        sheet: &mut Worksheet,
        (ligne, colonne): (u32, u16),
        valeur: Option<Valeur>,
        genre: Genre,
        relief: Relief,
    ) -> Fait {
        let mut format = self.formats.nombre.clone();
        if relief.rouge {
            format = format.set_font_color(ROUGE).set_bold();
        }
        if relief.gras {
            format = format.set_bold();
        }
        if relief.campagne {
            format = format.set_background_color(FOND_CAMPAGNE);
        }
        let mut masque = genre.format().to_owned();
        if relief.exemple {
            format = format.set_italic().set_font_color(GRIS);
            masque.push_str(" \"(ex.)\"");
        }
        match valeur {
            None => sheet.write_string_with_format(ligne, colonne, NON_DISPONIBLE, &format)?,
            Some(Valeur::Masquee) => sheet.write_string_with_format(ligne, colonne, SECRET, &format)?,
            Some(valeur) => {
                let nombre = valeur.nombre().unwrap_or_default();
                sheet.write_number_with_format(ligne, colonne, nombre, &format.set_num_format(masque))?
            }
        };
        Ok(())
    }

    fn compte(&self, sheet: &mut Worksheet, ou: (u32, u16), n: Valeur) -> Fait {
        self.figure(sheet, ou, Some(n), Genre::Compte, Relief::default())
    }

    /// A count of people or of their events: hidden when it leaves the department and is about too few.
    fn de_personnes(&self, n: u64) -> Valeur {
        compte(n, self.remise.contexte.diffusion)
    }

    /// A paragraph across the table. Its height is told: a merged row does not grow by itself.
    fn note(sheet: &mut Worksheet, tracee: &mut Tracee, texte: &str, largeur: f64, format: &Format) -> Fait {
        if tracee.colonnes > 1 {
            sheet.merge_range(tracee.ligne, 0, tracee.ligne, tracee.colonnes - 1, texte, format)?;
        } else {
            sheet.write_string_with_format(tracee.ligne, 0, texte, format)?;
        }
        ajuster(sheet, tracee.ligne, [(texte, largeur)])?;
        tracee.ligne += 1;
        Ok(())
    }

    /// A heading across the table, after an empty row.
    fn intertitre(&self, sheet: &mut Worksheet, tracee: &mut Tracee, texte: &str) -> Fait {
        tracee.ligne += 1;
        sheet.write_string_with_format(tracee.ligne, 0, texte, &self.formats.titre.clone().set_font_size(11))?;
        tracee.ligne += 1;
        Ok(())
    }

    /// What the signs in the cells mean, when there are any.
    fn legende(&self) -> String {
        let mut out = format!("{NON_DISPONIBLE} : le chiffre ne peut pas être calculé.");
        if self.remise.contexte.diffusion {
            let _ = write!(out, " {SECRET} : secret, trop peu de personnes pour être publié.");
        }
        out
    }

    fn indicateur(&self, id: &str) -> Option<&Indicateur> {
        self.remise.tableau.indicateurs.iter().find(|indicateur| indicateur.definition.id == id)
    }

    /// Annexe 9, section 3.
    fn tableau(&self, sheet: &mut Worksheet) -> Fait {
        let f = &self.formats;
        let Contexte { referentiel, periode, .. } = &self.remise.contexte;
        let periodes = annexe9::entetes(periode);
        let entetes: Vec<String> =
            annexe9::ENTETES.map(str::to_owned).into_iter().chain(periodes.iter().map(|e| e.libelle.clone())).collect();
        let largeurs: Vec<f64> = [13.0, 34.0, 36.0].into_iter().chain(periodes.iter().map(|_| 11.0)).collect();
        let largeur: f64 = largeurs.iter().sum();
        let mut t = self.ouvrir(sheet, annexe9::TITRE, &entetes, &largeurs)?;
        sheet.set_freeze_panes(t.ligne, 2)?;
        sheet.merge_range(t.ligne, 0, t.ligne, t.colonnes - 1, annexe9::SECTION, &f.bande)?;
        t.ligne += 1;
        for famille in CATALOGUE.chunk_by(|a, b| a.mesure == b.mesure) {
            let (premiere, nombre) = (t.ligne, u32::try_from(famille.len()).unwrap_or_default());
            let mesure = famille.first().map_or("", |definition| definition.mesure.libelle());
            sheet.merge_range(premiere, 0, premiere + nombre - 1, 0, mesure, &f.gras)?;
            for definition in famille {
                let libelle = annexe9::libelle(referentiel, periode, definition);
                sheet.write_string_with_format(t.ligne, 1, &libelle, &f.texte)?;
                let dit = format!("{}. {}", definition.id, annexe9::definition(referentiel, periode, definition.id));
                sheet.write_string_with_format(t.ligne, 2, &dit, &f.texte)?;
                ajuster(sheet, t.ligne, [(libelle.as_str(), largeurs[1]), (dit.as_str(), largeurs[2])])?;
                for (colonne, entete) in (3..).zip(&periodes) {
                    self.case(
                        sheet,
                        (t.ligne, colonne),
                        annexe9::case(self.remise, entete, definition.id),
                        definition,
                        entete.contenu == Contenu::Campagne,
                    )?;
                }
                t.ligne += 1;
            }
        }
        t.ligne += 1;
        Self::note(sheet, &mut t, &self.legende(), largeur, &f.note)?;
        self.notes(sheet, &mut t, largeur)?;
        Self::clore(sheet, &t)
    }

    /// A cell of the official table; the column of the campaign stands out.
    fn case(
        &self,
        sheet: &mut Worksheet,
        ou: (u32, u16),
        case: Option<Case>,
        definition: &Definition,
        campagne: bool,
    ) -> Fait {
        let Some(case) = case else {
            sheet.write_blank(ou.0, ou.1, &self.formats.texte)?;
            return Ok(());
        };
        let genre = if case.en_part { Genre::Part } else { Genre::de(definition) };
        let relief = Relief { rouge: case.fragile, exemple: case.exemple, campagne, gras: campagne };
        self.figure(sheet, ou, case.valeur, genre, relief)
    }

    /// What must be said with the table: what weakens a figure is in red.
    fn notes(&self, sheet: &mut Worksheet, t: &mut Tracee, largeur: f64) -> Fait {
        let f = &self.formats;
        let historique = &self.remise.historique;
        if historique.est_vide() {
            let dit = "Les colonnes des autres années sont vides : remplissez une fois le fichier des années précédentes (docs/classeur.md).";
            Self::note(sheet, t, dit, largeur, &f.note)?;
        }
        if historique.chiffres.iter().any(|c| c.exemple) {
            let dit = "(ex.) : chiffre d'un texte officiel donné en exemple, à remplacer par celui du département.";
            Self::note(sheet, t, dit, largeur, &f.note)?;
        }
        let motifs = self.remise.tableau.indicateurs.iter().filter(|i| i.motif.is_some()).count();
        for (rang, remarque) in remarques(&self.remise.contexte, &self.remise.tableau).iter().enumerate() {
            // The reasons of the weakened figures come first.
            let format = if rang < motifs { &f.alerte } else { &f.note };
            Self::note(sheet, t, &format!("• {remarque}"), largeur, format)?;
        }
        Ok(())
    }

    /// How the delays were kept, and the figures that stand beside the table.
    fn delais(&self, sheet: &mut Worksheet) -> Fait {
        const ENTETES: [&str; 16] = [
            "N°",
            "Indicateur",
            "Valeur",
            "Sur",
            "Taux",
            "Cible",
            "Moyenne",
            "Médiane",
            "Dans les délais",
            "Hors délai",
            "En cours",
            "Échus",
            "Hors champ",
            "Très éloigné de la cible (note 2)",
            "Très éloigné de la cible (annexe 5)",
            "Répartition par durée",
        ];
        /// Each indicator that has a delay, and its own total.
        const TOTAUX: [(&str, &str); 3] = [("3.1.2", "3.1.1"), ("3.1.4", "3.1.3"), ("3.1.6", "3.1.5")];
        let f = &self.formats;
        let largeurs = [6.0, 30.0, 8.0, 8.0, 8.0, 11.0, 9.0, 9.0, 9.0, 9.0, 9.0, 8.0, 8.0, 12.0, 12.0, 20.0];
        let largeur: f64 = largeurs.iter().sum();
        let mut t = self.ouvrir(sheet, "Comment les délais ont été tenus", &ENTETES.map(str::to_owned), &largeurs)?;
        sheet.set_freeze_panes(t.ligne, 2)?;
        for (id, total) in TOTAUX {
            let Some(indicateur) = self.indicateur(id) else { continue };
            let Some(tenue) = &indicateur.tenue else { continue };
            let r = &tenue.repartition;
            sheet.write_string_with_format(t.ligne, 0, id, &f.gras)?;
            sheet.write_string_with_format(t.ligne, 1, indicateur.libelle.as_ref(), &f.texte)?;
            let sur = self.indicateur(total).and_then(|total| total.valeur);
            let figures = [
                (indicateur.valeur, Genre::Compte),
                (sur, Genre::Compte),
                (tenue.taux, Genre::Part),
                (tenue.cible.map(Valeur::Decimal), Genre::Part),
                (r.moyenne_jours, Genre::Jours),
                (r.mediane_jours, Genre::Jours),
                (Some(r.dans_les_delais), Genre::Compte),
                (Some(r.hors_delai), Genre::Compte),
                (Some(r.en_cours), Genre::Compte),
                (Some(r.echus), Genre::Compte),
                (Some(r.hors_champ), Genre::Compte),
            ];
            for (colonne, (valeur, genre)) in (2..).zip(figures) {
                let exemple = colonne == 5 && tenue.cible_exemple;
                self.figure(sheet, (t.ligne, colonne), valeur, genre, Relief { exemple, ..Relief::default() })?;
            }
            for (colonne, eloigne) in (13..).zip([tenue.eloigne_note_2, tenue.eloigne_annexe_5]) {
                let dit = eloigne.map_or(NON_DISPONIBLE, |oui| if oui { "oui" } else { "non" });
                let format = f.texte.clone().set_align(FormatAlign::Center);
                let format = if eloigne == Some(true) { format.set_font_color(ROUGE).set_bold() } else { format };
                sheet.write_string_with_format(t.ligne, colonne, dit, &format)?;
            }
            let tranches: Vec<String> = r
                .tranches
                .iter()
                .map(|(tranche, n)| format!("{} : {}", duree(id, tranche), super::figure(Some(*n))))
                .collect();
            let tranches = tranches.join("\n");
            sheet.write_string_with_format(t.ligne, 15, &tranches, &f.texte)?;
            ajuster(sheet, t.ligne, [(indicateur.libelle.as_ref(), largeurs[1]), (tranches.as_str(), largeurs[15])])?;
            t.ligne += 1;
        }
        self.complementaires(sheet, &mut t, largeurs[0] + largeurs[1])?;
        t.ligne += 1;
        let Contexte { referentiel, periode, .. } = &self.remise.contexte;
        let hors_champ = format!(
            "En cours : pas encore fait, le délai court à l'arrêté. Échus : pas fait, le délai est passé. Hors champ : orientés hors {} après le {}, dont le rendez-vous compte dans le total mais pas dans ce délai.",
            referentiel.mot(Mot::PoleEmploi, periode.au),
            apres_le(referentiel, periode)
        );
        for dit in [
            "Sur : le total propre à l'indicateur (3.1.1, 3.1.3, 3.1.5). Taux : la valeur sur ce total.",
            &hors_champ,
            &self.legende(),
        ] {
            Self::note(sheet, &mut t, dit, largeur, &f.note)?;
        }
        Self::clore(sheet, &t)
    }

    fn complementaires(&self, sheet: &mut Worksheet, t: &mut Tracee, largeur: f64) -> Fait {
        let f = &self.formats;
        self.intertitre(sheet, t, "Indicateurs complémentaires")?;
        for c in &self.remise.tableau.complementaires {
            let caisse = c.caisse.as_deref().map(|nom| format!(" ({nom})")).unwrap_or_default();
            let libelle = format!("{}{caisse}", c.libelle);
            sheet.merge_range(t.ligne, 0, t.ligne, 1, &libelle, &f.texte)?;
            ajuster(sheet, t.ligne, [(libelle.as_str(), largeur)])?;
            let genre = if c.est_une_part() { Genre::Part } else { Genre::Nombre };
            let entier = c.valeur.and_then(Valeur::nombre).is_some_and(|x| x.fract() == 0.0);
            let genre = if genre == Genre::Nombre && entier { Genre::Compte } else { genre };
            self.figure(sheet, (t.ligne, 2), c.valeur, genre, Relief::default())?;
            t.ligne += 1;
        }
        Ok(())
    }

    /// The table along each axis that was asked for.
    fn repartitions(&self, sheet: &mut Worksheet) -> Fait {
        /// Indicators whose rate is shown beside the counts.
        const TAUX: [&str; 3] = ["3.1.2", "3.1.4", "3.1.6"];
        let f = &self.formats;
        let parts = &self.remise.tableau.repartitions;
        let entetes: Vec<String> = ["Axe".to_owned(), "Valeur".to_owned()]
            .into_iter()
            .chain(self.remise.tableau.indicateurs.iter().map(|i| format!("{}\n{}", i.definition.id, court(i))))
            .chain(TAUX.iter().map(|id| format!("Taux {id}")))
            .collect();
        let largeurs: Vec<f64> =
            [14.0, 20.0].into_iter().chain(CATALOGUE.iter().map(|_| 9.5)).chain(TAUX.map(|_| 8.0)).collect();
        let largeur: f64 = largeurs.iter().sum();
        let mut t = self.ouvrir(sheet, "Répartitions", &entetes, &largeurs)?;
        sheet.set_freeze_panes(t.ligne, 2)?;
        let ligne =
            |sheet: &mut Worksheet, ligne: u32, axe: &str, valeur: &str, de: &[Indicateur], gras: bool| -> Fait {
                let format = if gras { &f.gras } else { &f.texte };
                ecrire_texte(sheet, ligne, 0, axe, format)?;
                ecrire_texte(sheet, ligne, 1, valeur, format)?;
                ajuster(sheet, ligne, [(axe, largeurs[0]), (valeur, largeurs[1])])?;
                let trouve = |id: &str| de.iter().find(|indicateur| indicateur.definition.id == id);
                for (colonne, definition) in (2..).zip(&CATALOGUE) {
                    match trouve(definition.id) {
                        Some(indicateur) => {
                            let relief = Relief {
                                gras,
                                rouge: indicateur.motif.is_some() && indicateur.valeur.is_some(),
                                ..Relief::default()
                            };
                            self.figure(sheet, (ligne, colonne), indicateur.valeur, Genre::de(definition), relief)?;
                        }
                        None => {
                            sheet.write_blank(ligne, colonne, format)?;
                        }
                    }
                }
                for (colonne, id) in (14..).zip(TAUX) {
                    match trouve(id).and_then(|indicateur| indicateur.tenue.as_ref()) {
                        Some(tenue) => self.figure(
                            sheet,
                            (ligne, colonne),
                            tenue.taux,
                            Genre::Part,
                            Relief { gras, ..Relief::default() },
                        )?,
                        None => {
                            sheet.write_blank(ligne, colonne, format)?;
                        }
                    }
                }
                Ok(())
            };
        ligne(sheet, t.ligne, "Ensemble", "", &self.remise.tableau.indicateurs, true)?;
        t.ligne += 1;
        for part in parts {
            ligne(sheet, t.ligne, part.axe.libelle(), &part.valeur, &part.indicateurs, false)?;
            t.ligne += 1;
        }
        t.ligne += 1;
        let dits = if parts.is_empty() {
            vec![format!(
                "Aucune répartition n'a été demandée. Pour en avoir : jalon indicateurs {} --par caisse --par categorie --format xlsx --sortie tableau.xlsx",
                self.demande()
            )]
        } else {
            vec![
                "Une case vide : l'indicateur ne se répartit pas selon cet axe. Les nombres de 3.1.1 à 3.2.1 s'additionnent pour donner l'ensemble ; les taux, les moyennes et les nombres de personnes distinctes non : l'ensemble est alors recalculé.".to_owned(),
                self.legende(),
            ]
        };
        for dit in dits {
            Self::note(sheet, &mut t, &dit, largeur, &f.note)?;
        }
        Self::clore(sheet, &t)
    }

    /// The options that ask for this table again.
    fn demande(&self) -> String {
        let contexte = &self.remise.contexte;
        let periode = &contexte.periode;
        contexte.campagne.map_or_else(
            || format!("--du {} --au {} --arrete {}", periode.du, periode.au, periode.arrete),
            |nom| format!("--campagne {nom}"),
        )
    }

    /// The figures under each other reading, and how far they are from those of the table.
    fn lectures(&self, sheet: &mut Worksheet) -> Fait {
        let f = &self.formats;
        let tableau = &self.remise.tableau;
        let entetes: Vec<String> = ["Lecture".to_owned(), "Ce qui la soutient".to_owned()]
            .into_iter()
            .chain(tableau.indicateurs.iter().map(|i| format!("{}\n{}", i.definition.id, court(i))))
            .collect();
        let largeurs: Vec<f64> = [27.0, 36.0].into_iter().chain(CATALOGUE.iter().map(|_| 9.5)).collect();
        let largeur: f64 = largeurs.iter().sum();
        let mut t = self.ouvrir(sheet, "Les autres lectures des textes", &entetes, &largeurs)?;
        sheet.set_freeze_panes(t.ligne, 1)?;
        sheet.write_string_with_format(t.ligne, 0, "Ce tableau", &f.gras)?;
        sheet.write_string_with_format(t.ligne, 1, "", &f.gras)?;
        for (colonne, indicateur) in (2..).zip(&tableau.indicateurs) {
            let relief = Relief { gras: true, ..Relief::default() };
            self.figure(sheet, (t.ligne, colonne), indicateur.valeur, Genre::de(indicateur.definition), relief)?;
        }
        t.ligne += 1;
        for variante in &tableau.variantes {
            let lecture = format!("{}={}", variante.cle, variante.lecture);
            sheet.write_string_with_format(t.ligne, 0, &lecture, &f.texte)?;
            sheet.write_string_with_format(t.ligne, 1, variante.texte, &f.texte)?;
            ajuster(sheet, t.ligne, [(lecture.as_str(), largeurs[0]), (variante.texte, largeurs[1])])?;
            for (colonne, definition) in (2..).zip(&CATALOGUE) {
                let valeur =
                    variante.valeurs.iter().find(|(id, _)| *id == definition.id).and_then(|(_, valeur)| *valeur);
                let bouge = self.indicateur(definition.id).is_some_and(|indicateur| indicateur.valeur != valeur);
                let relief = Relief { gras: bouge, campagne: bouge, ..Relief::default() };
                self.figure(sheet, (t.ligne, colonne), valeur, Genre::de(definition), relief)?;
            }
            t.ligne += 1;
        }
        if tableau.variantes.is_empty() {
            t.ligne += 1;
            let dit = format!(
                "Les autres lectures n'ont pas été demandées. Pour les avoir : jalon indicateurs {} --lectures --format xlsx --sortie tableau.xlsx",
                self.demande()
            );
            Self::note(sheet, &mut t, &dit, largeur, &f.note)?;
            return Self::clore(sheet, &t);
        }
        self.ecarts(sheet, &mut t)?;
        t.ligne += 1;
        let dit =
            "Une question à la fois : chaque ligne ne change qu'une lecture. Les chiffres qui bougent sont en gras.";
        Self::note(sheet, &mut t, dit, largeur, &f.note)?;
        Self::clore(sheet, &t)
    }

    fn ecarts(&self, sheet: &mut Worksheet, t: &mut Tracee) -> Fait {
        let f = &self.formats;
        self.intertitre(sheet, t, "Écart avec ce tableau")?;
        for variante in &self.remise.tableau.variantes {
            let lecture = format!("{}={}", variante.cle, variante.lecture);
            sheet.merge_range(t.ligne, 0, t.ligne, 1, &lecture, &f.texte)?;
            for (colonne, definition) in (2..).zip(&CATALOGUE) {
                let autre =
                    variante.valeurs.iter().find(|(id, _)| *id == definition.id).and_then(|(_, valeur)| *valeur);
                let ecart = difference(self.indicateur(definition.id).and_then(|i| i.valeur), autre);
                let genre = if Genre::de(definition) == Genre::Compte { Genre::EcartEntier } else { Genre::Ecart };
                self.figure(sheet, (t.ligne, colonne), ecart, genre, Relief::default())?;
            }
            t.ligne += 1;
        }
        Ok(())
    }

    /// What the figures rest on, and the comments that go with them.
    fn qualite(&self, sheet: &mut Worksheet) -> Fait {
        let f = &self.formats;
        let contexte = &self.remise.contexte;
        let entetes = [
            "Caisse",
            "Rythme",
            "Quotidiens",
            "Mensuels",
            "Quotidiens manquants",
            "Mensuels manquants",
            "Premier stock mensuel",
        ];
        let largeurs = [26.0, 34.0, 14.0, 14.0, 16.0, 16.0, 30.0];
        let largeur: f64 = largeurs.iter().sum();
        let mut t = self.ouvrir(sheet, "Sur quoi reposent les chiffres", &entetes.map(str::to_owned), &largeurs)?;
        sheet.set_freeze_panes(t.ligne, 1)?;
        for caisse in &contexte.completude.caisses {
            ecrire_texte(sheet, t.ligne, 0, &caisse.caisse, &f.gras)?;
            sheet.write_string_with_format(t.ligne, 1, caisse.rythme.libelle(), &f.texte)?;
            let comptes = [
                caisse.quotidiens,
                caisse.mensuels,
                caisse.quotidiens_manquants.len(),
                caisse.mensuels_manquants.len(),
            ];
            for (colonne, n) in (2..).zip(comptes) {
                self.compte(sheet, (t.ligne, colonne), Valeur::Entier(n as u64))?;
            }
            let (socle, alerte) = self.socle(&caisse.caisse);
            let format = if alerte { f.texte.clone().set_font_color(ROUGE) } else { f.texte.clone() };
            sheet.write_string_with_format(t.ligne, 6, &socle, &format)?;
            ajuster(sheet, t.ligne, [(socle.as_str(), largeurs[6])])?;
            t.ligne += 1;
        }
        self.comptes_de_qualite(sheet, &mut t)?;
        for commentaire in &self.remise.commentaires {
            let suite = if commentaire.a_completer { " (à compléter par le département)" } else { "" };
            self.intertitre(sheet, &mut t, &format!("{}{suite}", commentaire.titre))?;
            for paragraphe in &commentaire.paragraphes {
                Self::note(sheet, &mut t, paragraphe, largeur, &f.note)?;
            }
        }
        Self::clore(sheet, &t)
    }

    /// What is said of the first stock of a caisse, and whether it weakens the figures.
    fn socle(&self, caisse: &str) -> (String, bool) {
        let qualite = &self.remise.tableau.qualite;
        if qualite.bases_inconnues.iter().any(|nom| nom == caisse) {
            return ("aucun : personne n'y est compté".to_owned(), true);
        }
        let tardive = qualite.bases_tardives.iter().find(|(nom, _)| nom == caisse);
        tardive.map_or_else(
            || ("avant la période".to_owned(), false),
            |(_, base)| (format!("le {}, après le début : des entrées manquent", fr(*base)), true),
        )
    }

    fn comptes_de_qualite(&self, sheet: &mut Worksheet, t: &mut Tracee) -> Fait {
        let f = &self.formats;
        let q = &self.remise.tableau.qualite;
        self.intertitre(sheet, t, "Fichiers, événements et identités")?;
        let fixes = [
            ("Fichiers de flux connus".to_owned(), Valeur::Entier(q.fichiers)),
            ("Noms vus avec et sans NIR, non rapprochés".to_owned(), self.de_personnes(q.doutes.avec_et_sans_nir)),
            ("Noms avec deux NIR dans un même dossier".to_owned(), self.de_personnes(q.doutes.deux_nir)),
            (
                "Retours de personnes connues avant la première orientation enregistrée".to_owned(),
                self.de_personnes(q.retours_sans_historique),
            ),
        ];
        let en_attente = q.en_attente.iter().map(|(genre, raison, n)| {
            (format!("Événements en attente dans {genre} : {}", raison.libelle()), self.de_personnes(*n))
        });
        for (dit, n) in fixes.into_iter().chain(en_attente) {
            sheet.merge_range(t.ligne, 0, t.ligne, 1, "", &f.texte)?;
            ecrire_texte(sheet, t.ligne, 0, &dit, &f.texte)?;
            ajuster(sheet, t.ligne, [(dit.as_str(), 60.0)])?;
            self.compte(sheet, (t.ligne, 2), n)?;
            t.ligne += 1;
        }
        Ok(())
    }

    /// The people behind the table.
    fn detail(&self, sheet: &mut Worksheet, lignes: &[detail::Cellules]) -> Fait {
        let f = &self.formats;
        let largeurs: [f64; detail::ENTETES.len()] = [
            12.0, 16.0, 8.0, 17.0, 15.0, 10.0, 16.0, 10.0, 8.0, 10.0, 10.0, 9.0, 12.0, 6.0, 5.0, 10.0, 6.0, 5.0, 10.0,
            6.0, 5.0, 10.0, 10.0, 22.0, 5.0,
        ];
        let mut t = self.ouvrir(
            sheet,
            "Les entrées derrière le tableau (document nominatif)",
            &detail::ENTETES.map(str::to_owned),
            &largeurs,
        )?;
        // Narrow columns under long names: they are read sideways.
        let debout = f.entete.clone().set_rotation(90);
        for (colonne, entete) in (0..).zip(detail::ENTETES) {
            sheet.write_string_with_format(TITRES, colonne, entete, &debout)?;
        }
        sheet.set_row_height(TITRES, 92.0)?;
        sheet.set_freeze_panes(t.ligne, 5)?;
        let (texte, nombre) = (f.nombre.clone().set_align(FormatAlign::Left), f.nombre.clone());
        let date = f.nombre.clone().set_align(FormatAlign::Center).set_num_format("dd/mm/yyyy");
        for ligne in lignes {
            for (colonne, cellule) in (0..).zip(ligne) {
                match cellule {
                    Cellule::Vide => sheet.write_blank(t.ligne, colonne, &texte).map(|_| ())?,
                    Cellule::Texte(contenu) => ecrire_texte(sheet, t.ligne, colonne, contenu, &texte)?,
                    Cellule::Nombre(n) => {
                        #[expect(clippy::cast_precision_loss, reason = "days and yes or no")]
                        sheet.write_number_with_format(t.ligne, colonne, *n as f64, &nombre)?;
                    }
                    Cellule::Jour(jour) => match numero_de_serie(*jour) {
                        Some(serie) => sheet.write_number_with_format(t.ligne, colonne, serie, &date).map(|_| ())?,
                        None => ecrire_texte(sheet, t.ligne, colonne, &jour.to_string(), &texte)?,
                    },
                }
            }
            t.ligne += 1;
        }
        sheet.autofilter(TITRES, 0, t.ligne - 1, t.colonnes - 1)?;
        Self::clore(sheet, &t)
    }
}

/// A text. What begins like a formula is marked as text: it stays one when somebody edits the cell.
pub(super) fn ecrire_texte(sheet: &mut Worksheet, ligne: u32, colonne: u16, texte: &str, format: &Format) -> Fait {
    let coupe = texte.char_indices().nth(CARACTERES_MAX).map_or(texte, |(fin, _)| &texte[..fin]);
    let comme_une_formule = texte.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if comme_une_formule {
        sheet.write_string_with_format(ligne, colonne, coupe, &format.clone().set_quote_prefix())?;
    } else {
        sheet.write_string_with_format(ligne, colonne, coupe, format)?;
    }
    Ok(())
}

/// The number by which spreadsheets know a day. They agree from March 1900 on.
pub(super) fn numero_de_serie(jour: Jour) -> Option<f64> {
    const PREMIER_JANVIER_1970: i32 = 25_569;
    const PREMIER_MARS_1900: i32 = 61;
    let serie = jour.0.checked_add(PREMIER_JANVIER_1970)?;
    (serie >= PREMIER_MARS_1900).then(|| f64::from(serie))
}

/// How far a figure is from another, rounded as they are.
fn difference(ici: Option<Valeur>, autre: Option<Valeur>) -> Option<Valeur> {
    if matches!((ici, autre), (Some(Valeur::Masquee), _) | (_, Some(Valeur::Masquee))) {
        return Some(Valeur::Masquee);
    }
    let ecart = autre?.nombre()? - ici?.nombre()?;
    Some(Valeur::Decimal((ecart * 10_000.0).round() / 10_000.0))
}

/// Makes a row high enough for its texts, each in a width of so many characters: not every spreadsheet does.
pub(super) fn ajuster<'t>(sheet: &mut Worksheet, ligne: u32, textes: impl IntoIterator<Item = (&'t str, f64)>) -> Fait {
    const LIGNE: f64 = 12.0;
    const BORD: f64 = 2.0;
    /// Rows are not higher than this in any spreadsheet.
    const MAX: f64 = 409.0;
    let lignes = textes.into_iter().map(|(texte, largeur)| lignes_de(texte, largeur)).max().unwrap_or(1);
    sheet.set_row_height(ligne, (LIGNE * f64::from(lignes) + BORD).min(MAX))?;
    Ok(())
}

/// Lines that a text takes in a width of so many digits: its letters are narrower than them, on the whole.
fn lignes_de(texte: &str, largeur: f64) -> u32 {
    const LETTRES_PAR_CHIFFRE: f64 = 1.15;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a column is a few tens of digits")]
    let place = ((largeur * LETTRES_PAR_CHIFFRE) as usize).max(1);
    let lignes = texte.lines().map(|ligne| {
        let (mut lignes, mut prise) = (1, 0);
        for mot in ligne.split(' ') {
            let longueur = mot.chars().count();
            if prise > 0 && prise + 1 + longueur > place {
                lignes += 1;
                prise = longueur;
            } else {
                prise += longueur + usize::from(prise > 0);
            }
            // A word longer than the line is cut.
            while prise > place {
                lignes += 1;
                prise -= place;
            }
        }
        lignes
    });
    lignes.sum::<u32>().max(1)
}

/// A bucket of a delay in words.
fn duree(id: &str, tranche: &str) -> String {
    let unite = if id == "3.1.4" { "jours" } else { "mois" };
    match (tranche.strip_prefix("<="), tranche.strip_prefix('>')) {
        (Some(n), _) => format!("{n} {unite} ou moins"),
        (_, Some(n)) => format!("plus de {n} {unite}"),
        _ => tranche.to_owned(),
    }
}

/// An indicator in two or three words, for a narrow column.
fn court(indicateur: &Indicateur) -> &str {
    if let Some(court) = &indicateur.court {
        return court;
    }
    match indicateur.definition.id {
        "3.1.1" => "nouveaux entrants",
        "3.1.2" => "orientés en 1 mois",
        "3.1.3" => "1ers rendez-vous",
        "3.1.4" => "1ers rdv à 2 semaines",
        "3.1.5" => "1ers CER",
        "3.1.6" => "1ers CER à 2 mois",
        "3.2.1" => "orientés vers la GAD",
        "3.2.2" => "en cours de GAD",
        "3.2.3" => "orientés vers l'AG",
        "3.2.4" => "en cours d'AG",
        "3.2.5" => "AG par conseiller",
        "3.2.6" => "délai moyen de l'AG",
        _ => "",
    }
}
