//! The table split along an axis: by month, caisse, territory, structure, body, type of parcours or
//! category of entry.

use super::Indicateur;

/// An axis along which the table is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axe {
    /// Month of t0.
    Mois,
    /// Caisse of the entry's dossier.
    Caisse,
    /// Territory of the orientation.
    Territoire,
    /// Structure of the orientation.
    Structure,
    /// Body to which people are oriented.
    Organisme,
    /// Type of parcours of the orientation.
    TypeParcours,
    /// Category of the entry.
    Categorie,
}

impl Axe {
    /// Every axis, with the name it has on the command line and in the outputs.
    pub const TOUS: [(&'static str, Self); 7] = [
        ("mois", Self::Mois),
        ("caisse", Self::Caisse),
        ("territoire", Self::Territoire),
        ("structure", Self::Structure),
        ("organisme", Self::Organisme),
        ("type_parcours", Self::TypeParcours),
        ("categorie", Self::Categorie),
    ];

    /// Its name on the command line and in the outputs.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::TOUS.iter().find(|(_, axe)| *axe == self).map_or("", |(code, _)| code)
    }

    /// Its name for people.
    #[must_use]
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Mois => "Mois d'entrée",
            Self::Caisse => "Caisse",
            Self::Territoire => "Territoire",
            Self::Structure => "Structure",
            Self::Organisme => "Organisme d'orientation",
            Self::TypeParcours => "Type de parcours",
            Self::Categorie => "Catégorie d'entrée",
        }
    }
}

/// What one value of an axis holds of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The axis.
    pub axe: Axe,
    /// Its value, as the outputs show it.
    pub valeur: String,
    /// The indicators that split along this axis, in the order of the table.
    pub indicateurs: Vec<Indicateur>,
}
