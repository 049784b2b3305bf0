//! Event files, record after record: each is handed over trusted, or set aside with what is wrong.

use chrono::NaiveDate;

use super::source::Flot;
use super::tableur::{Enregistrements, Largeur, Ligne, Signature, Tableur};
use crate::releves::evenements::{BilanEvenements, Evenement, valider};
use crate::releves::genres::Genre;
use crate::releves::{Marque, Masque, MotifRejet, Refus, Rejet, Texte, VALEUR_MAX, shown};

/// The digest of the file whose rejects a file of events is an extract of; `None` when it is a file
/// of its own.
///
/// # Errors
/// The file cannot be read, or no line bears a mark in the column that is there for it.
pub fn original(ouvrir: &dyn Fn() -> Result<Flot, Refus>, tableur: &Tableur) -> Result<Option<String>, Refus> {
    let Some(colonne) = tableur.colonne(Marque::COLONNE) else { return Ok(None) };
    let mut enregistrements = Enregistrements::new(ouvrir()?, tableur)?;
    while let Some(ligne) = enregistrements.suivant()? {
        if let Some(Marque { empreinte, .. }) = ligne.marque(Some(colonne)).flatten() {
            return Ok(Some(empreinte));
        }
    }
    Err(Refus::whole(format!(
        "la colonne {} ne porte aucune marque d'extrait. Remettez-y celles que « jalon rejets montrer » donne, ou retirez la colonne",
        Marque::COLONNE
    )))
}

