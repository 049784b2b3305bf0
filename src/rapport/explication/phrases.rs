//! The story of a person, sentence by sentence: what was said, whether they came in, and why.

use serde_json::{Map, Value, json};

use super::mots::{self, des_jours, donne, fr, lu, n, source};
use super::{Document, Partie, Phrase, Qui, indicateurs, suites};
use crate::entrees::suivi::{Fermeture, Interruption, Suivi};
use crate::entrees::{Categorie, Examen, Verdict};
use crate::explication::{Attendu, Dit, ExamenDit, Explication, Origine, Passage};
use crate::journal::evenements::{Accompagnement, Contrat, FinSuivi, Orientation, RendezVous};
use crate::parcours::etapes::Suite;
use crate::parcours::histoire::{Classe, Fichier};
use crate::rapport::lectures_choisies;
use crate::referentiel::{Mot, Referentiel};
use crate::temps::Jour;

const TITRE: &str = "Explication d'un parcours";
const GUIDE: &str = "Les sections citées sont celles de l'instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022 \
                     (NOR SSAA2202072J) : son annexe 7 est le guide des indicateurs, son annexe 9 le tableau.";

pub(super) fn document(explication: &Explication<'_>, qui: Qui<'_>) -> Document {
    let recit = Recit { explication, qui };
    let entrees = explication.entrees.len() as u64;
    let resume = match entrees {
        0 => "Aucune entrée : la personne n'est pas un nouvel entrant.".to_owned(),
        1 => format!("Une entrée : nouvel entrant le {}.", fr(explication.entrees[0].entree.t0)),
        n => format!(
            "{n} entrées : nouvel entrant le {}.",
            des_jours(explication.entrees.iter().map(|ligne| ligne.entree.t0))
        ),
    };
    let mut chapeau = recit.signalement();
    chapeau.push(resume);
    chapeau.push(match explication.connu_le {
        Some(jour) => format!("Avec ce que le département savait le {}.", fr(jour)),
        None => format!("Avec tout ce que le département sait ; les délais sont regardés au {}.", fr(explication.jour)),
    });
    let lectures = lectures_choisies(explication.referentiel);
    chapeau.push(format!(
        "Règles du référentiel « {} »{}. {GUIDE}",
        explication.referentiel.nom,
        if lectures.is_empty() {
            String::new()
        } else {
            format!(", avec des lectures autres que celles du guide : {}", lectures.join(", "))
        }
    ));
    let mut parties = vec![recit.histoire(), recit.passages()];
    if !explication.entrees.is_empty() {
        parties.push(suites::partie(explication, qui.origines));
    }
    parties.push(indicateurs::partie(explication));
    parties.push(attendus(qui.attendus));
    let donnees = Map::from_iter([
        ("referentiel".to_owned(), json!(explication.referentiel.nom)),
        ("lectures_choisies".to_owned(), json!(lectures)),
        ("connu_le".to_owned(), json!(explication.connu_le.map(|jour| jour.to_string()))),
        ("jour".to_owned(), json!(explication.jour.to_string())),
        ("personne".to_owned(), recit.designations()),
    ]);
    Document { titre: TITRE.to_owned(), chapeau, parties, donnees }
}

pub(super) fn sans_flux(en_attente: &[Attendu]) -> Document {
    let chapeau = vec![
        "Aucun flux ne connaît cette personne : sans droit connu, elle ne peut pas être un nouvel entrant et ne compte dans aucun indicateur.".to_owned(),
        "Si elle est au RSA, vérifiez que le flux de sa caisse a été reçu, et l'orthographe de son nom dans les événements.".to_owned(),
    ];
    let donnees = Map::from_iter([("personne".to_owned(), json!([]))]);
    Document { titre: TITRE.to_owned(), chapeau, parties: vec![attendus(en_attente)], donnees }
}

/// The events that wait for their person.
fn attendus(attendus: &[Attendu]) -> Partie {
    let phrases = attendus.iter().map(|attendu| {
        let quoi = format!(
            "Événement « {} » (genre {}), lu dans {}, ligne {} : il porte {} et n'est pas attribué ({}). Il ne compte pas ; il est essayé de nouveau à chaque calcul.",
            donne(&attendu.origine.id),
            attendu.genre.nom(),
            donne(&attendu.origine.lieu.fichier),
            attendu.origine.lieu.ligne,
            if attendu.par_nir { "son NIR" } else { "son nom" },
            attendu.raison.libelle()
        );
        let phrase = Phrase::new(attendu.genre.nom(), quoi).donne("raison", attendu.raison.libelle());
        let phrase = ou(phrase, &attendu.origine);
        Phrase { jour: attendu.date, ..phrase }
    });
    Partie {
        cle: "en_attente",
        titre: "Ce qui attend et qui est peut-être à cette personne".to_owned(),
        chapeau: if attendus.is_empty() {
            "Aucun événement en attente ne porte son nom ni son NIR.".to_owned()
        } else {
            format!(
                "{} à vérifier : corrigez l'identité dans le logiciel d'origine et renvoyez l'événement avec le même id_evenement.",
                n(attendus.len() as u64, "événement", "événements")
            )
        },
        phrases: phrases.collect(),
        ..Partie::default()
    }
}

