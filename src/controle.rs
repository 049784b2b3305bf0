//! What the quality report looks at: the segments of a warehouse and what stands beside them, read for
//! [`crate::qualite`].

use std::path::Path;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::indicateurs::{Question, calculer};
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::lecture::lignes_entrants;
use crate::journal::segment::{Commun, MetaEvenements, MetaFlux};
use crate::parcours::histoire::Histoire;
use crate::qualite::entrants::{ENTDED, signaux};
use crate::qualite::{
    Cadre, Completude, EnAttente, FLUX, Part, Qualite, Recu, Rejets, RejetsFichier, Seuils, Signal, Stock, comparer,
    completude,
};
use crate::referentiel::Referentiel;
use crate::temps::{Jour, Periode};

/// The day of the knowledge: the one asked for, else today. Everything is known when none is asked
/// for, even what a clock set back says to come. Nothing else here looks at a clock.
fn connaissance(flux: &[Segment<MetaFlux>], connu_le: Option<Jour>) -> Jour {
    connu_le.unwrap_or_else(|| {
        let dernier = flux.iter().map(|segment| Jour::from(segment.meta.commun.recu_le)).max();
        Jour::from(chrono::Local::now().date_naive()).max(dernier.unwrap_or(Jour::MIN))
    })
}

/// What is looked at when no period is given: from the first flux to the day of the knowledge.
#[must_use]
pub fn cadre(flux: &[Segment<MetaFlux>], periode: Option<(Jour, Jour)>, connu_le: Option<Jour>) -> Cadre {
    let connu_le = connaissance(flux, connu_le);
    let (du, au) = periode.unwrap_or_else(|| {
        let premier = flux.iter().map(|segment| Jour::from(segment.meta.dtref)).min();
        (premier.unwrap_or(connu_le).min(connu_le), connu_le)
    });
    Cadre { du, au, connu_le }
}

/// What the flux of a period lack, from the metadata of their segments. `connu_le` is the day of the
/// knowledge; today when `None`.
#[must_use]
pub fn completude_du(
    flux: &[Segment<MetaFlux>],
    (du, au): (Jour, Jour),
    connu_le: Option<Jour>,
    seuils: &Seuils,
) -> Completude {
    completude(&recus(flux), Cadre { du, au, connu_le: connaissance(flux, connu_le) }, seuils)
}

/// The files received. What was mended of one came with it: it is no file of its own.
fn recus(flux: &[Segment<MetaFlux>]) -> Vec<Recu> {
    let metas = flux.iter().map(|segment| &segment.meta);
    metas.filter(|meta| meta.commun.extrait.is_none()).map(Recu::from).collect()
}

/// A warehouse: where it is, and the segments known on a day.
#[derive(Clone, Copy, Debug)]
pub struct Entrepot<'a> {
    /// Its folder.
    pub racine: &'a Path,
    /// Flux.
    pub flux: &'a [Segment<MetaFlux>],
    /// Events.
    pub evenements: &'a [Segment<MetaEvenements>],
}

/// Looks at a warehouse: everything that the quality report says. `connu_le` is the day that was
/// asked for, if any; `cadre.connu_le` the one that stands for it.
///
/// # Errors
/// A damaged segment, or a list of rejects that cannot be read.
pub fn examiner(
    entrepot: &Entrepot<'_>,
    histoire: &Histoire,
    cadre: Cadre,
    connu_le: Option<Jour>,
    referentiel: &Referentiel,
    seuils: &Seuils,
) -> Result<Qualite, ErreurDepot> {
    let periode = Periode { du: cadre.du, au: cadre.au, arrete: cadre.au };
    let socle = calculer(histoire, &Question { periode, connu_le, referentiel }).qualite;
    let retenus = Retenus::new(entrepot, cadre);
    Ok(Qualite {
        cadre,
        completude: completude(&recus(entrepot.flux), cadre, seuils),
        rejets: retenus.rejets(entrepot.racine)?,
        en_attente: EnAttente {
            evenements: histoire.evenements_en_vigueur(),
            liste: histoire.liste_en_attente.clone(),
        },
        socle,
        stocks: stocks(entrepot.flux, cadre),
        avertissements: retenus.avertissements(),
        fichiers_anomalies: compter_json(&entrepot.racine.join("anomalies"))?,
        entrants: comparer(histoire, referentiel, cadre, &signaux_des(histoire, entrepot.flux)?),
    })
}

/// The files that the report speaks of: the flux whose DTREF lies in the period, the event files
/// received since it began.
struct Retenus<'a> {
    flux: Vec<&'a MetaFlux>,
    evenements: Vec<&'a MetaEvenements>,
}

impl<'a> Retenus<'a> {
    fn new(entrepot: &Entrepot<'a>, cadre: Cadre) -> Self {
        let flux = entrepot.flux.iter().map(|segment| &segment.meta);
        let evenements = entrepot.evenements.iter().map(|segment| &segment.meta);
        Self {
            flux: flux
                .filter(|meta| meta.commun.extrait.is_none() && (cadre.du..=cadre.au).contains(&meta.dtref.into()))
                .collect(),
            evenements: evenements
                .filter(|meta| meta.commun.extrait.is_none() && Jour::from(meta.commun.recu_le) >= cadre.du)
                .collect(),
        }
    }

