//! Replaying events: of each `id_evenement`, the version in force as known on a day.

use std::sync::Arc;

use arrow::datatypes::{Date32Type, Float64Type, Int64Type};
use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::depot::{ErreurDepot, Segment};
use super::lecture::{ColonneDEmpreintes, ColonneDeTextes, ColonneDeValeurs, Lot, lots_entiers, lots_sans};
use super::segment::MetaEvenements;
use crate::identite::{CleNom, EmpreinteNir, Matricule, folded};
use crate::releves::genres::{Genre, Nature};
use crate::temps::Jour;

/// How an event names its person. A NIR decides alone; else the dossier with the name; else the
/// name; else the MATRICULE with what is left of the name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Qui {
    /// Digest of the usable NIR.
    pub nir: Option<EmpreinteNir>,
    /// NUMDEMRSA on 11 characters; empty when missing.
    pub numdemrsa: SmolStr,
    /// Digest of name, first name and birth date, when the three are given.
    pub cle_nom: Option<CleNom>,
    /// When nothing above names anybody: the MATRICULE, and what stands beside it.
    pub matricule: Option<Box<ParMatricule>>,
}

/// A person named by the MATRICULE of their dossier: everything that is given must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParMatricule {
    /// MATRICULE.
    pub matricule: Matricule,
    /// Name, folded; empty when missing.
    pub nom: String,
    /// First name, folded; empty when missing.
    pub prenom: String,
    /// Birth date, `AAAA-MM-JJ`; empty when missing.
    pub date_naissance: String,
}

impl Qui {
    /// Whether it names nobody.
    #[must_use]
    pub fn est_vide(&self) -> bool {
        self.nir.is_none() && self.cle_nom.is_none() && self.numdemrsa.is_empty() && self.matricule.is_none()
    }
}

/// An event in force, with what every kind has.
#[derive(Clone, Debug, PartialEq)]
pub struct EnVigueur<T> {
    /// The person it names.
    pub qui: Qui,
    /// `id_evenement`.
    pub id: SmolStr,
    /// Where it was read.
    pub lieu: Lieu,
    /// What it says.
    pub evenement: T,
}

/// Where an event was read: enough for the people who hold the file to find it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lieu {
    /// Base name of the file.
    pub fichier: Arc<str>,
    /// Line of the file.
    pub ligne: u32,
}

/// An orientation, or the designation of a referent, notified to the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orientation {
    /// Day of the notification.
    pub date: Jour,
    /// Body: `PE`, `CD`…
    pub organisme: &'static str,
    /// `emploi`, `socio_pro`, `social`, or empty.
    pub type_parcours: &'static str,
    /// `GAD`, `AG`, or empty.
    pub dispositif: &'static str,
    /// Structure, as given.
    pub structure: Arc<str>,
    /// Territory, as given.
    pub territoire: Arc<str>,
    /// Who follows the person, as given.
    pub referent: Arc<str>,
}

/// An appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RendezVous {
    /// `orientation`, `accompagnement` or `cer`.
    pub type_rdv: &'static str,
    /// Day of the appointment.
    pub date: Jour,
    /// Day on which it was fixed: `date_fixation`, else the day of the appointment.
    pub fixe_le: Jour,
    /// `fixe`, `honore`, `absent`, `excuse`, `reporte` or `annule`.
    pub statut: &'static str,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contrat {
    /// Day of the signature.
    pub date: Jour,
    /// `cer` or `ppae`.
    pub type_contrat: &'static str,
    /// Rank among the person's contracts, when given.
    pub rang: Option<i64>,
}

/// A GAD or AG support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accompagnement {
    /// `GAD` or `AG`.
    pub type_accompagnement: &'static str,
    /// Day of the proposal.
    pub propose_le: Option<Jour>,
    /// First day.
    pub debut: Option<Jour>,
    /// Day from which it no longer runs.
    pub fin: Option<Jour>,
    /// Adviser, as given.
    pub conseiller: Arc<str>,
}

/// An explicit end of follow-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinSuivi {
    /// Day of the end.
    pub date: Jour,
    /// Code of the reason.
    pub motif: &'static str,
}

