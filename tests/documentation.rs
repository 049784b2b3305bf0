//! The documentation and the program say the same: a column, a metadata key or a reading that is
//! added, or renamed, is in its page too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::NaiveDate;
use jalon::journal::segment::{
    Commun, Ecarte, Extrait, FORMAT, MetaEvenements, MetaFlux, MetaSource, Purge, Temoin, schema_evenements,
    schema_flux,
};
use jalon::listes::Nom;
use jalon::qualite::Seuils;
use jalon::rapport::liste;
use jalon::referentiel::Lectures;
use jalon::releves::foyers::Situation;
use jalon::releves::genres::{Genre, Nature};
use jalon::tables::Nom as NomTable;
use serde_json::Value;

/// A page, cut at its headings: the title of each part (without its backquotes) and its text.
fn parties(page: &str) -> Vec<(String, String)> {
    let chemin = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let texte = fs::read_to_string(&chemin).unwrap_or_else(|error| panic!("{}: {error}", chemin.display()));
    let mut out = vec![(String::new(), String::new())];
    for ligne in texte.lines() {
        if ligne.starts_with('#') {
            out.push((ligne.trim_start_matches('#').trim().replace('`', ""), String::new()));
        } else if let Some((_, corps)) = out.last_mut() {
            corps.push_str(ligne);
            corps.push('\n');
        }
    }
    out
}

/// The text under a heading.
fn partie(page: &str, titre: &str) -> String {
    let found = parties(page).into_iter().find(|(autre, _)| autre == titre);
    found.unwrap_or_else(|| panic!("docs/{page} n'a pas de partie « {titre} »")).1
}

/// The names in the first column of the tables of a text.
fn premiere_colonne(texte: &str) -> BTreeSet<String> {
    let cellules = texte.lines().filter_map(|ligne| ligne.strip_prefix("| `")?.split_once("` |"));
    cellules.map(|(nom, _)| nom.to_owned()).collect()
}

fn noms<'a>(noms: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    noms.into_iter().cloned().collect()
}

#[test]
fn every_column_of_a_flux_segment_is_in_docs_journal() {
    let schema = schema_flux();
    let dites = premiere_colonne(&partie("journal.md", "Les colonnes d'un segment de flux"));
    assert_eq!(dites, noms(schema.fields().iter().map(|field| field.name())));
    for field in schema.fields() {
        let vide = if field.is_nullable() { "| oui |" } else { "| non |" };
        let page = partie("journal.md", "Les colonnes d'un segment de flux");
        let ligne = page.lines().find(|ligne| ligne.starts_with(&format!("| `{}` |", field.name())));
        assert!(ligne.is_some_and(|ligne| ligne.contains(vide)), "{} : {vide}", field.name());
    }
}

#[test]
fn every_column_of_an_event_segment_is_in_docs_journal() {
    let communes = premiere_colonne(&partie("journal.md", "Les colonnes des segments d'événements"));
    for genre in Genre::TOUS {
        let mut dites = premiere_colonne(&partie("journal.md", genre.nom()));
        if genre.nominatif() {
            dites.extend(communes.iter().cloned());
        } else {
            dites.insert("ligne".to_owned());
        }
        assert_eq!(dites, noms(schema_evenements(genre).fields().iter().map(|field| field.name())), "{}", genre.nom());
    }
}

#[test]
fn every_code_of_an_event_column_is_in_docs_journal() {
    for genre in Genre::TOUS {
        let page = partie("journal.md", genre.nom());
        for colonne in genre.colonnes() {
            let Nature::Code(codes) = colonne.nature else { continue };
            let ligne = page.lines().find(|ligne| ligne.starts_with(&format!("| `{}` |", colonne.nom)));
            for code in codes {
                let dit = ligne.is_some_and(|ligne| ligne.contains(&format!("`{code}`")));
                assert!(dit, "docs/journal.md, {} : {} peut valoir {code}", genre.nom(), colonne.nom);
            }
        }
    }
}

