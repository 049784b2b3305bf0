//! What is handed in, read back: every number of the workbook and of the execution report is that of
//! the JSON.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "commun/programme.rs"]
mod programme;

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::path::Path;
use std::sync::LazyLock;

use calamine::{Data, Range, Reader as _, Xlsx};
use jalon::campagnes::{CAMPAGNES, Campagnes};
use jalon::controle::completude_du;
use jalon::historique::Historique;
use jalon::indicateurs::axes::{Axe, Part};
use jalon::indicateurs::variantes::Variante;
use jalon::indicateurs::{Question, Valeur, calculer};
use jalon::journal::depot::{Depot, Segments};
use jalon::qualite::Seuils;
use jalon::rapport::{Commentaire, Contexte, Remise, classeur, detail, execution, figure_en_pourcent, json};
use jalon::referentiel::Referentiel;
use jalon::rejeu::histoire;
use programme::jalon;
use quick_xml::events::Event;
use serde_json::Value;
use tempfile::TempDir;

/// The small department, ingested once for all.
static DEPARTEMENT: LazyLock<TempDir> = LazyLock::new(|| {
    let entrepot = tempfile::tempdir().unwrap();
    let entrant = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant");
    let sortie = jalon(entrepot.path(), [Path::new("ingerer"), Path::new("-q"), &entrant]);
    assert_eq!(sortie.code, 3, "{}", sortie.tout());
    entrepot
});

/// A campaign of the small department, changed by `regler` before it is handed to `montrer` with its JSON,
/// its lines of detail and `detail.csv`.
fn campagne(
    nom: &str,
    regler: impl FnOnce(&mut Remise<'_>),
    montrer: impl FnOnce(&Remise<'_>, &Value, &[detail::Cellules], &str),
) {
    let Segments { flux, evenements, .. } =
        Depot::ouvrir_en_lecture(DEPARTEMENT.path(), None).unwrap().segments().unwrap();
    let histoire = histoire(&flux, &evenements, None).unwrap();
    let referentiel = Referentiel::livre().unwrap();
    let periode = Campagnes::lire(CAMPAGNES).unwrap().periode(nom).unwrap();
    let question = Question { periode, connu_le: None, referentiel: &referentiel };
    let tableau = calculer(&histoire, &question);
    let completude = completude_du(&flux, (periode.du, periode.au), None, &Seuils::default());
    let noms = detail::noms(&histoire, &flux, std::slice::from_ref(&tableau)).unwrap();
    let lignes = detail::lignes(&histoire, &question, &noms, &tableau);
    let csv = String::from_utf8(detail::detail(&histoire, &question, &noms, &tableau)).unwrap();
    let contexte = Contexte {
        campagne: Some(nom),
        periode,
        connu_le: None,
        referentiel: &referentiel,
        completude: &completude,
        diffusion: false,
    };
    let mut remise =
        Remise { contexte, tableau, historique: Historique::default(), courbes: Vec::new(), commentaires: Vec::new() };
    regler(&mut remise);
    let json = json::json(&remise.contexte, &remise.tableau);
    montrer(&remise, &json, &lignes, &csv);
}

fn ouvrir(octets: Vec<u8>) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(octets)).unwrap()
}

fn lire(remise: &Remise<'_>, detail: Option<&[detail::Cellules]>) -> BTreeMap<String, Range<Data>> {
    let mut xlsx = ouvrir(classeur::classeur(remise, detail).unwrap());
    xlsx.sheet_names().into_iter().map(|nom| (nom.clone(), xlsx.worksheet_range(&nom).unwrap())).collect()
}

/// The cell of a row whose `cle` column holds this text, under this heading.
fn case(feuille: &Range<Data>, ligne: impl Fn(&[Data]) -> bool, entete: &str) -> Data {
    let entetes = feuille.rows().nth(2).unwrap();
    let colonne = entetes.iter().position(|e| e.to_string().starts_with(entete)).unwrap_or_else(|| panic!("{entete}"));
    let ligne = feuille.rows().skip(3).find(|cellules| ligne(cellules)).unwrap();
    ligne[colonne].clone()
}

fn nombre(cellule: &Data) -> Option<f64> {
    if let Data::Float(x) = cellule { Some(*x) } else { None }
}

