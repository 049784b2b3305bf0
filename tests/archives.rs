//! Zip archives: each member is a file of its own.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;
#[path = "commun/zip.rs"]
mod zip;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jalon::ingestion::{Issue, JourDeReception, Limites, Options, Recu, fichiers, ingerer, par_fichier};
use jalon::journal::depot::Depot;
use jalon::journal::segment::MetaFlux;
use programme::{Sortie, flux, jalon, orientations, segments};
use tempfile::TempDir;
use zip::{Membre, gzip};

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

    fn recevoir(&self, nom: &str, contenu: impl AsRef<[u8]>) -> PathBuf {
        let chemin = self.recu().join(nom);
        fs::write(&chemin, contenu).unwrap();
        chemin
    }

    fn ingerer(&self, chemin: &Path) -> Sortie {
        jalon(&self.entrepot(), [Path::new("ingerer"), chemin])
    }

    /// An archive alone in a warehouse of its own.
    fn archive(membres: &[Membre]) -> (Self, Sortie) {
        let lieu = Self::new();
        let sortie = lieu.ingerer(&lieu.recevoir("envoi.zip", zip::zip(membres)));
        (lieu, sortie)
    }

    fn flux(&self) -> Vec<MetaFlux> {
        let depot = Depot::ouvrir_en_lecture(&self.entrepot(), None).unwrap();
        let mut metas: Vec<_> = depot.segments().unwrap().flux.into_iter().map(|segment| segment.meta).collect();
        metas.sort_by_key(|meta| meta.dtref);
        metas
    }
}

fn stock() -> String {
    flux("2020-12-31", "2021-01-05", &[("1", "2"), ("2", "2")])
}

fn suivant() -> String {
    flux("2021-01-31", "2021-02-05", &[("1", "2"), ("2", "2"), ("3", "2")])
}

