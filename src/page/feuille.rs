//! A long table: put in the order of a column, and cut into pages.

use std::cmp::Reverse;

use crate::identite::folded;
use crate::rapport::detail::Cellule;
use crate::rapport::html::Lien;
use crate::rapport::html::tables::Colonne;

/// Lines a page.
const LIGNES: usize = 100;

/// The page of a long table that is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Feuille {
    /// Which one, from 1.
    pub page: usize,
    /// How many there are, one at least.
    pub pages: usize,
    /// Lines, all pages together.
    pub total: usize,
    /// Address of the table, ready for more fields.
    adresse: String,
}

impl Feuille {
    /// The page asked for, or the nearest. `adresse` leads to the table: it has a `?`, and neither
    /// page nor order.
    pub(super) fn new(total: usize, page: usize, adresse: impl Into<String>) -> Self {
        let pages = total.div_ceil(LIGNES).max(1);
        Self { page: page.clamp(1, pages), pages, total, adresse: adresse.into() }
    }

    /// The lines of the page.
    pub(super) fn montrees<'t, T>(&self, lignes: &'t [T]) -> &'t [T] {
        let debut = (self.page - 1) * LIGNES;
        lignes.get(debut..lignes.len().min(debut + LIGNES)).unwrap_or_default()
    }

    /// Where the pages lead, those that are nowhere left out: address, text, and whole name.
    pub(super) fn liens(&self) -> Vec<(String, &'static str, String)> {
        let lien = |page: usize, texte: &'static str| {
            (format!("{}&page={page}", self.adresse), texte, format!("{texte} : page {page} sur {}", self.pages))
        };
        let mut out = Vec::new();
        if self.page > 1 {
            out.extend([lien(1, "Première page"), lien(self.page - 1, "Page précédente")]);
        }
        if self.page < self.pages {
            out.extend([lien(self.page + 1, "Page suivante"), lien(self.pages, "Dernière page")]);
        }
        out
    }
}

/// The order of a table: a column, upwards or downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tri {
    /// The column; `None` for the order in which the lines come.
    pub colonne: Option<usize>,
    /// Whether the last comes first.
    pub descend: bool,
}

impl Tri {
    /// Reads `colonne` or `-colonne`, among those that exist.
    pub(super) fn lire(texte: &str, codes: &[&str]) -> Self {
        let (code, descend) = texte.strip_prefix('-').map_or((texte, false), |code| (code, true));
        let colonne = codes.iter().position(|connu| *connu == code);
        Self { colonne, descend: descend && colonne.is_some() }
    }

    /// The same in an address: empty, or `&tri=…`.
    pub(super) fn champ(self, codes: &[&str]) -> String {
        let code = self.colonne.and_then(|rang| codes.get(rang));
        code.map(|code| format!("&tri={}{code}", if self.descend { "-" } else { "" })).unwrap_or_default()
    }

    /// The heading of a column, that leads to the table in its order. `adresse` has a `?`.
    pub(super) fn entete(self, rang: usize, titre: &str, nombre: bool, codes: &[&str], adresse: &str) -> Colonne {
        let ici = self.colonne == Some(rang);
        let suivant = Self { colonne: Some(rang), descend: ici && !self.descend };
        let ordre = match (ici, self.descend) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        let sens = if suivant.descend { "décroissant" } else { "croissant" };
        let vers = format!("{adresse}{}", suivant.champ(codes));
        let lien = Some(Lien { vers, texte: format!("(trier par ordre {sens})") });
        Colonne { lien, ordre, ..Colonne::new(titre, nombre) }
    }

    /// Puts lines in the order of a cell of each: those that say nothing come last, either way.
    pub(super) fn ordonner<T>(self, lignes: &mut [T], cellule: impl Fn(&T) -> &Cellule) {
        let cle = |ligne: &T| {
            let cle = Cle::de(cellule(ligne));
            (cle.is_none(), cle)
        };
        if self.descend {
            lignes.sort_by_cached_key(|ligne| {
                let (vide, cle) = cle(ligne);
                (vide, Reverse(cle))
            });
        } else {
            lignes.sort_by_cached_key(cle);
        }
    }
}

/// What a cell is compared by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cle {
    Nombre(i64),
    /// Whatever its accents and capitals.
    Texte(String),
}

impl Cle {
    fn de(cellule: &Cellule) -> Option<Self> {
        match cellule {
            Cellule::Vide => None,
            Cellule::Nombre(n) => Some(Self::Nombre(*n)),
            Cellule::Jour(jour) => Some(Self::Nombre(i64::from(jour.0))),
            Cellule::Texte(texte) => Some(Self::Texte(folded(texte).into_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temps::Jour;

    #[test]
    fn a_table_is_cut_into_pages_and_a_page_that_is_not_there_is_the_nearest() {
        let lignes: Vec<usize> = (0..250).collect();
        let feuille = |page| Feuille::new(lignes.len(), page, "/x?a=1");
        assert_eq!(feuille(1).montrees(&lignes), &lignes[..100]);
        assert_eq!(feuille(3).montrees(&lignes), &lignes[200..]);
        assert_eq!((feuille(0).page, feuille(99).page), (1, 3));
        let textes = |page: usize| feuille(page).liens().iter().map(|lien| lien.0.clone()).collect::<Vec<_>>();
        assert_eq!(textes(1), ["/x?a=1&page=2", "/x?a=1&page=3"]);
        assert_eq!(textes(3), ["/x?a=1&page=1", "/x?a=1&page=2"]);
        let vide = Feuille::new(0, 1, "/x?");
        assert!(vide.liens().is_empty() && vide.montrees::<usize>(&[]).is_empty());
    }

    #[test]
    fn cells_are_compared_as_what_they_are_and_the_empty_ones_come_last() {
        let croissant = Tri { colonne: Some(0), descend: false };
        let ordre = |tri: Tri, mut cellules: Vec<Cellule>| {
            tri.ordonner(&mut cellules, |cellule| cellule);
            cellules.iter().map(Cellule::en_texte).collect::<Vec<_>>()
        };
        let nombres = || vec![Cellule::Vide, Cellule::Nombre(10), Cellule::Nombre(9), Cellule::Nombre(-1)];
        assert_eq!(ordre(croissant, nombres()), ["-1", "9", "10", ""]);
        assert_eq!(ordre(Tri { descend: true, ..croissant }, nombres()), ["10", "9", "-1", ""]);
        let textes = ["FA", "Élan", "eau"].map(|texte| Cellule::Texte(texte.into()));
        assert_eq!(ordre(croissant, textes.into()), ["eau", "Élan", "FA"]);
        let jours = [Jour(10), Jour(2)].map(Cellule::Jour);
        assert_eq!(ordre(croissant, jours.into()), [Jour(2), Jour(10)].map(|jour| jour.to_string()));
    }

    #[test]
    fn a_heading_leads_to_its_order_then_to_the_other_way() {
        let codes = ["nom", "t0"];
        let adresse = |tri: Tri, rang| tri.entete(rang, "x", false, &codes, "/x?").lien.unwrap().vers;
        assert_eq!(adresse(Tri::lire("", &codes), 1), "/x?&tri=t0");
        assert_eq!(adresse(Tri::lire("t0", &codes), 1), "/x?&tri=-t0");
        assert_eq!(adresse(Tri::lire("-t0", &codes), 1), "/x?&tri=t0");
        assert_eq!(Tri::lire("-autre", &codes), Tri { colonne: None, descend: false });
        assert_eq!(Tri::lire("-t0", &codes).entete(1, "x", false, &codes, "/x?").ordre, "descending");
    }
}
