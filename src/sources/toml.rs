//! A TOML file read key by key, each with its line: whatever is unknown or misspelt is said in
//! French, where it is.

use std::fmt;
use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use crate::referentiel::ligne_a;

/// Why a description cannot be used: the file, the line, what was found and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ErreurSource(pub String);

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Place<T> {
    /// The value.
    pub valeur: T,
    debut: usize,
}

/// A table of a TOML file.
pub struct Noeud<'a> {
    fichier: &'a str,
    texte: &'a str,
    /// How the table is written in the file; empty for the whole of it.
    nom: String,
    debut: usize,
    table: &'a DeTable<'a>,
}

impl<'a> Noeud<'a> {
    /// The whole file, already parsed.
    #[must_use]
    pub fn racine(fichier: &'a str, texte: &'a str, table: &'a DeTable<'a>) -> Self {
        Self { fichier, texte, nom: String::new(), debut: 0, table }
    }

    /// What is wrong at a place of a file.
    #[must_use]
    pub fn erreur_a(fichier: &str, texte: &str, debut: usize, message: impl fmt::Display) -> ErreurSource {
        let ligne = ligne_a(texte, debut).unwrap_or(1);
        ErreurSource(format!("{fichier}, ligne {ligne} : {message}"))
    }

    /// What is wrong with this table.
    #[must_use]
    pub fn erreur(&self, message: impl fmt::Display) -> ErreurSource {
        Self::erreur_a(self.fichier, self.texte, self.debut, message)
    }

    /// What is wrong with one of its values.
    #[must_use]
    pub fn erreur_de<T>(&self, place: &Place<T>, message: impl fmt::Display) -> ErreurSource {
        Self::erreur_a(self.fichier, self.texte, place.debut, message)
    }

    fn chemin(&self, cle: &str) -> String {
        if self.nom.is_empty() { cle.to_owned() } else { format!("{}.{cle}", self.nom) }
    }

