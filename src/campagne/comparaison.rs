//! Why a figure moved from one folder to another, person by person.
//!
//! The figures of the first folder become those of the second one difference at a time, always in
//! this order: the period, the rules, the events, the flux. Whoever moves at a stage moves because of
//! it; among the events and the flux, what changed about that very person says how.
//!
//! ```text
//! A ─▶ period of B ─▶ rules of B ─▶ events of B ─▶ flux of B = B
//! ```

pub mod causes;
pub mod comptes;
pub mod ecrit;
pub mod sans_journal;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use self::causes::{Evenements, Flux, Personnes, Savoir};
use self::comptes::{Compte, comptes};
use super::dossier::{Etat, Preparation, etat};
use super::sceau::{Sceau, SegmentScelle, lu, retenir};
use super::{Ecart, ErreurDossier, Question as Demande, chiffres, ecarts};
use crate::indicateurs::catalogue::CATALOGUE;
use crate::indicateurs::{Question, calculer};
use crate::journal::depot::Depot;
use crate::journal::evenements::rejouer;
use crate::journal::lecture::Designation;
use crate::parcours::histoire::Histoire;
use crate::rapport::detail::{Noms, noms_des};
use crate::referentiel::Referentiel;
use crate::rejeu::histoire_avec;
use crate::temps::{Jour, Mois};

/// Why somebody moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The two folders are about other days.
    Periode,
    /// The référentiel or a reading is another.
    Regle,
    /// An event was corrected.
    EvenementCorrige,
    /// An event was withdrawn.
    EvenementRetire,
    /// An event that was not known.
    NouvelEvenement,
    /// A foyer or a line that had been set aside was mended.
    RejetRepris,
    /// Somebody was told apart, or recognised as the same.
    Identite,
    /// A flux that was not known.
    FluxTardif,
    /// Something that only the first folder knew.
    ConnuDuPremier,
    /// Pôle emploi's report, which is the official figure.
    PoleEmploi,
    /// The warehouse was not at hand.
    Inconnue,
}

impl Cause {
    /// Its name in the outputs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Periode => "periode",
            Self::Regle => "regle_changee",
            Self::EvenementCorrige => "evenement_corrige",
            Self::EvenementRetire => "evenement_retire",
            Self::NouvelEvenement => "nouvel_evenement",
            Self::RejetRepris => "rejet_repris",
            Self::Identite => "identite_resolue",
            Self::FluxTardif => "flux_tardif",
            Self::ConnuDuPremier => "connu_du_premier_seulement",
            Self::PoleEmploi => "chiffre_pole_emploi",
            Self::Inconnue => "inconnue",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Periode => "autre période",
            Self::Regle => "règle changée",
            Self::EvenementCorrige => "événement corrigé",
            Self::EvenementRetire => "événement retiré",
            Self::NouvelEvenement => "nouvel événement",
            Self::RejetRepris => "rejet repris",
            Self::Identite => "identité résolue",
            Self::FluxTardif => "flux arrivé depuis",
            Self::ConnuDuPremier => "connu du premier dossier seulement",
            Self::PoleEmploi => "chiffre transmis par Pôle emploi",
            Self::Inconnue => "cause inconnue (sans l'entrepôt)",
        }
    }
}

/// Somebody who made a figure move.
#[derive(Clone, Debug, PartialEq)]
pub struct Mouvement {
    /// The figure.
    pub indicateur: &'static str,
    /// Why.
    pub cause: Cause,
    /// What is known of the cause: readings, events, files.
    pub precision: String,
    /// The person; nobody for Pôle emploi's report.
    pub personne: Designation,
    /// Caisse of the dossier.
    pub caisse: String,
    /// Reference month of the entry; `None` for a figure that is not about entries.
    pub mois: Option<String>,
    /// How many times the person counted, or what they weighed in a mean.
    pub avant: String,
    /// The same, after.
    pub apres: String,
    /// What the figure gains or loses by it; `None` for a mean.
    pub ecart: Option<i64>,
}