fn cles(valeur: &Value) -> BTreeSet<String> {
    valeur.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn every_metadata_key_is_in_docs_journal() {
    let commun = Commun {
        format: FORMAT,
        programme: String::new(),
        empreinte: String::new(),
        nom: String::new(),
        recu_le: NaiveDate::default(),
        cle: String::new(),
        lignes: 0,
        rejetes: 0,
        avertissements: Vec::new(),
        extrait: Some(Extrait {
            original: String::new(),
            rejets: Vec::new(),
            repris_le: NaiveDate::default(),
            version: 1,
        }),
        purges: vec![Purge {
            registre: String::new(),
            le: NaiveDate::default(),
            avant: None,
            personnes: 0,
            lignes: 0,
            empreintes: Vec::new(),
        }],
    };
    let double =
        Situation { numdemrsa: String::new(), etat: 2, suspension: None, motif_cloture: String::new(), dtdemrsa: None };
    let flux = serde_json::to_value(MetaFlux {
        commun: commun.clone(),
        caisse: None,
        mensuel: false,
        dtref: NaiveDate::default(),
        cree_le: NaiveDate::default().into(),
        foyers: 0,
        annonces: None,
        autres_roles: 0,
        non_lus: Vec::new(),
        ecartes: vec![Ecarte { rejet: String::new(), bloc: 0, numdemrsa: String::new() }],
        doubles: vec![double],
        temoins: vec![Temoin { numdemrsa: "1".to_owned(), cles_nom: vec![1], nir: false }],
    });
    let flux = flux.unwrap_or_default();
    let evenements =
        serde_json::to_value(MetaEvenements { commun, genre: String::new(), source: Some(MetaSource::default()) })
            .unwrap_or_default();
    let page = partie("journal.md", "Les métadonnées d'un segment");
    let dites = premiere_colonne(&page);
    assert!(dites.contains("format") && cles(&flux).len() > 10 && cles(&evenements).contains("genre"));
    assert_eq!(dites, cles(&flux));
    let imbriquees = ["doubles", "ecartes", "purges", "temoins"].map(|liste| &flux[liste][0]);
    for objet in imbriquees.into_iter().chain([&flux["extrait"], &evenements, &evenements["source"]]) {
        for cle in cles(objet) {
            assert!(page.contains(&format!("`{cle}`")), "docs/journal.md ne nomme pas la métadonnée {cle}");
        }
    }
    let versions = partie("journal.md", "Les versions");
    assert!(versions.contains(&format!("{FORMAT} aujourd'hui")), "docs/journal.md dit un autre format que {FORMAT}");
}

#[test]
fn every_reading_and_value_is_in_docs_lectures() {
    let catalogue = Lectures::catalogue();
    let dites: Vec<String> = parties("lectures.md").into_iter().map(|(titre, _)| titre).collect();
    assert!(catalogue.len() > 10);
    for (cle, valeurs) in catalogue {
        assert!(dites.iter().any(|titre| titre == cle), "docs/lectures.md n'a pas de partie « {cle} »");
        let connues: BTreeSet<String> = valeurs.iter().map(|valeur| (*valeur).to_owned()).collect();
        assert_eq!(premiere_colonne(&partie("lectures.md", cle)), connues, "{cle}");
        let defaut = format!("| `{}` | par défaut", valeurs[0]);
        assert!(partie("lectures.md", cle).contains(&defaut), "docs/lectures.md, {cle} : {defaut} attendu");
    }
}

#[test]
fn every_list_column_and_reading_is_in_docs_listes() {
    let listes = premiere_colonne(&partie("listes.md", "Les sept listes"));
    assert_eq!(listes, Nom::TOUS.map(|nom| nom.code().to_owned()).into());
    let colonnes = partie("listes.md", "Ce que chaque colonne veut dire");
    for entete in liste::ENTETES {
        assert!(colonnes.lines().any(|l| l.starts_with('|') && l.contains(&format!("`{entete}`"))), "{entete}");
    }
    let lectures = partie("listes.md", "Les lectures et le référentiel");
    for (cle, _) in Lectures::catalogue() {
        assert!(lectures.contains(&format!("`{cle}`")), "{cle}");
    }
}

/// Name, type, meaning, and whether it names somebody: each line of the page is that of the catalogue.
#[test]
fn every_column_of_the_tables_is_in_docs_tables() {
    let lignes = |titre: &str| -> Vec<String> {
        let texte = partie("tables.md", titre);
        texte.lines().filter(|ligne| ligne.starts_with("| `")).map(str::to_owned).collect()
    };
    let tables = NomTable::TOUS.map(|nom| format!("| `{}` | {} |", nom.code(), nom.description()));
    assert_eq!(lignes("Les tables"), tables);
    for nom in NomTable::TOUS {
        let colonnes: Vec<String> = nom
            .colonnes()
            .iter()
            .map(|c| {
                let marque = if c.nominative { " ◆" } else { "" };
                format!("| `{}`{marque} | {} | {} |", c.nom, c.sorte.nom(), c.description)
            })
            .collect();
        assert!(colonnes.len() > 10);
        assert_eq!(lignes(nom.code()), colonnes, "docs/tables.md, {}", nom.code());
    }
}

/// What the README shows is what the program prints.
#[test]
fn the_table_of_the_readme_is_the_one_that_is_printed() {
    let racine = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entrepot = tempfile::tempdir().unwrap();
    let jalon = |arguments: &[&str]| {
        let mut commande = Command::new(env!("CARGO_BIN_EXE_jalon"));
        commande.current_dir(racine).env_remove("COLUMNS").arg("--entrepot").arg(entrepot.path().join("entrepot"));
        let out = commande.args(arguments).output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap())
    };
    let (code, _) = jalon(&["-q", "ingerer", "sample_flows/petit_departement/entrant"]);
    assert_eq!(code, Some(3));
    let (_, imprime) = jalon(&["indicateurs", "--campagne", "mars-2022"]);
    let readme = fs::read_to_string(racine.join("README.md")).unwrap();
    let montre = readme.split("```text\n").nth(1).and_then(|texte| texte.split("```").next()).unwrap_or_default();
    assert!(montre.lines().count() > 10);
    let mut reste = imprime.as_str();
    for extrait in montre.split("[…]\n") {
        let (_, suite) = reste.split_once(extrait).unwrap_or_else(|| panic!("README.md montre\n{extrait}\n{imprime}"));
        reste = suite;
    }
}

