//! The warehouse: who may read it, what enters it once and for all, and what a kill leaves there.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use flate2::Compression;
use flate2::write::GzEncoder;
use jalon::journal::depot::Depot;
use jalon::journal::segment::FORMAT;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use programme::{Sortie, commande, fichiers, flux, jalon, lancer, nir, orientations, segments};
use tempfile::TempDir;

/// A folder for the files received, and a warehouse that does not exist yet.
struct Lieu(TempDir);

impl Lieu {
    fn new() -> Self {
        let lieu = Self(tempfile::tempdir().unwrap());
        fs::create_dir(lieu.0.path().join("recu")).unwrap();
        lieu
    }

    fn entrepot(&self) -> PathBuf {
        self.0.path().join("entrepot")
    }

    fn recevoir(&self, nom: &str, contenu: impl AsRef<[u8]>) -> PathBuf {
        let chemin = self.0.path().join("recu").join(nom);
        fs::write(&chemin, contenu).unwrap();
        chemin
    }

    fn ingerer(&self, chemin: &Path) -> Sortie {
        jalon(&self.entrepot(), [Path::new("ingerer"), chemin])
    }

    fn indicateurs(&self) -> Sortie {
        jalon(&self.entrepot(), ["indicateurs", "--campagne", "mars-2022", "--format", "json"])
    }
}

fn stock() -> String {
    flux("2020-12-31", "2021-01-05", &[("1", "2"), ("2", "2")])
}

fn gzip(contenu: &[u8]) -> Vec<u8> {
    let mut encodeur = GzEncoder::new(Vec::new(), Compression::default());
    encodeur.write_all(contenu).unwrap();
    encodeur.finish().unwrap()
}

/// A warehouse that holds a stock, an event file and rejects.
fn rempli() -> Lieu {
    let lieu = Lieu::new();
    let faux = flux("2021-01-31", "2021-02-05", &[("1", "2"), ("2", "9")]);
    for (nom, contenu, code) in [
        ("stock.xml", stock(), 0),
        ("2021-02-05_stock.xml", faux, 3),
        ("2021-04-01_orientations.csv", orientations(&[(1, "2021-03-20"), (2, "2021-03-21")]) + "O3;;;\n", 3),
    ] {
        let sortie = lieu.ingerer(&lieu.recevoir(nom, contenu));
        assert_eq!(sortie.code, code, "{nom} : {}", sortie.tout());
    }
    lieu
}

#[test]
fn folders_are_0700_and_files_0600() {
    let lieu = rempli();
    let mode = |chemin: &Path| fs::metadata(chemin).unwrap().permissions().mode() & 0o777;
    let tous = fichiers(&lieu.entrepot());
    for attendu in ["cle", "verrou"] {
        assert!(tous.contains(&lieu.entrepot().join(attendu)), "{attendu} in {tous:?}");
    }
    assert!(tous.iter().any(|chemin| chemin.parent().unwrap().ends_with("rejets")));
    assert_eq!(segments(&lieu.entrepot()).len(), 3);
    for fichier in &tous {
        assert_eq!(mode(fichier), 0o600, "{}", fichier.display());
        for dossier in fichier.ancestors().skip(1).take_while(|dossier| dossier.starts_with(lieu.entrepot())) {
            assert_eq!(mode(dossier), 0o700, "{}", dossier.display());
        }
    }
    // What is written for people is theirs alone too.
    let detail = lieu.0.path().join("detail.csv");
    let arguments = ["indicateurs", "--campagne", "mars-2022", "--detail"].map(PathBuf::from);
    assert_eq!(jalon(&lieu.entrepot(), arguments.iter().chain([&detail])).code, 0);
    assert_eq!(mode(&detail), 0o600);
}

#[test]
fn the_same_content_again_does_nothing_and_keeps_its_first_reception_day() {
    let lieu = Lieu::new();
    let texte = stock();
    let premier = lieu.ingerer(&lieu.recevoir("2021-01-06_stock.xml", &texte));
    assert!(premier.out.contains("reçu le 2021-01-06"), "{}", premier.out);
    let avant: Vec<_> = segments(&lieu.entrepot()).iter().map(|chemin| fs::read(chemin).unwrap()).collect();
    for (nom, octets) in [
        ("2021-01-06_stock.xml", texte.clone().into_bytes()),
        ("2021-03-09_autre_nom.rcv", texte.clone().into_bytes()),
        ("2021-03-10_stock.xml.gz", gzip(texte.as_bytes())),
    ] {
        let sortie = lieu.ingerer(&lieu.recevoir(nom, octets));
        assert_eq!(sortie.code, 0, "{}", sortie.tout());
        assert!(sortie.out.contains("déjà ingéré, rien à faire"), "{}", sortie.out);
    }
    let apres: Vec<_> = segments(&lieu.entrepot()).iter().map(|chemin| fs::read(chemin).unwrap()).collect();
    assert!(avant == apres, "no byte moved");
    let depot = Depot::ouvrir_en_lecture(&lieu.entrepot(), None).unwrap();
    assert_eq!(depot.segments().unwrap().flux[0].meta.commun.recu_le.to_string(), "2021-01-06");
}

