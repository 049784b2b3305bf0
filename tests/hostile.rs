//! Files that somebody made to do harm, or that a disk or a tool broke: each has a clear refusal, in
//! a bounded memory and time, and nothing of it is left.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;
#[path = "commun/zip.rs"]
mod zip;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use jalon::ingestion::{Issue, Limites, Options, fichiers, ingerer};
use jalon::journal::depot::Depot;
use programme::{Sortie, flux, jalon, lancer, nir, orientations, segments};
use tempfile::TempDir;
use zip::{Membre, gzip};

/// Memory that a run may ask for, beside the code, in KiB: what several readers at once need, with room
/// to spare, and far less than any of these files would make. What is asked for is more than what is
/// used: the allocator keeps addresses aside for each thread.
const MEMOIRE_MAX: u32 = 384 << 10;
/// Time that a run may take, even on a machine that does other things.
const TEMPS_MAX: Duration = Duration::from_secs(120);

/// A folder for the files received, and a warehouse.
struct Lieu(TempDir);

impl Lieu {
    fn new() -> Self {
        let lieu = Self(tempfile::tempdir().unwrap());
        fs::create_dir(lieu.recu()).unwrap();
        lieu
    }

    fn recu(&self) -> PathBuf {
        self.0.path().join("recu")
    }

    fn entrepot(&self) -> PathBuf {
        self.0.path().join("entrepot")
    }

    fn recevoir(&self, nom: impl AsRef<OsStr>, contenu: impl AsRef<[u8]>) -> PathBuf {
        let chemin = self.recu().join(nom.as_ref());
        fs::write(&chemin, contenu).unwrap();
        chemin
    }

    /// Takes a path in. A run that wants more memory than it may have is killed, and one that takes
    /// too long is a failure.
    fn ingerer(&self, chemin: impl AsRef<Path>) -> Sortie {
        let debut = Instant::now();
        let sortie = lancer(
            sous_limite("ulimit -d", MEMOIRE_MAX)
                .env_remove("JALON_ENTREPOT")
                .arg("--entrepot")
                .arg(self.entrepot())
                .arg("ingerer")
                .arg(chemin.as_ref()),
        );
        assert!(debut.elapsed() < TEMPS_MAX, "{:?}", debut.elapsed());
        sortie
    }

    /// Takes in a file that is refused whole, with this in its message, and leaves nothing.
    fn refuse(&self, nom: &str, contenu: impl AsRef<[u8]>, mot: &str) -> String {
        let chemin = self.recevoir(nom, contenu);
        let sortie = self.ingerer(&chemin);
        fs::remove_file(chemin).unwrap();
        assert_eq!(sortie.code, 3, "{nom} : {}", sortie.tout());
        assert!(sortie.out.contains("REFUSÉ, ") && sortie.out.contains(mot), "{nom} : {}", sortie.out);
        assert!(sortie.out.ends_with("refusé\n"), "{nom} : {}", sortie.out);
        assert_eq!(segments(&self.entrepot()), [""; 0].map(PathBuf::from), "{nom}");
        let tmp = fs::read_dir(self.entrepot().join("tmp")).unwrap().count();
        assert_eq!((tmp, self.entrepot().join("rejets").exists()), (0, false), "{nom}");
        sortie.out
    }
}

/// The program under a limit of the shell.
fn sous_limite(limite: &str, valeur: u32) -> Command {
    let mut commande = Command::new("sh");
    commande.args(["-c", &format!("{limite} {valeur} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_jalon")]);
    commande
}

fn stock() -> String {
    flux("2020-12-31", "2021-01-05", &[("1", "2"), ("2", "2")])
}

/// A stock in which one text is replaced by another.
fn stock_avec(avant: &str, apres: &str) -> String {
    let texte = stock();
    assert!(texte.contains(avant), "{avant}");
    texte.replacen(avant, apres, 1)
}

/// Many bytes in few: gzip members one after the other are one content.
fn gzip_repete(debut: &str, morceau: &[u8], fois: usize, fin: &str) -> Vec<u8> {
    let mut out = gzip(debut);
    let repete = gzip(morceau);
    (0..fois).for_each(|_| out.extend(&repete));
    out.extend(gzip(fin));
    out
}

const MEGA: usize = 1 << 20;

// What XML can be made to do.

