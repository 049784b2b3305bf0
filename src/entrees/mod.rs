//! Who is a *nouvel entrant*, from when, and what followed: the three criteria, the day the
//! department knew, the category, the window and its outcomes.

pub mod criteres;
pub mod suites;
pub mod suivi;

pub use criteres::{Categorie, Entree, entrees};
pub use suites::{Cloture, Suites, suites};
