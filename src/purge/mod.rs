//! Removing people from the warehouse: those gone for longer than the retention, or one person who
//! asks for it. Who leaves is decided here, on what the journal says; how rows are removed without
//! ever leaving half of them is in [`crate::journal::reecriture`].
//!
//! The figures of those who stay do not move. Removing somebody could change them in three ways, and
//! each is prevented with what is known of those who stay alone:
//!
//! - a dossier would seem new to who joins it, an event in doubt between two homonyms would fall to
//!   the one who stays: the segment keeps a witness ([`Temoin`]);
//! - an older version of an event, about somebody who stays, would come back into force: the newer
//!   one is emptied, and not removed ([`Coupe::videes`]);
//! - somebody missing from a stock would be absent: dossiers present but unread stay in the metadata
//!   as long as somebody who stays is in them.

pub mod bruts;

use chrono::NaiveDate;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::identite::{CleNom, EmpreinteNir};
use crate::journal::depot::{Depot, ErreurDepot, Segment, Segments};
use crate::journal::evenements::{Qui, VersionLue, versions};
use crate::journal::lecture::{IdentiteLue, existait, identites};
use crate::journal::reecriture::{Chantier, Coupe, Nature, Registre, prochain_nom};
use crate::journal::rejets::extraits_qui_nomment;
use crate::journal::segment::{Commun, Ecarte, MetaEvenements, MetaFlux, Purge, Temoin};
use crate::parcours::etapes::Parcours;
use crate::parcours::histoire::{Classe, Histoire};
use crate::parcours::personnes::{RaisonAttente, Rattachement};
use crate::parcours::rangement::Repertoire;
use crate::rejeu::histoire_et_repertoire;
use crate::releves::genres::Genre;
use crate::temps::{Jour, Periode};

/// Everything the warehouse knows, with the way back to its rows.
#[derive(Debug)]
pub struct Connu {
    /// Every segment.
    pub segments: Segments,
    /// What they say, person by person.
    pub histoire: Histoire,
    /// Who answers to a name or a NIR.
    pub repertoire: Repertoire,
}

impl Connu {
    /// Reads a warehouse.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn lire(depot: &Depot) -> Result<Self, ErreurDepot> {
        Self::lire_au(depot, None)
    }

    /// The same, as it was known on a day (everything when `None`).
    ///
    /// # Errors
    /// A damaged segment.
    pub fn lire_au(depot: &Depot, connu_le: Option<NaiveDate>) -> Result<Self, ErreurDepot> {
        let mut segments = depot.segments()?;
        segments.flux.retain(|segment| existait(segment.meta.commun.recu_le, connu_le));
        let (histoire, repertoire) = histoire_et_repertoire(&segments.flux, &segments.evenements, connu_le)?;
        Ok(Self { segments, histoire, repertoire })
    }

    /// The extracts of flux that a later one replaced: the history has none of their rows.
    pub fn remplaces(&self) -> impl Iterator<Item = &Segment<MetaFlux>> {
        let extraits = self.histoire.fichiers.iter().flat_map(|fichier| &fichier.en_tete.extraits);
        let en_vigueur: FxHashSet<&str> = extraits.map(|extrait| extrait.empreinte.as_str()).collect();
        let extraits = self.segments.flux.iter().filter(|segment| segment.meta.commun.extrait.is_some());
        extraits.filter(move |segment| !en_vigueur.contains(segment.meta.commun.empreinte.as_str()))
    }

    /// Every row of such an extract, and whose it is, as for an event: by NIR, else by name in the
    /// dossier.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn lignes_remplacees(&self, segment: &Segment<MetaFlux>) -> Result<Vec<LigneRemplacee>, ErreurDepot> {
        let rangs: Vec<u32> = (0u32..).take(segment.lignes()).collect();
        let lues = identites(segment, &rangs)?;
        Ok(rangs
            .into_iter()
            .zip(lues)
            .map(|(rang, lue)| {
                let cle_nom = lue.cle_nom.map(CleNom);
                let qui = Qui { nir: lue.nir, numdemrsa: lue.numdemrsa, cle_nom, matricule: None };
                LigneRemplacee { rang, rattachement: self.repertoire.chercher(&qui), qui }
            })
            .collect())
    }
}

