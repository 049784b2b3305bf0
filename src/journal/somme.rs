//! The sum of a segment: what tells, years later, that the disk gives back the bytes that were written.
//! A segment never changes, so a byte that did is a damage, even when the file can still be read.

use std::io::{self, Read, Write};

use blake3::Hasher;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::depot::{ErreurDepot, Segment, Segments, acces};

/// Key under which the sum stands in the Parquet footer.
pub const CLE_SOMME: &str = "jalon_somme";

/// What was written of a segment, its footer apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Somme {
    /// Bytes that come before the footer.
    pub octets: u64,
    /// BLAKE3 of these bytes, in hexadecimal.
    pub donnees: String,
    /// BLAKE3 of what the segment says of its file, in hexadecimal.
    pub metadonnees: String,
}

impl Somme {
    /// Whether what a segment says of its file is what was written.
    pub(super) fn reconnait(&self, metadonnees: &str) -> bool {
        blake3::hash(metadonnees.as_bytes()).to_hex().as_str() == self.metadonnees
    }
}

/// Sums what goes through it.
pub(super) struct Sommeur<W> {
    suite: W,
    octets: u64,
    empreinte: Hasher,
}

impl<W> Sommeur<W> {
    pub fn new(suite: W) -> Self {
        Self { suite, octets: 0, empreinte: Hasher::new() }
    }

    /// The sum of what went through, and of what will be said of the file.
    pub fn somme(&self, metadonnees: &str) -> Somme {
        Somme {
            octets: self.octets,
            donnees: self.empreinte.finalize().to_hex().to_string(),
            metadonnees: blake3::hash(metadonnees.as_bytes()).to_hex().to_string(),
        }
    }
}

impl<W: Write> Write for Sommeur<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let ecrits = self.suite.write(octets)?;
        self.empreinte.update(&octets[..ecrits]);
        self.octets += ecrits as u64;
        Ok(ecrits)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.suite.flush()
    }
}

impl<M> Segment<M> {
    /// Reads the whole segment again. The answer is whether it has a sum: those of older programs have
    /// none.
    ///
    /// # Errors
    /// The disk refused, or does not give back what was written.
    pub fn verifier_la_somme(&self) -> Result<bool, ErreurDepot> {
        let Some(Somme { octets, donnees, .. }) = &self.somme else { return Ok(false) };
        let mut empreinte = Hasher::new();
        let lus = self.ouvrir()?.take(*octets);
        empreinte.update_reader(lus).map_err(acces(&self.chemin))?;
        if empreinte.count() == *octets && empreinte.finalize().to_hex().as_str() == donnees {
            return Ok(true);
        }
        let raison = "le disque ne rend pas les octets qui y ont été écrits".to_owned();
        Err(ErreurDepot::Segment { chemin: self.chemin.clone(), raison })
    }
}

impl Segments {
    /// Reads every segment again, whole. The answer is how many have no sum.
    ///
    /// # Errors
    /// As [`Segment::verifier_la_somme`], of the first one in the order of the folders.
    pub fn verifier_les_sommes(&self) -> Result<usize, ErreurDepot> {
        fn sans<M: Sync>(segments: &[Segment<M>]) -> Result<usize, ErreurDepot> {
            let lus: Vec<_> = segments.par_iter().map(Segment::verifier_la_somme).collect();
            lus.into_iter().try_fold(0, |sans, lu| Ok(sans + usize::from(!lu?)))
        }
        Ok(sans(&self.flux)? + sans(&self.evenements)?)
    }
}
