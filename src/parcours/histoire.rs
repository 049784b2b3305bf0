//! Everything that was known on a day, arranged by person: the input of every rule.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::personnes::{Annuaire, Homonyme, Identite, Personnes, RaisonAttente, Rattachement};
use crate::journal::evenements::{
    Accompagnement, Contrat, EnVigueur, EvenementsEnVigueur, FinSuivi, Lieu, Orientation, Qui, RapportPoleEmploi,
    RendezVous,
};
use crate::journal::lecture::{ColonnesFlux, IdentiteLue, Porteur, SANS_DATE};
use crate::journal::segment::Temoin;
pub use crate::releves::foyers::Classe;
use crate::temps::{Jour, Mois};

/// What is known of a flux file, apart from its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnTeteFichier {
    /// Base name.
    pub nom: String,
    /// Digest of the content: settles the order of files that all else leaves equal.
    pub empreinte: String,
    /// Caisse, as `CAF821`; `None` for a daily without any foyer.
    pub caisse: Option<String>,
    /// Whether the file is the whole stock.
    pub mensuel: bool,
    /// DTREF.
    pub dtref: Jour,
    /// DTCREAFLUX and HEUCREAFLUX.
    pub cree_le: chrono::NaiveDateTime,
    /// Reception day.
    pub recu_le: Jour,
    /// NUMDEMRSA of the foyers set aside: present but unread.
    pub non_lus: Vec<String>,
    /// Dossiers given more than once with different situations.
    pub doubles: Vec<DossierDouble>,
    /// The extracts that mend what was set aside of it: their rows are numbered after its own.
    pub extraits: Vec<ExtraitLu>,
    /// What is kept of the people who were removed.
    pub temoins: Vec<Temoin>,
}

/// An extract whose records belong to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraitLu {
    /// Digest of the extract, which names its segment.
    pub empreinte: String,
    /// Number of its first row among those of the file.
    pub debut: u32,
    /// Reception day of its records.
    pub recu_le: Jour,
}

/// A dossier given more than once in a file: its situation over all its blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DossierDouble {
    /// NUMDEMRSA on 11 characters.
    pub numdemrsa: String,
    /// Strongest class.
    pub classe: Classe,
    /// Earliest start of suspension.
    pub suspension: Option<Jour>,
    /// Date of the claim, from the last block.
    pub dtdemrsa: Option<Jour>,
    /// Whether the last block closes it because it goes on elsewhere.
    pub transfert: bool,
}

/// A flux file at its place in the order of steps.
#[derive(Clone, Debug)]
pub struct Fichier {
    /// What is known of the file.
    pub en_tete: EnTeteFichier,
    /// Number of its caisse in [`Histoire::caisses`].
    pub caisse: Option<u16>,
    /// Month of DTREF.
    pub mois: Mois,
    /// Last day of the month before.
    pub veille_du_mois: Jour,
    /// Whether those missing from it are absent: the last monthly of its caisse and DTREF.
    pub fait_des_absents: bool,
}

/// A caisse and its initial stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EtatCaisse {
    /// As `CAF821`.
    pub nom: String,
    /// DTREF of its first monthly flux; `None` when it has none.
    pub base: Option<Jour>,
}

/// TOPPERSDRODEVORSA of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    /// Not soumis aux droits et devoirs.
    Non,
    /// Soumis aux droits et devoirs.
    Oui,
    /// Not given.
    Manquant,
}

/// Stands for anybody who was removed: no person has this number.
const RETIRE: u32 = u32::MAX;

/// A dossier: a caisse and a NUMDEMRSA.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// Number of the caisse in [`Histoire::caisses`].
    pub caisse: u16,
    /// NUMDEMRSA on 11 characters.
    pub numdemrsa: Arc<str>,
    /// File, in the order of steps, in which it is first seen, and through whom.
    premier: (u32, u32),
    /// File in which somebody else than that first person is first seen in it.
    autre: Option<u32>,
}

impl Dossier {
    /// Whether the dossier was known before `fichier` through somebody else than `personne`.
    #[must_use]
    pub fn connu_par_un_autre(&self, personne: u32, fichier: u32) -> bool {
        let (premier, par) = self.premier;
        if par == personne { self.autre.is_some_and(|autre| autre < fichier) } else { premier < fichier }
    }

