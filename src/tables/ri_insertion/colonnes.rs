//! The files, and what each of their columns means. `docs/ri-insertion.md` and the dictionary of the
//! folder both come from here.

use super::Donnees;
use super::periodes::Periode;
use crate::tables::catalogue::Sorte;
use crate::tables::catalogue::Sorte::{Booleen, Date, Entier, Texte};
use crate::tables::{Cellule, Table, Valeurs};

/// A column of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colonne {
    /// Its name.
    pub nom: &'static str,
    /// What it holds.
    pub sorte: Sorte,
    /// What it means.
    pub sens: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// A value of a person who does not exist.
    pub exemple: &'static str,
}

const fn c(
    nom: &'static str,
    sorte: Sorte,
    sens: &'static str,
    source: &'static str,
    exemple: &'static str,
) -> Colonne {
    Colonne { nom, sorte, sens, source, exemple }
}

const PERSONNE: Colonne = c(
    "personne",
    Entier,
    "Numéro de la personne, le même dans les cinq fichiers ; il ne vaut que pour ce dossier et ne vient pas du NIR",
    "rang dans l'entrepôt, comme dans les autres exports",
    "17",
);
const DEBUT_CONNU: Colonne = c(
    "debut_connu",
    Booleen,
    "Non (0) quand la personne était déjà là au début du journal : la période a commencé ce jour-là ou avant",
    "premier stock de la caisse",
    "1",
);
const FIN: &str = "Dernier jour, compris ; vide si la période court encore le 31 décembre";
const JOUR_DU_FLUX: &str = "date de référence du flux (DTREF)";

static PERSONNES: [Colonne; 8] = [
    PERSONNE,
    c("nom", Texte, "Nom", "flux, NOM", "BRUMEVAL"),
    c("nom_naissance", Texte, "Nom de naissance, s'il est donné", "flux, NOMNAI", "ROSELANDE"),
    c("prenom", Texte, "Prénom", "flux, PRENOM", "ONDINE"),
    c(
        "date_naissance",
        Texte,
        "Date de naissance telle que la caisse la donne : le jour ou le mois peut y être 00",
        "flux, DTNAI",
        "1987-04-19",
    ),
    c("caisse", Texte, "Caisse du dossier de la dernière période de droit.csv", "flux, FONORG et NUMORG", "CAF821"),
    c("numdemrsa", Texte, "Numéro de ce dossier", "flux, NUMDEMRSA", "00000010301"),
    c(
        "nir_connu",
        Booleen,
        "Oui si un flux a donné un NIR utilisable ; le NIR lui-même n'est pas gardé",
        "empreinte du NIR",
        "1",
    ),
];

static DROIT: [Colonne; 11] = [
    PERSONNE,
    c(
        "situation",
        Texte,
        "versable, suspendu, clos ou sans_droit (demande en cours ou refusée)",
        "flux, ETATDOSRSA",
        "suspendu",
    ),
    c("date_debut", Date, "Premier jour de la période : celui du flux qui la montre", JOUR_DU_FLUX, "2021-03-12"),
    c("date_fin", Date, FIN, "veille du flux qui montre autre chose", "2021-06-30"),
    DEBUT_CONNU,
    c(
        "caisse",
        Texte,
        "Caisse du dossier qui donne la situation ; pour un droit clos, celle du dossier qui s'est fermé",
        "flux, FONORG et NUMORG",
        "CAF821",
    ),
    c("numdemrsa", Texte, "Numéro de ce dossier", "flux, NUMDEMRSA", "00000010301"),
    c("date_demande", Date, "Demande de RSA de ce dossier, si elle est donnée", "flux, DTDEMRSA", "2020-11-03"),
    c(
        "date_suspension",
        Date,
        "Suspension : le jour que dit la caisse, s'il est donné",
        "flux, DDSUSDRORSA ou DDSUSVERSRSA, la plus ancienne",
        "2021-03-10",
    ),
    c(
        "etat",
        Entier,
        "État du dossier, de 0 à 6, dans le relevé qui ouvre la période ; vide pour une absence",
        "flux, ETATDOSRSA",
        "4",
    ),
    c(
        "motif",
        Texte,
        "Droit clos : motif de la caisse, ou « absence » si la personne manque au stock mensuel",
        "flux, MOTICLORSA",
        "RFD",
    ),
];