/// What a comparison says.
#[derive(Clone, Debug)]
pub struct Comparaison {
    /// What the folders were asked for.
    pub demandes: [Demande; 2],
    /// The figures that moved.
    pub ecarts: Vec<Ecart>,
    /// The people who made them move, by figure, cause and dossier.
    pub mouvements: Vec<Mouvement>,
    /// Figures whose move is not the sum of those of the people, with what is left.
    pub restes: Vec<(&'static str, f64)>,
    /// Whether each folder shows figures that the journal no longer gives: people were removed since,
    /// or the program counts otherwise.
    pub perimes: [bool; 2],
}

/// One of the two folders.
#[derive(Clone, Debug)]
pub struct Cote {
    demande: Demande,
    /// The figures that the folder shows.
    chiffres: Map<String, Value>,
    cle: String,
    segments: Vec<SegmentScelle>,
}

impl Cote {
    /// Reads a folder, prepared or sealed.
    ///
    /// # Errors
    /// A folder that is neither.
    pub fn lire(dossier: &Path) -> Result<Self, ErreurDossier> {
        match etat(dossier)? {
            Etat::Prepare(preparation) => {
                let Preparation { question: demande, chiffres, cle, segments, .. } = *preparation;
                Ok(Self { demande, chiffres, cle, segments })
            }
            Etat::Scelle => {
                let Sceau { question: demande, chiffres, cle, segments, .. } = lu(dossier)?;
                Ok(Self { demande, chiffres, cle, segments })
            }
            Etat::Libre | Etat::Autre(_) => Err(ErreurDossier::Refus(format!(
                "{} n'est pas le dossier d'une remise. Donnez deux dossiers faits par « jalon campagne preparer »",
                dossier.display()
            ))),
        }
    }

    /// The segments that the folder was made from.
    fn savoir(&self, depot: &Depot) -> Result<Savoir, ErreurDossier> {
        if self.cle != depot.cle().fingerprint() {
            return Err(ErreurDossier::Refus(
                "l'entrepôt n'est pas celui des dossiers : sa clé est une autre. Indiquez le bon avec --entrepot"
                    .to_owned(),
            ));
        }
        let (retenus, manquants) = retenir(&self.segments, &depot.segments()?);
        match manquants.first() {
            None => Ok(Savoir::new(retenus, self.demande.connu_le)),
            Some(premier) => Err(ErreurDossier::Refus(format!(
                "{} segment(s) dont vient le dossier manquent dans l'entrepôt, comme {}. Ingérez à nouveau ces fichiers",
                manquants.len(),
                premier.nom
            ))),
        }
    }
}

/// A stage on the way from one folder to the other: what counts in what, in which history.
struct Etape {
    /// 0 for the people of the first folder, 1 for those of the second.
    cote: usize,
    comptes: Vec<Compte>,
}

/// Compares two folders from the journal.
///
/// # Errors
/// A damaged segment, a référentiel that this program does not know.
pub fn comparer(depot: &Depot, a: &Cote, b: &Cote) -> Result<Comparaison, ErreurDossier> {
    let (savoir_a, savoir_b) = (a.savoir(depot)?, b.savoir(depot)?);
    let (regles_a, regles_b) = (a.demande.regles()?, b.demande.regles()?);
    let evenements_a = rejouer(&savoir_a.evenements, Some(a.demande.connu_le))?;
    let evenements_b = rejouer(&savoir_b.evenements, Some(b.demande.connu_le))?;
    let (h_a, qui_a) = histoire_avec(&savoir_a.flux, Some(a.demande.connu_le), evenements_a.clone())?;
    let (h_ab, _) = histoire_avec(&savoir_a.flux, Some(a.demande.connu_le), evenements_b.clone())?;
    let (h_b, qui_b) = histoire_avec(&savoir_b.flux, Some(b.demande.connu_le), evenements_b.clone())?;
    let etape = |histoire, cote, periode: &Demande, regles: &Referentiel, connu: &Demande| Etape {
        cote,
        comptes: comptes(histoire, &question(periode, regles, connu)),
    };
    let etapes = [
        etape(&h_a, 0, &a.demande, &regles_a, &a.demande),
        etape(&h_a, 0, &b.demande, &regles_a, &a.demande),
        etape(&h_a, 0, &b.demande, &regles_b, &a.demande),
        etape(&h_ab, 0, &b.demande, &regles_b, &b.demande),
        etape(&h_b, 1, &b.demande, &regles_b, &b.demande),
    ];
    let personnes = Personnes::new([(&h_a, &qui_a), (&h_b, &qui_b)]);
    let differences = Evenements::new(&evenements_a, &evenements_b, &savoir_a, &savoir_b, (&personnes, &qui_a));
    let flux = Flux::new([&savoir_a, &savoir_b], [&h_a, &h_b], &personnes);
    let rattachees = personnes.rattachees_autrement(&evenements_b, &qui_a, &qui_b);
    // Computed again: those of a folder meant to leave the department are hidden.
    let chiffres_a = chiffres(&calculer(&h_a, &question(&a.demande, &regles_a, &a.demande)));
    let chiffres_b = chiffres(&calculer(&h_b, &question(&b.demande, &regles_b, &b.demande)));
    let pole_emploi = officiels([&chiffres_a, &chiffres_b]);
    let regles = regles_changees(&a.demande, &b.demande);

    let mut bruts: Vec<Brut> = Vec::new();
    for (rang, paire) in etapes.windows(2).enumerate() {
        for mut brut in mouvements(&paire[0], &paire[1], &personnes) {
            if pole_emploi.contains(brut.indicateur) {
                continue;
            }
            (brut.cause, brut.precision) = match rang {
                0 => (Cause::Periode, String::new()),
                1 => (Cause::Regle, regles.clone()),
                2 => differences.cause(brut.classe, brut.indicateur),
                _ => flux.cause(brut.classe, rattachees.contains(&brut.classe)),
            };
            bruts.push(brut);
        }
    }
    let noms = noms([(&h_a, &savoir_a), (&h_b, &savoir_b)], &bruts)?;
    let perimes = [ecarts(&a.chiffres, &chiffres_a), ecarts(&b.chiffres, &chiffres_b)].map(|e| !e.is_empty());
    let ecarts = deplaces(&chiffres_a, &chiffres_b);
    let mut mouvements: Vec<Mouvement> = bruts.iter().map(|brut| brut.nommer(&noms, [&h_a, &h_b])).collect();
    mouvements.extend(ecarts.iter().filter_map(|ecart| mouvement_pole_emploi(&pole_emploi, ecart)));
    let restes = restes(&ecarts, &mouvements);
    let mut comparaison =
        Comparaison { demandes: [a.demande.clone(), b.demande.clone()], ecarts, mouvements, restes, perimes };
    comparaison.ordonner();
    Ok(comparaison)
}

/// What is asked at a stage.
fn question<'a>(periode: &Demande, regles: &'a Referentiel, connu: &Demande) -> Question<'a> {
    Question { periode: periode.periode.into(), connu_le: Some(Jour::from(connu.connu_le)), referentiel: regles }
}

