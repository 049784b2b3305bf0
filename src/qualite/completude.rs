//! Which flux should be there and are not, and which of those that are deserve a look. Only what the
//! files say of themselves is used (their metadata): no row is read.
//!
//! Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6, which
//! asks for the frequency of the caisses' transmissions beside the figures. It does not say what a
//! missing file is: that is decided here, and in `docs/choix.md`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use serde::Deserialize;

use super::calendrier::{Calendrier, dernier_jour, mois_suivant};
use super::seuils::Seuils;
use crate::indicateurs::delais::mediane;
use crate::journal::segment::MetaFlux;
use crate::temps::{Jour, Mois};

/// What is looked at: flux whose DTREF lies in a period, as known on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadre {
    /// First day.
    pub du: Jour,
    /// Last day.
    pub au: Jour,
    /// Day of the knowledge: files received later do not exist, and what is not due yet is not missing.
    pub connu_le: Jour,
}

impl Cadre {
    /// The last day that can be judged: the end of the period, or that of the knowledge.
    #[must_use]
    pub fn fin(&self) -> Jour {
        self.au.min(self.connu_le)
    }

    fn contient(&self, jour: Jour) -> bool {
        self.du <= jour && jour <= self.au
    }
}

/// A flux file, as its metadata tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recu {
    /// Base name.
    pub nom: String,
    /// Digest of the content.
    pub empreinte: String,
    /// Caisse; `None` for a daily without any foyer.
    pub caisse: Option<String>,
    /// Whether the file is the whole stock.
    pub mensuel: bool,
    /// DTREF.
    pub dtref: Jour,
    /// DTCREAFLUX and HEUCREAFLUX.
    pub cree_le: NaiveDateTime,
    /// Reception day.
    pub recu_le: Jour,
    /// Foyers of the file.
    pub foyers: u64,
    /// Foyers announced.
    pub annonces: Option<u64>,
    /// Rows: people with a record.
    pub releves: u64,
}

impl From<&MetaFlux> for Recu {
    fn from(meta: &MetaFlux) -> Self {
        Self {
            nom: meta.commun.nom.clone(),
            empreinte: meta.commun.empreinte.clone(),
            caisse: meta.caisse.clone(),
            mensuel: meta.mensuel,
            dtref: meta.dtref.into(),
            cree_le: meta.cree_le,
            recu_le: meta.commun.recu_le.into(),
            foyers: meta.foyers,
            annonces: meta.annonces,
            releves: meta.commun.lignes,
        }
    }
}

/// How often a caisse sends its dailies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rythme {
    /// Every working day: the only rhythm under which a given day can be missing.
    Quotidien,
    /// Two or three a week.
    PlusieursParSemaine,
    /// About one a week.
    Hebdomadaire,
    /// About one a fortnight.
    Quinzaine,
    /// Less often.
    Espace,
    /// Nothing is expected of this caisse any more, not even its monthlies: it closed or merged.
    Aucun,
    /// Too few files to tell.
    #[serde(skip_deserializing)]
    Inconnu,
}

impl Rythme {
    /// The rhythm whose dailies are that many working days apart.
    fn de(mediane: f64) -> Self {
        match mediane {
            x if x < 2.0 => Self::Quotidien,
            x if x < 4.0 => Self::PlusieursParSemaine,
            x if x < 7.0 => Self::Hebdomadaire,
            x if x < 13.0 => Self::Quinzaine,
            _ => Self::Espace,
        }
    }

    /// The rhythm as the outputs and the settings write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Quotidien => "quotidien",
            Self::PlusieursParSemaine => "plusieurs_par_semaine",
            Self::Hebdomadaire => "hebdomadaire",
            Self::Quinzaine => "quinzaine",
            Self::Espace => "espace",
            Self::Aucun => "aucun",
            Self::Inconnu => "inconnu",
        }
    }

    /// The rhythm in words.
    #[must_use]
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Quotidien => "chaque jour ouvré",
            Self::PlusieursParSemaine => "plusieurs fois par semaine",
            Self::Hebdomadaire => "chaque semaine",
            Self::Quinzaine => "chaque quinzaine",
            Self::Espace => "moins d'une fois par quinzaine",
            Self::Aucun => "rien n'est attendu",
            Self::Inconnu => "inconnu, trop peu de fichiers",
        }
    }
}

