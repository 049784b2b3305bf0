//! The warehouse: its folder, its key, its lock, its segments, and what the figures rest on.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use chrono::NaiveDate;

use super::lieux::{premier_dossier, prive};
use super::{Constat, Gravite, Groupe, compte};
use crate::controle::{Entrepot, examiner as examiner_qualite};
use crate::journal::depot::{Depot, ErreurDepot, Segments, VERROU};
use crate::journal::rejets::{Etat, rejets};
use crate::journal::segment::FORMAT;
use crate::nuit::sorties::cadre_de_la_nuit;
use crate::parcours::histoire::Histoire;
use crate::pipeline::Calcul;
use crate::qualite::Seuils;
use crate::referentiel::Referentiel;
use crate::rejeu::histoire;
use crate::systeme::Chemin;

/// Under which rules the data are looked at.
pub(super) struct Regles<'a> {
    /// Thresholds of the pipeline.
    pub(super) seuils: &'a Seuils,
    /// How many days back, and under which référentiel.
    pub(super) calcul: &'a Calcul,
    /// Today.
    pub(super) jour: NaiveDate,
}

/// What was found of a warehouse.
#[derive(Default)]
pub(super) struct Examen {
    /// Its state.
    pub(super) constats: Vec<Constat>,
    /// What its data lack.
    pub(super) donnees: Vec<Constat>,
    /// Whether it is locked or damaged.
    pub(super) en_cause: bool,
    /// The last reception day of a file.
    pub(super) dernier_recu: Option<NaiveDate>,
}

fn constat(controle: &'static str, trouve: impl Into<String>) -> Constat {
    Constat::bon(Groupe::Entrepot, controle, trouve)
}

pub(super) fn examiner(racine: &Path, cle: Option<&Path>, regles: &Regles<'_>) -> Examen {
    let mut examen = Examen::default();
    let (existe, constat) = present(racine);
    examen.constats.push(constat);
    if !existe {
        return examen;
    }
    examen.constats.push(prive(Groupe::Entrepot, "droits", racine));
    let tenu = tenant(&racine.join(VERROU));
    examen.en_cause = matches!(tenu, Tenu::Par(_));
    examen.constats.push(verrou(&tenu));
    let lus = Depot::ouvrir_en_lecture(racine, cle).and_then(|depot| Ok((depot.segments()?, depot)));
    match lus {
        Err(error) => examen.abimer(&error),
        Ok((segments, depot)) => {
            let cle_lue = cle.map_or_else(|| racine.join("cle"), Path::to_owned);
            examen.constats.push(self::cle(&cle_lue, &depot, &segments));
            if let Err(error) = examen.lire(racine, &depot, &segments, regles) {
                examen.abimer(&error);
            }
        }
    }
    examen
}

impl Examen {
    /// The warehouse cannot be read: nothing more can be said of it.
    fn abimer(&mut self, error: &ErreurDepot) {
        let controle = match error {
            ErreurDepot::CleAbsente(_) | ErreurDepot::AutreCle { .. } | ErreurDepot::CleIllisible(_) => "cle",
            _ => "segments",
        };
        let attendu = match controle {
            "cle" => "la clé des données de l'entrepôt",
            _ => "des segments entiers, que ce programme sait lire",
        };
        let phrase = error.to_string();
        // Each of these errors ends with what to do.
        let (trouve, faire) = phrase.split_once(". ").unwrap_or((&phrase, "restaurez l'entrepôt depuis la sauvegarde"));
        self.constats.push(constat(controle, trouve).mais(Gravite::ACorriger, attendu, faire));
        self.en_cause = true;
    }

