//! Files in, raw rows out: what a file is, its encoding, its form. Nothing here decides whether a
//! value can be trusted.

pub mod archive;
pub mod cnaf_csv;
pub mod cnaf_xml;
mod equipe;
pub mod evenements_csv;
pub mod ouverture;
pub mod source;
pub mod tableur;
pub mod texte;
pub mod xlsx;
