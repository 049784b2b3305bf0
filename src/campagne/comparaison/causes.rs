//! What changed about one person between two folders: their events, their identity, their flux.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Cause;
use crate::journal::depot::{Segment, Segments};
use crate::journal::evenements::{EnVigueur, EvenementsEnVigueur, Qui};
use crate::journal::lecture::existait;
use crate::journal::segment::{MetaEvenements, MetaFlux};
use crate::parcours::histoire::Histoire;
use crate::parcours::personnes::Rattachement;
use crate::parcours::rangement::Repertoire;

/// What a folder was made from.
pub struct Savoir {
    /// Flux received by its day.
    pub flux: Vec<Segment<MetaFlux>>,
    /// Event files.
    pub evenements: Vec<Segment<MetaEvenements>>,
    connu_le: NaiveDate,
}

impl Savoir {
    /// What segments say on a day.
    #[must_use]
    pub fn new(segments: Segments, connu_le: NaiveDate) -> Self {
        let Segments { mut flux, evenements } = segments;
        flux.retain(|segment| existait(segment.meta.commun.recu_le, Some(connu_le)));
        Self { flux, evenements, connu_le }
    }

    fn a_l_evenement(&self, empreinte: &str) -> bool {
        self.evenements.iter().any(|segment| segment.meta.commun.empreinte == empreinte)
    }
}

/// The people of both folders: those who are, or may be, one person are of one class.
#[derive(Debug)]
pub struct Personnes {
    /// Class of each person of the first folder, then of the second.
    classes: Vec<u32>,
    /// How many people the first folder has.
    premiers: u32,
    /// People of each class, by folder.
    membres: FxHashMap<u32, [Vec<u32>; 2]>,
}

impl Personnes {
    /// Brings together the people whom the flux name in the same way.
    #[must_use]
    pub fn new(cotes: [(&Histoire, &Repertoire); 2]) -> Self {
        let premiers = cotes[0].0.personnes;
        let mut classes: Vec<u32> = (0..premiers + cotes[1].0.personnes).collect();
        // A NIR; or a name in a dossier.
        let (mut par_nir, mut par_nom) = (FxHashMap::default(), FxHashMap::default());
        for (debut, (histoire, repertoire)) in [0, premiers].into_iter().zip(cotes) {
            for (identite, personne) in repertoire.identites.iter().zip(&repertoire.de_identite) {
                let noeud = debut + personne;
                if let Some(nir) = identite.nir {
                    let premier = *par_nir.entry(nir).or_insert(noeud);
                    unir(&mut classes, premier, noeud);
                } else {
                    let numdemrsa = &*histoire.dossiers[identite.dossier as usize].numdemrsa;
                    let premier = *par_nom.entry((identite.cle_nom, numdemrsa)).or_insert(noeud);
                    unir(&mut classes, premier, noeud);
                }
            }
        }
        let mut membres: FxHashMap<u32, [Vec<u32>; 2]> = FxHashMap::default();
        for noeud in 0..premiers + cotes[1].0.personnes {
            let racine = racine(&mut classes, noeud);
            classes[noeud as usize] = racine;
            let [a, b] = membres.entry(racine).or_default();
            if noeud < premiers { a.push(noeud) } else { b.push(noeud - premiers) }
        }
        Self { classes, premiers, membres }
    }

    /// The class of a person of a folder.
    #[must_use]
    pub fn classe(&self, cote: usize, personne: u32) -> u32 {
        let noeud = if cote == 0 { personne } else { self.premiers + personne };
        self.classes.get(noeud as usize).copied().unwrap_or(u32::MAX)
    }

    /// Whether a class is one person in each folder, or nobody in one.
    fn une_seule(&self, classe: u32) -> bool {
        self.membres.get(&classe).is_none_or(|[a, b]| a.len() <= 1 && b.len() <= 1)
    }

    fn connue_du_premier(&self, classe: u32) -> bool {
        self.membres.get(&classe).is_some_and(|[a, _]| !a.is_empty())
    }

