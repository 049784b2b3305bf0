//! jalon: the twelve indicators of section 3 (orientation and support of the bénéficiaires du RSA),
//! from the caisses' flux and the department's events, with the proof of every figure.
//!
//! The way of the data, and the modules in its order:
//!
//! ```text
//! flux ─▶ releves ─▶ journal ─▶ parcours ─▶ entrees ─▶ indicateurs ─▶ rapport
//! files   trusted,   learnt,    people,     entries,   the twelve,    table, csv, json,
//! read    or set     and when   steps,      windows,   rates,         workbook, report,
//!         aside                 states      outcomes   splits         detail, story
//! └────── I/O, streaming ─────┘└── pure: values in, values out ──┘└──── I/O ────┘
//! ```
//!
//! To change a rule: find its indicator in [`indicateurs::catalogue`], its outcome in
//! [`mod@entrees::suites`], or one of the three criteria in [`entrees::criteres`]. Each rule is one
//! function that cites its text; its threshold is in `pipelines/referentiel-2022.toml`.

#![warn(missing_docs)]
// Nothing that input can reach may stop the program.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// The version, the commit it was built from and its day, as `build.rs` found them.
pub const VERSION: &str = env!("JALON_VERSION");

// The stages. Each takes the type of the one before it; none reaches back.
pub mod flux;
pub mod releves;

pub mod journal;

pub mod parcours;

pub mod entrees;

pub mod indicateurs;
// Beside the way: what the figures rest on, who must be seen on a day, why somebody counts or does not,
// and the figures of other years.
pub mod explication;
pub mod historique;
pub mod listes;
pub mod qualite;

pub mod rapport;

// What every stage may use.
pub mod disque;
pub mod identite;
pub mod referentiel;
pub mod systeme;
pub mod temps;

// The edges: what can be typed, files into the warehouse (the department's own exports among them),
// the warehouse into what was known, submissions and their proof, and people out of it.
pub mod campagne;
pub mod campagnes;
pub mod cli;
pub mod commandes;
pub mod controle;
pub mod diagnostic;
pub mod ingestion;
pub mod nuit;
pub mod page;
pub mod pays;
pub mod personne;
pub mod pipeline;
pub mod pliage;
pub mod purge;
pub mod rejeu;
pub mod simulation;
pub mod sources;
pub mod tables;
