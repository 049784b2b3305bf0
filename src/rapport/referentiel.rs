//! A référentiel for people and programs: what it says, what is wrong with it, how two of them differ.

use serde_json::{Map, Value, json};

use super::json::decimal;
use super::tableau::{avec_ecart, cadre, plie};
use super::{figure, fr, pourcent};
use crate::indicateurs::{Indicateur, Valeur};
use crate::referentiel::{Cible, Constat, Lectures, Libelle, PARAMETRES, ParametreDate, Referentiel, ValeurDatee};
use crate::systeme::Affichable;
use crate::temps::Jour;

/// A value as it is written in the file, with a decimal comma.
fn valeur(x: f64) -> String {
    x.to_string().replace('.', ",")
}

/// A value with its unit, and what starts the delay when its text says it.
fn valeur_datee(v: &ValeurDatee) -> String {
    let debut = v.debut.map(|debut| format!(" (début : {})", debut.code())).unwrap_or_default();
    format!("{} {}{debut}", valeur(v.valeur), v.unite.code())
}

/// A table of texts.
fn table(largeur: Option<u16>, entetes: &[&str], lignes: Vec<Vec<String>>) -> String {
    let mut table = cadre(largeur, false);
    table.set_header(entetes);
    for ligne in lignes {
        table.add_row(ligne.iter().map(|texte| Affichable(texte).to_string()));
    }
    format!("{table}\n")
}

/// The readings of a référentiel: switch, value, that of the guide, the text that supports it.
fn lectures(referentiel: &Referentiel) -> Vec<(&'static str, String, String, &'static str)> {
    let choisies = referentiel.lectures.choisies();
    choisies
        .into_iter()
        .zip(Lectures::default().choisies())
        .map(|((cle, valeur), (_, guide))| {
            let texte = Lectures::texte(cle, &valeur).unwrap_or_default();
            (cle, valeur, guide, texte)
        })
        .collect()
}

/// A référentiel on a terminal: parameters, readings and targets, each with its date and its source.
#[must_use]
pub fn montrer(referentiel: &Referentiel, largeur: Option<u16>) -> String {
    let titre = format!(
        "Référentiel « {} », vérifié face aux textes jusqu'au {} ; caisse sans flux mensuel : {}",
        Affichable(&referentiel.nom),
        fr(referentiel.verifie_le),
        referentiel.base.code()
    );
    let parametres = PARAMETRES.iter().zip(referentiel.parametres()).flat_map(|(definition, parametre)| {
        parametre.valeurs().map(move |v| {
            let nom = format!("{} : {}", definition.nom, definition.quoi);
            vec![nom, fr(v.depuis), valeur_datee(v), v.source.clone()]
        })
    });
    let lectures = lectures(referentiel).into_iter().map(|(cle, valeur, guide, texte)| {
        let du_guide = if valeur == guide { "guide".to_owned() } else { format!("autre (guide : {guide})") };
        vec![cle.to_owned(), valeur, du_guide, texte.to_owned()]
    });
    let cibles = referentiel.cibles().iter().map(|cible| {
        let exemple = if cible.exemple { " (exemple)" } else { "" };
        vec![
            cible.indicateur.clone(),
            cible.annee.to_string(),
            format!("{}{exemple}", pourcent(cible.valeur)),
            cible.source.clone(),
        ]
    });
    let libelles: Vec<Vec<String>> = referentiel
        .libelles()
        .iter()
        .map(|l| vec![l.cle.clone(), fr(l.depuis), l.texte.clone(), l.source.clone()])
        .collect();
    let libelles = if libelles.is_empty() {
        String::new()
    } else {
        format!("\nLibellés\n{}", table(largeur, &["Quoi", "Depuis le", "Libellé", "Source"], libelles))
    };
    format!(
        "{}\n\nParamètres\n{}\nLectures\n{}\nCibles\n{}{libelles}",
        plie(&titre, largeur, "  "),
        table(largeur, &["Paramètre", "Depuis le", "Valeur", "Source"], parametres.collect()),
        table(largeur, &["Lecture", "Valeur", "Celle du guide ?", "Ce qui l'appuie"], lectures.collect()),
        table(largeur, &["Indicateur", "Année", "Cible", "Source"], cibles.collect())
    )
}

