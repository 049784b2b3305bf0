//! The department's own exports, from the file to the figures: descriptions, workbooks, people told
//! by their MATRICULE. Everybody is fictional.

#![allow(clippy::unwrap_used)]

#[path = "commun/zip.rs"]
mod archive;
#[path = "commun/classeur.rs"]
mod classeur;
#[path = "commun/programme.rs"]
mod programme;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use archive::{Membre, gzip};
use classeur::{Cellule, archive as zipper, classeur, parties};
use jalon::flux::xlsx::Classeur;
use jalon::journal::depot::Depot;
use jalon::journal::evenements::rejouer;
use programme::{Sortie, jalon, nir, orientations, segments};
use serde_json::Value;
use tempfile::TempDir;

use Cellule::{Formule, Jour, Nombre, Texte, Vide};

/// A claimant in the flux: NUMDEMRSA, MATRICULE, name, first name, birth date, NIR or nothing.
type Allocataire<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str);

const HORTENSE: Allocataire<'_> = ("9", "000000000000097", "MERLEBLANC", "HORTENSE", "1975-06-30", "");
const ONDINE: Allocataire<'_> = ("1", "208956400000000", "BRUMEVAL", "ONDINE", "1987-04-19", "");
const TIBALD: Allocataire<'_> = ("2", "000000001234567", "ORSELLE", "TIBALD", "1990-11-02", "");

fn flux(dtref: &str, creation: &str, allocataires: &[Allocataire<'_>]) -> String {
    let foyer = |(numdemrsa, matricule, nom, prenom, dtnai, nir): &Allocataire<'_>| {
        let nir = if nir.is_empty() { String::new() } else { format!("<NIR>{nir}</NIR>") };
        format!(
            "<InfosFoyerRSA><IdentificationRSA><Organisme><FONORG>CAF</FONORG><NUMORG>991</NUMORG><MATRICULE>{matricule}</MATRICULE></Organisme>\
             <DemandeRSA><NUMDEMRSA>{numdemrsa}</NUMDEMRSA></DemandeRSA></IdentificationRSA>\
             <Personne><Identification><NOM>{nom}</NOM><PRENOM>{prenom}</PRENOM><DTNAI>{dtnai}</DTNAI>{nir}</Identification>\
             <Prestations><NATPREST>RSA</NATPREST><ROLEPERS>DEM</ROLEPERS></Prestations>\
             <MontantCalculDroitRSAPersonne><TOPPERSDRODEVORSA>1</TOPPERSDRODEVORSA></MontantCalculDroitRSAPersonne></Personne>\
             <PrestationRSA><SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>2</ETATDOSRSA></EtatDossierRSA></SituationDossierRSA></PrestationRSA></InfosFoyerRSA>"
        )
    };
    let foyers: String = allocataires.iter().map(foyer).collect();
    format!(
        "<Racine><IdentificationFlux><TYPEFLUX>M</TYPEFLUX><NATFLUX>D</NATFLUX><DTCREAFLUX>{creation}</DTCREAFLUX>\
         <DTREF>{dtref}</DTREF></IdentificationFlux>{foyers}<TransmissionFlux><NBTOTDOSRSATRANSM>{}</NBTOTDOSRSATRANSM></TransmissionFlux></Racine>",
        allocataires.len()
    )
}

/// A folder where files are received, and a warehouse in which two people entered on 2021-03-05.
struct Lieu(TempDir);

impl Lieu {
    fn new() -> Self {
        let lieu = Self(tempfile::tempdir().unwrap());
        let stock = lieu.recevoir("stock.xml", flux("2020-12-31", "2021-01-05", &[HORTENSE]));
        let fevrier = lieu.recevoir("fevrier.xml", flux("2021-02-28", "2021-03-05", &[HORTENSE, ONDINE, TIBALD]));
        assert_eq!(lieu.ingerer(&[&stock, &fevrier]).code, 0);
        lieu
    }

    fn recevoir(&self, nom: &str, contenu: impl AsRef<[u8]>) -> PathBuf {
        let chemin = self.0.path().join(nom);
        fs::write(&chemin, contenu).unwrap();
        chemin
    }

    fn entrepot(&self) -> PathBuf {
        self.0.path().join("entrepot")
    }

    fn ingerer(&self, arguments: &[&Path]) -> Sortie {
        jalon(&self.entrepot(), [Path::new("ingerer")].into_iter().chain(arguments.iter().copied()))
    }

    /// Ingests a file received on 2021-07-01 under descriptions.
    fn decrire(&self, fichier: &Path, sources: &Path) -> Sortie {
        self.ingerer(&[fichier, Path::new("--sources"), sources, Path::new("--recu-le"), Path::new("2021-07-01")])
    }

    /// Ingests a file whose name says when it was received.
    fn suivre(&self, fichier: &Path, sources: &Path) -> Sortie {
        self.ingerer(&[fichier, Path::new("--sources"), sources])
    }

    fn json(&self) -> Value {
        let periode = ["indicateurs", "--du", "2021-01-01", "--au", "2021-06-30", "--format", "json"];
        serde_json::from_str(&jalon(&self.entrepot(), periode).out).unwrap()
    }

