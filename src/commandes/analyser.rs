//! `jalon analyser`: questions in SQL over the five tables, one at a time or at a prompt.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};

use super::indicateurs::{largeur, lire, ouvrir, referentiel};
use super::{Erreur, Fin, afficher, ecrire_fichier, en_couleur};
use crate::campagnes::{CAMPAGNES, Campagnes};
use crate::cli::{Analyser, Communes, FormatReponse, Tables};
use crate::disque;
use crate::referentiel::Referentiel;
use crate::systeme::EnFrancais;
use crate::tables::construction::ErreurTable;
use crate::tables::examen::{self, Demande, Refus};
use crate::tables::invite::{AIDE, Assistant, INVITE, historique};
use crate::tables::sql::{ErreurRequete, Moteur};
use crate::tables::{Question, Source, Table, formes, liste_des_colonnes, liste_des_tables};

/// Columns of a table that is written to a file in the form of the screen.
const LARGEUR_ECRITE: u16 = 200;

impl From<ErreurTable> for Erreur {
    fn from(error: ErreurTable) -> Self {
        match error {
            ErreurTable::Depot(error) => Self::Depot(error),
            ErreurTable::Campagne(error) => error.into(),
        }
    }
}

impl From<ErreurRequete> for Erreur {
    fn from(error: ErreurRequete) -> Self {
        match error {
            ErreurRequete::Refus(refus) => refus.into(),
            ErreurRequete::Table(error) => error.into(),
        }
    }
}

impl From<Refus> for Erreur {
    fn from(refus: Refus) -> Self {
        Self::Demande(refus.0)
    }
}

pub(super) fn executer(communes: &Communes, demande: &Analyser) -> Result<Fin, Erreur> {
    if demande.format == FormatReponse::Parquet && demande.sortie.is_none() {
        return Err(Erreur::Demande("un fichier Parquet ne s'affiche pas. Donnez un fichier avec --sortie".to_owned()));
    }
    let a_l_invite = demande.sql.is_none() && std::io::stdin().is_terminal();
    if a_l_invite && (demande.format != FormatReponse::Table || demande.sortie.is_some()) {
        return Err(Erreur::Demande(
            "--format et --sortie vont avec une requête : jalon analyser 'SELECT …' --format csv --sortie FICHIER"
                .to_owned(),
        ));
    }
    // A query that cannot be run is refused before the warehouse is read.
    let lue = if a_l_invite { None } else { Some(examen::lire(&requete(demande)?, demande.tables.sans_noms)?) };
    let regles = ReglesLues::lire(&demande.tables)?;
    let depot = ouvrir(communes)?;
    let source = Source::lire(&depot, regles.question(&demande.tables))?;
    let mut moteur = Moteur::new(&source);
    match lue {
        Some(lue) => une_fois(communes, demande, &source, &mut moteur, &lue)?,
        None => dialoguer(communes, demande, &source, &mut moteur)?,
    }
    Ok(Fin::Fait)
}

/// The query given, or read on the standard input.
fn requete(demande: &Analyser) -> Result<String, Erreur> {
    if let Some(sql) = demande.sql.as_ref().filter(|sql| *sql != "-") {
        return Ok(sql.clone());
    }
    let mut texte = String::new();
    // A little more than what is accepted: the rest would be refused all the same.
    let mut entree = std::io::stdin().lock().take(8 * examen::LONGUEUR as u64);
    let lue = entree.read_to_string(&mut texte);
    lue.map_err(|error| {
        Erreur::Demande(format!("la requête ne peut pas être lue sur l'entrée standard ({})", EnFrancais(&error)))
    })?;
    Ok(texte)
}

/// What the tables are computed with, once read.
pub(super) struct ReglesLues {
    referentiel: Referentiel,
    campagnes: Campagnes,
}

impl ReglesLues {
    pub(super) fn lire(demande: &Tables) -> Result<Self, Erreur> {
        let campagnes = match &demande.campagnes {
            Some(chemin) => lire(chemin)?,
            None => CAMPAGNES.to_owned(),
        };
        Ok(Self { referentiel: referentiel(&demande.regles)?, campagnes: Campagnes::lire(&campagnes)? })
    }

    /// What is asked of the tables: closed on the day whose knowledge is asked, today when no day is given.
    pub(super) fn question(&self, demande: &Tables) -> Question<'_> {
        Question {
            arrete: demande.arrete.or(demande.connu_le).unwrap_or_else(|| chrono::Local::now().date_naive()).into(),
            connu_le: demande.connu_le,
            referentiel: &self.referentiel,
            campagnes: &self.campagnes,
            sans_noms: demande.sans_noms,
        }
    }
}

/// The answer to what was typed; nothing when it is not a question.
fn reponse(demande: &Demande, source: &Source<'_>, moteur: &mut Moteur<'_>) -> Result<Option<Table>, Erreur> {
    Ok(match demande {
        Demande::Tables => Some(liste_des_tables()),
        Demande::Colonnes(nom) => Some(liste_des_colonnes(*nom, source.question().sans_noms)),
        Demande::Requete(requete) => Some(moteur.repondre(requete)?),
        Demande::Aide | Demande::Quitter => None,
    })
}

