//! Small dated stories for the tests of the rules: one line a file or an event, plain values in.
//!
//! ```text
//! 2020-12-31  stock        Z:9=2+
//! 2021-02-08  quotidien    1=2+,dem:2021-02-01  recu:2021-03-01
//! 2021-03-21  orientation  CD social
//! ```
//!
//! A flux gives records: `[person:]dossier=state[top]`, the top being `+`, `-` or missing, then the
//! start of suspension (`sus:`), the claim (`dem:`) and the reason of closing after commas. A file is
//! received and made on its day unless `recu:` or `cree:` says otherwise, and comes from CAF991
//! unless another caisse is named. An event is about `A` unless it says `de:B`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use smol_str::SmolStr;

use super::etapes::Parcours;
use super::histoire::{Classe, DossierDouble, EnTeteFichier, Histoire};
use crate::entrees::suivi::Clotures;
use crate::entrees::{Cloture, Entree, Suites, entrees, suites};
use crate::identite::CleNom;
use crate::indicateurs::{Question, Tableau, Valeur, calculer};
use crate::journal::evenements::{
    Accompagnement, Contrat, EnVigueur, EvenementsEnVigueur, FinSuivi, Lieu, Orientation, Qui, RapportPoleEmploi,
    RendezVous,
};
use crate::journal::lecture::{ColonnesFlux, IdentiteLue, SANS_DATE};
use crate::referentiel::{Base, Referentiel};
use crate::releves::Foyer;
use crate::releves::foyers::{Situation, Situations, est_un_transfert};
use crate::temps::{Jour, Periode};

/// A day.
pub(crate) fn jour(texte: &str) -> Jour {
    texte.parse::<NaiveDate>().unwrap_or_else(|_| panic!("« {texte} » is no day")).into()
}

/// A story, told.
pub(crate) struct Recit {
    pub(crate) histoire: Histoire,
    pub(crate) referentiel: Referentiel,
    pub(crate) connu_le: Option<Jour>,
    personnes: BTreeMap<char, u32>,
}

/// A word of a line: `cle:valeur`.
fn option<'a>(mots: &[&'a str], cle: &str) -> Option<&'a str> {
    mots.iter().find_map(|mot| mot.strip_prefix(cle)?.strip_prefix(':'))
}

