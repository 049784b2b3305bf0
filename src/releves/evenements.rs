//! Events of the department, line by line: raw values in, a trusted event or a reject out.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::foyers::parse_date;
use super::genres::{Colonne, Genre, Nature};
use super::{Masque, MotifRejet, Rejet, shown};
use crate::identite::{self, Matricule, Nir, contient_un_nir, folded, sans_nir};

/// A value of an event's own columns.
#[derive(Clone, Debug, PartialEq)]
pub enum Valeur {
    /// A day.
    Date(NaiveDate),
    /// A code (as the list writes it) or a text.
    Texte(String),
    /// A whole number.
    Entier(i64),
    /// A number.
    Decimal(f64),
}

/// How a line names its person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentiteLigne {
    /// The usable NIR, if any.
    pub nir: Option<Nir>,
    /// NUMDEMRSA on 11 characters; empty when missing.
    pub numdemrsa: String,
    /// The 7 digits of the MATRICULE, when they can be told.
    pub matricule: Option<Matricule>,
    /// Name as given; empty when missing.
    pub nom: String,
    /// First name as given; empty when missing.
    pub prenom: String,
    /// Birth date; `None` when missing.
    pub date_naissance: Option<NaiveDate>,
}

/// A trusted line of an event file.
#[derive(Clone, Debug, PartialEq)]
pub struct Evenement {
    /// Line of the file.
    pub ligne: u64,
    /// `id_evenement`; empty for [`Genre::PoleEmploi`].
    pub id: String,
    /// Day on which the event was recorded, when given.
    pub saisi_le: Option<NaiveDate>,
    /// Whether the line withdraws the event: then only `id` and `saisi_le` have a meaning.
    pub annule: bool,
    /// The person; all empty for a withdrawal and for [`Genre::PoleEmploi`].
    pub identite: IdentiteLigne,
    /// The values of [`Genre::colonnes`], in their order; all `None` for a withdrawal.
    pub valeurs: Vec<Option<Valeur>>,
}

/// What an event file counted, beside its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilanEvenements {
    /// Kind told by the columns.
    pub genre: Genre,
    /// Lines read, those set aside included.
    pub lignes: u64,
    /// Lines set aside.
    pub rejetes: u64,
    /// What deserves a word without setting anything aside, in French.
    pub avertissements: Vec<String>,
    /// The rejects of the original file that enter with this one, when it is an extract.
    pub repris: Vec<String>,
}

/// The first day of the RSA: no event of a follow-up can be older.
///
/// Source: loi n° 2008-1249 du 1er décembre 2008, article 28.
const PREMIER_JOUR_DU_RSA: NaiveDate = match NaiveDate::from_ymd_opt(2009, 6, 1) {
    Some(jour) => jour,
    None => NaiveDate::MIN,
};

/// The answers of `annule`.
const OUI_NON: [(&str, bool); 4] = [("0", false), ("1", true), ("oui", true), ("non", false)];

/// Checks a line of an event file. `champ` gives the trimmed value of a column, empty when the file
/// has not the column; `recu_le` is the day on which the file was received.
///
/// The first value at fault sets the line aside. A withdrawal is read no further than its
/// `id_evenement` and `saisi_le`: what it withdraws may well have been wrong.
///
/// # Errors
/// A [`Rejet`] that names the value.
pub fn valider<'a>(
    genre: Genre,
    ligne: u64,
    recu_le: NaiveDate,
    champ: &dyn Fn(&str) -> Cow<'a, str>,
) -> Result<Evenement, Rejet> {
    let lecture = Lecture { ligne, recu_le, champ };
    let colonnes = genre.colonnes();
    let mut evenement = Evenement {
        ligne,
        id: String::new(),
        saisi_le: None,
        annule: false,
        identite: IdentiteLigne::default(),
        valeurs: vec![None; colonnes.len()],
    };
    if genre.nominatif() {
        evenement.id = lecture.presente("id_evenement")?.into_owned();
        evenement.annule = lecture.annule()?;
        evenement.saisi_le = lecture.jour("saisi_le", Masque::Montrer, true)?;
        if evenement.annule {
            return Ok(evenement);
        }
    }
    for (colonne, valeur) in colonnes.iter().zip(&mut evenement.valeurs) {
        *valeur = lecture.valeur(colonne)?;
    }
    if genre == Genre::RendezVous {
        par_defaut(genre, &mut evenement.valeurs, "statut", "fixe");
    }
    lecture.dates(genre, &evenement.valeurs)?;
    if genre.nominatif() {
        evenement.identite = lecture.identite()?;
    }
    Ok(evenement)
}