    /// Somebody who was removed, and is none of those who stay, was in the dossier in `fichier`.
    fn connu_par_un_retire(&mut self, fichier: u32) {
        let (premier, par) = self.premier;
        if fichier < premier {
            self.autre = (premier != u32::MAX).then_some(premier);
            self.premier = (fichier, RETIRE);
        } else if par != RETIRE && self.autre.is_none_or(|autre| fichier < autre) {
            self.autre = Some(fichier);
        }
    }
}

/// What one file says of one person in one dossier.
#[derive(Clone, Copy, Debug)]
pub struct Releve {
    /// Number of the dossier in [`Histoire::dossiers`].
    pub dossier: u32,
    /// Number of the file in [`Histoire::fichiers`].
    pub fichier: u32,
    /// Row in the file's segment.
    pub rang: u32,
    /// Start of suspension, when given.
    pub suspension: Option<Jour>,
    /// Date of the claim, when given.
    pub dtdemrsa: Option<Jour>,
    /// Class.
    pub classe: Classe,
    /// TOPPERSDRODEVORSA.
    pub top: Top,
    /// Whether it closes because the dossier goes on elsewhere.
    pub transfert: bool,
}

/// A list of things, grouped by person.
#[derive(Clone, Debug)]
pub struct ParPersonne<T> {
    debuts: Vec<u32>,
    lignes: Vec<T>,
}

impl<T> Default for ParPersonne<T> {
    fn default() -> Self {
        Self { debuts: vec![0], lignes: Vec::new() }
    }
}

impl<T> ParPersonne<T> {
    /// Groups by person, keeping the order of `lignes` within each. `personne` tells whose a line is,
    /// and `extraire` what is kept of it.
    pub fn new<L>(personnes: usize, lignes: &[L], personne: impl Fn(&L) -> u32, extraire: impl Fn(&L) -> T) -> Self {
        let mut debuts = vec![0u32; personnes + 1];
        for ligne in lignes {
            debuts[personne(ligne) as usize + 1] += 1;
        }
        for rank in 0..personnes {
            debuts[rank + 1] += debuts[rank];
        }
        let mut places = debuts.clone();
        let mut ordre = vec![0u32; lignes.len()];
        for (rang, ligne) in (0u32..).zip(lignes) {
            let place = &mut places[personne(ligne) as usize];
            ordre[*place as usize] = rang;
            *place += 1;
        }
        Self { debuts, lignes: ordre.into_iter().map(|rang| extraire(&lignes[rang as usize])).collect() }
    }

    /// The same from lines that are already grouped, in the order of the people.
    fn grouped(personnes: usize, lignes: Vec<(u32, T)>) -> Self {
        let mut debuts = vec![0u32; personnes + 1];
        for (personne, _) in &lignes {
            debuts[*personne as usize + 1] += 1;
        }
        for rank in 0..personnes {
            debuts[rank + 1] += debuts[rank];
        }
        Self { debuts, lignes: lignes.into_iter().map(|(_, ligne)| ligne).collect() }
    }

    /// What belongs to a person, in order.
    #[must_use]
    pub fn de(&self, personne: u32) -> &[T] {
        let rank = personne as usize;
        match (self.debuts.get(rank), self.debuts.get(rank + 1)) {
            (Some(&from), Some(&to)) => &self.lignes[from as usize..to as usize],
            _ => &[],
        }
    }

    /// How many there are, everybody together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lignes.len()
    }

    /// Whether nobody has any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lignes.is_empty()
    }

    /// Everything, person by person.
    pub fn toutes(&self) -> impl Iterator<Item = (u32, &T)> {
        (0u32..).zip(self.debuts.windows(2)).flat_map(|(personne, range)| {
            self.lignes[range[0] as usize..range[1] as usize].iter().map(move |ligne| (personne, ligne))
        })
    }
}

/// How many events could not be given to a person, by kind and reason.
pub type EnAttente = Vec<(&'static str, RaisonAttente, u64)>;

/// An event that could not be given to a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attente {
    /// Name of its kind.
    pub genre: &'static str,
    /// Where it was read.
    pub lieu: Lieu,
    /// `id_evenement`.
    pub id: String,
    /// Why.
    pub raison: RaisonAttente,
}

