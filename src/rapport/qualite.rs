//! The quality report in the forms that people and programs read, and the two lists of cases.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::detail::Noms;
use super::tableau::plie;
use super::{cellule, fr, nombre};
use crate::qualite::completude::{EtatCaisse, Origine, en_bref};
use crate::qualite::{Completude, Depassement, FLUX, Part, Qualite};

/// How many files or cases a section names; the JSON has them all.
const MONTRES: usize = 10;

/// The report for a terminal, `largeur` columns wide (`None`: as wide as it is).
#[must_use]
pub fn terminal(qualite: &Qualite, depasses: &[Depassement], largeur: Option<u16>) -> String {
    let cadre = qualite.cadre;
    let mut page = Page { largeur, out: String::new() };
    page.ligne(&format!(
        "Qualité des données, du {} au {}, connues le {}",
        fr(cadre.du),
        fr(cadre.au),
        fr(cadre.connu_le)
    ));
    for (titre, lignes) in sections(qualite, depasses) {
        page.section(titre, lignes);
    }
    page.out
}

/// The sections of the report: a title, and its sentences. Those that have nothing to say are left out.
#[must_use]
pub fn sections(qualite: &Qualite, depasses: &[Depassement]) -> Vec<(&'static str, Vec<String>)> {
    let mut out = vec![
        ("Seuils dépassés", depasses.iter().map(|d| format!("{} : {}.", d.code, d.phrase)).collect()),
        ("Flux attendus", flux_attendus(qualite)),
        ("Fichiers à examiner", fichiers_a_examiner(qualite)),
        ("Mis de côté", mis_de_cote(qualite)),
        ("Événements en attente de leur personne", en_attente_en_bref(qualite)),
        ("Identités et historique", identites(qualite)),
        ("Nos entrées et les signaux de la caisse", entrants(qualite)),
    ];
    out.retain(|(_, lignes): &(_, Vec<String>)| !lignes.is_empty());
    out
}

/// A page being written.
struct Page {
    largeur: Option<u16>,
    out: String,
}

impl Page {
    fn ligne(&mut self, texte: &str) {
        self.out.push_str(&plie(texte, self.largeur, "  "));
        self.out.push('\n');
    }

    /// A title and its lines.
    fn section(&mut self, titre: &str, lignes: Vec<String>) {
        self.ligne("");
        self.ligne(titre);
        lignes.iter().for_each(|ligne| self.ligne(&format!("• {ligne}")));
    }
}

fn accord(n: u64, un: &str, plusieurs: &str) -> String {
    format!("{n} {}", if n > 1 { plusieurs } else { un })
}

fn part(part: Part) -> String {
    let pourcent = part.pourcent().map(|x| format!(" ({} %)", nombre(x, 2))).unwrap_or_default();
    format!("{} sur {}{pourcent}", part.nombre, part.sur)
}

/// The first lines of a long list, and how many more there are.
fn abreger(mut lignes: Vec<String>) -> Vec<String> {
    let plus = lignes.len().saturating_sub(MONTRES);
    if plus > 0 {
        lignes.truncate(MONTRES);
        lignes.push(format!("… et {plus} de plus (--format json les donne tous)"));
    }
    lignes
}

fn flux_attendus(qualite: &Qualite) -> Vec<String> {
    let completude = &qualite.completude;
    let mut out = vec![format!("{}.", completude.phrase())];
    for caisse in &completude.caisses {
        out.push(format!(
            "{} : {} et {} dans la période ; quotidiens : {}{}.",
            caisse.caisse,
            accord(caisse.quotidiens as u64, "jour avec un quotidien", "jours avec un quotidien"),
            accord(caisse.mensuels as u64, "mensuel", "mensuels"),
            caisse.rythme.libelle(),
            origine(caisse)
        ));
    }
    if !completude.vides_sans_caisse.is_empty() {
        out.push(format!(
            "{} sans foyer, dont la caisse ne peut pas être dite : {}.",
            accord(completude.vides_sans_caisse.len() as u64, "quotidien", "quotidiens"),
            en_bref(&completude.vides_sans_caisse, &completude.calendrier)
        ));
    }
    for (caisse, base) in &qualite.socle.bases_tardives {
        out.push(format!(
            "{caisse} : son premier mensuel est du {base}, les premières entrées de la période ne peuvent pas être vues."
        ));
    }
    for caisse in &qualite.socle.bases_inconnues {
        out.push(format!("{caisse} : base inconnue, aucun mensuel : personne n'y est compté."));
    }
    if qualite.fichiers_anomalies > 0 {
        out.push(format!(
            "{} de la caisse, à lire : les foyers qu'elle signale ne sont pas dans les flux.",
            accord(qualite.fichiers_anomalies, "fichier d'anomalies", "fichiers d'anomalies")
        ));
    }
    out
}