/// A row of an extract that a later one replaced.
#[derive(Clone, Debug)]
pub struct LigneRemplacee {
    /// Row of the segment.
    pub rang: u32,
    /// Whom it names.
    pub qui: Qui,
    /// Whose it is.
    pub rattachement: Rattachement,
}

/// A segment, and where its rows stand in a history: the extract of a file is numbered after it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Number of the file.
    pub fichier: u32,
    /// Number of the first row of the segment among those of the file.
    pub debut: u32,
    /// The segment.
    pub segment: &'a Segment<MetaFlux>,
}

/// The segments whose rows are in a history.
pub fn places<'a>(histoire: &Histoire, segments: &'a [Segment<MetaFlux>]) -> impl Iterator<Item = Place<'a>> {
    let mut connus: FxHashMap<&str, (u32, u32)> = FxHashMap::default();
    for (numero, fichier) in (0u32..).zip(&histoire.fichiers) {
        let en_tete = &fichier.en_tete;
        connus.insert(&en_tete.empreinte, (numero, 0));
        connus.extend(en_tete.extraits.iter().map(|extrait| (extrait.empreinte.as_str(), (numero, extrait.debut))));
    }
    let place = |segment: &'a Segment<MetaFlux>| {
        let &(fichier, debut) = connus.get(segment.meta.commun.empreinte.as_str())?;
        Some(Place { fichier, debut, segment })
    };
    segments.iter().filter_map(place).collect::<Vec<_>>().into_iter()
}

/// Whom a removal is about.
#[derive(Clone, Debug)]
pub struct Cible {
    /// People, with all their records and events.
    pub personnes: FxHashSet<u32>,
    /// Events whose person was never known.
    pub attente: Attente,
}

/// Which of the events whose person was never known go too: never those to which somebody who stays
/// may answer.
#[derive(Clone, Debug)]
pub enum Attente {
    /// Those dated before a day.
    AvantLe(Jour),
    /// Those that bear the NIR or the name of the person removed.
    AuNom(Signes),
}

/// What an event may call a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signes {
    /// Digests of their NIR.
    pub nir: FxHashSet<EmpreinteNir>,
    /// Their name keys.
    pub cles_nom: FxHashSet<i64>,
}

impl Signes {
    /// Those of a person.
    #[must_use]
    pub fn de(repertoire: &Repertoire, personne: u32) -> Self {
        let mut out = Self::default();
        for (identite, _) in repertoire.identites.iter().zip(&repertoire.de_identite).filter(|(_, p)| **p == personne) {
            out.nir.extend(identite.nir);
            out.cles_nom.extend(identite.cle_nom);
            out.cles_nom.extend(identite.cle_nom_usage);
        }
        out
    }

    /// Whether an event bears one of them.
    #[must_use]
    pub fn designent(&self, qui: &Qui) -> bool {
        qui.nir.is_some_and(|nir| self.nir.contains(&nir))
            || qui.cle_nom.is_some_and(|cle| self.cles_nom.contains(&cle.0))
    }

    /// Whether they have one in common.
    #[must_use]
    pub fn croisent(&self, autres: &Self) -> bool {
        !self.nir.is_disjoint(&autres.nir) || !self.cles_nom.is_disjoint(&autres.cles_nom)
    }
}

/// The people gone before a day: neither versable nor suspendu in any dossier since before it,
/// without an event in force or a claim under examination dated that day or later.
///
/// The texts set no retention; the department's register of processing does, and gives the day.
#[must_use]
pub fn partis(histoire: &Histoire, avant: Jour) -> FxHashSet<u32> {
    let mut parcours = Parcours::default();
    (0..histoire.personnes)
        .filter(|&personne| {
            parcours.suivre(histoire, personne);
            partie_depuis(&parcours).is_some_and(|depart| depart < avant)
                && !demande_depuis(histoire, personne, avant)
                && dernier_evenement(histoire, personne).is_none_or(|jour| jour < avant)
        })
        .collect()
}

