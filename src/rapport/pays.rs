//! The figures of several departments, for people and for programs. Nobody is named, and nothing is
//! hidden: it stays with those who may see the table of each department.

use chrono::NaiveDate;
use comfy_table::{Cell, CellAlignment};
use serde_json::{Value, json};

use super::json::decimal;
use super::tableau::{cadre, plie};
use super::{cellule, figure, figure_en_jours, figure_en_pourcent, fr, nombre, pourcent};
use crate::indicateurs::Valeur;
use crate::indicateurs::catalogue::{CATALOGUE, Definition};
use crate::pays::demenagements::{Demenagements, Lieu, demenagements, par_cle};
use crate::pays::ensemble::{Chiffre, Cible, Resultat, Total, rangs, totaux};
use crate::pays::officiels;

/// The table of several departments.
#[derive(Clone, Debug)]
pub struct Ensemble {
    campagne: Option<String>,
    connu_le: Option<NaiveDate>,
    region: Option<&'static str>,
    /// One a department, in the order of the codes.
    pub resultats: Vec<Resultat>,
    totaux: Vec<Total>,
    demenagements: Vec<Demenagements>,
    /// The departments that share a key, group by group.
    cles: Vec<Vec<String>>,
}

impl Ensemble {
    /// A table to be filled.
    #[must_use]
    pub fn new(campagne: Option<String>, connu_le: Option<NaiveDate>, region: Option<&'static str>) -> Self {
        Self {
            campagne,
            connu_le,
            region,
            resultats: Vec::new(),
            totaux: Vec::new(),
            demenagements: Vec::new(),
            cles: Vec::new(),
        }
    }

