//! What leaves the department: a reader who knows every sum tries to work out the hidden figures.
//!
//! The reader here is written apart from the program: it counts people on its own, writes the sums
//! its own way, and looks for a hidden figure by elimination, by bounds, and by trying values.

use std::collections::BTreeMap;

use jalon::indicateurs::axes::{Axe, Part};
use jalon::indicateurs::catalogue::CATALOGUE;
use jalon::indicateurs::complementaires::Complementaire;
use jalon::indicateurs::delais::{Repartition, taux};
use jalon::indicateurs::diffusion::{masquer, masques};
use jalon::indicateurs::variantes::Variante;
use jalon::indicateurs::{Indicateur, Qualite, Remarques, Tableau, Tenue, Valeur};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

// People, and the table that counts them.

/// What is left of a delay: the bucket in which it ended (0 to 3), still under way, or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suite {
    Fait(usize),
    EnCours,
    Echu,
}

#[derive(Clone, Copy, Debug)]
struct Personne {
    mois: usize,
    caisse: usize,
    structure: usize,
    orientation: Suite,
    pole_emploi: bool,
    rdv: Suite,
    cer: Suite,
    gad: bool,
}

impl Personne {
    fn orientee(&self) -> bool {
        matches!(self.orientation, Suite::Fait(_))
    }

    fn dans_le_mois(&self) -> bool {
        self.orientation == Suite::Fait(0)
    }

    fn hors_pe(&self) -> bool {
        self.orientee() && !self.pole_emploi
    }
}

fn compter(gens: &[&Personne], compte: impl Fn(&Personne) -> bool) -> u64 {
    gens.iter().filter(|p| compte(p)).count() as u64
}

fn repartition(
    gens: &[&Personne],
    dans: impl Fn(&Personne) -> bool,
    suite: impl Fn(&Personne) -> Suite,
    derniere_a_temps: usize,
    hors_champ: u64,
) -> Repartition {
    let n = |voulu: &dyn Fn(Suite) -> bool| Valeur::Entier(compter(gens, |p| dans(p) && voulu(suite(p))));
    let faits = compter(gens, |p| dans(p) && matches!(suite(p), Suite::Fait(_)));
    Repartition {
        dans_les_delais: n(&|s| matches!(s, Suite::Fait(t) if t <= derniere_a_temps)),
        hors_delai: n(&|s| matches!(s, Suite::Fait(t) if t > derniere_a_temps)),
        hors_champ: Valeur::Entier(hors_champ),
        en_cours: n(&|s| s == Suite::EnCours),
        echus: n(&|s| s == Suite::Echu),
        moyenne_jours: (faits > 0).then_some(Valeur::Decimal(20.3)),
        jours: jalon::indicateurs::delais::Quotient::default(),
        mediane_jours: (faits > 0).then_some(Valeur::Decimal(20.0)),
        tranches: ["a", "b", "c", "d"]
            .into_iter()
            .enumerate()
            .map(|(t, nom)| (nom, n(&|s| s == Suite::Fait(t))))
            .collect(),
    }
}

fn indicateurs(gens: &[&Personne]) -> Vec<Indicateur> {
    let dans_le_champ = |p: &Personne| p.hors_pe() && p.dans_le_mois();
    let hors_champ = compter(gens, |p| p.hors_pe() && !p.dans_le_mois());
    let splits = [
        repartition(gens, |_| true, |p| p.orientation, 0, 0),
        repartition(gens, dans_le_champ, |p| p.rdv, 1, hors_champ),
        repartition(gens, Personne::hors_pe, |p| p.cer, 1, 0),
    ];
    let fait = |s: Suite| matches!(s, Suite::Fait(_));
    let a_temps = |s: Suite| matches!(s, Suite::Fait(0 | 1));
    let valeurs = [
        gens.len() as u64,
        compter(gens, Personne::dans_le_mois),
        compter(gens, |p| p.hors_pe() && fait(p.rdv)),
        compter(gens, |p| dans_le_champ(p) && a_temps(p.rdv)),
        compter(gens, |p| p.hors_pe() && fait(p.cer)),
        compter(gens, |p| p.hors_pe() && a_temps(p.cer)),
        compter(gens, |p| p.gad),
    ];
    valeurs
        .iter()
        .zip(&CATALOGUE)
        .map(|(n, definition)| {
            let rang = ["3.1.2", "3.1.4", "3.1.6"].iter().position(|id| *id == definition.id);
            let sur = rang.map(|rang| valeurs[[0, 2, 4][rang]]);
            Indicateur {
                definition,
                libelle: definition.libelle.into(),
                court: None,
                valeur: Some(Valeur::Entier(*n)),
                motif: None,
                tenue: rang.map(|rang| Tenue {
                    taux: taux(*n, sur.unwrap()).map(Valeur::Decimal),
                    repartition: splits[rang].clone(),
                    cible: Some(1.0),
                    cible_exemple: false,
                    eloigne_note_2: Some(true),
                    eloigne_annexe_5: Some(true),
                }),
                valeur_calculee: None,
                remarques: None,
                effectif: None,
                quotient: None,
            }
        })
        .collect()
}

