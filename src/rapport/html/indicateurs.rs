//! The tables of the twelve figures, of their delays, of their other readings and of other years, and
//! that of the flux.

use super::tables::{Cellule, Colonne, Groupe, Ligne, Table};
use crate::historique::{self, Colonne as ColonneOfficielle};
use crate::indicateurs::catalogue::CATALOGUE;
use crate::indicateurs::{Indicateur, Tableau, Tenue, Valeur};
use crate::qualite::Completude;
use crate::qualite::completude::en_bref;
use crate::rapport::{NON_DISPONIBLE, SECRET, figure, figure_en_jours, figure_en_pourcent, nombre, pourcent};

/// A label that heads a narrow column.
pub(super) fn court(indicateur: &Indicateur) -> &str {
    if let Some(court) = &indicateur.court {
        return court;
    }
    match indicateur.definition.id {
        "3.1.1" => "Nouveaux entrants",
        "3.1.2" => "Orientés en 1 mois",
        "3.1.3" => "1ers rendez-vous",
        "3.1.4" => "À 2 semaines",
        "3.1.5" => "1ers CER",
        "3.1.6" => "Dans les 2 mois",
        "3.2.1" => "Vers la GAD",
        "3.2.2" => "GAD en cours",
        "3.2.3" => "Vers l'AG",
        "3.2.4" => "AG en cours",
        "3.2.5" => "AG par conseiller",
        _ => "Délai de l'AG (jours)",
    }
}

/// A line of an indicator, without its cells.
fn ligne(indicateur: &Indicateur, cellules: Vec<Cellule>) -> Ligne {
    let definition = indicateur.definition;
    Ligne {
        cle: definition.id.to_owned(),
        code: definition.id.to_owned(),
        titre: indicateur.libelle.to_string(),
        cellules,
        ..Ligne::default()
    }
}

/// The twelve figures, with their targets.
pub(super) fn chiffres(tableau: &Tableau<'_>) -> Table {
    let colonnes = [
        ("Indicateur", false),
        ("Valeur", true),
        ("Unité", false),
        ("Taux", true),
        ("Cible", true),
        ("Très éloigné selon la note 2", false),
        ("Très éloigné selon l'annexe 5", false),
    ];
    let colonnes = colonnes.map(|(texte, nombre)| Colonne::new(texte, nombre)).into();
    let mut groupes: Vec<Groupe> = Vec::new();
    for indicateur in &tableau.indicateurs {
        let titre = indicateur.definition.mesure.libelle();
        if groupes.last().is_none_or(|groupe| groupe.titre != titre) {
            groupes.push(Groupe { titre: titre.to_owned(), lignes: Vec::new() });
        }
        let mut ligne = ligne(indicateur, cellules(indicateur));
        ligne.precision = match indicateur.valeur_calculee {
            Some(calculee) => format!("Chiffre transmis par Pôle emploi ; calcul de jalon : {}", figure(calculee)),
            None => indicateur.motif.clone().unwrap_or_default(),
        };
        if let Some(groupe) = groupes.last_mut() {
            groupe.lignes.push(ligne);
        }
    }
    Table { id: "tableau".into(), legende: "Les douze chiffres et leurs cibles".into(), colonnes, groupes, note: "" }
}

fn cellules(indicateur: &Indicateur) -> Vec<Cellule> {
    let mut valeur = Cellule::figure("valeur", indicateur.valeur);
    if indicateur.motif.is_some() {
        valeur = valeur.marquee("alerte");
    }
    let mut out = vec![valeur, Cellule::texte("unite", indicateur.definition.unite)];
    match &indicateur.tenue {
        None => out.extend(["taux", "cible", "eloigne_note_2", "eloigne_annexe_5"].map(|champ| {
            if matches!(champ, "taux" | "cible") { Cellule::nombre(champ, "") } else { Cellule::texte(champ, "") }
        })),
        Some(tenue) => {
            out.push(Cellule::nombre("taux", figure_en_pourcent(tenue.taux)));
            let cible = Cellule::nombre("cible", tenue.cible.map_or_else(|| NON_DISPONIBLE.to_owned(), pourcent));
            out.push(if tenue.cible_exemple { cible.avec("", "exemple") } else { cible });
            out.push(eloigne("eloigne_note_2", tenue.eloigne_note_2, tenue));
            out.push(eloigne("eloigne_annexe_5", tenue.eloigne_annexe_5, tenue));
        }
    }
    out
}

