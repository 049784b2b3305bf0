//! The operational lists: whom the insertion service must see to on a day, most urgent first. Pure:
//! what was known comes in, the lines go out; names are read by [`mod@crate::rapport::liste`].
//!
//! A list holds people who are bénéficiaire du RSA that day. What it says of an entry is what
//! [`mod@crate::entrees::suites`] says, closed that day: lists and table cannot disagree.

pub mod anciennete;
pub mod previsions;

use rayon::prelude::*;

use self::anciennete::{Anciennete, anciennete};
use crate::entrees::suivi::Clotures;
use crate::entrees::{Cloture, Entree, entrees, suites};
use crate::identite::folded;
use crate::journal::evenements::{FinSuivi, Orientation, RendezVous};
use crate::parcours::etapes::{EtatDossier, Parcours};
use crate::parcours::histoire::{Classe, Histoire};
use crate::referentiel::{Base, Referentiel};
use crate::temps::Jour;

/// Months beyond which an orientation to Pôle emploi without an exit is listed.
///
/// Source: avenant n° 2 à la convention 2019-2021, Lot-et-Garonne (people oriented to Pôle emploi for
/// more than two years).
pub const MOIS_A_POLE_EMPLOI: u32 = 24;
/// Months in the RSA beyond which somebody is listed.
///
/// Source: fiches actions 2022, Tarn-et-Garonne, fiche 8.6 (more than five years in the RSA).
pub const MOIS_AU_RSA: u32 = 60;

/// An operational list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nom {
    /// Entries without an orientation.
    AOrienter,
    /// … without an orientation appointment either.
    AConvoquer,
    /// … whose last orientation appointment was missed.
    Absents,
    /// Entries oriented outside Pôle emploi without a first appointment.
    SansRdv,
    /// Entries oriented outside Pôle emploi without a first CER.
    SansCer,
    /// People oriented to Pôle emploi for over two years, without an exit.
    Pe2Ans,
    /// People in the RSA for over five years.
    Plus5Ans,
}

impl Nom {
    /// Every list, in the order of the pathway.
    pub const TOUS: [Self; 7] =
        [Self::AOrienter, Self::AConvoquer, Self::Absents, Self::SansRdv, Self::SansCer, Self::Pe2Ans, Self::Plus5Ans];

    /// What is typed, and what the outputs write.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AOrienter => "a-orienter",
            Self::AConvoquer => "a-convoquer",
            Self::Absents => "absents",
            Self::SansRdv => "sans-rdv",
            Self::SansCer => "sans-cer",
            Self::Pe2Ans => "pe-2-ans",
            Self::Plus5Ans => "plus-5-ans",
        }
    }

    /// The list that bears this name.
    #[must_use]
    pub fn lire(code: &str) -> Option<Self> {
        Self::TOUS.into_iter().find(|nom| nom.code() == code)
    }

    /// What the list is called, in French.
    #[must_use]
    pub fn titre(self) -> &'static str {
        match self {
            Self::AOrienter => "Personnes à orienter",
            Self::AConvoquer => "Personnes à convoquer à un rendez-vous d'orientation",
            Self::Absents => "Personnes absentes à leur rendez-vous d'orientation",
            Self::SansRdv => "Personnes orientées sans premier rendez-vous d'accompagnement",
            Self::SansCer => "Personnes orientées sans premier CER",
            Self::Pe2Ans => "Personnes orientées vers Pôle emploi depuis plus de 2 ans",
            Self::Plus5Ans => "Personnes au RSA depuis plus de 5 ans",
        }
    }

    /// The rule of the list, said to those who read it.
    #[must_use]
    pub fn regle(self) -> &'static str {
        match self {
            Self::AOrienter => {
                "Bénéficiaires du RSA ce jour-là dont l'entrée en cours n'a pas d'orientation. L'échéance est le dernier jour pour orienter dans le délai."
            }
            Self::AConvoquer => {
                "Personnes à orienter qui n'ont, depuis leur entrée, aucun rendez-vous d'orientation (annulés et reportés ne comptent pas). L'échéance est le dernier jour pour orienter dans le délai."
            }
            Self::Absents => {
                "Personnes à orienter, absentes à leur dernier rendez-vous d'orientation (annulés et reportés ne comptent pas) : à présenter à l'équipe pluridisciplinaire. L'échéance est le dernier jour pour orienter dans le délai."
            }
            Self::SansRdv => {
                "Bénéficiaires du RSA ce jour-là dont l'entrée en cours est orientée hors Pôle emploi, sans premier rendez-vous d'accompagnement. L'échéance est le dernier jour pour qu'il se tienne dans le délai."
            }
            Self::SansCer => {
                "Bénéficiaires du RSA ce jour-là dont l'entrée en cours est orientée hors Pôle emploi, sans premier contrat d'engagements réciproques. L'échéance est le dernier jour pour le signer dans le délai."
            }
            Self::Pe2Ans => {
                "Bénéficiaires du RSA ce jour-là dont la dernière orientation, vers Pôle emploi, a plus de 24 mois, et dont le suivi n'est pas fini. L'échéance est le jour des 24 mois."
            }
            Self::Plus5Ans => {
                "Bénéficiaires du RSA ce jour-là, depuis plus de 60 mois : depuis la demande de leur plus ancien dossier qui n'a pas été clos, ou depuis qu'ils sont vus sans interruption. L'échéance est le jour des 60 mois."
            }
        }
    }
}

