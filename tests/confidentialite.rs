//! Nothing that the program prints or logs, at any level, in any form, on files good, bad or hostile,
//! holds a NIR, a name, a birth date or an address; and the warehouse holds no NIR in clear.
//!
//! What exists to show people is apart: the files of `--detail`, of the lists and of `--ecarts`, the
//! extracts of rejects, and the standard output of `personne`, `expliquer`, `listes`, `analyser` and `rejets montrer`.

#![allow(clippy::unwrap_used)]

#[path = "commun/programme.rs"]
mod programme;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use flate2::read::GzDecoder;
use jalon::identite::folded;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use programme::{commande, fichiers, lancer, segments};

fn entrant() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant")
}

/// A file of the sample, decompressed, one character a byte.
fn clair(chemin: &Path) -> String {
    let octets = fs::read(chemin).unwrap();
    let mut nus = Vec::new();
    if chemin.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(&octets[..]).read_to_end(&mut nus).unwrap();
    } else {
        nus = octets;
    }
    nus.into_iter().map(char::from).collect()
}

/// The files of the sample whose name holds a word, in order.
fn exemples(mot: &str) -> Vec<PathBuf> {
    fichiers(&entrant()).into_iter().filter(|chemin| chemin.to_str().unwrap().contains(mot)).collect()
}

fn valeurs<'a>(xml: &'a str, balise: &str) -> Vec<&'a str> {
    let ouvrante = format!("<{balise}>");
    xml.split(ouvrante.as_str()).skip(1).map(|suite| suite.split('<').next().unwrap().trim()).collect()
}

/// What must never come out.
#[derive(Debug, Default)]
struct Secrets {
    /// The 13 characters of each NIR, usable or not.
    nirs: BTreeSet<String>,
    /// Words of the names, folded.
    mots: BTreeSet<String>,
    /// Birth dates in both forms, and lines of address.
    textes: BTreeSet<String>,
}

impl Secrets {
    /// Those of the sample.
    fn de_l_exemple() -> Self {
        let mut secrets = Self::default();
        for chemin in exemples(".xml.gz") {
            let xml = clair(&chemin);
            secrets.nirs.extend(valeurs(&xml, "NIR").into_iter().filter_map(|nir| nir.get(..13)).map(str::to_owned));
            for balise in ["NOM", "NOMNAI", "PRENOM"] {
                valeurs(&xml, balise).into_iter().for_each(|nom| secrets.nommer(nom));
            }
            for date in valeurs(&xml, "DTNAI") {
                let parties: Vec<&str> = date.split('-').collect();
                secrets.textes.extend([date.to_owned(), [parties[2], parties[1], parties[0]].join("/")]);
            }
            secrets.textes.extend(valeurs(&xml, "COMPLADR").into_iter().filter(|a| !a.is_empty()).map(str::to_owned));
        }
        for chemin in exemples(".csv") {
            let texte = clair(&chemin);
            let longs = texte.split([';', ',', '\t', '\n', '"']).filter(|cellule| cellule.len() >= 13);
            secrets.nirs.extend(longs.filter(|c| c.bytes().all(|b| b.is_ascii_alphanumeric())).filter_map(|c| {
                c.get(..13).filter(|nir| nir.bytes().filter(u8::is_ascii_digit).count() > 11).map(str::to_owned)
            }));
        }
        assert!(secrets.nirs.len() > 200 && secrets.mots.len() > 120 && secrets.textes.len() > 400);
        secrets
    }

    fn nommer(&mut self, nom: &str) {
        self.mots.extend(folded(nom).split(' ').filter(|mot| mot.len() > 2).map(str::to_owned));
    }

    /// The first secret that a text holds.
    fn trahi(&self, texte: &str) -> Option<String> {
        let entier = self.nirs.iter().chain(&self.textes).find(|secret| texte.contains(secret.as_str()));
        let mot = || {
            let mots = texte.split(|c: char| !c.is_alphanumeric());
            mots.map(|mot| folded(mot).into_owned()).find(|mot| self.mots.contains(mot))
        };
        entier.cloned().or_else(mot)
    }

