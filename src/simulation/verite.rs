//! The true answers of a simulated department: its entries and its twelve figures.
//!
//! [`Temoin`] follows everybody month after month, as the department's life unfolds: what each sending
//! of a caisse says of each person, and each line of the event files. It knows from the life what a
//! reader must find out (who is who, which version of an event is the last, whom a line names), and
//! draws the entries and the figures with the default readings. It shares nothing with the
//! computation of the program, which is what it serves to check.
//!
//! Sources of the rules: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022
//! (NOR SSAA2202072J), annexe 7, sections 6 and 7.

use std::io::{BufWriter, Write};
use std::path::Path;

use chrono::{Datelike as _, Months};
use serde_json::{Value, json};

use super::*;
use crate::campagnes::{CAMPAGNES, Campagnes};
use crate::disque::Fichier;

/// Name of the file that holds the truth.
pub const FICHIER: &str = "verite.json";

/// The caisses, as the flux name them.
const CAISSES: [&str; 2] = ["CAF821", "MSA082"];
const AUCUN: u32 = u32::MAX;

/// What the files say of somebody's right, the weakest first.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Classe {
    #[default]
    SansDroit,
    Clos,
    Suspendu,
    Versable,
}

impl Classe {
    fn de(etat: u8) -> Self {
        match etat {
            2 => Classe::Versable,
            3 | 4 => Classe::Suspendu,
            5 | 6 => Classe::Clos,
            _ => Classe::SansDroit,
        }
    }
}

/// A sending in which somebody is, or from which they are missing.
#[derive(Clone, Copy)]
struct Passage {
    /// Order among all of them.
    rang: u32,
    mois: u16,
    dtref: Jour,
    recu: Jour,
}

/// A person, as the files have shown them so far.
#[derive(Clone, Copy)]
struct Suivi {
    /// Their last dossier in [`Temoin::liens`].
    dossiers: u32,
    /// The spell that runs, in [`Temoin::sejours`], if it may be an entry.
    sejour: u32,
    /// Last sending that was looked at.
    passage: u32,
    /// First sending of the run of a same class, and its date.
    suite: u32,
    suite_le: Jour,
    /// What the run means: since when suspended.
    suspendu_le: Jour,
    /// Follow-ups opened up to this day are closed, by a radiation or a suspension of over 12 months.
    ferme: Jour,
    /// Month of the last sending, plus one.
    mois: u16,
    classe: Classe,
    en_dd: bool,
    /// In droits et devoirs at the end of the month before `mois`.
    en_dd_avant: bool,
    /// The run of closed steps begins with a motif of move.
    mutation: bool,
    avec_nir: bool,
}

/// A person in a dossier.
#[derive(Clone, Copy)]
struct Lien {
    /// The same person's dossier before this one.
    precedent: u32,
    personne: u32,
    dossier: u32,
    premier: u32,
    dernier: u32,
    suspendu_le: Jour,
    classe: Classe,
    top: bool,
    mutation: bool,
    /// The last record is an absence from a monthly.
    absent: bool,
}

/// A spell in droits et devoirs that may be an entry; whether a follow-up is open is known at the end.
#[derive(Clone, Copy)]
struct Sejour {
    personne: u32,
    dossier: u32,
    t0: Jour,
    ferme: Jour,
    mois: u16,
}

/// A person becomes a BRSA, or is no longer one.
#[derive(Clone, Copy)]
struct Bascule {
    personne: u32,
    le: Jour,
    brsa: bool,
}

/// How a line names its person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Designation {
    /// A NIR or a name that nobody bears.
    Personne,
    Nir,
    /// NUMDEMRSA, name and birth date.
    Dossier,
    /// Name and birth date alone.
    Nom,
}

/// The last version of an event.
#[derive(Clone, Copy)]
struct Evenement {
    personne: u32,
    numero: u32,
    designation: Designation,
    fait: Fait,
}

/// Pôle emploi's report, as it is written.
struct Rapport {
    du: Jour,
    au: Jour,
    /// 3.2.3 to 3.2.6.
    valeurs: [String; 4],
}

