//! Finding one person in the warehouse, as an agent names them. In doubt, nobody is chosen: who is
//! asked for is told apart by whoever asks.

mod annuaire;
mod export;
mod recit;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

pub use annuaire::Annuaire;
pub use export::{exporter, texte};
pub use recit::raconter;

use crate::identite::{CleNom, EmpreinteNir, Nir, folded, numdemrsa};
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::evenements::{VersionLue, versions};
use crate::journal::lecture::{Fiche, fiches_aux, parcourir_fiches};
use crate::journal::segment::MetaFlux;
use crate::parcours::personnes::Rattachement;
use crate::purge::{Connu, Place, Signes, places};
use crate::releves::foyers::parse_date;
use crate::releves::genres::Genre;

/// How somebody is asked for.
///
/// A number (NUMDEMRSA or matricule), names beside it when several people share it; or names and a
/// birth date; or a NIR, which is never typed on a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Designe {
    /// A NUMDEMRSA or a matricule, and words that narrow it.
    Numero {
        /// Written as a NUMDEMRSA is.
        numero: String,
        /// Folded names that the person must have, in any order.
        mots: Vec<String>,
        /// Birth date, `AAAA-MM-JJ`.
        date_naissance: Option<String>,
    },
    /// Name and first name, in any order, and the birth date.
    Nom {
        /// Folded words of the name and of the first name.
        mots: Vec<String>,
        /// Birth date, `AAAA-MM-JJ`.
        date_naissance: String,
    },
    /// The digest of a NIR.
    Nir(EmpreinteNir),
}

