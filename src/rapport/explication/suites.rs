//! What followed each entry: its delays, and the events that are passed over.

use serde_json::{Map, Value, json};

use super::mots::{self, donne, fr, jours, lu, source};
use super::phrases::{orientation, rang, rendez_vous};
use super::{Partie, Phrase};
use crate::entrees::suites::{
    Delai, Ecart, Issue, ecart_gad, ecart_orientation, ecart_premier_cer, ecart_premier_rdv, gad_donnee, gad_proposee,
};
use crate::explication::{Explication, Origines};
use crate::indicateurs::Ligne;
use crate::referentiel::{CerRang, Debut, Mot};
use crate::temps::{Duree, Jour};

pub(super) fn partie(explication: &Explication<'_>, origines: &Origines) -> Partie {
    let parties = explication.entrees.iter().map(|ligne| Apres { explication, origines, ligne }.partie());
    Partie {
        cle: "entrees",
        titre: "Ce qui a suivi chaque entrée".to_owned(),
        chapeau: format!("Les délais sont regardés au {}.", fr(explication.jour)),
        parties: parties.collect(),
        ..Partie::default()
    }
}

/// What is asked of a delay.
struct Attente<'a> {
    code: &'static str,
    quoi: &'a str,
    depuis: &'static str,
    duree: Duree,
    source: &'static str,
    /// Name of the parameter, see [`crate::referentiel::PARAMETRES`].
    parametre: &'static str,
}

struct Apres<'a> {
    explication: &'a Explication<'a>,
    origines: &'a Origines,
    ligne: &'a Ligne<'a>,
}

