//! A random world handed to the library in memory, for the thousands of them that files would be too
//! slow for. Only values are carried over: no rule is here but the choice of each event's version
//! in force, which the same worlds check through files.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use jalon::identite::{Cle, CleNom, Nir};
use jalon::indicateurs::axes::{Axe, repartir};
use jalon::indicateurs::{Question as Demande, calculer, variantes};
use jalon::journal::evenements::{
    Accompagnement, Contrat, EnVigueur, EvenementsEnVigueur, FinSuivi, Lieu, Orientation, Qui as QuiEvenement,
    RapportPoleEmploi, RendezVous,
};
use jalon::journal::lecture::{ColonnesFlux, Designation, IdentiteLue, SANS_DATE};
use jalon::listes;
use jalon::parcours::histoire::{DossierDouble, EnTeteFichier, Histoire};
use jalon::qualite::{Cadre, Seuils, completude};
use jalon::rapport::detail::{Noms, detail};
use jalon::rapport::{Contexte, json, liste};
use jalon::referentiel::{Base, Referentiel};
use jalon::releves::Foyer;
use jalon::releves::foyers::{Classe, Situation, Situations, est_un_transfert};
use jalon::releves::genres::{Genre, Nature};
use jalon::temps::{Jour, Periode};
use serde_json::Value;

use super::arbitre::listes::Demande as DemandeListes;
use super::arbitre::{Evenement, Fait, Fichier, Lectures, Monde, Question, Qui};

/// The library's answer, as the program writes it: the JSON and the detail.
pub fn demander(monde: &Monde, question: &Question) -> (Value, String) {
    demander_avec(monde, question, &[], false)
}

/// The same, split along some axes, and under the other readings.
pub fn demander_avec(monde: &Monde, question: &Question, axes: &[Axe], lectures: bool) -> (Value, String) {
    let (histoire, fichiers) = connaitre(monde, question.connu_le);
    let referentiel = referentiel(&question.lectures);
    let periode = Periode { du: question.du.into(), au: question.au.into(), arrete: question.arrete.into() };
    let connu_le = question.connu_le.map(Jour::from);
    let demande = Demande { periode, connu_le, referentiel: &referentiel };
    let mut tableau = calculer(&histoire, &demande);
    tableau.repartitions = repartir(&histoire, &demande, &tableau, axes);
    if lectures {
        tableau.variantes = variantes::calculer(&histoire, &demande, &tableau);
    }
    let cadre = Cadre { du: periode.du, au: periode.au, connu_le: connu_le.unwrap_or(periode.arrete) };
    let completude = completude(&[], cadre, &Seuils::default());
    let contexte = Contexte {
        campagne: None,
        periode,
        connu_le,
        referentiel: &referentiel,
        completude: &completude,
        diffusion: false,
    };
    let noms = noms(&histoire, &fichiers);
    let detail = detail(&histoire, &demande, &noms, &tableau);
    let text = String::from_utf8(detail).unwrap();
    (json::json(&contexte, &tableau), text.trim_start_matches('\u{feff}').to_owned())
}

/// Every list of a day as the program writes it, in the order of the lists.
pub fn lister(monde: &Monde, demande: &DemandeListes) -> Vec<String> {
    let (histoire, fichiers) = connaitre(monde, Some(demande.connu_le));
    let referentiel = referentiel(&demande.lectures);
    let question =
        listes::Question { au: demande.au.into(), connu_le: demande.connu_le.into(), referentiel: &referentiel };
    let listes = listes::toutes(&histoire, &question);
    let noms = noms(&histoire, &fichiers);
    let contexte = liste::Contexte { histoire: &histoire, question: &question, noms: &noms };
    listes.iter().map(|liste| String::from_utf8(contexte.csv(liste)).unwrap()).collect()
}