fn eloigne(champ: &str, eloigne: Option<bool>, tenue: &Tenue) -> Cellule {
    match eloigne {
        Some(true) => Cellule::texte(champ, "▲ Oui, à justifier").marquee("alerte"),
        Some(false) => Cellule::texte(champ, "Non"),
        None if tenue.taux == Some(Valeur::Masquee) => Cellule::texte(champ, SECRET),
        None => Cellule::texte(champ, NON_DISPONIBLE),
    }
}

/// The figures that stand beside the twelve.
pub(super) fn complementaires(tableau: &Tableau<'_>) -> Table {
    let lignes = tableau.complementaires.iter().map(|c| {
        let caisse = c.caisse.as_deref().map(|nom| format!(" ({nom})")).unwrap_or_default();
        Ligne {
            cle: [c.code, c.caisse.as_deref().unwrap_or_default()].join(" ").trim_end().to_owned(),
            titre: format!("{}{caisse}", c.libelle),
            cellules: vec![Cellule::nombre("valeur", crate::rapport::complementaire(c))],
            ..Ligne::default()
        }
    });
    Table::new("complementaires", "Indicateurs complémentaires", &["Indicateur", "Valeur"], lignes.collect())
}

/// How the three delays are kept.
pub(super) fn delais(tableau: &Tableau<'_>) -> Table {
    let colonnes = [
        "Délai",
        "Dans les délais",
        "Hors délai",
        "En cours",
        "Échus sans suite",
        "Hors champ",
        "Délai moyen",
        "Délai médian",
    ];
    let lignes = tableau.indicateurs.iter().filter_map(|indicateur| {
        let r = &indicateur.tenue.as_ref()?.repartition;
        let comptes = [
            ("dans_les_delais", r.dans_les_delais),
            ("hors_delai", r.hors_delai),
            ("en_cours", r.en_cours),
            ("echus", r.echus),
            ("hors_champ", r.hors_champ),
        ];
        let mut cellules: Vec<Cellule> = comptes.map(|(champ, n)| Cellule::figure(champ, Some(n))).into();
        cellules.push(Cellule::nombre("moyenne_jours", figure_en_jours(r.moyenne_jours)));
        cellules.push(Cellule::nombre("mediane_jours", figure_en_jours(r.mediane_jours)));
        Some(ligne(indicateur, cellules))
    });
    Table::new("tenue", "Comment les trois délais sont tenus", &colonnes, lignes.collect())
}

/// The twelve figures under the other readings; `None` unless they were asked for.
#[must_use]
pub fn lectures(tableau: &Tableau<'_>) -> Option<Table> {
    if tableau.variantes.is_empty() {
        return None;
    }
    let mut colonnes = vec![Colonne::new("Lecture", false)];
    colonnes
        .extend(tableau.indicateurs.iter().map(|i| Colonne::new(format!("{} {}", i.definition.id, court(i)), true)));
    let valeur = |id: &str| tableau.indicateurs.iter().find(|i| i.definition.id == id).and_then(|i| i.valeur);
    let du_tableau = Ligne {
        cle: "tableau".into(),
        titre: "Lectures du tableau".into(),
        ensemble: true,
        cellules: CATALOGUE.iter().map(|d| Cellule::figure(d.id, valeur(d.id))).collect(),
        ..Ligne::default()
    };
    let autres = tableau.variantes.iter().map(|variante| Ligne {
        cle: variante.nom(),
        titre: variante.nom(),
        precision: variante.texte.to_owned(),
        cellules: variante
            .valeurs
            .iter()
            .zip(variante.ecarts(&tableau.indicateurs))
            .map(|((id, autre), (_, ecart))| {
                let cellule = Cellule::figure(*id, *autre);
                match ecart.and_then(|ecart| ecrire(ecart, valeur(id), *autre)) {
                    Some(ecart) => cellule.marquee("change").avec("", ecart),
                    None => cellule,
                }
            })
            .collect(),
        ..Ligne::default()
    });
    Some(Table {
        id: "autres-lectures".into(),
        legende: "Les douze chiffres sous chaque autre lecture".into(),
        colonnes,
        groupes: vec![Groupe { titre: String::new(), lignes: std::iter::once(du_tableau).chain(autres).collect() }],
        note: "",
    })
}

/// A difference as it is written, with decimals when one of the two figures has some; `None` when
/// there is none.
#[must_use]
pub fn ecrire(ecart: f64, de: Option<Valeur>, a: Option<Valeur>) -> Option<String> {
    let comptes = [de, a].iter().all(|valeur| matches!(valeur, Some(Valeur::Entier(_))));
    let ecrit = nombre(ecart.abs(), usize::from(!comptes));
    (ecart.abs() > 1e-9).then(|| format!("{}{ecrit}", if ecart > 0.0 { "+" } else { "−" }))
}

