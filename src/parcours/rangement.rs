//! From files, read a few at a time, to what is known of each person.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::histoire::{
    Attente, Constat, Dossier, DossierDouble, EnTeteFichier, EtatCaisse, Fichier, Histoire, ParPersonne, len32,
};
use super::lignes::{Lignes, Releves, Situation};
use super::personnes::{Annuaire, Homonyme, Identite, Personnes, RaisonAttente, Rattachement};
use crate::journal::evenements::{
    Accompagnement, Contrat, EnVigueur, EvenementsEnVigueur, FinSuivi, Orientation, Qui, RapportPoleEmploi, RendezVous,
};
use crate::journal::lecture::{ColonnesFlux, IdentiteLue, Porteur};
use crate::temps::Jour;

/// An identity met.
struct Rencontre {
    empreinte: i64,
    /// File in which it was met first.
    fichier: u32,
    /// The identity that came after it in the last stock of its caisse.
    suivante: u32,
    /// What the last file that spoke of it said, and the number of that situation.
    constat: Constat,
    situation: u32,
}

/// Files being arranged, some at a time: [`Self::releves`] takes what they say and asks who some
/// of their rows are about, [`Self::identites`] takes the answer.
pub struct Rangement {
    histoire: Histoire,
    /// The rows of each file.
    lignes: Vec<Lignes>,
    situations: Vec<Situation>,
    rencontres: Vec<Rencontre>,
    /// Numbers of the identities met, by caisse and digest.
    connues: Vec<FxHashMap<i64, u32>>,
    /// The same identities, once it is known who they are.
    identites: Vec<Identite>,
    numeros: FxHashMap<SmolStr, u32>,
    dossiers: FxHashMap<(u16, u32), u32>,
    /// Who stands under the MATRICULE that events give, by identity.
    porteurs: FxHashSet<(u32, Porteur)>,
}

impl Rangement {
    /// Starts with the files in the order of steps.
    #[must_use]
    pub fn new(en_tetes: &[EnTeteFichier]) -> Self {
        let mut noms: Vec<&str> = en_tetes.iter().filter_map(|f| f.caisse.as_deref()).collect();
        noms.sort_unstable();
        noms.dedup();
        let base = |nom: &str| {
            en_tetes.iter().filter(|f| f.mensuel && f.caisse.as_deref() == Some(nom)).map(|f| f.dtref).min()
        };
        let caisses: Vec<_> = noms.iter().map(|nom| EtatCaisse { nom: (*nom).to_owned(), base: base(nom) }).collect();
        let mut fichiers: Vec<Fichier> = en_tetes
            .iter()
            .map(|en_tete| {
                let mois = en_tete.dtref.mois();
                let caisse = en_tete
                    .caisse
                    .as_deref()
                    .and_then(|nom| noms.binary_search(&nom).ok())
                    .and_then(|rang| u16::try_from(rang).ok());
                Fichier {
                    en_tete: en_tete.clone(),
                    caisse,
                    mois,
                    veille_du_mois: mois.veille(),
                    fait_des_absents: en_tete.mensuel,
                }
            })
            .collect();
        // A stock sent again replaces the one before: only the last of a caisse and day makes
        // absences. They follow one another in the order of steps, other caisses aside.
        let mut dernier: FxHashMap<(Option<u16>, Jour), usize> = FxHashMap::default();
        for rang in 0..fichiers.len() {
            if !fichiers[rang].en_tete.mensuel {
                continue;
            }
            let key = (fichiers[rang].caisse, fichiers[rang].en_tete.dtref);
            if let Some(before) = dernier.insert(key, rang) {
                fichiers[before].fait_des_absents = false;
            }
        }
        let prochain_stock = (0..caisses.len())
            .map(|caisse| {
                let mut next = vec![u32::MAX; fichiers.len()];
                let mut found = u32::MAX;
                for (rang, fichier) in fichiers.iter().enumerate().rev() {
                    next[rang] = found;
                    if fichier.fait_des_absents && fichier.caisse.map(usize::from) == Some(caisse) {
                        found = len32(rang);
                    }
                }
                next
            })
            .collect();
        let connues = vec![FxHashMap::default(); caisses.len()];
        Self {
            lignes: vec![Lignes::default(); fichiers.len()],
            histoire: Histoire { fichiers, caisses, prochain_stock, ..Histoire::default() },
            situations: Vec::new(),
            rencontres: Vec::new(),
            connues,
            identites: Vec::new(),
            numeros: FxHashMap::default(),
            dossiers: FxHashMap::default(),
            porteurs: FxHashSet::default(),
        }
    }

