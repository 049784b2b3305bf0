//! Files in, raw rows out.

pub mod cnaf_csv;
pub mod evenements_csv;
pub mod ouverture;
pub mod tableur;
