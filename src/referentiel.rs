//! The dated parameters and the readings (*lectures*) under which a table is made. A department
//! gives its own as a TOML file; the one that ships is `pipelines/referentiel-2022.toml`.

use std::fmt;

use chrono::NaiveDate;
use serde::Deserialize;

pub(crate) use self::examen::ligne_a;
pub use self::examen::{Constat, examiner};
pub use self::libelles::{Libelle, Mot};
use crate::temps::{Duree, Jour};

/// The référentiel that ships with the program.
pub const REFERENTIEL_2022: &str = include_str!("../pipelines/referentiel-2022.toml");

mod examen;
mod libelles;

/// Why a référentiel, or a reading, cannot be used. In French, ready to be shown.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ErreurReferentiel(String);

/// Declares a switch: its values, the first one being the default, each with the name it has on the
/// command line and the text that supports it, in one line of French. A reading without its text
/// does not compile.
macro_rules! lecture {
    ($(#[$doc:meta])* $nom:ident { $($(#[$variant_doc:meta])* $variant:ident = $texte:literal, $appui:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $nom { #[default] $($(#[$variant_doc])* $variant),+ }

        impl $nom {
            /// Every value, the default first.
            pub const VALEURS: &'static [(&'static str, Self)] = &[$(($texte, Self::$variant)),+];

            /// What supports each value, in the same order.
            pub const TEXTES: &'static [&'static str] = &[$($appui),+];

            fn lire(texte: &str) -> Option<Self> {
                Self::VALEURS.iter().find(|(nom, _)| *nom == texte).map(|(_, valeur)| *valeur)
            }
        }

        impl fmt::Display for $nom {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let nom = Self::VALEURS.iter().find(|(_, valeur)| valeur == self).map_or("", |(nom, _)| nom);
                f.write_str(nom)
            }
        }
    };
}

