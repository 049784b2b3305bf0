//! What the rows of the files say, kept small: a row is the number of a situation, which is kept once
//! for as long as nothing changes in it from one file to the next. From the order of the files to that
//! of the people.

use rayon::prelude::*;

use super::histoire::{Constat, Releve, debuts, len32};

/// What is said of an identity, in as many files as say the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    /// Number of the identity.
    pub identite: u32,
    /// What is said.
    pub constat: Constat,
}

/// The rows of one file.
#[derive(Clone, Debug, Default)]
pub(super) struct Lignes {
    /// Number of the situation that each row says.
    pub situations: Vec<u32>,
    /// The rows in the order in which they count, when those of extracts come in between. Empty when
    /// it is that of the rows.
    pub ordre: Vec<u32>,
}

impl Lignes {
    /// Each row and its situation, in the order in which they count.
    pub fn ordonnees(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..self.situations.len()).map(|place| {
            let rang = self.ordre.get(place).map_or(place, |&rang| rang as usize);
            (len32(rang), self.situations[rang])
        })
    }
}

/// A row of a file, in the list of a person.
#[derive(Clone, Copy, Debug, Default)]
struct Ligne {
    fichier: u32,
    rang: u32,
    situation: u32,
}

/// What every file says of every person, person by person, in the order of the files.
#[derive(Clone, Debug)]
pub struct Releves {
    debuts: Vec<u32>,
    lignes: Vec<Ligne>,
    /// Dossier and what is said, by situation.
    situations: Vec<(u32, Constat)>,
}

impl Default for Releves {
    fn default() -> Self {
        Self { debuts: vec![0], lignes: Vec::new(), situations: Vec::new() }
    }
}

impl Releves {
    /// Gives each person the rows that are about them. `de` tells the dossier and the person of an
    /// identity.
    pub(super) fn new(
        personnes: usize,
        fichiers: &[Lignes],
        situations: Vec<Situation>,
        de: impl Fn(u32) -> (u32, u32),
    ) -> Self {
        let personne: Vec<u32> = situations.iter().map(|situation| de(situation.identite).1).collect();
        let rows = fichiers.iter().flat_map(|fichier| &fichier.situations);
        let debuts = debuts(personnes, rows.map(|&situation| personne[situation as usize]));
        let mut lignes = vec![Ligne::default(); fichiers.iter().map(|fichier| fichier.situations.len()).sum()];
        parts(&debuts, &mut lignes).into_par_iter().for_each(|(premiere, derniere, siennes)| {
            let debuts = &debuts[premiere as usize..derniere as usize];
            let mut places: Vec<u32> = debuts.iter().map(|debut| debut - debuts[0]).collect();
            for (fichier, lignes) in (0u32..).zip(fichiers) {
                for (rang, situation) in lignes.ordonnees() {
                    let personne = personne[situation as usize];
                    if (premiere..derniere).contains(&personne) {
                        let place = &mut places[(personne - premiere) as usize];
                        siennes[*place as usize] = Ligne { fichier, rang, situation };
                        *place += 1;
                    }
                }
            }
        });
        let situations = situations.into_iter().map(|situation| (de(situation.identite).0, situation.constat));
        Self { debuts, lignes, situations: situations.collect() }
    }

    /// From rows in the order of the people, then of the files. `debuts` says where those of each person
    /// begin.
    pub(super) fn rangees(debuts: Vec<u32>, rangees: &[Releve]) -> Self {
        let lignes = (0u32..).zip(rangees);
        let lignes = lignes.map(|(situation, r)| Ligne { fichier: r.fichier, rang: r.rang, situation }).collect();
        Self { debuts, lignes, situations: rangees.iter().map(|r| (r.dossier, r.constat)).collect() }
    }

