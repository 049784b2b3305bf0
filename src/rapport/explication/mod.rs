//! A person explained, in plain French: dated sentences, each with the section of the guide that it
//! rests on, as text, markdown, HTML and JSON. The sentences are made in `phrases`, once for every
//! form.

mod formes;
mod indicateurs;
mod mots;
mod phrases;
mod suites;

pub use formes::{fragment_html, json, markdown, page_html, texte};
pub use indicateurs::raison;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::explication::{Attendu, Explication, Origines};
use crate::personne::Signalement;
use crate::temps::Jour;

/// Who is explained, beside what the rules say.
#[derive(Clone, Copy, Debug)]
pub struct Qui<'a> {
    /// Under which names and numbers the flux know the person.
    pub signalements: &'a [Signalement],
    /// Where their events were read.
    pub origines: &'a Origines,
    /// The events that wait and may be theirs.
    pub attendus: &'a [Attendu],
}

/// A person explained, ready to be written in any form.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is, in a few words.
    pub titre: String,
    /// What must be known before reading: who, when, under which rules.
    pub chapeau: Vec<String>,
    /// The parts, in order.
    pub parties: Vec<Partie>,
    /// The same for programs, at the top of the JSON.
    donnees: Map<String, Value>,
}

/// A part of the story.
#[derive(Clone, Debug, Default)]
pub struct Partie {
    /// Its key in the JSON.
    cle: &'static str,
    /// Its heading.
    pub titre: String,
    /// What it tells, in a sentence.
    pub chapeau: String,
    /// Its sentences.
    pub phrases: Vec<Phrase>,
    /// The parts inside it.
    pub parties: Vec<Partie>,
    /// The same for programs.
    donnees: Map<String, Value>,
}

/// A sentence.
#[derive(Clone, Debug, Default)]
pub struct Phrase {
    /// What it is about, for programs.
    pub code: &'static str,
    /// Its day.
    pub jour: Option<Jour>,
    /// Whether something holds: a condition is met, an entry counts.
    pub oui: Option<bool>,
    /// What it says.
    pub texte: String,
    /// More about it.
    pub precisions: Vec<String>,
    /// The text that it rests on.
    pub source: Option<Cow<'static, str>>,
    /// The same for programs.
    donnees: Map<String, Value>,
}

impl Phrase {
    fn new(code: &'static str, texte: impl Into<String>) -> Self {
        Self { code, texte: texte.into(), ..Self::default() }
    }

    fn du(self, jour: Jour) -> Self {
        Self { jour: Some(jour), ..self }
    }

    fn oui(self, oui: bool) -> Self {
        Self { oui: Some(oui), ..self }
    }

    fn selon(self, source: impl Into<Cow<'static, str>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    fn precise(mut self, precision: impl Into<String>) -> Self {
        self.precisions.push(precision.into());
        self
    }

    fn donne(mut self, cle: &str, valeur: impl Into<Value>) -> Self {
        self.donnees.insert(cle.to_owned(), valeur.into());
        self
    }
}

/// Tells a person.
#[must_use]
pub fn document(explication: &Explication<'_>, qui: Qui<'_>) -> Document {
    phrases::document(explication, qui)
}

/// Tells somebody whom no flux knows, and who is named by events that wait.
#[must_use]
pub fn sans_flux(attendus: &[Attendu]) -> Document {
    phrases::sans_flux(attendus)
}

#[cfg(test)]
mod tests;