const AXES: [Axe; 3] = [Axe::Mois, Axe::Caisse, Axe::Structure];

fn tableau(gens: &[Personne], axes: &[Axe]) -> Tableau<'static> {
    let tous: Vec<&Personne> = gens.iter().collect();
    let mut repartitions = Vec::new();
    for axe in axes {
        let valeur = |p: &Personne| match axe {
            Axe::Mois => p.mois,
            Axe::Caisse => p.caisse,
            _ => p.structure,
        };
        let mut parts: BTreeMap<usize, Vec<&Personne>> = BTreeMap::new();
        gens.iter().for_each(|p| parts.entry(valeur(p)).or_default().push(p));
        repartitions.extend(parts.into_iter().map(|(valeur, gens)| Part {
            axe: *axe,
            valeur: valeur.to_string(),
            indicateurs: indicateurs(&gens),
        }));
    }
    Tableau {
        indicateurs: indicateurs(&tous),
        complementaires: Vec::new(),
        lignes: Vec::new(),
        garanties: Vec::new(),
        qualite: Qualite::default(),
        repartitions,
        axes_retenus: Vec::new(),
        variantes: Vec::new(),
    }
}

// The counts of a table, by name.

fn nommer(indicateurs: &[Indicateur]) -> Vec<(String, Valeur)> {
    let mut out = Vec::new();
    for indicateur in indicateurs {
        let id = indicateur.definition.id;
        out.extend(indicateur.valeur.map(|valeur| (id.to_owned(), valeur)));
        if let Some(Tenue { repartition: r, .. }) = &indicateur.tenue {
            let comptes = [
                ("tenu", r.dans_les_delais),
                ("tard", r.hors_delai),
                ("ailleurs", r.hors_champ),
                ("attend", r.en_cours),
                ("trop", r.echus),
            ];
            out.extend(comptes.map(|(nom, n)| (format!("{id} {nom}"), n)));
            out.extend(r.tranches.iter().map(|(nom, n)| (format!("{id} {nom}"), *n)));
        }
    }
    out
}

fn blocs<'a>(tableau: &'a Tableau<'_>) -> Vec<(String, &'a [Indicateur])> {
    let parts = tableau.repartitions.iter().map(|p| (format!("{}={}", p.axe.code(), p.valeur), &p.indicateurs[..]));
    std::iter::once((String::new(), &tableau.indicateurs[..])).chain(parts).collect()
}

// The reader.

/// Nobody thinks of more people than that.
const BEAUCOUP: i64 = 100_000;

struct Lecteur {
    noms: Vec<String>,
    vrai: Vec<i64>,
    connu: Vec<bool>,
    /// Whether the cell is written somewhere, hidden or not; a hidden one is not empty.
    ecrite: Vec<bool>,
    /// Sums that are nothing.
    sommes: Vec<Vec<(usize, i64)>>,
}

