//! The report, read back: it is well-formed XML, so that a cell is found by what it holds.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

use super::*;
use crate::historique::{Chiffre, Colonne, Historique};
use crate::indicateurs::axes::{Axe, Part};
use crate::indicateurs::variantes::Variante;
use crate::indicateurs::{Question, Tableau, Valeur, courbes::courbes};
use crate::parcours::recit::{Recit, jour, recit};
use crate::qualite::{Cadre, Completude, Seuils, completude};
use crate::rapport::json::json;
use crate::temps::Periode;

/// What a page holds.
#[derive(Default)]
struct Lue {
    /// Texts by table, line and field.
    cellules: BTreeMap<(String, String, String), String>,
    /// Names of the elements met.
    elements: BTreeSet<String>,
    /// Ranks of the headings, in order.
    titres: Vec<u8>,
    identifiants: Vec<String>,
    /// Identifiers that something refers to.
    renvois: Vec<String>,
    texte: String,
}

fn attribut(balise: &BytesStart<'_>, nom: &str) -> Option<String> {
    let trouve = balise.try_get_attribute(nom).unwrap()?;
    Some(trouve.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap().into_owned())
}

/// Reads a page; a tag left open or an attribute without quotes stops it.
fn lire(page: &str) -> Lue {
    let mut lue = Lue::default();
    let mut lecteur = quick_xml::Reader::from_str(page);
    let (mut table, mut ligne, mut pile) = (String::new(), String::new(), Vec::<Option<String>>::new());
    loop {
        match lecteur.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(balise) => {
                lue.noter(&balise);
                let nom = balise.name().as_ref().to_owned();
                match nom.as_str() {
                    "table" => table = attribut(&balise, "id").unwrap(),
                    "tr" => ligne = attribut(&balise, "data-ligne").unwrap_or_default(),
                    _ => {}
                }
                let champ = attribut(&balise, "data-champ");
                if let Some(champ) = &champ {
                    let cle = (table.clone(), ligne.clone(), champ.clone());
                    assert!(lue.cellules.insert(cle.clone(), String::new()).is_none(), "{cle:?} is there twice");
                }
                pile.push(champ);
            }
            Event::Empty(balise) => lue.noter(&balise),
            Event::End(_) => {
                pile.pop().unwrap();
            }
            Event::Text(texte) => lue.ajouter(&texte, &table, &ligne, &pile),
            Event::GeneralRef(renvoi) => {
                let texte = match renvoi.resolve_char_ref().unwrap() {
                    Some(caractere) => caractere.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&renvoi).unwrap().to_owned(),
                };
                lue.ajouter(&texte, &table, &ligne, &pile);
            }
            _ => {}
        }
    }
    assert!(pile.is_empty());
    lue
}

impl Lue {
    fn noter(&mut self, balise: &BytesStart<'_>) {
        let nom = balise.name().as_ref().to_owned();
        if let Some(rang) = nom.strip_prefix('h').and_then(|rang| rang.parse().ok()) {
            self.titres.push(rang);
        }
        self.elements.insert(nom);
        self.identifiants.extend(attribut(balise, "id"));
        let noms = attribut(balise, "aria-labelledby").unwrap_or_default();
        self.renvois.extend(noms.split_whitespace().map(str::to_owned));
        self.renvois.extend(attribut(balise, "href").map(|href| href.strip_prefix('#').unwrap().to_owned()));
    }

    fn ajouter(&mut self, texte: &str, table: &str, ligne: &str, pile: &[Option<String>]) {
        self.texte.push_str(texte);
        if let Some(champ) = pile.iter().rev().flatten().next() {
            self.cellules.get_mut(&(table.into(), ligne.into(), champ.clone())).unwrap().push_str(texte);
        }
    }

    fn cellule(&self, table: &str, ligne: &str, champ: &str) -> &str {
        let trouvee = self.cellules.get(&(table.into(), ligne.into(), champ.into()));
        trouvee.unwrap_or_else(|| panic!("no cell {table}, {ligne}, {champ}"))
    }
}