#[test]
fn a_doctype_is_refused_whatever_it_declares() {
    let lieu = Lieu::new();
    let rires: String =
        (1..=9).map(|rang| format!("<!ENTITY r{rang} \"{}\">", format!("&r{};", rang - 1).repeat(10))).collect();
    for doctype in [
        "<!DOCTYPE Racine>".to_owned(),
        "<!DOCTYPE Racine SYSTEM \"file:///etc/passwd\">".to_owned(),
        "<!DOCTYPE Racine [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>".to_owned(),
        format!("<!DOCTYPE Racine [<!ENTITY r0 \"ha\">{rires}]>"),
    ] {
        let texte = stock_avec("<Racine>", &format!("{doctype}<Racine>")).replace("BRUMEVAL", "&r9;&x;");
        lieu.refuse("a.xml", texte, "ligne 2 : le fichier contient un DOCTYPE");
    }
    for entite in ["&r9;", "&#0;", "&#xFFFFFFFF;", "&#x110000;"] {
        lieu.refuse("a.xml", stock_avec("BRUMEVAL", entite), "entité inconnue");
    }
}

#[test]
fn two_hundred_levels_of_elements_are_refused() {
    let lieu = Lieu::new();
    let profond = format!("<NOM>{}{}", "<x>".repeat(200), "</x>".repeat(200));
    lieu.refuse("a.xml", stock_avec("<NOM>", &profond), "plus de 64 éléments imbriqués");
}

/// The foyer of a value that no foyer has is set aside alone; a value that nobody reads may be long.
#[test]
fn a_field_of_a_million_characters_sets_its_foyer_or_its_line_aside() {
    let long = "É".repeat(1_000_000);
    for (avant, champ) in [("<NOM>BRUMEVAL", "NOM"), ("<NUMDEMRSA>1", "NUMDEMRSA")] {
        let lieu = Lieu::new();
        let texte = stock_avec(avant, &format!("{avant}{long}"));
        let autres: Vec<_> = (3..30).map(|n| n.to_string()).collect();
        let autres: Vec<_> = autres.iter().map(|n| (n.as_str(), "2")).collect();
        let suite = flux("2020-12-31", "2021-01-05", &autres);
        let foyers = &suite[suite.find("<InfosFoyerRSA>").unwrap()..suite.find("<TransmissionFlux>").unwrap()];
        let texte = texte.replace("<TransmissionFlux>", &format!("{foyers}<TransmissionFlux>"));
        let texte = texte.replace("windows-1252", "UTF-8");
        let sortie = lieu.ingerer(lieu.recevoir("a.xml", texte));
        assert_eq!((sortie.code, segments(&lieu.entrepot()).len()), (3, 1), "{}", sortie.tout());
        assert!(sortie.out.contains(&format!("{champ} vaut « 100000")), "{}", sortie.out);
        assert!(sortie.out.contains("valeur trop longue : 1"), "{}", sortie.out);
        assert!(sortie.out.contains("28 relevés") && sortie.out.len() < 2_000, "{}", sortie.out);
    }
    let lieu = Lieu::new();
    let jamais_lu = stock_avec("<NOM>", &format!("<QUAL>{long}</QUAL><NOM>"));
    assert_eq!(lieu.ingerer(lieu.recevoir("b.xml", jamais_lu.replace("windows-1252", "UTF-8"))).code, 0);
    let court = "x".repeat(1_000_000);
    let lignes = format!(
        "id_evenement;nir;date_notification;organisme;structure\nO1;{0};2021-03-20;CD;{court}\nO2;{0};2021-03-20;CD;x\n",
        nir(1)
    );
    let sortie = lieu.ingerer(lieu.recevoir("2021-04-01_o.csv", lignes));
    assert_eq!(sortie.code, 3);
    assert!(sortie.out.contains("ligne 2 : structure vaut « 1000000 caractères »"), "{}", sortie.out);
    assert!(sortie.out.contains("orientations, 1 ligne"), "{}", sortie.out);
}

#[test]
fn a_nul_byte_refuses_the_file_and_says_where() {
    let lieu = Lieu::new();
    lieu.refuse("a.xml", stock_avec("BRUMEVAL", "BRUME\0VAL"), "ligne 4 : octet nul");
    lieu.refuse("a.xml", stock() + "\0\0\0\0", "ligne 8 : octet nul");
    lieu.refuse("o.csv", orientations(&[(1, "2021-03-20")]) + "\0", "ce n'est pas un fichier texte lisible");
    // A hole of any size, where a disk lost the file.
    let trou = lieu.recu().join("trou.xml");
    File::create(&trou).unwrap().set_len(60_000_000_000).unwrap();
    let mut texte = File::options().write(true).open(&trou).unwrap();
    texte.write_all(stock().as_bytes()).unwrap();
    assert!(fs::metadata(&trou).unwrap().blocks() < 1000);
    let sources = fichiers(&[lieu.recu()], &lieu.entrepot(), &Limites::default()).unwrap();
    let depot = Arc::new(Depot::ouvrir_en_ecriture(&lieu.entrepot(), None).unwrap());
    let limites = Limites { taille: 10_000_000, ..Limites::default() };
    let recus = ingerer(&depot, &sources, Options { limites, ..options() }, &|_| {}).unwrap();
    let Issue::Refuse(refus) = &recus[0].issue else { panic!("{:?}", recus[0].issue) };
    assert!(refus.to_string().starts_with("plus de 10 Mo"), "{refus}");
}

