//! The operational lists of a day: whom to see, most urgent first.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{Local, NaiveDate, TimeDelta};
use serde::Deserialize;

use super::audit::Quoi;
use super::choix::{Champs, Choix, encoder, jour};
use super::etat::{Connaissance, Etat, rien_depuis};
use super::feuille::Feuille;
use super::reponse::{Cadre, Demande, Erreur, html};
use crate::listes::{Ligne, Liste, Nom, Question, remarques, toutes};
use crate::rapport::detail::Noms;
use crate::rapport::html::Lien;
use crate::rapport::html::tables::{Cellule, Colonne, Groupe, Ligne as Rang, Table};
use crate::rapport::liste::Contexte;
use crate::rapport::{fr, lectures_choisies};
use crate::releves::foyers::parse_date;
use crate::temps::Jour;

pub(super) fn routes() -> Router<Etat> {
    Router::new().route("/listes", get(page)).route("/liste.csv", get(exporter))
}

/// Days after the last file beyond which the lists are those of its day: what is known stops there.
const FRAICHEUR: i64 = 31;

/// What the form asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Voulu {
    liste: String,
    jour: String,
    territoire: String,
    structure: String,
    referent: String,
    page: String,
}

/// The list, its day and what is kept of it.
struct Choisie {
    nom: Nom,
    jour: NaiveDate,
    filtre: Filtre,
}

/// Who follows the people who are kept; an empty one keeps everybody.
#[derive(Clone, Debug, Default)]
struct Filtre {
    territoire: String,
    structure: String,
    referent: String,
}

impl Filtre {
    /// Name in an address, name on the page, and what is kept.
    fn champs(&self) -> [(&'static str, &'static str, &str); 3] {
        [
            ("territoire", "territoire", &self.territoire),
            ("structure", "structure", &self.structure),
            ("referent", "référent", &self.referent),
        ]
    }

    fn garde(&self, suivi: &Suivi) -> bool {
        let Suivi { territoire, structure, referent } = suivi;
        [(&self.territoire, territoire), (&self.structure, structure), (&self.referent, referent)]
            .iter()
            .all(|(voulu, sien)| voulu.is_empty() || voulu == sien)
    }
}

impl Choisie {
    fn lire(voulu: &Voulu, etat: &Etat) -> Result<Self, Erreur> {
        let nom = match &*voulu.liste {
            "" => Nom::AOrienter,
            code => Nom::lire(code).ok_or_else(|| {
                let codes = Nom::TOUS.map(Nom::code).join(", ");
                Erreur::Introuvable(format!("Cette liste n'existe pas. Les listes sont : {codes}."))
            })?,
        };
        let jour = match jour(&voulu.jour, "Jour")? {
            Some(jour) => jour,
            None => jour_d_office(&*etat.connaissance(None)?),
        };
        let Voulu { territoire, structure, referent, .. } = voulu.clone();
        let referent = match &*referent {
            "" => String::new(),
            numero => etat.referent(numero).ok_or_else(|| Erreur::Introuvable(REFERENT_INCONNU.to_owned()))?,
        };
        Ok(Self { nom, jour, filtre: Filtre { territoire, structure, referent } })
    }

    /// In an address, without the page. An agent stands there under a number: addresses stay in the
    /// history, and in the register.
    fn requete(&self, etat: &Etat) -> String {
        let filtre = self.filtre.champs().into_iter().filter(|(.., valeur)| !valeur.is_empty());
        let filtre: String = filtre
            .map(|(champ, _, valeur)| match champ {
                "referent" => format!("&{champ}={}", etat.numero_du_referent(valeur)),
                _ => format!("&{champ}={}", encoder(valeur)),
            })
            .collect();
        format!("liste={}&jour={}{filtre}", self.nom.code(), self.jour)
    }
}

const REFERENT_INCONNU: &str = "Cette adresse ne désigne plus de référent : leurs numéros changent à chaque lancement de « jalon servir ». \
     Choisissez-le dans la liste.";

/// Today; the day of the last file when it came long ago.
fn jour_d_office(connaissance: &Connaissance) -> NaiveDate {
    let aujourd_hui = Local::now().date_naive();
    let flux = connaissance.connu.segments.flux.iter().map(|segment| segment.meta.commun.recu_le);
    let dernier = flux.filter(|jour| *jour <= aujourd_hui).max();
    dernier.filter(|dernier| aujourd_hui - *dernier > TimeDelta::days(FRAICHEUR)).unwrap_or(aujourd_hui)
}

