//! The list of people behind the table: one line an entry of the cohort. Never a NIR.

use std::borrow::Borrow;
use std::fmt::Write;

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::entrees::suites::Delai;
use crate::indicateurs::{Ligne, Question, Tableau};
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::evenements::Orientation;
use crate::journal::lecture::{Designation, designations};
use crate::journal::segment::MetaFlux;
use crate::parcours::histoire::Histoire;
use crate::referentiel::{Flux, RdvPopulation};
use crate::systeme::est_une_formule;
use crate::temps::Jour;

/// The columns. They are only ever added at the end: other programs read this file.
pub const ENTETES: [&str; 25] = [
    "numdemrsa",
    "matricule",
    "caisse",
    "nom",
    "prenom",
    "date_naissance",
    "categorie",
    "t0",
    "mois_reference",
    "date_orientation",
    "organisme",
    "dispositif",
    "territoire",
    "delai_orientation",
    "oriente_1_mois",
    "date_premier_rdv",
    "delai_rdv",
    "rdv_2_semaines",
    "date_premier_cer",
    "delai_cer",
    "cer_2_mois",
    "limite_orientation",
    "limite_cer",
    "structure",
    "gad",
];

/// What is shown of the people of a table, by file and row.
pub type Noms = FxHashMap<(u32, u32), Designation>;

/// A cell of the detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cellule {
    /// Nothing to say.
    Vide,
    /// A text, as it was given.
    Texte(SmolStr),
    /// A day.
    Jour(Jour),
    /// A number, or a yes (1) and a no (0).
    Nombre(i64),
}

impl Cellule {
    /// The cell in a file that a spreadsheet opens: no text is run as a formula.
    #[must_use]
    pub fn en_texte(&self) -> String {
        let mut out = String::new();
        self.ecrire(&mut out);
        out
    }

    /// Adds the same to a text.
    fn ecrire(&self, out: &mut String) {
        // Writing in memory does not fail.
        _ = match self {
            Self::Vide => Ok(()),
            Self::Texte(texte) if est_une_formule(texte) => write!(out, "'{texte}"),
            Self::Texte(texte) => out.write_str(texte),
            Self::Jour(jour) => write!(out, "{jour}"),
            Self::Nombre(n) => write!(out, "{n}"),
        };
    }

    /// The cell as it is, for programs.
    #[must_use]
    pub fn brut(&self) -> String {
        match self {
            Self::Vide => String::new(),
            Self::Texte(texte) => texte.to_string(),
            Self::Jour(jour) => jour.to_string(),
            Self::Nombre(n) => n.to_string(),
        }
    }

    /// A text; nothing when it is empty.
    pub(super) fn texte(texte: &str) -> Self {
        if texte.is_empty() { Self::Vide } else { Self::Texte(texte.into()) }
    }

    /// A day, when there is one.
    pub(super) fn jour(jour: Option<Jour>) -> Self {
        jour.map_or(Self::Vide, Self::Jour)
    }

    /// A date as it was given: a day when it is one.
    pub(super) fn date(texte: &str) -> Self {
        texte.parse().map_or_else(|_| Self::texte(texte), |date: NaiveDate| Self::Jour(date.into()))
    }
}

/// A line of the detail.
pub type Cellules = [Cellule; ENTETES.len()];

/// The order of people in a list: a day, NUMDEMRSA, name. Their number settles what these leave equal.
pub(crate) fn ordre(jour: Jour, nom: &Designation, personne: u32) -> impl Ord {
    (jour, &nom.numdemrsa, &nom.nom, &nom.prenom, personne)
}

