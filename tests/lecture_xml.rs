//! Damaged flux files, taken into a real warehouse: whatever happened to a file on its way, nothing
//! panics and nothing is half there. Either a segment holds as many rows as the receipt says, or
//! there is no segment; and no draft is left behind.

#![allow(clippy::unwrap_used)]

#[path = "commun/degats.rs"]
mod degats;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use degats::{Degat, degats};
use flate2::Compression;
use flate2::write::GzEncoder;
use jalon::ingestion::{Issue, Options, ingerer};
use jalon::journal::depot::Depot;
use jalon::journal::lecture::lots_entiers;
use jalon::releves::foyers::Tolerance;
use proptest::prelude::*;
use tempfile::TempDir;

const FLUX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Racine>
<IdentificationFlux><TYPEFLUX>M</TYPEFLUX><NATFLUX>D</NATFLUX><DTCREAFLUX>2021-02-05</DTCREAFLUX><HEUCREAFLUX>21:27:43.0000</HEUCREAFLUX><DTREF>2021-01-31</DTREF></IdentificationFlux>
<InfosFoyerRSA><IdentificationRSA><Organisme><FONORG>CAF</FONORG><NUMORG>991</NUMORG><MATRICULE>000000000000010</MATRICULE></Organisme><DemandeRSA><DTDEMRSA>2021-01-04</DTDEMRSA><NUMDEMRSA>00000000001</NUMDEMRSA></DemandeRSA></IdentificationRSA>
<Personne><Identification><NOM>NOËL &amp; FILS</NOM><PRENOM>Ève</PRENOM><DTNAI>1970-01-02</DTNAI><NIR>1700199999002</NIR></Identification><Prestations><NATPREST>RSA</NATPREST><ROLEPERS>DEM</ROLEPERS></Prestations><MontantCalculDroitRSAPersonne><TOPPERSDRODEVORSA>1</TOPPERSDRODEVORSA></MontantCalculDroitRSAPersonne></Personne>
<Personne><Identification><NOM>NOËL</NOM><PRENOM>Zoé</PRENOM><DTNAI>2010-05-06</DTNAI></Identification><Prestations><NATPREST>RSA</NATPREST><ROLEPERS>ENF</ROLEPERS></Prestations></Personne>
<PrestationRSA><SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>2</ETATDOSRSA></EtatDossierRSA></SituationDossierRSA></PrestationRSA></InfosFoyerRSA>
<InfosFoyerRSA><IdentificationRSA><Organisme><FONORG>CAF</FONORG><NUMORG>991</NUMORG></Organisme><DemandeRSA><NUMDEMRSA>00000000002</NUMDEMRSA></DemandeRSA></IdentificationRSA>
<Personne><Identification><NOM>MARTIN</NOM><PRENOM>PAUL</PRENOM><DTNAI>1981-01-02</DTNAI></Identification></Personne>
<PrestationRSA><SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>9</ETATDOSRSA></EtatDossierRSA></SituationDossierRSA></PrestationRSA></InfosFoyerRSA>
<TransmissionFlux><NBTOTDOSRSATRANSM>00000002</NBTOTDOSRSATRANSM></TransmissionFlux>
</Racine>
"#;

const SIGNES: &[&str] = &[
    "<",
    ">",
    "/>",
    "&",
    "&amp;",
    "&#0;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE Racine>",
    "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    "</InfosFoyerRSA>",
    "<Personne>",
    "</Racine>",
    "\u{feff}",
    "\0",
    "é",
];

/// A warehouse of its own for a test, and the files put in it.
struct Entrepot {
    depot: Arc<Depot>,
    racine: TempDir,
    depose: TempDir,
}

impl Entrepot {
    fn new() -> Self {
        let racine = tempfile::tempdir().unwrap();
        let depot = Arc::new(Depot::ouvrir_en_ecriture(racine.path(), None).unwrap());
        Self { depot, racine, depose: tempfile::tempdir().unwrap() }
    }

    fn deposer(&self, nom: &str, octets: &[u8]) -> PathBuf {
        let chemin = self.depose.path().join(nom);
        fs::write(&chemin, octets).unwrap();
        chemin
    }

    fn ingerer(&self, chemins: &[PathBuf]) -> Vec<Issue> {
        let options = Options {
            recu_le: None,
            aujourdhui: "2021-03-01".parse().unwrap(),
            tolerance: Tolerance::default(),
            ensemble: 4,
            sources: Default::default(),
        };
        ingerer(&self.depot, chemins, options, &|_| {}).unwrap()
    }