/// Where the rhythm of a caisse comes from.
fn origine(caisse: &EtatCaisse) -> String {
    const SEMAINE: [&str; 5] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi"];
    match caisse.origine {
        Origine::Reglage => ", selon les réglages".to_owned(),
        Origine::Fichiers { jours, mediane: None, .. } => format!(", {} connu(s)", jours),
        Origine::Fichiers { jours, mediane: Some(mediane), semaine } => {
            let absents: Vec<&str> =
                SEMAINE.iter().zip(semaine).filter(|(_, envoie)| !envoie).map(|(n, _)| *n).collect();
            let sauf = if caisse.rythme == crate::qualite::completude::Rythme::Quotidien && !absents.is_empty() {
                format!(", sauf le {}", absents.join(" et le "))
            } else {
                String::new()
            };
            format!(
                "{sauf}, déduit de {jours} jours (écart médian : {} {})",
                nombre(mediane, usize::from(mediane.fract() != 0.0)),
                if mediane >= 2.0 { "jours ouvrés" } else { "jour ouvré" }
            )
        }
    }
}

fn fichiers_a_examiner(qualite: &Qualite) -> Vec<String> {
    let caisses = &qualite.completude.caisses;
    let mut out = Vec::new();
    for caisse in caisses {
        let doublons =
            caisse.doublons.iter().map(|d| format!("{} : tous sont lus, dans l'ordre.", d.phrase(&caisse.caisse)));
        out.extend(abreger(doublons.collect()));
        out.extend(
            caisse.variations.iter().map(|v| format!("{} ({} %).", v.phrase(&caisse.caisse), nombre(v.pourcent(), 1))),
        );
        out.extend(abreger(caisse.ecarts_annonce.iter().map(|ecart| format!("{}.", ecart.phrase())).collect()));
        let retards = caisse
            .retards
            .iter()
            .map(|r| format!("{} : fait le {}, reçu le {}, {} jours après.", r.nom, r.cree_le, r.recu_le, r.jours));
        out.extend(abreger(retards.collect()));
    }
    let messages: Vec<String> =
        qualite.avertissements.iter().map(|(nom, message)| format!("{nom} : {message}.")).collect();
    out.extend(abreger(messages));
    out
}

fn mis_de_cote(qualite: &Qualite) -> Vec<String> {
    let rejets = &qualite.rejets;
    let mut out = Vec::new();
    for (quoi, total) in [("foyers des flux", rejets.foyers), ("lignes d'événements", rejets.lignes)] {
        if total.sur > 0 {
            out.push(format!("{quoi} : {}.", part(total)));
        }
    }
    out.extend(rejets.par_motif().into_iter().map(|(motif, n)| format!("{motif} : {n}.")));
    let fichiers = rejets.fichiers.iter().map(|fichier| {
        let motifs: Vec<String> = fichier.motifs.iter().map(|(motif, n)| format!("{motif} : {n}")).collect();
        format!("{} : {} ({}).", fichier.nom, part(fichier.part), motifs.join(", "))
    });
    out.extend(abreger(fichiers.collect()));
    out
}

fn en_attente_en_bref(qualite: &Qualite) -> Vec<String> {
    let attente = &qualite.en_attente;
    if attente.evenements == 0 {
        return Vec::new();
    }
    let mut out = vec![format!("{} événements en vigueur.", part(attente.part()))];
    for (genre, raison, n) in &qualite.socle.en_attente {
        out.push(format!("{genre} : {n}, {}.", raison.libelle()));
    }
    out
}