// The first value of each list is the default: the reading of the guide (annexe 7), since it was
// written to give one common understanding.
macro_rules! lectures {
    ($($(#[$doc:meta])* $champ:ident: $nom:ident = $cle:literal),+ $(,)?) => {
        /// One reading of everything that the texts leave open.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Lectures { $($(#[$doc])* pub $champ: $nom),+ }

        impl Lectures {
            /// Names of the switches, with the names of their values, the default first.
            #[must_use]
            pub fn catalogue() -> Vec<(&'static str, Vec<&'static str>)> {
                vec![$(($cle, $nom::VALEURS.iter().map(|(nom, _)| *nom).collect())),+]
            }

            /// The text that supports a reading, in one line; `None` when there is no such reading.
            #[must_use]
            pub fn texte(cle: &str, valeur: &str) -> Option<&'static str> {
                match cle {
                    $($cle => {
                        let rang = $nom::VALEURS.iter().position(|(nom, _)| *nom == valeur)?;
                        $nom::TEXTES.get(rang).copied()
                    })+
                    _ => None,
                }
            }

            /// Sets a switch.
            ///
            /// # Errors
            /// An unknown switch or value: the message lists those that exist.
            pub fn choisir(&mut self, cle: &str, valeur: &str) -> Result<(), ErreurReferentiel> {
                match cle {
                    $($cle => {
                        self.$champ = $nom::lire(valeur).ok_or_else(|| {
                            let noms: Vec<_> = $nom::VALEURS.iter().map(|(nom, _)| *nom).collect();
                            ErreurReferentiel(format!(
                                "lecture {cle} : valeur « {valeur} » inconnue, attendu l'une de : {}", noms.join(", ")
                            ))
                        })?;
                    })+
                    _ => {
                        let noms: Vec<_> = [$($cle),+].into();
                        return Err(ErreurReferentiel(format!(
                            "lecture « {cle} » inconnue, attendu l'une de : {}", noms.join(", ")
                        )));
                    }
                }
                Ok(())
            }

            /// The switches and their values.
            #[must_use]
            pub fn choisies(&self) -> Vec<(&'static str, String)> {
                vec![$(($cle, self.$champ.to_string())),+]
            }
        }
    };
}

lecture! {
    /// What « en 1 mois et moins » means.
    OrientationDelai {
        /// Within one month, as the example of the guide counts it.
        Mois = "mois",
            "L'exemple du guide : du 1er mars, le 31 mars est dans le mois (instruction, annexe 7, section 6)";
        /// The same day of the next month still counts: the words of the label.
        MoisInclus = "mois_inclus",
            "Les mots du libellé, « en 1 mois et moins » (instruction, annexe 9)";
        /// At most 30 days (instruction, annexe 1).
        TrenteJours = "30_jours",
            "Le délai de 30 jours dont parle l'instruction (note 1 et annexe 1)";
        /// At most 31 days.
        TrenteEtUnJours = "31_jours",
            "Aucun texte : la durée du mois le plus long, pour comparer";
    }
}
lecture! {
    /// From when the delay of orientation runs.
    OrientationDebut {
        /// Reception of the notification by the department (annexe 7, section 6).
        Reception = "reception",
            "La réception de la notification par le département (instruction, annexe 7, section 6)";
        /// Transmission by the caisse (annexe 9).
        Transmission = "transmission",
            "La date de transmission par la caisse (instruction, annexe 9)";
        /// The claim: the nearest to the opening of rights (annexe 1).
        Demande = "demande",
            "L'ouverture des droits, dont la demande est ce que le flux donne de plus proche (instruction, annexe 1)";
    }
}
lecture! {
    /// Whose appointments are asked to be within two weeks.
    RdvPopulation {
        /// Those oriented in less than a month (annexe 7, section 6).
        OrientesUnMois = "orientes_1_mois",
            "Les personnes orientées en moins d'un mois (instruction, annexe 7, section 6)";
        /// All those oriented outside Pôle emploi.
        Orientes = "orientes",
            "Le libellé ne parle pas du mois (instruction, annexe 9 ; avenant n° 2 à la convention 2019-2021, Lot-et-Garonne)";
    }
}
lecture! {
    /// What « à 2 semaines ou moins » means.
    RdvDelai {
        /// At most 14 days.
        QuatorzeJours = "14_jours",
            "Deux semaines, soit 14 jours (instruction, annexe 7, section 6)";
        /// At most 15 days.
        QuinzeJours = "15_jours",
            "Aucun texte : deux semaines comme on le dit souvent, « quinze jours »";
    }
}
lecture! {
    /// From when the delay of the first CER runs.
    CerDebut {
        /// Reception of the notification by the department (annexe 7, section 6).
        Reception = "reception",
            "La réception de la notification par le département (instruction, annexe 7, section 6)";
        /// Notification of the orientation (annexe 9).
        Orientation = "orientation",
            "La notification de l'orientation (instruction, note 1 et annexe 9)";
    }
}
lecture! {
    /// What « dans les 2 mois » means.
    CerDelai {
        /// Within two months.
        DeuxMois = "2_mois",
            "Deux mois, comptés comme le mois de l'orientation (instruction, annexe 7, section 6)";
        /// The same day two months later still counts.
        DeuxMoisInclus = "2_mois_inclus",
            "Les mots du libellé, « dans les 2 mois » (instruction, annexe 9)";
        /// Within one month of the orientation (code de l'action sociale et des familles, L.262-35).
        UnMois = "1_mois",
            "Un mois après l'orientation (code de l'action sociale et des familles, article L. 262-35 ; instruction, annexe 1)";
    }
}
lecture! {
    /// Which contract is a first one.
    CerRang {
        /// Rank empty or 1.
        Premier = "premier",
            "Les premiers contrats, sans les renouvellements (instruction, annexe 9)";
        /// The first of the window, whatever its rank.
        Fenetre = "fenetre",
            "Aucun texte : pour les logiciels où le rang court sur toute une vie";
    }
}
lecture! {
    /// Whether a long suspension closes the follow-up.
    Suspension {
        /// Over twelve months, it does.
        DouzeMois = "12_mois",
            "Une suspension de plus de 12 mois ferme le suivi (instruction, annexe 7, section 6, troisième critère)";
        /// It closes nothing: the guide says « certains ».
        SansCloture = "sans_cloture",
            "La clôture ne vise que « certains » suspendus (instruction, annexe 7, section 6)";
    }
}
lecture! {
    /// Up to when an outcome counts.
    Horizon {
        /// Up to the day on which the period is closed.
        Arrete = "arrete",
            "Ce qui est fait au dernier jour de la remontée (instruction, annexe 7, section 6)";
        /// Up to what is known.
        Complet = "complet",
            "Aucun texte : pour suivre jusqu'au bout les entrants d'une période";
    }
}
lecture! {
    /// What is counted.
    Comptage {
        /// Entries.
        Entrees = "entrees",
            "Celui qui revient est de nouveau un entrant (instruction, annexe 7, section 6)";
        /// Distinct people, who count if any of their entries does.
        Personnes = "personnes",
            "Les mots du libellé, entendus comme des personnes (instruction, annexe 9)";
    }
}
lecture! {
    /// Which outcomes a period holds.
    Flux {
        /// Those of the entries of the period.
        Cohorte = "cohorte",
            "Ce qui suit les nouveaux entrants de la période (instruction, annexe 7, section 6)";
        /// Those dated in the period, of entries of any date.
        Evenements = "evenements",
            "Ce qui s'est passé « entre deux remontées » (instruction, annexe 9)";
    }
}
lecture! {
    /// What becomes of an orientation notified before the flux was received.
    OrientationAnticipee {
        /// It is a follow-up under way: no entry.
        Exclure = "exclure",
            "Pas d'orientation connue, donc pas de suivi en cours (instruction, annexe 7, section 6, troisième critère)";
        /// It belongs to the entry, with a delay of 0.
        Rattacher = "rattacher",
            "Aucun texte : pour les départements qui orientent dès la demande";
    }
}

lectures! {
    /// `orientation.delai`
    orientation_delai: OrientationDelai = "orientation.delai",
    /// `orientation.debut`
    orientation_debut: OrientationDebut = "orientation.debut",
    /// `rdv.population`
    rdv_population: RdvPopulation = "rdv.population",
    /// `rdv.delai`
    rdv_delai: RdvDelai = "rdv.delai",
    /// `cer.debut`
    cer_debut: CerDebut = "cer.debut",
    /// `cer.delai`
    cer_delai: CerDelai = "cer.delai",
    /// `cer.rang`
    cer_rang: CerRang = "cer.rang",
    /// `suspension`
    suspension: Suspension = "suspension",
    /// `horizon`
    horizon: Horizon = "horizon",
    /// `comptage`
    comptage: Comptage = "comptage",
    /// `flux`
    flux: Flux = "flux",
    /// `orientation_anticipee`
    orientation_anticipee: OrientationAnticipee = "orientation_anticipee",
}

/// A value in force from a day, with the text it comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Valeur {
    depuis: toml::value::Datetime,
    valeur: f64,
    /// Its own unit, when it is not that of the parameter.
    unite: Option<String>,
    /// What starts the delay, when the text says it.
    debut: Option<String>,
    source: String,
}