/// Eight enter in March, six oriented in time. Rates, means and late ones are there too.
const MARS: &str = "
    2020-12-31 stock       Z:9=2+
    2021-03-01 quotidien   A:1=2+ B:2=2+ C:3=2+ D:4=2+ E:5=2+ F:6=2+ G:7=2+ H:8=2+
    2021-03-04 orientation CD social     de:A
    2021-03-06 orientation CD social     de:B
    2021-03-08 orientation CCAS social   de:C
    2021-03-10 orientation CD emploi     de:D
    2021-03-12 orientation PE emploi     de:E
    2021-04-20 orientation CD social     de:F
    2021-03-14 rdv         accompagnement de:A
    2021-03-29 rdv         accompagnement de:B
    2021-04-12 cer                       de:A
    2021-05-30 cer                       de:B
    2021-03-09 orientation CCAS GAD      de:G";

struct Essai {
    recit: Recit,
    completude: Completude,
    periode: Periode,
}

impl Essai {
    fn new() -> Self {
        let periode = Periode { du: jour("2021-01-01"), au: jour("2021-12-31"), arrete: jour("2021-12-31") };
        let cadre = Cadre { du: periode.du, au: periode.au, connu_le: periode.au };
        Self { recit: recit(MARS), completude: completude(&[], cadre, &Seuils::default()), periode }
    }

    fn remise(&self) -> Remise<'_> {
        let referentiel = &self.recit.referentiel;
        let question = Question { periode: self.periode, connu_le: None, referentiel };
        let tableau = self.recit.tableau("2021-01-01", "2021-12-31", None);
        Remise {
            contexte: Contexte {
                campagne: Some("mars-2022"),
                periode: self.periode,
                connu_le: None,
                referentiel,
                completude: &self.completude,
                diffusion: false,
            },
            courbes: courbes(&tableau, &question),
            tableau,
            historique: Historique::default(),
            commentaires: Vec::new(),
        }
    }
}

/// A split, made of the figures of the table themselves.
fn part(tableau: &Tableau<'_>, axe: Axe, valeur: &str) -> Part {
    Part { axe, valeur: valeur.to_owned(), indicateurs: tableau.indicateurs.iter().take(7).cloned().collect() }
}

/// A figure of the JSON, as a reader must see it.
fn attendu(valeur: &Value, champ: &str) -> String {
    match (champ, valeur) {
        ("eloigne_note_2" | "eloigne_annexe_5", Value::Bool(true)) => "▲ Oui, à justifier".to_owned(),
        (_, Value::Bool(_)) => "Non".to_owned(),
        (_, Value::Null) => "n.d.".to_owned(),
        ("taux" | "cible", n) => pourcent(n.as_f64().unwrap()),
        ("moyenne_jours" | "mediane_jours", n) => format!("{:.1} j", n.as_f64().unwrap()).replace('.', ","),
        (_, n) if n.is_f64() => n.to_string().replace('.', ","),
        (_, n) => n.to_string(),
    }
}

#[test]
fn every_figure_of_the_json_is_in_its_cell() {
    let essai = Essai::new();
    let remise = essai.remise();
    let lue = lire(&html(&remise));
    let json = json(&remise.contexte, &remise.tableau);
    let mut comparees = 0;
    for indicateur in json["indicateurs"].as_array().unwrap() {
        let id = indicateur["id"].as_str().unwrap();
        let mut champs = vec![("tableau", "valeur")];
        if indicateur.get("taux").is_some() {
            champs.extend(["taux", "cible", "eloigne_note_2", "eloigne_annexe_5"].map(|champ| ("tableau", champ)));
            champs.extend(
                ["dans_les_delais", "hors_delai", "en_cours", "echus", "hors_champ", "moyenne_jours", "mediane_jours"]
                    .map(|champ| ("tenue", champ)),
            );
        }
        for (table, champ) in champs {
            assert_eq!(lue.cellule(table, id, champ), attendu(&indicateur[champ], champ), "{id} {champ}");
            comparees += 1;
        }
        for (code, n) in indicateur.get("tranches").and_then(Value::as_object).into_iter().flatten() {
            let table = format!("tranches-{}", id.replace('.', "-"));
            assert_eq!(lue.cellule(&table, id, code), n.to_string(), "{id} {code}");
            comparees += 1;
        }
    }
    assert_eq!(comparees, 12 + 3 * 11 + 3 * 4);
    assert_eq!(lue.cellule("tableau", "3.1.1", "valeur"), "8");
    assert_eq!(lue.cellule("tableau", "3.1.2", "taux"), "75,0 %");
    assert_eq!(lue.cellule("tableau", "3.2.6", "valeur"), "n.d.");
    for c in json["complementaires"].as_array().unwrap() {
        let cle = format!("{} {}", c["code"].as_str().unwrap(), c["caisse"].as_str().unwrap_or_default());
        let texte = lue.cellule("complementaires", cle.trim_end(), "valeur");
        let part = ["taux", "part", "sorties"].iter().any(|debut| c["code"].as_str().unwrap().starts_with(debut));
        assert_eq!(texte, attendu(&c["valeur"], if part { "taux" } else { "valeur" }), "{c}");
    }
}

