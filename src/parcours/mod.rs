//! From records to one person's pathway: who each record is about, the steps in their order, the
//! state after each, and what closed a follow-up. Pure: values in, values out.

pub mod etapes;
pub mod histoire;
pub mod lignes;
pub mod partie;
pub mod personnes;
pub mod rangement;
#[cfg(test)]
pub(crate) mod recit;
