//! Files in, raw rows out.

pub mod ouverture;
pub mod tableur;
