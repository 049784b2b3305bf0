//! Which cells to hide so that no small one can be worked out from those that stay.
//!
//! Cells are counts of people, bound together by sums that anybody can write down: the parts of a
//! population make the population, the months of a year make the year. A small cell is safe when
//! another set of figures, just as possible as the true one, shows the same visible cells and another
//! value there. Such sets are built one person at a time: somebody more in the small cell, somebody
//! less in another one of the same sum, and so on until every sum holds again. The cells of the
//! cheapest such round that are still visible are hidden. A cell that no round frees takes with it
//! everything that a sum binds to it: then nothing says the scale of what is hidden.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// Below this number of people a count is hidden.
pub const SEUIL: u64 = 5;
/// What a reader must be left with about a small cell: a range at least as wide as 1 to 4.
const LARGEUR: i64 = 3;

/// How rounds are looked for.
#[derive(Clone, Copy)]
enum Recherche {
    /// The cheapest first, in that many tries, with what a violated sum is thought to cost.
    Economique { poids: u64, essais: usize },
    /// That many at once, one move after the other: any round, as long as one is near.
    Large { poids: u64, front: usize },
}

/// Among cells that are hidden already.
const GRATUITE: [Recherche; 1] = [Recherche::Economique { poids: 8, essais: 120 }];
/// Among all cells.
const PAYANTES: [Recherche; 4] = [
    Recherche::Economique { poids: 8, essais: 1500 },
    Recherche::Large { poids: 40, front: 60 },
    Recherche::Large { poids: 100, front: 400 },
    Recherche::Large { poids: 400, front: 2000 },
];
/// Continuations of a round that are kept when the cheapest is looked for, the best first.
const SUITES: usize = 8;
/// Moves of the longest round.
const MOUVEMENTS: usize = 60;

#[derive(Clone, Debug)]
struct Case {
    valeur: i64,
    /// Whether a reader would see it.
    publiee: bool,
    /// What hiding it takes from the reader.
    prix: u64,
    cachee: bool,
    /// Least and largest values seen in a possible set of figures.
    vues: (i64, i64),
}

/// A sum: what its cells count for adds up to nothing.
type Relation = Vec<(usize, i64)>;

/// Cells and the sums that bind them.
#[derive(Clone, Debug, Default)]
pub struct Secret {
    cases: Vec<Case>,
    relations: Vec<Relation>,
}

/// Which cells are hidden.
#[derive(Clone, Debug)]
pub struct Cachees(Vec<bool>);

impl Cachees {
    /// Whether a cell is hidden.
    #[must_use]
    pub fn contient(&self, case: usize) -> bool {
        self.0.get(case).copied().unwrap_or(true)
    }
}

impl Secret {
    /// Adds a cell that is published, and tells its number.
    pub fn publier(&mut self, valeur: u64, prix: u64) -> usize {
        self.ajouter(valeur, prix, true)
    }

    /// Adds a count that no output shows, and that must not be worked out when it is small.
    pub fn taire(&mut self, valeur: u64) -> usize {
        self.ajouter(valeur, 0, false)
    }

    fn ajouter(&mut self, valeur: u64, prix: u64, publiee: bool) -> usize {
        let valeur = i64::try_from(valeur).unwrap_or(i64::MAX);
        self.cases.push(Case { valeur, publiee, prix, cachee: !publiee, vues: (valeur, valeur) });
        self.cases.len() - 1
    }

    /// Says that two sums are equal, or that one is never more than the other. What is between them
    /// then is a count of people too. A reader is always supposed to know which holds.
    pub fn relier(&mut self, gauche: &[usize], droite: &[usize]) {
        let somme = |cases: &[usize]| cases.iter().map(|&case| self.cases[case].valeur).sum::<i64>();
        let ecart = somme(droite) - somme(gauche);
        let mut relation: Relation =
            gauche.iter().map(|&case| (case, 1)).chain(droite.iter().map(|&case| (case, -1))).collect();
        if ecart != 0 {
            let reste = self.taire(ecart.unsigned_abs());
            relation.push((reste, ecart.signum()));
        }
        self.relations.push(relation);
    }

    /// Chooses the cells to hide.
    #[must_use]
    pub fn resoudre(self) -> Cachees {
        let (mut resolution, racine) = Resolution::new(self);
        let petites: Vec<usize> = (0..resolution.cases.len())
            .filter(|&case| (1..SEUIL.cast_signed()).contains(&resolution.cases[case].valeur))
            .collect();
        petites.iter().for_each(|&case| resolution.cases[case].cachee = true);
        petites.iter().for_each(|&case| resolution.proteger(case));
        Cachees(racine.into_iter().map(|case| resolution.cases[case].cachee).collect())
    }
}

