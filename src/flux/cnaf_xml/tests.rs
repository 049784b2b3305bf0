//! The habits of real flux files, one test each.

use proptest::prelude::*;

use super::*;
use crate::releves::{Caisse, Ecartee, EnTete, MotifRejet, Role, TypeFlux};

#[path = "../../../tests/commun/degats.rs"]
mod degats;

/// A flux as text: a header, foyers, a trailer. Every part can be replaced.
struct Flux {
    prologue: &'static str,
    en_tete: String,
    foyers: Vec<String>,
    annonces: Option<String>,
}

fn en_tete(typeflux: &str, natflux: &str, dtref: &str, dtcreaflux: &str) -> String {
    format!(
        "<IdentificationFlux>\n<APPLIEME>CRI</APPLIEME><TYPEFLUX>{typeflux}</TYPEFLUX><NATFLUX>{natflux}</NATFLUX>\n\
         <DTCREAFLUX>{dtcreaflux}</DTCREAFLUX><HEUCREAFLUX>01:18:36.0000</HEUCREAFLUX><DTREF>{dtref}</DTREF>\n\
         </IdentificationFlux>"
    )
}

impl Flux {
    fn mensuel(foyers: impl IntoIterator<Item = String>) -> Self {
        Self {
            prologue: r#"<?xml version="1.0" encoding="windows-1252"?>"#,
            en_tete: en_tete("M", "D", "2021-01-31", "2021-02-05"),
            foyers: foyers.into_iter().collect(),
            annonces: None,
        }
    }

    fn quotidien(foyers: impl IntoIterator<Item = String>) -> Self {
        Self { en_tete: en_tete("I", "D", "2021-02-08", "2021-02-08"), ..Self::mensuel(foyers) }
    }

    fn annoncer(self, annonces: &str) -> Self {
        Self { annonces: Some(annonces.to_owned()), ..self }
    }

    fn texte(&self) -> String {
        let Self { prologue, en_tete, foyers, annonces } = self;
        let annonces = annonces.clone().unwrap_or_else(|| format!("{:08}", foyers.len()));
        format!(
            "{prologue}\n<Racine>\n{en_tete}\n{}<TransmissionFlux><NBTOTDOSRSATRANSM>{annonces}</NBTOTDOSRSATRANSM></TransmissionFlux>\n</Racine>\n",
            foyers.iter().map(|foyer| format!("{foyer}\n")).collect::<String>(),
        )
    }

    /// What is read of it, the text being all in ASCII.
    fn lire(&self) -> Lu {
        Lu::de(self.texte().as_bytes(), Tolerance::default())
    }
}

/// A foyer of six lines: the person stands on the third.
fn foyer(numdemrsa: &str, etat: &str, personnes: &str) -> String {
    foyer_de(
        numdemrsa,
        personnes,
        &format!(
            "<SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>{etat}</ETATDOSRSA></EtatDossierRSA></SituationDossierRSA>"
        ),
    )
}

fn foyer_de(numdemrsa: &str, personnes: &str, prestation: &str) -> String {
    format!(
        "<InfosFoyerRSA>\n<IdentificationRSA><Organisme><FONORG>CAF</FONORG><NUMORG>991</NUMORG><MATRICULE>000000000010101</MATRICULE></Organisme>\
         <DemandeRSA><DTDEMRSA>2021-01-04</DTDEMRSA><NUMDEMRSA>{numdemrsa}</NUMDEMRSA></DemandeRSA></IdentificationRSA>\n\
         {personnes}\n<DonneesAdministratives><Adresse /></DonneesAdministratives>\n<PrestationRSA>{prestation}</PrestationRSA>\n</InfosFoyerRSA>"
    )
}

/// A claimant with a name of their own.
fn personne(nom: &str) -> String {
    personne_avec(nom, "<Prestations><NATPREST>RSA</NATPREST><ROLEPERS>DEM</ROLEPERS></Prestations>")
}

fn personne_avec(nom: &str, reste: &str) -> String {
    format!(
        "<Personne><Identification><NOM>{nom}</NOM><PRENOM>ONDINE</PRENOM><DTNAI>1987-04-19</DTNAI></Identification>{reste}</Personne>"
    )
}

fn role(nature: &str, role: &str) -> String {
    format!("<Prestations><NATPREST>{nature}</NATPREST><ROLEPERS>{role}</ROLEPERS></Prestations>")
}

fn un_foyer(nom: &str) -> String {
    foyer("00000010101", "2", &personne(nom))
}

/// What the reader handed over, and how it ended.
#[derive(Debug, Default)]
struct Lu {
    en_tete: Option<EnTete>,
    foyers: Vec<Foyer>,
    rejets: Vec<Rejet>,
    /// Dossier and text of what was set aside.
    ecartes: Vec<(String, Option<String>)>,
    marque: Option<Marque>,
    fin: Option<Result<BilanFlux, Refus>>,
}

impl RecepteurFlux for Lu {
    fn en_tete(&mut self, en_tete: &EnTete) -> Result<(), Refus> {
        assert!(self.en_tete.is_none(), "the header comes once");
        self.en_tete = Some(en_tete.clone());
        Ok(())
    }
    fn foyer(&mut self, foyer: Foyer) -> Result<(), Refus> {
        assert!(self.en_tete.is_some());
        self.foyers.push(foyer);
        Ok(())
    }
    fn rejet(&mut self, rejet: Rejet) -> Result<(), Refus> {
        assert!(self.en_tete.is_some());
        self.rejets.push(rejet);
        Ok(())
    }
    fn ecartee(&mut self, ecartee: Ecartee<'_>) -> Result<(), Refus> {
        let texte = ecartee.texte.map(|texte| match texte {
            TexteEcarte::Xml { racine, en_tete, foyer } => format!("{racine}|{en_tete}|{}", foyer.concat()),
            TexteEcarte::Csv { .. } => panic!("a flux in XML"),
        });
        self.ecartes.push((ecartee.numdemrsa.to_owned(), texte));
        Ok(())
    }
    fn extrait(&mut self, marque: &Marque) -> Result<(), Refus> {
        assert!(self.en_tete.is_none(), "the mark comes before the header");
        self.marque = Some(marque.clone());
        Ok(())
    }
}

impl Lu {
    fn de(octets: &[u8], tolerance: Tolerance) -> Self {
        Self::par(DECOUPE, octets, tolerance)
    }

    fn par(decoupe: Decoupe, octets: &[u8], tolerance: Tolerance) -> Self {
        let mut lu = Self::default();
        let tete = &octets[..octets.len().min(1024)];
        let utf8 = std::str::from_utf8(octets).is_ok();
        lu.fin = Some(lire_par(decoupe, &|| true, octets, tete, utf8, &mut lu, tolerance));
        lu
    }

