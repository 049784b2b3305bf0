//! What can be typed. Commands, help and messages are in French; each command also answers to an
//! English alias.

use std::path::PathBuf;

use chrono::{Datelike, NaiveDate};
use clap::builder::styling::Styles;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::indicateurs::axes::Axe;
use crate::listes::Nom;
use crate::releves::foyers::parse_date;
use crate::releves::genres::Genre;
use crate::simulation;

/// The warehouse when none is given.
pub const ENTREPOT: &str = "./entrepot";

const MODELE: &str = "\
{about}

Utilisation : {usage}

{all-args}{after-help}";

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "jalon",
    version = crate::VERSION,
    about = "Les douze indicateurs de la section 3 (orientation et accompagnement des bénéficiaires du RSA), avec la preuve de chaque chiffre",
    after_help = "Codes de sortie : 0 fait · 1 rien n'a pu être fait · 2 ligne de commande à corriger · \
                  3 quelque chose a été mis de côté · 4 un contrôle a échoué · 5 entrepôt verrouillé, abîmé ou qui ne peut pas être écrit",
    help_template = MODELE,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    subcommand_help_heading = "Commandes",
    subcommand_value_name = "COMMANDE",
    styles = Styles::plain()
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub communes: Communes,
    /// What to do.
    #[command(subcommand)]
    pub commande: Commande,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options communes")]
pub struct Communes {
    // What clap would add by itself (values, default, environment) it would write in English: each
    // help says it in its own words.
    /// Dossier de l'entrepôt, où jalon garde ce qu'il a lu : sinon celui de la variable
    /// JALON_ENTREPOT, sinon ./entrepot
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "JALON_ENTREPOT",
        default_value = ENTREPOT,
        hide_env = true,
        hide_default_value = true
    )]
    pub entrepot: PathBuf,
    /// Fichier de la clé des NIR, si elle n'est pas dans l'entrepôt
    #[arg(long, global = true, value_name = "FICHIER")]
    pub cle: Option<PathBuf>,
    /// Département, dans un entrepôt qui en a plusieurs, comme 082 : sinon celui de la variable JALON_DEPARTEMENT. Pour
    /// indicateurs seulement : plusieurs (082,047), ou tous
    #[arg(long, global = true, value_name = "CODE", env = "JALON_DEPARTEMENT", hide_env = true)]
    pub departement: Option<String>,
    /// Fichier de ce qui est propre à chaque département : sinon departements.toml de l'entrepôt, s'il y est
    #[arg(long, global = true, value_name = "FICHIER")]
    pub departements: Option<PathBuf>,
    /// Journal technique sur la sortie d'erreur : json ou texte
    #[arg(long, global = true, value_name = "FORME", value_enum, hide_possible_values = true)]
    pub traces: Option<Traces>,
    /// Dit davantage (-vv : encore davantage)
    #[arg(short = 'v', global = true, action = clap::ArgAction::Count)]
    pub verbeux: u8,
    /// Ne dit que l'essentiel
    #[arg(short = 'q', global = true)]
    pub quiet: bool,
    /// Couleurs du tableau : auto (sur un terminal, si rien n'est dit), toujours ou jamais
    #[arg(
        long,
        global = true,
        value_name = "QUAND",
        value_enum,
        default_value_t = Couleur::Auto,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub couleur: Couleur,
    /// Affiche cette aide
    #[arg(short = 'h', long = "help", visible_alias = "aide", global = true, action = clap::ArgAction::HelpLong)]
    aide: Option<bool>,
    /// Affiche la version
    #[arg(short = 'V', long, action = clap::ArgAction::Version)]
    version: Option<bool>,
}

/// The form of the technical log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Traces {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Texte,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Couleur {
    /// On a terminal.
    Auto,
    /// Always.
    Toujours,
    /// Never.
    Jamais,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Commande {
    /// Lit des fichiers de flux et d'événements et les range dans l'entrepôt
    #[command(visible_alias = "ingest", help_template = MODELE)]
    Ingerer(Ingerer),
    /// Donne les douze indicateurs d'une campagne ou d'une période
    #[command(visible_alias = "indicators", help_template = MODELE)]
    Indicateurs(Indicateurs),
    /// Explique le parcours d'une personne : pourquoi elle compte, ou non, avec la section du guide à chaque ligne
    #[command(visible_alias = "explain", help_template = MODELE)]
    Expliquer(Expliquer),
    /// Prépare, scelle, vérifie et compare les remises de mars et de juin
    #[command(visible_alias = "campaign", help_template = MODELE)]
    Campagne(Campagne),
    /// Montre, vérifie et compare les référentiels : paramètres, lectures et cibles, avec leurs textes
    #[command(help_template = MODELE, subcommand_help_heading = "Commandes", subcommand_value_name = "COMMANDE")]
    Referentiel(DesReferentiels),
    /// Fait le traitement de la nuit : vider les boîtes, ranger, calculer, rendre compte
    #[command(visible_alias = "nightly", help_template = MODELE)]
    Nuit(Nuit),
    /// Donne les listes de travail d'un jour : qui orienter, convoquer, revoir, le plus urgent d'abord
    #[command(visible_alias = "worklist", help_template = MODELE)]
    Listes(Listes),
    /// Dit sur quoi reposent les chiffres : flux manquants, rejets, événements en attente, écarts avec la caisse
    #[command(visible_alias = "quality", help_template = MODELE)]
    Qualite(Qualite),
    /// Montre ce qui a été mis de côté, et le reprend une fois corrigé
    #[command(visible_alias = "rejects", help_template = MODELE)]
    Rejets(Rejets),
    /// Retire les personnes parties depuis longtemps, et les vieux fichiers reçus
    #[command(visible_alias = "purge", help_template = MODELE)]
    Purger(Purger),
    /// Répond à une personne qui demande l'accès à ses données, ou leur effacement
    #[command(visible_alias = "person", help_template = MODELE, subcommand_value_name = "COMMANDE")]
    #[command(subcommand_help_heading = "Commandes", disable_help_subcommand = true)]
    #[command(subcommand)]
    Personne(Personne),
    /// Décrit les exports du département, et vérifie ce qui en est compris
    #[command(help_template = MODELE, subcommand_help_heading = "Commandes", subcommand_value_name = "COMMANDE")]
    Sources(DesSources),
    /// Invente un département, ses flux et ses événements, pour essayer sans données réelles
    #[command(visible_alias = "simulate", help_template = MODELE)]
    Simuler(Simuler),
    /// Vérifie l'installation, l'entrepôt, le fichier de la nuit, le disque et l'horloge, et dit quoi faire
    #[command(visible_alias = "diagnose", help_template = MODELE)]
    Diagnostiquer(Diagnostiquer),
    /// Montre les mêmes chiffres, et les personnes derrière, dans un navigateur de cette machine
    #[command(visible_alias = "serve", help_template = MODELE)]
    Servir(Servir),
    /// Répond à une question en SQL sur les tables entrees, personnes, evenements, flux et indicateurs
    #[command(visible_alias = "query", help_template = MODELE)]
    Analyser(Analyser),
    /// Écrit les mêmes tables dans un dossier, en Parquet ou en CSV, avec ou sans noms ; ou, pour une année, les historiques que la DREES demande
    #[command(visible_alias = "export", help_template = MODELE)]
    Exporter(ExporterTables),
    /// Écrit ce que chaque machine doit savoir de l'ensemble, pour un calcul que Spark répartit
    #[command(visible_alias = "context", help_template = MODELE)]
    Contexte(FaireUnContexte),
    /// Calcule les entrées des personnes reçues sur l'entrée standard (Arrow IPC), pour un calcul que Spark répartit
    #[command(visible_alias = "fold", help_template = MODELE)]
    Plier(Plier),
    /// Fait essayer jalon sur un département inventé : ses fichiers, son tableau, et les commandes qui suivent
    #[command(help_template = MODELE)]
    Demo(Demo),
    /// Écrit les pages de manuel et ce qui complète les commandes dans un terminal, pour qui installe jalon
    #[command(hide = true, help_template = MODELE)]
    InstallerAide(InstallerAide),
}

