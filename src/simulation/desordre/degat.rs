//! The damages, and how they are dealt.

use serde::Serialize;

use super::Des;

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Attendu {
    /// It is read, but for what is set aside.
    Lu,
    /// Nothing of it enters.
    Refuse,
    /// Its content is that of another: the second to come is known.
    DejaConnu,
    /// It is something else.
    Ignore,
    /// A file of anomalies: counted.
    Compte,
}

/// A damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Degat {
    // On the file itself.
    Utf8,
    Utf8Tu,
    Utf8Bom,
    Iso885915,
    UtfATort,
    Windows1252,
    SansPrologue,
    Crlf,
    FinsMelees,
    Blancs,
    Guillemets,
    Virgules,
    Tabulations,
    Colonnes,
    DatesDeTableur,
    ZerosManges,
    NirEspace,
    Total,
    FoyersIllisibles,
    LignesIllisibles,
    Annonce,
    Comprime,
    SansDate,
    DateFausse,
    Retard,
    // Beside it.
    Copie,
    CopieGz,
    Envoi,
    Renvoi,
    Coupe,
    CoupeEvenements,
    CoupeGz,
    Utf16,
    TotalDeFlux,
    // Something else.
    ArchiveCoupee,
    LisezMoi,
    Image,
    Verrou,
    DsStore,
    Vide,
    VideAilleurs,
    Anomalies,
}

/// What may happen to a flux in XML.
pub(super) const SUR_PLACE_XML: [Degat; 15] = [
    Degat::Utf8,
    Degat::Utf8Tu,
    Degat::Utf8Bom,
    Degat::Iso885915,
    Degat::UtfATort,
    Degat::SansPrologue,
    Degat::Crlf,
    Degat::FinsMelees,
    Degat::Blancs,
    Degat::FoyersIllisibles,
    Degat::Annonce,
    Degat::Comprime,
    Degat::SansDate,
    Degat::DateFausse,
    Degat::Retard,
];

/// What may happen to a flux in CSV.
pub(super) const SUR_PLACE_CSV: [Degat; 14] = [
    Degat::Utf8,
    Degat::Utf8Bom,
    Degat::Iso885915,
    Degat::Crlf,
    Degat::FinsMelees,
    Degat::Blancs,
    Degat::Guillemets,
    Degat::Virgules,
    Degat::Tabulations,
    Degat::Colonnes,
    Degat::FoyersIllisibles,
    Degat::Comprime,
    Degat::SansDate,
    Degat::DateFausse,
];

/// What may happen to a file of events.
pub(super) const SUR_PLACE_EVENEMENTS: [Degat; 16] = [
    Degat::Utf8,
    Degat::Utf8Bom,
    Degat::Windows1252,
    Degat::Crlf,
    Degat::FinsMelees,
    Degat::Blancs,
    Degat::Guillemets,
    Degat::Virgules,
    Degat::Tabulations,
    Degat::Colonnes,
    Degat::DatesDeTableur,
    Degat::ZerosManges,
    Degat::NirEspace,
    Degat::Total,
    Degat::LignesIllisibles,
    Degat::Comprime,
];

/// What may come beside any of them.
pub(super) const A_COTE: [Degat; 8] = [
    Degat::Copie,
    Degat::CopieGz,
    Degat::Envoi,
    Degat::Renvoi,
    Degat::Coupe,
    Degat::CoupeGz,
    Degat::Utf16,
    Degat::TotalDeFlux,
];