/// Who follows somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Suivi {
    territoire: String,
    structure: String,
    referent: String,
}

impl From<&Ligne<'_>> for Suivi {
    fn from(ligne: &Ligne<'_>) -> Self {
        let Some(o) = ligne.suivi else { return Self::default() };
        Self {
            territoire: o.territoire.to_string(),
            structure: o.structure.to_string(),
            referent: o.referent.to_string(),
        }
    }
}

/// Somebody on a list, as they are shown.
struct Montree {
    personne: u32,
    qui: String,
    naissance: String,
    dossier: String,
    echeance: Jour,
    jours: i64,
    t0: Option<Jour>,
    orientation: String,
    suivi: Suivi,
    manque: String,
}

/// The lists of a day.
struct DuJour {
    /// In the order of [`Nom::TOUS`].
    listes: Vec<Vec<Montree>>,
    /// Every value in every list: the same choices whichever list is shown.
    territoires: Vec<String>,
    structures: Vec<String>,
    referents: Vec<String>,
    remarques: Vec<String>,
}

impl DuJour {
    fn liste(&self, nom: Nom) -> &[Montree] {
        let rang = Nom::TOUS.iter().position(|autre| *autre == nom);
        rang.and_then(|rang| self.listes.get(rang)).map_or(&[], Vec::as_slice)
    }
}

/// Every value of a field.
fn valeurs(listes: &[Vec<Montree>], champ: impl Fn(&Suivi) -> &String) -> Vec<String> {
    let valeurs = listes.iter().flatten().map(|montree| champ(&montree.suivi));
    let uniques: BTreeSet<&String> = valeurs.filter(|valeur| !valeur.is_empty()).collect();
    uniques.into_iter().cloned().collect()
}

/// What is asked of the lists: everything known on their day, as « jalon listes » does.
fn question(etat: &Etat, jour: NaiveDate) -> Question<'_> {
    Question { au: jour.into(), connu_le: jour.into(), referentiel: &etat.reglages().referentiel }
}

