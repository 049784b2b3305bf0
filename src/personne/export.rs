//! All that the warehouse holds on one person, for their right of access.

use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

use super::Reponse;
use crate::entrees::suivi::Clotures;
use crate::entrees::{Cloture, Suites, entrees, suites};
use crate::journal::depot::{ErreurDepot, Segment};
use crate::journal::evenements::{VersionLue, versions};
use crate::journal::lecture::lignes_entieres;
use crate::journal::segment::{MetaEvenements, MetaFlux};
use crate::parcours::etapes::Parcours;
use crate::parcours::personnes::Rattachement;
use crate::purge::{Connu, Place, Signes, places};
use crate::referentiel::Referentiel;
use crate::releves::genres::Genre;
use crate::temps::Jour;

/// What is held on a person: each row of each file that speaks of them, each version of their events,
/// those that may be theirs, and the entries computed from them. Of the NIR, the warehouse holds a
/// digest alone, which says nothing to anybody: it is not shown.
///
/// # Errors
/// A damaged segment.
pub fn exporter(connu: &Connu, reponse: &Reponse, referentiel: &Referentiel) -> Result<Value, ErreurDepot> {
    let (personne, signes) = match reponse {
        Reponse::Une(personne) => (Some(*personne), Signes::de(&connu.repertoire, *personne)),
        Reponse::EvenementsSeuls(signes) => (None, signes.clone()),
        Reponse::Inconnue | Reponse::Plusieurs(_) => (None, Signes::default()),
    };
    let (mut siens, mut possibles) = (Vec::new(), Vec::new());
    for genre in Genre::TOUS.into_iter().filter(|genre| genre.nominatif()) {
        evenements(connu, personne, &signes, genre, (&mut siens, &mut possibles))?;
    }
    Ok(json!({
        "releves": releves(connu, personne)?,
        "evenements": siens,
        "evenements_en_attente": possibles,
        "entrees": personne.map(|personne| les_entrees(connu, personne, referentiel)).unwrap_or_default(),
        "non_montre": "le NIR n'est conservé que sous forme d'empreinte (nir_connu dit s'il y en a une) ; \
                       les empreintes techniques ne sont pas montrées",
    }))
}

fn releves(connu: &Connu, personne: Option<u32>) -> Result<Vec<Value>, ErreurDepot> {
    let Some(personne) = personne else { return Ok(Vec::new()) };
    let releves = connu.histoire.releves.de(personne);
    let mut segments: Vec<(u32, &Segment<MetaFlux>, Vec<u32>)> = Vec::new();
    for Place { fichier, debut, segment } in places(&connu.histoire, &connu.segments.flux) {
        let ici = releves.clone().filter(|releve| releve.fichier == fichier);
        let rangs = ici.filter_map(|releve| releve.rang.checked_sub(debut));
        let mut rangs: Vec<u32> = rangs.filter(|rang| (*rang as usize) < segment.lignes()).collect();
        rangs.sort_unstable();
        segments.push((fichier, segment, rangs));
    }
    // What a later extract replaced counts no more, and is held all the same.
    for segment in connu.remplaces() {
        let lignes = connu.lignes_remplacees(segment)?.into_iter();
        let siennes = lignes.filter(|ligne| ligne.rattachement == Rattachement::Personne(personne));
        segments.push((u32::MAX, segment, siennes.map(|ligne| ligne.rang).collect()));
    }
    segments.retain(|(.., rangs)| !rangs.is_empty());
    segments.sort_by_key(|(fichier, ..)| *fichier);
    let mut out = Vec::new();
    for (_, segment, rangs) in segments {
        for ligne in lignes_entieres(segment, &rangs)? {
            let meta = &segment.meta;
            let mut releve = Map::new();
            releve.insert("fichier".to_owned(), meta.commun.nom.clone().into());
            releve.insert("caisse".to_owned(), meta.caisse.clone().into());
            releve.insert("mensuel".to_owned(), meta.mensuel.into());
            releve.insert("dtref".to_owned(), meta.dtref.to_string().into());
            releve.insert("recu_le".to_owned(), meta.commun.recu_le.to_string().into());
            releve.extend(ligne);
            out.push(releve.into());
        }
    }
    Ok(out)
}