    /// Takes what the rows of a file say. The answer is the rows, in order, whose identity was not
    /// met before: it is to be given to [`Self::identites`], file after file.
    #[must_use]
    pub fn releves(&mut self, rang: u32, colonnes: &ColonnesFlux) -> Vec<u32> {
        let mut nouvelles = Vec::new();
        let Self { histoire, lignes, situations, rencontres, connues, .. } = self;
        let fichier = &histoire.fichiers[rang as usize];
        let Some(connues) = fichier.caisse.map(|caisse| &mut connues[usize::from(caisse)]) else { return nouvelles };
        let nombre = colonnes.identite.len();
        if connues.is_empty() {
            // Everybody is new in the first file of a caisse.
            connues.reserve(nombre);
            rencontres.reserve(nombre);
            situations.reserve(nombre);
            nouvelles.reserve(nombre);
        }
        let mut dites = Vec::with_capacity(nombre);
        let mut precedente: Option<u32> = None;
        for (row, &empreinte) in colonnes.identite.iter().enumerate() {
            // Stocks follow much the same order from month to month: the identity that came next in
            // the last one spares a search.
            let devinee = precedente.map(|precedente| rencontres[precedente as usize].suivante);
            let devinee = devinee
                .filter(|devinee| rencontres.get(*devinee as usize).is_some_and(|autre| autre.empreinte == empreinte));
            let constat = Constat::de(colonnes, row);
            let nouvelle = |situations: &mut Vec<Situation>, identite| {
                situations.push(Situation { identite, constat });
                len32(situations.len() - 1)
            };
            let identite = devinee.unwrap_or_else(|| {
                *connues.entry(empreinte).or_insert_with(|| {
                    nouvelles.push(len32(row));
                    let identite = len32(rencontres.len());
                    let situation = nouvelle(situations, identite);
                    rencontres.push(Rencontre { empreinte, fichier: rang, suivante: u32::MAX, constat, situation });
                    identite
                })
            });
            if let Some(precedente) = precedente.filter(|_| fichier.en_tete.mensuel) {
                rencontres[precedente as usize].suivante = identite;
            }
            precedente = Some(identite);
            let rencontre = &mut rencontres[identite as usize];
            if rencontre.constat != constat {
                (rencontre.constat, rencontre.situation) = (constat, nouvelle(situations, identite));
            }
            dites.push(rencontre.situation);
        }
        lignes[rang as usize].situations = dites;
        nouvelles
    }

    /// Takes who the rows asked for by [`Self::releves`] are about: every file in its turn, those
    /// that ask for none too. `places` is that of [`ColonnesFlux`].
    pub fn identites(&mut self, rang: u32, lues: &[IdentiteLue], places: &[(u32, u32)]) {
        let Some(caisse) = self.histoire.fichiers[rang as usize].caisse else { return };
        self.identites.reserve(lues.len());
        self.numeros.reserve(lues.len());
        lues.iter().for_each(|lue| self.identite(caisse, lue));
        self.reunir_les_doubles(rang, caisse);
        if !places.is_empty() {
            self.reprendre(rang, places);
        }
    }

    /// Takes who some rows of a file give under the MATRICULE that events name, once every file has
    /// been arranged.
    pub fn porteurs(&mut self, rang: u32, lus: Vec<(u32, Porteur)>) {
        let lignes = &self.lignes[rang as usize].situations;
        self.porteurs.extend(lus.into_iter().filter_map(|(ligne, porteur)| {
            let situation = *lignes.get(ligne as usize)?;
            Some((self.situations[situation as usize].identite, porteur))
        }));
    }