/// One of the words of a closed list that a line holds; the last one of the list otherwise.
fn parmi(mots: &[&str], liste: &[&'static str]) -> &'static str {
    liste.iter().find(|code| mots.contains(code)).or(liste.last()).copied().unwrap_or_default()
}

struct Releve<'a> {
    qui: char,
    numdemrsa: String,
    etat: u8,
    top: u8,
    suspension: Option<NaiveDate>,
    dtdemrsa: Option<NaiveDate>,
    motif: &'a str,
}

impl<'a> Releve<'a> {
    fn lire(mot: &'a str) -> Self {
        let (qui, reste) = mot.split_once(':').filter(|(qui, _)| qui.len() == 1).unwrap_or(("A", mot));
        let (dossier, reste) = reste.split_once('=').unwrap_or_else(|| panic!("« {mot} » is no record"));
        let mut parts = reste.split(',');
        let etat = parts.next().unwrap();
        let mut releve = Self {
            qui: qui.chars().next().unwrap(),
            numdemrsa: format!("{dossier:0>11}"),
            etat: etat[..1].parse().unwrap(),
            top: match &etat[1..] {
                "+" => 1,
                "-" => 0,
                _ => 2,
            },
            suspension: None,
            dtdemrsa: None,
            motif: "",
        };
        for part in parts {
            match part.split_once(':') {
                Some(("sus", date)) => releve.suspension = date.parse().ok(),
                Some(("dem", date)) => releve.dtdemrsa = date.parse().ok(),
                _ => releve.motif = part,
            }
        }
        releve
    }

    fn foyer(&self) -> Foyer {
        Foyer {
            ligne: 0,
            numdemrsa: self.numdemrsa.clone(),
            matricule: String::new(),
            dtdemrsa: self.dtdemrsa,
            etat: self.etat,
            suspension: self.suspension,
            motif_cloture: self.motif.to_owned(),
            commune: String::new(),
            code_postal: String::new(),
            faits_generateurs: String::new(),
            personnes: Vec::new(),
            autres_roles: 0,
        }
    }
}

fn double(situation: &Situation) -> DossierDouble {
    DossierDouble {
        numdemrsa: situation.numdemrsa.clone(),
        classe: Classe::de(situation.etat),
        suspension: situation.suspension.map(Jour::from),
        dtdemrsa: situation.dtdemrsa.map(Jour::from),
        transfert: est_un_transfert(&situation.motif_cloture),
    }
}

fn fichier(
    date: NaiveDate,
    mensuel: bool,
    mots: &[&str],
    empreinte: String,
) -> ((EnTeteFichier, ColonnesFlux, Vec<IdentiteLue>), Vec<char>) {
    let cree_le = option(mots, "cree").map_or(date, |jour| jour.parse().unwrap());
    let caisse = mots.iter().find(|mot| mot.starts_with("CAF") || mot.starts_with("MSA")).copied().unwrap_or("CAF991");
    let releves: Vec<Releve<'_>> = mots.iter().filter(|mot| mot.contains('=')).map(|mot| Releve::lire(mot)).collect();
    let mut situations = Situations::default();
    releves.iter().for_each(|releve| situations.ajouter(&releve.foyer()));
    let jours = |date: Option<NaiveDate>| date.map_or(SANS_DATE, |date| Jour::from(date).0);
    let identite = |releve: &Releve<'_>| {
        let cle = Some(i64::from(u32::from(releve.qui)));
        let nir = Some([releve.qui as u8; 16]);
        IdentiteLue { nir, cle_nom: cle, cle_nom_usage: cle, numdemrsa: releve.numdemrsa.as_str().into() }
    };
    let colonnes = ColonnesFlux {
        identite: releves
            .iter()
            .map(|releve| i64::from(u32::from(releve.qui)) * 1_000_000 + releve.numdemrsa.parse::<i64>().unwrap())
            .collect(),
        etat: releves.iter().map(|releve| releve.etat).collect(),
        top: releves.iter().map(|releve| releve.top).collect(),
        suspension: releves.iter().map(|releve| jours(releve.suspension)).collect(),
        dtdemrsa: releves.iter().map(|releve| jours(releve.dtdemrsa)).collect(),
        transfert: releves.iter().map(|releve| est_un_transfert(releve.motif)).collect(),
        places: Vec::new(),
    };
    let en_tete = EnTeteFichier {
        nom: option(mots, "nom").unwrap_or("flux").to_owned(),
        empreinte,
        caisse: Some(caisse.to_owned()),
        mensuel,
        dtref: date.into(),
        cree_le: cree_le.and_hms_opt(1, 0, 0).unwrap(),
        recu_le: option(mots, "recu").map_or(date.into(), jour),
        non_lus: option(mots, "non_lu").map(|dossier| format!("{dossier:0>11}")).into_iter().collect(),
        doubles: situations.doubles().iter().map(double).collect(),
        extraits: Vec::new(),
        temoins: Vec::new(),
    };
    let qui = releves.iter().map(|releve| releve.qui).collect();
    ((en_tete, colonnes, releves.iter().map(identite).collect()), qui)
}