/// What is asked: the lists of a day, as known on a day, under a référentiel.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The day of the lists.
    pub au: Jour,
    /// The day whose knowledge is asked: most often the same.
    pub connu_le: Jour,
    /// Parameters and readings.
    pub referentiel: &'a Referentiel,
}

/// A list.
#[derive(Clone, Debug)]
pub struct Liste<'a> {
    /// Which one.
    pub nom: Nom,
    /// Its lines, by deadline; names, read later, settle the order of those of a same day.
    pub lignes: Vec<Ligne<'a>>,
    /// What its lines were chosen by.
    pub filtre: Filtre,
}

impl Liste<'_> {
    /// Keeps the lines that are asked for.
    pub fn filtrer(&mut self, filtre: &Filtre) {
        self.lignes.retain(|ligne| filtre.garde(ligne));
        self.filtre = filtre.clone();
    }

    /// How many lines are past their deadline.
    #[must_use]
    pub fn passees(&self) -> usize {
        self.lignes.iter().filter(|ligne| ligne.jours_restants < 0).count()
    }
}

/// Which lines of a list are asked for: all of them unless something is named. An empty name asks for
/// those that have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filtre {
    /// The territory of who follows the person, whatever its case and accents.
    pub territoire: Option<String>,
    /// Their structure, likewise.
    pub structure: Option<String>,
}

impl Filtre {
    /// Whether a line is asked for.
    #[must_use]
    pub fn garde(&self, ligne: &Ligne<'_>) -> bool {
        let meme = |voulu: &Option<String>, lu: &str| voulu.as_ref().is_none_or(|voulu| folded(voulu) == folded(lu));
        meme(&self.territoire, ligne.territoire()) && meme(&self.structure, ligne.structure())
    }

    /// What is asked for, in French; nothing when it is everything.
    #[must_use]
    pub fn phrase(&self) -> String {
        let dit = |quoi: &str, nom: &Option<String>| match nom.as_deref().map(str::trim) {
            None => String::new(),
            Some("") => format!(", sans {quoi}"),
            Some(nom) => format!(", {quoi} « {nom} »"),
        };
        format!("{}{}", dit("territoire", &self.territoire), dit("structure", &self.structure))
    }
}

/// Where the person stands that day, as a bénéficiaire du RSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// Versable, and soumise aux droits et devoirs.
    Soumise,
    /// Versable, and not soumise.
    NonSoumise,
    /// Suspended.
    Suspendue,
}

/// What somebody lacks.
#[derive(Clone, Copy, Debug)]
pub enum Manque<'a> {
    /// An orientation; with the last orientation appointment that stands.
    Orientation(Option<&'a RendezVous>),
    /// A first appointment.
    PremierRdv,
    /// A first CER.
    PremierCer,
    /// An exit, or another orientation.
    SortiePoleEmploi,
    /// A way out of the RSA.
    SortieRsa(Anciennete),
}

/// Somebody on a list.
#[derive(Clone, Copy, Debug)]
pub struct Ligne<'a> {
    /// The person.
    pub personne: u32,
    /// Number of the dossier in which they are bénéficiaire du RSA that day.
    pub dossier: u32,
    /// File and row that last showed them there.
    pub source: (u32, u32),
    /// Where they stand that day.
    pub situation: Situation,
    /// t0 of the current entry, when there is one.
    pub t0: Option<Jour>,
    /// The orientation that the deadline comes from: that of the entry; the last one for the lists
    /// that do not look at entries.
    pub orientation: Option<&'a Orientation>,
    /// The last orientation, which tells who follows the person that day.
    pub suivi: Option<&'a Orientation>,
    /// The last explicit end of follow-up of the current entry.
    pub fin_suivi: Option<&'a FinSuivi>,
    /// The deadline.
    pub echeance: Jour,
    /// Days from the day of the list to the deadline, below zero when it is past.
    pub jours_restants: i64,
    /// What they lack.
    pub manque: Manque<'a>,
}