static SOUMISSIONS: [Colonne; 4] = [
    PERSONNE,
    c(
        "date_debut",
        Date,
        "Premier jour où la personne a un droit versable et est soumise aux droits et devoirs",
        JOUR_DU_FLUX,
        "2021-02-08",
    ),
    c("date_fin", Date, FIN, "veille du flux qui montre autre chose", "2021-11-29"),
    DEBUT_CONNU,
];

static ORIENTATIONS: [Colonne; 10] = [
    PERSONNE,
    c(
        "date_debut",
        Date,
        "Notification de l'orientation, ou de la désignation d'un référent",
        "orientations, date_notification",
        "2021-03-21",
    ),
    c(
        "date_fin",
        Date,
        "Dernier jour, compris ; vide si elle court encore le 31 décembre",
        "veille de l'orientation suivante, ou fins_suivi, date_fin",
        "2021-09-14",
    ),
    c(
        "motif_fin",
        Texte,
        "nouvelle_orientation, ou le motif de la fin de suivi ; vide si rien n'est fini",
        "fins_suivi, motif",
        "nouvelle_orientation",
    ),
    c(
        "organisme",
        Texte,
        "Organisme référent : PE, CD, CCAS, CAF, MSA, ML, ASSO ou AUTRE",
        "orientations, organisme",
        "CCAS",
    ),
    c("type_parcours", Texte, "emploi, socio_pro ou social", "orientations, type_parcours", "social"),
    c(
        "structure",
        Texte,
        "Structure, comme le département l'écrit",
        "orientations, structure",
        "CCAS de Castelsarrasin",
    ),
    c(
        "dispositif",
        Texte,
        "GAD (garantie d'activité), AG (accompagnement global) ou vide",
        "orientations, dispositif",
        "AG",
    ),
    c("mode", Texte, "courrier, mail ou designation_referent", "orientations, mode", "courrier"),
    c(
        "change_referent",
        Booleen,
        "Oui si le référent n'est plus celui de l'orientation d'avant ; vide si l'un des deux n'est pas nommé",
        "orientations, referent",
        "0",
    ),
];

static CONTRATS: [Colonne; 6] = [
    PERSONNE,
    c("type", Texte, "cer, ou ppae (Pôle emploi)", "cer, type_contrat", "cer"),
    c("date_signature", Date, "Signature", "cer, date_signature", "2021-04-12"),
    c(
        "date_fin",
        Date,
        "Fin du contrat telle qu'elle est donnée, même après l'année ; vide si elle ne l'est pas",
        "cer, date_fin",
        "2021-10-11",
    ),
    c(
        "rang",
        Entier,
        "1 pour un premier contrat, 2 et plus pour un renouvellement ; vide si le fichier ne le dit pas",
        "cer, rang",
        "1",
    ),
    c("structure", Texte, "Structure, comme le département l'écrit", "cer, structure", "CCAS de Castelsarrasin"),
];

/// A file of the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fichier {
    /// Who the people are.
    Personnes,
    /// The history of the right.
    Droit,
    /// The history of the droits et devoirs.
    DroitsEtDevoirs,
    /// The history of the orientations.
    Orientations,
    /// The contracts.
    Contrats,
}

impl Fichier {
    /// Every file, people first.
    pub const TOUS: [Self; 5] =
        [Self::Personnes, Self::Droit, Self::DroitsEtDevoirs, Self::Orientations, Self::Contrats];