/// Where a rhythm comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Origine {
    /// The settings.
    Reglage,
    /// The files of the caisse: how many days have a daily, the median of their gaps in working days,
    /// and the days of the week (Monday first) on which it sends.
    Fichiers {
        /// Days that have a daily.
        jours: usize,
        /// Median of the gaps, in working days.
        mediane: Option<f64>,
        /// Whether the caisse sends on this day of the week, Monday to Friday.
        semaine: [bool; 5],
    },
}

/// A caisse without news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Day on which its last file was made.
    pub depuis: Jour,
    /// Days since then.
    pub jours: i64,
}

/// A long time without a file, between two files of a caisse that does not send every working day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// Day on which the file before was made.
    pub depuis: Jour,
    /// Day on which the file after was made.
    pub jusqu_au: Jour,
}

impl Interruption {
    /// Days without a file.
    #[must_use]
    pub fn jours(&self) -> i64 {
        self.jusqu_au.depuis(self.depuis)
    }
}

/// A date for which a caisse sent several different files of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doublon {
    /// Whether they are stocks.
    pub mensuel: bool,
    /// DTREF of the files.
    pub dtref: Jour,
    /// Their names, in the order in which they are read.
    pub noms: Vec<String>,
}

impl Doublon {
    /// What is found, in French.
    #[must_use]
    pub fn phrase(&self, caisse: &str) -> String {
        let genre = if self.mensuel { "mensuels" } else { "quotidiens" };
        format!("{} {genre} différents de {caisse} au {} ({})", self.noms.len(), self.dtref, self.noms.join(", "))
    }
}

/// A file received long after it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retard {
    /// Base name.
    pub nom: String,
    /// DTREF.
    pub dtref: Jour,
    /// Day on which it was made.
    pub cree_le: Jour,
    /// Reception day.
    pub recu_le: Jour,
    /// Days between the two.
    pub jours: i64,
}

/// A stock that differs much from the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variation {
    /// DTREF of the stock before.
    pub avant: Jour,
    /// DTREF of the stock.
    pub dtref: Jour,
    /// Foyers, before and then.
    pub foyers: (u64, u64),
    /// People with a record, before and then.
    pub releves: (u64, u64),
}

impl Variation {
    /// The larger of the two changes, in percent of the stock before.
    #[must_use]
    pub fn pourcent(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts of people")]
        let change = |(avant, apres): (u64, u64)| match (avant, apres) {
            (0, 0) => 0.0,
            (0, _) => 100.0,
            (avant, apres) => avant.abs_diff(apres) as f64 * 100.0 / avant as f64,
        };
        change(self.foyers).max(change(self.releves))
    }

    /// What is found, in French.
    #[must_use]
    pub fn phrase(&self, caisse: &str) -> String {
        format!(
            "le stock de {caisse} passe de {} foyers et {} relevés le {} à {} et {} le {}",
            self.foyers.0, self.releves.0, self.avant, self.foyers.1, self.releves.1, self.dtref
        )
    }
}

/// A file whose number of foyers is not the one it announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcartAnnonce {
    /// Base name.
    pub nom: String,
    /// DTREF.
    pub dtref: Jour,
    /// Foyers announced.
    pub annonces: u64,
    /// Foyers read.
    pub foyers: u64,
}

impl EcartAnnonce {
    /// What is found, in French.
    #[must_use]
    pub fn phrase(&self) -> String {
        format!("{} annonce {} foyers et en contient {}", self.nom, self.annonces, self.foyers)
    }
}