/// A threshold as it is written: dated values, each with its source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parametre {
    unite: String,
    valeurs: Vec<Valeur>,
}

/// A label as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LibelleEcrit {
    depuis: toml::value::Datetime,
    texte: String,
    court: Option<String>,
    definition: Option<String>,
    source: String,
}

/// A target of a year, as a share.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cible {
    /// Indicator, as `3.1.2`.
    pub indicateur: String,
    /// Year of the end of the period.
    pub annee: i32,
    /// Between 0 and 1.
    pub valeur: f64,
    /// The text that it comes from.
    pub source: String,
    /// Whether it is only the example of the model sheet.
    #[serde(default)]
    pub exemple: bool,
}

/// What a caisse without any monthly flux is taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// Its stock is unknown: nobody can be said to enter.
    #[default]
    Inconnue,
    /// Its stock is empty: everybody enters.
    Vide,
}

impl Base {
    /// As a référentiel writes it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Inconnue => "inconnue",
            Self::Vide => "vide",
        }
    }
}

/// Declares a closed list of words of a référentiel.
macro_rules! mots {
    ($(#[$doc:meta])* $nom:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $nom { $($(#[$variant_doc])* $variant),+ }

        impl $nom {
            /// As a référentiel writes it.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }
    };
}

mots! {
    /// The unit of a value.
    Unite {
        /// Months, counted as `orientation.delai` and `cer.delai` read them.
        Mois = "mois",
        /// Weeks of seven days.
        Semaines = "semaines",
        /// Days.
        Jours = "jours",
        /// A share.
        Part = "part",
    }
}
mots! {
    /// What starts a delay.
    Debut {
        /// Reception of the notification by the department: t0.
        Reception = "reception",
        /// Transmission by the caisse.
        Transmission = "transmission",
        /// The claim.
        Demande = "demande",
        /// Notification of the entry's orientation, the first one.
        Orientation = "orientation",
        /// Notification of the last orientation before the outcome: each new decision opens the delay
        /// again.
        DerniereOrientation = "derniere_orientation",
    }
}

/// A parameter that a référentiel must give.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Its name.
    pub nom: &'static str,
    /// The units in which it may be, that of the shipped référentiel first.
    pub unites: &'static [Unite],
    /// What its values may say of the start of the delay.
    pub debuts: &'static [Debut],
    /// What it rules, in French.
    pub quoi: &'static str,
}

/// The units of the delays of an entry.
const MOIS_OU_MOINS: &[Unite] = &[Unite::Mois, Unite::Semaines, Unite::Jours];

/// The parameters that a référentiel must give.
pub const PARAMETRES: [Definition; 6] = [
    Definition {
        nom: "delai_orientation",
        unites: MOIS_OU_MOINS,
        debuts: &[Debut::Reception, Debut::Transmission, Debut::Demande],
        quoi: "délai de l'orientation (3.1.2)",
    },
    Definition {
        nom: "delai_premier_rdv",
        unites: &[Unite::Jours, Unite::Semaines, Unite::Mois],
        debuts: &[],
        quoi: "délai du premier rendez-vous (3.1.4)",
    },
    Definition {
        nom: "delai_premier_cer",
        unites: MOIS_OU_MOINS,
        debuts: &[Debut::Reception, Debut::Orientation, Debut::DerniereOrientation],
        quoi: "délai du premier CER (3.1.6)",
    },
    Definition {
        nom: "cloture_suspension",
        unites: &[Unite::Mois],
        debuts: &[],
        quoi: "suspension au-delà de laquelle le suivi est clos",
    },
    Definition {
        nom: "rapprochement_transfert",
        unites: &[Unite::Mois],
        debuts: &[],
        quoi: "délai d'un transfert entre caisses",
    },
    Definition { nom: "eloignement", unites: &[Unite::Part], debuts: &[], quoi: "« très éloigné de la cible »" },
];

/// A value of a parameter, in force from a day.
#[derive(Clone, Debug, PartialEq)]
pub struct ValeurDatee {
    /// First day.
    pub depuis: Jour,
    /// The value.
    pub valeur: f64,
    /// Its unit.
    pub unite: Unite,
    /// What starts the delay, when the text says it; `None` leaves it to the readings.
    pub debut: Option<Debut>,
    /// The text that it comes from.
    pub source: String,
}

impl ValeurDatee {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked when read: whole, 1 to 999")]
    fn entier(&self) -> u16 {
        self.valeur as u16
    }

    /// The delay; the months are counted as `mois` says.
    fn duree(&self, mois: fn(u32) -> Duree) -> Duree {
        match self.unite {
            Unite::Mois => mois(self.entier().into()),
            Unite::Semaines => Duree::Semaines(self.entier()),
            Unite::Jours | Unite::Part => Duree::Jours(self.entier().into()),
        }
    }
}

/// A parameter: its values from the earliest.
#[derive(Clone, Debug)]
pub struct ParametreDate {
    /// The unit of the values that have none of their own.
    pub unite: Unite,
    /// The value in force first, and before it: a table is asked for all the same, and
    /// [`Referentiel::couvre`] says that it is not covered.
    premiere: ValeurDatee,
    /// Those that follow, from the earliest.
    suivantes: Vec<ValeurDatee>,
}

impl ParametreDate {
    /// Values in any order; `None` when there is none.
    fn new(unite: Unite, mut valeurs: Vec<ValeurDatee>) -> Option<Self> {
        valeurs.sort_by_key(|valeur| valeur.depuis);
        let mut valeurs = valeurs.into_iter();
        Some(Self { unite, premiere: valeurs.next()?, suivantes: valeurs.collect() })
    }

    /// Its values, from the earliest.
    pub fn valeurs(&self) -> impl DoubleEndedIterator<Item = &ValeurDatee> {
        std::iter::once(&self.premiere).chain(&self.suivantes)
    }

    /// The value on a day, the first one before it.
    fn au(&self, jour: Jour) -> &ValeurDatee {
        self.en_vigueur(jour).unwrap_or(&self.premiere)
    }

    /// The value in force on a day, with its source; `None` before the first one.
    #[must_use]
    pub fn en_vigueur(&self, jour: Jour) -> Option<&ValeurDatee> {
        self.valeurs().rfind(|valeur| valeur.depuis <= jour)
    }
}

/// The day of a date in a file of settings; `None` when it is no day.
#[must_use]
pub fn jour_de(date: &toml::value::Datetime) -> Option<Jour> {
    let date = date.date?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day)).map(Jour::from)
}

