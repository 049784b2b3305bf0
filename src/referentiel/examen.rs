//! Everything that is wrong with a référentiel, and what deserves a second look, each at its key and
//! its line. The one place where a référentiel is read.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::libelles;
use super::{
    Base, Cible, Debut, Definition, Lectures, Libelle, LibelleEcrit, PARAMETRES, Parametre, ParametreDate,
    REFERENTIEL_2022, Referentiel, Unite, ValeurDatee, en_francais, jour_de,
};
use crate::indicateurs::catalogue::CATALOGUE;
use crate::temps::Jour;

/// Something to say of a référentiel, at its place. In French.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constat {
    /// Line of the file, when it can be told.
    pub ligne: Option<usize>,
    /// Key, as `parametres.delai_premier_rdv`; empty for the whole file.
    pub cle: String,
    /// What was found, what was expected.
    pub phrase: String,
    /// Whether the file is no TOML at all: nothing else could be looked at.
    pub illisible: bool,
}

/// The indicators that have a target.
const AVEC_CIBLE: [&str; 3] = ["3.1.2", "3.1.4", "3.1.6"];
/// The keys of the file.
const CLES: [&str; 7] = ["nom", "verifie_le", "base", "lectures", "parametres", "cibles", "libelles"];
/// The readings that give their own duration: the parameter has no effect under them.
const DUREES_IMPOSEES: [(&str, &str, &str); 4] = [
    ("orientation.delai", "30_jours", "delai_orientation"),
    ("orientation.delai", "31_jours", "delai_orientation"),
    ("rdv.delai", "15_jours", "delai_premier_rdv"),
    ("cer.delai", "1_mois", "delai_premier_cer"),
];

/// The readings of the start of a delay, and its parameter.
const DEBUTS_LUS: [(&str, &str); 2] = [("orientation.debut", "delai_orientation"), ("cer.debut", "delai_premier_cer")];

/// Reads a référentiel and tells what deserves a second look.
///
/// # Errors
/// Everything that is wrong with it: it cannot be used.
pub fn examiner(texte: &str) -> Result<(Referentiel, Vec<Constat>), Vec<Constat>> {
    let racine = match DeTable::parse(texte) {
        Ok(racine) => racine.into_inner(),
        Err(error) => {
            let ligne = error.span().and_then(|span| ligne_a(texte, span.start));
            let phrase = en_francais(error.message().trim_end());
            return Err(vec![Constat { ligne, cle: String::new(), phrase, illisible: true }]);
        }
    };
    let mut examen = Examen { texte, racine: &racine, constats: Vec::new() };
    match examen.lire() {
        Some(referentiel) if examen.constats.is_empty() => {
            examen.avertir(&referentiel);
            Ok((referentiel, examen.constats))
        }
        _ => Err(examen.constats),
    }
}

/// A value of the file, with its place.
type Valeur<'a> = Spanned<DeValue<'a>>;

/// A step of the way to a value: a key, or a rank in a list.
#[derive(Clone, Copy)]
enum Pas<'a> {
    Cle(&'a str),
    Rang(usize),
}

struct Examen<'a> {
    texte: &'a str,
    racine: &'a DeTable<'a>,
    constats: Vec<Constat>,
}