/// A figure that Pôle emploi reported.
#[derive(Clone, Debug, PartialEq)]
pub struct RapportPoleEmploi {
    /// First day of the period reported.
    pub du: Jour,
    /// Last day of the period reported.
    pub au: Jour,
    /// `3.2.3` to `3.2.6`.
    pub indicateur: &'static str,
    /// The figure.
    pub valeur: f64,
}

/// Every event in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvenementsEnVigueur {
    /// Orientations.
    pub orientations: Vec<EnVigueur<Orientation>>,
    /// Appointments.
    pub rendez_vous: Vec<EnVigueur<RendezVous>>,
    /// Contracts.
    pub contrats: Vec<EnVigueur<Contrat>>,
    /// GAD and AG.
    pub accompagnements: Vec<EnVigueur<Accompagnement>>,
    /// Ends of follow-up.
    pub fins_suivi: Vec<EnVigueur<FinSuivi>>,
    /// Pôle emploi's reports, the last one for each period and figure.
    pub pole_emploi: Vec<RapportPoleEmploi>,
}

/// Replays the events known on `connu_le` (everything when `None`).
///
/// # Errors
/// A damaged segment.
pub fn rejouer(
    segments: &[Segment<MetaEvenements>],
    connu_le: Option<NaiveDate>,
) -> Result<EvenementsEnVigueur, ErreurDepot> {
    let connu_le = connu_le.map_or(Jour::MAX, Jour::from);
    let du_genre = |genre| lire_les_fichiers(segments, genre);
    let orientations = || {
        let (genre, mut textes) = (Genre::Orientations, Textes::default());
        en_vigueur(genre, &du_genre(genre)?, connu_le, |l| orientation(l, &mut textes))
    };
    let rendez_vous = || {
        let genre = Genre::RendezVous;
        en_vigueur(genre, &du_genre(genre)?, connu_le, rendez_vous)
    };
    let contrats = || {
        let genre = Genre::Cer;
        en_vigueur(genre, &du_genre(genre)?, connu_le, contrat)
    };
    let accompagnements = || {
        let (genre, mut textes) = (Genre::Accompagnements, Textes::default());
        en_vigueur(genre, &du_genre(genre)?, connu_le, |l| accompagnement(l, &mut textes))
    };
    let fins_suivi = || {
        let genre = Genre::FinsSuivi;
        en_vigueur(genre, &du_genre(genre)?, connu_le, fin_suivi)
    };
    let ((orientations, rendez_vous), (contrats, (accompagnements, fins_suivi))) = rayon::join(
        || rayon::join(orientations, rendez_vous),
        || rayon::join(contrats, || rayon::join(accompagnements, fins_suivi)),
    );
    Ok(EvenementsEnVigueur {
        orientations: orientations?,
        rendez_vous: rendez_vous?,
        contrats: contrats?,
        accompagnements: accompagnements?,
        fins_suivi: fins_suivi?,
        pole_emploi: rapports(&du_genre(Genre::PoleEmploi)?, connu_le)?,
    })
}

/// The files of a kind, in order.
fn lire_les_fichiers(segments: &[Segment<MetaEvenements>], genre: Genre) -> Result<Vec<Fichier<'_>>, ErreurDepot> {
    let files = ordonner(segments.iter().filter(|s| s.meta.genre == genre.nom()));
    files.par_iter().map(|(place, version, s)| Fichier::lire(s, *place, *version)).collect()
}

fn orientation(l: &Ligne<'_>, textes: &mut Textes) -> Option<Orientation> {
    Some(Orientation {
        date: l.jour("date_notification")?,
        organisme: l.code("organisme"),
        type_parcours: l.code("type_parcours"),
        dispositif: l.code("dispositif"),
        structure: textes.partage(l.texte("structure")),
        territoire: textes.partage(l.texte("territoire")),
        referent: textes.partage(l.texte("referent")),
    })
}

fn rendez_vous(l: &Ligne<'_>) -> Option<RendezVous> {
    let date = l.jour("date_rdv")?;
    Some(RendezVous {
        type_rdv: l.code("type_rdv"),
        date,
        fixe_le: l.jour("date_fixation").unwrap_or(date),
        statut: l.code("statut"),
    })
}

fn contrat(l: &Ligne<'_>) -> Option<Contrat> {
    Some(Contrat { date: l.jour("date_signature")?, type_contrat: l.code("type_contrat"), rang: l.entier("rang") })
}