/// Who watches the department live.
#[derive(Default)]
pub(super) struct Temoin {
    suivis: Vec<Suivi>,
    liens: Vec<Lien>,
    sejours: Vec<Sejour>,
    bascules: Vec<Bascule>,
    /// By kind, then by id less one; none once withdrawn.
    evenements: [Vec<Option<Evenement>>; 5],
    rapports: Vec<Rapport>,
    passages: u32,
    /// Who is in the sending that is looked at.
    presents: Vec<u32>,
}

/// A dossier is a number in a caisse.
fn dossier(foyer: &Foyer) -> u32 {
    foyer.numero * 2 + u32::from(foyer.caisse)
}

impl Temoin {
    fn accueillir(&mut self, personnes: usize) {
        let nouveau = Suivi {
            dossiers: AUCUN,
            sejour: AUCUN,
            passage: 0,
            suite: 0,
            suite_le: 0,
            suspendu_le: 0,
            ferme: 0,
            mois: 0,
            classe: Classe::SansDroit,
            en_dd: false,
            en_dd_avant: false,
            mutation: false,
            avec_nir: false,
        };
        self.suivis.resize(personnes.max(self.suivis.len()), nouveau);
    }

    /// Only known by name so far: a NIR that came with another dossier would make them somebody else.
    pub(super) fn connu_sans_nir(&self, personne: u32) -> bool {
        self.suivis.get(personne as usize).is_some_and(|suivi| suivi.dossiers != AUCUN && !suivi.avec_nir)
    }

    fn dossiers(&self, personne: u32) -> impl Iterator<Item = &Lien> {
        let premier = self.suivis[personne as usize].dossiers;
        std::iter::successors(self.liens.get(premier as usize), |lien| self.liens.get(lien.precedent as usize))
    }

    /// What a sending says of a person in a dossier. `top` is none when it is not said.
    fn relever(&mut self, passage: Passage, personne: u32, foyer: &Foyer, top: Option<bool>, avec_nir: bool) {
        let cle = dossier(foyer);
        let mut rang = self.suivis[personne as usize].dossiers;
        while let Some(lien) = self.liens.get(rang as usize)
            && lien.dossier != cle
        {
            rang = lien.precedent;
        }
        if rang == AUCUN {
            rang = self.liens.len() as u32;
            let suivi = &mut self.suivis[personne as usize];
            self.liens.push(Lien {
                precedent: std::mem::replace(&mut suivi.dossiers, rang),
                personne,
                dossier: cle,
                premier: passage.rang,
                dernier: 0,
                suspendu_le: 0,
                classe: Classe::SansDroit,
                top: false,
                mutation: false,
                absent: false,
            });
        }
        let lien = &mut self.liens[rang as usize];
        let classe = Classe::de(foyer.etat);
        *lien = Lien {
            dernier: passage.rang,
            suspendu_le: foyer.date_etat,
            classe,
            // When it is not said, it is what it was.
            top: classe == Classe::Versable && top.unwrap_or(lien.top),
            mutation: classe == Classe::Clos && matches!(foyer.motif, MOTIF_MUT | MOTIF_RGD),
            absent: false,
            ..*lien
        };
        self.suivis[personne as usize].avec_nir |= avec_nir;
        self.presents.push(personne);
    }

    /// Who was in the stock of the caisse and is no longer in its monthly.
    fn manquer(&mut self, passage: Passage, caisse: usize) {
        for lien in &mut self.liens {
            if lien.dossier as usize % 2 == caisse && lien.classe >= Classe::Suspendu && lien.dernier != passage.rang {
                *lien = Lien {
                    dernier: passage.rang,
                    classe: Classe::Clos,
                    top: false,
                    mutation: false,
                    absent: true,
                    ..*lien
                };
                self.presents.push(lien.personne);
            }
        }
    }

    /// The sending was read to its end: what it changes for those who are in it.
    fn conclure(&mut self, passage: Passage) {
        for personne in std::mem::take(&mut self.presents) {
            if self.suivis[personne as usize].passage != passage.rang {
                self.passer(passage, personne);
            }
        }
    }