impl Designe {
    /// Reads what was typed.
    ///
    /// # Errors
    /// In French: what is missing. What was typed is not repeated.
    pub fn lire(texte: &str) -> Result<Self, String> {
        let mut mots: Vec<&str> = texte.split_whitespace().collect();
        let date_naissance = mots.last().and_then(|mot| date_de_naissance(mot));
        if date_naissance.is_some() {
            mots.pop();
        }
        let noms = |mots: &[&str]| -> Vec<String> {
            mots.iter().flat_map(|mot| folded(mot).split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
        };
        match (mots.split_first(), date_naissance) {
            (Some((numero, reste)), date_naissance) if numero.bytes().all(|b| b.is_ascii_digit()) => {
                if reste.is_empty() && Nir::parse(numero).is_some() {
                    return Err("un NIR ne se tape pas sur la ligne de commande, qui reste dans l'historique : \
                                donnez --nir, il sera demandé"
                        .to_owned());
                }
                Ok(Self::Numero { numero: numdemrsa(numero), mots: noms(reste), date_naissance })
            }
            (Some((_, [_, ..])), Some(date_naissance)) => Ok(Self::Nom { mots: noms(&mots), date_naissance }),
            _ => Err("une personne se désigne par son NUMDEMRSA (suivi au besoin de son nom), son matricule, ou \
                      « NOM Prénom AAAA-MM-JJ » ; ou par son NIR, avec --nir"
                .to_owned()),
        }
    }

    fn reconnait(&self, fiche: &Fiche<'_>) -> bool {
        match self {
            Self::Nir(nir) => fiche.nir == Some(*nir),
            Self::Numero { numero, mots, date_naissance } => {
                let matricule = fiche.matricule.trim_start_matches('0');
                (fiche.numdemrsa == numero || !matricule.is_empty() && matricule == numero.trim_start_matches('0'))
                    && date_naissance.as_deref().is_none_or(|date| date == fiche.dtnai)
                    && {
                        let connus = mots_de(&[fiche.nom, fiche.nomnai, fiche.prenom]);
                        mots.iter().all(|mot| connus.contains(mot))
                    }
            }
            Self::Nom { mots, date_naissance } => {
                fiche.dtnai == date_naissance
                    && [fiche.nom, fiche.nomnai].iter().any(|nom| {
                        let (mut siens, mut demandes) = (mots_de(&[nom, fiche.prenom]), mots.clone());
                        siens.sort();
                        demandes.sort();
                        siens == demandes
                    })
            }
        }
    }

    /// The NIR and the name keys asked for: what an event may bear of somebody whom no flux knows.
    fn signes(&self) -> Signes {
        let mut out = Signes::default();
        match self {
            Self::Nir(nir) => _ = out.nir.insert(*nir),
            Self::Nom { mots, date_naissance } => {
                for coupure in 1..mots.len() {
                    let (avant, apres) = (mots[..coupure].join(" "), mots[coupure..].join(" "));
                    let cles = [(&avant, &apres), (&apres, &avant)]
                        .map(|(nom, prenom)| CleNom::new(nom, prenom, date_naissance).map(|cle| cle.0));
                    out.cles_nom.extend(cles.into_iter().flatten());
                }
            }
            Self::Numero { .. } => {}
        }
        out
    }
}

/// A birth date as the flux writes it: the day or the month may be `00`.
fn date_de_naissance(texte: &str) -> Option<String> {
    if let Some(date) = parse_date(texte) {
        return Some(date.to_string());
    }
    let forme = |rang, b: u8| if matches!(rang, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
    let inconnue = texte.len() == 10 && texte.bytes().enumerate().all(|(rang, b)| forme(rang, b));
    (inconnue && texte.contains("-00")).then(|| texte.to_owned())
}

fn mots_de(textes: &[&str]) -> Vec<String> {
    textes.iter().flat_map(|texte| folded(texte).split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// What tells somebody from others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signalement {
    /// NUMDEMRSA.
    pub numdemrsa: String,
    /// Caisse.
    pub caisse: String,
    /// MATRICULE.
    pub matricule: String,
    /// NOM, and NOMNAI when it is another.
    pub nom: String,
    /// PRENOM.
    pub prenom: String,
    /// DTNAI.
    pub date_naissance: String,
}

/// Who answers to what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reponse {
    /// Nobody, not even in an event.
    Inconnue,
    /// One person.
    Une(u32),
    /// Somebody whom no flux knows, and who is named by events.
    EvenementsSeuls(Signes),
    /// Several people, and what tells them apart.
    Plusieurs(Vec<(u32, Vec<Signalement>)>),
}

/// Finds who is asked for, over every row of the flux; else among the events that wait for their
/// person. What `annuaire` holds of the warehouse is not read again.
///
/// # Errors
/// A damaged segment.
pub fn chercher(connu: &Connu, annuaire: &Annuaire, designe: &Designe) -> Result<Reponse, ErreurDepot> {
    let histoire = &connu.histoire;
    let mut lignes: FxHashMap<(u32, u32), Signalement> = FxHashMap::default();
    let reconnues = annuaire.reconnues(|fiche| designe.reconnait(fiche));
    for Place { fichier, debut, segment } in places(histoire, &connu.segments.flux) {
        let mut noter = |rang: u32, fiche: &Fiche<'_>| {
            lignes.insert((fichier, debut.saturating_add(rang)), signalement(segment, fiche));
        };
        match annuaire.lignes(segment) {
            Some(connues) => (0u32..)
                .zip(connues)
                .filter(|(_, numero)| reconnues[**numero as usize])
                .for_each(|(rang, numero)| noter(rang, &annuaire.fiche(*numero))),
            None => parcourir_fiches(segment, |rang, fiche| {
                if designe.reconnait(fiche) {
                    noter(rang, fiche);
                }
            })?,
        }
    }
    let mut trouvees: BTreeMap<u32, BTreeSet<Signalement>> = BTreeMap::new();
    if !lignes.is_empty() {
        // Every row of the journal is looked at: on all the processors.
        let siennes = (0..histoire.personnes).into_par_iter().flat_map_iter(|personne| {
            let places = histoire.releves.de(personne).map(|releve| (releve.fichier, releve.rang));
            places.filter(|place| lignes.contains_key(place)).map(move |place| (personne, place))
        });
        for (personne, place) in siennes.collect::<Vec<_>>() {
            trouvees.entry(personne).or_default().extend(lignes.remove(&place));
        }
    }
    let mut trouvees = trouvees.into_iter().map(|(personne, signes)| (personne, signes.into_iter().collect()));
    Ok(match (trouvees.next(), trouvees.next()) {
        (None, _) => {
            let signes = designe.signes();
            let nommee = match annuaire.en_attente() {
                Some(en_attente) => en_attente.croisent(&signes),
                None => en_attente(connu)?.croisent(&signes),
            };
            if nommee { Reponse::EvenementsSeuls(signes) } else { Reponse::Inconnue }
        }
        (Some((personne, _)), None) => Reponse::Une(personne),
        (Some(premiere), Some(deuxieme)) => {
            Reponse::Plusieurs([premiere, deuxieme].into_iter().chain(trouvees).collect())
        }
    })
}

/// Under which names and numbers the flux know a person. What `annuaire` holds is not read again.
///
/// # Errors
/// A damaged segment.
pub fn signalements(connu: &Connu, annuaire: &Annuaire, personne: u32) -> Result<BTreeSet<Signalement>, ErreurDepot> {
    let Connu { histoire, segments, .. } = connu;
    let places: Vec<Place<'_>> = places(histoire, &segments.flux).collect();
    let lus = places.par_iter().map(|place| {
        let releves = histoire.releves.de(personne).filter(|releve| releve.fichier == place.fichier);
        let lignes = u32::try_from(place.segment.lignes()).unwrap_or(u32::MAX);
        let rangs = releves.filter_map(|releve| releve.rang.checked_sub(place.debut));
        let rangs: BTreeSet<u32> = rangs.filter(|rang| *rang < lignes).collect();
        let mut lus = Vec::new();
        let mut noter = |fiche: &Fiche<'_>| lus.push(signalement(place.segment, fiche));
        match annuaire.lignes(place.segment) {
            Some(connues) => {
                let siennes = rangs.iter().filter_map(|rang| connues.get(*rang as usize));
                siennes.for_each(|numero| noter(&annuaire.fiche(*numero)));
            }
            None if rangs.is_empty() => {}
            None => fiches_aux(place.segment, &rangs.into_iter().collect::<Vec<_>>(), noter)?,
        }
        Ok(lus)
    });
    Ok(lus.collect::<Result<Vec<_>, ErreurDepot>>()?.into_iter().flatten().collect())
}

/// What the events that wait for their person call them: every version, in force or not.
fn en_attente(connu: &Connu) -> Result<Signes, ErreurDepot> {
    let mut out = Signes::default();
    for genre in Genre::TOUS.into_iter().filter(|genre| genre.nominatif()) {
        for VersionLue { qui, .. } in versions(&connu.segments.evenements, genre)? {
            if matches!(connu.repertoire.chercher(&qui), Rattachement::EnAttente(_)) {
                out.nir.extend(qui.nir);
                out.cles_nom.extend(qui.cle_nom.map(|cle| cle.0));
            }
        }
    }
    Ok(out)
}

fn signalement(segment: &Segment<MetaFlux>, fiche: &Fiche<'_>) -> Signalement {
    let nom = match fiche.nomnai {
        "" => fiche.nom.to_owned(),
        nomnai if nomnai == fiche.nom => fiche.nom.to_owned(),
        nomnai => format!("{} (née ou né {nomnai})", fiche.nom),
    };
    Signalement {
        numdemrsa: fiche.numdemrsa.to_owned(),
        caisse: segment.meta.caisse.clone().unwrap_or_default(),
        matricule: fiche.matricule.to_owned(),
        nom,
        prenom: fiche.prenom.to_owned(),
        date_naissance: fiche.dtnai.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fiche<'a>(numdemrsa: &'a str, matricule: &'a str, noms: [&'a str; 3], dtnai: &'a str) -> Fiche<'a> {
        Fiche { numdemrsa, matricule, nom: noms[0], nomnai: noms[1], prenom: noms[2], dtnai, nir: None }
    }

    #[test]
    fn somebody_is_asked_for_by_number_or_by_name_and_birth_date() {
        let elle = fiche("01024041052", "000000001234567", ["LE GOFF", "DUPONT", "ANNE-MARIE"], "1980-02-01");
        for oui in [
            "1024041052",
            "01024041052 dupont",
            "01024041052 Anne Marie Le Goff 1980-02-01",
            "1234567",
            "000000001234567 le",
            "Le Goff Anne-Marie 1980-02-01",
            "anne marie DUPONT 01/02/1980",
        ] {
            assert!(Designe::lire(oui).unwrap().reconnait(&elle), "{oui}");
        }
        for non in ["1024041053", "01024041052 DURAND", "01024041052 1980-02-02", "Goff Anne-Marie 1980-02-01"] {
            assert!(!Designe::lire(non).unwrap().reconnait(&elle), "{non}");
        }
    }

    #[test]
    fn an_unknown_day_of_birth_is_written_with_zeros() {
        let lui = fiche("1", "", ["ROC", "", "JAN"], "1970-00-00");
        assert!(Designe::lire("Roc Jan 1970-00-00").unwrap().reconnait(&lui));
    }

    #[test]
    fn a_name_alone_or_a_nir_on_the_command_line_is_refused_without_being_repeated() {
        for texte in ["Dupont Anne", "Dupont 1980-02-01", "", "2870499999002"] {
            let refus = Designe::lire(texte).unwrap_err();
            assert!(texte.split(' ').all(|mot| mot.is_empty() || !refus.contains(mot)), "{refus}");
        }
    }
}
