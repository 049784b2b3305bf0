//! The pipeline file, and everything that it names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::Datelike;
use rustix::fs::Access;

use super::lieux::{accessible, disque, prive};
use super::{Constat, Demande, Gravite, Groupe, compte};
use crate::disque::dossier_de;
use crate::historique::{Historique, premier_semestre};
use crate::nuit::boite::relever;
use crate::nuit::sorties::Programme;
use crate::pipeline::{Arrivage, ErreurPipeline, Pipeline};
use crate::referentiel::{self, REFERENTIEL_2022, examiner as examiner_referentiel};
use crate::sources::Sources;
use crate::systeme::{Chemin, EnFrancais};

/// For how long a file may wait in an inbox: a night comes every day.
const ATTENTE: Duration = Duration::from_secs(36 * 3600);

fn constat(controle: &'static str, trouve: impl Into<String>) -> Constat {
    Constat::bon(Groupe::Reglages, controle, trouve)
}

/// No pipeline was given.
pub(super) fn aucun() -> Constat {
    constat(
        "pipeline",
        "non donné : les boîtes, les sorties et les nuits ne sont pas vérifiées. Ajoutez --pipeline FICHIER si ce poste fait la nuit",
    )
}

/// The pipeline cannot be used.
pub(super) fn illisible(demande: &Demande<'_>, error: &ErreurPipeline) -> Constat {
    let objet = demande.pipeline.map(|chemin| Chemin(chemin).to_string()).unwrap_or_default();
    constat("pipeline", error.to_string())
        .mais(
            Gravite::ACorriger,
            "un fichier comme pipelines/nuit.toml",
            "corrigez-le : docs/nuit.md explique chaque ligne",
        )
        .sur(objet)
}

/// Looks at what a pipeline names.
pub(super) fn examiner(pipeline: &Pipeline, demande: &Demande<'_>) -> Vec<Constat> {
    let montre = demande.pipeline.map(|chemin| Chemin(chemin).to_string()).unwrap_or_default();
    let mut constats = vec![constat("pipeline", "lu et compris").sur(montre)];
    constats.push(son_referentiel(pipeline.calcul.referentiel.as_deref()));
    constats.push(programme(pipeline, demande));
    constats.extend((!pipeline.sources.is_empty()).then(|| sources(&pipeline.sources)));
    for boite in &pipeline.boites {
        constats.push(boite_lisible(boite, pipeline, demande));
        constats.push(meme_disque(boite, pipeline));
    }
    for dossier in [&pipeline.archives, &pipeline.refuses, &pipeline.sorties] {
        constats.push(prive(Groupe::Reglages, "dossier", dossier));
    }
    constats.extend(pipeline.prometheus.as_deref().map(mesures));
    constats
}

fn son_referentiel(chemin: Option<&Path>) -> Constat {
    let objet = chemin.map_or_else(|| "celui qui est livré".to_owned(), |chemin| Chemin(chemin).to_string());
    let constat = |trouve: String| constat("referentiel", trouve).sur(&objet);
    let verifier = format!("« jalon referentiel verifier {objet} » dit chaque ligne");
    let texte = match chemin.map(fs::read_to_string) {
        None => Ok(REFERENTIEL_2022.to_owned()),
        Some(lu) => lu,
    };
    let dits = |constats: &[referentiel::Constat]| {
        let premier = constats.first().map(|c| format!("{} : {}", c.cle, c.phrase)).unwrap_or_default();
        format!("{}, dont {premier}", compte(constats.len(), "remarque", "remarques"))
    };
    match texte.map(|texte| examiner_referentiel(&texte)) {
        Err(error) => constat(format!("ne peut pas être lu ({})", EnFrancais(&error))).mais(
            Gravite::ACorriger,
            "un fichier lisible",
            "vérifiez le chemin et les droits",
        ),
        Ok(Err(fautes)) => constat(dits(&fautes)).mais(Gravite::ACorriger, "un référentiel sans faute", verifier),
        Ok(Ok((lu, a_relire))) if a_relire.is_empty() => constat(format!("lu : {}", lu.nom)),
        // What ships is looked at by its own tests.
        Ok(Ok((lu, _))) if chemin.is_none() => constat(format!("lu : {}", lu.nom)),
        Ok(Ok((_, a_relire))) => constat(dits(&a_relire)).mais(Gravite::Attention, "rien à relire", verifier),
    }
}

