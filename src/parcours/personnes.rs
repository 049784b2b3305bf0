//! Who is who, once every known file has been replayed: from identities to people, and from the way
//! an event names somebody to that person. In doubt, nobody is chosen.

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::identite::{EmpreinteNir, Matricule};
use crate::journal::evenements::{ParMatricule, Qui};
use crate::journal::lecture::Porteur;

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
    par_dossier: ParDossier,
    par_nom: FxHashMap<i64, Unique>,
    /// Only of the MATRICULE by which some event names its person.
    par_matricule: FxHashMap<Matricule, Vec<(u32, Porteur)>>,
}

impl Personnes {
    /// Tells people apart: by NIR; without one, by name key, unless exactly one NIR has that name
    /// key in the same NUMDEMRSA.
    #[must_use]
    pub fn new(identites: &[Identite]) -> Self {
        Self::parmi(identites, &[], None)
    }

    /// The same, when people were removed who bore the names of some who stay: what was in doubt
    /// between them is still in doubt. When `cherchees` is given, nobody is found under another name key.
    #[must_use]
    pub fn parmi(identites: &[Identite], homonymes: &[Homonyme], cherchees: Option<&FxHashSet<i64>>) -> Self {
        let mut nombre = 0;
        let mut next = || {
            nombre += 1;
            nombre - 1
        };
        let mut par_nir: FxHashMap<EmpreinteNir, u32> =
            FxHashMap::with_capacity_and_hasher(identites.len(), FxBuildHasher);
        let mut nir_du_dossier: FxHashMap<(u32, i64), Unique> =
            FxHashMap::with_capacity_and_hasher(identites.len(), FxBuildHasher);
        for identite in identites {
            if let Some(nir) = identite.nir {
                let personne = *par_nir.entry(nir).or_insert_with(&mut next);
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
                (Some(nir), _) => *par_nir.entry(nir).or_insert_with(&mut next),
                (None, Some(cle)) => match nir_du_dossier.get(&(identite.numero, cle)) {
                    Some(Unique::Une(personne)) => *personne,
                    _ => *sans_nir.entry(cle).or_insert_with(&mut next),
                },
                // Validation sets such a foyer aside; alone, it would be nobody else.
                (None, None) => next(),
            };
            de_identite.push(personne);
        }
        let ((par_dossier, par_nom), doutes) = rayon::join(
            || noms(identites, &de_identite, homonymes, cherchees),
            || {
                let avec_nir: FxHashSet<i64> =
                    identites.iter().filter(|i| i.nir.is_some()).filter_map(|i| i.cle_nom).collect();
                Doutes {
                    avec_et_sans_nir: sans_nir.keys().filter(|cle| avec_nir.contains(cle)).count() as u64,
                    deux_nir: nir_du_dossier.values().filter(|found| **found == Unique::Plusieurs).count() as u64,
                }
            },
        );
        let annuaire = Annuaire { par_nir, par_dossier, par_nom, par_matricule: FxHashMap::default() };
        Self { de_identite, nombre, annuaire, doutes }
    }
}

/// Who bears each name, in each NUMDEMRSA.
type ParDossier = FxHashMap<(u32, i64), Unique>;

/// Who bears each name, or each of those that are looked for: in each NUMDEMRSA, and anywhere.
fn noms(
    identites: &[Identite],
    de_identite: &[u32],
    homonymes: &[Homonyme],
    cherchees: Option<&FxHashSet<i64>>,
) -> (ParDossier, FxHashMap<i64, Unique>) {
    let cles = || {
        identites.iter().zip(de_identite).flat_map(|(identite, personne)| {
            let cles = [identite.cle_nom, identite.cle_nom_usage.filter(|cle| Some(*cle) != identite.cle_nom)];
            let cles = cles.into_iter().flatten();
            let cles = cles.filter(|cle| cherchees.is_none_or(|cherchees| cherchees.contains(cle)));
            cles.map(|cle| (identite.numero, cle, *personne))
        })
    };
    let place = cherchees.map_or(identites.len(), FxHashSet::len);
    rayon::join(
        || {
            let mut par_dossier = FxHashMap::with_capacity_and_hasher(place, FxBuildHasher);
            cles().for_each(|(numero, cle, personne)| Unique::add(&mut par_dossier, (numero, cle), personne));
            for Homonyme { cle_nom, numero, .. } in homonymes {
                numero.map(|numero| par_dossier.insert((numero, *cle_nom), Unique::Plusieurs));
            }
            par_dossier
        },
        || {
            let mut par_nom = FxHashMap::with_capacity_and_hasher(place, FxBuildHasher);
            cles().for_each(|(_, cle, personne)| Unique::add(&mut par_nom, cle, personne));
            for homonyme in homonymes {
                par_nom.insert(homonyme.cle_nom, Unique::Plusieurs);
            }
            par_nom
        },
    )
}

impl Annuaire {
    /// Learns who stands under the MATRICULE that events give.
    pub fn porteurs(&mut self, porteurs: impl IntoIterator<Item = (u32, Porteur)>) {
        for (personne, porteur) in porteurs {
            self.par_matricule.entry(porteur.matricule).or_default().push((personne, porteur));
        }
    }

