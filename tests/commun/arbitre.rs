//! The referee: a second reading of the rules, slow and plain, to judge the program on small histories.
//!
//! It shares nothing with the library: its own types, its own folding, its own calendar. Every question
//! scans all the files again from the first one; nothing is kept from one answer to the next. When the
//! referee and the program differ, one of them misread the rules, or the rules can be read in two ways.
//!
//! Sources are named as in the program: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022
//! (NOR SSAA2202072J), annexe and section; « annexe 7 §6 » below is that text.

pub mod listes;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};

// ───────────────────────────── the world that is judged ─────────────────────────────

/// Everything a department has received: flux files, event lines, reports of Pôle emploi.
#[derive(Clone, Debug, Default)]
pub struct Monde {
    pub fichiers: Vec<Fichier>,
    pub evenements: Vec<Evenement>,
    pub rapports: Vec<RapportPoleEmploi>,
}

/// One flux file, monthly stock (`mensuel`) or daily.
#[derive(Clone, Debug)]
pub struct Fichier {
    pub nom: String,
    pub caisse: String,
    pub mensuel: bool,
    pub dtref: NaiveDate,
    pub cree_le: NaiveDateTime,
    pub recu_le: NaiveDate,
    pub foyers: Vec<Foyer>,
    /// NUMDEMRSA of the dossiers that are in the file but could not be read.
    pub non_lus: Vec<String>,
}

/// One block of a flux file; the same dossier may come in two blocks.
#[derive(Clone, Debug)]
pub struct Foyer {
    pub numdemrsa: String,
    pub matricule: String,
    pub dtdemrsa: Option<NaiveDate>,
    pub etat: u8,
    pub suspension: Option<NaiveDate>,
    pub motif_cloture: String,
    pub personnes: Vec<Personne>,
}

/// A person as one block names them; `nir` is empty or 13 characters, `top` may be missing.
#[derive(Clone, Debug)]
pub struct Personne {
    pub nir: String,
    pub nom: String,
    pub nomnai: String,
    pub prenom: String,
    pub dtnai: NaiveDate,
    pub role: String,
    pub top: Option<bool>,
}

/// How an event line names its person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Qui {
    Nir(String),
    DossierEtNom { numdemrsa: String, nom: String, prenom: String, dtnai: NaiveDate },
    Nom { nom: String, prenom: String, dtnai: NaiveDate },
}

/// One line of an event file: one version of the event `id` of its kind.
#[derive(Clone, Debug)]
pub struct Evenement {
    pub id: String,
    pub qui: Qui,
    pub saisi_le: Option<NaiveDate>,
    pub recu_le: NaiveDate,
    pub fichier: String,
    pub ligne: u32,
    pub annule: bool,
    pub fait: Fait,
}

/// What the line says, by kind of file.
#[derive(Clone, Debug)]
pub enum Fait {
    Orientation(Orientation),
    RendezVous(RendezVous),
    Cer(Cer),
    Accompagnement(Accompagnement),
    FinSuivi(FinSuivi),
}

/// `orientations`.
#[derive(Clone, Debug)]
pub struct Orientation {
    pub date: NaiveDate,
    pub organisme: String,
    pub mode: String,
    pub type_parcours: String,
    pub dispositif: String,
    pub territoire: String,
}

/// `rendez_vous`.
#[derive(Clone, Debug)]
pub struct RendezVous {
    pub type_rdv: String,
    pub date_rdv: NaiveDate,
    pub date_fixation: Option<NaiveDate>,
    pub statut: String,
}

/// `cer`.
#[derive(Clone, Debug)]
pub struct Cer {
    pub date: NaiveDate,
    pub type_contrat: String,
    pub rang: Option<u32>,
}

/// `accompagnements`.
#[derive(Clone, Debug)]
pub struct Accompagnement {
    pub type_accompagnement: String,
    pub proposition: Option<NaiveDate>,
    pub debut: Option<NaiveDate>,
    pub fin: Option<NaiveDate>,
    pub conseiller: String,
}

/// `fins_suivi`.
#[derive(Clone, Debug)]
pub struct FinSuivi {
    pub date: NaiveDate,
    pub motif: String,
}

/// One line of a `pole_emploi` report.
#[derive(Clone, Debug)]
pub struct RapportPoleEmploi {
    pub du: NaiveDate,
    pub au: NaiveDate,
    pub indicateur: String,
    pub valeur: f64,
    pub recu_le: NaiveDate,
    pub fichier: String,
    pub ligne: u32,
}

// ───────────────────────────── what is asked ─────────────────────────────

/// The readings that the texts leave open: switch, then its values, the default first.
pub const LECTURES: [(&str, &[&str]); 12] = [
    ("orientation.delai", &["mois", "mois_inclus", "30_jours", "31_jours"]),
    ("orientation.debut", &["reception", "transmission", "demande"]),
    ("rdv.population", &["orientes_1_mois", "orientes"]),
    ("rdv.delai", &["14_jours", "15_jours"]),
    ("cer.debut", &["reception", "orientation"]),
    ("cer.delai", &["2_mois", "2_mois_inclus", "1_mois"]),
    ("cer.rang", &["premier", "fenetre"]),
    ("suspension", &["12_mois", "sans_cloture"]),
    ("horizon", &["arrete", "complet"]),
    ("comptage", &["entrees", "personnes"]),
    ("flux", &["cohorte", "evenements"]),
    ("orientation_anticipee", &["exclure", "rattacher"]),
];

/// The readings chosen for one question; a switch that is not named has its default.
#[derive(Clone, Debug, Default)]
pub struct Lectures {
    pub choix: BTreeMap<String, String>,
    /// The pipeline says that a caisse without any monthly stock began empty.
    pub base_vide: bool,
}

impl Lectures {
    /// The value of a switch.
    pub fn de(&self, cle: &str) -> &str {
        let defaut = LECTURES.iter().find(|(nom, _)| *nom == cle).map_or("", |(_, valeurs)| valeurs[0]);
        self.choix.get(cle).map_or(defaut, String::as_str)
    }

    /// Is this the value of the switch?
    pub fn est(&self, cle: &str, valeur: &str) -> bool {
        self.de(cle) == valeur
    }
}

/// One call of the indicators.
#[derive(Clone, Debug)]
pub struct Question {
    pub du: NaiveDate,
    pub au: NaiveDate,
    pub arrete: NaiveDate,
    pub connu_le: Option<NaiveDate>,
    pub lectures: Lectures,
}

// ───────────────────────────── what is answered ─────────────────────────────

/// The answer: figures by id, delay blocks, complementary figures, one line an entry of the cohort.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// The twelve, by id; `None` is « n.d. ».
    pub valeurs: BTreeMap<&'static str, Option<f64>>,
    /// Our own 3.2.3 to 3.2.6 where a report of Pôle emploi gives the official value.
    pub valeurs_calculees: BTreeMap<&'static str, Option<f64>>,
    /// 3.1.2, 3.1.4 and 3.1.6.
    pub delais: BTreeMap<&'static str, Delais>,
    /// By code, and caisse for the one that has a figure a caisse.
    pub complementaires: BTreeMap<(&'static str, String), Option<f64>>,
    /// The cohort, ordered by t0, numdemrsa, nom.
    pub entrees: Vec<LigneEntree>,
    /// Which branches of the rules were walked through, and how often.
    pub passages: BTreeMap<&'static str, usize>,
}

/// How one delay splits its population.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delais {
    pub taux: Option<f64>,
    pub moyenne_jours: Option<f64>,
    pub mediane_jours: Option<f64>,
    pub dans_les_delais: usize,
    pub hors_delai: usize,
    pub hors_champ: usize,
    pub en_cours: usize,
    pub echus: usize,
    pub tranches: [(&'static str, usize); 4],
}

/// One entry of the cohort, as the detail shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct LigneEntree {
    pub numdemrsa: String,
    pub matricule: String,
    pub caisse: String,
    pub nom: String,
    pub prenom: String,
    pub dtnai: NaiveDate,
    pub categorie: &'static str,
    pub t0: NaiveDate,
    pub mois_reference: (i32, u32),
    pub date_orientation: Option<NaiveDate>,
    pub organisme: String,
    pub dispositif: String,
    pub territoire: String,
    pub delai_orientation: Option<i64>,
    pub oriente_1_mois: bool,
    pub date_premier_rdv: Option<NaiveDate>,
    pub delai_rdv: Option<i64>,
    pub rdv_2_semaines: bool,
    pub date_premier_cer: Option<NaiveDate>,
    pub delai_cer: Option<i64>,
    pub cer_2_mois: bool,
    pub limite_orientation: NaiveDate,
    pub limite_cer: Option<NaiveDate>,
    pub gad: bool,
}

// ───────────────────────────── calendar and numbers ─────────────────────────────