fn programme(pipeline: &Pipeline, demande: &Demande<'_>) -> Constat {
    match Programme::lire(&pipeline.calcul, demande.maintenant.date_naive()) {
        Err(error) => constat("campagnes", error.to_string()).mais(
            Gravite::ACorriger,
            "des campagnes et des périodes que jalon peut calculer",
            "corrigez la table « calcul » du pipeline : sans cela la nuit ne fait rien",
        ),
        Ok(programme) if programme.periodes.is_empty() => constat("campagnes", "aucune campagne ne court aujourd'hui")
            .mais(
                Gravite::Attention,
                "une campagne ou une période à calculer",
                "c'est normal hors des campagnes ; sinon nommez-les dans la table « calcul » du pipeline",
            ),
        Ok(programme) => {
            let noms: Vec<_> = programme.periodes.iter().map(|(nom, ..)| nom.as_str()).collect();
            constat("campagnes", format!("cette nuit : {}", noms.join(", ")))
        }
    }
}

/// The results of earlier years and the targets: read, with something for the year of each campaign that
/// is made these days.
pub(super) fn historique(chemin: &Path, pipeline: Option<&Pipeline>, demande: &Demande<'_>) -> Constat {
    let constat = |trouve: String| constat("historique", trouve).sur(Chemin(chemin));
    let remplir = "docs/classeur.md explique chaque colonne";
    let octets = match fs::read(chemin) {
        Ok(octets) => octets,
        Err(error) => {
            return constat(format!("ne peut pas être lu ({})", EnFrancais(&error))).mais(
                Gravite::ACorriger,
                "un fichier lisible",
                "vérifiez le chemin et les droits",
            );
        }
    };
    let lu = match Historique::lire_octets(&octets) {
        Ok(lu) => lu,
        Err(error) => {
            return constat(error.to_string()).mais(Gravite::ACorriger, "un fichier sans faute", remplir);
        }
    };
    let annees = annees_des_campagnes(pipeline, demande);
    let remplie = |annee: &i32| {
        let periodes = [annee.to_string(), premier_semestre(*annee)];
        lu.chiffres.iter().any(|chiffre| !chiffre.exemple && periodes.contains(&chiffre.periode))
    };
    let vides: Vec<String> = annees.iter().filter(|annee| !remplie(annee)).map(ToString::to_string).collect();
    if vides.is_empty() {
        return constat(compte(lu.chiffres.len(), "chiffre lu", "chiffres lus"));
    }
    constat(format!("aucun chiffre du département pour {}", vides.join(", "))).mais(
        Gravite::Attention,
        "un objectif ou un résultat pour l'année de chaque campagne en cours",
        format!("les colonnes de cette année resteront vides dans le tableau officiel ; {remplir}"),
    )
}

/// The years of the campaigns that the night makes, or of those that run when there is no night.
fn annees_des_campagnes(pipeline: Option<&Pipeline>, demande: &Demande<'_>) -> BTreeSet<i32> {
    let calcul = pipeline.map(|pipeline| pipeline.calcul.clone()).unwrap_or_default();
    // Campaigns that cannot be read are told by their own check.
    let periodes = Programme::lire(&calcul, demande.maintenant.date_naive()).map(|programme| programme.periodes);
    let campagnes = periodes.unwrap_or_default().into_iter().filter(|(.., campagne)| *campagne);
    campagnes.flat_map(|(_, periode, _)| [periode.du, periode.au]).map(|jour| jour.date().year()).collect()
}

fn sources(chemins: &[PathBuf]) -> Constat {
    match Sources::lire(chemins) {
        Ok(_) => constat("sources", "les descriptions des exports sont lues"),
        Err(error) => constat("sources", error.to_string()).mais(
            Gravite::ACorriger,
            "des descriptions sans faute",
            "corrigez-la (docs/sources.md) : sans cela la nuit ne fait rien",
        ),
    }
}