fn identites(qualite: &Qualite) -> Vec<String> {
    let socle = &qualite.socle;
    let mut out = Vec::new();
    if socle.doutes.avec_et_sans_nir > 0 {
        out.push(format!("{} nom(s) vus avec et sans NIR, non rapprochés.", socle.doutes.avec_et_sans_nir));
    }
    if socle.doutes.deux_nir > 0 {
        out.push(format!("{} nom(s) avec deux NIR dans un même dossier.", socle.doutes.deux_nir));
    }
    if socle.retours_sans_historique > 0 {
        out.push(format!(
            "{} retour(s) de personnes connues avant la première orientation enregistrée : leur suivi antérieur manque peut-être.",
            socle.retours_sans_historique
        ));
    }
    out.extend(qualite.stocks.iter().map(|stock| {
        format!(
            "{}, stock du {} : {} avec un relevé, {} dont le rôle n'en fait pas (enfants, autres).",
            stock.caisse,
            stock.dtref,
            accord(stock.releves, "personne", "personnes"),
            stock.autres_roles
        )
    }));
    out
}

fn entrants(qualite: &Qualite) -> Vec<String> {
    let comparaison = &qualite.entrants;
    let total = comparaison.total();
    let mut out = Vec::new();
    if !comparaison.lignes.is_empty() {
        out.push(format!(
            "{} vues par les deux, {} par jalon seul, {} par la caisse seule.",
            accord(total.accord, "entrée", "entrées"),
            total.jalon_seul,
            total.caisse_seule
        ));
    }
    if !comparaison.sans_signal.is_empty() {
        out.push(format!("Aucun signal de {} : rien à y comparer.", comparaison.sans_signal.join(", ")));
    }
    if comparaison.hors_base > 0 {
        out.push(format!(
            "{} hors comparaison : pas après le premier stock de la caisse.",
            accord(comparaison.hors_base, "signal", "signaux")
        ));
    }
    let mut raisons: BTreeMap<(&str, String), u64> = BTreeMap::new();
    for ecart in &comparaison.ecarts {
        *raisons.entry((ecart.selon.code(), ecart.raison.libelle())).or_default() += 1;
    }
    out.extend(raisons.into_iter().map(|((selon, raison), n)| {
        let seul = if selon == "jalon" { "jalon seul" } else { "caisse seule" };
        format!("{seul}, {raison} : {n}.")
    }));
    out.extend(comparaison.lignes.iter().filter(|(_, c)| c.jalon_seul + c.caisse_seule > 0).map(
        |((mois, caisse), c)| {
            format!(
                "{mois} {caisse} : {} d'accord, {} jalon seul, {} caisse seule.",
                c.accord, c.jalon_seul, c.caisse_seule
            )
        },
    ));
    out
}

/// What the flux lack, for programs. Keys are only ever added.
#[must_use]
pub fn completude(completude: &Completude) -> Value {
    let caisses: Vec<Value> = completude.caisses.iter().map(caisse).collect();
    json!({
        "phrase": completude.phrase(),
        "complet": !completude.incomplete(),
        "du": completude.cadre.du.to_string(),
        "au": completude.cadre.au.to_string(),
        "jusqu_au": completude.cadre.fin().to_string(),
        "quotidiens_manquants": completude.caisses.iter().map(|c| c.quotidiens_manquants.len()).sum::<usize>(),
        "mensuels_manquants": completude.caisses.iter().map(|c| c.mensuels_manquants.len()).sum::<usize>(),
        "caisses": caisses,
        "quotidiens_vides_sans_caisse": textes(&completude.vides_sans_caisse),
    })
}

fn textes<T: ToString>(valeurs: &[T]) -> Vec<String> {
    valeurs.iter().map(ToString::to_string).collect()
}