/// « En un mois et moins » (annexe 7 §6, example 01/03 → 31/03): whole months, then the day, as a pair.
pub fn dans_les_mois(debut: NaiveDate, jour: NaiveDate, mois: i32) -> bool {
    let ecart = (jour.year() - debut.year()) * 12 + jour.month() as i32 - debut.month() as i32;
    (ecart, jour.day()) < (mois, debut.day())
}

/// A date some months later, the month's last day when that day does not exist.
pub fn plus_mois(jour: NaiveDate, mois: i32) -> NaiveDate {
    let total = jour.year() * 12 + jour.month0() as i32 + mois;
    let (annee, mois) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
    (1..=jour.day()).rev().find_map(|j| NaiveDate::from_ymd_opt(annee, mois, j)).unwrap_or(jour)
}

/// Some days later.
pub fn plus_jours(jour: NaiveDate, jours: u64) -> NaiveDate {
    jour.checked_add_days(Days::new(jours)).unwrap_or(jour)
}

/// The last day that is in time, found by trying the days one by one.
fn limite(debut: NaiveDate, dedans: impl Fn(NaiveDate) -> bool) -> NaiveDate {
    let mut jour = debut;
    while dedans(plus_jours(jour, 1)) {
        jour = plus_jours(jour, 1);
    }
    jour
}

/// The last day of the month before this day's.
fn fin_du_mois_precedent(jour: NaiveDate) -> NaiveDate {
    jour.checked_sub_days(Days::new(u64::from(jour.day()))).unwrap_or(jour)
}

/// `haut / bas` with so many decimals, a half going up; nothing over nothing.
fn quotient(haut: i64, bas: i64, decimales: u32) -> Option<f64> {
    if bas == 0 {
        return None;
    }
    let echelle = 10_i64.pow(decimales);
    Some((2 * haut * echelle + bas).div_euclid(2 * bas) as f64 / echelle as f64)
}

/// Mean with one decimal.
fn moyenne(jours: &[i64]) -> Option<f64> {
    quotient(jours.iter().sum(), jours.len() as i64, 1)
}

/// Median with one decimal: the middle one, or the mean of the two in the middle.
fn mediane(jours: &[i64]) -> Option<f64> {
    let mut tries = jours.to_vec();
    tries.sort_unstable();
    let n = tries.len();
    if n == 0 {
        return None;
    }
    quotient(tries[(n - 1) / 2] + tries[n / 2], 2, 1)
}

// ───────────────────────────── identity ─────────────────────────────

/// A name as it is compared: capitals, no accents, hyphens and apostrophes as blanks, blanks collapsed.
pub fn plier(texte: &str) -> String {
    let mut large = String::new();
    for lettre in texte.chars().flat_map(char::to_uppercase) {
        match lettre {
            'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' => large.push('A'),
            'Ç' => large.push('C'),
            'È' | 'É' | 'Ê' | 'Ë' => large.push('E'),
            'Ì' | 'Í' | 'Î' | 'Ï' => large.push('I'),
            'Ñ' => large.push('N'),
            'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' => large.push('O'),
            'Ù' | 'Ú' | 'Û' | 'Ü' => large.push('U'),
            'Ý' | 'Ÿ' => large.push('Y'),
            'Œ' => large.push_str("OE"),
            'Æ' => large.push_str("AE"),
            'ẞ' => large.push_str("SS"),
            '-' | '\'' | '\u{2019}' => large.push(' '),
            autre => large.push(autre),
        }
    }
    large.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// NUMDEMRSA with its leading zeros.
pub fn numero(texte: &str) -> String {
    format!("{:0>11}", texte.trim())
}

/// The name key of a person of a foyer: birth name (else name), first name, birth date.
fn cle_de_nom(personne: &Personne) -> String {
    let nom = if personne.nomnai.trim().is_empty() { &personne.nom } else { &personne.nomnai };
    format!("{}/{}/{}", plier(nom), plier(&personne.prenom), personne.dtnai)
}

/// Only the allocataire, the spouse and the other beneficiaries are followed; a missing role is one of them.
fn suivi(personne: &Personne) -> bool {
    matches!(personne.role.as_str(), "DEM" | "CJT" | "BEN" | "")
}

// ───────────────────────────── records, steps, states ─────────────────────────────

/// What the right to RSA is for a dossier or a person, the strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Classe {
    SansDroit,
    Clos,
    Suspendu,
    Versable,
}

/// A dossier is its caisse and its number.
type Dossier = (String, String);

/// What one file says of a person in a dossier.
#[derive(Clone, Debug)]
struct Releve {
    dossier: Dossier,
    classe: Classe,
    top: bool,
    suspension: Option<NaiveDate>,
    motif: String,
    dtdemrsa: Option<NaiveDate>,
    matricule: String,
    nom: String,
    prenom: String,
    dtnai: Option<NaiveDate>,
    absence: bool,
}

/// All that one file says of a person.
#[derive(Clone, Debug)]
struct Etape {
    /// Rank of the file among the known ones.
    fichier: usize,
    dtref: NaiveDate,
    recu_le: NaiveDate,
    cree_le: NaiveDate,
    releves: Vec<Releve>,
}

/// Class of a state of the dossier: 2 payable, 3 and 4 suspended, 5 and 6 closed, 0 and 1 without right.
fn classe_de(etat: u8) -> Classe {
    match etat {
        2 => Classe::Versable,
        3 | 4 => Classe::Suspendu,
        5 | 6 => Classe::Clos,
        _ => Classe::SansDroit,
    }
}

/// The latest record of each dossier after step `k`, from the first step on.
fn derniers(etapes: &[Etape], k: usize) -> BTreeMap<Dossier, Releve> {
    let mut vus = BTreeMap::new();
    for etape in &etapes[..=k] {
        for releve in &etape.releves {
            vus.insert(releve.dossier.clone(), releve.clone());
        }
    }
    vus
}

/// Class of the person after step `k`: the strongest of their dossiers.
fn classe_apres(etapes: &[Etape], k: usize) -> Classe {
    derniers(etapes, k).values().map(|releve| releve.classe).max().unwrap_or(Classe::SansDroit)
}

/// « Droit versable » and « soumis aux droits et devoirs » in a same dossier after step `k` (annexe 7 §6).
fn en_dd_apres(etapes: &[Etape], k: usize) -> bool {
    derniers(etapes, k).values().any(|releve| releve.classe == Classe::Versable && releve.top)
}

/// BRSA on a day: payable or suspended after the last step dated at most that day.
fn brsa(etapes: &[Etape], jour: NaiveDate) -> bool {
    match (0..etapes.len()).rev().find(|k| etapes[*k].dtref <= jour) {
        Some(k) => classe_apres(etapes, k) >= Classe::Suspendu,
        None => false,
    }
}

// ───────────────────────────── the judge ─────────────────────────────

/// An entry with all that was found about it.
#[derive(Clone, Debug)]
struct Entree {
    personne: String,
    t0: NaiveDate,
    /// Earliest creation day among the files that gave t0.
    transmission: NaiveDate,
    mois: (i32, u32),
    releve: Releve,
    categorie: &'static str,
    /// The earlier orientation that belongs to it, under `orientation_anticipee=rattacher`.
    rattachee: Option<Orientation>,
    /// First day out of the window, when there is a next entry.
    fin: Option<NaiveDate>,
}

impl Entree {
    /// Is the day in the entry's window?
    fn contient(&self, jour: NaiveDate) -> bool {
        self.t0 <= jour && self.fin.is_none_or(|fin| jour < fin)
    }
}

/// What became of an entry, as far as it counts on the horizon.
#[derive(Clone, Debug)]
struct Suite {
    orientation: Option<Orientation>,
    delai_orientation: i64,
    mois_orientation: usize,
    oriente_1_mois: bool,
    limite_orientation: NaiveDate,
    hors_pe: bool,
    rdv: Option<NaiveDate>,
    fixation: Option<NaiveDate>,
    delai_rdv: i64,
    rdv_dans_le_delai: bool,
    limite_rdv: NaiveDate,
    cer: Option<NaiveDate>,
    delai_cer: i64,
    mois_cer: usize,
    cer_dans_le_delai: bool,
    limite_cer: NaiveDate,
    gad: Vec<NaiveDate>,
}

struct Juge<'m> {
    monde: &'m Monde,
    question: &'m Question,
    passages: RefCell<BTreeMap<&'static str, usize>>,
    /// Who is who, once found: by NUMDEMRSA, NIR and name key.
    identites: RefCell<BTreeMap<[String; 3], String>>,
}

/// Judge a world: the twelve figures, their splits, the complementary figures and the cohort.
pub fn juger(monde: &Monde, question: &Question) -> Verdict {
    let juge = Juge { monde, question, passages: RefCell::default(), identites: RefCell::default() };
    juge.verdict()
}