fn texte(cellule: &Data) -> String {
    assert!(matches!(cellule, Data::String(_)), "{cellule:?} is not a text");
    cellule.to_string()
}

fn indicateur<'a>(json: &'a Value, id: &str) -> &'a Value {
    json["indicateurs"].as_array().unwrap().iter().find(|i| i["id"] == id).unwrap()
}

const IDS: [&str; 12] =
    ["3.1.1", "3.1.2", "3.1.3", "3.1.4", "3.1.5", "3.1.6", "3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.2.5", "3.2.6"];

/// The row of an indicator in the official table: its definition begins with its number.
fn de(id: &str) -> impl Fn(&[Data]) -> bool + use<'_> {
    move |cellules| cellules[2].to_string().starts_with(&format!("{id}."))
}

#[test]
fn every_number_of_the_official_table_is_that_of_the_json() {
    for (nom, entete) in
        [("mars-2022", "Résultat atteint en 2021 ("), ("juin-2022", "Résultat atteint au 1er semestre 2022 (")]
    {
        campagne(
            nom,
            |_| {},
            |remise, json, _, _| {
                let tableau = &lire(remise, None)["Tableau"];
                for id in IDS {
                    let attendu = indicateur(json, id);
                    let vu = case(tableau, de(id), entete);
                    assert_eq!(nombre(&vu), attendu["valeur"].as_f64(), "{nom} {id}");
                    if attendu["valeur"].is_null() {
                        assert_eq!(texte(&vu), "n.d.", "{nom} {id}");
                    }
                    let libelle = texte(&case(tableau, de(id), "Indicateurs"));
                    assert!(libelle.starts_with(attendu["libelle"].as_str().unwrap()), "{libelle}");
                }
                let hors: Vec<_> = IDS
                    .into_iter()
                    .filter(|id| texte(&case(tableau, de(id), "Indicateurs")).ends_with("HORS accompagnement global"))
                    .collect();
                assert_eq!(hors, ["3.2.1", "3.2.2"]);
            },
        );
    }
}

#[test]
fn what_the_department_wrote_down_stands_in_its_column_and_the_others_stay_empty() {
    let regler = |remise: &mut Remise<'_>| {
        remise.historique = Historique::lire(
            "indicateur;periode;colonne;valeur;source;exemple\n\
             3.1.1;2018;resultat;1 234;rapport;\n3.1.2;2021;attendu;80 %;convention;\n3.1.3;2022-S1;resultat;12;bilan;\n",
        )
        .unwrap();
    };
    campagne("mars-2022", regler, |remise, _, _, _| {
        let tableau = &lire(remise, None)["Tableau"];
        assert_eq!(nombre(&case(tableau, de("3.1.1"), "Situation au 31 déc. 2018")), Some(1234.0));
        assert_eq!(nombre(&case(tableau, de("3.1.3"), "Résultat atteint au 1er semestre 2022")), Some(12.0));
        assert_eq!(nombre(&case(tableau, de("3.1.2"), "Résultat attendu en 2021")), Some(0.8));
        // Without a line of the department, the target of the référentiel; nothing where there is none.
        assert_eq!(nombre(&case(tableau, de("3.1.4"), "Résultat attendu en 2021")), Some(1.0));
        assert_eq!(case(tableau, de("3.1.1"), "Résultat attendu en 2021"), Data::Empty);
        assert_eq!(case(tableau, de("3.1.1"), "Résultat atteint en 2019"), Data::Empty);
    });
}

