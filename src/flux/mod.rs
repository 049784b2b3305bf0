//! Files in, raw rows out.
pub mod cnaf_xml;
pub mod texte;