/// Judge the parts of a world along every axis: 3.1.1 to 3.2.1 over the entries of each part, and 3.2.2
/// to 3.2.6 over the people of each caisse.
pub fn juger_parts(monde: &Monde, question: &Question) -> BTreeMap<(&'static str, String), Verdict> {
    let juge = Juge { monde, question, passages: RefCell::default(), identites: RefCell::default() };
    juge.parts()
}

/// The axes on which the referee has an opinion.
pub const AXES: [&str; 6] = ["mois", "caisse", "territoire", "organisme", "type_parcours", "categorie"];

/// The caisse of a person on a day: that of their strongest dossier after the last step dated at most
/// that day (after the first one, before it), the smallest number first.
fn caisse_le(etapes: &[Etape], jour: NaiveDate) -> String {
    let k = (0..etapes.len()).rev().find(|k| etapes[*k].dtref <= jour).unwrap_or(0);
    let dossiers = derniers(etapes, k);
    let forte = dossiers.values().map(|releve| releve.classe).max();
    let mut siens: Vec<&Dossier> = dossiers.values().filter(|r| Some(r.classe) == forte).map(|r| &r.dossier).collect();
    siens.sort_by_key(|dossier| (&dossier.1, &dossier.0));
    siens[0].0.clone()
}

impl<'m> Juge<'m> {
    fn note(&self, passage: &'static str) {
        *self.passages.borrow_mut().entry(passage).or_insert(0) += 1;
    }

    fn lecture(&self, cle: &str, valeur: &str) -> bool {
        self.question.lectures.est(cle, valeur)
    }

    // ── files ──

    /// The flux files known on the day asked for, in the order in which they are read: reference day,
    /// daily before monthly, creation, base name.
    fn fichiers(&self) -> Vec<&'m Fichier> {
        let mut connus: Vec<&Fichier> = self
            .monde
            .fichiers
            .iter()
            .filter(|fichier| self.question.connu_le.is_none_or(|jour| fichier.recu_le <= jour))
            .collect();
        if connus.len() < self.monde.fichiers.len() {
            self.note("fichier_pas_encore_connu");
        }
        connus.sort_by(|a, b| (a.dtref, a.mensuel, a.cree_le, &a.nom).cmp(&(b.dtref, b.mensuel, b.cree_le, &b.nom)));
        connus
    }

    /// Of the monthly files of one caisse and one reference day, only the last one tells who is missing.
    fn fait_les_absences(fichiers: &[&Fichier], n: usize) -> bool {
        let lui = fichiers[n];
        let memes = |f: &&Fichier| f.mensuel && f.caisse == lui.caisse && f.dtref == lui.dtref;
        lui.mensuel && !fichiers[n + 1..].iter().any(memes)
    }

    /// Initial stock of a caisse: reference day of its first monthly flux.
    fn base(fichiers: &[&Fichier], caisse: &str) -> Option<NaiveDate> {
        fichiers.iter().filter(|f| f.mensuel && f.caisse == caisse).map(|f| f.dtref).min()
    }

    // ── persons ──

    /// Who a person of a foyer is: their NIR; else the only NIR person of that NUMDEMRSA who bears the same
    /// name key, in any caisse and any known file; else the name key itself.
    fn personne(&self, fichiers: &[&Fichier], foyer: &Foyer, personne: &Personne) -> String {
        let cle = [numero(&foyer.numdemrsa), personne.nir.clone(), cle_de_nom(personne)];
        let deja = self.identites.borrow().get(&cle).cloned();
        deja.unwrap_or_else(|| {
            let qui = Self::identifier(fichiers, foyer, personne);
            self.identites.borrow_mut().insert(cle, qui.clone());
            qui
        })
    }

    /// The same, looked for in all the files.
    fn identifier(fichiers: &[&Fichier], foyer: &Foyer, personne: &Personne) -> String {
        if !personne.nir.is_empty() {
            return format!("nir {}", personne.nir);
        }
        let mut nirs = BTreeSet::new();
        for fichier in fichiers {
            for autre in fichier.foyers.iter().filter(|f| numero(&f.numdemrsa) == numero(&foyer.numdemrsa)) {
                for voisin in autre.personnes.iter().filter(|p| suivi(p) && !p.nir.is_empty()) {
                    if cle_de_nom(voisin) == cle_de_nom(personne) {
                        nirs.insert(voisin.nir.clone());
                    }
                }
            }
        }
        match nirs.iter().next() {
            Some(nir) if nirs.len() == 1 => format!("nir {nir}"),
            _ => format!("nom {}", cle_de_nom(personne)),
        }
    }

    /// Everyone who has a record.
    fn personnes(&self, fichiers: &[&Fichier]) -> BTreeSet<String> {
        let mut toutes = BTreeSet::new();
        for fichier in fichiers {
            for foyer in &fichier.foyers {
                for personne in foyer.personnes.iter().filter(|p| suivi(p)) {
                    toutes.insert(self.personne(fichiers, foyer, personne));
                }
            }
        }
        toutes
    }

    /// Whom an event line names: exactly one person, or nobody yet.
    fn nomme(&self, fichiers: &[&Fichier], qui: &Qui) -> Option<String> {
        let mut trouves = BTreeSet::new();
        for fichier in fichiers {
            for foyer in &fichier.foyers {
                for p in foyer.personnes.iter().filter(|p| suivi(p)) {
                    let meme_nom = |nom: &str, prenom: &str, dtnai: NaiveDate| {
                        (plier(nom) == plier(&p.nom) || plier(nom) == plier(&p.nomnai))
                            && plier(prenom) == plier(&p.prenom)
                            && dtnai == p.dtnai
                    };
                    let lui = match qui {
                        Qui::Nir(nir) => !p.nir.is_empty() && *nir == p.nir,
                        Qui::DossierEtNom { numdemrsa, nom, prenom, dtnai } => {
                            numero(numdemrsa) == numero(&foyer.numdemrsa) && meme_nom(nom, prenom, *dtnai)
                        }
                        Qui::Nom { nom, prenom, dtnai } => meme_nom(nom, prenom, *dtnai),
                    };
                    if lui {
                        trouves.insert(self.personne(fichiers, foyer, p));
                    }
                }
            }
        }
        match trouves.len() {
            0 => self.note("evenement_sans_personne"),
            1 => {}
            _ => self.note("evenement_ambigu"),
        }
        if trouves.len() == 1 { trouves.into_iter().next() } else { None }
    }

    // ── steps ──

    /// The steps of a person: one a file that says something of them, absences included.
    fn etapes(&self, fichiers: &[&Fichier], personne: &str) -> Vec<Etape> {
        let mut etapes: Vec<Etape> = Vec::new();
        for (n, fichier) in fichiers.iter().enumerate() {
            let mut releves: Vec<Releve> = Vec::new();
            let mut numeros: Vec<String> = Vec::new();
            for foyer in &fichier.foyers {
                if !numeros.contains(&numero(&foyer.numdemrsa)) {
                    numeros.push(numero(&foyer.numdemrsa));
                }
            }
            for num in &numeros {
                let blocs: Vec<&Foyer> = fichier.foyers.iter().filter(|f| numero(&f.numdemrsa) == *num).collect();
                releves.extend(self.releve(fichiers, &etapes, fichier, num, &blocs, personne));
            }
            if Self::fait_les_absences(fichiers, n) {
                let absences = self.absences(&etapes, fichier, &releves);
                releves.extend(absences);
            }
            if !releves.is_empty() {
                etapes.push(Etape {
                    fichier: n,
                    dtref: fichier.dtref,
                    recu_le: fichier.recu_le,
                    cree_le: fichier.cree_le.date(),
                    releves,
                });
            }
        }
        etapes
    }

    /// The record of a person in one dossier of one file. A dossier given twice: strongest class, earliest
    /// suspension, greatest top of those given, the rest from the last block; the people of both are in it.
    fn releve(
        &self,
        fichiers: &[&Fichier],
        avant: &[Etape],
        fichier: &Fichier,
        num: &str,
        blocs: &[&Foyer],
        personne: &str,
    ) -> Option<Releve> {
        let mut lui: Vec<&Personne> = Vec::new();
        for bloc in blocs {
            for p in bloc.personnes.iter().filter(|p| suivi(p)) {
                if self.personne(fichiers, bloc, p) == personne {
                    lui.push(p);
                }
            }
        }
        let dernier_bloc = blocs.last()?;
        let derniere = lui.last()?;
        if blocs.len() > 1 {
            self.note("dossier_donne_deux_fois");
        }
        let classe = blocs.iter().map(|bloc| classe_de(bloc.etat)).max()?;
        let dossier = (fichier.caisse.clone(), num.to_string());
        let top = match lui.iter().filter_map(|p| p.top).max() {
            Some(donne) => donne,
            None => self.top_manquant(avant, &dossier, classe),
        };
        Some(Releve {
            dossier,
            classe,
            top,
            suspension: blocs.iter().filter_map(|bloc| bloc.suspension).min(),
            motif: dernier_bloc.motif_cloture.trim().to_string(),
            dtdemrsa: dernier_bloc.dtdemrsa,
            matricule: dernier_bloc.matricule.clone(),
            nom: derniere.nom.clone(),
            prenom: derniere.prenom.clone(),
            dtnai: Some(derniere.dtnai),
            absence: false,
        })
    }

    /// A missing TOPPERSDRODEVORSA: that of the person's previous record in the dossier when it is payable.
    fn top_manquant(&self, avant: &[Etape], dossier: &Dossier, classe: Classe) -> bool {
        let precedent = avant.iter().flat_map(|etape| &etape.releves).rfind(|releve| releve.dossier == *dossier);
        match precedent {
            Some(releve) if classe == Classe::Versable => {
                self.note(if releve.top { "top_manquant_repris_1" } else { "top_manquant_repris_0" });
                releve.top
            }
            _ => {
                self.note("top_manquant_sans_reprise");
                false
            }
        }
    }

    /// Who is missing from a whole stock: payable or suspended so far in a dossier of this caisse, not in the
    /// file, and the dossier not among those that could not be read.
    fn absences(&self, avant: &[Etape], fichier: &Fichier, presents: &[Releve]) -> Vec<Releve> {
        let mut absences = Vec::new();
        if avant.is_empty() {
            return absences;
        }
        for (dossier, dernier) in derniers(avant, avant.len() - 1) {
            let vivant = dernier.classe == Classe::Versable || dernier.classe == Classe::Suspendu;
            if dossier.0 != fichier.caisse || !vivant || presents.iter().any(|releve| releve.dossier == dossier) {
                continue;
            }
            if fichier.non_lus.iter().any(|num| numero(num) == dossier.1) {
                self.note("present_mais_non_lu");
                continue;
            }
            self.note("absence");
            absences.push(Releve {
                classe: Classe::Clos,
                top: false,
                suspension: None,
                motif: String::new(),
                absence: true,
                ..dernier
            });
        }
        absences
    }

    // ── events ──

    /// The day from which a version exists, for « connu le »: its recording day, else its own date; a
    /// withdrawal without a recording day, the day its file was received.
    fn connu_depuis(evenement: &Evenement) -> NaiveDate {
        if let Some(jour) = evenement.saisi_le {
            return jour;
        }
        if evenement.annule {
            return evenement.recu_le;
        }
        match &evenement.fait {
            Fait::Orientation(o) => o.date,
            Fait::RendezVous(r) => r.date_fixation.unwrap_or(r.date_rdv),
            Fait::Cer(c) => c.date,
            Fait::Accompagnement(a) => a.proposition.or(a.debut).unwrap_or(evenement.recu_le),
            Fait::FinSuivi(f) => f.date,
        }
    }

    /// The events in force, each with its person: the latest known version of each id of each kind, unless it
    /// withdraws the event or names nobody.
    fn evenements(&self, fichiers: &[&Fichier]) -> Vec<(String, &'m Evenement)> {
        let genre = |e: &Evenement| std::mem::discriminant(&e.fait);
        let ordre = |e: &Evenement| (e.saisi_le.unwrap_or(e.recu_le), e.recu_le, e.fichier.clone(), e.ligne);
        let connus: Vec<&Evenement> = self
            .monde
            .evenements
            .iter()
            .filter(|e| self.question.connu_le.is_none_or(|jour| Self::connu_depuis(e) <= jour))
            .collect();
        if connus.len() < self.monde.evenements.len() {
            self.note("version_pas_encore_connue");
        }
        let mut en_force = Vec::new();
        for un in &connus {
            let remplace =
                connus.iter().any(|autre| genre(autre) == genre(un) && autre.id == un.id && ordre(autre) > ordre(un));
            if remplace {
                self.note("version_remplacee");
                continue;
            }
            if un.annule {
                self.note("evenement_retire");
                continue;
            }
            if let Some(personne) = self.nomme(fichiers, &un.qui) {
                en_force.push((personne, *un));
            }
        }
        en_force
    }
}