    /// A dossier given twice in one file has one situation, for the people of every block.
    fn reunir_les_doubles(&mut self, rang: u32, caisse: u16) {
        let doubles = &self.histoire.fichiers[rang as usize].en_tete.doubles;
        let dossier = |double: &DossierDouble| {
            self.dossiers.get(&(caisse, *self.numeros.get(double.numdemrsa.as_str())?)).copied()
        };
        let doubles: FxHashMap<u32, &DossierDouble> =
            doubles.iter().filter_map(|double| Some((dossier(double)?, double))).collect();
        if doubles.is_empty() {
            return;
        }
        for ligne in &mut self.lignes[rang as usize].situations {
            let Situation { identite, constat } = self.situations[*ligne as usize];
            if let Some(double) = doubles.get(&self.identites[identite as usize].dossier) {
                *ligne = len32(self.situations.len());
                self.situations.push(Situation { identite, constat: constat.dans(double) });
            }
        }
    }

    /// Puts the rows of extracts at the place they had in their file. A dossier that the file gives in
    /// another block too has one situation, as [`DossierDouble`] says.
    fn reprendre(&mut self, rang: u32, places: &[(u32, u32)]) {
        let Self { lignes, situations, identites, .. } = self;
        let Lignes { situations: lignes, ordre } = &mut lignes[rang as usize];
        let place = |ligne: u32| places.get(ligne as usize).copied().unwrap_or_default();
        let dossier = |identite: u32| identites[identite as usize].dossier;
        let dite = |situations: &[Situation], ligne: u32| situations[lignes[ligne as usize] as usize];
        *ordre = (0..len32(lignes.len())).collect();
        ordre.sort_by_key(|&ligne| place(ligne));
        let repris = ordre.iter().filter(|&&ligne| place(ligne).1 > 0);
        let mut reunies: FxHashMap<u32, Option<Constat>> =
            repris.map(|&ligne| (dossier(dite(situations, ligne).identite), None)).collect();
        for &ligne in ordre.iter() {
            let Situation { identite, constat } = dite(situations, ligne);
            if let Some(reunie) = reunies.get_mut(&dossier(identite)) {
                *reunie = Some(reunie.map_or(constat, |avant| avant.puis(constat)));
            }
        }
        for ligne in lignes {
            let Situation { identite, constat } = situations[*ligne as usize];
            if let Some(reunie) = reunies.get(&dossier(identite)).copied().flatten() {
                *ligne = len32(situations.len());
                situations.push(Situation { identite, constat: constat.situe(reunie) });
            }
        }
    }

    fn identite(&mut self, caisse: u16, lue: &IdentiteLue) {
        let numero = self.numero(&lue.numdemrsa);
        let dossier = match self.dossiers.get(&(caisse, numero)) {
            Some(&known) => known,
            None => {
                let nouveau = len32(self.histoire.dossiers.len());
                self.histoire.dossiers.push(Dossier::nouveau(caisse, lue.numdemrsa.clone()));
                self.dossiers.insert((caisse, numero), nouveau);
                nouveau
            }
        };
        let IdentiteLue { nir, cle_nom, cle_nom_usage, .. } = *lue;
        self.identites.push(Identite { nir, cle_nom, cle_nom_usage, numero, dossier });
    }

    fn numero(&mut self, numdemrsa: &SmolStr) -> u32 {
        let nouveau = len32(self.numeros.len());
        *self.numeros.entry(numdemrsa.clone()).or_insert(nouveau)
    }

    /// Tells people apart, and gives each their records and their events.
    #[must_use]
    pub fn finish(self, evenements: EvenementsEnVigueur) -> Histoire {
        let cherchees = evenements.cles_de_nom();
        self.distinguer(evenements, Some(&cherchees)).0
    }

    /// The same, with the way back from a name or a NIR to a person.
    #[must_use]
    pub fn finish_with_repertoire(self, evenements: EvenementsEnVigueur) -> (Histoire, Repertoire) {
        self.distinguer(evenements, None)
    }

