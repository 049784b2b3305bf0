//! Who moved from a department to another, counted by pair and never named. Departments meet only
//! here, through the digests of the NIR: those that do not share their key cannot.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::identite::EmpreinteNir;
use crate::indicateurs::Tableau;
use crate::parcours::histoire::Histoire;
use crate::parcours::rangement::Repertoire;
use crate::temps::Jour;

/// Somebody whom the flux of a department show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Connu {
    nir: EmpreinteNir,
    /// Days on which the department received the first and the last flux that show them.
    premier: Jour,
    dernier: Jour,
}

/// What is kept of a department to recognise moves, once its history is dropped.
#[derive(Clone, Debug, Default)]
pub struct Vus {
    /// In the order of the digests.
    connus: Vec<Connu>,
    /// Entrants of the period: the days of their entries, and their digests.
    entrants: Vec<(Vec<Jour>, Vec<EmpreinteNir>)>,
}

impl Vus {
    /// The people of a department.
    #[must_use]
    pub fn new(histoire: &Histoire, repertoire: &Repertoire, tableau: &Tableau<'_>) -> Self {
        let mut entrants: FxHashMap<u32, (Vec<Jour>, Vec<EmpreinteNir>)> = FxHashMap::default();
        for ligne in &tableau.lignes {
            entrants.entry(ligne.entree.personne).or_default().0.push(ligne.entree.t0);
        }
        let mut connus = Vec::with_capacity(repertoire.identites.len());
        for (identite, &personne) in repertoire.identites.iter().zip(&repertoire.de_identite) {
            let Some(nir) = identite.nir else { continue };
            if let Some((_, empreintes)) = entrants.get_mut(&personne) {
                empreintes.push(nir);
            }
            let recus = histoire.releves.de(personne).map(|releve| {
                let fichier = &histoire.fichiers[releve.fichier as usize];
                fichier.en_tete.recu_le
            });
            let (premier, dernier) =
                recus.fold((Jour::MAX, Jour::MIN), |(premier, dernier), jour| (premier.min(jour), dernier.max(jour)));
            connus.push(Connu { nir, premier, dernier });
        }
        connus.sort_unstable_by_key(|connu| connu.nir);
        connus.dedup_by_key(|connu| connu.nir);
        connus.shrink_to_fit();
        Self { connus, entrants: entrants.into_values().collect() }
    }

    /// When somebody was seen before a day, if they were: the last time, then the first.
    fn avant(&self, empreintes: &[EmpreinteNir], jour: Jour) -> Option<(Jour, Jour)> {
        let vu = |nir: &EmpreinteNir| {
            let rang = self.connus.binary_search_by_key(nir, |connu| connu.nir).ok()?;
            let connu = self.connus[rang];
            (connu.premier < jour).then(|| (connu.dernier.min(jour), connu.premier))
        };
        empreintes.iter().filter_map(vu).max()
    }
}

/// Moves between two departments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demenagements {
    /// Department where the people were known before.
    pub de: String,
    /// Department where they entered in the period.
    pub vers: String,
    /// How many people.
    pub personnes: u64,
}

/// A department for the moves: its code, the fingerprint of its key, its people.
#[derive(Clone, Copy, Debug)]
pub struct Lieu<'a> {
    /// Code.
    pub code: &'a str,
    /// Fingerprint of its key.
    pub cle: &'a str,
    /// Its people.
    pub vus: &'a Vus,
}