/// Cells that always have the same value are one; those that are nothing stay visible, and no sum
/// needs them.
struct Resolution {
    cases: Vec<Case>,
    relations: Vec<Relation>,
    /// The sums in which each cell is.
    sommes: Vec<Vec<(usize, i64)>>,
    /// The set of figures being built.
    essai: Vec<i64>,
}

/// The cell that stands for another, through those that stood for it.
fn representante(racine: &[usize], mut case: usize) -> usize {
    while racine[case] != case {
        case = racine[case];
    }
    case
}

/// Makes one cell of two that are equal; `false` when they are one already.
fn fondre(cases: &mut [Case], racine: &mut [usize], a: usize, b: usize) -> bool {
    let (garde, autre) = (representante(racine, a), representante(racine, b));
    if garde == autre {
        return false;
    }
    let fondue = cases[autre].clone();
    cases[garde].publiee |= fondue.publiee;
    cases[garde].cachee &= fondue.cachee;
    cases[garde].prix += fondue.prix;
    racine[autre] = garde;
    true
}

/// A round under way: who moved, and what no longer adds up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ronde {
    ecarts: Vec<(usize, i64)>,
    mouvements: Vec<(usize, i64)>,
    cout: u64,
}

impl Ronde {
    /// What it would cost, once its sums are mended.
    fn rang(&self, poids: u64) -> u64 {
        self.cout + poids * self.ecarts.len() as u64
    }

    fn memes_mouvements(&self, autre: &Self) -> bool {
        self.mouvements.len() == autre.mouvements.len()
            && self.mouvements.iter().all(|mouvement| autre.mouvements.contains(mouvement))
    }
}

impl Resolution {
    /// The problem without what is known beforehand, and the cell that stands for each one given.
    fn new(secret: Secret) -> (Self, Vec<usize>) {
        let Secret { mut cases, mut relations } = secret;
        let mut racine: Vec<usize> = (0..cases.len()).collect();
        loop {
            let mut reduites: BTreeSet<Relation> = BTreeSet::new();
            for relation in &relations {
                let mut somme: BTreeMap<usize, i64> = BTreeMap::new();
                for &(case, signe) in relation {
                    *somme.entry(racine[case]).or_default() += signe;
                }
                somme.retain(|case, signe| *signe != 0 && cases[*case].valeur != 0);
                // The same sum is written in one way.
                let signe = somme.values().next().map_or(1, |signe| signe.signum());
                let reduite: Relation = somme.into_iter().map(|(case, s)| (case, s * signe)).collect();
                if !reduite.is_empty() {
                    reduites.insert(reduite);
                }
            }
            relations = reduites.into_iter().collect();
            let mut fondues = false;
            for relation in &relations {
                if let &[(a, s), (b, t)] = relation.as_slice()
                    && s == -t
                {
                    fondues |= fondre(&mut cases, &mut racine, a, b);
                }
            }
            if !fondues {
                break;
            }
            for case in 0..racine.len() {
                racine[case] = representante(&racine, case);
            }
        }
        let mut sommes = vec![Vec::new(); cases.len()];
        for (rang, relation) in relations.iter().enumerate() {
            relation.iter().for_each(|&(case, signe)| sommes[case].push((rang, signe)));
        }
        let essai = cases.iter().map(|case| case.valeur).collect();
        (Self { cases, relations, sommes, essai }, racine)
    }

    fn assez_large(&self, case: usize) -> bool {
        let (moins, plus) = self.cases[case].vues;
        plus - moins >= LARGEUR
    }

    /// Hides what must be for a small cell to keep a range of possible values.
    fn proteger(&mut self, case: usize) {
        for sens in [-1, 1] {
            self.recommencer();
            while !self.assez_large(case) && self.avancer(case, sens, &GRATUITE, false) {}
        }
        self.recommencer();
        while !self.assez_large(case) {
            if !self.avancer(case, 1, &PAYANTES, true) {
                self.tout_cacher(case);
            }
        }
    }

    fn recommencer(&mut self) {
        self.essai.iter_mut().zip(&self.cases).for_each(|(essai, case)| *essai = case.valeur);
    }

