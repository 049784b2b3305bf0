//! The people behind a figure: the entries of the detail, who counts, who does not and why.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::audit::Quoi;
use super::choix::{Champs, Choix};
use super::etat::{Connaissance, Etat};
use super::feuille::{Feuille, Tri};
use super::reponse::{Cadre, Demande, Erreur, Morceau, html};
use super::tableau::{Servi, servi};
use crate::indicateurs::catalogue::{CATALOGUE, Definition};
use crate::indicateurs::compte::{Compte, refus};
use crate::indicateurs::garantie::Garantie;
use crate::indicateurs::{Question, calculer};
use crate::parcours::etapes::Parcours;
use crate::rapport::annexe9;
use crate::rapport::detail::{Cellule, Cellules, ENTETES, csv_des, lignes_avec};
use crate::rapport::explication::raison;
use crate::rapport::html::Lien;
use crate::rapport::html::tables::{Cellule as Montree, Groupe, Ligne, Table};
use crate::referentiel::{Comptage, Flux};
use crate::temps::Jour;

pub(super) fn routes() -> Router<Etat> {
    Router::new().route("/indicateur/{id}", get(page)).route("/detail.csv", get(exporter))
}

/// An entry, as it is shown.
struct Personne {
    personne: u32,
    cellules: Cellules,
    /// For each of [`Compte::TOUS`], whether it counts, and why.
    raisons: [(bool, String); Compte::TOUS.len()],
}

/// The entries of a table, in the order of the detail.
struct Entrees(Vec<Personne>);

fn question<'a>(etat: &'a Etat, choix: &Choix) -> Question<'a> {
    let referentiel = &etat.reglages().referentiel;
    Question { periode: choix.periode, connu_le: choix.connu_le.map(Jour::from), referentiel }
}

fn entrees(etat: &Etat, connaissance: &Connaissance, choix: &Choix) -> Result<Arc<Entrees>, Erreur> {
    connaissance.memo(&choix.requete(), || {
        let (histoire, question) = (&connaissance.connu.histoire, question(etat, choix));
        let tableau = calculer(histoire, &question);
        let sources = tableau.lignes.iter().map(|ligne| ligne.entree.source);
        let noms = etat.annuaire(connaissance)?.noms(&connaissance.connu, sources)?;
        let lignes = lignes_avec(histoire, &question, &noms, &tableau, |ligne, cellules| {
            let raisons = Compte::TOUS.map(|compte| {
                let refus = refus(&question, ligne, compte);
                (refus.is_none(), raison(question.referentiel, compte, ligne, (refus, choix.periode.arrete)))
            });
            Personne { personne: ligne.entree.personne, cellules, raisons }
        });
        Ok(Entrees(lignes))
    })
}

/// What the first list behind each figure would wait for.
pub(super) fn preparer(etat: &Etat, connaissance: &Connaissance, choix: &Choix) -> Result<(), Erreur> {
    entrees(etat, connaissance, choix)?;
    let sans_entree = |definition: &&Definition| Compte::TOUS.iter().all(|compte| compte.id() != definition.id);
    CATALOGUE
        .iter()
        .filter(sans_entree)
        .try_for_each(|definition| suivis(etat, connaissance, choix, definition).map(|_| ()))
}

/// The people of an indicator that is about all the bénéficiaires: those who count alone.
struct Suivis(Vec<(u32, Cellules)>);