/// The orientations among some events, first by date, then by id.
fn orientations<'a>(evenements: &[&'a Evenement]) -> Vec<&'a Orientation> {
    let mut toutes: Vec<(&NaiveDate, &String, &Orientation)> = Vec::new();
    for evenement in evenements {
        if let Fait::Orientation(o) = &evenement.fait {
            toutes.push((&o.date, &evenement.id, o));
        }
    }
    toutes.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    toutes.into_iter().map(|(_, _, o)| o).collect()
}

// ───────────────────────────── entries ─────────────────────────────

impl Juge<'_> {
    /// A spell: a maximal run of steps after which the person is in droits et devoirs.
    fn sejours(etapes: &[Etape]) -> Vec<(usize, usize)> {
        let mut sejours = Vec::new();
        for debut in 0..etapes.len() {
            if !en_dd_apres(etapes, debut) || (debut > 0 && en_dd_apres(etapes, debut - 1)) {
                continue;
            }
            let fin = (debut..etapes.len()).take_while(|k| en_dd_apres(etapes, *k)).last().unwrap_or(debut);
            sejours.push((debut, fin));
        }
        sejours
    }

    /// Maximal runs of steps of one class.
    fn suites_de(etapes: &[Etape], classe: Classe) -> Vec<(usize, usize)> {
        let mut suites = Vec::new();
        for debut in 0..etapes.len() {
            if classe_apres(etapes, debut) != classe || (debut > 0 && classe_apres(etapes, debut - 1) == classe) {
                continue;
            }
            let fin = (debut..etapes.len()).take_while(|k| classe_apres(etapes, *k) == classe).last().unwrap_or(debut);
            suites.push((debut, fin));
        }
        suites
    }

    /// Reception of the notification by the department (annexe 7 §6, example 08/02 → 01/03): the earliest
    /// among the spell's files that really speak of the person, and the earliest creation day among those.
    fn reception(etapes: &[Etape], sejour: (usize, usize)) -> (NaiveDate, NaiveDate) {
        let porteurs: Vec<&Etape> =
            etapes[sejour.0..=sejour.1].iter().filter(|etape| etape.releves.iter().any(|r| !r.absence)).collect();
        let t0 = porteurs.iter().map(|etape| etape.recu_le).min().unwrap_or(etapes[sejour.0].recu_le);
        let transmission =
            porteurs.iter().filter(|etape| etape.recu_le == t0).map(|etape| etape.cree_le).min().unwrap_or(t0);
        (t0, transmission)
    }

    /// The record that puts the person in droits et devoirs at step `i`: the smallest NUMDEMRSA of several.
    fn releve_d_entree(etapes: &[Etape], i: usize) -> Option<Releve> {
        derniers(etapes, i)
            .into_values()
            .filter(|r| r.classe == Classe::Versable && r.top)
            .min_by(|a, b| a.dossier.1.cmp(&b.dossier.1))
    }

    /// A struck-off run that is only a move (annexe 7 §6, a change of dossier is not a new entry while the
    /// follow-up goes on): its first step bears a motif of move, and the step after it, within two months of
    /// that first step, makes the person payable or suspended in a dossier they were not in before the run.
    fn transfert(etapes: &[Etape], suite: (usize, usize)) -> bool {
        let premiere = &etapes[suite.0];
        if !premiere.releves.iter().any(|r| matches!(r.motif.as_str(), "MUT" | "RGD" | "CMU")) {
            return false;
        }
        let Some(apres) = etapes.get(suite.1 + 1) else { return false };
        if !dans_les_mois(premiere.dtref, apres.dtref, 2) {
            return false;
        }
        apres.releves.iter().any(|r| {
            let connu_avant =
                etapes[..suite.0].iter().flat_map(|e| &e.releves).any(|ancien| ancien.dossier == r.dossier);
            r.classe >= Classe::Suspendu && !connu_avant
        })
    }

    /// Radiation (annexe 7 §6, the struck-off who come back): a closed run before the entry, seen on or after
    /// the orientation, that is not a move.
    fn ferme_par_radiation(&self, etapes: &[Etape], i: usize, o: NaiveDate) -> bool {
        let mut ferme = false;
        for suite in Self::suites_de(etapes, Classe::Clos) {
            if suite.1 >= i || etapes[suite.0].dtref < o {
                continue;
            }
            if Self::transfert(etapes, suite) {
                self.note("transfert");
            } else {
                self.note("ferme_par_radiation");
                ferme = true;
            }
        }
        ferme
    }

    /// Suspension of over 12 months before the entry (annexe 7 §6), the orientation being older than its end.
    fn ferme_par_suspension(&self, etapes: &[Etape], i: usize, o: NaiveDate) -> bool {
        if self.lecture("suspension", "sans_cloture") {
            return false;
        }
        for suite in Self::suites_de(etapes, Classe::Suspendu) {
            if suite.1 >= i {
                continue;
            }
            let vue_le = etapes[suite.0].dtref;
            let mut s = vue_le;
            for releve in derniers(etapes, suite.0).values().filter(|r| r.classe == Classe::Suspendu) {
                match releve.suspension {
                    Some(jour) if jour <= vue_le => s = s.min(jour),
                    Some(_) => self.note("suspension_datee_du_futur"),
                    None => self.note("suspension_sans_date"),
                }
            }
            let e = etapes[suite.1 + 1].dtref;
            if e > plus_mois(s, 12) && o <= plus_mois(s, 12) {
                self.note("ferme_par_suspension");
                return true;
            }
            self.note("suspension_trop_courte");
        }
        false
    }

    /// Is the follow-up opened on day `o` still going on at the entry (annexe 7 §6, third criterion)?
    fn suivi_ouvert(&self, etapes: &[Etape], i: usize, t0: NaiveDate, o: NaiveDate, evs: &[&Evenement]) -> bool {
        if o >= t0 {
            return false;
        }
        let fin_explicite = evs.iter().any(|e| match &e.fait {
            Fait::FinSuivi(f) => o <= f.date && f.date <= t0,
            _ => false,
        });
        if fin_explicite {
            self.note("ferme_par_fin_explicite");
        }
        let radiation = self.ferme_par_radiation(etapes, i, o);
        let suspension = self.ferme_par_suspension(etapes, i, o);
        !fin_explicite && !radiation && !suspension
    }

    /// The category of an entry: joins a household, first time, or what the person was just before.
    fn categorie(
        &self,
        fichiers: &[&Fichier],
        etapes: &[Etape],
        i: usize,
        dossier: &Dossier,
        personne: &str,
    ) -> &'static str {
        let connue = (0..i).any(|k| classe_apres(etapes, k) != Classe::SansDroit);
        if !connue {
            let par_un_autre = fichiers[..etapes[i].fichier].iter().any(|f| {
                f.caisse == dossier.0
                    && f.foyers.iter().any(|foyer| {
                        numero(&foyer.numdemrsa) == dossier.1
                            && foyer.personnes.iter().any(|p| suivi(p) && self.personne(fichiers, foyer, p) != personne)
                    })
            });
            return if par_un_autre { "rejoint_foyer" } else { "primo" };
        }
        let avant = (0..i).rev().map(|k| classe_apres(etapes, k)).find(|classe| *classe != Classe::SansDroit);
        match avant {
            Some(Classe::Suspendu) => "retour_suspension",
            Some(Classe::Clos) => "retour_radiation",
            _ => "retour_dd",
        }
    }

    /// The nouveaux entrants of one person, in the order of their first step (annexe 7 §6, three criteria).
    fn entrees(&self, fichiers: &[&Fichier], personne: &str, evs: &[&Evenement]) -> Vec<Entree> {
        let etapes = self.etapes(fichiers, personne);
        let mut entrees: Vec<Entree> = Vec::new();
        for sejour in Self::sejours(&etapes) {
            let i = sejour.0;
            let dtref = etapes[i].dtref;
            let mois = (dtref.year(), dtref.month());
            if entrees.iter().any(|autre| autre.mois == mois) {
                self.note("deja_une_entree_ce_mois");
                continue;
            }
            // Criterion 2: not in droits et devoirs at the end of the month before.
            let avant = (0..etapes.len()).rev().find(|k| etapes[*k].dtref <= fin_du_mois_precedent(dtref));
            if avant.is_some_and(|k| en_dd_apres(&etapes, k)) {
                self.note("deja_en_dd_fin_du_mois_precedent");
                continue;
            }
            let Some(releve) = Self::releve_d_entree(&etapes, i) else { continue };
            // Initial stock.
            match Self::base(fichiers, &releve.dossier.0) {
                Some(base) if dtref > base => {}
                Some(_) => {
                    self.note("base_initiale");
                    continue;
                }
                None if self.question.lectures.base_vide => self.note("base_vide"),
                None => {
                    self.note("base_inconnue");
                    continue;
                }
            }
            let (t0, transmission) = Self::reception(&etapes, sejour);
            if t0 < etapes[i].recu_le {
                self.note("t0_par_un_fichier_suivant");
            }
            let categorie = self.categorie(fichiers, &etapes, i, &releve.dossier, personne);
            // Criterion 3: no follow-up is open.
            let ouvertes: Vec<&Orientation> =
                orientations(evs).into_iter().filter(|o| self.suivi_ouvert(&etapes, i, t0, o.date, evs)).collect();
            let rattachables: Vec<&Orientation> = ouvertes
                .iter()
                .copied()
                .filter(|o| self.rattachable(&etapes, i, &releve, t0, categorie, &entrees, o.date))
                .collect();
            if rattachables.len() < ouvertes.len() {
                self.note("suivi_ouvert");
                continue;
            }
            if !rattachables.is_empty() {
                self.note("orientation_rattachee");
            }
            entrees.push(Entree {
                personne: personne.to_string(),
                t0,
                transmission,
                mois,
                releve,
                categorie,
                rattachee: rattachables.first().map(|o| (*o).clone()),
                fin: None,
            });
        }
        for n in 0..entrees.len() {
            entrees[n].fin = entrees.get(n + 1).map(|suivante| suivante.t0);
            if entrees[n].fin.is_some_and(|fin| fin <= entrees[n].t0) {
                self.note("fenetre_vide");
            }
        }
        entrees
    }

    /// `orientation_anticipee=rattacher`: an orientation since the person's last step (or since the claim when
    /// there is none), in no earlier entry's window, belongs to the entry instead of blocking it.
    #[allow(clippy::too_many_arguments)]
    fn rattachable(
        &self,
        etapes: &[Etape],
        i: usize,
        releve: &Releve,
        t0: NaiveDate,
        categorie: &str,
        precedentes: &[Entree],
        o: NaiveDate,
    ) -> bool {
        if !self.lecture("orientation_anticipee", "rattacher")
            || !matches!(categorie, "primo" | "rejoint_foyer" | "retour_radiation")
        {
            return false;
        }
        let Some(a) = (if i > 0 { Some(etapes[i - 1].dtref) } else { releve.dtdemrsa }) else { return false };
        let deja_prise = (0..precedentes.len()).any(|n| {
            let fin = precedentes.get(n + 1).map_or(t0, |suivante| suivante.t0);
            precedentes[n].t0 <= o && o < fin
        });
        a <= o && o < t0 && !deja_prise
    }
}