    /// 3.1.1 to 3.1.6.
    fn valeurs(&self) -> Vec<i64> {
        let json = self.json();
        let indicateurs = json["indicateurs"].as_array().unwrap();
        indicateurs.iter().take(6).map(|indicateur| indicateur["valeur"].as_i64().unwrap()).collect()
    }

    /// The extracts of what was set aside.
    fn extraits(&self) -> Vec<PathBuf> {
        let rejets = self.entrepot().join("rejets");
        programme::fichiers(&rejets).into_iter().filter(|chemin| chemin.parent() != Some(&rejets)).collect()
    }

    /// Takes an extract in.
    fn reprendre(&self, arguments: &[&Path]) -> Sortie {
        let commande = ["rejets", "reprendre"].map(Path::new);
        jalon(&self.entrepot(), commande.into_iter().chain(arguments.iter().copied()))
    }

    /// How many orientations are in force.
    fn orientations_en_vigueur(&self) -> usize {
        let depot = Depot::ouvrir_en_lecture(&self.entrepot(), None).unwrap();
        rejouer(&depot.segments().unwrap().evenements, None).unwrap().orientations.len()
    }

    fn evenements(&self) -> usize {
        segments(&self.entrepot())
            .iter()
            .filter(|segment| segment.starts_with(self.entrepot().join("evenements")))
            .count()
    }
}

fn livrees() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/sources")
}

const PARTICIPATIONS: &str = "\u{feff}Date du RDV;Heure du RDV;Motif du RDV;Nature du RDV;RDV pris le;Statut du rdv;Organisation du rendez-vous;Nom;Prénom;Numéro CAF;ID interne au département;Date de naissance;Date d'entrée flux
30/03/2021;10:00;RSA accompagnement;Individuel;22/03/2021;Rendez-vous honoré;Antenne;Brumeval;Ondine;2089564;;19/04/1987;05/03/2021
08/04/2021;09:00;RSA orientation;Individuel;20/03/2021;Absence non excusée;Antenne;Orselle;Tibald;1234567;;;05/03/2021
09/04/2021;09:00;Atelier collectif;Collectif;20/03/2021;RDV à venir;Antenne;Orselle;Tibald;1234567;;;05/03/2021
10/04/2021;09:00;Café des parents;Collectif;20/03/2021;RDV à venir;Antenne;Orselle;Tibald;1234567;;;05/03/2021
";

const USAGERS: &str = "Nom;Prénom;Numéro CAF;Date de naissance;Date d'orientation;Type d'orientation;Date de début d'accompagnement;Date de fin d'accompagnement;Structure d'orientation
BRUMEVAL;ONDINE;208956400000000;19/04/1987;20/03/2021;Sociale;20/03/2021;;Conseil départemental
ORSELLE;TIBALD;1234567;;10/04/2021;Professionnelle;10/04/2021;;France Travail
MERLEBLANC;HORTENSE;97;30/06/1975;;;01/04/2021;;Garantie d'activité
";

/// ONDINE is oriented to the department on 20/03, in the month (limit 04/04), and has a first
/// appointment on 30/03, 10 days later. TIBALD, told by his MATRICULE, is oriented to Pôle emploi on
/// 10/04, past the month. HORTENSE, in the stock from the start, is in the garantie d'activité.
#[test]
fn the_two_exports_of_rdv_insertion_give_the_figures_worked_out_by_hand() {
    let lieu = Lieu::new();
    let sortie = lieu.decrire(&lieu.recevoir("usagers.csv", USAGERS), &livrees());
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    for mot in [
        "accompagnements (source rdv-insertion-usagers-accompagnements, 2 lignes hors de la source), 1 ligne",
        "orientations (source rdv-insertion-usagers-orientations, 1 ligne hors de la source), 2 lignes",
        "2 fichiers ingérés",
    ] {
        assert!(sortie.out.contains(mot), "{mot}\n{}", sortie.out);
    }
    assert_eq!(lieu.valeurs(), [2, 1, 0, 0, 0, 0]);

    let sortie = lieu.decrire(&lieu.recevoir("participations.csv", PARTICIPATIONS), &livrees());
    assert_eq!(sortie.code, 3, "{}", sortie.tout());
    assert!(sortie.out.contains("ligne 5 : type_rdv (« Motif du RDV ») vaut « Café des parents »"), "{}", sortie.out);
    assert!(sortie.out.contains("1 ligne hors de la source), 2 lignes"), "{}", sortie.out);
    assert_eq!(lieu.valeurs(), [2, 1, 1, 1, 0, 0]);

    let json = lieu.json();
    let valeur =
        |id: &str| json["indicateurs"].as_array().unwrap().iter().find(|i| i["id"] == id).unwrap()["valeur"].clone();
    assert_eq!(valeur("3.2.2"), 1);
    let manques = json["complementaires"].as_array().unwrap().iter().find(|c| c["code"] == "rdv_orientation_manques");
    assert_eq!(manques.unwrap()["valeur"], 1);
    assert!(!json.to_string().contains("attente\":1"), "{json}");
}

