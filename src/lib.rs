//! placeholder
#![allow(missing_docs)]
pub mod flux;
pub mod releves;
pub mod journal;
pub mod parcours;
pub mod referentiel;
pub mod identite;
pub mod temps;