    fn passer(&mut self, passage: Passage, personne: u32) {
        let mut suivi = self.suivis[personne as usize];
        let debute = suivi.passage > 0;
        suivi.passage = passage.rang;
        let (mut classe, mut entre_par, mut suspendu_le) = (Classe::SansDroit, AUCUN, passage.dtref);
        let (mut nomme, mut mutation, mut ailleurs) = (false, false, false);
        for lien in self.dossiers(personne) {
            classe = classe.max(lien.classe);
            if lien.classe == Classe::Versable && lien.top {
                entre_par = entre_par.min(lien.dossier);
            }
            if lien.classe == Classe::Suspendu {
                suspendu_le = suspendu_le.min(lien.suspendu_le);
            }
            if lien.dernier == passage.rang {
                nomme |= !lien.absent;
                mutation |= lien.mutation;
                ailleurs |= lien.classe >= Classe::Suspendu && lien.premier >= suivi.suite;
            }
        }
        if suivi.mois != passage.mois + 1 {
            suivi.en_dd_avant = suivi.en_dd;
            suivi.mois = passage.mois + 1;
        }
        if !debute || classe != suivi.classe {
            if debute {
                suivi.ferme = suivi.ferme.max(fermeture(&suivi, passage.dtref, ailleurs));
                let (avant, apres) = (suivi.classe >= Classe::Suspendu, classe >= Classe::Suspendu);
                if avant != apres {
                    self.bascules.push(Bascule { personne, le: passage.dtref, brsa: apres });
                }
            } else if classe >= Classe::Suspendu {
                self.bascules.push(Bascule { personne, le: passage.dtref, brsa: true });
            }
            (suivi.classe, suivi.suite, suivi.suite_le) = (classe, passage.rang, passage.dtref);
            (suivi.suspendu_le, suivi.mutation) = (suspendu_le, mutation);
        }
        let en_dd = entre_par != AUCUN;
        if !en_dd {
            suivi.sejour = AUCUN;
        } else if !suivi.en_dd && !suivi.en_dd_avant && passage.mois > 0 {
            // The first month is that of the initial stock.
            suivi.sejour = self.sejours.len() as u32;
            let (t0, ferme) = (passage.recu, suivi.ferme);
            self.sejours.push(Sejour { personne, dossier: entre_par, t0, ferme, mois: passage.mois });
        } else if nomme && let Some(sejour) = self.sejours.get_mut(suivi.sejour as usize) {
            sejour.t0 = sejour.t0.min(passage.recu);
        }
        suivi.en_dd = en_dd;
        self.suivis[personne as usize] = suivi;
    }

    /// The line of an event file: it replaces those before it.
    fn noter(&mut self, ligne: &Ligne, designation: Designation) {
        let evenements = &mut self.evenements[ligne.fait.genre()];
        let rang = ligne.id as usize - 1;
        if evenements.len() <= rang {
            evenements.resize(rang + 1, None);
        }
        let Ligne { personne, numero, fait, .. } = *ligne;
        evenements[rang] = (!ligne.annule).then_some(Evenement { personne, numero, designation, fait });
    }

    /// Pôle emploi's figures on a period, as they are written.
    pub(super) fn rapporter(&mut self, du: Jour, au: Jour, valeurs: [String; 4]) {
        self.rapports.push(Rapport { du, au, valeurs });
    }

    /// Does the line name somebody whom the flux have shown?
    fn nomme(&self, evenement: &Evenement) -> bool {
        match evenement.designation {
            Designation::Personne => false,
            Designation::Nir => self.suivis[evenement.personne as usize].avec_nir,
            Designation::Dossier => self.dossiers(evenement.personne).any(|lien| lien.dossier / 2 == evenement.numero),
            Designation::Nom => self.suivis[evenement.personne as usize].dossiers != AUCUN,
        }
    }
}

/// The follow-ups that the run which ends on `le` closes: those opened up to the day returned.
/// `ailleurs`: what ends it is a dossier in which the person was not before.
fn fermeture(suivi: &Suivi, le: Jour, ailleurs: bool) -> Jour {
    match suivi.classe {
        // A move is not a radiation.
        Classe::Clos if suivi.mutation && ailleurs && dans_les_mois(suivi.suite_le, le, 2) => 0,
        Classe::Clos => suivi.suite_le,
        Classe::Suspendu => {
            let limite = douze_mois_apres(suivi.suspendu_le);
            if le > limite { limite } else { 0 }
        }
        _ => 0,
    }
}

