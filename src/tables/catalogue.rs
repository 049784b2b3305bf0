//! The five tables and the meaning of each of their columns. `docs/tables.md`, the dictionary of an
//! export and the prompt all come from here.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorte {
    /// A text.
    Texte,
    /// A whole number.
    Entier,
    /// A number with decimals.
    Decimal,
    /// A day.
    Date,
    /// Yes or no.
    Booleen,
}

impl Sorte {
    /// Its name in the documents.
    #[must_use]
    pub fn nom(self) -> &'static str {
        match self {
            Self::Texte => "texte",
            Self::Entier => "entier",
            Self::Decimal => "décimal",
            Self::Date => "date",
            Self::Booleen => "oui/non",
        }
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colonne {
    /// Its name.
    pub nom: &'static str,
    /// What it holds.
    pub sorte: Sorte,
    /// What it means. In French.
    pub description: &'static str,
    /// Whether it names somebody, or is a number by which anybody finds them.
    pub nominative: bool,
}

const fn c(nom: &'static str, sorte: Sorte, description: &'static str) -> Colonne {
    Colonne { nom, sorte, description, nominative: false }
}

const fn n(nom: &'static str, sorte: Sorte, description: &'static str) -> Colonne {
    Colonne { nom, sorte, description, nominative: true }
}

use Sorte::{Booleen, Date, Decimal, Entier, Texte};

const PERSONNE: Colonne = c(
    "personne",
    Entier,
    "Numéro de la personne, le même dans les cinq tables d'une même exécution ; il change d'une exécution à l'autre et ne vient pas du NIR",
);

/// The columns of `entrees`. The first ones after the person and the rank are those of the detail.
pub(super) static ENTREES: [Colonne; 44] = [
    PERSONNE,
    c("rang", Entier, "Rang de l'entrée parmi celles de la personne, la plus ancienne d'abord"),
    n("numdemrsa", Texte, "NUMDEMRSA du dossier de l'entrée"),
    n("matricule", Texte, "Matricule d'allocataire"),
    c("caisse", Texte, "Caisse du dossier de l'entrée, comme CAF821"),
    n("nom", Texte, "Nom"),
    n("prenom", Texte, "Prénom"),
    n("date_naissance", Date, "Date de naissance ; vide si elle n'existe pas au calendrier"),
    c(
        "categorie",
        Texte,
        "Comment la personne entre : primo, rejoint_foyer, retour_suspension, retour_radiation ou retour_dd",
    ),
    c("t0", Date, "Jour où le département a reçu la notification : point de départ des délais"),
    c("mois_reference", Texte, "Mois de référence du flux, AAAA-MM"),
    c("date_orientation", Date, "Notification de l'orientation de l'entrée, si elle compte"),
    c("organisme", Texte, "Organisme de l'orientation"),
    c("dispositif", Texte, "Dispositif de l'orientation : GAD, AG ou vide"),
    c("territoire", Texte, "Territoire de l'orientation"),
    c("delai_orientation", Entier, "Jours de l'entrée à l'orientation"),
    c("oriente_1_mois", Booleen, "Orientation dans le délai (3.1.2)"),
    c("date_premier_rdv", Date, "Premier rendez-vous d'accompagnement, s'il compte (3.1.3)"),
    c("delai_rdv", Entier, "Jours de l'orientation au premier rendez-vous"),
    c("rdv_2_semaines", Booleen, "Premier rendez-vous dans le délai (3.1.4) ; vide hors du champ de ce délai"),
    c("date_premier_cer", Date, "Signature du premier CER, s'il compte (3.1.5)"),
    c("delai_cer", Entier, "Jours du point de départ du délai au premier CER"),
    c("cer_2_mois", Booleen, "Premier CER dans le délai (3.1.6) ; vide si l'orientation n'est pas hors Pôle emploi"),
    c("limite_orientation", Date, "Dernier jour pour orienter dans le délai"),
    c(
        "limite_cer",
        Date,
        "Dernier jour pour signer le premier CER dans le délai ; vide si l'orientation n'est pas hors Pôle emploi",
    ),
    c("structure", Texte, "Structure de l'orientation"),
    c("gad", Booleen, "Orientée vers la garantie d'activité départementale (3.2.1)"),
    c("type_parcours", Texte, "Type de parcours de l'orientation : emploi, socio_pro, social ou vide"),
    n("referent", Texte, "Référent désigné par l'orientation"),
    c("hors_pe", Booleen, "Orientation vers un autre organisme que Pôle emploi ; vide sans orientation"),
    c("etat_orientation", Texte, "À la date d'arrêté : dans_les_delais, hors_delai, en_cours ou echu"),
    c(
        "etat_rdv",
        Texte,
        "De même pour le premier rendez-vous des personnes orientées hors Pôle emploi ; hors_champ si l'orientation est trop tardive pour ce délai",
    ),
    c("etat_cer", Texte, "De même pour le premier CER des personnes orientées hors Pôle emploi"),
    c("limite_rdv", Date, "Dernier jour pour que le premier rendez-vous se tienne dans le délai"),
    c(
        "reste_orientation",
        Entier,
        "Jours de la date d'arrêté à la limite de l'orientation quand elle manque ; négatif si la limite est passée",
    ),
    c("reste_rdv", Entier, "De même pour le premier rendez-vous, dans le champ de son délai"),
    c("reste_cer", Entier, "De même pour le premier CER"),
    c("rdv_fixe_le", Date, "Jour où le premier rendez-vous a été fixé"),
    c(
        "date_contrat",
        Date,
        "Premier contrat depuis l'orientation, renouvellements compris : CER, ou PPAE pour Pôle emploi",
    ),
    c("rdv_orientation_manque", Booleen, "Absente à un rendez-vous d'orientation depuis l'entrée"),
    c("date_gad", Date, "Premier jour où la garantie d'activité a été donnée ou proposée"),
    c("transmission", Date, "Jour où la caisse a créé le fichier qui donne t0"),
    c("date_demande", Date, "Demande de RSA du dossier de l'entrée (DTDEMRSA)"),
    c("fin_fenetre", Date, "Premier jour qui appartient à l'entrée suivante de la personne ; vide s'il n'y en a pas"),
];

/// The columns of `personnes`.
pub(super) static PERSONNES: [Colonne; 29] = [
    PERSONNE,
    n("numdemrsa", Texte, "NUMDEMRSA du dossier qui décide de la situation"),
    n("matricule", Texte, "Matricule d'allocataire"),
    c("caisse", Texte, "Caisse de ce dossier"),
    n("nom", Texte, "Nom"),
    n("prenom", Texte, "Prénom"),
    n("date_naissance", Date, "Date de naissance ; vide si elle n'existe pas au calendrier"),
    c(
        "situation",
        Texte,
        "À la date d'arrêté, sur l'ensemble des dossiers : versable, suspendu, clos ou sans_droit ; vide si la personne n'avait pas encore été vue",
    ),
    c("soumise", Booleen, "Soumise aux droits et devoirs avec un droit versable"),
    c("beneficiaire", Booleen, "Bénéficiaire du RSA : droit versable ou suspendu"),
    c("depuis", Date, "Premier flux depuis lequel la situation et les droits et devoirs sont les mêmes"),
    c("vue_le", Date, "Date de référence du premier flux qui parle de la personne"),
    c("derniere_fois_le", Date, "Date de référence du dernier flux qui parle d'elle, à la date d'arrêté"),
    c(
        "au_rsa_depuis",
        Date,
        "Depuis quand la personne est au RSA sans interruption, comme dans la liste plus-5-ans ; vide si elle n'y est pas",
    ),
    c("au_rsa_au_moins", Booleen, "Oui quand le journal commence après : au_rsa_depuis est alors un minimum"),
    c("entrees", Entier, "Nombre d'entrées de la personne, à la date d'arrêté"),
    c("derniere_entree", Date, "t0 de la dernière"),
    c("orientations", Entier, "Nombre d'orientations notifiées, à la date d'arrêté"),
    c("date_orientation", Date, "Notification de la dernière"),
    c("organisme", Texte, "Organisme de la dernière orientation"),
    c("type_parcours", Texte, "Type de parcours de la dernière orientation"),
    c("dispositif", Texte, "Dispositif de la dernière orientation"),
    c("structure", Texte, "Structure de la dernière orientation"),
    c("territoire", Texte, "Territoire de la dernière orientation"),
    n("referent", Texte, "Référent de la dernière orientation"),
    c("contrats", Entier, "Nombre de contrats signés (CER et PPAE), à la date d'arrêté"),
    c("date_contrat", Date, "Signature du dernier"),
    c("fins_suivi", Entier, "Nombre de fins de suivi, à la date d'arrêté"),
    c("date_fin_suivi", Date, "Dernière fin de suivi"),
];

/// The columns of `evenements`.
pub(super) static EVENEMENTS: [Colonne; 19] = [
    Colonne {
        description: "Numéro de la personne, comme dans les autres tables ; vide tant que l'événement est en attente de sa personne",
        ..PERSONNE
    },
    c("genre", Texte, "orientations, rendez_vous, cer, accompagnements ou fins_suivi"),
    c(
        "date",
        Date,
        "Date propre de l'événement : notification, rendez-vous, signature, proposition (sinon début) ou fin",
    ),
    c("type", Texte, "Type de parcours, de rendez-vous, de contrat ou d'accompagnement"),
    c("statut", Texte, "Rendez-vous : fixe, honore, absent, excuse, reporte ou annule"),
    c("organisme", Texte, "Orientation : organisme"),
    c("dispositif", Texte, "Orientation : GAD, AG ou vide"),
    c("structure", Texte, "Orientation : structure"),
    c("territoire", Texte, "Orientation : territoire"),
    n("referent", Texte, "Orientation : référent ; accompagnement : conseiller"),
    c("rang", Entier, "Contrat : rang, s'il est donné"),
    c("motif", Texte, "Fin de suivi : motif"),
    c("fixe_le", Date, "Rendez-vous : jour où il a été fixé"),
    c("date_proposition", Date, "Accompagnement : proposition"),
    c("date_debut", Date, "Accompagnement : début"),
    c("date_fin", Date, "Accompagnement : premier jour où il ne court plus"),
    c("en_attente", Texte, "Pourquoi l'événement n'est encore à personne ; vide s'il est rattaché"),
    n("fichier", Texte, "Événement en attente : fichier où il a été lu"),
    n("ligne", Entier, "Événement en attente : ligne de ce fichier"),
];

/// The columns of `flux`.
pub(super) static FLUX: [Colonne; 14] = [
    c("fichier", Texte, "Nom du fichier"),
    c("caisse", Texte, "Caisse, comme CAF821 ; vide pour un quotidien sans aucun foyer"),
    c("type", Texte, "mensuel (tout le stock) ou quotidien"),
    c("dtref", Date, "Date de référence du flux (DTREF)"),
    c("mois_reference", Texte, "Mois de la date de référence, AAAA-MM"),
    c("cree_le", Date, "Jour où la caisse a créé le fichier (DTCREAFLUX)"),
    c("recu_le", Date, "Jour où le département l'a reçu"),
    c("foyers", Entier, "Foyers lus, ceux mis de côté compris"),
    c("annonces", Entier, "Foyers annoncés par le fichier, quand il le dit"),
    c("personnes", Entier, "Lignes d'adultes gardées : demandeur, conjoint ou bénéficiaire d'un foyer"),
    c("autres_roles", Entier, "Personnes dont le rôle ne fait pas un relevé (enfants, autres)"),
    c("ecartes", Entier, "Foyers ou lignes mis de côté"),
    c("avertissements", Entier, "Remarques sur le fichier, sans mise de côté"),
    c("reprise", Booleen, "Oui pour un extrait de rejets corrigé, qui complète un autre fichier"),
];

/// The columns of `indicateurs`.
pub(super) static INDICATEURS: [Colonne; 23] = [
    c("axe", Texte, "campagne, ou mois pour les seules entrées du mois"),
    c("periode", Texte, "Nom de la campagne, ou mois AAAA-MM"),
    c("du", Date, "Premier jour de la période"),
    c("au", Date, "Dernier jour de la période"),
    c("arrete", Date, "Jour où les suites sont arrêtées"),
    c("id", Texte, "Numéro de l'indicateur, de 3.1.1 à 3.2.6"),
    c("code", Texte, "Nom court de l'indicateur"),
    c("libelle", Texte, "Libellé de l'annexe 9"),
    c("unite", Texte, "Ce qui est compté"),
    c("valeur", Decimal, "Le chiffre ; vide s'il ne peut pas être calculé"),
    c("taux", Decimal, "Taux sur le total de l'indicateur (3.1.2, 3.1.4 et 3.1.6)"),
    c("moyenne_jours", Decimal, "Délai moyen, en jours"),
    c("mediane_jours", Decimal, "Délai médian, en jours"),
    c("dans_les_delais", Entier, "Fait dans le délai"),
    c("hors_delai", Entier, "Fait trop tard"),
    c("hors_champ", Entier, "Hors du champ du délai, compté à part"),
    c("en_cours", Entier, "Pas fait, le délai court encore"),
    c("echus", Entier, "Pas fait, le délai est passé"),
    c("cible", Decimal, "Cible de l'année de la campagne, en part de 1"),
    c("eloigne", Booleen, "Très éloigné de la cible selon l'une des deux lectures officielles"),
    c("source", Texte, "jalon, ou pole_emploi quand son bilan donne le chiffre officiel"),
    c("valeur_calculee", Decimal, "Le chiffre calculé par jalon quand celui de Pôle emploi est l'officiel"),
    c("motif", Texte, "Pourquoi le chiffre manque, ou ce qui l'affaiblit"),
];

/// One of the five tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nom {
    /// One line an entry.
    Entrees,
    /// One line a person.
    Personnes,
    /// One line an event in force.
    Evenements,
    /// One line a flux file.
    Flux,
    /// One line a figure.
    Indicateurs,
}