    fn verifier(&self, texte: &str, ou: &dyn std::fmt::Debug) {
        if let Some(secret) = self.trahi(texte) {
            let ligne = texte.lines().find(|ligne| self.trahi(ligne).is_some()).unwrap_or_default();
            panic!("« {secret} » comes out of {ou:?}:\n{ligne}");
        }
    }
}

/// Every way of asking for words and logs.
const VOIX: [&[&str]; 4] = [&[], &["-q"], &["-vv", "--traces", "json"], &["-vv", "--traces", "texte"]];

/// Files that no caisse sends, made of one that it did, with people in every wrong place.
fn hostiles() -> Vec<(String, String)> {
    let xml = clair(&exemples("RSABEM.00032021.A0800037")[0]);
    let (nom, prenom) = (valeurs(&xml, "NOM")[0], valeurs(&xml, "PRENOM")[0]);
    let nir = *valeurs(&xml, "NIR").iter().find(|nir| nir.len() > 12).unwrap();
    let naissance = valeurs(&xml, "DTNAI")[0];
    let balise = |balise: &str| format!("<{balise}>{}</{balise}>", valeurs(&xml, balise)[0]);
    let noms = balise("NOM");
    let mut out: Vec<String> = Vec::new();
    // A NIR where a code, a date or a number is expected.
    for champ in [
        "ETATDOSRSA",
        "TOPPERSDRODEVORSA",
        "ROLEPERS",
        "NUMORG",
        "FONORG",
        "DTDEMRSA",
        "DTREF",
        "NUMDEMRSA",
        "TYPEFLUX",
        "NUMCOM",
    ] {
        out.push(xml.replacen(&balise(champ), &format!("<{champ}>{nir}</{champ}>"), 3));
    }
    // Names and birth dates in identity fields that are wrong.
    out.push(xml.replacen(&balise("DTNAI"), &format!("<DTNAI>{naissance}{naissance}</DTNAI>"), 2));
    out.push(xml.replacen(&balise("DTNAI"), &format!("<DTNAI>{nom}</DTNAI>"), 2));
    out.push(xml.replacen(&format!("<NIR>{nir}</NIR>"), &format!("<NIR>{nom}</NIR>"), 2));
    // Damaged markup around names.
    for casse in [
        format!("<NOM>&{prenom};</NOM>"),
        format!("<NOM><{nom}></NOM>"),
        format!("<NOM>{nom}</{prenom}>"),
        format!("<NOM {nom}={prenom}>{nom}</NOM>"),
        format!("<NOM nom='{nom}' nom='{nom}'>{nom}</NOM>"),
        format!("<{nom}>{prenom}</{nom}>"),
        format!("<{nom}>{nir}"),
        format!("<![CDATA[{nom}]]>"),
        format!("<!-- {nom} {nir}"),
        format!("<?{nom} {nir}?>"),
        format!("<NOM>{nom}\u{0}{nir}</NOM>"),
        "<NOM>&#xFFFFFFFF;</NOM>".to_owned(),
    ] {
        out.push(xml.replacen(&noms, &casse, 1));
    }
    out.push(xml.replacen("<Racine>", &format!("<!DOCTYPE {nom} [<!ENTITY {prenom} \"{nir}\">]><Racine>"), 1));
    out.push(xml.replacen("windows-1252", nir, 1));
    // Cut anywhere, and twice the same in disorder.
    for part in 1..8 {
        let coupure = xml.chars().count() * part / 8;
        out.push(xml.chars().take(coupure).collect());
        out.push(xml.chars().skip(coupure).collect());
    }
    let mut recus: Vec<(String, String)> =
        out.into_iter().enumerate().map(|(n, t)| (format!("h{n:02}.xml"), t)).collect();
    for (rang, chemin) in exemples(".csv").iter().step_by(5).enumerate() {
        let texte = clair(chemin);
        let (entete, lignes) = texte.split_once('\n').unwrap();
        let separateur = if entete.contains(';') { ";" } else { "," };
        let nir = format!("{separateur}{nir}{separateur}");
        for (sorte, texte) in [
            // Without its header, with one line as its header, cut in the middle of a line.
            lignes.to_owned(),
            format!("{}\n{texte}", lignes.lines().nth(1).unwrap_or_default()),
            texte.chars().take(texte.len() / 2).collect(),
            // A NIR in the wrong column, a quote that is not closed, dates of nowhere.
            texte.replace(&separateur.repeat(3), &nir),
            texte.replacen(separateur, &format!("{separateur}\""), 40),
            texte.replace("202", "902"),
            format!("{entete}\n{}", lignes.replace('\n', &format!("{separateur}{nom};{prenom}\n"))),
        ]
        .into_iter()
        .enumerate()
        {
            recus.push((format!("e{rang:02}_{sorte}.csv"), texte));
        }
    }
    recus
}

