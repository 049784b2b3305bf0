//! `jalon expliquer`: why one person counts, or does not.

use super::indicateurs::{lire, ouvrir, periode, referentiel};
use super::personne::{designe, une_seule};
use super::{Erreur, Fin, afficher, ecrire_fichier};
use crate::campagnes::{CAMPAGNES, Campagnes};
use crate::cli::{Communes, Expliquer, FormeExplication};
use crate::explication::{Demande, PeriodeNommee, attendus};
use crate::journal::evenements::rejouer;
use crate::personne::{Annuaire, Reponse, raconter};
use crate::purge::Connu;
use crate::rapport::explication::{Document, json, markdown, page_html, sans_flux, texte};
use crate::temps::Jour;

pub(super) fn executer(communes: &Communes, demande: &Expliquer) -> Result<Fin, Erreur> {
    let periode = periode_demandee(demande)?;
    let campagnes = campagnes(demande)?;
    let referentiel = referentiel(&demande.regles)?;
    let depot = ouvrir(communes)?;
    let designe = designe(&depot, &demande.qui)?;
    let connu = Connu::lire_au(&depot, demande.quand.connu_le)?;
    let evenements = rejouer(&connu.segments.evenements, demande.quand.connu_le)?;
    let document = match une_seule(&connu, &designe)? {
        Reponse::Une(personne) => {
            let demandee = Demande {
                personne,
                connu_le: demande.quand.connu_le.map(Jour::from),
                referentiel: &referentiel,
                periode: periode.as_ref(),
            };
            raconter(&connu, &Annuaire::default(), &evenements, &campagnes, &demandee)?
        }
        Reponse::EvenementsSeuls(signes) => sans_flux(&attendus(&evenements, &connu.repertoire, &signes)),
        // `une_seule` refuses them.
        Reponse::Inconnue | Reponse::Plusieurs(_) => sans_flux(&[]),
    };
    let octets = rediger(&document, demande.format);
    match &demande.sortie {
        Some(chemin) => ecrire_fichier(chemin, octets.as_bytes())?,
        None => afficher(octets.as_bytes())?,
    }
    Ok(Fin::Fait)
}

fn rediger(document: &Document, forme: FormeExplication) -> String {
    match forme {
        FormeExplication::Texte => texte(document),
        FormeExplication::Json => format!("{:#}\n", json(document)),
        FormeExplication::Html => page_html(document),
        FormeExplication::Md => markdown(document),
    }
}

fn periode_demandee(demande: &Expliquer) -> Result<Option<PeriodeNommee>, Erreur> {
    let nommee = |periode| PeriodeNommee { campagne: demande.quand.campagne.clone(), periode };
    Ok(periode(&demande.quand)?.map(nommee))
}

fn campagnes(demande: &Expliquer) -> Result<Campagnes, Erreur> {
    let texte = match &demande.quand.campagnes {
        Some(chemin) => lire(chemin)?,
        None => CAMPAGNES.to_owned(),
    };
    Ok(Campagnes::lire(&texte)?)
}