fn evenement(date: Jour, genre: &str, mots: &[&str], id: String, out: &mut EvenementsEnVigueur) {
    let qui = option(mots, "de").and_then(|qui| qui.chars().next()).unwrap_or('A');
    let qui = Qui {
        nir: Some([qui as u8; 16]),
        numdemrsa: SmolStr::default(),
        cle_nom: Some(CleNom(i64::from(u32::from(qui)))),
        ..Qui::default()
    };
    let id = option(mots, "id").map_or(id, str::to_owned);
    let le = |cle: &str| option(mots, cle).map(jour);
    let texte = |cle: &str| option(mots, cle).unwrap_or_default().to_owned();
    fn add<T>(liste: &mut Vec<EnVigueur<T>>, qui: Qui, id: String, evenement: T) {
        liste.push(EnVigueur { qui, id: id.into(), lieu: Lieu::default(), evenement });
    }
    match genre {
        "orientation" => {
            let orientation = Orientation {
                date,
                organisme: parmi(mots, &["PE", "CCAS", "CD"]),
                type_parcours: parmi(mots, &["emploi", "socio_pro", "social", ""]),
                dispositif: parmi(mots, &["GAD", "AG", ""]),
                structure: texte("structure").into(),
                territoire: texte("territoire").into(),
                referent: texte("referent").into(),
            };
            add(&mut out.orientations, qui, id, orientation);
        }
        "rdv" => {
            let rdv = RendezVous {
                type_rdv: parmi(mots, &["orientation", "cer", "accompagnement"]),
                date,
                fixe_le: le("fixe").unwrap_or(date),
                statut: parmi(mots, &["honore", "absent", "excuse", "reporte", "annule", "fixe"]),
            };
            add(&mut out.rendez_vous, qui, id, rdv);
        }
        "cer" | "ppae" => {
            let rang = option(mots, "rang").map(|rang| rang.parse().unwrap());
            let type_contrat = if genre == "cer" { "cer" } else { "ppae" };
            add(&mut out.contrats, qui, id, Contrat { date, type_contrat, rang });
        }
        // Dated by the proposal, unless the line says that there was none.
        "GAD" | "AG" => {
            let accompagnement = Accompagnement {
                type_accompagnement: if genre == "GAD" { "GAD" } else { "AG" },
                propose_le: (!mots.contains(&"sans_proposition")).then_some(date),
                debut: le("debut"),
                fin: le("fin"),
                conseiller: texte("conseiller").into(),
            };
            add(&mut out.accompagnements, qui, id, accompagnement);
        }
        "fin_suivi" => {
            let motif =
                parmi(mots, &["emploi_cdi", "formation_qualifiante", "autre_sortie_positive", "abandon", "autre"]);
            add(&mut out.fins_suivi, qui, id, FinSuivi { date, motif });
        }
        "pole_emploi" => out.pole_emploi.push(RapportPoleEmploi {
            du: date,
            au: le("au").unwrap(),
            indicateur: parmi(mots, &["3.2.3", "3.2.4", "3.2.5", "3.2.6"]),
            valeur: option(mots, "valeur").unwrap().parse().unwrap(),
        }),
        autre => panic!("« {autre} » is no line of a story"),
    }
}

/// Tells a story.
pub(crate) fn recit(texte: &str) -> Recit {
    let mut lus = Vec::new();
    let mut vus = Vec::new();
    let mut evenements = EvenementsEnVigueur::default();
    for (rang, ligne) in texte.lines().map(|ligne| ligne.split('#').next().unwrap_or_default()).enumerate() {
        let mots: Vec<&str> = ligne.split_whitespace().collect();
        let [date, genre, mots @ ..] = mots.as_slice() else { continue };
        let empreinte = format!("{rang:03}");
        match *genre {
            "stock" | "quotidien" => {
                let (lu, qui) = fichier(date.parse().unwrap(), *genre == "stock", mots, empreinte.clone());
                vus.extend((0u32..).zip(qui).map(|(row, qui)| (qui, (empreinte.clone(), row))));
                lus.push(lu);
            }
            genre => evenement(jour(date), genre, mots, empreinte, &mut evenements),
        }
    }
    let histoire = Histoire::new(lus, evenements);
    let places: BTreeMap<(String, u32), u32> = histoire
        .releves
        .toutes()
        .map(|(personne, releve)| {
            ((histoire.fichiers[releve.fichier as usize].en_tete.empreinte.clone(), releve.rang), personne)
        })
        .collect();
    let personnes = vus.into_iter().map(|(qui, place)| (qui, places[&place])).collect();
    Recit { histoire, referentiel: Referentiel::livre().unwrap(), connu_le: None, personnes }
}

