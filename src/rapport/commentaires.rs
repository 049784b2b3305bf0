//! The comments that go with the table: those that the guide asks for, written from the data, ready
//! to be pasted in the form and in the execution report.
//!
//! Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, sections 6 and 7;
//! annexe 5 (distance to the target).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{
    Commentaire, Contexte, delai_change, figure, figure_en_jours, figure_en_pourcent, fr, lectures_choisies, nombre,
    pourcent,
};
use crate::indicateurs::axes::{Axe, Part};
use crate::indicateurs::delais::taux;
use crate::indicateurs::diffusion::secret::SEUIL;
use crate::indicateurs::diffusion::{compte, trop_peu};
use crate::indicateurs::{Indicateur, Tableau, Tenue, Valeur};
use crate::parcours::histoire::Histoire;
use crate::qualite::completude::EtatCaisse;
use crate::referentiel::{Flux, Mot};
use crate::temps::Jour;

/// Days without any appointment or contract after which the data of a structure are late. The guide
/// gives none: it is the two months that a CER may take.
const SILENCE_D_UNE_STRUCTURE: i64 = 60;
/// How many structures or parts a sentence names.
const NOMMEES: usize = 10;
/// Parts of an axis in which a distance is said to concentrate.
const FOYERS_DE_L_ECART: usize = 3;
/// People by adviser of the accompagnement global, at most.
const PAR_CONSEILLER: f64 = 70.0;
/// Days to the start of the accompagnement global, at most: three weeks.
const DEMARRAGE: f64 = 21.0;
/// What the department has to write.
const A_COMPLETER: &str =
    "[À compléter par le département : ce qui explique cet écart, et ce qui est fait pour le réduire.]";

/// Writes the comments of a table.
///
/// `entier` is the whole table, its entries included: it is only ever counted from. `cite` is the one
/// whose figures are cited: the same, or what is left of it when it is meant to leave the department.
#[must_use]
pub fn rediger(
    contexte: &Contexte<'_>,
    entier: &Tableau<'_>,
    cite: &Tableau<'_>,
    histoire: &Histoire,
) -> Vec<Commentaire> {
    let redaction = Redaction { contexte, histoire, entier, cite };
    let ecarts = redaction.cite.indicateurs.iter().filter_map(|indicateur| redaction.ecart(indicateur));
    [
        redaction.frequence(),
        redaction.flux_manquants(),
        redaction.hors_pole_emploi(),
        redaction.accompagnement_global(),
        redaction.rendez_vous_manques(),
        redaction.structures(),
    ]
    .into_iter()
    .flatten()
    .chain(ecarts)
    .chain([redaction.objectifs(), redaction.fiabilite(), redaction.lectures()].into_iter().flatten())
    .collect()
}

/// The comments in markdown.
#[must_use]
pub fn markdown(commentaires: &[Commentaire], contexte: &Contexte<'_>) -> String {
    let periode = &contexte.periode;
    let campagne = contexte.campagne.map(|nom| format!("Campagne {} : ", echappe(nom))).unwrap_or_default();
    let mut out = format!(
        "# Commentaires\n\n{campagne}section 3, du {} au {}, arrêté au {}.\n",
        fr(periode.du),
        fr(periode.au),
        fr(periode.arrete)
    );
    for commentaire in commentaires {
        let de = commentaire.indicateurs.join(", ");
        let de = if de.is_empty() { String::new() } else { format!(" ({de})") };
        out.push_str(&format!("\n## {}{de}\n", commentaire.titre));
        commentaire.paragraphes.iter().for_each(|texte| out.push_str(&format!("\n{}\n", echappe(texte))));
    }
    out
}