fn caisse(caisse: &EtatCaisse) -> Value {
    let interruptions: Vec<Value> = caisse
        .interruptions
        .iter()
        .map(|i| json!({"du": i.depuis.to_string(), "au": i.jusqu_au.to_string(), "jours": i.jours()}))
        .collect();
    let doublons: Vec<Value> = caisse
        .doublons
        .iter()
        .map(|d| json!({"type": type_flux(d.mensuel), "dtref": d.dtref.to_string(), "fichiers": d.noms}))
        .collect();
    let retards: Vec<Value> = caisse
        .retards
        .iter()
        .map(|r| {
            json!({
                "fichier": r.nom, "dtref": r.dtref.to_string(), "cree_le": r.cree_le.to_string(),
                "recu_le": r.recu_le.to_string(), "jours": r.jours,
            })
        })
        .collect();
    let variations: Vec<Value> = caisse
        .variations
        .iter()
        .map(|v| {
            json!({
                "avant": v.avant.to_string(), "dtref": v.dtref.to_string(),
                "foyers_avant": v.foyers.0, "foyers": v.foyers.1,
                "releves_avant": v.releves.0, "releves": v.releves.1,
                "pourcent": (v.pourcent() * 100.0).round() / 100.0,
            })
        })
        .collect();
    let ecarts: Vec<Value> = caisse
        .ecarts_annonce
        .iter()
        .map(|e| json!({"fichier": e.nom, "dtref": e.dtref.to_string(), "annonces": e.annonces, "foyers": e.foyers}))
        .collect();
    let (source, mediane) = match caisse.origine {
        Origine::Reglage => ("reglages", None),
        Origine::Fichiers { mediane, .. } => ("fichiers", mediane),
    };
    json!({
        "caisse": caisse.caisse,
        "rythme": caisse.rythme.code(),
        "rythme_source": source,
        "ecart_median_jours_ouvres": mediane,
        "premier_flux_apres_la_periode": caisse.inconnue_avant.map(|jour| jour.to_string()),
        "quotidiens": caisse.quotidiens,
        "mensuels": caisse.mensuels,
        "sans_mensuel": caisse.sans_mensuel,
        "quotidiens_manquants": textes(&caisse.quotidiens_manquants),
        "mensuels_manquants": textes(&caisse.mensuels_manquants),
        "muette": caisse.muette.map(|s| json!({"depuis": s.depuis.to_string(), "jours": s.jours})),
        "interruptions": interruptions,
        "doublons": doublons,
        "retards": retards,
        "variations": variations,
        "foyers_non_conformes": ecarts,
    })
}

fn type_flux(mensuel: bool) -> &'static str {
    if mensuel { "mensuel" } else { "quotidien" }
}

fn json_part(part: Part) -> Value {
    json!({"nombre": part.nombre, "sur": part.sur, "pourcent": part.pourcent()})
}

/// The report for programs. Keys are only ever added.
#[must_use]
pub fn json(qualite: &Qualite, depasses: &[Depassement]) -> Value {
    let cadre = qualite.cadre;
    let motifs = |motifs: &[(String, u64)]| -> Vec<Value> {
        motifs.iter().map(|(motif, n)| json!({"motif": motif, "nombre": n})).collect()
    };
    let rejets: Vec<Value> = qualite
        .rejets
        .fichiers
        .iter()
        .map(|f| {
            json!({
                "fichier": f.nom, "genre": f.genre, "caisse": f.caisse,
                "rejetes": f.part.nombre, "lus": f.part.sur, "motifs": motifs(&f.motifs),
            })
        })
        .collect();
    let socle = &qualite.socle;
    let en_attente: Vec<Value> = socle
        .en_attente
        .iter()
        .map(|(genre, raison, n)| json!({"genre": genre, "raison": raison.libelle(), "nombre": n}))
        .collect();
    let tardives: Vec<Value> = socle
        .bases_tardives
        .iter()
        .map(|(caisse, base)| json!({"caisse": caisse, "premier_stock": base.to_string()}))
        .collect();
    let stocks: Vec<Value> = qualite
        .stocks
        .iter()
        .map(|s| {
            json!({
                "caisse": s.caisse, "dtref": s.dtref.to_string(), "releves": s.releves, "autres_roles": s.autres_roles,
            })
        })
        .collect();
    let avertissements: Vec<Value> =
        qualite.avertissements.iter().map(|(nom, message)| json!({"fichier": nom, "message": message})).collect();
    let depassements: Vec<Value> = depasses
        .iter()
        .map(|d| json!({"code": d.code, "valeur": d.valeur, "seuil": d.seuil, "phrase": d.phrase}))
        .collect();
    json!({
        "periode": {"du": cadre.du.to_string(), "au": cadre.au.to_string(), "connu_le": cadre.connu_le.to_string()},
        "completude": completude(&qualite.completude),
        "bases_inconnues": socle.bases_inconnues,
        "bases_tardives": tardives,
        "rejets": {
            "foyers": json_part(qualite.rejets.foyers),
            "lignes": json_part(qualite.rejets.lignes),
            "motifs": motifs(&qualite.rejets.par_motif()),
            "fichiers": rejets,
        },
        "evenements": {"en_vigueur": qualite.en_attente.evenements, "en_attente": json_part(qualite.en_attente.part())},
        "evenements_en_attente": en_attente,
        "noms_avec_et_sans_nir": socle.doutes.avec_et_sans_nir,
        "noms_a_deux_nir": socle.doutes.deux_nir,
        "retours_sans_historique": socle.retours_sans_historique,
        "stocks": stocks,
        "avertissements": avertissements,
        "fichiers_anomalies": qualite.fichiers_anomalies,
        "entrants": json_entrants(qualite),
        "depassements": depassements,
    })
}