    /// The keys, in the order of the file.
    #[must_use]
    pub fn cles(&self) -> Vec<Place<String>> {
        let cle = |cle: &Spanned<std::borrow::Cow<'_, str>>| Place {
            valeur: cle.get_ref().clone().into_owned(),
            debut: cle.span().start,
        };
        let mut cles: Vec<_> = self.table.keys().map(cle).collect();
        cles.sort_by_key(|cle| cle.debut);
        cles
    }

    /// # Errors
    /// A key that is not one of these.
    pub fn admet(&self, admises: &[&str]) -> Result<(), ErreurSource> {
        match self.cles().into_iter().find(|cle| !admises.contains(&cle.valeur.as_str())) {
            None => Ok(()),
            Some(cle) => Err(self.erreur_de(
                &cle,
                format!("clé « {} » inconnue, attendu l'une de : {}", self.chemin(&cle.valeur), admises.join(", ")),
            )),
        }
    }

    fn brut(&self, cle: &str) -> Option<(&'a DeValue<'a>, Range<usize>)> {
        let (_, valeur) = self.table.iter().find(|(nom, _)| nom.get_ref() == cle)?;
        Some((valeur.get_ref(), valeur.span()))
    }

    fn autre_type(&self, cle: &str, span: &Range<usize>, attendu: &str) -> ErreurSource {
        Self::erreur_a(self.fichier, self.texte, span.start, format!("{} : attendu {attendu}", self.chemin(cle)))
    }

    /// A text.
    ///
    /// # Errors
    /// The key holds something else.
    pub fn texte(&self, cle: &str) -> Result<Option<Place<String>>, ErreurSource> {
        let Some((valeur, span)) = self.brut(cle) else { return Ok(None) };
        match valeur {
            DeValue::String(texte) => Ok(Some(Place { valeur: texte.clone().into_owned(), debut: span.start })),
            _ => Err(self.autre_type(cle, &span, "un texte entre guillemets")),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// The key is missing, empty, or holds something else.
    pub fn texte_obligatoire(&self, cle: &str) -> Result<Place<String>, ErreurSource> {
        let texte = self.texte(cle)?.filter(|texte| !texte.valeur.trim().is_empty());
        texte.ok_or_else(|| self.erreur(format!("il manque « {} »", self.chemin(cle))))
    }

    /// A list of texts; a text alone is a list of one.
    ///
    /// # Errors
    /// The key holds something else.
    pub fn textes(&self, cle: &str) -> Result<Vec<Place<String>>, ErreurSource> {
        let attendu = "un texte entre guillemets, ou une liste de textes entre crochets";
        let Some((valeur, span)) = self.brut(cle) else { return Ok(Vec::new()) };
        let un = |valeur: &DeValue<'_>, span: &Range<usize>| match valeur {
            DeValue::String(texte) => Ok(Place { valeur: texte.clone().into_owned(), debut: span.start }),
            _ => Err(self.autre_type(cle, span, attendu)),
        };
        match valeur {
            DeValue::Array(liste) => liste.iter().map(|valeur| un(valeur.get_ref(), &valeur.span())).collect(),
            seul => Ok(vec![un(seul, &span)?]),
        }
    }

    /// A truth.
    ///
    /// # Errors
    /// The key holds something else.
    pub fn booleen(&self, cle: &str) -> Result<Option<bool>, ErreurSource> {
        let Some((valeur, span)) = self.brut(cle) else { return Ok(None) };
        valeur.as_bool().map(Some).ok_or_else(|| self.autre_type(cle, &span, "true ou false"))
    }

    /// A rank, from 1.
    ///
    /// # Errors
    /// The key holds something else.
    pub fn rang(&self, cle: &str) -> Result<Option<usize>, ErreurSource> {
        let Some((valeur, span)) = self.brut(cle) else { return Ok(None) };
        let rang = valeur.as_integer().and_then(|n| usize::from_str_radix(n.as_str(), n.radix()).ok());
        let rang = rang.filter(|rang| (1..=1000).contains(rang));
        rang.map(Some).ok_or_else(|| self.autre_type(cle, &span, "un nombre entier, de 1 à 1000"))
    }

    /// A table under this one.
    ///
    /// # Errors
    /// The key holds something else.
    pub fn table(&self, cle: &str) -> Result<Option<Noeud<'a>>, ErreurSource> {
        let Some((valeur, span)) = self.brut(cle) else { return Ok(None) };
        let table = valeur.as_table().ok_or_else(|| self.autre_type(cle, &span, "une table de clés et de valeurs"))?;
        Ok(Some(Noeud { nom: self.chemin(cle), debut: span.start, table, ..*self }))
    }

    /// The tables of a list.
    ///
    /// # Errors
    /// The key holds something else.
    pub fn tables(&self, cle: &str) -> Result<Vec<Noeud<'a>>, ErreurSource> {
        let attendu = "une liste de tables";
        let Some((valeur, span)) = self.brut(cle) else { return Ok(Vec::new()) };
        let liste = valeur.as_array().ok_or_else(|| self.autre_type(cle, &span, attendu))?;
        let un = |valeur: &'a Spanned<DeValue<'a>>| {
            let table = valeur.get_ref().as_table().ok_or_else(|| self.autre_type(cle, &valeur.span(), attendu))?;
            Ok(Noeud { nom: self.chemin(cle), debut: valeur.span().start, table, ..*self })
        };
        liste.iter().map(un).collect()
    }

    /// A truth, when the key holds one.
    #[must_use]
    pub fn brut_booleen(&self, cle: &str) -> Option<bool> {
        self.brut(cle)?.0.as_bool()
    }

    /// Whether a key holds a text, or a list.
    #[must_use]
    pub fn est_simple(&self, cle: &str) -> bool {
        self.brut(cle).is_some_and(|(valeur, _)| valeur.is_str() || valeur.is_array())
    }
}