// ───────────────────────────── delays ─────────────────────────────

impl Juge<'_> {
    /// The last day on which an outcome counts: arrete, or what is known under `horizon=complet`.
    fn horizon(&self) -> Option<NaiveDate> {
        if self.lecture("horizon", "complet") { self.question.connu_le } else { Some(self.question.arrete) }
    }

    /// « Orientés en un mois et moins » (annexe 7 §6; the other readings are those of annexes 9 and 1).
    fn oriente_a_temps(&self, debut: NaiveDate, o: NaiveDate) -> bool {
        match self.question.lectures.de("orientation.delai") {
            "mois_inclus" => o <= plus_mois(debut, 1),
            "30_jours" => o <= plus_jours(debut, 30),
            "31_jours" => o <= plus_jours(debut, 31),
            _ => dans_les_mois(debut, o, 1),
        }
    }

    /// From when the orientation delay runs.
    fn debut_orientation(&self, entree: &Entree) -> NaiveDate {
        match (self.question.lectures.de("orientation.debut"), entree.releve.dtdemrsa) {
            ("transmission", _) => entree.transmission,
            ("demande", Some(demande)) if demande < entree.t0 => demande,
            _ => entree.t0,
        }
    }

    /// « Premiers CER dans les 2 mois » (annexe 7 §6; annexe 9 and CASF L.262-35 for the other readings).
    fn cer_a_temps(&self, debut: NaiveDate, cer: NaiveDate) -> bool {
        match self.question.lectures.de("cer.delai") {
            "2_mois_inclus" => cer <= plus_mois(debut, 2),
            "1_mois" => dans_les_mois(debut, cer, 1),
            _ => dans_les_mois(debut, cer, 2),
        }
    }

    /// What became of an entry, counting what is dated up to `horizon` (no limit when there is none).
    fn suite(&self, entree: &Entree, evs: &[&Evenement], horizon: Option<NaiveDate>) -> Suite {
        let compte = |jour: NaiveDate| horizon.is_none_or(|h| jour <= h);
        let debut = self.debut_orientation(entree);
        let limite_orientation = limite(debut, |jour| self.oriente_a_temps(debut, jour));

        let premiere = entree
            .rattachee
            .clone()
            .or_else(|| orientations(evs).into_iter().find(|o| entree.contient(o.date)).cloned());
        let orientation = premiere.filter(|o| compte(o.date));
        let (mut delai_orientation, mut oriente_1_mois, mut mois_orientation) = (0, false, 0);
        if let Some(o) = &orientation {
            if entree.rattachee.is_some() {
                oriente_1_mois = true;
                mois_orientation = tranche_en_mois(debut, debut);
            } else {
                delai_orientation = (o.date - debut).num_days();
                oriente_1_mois = self.oriente_a_temps(debut, o.date);
                mois_orientation = tranche_en_mois(debut, o.date);
            }
        }
        let hors_pe = orientation.as_ref().is_some_and(|o| o.organisme != "PE");
        // Delays that run from the orientation are looked at only when there is one.
        let depuis = orientation.as_ref().map_or(entree.t0, |o| o.date);

        let jours_rdv = if self.lecture("rdv.delai", "15_jours") { 15 } else { 14 };
        let mut rendez_vous: Vec<(NaiveDate, &String, NaiveDate)> = Vec::new();
        for e in evs {
            if let Fait::RendezVous(r) = &e.fait {
                let fixation = r.date_fixation.unwrap_or(r.date_rdv);
                if matches!(r.type_rdv.as_str(), "accompagnement" | "cer")
                    && !matches!(r.statut.as_str(), "annule" | "reporte")
                    && entree.contient(r.date_rdv)
                    && r.date_rdv >= depuis
                    && compte(fixation)
                {
                    rendez_vous.push((r.date_rdv, &e.id, fixation));
                }
            }
        }
        rendez_vous.sort();
        let premier_rdv = rendez_vous.first().filter(|_| hors_pe);

        let mut signatures: Vec<NaiveDate> = Vec::new();
        for e in evs {
            if let Fait::Cer(c) = &e.fait {
                let rang = self.lecture("cer.rang", "fenetre") || matches!(c.rang, None | Some(1));
                if c.type_contrat == "cer" && rang && entree.contient(c.date) {
                    signatures.push(c.date);
                }
            }
        }
        let cer = signatures.into_iter().min().filter(|jour| hors_pe && compte(*jour));
        let depuis_l_orientation = self.lecture("cer.debut", "orientation") || self.lecture("cer.delai", "1_mois");
        let debut_cer = if depuis_l_orientation { depuis } else { entree.t0 };
        let fin_cer = cer.map_or(debut_cer, |jour| jour.max(debut_cer));

        let mut gad = Vec::new();
        for e in evs {
            let propose = match &e.fait {
                Fait::Orientation(o) if o.dispositif == "GAD" => Some(o.date),
                Fait::Accompagnement(a) if a.type_accompagnement == "GAD" => a.proposition.or(a.debut),
                _ => None,
            };
            gad.extend(propose.filter(|jour| entree.contient(*jour) && compte(*jour)));
        }

        Suite {
            delai_orientation,
            mois_orientation,
            oriente_1_mois,
            limite_orientation,
            hors_pe,
            rdv: premier_rdv.map(|r| r.0),
            fixation: premier_rdv.map(|r| r.2),
            delai_rdv: premier_rdv.map_or(0, |r| (r.0 - depuis).num_days()),
            rdv_dans_le_delai: premier_rdv.is_some_and(|r| r.0 <= plus_jours(depuis, jours_rdv)),
            limite_rdv: plus_jours(depuis, jours_rdv),
            cer,
            delai_cer: (fin_cer - debut_cer).num_days(),
            mois_cer: tranche_en_mois(debut_cer, fin_cer),
            cer_dans_le_delai: cer.is_some() && self.cer_a_temps(debut_cer, fin_cer),
            limite_cer: limite(debut_cer, |jour| self.cer_a_temps(debut_cer, jour)),
            gad,
            orientation,
        }
    }
}