fn json_entrants(qualite: &Qualite) -> Value {
    let comparaison = &qualite.entrants;
    let total = comparaison.total();
    let lignes: Vec<Value> = comparaison
        .lignes
        .iter()
        .map(|((mois, caisse), c)| {
            json!({
                "mois": mois.to_string(), "caisse": caisse,
                "accord": c.accord, "jalon_seul": c.jalon_seul, "caisse_seule": c.caisse_seule,
            })
        })
        .collect();
    json!({
        "accord": total.accord,
        "jalon_seul": total.jalon_seul,
        "caisse_seule": total.caisse_seule,
        "hors_base": comparaison.hors_base,
        "caisses_sans_signal": comparaison.sans_signal,
        "lignes": lignes,
    })
}

/// Records as CSV for a spreadsheet: semicolons, a BOM. Writing in memory does not fail.
fn rediger<const N: usize>(entetes: [&str; N], lignes: impl IntoIterator<Item = [String; N]>) -> Vec<u8> {
    let mut out = b"\xEF\xBB\xBF".to_vec();
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(&mut out);
    let lignes = std::iter::once(entetes.map(str::to_owned)).chain(lignes);
    for cells in lignes {
        if let Err(error) = writer.write_record(cells.map(|cell| cellule(&cell))) {
            tracing::error!(%error, "ligne non écrite");
        }
    }
    drop(writer);
    out
}