/// Reads a file of events received on `recu_le`; `original` is the file whose rejects it is an
/// extract of, if it is one: its lines take the place that they had there.
///
/// # Errors
/// The file cannot be read, or what a receiver refuses.
pub fn lire(
    contenu: Flot,
    genre: Genre,
    tableur: &Tableur,
    recu_le: NaiveDate,
    original: Option<&str>,
    evenement: &mut dyn FnMut(Evenement) -> Result<(), Refus>,
    rejet: &mut dyn FnMut(Rejet, Texte<'_>) -> Result<(), Refus>,
) -> Result<BilanEvenements, Refus> {
    let mut bilan = BilanEvenements { genre, lignes: 0, rejetes: 0, avertissements: Vec::new(), repris: Vec::new() };
    let colonne_marque = tableur.colonne(Marque::COLONNE);
    bilan.avertissements.extend(tableur.colonnes_ignorees(Signature::Evenements(genre)));
    let lues = tableur.colonnes_lues(Signature::Evenements(genre));
    let mut enregistrements = Enregistrements::new(contenu, tableur)?;
    while let Some(ligne) = enregistrements.suivant()? {
        bilan.lignes += 1;
        let lu = match ligne.largeur() {
            Largeur::Juste => match trop_longue(&ligne, &lues) {
                Some(rejet) => Err(rejet),
                None => valider(genre, ligne.numero, recu_le, &|nom| ligne.champ(tableur.colonne(nom))),
            },
            Largeur::Courte | Largeur::Longue => Err(mal_coupee(&ligne)),
        };
        let lu = match original {
            Some(original) => lu.and_then(|lu| a_sa_place(lu, &ligne, colonne_marque, original, &mut bilan.repris)),
            None => lu,
        };
        match lu {
            Ok(lu) => evenement(lu)?,
            Err(ecarte) => {
                bilan.rejetes += 1;
                rejet(ecarte, ligne.texte(tableur))?;
            }
        }
    }
    if bilan.lignes == 0 {
        bilan.avertissements.push("fichier sans aucune ligne sous l'en-tête".to_owned());
    }
    Ok(bilan)
}

/// A line that has not the columns of the header.
pub(crate) fn mal_coupee(ligne: &Ligne<'_>) -> Rejet {
    Rejet {
        ligne: ligne.numero,
        champ: "nombre de colonnes".to_owned(),
        valeur: format!("« {} »", ligne.champs()),
        motif: MotifRejet::Colonnes,
        attendu: ligne.attendu(),
    }
}

/// A line with a value that no event has; `lues` are the columns that are read.
pub(crate) fn trop_longue(ligne: &Ligne<'_>, lues: &[(usize, &str)]) -> Option<Rejet> {
    lues.iter().find_map(|(colonne, nom)| {
        ligne.trop_long(*colonne).map(|n| Rejet {
            ligne: ligne.numero,
            champ: (*nom).to_owned(),
            valeur: format!("« {n} caractères »"),
            motif: MotifRejet::TropLong,
            attendu: format!("attendu au plus {VALEUR_MAX} caractères, corrigez la ligne"),
        })
    })
}

/// A line of an extract takes the line that it had in the original file.
fn a_sa_place(
    lu: Evenement,
    ligne: &Ligne<'_>,
    colonne: Option<usize>,
    original: &str,
    repris: &mut Vec<String>,
) -> Result<Evenement, Rejet> {
    let (origine, rejet) = place(ligne, colonne, original)?;
    repris.push(rejet);
    Ok(Evenement { ligne: origine, ..lu })
}

/// The line that a line of an extract had in the original file, and the reject that it was.
pub(crate) fn place(ligne: &Ligne<'_>, colonne: Option<usize>, original: &str) -> Result<(u64, String), Rejet> {
    let marque = ligne.marque(colonne).flatten().filter(|marque| marque.empreinte == original);
    match marque.and_then(|marque| Some((marque.rejet.parse().ok()?, marque.rejet))) {
        Some(place) => Ok(place),
        None => Err(Rejet {
            ligne: ligne.numero,
            champ: Marque::COLONNE.to_owned(),
            valeur: shown(&ligne.champ(colonne), Masque::Forme),
            motif: MotifRejet::Manquant,
            attendu: "attendu la marque des autres lignes de cet extrait, déposez cette ligne dans un fichier à elle"
                .to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::flux::ouverture::{Contenu, examiner, reconnaitre};
    use crate::flux::source::{Limites, Source};
    use crate::releves::evenements::Valeur;

    /// Reads `contenu`, received on 2021-07-01.
    fn lire_texte(contenu: &[u8]) -> (Vec<Evenement>, Vec<Rejet>, BilanEvenements) {
        let mut fichier = tempfile::NamedTempFile::new().unwrap();
        fichier.write_all(contenu).unwrap();
        let (source, limites) = (Source::fichier(fichier.path()), Limites::default());
        let apercu = examiner(&source, &limites).unwrap();
        let Contenu::Evenements(genre, tableur) = reconnaitre("saisies.csv", &apercu).unwrap() else {
            panic!("événements attendus");
        };
        let (mut lus, mut ecartes) = (Vec::new(), Vec::new());
        let recu_le = "2021-07-01".parse().unwrap();
        let mut garder = |evenement| {
            lus.push(evenement);
            Ok(())
        };
        let mut ecarter = |rejet, _: Texte<'_>| {
            ecartes.push(rejet);
            Ok(())
        };
        let bilan =
            lire(source.ouvrir(&limites).unwrap(), genre, &tableur, recu_le, None, &mut garder, &mut ecarter).unwrap();
        (lus, ecartes, bilan)
    }

    #[test]
    fn lines_that_cannot_be_read_are_set_aside_and_the_others_kept() {
        let (lus, ecartes, bilan) = lire_texte(
            b"id_evenement,nir,date_notification,organisme,dispositif\n\
              O1,1700152121008,2021-02-30,CD,\n\
              O2,1700152121008,2021-03-05,ICI,\n\
              \n\
              ,1700152121008,2021-03-06,CD,\n\
              O5,1700152121008,2021-07-02,CD,\n\
              O6,1700152121008,2021-03-20,CD,\n",
        );
        let motifs: Vec<_> = ecartes.iter().map(|rejet| (rejet.ligne, rejet.champ.as_str(), rejet.motif)).collect();
        assert_eq!(
            motifs,
            [
                (2, "date_notification", MotifRejet::DateImpossible),
                (3, "organisme", MotifRejet::CodeInconnu),
                (5, "id_evenement", MotifRejet::Manquant),
                (6, "date_notification", MotifRejet::DateFuture),
            ]
        );
        assert_eq!(lus.iter().map(|lu| (lu.ligne, lu.id.as_str())).collect::<Vec<_>>(), [(7, "O6")]);
        assert_eq!((bilan.lignes, bilan.rejetes), (5, 4));
    }

    #[test]
    fn a_line_without_the_columns_of_the_header_is_set_aside_alone() {
        let (lus, ecartes, _) = lire_texte(
            b"id_evenement;nir;date_notification;organisme\n\
              O1;1700152121008;2021-03-20\n\
              O2;1700152121008;2021-03-20;CD;reste\n\
              O3;1700152121008;2021-03-20;CD;;\n\
              ;;\n",
        );
        assert_eq!(
            ecartes.iter().map(|rejet| (rejet.ligne, rejet.motif)).collect::<Vec<_>>(),
            [(2, MotifRejet::Colonnes), (3, MotifRejet::Colonnes)]
        );
        assert_eq!(
            ecartes[0].to_string(),
            "ligne 2 : nombre de colonnes vaut « 3 » ; attendu 4 colonnes comme l'en-tête, \
             vérifiez le séparateur et les guillemets de cette ligne"
        );
        assert_eq!(lus.len(), 1);
    }

    /// Text that nobody reads may be as long as it likes.
    #[test]
    fn a_line_with_a_value_that_no_event_has_is_set_aside_alone() {
        let long = |n: usize| "é".repeat(n);
        let (juste, trop) = (long(VALEUR_MAX), long(VALEUR_MAX + 1));
        let (lus, ecartes, _) = lire_texte(
            format!(
                "id_evenement;nir;date_notification;organisme;structure;note\n\
                 O1;1700152121008;2021-03-20;CD;{juste};{trop}\n\
                 O2;1700152121008;2021-03-20;CD;{trop};\n"
            )
            .as_bytes(),
        );
        assert_eq!(lus.len(), 1);
        assert_eq!(
            ecartes[0].to_string(),
            "ligne 3 : structure vaut « 1001 caractères » ; attendu au plus 1000 caractères, corrigez la ligne"
        );
    }

    #[test]
    fn a_quote_that_joins_lines_is_told_by_the_first_and_the_last() {
        let (lus, ecartes, _) = lire_texte(
            b"id_evenement;nir;date_notification;organisme\n\
              \"O1;1700152121008;2021-03-20;CD\n\
              O2;1700152121008;2021-03-20;\"CD\n\
              O3;1700152121008;2021-03-20;CD\n",
        );
        assert!(ecartes[0].attendu.contains("ouvert ligne 2 fait lire d'un bloc jusqu'à la ligne 3"), "{}", ecartes[0]);
        assert_eq!(lus[0].ligne, 4);
    }

    #[test]
    fn a_windows_1252_file_with_headings_in_any_case_is_read() {
        let (lus, _, bilan) = lire_texte(
            b"id_evenement;numdemrsa;nom;pr\xe9nom;Date_Naissance;DATE_NOTIFICATION;Organisme;Observations\r\n\
              O1;7;Lef\xe8vre-d\x92Arc;No\xeblle;25/12/1990;20/02/2021;cd;rien\r\n",
        );
        let identite = &lus[0].identite;
        assert_eq!((identite.nom.as_str(), identite.prenom.as_str()), ("Lefèvre-d’Arc", "Noëlle"));
        assert_eq!(identite.numdemrsa, "00000000007");
        assert_eq!(lus[0].valeurs[1], Some(Valeur::Texte("CD".to_owned())));
        assert_eq!(bilan.avertissements, ["colonne inconnue, ignorée : Observations"]);
    }

    #[test]
    fn a_file_without_any_line_says_so() {
        let (_, _, bilan) = lire_texte(b"id_evenement;date_fin;motif\n");
        assert_eq!(bilan.avertissements, ["fichier sans aucune ligne sous l'en-tête"]);
    }
}
