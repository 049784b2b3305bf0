//! `jalon diagnostiquer`: everything in place is said to be, and each thing that is not is found.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod nuits;
    pub mod programme;
}

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::time::{Duration, SystemTime};

use commun::nuits::{Lieu, PIPELINE};
use commun::programme::{Sortie, fichiers, flux, lancer, nir, orientations, segments};
use serde_json::Value;

fn diagnostiquer(lieu: &Lieu, arguments: &[&str], variables: &[(&str, &str)]) -> Sortie {
    let mut commande = std::process::Command::new(env!("CARGO_BIN_EXE_jalon"));
    commande.env_remove("JALON_ENTREPOT").env("LANG", "fr_FR.UTF-8").env_remove("LC_ALL").env_remove("LC_CTYPE");
    commande.env("TZ", "Europe/Paris").envs(variables.iter().copied());
    lancer(commande.arg("diagnostiquer").arg("--pipeline").arg(lieu.chemin("nuit.toml")).args(arguments))
}

/// The checks under which something was found, with how bad it is.
fn trouves(sortie: &Sortie) -> Vec<(String, String)> {
    let json: Value = serde_json::from_str(&sortie.out).unwrap();
    assert_eq!(json["code"].as_i64().unwrap(), i64::from(sortie.code));
    let mut out: Vec<(String, String)> = json["controles"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|constat| constat["gravite"] != "bon")
        .map(|constat| {
            for cle in ["groupe", "trouve", "attendu", "faire"] {
                assert!(!constat[cle].as_str().unwrap().is_empty(), "{constat}");
            }
            let mot = |cle: &str| constat[cle].as_str().unwrap().to_owned();
            (mot("controle"), mot("gravite"))
        })
        .collect();
    out.sort();
    out
}

fn est(controle: &str, gravite: &str) -> (String, String) {
    (controle.to_owned(), gravite.to_owned())
}

/// Looks at a place, and says what was found and the exit code.
fn constats(lieu: &Lieu, variables: &[(&str, &str)]) -> (i32, Vec<(String, String)>) {
    let sortie = diagnostiquer(lieu, &["--format", "json"], variables);
    (sortie.code, trouves(&sortie))
}

fn jour(avant: i64) -> String {
    (chrono::Local::now().date_naive() - chrono::TimeDelta::days(avant)).to_string()
}

/// A department whose last night went well an instant ago, and lacks nothing.
fn en_ordre() -> Lieu {
    let lieu = Lieu::new(&PIPELINE.replace("['mars-2022']", "['mars-2022']\nqualite_jours = 1"));
    let hier = jour(1);
    lieu.deposer(&format!("{hier}_stock.xml"), flux(&hier, &hier, &[("1", "2"), ("2", "2")]));
    lieu.deposer(&format!("{hier}_orientations.csv"), orientations(&[(2, &hier)]));
    let nuit = lieu.nuit(&[]);
    assert_eq!(nuit.code, 0, "{}", nuit.tout());
    lieu
}

/// Everything that stands on the disk, with its rights and its dates.
fn empreinte(lieu: &Lieu) -> Vec<String> {
    let vus = fichiers(&lieu.chemin(""));
    vus.iter()
        .map(|chemin| {
            let meta = fs::metadata(chemin).unwrap();
            format!("{} {:o} {} {}.{}", chemin.display(), meta.mode(), meta.len(), meta.ctime(), meta.ctime_nsec())
        })
        .collect()
}