/// One question, one answer.
fn une_fois(
    communes: &Communes,
    demande: &Analyser,
    source: &Source<'_>,
    moteur: &mut Moteur<'_>,
    lue: &Demande,
) -> Result<(), Erreur> {
    let Some(table) = reponse(lue, source, moteur)? else {
        return if *lue == Demande::Aide { afficher(AIDE.as_bytes()) } else { Ok(()) };
    };
    let octets = match (demande.format, &demande.sortie) {
        (FormatReponse::Table, None) => {
            formes::terminal(&table, largeur(), en_couleur(communes), formes::LIGNES_MONTREES).into_bytes()
        }
        (FormatReponse::Table, Some(_)) => {
            formes::terminal(&table, Some(LARGEUR_ECRITE), false, usize::MAX).into_bytes()
        }
        (FormatReponse::Csv, _) => formes::csv(&table),
        (FormatReponse::Json, _) => format!("{:#}\n", formes::json(&table, source.question())).into_bytes(),
        (FormatReponse::Parquet, _) => formes::parquet(&table)
            .map_err(|error| Erreur::Demande(format!("la réponse ne peut pas être écrite en Parquet ({error})")))?,
    };
    match &demande.sortie {
        Some(chemin) => ecrire_fichier(chemin, &octets),
        None => afficher(&octets),
    }
}

/// Questions at a prompt, until somebody leaves.
fn dialoguer(
    communes: &Communes,
    demande: &Analyser,
    source: &Source<'_>,
    moteur: &mut Moteur<'_>,
) -> Result<(), Erreur> {
    let mut invite = Invite::ouvrir(demande)?;
    if !communes.quiet {
        let Question { arrete, .. } = source.question();
        eprintln!(
            "Situations et délais arrêtés au {arrete}. Une requête finit par « ; » ; \\aide pour l'aide, \\q pour quitter."
        );
    }
    while let Some(texte) = invite.lire()? {
        if texte.trim().is_empty() {
            continue;
        }
        let suite = examen::lire(&texte, demande.tables.sans_noms).map_err(Erreur::from).and_then(|lue| {
            if lue == Demande::Quitter {
                return Ok(false);
            }
            match reponse(&lue, source, moteur)? {
                Some(table) => {
                    let texte = formes::terminal(&table, largeur(), en_couleur(communes), formes::LIGNES_MONTREES);
                    afficher(texte.as_bytes())?;
                }
                None => afficher(AIDE.as_bytes())?,
            }
            Ok(true)
        });
        match suite {
            Ok(true) => {}
            Ok(false) => break,
            // A question that cannot be answered is not the end of the talk.
            Err(Erreur::Demande(message)) => eprintln!("{message}."),
            Err(error) => return Err(error),
        }
    }
    invite.fermer();
    Ok(())
}

/// The line editor, and where it remembers.
struct Invite {
    editeur: Editor<Assistant, FileHistory>,
    historique: Option<PathBuf>,
}

impl Invite {
    fn ouvrir(demande: &Analyser) -> Result<Self, Erreur> {
        let reglages =
            Config::builder().completion_type(CompletionType::List).history_ignore_space(true).auto_add_history(true);
        let mut editeur = Editor::with_config(reglages.build()).map_err(|error| impossible(&error))?;
        editeur.set_helper(Some(Assistant { sans_noms: demande.tables.sans_noms }));
        let dossier = |nom| std::env::var_os(nom).map(PathBuf::from);
        let historique =
            if demande.sans_historique { None } else { historique(dossier("XDG_STATE_HOME"), dossier("HOME")) };
        if let Some(chemin) = &historique
            && let Err(error) = editeur.load_history(chemin)
        {
            tracing::debug!(%error, "pas d'historique");
        }
        Ok(Self { editeur, historique })
    }

    /// What is typed next; nothing when somebody leaves.
    fn lire(&mut self) -> Result<Option<String>, Erreur> {
        loop {
            match self.editeur.readline(INVITE) {
                Ok(texte) => return Ok(Some(texte)),
                // Ctrl-C leaves the line, Ctrl-D the talk.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(impossible(&error)),
            }
        }
    }

    /// Keeps what was typed, for this user alone. That it cannot be kept stops nothing.
    fn fermer(mut self) {
        let Some(chemin) = &self.historique else { return };
        let prete = disque::creer_dossier(disque::dossier_de(chemin)).is_ok();
        if !prete || self.editeur.save_history(chemin).is_err() {
            eprintln!(
                "jalon : l'historique ne peut pas être gardé dans {} ; --sans-historique s'en passe.",
                chemin.display()
            );
        }
    }
}

fn impossible(error: &ReadlineError) -> Erreur {
    tracing::debug!(%error, "invite");
    Erreur::Demande("ce terminal ne permet pas de dialoguer. Donnez la requête : jalon analyser 'SELECT …'".to_owned())
}