    /// The only person of a MATRICULE with whom everything that the event gives agrees.
    fn par_matricule(&self, par: &ParMatricule, numdemrsa: &str) -> Option<Unique> {
        let porteurs = self.par_matricule.get(&par.matricule)?;
        let tait_ou_vaut = |donne: &str, connus: &[&str]| donne.is_empty() || connus.contains(&donne);
        let mut trouves = porteurs.iter().filter(|(_, porteur)| {
            tait_ou_vaut(numdemrsa, &[&porteur.numdemrsa])
                && tait_ou_vaut(&par.nom, &[&porteur.nom, &porteur.nomnai])
                && tait_ou_vaut(&par.prenom, &[&porteur.prenom])
                && tait_ou_vaut(&par.date_naissance, &[&porteur.dtnai])
        });
        let (premiere, _) = trouves.next()?;
        let seule = trouves.all(|(autre, _)| autre == premiere);
        Some(if seule { Unique::Une(*premiere) } else { Unique::Plusieurs })
    }

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
            (None, None) => {
                let par = qui.matricule.as_deref();
                unique(par.and_then(|par| self.par_matricule(par, &qui.numdemrsa)).as_ref())
            }
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
            numdemrsa: numdemrsa.into(),
            cle_nom: Some(CleNom(7)),
            matricule: None,
        };
        let annuaire = &people.annuaire;
        assert_eq!(annuaire.chercher(&qui(Some(9), "1"), Some(1)), Rattachement::Personne(people.de_identite[1]));
        assert_eq!(annuaire.chercher(&qui(Some(5), "1"), Some(1)), Rattachement::EnAttente(RaisonAttente::Inconnue));
        assert_eq!(annuaire.chercher(&qui(None, "1"), Some(1)), Rattachement::Personne(people.de_identite[0]));
        assert_eq!(annuaire.chercher(&qui(None, ""), None), Rattachement::EnAttente(RaisonAttente::Ambigue));
        assert_eq!(annuaire.chercher(&qui(None, "3"), None), Rattachement::EnAttente(RaisonAttente::Inconnue));
    }

    fn porteur(nom: &str, nomnai: &str, prenom: &str, dtnai: &str) -> Porteur {
        Porteur {
            matricule: Matricule::parse("2089564").unwrap(),
            numdemrsa: "00000000001".into(),
            nom: nom.into(),
            nomnai: nomnai.into(),
            prenom: prenom.into(),
            dtnai: dtnai.into(),
        }
    }

    /// A couple and their grown child in one dossier; the mother appears under two names.
    #[test]
    fn under_a_matricule_everything_given_must_agree_with_one_person_only() {
        let mut annuaire = Annuaire::default();
        annuaire.porteurs([
            (0, porteur("BRUMEVAL", "ORSELLE", "ONDINE", "1980-02-01")),
            (0, porteur("BRUMEVAL", "ORSELLE", "ONDINE MARIE", "1980-02-01")),
            (1, porteur("BRUMEVAL", "BRUMEVAL", "TIBALD", "1979-05-05")),
            (2, porteur("BRUMEVAL", "BRUMEVAL", "ONDINE", "2000-02-01")),
        ]);
        let chercher = |matricule: &str, numdemrsa: &str, nom: &str, prenom: &str, naissance: &str| {
            let par = ParMatricule {
                matricule: Matricule::parse(matricule).unwrap(),
                nom: nom.into(),
                prenom: prenom.into(),
                date_naissance: naissance.into(),
            };
            let qui = Qui { numdemrsa: numdemrsa.into(), matricule: Some(Box::new(par)), ..Qui::default() };
            annuaire.chercher(&qui, None)
        };
        let une = Rattachement::Personne;
        let (inconnue, ambigue) =
            (Rattachement::EnAttente(RaisonAttente::Inconnue), Rattachement::EnAttente(RaisonAttente::Ambigue));
        assert_eq!(chercher("2089564", "", "ORSELLE", "", ""), une(0));
        assert_eq!(chercher("2089564", "", "BRUMEVAL", "TIBALD", ""), une(1));
        assert_eq!(chercher("2089564", "", "", "", "2000-02-01"), une(2));
        assert_eq!(chercher("2089564", "", "BRUMEVAL", "", ""), ambigue);
        assert_eq!(chercher("2089564", "", "BRUMEVAL", "ONDINE", ""), ambigue);
        assert_eq!(chercher("2089564", "", "BRUMEVAL", "", "1980-02-01"), une(0));
        assert_eq!(chercher("2089564", "", "BRUMEVAL", "", "1980-02-02"), inconnue);
        assert_eq!(chercher("2089564", "00000000001", "ORSELLE", "", ""), une(0));
        assert_eq!(chercher("2089564", "00000000002", "ORSELLE", "", ""), inconnue);
        assert_eq!(chercher("2089565", "", "ORSELLE", "", ""), inconnue);
    }
}