/// Whole months are counted from day to day: from 01/03, 31/03 is within one month and 01/04 is not.
fn dans_les_mois(debut: Jour, le: Jour, mois: i32) -> bool {
    let (a, d) = (date(debut), date(le));
    let ecart = (d.year() - a.year()) * 12 + d.month() as i32 - a.month() as i32;
    (ecart, d.day()) < (mois, a.day())
}

fn douze_mois_apres(le: Jour) -> Jour {
    date(le).checked_add_months(Months::new(12)).map_or(le, |jour| jour.num_days_from_ce())
}

// ---------------------------------------------------------------------------------------------
// What is seen of the life

impl Monde<'_> {
    /// What the caisses will send of the month that was lived, in the order of the sendings.
    pub(super) fn temoigner(&mut self, mois: u32) {
        let mut temoin = std::mem::take(&mut self.temoin);
        temoin.accueillir(self.personnes.len());
        let mut envois: Vec<(usize, Option<usize>, Envoi)> = Vec::new();
        for caisse in [CAF, MSA] {
            let calendrier = &self.calendriers[caisse];
            envois.extend(calendrier.mensuel.map(|envoi| (caisse, None, envoi)));
            envois.extend(calendrier.quotidiens.iter().enumerate().map(|(rang, e)| (caisse, Some(rang), *e)));
        }
        // Daily before monthly; the names of the files settle the rest, and "A08" is before "A82".
        envois.sort_by_key(|(caisse, quotidien, e)| {
            (e.dtref, quotidien.is_none(), e.cree, e.heure, e.recu, *caisse == CAF)
        });
        let mut changes: [Vec<Vec<u32>>; 2] =
            [CAF, MSA].map(|caisse| vec![Vec::new(); self.calendriers[caisse].quotidiens.len()]);
        for changement in &self.changements {
            changes[usize::from(changement.caisse)][usize::from(changement.envoi)].push(changement.foyer);
        }
        for (caisse, quotidien, envoi) in envois {
            temoin.passages += 1;
            let passage = Passage { rang: temoin.passages, mois: mois as u16, dtref: envoi.dtref, recu: envoi.recu };
            if let Some(rang) = quotidien {
                for foyer in &changes[caisse][rang] {
                    self.temoigner_foyer(&mut temoin, passage, &self.foyers[*foyer as usize], mois);
                }
            } else {
                for foyer in self.foyers.iter().filter(|foyer| usize::from(foyer.caisse) == caisse) {
                    if foyer.present && (matches!(foyer.etat, 0 | 2..=4) || u32::from(foyer.touche) == mois + 1) {
                        self.temoigner_foyer(&mut temoin, passage, foyer, mois);
                    }
                }
                temoin.manquer(passage, caisse);
            }
            temoin.conclure(passage);
        }
        self.temoin = temoin;
    }

    fn temoigner_foyer(&self, temoin: &mut Temoin, passage: Passage, foyer: &Foyer, mois: u32) {
        let (_, tu) = foyer.envoi(mois);
        for membre in foyer.membres.into_iter().filter(|membre| *membre != PERSONNE) {
            let personne = &self.personnes[membre as usize];
            let top = (!tu).then_some(personne.soumis && !personne.revenu);
            let avec_nir = personne.nir_employable() && passage.dtref >= personne.nir_des;
            temoin.relever(passage, membre, foyer, top, avec_nir);
        }
    }

    /// The lines of the event files of a quarter, in the order of their versions.
    pub(super) fn temoigner_lignes(&mut self, lignes: &[Ligne]) {
        let mut temoin = std::mem::take(&mut self.temoin);
        temoin.accueillir(self.personnes.len());
        for ligne in lignes {
            temoin.noter(ligne, self.designation(ligne));
        }
        self.temoin = temoin;
    }

    /// How a line names its person: the same for all the versions of an event.
    fn designation(&self, ligne: &Ligne) -> Designation {
        let Maniere { fictif, faute, mode, .. } = self.maniere(ligne);
        let personne = &self.personnes[ligne.personne as usize];
        match mode {
            _ if fictif || faute => Designation::Personne,
            _ if personne.homonyme => Designation::Nir,
            0 if personne.nir_employable() => Designation::Nir,
            0 | 1 => Designation::Dossier,
            _ => Designation::Nom,
        }
    }
}

