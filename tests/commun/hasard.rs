//! Small random worlds from a seed: a few people, dossiers and files over some twenty months, and events set
//! around the days on which a rule turns.
//!
//! `monde(graine)` is the entry point: the same seed gives the same world on every machine. Nothing here knows
//! the answers; what the worlds exercise is counted by a test (`tests/arbitre.rs`).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime};

use super::arbitre::listes::Demande;
use super::arbitre::{
    Accompagnement, Cer, Evenement, Fait, Fichier, FinSuivi, Foyer, LECTURES, Lectures, Monde, Orientation, Personne,
    Question, Qui, RapportPoleEmploi, RendezVous, numero, plus_jours, plus_mois,
};

/// splitmix64: enough for tests, and the same everywhere.
pub struct Hasard(u64);

impl Hasard {
    /// A generator for a seed.
    pub fn de(graine: u64) -> Self {
        Self(graine.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    fn suivant(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `bas` to `haut`, both possible.
    pub fn entre(&mut self, bas: i64, haut: i64) -> i64 {
        bas + (self.suivant() % (haut - bas + 1) as u64) as i64
    }

    /// True so many times out of a hundred.
    pub fn chance(&mut self, pour_cent: i64) -> bool {
        self.entre(0, 99) < pour_cent
    }

    /// One of them.
    pub fn un<'a, T>(&mut self, choix: &'a [T]) -> &'a T {
        &choix[self.entre(0, choix.len() as i64 - 1) as usize]
    }

    /// Shuffle in place.
    pub fn melanger<T>(&mut self, liste: &mut [T]) {
        for n in (1..liste.len()).rev() {
            let autre = self.entre(0, n as i64) as usize;
            liste.swap(n, autre);
        }
    }
}

fn jour(annee: i32, mois: u32, jour: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(annee, mois, jour).unwrap_or(NaiveDate::MIN)
}

fn decaler(depart: NaiveDate, jours: i64) -> NaiveDate {
    if jours < 0 {
        depart.checked_sub_days(Days::new(jours.unsigned_abs())).unwrap_or(depart)
    } else {
        plus_jours(depart, jours.unsigned_abs())
    }
}

/// Last day of the month, some months after November 2020.
fn fin_de_mois(rang: i64) -> NaiveDate {
    decaler(plus_mois(jour(2020, 12, 1), rang as i32), -1)
}

/// ENTRY POINT for comparisons, by the binary or in process: the world of a seed and what to ask of it.
pub fn monde(graine: u64) -> (Monde, Vec<Question>) {
    let mut h = Hasard::de(graine);
    let mut gens = gens(&mut h);
    let calendrier = calendrier(&mut h);
    let fichiers = fichiers(&mut h, &gens, &calendrier);
    let mut monde = Monde { fichiers, ..Monde::default() };
    let mut registre = Registre { lignes: BTreeMap::new(), ids: BTreeSet::new() };
    if h.chance(50) {
        gens.push(histoire(&mut h, &mut registre, &mut monde));
    }
    evenements(&mut h, &gens, &mut registre, &mut monde);
    let questions = questions(&mut h, &mut monde);
    (monde, questions)
}

// ───────────────────────────── people ─────────────────────────────

/// One person as they are, before any file misspells them.
#[derive(Clone)]
struct Gens {
    nir: String,
    nom: String,
    nomnai: String,
    prenom: String,
    dtnai: NaiveDate,
}

fn gens(h: &mut Hasard) -> Vec<Gens> {
    let mut tous: Vec<Gens> = Vec::new();
    for n in 0..h.entre(1, 6) {
        if !tous.is_empty() && h.chance(18) {
            // A namesake: same name and birth date, another NIR or none.
            let mut autre = h.un(&tous).clone();
            autre.nir = if h.chance(50) { String::new() } else { format!("1800152121{:03}", 500 + n) };
            tous.push(autre);
            continue;
        }
        let departement = if h.chance(10) { "2A" } else { "52" };
        let nir = format!("{}8{}0{}{departement}121{:03}", h.entre(1, 2), h.entre(0, 9), h.entre(1, 9), 100 + n);
        tous.push(Gens {
            nir: if h.chance(78) { nir } else { String::new() },
            nom: h.un(&["ALBERT", "BERGER", "LEFÈVRE-D'ARC", "CARLIER", "ESNAULT"]).to_string(),
            nomnai: h.un(&["", "", "NOËL", "MARTIN"]).to_string(),
            prenom: h.un(&["PAUL", "LUCIE", "ZOÉ"]).to_string(),
            dtnai: jour(1980 + h.entre(0, 9) as i32, 3, h.entre(1, 28) as u32),
        });
    }
    tous
}

// ───────────────────────────── files ─────────────────────────────

/// A file to come, before its content.
struct Envoi {
    caisse: &'static str,
    mensuel: bool,
    dtref: NaiveDate,
    cree_le: NaiveDateTime,
    recu_le: NaiveDate,
}

fn creation(jour: NaiveDate, h: &mut Hasard) -> NaiveDateTime {
    let heure = NaiveTime::from_hms_opt(h.entre(0, 23) as u32, h.entre(0, 59) as u32, h.entre(0, 59) as u32);
    NaiveDateTime::new(jour, heure.unwrap_or_default())
}

fn calendrier(h: &mut Hasard) -> Vec<Envoi> {
    let caisses: &[&'static str] = if h.chance(50) { &["CAF521", "MSA052"] } else { &["CAF521"] };
    let mut jours: Vec<(NaiveDate, bool, &'static str)> = Vec::new();
    for caisse in caisses {
        // The initial stock, sometimes late in the story, sometimes never.
        if !h.chance(11) {
            let rang = if h.chance(80) { h.entre(0, 1) } else { h.entre(2, 8) };
            jours.push((fin_de_mois(rang), true, caisse));
        }
    }
    for _ in 0..h.entre(3, 12) {
        let caisse = *h.un(caisses);
        if h.chance(45) {
            jours.push((fin_de_mois(h.entre(0, 20)), true, caisse));
        } else {
            let proche = h.un(&[-1, 0, 1, 8, 10, 14, 20, 27]);
            jours.push((decaler(fin_de_mois(h.entre(0, 19)), *proche), false, caisse));
        }
    }
    // A year and a bit after another file, to the day.
    if h.chance(35) {
        let (depart, _, caisse) = *h.un(&jours);
        jours.push((decaler(plus_mois(depart, 12), h.entre(-1, 1)), false, caisse));
    }
    let mut envois: Vec<Envoi> = Vec::new();
    let mut creations = BTreeSet::new();
    for (dtref, mensuel, caisse) in jours {
        let fois = if mensuel && h.chance(10) { 2 } else { 1 };
        for _ in 0..fois {
            let apres = if mensuel { h.entre(2, 8) } else { h.entre(0, 2) };
            let mut cree_le = creation(decaler(dtref, apres), h);
            // Two caisses may create a file at the same second; the base name then decides.
            let jumeau = envois.iter().find(|e| e.dtref == dtref && e.caisse != caisse && e.mensuel == mensuel);
            if let Some(jumeau) = jumeau.filter(|_| h.chance(50)) {
                cree_le = jumeau.cree_le;
            }
            if !creations.insert((caisse, cree_le)) {
                continue;
            }
            let retard = if h.chance(12) { h.entre(15, 80) } else { h.entre(0, 3) };
            envois.push(Envoi { caisse, mensuel, dtref, cree_le, recu_le: decaler(cree_le.date(), retard) });
        }
    }
    envois.sort_by_key(|envoi| (envoi.dtref, envoi.mensuel, envoi.cree_le));
    envois
}

/// A dossier as its caisse knows it.
struct Vie {
    caisse: &'static str,
    numero: String,
    matricule: String,
    dtdemrsa: Option<NaiveDate>,
    etat: u8,
    suspension: Option<NaiveDate>,
    motif: &'static str,
    membres: Vec<(usize, &'static str, Option<bool>)>,
    /// Nothing changes before this day.
    fige_jusque: Option<NaiveDate>,
}

const MOTIFS: [&str; 7] = ["MUT", "RGD", "CMU", "MUT", "ECH", "RAU", ""];

fn top(h: &mut Hasard) -> Option<bool> {
    match h.entre(0, 99) {
        0..=8 => None,
        9..=75 => Some(true),
        _ => Some(false),
    }
}

fn role(h: &mut Hasard, rang: usize) -> &'static str {
    match h.entre(0, 99) {
        0..=4 => "",
        5..=8 => "BEN",
        9..=11 => "ENF",
        12..=13 => "AUT",
        14 => "RDO",
        _ if rang == 0 => "DEM",
        _ => "CJT",
    }
}

/// A suspension date: none, to come, or a past one, often twelve months to the day before some later file.
fn suspension(h: &mut Hasard, vue_le: NaiveDate, envois: &[Envoi]) -> Option<NaiveDate> {
    if h.chance(25) {
        return None;
    }
    if h.chance(15) {
        return Some(decaler(vue_le, h.entre(1, 40)));
    }
    if h.chance(60) {
        let suivants: Vec<NaiveDate> = envois.iter().map(|e| e.dtref).filter(|dtref| *dtref > vue_le).collect();
        if !suivants.is_empty() {
            let borne = decaler(plus_mois(*h.un(&suivants), -12), h.entre(-1, 1));
            if borne <= vue_le {
                return Some(borne);
            }
        }
    }
    Some(decaler(vue_le, -h.entre(0, 200)))
}

fn evoluer(h: &mut Hasard, vie: &mut Vie, dtref: NaiveDate, envois: &[Envoi]) {
    if vie.fige_jusque.is_some_and(|jour| dtref < jour) {
        return;
    }
    let reprise = vie.fige_jusque.take().is_some();
    if reprise || h.chance(45) {
        let ancien = vie.etat;
        vie.etat = if reprise { 2 } else { *h.un(&[2, 2, 2, 2, 2, 3, 4, 5, 5, 6, 0, 1]) };
        vie.motif = "";
        match vie.etat {
            3 | 4 if !matches!(ancien, 3 | 4) || h.chance(15) => {
                vie.suspension = suspension(h, dtref, envois);
                if h.chance(45) {
                    vie.fige_jusque = Some(decaler(plus_mois(dtref, h.entre(9, 12) as i32), h.entre(0, 2)));
                }
            }
            5 | 6 => vie.motif = *h.un(&MOTIFS),
            2 => vie.suspension = if h.chance(20) { vie.suspension } else { None },
            _ => {}
        }
        if reprise {
            for membre in &mut vie.membres {
                membre.2 = Some(true);
            }
        }
    }
    for rang in 0..vie.membres.len() {
        if h.chance(22) {
            vie.membres[rang].2 = top(h);
        }
        if h.chance(4) {
            vie.membres[rang].1 = role(h, rang);
        }
    }
}

fn bloc(h: &mut Hasard, vie: &Vie, gens: &[Gens]) -> Foyer {
    let personnes = vie
        .membres
        .iter()
        .map(|(n, role, top)| {
            let lui = &gens[*n];
            Personne {
                nir: if h.chance(6) { String::new() } else { lui.nir.clone() },
                nom: lui.nom.clone(),
                nomnai: if h.chance(3) { String::new() } else { lui.nomnai.clone() },
                prenom: lui.prenom.clone(),
                dtnai: lui.dtnai,
                role: role.to_string(),
                top: *top,
            }
        })
        .collect();
    Foyer {
        numdemrsa: vie.numero.clone(),
        matricule: vie.matricule.clone(),
        dtdemrsa: vie.dtdemrsa,
        etat: vie.etat,
        suspension: vie.suspension,
        motif_cloture: vie.motif.to_string(),
        personnes,
    }
}

/// The second block of a dossier given twice: it may say something else, of fewer people.
fn second_bloc(h: &mut Hasard, premier: &Foyer, dtref: NaiveDate) -> Foyer {
    let mut second = premier.clone();
    if h.chance(60) {
        second.etat = *h.un(&[2, 3, 4, 5, 6, 0]);
    }
    if h.chance(40) {
        second.suspension = if h.chance(50) { None } else { Some(decaler(dtref, -h.entre(0, 400))) };
    }
    if h.chance(40) {
        second.motif_cloture = h.un(&MOTIFS).to_string();
    }
    if h.chance(30) {
        second.dtdemrsa = second.dtdemrsa.map(|demande| decaler(demande, 3));
    }
    for personne in &mut second.personnes {
        if h.chance(40) {
            personne.top = top(h);
        }
        if h.chance(10) {
            personne.nir = String::new();
        }
    }
    if second.personnes.len() > 1 && h.chance(40) {
        let parti = h.entre(0, second.personnes.len() as i64 - 1) as usize;
        second.personnes.remove(parti);
    }
    second
}

fn fichiers(h: &mut Hasard, gens: &[Gens], envois: &[Envoi]) -> Vec<Fichier> {
    let caisses: Vec<&'static str> = envois.iter().map(|e| e.caisse).collect::<BTreeSet<_>>().into_iter().collect();
    let Some(premier) = envois.first() else { return Vec::new() };
    let mut vies: Vec<Vie> = Vec::new();
    for n in 0..h.entre(1, 4) {
        let caisse = *h.un(&caisses);
        // The same number may live in two caisses.
        let pris: Vec<String> = vies.iter().filter(|v| v.caisse == caisse).map(|v| v.numero.clone()).collect();
        let repris = vies.iter().map(|v| v.numero.clone()).find(|numero| !pris.contains(numero));
        let numero = repris.filter(|_| h.chance(30)).unwrap_or_else(|| numero(&format!("{}", 1 + n)));
        vies.push(Vie {
            caisse,
            numero,
            matricule: format!("{:015}", 208_956_400 + n),
            dtdemrsa: if h.chance(80) { Some(decaler(premier.dtref, h.entre(-60, 45))) } else { None },
            etat: *h.un(&[2, 2, 2, 0, 5, 3]),
            suspension: None,
            motif: "",
            membres: Vec::new(),
            fige_jusque: None,
        });
    }
    // Who is where at the start; the others come later.
    for n in 0..gens.len() {
        if h.chance(60) {
            let rang = h.entre(0, vies.len() as i64 - 1) as usize;
            let (role, top) = (role(h, vies[rang].membres.len()), top(h));
            vies[rang].membres.push((n, role, top));
        }
    }
    let mut tous = Vec::new();
    for (rang, envoi) in envois.iter().enumerate() {
        deplacer(h, gens, &mut vies);
        for vie in &mut vies {
            evoluer(h, vie, envoi.dtref, envois);
        }
        let mut foyers = Vec::new();
        let mut non_lus = Vec::new();
        for vie in vies.iter().filter(|v| v.caisse == envoi.caisse && !v.membres.is_empty()) {
            let present = match (envoi.mensuel, vie.etat) {
                (true, 5 | 6) => h.chance(55),
                (true, _) => h.chance(88),
                (false, _) => h.chance(70),
            };
            if !present {
                continue;
            }
            if h.chance(5) {
                non_lus.push(vie.numero.clone());
                continue;
            }
            let premier = bloc(h, vie, gens);
            if h.chance(7) {
                let second = second_bloc(h, &premier, envoi.dtref);
                let (un, deux) = if h.chance(50) { (premier, second) } else { (second, premier) };
                foyers.push(un);
                foyers.push(deux);
            } else {
                foyers.push(premier);
            }
        }
        if foyers.is_empty() {
            foyers.push(temoin(envoi.caisse));
        }
        tous.push(Fichier {
            nom: format!("RSA{}_{:02}", if envoi.mensuel { "BEM" } else { "BEI" }, (rang * 7) % 50),
            caisse: envoi.caisse.to_string(),
            mensuel: envoi.mensuel,
            dtref: envoi.dtref,
            cree_le: envoi.cree_le,
            recu_le: envoi.recu_le,
            foyers,
            non_lus,
        });
    }
    h.melanger(&mut tous);
    tous
}

/// People come, move to another dossier, or leave theirs.
fn deplacer(h: &mut Hasard, gens: &[Gens], vies: &mut [Vie]) {
    for n in 0..gens.len() {
        let ici = vies.iter().position(|v| v.membres.iter().any(|m| m.0 == n));
        let chance = if ici.is_some() { 9 } else { 40 };
        if !h.chance(chance) {
            continue;
        }
        let la = h.entre(0, vies.len() as i64 - 1) as usize;
        if vies[la].membres.iter().any(|m| m.0 == n) {
            continue;
        }
        if let Some(ici) = ici {
            if h.chance(65) {
                vies[ici].membres.retain(|m| m.0 != n);
            } else if h.chance(50) {
                vies[ici].etat = 5;
                vies[ici].motif = "MUT";
                vies[la].etat = 2;
            }
        }
        let (role, top) = (role(h, vies[la].membres.len()), top(h));
        vies[la].membres.push((n, role, top));
    }
}

/// A foyer of a person who never has a right, so that no file is empty.
fn temoin(caisse: &str) -> Foyer {
    Foyer {
        numdemrsa: numero("99999"),
        matricule: format!("{:015}", 999),
        dtdemrsa: None,
        etat: 1,
        suspension: None,
        motif_cloture: String::new(),
        personnes: vec![Personne {
            nir: String::new(),
            nom: format!("TEMOIN {}", &caisse[..3]),
            nomnai: String::new(),
            prenom: "JEAN".into(),
            dtnai: jour(1970, 1, 1),
            role: "DEM".into(),
            top: Some(false),
        }],
    }
}

// ───────────────────────────── stories ─────────────────────────────

/// What the caisse says on one day of the person of a story.
struct Scene {
    dtref: NaiveDate,
    caisse: &'static str,
    numero: &'static str,
    etat: u8,
    top: bool,
    suspension: Option<NaiveDate>,
    motif: &'static str,
}

impl Scene {
    fn de(dtref: NaiveDate, etat: u8, top: bool) -> Self {
        Self { dtref, caisse: "CAF521", numero: "00000000077", etat, top, suspension: None, motif: "" }
    }

    fn foyer(&self, lui: &Gens, dtdemrsa: NaiveDate) -> Foyer {
        Foyer {
            numdemrsa: self.numero.into(),
            matricule: format!("{:015}", 777),
            dtdemrsa: Some(dtdemrsa),
            etat: self.etat,
            suspension: self.suspension,
            motif_cloture: self.motif.into(),
            personnes: vec![Personne {
                nir: lui.nir.clone(),
                nom: lui.nom.clone(),
                nomnai: lui.nomnai.clone(),
                prenom: lui.prenom.clone(),
                dtnai: lui.dtnai,
                role: "DEM".into(),
                top: Some(self.top),
            }],
        }
    }
}

/// One more person, whose story passes close to a rule that chance alone seldom meets: a move, a suspension of
/// about twelve months, in and out within a month, an orientation before the flux is received.
fn histoire(h: &mut Hasard, registre: &mut Registre, monde: &mut Monde) -> Gens {
    let lui = Gens {
        nir: "2850652121777".into(),
        nom: "PRIGENT".into(),
        nomnai: String::new(),
        prenom: "ANNE".into(),
        dtnai: jour(1985, 6, 5),
    };
    let debut = decaler(jour(2021, 1, 5), h.entre(0, 60));
    let mut scenes = vec![Scene::de(debut, 2, true)];
    let mut orientee_le = None;
    let mut retard = 0;
    match h.entre(0, 3) {
        0 => {
            let ferme = decaler(debut, h.entre(20, 120));
            scenes.push(Scene {
                motif: h.un::<&str>(&["MUT", "RGD", "CMU", "ECH"]),
                etat: *h.un(&[5, 6]),
                ..Scene::de(ferme, 5, false)
            });
            let ouvert = if h.chance(50) { decaler(plus_mois(ferme, 2), h.entre(-1, 1)) } else { decaler(ferme, 10) };
            scenes.push(Scene {
                numero: if h.chance(85) { "00000000078" } else { "00000000077" },
                caisse: if h.chance(30) { "MSA052" } else { "CAF521" },
                ..Scene::de(ouvert, *h.un(&[2, 2, 3, 0]), h.chance(80))
            });
            orientee_le = Some(decaler(debut, h.entre(5, 19)));
        }
        1 => {
            let suspendu = decaler(debut, h.entre(20, 90));
            let depuis = if h.chance(70) { Some(decaler(suspendu, h.entre(-15, 1))) } else { None };
            let s = depuis.filter(|jour| *jour <= suspendu).unwrap_or(suspendu);
            scenes.push(Scene { suspension: depuis, ..Scene::de(suspendu, *h.un(&[3, 4]), true) });
            scenes.push(Scene::de(decaler(plus_mois(s, 12), *h.un(&[-1, 0, 0, 1, 1, 30])), 2, true));
            orientee_le =
                Some(if h.chance(80) { decaler(debut, 7) } else { decaler(plus_mois(s, 12), h.entre(-1, 1)) });
        }
        2 => {
            let premier = decaler(plus_mois(debut, 3), -i64::from(debut.day0()));
            scenes.push(Scene::de(decaler(debut, 9), 2, false));
            for (rang, top) in [true, false, true, false, true].into_iter().enumerate() {
                scenes.push(Scene::de(decaler(premier, 2 + 5 * rang as i64), 2, top));
            }
        }
        _ => {
            retard = h.entre(3, 25);
            if h.chance(60) {
                scenes.insert(0, Scene::de(decaler(debut, -h.entre(1, 20)), *h.un(&[0, 0, 5]), false));
            }
            orientee_le = Some(decaler(debut, h.entre(-4, retard + 2)));
        }
    }
    let demande = decaler(debut, -h.entre(0, 5));
    for fichier in &mut monde.fichiers {
        if !fichier.mensuel {
            continue;
        }
        for numero in ["00000000077", "00000000078"] {
            let derniere =
                scenes.iter().rfind(|s| s.numero == numero && s.caisse == fichier.caisse && s.dtref <= fichier.dtref);
            if let Some(scene) = derniere
                && h.chance(if scene.etat >= 5 { 30 } else { 93 })
            {
                fichier.foyers.push(scene.foyer(&lui, demande));
            }
        }
    }
    for (rang, scene) in scenes.iter().enumerate() {
        monde.fichiers.push(Fichier {
            nom: format!("RSABEI_{}", 60 + rang),
            caisse: scene.caisse.into(),
            mensuel: false,
            dtref: scene.dtref,
            cree_le: creation(scene.dtref, h),
            recu_le: decaler(scene.dtref, retard + h.entre(0, 2)),
            foyers: vec![scene.foyer(&lui, demande)],
            non_lus: Vec::new(),
        });
    }
    if let Some(date) = orientee_le {
        let fait = orientation(h, date);
        verser(h, registre, monde, &Qui::Nir(lui.nir.clone()), fait);
    }
    lui
}

// ───────────────────────────── events ─────────────────────────────

/// Where versions are put together: reception days, base names and line numbers.
struct Registre {
    lignes: BTreeMap<(u8, NaiveDate, String), u32>,
    ids: BTreeSet<(u8, i64)>,
}

impl Registre {
    fn id(&mut self, h: &mut Hasard, genre: u8) -> String {
        loop {
            let n = h.entre(1, 60);
            if self.ids.insert((genre, n)) {
                return format!("E{n}");
            }
        }
    }
}

fn genre(fait: &Fait) -> u8 {
    match fait {
        Fait::Orientation(_) => 0,
        Fait::RendezVous(_) => 1,
        Fait::Cer(_) => 2,
        Fait::Accompagnement(_) => 3,
        Fait::FinSuivi(_) => 4,
    }
}

/// The earliest day on which the line can have been typed: what is past for its file lies before it.
fn au_plus_tot(fait: &Fait) -> NaiveDate {
    match fait {
        Fait::Orientation(o) => o.date,
        Fait::RendezVous(r) => r.date_fixation.unwrap_or(decaler(r.date_rdv, -10)),
        Fait::Cer(c) => c.date,
        Fait::Accompagnement(a) => a.proposition.or(a.debut.map(|debut| decaler(debut, -10))).unwrap_or(NaiveDate::MIN),
        Fait::FinSuivi(f) => f.date,
    }
}

/// The same fact with its date moved, as a correction would.
fn corriger(h: &mut Hasard, fait: &Fait) -> Fait {
    let ecart = *h.un(&[-20, -3, -1, 1, 2, 10, 25]);
    let mut autre = fait.clone();
    match &mut autre {
        Fait::Orientation(o) => {
            o.date = decaler(o.date, ecart);
            if h.chance(40) {
                o.organisme = h.un(&["PE", "CD"]).to_string();
            }
        }
        Fait::RendezVous(r) => {
            r.date_rdv = decaler(r.date_rdv, ecart.abs());
            if h.chance(40) {
                r.statut = h.un(&["honore", "absent", "annule", "reporte"]).to_string();
            }
        }
        Fait::Cer(c) => c.date = decaler(c.date, ecart),
        Fait::Accompagnement(a) => a.debut = a.debut.map(|debut| decaler(debut, ecart.abs())),
        Fait::FinSuivi(f) => f.date = decaler(f.date, ecart),
    }
    if let Fait::Accompagnement(a) = &mut autre {
        a.fin = a.fin.max(a.debut.filter(|_| a.fin.is_some()));
    }
    autre
}

fn qui(h: &mut Hasard, lui: &Gens, numeros: &[String]) -> Qui {
    let nom = if !lui.nomnai.is_empty() && h.chance(40) { &lui.nomnai } else { &lui.nom };
    let nom = match h.entre(0, 3) {
        0 => nom.to_lowercase(),
        1 => nom.replace(['È', 'Ë'], "E").replace('-', " ").replace('\'', "\u{2019}"),
        _ => nom.clone(),
    };
    let prenom = if h.chance(30) { lui.prenom.replace('É', "e") } else { lui.prenom.clone() };
    let chances = h.entre(0, 99);
    if chances < 65 && !lui.nir.is_empty() {
        Qui::Nir(lui.nir.clone())
    } else if chances < 85 && !numeros.is_empty() {
        let entier = h.un(numeros).clone();
        let numdemrsa = if h.chance(40) { entier.trim_start_matches('0').to_string() } else { entier };
        Qui::DossierEtNom { numdemrsa, nom, prenom, dtnai: lui.dtnai }
    } else {
        Qui::Nom { nom, prenom, dtnai: lui.dtnai }
    }
}

/// Write the versions of one event: first typed, sometimes corrected, sometimes withdrawn, sometimes back.
fn verser(h: &mut Hasard, registre: &mut Registre, monde: &mut Monde, qui: &Qui, fait: Fait) {
    let n = genre(&fait);
    let id = registre.id(h, n);
    let mut versions = vec![(fait.clone(), false)];
    if h.chance(22) {
        versions.push((corriger(h, &fait), false));
    }
    if h.chance(9) {
        versions.push((fait.clone(), true));
        if h.chance(35) {
            versions.push((corriger(h, &fait), false));
        }
    }
    h.melanger(&mut versions);
    for (fait, annule) in versions {
        let depuis = au_plus_tot(&fait).max(jour(2020, 6, 1));
        let saisi_le = if h.chance(60) { Some(decaler(depuis, *h.un(&[0, 0, 1, 5, 30, 90]))) } else { None };
        let depuis = depuis.max(saisi_le.unwrap_or(NaiveDate::MIN));
        // Some few reception days and names, so that lines meet in one file and ties are real.
        let mensuelle = decaler(plus_mois(depuis, 1), -i64::from(depuis.day0().min(27)));
        let recu_le = if h.chance(60) { mensuelle.max(depuis) } else { decaler(depuis, h.entre(0, 20)) };
        let fichier = h.un(&["saisie", "saisie_suite", "Export"]).to_string();
        let compte = registre.lignes.entry((n, recu_le, fichier.clone())).or_insert(0);
        *compte += 1;
        let ligne = *compte;
        monde.evenements.push(Evenement {
            id: id.clone(),
            qui: qui.clone(),
            saisi_le,
            recu_le,
            fichier,
            ligne,
            annule,
            fait,
        });
    }
}

/// Days around which something turns for a person: what their files say, and when they were received.
fn reperes(monde: &Monde, lui: &Gens) -> Vec<NaiveDate> {
    let mut jours = Vec::new();
    for fichier in &monde.fichiers {
        let cite = |p: &Personne| p.nom == lui.nom && p.prenom == lui.prenom && p.dtnai == lui.dtnai;
        if fichier.foyers.iter().any(|foyer| foyer.etat == 2 && foyer.personnes.iter().any(cite)) {
            jours.push(fichier.recu_le);
            jours.push(fichier.dtref);
        }
    }
    jours.sort_unstable();
    if jours.is_empty() {
        jours.push(jour(2021, 3, 1));
    }
    jours
}

/// The dossiers that name a person, now and then all of them.
fn numeros(h: &mut Hasard, monde: &Monde, lui: &Gens) -> Vec<String> {
    let tous = h.chance(12);
    let foyers = monde.fichiers.iter().flat_map(|fichier| &fichier.foyers);
    let cite = |p: &Personne| p.nom == lui.nom && p.prenom == lui.prenom && p.dtnai == lui.dtnai;
    let siens = foyers.filter(|foyer| tous || foyer.personnes.iter().any(cite));
    siens.map(|foyer| foyer.numdemrsa.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A day some way after (or rarely before) another, often on the edge of a delay.
fn autour(h: &mut Hasard, depart: NaiveDate) -> NaiveDate {
    match h.entre(0, 9) {
        0 => decaler(depart, -h.entre(1, 40)),
        1 => depart,
        2 => decaler(depart, h.entre(1, 60)),
        3 => decaler(depart, *h.un(&[7, 8, 13, 14, 15, 16])),
        4 => decaler(depart, *h.un(&[28, 29, 30, 31, 32])),
        5 | 6 => decaler(plus_mois(depart, 1), h.entre(-1, 1)),
        7 => decaler(plus_mois(depart, 2), h.entre(-1, 1)),
        8 => decaler(plus_mois(depart, 3), h.entre(-1, 1)),
        _ => decaler(depart, h.entre(1, 10)),
    }
}

fn orientation(h: &mut Hasard, date: NaiveDate) -> Fait {
    Fait::Orientation(Orientation {
        date,
        organisme: h.un(&["CD", "CD", "CD", "PE", "CCAS", "ML", "ASSO"]).to_string(),
        mode: h.un(&["", "courrier", "designation_referent"]).to_string(),
        type_parcours: h.un(&["", "emploi", "social", "socio_pro"]).to_string(),
        dispositif: h.un(&["", "", "", "GAD", "AG"]).to_string(),
        territoire: h.un(&["", "Nord", "Sud"]).to_string(),
    })
}

fn rendez_vous(h: &mut Hasard, depart: NaiveDate) -> Fait {
    let date_rdv = match h.entre(0, 3) {
        0 => autour(h, depart),
        _ => decaler(depart, *h.un(&[0, 3, 7, 8, 13, 14, 15, 16, 30, 31])),
    };
    Fait::RendezVous(RendezVous {
        type_rdv: h.un(&["accompagnement", "accompagnement", "cer", "orientation"]).to_string(),
        date_rdv,
        date_fixation: if h.chance(50) { Some(decaler(date_rdv, -h.entre(0, 15))) } else { None },
        statut: h.un(&["fixe", "fixe", "honore", "absent", "excuse", "reporte", "annule"]).to_string(),
    })
}

fn accompagnement(h: &mut Hasard, depart: NaiveDate) -> Fait {
    let proposition = if h.chance(80) { Some(autour(h, depart)) } else { None };
    let depuis = proposition.unwrap_or(depart);
    let debut = if proposition.is_none() || h.chance(75) { Some(decaler(depuis, h.entre(0, 45))) } else { None };
    let commence = debut.unwrap_or(depuis);
    Fait::Accompagnement(Accompagnement {
        type_accompagnement: h.un(&["AG", "AG", "GAD"]).to_string(),
        proposition,
        debut,
        fin: if h.chance(35) { Some(decaler(commence, h.entre(0, 200))) } else { None },
        conseiller: h.un(&["", "Dupont", "DUPONT", "Noël", "Martin"]).to_string(),
    })
}

fn evenements(h: &mut Hasard, gens: &[Gens], registre: &mut Registre, monde: &mut Monde) {
    for lui in gens {
        let numeros = numeros(h, monde, lui);
        let reperes = reperes(monde, lui);
        for _ in 0..*h.un(&[0, 1, 1, 1, 2, 2, 3]) {
            let ancre = *h.un(&reperes);
            let date = if h.chance(8) { decaler(jour(2020, 6, 15), h.entre(0, 100)) } else { autour(h, ancre) };
            let celui = qui(h, lui, &numeros);
            let fait = orientation(h, date);
            verser(h, registre, monde, &celui, fait);
            if h.chance(12) {
                // Another one of the same day: the id decides.
                let fait = orientation(h, date);
                verser(h, registre, monde, &celui, fait);
            }
            for _ in 0..h.entre(0, 2) {
                let fait = rendez_vous(h, date);
                verser(h, registre, monde, &celui, fait);
            }
            if h.chance(55) {
                let depart = if h.chance(50) { date } else { ancre };
                let fait = Fait::Cer(Cer {
                    date: autour(h, depart),
                    type_contrat: h.un(&["cer", "cer", "cer", "ppae"]).to_string(),
                    rang: *h.un(&[None, Some(1), Some(1), Some(2)]),
                });
                verser(h, registre, monde, &celui, fait);
            }
        }
        for _ in 0..h.entre(0, 1) {
            let (depart, celui) = (*h.un(&reperes), qui(h, lui, &numeros));
            let fait = accompagnement(h, depart);
            verser(h, registre, monde, &celui, fait);
        }
        if h.chance(35) {
            let (depart, celui) = (*h.un(&reperes), qui(h, lui, &numeros));
            let motifs = ["emploi_cdi", "formation_qualifiante", "autre_sortie_positive", "abandon", "autre"];
            let fait = Fait::FinSuivi(FinSuivi {
                date: decaler(depart, *h.un(&[-1, 0, 0, 1, 20, 60])),
                motif: h.un(&motifs).to_string(),
            });
            verser(h, registre, monde, &celui, fait);
        }
        if h.chance(30) {
            let (depart, celui) = (*h.un(&reperes), qui(h, lui, &numeros));
            let fait = rendez_vous(h, depart);
            verser(h, registre, monde, &celui, fait);
        }
    }
    h.melanger(&mut monde.evenements);
}

// ───────────────────────────── questions ─────────────────────────────

/// What to ask of the lists of a world: days on which a deadline or a threshold turns, known that day or
/// not, under the readings of its questions.
pub fn demandes_de_listes(graine: u64, monde: &Monde, questions: &[Question]) -> Vec<Demande> {
    let mut h = Hasard::de(graine ^ 0x1157_E511);
    let orientations: Vec<NaiveDate> = monde
        .evenements
        .iter()
        .filter_map(|e| if let Fait::Orientation(o) = &e.fait { Some(o.date) } else { None })
        .collect();
    let demandes: Vec<NaiveDate> =
        monde.fichiers.iter().flat_map(|f| f.foyers.iter().filter_map(|foyer| foyer.dtdemrsa)).collect();
    let faits: Vec<NaiveDate> = monde.evenements.iter().map(|e| au_plus_tot(&e.fait)).collect();
    let receptions: Vec<NaiveDate> = monde.fichiers.iter().map(|f| f.recu_le).collect();
    let references: Vec<NaiveDate> = monde.fichiers.iter().map(|f| f.dtref).collect();
    let rendez_vous: Vec<NaiveDate> = monde
        .evenements
        .iter()
        .filter_map(|e| match &e.fait {
            Fait::RendezVous(r) if r.type_rdv == "orientation" => Some(r.date_rdv),
            _ => None,
        })
        .collect();
    let mut out = Vec::new();
    for rang in 0..7 {
        let (departs, mois) = match rang {
            0 => (&receptions, 0),
            1 => (&faits, 0),
            2 => (&orientations, 24),
            3 => (&demandes, 60),
            4 => (&references, 60),
            5 => (&rendez_vous, 0),
            _ => (&receptions, *h.un(&[1, 2])),
        };
        if departs.is_empty() {
            continue;
        }
        let depart = *h.un(departs);
        let au = match mois {
            0 => autour(&mut h, depart),
            _ => decaler(plus_mois(depart, mois), *h.un(&[-1, 0, 1, 1, 2])),
        };
        let connu_le = if h.chance(65) { au } else { decaler(au, h.entre(-60, 90)) };
        out.push(Demande { au, connu_le, lectures: h.un(questions).lectures.clone() });
    }
    out
}

fn questions(h: &mut Hasard, monde: &mut Monde) -> Vec<Question> {
    let receptions: Vec<NaiveDate> = monde.fichiers.iter().map(|f| f.recu_le).collect();
    let mut questions = vec![Question {
        du: jour(2020, 12, 1),
        au: jour(2022, 8, 31),
        arrete: jour(2022, 8, 31),
        connu_le: None,
        lectures: Lectures::default(),
    }];
    for _ in 0..3 {
        let mut du = if h.chance(40) { *h.un(&receptions) } else { jour(2021, h.entre(1, 6) as u32, 1) };
        let mut au = match h.entre(0, 3) {
            0 => *h.un(&receptions),
            1 => jour(2021, 12, 31),
            _ => decaler(jour(2021, 9, 1), h.entre(0, 365)),
        };
        if au < du {
            std::mem::swap(&mut du, &mut au);
        }
        // Now and then, closed on the day when the delays of an outcome end.
        let departs: Vec<NaiveDate> = monde.evenements.iter().map(|e| au_plus_tot(&e.fait)).collect();
        if !departs.is_empty() && h.chance(35) {
            let depart = *h.un(&departs);
            au = autour(h, depart).max(du);
        }
        let arrete = if h.chance(50) { au } else { decaler(au, h.entre(1, 70)) };
        let connu_le = if h.chance(35) { Some(decaler(arrete, h.entre(-60, 60))) } else { None };
        let mut lectures = Lectures::default();
        for (cle, valeurs) in LECTURES {
            if h.chance(match cle {
                "flux" => 12,
                "orientation_anticipee" => 60,
                _ => 22,
            }) {
                lectures.choix.insert(cle.to_string(), h.un(valeurs).to_string());
            }
        }
        lectures.base_vide = h.chance(15);
        questions.push(Question { du, au, arrete, connu_le, lectures });
    }
    if h.chance(25) {
        let vise = h.un(&questions).clone();
        let exact = h.chance(75);
        for n in 0..h.entre(1, 4) {
            let recu_le = decaler(vise.au, h.entre(0, 30));
            let ligne = 1 + monde.rapports.iter().filter(|r| r.recu_le == recu_le).count() as u32;
            monde.rapports.push(RapportPoleEmploi {
                du: vise.du,
                au: if exact { vise.au } else { decaler(vise.au, 1) },
                indicateur: format!("3.2.{}", 3 + (n + h.entre(0, 1)) % 4),
                valeur: h.entre(0, 120) as f64 / 2.0,
                recu_le,
                fichier: "rapport".into(),
                ligne,
            });
        }
    }
    questions
}