fn accompagnement(l: &Ligne<'_>, textes: &mut Textes) -> Option<Accompagnement> {
    Some(Accompagnement {
        type_accompagnement: l.code("type_accompagnement"),
        propose_le: l.jour("date_proposition"),
        debut: l.jour("date_debut"),
        fin: l.jour("date_fin"),
        conseiller: textes.partage(l.texte("conseiller")),
    })
}

fn fin_suivi(l: &Ligne<'_>) -> Option<FinSuivi> {
    Some(FinSuivi { date: l.jour("date_fin")?, motif: l.code("motif") })
}

/// An event of one person, of any kind.
#[derive(Clone, Debug)]
pub(crate) enum Evenement {
    /// Of `orientations`.
    Orientation(Orientation),
    /// Of `rendez_vous`.
    RendezVous(RendezVous),
    /// Of `cer`.
    Contrat(Contrat),
    /// Of `accompagnements`.
    Accompagnement(Accompagnement),
    /// Of `fins_suivi`.
    FinSuivi(FinSuivi),
}

/// What the rows of a batch say, all of one kind; `None` where a row says too little to count.
///
/// # Errors
/// A column is missing or has another type.
pub(crate) fn evenements_du_lot(genre: Genre, lot: &Lot<'_>) -> Result<Vec<Option<Evenement>>, ErreurDepot> {
    let (colonnes, mut textes) = (Colonnes::new(genre, lot)?, Textes::default());
    let lire = |rang| {
        let l = &colonnes.ligne(rang);
        match genre {
            Genre::Orientations => orientation(l, &mut textes).map(Evenement::Orientation),
            Genre::RendezVous => rendez_vous(l).map(Evenement::RendezVous),
            Genre::Cer => contrat(l).map(Evenement::Contrat),
            Genre::Accompagnements => accompagnement(l, &mut textes).map(Evenement::Accompagnement),
            Genre::FinsSuivi => fin_suivi(l).map(Evenement::FinSuivi),
            Genre::PoleEmploi => None,
        }
    };
    Ok((0..lot.len()).map(lire).collect())
}

/// Texts that many events share: each is kept once.
#[derive(Default)]
struct Textes(FxHashSet<Arc<str>>);

impl Textes {
    fn partage(&mut self, texte: &str) -> Arc<str> {
        if let Some(connu) = self.0.get(texte) {
            return Arc::clone(connu);
        }
        let nouveau: Arc<str> = texte.into();
        self.0.insert(Arc::clone(&nouveau));
        nouveau
    }
}

/// Files by reception day, base name and digest, each with its place in that order. An extract has the
/// place of the file that its lines come from, and a version of its own.
fn ordonner<'a>(
    segments: impl Iterator<Item = &'a Segment<MetaEvenements>>,
) -> Vec<(u32, u32, &'a Segment<MetaEvenements>)> {
    let (extraits, mut fichiers): (Vec<_>, Vec<_>) = segments.partition(|s| s.meta.commun.extrait.is_some());
    fichiers.sort_by(|a, b| {
        let key = |s: &'a Segment<MetaEvenements>| {
            (s.meta.commun.recu_le, s.meta.commun.nom.as_str(), s.meta.commun.empreinte.as_str())
        };
        key(a).cmp(&key(b))
    });
    let places: FxHashMap<&str, u32> =
        (0..).zip(&fichiers).map(|(place, s)| (s.meta.commun.empreinte.as_str(), place)).collect();
    let extraits = extraits.into_iter().filter_map(|s| {
        let extrait = s.meta.commun.extrait.as_ref()?;
        Some((*places.get(extrait.original.as_str())?, extrait.version, s))
    });
    let mut ordre: Vec<_> = extraits.collect();
    ordre.extend((0..).zip(fichiers).map(|(place, s)| (place, 0, s)));
    ordre.sort_by(|a, b| (a.0, a.1, &a.2.meta.commun.empreinte).cmp(&(b.0, b.1, &b.2.meta.commun.empreinte)));
    ordre
}

/// The rank of a version among those of its event: recording day (else reception), then the order
/// of the files, then the line, then the extract that mends it.
pub type Rang = (Jour, u32, u32, u32);