/// Since when somebody is neither versable nor suspendu: the first step of the last run of steps of
/// class clos or sans droit, absences included. `None` when they still are.
fn partie_depuis(parcours: &Parcours) -> Option<Jour> {
    let presentes = parcours.etapes.iter().rposition(|etape| etape.classe.brsa()).map_or(0, |derniere| derniere + 1);
    parcours.etapes.get(presentes).map(|etape| etape.jour)
}

/// Whether a file of that day or later says that the person has a dossier without a right: a claim
/// is under examination, or was just refused.
fn demande_depuis(histoire: &Histoire, personne: u32, avant: Jour) -> bool {
    histoire.releves.de(personne).any(|releve| {
        releve.constat.classe == Classe::SansDroit && histoire.fichiers[releve.fichier as usize].en_tete.dtref >= avant
    })
}

/// The last day of an event in force of a person.
fn dernier_evenement(histoire: &Histoire, personne: u32) -> Option<Jour> {
    let orientations = histoire.orientations.de(personne).iter().map(|o| o.date);
    let rendez_vous = histoire.rendez_vous.de(personne).iter().map(|rdv| rdv.date.max(rdv.fixe_le));
    let contrats = histoire.contrats.de(personne).iter().map(|contrat| contrat.date);
    let accompagnements = histoire.accompagnements.de(personne).iter().filter_map(|a| a.debut.max(a.propose_le));
    let fins = histoire.fins_suivi.de(personne).iter().map(|fin| fin.date);
    orientations.chain(rendez_vous).chain(contrats).chain(accompagnements).chain(fins).max()
}

/// A segment to be rewritten.
#[derive(Debug)]
struct Retouche<M> {
    segment: Segment<M>,
    /// Its metadata, but for the trace of the removal.
    meta: M,
    coupe: Coupe,
    personnes: FxHashSet<u32>,
}

/// A removal that is ready to be done.
#[derive(Debug, Default)]
pub struct Plan {
    flux: Vec<Retouche<MetaFlux>>,
    evenements: Vec<(Genre, Retouche<MetaEvenements>)>,
    /// Keyed digest of each person removed.
    pseudonymes: FxHashMap<u32, String>,
    en_attente: u64,
}