    /// The same, where nobody looks for another name key than `cherchees`, when they are given.
    fn distinguer(self, evenements: EvenementsEnVigueur, cherchees: Option<&FxHashSet<i64>>) -> (Histoire, Repertoire) {
        let Self {
            mut histoire, lignes, situations, rencontres, connues, identites, numeros, dossiers, porteurs, ..
        } = self;
        drop(connues);
        let homonymes = homonymes(&histoire.fichiers, &numeros);
        for (rang, fichier) in (0u32..).zip(&histoire.fichiers) {
            for numdemrsa in &fichier.en_tete.non_lus {
                let known = fichier.caisse.zip(numeros.get(numdemrsa.as_str()));
                if let Some(&dossier) = known.and_then(|(caisse, &numero)| dossiers.get(&(caisse, numero))) {
                    histoire.non_lus.insert((rang, dossier));
                }
            }
        }
        let Personnes { de_identite, nombre, mut annuaire, doutes } =
            Personnes::parmi(&identites, &homonymes, cherchees);
        annuaire.porteurs(porteurs.into_iter().map(|(identite, porteur)| (de_identite[identite as usize], porteur)));
        for ((identite, personne), rencontre) in identites.iter().zip(&de_identite).zip(&rencontres) {
            histoire.dossiers[identite.dossier as usize].connu_par(*personne, rencontre.fichier);
        }
        drop(rencontres);
        for (rang, fichier) in (0u32..).zip(&histoire.fichiers) {
            for temoin in &fichier.en_tete.temoins {
                let known = fichier.caisse.zip(numeros.get(temoin.numdemrsa.as_str()));
                if let Some(&dossier) = known.and_then(|(caisse, &numero)| dossiers.get(&(caisse, numero))) {
                    histoire.dossiers[dossier as usize].connu_par_un_retire(rang);
                }
            }
        }
        let personnes = nombre as usize;
        histoire.personnes = nombre;
        histoire.doutes = doutes;
        let place = Placement { annuaire: &annuaire, numeros: &numeros, personnes };
        let (releves, places) = rayon::join(
            || {
                let de = |identite: u32| {
                    let identite = identite as usize;
                    (identites[identite].dossier, de_identite[identite])
                };
                Releves::new(personnes, &lignes, situations, de)
            },
            || place.tous(evenements),
        );
        drop(lignes);
        let Places { orientations, rendez_vous, contrats, accompagnements, fins_suivi, pole_emploi, mut attente } =
            places;
        histoire = Histoire {
            releves,
            orientations,
            rendez_vous,
            contrats,
            accompagnements,
            fins_suivi,
            pole_emploi,
            ..histoire
        };
        attente.sort_unstable();
        let mut comptes: FxHashMap<(&'static str, RaisonAttente), u64> = FxHashMap::default();
        attente.iter().for_each(|a: &Attente| *comptes.entry((a.genre, a.raison)).or_default() += 1);
        histoire.en_attente = comptes.into_iter().map(|((genre, raison), n)| (genre, raison, n)).collect();
        histoire.en_attente.sort_unstable();
        histoire.liste_en_attente = attente;
        (histoire, Repertoire { identites, de_identite, annuaire, numeros })
    }
}

/// Under which names those who were removed are the homonyms of those who stay.
fn homonymes(fichiers: &[Fichier], numeros: &FxHashMap<SmolStr, u32>) -> Vec<Homonyme> {
    let temoins = fichiers.iter().flat_map(|fichier| &fichier.en_tete.temoins);
    temoins
        .flat_map(|temoin| {
            let numero = numeros.get(temoin.numdemrsa.as_str()).copied();
            temoin.cles_nom.iter().map(move |&cle_nom| Homonyme { cle_nom, numero, nir: temoin.nir })
        })
        .collect()
}

/// The way back from a name or a NIR to a person.
#[derive(Debug)]
pub struct Repertoire {
    /// Every way in which the flux names somebody.
    pub identites: Vec<Identite>,
    /// Person of each of them.
    pub de_identite: Vec<u32>,
    annuaire: Annuaire,
    numeros: FxHashMap<SmolStr, u32>,
}

impl Repertoire {
    /// The person an event names.
    #[must_use]
    pub fn chercher(&self, qui: &Qui) -> Rattachement {
        self.annuaire.chercher(qui, self.numero(&qui.numdemrsa))
    }

    /// The number of a NUMDEMRSA, `None` when no flux has it.
    #[must_use]
    pub fn numero(&self, numdemrsa: &str) -> Option<u32> {
        self.numeros.get(numdemrsa).copied()
    }

