//! The steps of one person: what each file that speaks of them leaves true, absences included, and
//! the runs of steps that close a follow-up.

use super::histoire::{Classe, Histoire, Releve, Top};
use crate::temps::{Duree, Jour};

/// The state of a person in one dossier after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EtatDossier {
    /// Number of the dossier.
    pub dossier: u32,
    /// Class of the latest record.
    pub classe: Classe,
    /// Whether the person is soumise aux droits et devoirs there.
    pub top: bool,
    /// Start of suspension of the latest record.
    pub suspension: Option<Jour>,
    /// Date of the claim of the latest record.
    pub dtdemrsa: Option<Jour>,
    /// First step of the person in this dossier.
    pub depuis: u32,
    /// File and row of the latest record (of the one before, for an absence).
    pub source: (u32, u32),
}

impl EtatDossier {
    /// Droit versable and soumise aux droits et devoirs in this dossier.
    #[must_use]
    pub fn en_dd(&self) -> bool {
        self.classe == Classe::Versable && self.top
    }
}

/// One file that speaks of a person, and what is true after it.
#[derive(Clone, Copy, Debug)]
pub struct Etape {
    /// Number of the file.
    pub fichier: u32,
    /// DTREF of the file.
    pub jour: Jour,
    /// Whether the file carries a record of the person (and not only an absence).
    pub porteuse: bool,
    /// Earliest reception day of those records: that of the file, but for extracts.
    pub recu_le: Jour,
    /// Strongest class over the dossiers.
    pub classe: Classe,
    /// Versable and soumise in some dossier.
    pub en_dd: bool,
    /// Whether a record of this file closes a dossier that goes on elsewhere.
    pub transfert: bool,
    /// Where the states of the dossiers begin and end in [`Parcours`].
    etats: (u32, u32),
}

/// A maximal run of steps of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// First step.
    pub premiere: usize,
    /// Last step.
    pub derniere: usize,
}

/// The pathway of one person. Reused from one person to the next.
#[derive(Clone, Debug, Default)]
pub struct Parcours {
    /// Steps, in order.
    pub etapes: Vec<Etape>,
    etats: Vec<EtatDossier>,
    /// Absences to come: file, dossier.
    absences: Vec<(u32, u32)>,
    /// Last file of each dossier still versable or suspendu.
    vivants: Vec<(u32, u32)>,
    /// What the files say of the person.
    releves: Vec<Releve>,
}

impl Parcours {
    /// Rebuilds the pathway of a person.
    pub fn suivre(&mut self, histoire: &Histoire, personne: u32) {
        let mut dits = std::mem::take(&mut self.releves);
        dits.clear();
        dits.extend(histoire.releves.de(personne));
        self.etapes.clear();
        self.etats.clear();
        self.chercher_absences(histoire, &dits);
        let mut courant: Vec<EtatDossier> = Vec::new();
        let (mut releves, mut absences) = (dits.as_slice(), std::mem::take(&mut self.absences));
        let mut restantes = absences.as_slice();
        while let Some(fichier) =
            releves.first().map(|r| r.fichier).into_iter().chain(restantes.first().map(|a| a.0)).min()
        {
            let porteuse = releves.first().is_some_and(|r| r.fichier == fichier);
            let mut transfert = false;
            let etape = u32::try_from(self.etapes.len()).unwrap_or(u32::MAX);
            while let Some((&(file, dossier), rest)) = restantes.split_first()
                && file == fichier
            {
                if let Some(etat) = courant.iter_mut().find(|etat| etat.dossier == dossier) {
                    *etat = EtatDossier { classe: Classe::Clos, top: false, suspension: None, ..*etat };
                }
                restantes = rest;
            }
            let dans_le_fichier = releves.iter().take_while(|r| r.fichier == fichier).count();
            let (ici, suite) = releves.split_at(dans_le_fichier);
            releves = suite;
            for (rang, releve) in ici.iter().enumerate() {
                transfert |= releve.constat.transfert;
                let given = top_donne(ici, rang);
                // A person given twice in a dossier: one record, made at the last of its rows.
                if ici[rang + 1..].iter().any(|autre| autre.dossier == releve.dossier) {
                    continue;
                }
                noter(&mut courant, releve, given, etape);
            }
            let debut = u32::try_from(self.etats.len()).unwrap_or(u32::MAX);
            self.etats.extend_from_slice(&courant);
            let en_tete = &histoire.fichiers[fichier as usize].en_tete;
            self.etapes.push(Etape {
                fichier,
                jour: en_tete.dtref,
                porteuse,
                recu_le: ici.iter().map(|releve| en_tete.recu_le_de(releve.rang)).min().unwrap_or(en_tete.recu_le),
                classe: courant.iter().map(|etat| etat.classe).min().unwrap_or(Classe::SansDroit),
                en_dd: courant.iter().any(EtatDossier::en_dd),
                transfert,
                etats: (debut, debut + u32::try_from(courant.len()).unwrap_or(0)),
            });
        }
        absences.clear();
        (self.absences, self.releves) = (absences, dits);
    }

    /// States of the dossiers after a step.
    #[must_use]
    pub fn etats(&self, etape: usize) -> &[EtatDossier] {
        let (from, to) = self.etapes[etape].etats;
        &self.etats[from as usize..to as usize]
    }