impl Plan {
    /// Finds the rows of a removal. Nothing is written.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn new(depot: &Depot, connu: &Connu, cible: &Cible) -> Result<Self, ErreurDepot> {
        let restants = Restants::new(connu, &cible.personnes);
        let mut plan = Self { pseudonymes: pseudonymes(depot, connu, &cible.personnes), ..Self::default() };
        plan.chercher_les_releves(connu, cible, &restants)?;
        for genre in Genre::TOUS.into_iter().filter(|genre| genre.nominatif()) {
            plan.chercher_les_evenements(connu, cible, &restants, genre)?;
        }
        Ok(plan)
    }

    /// Whether there is nothing to remove.
    #[must_use]
    pub fn est_vide(&self) -> bool {
        self.flux.is_empty() && self.evenements.is_empty()
    }

    /// People to be removed.
    #[must_use]
    pub fn personnes(&self) -> u64 {
        self.pseudonymes.len() as u64
    }

    /// Records of flux to be removed.
    #[must_use]
    pub fn releves(&self) -> u64 {
        self.flux.iter().map(|retouche| lignes(&retouche.coupe)).sum()
    }

    /// Rows of events to be removed or emptied, those of nobody known included.
    #[must_use]
    pub fn evenements(&self) -> u64 {
        self.evenements.iter().map(|(_, retouche)| lignes(&retouche.coupe)).sum()
    }

    /// Rows of events whose person was never known.
    #[must_use]
    pub fn en_attente(&self) -> u64 {
        self.en_attente
    }

    /// The extracts of rejects that still hold somebody whom the removal is about, or their dossier:
    /// what nobody could read is not rewritten, somebody must look at it.
    ///
    /// # Errors
    /// An extract that cannot be read.
    pub fn extraits(depot: &Depot, connu: &Connu, cible: &Cible) -> Result<Vec<String>, ErreurDepot> {
        let (mut numeros, mut nirs) = (FxHashSet::default(), FxHashSet::default());
        for (identite, personne) in connu.repertoire.identites.iter().zip(&connu.repertoire.de_identite) {
            if cible.personnes.contains(personne) {
                numeros.insert(&*connu.histoire.dossiers[identite.dossier as usize].numdemrsa);
                nirs.extend(identite.nir);
            }
        }
        if let Attente::AuNom(signes) = &cible.attente {
            nirs.extend(&signes.nir);
        }
        extraits_qui_nomment(depot, &numeros, &nirs)
    }

    /// Segments to be rewritten.
    #[must_use]
    pub fn segments(&self) -> u64 {
        (self.flux.len() + self.evenements.len()) as u64
    }

    /// Whether the segment of a content is to be rewritten.
    #[must_use]
    pub fn reecrit(&self, empreinte: &str) -> bool {
        let flux = self.flux.iter().map(|retouche| &retouche.segment.meta.commun);
        let evenements = self.evenements.iter().map(|(_, retouche)| &retouche.segment.meta.commun);
        flux.chain(evenements).any(|commun| commun.empreinte == empreinte)
    }

    /// Does the removal: all of it, or nothing.
    ///
    /// # Errors
    /// The disk refused. If the removal was decided by then, the next run that writes finishes it.
    pub fn appliquer(self, depot: &Depot, raison: &Raison<'_>) -> Result<Registre, ErreurDepot> {
        let mut empreintes: Vec<String> = self.pseudonymes.values().cloned().collect();
        empreintes.sort();
        let registre = Registre {
            personnes: self.personnes(),
            empreintes,
            lignes: self.releves() + self.evenements(),
            en_attente: self.en_attente,
            ..raison.registre(depot)?
        };
        let mut chantier = Chantier::new(depot);
        for retouche in self.flux {
            let mut meta = retouche.meta;
            inscrire(&mut meta.commun, &registre, &self.pseudonymes, &retouche.personnes, &retouche.coupe);
            chantier.reecrire(&retouche.segment, &meta, &retouche.coupe, &[])?;
        }
        for (genre, retouche) in self.evenements {
            let mut meta = retouche.meta;
            inscrire(&mut meta.commun, &registre, &self.pseudonymes, &retouche.personnes, &retouche.coupe);
            chantier.reecrire(&retouche.segment, &meta, &retouche.coupe, genre.date_propre())?;
        }
        chantier.engager(registre)
    }

    /// The rows of flux, and what the metadata still say of dossiers that nobody has any more.
    fn chercher_les_releves(
        &mut self,
        connu: &Connu,
        cible: &Cible,
        restants: &Restants<'_>,
    ) -> Result<(), ErreurDepot> {
        let mut par_fichier: FxHashMap<u32, Vec<(u32, u32)>> = FxHashMap::default();
        for &personne in &cible.personnes {
            for releve in connu.histoire.releves.de(personne) {
                par_fichier.entry(releve.fichier).or_default().push((releve.rang, personne));
            }
        }
        for Place { fichier, debut, segment } in places(&connu.histoire, &connu.segments.flux) {
            let toutes = par_fichier.get(&fichier).map(Vec::as_slice).unwrap_or_default().iter();
            let dedans = |rang: u32| rang.checked_sub(debut).filter(|rang| (*rang as usize) < segment.lignes());
            let ici = toutes.filter_map(|&(rang, personne)| Some((dedans(rang)?, Some(personne)))).collect();
            self.retoucher(segment, ici, cible, restants)?;
        }
        for segment in connu.remplaces() {
            let vieux = |jour: Jour| Jour::from(segment.meta.dtref) < jour;
            let part = |ligne: LigneRemplacee| match (ligne.rattachement, &cible.attente) {
                (Rattachement::Personne(personne), _) => {
                    cible.personnes.contains(&personne).then_some((ligne.rang, Some(personne)))
                }
                (_, Attente::AvantLe(jour)) => {
                    (vieux(*jour) && !restants.peuvent_repondre(&ligne.qui)).then_some((ligne.rang, None))
                }
                (_, Attente::AuNom(signes)) => {
                    let siens = signes.designent(&ligne.qui) && !restants.portent_le_nom(&ligne.qui);
                    siens.then_some((ligne.rang, None))
                }
            };
            let ici = connu.lignes_remplacees(segment)?.into_iter().filter_map(part).collect();
            self.retoucher(segment, ici, cible, restants)?;
        }
        Ok(())
    }

    /// Removes rows of a flux segment, and what its metadata still say for nobody.
    fn retoucher(
        &mut self,
        segment: &Segment<MetaFlux>,
        mut lignes: Vec<(u32, Option<u32>)>,
        cible: &Cible,
        restants: &Restants<'_>,
    ) -> Result<(), ErreurDepot> {
        lignes.sort_unstable();
        let rangs: Vec<u32> = lignes.iter().map(|(rang, _)| *rang).collect();
        let lues = identites(segment, &rangs)?;
        let avant = match cible.attente {
            Attente::AvantLe(jour) => jour,
            Attente::AuNom(_) => Jour::MIN,
        };
        let meta = restants.nettoyer(&segment.meta, &lues, avant);
        let dits =
            |meta: &MetaFlux| [meta.temoins.len(), meta.non_lus.len(), meta.doubles.len(), nommes(&meta.ecartes)];
        let change = meta.temoins != segment.meta.temoins || dits(&meta) != dits(&segment.meta);
        if change || !rangs.is_empty() {
            let meta =
                MetaFlux { commun: Commun { lignes: (segment.lignes() - rangs.len()) as u64, ..meta.commun }, ..meta };
            let personnes = lignes.iter().filter_map(|(_, personne)| *personne).collect();
            let coupe = Coupe { retirees: rangs, videes: Vec::new() };
            self.flux.push(Retouche { segment: segment.clone(), meta, coupe, personnes });
        }
        Ok(())
    }

    fn chercher_les_evenements(
        &mut self,
        connu: &Connu,
        cible: &Cible,
        restants: &Restants<'_>,
        genre: Genre,
    ) -> Result<(), ErreurDepot> {
        let mut toutes = versions(&connu.segments.evenements, genre)?;
        toutes.sort_by(|a, b| (&a.id, a.ordre).cmp(&(&b.id, b.ordre)));
        let mut par_segment: FxHashMap<&str, (Coupe, FxHashSet<u32>)> = FxHashMap::default();
        for evenement in toutes.chunk_by(|a, b| a.id == b.id) {
            let mut reste_une_plus_ancienne = false;
            for (version, sort) in evenement.iter().zip(sorts(evenement, connu, cible, restants)) {
                if sort == Sort::Reste {
                    reste_une_plus_ancienne = true;
                    continue;
                }
                let (coupe, personnes) = par_segment.entry(version.empreinte.as_str()).or_default();
                if reste_une_plus_ancienne {
                    coupe.videes.push(version.rang);
                } else {
                    coupe.retirees.push(version.rang);
                }
                match sort {
                    Sort::DePersonne => self.en_attente += 1,
                    Sort::De(personne) => _ = personnes.insert(personne),
                    Sort::Reste | Sort::Suit => {}
                }
            }
        }
        for segment in &connu.segments.evenements {
            let Some((mut coupe, personnes)) = par_segment.remove(segment.meta.commun.empreinte.as_str()) else {
                continue;
            };
            coupe.retirees.sort_unstable();
            coupe.videes.sort_unstable();
            let mut meta = segment.meta.clone();
            meta.commun.lignes = (segment.lignes() - coupe.retirees.len()) as u64;
            self.evenements.push((genre, Retouche { segment: segment.clone(), meta, coupe, personnes }));
        }
        Ok(())
    }
}