/// The entrants of each department who were known before in another one of the same key, by pair. Each
/// counts once a department of arrival, and comes from where they were last seen before the entry.
#[must_use]
pub fn demenagements(lieux: &[Lieu<'_>]) -> Vec<Demenagements> {
    let mut paires: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for vers in lieux {
        let autres = || lieux.iter().filter(|autre| autre.code != vers.code && autre.cle == vers.cle);
        for (jours, empreintes) in &vers.vus.entrants {
            let origines = jours
                .iter()
                .flat_map(|jour| autres().filter_map(|autre| Some((autre.vus.avant(empreintes, *jour)?, autre.code))));
            if let Some((_, de)) = origines.max_by(|(a, un), (b, autre)| a.cmp(b).then(autre.cmp(un))) {
                *paires.entry((de, vers.code)).or_default() += 1;
            }
        }
    }
    let nomme = |((de, vers), personnes): ((&str, &str), u64)| Demenagements {
        de: de.to_owned(),
        vers: vers.to_owned(),
        personnes,
    };
    paires.into_iter().map(nomme).collect()
}

/// The departments of each key, in the order of their codes: more than one group, and moves between
/// groups cannot be recognised.
#[must_use]
pub fn par_cle<'a>(lieux: &[Lieu<'a>]) -> Vec<Vec<&'a str>> {
    let mut groupes: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for lieu in lieux {
        groupes.entry(lieu.cle).or_default().push(lieu.code);
    }
    let mut groupes: Vec<_> = groupes.into_values().collect();
    groupes.sort_unstable();
    groupes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jour(n: i64) -> Jour {
        Jour::from(chrono::NaiveDate::default() + chrono::Duration::days(n))
    }

    fn vus(connus: &[(u8, i64, i64)], entrants: &[(u8, &[i64])]) -> Vus {
        let connus = connus.iter().map(|(nir, premier, dernier)| Connu {
            nir: [*nir; 16],
            premier: jour(*premier),
            dernier: jour(*dernier),
        });
        let entrants = entrants.iter().map(|(nir, jours)| (jours.iter().map(|n| jour(*n)).collect(), vec![[*nir; 16]]));
        Vus { connus: connus.collect(), entrants: entrants.collect() }
    }

    fn paires(lieux: &[(&str, &str, &Vus)]) -> Vec<(String, String, u64)> {
        let lieux: Vec<Lieu<'_>> = lieux.iter().map(|(code, cle, vus)| Lieu { code, cle, vus }).collect();
        demenagements(&lieux).into_iter().map(|d| (d.de, d.vers, d.personnes)).collect()
    }

    fn paire(de: &str, vers: &str, personnes: u64) -> (String, String, u64) {
        (de.to_owned(), vers.to_owned(), personnes)
    }

    #[test]
    fn somebody_known_elsewhere_before_the_entry_counts_once_whatever_the_entries() {
        let a = vus(&[(1, 0, 10), (2, 50, 60)], &[]);
        let b = vus(&[(1, 20, 90), (2, 40, 90)], &[(1, &[20, 80]), (2, &[40])]);
        assert_eq!(paires(&[("031", "k", &a), ("082", "k", &b)]), [paire("031", "082", 1)]);
    }

    #[test]
    fn a_move_on_the_day_of_the_entry_is_not_before_it() {
        let a = vus(&[(1, 20, 30)], &[]);
        assert!(paires(&[("031", "k", &a), ("082", "k", &vus(&[], &[(1, &[20])]))]).is_empty());
        assert_eq!(paires(&[("031", "k", &a), ("082", "k", &vus(&[], &[(1, &[21])]))]).len(), 1);
    }

    #[test]
    fn of_several_departments_the_last_where_somebody_was_seen_is_the_origin() {
        let (a, c) = (vus(&[(1, 0, 5)], &[]), vus(&[(1, 1, 12)], &[]));
        let b = vus(&[], &[(1, &[20])]);
        assert_eq!(paires(&[("031", "k", &a), ("047", "k", &c), ("082", "k", &b)]), [paire("047", "082", 1)]);
        let ex_aequo = vus(&[(1, 0, 5)], &[]);
        assert_eq!(paires(&[("031", "k", &a), ("047", "k", &ex_aequo), ("082", "k", &b)]), [paire("031", "082", 1)]);
    }

    #[test]
    fn digests_under_different_keys_never_meet() {
        let (a, b) = (vus(&[(1, 0, 5)], &[]), vus(&[], &[(1, &[20])]));
        assert!(paires(&[("031", "k", &a), ("082", "l", &b)]).is_empty());
    }
}