/// What is found of a caisse.
#[derive(Clone, Debug, PartialEq)]
pub struct EtatCaisse {
    /// As `CAF821`.
    pub caisse: String,
    /// How often it sends its dailies.
    pub rythme: Rythme,
    /// Where this is known from.
    pub origine: Origine,
    /// DTREF of its first file, when it is after the period: nothing is known of it then.
    pub inconnue_avant: Option<Jour>,
    /// Days of the period that have a daily.
    pub quotidiens: usize,
    /// Months of the period that have a monthly.
    pub mensuels: usize,
    /// Whether it never sent a stock.
    pub sans_mensuel: bool,
    /// Working days without a daily, for a caisse that sends one every working day.
    pub quotidiens_manquants: Vec<Jour>,
    /// Months without a monthly.
    pub mensuels_manquants: Vec<Mois>,
    /// No news for long, at the end of the period.
    pub muette: Option<Silence>,
    /// No news for long, within the period.
    pub interruptions: Vec<Interruption>,
    /// Several files for one date.
    pub doublons: Vec<Doublon>,
    /// Files received late.
    pub retards: Vec<Retard>,
    /// Stocks that change much.
    pub variations: Vec<Variation>,
    /// Files that do not hold what they announce.
    pub ecarts_annonce: Vec<EcartAnnonce>,
}

impl EtatCaisse {
    /// Whether a flux is missing. An interruption is a doubt: no file was due on a given day.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.sans_mensuel
            || self.inconnue_avant.is_some()
            || !self.quotidiens_manquants.is_empty()
            || !self.mensuels_manquants.is_empty()
            || self.muette.is_some()
    }
}

/// What the flux of a period lack.
#[derive(Clone, Debug, PartialEq)]
pub struct Completude {
    /// What was looked at.
    pub cadre: Cadre,
    /// Each caisse, in the order of the names.
    pub caisses: Vec<EtatCaisse>,
    /// Days of the dailies without any foyer that no caisse can be told from.
    pub vides_sans_caisse: Vec<Jour>,
    /// Working days, as they were counted.
    pub calendrier: Calendrier,
}

/// Days that must have a daily before a rhythm is told from them.
const JOURS_POUR_UN_RYTHME: usize = 5;
/// Days of history before a day of the week without dailies is taken for a habit.
const JOURS_POUR_UNE_HABITUDE: i64 = 56;
/// Working days left to a daily to arrive.
const ATTENTE_QUOTIDIEN: u32 = 2;
/// Days left to a monthly to arrive after the end of its month: it is made around the fifth.
const ATTENTE_MENSUEL: i32 = 10;
/// Days between making and reception above which a file is late, unless the settings say otherwise.
const RETARD: i64 = 7;
/// Change of a stock, in percent, that deserves a look, unless the settings say otherwise.
const VARIATION: f64 = 20.0;
/// A caisse is silent after three times its usual gap, and never before that many days, unless the
/// settings say otherwise.
const SILENCE: i64 = 10;
/// The first day of the RSA: nothing is missing before it.
const PREMIER_JOUR_DU_RSA: Option<NaiveDate> = NaiveDate::from_ymd_opt(2009, 6, 1);

/// Looks at the flux of a period. The order of `recus` does not matter.
#[must_use]
pub fn completude(recus: &[Recu], cadre: Cadre, seuils: &Seuils) -> Completude {
    let calendrier = Calendrier::new(seuils.jours_sans_flux.iter().copied());
    let mut connus: Vec<&Recu> = recus.iter().filter(|recu| recu.recu_le <= cadre.connu_le).collect();
    connus.sort_by(|a, b| {
        let cle = |r: &&'_ Recu| (r.dtref, r.mensuel, r.cree_le);
        cle(a).cmp(&cle(b)).then_with(|| (&a.nom, &a.empreinte).cmp(&(&b.nom, &b.empreinte)))
    });
    let mut par_caisse: BTreeMap<&str, Vec<&Recu>> = BTreeMap::new();
    let mut vides: Vec<&Recu> = Vec::new();
    for recu in connus {
        match recu.caisse.as_deref() {
            Some(caisse) => par_caisse.entry(caisse).or_default().push(recu),
            None => vides.push(recu),
        }
    }
    // A daily without any foyer does not name its caisse. Where only one sends dailies, it is hers.
    let envoient = |files: &[&Recu]| files.iter().any(|recu| !recu.mensuel);
    let emettrices: Vec<&str> =
        par_caisse.iter().filter(|(_, files)| envoient(files)).map(|(caisse, _)| *caisse).collect();
    let proprietaire = match (emettrices.as_slice(), par_caisse.len()) {
        ([seule], _) => Some(*seule),
        ([], 1) => par_caisse.keys().next().copied(),
        _ => None,
    };
    let caisses = par_caisse
        .iter()
        .map(|(caisse, files)| {
            let vides = if proprietaire == Some(caisse) { &vides[..] } else { &[] };
            Examen { caisse, files, vides, cadre, seuils, calendrier: &calendrier }.etat()
        })
        .collect();
    let vides_sans_caisse = if proprietaire.is_some() {
        Vec::new()
    } else {
        let jours: BTreeSet<Jour> = vides.iter().map(|recu| recu.dtref).filter(|jour| cadre.contient(*jour)).collect();
        jours.into_iter().collect()
    };
    Completude { cadre, caisses, vides_sans_caisse, calendrier }
}

