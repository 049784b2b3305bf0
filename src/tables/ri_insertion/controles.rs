//! What is counted again before anything leaves. A check that fails is a fault of ours, or a
//! contradiction in what was read: nothing is written. What is only worth knowing is counted and said.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::periodes::Periode;
use super::{Donnees, Droit};
use crate::identite::folded;
use crate::parcours::histoire::Classe;
use crate::releves::foyers::parse_date;
use crate::temps::Jour;

/// A check: what was found must be what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Controle {
    /// Its name for programs.
    pub code: &'static str,
    /// What is checked.
    pub libelle: &'static str,
    /// What was expected.
    pub attendu: u64,
    /// What was found.
    pub trouve: u64,
}

impl Controle {
    /// Whether it holds.
    #[must_use]
    pub fn conforme(&self) -> bool {
        self.attendu == self.trouve
    }
}

/// Something worth knowing, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signalement {
    /// Its name for programs.
    pub code: &'static str,
    /// What it is about.
    pub libelle: String,
    /// How many.
    pub nombre: u64,
}

/// Every check.
#[must_use]
pub fn controles(donnees: &Donnees) -> Vec<Controle> {
    let du_droit = || donnees.droit.iter().map(|d| (d.personne, d.periode.debut, d.periode.fin));
    let des_soumissions = || donnees.soumissions.iter().map(|s| (s.personne, s.periode.debut, s.periode.fin));
    let des_orientations = || donnees.orientations.iter().map(|o| (o.personne, o.debut, o.fin));
    let desordres = desordres(du_droit()) + desordres(des_soumissions()) + desordres(des_orientations());
    let toutes = du_droit().chain(des_soumissions()).chain(des_orientations());
    let annee = donnees.demande.annee;
    let hors = toutes.filter(|(_, debut, fin)| *debut > annee.au || fin.is_some_and(|fin| fin < annee.du)).count();
    let au_rsa = donnees.droit.iter().filter(|droit| droit.classe.brsa());
    let beneficiaires: FxHashSet<u32> = au_rsa.clone().map(|droit| droit.personne).collect();
    let sans_droit = donnees.personnes.iter().filter(|p| !beneficiaires.contains(&p.personne)).count();
    let (orientations, contrats) = donnees.en_vigueur;
    let aucun = |code, libelle, trouve| Controle { code, libelle, attendu: 0, trouve };
    let egal = |code, libelle, attendu, trouve| Controle { code, libelle, attendu, trouve };
    vec![
        aucun(
            "periodes_disjointes",
            "Périodes d'une personne dans le désordre, à l'envers, ou qui se chevauchent (droit, droits et devoirs, orientations)",
            desordres,
        ),
        aucun("periodes_de_l_annee", "Périodes sans aucun jour dans l'année", hors as u64),
        aucun(
            "soumises_sans_droit",
            "Périodes de droits et devoirs dont un jour au moins est hors d'un droit versable",
            soumises_sans_droit(donnees),
        ),
        aucun(
            "lignes_sans_personne",
            "Lignes d'une personne qui n'est pas dans personnes.csv",
            lignes_sans_personne(donnees),
        ),
        aucun("personnes_en_double", "Personnes données plus d'une fois", en_double(donnees)),
        aucun(
            "personnes_sans_droit",
            "Personnes sans aucun jour de droit versable ou suspendu dans l'année",
            sans_droit as u64,
        ),
        egal(
            "beneficiaires_au_31_decembre",
            "Personnes au droit versable ou suspendu le 31 décembre, comme les comptent les tables de jalon",
            donnees.fin_d_annee.beneficiaires,
            au_rsa.filter(|droit| droit.periode.fin.is_none()).count() as u64,
        ),
        egal(
            "soumises_au_31_decembre",
            "Personnes soumises aux droits et devoirs le 31 décembre, comme les comptent les tables de jalon",
            donnees.fin_d_annee.soumises,
            donnees.soumissions.iter().filter(|soumission| soumission.periode.fin.is_none()).count() as u64,
        ),
        egal(
            "orientations_toutes_comptees",
            "Orientations en vigueur : écrites, ou comptées avec la raison de leur absence",
            orientations,
            donnees.tri_orientations.total(),
        ),
        egal(
            "orientations_ecrites",
            "Lignes d'orientations.csv",
            donnees.tri_orientations.ecrits,
            donnees.orientations.len() as u64,
        ),
        egal(
            "contrats_tous_comptes",
            "Contrats en vigueur : écrits, ou comptés avec la raison de leur absence",
            contrats,
            donnees.tri_contrats.total(),
        ),
        egal("contrats_ecrits", "Lignes de contrats.csv", donnees.tri_contrats.ecrits, donnees.contrats.len() as u64),
    ]
}

/// Spells that do not follow the one before: of somebody who came earlier, turned around, or that begin
/// before the one before ended.
fn desordres(periodes: impl Iterator<Item = (u32, Jour, Option<Jour>)>) -> u64 {
    let mut avant: Option<(u32, Option<Jour>)> = None;
    let mut out = 0;
    for (personne, debut, fin) in periodes {
        let suit = match avant {
            None => true,
            Some((autre, _)) if autre != personne => autre < personne,
            Some((_, fin_avant)) => fin_avant.is_some_and(|fin_avant| fin_avant < debut),
        };
        if !suit || fin.is_some_and(|fin| fin < debut) {
            out += 1;
        }
        avant = Some((personne, fin));
    }
    out
}