    /// The classes that the first folder knew, and whose events are given to somebody else, or at last
    /// to somebody, in the second.
    #[must_use]
    pub fn rattachees_autrement(
        &self,
        evenements: &EvenementsEnVigueur,
        qui_a: &Repertoire,
        qui_b: &Repertoire,
    ) -> FxHashSet<u32> {
        let classe = |cote: usize, rattachement| match rattachement {
            Rattachement::Personne(personne) => Some(self.classe(cote, personne)),
            Rattachement::EnAttente(_) => None,
        };
        let mut out = FxHashSet::default();
        for qui in tous(evenements) {
            let (avant, apres) = (classe(0, qui_a.chercher(qui)), classe(1, qui_b.chercher(qui)));
            if avant != apres {
                out.extend([avant, apres].into_iter().flatten().filter(|classe| self.connue_du_premier(*classe)));
            }
        }
        out
    }
}

fn racine(classes: &mut [u32], noeud: u32) -> u32 {
    let mut ici = noeud;
    while classes[ici as usize] != ici {
        // Halves the way for who comes next.
        classes[ici as usize] = classes[classes[ici as usize] as usize];
        ici = classes[ici as usize];
    }
    ici
}

fn unir(classes: &mut [u32], a: u32, b: u32) {
    let (a, b) = (racine(classes, a), racine(classes, b));
    classes[a.max(b) as usize] = a.min(b);
}

fn tous(evenements: &EvenementsEnVigueur) -> impl Iterator<Item = &Qui> {
    let EvenementsEnVigueur { orientations, rendez_vous, contrats, accompagnements, fins_suivi, .. } = evenements;
    let orientations = orientations.iter().map(|e| &e.qui);
    let rendez_vous = rendez_vous.iter().map(|e| &e.qui);
    let contrats = contrats.iter().map(|e| &e.qui);
    let accompagnements = accompagnements.iter().map(|e| &e.qui);
    orientations.chain(rendez_vous).chain(contrats).chain(accompagnements).chain(fins_suivi.iter().map(|e| &e.qui))
}

/// An event that is not the same in both folders.
#[derive(Clone, Debug)]
struct Difference {
    genre: &'static str,
    cause: Cause,
    /// Its identifier and its file: never a name.
    dit: String,
}

/// The events that are not the same in both folders, by class of people.
#[derive(Debug, Default)]
pub struct Evenements(FxHashMap<u32, Vec<Difference>>);

/// Events of two folders.
struct Deux<'a> {
    qui: &'a Repertoire,
    personnes: &'a Personnes,
    /// Whether the second folder knows everything that the first one did.
    sait_tout: bool,
    /// Names of the files of the second folder that mend what the first had set aside.
    repris: FxHashSet<&'a str>,
}

impl Evenements {
    /// Compares the events in force.
    #[must_use]
    pub fn new(
        a: &EvenementsEnVigueur,
        b: &EvenementsEnVigueur,
        savoir_a: &Savoir,
        savoir_b: &Savoir,
        (personnes, qui): (&Personnes, &Repertoire),
    ) -> Self {
        let nouveaux =
            savoir_b.evenements.iter().filter(|segment| !savoir_a.a_l_evenement(&segment.meta.commun.empreinte));
        let repris = nouveaux.filter(|segment| segment.meta.commun.extrait.is_some());
        let repris = repris.map(|segment| segment.meta.commun.nom.as_str()).collect();
        let sait_tout = savoir_b.connu_le >= savoir_a.connu_le
            && savoir_a.evenements.iter().all(|segment| savoir_b.a_l_evenement(&segment.meta.commun.empreinte));
        let deux = Deux { qui, personnes, sait_tout, repris };
        let mut out = Self::default();
        deux.chercher("orientations", &a.orientations, &b.orientations, &mut out);
        deux.chercher("rendez_vous", &a.rendez_vous, &b.rendez_vous, &mut out);
        deux.chercher("cer", &a.contrats, &b.contrats, &mut out);
        deux.chercher("accompagnements", &a.accompagnements, &b.accompagnements, &mut out);
        deux.chercher("fins_suivi", &a.fins_suivi, &b.fins_suivi, &mut out);
        out
    }

