//! What may happen to the bytes of a file on its way.

use proptest::prelude::*;

/// One damage.
#[derive(Clone, Debug)]
pub enum Degat {
    Octet(usize, u8),
    Coupe(usize),
    Ajout(usize, Vec<u8>),
    Repete(usize, usize),
    Retire(usize, usize),
}

impl Degat {
    pub fn subir(&self, octets: &mut Vec<u8>) {
        let place = |i: usize| i % (octets.len() + 1);
        match self {
            Self::Octet(i, octet) => {
                let i = place(*i);
                if let Some(vu) = octets.get_mut(i) {
                    *vu ^= octet;
                }
            }
            Self::Coupe(i) => octets.truncate(place(*i)),
            Self::Ajout(i, ajout) => {
                let i = place(*i);
                octets.splice(i..i, ajout.iter().copied());
            }
            Self::Repete(i, j) => {
                let (i, j) = (place(*i).min(place(*j)), place(*i).max(place(*j)));
                let double = octets[i..j].to_vec();
                octets.splice(j..j, double);
            }
            Self::Retire(i, j) => {
                let (i, j) = (place(*i).min(place(*j)), place(*i).max(place(*j)));
                octets.drain(i..j);
            }
        }
    }
}

/// Up to four damages. What means something to a reader (`signes`) is put in more often than chance
/// would.
pub fn degats(signes: &'static [&'static str]) -> impl Strategy<Value = Vec<Degat>> {
    let signe = prop::sample::select(signes).prop_map(|signe| signe.as_bytes().to_vec());
    let ajout = prop_oneof![signe, prop::collection::vec(any::<u8>(), 0..8)];
    let degat = prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(i, octet)| Degat::Octet(i, octet)),
        any::<usize>().prop_map(Degat::Coupe),
        (any::<usize>(), ajout).prop_map(|(i, ajout)| Degat::Ajout(i, ajout)),
        (any::<usize>(), any::<usize>()).prop_map(|(i, j)| Degat::Repete(i, j)),
        (any::<usize>(), any::<usize>()).prop_map(|(i, j)| Degat::Retire(i, j)),
    ];
    prop::collection::vec(degat, 0..5)
}