/// The figures of other years, and where they come from.
pub(super) struct Historique {
    pub table: Table,
    pub sources: Vec<String>,
}

/// A column of other years, for programs and for people.
fn champ(periode: &str, colonne: ColonneOfficielle) -> String {
    match colonne {
        ColonneOfficielle::Resultat => periode.to_owned(),
        ColonneOfficielle::Attendu => format!("Attendu {periode}"),
    }
}

/// The figures of other years; `None` when the department wrote none down.
pub(super) fn historique(historique: &historique::Historique) -> Option<Historique> {
    let chiffres = &historique.chiffres;
    if chiffres.is_empty() {
        return None;
    }
    let mut colonnes: Vec<(&str, ColonneOfficielle)> = Vec::new();
    let mut sources: Vec<String> = Vec::new();
    for chiffre in chiffres {
        let colonne = (chiffre.periode.as_str(), chiffre.colonne);
        if !colonnes.contains(&colonne) {
            colonnes.push(colonne);
        }
        if !sources.contains(&chiffre.source) {
            sources.push(chiffre.source.clone());
        }
    }
    let lignes = CATALOGUE.iter().map(|definition| {
        let cellules = colonnes.iter().map(|(periode, colonne)| {
            let cherche = (definition.id, *periode, *colonne);
            let trouve = chiffres.iter().find(|c| (c.indicateur.as_str(), c.periode.as_str(), c.colonne) == cherche);
            match trouve {
                None => Cellule::nombre(champ(periode, *colonne), ""),
                Some(chiffre) => {
                    let rang = sources.iter().position(|source| *source == chiffre.source).map_or(0, |rang| rang + 1);
                    let ecrire = if chiffre.en_part { figure_en_pourcent } else { figure };
                    let exemple = if chiffre.exemple { "exemple, " } else { "" };
                    Cellule::nombre(champ(periode, *colonne), ecrire(Some(chiffre.valeur)))
                        .avec("", format!("{exemple}source {rang}"))
                }
            }
        });
        Ligne {
            cle: definition.id.to_owned(),
            code: definition.id.to_owned(),
            titre: definition.libelle.to_owned(),
            cellules: cellules.collect(),
            ..Ligne::default()
        }
    });
    let titres: Vec<String> = colonnes.iter().map(|(periode, colonne)| champ(periode, *colonne)).collect();
    let titres: Vec<&str> = std::iter::once("Indicateur").chain(titres.iter().map(String::as_str)).collect();
    Some(Historique {
        table: Table::new(
            "annees",
            "Résultats et attendus écrits par le département",
            &titres,
            lignes.filter(|ligne| ligne.cellules.iter().any(|cellule| !cellule.texte.is_empty())).collect(),
        ),
        sources,
    })
}

/// What each caisse sent; `None` when no flux is known.
pub(super) fn completude(completude: &Completude) -> Option<Table> {
    if completude.caisses.is_empty() {
        return None;
    }
    let colonnes = [
        ("Caisse", false),
        ("Rythme des quotidiens", false),
        ("Quotidiens reçus", true),
        ("Mensuels reçus", true),
        ("Quotidiens manquants", false),
        ("Mensuels manquants", false),
    ];
    let lignes = completude.caisses.iter().map(|caisse| {
        let mensuels: Vec<String> = caisse.mensuels_manquants.iter().map(ToString::to_string).collect();
        let manque = |n: usize, quoi: String| if n == 0 { "aucun".to_owned() } else { format!("{n} : {quoi}") };
        Ligne {
            cle: caisse.caisse.clone(),
            titre: caisse.caisse.clone(),
            cellules: vec![
                Cellule::texte("rythme", caisse.rythme.libelle()),
                Cellule::nombre("quotidiens", caisse.quotidiens.to_string()),
                Cellule::nombre("mensuels", caisse.mensuels.to_string()),
                Cellule::texte(
                    "quotidiens_manquants",
                    manque(
                        caisse.quotidiens_manquants.len(),
                        en_bref(&caisse.quotidiens_manquants, &completude.calendrier),
                    ),
                ),
                Cellule::texte(
                    "mensuels_manquants",
                    if caisse.sans_mensuel {
                        "jamais reçu".to_owned()
                    } else {
                        manque(mensuels.len(), mensuels.join(", "))
                    },
                ),
            ],
            ..Ligne::default()
        }
    });
    Some(Table {
        id: "flux".into(),
        legende: "Les flux reçus pour la période".into(),
        groupes: vec![Groupe { titre: String::new(), lignes: lignes.collect() }],
        note: "",
        colonnes: colonnes.map(|(texte, nombre)| Colonne::new(texte, nombre)).into(),
    })
}