/// Everything that was known on a day, arranged by person.
#[derive(Clone, Debug, Default)]
pub struct Histoire {
    /// Files, in the order of steps.
    pub fichiers: Vec<Fichier>,
    /// Caisses, in the order of their names.
    pub caisses: Vec<EtatCaisse>,
    /// Dossiers.
    pub dossiers: Vec<Dossier>,
    /// How many people there are.
    pub personnes: u32,
    /// Records of each person, in the order of steps.
    pub releves: ParPersonne<Releve>,
    /// Orientations of each person, by date then identifier.
    pub orientations: ParPersonne<Orientation>,
    /// Appointments of each person, by date then identifier.
    pub rendez_vous: ParPersonne<RendezVous>,
    /// Contracts of each person, by date then identifier.
    pub contrats: ParPersonne<Contrat>,
    /// GAD and AG of each person.
    pub accompagnements: ParPersonne<Accompagnement>,
    /// Ends of follow-up of each person.
    pub fins_suivi: ParPersonne<FinSuivi>,
    /// Pôle emploi's reports.
    pub pole_emploi: Vec<RapportPoleEmploi>,
    /// Events of nobody known, or of more than one person.
    pub en_attente: EnAttente,
    /// The same, one by one, by kind, file and line.
    pub liste_en_attente: Vec<Attente>,
    /// What the identities leave in doubt.
    pub doutes: super::personnes::Doutes,
    /// For each caisse, the first file after each one in which those missing are absent.
    prochain_stock: Vec<Vec<u32>>,
    /// Dossiers present but unread, by file.
    non_lus: FxHashSet<(u32, u32)>,
}

/// A record whose person is not told yet.
struct ReleveAnonyme {
    identite: u32,
    releve: Releve,
}

impl Histoire {
    /// Arranges files whose every row comes with who it is about, and events. The order of `fichiers`
    /// does not matter.
    #[must_use]
    pub fn new(
        mut fichiers: Vec<(EnTeteFichier, ColonnesFlux, Vec<IdentiteLue>)>,
        evenements: EvenementsEnVigueur,
    ) -> Self {
        fichiers.sort_by(|(a, ..), (b, ..)| a.cle_ordre().cmp(&b.cle_ordre()));
        let en_tetes: Vec<EnTeteFichier> = fichiers.iter().map(|(en_tete, ..)| en_tete.clone()).collect();
        let mut rangement = Rangement::new(&en_tetes);
        for (rang, (_, colonnes, lues)) in (0u32..).zip(&fichiers) {
            let nouvelles = rangement.releves(rang, colonnes);
            let lues: Vec<IdentiteLue> = nouvelles.iter().map(|&ligne| lues[ligne as usize].clone()).collect();
            rangement.identites(rang, &lues, &colonnes.places);
        }
        rangement.finish(evenements)
    }

    /// Events in force that name a person, those that wait for theirs included.
    #[must_use]
    pub fn evenements_en_vigueur(&self) -> u64 {
        let places = self.orientations.len()
            + self.rendez_vous.len()
            + self.contrats.len()
            + self.accompagnements.len()
            + self.fins_suivi.len();
        (places + self.liste_en_attente.len()) as u64
    }

    /// The first file after `fichier` in which somebody missing from `dossier` is absent.
    #[must_use]
    pub fn absence_apres(&self, dossier: u32, fichier: u32) -> Option<u32> {
        let stocks = &self.prochain_stock[usize::from(self.dossiers[dossier as usize].caisse)];
        let mut found = stocks[fichier as usize];
        while found != u32::MAX && self.non_lus.contains(&(found, dossier)) {
            found = stocks[found as usize];
        }
        (found != u32::MAX).then_some(found)
    }
}

impl EnTeteFichier {
    /// The extract that a row of the file comes from: its rank, `None` for the file itself.
    #[must_use]
    fn extrait_de(&self, ligne: u32) -> Option<usize> {
        self.extraits.iter().rposition(|extrait| extrait.debut <= ligne)
    }

    /// Rows of the file (increasing), as rows of each of its segments: the file itself (`None`) or
    /// the extract of that rank.
    #[must_use]
    pub fn par_segment(&self, lignes: &[u32]) -> Vec<(Option<usize>, Vec<u32>)> {
        let extrait = |ligne: &u32| self.extrait_de(*ligne);
        lignes
            .chunk_by(|a, b| extrait(a) == extrait(b))
            .map(|groupe| {
                let segment = groupe.first().and_then(extrait);
                let debut = segment.map_or(0, |rang| self.extraits[rang].debut);
                (segment, groupe.iter().map(|ligne| ligne - debut).collect())
            })
            .collect()
    }