/// Gives a column that is empty its usual value.
fn par_defaut(genre: Genre, valeurs: &mut [Option<Valeur>], nom: &str, defaut: &str) {
    for (colonne, valeur) in genre.colonnes().iter().zip(valeurs) {
        if colonne.nom == nom && valeur.is_none() {
            *valeur = Some(Valeur::Texte(defaut.to_owned()));
        }
    }
}

/// The day held by a column of the kind, if any.
fn jour_de(genre: Genre, valeurs: &[Option<Valeur>], nom: &str) -> Option<NaiveDate> {
    genre.colonnes().iter().zip(valeurs).find_map(|(colonne, valeur)| match valeur {
        Some(Valeur::Date(jour)) if colonne.nom == nom => Some(*jour),
        _ => None,
    })
}

/// A line being read: its values, and what is needed to say what is wrong with one.
struct Lecture<'l, 'a> {
    ligne: u64,
    recu_le: NaiveDate,
    champ: &'l dyn Fn(&str) -> Cow<'a, str>,
}

impl<'a> Lecture<'_, 'a> {
    fn rejet(&self, nom: &str, valeur: &str, masque: Masque, motif: MotifRejet, attendu: impl Into<String>) -> Rejet {
        // In a line whose columns slipped, a name may stand where a date or a code should.
        let masque = if self.glissee() { Masque::Forme } else { masque };
        Rejet {
            ligne: self.ligne,
            champ: nom.to_owned(),
            valeur: shown(valeur, masque),
            motif,
            attendu: attendu.into(),
        }
    }

    /// Whether the columns of the line slipped, as far as can be told: its birth date is no date.
    fn glissee(&self) -> bool {
        let naissance = (self.champ)("date_naissance");
        !naissance.is_empty() && parse_date(&naissance).is_none()
    }

    fn manque(&self, nom: &str, attendu: impl Into<String>) -> Rejet {
        self.rejet(nom, "", Masque::Montrer, MotifRejet::Manquant, attendu)
    }

    fn presente(&self, nom: &str) -> Result<Cow<'a, str>, Rejet> {
        let valeur = (self.champ)(nom);
        if valeur.is_empty() {
            return Err(self.manque(nom, "attendu une valeur, complétez la ligne"));
        }
        Ok(valeur)
    }

    fn annule(&self) -> Result<bool, Rejet> {
        let valeur = (self.champ)("annule");
        if valeur.is_empty() {
            return Ok(false);
        }
        let code = OUI_NON.iter().find(|(code, _)| meme_code(&valeur, code));
        code.map(|(_, oui)| *oui).ok_or_else(|| self.code_inconnu("annule", &valeur, &OUI_NON.map(|(code, _)| code)))
    }

    fn code_inconnu(&self, nom: &str, valeur: &str, codes: &[&str]) -> Rejet {
        let attendu = format!("attendu l'un de {}, corrigez la ligne", codes.join(", "));
        self.rejet(nom, valeur, Masque::Montrer, MotifRejet::CodeInconnu, attendu)
    }

    fn jour(&self, nom: &str, masque: Masque, passe: bool) -> Result<Option<NaiveDate>, Rejet> {
        let valeur = (self.champ)(nom);
        if valeur.is_empty() {
            return Ok(None);
        }
        let Some(jour) = parse_date(&valeur) else {
            let attendu = "attendu une date qui existe, AAAA-MM-JJ ou JJ/MM/AAAA, corrigez la ligne";
            return Err(self.rejet(nom, &valeur, masque, MotifRejet::DateImpossible, attendu));
        };
        if passe && jour > self.recu_le {
            let attendu = format!(
                "attendu au plus tard le jour de réception du fichier, {}, corrigez la ligne ou donnez ce jour avec --recu-le",
                self.recu_le
            );
            return Err(self.rejet(nom, &valeur, masque, MotifRejet::DateFuture, attendu));
        }
        Ok(Some(jour))
    }

    fn valeur(&self, colonne: &Colonne) -> Result<Option<Valeur>, Rejet> {
        let nom = colonne.nom;
        let valeur = (self.champ)(nom);
        if valeur.is_empty() {
            return match (colonne.obligatoire, colonne.nature) {
                (false, _) => Ok(None),
                (true, Nature::Code(codes)) => {
                    Err(self.manque(nom, format!("attendu l'un de {}, complétez la ligne", codes.join(", "))))
                }
                (true, _) => Err(self.manque(nom, "attendu une valeur, complétez la ligne")),
            };
        }
        let illisible = |attendu: &str| self.rejet(nom, &valeur, Masque::Montrer, MotifRejet::NombreIllisible, attendu);
        Ok(Some(match colonne.nature {
            Nature::Date => return Ok(self.jour(nom, Masque::Montrer, colonne.passe)?.map(Valeur::Date)),
            Nature::Code(codes) => {
                let code = codes.iter().find(|code| meme_code(&valeur, code));
                Valeur::Texte((*code.ok_or_else(|| self.code_inconnu(nom, &valeur, codes))?).to_owned())
            }
            Nature::Texte | Nature::TexteReserve => Valeur::Texte(sans_nir(&valeur).to_owned()),
            Nature::Entier => Valeur::Entier(
                entier(&valeur).ok_or_else(|| illisible("attendu un nombre entier, comme 1, corrigez la ligne"))?,
            ),
            Nature::Decimal => {
                Valeur::Decimal(decimal(&valeur).ok_or_else(|| {
                    illisible("attendu un nombre positif ou nul, comme 41 ou 33,5, corrigez la ligne")
                })?)
            }
        }))
    }

    /// What the dates of an event say of one another, and of the RSA.
    fn dates(&self, genre: Genre, valeurs: &[Option<Valeur>]) -> Result<(), Rejet> {
        let jour = |nom: &str| jour_de(genre, valeurs, nom);
        if let Some((nom, propre)) = genre.date_propre().iter().find_map(|nom| Some((*nom, jour(nom)?))) {
            if propre < PREMIER_JOUR_DU_RSA {
                let attendu = "attendu au plus tôt le 2009-06-01, premier jour du RSA, corrigez la ligne";
                return Err(self.rejet(nom, &(self.champ)(nom), Masque::Montrer, MotifRejet::AvantLeRsa, attendu));
            }
        } else if let [premiere, ..] = genre.date_propre() {
            let noms = genre.date_propre().join(" ou ");
            return Err(self.manque(premiere, format!("attendu une date dans {noms}, complétez la ligne")));
        }
        for (debut, fin) in [("date_proposition", "date_debut"), ("periode_du", "periode_au")] {
            if let (Some(premier), Some(dernier)) = (jour(debut), jour(fin))
                && dernier < premier
            {
                let attendu = format!("attendu une date qui ne précède pas {debut} ({premier}), corrigez la ligne");
                let valeur = (self.champ)(fin);
                return Err(self.rejet(fin, &valeur, Masque::Montrer, MotifRejet::DatesIncoherentes, attendu));
            }
        }
        Ok(())
    }

    /// Who the line is about: a NIR that can be used; or a name, a first name and a birth date; or a
    /// MATRICULE with a name or a birth date. A NUMDEMRSA or a MATRICULE alone names a household, not
    /// a person.
    fn identite(&self) -> Result<IdentiteLigne, Rejet> {
        let (nir, numdemrsa) = ((self.champ)("nir"), (self.champ)("numdemrsa"));
        if contient_un_nir(&numdemrsa) {
            let attendu = "attendu le numéro de la demande de RSA et non un NIR, corrigez la ligne";
            return Err(self.rejet("numdemrsa", &numdemrsa, Masque::Forme, MotifRejet::CodeInconnu, attendu));
        }
        if let Some(champ) = ["nom", "prenom"].into_iter().find(|champ| contient_un_nir(&(self.champ)(champ))) {
            let attendu = "attendu un nom et non un NIR, corrigez la ligne";
            return Err(self.rejet(champ, &(self.champ)(champ), Masque::Forme, MotifRejet::SansIdentite, attendu));
        }
        let identite = IdentiteLigne {
            nir: Nir::parse(&nir),
            numdemrsa: identite::numdemrsa(&numdemrsa),
            matricule: Matricule::parse(&(self.champ)("matricule")),
            nom: (self.champ)("nom").into_owned(),
            prenom: (self.champ)("prenom").into_owned(),
            date_naissance: self.jour("date_naissance", Masque::Forme, true)?,
        };
        // A name of hyphens alone folds to nothing, and names nobody.
        let nomme = |texte: &str| !folded(texte).is_empty();
        let ne = identite.date_naissance.is_some();
        if identite.nir.is_some()
            || ne && nomme(&identite.nom) && nomme(&identite.prenom)
            || identite.matricule.is_some() && (ne || nomme(&identite.nom))
        {
            return Ok(identite);
        }
        let attendu = "attendu un NIR utilisable (13 caractères, ou 15 avec sa clé), ou nom, prenom et date_naissance, \
                       ou matricule (7 chiffres, et des zéros autour) avec nom ou date_naissance, complétez la ligne";
        Err(self.rejet("nir", &nir, Masque::Forme, MotifRejet::SansIdentite, attendu))
    }
}