fn suivis(
    etat: &Etat,
    connaissance: &Connaissance,
    choix: &Choix,
    definition: &'static Definition,
) -> Result<Arc<Suivis>, Erreur> {
    connaissance.memo(&format!("{} {}", definition.id, choix.requete()), || {
        let histoire = &connaissance.connu.histoire;
        let mut parcours = Parcours::default();
        let comptees: Vec<(u32, (u32, u32))> = (0..histoire.personnes)
            .filter(|&personne| {
                parcours.suivre(histoire, personne);
                let mut sienne = Garantie::default();
                sienne.ajouter(histoire, &parcours, personne, &choix.periode);
                compte(&sienne, definition.id)
            })
            .filter_map(|personne| {
                let dernier = histoire.releves.de(personne).next_back()?;
                Some((personne, (dernier.fichier, dernier.rang)))
            })
            .collect();
        let sources = comptees.iter().map(|(_, source)| *source);
        let noms = etat.annuaire(connaissance)?.noms(&connaissance.connu, sources)?;
        let texte = |texte: &str| if texte.is_empty() { Cellule::Vide } else { Cellule::Texte(texte.into()) };
        let lignes = comptees.into_iter().filter_map(|(personne, source)| {
            let nom = noms.get(&source)?;
            let mut cellules: Cellules = ENTETES.map(|_| Cellule::Vide);
            let connus = [&nom.numdemrsa, &nom.matricule, "", &nom.nom, &nom.prenom, &nom.date_naissance];
            cellules.iter_mut().zip(connus).for_each(|(cellule, connu)| *cellule = texte(connu));
            Some((personne, cellules))
        });
        Ok(Suivis(lignes.collect()))
    })
}

/// Whether what one person adds counts in an indicator.
fn compte(garantie: &Garantie, id: &str) -> bool {
    match id {
        "3.2.2" => garantie.gad_en_cours > 0,
        "3.2.3" => garantie.ag_orientes > 0,
        "3.2.4" => garantie.ag_en_cours > 0,
        "3.2.5" => garantie.suivis() > 0,
        _ => garantie.demarrages().1 > 0,
    }
}

/// What is asked beside the period.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Voulu {
    montrer: String,
    tri: String,
    page: String,
}

/// The columns: in the address, as a heading, and in the detail.
const COLONNES: [(&str, &str, &str); 11] = [
    ("nom", "Personne", "nom"),
    ("dossier", "Dossier", "numdemrsa"),
    ("caisse", "Caisse", "caisse"),
    ("categorie", "Entrée comme", "categorie"),
    ("t0", "Entrée le", "t0"),
    ("orientation", "Orientée le", "date_orientation"),
    ("organisme", "Vers", "organisme"),
    ("rdv", "Premier rendez-vous", "date_premier_rdv"),
    ("cer", "Premier CER", "date_premier_cer"),
    ("territoire", "Territoire", "territoire"),
    ("structure", "Structure", "structure"),
];
/// Those of people without an entry.
const SIGNALEMENT: usize = 2;

fn place(entete: &str) -> usize {
    ENTETES.iter().position(|connue| *connue == entete).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "page/personnes.html")]
struct Page {
    cadre: Cadre,
    servi: Arc<Servi>,
    definition: Cow<'static, str>,
    phrases: Vec<String>,
    filtres: Vec<(String, String, bool)>,
    export: Option<String>,
    feuille: Feuille,
    table: Table,
}

/// A line of the page, whichever the indicator.
struct Montrable<'a> {
    personne: u32,
    cellules: &'a Cellules,
    raison: Option<&'a (bool, String)>,
}

async fn page(
    State(etat): State<Etat>,
    Morceau(id): Morceau,
    Demande(champs): Demande<Champs>,
    Demande(voulu): Demande<Voulu>,
) -> Response {
    etat.repondre(move |etat| {
        let definition = CATALOGUE.iter().find(|definition| definition.id == id);
        let definition = definition.ok_or_else(|| {
            Erreur::Introuvable("Cet indicateur n'existe pas : les douze vont de 3.1.1 à 3.2.6.".to_owned())
        })?;
        let choix = Choix::lire(&champs, etat)?;
        let connaissance = etat.connaissance(choix.connu_le)?;
        let servi = servi(etat, &connaissance, &choix)?;
        let rang = Compte::TOUS.iter().position(|compte| compte.id() == id);
        match rang {
            Some(rang) => {
                let entrees = entrees(etat, &connaissance, &choix)?;
                let lignes = entrees.0.iter().map(|p| Montrable {
                    personne: p.personne,
                    cellules: &p.cellules,
                    raison: Some(&p.raisons[rang]),
                });
                montrer(etat, &connaissance, &choix, definition, &voulu, servi, lignes.collect())
            }
            None => {
                let suivis = suivis(etat, &connaissance, &choix, definition)?;
                let lignes = suivis.0.iter();
                let lignes =
                    lignes.map(|(personne, cellules)| Montrable { personne: *personne, cellules, raison: None });
                montrer(etat, &connaissance, &choix, definition, &voulu, servi, lignes.collect())
            }
        }
    })
    .await
}