impl Nom {
    /// The five, in the order of the documents.
    pub const TOUS: [Self; 5] = [Self::Entrees, Self::Personnes, Self::Evenements, Self::Flux, Self::Indicateurs];

    /// Its name in a query, and that of its file in an export.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Entrees => "entrees",
            Self::Personnes => "personnes",
            Self::Evenements => "evenements",
            Self::Flux => "flux",
            Self::Indicateurs => "indicateurs",
        }
    }

    /// The table that bears a name.
    #[must_use]
    pub fn lire(code: &str) -> Option<Self> {
        Self::TOUS.into_iter().find(|nom| nom.code() == code)
    }

    /// What one line is. In French.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Entrees => {
                "Une ligne par entrée (nouvel entrant) connue à la date d'arrêté, avec ses délais et où ils en sont"
            }
            Self::Personnes => "Une ligne par personne du journal, avec sa situation à la date d'arrêté",
            Self::Evenements => {
                "Une ligne par événement en vigueur : orientations, rendez-vous, contrats, accompagnements, fins de suivi ; ceux à venir et ceux en attente compris"
            }
            Self::Flux => "Une ligne par fichier de flux connu",
            Self::Indicateurs => {
                "Les douze indicateurs de chaque campagne que le journal couvre, et ceux des entrées de chaque mois (3.1.1 à 3.2.1)"
            }
        }
    }

    /// Its columns, in order.
    #[must_use]
    pub fn colonnes(self) -> &'static [Colonne] {
        match self {
            Self::Entrees => &ENTREES,
            Self::Personnes => &PERSONNES,
            Self::Evenements => &EVENEMENTS,
            Self::Flux => &FLUX,
            Self::Indicateurs => &INDICATEURS,
        }
    }

    /// Its columns, those that name people apart when they are not to be shown.
    pub fn colonnes_montrees(self, sans_noms: bool) -> impl Iterator<Item = &'static Colonne> {
        self.colonnes().iter().filter(move |colonne| !(sans_noms && colonne.nominative))
    }
}