/// Whether a value is this code, but for case and accents. What joins its words is no more looked at
/// than in a heading: `socio-pro` is `socio_pro`.
fn meme_code(valeur: &str, code: &str) -> bool {
    let lettre = |octet: u8| if matches!(octet, b'_' | b'-') { b' ' } else { octet.to_ascii_uppercase() };
    // Codes are ASCII: only a value with an accent has to be folded.
    let valeur = if valeur.is_ascii() { Cow::Borrowed(valeur) } else { folded(valeur) };
    valeur.bytes().map(lettre).eq(code.bytes().map(lettre))
}

/// A whole number. A spreadsheet may have given it decimals: `1,0` is 1.
fn entier(texte: &str) -> Option<i64> {
    let (unites, decimales) = texte.split_once([',', '.']).unwrap_or((texte, ""));
    let chiffres = !unites.is_empty() && unites.bytes().all(|b| b.is_ascii_digit());
    (chiffres && decimales.bytes().all(|b| b == b'0')).then(|| unites.parse().ok())?
}

/// A number with a decimal comma or point, not negative.
fn decimal(texte: &str) -> Option<f64> {
    let (unites, decimales) = texte.split_once([',', '.']).unwrap_or((texte, "0"));
    let chiffres = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !chiffres(unites) || !chiffres(decimales) {
        return None;
    }
    format!("{unites}.{decimales}").parse().ok().filter(|nombre: &f64| nombre.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECU_LE: &str = "2021-07-01";

    fn lire(genre: Genre, colonnes: &[(&'static str, &'static str)]) -> Result<Evenement, Rejet> {
        let champ = |nom: &str| {
            Cow::Borrowed(colonnes.iter().find(|(colonne, _)| *colonne == nom).map_or("", |(_, valeur)| *valeur))
        };
        valider(genre, 7, RECU_LE.parse().unwrap(), &champ)
    }

    /// An orientation that is right, with some columns changed.
    fn orientation(change: &[(&'static str, &'static str)]) -> Result<Evenement, Rejet> {
        let juste = [
            ("id_evenement", "O1"),
            ("nir", "1800152121001"),
            ("date_notification", "2021-03-20"),
            ("organisme", "CD"),
        ];
        lire(Genre::Orientations, &change.iter().copied().chain(juste).collect::<Vec<_>>())
    }

    fn accompagnement(change: &[(&'static str, &'static str)]) -> Result<Evenement, Rejet> {
        let juste = [("id_evenement", "X1"), ("nir", "1800152121001"), ("type_accompagnement", "AG")];
        lire(Genre::Accompagnements, &change.iter().copied().chain(juste).collect::<Vec<_>>())
    }

    fn pole_emploi(change: &[(&'static str, &'static str)]) -> Result<Evenement, Rejet> {
        let juste =
            [("periode_du", "2021-01-01"), ("periode_au", "2021-12-31"), ("indicateur", "3.2.5"), ("valeur", "33,5")];
        lire(Genre::PoleEmploi, &change.iter().copied().chain(juste).collect::<Vec<_>>())
    }

    fn motif(lu: Result<Evenement, Rejet>) -> (String, MotifRejet) {
        let rejet = lu.unwrap_err();
        assert_eq!(rejet.ligne, 7);
        (rejet.champ, rejet.motif)
    }

    fn date(texte: &str) -> Option<Valeur> {
        Some(Valeur::Date(texte.parse().unwrap()))
    }

    fn texte(texte: &str) -> Option<Valeur> {
        Some(Valeur::Texte(texte.to_owned()))
    }

    #[test]
    fn codes_are_matched_without_case_or_accents_and_kept_as_the_list_writes_them() {
        let lu =
            orientation(&[("organisme", "ccas"), ("mode", "Désignation_Référent"), ("dispositif", "gad")]).unwrap();
        assert_eq!(lu.valeurs[1], texte("CCAS"));
        assert_eq!(lu.valeurs[2], texte("designation_referent"));
        assert_eq!(lu.valeurs[5], texte("GAD"));
    }

    #[test]
    fn a_hyphen_or_a_space_may_join_the_words_of_a_code() {
        for ecrit in ["socio_pro", "socio-pro", "Socio pro"] {
            assert_eq!(orientation(&[("type_parcours", ecrit)]).unwrap().valeurs[4], texte("socio_pro"), "{ecrit}");
        }
        assert_eq!(motif(orientation(&[("type_parcours", "sociopro")])).1, MotifRejet::CodeInconnu);
    }

    #[test]
    fn an_unknown_code_names_the_accepted_ones() {
        let rejet = orientation(&[("organisme", "CHEZ MOI")]).unwrap_err();
        assert_eq!(rejet.motif, MotifRejet::CodeInconnu);
        assert_eq!(
            rejet.to_string(),
            "ligne 7 : organisme vaut « CHEZ MOI » ; attendu l'un de PE, CD, CCAS, CAF, MSA, ML, ASSO, AUTRE, corrigez la ligne"
        );
    }

    /// A name that stands in the place of a date or of a code is still a name.
    #[test]
    fn a_line_whose_columns_slipped_shows_none_of_its_values() {
        for (nom, valeur) in [("date_notification", "ONDINE"), ("organisme", "BRUMEVAL"), ("annule", "ONDINE")] {
            let glissee = orientation(&[(nom, valeur), ("date_naissance", "BRUMEVAL")]).unwrap_err();
            assert!(glissee.valeur.contains("caractères"), "{glissee}");
            let seule = orientation(&[(nom, valeur), ("date_naissance", "1987-04-19")]).unwrap_err();
            assert!(seule.valeur.contains(valeur), "{seule}");
        }
    }

    #[test]
    fn a_mandatory_value_cannot_be_empty() {
        for nom in ["id_evenement", "date_notification", "organisme"] {
            assert_eq!(motif(orientation(&[(nom, "")])), (nom.to_owned(), MotifRejet::Manquant));
        }
    }

    #[test]
    fn dates_are_read_in_both_forms_and_their_time_is_dropped() {
        for jour in ["2021-03-20", "20/03/2021", "2021-03-20T10:15:00", "20/03/2021 10:15"] {
            assert_eq!(orientation(&[("date_notification", jour)]).unwrap().valeurs[0], date("2021-03-20"), "{jour}");
        }
    }

    #[test]
    fn an_impossible_date_sets_the_line_aside_wherever_it_is() {
        assert_eq!(motif(orientation(&[("date_notification", "2021-02-30")])).1, MotifRejet::DateImpossible);
        assert_eq!(motif(orientation(&[("date_notification", "demain")])).1, MotifRejet::DateImpossible);
        assert_eq!(motif(orientation(&[("saisi_le", "2021-13-01")])).1, MotifRejet::DateImpossible);
        assert_eq!(motif(orientation(&[("date_naissance", "1980-00-00")])).1, MotifRejet::DateImpossible);
    }

    #[test]
    fn a_past_fact_may_date_from_the_reception_day_and_not_from_the_day_after() {
        for nom in ["date_notification", "saisi_le", "date_naissance"] {
            assert!(orientation(&[(nom, "2021-07-01")]).is_ok(), "{nom}");
            assert_eq!(motif(orientation(&[(nom, "2021-07-02")])), (nom.to_owned(), MotifRejet::DateFuture));
        }
        assert_eq!(motif(accompagnement(&[("date_proposition", "2021-07-02")])).1, MotifRejet::DateFuture);
    }

    #[test]
    fn a_planned_date_may_lie_ahead() {
        assert!(accompagnement(&[("date_debut", "2022-01-01"), ("date_fin", "2023-01-01")]).is_ok());
        assert!(pole_emploi(&[("periode_au", "2022-12-31")]).is_ok());
    }

    #[test]
    fn no_event_is_older_than_the_rsa() {
        assert!(orientation(&[("date_notification", "2009-06-01")]).is_ok());
        assert_eq!(motif(orientation(&[("date_notification", "2009-05-31")])).1, MotifRejet::AvantLeRsa);
    }

    /// The own date of an appointment is the day it was fixed, else the day it is held.
    #[test]
    fn the_first_of_the_own_dates_that_is_filled_is_compared_with_the_rsa() {
        let rdv = |fixation: &'static str, tenu: &'static str| {
            lire(
                Genre::RendezVous,
                &[
                    ("id_evenement", "R1"),
                    ("nir", "1800152121001"),
                    ("type_rdv", "cer"),
                    ("date_rdv", tenu),
                    ("date_fixation", fixation),
                ],
            )
        };
        assert_eq!(motif(rdv("2009-05-31", "2021-03-01")), ("date_fixation".to_owned(), MotifRejet::AvantLeRsa));
        assert_eq!(motif(rdv("", "2009-05-31")), ("date_rdv".to_owned(), MotifRejet::AvantLeRsa));
        assert!(rdv("2009-06-01", "2021-03-01").is_ok());
    }

    #[test]
    fn an_appointment_without_statut_is_fixed() {
        let lu = lire(
            Genre::RendezVous,
            &[("id_evenement", "R1"), ("nir", "1800152121001"), ("type_rdv", "CER"), ("date_rdv", "2021-09-01")],
        );
        assert_eq!(lu.unwrap().valeurs[3], texte("fixe"));
    }

    #[test]
    fn an_accompagnement_needs_one_of_its_two_dates() {
        assert_eq!(motif(accompagnement(&[])), ("date_proposition".to_owned(), MotifRejet::Manquant));
        assert!(accompagnement(&[("date_debut", "2021-03-01")]).is_ok());
        assert!(accompagnement(&[("date_proposition", "2021-03-01")]).is_ok());
    }

    #[test]
    fn a_start_cannot_precede_its_proposal() {
        let lire = |debut| accompagnement(&[("date_proposition", "2021-03-02"), ("date_debut", debut)]);
        assert_eq!(motif(lire("2021-03-01")), ("date_debut".to_owned(), MotifRejet::DatesIncoherentes));
        assert!(lire("2021-03-02").is_ok());
    }

    #[test]
    fn a_withdrawal_is_read_no_further_than_its_id() {
        for oui in ["1", "oui", "OUI"] {
            let lu =
                orientation(&[("annule", oui), ("nir", ""), ("organisme", "?"), ("date_notification", "")]).unwrap();
            assert!(lu.annule);
            assert_eq!((lu.id.as_str(), lu.identite), ("O1", IdentiteLigne::default()));
            assert_eq!(lu.valeurs, vec![None; 8]);
        }
        for non in ["", "0", "non"] {
            assert!(!orientation(&[("annule", non)]).unwrap().annule);
        }
        assert_eq!(motif(orientation(&[("annule", "peut-être")])).1, MotifRejet::CodeInconnu);
        assert_eq!(motif(orientation(&[("annule", "1"), ("id_evenement", "")])).1, MotifRejet::Manquant);
    }

    #[test]
    fn a_person_is_named_by_a_usable_nir_or_by_name_first_name_and_birth_date() {
        let nomme = [("nir", "9"), ("nom", "Martin"), ("prenom", "Ève"), ("date_naissance", "01/02/1980")];
        let identite = orientation(&nomme).unwrap().identite;
        assert_eq!((identite.nir, identite.nom.as_str()), (None, "Martin"));
        assert_eq!(identite.date_naissance, "1980-02-01".parse().ok());
        for manque in ["nom", "prenom", "date_naissance"] {
            let sans: Vec<_> = [(manque, "")].into_iter().chain(nomme).collect();
            assert_eq!(motif(orientation(&sans)).1, MotifRejet::SansIdentite, "{manque}");
        }
        let tiret: Vec<_> = [("nom", "-")].into_iter().chain(nomme).collect();
        assert_eq!(motif(orientation(&tiret)).1, MotifRejet::SansIdentite);
        assert_eq!(motif(orientation(&[("nir", "9")])).1, MotifRejet::SansIdentite);
        assert_eq!(motif(orientation(&[("nir", ""), ("numdemrsa", "1")])).1, MotifRejet::SansIdentite);
        assert_eq!(orientation(&[("numdemrsa", "1")]).unwrap().identite.numdemrsa, "00000000001");
    }

    #[test]
    fn a_matricule_names_a_person_with_a_name_or_a_birth_date_and_never_alone() {
        let matricule = ("matricule", "208956400000000");
        for avec in [("nom", "Martin"), ("date_naissance", "01/02/1980")] {
            let lu = orientation(&[("nir", ""), matricule, avec]).unwrap();
            assert_eq!(lu.identite.matricule, Matricule::parse("2089564"), "{avec:?}");
            for sans in ["", "1800152121001", "123456789"] {
                let rejet = orientation(&[("nir", ""), ("matricule", sans), avec]).unwrap_err();
                assert_eq!(rejet.motif, MotifRejet::SansIdentite);
                assert!(sans.is_empty() || !rejet.to_string().contains(sans), "{rejet}");
            }
        }
        for seul in [("nom", "-"), ("prenom", "Ève"), ("numdemrsa", "1")] {
            assert_eq!(motif(orientation(&[("nir", ""), matricule, seul])).1, MotifRejet::SansIdentite, "{seul:?}");
        }
    }

    #[test]
    fn a_message_never_shows_a_nir_or_a_birth_date() {
        let rejet = orientation(&[("nir", "18001521210")]).unwrap_err();
        assert_eq!(rejet.valeur, "« 11 caractères »");
        assert_eq!(orientation(&[("date_naissance", "1980-02-30")]).unwrap_err().valeur, "« 10 caractères »");
    }

    #[test]
    fn a_rank_is_a_whole_number() {
        for (texte, rang) in [("1", 1), ("01", 1), ("1,0", 1), ("2.00", 2)] {
            assert_eq!(entier(texte), Some(rang), "{texte}");
        }
        for texte in ["1,5", "un", "-1", "", ",0", "1er", "99999999999999999999"] {
            assert_eq!(entier(texte), None, "{texte}");
        }
    }

    #[test]
    fn a_figure_accepts_a_decimal_comma_and_no_sign() {
        assert_eq!(pole_emploi(&[]).unwrap().valeurs[3], Some(Valeur::Decimal(33.5)));
        assert_eq!(decimal("41"), Some(41.0));
        assert_eq!(decimal("0.25"), Some(0.25));
        for texte in ["-1", "inf", "NaN", "1e3", "1,", ",5", "33,5 %", "1,2,3"] {
            assert_eq!(decimal(texte), None, "{texte}");
        }
        assert_eq!(decimal(&"9".repeat(400)), None);
        assert_eq!(motif(pole_emploi(&[("valeur", "n.d.")])), ("valeur".to_owned(), MotifRejet::NombreIllisible));
    }

    #[test]
    fn a_report_of_pole_emploi_has_a_period_in_order_and_no_person() {
        let lu = pole_emploi(&[]).unwrap();
        assert_eq!((lu.id.as_str(), lu.identite), ("", IdentiteLigne::default()));
        assert_eq!(lu.valeurs[0], date("2021-01-01"));
        assert!(pole_emploi(&[("periode_au", "2021-01-01")]).is_ok());
        assert_eq!(motif(pole_emploi(&[("periode_au", "2020-12-31")])).1, MotifRejet::DatesIncoherentes);
    }
}