// ---------------------------------------------------------------------------------------------
// The entries

/// An entry, and the window in which it is followed: from `t0` to the next one.
struct Entree {
    personne: u32,
    dossier: u32,
    t0: Jour,
    fin: Jour,
}

impl Entree {
    fn contient(&self, le: Jour) -> bool {
        self.t0 <= le && le < self.fin
    }
}

/// What was done for an entry, known on a day.
#[derive(Default)]
struct Suite {
    /// Day and organisme.
    orientation: Option<(Jour, u8)>,
    /// Day of the appointment, day it was fixed.
    rdv: Option<(Jour, Jour)>,
    cer: Option<Jour>,
    gad: bool,
    oriente_1_mois: bool,
    rdv_2_semaines: bool,
    cer_2_mois: bool,
}

impl Suite {
    fn hors_pe(&self) -> bool {
        self.orientation.is_some_and(|(_, organisme)| organisme != 0)
    }
}

/// The events that count, by person.
struct Faits {
    /// Person, then rank of the id, then the fact.
    tous: Vec<(u32, u32, Fait)>,
}

impl Faits {
    fn de(&self, personne: u32) -> &[(u32, u32, Fait)] {
        let debut = self.tous.partition_point(|fait| fait.0 < personne);
        let fin = debut + self.tous[debut..].partition_point(|fait| fait.0 == personne);
        &self.tous[debut..fin]
    }
}

/// Ids are compared as texts.
fn texte(id: u32) -> String {
    format!("{id:06}")
}

fn suite(entree: &Entree, faits: &Faits, arrete: Jour) -> Suite {
    let siens = faits.de(entree.personne);
    let mut suite = Suite::default();
    let orientations = siens.iter().filter_map(|(_, id, fait)| match *fait {
        Fait::Orientation { le, organisme, .. } if entree.contient(le) => Some((le, texte(*id), organisme)),
        _ => None,
    });
    let orientation = orientations.min().filter(|(le, ..)| *le <= arrete);
    suite.orientation = orientation.map(|(le, _, organisme)| (le, organisme));
    suite.gad = siens.iter().any(|(_, _, fait)| match *fait {
        Fait::Orientation { le, dispositif: 1, .. } | Fait::Accompagnement { proposition: le, ag: false, .. } => {
            entree.contient(le) && le <= arrete
        }
        _ => false,
    });
    let Some((oriente, _)) = suite.orientation else { return suite };
    suite.oriente_1_mois = dans_les_mois(entree.t0, oriente, 1);
    if !suite.hors_pe() {
        return suite;
    }
    let rendez_vous = siens.iter().filter_map(|(_, id, fait)| match *fait {
        // Accompagnement or CER; reported and cancelled ones apart.
        Fait::RendezVous { le, fixation, genre: 1 | 2, statut: 0..=3, .. }
            if entree.contient(le) && le >= oriente && fixation <= arrete =>
        {
            Some((le, texte(*id), fixation))
        }
        _ => None,
    });
    suite.rdv = rendez_vous.min().map(|(le, _, fixation)| (le, fixation));
    suite.rdv_2_semaines = suite.oriente_1_mois && suite.rdv.is_some_and(|(le, _)| le - oriente <= 14);
    let contrats = siens.iter().filter_map(|(_, _, fait)| match *fait {
        Fait::Cer { le, ppae: false, rang: 0 | 1, .. } if entree.contient(le) => Some(le),
        _ => None,
    });
    suite.cer = contrats.min().filter(|le| *le <= arrete);
    suite.cer_2_mois = suite.cer.is_some_and(|le| dans_les_mois(entree.t0, le, 2));
    suite
}

impl Temoin {
    /// The last version of each event whose person is known.
    fn faits(&self) -> Faits {
        let mut tous = Vec::new();
        for evenements in &self.evenements {
            for (rang, evenement) in evenements.iter().enumerate() {
                if let Some(evenement) = evenement
                    && self.nomme(evenement)
                {
                    tous.push((evenement.personne, rang as u32 + 1, evenement.fait));
                }
            }
        }
        tous.sort_unstable_by_key(|(personne, id, fait)| (*personne, fait.genre(), *id));
        Faits { tous }
    }

