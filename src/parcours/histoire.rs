//! Everything that was known on a day, arranged by person: the input of every rule.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::lignes::Releves;
use super::personnes::RaisonAttente;
use super::rangement::Rangement;
use crate::journal::evenements::{
    Accompagnement, Contrat, EvenementsEnVigueur, FinSuivi, Lieu, Orientation, RapportPoleEmploi, RendezVous,
};
use crate::journal::lecture::{ColonnesFlux, IdentiteLue, SANS_DATE};
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
    /// How many blocks of the file came before what it mends.
    pub bloc: u32,
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
    pub numdemrsa: SmolStr,
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

    /// A dossier of which it is known already who is first seen in it: in which file and through whom
    /// (`None` for somebody who is not at hand), and in which file somebody else is. Its number is given
    /// in the order of the NUMDEMRSA, and stands for it.
    pub(super) fn connu(caisse: u16, numero: u32, premier: (u32, Option<u32>), autre: Option<u32>) -> Self {
        let premier = (premier.0, premier.1.unwrap_or(RETIRE));
        Self { caisse, numdemrsa: SmolStr::from(format!("{numero:010}")), premier, autre }
    }

    /// The file in which it is first seen, through whom (`None` for somebody who was removed), and the
    /// file in which somebody else is first seen in it: what [`Self::connu_par_un_autre`] needs.
    #[must_use]
    pub fn premiere_vue(&self) -> (u32, Option<u32>, Option<u32>) {
        let (premier, par) = self.premier;
        (premier, (par != RETIRE).then_some(par), self.autre)
    }

    /// A dossier that nobody is in yet.
    pub(super) fn nouveau(caisse: u16, numdemrsa: SmolStr) -> Self {
        Self { caisse, numdemrsa, premier: (u32::MAX, u32::MAX), autre: None }
    }

    /// `personne` is first seen in the dossier in `fichier`; files come in the order of steps.
    pub(super) fn connu_par(&mut self, personne: u32, fichier: u32) {
        let (premier, par) = self.premier;
        if premier == u32::MAX {
            self.premier = (fichier, personne);
        } else if par != personne && self.autre.is_none() {
            self.autre = Some(fichier);
        }
    }

    /// Somebody who was removed, and is none of those who stay, was in the dossier in `fichier`.
    pub(super) fn connu_par_un_retire(&mut self, fichier: u32) {
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
    /// What it says.
    pub constat: Constat,
}

/// What a record says, in twelve bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constat {
    suspension: i32,
    dtdemrsa: i32,
    /// Class.
    pub classe: Classe,
    /// TOPPERSDRODEVORSA.
    pub top: Top,
    /// Whether it closes because the dossier goes on elsewhere.
    pub transfert: bool,
}

impl Constat {
    /// What a row of a flux segment says.
    pub(super) fn de(colonnes: &ColonnesFlux, row: usize) -> Self {
        Self {
            suspension: colonnes.suspension[row],
            dtdemrsa: colonnes.dtdemrsa[row],
            classe: Classe::de(colonnes.etat[row]),
            top: match colonnes.top[row] {
                0 => Top::Non,
                1 => Top::Oui,
                _ => Top::Manquant,
            },
            transfert: colonnes.transfert[row],
        }
    }

    /// The same person, in the situation of their dossier over all its blocks.
    pub(super) fn dans(self, double: &DossierDouble) -> Self {
        let numero = |jour: Option<Jour>| jour.map_or(SANS_DATE, |jour| jour.0);
        Self {
            suspension: numero(double.suspension),
            dtdemrsa: numero(double.dtdemrsa),
            classe: double.classe,
            transfert: double.transfert,
            ..self
        }
    }

    /// The same person, in the situation that `autre` says of the dossier.
    pub(super) fn situe(self, autre: Self) -> Self {
        Self { top: self.top, ..autre }
    }

    /// The situation of a dossier given again: the strongest class, the earliest suspension, and for
    /// the rest what comes last.
    pub(super) fn puis(self, suite: Self) -> Self {
        let suspension = [self.suspension(), suite.suspension()].into_iter().flatten().min();
        let suspension = suspension.map_or(SANS_DATE, |jour| jour.0);
        Self { classe: self.classe.min(suite.classe), suspension, ..suite }
    }

    /// Start of suspension, when given.
    #[must_use]
    pub fn suspension(&self) -> Option<Jour> {
        (self.suspension != SANS_DATE).then_some(Jour(self.suspension))
    }

    /// Date of the claim, when given.
    #[must_use]
    pub fn dtdemrsa(&self) -> Option<Jour> {
        (self.dtdemrsa != SANS_DATE).then_some(Jour(self.dtdemrsa))
    }
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
    /// From lines that are already grouped, in the order of the people; `de` says whose each of them is.
    pub(super) fn grouped(personnes: usize, de: impl Iterator<Item = u32>, lignes: Vec<T>) -> Self {
        Self { debuts: debuts(personnes, de), lignes }
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

/// Where the lines of each person begin, and the last ones end.
pub(super) fn debuts(personnes: usize, lignes: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut debuts = vec![0u32; personnes + 1];
    lignes.for_each(|personne| debuts[personne as usize + 1] += 1);
    for rank in 0..personnes {
        debuts[rank + 1] += debuts[rank];
    }
    debuts
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
    pub id: SmolStr,
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
    pub releves: Releves,
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
    pub(super) prochain_stock: Vec<Vec<u32>>,
    /// Dossiers present but unread, by file.
    pub(super) non_lus: FxHashSet<(u32, u32)>,
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

    /// Dossiers present but unread, each with its file.
    pub fn non_lus(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.non_lus.iter().copied()
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

pub(super) fn len32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
