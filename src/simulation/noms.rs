//! Names, places and code lists.

#[rustfmt::skip]
pub(super) const NOMS: [&str; 82] = [
    "ABADIE", "ALBRESPY", "ARNAUDET", "AUSSENAC", "BACQUIÉ", "BALMÈS", "BARTHAS", "BÉNAZET", "BERGOUNIOUX",
    "BESSÈDE", "BOISSIÈRE", "BORDERIES", "BOUSQUETTE", "BRUGIDOU", "CABANEL", "CALMETTES", "CANTALOUBE",
    "CARRIÈRE", "CASTELNAU", "CAUMONT", "CAZALBOU", "CHAMBERT", "COMBELLES", "COSTES", "COUDERC", "DALBY",
    "DARNAUD", "DELBREIL", "DELPÉRIÉ", "D'ESCORNEBŒUF", "DUFOURCQ", "DURANDET", "ESPINASSOU", "ESTRADÈRE",
    "FALGUIÈRES", "FAURÉ", "FONTANILLE", "FOURNIALS", "GALTIÉ", "GARRIGUET", "GAUBERT", "GINESTET", "GRANIER",
    "GUIRAL", "HÉBRARD", "ISSALY", "JALABERT", "JOUGLA", "LABORIE", "LACASSAGNE", "LAGARRIGUE", "LAPEYRE",
    "LARROQUE-VIGNAU", "LESTRADE", "LINARÈS", "MALBREIL", "MARTY", "MASSIP", "MAURIÈS", "MERCADIÉ", "MIQUEL",
    "MONTAGNAC", "NÈGRE", "OUSTRIC", "PÉLISSIÉ", "PÉRÈS", "PRADELLES", "QUERCY", "RAMONDOU", "RESSÉGUIER",
    "RIGAL", "ROUQUETTE", "ROUZAUD", "SABATHIÉ", "SALVETAT", "SERRES", "SOULIÉ", "TEYSSÈDRE", "TOURNIÉ",
    "VAYSSETTES", "VERDIER-LACOMBE", "VIDALENS",
];

#[rustfmt::skip]
pub(super) const PRENOMS_F: [&str; 40] = [
    "ADÈLE", "AGATHE", "AÏCHA", "ALINE", "ANAÏS", "ANNE-LAURE", "AURÉLIE", "BÉNÉDICTE", "CAMILLE", "CÉLINE",
    "CHLOÉ", "CLARISSE", "CORALIE", "DELPHINE", "ÉLODIE", "EMMA", "ESTELLE", "FATOUMATA", "FLORENCE",
    "GAËLLE", "HÉLÈNE", "INÈS", "JOËLLE", "JULIE", "KARINE", "LÉA", "LUCIE", "MANON", "MARIE-FRANÇOISE",
    "MATHILDE", "MÉLANIE", "NADIA", "NOÉMIE", "OCÉANE", "PAULINE", "ROSE", "SABRINA", "SOLÈNE", "VALÉRIE",
    "ZOÉ",
];

#[rustfmt::skip]
pub(super) const PRENOMS_H: [&str; 40] = [
    "ABDEL", "ADRIEN", "ALEXIS", "ANDRÉ", "ANTOINE", "BAPTISTE", "BENOÎT", "BRUNO", "CÉDRIC", "CLÉMENT",
    "DAMIEN", "DENIS", "ÉRIC", "FABIEN", "FRANÇOIS", "GAËTAN", "GÉRALD", "GUILLAUME", "HUGO", "JÉRÉMY",
    "JEAN-BAPTISTE", "JEAN-PIERRE", "JOËL", "JOSÉ", "KARIM", "LAURENT", "LÉO", "LOÏC", "LUCAS", "MATHIEU",
    "MICKAËL", "NICOLAS", "NOËL", "OLIVIER", "RAPHAËL", "RÉMI", "SÉBASTIEN", "STÉPHANE", "THÉO", "YANNICK",
];

/// Birth places that are nowhere.
pub(super) const LIEUX: [&str; 6] = [
    "VILLENEUVE LES BRUMES",
    "PORT IMAGINE",
    "SAINT NULLE PART",
    "LES ESSARTS D'AILLEURS",
    "HAUTERIVE EN SONGE",
    "MONTFABLE",
];

/// NUMCOM, CODEPOS, NOMCOM and rank of the territory.
pub(super) const COMMUNES: [(&str, &str, &str, usize); 10] = [
    ("82121", "82000", "MONTAUBAN", 0),
    ("82121", "82000", "MONTAUBAN", 0),
    ("82121", "82000", "MONTAUBAN", 0),
    ("82033", "82100", "CASTELSARRASIN", 1),
    ("82112", "82200", "MOISSAC", 1),
    ("82037", "82300", "CAUSSADE", 2),
    ("82186", "82400", "VALENCE", 1),
    ("82013", "82500", "BEAUMONT DE LOMAGNE", 1),
    ("82125", "82700", "MONTECH", 0),
    ("82134", "82800", "NEGREPELISSE", 2),
];

pub(super) const TERRITOIRES: [&str; 3] = ["Centre", "Ouest", "Est"];
pub(super) const VOIES: [(&str, &str); 6] = [
    ("RUE", "DES ALOUETTES"),
    ("AV", "DE L'ANCIEN MOULIN"),
    ("CHE", "DE LA PLAINE HAUTE"),
    ("PL", "DU LAVOIR"),
    ("RUE", "DU FOUR À CHAUX"),
    ("IMP", "DES DEUX PUITS"),
];

pub(super) const ORGANISMES: [&str; 8] = ["PE", "CD", "CCAS", "CAF", "MSA", "ML", "ASSO", "AUTRE"];
/// National order of magnitude: 40 % to Pôle emploi, 32 % to the department, 28 % elsewhere.
pub(super) const PARTS_ORGANISMES: [u32; 8] = [40, 32, 10, 5, 4, 4, 4, 1];
pub(super) const STRUCTURES: [&str; 8] = [
    "Agence Pôle emploi",
    "Maison des solidarités",
    "CCAS",
    "CAF, travail social",
    "MSA, action sociale",
    "Mission locale",
    "Association Tremplin; pôle insertion",
    "Chantier d'insertion",
];
pub(super) const MODES: [&str; 3] = ["courrier", "mail", "designation_referent"];
pub(super) const PARCOURS: [&str; 3] = ["emploi", "socio_pro", "social"];
pub(super) const DISPOSITIFS: [&str; 3] = ["", "GAD", "AG"];
pub(super) const TYPES_RDV: [&str; 3] = ["orientation", "accompagnement", "cer"];
pub(super) const STATUTS: [&str; 6] = ["fixe", "honore", "absent", "excuse", "reporte", "annule"];
pub(super) const STATUTS_ACCENTUES: [&str; 6] = ["Fixé", "Honoré", "Absent", "Excusé", "Reporté", "Annulé"];
pub(super) const MOTIFS_FIN: [&str; 9] = [
    "emploi_cdi",
    "emploi_cdd",
    "emploi_eti",
    "formation_qualifiante",
    "autre_sortie_positive",
    "demenagement",
    "fin_de_droit",
    "abandon",
    "autre",
];
pub(super) const MOTIFS_CLOTURE: [&str; 9] = ["RSO", "RAU", "ECH", "RFD", "EFF", "PCG", "RST", "RGD", "MUT"];
pub(super) const MOTIF_RGD: u8 = 7;
pub(super) const MOTIF_MUT: u8 = 8;
pub(super) const GENRES: [&str; 5] = ["orientations", "rendez_vous", "cer", "accompagnements", "fins_suivi"];