impl Apres<'_> {
    fn partie(&self) -> Partie {
        let Ligne { entree, suites } = self.ligne;
        let mut phrases = vec![self.fenetre(), self.orientation()];
        phrases.extend(self.orientations_ecartees());
        phrases.extend(self.orientation_manquee());
        phrases.push(self.rendez_vous());
        phrases.push(self.cer());
        phrases.extend(self.gad());
        let dossier = &self.explication.histoire.dossiers[entree.dossier as usize];
        let jour = |jour: Option<Jour>| jour.map(|jour| jour.to_string());
        Partie {
            titre: format!("Entrée du {} ({})", fr(entree.t0), mots::categorie(entree.categorie)),
            phrases,
            donnees: Map::from_iter([
                ("t0".to_owned(), json!(entree.t0.to_string())),
                ("mois_reference".to_owned(), json!(entree.mois.to_string())),
                ("categorie".to_owned(), json!(entree.categorie.code())),
                ("numdemrsa".to_owned(), json!(donne(&dossier.numdemrsa))),
                (
                    "fin_fenetre".to_owned(),
                    json!((entree.fin_fenetre != Jour::MAX).then(|| entree.fin_fenetre.to_string())),
                ),
                ("date_orientation".to_owned(), json!(jour(suites.orientation.map(|o| o.date)))),
                ("limite_orientation".to_owned(), json!(suites.delai_orientation.limite.to_string())),
                ("date_premier_rdv".to_owned(), json!(jour(suites.premier_rdv.map(|rdv| rdv.date)))),
                ("limite_rdv".to_owned(), json!(jour(suites.delai_premier_rdv.map(|delai| delai.limite)))),
                ("date_premier_cer".to_owned(), json!(jour(suites.premier_cer.map(|cer| cer.date)))),
                ("limite_cer".to_owned(), json!(jour(suites.delai_premier_cer.map(|delai| delai.limite)))),
                ("date_gad".to_owned(), json!(jour(suites.gad))),
            ]),
            ..Partie::default()
        }
    }

    fn fenetre(&self) -> Phrase {
        let entree = &self.ligne.entree;
        let texte = if entree.fin_fenetre == Jour::MAX {
            format!(
                "Ce qui est daté du {} ou d'après appartient à cette entrée : il n'y en a pas d'autre ensuite.",
                fr(entree.t0)
            )
        } else if entree.fin_fenetre <= entree.t0 {
            format!(
                "Rien n'appartient à cette entrée : la suivante a été connue le {}, pas après elle.",
                fr(entree.fin_fenetre)
            )
        } else {
            format!(
                "Ce qui est daté du {} à la veille du {} appartient à cette entrée ; ensuite vient l'entrée suivante.",
                fr(entree.t0),
                fr(entree.fin_fenetre)
            )
        };
        Phrase::new("fenetre", texte).selon(source::SILENCE)
    }

    /// A delay: its start, its last day, and what became of it.
    fn delai(&self, attente: &Attente<'_>, delai: &Delai, fait: Option<String>) -> Phrase {
        let issue = delai.issue(self.explication.jour);
        let suite = match (issue, fait) {
            (Issue::Tenu, Some(fait)) => format!("{fait} : {}, dans le délai.", jours(delai.jours().unwrap_or(0))),
            (Issue::Tardif, Some(fait)) => format!("{fait} : {}, hors délai.", jours(delai.jours().unwrap_or(0))),
            (Issue::EnCours, _) => format!(
                "Rien au {} : le délai court encore, il reste {}.",
                fr(self.explication.jour),
                jours(delai.limite.depuis(self.explication.jour))
            ),
            _ => format!("Rien au {} : le délai est passé.", fr(self.explication.jour)),
        };
        let phrase = Phrase::new(
            attente.code,
            format!(
                "{} : dans {} à partir du {} ({}), donc au plus tard le {}. {suite}",
                attente.quoi,
                mots::duree(attente.duree),
                fr(delai.debut),
                attente.depuis,
                fr(delai.limite)
            ),
        );
        let issue_code = match issue {
            Issue::Tenu => "dans_les_delais",
            Issue::Tardif => "hors_delai",
            Issue::EnCours => "en_cours",
            Issue::Echu => "echu",
        };
        let regle = self.explication.referentiel.nouvelle_regle(attente.parametre, self.ligne.entree.t0);
        let phrase = match regle {
            Some(regle) => phrase.selon(donne(&regle.source)),
            None => phrase.selon(attente.source),
        };
        let phrase = phrase
            .donne("debut", delai.debut.to_string())
            .donne("limite", delai.limite.to_string())
            .donne("fin", delai.fin.map_or(Value::Null, |fin| fin.to_string().into()))
            .donne("jours", delai.jours().map_or(Value::Null, Value::from))
            .donne("issue", issue_code);
        match issue {
            Issue::EnCours => phrase,
            issue => phrase.oui(issue == Issue::Tenu),
        }
    }

    fn orientation(&self) -> Phrase {
        let (Ligne { entree, suites }, referentiel) = (self.ligne, self.explication.referentiel);
        let attente = Attente {
            code: "orientation",
            quoi: "Orientation",
            depuis: mots::debut(referentiel.debut_orientation(entree.t0)),
            duree: referentiel.delai_orientation(entree.t0),
            source: source::ORIENTATION,
            parametre: "delai_orientation",
        };
        let fait = suites.orientation.map(|o| format!("Notifiée le {} {}", fr(o.date), orientation(referentiel, o)));
        let phrase = self.delai(&attente, &suites.delai_orientation, fait);
        if entree.rattachee.is_some() {
            return phrase.precise(
                "Notifiée avant la réception du flux, elle est rattachée à l'entrée, avec un délai de 0 jour.",
            );
        }
        phrase
    }

    fn orientations_ecartees(&self) -> Option<Phrase> {
        let histoire = self.explication.histoire;
        let entree = &self.ligne.entree;
        let liste = histoire.orientations.de(entree.personne).iter().enumerate();
        let ecartees =
            liste.filter(|(_, o)| !self.ligne.suites.orientation.is_some_and(|la_sienne| std::ptr::eq(la_sienne, *o)));
        let precisions: Vec<String> = ecartees
            .map(|(rang, o)| {
                let pourquoi = ecart_orientation(o, entree, self.explication.cloture)
                    .map_or("ce n'est pas la première de cette entrée", |ecart| self.ecart(ecart));
                format!(
                    "Orientation du {} vers {}{} : {pourquoi}.",
                    fr(o.date),
                    mots::organisme(self.explication.referentiel, o),
                    lu(self.origines.orientations.get(rang))
                )
            })
            .collect();
        (!precisions.is_empty()).then(|| {
            let phrase = Phrase::new("autres_orientations", "Les autres orientations ne sont pas celle de l'entrée :");
            Phrase { precisions, ..phrase.selon(source::ORIENTATION) }
        })
    }

    fn orientation_manquee(&self) -> Option<Phrase> {
        let texte = "Absence à un rendez-vous d'orientation : le guide demande de le dire en commentaire de 3.1.2.";
        let manque = self.ligne.suites.rdv_orientation_manque;
        manque.then(|| Phrase::new("rdv_orientation_manque", texte).selon(source::ORIENTATION))
    }

    fn rendez_vous(&self) -> Phrase {
        let (Ligne { entree, suites }, referentiel) = (self.ligne, self.explication.referentiel);
        let (Some(orientation), Some(delai)) = (suites.orientation, &suites.delai_premier_rdv) else {
            return self.sans_suite("premier_rdv", "Premier rendez-vous d'accompagnement", source::RDV);
        };
        let attente = Attente {
            code: "premier_rdv",
            quoi: "Premier rendez-vous d'accompagnement",
            depuis: mots::debut(Debut::Orientation),
            duree: referentiel.delai_premier_rdv(entree.t0),
            source: source::RDV,
            parametre: "delai_premier_rdv",
        };
        let fait = suites.premier_rdv.map(|rdv| format!("Le {}, {}", fr(rdv.date), rendez_vous(rdv)));
        let phrase = self.delai(&attente, delai, fait);
        let liste = self.explication.histoire.rendez_vous.de(entree.personne).iter().enumerate();
        let ecartes = liste.filter(|(_, rdv)| !suites.premier_rdv.is_some_and(|premier| std::ptr::eq(premier, *rdv)));
        let precisions = ecartes.map(|(rang, rdv)| {
            let pourquoi = ecart_premier_rdv(rdv, entree, orientation, self.explication.cloture)
                .map_or("ce n'est pas le premier", |ecart| self.ecart_du_rdv(ecart));
            let nom = mots::type_rdv(rdv.type_rdv);
            format!("Passé : {nom} du {}{}, {pourquoi}.", fr(rdv.date), lu(self.origines.rendez_vous.get(rang)))
        });
        precisions.fold(phrase, Phrase::precise)
    }

    fn cer(&self) -> Phrase {
        let (Ligne { entree, suites }, referentiel) = (self.ligne, self.explication.referentiel);
        let quoi = format!("Premier {}", referentiel.mot(Mot::Contrat, entree.t0));
        let Some(delai) = &suites.delai_premier_cer else {
            return self.sans_suite("premier_cer", &quoi, source::CER);
        };
        let attente = Attente {
            code: "premier_cer",
            quoi: &quoi,
            depuis: mots::debut(referentiel.debut_premier_cer(entree.t0)),
            duree: referentiel.delai_premier_cer(entree.t0),
            source: source::CER,
            parametre: "delai_premier_cer",
        };
        let fait = suites.premier_cer.map(|cer| format!("Signé le {}{}", fr(cer.date), rang(cer)));
        let phrase = self.delai(&attente, delai, fait);
        let liste = self.explication.histoire.contrats.de(entree.personne).iter().enumerate();
        let ecartes = liste.filter(|(_, cer)| !suites.premier_cer.is_some_and(|premier| std::ptr::eq(premier, *cer)));
        let precisions = ecartes.map(|(rang, cer)| {
            let pourquoi = ecart_premier_cer(cer, referentiel, entree, self.explication.cloture)
                .map_or_else(|| "ce n'est pas le premier".to_owned(), |ecart| self.ecart_du_cer(ecart));
            let nom = if cer.type_contrat == "cer" { referentiel.mot(Mot::Cer, cer.date) } else { "PPAE" };
            format!("Passé : {nom} du {}{}, {pourquoi}.", fr(cer.date), lu(self.origines.contrats.get(rang)))
        });
        let phrase = precisions.fold(phrase, Phrase::precise);
        let phrase = match suites.orientation.filter(|o| o.date < delai.debut) {
            Some(o) if referentiel.debut_premier_cer(entree.t0) == Debut::DerniereOrientation => {
                phrase.precise(format!(
                    "La première orientation est du {} ; la décision du {} a ouvert un nouveau délai.",
                    fr(o.date),
                    fr(delai.debut)
                ))
            }
            _ => phrase,
        };
        if referentiel.lectures.cer_rang == CerRang::Fenetre {
            phrase.precise("Le rang du contrat n'est pas regardé (lecture cer.rang=fenetre).")
        } else {
            phrase
        }
    }

    /// Nothing is asked of somebody who is not oriented, or oriented to Pôle emploi.
    fn sans_suite(&self, code: &'static str, quoi: &str, selon: &'static str) -> Phrase {
        let pourquoi = if self.ligne.suites.orientation.is_some() {
            let vers = self.explication.referentiel.mot(Mot::PoleEmploi, self.ligne.entree.t0);
            format!("la personne est orientée vers {vers}, l'indicateur ne regarde que les autres")
        } else {
            "la personne n'est pas orientée".to_owned()
        };
        Phrase::new(code, format!("{quoi} : pas de délai, {pourquoi}.")).selon(selon)
    }

    fn gad(&self) -> Option<Phrase> {
        let (entree, histoire) = (&self.ligne.entree, self.explication.histoire);
        let donnees = histoire.orientations.de(entree.personne).iter().filter_map(gad_donnee);
        let proposees = histoire.accompagnements.de(entree.personne).iter().filter_map(gad_proposee);
        let mut tous: Vec<Jour> = donnees.chain(proposees).collect();
        tous.sort_unstable();
        tous.dedup();
        let precisions: Vec<String> = tous
            .iter()
            .filter_map(|jour| {
                let ecart = ecart_gad(*jour, entree, self.explication.cloture)?;
                Some(format!("Celle du {} : {}.", fr(*jour), self.ecart(ecart)))
            })
            .collect();
        let phrase = match self.ligne.suites.gad {
            Some(jour) => {
                Phrase::new("gad", format!("Garantie d'activité départementale : donnée ou proposée le {}.", fr(jour)))
                    .oui(true)
            }
            None if tous.is_empty() => return None,
            None => Phrase::new("gad", "Garantie d'activité départementale : aucune dans cette entrée.").oui(false),
        };
        Some(Phrase { precisions, ..phrase.selon(source::GAD) })
    }

    fn ecart(&self, ecart: Ecart) -> &'static str {
        match ecart {
            Ecart::AutreNature => "d'une autre nature",
            Ecart::Annule => "annulé",
            Ecart::Reporte => "reporté",
            Ecart::AvantEntree => "elle est d'avant l'entrée",
            Ecart::ApresFenetre => "elle appartient à l'entrée suivante",
            Ecart::AvantOrientation => "avant l'orientation",
            Ecart::Renouvellement => "un renouvellement",
            Ecart::ApresCloture => "après l'arrêté",
            Ecart::HorsPeriode => "hors de la période",
        }
    }

    fn ecart_du_rdv(&self, ecart: Ecart) -> &'static str {
        match ecart {
            Ecart::AutreNature => "il sert à l'orientation, pas à l'accompagnement",
            Ecart::AvantEntree => "il est d'avant l'entrée",
            Ecart::ApresFenetre => "il appartient à l'entrée suivante",
            Ecart::AvantOrientation => "il est d'avant l'orientation",
            Ecart::ApresCloture => "il a été fixé après l'arrêté",
            autre => self.ecart(autre),
        }
    }

    fn ecart_du_cer(&self, ecart: Ecart) -> String {
        let mot = |mot| self.explication.referentiel.mot(mot, self.ligne.entree.t0);
        let dit = match ecart {
            Ecart::AutreNature => {
                return format!("c'est le contrat de {}, pas un {}", mot(Mot::PoleEmploi), mot(Mot::Cer));
            }
            Ecart::AvantEntree => "il est d'avant l'entrée",
            Ecart::ApresFenetre => "il appartient à l'entrée suivante",
            Ecart::Renouvellement => "c'est un renouvellement (rang 2 ou plus)",
            Ecart::ApresCloture => "il est signé après l'arrêté",
            autre => self.ecart(autre),
        };
        dit.to_owned()
    }
}