impl Comparaison {
    fn ordonner(&mut self) {
        self.mouvements.sort_by(|a, b| {
            let cle = |m: &Mouvement| {
                let p = &m.personne;
                (m.indicateur, m.cause, p.numdemrsa.clone(), p.nom.clone(), p.prenom.clone(), m.mois.clone())
            };
            cle(a).cmp(&cle(b))
        });
    }
}

/// The figures of the table that moved.
fn deplaces(avant: &Map<String, Value>, apres: &Map<String, Value>) -> Vec<Ecart> {
    let mut ecarts = ecarts(avant, apres);
    ecarts.retain(|ecart| CATALOGUE.iter().any(|definition| definition.id == ecart.nom));
    ecarts
}

/// The figures that are Pôle emploi's in one folder at least.
fn officiels(chiffres: [&Map<String, Value>; 2]) -> BTreeSet<&'static str> {
    let ids = CATALOGUE.iter().map(|definition| definition.id);
    ids.filter(|id| chiffres.iter().any(|c| c.contains_key(&format!("{id} valeur_calculee")))).collect()
}

fn mouvement_pole_emploi(officiels: &BTreeSet<&'static str>, ecart: &Ecart) -> Option<Mouvement> {
    let indicateur = officiels.get(ecart.nom.as_str())?;
    let entier = |valeur: &Value| valeur.as_i64();
    Some(Mouvement {
        indicateur,
        cause: Cause::PoleEmploi,
        precision: String::new(),
        personne: Designation::default(),
        caisse: String::new(),
        mois: None,
        avant: super::montrer(&ecart.avant),
        apres: super::montrer(&ecart.apres),
        ecart: entier(&ecart.apres).zip(entier(&ecart.avant)).map(|(apres, avant)| apres - avant),
    })
}

/// The rules that are not the same in both folders.
fn regles_changees(a: &Demande, b: &Demande) -> String {
    let mut out: Vec<String> = a
        .lectures
        .iter()
        .filter_map(|(cle, avant)| Some((cle, avant, b.lectures.get(cle).filter(|apres| *apres != avant)?)))
        .map(|(cle, avant, apres)| format!("{cle} : {avant}, puis {apres}"))
        .collect();
    if a.referentiel != b.referentiel {
        out.push("autre référentiel".to_owned());
    }
    out.join(" ; ")
}