#[test]
fn two_copies_of_one_file_in_one_run_enter_once() {
    let lieu = Lieu::new();
    lieu.recevoir("a.xml", stock());
    lieu.recevoir("b.xml.gz", gzip(stock().as_bytes()));
    let sortie = lieu.ingerer(&lieu.0.path().join("recu"));
    assert_eq!((sortie.code, segments(&lieu.entrepot()).len()), (0, 1));
    assert!(sortie.out.contains("même contenu que"), "{}", sortie.out);
}

#[test]
fn a_second_run_while_the_lock_is_held_ends_with_5() {
    let lieu = rempli();
    let depot = Depot::ouvrir_en_ecriture(&lieu.entrepot(), None).unwrap();
    let sortie = lieu.ingerer(&lieu.recevoir("b.xml", flux("2021-02-28", "2021-03-05", &[("1", "2")])));
    assert_eq!(sortie.code, 5);
    assert!(sortie.err.contains("déjà utilisé par une autre ingestion"), "{}", sortie.err);
    assert_eq!(lieu.indicateurs().code, 0, "reading needs no lock");
    drop(depot);
    assert_eq!(lieu.ingerer(&lieu.recevoir("b.xml", flux("2021-02-28", "2021-03-05", &[("1", "2")]))).code, 0);
}

#[test]
fn a_missing_key_ends_with_5_and_says_what_to_restore() {
    let lieu = rempli();
    let cle = lieu.entrepot().join("cle");
    let gardee = lieu.0.path().join("gardee");
    fs::rename(&cle, &gardee).unwrap();
    let suivant = lieu.recevoir("b.xml", flux("2021-02-28", "2021-03-05", &[("1", "2")]));
    for sortie in [lieu.ingerer(&suivant), lieu.indicateurs()] {
        assert_eq!(sortie.code, 5);
        assert!(sortie.err.contains("introuvable") && sortie.err.contains("Restaurez"), "{}", sortie.err);
        assert!(sortie.err.contains(&cle.display().to_string()), "{}", sortie.err);
    }
    assert!(!cle.exists(), "no key is made for a warehouse that holds data");
    // The same key elsewhere will do.
    let ailleurs = jalon(&lieu.entrepot(), [Path::new("ingerer"), &suivant, Path::new("--cle"), &gardee]);
    assert_eq!(ailleurs.code, 0, "{}", ailleurs.tout());
}

#[test]
fn another_key_ends_with_5_before_anything_is_written() {
    let lieu = rempli();
    let autre = lieu.recevoir("autre_cle", "0123456789abcdef".repeat(4));
    let suivant = lieu.recevoir("b.xml", flux("2021-02-28", "2021-03-05", &[("1", "2")]));
    let avec_cle =
        |cle: &Path, arguments: &[&Path]| lancer(commande(&lieu.entrepot()).args(arguments).arg("--cle").arg(cle));
    let campagne = [Path::new("indicateurs"), Path::new("--campagne"), Path::new("mars-2022")];
    for arguments in [&[Path::new("ingerer"), &suivant][..], &campagne] {
        let sortie = avec_cle(&autre, arguments);
        assert_eq!(sortie.code, 5, "{}", sortie.tout());
        assert!(sortie.err.contains("n'est pas celle des données"), "{}", sortie.err);
        assert!(sortie.err.contains(&autre.display().to_string()), "the key that was read: {}", sortie.err);
    }
    assert_eq!(segments(&lieu.entrepot()).len(), 3);
    for (contenu, mot) in [("pas une clé", "n'est pas une clé"), ("", "n'est pas une clé")] {
        let faux = lieu.recevoir("fausse_cle", contenu);
        let sortie = avec_cle(&faux, &campagne);
        assert_eq!(sortie.code, 5);
        assert!(sortie.err.contains(mot), "{}", sortie.err);
    }
}