/// The files of one caisse, in the order of steps, being looked at.
struct Examen<'a> {
    caisse: &'a str,
    files: &'a [&'a Recu],
    /// Dailies without any foyer that can only be hers.
    vides: &'a [&'a Recu],
    cadre: Cadre,
    seuils: &'a Seuils,
    calendrier: &'a Calendrier,
}

impl Examen<'_> {
    fn etat(&self) -> EtatCaisse {
        let cadre = self.cadre;
        let quotidiens = self.files.iter().chain(self.vides).filter(|recu| !recu.mensuel);
        let jours: BTreeSet<Jour> = quotidiens.map(|recu| recu.dtref).collect();
        let mensuels: BTreeMap<Jour, &Recu> =
            self.files.iter().filter(|recu| recu.mensuel).map(|recu| (recu.dtref, *recu)).collect();
        let mois: BTreeSet<Mois> = mensuels.keys().map(|dtref| dtref.mois()).collect();
        let (rythme, origine) = self.rythme(&jours);
        let attendue = rythme != Rythme::Aucun;
        let faits = self.faits();
        EtatCaisse {
            caisse: self.caisse.to_owned(),
            rythme,
            origine,
            inconnue_avant: self.files.first().map(|recu| recu.dtref).filter(|premier| *premier > cadre.au),
            quotidiens: jours.iter().filter(|jour| cadre.contient(**jour)).count(),
            mensuels: mois.iter().filter(|mois| cadre.contient(dernier_jour(**mois))).count(),
            sans_mensuel: attendue && mois.is_empty(),
            quotidiens_manquants: self.quotidiens_manquants(&jours, rythme, origine),
            mensuels_manquants: if attendue { self.mensuels_manquants(&mois) } else { Vec::new() },
            muette: self.silence(&faits).filter(|_| attendue),
            // Of a caisse that sends every working day, each missing day is named.
            interruptions: if attendue && rythme != Rythme::Quotidien {
                self.interruptions(&faits)
            } else {
                Vec::new()
            },
            doublons: self.doublons(),
            retards: self.retards(),
            variations: self.variations(&mensuels),
            ecarts_annonce: self.ecarts_annonce(),
        }
    }

    /// How often the caisse sends its dailies: the settings, else the median of the gaps between
    /// them, in working days.
    fn rythme(&self, jours: &BTreeSet<Jour>) -> (Rythme, Origine) {
        if let Some(regle) = self.seuils.rythme.get(self.caisse) {
            return (*regle, Origine::Reglage);
        }
        let liste: Vec<Jour> = jours.iter().copied().collect();
        let mut ecarts: Vec<i64> =
            liste.windows(2).map(|pair| self.calendrier.ouvres_entre(pair[0], pair[1])).collect();
        let mediane = mediane(&mut ecarts);
        let assez = liste.len() >= JOURS_POUR_UN_RYTHME;
        let rythme = mediane.filter(|_| assez).map_or(Rythme::Inconnu, Rythme::de);
        (rythme, Origine::Fichiers { jours: liste.len(), mediane, semaine: self.semaine(jours) })
    }

    /// The days of the week on which the caisse sends: one on which fewer than a quarter of the weeks
    /// have a daily, over two months at least, is a habit and not a loss. (Some send from Tuesday to
    /// Saturday what was done the day before.)
    fn semaine(&self, jours: &BTreeSet<Jour>) -> [bool; 5] {
        let (Some(&premier), Some(&dernier)) = (jours.first(), jours.last()) else { return [true; 5] };
        if dernier.depuis(premier) < JOURS_POUR_UNE_HABITUDE {
            return [true; 5];
        }
        let (mut ouvres, mut envoyes) = ([0u32; 5], [0u32; 5]);
        for jour in (premier.0..=dernier.0).map(Jour).filter(|jour| self.calendrier.est_ouvre(*jour)) {
            let rang = rang_dans_la_semaine(jour);
            ouvres[rang] += 1;
            envoyes[rang] += u32::from(jours.contains(&jour));
        }
        std::array::from_fn(|rang| envoyes[rang] * 4 >= ouvres[rang])
    }

    /// The working days of the period without a daily, since the first daily of the caisse, once they
    /// had time to arrive.
    fn quotidiens_manquants(&self, jours: &BTreeSet<Jour>, rythme: Rythme, origine: Origine) -> Vec<Jour> {
        let premier = jours.first().copied().or_else(|| self.files.first().map(|recu| recu.dtref));
        let (Rythme::Quotidien, Some(premier)) = (rythme, premier) else { return Vec::new() };
        let semaine = match origine {
            Origine::Fichiers { semaine, .. } => semaine,
            Origine::Reglage => [true; 5],
        };
        let rsa = PREMIER_JOUR_DU_RSA.map_or(premier, Jour::from);
        let debut = self.cadre.du.max(premier).max(rsa);
        let fin = self.cadre.fin();
        (debut.0..=fin.0)
            .map(Jour)
            .filter(|jour| !jours.contains(jour) && self.calendrier.est_ouvre(*jour))
            .filter(|jour| semaine[rang_dans_la_semaine(*jour)])
            .filter(|jour| self.calendrier.plus_ouvres(*jour, ATTENTE_QUOTIDIEN) <= self.cadre.connu_le)
            .collect()
    }

    /// The months of the period without a monthly, since the first one of the caisse, once they had
    /// time to arrive.
    fn mensuels_manquants(&self, mois: &BTreeSet<Mois>) -> Vec<Mois> {
        let Some(&premier) = mois.first() else { return Vec::new() };
        let rsa = PREMIER_JOUR_DU_RSA.map_or(premier, |rsa| Jour::from(rsa).mois());
        let debut = premier.max(self.cadre.du.mois()).max(rsa);
        let du = |mois: &Mois| {
            let fin = dernier_jour(*mois);
            fin <= self.cadre.au && fin.plus_jours(ATTENTE_MENSUEL) <= self.cadre.connu_le
        };
        std::iter::successors(Some(debut), |mois| Some(mois_suivant(*mois)))
            .take_while(du)
            .filter(|attendu| !mois.contains(attendu))
            .collect()
    }

    /// The days on which she made her files, up to the end of the period, in order.
    fn faits(&self) -> Vec<Jour> {
        let fin = self.cadre.fin();
        let mut faits: Vec<Jour> =
            self.files.iter().chain(self.vides).map(|recu| recu.cree_le.date().into()).filter(|j| *j <= fin).collect();
        faits.sort_unstable();
        faits
    }

    /// Days without a file after which she is silent.
    fn seuil_de_silence(&self, faits: &[Jour]) -> i64 {
        let mut ecarts: Vec<i64> = faits.windows(2).map(|pair| pair[1].depuis(pair[0])).collect();
        #[expect(clippy::cast_possible_truncation, reason = "a median of days")]
        let usuel = mediane(&mut ecarts).map_or(30, |mediane| mediane.ceil() as i64);
        self.seuils.caisse_muette_jours.unwrap_or_else(|| SILENCE.max(3 * usuel))
    }

    /// No file of hers for long, at the end of the period.
    fn silence(&self, faits: &[Jour]) -> Option<Silence> {
        let depuis = *faits.last()?;
        let jours = self.cadre.fin().depuis(depuis);
        (jours > self.seuil_de_silence(faits)).then_some(Silence { depuis, jours })
    }

    /// No file of hers for long, between two files, the second in the period.
    fn interruptions(&self, faits: &[Jour]) -> Vec<Interruption> {
        let seuil = self.seuil_de_silence(faits);
        faits
            .windows(2)
            .map(|pair| Interruption { depuis: pair[0], jusqu_au: pair[1] })
            .filter(|trou| trou.jours() > seuil && self.cadre.contient(trou.jusqu_au))
            .collect()
    }

    fn dans_la_periode(&self) -> impl Iterator<Item = &&Recu> {
        self.files.iter().filter(|recu| self.cadre.contient(recu.dtref))
    }

    /// The dates for which she sent several files. The same content does not enter twice, so they differ.
    fn doublons(&self) -> Vec<Doublon> {
        let mut par_date: BTreeMap<(Jour, bool), Vec<String>> = BTreeMap::new();
        for recu in self.dans_la_periode() {
            par_date.entry((recu.dtref, recu.mensuel)).or_default().push(recu.nom.clone());
        }
        let plusieurs = par_date.into_iter().filter(|(_, noms)| noms.len() > 1);
        plusieurs.map(|((dtref, mensuel), noms)| Doublon { mensuel, dtref, noms }).collect()
    }

    fn retards(&self) -> Vec<Retard> {
        let seuil = self.seuils.retard_jours.unwrap_or(RETARD);
        self.dans_la_periode()
            .map(|recu| {
                let cree_le = Jour::from(recu.cree_le.date());
                let jours = recu.recu_le.depuis(cree_le);
                Retard { nom: recu.nom.clone(), dtref: recu.dtref, cree_le, recu_le: recu.recu_le, jours }
            })
            .filter(|retard| retard.jours > seuil)
            .collect()
    }

    /// Stocks of the period that differ much from the one before. Of several of one date, the last counts.
    fn variations(&self, mensuels: &BTreeMap<Jour, &Recu>) -> Vec<Variation> {
        let seuil = self.seuils.variation_stock_pct.unwrap_or(VARIATION);
        let suivants = mensuels.values().zip(mensuels.values().skip(1));
        suivants
            .filter(|(_, stock)| self.cadre.contient(stock.dtref))
            .map(|(avant, stock)| Variation {
                avant: avant.dtref,
                dtref: stock.dtref,
                foyers: (avant.foyers, stock.foyers),
                releves: (avant.releves, stock.releves),
            })
            .filter(|variation| variation.pourcent() > seuil)
            .collect()
    }

    fn ecarts_annonce(&self) -> Vec<EcartAnnonce> {
        self.dans_la_periode()
            .filter_map(|recu| {
                let annonces = recu.annonces.filter(|annonces| *annonces != recu.foyers)?;
                Some(EcartAnnonce { nom: recu.nom.clone(), dtref: recu.dtref, annonces, foyers: recu.foyers })
            })
            .collect()
    }
}

