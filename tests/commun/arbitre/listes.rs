//! The operational lists, read a second time: who is on which, with which deadline.

use super::{
    Classe, Entree, Etape, Evenement, Fait, Fichier, Juge, Lectures, Monde, NaiveDate, Orientation, Question, Releve,
    RendezVous, classe_apres, derniers, orientations, plus_jours, plus_mois,
};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The lists, in the order of the pathway.
pub const LISTES: [&str; 7] =
    ["a-orienter", "a-convoquer", "absents", "sans-rdv", "sans-cer", "pe-2-ans", "plus-5-ans"];

/// The lists of one day.
#[derive(Clone, Debug)]
pub struct Demande {
    pub au: NaiveDate,
    pub connu_le: NaiveDate,
    pub lectures: Lectures,
}

/// Somebody on a list.
#[derive(Clone, Debug, PartialEq)]
pub struct LigneListe {
    pub liste: &'static str,
    pub numdemrsa: String,
    pub matricule: String,
    pub caisse: String,
    pub nom: String,
    pub prenom: String,
    pub dtnai: NaiveDate,
    pub t0: Option<NaiveDate>,
    pub date_orientation: Option<NaiveDate>,
    pub organisme: String,
    pub territoire: String,
    pub echeance: NaiveDate,
    pub jours_restants: i64,
    /// Since when in the RSA and how it is known, for `plus-5-ans`.
    pub depuis: String,
}

/// Every line of every list, and which branches were walked through.
pub fn lister(monde: &Monde, demande: &Demande) -> (Vec<LigneListe>, BTreeMap<&'static str, usize>) {
    let Demande { au, connu_le, .. } = *demande;
    let lectures = demande.lectures.clone();
    let question = Question { du: au, au, arrete: au, connu_le: Some(connu_le), lectures };
    let juge = Juge { monde, question: &question, passages: RefCell::default(), identites: RefCell::default() };
    let fichiers = juge.fichiers();
    let evenements = juge.evenements(&fichiers);
    let mut lignes = Vec::new();
    for personne in juge.personnes(&fichiers) {
        let siens: Vec<&Evenement> = evenements.iter().filter(|(p, _)| *p == personne).map(|(_, e)| *e).collect();
        lignes.extend(juge.lignes(&fichiers, &personne, &siens));
    }
    let passages = juge.passages.borrow().clone();
    (lignes, passages)
}