#[test]
fn the_page_is_made_of_one_file_without_script_and_its_headings_are_in_order() {
    let essai = Essai::new();
    let mut remise = essai.remise();
    remise.tableau.repartitions = Axe::TOUS.map(|(_, axe)| part(&remise.tableau, axe, "A")).into();
    let page = html(&remise);
    let lue = lire(&page);
    for interdit in ["script", "link", "img", "iframe", "object", "form", "image", "use"] {
        assert!(!lue.elements.contains(interdit), "{interdit}");
    }
    for interdit in ["http://", "https://", "url(", "@import", "style=\"", "kuva"] {
        // A drawing refers to a zone of its own.
        let dits = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "").replace("url(#", "");
        assert!(!dits.contains(interdit), "{interdit}");
    }
    for attendu in ["header", "nav", "main", "footer", "h1", "caption"] {
        assert!(lue.elements.contains(attendu), "{attendu}");
    }
    assert_eq!(lue.titres.iter().filter(|rang| **rang == 1).count(), 1);
    assert!(lue.titres.windows(2).all(|w| w[1] <= w[0] + 1), "{:?}", lue.titres);
    let uniques: BTreeSet<&String> = lue.identifiants.iter().collect();
    assert_eq!(uniques.len(), lue.identifiants.len(), "an identifier is there twice");
    assert!(lue.renvois.iter().all(|id| uniques.contains(id)), "{:?}", lue.renvois);
}

#[test]
fn what_comes_from_the_files_stays_text() {
    let essai = Essai::new();
    let mut remise = essai.remise();
    let piege = "<script>alert(\"x\")</script> & 'Cie'";
    remise.tableau.repartitions = vec![part(&remise.tableau, Axe::Structure, piege)];
    remise.contexte.campagne = Some(piege);
    remise.commentaires = vec![Commentaire {
        titre: "Structures".into(),
        indicateurs: vec!["3.1.3"],
        paragraphes: vec![piege.to_owned()],
        a_completer: true,
    }];
    remise.historique.chiffres = vec![Chiffre {
        indicateur: "3.1.1".into(),
        periode: piege.into(),
        colonne: Colonne::Attendu,
        valeur: Valeur::Entier(12),
        en_part: false,
        exemple: false,
        source: piege.into(),
    }];
    let page = html(&remise);
    assert!(!page.contains("<script") && !page.contains("</script"), "it would run");
    let lue = lire(&page);
    assert_eq!(lue.texte.matches(piege).count(), 5, "campaign, line, paragraph, column and source");
    assert_eq!(lue.cellule("par-structure", piege, "3.1.2"), "6");
    assert_eq!(lue.cellule("annees", "3.1.1", &format!("Attendu {piege}")), "12");
    assert!(lue.texte.contains("À justifier ou à compléter"));
}

#[test]
fn a_figure_of_pole_emploi_stands_with_our_own() {
    let essai = Essai::new();
    let mut remise = essai.remise();
    remise.tableau.indicateurs[8].valeur = Some(Valeur::Entier(12));
    remise.tableau.indicateurs[8].valeur_calculee = Some(Some(Valeur::Entier(11)));
    let lue = lire(&html(&remise));
    assert_eq!(lue.cellule("tableau", "3.2.3", "valeur"), "12");
    assert!(lue.texte.contains("Chiffre transmis par Pôle emploi ; calcul de jalon : 11"));
}