/// An inbox: there, and its files can be taken and put away.
fn boite_lisible(boite: &Path, pipeline: &Pipeline, demande: &Demande<'_>) -> Constat {
    let constat = |trouve: String| constat("boite", trouve).sur(Chemin(boite));
    // Nothing is waited for: what is half written is only counted.
    let arrivage = Arrivage { secondes: 0, ..pipeline.arrivage };
    let vues = relever(&[boite.to_owned()], arrivage, &|_| ());
    if let Some((_, raison)) = vues.absentes.first() {
        return constat(format!("ne peut pas être lue ({raison})")).mais(
            Gravite::ACorriger,
            "un dossier où les fichiers arrivent",
            "vérifiez le montage, le chemin et les droits",
        );
    }
    if !accessible(boite, Access::WRITE_OK | Access::EXEC_OK) {
        return constat("les fichiers ne peuvent pas en sortir : elle n'est pas inscriptible".to_owned()).mais(
            Gravite::ACorriger,
            "le droit d'y écrire",
            "donnez-le au compte qui fait la nuit : sinon chaque fichier est relu chaque nuit",
        );
    }
    let attendent = match vues.prets.len() + vues.en_cours.len() {
        0 => "aucun fichier n'attend".to_owned(),
        n => compte(n, "fichier attend", "fichiers attendent"),
    };
    let fermes: Vec<_> = vues.prets.iter().filter(|arrive| !accessible(&arrive.chemin, Access::READ_OK)).collect();
    if let Some(premier) = fermes.first() {
        let n = compte(fermes.len(), "fichier fermé", "fichiers fermés");
        return constat(format!("{n} au compte qui lance jalon, dont {}", premier.nom())).mais(
            Gravite::ACorriger,
            "des fichiers que ce compte peut lire",
            "faites-les déposer lisibles par son groupe (0660)",
        );
    }
    let maintenant = SystemTime::from(demande.maintenant);
    let vieux = vues.prets.iter().filter(|arrive| {
        let date = fs::metadata(&arrive.chemin).and_then(|meta| meta.modified());
        date.ok().and_then(|date| maintenant.duration_since(date).ok()).is_some_and(|age| age > ATTENTE)
    });
    if let n @ 1.. = vieux.count() {
        let depuis = format!("dont {n} depuis plus d'un jour et demi");
        return constat(format!("{attendent}, {depuis}")).mais(
            Gravite::Attention,
            "une boîte que chaque nuit vide",
            "si ces fichiers ne viennent pas d'être copiés avec leur ancienne date, la nuit ne passe pas : voir « dernière nuit »",
        );
    }
    if let Some((premier, raison)) = vues.laisses.first() {
        let n = compte(vues.laisses.len(), "est laissé", "sont laissés");
        return constat(format!("{attendent}, {n}, dont {} : {raison}", Chemin(premier))).mais(
            Gravite::Attention,
            "des fichiers ordinaires et entiers",
            "retirez-les, ou déposez les fichiers eux-mêmes",
        );
    }
    constat(attendent)
}

/// A file is renamed into the archives, in no time, when they are on the same disk.
fn meme_disque(boite: &Path, pipeline: &Pipeline) -> Constat {
    let constat = |trouve: String| constat("meme_disque", trouve).sur(Chemin(boite));
    let autres: Vec<_> = [("archives", &pipeline.archives), ("refuses", &pipeline.refuses)]
        .into_iter()
        .filter(|(_, dossier)| disque(dossier) != disque(boite))
        .map(|(cle, _)| format!("« {cle} »"))
        .collect();
    if autres.is_empty() {
        return constat("sur le même disque que « archives » et « refuses »".to_owned());
    }
    constat(format!("sur un autre disque que {}", autres.join(" et "))).mais(
        Gravite::Attention,
        "le même disque",
        "chaque fichier y sera copié avant d'être retiré de la boîte : c'est plus long, et il y faut la place",
    )
}

fn mesures(chemin: &Path) -> Constat {
    let dossier = dossier_de(chemin);
    let constat = |trouve: &str| constat("mesures", trouve).sur(Chemin(chemin));
    if accessible(dossier, Access::WRITE_OK | Access::EXEC_OK) {
        return constat("son dossier peut être écrit");
    }
    constat("son dossier n'existe pas, ou ne peut pas être écrit").mais(
        Gravite::ACorriger,
        "un dossier à votre compte",
        format!("créez {}, et donnez-le au compte qui fait la nuit (« ReadWritePaths » sous systemd)", Chemin(dossier)),
    )
}