/// A version of an event, whether or not it is in force: a row of a segment.
#[derive(Clone, Debug)]
pub struct VersionLue {
    /// Digest of the file.
    pub empreinte: String,
    /// Row in its segment.
    pub rang: u32,
    /// `id_evenement`.
    pub id: String,
    /// The person it names: nobody when it withdraws the event, or when it was emptied.
    pub qui: Qui,
    /// Its own date; the reception day of the file when it has none.
    pub date: Jour,
    /// Its place among the versions of the event.
    pub ordre: Rang,
}

/// Every version of every event of a kind.
///
/// # Errors
/// A damaged segment.
pub fn versions(segments: &[Segment<MetaEvenements>], genre: Genre) -> Result<Vec<VersionLue>, ErreurDepot> {
    let mut out = Vec::new();
    for (place, version, segment) in ordonner(segments.iter().filter(|segment| segment.meta.genre == genre.nom())) {
        let recu_le = Jour::from(segment.meta.commun.recu_le);
        let mut rang = 0;
        for batch in lots_entiers(segment)? {
            let (ids, saisies) = (batch.colonne_de_textes("id_evenement")?, batch.jours("saisi_le")?);
            let (lignes, quis) = (batch.lignes("ligne")?, Quis::new(&batch)?);
            let dates = dates_propres(genre, &batch)?;
            for row in 0..batch.len() {
                out.push(VersionLue {
                    empreinte: segment.meta.commun.empreinte.clone(),
                    rang,
                    id: ids.ligne(row).to_owned(),
                    qui: quis.ligne(row),
                    date: dates.iter().find_map(|column| column.ligne(row)).map_or(recu_le, Jour),
                    ordre: (saisies[row].map_or(recu_le, Jour), place, lignes[row], version),
                });
                rang += 1;
            }
        }
    }
    Ok(out)
}

/// The MATRICULE by which any version of any event names somebody whom nothing else names.
///
/// # Errors
/// A damaged segment.
pub fn matricules(segments: &[Segment<MetaEvenements>]) -> Result<FxHashSet<Matricule>, ErreurDepot> {
    let mut out = FxHashSet::default();
    for genre in Genre::TOUS.into_iter().filter(|genre| genre.nominatif()) {
        let lues = versions(segments, genre)?;
        out.extend(lues.into_iter().filter_map(|lue| Some(lue.qui.matricule?.matricule)));
    }
    Ok(out)
}

/// The dates of a batch that are its events' own, the first that is given counts.
fn dates_propres<'a>(genre: Genre, lot: &'a Lot<'_>) -> Result<Vec<ColonneDeValeurs<'a, Date32Type>>, ErreurDepot> {
    genre.date_propre().iter().map(|nom| lot.colonne_de_valeurs(nom)).collect()
}

/// The columns of a batch that name people.
struct Quis<'a> {
    nirs: ColonneDEmpreintes<'a>,
    numeros: ColonneDeTextes<'a>,
    cles: ColonneDeValeurs<'a, Int64Type>,
    matricules: Option<Matricules<'a>>,
}

impl<'a> Quis<'a> {
    fn new(lot: &'a Lot<'_>) -> Result<Self, ErreurDepot> {
        Ok(Self {
            nirs: lot.colonne_d_empreintes("nir")?,
            numeros: lot.colonne_de_textes("numdemrsa")?,
            cles: lot.colonne_de_valeurs("cle_nom")?,
            matricules: Matricules::new(lot)?,
        })
    }

    /// Whom a row names.
    fn ligne(&self, row: usize) -> Qui {
        let (nir, cle_nom) = (self.nirs.ligne(row), self.cles.ligne(row).map(CleNom));
        let autrement = nir.is_some() || cle_nom.is_some();
        let matricule = if autrement { None } else { self.matricules.as_ref().and_then(|m| m.ligne(row)) };
        Qui { nir, numdemrsa: self.numeros.ligne(row).into(), cle_nom, matricule }
    }
}

struct Fichier<'a> {
    nom: Arc<str>,
    empreinte: &'a str,
    place: u32,
    version: u32,
    recu_le: Jour,
    lots: Vec<Lot<'a>>,
}

