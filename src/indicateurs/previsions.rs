//! What the figures of a period become, closed on later days, when nothing more is known: what is left
//! of each delay runs out.

use super::{Comptees, Indicateur, Question, des_entrees, entrees_sous};
use crate::parcours::histoire::Histoire;
use crate::temps::{Jour, Periode};

/// 3.1.1 to 3.2.1 of a question, its period closed on each of these days instead of its own. People are
/// followed once: who enters does not hang on the day of the closing.
#[must_use]
pub fn arretees(histoire: &Histoire, question: &Question<'_>, jours: &[Jour]) -> Vec<Vec<Indicateur>> {
    let entrees = entrees_sous(histoire, &[question.referentiel]).pop().unwrap_or_default();
    let arretee = |arrete: &Jour| {
        let question = Question { periode: Periode { arrete: *arrete, ..question.periode }, ..*question };
        let lignes = Comptees::new(histoire, &question, &entrees);
        des_entrees(&question, &lignes)
    };
    jours.iter().map(arretee).collect()
}