#[test]
fn how_the_delays_were_kept_is_that_of_the_json() {
    campagne(
        "mars-2022",
        |_| {},
        |remise, json, _, _| {
            let delais = &lire(remise, None)["Délais"];
            for (id, total) in [("3.1.2", "3.1.1"), ("3.1.4", "3.1.3"), ("3.1.6", "3.1.5")] {
                let attendu = indicateur(json, id);
                let ligne = |cellules: &[Data]| cellules[0] == id;
                for (entete, cle) in [
                    ("Valeur", "valeur"),
                    ("Taux", "taux"),
                    ("Cible", "cible"),
                    ("Moyenne", "moyenne_jours"),
                    ("Médiane", "mediane_jours"),
                    ("Dans les délais", "dans_les_delais"),
                    ("Hors délai", "hors_delai"),
                    ("En cours", "en_cours"),
                    ("Échus", "echus"),
                    ("Hors champ", "hors_champ"),
                ] {
                    assert_eq!(nombre(&case(delais, ligne, entete)), attendu[cle].as_f64(), "{id} {cle}");
                }
                assert_eq!(nombre(&case(delais, ligne, "Sur")), indicateur(json, total)["valeur"].as_f64());
                let eloigne = |cle: &str| attendu[cle].as_bool().map_or("n.d.", |oui| if oui { "oui" } else { "non" });
                assert_eq!(texte(&case(delais, ligne, "Très éloigné de la cible (note 2)")), eloigne("eloigne_note_2"));
                assert_eq!(
                    texte(&case(delais, ligne, "Très éloigné de la cible (annexe 5)")),
                    eloigne("eloigne_annexe_5")
                );
                let tranches = texte(&case(delais, ligne, "Répartition par durée"));
                let vues: Vec<i64> = tranches.lines().map(|l| l.rsplit(' ').next().unwrap().parse().unwrap()).collect();
                let attendues: Vec<i64> =
                    attendu["tranches"].as_object().unwrap().values().map(|n| n.as_i64().unwrap()).collect();
                assert_eq!(vues, attendues, "{tranches}");
            }
            for c in json["complementaires"].as_array().unwrap() {
                let caisse = c["caisse"].as_str().map(|nom| format!(" ({nom})")).unwrap_or_default();
                let libelle = format!("{}{caisse}", c["libelle"].as_str().unwrap());
                let ligne = |cellules: &[Data]| cellules[0].to_string() == libelle;
                assert_eq!(nombre(&case(delais, ligne, "Valeur")), c["valeur"].as_f64(), "{libelle}");
            }
        },
    );
}

/// The date that a spreadsheet shows, as `detail.csv` writes it.
fn comme_en_csv(cellule: &Data) -> String {
    match cellule {
        Data::DateTime(date) => {
            let (annee, mois, jour, ..) = date.to_ymd_hms_milli();
            format!("{annee:04}-{mois:02}-{jour:02}")
        }
        autre => autre.to_string(),
    }
}

#[test]
fn the_detail_holds_the_lines_of_its_csv_with_true_dates_and_numbers() {
    campagne(
        "mars-2022",
        |_| {},
        |remise, json, lignes, csv| {
            let feuilles = lire(remise, Some(lignes));
            let vues: Vec<Vec<String>> =
                feuilles["Détail"].rows().skip(2).map(|cellules| cellules.iter().map(comme_en_csv).collect()).collect();
            let attendues: Vec<Vec<String>> = csv::ReaderBuilder::new()
                .delimiter(b';')
                .has_headers(false)
                .from_reader(csv.trim_start_matches('\u{feff}').as_bytes())
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .collect();
            assert_eq!(vues, attendues);
            assert!(attendues.len() > 20, "a story with nobody proves nothing");
            let somme = |entete: &str| -> f64 {
                let rang = detail::ENTETES.iter().position(|e| *e == entete).unwrap();
                feuilles["Détail"].rows().skip(3).filter_map(|cellules| nombre(&cellules[rang])).sum()
            };
            for (entete, id) in [("oriente_1_mois", "3.1.2"), ("cer_2_mois", "3.1.6"), ("gad", "3.2.1")] {
                assert_eq!(Some(somme(entete)), indicateur(json, id)["valeur"].as_f64(), "{entete}");
            }
            let dates = feuilles["Détail"].rows().skip(3).flat_map(|cellules| [&cellules[7], &cellules[21]]);
            assert!(dates.into_iter().all(|date| matches!(date, Data::DateTime(_))));
        },
    );
}

#[test]
fn nobody_is_named_in_what_leaves_the_department() {
    let noms = |remise: &Remise<'_>, lignes: &[detail::Cellules]| {
        ouvrir(classeur::classeur(remise, Some(lignes)).unwrap()).sheet_names()
    };
    campagne(
        "mars-2022",
        |_| {},
        |remise, _, lignes, _| {
            assert_eq!(noms(remise, lignes), ["Tableau", "Délais", "Répartitions", "Lectures", "Qualité", "Détail"]);
        },
    );
    campagne(
        "mars-2022",
        |remise| remise.contexte.diffusion = true,
        |remise, _, lignes, _| {
            assert_eq!(noms(remise, lignes), ["Tableau", "Délais", "Répartitions", "Lectures", "Qualité"]);
            let tableau = &lire(remise, None)["Tableau"];
            assert!(tableau.rows().any(|cellules| cellules[0].to_string().contains("s. : secret")));
        },
    );
}

