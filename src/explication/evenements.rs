//! Where the events of a person were read, and those that wait and may be theirs.

use rayon::prelude::*;

use crate::journal::evenements::{EnVigueur, EvenementsEnVigueur, Lieu, Qui};
use crate::parcours::personnes::{RaisonAttente, Rattachement};
use crate::parcours::rangement::Repertoire;
use crate::purge::Signes;
use crate::releves::genres::Genre;
use crate::temps::Jour;

/// Where an event was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origine {
    /// `id_evenement`.
    pub id: String,
    /// File and line.
    pub lieu: Lieu,
}

/// Where the events of a person were read: each kind in the order of the history.
#[derive(Clone, Debug, Default)]
pub struct Origines {
    /// Of the orientations.
    pub orientations: Vec<Origine>,
    /// Of the appointments.
    pub rendez_vous: Vec<Origine>,
    /// Of the contracts.
    pub contrats: Vec<Origine>,
    /// Of the GAD and AG.
    pub accompagnements: Vec<Origine>,
    /// Of the ends of follow-up.
    pub fins_suivi: Vec<Origine>,
}

impl Origines {
    /// Those of the events of a person.
    #[must_use]
    pub fn de(evenements: &EvenementsEnVigueur, repertoire: &Repertoire, personne: u32) -> Self {
        fn siennes<T>(
            liste: &[EnVigueur<T>],
            repertoire: &Repertoire,
            personne: u32,
            date: impl Fn(&T) -> Jour,
        ) -> Vec<Origine> {
            let sienne = |e: &&EnVigueur<T>| repertoire.chercher(&e.qui) == Rattachement::Personne(personne);
            let mut out: Vec<&EnVigueur<T>> = liste.iter().filter(sienne).collect();
            out.sort_by(|a, b| (date(&a.evenement), &a.id).cmp(&(date(&b.evenement), &b.id)));
            out.into_iter().map(|e| Origine { id: e.id.to_string(), lieu: e.lieu.clone() }).collect()
        }
        Self {
            orientations: siennes(&evenements.orientations, repertoire, personne, |o| o.date),
            rendez_vous: siennes(&evenements.rendez_vous, repertoire, personne, |rdv| rdv.date),
            contrats: siennes(&evenements.contrats, repertoire, personne, |contrat| contrat.date),
            accompagnements: siennes(&evenements.accompagnements, repertoire, personne, |a| {
                a.propose_le.or(a.debut).unwrap_or(Jour::MIN)
            }),
            fins_suivi: siennes(&evenements.fins_suivi, repertoire, personne, |fin| fin.date),
        }
    }
}

/// Whose each event is, found once for whoever looks at one person after another.
#[derive(Debug)]
pub struct EvenementsRattaches {
    evenements: EvenementsEnVigueur,
    orientations: Vec<Rattachement>,
    rendez_vous: Vec<Rattachement>,
    contrats: Vec<Rattachement>,
    accompagnements: Vec<Rattachement>,
    fins_suivi: Vec<Rattachement>,
}

impl EvenementsRattaches {
    /// Finds whose each event is.
    #[must_use]
    pub fn new(evenements: EvenementsEnVigueur, repertoire: &Repertoire) -> Self {
        fn a_qui<T: Sync>(liste: &[EnVigueur<T>], repertoire: &Repertoire) -> Vec<Rattachement> {
            liste.par_iter().map(|e| repertoire.chercher(&e.qui)).collect()
        }
        Self {
            orientations: a_qui(&evenements.orientations, repertoire),
            rendez_vous: a_qui(&evenements.rendez_vous, repertoire),
            contrats: a_qui(&evenements.contrats, repertoire),
            accompagnements: a_qui(&evenements.accompagnements, repertoire),
            fins_suivi: a_qui(&evenements.fins_suivi, repertoire),
            evenements,
        }
    }

    /// Every event in force.
    #[must_use]
    pub fn en_vigueur(&self) -> &EvenementsEnVigueur {
        &self.evenements
    }

    /// The events of a person, and those that wait and may be theirs: all that [`Origines::de`] and
    /// [`attendus`] look at for them.
    #[must_use]
    pub fn de(&self, personne: u32, signes: &Signes) -> EvenementsEnVigueur {
        let choisir = |a_qui: &Rattachement, qui: &Qui| match a_qui {
            Rattachement::Personne(autre) => *autre == personne,
            Rattachement::EnAttente(_) => signes.designent(qui),
        };
        fn siens<T: Clone>(
            liste: &[EnVigueur<T>],
            a_qui: &[Rattachement],
            choisir: impl Fn(&Rattachement, &Qui) -> bool,
        ) -> Vec<EnVigueur<T>> {
            let choisis = liste.iter().zip(a_qui).filter(|(e, a_qui)| choisir(a_qui, &e.qui));
            choisis.map(|(e, _)| e.clone()).collect()
        }
        let tous = &self.evenements;
        EvenementsEnVigueur {
            orientations: siens(&tous.orientations, &self.orientations, choisir),
            rendez_vous: siens(&tous.rendez_vous, &self.rendez_vous, choisir),
            contrats: siens(&tous.contrats, &self.contrats, choisir),
            accompagnements: siens(&tous.accompagnements, &self.accompagnements, choisir),
            fins_suivi: siens(&tous.fins_suivi, &self.fins_suivi, choisir),
            pole_emploi: Vec::new(),
        }
    }
}

/// An event that waits for its person, and bears the name or the NIR of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendu {
    /// Its kind.
    pub genre: Genre,
    /// Its own date, when it has one.
    pub date: Option<Jour>,
    /// Where it was read.
    pub origine: Origine,
    /// Why it waits.
    pub raison: RaisonAttente,
    /// Whether it bears their NIR, and not only their name.
    pub par_nir: bool,
}

/// The events that wait and may be those of whoever bears these names and NIR.
#[must_use]
pub fn attendus(evenements: &EvenementsEnVigueur, repertoire: &Repertoire, signes: &Signes) -> Vec<Attendu> {
    fn chercher<T>(
        genre: Genre,
        liste: &[EnVigueur<T>],
        (repertoire, signes): (&Repertoire, &Signes),
        date: impl Fn(&T) -> Option<Jour>,
        out: &mut Vec<Attendu>,
    ) {
        for e in liste.iter().filter(|e| signes.designent(&e.qui)) {
            if let Rattachement::EnAttente(raison) = repertoire.chercher(&e.qui) {
                out.push(Attendu {
                    genre,
                    date: date(&e.evenement),
                    origine: Origine { id: e.id.to_string(), lieu: e.lieu.clone() },
                    raison,
                    par_nir: e.qui.nir.is_some_and(|nir| signes.nir.contains(&nir)),
                });
            }
        }
    }
    let (qui, mut out) = ((repertoire, signes), Vec::new());
    chercher(Genre::Orientations, &evenements.orientations, qui, |o| Some(o.date), &mut out);
    chercher(Genre::RendezVous, &evenements.rendez_vous, qui, |rdv| Some(rdv.date), &mut out);
    chercher(Genre::Cer, &evenements.contrats, qui, |contrat| Some(contrat.date), &mut out);
    chercher(Genre::Accompagnements, &evenements.accompagnements, qui, |a| a.propose_le.or(a.debut), &mut out);
    chercher(Genre::FinsSuivi, &evenements.fins_suivi, qui, |fin| Some(fin.date), &mut out);
    out.sort_by(|a, b| (a.date, a.genre, &a.origine.id).cmp(&(b.date, b.genre, &b.origine.id)));
    out
}