#[test]
fn a_damaged_segment_ends_with_5_and_names_it() {
    let lieu = rempli();
    assert_eq!(lieu.indicateurs().code, 0);
    for chemin in segments(&lieu.entrepot()) {
        let juste = fs::read(&chemin).unwrap();
        let milieu = juste.len() / 2;
        let mut sans_fin = juste.clone();
        *sans_fin.last_mut().unwrap() ^= 0xFF;
        for abime in [&juste[..0], &juste[..milieu], &sans_fin[..], b"PAR1", &vec![0; juste.len()][..]] {
            fs::write(&chemin, abime).unwrap();
            let sortie = lieu.indicateurs();
            assert_eq!(sortie.code, 5, "{}", sortie.tout());
            assert!(sortie.err.contains(&chemin.display().to_string()), "{}", sortie.err);
            assert!(sortie.err.contains("Restaurez"), "{}", sortie.err);
            assert_eq!(sortie.out, "");
        }
        fs::write(&chemin, juste).unwrap();
    }
    assert_eq!(lieu.indicateurs().code, 0);
}

/// A disk that loses a bit: whatever the byte, the run says so or goes on; it never falls over.
#[test]
fn a_bit_lost_in_a_segment_never_makes_a_run_fall_over() {
    let lieu = rempli();
    for chemin in segments(&lieu.entrepot()) {
        let octets = fs::read(&chemin).unwrap();
        for place in (4..octets.len()).step_by(octets.len() / 60 + 1) {
            let mut abime = octets.clone();
            abime[place] ^= 0x10;
            fs::write(&chemin, abime).unwrap();
            let sortie = lieu.indicateurs();
            let ici = format!("byte {place} of {}: exit {}\n{}", octets.len(), sortie.code, sortie.err);
            assert!(matches!(sortie.code, 0 | 5), "{ici}");
            assert!(sortie.code == 0 || sortie.err.contains("illisible") || sortie.err.contains("clé"), "{ici}");
        }
        fs::write(&chemin, octets).unwrap();
    }
}

#[test]
fn a_segment_of_a_newer_program_ends_with_5() {
    let lieu = rempli();
    let chemin = &segments(&lieu.entrepot())[0];
    let octets = fs::read(chemin).unwrap();
    let (avant, apres) = (format!("\"format\":{FORMAT},"), "\"format\":9,".as_bytes());
    let place = octets.windows(avant.len()).position(|fenetre| fenetre == avant.as_bytes()).unwrap();
    let mut nouveau = octets.clone();
    nouveau[place..place + apres.len()].copy_from_slice(apres);
    fs::write(chemin, nouveau).unwrap();
    let sortie = lieu.indicateurs();
    assert_eq!(sortie.code, 5);
}

#[test]
fn what_a_killed_run_left_is_swept() {
    let lieu = rempli();
    let tmp = lieu.entrepot().join("tmp");
    fs::create_dir(tmp.join("sous")).unwrap();
    fs::write(tmp.join("abc.parquet"), "PAR1").unwrap();
    fs::write(tmp.join("sous/abc.rejets"), "x").unwrap();
    assert_eq!(lieu.indicateurs().code, 0, "a draft is no segment");
    let sortie = lieu.ingerer(&lieu.recevoir("b.xml", flux("2021-02-28", "2021-03-05", &[("1", "2")])));
    assert_eq!((sortie.code, fs::read_dir(&tmp).unwrap().count()), (0, 0));
}

/// A monthly of many dossiers in its CSV form, whole or with a line that is set aside.
fn gros_flux(foyers: u32) -> String {
    let mut texte = String::from(
        "TYPEFLUX;DTREF;DTCREAFLUX;FONORG;NUMORG;NUMDEMRSA;NIR;NOM;PRENOM;DTNAI;ETATDOSRSA;TOPPERSDRODEVORSA\n",
    );
    for rang in 0..foyers {
        let etat = if rang == 0 { "9" } else { "2" };
        texte.push_str(&format!("M;2020-12-31;2021-01-05;CAF;991;{rang};;BRUMEVAL{rang};ONDINE;1987-04-19;{etat};1\n"));
    }
    texte
}