    /// Reads every byte again, then replays the whole journal as a computation does: what is damaged is
    /// seen.
    fn lire(
        &mut self,
        racine: &Path,
        depot: &Depot,
        segments: &Segments,
        regles: &Regles<'_>,
    ) -> Result<(), ErreurDepot> {
        let Segments { flux, evenements } = segments;
        let recus = flux.iter().map(|s| s.meta.commun.recu_le).chain(evenements.iter().map(|s| s.meta.commun.recu_le));
        self.dernier_recu = recus.max();
        let sans_somme = segments.verifier_les_sommes()?;
        let histoire = histoire(flux, evenements, None)?;
        let n = compte(flux.len(), "segment de flux", "segments de flux");
        let m = compte(evenements.len(), "segment d'événements", "segments d'événements");
        let formats = flux.iter().map(|s| s.meta.commun.format).chain(evenements.iter().map(|s| s.meta.commun.format));
        let ancien = formats.min().filter(|format| *format < FORMAT);
        let ancien = ancien.map(|format| format!(" (certains au format {format}, que ce programme lit aussi)"));
        // What an older program wrote has no sum to compare with.
        let sans_somme = (sans_somme > 0).then(|| {
            let sans = compte(sans_somme, "a été écrit", "ont été écrits");
            format!(" ; {sans} par un programme qui ne gardait pas la somme de leurs octets")
        });
        let precisions = [ancien, sans_somme].into_iter().flatten().collect::<String>();
        self.constats.push(constat("segments", format!("{n} et {m}, relus en entier{precisions}")));
        self.donnees.push(rejets_ouverts(depot)?);
        if flux.is_empty() {
            self.donnees.push(donnees("flux", "aucun flux n'est encore entré").mais(
                Gravite::Attention,
                "le stock mensuel de chaque caisse, puis ses flux",
                "« jalon ingerer DOSSIER », ou déposez les fichiers dans la boîte de la nuit",
            ));
        } else {
            self.donnees.extend(completude(racine, segments, &histoire, regles)?);
        }
        Ok(())
    }
}

fn donnees(controle: &'static str, trouve: impl Into<String>) -> Constat {
    Constat::bon(Groupe::Donnees, controle, trouve)
}

/// Whether the folder is a warehouse.
fn present(racine: &Path) -> (bool, Constat) {
    let montre = Chemin(racine).to_string();
    let constat = |trouve: &str| constat("dossier", trouve).sur(&montre);
    match fs::metadata(racine) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && premier_dossier(racine).is_dir() => (
            false,
            constat("n'existe pas encore").mais(
                Gravite::Attention,
                "un entrepôt de jalon",
                "« jalon ingerer » le créera ; s'il existe ailleurs, donnez-le avec --entrepot",
            ),
        ),
        _ if !racine.is_dir() => (
            false,
            constat("n'est pas un dossier que votre compte voit").mais(
                Gravite::ACorriger,
                "un entrepôt de jalon",
                "vérifiez --entrepot (ou JALON_ENTREPOT) et les droits des dossiers au-dessus",
            ),
        ),
        _ if Depot::est_un_autre_dossier(racine) => (
            false,
            constat("contient des fichiers, et aucun d'un entrepôt").mais(
                Gravite::ACorriger,
                "un entrepôt de jalon, ou un dossier vide",
                "donnez le bon dossier avec --entrepot",
            ),
        ),
        _ => (true, constat("présent")),
    }
}

/// The key was read, and every segment was made under it.
fn cle(chemin: &Path, depot: &Depot, segments: &Segments) -> Constat {
    let constat = |trouve: String| constat("cle", trouve).sur(Chemin(chemin));
    match fs::metadata(chemin) {
        Err(_) => constat("pas encore de clé : la première ingestion la fera".to_owned()),
        Ok(meta) if meta.mode() & 0o077 != 0 => {
            constat(format!("ouverte à d'autres comptes ({:04o})", meta.mode() & 0o7777)).mais(
                Gravite::ACorriger,
                "0600",
                format!("« chmod 600 {} » : avec elle, des NIR peuvent être retrouvés", Chemin(chemin)),
            )
        }
        Ok(_) if segments.flux.is_empty() && segments.evenements.is_empty() => {
            constat(format!("lue, empreinte {}", depot.cle().fingerprint()))
        }
        Ok(_) => constat(format!("lue, empreinte {}, celle de chaque segment", depot.cle().fingerprint())),
    }
}

/// Who holds the lock.
enum Tenu {
    /// Nobody.
    Libre,
    /// This process.
    Par(String),
    /// The system does not tell.
    Inconnu,
}