    fn rejets(&self, racine: &Path) -> Result<Rejets, ErreurDepot> {
        let mut out = Rejets::default();
        for meta in &self.flux {
            out.ajouter(rejets_du(racine, &meta.commun, FLUX, meta.caisse.clone(), meta.foyers)?);
        }
        for meta in &self.evenements {
            let lus = meta.commun.lignes + meta.commun.rejetes;
            out.ajouter(rejets_du(racine, &meta.commun, &meta.genre, None, lus)?);
        }
        Ok(out)
    }

    fn avertissements(&self) -> Vec<(String, String)> {
        let communs = self.flux.iter().map(|meta| &meta.commun).chain(self.evenements.iter().map(|meta| &meta.commun));
        let mut out: Vec<(String, String)> = communs
            .flat_map(|commun| commun.avertissements.iter().map(|message| (commun.nom.clone(), message.clone())))
            .collect();
        out.sort();
        out
    }
}

/// What was set aside of a file, its reasons read in the list that stands beside its segment.
fn rejets_du(
    racine: &Path,
    commun: &Commun,
    genre: &str,
    caisse: Option<String>,
    lus: u64,
) -> Result<RejetsFichier, ErreurDepot> {
    let part = Part { nombre: commun.rejetes, sur: lus };
    let motifs = if commun.rejetes > 0 { motifs(racine, commun)? } else { Vec::new() };
    Ok(RejetsFichier { nom: commun.nom.clone(), genre: genre.to_owned(), caisse, part, motifs })
}

/// The reason shown for what the list does not explain.
const SANS_LISTE: &str = "raison perdue (liste des rejets absente ou incomplète)";

fn motifs(racine: &Path, commun: &Commun) -> Result<Vec<(String, u64)>, ErreurDepot> {
    let chemin = racine.join("rejets").join(format!("{}.csv", commun.empreinte));
    let mut par_motif: FxHashMap<String, u64> = FxHashMap::default();
    match std::fs::File::open(&chemin) {
        Ok(file) => {
            let mut reader = csv::ReaderBuilder::new().delimiter(b';').flexible(true).from_reader(file);
            let illisible = |error: csv::Error| ErreurDepot::Disque { chemin: chemin.clone(), source: error.into() };
            let colonne = reader.headers().map_err(illisible)?.iter().position(|nom| nom == "motif");
            for ligne in reader.records() {
                let ligne = ligne.map_err(illisible)?;
                let motif = colonne.and_then(|rang| ligne.get(rang)).unwrap_or(SANS_LISTE);
                *par_motif.entry(motif.to_owned()).or_default() += 1;
            }
        }
        // Its retention may be over: the count stays in the metadata.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(ErreurDepot::Disque { chemin, source }),
    }
    let dits: u64 = par_motif.values().sum();
    if dits < commun.rejetes {
        *par_motif.entry(SANS_LISTE.to_owned()).or_default() += commun.rejetes - dits;
    }
    let mut out: Vec<(String, u64)> = par_motif.into_iter().collect();
    out.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    Ok(out)
}

/// The last stock of each caisse up to the end of the period.
fn stocks(flux: &[Segment<MetaFlux>], cadre: Cadre) -> Vec<Stock> {
    let mut metas: Vec<&MetaFlux> = flux.iter().map(|segment| &segment.meta).collect();
    metas.retain(|meta| meta.mensuel && meta.commun.extrait.is_none() && Jour::from(meta.dtref) <= cadre.au);
    metas.sort_by(|a, b| {
        (&a.caisse, a.dtref, a.cree_le, &a.commun.nom).cmp(&(&b.caisse, b.dtref, b.cree_le, &b.commun.nom))
    });
    let derniers = metas.chunk_by(|a, b| a.caisse == b.caisse).filter_map(<[&MetaFlux]>::last);
    derniers
        .map(|meta| Stock {
            caisse: meta.caisse.clone().unwrap_or_default(),
            dtref: meta.dtref.into(),
            releves: meta.commun.lignes,
            autres_roles: meta.autres_roles,
        })
        .collect()
}

/// How many JSON files a folder holds; none when it is not there.
fn compter_json(dossier: &Path) -> Result<u64, ErreurDepot> {
    let disque = |source| ErreurDepot::Disque { chemin: dossier.to_owned(), source };
    let entries = match std::fs::read_dir(dossier) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(disque)?,
    };
    let mut out = 0;
    for entry in entries {
        out += u64::from(entry.map_err(disque)?.path().extension().is_some_and(|suffix| suffix == "json"));
    }
    Ok(out)
}

/// The caisses' own signals, in every file known.
fn signaux_des(histoire: &Histoire, flux: &[Segment<MetaFlux>]) -> Result<Vec<Signal>, ErreurDepot> {
    let rangs: FxHashMap<&str, u32> =
        (0u32..).zip(&histoire.fichiers).map(|(rang, fichier)| (fichier.en_tete.empreinte.as_str(), rang)).collect();
    let lus = flux
        .par_iter()
        .filter_map(|segment| Some((rangs.get(segment.meta.commun.empreinte.as_str()).copied()?, segment)))
        .map(|(rang, segment)| Ok(signaux(rang, &lignes_entrants(segment, ENTDED)?)))
        .collect::<Result<Vec<_>, ErreurDepot>>()?;
    Ok(lus.concat())
}
