//! The forms of an explanation.

use serde_json::{Map, Value, json};

use super::mots::fr;
use super::{Document, Partie, Phrase};

/// Columns of the text.
const LARGEUR: usize = 100;

// For the screen and for paper.

/// The explanation for somebody who reads it.
#[must_use]
pub fn texte(document: &Document) -> String {
    let mut out = format!("{}\n{}\n\n", document.titre, "=".repeat(document.titre.chars().count()));
    document.chapeau.iter().for_each(|ligne| plier(&mut out, "", "", ligne));
    for partie in &document.parties {
        out.push_str(&format!("\n{}\n{}\n", partie.titre, "-".repeat(partie.titre.chars().count())));
        corps(&mut out, partie);
    }
    out
}

fn corps(out: &mut String, partie: &Partie) {
    if !partie.chapeau.is_empty() {
        plier(out, "", "", &partie.chapeau);
    }
    if !partie.phrases.is_empty() {
        out.push('\n');
    }
    for phrase in &partie.phrases {
        plier(out, "  ", "    ", &ligne(phrase));
        phrase.precisions.iter().for_each(|precision| plier(out, "      - ", "        ", precision));
    }
    for sous_partie in &partie.parties {
        out.push('\n');
        plier(out, "* ", "  ", &sous_partie.titre);
        corps(out, sous_partie);
    }
}

/// A sentence on its line: its mark, its day, its text, its source.
fn ligne(phrase: &Phrase) -> String {
    let marque = match phrase.oui {
        Some(true) => "[oui] ",
        Some(false) => "[non] ",
        None => "",
    };
    let jour = phrase.jour.map(|jour| format!("{} · ", fr(jour))).unwrap_or_default();
    let source = phrase.source.as_ref().map(|source| format!(" [{source}]")).unwrap_or_default();
    format!("{marque}{jour}{}{source}", phrase.texte)
}

/// Adds a text folded at words, with what begins its first line and the next ones.
fn plier(out: &mut String, premiere: &str, suivantes: &str, texte: &str) {
    let mut ligne = premiere.to_owned();
    let mut vide = true;
    for mot in texte.split(' ') {
        // French puts a space before some signs: a line does not begin with one.
        let accroche = matches!(mot, ":" | ";" | "·");
        if !vide && !accroche && ligne.chars().count() + 1 + mot.chars().count() > LARGEUR {
            out.push_str(ligne.trim_end());
            out.push('\n');
            ligne = suivantes.to_owned();
            vide = true;
        }
        if !vide {
            ligne.push(' ');
        }
        ligne.push_str(mot);
        vide = false;
    }
    out.push_str(ligne.trim_end());
    out.push('\n');
}

// To be pasted.

/// The explanation as markdown.
#[must_use]
pub fn markdown(document: &Document) -> String {
    let mut out = format!("# {}\n\n", document.titre);
    document.chapeau.iter().for_each(|ligne| out.push_str(&format!("{}\n\n", md(ligne))));
    for partie in &document.parties {
        partie_markdown(&mut out, partie, 2);
    }
    out
}

fn partie_markdown(out: &mut String, partie: &Partie, niveau: usize) {
    out.push_str(&format!("{} {}\n\n", "#".repeat(niveau), md(&partie.titre)));
    if !partie.chapeau.is_empty() {
        out.push_str(&format!("{}\n\n", md(&partie.chapeau)));
    }
    for phrase in &partie.phrases {
        let marque = match phrase.oui {
            Some(true) => "**oui** · ",
            Some(false) => "**non** · ",
            None => "",
        };
        let jour = phrase.jour.map(|jour| format!("{} · ", fr(jour))).unwrap_or_default();
        let source = phrase.source.as_ref().map(|source| format!(" *({})*", md(source))).unwrap_or_default();
        out.push_str(&format!("- {marque}{jour}{}{source}\n", md(&phrase.texte)));
        phrase.precisions.iter().for_each(|precision| out.push_str(&format!("  - {}\n", md(precision))));
    }
    if !partie.phrases.is_empty() {
        out.push('\n');
    }
    partie.parties.iter().for_each(|sous_partie| partie_markdown(out, sous_partie, niveau + 1));
}