#[test]
fn everything_in_place_is_said_in_one_line_each_and_nothing_is_touched() {
    let lieu = en_ordre();
    let avant = empreinte(&lieu);
    let sortie = diagnostiquer(&lieu, &[], &[]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(sortie.out.ends_with("à corriger : 0 ; attention : 0 ; en ordre : 22\n"), "{}", sortie.out);
    for titre in ["Installation", "Entrepôt", "Fichier de la nuit", "Disque", "Horloge", "Dernière nuit", "Données"]
    {
        assert!(sortie.out.lines().any(|ligne| ligne == titre), "{titre}\n{}", sortie.out);
    }
    assert_eq!(sortie.out.lines().filter(|ligne| ligne.starts_with("  ✓")).count(), 22);
    assert_eq!(empreinte(&lieu), avant);
}

#[test]
fn nothing_of_anybody_is_said() {
    let lieu = en_ordre();
    lieu.deposer("rejet.csv", format!("{}O9;{};2021-13-45;CD\n", orientations(&[]), nir(2)));
    lieu.nuit(&[]);
    for forme in ["texte", "json"] {
        let sortie = diagnostiquer(&lieu, &["--format", forme], &[]);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        assert!(sortie.out.contains("1 rejet ouvert"), "{}", sortie.out);
        for secret in ["BRUMEVAL", "ONDINE", "1987-04-19", &nir(1), &nir(2)] {
            assert!(!sortie.tout().contains(secret), "{secret}\n{}", sortie.tout());
        }
    }
}

#[test]
fn a_language_that_is_not_utf8_and_a_clock_without_a_time_zone_are_said() {
    let lieu = en_ordre();
    assert_eq!(constats(&lieu, &[("LC_ALL", "fr_FR.ISO-8859-1")]), (0, vec![est("langue", "attention")]));
    assert_eq!(constats(&lieu, &[("TZ", "UTC")]), (0, vec![est("fuseau", "attention")]));
}

#[test]
fn a_warehouse_that_is_not_there_or_not_one_is_told_from_an_empty_one() {
    let lieu = Lieu::new(PIPELINE);
    assert_eq!(
        constats(&lieu, &[]),
        (0, vec![est("derniere_nuit", "attention"), est("dossier", "attention")]),
        "a first night makes it"
    );
    fs::create_dir(lieu.chemin("entrepot")).unwrap();
    fs::write(lieu.chemin("entrepot/vacances.odt"), "").unwrap();
    assert_eq!(constats(&lieu, &[]), (4, vec![est("derniere_nuit", "attention"), est("dossier", "a_corriger")]));
}

#[test]
fn a_warehouse_open_to_others_is_to_be_closed() {
    let lieu = en_ordre();
    let segment = segments(&lieu.chemin("entrepot")).remove(0);
    fs::set_permissions(&segment, Permissions::from_mode(0o640)).unwrap();
    let sortie = diagnostiquer(&lieu, &[], &[]);
    assert_eq!(sortie.code, 4);
    assert!(
        sortie.out.contains(&format!("1 dossier ou fichier ouvert à d'autres comptes, dont {}", segment.display()))
    );
    assert!(sortie.out.contains("À faire : « chmod -R go-rwx "), "{}", sortie.out);
    fs::set_permissions(&segment, Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(lieu.chemin("sorties"), Permissions::from_mode(0o750)).unwrap();
    assert_eq!(constats(&lieu, &[]), (4, vec![est("dossier", "a_corriger")]));
}

/// The administrator may do everything: what the night's account may do is then not seen, and said.
#[test]
fn what_another_account_has_is_said() {
    let lieu = en_ordre();
    let moi = fs::metadata("/proc/self").unwrap().uid();
    let dossier = lieu.chemin("entrepot/purges");
    fs::create_dir_all(&dossier).unwrap();
    fs::set_permissions(&dossier, Permissions::from_mode(0o700)).unwrap();
    if moi == 0 {
        chown(&dossier, Some(65_534), None).unwrap();
        assert_eq!(constats(&lieu, &[]), (0, vec![est("droits", "attention")]));
    } else {
        fs::set_permissions(&dossier, Permissions::from_mode(0o000)).unwrap();
        assert_eq!(constats(&lieu, &[]), (4, vec![est("droits", "a_corriger")]));
        fs::set_permissions(&dossier, Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn a_key_that_is_missing_or_another_one_is_a_damaged_warehouse() {
    let lieu = en_ordre();
    let cle = lieu.chemin("entrepot/cle");
    let bonne = fs::read(&cle).unwrap();
    for (contenu, dit) in [
        (Some("0".repeat(64)), "n'est pas celle des données"),
        (Some("courte".to_owned()), "n'est pas une clé"),
        (None, "introuvable"),
    ] {
        match contenu {
            Some(contenu) => fs::write(&cle, contenu).unwrap(),
            None => fs::remove_file(&cle).unwrap(),
        }
        let sortie = diagnostiquer(&lieu, &["--format", "json"], &[]);
        assert_eq!((sortie.code, trouves(&sortie)), (5, vec![est("cle", "a_corriger")]), "{dit}");
        assert!(sortie.out.contains(dit) && sortie.out.contains("sauvegarde"), "{}", sortie.out);
    }
    fs::write(&cle, bonne).unwrap();
    fs::set_permissions(&cle, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(constats(&lieu, &[]), (0, vec![]));
}

#[test]
fn a_key_kept_elsewhere_and_open_to_others_is_to_be_closed() {
    let lieu = en_ordre();
    let ailleurs = lieu.chemin("cle-a-part");
    fs::rename(lieu.chemin("entrepot/cle"), &ailleurs).unwrap();
    fs::set_permissions(&ailleurs, Permissions::from_mode(0o644)).unwrap();
    let sortie = diagnostiquer(&lieu, &["--format", "json", "--cle", ailleurs.to_str().unwrap()], &[]);
    assert_eq!((sortie.code, trouves(&sortie)), (4, vec![est("cle", "a_corriger")]));
}

/// A segment whose footer is whole and whose pages are not is found too: all of it is read.
#[test]
fn a_damaged_segment_is_named_with_what_to_do() {
    let lieu = en_ordre();
    let segment = segments(&lieu.chemin("entrepot"))
        .into_iter()
        .find(|chemin| chemin.to_string_lossy().contains("/flux/"))
        .unwrap();
    let entier = fs::read(&segment).unwrap();
    let mut abime = entier.clone();
    abime[4..64].fill(0xff);
    for octets in [&entier[..entier.len() / 2], &abime] {
        fs::write(&segment, octets).unwrap();
        let sortie = diagnostiquer(&lieu, &["--format", "json"], &[]);
        assert_eq!((sortie.code, trouves(&sortie)), (5, vec![est("segments", "a_corriger")]), "{}", sortie.out);
        assert!(sortie.out.contains(segment.to_str().unwrap()) && sortie.out.contains("sauvegarde"), "{}", sortie.out);
    }
}

#[test]
fn a_lock_that_is_held_is_said_with_its_holder_and_left_alone() {
    let lieu = en_ordre();
    let verrou = File::options().write(true).open(lieu.chemin("entrepot/verrou")).unwrap();
    verrou.lock().unwrap();
    let sortie = diagnostiquer(&lieu, &[], &[]);
    assert_eq!(sortie.code, 5, "{}", sortie.tout());
    assert!(sortie.out.contains(&format!("tenu par le processus {}", std::process::id())), "{}", sortie.out);
    assert_eq!(constats(&lieu, &[]).1, [est("verrou", "attention")]);
    drop(verrou);
    assert_eq!(constats(&lieu, &[]), (0, vec![]));
}

#[test]
fn a_pipeline_that_cannot_be_read_is_said_with_its_line() {
    let lieu = en_ordre();
    fs::write(lieu.chemin("nuit.toml"), "boites = ['depot']\nrecption = 'nom'\n").unwrap();
    let entrepot = lieu.chemin("entrepot");
    let sortie = diagnostiquer(&lieu, &["--format", "json", "--entrepot", entrepot.to_str().unwrap()], &[]);
    let vus = trouves(&sortie);
    assert_eq!(sortie.code, 4);
    assert!(vus.contains(&est("pipeline", "a_corriger")), "{vus:?}");
    assert!(sortie.out.contains("ligne 2") && sortie.out.contains("recption"), "{}", sortie.out);
}

#[test]
fn what_a_pipeline_names_is_looked_at() {
    let lieu = en_ordre();
    let pipeline = fs::read_to_string(lieu.chemin("nuit.toml")).unwrap();
    let cas = [
        (pipeline.replace("['mars-2022']", "['avril-2022']"), ("campagnes", "a_corriger")),
        (pipeline.replace("['mars-2022']", "[]"), ("campagnes", "attention")),
        (pipeline.replace("['depot']", "['depot', 'partage']"), ("boite", "a_corriger")),
        (format!("sources = ['exports.toml']\n{pipeline}"), ("sources", "a_corriger")),
        (format!("{pipeline}[mesures]\nprometheus = 'supervision/jalon.prom'\n"), ("mesures", "a_corriger")),
        (format!("{pipeline}[seuils]\ncaisse_muette_jours = 0\n"), ("seuil", "a_corriger")),
    ];
    for (texte, (controle, gravite)) in cas {
        fs::write(lieu.chemin("nuit.toml"), &texte).unwrap();
        let (code, vus) = constats(&lieu, &[]);
        assert!(vus.contains(&est(controle, gravite)), "{controle} {vus:?}\n{texte}");
        assert_eq!(code, if gravite == "attention" { 0 } else { 4 }, "{controle}");
    }
}

#[test]
fn a_referentiel_that_is_wrong_is_said_with_its_key() {
    let lieu = en_ordre();
    let pipeline = fs::read_to_string(lieu.chemin("nuit.toml")).unwrap();
    fs::write(lieu.chemin("nuit.toml"), format!("{pipeline}referentiel = 'le-notre.toml'\n")).unwrap();
    assert!(constats(&lieu, &[]).1.contains(&est("referentiel", "a_corriger")), "absent");
    let livre =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/referentiel-2022.toml")).unwrap();
    fs::write(lieu.chemin("le-notre.toml"), livre.replacen("verifie_le", "verife_le", 1)).unwrap();
    let sortie = diagnostiquer(&lieu, &["--format", "json"], &[]);
    assert!(trouves(&sortie).contains(&est("referentiel", "a_corriger")), "{}", sortie.out);
    assert!(sortie.out.contains("verife_le"), "{}", sortie.out);
}

/// The file of earlier years and targets: read, and with something for the year of the campaign.
#[test]
fn the_results_of_earlier_years_are_looked_at() {
    let lieu = en_ordre();
    let chemin = lieu.chemin("historique.csv");
    let dire = || {
        let sortie = diagnostiquer(&lieu, &["--format", "json", "--historique", chemin.to_str().unwrap()], &[]);
        (sortie.code, trouves(&sortie), sortie.out)
    };
    let entete = "indicateur;periode;colonne;valeur;source;exemple\n";
    // The night makes « mars-2022 », whose period is 2021.
    let cas = [
        (None, 4, Some("a_corriger")),
        (Some("indicateur;periode\n".to_owned()), 4, Some("a_corriger")),
        (Some(format!("{entete}3.1.2;2021;attendu;beaucoup;Convention;non\n")), 4, Some("a_corriger")),
        (Some(format!("{entete}3.1.2;2019;resultat;25 %;Convention;non\n")), 0, Some("attention")),
        (Some(format!("{entete}3.1.2;2021;attendu;25 %;Modèle;oui\n")), 0, Some("attention")),
        (Some(format!("{entete}3.1.2;2021;attendu;25 %;Convention;non\n")), 0, None),
        (Some(format!("{entete}3.1.1;2021-S1;resultat;12;Convention;non\n")), 0, None),
    ];
    for (texte, code, gravite) in cas {
        if let Some(texte) = &texte {
            fs::write(&chemin, texte).unwrap();
        }
        let vus: Vec<(String, String)> = gravite.iter().map(|gravite| est("historique", gravite)).collect();
        let (rendu, trouves, out) = dire();
        assert_eq!((rendu, trouves), (code, vus), "{texte:?}\n{out}");
    }
}

#[test]
fn files_that_wait_or_come_from_the_future_are_said() {
    let lieu = en_ordre();
    lieu.deposer("vieux.xml", "x");
    let dater = |nom: &str, date: SystemTime| {
        File::options().write(true).open(lieu.chemin("depot").join(nom)).unwrap().set_modified(date).unwrap();
    };
    dater("vieux.xml", SystemTime::now() - Duration::from_secs(3 * 86_400));
    assert_eq!(constats(&lieu, &[]), (0, vec![est("boite", "attention")]));
    dater("vieux.xml", SystemTime::now() + Duration::from_secs(3 * 86_400));
    assert_eq!(constats(&lieu, &[]), (0, vec![est("dates_des_fichiers", "attention")]));
    fs::remove_file(lieu.chemin("depot/vieux.xml")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", lieu.chemin("depot/lien.xml")).unwrap();
    assert_eq!(constats(&lieu, &[]), (0, vec![est("boite", "attention")]));
}

/// A file larger than the disk: its blocks are not written, its size is.
#[test]
fn a_disk_too_small_for_what_waits_is_said() {
    let lieu = en_ordre();
    lieu.deposer("enorme.xml", "x");
    File::options().write(true).open(lieu.chemin("depot/enorme.xml")).unwrap().set_len(1 << 43).unwrap();
    assert_eq!(constats(&lieu, &[]), (4, vec![est("place", "a_corriger")]));
}

#[test]
fn archives_on_another_disk_than_the_inbox_are_said() {
    let lieu = en_ordre();
    // One of the two is another disk than the place of the test; where there is only one, nothing can be said.
    let autre = [Path::new("/dev/shm"), Path::new(env!("CARGO_TARGET_TMPDIR"))].into_iter().find(|autre| {
        fs::metadata(autre).is_ok_and(|meta| meta.dev() != fs::metadata(lieu.chemin("depot")).unwrap().dev())
    });
    let Some(autre) = autre else { return };
    let archives = tempfile::tempdir_in(autre).unwrap();
    fs::set_permissions(archives.path(), Permissions::from_mode(0o700)).unwrap();
    let pipeline = fs::read_to_string(lieu.chemin("nuit.toml")).unwrap();
    fs::write(lieu.chemin("nuit.toml"), format!("archives = '{}'\n{pipeline}", archives.path().display())).unwrap();
    let sortie = diagnostiquer(&lieu, &["--format", "json"], &[]);
    assert_eq!((sortie.code, trouves(&sortie)), (0, vec![est("meme_disque", "attention")]));
    assert!(sortie.out.contains("« archives »") && !sortie.out.contains("« refuses » et"), "{}", sortie.out);
}

#[test]
fn a_clock_behind_the_last_file_is_to_be_set() {
    let lieu = en_ordre();
    let demain = jour(-40);
    fs::write(lieu.chemin("demain.csv"), orientations(&[(1, &jour(1))])).unwrap();
    let mut commande = std::process::Command::new(env!("CARGO_BIN_EXE_jalon"));
    commande.arg("--entrepot").arg(lieu.chemin("entrepot")).args(["ingerer", "--recu-le", &demain]);
    let sortie = lancer(commande.arg(lieu.chemin("demain.csv")));
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert_eq!(constats(&lieu, &[]), (4, vec![est("heure", "a_corriger")]));
}

#[test]
fn a_night_that_failed_or_did_not_come_is_said() {
    let lieu = en_ordre();
    let bilan = lieu.chemin("sorties/nuit.json");
    let bon: Value = serde_json::from_slice(&fs::read(&bilan).unwrap()).unwrap();
    let ecrire = |cle: &str, valeur: Value| {
        let mut change = bon.clone();
        change[cle] = valeur;
        fs::write(&bilan, change.to_string()).unwrap();
    };
    for (cle, valeur, gravite) in [
        ("code", 3.into(), Some("attention")),
        ("code", 4.into(), Some("a_corriger")),
        ("code", 5.into(), Some("a_corriger")),
        ("debut", format!("{}T03:15:00", jour(3)).into(), Some("a_corriger")),
        ("debut", "jamais".into(), Some("a_corriger")),
        ("code", 0.into(), None),
    ] {
        ecrire(cle, valeur);
        let attendu: Vec<_> = gravite.iter().map(|gravite| est("derniere_nuit", gravite)).collect();
        let code = if gravite == Some("a_corriger") { 4 } else { 0 };
        assert_eq!(constats(&lieu, &[]), (code, attendu), "{cle}");
    }
    fs::remove_file(&bilan).unwrap();
    assert_eq!(constats(&lieu, &[]), (0, vec![est("derniere_nuit", "attention")]));
}

#[test]
fn a_missing_flux_is_said_as_the_quality_report_says_it() {
    let lieu = Lieu::new(&PIPELINE.replace("['mars-2022']", "['mars-2022']\nqualite_jours = 90"));
    let stock = jour(100);
    lieu.deposer(&format!("{stock}_stock.xml"), flux(&stock, &stock, &[("1", "2")]));
    assert_eq!(lieu.nuit(&[]).code, 0);
    let sortie = diagnostiquer(&lieu, &["--format", "json"], &[]);
    assert_eq!((sortie.code, trouves(&sortie)), (0, vec![est("flux", "attention")]));
    assert!(sortie.out.contains("CAF991 n'a rien envoyé depuis le"), "{}", sortie.out);
}

#[test]
fn without_a_pipeline_the_warehouse_is_looked_at_and_the_rest_is_said_to_be_left() {
    let lieu = en_ordre();
    let mut commande = std::process::Command::new(env!("CARGO_BIN_EXE_jalon"));
    commande.env("TZ", "Europe/Paris").env("LANG", "C.UTF-8").env_remove("LC_ALL").env_remove("LC_CTYPE");
    let sortie = lancer(commande.arg("--entrepot").arg(lieu.chemin("entrepot")).arg("diagnose"));
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(sortie.out.contains("Ajoutez --pipeline"), "{}", sortie.out);
    assert!(!sortie.out.contains("Dernière nuit"), "{}", sortie.out);
}

/// The names of the checks are what programs rely on: the page gives them all, and no other.
#[test]
fn every_check_is_in_docs_diagnostiquer() {
    let lieu = en_ordre();
    let pipeline = fs::read_to_string(lieu.chemin("nuit.toml")).unwrap();
    let pipeline =
        format!("sources = ['x.toml']\n{pipeline}[seuils]\ncaisse_muette_jours = 0\n[mesures]\nprometheus = 'x'\n");
    fs::write(lieu.chemin("nuit.toml"), pipeline).unwrap();
    let sortie = diagnostiquer(&lieu, &["--format", "json", "--historique", "x.csv"], &[]);
    let json: Value = serde_json::from_str(&sortie.out).unwrap();
    let dits: BTreeSet<&str> =
        json["controles"].as_array().unwrap().iter().map(|constat| constat["controle"].as_str().unwrap()).collect();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnostiquer.md")).unwrap();
    let ecrits: BTreeSet<&str> =
        page.lines().filter_map(|ligne| ligne.strip_prefix("| `")?.split_once("` |")).map(|(nom, _)| nom).collect();
    assert_eq!(dits, ecrits);
}