#[test]
fn nothing_that_is_printed_or_logged_tells_who_people_are() {
    let secrets = Secrets::de_l_exemple();
    let lieu = tempfile::tempdir().unwrap();
    let recu = lieu.path().join("recu");
    fs::create_dir(&recu).unwrap();
    for (nom, texte) in hostiles() {
        let octets: Vec<u8> = texte.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        fs::write(recu.join(nom), octets).unwrap();
    }
    // What is hostile is read in every voice; the sample, which is long, in the one that says the most.
    for (rang, voix) in VOIX.iter().enumerate() {
        let entrepot = lieu.path().join(format!("entrepot{rang}"));
        let dossiers = if rang == 0 { vec![entrant(), recu.clone()] } else { vec![recu.clone()] };
        for dossier in dossiers {
            let voix: &[&str] = if dossier == recu { voix } else { &["-vv", "--traces", "json"] };
            let sortie = lancer(commande(&entrepot).arg("ingerer").args(voix).arg(&dossier));
            assert!(sortie.code == 3, "{}", sortie.err);
            secrets.verifier(&sortie.tout(), &("ingerer", voix, dossier));
        }
    }
    let entrepot = lieu.path().join("entrepot0");
    let liste = lieu.path().join("detail.csv");
    let xml = clair(&exemples("RSABEM.00122020.A0800")[0]);
    let (dossier, nom, prenom) = (valeurs(&xml, "NUMDEMRSA")[0], valeurs(&xml, "NOM")[0], valeurs(&xml, "PRENOM")[0]);
    let (naissance, matricule) = (valeurs(&xml, "DTNAI")[0], valeurs(&xml, "MATRICULE")[0]);
    let somebody = format!("{} {} {naissance}", latin(nom), latin(prenom));
    let nir = *valeurs(&xml, "NIR").iter().find(|nir| nir.len() > 12).unwrap();
    let detail = ["indicateurs", "--campagne", "mars-2022", "--detail", liste.to_str().unwrap()];
    let extrait = fichiers(&entrepot.join("rejets")).into_iter().find(|f| f.extension().is_some_and(|e| e == "xml"));
    let rejet = extrait.unwrap().file_stem().unwrap().to_str().unwrap().to_owned();
    // (what is typed, what is given on the standard input, whether its output exists to show people)
    let demandes: [(&[&str], &str, bool); 35] = [
        (&["indicateurs", "--campagne", "mars-2022"], "", false),
        (&["indicateurs", "--campagne", "juin-2022", "--format", "json"], "", false),
        (&["indicateurs", "--campagne", "juin-2022", "--format", "csv"], "", false),
        (&["indicateurs", "--campagne", "juin-2022", "--format", "md"], "", false),
        (&detail, "", false),
        (&["listes", "absents", "--au", "2021-12-31"], "", true),
        (&["analyser", "SELECT nom, prenom, date_naissance FROM personnes"], "", true),
        (&["analyser", "SELECT categorie, COUNT(*) AS n FROM entrees GROUP BY categorie"], "", false),
        (&["analyser", "SELECT CAST(nom AS INTEGER) AS n, CAST(prenom AS DATE) AS p FROM personnes"], "", false),
        (&["analyser", "SELECT nom FROM personnes WHERE nom ~ '[' OR date_naissance > nom"], "", false),
        (&["qualite", "--campagne", "mars-2022"], "", false),
        (&["qualite", "--campagne", "mars-2022", "--format", "json"], "", false),
        (&["rejets", "lister"], "", false),
        (&["rejets", "lister", "--tous", "--format", "json"], "", false),
        (&["rejets", "montrer", &rejet], "", true),
        (&["personne", "exporter", dossier], "", true),
        (&["personne", "exporter", matricule, "--format", "json"], "", true),
        (&["personne", "exporter", &somebody], "", true),
        (&["personne", "exporter", &somebody, "Inconnue"], "", true),
        (&["personne", "exporter", nir], "", false),
        (&["personne", "exporter", "--nir"], nir, true),
        (&["personne", "effacer", dossier, "--motif", "essai", "--a-blanc"], "", true),
        (&["personne", "effacer", &somebody, "--motif", "essai"], "", true),
        (&["personne", "effacer", "--nir", "--motif", "essai", "--a-blanc"], nir, false),
        (&["expliquer", dossier], "", true),
        (&["expliquer", matricule, "--campagne", "mars-2022", "--format", "json"], "", true),
        (&["expliquer", &somebody, "--format", "html"], "", true),
        (&["expliquer", &somebody, "Inconnue", "--format", "md"], "", true),
        (&["expliquer", nir], "", false),
        (&["expliquer", "--nir", "--connu-le", "2021-06-30"], nir, true),
        (&["purger", "--avant", "2021-10-01", "--a-blanc"], "", false),
        (&["purger", "--avant", "2021-10-01", "--format", "json"], "", false),
        (&["personne", "effacer", "--nir", "--motif", "essai", "--oui"], nir, false),
        (&["purger", "--avant", "2022-04-01", "--bruts", recu.to_str().unwrap()], "", false),
        (&["indicateurs", "--campagne", "mars-2022"], "", false),
    ];
    for (typed, entree, montre) in demandes {
        for voix in [VOIX[0], VOIX[2]] {
            let mut processus = commande(&entrepot)
                .args(typed)
                .args(voix)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            // A command that needs nothing does not read.
            let _ = writeln!(processus.stdin.take().unwrap(), "{entree}");
            let sortie = processus.wait_with_output().unwrap();
            assert!(
                matches!(sortie.status.code(), Some(0 | 2)),
                "{typed:?} : {}",
                String::from_utf8_lossy(&sortie.stderr)
            );
            secrets.verifier(&String::from_utf8(sortie.stderr).unwrap(), &(&typed[..2], voix, "stderr"));
            let montrees = String::from_utf8(sortie.stdout).unwrap();
            if !montre {
                secrets.verifier(&montrees, &(&typed[..2], voix, "stdout"));
            } else if typed[0] != "rejets" {
                // Names, never a NIR.
                assert!(!secrets.nirs.iter().any(|nir| montrees.contains(nir.as_str())), "{:?}", &typed[..2]);
            }
        }
    }
    // Before the purges, and after.
    rien_en_clair(&lieu.path().join("entrepot1"), &secrets);
    rien_en_clair(&entrepot, &secrets);
}