impl<'a> Fichier<'a> {
    /// The names stay unread, unless somebody is named by MATRICULE.
    fn lire(segment: &'a Segment<MetaEvenements>, place: u32, version: u32) -> Result<Self, ErreurDepot> {
        let commun = &segment.meta.commun;
        let mut lots = lots_sans(segment, &Matricules::NOMS)?;
        let matricule =
            |lot: &Lot<'_>| Ok(lot.textes_facultatifs("matricule")?.is_some_and(|m| m.iter().any(|m| !m.is_empty())));
        if lots.iter().map(matricule).collect::<Result<Vec<bool>, ErreurDepot>>()?.contains(&true) {
            lots = lots_entiers(segment)?;
        }
        let (nom, empreinte) = (commun.nom.as_str().into(), commun.empreinte.as_str());
        Ok(Self { nom, empreinte, place, version, recu_le: commun.recu_le.into(), lots })
    }
}

/// The columns of a batch, ready to be read row by row.
struct Colonnes<'a> {
    dates: Vec<(&'static str, ColonneDeValeurs<'a, Date32Type>)>,
    codes: Vec<(&'static str, &'static [&'static str], ColonneDeTextes<'a>)>,
    textes: Vec<(&'static str, ColonneDeTextes<'a>)>,
    entiers: Vec<(&'static str, ColonneDeValeurs<'a, Int64Type>)>,
    nombres: Vec<(&'static str, ColonneDeValeurs<'a, Float64Type>)>,
}

impl<'a> Colonnes<'a> {
    fn new(genre: Genre, lot: &'a Lot<'_>) -> Result<Self, ErreurDepot> {
        let mut out =
            Self { dates: Vec::new(), codes: Vec::new(), textes: Vec::new(), entiers: Vec::new(), nombres: Vec::new() };
        for colonne in genre.colonnes() {
            let nom = colonne.nom;
            match colonne.nature {
                Nature::Date => out.dates.push((nom, lot.colonne_de_valeurs(nom)?)),
                Nature::Code(liste) => out.codes.push((nom, liste, lot.colonne_de_textes(nom)?)),
                Nature::Texte | Nature::TexteReserve => out.textes.push((nom, lot.colonne_de_textes(nom)?)),
                Nature::Entier => out.entiers.push((nom, lot.colonne_de_valeurs(nom)?)),
                Nature::Decimal => out.nombres.push((nom, lot.colonne_de_valeurs(nom)?)),
            }
        }
        Ok(out)
    }

    fn ligne(&self, rang: usize) -> Ligne<'_> {
        Ligne { colonnes: self, rang }
    }
}

/// One row of a batch.
struct Ligne<'a> {
    colonnes: &'a Colonnes<'a>,
    rang: usize,
}

impl Ligne<'_> {
    fn jour(&self, nom: &str) -> Option<Jour> {
        let (_, values) = self.colonnes.dates.iter().find(|(name, _)| *name == nom)?;
        values.ligne(self.rang).map(Jour)
    }

    /// The code as its list writes it; empty when missing.
    fn code(&self, nom: &str) -> &'static str {
        let Some((_, liste, values)) = self.colonnes.codes.iter().find(|(name, ..)| *name == nom) else { return "" };
        let value = values.ligne(self.rang);
        liste.iter().find(|code| **code == value).copied().unwrap_or_default()
    }

    fn texte(&self, nom: &str) -> &str {
        let found = self.colonnes.textes.iter().find(|(name, _)| *name == nom);
        found.map(|(_, values)| values.ligne(self.rang)).unwrap_or_default()
    }

    fn entier(&self, nom: &str) -> Option<i64> {
        self.colonnes.entiers.iter().find(|(name, _)| *name == nom)?.1.ligne(self.rang)
    }

    fn nombre(&self, nom: &str) -> Option<f64> {
        self.colonnes.nombres.iter().find(|(name, _)| *name == nom)?.1.ligne(self.rang)
    }
}

/// Where a version is. There are as many as rows in the files: numbers of four bytes are enough.
struct Version {
    ordre: Rang,
    fichier: u32,
    lot: u32,
    rang: u32,
    annule: bool,
}

