//! From the segments of a warehouse to everything that was known on a day: the one place where the
//! journal is read for the computation.

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::identite::Matricule;
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::evenements::{EvenementsEnVigueur, matricules, rejouer};
use crate::journal::lecture::{
    ColonnesFlux, IdentiteLue, Porteur, blocs, colonnes_flux, existait, identites, porteurs,
};
use crate::journal::segment::{Ecarte, Extrait, MetaEvenements, MetaFlux};
use crate::parcours::histoire::{DossierDouble, EnTeteFichier, ExtraitLu, Histoire};
use crate::parcours::rangement::{Rangement, Repertoire};
use crate::releves::foyers::{Classe, Situation, est_un_transfert};
use crate::temps::Jour;

/// Rows read together: enough to share out, few enough for memory not to follow the years.
const PAQUET: usize = 256 * 1024;

/// Replays the journal: the flux given, and the events known on `connu_le` (all of them when `None`).
/// The order of the segments does not matter.
///
/// # Errors
/// A damaged segment.
pub fn histoire(
    flux: &[Segment<MetaFlux>],
    evenements: &[Segment<MetaEvenements>],
    connu_le: Option<NaiveDate>,
) -> Result<Histoire, ErreurDepot> {
    let fichiers = ordonner(flux, connu_le);
    let (rangement, evenements) = rayon::join(|| ranger(&fichiers), || rejouer(evenements, connu_le));
    let (mut rangement, evenements) = (rangement?, evenements?);
    chercher_les_matricules(&fichiers, &mut rangement, &evenements.matricules())?;
    Ok(rangement.finish(evenements))
}

/// Reads who stands under some MATRICULE: a column that nothing else reads, and only when some event
/// names its person by it.
fn chercher_les_matricules(
    fichiers: &[Fichier<'_>],
    rangement: &mut Rangement,
    cherches: &FxHashSet<Matricule>,
) -> Result<(), ErreurDepot> {
    if cherches.is_empty() {
        return Ok(());
    }
    let lus: Vec<_> = fichiers.par_iter().map(|fichier| fichier.porteurs(cherches)).collect::<Result<_, _>>()?;
    (0u32..).zip(lus).for_each(|(rang, lus)| rangement.porteurs(rang, lus));
    Ok(())
}

/// Files in the order of steps.
fn ordonner(flux: &[Segment<MetaFlux>], connu_le: Option<NaiveDate>) -> Vec<Fichier<'_>> {
    let mut ordonnes = reunir(flux, connu_le);
    ordonnes.sort_by(|a, b| a.en_tete.cle_ordre().cmp(&b.en_tete.cle_ordre()));
    ordonnes
}

/// The same, with the way back from a name or a NIR to a person.
///
/// # Errors
/// A damaged segment.
pub fn histoire_et_repertoire(
    flux: &[Segment<MetaFlux>],
    evenements: &[Segment<MetaEvenements>],
    connu_le: Option<NaiveDate>,
) -> Result<(Histoire, Repertoire), ErreurDepot> {
    let fichiers = ordonner(flux, connu_le);
    let (rangement, en_vigueur) = rayon::join(|| ranger(&fichiers), || rejouer(evenements, connu_le));
    let mut rangement = rangement?;
    // Versions that are no longer in force name people too.
    chercher_les_matricules(&fichiers, &mut rangement, &matricules(evenements)?)?;
    Ok(rangement.finish_with_repertoire(en_vigueur?))
}

/// The flux as they were known on a day, with events that were replayed apart: what the same people
/// would be with the events of another day.
///
/// # Errors
/// A damaged segment.
pub fn histoire_avec(
    flux: &[Segment<MetaFlux>],
    connu_le: Option<NaiveDate>,
    evenements: EvenementsEnVigueur,
) -> Result<(Histoire, Repertoire), ErreurDepot> {
    let fichiers = ordonner(flux, connu_le);
    let mut rangement = ranger(&fichiers)?;
    chercher_les_matricules(&fichiers, &mut rangement, &evenements.matricules())?;
    Ok(rangement.finish_with_repertoire(evenements))
}

/// A file: its segment, and the extracts that mend what was set aside of it.
struct Fichier<'a> {
    en_tete: EnTeteFichier,
    segment: &'a Segment<MetaFlux>,
    extraits: Vec<(&'a Ecarte, &'a Segment<MetaFlux>)>,
}