/// The same lines saved from a spreadsheet: dates are numbers, the birth date too.
#[test]
fn a_workbook_gives_the_same_events_as_the_csv_export() {
    let lieu = Lieu::new();
    assert_eq!(lieu.decrire(&lieu.recevoir("usagers.csv", USAGERS), &livrees()).code, 0);
    assert_eq!(lieu.decrire(&lieu.recevoir("participations.csv", PARTICIPATIONS), &livrees()).code, 3);
    let avant = lieu.valeurs();
    // 2021-03-30 is 44285, 2021-03-22 is 44277, 1987-04-19 is 31886 (1970-01-01 is 25569).
    let entetes: Vec<Cellule<'_>> =
        PARTICIPATIONS.trim_start_matches('\u{feff}').lines().next().unwrap().split(';').map(Texte).collect();
    let ligne = [
        Jour(44285.0),
        Texte("10:00"),
        Texte("RSA accompagnement"),
        Vide,
        Jour(44277.0),
        Formule("A2&B2", "Annulé (par le service)"),
        Texte("Antenne"),
        Texte("BRUMEVAL"),
        Texte("Ondine"),
        Nombre(2089564.0),
        Vide,
        Jour(31886.0),
    ];
    let contenu = classeur(&[("Export", &[&entetes, &ligne]), ("Lisez-moi", &[&[Texte("Bonjour")]])]);
    let sortie = lieu.suivre(&lieu.recevoir("2021-08-01_participations.xlsx", contenu), &livrees());
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(
        sortie.out.contains("rendez_vous (feuille « Export », source rdv-insertion-participations), 1 ligne"),
        "{}",
        sortie.out
    );
    // It is a new version of the appointment of the CSV file, now cancelled; not one more.
    assert_eq!((avant.as_slice(), lieu.valeurs().as_slice()), (&[2, 1, 1, 1, 0, 0][..], &[2, 1, 0, 0, 0, 0][..]));
}

