//! placeholder
#![allow(missing_docs)]
pub mod entrees;
pub mod flux;
pub mod identite;
pub mod indicateurs;
pub mod journal;
pub mod parcours;
pub mod referentiel;
pub mod releves;
pub mod temps;