/// Why, and when, a removal is done: what the register says of it.
#[derive(Clone, Copy, Debug)]
pub struct Raison<'a> {
    /// Why.
    pub nature: Nature,
    /// The day on which it is done.
    pub le: NaiveDate,
    /// Those gone before that day.
    pub avant: Option<NaiveDate>,
    /// What was said of it.
    pub motif: Option<&'a str>,
}

impl Raison<'_> {
    /// A record of the register that says nothing yet of what was removed.
    ///
    /// # Errors
    /// The register cannot be listed.
    pub fn registre(&self, depot: &Depot) -> Result<Registre, ErreurDepot> {
        Ok(Registre {
            nom: prochain_nom(depot, self.le)?,
            programme: env!("CARGO_PKG_VERSION").to_owned(),
            nature: self.nature,
            le: self.le,
            avant: self.avant,
            motif: self.motif.map(str::to_owned),
            personnes: 0,
            empreintes: Vec::new(),
            lignes: 0,
            en_attente: 0,
            segments: Vec::new(),
            fichiers_bruts: 0,
            extraits: 0,
        })
    }
}

/// What becomes of a version of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// It stays.
    Reste,
    /// It goes with a person.
    De(u32),
    /// It goes, and nobody knows whose it is.
    DePersonne,
    /// It names nobody, and goes with the other versions of its event.
    Suit,
}