/// The rows in force of each batch of each file, in order: of each event the last version known, unless
/// it withdraws the event.
fn retenues(genre: Genre, fichiers: &[Fichier<'_>], connu_le: Jour) -> Result<Vec<Vec<Vec<u32>>>, ErreurDepot> {
    let lignes = fichiers.iter().flat_map(|fichier| &fichier.lots).map(Lot::len).sum();
    let mut versions: FxHashMap<&str, Version> = FxHashMap::with_capacity_and_hasher(lignes, FxBuildHasher);
    for (fichier, Fichier { place, version, recu_le, lots, .. }) in (0..).zip(fichiers) {
        for (lot, batch) in (0..).zip(lots) {
            let ids = batch.colonne_de_textes("id_evenement")?;
            let (saisies, annules) = (batch.colonne_de_valeurs::<Date32Type>("saisi_le")?, batch.booleens("annule")?);
            let (lignes, dates) = (batch.lignes("ligne")?, dates_propres(genre, batch)?);
            for (rang, ligne) in (0..).zip(0..batch.len()) {
                let id = ids.ligne(ligne);
                let saisi_le = saisies.ligne(ligne).map(Jour);
                let propre = || dates.iter().find_map(|column| column.ligne(ligne)).map(Jour);
                let connu = match saisi_le {
                    Some(jour) => jour,
                    None if annules[ligne] => *recu_le,
                    None => propre().unwrap_or(*recu_le),
                };
                if connu > connu_le {
                    continue;
                }
                let ordre = (saisi_le.unwrap_or(*recu_le), *place, lignes[ligne], *version);
                let version = Version { ordre, fichier, lot, rang, annule: annules[ligne] };
                versions
                    .entry(id)
                    .and_modify(|known| {
                        if known.ordre <= ordre {
                            *known = Version { ..version };
                        }
                    })
                    .or_insert(version);
            }
        }
    }
    let mut par_lot: Vec<Vec<Vec<u32>>> = fichiers.iter().map(|fichier| vec![Vec::new(); fichier.lots.len()]).collect();
    for version in versions.values().filter(|version| !version.annule) {
        par_lot[version.fichier as usize][version.lot as usize].push(version.rang);
    }
    par_lot.iter_mut().flatten().for_each(|rows| rows.sort_unstable());
    Ok(par_lot)
}

/// An event in force: where it stands in the journal, and whom it names.
#[derive(Clone, Debug)]
pub struct LigneEnVigueur {
    /// Digest of the file.
    pub empreinte: Arc<str>,
    /// Row in its segment.
    pub rang: u32,
    /// The person it names.
    pub qui: Qui,
}

/// The events of a kind in force as known on `connu_le` (everything when `None`), those that were
/// emptied apart: what [`rejouer`] reads.
///
/// # Errors
/// A damaged segment.
pub fn lignes_en_vigueur(
    segments: &[Segment<MetaEvenements>],
    genre: Genre,
    connu_le: Option<NaiveDate>,
) -> Result<Vec<LigneEnVigueur>, ErreurDepot> {
    let fichiers = lire_les_fichiers(segments, genre)?;
    let mut out = Vec::new();
    for (fichier, rows) in fichiers.iter().zip(retenues(genre, &fichiers, connu_le.map_or(Jour::MAX, Jour::from))?) {
        let (mut debut, empreinte) = (0, Arc::<str>::from(fichier.empreinte));
        for (batch, rows) in fichier.lots.iter().zip(rows) {
            let quis = Quis::new(batch)?;
            out.extend(rows.into_iter().filter_map(|row| {
                let qui = quis.ligne(row as usize);
                let rang = debut + row;
                (!qui.est_vide()).then(|| LigneEnVigueur { empreinte: Arc::clone(&empreinte), rang, qui })
            }));
            debut += u32::try_from(batch.len()).unwrap_or(u32::MAX);
        }
    }
    Ok(out)
}

fn en_vigueur<T>(
    genre: Genre,
    fichiers: &[Fichier<'_>],
    connu_le: Jour,
    mut lire: impl FnMut(&Ligne<'_>) -> Option<T>,
) -> Result<Vec<EnVigueur<T>>, ErreurDepot> {
    let par_lot = retenues(genre, fichiers, connu_le)?;
    let mut out = Vec::with_capacity(par_lot.iter().flatten().map(Vec::len).sum());
    for (fichier, rows) in fichiers.iter().zip(par_lot) {
        for (batch, rows) in fichier.lots.iter().zip(rows) {
            let colonnes = Colonnes::new(genre, batch)?;
            let (ids, quis) = (batch.colonne_de_textes("id_evenement")?, Quis::new(batch)?);
            let numeros_de_ligne = batch.lignes("ligne")?;
            for row in rows {
                let row = row as usize;
                let qui = quis.ligne(row);
                // A row that was emptied names nobody: it only keeps an older version from coming back.
                if qui.est_vide() {
                    continue;
                }
                let Some(evenement) = lire(&colonnes.ligne(row)) else { continue };
                let lieu = Lieu { fichier: Arc::clone(&fichier.nom), ligne: numeros_de_ligne[row] };
                out.push(EnVigueur { qui, id: ids.ligne(row).into(), lieu, evenement });
            }
        }
    }
    Ok(out)
}

/// The columns of a batch that name a person by MATRICULE.
struct Matricules<'a> {
    matricules: Vec<&'a str>,
    noms: Vec<&'a str>,
    prenoms: Vec<&'a str>,
    naissances: Vec<Option<i32>>,
}

impl<'a> Matricules<'a> {
    /// The columns that count beside the MATRICULE, and nowhere else.
    const NOMS: [&'static str; 3] = ["nom", "prenom", "date_naissance"];

    /// `None` for a segment older than the column, or that has no MATRICULE.
    fn new(lot: &'a Lot<'_>) -> Result<Option<Self>, ErreurDepot> {
        let matricules = lot.textes_facultatifs("matricule")?.unwrap_or_default();
        if matricules.iter().all(|texte| texte.is_empty()) {
            return Ok(None);
        }
        let (noms, prenoms) = (lot.textes("nom")?, lot.textes("prenom")?);
        Ok(Some(Self { matricules, noms, prenoms, naissances: lot.jours("date_naissance")? }))
    }

    fn ligne(&self, row: usize) -> Option<Box<ParMatricule>> {
        Some(Box::new(ParMatricule {
            matricule: Matricule::parse(self.matricules[row])?,
            nom: folded(self.noms[row]).into_owned(),
            prenom: folded(self.prenoms[row]).into_owned(),
            date_naissance: self.naissances[row].map(|jour| Jour(jour).to_string()).unwrap_or_default(),
        }))
    }
}

impl Accompagnement {
    /// The day that orders the supports of a person.
    pub(crate) fn ordre(&self) -> Jour {
        self.propose_le.or(self.debut).unwrap_or(Jour::MIN)
    }
}

impl EvenementsEnVigueur {
    /// Whom each event names.
    fn quis(&self) -> impl Iterator<Item = &Qui> {
        fn de<T>(evenements: &[EnVigueur<T>]) -> impl Iterator<Item = &Qui> {
            evenements.iter().map(|evenement| &evenement.qui)
        }
        de(&self.orientations)
            .chain(de(&self.rendez_vous))
            .chain(de(&self.contrats))
            .chain(de(&self.accompagnements))
            .chain(de(&self.fins_suivi))
    }

    /// The MATRICULE by which events name people whom nothing else names.
    #[must_use]
    pub fn matricules(&self) -> FxHashSet<Matricule> {
        self.quis().filter_map(|qui| Some(qui.matricule.as_ref()?.matricule)).collect()
    }

    /// The name keys by which events name people without a NIR.
    #[must_use]
    pub fn cles_de_nom(&self) -> FxHashSet<i64> {
        self.quis().filter(|qui| qui.nir.is_none()).filter_map(|qui| Some(qui.cle_nom?.0)).collect()
    }
}

/// Pôle emploi's reports: the last file wins for one period and figure.
fn rapports(fichiers: &[Fichier<'_>], connu_le: Jour) -> Result<Vec<RapportPoleEmploi>, ErreurDepot> {
    let mut out: Vec<RapportPoleEmploi> = Vec::new();
    for fichier in fichiers.iter().filter(|fichier| fichier.recu_le <= connu_le) {
        for batch in &fichier.lots {
            let colonnes = Colonnes::new(Genre::PoleEmploi, batch)?;
            for row in 0..batch.len() {
                let ligne = colonnes.ligne(row);
                let (Some(du), Some(au)) = (ligne.jour("periode_du"), ligne.jour("periode_au")) else { continue };
                let indicateur = ligne.code("indicateur");
                let Some(valeur) = ligne.nombre("valeur") else { continue };
                let rapport = RapportPoleEmploi { du, au, indicateur, valeur };
                match out.iter_mut().find(|r| (r.du, r.au, r.indicateur) == (du, au, indicateur)) {
                    Some(known) => *known = rapport,
                    None => out.push(rapport),
                }
            }
        }
    }
    Ok(out)
}