    /// The same without some people: who else answers to a name.
    #[must_use]
    pub fn sans(&self, retirees: &FxHashSet<u32>) -> Self {
        let (identites, de_identite): (Vec<_>, Vec<_>) = self
            .identites
            .iter()
            .zip(&self.de_identite)
            .filter(|(_, personne)| !retirees.contains(personne))
            .map(|(identite, personne)| (*identite, *personne))
            .unzip();
        let annuaire = Personnes::new(&identites).annuaire;
        Self { identites, de_identite, annuaire, numeros: self.numeros.clone() }
    }
}

/// Events given to their people.
struct Places {
    orientations: ParPersonne<Orientation>,
    rendez_vous: ParPersonne<RendezVous>,
    contrats: ParPersonne<Contrat>,
    accompagnements: ParPersonne<Accompagnement>,
    fins_suivi: ParPersonne<FinSuivi>,
    pole_emploi: Vec<RapportPoleEmploi>,
    attente: Vec<Attente>,
}

/// Gives events to people.
struct Placement<'a> {
    annuaire: &'a Annuaire,
    numeros: &'a FxHashMap<SmolStr, u32>,
    personnes: usize,
}

impl Placement<'_> {
    fn tous(&self, evenements: EvenementsEnVigueur) -> Places {
        let EvenementsEnVigueur { orientations, rendez_vous, contrats, accompagnements, fins_suivi, pole_emploi } =
            evenements;
        let ((orientations, rendez_vous), (contrats, (accompagnements, fins_suivi))) = rayon::join(
            || {
                rayon::join(
                    || self.placer("orientations", orientations, |o| o.date),
                    || self.placer("rendez_vous", rendez_vous, |r| r.date),
                )
            },
            || {
                let du_suivi = || {
                    let accompagnements = self.placer("accompagnements", accompagnements, Accompagnement::ordre);
                    (accompagnements, self.placer("fins_suivi", fins_suivi, |f| f.date))
                };
                rayon::join(|| self.placer("cer", contrats, |c| c.date), du_suivi)
            },
        );
        let attente = [orientations.1, rendez_vous.1, contrats.1, accompagnements.1, fins_suivi.1].concat();
        Places {
            orientations: orientations.0,
            rendez_vous: rendez_vous.0,
            contrats: contrats.0,
            accompagnements: accompagnements.0,
            fins_suivi: fins_suivi.0,
            pole_emploi,
            attente,
        }
    }

    /// The events of each person, by date then identifier, and those that wait for theirs.
    fn placer<T: Send + Sync>(
        &self,
        genre: &'static str,
        evenements: Vec<EnVigueur<T>>,
        date: impl Fn(&T) -> Jour,
    ) -> (ParPersonne<T>, Vec<Attente>) {
        let chercher = |EnVigueur { qui, .. }: &EnVigueur<T>| {
            self.annuaire.chercher(qui, self.numeros.get(qui.numdemrsa.as_str()).copied())
        };
        let trouves: Vec<Rattachement> = evenements.par_iter().with_min_len(1024).map(chercher).collect();
        // What is sorted is small: the events themselves move once.
        let (mut ordre, mut attente) = (Vec::with_capacity(evenements.len()), Vec::new());
        for ((rang, EnVigueur { id, lieu, evenement, .. }), trouve) in (0u32..).zip(&evenements).zip(trouves) {
            match trouve {
                Rattachement::Personne(personne) => ordre.push((personne, date(evenement), rang)),
                Rattachement::EnAttente(raison) => {
                    attente.push(Attente { genre, lieu: lieu.clone(), id: id.clone(), raison });
                }
            }
        }
        let mut evenements: Vec<Option<EnVigueur<T>>> = evenements.into_iter().map(Some).collect();
        let id = |rang: u32| evenements[rang as usize].as_ref().map(|evenement| &evenement.id);
        ordre.par_sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| id(a.2).cmp(&id(b.2))));
        let mut lignes = Vec::with_capacity(ordre.len());
        lignes.extend(ordre.iter().filter_map(|(.., rang)| Some(evenements[*rang as usize].take()?.evenement)));
        (ParPersonne::grouped(self.personnes, ordre.iter().map(|(personne, ..)| *personne), lignes), attente)
    }
}