/// What was known on a day, and the files it comes from.
pub fn connaitre(monde: &Monde, connu_le: Option<NaiveDate>) -> (Histoire, Vec<&Fichier>) {
    let cle = Cle::new(b"essai");
    let connu = |jour| connu_le.is_none_or(|connu_le| jour <= connu_le);
    let fichiers: Vec<&Fichier> = monde.fichiers.iter().filter(|fichier| connu(fichier.recu_le)).collect();
    let lus = fichiers.iter().map(|fichier| flux(fichier, &cle)).collect();
    (Histoire::new(lus, evenements(monde, connu_le, &cle)), fichiers)
}

pub fn referentiel(lectures: &Lectures) -> Referentiel {
    let mut referentiel = Referentiel::livre().unwrap();
    for (switch, valeur) in &lectures.choix {
        referentiel.lectures.choisir(switch, valeur).unwrap();
    }
    if lectures.base_vide {
        referentiel.base = Base::Vide;
    }
    referentiel
}

/// The people who make records, with their dossier, in the order of the file.
fn lignes(fichier: &Fichier) -> impl Iterator<Item = (&super::arbitre::Foyer, &super::arbitre::Personne)> {
    let suivi = |role: &str| matches!(role, "DEM" | "CJT" | "BEN" | "");
    fichier.foyers.iter().flat_map(move |f| f.personnes.iter().filter(move |p| suivi(&p.role)).map(move |p| (f, p)))
}

fn flux(fichier: &Fichier, cle: &Cle) -> (EnTeteFichier, ColonnesFlux, Vec<IdentiteLue>) {
    let en_tete = EnTeteFichier {
        nom: fichier.nom.clone(),
        empreinte: fichier.nom.clone(),
        caisse: (!fichier.foyers.is_empty() || !fichier.non_lus.is_empty()).then(|| fichier.caisse.clone()),
        mensuel: fichier.mensuel,
        dtref: fichier.dtref.into(),
        cree_le: fichier.cree_le,
        recu_le: fichier.recu_le.into(),
        non_lus: fichier.non_lus.clone(),
        doubles: doubles(fichier),
        extraits: Vec::new(),
        temoins: Vec::new(),
    };
    let mut colonnes = ColonnesFlux::default();
    let mut lues = Vec::new();
    let mut identites: BTreeMap<String, i64> = BTreeMap::new();
    let jour = |date: Option<chrono::NaiveDate>| date.map_or(SANS_DATE, |date| Jour::from(date).0);
    for (foyer, personne) in lignes(fichier) {
        let dtnai = personne.dtnai.to_string();
        let naissance = if personne.nomnai.is_empty() { &personne.nom } else { &personne.nomnai };
        let cle_nom = |nom: &str| CleNom::new(nom, &personne.prenom, &dtnai).map(|CleNom(key)| key);
        let text =
            format!("{}|{}|{}|{naissance}|{}|{dtnai}", foyer.numdemrsa, personne.nir, personne.nom, personne.prenom);
        let mut hasher = blake3::Hasher::new();
        hasher.update(text.as_bytes());
        let next = jalon::identite::short_digest(&hasher);
        colonnes.identite.push(*identites.entry(text).or_insert(next));
        colonnes.etat.push(foyer.etat);
        colonnes.top.push(personne.top.map_or(2, u8::from));
        colonnes.suspension.push(jour(foyer.suspension));
        colonnes.dtdemrsa.push(jour(foyer.dtdemrsa));
        colonnes.transfert.push(matches!(foyer.motif_cloture.as_str(), "MUT" | "RGD" | "CMU"));
        lues.push(IdentiteLue {
            nir: Nir::parse(&personne.nir).map(|nir| cle.empreinte(nir)),
            cle_nom: cle_nom(naissance),
            cle_nom_usage: cle_nom(&personne.nom),
            numdemrsa: foyer.numdemrsa.as_str().into(),
        });
    }
    (en_tete, colonnes, lues)
}