/// Sixteen people oriented one a day: the curve that leaves the department has two of its points.
#[test]
fn a_curve_that_leaves_the_department_is_drawn_straight_between_its_points() {
    let essai = Essai::new();
    let mut remise = essai.remise();
    let modele = remise.courbes[0].points[0];
    remise.courbes[0].points = (1..=16u32)
        .map(|jour| crate::indicateurs::courbes::Point {
            jour: i64::from(jour),
            part: f64::from(jour) / 16.0,
            venus: Valeur::Entier(1),
            ..modele
        })
        .collect();
    remise.contexte.diffusion = true;
    let lue = lire(&html(&remise));
    let dit = "Points montrés : 31,0 % au jour 5 ; 63,0 % au jour 10. Entre eux, le trait est droit";
    assert_eq!(lue.texte.matches(dit).count(), 2);
    let cellules: Vec<_> = lue.cellules.keys().filter(|(table, _, _)| table == "points-3-1-2").collect();
    assert_eq!(cellules.len(), 2, "shares, and no count: {cellules:?}");
}

#[test]
fn sections_without_anything_to_say_are_not_there() {
    let essai = Essai::new();
    let mut remise = essai.remise();
    let ids = ["commentaires", "tendance", "repartitions", "lectures", "historique"];
    let absents = |remise: &Remise<'_>| {
        let lue = lire(&html(remise));
        ids.iter().filter(|id| !lue.identifiants.iter().any(|vu| vu == *id)).count()
    };
    assert_eq!(absents(&remise), 5);
    remise.tableau.repartitions = vec![part(&remise.tableau, Axe::Mois, "2021-03")];
    assert_eq!(absents(&remise), 4);
    remise.tableau.repartitions.push(part(&remise.tableau, Axe::Caisse, "CAF991"));
    assert_eq!(absents(&remise), 3);
}

#[test]
fn each_split_has_its_lines_its_rates_and_the_whole() {
    let essai = Essai::new();
    let mut remise = essai.remise();
    let mut fevrier = part(&remise.tableau, Axe::Mois, "2021-02");
    fevrier.indicateurs[0].valeur = Some(Valeur::Masquee);
    fevrier.indicateurs[1].valeur = Some(Valeur::Entier(3));
    fevrier.indicateurs[1].tenue.as_mut().unwrap().taux = None;
    remise.tableau.repartitions = vec![fevrier, part(&remise.tableau, Axe::Mois, "2021-03")];
    let lue = lire(&html(&remise));
    assert_eq!(lue.cellule("par-mois", "2021-02", "3.1.1"), "s.");
    assert_eq!(lue.cellule("par-mois", "2021-02", "3.1.2"), "3");
    assert_eq!(lue.cellule("par-mois", "2021-02", "3.1.2 taux"), "n.d.");
    assert_eq!(lue.cellule("par-mois", "2021-03", "3.1.2 taux"), "75,0 %");
    assert_eq!(lue.cellule("par-mois", "ensemble", "3.1.1"), "8");
    assert!(!lue.texte.contains("ce n'est pas la somme"));
}

#[test]
fn a_whole_that_is_not_the_sum_of_its_lines_says_so() {
    let mut essai = Essai::new();
    essai.recit.referentiel.lectures.choisir("comptage", "personnes").unwrap();
    let mut remise = essai.remise();
    remise.tableau.repartitions = vec![part(&remise.tableau, Axe::Caisse, "CAF991")];
    // Distinct people: the seven columns of the split.
    let page = html(&remise);
    assert_eq!(page.matches("<span class=\"precision\">*</span>").count(), 7);
    let lue = lire(&page);
    assert!(lue.texte.contains("ce n'est pas la somme des lignes"));
}

#[test]
fn other_years_are_shown_as_they_were_written() {
    let essai = Essai::new();
    let mut remise = essai.remise();
    let chiffre = |periode: &str, colonne, valeur, en_part, exemple, source: &str| Chiffre {
        indicateur: "3.1.2".into(),
        periode: periode.into(),
        colonne,
        valeur,
        en_part,
        exemple,
        source: source.into(),
    };
    remise.historique.chiffres = vec![
        chiffre("2019", Colonne::Resultat, Valeur::Entier(412), false, false, "bilan de 2019"),
        chiffre("2021", Colonne::Attendu, Valeur::Decimal(0.6), true, true, "fiche action"),
    ];
    let lue = lire(&html(&remise));
    assert_eq!(lue.cellule("annees", "3.1.2", "2019"), "412");
    assert_eq!(lue.cellule("annees", "3.1.2", "Attendu 2021"), "60,0 %");
    assert!(lue.texte.contains("exemple, source 2"));
    assert!(!lue.cellules.keys().any(|(table, ligne, _)| table == "annees" && ligne == "3.1.1"), "an empty line");
}