    /// What is said of a person, in the order of the files.
    pub fn de(&self, personne: u32) -> impl DoubleEndedIterator<Item = Releve> + Clone + '_ {
        let rank = personne as usize;
        let siennes = match (self.debuts.get(rank), self.debuts.get(rank + 1)) {
            (Some(&from), Some(&to)) => &self.lignes[from as usize..to as usize],
            _ => &[],
        };
        siennes.iter().map(|&Ligne { fichier, rang, situation }| {
            let (dossier, constat) = self.situations[situation as usize];
            Releve { dossier, fichier, rang, constat }
        })
    }

    /// Everything, person by person.
    pub fn toutes(&self) -> impl Iterator<Item = (u32, Releve)> + '_ {
        let personnes = 0..len32(self.debuts.len().saturating_sub(1));
        personnes.flat_map(|personne| self.de(personne).map(move |releve| (personne, releve)))
    }
}

/// People in as many groups as there are processors, of about as many lines each: the first, the one
/// after the last, and the place of their lines in `lignes`.
fn parts<'a, T>(debuts: &[u32], mut lignes: &'a mut [T]) -> Vec<(u32, u32, &'a mut [T])> {
    let (groupes, nombre) = (rayon::current_num_threads().max(1), lignes.len());
    let (mut out, mut de) = (Vec::with_capacity(groupes), 0);
    for groupe in 1..=groupes {
        let jusqu_a = nombre * groupe / groupes;
        let a = debuts.partition_point(|debut| (*debut as usize) < jusqu_a).max(de);
        let a = if groupe == groupes { debuts.len() - 1 } else { a.min(debuts.len() - 1) };
        let (ici, reste) = lignes.split_at_mut((debuts[a] - debuts[de]) as usize);
        out.push((len32(de), len32(a), ici));
        (lignes, de) = (reste, a);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::lecture::ColonnesFlux;

    fn constat(etat: u8) -> Constat {
        let (un, dates) = (vec![1], vec![0]);
        let (suspension, dtdemrsa) = (dates.clone(), dates);
        let transfert = vec![false];
        let colonnes =
            ColonnesFlux { etat: vec![etat], top: un, suspension, dtdemrsa, transfert, ..ColonnesFlux::default() };
        Constat::de(&colonnes, 0)
    }

    /// Identities 0 and 2 are person 1 (dossiers 10 and 12), identity 1 is person 0 (dossier 11).
    fn deux_personnes(fichiers: &[Lignes], etats: &[(u32, u8)]) -> Releves {
        let situations = etats.iter().map(|&(identite, etat)| Situation { identite, constat: constat(etat) });
        let de = |identite: u32| (10 + identite, u32::from(identite != 1));
        Releves::new(2, fichiers, situations.collect(), de)
    }

    fn vus(releves: &Releves, personne: u32) -> Vec<(u32, u32, u32, Constat)> {
        releves.de(personne).map(|releve| (releve.fichier, releve.rang, releve.dossier, releve.constat)).collect()
    }

    #[test]
    fn each_person_has_their_rows_in_the_order_of_the_files_and_of_their_rows() {
        let fichiers = [
            Lignes { situations: vec![0, 1, 2], ordre: Vec::new() },
            Lignes::default(),
            Lignes { situations: vec![1, 3], ordre: Vec::new() },
        ];
        let releves = deux_personnes(&fichiers, &[(0, 2), (1, 2), (2, 4), (0, 6)]);
        assert_eq!(vus(&releves, 0), [(0, 1, 11, constat(2)), (2, 0, 11, constat(2))]);
        assert_eq!(vus(&releves, 1), [(0, 0, 10, constat(2)), (0, 2, 12, constat(4)), (2, 1, 10, constat(6))]);
        assert!(vus(&releves, 2).is_empty());
        let toutes: Vec<(u32, u32)> = releves.toutes().map(|(personne, releve)| (personne, releve.fichier)).collect();
        assert_eq!(toutes, [(0, 0), (0, 2), (1, 0), (1, 0), (1, 2)]);
    }

    #[test]
    fn a_row_of_an_extract_counts_at_its_place_and_keeps_its_number() {
        let fichiers = [Lignes { situations: vec![0, 1, 2], ordre: vec![2, 0, 1] }];
        let releves = deux_personnes(&fichiers, &[(0, 2), (1, 2), (2, 4)]);
        assert_eq!(vus(&releves, 1), [(0, 2, 12, constat(4)), (0, 0, 10, constat(2))]);
        assert_eq!(vus(&releves, 0), [(0, 1, 11, constat(2))]);
    }
}