/// `jalon installer-aide`.
#[derive(Debug, Args)]
pub struct InstallerAide {
    /// Dossier où écrire les pages de manuel : jalon.1, et une page par commande
    #[arg(long, value_name = "DIR", required_unless_present = "completions")]
    pub man: Option<PathBuf>,
    /// Dossier où écrire ce qui complète les commandes : jalon.bash, _jalon (zsh) et jalon.fish
    #[arg(long, value_name = "DIR")]
    pub completions: Option<PathBuf>,
}

/// `jalon servir`.
#[derive(Debug, Args)]
pub struct Servir {
    /// Port de cette machine où les pages répondent : un port libre si rien n'est dit
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// Parameters and readings.
    #[command(flatten)]
    pub regles: Regles,
    /// Fichier des campagnes, au lieu de celui qui est livré
    #[arg(long, value_name = "FICHIER")]
    pub campagnes: Option<PathBuf>,
    /// Fichier des résultats des années passées et des cibles, que le département remplit une fois
    #[arg(long, value_name = "FICHIER")]
    pub historique: Option<PathBuf>,
    /// Fichier où noter chaque parcours ouvert et chaque liste enregistrée : audit/consultations.csv de l'entrepôt si rien n'est dit
    #[arg(long, value_name = "FICHIER")]
    pub audit: Option<PathBuf>,
    /// Dossier d'une remise, ou dossier qui en contient, à montrer et à vérifier (à répéter au besoin)
    #[arg(long, value_name = "DIR")]
    pub remises: Vec<PathBuf>,
}

/// `jalon rejets`.
#[derive(Debug, Args)]
#[command(subcommand_help_heading = "Commandes", subcommand_value_name = "COMMANDE", disable_help_subcommand = true)]
pub struct Rejets {
    /// What to do.
    #[command(subcommand)]
    pub commande: RejetsCommande,
}

/// The commands of `jalon rejets`.
#[derive(Debug, Subcommand)]
pub enum RejetsCommande {
    /// Liste les rejets ouverts, sans donnée personnelle
    #[command(visible_alias = "list", help_template = MODELE)]
    Lister(ListerRejets),
    /// Montre un rejet et son extrait : des données personnelles, NIR compris
    #[command(visible_alias = "show", help_template = MODELE)]
    Montrer(MontrerRejet),
    /// Fait entrer un extrait corrigé, ou essaie de nouveau un extrait tel qu'il est
    #[command(visible_alias = "retry", help_template = MODELE)]
    Reprendre(ReprendreRejets),
    /// Note qu'il n'y a plus rien à faire d'un rejet
    #[command(visible_alias = "close", help_template = MODELE)]
    Clore(CloreRejet),
}

/// `jalon rejets lister`.
#[derive(Debug, Args)]
pub struct ListerRejets {
    /// Aussi les rejets repris et clos
    #[arg(long)]
    pub tous: bool,
    /// Forme de la liste : table (si rien n'est dit), csv ou json
    #[arg(
        long,
        value_name = "FORME",
        value_enum,
        default_value_t = FormatListe::Table,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub format: FormatListe,
}

/// `jalon rejets montrer`.
#[derive(Debug, Args)]
pub struct MontrerRejet {
    /// Identifiant du rejet, que la liste donne
    #[arg(value_name = "ID")]
    pub id: String,
}

/// `jalon rejets reprendre`.
#[derive(Debug, Args)]
pub struct ReprendreRejets {
    /// Extraits corrigés, ou identifiants de rejets dont l'extrait est à essayer de nouveau
    #[arg(required = true, value_name = "FICHIER|ID")]
    pub extraits: Vec<String>,
    /// Description de l'export dont vient l'extrait, ou dossier de descriptions (à répéter au besoin)
    #[arg(long, value_name = "CHEMIN")]
    pub sources: Vec<PathBuf>,
    /// Jour où le département a reçu ces foyers ou ces lignes (AAAA-MM-JJ), au lieu de celui du fichier d'origine
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub recu_le: Option<NaiveDate>,
}