/// What is wrong with a file of settings, with its line.
#[must_use]
pub fn illisible(quoi: &str, texte: &str, error: &toml::de::Error) -> String {
    let ligne = error.span().and_then(|span| ligne_a(texte, span.start));
    let ligne = ligne.map(|ligne| format!(", ligne {ligne}")).unwrap_or_default();
    format!("{quoi} illisible{ligne} : {}", en_francais(error.message().trim_end()))
}

/// What the reader of settings says, in French. What it says otherwise is left as it is.
fn en_francais(message: &str) -> String {
    let entre = |texte: &str| texte.split('`').nth(1).unwrap_or_default().to_owned();
    let attendu = |suite: Option<&str>| {
        let valeurs = suite.map(|suite| suite.trim_start_matches("one of ").replace(" or ", ", ").replace('`', ""));
        valeurs.map(|valeurs| format!(", attendu l'une de : {valeurs}")).unwrap_or_default()
    };
    let (tete, suite) = match message.split_once(", expected ") {
        Some((tete, suite)) => (tete, Some(suite)),
        None => (message, None),
    };
    if tete.starts_with("missing field") {
        format!("il manque la clé « {} »", entre(tete))
    } else if tete.starts_with("unknown field") {
        format!("la clé « {} » n'est pas connue{}", entre(tete), attendu(suite))
    } else if tete.starts_with("unknown variant") {
        format!("la valeur « {} » n'est pas connue{}", entre(tete), attendu(suite))
    } else if let (Some(trouve), Some(suite)) = (tete.strip_prefix("invalid type: "), suite) {
        let natures = [
            ("string", "un texte"),
            ("integer", "un nombre entier"),
            ("boolean", "vrai ou faux"),
            ("floating point", "un nombre"),
            ("a boolean", "true ou false"),
            ("a sequence", "une liste entre crochets"),
            ("a string", "un texte entre guillemets"),
            ("path string", "un chemin entre guillemets"),
            ("u64", "un nombre entier"),
            ("u32", "un nombre entier"),
            ("u16", "un nombre entier"),
            ("f64", "un nombre"),
        ];
        let nature = |texte: &str| {
            let connue =
                natures.iter().find(|(anglais, _)| texte == *anglais || texte.starts_with(&format!("{anglais} ")));
            connue.map_or_else(|| texte.to_owned(), |(_, francais)| (*francais).to_owned())
        };
        format!("trouvé {}, attendu {}", nature(trouve), nature(suite))
    } else if message.starts_with("duplicate key") {
        "une clé est donnée deux fois, gardez-en une".to_owned()
    } else {
        message.to_owned()
    }
}

/// Dated parameters, targets and the readings chosen.
#[derive(Clone, Debug)]
pub struct Referentiel {
    /// Its name, as the outputs show it.
    pub nom: String,
    /// Day up to which its values were checked against the texts.
    pub verifie_le: Jour,
    /// What a caisse without any monthly flux is taken for.
    pub base: Base,
    /// The readings.
    pub lectures: Lectures,
    delai_orientation: ParametreDate,
    delai_premier_rdv: ParametreDate,
    delai_premier_cer: ParametreDate,
    cloture_suspension: ParametreDate,
    rapprochement_transfert: ParametreDate,
    eloignement: ParametreDate,
    cibles: Vec<Cible>,
    /// In the order of their days.
    libelles: Vec<Libelle>,
}

impl Referentiel {
    /// Reads a référentiel.
    ///
    /// # Errors
    /// The first thing that is wrong with it; [`examiner`] tells them all.
    pub fn lire(texte: &str) -> Result<Self, ErreurReferentiel> {
        examiner(texte).map(|(referentiel, _)| referentiel).map_err(|constats| {
            let premier = constats.first().map(|constat| match constat.ligne {
                Some(ligne) if constat.illisible => {
                    format!("référentiel illisible, ligne {ligne} : {}", constat.phrase)
                }
                Some(ligne) => format!("référentiel, ligne {ligne} : {}", constat.phrase),
                None => format!("référentiel : {}", constat.phrase),
            });
            ErreurReferentiel(premier.unwrap_or_default())
        })
    }

