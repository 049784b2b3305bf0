//! `jalon installer-aide`: the manual and the completions, from what can be typed. They are written by
//! the program itself, so that they are those of the program that is installed, and need no network.

use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::{Erreur, Fin};
use crate::cli::{Cli, InstallerAide};
use crate::disque;

/// What clap's page is called in English, and in the pages of jalon.
const TITRES: [(&str, &str); 2] = [(".SH NAME", ".SH NOM"), (".SH EXTRA", ".SH REMARQUES")];

pub(super) fn executer(demande: &InstallerAide) -> Result<Fin, Erreur> {
    if let Some(dossier) = &demande.man {
        // Built, its commands know their full names.
        let mut commande = Cli::command();
        commande.build();
        pages(&commande, dossier)?;
    }
    if let Some(dossier) = &demande.completions {
        let mut commande = offerte();
        for (interprete, nom) in [(Shell::Bash, "jalon.bash"), (Shell::Zsh, "_jalon"), (Shell::Fish, "jalon.fish")] {
            let mut texte = Vec::new();
            generate(interprete, &mut commande, "jalon", &mut texte);
            ecrire(dossier, nom, &texte)?;
        }
    }
    Ok(Fin::Fait)
}

/// What can be typed, without what is hidden: clap would offer it all the same.
fn offerte() -> Command {
    let entiere = Cli::command();
    let visibles = entiere.get_subcommands().filter(|sous| !sous.is_hide_set()).cloned();
    Command::new("jalon")
        .version(crate::VERSION)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args(entiere.get_arguments().cloned())
        .subcommands(visibles)
}

/// A page a command, and a page for each of its own.
fn pages(commande: &Command, dossier: &Path) -> Result<(), Erreur> {
    let page = Man::new(commande.clone()).source(format!("jalon {}", env!("CARGO_PKG_VERSION"))).manual("jalon");
    let nom = page.get_filename();
    let texte = texte(commande, &page).map_err(|error| Erreur::Ecriture(dossier.join(&nom), error))?;
    ecrire(dossier, &nom, texte.as_bytes())?;
    commande.get_subcommands().filter(|sous| !sous.is_hide_set()).try_for_each(|sous| pages(sous, dossier))
}

/// A page in French: clap's sections, under the titles that French pages have.
fn texte(commande: &Command, page: &Man) -> io::Result<String> {
    let mut octets = Vec::new();
    page.render_title(&mut octets)?;
    page.render_name_section(&mut octets)?;
    page.render_synopsis_section(&mut octets)?;
    page.render_description_section(&mut octets)?;
    page.render_options_section(&mut octets)?;
    if commande.has_subcommands() {
        page.render_subcommands_section(&mut octets)?;
    }
    if commande.get_after_help().is_some() {
        page.render_extra_section(&mut octets)?;
    }
    let texte = String::from_utf8(octets).map_err(io::Error::other)?;
    Ok(TITRES.iter().fold(texte, |texte, (anglais, francais)| texte.replace(anglais, francais)))
}

/// Writes a file for everybody to read: there is nothing of anybody in it.
fn ecrire(dossier: &Path, nom: &str, octets: &[u8]) -> Result<(), Erreur> {
    let chemin = dossier.join(nom);
    let ecrit = std::fs::create_dir_all(dossier).and_then(|()| disque::ecrire_pour_tous(&chemin, octets));
    ecrit.map_err(|error| Erreur::Ecriture(chemin, error))
}