/// One character a byte, as the text it was.
fn latin(texte: &str) -> String {
    let octets: Vec<u8> = texte.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    encoding_rs::WINDOWS_1252.decode(&octets).0.into_owned()
}

/// What a file wrote of a foyer or a line set aside, to be mended.
fn est_un_extrait(fichier: &Path) -> bool {
    fichier.extension().is_some_and(|extension| extension != "json")
        && fichier.ancestors().nth(2).is_some_and(|dossier| dossier.ends_with("rejets"))
}

/// A night on the hostile files and some of the sample, that says all that it can.
#[test]
fn a_night_tells_nobody_who_people_are() {
    let secrets = Secrets::de_l_exemple();
    let lieu = tempfile::tempdir().unwrap();
    let depot = lieu.path().join("depot");
    fs::create_dir(&depot).unwrap();
    for (nom, texte) in hostiles() {
        let octets: Vec<u8> = texte.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        fs::write(depot.join(nom), octets).unwrap();
    }
    for chemin in exemples(".csv") {
        fs::copy(&chemin, depot.join(chemin.file_name().unwrap())).unwrap();
    }
    let pipeline = lieu.path().join("nuit.toml");
    fs::write(
        &pipeline,
        "boites = ['depot']\nreception = 'nom'\n[depot]\nsecondes = 0\n[calcul]\ncampagnes = ['mars-2022']\n",
    )
    .unwrap();
    for voix in [VOIX[2], VOIX[3]] {
        let nuit = ["nuit", "--jour", "2022-03-10", "--pipeline", pipeline.to_str().unwrap()];
        let sortie = lancer(commande(&lieu.path().join("entrepot")).args(nuit).args(voix));
        assert!(matches!(sortie.code, 0 | 3), "{}", sortie.err);
        secrets.verifier(&sortie.tout(), &("nuit", voix));
    }
    // The summaries, the tables, the reasons of the refusals: all but what shows people.
    let montre = ["detail.csv", "ecarts.csv"];
    let mut vus = 0;
    for dossier in ["sorties", "refuses"] {
        for fichier in fichiers(&lieu.path().join(dossier)) {
            let nom = fichier.file_name().unwrap().to_str().unwrap();
            let liste = fichier.parent().unwrap().ends_with("listes");
            if liste || montre.contains(&nom) || dossier == "refuses" && !nom.ends_with(".raison.txt") {
                continue;
            }
            let texte: String = fs::read(&fichier).unwrap().into_iter().map(char::from).collect();
            secrets.verifier(&texte, &fichier);
            vus += 1;
        }
    }
    assert!(vus > 10, "{vus} files looked at");
}