/// `jalon rejets clore`.
#[derive(Debug, Args)]
pub struct CloreRejet {
    /// Identifiant du rejet, que la liste donne
    #[arg(value_name = "ID")]
    pub id: String,
    /// Pourquoi il n'y a plus rien à faire
    #[arg(long, value_name = "TEXTE", default_value = "", hide_default_value = true)]
    pub motif: String,
}

/// `jalon purger`.
#[derive(Debug, Args)]
pub struct Purger {
    /// Retire les personnes parties avant ce jour (AAAA-MM-JJ) : sans droit ouvert ni événement depuis
    #[arg(long, value_name = "DATE", value_parser = date, required_unless_present_any = ["bruts", "pipeline"])]
    pub avant: Option<NaiveDate>,
    /// Dit ce qui serait fait, et n'écrit rien
    #[arg(long)]
    pub a_blanc: bool,
    /// Dossier de fichiers reçus (archives, refusés) dont les plus vieux sont à effacer (à répéter au besoin)
    #[arg(long, value_name = "DIR", alias = "archives")]
    pub bruts: Vec<PathBuf>,
    /// Jours pendant lesquels un fichier reçu, ou l'extrait d'un rejet clos, est gardé : 90 si rien n'est dit
    #[arg(long, value_name = "N")]
    pub bruts_jours: Option<u32>,
    /// Fichier qui décrit la nuit : prend là l'entrepôt, la clé, les dossiers de fichiers reçus et leur durée
    #[arg(long, value_name = "FICHIER")]
    pub pipeline: Option<PathBuf>,
    /// Forme du compte rendu : texte (si rien n'est dit) ou json
    #[arg(long, value_name = "FORME", value_enum, default_value_t = Forme::Texte, hide_possible_values = true, hide_default_value = true)]
    pub format: Forme,
}

/// `jalon personne`.
#[derive(Debug, Subcommand)]
pub enum Personne {
    /// Donne tout ce que l'entrepôt contient d'une personne (droit d'accès)
    #[command(visible_alias = "export", help_template = MODELE)]
    Exporter(Exporter),
    /// Efface une personne de l'entrepôt (droit à l'effacement)
    #[command(visible_alias = "erase", help_template = MODELE)]
    Effacer(Effacer),
}

/// How a person is named.
#[derive(Debug, Args)]
pub struct Designation {
    /// NUMDEMRSA (suivi du nom si le dossier a plusieurs personnes), matricule, ou NOM Prénom AAAA-MM-JJ
    #[arg(value_name = "PERSONNE", required_unless_present = "nir", conflicts_with = "nir")]
    pub personne: Vec<String>,
    /// Désigne la personne par son NIR : il est demandé sans s'afficher, ou lu sur l'entrée standard
    #[arg(long)]
    pub nir: bool,
}

/// `jalon personne exporter`.
#[derive(Debug, Args)]
pub struct Exporter {
    /// Who.
    #[command(flatten)]
    pub qui: Designation,
    /// Écrit dans ce fichier, réservé à votre compte, au lieu d'afficher
    #[arg(long, value_name = "FICHIER")]
    pub sortie: Option<PathBuf>,
    /// Forme : texte (si rien n'est dit) ou json
    #[arg(long, value_name = "FORME", value_enum, default_value_t = Forme::Texte, hide_possible_values = true, hide_default_value = true)]
    pub format: Forme,
}

/// `jalon personne effacer`.
#[derive(Debug, Args)]
pub struct Effacer {
    /// Who.
    #[command(flatten)]
    pub qui: Designation,
    /// Raison, gardée au registre des purges : n'y mettez pas le nom de la personne
    #[arg(long, value_name = "TEXTE")]
    pub motif: String,
    /// Dit ce qui serait fait, et n'écrit rien
    #[arg(long)]
    pub a_blanc: bool,
    /// Efface sans demander de confirmation
    #[arg(long)]
    pub oui: bool,
}

/// The forms of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Forme {
    /// For people.
    Texte,
    /// For programs.
    Json,
}

/// `jalon ingerer`.
#[derive(Debug, Args)]
pub struct Ingerer {
    /// Fichiers ou dossiers à lire (les dossiers avec tout ce qu'ils contiennent, .gz et .zip compris)
    #[arg(required = true, value_name = "CHEMIN")]
    pub chemins: Vec<PathBuf>,
    /// Jour où le département a reçu ces fichiers (AAAA-MM-JJ), au lieu de celui de leur nom
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub recu_le: Option<NaiveDate>,
    /// Accepte un flux qui a moins de foyers qu'il n'en annonce
    #[arg(long)]
    pub accepter_ecart: bool,
    /// Description d'un export du département, ou dossier de descriptions (à répéter au besoin)
    #[arg(long, value_name = "CHEMIN")]
    pub sources: Vec<PathBuf>,
}

/// `jalon sources`.
#[derive(Debug, Args)]
pub struct DesSources {
    /// What to do.
    #[command(subcommand)]
    pub commande: SourcesCommande,
}

/// The commands of `jalon sources`.
#[derive(Debug, Subcommand)]
pub enum SourcesCommande {
    /// Propose la description d'un export, à enregistrer dans un fichier .toml
    #[command(visible_alias = "discover", help_template = MODELE)]
    Decouvrir(Decouvrir),
    /// Dit ce qui est compris d'un fichier, et ligne par ligne ce qui ne l'est pas, sans rien écrire
    #[command(visible_alias = "check", help_template = MODELE)]
    Verifier(Verifier),
}