struct Recit<'a> {
    explication: &'a Explication<'a>,
    qui: Qui<'a>,
}

impl Recit<'_> {
    fn signalement(&self) -> Vec<String> {
        let dire = |signe: &crate::personne::Signalement| {
            let matricule = donne(&signe.matricule);
            format!(
                "{} {}, née ou né le {}, dossier {} ({}){}.",
                donne(&signe.nom),
                donne(&signe.prenom),
                mots::naissance(&signe.date_naissance),
                donne(&signe.numdemrsa),
                signe.caisse,
                if matricule.is_empty() { String::new() } else { format!(", matricule {matricule}") }
            )
        };
        self.qui.signalements.iter().map(dire).collect()
    }

    fn designations(&self) -> Value {
        let dire = |signe: &crate::personne::Signalement| {
            json!({
                "numdemrsa": donne(&signe.numdemrsa), "caisse": signe.caisse, "matricule": donne(&signe.matricule),
                "nom": donne(&signe.nom), "prenom": donne(&signe.prenom), "date_naissance": signe.date_naissance,
            })
        };
        self.qui.signalements.iter().map(dire).collect()
    }

    fn fichier(&self, etape: usize) -> &Fichier {
        &self.explication.histoire.fichiers[self.explication.parcours.etapes[etape].fichier as usize]
    }

    /// « flux mensuel de CAF991 du 31/12/2020 (« X », reçu le …) ».
    fn flux(&self, etape: usize) -> String {
        let en_tete = &self.fichier(etape).en_tete;
        format!(
            "flux {} de {} du {} («\u{a0}{}\u{a0}», reçu le {})",
            if en_tete.mensuel { "mensuel" } else { "quotidien" },
            en_tete.caisse.as_deref().unwrap_or("caisse inconnue"),
            fr(en_tete.dtref),
            donne(&en_tete.nom),
            fr(self.explication.parcours.etapes[etape].recu_le)
        )
    }

    fn dossier(&self, dossier: u32) -> String {
        let dossier = &self.explication.histoire.dossiers[dossier as usize];
        let caisse = &self.explication.histoire.caisses[usize::from(dossier.caisse)].nom;
        format!("dossier {} ({caisse})", donne(&dossier.numdemrsa))
    }

    // What was said.

    /// Every record and event, in the order of the days.
    fn histoire(&self) -> Partie {
        let mut phrases = self.flux_dits();
        phrases.extend(self.evenements());
        phrases.sort_by_key(|phrase| phrase.jour);
        Partie {
            cle: "histoire",
            titre: "Ce que les fichiers ont dit, dans l'ordre des dates".to_owned(),
            chapeau: "La date est celle dont parle le fichier : date de référence du flux, ou date de l'événement."
                .to_owned(),
            phrases,
            ..Partie::default()
        }
    }

    /// What each flux says. Those that repeat the one before are told with it.
    fn flux_dits(&self) -> Vec<Phrase> {
        let mut out: Vec<Phrase> = Vec::new();
        let mut redits: Vec<usize> = Vec::new();
        let mut precedent: Option<String> = None;
        let clore = |out: &mut Vec<Phrase>, redits: &mut Vec<usize>| {
            if let (Some(phrase), Some(derniere)) = (out.last_mut(), redits.last()) {
                let suite = match redits.len() {
                    1 => format!("Le {} dit la même chose.", self.flux(*derniere)),
                    n => format!("Les {n} fichiers suivants disent la même chose, jusqu'au {}.", self.flux(*derniere)),
                };
                phrase.precisions.push(suite);
                let fichiers: Vec<Value> = redits.iter().map(|etape| self.json_du_flux(*etape)).collect();
                phrase.donnees.insert("repete_par".to_owned(), fichiers.into());
            }
            redits.clear();
        };
        for etape in 0..self.explication.parcours.etapes.len() {
            let dits = self.explication.dits(etape);
            let texte = self.ce_qui_est_dit(etape, &dits);
            if precedent.as_ref() == Some(&texte) {
                redits.push(etape);
                continue;
            }
            clore(&mut out, &mut redits);
            let ici = &self.explication.parcours.etapes[etape];
            let flux = self.flux(etape);
            let phrase = Phrase::new("flux", format!("{} : {texte}", majuscule(&flux)))
                .du(ici.jour)
                .selon(source::FLUX)
                .donne("flux", self.json_du_flux(etape))
                .donne("dossiers", dits.iter().map(|dit| self.json_du_dossier(dit)).collect::<Vec<_>>())
                .donne("en_droits_et_devoirs", ici.en_dd)
                .donne("classe", ici.classe.code());
            out.push(phrase);
            precedent = Some(texte);
        }
        clore(&mut out, &mut redits);
        out
    }

    fn ce_qui_est_dit(&self, etape: usize, dits: &[Dit]) -> String {
        let ici = &self.explication.parcours.etapes[etape];
        let dits: Vec<String> = dits.iter().map(|dit| self.du_dossier(dit)).collect();
        format!(
            "{} {}",
            dits.join(" "),
            if ici.en_dd {
                "La personne est en droits et devoirs."
            } else {
                "La personne n'est pas en droits et devoirs."
            }
        )
    }

    fn du_dossier(&self, dit: &Dit) -> String {
        let dossier = self.dossier(dit.etat.dossier);
        if dit.absence {
            return format!(
                "{dossier}, la personne n'est plus dans le stock de la caisse alors que son droit y était ouvert, ce qui vaut radiation."
            );
        }
        let mut out = format!("{dossier}, {}", mots::classe(dit.etat.classe));
        if let Some(jour) = dit.etat.suspension.filter(|_| dit.etat.classe == Classe::Suspendu) {
            out.push_str(&format!(" depuis le {}", fr(jour)));
        }
        if dit.transfert {
            out.push_str(" pour mutation ou regroupement (le dossier continue ailleurs)");
        }
        out.push_str(match (dit.top_manquant, dit.etat.top) {
            (false, true) => ", soumise aux droits et devoirs (top à 1)",
            (false, false) => ", non soumise aux droits et devoirs (top à 0)",
            (true, true) => ", top non donné : soumise aux droits et devoirs, comme au relevé précédent",
            (true, false) => ", top non donné : tenue pour non soumise aux droits et devoirs",
        });
        if let Some(jour) = dit.etat.dtdemrsa {
            out.push_str(&format!(", demande du {}", fr(jour)));
        }
        out.push('.');
        out
    }

    fn json_du_flux(&self, etape: usize) -> Value {
        let en_tete = &self.fichier(etape).en_tete;
        let ici = &self.explication.parcours.etapes[etape];
        json!({
            "fichier": donne(&en_tete.nom), "caisse": en_tete.caisse, "mensuel": en_tete.mensuel,
            "dtref": en_tete.dtref.to_string(), "cree_le": en_tete.cree_le.to_string(), "recu_le": ici.recu_le.to_string(),
            "porte_la_personne": ici.porteuse,
        })
    }

    fn json_du_dossier(&self, dit: &Dit) -> Value {
        let dossier = &self.explication.histoire.dossiers[dit.etat.dossier as usize];
        json!({
            "numdemrsa": donne(&dossier.numdemrsa),
            "caisse": self.explication.histoire.caisses[usize::from(dossier.caisse)].nom,
            "classe": dit.etat.classe.code(), "top": u8::from(dit.etat.top), "top_donne": !dit.top_manquant,
            "suspension": dit.etat.suspension.map(|jour| jour.to_string()),
            "dtdemrsa": dit.etat.dtdemrsa.map(|jour| jour.to_string()),
            "mutation": dit.transfert, "absence": dit.absence,
        })
    }

    /// The events of the person.
    fn evenements(&self) -> Vec<Phrase> {
        let (histoire, personne) = (self.explication.histoire, self.explication.personne);
        let origines = self.qui.origines;
        let mut out = Vec::new();
        for (rang, o) in histoire.orientations.de(personne).iter().enumerate() {
            let quoi = format!("Orientation notifiée {}", orientation(self.explication.referentiel, o));
            out.push(evenement("orientation", Some(o.date), &quoi, origines.orientations.get(rang)));
        }
        for (rang, rdv) in histoire.rendez_vous.de(personne).iter().enumerate() {
            let quoi = majuscule(&rendez_vous(rdv));
            out.push(evenement("rendez_vous", Some(rdv.date), &quoi, origines.rendez_vous.get(rang)));
        }
        for (rang, signe) in histoire.contrats.de(personne).iter().enumerate() {
            out.push(evenement(
                "contrat",
                Some(signe.date),
                &contrat(self.explication.referentiel, signe),
                origines.contrats.get(rang),
            ));
        }
        for (rang, a) in histoire.accompagnements.de(personne).iter().enumerate() {
            let jour = a.propose_le.or(a.debut);
            out.push(evenement("accompagnement", jour, &accompagnement(a), origines.accompagnements.get(rang)));
        }
        for (rang, fin) in histoire.fins_suivi.de(personne).iter().enumerate() {
            out.push(evenement("fin_suivi", Some(fin.date), &fin_de_suivi(fin), origines.fins_suivi.get(rang)));
        }
        out
    }

    // Whether the person comes in.

    fn passages(&self) -> Partie {
        let parties = self.explication.passages.iter().map(|passage| match passage {
            Passage::EnDroits(dit) => self.en_droits(dit),
            Passage::HorsDroits(suite, classe) => self.hors_droits(*suite, *classe),
        });
        Partie {
            cle: "passages",
            titre: "Est-ce une entrée ? Les critères, à chaque étape".to_owned(),
            chapeau: "Un nouvel entrant a un droit versable (1), vient d'être soumis aux droits et devoirs (2), et n'a pas de suivi en cours (3) : les trois à la fois."
                .to_owned(),
            parties: parties.collect(),
            ..Partie::default()
        }
    }

    /// Steps at which nobody can come in.
    fn hors_droits(&self, suite: Suite, classe: Classe) -> Partie {
        let (premiere, derniere) =
            (&self.explication.parcours.etapes[suite.premiere], &self.explication.parcours.etapes[suite.derniere]);
        let quand = if suite.premiere == suite.derniere {
            format!("Le {}", fr(premiere.jour))
        } else {
            format!("Du {} au {}", fr(premiere.jour), fr(derniere.jour))
        };
        let (critere, pourquoi) = match classe {
            Classe::Versable => {
                let soumise_ailleurs = self.explication.parcours.etats(suite.premiere).iter().any(|etat| etat.top);
                let pourquoi = if soumise_ailleurs {
                    "aucun dossier n'est à la fois versable et soumis aux droits et devoirs"
                } else {
                    "le droit est versable, mais la personne n'est pas soumise aux droits et devoirs (top à 0)"
                };
                (2, pourquoi)
            }
            Classe::Suspendu => (1, "le droit est suspendu : il n'est pas versable, quel que soit le top"),
            Classe::Clos => (1, "le dossier est clos : il n'y a plus de droit"),
            Classe::SansDroit => (1, "il n'y a pas de droit : la demande est en attente ou refusée"),
        };
        let selon = if critere == 1 { source::CRITERE_1 } else { source::CRITERE_2 };
        let nom = if critere == 1 { "Critère 1, droit versable" } else { "Critère 2, soumise aux droits et devoirs" };
        let code = if critere == 1 { "droit_versable" } else { "soumise_aux_droits_et_devoirs" };
        let mut phrases = vec![Phrase::new(code, format!("{nom} : {pourquoi}.")).oui(false).selon(selon)];
        let interruption = self.explication.interruptions.iter().find(|(autre, _)| *autre == suite);
        phrases.extend(interruption.map(|(suite, interruption)| self.interruption(*suite, *interruption)));
        Partie {
            titre: format!("{quand} : pas d'entrée possible"),
            phrases,
            donnees: Map::from_iter([
                ("du".to_owned(), json!(premiere.jour.to_string())),
                ("au".to_owned(), json!(derniere.jour.to_string())),
                ("entree".to_owned(), json!(false)),
                ("classe".to_owned(), json!(classe.code())),
            ]),
            ..Partie::default()
        }
    }

    /// What a run of closed or suspended steps does to the follow-ups opened before it.
    fn interruption(&self, suite: Suite, interruption: Interruption) -> Phrase {
        let premiere = &self.explication.parcours.etapes[suite.premiere];
        let debut = self.explication.parcours.debut_suspension(suite);
        let apres = self.explication.parcours.etapes.get(suite.derniere + 1).map(|etape| etape.jour);
        let jusqu_au = apres.map(|jour| format!("jusqu'au {}", fr(jour))).unwrap_or_default();
        let (code, texte, selon) = match interruption {
            Interruption::Radiation => (
                "radiation",
                format!(
                    "Radiation vue le {} : elle ferme les suivis ouverts jusqu'à ce jour-là, si la personne revient.",
                    fr(premiere.jour)
                ),
                source::CRITERE_3,
            ),
            Interruption::Transfert => (
                "transfert",
                format!(
                    "Ce n'est pas une radiation : le dossier, clos le {} pour mutation ou regroupement, continue dans un autre dossier dès le {}. Le suivi n'est pas fermé.",
                    fr(premiere.jour),
                    apres.map(fr).unwrap_or_default()
                ),
                source::SILENCE,
            ),
            Interruption::SuspensionLongue(terme) => (
                "suspension_longue",
                format!(
                    "Suspension du {} {jusqu_au}, plus de 12 mois (ils finissaient le {}) : elle ferme les suivis ouverts jusqu'à ce jour-là.",
                    fr(debut),
                    fr(terme)
                ),
                source::CRITERE_3,
            ),
            Interruption::SuspensionCourte(Some(terme)) => (
                "suspension_courte",
                format!(
                    "Suspension du {} {jusqu_au}, 12 mois ou moins (ils finissaient le {}) : un suivi ouvert avant elle dort, il n'est pas fermé.",
                    fr(debut),
                    fr(terme)
                ),
                source::CRITERE_3,
            ),
            Interruption::SuspensionCourte(None) => (
                "suspension_sans_effet",
                format!(
                    "Suspension du {} {jusqu_au} : sous cette lecture, une suspension ne ferme aucun suivi.",
                    fr(debut)
                ),
                source::CRITERE_3,
            ),
            Interruption::SuspensionEnCours => (
                "suspension_en_cours",
                format!("Suspension depuis le {}, qui dure encore au dernier fichier connu.", fr(debut)),
                source::CRITERE_3,
            ),
        };
        Phrase::new(code, texte).selon(selon).donne("vue_le", premiere.jour.to_string())
    }

    /// A spell en droits et devoirs, criterion by criterion.
    fn en_droits(&self, dit: &ExamenDit) -> Partie {
        let examen = &dit.examen;
        let debut = &self.explication.parcours.etapes[examen.debut];
        let issue = if examen.entre { "une entrée" } else { "pas une entrée" };
        let dossier = self.dossier(examen.dossier.dossier);
        let mut phrases = vec![
            Phrase::new(
                "droit_versable",
                format!("Critère 1, droit versable : {dossier}, d'après le {}.", self.flux(examen.debut)),
            )
            .oui(true)
            .selon(source::CRITERE_1),
        ];
        // The three criteria of the guide first.
        let [mois_precedent, entree_du_mois, base, suivi] = examen.verdicts;
        phrases.extend([mois_precedent, suivi, entree_du_mois, base].map(|verdict| self.verdict(verdict, dit)));
        phrases.push(self.reception(examen));
        if examen.entre {
            phrases.push(self.categorie(examen));
        }
        if dit.entrerait_rattache {
            phrases.push(
                Phrase::new(
                    "orientation_anticipee",
                    "Seule une orientation notifiée avant la réception du flux empêche l'entrée : la lecture orientation_anticipee=rattacher la donnerait à l'entrée, avec un délai de 0 jour.",
                )
                .selon(source::SILENCE),
            );
        }
        let code = if examen.entre { json!(examen.categorie.code()) } else { Value::Null };
        Partie {
            titre: format!("À partir du {}, connu du département le {} : {issue}", fr(debut.jour), fr(examen.t0)),
            phrases,
            donnees: Map::from_iter([
                ("du".to_owned(), json!(debut.jour.to_string())),
                ("au".to_owned(), json!(self.explication.parcours.etapes[examen.fin - 1].jour.to_string())),
                ("entree".to_owned(), json!(examen.entre)),
                ("t0".to_owned(), json!(examen.t0.to_string())),
                ("mois_reference".to_owned(), json!(self.fichier(examen.debut).mois.to_string())),
                ("categorie".to_owned(), code),
                (
                    "numdemrsa".to_owned(),
                    json!(donne(&self.explication.histoire.dossiers[examen.dossier.dossier as usize].numdemrsa)),
                ),
            ]),
            ..Partie::default()
        }
    }

    fn verdict(&self, verdict: Verdict, dit: &ExamenDit) -> Phrase {
        let phrase = match verdict {
            Verdict::MoisPrecedent { veille, etape, en_dd } => self.mois_precedent(veille, etape, en_dd),
            Verdict::EntreeDuMois(None) => Phrase::new(
                "une_entree_par_mois",
                format!("Une seule entrée par mois : aucune autre en {}.", self.fichier(dit.examen.debut).mois),
            )
            .selon(source::SILENCE),
            Verdict::EntreeDuMois(Some(t0)) => Phrase::new(
                "une_entree_par_mois",
                format!(
                    "Une seule entrée par mois : il y en a déjà une en {}, connue le {}.",
                    self.fichier(dit.examen.debut).mois,
                    fr(t0)
                ),
            )
            .selon(source::SILENCE),
            Verdict::Base { caisse, base, apres } => self.base(caisse, base, apres),
            Verdict::Suivi { ouvert, rattache } => self.suivi(dit, ouvert, rattache),
        };
        phrase.oui(verdict.rempli())
    }

    fn mois_precedent(&self, veille: Jour, etape: Option<usize>, en_dd: bool) -> Phrase {
        const CRITERE: &str = "Critère 2, soumise aux droits et devoirs depuis peu";
        let veille = fr(veille);
        let texte = match etape {
            Some(etape) if en_dd => format!(
                "{CRITERE} : elle l'est, mais elle l'était déjà à la fin du mois d'avant, le {veille}, d'après le {}.",
                self.flux(etape)
            ),
            Some(etape) => format!(
                "{CRITERE} : elle l'est, et ne l'était pas à la fin du mois d'avant, le {veille} : {}{}, d'après le {}.",
                mots::classe(self.explication.parcours.etapes[etape].classe),
                if self.explication.parcours.etapes[etape].classe == Classe::Versable {
                    " mais non soumise"
                } else {
                    ""
                },
                self.flux(etape)
            ),
            None => format!(
                "{CRITERE} : elle l'est, et aucun fichier ne parlait d'elle à la fin du mois d'avant, le {veille}."
            ),
        };
        Phrase::new("soumise_aux_droits_et_devoirs", texte).selon(source::CRITERE_2)
    }

    fn base(&self, caisse: u16, base: Option<Jour>, apres: bool) -> Phrase {
        let caisse = &self.explication.histoire.caisses[usize::from(caisse)].nom;
        let texte = match (base, apres) {
            (Some(base), true) => format!("Après le premier stock de {caisse}, daté du {}.", fr(base)),
            (Some(base), false) => format!(
                "Pas après le premier stock de {caisse}, daté du {} : ce qu'il montre était déjà là, on ne peut pas savoir depuis quand.",
                fr(base)
            ),
            (None, true) => format!("{caisse} n'a pas de stock mensuel ; le référentiel dit qu'elle n'avait personne."),
            (None, false) => {
                format!("Base inconnue : {caisse} n'a aucun stock mensuel, on ne peut pas savoir qui y était déjà.")
            }
        };
        Phrase::new("apres_le_premier_stock", texte).selon(source::SILENCE)
    }

    /// Third criterion: each follow-up, and what closed it or not.
    fn suivi(&self, dit: &ExamenDit, ouvert: Option<usize>, rattache: bool) -> Phrase {
        let orientations = self.explication.histoire.orientations.de(self.explication.personne);
        let avant = dit.suivis.iter().filter(|suivi| **suivi != Suivi::Repond).count();
        let texte = match (ouvert, rattache) {
            (None, _) if avant == 0 => format!(
                "Critère 3, pas de suivi en cours : aucune orientation n'avait été notifiée avant le {}.",
                fr(dit.examen.t0)
            ),
            (None, _) => "Critère 3, pas de suivi en cours : les suivis d'avant étaient fermés.".to_owned(),
            (Some(_), true) => format!(
                "Critère 3, pas de suivi en cours : l'orientation notifiée avant la réception du flux ({}) est rattachée à l'entrée (lecture orientation_anticipee=rattacher).",
                ouvert.and_then(|rang| orientations.get(rang)).map(|o| fr(o.date)).unwrap_or_default()
            ),
            (Some(rang), false) => format!(
                "Critère 3, pas de suivi en cours : un suivi est toujours ouvert depuis le {}.",
                orientations.get(rang).map(|o| fr(o.date)).unwrap_or_default()
            ),
        };
        let phrase = Phrase::new("pas_de_suivi_en_cours", texte).selon(source::CRITERE_3);
        let suivis = orientations.iter().zip(&dit.suivis).filter(|(_, suivi)| **suivi != Suivi::Repond);
        suivis.fold(phrase, |phrase, (o, suivi)| {
            let rattache = rattache && *suivi == Suivi::Ouvert;
            phrase.precise(if rattache {
                en_attente(self.explication.referentiel, o)
            } else {
                self.un_suivi(o, *suivi, &dit.examen)
            })
        })
    }

    fn un_suivi(&self, orientation: &Orientation, suivi: Suivi, examen: &Examen) -> String {
        let vers = mots::organisme(self.explication.referentiel, orientation);
        let qui = format!("Suivi ouvert le {} vers {vers}", fr(orientation.date));
        match suivi {
            Suivi::Ferme(Fermeture::Fin(jour)) => format!("{qui} : fermé par la fin de suivi du {}.", fr(jour)),
            Suivi::Ferme(Fermeture::Radiation(etape, jour)) => {
                format!("{qui} : fermé par la radiation vue le {} dans le {}.", fr(jour), self.flux(etape))
            }
            Suivi::Ferme(Fermeture::Suspension(etape, terme)) => {
                let suite = self.explication.interruptions.iter().find(|(suite, _)| suite.premiere == etape);
                let dates = suite.map(|(suite, _)| {
                    let apres = self.explication.parcours.etapes.get(suite.derniere + 1);
                    format!(
                        " du {} au {}",
                        fr(self.explication.parcours.debut_suspension(*suite)),
                        apres.map(|etape| fr(etape.jour)).unwrap_or_default()
                    )
                });
                format!(
                    "{qui} : fermé par la suspension{}, plus de 12 mois (ils finissaient le {}).",
                    dates.unwrap_or_default(),
                    fr(terme)
                )
            }
            Suivi::Ouvert => format!("{qui} : toujours ouvert. {}", self.ce_qui_ne_ferme_pas(orientation, examen)),
            Suivi::Repond => format!("{qui} : répond à l'entrée."),
        }
    }

    /// Why nothing closed a follow-up: what could have been taken for it.
    fn ce_qui_ne_ferme_pas(&self, orientation: &Orientation, examen: &Examen) -> String {
        let mut out = Vec::new();
        for (suite, interruption) in
            self.explication.interruptions.iter().filter(|(suite, _)| suite.premiere < examen.debut)
        {
            let premiere = self.explication.parcours.etapes[suite.premiere].jour;
            let etapes = &self.explication.parcours.etapes;
            let derniere = etapes.get(suite.derniere + 1).unwrap_or(&etapes[suite.derniere]).jour;
            match interruption {
                Interruption::Radiation if derniere >= orientation.date => out.push(format!(
                    "La radiation vue le {} est d'avant l'orientation : elle ne ferme que les suivis d'avant.",
                    fr(premiere)
                )),
                Interruption::SuspensionLongue(terme) if derniere >= orientation.date => out.push(format!(
                    "Les 12 mois de la suspension finissaient le {}, avant l'orientation : elle ne ferme que les suivis d'avant.",
                    fr(*terme)
                )),
                Interruption::Radiation | Interruption::SuspensionLongue(_) => {}
                _ if derniere >= orientation.date => out.push(self.interruption(*suite, *interruption).texte),
                _ => {}
            }
        }
        let fins = self.explication.histoire.fins_suivi.de(self.explication.personne);
        let trop_tard: Vec<&FinSuivi> = fins.iter().filter(|fin| fin.date > examen.t0).collect();
        if let Some(fin) = trop_tard.first() {
            out.push(format!(
                "La fin de suivi du {} vient après le {}, jour où le département a su : elle ne compte pas pour cette étape.",
                fr(fin.date),
                fr(examen.t0)
            ));
        }
        if out.is_empty() {
            out.push("Ni fin de suivi, ni radiation, ni suspension de plus de 12 mois depuis.".to_owned());
        }
        out.join(" ")
    }

    /// t0, and the file that gives it.
    fn reception(&self, examen: &Examen) -> Phrase {
        let texte = format!(
            "Le département l'a su le {} (t0) : il a reçu ce jour-là le {}.",
            fr(examen.t0),
            self.flux(examen.recue)
        );
        let phrase = Phrase::new("t0", texte).selon(source::ENTRANTS).donne("t0", examen.t0.to_string());
        if examen.recue == examen.debut {
            return phrase;
        }
        phrase.precise(format!(
            "Le premier fichier qui en parle est le {} ; celui qui donne t0 est arrivé avant lui.",
            self.flux(examen.debut)
        ))
    }

    fn categorie(&self, examen: &Examen) -> Phrase {
        let avant = examen.avant.map(|etape| self.flux(etape)).unwrap_or_default();
        let pourquoi = match examen.categorie {
            Categorie::Primo => "aucun droit antérieur n'est connu, et le dossier est nouveau".to_owned(),
            Categorie::RejointFoyer => {
                format!(
                    "aucun droit antérieur n'est connu, et le {} l'était déjà par une autre personne",
                    self.dossier(examen.dossier.dossier)
                )
            }
            Categorie::RetourSuspension => format!("juste avant, son droit était suspendu, d'après le {avant}"),
            Categorie::RetourRadiation => format!("juste avant, son dossier était clos, d'après le {avant}"),
            Categorie::RetourDd => {
                format!("juste avant, son droit était versable mais elle n'était pas soumise, d'après le {avant}")
            }
        };
        Phrase::new("categorie", format!("Catégorie : {}, car {pourquoi}.", mots::categorie(examen.categorie)))
            .selon(source::ENTRANTS)
            .donne("categorie", examen.categorie.code())
    }
}