fn montrer(
    etat: &Etat,
    connaissance: &Connaissance,
    choix: &Choix,
    definition: &'static Definition,
    voulu: &Voulu,
    servi: Arc<Servi>,
    mut lignes: Vec<Montrable<'_>>,
) -> Result<Response, Erreur> {
    let par_entree = lignes.first().is_some_and(|ligne| ligne.raison.is_some())
        || Compte::TOUS.iter().any(|compte| compte.id() == definition.id);
    let requete = choix.requete();
    let base = format!("/indicateur/{}?{requete}", definition.id);
    let comptent = lignes.iter().filter(|ligne| ligne.raison.is_none_or(|(oui, _)| *oui)).count();
    let phrases = phrases(etat, &servi, definition, par_entree, comptent, lignes.len());
    let montrer = if matches!(&*voulu.montrer, "oui" | "non") && par_entree { &*voulu.montrer } else { "" };
    let filtres = [
        ("", format!("Toutes les entrées ({})", lignes.len())),
        ("oui", format!("Celles qui comptent ({comptent})")),
        ("non", format!("Celles qui ne comptent pas ({})", lignes.len() - comptent)),
    ];
    let filtres = filtres.into_iter().filter(|_| par_entree).map(|(code, texte)| {
        let champ = if code.is_empty() { String::new() } else { format!("&montrer={code}") };
        (format!("{base}{champ}"), texte, code == montrer)
    });
    let filtres = filtres.collect();
    lignes.retain(|ligne| montrer.is_empty() || ligne.raison.is_some_and(|(oui, _)| *oui == (montrer == "oui")));
    let colonnes = if par_entree { &COLONNES[..] } else { &COLONNES[..SIGNALEMENT] };
    let codes: Vec<&str> = colonnes.iter().map(|(code, ..)| *code).collect();
    let tri = Tri::lire(&voulu.tri, &codes);
    if let Some((_, _, entete)) = tri.colonne.and_then(|rang| colonnes.get(rang)) {
        let rang = place(entete);
        tri.ordonner(&mut lignes, |ligne| &ligne.cellules[rang]);
    }
    let filtre = if montrer.is_empty() { String::new() } else { format!("&montrer={montrer}") };
    let page = voulu.page.parse().unwrap_or(1);
    let feuille = Feuille::new(lignes.len(), page, format!("{base}{filtre}{}", tri.champ(&codes)));
    let adresse = format!("{base}{filtre}");
    let entetes = colonnes.iter().enumerate();
    let mut entetes: Vec<_> =
        entetes.map(|(rang, (_, titre, _))| tri.entete(rang, titre, false, &codes, &adresse)).collect();
    if par_entree {
        entetes.insert(1, crate::rapport::html::tables::Colonne::new(format!("Compte en {}", definition.id), false));
    }
    let montrees = feuille.montrees(&lignes).iter();
    let lignes = montrees.map(|ligne| dessiner(etat, connaissance, ligne, &colonnes[1..], &requete));
    let referentiel = &etat.reglages().referentiel;
    let table = Table {
        id: "personnes".into(),
        legende: format!(
            "{} : page {} sur {}",
            annexe9::libelle(referentiel, &choix.periode, definition),
            feuille.page,
            feuille.pages
        ),
        colonnes: entetes,
        groupes: vec![Groupe { titre: String::new(), lignes: lignes.collect() }],
        note: "",
    };
    let rang = if feuille.pages > 1 { format!(", page {} sur {}", feuille.page, feuille.pages) } else { String::new() };
    let titre = format!("{} : les personnes derrière le chiffre{rang}", definition.id);
    let cadre = Cadre { requete: requete.clone(), ..etat.cadre(titre, "/") };
    let export = par_entree.then(|| format!("/detail.csv?{requete}"));
    let definition = referentiel.libelle(definition, choix.periode.au);
    Ok(html(&Page { cadre, servi, definition, phrases, filtres, export, feuille, table }))
}

