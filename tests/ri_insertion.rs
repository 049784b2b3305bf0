//! `jalon exporter --format ri-insertion`, by the real program: the histories of a year, worked out by
//! hand on the stories of `sample_flows/`, and held against what the other commands say.

#![allow(clippy::unwrap_used)]

mod commun {
    pub mod departement;
    pub mod programme;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use commun::departement::departement;
use commun::programme::{Sortie, commande, fichiers, jalon, lancer};
use jalon::tables::ri_insertion::colonnes::Fichier;
use serde_json::Value;
use tempfile::TempDir;

fn racine() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A story of `sample_flows/`, in a warehouse.
fn recit(nom: &str) -> TempDir {
    let ici = tempfile::tempdir().unwrap();
    let entrant = racine().join("sample_flows").join(nom).join("entrant");
    let sortie = jalon(&ici.path().join("entrepot"), ["-q".as_ref(), "ingerer".as_ref(), entrant.as_os_str()]);
    assert!([0, 3].contains(&sortie.code), "{}", sortie.err);
    ici
}

fn lancer_l_export(entrepot: &Path, sortie: &Path, options: &[&str]) -> Sortie {
    let arguments = ["exporter", "--format", "ri-insertion", "--sortie", sortie.to_str().unwrap()];
    jalon(entrepot, arguments.iter().chain(options))
}

/// An export, read again.
struct Export {
    dossier: TempDir,
    prenoms: BTreeMap<String, String>,
}

impl Export {
    fn de(entrepot: &Path, annee: &str, options: &[&str]) -> Self {
        let dossier = tempfile::tempdir().unwrap();
        let sortie = lancer_l_export(entrepot, &dossier.path().join("ri"), &[&["--annee", annee], options].concat());
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        let mut export = Self { dossier, prenoms: BTreeMap::new() };
        let prenoms = export.lire("personnes").into_iter().map(|p| (p["personne"].clone(), p["prenom"].clone()));
        export.prenoms = prenoms.collect();
        export
    }

    fn chemin(&self) -> PathBuf {
        self.dossier.path().join("ri")
    }

    /// The lines of a file, by column.
    fn lire(&self, fichier: &str) -> Vec<BTreeMap<String, String>> {
        let texte = fs::read_to_string(self.chemin().join(format!("{fichier}.csv"))).unwrap();
        let nu = texte.strip_prefix('\u{feff}').unwrap();
        let mut lecteur = csv::ReaderBuilder::new().delimiter(b';').from_reader(nu.as_bytes());
        lecteur.deserialize().map(Result::unwrap).collect()
    }

    /// The very lines of a file, the first name standing for the number of the person.
    fn lignes(&self, fichier: &str) -> Vec<String> {
        let texte = fs::read_to_string(self.chemin().join(format!("{fichier}.csv"))).unwrap();
        let ligne = |ligne: &str| {
            let (personne, reste) = ligne.split_once(';').unwrap();
            format!("{};{reste}", self.prenoms[personne])
        };
        texte.lines().skip(1).map(ligne).collect()
    }

    /// Those of somebody.
    fn de_qui(&self, prenom: &str, fichier: &str) -> Vec<String> {
        let debut = format!("{prenom};");
        let siennes = self.lignes(fichier).into_iter();
        siennes.filter_map(|ligne| ligne.strip_prefix(&debut).map(str::to_owned)).collect()
    }

    fn controles(&self) -> Value {
        serde_json::from_slice(&fs::read(self.chemin().join("controles.json")).unwrap()).unwrap()
    }

    fn signale(&self, code: &str) -> u64 {
        let controles = self.controles();
        let dits = controles["signalements"].as_array().unwrap().iter().filter(|dit| dit["code"] == code);
        dits.map(|dit| dit["nombre"].as_u64().unwrap()).sum()
    }