#[test]
fn a_hidden_figure_and_one_that_cannot_be_computed_are_texts_never_a_zero() {
    let regler = |remise: &mut Remise<'_>| {
        remise.tableau.indicateurs[0].valeur = Some(Valeur::Masquee);
        remise.tableau.indicateurs[11].valeur = None;
        let tenue = remise.tableau.indicateurs[1].tenue.as_mut().unwrap();
        tenue.repartition.en_cours = Valeur::Masquee;
        tenue.taux = None;
    };
    campagne("mars-2022", regler, |remise, _, _, _| {
        let feuilles = lire(remise, None);
        assert_eq!(texte(&case(&feuilles["Tableau"], de("3.1.1"), "Résultat atteint en 2021 (")), "s.");
        assert_eq!(texte(&case(&feuilles["Tableau"], de("3.2.6"), "Résultat atteint en 2021 (")), "n.d.");
        let ligne = |cellules: &[Data]| cellules[0] == "3.1.2";
        assert_eq!(texte(&case(&feuilles["Délais"], ligne, "En cours")), "s.");
        assert_eq!(texte(&case(&feuilles["Délais"], ligne, "Taux")), "n.d.");
        assert_eq!(texte(&case(&feuilles["Délais"], ligne, "Sur")), "s.");
    });
}

#[test]
fn the_splits_and_the_other_readings_that_were_asked_for_are_shown() {
    const FORMULE: &str = "=1+1";
    let regler = |remise: &mut Remise<'_>| {
        let mut indicateurs = remise.tableau.indicateurs[..2].to_vec();
        indicateurs[0].valeur = Some(Valeur::Entier(7));
        remise.tableau.repartitions.push(Part { axe: Axe::Structure, valeur: FORMULE.to_owned(), indicateurs });
        let mut valeurs: Vec<_> = remise.tableau.indicateurs.iter().map(|i| (i.definition.id, i.valeur)).collect();
        valeurs[1].1 = Some(Valeur::Entier(1000));
        remise.tableau.variantes.push(Variante {
            cle: "orientation.delai",
            lecture: "30_jours",
            texte: "l'annexe 1",
            valeurs,
        });
    };
    campagne("mars-2022", regler, |remise, json, _, _| {
        let feuilles = lire(remise, None);
        let parts = &feuilles["Répartitions"];
        let part = |cellules: &[Data]| cellules[1] == FORMULE;
        assert_eq!(texte(&case(parts, part, "Axe")), "Structure");
        assert_eq!(nombre(&case(parts, part, "3.1.1")), Some(7.0));
        assert_eq!(nombre(&case(parts, part, "Taux 3.1.2")), indicateur(json, "3.1.2")["taux"].as_f64());
        assert_eq!(case(parts, part, "3.2.6"), Data::Empty, "it does not split along this axis");
        let ensemble = |cellules: &[Data]| cellules[0] == "Ensemble";
        assert_eq!(nombre(&case(parts, ensemble, "3.1.1")), indicateur(json, "3.1.1")["valeur"].as_f64());

        let lectures = &feuilles["Lectures"];
        let nom = "orientation.delai=30_jours";
        let ligne = |cellules: &[Data]| cellules[0] == nom;
        assert_eq!(nombre(&case(lectures, ligne, "3.1.2")), Some(1000.0));
        let base = indicateur(json, "3.1.2")["valeur"].as_f64().unwrap();
        let ecarts = lectures.rows().filter(|cellules| cellules[0] == nom).nth(1).unwrap();
        assert_eq!((nombre(&ecarts[2]), nombre(&ecarts[3])), (Some(0.0), Some(1000.0 - base)));

        let mut xlsx = ouvrir(classeur::classeur(remise, None).unwrap());
        assert!(xlsx.worksheet_formula("Répartitions").unwrap().is_empty(), "a name was taken for a formula");
    });
    campagne(
        "mars-2022",
        |_| {},
        |remise, _, _, _| {
            let feuilles = lire(remise, None);
            for (nom, option) in [("Répartitions", "--par"), ("Lectures", "--lectures")] {
                let dits = feuilles[nom].rows().map(|cellules| cellules[0].to_string());
                assert!(dits.filter(|dit| dit.contains(option) && dit.contains("mars-2022")).count() == 1, "{nom}");
            }
        },
    );
}

