//! Who is who, once every known file has been replayed: from identities to people, and from the way
//! an event names somebody to that person. In doubt, nobody is chosen.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::identite::EmpreinteNir;
use crate::journal::evenements::Qui;

/// A way in which the flux names somebody in a dossier. Several can be one person.
#[derive(Clone, Copy, Debug)]
pub struct Identite {
    /// Digest of the usable NIR.
    pub nir: Option<EmpreinteNir>,
    /// Name key on NOMNAI, else NOM.
    pub cle_nom: Option<i64>,
    /// Name key on NOM.
    pub cle_nom_usage: Option<i64>,
    /// Number of the NUMDEMRSA, whatever the caisse.
    pub numero: u32,
    /// Number of the dossier.
    pub dossier: u32,
}

/// What a file keeps of somebody who was removed: an anonymous homonym of those who stay.
#[derive(Clone, Copy, Debug)]
pub struct Homonyme {
    /// Name key shared with somebody who stays.
    pub cle_nom: i64,
    /// Number of the NUMDEMRSA shared with them, if any.
    pub numero: Option<u32>,
    /// Whether the removed person had a usable NIR.
    pub nir: bool,
}

/// Why an event waits for its person. It is tried again at each computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RaisonAttente {
    /// Nobody known answers to it.
    Inconnue,
    /// More than one person does.
    Ambigue,
}

impl RaisonAttente {
    /// The reason as the reports show it.
    #[must_use]
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Inconnue => "personne inconnue du flux",
            Self::Ambigue => "plusieurs personnes possibles",
        }
    }
}

/// The answer to « whose event is it ».
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rattachement {
    /// One person.
    Personne(u32),
    /// Nobody can be told.
    EnAttente(RaisonAttente),
}

/// What the identities leave in doubt, for the quality report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doutes {
    /// Name keys met both with a NIR and without, that could not be brought together.
    pub avec_et_sans_nir: u64,
    /// Dossiers where one name key has two NIR.
    pub deux_nir: u64,
}

/// People told apart.
pub struct Personnes {
    /// Person of each identity.
    pub de_identite: Vec<u32>,
    /// How many people there are.
    pub nombre: u32,
    /// Where events look for their person.
    pub annuaire: Annuaire,
    /// What is left in doubt.
    pub doutes: Doutes,
}

/// One person, several, and no need to know which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unique {
    Une(u32),
    Plusieurs,
}

impl Unique {
    fn add<K: std::hash::Hash + Eq>(map: &mut FxHashMap<K, Self>, key: K, personne: u32) {
        map.entry(key)
            .and_modify(|known| {
                if *known != Self::Une(personne) {
                    *known = Self::Plusieurs;
                }
            })
            .or_insert(Self::Une(personne));
    }
}

/// Where events look for their person.
#[derive(Debug, Default)]
pub struct Annuaire {
    par_nir: FxHashMap<EmpreinteNir, u32>,
    par_dossier: FxHashMap<(u32, i64), Unique>,
    par_nom: FxHashMap<i64, Unique>,
}

impl Personnes {
    /// Tells people apart: by NIR; without one, by name key, unless exactly one NIR has that name
    /// key in the same NUMDEMRSA.
    #[must_use]
    pub fn new(identites: &[Identite]) -> Self {
        Self::parmi(identites, &[])
    }

    /// The same, when people were removed who bore the names of some who stay: what was in doubt
    /// between them is still in doubt.
    #[must_use]
    pub fn parmi(identites: &[Identite], homonymes: &[Homonyme]) -> Self {
        let mut nombre = 0;
        let mut next = || {
            nombre += 1;
            nombre - 1
        };
        let mut annuaire = Annuaire::default();
        let mut nir_du_dossier: FxHashMap<(u32, i64), Unique> = FxHashMap::default();
        for identite in identites {
            if let Some(nir) = identite.nir {
                let personne = *annuaire.par_nir.entry(nir).or_insert_with(&mut next);
                if let Some(cle) = identite.cle_nom {
                    Unique::add(&mut nir_du_dossier, (identite.numero, cle), personne);
                }
            }
        }
        for homonyme in homonymes.iter().filter(|homonyme| homonyme.nir) {
            if let Some(numero) = homonyme.numero {
                nir_du_dossier.insert((numero, homonyme.cle_nom), Unique::Plusieurs);
            }
        }
        let mut sans_nir: FxHashMap<i64, u32> = FxHashMap::default();
        let mut de_identite = Vec::with_capacity(identites.len());
        for identite in identites {
            let personne = match (identite.nir, identite.cle_nom) {
                (Some(nir), _) => *annuaire.par_nir.entry(nir).or_insert_with(&mut next),
                (None, Some(cle)) => match nir_du_dossier.get(&(identite.numero, cle)) {
                    Some(Unique::Une(personne)) => *personne,
                    _ => *sans_nir.entry(cle).or_insert_with(&mut next),
                },
                // Validation sets such a foyer aside; alone, it would be nobody else.
                (None, None) => next(),
            };
            de_identite.push(personne);
            for cle in [identite.cle_nom, identite.cle_nom_usage].into_iter().flatten() {
                Unique::add(&mut annuaire.par_dossier, (identite.numero, cle), personne);
                Unique::add(&mut annuaire.par_nom, cle, personne);
            }
        }
        for homonyme in homonymes {
            annuaire.par_nom.insert(homonyme.cle_nom, Unique::Plusieurs);
            if let Some(numero) = homonyme.numero {
                annuaire.par_dossier.insert((numero, homonyme.cle_nom), Unique::Plusieurs);
            }
        }
        let avec_nir: FxHashSet<i64> = identites.iter().filter(|i| i.nir.is_some()).filter_map(|i| i.cle_nom).collect();
        let doutes = Doutes {
            avec_et_sans_nir: sans_nir.keys().filter(|cle| avec_nir.contains(cle)).count() as u64,
            deux_nir: nir_du_dossier.values().filter(|found| **found == Unique::Plusieurs).count() as u64,
        };
        Self { de_identite, nombre, annuaire, doutes }
    }
}