/// The entries of a table and their names, ordered by t0, NUMDEMRSA, name.
fn ordonnees<'a>(noms: &'a Noms, tableau: &'a Tableau<'a>) -> Vec<(&'a Ligne<'a>, &'a Designation)> {
    let mut lignes: Vec<(&Ligne<'_>, &Designation)> =
        tableau.lignes.iter().filter_map(|ligne| Some((ligne, noms.get(&ligne.entree.source)?))).collect();
    lignes.par_sort_by(|(a, na), (b, nb)| {
        (a.entree.t0, &na.numdemrsa, &na.nom, &na.prenom).cmp(&(b.entree.t0, &nb.numdemrsa, &nb.nom, &nb.prenom))
    });
    lignes
}

/// The lines of the detail, ordered by t0, NUMDEMRSA, name.
#[must_use]
pub fn lignes(histoire: &Histoire, question: &Question<'_>, noms: &Noms, tableau: &Tableau<'_>) -> Vec<Cellules> {
    lignes_avec(histoire, question, noms, tableau, |_, cellules| cellules)
}

/// The same, each turned into what is wanted of it, with the entry that it is about.
pub fn lignes_avec<T: Send>(
    histoire: &Histoire,
    question: &Question<'_>,
    noms: &Noms,
    tableau: &Tableau<'_>,
    faire: impl Fn(&Ligne<'_>, Cellules) -> T + Sync,
) -> Vec<T> {
    ordonnees(noms, tableau)
        .into_par_iter()
        .map(|(ligne, nom)| faire(ligne, cellules(histoire, question, ligne, nom)))
        .collect()
}

/// Lines that were made already, as CSV: the bytes of [`detail`].
#[must_use]
pub fn csv_des<'a>(lignes: impl Iterator<Item = &'a Cellules>) -> Vec<u8> {
    let mut out = entete();
    out.extend(rediger(lignes));
    out
}

/// What the file begins with.
fn entete() -> Vec<u8> {
    let mut out = b"\xEF\xBB\xBF".to_vec();
    out.extend(rediger(std::iter::once(ENTETES.map(Cellule::texte))));
    out
}

/// The detail as CSV: semicolons, a BOM, ordered by t0, NUMDEMRSA, name.
#[must_use]
pub fn detail(histoire: &Histoire, question: &Question<'_>, noms: &Noms, tableau: &Tableau<'_>) -> Vec<u8> {
    let mut out = entete();
    let blocs: Vec<Vec<u8>> = ordonnees(noms, tableau)
        .par_chunks(BLOC)
        .map(|bloc| rediger(bloc.iter().map(|(ligne, nom)| cellules(histoire, question, ligne, nom))))
        .collect();
    out.extend(blocs.concat());
    out
}

/// Lines written together.
pub(super) const BLOC: usize = 1024;

/// Lines as CSV. Writing in memory does not fail.
pub(super) fn rediger<const N: usize>(lignes: impl Iterator<Item = impl Borrow<[Cellule; N]>>) -> Vec<u8> {
    let (mut out, mut texte) = (Vec::new(), String::new());
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(&mut out);
    for ligne in lignes {
        let champs = ligne.borrow().iter().try_for_each(|cellule| {
            texte.clear();
            cellule.ecrire(&mut texte);
            writer.write_field(&texte)
        });
        if let Err(error) = champs.and_then(|()| writer.write_record(None::<&[u8]>)) {
            tracing::error!(%error, "ligne non écrite");
        }
    }
    drop(writer);
    out
}

/// The names at the source of each entry of some tables, read segment by segment. A table that is fit to
/// leave the department has none.
///
/// # Errors
/// A damaged segment.
pub fn noms(
    histoire: &Histoire,
    segments: &[Segment<MetaFlux>],
    tableaux: &[Tableau<'_>],
) -> Result<Noms, ErreurDepot> {
    let lignes = tableaux.iter().flat_map(|tableau| &tableau.lignes);
    noms_des(histoire, segments, lignes.map(|ligne| ligne.entree.source))
}

/// The names at some files and rows, read segment by segment.
///
/// # Errors
/// A damaged segment.
pub fn noms_des(
    histoire: &Histoire,
    segments: &[Segment<MetaFlux>],
    sources: impl Iterator<Item = (u32, u32)>,
) -> Result<Noms, ErreurDepot> {
    let mut par_fichier: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (fichier, rang) in sources {
        par_fichier.entry(fichier).or_default().push(rang);
    }
    let par_empreinte: FxHashMap<&str, &Segment<MetaFlux>> =
        segments.iter().map(|segment| (segment.meta.commun.empreinte.as_str(), segment)).collect();
    let lus = par_fichier
        .into_par_iter()
        .map(|(fichier, mut rangs)| {
            rangs.sort_unstable();
            rangs.dedup();
            let en_tete = &histoire.fichiers[fichier as usize].en_tete;
            let mut found = Vec::with_capacity(rangs.len());
            for (extrait, lignes) in en_tete.par_segment(&rangs) {
                let empreinte = extrait.map_or(&en_tete.empreinte, |rang| &en_tete.extraits[rang].empreinte);
                let Some(segment) = par_empreinte.get(empreinte.as_str()) else { return Ok(Vec::new()) };
                found.extend(designations(segment, &lignes)?);
            }
            Ok(rangs.into_iter().map(|rang| (fichier, rang)).zip(found).collect())
        })
        .collect::<Result<Vec<Vec<_>>, ErreurDepot>>()?;
    Ok(lus.into_iter().flatten().collect())
}

/// The line of an entry.
#[must_use]
pub fn cellules(histoire: &Histoire, question: &Question<'_>, ligne: &Ligne<'_>, nom: &Designation) -> Cellules {
    let Ligne { entree, suites } = ligne;
    let Question { periode, referentiel, .. } = question;
    let (texte, jour) = (Cellule::texte, Cellule::jour);
    let jours = |jours: Option<i64>| jours.map_or(Cellule::Vide, Cellule::Nombre);
    let vrai = |vrai: Option<bool>| jours(vrai.map(i64::from));
    // An outcome is shown when it counts, so that the filled cells are the figures of the table.
    let compte = |jour: Jour| referentiel.lectures.flux == Flux::Cohorte || periode.contient(jour);
    let o = suites.orientation.filter(|o| compte(o.date));
    let rdv = suites.premier_rdv.filter(|rdv| compte(rdv.fixe_le));
    let cer = suites.premier_cer.filter(|cer| compte(cer.date));
    let champ = |champ: fn(&Orientation) -> &str| o.map_or(Cellule::Vide, |o| texte(champ(o)));
    let orientation = Delai { fin: suites.delai_orientation.fin.filter(|_| o.is_some()), ..suites.delai_orientation };
    let delai_rdv = suites.delai_premier_rdv.map(|delai| Delai { fin: delai.fin.filter(|_| rdv.is_some()), ..delai });
    let delai_cer = suites.delai_premier_cer.map(|delai| Delai { fin: delai.fin.filter(|_| cer.is_some()), ..delai });
    let rdv_attendu = delai_rdv
        .filter(|_| referentiel.lectures.rdv_population == RdvPopulation::Orientes || suites.oriente_a_temps());
    let caisse = histoire.dossiers[entree.dossier as usize].caisse;
    [
        texte(&nom.numdemrsa),
        texte(&nom.matricule),
        texte(&histoire.caisses[usize::from(caisse)].nom),
        texte(&nom.nom),
        texte(&nom.prenom),
        Cellule::date(&nom.date_naissance),
        texte(entree.categorie.code()),
        jour(Some(entree.t0)),
        texte(&entree.mois.to_string()),
        jour(o.map(|o| o.date)),
        champ(|o| o.organisme),
        champ(|o| o.dispositif),
        champ(|o| &o.territoire),
        jours(orientation.jours()),
        vrai(Some(orientation.tenu())),
        jour(rdv.map(|rdv| rdv.date)),
        jours(delai_rdv.and_then(|delai| delai.jours())),
        vrai(rdv_attendu.map(|delai| delai.tenu())),
        jour(cer.map(|cer| cer.date)),
        jours(delai_cer.and_then(|delai| delai.jours())),
        vrai(delai_cer.map(|delai| delai.tenu())),
        jour(Some(orientation.limite)),
        jour(delai_cer.map(|delai| delai.limite)),
        champ(|o| &o.structure),
        vrai(Some(suites.gad.is_some())),
    ]
}