/// The names of the people of some lists.
fn noms(etat: &Etat, connaissance: &Connaissance, listes: &[Liste<'_>]) -> Result<Noms, Erreur> {
    let sources = listes.iter().flat_map(|liste| liste.lignes.iter().map(|ligne| ligne.source));
    Ok(etat.annuaire(connaissance)?.noms(&connaissance.connu, sources)?)
}

fn du_jour(etat: &Etat, connaissance: &Connaissance, jour: NaiveDate) -> Result<Arc<DuJour>, Erreur> {
    connaissance.memo(&format!("listes {jour}"), || {
        let histoire = &connaissance.connu.histoire;
        let question = question(etat, jour);
        let listes = toutes(histoire, &question);
        let noms = noms(etat, connaissance, &listes)?;
        let contexte = Contexte { histoire, question: &question, noms: &noms };
        let montrees = listes.iter().map(|liste| {
            let lignes = contexte.lignes(liste).into_iter();
            lignes
                .map(|(ligne, nom)| {
                    let caisse = histoire.dossiers[ligne.dossier as usize].caisse;
                    Montree {
                        personne: ligne.personne,
                        qui: format!("{} {}", nom.nom, nom.prenom),
                        naissance: en_clair(&nom.date_naissance),
                        dossier: format!("{} {}", nom.numdemrsa, histoire.caisses[usize::from(caisse)].nom),
                        echeance: ligne.echeance,
                        jours: ligne.jours_restants,
                        t0: ligne.t0,
                        orientation: ligne
                            .orientation
                            .map(|o| format!("{} ({})", fr(o.date), o.organisme))
                            .unwrap_or_default(),
                        suivi: Suivi::from(ligne),
                        manque: ligne.texte(question.au),
                    }
                })
                .collect()
        });
        let listes: Vec<Vec<Montree>> = montrees.collect();
        Ok(DuJour {
            territoires: valeurs(&listes, |suivi| &suivi.territoire),
            structures: valeurs(&listes, |suivi| &suivi.structure),
            referents: valeurs(&listes, |suivi| &suivi.referent),
            listes,
            remarques: remarques(histoire, &question),
        })
    })
}

/// What the first look would wait for. A day whose knowledge is another waits to be asked: it takes as
/// much memory again.
pub(super) fn preparer(etat: &Etat) -> Result<(), Erreur> {
    let courante = etat.connaissance(None)?;
    let jour = jour_d_office(&courante);
    if rien_depuis(&courante, jour)? {
        du_jour(etat, &*etat.connaissance(Some(jour))?, jour)?;
    }
    Ok(())
}

/// A birth date, as every day of the pages is written.
fn en_clair(date: &str) -> String {
    parse_date(date).map_or_else(|| date.to_owned(), |jour| fr(jour.into()))
}

/// A choice of the form: its field, its label, its values (as they are sent, as they are read, and
/// whether it is the one chosen).
struct Champ {
    nom: &'static str,
    libelle: &'static str,
    valeurs: Vec<(String, String, bool)>,
}

#[derive(Template)]
#[template(path = "page/listes.html")]
struct Page {
    cadre: Cadre,
    /// Address, title, people, and whether it is the one shown.
    listes: Vec<(String, &'static str, usize, bool)>,
    code: &'static str,
    regle: &'static str,
    phrases: Vec<String>,
    jour: String,
    champs: Vec<Champ>,
    /// What the form keeps of the period chosen elsewhere.
    gardes: Vec<(&'static str, String)>,
    remarques: Vec<String>,
    export: String,
    feuille: Feuille,
    table: Table,
}

async fn page(State(etat): State<Etat>, Demande(champs): Demande<Champs>, Demande(voulu): Demande<Voulu>) -> Response {
    etat.repondre(move |etat| {
        let (choix, _) = Choix::donne(&champs, etat)?;
        let choisie = Choisie::lire(&voulu, etat)?;
        let connaissance = etat.connaissance(Some(choisie.jour))?;
        let du_jour = du_jour(etat, &connaissance, choisie.jour)?;
        let suite = choix.as_ref().map(|choix| format!("&{}", choix.requete())).unwrap_or_default();
        let retenues: Vec<&Montree> =
            du_jour.liste(choisie.nom).iter().filter(|montree| choisie.filtre.garde(&montree.suivi)).collect();
        let feuille = Feuille::new(
            retenues.len(),
            voulu.page.parse().unwrap_or(1),
            format!("/listes?{}{suite}", choisie.requete(etat)),
        );
        let listes = Nom::TOUS.iter().map(|nom| {
            let autre = Choisie { nom: *nom, jour: choisie.jour, filtre: choisie.filtre.clone() };
            let n = du_jour.liste(*nom).iter().filter(|montree| choisie.filtre.garde(&montree.suivi)).count();
            (format!("/listes?{}{suite}", autre.requete(etat)), nom.titre(), n, *nom == choisie.nom)
        });
        let champ = |nom, libelle, valeurs: &[String], choisie: &String| {
            let envoyee = |valeur: &String| match nom {
                "referent" => etat.numero_du_referent(valeur),
                _ => valeur.clone(),
            };
            let valeurs = valeurs.iter().map(|valeur| (envoyee(valeur), valeur.clone(), valeur == choisie)).collect();
            Champ { nom, libelle, valeurs }
        };
        let filtre = &choisie.filtre;
        let page = Page {
            listes: listes.collect(),
            code: choisie.nom.code(),
            regle: choisie.nom.regle(),
            phrases: phrases(etat, &choisie, &retenues),
            jour: choisie.jour.to_string(),
            champs: vec![
                champ("territoire", "Territoire", &du_jour.territoires, &filtre.territoire),
                champ("structure", "Structure", &du_jour.structures, &filtre.structure),
                champ("referent", "Référent", &du_jour.referents, &filtre.referent),
            ],
            gardes: choix.as_ref().map(Choix::champs).unwrap_or_default(),
            remarques: du_jour.remarques.clone(),
            export: format!("/liste.csv?{}", choisie.requete(etat)),
            table: dessiner(etat, &connaissance, &choisie, &feuille, feuille.montrees(&retenues)),
            feuille,
            cadre: Cadre {
                requete: choix.as_ref().map(Choix::requete).unwrap_or_default(),
                ..etat.cadre(format!("{} au {}", choisie.nom.titre(), fr(choisie.jour.into())), "/listes")
            },
        };
        Ok(html(&page))
    })
    .await
}

/// How many, how many late, under which rules.
fn phrases(etat: &Etat, choisie: &Choisie, retenues: &[&Montree]) -> Vec<String> {
    let passees = retenues.iter().filter(|montree| montree.jours < 0).count();
    let personnes = if retenues.len() > 1 { "personnes" } else { "personne" };
    let mut out = vec![format!(
        "{} {personnes}, dont {passees} d'échéance passée, d'après ce qui était connu le {}.",
        retenues.len(),
        fr(choisie.jour.into())
    )];
    let filtres = choisie.filtre.champs().into_iter().filter(|(.., valeur)| !valeur.is_empty());
    let filtres: Vec<_> = filtres.map(|(_, champ, valeur)| format!("{champ} : {valeur}")).collect();
    if !filtres.is_empty() {
        out.push(format!("Seulement {}.", filtres.join(" ; ")));
    }
    let lectures = lectures_choisies(&etat.reglages().referentiel);
    if !lectures.is_empty() {
        out.push(format!("Lectures autres que celles du guide : {}.", lectures.join(", ")));
    }
    out
}

fn dessiner(
    etat: &Etat,
    connaissance: &Connaissance,
    choisie: &Choisie,
    feuille: &Feuille,
    montrees: &[&Montree],
) -> Table {
    let colonnes = [
        ("Personne", false),
        ("Échéance", false),
        ("Jours", true),
        ("Il manque", false),
        ("Dossier", false),
        ("Entrée le", false),
        ("Orientée le", false),
        ("Territoire", false),
        ("Structure", false),
        ("Référent", false),
    ];
    let lignes = montrees.iter().map(|m| {
        let jours = Cellule::nombre("jours_restants", m.jours.to_string());
        let jours = if m.jours < 0 { jours.marquee("alerte").avec("", "échéance passée") } else { jours };
        let texte = |champ: &str, texte: &str| Cellule::texte(champ, texte);
        Rang {
            titre: m.qui.clone(),
            precision: format!("né(e) le {}", m.naissance),
            lien: Some(Lien {
                vers: format!("{}?connu_le={}", etat.adresse_de(connaissance, m.personne), choisie.jour),
                texte: "(voir son parcours)".to_owned(),
            }),
            cellules: vec![
                texte("echeance", &fr(m.echeance)),
                jours,
                texte("manque", &m.manque),
                texte("numdemrsa", &m.dossier),
                texte("t0", &m.t0.map(fr).unwrap_or_default()),
                texte("date_orientation", &m.orientation),
                texte("territoire", &m.suivi.territoire),
                texte("structure", &m.suivi.structure),
                texte("referent", &m.suivi.referent),
            ],
            ..Rang::default()
        }
    });
    Table {
        id: "liste".into(),
        legende: format!(
            "{}, la plus urgente d'abord : page {} sur {}",
            choisie.nom.titre(),
            feuille.page,
            feuille.pages
        ),
        colonnes: colonnes.into_iter().map(|(titre, nombre)| Colonne::new(titre, nombre)).collect(),
        groupes: vec![Groupe { titre: String::new(), lignes: lignes.collect() }],
        note: "",
    }
}

/// The list that is shown, whole, as « jalon listes » writes it.
async fn exporter(State(etat): State<Etat>, Demande(voulu): Demande<Voulu>) -> Response {
    etat.repondre(move |etat| {
        let choisie = Choisie::lire(&voulu, etat)?;
        let connaissance = etat.connaissance(Some(choisie.jour))?;
        let histoire = &connaissance.connu.histoire;
        let question = question(etat, choisie.jour);
        let mut listes = toutes(histoire, &question);
        listes.retain(|liste| liste.nom == choisie.nom);
        for liste in &mut listes {
            liste.lignes.retain(|ligne| choisie.filtre.garde(&Suivi::from(ligne)));
        }
        let noms = noms(etat, &connaissance, &listes)?;
        let contexte = Contexte { histoire, question: &question, noms: &noms };
        let octets: Vec<u8> = listes.iter().flat_map(|liste| contexte.csv(liste)).collect();
        etat.audit().noter(Quoi::Export, "", &format!("/liste.csv?{}", choisie.requete(etat)))?;
        let nom = format!("attachment; filename=\"{}-{}.csv\"", choisie.nom.code(), choisie.jour);
        Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, nom)], octets).into_response())
    })
    .await
}