impl Juge<'_> {
    /// All the lines of one person.
    fn lignes(&self, fichiers: &[&Fichier], personne: &str, evs: &[&Evenement]) -> Vec<LigneListe> {
        let au = self.question.au;
        let etapes = self.etapes(fichiers, personne);
        let Some(k) = (0..etapes.len()).rev().find(|k| etapes[*k].dtref <= au) else { return Vec::new() };
        // Where the person is that day: soumis first, then the strongest right, then the smallest number.
        let mut ici: Vec<Releve> =
            derniers(&etapes, k).into_values().filter(|releve| releve.classe >= Classe::Suspendu).collect();
        ici.sort_by_key(|releve| {
            let soumis = releve.classe == Classe::Versable && releve.top;
            (!soumis, std::cmp::Reverse(releve.classe), releve.dossier.1.clone(), releve.dossier.0.clone())
        });
        let Some(ici) = ici.first() else { return Vec::new() };

        let entrees = self.entrees(fichiers, personne, evs);
        let courante = entrees.iter().rfind(|entree| entree.contient(au));
        let mut lignes = Vec::new();
        if let Some(entree) = courante {
            lignes.extend(self.lignes_d_entree(entree, ici, evs));
        }
        let t0 = courante.map(|entree| entree.t0);

        let passees: Vec<&Orientation> = orientations(evs).into_iter().filter(|o| o.date <= au).collect();
        let derniere = passees.last().copied();
        let ouverte = derniere.filter(|o| self.ouvert_ce_jour(&etapes, k, o.date, evs));
        if let Some(o) = derniere
            && o.organisme == "PE"
            && au > plus_mois(o.date, 24)
        {
            self.note(if ouverte.is_some() { "pe_ouvert" } else { "pe_ferme" });
            if ouverte.is_some() {
                lignes.push(self.ligne("pe-2-ans", ici, t0, (Some(o), Some(o)), plus_mois(o.date, 24), ""));
            }
        }
        let (depuis, comment) = self.depuis(fichiers, &etapes, k);
        if au > plus_mois(depuis, 60) {
            let precision = comment.replace("{}", &depuis.to_string());
            lignes.push(self.ligne("plus-5-ans", ici, t0, (ouverte, ouverte), plus_mois(depuis, 60), &precision));
        }
        lignes
    }

    /// The lists that look at the current entry.
    fn lignes_d_entree(&self, entree: &Entree, ici: &Releve, evs: &[&Evenement]) -> Vec<LigneListe> {
        let au = self.question.au;
        let suite = self.suite(entree, evs, Some(au));
        let dans_la_fenetre = |o: &&Orientation| entree.contient(o.date) && o.date <= au;
        let derniere = orientations(evs).into_iter().rfind(dans_la_fenetre);
        let suivi = derniere.or(suite.orientation.as_ref());
        let t0 = Some(entree.t0);
        let orientees = (suite.orientation.as_ref(), suivi);
        let mut lignes = Vec::new();
        if suite.orientation.is_none() {
            lignes.push(self.ligne("a-orienter", ici, t0, orientees, suite.limite_orientation, ""));
            let rdv = self.rendez_vous(entree, evs, &["orientation"]);
            let liste = match rdv.last() {
                None => "a-convoquer",
                Some(r) if r.statut == "absent" && r.date_rdv <= au => "absents",
                Some(_) => "convoque",
            };
            self.note(liste);
            if liste != "convoque" {
                lignes.push(self.ligne(liste, ici, t0, orientees, suite.limite_orientation, ""));
            }
        }
        if suite.hors_pe {
            let depuis = suite.orientation.as_ref().map_or(entree.t0, |o| o.date);
            let rdv = self.rendez_vous(entree, evs, &["accompagnement", "cer"]);
            if !rdv.iter().any(|r| r.date_rdv >= depuis) {
                lignes.push(self.ligne("sans-rdv", ici, t0, orientees, suite.limite_rdv, ""));
            }
            if suite.cer.is_none() {
                lignes.push(self.ligne("sans-cer", ici, t0, orientees, suite.limite_cer, ""));
            }
        }
        lignes
    }

    /// The appointments of the window that stand and were made by that day: known that day, or fixed by it.
    fn rendez_vous<'e>(&self, entree: &Entree, evs: &[&'e Evenement], types: &[&str]) -> Vec<&'e RendezVous> {
        let au = self.question.au;
        let su = self.question.connu_le.is_some_and(|jour| jour <= au);
        let mut tous: Vec<(NaiveDate, &String, &RendezVous)> = Vec::new();
        for e in evs {
            if let Fait::RendezVous(r) = &e.fait
                && types.contains(&r.type_rdv.as_str())
                && r.statut != "annule"
                && r.statut != "reporte"
                && entree.contient(r.date_rdv)
                && (su || r.date_fixation.unwrap_or(r.date_rdv) <= au)
            {
                tous.push((r.date_rdv, &e.id, r));
            }
        }
        tous.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        tous.into_iter().map(|(_, _, r)| r).collect()
    }

    /// Would the follow-up opened on day `o` still be open if the person came into another dossier that day?
    fn ouvert_ce_jour(&self, etapes: &[Etape], k: usize, o: NaiveDate, evs: &[&Evenement]) -> bool {
        let au = self.question.au;
        let mut fictives = etapes[..=k].to_vec();
        let mut arrivee = etapes[k].clone();
        arrivee.dtref = au;
        arrivee.releves.truncate(1);
        arrivee.releves[0] = Releve {
            dossier: ("nulle part".into(), "nouveau".into()),
            classe: Classe::Versable,
            motif: String::new(),
            ..arrivee.releves[0].clone()
        };
        fictives.push(arrivee);
        let connus: Vec<&Evenement> =
            evs.iter().filter(|e| !matches!(&e.fait, Fait::FinSuivi(f) if f.date > au)).copied().collect();
        self.suivi_ouvert(&fictives, k + 1, plus_jours(au, 1), o, &connus)
    }

    /// Since when the person has been in the RSA after step `k`, and how that is said.
    fn depuis(&self, fichiers: &[&Fichier], etapes: &[Etape], k: usize) -> (NaiveDate, &'static str) {
        let transferts: Vec<(usize, usize)> =
            Self::suites_de(etapes, Classe::Clos).into_iter().filter(|suite| Self::transfert(etapes, *suite)).collect();
        let dedans = |j: usize| classe_apres(etapes, j) >= Classe::Suspendu;
        let tenu = |j: usize| dedans(j) || transferts.iter().any(|suite| suite.0 <= j && j <= suite.1);
        let debut = (0..=k).find(|debut| dedans(*debut) && (*debut..=k).all(tenu)).unwrap_or(k);
        let vue = etapes[debut].dtref;
        let base = Self::base(fichiers, &fichiers[etapes[debut].fichier].caisse);
        let mut demandes = Vec::new();
        for (dossier, dernier) in derniers(etapes, k) {
            let siens: Vec<(NaiveDate, &Releve)> = etapes[..=k]
                .iter()
                .flat_map(|e| e.releves.iter().map(|r| (e.dtref, r)))
                .filter(|(_, r)| r.dossier == dossier)
                .collect();
            let Some(demande) = siens.iter().rev().find_map(|(_, r)| r.dtdemrsa) else { continue };
            let close_depuis = (0..siens.len()).any(|n| {
                let avant = n > 0 && siens[n - 1].1.classe == Classe::Clos;
                siens[n].1.classe == Classe::Clos && !avant && siens[n].0 > demande
            });
            if dernier.classe >= Classe::Suspendu && close_depuis {
                self.note("demande_close_depuis");
            } else if dernier.classe >= Classe::Suspendu {
                demandes.push(demande);
            }
        }
        match demandes.into_iter().min() {
            Some(demande) if demande <= vue => {
                self.note("depuis_la_demande");
                (demande, "demande du {}")
            }
            _ if debut == 0 && base.is_none_or(|base| vue <= base) => {
                self.note("depuis_au_moins");
                (vue, "depuis le {} au moins")
            }
            _ => {
                self.note("depuis_vue");
                if (debut..=k).any(|j| !dedans(j)) {
                    self.note("depuis_malgre_un_transfert");
                }
                (vue, "sans interruption depuis le {}")
            }
        }
    }

    fn ligne(
        &self,
        liste: &'static str,
        ici: &Releve,
        t0: Option<NaiveDate>,
        (orientation, suivi): (Option<&Orientation>, Option<&Orientation>),
        echeance: NaiveDate,
        depuis: &str,
    ) -> LigneListe {
        self.note(liste);
        LigneListe {
            liste,
            numdemrsa: ici.dossier.1.clone(),
            matricule: ici.matricule.clone(),
            caisse: ici.dossier.0.clone(),
            nom: ici.nom.clone(),
            prenom: ici.prenom.clone(),
            dtnai: ici.dtnai.unwrap_or(echeance),
            t0,
            date_orientation: orientation.map(|o| o.date),
            organisme: orientation.map(|o| o.organisme.clone()).unwrap_or_default(),
            territoire: suivi.map(|o| o.territoire.clone()).unwrap_or_default(),
            echeance,
            jours_restants: (echeance - self.question.au).num_days(),
            depuis: depuis.to_string(),
        }
    }
}