/// A spreadsheet eats the zeros of NUMDEMRSA; a leading zero kept as text stays.
#[test]
fn a_workbook_with_our_own_headings_is_read_without_any_description() {
    let entetes =
        ["id_evenement", "numdemrsa", "nom", "prenom", "date_naissance", "date_notification", "organisme"].map(Texte);
    let ondine =
        [Texte("O1"), Nombre(1.0), Texte("BRUMEVAL"), Texte("ONDINE"), Jour(31886.0), Jour(44275.0), Texte("CD")];
    let tibald = [
        Texte("O2"),
        Texte("00000000002"),
        Texte("ORSELLE"),
        Texte("TIBALD"),
        Texte("02/11/1990"),
        Texte("2021-04-10"),
        Texte("PE"),
    ];
    let rdv = [Texte("id_evenement"), Texte("type_rdv"), Texte("date_rdv"), Texte("matricule"), Texte("nom")];
    let rdv_1 = [Texte("R1"), Texte("accompagnement"), Jour(44285.0), Texte("2089564"), Texte("Brumeval")];
    let lieu = Lieu::new();
    let contenu = classeur(&[
        ("Orientations", &[&entetes, &ondine, &[], &tibald]),
        ("Lisez-moi", &[&[Texte("Colonnes à remplir")], &[Texte("nom")]]),
        ("Rendez-vous", &[&rdv, &rdv_1]),
    ]);
    let chemin = lieu.recevoir("2021-07-01_suivi.xlsx", contenu);
    let sortie = lieu.ingerer(&[&chemin]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(sortie.out.contains("orientations (feuille « Orientations »), 2 lignes"), "{}", sortie.out);
    assert_eq!(lieu.valeurs(), [2, 1, 1, 1, 0, 0]);
    assert!(lieu.ingerer(&[&chemin]).out.contains("2 déjà connus"));
}

#[test]
fn a_workbook_that_cannot_be_read_is_told_and_stops_nothing_else() {
    let lieu = Lieu::new();
    let juste = classeur(&[("A", &[&[Texte("id_evenement"), Texte("date_fin")], &[Texte("F1"), Jour(44285.0)]])]);
    let manque = lieu.ingerer(&[&lieu.recevoir("manque.xlsx", &juste)]);
    assert_eq!(manque.code, 3);
    assert!(manque.out.contains("feuille « A » : colonne obligatoire absente : motif"), "{}", manque.out);
    let autre = lieu.ingerer(&[&lieu.recevoir("autre.xlsx", classeur(&[("A", &[&[Texte("ville"), Texte("pays")]])]))]);
    assert_eq!(autre.code, 0, "{}", autre.tout());
    // Cut or damaged anywhere: never a crash, and never a file of something else.
    for reste in (30..juste.len()).step_by(61) {
        let sortie = lieu.ingerer(&[&lieu.recevoir("coupe.xlsx", &juste[..reste])]);
        assert!(sortie.code == 3 && sortie.out.contains("classeur illisible"), "{reste} {}", sortie.tout());
    }
    assert_eq!(lieu.evenements(), 0);
}

/// A character changed anywhere in its parts: it is read or refused, and nothing more happens.
#[test]
fn a_workbook_damaged_anywhere_is_read_or_refused() {
    let lignes: [&[Cellule<'_>]; 2] =
        [&[Texte("a"), Nombre(1.5), Jour(44285.0)], &[Formule("A1", "x"), Vide, Texte("b")]];
    let entieres = parties(&[("A", &lignes)]);
    for rang in 0..entieres.len() {
        let longueur = entieres[rang].1.len();
        for place in (0..longueur).step_by(7) {
            let mut parties: Vec<(String, Vec<u8>)> =
                entieres.iter().map(|(nom, texte)| (nom.clone(), texte.clone().into_bytes())).collect();
            parties[rang].1[place] = b"<9\xff\0&-"[place % 6];
            let Ok(Some(mut classeur)) = Classeur::ouvrir(Box::new(std::io::Cursor::new(zipper(&parties)))) else {
                continue;
            };
            for feuille in classeur.feuilles() {
                if let Ok(texte) = classeur.texte(&feuille, None) {
                    assert!(texte.len() < 1 << 20);
                }
            }
        }
    }
}

fn description(corps: &str) -> String {
    format!("nom = \"essai\"\ngenre = \"orientations\"\n[fichiers]\nnoms = [\"export*\"]\n{corps}")
}

const ESSAI: &str = "[colonnes]
matricule = \"Allocataire\"
nom = \"Nom\"
date_notification = \"Le\"
organisme = { entete = \"Vers\", valeurs = { \"Pôle emploi\" = \"PE\" }, sinon = \"AUTRE\" }
[identifiant]
entetes = [\"Allocataire\", \"Nom\", \"Le\"]
";

const EXPORT: &str =
    "Allocataire;Nom;Le;Vers\n2089564;Brumeval;20/03/2021;Pole Emploi\n1234567;Orselle;21/03/2021;Ailleurs\n";

#[test]
fn a_description_that_changes_does_not_read_a_file_again_and_says_so() {
    let lieu = Lieu::new();
    let (export, toml) = (lieu.recevoir("export.csv", EXPORT), lieu.recevoir("essai.toml", description(ESSAI)));
    assert_eq!(lieu.decrire(&export, &toml).code, 0);
    assert!(lieu.decrire(&export, &toml).out.contains("déjà ingéré, rien à faire"));
    assert_eq!((lieu.evenements(), lieu.valeurs()[1]), (1, 2));
    fs::write(&toml, description(&ESSAI.replace("\"AUTRE\"", "\"CCAS\""))).unwrap();
    let sortie = lieu.decrire(&export, &toml);
    assert_eq!(sortie.code, 0);
    assert!(
        sortie.out.contains("déjà ingéré le 2021-07-01 sous une autre version de la source essai"),
        "{}",
        sortie.out
    );
    assert_eq!(lieu.evenements(), 1);
    // The next export is read under the new description, and the same events are replaced.
    let suivant = lieu.recevoir("2021-08-01_export.csv", EXPORT.replace("Ailleurs", "CCAS d'ailleurs"));
    let large = lieu.recevoir("essai.toml", description(ESSAI).replace("export*", "*export*"));
    assert_eq!(lieu.suivre(&suivant, &large).code, 0);
    assert_eq!((lieu.evenements(), lieu.valeurs()), (2, vec![2, 2, 0, 0, 0, 0]));
}

/// A workbook is itself a zip archive: it is told from one by its content, wherever it stands.
#[test]
fn described_exports_and_workbooks_are_read_compressed_and_in_an_archive() {
    let entetes = ["Allocataire", "Nom", "Le", "Vers"].map(Texte);
    let ondine = [Nombre(2_089_564.0), Texte("Brumeval"), Jour(44275.0), Texte("Pole Emploi")];
    let tibald = [Nombre(1_234_567.0), Texte("Orselle"), Texte("21/03/2021"), Texte("Ailleurs")];
    let classeur = classeur(&[("Export", &[&entetes, &ondine, &tibald])]);
    for (nom, contenu) in [("export.csv", EXPORT.as_bytes()), ("export.xlsx", &classeur[..])] {
        let zip = archive::zip(&[Membre::new(nom, contenu), Membre::new("note.txt", "bonjour")]);
        for (nom, contenu) in [(nom, contenu.to_vec()), (&format!("{nom}.gz"), gzip(contenu)), ("envoi.zip", zip)] {
            let lieu = Lieu::new();
            let toml = lieu.recevoir("essai.toml", description(&format!("entetes = [\"Allocataire\"]\n{ESSAI}")));
            let sortie = lieu.decrire(&lieu.recevoir(nom, contenu), &toml);
            assert_eq!((sortie.code, lieu.evenements()), (0, 1), "{nom} {}", sortie.tout());
            assert_eq!(lieu.valeurs(), [2, 2, 0, 0, 0, 0], "{nom}");
            assert!(lieu.decrire(&lieu.0.path().join(nom), &toml).out.contains("1 déjà connu"), "{nom}");
        }
    }
}

/// TIBALD's line has a month 13. Mended, it is the event that the next export gives.
#[test]
fn an_extract_of_a_described_export_is_mended_and_taken_in_under_its_description() {
    let lieu = Lieu::new();
    let toml = lieu.recevoir("essai.toml", description(ESSAI));
    let export = lieu.recevoir("export.csv", EXPORT.replace("21/03/2021", "21/13/2021"));
    assert_eq!((lieu.decrire(&export, &toml).code, lieu.valeurs()[1]), (3, 1));
    let [extrait] = lieu.extraits().try_into().unwrap();
    let texte = fs::read_to_string(&extrait).unwrap();
    assert!(
        texte.starts_with("\u{feff}Allocataire;Nom;Le;Vers;JALON_EXTRAIT\n1234567;Orselle;21/13/2021;Ailleurs;"),
        "{texte}"
    );
    let corrige = lieu.recevoir("corrige.csv", texte.replace("/13/", "/03/"));
    let sans = lieu.reprendre(&[&corrige]);
    assert!(sans.code == 3 && sans.out.contains("la source essai, dont la description n'est pas"), "{}", sans.tout());
    let sources = Path::new("--sources");
    let encore = lieu.reprendre(&[&extrait, sources, &toml]);
    assert!(encore.code == 3 && encore.out.contains("REFUSÉ"), "{}", encore.tout());
    let avec = lieu.reprendre(&[&corrige, sources, &toml]);
    assert!(avec.code == 0 && avec.out.contains("1 rejet repris"), "{}", avec.tout());
    assert_eq!((lieu.valeurs(), lieu.orientations_en_vigueur()), (vec![2, 2, 0, 0, 0, 0], 2));
    let liste = jalon(&lieu.entrepot(), ["rejets", "lister"]);
    assert!(liste.out.contains("0 rejet ouvert, 1 clos"), "{}", liste.out);
    let suivant = lieu.recevoir("2021-08-01_export.csv", EXPORT.replace("Ailleurs", "CCAS"));
    let large = lieu.recevoir("essai.toml", description(ESSAI).replace("export*", "*export*"));
    assert_eq!(lieu.suivre(&suivant, &large).code, 0);
    assert_eq!(lieu.orientations_en_vigueur(), 2);
}

/// The last cells of a row are empty: its mark stands in its column all the same.
#[test]
fn an_extract_of_a_sheet_is_a_csv_that_is_mended_and_taken_in() {
    let lieu = Lieu::new();
    let entetes = ["id_evenement", "matricule", "nom", "date_notification", "organisme", "structure"].map(Texte);
    let tibald = ["O2", "1234567", "Orselle", "2021-04-31", "PE"].map(Texte);
    let fichier = lieu.recevoir("2021-07-01_o.xlsx", classeur(&[("Suivi", &[&entetes, &tibald])]));
    assert_eq!((lieu.ingerer(&[&fichier]).code, lieu.valeurs()[1]), (3, 0));
    let [extrait] = lieu.extraits().try_into().unwrap();
    let texte = fs::read_to_string(&extrait).unwrap();
    let sortie = lieu.reprendre(&[&lieu.recevoir("corrige.csv", texte.replace("2021-04-31", "2021-03-31"))]);
    assert!(sortie.code == 0 && sortie.out.contains("1 rejet repris"), "{texte}\n{}", sortie.tout());
    assert_eq!(lieu.valeurs()[..2], [2, 1]);
}

/// One of its two tables enters and the other does not: its copy is no more known than itself.
#[test]
fn a_copy_of_an_export_that_did_not_enter_whole_did_not_either() {
    let lieu = Lieu::new();
    let fins = "nom = \"fins\"\ngenre = \"fins_suivi\"\n[fichiers]\nentetes = [\"Allocataire\"]\n[colonnes]\n\
                matricule = \"Allocataire\"\nnom = \"Nom\"\ndate_fin = \"Fin\"\nmotif = { constante = \"abandon\" }\n\
                [identifiant]\nentetes = [\"Allocataire\"]\n";
    let (essai, fins) = (lieu.recevoir("essai.toml", description(ESSAI)), lieu.recevoir("fins.toml", fins));
    let (un, deux) = (lieu.recevoir("export_1.csv", EXPORT), lieu.recevoir("export_2.csv", EXPORT));
    let sources = Path::new("--sources");
    let sortie = lieu.ingerer(&[&un, &deux, sources, &essai, sources, &fins]);
    assert_eq!((sortie.code, lieu.evenements()), (3, 1), "{}", sortie.tout());
    assert!(sortie.out.contains("export_2.csv : REFUSÉ, même contenu que"), "{}", sortie.out);
    assert!(sortie.out.contains("1 fichier ingéré, 2 refusés"), "{}", sortie.out);
}

#[test]
fn two_descriptions_of_one_kind_for_one_file_are_refused() {
    let lieu = Lieu::new();
    let export = lieu.recevoir("export.csv", EXPORT);
    let dossier = lieu.0.path().join("sources");
    fs::create_dir(&dossier).unwrap();
    fs::write(dossier.join("a.toml"), description(ESSAI)).unwrap();
    fs::write(dossier.join("b.toml"), description(ESSAI).replace("\"essai\"", "\"copie\"")).unwrap();
    let sortie = lieu.decrire(&export, &dossier);
    assert_eq!((sortie.code, lieu.evenements()), (3, 0));
    assert!(
        sortie.out.contains("deux sources décrites conviennent à ce fichier pour orientations : essai et copie"),
        "{}",
        sortie.out
    );
    fs::write(dossier.join("b.toml"), description(ESSAI)).unwrap();
    let sortie = lieu.decrire(&export, &dossier);
    assert!(sortie.code == 2 && sortie.err.contains("deux sources s'appellent « essai »"), "{}", sortie.err);
}

#[test]
fn a_file_that_no_description_fits_says_what_the_nearest_one_lacks() {
    let lieu = Lieu::new();
    let sortie = lieu.decrire(&lieu.recevoir("x.csv", "Date du RDV;Statut du rdv;Ville\n"), &livrees());
    assert_eq!(sortie.code, 3);
    assert!(
        sortie.out.contains("la plus proche, rdv-insertion-participations, attend encore « Motif du RDV »"),
        "{}",
        sortie.out
    );
    let sortie = lieu
        .decrire(&lieu.recevoir("export.csv", "Allocataire;Nom;Vers\n"), &lieu.recevoir("e.toml", description(ESSAI)));
    assert!(sortie.out.contains("la source essai attend une colonne absente : Le"), "{}", sortie.out);
}

/// Two events with everything in common but what is not in the identifier.
#[test]
fn lines_confused_by_their_identifier_are_told() {
    let lieu = Lieu::new();
    let double = format!("{EXPORT}2089564;Brumeval;20/03/2021;Autre\n2089564;BRUMEVAL;20/03/2021;autre\n");
    let sortie = lieu.decrire(&lieu.recevoir("export.csv", double), &lieu.recevoir("e.toml", description(ESSAI)));
    assert!(sortie.out.contains("attention, 2 lignes ont l'identifiant d'une autre ligne"), "{}", sortie.out);
}

#[test]
fn a_mistake_in_a_description_ends_with_2_and_names_the_line() {
    let lieu = Lieu::new();
    let export = lieu.recevoir("export.csv", EXPORT);
    let sortie = lieu.decrire(&export, &lieu.recevoir("e.toml", description(&ESSAI.replace("sinon", "sinnon"))));
    assert_eq!(sortie.code, 2);
    assert!(sortie.err.contains("e.toml, ligne 9 : clé « colonnes.organisme.sinnon » inconnue"), "{}", sortie.err);
    assert_eq!(lieu.decrire(&export, Path::new("nulle/part.toml")).code, 2);
}

#[test]
fn the_worked_example_is_understood_as_its_page_says() {
    let exemple = livrees().join("exemples/BO_ORIENTATIONS_20210405.csv");
    let arguments = |chemin: PathBuf| {
        let fixes = ["sources", "verifier", "--recu-le", "2021-04-05", "--sources"].map(PathBuf::from);
        fixes.into_iter().chain([livrees(), chemin])
    };
    let lieu = Lieu::new();
    let avant = segments(&lieu.entrepot()).len();
    let sortie = jalon(&lieu.entrepot(), arguments(exemple.clone()));
    assert_eq!((sortie.code, segments(&lieu.entrepot()).len()), (3, avant));
    // The page shows what is printed, from the first line of the file on.
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sources.md")).unwrap();
    let montre = sortie.out.replace(&exemple.display().to_string(), "BO_ORIENTATIONS_20210405.csv");
    for ligne in montre.lines().filter(|ligne| !ligne.trim().is_empty()) {
        assert!(page.contains(ligne), "docs/sources.md ne montre pas :\n{ligne}");
    }
    for nom in ["BRUMEVAL", "ONDINE", "VALOMBRE", "19.04.1987"] {
        assert!(!sortie.tout().contains(nom), "{nom}");
    }
}

/// The draft is one that can be saved and used at once when everything was recognised, and it shows
/// nobody.
#[test]
fn a_proposed_description_is_read_back_and_names_nobody() {
    let lieu = Lieu::new();
    let export = "N° CAF;Nom;Prénom;Né le;Date d'orientation;Orientation vers;Observations\n\
                  2089564;BRUMEVAL;ONDINE;19.04.1987;20.03.2021;Pôle emploi;rien\n\
                  1234567;ORSELLE;TIBALD;02.11.1990;21.03.2021;CCAS;rien\n";
    let fichier = lieu.recevoir("suivi_202107.csv", export);
    let decouvrir = jalon(&lieu.entrepot(), [Path::new("sources"), Path::new("decouvrir"), &fichier]);
    assert_eq!(decouvrir.code, 0, "{}", decouvrir.tout());
    for nom in ["BRUMEVAL", "ONDINE", "TIBALD", "1987", "2089564", "À COMPLÉTER"] {
        assert!(!decouvrir.out.contains(nom), "{nom}\n{}", decouvrir.out);
    }
    for mot in [
        "noms = [\"suivi_*.csv\"]",
        "matricule = \"N° CAF\"",
        "date_naissance = { entete = \"Né le\", format = \"JJ.MM.AAAA\" }",
        "\"Pôle emploi\" = \"PE\"",
        "« Observations » : 2 remplie(s), 4 caractères (ne sert pas)",
        "date_notification « 20.03.2021 »",
    ] {
        assert!(decouvrir.out.contains(mot), "{mot}\n{}", decouvrir.out);
    }
    let sortie = lieu.decrire(&fichier, &lieu.recevoir("propose.toml", &decouvrir.out));
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert_eq!(lieu.valeurs(), [2, 2, 0, 0, 0, 0]);
}

#[test]
fn what_was_not_recognised_is_left_to_be_completed() {
    let lieu = Lieu::new();
    let exemple = livrees().join("exemples/BO_ORIENTATIONS_20210405.csv");
    let sortie = jalon(&lieu.entrepot(), [Path::new("sources"), Path::new("decouvrir"), &exemple]);
    assert_eq!(sortie.code, 0);
    for mot in [
        "ligne_entete = 4",
        "date_notification = { entete = \"Date décision\", format = \"JJ.MM.AAAA\" }",
        "# \"Association Tremplin\" = \"\"",
    ] {
        assert!(sortie.out.contains(mot), "{mot}\n{}", sortie.out);
    }
    let classeur = classeur(&[
        ("Vide", &[&[Texte("x")]]),
        ("Liste", &[&[Texte("NIR"), Texte("Date CER")], &[Texte("2870499999002"), Jour(44285.0)]]),
    ]);
    let arguments = [
        PathBuf::from("sources"),
        "decouvrir".into(),
        lieu.recevoir("c.xlsx", classeur),
        "--feuille".into(),
        "liste".into(),
    ];
    let sortie = jalon(&lieu.entrepot(), arguments);
    assert!(sortie.out.contains("genre = \"cer\"") && sortie.out.contains("feuille = \"liste\""), "{}", sortie.tout());
    assert!(!sortie.out.contains("2870499999002"), "{}", sortie.out);
}

// MATRICULE.

fn par_matricule(lignes: &str) -> String {
    format!("id_evenement;matricule;nom;prenom;date_naissance;date_notification;organisme\n{lignes}")
}

/// ONDINE and her grown child are in one dossier: the name alone does not tell them apart.
#[test]
fn a_matricule_with_a_name_or_a_birth_date_finds_one_person_or_waits() {
    let lieu = Lieu::new();
    let lysandre: Allocataire<'_> = ("3", "208956400000000", "BRUMEVAL", "LYSANDRE", "2001-01-01", "");
    let stock = [HORTENSE, ONDINE, TIBALD, lysandre];
    assert_eq!(lieu.ingerer(&[&lieu.recevoir("mars.xml", flux("2021-03-31", "2021-04-05", &stock))]).code, 0);
    let en_attente = || lieu.json()["qualite"].to_string();
    for (rang, (ligne, orientes)) in [
        ("A;2089564;Brumeval;;;2021-03-20;CD\n", 0),
        ("B;2089564;Brumeval;Ondine;;2021-03-20;CD\n", 1),
        ("C;123456700000000;;;1990-11-02;2021-03-20;CD\n", 2),
        ("D;208956400000000;;;2001-01-02;2021-04-20;CD\n", 2),
        ("E;208956400000000;;;2001-01-01;2021-04-20;CD\n", 3),
    ]
    .into_iter()
    .enumerate()
    {
        let sortie = lieu.ingerer(&[&lieu.recevoir(&format!("2021-07-01_{rang}.csv"), par_matricule(ligne))]);
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        assert_eq!(lieu.valeurs()[..2], [3, orientes], "{ligne} {}", en_attente());
    }
}

/// ONDINE's foyer, mended, takes the first place again: the rows of the others are no longer theirs.
#[test]
fn a_matricule_names_the_same_person_once_a_foyer_is_mended() {
    let lieu = Lieu(tempfile::tempdir().unwrap());
    let stock = lieu.recevoir("stock.xml", flux("2020-12-31", "2021-01-05", &[HORTENSE]));
    let fevrier = flux("2021-02-28", "2021-03-05", &[ONDINE, HORTENSE, TIBALD]);
    let fevrier = lieu.recevoir("fevrier.xml", fevrier.replacen("<ETATDOSRSA>2<", "<ETATDOSRSA>2x<", 1));
    let lignes = par_matricule("C;1234567;Orselle;;;2021-03-20;CD\n");
    let evenement = lieu.recevoir("2021-07-01_o.csv", lignes);
    assert_eq!(lieu.ingerer(&[&stock, &fevrier, &evenement]).code, 3);
    assert_eq!(lieu.valeurs()[..2], [1, 1]);
    let [extrait] = lieu.extraits().try_into().unwrap();
    let corrige = fs::read_to_string(&extrait).unwrap().replace(">2x<", ">2<");
    assert_eq!(lieu.reprendre(&[&lieu.recevoir("corrige.xml", corrige)]).code, 0);
    assert_eq!(lieu.valeurs()[..2], [2, 1]);
    let lignes = par_matricule("D;2089564;Brumeval;;;2021-03-21;CD\n");
    assert_eq!(lieu.ingerer(&[&lieu.recevoir("2021-07-02_o.csv", lignes)]).code, 0);
    assert_eq!(lieu.valeurs()[..2], [2, 2]);
}

#[test]
fn a_matricule_alone_or_a_nir_given_as_one_names_nobody() {
    let lieu = Lieu::new();
    let faux = nir(2);
    let lignes = format!("A;2089564;;;;2021-03-20;CD\nB;{faux};Brumeval;;;2021-03-20;CD\n");
    let sortie = lieu.ingerer(&[&lieu.recevoir("2021-07-01_m.csv", par_matricule(&lignes))]);
    assert_eq!(sortie.code, 3);
    assert!(sortie.out.contains("2 lignes mises de côté (personne non désignée : 2)"), "{}", sortie.out);
    assert!(
        sortie.out.contains("ou matricule (7 chiffres, et des zéros autour) avec nom ou date_naissance"),
        "{}",
        sortie.out
    );
    // But in the extract, which is there to be mended and holds the lines as they were.
    let extraits = lieu.extraits();
    let mut fichiers = programme::fichiers(&lieu.entrepot());
    fichiers.retain(|chemin| !extraits.contains(chemin));
    let trace: Vec<u8> = fichiers.iter().flat_map(|chemin| fs::read(chemin).unwrap()).collect();
    assert!(!String::from_utf8_lossy(&trace).contains(&faux) && !sortie.tout().contains(&faux));
}

/// Some caisses of the MSA give the NIR as MATRICULE: it enters neither the journal nor a list.
#[test]
fn a_nir_given_as_matricule_in_a_flux_is_not_kept() {
    let lieu = Lieu::new();
    let (nir, autre) = (nir(7), ("7", nir(7)));
    let isaure: Allocataire<'_> = (autre.0, &autre.1, "VALOMBRE", "ISAURE", "1999-07-14", &nir);
    let stock = [HORTENSE, ONDINE, TIBALD, isaure];
    assert_eq!(lieu.ingerer(&[&lieu.recevoir("mars.xml", flux("2021-03-31", "2021-04-05", &stock))]).code, 0);
    let detail = lieu.0.path().join("detail.csv");
    let periode = ["indicateurs", "--du", "2021-01-01", "--au", "2021-06-30", "--detail"].map(PathBuf::from);
    jalon(&lieu.entrepot(), periode.into_iter().chain([detail.clone()]));
    let liste = fs::read_to_string(detail).unwrap();
    assert!(liste.contains("VALOMBRE") && liste.contains("208956400000000") && !liste.contains(&nir), "{liste}");
}

/// A segment written before the column existed is still read.
#[test]
fn an_event_segment_without_the_matricule_is_still_read() {
    use parquet::arrow::ArrowWriter;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::properties::WriterProperties;

    let lieu = Lieu(tempfile::tempdir().unwrap());
    let stock = lieu.recevoir("stock.xml", programme::flux("2020-12-31", "2021-01-05", &[("9", "2")]));
    let fevrier = lieu.recevoir("fevrier.xml", programme::flux("2021-02-28", "2021-03-05", &[("9", "2"), ("1", "2")]));
    let evenements = lieu.recevoir("2021-07-01_o.csv", orientations(&[(1, "2021-03-20")]));
    assert_eq!(lieu.ingerer(&[&stock, &fevrier, &evenements]).code, 0);
    let segment = segments(&lieu.entrepot()).into_iter().find(|s| s.to_string_lossy().contains("genre=")).unwrap();
    let lecteur = ParquetRecordBatchReaderBuilder::try_new(File::open(&segment).unwrap()).unwrap();
    let cles = lecteur.metadata().file_metadata().key_value_metadata().cloned();
    let lot = lecteur.build().unwrap().next().unwrap().unwrap();
    let gardees: Vec<usize> = (0..lot.num_columns()).filter(|i| lot.schema().field(*i).name() != "matricule").collect();
    assert_eq!(gardees.len(), lot.num_columns() - 1);
    let ancien = lot.project(&gardees).unwrap();
    let jalon_seul = cles.map(|cles| cles.into_iter().filter(|cle| cle.key == "jalon").collect());
    let proprietes = WriterProperties::builder().set_key_value_metadata(jalon_seul).build();
    let mut ecrivain =
        ArrowWriter::try_new(File::create(&segment).unwrap(), ancien.schema(), Some(proprietes)).unwrap();
    ecrivain.write(&ancien).unwrap();
    ecrivain.close().unwrap();
    assert_eq!(lieu.valeurs(), [1, 1, 0, 0, 0, 0]);
}