impl Ligne<'_> {
    /// The territory of who follows the person; empty when nobody does, or when it is not said.
    #[must_use]
    pub fn territoire(&self) -> &str {
        self.suivi.map_or("", |o| o.territoire.trim())
    }

    /// The structure of who follows the person, likewise.
    #[must_use]
    pub fn structure(&self) -> &str {
        self.suivi.map_or("", |o| o.structure.trim())
    }

    /// What is missing, in French: for somebody who will act upon it.
    #[must_use]
    pub fn texte(&self, au: Jour) -> String {
        let mut out = match &self.manque {
            Manque::Orientation(rdv) => format!("orientation ({})", rendez_vous(*rdv, au)),
            Manque::PremierRdv => "premier rendez-vous d'accompagnement".to_owned(),
            Manque::PremierCer => "premier CER".to_owned(),
            Manque::SortiePoleEmploi => "sortie ou nouvelle orientation".to_owned(),
            Manque::SortieRsa(anciennete) => format!("sortie du RSA ({anciennete})"),
        };
        if let (Some(premiere), Some(derniere)) = (self.orientation, self.suivi)
            && !std::ptr::eq(premiere, derniere)
        {
            out.push_str(&format!(", réorientation du {} ({})", derniere.date, derniere.organisme));
        }
        if let Some(fin) = self.fin_suivi {
            out.push_str(&format!(", fin de suivi du {} ({})", fin.date, fin.motif));
        }
        match self.situation {
            Situation::Soumise => {}
            Situation::NonSoumise => out.push_str(", hors droits et devoirs"),
            Situation::Suspendue => out.push_str(", droit suspendu"),
        }
        out
    }
}

/// Where the last orientation appointment stands.
fn rendez_vous(rdv: Option<&RendezVous>, au: Jour) -> String {
    let Some(rdv) = rdv else { return "aucun rendez-vous d'orientation".to_owned() };
    let jour = rdv.date;
    match rdv.statut {
        "honore" => format!("rendez-vous d'orientation du {jour} honoré"),
        "absent" => format!("absence au rendez-vous d'orientation du {jour}"),
        "excuse" => format!("excuse au rendez-vous d'orientation du {jour}"),
        _ if jour < au => format!("rendez-vous d'orientation du {jour}, sans suite connue"),
        _ => format!("rendez-vous d'orientation prévu le {jour}"),
    }
}

/// People handled together: enough to share out, few enough to stay in cache.
const LOT: u32 = 2048;

/// Every list of a day, in the order of [`Nom::TOUS`].
#[must_use]
pub fn toutes<'a>(histoire: &'a Histoire, question: &Question<'_>) -> Vec<Liste<'a>> {
    let starts: Vec<u32> = (0..histoire.personnes).step_by(LOT as usize).collect();
    let lots: Vec<Lot<'a>> = starts
        .into_par_iter()
        .map(|from| lot(histoire, question, from..(from + LOT).min(histoire.personnes)))
        .collect();
    Nom::TOUS
        .into_iter()
        .enumerate()
        .map(|(rang, nom)| {
            let mut lignes: Vec<Ligne<'a>> = lots.iter().flat_map(|lot| lot[rang].iter().copied()).collect();
            lignes.sort_by_key(|ligne| ligne.echeance);
            Liste { nom, lignes, filtre: Filtre::default() }
        })
        .collect()
}

