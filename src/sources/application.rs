//! A line of an export, under its description: an event, a reject, or a line that is not of the
//! source. Pure: the values of the line come in, by the place of their heading.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::description::{Description, Devient, Entete, FormatDate, Lecture, Origine};
use crate::flux::tableur::{Tableur, enumere};
use crate::identite::{Nir, folded};
use crate::releves::evenements::{Evenement, valider};
use crate::releves::foyers::parse_date;
use crate::releves::genres::Nature;
use crate::releves::{Masque, MotifRejet, Refus, Rejet, shown};

/// A description laid on the headings of one file.
pub struct Plan<'d> {
    description: &'d Description,
    colonnes: Vec<(&'static str, Source<'d>)>,
    filtres: Vec<usize>,
    identifiant: Vec<usize>,
}

enum Source<'d> {
    Constante(&'d str),
    /// How the value is read, and the place of each of its headings.
    Lue(&'d Lecture, Vec<usize>),
    /// The export has not this column, and may.
    Absente,
}

/// What became of a line.
#[derive(Debug)]
pub enum Lu {
    /// An event that can be trusted.
    Evenement(Box<Evenement>),
    /// Set aside.
    Rejet(Rejet),
    /// Not of this source: the filter or the column that says so.
    Hors(String),
}

impl<'d> Plan<'d> {
    /// # Errors
    /// The headings that the description reads and the file has not, or has twice.
    pub fn new(description: &'d Description, tableur: &Tableur) -> Result<Self, Refus> {
        let absents: Vec<&str> = {
            let mut absents: Vec<&str> = description
                .entetes()
                .filter(|entete| tableur.colonne(&entete.norme).is_none())
                .map(|entete| entete.montre.as_str())
                .collect();
            absents.sort_unstable();
            absents.dedup();
            absents
        };
        if !absents.is_empty() {
            return Err(Refus::whole(format!(
                "la source {} attend {} : {}. Trouvé : {}. Corrigez la description, ou demandez un export complet",
                description.nom,
                if absents.len() > 1 { "des colonnes absentes" } else { "une colonne absente" },
                enumere(&absents),
                tableur.trouvees()
            )));
        }
        let place = |entete: &Entete| -> Result<Option<usize>, Refus> {
            let double = tableur.entetes().iter().filter(|autre| **autre == entete.norme).count() > 1;
            if double {
                return Err(Refus::whole(format!(
                    "la colonne « {} », que lit la source {}, est présente deux fois : rien ne dit laquelle lire. \
                     Renommez-en une dans l'export",
                    entete.montre, description.nom
                )));
            }
            Ok(tableur.colonne(&entete.norme))
        };
        let places = |entetes: &mut dyn Iterator<Item = &Entete>| -> Result<Vec<usize>, Refus> {
            entetes.filter_map(|entete| place(entete).transpose()).collect()
        };
        let mut colonnes = Vec::new();
        for (nom, origine) in &description.colonnes {
            let source = match origine {
                Origine::Constante(valeur) => Source::Constante(valeur),
                Origine::Lue(lecture) => {
                    let places = places(&mut lecture.entetes.iter())?;
                    // Half of a value is not a value.
                    if places.len() == lecture.entetes.len() { Source::Lue(lecture, places) } else { Source::Absente }
                }
            };
            colonnes.push((*nom, source));
        }
        let filtres = places(&mut description.filtres.iter().map(|filtre| &filtre.entete))?;
        let identifiant = places(&mut description.identifiant.iter().flat_map(|identifiant| &identifiant.entetes))?;
        Ok(Self { description, colonnes, filtres, identifiant })
    }

    /// The columns that are read, with their place and their heading.
    #[must_use]
    pub fn colonnes_lues<'t>(&self, tableur: &'t Tableur) -> Vec<(usize, &'t str)> {
        let lues = self.colonnes.iter().filter_map(|(_, source)| match source {
            Source::Lue(_, places) => Some(places),
            Source::Constante(_) | Source::Absente => None,
        });
        let mut places: Vec<usize> = lues.flatten().chain(&self.filtres).chain(&self.identifiant).copied().collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|place| Some((place, tableur.montres().get(place)?.as_str()))).collect()
    }

    /// The headings of our columns, as the description writes them; `None` for a constant.
    #[must_use]
    pub fn entetes_de(&self, nom: &str) -> Option<String> {
        match self.colonnes.iter().find(|(notre, _)| *notre == nom)? {
            (_, Source::Lue(lecture, _)) => Some(
                lecture.entetes.iter().map(|entete| format!("« {} »", entete.montre)).collect::<Vec<_>>().join(" et "),
            ),
            _ => None,
        }
    }

    /// Reads a line. `champ` gives the trimmed value of a place.
    #[must_use]
    pub fn lire(&self, ligne: u64, recu_le: NaiveDate, champ: &dyn Fn(usize) -> String) -> Lu {
        for (filtre, place) in self.description.filtres.iter().zip(&self.filtres) {
            if !filtre.retient(&champ(*place)) {
                return Lu::Hors(format!("filtre sur « {} »", filtre.entete.montre));
            }
        }
        let mut valeurs: Vec<(&str, String)> = Vec::with_capacity(self.colonnes.len() + 1);
        for (nom, source) in &self.colonnes {
            match self.valeur(ligne, nom, source, champ) {
                Ok(Some(valeur)) => valeurs.push((nom, valeur)),
                Ok(None) => {
                    return Lu::Hors(format!("valeur ignorée dans {}", self.entetes_de(nom).unwrap_or_default()));
                }
                Err(rejet) => return Lu::Rejet(*rejet),
            }
        }
        if !self.identifiant.is_empty() {
            match self.identifiant(champ) {
                Some(id) => valeurs.push(("id_evenement", id)),
                None => return Lu::Rejet(self.sans_identifiant(ligne)),
            }
        }
        let donnee = |nom: &str| {
            let found = valeurs.iter().find(|(notre, _)| *notre == nom);
            found.map_or(Cow::Borrowed(""), |(_, valeur)| Cow::Owned(valeur.clone()))
        };
        match valider(self.description.genre, ligne, recu_le, &donnee) {
            Ok(evenement) => Lu::Evenement(Box::new(evenement)),
            Err(rejet) => Lu::Rejet(Rejet { champ: self.nommee(&rejet.champ), ..rejet }),
        }
    }

    /// Our column, and the heading it is read under.
    fn nommee(&self, nom: &str) -> String {
        self.entetes_de(nom).map_or_else(|| nom.to_owned(), |entetes| format!("{nom} ({entetes})"))
    }

    /// Our value of a column; `None` when it says that the line is not of this source.
    fn valeur(
        &self,
        ligne: u64,
        nom: &str,
        source: &Source<'_>,
        champ: &dyn Fn(usize) -> String,
    ) -> Result<Option<String>, Box<Rejet>> {
        let (lecture, places) = match source {
            Source::Constante(valeur) => return Ok(Some((*valeur).to_owned())),
            Source::Absente => return Ok(Some(String::new())),
            Source::Lue(lecture, places) => (*lecture, places),
        };
        let lues: Vec<String> = places.iter().map(|place| champ(*place)).filter(|valeur| !valeur.is_empty()).collect();
        let lue = lues.join(&lecture.entre);
        let rejet = |motif, attendu: String| {
            let valeur = shown(&lue, self.masque(nom));
            Err(Box::new(Rejet { ligne, champ: self.nommee(nom), valeur, motif, attendu }))
        };
        if let Some(format) = lecture.format.as_ref().filter(|_| !lue.is_empty()) {
            // A workbook's own dates are dates whatever the format that the description gives for text.
            return match format.lire(&lue).or_else(|| iso(&lue)) {
                Some(jour) => Ok(Some(jour.to_string())),
                None => rejet(
                    MotifRejet::DateImpossible,
                    format!("attendu une date qui existe, au format {}, corrigez la ligne", format.montre()),
                ),
            };
        }
        match lecture.valeurs.as_ref().map(|valeurs| (valeurs, valeurs.traduire(&lue))) {
            None => Ok(Some(lue)),
            Some((_, Devient::Valeur(notre))) => Ok(Some(notre.to_owned())),
            Some((_, Devient::Ignoree)) => Ok(None),
            Some((valeurs, Devient::Inconnue)) => {
                let connues: Vec<String> = valeurs.connues().map(|connue| format!("« {connue} »")).collect();
                let connues: Vec<&str> = connues.iter().map(String::as_str).collect();
                let attendu = format!(
                    "attendu l'une des valeurs que la source {} traduit : {}. Corrigez la ligne, ou ajoutez la valeur à \
                     [colonnes.{nom}.valeurs]",
                    self.description.nom,
                    enumere(&connues)
                );
                rejet(MotifRejet::CodeInconnu, attendu)
            }
        }
    }

    /// Only codes, dates of acts and numbers are shown.
    fn masque(&self, nom: &str) -> Masque {
        let colonne = self.description.genre.colonnes().iter().find(|colonne| colonne.nom == nom);
        match colonne.map(|colonne| colonne.nature) {
            Some(Nature::Date | Nature::Code(_) | Nature::Entier | Nature::Decimal) => Masque::Montrer,
            Some(Nature::Texte | Nature::TexteReserve) => Masque::Forme,
            None if nom == "annule" || nom == "saisi_le" => Masque::Montrer,
            None => Masque::Forme,
        }
    }

    /// The identifier made of a line; `None` when every value that makes it is empty. Case, accents
    /// and the form of a date do not change it, nor does a NIR, which is left out.
    fn identifiant(&self, champ: &dyn Fn(usize) -> String) -> Option<String> {
        let prefixe = &self.description.identifiant.as_ref()?.prefixe;
        let mut hasher = blake3::Hasher::new();
        let mut rempli = false;
        for place in &self.identifiant {
            let valeur = champ(*place);
            if Nir::parse(&valeur).is_none() {
                rempli |= !valeur.is_empty();
                let jour = self.format(*place).and_then(|format| format.lire(&valeur));
                hasher.update(stable(&jour.map_or(valeur, |jour| jour.to_string())).as_bytes());
            }
            hasher.update(b"\x1f");
        }
        rempli.then(|| format!("{prefixe}{}", &hasher.finalize().to_hex()[..24]))
    }

    /// How the dates of a heading are written, when a column says so.
    fn format(&self, place: usize) -> Option<&FormatDate> {
        self.colonnes.iter().find_map(|(_, source)| match source {
            Source::Lue(lecture, places) if places.contains(&place) => lecture.format.as_ref(),
            _ => None,
        })
    }

    fn sans_identifiant(&self, ligne: u64) -> Rejet {
        let entetes = self.description.identifiant.iter().flat_map(|identifiant| &identifiant.entetes);
        let noms: Vec<&str> = entetes.map(|entete| entete.montre.as_str()).collect();
        Rejet {
            ligne,
            champ: "id_evenement".to_owned(),
            valeur: shown("", Masque::Montrer),
            motif: MotifRejet::Manquant,
            attendu: format!("attendu une valeur dans {}, qui font l'identifiant, complétez la ligne", enumere(&noms)),
        }
    }
}