/// No NIR in any byte of the warehouse nor in any text of its segments; outside the segments, nobody's
/// name either.
fn rien_en_clair(entrepot: &Path, secrets: &Secrets) {
    let segments = segments(entrepot);
    assert!(segments.len() > 20);
    for fichier in fichiers(entrepot) {
        let texte: String = fs::read(&fichier).unwrap().into_iter().map(char::from).collect();
        if segments.contains(&fichier) {
            let builder = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&fichier).unwrap()).unwrap();
            let meta = builder.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
            meta.into_iter().filter_map(|pair| pair.value).for_each(|meta| secrets.verifier(&meta, &fichier));
            for lot in builder.build().unwrap() {
                let lot = lot.unwrap();
                for (field, colonne) in lot.schema().fields().iter().zip(lot.columns()) {
                    let textes = (field.data_type() == &DataType::Utf8).then(|| colonne.as_string::<i32>());
                    let textes: Vec<&str> = textes.iter().flat_map(|textes| textes.iter().flatten()).collect();
                    let trouve = secrets.nirs.iter().find(|nir| textes.iter().any(|texte| texte.contains(*nir)));
                    assert_eq!(trouve, None, "a NIR in {}, column {}", fichier.display(), field.name());
                }
            }
            let trouve = secrets.nirs.iter().find(|nir| texte.contains(*nir));
            assert_eq!(trouve, None, "a NIR in {}", fichier.display());
        } else if !est_un_extrait(&fichier) {
            secrets.verifier(&texte, &fichier);
        }
    }
}