    /// Puts one person more (or less) in a cell, all sums holding; hides what moved, if it may.
    fn avancer(&mut self, case: usize, sens: i64, recherches: &[Recherche], payer: bool) -> bool {
        let found = recherches.iter().find_map(|recherche| self.ronde(case, sens, *recherche, payer));
        let Some(mouvements) = found else { return false };
        for (case, sens) in mouvements {
            self.essai[case] += sens;
            let essai = self.essai[case];
            let found = &mut self.cases[case];
            found.cachee = true;
            found.vues = (found.vues.0.min(essai), found.vues.1.max(essai));
        }
        true
    }

    /// What a cell may fall to: a hidden cell is known not to be empty, since empty ones are shown.
    fn plancher(&self, case: usize) -> i64 {
        i64::from(self.cases[case].publiee)
    }

    fn bouger(&self, ronde: &Ronde, case: usize, sens: i64, payer: bool) -> Option<Ronde> {
        let found = &self.cases[case];
        if (!payer && !found.cachee)
            || self.essai[case] + sens < self.plancher(case)
            || ronde.mouvements.iter().any(|(autre, _)| *autre == case)
        {
            return None;
        }
        let mut suite = ronde.clone();
        suite.cout += 1 + if found.cachee { 0 } else { found.prix };
        suite.mouvements.push((case, sens));
        for &(relation, signe) in &self.sommes[case] {
            match suite.ecarts.iter_mut().find(|(autre, _)| *autre == relation) {
                Some((_, ecart)) => *ecart += signe * sens,
                None => suite.ecarts.push((relation, signe * sens)),
            }
        }
        suite.ecarts.retain(|(_, ecart)| *ecart != 0);
        Some(suite)
    }

    /// The moves of a round that starts with a cell.
    fn ronde(&self, case: usize, sens: i64, recherche: Recherche, payer: bool) -> Option<Vec<(usize, i64)>> {
        let vide = Ronde { ecarts: Vec::new(), mouvements: Vec::new(), cout: 0 };
        let debut = self.bouger(&vide, case, sens, payer)?;
        match recherche {
            Recherche::Economique { poids, essais } => self.ronde_economique(debut, poids, essais, payer),
            Recherche::Large { poids, front } => self.ronde_large(debut, poids, front, payer),
        }
    }

    fn ronde_economique(&self, debut: Ronde, poids: u64, essais: usize, payer: bool) -> Option<Vec<(usize, i64)>> {
        let mut file = BinaryHeap::from([Reverse((debut.rang(poids), debut))]);
        for _ in 0..essais {
            let Reverse((_, ronde)) = file.pop()?;
            if ronde.ecarts.is_empty() {
                return Some(ronde.mouvements);
            }
            let mut suites: Vec<(u64, Ronde)> =
                self.suites(&ronde, payer).map(|suite| (suite.rang(poids), suite)).collect();
            suites.sort_unstable();
            suites.truncate(SUITES);
            file.extend(suites.into_iter().map(Reverse));
        }
        None
    }

    fn ronde_large(&self, debut: Ronde, poids: u64, front: usize, payer: bool) -> Option<Vec<(usize, i64)>> {
        let mut rondes = vec![debut];
        for _ in 0..MOUVEMENTS {
            if let Some(finie) = rondes.iter().filter(|ronde| ronde.ecarts.is_empty()).min_by_key(|ronde| ronde.cout) {
                return Some(finie.mouvements.clone());
            }
            let mut suites: Vec<(u64, Ronde)> = rondes
                .iter()
                .flat_map(|ronde| self.suites(ronde, payer).map(|suite| (suite.rang(poids), suite)))
                .collect();
            suites.sort_unstable();
            suites.dedup_by(|(_, a), (_, b)| a.ecarts == b.ecarts && a.cout == b.cout && a.memes_mouvements(b));
            suites.truncate(front);
            rondes = suites.into_iter().map(|(_, suite)| suite).collect();
        }
        None
    }

    /// What may follow to mend the shortest sum that does not hold: it leaves the fewest ways.
    fn suites(&self, ronde: &Ronde, payer: bool) -> impl Iterator<Item = Ronde> {
        let courte = ronde.ecarts.iter().min_by_key(|(relation, _)| self.relations[*relation].len());
        courte.into_iter().flat_map(move |&(relation, ecart)| {
            self.relations[relation]
                .iter()
                .filter_map(move |&(autre, signe)| self.bouger(ronde, autre, -ecart.signum() * signe.signum(), payer))
        })
    }