impl<'a> Fichier<'a> {
    fn new(segment: &'a Segment<MetaFlux>, mut extraits: Vec<(&'a Ecarte, &'a Segment<MetaFlux>)>) -> Self {
        extraits
            .sort_by_key(|(ecarte, _)| (ecarte.bloc, segment.meta.ecartes.iter().position(|autre| autre == *ecarte)));
        let mut en_tete = en_tete(&segment.meta);
        let mut debut = u32::try_from(segment.lignes()).unwrap_or(u32::MAX);
        for (ecarte, extrait) in &extraits {
            // Mended, it is no longer present but unread.
            if let Some(rang) = en_tete.non_lus.iter().position(|numdemrsa| *numdemrsa == ecarte.numdemrsa) {
                en_tete.non_lus.swap_remove(rang);
            }
            let commun = &extrait.meta.commun;
            en_tete.extraits.push(ExtraitLu {
                empreinte: commun.empreinte.clone(),
                debut,
                bloc: ecarte.bloc,
                recu_le: commun.recu_le.into(),
            });
            en_tete.temoins.extend_from_slice(&extrait.meta.temoins);
            debut = debut.saturating_add(u32::try_from(extrait.lignes()).unwrap_or(u32::MAX));
        }
        Self { en_tete, segment, extraits }
    }

    /// Rows, those of the extracts included.
    fn lignes(&self) -> usize {
        self.segment.lignes() + self.extraits.iter().map(|(_, extrait)| extrait.lignes()).sum::<usize>()
    }

    fn colonnes(&self) -> Result<ColonnesFlux, ErreurDepot> {
        let mut lues = colonnes_flux(self.segment)?;
        if self.extraits.is_empty() {
            return Ok(lues);
        }
        lues.places = blocs(self.segment)?.into_iter().map(|bloc| (bloc, 0)).collect();
        for (rang, (ecarte, extrait)) in (1u32..).zip(&self.extraits) {
            let suite = colonnes_flux(extrait)?;
            lues.places.extend(suite.identite.iter().map(|_| (ecarte.bloc, rang)));
            lues.suivre(suite);
        }
        Ok(lues)
    }

    /// Who stands under some MATRICULE, with the row of each among those of the file and its extracts.
    fn porteurs(&self, cherches: &FxHashSet<Matricule>) -> Result<Vec<(u32, Porteur)>, ErreurDepot> {
        let mut lus = porteurs(self.segment, cherches)?;
        for ((_, extrait), ExtraitLu { debut, .. }) in self.extraits.iter().zip(&self.en_tete.extraits) {
            lus.extend(porteurs(extrait, cherches)?.into_iter().map(|(ligne, lu)| (debut.saturating_add(ligne), lu)));
        }
        Ok(lus)
    }

    /// Who some rows are about; `lignes` is increasing.
    fn identites(&self, lignes: &[u32]) -> Result<Vec<IdentiteLue>, ErreurDepot> {
        let mut lues = Vec::with_capacity(lignes.len());
        for (segment, lignes) in self.en_tete.par_segment(lignes) {
            let segment = match segment {
                None => self.segment,
                Some(rang) => self.extraits[rang].1,
            };
            lues.extend(identites(segment, &lignes)?);
        }
        Ok(lues)
    }
}

/// Each file with the extracts that mend it and that were known on `connu_le`. An extract whose file
/// is not there has no place.
fn reunir(flux: &[Segment<MetaFlux>], connu_le: Option<NaiveDate>) -> Vec<Fichier<'_>> {
    let mut par_original: FxHashMap<&str, Vec<(&Extrait, &Segment<MetaFlux>)>> = FxHashMap::default();
    for segment in flux {
        if let Some(extrait) =
            segment.meta.commun.extrait.as_ref().filter(|extrait| existait(extrait.repris_le, connu_le))
        {
            par_original.entry(&extrait.original).or_default().push((extrait, segment));
        }
    }
    let originaux = flux.iter().filter(|segment| segment.meta.commun.extrait.is_none());
    originaux
        .map(|segment| {
            let extraits = par_original.get(segment.meta.commun.empreinte.as_str());
            // Of several extracts that mend one reject, the last counts.
            let dernier = |ecarte: &&'_ Ecarte| {
                let memes =
                    extraits.into_iter().flatten().filter(|(extrait, _)| extrait.rejets.contains(&ecarte.rejet));
                memes.max_by_key(|(extrait, segment)| (extrait.version, &segment.meta.commun.empreinte))
            };
            let ecartes = segment.meta.ecartes.iter().filter(|_| extraits.is_some());
            let repris = ecartes.filter_map(|ecarte| Some((ecarte, dernier(&ecarte)?.1))).collect();
            Fichier::new(segment, repris)
        })
        .collect()
}