    /// Why somebody moved in a figure: of the events that changed about them, those of which the figure
    /// is made. Several can; the first cause, in the order of [`Cause`], is the one that is given.
    #[must_use]
    pub fn cause(&self, classe: u32, indicateur: &str) -> (Cause, String) {
        let genres: &[&str] = match indicateur {
            "3.1.1" | "3.1.2" => &["orientations", "fins_suivi"],
            "3.1.3" | "3.1.4" => &["orientations", "fins_suivi", "rendez_vous"],
            "3.1.5" | "3.1.6" => &["orientations", "fins_suivi", "cer"],
            "3.2.1" | "3.2.3" => &["orientations", "fins_suivi", "accompagnements"],
            _ => &["accompagnements"],
        };
        let mut siennes: Vec<&Difference> =
            self.0.get(&classe).into_iter().flatten().filter(|d| genres.contains(&d.genre)).collect();
        siennes.sort_by(|a, b| (a.cause, &a.dit).cmp(&(b.cause, &b.dit)));
        match siennes.first() {
            Some(premiere) => {
                let dits: Vec<&str> = siennes.iter().map(|d| d.dit.as_str()).collect();
                (premiere.cause, dits.join(" ; "))
            }
            // The events are the same: they are given to somebody else.
            None => (Cause::Identite, String::new()),
        }
    }
}

impl Deux<'_> {
    fn chercher<T: PartialEq>(
        &self,
        genre: &'static str,
        avant: &[EnVigueur<T>],
        apres: &[EnVigueur<T>],
        out: &mut Evenements,
    ) {
        let avants: FxHashMap<&str, &EnVigueur<T>> = avant.iter().map(|e| (e.id.as_str(), e)).collect();
        let apress: FxHashMap<&str, &EnVigueur<T>> = apres.iter().map(|e| (e.id.as_str(), e)).collect();
        for e in apres {
            match avants.get(e.id.as_str()) {
                None => {
                    let repris = self.repris.contains(&*e.lieu.fichier);
                    let cause = if repris { Cause::RejetRepris } else { Cause::NouvelEvenement };
                    self.noter(genre, cause, e, [&e.qui, &e.qui], out);
                }
                Some(connu) if connu.evenement != e.evenement || connu.qui != e.qui => {
                    self.noter(genre, Cause::EvenementCorrige, e, [&connu.qui, &e.qui], out);
                }
                Some(_) => {}
            }
        }
        for e in avant.iter().filter(|e| !apress.contains_key(e.id.as_str())) {
            let cause = if self.sait_tout { Cause::EvenementRetire } else { Cause::ConnuDuPremier };
            self.noter(genre, cause, e, [&e.qui, &e.qui], out);
        }
    }

    fn noter<T>(&self, genre: &'static str, cause: Cause, e: &EnVigueur<T>, quis: [&Qui; 2], out: &mut Evenements) {
        let dit = format!("{genre} {} ({}, ligne {})", e.id, e.lieu.fichier, e.lieu.ligne);
        let classes: BTreeSet<u32> = quis
            .into_iter()
            .filter_map(|qui| match self.qui.chercher(qui) {
                Rattachement::Personne(personne) => Some(self.personnes.classe(0, personne)),
                Rattachement::EnAttente(_) => None,
            })
            .collect();
        for classe in classes {
            out.0.entry(classe).or_default().push(Difference { genre, cause, dit: dit.clone() });
        }
    }
}