/// A part of the workbook, as it is written.
fn partie(octets: &[u8], nom: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
    let mut out = String::new();
    archive.by_name(nom).unwrap().read_to_string(&mut out).unwrap();
    out
}

/// The font of a cell, found by way of its style.
fn police(octets: &[u8], cellule: &str) -> String {
    let feuille = partie(octets, "xl/worksheets/sheet1.xml");
    let debut = feuille.split(&format!("<c r=\"{cellule}\" s=\"")).nth(1).unwrap();
    let style: usize = debut.split('"').next().unwrap().parse().unwrap();
    let styles = partie(octets, "xl/styles.xml");
    let xf = styles.split("<cellXfs").nth(1).unwrap().split("<xf ").nth(style + 1).unwrap();
    let police: usize = xf.split("fontId=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    styles.split("<fonts").nth(1).unwrap().split("<font>").nth(police + 1).unwrap().to_owned()
}

#[test]
fn a_weakened_figure_is_red_and_says_why() {
    const ROUGE: &str = "FFC00000";
    // The campaign of March is the eighth column; 3.1.1 the first line after the header and the section.
    campagne(
        "mars-2022",
        |_| {},
        |remise, _, _, _| {
            assert!(!police(&classeur::classeur(remise, None).unwrap(), "H5").contains(ROUGE));
        },
    );
    let motif = "le premier flux mensuel est tardif";
    campagne(
        "mars-2022",
        |remise| remise.tableau.indicateurs[0].motif = Some(motif.to_owned()),
        |remise, _, _, _| {
            assert!(police(&classeur::classeur(remise, None).unwrap(), "H5").contains(ROUGE));
            let tableau = &lire(remise, None)["Tableau"];
            assert!(tableau.rows().any(|cellules| cellules[0].to_string() == format!("• 3.1.1 : {motif}.")));
        },
    );
}

#[test]
fn each_sheet_is_printed_on_a4_landscape_as_wide_as_the_page_with_its_header_on_every_page() {
    campagne(
        "mars-2022",
        |_| {},
        |remise, _, lignes, _| {
            let octets = classeur::classeur(remise, Some(lignes)).unwrap();
            for rang in 1..=classeur::FEUILLES.len() {
                let feuille = partie(&octets, &format!("xl/worksheets/sheet{rang}.xml"));
                for dit in
                    ["paperSize=\"9\"", "orientation=\"landscape\"", "fitToHeight=\"0\"", "state=\"frozen\"", "&amp;P"]
                {
                    assert!(feuille.contains(dit), "sheet {rang}: {dit}");
                }
            }
            let noms = partie(&octets, "xl/workbook.xml");
            assert_eq!(noms.matches("_xlnm.Print_Area").count(), classeur::FEUILLES.len());
            assert_eq!(noms.matches("_xlnm.Print_Titles").count(), classeur::FEUILLES.len());
            assert_eq!(noms.matches("_xlnm._FilterDatabase").count(), 1, "only the detail is filtered");
            let archive = zip::ZipArchive::new(Cursor::new(&octets)).unwrap();
            assert!(archive.file_names().all(|nom| !nom.unwrap().contains("vba")));
        },
    );
}

#[test]
fn the_same_figures_make_the_same_bytes_dated_from_the_arrete() {
    campagne(
        "mars-2022",
        |_| {},
        |remise, _, lignes, _| {
            let octets = classeur::classeur(remise, Some(lignes)).unwrap();
            // The seconds of a zip are counted by two.
            std::thread::sleep(std::time::Duration::from_millis(2100));
            assert!(octets == classeur::classeur(remise, Some(lignes)).unwrap());
            assert!(partie(&octets, "docProps/core.xml").contains("2021-12-31T00:00:00Z"));
        },
    );
}

#[test]
fn the_comments_and_the_caisses_are_in_the_quality_sheet() {
    let regler = |remise: &mut Remise<'_>| {
        remise.commentaires.push(Commentaire {
            titre: "Fréquence des transmissions".into(),
            indicateurs: Vec::new(),
            paragraphes: vec!["Un flux chaque jour ouvré.".to_owned()],
            a_completer: true,
        });
    };
    campagne("mars-2022", regler, |remise, json, _, _| {
        let qualite = &lire(remise, None)["Qualité"];
        let dits: Vec<String> = qualite.rows().map(|cellules| cellules[0].to_string()).collect();
        assert!(dits.contains(&"Fréquence des transmissions (à compléter par le département)".to_owned()));
        assert!(dits.contains(&"Un flux chaque jour ouvré.".to_owned()));
        for caisse in json["qualite"]["completude"]["caisses"].as_array().unwrap() {
            let ligne = |cellules: &[Data]| cellules[0] == caisse["caisse"].as_str().unwrap();
            assert_eq!(nombre(&case(qualite, ligne, "Quotidiens")), caisse["quotidiens"].as_f64());
            assert_eq!(nombre(&case(qualite, ligne, "Mensuels")), caisse["mensuels"].as_f64());
        }
        let flux = |cellules: &[Data]| cellules[0] == "Fichiers de flux connus";
        assert_eq!(nombre(&case(qualite, flux, "Quotidiens")), json["qualite"]["flux_connus"].as_f64());
    });
}