impl Recit {
    /// The same story under another reading.
    pub(crate) fn lecture(mut self, cle: &str, valeur: &str) -> Self {
        self.referentiel.lectures.choisir(cle, valeur).unwrap();
        self
    }

    pub(crate) fn base_vide(mut self) -> Self {
        self.referentiel.base = Base::Vide;
        self
    }

    /// The number of a person.
    pub(crate) fn numero(&self, qui: char) -> u32 {
        self.personnes[&qui]
    }

    /// The person who has a number.
    pub(crate) fn qui(&self, numero: u32) -> char {
        self.personnes.iter().find(|(_, personne)| **personne == numero).map(|(qui, _)| *qui).unwrap()
    }

    pub(crate) fn parcours(&self, qui: char) -> Parcours {
        let mut parcours = Parcours::default();
        parcours.suivre(&self.histoire, self.personnes[&qui]);
        parcours
    }

    /// The steps of a person: `day class`, `+` when en droits et devoirs, `absent` when the file does
    /// not carry them.
    pub(crate) fn etapes(&self, qui: char) -> Vec<String> {
        let dites = |etape: &super::etapes::Etape| {
            let classe = match etape.classe {
                Classe::Versable => "versable",
                Classe::Suspendu => "suspendu",
                Classe::Clos => "clos",
                Classe::SansDroit => "sans droit",
            };
            let absent = if etape.porteuse { "" } else { " absent" };
            format!("{} {classe}{}{absent}", etape.jour, if etape.en_dd { "+" } else { "" })
        };
        self.parcours(qui).etapes.iter().map(dites).collect()
    }

    pub(crate) fn entrees(&self, qui: char) -> Vec<Entree> {
        let (parcours, mut clotures) = (self.parcours(qui), Clotures::default());
        let personne = self.personnes[&qui];
        clotures.chercher(&self.histoire, &self.referentiel, &parcours, personne);
        let anticipee = self.referentiel.lectures.orientation_anticipee;
        entrees(&self.histoire, &self.referentiel, anticipee, &parcours, &clotures, personne)
    }

    /// The entries of a person: `t0 category`.
    pub(crate) fn entrants(&self, qui: char) -> Vec<String> {
        self.entrees(qui).iter().map(|entree| format!("{} {}", entree.t0, entree.categorie.code())).collect()
    }

    /// What followed the last entry of A, closed on a day.
    pub(crate) fn suites(&self, arrete: &str) -> Suites<'_> {
        let arrete = jour(arrete);
        let periode = Periode { du: jour("2021-01-01"), au: arrete, arrete };
        let entree = *self.entrees('A').last().expect("A enters");
        suites(&self.histoire, &self.referentiel, &entree, Cloture::new(&self.referentiel, &periode, self.connu_le))
    }

    /// The table of a period, closed on its last day or on `arrete`.
    pub(crate) fn tableau(&self, du: &str, au: &str, arrete: Option<&str>) -> Tableau<'_> {
        let periode = Periode { du: jour(du), au: jour(au), arrete: jour(arrete.unwrap_or(au)) };
        calculer(&self.histoire, &Question { periode, connu_le: self.connu_le, referentiel: &self.referentiel })
    }

    /// The twelve figures of a period.
    pub(crate) fn chiffres(&self, du: &str, au: &str) -> [Option<f64>; 12] {
        let tableau = self.tableau(du, au, None);
        std::array::from_fn(|rang| valeur(tableau.indicateurs[rang].valeur))
    }

    /// One figure of 2021.
    pub(crate) fn chiffre(&self, id: &str) -> Option<f64> {
        let tableau = self.tableau("2021-01-01", "2021-12-31", None);
        valeur(tableau.indicateurs.iter().find(|i| i.definition.id == id).unwrap().valeur)
    }
}

fn valeur(valeur: Option<Valeur>) -> Option<f64> {
    valeur.and_then(Valeur::nombre)
}