/// What is held at once is a foyer: neither an element, nor a text, nor a foyer is followed for ever.
#[test]
fn what_never_ends_is_refused_in_a_bounded_memory() {
    // Compressed forty times or so, as a real flux may be: what is refused is not the ratio.
    let bruit: String = (0..MEGA / 64).map(|n| format!("{n:056x} bruit &#65; ").replace("&#65; ", "")).collect();
    let (debut, fin) = stock().split_once("BRUMEVAL").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let personne = "<Personne/>".repeat(MEGA / 11);
    let champ = "<Inconnu>b</Inconnu>".repeat(MEGA / 20);
    let motif = "<FG>c</FG>".repeat(MEGA / 10);
    for (quoi, debut, morceau, fin) in [
        ("a text", debut.clone(), &bruit, fin.clone()),
        ("a comment", format!("{debut}<!--"), &bruit, format!("-->{fin}")),
        ("a section", format!("{debut}<![CDATA["), &bruit, format!("]]>{fin}")),
        ("an attribute", format!("{debut}<x a=\""), &bruit, format!("\"/>{fin}")),
        ("the name of an element", format!("{debut}<x"), &bruit.replace(' ', "_"), format!("/>{fin}")),
        ("the people of a foyer", format!("{debut}</NOM></Identification></Personne>"), &personne, fin.clone()),
        ("what nobody reads in a foyer", debut.clone(), &champ, fin.clone()),
        (
            "the values of a foyer",
            format!("{debut}</NOM></Identification></Personne><Evenement>"),
            &motif,
            format!("</Evenement>{fin}"),
        ),
    ] {
        let lieu = Lieu::new();
        let gros = gzip_repete(&debut, morceau.as_bytes(), 80, &fin);
        let message = lieu.refuse("a.xml.gz", gros, "ligne ");
        assert!(message.contains("sans mesure"), "{quoi} : {message}");
    }
}

/// What is held of each foyer until the end is bounded too.
#[test]
fn a_flux_of_nothing_but_bad_foyers_is_refused_before_its_end() {
    let lieu = Lieu::new();
    let (debut, fin) =
        stock().split_once("<InfosFoyerRSA>").map(|(a, b)| (a.to_owned(), format!("<InfosFoyerRSA>{b}"))).unwrap();
    let foyer: String = (0..2_000)
        .map(|n| format!("<InfosFoyerRSA><IdentificationRSA><DemandeRSA><NUMDEMRSA>{n}</NUMDEMRSA></DemandeRSA></IdentificationRSA></InfosFoyerRSA>\n"))
        .collect();
    lieu.refuse("a.xml.gz", gzip_repete(&debut, foyer.as_bytes(), 60, &fin), "plus de 100000 foyers illisibles");
}

#[test]
fn names_of_elements_are_bounded_together() {
    let lieu = Lieu::new();
    let nom = "n".repeat(10_000);
    lieu.refuse("a.xml", stock_avec("<NOM>", &format!("<{nom}><{nom}><NOM>")), "sans mesure");
}

#[test]
fn a_line_of_two_gigabytes_is_refused_in_a_bounded_memory() {
    let (debut, fin) = stock().split_once("BRUMEVAL").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let bruit: String = (0..16 * MEGA / 64).map(|n| format!("{n:056x} bruit ")).collect();
    let xml = gzip_repete(&debut, bruit.as_bytes(), 128, &fin);
    Lieu::new().refuse("a.xml.gz", xml, "sans mesure");
    let csv = gzip_repete(&(orientations(&[]) + "O1;"), bruit.as_bytes(), 128, "\n");
    Lieu::new().refuse("a.csv.gz", csv, "enregistrement de plus de 1 Mio");
}