/// Monday is 0. Only asked of working days.
fn rang_dans_la_semaine(jour: Jour) -> usize {
    (jour.date().weekday().num_days_from_monday() as usize).min(4)
}

/// Days in few words: those that follow one another, week-ends and holidays aside, as a span.
#[must_use]
pub fn en_bref(jours: &[Jour], calendrier: &Calendrier) -> String {
    let spans: Vec<&[Jour]> = jours.chunk_by(|a, b| calendrier.suivant(*a) == *b).collect();
    let dits = spans.iter().take(SPANS_DITS).map(|span| match span {
        [debut, .., fin] => format!("du {debut} au {fin}"),
        [seul] => seul.to_string(),
        [] => String::new(),
    });
    let reste: usize = spans.iter().skip(SPANS_DITS).map(|span| span.len()).sum();
    let plus = (reste > 0).then(|| format!("et {reste} autre{}", if reste > 1 { "s" } else { "" }));
    dits.chain(plus).collect::<Vec<_>>().join(", ")
}

/// How many spans of days a sentence names.
const SPANS_DITS: usize = 4;

/// Months in few words.
fn mois_en_bref(mois: &[Mois]) -> String {
    let dits = mois.iter().take(SPANS_DITS).map(ToString::to_string);
    let reste = mois.len().saturating_sub(SPANS_DITS);
    let plus = (reste > 0).then(|| format!("et {reste} autre{}", if reste > 1 { "s" } else { "" }));
    dits.chain(plus).collect::<Vec<_>>().join(", ")
}