/// Every version of the events of a person, and of those that bear their name or NIR and whose
/// person cannot be told.
fn evenements(
    connu: &Connu,
    personne: Option<u32>,
    signes: &Signes,
    genre: Genre,
    (siens, possibles): (&mut Vec<Value>, &mut Vec<Value>),
) -> Result<(), ErreurDepot> {
    let toutes = versions(&connu.segments.evenements, genre)?;
    let est_a_elle = |version: &VersionLue| match connu.repertoire.chercher(&version.qui) {
        Rattachement::Personne(found) => personne == Some(found),
        Rattachement::EnAttente(_) => false,
    };
    let attend = |version: &VersionLue| {
        signes.designent(&version.qui) && matches!(connu.repertoire.chercher(&version.qui), Rattachement::EnAttente(_))
    };
    let ids: FxHashSet<&str> = toutes.iter().filter(|v| est_a_elle(v)).map(|v| v.id.as_str()).collect();
    for segment in connu.segments.evenements.iter().filter(|segment| segment.meta.genre == genre.nom()) {
        let d_ici = |version: &&VersionLue| version.empreinte == segment.meta.commun.empreinte;
        // A withdrawal names nobody: it goes with the event that it withdraws.
        let eux = |v: &&VersionLue| est_a_elle(v) || v.qui.est_vide() && ids.contains(v.id.as_str());
        siens.extend(lire(segment, genre, toutes.iter().filter(d_ici).filter(eux))?);
        possibles.extend(lire(segment, genre, toutes.iter().filter(d_ici).filter(|version| attend(version)))?);
    }
    Ok(())
}

fn lire<'a>(
    segment: &Segment<MetaEvenements>,
    genre: Genre,
    versions: impl Iterator<Item = &'a VersionLue>,
) -> Result<Vec<Value>, ErreurDepot> {
    let mut rangs: Vec<u32> = versions.map(|version| version.rang).collect();
    rangs.sort_unstable();
    let lignes = if rangs.is_empty() { Vec::new() } else { lignes_entieres(segment, &rangs)? };
    Ok(lignes
        .into_iter()
        .map(|ligne| {
            let mut evenement = Map::new();
            evenement.insert("genre".to_owned(), genre.nom().into());
            evenement.insert("fichier".to_owned(), segment.meta.commun.nom.clone().into());
            evenement.insert("recu_le".to_owned(), segment.meta.commun.recu_le.to_string().into());
            evenement.extend(ligne);
            evenement.into()
        })
        .collect())
}

fn les_entrees(connu: &Connu, personne: u32, referentiel: &Referentiel) -> Vec<Value> {
    let histoire = &connu.histoire;
    let (mut parcours, mut clotures) = (Parcours::default(), Clotures::default());
    parcours.suivre(histoire, personne);
    clotures.chercher(histoire, referentiel, &parcours, personne);
    let anticipee = referentiel.lectures.orientation_anticipee;
    let cloture = Cloture { horizon: Jour::MAX, rdv_fixes: Jour::MAX, gad: (Jour::MIN, Jour::MAX) };
    let jour = |jour: Option<Jour>| jour.map(|jour| jour.to_string());
    entrees(histoire, referentiel, anticipee, &parcours, &clotures, personne)
        .iter()
        .map(|entree| {
            let Suites { orientation, delai_orientation, premier_rdv, premier_cer, delai_premier_cer, .. } =
                suites(histoire, referentiel, entree, cloture);
            json!({
                "categorie": entree.categorie.code(),
                "t0": entree.t0.to_string(),
                "mois_reference": entree.mois.to_string(),
                "numdemrsa": &*histoire.dossiers[entree.dossier as usize].numdemrsa,
                "date_orientation": jour(orientation.map(|o| o.date)),
                "limite_orientation": delai_orientation.limite.to_string(),
                "date_premier_rdv": jour(premier_rdv.map(|rdv| rdv.date)),
                "date_premier_cer": jour(premier_cer.map(|cer| cer.date)),
                "limite_cer": jour(delai_premier_cer.map(|delai| delai.limite)),
            })
        })
        .collect()
}

/// The export for somebody who reads it on paper: a block a row, a line a value.
#[must_use]
pub fn texte(export: &Value) -> String {
    const PARTIES: [(&str, &str); 4] = [
        ("releves", "Ce que les flux des caisses disent de la personne"),
        ("evenements", "Les événements enregistrés par le département"),
        (
            "evenements_en_attente",
            "Les événements en attente, qui portent son nom ou son NIR sans pouvoir lui être attribués",
        ),
        ("entrees", "Les entrées calculées"),
    ];
    let mut out = String::new();
    for (cle, titre) in PARTIES {
        let lignes = export[cle].as_array().map(Vec::as_slice).unwrap_or_default();
        out.push_str(&format!("{titre} : {}\n\n", lignes.len()));
        for ligne in lignes {
            for (nom, valeur) in ligne.as_object().into_iter().flatten() {
                match valeur {
                    Value::Null => {}
                    Value::String(texte) if texte.is_empty() => {}
                    Value::String(texte) => out.push_str(&format!("  {nom} : {texte}\n")),
                    Value::Bool(vrai) => out.push_str(&format!("  {nom} : {}\n", if *vrai { "oui" } else { "non" })),
                    autre => out.push_str(&format!("  {nom} : {autre}\n")),
                }
            }
            out.push('\n');
        }
    }
    out.push_str(&format!("À savoir : {}.\n", export["non_montre"].as_str().unwrap_or_default()));
    out
}