/// The same for programs.
#[must_use]
pub fn montrer_json(referentiel: &Referentiel) -> Value {
    let parametres: Map<String, Value> = PARAMETRES
        .iter()
        .zip(referentiel.parametres())
        .map(|(definition, parametre)| {
            let valeurs: Vec<Value> = parametre.valeurs().map(|v| valeur_json(v, parametre)).collect();
            let dit = json!({"unite": parametre.unite.code(), "libelle": definition.quoi, "valeurs": valeurs});
            (definition.nom.to_owned(), dit)
        })
        .collect();
    let lectures: Vec<Value> = lectures(referentiel)
        .into_iter()
        .map(|(cle, valeur, guide, texte)| json!({"cle": cle, "valeur": valeur, "guide": valeur == guide, "texte": texte}))
        .collect();
    let cibles: Vec<Value> = referentiel
        .cibles()
        .iter()
        .map(|c| {
            json!({"indicateur": c.indicateur, "annee": c.annee, "valeur": decimal(c.valeur), "exemple": c.exemple, "source": c.source})
        })
        .collect();
    let mut out = json!({
        "nom": referentiel.nom,
        "verifie_le": referentiel.verifie_le.to_string(),
        "base": referentiel.base.code(),
        "parametres": parametres,
        "lectures": lectures,
        "cibles": cibles,
    });
    let libelle = |l: &Libelle| json!({"cle": l.cle, "depuis": l.depuis.to_string(), "texte": l.texte, "definition": l.definition, "source": l.source});
    if !referentiel.libelles().is_empty() {
        out["libelles"] = referentiel.libelles().iter().map(libelle).collect();
    }
    out
}

/// A dated value: its unit when it is not that of the parameter, its start when its text says it.
fn valeur_json(v: &ValeurDatee, parametre: &ParametreDate) -> Value {
    let mut out = json!({"depuis": v.depuis.to_string(), "valeur": decimal(v.valeur), "source": v.source});
    if v.unite != parametre.unite {
        out["unite"] = json!(v.unite.code());
    }
    if let Some(debut) = v.debut {
        out["debut"] = json!(debut.code());
    }
    out
}

/// One finding, at its place: `file:line: key: what`.
fn constat(fichier: &str, constat: &Constat) -> String {
    let ligne = constat.ligne.map(|ligne| format!(", ligne {ligne}")).unwrap_or_default();
    let cle = if constat.cle.is_empty() { String::new() } else { format!("{} : ", constat.cle) };
    Affichable(&format!("{fichier}{ligne} : {cle}{}.", constat.phrase)).to_string()
}

/// What was found in a référentiel, for people. `nom` is its name, when it can be used.
#[must_use]
pub fn verifier(fichier: &str, nom: Option<&str>, constats: &[Constat]) -> String {
    let mut out: String = constats.iter().map(|dit| format!("{}\n", constat(fichier, dit))).collect();
    let n = constats.len();
    out.push_str(&match nom {
        None => format!("{n} chose(s) à corriger : ce référentiel ne peut pas être employé.\n"),
        Some(nom) if n == 0 => format!("Référentiel « {} » : rien à signaler.\n", Affichable(nom)),
        Some(nom) => format!("Référentiel « {} » : il peut être employé ; {n} point(s) à relire.\n", Affichable(nom)),
    });
    out
}