impl Completude {
    /// Whether a flux is missing.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.caisses.iter().any(EtatCaisse::incomplete)
    }

    /// Whether the daily of that day is missing for some caisse.
    fn manque(&self, jour: Jour) -> bool {
        self.caisses.iter().any(|caisse| caisse.quotidiens_manquants.contains(&jour))
    }

    /// The line that every table carries, without its full stop.
    #[must_use]
    pub fn phrase(&self) -> String {
        if self.caisses.is_empty() {
            return "Complétude : aucun flux n'est connu".to_owned();
        }
        let mut dites: Vec<String> =
            self.caisses.iter().filter_map(|caisse| manques(caisse, &self.calendrier)).collect();
        let nommees = |test: &dyn Fn(&EtatCaisse) -> bool| -> String {
            let noms: Vec<&str> = self.caisses.iter().filter(|c| test(c)).map(|c| c.caisse.as_str()).collect();
            noms.join(", ")
        };
        if dites.is_empty() {
            dites.push(format!("aucun flux attendu ne manque ({})", nommees(&|_| true)));
        }
        for caisse in &self.caisses {
            dites.extend(caisse.interruptions.iter().take(SPANS_DITS).map(|trou| {
                let (nom, jours) = (&caisse.caisse, trou.jours());
                format!("{nom} n'a rien envoyé du {} au {} ({jours} jours)", trou.depuis, trou.jusqu_au)
            }));
        }
        let inconnus = nommees(&|caisse| caisse.rythme == Rythme::Inconnu);
        if !inconnus.is_empty() {
            dites.push(format!("trop peu de quotidiens pour dire s'il en manque ({inconnus})"));
        }
        let peut_etre: Vec<Jour> = self.vides_sans_caisse.iter().copied().filter(|vide| self.manque(*vide)).collect();
        if !peut_etre.is_empty() {
            let jours = en_bref(&peut_etre, &self.calendrier);
            dites.push(format!("un quotidien sans foyer, donc sans caisse, existe pour : {jours}"));
        }
        let jusque =
            if self.cadre.connu_le < self.cadre.au { format!(" au {}", self.cadre.connu_le) } else { String::new() };
        format!("Complétude{jusque} : {}", dites.join(" ; "))
    }
}