/// A follow-up that belongs to the entry instead of blocking it.
fn en_attente(referentiel: &Referentiel, orientation: &Orientation) -> String {
    format!(
        "Suivi ouvert le {} vers {} : pendant l'attente du flux, il appartient à cette entrée.",
        fr(orientation.date),
        mots::organisme(referentiel, orientation)
    )
}

/// What an event says, and where it was read.
fn evenement(code: &'static str, jour: Option<Jour>, quoi: &str, origine: Option<&Origine>) -> Phrase {
    let phrase = Phrase { jour, ..Phrase::new(code, format!("{quoi}{}.", lu(origine))) };
    match origine {
        Some(origine) => ou(phrase, origine),
        None => phrase,
    }
}

/// Where an event was read, for programs.
fn ou(phrase: Phrase, origine: &Origine) -> Phrase {
    phrase
        .donne("id_evenement", donne(&origine.id))
        .donne("fichier", donne(&origine.lieu.fichier))
        .donne("ligne", origine.lieu.ligne)
}

/// A text that begins a sentence.
fn majuscule(texte: &str) -> String {
    let mut lettres = texte.chars();
    lettres.next().map(|premiere| premiere.to_uppercase().chain(lettres).collect()).unwrap_or_default()
}

// Events, in words.

pub(super) fn orientation(referentiel: &Referentiel, o: &Orientation) -> String {
    let mut out = format!("vers {}", mots::organisme(referentiel, o));
    let details: Vec<String> = [
        mots::type_parcours(o.type_parcours),
        mots::dispositif(o.dispositif),
        &donne(&o.structure),
        &donne(&o.territoire),
    ]
    .into_iter()
    .filter(|detail| !detail.is_empty())
    .map(str::to_owned)
    .collect();
    if !details.is_empty() {
        out.push_str(&format!(" ({})", details.join(", ")));
    }
    out
}

