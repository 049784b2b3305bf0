//! What a fold gives: the entries, what each person adds to the indicators of the garantie, and how much
//! was read, so that nothing is lost or counted twice on the way.

use super::entrants::Lus;
use crate::entrees::suites::Delai;
use crate::indicateurs::Question;
use crate::indicateurs::apports::{Apport, ApportsPersonne};
use crate::indicateurs::compte::Compte;
use crate::indicateurs::garantie::Garantie;
use crate::journal::lecture::Designation;
use crate::parcours::histoire::Histoire;
use crate::rapport::detail::{self, cellules};
use crate::tables::{Cellule, Sorte, Table, Valeurs};

/// The `nature` of an entry.
pub const ENTREE: &str = "entree";
/// The `nature` of what a person adds.
pub const PERSONNE: &str = "personne";
/// The `nature` of a count of what was read or written.
pub const COMPTE: &str = "compte";
/// The count of the entries written.
pub const DES_ENTREES: &str = "lignes entree";
/// The count of the people written.
pub const DES_PERSONNES: &str = "lignes personne";

/// The columns of the list of people that name nobody, as `jalon indicateurs --detail` has them.
pub const DETAIL: [(&str, Sorte); 20] = [
    ("caisse", Sorte::Texte),
    ("categorie", Sorte::Texte),
    ("t0", Sorte::Date),
    ("mois_reference", Sorte::Texte),
    ("date_orientation", Sorte::Date),
    ("organisme", Sorte::Texte),
    ("dispositif", Sorte::Texte),
    ("territoire", Sorte::Texte),
    ("delai_orientation", Sorte::Entier),
    ("oriente_1_mois", Sorte::Booleen),
    ("date_premier_rdv", Sorte::Date),
    ("delai_rdv", Sorte::Entier),
    ("rdv_2_semaines", Sorte::Booleen),
    ("date_premier_cer", Sorte::Date),
    ("delai_cer", Sorte::Entier),
    ("cer_2_mois", Sorte::Booleen),
    ("limite_orientation", Sorte::Date),
    ("limite_cer", Sorte::Date),
    ("structure", Sorte::Texte),
    ("gad", Sorte::Booleen),
];

/// The delays that the splits are made of, each with the day that starts it, the last one in time, and
/// that of the outcome.
pub const DELAIS: [[&str; 3]; 3] = [
    ["oriente_debut", "oriente_limite", "oriente_fin"],
    ["rdv_debut", "rdv_limite", "rdv_fin"],
    ["cer_debut", "cer_limite", "cer_fin"],
];

/// What a person adds: 3.2.2 to 3.2.6, then what is said beside 3.1.1.
pub const APPORTS: [&str; 9] = [
    "gad_en_cours",
    "ag_orientes",
    "ag_en_cours",
    "ag_suivis",
    "ag_accompagnes",
    "ag_jours",
    "ag_demarres",
    "rattacher",
    "anticipees",
];

/// The name of the column that says whether an entry counts in an indicator.
#[must_use]
pub fn colonne_du_compte(compte: Compte) -> String {
    format!("compte_{}", compte.id().replace('.', "_"))
}

/// The columns, in order.
#[must_use]
pub fn colonnes() -> Vec<(String, Sorte)> {
    let debut = [("nature", Sorte::Texte), ("personne", Sorte::Entier), ("segment", Sorte::Texte)];
    let debut = debut.into_iter().chain([("ligne", Sorte::Entier)]).chain(DETAIL);
    let mut out: Vec<(String, Sorte)> = debut.map(|(nom, sorte)| (nom.to_owned(), sorte)).collect();
    out.extend(Compte::TOUS.map(|compte| (colonne_du_compte(compte), Sorte::Booleen)));
    out.extend(DELAIS.as_flattened().iter().map(|nom| ((*nom).to_owned(), Sorte::Date)));
    out.push(("rdv_hors_champ".to_owned(), Sorte::Booleen));
    out.extend(APPORTS.map(|nom| (nom.to_owned(), Sorte::Entier)));
    let fin = [("conseillers", Sorte::Texte), ("nombre", Sorte::Entier), ("question", Sorte::Texte)];
    out.extend(fin.map(|(nom, sorte)| (nom.to_owned(), sorte)));
    out
}

/// Rows of the output, gathered until they are written.
#[derive(Debug)]
pub struct Sortie {
    /// What is gathered.
    pub table: Table,
    entrees: u64,
    personnes: u64,
}

impl Default for Sortie {
    fn default() -> Self {
        Self { table: vide(), entrees: 0, personnes: 0 }
    }
}

fn vide() -> Table {
    Table { colonnes: colonnes().into_iter().map(|(nom, sorte)| (nom, Valeurs::vides(sorte))).collect() }
}

/// The cells of a row; those that are left out are empty.
#[derive(Default)]
struct Ligne<'a> {
    nature: &'static str,
    personne: Option<u32>,
    segment: &'a str,
    ligne: Option<u32>,
    detail: Option<detail::Cellules>,
    apport: Option<Apport>,
    apports: Option<[i64; APPORTS.len()]>,
    conseillers: &'a str,
    nombre: Option<u64>,
    question: &'a str,
}