    /// The last step dated `jour` or before.
    #[must_use]
    pub fn au(&self, jour: Jour) -> Option<&Etape> {
        self.nombre_au(jour).checked_sub(1).map(|last| &self.etapes[last])
    }

    /// How many steps are dated `jour` or before.
    #[must_use]
    pub fn nombre_au(&self, jour: Jour) -> usize {
        self.etapes.partition_point(|etape| etape.jour <= jour)
    }

    /// Whether the person is a bénéficiaire du RSA on `jour`: versable or suspendu after the last
    /// step dated that day or before.
    #[must_use]
    pub fn brsa_au(&self, jour: Jour) -> bool {
        self.au(jour).is_some_and(|etape| etape.classe.brsa())
    }

    /// The maximal runs of steps of a class, in order.
    pub fn suites(&self, classe: Classe) -> impl Iterator<Item = Suite> + '_ {
        let mut next = 0;
        std::iter::from_fn(move || {
            let premiere = next + self.etapes[next.min(self.etapes.len())..].iter().position(|e| e.classe == classe)?;
            let longueur = self.etapes[premiere..].iter().take_while(|e| e.classe == classe).count();
            next = premiere + longueur;
            Some(Suite { premiere, derniere: next - 1 })
        })
    }

    /// Whether a run of clos steps is a transfer and not a radiation: it opens on a dossier closed
    /// because it goes on elsewhere, and the step after it, soon enough, makes the person versable
    /// or suspendu in a dossier that they were not in before the run.
    ///
    /// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6
    /// (closing of the follow-up of those struck off). The guide does not speak of moves between
    /// caisses of a department: the person never left the RSA, so the follow-up goes on.
    #[must_use]
    pub fn est_un_transfert(&self, suite: Suite, rapprochement: Duree) -> bool {
        let debut = &self.etapes[suite.premiere];
        let Some(apres) = self.etapes.get(suite.derniere + 1) else { return false };
        debut.transfert
            && rapprochement.contient(debut.jour, apres.jour)
            && self
                .etats(suite.derniere + 1)
                .iter()
                .any(|etat| etat.classe.brsa() && etat.depuis as usize >= suite.premiere)
    }

    /// From when a run of suspended steps counts: the earliest suspension date among the dossiers
    /// suspended after its first step, unless it is later than that step.
    #[must_use]
    pub fn debut_suspension(&self, suite: Suite) -> Jour {
        let observe = self.etapes[suite.premiere].jour;
        self.etats(suite.premiere)
            .iter()
            .filter(|etat| etat.classe == Classe::Suspendu)
            .filter_map(|etat| etat.suspension)
            .min()
            .filter(|jour| *jour <= observe)
            .unwrap_or(observe)
    }

    /// Finds the stocks from which the person is missing while their dossier was versable or
    /// suspendu.
    fn chercher_absences(&mut self, histoire: &Histoire, releves: &[Releve]) {
        self.absences.clear();
        self.vivants.clear();
        for releve in releves {
            let known = self.vivants.iter().position(|(dossier, _)| *dossier == releve.dossier);
            if let Some(rang) = known {
                let (dossier, dernier) = self.vivants[rang];
                if let Some(stock) = histoire.absence_apres(dossier, dernier)
                    && stock < releve.fichier
                {
                    self.absences.push((stock, dossier));
                }
                self.vivants.swap_remove(rang);
            }
            if releve.constat.classe.brsa() {
                self.vivants.push((releve.dossier, releve.fichier));
            }
        }
        for &(dossier, dernier) in &self.vivants {
            if let Some(stock) = histoire.absence_apres(dossier, dernier) {
                self.absences.push((stock, dossier));
            }
        }
        self.absences.sort_unstable();
    }
}

/// TOPPERSDRODEVORSA of a person in a dossier of one file: the maximum of those given, when the
/// dossier is given more than once. `rang` is the last of its rows.
fn top_donne(ici: &[Releve], rang: usize) -> Top {
    let given = ici[..=rang].iter().filter(|autre| autre.dossier == ici[rang].dossier).map(|autre| autre.constat.top);
    given.fold(Top::Manquant, |known, top| match (known, top) {
        (Top::Oui, _) | (_, Top::Oui) => Top::Oui,
        (Top::Non, _) | (_, Top::Non) => Top::Non,
        _ => Top::Manquant,
    })
}

/// Makes a record the latest of its dossier. A missing top is that of the record before when the
/// dossier is versable, and 0 otherwise.
fn noter(courant: &mut Vec<EtatDossier>, releve: &Releve, top: Top, etape: u32) {
    let known = courant.iter_mut().find(|etat| etat.dossier == releve.dossier);
    let top = match top {
        Top::Oui => true,
        Top::Non => false,
        Top::Manquant => releve.constat.classe == Classe::Versable && known.as_ref().is_some_and(|etat| etat.top),
    };
    let etat = EtatDossier {
        dossier: releve.dossier,
        classe: releve.constat.classe,
        top,
        suspension: releve.constat.suspension(),
        dtdemrsa: releve.constat.dtdemrsa(),
        depuis: known.as_ref().map_or(etape, |etat| etat.depuis),
        source: (releve.fichier, releve.rang),
    };
    match known {
        Some(known) => *known = etat,
        None => courant.push(etat),
    }
}

#[cfg(test)]
mod tests;