    /// Once every department is there: the totals, and the moves.
    pub fn conclure(&mut self, lieux: &[Lieu<'_>]) {
        self.totaux = totaux(&self.resultats);
        self.demenagements = demenagements(lieux);
        let groupes = par_cle(lieux).into_iter();
        self.cles = groupes.map(|codes| codes.into_iter().map(str::to_owned).collect()).collect();
    }

    /// What must be said of the whole, one sentence each.
    fn remarques(&self) -> Vec<String> {
        let mut out = Vec::new();
        let periodes: Vec<_> = self.resultats.iter().map(|resultat| resultat.periode).collect();
        if periodes.windows(2).any(|deux| deux[0] != deux[1]) {
            out.push(
                "Les départements n'ont pas tous la même période (voir leurs campagnes) : les totaux les mêlent."
                    .to_owned(),
            );
        }
        let regles: Vec<_> =
            self.resultats.iter().map(|resultat| (&resultat.referentiel, &resultat.lectures)).collect();
        if regles.windows(2).any(|deux| deux[0] != deux[1]) {
            out.push("Les départements n'ont pas tous le même référentiel ni les mêmes lectures.".to_owned());
        }
        let absents: Vec<_> = officiels()
            .filter(|officiel| self.region.is_none_or(|region| officiel.region == region))
            .filter(|officiel| !self.resultats.iter().any(|resultat| resultat.departement.code == officiel.code))
            .map(|officiel| officiel.code)
            .collect();
        if !absents.is_empty() {
            let ou = self.region.map_or_else(|| "du pays".to_owned(), |region| format!("de la région {region}"));
            let liste = if absents.len() > 20 { String::new() } else { format!(" ({})", absents.join(", ")) };
            out.push(format!(
                "Les totaux portent sur les {} département(s) demandés ; {} autre(s) {ou} n'y sont pas{liste}.",
                self.resultats.len(),
                absents.len()
            ));
        }
        out.push(
            "Chaque département est calculé seul : qui entre dans deux départements y compte deux fois, et dans les totaux aussi."
                .to_owned(),
        );
        out
    }

    /// What must be said of the moves.
    fn phrase_des_cles(&self) -> Option<String> {
        (self.cles.len() > 1).then(|| {
            let groupes: Vec<String> = self.cles.iter().map(|codes| codes.join(", ")).collect();
            format!(
                "Les déménagements ne sont reconnus qu'entre départements qui partagent la même clé des NIR. Ceux-ci ne la \
                 partagent pas : {}.",
                groupes.join(" | ")
            )
        })
    }

    fn titre(&self) -> String {
        let campagne = self.campagne.as_ref().map(|nom| format!("Campagne {nom} : ")).unwrap_or_default();
        let region = self.region.map(|region| format!(", région {region}")).unwrap_or_default();
        let connu = self.connu_le.map(|jour| format!(", connu le {}", fr(jour.into()))).unwrap_or_default();
        let periode = self.resultats.first().map(|resultat| resultat.periode);
        let periode = periode.map(|p| format!(", du {} au {}, arrêté au {}", fr(p.du), fr(p.au), fr(p.arrete)));
        format!(
            "{campagne}section 3, {} département(s){region}{}{connu}",
            self.resultats.len(),
            periode.unwrap_or_default()
        )
    }
}

fn nom_du_total(total: &Total) -> String {
    let n = total.departements;
    total.region.as_ref().map_or_else(|| format!("Ensemble ({n})"), |region| format!("{region} ({n})"))
}

fn ecart(cible: &Cible) -> Option<String> {
    let ecart = cible.ecart?;
    let (x, unite) = if cible.en_part { (ecart * 100.0, " pt") } else { (ecart, "") };
    let texte = nombre(x, if !cible.en_part && x.fract() == 0.0 { 0 } else { 1 });
    let signe = if x > 0.0 { "+" } else { "" };
    Some(format!("{signe}{texte}{unite}"))
}

fn attendu(cible: &Cible) -> String {
    let exemple = if cible.exemple { " (ex.)" } else { "" };
    let valeur = if cible.en_part {
        pourcent(cible.valeur)
    } else {
        nombre(cible.valeur, usize::from(cible.valeur.fract() != 0.0))
    };
    format!("{valeur}{exemple}")
}

/// The table for the screen: one a indicator, a line a department.
#[must_use]
pub fn table(ensemble: &Ensemble, largeur: Option<u16>, couleur: bool) -> String {
    let mut out = format!("{}\n", plie(&ensemble.titre(), largeur, ""));
    for (rang, definition) in CATALOGUE.iter().enumerate() {
        let mut grille = cadre(largeur, couleur);
        grille.set_header(["Département", "Valeur", "Taux", "Moyenne", "Rang", "Attendu", "Écart"]);
        let rangs = rangs(&ensemble.resultats, rang);
        let mut ligne = |nom: String, chiffre: &Chiffre, place: Option<usize>| {
            let taux = chiffre.jours.map(|_| figure_en_pourcent(chiffre.taux.map(Valeur::Decimal)));
            let moyenne = chiffre.jours.map(|_| figure_en_jours(chiffre.moyenne().map(Valeur::Decimal)));
            let cible = chiffre.cible.as_ref();
            let cellules = [
                nom,
                figure(chiffre.valeur),
                taux.unwrap_or_default(),
                moyenne.unwrap_or_default(),
                place.map(|place| place.to_string()).unwrap_or_default(),
                cible.map(attendu).unwrap_or_default(),
                cible.and_then(ecart).unwrap_or_default(),
            ];
            grille.add_row(cellules.into_iter().enumerate().map(|(colonne, texte)| {
                let cell = Cell::new(texte);
                if colonne > 0 { cell.set_alignment(CellAlignment::Right) } else { cell }
            }));
        };
        for (resultat, place) in ensemble.resultats.iter().zip(rangs) {
            if let Some(chiffre) = resultat.chiffres.get(rang) {
                ligne(resultat.departement.to_string(), chiffre, place);
            }
        }
        for total in &ensemble.totaux {
            if let Some(chiffre) = total.chiffres.get(rang) {
                ligne(nom_du_total(total), chiffre, None);
            }
        }
        out.push_str(&format!("\n{}\n{grille}\n", titre_de(definition)));
        let motifs = ensemble.resultats.iter().filter_map(|resultat| {
            Some(format!("{} : {}", resultat.departement.code, resultat.chiffres.get(rang)?.motif.as_ref()?))
        });
        let du_total = ensemble.totaux.iter().filter_map(|total| {
            Some(format!("{} : {}", nom_du_total(total), total.chiffres.get(rang)?.motif.as_ref()?))
        });
        for motif in motifs.chain(du_total) {
            out.push_str(&format!("{}\n", plie(&format!("• {motif}."), largeur, "  ")));
        }
    }
    out.push_str("\nEntrants déjà connus d'un autre département\n");
    if ensemble.demenagements.is_empty() {
        out.push_str("Aucun n'est reconnu.\n");
    } else {
        let mut grille = cadre(largeur, couleur);
        grille.set_header(["De", "Vers", "Personnes"]);
        for d in &ensemble.demenagements {
            let personnes = Cell::new(d.personnes).set_alignment(CellAlignment::Right);
            grille.add_row([Cell::new(&d.de), Cell::new(&d.vers), personnes]);
        }
        out.push_str(&format!("{grille}\n"));
    }
    out.push('\n');
    for remarque in ensemble.phrase_des_cles().into_iter().chain(ensemble.remarques()) {
        out.push_str(&format!("{}\n", plie(&format!("• {remarque}"), largeur, "  ")));
    }
    out
}

fn titre_de(definition: &Definition) -> String {
    format!("{} {}", definition.id, definition.libelle)
}

const ENTETES: [&str; 21] = [
    "niveau",
    "id",
    "code",
    "libelle",
    "unite",
    "departement",
    "nom",
    "region",
    "origine",
    "valeur",
    "denominateur",
    "taux",
    "moyenne_jours",
    "rang",
    "attendu",
    "attendu_exemple",
    "ecart",
    "motif",
    "periode",
    "referentiel",
    "lectures",
];

/// The table for a spreadsheet: semicolons, a BOM, decimal commas. A line an indicator and a department,
/// then the totals, then the moves.
///
/// # Errors
/// None in practice: the writer is in memory.
pub fn csv(ensemble: &Ensemble) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(ENTETES)?;
    for (rang, definition) in CATALOGUE.iter().enumerate() {
        let rangs = rangs(&ensemble.resultats, rang);
        for (resultat, place) in ensemble.resultats.iter().zip(rangs) {
            let Some(chiffre) = resultat.chiffres.get(rang) else { continue };
            let departement = &resultat.departement;
            let lieu = [departement.code.clone(), cellule(&departement.nom), departement.region.clone()];
            let periode = &resultat.periode;
            let rappel = [
                format!("{}/{}/{}", periode.du, periode.au, periode.arrete),
                cellule(&resultat.referentiel),
                resultat.lectures.join(" "),
            ];
            writer.write_record(ligne("departement", definition, lieu, chiffre, place, rappel))?;
        }
        for total in &ensemble.totaux {
            let Some(chiffre) = total.chiffres.get(rang) else { continue };
            let niveau = if total.region.is_some() { "region" } else { "ensemble" };
            let region = total.region.clone().or_else(|| ensemble.region.map(str::to_owned)).unwrap_or_default();
            let lieu = [String::new(), nom_du_total(total), region];
            writer.write_record(ligne(niveau, definition, lieu, chiffre, None, Default::default()))?;
        }
    }
    for d in &ensemble.demenagements {
        let mut out: [String; 21] = Default::default();
        out[0] = "demenagements".to_owned();
        out[4] = "personnes".to_owned();
        out[5].clone_from(&d.vers);
        out[8].clone_from(&d.de);
        out[9] = d.personnes.to_string();
        writer.write_record(out)?;
    }
    if let Some(phrase) = ensemble.phrase_des_cles() {
        let mut out: [String; 21] = Default::default();
        out[0] = "demenagements".to_owned();
        out[17] = phrase;
        writer.write_record(out)?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn ligne(
    niveau: &str,
    definition: &Definition,
    [code, nom, region]: [String; 3],
    chiffre: &Chiffre,
    place: Option<usize>,
    [periode, referentiel, lectures]: [String; 3],
) -> [String; 21] {
    let cible = chiffre.cible.as_ref();
    // A share has four decimals, as the rate beside it.
    let dit = |x: f64, en_part: bool| nombre(x, if en_part { 4 } else { usize::from(x.fract() != 0.0) });
    [
        niveau.to_owned(),
        definition.id.to_owned(),
        definition.code.to_owned(),
        definition.libelle.to_owned(),
        definition.unite.to_owned(),
        code,
        nom,
        region,
        String::new(),
        if chiffre.valeur.is_none() { String::new() } else { figure(chiffre.valeur) },
        chiffre.denominateur.map(|n| n.to_string()).unwrap_or_default(),
        chiffre.taux.map(|taux| nombre(taux, 4)).unwrap_or_default(),
        chiffre.moyenne().map(|jours| nombre(jours, 1)).unwrap_or_default(),
        place.map(|place| place.to_string()).unwrap_or_default(),
        cible.map(|cible| dit(cible.valeur, cible.en_part)).unwrap_or_default(),
        cible.map(|cible| u8::from(cible.exemple).to_string()).unwrap_or_default(),
        cible.and_then(|cible| Some(dit(cible.ecart?, cible.en_part))).unwrap_or_default(),
        cellule(chiffre.motif.as_deref().unwrap_or_default()),
        periode,
        referentiel,
        lectures,
    ]
}

/// The table for programs. Keys are only ever added.
#[must_use]
pub fn json(ensemble: &Ensemble) -> Value {
    let departements: Vec<Value> = ensemble
        .resultats
        .iter()
        .map(|resultat| {
            let (departement, periode) = (&resultat.departement, &resultat.periode);
            json!({
                "code": departement.code,
                "nom": departement.nom,
                "region": departement.region,
                "periode": {
                    "du": periode.du.to_string(),
                    "au": periode.au.to_string(),
                    "arrete": periode.arrete.to_string(),
                },
                "referentiel": resultat.referentiel,
                "lectures_choisies": resultat.lectures,
                "remarques": resultat.remarques,
            })
        })
        .collect();
    let indicateurs: Vec<Value> = CATALOGUE.iter().enumerate().map(|(rang, d)| indicateur(ensemble, rang, d)).collect();
    let paires: Vec<Value> =
        ensemble.demenagements.iter().map(|d| json!({"de": d.de, "vers": d.vers, "personnes": d.personnes})).collect();
    json!({
        "campagne": ensemble.campagne,
        "connu_le": ensemble.connu_le.map(|jour| jour.to_string()),
        "region": ensemble.region,
        "departements": departements,
        "indicateurs": indicateurs,
        "demenagements": {
            "paires": paires,
            "departements_par_cle": ensemble.cles,
            "motif": ensemble.phrase_des_cles(),
        },
        "remarques": ensemble.remarques(),
    })
}

fn indicateur(ensemble: &Ensemble, rang: usize, definition: &Definition) -> Value {
    let lignes = ensemble.resultats.iter().zip(rangs(&ensemble.resultats, rang)).filter_map(|(resultat, place)| {
        let chiffre = resultat.chiffres.get(rang)?;
        let mut out = champs(chiffre);
        out["departement"] = json!(resultat.departement.code);
        out["rang"] = json!(place);
        out["attendu"] = chiffre.cible.as_ref().map_or(Value::Null, |cible| {
            json!({
                "valeur": decimal(cible.valeur),
                "en_part": cible.en_part,
                "exemple": cible.exemple,
                "ecart": cible.ecart.map(decimal),
            })
        });
        Some(out)
    });
    let totaux = ensemble.totaux.iter().filter_map(|total| {
        let mut out = champs(total.chiffres.get(rang)?);
        out["region"] = json!(total.region);
        out["departements"] = json!(total.departements);
        Some(out)
    });
    json!({
        "id": definition.id,
        "code": definition.code,
        "libelle": definition.libelle,
        "unite": definition.unite,
        "departements": lignes.collect::<Vec<_>>(),
        "totaux": totaux.collect::<Vec<_>>(),
    })
}

fn champs(chiffre: &Chiffre) -> Value {
    let somme = chiffre.jours.or(chiffre.quotient);
    json!({
        "valeur": match chiffre.valeur {
            Some(Valeur::Entier(n)) => json!(n),
            Some(Valeur::Decimal(x)) => json!(x),
            Some(Valeur::Masquee) | None => Value::Null,
        },
        "denominateur": chiffre.denominateur,
        "taux": chiffre.taux.map(decimal),
        "moyenne_jours": chiffre.moyenne().map(decimal),
        "moyenne_de": somme.map(|quotient| json!({"somme": quotient.somme, "effectif": quotient.effectif})),
        "motif": chiffre.motif,
    })
}