    fn brouillons(&self) -> usize {
        fs::read_dir(self.racine.path().join("tmp")).unwrap().count()
    }
}

/// Rows of a segment, read from the disk.
fn lignes_du_segment(racine: &Path, chemin: &Path) -> u64 {
    let depot = Depot::ouvrir_en_lecture(racine, None).unwrap();
    let segments = depot.segments().unwrap();
    let segment = segments.flux.iter().find(|segment| segment.chemin == chemin).unwrap();
    lots_entiers(segment).unwrap().iter().map(|lot| lot.len() as u64).sum()
}

fn gzip(contenu: &[u8]) -> Vec<u8> {
    let mut encodeur = GzEncoder::new(Vec::new(), Compression::default());
    encodeur.write_all(contenu).unwrap();
    encodeur.finish().unwrap()
}

/// Takes a damaged file in, and looks at what is left.
fn ingerer_abime(nom: &str, octets: &[u8]) -> Result<(), TestCaseError> {
    let entrepot = Entrepot::new();
    let chemin = entrepot.deposer(nom, octets);
    let issues = entrepot.ingerer(&[chemin]);
    prop_assert_eq!(issues.len(), 1);
    prop_assert_eq!(entrepot.brouillons(), 0);
    let connus = entrepot.depot.connus().unwrap();
    match &issues[0] {
        Issue::Flux(entre) => {
            let (ecrit, meta) = &**entre;
            prop_assert_eq!(connus.len(), 1);
            prop_assert_eq!(connus.get(&meta.commun.empreinte), Some(&ecrit.chemin));
            prop_assert_eq!(lignes_du_segment(entrepot.racine.path(), &ecrit.chemin), ecrit.lignes);
            prop_assert_eq!(meta.commun.lignes, ecrit.lignes);
            let rejets: u64 = ecrit.rejets.iter().map(|(_, n)| n).sum();
            prop_assert_eq!(meta.commun.rejetes, rejets);
        }
        Issue::Refuse(_) | Issue::Ignore(_) => {
            prop_assert_eq!(connus.len(), 0);
            prop_assert!(!entrepot.racine.path().join("rejets").exists());
        }
        autre => return Err(TestCaseError::fail(format!("{autre:?}"))),
    }
    Ok(())
}

fn abimer(octets: &[u8], degats: &[Degat]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    degats.iter().for_each(|degat| degat.subir(&mut octets));
    octets
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_damaged_flux_is_whole_in_the_warehouse_or_not_there(degats in degats(SIGNES)) {
        ingerer_abime("flux.xml", &abimer(FLUX.as_bytes(), &degats))?;
    }

    #[test]
    fn a_damaged_archive_is_whole_in_the_warehouse_or_not_there(degats in degats(SIGNES)) {
        ingerer_abime("flux.xml.gz", &abimer(&gzip(FLUX.as_bytes()), &degats))?;
    }
}

/// The file above is what it claims to be before anything happens to it.
#[test]
fn the_flux_of_this_test_is_read_when_whole() {
    let entrepot = Entrepot::new();
    let chemin = entrepot.deposer("flux.xml", FLUX.as_bytes());
    let issues = entrepot.ingerer(&[chemin]);
    let Issue::Flux(entre) = &issues[0] else { panic!("{issues:?}") };
    assert_eq!((entre.0.lignes, entre.1.foyers, entre.1.commun.rejetes), (1, 2, 1));
    assert_eq!(entre.1.non_lus, ["00000000002"]);
}

/// A file whose copy stopped: wherever it did, it is refused and leaves nothing behind.
#[test]
fn a_flux_cut_at_any_byte_is_refused_and_leaves_nothing() {
    let fin = FLUX.find("</Racine>").unwrap() + "</Racine>".len();
    let comprime = gzip(FLUX.as_bytes());
    let entrepot = Entrepot::new();
    let coupes = |nom: &str, octets: &[u8], fin: usize| -> Vec<PathBuf> {
        (0..fin).map(|n| entrepot.deposer(&format!("{n:05}.{nom}"), &octets[..n])).collect()
    };
    for chemins in [coupes("xml", FLUX.as_bytes(), fin), coupes("xml.gz", &comprime, comprime.len())] {
        for (chemin, issue) in chemins.iter().zip(entrepot.ingerer(&chemins)) {
            assert!(matches!(issue, Issue::Refuse(_)), "{} : {issue:?}", chemin.display());
        }
    }
    assert_eq!((entrepot.depot.connus().unwrap().len(), entrepot.brouillons()), (0, 0));
    assert!(!entrepot.racine.path().join("rejets").exists());
}