/// What becomes of the versions of an event. One that names nobody (it withdraws the event, or was
/// emptied) stays as long as another version does.
fn sorts(evenement: &[VersionLue], connu: &Connu, cible: &Cible, restants: &Restants<'_>) -> Vec<Sort> {
    let nomme = |version: &VersionLue| match connu.repertoire.chercher(&version.qui) {
        Rattachement::Personne(personne) if cible.personnes.contains(&personne) => Sort::De(personne),
        Rattachement::Personne(_) => Sort::Reste,
        Rattachement::EnAttente(_) if restants.peuvent_repondre(&version.qui) => Sort::Reste,
        Rattachement::EnAttente(_) => match &cible.attente {
            Attente::AvantLe(jour) if version.date < *jour => Sort::DePersonne,
            Attente::AuNom(signes) if signes.designent(&version.qui) && !restants.portent_le_nom(&version.qui) => {
                Sort::DePersonne
            }
            _ => Sort::Reste,
        },
    };
    let mut out: Vec<Sort> =
        evenement.iter().map(|version| if version.qui.est_vide() { Sort::Suit } else { nomme(version) }).collect();
    let seule = out.iter().all(|sort| *sort == Sort::Suit);
    let vieille = |version: &VersionLue| matches!(cible.attente, Attente::AvantLe(jour) if version.date < jour);
    let part = if seule { evenement.iter().all(vieille) } else { !out.contains(&Sort::Reste) };
    for sort in out.iter_mut().filter(|sort| **sort == Sort::Suit) {
        *sort = match (part, seule) {
            (false, _) => Sort::Reste,
            (true, true) => Sort::DePersonne,
            (true, false) => Sort::Suit,
        };
    }
    out
}

/// Foyers set aside of which the dossier is still told.
fn nommes(ecartes: &[Ecarte]) -> usize {
    ecartes.iter().filter(|ecarte| !ecarte.numdemrsa.is_empty()).count()
}

fn lignes(coupe: &Coupe) -> u64 {
    (coupe.retirees.len() + coupe.videes.len()) as u64
}