#[test]
fn each_member_of_an_archive_is_a_file_of_its_own() {
    let (lieu, sortie) = Lieu::archive(&[
        Membre::new("stock.xml", stock()),
        Membre::stocke("dossier/suivant.rcv", suivant()),
        Membre::new("dossier\\orientations.csv.gz", gzip(orientations(&[(1, "2021-03-20")]))),
        Membre::new("LISEZMOI.txt", "Bonjour.\n"),
        Membre::stocke("dossier/", ""),
    ]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(sortie.out.ends_with("3 fichiers ingérés, 1 ignoré\n"), "{}", sortie.out);
    assert!(sortie.out.contains("envoi.zip (dossier/suivant.rcv) : flux mensuel CAF991"), "{}", sortie.out);
    let noms: Vec<_> = lieu.flux().into_iter().map(|meta| meta.commun.nom).collect();
    assert_eq!(noms, ["stock.xml", "suivant.rcv"], "a member's base name is what the rules look at");
    // The same content out of its archive is the same file.
    let sortie = lieu.ingerer(&lieu.recevoir("autre_nom.xml", stock()));
    assert!(sortie.out.contains("déjà ingéré"), "{}", sortie.out);
}

/// Its own date, or else that of the archive.
#[test]
fn a_member_without_a_date_was_received_with_its_archive() {
    let lieu = Lieu::new();
    let membres = [Membre::new("stock.xml", stock()), Membre::new("x/2021-02-20_suivant.xml", suivant())];
    assert_eq!(lieu.ingerer(&lieu.recevoir("2021-02-15_envoi.zip", zip::zip(&membres))).code, 0);
    let jours: Vec<_> = lieu.flux().iter().map(|meta| meta.commun.recu_le.to_string()).collect();
    assert_eq!(jours, ["2021-02-15", "2021-02-20"]);
}

/// Each of these is refused alone, with what to do; the others enter.
#[test]
fn a_bad_member_does_not_keep_the_others_out() {
    let juste = Membre::new("z.xml", stock());
    let nouveau = || Membre::new("a.xml", suivant());
    let coupe = Membre::new("a.xml", &suivant()[..900]);
    let dans_une_archive = Membre::stocke("a.zip", zip::zip(&[nouveau()]));
    let cas: [(&str, Membre, &str); 10] = [
        ("cut flux", coupe, "tronqué"),
        ("checksum", Membre { somme: 7, ..nouveau() }, "n'est pas celui que l'archive zip annonce"),
        (
            "less than announced",
            Membre { taille: 9_999_999, ..nouveau() },
            "que l'archive zip annonce (9999999 octets)",
        ),
        ("more than announced", Membre { taille: 12, ..nouveau() }, "que l'archive zip annonce (12 octets)"),
        ("no deflate", Membre { octets: vec![0xff; 300], ..nouveau() }, "archive zip illisible ou tronquée"),
        ("password", Membre { drapeaux: 1, ..nouveau() }, "protégé par un mot de passe"),
        ("bzip2", Membre { methode: 12, ..nouveau() }, "compression que jalon ne lit pas"),
        ("zip in a zip", dans_une_archive, "archive zip dans une autre archive"),
        ("link", Membre { mode: 0o120_777, ..Membre::stocke("a.xml", "/etc/passwd") }, "lien symbolique"),
        ("gzip cut", Membre::new("a.xml.gz", &gzip(suivant())[..200]), "archive gzip illisible ou tronquée"),
    ];
    for (quoi, mauvais, mot) in cas {
        let (lieu, sortie) = Lieu::archive(&[mauvais, juste.clone()]);
        assert_eq!((sortie.code, segments(&lieu.entrepot()).len()), (3, 1), "{quoi} : {}", sortie.tout());
        assert!(sortie.out.contains("envoi.zip (a.") && sortie.out.contains("REFUSÉ"), "{quoi} : {}", sortie.out);
        assert!(sortie.out.contains(mot), "{quoi} : {}", sortie.out);
    }
}

#[test]
fn an_archive_that_cannot_be_read_is_refused_as_a_whole() {
    let entiere = zip::zip(&[Membre::new("a.xml", stock())]);
    let vide = zip::zip(&[]);
    let dossiers = zip::zip(&[Membre::stocke("a/", "")]);
    for (octets, mot) in [
        (&entiere[..entiere.len() / 2], "illisible ou tronquée"),
        (&entiere[..entiere.len() - 30], "illisible ou tronquée"),
        (&vide[..], "sans aucun fichier"),
        (&dossiers[..], "sans aucun fichier"),
    ] {
        let lieu = Lieu::new();
        let sortie = lieu.ingerer(&lieu.recevoir("envoi.zip", octets));
        assert_eq!((sortie.code, segments(&lieu.entrepot()).len()), (3, 0), "{}", sortie.tout());
        assert!(sortie.out.contains("envoi.zip : REFUSÉ") && sortie.out.contains(mot), "{}", sortie.out);
    }
}

/// A workbook or a document is made like an archive, and is none: its members are no files of anybody.
#[test]
fn a_workbook_is_not_an_archive_of_members() {
    let document = |partie| {
        let types = Membre::new("[Content_Types].xml", "<Types/>");
        zip::zip(&[types, Membre::new(partie, "<x/>"), Membre::new("stock.xml", stock())])
    };
    for (nom, partie, code, mot) in [
        ("suivi.xlsx", "xl/workbook.xml", 3, "REFUSÉ, classeur illisible"),
        ("suivi.zip", "xl/workbook.xml", 3, "REFUSÉ, classeur illisible"),
        ("note.docx", "word/document.xml", 0, "ignoré, document"),
        ("note.zip", "word/document.xml", 3, "REFUSÉ, document"),
    ] {
        let lieu = Lieu::new();
        let sortie = lieu.ingerer(&lieu.recevoir(nom, document(partie)));
        assert_eq!((sortie.code, segments(&lieu.entrepot()).len()), (code, 0), "{nom} : {}", sortie.tout());
        assert!(sortie.out.contains(mot), "{nom} : {}", sortie.out);
    }
}

#[test]
fn what_macos_adds_to_an_archive_is_left_alone() {
    let (_, sortie) =
        Lieu::archive(&[Membre::new("a.xml", stock()), Membre::new("__MACOSX/._a.xml", b"\0\x05\x16\x07\0")]);
    assert_eq!(sortie.code, 0, "{}", sortie.tout());
    assert!(sortie.out.contains("ignoré, fichier annexe"), "{}", sortie.out);
}

fn options(reception: JourDeReception) -> Options {
    Options { reception, ..Options::new("2021-06-10".parse().unwrap()) }
}

/// What the nightly batch does: what became of each file of the inbox, whatever it held.
#[test]
fn issues_are_grouped_by_the_file_of_the_disk() {
    let lieu = Lieu::new();
    lieu.recevoir("a.zip", zip::zip(&[Membre::new("1.xml", stock()), Membre::new("2.xml", &stock()[..500])]));
    lieu.recevoir("b.xml", suivant());
    lieu.recevoir("c.zip", zip::zip(&[Membre::new("../1.xml", stock()), Membre::new("3.csv", orientations(&[]))]));
    let depot = Arc::new(Depot::ouvrir_en_ecriture(&lieu.entrepot(), None).unwrap());
    let mut sources = fichiers(&[lieu.recu()], &lieu.entrepot(), &Limites::default()).unwrap();
    for source in &mut sources {
        source.arrivee = "2021-03-10".parse().ok();
    }
    let recus = ingerer(&depot, &sources, options(JourDeReception::Arrivee), &|_| {}).unwrap();
    let nature = |recu: &Recu| recu.issue.nature().to_owned();
    let groupes: Vec<(String, Vec<String>)> = par_fichier(&recus)
        .map(|(chemin, recus)| {
            (chemin.file_name().unwrap().to_string_lossy().into_owned(), recus.iter().map(nature).collect())
        })
        .collect();
    let attendus = [
        ("a.zip", vec!["flux mensuel", "refusé"]),
        ("b.xml", vec!["flux mensuel"]),
        ("c.zip", vec!["refusé", "orientations"]),
    ];
    let attendus: Vec<(String, Vec<String>)> = attendus
        .into_iter()
        .map(|(nom, natures)| (nom.to_owned(), natures.into_iter().map(str::to_owned).collect()))
        .collect();
    assert_eq!(groupes, attendus);
    assert_eq!((recus[0].octets, recus[0].issue.lignes()), (stock().len() as u64, 2));
    let jours: Vec<_> = lieu.flux().iter().map(|meta| meta.commun.recu_le.to_string()).collect();
    assert_eq!(jours, ["2021-03-10", "2021-03-10"], "the day on which the archive arrived");
}

/// A copy of a file that did not enter is not « already known ».
#[test]
fn a_copy_of_a_refused_file_is_refused_too() {
    let lieu = Lieu::new();
    let mauvais = &stock()[..500];
    lieu.recevoir("a.zip", zip::zip(&[Membre::new("1.xml", mauvais)]));
    lieu.recevoir("b.xml", mauvais);
    let sortie = lieu.ingerer(&lieu.recu());
    assert!(sortie.out.ends_with("0 fichier ingéré, 2 refusés\n"), "{}", sortie.out);
    assert!(sortie.out.contains("b.xml : REFUSÉ, même contenu que"), "{}", sortie.out);
}

#[test]
fn each_file_has_its_line_in_the_technical_log() {
    let lieu = Lieu::new();
    lieu.recevoir("a.zip", zip::zip(&[Membre::new("1.xml", stock()), Membre::new("2.txt", "bonjour")]));
    let recu = lieu.recu();
    let sortie = jalon(&lieu.entrepot(), ["ingerer", "--traces", "json", recu.to_str().unwrap()]);
    let mut lignes: Vec<serde_json::Value> =
        sortie.err.lines().map(|ligne| serde_json::from_str(ligne).unwrap()).collect();
    // Each comes when its file is done: what is ignored before what is read.
    lignes.sort_by_key(|ligne| ligne["span"]["nom"].to_string());
    let champ = |rang: usize, nom: &str| lignes[rang]["span"][nom].to_string();
    assert_eq!(lignes.len(), 2, "{}", sortie.err);
    for (rang, nom, nature, rangs, octets) in
        [(0, "1.xml", "flux mensuel", 2, stock().len()), (1, "2.txt", "ignoré", 0, 7)]
    {
        assert_eq!(lignes[rang]["span"]["name"], "fichier");
        assert_eq!(champ(rang, "nom"), format!("\"{nom}\""));
        assert_eq!(champ(rang, "nature"), format!("\"{nature}\""));
        assert_eq!((champ(rang, "lignes"), champ(rang, "mis_de_cote")), (rangs.to_string(), "0".to_owned()));
        assert!(lignes[rang]["span"]["duree_ms"].is_u64());
        assert_eq!(champ(rang, "octets"), octets.to_string());
    }
    assert!(!sortie.err.contains("BRUMEVAL"));
}

/// Its copy went on since then: what was found in it says nothing of it, good or bad.
#[test]
fn an_archive_that_changed_since_it_was_listed_is_neither_taken_nor_refused() {
    let entiere = zip::zip(&[Membre::new("1.xml", stock())]);
    let autre = zip::zip(&[Membre::new("1.xml", suivant())]);
    for (avant, apres) in [(&entiere, &autre[..]), (&entiere[..400].to_vec(), &entiere[..])] {
        let lieu = Lieu::new();
        let chemin = lieu.recevoir("a.zip", avant);
        let depot = Arc::new(Depot::ouvrir_en_ecriture(&lieu.entrepot(), None).unwrap());
        let sources = fichiers(&[lieu.recu()], &lieu.entrepot(), &Limites::default()).unwrap();
        fs::write(&chemin, apres).unwrap();
        let recus = ingerer(&depot, &sources, options(JourDeReception::Regle), &|_| {}).unwrap();
        assert!(matches!(recus[0].issue, Issue::Echec(_)), "{:?}", recus[0].issue);
        assert!(segments(&lieu.entrepot()).is_empty());
    }
}