    /// Every file and its bytes.
    fn octets(&self) -> BTreeMap<String, Vec<u8>> {
        let nom = |chemin: &PathBuf| chemin.file_name().unwrap().to_string_lossy().into_owned();
        fichiers(&self.chemin()).iter().map(|chemin| (nom(chemin), fs::read(chemin).unwrap())).collect()
    }
}

fn export_du_recit(nom: &str, annee: &str) -> Export {
    let ici = recit(nom);
    Export::de(&ici.path().join("entrepot"), annee, &[])
}

#[test]
fn a_radiation_and_the_return_are_three_spells_and_the_orientation_that_follows_replaces_the_first() {
    let export = export_du_recit("03_retour_apres_radiation", "2021");
    assert_eq!(
        export.de_qui("SIDONIE", "droit"),
        [
            "versable;2020-12-31;2021-02-09;0;CAF991;00000010301;;;2;",
            "clos;2021-02-10;2021-05-16;1;CAF991;00000010301;;;5;RFD",
            "versable;2021-05-17;;1;CAF991;00000010301;;;2;",
        ]
    );
    assert_eq!(export.de_qui("SIDONIE", "droits_et_devoirs"), ["2020-12-31;2021-02-09;0", "2021-05-17;;1"]);
    assert_eq!(
        export.lignes("orientations"),
        [
            "SIDONIE;2020-06-15;2021-06-09;nouvelle_orientation;CD;;;;;",
            "SIDONIE;2021-06-10;;;CD;;;;;",
            "OCTAVE;2021-03-02;;;CCAS;;;;;",
        ]
    );
    assert_eq!(
        export.de_qui("HORTENSE", "droit"),
        ["versable;2020-12-31;;0;CAF991;00000090001;;;2;"],
        "she was there when the journal began"
    );
}

/// Suspended in March 2021, and back in 2022: the suspension straddles 1 January. Neither end is cut.
#[test]
fn a_suspension_that_straddles_the_new_year_is_told_whole_in_both_years() {
    let ici = recit("07_suspension_de_douze_mois");
    let [en_2021, en_2022] = ["2021", "2022"].map(|annee| Export::de(&ici.path().join("entrepot"), annee, &[]));
    assert_eq!(
        en_2021.de_qui("LEONCE", "droit"),
        [
            "versable;2020-12-31;2021-03-11;0;CAF991;00000010701;;;2;",
            "suspendu;2021-03-12;;1;CAF991;00000010701;;2021-03-10;4;",
        ]
    );
    assert_eq!(
        en_2022.de_qui("LEONCE", "droit"),
        [
            "suspendu;2021-03-12;2022-02-09;1;CAF991;00000010701;;2021-03-10;4;",
            "versable;2022-02-10;;1;CAF991;00000010701;;;2;",
        ]
    );
    assert_eq!(en_2021.de_qui("LEONCE", "droits_et_devoirs"), ["2020-12-31;2021-03-11;0"]);
    assert_eq!(en_2022.de_qui("LEONCE", "droits_et_devoirs"), ["2022-02-10;;1"]);
    // Oriented on 15 March 2022: of 2022 alone, and counted in 2021.
    assert!(en_2021.de_qui("VIOLAINE", "orientations").is_empty());
    assert_eq!(en_2022.de_qui("VIOLAINE", "orientations"), ["2022-03-15;;;CD;;;;;"]);
    assert_eq!(en_2021.controles()["orientations"]["apres_l_annee"], 1);
}

#[test]
fn a_move_from_the_caf_to_the_msa_tells_both_dossiers() {
    let export = export_du_recit("24_transfert_de_la_caf_a_la_msa", "2021");
    assert_eq!(
        export.de_qui("CLOVIS", "droit"),
        [
            "versable;2020-12-31;2021-02-21;0;CAF991;00000012401;;;2;",
            "clos;2021-02-22;2021-03-14;1;CAF991;00000012401;;;5;MUT",
            "versable;2021-03-15;;1;MSA991;00000012411;;;2;",
        ]
    );
    let clovis = export.lire("personnes").into_iter().find(|p| p["prenom"] == "CLOVIS").unwrap();
    assert_eq!((clovis["caisse"].as_str(), clovis["numdemrsa"].as_str()), ("MSA991", "00000012411"));
    assert_eq!(export.de_qui("CLOVIS", "orientations"), ["2020-10-05;;;CD;;;;;"]);
}

#[test]
fn a_renewal_has_its_rank_and_a_ppae_its_type() {
    let export = export_du_recit("19_ppae_et_renouvellements", "2021");
    assert_eq!(
        export.lignes("contrats"),
        [
            "PERVENCHE;ppae;2021-02-10;;;",
            "QUENTIN;ppae;2021-02-10;;1;",
            "ROSALBA;cer;2021-03-01;;2;",
            "SIXTE;cer;2021-03-10;;1;",
            "TATIANA;cer;2021-03-18;;;",
            "TATIANA;cer;2021-09-17;;2;",
        ]
    );
    assert_eq!(export.signale("contrats_sans_fin"), 6);
}

/// Joël has no NIR and is written with his name; Noémie had none at first.
#[test]
fn somebody_without_a_nir_is_written_and_counted() {
    let export = export_du_recit("31_sans_nir_meme_dossier", "2021");
    let personnes = export.lire("personnes");
    let nir: Vec<(&str, &str)> = personnes.iter().map(|p| (p["prenom"].as_str(), p["nir_connu"].as_str())).collect();
    assert_eq!(nir, [("HORTENSE", "1"), ("NOEMIE", "1"), ("JOËL", "0")]);
    assert_eq!(export.signale("sans_nir"), 1);
    assert_eq!(export.de_qui("JOËL", "orientations"), ["2021-03-30;;;PE;;;;;"]);
    let joel = &personnes[2];
    assert_eq!((joel["nom"].as_str(), joel["date_naissance"].as_str()), ("DE L'ÉTANG-FICTIF", "1978-06-03"));
}

/// Two people of one name, and somebody unknown: what cannot be given to one person is given to nobody.
#[test]
fn an_event_that_waits_for_its_person_is_counted_and_given_to_nobody() {
    let export = export_du_recit("32_homonymes_en_attente", "2021");
    assert_eq!(export.lignes("orientations"), ["CAMILLE;2021-09-21;;;PE;;;;;"]);
    assert_eq!(export.signale("evenements_en_attente"), 2);
    assert_eq!(export.signale("homonymes"), 2);
    let controles = export.controles();
    assert_eq!(
        (&controles["orientations"]["en_vigueur"], &controles["orientations"]["en_attente"]),
        (&3.into(), &2.into())
    );
}

/// The situation of everybody on a day, by the histories: it begins on or before, and ends on or after.
fn au(export: &Export, jour: &str) -> BTreeMap<String, (String, bool)> {
    let contient = |p: &BTreeMap<String, String>| {
        p["date_debut"].as_str() <= jour && (p["date_fin"].is_empty() || jour <= p["date_fin"].as_str())
    };
    let mut out = BTreeMap::new();
    for droit in export.lire("droit").into_iter().filter(contient) {
        let connue = out.insert(droit["personne"].clone(), (droit["situation"].clone(), false));
        assert_eq!(connue, None, "two situations of {} on {jour}", droit["personne"]);
    }
    for soumission in export.lire("droits_et_devoirs").into_iter().filter(contient) {
        out.get_mut(&soumission["personne"]).unwrap().1 = true;
    }
    out
}

/// On any day of the year, the histories say what the table of people closed that day says; and those
/// who are in none of them had no right on any of those days.
#[test]
fn the_histories_say_on_any_day_what_the_tables_of_that_day_say() {
    let export = Export::de(departement(), "2021", &[]);
    let noms: BTreeMap<String, String> = export
        .lire("personnes")
        .into_iter()
        .map(|p| (p["personne"].clone(), format!("{} {}", p["nom"], p["prenom"])))
        .collect();
    for jour in ["2021-01-01", "2021-02-28", "2021-03-15", "2021-06-30", "2021-09-01", "2021-11-23", "2021-12-31"] {
        let dites = au(&export, jour);
        let sql = "SELECT personne, nom, prenom, situation, soumise, beneficiaire FROM personnes";
        let reponse = jalon(departement(), ["analyser", sql, "--arrete", jour, "--format", "json"]);
        let tables: Value = serde_json::from_str(&reponse.out).unwrap();
        let (mut vues, mut beneficiaires) = (0, 0);
        for ligne in tables["lignes"].as_array().unwrap() {
            let personne = ligne["personne"].to_string();
            beneficiaires += u32::from(ligne["beneficiaire"] == true);
            match dites.get(&personne) {
                None => assert!(ligne["beneficiaire"] != true, "{personne} on {jour}"),
                Some((situation, soumise)) => {
                    assert_eq!(
                        (ligne["situation"].as_str(), ligne["soumise"].as_bool()),
                        (Some(situation.as_str()), Some(*soumise))
                    );
                    assert_eq!(
                        noms[&personne].rsplit(' ').next(),
                        ligne["prenom"].as_str().unwrap().rsplit(' ').next()
                    );
                    vues += 1;
                }
            }
        }
        assert!(vues == dites.len() && beneficiaires > 150, "{jour} : {vues} of {}, {beneficiaires}", dites.len());
        if jour == "2021-12-31" {
            let controles = export.controles();
            let dit = controles["controles"].as_array().unwrap().iter();
            let mut fin = dit.filter(|controle| controle["controle"] == "beneficiaires_au_31_decembre");
            assert_eq!(fin.next().unwrap()["attendu"], beneficiaires);
        }
    }
}

/// What is written of an event is what the other export writes of it, and nothing is lost on the way.
#[test]
fn the_events_are_those_of_the_other_tables() {
    let export = Export::de(departement(), "2021", &[]);
    let compte = |sql: &str| {
        let reponse = jalon(departement(), ["analyser", sql, "--format", "json"]);
        serde_json::from_str::<Value>(&reponse.out).unwrap()["lignes"].as_array().unwrap().clone()
    };
    let cle = |ligne: &Value, colonnes: &[&str]| -> Vec<String> {
        let texte = |valeur: &Value| valeur.as_str().map_or_else(|| valeur.to_string(), str::to_owned);
        colonnes
            .iter()
            .map(|colonne| texte(&ligne[*colonne]))
            .map(|t| if t == "null" { String::new() } else { t })
            .collect()
    };
    let de_l_annee = "personne IS NOT NULL AND date >= '2021-01-01' AND date <= '2021-12-31'";
    for (genre, fichier, siennes, autres) in [
        (
            "orientations",
            "orientations",
            ["personne", "date", "organisme", "type", "structure", "dispositif"].as_slice(),
            ["personne", "date_debut", "organisme", "type_parcours", "structure", "dispositif"].as_slice(),
        ),
        ("cer", "contrats", &["personne", "date", "type", "rang"], &["personne", "date_signature", "type", "rang"]),
    ] {
        let sql = format!("SELECT * FROM evenements WHERE genre = '{genre}' AND {de_l_annee}");
        let tables: BTreeSet<Vec<String>> = compte(&sql).iter().map(|ligne| cle(ligne, siennes)).collect();
        let personnes: BTreeSet<&str> = export.prenoms.keys().map(String::as_str).collect();
        let attendues: BTreeSet<Vec<String>> =
            tables.into_iter().filter(|cle| personnes.contains(cle[0].as_str())).collect();
        let lues = export.lire(fichier);
        let dites = lues.iter().map(|ligne| autres.iter().map(|colonne| ligne[*colonne].clone()).collect::<Vec<_>>());
        let dites: BTreeSet<Vec<String>> = dites.filter(|cle| cle[1].as_str() >= "2021-01-01").collect();
        assert!(attendues.len() > 30, "{genre} {}", attendues.len());
        let tri = &export.controles()[fichier];
        assert_eq!(tri["remplaces_le_jour_meme"], 0);
        assert_eq!(dites, attendues, "{genre}");
        let total = compte(&format!("SELECT COUNT(*) AS n FROM evenements WHERE genre = '{genre}'"))[0]["n"].clone();
        assert_eq!(tri["en_vigueur"], total, "{genre}");
    }
    // What the computation does not keep is read beside it: it is that of the files.
    assert!(export.lire("contrats").iter().filter(|contrat| !contrat["date_fin"].is_empty()).count() > 20);
    let modes: BTreeSet<String> = export.lire("orientations").into_iter().map(|o| o["mode"].clone()).collect();
    assert!(modes.is_superset(&["courrier", "designation_referent", "mail"].map(str::to_owned).into()), "{modes:?}");
}

/// The same files in another order, one by one, event files cut in two: the same bytes.
#[test]
fn the_order_of_ingestion_and_the_cut_of_files_change_nothing() {
    let reference = Export::de(departement(), "2021", &[]).octets();
    let ici = tempfile::tempdir().unwrap();
    let recus = ici.path().join("recus");
    fs::create_dir(&recus).unwrap();
    let mut coupes = 0;
    for chemin in fichiers(&racine().join("sample_flows/petit_departement/entrant")) {
        let nom = chemin.file_name().unwrap().to_str().unwrap().to_owned();
        let octets = fs::read(&chemin).unwrap();
        let lignes: Vec<&[u8]> = octets.split_inclusive(|b| *b == b'\n').collect();
        let coupable = ["orientations", "cer", "fins_suivi"].iter().any(|genre| nom.contains(&format!("_{genre}_")));
        if !coupable || lignes.len() < 4 {
            fs::write(recus.join(&nom), &octets).unwrap();
            continue;
        }
        coupes += 1;
        // The older half bears the later name: only the recording days tell which version is the last.
        let (debut, fin) = lignes[1..].split_at(lignes.len() / 2);
        for (suite, part) in [("a", debut), ("b", fin)] {
            let part = [&lignes[..1], part].concat().concat();
            fs::write(recus.join(nom.replace(".csv", &format!("-{suite}.csv"))), part).unwrap();
        }
    }
    assert!(coupes > 10);
    let entrepot = ici.path().join("entrepot");
    for chemin in fichiers(&recus).iter().rev() {
        let sortie = jalon(&entrepot, ["-q".as_ref(), "ingerer".as_ref(), chemin.as_os_str()]);
        assert!([0, 3].contains(&sortie.code), "{}", sortie.err);
    }
    let autre = Export::de(&entrepot, "2021", &[]).octets();
    assert_eq!(reference.len(), 8);
    for (nom, octets) in &reference {
        assert!(octets == &autre[nom], "{nom} differs");
    }
}

/// A file of the same name comes again, with the same contract on the same line and another end: the
/// last version counts, and the first one for whoever asks what was known before.
#[test]
fn of_two_files_of_one_name_the_version_in_force_gives_the_end_and_the_way() {
    let ici = recit("03_retour_apres_radiation");
    let entrepot = ici.path().join("entrepot");
    let versions =
        [("2021-07-01", "2021-06-30", "2021-12-10", "mail"), ("2021-09-01", "2021-08-30", "2022-03-10", "courrier")];
    // The later one comes in first.
    for (recu_le, saisi_le, fin, mode) in versions.into_iter().rev() {
        let dossier = ici.path().join(recu_le);
        fs::create_dir(&dossier).unwrap();
        let contrats = format!(
            "id_evenement;saisi_le;nir;date_signature;type_contrat;rang;date_fin;structure\nC1;{saisi_le};2830299999005;2021-06-21;cer;1;{fin};CCAS {mode}\n"
        );
        let orientations = format!(
            "id_evenement;saisi_le;nir;date_notification;organisme;mode\nN1;{saisi_le};2830299999005;2021-06-20;CD;{mode}\n"
        );
        fs::write(dossier.join("contrats.csv"), contrats).unwrap();
        fs::write(dossier.join("nouvelles.csv"), orientations).unwrap();
        let sortie = jalon(&entrepot, ["-q", "ingerer", "--recu-le", recu_le, dossier.to_str().unwrap()]);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
    }
    let dit = |options: &[&str]| {
        let export = Export::de(&entrepot, "2021", options);
        (export.lignes("contrats"), export.de_qui("SIDONIE", "orientations").pop().unwrap())
    };
    let (contrats, orientation) = dit(&[]);
    assert_eq!(contrats, ["SIDONIE;cer;2021-06-21;2022-03-10;1;CCAS courrier"]);
    assert_eq!(orientation, "2021-06-20;;;CD;;;;courrier;");
    let (contrats, orientation) = dit(&["--connu-le", "2021-07-15"]);
    assert_eq!(contrats, ["SIDONIE;cer;2021-06-21;2021-12-10;1;CCAS mail"]);
    assert_eq!(orientation, "2021-06-20;;;CD;;;;mail;");
}

/// A leap day, an end of follow-up, and somebody whose right ended on the eve of the year.
#[test]
fn a_leap_day_ends_and_begins_spells_as_any_other_day() {
    let ici = tempfile::tempdir().unwrap();
    let entrant = ici.path().join("entrant");
    fs::create_dir(&entrant).unwrap();
    let entete = "TYPEFLUX;DTREF;DTCREAFLUX;FONORG;NUMORG;NUMDEMRSA;NIR;NOM;PRENOM;DTNAI;ROLEPERS;ETATDOSRSA;TOPPERSDRODEVORSA\n";
    let ligne = |type_flux: &str, jour: &str, rang: u32, prenom: &str, etat: u8| {
        format!(
            "{type_flux};{jour};{jour};CAF;991;0000001000{rang};280019999900{rang};BRUMEVAL;{prenom};1980-01-0{rang};DEM;{etat};1\n"
        )
    };
    let stock = ligne("M", "2019-11-30", 1, "ONDINE", 2) + &ligne("M", "2019-11-30", 2, "SIXTE", 2);
    for (nom, texte) in [
        ("2019-11-30_stock.csv", stock),
        ("2019-12-31_quotidien.csv", ligne("I", "2019-12-31", 2, "SIXTE", 5)),
        ("2020-02-29_quotidien.csv", ligne("I", "2020-02-29", 1, "ONDINE", 4)),
        ("2020-03-01_quotidien.csv", ligne("I", "2020-03-01", 1, "ONDINE", 2)),
    ] {
        fs::write(entrant.join(nom), format!("{entete}{texte}")).unwrap();
    }
    fs::write(
        entrant.join("2020-03-02_o.csv"),
        "id_evenement;nir;date_notification;organisme\nO1;2800199999001;2020-02-29;CD\n",
    )
    .unwrap();
    fs::write(
        entrant.join("2020-03-02_f.csv"),
        "id_evenement;nir;date_fin;motif\nF1;2800199999001;2020-02-29;emploi_cdi\n",
    )
    .unwrap();
    let entrepot = ici.path().join("entrepot");
    let sortie = jalon(&entrepot, ["-q".as_ref(), "ingerer".as_ref(), entrant.as_os_str()]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    let export = Export::de(&entrepot, "2020", &[]);
    assert_eq!(
        export.lignes("droit"),
        [
            "ONDINE;versable;2019-11-30;2020-02-28;0;CAF991;00000010001;;;2;",
            "ONDINE;suspendu;2020-02-29;2020-02-29;1;CAF991;00000010001;;;4;",
            "ONDINE;versable;2020-03-01;;1;CAF991;00000010001;;;2;",
        ],
        "Sixte had no right in 2020"
    );
    assert_eq!(export.lignes("orientations"), ["ONDINE;2020-02-29;2020-02-29;emploi_cdi;CD;;;;;"]);
    let avant = Export::de(&entrepot, "2019", &[]);
    assert_eq!(
        avant.de_qui("SIXTE", "droit"),
        ["versable;2019-11-30;2019-12-30;0;CAF991;00000010002;;;2;", "clos;2019-12-31;;1;CAF991;00000010002;;;5;"]
    );
}

#[test]
fn what_cannot_be_asked_is_refused_in_french_and_nothing_is_written() {
    let ici = tempfile::tempdir().unwrap();
    let dossier = ici.path().join("ri");
    for (options, attendu) in [
        (&["--format", "ri-insertion"][..], "Donnez-la avec --annee"),
        (&["--format", "ri-insertion", "--annee", "2021", "--sans-noms"], "--sans-noms ne va pas avec"),
        (&["--format", "ri-insertion", "--annee", "2021", "--arrete", "2021-06-30"], "arrêtés au 31 décembre"),
        (&["--format", "ri-insertion", "--annee", "2021", "--lecture", "cer.rang=fenetre"], "--lecture ne change rien"),
        (&["--format", "ri-insertion", "--annee", "21"], "attendu une année depuis 2009, AAAA"),
        (
            &["--format", "ri-insertion", "--annee", "2012"],
            "aucun flux connu n'est de l'année 2012 : ils vont du 2020-12-04 au 2022-05-31",
        ),
        (&["--format", "ri-insertion", "--annee", "2031"], "aucun flux connu n'est de l'année 2031"),
        (&["--format", "ri-insertion", "--annee", "2021", "--connu-le", "2019-01-01"], "ne contient aucun flux connu"),
        (&["--format", "csv", "--annee", "2021"], "--annee va avec --format ri-insertion"),
        (&["--annee", "2021"], "--annee va avec --format ri-insertion"),
    ] {
        let sortie = jalon(departement(), ["exporter", "--sortie", dossier.to_str().unwrap()].iter().chain(options));
        assert_eq!((sortie.code, sortie.out.as_str()), (2, ""), "{options:?} : {}", sortie.tout());
        assert!(sortie.err.contains(attendu), "{options:?} : {}", sortie.err);
        assert_eq!(fs::read_dir(ici.path()).unwrap().count(), 0, "{options:?}");
    }
}

#[test]
fn the_folder_is_whole_for_its_owner_alone_and_says_how_it_must_be_sent() {
    let ici = tempfile::tempdir().unwrap();
    let dossier = ici.path().join("ri");
    let sortie = lancer_l_export(departement(), &dossier, &["--annee", "2021"]);
    assert_eq!(sortie.code, 0, "{}", sortie.err);
    assert!(
        sortie.out.contains("nomment des personnes") && sortie.out.contains("jamais par courriel"),
        "{}",
        sortie.out
    );
    let lisez_moi = fs::read_to_string(dossier.join("LISEZMOI.txt")).unwrap();
    for dit in ["canal sécurisé", "jamais par courriel", "n'est pas public", "effacez-les"] {
        assert!(lisez_moi.contains(dit), "{dit}\n{lisez_moi}");
    }
    assert_eq!(fs::metadata(&dossier).unwrap().permissions().mode() & 0o777, 0o700);
    let ecrits = fichiers(&dossier);
    assert_eq!(ecrits.len(), 8);
    for fichier in &ecrits {
        assert_eq!(fs::metadata(fichier).unwrap().permissions().mode() & 0o777, 0o600, "{}", fichier.display());
    }
    // Asked again at the same place: refused, and what is there stays.
    let sortie = lancer_l_export(departement(), &dossier, &["--annee", "2021"]);
    assert!(sortie.code == 2 && sortie.err.contains("n'est pas vide"), "{}", sortie.err);
    assert_eq!(fichiers(&dossier), ecrits);
    // The disk fails halfway: there is nothing.
    let rate = ici.path().join("rate");
    let mut commande = commande(departement());
    commande.env("JALON_PANNE", "erreur:12");
    let arguments = ["exporter", "--format", "ri-insertion", "--annee", "2021", "--sortie"];
    let sortie = lancer(commande.args(arguments).arg(&rate));
    assert!(sortie.code == 1 && sortie.err.contains("panne simulée"), "{}", sortie.tout());
    assert!(!rate.exists() && fs::read_dir(ici.path()).unwrap().count() == 1);
    // -q says nothing.
    let sortie = lancer_l_export(departement(), &rate, &["--annee", "2021", "-q"]);
    assert_eq!((sortie.code, sortie.tout().as_str()), (0, ""));
}

/// Names, birth dates and numbers are in personnes.csv and droit.csv, and a NIR is nowhere.
#[test]
fn nothing_of_anybody_is_logged_and_no_nir_is_written() {
    let ici = recit("07_suspension_de_douze_mois");
    let dossier = ici.path().join("ri");
    let options = ["--annee", "2021", "-vv", "--traces", "json"];
    let sortie = lancer_l_export(&ici.path().join("entrepot"), &dossier, &options);
    assert_eq!(sortie.code, 0, "{}", sortie.err);
    let secrets = ["QUENOUIL", "LEONCE", "RABASTEINE", "1988-08-18", "1991-01-09", "10701", "00000010702"];
    let nirs = ["1880899999013", "2910199999014", "1861199999015", "2940499999016", "2691199999001"];
    for secret in secrets.iter().chain(&nirs) {
        assert!(!sortie.tout().contains(secret), "{secret} : {}", sortie.tout());
    }
    assert!(fs::read_to_string(dossier.join("personnes.csv")).unwrap().contains("QUENOUIL"));
    for fichier in fichiers(&dossier) {
        let nom = fichier.file_name().unwrap().to_str().unwrap();
        let texte = fs::read_to_string(&fichier).unwrap();
        assert!(!nirs.iter().any(|nir| texte.contains(nir)), "{nom}");
        if nom != "personnes.csv" {
            assert!(!["QUENOUIL", "LEONCE", "1988-08-18"].iter().any(|secret| texte.contains(secret)), "{nom}");
        }
        if !["personnes.csv", "droit.csv"].contains(&nom) {
            assert!(!texte.contains("00000010701"), "{nom}");
        }
    }
}

/// Who follows somebody is not asked: another referent is told without their name.
#[test]
fn no_referent_is_named() {
    let export = Export::de(departement(), "2021", &[]);
    let reponse = jalon(
        departement(),
        [
            "analyser",
            "SELECT DISTINCT referent FROM evenements WHERE genre = 'orientations' AND referent IS NOT NULL",
            "--format",
            "json",
        ],
    );
    let referents: Value = serde_json::from_str(&reponse.out).unwrap();
    let referents = referents["lignes"].as_array().unwrap();
    assert!(referents.len() > 5);
    for (nom, octets) in export.octets() {
        let texte = String::from_utf8(octets).unwrap();
        for referent in referents {
            assert!(!texte.contains(referent["referent"].as_str().unwrap()), "{nom}");
        }
    }
    let change: BTreeSet<String> =
        export.lire("orientations").into_iter().map(|o| o["change_referent"].clone()).collect();
    assert!(change.len() > 1, "{change:?}");
}

/// A department among several gives what it would alone; without its code, nothing is chosen.
#[test]
fn one_department_of_several_gives_what_it_gives_alone() {
    let ici = tempfile::tempdir().unwrap();
    let pays = ici.path().join("pays");
    for (code, nom) in [("082", "03_retour_apres_radiation"), ("047", "19_ppae_et_renouvellements")] {
        let entrant = racine().join("sample_flows").join(nom).join("entrant");
        let arguments = ["-q", "--departement", code, "ingerer", entrant.to_str().unwrap()];
        assert_eq!(jalon(&pays, arguments).code, 0);
    }
    let refus = lancer_l_export(&pays, &ici.path().join("ri"), &["--annee", "2021"]);
    assert!(refus.code == 2 && refus.err.contains("plusieurs départements (047, 082)"), "{}", refus.tout());
    let seul = recit("03_retour_apres_radiation");
    let seul = Export::de(&seul.path().join("entrepot"), "2021", &[]);
    assert_eq!(Export::de(&pays, "2021", &["--departement", "082"]).octets(), seul.octets());
}

/// The page and the dictionary of the folder tell the same columns, in the same words.
#[test]
fn every_column_is_in_docs_ri_insertion() {
    let page = fs::read_to_string(racine().join("docs/ri-insertion.md")).unwrap();
    for fichier in Fichier::TOUS {
        let titre = format!("### {}.csv\n", fichier.code());
        let partie = page.split(&titre).nth(1).unwrap_or_else(|| panic!("{titre}")).split("\n#").next().unwrap();
        assert!(partie.contains(fichier.description()), "{titre} : {}", fichier.description());
        let dites: Vec<&str> = partie.lines().filter(|ligne| ligne.starts_with("| `")).collect();
        let colonnes = fichier.colonnes().iter();
        let attendues: Vec<String> = colonnes
            .map(|c| format!("| `{}` | {} | {} | {} | {} |", c.nom, c.sorte.nom(), c.sens, c.source, c.exemple))
            .collect();
        assert_eq!(dites, attendues, "{titre}");
    }
    let export = export_du_recit("32_homonymes_en_attente", "2021");
    let controles = export.controles();
    for liste in ["controles", "signalements"] {
        for dit in controles[liste].as_array().unwrap() {
            let code = dit["controle"].as_str().or(dit["code"].as_str()).unwrap();
            assert!(page.contains(&format!("| `{code}` |")), "docs/ri-insertion.md ne dit rien de {code}");
        }
    }
}

/// Every command of the page, in its order; and what it shows is what is printed.
#[test]
fn what_docs_ri_insertion_shows_is_what_is_printed() {
    let ici = tempfile::tempdir().unwrap();
    let page = fs::read_to_string(racine().join("docs/ri-insertion.md")).unwrap();
    let bloc = |langue: &str, rang: usize| {
        page.split(&format!("```{langue}\n")).nth(rang).unwrap().split("```").next().unwrap().to_owned()
    };
    let mut imprime = String::new();
    for ligne in bloc("sh", 1).lines() {
        let ligne = ligne.strip_prefix("jalon ").unwrap();
        let mut commande = Command::new(env!("CARGO_BIN_EXE_jalon"));
        commande.current_dir(ici.path()).env("JALON_ENTREPOT", ici.path().join("entrepot")).env("NO_COLOR", "1");
        let arguments = ligne.split(' ').map(|mot| match mot.strip_prefix("sample_flows/") {
            Some(suite) => racine().join("sample_flows").join(suite).display().to_string(),
            None => mot.to_owned(),
        });
        let sortie = lancer(commande.args(arguments));
        assert_eq!(sortie.code, 0, "jalon {ligne}\n{}", sortie.tout());
        imprime = sortie.out;
    }
    assert_eq!(imprime, bloc("text", 1));
    let droit = fs::read_to_string(ici.path().join("ri-2021/droit.csv")).unwrap();
    assert_eq!(droit.trim_start_matches('\u{feff}'), bloc("text", 2));
}