/// A document: its paragraphs, and its tables, cell by cell.
#[derive(Default)]
struct Texte {
    paragraphes: Vec<String>,
    tables: Vec<Vec<Vec<String>>>,
}

/// Reads a document back; every part of it must be well-formed.
fn lire_document(octets: &[u8]) -> Texte {
    let archive = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
    for nom in archive.file_names() {
        let xml = partie(octets, &nom.unwrap());
        let mut reader = quick_xml::Reader::from_str(&xml);
        while reader.read_event().unwrap() != Event::Eof {}
    }
    let xml = partie(octets, "word/document.xml");
    let mut reader = quick_xml::Reader::from_str(&xml);
    let (mut out, mut paragraphe, mut dans_une_table) = (Texte::default(), String::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return out,
            Event::Start(debut) => match debut.name().as_ref() {
                "w:tbl" => {
                    dans_une_table = true;
                    out.tables.push(Vec::new());
                }
                "w:tr" => out.tables.last_mut().unwrap().push(Vec::new()),
                "w:tc" => out.tables.last_mut().unwrap().last_mut().unwrap().push(String::new()),
                "w:p" => paragraphe.clear(),
                _ => {}
            },
            Event::Text(texte) => paragraphe.push_str(&texte),
            Event::GeneralRef(reference) => paragraphe.push_str(match reference.as_ref() {
                "lt" => "<",
                "gt" => ">",
                "amp" => "&",
                "apos" => "'",
                "quot" => "\"",
                autre => panic!("{autre:?}"),
            }),
            Event::End(fin) => match fin.name().as_ref() {
                "w:tbl" => dans_une_table = false,
                "w:p" if dans_une_table => {
                    let cellule = out.tables.last_mut().unwrap().last_mut().unwrap().last_mut().unwrap();
                    if !cellule.is_empty() {
                        cellule.push('\n');
                    }
                    cellule.push_str(&paragraphe);
                }
                "w:p" => out.paragraphes.push(paragraphe.clone()),
                _ => {}
            },
            _ => {}
        }
    }
}

impl Texte {
    /// The cell of an indicator under a heading. The sections follow the order of the official table.
    fn case(&self, id: &str, entete: &str) -> String {
        let rang = IDS.iter().position(|autre| *autre == id).unwrap();
        let table = &self.tables[rang / 6];
        let colonne = table[0].iter().position(|cellule| cellule.starts_with(entete)).unwrap();
        table[1 + rang % 6][colonne].clone()
    }
}

/// A number as it is printed.
fn imprime(texte: &str) -> Option<f64> {
    let nu: String = texte.chars().filter(|c| c.is_ascii_digit() || *c == ',').collect();
    nu.replace(',', ".").parse().ok()
}

