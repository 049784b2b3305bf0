//! What the figures rest on, through the real program: the line of every table, the report, its two
//! lists, its thresholds. The stories are worked out by hand on a calendar.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use programme::{Sortie, jalon, nir, orientations};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A person alone in a dossier of CAF991.
#[derive(Clone, Copy)]
struct Foyer {
    numero: u64,
    etat: &'static str,
    top: &'static str,
    top_entrant: &'static str,
    faits: &'static [&'static str],
}

/// Versable and soumis, without a signal.
fn foyer(numero: u64) -> Foyer {
    Foyer { numero, etat: "2", top: "1", top_entrant: "0", faits: &[] }
}

fn prenom(numero: u64) -> &'static str {
    ["ONDINE", "ALDRIC", "MAHAUT", "GAETAN", "SIBYLLE", "EUDES", "CLELIA", "TANCREDE"][numero as usize % 8]
}

/// A flux of CAF991. A daily is made on its DTREF, a monthly five days later.
fn flux(genre: &str, dtref: &str, cree_le: &str, foyers: &[Foyer]) -> String {
    let corps: String = foyers
        .iter()
        .map(|f| {
            let faits: String = f.faits.iter().map(|fg| format!("<Evenement><FG>{fg}</FG></Evenement>")).collect();
            format!(
                "<InfosFoyerRSA><IdentificationRSA><Organisme><FONORG>CAF</FONORG><NUMORG>991</NUMORG></Organisme>\
                 <DemandeRSA><NUMDEMRSA>{}</NUMDEMRSA></DemandeRSA></IdentificationRSA>\
                 <Personne><Identification><NOM>BRUMEVAL</NOM><PRENOM>{}</PRENOM><DTNAI>1987-04-19</DTNAI><NIR>{}</NIR>\
                 </Identification><Prestations><NATPREST>RSA</NATPREST><ROLEPERS>DEM</ROLEPERS></Prestations>\
                 <MontantCalculDroitRSAPersonne><TOPPERSDRODEVORSA>{}</TOPPERSDRODEVORSA>\
                 <TOPPERSENTDRODEVORSA>{}</TOPPERSENTDRODEVORSA></MontantCalculDroitRSAPersonne></Personne>\
                 <Personne><Identification><NOM>BRUMEVAL</NOM><PRENOM>PETIT</PRENOM><DTNAI>2015-04-19</DTNAI>\
                 </Identification><Prestations><NATPREST>RSA</NATPREST><ROLEPERS>ENF</ROLEPERS></Prestations></Personne>\
                 <PrestationRSA><SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>{}</ETATDOSRSA></EtatDossierRSA>\
                 </SituationDossierRSA></PrestationRSA>{faits}</InfosFoyerRSA>\n",
                f.numero,
                prenom(f.numero),
                nir(f.numero),
                f.top,
                f.top_entrant,
                f.etat
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n<Racine>\n<IdentificationFlux><TYPEFLUX>{genre}</TYPEFLUX>\
         <NATFLUX>D</NATFLUX><DTCREAFLUX>{cree_le}</DTCREAFLUX><HEUCREAFLUX>01:00:00</HEUCREAFLUX><DTREF>{dtref}</DTREF>\
         </IdentificationFlux>\n{corps}<TransmissionFlux><NBTOTDOSRSATRANSM>{}</NBTOTDOSRSATRANSM></TransmissionFlux>\n\
         </Racine>\n",
        foyers.len()
    )
}

/// Files to be ingested, and a warehouse.
struct Lieu {
    dossier: TempDir,
    recus: Vec<PathBuf>,
}

impl Lieu {
    fn new() -> Self {
        Self { dossier: tempfile::tempdir().unwrap(), recus: Vec::new() }
    }

    fn chemin(&self, nom: &str) -> PathBuf {
        self.dossier.path().join(nom)
    }

    fn recevoir(&mut self, nom: &str, contenu: impl AsRef<[u8]>) {
        let chemin = self.chemin(nom);
        fs::write(&chemin, contenu).unwrap();
        self.recus.push(chemin);
    }

    /// A daily, received on its day.
    fn quotidien(&mut self, dtref: &str, foyers: &[Foyer]) {
        self.recevoir(&format!("{dtref}_quotidien.xml"), flux("I", dtref, dtref, foyers));
    }

    fn mensuel(&mut self, dtref: &str, cree_le: &str, foyers: &[Foyer]) {
        self.recevoir(&format!("{cree_le}_mensuel_{dtref}.xml"), flux("M", dtref, cree_le, foyers));
    }

    fn entrepot(&self) -> PathBuf {
        self.chemin("entrepot")
    }

    fn ingerer(&self) {
        let sortie =
            jalon(&self.entrepot(), [Path::new("ingerer")].into_iter().chain(self.recus.iter().map(|c| c.as_path())));
        assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
    }

    fn demander(&self, arguments: &[&str]) -> Sortie {
        jalon(&self.entrepot(), arguments)
    }

    fn qualite(&self, arguments: &[&str]) -> Value {
        let sortie = self.demander(&[&["qualite", "--format", "json"], arguments].concat());
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        serde_json::from_str(&sortie.out).unwrap()
    }

    /// Writes a pipeline and asks for the report under it.
    fn sous(&self, pipeline: &str, arguments: &[&str]) -> Sortie {
        let chemin = self.chemin("pipeline.toml");
        fs::write(&chemin, pipeline).unwrap();
        self.demander(&[&["qualite", "--pipeline", chemin.to_str().unwrap()], arguments].concat())
    }
}

const ANNEE: [&str; 4] = ["--du", "2021-01-01", "--au", "2021-12-31"];
const AVRIL: [&str; 4] = ["--du", "2021-04-01", "--au", "2021-04-16"];

/// CAF991 sends every working day from Monday 29 March to Friday 16 April 2021, but on 7, 8 and 14
/// April. Easter Monday (5 April) has no file either, and owes none.
fn trois_quotidiens_manquants() -> Lieu {
    let mut lieu = Lieu::new();
    lieu.mensuel("2021-02-28", "2021-03-05", &[foyer(1)]);
    lieu.mensuel("2021-03-31", "2021-04-06", &[foyer(1)]);
    for jour in [
        "2021-03-29",
        "2021-03-30",
        "2021-03-31",
        "2021-04-01",
        "2021-04-02",
        "2021-04-06",
        "2021-04-09",
        "2021-04-12",
        "2021-04-13",
        "2021-04-15",
        "2021-04-16",
    ] {
        lieu.quotidien(jour, &[foyer(1)]);
    }
    lieu.ingerer();
    lieu
}

// The line of every table.

#[test]
fn a_figure_made_with_three_missing_dailies_says_so_in_every_form() {
    let lieu = trois_quotidiens_manquants();
    let dit = "il manque 3 quotidiens de CAF991 (du 2021-04-07 au 2021-04-08, 2021-04-14)";
    let demander = |format: &str| {
        let sortie = lieu.demander(&[&["indicateurs", "--format", format], &AVRIL[..]].concat());
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        sortie
    };
    let table = demander("table");
    assert!(table.out.replace("\n  ", " ").contains(&format!("• Complétude : {dit}.")), "{}", table.out);
    assert_eq!(table.err, "");
    assert!(demander("md").out.contains(&format!("- Complétude : {dit}.")));
    let json: Value = serde_json::from_str(&demander("json").out).unwrap();
    let completude = &json["qualite"]["completude"];
    assert_eq!(completude["phrase"], format!("Complétude : {dit}"));
    assert_eq!((&completude["complet"], &completude["quotidiens_manquants"]), (&json!(false), &json!(3)));
    assert_eq!(completude["caisses"][0]["quotidiens_manquants"], json!(["2021-04-07", "2021-04-08", "2021-04-14"]));
    // A reader of the CSV finds the twelve lines and nothing else: the word is on the error stream.
    let csv = demander("csv");
    assert_eq!(csv.out.lines().count(), 13);
    assert!(!csv.out.contains("Complétude") && csv.err.contains(dit), "{}", csv.err);
}

/// As known on 8 April, the daily of the 7th still had until the 9th to arrive.
#[test]
fn what_is_not_due_yet_is_not_missing() {
    let lieu = trois_quotidiens_manquants();
    let manquants = |connu_le| {
        lieu.qualite(&[&AVRIL[..], &["--connu-le", connu_le]].concat())["completude"]["quotidiens_manquants"].clone()
    };
    assert_eq!([manquants("2021-04-08"), manquants("2021-04-09"), manquants("2021-04-12")], [0, 1, 2]);
    let table = lieu.demander(&[&["indicateurs", "--connu-le", "2021-04-08"], &AVRIL[..]].concat());
    assert!(table.out.contains("• Complétude au 2021-04-08 : aucun flux attendu ne manque (CAF991)."), "{}", table.out);
}

#[test]
fn the_department_that_ships_misses_nothing_in_its_own_rhythms() {
    let mut lieu = Lieu::new();
    lieu.recus.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant"));
    lieu.ingerer();
    let vu = lieu.qualite(&["--campagne", "mars-2022"]);
    let caisses = vu["completude"]["caisses"].as_array().unwrap();
    let rythmes: Vec<&str> = caisses.iter().map(|c| c["rythme"].as_str().unwrap()).collect();
    assert_eq!((&vu["completude"]["complet"], rythmes), (&json!(true), vec!["plusieurs_par_semaine", "quinzaine"]));
    // Six lines are wrong on purpose, each with its own reason in LISEZMOI.md.
    assert_eq!(vu["rejets"]["lignes"]["nombre"], 6);
    assert_eq!(vu["rejets"]["motifs"][0], json!({"motif": "code inconnu", "nombre": 2}));
    let entrees = &vu["entrants"];
    let table = lieu.demander(&["indicateurs", "--campagne", "mars-2022", "--format", "json"]);
    let table: Value = serde_json::from_str(&table.out).unwrap();
    assert_eq!(
        entrees["accord"].as_u64().unwrap() + entrees["jalon_seul"].as_u64().unwrap(),
        table["indicateurs"][0]["valeur"].as_u64().unwrap(),
        "every entry of 3.1.1 is compared"
    );
}

// Our entries and the caisse's signals.

/// CAF991, stock of 31/12/2020 with dossier 1. Then, a daily each:
///
/// | daily | dossier | the file | ours | the caisse |
/// |---|---|---|---|---|
/// | 10/02 | 2 | new, TOPPERSENT = 1 | entry | signal: agreed |
/// | 11/02 | 3 | new, TOPPERSENT = 0 | entry | none: ours alone |
/// | 12/02 | 1 | FG = ENTDED | was there in January | signal: hers alone |
/// | 10/03 | 4 | top 0, TOPPERSENT = 1 | not soumis | signal: hers alone |
/// | 11/03 | 5 | new, TOPPERSENT = 1, oriented on 20/01 | follow-up open | signal: hers alone |
/// | 12/03 | 6 | new, FG = ENTDED | entry | signal: agreed |
/// | 12/04 | 7 | new, no signal in April | entry | none: ours alone |
fn signaux() -> Lieu {
    let mut lieu = Lieu::new();
    lieu.mensuel("2020-12-31", "2021-01-05", &[Foyer { top_entrant: "1", ..foyer(1) }]);
    lieu.quotidien("2021-02-10", &[Foyer { top_entrant: "1", ..foyer(2) }]);
    lieu.quotidien("2021-02-11", &[foyer(3)]);
    lieu.quotidien("2021-02-12", &[Foyer { faits: &["REA", "ENTDED"], ..foyer(1) }]);
    lieu.quotidien("2021-03-10", &[Foyer { top: "0", top_entrant: "1", ..foyer(4) }]);
    lieu.quotidien("2021-03-11", &[Foyer { top_entrant: "1", ..foyer(5) }]);
    lieu.quotidien("2021-03-12", &[Foyer { faits: &["ENTDED"], ..foyer(6) }]);
    lieu.quotidien("2021-04-12", &[foyer(7)]);
    lieu.recevoir("2021-02-01_orientations.csv", orientations(&[(5, "2021-01-20"), (77, "2021-01-21")]));
    lieu
}

#[test]
fn our_entries_and_the_signals_of_the_caisse_agree_or_differ_by_month() {
    let lieu = signaux();
    lieu.ingerer();
    let entrants = &lieu.qualite(&ANNEE)["entrants"];
    let ligne = |mois: &str, accord: u64, jalon_seul: u64, caisse_seule: u64| json!({"mois": mois, "caisse": "CAF991", "accord": accord, "jalon_seul": jalon_seul, "caisse_seule": caisse_seule});
    assert_eq!(
        entrants["lignes"],
        json!([ligne("2021-02", 1, 1, 1), ligne("2021-03", 1, 0, 2), ligne("2021-04", 0, 1, 0)])
    );
    // The signal of the first stock is compared with nothing: nobody can enter there.
    assert_eq!(
        [&entrants["accord"], &entrants["jalon_seul"], &entrants["caisse_seule"], &entrants["hors_base"]],
        [2, 2, 3, 1]
    );
    let table = lieu.demander(&[&["indicateurs", "--format", "json"], &ANNEE[..]].concat());
    let table: Value = serde_json::from_str(&table.out).unwrap();
    assert_eq!(table["indicateurs"][0]["valeur"], 4);
}

#[test]
fn the_list_of_differences_names_the_people_and_the_reason_and_is_for_its_owner_alone() {
    let lieu = signaux();
    lieu.ingerer();
    let chemin = lieu.chemin("ecarts.csv");
    lieu.qualite(&[&ANNEE[..], &["--ecarts", chemin.to_str().unwrap()]].concat());
    assert_eq!(fs::metadata(&chemin).unwrap().permissions().mode() & 0o777, 0o600);
    let texte = fs::read_to_string(&chemin).unwrap();
    let lignes: Vec<&str> = texte.trim_start_matches('\u{feff}').lines().collect();
    let ligne = |numero: u64, t0: &str, selon: &str, raison: &str| {
        let prenom = prenom(numero);
        format!("{numero:011};;CAF991;BRUMEVAL;{prenom};1987-04-19;{t0};{};{selon};{raison}", &t0[..7])
    };
    assert_eq!(
        lignes,
        [
            "numdemrsa;matricule;caisse;nom;prenom;date_naissance;t0;mois_reference;selon;raison".to_owned(),
            ligne(1, "2021-02-12", "caisse", "déjà en droits et devoirs à la fin du mois d'avant"),
            ligne(3, "2021-02-11", "jalon", "la caisse ne la signale pas"),
            ligne(4, "2021-03-10", "caisse", "sans droit versable, ou non soumise, dans ce fichier"),
            ligne(5, "2021-03-11", "caisse", "un suivi est déjà ouvert par une orientation antérieure"),
            ligne(7, "2021-04-12", "jalon", "la caisse ne signale personne ce mois-là"),
        ]
    );
    assert!(!texte.contains(&nir(3)), "no NIR, ever");
}

/// A signal in the last daily of February for an entry that our rules see in March (the right is
/// versable then): one month apart. The signal given again in May, once the person is there, is another matter.
#[test]
fn a_signal_one_month_away_from_the_entry_is_said_so() {
    let mut lieu = Lieu::new();
    lieu.mensuel("2020-12-31", "2021-01-05", &[foyer(1)]);
    lieu.quotidien("2021-02-26", &[Foyer { etat: "0", top_entrant: "1", ..foyer(2) }]);
    lieu.quotidien("2021-03-01", &[foyer(2)]);
    lieu.quotidien("2021-05-03", &[Foyer { top_entrant: "1", ..foyer(2) }]);
    lieu.ingerer();
    let chemin = lieu.chemin("ecarts.csv");
    lieu.qualite(&[&ANNEE[..], &["--ecarts", chemin.to_str().unwrap()]].concat());
    let texte = fs::read_to_string(&chemin).unwrap();
    let fins: Vec<String> =
        texte.lines().skip(1).map(|ligne| ligne.splitn(7, ';').last().unwrap_or_default().to_owned()).collect();
    assert_eq!(
        fins,
        [
            "2021-02-26;2021-02;caisse;comptée par jalon en 2021-03",
            "2021-03-01;2021-03;jalon;la caisse ne signale personne ce mois-là",
            "2021-05-03;2021-05;caisse;déjà en droits et devoirs à la fin du mois d'avant",
        ]
    );
}

/// The same files in another order, one at a time: the same report, to the byte.
#[test]
fn the_order_of_ingestion_changes_nothing() {
    let mut lieu = signaux();
    lieu.ingerer();
    let attendu = lieu.qualite(&ANNEE);
    lieu.recus.reverse();
    fs::remove_dir_all(lieu.entrepot()).unwrap();
    for chemin in &lieu.recus {
        assert_eq!(jalon(&lieu.entrepot(), [Path::new("ingerer"), chemin]).code, 0);
    }
    assert_eq!(lieu.qualite(&ANNEE), attendu);
}

/// A caisse that never gives a signal is said, and passes no threshold.
#[test]
fn where_the_caisse_gives_no_signal_nothing_is_compared() {
    let mut lieu = Lieu::new();
    lieu.mensuel("2020-12-31", "2021-01-05", &[foyer(1)]);
    lieu.quotidien("2021-02-11", &[foyer(3)]);
    lieu.ingerer();
    let vu = lieu.qualite(&ANNEE);
    assert_eq!(
        (&vu["entrants"]["jalon_seul"], &vu["entrants"]["caisses_sans_signal"]),
        (&json!(1), &json!(["CAF991"]))
    );
    assert_eq!(lieu.sous("[seuils]\necarts_entrants_pct = 0\n", &ANNEE).code, 0);
}

// What was set aside, what waits, what was said.

#[test]
fn events_that_wait_are_listed_by_file_and_line_without_a_name() {
    let mut lieu = signaux();
    lieu.recevoir(
        "2021-04-01_orientations.csv",
        "id_evenement;nom;prenom;date_naissance;date_notification;organisme\n\
         O90;BRUMEVAL;ALDRIC;19/04/1987;20/03/2021;CD\nO91;INCONNU;ONDINE;19/04/1987;21/03/2021;CD\n",
    );
    // A second Aldric: the name alone does not tell which.
    lieu.quotidien("2021-03-15", &[foyer(9)]);
    lieu.ingerer();
    let chemin = lieu.chemin("attente.csv");
    let vu = lieu.qualite(&[&ANNEE[..], &["--en-attente", chemin.to_str().unwrap()]].concat());
    assert_eq!(fs::metadata(&chemin).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read_to_string(&chemin).unwrap(),
        "\u{feff}genre;id_evenement;fichier;ligne;raison\n\
         orientations;O77;2021-02-01_orientations.csv;3;personne inconnue du flux\n\
         orientations;O90;2021-04-01_orientations.csv;2;plusieurs personnes possibles\n\
         orientations;O91;2021-04-01_orientations.csv;3;personne inconnue du flux\n"
    );
    assert_eq!(vu["evenements"]["en_attente"], json!({"nombre": 3, "sur": 4, "pourcent": 75.0}));
    assert_eq!(
        vu["evenements_en_attente"],
        json!([
            {"genre": "orientations", "raison": "personne inconnue du flux", "nombre": 2},
            {"genre": "orientations", "raison": "plusieurs personnes possibles", "nombre": 1},
        ])
    );
}

/// A foyer and a line set aside, a file in double, a late one, a stock that doubles, an anomaly file.
fn mele() -> Lieu {
    let mut lieu = Lieu::new();
    lieu.mensuel("2021-01-31", "2021-02-05", &[foyer(1), foyer(2)]);
    let plus: Vec<Foyer> = (1..=21).map(foyer).chain([Foyer { etat: "9", ..foyer(22) }]).collect();
    lieu.mensuel("2021-02-28", "2021-03-05", &plus);
    lieu.recevoir("2021-03-06_encore.xml", flux("M", "2021-02-28", "2021-03-06", &plus[..21]));
    lieu.recevoir("2021-03-31_tard.xml", flux("I", "2021-03-10", "2021-03-10", &[foyer(3)]));
    lieu.recevoir("2021-04-01_orientations.csv", orientations(&[(1, "2021-02-30"), (2, "2021-03-20")]));
    lieu.ingerer();
    fs::create_dir(lieu.entrepot().join("anomalies")).unwrap();
    fs::write(lieu.entrepot().join("anomalies/a.json"), "{}").unwrap();
    lieu
}

#[test]
fn the_report_tells_what_was_set_aside_and_which_files_deserve_a_look() {
    let lieu = mele();
    let vu = lieu.qualite(&ANNEE);
    // 2 + 22 + 21 + 1 foyers.
    assert_eq!(vu["rejets"]["foyers"], json!({"nombre": 1, "sur": 46, "pourcent": 2.17}));
    assert_eq!(vu["rejets"]["lignes"], json!({"nombre": 1, "sur": 2, "pourcent": 50.0}));
    assert_eq!(
        vu["rejets"]["fichiers"],
        json!([
            {"fichier": "2021-03-05_mensuel_2021-02-28.xml", "genre": "flux", "caisse": "CAF991", "rejetes": 1, "lus": 22,
             "motifs": [{"motif": "code inconnu", "nombre": 1}]},
            {"fichier": "2021-04-01_orientations.csv", "genre": "orientations", "caisse": null, "rejetes": 1, "lus": 2,
             "motifs": [{"motif": "date impossible", "nombre": 1}]},
        ])
    );
    let caisse = &vu["completude"]["caisses"][0];
    assert_eq!(
        caisse["doublons"],
        json!([{"type": "mensuel", "dtref": "2021-02-28",
                "fichiers": ["2021-03-05_mensuel_2021-02-28.xml", "2021-03-06_encore.xml"]}])
    );
    assert_eq!(caisse["retards"][0]["jours"], 21);
    // The last stock of February counts: 21 foyers after 2.
    assert_eq!((&caisse["variations"][0]["foyers"], &caisse["variations"][0]["pourcent"]), (&json!(21), &json!(950.0)));
    assert_eq!(vu["stocks"], json!([{"caisse": "CAF991", "dtref": "2021-02-28", "releves": 21, "autres_roles": 21}]));
    assert_eq!(vu["fichiers_anomalies"], 1);
    // A flux dated after the period is not of the report.
    let fevrier = lieu.qualite(&["--du", "2021-02-01", "--au", "2021-02-28"]);
    assert_eq!(fevrier["completude"]["caisses"][0]["retards"], json!([]));
    assert_eq!(fevrier["rejets"]["foyers"]["sur"], 43);
}

#[test]
fn the_reasons_of_a_list_that_is_gone_are_said_lost_and_still_counted() {
    let lieu = mele();
    fs::remove_dir_all(lieu.entrepot().join("rejets")).unwrap();
    let motifs = &lieu.qualite(&ANNEE)["rejets"]["motifs"];
    assert_eq!(*motifs, json!([{"motif": "raison perdue (liste des rejets absente ou incomplète)", "nombre": 2}]));
}

/// Nothing that tells who somebody is leaves by the report, in any form.
#[test]
fn the_report_names_nobody() {
    let lieu = mele();
    for format in ["table", "json", "csv"] {
        let sortie = lieu.demander(&[&["qualite", "--format", format, "-vv"], &ANNEE[..]].concat());
        assert_eq!(sortie.code, 0);
        for secret in ["BRUMEVAL", "ONDINE", "1987-04-19", "PETIT", &nir(22), &nir(1)] {
            assert!(!sortie.tout().contains(secret), "{format} : {secret}");
        }
    }
}

#[test]
fn the_csv_has_one_line_a_finding_and_fits_its_header() {
    let lieu = mele();
    let sortie = lieu.demander(&[&["qualite", "--format", "csv"], &ANNEE[..]].concat());
    let texte = sortie.out.trim_start_matches('\u{feff}').to_owned();
    let mut lecteur = csv::ReaderBuilder::new().delimiter(b';').from_reader(texte.as_bytes());
    assert_eq!(lecteur.headers().unwrap(), vec!["rubrique", "caisse", "fichier", "jour", "nombre", "texte"]);
    let lignes: Vec<csv::StringRecord> = lecteur.records().collect::<Result<_, _>>().unwrap();
    let rubrique = |nom: &str| lignes.iter().filter(|ligne| &ligne[0] == nom).count();
    for (nom, nombre) in [
        ("completude", 1),
        ("rythme", 1),
        ("plusieurs_fichiers", 1),
        ("retard", 1),
        ("variation_stock", 1),
        ("rejet_foyers", 1),
        ("rejet_lignes", 1),
        ("fichiers_anomalies", 1),
        ("autres_roles", 1),
        ("seuil_depasse", 0),
    ] {
        assert_eq!(rubrique(nom), nombre, "{nom} :\n{texte}");
    }
    // March to December have no monthly.
    assert_eq!(rubrique("mensuel_manquant"), 10);
}

// Thresholds.

#[test]
fn a_threshold_that_is_passed_ends_with_4_and_says_what_to_do() {
    let lieu = trois_quotidiens_manquants();
    // The other tables of the pipeline are not looked at.
    let pipeline = |seuils: &str| format!("base = \"vide\"\n[reception]\ndossier = \"entrant\"\n[seuils]\n{seuils}\n");
    assert_eq!(lieu.sous(&pipeline("quotidiens_manquants = 3"), &AVRIL).code, 0);
    assert_eq!(lieu.sous("[reception]\ndossier = \"entrant\"\n", &AVRIL).code, 0);
    let sortie = lieu.sous(&pipeline("quotidiens_manquants = 2"), &AVRIL);
    assert_eq!(sortie.code, 4, "{}", sortie.tout());
    let dit = sortie.out.replace("\n  ", " ");
    assert!(dit.contains("quotidiens_manquants : des flux quotidiens manquent : CAF991 (du 2021-04-07 au"), "{dit}");
    assert!(dit.contains("Demandez-les à la caisse"), "{dit}");
    // For a program, the word is on the error stream too.
    let sortie = lieu.sous(&pipeline("quotidiens_manquants = 2"), &[&AVRIL[..], &["--format", "json"]].concat());
    let vu: Value = serde_json::from_str(&sortie.out).unwrap();
    assert_eq!((sortie.code, vu["depassements"][0]["valeur"].as_f64()), (4, Some(3.0)));
    assert!(sortie.err.starts_with("jalon : seuil quotidiens_manquants dépassé"), "{}", sortie.err);
    // The rhythm and the days without a flux are settings too.
    assert_eq!(
        lieu.sous(&pipeline("quotidiens_manquants = 0\n[seuils.rythme]\nCAF991 = \"hebdomadaire\""), &AVRIL).code,
        0
    );
    let chomes = "quotidiens_manquants = 0\njours_sans_flux = [2021-04-07, 2021-04-08, 2021-04-14]";
    assert_eq!(lieu.sous(&pipeline(chomes), &AVRIL).code, 0);
}

#[test]
fn a_threshold_that_does_not_exist_ends_with_2_and_names_its_line() {
    let lieu = trois_quotidiens_manquants();
    for (seuils, mot) in [
        ("quotidien_manquants = 2", "quotidien_manquants"),
        ("quotidiens_manquants = -1", "ligne 2"),
        ("rejets_pct = \"beaucoup\"", "ligne 2"),
        ("jours_sans_flux = [2021-04-07T10:00:00]", "attendu AAAA-MM-JJ"),
        ("rythme = { CAF991 = \"souvent\" }", "souvent"),
    ] {
        let sortie = lieu.sous(&format!("[seuils]\n{seuils}\n"), &AVRIL);
        assert_eq!(sortie.code, 2, "{seuils} : {}", sortie.tout());
        assert!(sortie.err.contains(mot) && sortie.err.contains("pipeline.toml"), "{seuils} : {}", sortie.err);
    }
}

#[test]
fn the_quality_of_an_empty_warehouse_and_of_no_period_can_be_asked() {
    let mut lieu = Lieu::new();
    fs::create_dir(lieu.chemin("vide")).unwrap();
    lieu.recus.push(lieu.chemin("vide"));
    lieu.ingerer();
    let vu = lieu.qualite(&[]);
    assert_eq!(vu["completude"]["phrase"], "Complétude : aucun flux n'est connu");
    let plein = trois_quotidiens_manquants();
    let vu = plein.qualite(&["--connu-le", "2021-04-20"]);
    assert_eq!(vu["periode"], json!({"du": "2021-02-28", "au": "2021-04-20", "connu_le": "2021-04-20"}));
    // The 16th is the last daily; the 19th is due on the 21st.
    assert_eq!(vu["completude"]["quotidiens_manquants"], 3);
    assert_eq!(plein.demander(&["quality", "--connu-le", "2021-04-20"]).code, 0);
}