    fn bilan(&self) -> &BilanFlux {
        self.fin.as_ref().unwrap().as_ref().unwrap()
    }

    fn refus(&self) -> String {
        self.fin.as_ref().unwrap().as_ref().expect_err("the file is refused").to_string()
    }

    fn noms(&self) -> Vec<&str> {
        self.foyers.iter().flat_map(|foyer| &foyer.personnes).map(|personne| personne.nom.as_str()).collect()
    }

    /// Line, field and reason of what was set aside.
    fn ecartes(&self) -> Vec<(u64, &str, MotifRejet)> {
        self.rejets.iter().map(|rejet| (rejet.ligne, rejet.champ.as_str(), rejet.motif)).collect()
    }
}

fn dates(lu: &Lu) -> [String; 2] {
    let en_tete = lu.en_tete.as_ref().unwrap();
    [en_tete.dtref.to_string(), en_tete.cree_le.to_string()]
}

// Encodings.

#[test]
fn the_prolog_tells_the_encoding() {
    let mut flux = Flux::mensuel([un_foyer("@")]);
    let octets = |flux: &Flux, nom: &[u8]| {
        let texte = flux.texte();
        let (avant, apres) = texte.split_once('@').unwrap();
        [avant.as_bytes(), nom, apres.as_bytes()].concat()
    };
    for (prologue, nom, attendu) in [
        (r#"<?xml version="1.0" encoding="windows-1252"?>"#, &b"NO\xCBL \x8C\x80"[..], "NOËL Œ€"),
        (r#"<?xml version='1.0' encoding='WINDOWS-1252' standalone='yes'?>"#, b"NO\xCBL", "NOËL"),
        (r#"<?xml version="1.0" encoding="ISO-8859-15"?>"#, b"NO\xCBL \xBC\xA4", "NOËL Œ€"),
        (r#"<?xml version="1.0" encoding="ISO-8859-1"?>"#, b"NO\xCBL", "NOËL"),
        (r#"<?xml version="1.0" encoding="utf-8"?>"#, "NOËL Œ€".as_bytes(), "NOËL Œ€"),
        (r#"<?xml version="1.0"?>"#, "NOËL".as_bytes(), "NOËL"),
        ("", "NOËL".as_bytes(), "NOËL"),
    ] {
        flux.prologue = prologue;
        let lu = Lu::de(&octets(&flux, nom), Tolerance::default());
        assert_eq!(lu.noms(), [attendu], "{prologue}");
        assert_eq!(lu.bilan().avertissements, [""; 0], "{prologue}");
    }
}

#[test]
fn a_byte_order_mark_says_utf8_whatever_the_prolog() {
    for prologue in [r#"<?xml version="1.0" encoding="UTF-8"?>"#, r#"<?xml version="1.0" encoding="windows-1252"?>"#] {
        let flux = Flux { prologue, ..Flux::mensuel([un_foyer("NOËL")]) };
        let lu = Lu::de(format!("\u{feff}{}", flux.texte()).as_bytes(), Tolerance::default());
        assert_eq!(lu.noms(), ["NOËL"], "{prologue}");
        assert_eq!(lu.bilan().foyers, 1);
    }
}

/// A name that came out as « NOÃ‹L » would be another person's, and no event would find her.
#[test]
fn a_file_in_utf8_whose_prolog_was_left_as_it_was_is_read_in_utf8() {
    for prologue in
        [r#"<?xml version="1.0" encoding="windows-1252"?>"#, r#"<?xml version="1.0" encoding="ISO-8859-15"?>"#]
    {
        let flux = Flux { prologue, ..Flux::mensuel([un_foyer("NOËL")]) };
        assert_eq!(flux.lire().noms(), ["NOËL"], "{prologue}");
    }
}

#[test]
fn a_file_that_says_utf8_and_is_not_is_read_in_windows_1252_and_said_so() {
    let flux = Flux { prologue: r#"<?xml version="1.0" encoding="UTF-8"?>"#, ..Flux::mensuel([un_foyer("NO@L")]) };
    let octets: Vec<u8> = flux.texte().bytes().map(|b| if b == b'@' { 0xCB } else { b }).collect();
    let lu = Lu::de(&octets, Tolerance::default());
    assert_eq!(lu.noms(), ["NOËL"]);
    assert!(lu.bilan().avertissements[0].contains("annoncé en UTF-8 mais ne l'est pas"));
}

#[test]
fn an_encoding_that_no_flux_has_is_refused_and_named() {
    let flux = Flux { prologue: r#"<?xml version="1.0" encoding="klingon"?>"#, ..Flux::mensuel([un_foyer("A")]) };
    assert!(flux.lire().refus().contains("encodage « klingon » inconnu"));
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(flux.texte().bytes().flat_map(|b| [b, 0])).collect();
    assert!(Lu::de(&utf16, Tolerance::default()).refus().contains("UTF-16LE"));
}

// Values.

#[test]
fn names_hold_entities_character_numbers_and_cdata() {
    for (ecrit, lu) in [
        ("D&apos;ARC &amp; FILS", "D'ARC & FILS"),
        ("NO&#203;L", "NOËL"),
        ("NO&#xCB;L", "NOËL"),
        ("<![CDATA[A & <B>]]>", "A & <B>"),
        ("A&lt;<![CDATA[B]]>&gt;C", "A<B>C"),
        ("A<!-- note -->B", "AB"),
    ] {
        assert_eq!(Flux::mensuel([un_foyer(ecrit)]).lire().noms(), [lu], "{ecrit}");
    }
}

#[test]
fn an_unknown_entity_is_refused_at_its_line() {
    for entite in ["&eacute;", "&xxe;", "&#xD800;", "&#99999999;"] {
        let message = Flux::mensuel([un_foyer(entite)]).lire().refus();
        assert!(message.starts_with("ligne 9 : entité inconnue"), "{entite} {message}");
    }
}

#[test]
fn padding_is_trimmed_and_an_empty_element_is_no_value() {
    let bloc = un_foyer(" MARTIN\n ")
        .replace("<FONORG>CAF</FONORG>", "<FONORG> CAF </FONORG>")
        .replace("<NUMORG>991</NUMORG>", "<NUMORG>991 </NUMORG>")
        .replace("<ETATDOSRSA>2</ETATDOSRSA>", "<ETATDOSRSA>2 </ETATDOSRSA>")
        .replace("<DTDEMRSA>2021-01-04</DTDEMRSA>", "<DTDEMRSA />")
        .replace("</Identification>", "<NIR></NIR><NOMNAI /></Identification>");
    let lu = Flux::mensuel([bloc]).lire();
    assert_eq!((lu.noms(), lu.bilan().caisse.clone()), (vec!["MARTIN"], Some(Caisse("CAF991".into()))));
    let foyer = &lu.foyers[0];
    assert_eq!((foyer.etat, foyer.dtdemrsa), (2, None));
    assert_eq!((foyer.personnes[0].nir, foyer.personnes[0].nomnai.as_str()), (None, ""));
}

#[test]
fn matricule_and_numdemrsa_are_texts_whose_zeros_count() {
    let lu = Flux::mensuel([un_foyer("MARTIN")]).lire();
    assert_eq!((lu.foyers[0].matricule.as_str(), lu.foyers[0].numdemrsa.as_str()), ("000000000010101", "00000010101"));
}

#[test]
fn the_top_is_0_1_true_or_false_and_another_value_sets_the_foyer_aside() {
    let avec = |top: &str| personne("MARTIN").replace("</Personne>", &format!("{top}</Personne>"));
    let calcul = |top: &str| {
        avec(&format!(
            "<MontantCalculDroitRSAPersonne><TOPPERSDRODEVORSA>{top}</TOPPERSDRODEVORSA><TOPPERSENTDRODEVORSA>1</TOPPERSENTDRODEVORSA></MontantCalculDroitRSAPersonne>"
        ))
    };
    for (ecrit, top) in [("0", false), ("1", true), ("false", false), ("true", true)] {
        let lu = Flux::mensuel([foyer("1", "2", &calcul(ecrit))]).lire();
        let personne = &lu.foyers[0].personnes[0];
        assert_eq!((personne.top, personne.top_entrant), (Some(top), Some(true)), "{ecrit}");
    }
    assert_eq!(Flux::mensuel([foyer("1", "2", &calcul(""))]).lire().foyers[0].personnes[0].top, None);
    assert_eq!(Flux::mensuel([foyer("1", "2", &avec(""))]).lire().foyers[0].personnes[0].top, None);
    let lu = Flux::quotidien([foyer("1", "2", &calcul("X")), foyer("2", "2", &personne("A"))]).annoncer("2");
    assert_eq!(lu.lire().rejets[0].champ, "TOPPERSDRODEVORSA");
}

/// The caisse's own flag is compared with the rules, never an input: it sets nothing aside.
#[test]
fn an_odd_flag_of_the_caisse_costs_nobody() {
    let personne = personne("A").replace(
        "</Personne>",
        "<MontantCalculDroitRSAPersonne><TOPPERSENTDRODEVORSA>?</TOPPERSENTDRODEVORSA></MontantCalculDroitRSAPersonne></Personne>",
    );
    let lu = Flux::mensuel([foyer("1", "2", &personne)]).lire();
    assert_eq!(lu.foyers[0].personnes[0].top_entrant, None);
}

// People.

#[test]
fn the_role_is_that_of_the_rsa_whatever_the_order_of_the_two_prestations() {
    for prestations in [role("PFA", "DEM") + &role("RSA", "CJT"), role("RSA", "CJT") + &role("PFA", "DEM")] {
        let lu = Flux::mensuel([foyer("1", "2", &personne_avec("A", &prestations))]).lire();
        assert_eq!(lu.foyers[0].personnes[0].role, Role::Conjoint);
    }
    let lu = Flux::mensuel([foyer("1", "2", &personne_avec("A", &(role("PFA", "DEM") + &role("RSA", "ENF"))))]).lire();
    assert_eq!((lu.foyers[0].personnes.len(), lu.foyers[0].autres_roles), (0, 1));
}

#[test]
fn a_foyer_may_have_several_claimants_or_none() {
    let deux = personne("A") + &personne("B");
    let sans = personne_avec("C", &role("RSA", "CJT")) + &personne_avec("D", "");
    let lu = Flux::mensuel([foyer("1", "2", &deux), foyer("2", "2", &sans)]).lire();
    assert_eq!(lu.noms(), ["A", "B", "C", "D"]);
    assert_eq!(lu.foyers[1].personnes[1].role, Role::Aucun);
    assert_eq!(lu.bilan().rejetes, 0);
}

#[test]
fn children_others_and_unknown_roles_are_counted_and_make_no_record() {
    let personnes: String =
        ["ENF", "AUT", "RDO", "ZZZ", "DEM"].iter().map(|code| personne_avec(code, &role("RSA", code))).collect();
    let lu = Flux::mensuel([foyer("1", "2", &personnes)]).lire();
    assert_eq!((lu.noms(), lu.foyers[0].autres_roles), (vec!["DEM"], 4));
}

#[test]
fn the_same_person_twice_in_a_foyer_is_read_twice() {
    let lu = Flux::mensuel([foyer("1", "2", &(personne("A") + &personne("A")))]).lire();
    assert_eq!((lu.noms(), lu.bilan().foyers), (vec!["A", "A"], 1));
}

/// A child's attachment names the other parent: it is not who the person is.
#[test]
fn a_rattachement_never_overrides_the_identity() {
    let rattachement = "<Rattachement><NIR>2870499999002</NIR><NOM>AUTRE</NOM><PRENOM>AUTRE</PRENOM><DTNAI>1960-01-01</DTNAI></Rattachement>";
    for personne in [
        personne_avec("MARTIN", &(role("RSA", "DEM") + rattachement)),
        personne("MARTIN").replace("<Personne>", &format!("<Personne>{rattachement}")),
    ] {
        let lu = Flux::mensuel([foyer("1", "2", &personne)]).lire();
        let personne = &lu.foyers[0].personnes[0];
        assert_eq!((personne.nom.as_str(), personne.dtnai.as_str(), personne.nir), ("MARTIN", "1987-04-19", None));
    }
}

#[test]
fn a_bad_nir_loses_the_nir_and_never_the_person() {
    for (nir, utile) in [("2870499999002", true), ("7870499999002", false), ("28704999990021", false), ("", false)] {
        let personne = personne("A").replace("<NOM>", &format!("<NIR>{nir}</NIR><NOM>"));
        let lu = Flux::mensuel([foyer("1", "2", &personne)]).lire();
        assert_eq!((lu.noms(), lu.foyers[0].personnes[0].nir.is_some()), (vec!["A"], utile), "{nir}");
    }
}

#[test]
fn a_birth_day_or_month_that_nobody_knows_is_kept_as_it_is() {
    let avec = |dtnai: &str, nature: &str| {
        let dates = format!("<DTNAI>{dtnai}</DTNAI><TYPEDTNAI>{nature}</TYPEDTNAI>");
        let lu = Flux::mensuel([
            foyer("1", "2", &personne("A").replace("<DTNAI>1987-04-19</DTNAI>", &dates)),
            un_foyer("B"),
        ]);
        lu.lire().foyers[0].personnes[0].dtnai.clone()
    };
    assert_eq!(avec("1987-04-00", "J"), "1987-04-00");
    assert_eq!(avec("1987-00-00", "O"), "1987-00-00");
    assert_eq!(avec("1987-04-00", "N"), "1987-04-19", "set aside: only the other foyer is left");
}

// The dossier.

#[test]
fn the_current_address_is_the_one_of_rank_01() {
    let adresse = |rang: &str, commune: &str| {
        format!(
            "<Adresse><TroncCommunAdresse><RGADR>{rang}</RGADR></TroncCommunAdresse><AdresseDetailleeFrance><CODEPOS>{commune}</CODEPOS><NUMCOM>{commune}</NUMCOM></AdresseDetailleeFrance></Adresse>"
        )
    };
    for adresses in [adresse("01", "82121") + &adresse("02", "82001"), adresse("02", "82001") + &adresse("01", "82121")]
    {
        let bloc = un_foyer("A").replace("<Adresse />", &adresses);
        let lu = Flux::mensuel([bloc]).lire();
        assert_eq!((lu.foyers[0].commune.as_str(), lu.foyers[0].code_postal.as_str()), ("82121", "82121"));
    }
    let lu = Flux::mensuel([un_foyer("A").replace("<Adresse />", &adresse("02", "82001"))]).lire();
    assert_eq!(lu.foyers[0].commune, "");
}

#[test]
fn of_several_suspensions_the_earliest_counts() {
    let situation = |suspensions: &str| {
        format!(
            "<SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>4</ETATDOSRSA></EtatDossierRSA>{suspensions}</SituationDossierRSA>"
        )
    };
    let droit = |jour: &str| {
        format!("<SuspensionDroit><MOTISUSDRORSA>DA</MOTISUSDRORSA><DDSUSDRORSA>{jour}</DDSUSDRORSA></SuspensionDroit>")
    };
    let versement = |jour: &str| {
        format!(
            "<SuspensionVersement><MOTISUSVERSRSA>01</MOTISUSVERSRSA><DDSUSVERSRSA>{jour}</DDSUSVERSRSA></SuspensionVersement>"
        )
    };
    for suspensions in [
        droit("2021-01-10") + &versement("2020-11-02") + &droit("2021-01-09"),
        versement("2020-11-02") + "<SuspensionDroit><DDSUSDRORSA /></SuspensionDroit>",
    ] {
        let lu = Flux::mensuel([foyer_de("1", &personne("A"), &situation(&suspensions))]).lire();
        assert_eq!(lu.foyers[0].suspension, "2020-11-02".parse().ok());
    }
    let lu = Flux::mensuel([foyer_de("1", &personne("A"), &situation(&droit("2021-02-29"))), un_foyer("B")]).lire();
    assert_eq!(lu.ecartes(), [(7, "DDSUSDRORSA", MotifRejet::DateImpossible)]);
}

#[test]
fn the_reasons_of_closing_are_read_from_both_blocks() {
    let situation = "<SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>6</ETATDOSRSA></EtatDossierRSA>\
                     <FinDroit><MOTICLORSA>RGD</MOTICLORSA><DTCLORSA>2021-01-31</DTCLORSA></FinDroit>\
                     <FinDroitMoisAnterieur><MOTICLORSA>MUT</MOTICLORSA></FinDroitMoisAnterieur></SituationDossierRSA>";
    let lu = Flux::mensuel([foyer_de("1", &personne("A"), situation)]).lire();
    assert_eq!((lu.foyers[0].etat, lu.foyers[0].motif_cloture.as_str()), (6, "RGD MUT"));
}

#[test]
fn the_events_of_a_daily_are_kept_in_their_order() {
    let bloc = un_foyer("A").replace(
        "<PrestationRSA>",
        "<Evenement><DTLIQ>2021-02-08</DTLIQ><FG>SUS</FG></Evenement><Evenement><FG>REA</FG></Evenement><PrestationRSA>",
    );
    assert_eq!(Flux::quotidien([bloc]).lire().foyers[0].faits_generateurs, "SUS REA");
}

#[test]
fn an_unknown_code_of_closing_is_kept_and_said_once() {
    let clos = |numero: &str, motif: &str| {
        let situation = format!(
            "<SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>5</ETATDOSRSA></EtatDossierRSA><FinDroit><MOTICLORSA>{motif}</MOTICLORSA></FinDroit></SituationDossierRSA>"
        );
        foyer_de(numero, &personne("A"), &situation)
    };
    let lu = Flux::mensuel([clos("1", "QQQ"), clos("2", "QQQ"), clos("3", "PCG"), clos("4", "MUT")]).lire();
    let motifs: Vec<_> = lu.foyers.iter().map(|foyer| foyer.motif_cloture.as_str()).collect();
    assert_eq!(motifs, ["QQQ", "QQQ", "PCG", "MUT"]);
    let avertissements = &lu.bilan().avertissements;
    assert_eq!(avertissements.len(), 1, "{avertissements:?}");
    assert!(avertissements[0].contains("MOTICLORSA") && avertissements[0].contains("« QQQ »"), "{avertissements:?}");
}

// The file.

#[test]
fn the_header_says_stock_or_changes() {
    for (code, nature) in [
        ("M", TypeFlux::Mensuel),
        ("I", TypeFlux::Quotidien),
        ("R", TypeFlux::Quotidien),
        ("J", TypeFlux::Quotidien),
        ("Q", TypeFlux::Quotidien),
    ] {
        let flux = Flux { en_tete: en_tete(code, "D", "2021-02-08", "2021-02-09"), ..Flux::quotidien([un_foyer("A")]) };
        let lu = flux.lire();
        assert_eq!(lu.en_tete.as_ref().unwrap().type_flux, nature, "{code}");
        assert_eq!(dates(&lu), ["2021-02-08", "2021-02-09 01:18:36"]);
    }
    for code in ["X", "", "MI"] {
        let flux = Flux { en_tete: en_tete(code, "D", "2021-02-08", "2021-02-09"), ..Flux::quotidien([un_foyer("A")]) };
        let message = flux.lire().refus();
        assert!(message.contains("TYPEFLUX vaut"), "{message}");
        assert!(code.is_empty() || message.contains(&format!("« {code} »")), "{message}");
    }
}

#[test]
fn only_a_flux_of_beneficiaries_is_read() {
    for (code, mot) in [("I", "instruction"), ("R", "recueil"), ("Z", "« Z »"), ("", "NATFLUX vaut vide")] {
        let flux = Flux { en_tete: en_tete("I", code, "2021-02-08", "2021-02-08"), ..Flux::quotidien([un_foyer("A")]) };
        let lu = flux.lire();
        assert!(lu.refus().contains(mot), "{}", lu.refus());
        assert!(lu.foyers.is_empty());
    }
    let sans = en_tete("I", "D", "2021-02-08", "2021-02-08").replace("<NATFLUX>D</NATFLUX>", "");
    assert!(Flux { en_tete: sans, ..Flux::quotidien([un_foyer("A")]) }.lire().refus().contains("NATFLUX"));
}

#[test]
fn a_date_of_the_header_that_cannot_be_read_refuses_the_file() {
    for (dtref, creation, champ) in
        [("2021-02-30", "2021-02-08", "DTREF"), ("", "2021-02-08", "DTREF"), ("2021-02-08", "hier", "DTCREAFLUX")]
    {
        let flux = Flux { en_tete: en_tete("I", "D", dtref, creation), ..Flux::quotidien([un_foyer("A")]) };
        assert!(flux.lire().refus().contains(&format!("{champ} vaut")), "{champ}");
    }
    let heure = |heure: &str| en_tete("I", "D", "2021-02-08", "2021-02-08").replace("01:18:36.0000", heure);
    let lire = |texte: &str| Flux { en_tete: heure(texte), ..Flux::quotidien([un_foyer("A")]) }.lire();
    for (ecrit, lu) in [("21:27:43", "21:27:43"), ("21:27", "21:27:00"), ("", "00:00:00")] {
        assert_eq!(dates(&lire(ecrit))[1], format!("2021-02-08 {lu}"));
    }
    assert!(lire("25:00:00").refus().contains("HEUCREAFLUX"));
}

#[test]
fn a_second_header_refuses_the_file() {
    let double = en_tete("I", "D", "2021-02-08", "2021-02-08") + &en_tete("M", "D", "2021-01-31", "2021-02-05");
    let flux = Flux { en_tete: double, ..Flux::quotidien([un_foyer("A")]) };
    assert!(flux.lire().refus().contains("IdentificationFlux"), "{}", flux.lire().refus());
}

#[test]
fn two_caisses_in_a_file_refuse_it() {
    let autre = |avant: &str, apres: &str| foyer("2", "2", &personne("B")).replace(avant, apres);
    for second in
        [autre("<NUMORG>991</NUMORG>", "<NUMORG>992</NUMORG>"), autre("<FONORG>CAF</FONORG>", "<FONORG>MSA</FONORG>")]
    {
        let message = Flux::mensuel([un_foyer("A"), second]).lire().refus();
        assert!(message.starts_with("ligne 13 : deux caisses"), "{message}");
    }
}

#[test]
fn a_caisse_that_is_no_name_of_a_folder_is_refused() {
    let bloc = un_foyer("A").replace("<NUMORG>991</NUMORG>", "<NUMORG>../..</NUMORG>");
    assert!(Flux::mensuel([bloc]).lire().refus().contains("FONORG et NUMORG"));
}

#[test]
fn a_daily_without_foyer_has_no_caisse_and_an_empty_monthly_is_refused() {
    let lu = Flux::quotidien([]).lire();
    assert_eq!((lu.bilan().foyers, lu.bilan().caisse.clone()), (0, None));
    assert!(Flux::mensuel([]).lire().refus().contains("sans aucun foyer"));
}

#[test]
fn fewer_foyers_than_announced_refuse_the_file_unless_the_gap_is_accepted() {
    let flux = Flux::mensuel([un_foyer("A")]).annoncer("2");
    assert!(flux.lire().refus().contains("2 foyers annoncés (NBTOTDOSRSATRANSM), 1 lus"));
    let lu = Lu::de(flux.texte().as_bytes(), Tolerance { accepter_ecart: true, ..Tolerance::default() });
    assert_eq!((lu.bilan().foyers, lu.bilan().annonces), (1, Some(2)));
    assert!(lu.bilan().avertissements[0].contains("écart accepté"));
}

#[test]
fn more_foyers_than_announced_are_a_warning() {
    let lu = Flux::mensuel([un_foyer("A"), foyer("2", "2", &personne("B"))]).annoncer("00000001").lire();
    assert_eq!(lu.bilan().foyers, 2);
    assert!(lu.bilan().avertissements[0].contains("plus qu'annoncé"));
}

#[test]
fn a_trailer_that_is_missing_or_no_number_refuses_the_file() {
    let texte = Flux::mensuel([un_foyer("A")]).texte();
    let from = texte.find("<TransmissionFlux>").unwrap();
    let to = texte.find("</Racine>").unwrap();
    let sans = format!("{}{}", &texte[..from], &texte[to..]);
    for tolerance in [Tolerance::default(), Tolerance { accepter_ecart: true, ..Tolerance::default() }] {
        assert!(Lu::de(sans.as_bytes(), tolerance).refus().contains("pas de nombre de foyers annoncé"));
    }
    for annonces in ["", "deux", "-1"] {
        let lu = Flux::mensuel([un_foyer("A")]).annoncer(annonces).lire();
        assert!(lu.refus().contains("NBTOTDOSRSATRANSM"), "{}", lu.refus());
    }
}

/// Whatever the byte at which a file stops, it is refused: nobody is struck off by a cut.
#[test]
fn a_file_cut_at_any_byte_is_refused() {
    let flux = Flux::mensuel([un_foyer("A"), foyer("2", "2", &personne("B"))]);
    for texte in [flux.texte(), Flux { prologue: "", ..flux }.texte()] {
        let fin = texte.find("</Racine>").unwrap() + "</Racine>".len();
        for coupe in 0..fin {
            let lu = Lu::de(&texte.as_bytes()[..coupe], Tolerance { accepter_ecart: true, ..Tolerance::default() });
            assert!(lu.fin.as_ref().unwrap().is_err(), "cut at {coupe}: …{}", &texte[..coupe]);
        }
        for coupe in fin..=texte.len() {
            assert_eq!(Lu::de(&texte.as_bytes()[..coupe], Tolerance::default()).bilan().foyers, 2);
        }
    }
}

#[test]
fn what_is_no_flux_is_refused_and_a_doctype_too() {
    for (texte, mot) in [
        ("<autre/>", "Racine"),
        ("<Racine/>", "IdentificationFlux"),
        ("<Racine></Racine>", "IdentificationFlux"),
        ("<Racine></Racine><Racine></Racine>", "seul élément « Racine »"),
        ("<Racine></Racine><Racine/>", "seul élément « Racine »"),
        ("<Racine></Racine><autre/>", "« autre »"),
        ("<Racine><IdentificationFlux/></Racine>", "NATFLUX"),
        ("", "Racine"),
        ("du texte", "Racine"),
        ("<Racine></IdentificationFlux></Racine>", "mal formé"),
    ] {
        let message = Lu::de(texte.as_bytes(), Tolerance::default()).refus();
        assert!(message.contains(mot), "{texte} : {message}");
    }
    for doctype in [
        "<!DOCTYPE Racine>",
        "<!DOCTYPE Racine SYSTEM \"http://example.org/x.dtd\">",
        "<!DOCTYPE Racine [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>",
    ] {
        let texte = Flux::mensuel([un_foyer("&a;")]).texte().replacen("<Racine>", &format!("{doctype}<Racine>"), 1);
        let lu = Lu::de(texte.as_bytes(), Tolerance::default());
        assert!(lu.refus().contains("DOCTYPE"), "{}", lu.refus());
        assert!(lu.en_tete.is_none());
    }
    let avant = Flux { en_tete: un_foyer("A"), ..Flux::quotidien([]) };
    assert!(avant.lire().refus().contains("avant le bloc IdentificationFlux"));
}

/// A foyer of the file of anomalies.
fn en_anomalie(nom: &str, motifs: &[&str]) -> String {
    let blocs: String = motifs.iter().map(|motif| format!("<Anomalie><LIBANO>{motif}</LIBANO></Anomalie>")).collect();
    un_foyer(nom).replace("</InfosFoyerRSA>", &format!("{blocs}</InfosFoyerRSA>"))
}

/// Official schema (VRSB0801): the block Anomalie is in the files of anomalies alone.
#[test]
fn the_file_of_anomalies_is_counted_by_reason_and_nothing_of_it_is_handed_over() {
    let foyers = [
        en_anomalie("A", &["NIR ABSENT"]),
        en_anomalie("B", &["NIR ABSENT", "NIR ABSENT", "DOSSIER 12345 INCONNU"]),
        en_anomalie("C", &["DOSSIER 678 INCONNU"]),
    ];
    let lu = Flux::quotidien(foyers).annoncer("00000900").lire();
    assert!(lu.foyers.is_empty() && lu.rejets.is_empty());
    let bilan = lu.bilan();
    assert_eq!((bilan.foyers, bilan.rejetes, bilan.caisse.as_ref().unwrap().0.as_str()), (3, 0, "CAF991"));
    // A foyer counts once for a reason, and no number of a dossier is kept.
    let attendu = [("NIR ABSENT".to_owned(), 2), ("DOSSIER # INCONNU".to_owned(), 2)];
    let mut motifs = bilan.anomalies.clone().unwrap();
    motifs.sort_by_key(|(libelle, _)| libelle.starts_with('D'));
    assert_eq!(motifs, attendu);
}

#[test]
fn a_flux_where_only_some_foyers_are_in_anomaly_is_refused() {
    let sans_libelle = un_foyer("C").replace("</InfosFoyerRSA>", "<Anomalie /></InfosFoyerRSA>");
    for foyers in [
        [un_foyer("A"), en_anomalie("B", &["NIR ABSENT"])],
        [en_anomalie("A", &["NIR ABSENT"]), un_foyer("B")],
        [un_foyer("A"), sans_libelle.clone()],
        [sans_libelle, en_anomalie("A", &["NIR ABSENT"])],
    ] {
        let lu = Flux::quotidien(foyers).lire();
        assert!(lu.refus().contains("bloc Anomalie inattendu"), "{}", lu.refus());
    }
}

#[test]
fn reasons_of_anomalies_are_bounded() {
    let nom = |n: usize| (0..n).map(|_| 'X').collect::<String>();
    let foyers: Vec<_> = (1..=150).map(|n| en_anomalie("A", &[&format!("MOTIF {}", nom(n % 75 + 1))])).collect();
    let lu = Flux::quotidien(foyers).lire();
    let motifs = lu.bilan().anomalies.clone().unwrap();
    assert_eq!(motifs.iter().map(|(_, n)| n).sum::<u64>(), 150);
    let long = en_anomalie("A", &[&"é".repeat(200)]);
    let lu = Flux::quotidien([long]).lire();
    assert_eq!(lu.bilan().anomalies.clone().unwrap()[0].0.chars().count(), 80);
}

#[test]
fn two_hundred_levels_of_nesting_are_refused() {
    let profond = "<x>".repeat(200) + &"</x>".repeat(200);
    for bloc in [un_foyer("A").replace("<Adresse />", &profond), profond.clone()] {
        assert!(Flux::mensuel([bloc]).lire().refus().contains("imbriqués"));
    }
    let permis = "<x>".repeat(20) + &"</x>".repeat(20);
    assert_eq!(Flux::mensuel([un_foyer("A").replace("<Adresse />", &permis)]).lire().noms(), ["A"]);
}

// Foyers set aside.

/// The third line is the header; the first foyer begins on line 7 and its person is on line 9.
#[test]
fn a_foyer_that_cannot_be_trusted_is_set_aside_alone_with_its_line_and_field() {
    let avec = |avant: &str, apres: &str| foyer("00000000009", "2", &personne("FAUX")).replace(avant, apres);
    for (faux, ligne, champ, motif, non_lu) in [
        (avec("<NUMDEMRSA>00000000009</NUMDEMRSA>", ""), 7, "NUMDEMRSA", MotifRejet::Manquant, false),
        (avec("<ETATDOSRSA>2", "<ETATDOSRSA>9"), 7, "ETATDOSRSA", MotifRejet::CodeInconnu, true),
        (avec("<ETATDOSRSA>2", "<ETATDOSRSA>"), 7, "ETATDOSRSA", MotifRejet::Manquant, true),
        (avec("<DTDEMRSA>2021-01-04", "<DTDEMRSA>2021-02-30"), 7, "DTDEMRSA", MotifRejet::DateImpossible, true),
        (avec("<DTNAI>1987-04-19", "<DTNAI>1987-04-31"), 9, "DTNAI", MotifRejet::DateImpossible, true),
        (avec(&personne("FAUX"), ""), 7, "Personne", MotifRejet::Manquant, true),
        (avec("<NOM>FAUX</NOM>", ""), 9, "NOM", MotifRejet::SansIdentite, true),
        (avec("<PRENOM>ONDINE</PRENOM>", "<PRENOM/>"), 9, "PRENOM", MotifRejet::SansIdentite, true),
        (avec("<DTNAI>1987-04-19</DTNAI>", ""), 9, "DTNAI", MotifRejet::SansIdentite, true),
        (avec("<FONORG>CAF</FONORG>", ""), 7, "FONORG/NUMORG", MotifRejet::Manquant, true),
    ] {
        let lu = Flux::mensuel([faux, un_foyer("JUSTE")]).lire();
        assert_eq!(lu.ecartes(), [(ligne, champ, motif)]);
        assert_eq!(lu.noms(), ["JUSTE"], "{champ}");
        assert_eq!((lu.bilan().foyers, lu.bilan().rejetes), (2, 1));
        let attendu: &[&str] = if non_lu { &["00000000009"] } else { &[] };
        assert_eq!(lu.bilan().non_lus, attendu, "{champ}");
        // A message never shows a name or a birth date.
        let message = lu.rejets[0].to_string();
        assert!(!message.contains("FAUX") && !message.contains("1987"), "{message}");
    }
}

/// Issue of the mendable rejects: the foyer as the file writes it, wherever the pieces of the reading
/// cut it.
#[test]
fn a_foyer_set_aside_comes_with_its_own_text() {
    let mauvais = |n: usize| {
        foyer(&format!("{n:011}"), "9", &personne(&"NOM".repeat(n % 50 + 1)))
            .replace("NOMNOM", "N&#233;&amp;<![CDATA[<]]>")
    };
    let racine = r#"<Racine xmlns:xsi="x">"#;
    let bons = (0..3_000).map(|_| un_foyer("ONDINE")).collect::<Vec<_>>();
    let foyers: Vec<_> = bons.chunks(60).zip(0..).flat_map(|(bons, n)| [bons, &[mauvais(n)]].concat()).collect();
    let texte = Flux::mensuel(foyers).texte().replace("<Racine>", racine);
    let lu = Lu::de(texte.as_bytes(), Tolerance::default());
    assert_eq!((lu.bilan().foyers, lu.ecartes.len()), (3_050, 50));
    let en_tete = en_tete("M", "D", "2021-01-31", "2021-02-05");
    for (n, (numdemrsa, texte)) in lu.ecartes.iter().enumerate() {
        assert_eq!(*numdemrsa, format!("{n:011}"));
        assert_eq!(*texte, Some(format!("{racine}|{en_tete}|{}", mauvais(n))), "{n}");
    }
}

/// Memory is bounded: a foyer of more than 4 MiB is set aside without its text.
#[test]
fn the_text_of_a_foyer_that_is_too_long_is_not_kept() {
    let longue = foyer("00000000001", "9", &format!("{}<!--{}-->", personne("A"), "x".repeat(TEXTE_MAX)));
    let lu = Flux::mensuel([un_foyer("A"), longue, foyer("2", "9", &personne("B"))]).lire();
    assert_eq!((lu.bilan().foyers, lu.bilan().rejetes), (3, 2));
    assert_eq!((lu.ecartes[0].0.as_str(), &lu.ecartes[0].1), ("00000000001", &None));
    assert!(lu.ecartes[1].1.as_ref().unwrap().ends_with("</InfosFoyerRSA>"));
}

/// The bound is that of one foyer: a stock has many, and none of its pieces ends between two of them.
#[test]
fn a_stock_may_be_larger_than_the_largest_foyer() {
    let foyer = foyer("1", "2", &format!("<!--{}-->{}", "x".repeat(256 << 10), personne("A")));
    let nombre = FOYER_MAX / foyer.len() + 10;
    let lu = Flux::mensuel(std::iter::repeat_n(foyer, nombre)).lire();
    assert_eq!(lu.bilan().foyers, nombre as u64);
}

fn extrait(foyers: impl IntoIterator<Item = String>, marque: &str) -> String {
    Flux::mensuel(foyers).texte().replacen("\n<Racine>", &format!("\n{marque}\n<!-- raison -->\n<Racine>"), 1)
}

#[test]
fn the_mark_of_an_extract_is_read_before_its_header() {
    let empreinte = "0123456789abcdef".repeat(4);
    let marque = format!("<?jalon-extrait {empreinte}:412?>");
    let lu = Lu::de(extrait([un_foyer("A")], &marque).as_bytes(), Tolerance::default());
    assert_eq!(lu.bilan().foyers, 1);
    assert_eq!(lu.marque.unwrap().to_string(), format!("{empreinte}:412"));
}

/// Read as a stock, an extract would strike everybody else off: a damaged mark refuses the file.
#[test]
fn a_damaged_mark_refuses_the_extract() {
    let empreinte = "0123456789abcdef".repeat(4);
    for marque in [
        "<?jalon-extrait?>".to_owned(),
        format!("<?jalon-extrait {empreinte}?>"),
        format!("<?jalon-extrait {empreinte}:x?>"),
        format!("<?jalon-extrait {empreinte}:1?><?jalon-extrait {empreinte}:2?>"),
    ] {
        let lu = Lu::de(extrait([un_foyer("A")], &marque).as_bytes(), Tolerance::default());
        assert!(lu.refus().contains("marque d'extrait"), "{marque} {}", lu.refus());
    }
    let texte = Flux::mensuel([un_foyer("A")]).texte();
    let tard = texte.replace("<InfosFoyerRSA>", &format!("<?jalon-extrait {empreinte}:1?><InfosFoyerRSA>"));
    assert!(Lu::de(tard.as_bytes(), Tolerance::default()).refus().contains("à sa place"));
}

#[test]
fn an_extract_holds_one_foyer_that_can_be_read() {
    let marque = format!("<?jalon-extrait {}:412?>", "0123456789abcdef".repeat(4));
    let lu = Lu::de(extrait([un_foyer("A"), un_foyer("B")], &marque).as_bytes(), Tolerance::default());
    assert!(lu.refus().contains("un seul foyer"), "{}", lu.refus());
    let lu = Lu::de(extrait([foyer("1", "9", &personne("A"))], &marque).as_bytes(), Tolerance::default());
    assert!(lu.refus().contains("encore illisible") && lu.refus().contains("ETATDOSRSA vaut « 9 »"), "{}", lu.refus());
    assert!(lu.rejets.is_empty() && lu.ecartes.is_empty());
}

/// Rules, section 1: only a dossier that is present but unread is not missing. A foyer without its
/// number keeps nobody from being held absent: it is said.
#[test]
fn a_stock_says_that_foyers_set_aside_have_no_dossier() {
    let bons = || (0..40).map(|_| un_foyer("A"));
    let lu = Flux::mensuel(bons().chain([foyer("", "2", &personne("B"))])).lire();
    assert!(
        lu.bilan().avertissements[0].contains("1 foyer mis de côté sans NUMDEMRSA"),
        "{:?}",
        lu.bilan().avertissements
    );
    assert!(lu.bilan().non_lus.is_empty());
    let lu = Flux::mensuel(bons().chain([foyer("7", "9", &personne("B"))])).lire();
    assert!(lu.bilan().avertissements.is_empty() && lu.bilan().non_lus == ["00000000007"]);
    let lu = Flux::quotidien(bons().chain([foyer("", "2", &personne("B"))])).lire();
    assert!(lu.bilan().avertissements.is_empty());
}

#[test]
fn one_person_that_cannot_be_told_sets_the_whole_foyer_aside() {
    let personnes = personne("A") + &personne("").replace("<NOM></NOM>", "");
    let lu = Flux::mensuel([foyer("1", "2", &personnes), foyer("2", "2", &personne("B"))]).lire();
    assert_eq!((lu.noms(), lu.bilan().rejetes), (vec!["B"], 1));
    let enfant = personne("A") + &personne_avec("", &role("RSA", "ENF"));
    let lu = Flux::mensuel([foyer("1", "2", &enfant)]).lire();
    assert_eq!((lu.noms(), lu.bilan().rejetes), (vec!["A"], 0), "a child makes no record and costs nobody");
}

/// Over 5 % of the foyers, and at least ten of them or all: the format is in doubt.
#[test]
fn too_many_foyers_set_aside_refuse_the_whole_file() {
    let lire = |faux: usize, tous: usize| {
        let foyers =
            (0..tous).map(|rang| foyer(&rang.to_string(), if rang < faux { "9" } else { "2" }, &personne("A")));
        Flux::mensuel(foyers).lire()
    };
    for (faux, tous) in [(1, 2), (9, 10), (9, 100), (10, 200), (10, 1000), (5, 100)] {
        assert_eq!(lire(faux, tous).bilan().rejetes, faux as u64, "{faux} of {tous}");
    }
    for (faux, tous) in [(1, 1), (3, 3), (10, 199), (11, 200), (10, 11)] {
        assert!(lire(faux, tous).refus().contains("foyers illisibles"), "{faux} of {tous}");
    }
}

#[test]
fn lines_are_those_of_the_file_whatever_its_encoding_and_line_ends() {
    let foyers = || (1..=3).map(|rang| foyer(&rang.to_string(), "2", &(personne("A") + "\n" + &personne("B"))));
    for fin in ["\n", "\r\n"] {
        for prologue in
            [r#"<?xml version="1.0" encoding="UTF-8"?>"#, r#"<?xml version="1.0" encoding="windows-1252"?>"#]
        {
            let texte = Flux { prologue, ..Flux::mensuel(foyers()) }.texte().replace('\n', fin);
            let lu = Lu::de(texte.as_bytes(), Tolerance::default());
            let lignes: Vec<_> =
                lu.foyers.iter().map(|f| (f.ligne, f.personnes.iter().map(|p| p.ligne).collect::<Vec<_>>())).collect();
            assert_eq!(lignes, [(7, vec![9, 10]), (14, vec![16, 17]), (21, vec![23, 24])]);
        }
    }
}

#[test]
fn a_foyer_of_thousands_of_people_is_read() {
    let personnes: String = (0..3000).map(|rang| personne(&format!("N{rang}"))).collect();
    assert_eq!(Flux::mensuel([foyer("1", "2", &personnes)]).lire().noms().len(), 3000);
}

// Cuts and threads.

const SIGNES: &[&str] = &[
    "<",
    ">",
    "&",
    "&amp;",
    "&#0;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "<!DOCTYPE Racine>",
    "<InfosFoyerRSA>",
    "<InfosFoyerRSA/>",
    "</InfosFoyerRSA>",
    "<InfosFoyerRSA a='<'>",
    "<Personne>",
    "</Racine>",
    "<Anomalie><LIBANO>NIR ABSENT</LIBANO></Anomalie>",
    "<NUMORG>992</NUMORG>",
    "\n",
    "\u{feff}",
    "\0",
    "é",
    "\u{e9}",
];

/// A flux that has all that a reader minds: rejects, lines, a comment and a text that hold foyers.
fn mele() -> Vec<u8> {
    let foyers = (1..=6).map(|n| {
        let etat = if n % 3 == 0 { "9" } else { "2" };
        foyer(&n.to_string(), etat, &(personne(&format!("NOËL &amp; {n}")) + "\n" + &personne("B")))
    });
    let note = format!("<!--\n{}\n-->", un_foyer("NOTE"));
    let cdata = un_foyer("C").replace(">C<", "><![CDATA[<InfosFoyerRSA>]]><");
    let flux = Flux::mensuel(foyers.chain([note, cdata])).annoncer("7");
    flux.texte().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// The same file as one piece, in the order of its bytes.
const D_UN_TRAIT: Decoupe = Decoupe { lot: 1 << 20, part: 1 << 20 };

fn tolerant() -> Tolerance {
    Tolerance { part_max: 100, accepter_ecart: true, ..Tolerance::default() }
}

#[test]
fn the_flux_that_is_cut_below_is_whole() {
    let lu = Lu::par(D_UN_TRAIT, &mele(), tolerant());
    assert_eq!((lu.bilan().foyers, lu.rejets.len(), lu.ecartes.len()), (7, 2, 2));
    assert_eq!((lu.noms()[0], lu.noms()[8]), ("NOËL & 1", "<InfosFoyerRSA>"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// Whole or damaged, a file gives the same foyers, the same lines, the same rejects with their
    /// text, and the same last word, wherever it is cut and however many read it.
    #[test]
    fn neither_the_cuts_nor_the_number_of_threads_change_what_is_read(
        degats in degats::degats(SIGNES),
        lot in 1..2_000usize,
        part in 1..1_000usize,
        fils in 1..5usize,
        bascule in any::<bool>(),
    ) {
        let mut octets = mele();
        degats.iter().for_each(|degat| degat.subir(&mut octets));
        let tolerance = if bascule { tolerant() } else { Tolerance::default() };
        let attendu = format!("{:?}", Lu::par(D_UN_TRAIT, &octets, tolerance));
        let equipe = rayon::ThreadPoolBuilder::new().num_threads(fils).build().unwrap();
        let lu = equipe.install(|| Lu::par(Decoupe { lot, part }, &octets, tolerance));
        prop_assert_eq!(format!("{lu:?}"), attendu);
    }
}