/// The same for programs.
#[must_use]
pub fn verifier_json(fichier: &str, nom: Option<&str>, constats: &[Constat]) -> Value {
    let liste: Vec<Value> =
        constats.iter().map(|c| json!({"ligne": c.ligne, "cle": c.cle, "message": c.phrase})).collect();
    let (erreurs, avertissements) = if nom.is_some() { (Vec::new(), liste) } else { (liste, Vec::new()) };
    json!({
        "fichier": fichier,
        "nom": nom,
        "utilisable": nom.is_some(),
        "erreurs": erreurs,
        "avertissements": avertissements,
    })
}

/// Something that two référentiels say differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is, as `delai_premier_rdv`.
    pub quoi: String,
    /// From when, or for which year; empty when it is always.
    pub quand: String,
    /// What each of the two says; « aucune » when it says nothing.
    pub valeurs: [String; 2],
}

/// What two référentiels say differently: the parameters in force by date, the readings, the targets.
#[must_use]
pub fn differences(a: &Referentiel, b: &Referentiel) -> Vec<Difference> {
    let mut out = Vec::new();
    let mut dire = |quoi: &str, quand: String, valeurs: [String; 2]| {
        if valeurs[0] != valeurs[1] {
            out.push(Difference { quoi: quoi.to_owned(), quand, valeurs });
        }
    };
    dire("base", String::new(), [a.base.code().to_owned(), b.base.code().to_owned()]);
    dire("verifie_le", String::new(), [a.verifie_le.to_string(), b.verifie_le.to_string()]);
    for ((definition, pa), pb) in PARAMETRES.iter().zip(a.parametres()).zip(b.parametres()) {
        for (quand, valeurs) in parametre(pa, pb) {
            dire(definition.nom, quand, valeurs);
        }
    }
    for ((cle, va), (_, vb)) in a.lectures.choisies().into_iter().zip(b.lectures.choisies()) {
        dire(cle, String::new(), [va, vb]);
    }
    let mut cibles: Vec<(&str, i32)> =
        a.cibles().iter().chain(b.cibles()).map(|cible| (cible.indicateur.as_str(), cible.annee)).collect();
    cibles.sort_unstable();
    cibles.dedup();
    for (id, annee) in cibles {
        let sienne = |referentiel: &Referentiel| cible(referentiel.cibles(), id, annee);
        dire(&format!("cible {id}"), annee.to_string(), [sienne(a), sienne(b)]);
    }
    let mut libelles: Vec<(&str, Jour)> =
        a.libelles().iter().chain(b.libelles()).map(|libelle| (libelle.cle.as_str(), libelle.depuis)).collect();
    libelles.sort_unstable();
    libelles.dedup();
    for (cle, depuis) in libelles {
        let sien = |referentiel: &Referentiel| libelle(referentiel, cle, depuis);
        dire(&format!("libellé {cle}"), format!("depuis le {depuis}"), [sien(a), sien(b)]);
    }
    out
}

const AUCUNE: &str = "aucune";

/// The spans of days over which two parameters differ, with what each says.
fn parametre(a: &ParametreDate, b: &ParametreDate) -> Vec<(String, [String; 2])> {
    let mut jours: Vec<Jour> = a.valeurs().chain(b.valeurs()).map(|valeur| valeur.depuis).collect();
    jours.sort_unstable();
    jours.dedup();
    let dit = |parametre: &ParametreDate, jour: Jour| {
        parametre.en_vigueur(jour).map_or_else(|| AUCUNE.to_owned(), valeur_datee)
    };
    let mut dits: Vec<(Jour, [String; 2])> =
        jours.into_iter().map(|jour| (jour, [dit(a, jour), dit(b, jour)])).collect();
    dits.dedup_by(|suivant, avant| suivant.1 == avant.1);
    let fins: Vec<Option<Jour>> =
        dits.iter().skip(1).map(|(jour, _)| Some(jour.plus_jours(-1))).chain([None]).collect();
    dits.into_iter()
        .zip(fins)
        .map(|((debut, valeurs), fin)| match fin {
            Some(fin) => (format!("du {debut} au {fin}"), valeurs),
            None => (format!("depuis le {debut}"), valeurs),
        })
        .collect()
}