impl Lecteur {
    /// Reads a masked table; `entier` is only there to know what was to be found.
    fn lire(masque: &Tableau<'_>, entier: &Tableau<'_>) -> Self {
        let mut lecteur =
            Self { noms: Vec::new(), vrai: Vec::new(), connu: Vec::new(), ecrite: Vec::new(), sommes: Vec::new() };
        let mut places = BTreeMap::new();
        // An axis that is withheld is not there to be read.
        let vrais: BTreeMap<_, _> = blocs(entier).into_iter().collect();
        for (bloc, vu) in blocs(masque) {
            let vrai = vrais[&bloc];
            for ((nom, vue), (_, vraie)) in nommer(vu).into_iter().zip(nommer(vrai)) {
                let nom = format!("{bloc}|{nom}");
                places.insert(nom.clone(), lecteur.noms.len());
                let vraie = vraie.entier().unwrap().cast_signed();
                assert!(vue == Valeur::Masquee || vue.entier() == Some(vraie.unsigned_abs()), "{nom} is changed");
                lecteur.case(nom, vraie, vue != Valeur::Masquee, true);
            }
        }
        // Known by definition: no text says more than these lines.
        for (bloc, _) in blocs(masque) {
            let c = |nom: &str| places[&format!("{bloc}|{nom}")];
            for id in ["3.1.2", "3.1.4", "3.1.6"] {
                let [tenu, tard] = ["tenu", "tard"].map(|nom| c(&format!("{id} {nom}")));
                let tranches = ["a", "b", "c", "d"].map(|nom| c(&format!("{id} {nom}")));
                let premieres = if id == "3.1.2" { &tranches[..1] } else { &tranches[..2] };
                lecteur.egal(premieres, &[tenu]);
                lecteur.egal(&tranches[premieres.len()..], &[tard]);
                lecteur.egal(&[c(id)], &[tenu]);
            }
            let population = |id: &str| ["tenu", "tard", "attend", "trop"].map(|nom| c(&format!("{id} {nom}")));
            let [cer_tenu, cer_tard, ..] = population("3.1.6");
            lecteur.egal(&population("3.1.2"), &[c("3.1.1")]);
            lecteur.egal(&[cer_tenu, cer_tard], &[c("3.1.5")]);
            let [hors_champ, rdv] = [c("3.1.4 ailleurs"), c("3.1.3")];
            lecteur.egal(&[&population("3.1.4")[..], &[hors_champ]].concat(), &population("3.1.6"));
            let [oriente, tard, ..] = population("3.1.2");
            lecteur.au_plus(&population("3.1.4"), &[oriente]);
            lecteur.au_plus(&[hors_champ], &[tard]);
            let [rdv_tenu, rdv_tard, ..] = population("3.1.4");
            lecteur.au_plus(&[rdv_tenu, rdv_tard], &[rdv]);
            lecteur.au_plus(&[rdv], &[rdv_tenu, rdv_tard, hors_champ]);
            lecteur.au_plus(&[c("3.2.1")], &[c("3.1.1")]);
        }
        for axe in AXES {
            let debut = format!("{}=", axe.code());
            let parts: Vec<&Part> = masque.repartitions.iter().filter(|part| part.axe == axe).collect();
            if !parts.is_empty() {
                for (nom, _) in nommer(&masque.indicateurs) {
                    let cases: Vec<usize> =
                        parts.iter().map(|part| places[&format!("{debut}{}|{nom}", part.valeur)]).collect();
                    lecteur.egal(&cases, &[places[&format!("|{nom}")]]);
                }
            }
        }
        lecteur
    }

    fn case(&mut self, nom: String, vrai: i64, connu: bool, ecrite: bool) -> usize {
        self.noms.push(nom);
        self.vrai.push(vrai);
        self.connu.push(connu);
        self.ecrite.push(ecrite);
        self.noms.len() - 1
    }

    fn egal(&mut self, gauche: &[usize], droite: &[usize]) {
        let somme: Vec<(usize, i64)> = gauche.iter().map(|&c| (c, 1)).chain(droite.iter().map(|&c| (c, -1))).collect();
        assert_eq!(somme.iter().map(|(c, s)| s * self.vrai[*c]).sum::<i64>(), 0, "the reader is mistaken");
        self.sommes.push(somme);
    }

    fn au_plus(&mut self, gauche: &[usize], droite: &[usize]) {
        let n = |cases: &[usize]| cases.iter().map(|&c| self.vrai[c]).sum::<i64>();
        let reste = n(droite) - n(gauche);
        let reste = self.case(format!("({} / {})", self.noms[gauche[0]], self.noms[droite[0]]), reste, false, false);
        self.egal(&[gauche, &[reste]].concat(), droite);
    }

    /// The cells that elimination gives.
    fn eliminer(&self) -> Vec<usize> {
        // Modulo a prime: a cell that is determined there and not over the rationals would need a
        // determinant that is a multiple of it.
        const P: i128 = (1 << 61) - 1;
        let puissance = |mut base: i128, mut exposant: i128| {
            let mut out = 1;
            while exposant > 0 {
                if exposant & 1 == 1 {
                    out = out * base % P;
                }
                base = base * base % P;
                exposant >>= 1;
            }
            out
        };
        let inconnues: Vec<usize> = (0..self.noms.len()).filter(|c| !self.connu[*c]).collect();
        let colonnes: BTreeMap<usize, usize> = inconnues.iter().enumerate().map(|(rang, c)| (*c, rang)).collect();
        let mut lignes: Vec<Vec<i128>> = self
            .sommes
            .iter()
            .map(|somme| {
                let mut ligne = vec![0; inconnues.len()];
                somme.iter().filter(|(c, _)| !self.connu[*c]).for_each(|(c, s)| {
                    ligne[colonnes[c]] = (ligne[colonnes[c]] + i128::from(*s)).rem_euclid(P);
                });
                ligne
            })
            .collect();
        let mut haut = 0;
        for colonne in 0..inconnues.len() {
            let Some(pivot) = (haut..lignes.len()).find(|rang| lignes[*rang][colonne] != 0) else { continue };
            lignes.swap(haut, pivot);
            let inverse = puissance(lignes[haut][colonne], P - 2);
            lignes[haut].iter_mut().for_each(|x| *x = *x * inverse % P);
            let reference = lignes[haut].clone();
            for (rang, ligne) in lignes.iter_mut().enumerate() {
                let facteur = ligne[colonne];
                if rang != haut && facteur != 0 {
                    ligne.iter_mut().zip(&reference).for_each(|(x, r)| *x = (*x - facteur * r).rem_euclid(P));
                }
            }
            haut += 1;
        }
        let seules = lignes.iter().filter(|ligne| ligne.iter().filter(|x| **x != 0).count() == 1);
        seules.map(|ligne| inconnues[ligne.iter().position(|x| *x != 0).unwrap()]).collect()
    }