/// The trace of a removal in the metadata of a segment.
fn inscrire(
    commun: &mut Commun,
    registre: &Registre,
    pseudonymes: &FxHashMap<u32, String>,
    personnes: &FxHashSet<u32>,
    coupe: &Coupe,
) {
    let mut empreintes: Vec<String> = personnes.iter().filter_map(|p| pseudonymes.get(p).cloned()).collect();
    empreintes.sort();
    commun.purges.push(Purge {
        registre: registre.nom.clone(),
        le: registre.le,
        avant: registre.avant,
        personnes: empreintes.len() as u64,
        lignes: lignes(coupe),
        empreintes,
    });
}

/// The keyed digest of a person, as the register of what was removed would tell them.
#[must_use]
pub fn pseudonyme(depot: &Depot, connu: &Connu, personne: u32) -> String {
    pseudonymes(depot, connu, &FxHashSet::from_iter([personne])).remove(&personne).unwrap_or_default()
}

/// The keyed digest of each person: by NIR when one is known, else by name.
fn pseudonymes(depot: &Depot, connu: &Connu, personnes: &FxHashSet<u32>) -> FxHashMap<u32, String> {
    let mut signes: FxHashMap<u32, (Option<EmpreinteNir>, Option<i64>)> = FxHashMap::default();
    for (identite, personne) in connu.repertoire.identites.iter().zip(&connu.repertoire.de_identite) {
        if personnes.contains(personne) {
            let (nir, cle) = signes.entry(*personne).or_default();
            *nir = nir.or(identite.nir);
            *cle = cle.or(identite.cle_nom);
        }
    }
    signes.into_iter().map(|(personne, (nir, cle))| (personne, depot.cle().pseudonyme(nir, cle))).collect()
}

/// What is known of those who stay.
struct Restants<'a> {
    connu: &'a Connu,
    repertoire: Repertoire,
    /// Caisse and number of their dossiers.
    dossiers: FxHashSet<(u16, u32)>,
    /// Number of their dossiers, with their name keys.
    noms_au_dossier: FxHashSet<(u32, i64)>,
    noms: FxHashSet<i64>,
    /// Caisse and number of every dossier, theirs or not.
    tous: FxHashSet<(u16, u32)>,
}

impl<'a> Restants<'a> {
    fn new(connu: &'a Connu, retirees: &FxHashSet<u32>) -> Self {
        let repertoire = connu.repertoire.sans(retirees);
        let caisse = |dossier: u32| connu.histoire.dossiers[dossier as usize].caisse;
        let mut out = Self {
            connu,
            dossiers: repertoire.identites.iter().map(|i| (caisse(i.dossier), i.numero)).collect(),
            noms_au_dossier: FxHashSet::default(),
            noms: FxHashSet::default(),
            tous: connu.repertoire.identites.iter().map(|i| (caisse(i.dossier), i.numero)).collect(),
            repertoire,
        };
        for identite in &out.repertoire.identites {
            for cle in [identite.cle_nom, identite.cle_nom_usage].into_iter().flatten() {
                out.noms.insert(cle);
                out.noms_au_dossier.insert((identite.numero, cle));
            }
        }
        out
    }

    /// Whether somebody who stays answers to the way an event or a row names its person.
    fn peuvent_repondre(&self, qui: &Qui) -> bool {
        self.repertoire.chercher(qui) != Rattachement::EnAttente(RaisonAttente::Inconnue)
    }

    /// Whether somebody who stays has the name that an event or a row gives.
    fn portent_le_nom(&self, qui: &Qui) -> bool {
        qui.cle_nom.is_some_and(|cle| self.noms.contains(&cle.0))
    }

    fn ont_le_dossier(&self, caisse: Option<u16>, numdemrsa: &str) -> bool {
        caisse.zip(self.connu.repertoire.numero(numdemrsa)).is_some_and(|dossier| self.dossiers.contains(&dossier))
    }