    /// Reception day of a row: that of the file, or of the extract it comes from.
    #[must_use]
    pub fn recu_le_de(&self, ligne: u32) -> Jour {
        self.extrait_de(ligne).map_or(self.recu_le, |rang| self.extraits[rang].recu_le)
    }

    /// Steps are ordered by reference day, daily before monthly, creation, base name.
    #[must_use]
    pub fn cle_ordre(&self) -> impl Ord + '_ {
        (self.dtref, self.mensuel, self.cree_le, self.nom.as_str(), self.empreinte.as_str())
    }
}

/// Files being arranged, some at a time: [`Self::releves`] takes what they say and asks who some
/// of their rows are about, [`Self::identites`] takes the answer.
pub struct Rangement {
    histoire: Histoire,
    anonymes: Vec<ReleveAnonyme>,
    /// Where the records of the files whose identities are awaited begin.
    attendus: usize,
    identites: Vec<Identite>,
    /// How many identities there will be once those asked for are given.
    promises: u32,
    /// Numbers of the identities met, by caisse and digest.
    connues: Vec<FxHashMap<i64, u32>>,
    numeros: FxHashMap<Arc<str>, u32>,
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
            histoire: Histoire { fichiers, caisses, prochain_stock, ..Histoire::default() },
            anonymes: Vec::new(),
            attendus: 0,
            identites: Vec::new(),
            promises: 0,
            connues,
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
        let Some(caisse) = self.histoire.fichiers[rang as usize].caisse else { return nouvelles };
        let connues = &mut self.connues[usize::from(caisse)];
        let jour = |n: i32| (n != SANS_DATE).then_some(Jour(n));
        // The largest list of all: doubling it each time would waste as much again.
        self.anonymes.reserve_exact(colonnes.identite.len());
        for (row, digest) in colonnes.identite.iter().enumerate() {
            let identite = *connues.entry(*digest).or_insert_with(|| {
                nouvelles.push(len32(row));
                self.promises += 1;
                self.promises - 1
            });
            self.anonymes.push(ReleveAnonyme {
                identite,
                releve: Releve {
                    dossier: u32::MAX,
                    fichier: rang,
                    rang: len32(row),
                    suspension: jour(colonnes.suspension[row]),
                    dtdemrsa: jour(colonnes.dtdemrsa[row]),
                    classe: Classe::de(colonnes.etat[row]),
                    top: match colonnes.top[row] {
                        0 => Top::Non,
                        1 => Top::Oui,
                        _ => Top::Manquant,
                    },
                    transfert: colonnes.transfert[row],
                },
            });
        }
        nouvelles
    }

    /// Takes who the rows asked for by [`Self::releves`] are about: every file in its turn, those
    /// that ask for none too. `places` is that of [`ColonnesFlux`].
    pub fn identites(&mut self, rang: u32, lues: &[IdentiteLue], places: &[(u32, u32)]) {
        let Some(caisse) = self.histoire.fichiers[rang as usize].caisse else { return };
        lues.iter().for_each(|lue| self.identite(caisse, lue));
        let premier = self.attendus;
        let attendus = &mut self.anonymes[premier..];
        let ici = attendus.partition_point(|anonyme| anonyme.releve.fichier == rang);
        for anonyme in &mut attendus[..ici] {
            anonyme.releve.dossier = self.identites[anonyme.identite as usize].dossier;
        }
        self.attendus += ici;
        self.reunir_les_doubles(rang, caisse, premier..self.attendus);
        if !places.is_empty() {
            reprendre(&mut self.anonymes[premier..self.attendus], places);
        }
    }

    /// Takes who some rows of a file give under the MATRICULE that events name, once every file has
    /// been arranged.
    pub fn porteurs(&mut self, rang: u32, lus: Vec<(u32, Porteur)>) {
        let premier = self.anonymes.partition_point(|anonyme| anonyme.releve.fichier < rang);
        let siens = &self.anonymes[premier..];
        let siens = &siens[..siens.partition_point(|anonyme| anonyme.releve.fichier == rang)];
        // Rows that come from extracts took the place that they had: no longer that of their row.
        let deplaces: FxHashMap<u32, u32> =
            if self.histoire.fichiers[rang as usize].en_tete.extraits.is_empty() || lus.is_empty() {
                FxHashMap::default()
            } else {
                siens.iter().map(|anonyme| (anonyme.releve.rang, anonyme.identite)).collect()
            };
        self.porteurs.extend(lus.into_iter().filter_map(|(ligne, porteur)| {
            let sur_place = siens.get(ligne as usize).filter(|anonyme| anonyme.releve.rang == ligne);
            let identite = sur_place.map(|anonyme| anonyme.identite).or_else(|| deplaces.get(&ligne).copied())?;
            Some((identite, porteur))
        }));
    }

    /// A dossier given twice in one file has one situation, for the people of every block.
    fn reunir_les_doubles(&mut self, rang: u32, caisse: u16, releves: std::ops::Range<usize>) {
        let doubles = &self.histoire.fichiers[rang as usize].en_tete.doubles;
        let dossier = |double: &DossierDouble| {
            self.dossiers.get(&(caisse, *self.numeros.get(double.numdemrsa.as_str())?)).copied()
        };
        let situations: FxHashMap<u32, &DossierDouble> =
            doubles.iter().filter_map(|double| Some((dossier(double)?, double))).collect();
        if situations.is_empty() {
            return;
        }
        for ReleveAnonyme { releve, .. } in &mut self.anonymes[releves] {
            if let Some(double) = situations.get(&releve.dossier) {
                let DossierDouble { classe, suspension, dtdemrsa, transfert, .. } = **double;
                *releve = Releve { classe, suspension, dtdemrsa, transfert, ..*releve };
            }
        }
    }

    fn identite(&mut self, caisse: u16, lue: &IdentiteLue) {
        let numero = self.numero(&lue.numdemrsa);
        let dossier = match self.dossiers.get(&(caisse, numero)) {
            Some(&known) => known,
            None => {
                let nouveau = len32(self.histoire.dossiers.len());
                let numdemrsa = self
                    .numeros
                    .get_key_value(lue.numdemrsa.as_str())
                    .map_or_else(|| lue.numdemrsa.as_str().into(), |(known, _)| known.clone());
                self.histoire.dossiers.push(Dossier { caisse, numdemrsa, premier: (u32::MAX, u32::MAX), autre: None });
                self.dossiers.insert((caisse, numero), nouveau);
                nouveau
            }
        };
        let IdentiteLue { nir, cle_nom, cle_nom_usage, .. } = *lue;
        self.identites.push(Identite { nir, cle_nom, cle_nom_usage, numero, dossier });
    }

    fn numero(&mut self, numdemrsa: &str) -> u32 {
        if let Some(&known) = self.numeros.get(numdemrsa) {
            return known;
        }
        let nouveau = len32(self.numeros.len());
        self.numeros.insert(numdemrsa.into(), nouveau);
        nouveau
    }

    /// Tells people apart, and gives each their records and their events.
    #[must_use]
    pub fn finish(self, evenements: EvenementsEnVigueur) -> Histoire {
        self.finish_with_repertoire(evenements).0
    }

    /// The same, with the way back from a name or a NIR to a person.
    #[must_use]
    pub fn finish_with_repertoire(self, evenements: EvenementsEnVigueur) -> (Histoire, Repertoire) {
        let Self { mut histoire, anonymes, identites, numeros, dossiers, porteurs, .. } = self;
        let homonymes = homonymes(&histoire.fichiers, &numeros);
        for (rang, fichier) in (0u32..).zip(&histoire.fichiers) {
            for numdemrsa in &fichier.en_tete.non_lus {
                let known = fichier.caisse.zip(numeros.get(numdemrsa.as_str()));
                if let Some(&dossier) = known.and_then(|(caisse, &numero)| dossiers.get(&(caisse, numero))) {
                    histoire.non_lus.insert((rang, dossier));
                }
            }
        }
        let Personnes { de_identite, nombre, mut annuaire, doutes } = Personnes::parmi(&identites, &homonymes);
        annuaire.porteurs(porteurs.into_iter().map(|(identite, porteur)| (de_identite[identite as usize], porteur)));
        for anonyme in &anonymes {
            let personne = de_identite[anonyme.identite as usize];
            let dossier = &mut histoire.dossiers[anonyme.releve.dossier as usize];
            let (premier, par) = dossier.premier;
            if premier == u32::MAX {
                dossier.premier = (anonyme.releve.fichier, personne);
            } else if par != personne && dossier.autre.is_none() {
                dossier.autre = Some(anonyme.releve.fichier);
            }
        }
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
        histoire.releves = ParPersonne::new(personnes, &anonymes, |a| de_identite[a.identite as usize], |a| a.releve);
        drop(anonymes);
        let mut attente = Vec::new();
        let EvenementsEnVigueur { orientations, rendez_vous, contrats, accompagnements, fins_suivi, pole_emploi } =
            evenements;
        let place = Placement { annuaire: &annuaire, numeros: &numeros, personnes };
        histoire.orientations = place.placer("orientations", orientations, |o| o.date, &mut attente);
        histoire.rendez_vous = place.placer("rendez_vous", rendez_vous, |r| r.date, &mut attente);
        histoire.contrats = place.placer("cer", contrats, |c| c.date, &mut attente);
        let debut = |a: &Accompagnement| a.propose_le.or(a.debut).unwrap_or(Jour::MIN);
        histoire.accompagnements = place.placer("accompagnements", accompagnements, debut, &mut attente);
        histoire.fins_suivi = place.placer("fins_suivi", fins_suivi, |f| f.date, &mut attente);
        histoire.pole_emploi = pole_emploi;
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
fn homonymes(fichiers: &[Fichier], numeros: &FxHashMap<Arc<str>, u32>) -> Vec<Homonyme> {
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
    numeros: FxHashMap<Arc<str>, u32>,
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

/// Puts the records of extracts at the place they had in their file. A dossier that the file gives in
/// another block too has one situation, as [`DossierDouble`] says.
fn reprendre(releves: &mut [ReleveAnonyme], places: &[(u32, u32)]) {
    let place = |anonyme: &ReleveAnonyme| places.get(anonyme.releve.rang as usize).copied().unwrap_or_default();
    releves.sort_by_key(place);
    let mut situations: FxHashMap<u32, Option<Releve>> =
        releves.iter().filter(|anonyme| place(anonyme).1 > 0).map(|anonyme| (anonyme.releve.dossier, None)).collect();
    for ReleveAnonyme { releve, .. } in releves.iter() {
        if let Some(situation) = situations.get_mut(&releve.dossier) {
            let avant = situation.as_ref();
            let classe = avant.map_or(releve.classe, |autre| autre.classe.min(releve.classe));
            let suspension = avant.and_then(|autre| autre.suspension).into_iter().chain(releve.suspension).min();
            *situation = Some(Releve { classe, suspension, ..*releve });
        }
    }
    for ReleveAnonyme { releve, .. } in releves {
        if let Some(Releve { classe, suspension, dtdemrsa, transfert, .. }) =
            situations.get(&releve.dossier).copied().flatten()
        {
            *releve = Releve { classe, suspension, dtdemrsa, transfert, ..*releve };
        }
    }
}

/// Gives events to people.
struct Placement<'a> {
    annuaire: &'a Annuaire,
    numeros: &'a FxHashMap<Arc<str>, u32>,
    personnes: usize,
}

impl Placement<'_> {
    fn placer<T: Send>(
        &self,
        genre: &'static str,
        evenements: Vec<EnVigueur<T>>,
        date: impl Fn(&T) -> Jour,
        attente: &mut Vec<Attente>,
    ) -> ParPersonne<T> {
        let mut placed: Vec<(u32, Jour, String, T)> = Vec::with_capacity(evenements.len());
        for EnVigueur { qui, id, lieu, evenement } in evenements {
            let numero = self.numeros.get(qui.numdemrsa.as_str()).copied();
            match self.annuaire.chercher(&qui, numero) {
                Rattachement::Personne(personne) => placed.push((personne, date(&evenement), id, evenement)),
                Rattachement::EnAttente(raison) => attente.push(Attente { genre, lieu, id, raison }),
            }
        }
        placed.par_sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
        let lignes = placed.into_iter().map(|(personne, _, _, evenement)| (personne, evenement)).collect();
        ParPersonne::grouped(self.personnes, lignes)
    }
}

fn len32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
