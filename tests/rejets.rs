//! Rejects that can be mended, through the program: what is kept of them, what a mended extract
//! gives, and what it must never do.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jalon::journal::anomalies::anomalies;
use jalon::journal::depot::{Depot, ErreurDepot};
use jalon::journal::rejets::{Oubli, oublier_les_clos};
use programme::{Sortie, fichiers, flux, jalon, nir, segments};
use serde_json::Value;
use tempfile::TempDir;

/// A warehouse, and where files are put for it.
struct Lieu {
    ici: TempDir,
    entrepot: PathBuf,
}

impl Lieu {
    fn new() -> Self {
        let ici = tempfile::tempdir().unwrap();
        let entrepot = ici.path().join("entrepot");
        Self { ici, entrepot }
    }

    fn jalon(&self, arguments: &[&str]) -> Sortie {
        jalon(&self.entrepot, arguments)
    }

    fn deposer(&self, nom: &str, texte: &str) -> String {
        let chemin = self.ici.path().join(nom);
        fs::write(&chemin, texte).unwrap();
        chemin.display().to_string()
    }

    /// Ingests a file, and gives its exit code.
    fn ingerer(&self, nom: &str, texte: &str) -> i32 {
        let chemin = self.deposer(nom, texte);
        self.jalon(&["ingerer", &chemin]).code
    }

    fn indicateur(&self, id: &str, options: &[&str]) -> Value {
        let base = ["indicateurs", "--du", "2021-01-01", "--au", "2021-12-31", "--format", "json"];
        let sortie = self.jalon(&[&base[..], options].concat());
        assert_eq!(sortie.code, 0, "{}", sortie.err);
        let json: Value = serde_json::from_str(&sortie.out).unwrap();
        let indicateurs = json["indicateurs"].as_array().unwrap();
        indicateurs.iter().find(|i| i["id"] == id).unwrap()["valeur"].clone()
    }

    /// The extracts, in order.
    fn extraits(&self) -> Vec<PathBuf> {
        let rejets = self.entrepot.join("rejets");
        if !rejets.exists() {
            return Vec::new();
        }
        fichiers(&rejets).into_iter().filter(|chemin| chemin.parent() != Some(&rejets)).collect()
    }

    fn extrait(&self) -> (PathBuf, String) {
        let [extrait] = self.extraits().try_into().unwrap();
        let texte = fs::read_to_string(&extrait).unwrap();
        (extrait, texte)
    }

    fn liste(&self, options: &[&str]) -> Vec<Value> {
        let sortie = self.jalon(&[&["rejets", "lister", "--format", "json"], options].concat());
        assert_eq!(sortie.code, 0, "{}", sortie.err);
        serde_json::from_str::<Value>(&sortie.out).unwrap()["rejets"].as_array().unwrap().clone()
    }

    fn identifiant(&self) -> String {
        self.liste(&["--tous"])[0]["identifiant"].as_str().unwrap().to_owned()
    }
}

fn quotidien(jour: &str, foyers: &[(&str, &str)]) -> String {
    flux(jour, jour, foyers).replace("<TYPEFLUX>M<", "<TYPEFLUX>I<")
}

/// A department: a first stock, a daily in which three people enter, and a stock where a fourth
/// cannot be read (its state is `2x`).
fn departement() -> Lieu {
    let lieu = Lieu::new();
    assert_eq!(lieu.ingerer("2021-01-05_stock.xml", &flux("2020-12-31", "2021-01-05", &[("900", "2")])), 0);
    let trois = [("1", "2"), ("2", "2"), ("3", "2")];
    assert_eq!(lieu.ingerer("2021-02-11_jour.xml", &quotidien("2021-02-10", &trois)), 0);
    let stock = [&trois[..], &[("4", "2x"), ("900", "2")]].concat();
    assert_eq!(lieu.ingerer("2021-03-06_stock.xml", &flux("2021-02-28", "2021-03-05", &stock)), 3);
    lieu
}