    /// The parameters, in the order of [`PARAMETRES`].
    #[must_use]
    pub fn parametres(&self) -> [&ParametreDate; 6] {
        [
            &self.delai_orientation,
            &self.delai_premier_rdv,
            &self.delai_premier_cer,
            &self.cloture_suspension,
            &self.rapprochement_transfert,
            &self.eloignement,
        ]
    }

    /// The targets, in the order of the file.
    #[must_use]
    pub fn cibles(&self) -> &[Cible] {
        &self.cibles
    }

    /// The référentiel that ships with the program.
    ///
    /// # Errors
    /// None in a program that was tested.
    pub fn livre() -> Result<Self, ErreurReferentiel> {
        Self::lire(REFERENTIEL_2022)
    }

    /// Whether every parameter has a value of its own on `jour`.
    #[must_use]
    pub fn couvre(&self, jour: Jour) -> bool {
        [
            &self.delai_orientation,
            &self.delai_premier_rdv,
            &self.delai_premier_cer,
            &self.cloture_suspension,
            &self.eloignement,
        ]
        .iter()
        .all(|parametre| parametre.en_vigueur(jour).is_some())
    }

    /// The value that an entry of `jour` has of one of the delays of [`PARAMETRES`], when it replaced an
    /// earlier one.
    #[must_use]
    pub fn nouvelle_regle(&self, nom: &str, jour: Jour) -> Option<&ValeurDatee> {
        let rang = PARAMETRES.iter().position(|definition| definition.nom == nom)?;
        let parametre = self.parametres()[rang];
        parametre.suivantes.iter().rfind(|valeur| valeur.depuis <= jour)
    }

    /// The delay in which an entry of `jour` must be oriented. The readings of `orientation.delai` are
    /// of what a month is: they leave weeks and days as they are.
    #[must_use]
    pub fn delai_orientation(&self, jour: Jour) -> Duree {
        self.delai_orientation.au(jour).duree(match self.lectures.orientation_delai {
            OrientationDelai::Mois => Duree::Mois,
            OrientationDelai::MoisInclus => Duree::MoisInclus,
            OrientationDelai::TrenteJours => |_| Duree::Jours(30),
            OrientationDelai::TrenteEtUnJours => |_| Duree::Jours(31),
        })
    }

    /// What starts the delay of orientation of an entry of `jour`: what the text in force says; when it
    /// leaves it open, the reading `orientation.debut`.
    #[must_use]
    pub fn debut_orientation(&self, jour: Jour) -> Debut {
        self.delai_orientation.au(jour).debut.unwrap_or(match self.lectures.orientation_debut {
            OrientationDebut::Reception => Debut::Reception,
            OrientationDebut::Transmission => Debut::Transmission,
            OrientationDebut::Demande => Debut::Demande,
        })
    }

    /// The delay in which an entry of `jour`, once oriented, must have its first appointment.
    #[must_use]
    pub fn delai_premier_rdv(&self, jour: Jour) -> Duree {
        match self.lectures.rdv_delai {
            RdvDelai::QuatorzeJours => self.delai_premier_rdv.au(jour).duree(Duree::Mois),
            RdvDelai::QuinzeJours => Duree::Jours(15),
        }
    }

    /// The delay in which an entry of `jour` must have signed its first CER. The readings of `cer.delai`
    /// are of what « 2 mois » are: they leave weeks and days as they are.
    #[must_use]
    pub fn delai_premier_cer(&self, jour: Jour) -> Duree {
        self.delai_premier_cer.au(jour).duree(match self.lectures.cer_delai {
            CerDelai::DeuxMois => Duree::Mois,
            CerDelai::DeuxMoisInclus => Duree::MoisInclus,
            CerDelai::UnMois => |_| Duree::Mois(1),
        })
    }

    /// What starts the delay of the first CER of an entry of `jour`: what the text in force says; when
    /// it leaves it open, the readings `cer.debut` and `cer.delai`.
    #[must_use]
    pub fn debut_premier_cer(&self, jour: Jour) -> Debut {
        let depuis_orientation =
            self.lectures.cer_debut == CerDebut::Orientation || self.lectures.cer_delai == CerDelai::UnMois;
        let lu = if depuis_orientation { Debut::Orientation } else { Debut::Reception };
        self.delai_premier_cer.au(jour).debut.unwrap_or(lu)
    }

    /// Months of suspension beyond which a follow-up is closed; `None` when it never is.
    #[must_use]
    pub fn cloture_suspension(&self, jour: Jour) -> Option<u32> {
        let mois = || self.cloture_suspension.au(jour).entier().into();
        (self.lectures.suspension == Suspension::DouzeMois).then(mois)
    }

    /// How soon the right must go on elsewhere for a closing to be a transfer.
    #[must_use]
    pub fn rapprochement_transfert(&self, jour: Jour) -> Duree {
        self.rapprochement_transfert.au(jour).duree(Duree::Mois)
    }

    /// The share of the target at or below which, and the share of people missing it above which, a
    /// figure is *très éloigné de la cible*.
    #[must_use]
    pub fn eloignement(&self, jour: Jour) -> f64 {
        self.eloignement.au(jour).valeur
    }