#[test]
fn another_reading_shows_how_far_it_is_from_the_table() {
    let essai = Essai::new();
    let mut remise = essai.remise();
    let mut valeurs: Vec<_> = remise.tableau.indicateurs.iter().map(|i| (i.definition.id, i.valeur)).collect();
    valeurs[1].1 = Some(Valeur::Entier(4));
    valeurs[11].1 = Some(Valeur::Decimal(7.5));
    remise.tableau.variantes =
        vec![Variante { cle: "orientation.delai", lecture: "30_jours", texte: "annexe 1", valeurs }];
    let page = html(&remise);
    let lue = lire(&page);
    let lecture = "orientation.delai=30_jours";
    assert_eq!(lue.cellule("autres-lectures", "tableau", "3.1.2"), "6");
    assert_eq!(lue.cellule("autres-lectures", lecture, "3.1.2"), "4");
    assert_eq!(lue.cellule("autres-lectures", lecture, "3.2.6"), "7,5");
    assert_eq!(page.matches("<span class=\"precision\">−2</span>").count(), 1);
    assert_eq!(page.matches("class=\"change\"").count(), 1, "what cannot be compared has no difference");
    assert!(lue.texte.contains("annexe 1"));
}

#[test]
fn the_curves_have_their_limit_their_words_and_their_data() {
    let essai = Essai::new();
    let lue = lire(&html(&essai.remise()));
    // Three of eight by day 7; the sixth on day 11; the seventh on day 50.
    assert_eq!(lue.cellule("points-3-1-2", "7", "part"), "37,5 %");
    assert_eq!(lue.cellule("points-3-1-2", "7", "exposes"), "6");
    assert_eq!(lue.cellule("points-3-1-2", "50", "part"), "87,5 %");
    let texte = "Limite : 1 mois (27 à 30 jours selon le mois) ; fait au jour 30 : 75,0 % ; la moitié est atteinte au jour 8 ; 87,5 % au jour 50, le dernier où la part a monté.";
    assert_eq!(lue.texte.matches(texte).count(), 2, "for the eye and for the ear");
    assert!(lue.texte.contains("Limite : 14 jours ;"));
}

#[test]
fn what_leaves_the_department_says_so_and_shows_no_small_curve() {
    let essai = Essai::new();
    let mut remise = essai.remise();
    remise.contexte.diffusion = true;
    remise.tableau.indicateurs[3].valeur = Some(Valeur::Masquee);
    let tenue = remise.tableau.indicateurs[3].tenue.as_mut().unwrap();
    tenue.taux = Some(Valeur::Masquee);
    (tenue.eloigne_note_2, tenue.eloigne_annexe_5) = (None, None);
    let lue = lire(&html(&remise));
    assert!(lue.texte.contains("Document à diffuser"));
    for champ in ["valeur", "taux", "eloigne_note_2", "eloigne_annexe_5"] {
        assert_eq!(lue.cellule("tableau", "3.1.4", champ), "s.", "{champ}");
    }
    // Five oriented by day 9, three left: no point may be shown, and the others are of five or six.
    assert_eq!(lue.texte.matches("La courbe n'est pas montrée").count(), 3);
    assert!(!lue.cellules.keys().any(|(table, _, _)| table.starts_with("points-")));
}

#[test]
fn the_style_is_the_only_thing_that_the_page_allows_itself() {
    let essai = Essai::new();
    let page = html(&essai.remise());
    let (_, apres) = page.split_once("<style>").unwrap();
    let (feuille, _) = apres.split_once("</style>").unwrap();
    let empreinte = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(feuille));
    assert!(
        page.contains(&format!("style-src &#39;sha256-{empreinte}&#39;"))
            || page.contains(&format!("style-src 'sha256-{empreinte}'"))
    );
}