/// Asks the system who holds the lock. To try to take it, even for an instant, could make a night fail
/// that begins at that instant.
fn tenant(verrou: &Path) -> Tenu {
    let meta = match fs::metadata(verrou) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Tenu::Libre,
        Err(_) => return Tenu::Inconnu,
        Ok(meta) => meta,
    };
    let Ok(verrous) = fs::read_to_string("/proc/locks") else { return Tenu::Inconnu };
    let disque = format!("{:02x}:{:02x}", rustix::fs::major(meta.dev()), rustix::fs::minor(meta.dev()));
    for ligne in verrous.lines() {
        // 1: FLOCK  ADVISORY  WRITE 4591 fe:00:10608657 0 EOF
        let mots: Vec<&str> = ligne.split_whitespace().collect();
        let [_, "FLOCK", _, "WRITE", pid, lieu, ..] = mots.as_slice() else { continue };
        let Some((autre, ino)) = lieu.rsplit_once(':') else { continue };
        if ino.parse() != Ok(meta.ino()) {
            continue;
        }
        let nom = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        // Some file systems give another number to their disk here than to those who ask for it.
        if autre == disque || nom.trim().starts_with("jalon") {
            let nom = if nom.is_empty() { String::new() } else { format!(" ({})", nom.trim()) };
            return Tenu::Par(format!("le processus {pid}{nom}"));
        }
    }
    Tenu::Libre
}

fn verrou(tenu: &Tenu) -> Constat {
    match tenu {
        Tenu::Libre => constat("verrou", "libre"),
        Tenu::Par(qui) => constat("verrou", format!("tenu par {qui}")).mais(
            Gravite::Attention,
            "libre",
            "une ingestion, une nuit ou une purge est en cours : attendez sa fin. Le verrou tombe avec elle, il n'y a rien à effacer",
        ),
        Tenu::Inconnu => constat("verrou", "le système ne dit pas s'il est tenu").mais(
            Gravite::Attention,
            "libre",
            "si une ingestion est refusée, attendez que l'autre se termine",
        ),
    }
}

fn rejets_ouverts(depot: &Depot) -> Result<Constat, ErreurDepot> {
    let ouverts: Vec<_> = rejets(depot)?.into_iter().filter(|rejet| rejet.etat == Etat::Ouvert).collect();
    let Some(depuis) = ouverts.iter().map(|rejet| rejet.depuis).min() else {
        return Ok(donnees("rejets", "aucun rejet ouvert"));
    };
    let n = compte(ouverts.len(), "rejet ouvert", "rejets ouverts");
    Ok(donnees("rejets", format!("{n}, le plus ancien reçu le {depuis}")).mais(
        Gravite::Attention,
        "aucun",
        "« jalon rejets lister » les montre, et docs/rejets.md dit comment les reprendre",
    ))
}

/// What the last days lack, and the thresholds of the night that are passed.
fn completude(
    racine: &Path,
    segments: &Segments,
    histoire: &Histoire,
    regles: &Regles<'_>,
) -> Result<Vec<Constat>, ErreurDepot> {
    let cadre = cadre_de_la_nuit(regles.calcul, regles.jour.into());
    let entrepot = Entrepot { racine, flux: &segments.flux, evenements: &segments.evenements };
    // The comparison with the caisses' own signals needs one; a wrong one is said with the settings.
    let lu = regles.calcul.referentiel.as_deref().and_then(|chemin| fs::read_to_string(chemin).ok());
    let choisi = lu.and_then(|texte| Referentiel::lire(&texte).ok());
    let Some(referentiel) = choisi.or_else(|| Referentiel::livre().ok()) else { return Ok(Vec::new()) };
    let qualite = examiner_qualite(&entrepot, histoire, cadre, Some(cadre.connu_le), &referentiel, regles.seuils)?;
    let phrase = qualite.completude.phrase();
    let phrase = format!("du {} au {} : {}", cadre.du, cadre.au, phrase.trim_start_matches("Complétude : "));
    let mut constats = vec![if qualite.completude.incomplete() {
        donnees("flux", phrase).mais(
            Gravite::Attention,
            "tous les flux attendus",
            "demandez à la caisse ce qui manque, puis ingérez-le ; « jalon qualite » le détaille",
        )
    } else {
        donnees("flux", phrase)
    }];
    constats.extend(regles.seuils.depasses(&qualite).into_iter().map(|depasse| {
        donnees("seuil", depasse.phrase).sur(depasse.code).mais(
            Gravite::ACorriger,
            format!("{} au plus", depasse.seuil.to_string().replace('.', ",")),
            "« jalon qualite » montre les cas",
        )
    }));
    Ok(constats)
}