/// Instruction 2022/19, annexe 6, sections 1.4 and 1.5.
#[test]
fn the_tables_of_the_execution_report_hold_the_figures_of_the_json() {
    campagne(
        "mars-2022",
        |_| {},
        |remise, json, _, _| {
            let document = lire_document(&execution::execution(remise).unwrap());
            assert_eq!(document.tables.iter().map(Vec::len).collect::<Vec<_>>(), [7, 7]);
            assert_eq!(document.tables[0][0][2], "Situation au 31 déc. 2018");
            assert_eq!(document.tables[0][0][8], "Résultat attendu en 2022 (objectif fixé)");
            for id in IDS {
                let attendu = indicateur(json, id);
                let vu = document.case(id, "Résultat atteint en 2021");
                assert_eq!(imprime(&vu), attendu["valeur"].as_f64(), "{id}");
                assert!(document.case(id, "Indicateurs").starts_with(attendu["libelle"].as_str().unwrap()));
                let explication = document.case(id, "Explication");
                assert!(!explication.is_empty(), "{id}");
                if let Some(taux) = attendu["taux"].as_f64() {
                    let taux = figure_en_pourcent(Some(Valeur::Decimal(taux)));
                    assert!(explication.contains(&format!("Taux : {taux} ;")), "{explication}");
                    for cle in ["dans_les_delais", "hors_delai", "en_cours", "echus"] {
                        let n = attendu[cle].as_u64().unwrap();
                        assert!(explication.contains(&format!(" : {n}")), "{id} {cle} : {explication}");
                    }
                    assert_eq!(document.case(id, "Résultat attendu en 2021"), "100,0 %");
                }
                let eloigne = [&attendu["eloigne_note_2"], &attendu["eloigne_annexe_5"]]
                    .iter()
                    .any(|e| e.as_bool() == Some(true));
                assert_eq!(explication.contains("Très éloigné de la cible"), eloigne, "{id}");
            }
        },
    );
}

#[test]
fn the_distance_to_what_was_expected_and_to_the_year_before_is_explained() {
    let regler = |remise: &mut Remise<'_>| {
        remise.tableau.indicateurs[0].valeur = Some(Valeur::Entier(1100));
        let orientation = &mut remise.tableau.indicateurs[1];
        orientation.tenue.as_mut().unwrap().taux = Some(Valeur::Decimal(0.6));
        remise.historique = Historique::lire(
            "indicateur;periode;colonne;valeur;source;exemple\n\
             3.1.1;2020;resultat;1 000;rapport;\n3.1.1;2021;attendu;1 200;convention;\n3.1.2;2021;attendu;80 %;convention;\n",
        )
        .unwrap();
    };
    campagne("mars-2022", regler, |remise, _, _, _| {
        let document = lire_document(&execution::execution(remise).unwrap());
        let entrants = document.case("3.1.1", "Explication");
        assert!(entrants.contains("Attendu en 2021 : 1\u{202f}200 ; écart : −100."), "{entrants}");
        assert!(entrants.contains("Par rapport à 2020, 1\u{202f}000 : +100 (+10,0 %)."), "{entrants}");
        assert_eq!(document.case("3.1.1", "Résultat atteint en 2020"), "1\u{202f}000");
        let orientation = document.case("3.1.2", "Explication");
        assert!(orientation.contains("Attendu en 2021 : 80,0 % ; écart : −20,0 point(s)."), "{orientation}");
    });
    // The first months say nothing of the number expected of a year; a share can be compared.
    let de_juin = |remise: &mut Remise<'_>| {
        remise.historique = Historique::lire(
            "indicateur;periode;colonne;valeur;source\n3.1.1;2022;attendu;1 200;convention\n3.1.1;2021;resultat;900;rapport\n",
        )
        .unwrap();
    };
    campagne("juin-2022", de_juin, |remise, _, _, _| {
        let document = lire_document(&execution::execution(remise).unwrap());
        let entrants = document.case("3.1.1", "Explication");
        assert!(!entrants.contains("écart") && !entrants.contains("Par rapport"), "{entrants}");
        assert!(document.case("3.1.2", "Explication").contains("Attendu en 2022 : 100,0 % ; écart : "));
    });
}