/// `jalon sources decouvrir`.
#[derive(Debug, Args)]
pub struct Decouvrir {
    /// Fichier exporté (CSV ou XLSX)
    #[arg(value_name = "FICHIER")]
    pub fichier: PathBuf,
    /// Genre des lignes, si jalon le devine mal : orientations, rendez_vous, cer, accompagnements, fins_suivi
    #[arg(long, value_name = "GENRE", value_parser = genre)]
    pub genre: Option<GenreDonne>,
    /// Feuille du classeur, si ce n'est pas la première
    #[arg(long, value_name = "NOM")]
    pub feuille: Option<String>,
}

/// A kind of events, given on the command line.
#[derive(Clone, Copy, Debug)]
pub struct GenreDonne(pub Genre);

/// `jalon sources verifier`.
#[derive(Debug, Args)]
pub struct Verifier {
    /// Fichier à vérifier (CSV ou XLSX)
    #[arg(value_name = "FICHIER")]
    pub fichier: PathBuf,
    /// Description à essayer, ou dossier de descriptions (à répéter au besoin)
    #[arg(long, value_name = "CHEMIN")]
    pub sources: Vec<PathBuf>,
    /// Jour où le département a reçu ce fichier (AAAA-MM-JJ) : sinon celui de son nom, sinon aujourd'hui
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub recu_le: Option<NaiveDate>,
}

/// The period of a computation, and the day of the knowledge.
#[derive(Clone, Debug, Args)]
pub struct Quand {
    /// Campagne, comme mars-2022 ou juin-2022
    #[arg(long, value_name = "NOM", conflicts_with_all = ["du", "au", "arrete"])]
    pub campagne: Option<String>,
    /// Premier jour de la période (AAAA-MM-JJ)
    #[arg(long, value_name = "DATE", value_parser = date, requires = "au")]
    pub du: Option<NaiveDate>,
    /// Dernier jour de la période
    #[arg(long, value_name = "DATE", value_parser = date, requires = "du")]
    pub au: Option<NaiveDate>,
    /// Jour où la période est arrêtée : le dernier jour de la période si rien n'est dit
    #[arg(long, value_name = "DATE", value_parser = date, requires = "du")]
    pub arrete: Option<NaiveDate>,
    /// Ce que le département savait ce jour-là : une remise passée est retrouvée à l'identique
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub connu_le: Option<NaiveDate>,
    /// Fichier des campagnes, au lieu de celui qui est livré
    #[arg(long, value_name = "FICHIER")]
    pub campagnes: Option<PathBuf>,
}

/// `jalon indicateurs`.
#[derive(Debug, Args)]
pub struct Indicateurs {
    /// What period, and as known when.
    #[command(flatten)]
    pub quand: Quand,
    /// Parameters and readings.
    #[command(flatten)]
    pub regles: Regles,
    /// Répartit les chiffres : mois, caisse, territoire, structure, organisme, type_parcours ou categorie
    /// (à répéter au besoin, ou plusieurs séparés par des virgules)
    #[arg(long, value_name = "AXE", value_parser = axe, value_delimiter = ',')]
    pub par: Vec<Axe>,
    /// Donne aussi les douze chiffres sous chaque autre lecture, une à la fois, avec l'écart et le texte qui l'appuie
    #[arg(long)]
    pub lectures: bool,
    /// Fichier des résultats des années passées et des cibles, que le département remplit une fois
    #[arg(long, value_name = "FICHIER")]
    pub historique: Option<PathBuf>,
    /// Masque les petits effectifs et ce qui les redonnerait, pour ce qui sort du département
    #[arg(long, conflicts_with = "detail")]
    pub diffusion: bool,
    /// Les départements d'une région qui sont dans l'entrepôt, comme occitanie
    #[arg(long, value_name = "NOM")]
    pub region: Option<String>,
    /// Forme du tableau : table (si rien n'est dit), csv, json, md, xlsx ou html
    #[arg(
        long,
        value_name = "FORME",
        value_enum,
        default_value_t = Format::Table,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub format: Format,
    /// Écrit le tableau dans ce fichier au lieu de l'afficher
    #[arg(long, value_name = "FICHIER")]
    pub sortie: Option<PathBuf>,
    /// Écrit dans ce fichier la liste des personnes derrière les chiffres (CSV)
    #[arg(long, value_name = "FICHIER")]
    pub detail: Option<PathBuf>,
}

impl Indicateurs {
    /// The axes asked for, each once, in the order asked.
    #[must_use]
    pub fn axes(&self) -> Vec<Axe> {
        let mut axes: Vec<Axe> = Vec::new();
        for axe in &self.par {
            if !axes.contains(axe) {
                axes.push(*axe);
            }
        }
        axes
    }
}

/// `jalon nuit`.
#[derive(Debug, Args)]
pub struct Nuit {
    /// Fichier qui décrit la nuit, comme pipelines/nuit.toml
    #[arg(long, value_name = "FICHIER")]
    pub pipeline: PathBuf,
    /// Fait tout sauf écrire : dit ce que la nuit ferait
    #[arg(long, conflicts_with = "veiller")]
    pub a_blanc: bool,
    /// Reste en veille, et recommence dès qu'un fichier arrive dans une boîte
    #[arg(long)]
    pub veiller: bool,
    /// Jour de la nuit (AAAA-MM-JJ), au lieu d'aujourd'hui : celui des campagnes en cours et des listes
    #[arg(long, value_name = "DATE", value_parser = date, conflicts_with = "veiller")]
    pub jour: Option<NaiveDate>,
    /// Forme du compte rendu affiché : texte (si rien n'est dit) ou json
    #[arg(
        long,
        value_name = "FORME",
        value_enum,
        default_value_t = FormatBilan::Texte,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub format: FormatBilan,
}

/// The forms of the summary of a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatBilan {
    /// For people.
    Texte,
    /// For programs.
    Json,
}

/// `jalon contexte`.
#[derive(Debug, Args)]
pub struct FaireUnContexte {
    /// Fichier Parquet à écrire
    #[arg(long, value_name = "FICHIER")]
    pub sortie: PathBuf,
    /// Ce que le département savait ce jour-là : une remise passée est retrouvée à l'identique
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub connu_le: Option<NaiveDate>,
}