/// The dossiers given more than once, as the library brings their blocks together.
fn doubles(fichier: &Fichier) -> Vec<DossierDouble> {
    let mut situations = Situations::default();
    for foyer in &fichier.foyers {
        situations.ajouter(&Foyer {
            ligne: 0,
            numdemrsa: foyer.numdemrsa.clone(),
            matricule: String::new(),
            dtdemrsa: foyer.dtdemrsa,
            etat: foyer.etat,
            suspension: foyer.suspension,
            motif_cloture: foyer.motif_cloture.clone(),
            commune: String::new(),
            code_postal: String::new(),
            faits_generateurs: String::new(),
            personnes: Vec::new(),
            autres_roles: 0,
        });
    }
    let double = |s: Situation| DossierDouble {
        classe: Classe::de(s.etat),
        suspension: s.suspension.map(Jour::from),
        dtdemrsa: s.dtdemrsa.map(Jour::from),
        transfert: est_un_transfert(&s.motif_cloture),
        numdemrsa: s.numdemrsa,
    };
    situations.doubles().into_iter().map(double).collect()
}

fn noms(histoire: &Histoire, fichiers: &[&Fichier]) -> Noms {
    let mut out = Noms::default();
    for (rang, fichier) in (0u32..).zip(&histoire.fichiers) {
        let fichier = fichiers.iter().find(|f| f.nom == fichier.en_tete.nom).unwrap();
        for (row, (foyer, personne)) in (0u32..).zip(lignes(fichier)) {
            let designation = Designation {
                numdemrsa: foyer.numdemrsa.as_str().into(),
                matricule: foyer.matricule.as_str().into(),
                nom: personne.nom.as_str().into(),
                prenom: personne.prenom.as_str().into(),
                date_naissance: personne.dtnai.to_string().into(),
            };
            out.insert((rang, row), designation);
        }
    }
    out
}

/// The code as the list of the kind writes it.
fn code(genre: Genre, colonne: &str, valeur: &str) -> &'static str {
    let found = genre.colonnes().iter().find(|c| c.nom == colonne).unwrap();
    match found.nature {
        Nature::Code(liste) => liste.iter().find(|code| **code == valeur).copied().unwrap_or_default(),
        _ => panic!("{colonne} is not a code"),
    }
}