    /// The target of an indicator for a year, and whether it is only an example; `None` when the
    /// year is not covered.
    #[must_use]
    pub fn cible(&self, indicateur: &str, annee: i32) -> Option<(f64, bool)> {
        let found = self.cibles.iter().find(|cible| cible.indicateur == indicateur && cible.annee == annee)?;
        Some((found.valeur, found.exemple))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicateurs::catalogue::CATALOGUE;

    fn jour(texte: &str) -> Jour {
        texte.parse::<NaiveDate>().unwrap().into()
    }

    #[test]
    fn the_shipped_referentiel_has_the_delays_of_the_guide() {
        let referentiel = Referentiel::livre().unwrap();
        let jour = jour("2021-03-01");
        assert_eq!(referentiel.nom, "2022");
        assert_eq!(referentiel.delai_orientation(jour), Duree::Mois(1));
        assert_eq!(referentiel.delai_premier_rdv(jour), Duree::Jours(14));
        assert_eq!(referentiel.delai_premier_cer(jour), Duree::Mois(2));
        assert_eq!(referentiel.cloture_suspension(jour), Some(12));
        assert!(referentiel.couvre(jour));
        assert_eq!(referentiel.lectures, Lectures::default());
    }

    #[test]
    fn targets_are_100_percent_in_2021_and_2022_and_an_example_before() {
        let referentiel = Referentiel::livre().unwrap();
        for id in ["3.1.2", "3.1.4", "3.1.6"] {
            assert_eq!(referentiel.cible(id, 2021), Some((1.0, false)));
            assert_eq!(referentiel.cible(id, 2022), Some((1.0, false)));
        }
        assert_eq!(referentiel.cible("3.1.2", 2020), Some((0.6, true)));
        assert_eq!(referentiel.cible("3.1.4", 2020), None);
        assert_eq!(referentiel.cible("3.1.2", 2023), None);
    }

    #[test]
    fn an_unknown_reading_lists_those_that_exist() {
        let mut lectures = Lectures::default();
        let error = lectures.choisir("orientation.delai", "6_semaines").unwrap_err().to_string();
        assert!(error.contains("mois_inclus, 30_jours, 31_jours"), "{error}");
        let error = lectures.choisir("orientation.delais", "mois").unwrap_err().to_string();
        assert!(error.contains("orientation.delai, "), "{error}");
    }

    /// A person who reads the table must see on what each reading rests, or that nothing does.
    #[test]
    fn every_reading_names_the_text_that_supports_it_or_says_that_none_does() {
        for (cle, valeurs) in Lectures::catalogue() {
            for valeur in valeurs {
                let texte = Lectures::texte(cle, valeur).unwrap();
                let appuye = ["instruction", "avenant", "code de l'action sociale"].iter().any(|t| texte.contains(t));
                assert!(appuye != texte.starts_with("Aucun texte : "), "{cle}={valeur} : {texte}");
                assert!(!texte.contains('\n') && !texte.ends_with('.'), "{cle}={valeur} : {texte}");
            }
        }
        assert_eq!(Lectures::texte("cer.rang", "dernier"), None);
    }

    #[test]
    fn a_value_without_a_source_or_that_cannot_be_is_refused() {
        let from = REFERENTIEL_2022.find("source = \"").unwrap() + "source = \"".len();
        let to = from + REFERENTIEL_2022[from..].find('"').unwrap();
        let sans_source = format!("{}{}", &REFERENTIEL_2022[..from], &REFERENTIEL_2022[to..]);
        assert!(Referentiel::lire(&sans_source).unwrap_err().to_string().contains("n'a pas de source"));
        let negative = REFERENTIEL_2022.replacen("valeur = 14", "valeur = -14", 1);
        assert!(Referentiel::lire(&negative).unwrap_err().to_string().contains("-14"));
    }

    #[test]
    fn a_target_or_a_value_given_twice_is_refused() {
        let cible = "\n[[cibles]]\nindicateur = \"3.1.2\"\nannee = 2022\nvaleur = 0.9\nsource = \"essai\"\n";
        let error = Referentiel::lire(&format!("{REFERENTIEL_2022}{cible}")).unwrap_err().to_string();
        assert!(error.contains("3.1.2 de 2022 est donnée deux fois"), "{error}");
        let deux = REFERENTIEL_2022.replacen(
            "{ depuis = 2019-01-01, valeur = 14,",
            "{ depuis = 2019-01-01, valeur = 10, source = \"essai\" },\n  { depuis = 2019-01-01, valeur = 14,",
            1,
        );
        assert!(Referentiel::lire(&deux).unwrap_err().to_string().contains("deux valeurs depuis le 2019-01-01"));
    }

    fn dits(texte: &str) -> Vec<(usize, String)> {
        let constats = match examiner(texte) {
            Ok((_, a_relire)) => a_relire,
            Err(fautes) => fautes,
        };
        constats.into_iter().map(|constat| (constat.ligne.unwrap_or_default(), constat.cle)).collect()
    }

    fn ligne(texte: &str, morceau: &str) -> usize {
        texte[..texte.find(morceau).unwrap()].matches('\n').count() + 1
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_line_and_key() {
        let texte = REFERENTIEL_2022
            .replacen("\"cer.rang\" = \"premier\"", "\"cer.rang\" = \"dernier\"", 1)
            .replacen("valeur = 14", "valeur = 14.5", 1)
            .replacen("unite = \"part\"", "unite = \"pourcent\"", 1)
            .replacen("valeur = 0.6", "valeur = 60", 1)
            .replacen("[parametres.cloture_suspension]", "[parametres.cloture_des_suspensions]", 1);
        assert_eq!(
            dits(&texte),
            [
                (ligne(&texte, "\"cer.rang\""), "lectures.cer.rang".to_owned()),
                (ligne(&texte, "[parametres.cloture_des"), "parametres.cloture_des_suspensions".to_owned()),
                (ligne(&texte, "valeur = 14.5"), "parametres.delai_premier_rdv.valeurs[1]".to_owned()),
                (ligne(&texte, "[parametres.delai_orientation]"), "parametres".to_owned()),
                (ligne(&texte, "\"pourcent\""), "parametres.eloignement.unite".to_owned()),
                (ligne(&texte, "[[cibles]]\nindicateur = \"3.1.2\"\nannee = 2020"), "cibles[3]".to_owned()),
            ]
        );
        assert!(Referentiel::lire(&texte).is_err());
    }

    #[test]
    fn the_shipped_referentiel_has_nothing_to_be_read_again() {
        assert_eq!(dits(REFERENTIEL_2022), []);
    }

    #[test]
    fn what_deserves_a_second_look_does_not_prevent_its_use() {
        let texte = REFERENTIEL_2022
            .replacen("\"rdv.delai\" = \"14_jours\"", "\"rdv.delai\" = \"15_jours\"", 1)
            .replacen("valeurs = [", "valeurs = [\n{ depuis = 2023-01-01, valeur = 2, source = \"essai\" },", 1)
            .replacen("indicateur = \"3.1.4\"\nannee = 2022", "indicateur = \"3.1.5\"\nannee = 2022", 1);
        let cles: Vec<String> = dits(&texte).into_iter().map(|(_, cle)| cle).collect();
        assert_eq!(
            cles,
            [
                "nom",                          // another content under the name of the shipped one
                "lectures.rdv.delai",           // not the guide's
                "lectures.rdv.delai",           // gives its own duration
                "parametres.delai_orientation", // after verifie_le
                "cibles[7]",                    // 3.1.5 has no target
                "cibles",                       // none for 3.1.4 in 2022
            ]
        );
        assert!(Referentiel::lire(&texte).is_ok());
    }

    const REFERENTIEL_2025: &str = include_str!("../pipelines/referentiel-2025.toml");

    /// Décret n° 2024-1244 du 30 décembre 2024: what changes on 1 January 2025, and nothing else.
    #[test]
    fn the_referentiel_of_2025_has_both_generations_of_delays() {
        let (de_2022, de_2025) = (Referentiel::livre().unwrap(), Referentiel::lire(REFERENTIEL_2025).unwrap());
        let (veille, premier) = (jour("2024-12-31"), jour("2025-01-01"));
        assert_eq!(de_2025.delai_orientation(veille), Duree::Mois(1));
        assert_eq!(de_2025.delai_orientation(premier), Duree::Semaines(6));
        assert_eq!(de_2025.delai_premier_cer(veille), Duree::Mois(2));
        assert_eq!(de_2025.delai_premier_cer(premier), Duree::Mois(1));
        assert_eq!(de_2025.debut_premier_cer(veille), Debut::Reception);
        assert_eq!(de_2025.debut_premier_cer(premier), Debut::DerniereOrientation);
        assert_eq!(de_2025.debut_orientation(premier), Debut::Reception, "left to the reading");
        for (a, b) in de_2022.parametres().into_iter().zip(de_2025.parametres()) {
            assert_eq!(a.en_vigueur(veille), b.en_vigueur(veille));
        }
        assert_eq!(de_2025.lectures, Lectures::default());
        assert_eq!(de_2022.cibles(), de_2025.cibles());
        assert!(de_2022.nouvelle_regle("delai_orientation", premier).is_none());
        assert!(de_2025.nouvelle_regle("delai_orientation", veille).is_none());
        assert!(de_2025.nouvelle_regle("delai_orientation", premier).unwrap().source.contains("2024-1244"));
    }

    /// The one point is that nobody gives targets since 2023.
    #[test]
    fn the_referentiel_of_2025_can_be_used_and_says_that_it_has_no_target() {
        let (_, a_relire) = examiner(REFERENTIEL_2025).unwrap();
        let phrases: Vec<_> = a_relire.into_iter().map(|constat| constat.phrase).collect();
        assert_eq!(phrases, ["pas de cible en 2025 pour 3.1.2, 3.1.4, 3.1.6 : ces taux n'y seront comparés à rien"]);
    }

    #[test]
    fn a_reading_that_the_values_do_not_follow_deserves_a_second_look() {
        let texte = REFERENTIEL_2025
            .replacen("\"orientation.delai\" = \"mois\"", "\"orientation.delai\" = \"30_jours\"", 1)
            .replacen("\"cer.debut\" = \"reception\"", "\"cer.debut\" = \"orientation\"", 1);
        let (_, a_relire) = examiner(&texte).unwrap();
        let phrases: Vec<_> = a_relire.into_iter().map(|constat| constat.phrase).collect();
        for attendue in [
            "« 30_jours » impose sa durée : les valeurs en mois du paramètre delai_orientation n'ont pas d'effet",
            "les valeurs de delai_premier_cer qui disent leur « debut » ne suivent pas cette lecture",
        ] {
            assert!(phrases.iter().any(|phrase| phrase == attendue), "{attendue} : {phrases:?}");
        }
    }

    #[test]
    fn words_are_those_of_their_day() {
        let referentiel = Referentiel::lire(REFERENTIEL_2025).unwrap();
        let mots = |le: &str| Mot::TOUS.iter().map(|mot| referentiel.mot(*mot, jour(le))).collect::<Vec<_>>();
        assert_eq!(mots("2023-12-31"), ["contrat d'engagements réciproques", "CER", "Pôle emploi"]);
        assert_eq!(mots("2024-12-31"), ["contrat d'engagements réciproques", "CER", "France Travail"]);
        assert_eq!(mots("2025-01-01"), ["contrat d'engagement", "contrat d'engagement", "France Travail"]);
        let orientes = |le: &str| referentiel.libelle(&CATALOGUE[1], jour(le));
        assert_eq!(orientes("2024-12-31"), CATALOGUE[1].libelle);
        assert!(orientes("2025-01-01").contains("6 semaines"));
    }

    /// The line, the key, what was found, what was expected.
    #[test]
    fn what_is_wrong_with_weeks_starts_and_labels_is_told_at_its_place() {
        let dit = |avant: &str, apres: &str| {
            let texte = REFERENTIEL_2025.replacen(avant, apres, 1);
            assert_ne!(texte, REFERENTIEL_2025, "{avant}");
            let constats = examiner(&texte).unwrap_err();
            assert_eq!(constats.len(), 1, "{constats:?}");
            let constat = &constats[0];
            assert_eq!(constat.ligne, Some(ligne(&texte, apres)), "{constat:?}");
            format!("{} : {}", constat.cle, constat.phrase)
        };
        let orientation = "parametres.delai_orientation.valeurs[1]";
        assert_eq!(
            dit("valeur = 6, unite = \"semaines\"", "valeur = 6, unite = \"semaine\""),
            format!(
                "{orientation}.unite : le paramètre delai_orientation est en « semaine », attendu l'une de : mois, semaines, jours"
            )
        );
        assert_eq!(
            dit("valeur = 6, unite", "valeur = 6.5, unite"),
            format!(
                "{orientation} : la valeur 6.5 de delai_orientation ne peut pas être, attendu un nombre de semaines entier et positif"
            )
        );
        assert_eq!(
            dit("valeur = 6, unite", "valeur = \"six\", unite"),
            "parametres.delai_orientation : trouvé un texte, attendu un nombre"
        );
        assert_eq!(
            dit("debut = \"derniere_orientation\"", "debut = \"orientation_derniere\""),
            "parametres.delai_premier_cer.valeurs[1].debut : le début « orientation_derniere » du paramètre delai_premier_cer n'est pas connu, attendu l'une de : reception, orientation, derniere_orientation"
        );
        assert_eq!(
            dit("valeur = 14,", "valeur = 14, debut = \"orientation\","),
            "parametres.delai_premier_rdv.valeurs[1].debut : le paramètre delai_premier_rdv n'a pas de début à choisir, retirez « debut »"
        );
        assert_eq!(
            dit("valeur = 12,", "valeur = 52, unite = \"semaines\","),
            "parametres.cloture_suspension.valeurs[1].unite : le paramètre cloture_suspension est en « semaines », attendu « mois »"
        );
        assert!(
            dit("pole_emploi = [", "pole-emploi = [").starts_with(
                "libelles.pole-emploi : la clé « pole-emploi » n'est pas connue, attendu l'une de : 3.1.1, "
            )
        );
    }

    #[test]
    fn what_the_reader_of_settings_says_is_in_french() {
        for (dit, francais) in [
            ("missing field `boites`", "il manque la clé « boites »"),
            ("unknown field `x`, expected `a` or `b`", "la clé « x » n'est pas connue, attendu l'une de : a, b"),
            (
                "unknown variant `hier`, expected one of `nom`, `creation`",
                "la valeur « hier » n'est pas connue, attendu l'une de : nom, creation",
            ),
            ("invalid type: string \"x\", expected u64", "trouvé un texte, attendu un nombre entier"),
            (
                "invalid type: integer `3`, expected a sequence",
                "trouvé un nombre entier, attendu une liste entre crochets",
            ),
        ] {
            assert_eq!(en_francais(dit), francais);
        }
    }

    #[test]
    fn a_mistake_in_the_file_is_told_with_its_line() {
        let error = Referentiel::lire("nom = \"x\"\nverifie_le = demain\n").unwrap_err().to_string();
        assert!(error.starts_with("référentiel illisible, ligne 2 : "), "{error}");
    }

    #[test]
    fn a_parameter_that_changes_applies_from_its_day() {
        let texte = REFERENTIEL_2022.replacen(
            "{ depuis = 2019-01-01, valeur = 14,",
            "{ depuis = 2022-01-01, valeur = 10, source = \"essai\" },\n  { depuis = 2019-01-01, valeur = 14,",
            1,
        );
        let referentiel = Referentiel::lire(&texte).unwrap();
        assert_eq!(referentiel.delai_premier_rdv(jour("2021-12-31")), Duree::Jours(14));
        assert_eq!(referentiel.delai_premier_rdv(jour("2022-01-01")), Duree::Jours(10));
        assert!(!referentiel.couvre(jour("2018-12-31")));
    }
}