/// `jalon plier`.
#[derive(Debug, Args)]
pub struct Plier {
    /// Fichier écrit par « jalon contexte »
    #[arg(long, value_name = "FICHIER")]
    pub contexte: PathBuf,
    /// What period.
    #[command(flatten)]
    pub quand: Quand,
    /// Parameters and readings.
    #[command(flatten)]
    pub regles: Regles,
    /// Au lieu de calculer : réunit ce que tous les calculs ont écrit, et donne les douze indicateurs
    #[arg(long)]
    pub reunir: bool,
    /// Forme des indicateurs réunis : table (si rien n'est dit) ou json
    #[arg(
        long,
        value_name = "FORME",
        value_enum,
        default_value_t = FormatReunion::Table,
        hide_possible_values = true,
        hide_default_value = true,
        requires = "reunir"
    )]
    pub format: FormatReunion,
}

/// The form of the indicators that are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatReunion {
    /// A table for people.
    Table,
    /// JSON, for programs.
    Json,
}

/// The parameters and readings of a computation.
#[derive(Clone, Debug, Args)]
pub struct Regles {
    /// Fichier des paramètres et des lectures, au lieu de celui de 2022
    #[arg(long, value_name = "FICHIER")]
    pub referentiel: Option<PathBuf>,
    /// Une autre lecture des textes, comme orientation.delai=30_jours (à répéter au besoin)
    #[arg(long, value_name = "CLE=VALEUR", value_parser = paire)]
    pub lecture: Vec<(String, String)>,
}

/// `jalon listes`.
#[derive(Debug, Args)]
pub struct Listes {
    /// a-orienter, a-convoquer, absents, sans-rdv, sans-cer, pe-2-ans ou plus-5-ans ; toutes pour les écrire toutes
    #[arg(value_name = "LISTE", value_parser = liste, required_unless_present = "previsions", conflicts_with = "previsions")]
    pub liste: Option<ListeDemandee>,
    /// Au lieu d'une liste : pour chacun des trente jours qui viennent, les délais qui finissent, et ce que deviennent les
    /// taux de la campagne en cours si rien n'est fait
    #[arg(long, conflicts_with_all = ["territoire", "structure"])]
    pub previsions: bool,
    /// Jour de la liste
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub au: NaiveDate,
    /// Ce que le département savait ce jour-là : le jour de la liste si rien n'est dit
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub connu_le: Option<NaiveDate>,
    /// Parameters and readings.
    #[command(flatten)]
    pub regles: Regles,
    /// Seulement les personnes suivies sur ce territoire ('' pour celles qui n'en ont pas)
    #[arg(long, value_name = "NOM")]
    pub territoire: Option<String>,
    /// Seulement les personnes suivies par cette structure ('' pour celles qui n'en ont pas)
    #[arg(long, value_name = "NOM")]
    pub structure: Option<String>,
    /// Forme de la liste : table, csv, json ou xlsx (si rien n'est dit : table pour une liste, csv pour toutes)
    #[arg(long, value_name = "FORME", value_enum, hide_possible_values = true)]
    pub format: Option<FormeDeListe>,
    /// Écrit la liste dans ce fichier au lieu de l'afficher ; le dossier où écrire un fichier par liste pour toutes
    #[arg(long, value_name = "FICHIER")]
    pub sortie: Option<PathBuf>,
}

/// The forms of an operational list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormeDeListe {
    /// For the screen.
    Table,
    /// For a spreadsheet or a mail merge.
    Csv,
    /// For programs.
    Json,
    /// A workbook, one sheet a territory.
    Xlsx,
}

/// The list that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListeDemandee {
    /// One.
    Une(Nom),
    /// Every one.
    Toutes,
}

/// The forms of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatListe {
    /// For the screen.
    Table,
    /// For a spreadsheet or a mail merge.
    Csv,
    /// For programs.
    Json,
}

/// The forms of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For the screen.
    Table,
    /// For a spreadsheet.
    Csv,
    /// For programs.
    Json,
    /// Markdown, to be pasted.
    Md,
    /// A workbook.
    Xlsx,
    /// A page, for a browser.
    Html,
}

/// `jalon simuler`.
#[derive(Debug, Args)]
pub struct Simuler {
    /// Nombre dont tout est tiré : le même donne les mêmes fichiers, à l'octet près
    #[arg(long, value_name = "S")]
    pub graine: u64,
    /// Adultes du stock initial ; d'autres arrivent ensuite, et les enfants s'y ajoutent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=5_000_000))]
    pub personnes: u32,
    /// Premier mois (AAAA-MM), dont les flux mensuels sont le stock initial
    #[arg(long, value_name = "AAAA-MM", value_parser = mois)]
    pub du: (i32, u32),
    /// Dernier mois (AAAA-MM)
    #[arg(long, value_name = "AAAA-MM", value_parser = mois)]
    pub au: (i32, u32),
    /// Dossier où écrire : il n'existe pas encore, ou il est vide
    #[arg(long, value_name = "DIR")]
    pub sortie: PathBuf,
    /// Forme : xml (si rien n'est dit) ou csv ; segments écrit DIR/entrepot, comme si les fichiers y étaient ingérés
    #[arg(long, value_name = "FORME", value_parser = forme, default_value = "xml", hide_default_value = true)]
    pub forme: simulation::Forme,
    /// Ajoute ce que subissent de vrais fichiers (en retard, en double, coupés, mal encodés, lignes
    /// illisibles), sans changer un chiffre ; desordre.json dit ce que jalon doit en faire
    #[arg(long)]
    pub desordre: bool,
}