    /// Hides everything that sums bind to a cell, near or far: twice or four times as many people
    /// everywhere would then show the same.
    fn tout_cacher(&mut self, case: usize) {
        let mut vues = BTreeSet::from([case]);
        let mut file = vec![case];
        while let Some(case) = file.pop() {
            let found = &mut self.cases[case];
            found.cachee = true;
            found.vues = (found.vues.0, found.vues.1.max(4 * found.valeur));
            for &(relation, _) in &self.sommes[case] {
                let voisines = self.relations[relation].iter().map(|(voisine, _)| *voisine);
                file.extend(voisines.filter(|voisine| vues.insert(*voisine)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cachees(secret: Secret, cases: &[usize]) -> Vec<bool> {
        let cachees = secret.resoudre();
        cases.iter().map(|case| cachees.contient(*case)).collect()
    }

    /// 10 = 2 + 8: the 2 is small, and the 8 would give it back.
    #[test]
    fn the_smallest_other_part_of_a_sum_is_hidden_with_a_small_one() {
        let mut secret = Secret::default();
        let tout = secret.publier(30, 100);
        let parts = [2, 8, 20, 0].map(|n| secret.publier(n, 10 + n));
        secret.relier(&parts, &[tout]);
        assert_eq!(cachees(secret, &[tout, parts[0], parts[1], parts[2], parts[3]]), [false, true, true, false, false]);
    }

    /// Both are small, and their sum of 2 says that each is 1: a third one must go.
    #[test]
    fn two_small_parts_whose_sum_tells_them_take_a_third_one() {
        let mut secret = Secret::default();
        let tout = secret.publier(30, 100);
        let parts = [1, 1, 8, 20].map(|n| secret.publier(n, 10 + n));
        secret.relier(&parts, &[tout]);
        assert_eq!(cachees(secret, &parts), [true, true, true, false]);
    }

    /// Three plus four, out of seven: either could be anything from 1 to 6.
    #[test]
    fn two_small_parts_whose_sum_leaves_room_hide_each_other() {
        let mut secret = Secret::default();
        let tout = secret.publier(27, 100);
        let parts = [3, 4, 20].map(|n| secret.publier(n, 10 + n));
        secret.relier(&parts, &[tout]);
        assert_eq!(cachees(secret, &parts), [true, true, false]);
    }

    /// Two ways: hiding one other cell of the row is not enough, the columns would give it back.
    #[test]
    fn a_table_of_two_ways_hides_the_corners_of_a_rectangle() {
        let mut secret = Secret::default();
        let cases: Vec<Vec<usize>> =
            [[3, 20, 30], [21, 22, 31], [40, 41, 42]].map(|row| row.map(|n| secret.publier(n, 10 + n)).to_vec()).into();
        for rang in 0..3 {
            let (row, column): (u64, u64) = ([53, 74, 123][rang], [64, 83, 103][rang]);
            let (tout, bas) = (secret.publier(row, 500), secret.publier(column, 500));
            secret.relier(&cases[rang], &[tout]);
            secret.relier(&cases.iter().map(|row| row[rang]).collect::<Vec<_>>(), &[bas]);
        }
        let found: Vec<bool> = cachees(secret, &cases.concat());
        assert_eq!(found, [true, true, false, true, true, false, false, false, false]);
    }

    /// 20 of 23 people: the 3 others are nowhere written, and would be known.
    #[test]
    fn a_difference_that_nobody_publishes_is_not_told_either() {
        let mut secret = Secret::default();
        let [tout, part] = [23, 20].map(|n| secret.publier(n, n));
        secret.relier(&[part], &[tout]);
        assert_eq!(cachees(secret, &[tout, part]), [false, true]);
    }

    #[test]
    fn a_small_cell_that_stands_alone_takes_what_equals_it() {
        let mut secret = Secret::default();
        let [tout, part] = [3, 3].map(|n| secret.publier(n, n));
        let nul = secret.publier(0, 1);
        secret.relier(&[part, nul], &[tout]);
        assert_eq!(cachees(secret, &[tout, part, nul]), [true, true, false]);
    }

    #[test]
    fn nothing_is_hidden_where_nothing_is_small() {
        let mut secret = Secret::default();
        let tout = secret.publier(30, 100);
        let parts = [5, 25, 0].map(|n| secret.publier(n, n));
        secret.relier(&parts, &[tout]);
        assert_eq!(cachees(secret, &parts), [false; 3]);
    }
}
