//! placeholder
#![allow(missing_docs)]
pub mod campagnes;
pub mod cli;
pub mod commandes;
pub mod entrees;
pub mod flux;
pub mod identite;
pub mod indicateurs;
pub mod ingestion;
pub mod journal;
pub mod parcours;
pub mod rapport;
pub mod referentiel;
pub mod releves;
pub mod temps;
