//! Some people alone, once it is known who everybody is: what they need of the others is told apart. The
//! rules see a history like any other, in which nobody else is.

use rustc_hash::FxHashMap;

use super::histoire::{Constat, Dossier, DossierDouble, EnTeteFichier, Histoire, ParPersonne, Releve, debuts, len32};
use super::lignes::Releves;
use super::rangement::Rangement;
use crate::journal::evenements::{
    Accompagnement, Contrat, Evenement, EvenementsEnVigueur, FinSuivi, Orientation, RapportPoleEmploi, RendezVous,
};
use crate::journal::lecture::ColonnesFlux;
use crate::temps::Jour;

/// Where the rows of a segment stand among those of its file.
#[derive(Clone, Copy, Debug)]
struct Place {
    fichier: u32,
    /// Number of its first row.
    debut: u32,
    /// For an extract: the blocks of the file before it, and its rank among the extracts.
    bloc: Option<(u32, u32)>,
    /// Whether the file has extracts: its blocks then count in the order of its rows.
    melange: bool,
}

/// What people need of the others: the files and the caisses, the dossiers present but unread, and the
/// situations that replace what the rows of a dossier say in a file.
pub struct Cadre {
    /// The files and the caisses, and the people of the part under way.
    histoire: Histoire,
    places: FxHashMap<String, Vec<Place>>,
    /// Files in which each dossier is present but unread.
    non_lus: FxHashMap<u32, Vec<u32>>,
    situations: FxHashMap<(u32, u32), DossierDouble>,
}

/// What is known of a dossier through everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DossierConnu {
    /// Its number.
    pub numero: u32,
    /// File in which it is first seen.
    pub premier_fichier: u32,
    /// Through whom; `None` for somebody who was removed.
    pub premiere_personne: Option<u32>,
    /// File in which somebody else is first seen in it.
    pub autre_fichier: Option<u32>,
}

/// A row of a flux that found its place.
struct Ligne {
    /// Rank of the person in the part.
    personne: u32,
    dossier: u32,
    /// Place among the blocks of the file.
    place: (u32, u32),
    fichier: u32,
    rang: u32,
    constat: Constat,
}

/// People who are being gathered.
#[derive(Default)]
pub struct Partie {
    /// The number of each, in the order in which they came.
    pub personnes: Vec<u32>,
    lignes: Vec<Ligne>,
    dossiers: FxHashMap<u32, DossierConnu>,
    evenements: Vec<(u32, String, Evenement)>,
}

impl Partie {
    /// The person that the next rows are about.
    pub fn personne(&mut self, numero: u32) {
        self.personnes.push(numero);
    }

    fn derniere(&self) -> u32 {
        len32(self.personnes.len().saturating_sub(1))
    }

    /// An event of the last person.
    pub(crate) fn evenement(&mut self, id: &str, evenement: Evenement) {
        self.evenements.push((self.derniere(), id.to_owned(), evenement));
    }

    /// Rows and events gathered.
    #[must_use]
    pub fn lignes(&self) -> usize {
        self.lignes.len() + self.evenements.len()
    }
}

impl Cadre {
    /// The frame of the files in the order of steps. `non_lus` is of files and dossiers, `situations` too.
    #[must_use]
    pub fn new(
        en_tetes: &[EnTeteFichier],
        non_lus: impl Iterator<Item = (u32, u32)>,
        situations: impl Iterator<Item = ((u32, u32), DossierDouble)>,
        pole_emploi: Vec<RapportPoleEmploi>,
    ) -> Self {
        let mut places: FxHashMap<String, Vec<Place>> = FxHashMap::default();
        for (fichier, en_tete) in (0u32..).zip(en_tetes) {
            let melange = !en_tete.extraits.is_empty();
            places.entry(en_tete.empreinte.clone()).or_default().push(Place { fichier, debut: 0, bloc: None, melange });
            for (rang, extrait) in (1u32..).zip(&en_tete.extraits) {
                let place = Place { fichier, debut: extrait.debut, bloc: Some((extrait.bloc, rang)), melange };
                places.entry(extrait.empreinte.clone()).or_default().push(place);
            }
        }
        let mut par_dossier: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        non_lus.for_each(|(fichier, dossier)| par_dossier.entry(dossier).or_default().push(fichier));
        let vide = Rangement::new(en_tetes).finish(EvenementsEnVigueur::default());
        let histoire = Histoire { pole_emploi, ..vide };
        Self { histoire, places, non_lus: par_dossier, situations: situations.collect() }
    }

    /// The files and the caisses, with whoever was last shown.
    #[must_use]
    pub fn histoire(&self) -> &Histoire {
        &self.histoire
    }