/// What the tables are built with.
#[derive(Debug, Args)]
pub struct Tables {
    /// Jour où les situations et les délais sont arrêtés (AAAA-MM-JJ) : celui de --connu-le, sinon aujourd'hui
    #[arg(long, visible_alias = "au", value_name = "DATE", value_parser = date)]
    pub arrete: Option<NaiveDate>,
    /// Ce que le département savait ce jour-là
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub connu_le: Option<NaiveDate>,
    /// Parameters and readings.
    #[command(flatten)]
    pub regles: Regles,
    /// Fichier des campagnes, au lieu de celui qui est livré
    #[arg(long, value_name = "FICHIER")]
    pub campagnes: Option<PathBuf>,
    /// Retire les colonnes qui nomment : noms, dates de naissance, NUMDEMRSA, matricules, référents
    #[arg(long)]
    pub sans_noms: bool,
}

/// `jalon analyser`.
#[derive(Debug, Args)]
pub struct Analyser {
    /// Requête SQL (SELECT) ; sans elle, jalon ouvre une invite sur un terminal, ou lit l'entrée standard
    #[arg(value_name = "SQL")]
    pub sql: Option<String>,
    /// What the tables are built with.
    #[command(flatten)]
    pub tables: Tables,
    /// Forme de la réponse : table (si rien n'est dit), csv, json, ou parquet avec --sortie
    #[arg(
        long,
        value_name = "FORME",
        value_enum,
        default_value_t = FormatReponse::Table,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub format: FormatReponse,
    /// Écrit la réponse dans ce fichier, réservé à votre compte, au lieu de l'afficher
    #[arg(long, value_name = "FICHIER")]
    pub sortie: Option<PathBuf>,
    /// À l'invite, ne relit ni ne garde les requêtes tapées
    #[arg(long)]
    pub sans_historique: bool,
}

/// The forms of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatReponse {
    /// For the screen.
    Table,
    /// For a spreadsheet.
    Csv,
    /// For programs.
    Json,
    /// For other engines.
    Parquet,
}

/// `jalon exporter`.
#[derive(Debug, Args)]
pub struct ExporterTables {
    /// Dossier à écrire : il n'existe pas encore, ou il est vide
    #[arg(long, value_name = "DIR")]
    pub sortie: PathBuf,
    /// What the tables are built with.
    #[command(flatten)]
    pub tables: Tables,
    /// Forme : parquet (si rien n'est dit) ou csv pour les tables ; ri-insertion pour les historiques d'une année
    #[arg(
        long,
        value_name = "FORME",
        value_enum,
        default_value_t = FormatExport::Parquet,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub format: FormatExport,
    /// Année des historiques, avec --format ri-insertion (AAAA)
    #[arg(long, value_name = "AAAA", value_parser = annee)]
    pub annee: Option<i32>,
}

/// The forms of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatExport {
    /// Types are kept.
    Parquet,
    /// For a spreadsheet.
    Csv,
    /// What the DREES collects each year.
    RiInsertion,
}

/// `jalon demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Dossier où tout est écrit : ./jalon-demo si rien n'est dit ; il n'existe pas encore, ou il est vide
    #[arg(long, value_name = "DIR", default_value = "./jalon-demo", hide_default_value = true)]
    pub sortie: PathBuf,
    /// Ouvre ensuite les pages du département, jusqu'à Ctrl+C
    #[arg(long)]
    pub page: bool,
}

/// `jalon qualite`.
#[derive(Debug, Args)]
pub struct Qualite {
    /// Campagne, comme mars-2022 ou juin-2022
    #[arg(long, value_name = "NOM", conflicts_with_all = ["du", "au"])]
    pub campagne: Option<String>,
    /// Premier jour de la période (AAAA-MM-JJ) : celui du premier flux si rien n'est dit
    #[arg(long, value_name = "DATE", value_parser = date, requires = "au")]
    pub du: Option<NaiveDate>,
    /// Dernier jour de la période : aujourd'hui si rien n'est dit
    #[arg(long, value_name = "DATE", value_parser = date, requires = "du")]
    pub au: Option<NaiveDate>,
    /// Ce que le département savait ce jour-là
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub connu_le: Option<NaiveDate>,
    /// Fichier des paramètres et des lectures, au lieu de celui de 2022
    #[arg(long, value_name = "FICHIER")]
    pub referentiel: Option<PathBuf>,
    /// Fichier des campagnes, au lieu de celui qui est livré
    #[arg(long, value_name = "FICHIER")]
    pub campagnes: Option<PathBuf>,
    /// Fichier dont la table « seuils » dit ce qui ne doit pas être dépassé (code 4 sinon)
    #[arg(long, value_name = "FICHIER")]
    pub pipeline: Option<PathBuf>,
    /// Forme du rapport : table (si rien n'est dit), json ou csv
    #[arg(
        long,
        value_name = "FORME",
        value_enum,
        default_value_t = FormatQualite::Table,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub format: FormatQualite,
    /// Écrit le rapport dans ce fichier au lieu de l'afficher
    #[arg(long, value_name = "FICHIER")]
    pub sortie: Option<PathBuf>,
    /// Écrit dans ce fichier la liste des événements en attente de leur personne (CSV)
    #[arg(long, value_name = "FICHIER")]
    pub en_attente: Option<PathBuf>,
    /// Écrit dans ce fichier la liste des entrées que jalon ou la caisse est seul à voir (CSV, nominatif)
    #[arg(long, value_name = "FICHIER")]
    pub ecarts: Option<PathBuf>,
}

/// The forms of the quality report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatQualite {
    /// For the screen.
    Table,
    /// For programs.
    Json,
    /// For a spreadsheet.
    Csv,
}

fn date(texte: &str) -> Result<NaiveDate, String> {
    parse_date(texte.trim()).ok_or_else(|| "attendu une date qui existe, AAAA-MM-JJ".to_owned())
}

fn mois(texte: &str) -> Result<(i32, u32), String> {
    let jour = parse_date(&format!("{}-01", texte.trim()));
    jour.map(|jour| (jour.year(), jour.month())).ok_or_else(|| "attendu un mois, AAAA-MM".to_owned())
}