/// What the figure is, and how the list goes with it.
fn phrases(
    etat: &Etat,
    servi: &Servi,
    definition: &Definition,
    par_entree: bool,
    comptent: usize,
    total: usize,
) -> Vec<String> {
    let chiffre = servi.chiffres.iter().find(|(id, ..)| *id == definition.id);
    let mut out: Vec<String> =
        chiffre.iter().map(|(_, valeur, _)| format!("Le chiffre du tableau : {valeur}.")).collect();
    if chiffre.is_some_and(|(.., remplacee)| *remplacee) {
        out.push(
            "C'est celui que Pôle emploi a transmis. Les personnes qui suivent sont celles du calcul de jalon."
                .to_owned(),
        );
    }
    if !par_entree {
        out.push(format!("Personnes qui comptent : {comptent}. Cet indicateur porte sur tous les bénéficiaires du RSA, et non sur les seules entrées de la période."));
        return out;
    }
    out.push(format!(
        "Entrées de la période : {total}, dont {comptent} qui comptent. Une personne entrée deux fois a deux lignes."
    ));
    let lectures = &etat.reglages().referentiel.lectures;
    if lectures.comptage == Comptage::Personnes {
        out.push("Sous la lecture choisie, le chiffre compte des personnes, et cette liste des entrées.".to_owned());
    }
    if lectures.flux == Flux::Evenements {
        out.push("Sous la lecture choisie, le chiffre compte aussi ce qui est arrivé dans la période à des entrées plus anciennes, que cette liste n'a pas.".to_owned());
    }
    out
}

fn dessiner(
    etat: &Etat,
    connaissance: &Connaissance,
    ligne: &Montrable<'_>,
    colonnes: &[(&str, &str, &str)],
    requete: &str,
) -> Ligne {
    let texte = |entete: &str| en_clair(&ligne.cellules[place(entete)]);
    let mut cellules = Vec::new();
    if let Some((oui, raison)) = ligne.raison {
        // « oui, … » or « non, … »: the word says it, the mark only shows it.
        cellules.push(Montree::texte("compte", raison).marquee(if *oui { "oui" } else { "non" }));
    }
    cellules.extend(colonnes.iter().map(|(code, _, entete)| Montree::texte(*code, texte(entete))));
    let vers = format!("{}?{requete}", etat.adresse_de(connaissance, ligne.personne));
    Ligne {
        titre: format!("{} {}", texte("nom"), texte("prenom")),
        lien: Some(Lien { vers, texte: "(voir son parcours)".to_owned() }),
        cellules,
        ..Ligne::default()
    }
}

/// A cell, as it is read: a day is written as everywhere in the pages.
fn en_clair(cellule: &Cellule) -> String {
    match cellule {
        Cellule::Jour(jour) => jour.date().format("%d/%m/%Y").to_string(),
        Cellule::Texte(texte) => texte.to_string(),
        autre => autre.en_texte(),
    }
}

/// The whole detail, as `--detail` writes it.
async fn exporter(State(etat): State<Etat>, Demande(champs): Demande<Champs>) -> Response {
    etat.repondre(move |etat| {
        let choix = Choix::lire(&champs, etat)?;
        let connaissance = etat.connaissance(choix.connu_le)?;
        let entrees = entrees(etat, &connaissance, &choix)?;
        let octets = csv_des(entrees.0.iter().map(|personne| &personne.cellules));
        etat.audit().noter(Quoi::Export, "", &format!("/detail.csv?{}", choix.requete()))?;
        let nom = format!("attachment; filename=\"detail-{}.csv\"", choix.nom());
        Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, nom)], octets).into_response())
    })
    .await
}