/// What a caisse lacks, in few words.
fn manques(caisse: &EtatCaisse, calendrier: &Calendrier) -> Option<String> {
    let nom = &caisse.caisse;
    let mut dits = Vec::new();
    let quotidiens = &caisse.quotidiens_manquants;
    if !quotidiens.is_empty() {
        let n = quotidiens.len();
        let mot = if n > 1 { "quotidiens" } else { "quotidien" };
        dits.push(format!("{n} {mot} de {nom} ({})", en_bref(quotidiens, calendrier)));
    }
    let mensuels = &caisse.mensuels_manquants;
    if !mensuels.is_empty() {
        let n = mensuels.len();
        let mot = if n > 1 { "mensuels" } else { "mensuel" };
        dits.push(format!("{n} {mot} de {nom} ({})", mois_en_bref(mensuels)));
    }
    if caisse.sans_mensuel {
        dits.push(format!("tout mensuel de {nom}"));
    }
    let mut phrases = Vec::new();
    if let Some(premier) = caisse.inconnue_avant {
        phrases.push(format!("aucun flux de {nom} dans la période (le premier est du {premier})"));
    }
    if !dits.is_empty() {
        phrases.push(format!("il manque {}", dits.join(" et ")));
    }
    if let Some(Silence { depuis, jours }) = caisse.muette {
        phrases.push(format!("{nom} n'a rien envoyé depuis le {depuis} ({jours} jours)"));
    }
    (!phrases.is_empty()).then(|| phrases.join(" ; "))
}