impl Sortie {
    /// What is gathered, and nothing is left.
    pub fn prendre(&mut self) -> Table {
        std::mem::replace(&mut self.table, vide())
    }

    fn ajouter(&mut self, ligne: &Ligne<'_>) {
        let entier = |n: Option<u32>| n.map_or(Cellule::Vide, Cellule::compte);
        let mut cellules = vec![
            Cellule::texte(ligne.nature),
            entier(ligne.personne),
            Cellule::texte(ligne.segment),
            entier(ligne.ligne),
        ];
        cellules.extend(DETAIL.iter().map(|(nom, sorte)| {
            let rang = detail::ENTETES.iter().position(|entete| entete == nom);
            let cellule = rang.and_then(|rang| ligne.detail.as_ref()?.get(rang));
            cellule.map_or(Cellule::Vide, |cellule| Cellule::du_detail(cellule, *sorte))
        }));
        let apport = ligne.apport.as_ref();
        let vrai = |vrai: Option<bool>| vrai.map_or(Cellule::Vide, Cellule::Booleen);
        cellules.extend((0..Compte::TOUS.len()).map(|rang| vrai(apport.map(|apport| apport.comptes[rang]))));
        let delais = apport.map(|a| [a.delai_orientation, a.delai_rdv, a.delai_cer]).unwrap_or_default();
        for delai in delais {
            let Some(Delai { debut, limite, fin }) = delai else {
                cellules.extend([Cellule::Vide, Cellule::Vide, Cellule::Vide]);
                continue;
            };
            cellules.extend([Cellule::Date(debut), Cellule::Date(limite), Cellule::jour(fin)]);
        }
        cellules.push(vrai(apport.map(|apport| apport.rdv_hors_champ)));
        let apports = ligne.apports.as_ref();
        cellules.extend((0..APPORTS.len()).map(|rang| apports.map_or(Cellule::Vide, |a| Cellule::compte(a[rang]))));
        cellules.push(Cellule::texte(ligne.conseillers));
        cellules.push(ligne.nombre.map_or(Cellule::Vide, Cellule::compte));
        cellules.push(Cellule::texte(ligne.question));
        self.table.ajouter(cellules.into_iter());
    }

    /// Writes what a person adds, under their number among everybody.
    pub fn personne(
        &mut self,
        histoire: &Histoire,
        question: &Question<'_>,
        numero: u32,
        apports: ApportsPersonne<'_>,
    ) {
        let ApportsPersonne { entrees, garantie, rattacher, anticipees } = apports;
        for (ligne, apport) in entrees {
            let (fichier, rang) = ligne.entree.source;
            let en_tete = &histoire.fichiers[fichier as usize].en_tete;
            let (extrait, lignes) = en_tete.par_segment(&[rang]).into_iter().next().unwrap_or_default();
            let segment = extrait.map_or(&en_tete.empreinte, |rang| &en_tete.extraits[rang].empreinte);
            self.ajouter(&Ligne {
                nature: ENTREE,
                personne: Some(numero),
                segment,
                ligne: lignes.first().copied(),
                detail: Some(cellules(histoire, question, &ligne, &Designation::default())),
                apport: Some(apport),
                ..Ligne::default()
            });
            self.entrees += 1;
        }
        let Garantie { gad_en_cours, ag_orientes, ag_en_cours, suivis, accompagnes, conseillers, jours, demarres } =
            garantie;
        let n = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let apports = [
            n(gad_en_cours),
            n(ag_orientes),
            n(ag_en_cours),
            n(suivis),
            n(accompagnes),
            jours,
            n(demarres),
            n(rattacher),
            n(anticipees),
        ];
        if apports.iter().all(|n| *n == 0) {
            return;
        }
        // Who the advisers are is nobody's business here: only whether two are the same.
        let conseillers: Vec<String> = conseillers.iter().map(|nom| empreinte(nom)).collect();
        self.ajouter(&Ligne {
            nature: PERSONNE,
            personne: Some(numero),
            apports: Some(apports),
            conseillers: &conseillers.join(" "),
            ..Ligne::default()
        });
        self.personnes += 1;
    }

    /// Writes how much was read and written, for the question that was asked.
    pub fn comptes(&mut self, lus: &Lus, question: &str) {
        let ecrits = [(DES_ENTREES, self.entrees), (DES_PERSONNES, self.personnes)];
        let lus = lus.iter().map(|(nom, nombre)| (nom.as_str(), *nombre));
        for (segment, nombre) in lus.chain(ecrits) {
            self.ajouter(&Ligne { nature: COMPTE, segment, nombre: Some(nombre), question, ..Ligne::default() });
        }
    }
}

fn empreinte(nom: &str) -> String {
    blake3::hash(nom.as_bytes()).to_hex()[..32].to_owned()
}
