//! Who is a *nouvel entrant*, from when, and what followed: the three criteria, the day the
//! department knew, the category, the window and its outcomes.

pub mod criteres;
pub mod suites;
pub mod suivi;

pub use criteres::{Categorie, Entree, Examen, Verdict, entrees, entrees_et_rattachees, entrees_expliquees};
pub use suites::{Cloture, Ecart, Issue, Suites, suites};