fn evenements(monde: &Monde, connu_le: Option<NaiveDate>, cle: &Cle) -> EvenementsEnVigueur {
    let mut derniers: BTreeMap<(u8, &str), &Evenement> = BTreeMap::new();
    for evenement in &monde.evenements {
        let (genre, propre) = match &evenement.fait {
            Fait::Orientation(o) => (0, o.date),
            Fait::RendezVous(r) => (1, r.date_fixation.unwrap_or(r.date_rdv)),
            Fait::Cer(c) => (2, c.date),
            Fait::Accompagnement(a) => (3, a.proposition.or(a.debut).unwrap()),
            Fait::FinSuivi(f) => (4, f.date),
        };
        let connu = evenement.saisi_le.unwrap_or(if evenement.annule { evenement.recu_le } else { propre });
        if connu_le.is_some_and(|connu_le| connu > connu_le) {
            continue;
        }
        let rang = |e: &Evenement| (e.saisi_le.unwrap_or(e.recu_le), e.recu_le, e.fichier.clone(), e.ligne);
        let known = derniers.entry((genre, &evenement.id)).or_insert(evenement);
        if rang(known) < rang(evenement) {
            *known = evenement;
        }
    }
    let mut out = EvenementsEnVigueur::default();
    for evenement in derniers.into_values().filter(|evenement| !evenement.annule) {
        let (id, qui) = (evenement.id.clone(), qui(&evenement.qui, cle));
        match &evenement.fait {
            Fait::Orientation(o) => {
                let g = Genre::Orientations;
                let evenement = Orientation {
                    date: o.date.into(),
                    organisme: code(g, "organisme", &o.organisme),
                    type_parcours: code(g, "type_parcours", &o.type_parcours),
                    dispositif: code(g, "dispositif", &o.dispositif),
                    structure: "".into(),
                    territoire: o.territoire.as_str().into(),
                    referent: "".into(),
                };
                out.orientations.push(EnVigueur { qui, id: id.into(), lieu: Lieu::default(), evenement });
            }
            Fait::RendezVous(r) => {
                let g = Genre::RendezVous;
                let statut = if r.statut.is_empty() { "fixe" } else { &r.statut };
                let evenement = RendezVous {
                    type_rdv: code(g, "type_rdv", &r.type_rdv),
                    date: r.date_rdv.into(),
                    fixe_le: r.date_fixation.unwrap_or(r.date_rdv).into(),
                    statut: code(g, "statut", statut),
                };
                out.rendez_vous.push(EnVigueur { qui, id: id.into(), lieu: Lieu::default(), evenement });
            }
            Fait::Cer(c) => {
                let evenement = Contrat {
                    date: c.date.into(),
                    type_contrat: code(Genre::Cer, "type_contrat", &c.type_contrat),
                    rang: c.rang.map(i64::from),
                };
                out.contrats.push(EnVigueur { qui, id: id.into(), lieu: Lieu::default(), evenement });
            }
            Fait::Accompagnement(a) => {
                let evenement = Accompagnement {
                    type_accompagnement: code(Genre::Accompagnements, "type_accompagnement", &a.type_accompagnement),
                    propose_le: a.proposition.map(Jour::from),
                    debut: a.debut.map(Jour::from),
                    fin: a.fin.map(Jour::from),
                    conseiller: a.conseiller.as_str().into(),
                };
                out.accompagnements.push(EnVigueur { qui, id: id.into(), lieu: Lieu::default(), evenement });
            }
            Fait::FinSuivi(f) => {
                let evenement = FinSuivi { date: f.date.into(), motif: code(Genre::FinsSuivi, "motif", &f.motif) };
                out.fins_suivi.push(EnVigueur { qui, id: id.into(), lieu: Lieu::default(), evenement });
            }
        }
    }
    let mut rapports: Vec<_> = monde.rapports.iter().filter(|r| connu_le.is_none_or(|k| r.recu_le <= k)).collect();
    rapports.sort_by(|a, b| (a.recu_le, &a.fichier, a.ligne).cmp(&(b.recu_le, &b.fichier, b.ligne)));
    for rapport in rapports {
        let nouveau = RapportPoleEmploi {
            du: rapport.du.into(),
            au: rapport.au.into(),
            indicateur: code(Genre::PoleEmploi, "indicateur", &rapport.indicateur),
            valeur: rapport.valeur,
        };
        out.pole_emploi.retain(|r| (r.du, r.au, r.indicateur) != (nouveau.du, nouveau.au, nouveau.indicateur));
        out.pole_emploi.push(nouveau);
    }
    out
}

fn qui(qui: &Qui, cle: &Cle) -> QuiEvenement {
    let nom = |nom: &str, prenom: &str, dtnai: chrono::NaiveDate| CleNom::new(nom, prenom, &dtnai.to_string());
    match qui {
        Qui::Nir(nir) => {
            let nir = Nir::parse(nir).map(|nir| cle.empreinte(nir));
            QuiEvenement { nir, ..QuiEvenement::default() }
        }
        Qui::DossierEtNom { numdemrsa, nom: n, prenom, dtnai } => QuiEvenement {
            nir: None,
            numdemrsa: jalon::identite::numdemrsa(numdemrsa).into(),
            cle_nom: nom(n, prenom, *dtnai),
            matricule: None,
        },
        Qui::Nom { nom: n, prenom, dtnai } => {
            QuiEvenement { cle_nom: nom(n, prenom, *dtnai), ..QuiEvenement::default() }
        }
    }
}