/// A day written `AAAA-MM-JJ`, a time behind it being dropped.
fn iso(texte: &str) -> Option<NaiveDate> {
    parse_date(texte).filter(|_| texte.as_bytes().get(4) == Some(&b'-'))
}

/// A value as an identifier takes it: the same in CSV and in a workbook.
fn stable(valeur: &str) -> Cow<'_, str> {
    let (jour, suite) = valeur.split_once([' ', 'T']).unwrap_or((valeur, ""));
    match parse_date(jour) {
        Some(jour) if suite.is_empty() => Cow::Owned(jour.to_string()),
        Some(jour) => Cow::Owned(format!("{jour} {}", suite.trim_end_matches(":00"))),
        None => folded(valeur),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"nom = "essai"
genre = "fins_suivi"
[fichiers]
noms = ["*"]
[colonnes]
nom = "Nom"
prenom = "Prénom"
date_naissance = "Né le"
date_fin = "Fin"
motif = { entete = "Motif", valeurs = { "CDI" = "emploi_cdi" }, ignorer = ["À préciser"] }
[identifiant]
entetes = ["Numéro CAF", "Nom", "Fin"]
"#;

    fn lire(champs: [&str; 6]) -> Lu {
        lire_selon(TOML, champs)
    }

    fn lire_selon(toml: &str, champs: [&str; 6]) -> Lu {
        let description = Description::lire("essai.toml", toml).unwrap();
        let tableur = Tableur::new("Numéro CAF;Nom;Prénom;Né le;Fin;Motif".as_bytes(), true);
        let plan = Plan::new(&description, &tableur).unwrap();
        plan.lire(7, "2021-07-01".parse().unwrap(), &|place| champs[place].to_owned())
    }

    fn id(numero: &str, nom: &str, fin: &str) -> String {
        match lire([numero, nom, "Ondine", "19/04/1987", fin, "cdi"]) {
            Lu::Evenement(evenement) => evenement.id,
            autre => panic!("{autre:?}"),
        }
    }

    #[test]
    fn an_identifier_does_not_change_with_case_accents_or_the_form_of_a_date() {
        let premier = id("2089564", "LEFÈVRE-D'ARC", "20/03/2021");
        assert!(premier.starts_with("essai-") && premier.len() == 30, "{premier}");
        assert_eq!(id("2089564", "lefevre d arc", "2021-03-20"), premier);
        assert_ne!(id("2089564", "LEFÈVRE-D'ARC", "21/03/2021"), premier);
        assert_ne!(id("2089565", "LEFÈVRE-D'ARC", "20/03/2021"), premier);
        // Two values are not one: what ends the first does not begin the second.
        assert_ne!(id("1", "2A", "20/03/2021"), id("12", "A", "20/03/2021"));
    }

    /// A workbook gives its own dates, whatever the format described for those that are text.
    #[test]
    fn a_date_of_a_described_format_makes_the_same_identifier() {
        let toml = TOML.replace("\"Fin\"\nmotif", "{ entete = \"Fin\", format = \"JJ.MM.AAAA\" }\nmotif");
        let id = |fin| match lire_selon(&toml, ["1", "ORSELLE", "Tibald", "02/11/1990", fin, "CDI"]) {
            Lu::Evenement(evenement) => evenement.id,
            autre => panic!("{autre:?}"),
        };
        assert_eq!(id("20.03.2021"), id("2021-03-20"));
    }

    /// The digest has no key: every NIR could be tried until one gives it.
    #[test]
    fn a_nir_is_left_out_of_an_identifier() {
        assert_eq!(id("2870499999002", "ORSELLE", "20/03/2021"), id("", "ORSELLE", "20/03/2021"));
    }

    #[test]
    fn a_reject_names_our_column_and_the_heading_and_never_a_name() {
        let rejet = |champs| match lire(champs) {
            Lu::Rejet(rejet) => rejet.to_string(),
            autre => panic!("{autre:?}"),
        };
        let motif = rejet(["1", "ORSELLE", "TIBALD", "02/11/1990", "20/03/2021", "Départ"]);
        assert!(
            motif.starts_with("ligne 7 : motif (« Motif ») vaut « Départ » ; attendu l'une des valeurs"),
            "{motif}"
        );
        let fin = rejet(["1", "ORSELLE", "TIBALD", "02/11/1990", "31/02/2021", "CDI"]);
        assert!(fin.starts_with("ligne 7 : date_fin (« Fin ») vaut « 31/02/2021 »"), "{fin}");
        let naissance = rejet(["1", "ORSELLE", "TIBALD", "02/13/1990", "20/03/2021", "CDI"]);
        assert!(naissance.contains("date_naissance (« Né le ») vaut « 10 caractères »"), "{naissance}");
        let personne = rejet(["1", "ORSELLE", "", "02/11/1990", "20/03/2021", "CDI"]);
        assert!(!personne.contains("ORSELLE") && personne.contains("attendu un NIR utilisable"), "{personne}");
    }

    #[test]
    fn an_ignored_value_leaves_its_line_out_without_setting_it_aside() {
        assert!(
            matches!(lire(["1", "ORSELLE", "", "", "", "a preciser"]), Lu::Hors(raison) if raison.contains("« Motif »"))
        );
    }
}