/// Files are read a few at a time, in the order of steps: what all of their rows say, then who is
/// behind the few rows that show somebody for the first time. While some are arranged, the next ones
/// are read.
fn ranger(ordonnes: &[Fichier<'_>]) -> Result<Rangement, ErreurDepot> {
    let en_tetes: Vec<EnTeteFichier> = ordonnes.iter().map(|fichier| fichier.en_tete.clone()).collect();
    let mut rangement = Rangement::new(&en_tetes);
    let mut paquets = paquets(ordonnes);
    let (mut rang, mut lues) = (0u32, paquets.next().map(lire).transpose()?);
    while let Some((paquet, colonnes)) = lues {
        let (range, suivantes) = rayon::join(
            || ranger_un_paquet(&mut rangement, rang, paquet, &colonnes),
            || paquets.next().map(lire).transpose(),
        );
        range?;
        rang = rang.saturating_add(u32::try_from(paquet.len()).unwrap_or(u32::MAX));
        lues = suivantes?;
    }
    Ok(rangement)
}

/// Some files and what their rows say.
type Lues<'a, 'b> = (&'b [Fichier<'a>], Vec<ColonnesFlux>);

fn lire<'a, 'b>(paquet: &'b [Fichier<'a>]) -> Result<Lues<'a, 'b>, ErreurDepot> {
    Ok((paquet, paquet.par_iter().map(Fichier::colonnes).collect::<Result<_, _>>()?))
}

fn ranger_un_paquet(
    rangement: &mut Rangement,
    premier: u32,
    paquet: &[Fichier<'_>],
    lues: &[ColonnesFlux],
) -> Result<(), ErreurDepot> {
    let nouvelles: Vec<Vec<u32>> = (premier..).zip(lues).map(|(rang, lues)| rangement.releves(rang, lues)).collect();
    let identites = paquet
        .par_iter()
        .zip(&nouvelles)
        .map(|(fichier, lignes)| fichier.identites(lignes))
        .collect::<Result<Vec<_>, _>>()?;
    for ((rang, colonnes), identites) in (premier..).zip(lues).zip(&identites) {
        rangement.identites(rang, identites, &colonnes.places);
    }
    Ok(())
}

/// The files in groups that are read together, of at least one.
fn paquets<'a, 'b>(mut fichiers: &'b [Fichier<'a>]) -> impl Iterator<Item = &'b [Fichier<'a>]> {
    std::iter::from_fn(move || {
        let mut lignes = 0;
        let assez = fichiers.iter().position(|fichier| {
            lignes += fichier.lignes();
            lignes >= PAQUET
        });
        let (paquet, suite) = fichiers.split_at(assez.map_or(fichiers.len(), |dernier| dernier + 1));
        fichiers = suite;
        (!paquet.is_empty()).then_some(paquet)
    })
}

fn en_tete(meta: &MetaFlux) -> EnTeteFichier {
    EnTeteFichier {
        nom: meta.commun.nom.clone(),
        empreinte: meta.commun.empreinte.clone(),
        caisse: meta.caisse.clone(),
        mensuel: meta.mensuel,
        dtref: meta.dtref.into(),
        cree_le: meta.cree_le,
        recu_le: meta.commun.recu_le.into(),
        non_lus: meta.non_lus.clone(),
        doubles: meta.doubles.iter().map(double).collect(),
        extraits: Vec::new(),
        temoins: meta.temoins.clone(),
    }
}

fn double(situation: &Situation) -> DossierDouble {
    DossierDouble {
        numdemrsa: situation.numdemrsa.clone(),
        classe: Classe::de(situation.etat),
        suspension: situation.suspension.map(Jour::from),
        dtdemrsa: situation.dtdemrsa.map(Jour::from),
        transfert: est_un_transfert(&situation.motif_cloture),
    }
}