/// kill -9 at whatever moment: the segment is whole or not there, and the next run mends all.
#[test]
fn a_kill_leaves_a_whole_segment_or_none() {
    const FOYERS: u32 = 40_000;
    let gros = gros_flux(FOYERS);
    let (mut coupes, mut entiers) = (0, 0);
    for moment in 0..12u64 {
        let lieu = Lieu::new();
        let chemin = lieu.recevoir("gros.csv", &gros);
        let mut processus = commande(&lieu.entrepot())
            .arg("ingerer")
            .arg(&chemin)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From the first byte of the draft to the end of the run.
        let brouillon = || fs::read_dir(lieu.entrepot().join("tmp")).is_ok_and(|mut tmp| tmp.next().is_some());
        let debut = Instant::now();
        while !brouillon() && debut.elapsed() < Duration::from_secs(20) && processus.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_millis(moment * moment * 4));
        processus.kill().unwrap();
        processus.wait().unwrap();
        match segments(&lieu.entrepot()).as_slice() {
            [] => coupes += 1,
            [segment] => {
                entiers += 1;
                let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(segment).unwrap()).unwrap();
                let lignes: usize = builder.build().unwrap().map(|lot| lot.unwrap().num_rows()).sum();
                assert_eq!(lignes, FOYERS as usize - 1);
            }
            plusieurs => panic!("{plusieurs:?}"),
        }
        let sortie = lieu.ingerer(&chemin);
        assert!(matches!(sortie.code, 0 | 3), "{}", sortie.tout());
        assert_eq!(segments(&lieu.entrepot()).len(), 1);
        assert_eq!(fs::read_dir(lieu.entrepot().join("tmp")).unwrap().count(), 0);
    }
    assert!(coupes > 0, "no run was killed in time: {entiers} whole segments");
}

/// The texts of every column of a segment.
fn textes(segment: &Path) -> Vec<String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(segment).unwrap()).unwrap();
    let mut out = Vec::new();
    for lot in builder.build().unwrap() {
        for colonne in lot.unwrap().columns() {
            match colonne.data_type() {
                DataType::Utf8 => out.extend(colonne.as_string::<i32>().iter().flatten().map(str::to_owned)),
                DataType::FixedSizeBinary(_) => {
                    let colonne = colonne.as_fixed_size_binary();
                    out.extend(
                        (0..colonne.len()).map(|rang| String::from_utf8_lossy(colonne.value(rang)).into_owned()),
                    );
                }
                _ => {}
            }
        }
    }
    out
}

/// Even where a column slipped, a NIR is neither kept nor shown.
#[test]
fn no_nir_is_kept_or_shown() {
    let lieu = Lieu::new();
    let nirs: Vec<String> = (1..=3).map(nir).collect();
    let (a, b) = (&nirs[0], &nirs[1]);
    let glisse = format!(
        "id_evenement;date_notification;organisme;nir\nO1;2021-03-20;{a};{a}\nO2;{b};CD;{b}\nO3;2021-03-20;CD;{a}00\nO4;2021-03-20;CD;{b}\n"
    );
    let sans_entete = format!("O1;{a};2021-03-20;CD\nO2;{b};2021-03-20;CD\n");
    let entete_glissee = format!("id_evenement;nir;date_notification;organisme;{a}\nO9;{a};2021-03-20;CD;x\n");
    let csv = format!(
        "TYPEFLUX;DTREF;DTCREAFLUX;FONORG;NUMORG;NUMDEMRSA;NIR;NOM;PRENOM;DTNAI;ETATDOSRSA;TOPPERSDRODEVORSA\n\
         M;2020-12-31;2021-01-05;CAF;992;1;{a};A;A;1987-04-19;{a};1\nM;2020-12-31;2021-01-05;CAF;992;2;{b};B;B;1987-04-19;2;{b}\n\
         M;2020-12-31;2021-01-05;CAF;992;3;{a};A;A;{a};2;1\nM;2020-12-31;2021-01-05;CAF;992;4;{a};A;A;1987-04-19;2;1\n"
    );
    for (nom, contenu) in [
        ("stock.xml", stock()),
        ("2021-04-01_a.csv", orientations(&[(1, "2021-03-20"), (3, "2021-03-21")])),
        ("2021-04-01_b.csv", glisse),
        ("2021-04-01_c.csv", sans_entete),
        ("2021-04-01_d.csv", entete_glissee),
        ("flux.csv", csv),
        ("coupe.xml", stock()[..stock().len() - 30].to_owned()),
    ] {
        lieu.recevoir(nom, contenu);
    }
    let mut imprime = String::new();
    for traces in ["texte", "json"] {
        let recu = lieu.0.path().join("recu");
        let arguments = ["ingerer", "-vv", "--traces", traces, recu.to_str().unwrap()];
        imprime += &jalon(&lieu.entrepot(), arguments).tout();
        let detail = lieu.0.path().join("detail.csv");
        let arguments = ["indicateurs", "-vv", "--traces", traces, "--campagne", "mars-2022", "--detail"];
        imprime += &jalon(&lieu.entrepot(), arguments.iter().map(Path::new).chain([detail.as_path()])).tout();
        imprime += &fs::read_to_string(&detail).unwrap();
    }
    let (mut trouves, segments) = (fichiers(&lieu.entrepot()), segments(&lieu.entrepot()));
    assert_eq!(segments.len(), 5);
    // An extract to be mended holds what the file wrote, and has a folder of its own.
    trouves.retain(|chemin| chemin.parent().unwrap().parent() != Some(&lieu.entrepot().join("rejets")));
    for nir in &nirs {
        assert!(!imprime.contains(nir.as_str()), "{imprime}");
        for fichier in &trouves {
            let octets = fs::read(fichier).unwrap();
            assert!(!octets.windows(13).any(|fenetre| fenetre == nir.as_bytes()), "{}", fichier.display());
        }
        for segment in &segments {
            assert!(!textes(segment).iter().any(|texte| texte.contains(nir.as_str())), "{}", segment.display());
        }
    }
}