/// A text that markdown shows as it is.
fn echappe(texte: &str) -> String {
    let mut out = String::with_capacity(texte.len());
    for c in texte.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// What the comments are written from.
struct Redaction<'a, 'b> {
    contexte: &'a Contexte<'b>,
    histoire: &'a Histoire,
    /// The whole table: only ever counted from, never cited.
    entier: &'a Tableau<'b>,
    /// The table whose figures are cited.
    cite: &'a Tableau<'b>,
}

fn commentaire(
    titre: impl Into<Cow<'static, str>>,
    indicateurs: &[&'static str],
    paragraphes: Vec<String>,
) -> Option<Commentaire> {
    (!paragraphes.is_empty()).then(|| Commentaire {
        titre: titre.into(),
        indicateurs: indicateurs.to_vec(),
        paragraphes,
        a_completer: false,
    })
}

/// A sum of counts; `None` when one of them is hidden.
fn somme(comptes: &[Valeur]) -> Option<u64> {
    comptes.iter().map(|n| n.entier()).sum()
}

fn montree(n: Option<u64>) -> String {
    figure(Some(n.map_or(Valeur::Masquee, Valeur::Entier)))
}

fn taux_montre(n: Option<u64>, sur: Option<u64>) -> String {
    figure_en_pourcent(match (n, sur) {
        (Some(n), Some(sur)) => taux(n, sur).map(Valeur::Decimal),
        _ => Some(Valeur::Masquee),
    })
}

/// Names, the first ones only.
fn liste(noms: &[String]) -> String {
    let reste = noms.len().saturating_sub(NOMMEES);
    let plus = match reste {
        0 => String::new(),
        1 => " et 1 autre".to_owned(),
        n => format!(" et {n} autres"),
    };
    format!("{}{plus}", noms[..noms.len().min(NOMMEES)].join(", "))
}

/// A structure, as the entries of the period and the events tell it.
#[derive(Default)]
struct Structure {
    /// Entries oriented there.
    orientees: u64,
    /// Those with an appointment or a CER.
    suivies: u64,
    /// Those without any, whose CER is late.
    echues: u64,
    /// Last appointment fixed or CER signed there.
    dernier: Option<Jour>,
}

impl Redaction<'_, '_> {
    fn tenue(&self, id: &str) -> Option<&Tenue> {
        self.cite.indicateurs.iter().find(|indicateur| indicateur.definition.id == id)?.tenue.as_ref()
    }

    fn valeur(&self, id: &str) -> Option<Valeur> {
        self.cite.indicateurs.iter().find(|indicateur| indicateur.definition.id == id)?.valeur
    }

    /// The frequency of the transmissions.
    ///
    /// Source: instruction 2022/19, annexe 7, section 6 (comment asked beside the orientations).
    fn frequence(&self) -> Option<Commentaire> {
        let completude = self.contexte.completude;
        let mediane = |caisse: &str| {
            let figures = self.cite.complementaires.iter().filter(|c| c.code == "frequence_transmissions");
            let found = figures.filter(|c| c.caisse.as_deref() == Some(caisse)).find_map(|c| c.valeur?.nombre());
            found.map(|jours| {
                format!(", un fichier tous les {} jours en médiane", nombre(jours, usize::from(jours.fract() != 0.0)))
            })
        };
        let dire = |caisse: &EtatCaisse| {
            format!(
                "{} transmet {}{} : {} quotidien(s) et {} mensuel(s) dans la période.",
                caisse.caisse,
                match caisse.rythme.libelle() {
                    libelle if caisse.quotidiens == 0 && caisse.mensuels == 0 =>
                        format!("ses flux (rythme : {libelle})"),
                    libelle => format!("ses quotidiens au rythme suivant : {libelle}"),
                },
                mediane(&caisse.caisse).unwrap_or_default(),
                caisse.quotidiens,
                caisse.mensuels
            )
        };
        let mut paragraphes: Vec<String> = completude.caisses.iter().map(dire).collect();
        let retards = completude.caisses.iter().flat_map(|caisse| &caisse.retards);
        let (n, pire) = retards.fold((0, 0), |(n, pire), retard| (n + 1, pire.max(retard.jours)));
        if n > 0 {
            paragraphes.push(format!(
                "{n} fichier(s) ont été reçus longtemps après leur création (jusqu'à {pire} jours). Le délai d'orientation \
                 part de la réception par le département : ce retard n'y entre pas."
            ));
        }
        commentaire("Fréquence des transmissions", &["3.1.1", "3.1.2"], paragraphes)
    }

    fn flux_manquants(&self) -> Option<Commentaire> {
        let completude = self.contexte.completude;
        let manque = completude.incomplete().then(|| {
            format!(
                "{}. Les entrées que ces fichiers auraient montrées ne sont vues qu'au fichier suivant, ou ne le sont pas.",
                completude.phrase()
            )
        });
        commentaire("Jours de flux manquants", &["3.1.1", "3.1.2"], manque.into_iter().collect())
    }

    /// The orientations outside Pôle emploi.
    ///
    /// Source: instruction 2022/19, annexe 7, section 6 (nouveaux entrants, to be told in the reports).
    fn hors_pole_emploi(&self) -> Option<Commentaire> {
        if self.contexte.referentiel.lectures.flux == Flux::Evenements {
            return None;
        }
        let (o, c) = (&self.tenue("3.1.2")?.repartition, &self.tenue("3.1.6")?.repartition);
        let orientees = somme(&[o.dans_les_delais, o.hors_delai]);
        if orientees == Some(0) {
            return None;
        }
        let hors = somme(&[c.dans_les_delais, c.hors_delai, c.en_cours, c.echus]);
        let pole_emploi = orientees.zip(hors).map(|(tous, hors)| tous.saturating_sub(hors));
        let pe = self.mot(Mot::PoleEmploi);
        let mut paragraphes = vec![format!(
            "Sur {} entrées orientées, {} l'ont été vers une structure hors {pe} ({}) et {} vers {pe}.",
            montree(orientees),
            montree(hors),
            taux_montre(hors, orientees),
            montree(pole_emploi)
        )];
        let organismes: Vec<String> = self
            .parts(Axe::Organisme)
            .filter_map(|part| Some(format!("{} {}", part.valeur, figure(part.indicateurs.first()?.valeur))))
            .collect();
        if !organismes.is_empty() {
            paragraphes.push(format!("Par organisme : {}.", organismes.join(", ")));
        }
        commentaire(format!("Orientations hors {pe}"), &["3.1.1", "3.1.2"], paragraphes)
    }

    /// A word on the last day of the period.
    fn mot(&self, mot: Mot) -> &str {
        self.contexte.referentiel.mot(mot, self.contexte.periode.au)
    }

    fn parts(&self, axe: Axe) -> impl Iterator<Item = &Part> {
        self.cite.repartitions.iter().filter(move |part| part.axe == axe)
    }

    /// The orientations towards the accompagnement global, apart from the others.
    ///
    /// Source: instruction 2022/19, annexe 7, section 6 (comment asked beside the orientations).
    fn accompagnement_global(&self) -> Option<Commentaire> {
        let suites =
            || self.entier.lignes.iter().map(|ligne| &ligne.suites).filter(|suites| suites.orientation.is_some());
        let ag = |suites: &&crate::entrees::Suites<'_>| suites.orientation.is_some_and(|o| o.dispositif == "AG");
        let compter = |n: usize| n as u64;
        let [toutes, a_temps] = [compter(suites().count()), compter(suites().filter(|s| s.oriente_a_temps()).count())];
        let [globales, globales_a_temps] = [
            compter(suites().filter(ag).count()),
            compter(suites().filter(ag).filter(|s| s.oriente_a_temps()).count()),
        ];
        if toutes == 0 {
            return None;
        }
        // In what leaves, the four counts are shown together or not at all, among those of the table.
        let visibles = self.tenue("3.1.2").and_then(|tenue| {
            let r = &tenue.repartition;
            Some((r.dans_les_delais.entier()?, r.hors_delai.entier()?))
        });
        let mut groupes: BTreeMap<(bool, bool, bool), u64> = BTreeMap::new();
        for s in suites() {
            *groupes.entry((ag(&s), s.hors_pe(), s.oriente_a_temps())).or_default() += 1;
        }
        let dites = visibles.is_some_and(|visibles| visibles == (a_temps, toutes - a_temps))
            && !groupes.values().any(|n| trop_peu(*n));
        let montrer = |n: u64| (dites || !self.contexte.diffusion).then_some(n);
        let tous = if self.contexte.diffusion { visibles.map(|(a, b)| a + b) } else { Some(toutes) };
        let paragraphe = if globales == 0 && montrer(0).is_some() {
            format!("Aucune des {} entrées orientées ne l'a été vers l'accompagnement global.", montree(tous))
        } else {
            let Contexte { referentiel, periode, .. } = &self.contexte;
            let change = delai_change(referentiel, periode, "delai_orientation");
            let a_l_heure = if change { "dans le délai" } else { "en un mois et moins" };
            let [n, dont] = [globales, globales_a_temps].map(montrer);
            let [autres, dont_autres] = [toutes - globales, a_temps - globales_a_temps].map(montrer);
            format!(
                "Sur {} entrées orientées, {} l'ont été vers l'accompagnement global, dont {} {a_l_heure} ({}). \
                 Les autres orientations sont au nombre de {}, dont {} {a_l_heure} ({}).",
                montree(tous),
                montree(n),
                montree(dont),
                taux_montre(dont, n),
                montree(autres),
                montree(dont_autres),
                taux_montre(dont_autres, autres)
            )
        };
        commentaire("Orientations vers l'accompagnement global", &["3.1.2", "3.2.3"], vec![paragraphe])
    }

    /// Those who missed the orientation appointment.
    ///
    /// Source: instruction 2022/19, annexe 7, section 6 (comment asked beside the orientations).
    fn rendez_vous_manques(&self) -> Option<Commentaire> {
        let manques = self.cite.complementaires.iter().find(|c| c.code == "rdv_orientation_manques")?;
        let (n, _) = manques.effectif?;
        if n == 0 {
            return None;
        }
        let cachee = manques.valeur == Some(Valeur::Masquee);
        let cite = (!cachee).then_some(n);
        let absentes = || self.entier.lignes.iter().map(|ligne| &ligne.suites).filter(|s| s.rdv_orientation_manque);
        let orientees = absentes().filter(|s| s.orientation.is_some()).count() as u64;
        // Other readings close the complementary figures on another day: the entries tell another count.
        let dites = absentes().count() as u64 == n && !self.contexte.diffusion;
        let mut texte = format!(
            "{} entrée(s) comptent au moins un rendez-vous d'orientation auquel la personne ne s'est pas présentée",
            montree(cite)
        );
        if dites {
            texte.push_str(&format!(", dont {orientees} ont été orientées"));
        }
        texte.push('.');
        commentaire("Absences au rendez-vous d'orientation", &["3.1.2"], vec![texte])
    }

    /// The structures whose data are missing or late, by name.
    ///
    /// Source: instruction 2022/19, annexe 7, section 6 (comment asked beside the appointments).
    fn structures(&self) -> Option<Commentaire> {
        let mut structures = self.structures_des_entrees();
        self.derniers_evenements(&mut structures);
        let sans_nom = structures.remove("").map_or(0, |structure| structure.orientees);
        let arrete = self.contexte.periode.arrete;
        let assez = |structure: &Structure| !self.contexte.diffusion || structure.orientees >= SEUIL;
        let retenues = || structures.iter().filter(|(_, structure)| assez(structure));
        let entrees =
            |n: u64| if self.contexte.diffusion { String::new() } else { format!(" ({n} entrée(s) orientée(s))") };
        let muettes: Vec<String> = retenues()
            .filter(|(_, s)| s.suivies == 0 && s.dernier.is_none() && s.echues > 0)
            .map(|(nom, s)| format!("{nom}{}", entrees(s.orientees)))
            .collect();
        let tardives: Vec<String> = retenues()
            .filter_map(|(nom, s)| {
                let dernier = s.dernier.filter(|dernier| arrete.depuis(*dernier) > SILENCE_D_UNE_STRUCTURE)?;
                (s.echues > 0).then(|| format!("{nom} (dernier événement le {})", fr(dernier)))
            })
            .collect();
        let mut paragraphes = Vec::new();
        if !muettes.is_empty() {
            paragraphes.push(format!(
                "Aucun rendez-vous d'accompagnement ni {} n'est connu pour : {}. Leurs données manquent, ou rien n'a été fait.",
                self.mot(Mot::Cer),
                liste(&muettes)
            ));
        }
        if !tardives.is_empty() {
            paragraphes.push(format!(
                "Rien n'est remonté depuis plus de {SILENCE_D_UNE_STRUCTURE} jours, alors que des {} y sont en retard, de : {}.",
                if delai_change(self.contexte.referentiel, &self.contexte.periode, "delai_premier_cer") {
                    "contrats"
                } else {
                    "CER"
                },
                liste(&tardives)
            ));
        }
        if sans_nom > 0 {
            let combien = if self.contexte.diffusion { "Des".to_owned() } else { sans_nom.to_string() };
            paragraphes.push(format!(
                "{combien} orientation(s) hors {} ne nomment pas leur structure.",
                self.mot(Mot::PoleEmploi)
            ));
        }
        commentaire(
            "Structures dont les données manquent ou tardent",
            &["3.1.3", "3.1.4", "3.1.5", "3.1.6"],
            paragraphes,
        )
    }

    fn structures_des_entrees(&self) -> BTreeMap<String, Structure> {
        let arrete = self.contexte.periode.arrete;
        let mut out: BTreeMap<String, Structure> = BTreeMap::new();
        for suites in self.entier.lignes.iter().map(|ligne| &ligne.suites).filter(|suites| suites.hors_pe()) {
            let Some(orientation) = suites.orientation else { continue };
            let structure = out.entry(orientation.structure.trim().to_owned()).or_default();
            let suivie = suites.premier_rdv.is_some() || suites.premier_cer.is_some();
            structure.orientees += 1;
            structure.suivies += u64::from(suivie);
            let en_retard = suites.delai_premier_cer.is_some_and(|delai| delai.fin.is_none() && delai.limite < arrete);
            structure.echues += u64::from(en_retard);
        }
        out
    }

    /// The last event of each structure: that of a person whose last orientation is there.
    fn derniers_evenements(&self, structures: &mut BTreeMap<String, Structure>) {
        let arrete = self.contexte.periode.arrete;
        for personne in 0..self.histoire.personnes {
            let orientations = self.histoire.orientations.de(personne);
            let fixes = self.histoire.rendez_vous.de(personne).iter().filter(|rdv| rdv.type_rdv != "orientation");
            let signes = self.histoire.contrats.de(personne).iter().filter(|contrat| contrat.type_contrat == "cer");
            let jours = fixes.map(|rdv| rdv.fixe_le).chain(signes.map(|contrat| contrat.date));
            for jour in jours.filter(|jour| *jour <= arrete) {
                let orientation = orientations.iter().rev().find(|o| o.date <= jour && o.organisme != "PE");
                if let Some(structure) = orientation.and_then(|o| structures.get_mut(o.structure.trim())) {
                    structure.dernier = structure.dernier.max(Some(jour));
                }
            }
        }
    }

    /// A distance to the target that has to be justified.
    ///
    /// Source: instruction 2022/19, body of the text, note 2; annexe 5, note 1.
    fn ecart(&self, indicateur: &Indicateur) -> Option<Commentaire> {
        let tenue = indicateur.tenue.as_ref()?;
        let oui = |eloigne: Option<bool>| eloigne == Some(true);
        let selon: Vec<&str> =
            [(tenue.eloigne_note_2, "la note 2 de l'instruction"), (tenue.eloigne_annexe_5, "l'annexe 5")]
                .into_iter()
                .filter(|(eloigne, _)| oui(*eloigne))
                .map(|(_, texte)| texte)
                .collect();
        if selon.is_empty() {
            return None;
        }
        let id = indicateur.definition.id;
        let Contexte { referentiel, periode, .. } = &self.contexte;
        let change = |parametre: &str| delai_change(referentiel, periode, parametre);
        let (titre, sur, issue, de, tardive) = match id {
            "3.1.2" => (
                if change("delai_orientation") {
                    "Écart à la cible : délai de l'orientation"
                } else {
                    "Écart à la cible : orientation en un mois"
                },
                "3.1.1",
                "orientation",
                "d'orientation",
                "orientations tardives",
            ),
            "3.1.4" => (
                if change("delai_premier_rdv") {
                    "Écart à la cible : délai du premier rendez-vous"
                } else {
                    "Écart à la cible : rendez-vous en deux semaines"
                },
                "3.1.3",
                "rendez-vous",
                "de rendez-vous",
                "rendez-vous tardifs",
            ),
            _ if change("delai_premier_cer") => {
                ("Écart à la cible : délai du premier contrat", "3.1.5", "contrat", "de contrat", "contrats tardifs")
            }
            _ => ("Écart à la cible : CER en deux mois", "3.1.5", "CER", "de CER", "CER tardifs"),
        };
        let r = &tenue.repartition;
        let montrer = |n: Valeur| figure(Some(n));
        let mut paragraphes = vec![
            format!(
                "{} : {} sur {} ({sur}), soit {}, pour une cible de {}{}. L'indicateur est très éloigné de la cible selon {}.",
                indicateur.libelle,
                figure(indicateur.valeur),
                figure(self.valeur(sur)),
                figure_en_pourcent(tenue.taux),
                tenue.cible.map_or_else(|| "100,0 %".to_owned(), pourcent),
                if tenue.cible_exemple { " (un exemple, à remplacer par celle du département)" } else { "" },
                selon.join(" et ")
            ),
            format!(
                "Dans les délais : {}. Hors délai : {}. Sans {issue} alors que le délai est échu : {}. Encore dans les \
                 délais à l'arrêté : {}. Délai moyen : {} (médiane {}).",
                montrer(r.dans_les_delais),
                montrer(r.hors_delai),
                montrer(r.echus),
                montrer(r.en_cours),
                figure_en_jours(r.moyenne_jours),
                figure_en_jours(r.mediane_jours)
            ),
        ];
        if let (Some(tard), Some(echus)) = (r.hors_delai.entier(), r.echus.entier())
            && tard + echus > 0
        {
            paragraphes.push(match tard.cmp(&echus) {
                std::cmp::Ordering::Greater => format!("L'écart tient surtout à des {tardive}."),
                std::cmp::Ordering::Less => {
                    format!("L'écart tient surtout à l'absence {de} à l'échéance du délai.")
                }
                std::cmp::Ordering::Equal => {
                    format!("L'écart tient autant à des {tardive} qu'à l'absence {de} à l'échéance du délai.")
                }
            });
        }
        paragraphes.extend(
            [Axe::Structure, Axe::Territoire, Axe::Caisse, Axe::Mois]
                .into_iter()
                .filter_map(|axe| self.concentration(id, axe)),
        );
        paragraphes.push(A_COMPLETER.to_owned());
        Some(Commentaire { titre: titre.into(), indicateurs: vec![id], paragraphes, a_completer: true })
    }

    /// Where the delays that were not kept are the most numerous.
    fn concentration(&self, id: &str, axe: Axe) -> Option<String> {
        let rates = |tenue: &Tenue| somme(&[tenue.repartition.hors_delai, tenue.repartition.echus]);
        let tous = rates(self.tenue(id)?).filter(|tous| *tous > 0)?;
        if self.parts(axe).count() < 2 {
            return None;
        }
        let mut parts: Vec<(u64, &str)> = self
            .parts(axe)
            .filter_map(|part| {
                let tenue = part.indicateurs.iter().find(|i| i.definition.id == id)?.tenue.as_ref()?;
                Some((rates(tenue).filter(|n| *n > 0)?, part.valeur.as_str()))
            })
            .collect();
        parts.sort_by(|(n, a), (m, b)| m.cmp(n).then_with(|| a.cmp(b)));
        let dites: Vec<String> = parts
            .into_iter()
            .take(FOYERS_DE_L_ECART)
            .map(|(n, nom)| format!("{nom} {n} ({})", taux_montre(Some(n), Some(tous))))
            .collect();
        (!dites.is_empty()).then(|| {
            format!(
                "Délais non tenus, {tous} en tout ; les plus nombreux selon l'axe « {} » : {}.",
                axe.libelle(),
                dites.join(", ")
            )
        })
    }

    /// The accompagnement global: whose figures they are, and how far from what is expected.
    ///
    /// Source: instruction 2022/19, annexe 7, section 7 (70 people by adviser; less than three weeks).
    fn objectifs(&self) -> Option<Commentaire> {
        const DE_POLE_EMPLOI: [&str; 4] = ["3.2.3", "3.2.4", "3.2.5", "3.2.6"];
        let (mut calcules, mut compares) = (Vec::new(), Vec::new());
        for indicateur in self.cite.indicateurs.iter().filter(|i| DE_POLE_EMPLOI.contains(&i.definition.id)) {
            match indicateur.valeur_calculee {
                None => calcules.push(indicateur.definition.id),
                Some(calculee) if calculee != indicateur.valeur => compares.push(format!(
                    "{} {} contre {}",
                    indicateur.definition.id,
                    figure(indicateur.valeur),
                    figure(calculee)
                )),
                Some(_) => {}
            }
        }
        let pe = self.mot(Mot::PoleEmploi);
        let mut paragraphes = Vec::new();
        if !calcules.is_empty() {
            paragraphes.push(format!(
                "Le bilan de {pe} n'a pas été fourni pour exactement cette période : {} viennent des événements du \
                 département. Le guide demande les chiffres de {pe}.",
                calcules.join(", ")
            ));
        }
        if !compares.is_empty() {
            paragraphes.push(format!(
                "Les chiffres transmis par {pe} diffèrent de ceux des événements du département : {}.",
                compares.join(", ")
            ));
        }
        let depasse = |id: &str, seuil: f64| self.valeur(id).and_then(Valeur::nombre).filter(|x| *x > seuil);
        let ecarts: Vec<String> = [
            depasse("3.2.5", PAR_CONSEILLER).map(|_| {
                format!(
                    "3.2.5 : {} personnes par conseiller, pour {} au plus.",
                    figure(self.valeur("3.2.5")),
                    nombre(PAR_CONSEILLER, 0)
                )
            }),
            depasse("3.2.6", DEMARRAGE).map(|_| {
                format!("3.2.6 : {} pour démarrer, pour trois semaines au plus.", figure_en_jours(self.valeur("3.2.6")))
            }),
        ]
        .into_iter()
        .flatten()
        .collect();
        let a_completer = !ecarts.is_empty();
        paragraphes.extend(ecarts);
        paragraphes.extend(a_completer.then(|| A_COMPLETER.to_owned()));
        let mut out = commentaire("Accompagnement global : source et objectifs", &DE_POLE_EMPLOI, paragraphes)?;
        out.a_completer = a_completer;
        Some(out)
    }

    /// What weakens the figures.
    fn fiabilite(&self) -> Option<Commentaire> {
        let qualite = &self.cite.qualite;
        let dit = |n: u64| figure(Some(compte(n, self.contexte.diffusion)));
        let mut paragraphes = Vec::new();
        let entrants = self.cite.indicateurs.iter().find(|i| i.definition.id == "3.1.1");
        paragraphes.extend(entrants.and_then(|i| Some(format!("3.1.1 : {}.", i.motif.as_deref()?))));
        let periode = &self.contexte.periode;
        let purge = self.histoire.fichiers.iter().any(|fichier| {
            let dtref = fichier.en_tete.dtref;
            periode.du <= dtref && dtref <= periode.au && !fichier.en_tete.temoins.is_empty()
        });
        if purge {
            paragraphes.push(
                "Des personnes ont été purgées de l'entrepôt depuis : si elles comptaient dans cette période, les chiffres \
                 sont plus bas que ceux d'alors."
                    .to_owned(),
            );
        }
        for (genre, raison, n) in &qualite.en_attente {
            paragraphes.push(format!("{} événement(s) en attente dans {genre} : {}.", dit(*n), raison.libelle()));
        }
        if qualite.retours_sans_historique > 0 {
            paragraphes.push(format!(
                "{} retour(s) de personnes connues avant la première orientation enregistrée : un suivi plus ancien a pu être \
                 oublié, et ces entrées comptées à tort.",
                dit(qualite.retours_sans_historique)
            ));
        }
        let doutes = qualite.doutes.avec_et_sans_nir + qualite.doutes.deux_nir;
        if doutes > 0 {
            paragraphes.push(format!("{} identité(s) en doute, non rapprochées.", dit(doutes)));
        }
        commentaire("Fiabilité des données", &[], paragraphes)
    }

    fn lectures(&self) -> Option<Commentaire> {
        let lectures = lectures_choisies(self.contexte.referentiel);
        let texte = (!lectures.is_empty()).then(|| {
            format!("Les chiffres suivent d'autres lectures des textes que celles du guide : {}.", lectures.join(", "))
        });
        commentaire("Lectures retenues", &[], texte.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