impl Annuaire {
    /// The person an event names. `numero` is the number of its NUMDEMRSA, `None` when no flux has
    /// it.
    #[must_use]
    pub fn chercher(&self, qui: &Qui, numero: Option<u32>) -> Rattachement {
        let unique = |found: Option<&Unique>| match found {
            Some(Unique::Une(personne)) => Rattachement::Personne(*personne),
            Some(Unique::Plusieurs) => Rattachement::EnAttente(RaisonAttente::Ambigue),
            None => Rattachement::EnAttente(RaisonAttente::Inconnue),
        };
        match (qui.nir, qui.cle_nom) {
            (Some(nir), _) => unique(self.par_nir.get(&nir).map(|&personne| Unique::Une(personne)).as_ref()),
            (None, Some(cle)) if !qui.numdemrsa.is_empty() => {
                unique(numero.and_then(|numero| self.par_dossier.get(&(numero, cle.0))))
            }
            (None, Some(cle)) => unique(self.par_nom.get(&cle.0)),
            (None, None) => Rattachement::EnAttente(RaisonAttente::Inconnue),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identite::CleNom;

    fn identite(nir: Option<u8>, cle: i64, numero: u32) -> Identite {
        Identite { nir: nir.map(|n| [n; 16]), cle_nom: Some(cle), cle_nom_usage: Some(cle), numero, dossier: numero }
    }

    #[test]
    fn without_nir_the_same_name_in_the_same_dossier_joins_the_only_nir() {
        let people = Personnes::new(&[identite(None, 7, 1), identite(Some(9), 7, 1)]);
        assert_eq!(people.de_identite[0], people.de_identite[1]);
    }

    #[test]
    fn without_nir_the_same_name_in_another_dossier_stays_apart() {
        let people = Personnes::new(&[identite(None, 7, 2), identite(Some(9), 7, 1)]);
        assert_ne!(people.de_identite[0], people.de_identite[1]);
        assert_eq!(people.doutes, Doutes { avec_et_sans_nir: 1, deux_nir: 0 });
    }

    #[test]
    fn without_nir_two_nir_of_the_same_name_in_the_dossier_choose_nobody() {
        let people = Personnes::new(&[identite(None, 7, 1), identite(Some(8), 7, 1), identite(Some(9), 7, 1)]);
        assert_eq!(people.nombre, 3);
        assert_eq!(people.doutes.deux_nir, 1);
    }

    #[test]
    fn a_nir_decides_alone_and_a_name_is_never_guessed() {
        let people = Personnes::new(&[identite(Some(8), 7, 1), identite(Some(9), 7, 2)]);
        let qui = |nir: Option<u8>, numdemrsa: &str| Qui {
            nir: nir.map(|n| [n; 16]),
            numdemrsa: numdemrsa.to_owned(),
            cle_nom: Some(CleNom(7)),
        };
        let annuaire = &people.annuaire;
        assert_eq!(annuaire.chercher(&qui(Some(9), "1"), Some(1)), Rattachement::Personne(people.de_identite[1]));
        assert_eq!(annuaire.chercher(&qui(Some(5), "1"), Some(1)), Rattachement::EnAttente(RaisonAttente::Inconnue));
        assert_eq!(annuaire.chercher(&qui(None, "1"), Some(1)), Rattachement::Personne(people.de_identite[0]));
        assert_eq!(annuaire.chercher(&qui(None, ""), None), Rattachement::EnAttente(RaisonAttente::Ambigue));
        assert_eq!(annuaire.chercher(&qui(None, "3"), None), Rattachement::EnAttente(RaisonAttente::Inconnue));
    }
}