    /// Its name, without the extension.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Personnes => "personnes",
            Self::Droit => "droit",
            Self::DroitsEtDevoirs => "droits_et_devoirs",
            Self::Orientations => "orientations",
            Self::Contrats => "contrats",
        }
    }

    /// What a line is.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Personnes => {
                "Une ligne par personne qui a eu un droit versable ou suspendu au moins un jour de l'année"
            }
            Self::Droit => {
                "Une ligne par période d'une même situation, dans un même dossier tant que le droit est ouvert ou suspendu"
            }
            Self::DroitsEtDevoirs => "Une ligne par période où la personne est soumise aux droits et devoirs",
            Self::Orientations => {
                "Une ligne par orientation, ou désignation d'un référent, en cours au moins un jour de l'année"
            }
            Self::Contrats => {
                "Une ligne par contrat signé au plus tard le 31 décembre et qui n'était pas fini le 1er janvier"
            }
        }
    }

    /// Its columns.
    #[must_use]
    pub fn colonnes(self) -> &'static [Colonne] {
        match self {
            Self::Personnes => &PERSONNES,
            Self::Droit => &DROIT,
            Self::DroitsEtDevoirs => &SOUMISSIONS,
            Self::Orientations => &ORIENTATIONS,
            Self::Contrats => &CONTRATS,
        }
    }

    /// What it holds.
    #[must_use]
    pub fn table(self, donnees: &Donnees) -> Table {
        let colonnes = self.colonnes().iter().map(|c| (c.nom.to_owned(), Valeurs::vides(c.sorte)));
        let mut table = Table { colonnes: colonnes.collect() };
        let mut ajouter = |cellules: Vec<Cellule>| table.ajouter(cellules.into_iter());
        match self {
            Self::Personnes => donnees.personnes.iter().for_each(|p| {
                let qui = &p.identite;
                let textes = [&qui.nom, &qui.nom_naissance, &qui.prenom, &qui.date_naissance];
                let mut ligne = vec![personne(p.personne)];
                ligne.extend(textes.map(|texte| Cellule::texte(texte)));
                ligne.extend([Cellule::texte(&p.caisse), Cellule::texte(&p.numdemrsa), Cellule::Booleen(p.nir_connu)]);
                ajouter(ligne);
            }),
            Self::Droit => donnees.droit.iter().for_each(|d| {
                let [debut, fin, connu] = periode(d.periode);
                ajouter(vec![
                    personne(d.personne),
                    Cellule::texte(d.classe.code()),
                    debut,
                    fin,
                    connu,
                    Cellule::texte(&d.caisse),
                    Cellule::texte(&d.numdemrsa),
                    Cellule::jour(d.date_demande),
                    Cellule::jour(d.date_suspension),
                    d.etat.map_or(Cellule::Vide, |etat| Cellule::Entier(etat.into())),
                    Cellule::texte(&d.motif),
                ]);
            }),
            Self::DroitsEtDevoirs => donnees.soumissions.iter().for_each(|s| {
                let [debut, fin, connu] = periode(s.periode);
                ajouter(vec![personne(s.personne), debut, fin, connu]);
            }),
            Self::Orientations => donnees.orientations.iter().for_each(|o| {
                ajouter(vec![
                    personne(o.personne),
                    Cellule::jour(Some(o.debut)),
                    Cellule::jour(o.fin),
                    Cellule::texte(o.motif_fin),
                    Cellule::texte(o.organisme),
                    Cellule::texte(o.type_parcours),
                    Cellule::texte(&o.structure),
                    Cellule::texte(o.dispositif),
                    Cellule::texte(&o.mode),
                    o.change_referent.map_or(Cellule::Vide, Cellule::Booleen),
                ]);
            }),
            Self::Contrats => donnees.contrats.iter().for_each(|c| {
                ajouter(vec![
                    personne(c.personne),
                    Cellule::texte(c.type_contrat),
                    Cellule::jour(Some(c.signe_le)),
                    Cellule::jour(c.fin),
                    c.rang.map_or(Cellule::Vide, Cellule::Entier),
                    Cellule::texte(&c.structure),
                ]);
            }),
        }
        table
    }
}

/// The number of a person, as every table shows it: the first one is 1.
fn personne(numero: u32) -> Cellule {
    Cellule::Entier(i64::from(numero) + 1)
}

fn periode(periode: Periode) -> [Cellule; 3] {
    [Cellule::jour(Some(periode.debut)), Cellule::jour(periode.fin), Cellule::Booleen(periode.debut_connu)]
}

/// Every column of every file, with its meaning, its source and an example.
#[must_use]
pub fn dictionnaire() -> Table {
    let lignes = Fichier::TOUS.into_iter().flat_map(|fichier| {
        let ligne = move |c: &Colonne| [fichier.code(), c.nom, c.sorte.nom(), c.sens, c.source, c.exemple];
        fichier.colonnes().iter().map(move |c| ligne(c).map(str::to_owned))
    });
    Table::de_textes(["fichier", "colonne", "type", "sens", "source", "exemple"], lignes)
}