/// Spells of being soumise that the spells of a right that is versable do not cover, day for day.
fn soumises_sans_droit(donnees: &Donnees) -> u64 {
    let mut versables: FxHashMap<u32, Vec<Periode>> = FxHashMap::default();
    for Droit { personne, periode, .. } in donnees.droit.iter().filter(|droit| droit.classe == Classe::Versable) {
        versables.entry(*personne).or_default().push(*periode);
    }
    let jour = |fin: Option<Jour>| fin.unwrap_or(Jour::MAX);
    let hors = |soumission: &&super::Soumission| {
        let mut reste = soumission.periode.debut;
        for versable in versables.get(&soumission.personne).into_iter().flatten() {
            if versable.debut <= reste && reste <= jour(versable.fin) {
                match versable.fin {
                    None => return false,
                    Some(fin) => reste = fin.plus_jours(1),
                }
            }
        }
        reste <= jour(soumission.periode.fin)
    };
    donnees.soumissions.iter().filter(hors).count() as u64
}

fn lignes_sans_personne(donnees: &Donnees) -> u64 {
    let connues: FxHashSet<u32> = donnees.personnes.iter().map(|personne| personne.personne).collect();
    let du_droit = donnees.droit.iter().map(|droit| droit.personne);
    let lignes = du_droit
        .chain(donnees.soumissions.iter().map(|soumission| soumission.personne))
        .chain(donnees.orientations.iter().map(|orientation| orientation.personne))
        .chain(donnees.contrats.iter().map(|contrat| contrat.personne));
    lignes.filter(|personne| !connues.contains(personne)).count() as u64
}

fn en_double(donnees: &Donnees) -> u64 {
    let distinctes: FxHashSet<u32> = donnees.personnes.iter().map(|personne| personne.personne).collect();
    (donnees.personnes.len() - distinctes.len()) as u64
}

/// What is worth knowing before the files are given: nothing of it stops them.
#[must_use]
pub fn signalements(donnees: &Donnees) -> Vec<Signalement> {
    let mut out = Vec::new();
    let mut dire = |code, libelle: String, nombre: usize| {
        out.push(Signalement { code, libelle, nombre: nombre as u64 });
    };
    let sans = |quoi: fn(&super::Personne) -> bool| donnees.personnes.iter().filter(|p| quoi(p)).count();
    dire(
        "sans_nom",
        "Personnes sans nom, ni nom de naissance".to_owned(),
        sans(|p| p.identite.nom.trim().is_empty() && p.identite.nom_naissance.trim().is_empty()),
    );
    dire("sans_prenom", "Personnes sans prénom".to_owned(), sans(|p| p.identite.prenom.trim().is_empty()));
    dire(
        "date_naissance_incomplete",
        "Personnes sans date de naissance, ou dont la date n'existe pas au calendrier".to_owned(),
        sans(|p| parse_date(&p.identite.date_naissance).is_none()),
    );
    dire("sans_nir", "Personnes dont aucun flux n'a donné un NIR utilisable".to_owned(), sans(|p| !p.nir_connu));
    dire(
        "homonymes",
        "Personnes que nom, prénom et date de naissance ne distinguent pas d'une autre".to_owned(),
        homonymes(donnees),
    );
    let debuts_inconnus = donnees.droit.iter().filter(|droit| droit.classe.brsa() && !droit.periode.debut_connu);
    dire("debut_inconnu", "Périodes de droit déjà en cours au début du journal".to_owned(), debuts_inconnus.count());
    let sans_fin = donnees.contrats.iter().filter(|contrat| contrat.fin.is_none());
    dire("contrats_sans_fin", "Contrats sans date de fin".to_owned(), sans_fin.count());
    let a_l_envers = donnees.contrats.iter().filter(|c| c.fin.is_some_and(|fin| fin < c.signe_le));
    dire(
        "contrats_a_l_envers",
        "Contrats dont la fin est avant la signature, laissés tels quels".to_owned(),
        a_l_envers.count(),
    );
    for (genre, raison, nombre) in &donnees.en_attente {
        let code = "evenements_en_attente";
        out.push(Signalement { code, libelle: format!("{genre} en attente : {raison}"), nombre: *nombre });
    }
    out
}

/// What weakens the year: a caisse that is not seen from its first day to its last one.
#[must_use]
pub fn reserves(donnees: &Donnees) -> Vec<String> {
    let annee = donnees.demande.annee;
    let veille = annee.du.plus_jours(-1);
    let mut out = Vec::new();
    for caisse in &donnees.caisses {
        let nom = &caisse.nom;
        match caisse.premier_stock {
            None => out.push(format!("{nom} n'a donné aucun flux mensuel : qui n'a pas changé n'y est pas vu")),
            Some(base) if base > veille => {
                out.push(format!("le premier stock de {nom} est du {base} : ce qui précède n'est pas connu"));
            }
            Some(_) => {}
        }
        match caisse.dernier_flux {
            Some(dernier) if dernier < annee.au => out.push(format!(
                "le dernier flux de {nom} pour l'année est du {dernier} : les situations du 31 décembre sont celles de ce jour-là"
            )),
            Some(_) => {}
            None => out.push(format!("{nom} n'a donné aucun flux jusqu'au 31 décembre")),
        }
    }
    out.extend(donnees.purges.clone());
    out
}

fn homonymes(donnees: &Donnees) -> usize {
    let mut comptes: BTreeMap<_, usize> = BTreeMap::new();
    for personne in &donnees.personnes {
        let qui = &personne.identite;
        let nom = if qui.nom_naissance.is_empty() { &qui.nom } else { &qui.nom_naissance };
        let cle = (folded(nom).into_owned(), folded(&qui.prenom).into_owned(), &qui.date_naissance);
        *comptes.entry(cle).or_default() += 1;
    }
    comptes.into_values().filter(|n| *n > 1).sum()
}