/// An appointment: « rendez-vous d'accompagnement, fixé le …, honoré ».
pub(super) fn rendez_vous(rdv: &RendezVous) -> String {
    let fixe = if rdv.fixe_le == rdv.date { String::new() } else { format!(" (fixé le {})", fr(rdv.fixe_le)) };
    format!("{}{fixe}, {}", mots::type_rdv(rdv.type_rdv), mots::statut(rdv.statut))
}

/// A contract: « CER signé, le premier (rang 1) ».
fn contrat(referentiel: &Referentiel, contrat: &Contrat) -> String {
    let mot = |mot| referentiel.mot(mot, contrat.date);
    let (entier, court) = (mot(Mot::Contrat), mot(Mot::Cer));
    let nom = match contrat.type_contrat {
        "cer" if entier == court => majuscule(entier),
        "cer" => format!("{} ({court})", majuscule(entier)),
        _ => format!("Projet personnalisé d'accès à l'emploi (PPAE, {})", mot(Mot::PoleEmploi)),
    };
    format!("{nom} signé{}", rang(contrat))
}

/// The rank of a contract, when it is given.
pub(super) fn rang(contrat: &Contrat) -> String {
    match contrat.rang {
        None => String::new(),
        Some(1) => ", le premier (rang 1)".to_owned(),
        Some(rang) => format!(", un renouvellement (rang {rang})"),
    }
}

fn accompagnement(a: &Accompagnement) -> String {
    let mut dates = Vec::new();
    dates.extend(a.propose_le.map(|jour| format!("proposé le {}", fr(jour))));
    dates.extend(a.debut.map(|jour| format!("commencé le {}", fr(jour))));
    dates.extend(a.fin.map(|jour| format!("fini le {}", fr(jour))));
    let nom = if a.type_accompagnement == "GAD" {
        "Accompagnement de la garantie d'activité départementale (GAD)"
    } else {
        "Accompagnement global (AG)"
    };
    if dates.is_empty() { format!("{nom}, sans date") } else { format!("{nom} {}", dates.join(", ")) }
}

fn fin_de_suivi(fin: &FinSuivi) -> String {
    format!("Fin de suivi : {}", mots::motif_de_fin(fin.motif))
}
