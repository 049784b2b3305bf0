//! Archives written byte by byte from the description of the format, so that a test can make one say
//! anything.

#![allow(dead_code, reason = "each test program uses its part")]

use std::io::Write;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

pub const STOCKE: u16 = 0;
pub const DEGONFLE: u16 = 8;

/// A member, and what the archive says of it.
#[derive(Clone, Debug)]
pub struct Membre {
    pub nom: Vec<u8>,
    pub octets: Vec<u8>,
    pub methode: u16,
    pub drapeaux: u16,
    pub taille: u32,
    pub somme: u32,
    /// Kind and rights, as Unix writes them.
    pub mode: u16,
}

impl Membre {
    pub fn new(nom: &str, contenu: impl AsRef<[u8]>) -> Self {
        let contenu = contenu.as_ref();
        let mut encodeur = DeflateEncoder::new(Vec::new(), Compression::fast());
        encodeur.write_all(contenu).unwrap();
        Self { octets: encodeur.finish().unwrap(), methode: DEGONFLE, ..Self::stocke(nom, contenu) }
    }

    pub fn stocke(nom: &str, contenu: impl AsRef<[u8]>) -> Self {
        let contenu = contenu.as_ref();
        let mut somme = Crc::new();
        somme.update(contenu);
        Self {
            nom: nom.as_bytes().to_vec(),
            octets: contenu.to_vec(),
            methode: STOCKE,
            drapeaux: 1 << 11,
            taille: u32::try_from(contenu.len()).unwrap(),
            somme: somme.sum(),
            mode: 0o100_644,
        }
    }

    /// What the header of the member and its record in the list both hold.
    fn commun(&self) -> Vec<u8> {
        let mut out = Vec::new();
        [20, self.drapeaux, self.methode, 0, 0].iter().for_each(|n| out.extend(n.to_le_bytes()));
        let comprime = u32::try_from(self.octets.len()).unwrap();
        [self.somme, comprime, self.taille].iter().for_each(|n| out.extend(n.to_le_bytes()));
        [u16::try_from(self.nom.len()).unwrap(), 0].iter().for_each(|n| out.extend(n.to_le_bytes()));
        out
    }

    fn record(&self, debut: u32) -> Vec<u8> {
        let mut out = b"PK\x01\x02\x14\x03".to_vec();
        out.extend(self.commun());
        [0u16, 0, 0].iter().for_each(|n| out.extend(n.to_le_bytes()));
        [u32::from(self.mode) << 16, debut].iter().for_each(|n| out.extend(n.to_le_bytes()));
        out.extend(&self.nom);
        out
    }
}

/// An archive of these members.
pub fn zip(membres: &[Membre]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut records = Vec::new();
    for membre in membres {
        records.push(membre.record(u32::try_from(out.len()).unwrap()));
        out.extend(b"PK\x03\x04");
        out.extend(membre.commun());
        out.extend(&membre.nom);
        out.extend(&membre.octets);
    }
    finir(out, &records)
}

/// An archive whose list says so many times that it holds the same member.
pub fn zip_recouvert(membre: &Membre, fois: usize) -> Vec<u8> {
    let mut out = b"PK\x03\x04".to_vec();
    out.extend(membre.commun());
    out.extend(&membre.nom);
    out.extend(&membre.octets);
    finir(out, &vec![membre.record(0); fois])
}

fn finir(mut out: Vec<u8>, records: &[Vec<u8>]) -> Vec<u8> {
    let debut = u32::try_from(out.len()).unwrap();
    records.iter().for_each(|record| out.extend(record));
    let taille = u32::try_from(out.len()).unwrap() - debut;
    let combien = u16::try_from(records.len()).unwrap();
    out.extend(b"PK\x05\x06");
    [0, 0, combien, combien].iter().for_each(|n| out.extend(n.to_le_bytes()));
    [taille, debut].iter().for_each(|n| out.extend(n.to_le_bytes()));
    out.extend(0u16.to_le_bytes());
    out
}

pub fn gzip(contenu: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encodeur = GzEncoder::new(Vec::new(), Compression::default());
    encodeur.write_all(contenu.as_ref()).unwrap();
    encodeur.finish().unwrap()
}