/// What the lists rest on, and what may be missing from them. In French, one sentence a line.
#[must_use]
pub fn remarques(histoire: &Histoire, question: &Question<'_>) -> Vec<String> {
    let mut out = Vec::new();
    if histoire.caisses.is_empty() {
        out.push("Aucun flux n'est connu : les listes sont vides.".to_owned());
    }
    for (numero, caisse) in (0u16..).zip(&histoire.caisses) {
        let flux = histoire.fichiers.iter().filter(|fichier| fichier.caisse == Some(numero));
        if let Some(dernier) = flux.map(|fichier| fichier.en_tete.dtref).filter(|jour| *jour <= question.au).max() {
            out.push(format!("{} : situation connue jusqu'au {dernier}.", caisse.nom));
        }
        if caisse.base.is_none() && question.referentiel.base == Base::Inconnue {
            out.push(format!(
                "Base inconnue : {} n'a aucun flux mensuel, personne n'y est compté comme entrant ; seules pe-2-ans et plus-5-ans peuvent en montrer les bénéficiaires.",
                caisse.nom
            ));
        }
    }
    // A GAD or an AG puts nobody on a list.
    for (genre, raison, n) in histoire.en_attente.iter().filter(|(genre, ..)| *genre != "accompagnements") {
        out.push(format!(
            "{n} événement(s) en attente dans {genre} : {} ; une personne peut donc figurer à tort.",
            raison.libelle()
        ));
    }
    out
}

/// The lines that a group of people adds to each list.
type Lot<'a> = [Vec<Ligne<'a>>; Nom::TOUS.len()];

fn lot<'a>(histoire: &'a Histoire, question: &Question<'_>, personnes: std::ops::Range<u32>) -> Lot<'a> {
    let mut out = Lot::default();
    let (mut parcours, mut clotures) = (Parcours::default(), Clotures::default());
    for personne in personnes {
        parcours.suivre(histoire, personne);
        let Some((situation, etat)) = beneficiaire(histoire, &parcours, question.au) else { continue };
        clotures.chercher(histoire, question.referentiel, &parcours, personne);
        let anticipee = question.referentiel.lectures.orientation_anticipee;
        let entrees = entrees(histoire, question.referentiel, anticipee, &parcours, &clotures, personne);
        let courante = entrees.iter().rev().find(|entree| entree.fenetre(question.au));
        let cas = Cas { histoire, question, parcours: &parcours, clotures: &clotures, personne, situation, etat };
        if let Some(entree) = courante {
            cas.entree(entree, &mut out);
        }
        cas.hors_entree(courante.map(|entree| entree.t0), &mut out);
    }
    out
}

/// Where somebody stands on a day, and the dossier that makes them bénéficiaire du RSA: that of
/// [`dossier_au`]. `None` when they are not.
fn beneficiaire<'a>(histoire: &Histoire, parcours: &'a Parcours, jour: Jour) -> Option<(Situation, &'a EtatDossier)> {
    let etat = dossier_au(histoire, parcours, jour).filter(|etat| etat.classe.brsa())?;
    let situation = match etat.classe {
        Classe::Suspendu => Situation::Suspendue,
        _ if etat.en_dd() => Situation::Soumise,
        _ => Situation::NonSoumise,
    };
    Some((situation, etat))
}

/// The dossier that gives somebody their situation on a day. `None` before anything was known of them.
#[must_use]
pub fn dossier_au<'a>(histoire: &Histoire, parcours: &'a Parcours, jour: Jour) -> Option<&'a EtatDossier> {
    dossier_apres(histoire, parcours, parcours.nombre_au(jour).checked_sub(1)?)
}

/// The dossier that gives somebody their situation after a step: the one where they are soumises aux
/// droits et devoirs, else the strongest class; of several, the smallest NUMDEMRSA.
#[must_use]
pub fn dossier_apres<'a>(histoire: &Histoire, parcours: &'a Parcours, etape: usize) -> Option<&'a EtatDossier> {
    parcours.etats(etape).iter().min_by_key(|etat| {
        let dossier = &histoire.dossiers[etat.dossier as usize];
        (!etat.en_dd(), etat.classe, &dossier.numdemrsa, dossier.caisse)
    })
}

/// A bénéficiaire du RSA, and all that the lists look at.
struct Cas<'a, 'b> {
    histoire: &'a Histoire,
    question: &'b Question<'b>,
    parcours: &'b Parcours,
    clotures: &'b Clotures,
    personne: u32,
    situation: Situation,
    etat: &'b EtatDossier,
}