/// What is left of a count once everybody's move is taken off. A mean has no such sum.
fn restes(ecarts: &[Ecart], mouvements: &[Mouvement]) -> Vec<(&'static str, f64)> {
    let mut out = Vec::new();
    for definition in CATALOGUE.iter().filter(|definition| !["3.2.5", "3.2.6"].contains(&definition.id)) {
        let ecart = ecarts.iter().find(|ecart| ecart.nom == definition.id);
        let nombre = |valeur: &Value| valeur.as_f64().unwrap_or(0.0);
        let deplace = ecart.map_or(0.0, |ecart| nombre(&ecart.apres) - nombre(&ecart.avant));
        let siens = mouvements.iter().filter(|mouvement| mouvement.indicateur == definition.id);
        #[expect(clippy::cast_precision_loss, reason = "a count of people")]
        let sommes = siens.filter_map(|mouvement| mouvement.ecart).sum::<i64>() as f64;
        if (deplace - sommes).abs() > f64::EPSILON {
            out.push((definition.id, deplace - sommes));
        }
    }
    out
}

/// Somebody who moved at a stage, before their name is read.
struct Brut {
    indicateur: &'static str,
    classe: u32,
    mois: Option<Mois>,
    avant: String,
    apres: String,
    ecart: Option<i64>,
    /// In whose history the row below stands.
    cote: usize,
    source: (u32, u32),
    dossier: u32,
    cause: Cause,
    precision: String,
}

impl Brut {
    fn nommer(&self, noms: &[Noms; 2], histoires: [&Histoire; 2]) -> Mouvement {
        let histoire = histoires[self.cote];
        let caisse = histoire.dossiers.get(self.dossier as usize).map(|dossier| usize::from(dossier.caisse));
        Mouvement {
            indicateur: self.indicateur,
            cause: self.cause,
            precision: self.precision.clone(),
            personne: noms[self.cote].get(&self.source).cloned().unwrap_or_default(),
            caisse: caisse.and_then(|rang| histoire.caisses.get(rang)).map(|c| c.nom.clone()).unwrap_or_default(),
            mois: self.mois.map(|mois| mois.to_string()),
            avant: self.avant.clone(),
            apres: self.apres.clone(),
            ecart: self.ecart,
        }
    }
}

fn noms(cotes: [(&Histoire, &Savoir); 2], bruts: &[Brut]) -> Result<[Noms; 2], ErreurDossier> {
    let lire = |cote: usize| {
        let (histoire, savoir) = cotes[cote];
        let sources = bruts.iter().filter(|brut| brut.cote == cote).map(|brut| brut.source);
        noms_des(histoire, &savoir.flux, sources)
    };
    Ok([lire(0)?, lire(1)?])
}

/// Who moves from one stage to the next.
fn mouvements(avant: &Etape, apres: &Etape, personnes: &Personnes) -> Vec<Brut> {
    type Cle = (&'static str, u32, Option<Mois>);
    let ranger = |etape: &Etape| {
        let mut out: BTreeMap<Cle, Vec<Compte>> = BTreeMap::new();
        for compte in &etape.comptes {
            let classe = personnes.classe(etape.cote, compte.personne);
            out.entry((compte.indicateur, classe, compte.mois)).or_default().push(compte.clone());
        }
        out
    };
    let (mut avant_par, mut apres_par) = (ranger(avant), ranger(apres));
    let cles: BTreeSet<Cle> = avant_par.keys().chain(apres_par.keys()).copied().collect();
    let mut out = Vec::new();
    for cle @ (indicateur, classe, mois) in cles {
        let (avants, apress) = (avant_par.remove(&cle).unwrap_or_default(), apres_par.remove(&cle).unwrap_or_default());
        let poids = |comptes: &[Compte]| {
            let mut poids: Vec<&str> = comptes.iter().map(|compte| compte.poids.as_str()).collect();
            poids.sort_unstable();
            poids.join(", ")
        };
        let (poids_avant, poids_apres) = (poids(&avants), poids(&apress));
        if poids_avant == poids_apres {
            continue;
        }
        let moyenne = comptes::est_une_moyenne(indicateur);
        let dire = |comptes: &[Compte], poids: &str| {
            if moyenne { poids.to_owned() } else { comptes.len().to_string() }
        };
        let nombre = |comptes: &[Compte]| i64::try_from(comptes.len()).unwrap_or(i64::MAX);
        // As they stand after the move; as they stood when they are gone.
        let vus =
            apress.first().map(|compte| (apres.cote, compte)).or(avants.first().map(|compte| (avant.cote, compte)));
        let Some((cote, vu)) = vus else { continue };
        out.push(Brut {
            indicateur,
            classe,
            mois,
            avant: dire(&avants, &poids_avant),
            apres: dire(&apress, &poids_apres),
            ecart: (!moyenne).then(|| nombre(&apress) - nombre(&avants)),
            cote,
            source: vu.source,
            dossier: vu.dossier,
            cause: Cause::Inconnue,
            precision: String::new(),
        });
    }
    out
}
