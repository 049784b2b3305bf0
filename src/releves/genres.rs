//! The kinds of event files: their columns, which ones are mandatory, what each may hold. The
//! reader, the validation, the segments and their documentation all follow this one table: adding a
//! column or a code is a line here.

/// What a column holds and how it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A day, `AAAA-MM-JJ` or `JJ/MM/AAAA`; a time is dropped.
    Date,
    /// One of a closed list, compared without case or accents and kept as written here.
    Code(&'static [&'static str]),
    /// Text that names a place or a service.
    Texte,
    /// Text that may name a person or say anything: never shown in a message.
    TexteReserve,
    /// A whole number.
    Entier,
    /// A number that may have a decimal comma.
    Decimal,
}

/// A column of an event file, beside the common and identity columns.
#[derive(Clone, Copy, Debug)]
pub struct Colonne {
    /// Name of the heading.
    pub nom: &'static str,
    /// What it holds.
    pub nature: Nature,
    /// Whether the header must have it (and each line a value).
    pub obligatoire: bool,
    /// Whether it dates a past fact, which cannot be after the file's reception.
    pub passe: bool,
}

const fn colonne(nom: &'static str, nature: Nature) -> Colonne {
    Colonne { nom, nature, obligatoire: false, passe: false }
}
const fn obligatoire(nom: &'static str, nature: Nature) -> Colonne {
    Colonne { nom, nature, obligatoire: true, passe: false }
}
const fn passe(colonne: Colonne) -> Colonne {
    Colonne { passe: true, ..colonne }
}

/// A kind of event file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Genre {
    /// Orientations, and designations of a referent.
    Orientations,
    /// Appointments of every type.
    RendezVous,
    /// Contracts: CER and PPAE.
    Cer,
    /// GAD and AG support.
    Accompagnements,
    /// Explicit ends of a follow-up.
    FinsSuivi,
    /// The figures that Pôle emploi reports to the department.
    PoleEmploi,
}

/// Identity columns that every kind but [`Genre::PoleEmploi`] may have.
pub const IDENTITE: [&str; 6] = ["nir", "numdemrsa", "matricule", "nom", "prenom", "date_naissance"];
/// Columns common to every kind but [`Genre::PoleEmploi`]; the first one is mandatory.
pub const COMMUNES: [&str; 3] = ["id_evenement", "saisi_le", "annule"];

impl Genre {
    /// Every kind.
    pub const TOUS: [Self; 6] =
        [Self::Orientations, Self::RendezVous, Self::Cer, Self::Accompagnements, Self::FinsSuivi, Self::PoleEmploi];

    /// The name of the kind: that of its folder in the warehouse.
    #[must_use]
    pub fn nom(self) -> &'static str {
        match self {
            Self::Orientations => "orientations",
            Self::RendezVous => "rendez_vous",
            Self::Cer => "cer",
            Self::Accompagnements => "accompagnements",
            Self::FinsSuivi => "fins_suivi",
            Self::PoleEmploi => "pole_emploi",
        }
    }

    /// Whether the lines of this kind are about one person and have an `id_evenement`.
    #[must_use]
    pub fn nominatif(self) -> bool {
        self != Self::PoleEmploi
    }

    /// The columns of the kind, in the order of the segments.
    #[must_use]
    pub fn colonnes(self) -> &'static [Colonne] {
        use Nature::{Code, Date, Decimal, Entier, Texte, TexteReserve};
        const ORIENTATIONS: &[Colonne] = &[
            passe(obligatoire("date_notification", Date)),
            obligatoire("organisme", Code(&["PE", "CD", "CCAS", "CAF", "MSA", "ML", "ASSO", "AUTRE"])),
            colonne("mode", Code(&["courrier", "mail", "designation_referent"])),
            colonne("structure", Texte),
            colonne("type_parcours", Code(&["emploi", "socio_pro", "social"])),
            colonne("dispositif", Code(&["GAD", "AG"])),
            colonne("territoire", Texte),
            colonne("referent", TexteReserve),
        ];
        const RENDEZ_VOUS: &[Colonne] = &[
            obligatoire("type_rdv", Code(&["orientation", "accompagnement", "cer"])),
            obligatoire("date_rdv", Date),
            passe(colonne("date_fixation", Date)),
            colonne("statut", Code(&["fixe", "honore", "absent", "excuse", "reporte", "annule"])),
            colonne("structure", Texte),
            colonne("territoire", Texte),
        ];
        const CER: &[Colonne] = &[
            passe(obligatoire("date_signature", Date)),
            obligatoire("type_contrat", Code(&["cer", "ppae"])),
            colonne("rang", Entier),
            colonne("date_fin", Date),
            colonne("structure", Texte),
        ];
        const ACCOMPAGNEMENTS: &[Colonne] = &[
            obligatoire("type_accompagnement", Code(&["GAD", "AG"])),
            passe(colonne("date_proposition", Date)),
            colonne("date_debut", Date),
            colonne("date_fin", Date),
            colonne("conseiller", TexteReserve),
            colonne("structure", Texte),
            colonne("motif_fin", TexteReserve),
        ];
        const FINS_SUIVI: &[Colonne] = &[
            passe(obligatoire("date_fin", Date)),
            obligatoire(
                "motif",
                Code(&[
                    "emploi_cdi",
                    "emploi_cdd",
                    "emploi_eti",
                    "formation_qualifiante",
                    "autre_sortie_positive",
                    "demenagement",
                    "fin_de_droit",
                    "abandon",
                    "autre",
                ]),
            ),
        ];
        const POLE_EMPLOI: &[Colonne] = &[
            obligatoire("periode_du", Date),
            obligatoire("periode_au", Date),
            obligatoire("indicateur", Code(&["3.2.3", "3.2.4", "3.2.5", "3.2.6"])),
            obligatoire("valeur", Decimal),
        ];
        match self {
            Self::Orientations => ORIENTATIONS,
            Self::RendezVous => RENDEZ_VOUS,
            Self::Cer => CER,
            Self::Accompagnements => ACCOMPAGNEMENTS,
            Self::FinsSuivi => FINS_SUIVI,
            Self::PoleEmploi => POLE_EMPLOI,
        }
    }

    /// The columns that date the event itself, the first that is filled being its own date.
    #[must_use]
    pub fn date_propre(self) -> &'static [&'static str] {
        match self {
            Self::Orientations => &["date_notification"],
            Self::RendezVous => &["date_fixation", "date_rdv"],
            Self::Cer => &["date_signature"],
            Self::Accompagnements => &["date_proposition", "date_debut"],
            Self::FinsSuivi => &["date_fin"],
            Self::PoleEmploi => &[],
        }
    }
}