/// The report for a spreadsheet: one line a finding.
#[must_use]
pub fn csv(qualite: &Qualite, depasses: &[Depassement]) -> Vec<u8> {
    let mut lignes: Vec<[String; 6]> = Vec::new();
    let mut add = |rubrique: &str, caisse: &str, fichier: &str, jour: String, nombre: String, texte: String| {
        lignes.push([rubrique.into(), caisse.into(), fichier.into(), jour, nombre, texte]);
    };
    for d in depasses {
        add(
            "seuil_depasse",
            "",
            "",
            String::new(),
            nombre(d.valeur, usize::from(d.valeur.fract() != 0.0) * 2),
            format!("{} : {}", d.code, d.phrase),
        );
    }
    let completude = &qualite.completude;
    add("completude", "", "", String::new(), String::new(), completude.phrase());
    for c in &completude.caisses {
        let nom = &c.caisse;
        add(
            "rythme",
            nom,
            "",
            String::new(),
            c.quotidiens.to_string(),
            format!("{}{}", c.rythme.libelle(), origine(c)),
        );
        for jour in &c.quotidiens_manquants {
            add("quotidien_manquant", nom, "", jour.to_string(), "1".into(), String::new());
        }
        for mois in &c.mensuels_manquants {
            add("mensuel_manquant", nom, "", mois.to_string(), "1".into(), String::new());
        }
        for i in &c.interruptions {
            let texte = format!("jours sans fichier, depuis le {}", i.depuis);
            add("interruption", nom, "", i.jusqu_au.to_string(), i.jours().to_string(), texte);
        }
        if let Some(s) = c.muette {
            add("caisse_muette", nom, "", s.depuis.to_string(), s.jours.to_string(), "jours sans fichier".into());
        }
        for d in &c.doublons {
            add(
                "plusieurs_fichiers",
                nom,
                &d.noms.join(" "),
                d.dtref.to_string(),
                d.noms.len().to_string(),
                type_flux(d.mensuel).into(),
            );
        }
        for r in &c.retards {
            add("retard", nom, &r.nom, r.recu_le.to_string(), r.jours.to_string(), format!("fait le {}", r.cree_le));
        }
        for v in &c.variations {
            add("variation_stock", nom, "", v.dtref.to_string(), nombre(v.pourcent(), 1), v.phrase(nom));
        }
        for e in &c.ecarts_annonce {
            add("foyers_non_conformes", nom, &e.nom, e.dtref.to_string(), e.foyers.to_string(), e.phrase());
        }
    }
    if !completude.vides_sans_caisse.is_empty() {
        let jours = en_bref(&completude.vides_sans_caisse, &completude.calendrier);
        add("quotidien_vide", "", "", String::new(), completude.vides_sans_caisse.len().to_string(), jours);
    }
    for f in &qualite.rejets.fichiers {
        let caisse = f.caisse.as_deref().unwrap_or_default();
        let quoi = if f.genre == FLUX { "rejet_foyers" } else { "rejet_lignes" };
        for (motif, n) in &f.motifs {
            add(quoi, caisse, &f.nom, String::new(), n.to_string(), motif.clone());
        }
    }
    for (genre, raison, n) in &qualite.socle.en_attente {
        add("evenements_en_attente", "", "", String::new(), n.to_string(), format!("{genre} : {}", raison.libelle()));
    }
    let doutes = qualite.socle.doutes;
    for (rubrique, n) in [
        ("noms_avec_et_sans_nir", doutes.avec_et_sans_nir),
        ("noms_a_deux_nir", doutes.deux_nir),
        ("retours_sans_historique", qualite.socle.retours_sans_historique),
        ("fichiers_anomalies", qualite.fichiers_anomalies),
    ] {
        add(rubrique, "", "", String::new(), n.to_string(), String::new());
    }
    for s in &qualite.stocks {
        add(
            "autres_roles",
            &s.caisse,
            "",
            s.dtref.to_string(),
            s.autres_roles.to_string(),
            "personnes sans relevé".into(),
        );
    }
    for (nom, message) in &qualite.avertissements {
        add("avertissement", "", nom, String::new(), String::new(), message.clone());
    }
    for ((mois, caisse), c) in &qualite.entrants.lignes {
        for (rubrique, n) in [
            ("entrees_d_accord", c.accord),
            ("entrees_jalon_seul", c.jalon_seul),
            ("entrees_caisse_seule", c.caisse_seule),
        ] {
            add(rubrique, caisse, "", mois.to_string(), n.to_string(), String::new());
        }
    }
    rediger(["rubrique", "caisse", "fichier", "jour", "nombre", "texte"], lignes)
}

/// The events that wait for their person: what is needed to find each in its file, and no name.
#[must_use]
pub fn en_attente(qualite: &Qualite) -> Vec<u8> {
    let lignes = qualite.en_attente.liste.iter().map(|a| {
        let raison = a.raison.libelle().to_owned();
        [a.genre.to_owned(), a.id.to_string(), a.lieu.fichier.to_string(), a.lieu.ligne.to_string(), raison]
    });
    rediger(["genre", "id_evenement", "fichier", "ligne", "raison"], lignes)
}

/// The entries that only one of the two sees, for the people who will look at them. Never a NIR.
#[must_use]
pub fn ecarts(qualite: &Qualite, noms: &Noms) -> Vec<u8> {
    let mut lignes: Vec<[String; 10]> = qualite
        .entrants
        .ecarts
        .iter()
        .filter_map(|ecart| {
            let nom = noms.get(&ecart.source)?;
            Some([
                nom.numdemrsa.to_string(),
                nom.matricule.to_string(),
                ecart.caisse.clone(),
                nom.nom.to_string(),
                nom.prenom.to_string(),
                nom.date_naissance.to_string(),
                ecart.t0.to_string(),
                ecart.mois.to_string(),
                ecart.selon.code().to_owned(),
                ecart.raison.libelle(),
            ])
        })
        .collect();
    // By month, caisse, then dossier and name.
    lignes.sort_by(|a, b| (&a[7], &a[2], &a[0], &a[3], &a[4]).cmp(&(&b[7], &b[2], &b[0], &b[3], &b[4])));
    rediger(
        [
            "numdemrsa",
            "matricule",
            "caisse",
            "nom",
            "prenom",
            "date_naissance",
            "t0",
            "mois_reference",
            "selon",
            "raison",
        ],
        lignes,
    )
}