#[test]
fn a_hidden_figure_stays_hidden_in_the_execution_report() {
    let regler = |remise: &mut Remise<'_>| {
        remise.contexte.diffusion = true;
        remise.tableau.indicateurs[0].valeur = Some(Valeur::Masquee);
        remise.tableau.indicateurs[1].tenue.as_mut().unwrap().taux = Some(Valeur::Masquee);
        remise.tableau.indicateurs[11].valeur = None;
        remise.historique = Historique::lire(
            "indicateur;periode;colonne;valeur;source\n3.1.1;2020;resultat;100;x\n3.1.2;2021;attendu;80 %;x\n",
        )
        .unwrap();
    };
    campagne("mars-2022", regler, |remise, _, _, _| {
        let document = lire_document(&execution::execution(remise).unwrap());
        assert_eq!(document.case("3.1.1", "Résultat atteint en 2021"), "s.");
        assert_eq!(document.case("3.2.6", "Résultat atteint en 2021"), "n.d.");
        assert!(!document.case("3.1.1", "Explication").contains("Par rapport"));
        let orientation = document.case("3.1.2", "Explication");
        assert!(orientation.contains("Taux : s.") && !orientation.contains("écart :"), "{orientation}");
    });
}

#[test]
fn the_comments_follow_the_section_that_they_explain() {
    let regler = |remise: &mut Remise<'_>| {
        for (titre, id, texte) in
            [("Hors Pôle emploi", "3.1.3", "a < b & c\u{1}"), ("Orientations AG", "3.2.3", "douze")]
        {
            remise.commentaires.push(Commentaire {
                titre: titre.into(),
                indicateurs: vec![id],
                paragraphes: vec![texte.to_owned()],
                a_completer: id == "3.2.3",
            });
        }
    };
    campagne("mars-2022", regler, |remise, _, _, _| {
        let paragraphes = lire_document(&execution::execution(remise).unwrap()).paragraphes;
        let rang = |dit: &str| paragraphes.iter().position(|p| p.starts_with(dit)).unwrap_or_else(|| panic!("{dit}"));
        let ordre = ["1.4.", "Hors Pôle emploi", "1.5.", "Orientations AG", "Sur quoi"].map(rang);
        assert!(ordre.is_sorted(), "{ordre:?}");
        assert_eq!(paragraphes[rang("Hors Pôle emploi") + 1], "a < b & c");
        assert_eq!(paragraphes[rang("Orientations AG") + 2], "[À compléter par le département]");
    });
}

#[test]
fn the_same_figures_make_the_same_document_dated_from_the_arrete_on_a4_landscape() {
    campagne(
        "mars-2022",
        |_| {},
        |remise, _, _, _| {
            let octets = execution::execution(remise).unwrap();
            // The seconds of a zip are counted by two.
            std::thread::sleep(std::time::Duration::from_millis(2100));
            assert!(octets == execution::execution(remise).unwrap());
            assert!(partie(&octets, "docProps/core.xml").contains("2021-12-31T00:00:00Z"));
            assert!(partie(&octets, "word/document.xml").contains("w:orient=\"landscape\""));
        },
    );
}

#[test]
fn a_few_events_that_wait_for_their_person_are_hidden_in_what_leaves_the_department() {
    let en_attente = |remise: &Remise<'_>| -> Vec<Data> {
        let qualite = &lire(remise, None)["Qualité"];
        let lignes = qualite.rows().filter(|cellules| cellules[0].to_string().starts_with("Événements en attente"));
        lignes.map(|cellules| cellules[2].clone()).collect()
    };
    campagne(
        "mars-2022",
        |_| {},
        |remise, json, _, _| {
            let attendus: Vec<f64> = json["qualite"]["evenements_en_attente"]
                .as_array()
                .unwrap()
                .iter()
                .map(|e| e["nombre"].as_f64().unwrap())
                .collect();
            assert_eq!(en_attente(remise).iter().map(|n| nombre(n).unwrap()).collect::<Vec<_>>(), attendus);
            assert!(attendus.iter().any(|n| *n < 5.0), "nobody to hide");
        },
    );
    campagne(
        "mars-2022",
        |remise| remise.contexte.diffusion = true,
        |remise, _, _, _| {
            for n in en_attente(remise) {
                assert!(nombre(&n).is_none_or(|n| n == 0.0 || n >= 5.0) && (nombre(&n).is_some() || texte(&n) == "s."));
            }
        },
    );
}