#[test]
fn a_line_of_a_table_that_never_ends_is_refused() {
    let lieu = Lieu::new();
    let bruit: String = (0..MEGA / 64).map(|n| format!("{n:056x} bruit ")).collect();
    let debut = orientations(&[(1, "2021-03-20")]) + "O2;";
    let gros = gzip_repete(&debut, bruit.as_bytes(), 80, ";2021-03-20;CD\n");
    lieu.refuse("a.csv.gz", gros, "ligne 3 : enregistrement de plus de 1 Mio");
    // A header without end is no header.
    lieu.refuse("a.csv.gz", gzip_repete("id_evenement;", bruit.as_bytes(), 80, ";nir\n"), "colonne");
}

// What compression can be made to do.

#[test]
fn a_gzip_bomb_is_refused_before_it_is_read_to_its_end() {
    let lieu = Lieu::new();
    // Ten gigabytes in some tens of megabytes.
    let zeros = vec![b' '; 64 * MEGA];
    for (nom, debut) in [("a.xml.gz", stock()), ("a.csv.gz", orientations(&[]))] {
        let bombe = gzip_repete(&debut, &zeros, 160, "");
        assert!(bombe.len() < 60 * MEGA);
        lieu.refuse(nom, bombe, "plus de 200 fois autant");
    }
}

/// Zeros in a member, with the size that they have.
fn bombe(nom: &str) -> Membre {
    let mut encodeur = DeflateEncoder::new(Vec::new(), Compression::default());
    (0..256).for_each(|_| encodeur.write_all(&[b' '; MEGA]).unwrap());
    let mut somme = flate2::Crc::new();
    (0..256).for_each(|_| somme.update(&[b' '; MEGA]));
    let taille = u32::try_from(256 * MEGA).unwrap();
    Membre { octets: encodeur.finish().unwrap(), taille, somme: somme.sum(), ..Membre::new(nom, "") }
}