impl<'a> Examen<'a> {
    fn dire(&mut self, chemin: &[Pas<'_>], phrase: String) {
        let debut = place(self.racine, chemin);
        self.dire_a(debut, chemin, phrase);
    }

    fn dire_a(&mut self, debut: Option<usize>, chemin: &[Pas<'_>], phrase: String) {
        let mut cle = String::new();
        for pas in chemin {
            match pas {
                Pas::Cle(nom) if cle.is_empty() => cle.push_str(nom),
                Pas::Cle(nom) => cle.push_str(&format!(".{nom}")),
                Pas::Rang(rang) => cle.push_str(&format!("[{}]", rang + 1)),
            }
        }
        let ligne = debut.and_then(|debut| ligne_a(self.texte, debut));
        self.constats.push(Constat { ligne, cle, phrase, illisible: false });
    }

    /// What a value says, or what is wrong with it.
    fn convertir<T: DeserializeOwned>(&mut self, chemin: &[Pas<'_>], valeur: &Valeur<'a>) -> Option<T> {
        match T::deserialize(ValueDeserializer::from(valeur.clone())) {
            Ok(lu) => Some(lu),
            Err(error) => {
                let debut = error.span().map_or(valeur.span().start, |span| span.start);
                self.dire_a(Some(debut), chemin, en_francais(error.message().trim_end()));
                None
            }
        }
    }

    fn obligatoire(&mut self, cle: &str) -> Option<&'a Valeur<'a>> {
        let valeur = self.racine.get(cle);
        if valeur.is_none() {
            self.dire(&[], format!("il manque la clé « {cle} »"));
        }
        valeur
    }

    /// The keys of a part of the file.
    fn partie(&mut self, cle: &str, valeur: &'a Valeur<'a>) -> Option<&'a DeTable<'a>> {
        let table = valeur.get_ref().as_table();
        if table.is_none() {
            self.dire(&[Pas::Cle(cle)], format!("attendu une partie [{cle}], avec une clé par ligne"));
        }
        table
    }

    fn lire(&mut self) -> Option<Referentiel> {
        let cles = self.racine.keys().map(|cle| cle.get_ref().as_ref());
        for cle in cles.filter(|cle| !CLES.contains(cle)) {
            let phrase = format!("la clé « {cle} » n'est pas connue, attendu l'une de : {}", CLES.join(", "));
            self.dire(&[Pas::Cle(cle)], phrase);
        }
        let nom = self.obligatoire("nom");
        let nom: Option<String> = nom.and_then(|nom| self.convertir(&[Pas::Cle("nom")], nom));
        if nom.as_ref().is_some_and(|nom| nom.trim().is_empty()) {
            let phrase = "le nom est vide, attendu celui qui sera rappelé sur chaque tableau";
            self.dire(&[Pas::Cle("nom")], phrase.to_owned());
        }
        let verifie_le = self.obligatoire("verifie_le");
        let verifie_le = verifie_le.and_then(|date| self.convertir(&[Pas::Cle("verifie_le")], date));
        let verifie_le = verifie_le.and_then(|date| self.jour(&[Pas::Cle("verifie_le")], "verifie_le", &date));
        let base = match self.racine.get("base") {
            Some(base) => self.convertir(&[Pas::Cle("base")], base),
            None => Some(Base::default()),
        };
        let lectures = self.lectures();
        let parametres = self.obligatoire("parametres");
        let parametres = parametres.and_then(|parametres| self.partie("parametres", parametres));
        let lus = parametres.map(|parametres| self.parametres(parametres));
        let cibles = self.cibles();
        let libelles = self.libelles();
        let [delai_orientation, delai_premier_rdv, delai_premier_cer, cloture_suspension, transfert, eloignement] =
            lus?;
        Some(Referentiel {
            nom: nom?,
            verifie_le: verifie_le?,
            base: base?,
            lectures,
            delai_orientation: delai_orientation?,
            delai_premier_rdv: delai_premier_rdv?,
            delai_premier_cer: delai_premier_cer?,
            cloture_suspension: cloture_suspension?,
            rapprochement_transfert: transfert?,
            eloignement: eloignement?,
            cibles,
            libelles,
        })
    }

    fn jour(&mut self, chemin: &[Pas<'_>], quoi: &str, date: &toml::value::Datetime) -> Option<Jour> {
        let jour = jour_de(date);
        if jour.is_none() {
            self.dire(chemin, format!("{quoi} a une date illisible « {date} », attendu AAAA-MM-JJ"));
        }
        jour
    }

    fn lectures(&mut self) -> Lectures {
        let mut lectures = Lectures::default();
        let table = self.racine.get("lectures").and_then(|table| self.partie("lectures", table));
        for (cle, valeur) in table.into_iter().flatten() {
            let chemin = [Pas::Cle("lectures"), Pas::Cle(cle.get_ref().as_ref())];
            if let Some(valeur) = self.convertir::<String>(&chemin, valeur)
                && let Err(error) = lectures.choisir(cle.get_ref(), &valeur)
            {
                self.dire(&chemin, error.to_string());
            }
        }
        lectures
    }

    fn parametres(&mut self, table: &'a DeTable<'a>) -> [Option<ParametreDate>; 6] {
        let noms = PARAMETRES.map(|definition| definition.nom);
        for cle in table.keys().map(|cle| cle.get_ref().as_ref()).filter(|cle| !noms.contains(cle)) {
            self.dire(
                &[Pas::Cle("parametres"), Pas::Cle(cle)],
                format!("la clé « {cle} » n'est pas connue, attendu l'une de : {}", noms.join(", ")),
            );
        }
        PARAMETRES.map(|definition| {
            let chemin = [Pas::Cle("parametres"), Pas::Cle(definition.nom)];
            match table.get(definition.nom) {
                Some(valeur) => {
                    let parametre = self.convertir(&chemin, valeur)?;
                    self.parametre(&definition, &parametre)
                }
                None => {
                    self.dire(&chemin[..1], format!("il manque la clé « {} »", definition.nom));
                    None
                }
            }
        })
    }

    fn parametre(&mut self, definition: &Definition, parametre: &Parametre) -> Option<ParametreDate> {
        let nom = definition.nom;
        let chemin = [Pas::Cle("parametres"), Pas::Cle(nom)];
        let unite = self.unite(definition, &[chemin[0], chemin[1], Pas::Cle("unite")], &parametre.unite);
        if parametre.valeurs.is_empty() {
            self.dire(&chemin, format!("le paramètre {nom} n'a aucune valeur, attendu au moins une"));
        }
        // What is wrong with the values is told even when their unit is not known.
        let commune = unite.or(definition.unites.first().copied())?;
        let mut valeurs: Vec<ValeurDatee> = Vec::new();
        for (rang, lue) in parametre.valeurs.iter().enumerate() {
            let ici = [chemin[0], chemin[1], Pas::Cle("valeurs"), Pas::Rang(rang)];
            let sous = |cle| [ici[0], ici[1], ici[2], ici[3], Pas::Cle(cle)];
            if lue.source.trim().is_empty() {
                let phrase = format!("une valeur de {nom} n'a pas de source, attendu le texte dont elle vient");
                self.dire(&ici, phrase);
            }
            let sienne = lue.unite.as_deref().map(|ecrite| self.unite(definition, &sous("unite"), ecrite));
            let unite = sienne.unwrap_or(Some(commune)).unwrap_or(commune);
            let debut = lue.debut.as_deref().and_then(|ecrit| self.debut(definition, &sous("debut"), ecrit));
            let entier = unite == Unite::Part || lue.valeur.fract() == 0.0;
            if !(entier && lue.valeur > 0.0 && lue.valeur < 1000.0) {
                let attendu = if unite == Unite::Part {
                    "une part positive".to_owned()
                } else {
                    format!("un nombre de {} entier et positif", unite.code())
                };
                self.dire(&ici, format!("la valeur {} de {nom} ne peut pas être, attendu {attendu}", lue.valeur));
            }
            if let Some(depuis) = self.jour(&ici, nom, &lue.depuis) {
                if valeurs.iter().any(|autre| autre.depuis == depuis) {
                    self.dire(&ici, format!("{nom} a deux valeurs depuis le {depuis}, gardez-en une"));
                }
                let source = lue.source.trim().to_owned();
                valeurs.push(ValeurDatee { depuis, valeur: lue.valeur, unite, debut, source });
            }
        }
        ParametreDate::new(commune, valeurs)
    }

    /// One of the units that a parameter may have.
    fn unite(&mut self, definition: &Definition, chemin: &[Pas<'_>], ecrite: &str) -> Option<Unite> {
        let trouvee = definition.unites.iter().find(|unite| unite.code() == ecrite);
        if trouvee.is_none() {
            let attendu = l_une_de(definition.unites.iter().map(|unite| unite.code()));
            self.dire(chemin, format!("le paramètre {} est en « {ecrite} », attendu {attendu}", definition.nom));
        }
        trouvee.copied()
    }

    /// One of the starts that the delay of a parameter may have.
    fn debut(&mut self, definition: &Definition, chemin: &[Pas<'_>], ecrit: &str) -> Option<Debut> {
        let trouve = definition.debuts.iter().find(|debut| debut.code() == ecrit);
        if trouve.is_none() {
            let phrase = if definition.debuts.is_empty() {
                format!("le paramètre {} n'a pas de début à choisir, retirez « debut »", definition.nom)
            } else {
                let attendu = l_une_de(definition.debuts.iter().map(|debut| debut.code()));
                format!("le début « {ecrit} » du paramètre {} n'est pas connu, attendu {attendu}", definition.nom)
            };
            self.dire(chemin, phrase);
        }
        trouve.copied()
    }

    fn cibles(&mut self) -> Vec<Cible> {
        let Some(liste) = self.racine.get("cibles") else { return Vec::new() };
        let Some(liste) = liste.get_ref().as_array() else {
            self.dire(&[Pas::Cle("cibles")], "attendu un bloc [[cibles]] par cible".to_owned());
            return Vec::new();
        };
        let mut cibles: Vec<Cible> = Vec::new();
        for (rang, valeur) in liste.iter().enumerate() {
            let ici = [Pas::Cle("cibles"), Pas::Rang(rang)];
            let Some(cible) = self.convertir::<Cible>(&ici, valeur) else { continue };
            let Cible { indicateur, annee, .. } = &cible;
            if cible.source.trim().is_empty() || !(0.0..=1.0).contains(&cible.valeur) {
                let phrase =
                    format!("la cible {indicateur} de {annee} doit avoir une source et une valeur entre 0 et 1");
                self.dire(&ici, format!("{phrase} (trouvé {})", cible.valeur));
            }
            if cibles.iter().any(|autre| (&autre.indicateur, autre.annee) == (indicateur, *annee)) {
                self.dire(&ici, format!("la cible {indicateur} de {annee} est donnée deux fois, gardez-en une"));
            }
            cibles.push(cible);
        }
        cibles
    }

    fn libelles(&mut self) -> Vec<Libelle> {
        let table = self.racine.get("libelles").and_then(|table| self.partie("libelles", table));
        let mut libelles: Vec<Libelle> = Vec::new();
        for (cle, liste) in table.into_iter().flatten() {
            let cle = cle.get_ref().as_ref();
            let chemin = [Pas::Cle("libelles"), Pas::Cle(cle)];
            if !libelles::cles().any(|connue| connue == cle) {
                let connues: Vec<_> = libelles::cles().collect();
                let phrase = format!("la clé « {cle} » n'est pas connue, attendu l'une de : {}", connues.join(", "));
                self.dire(&chemin, phrase);
            }
            for (rang, ecrit) in self.convertir::<Vec<LibelleEcrit>>(&chemin, liste).into_iter().flatten().enumerate() {
                let ici = [chemin[0], chemin[1], Pas::Rang(rang)];
                if ecrit.source.trim().is_empty() || ecrit.texte.trim().is_empty() {
                    self.dire(&ici, format!("un libellé de {cle} doit avoir un texte et une source"));
                }
                let Some(depuis) = self.jour(&ici, cle, &ecrit.depuis) else { continue };
                if libelles.iter().any(|autre| (autre.cle.as_str(), autre.depuis) == (cle, depuis)) {
                    self.dire(&ici, format!("{cle} a deux libellés depuis le {depuis}, gardez-en un"));
                }
                let LibelleEcrit { texte, court, definition, source, .. } = ecrit;
                libelles.push(Libelle { cle: cle.to_owned(), depuis, texte, court, definition, source });
            }
        }
        libelles.sort_by(|a, b| (a.depuis, &a.cle).cmp(&(b.depuis, &b.cle)));
        libelles
    }

    /// What deserves a second look in a référentiel that can be used.
    fn avertir(&mut self, referentiel: &Referentiel) {
        if referentiel.nom == "2022" && self.texte != REFERENTIEL_2022 {
            let phrase = "le nom « 2022 » est celui du référentiel livré : donnez-en un autre, pour que l'on sache d'où vient un chiffre";
            self.dire(&[Pas::Cle("nom")], phrase.to_owned());
        }
        if referentiel.base == Base::Vide {
            let phrase = "« vide » fait entrer tout le monde dans une caisse sans flux mensuel : à n'employer que si elle n'avait personne";
            self.dire(&[Pas::Cle("base")], phrase.to_owned());
        }
        self.avertir_des_lectures(referentiel);
        for (Definition { nom, .. }, parametre) in PARAMETRES.iter().zip(referentiel.parametres()) {
            for valeur in parametre.valeurs().filter(|valeur| valeur.depuis > referentiel.verifie_le) {
                self.dire(
                    &[Pas::Cle("parametres"), Pas::Cle(nom)],
                    format!(
                        "la valeur {} depuis le {} commence après verifie_le ({}) : relisez-la face aux textes, puis avancez verifie_le",
                        valeur.valeur, valeur.depuis, referentiel.verifie_le
                    ),
                );
            }
        }
        self.avertir_des_cibles(referentiel);
    }

    fn avertir_des_lectures(&mut self, referentiel: &Referentiel) {
        let choisies = referentiel.lectures.choisies();
        for ((cle, valeur), (_, guide)) in choisies.iter().zip(Lectures::default().choisies()) {
            if *valeur != guide {
                let phrase =
                    format!("« {valeur} » n'est pas la lecture du guide (« {guide} ») : les tableaux le diront");
                self.dire(&[Pas::Cle("lectures"), Pas::Cle(cle)], phrase);
            }
            if let Some((.., seuil)) = DUREES_IMPOSEES.iter().find(|(c, v, _)| c == cle && v == valeur) {
                // What a month is says nothing of weeks or days.
                let en_mois = *cle != "rdv.delai";
                let phrase = if en_mois && a_une_valeur(referentiel, seuil, |v| v.unite != Unite::Mois) {
                    format!("« {valeur} » impose sa durée : les valeurs en mois du paramètre {seuil} n'ont pas d'effet")
                } else {
                    format!("« {valeur} » impose sa durée : le paramètre {seuil} n'a pas d'effet")
                };
                self.dire(&[Pas::Cle("lectures"), Pas::Cle(cle)], phrase);
            }
            if let Some((_, seuil)) = DEBUTS_LUS.iter().find(|(c, _)| c == cle)
                && *valeur != guide
                && a_une_valeur(referentiel, seuil, |v| v.debut.is_some())
            {
                let phrase = format!("les valeurs de {seuil} qui disent leur « debut » ne suivent pas cette lecture");
                self.dire(&[Pas::Cle("lectures"), Pas::Cle(cle)], phrase);
            }
        }
    }

    fn avertir_des_cibles(&mut self, referentiel: &Referentiel) {
        for (rang, cible) in referentiel.cibles.iter().enumerate() {
            let Cible { indicateur, .. } = cible;
            if !AVEC_CIBLE.contains(&indicateur.as_str()) {
                let connu = CATALOGUE.iter().any(|definition| definition.id == indicateur);
                let quoi = if connu { "n'a pas de cible dans le tableau" } else { "n'est pas un indicateur" };
                let phrase = format!(
                    "{indicateur} {quoi}, la cible ne sert à rien ; attendu l'un de : {}",
                    AVEC_CIBLE.join(", ")
                );
                self.dire(&[Pas::Cle("cibles"), Pas::Rang(rang)], phrase);
            }
        }
        let mut annees: Vec<i32> =
            referentiel.cibles.iter().filter(|cible| !cible.exemple).map(|cible| cible.annee).collect();
        annees.push(referentiel.verifie_le.mois().annee);
        annees.sort_unstable();
        annees.dedup();
        for annee in annees {
            let manquent: Vec<_> = AVEC_CIBLE.into_iter().filter(|id| referentiel.cible(id, annee).is_none()).collect();
            if !manquent.is_empty() {
                let phrase = format!(
                    "pas de cible en {annee} pour {} : ces taux n'y seront comparés à rien",
                    manquent.join(", ")
                );
                self.dire(&[Pas::Cle("cibles")], phrase);
            }
        }
    }
}

/// Whether one of the values of a parameter is as asked.
fn a_une_valeur(referentiel: &Referentiel, nom: &str, voulue: impl Fn(&ValeurDatee) -> bool) -> bool {
    let mut parametres = PARAMETRES.iter().zip(referentiel.parametres());
    parametres.any(|(definition, parametre)| definition.nom == nom && parametre.valeurs().any(&voulue))
}

/// What was expected: the only one, or one of several.
fn l_une_de(codes: impl ExactSizeIterator<Item = &'static str>) -> String {
    let une = codes.len() == 1;
    let codes: Vec<_> = codes.collect();
    if une { format!("« {} »", codes.join(", ")) } else { format!("l'une de : {}", codes.join(", ")) }
}

/// Where a value begins in the file; where its nearest parent does when it is not there.
fn place(racine: &DeTable<'_>, chemin: &[Pas<'_>]) -> Option<usize> {
    let Some((Pas::Cle(premier), reste)) = chemin.split_first() else { return None };
    let (cle, mut valeur) = racine.get_key_value(*premier)?;
    let mut debut = cle.span().start;
    for pas in reste {
        let suivant = match (pas, valeur.get_ref()) {
            (Pas::Cle(nom), DeValue::Table(table)) => {
                table.get_key_value(*nom).map(|(cle, valeur)| (cle.span().start, valeur))
            }
            (Pas::Rang(rang), DeValue::Array(liste)) => liste.get(*rang).map(|valeur| (valeur.span().start, valeur)),
            _ => None,
        };
        let Some((place, plus_loin)) = suivant else { break };
        (debut, valeur) = (place, plus_loin);
    }
    Some(debut)
}

/// The line of a byte.
pub(crate) fn ligne_a(texte: &str, debut: usize) -> Option<usize> {
    texte.get(..debut).map(|avant| avant.matches('\n').count() + 1)
}