    /// The entries, by day of reception, then by dossier and person.
    fn entrees(&mut self, faits: &Faits) -> Vec<Entree> {
        // Stable: those of a person stay in their order.
        self.sejours.sort_by_key(|sejour| sejour.personne);
        let mut entrees: Vec<Entree> = Vec::new();
        let mut derniere: Option<Sejour> = None;
        for sejour in &self.sejours {
            let deja = derniere.filter(|autre| autre.personne == sejour.personne);
            if deja.is_some_and(|autre| autre.mois == sejour.mois) || suivi_ouvert(sejour, faits) {
                continue;
            }
            if deja.is_some()
                && let Some(precedente) = entrees.last_mut()
            {
                precedente.fin = sejour.t0;
            }
            let Sejour { personne, dossier, t0, .. } = *sejour;
            entrees.push(Entree { personne, dossier, t0, fin: Jour::MAX });
            derniere = Some(*sejour);
        }
        entrees.sort_by_key(|entree| (entree.t0, entree.dossier, entree.personne));
        entrees
    }

    /// The events and the dossiers of everybody on a day: were they beneficiaries?
    fn brsa(&self, personne: u32, le: Jour) -> bool {
        let debut = self.bascules.partition_point(|bascule| bascule.personne < personne);
        let siennes = self.bascules[debut..].iter().take_while(|bascule| bascule.personne == personne);
        siennes.take_while(|bascule| bascule.le <= le).last().is_some_and(|bascule| bascule.brsa)
    }
}

/// Third criterion: an orientation notified before the entry, which nothing closed since.
fn suivi_ouvert(sejour: &Sejour, faits: &Faits) -> bool {
    let siens = faits.de(sejour.personne);
    siens.iter().any(|(_, _, fait)| match *fait {
        Fait::Orientation { le: o, .. } => {
            let fini = siens.iter().any(|(_, _, fin)| match *fin {
                Fait::FinSuivi { le, .. } => o <= le && le <= sejour.t0,
                _ => false,
            });
            o < sejour.t0 && o > sejour.ferme && !fini
        }
        _ => false,
    })
}

// ---------------------------------------------------------------------------------------------
// The figures

/// A period and the day on which it is closed.
struct Periode {
    nom: String,
    du: Jour,
    au: Jour,
    arrete: Jour,
}

impl Periode {
    fn contient(&self, le: Jour) -> bool {
        self.du <= le && le <= self.au
    }
}

/// The twelve, in their order.
const CODES: [(&str, &str); 12] = [
    ("3.1.1", "nouveaux_entrants"),
    ("3.1.2", "orientes_1_mois"),
    ("3.1.3", "premiers_rdv"),
    ("3.1.4", "premiers_rdv_2_semaines"),
    ("3.1.5", "premiers_cer"),
    ("3.1.6", "premiers_cer_2_mois"),
    ("3.2.1", "gad_orientes"),
    ("3.2.2", "gad_en_cours"),
    ("3.2.3", "ag_orientes"),
    ("3.2.4", "ag_en_cours"),
    ("3.2.5", "ag_par_conseiller"),
    ("3.2.6", "ag_delai_moyen"),
];

/// A quotient with so many decimals, rounded half up; none over nothing.
fn quotient(haut: i64, bas: i64, decimales: u32) -> Value {
    if bas == 0 {
        return Value::Null;
    }
    let echelle = 10_i64.pow(decimales);
    let valeur = (2 * haut * echelle + bas).div_euclid(2 * bas);
    nombre(valeur, echelle)
}

/// Whole numbers without a point.
fn nombre(valeur: i64, echelle: i64) -> Value {
    if valeur % echelle == 0 { json!(valeur / echelle) } else { json!(valeur as f64 / echelle as f64) }
}

/// `12,3` as Pôle emploi writes it.
fn lire_nombre(texte: &str) -> Value {
    match texte.split_once(',') {
        Some((entier, decimale)) => nombre(format!("{entier}{decimale}").parse().unwrap_or(0), 10),
        None => nombre(texte.parse().unwrap_or(0), 1),
    }
}

fn distincts(mut liste: Vec<(u32, u16)>) -> i64 {
    liste.sort_unstable();
    liste.dedup();
    liste.len() as i64
}