/// The settings shown in docs/qualite.md are accepted, and none is forgotten.
#[test]
fn every_threshold_is_in_docs_qualite() {
    #[derive(serde::Deserialize)]
    struct Pipeline {
        seuils: Seuils,
    }
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/qualite.md")).unwrap();
    let montre = page.split("```toml\n").nth(1).and_then(|texte| texte.split("```").next()).unwrap_or_default();
    let Pipeline { seuils } = toml::from_str(montre).unwrap();
    assert!(!format!("{seuils:?}").contains("None"), "docs/qualite.md oublie un seuil : {seuils:?}");
    assert!(!seuils.rythme.is_empty() && !seuils.jours_sans_flux.is_empty());
}

/// The README, and every page of `docs/`, with its place from the root.
fn pages() -> Vec<(PathBuf, String)> {
    let racine = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages =
        vec![PathBuf::from("README.md"), PathBuf::from("CHANGELOG.md"), PathBuf::from("sample_flows/README.md")];
    for dossier in ["docs", "docs/dev"] {
        let noms = fs::read_dir(racine.join(dossier)).unwrap().map(|entree| entree.unwrap().file_name());
        let noms = noms.map(|nom| Path::new(dossier).join(nom));
        pages.extend(noms.filter(|page| page.extension().is_some_and(|extension| extension == "md")));
    }
    pages.into_iter().map(|page| (page.clone(), fs::read_to_string(racine.join(page)).unwrap())).collect()
}

/// Where the links of a page lead.
fn liens(texte: &str) -> Vec<&str> {
    let hors_des_blocs = texte.split("```").step_by(2);
    let liens = hors_des_blocs.flat_map(|texte| texte.split("](").skip(1)).filter_map(|suite| suite.split(')').next());
    liens.filter(|lien| !lien.starts_with("http")).collect()
}

/// The anchor of a heading, as GitHub and GitLab make it.
fn ancre(titre: &str) -> String {
    let lettres = titre.chars().filter(|lettre| lettre.is_alphanumeric() || " -_".contains(*lettre));
    lettres.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_of_the_pages_leads_somewhere() {
    let racine = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut vus, mut fautes) = (0, Vec::new());
    for (page, texte) in pages() {
        for lien in liens(&texte) {
            vus += 1;
            let (chemin, partie) = lien.split_once('#').map_or((lien, None), |(chemin, partie)| (chemin, Some(partie)));
            let cible = if chemin.is_empty() { page.clone() } else { page.parent().unwrap().join(chemin) };
            let cible = racine.join(cible);
            let existe = match partie {
                None => cible.exists(),
                Some(partie) => fs::read_to_string(&cible).is_ok_and(|texte| {
                    let titres = texte.lines().filter(|ligne| ligne.starts_with('#'));
                    titres.map(|titre| ancre(titre.trim_start_matches('#').trim())).any(|autre| autre == partie)
                }),
            };
            if !existe {
                fautes.push(format!("{} : {lien}", page.display()));
            }
        }
    }
    assert!(vus > 200 && fautes.is_empty(), "{vus}\n{}", fautes.join("\n"));
}

/// Nobody finds a page that the map does not name.
#[test]
fn every_page_is_on_the_map_of_the_documentation() {
    let carte = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/README.md")).unwrap();
    let liens: BTreeSet<&str> =
        liens(&carte).into_iter().map(|lien| lien.split('#').next().unwrap_or_default()).collect();
    for (page, _) in pages() {
        if let Ok(page) = page.strip_prefix("docs")
            && page != Path::new("README.md")
        {
            assert!(liens.contains(page.to_str().unwrap()), "docs/README.md ne mène pas à {}", page.display());
        }
    }
}
