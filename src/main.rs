//! The `jalon` binary: parse, trace, call the library, choose the exit code.

#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use jalon::cli::{self, Arret, Communes, Traces};
use jalon::commandes;

fn main() -> ExitCode {
    // The default hook prints the message of the panic, which may quote what was being read.
    std::panic::set_hook(Box::new(|panic| {
        if jalon::journal::lecture::en_lecture() || jalon::tables::sql::en_question() {
            return;
        }
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        dire(&format!(
            "erreur interne ({place}), la commande s'est arrêtée ; ce qui était rangé dans l'entrepôt y reste entier. \
             Signalez cette ligne."
        ));
    }));
    match std::panic::catch_unwind(jalon) {
        Ok(code) => code,
        Err(_) => ExitCode::from(1),
    }
}

fn jalon() -> ExitCode {
    let cli = match cli::lire(std::env::args_os()) {
        Ok(cli) => cli,
        Err(Arret::Aide(texte)) => {
            // A reader that stops reading is not an error.
            return match write!(std::io::stdout(), "{texte}") {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(1),
                _ => ExitCode::SUCCESS,
            };
        }
        Err(Arret::Erreur(message)) => {
            dire(&message);
            return ExitCode::from(2);
        }
    };
    trace(&cli.communes);
    match commandes::executer(cli) {
        Ok(fin) => ExitCode::from(fin.code()),
        Err(error) => {
            dire(&format!("{error}."));
            ExitCode::from(error.code())
        }
    }
}

/// Says why, even if nobody listens: the exit code must come out all the same.
fn dire(message: &str) {
    if writeln!(std::io::stderr(), "jalon : {message}").is_err() {
        tracing::debug!("sortie d'erreur fermée");
    }
}

/// Logs go to the standard error, and only when they are asked for.
fn trace(communes: &Communes) {
    let level = match (communes.quiet, communes.verbeux, communes.traces) {
        (true, ..) => tracing::Level::ERROR,
        (_, 0, None) => tracing::Level::WARN,
        (_, 0, Some(_)) => tracing::Level::INFO,
        (_, 1, _) => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    let logs = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    match communes.traces {
        Some(Traces::Json) => logs.json().init(),
        _ => logs.init(),
    }
}