/// A year of the RSA, which begins in 2009.
fn annee(texte: &str) -> Result<i32, String> {
    let lue = texte.trim().parse().ok().filter(|annee| (2009..=2999).contains(annee));
    lue.ok_or_else(|| "attendu une année depuis 2009, AAAA".to_owned())
}

fn forme(texte: &str) -> Result<simulation::Forme, String> {
    let formes = simulation::Forme::TOUTES.map(simulation::Forme::nom);
    simulation::Forme::lire(texte.trim()).ok_or_else(|| format!("attendu l'une de : {}", formes.join(", ")))
}

fn axe(texte: &str) -> Result<Axe, String> {
    Axe::lire(texte.trim()).ok_or_else(|| format!("attendu l'un de : {}", Axe::TOUS.map(|(code, _)| code).join(", ")))
}

fn liste(texte: &str) -> Result<ListeDemandee, String> {
    let found = if texte == "toutes" { Some(ListeDemandee::Toutes) } else { Nom::lire(texte).map(ListeDemandee::Une) };
    found.ok_or_else(|| format!("attendu l'une de : {}", noms_des_listes()))
}

fn noms_des_listes() -> String {
    format!("{}, toutes", Nom::TOUS.map(Nom::code).join(", "))
}

fn genre(texte: &str) -> Result<GenreDonne, String> {
    let trouve = Genre::TOUS.into_iter().find(|genre| genre.nom() == texte.trim());
    trouve.map(GenreDonne).ok_or_else(|| format!("attendu l'un de : {}", Genre::TOUS.map(Genre::nom).join(", ")))
}

fn paire(texte: &str) -> Result<(String, String), String> {
    let (cle, valeur) = texte.split_once('=').ok_or("attendu CLE=VALEUR, comme orientation.delai=30_jours")?;
    Ok((cle.trim().to_owned(), valeur.trim().to_owned()))
}

/// Reads the command line.
///
/// # Errors
/// What to print, and on which stream, when there is nothing to run: help and version on the
/// standard output, a French explanation otherwise.
pub fn lire(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, Arret> {
    let parsed = Cli::command().try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Arret::Aide(error.to_string()),
        _ => Arret::Erreur(explique(&error)),
    })
}

/// Why nothing is run.
#[derive(Debug)]
pub enum Arret {
    /// Help or version, asked for.
    Aide(String),
    /// A mistake on the command line.
    Erreur(String),
}

/// A mistake on the command line, said in French.
fn explique(error: &clap::Error) -> String {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    let message = match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let valid = text(ContextKind::ValidValue);
            let attendu = if valid.is_empty() {
                std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
            } else {
                format!("attendu l'un de : {valid}")
            };
            let valeur = text(ContextKind::InvalidValue);
            if valeur.is_empty() {
                format!("l'option {argument} attend une valeur")
            } else if let Some(place) = argument.strip_prefix(['<', '[']) {
                format!("{} vaut « {valeur} » ; {attendu}", place.trim_end_matches(['>', ']']))
            } else {
                format!("l'option {argument} vaut « {valeur} » ; {attendu}")
            }
        }
        ErrorKind::UnknownArgument => format!("« {argument} » n'est pas une option de cette commande"),
        ErrorKind::InvalidSubcommand => {
            format!("« {} » n'est pas une commande de jalon", text(ContextKind::InvalidSubcommand))
        }
        ErrorKind::ArgumentConflict => {
            format!("{argument} ne peut pas aller avec {}", text(ContextKind::PriorArg))
        }
        ErrorKind::MissingRequiredArgument if argument.contains("--campagne") => {
            "il manque --campagne, ou --du et --au".to_owned()
        }
        ErrorKind::MissingRequiredArgument if argument.contains("<LISTE>") => {
            format!("il manque la liste, l'une de : {}", noms_des_listes())
        }
        ErrorKind::MissingRequiredArgument => format!("il manque {}", argument.trim_end_matches("...")),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "il manque une commande".to_owned()
        }
        _ => "la ligne de commande n'est pas comprise".to_owned(),
    };
    format!("{message}. « jalon --help » et « jalon COMMANDE --help » montrent ce qui peut être tapé.")
}

/// `jalon campagne`.
#[derive(Debug, Args)]
#[command(subcommand_help_heading = "Commandes", subcommand_value_name = "COMMANDE", disable_help_subcommand = true)]
pub struct Campagne {
    /// What to do.
    #[command(subcommand)]
    pub commande: CampagneCommande,
}

/// The commands of `jalon campagne`.
#[derive(Debug, Subcommand)]
pub enum CampagneCommande {
    /// Écrit le dossier d'une remise : tableau, rapport, détail, qualité, commentaires
    #[command(visible_alias = "prepare", help_template = MODELE)]
    Preparer(PreparerCampagne),
    /// Fixe un dossier préparé : ses fichiers, ses chiffres et ce dont ils viennent, avec une empreinte
    #[command(visible_alias = "seal", help_template = MODELE)]
    Sceller(DossierCampagne),
    /// Prouve que les fichiers d'un dossier scellé n'ont pas changé, et que le journal redonne ses chiffres
    #[command(visible_alias = "verify", help_template = MODELE)]
    Verifier(DossierCampagne),
    /// Dit, personne par personne, pourquoi les chiffres de deux dossiers ne sont pas les mêmes
    #[command(visible_alias = "compare", help_template = MODELE)]
    Comparer(ComparerCampagnes),
}

