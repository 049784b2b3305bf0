//! `jalon diagnostiquer`: whether everything is in place, and what to do when it is not.

use std::io::{self, IsTerminal};

use chrono::Local;

use super::{Erreur, Fin, afficher, pipeline};
use crate::cli::{Communes, Diagnostiquer, Forme};
use crate::diagnostic::{self, Demande, Gravite};
use crate::pipeline::Pipeline;

pub(super) fn executer(communes: &Communes, demande: &Diagnostiquer) -> Result<Fin, Erreur> {
    // Two warehouses are a mistake on the command line; a pipeline that cannot be read is a finding.
    if let Some(chemin) = demande.pipeline.as_deref().filter(|chemin| Pipeline::lire(chemin).is_ok()) {
        pipeline(communes, chemin)?;
    }
    let maintenant = Local::now();
    let diagnostic = diagnostic::diagnostiquer(&Demande {
        entrepot: &communes.entrepot,
        cle: communes.cle.as_deref(),
        pipeline: demande.pipeline.as_deref(),
        historique: demande.historique.as_deref(),
        maintenant,
        terminal: io::stdout().is_terminal(),
    });
    let fin = match diagnostic.gravite() {
        _ if diagnostic.entrepot_en_cause => Fin::EntrepotNonEcrit,
        Gravite::ACorriger => Fin::ControleManque,
        Gravite::Attention | Gravite::Bon => Fin::Fait,
    };
    let texte = match demande.format {
        Forme::Texte => diagnostic::texte(&diagnostic),
        Forme::Json => {
            format!(
                "{:#}\n",
                diagnostic::json(&diagnostic, fin.code(), &maintenant.format("%Y-%m-%dT%H:%M:%S%:z").to_string())
            )
        }
    };
    afficher(texte.as_bytes())?;
    Ok(fin)
}