fn cible(cibles: &[Cible], id: &str, annee: i32) -> String {
    let trouvee = cibles.iter().find(|cible| (cible.indicateur.as_str(), cible.annee) == (id, annee));
    trouvee.map_or_else(
        || AUCUNE.to_owned(),
        |cible| format!("{}{}", pourcent(cible.valeur), if cible.exemple { " (exemple)" } else { "" }),
    )
}

/// What something is called from a day, as it is written; the label of 2022 when that day brings none.
fn libelle(referentiel: &Referentiel, cle: &str, depuis: Jour) -> String {
    let trouve = referentiel.libelles().iter().find(|libelle| (libelle.cle.as_str(), libelle.depuis) == (cle, depuis));
    trouve.map_or_else(|| "celui de 2022".to_owned(), |libelle| libelle.texte.clone())
}

/// A figure under each of two référentiels.
#[derive(Clone, Debug, PartialEq)]
pub struct Deux {
    /// Indicator.
    pub id: &'static str,
    /// Its label.
    pub libelle: String,
    /// Under each.
    pub valeurs: [Option<Valeur>; 2],
}

impl Deux {
    /// The twelve figures, two by two.
    #[must_use]
    pub fn tous(a: &[Indicateur], b: &[Indicateur]) -> Vec<Self> {
        let deux = |(a, b): (&Indicateur, &Indicateur)| Self {
            id: a.definition.id,
            libelle: a.libelle.to_string(),
            valeurs: [a.valeur, b.valeur],
        };
        a.iter().zip(b).map(deux).collect()
    }

    /// How far the second is from the first; `None` when one of the two is missing.
    #[must_use]
    pub fn ecart(&self) -> Option<f64> {
        Some(self.valeurs[1]?.nombre()? - self.valeurs[0]?.nombre()?)
    }
}

/// How two référentiels differ, on a terminal, with the figures under each when they were computed.
#[must_use]
pub fn comparer(noms: [&str; 2], differences: &[Difference], figures: &[Deux], largeur: Option<u16>) -> String {
    let [a, b] = noms.map(|nom| Affichable(nom).to_string());
    let mut out = if differences.is_empty() {
        format!("{a} et {b} disent la même chose : mêmes paramètres, mêmes lectures, mêmes cibles.\n")
    } else {
        let lignes = differences
            .iter()
            .map(|d| vec![d.quoi.clone(), d.quand.clone(), d.valeurs[0].clone(), d.valeurs[1].clone()]);
        table(largeur, &["", "Quand", &a, &b], lignes.collect())
    };
    if !figures.is_empty() {
        let lignes = figures.iter().map(|deux| {
            vec![
                deux.id.to_owned(),
                deux.libelle.clone(),
                figure(deux.valeurs[0]),
                avec_ecart(deux.valeurs[1], deux.ecart()),
            ]
        });
        out.push_str(&table(largeur, &["", "Indicateur", &a, &b], lignes.collect()));
    }
    out
}

/// The same for programs.
#[must_use]
pub fn comparer_json(noms: [&str; 2], differences: &[Difference], figures: &[Deux]) -> Value {
    let differences: Vec<Value> = differences
        .iter()
        .map(|d| json!({"quoi": d.quoi, "quand": d.quand, "a": d.valeurs[0], "b": d.valeurs[1]}))
        .collect();
    let nombre = |valeur: Option<Valeur>| valeur.and_then(Valeur::nombre).map_or(Value::Null, decimal);
    let indicateurs: Vec<Value> = figures
        .iter()
        .map(|deux| {
            json!({
                "id": deux.id,
                "a": nombre(deux.valeurs[0]),
                "b": nombre(deux.valeurs[1]),
                "ecart": deux.ecart().map_or(Value::Null, decimal),
            })
        })
        .collect();
    json!({"a": noms[0], "b": noms[1], "differences": differences, "indicateurs": indicateurs})
}
