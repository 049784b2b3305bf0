//! The words of the sentences: days, lengths of time, codes said in French.

use crate::entrees::Categorie;
use crate::explication::Origine;
use crate::identite::sans_nir;
use crate::journal::evenements::Orientation;
use crate::parcours::histoire::Classe;
pub(super) use crate::rapport::fr;
use crate::referentiel::{Debut, Mot, Referentiel};
use crate::systeme::Affichable;
use crate::temps::{Duree, Jour};

/// The texts that sentences rest on.
pub(super) mod source {
    pub(in super::super) const ENTRANTS: &str = "annexe 7, section 6 (nouveaux entrants)";
    pub(in super::super) const CRITERE_1: &str = "annexe 7, section 6, 1er critère";
    pub(in super::super) const CRITERE_2: &str = "annexe 7, section 6, 2e critère";
    pub(in super::super) const CRITERE_3: &str = "annexe 7, section 6, 3e critère";
    pub(in super::super) const ORIENTATION: &str = "annexe 7, section 6 (orientation en 1 mois et moins)";
    pub(in super::super) const RDV: &str = "annexe 7, section 6 (1ers rendez-vous d'accompagnement)";
    pub(in super::super) const CER: &str = "annexe 7, section 6 (1ers CER) ; annexe 9";
    pub(in super::super) const GAD: &str = "annexe 7, section 7 (garantie d'activité) ; annexe 9";
    pub(in super::super) const SILENCE: &str = "le guide n'en parle pas : choix de jalon (docs/choix.md)";
    pub(in super::super) const FLUX: &str = "annexe 7, section 6 (flux de la caisse)";
}

/// A text given by a file, as it may be shown.
pub(super) fn donne(texte: &str) -> String {
    Affichable(sans_nir(texte)).to_string()
}

/// A number of things.
pub(super) fn n(nombre: u64, un: &str, plusieurs: &str) -> String {
    if nombre > 1 { format!("{nombre} {plusieurs}") } else { format!("{nombre} {un}") }
}

pub(super) fn jours(nombre: i64) -> String {
    n(nombre.unsigned_abs(), "jour", "jours")
}

pub(super) fn duree(duree: Duree) -> String {
    match duree {
        Duree::Mois(n) => format!("{n} mois"),
        Duree::MoisInclus(n) => format!("{n} mois, le même quantième compris"),
        Duree::Semaines(nombre) => n(nombre.into(), "semaine", "semaines"),
        Duree::Jours(n) => format!("{n} jours"),
    }
}

/// What starts a delay.
pub(super) fn debut(debut: Debut) -> &'static str {
    match debut {
        Debut::Reception => "t0, réception de la notification",
        Debut::Transmission => "transmission par la caisse",
        Debut::Demande => "demande de RSA, si elle est connue et d'avant t0",
        Debut::Orientation => "notification de l'orientation",
        Debut::DerniereOrientation => "notification de la dernière orientation",
    }
}

/// A birth date, whose day or month may be unknown (`00`).
pub(super) fn naissance(texte: &str) -> String {
    let texte = donne(texte);
    match texte.split('-').collect::<Vec<_>>().as_slice() {
        [annee, mois, jour] => format!("{jour}/{mois}/{annee}"),
        _ => texte,
    }
}

/// What a class says of the right.
pub(super) fn classe(classe: Classe) -> &'static str {
    match classe {
        Classe::Versable => "droit ouvert et versable",
        Classe::Suspendu => "droit suspendu",
        Classe::Clos => "dossier clos",
        Classe::SansDroit => "pas de droit (demande en attente ou refusée)",
    }
}

/// To whom somebody is oriented, as it is called on the day of the orientation.
pub(super) fn organisme(referentiel: &Referentiel, orientation: &Orientation) -> String {
    match orientation.organisme {
        "PE" => referentiel.mot(Mot::PoleEmploi, orientation.date).to_owned(),
        "CD" => "le conseil départemental".to_owned(),
        "CCAS" => "le CCAS".to_owned(),
        "CAF" => "la CAF".to_owned(),
        "MSA" => "la MSA".to_owned(),
        "ML" => "la mission locale".to_owned(),
        "ASSO" => "une association".to_owned(),
        _ => "un autre organisme".to_owned(),
    }
}

pub(super) fn type_parcours(code: &str) -> &'static str {
    match code {
        "emploi" => "parcours emploi",
        "socio_pro" => "parcours socio-professionnel",
        "social" => "parcours social",
        _ => "",
    }
}

pub(super) fn dispositif(code: &str) -> &'static str {
    match code {
        "GAD" => "garantie d'activité départementale",
        "AG" => "accompagnement global",
        _ => "",
    }
}

pub(super) fn type_rdv(code: &str) -> &'static str {
    match code {
        "orientation" => "rendez-vous d'orientation",
        "cer" => "rendez-vous de signature d'un CER",
        _ => "rendez-vous d'accompagnement",
    }
}

pub(super) fn statut(code: &str) -> &'static str {
    match code {
        "honore" => "honoré",
        "absent" => "la personne était absente",
        "excuse" => "la personne s'est excusée",
        "reporte" => "reporté",
        "annule" => "annulé",
        _ => "fixé",
    }
}

pub(super) fn motif_de_fin(code: &str) -> &'static str {
    match code {
        "emploi_cdi" => "emploi en CDI",
        "emploi_cdd" => "emploi en CDD",
        "emploi_eti" => "emploi indépendant (ETI)",
        "formation_qualifiante" => "formation qualifiante",
        "autre_sortie_positive" => "autre sortie positive",
        "demenagement" => "déménagement",
        "fin_de_droit" => "fin de droit",
        "abandon" => "abandon",
        _ => "autre motif",
    }
}

pub(super) fn categorie(categorie: Categorie) -> &'static str {
    match categorie {
        Categorie::Primo => "première demande",
        Categorie::RejointFoyer => "rejoint un foyer déjà au RSA",
        Categorie::RetourSuspension => "retour après une suspension",
        Categorie::RetourRadiation => "retour après une radiation",
        Categorie::RetourDd => "retour dans les droits et devoirs",
    }
}

/// Where an event was read.
pub(super) fn lu(origine: Option<&Origine>) -> String {
    origine.map_or_else(String::new, |origine| {
        format!(" ({}, ligne {})", donne(&origine.lieu.fichier), origine.lieu.ligne)
    })
}

/// A list in a sentence: « a, b et c ».
pub(super) fn enumeration(choses: &[String]) -> String {
    match choses {
        [] => String::new(),
        [seule] => seule.clone(),
        [debut @ .., derniere] => format!("{} et {derniere}", debut.join(", ")),
    }
}

pub(super) fn des_jours(jours: impl Iterator<Item = Jour>) -> String {
    let mut jours: Vec<Jour> = jours.collect();
    jours.sort_unstable();
    jours.dedup();
    enumeration(&jours.into_iter().map(fr).collect::<Vec<_>>())
}