/// Bucket in months (Lot-et-Garonne, avenant n° 2): 0 within one month, 1 within two, 2 within three, 3 more.
fn tranche_en_mois(debut: NaiveDate, jour: NaiveDate) -> usize {
    (1..=3).find(|n| dans_les_mois(debut, jour, *n)).map_or(3, |n| n as usize - 1)
}

/// Bucket of an appointment in days.
fn tranche_en_jours(jours: i64) -> usize {
    match jours {
        ..=7 => 0,
        8..=14 => 1,
        15..=30 => 2,
        _ => 3,
    }
}

// ───────────────────────────── indicators ─────────────────────────────

/// An entry beside what became of it.
#[derive(Clone)]
struct Vue {
    entree: Entree,
    suite: Suite,
    /// The same with arrete as the horizon, for the complementary figures.
    a_l_arrete: Suite,
    /// Contract and missed appointment, for the complementary figures.
    contrat: Option<i64>,
    manque: bool,
}

/// One delay of one person of the split's population: days when done, bucket, in time, limit.
struct Mesure {
    fait: bool,
    jours: i64,
    tranche: usize,
    a_temps: bool,
    limite: NaiveDate,
}

impl Juge<'_> {
    fn dans_la_periode(&self, jour: NaiveDate) -> bool {
        self.question.du <= jour && jour <= self.question.au
    }

    /// The entries a figure looks at: the cohort, or under `flux=evenements` those of any date whose outcome
    /// is dated in the period.
    fn retenues<'v>(&self, vues: &'v [Vue], issue: impl Fn(&Suite) -> Vec<NaiveDate>) -> Vec<&'v Vue> {
        vues.iter()
            .filter(|vue| {
                if self.lecture("flux", "evenements") {
                    issue(&vue.suite).into_iter().any(|jour| self.dans_la_periode(jour))
                } else {
                    self.dans_la_periode(vue.entree.t0)
                }
            })
            .collect()
    }

    /// Entries, or distinct persons under `comptage=personnes`.
    fn compter(&self, vues: &[&Vue], critere: impl Fn(&Suite) -> bool) -> i64 {
        let bonnes = vues.iter().filter(|vue| critere(&vue.suite));
        if self.lecture("comptage", "personnes") {
            bonnes.map(|vue| &vue.entree.personne).collect::<BTreeSet<_>>().len() as i64
        } else {
            bonnes.count() as i64
        }
    }

    /// How a delay splits its population (annexe 7 §6): in time, late, still running, past.
    fn repartir(
        &self,
        quoi: [&'static str; 4],
        mesures: &[Mesure],
        hors_champ: usize,
        noms: [&'static str; 4],
    ) -> Delais {
        let mut delais = Delais { hors_champ, tranches: noms.map(|nom| (nom, 0)), ..Delais::default() };
        let faits: Vec<i64> = mesures.iter().filter(|m| m.fait).map(|m| m.jours).collect();
        for mesure in mesures {
            if mesure.fait {
                delais.tranches[mesure.tranche].1 += 1;
                if mesure.a_temps {
                    delais.dans_les_delais += 1;
                    self.note(quoi[0]);
                } else {
                    delais.hors_delai += 1;
                    self.note(quoi[1]);
                }
            } else if self.question.arrete <= mesure.limite {
                delais.en_cours += 1;
                self.note(quoi[2]);
            } else {
                delais.echus += 1;
                self.note(quoi[3]);
            }
        }
        delais.moyenne_jours = moyenne(&faits);
        delais.mediane_jours = mediane(&faits);
        delais
    }

    /// Every entry of everybody, with what became of it.
    fn vues(
        &self,
        fichiers: &[&Fichier],
        evenements: &[(String, &Evenement)],
        personnes: &BTreeSet<String>,
    ) -> Vec<Vue> {
        let siens = |personne: &str| -> Vec<&Evenement> {
            evenements.iter().filter(|(p, _)| p == personne).map(|(_, e)| *e).collect()
        };
        let mut vues = Vec::new();
        for personne in personnes {
            let evs = siens(personne);
            for entree in self.entrees(fichiers, personne, &evs) {
                let suite = self.suite(&entree, &evs, self.horizon());
                let a_l_arrete = self.suite(&entree, &evs, Some(self.question.arrete));
                let contrat = self.contrat(&entree, &a_l_arrete, &evs);
                let manque = self.rendez_vous_manque(&entree, &evs);
                vues.push(Vue { entree, suite, a_l_arrete, contrat, manque });
            }
        }
        vues
    }

    /// The value of an entry along an axis.
    fn valeur(&self, axe: &str, vue: &Vue) -> String {
        let selon = |champ: fn(&Orientation) -> &String| match &vue.suite.orientation {
            None => "sans orientation".to_string(),
            Some(o) if champ(o).is_empty() => "non renseigné".to_string(),
            Some(o) => champ(o).clone(),
        };
        match axe {
            "mois" => vue.entree.t0.format("%Y-%m").to_string(),
            "caisse" => vue.entree.releve.dossier.0.clone(),
            "territoire" => selon(|o| &o.territoire),
            "organisme" => selon(|o| &o.organisme),
            "type_parcours" => selon(|o| &o.type_parcours),
            _ => vue.entree.categorie.to_string(),
        }
    }

    fn parts(&self) -> BTreeMap<(&'static str, String), Verdict> {
        let fichiers = self.fichiers();
        let evenements = self.evenements(&fichiers);
        let personnes = self.personnes(&fichiers);
        let vues = self.vues(&fichiers, &evenements, &personnes);
        let etapes: BTreeMap<&String, Vec<Etape>> = personnes.iter().map(|p| (p, self.etapes(&fichiers, p))).collect();
        let mut parts = BTreeMap::new();
        for axe in AXES {
            let mut valeurs: BTreeSet<String> = vues.iter().map(|vue| self.valeur(axe, vue)).collect();
            if axe == "caisse" {
                valeurs.extend(fichiers.iter().map(|f| f.caisse.clone()));
            }
            for valeur in valeurs {
                let siennes: Vec<Vue> = vues.iter().filter(|vue| self.valeur(axe, vue) == valeur).cloned().collect();
                let mut verdict = Verdict::default();
                self.nouveaux_entrants(&siennes, &mut verdict);
                if axe == "caisse" {
                    self.accompagnements(&evenements, &etapes, Some(&valeur), &mut verdict);
                }
                parts.insert((axe, valeur), verdict);
            }
        }
        parts
    }

    fn verdict(&self) -> Verdict {
        let fichiers = self.fichiers();
        let evenements = self.evenements(&fichiers);
        let personnes = self.personnes(&fichiers);
        let vues = self.vues(&fichiers, &evenements, &personnes);
        let etapes: BTreeMap<&String, Vec<Etape>> = personnes.iter().map(|p| (p, self.etapes(&fichiers, p))).collect();

        let mut verdict = Verdict::default();
        self.nouveaux_entrants(&vues, &mut verdict);
        self.accompagnements(&evenements, &etapes, None, &mut verdict);
        self.rapport_pole_emploi(&mut verdict);
        self.complementaires(&fichiers, &vues, &evenements, &etapes, &mut verdict);
        self.detail(&vues, &mut verdict);
        verdict.passages = self.passages.borrow().clone();
        verdict
    }

    /// 3.1.1 to 3.1.6 and 3.2.1 (annexe 7 §6 and §7).
    fn nouveaux_entrants(&self, vues: &[Vue], verdict: &mut Verdict) {
        let cohorte: Vec<&Vue> = vues.iter().filter(|vue| self.dans_la_periode(vue.entree.t0)).collect();
        let orientees = self.retenues(vues, |s| s.orientation.iter().map(|o| o.date).collect());
        let convoquees = self.retenues(vues, |s| s.fixation.into_iter().collect());
        let signees = self.retenues(vues, |s| s.cer.into_iter().collect());
        let gad = self.retenues(vues, |s| s.gad.clone());
        let tous = self.lecture("rdv.population", "orientes");
        let champ = |s: &Suite| s.hors_pe && (tous || s.oriente_1_mois);

        let v1 = self.compter(&cohorte, |_| true);
        let v2 = self.compter(&orientees, |s| s.oriente_1_mois);
        let v3 = self.compter(&convoquees, |s| s.rdv.is_some());
        let v4 = self.compter(&convoquees, |s| champ(s) && s.rdv_dans_le_delai);
        let v5 = self.compter(&signees, |s| s.cer.is_some());
        let v6 = self.compter(&signees, |s| s.cer_dans_le_delai);
        let v21 = self.compter(&gad, |s| !s.gad.is_empty());
        let compte =
            [("3.1.1", v1), ("3.1.2", v2), ("3.1.3", v3), ("3.1.4", v4), ("3.1.5", v5), ("3.1.6", v6), ("3.2.1", v21)];
        for (id, valeur) in compte {
            verdict.valeurs.insert(id, Some(valeur as f64));
        }

        let mois = ["<=1", "<=2", "<=3", ">3"];
        let mesures: Vec<Mesure> = orientees
            .iter()
            .map(|vue| Mesure {
                fait: vue.suite.orientation.is_some(),
                jours: vue.suite.delai_orientation,
                tranche: vue.suite.mois_orientation,
                a_temps: vue.suite.oriente_1_mois,
                limite: vue.suite.limite_orientation,
            })
            .collect();
        let orientation = Delais {
            taux: quotient(v2, v1, 4),
            ..self.repartir(
                ["oriente_a_temps", "oriente_tard", "orientation_en_cours", "orientation_echue"],
                &mesures,
                0,
                mois,
            )
        };
        verdict.delais.insert("3.1.2", orientation);

        let mesures: Vec<Mesure> = convoquees
            .iter()
            .filter(|vue| champ(&vue.suite))
            .map(|vue| Mesure {
                fait: vue.suite.rdv.is_some(),
                jours: vue.suite.delai_rdv,
                tranche: tranche_en_jours(vue.suite.delai_rdv),
                a_temps: vue.suite.rdv_dans_le_delai,
                limite: vue.suite.limite_rdv,
            })
            .collect();
        let hors_champ = convoquees.iter().filter(|vue| vue.suite.hors_pe && !champ(&vue.suite)).count();
        if hors_champ > 0 {
            self.note("hors_champ");
        }
        let rdv = self.repartir(
            ["rdv_a_temps", "rdv_tard", "rdv_en_cours", "rdv_echu"],
            &mesures,
            hors_champ,
            ["<=7", "<=14", "<=30", ">30"],
        );
        verdict.delais.insert("3.1.4", Delais { taux: quotient(v4, v3, 4), ..rdv });

        let mesures: Vec<Mesure> = signees
            .iter()
            .filter(|vue| vue.suite.hors_pe)
            .map(|vue| Mesure {
                fait: vue.suite.cer.is_some(),
                jours: vue.suite.delai_cer,
                tranche: vue.suite.mois_cer,
                a_temps: vue.suite.cer_dans_le_delai,
                limite: vue.suite.limite_cer,
            })
            .collect();
        let cer = Delais {
            taux: quotient(v6, v5, 4),
            ..self.repartir(["cer_a_temps", "cer_tard", "cer_en_cours", "cer_echu"], &mesures, 0, mois)
        };
        verdict.delais.insert("3.1.6", cer);
    }

    /// 3.2.2 to 3.2.6: garantie d'activité and accompagnement global (annexe 7 §7), of one caisse or of all.
    fn accompagnements(
        &self,
        evenements: &[(String, &Evenement)],
        etapes: &BTreeMap<&String, Vec<Etape>>,
        caisse: Option<&str>,
        verdict: &mut Verdict,
    ) {
        let arrete = self.question.arrete;
        let est_brsa = |p: &String, jour: NaiveDate| etapes.get(p).is_some_and(|siennes| brsa(siennes, jour));
        let ici = |p: &String, jour: NaiveDate| caisse.is_none_or(|caisse| caisse_le(&etapes[p], jour) == caisse);
        let mut gad = BTreeSet::new();
        let mut propositions: BTreeMap<String, NaiveDate> = BTreeMap::new();
        let mut proposer = |p: &String, jour: NaiveDate| {
            let premier = propositions.entry(p.clone()).or_insert(jour);
            *premier = jour.min(*premier);
        };
        let mut en_cours = BTreeSet::new();
        let mut paires = BTreeSet::new();
        let mut conseillers = BTreeSet::new();
        let mut demarrages = Vec::new();
        for (p, evenement) in evenements {
            match &evenement.fait {
                Fait::Orientation(o) if o.dispositif == "AG" && self.dans_la_periode(o.date) && est_brsa(p, o.date) => {
                    proposer(p, o.date);
                }
                Fait::Accompagnement(a) => {
                    let court = a.debut.is_some_and(|d| d <= arrete) && a.fin.is_none_or(|f| f > arrete);
                    let en_stock = court && est_brsa(p, arrete) && ici(p, arrete);
                    if a.type_accompagnement == "GAD" {
                        if en_stock {
                            gad.insert(p.clone());
                        }
                        continue;
                    }
                    if let Some(jour) = a.proposition.filter(|jour| self.dans_la_periode(*jour) && est_brsa(p, *jour)) {
                        proposer(p, jour);
                    }
                    if en_stock {
                        en_cours.insert(p.clone());
                        let conseiller = plier(&a.conseiller);
                        if !conseiller.is_empty() {
                            paires.insert((p.clone(), conseiller.clone()));
                            conseillers.insert(conseiller);
                        }
                    }
                    if let (Some(proposition), Some(debut)) = (a.proposition, a.debut)
                        && self.dans_la_periode(debut)
                        && ici(p, debut)
                    {
                        demarrages.push((debut - proposition).num_days());
                    }
                }
                _ => {}
            }
        }
        let proposes: Vec<String> =
            propositions.into_iter().filter(|(p, jour)| ici(p, *jour)).map(|(p, _)| p).collect();
        verdict.valeurs.insert("3.2.2", Some(gad.len() as f64));
        verdict.valeurs.insert("3.2.3", Some(proposes.len() as f64));
        verdict.valeurs.insert("3.2.4", Some(en_cours.len() as f64));
        verdict.valeurs.insert("3.2.5", quotient(paires.len() as i64, conseillers.len() as i64, 1));
        verdict.valeurs.insert("3.2.6", moyenne(&demarrages));
        for (nom, oui) in [
            ("gad_en_cours", !gad.is_empty()),
            ("ag_propose", !proposes.is_empty()),
            ("ag_en_cours", !en_cours.is_empty()),
            ("ag_conseiller", !paires.is_empty()),
            ("ag_demarre", !demarrages.is_empty()),
        ] {
            if oui {
                self.note(nom);
            }
        }
    }

    /// The report of Pôle emploi for exactly this period gives the official 3.2.3 to 3.2.6; the last one wins.
    fn rapport_pole_emploi(&self, verdict: &mut Verdict) {
        for id in ["3.2.3", "3.2.4", "3.2.5", "3.2.6"] {
            let dernier = self
                .monde
                .rapports
                .iter()
                .filter(|r| r.indicateur == id && r.du == self.question.du && r.au == self.question.au)
                .filter(|r| self.question.connu_le.is_none_or(|jour| r.recu_le <= jour))
                .max_by(|a, b| (a.recu_le, &a.fichier, a.ligne).cmp(&(b.recu_le, &b.fichier, b.ligne)));
            if let Some(rapport) = dernier {
                self.note("rapport_pole_emploi");
                let calculee = verdict.valeurs.insert(id, Some(rapport.valeur)).flatten();
                verdict.valeurs_calculees.insert(id, calculee);
            }
        }
    }

    /// Days from the entry's orientation to the first contract at or after it, CER or PPAE for Pôle emploi
    /// (Tarn-et-Garonne, fiche 5.2), before the next entry and by arrete.
    fn contrat(&self, entree: &Entree, suite: &Suite, evs: &[&Evenement]) -> Option<i64> {
        let orientation = suite.orientation.as_ref()?;
        let attendu = if orientation.organisme == "PE" { "ppae" } else { "cer" };
        let mut signatures = Vec::new();
        for e in evs {
            if let Fait::Cer(c) = &e.fait {
                let avant_la_suivante = entree.fin.is_none_or(|fin| c.date < fin);
                if c.type_contrat == attendu
                    && c.date >= orientation.date
                    && avant_la_suivante
                    && c.date <= self.question.arrete
                {
                    signatures.push((c.date - orientation.date).num_days());
                }
            }
        }
        signatures.into_iter().min()
    }

    /// Missed orientation appointment in the window, fixed by arrete (annexe 7 §6, comments).
    fn rendez_vous_manque(&self, entree: &Entree, evs: &[&Evenement]) -> bool {
        evs.iter().any(|e| match &e.fait {
            Fait::RendezVous(r) => {
                r.type_rdv == "orientation"
                    && r.statut == "absent"
                    && entree.contient(r.date_rdv)
                    && r.date_fixation.unwrap_or(r.date_rdv) <= self.question.arrete
            }
            _ => false,
        })
    }

    /// The complementary figures (Tarn-et-Garonne, fiche 5.2; annexe 7 §6, comments).
    fn complementaires(
        &self,
        fichiers: &[&Fichier],
        vues: &[Vue],
        evenements: &[(String, &Evenement)],
        etapes: &BTreeMap<&String, Vec<Etape>>,
        verdict: &mut Verdict,
    ) {
        let cohorte: Vec<&Vue> = vues.iter().filter(|vue| self.dans_la_periode(vue.entree.t0)).collect();
        let orientees: Vec<&Vue> = cohorte.iter().copied().filter(|v| v.a_l_arrete.orientation.is_some()).collect();
        let parcours = |vue: &Vue, types: &[&str]| {
            vue.a_l_arrete.orientation.as_ref().is_some_and(|o| types.contains(&o.type_parcours.as_str()))
        };
        let taux_de = |types: &[&str]| {
            let ceux: Vec<&&Vue> = orientees.iter().filter(|vue| parcours(vue, types)).collect();
            quotient(ceux.iter().filter(|vue| vue.contrat.is_some()).count() as i64, ceux.len() as i64, 4)
        };
        let jours: Vec<i64> = orientees.iter().filter_map(|vue| vue.contrat).collect();
        let trente = jours.iter().filter(|j| **j <= 30).count() as i64;
        let manques = cohorte.iter().filter(|vue| vue.manque).count();
        if manques > 0 {
            self.note("rdv_orientation_manque");
        }

        let mut fins = Vec::new();
        for (p, evenement) in evenements {
            if let Fait::FinSuivi(f) = &evenement.fait {
                let etait_brsa = etapes.get(p).is_some_and(|siennes| brsa(siennes, f.date));
                if self.dans_la_periode(f.date) && etait_brsa {
                    fins.push(f.motif.as_str());
                }
            }
        }
        let sans_suite = ["demenagement", "fin_de_droit", "abandon", "autre"];
        let emploi = ["emploi_cdi", "emploi_cdd", "emploi_eti", "formation_qualifiante"];
        let positives = fins.iter().filter(|motif| !sans_suite.contains(motif)).count() as i64;
        let en_emploi = fins.iter().filter(|motif| emploi.contains(motif)).count() as i64;
        let toutes = fins.len() as i64;

        for (code, valeur) in [
            ("delai_moyen_contrat", moyenne(&jours)),
            ("taux_contrat_emploi", taux_de(&["emploi"])),
            ("taux_contrat_social", taux_de(&["social", "socio_pro"])),
            ("part_contrats_30_jours", quotient(trente, orientees.len() as i64, 4)),
            ("sorties_positives", quotient(positives, toutes, 4)),
            ("sorties_emploi_formation", quotient(en_emploi, toutes, 4)),
            ("rdv_orientation_manques", Some(manques as f64)),
        ] {
            verdict.complementaires.insert((code, String::new()), valeur);
        }

        let caisses: BTreeSet<&String> = fichiers.iter().map(|f| &f.caisse).collect();
        for caisse in caisses {
            let mut jours: Vec<NaiveDate> =
                fichiers.iter().filter(|f| f.caisse == *caisse).map(|f| f.cree_le.date()).collect();
            jours.sort_unstable();
            let ecarts: Vec<i64> = jours.windows(2).map(|paire| (paire[1] - paire[0]).num_days()).collect();
            verdict.complementaires.insert(("frequence_transmissions", caisse.clone()), mediane(&ecarts));
        }
    }

    /// One line an entry of the cohort; an outcome is shown only when it counts.
    fn detail(&self, vues: &[Vue], verdict: &mut Verdict) {
        let flot = self.lecture("flux", "evenements");
        let compte = |jour: Option<NaiveDate>| jour.filter(|j| !flot || self.dans_la_periode(*j)).is_some();
        let tous = self.lecture("rdv.population", "orientes");
        for vue in vues.iter().filter(|vue| self.dans_la_periode(vue.entree.t0)) {
            let (entree, suite) = (&vue.entree, &vue.suite);
            self.note(entree.categorie);
            let orientation = suite.orientation.as_ref().filter(|o| compte(Some(o.date)));
            let rdv = compte(suite.fixation);
            let cer = compte(suite.cer);
            let champ = suite.hors_pe && (tous || suite.oriente_1_mois);
            verdict.entrees.push(LigneEntree {
                numdemrsa: entree.releve.dossier.1.clone(),
                matricule: entree.releve.matricule.clone(),
                caisse: entree.releve.dossier.0.clone(),
                nom: entree.releve.nom.clone(),
                prenom: entree.releve.prenom.clone(),
                dtnai: entree.releve.dtnai.unwrap_or(entree.t0),
                categorie: entree.categorie,
                t0: entree.t0,
                mois_reference: entree.mois,
                date_orientation: orientation.map(|o| o.date),
                organisme: orientation.map(|o| o.organisme.clone()).unwrap_or_default(),
                dispositif: orientation.map(|o| o.dispositif.clone()).unwrap_or_default(),
                territoire: orientation.map(|o| o.territoire.clone()).unwrap_or_default(),
                delai_orientation: orientation.map(|_| suite.delai_orientation),
                oriente_1_mois: orientation.is_some() && suite.oriente_1_mois,
                date_premier_rdv: suite.rdv.filter(|_| rdv),
                delai_rdv: suite.rdv.filter(|_| rdv).map(|_| suite.delai_rdv),
                rdv_2_semaines: rdv && champ && suite.rdv_dans_le_delai,
                date_premier_cer: suite.cer.filter(|_| cer),
                delai_cer: suite.cer.filter(|_| cer).map(|_| suite.delai_cer),
                cer_2_mois: cer && suite.cer_dans_le_delai,
                limite_orientation: suite.limite_orientation,
                limite_cer: suite.hors_pe.then_some(suite.limite_cer),
                gad: suite.gad.iter().any(|jour| compte(Some(*jour))),
            });
        }
        verdict
            .entrees
            .sort_by(|a, b| (a.t0, &a.numdemrsa, &a.nom, &a.prenom).cmp(&(b.t0, &b.numdemrsa, &b.nom, &b.prenom)));
    }
}