impl<'a> Cas<'a, '_> {
    /// The lists that look at the current entry.
    ///
    /// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6
    /// (delays of orientation, of the first appointment and of the first CER); fiches actions 2022,
    /// Tarn-et-Garonne, fiche 4.1 (entrants summoned every week, the absent seen by the
    /// équipe pluridisciplinaire).
    fn entree(&self, entree: &Entree, out: &mut Lot<'a>) {
        let Question { au, connu_le, referentiel } = *self.question;
        let cloture = Cloture::au_jour(au, connu_le);
        let suites = suites(self.histoire, referentiel, entree, cloture);
        let orientations = self.histoire.orientations.de(self.personne);
        let dans_la_fenetre = |jour: Jour| entree.fenetre(jour) && jour <= au;
        let derniere = orientations.iter().rev().find(|o| dans_la_fenetre(o.date)).or(suites.orientation);
        let fins = self.histoire.fins_suivi.de(self.personne);
        let fin_suivi = fins.iter().rev().find(|fin| dans_la_fenetre(fin.date));
        let ligne = |echeance: Jour, manque: Manque<'a>| Ligne {
            t0: Some(entree.t0),
            fin_suivi,
            ..self.ligne(suites.orientation, derniere, echeance, manque)
        };
        if suites.orientation.is_none() {
            let rdv = self.dernier_rdv_orientation(entree, cloture);
            let ligne = ligne(suites.delai_orientation.limite, Manque::Orientation(rdv));
            out[Nom::AOrienter as usize].push(ligne);
            match rdv {
                None => out[Nom::AConvoquer as usize].push(ligne),
                Some(rdv) if rdv.statut == "absent" && rdv.date <= au => out[Nom::Absents as usize].push(ligne),
                Some(_) => {}
            }
        }
        if let (Some(delai), None) = (suites.delai_premier_rdv, suites.premier_rdv) {
            out[Nom::SansRdv as usize].push(ligne(delai.limite, Manque::PremierRdv));
        }
        if let (Some(delai), None) = (suites.delai_premier_cer, suites.premier_cer) {
            out[Nom::SansCer as usize].push(ligne(delai.limite, Manque::PremierCer));
        }
    }

    /// The last orientation appointment of the window that stands: neither cancelled nor put off.
    fn dernier_rdv_orientation(&self, entree: &Entree, cloture: Cloture) -> Option<&'a RendezVous> {
        self.histoire.rendez_vous.de(self.personne).iter().rev().find(|rdv| {
            rdv.type_rdv == "orientation"
                && !matches!(rdv.statut, "annule" | "reporte")
                && entree.fenetre(rdv.date)
                && rdv.fixe_le <= cloture.rdv_fixes
        })
    }

    /// The lists that do not look at entries: those who were there before the first flux are on them
    /// too.
    ///
    /// Source: avenant n° 2 à la convention 2019-2021, Lot-et-Garonne (over two years at Pôle emploi);
    /// fiches actions 2022, Tarn-et-Garonne, fiche 8.6 (over five years in the RSA).
    fn hors_entree(&self, t0: Option<Jour>, out: &mut Lot<'a>) {
        let Question { au, referentiel, .. } = *self.question;
        let orientations = self.histoire.orientations.de(self.personne);
        let derniere = || orientations.iter().rev().find(|o| o.date <= au);
        let ouverte = |o: &&'a Orientation| self.clotures.suivi_ouvert_au(referentiel, self.parcours, o.date, au);
        if let Some(o) = derniere().filter(|o| o.organisme == "PE") {
            let terme = o.date.plus_mois(MOIS_A_POLE_EMPLOI);
            if terme < au && ouverte(&o) {
                let ligne = self.ligne(Some(o), Some(o), terme, Manque::SortiePoleEmploi);
                out[Nom::Pe2Ans as usize].push(Ligne { t0, ..ligne });
            }
        }
        let Some(anciennete) = anciennete(self.histoire, referentiel, self.parcours, self.personne, au) else { return };
        let terme = anciennete.depuis.plus_mois(MOIS_AU_RSA);
        if terme < au {
            let o = derniere().filter(ouverte);
            let ligne = self.ligne(o, o, terme, Manque::SortieRsa(anciennete));
            out[Nom::Plus5Ans as usize].push(Ligne { t0, ..ligne });
        }
    }

    fn ligne(
        &self,
        orientation: Option<&'a Orientation>,
        suivi: Option<&'a Orientation>,
        echeance: Jour,
        manque: Manque<'a>,
    ) -> Ligne<'a> {
        Ligne {
            personne: self.personne,
            dossier: self.etat.dossier,
            source: self.etat.source,
            situation: self.situation,
            t0: None,
            orientation,
            suivi,
            fin_suivi: None,
            echeance,
            jours_restants: echeance.depuis(self.question.au),
            manque,
        }
    }
}

#[cfg(test)]
mod tests;