fn modes(chemin: &Path) -> u32 {
    fs::metadata(chemin).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_foyer_set_aside_leaves_a_flux_of_its_own_that_its_owner_alone_reads() {
    let lieu = departement();
    let (chemin, texte) = lieu.extrait();
    let segments = segments(&lieu.entrepot);
    let original =
        segments.iter().find(|s| chemin.starts_with(lieu.entrepot.join("rejets").join(s.file_stem().unwrap())));
    let empreinte = original.unwrap().file_stem().unwrap().to_str().unwrap();
    assert_eq!(chemin.file_name().unwrap().to_str().unwrap(), format!("{}-7.xml", &empreinte[..10]));
    assert_eq!((modes(&chemin), modes(chemin.parent().unwrap())), (0o600, 0o700));
    // The header as it was, the foyer as it was, the right count.
    let lignes: Vec<&str> = texte.lines().collect();
    assert_eq!(lignes[0], r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    assert_eq!(lignes[1], format!("<?jalon-extrait {empreinte}:7?>"));
    assert!(lignes[2].starts_with("<!-- ") && lignes[2].contains("ETATDOSRSA vaut « 2x »"), "{}", lignes[2]);
    assert!(lignes[2].contains("2021-03-06_stock.xml, ligne 7"), "{}", lignes[2]);
    assert_eq!(lignes[3], "<Racine>");
    let source = flux("2021-02-28", "2021-03-05", &[("4", "2x")]);
    assert!(texte.contains(source.lines().nth(2).unwrap()) && texte.contains(source.lines().nth(3).unwrap()));
    assert!(texte.ends_with("<NBTOTDOSRSATRANSM>00000001</NBTOTDOSRSATRANSM></TransmissionFlux>\n</Racine>\n"));
    // The list beside it has the reason, and nobody's name or number.
    let liste = fs::read_to_string(lieu.entrepot.join(format!("rejets/{empreinte}.csv"))).unwrap();
    assert!(
        liste.contains(&format!("{}-7", &empreinte[..10])) && !liste.contains("BRUMEVAL") && !liste.contains(&nir(4))
    );
    assert_eq!(fs::read_dir(lieu.entrepot.join("tmp")).unwrap().count(), 0);
}

/// Rules, section 1: a monthly is the whole stock of its caisse. An extract of one is not: the three
/// others do not come back as new in April. The fourth enters on the day the stock was received.
#[test]
fn an_extract_of_a_stock_is_never_a_stock() {
    let lieu = departement();
    assert_eq!(lieu.indicateur("3.1.1", &[]), 3);
    let (_, texte) = lieu.extrait();
    let corrige = lieu.deposer("corrige.xml", &texte.replace(">2x<", ">2<"));
    let sortie = lieu.jalon(&["rejets", "reprendre", &corrige]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(sortie.out.contains("1 rejet repris"), "{}", sortie.out);
    assert_eq!(lieu.indicateur("3.1.1", &[]), 4);
    let trois = [("1", "2"), ("2", "2"), ("3", "2"), ("4", "2")];
    assert_eq!(lieu.ingerer("2021-04-11_jour.xml", &quotidien("2021-04-10", &trois)), 0);
    assert_eq!(lieu.indicateur("3.1.1", &[]), 4);
    let detail = lieu.ici.path().join("detail.csv").display().to_string();
    lieu.indicateur("3.1.1", &["--detail", &detail]);
    let detail = fs::read_to_string(detail).unwrap();
    let quatrieme = detail.lines().find(|ligne| ligne.starts_with("00000000004;")).unwrap();
    assert!(quatrieme.contains(";primo;2021-03-06;"), "{quatrieme}");
    // Again: known.
    let sortie = lieu.jalon(&["rejets", "reprendre", &corrige]);
    assert!(sortie.code == 0 && sortie.out.contains("déjà ingéré"), "{}", sortie.tout());
}

/// Rules, section 1: a dossier set aside is present but unread, and makes nobody absent. Once mended it
/// is read: ONDINE, whom it no longer holds, was missing from the stock of February; she comes back in
/// April and enters again, beside ODILON, whom the stock shows first.
#[test]
fn a_dossier_is_no_longer_unread_once_it_is_mended() {
    let lieu = Lieu::new();
    assert_eq!(lieu.ingerer("2021-01-05_stock.xml", &flux("2020-12-31", "2021-01-05", &[("900", "2")])), 0);
    let deux = [("1", "2"), ("4", "2")];
    assert_eq!(lieu.ingerer("2021-02-11_jour.xml", &quotidien("2021-02-10", &deux)), 0);
    let stock = [("1", "2"), ("4", "2x"), ("900", "2")];
    assert_eq!(lieu.ingerer("2021-03-06_stock.xml", &flux("2021-02-28", "2021-03-05", &stock)), 3);
    assert_eq!(lieu.ingerer("2021-04-11_jour.xml", &quotidien("2021-04-10", &deux)), 0);
    assert_eq!(lieu.indicateur("3.1.1", &[]), 2);
    let (_, texte) = lieu.extrait();
    let odilon = texte.replace(">2x<", ">2<").replace("ONDINE", "ODILON").replace(&nir(4), &nir(44));
    assert_eq!(lieu.ingerer("corrige.xml", &odilon), 0);
    assert_eq!(lieu.indicateur("3.1.1", &[]), 4);
}

/// Rules, section 1: a dossier given twice in one file has the strongest class of both blocks, and the
/// rest from the last. The block that is mended was the first: versable, so she enters, and under the
/// name that the second block gives her.
#[test]
fn a_mended_block_joins_the_other_block_of_its_dossier() {
    let lieu = departement();
    let deux = quotidien("2021-05-10", &[("5", "2x"), ("5", "4"), ("1", "2")]);
    let (premier, second) = deux.split_once("</InfosFoyerRSA>").unwrap();
    let deux = format!("{premier}</InfosFoyerRSA>{}", second.replacen("BRUMEVAL", "AUTREVAL", 1));
    assert_eq!(lieu.ingerer("2021-05-11_jour.xml", &deux), 3);
    assert_eq!(lieu.indicateur("3.1.1", &[]), 3);
    let texte =
        lieu.extraits().iter().map(|chemin| fs::read_to_string(chemin).unwrap()).find(|t| t.contains("2021-05-10"));
    assert_eq!(lieu.ingerer("corrige.xml", &texte.unwrap().replace(">2x<", ">2<")), 0);
    let detail = lieu.ici.path().join("detail.csv").display().to_string();
    assert_eq!(lieu.indicateur("3.1.1", &["--detail", &detail]), 4);
    let detail = fs::read_to_string(detail).unwrap();
    assert!(detail.contains("00000000005;;CAF991;AUTREVAL;ONDINE;"), "{detail}");
}

/// What was submitted stays true: mended today, the foyer was not known in 2021.
#[test]
fn a_mended_foyer_is_known_from_the_day_it_is_mended() {
    let lieu = departement();
    let (_, texte) = lieu.extrait();
    let corrige = lieu.deposer("corrige.xml", &texte.replace(">2x<", ">2<"));
    assert_eq!(lieu.ingerer("inutile.txt", "rien"), 0);
    assert_eq!(lieu.jalon(&["ingerer", &corrige]).code, 0);
    assert_eq!(lieu.indicateur("3.1.1", &["--connu-le", "2021-12-31"]), 3);
    assert_eq!(lieu.indicateur("3.1.1", &[]), 4);
}

#[test]
fn the_reception_day_of_a_mended_foyer_can_be_given() {
    let lieu = departement();
    let (_, texte) = lieu.extrait();
    let corrige = lieu.deposer("corrige.xml", &texte.replace(">2x<", ">2<"));
    let sortie = lieu.jalon(&["rejets", "reprendre", "--recu-le", "2021-05-20", &corrige]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    let detail = lieu.ici.path().join("detail.csv").display().to_string();
    lieu.indicateur("3.1.1", &["--detail", &detail]);
    assert!(fs::read_to_string(detail).unwrap().contains(";primo;2021-05-20;"));
}

/// A warehouse made again from all the files: an extract waits for the file that it comes from,
/// whatever their names.
#[test]
fn an_extract_is_read_after_the_file_that_it_comes_from() {
    let lieu = departement();
    let (_, texte) = lieu.extrait();
    lieu.deposer("2021-00_a_deux_reprises.xml", &texte.replace(">2x<", ">5<"));
    lieu.deposer("2021-01_corrige.xml", &texte.replace(">2x<", ">2<"));
    let neuf = lieu.ici.path().join("neuf");
    let tout = fichiers(lieu.ici.path()).into_iter().filter(|chemin| chemin.parent() == Some(lieu.ici.path()));
    let arguments = ["ingerer".into()].into_iter().chain(tout.map(|chemin| chemin.display().to_string()));
    let sortie = jalon(&neuf, arguments.collect::<Vec<String>>());
    assert!(sortie.code == 3 && !sortie.out.contains("REFUSÉ"), "{}", sortie.tout());
    let lieu = Lieu { entrepot: neuf, ..lieu };
    assert_eq!(lieu.indicateur("3.1.1", &[]), 4);
    assert!(lieu.liste(&[]).is_empty());
}

/// Of two extracts that mend one reject, the last counts: the first one was mended wrong.
#[test]
fn a_reject_mended_wrong_is_mended_again() {
    let lieu = departement();
    let (_, texte) = lieu.extrait();
    for (etat, entrees) in [("5", 3), ("2", 4), ("4", 3)] {
        let corrige = lieu.deposer("corrige.xml", &texte.replace(">2x<", &format!(">{etat}<")));
        assert_eq!(lieu.jalon(&["rejets", "reprendre", &corrige]).code, 0);
        assert_eq!(lieu.indicateur("3.1.1", &[]), entrees, "state {etat}");
    }
}

#[test]
fn an_extract_that_cannot_be_told_is_refused_and_changes_nothing() {
    let lieu = departement();
    let (_, texte) = lieu.extrait();
    let bon = texte.replace(">2x<", ">2<");
    let marque = bon.lines().nth(1).unwrap();
    for (nom, extrait, mot) in [
        ("mark lost", bon.replace(&format!("{marque}\n"), ""), "marque"),
        ("another reject", bon.replace(":7?>", ":8?>"), "désigne un rejet"),
        ("another file", bon.replace(marque, &format!("<?jalon-extrait {}:7?>", "0".repeat(64))), "ne contient pas"),
        ("another day", bon.replace("<DTREF>2021-02-28<", "<DTREF>2021-03-31<"), "l'en-tête"),
        ("a daily", bon.replace("<TYPEFLUX>M<", "<TYPEFLUX>I<"), "l'en-tête"),
        ("another caisse", bon.replace("<NUMORG>991<", "<NUMORG>992<"), "caisse"),
        ("as it stands", texte.clone(), "encore illisible"),
    ] {
        let chemin = lieu.deposer("extrait.xml", &extrait);
        let sortie = lieu.jalon(&["ingerer", &chemin]);
        assert!(
            sortie.code == 3 && sortie.out.contains("REFUSÉ") && sortie.out.contains(mot),
            "{nom}: {}",
            sortie.tout()
        );
        assert_eq!(segments(&lieu.entrepot).len(), 3, "{nom}");
    }
    assert_eq!(lieu.liste(&[]).len(), 1);
    assert_eq!(lieu.indicateur("3.1.1", &[]), 3);
    let sans_marque = lieu.deposer("stock.xml", &flux("2021-02-28", "2021-03-05", &[("1", "2")]));
    let sortie = lieu.jalon(&["rejets", "reprendre", &sans_marque]);
    assert!(sortie.code == 2 && sortie.err.contains("n'est pas un extrait"), "{}", sortie.tout());
}

/// An editor of Windows writes Windows-1252 whatever the first line says, or the end of lines its own
/// way, or a mark before it all.
#[test]
fn an_extract_survives_its_editor() {
    let bon = |texte: &str| texte.replace(">2x<", ">2<").replace("BRUMEVAL", "NOËL");
    let windows = |texte: &str| texte.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect::<Vec<u8>>();
    for octets in [
        &windows as &dyn Fn(&str) -> Vec<u8>,
        &|texte| texte.replace('\n', "\r\n").into_bytes(),
        &|texte| format!("\u{feff}{texte}").into_bytes(),
        &|texte| texte.replace('>', ">\n  ").into_bytes(),
    ] {
        let lieu = departement();
        let (_, texte) = lieu.extrait();
        let chemin = lieu.ici.path().join("corrige.xml");
        fs::write(&chemin, octets(&bon(&texte))).unwrap();
        let sortie = lieu.jalon(&["ingerer", chemin.to_str().unwrap()]);
        assert_eq!((sortie.code, lieu.indicateur("3.1.1", &[])), (0, 4.into()), "{}", sortie.tout());
        let detail = lieu.ici.path().join("detail.csv").display().to_string();
        lieu.indicateur("3.1.1", &["--detail", &detail]);
        assert!(fs::read_to_string(detail).unwrap().contains(";NOËL;"));
    }
}

#[test]
fn the_list_says_what_to_do_and_shows_nobody() {
    let lieu = departement();
    let [rejet] = lieu.liste(&[]).try_into().unwrap();
    for (cle, attendu) in [
        ("fichier", "2021-03-06_stock.xml"),
        ("origine", "CAF991"),
        ("ligne", "7"),
        ("champ", "ETATDOSRSA"),
        ("valeur", "« 2x »"),
        ("motif", "code inconnu"),
        ("depuis", "2021-03-06"),
        ("etat", "ouvert"),
        ("flux_plus_recent", "0"),
    ] {
        assert_eq!(rejet[cle], attendu, "{cle}");
    }
    for format in ["table", "csv", "json"] {
        let sortie = lieu.jalon(&["rejects", "list", "--format", format, "-vv"]);
        assert!(sortie.code == 0 && sortie.out.contains(rejet["identifiant"].as_str().unwrap()), "{}", sortie.tout());
        for secret in ["BRUMEVAL", "ONDINE", "1987-04-19", &nir(4)] {
            assert!(!sortie.tout().contains(secret), "{format}: {secret}");
        }
    }
    let id = lieu.identifiant();
    let montre = lieu.jalon(&["rejets", "montrer", &id.to_uppercase().replace('X', "x")]);
    assert_eq!(montre.code, 0, "{}", montre.err);
    assert!(montre.out.contains("Données personnelles") && montre.out.contains(&nir(4)), "{}", montre.out);
    // A file does not command the terminal that shows it.
    let (extrait, texte) = lieu.extrait();
    fs::write(&extrait, texte.replace("ONDINE", "\u{1b}[31mONDINE")).unwrap();
    assert!(!lieu.jalon(&["rejets", "montrer", &id]).out.contains('\u{1b}'));
    for inconnu in ["0000000000-7", "7", &id[..8], "../../etc"] {
        assert_eq!(lieu.jalon(&["rejets", "montrer", inconnu]).code, 2, "{inconnu}");
        assert_eq!(lieu.jalon(&["rejets", "clore", inconnu]).code, 2, "{inconnu}");
    }
}

#[test]
fn a_reject_is_open_until_it_is_mended_or_closed() {
    let lieu = departement();
    let id = lieu.identifiant();
    // Tried again as it stands, it is still refused.
    let sortie = lieu.jalon(&["rejets", "reprendre", &id]);
    assert!(sortie.code == 3 && sortie.out.contains("encore illisible"), "{}", sortie.tout());
    assert_eq!(lieu.liste(&[]).len(), 1);
    // Closed, it says when and why; closed again, nothing happens.
    let sortie = lieu.jalon(&["rejets", "clore", &id, "--motif", "dossier annulé par la caisse"]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(lieu.liste(&[]).is_empty());
    let etat = lieu.liste(&["--tous"])[0]["etat"].as_str().unwrap().to_owned();
    assert!(etat.starts_with("clos le 20") && etat.ends_with(" : dossier annulé par la caisse"), "{etat}");
    let sortie = lieu.jalon(&["rejets", "clore", &id]);
    assert!(sortie.code == 0 && sortie.out.contains("déjà clos"), "{}", sortie.tout());
    let cloture = lieu.extraits().into_iter().find(|chemin| chemin.extension().unwrap() == "json").unwrap();
    assert_eq!(modes(&cloture), 0o600);
    // Mended where it stands all the same, it is mended.
    let extrait = lieu.extraits().into_iter().find(|chemin| chemin.extension().unwrap() == "xml").unwrap();
    let texte = fs::read_to_string(&extrait).unwrap();
    fs::write(&extrait, texte.replace(">2x<", ">2<")).unwrap();
    assert_eq!(lieu.jalon(&["rejets", "reprendre", &id]).code, 0);
    assert!(lieu.liste(&["--tous"])[0]["etat"].as_str().unwrap().starts_with("repris le 20"));
}

/// A later flux says what the dossier became, not what the file set aside said of it.
#[test]
fn a_later_flux_that_gives_the_dossier_is_shown_and_closes_nothing() {
    let lieu = departement();
    assert_eq!(lieu.ingerer("2021-02-21_jour.xml", &quotidien("2021-02-20", &[("4", "2")])), 0);
    assert_eq!(lieu.liste(&[])[0]["etat"], "ouvert", "an earlier flux says nothing");
    assert_eq!(lieu.ingerer("2021-03-11_jour.xml", &quotidien("2021-03-10", &[("4", "2")])), 0);
    let [rejet] = lieu.liste(&[]).try_into().unwrap();
    assert_eq!(rejet["etat"], "ouvert, un flux plus récent donne ce dossier");
    assert_eq!(rejet["flux_plus_recent"], "1");
}

const ORIENTATIONS: &str = "id_evenement;nir;date_notification;organisme;saisi_le\n\
     O1;NIR1;2021-02-30;CD;\n\
     O2;NIR2;2021-02-20;ICI;\n\
     O3;NIR3;2021-02-21\n\
     O4;NIR3;2021-05-01;PE;\n\
     O2;NIR2;2021-06-01;CD;\n";

/// Events, section 1: versions in the order of the files, then of the lines. The mended second line
/// is older than the last one, in whatever order they came in.
#[test]
fn mended_lines_take_the_place_they_had_in_their_file() {
    let lieu = departement();
    let texte = (1..=3).fold(ORIENTATIONS.to_owned(), |t, n| t.replace(&format!("NIR{n};"), &format!("{};", nir(n))));
    assert_eq!(lieu.ingerer("2021-07-01_orientations.csv", &texte), 3);
    // Oriented within a month: nobody yet (O2 is of June).
    assert_eq!(lieu.indicateur("3.1.2", &[]), 0);
    let liste = lieu.liste(&[]);
    let lignes: Vec<_> =
        liste.iter().filter(|r| r["origine"] == "orientations").map(|r| r["ligne"].as_str().unwrap()).collect();
    assert_eq!(lignes, ["2", "3", "4"]);
    let extrait = lieu.extraits().into_iter().find(|chemin| chemin.extension().unwrap() == "csv").unwrap();
    assert_eq!(modes(&extrait), 0o600);
    let ecrit = fs::read_to_string(&extrait).unwrap();
    assert!(
        ecrit.starts_with("\u{feff}id_evenement;nir;date_notification;organisme;saisi_le;JALON_EXTRAIT\n"),
        "{ecrit}"
    );
    assert_eq!(ecrit.lines().count(), 4);
    // One line alone is shown.
    let id = liste.iter().find(|r| r["ligne"] == "4").unwrap()["identifiant"].as_str().unwrap().to_owned();
    let montre = lieu.jalon(&["rejets", "montrer", &id]);
    assert!(montre.out.contains("O3;") && !montre.out.contains("O1;"), "{}", montre.out);
    // As it stands, it is still refused.
    let sortie = lieu.jalon(&["rejets", "reprendre", &id]);
    assert!(sortie.code == 3 && sortie.out.contains("encore illisible"), "{}", sortie.tout());
    // The first and the third line are mended, the second is not: it stays open.
    let corrige = ecrit.replace("2021-02-30", "2021-02-28").replace(";2021-02-21;", ";2021-02-21;CD;;");
    let sortie = lieu.jalon(&["rejets", "reprendre", &lieu.deposer("lignes.csv", &corrige)]);
    assert_eq!(sortie.code, 3, "{}", sortie.tout());
    assert!(sortie.out.contains("2 rejets repris") && sortie.out.contains("1 ligne mise de côté"), "{}", sortie.out);
    assert_eq!(lieu.indicateur("3.1.2", &[]), 2);
    // An event is known from its own date, as in any other file.
    assert_eq!(lieu.indicateur("3.1.2", &["--connu-le", "2021-12-31"]), 2);
    let lignes: Vec<_> = lieu.liste(&[]).iter().map(|r| r["ligne"].clone()).collect();
    assert_eq!(lignes, ["7", "3"]);
    // Mended in turn, its event is the version before the last line: the figure does not move.
    let corrige = corrige.replace("ICI", "cd");
    let sortie = lieu.jalon(&["rejets", "reprendre", &lieu.deposer("lignes2.csv", &corrige)]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert_eq!(lieu.indicateur("3.1.2", &[]), 2);
    assert_eq!(lieu.liste(&[]).len(), 1);
}

/// An orientation mended wrong is mended again: the last extract counts.
#[test]
fn a_line_mended_wrong_is_mended_again() {
    let lieu = departement();
    let texte = ORIENTATIONS.lines().take(2).collect::<Vec<_>>().join("\n").replace("NIR1", &nir(1));
    assert_eq!(lieu.ingerer("2021-07-01_orientations.csv", &texte), 3);
    let extrait = lieu.extraits().into_iter().find(|chemin| chemin.extension().unwrap() == "csv").unwrap();
    let ecrit = fs::read_to_string(&extrait).unwrap();
    for (jour, orientes) in [("2021-04-28", 0), ("2021-02-28", 1), ("2021-05-28", 0)] {
        let corrige = lieu.deposer("lignes.csv", &ecrit.replace("2021-02-30", jour));
        assert_eq!(lieu.jalon(&["rejets", "reprendre", &corrige]).code, 0);
        assert_eq!(lieu.indicateur("3.1.2", &[]), orientes, "{jour}");
    }
}

#[test]
fn a_line_of_the_csv_form_of_the_flux_is_an_extract_too() {
    let lieu = departement();
    let texte = "TYPEFLUX;DTREF;DTCREAFLUX;FONORG;NUMORG;NUMDEMRSA;NOM;PRENOM;DTNAI;ETATDOSRSA;TOPPERSDRODEVORSA\n\
         I;2021-04-10;2021-04-10;CAF;991;7;BRUMEVAL;\"O;LGA\";1990-01-01;Z;1\n\
         I;2021-04-10;2021-04-10;CAF;991;8;BRUMEVAL;OTTO;1990-01-01;2;1\n\
         I;2021-04-10;2021-04-10;CAF;991;9;BRUMEVAL;ODA;1990-01-01;2\n\
         I;2021-04-10;2021-04-10;CAF;991;10;BRUMEVAL;OVIDE;1990-01-01;2;0\n";
    assert_eq!(lieu.ingerer("2021-04-11_jour.csv", texte), 3);
    assert_eq!(lieu.indicateur("3.1.1", &[]), 4);
    for (motif, corrige) in [(";Z;1;", ";2;1;"), (";1990-01-01;2;", ";1990-01-01;2;1;")] {
        let csv = |chemin: &PathBuf| chemin.extension().is_some_and(|e| e == "csv");
        let texte = lieu.extraits().into_iter().filter(csv).map(|chemin| fs::read_to_string(chemin).unwrap());
        let texte = texte.collect::<Vec<_>>().into_iter().find(|texte| texte.contains(motif)).unwrap();
        let corrige = lieu.deposer("corrige.csv", &texte.replacen(motif, corrige, 1));
        let sortie = lieu.jalon(&["rejets", "reprendre", &corrige]);
        assert_eq!(sortie.code, 0, "{texte}{}", sortie.tout());
    }
    assert_eq!(lieu.indicateur("3.1.1", &[]), 6);
    assert_eq!(lieu.liste(&[]).len(), 1);
}

/// The segment is the commit: what stands without one is of a file that never entered.
#[test]
fn what_a_killed_run_left_is_nobody_s_and_is_swept() {
    let lieu = departement();
    let orphelin = lieu.entrepot.join("rejets").join("f".repeat(64));
    fs::create_dir(&orphelin).unwrap();
    fs::write(orphelin.join("ffffffffff-7.xml"), "BRUMEVAL").unwrap();
    fs::write(orphelin.with_extension("csv"), "fichier;ligne\n").unwrap();
    // What somebody put there by hand is theirs.
    let note = lieu.entrepot.join("rejets/a_corriger.xml");
    fs::write(&note, "à corriger").unwrap();
    assert_eq!(lieu.liste(&["--tous"]).len(), 1);
    assert_eq!(lieu.ingerer("2021-04-11_jour.xml", &quotidien("2021-04-10", &[("1", "2")])), 0);
    assert!(!orphelin.exists() && !orphelin.with_extension("csv").exists() && note.exists());
    assert_eq!(lieu.extraits().len(), 1);
}

#[test]
fn a_file_refused_whole_leaves_no_extract() {
    let lieu = Lieu::new();
    let tous: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
    let foyers: Vec<_> = tous.iter().map(|n| (n.as_str(), if n.len() > 1 { "x" } else { "2" })).collect();
    assert_eq!(lieu.ingerer("stock.xml", &flux("2021-02-28", "2021-03-05", &foyers)), 3);
    assert!(lieu.extraits().is_empty() && segments(&lieu.entrepot).is_empty());
    assert_eq!(fs::read_dir(lieu.entrepot.join("tmp")).unwrap().count(), 0);
}

/// Two foyers on one line are two rejects.
#[test]
fn rejects_of_one_line_are_told_apart() {
    let lieu = Lieu::new();
    let foyers = [("1", "2"), ("2", "x"), ("3", "y"), ("4", "2")];
    let texte = flux("2021-02-28", "2021-03-05", &foyers).replace('\n', "");
    assert_eq!(lieu.ingerer("stock.xml", &texte), 3);
    let rejets: Vec<_> = lieu.liste(&[]).iter().map(|r| r["identifiant"].as_str().unwrap()[11..].to_owned()).collect();
    assert_eq!(rejets, ["1", "1.2"]);
    let second = lieu.extraits().into_iter().find(|chemin| chemin.to_str().unwrap().ends_with("-1.2.xml")).unwrap();
    let texte = fs::read_to_string(second).unwrap();
    assert!(texte.contains(">3<") && texte.contains(">y<"), "{texte}");
    let sortie = lieu.jalon(&["rejets", "reprendre", &lieu.deposer("c.xml", &texte.replace(">y<", ">2<"))]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(lieu.liste(&[])[0]["identifiant"].as_str().unwrap().ends_with("-1"));
}

/// The warehouse, once it is free: a program that another test starts holds every open file for the
/// time it takes to become another program.
fn seul_a_ecrire(entrepot: &Path) -> Depot {
    for _ in 0..500 {
        match Depot::ouvrir_en_ecriture(entrepot, None) {
            Err(ErreurDepot::Verrouille(_)) => std::thread::sleep(std::time::Duration::from_millis(10)),
            ouvert => return ouvert.unwrap(),
        }
    }
    panic!("the warehouse stays locked");
}

/// The retention of extracts: those closed for long go, with the words of their closing.
#[test]
fn the_extracts_of_rejects_closed_for_long_are_forgotten() {
    let lieu = departement();
    let id = lieu.identifiant();
    let (extrait, _) = lieu.extrait();
    let oublier = |jour: &str, a_blanc: bool| {
        let depot = seul_a_ecrire(&lieu.entrepot);
        oublier_les_clos(&depot, jour.parse().unwrap(), a_blanc).unwrap()
    };
    assert_eq!(oublier("2999-01-01", false), Oubli::default(), "an open reject is kept");
    assert_eq!(lieu.jalon(&["rejets", "clore", &id, "--motif", "MME BRUMEVAL est partie"]).code, 0);
    assert_eq!(oublier("2020-01-01", false), Oubli::default(), "closed too recently");
    assert_eq!(oublier("2999-01-01", true), Oubli { rejets: 1, extraits: 1 });
    assert!(extrait.exists());
    assert_eq!(oublier("2999-01-01", false), Oubli { rejets: 1, extraits: 1 });
    assert!(!extrait.exists());
    let rejet = &lieu.liste(&["--tous"])[0];
    assert!(
        rejet["etat"].as_str().unwrap().starts_with("clos le") && !rejet["etat"].as_str().unwrap().contains("BRUMEVAL")
    );
    assert_eq!((&rejet["extrait"], &rejet["champ"]), (&"".into(), &"ETATDOSRSA".into()));
    assert_eq!(oublier("2999-01-01", false), Oubli::default());
}

/// The flux of the caisses: an anomaly file is recognised, counted, not ingested. Exit code 0: nothing
/// is set aside.
#[test]
fn the_file_of_anomalies_is_counted_and_known() {
    let lieu = departement();
    let anomalie = "<Anomalie><LIBANO>NIR ABSENT</LIBANO></Anomalie></InfosFoyerRSA>";
    let texte = quotidien("2021-03-10", &[("1", "2"), ("2", "2")]).replace("</InfosFoyerRSA>", anomalie);
    let chemin = lieu.deposer("2021-03-11_anomalies.xml", &texte);
    let sortie = lieu.jalon(&["ingerer", &chemin]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(
        sortie.out.contains("anomalies CAF991 du 2021-03-10, 2 foyers en anomalie (NIR ABSENT : 2)"),
        "{}",
        sortie.out
    );
    assert!(sortie.out.contains("1 fichier d'anomalies compté"), "{}", sortie.out);
    assert_eq!((segments(&lieu.entrepot).len(), lieu.indicateur("3.1.1", &[])), (3, 3.into()));
    let sortie = lieu.jalon(&["ingerer", &chemin]);
    assert!(sortie.code == 0 && sortie.out.contains("déjà ingéré"), "{}", sortie.tout());
    let depot = Depot::ouvrir_en_lecture(&lieu.entrepot, None).unwrap();
    let [lu] = anomalies(&depot).unwrap().try_into().unwrap();
    assert_eq!(
        (lu.nom.as_str(), lu.recu_le.to_string().as_str(), lu.foyers),
        ("2021-03-11_anomalies.xml", "2021-03-11", 2)
    );
    let ecrit = fichiers(&lieu.entrepot.join("anomalies")).remove(0);
    let json = fs::read_to_string(&ecrit).unwrap();
    assert!(modes(&ecrit) == 0o600 && !json.contains("BRUMEVAL") && !json.contains(&nir(1)));
}

/// A foyer of a stock that has no number keeps nobody from being held absent: it is said.
#[test]
fn a_stock_with_a_foyer_of_no_dossier_says_so() {
    let lieu = Lieu::new();
    let texte = flux("2021-02-28", "2021-03-05", &[("1", "2"), ("2", "2"), ("3", "2")]);
    let chemin = lieu.deposer("stock.xml", &texte.replace("<NUMDEMRSA>3</NUMDEMRSA>", "<NUMDEMRSA/>"));
    let sortie = lieu.jalon(&["ingerer", &chemin]);
    assert!(sortie.code == 3 && sortie.out.contains("sans NUMDEMRSA dans ce stock"), "{}", sortie.tout());
}