/// The six of the entries, and 3.2.1.
fn parcours(entrees: &[Entree], faits: &Faits, periode: &Periode) -> [i64; 7] {
    let mut comptes = [0; 7];
    for entree in entrees.iter().filter(|entree| periode.contient(entree.t0)) {
        let suite = suite(entree, faits, periode.arrete);
        let compte = [
            true,
            suite.oriente_1_mois,
            suite.rdv.is_some(),
            suite.rdv_2_semaines,
            suite.cer.is_some(),
            suite.cer_2_mois,
            suite.gad,
        ];
        for (total, oui) in comptes.iter_mut().zip(compte) {
            *total += i64::from(oui);
        }
    }
    comptes
}

impl Temoin {
    /// 3.2.2 to 3.2.6: among everybody.
    fn garantie(&self, faits: &Faits, periode: &Periode) -> [Value; 5] {
        let (mut gad, mut proposes, mut suivis, mut paires) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut jours, mut demarres) = (0, 0);
        for (personne, _, fait) in &faits.tous {
            let propose = match *fait {
                Fait::Orientation { le, dispositif: 2, .. } => Some(le),
                Fait::Accompagnement { proposition, debut, fin, ag, conseiller, .. } => {
                    let court = debut > 0 && debut <= periode.arrete && (fin == 0 || fin > periode.arrete);
                    if court && self.brsa(*personne, periode.arrete) {
                        if ag { &mut suivis } else { &mut gad }.push((*personne, 0));
                        if ag && conseiller != u16::MAX {
                            paires.push((*personne, conseiller));
                        }
                    }
                    if ag && debut > 0 && periode.contient(debut) {
                        jours += i64::from(debut - proposition);
                        demarres += 1;
                    }
                    ag.then_some(proposition)
                }
                _ => None,
            };
            if let Some(le) = propose
                && periode.contient(le)
                && self.brsa(*personne, le)
            {
                proposes.push((*personne, 0));
            }
        }
        let conseillers = distincts(paires.iter().map(|(_, conseiller)| (0, *conseiller)).collect());
        [
            json!(distincts(gad)),
            json!(distincts(proposes)),
            json!(distincts(suivis)),
            quotient(distincts(paires), conseillers, 1),
            quotient(jours, demarres, 1),
        ]
    }

    fn indicateurs(&self, entrees: &[Entree], faits: &Faits, periode: &Periode) -> Value {
        let comptes = parcours(entrees, faits, periode);
        let valeurs = comptes.map(|compte| json!(compte)).into_iter().chain(self.garantie(faits, periode));
        let rapport = self.rapports.iter().find(|rapport| (rapport.du, rapport.au) == (periode.du, periode.au));
        let mut indicateurs = Vec::with_capacity(CODES.len());
        for (rang, ((id, code), valeur)) in CODES.iter().zip(valeurs).enumerate() {
            let mut un = json!({"id": id, "code": code, "valeur": valeur});
            if let Some(denominateur) = [None, Some(0), None, Some(2), None, Some(4)].get(rang).copied().flatten() {
                un["taux"] = quotient(comptes[rang], comptes[denominateur], 4);
            }
            if valeur.is_null() {
                un["motif"] = json!(if rang == 10 {
                    "aucun accompagnement global en cours dont le conseiller soit nommé"
                } else {
                    "aucun accompagnement global commencé dans la période"
                });
            }
            // Pôle emploi's figures stand for the period of its report.
            if let Some(rapport) = rapport
                && let Some(officielle) = rang.checked_sub(8).and_then(|rang| rapport.valeurs.get(rang))
            {
                un["valeur"] = lire_nombre(officielle);
                un["source"] = json!("pole_emploi");
                un["valeur_calculee"] = valeur;
            }
            indicateurs.push(un);
        }
        Value::Array(indicateurs)
    }
}

// ---------------------------------------------------------------------------------------------
// The file