impl Degat {
    /// Its name in the constat.
    pub(super) fn code(self) -> &'static str {
        self.mots().0
    }

    /// What it is, in French.
    pub(super) fn libelle(self) -> &'static str {
        self.mots().1
    }

    fn mots(self) -> (&'static str, &'static str) {
        match self {
            Self::Utf8 => ("utf8", "enregistré en UTF-8, sans marque d'ordre"),
            Self::Utf8Tu => {
                ("utf8_tu", "converti en UTF-8 sans marque d'ordre ; le prologue XML dit encore windows-1252")
            }
            Self::Utf8Bom => {
                ("utf8_bom", "enregistré en UTF-8 avec la marque d'ordre (BOM) ; le prologue XML n'a pas suivi")
            }
            Self::Iso885915 => ("iso_8859_15", "enregistré en ISO-8859-15"),
            Self::UtfATort => ("utf8_a_tort", "annoncé en UTF-8, enregistré en Windows-1252"),
            Self::Windows1252 => ("windows_1252", "enregistré en Windows-1252"),
            Self::SansPrologue => ("sans_prologue", "prologue XML perdu : rien ne dit l'encodage"),
            Self::Crlf => ("fins_de_ligne_windows", "fins de ligne de Windows"),
            Self::FinsMelees => ("fins_de_ligne_melees", "fins de ligne de trois systèmes mêlées"),
            Self::Blancs => ("blancs", "lignes vides et blancs en fin de ligne"),
            Self::Guillemets => ("guillemets", "toutes les valeurs entre guillemets"),
            Self::Virgules => ("virgules", "virgule pour séparateur"),
            Self::Tabulations => ("tabulations", "tabulation pour séparateur"),
            Self::Colonnes => ("colonnes", "colonnes dans un autre ordre, en-têtes récrits, une colonne de plus"),
            Self::DatesDeTableur => ("dates_de_tableur", "dates au format d'un tableur, avec une heure"),
            Self::ZerosManges => ("zeros_manges", "zéros de gauche des NUMDEMRSA mangés par un tableur"),
            Self::NirEspace => ("nir_espace", "NIR écrits avec des espaces"),
            Self::Total => ("total", "ligne de total ajoutée à la fin par un tableur"),
            Self::FoyersIllisibles => {
                ("foyers_illisibles", "foyers illisibles ajoutés, de dossiers qui ne sont à personne")
            }
            Self::LignesIllisibles => {
                ("lignes_illisibles", "lignes illisibles ajoutées, sous des identifiants à elles")
            }
            Self::Annonce => ("annonce_trop_basse", "un foyer de plus que le nombre annoncé à la fin"),
            Self::Comprime => ("comprime", "le fichier n'est là que compressé (.gz)"),
            Self::SansDate => ("nom_sans_date", "nom d'origine, sans date de réception : reçu le jour de sa création"),
            Self::DateFausse => ("nom_mal_date", "date du nom fausse d'un an : reçu le jour de sa création"),
            Self::Retard => ("retard", "quotidien vide arrivé des semaines plus tard"),
            Self::Copie => ("copie", "les mêmes octets sous un autre nom"),
            Self::CopieGz => ("copie_gz", "le même contenu renvoyé compressé"),
            Self::Envoi => ("envoi_groupe", "le même contenu renvoyé dans une archive, avec d'autres"),
            Self::Renvoi => (
                "renvoi_tardif",
                "renvoyé des jours plus tard, enregistré autrement : d'autres octets, les mêmes faits",
            ),
            Self::Coupe => ("coupe", "copie coupée en chemin"),
            Self::CoupeEvenements => {
                ("coupe_evenements", "copie coupée au milieu d'une ligne : les lignes entières sont lues")
            }
            Self::CoupeGz => ("coupe_gz", "copie compressée coupée en chemin"),
            Self::Utf16 => ("utf16", "copie enregistrée en UTF-16 (« texte Unicode »)"),
            Self::TotalDeFlux => ("total_de_flux", "copie du flux avec une ligne de total ajoutée par un tableur"),
            Self::ArchiveCoupee => ("archive_coupee", "archive coupée en chemin"),
            Self::LisezMoi => ("lisez_moi", "une note"),
            Self::Image => ("image", "une image"),
            Self::Verrou => ("verrou_de_tableur", "ce qu'un tableur laisse à côté d'un classeur ouvert"),
            Self::DsStore => ("ds_store", "ce que macOS laisse dans un dossier"),
            Self::Vide => ("vide", "fichier vide, au nom d'un fichier à lire"),
            Self::VideAilleurs => ("vide_ailleurs", "fichier vide, au nom de rien"),
            Self::Anomalies => ("anomalies", "ancien fichier des anomalies d'une caisse"),
        }
    }
}

/// Damages dealt one after the other: each comes before any comes back.
pub(super) struct Paquet {
    degats: &'static [Degat],
    reste: Vec<Degat>,
}

impl Paquet {
    pub(super) fn new(degats: &'static [Degat]) -> Self {
        Self { degats, reste: Vec::new() }
    }

    /// The next one that suits; `None` when none does.
    pub(super) fn tirer(&mut self, des: &mut Des, convient: impl Fn(Degat) -> bool) -> Option<Degat> {
        if !self.reste.iter().any(|degat| convient(*degat)) {
            let mut neufs: Vec<Degat> = self.degats.iter().copied().filter(|d| !self.reste.contains(d)).collect();
            for place in (1..neufs.len()).rev() {
                neufs.swap(place, des.sous(place as u32 + 1) as usize);
            }
            self.reste.append(&mut neufs);
        }
        let place = self.reste.iter().position(|degat| convient(*degat))?;
        Some(self.reste.remove(place))
    }
}