/// `jalon campagne preparer`.
#[derive(Debug, Args)]
pub struct PreparerCampagne {
    /// Campagne, comme mars-2022 ou juin-2022
    #[arg(value_name = "NOM")]
    pub nom: String,
    /// Dossier de la remise ; un dossier déjà préparé est refait, un dossier scellé ne l'est jamais
    #[arg(long, value_name = "DIR")]
    pub sortie: PathBuf,
    /// Ce que le département savait ce jour-là : tout ce que l'entrepôt contient aujourd'hui si rien n'est dit
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub connu_le: Option<NaiveDate>,
    /// Parameters and readings.
    #[command(flatten)]
    pub regles: Regles,
    /// Fichier des campagnes, au lieu de celui qui est livré
    #[arg(long, value_name = "FICHIER")]
    pub campagnes: Option<PathBuf>,
    /// Fichier des résultats des années passées et des cibles, que le département remplit une fois
    #[arg(long, value_name = "FICHIER")]
    pub historique: Option<PathBuf>,
    /// Fait un dossier qui peut sortir du département : petits effectifs masqués, personne n'y est nommé
    #[arg(long)]
    pub diffusion: bool,
}

/// The folder of a submission.
#[derive(Debug, Args)]
pub struct DossierCampagne {
    /// Dossier de la remise
    #[arg(value_name = "DIR")]
    pub dossier: PathBuf,
}

/// `jalon campagne comparer`.
#[derive(Debug, Args)]
pub struct ComparerCampagnes {
    /// Premier dossier, préparé ou scellé
    #[arg(value_name = "DIR_A")]
    pub a: PathBuf,
    /// Second dossier
    #[arg(value_name = "DIR_B")]
    pub b: PathBuf,
    /// Forme : table (si rien n'est dit), csv ou json
    #[arg(
        long,
        value_name = "FORME",
        value_enum,
        default_value_t = FormatListe::Table,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub format: FormatListe,
    /// Écrit dans ce fichier, réservé à votre compte, au lieu d'afficher
    #[arg(long, value_name = "FICHIER")]
    pub sortie: Option<PathBuf>,
}

/// `jalon expliquer`.
#[derive(Debug, Args)]
pub struct Expliquer {
    /// Who.
    #[command(flatten)]
    pub qui: Designation,
    /// What period, and as known when.
    #[command(flatten)]
    pub quand: Quand,
    /// Parameters and readings.
    #[command(flatten)]
    pub regles: Regles,
    /// Forme : texte (si rien n'est dit), json, html ou md
    #[arg(
        long,
        value_name = "FORME",
        value_enum,
        default_value_t = FormeExplication::Texte,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub format: FormeExplication,
    /// Écrit dans ce fichier, réservé à votre compte, au lieu d'afficher
    #[arg(long, value_name = "FICHIER")]
    pub sortie: Option<PathBuf>,
}

/// The forms of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormeExplication {
    /// For the screen.
    Texte,
    /// For programs.
    Json,
    /// One page, for a browser.
    Html,
    /// Markdown, to be pasted.
    Md,
}

/// `jalon referentiel`.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub struct DesReferentiels {
    /// What to do.
    #[command(subcommand)]
    pub commande: ReferentielCommande,
}

/// The commands of `jalon referentiel`.
#[derive(Debug, Subcommand)]
pub enum ReferentielCommande {
    /// Montre un référentiel : chaque valeur avec sa date et sa source
    #[command(visible_alias = "show", help_template = MODELE)]
    Montrer(MontrerReferentiel),
    /// Dit tout ce qui est à corriger dans un référentiel, et ce qui est à relire (code 4 s'il ne peut pas être employé)
    #[command(visible_alias = "check", help_template = MODELE)]
    Verifier(VerifierReferentiel),
    /// Dit ce qui diffère entre deux référentiels, et ce que cela change aux chiffres
    #[command(visible_alias = "compare", help_template = MODELE)]
    Comparer(ComparerReferentiels),
}

/// `jalon referentiel montrer`.
#[derive(Debug, Args)]
pub struct MontrerReferentiel {
    /// Référentiel à montrer : celui qui est livré si rien n'est dit
    #[arg(value_name = "FICHIER")]
    pub fichier: Option<PathBuf>,
    /// Forme : table (si rien n'est dit) ou json
    #[arg(long, value_name = "FORME", value_enum, default_value_t = FormatReferentiel::Table, hide_possible_values = true, hide_default_value = true)]
    pub format: FormatReferentiel,
}

/// `jalon referentiel verifier`.
#[derive(Debug, Args)]
pub struct VerifierReferentiel {
    /// Référentiel à vérifier
    #[arg(value_name = "FICHIER")]
    pub fichier: PathBuf,
    /// Forme : table (si rien n'est dit) ou json
    #[arg(long, value_name = "FORME", value_enum, default_value_t = FormatReferentiel::Table, hide_possible_values = true, hide_default_value = true)]
    pub format: FormatReferentiel,
}

/// `jalon referentiel comparer`.
#[derive(Debug, Args)]
pub struct ComparerReferentiels {
    /// Référentiels à comparer ; s'il n'y en a qu'un, il est comparé à celui qui est livré
    #[arg(value_name = "FICHIER", required = true, num_args = 1..=2)]
    pub fichiers: Vec<PathBuf>,
    /// What period, and as known when.
    #[command(flatten)]
    pub quand: Quand,
    /// Forme : table (si rien n'est dit) ou json
    #[arg(long, value_name = "FORME", value_enum, default_value_t = FormatReferentiel::Table, hide_possible_values = true, hide_default_value = true)]
    pub format: FormatReferentiel,
}

/// The forms of a référentiel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatReferentiel {
    /// For the screen.
    Table,
    /// For programs.
    Json,
}

/// `jalon diagnostiquer`.
#[derive(Debug, Args)]
pub struct Diagnostiquer {
    /// Fichier qui décrit la nuit : vérifie aussi les boîtes, les dossiers et la dernière nuit
    #[arg(long, value_name = "FICHIER")]
    pub pipeline: Option<PathBuf>,
    /// Résultats des années précédentes et objectifs du département : vérifie qu'ils se lisent
    #[arg(long, value_name = "FICHIER")]
    pub historique: Option<PathBuf>,
    /// Forme : texte (si rien n'est dit) ou json
    #[arg(long, value_name = "FORME", value_enum, default_value_t = Forme::Texte, hide_possible_values = true, hide_default_value = true)]
    pub format: Forme,
}