impl Monde<'_> {
    /// The whole span, the calendar years that it holds, and the campaigns that it covers.
    fn periodes(&self) -> Vec<Periode> {
        let (debut, fin) = (self.premier(0), self.fin);
        let mut periodes = vec![Periode { nom: "tout".to_owned(), du: debut, au: fin, arrete: fin }];
        let annees = date(debut).year()..=date(fin).year() + 1;
        for annee in annees.clone() {
            let (du, au) = (jour(annee, 1, 1), jour(annee, 12, 31));
            periodes.push(Periode { nom: format!("annee-{annee}"), du, au, arrete: au });
        }
        let campagnes = Campagnes::lire(CAMPAGNES);
        for nom in annees.flat_map(|annee| [format!("mars-{annee}"), format!("juin-{annee}")]) {
            if let Ok(periode) = campagnes.as_ref().map_or(Err(()), |c| c.periode(&nom).map_err(drop)) {
                let [du, au, arrete] =
                    [periode.du, periode.au, periode.arrete].map(|jour| jour.date().num_days_from_ce());
                periodes.push(Periode { nom, du, au, arrete });
            }
        }
        periodes.retain(|periode| debut <= periode.du && periode.au <= fin && periode.arrete <= fin);
        periodes
    }

    /// Writes the truth beside the files.
    pub(super) fn ecrire_verite(&mut self, dossier: &Path) -> std::io::Result<()> {
        let mut temoin = std::mem::take(&mut self.temoin);
        temoin.bascules.sort_by_key(|bascule| bascule.personne);
        let faits = temoin.faits();
        let entrees = temoin.entrees(&faits);
        let mut sortie = BufWriter::new(Fichier::vide(&dossier.join(FICHIER))?);
        let mois = |(annee, mois): (i32, u32)| format!("{annee:04}-{mois:02}");
        let tete = json!({
            "avertissement": "Ces personnes n'existent pas : noms, dates, NIR et parcours sont tirés au hasard par jalon simuler.",
            "graine": self.reglages.graine,
            "personnes": self.reglages.personnes,
            "du": mois(self.reglages.du),
            "au": mois(self.reglages.au),
            "forme": self.reglages.forme.nom(),
        });
        let mut tete = serde_json::to_string_pretty(&tete)?;
        tete.truncate(tete.trim_end_matches(['}', '\n']).len());
        write!(sortie, "{tete},\n  \"periodes\": [")?;
        for (rang, periode) in self.periodes().iter().enumerate() {
            let [du, au, arrete] = [periode.du, periode.au, periode.arrete].map(|jour| date(jour).to_string());
            let indicateurs = temoin.indicateurs(&entrees, &faits, periode);
            let un = json!({"nom": periode.nom, "du": du, "au": au, "arrete": arrete, "indicateurs": indicateurs});
            write!(sortie, "{}\n    {un}", if rang > 0 { "," } else { "" })?;
        }
        write!(sortie, "\n  ],\n  \"entrees\": [")?;
        // The last stocks are received after the span: what only they show is left out.
        let dedans = entrees.iter().filter(|entree| entree.t0 <= self.fin);
        for (rang, entree) in dedans.enumerate() {
            write!(sortie, "{}\n    {}", if rang > 0 { "," } else { "" }, self.entree(entree, &faits))?;
        }
        writeln!(sortie, "\n  ]\n}}")?;
        sortie.flush()
    }

    /// An entry and what was done for it by the end of the span.
    fn entree(&self, entree: &Entree, faits: &Faits) -> Value {
        let suite = suite(entree, faits, self.fin);
        let personne = &self.personnes[entree.personne as usize];
        let jour = |le: Jour| date(le).to_string();
        let caisse = entree.dossier as usize % 2;
        json!({
            "numdemrsa": format!("{:011}", numdemrsa(entree.dossier / 2)),
            "caisse": CAISSES[caisse],
            "nom": NOMS[usize::from(personne.nom)],
            "prenom": prenom(personne),
            "date_naissance": jour(personne.naissance),
            "t0": jour(entree.t0),
            "date_orientation": suite.orientation.map(|(le, _)| jour(le)),
            "organisme": suite.orientation.map(|(_, organisme)| ORGANISMES[usize::from(organisme)]),
            "oriente_1_mois": suite.oriente_1_mois,
            "date_premier_rdv": suite.rdv.map(|(le, _)| jour(le)),
            "rdv_2_semaines": suite.rdv_2_semaines,
            "date_premier_cer": suite.cer.map(jour),
            "cer_2_mois": suite.cer_2_mois,
            "gad": suite.gad,
        })
    }
}