    /// The metadata of a segment whose rows `retirees` go: without the dossiers that nobody has any
    /// more, and with what is kept for the sake of those who stay. Dossiers never read, of people
    /// never known, go with the files dated before `avant`.
    fn nettoyer(&self, meta: &MetaFlux, retirees: &[IdentiteLue], avant: Jour) -> MetaFlux {
        let caisses = &self.connu.histoire.caisses;
        let caisse = caisses.iter().position(|caisse| Some(caisse.nom.as_str()) == meta.caisse.as_deref());
        let caisse = caisse.and_then(|rang| u16::try_from(rang).ok());
        let mut out = meta.clone();
        let garde = |numdemrsa: &str| {
            let dossier = caisse.zip(self.connu.repertoire.numero(numdemrsa));
            let connu = dossier.is_some_and(|dossier| self.tous.contains(&dossier));
            self.ont_le_dossier(caisse, numdemrsa) || (!connu && Jour::from(meta.dtref) >= avant)
        };
        out.non_lus.retain(|numdemrsa| garde(numdemrsa));
        // The place of a foyer set aside stays, for the extract that mends it.
        out.ecartes.iter_mut().filter(|ecarte| !garde(&ecarte.numdemrsa)).for_each(|ecarte| ecarte.numdemrsa.clear());
        out.doubles.retain(|situation| self.ont_le_dossier(caisse, &situation.numdemrsa));
        let anciens = meta.temoins.iter().map(|temoin| self.temoin(caisse, temoin.clone()));
        let nouveaux = retirees.iter().map(|lue| {
            let cles_nom = [lue.cle_nom, lue.cle_nom_usage].into_iter().flatten().collect();
            self.temoin(caisse, Temoin { numdemrsa: lue.numdemrsa.to_string(), cles_nom, nir: lue.nir.is_some() })
        });
        let mut temoins: Vec<Temoin> = anciens.chain(nouveaux).flatten().collect();
        temoins.sort();
        temoins.dedup();
        out.temoins = temoins;
        out
    }

    /// What may be kept of a removed person: what somebody who stays has too.
    fn temoin(&self, caisse: Option<u16>, mut temoin: Temoin) -> Option<Temoin> {
        let numero = self.connu.repertoire.numero(&temoin.numdemrsa);
        let au_dossier = |cle: &i64| numero.is_some_and(|numero| self.noms_au_dossier.contains(&(numero, *cle)));
        if !self.ont_le_dossier(caisse, &temoin.numdemrsa) && !temoin.cles_nom.iter().any(au_dossier) {
            temoin.numdemrsa.clear();
        }
        temoin.cles_nom.retain(|cle| self.noms.contains(cle));
        temoin.cles_nom.sort_unstable();
        temoin.cles_nom.dedup();
        (!temoin.numdemrsa.is_empty() || !temoin.cles_nom.is_empty()).then_some(temoin)
    }
}

/// How many people were removed from a warehouse by the removals that `purge` tells: what a figure
/// given before them can no longer count.
#[must_use]
pub fn personnes_purgees(segments: &Segments, purge: impl Fn(&Purge) -> bool) -> u64 {
    let flux = segments.flux.iter().flat_map(|segment| &segment.meta.commun.purges);
    let evenements = segments.evenements.iter().flat_map(|segment| &segment.meta.commun.purges);
    let purges = flux.chain(evenements).filter(|trace| purge(trace));
    purges.flat_map(|trace| &trace.empreintes).collect::<FxHashSet<&String>>().len() as u64
}

/// What is said of a table whose period those removed since may have counted in.
#[must_use]
pub fn avertissement(segments: &Segments, periode: Periode) -> Option<String> {
    let n = personnes_purgees(segments, |purge| purge.avant.is_none_or(|avant| Jour::from(avant) > periode.du));
    (n > 0).then(|| {
        format!(
            "{n} personne(s) ont été purgées de l'entrepôt : si elles comptaient dans cette période, \
             les chiffres sont plus bas que ceux d'alors"
        )
    })
}