#[test]
fn a_zip_bomb_is_refused_whether_it_tells_its_size_or_not() {
    let lieu = Lieu::new();
    let bombe = bombe("a.xml");
    lieu.refuse("a.zip", zip::zip(std::slice::from_ref(&bombe)), "plus de 200 fois autant");
    lieu.refuse("b.zip", zip::zip(&[Membre { taille: 1_000, ..bombe.clone() }]), "que l'archive zip annonce (1000");
    // Beside noise, the archive as a whole grows little: the member itself is stopped.
    let bruit: String =
        (0..MEGA / 16).map(|n: usize| format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let sortie =
        lieu.ingerer(lieu.recevoir("c.zip", zip::zip(&[bombe.clone(), Membre::stocke("bruit.bin", bruit.repeat(2))])));
    assert_eq!(sortie.code, 3);
    assert!(sortie.out.contains("c.zip (a.xml) : REFUSÉ") && sortie.out.contains("200 fois"), "{}", sortie.out);
    assert!(sortie.out.contains("c.zip (bruit.bin) : ignoré"), "{}", sortie.out);
    // A bomb in a bomb is as large as both.
    let mut encodeur = GzEncoder::new(Vec::new(), Compression::default());
    (0..128).for_each(|_| encodeur.write_all(&[b' '; MEGA]).unwrap());
    let dedans = Membre::new("a.xml.gz", encodeur.finish().unwrap());
    lieu.refuse("d.zip", zip::zip(&[dedans]), "plus de 200 fois autant");
}

/// The same bytes many times over: one of the ways to make an archive of petabytes.
#[test]
fn members_that_overlap_refuse_the_archive() {
    let lieu = Lieu::new();
    let membre = Membre::new("a.xml", stock());
    lieu.refuse("a.zip", zip::zip_recouvert(&membre, 500), "des fichiers s'y recouvrent");
}

#[test]
fn an_archive_of_too_many_members_is_refused_and_one_of_thousands_is_read() {
    let lieu = Lieu::new();
    let vide = |n: usize| Membre::stocke(&format!("{n:05}.txt"), "bonjour");
    let trop: Vec<_> = (0..10_001).map(vide).collect();
    lieu.refuse("a.zip", zip::zip(&trop), "plus de 10000 fichiers");
    let mut juste: Vec<_> = (0..3_000).map(vide).collect();
    juste.push(Membre::new("stock.xml", stock()));
    let sortie = lieu.ingerer(lieu.recevoir("b.zip", zip::zip(&juste)));
    assert_eq!(sortie.code, 0, "{}", &sortie.out[sortie.out.len() - 200..]);
    assert!(sortie.out.ends_with("1 fichier ingéré, 3000 ignorés\n"));
}

#[test]
fn a_path_that_climbs_out_of_an_archive_is_refused_and_nothing_is_written_there() {
    let lieu = Lieu::new();
    let noms = [
        "../a.xml",
        "x/../../a.xml",
        "/tmp/jalon-a.xml",
        "..\\a.xml",
        "x\\..\\..\\a.xml",
        "\\a.xml",
        "C:\\a.xml",
        "a\u{1b}[2J.xml",
        "a\n.xml",
    ];
    let mut membres: Vec<_> =
        noms.iter().enumerate().map(|(rang, nom)| Membre::new(nom, stock() + &"\n".repeat(rang))).collect();
    membres.push(Membre::new("juste.xml", flux("2021-01-31", "2021-02-05", &[("1", "2")])));
    let archive = lieu.recevoir("a.zip", zip::zip(&membres));
    let sortie = lieu.ingerer(&archive);
    assert_eq!((sortie.code, segments(&lieu.entrepot()).len()), (3, 1), "{}", sortie.tout());
    assert_eq!(sortie.out.matches("nom de fichier qui sort de l'archive").count(), noms.len(), "{}", sortie.out);
    assert!(!sortie.out.contains('\u{1b}') && sortie.out.contains("a\\u{1b}[2J.xml"), "{}", sortie.out);
    assert_eq!(fs::read_dir(lieu.recu()).unwrap().count(), 1);
    assert_eq!(fs::read_dir(lieu.0.path()).unwrap().count(), 2);
    assert!(!Path::new("/tmp/jalon-a.xml").exists());
}

// Values.

#[test]
fn numbers_out_of_range_set_aside_or_refuse_and_never_overflow() {
    let lieu = Lieu::new();
    for annonce in ["99999999999999999999", "-1", "1e3", "18446744073709551616"] {
        let texte = stock_avec("<NBTOTDOSRSATRANSM>2", &format!("<NBTOTDOSRSATRANSM>{annonce}"));
        lieu.refuse("a.xml", texte, "NBTOTDOSRSATRANSM vaut « ");
    }
    lieu.refuse(
        "a.xml",
        stock_avec("RSATRANSM>2<", "RSATRANSM>18446744073709551615<"),
        "18446744073709551615 foyers annoncés",
    );
    let id = nir(1);
    let cer = format!(
        "id_evenement;nir;date_signature;type_contrat;rang\nC1;{id};2021-03-20;cer;99999999999999999999\n\
         C2;{id};2021-03-20;cer;-1\nC3;{id};2021-03-20;cer;9223372036854775807\n"
    );
    let sortie = lieu.ingerer(lieu.recevoir("2021-04-01_cer.csv", cer));
    assert!(sortie.out.contains("2 lignes mises de côté (nombre illisible : 2)"), "{}", sortie.out);
    let trop = "9".repeat(400);
    let bilan = format!(
        "periode_du;periode_au;indicateur;valeur\n2021-01-01;2021-12-31;3.2.3;{trop}\n2021-01-01;2021-12-31;3.2.4;1e9\n\
         2021-01-01;2021-12-31;3.2.5;NaN\n2021-01-01;2021-12-31;3.2.6;{}\n",
        "9".repeat(300)
    );
    let sortie = lieu.ingerer(lieu.recevoir("2021-04-01_pe.csv", bilan));
    assert!(sortie.out.contains("3 lignes mises de côté (nombre illisible : 3)"), "{}", sortie.out);
    lieu.ingerer(lieu.recevoir("stock.xml", stock()));
    calculer(&lieu);
}

/// The table in each form and the list, on the campaigns and on periods at both ends of the calendar.
fn calculer(lieu: &Lieu) {
    let detail = lieu.0.path().join("detail.csv");
    let detail = detail.to_str().unwrap();
    for bornes in [
        ["2021-01-01", "2021-12-31", "2021-12-31"],
        ["0000-01-01", "9999-12-31", "9999-12-31"],
        ["9999-12-01", "9999-12-31", "9999-12-31"],
        ["0000-01-01", "0000-01-31", "0000-02-01"],
    ] {
        for lecture in
            ["orientation.delai=mois", "orientation_anticipee=rattacher", "flux=evenements", "horizon=complet"]
        {
            let [du, au, arrete] = bornes;
            let arguments = ["indicateurs", "--du", du, "--au", au, "--arrete", arrete, "--lecture", lecture];
            let suite = ["--format", "json", "--detail", detail];
            let sortie = jalon(&lieu.entrepot(), arguments.into_iter().chain(suite));
            assert_eq!(sortie.code, 0, "{bornes:?} {lecture} : {}", sortie.err);
        }
    }
}

#[test]
fn dates_at_both_ends_of_the_calendar_are_read_or_set_aside_and_never_overflow() {
    let lieu = Lieu::new();
    let mut rang = 0;
    let mut deposer = |texte: String| {
        rang += 1;
        lieu.recevoir(format!("{rang:02}.xml"), texte);
    };
    for (dtref, creation) in [("0000-01-01", "0000-01-01"), ("2020-12-31", "2021-01-05"), ("9999-12-31", "9999-12-31")]
    {
        deposer(flux(dtref, creation, &[("1", "2"), ("2", "3")]));
        deposer(flux(dtref, creation, &[("3", "2"), ("4", "4")]).replace("<TYPEFLUX>M", "<TYPEFLUX>I"));
    }
    for jour in ["0000-01-01", "9999-12-31"] {
        let situations = stock_avec("<NUMDEMRSA>1", &format!("<DTDEMRSA>{jour}</DTDEMRSA><NUMDEMRSA>1"))
            .replace("1987-04-19", jour)
            .replace(
                "</EtatDossierRSA>",
                &format!("</EtatDossierRSA><SuspensionDroit><DDSUSDRORSA>{jour}</DDSUSDRORSA></SuspensionDroit>"),
            );
        deposer(situations.replace("2021-01-05", "2021-01-06"));
        deposer(situations.replace("2020-12-31", "2021-01-31").replace(">2</ETATDOSRSA>", ">3</ETATDOSRSA>"));
    }
    let id = nir(3);
    for (nom, texte) in [
        (
            "o",
            format!(
                "id_evenement;nir;date_notification;organisme;saisi_le\nO1;{id};0000-01-01;CD;\nO2;{id};9999-12-31;CD;9999-12-31\n\
                 O3;{id};2021-02-01;CD;0000-01-01\nO4;{id};10000-01-01;CD;\nO5;{id};-001-01-01;CD;\n"
            ),
        ),
        (
            "r",
            format!("id_evenement;nir;type_rdv;date_rdv;date_fixation\nR1;{id};accompagnement;9999-12-31;2021-02-01\n"),
        ),
        ("c", format!("id_evenement;nir;date_signature;type_contrat;date_fin\nC1;{id};2021-02-01;cer;9999-12-31\n")),
        (
            "a",
            format!(
                "id_evenement;nir;type_accompagnement;date_debut;date_fin\nA1;{id};AG;9999-12-31;9999-12-31\nA2;{id};GAD;2021-02-01;9999-12-31\n"
            ),
        ),
        ("f", format!("id_evenement;nir;date_fin;motif\nF1;{id};9999-12-31;abandon\nF2;{id};0000-01-01;abandon\n")),
        ("p", "periode_du;periode_au;indicateur;valeur\n0000-01-01;9999-12-31;3.2.3;1\n".to_owned()),
    ] {
        // Received at the end of time: a fact of that day is no fact of the future.
        lieu.recevoir(format!("9999-12-31_{nom}.csv"), texte);
    }
    let sortie = lieu.ingerer(lieu.recu());
    assert_eq!(sortie.code, 3, "{}", sortie.tout());
    assert!(sortie.out.contains("16 fichiers ingérés, 4 foyers ou lignes mis de côté"), "{}", sortie.out);
    calculer(&lieu);
}

/// The list of rejects is opened in a spreadsheet too.
#[test]
fn no_cell_of_the_rejects_is_run_by_a_spreadsheet() {
    let lieu = Lieu::new();
    for nom in ["=1+1.csv", "+1.csv", "-1.csv", "@x.csv", "\t1.csv", "\r1.csv"] {
        let lignes = format!("id_evenement;nir;date_notification;organisme\n{nom};{};2021-02-30;=CD\n", nir(1));
        lieu.recevoir(nom, lignes);
    }
    assert_eq!(lieu.ingerer(lieu.recu()).code, 3);
    let mut listes: Vec<_> =
        fs::read_dir(lieu.entrepot().join("rejets")).unwrap().map(|liste| liste.unwrap().path()).collect();
    // Extracts are the lines as they were: what mends them must not change them.
    listes.retain(|chemin| chemin.is_file());
    assert_eq!(listes.len(), 6);
    for liste in listes {
        let mut lecteur = csv::ReaderBuilder::new().delimiter(b';').from_path(&liste).unwrap();
        for ligne in lecteur.records() {
            for cellule in &ligne.unwrap() {
                assert!(!cellule.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cellule:?}");
            }
        }
    }
}

#[test]
fn what_a_terminal_would_obey_is_shown_and_not_obeyed() {
    let lieu = Lieu::new();
    lieu.recevoir("a\u{1b}]0;titre\u{7}.xml", stock_avec("<ETATDOSRSA>2", "<ETATDOSRSA>\u{1b}[2J2"));
    lieu.recevoir("b\u{202e}lmx.txt", "bonjour");
    lieu.recevoir(OsStr::from_bytes(b"c\xe9\nd.xml"), "<Racine>");
    let sortie = lieu.ingerer(lieu.recu());
    assert_eq!(sortie.code, 3);
    assert!(!sortie.out.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{:?}", sortie.out);
    for montre in ["a\\u{1b}]0;titre\\u{7}.xml", "« \\u{1b}[2J2 »", "b\\u{202e}lmx.txt", "c\\xe9\\u{a}d.xml"] {
        assert!(sortie.out.contains(montre), "{montre} : {}", sortie.out);
    }
}

// What is no file.

#[test]
fn a_link_in_a_folder_is_not_followed_and_a_link_that_is_given_is() {
    let lieu = Lieu::new();
    let dehors = lieu.0.path().join("dehors.xml");
    fs::write(&dehors, stock()).unwrap();
    let ailleurs = lieu.0.path().join("ailleurs");
    fs::create_dir(&ailleurs).unwrap();
    fs::write(ailleurs.join("b.xml"), stock()).unwrap();
    let (lien, vers_un_dossier) = (lieu.recu().join("lien.xml"), lieu.recu().join("dossier"));
    symlink(&dehors, &lien).unwrap();
    symlink(&ailleurs, &vers_un_dossier).unwrap();
    symlink("nulle part", lieu.recu().join("casse.xml")).unwrap();
    symlink(".", lieu.recu().join("boucle")).unwrap();
    let sortie = lieu.ingerer(lieu.recu());
    assert_eq!((sortie.code, segments(&lieu.entrepot()).len()), (3, 0), "{}", sortie.tout());
    assert_eq!(sortie.out.matches("lien symbolique dans un dossier : il n'est pas suivi").count(), 4, "{}", sortie.out);
    assert_eq!(lieu.ingerer(&lien).code, 0);
    let sortie = lieu.ingerer(&vers_un_dossier);
    assert!(sortie.out.contains("déjà ingéré"), "{}", sortie.out);
}

#[test]
fn a_pipe_a_socket_or_a_device_is_never_opened() {
    let lieu = Lieu::new();
    let tube = lieu.recu().join("tube.xml");
    assert!(Command::new("mkfifo").arg(&tube).status().unwrap().success());
    let _prise = UnixListener::bind(lieu.recu().join("prise.xml")).unwrap();
    lieu.recevoir("juste.xml", stock());
    let sortie = lieu.ingerer(lieu.recu());
    assert_eq!((sortie.code, segments(&lieu.entrepot()).len()), (3, 1), "{}", sortie.tout());
    assert_eq!(sortie.out.matches("REFUSÉ, ni un fichier ni un dossier").count(), 2, "{}", sortie.out);
    for chemin in [tube.as_path(), Path::new("/dev/zero"), Path::new("/dev/null")] {
        let sortie = lieu.ingerer(chemin);
        assert_eq!(sortie.code, 3, "{}", sortie.tout());
        assert!(sortie.out.contains("REFUSÉ, ni un fichier ni un dossier"), "{}", sortie.out);
    }
}

// What is not the fault of the file.

/// The administrator reads everything: the run is then somebody else's.
#[test]
fn a_file_that_may_not_be_read_is_not_refused() {
    let lieu = Lieu::new();
    let ferme = lieu.recevoir("ferme.xml", stock());
    lieu.recevoir("ouvert.csv", orientations(&[(1, "2021-03-20")]));
    fs::set_permissions(&ferme, fs::Permissions::from_mode(0o000)).unwrap();
    let mut commande = sous_limite("ulimit -d", MEMOIRE_MAX);
    if fs::metadata(lieu.0.path()).unwrap().uid() == 0 {
        fs::create_dir(lieu.entrepot()).unwrap();
        for (dossier, droits) in [(lieu.0.path(), 0o755), (&lieu.recu(), 0o755), (&lieu.entrepot(), 0o777)] {
            fs::set_permissions(dossier, fs::Permissions::from_mode(droits)).unwrap();
        }
        let programme = lieu.0.path().join("jalon");
        fs::copy(env!("CARGO_BIN_EXE_jalon"), &programme).unwrap();
        commande = Command::new(programme);
        commande.uid(65_534).gid(65_534);
    }
    let sortie = lancer(commande.arg("--entrepot").arg(lieu.entrepot()).arg("ingerer").arg(lieu.recu()));
    assert_eq!(sortie.code, 3, "{}", sortie.tout());
    assert!(sortie.out.contains("ferme.xml : PAS LU, lecture impossible : accès refusé"), "{}", sortie.out);
    assert!(sortie.out.ends_with("1 fichier ingéré, 1 pas lu\n"), "{}", sortie.out);
}

fn options() -> Options {
    Options { ensemble: 1, ..Options::new("2021-06-10".parse().unwrap()) }
}

/// Between the first look at a file and its reading, its copy goes on, or somebody replaces it: the
/// first file of the run, settled in between, is when it happens.
#[test]
fn a_file_that_changes_while_it_is_read_is_neither_taken_nor_refused() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 5] = [
        ("it shrinks", |chemin| File::options().write(true).open(chemin).unwrap().set_len(600).unwrap()),
        ("it is emptied", |chemin| drop(File::create(chemin).unwrap())),
        ("it grows", |chemin| {
            File::options().append(true).open(chemin).unwrap().write_all(b"<!-- -->").unwrap();
        }),
        ("another takes its place", |chemin| {
            let autre = chemin.with_extension("autre");
            fs::write(&autre, flux("2021-01-31", "2021-02-05", &[("1", "2"), ("2", "2")])).unwrap();
            fs::rename(autre, chemin).unwrap();
        }),
        ("it goes away", |chemin| fs::remove_file(chemin).unwrap()),
    ];
    for (quoi, change) in changes {
        let lieu = Lieu::new();
        lieu.recevoir("a.txt", "bonjour");
        let chemin = lieu.recevoir("b.xml", stock());
        let depot = Arc::new(Depot::ouvrir_en_ecriture(&lieu.entrepot(), None).unwrap());
        let sources = fichiers(&[lieu.recu()], &lieu.entrepot(), &Limites::default()).unwrap();
        let recus = ingerer(&depot, &sources, options(), &|source| {
            if source.nom() == "a.txt" {
                change(&chemin);
            }
        })
        .unwrap();
        let Issue::Echec(refus) = &recus[1].issue else { panic!("{quoi} : {:?}", recus[1].issue) };
        assert!(refus.to_string().contains("a changé pendant sa lecture"), "{quoi} : {refus}");
        assert!(segments(&lieu.entrepot()).is_empty(), "{quoi}");
        assert_eq!(fs::read_dir(lieu.entrepot().join("tmp")).unwrap().count(), 0, "{quoi}");
    }
}