    fn bornes(&self) -> Vec<(i64, i64)> {
        (0..self.noms.len())
            .map(|c| if self.connu[c] { (self.vrai[c], self.vrai[c]) } else { (i64::from(self.ecrite[c]), BEAUCOUP) })
            .collect()
    }

    /// Narrows the bounds until nothing moves; `false` when no value is left somewhere.
    fn serrer(&self, bornes: &mut [(i64, i64)]) -> bool {
        loop {
            let mut bouge = false;
            for somme in &self.sommes {
                let terme = |bornes: &[(i64, i64)], (c, s): (usize, i64)| {
                    let (a, b) = bornes[c];
                    if s > 0 { (a, b) } else { (-b, -a) }
                };
                let (mut bas, mut haut) = (0, 0);
                for paire in somme {
                    let (a, b) = terme(bornes, *paire);
                    (bas, haut) = (bas + a, haut + b);
                }
                for &(c, s) in somme {
                    let (a, b) = terme(bornes, (c, s));
                    // Minus the others, which lie between bas - a and haut - b.
                    let (mini, maxi) = (a.max(b - haut), b.min(a - bas));
                    if mini > maxi {
                        return false;
                    }
                    if (mini, maxi) != (a, b) {
                        bornes[c] = if s > 0 { (mini, maxi) } else { (-maxi, -mini) };
                        bouge = true;
                        (bas, haut) = (bas - a + mini, haut - b + maxi);
                    }
                }
            }
            if !bouge {
                return true;
            }
        }
    }

    /// Whether a set of figures exists within bounds: `None` when it took too long to tell.
    fn existe(&self, mut bornes: Vec<(i64, i64)>, essais: &mut u32) -> Option<bool> {
        *essais = essais.checked_sub(1)?;
        if !self.serrer(&mut bornes) {
            return Some(false);
        }
        let libre = (0..bornes.len()).filter(|c| bornes[*c].0 < bornes[*c].1);
        let Some(c) = libre.min_by_key(|c| bornes[*c].1 - bornes[*c].0) else { return Some(true) };
        let (a, b) = bornes[c];
        let mut valeurs: Vec<i64> = (a..=b.min(a + 60)).collect();
        valeurs.sort_by_key(|x| (x - self.vrai[c]).abs());
        for x in valeurs {
            let mut suite = bornes.clone();
            suite[c] = (x, x);
            if self.existe(suite, essais)? {
                return Some(true);
            }
        }
        if b > a + 60 { None } else { Some(false) }
    }

    /// What is found of what was hidden.
    fn trouver(&self) -> Vec<&str> {
        let mut bornes = self.bornes();
        assert!(self.serrer(&mut bornes), "the reader finds no table at all");
        let secrete = |c: usize| !self.connu[c] && (self.ecrite[c] || (1..5).contains(&self.vrai[c]));
        let mut out: Vec<usize> = self.eliminer().into_iter().filter(|c| secrete(*c)).collect();
        out.extend((0..bornes.len()).filter(|c| secrete(*c) && bornes[*c].0 == bornes[*c].1));
        // A small one must keep a range as wide as 1 to 4.
        out.extend(
            (0..bornes.len())
                .filter(|c| secrete(*c) && (1..5).contains(&self.vrai[*c]) && bornes[*c].1 - bornes[*c].0 < 3),
        );
        out.sort_unstable();
        out.dedup();
        out.into_iter().map(|c| self.noms[c].as_str()).collect()
    }