    /// Adds a row of a segment to the last person of a part: in how many files it counts, each told to
    /// `compter`. None knows of a segment that came after.
    pub fn ajouter(
        &self,
        partie: &mut Partie,
        (segment, ligne, bloc): (&str, u32, u32),
        dossier: DossierConnu,
        (colonnes, row): (&ColonnesFlux, usize),
        mut compter: impl FnMut(u32),
    ) -> bool {
        let Some(places) = self.places.get(segment) else { return false };
        for Place { fichier, debut, bloc: extrait, melange } in places {
            if self.histoire.fichiers[*fichier as usize].caisse.is_none() {
                continue;
            }
            let constat = Constat::de(colonnes, row);
            let constat = match self.situations.get(&(*fichier, dossier.numero)) {
                Some(situation) => constat.dans(situation),
                None => constat,
            };
            partie.dossiers.insert(dossier.numero, dossier);
            partie.lignes.push(Ligne {
                personne: partie.derniere(),
                dossier: dossier.numero,
                place: extrait.unwrap_or(if *melange { (bloc, 0) } else { (0, 0) }),
                fichier: *fichier,
                rang: debut.saturating_add(ligne),
                constat,
            });
            compter(*fichier);
        }
        true
    }

    /// The history of the people of a part: each has the number of their rank in it.
    pub fn histoire_de(&mut self, partie: &mut Partie) -> &Histoire {
        let personnes = partie.personnes.len();
        let rangs: FxHashMap<u32, u32> = partie.personnes.iter().copied().zip(0..).collect();
        partie.lignes.sort_unstable_by_key(|ligne| (ligne.personne, ligne.fichier, ligne.place, ligne.rang));
        let mut locaux: FxHashMap<u32, u32> = FxHashMap::default();
        let mut dossiers = Vec::with_capacity(partie.dossiers.len());
        let mut releves = Vec::with_capacity(partie.lignes.len());
        self.histoire.non_lus.clear();
        for Ligne { dossier, fichier, rang, constat, .. } in &partie.lignes {
            let local = match locaux.get(dossier) {
                Some(local) => *local,
                None => {
                    let local = len32(dossiers.len());
                    locaux.insert(*dossier, local);
                    let caisse = self.histoire.fichiers[*fichier as usize].caisse.unwrap_or_default();
                    if let Some(connu) = partie.dossiers.get(dossier) {
                        let par = connu.premiere_personne.and_then(|numero| rangs.get(&numero).copied());
                        let premier = (connu.premier_fichier, par);
                        dossiers.push(Dossier::connu(caisse, connu.numero, premier, connu.autre_fichier));
                    }
                    let non_lus = self.non_lus.get(dossier).into_iter().flatten();
                    self.histoire.non_lus.extend(non_lus.map(|fichier| (*fichier, local)));
                    local
                }
            };
            releves.push(Releve { dossier: local, fichier: *fichier, rang: *rang, constat: *constat });
        }
        let debuts = debuts(personnes, partie.lignes.iter().map(|ligne| ligne.personne));
        let places = Evenements::de(std::mem::take(&mut partie.evenements));
        self.histoire.personnes = len32(personnes);
        self.histoire.dossiers = dossiers;
        self.histoire.releves = Releves::rangees(debuts, &releves);
        self.histoire.orientations = ranger(personnes, places.orientations, |o| o.date);
        self.histoire.rendez_vous = ranger(personnes, places.rendez_vous, |r| r.date);
        self.histoire.contrats = ranger(personnes, places.contrats, |c| c.date);
        self.histoire.accompagnements = ranger(personnes, places.accompagnements, Accompagnement::ordre);
        self.histoire.fins_suivi = ranger(personnes, places.fins_suivi, |f| f.date);
        &self.histoire
    }
}

/// The person and the identifier of an event, and what it says.
type DeQuelquUn<T> = (u32, String, T);

/// Events by kind.
#[derive(Default)]
struct Evenements {
    orientations: Vec<DeQuelquUn<Orientation>>,
    rendez_vous: Vec<DeQuelquUn<RendezVous>>,
    contrats: Vec<DeQuelquUn<Contrat>>,
    accompagnements: Vec<DeQuelquUn<Accompagnement>>,
    fins_suivi: Vec<DeQuelquUn<FinSuivi>>,
}

impl Evenements {
    fn de(evenements: Vec<(u32, String, Evenement)>) -> Self {
        let mut out = Self::default();
        for (personne, id, evenement) in evenements {
            match evenement {
                Evenement::Orientation(e) => out.orientations.push((personne, id, e)),
                Evenement::RendezVous(e) => out.rendez_vous.push((personne, id, e)),
                Evenement::Contrat(e) => out.contrats.push((personne, id, e)),
                Evenement::Accompagnement(e) => out.accompagnements.push((personne, id, e)),
                Evenement::FinSuivi(e) => out.fins_suivi.push((personne, id, e)),
            }
        }
        out
    }
}

/// The events of each person, by date then identifier.
fn ranger<T>(personnes: usize, mut evenements: Vec<DeQuelquUn<T>>, date: impl Fn(&T) -> Jour) -> ParPersonne<T> {
    evenements.sort_by(|(p, i, e), (q, j, f)| (p, date(e), i).cmp(&(q, date(f), j)));
    let de: Vec<u32> = evenements.iter().map(|(personne, ..)| *personne).collect();
    ParPersonne::grouped(personnes, de.into_iter(), evenements.into_iter().map(|(.., e)| e).collect())
}