/// A disk that is full, or a folder that is none any more: the file is not at fault, and enters when
/// it is given again.
#[test]
fn a_warehouse_that_cannot_be_written_is_not_a_bad_file() {
    let lieu = Lieu::new();
    let gros: Vec<_> = (1..3_000).map(|n| n.to_string()).collect();
    let gros: Vec<_> = gros.iter().map(|n| (n.as_str(), "2")).collect();
    lieu.recevoir("gros.xml", flux("2020-12-31", "2021-01-05", &gros));
    lieu.recevoir("mauvais.xml", "<Racine>");
    assert_eq!(lieu.ingerer(lieu.recevoir("petit.csv", orientations(&[(1, "2021-03-20")]))).code, 0);
    // A write beyond the limit fails as one on a full disk does.
    let plein = || {
        let mut commande = sous_limite("trap '' XFSZ; ulimit -f", 16);
        lancer(commande.arg("--entrepot").arg(lieu.entrepot()).arg("ingerer").arg(lieu.recu()))
    };
    let sortie = plein();
    assert_eq!(sortie.code, 5, "{}", sortie.tout());
    assert!(
        sortie.out.contains("gros.xml : PAS RANGÉ, écriture impossible dans l'entrepôt : taille de fichier"),
        "{}",
        sortie.out
    );
    assert!(sortie.out.contains("ce fichier n'est pas en cause"), "{}", sortie.out);
    assert!(sortie.out.contains("mauvais.xml : REFUSÉ"), "{}", sortie.out);
    assert!(sortie.out.ends_with("0 fichier ingéré, 1 déjà connu, 1 refusé, 1 pas rangé\n"), "{}", sortie.out);
    assert_eq!(segments(&lieu.entrepot()).len(), 1);
    // The same of the folder in which it would be put.
    fs::write(lieu.entrepot().join("flux"), "").unwrap();
    let sortie = lieu.ingerer(lieu.recu());
    assert_eq!(sortie.code, 5, "{}", sortie.tout());
    assert!(sortie.out.contains("gros.xml : PAS RANGÉ"), "{}", sortie.out);
    fs::remove_file(lieu.entrepot().join("flux")).unwrap();
    let sortie = lieu.ingerer(lieu.recu());
    assert!(sortie.out.ends_with("1 fichier ingéré, 1 déjà connu, 1 refusé\n"), "{}", sortie.out);
    assert_eq!(sortie.code, 3);
}