    /// Tries values in each small hidden cell: those whose possible values are too few, and how many
    /// cells could not be told.
    fn essayer(&self) -> (Vec<&str>, usize, usize) {
        let (mut trouvees, mut tues, mut vues) = (Vec::new(), 0, 0);
        for c in (0..self.noms.len()).filter(|c| !self.connu[*c] && (1..5).contains(&self.vrai[*c])) {
            vues += 1;
            let mut possibles = vec![self.vrai[c]];
            let mut certain = true;
            for x in (i64::from(self.ecrite[c])..=4 * self.vrai[c]).filter(|x| *x != self.vrai[c]) {
                let mut bornes = self.bornes();
                bornes[c] = (x, x);
                match self.existe(bornes, &mut 400) {
                    Some(true) => possibles.push(x),
                    Some(false) => {}
                    None => certain = false,
                }
            }
            let large = possibles.iter().max().unwrap() - possibles.iter().min().unwrap() >= 3;
            match (large, certain) {
                (false, true) => trouvees.push(self.noms[c].as_str()),
                (false, false) => tues += 1,
                (true, _) => {}
            }
        }
        (trouvees, tues, vues)
    }
}

/// What no reader needs a sum for: a rate beside a hidden term, a mean beside a hidden count.
fn verifier_les_taux(tableau: &Tableau<'_>) {
    for (bloc, indicateurs) in blocs(tableau) {
        let cachee = |id: &str| indicateurs.iter().any(|i| i.definition.id == id && i.valeur == Some(Valeur::Masquee));
        for indicateur in indicateurs {
            let Some(tenue) = &indicateur.tenue else { continue };
            let id = indicateur.definition.id;
            let sur = match id {
                "3.1.2" => "3.1.1",
                "3.1.4" => "3.1.3",
                _ => "3.1.5",
            };
            if cachee(id) || cachee(sur) {
                assert!(matches!(tenue.taux, None | Some(Valeur::Masquee)), "{bloc} {id}");
                assert_eq!(tenue.eloigne_note_2, None, "{bloc} {id}");
            }
            let r = &tenue.repartition;
            let faits = [r.dans_les_delais, r.hors_delai];
            if faits.contains(&Valeur::Masquee) {
                assert!(matches!(r.moyenne_jours, None | Some(Valeur::Masquee)), "{bloc} {id}");
                assert!(matches!(r.mediane_jours, None | Some(Valeur::Masquee)), "{bloc} {id}");
            }
            if faits.contains(&Valeur::Masquee) || r.echus == Valeur::Masquee {
                assert_eq!(tenue.eloigne_annexe_5, None, "{bloc} {id}");
            }
        }
    }
}