/// The flux of both folders.
pub struct Flux<'a> {
    histoires: [&'a Histoire; 2],
    personnes: &'a Personnes,
    /// Digests of the flux of each folder.
    connus: [FxHashSet<&'a str>; 2],
    /// Stocks that the first folder did not know.
    stocks: Vec<&'a str>,
}

impl<'a> Flux<'a> {
    /// What each folder was made from, what it says, and the people of both.
    #[must_use]
    pub fn new(savoirs: [&'a Savoir; 2], histoires: [&'a Histoire; 2], personnes: &'a Personnes) -> Self {
        let connus = savoirs.map(|savoir| savoir.flux.iter().map(|s| s.meta.commun.empreinte.as_str()).collect());
        let nouveaux = savoirs[1].flux.iter().map(|segment| &segment.meta).filter(|meta| {
            let connus: &FxHashSet<&str> = &connus[0];
            meta.mensuel && meta.commun.extrait.is_none() && !connus.contains(meta.commun.empreinte.as_str())
        });
        let stocks = nouveaux.map(|meta| meta.commun.nom.as_str()).collect();
        Self { histoires, personnes, connus, stocks }
    }

    /// Why somebody moved when the flux of the second folder took the place of those of the first.
    #[must_use]
    pub fn cause(&self, classe: u32, rattachee_autrement: bool) -> (Cause, String) {
        if !self.personnes.une_seule(classe) {
            return (Cause::Identite, "les flux permettent de dire qui est qui".to_owned());
        }
        if rattachee_autrement {
            return (Cause::Identite, "un événement trouve sa personne, ou en change".to_owned());
        }
        let (fichiers, extraits) = self.nouveaux(1, 0, classe);
        if !extraits.is_empty() {
            return (Cause::RejetRepris, extraits.into_iter().collect::<Vec<_>>().join(" ; "));
        }
        if !fichiers.is_empty() {
            return (Cause::FluxTardif, fichiers.into_iter().collect::<Vec<_>>().join(" ; "));
        }
        let (partis, extraits_partis) = self.nouveaux(0, 1, classe);
        if !partis.is_empty() || !extraits_partis.is_empty() {
            let noms: Vec<String> = partis.into_iter().chain(extraits_partis).collect();
            return (Cause::ConnuDuPremier, noms.join(" ; "));
        }
        // No row of theirs came or went: a stock in which they are missing did, or a first one.
        if self.stocks.is_empty() {
            return (Cause::ConnuDuPremier, String::new());
        }
        (Cause::FluxTardif, format!("absence ou base : {}", self.stocks.join(" ; ")))
    }

    /// The files, and the extracts that mend one, in which folder `dans` has a row of somebody and that
    /// folder `hors` does not have.
    fn nouveaux(&self, dans: usize, hors: usize, classe: u32) -> (BTreeSet<String>, BTreeSet<String>) {
        let histoire = self.histoires[dans];
        let (mut fichiers, mut extraits) = (BTreeSet::new(), BTreeSet::new());
        let siennes = self.personnes.membres.get(&classe).map(|membres| membres[dans].as_slice()).unwrap_or_default();
        for releve in siennes.iter().flat_map(|personne| histoire.releves.de(*personne)) {
            let en_tete = &histoire.fichiers[releve.fichier as usize].en_tete;
            let extrait = en_tete.extraits.iter().rev().find(|extrait| extrait.debut <= releve.rang);
            if !self.connus[hors].contains(en_tete.empreinte.as_str()) {
                fichiers.insert(en_tete.nom.clone());
            } else if extrait.is_some_and(|extrait| !self.lu_dans(hors, &en_tete.empreinte, &extrait.empreinte)) {
                extraits.insert(en_tete.nom.clone());
            }
        }
        (fichiers, extraits)
    }

    /// Whether a folder had read an extract of a file.
    fn lu_dans(&self, cote: usize, fichier: &str, extrait: &str) -> bool {
        let fichiers = self.histoires[cote].fichiers.iter().filter(|f| f.en_tete.empreinte == fichier);
        fichiers.into_iter().any(|f| f.en_tete.extraits.iter().any(|lu| lu.empreinte == extrait))
    }
}
