//! What the folds of every part gave, put together: the twelve indicators, by the functions that make
//! them on one machine. Nothing may be missing, nor come twice.

use std::collections::BTreeMap;
use std::io::Read;

use arrow::array::{Array, BooleanArray, RecordBatch};

use super::contexte::Contexte;
use super::entrants::{booleens, entiers, jours, lots, obligatoire, textes};
use super::sortie::{APPORTS, COMPTE, DELAIS, DES_ENTREES, DES_PERSONNES, ENTREE, PERSONNE, colonne_du_compte};
use super::{ErreurPliage, empreinte_de_la_question};
use crate::entrees::suites::Delai;
use crate::indicateurs::apports::{Apport, Reunion};
use crate::indicateurs::compte::Compte;
use crate::indicateurs::garantie::Garantie;
use crate::indicateurs::{Indicateur, Question};
use crate::journal::lecture::SANS_DATE;
use crate::temps::Jour;

/// The twelve indicators of what the folds gave.
///
/// # Errors
/// The stream is not the whole of what they gave, or they were not asked this question.
pub fn reunir(
    entree: impl Read,
    contexte: &Contexte,
    question: &Question<'_>,
) -> Result<Vec<Indicateur>, ErreurPliage> {
    let mut recu = Recu::default();
    for lot in lots(entree)? {
        recu.lot(&lot?)?;
    }
    recu.verifier(contexte, &empreinte_de_la_question(contexte, question))?;
    Ok(recu.reunion.indicateurs(contexte.cadre().histoire(), question))
}

/// What was received so far.
#[derive(Default)]
struct Recu {
    reunion: Reunion,
    /// Counts, by what they count.
    comptes: BTreeMap<String, u64>,
    questions: Vec<String>,
    entrees: u64,
    personnes: u64,
}

impl Recu {
    fn lot(&mut self, lot: &RecordBatch) -> Result<(), ErreurPliage> {
        let (natures, personnes) = (textes(lot, "nature")?, entiers(lot, "personne")?);
        let comptes: Vec<BooleanArray> =
            Compte::TOUS.iter().map(|compte| booleens(lot, &colonne_du_compte(*compte))).collect::<Result<_, _>>()?;
        let delais: Vec<Vec<i32>> =
            DELAIS.as_flattened().iter().map(|nom| jours(lot, nom)).collect::<Result<_, _>>()?;
        let hors_champ = booleens(lot, "rdv_hors_champ")?;
        let apports = APPORTS.iter().map(|nom| entiers(lot, nom)).collect::<Result<Vec<_>, _>>()?;
        let (conseillers, segments) = (textes(lot, "conseillers")?, textes(lot, "segment")?);
        let (nombres, questions) = (entiers(lot, "nombre")?, textes(lot, "question")?);
        let vrai = |colonne: &BooleanArray, row: usize| colonne.is_valid(row) && colonne.value(row);
        for row in 0..lot.num_rows() {
            match natures.value(row) {
                ENTREE => {
                    let mut dedans = [false; Compte::TOUS.len()];
                    dedans.iter_mut().zip(&comptes).for_each(|(dedans, colonne)| *dedans = vrai(colonne, row));
                    let delai = |premiere: usize| {
                        let jour = |rang: usize| delais.get(premiere + rang).map(|jours| jours[row]);
                        let jour = |rang| jour(rang).filter(|jour| *jour != SANS_DATE).map(Jour);
                        Some(Delai { debut: jour(0)?, limite: jour(1)?, fin: jour(2) })
                    };
                    self.reunion.apports.push(Apport {
                        personne: obligatoire(&personnes, row, "personne")?,
                        comptes: dedans,
                        delai_orientation: delai(0),
                        delai_rdv: delai(3),
                        delai_cer: delai(6),
                        rdv_hors_champ: vrai(&hors_champ, row),
                    });
                    self.entrees += 1;
                }
                PERSONNE => {
                    let n = |rang: usize| {
                        apports
                            .get(rang)
                            .map_or(0, |colonne| if colonne.is_valid(row) { colonne.value(row) } else { 0 })
                    };
                    let u = |rang: usize| u64::try_from(n(rang)).unwrap_or_default();
                    let conseillers = if conseillers.is_valid(row) { conseillers.value(row) } else { "" };
                    self.reunion.garantie.fusionner(Garantie {
                        gad_en_cours: u(0),
                        ag_orientes: u(1),
                        ag_en_cours: u(2),
                        suivis: u(3),
                        accompagnes: u(4),
                        conseillers: conseillers.split_whitespace().map(str::to_owned).collect(),
                        jours: n(5),
                        demarres: u(6),
                    });
                    let personne = obligatoire(&personnes, row, "personne")?;
                    self.reunion.rattacher.extend((0..u(7)).map(|_| personne));
                    self.reunion.anticipees += u(8);
                    self.personnes += 1;
                }
                COMPTE => {
                    let nombre = u64::try_from(nombres.value(row)).unwrap_or_default();
                    *self.comptes.entry(segments.value(row).to_owned()).or_default() += nombre;
                    let question = questions.value(row);
                    if !self.questions.iter().any(|autre| autre == question) {
                        self.questions.push(question.to_owned());
                    }
                }
                autre => {
                    return Err(ErreurPliage::refus(format!(
                        "colonne « nature » : « {autre} » trouvé, attendu {ENTREE}, {PERSONNE} ou {COMPTE}. Donnez à --reunir ce que \
                         « jalon plier » a écrit"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Everything that was to be read was, once; everything that was written is here, once; and it was
    /// about this question.
    fn verifier(&self, contexte: &Contexte, question: &str) -> Result<(), ErreurPliage> {
        if self.questions.iter().any(|autre| autre != question) {
            return Err(ErreurPliage::refus(
                "ce qui est donné à --reunir a été plié avec un autre contexte, une autre période ou un autre référentiel. \
                 Donnez les mêmes options à --reunir qu'aux pliages",
            ));
        }
        let n = |nom: &str| self.comptes.get(nom).copied().unwrap_or_default();
        let fichiers =
            contexte.fichiers.iter().map(|f| (f.empreinte.as_str(), f.nom.as_str(), n(&f.empreinte), f.lignes));
        let evenements =
            contexte.evenements.iter().map(|(genre, attendu)| (genre.as_str(), genre.as_str(), n(genre), *attendu));
        let ecrites = [(DES_ENTREES, n(DES_ENTREES), self.entrees), (DES_PERSONNES, n(DES_PERSONNES), self.personnes)];
        let ecrites = ecrites.map(|(nom, attendu, trouve)| (nom, nom, trouve, attendu));
        for (_, nom, trouve, attendu) in fichiers.chain(evenements).chain(ecrites) {
            if trouve != attendu {
                return Err(ErreurPliage::refus(format!(
                    "{nom} : {trouve} ligne(s) trouvée(s), {attendu} attendue(s). Des lignes ont été perdues ou comptées deux fois \
                     en route, ou l'entrepôt a changé depuis le contexte. Refaites le contexte et le calcul, et donnez à --reunir \
                     tout ce que les pliages ont écrit"
                )));
            }
        }
        Ok(())
    }
}