fn masque(entier: &Tableau<'static>) -> Tableau<'static> {
    let mut masque = entier.clone();
    masquer(&mut masque);
    verifier_les_taux(&masque);
    masque
}

fn suite() -> impl Strategy<Value = Suite> {
    prop_oneof![
        6 => Just(Suite::Fait(0)),
        2 => (1usize..4).prop_map(Suite::Fait),
        1 => Just(Suite::EnCours),
        2 => Just(Suite::Echu),
    ]
}

fn gens(nombre: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Personne>> {
    let personne = (
        0usize..12,
        prop_oneof![6 => Just(0usize), 1 => Just(1)],
        0usize..8,
        suite(),
        any::<bool>(),
        suite(),
        suite(),
        prop_oneof![12 => Just(false), 1 => Just(true)],
    )
        .prop_map(|(mois, caisse, structure, orientation, pole_emploi, rdv, cer, gad)| Personne {
            mois,
            caisse,
            structure,
            orientation,
            pole_emploi,
            rdv,
            cer,
            gad,
        });
    proptest::collection::vec(personne, nombre)
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

#[test]
fn no_hidden_figure_is_worked_out_along_two_or_three_axes() {
    let mut runner = TestRunner::new(config(24));
    runner
        .run(&(gens(20..400), 2usize..4), |(gens, axes)| {
            let entier = tableau(&gens, &AXES[..axes]);
            let lecteur = Lecteur::lire(&masque(&entier), &entier);
            prop_assert_eq!(lecteur.trouver(), Vec::<&str>::new());
            Ok(())
        })
        .unwrap();
}

#[test]
fn no_small_figure_of_a_small_table_is_found_by_trying_values() {
    let mut runner = TestRunner::new(config(64));
    let (vues, tues) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    runner
        .run(&(gens(1..40), 0usize..2), |(gens, axes)| {
            let entier = tableau(&gens, &AXES[1..1 + axes]);
            let lecteur = Lecteur::lire(&masque(&entier), &entier);
            prop_assert_eq!(lecteur.trouver(), Vec::<&str>::new());
            let (trouvees, non_dites, toutes) = lecteur.essayer();
            prop_assert_eq!(trouvees, Vec::<&str>::new());
            vues.set(vues.get() + toutes);
            tues.set(tues.get() + non_dites);
            Ok(())
        })
        .unwrap();
    assert!(vues.get() > 100 && tues.get() * 20 < vues.get(), "{} of {} cells untold", tues.get(), vues.get());
}

/// The reader is no straw man: with the small figures alone hidden, it finds them.
#[test]
fn hiding_the_small_figures_alone_would_not_do() {
    let mut gens: Vec<Personne> = (0..60)
        .map(|n| Personne {
            mois: n % 2,
            caisse: 0,
            structure: 0,
            orientation: Suite::Fait(0),
            pole_emploi: true,
            rdv: Suite::EnCours,
            cer: Suite::EnCours,
            gad: false,
        })
        .collect();
    gens.iter_mut().step_by(20).for_each(|p| p.orientation = Suite::Echu);
    let entier = tableau(&gens, &[Axe::Mois]);
    let mut naif = entier.clone();
    let cacher = |indicateurs: &mut Vec<Indicateur>| {
        for indicateur in indicateurs {
            if let Some(tenue) = &mut indicateur.tenue {
                let r = &mut tenue.repartition;
                for n in [&mut r.echus, &mut r.hors_delai] {
                    if n.entier().is_some_and(|n| (1..5).contains(&n)) {
                        *n = Valeur::Masquee;
                    }
                }
            }
        }
    };
    cacher(&mut naif.indicateurs);
    naif.repartitions.iter_mut().for_each(|part| cacher(&mut part.indicateurs));
    assert_eq!(Lecteur::lire(&naif, &entier).trouver(), ["|3.1.2 trop", "mois=0|3.1.2 trop"]);
    assert_eq!(Lecteur::lire(&masque(&entier), &entier).trouver(), Vec::<&str>::new());
}

#[test]
fn a_table_of_many_people_keeps_its_twelve_figures() {
    // One person in twenty late or not oriented, a few each month: the table itself has nothing small.
    let gens: Vec<Personne> = (0..2400)
        .map(|n| Personne {
            mois: n % 12,
            caisse: usize::from(n % 7 == 0),
            structure: n % 8,
            orientation: match n % 61 {
                0 => Suite::Echu,
                1..4 => Suite::Fait(n % 61),
                _ => Suite::Fait(0),
            },
            pole_emploi: n % 3 == 0,
            rdv: if n % 11 == 0 { Suite::Echu } else { Suite::Fait(n % 5 % 4) },
            cer: if n % 13 == 0 { Suite::EnCours } else { Suite::Fait(n % 7 % 4) },
            gad: n % 50 == 0,
        })
        .collect();
    let entier = tableau(&gens, &AXES);
    let masque = masque(&entier);
    let cachees: Vec<&str> =
        masque.indicateurs.iter().filter(|i| i.valeur == Some(Valeur::Masquee)).map(|i| i.definition.id).collect();
    assert!(cachees.is_empty(), "{cachees:?}");
    assert_eq!(Lecteur::lire(&masque, &entier).trouver(), Vec::<&str>::new());
    let (cachees, petites, toutes) =
        (nombre_de(&masque, est_cachee), nombre_de(&entier, est_petite), nombre_de(&entier, |_| true));
    assert!(cachees < 3 * petites, "{cachees} hidden for {petites} small ones among {toutes}");
}

fn est_cachee(valeur: Valeur) -> bool {
    valeur == Valeur::Masquee
}

fn est_petite(valeur: Valeur) -> bool {
    valeur.entier().is_some_and(|n| (1..5).contains(&n))
}

fn nombre_de(tableau: &Tableau<'_>, voulu: impl Fn(Valeur) -> bool) -> usize {
    blocs(tableau).iter().flat_map(|(_, i)| nommer(i)).filter(|(_, n)| voulu(*n)).count()
}

/// Two hundred structures of thirty people, in which nearly everything is small.
/// The twelve figures come first: those of a table with an axis are those of the table alone, and the
/// axis that would take one more is withheld.
#[test]
fn an_axis_never_takes_one_of_the_twelve_figures() {
    let (retenus, montres) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    TestRunner::new(config(24))
        .run(&gens(20..400), |gens| {
            let caches = |tableau: &Tableau<'_>| {
                tableau.indicateurs.iter().map(|i| i.valeur == Some(Valeur::Masquee)).collect::<Vec<_>>()
            };
            let masque_entier = masque(&tableau(&gens, &AXES));
            prop_assert_eq!(caches(&masque_entier), caches(&masque(&tableau(&gens, &[]))));
            for axe in AXES {
                let montre = masque_entier.repartitions.iter().any(|part| part.axe == axe);
                prop_assert_eq!(montre, !masque_entier.axes_retenus.contains(&axe));
                let compte = if montre { &montres } else { &retenus };
                compte.set(compte.get() + 1);
            }
            Ok(())
        })
        .unwrap();
    assert!(retenus.get() > 2 && montres.get() > 2, "{} withheld, {} shown", retenus.get(), montres.get());
}

#[test]
fn hundreds_of_structures_are_masked_and_the_table_keeps_its_figures() {
    let mut graine = 7u64;
    let mut tirer = move |n: u64| {
        graine = graine.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((graine >> 33) % n).unwrap()
    };
    let gens: Vec<Personne> = (0..6000)
        .map(|_| {
            let mut suite = || match tirer(20) {
                0 => Suite::EnCours,
                1 | 2 => Suite::Echu,
                n => Suite::Fait((n % 8).min(3)),
            };
            let (orientation, rdv, cer) = (suite(), suite(), suite());
            let [mois, caisse, structure, pole_emploi, gad] = [12, 10, 200, 2, 30].map(&mut tirer);
            let caisse = usize::from(caisse == 0);
            Personne { mois, caisse, structure, orientation, pole_emploi: pole_emploi == 0, rdv, cer, gad: gad == 0 }
        })
        .collect();
    let entier = tableau(&gens, &AXES);
    let masque = masque(&entier);
    let (cachees, petites, toutes) =
        (nombre_de(&masque, est_cachee), nombre_de(&entier, est_petite), nombre_de(&entier, |_| true));
    assert!(cachees < 2 * petites, "{cachees} hidden for {petites} small ones among {toutes}");
    assert_eq!(masque.indicateurs.iter().filter(|i| i.valeur == Some(Valeur::Masquee)).count(), 0);
    let lecteur = Lecteur::lire(&masque, &entier);
    let mut bornes = lecteur.bornes();
    assert!(lecteur.serrer(&mut bornes));
    let trouvee = |c: &usize| !lecteur.connu[*c] && lecteur.ecrite[*c] && bornes[*c].0 == bornes[*c].1;
    assert_eq!((0..bornes.len()).find(trouvee), None);
}

#[test]
fn masking_twice_hides_nothing_more_and_shows_nothing_more() {
    let mut runner = TestRunner::new(config(8));
    runner
        .run(&gens(20..80), |gens| {
            let une_fois = masque(&tableau(&gens, &AXES[..1]));
            let deux_fois = masque(&une_fois);
            for ((bloc, avant), (_, apres)) in blocs(&une_fois).into_iter().zip(blocs(&deux_fois)) {
                for ((nom, avant), (_, apres)) in nommer(avant).into_iter().zip(nommer(apres)) {
                    prop_assert!(avant != Valeur::Masquee || apres == Valeur::Masquee, "{} {}", bloc, nom);
                }
            }
            Ok(())
        })
        .unwrap();
}

// Beside the counts.

/// Thirty people in one month, all oriented to Pôle emploi in time.
fn trente() -> Tableau<'static> {
    let gens: Vec<Personne> = (0..30)
        .map(|_| Personne {
            mois: 0,
            caisse: 0,
            structure: 0,
            orientation: Suite::Fait(0),
            pole_emploi: true,
            rdv: Suite::EnCours,
            cer: Suite::EnCours,
            gad: false,
        })
        .collect();
    tableau(&gens, &[])
}

#[test]
fn a_reading_that_differs_by_a_few_people_is_hidden() {
    let mut entier = trente();
    let variante = |lecture, n| Variante {
        cle: "orientation.delai",
        lecture,
        texte: "",
        valeurs: vec![("3.1.1", Some(Valeur::Entier(30))), ("3.1.2", Some(Valeur::Entier(n)))],
    };
    // 30 by default; 26 is 4 people away, 25 is 5 away, 24 is 1 away from 25, 3 is small itself.
    entier.variantes =
        vec![variante("a", 30), variante("b", 26), variante("c", 25), variante("d", 24), variante("e", 3)];
    let masque = masque(&entier);
    let vues: Vec<Option<u64>> = masque.variantes.iter().map(|v| v.valeurs[1].1.and_then(Valeur::entier)).collect();
    assert_eq!(vues, [Some(30), None, Some(25), None, None]);
    assert!(masque.variantes.iter().all(|v| v.valeurs[0].1 == Some(Valeur::Entier(30))), "those that are equal stay");
}

#[test]
fn the_readings_of_a_hidden_figure_are_hidden() {
    let mut entier = trente();
    entier.indicateurs[6].valeur = Some(Valeur::Entier(2));
    let valeurs = vec![("3.2.1", Some(Valeur::Entier(12))), ("3.1.1", None)];
    entier.variantes = vec![Variante { cle: "flux", lecture: "evenements", texte: "", valeurs }];
    let masque = masque(&entier);
    assert_eq!(masque.variantes[0].valeurs, [("3.2.1", Some(Valeur::Masquee)), ("3.1.1", None)]);
}

#[test]
fn a_share_over_few_people_or_that_leaves_few_out_is_hidden() {
    let figure = |effectif| Complementaire {
        code: "sorties_positives",
        libelle: "",
        valeur: Some(Valeur::Decimal(0.5)),
        caisse: None,
        effectif,
    };
    let mut entier = trente();
    let effectifs = [Some((2, 4)), Some((4, 20)), Some((17, 20)), Some((0, 20)), Some((20, 20)), Some((5, 10)), None];
    entier.complementaires = effectifs.map(figure).into();
    entier.complementaires.push(Complementaire { valeur: None, ..figure(Some((0, 0))) });
    let vues: Vec<Option<Valeur>> = masque(&entier).complementaires.iter().map(|c| c.valeur).collect();
    let [cachee, montree] = [Some(Valeur::Masquee), Some(Valeur::Decimal(0.5))];
    assert_eq!(vues, [cachee, cachee, cachee, montree, montree, montree, montree, None]);
}

#[test]
fn what_is_said_beside_the_entrants_is_hidden_when_it_is_about_few_people() {
    let dire = |personnes, entrees, ecartees, rattacher| {
        let mut entier = trente();
        entier.indicateurs[0].remarques = Some(Remarques {
            personnes_plusieurs_fois: Valeur::Entier(personnes),
            entrees_de_ces_personnes: Valeur::Entier(entrees),
            ecartees_orientation_anticipee: Valeur::Entier(ecartees),
            valeur_rattacher: Valeur::Entier(rattacher),
        });
        let valeurs = vec![("3.1.1", Some(Valeur::Entier(rattacher)))];
        entier.variantes = vec![Variante { cle: "orientation_anticipee", lecture: "rattacher", texte: "", valeurs }];
        let masque = masque(&entier);
        (masques(&masque.indicateurs[0]).len(), masque.variantes[0].valeurs[0].1 == Some(Valeur::Masquee))
    };
    assert_eq!(dire(0, 0, 0, 30), (0, false));
    assert_eq!(dire(2, 4, 0, 30), (2, false));
    assert_eq!(dire(10, 20, 3, 33), (2, true));
    assert_eq!(dire(10, 20, 6, 36), (0, false));
    // 28 of the 30 entries: the two others are known.
    assert_eq!(dire(10, 28, 6, 36), (2, false));
}

/// 3.2.5 and 3.2.6 are means: over few people, or over nobody knows how many, they are hidden.
#[test]
fn the_means_of_the_accompagnement_global_are_hidden_over_few_people() {
    let montree = |en_cours, effectif, officielle: bool| {
        let mut entier = trente();
        let mut ajouter = |rang: usize, valeur, effectif, calculee| {
            entier.indicateurs.push(Indicateur {
                definition: &CATALOGUE[rang],
                libelle: CATALOGUE[rang].libelle.into(),
                court: None,
                valeur: Some(valeur),
                motif: None,
                tenue: None,
                valeur_calculee: calculee,
                remarques: None,
                effectif,
                quotient: None,
            });
        };
        ajouter(9, Valeur::Entier(en_cours), None, None);
        ajouter(10, Valeur::Decimal(2.5), effectif, officielle.then_some(Some(Valeur::Decimal(2.4))));
        let masque = masque(&entier);
        masques(&masque.indicateurs[8])
    };
    assert_eq!(montree(20, Some(20), false), Vec::<String>::new());
    assert_eq!(montree(20, Some(3), false), ["valeur"]);
    assert_eq!(montree(20, None, false), ["valeur"]);
    assert_eq!(montree(3, Some(20), false), ["valeur"]);
    assert_eq!(montree(20, Some(3), true), ["valeur_calculee"]);
}

#[test]
fn what_is_hidden_is_named() {
    let mut entier = trente();
    entier.indicateurs[6].valeur = Some(Valeur::Entier(2));
    let masque = masque(&entier);
    assert_eq!(masques(&masque.indicateurs[6]), ["valeur"]);
    assert_eq!(masques(&masque.indicateurs[0]), Vec::<String>::new());
    assert_eq!(masque.indicateurs[0].valeur, Some(Valeur::Entier(30)));
}