/// A text in which nothing is markup.
fn md(texte: &str) -> String {
    let mut out = String::with_capacity(texte.len());
    for c in texte.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

// For a browser.

/// The explanation as one page that stands alone: no network, no script.
#[must_use]
pub fn page_html(document: &Document) -> String {
    const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;color:#161616;background:#fff;max-width:60rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}\
        h1,h2,h3{line-height:1.25}h2{border-bottom:2px solid #1c4e80;padding-bottom:.25rem;margin-top:2rem}\
        ul{padding-left:1.25rem}li{margin:.4rem 0}.source{color:#3a3a3a;font-size:.875rem}\
        .oui,.non{font-weight:700;padding:0 .35rem;border-radius:.2rem}.oui{color:#0f5132;background:#dff5e5}.non{color:#8a1c0d;background:#ffe9e6}\
        @media print{body{max-width:none;padding:0}}";
    format!(
        "<!DOCTYPE html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{titre}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{titre}</h1>\n{fragment}</main>\n</body>\n</html>\n",
        titre = html(&document.titre),
        fragment = fragment_html(document, 2)
    )
}

/// The explanation as a piece of a page: its headings begin at `niveau`.
#[must_use]
pub fn fragment_html(document: &Document, niveau: u8) -> String {
    let mut out = String::new();
    document.chapeau.iter().for_each(|ligne| out.push_str(&format!("<p>{}</p>\n", html(ligne))));
    document.parties.iter().for_each(|partie| partie_html(&mut out, partie, niveau));
    out
}

fn partie_html(out: &mut String, partie: &Partie, niveau: u8) {
    let titre = niveau.clamp(1, 6);
    out.push_str(&format!("<section>\n<h{titre}>{}</h{titre}>\n", html(&partie.titre)));
    if !partie.chapeau.is_empty() {
        out.push_str(&format!("<p>{}</p>\n", html(&partie.chapeau)));
    }
    if !partie.phrases.is_empty() {
        out.push_str("<ul>\n");
        partie.phrases.iter().for_each(|phrase| phrase_html(out, phrase));
        out.push_str("</ul>\n");
    }
    partie.parties.iter().for_each(|sous_partie| partie_html(out, sous_partie, niveau.saturating_add(1)));
    out.push_str("</section>\n");
}

fn phrase_html(out: &mut String, phrase: &Phrase) {
    out.push_str("<li>");
    match phrase.oui {
        Some(true) => out.push_str("<span class=\"oui\">oui</span> "),
        Some(false) => out.push_str("<span class=\"non\">non</span> "),
        None => {}
    }
    if let Some(jour) = phrase.jour {
        out.push_str(&format!("<time datetime=\"{jour}\">{}</time> · ", fr(jour)));
    }
    out.push_str(&html(&phrase.texte));
    if let Some(source) = &phrase.source {
        out.push_str(&format!(" <span class=\"source\">[{}]</span>", html(source)));
    }
    if !phrase.precisions.is_empty() {
        out.push_str("\n<ul>\n");
        phrase.precisions.iter().for_each(|precision| out.push_str(&format!("<li>{}</li>\n", html(precision))));
        out.push_str("</ul>\n");
    }
    out.push_str("</li>\n");
}

/// A text in which nothing is markup.
fn html(texte: &str) -> String {
    let mut out = String::with_capacity(texte.len());
    for c in texte.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

// For programs.

/// The explanation for programs. Keys are only ever added.
#[must_use]
pub fn json(document: &Document) -> Value {
    let mut out = Map::new();
    out.insert("titre".to_owned(), json!(document.titre));
    out.insert("chapeau".to_owned(), json!(document.chapeau));
    out.extend(document.donnees.clone());
    for partie in &document.parties {
        let contenu: Vec<Value> = if partie.parties.is_empty() {
            partie.phrases.iter().map(phrase_json).collect()
        } else {
            partie.parties.iter().map(partie_json).collect()
        };
        out.insert(partie.cle.to_owned(), contenu.into());
    }
    Value::Object(out)
}

fn partie_json(partie: &Partie) -> Value {
    let mut out = Map::new();
    out.insert("titre".to_owned(), json!(partie.titre));
    out.extend(partie.donnees.clone());
    out.insert("phrases".to_owned(), partie.phrases.iter().map(phrase_json).collect());
    Value::Object(out)
}

fn phrase_json(phrase: &Phrase) -> Value {
    let mut out = Map::new();
    out.insert("code".to_owned(), json!(phrase.code));
    out.insert("date".to_owned(), json!(phrase.jour.map(|jour| jour.to_string())));
    out.insert("oui".to_owned(), json!(phrase.oui));
    out.insert("texte".to_owned(), json!(phrase.texte));
    out.insert("precisions".to_owned(), json!(phrase.precisions));
    out.insert("source".to_owned(), json!(phrase.source));
    out.extend(phrase.donnees.clone());
    Value::Object(out)
}