/// Whether what the warehouse says is known to be what was written: every segment opens, and gives back
/// its bytes.
fn intact(entrepot: &Path) -> Result<usize, String> {
    let depot = Depot::ouvrir_en_lecture(entrepot, None).map_err(|error| error.to_string())?;
    let segments = depot.segments().map_err(|error| error.to_string())?;
    segments.verifier_les_sommes().map_err(|error| error.to_string())
}

/// The place of a text among bytes.
fn place(octets: &[u8], texte: &[u8]) -> Option<usize> {
    octets.windows(texte.len()).position(|ici| ici == texte)
}

#[test]
fn one_bit_that_the_disk_changes_is_seen_in_the_rows_and_in_what_is_said_of_the_file() {
    let lieu = rempli();
    assert_eq!(intact(&lieu.entrepot()), Ok(0), "every segment has its sum");
    for chemin in segments(&lieu.entrepot()) {
        let entier = fs::read(&chemin).unwrap();
        let dit = place(&entier, b"{\"format\":").unwrap();
        let fin = dit + place(&entier[dit..], b"jalon_somme").unwrap();
        let sommes = place(&entier, b"{\"octets\":").unwrap() + 10;
        let lignes: usize =
            entier[sommes..].iter().take_while(|o| o.is_ascii_digit()).fold(0, |n, o| n * 10 + usize::from(o - b'0'));
        assert!(lignes > 500 && dit > lignes && fin > dit + 200);
        let lus = (0..lignes).step_by(7).chain((dit..fin - 8).step_by(3));
        for (rang, octet) in lus.enumerate() {
            let mut abime = entier.clone();
            abime[octet] ^= 1 << (rang % 8);
            fs::write(&chemin, abime).unwrap();
            assert!(intact(&lieu.entrepot()).is_err(), "{} : octet {octet}", chemin.display());
        }
        fs::write(&chemin, &entier).unwrap();
    }
    assert_eq!(intact(&lieu.entrepot()), Ok(0));
}

#[test]
fn a_segment_whose_bytes_changed_is_not_healthy_and_seals_nothing() {
    let lieu = rempli();
    let dossier = lieu.0.path().join("mars");
    let preparer = ["campagne", "preparer", "mars-2022", "--sortie", dossier.to_str().unwrap()];
    assert_eq!(jalon(&lieu.entrepot(), preparer).code, 0);
    let stock = segments(&lieu.entrepot()).into_iter().find(|chemin| chemin.to_str().unwrap().contains("mensuel"));
    let (stock, mut abime) = (stock.clone().unwrap(), fs::read(stock.unwrap()).unwrap());
    // A name, which no figure needs.
    let nom = place(&abime, b"BRUMEVAL").unwrap();
    abime[nom] ^= 1;
    fs::write(&stock, abime).unwrap();
    assert_eq!(lieu.indicateurs().code, 0, "no column that was read is touched");
    for arguments in [vec!["diagnostiquer"], vec!["campagne", "sceller", dossier.to_str().unwrap()]] {
        let sortie = jalon(&lieu.entrepot(), &arguments);
        assert_eq!(sortie.code, 5, "{arguments:?} : {}", sortie.tout());
        assert!(sortie.tout().contains("le disque ne rend pas les octets"), "{arguments:?} : {}", sortie.tout());
    }
}
