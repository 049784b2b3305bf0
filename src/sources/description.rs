//! The description of an export: which files it is, and how each of its lines becomes an event. A
//! department writes it as a TOML file; `docs/sources.md` documents its keys.

use std::borrow::Cow;

use ::toml::de::DeTable;
use chrono::NaiveDate;
use encoding_rs::Encoding;

use super::toml::{ErreurSource, Noeud, Place};
use crate::flux::tableur::{Forme, normaliser};
use crate::identite::folded;
use crate::releves::foyers::parse_date;
use crate::releves::genres::{COMMUNES, Colonne, Genre, IDENTITE, Nature};

/// A source, described.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its name: that of the description among the others.
    pub nom: String,
    /// What its lines are.
    pub genre: Genre,
    /// BLAKE3 of the description itself, in hexadecimal.
    pub empreinte: String,
    /// Which files it is, and how they are written.
    pub fichiers: Fichiers,
    /// Our columns, each with what it is made of.
    pub colonnes: Vec<(&'static str, Origine)>,
    /// What a line must satisfy to be one of this source.
    pub filtres: Vec<Filtre>,
    /// How the identifier is made, when the export has none.
    pub identifiant: Option<Identifiant>,
}

/// Which files are of a source.
#[derive(Clone, Debug, Default)]
pub struct Fichiers {
    /// Patterns of base names, one of which must fit; none: any name.
    pub noms: Vec<String>,
    /// Headings that must all be there.
    pub entetes: Vec<Entete>,
    /// How they are written.
    pub forme: Forme,
}

/// A heading, as written in the description and as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entete {
    /// As written.
    pub montre: String,
    /// As compared.
    pub norme: String,
}

impl Entete {
    /// A heading.
    #[must_use]
    pub fn new(montre: &str) -> Self {
        Self { montre: montre.trim().to_owned(), norme: normaliser(montre.trim()) }
    }
}

/// Where a column comes from.
#[derive(Clone, Debug)]
pub enum Origine {
    /// The same value on every line.
    Constante(String),
    /// One heading or several.
    Lue(Box<Lecture>),
}

/// How a value is read.
#[derive(Clone, Debug)]
pub struct Lecture {
    /// The headings, joined when there are several.
    pub entetes: Vec<Entete>,
    /// What joins them.
    pub entre: String,
    /// Whether the export may lack them.
    pub facultatif: bool,
    /// How a date is written.
    pub format: Option<FormatDate>,
    /// Their values and ours.
    pub valeurs: Option<Valeurs>,
}

/// Their values and ours.
#[derive(Clone, Debug)]
pub struct Valeurs {
    /// Theirs, as compared and as written, and ours.
    table: Vec<(String, String, String)>,
    ignorees: Vec<String>,
    sinon: Sinon,
}

/// What becomes of a value that is not in the table.
#[derive(Clone, Debug)]
enum Sinon {
    Rejeter,
    Ignorer,
    Valeur(String),
}

/// What a value becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devient<'a> {
    /// Our value.
    Valeur(&'a str),
    /// The line is not of this source.
    Ignoree,
    /// Nobody said.
    Inconnue,
}

/// A value compared without case or accents.
fn pliee(texte: &str) -> Cow<'_, str> {
    folded(texte)
}

impl Valeurs {
    /// What a value becomes. An empty one stays empty, unless the table says otherwise.
    #[must_use]
    pub fn traduire(&self, valeur: &str) -> Devient<'_> {
        let cle = pliee(valeur);
        if let Some((_, _, notre)) = self.table.iter().find(|(connue, ..)| *connue == cle) {
            return Devient::Valeur(notre);
        }
        if self.ignorees.iter().any(|ignoree| *ignoree == cle) {
            return Devient::Ignoree;
        }
        match &self.sinon {
            _ if cle.is_empty() => Devient::Valeur(""),
            Sinon::Valeur(notre) => Devient::Valeur(notre),
            Sinon::Ignorer => Devient::Ignoree,
            Sinon::Rejeter => Devient::Inconnue,
        }
    }

    /// The values that have a translation, as written.
    pub fn connues(&self) -> impl Iterator<Item = &str> {
        self.table.iter().map(|(_, montree, _)| montree.as_str()).filter(|montree| !montree.is_empty())
    }
}

/// How a date is written: `JJ`, `MM` and `AAAA` with what separates them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatDate(String);

impl FormatDate {
    /// Reads a format. `None` when the day, the month or the year of four digits is not there once.
    #[must_use]
    pub fn new(format: &str) -> Option<Self> {
        let format = format.trim().to_uppercase();
        let une_fois = |motif: &str| format.matches(motif).count() == 1;
        let reste = format.replacen("AAAA", "", 1).replacen("MM", "", 1).replacen("JJ", "", 1);
        let juste = format.is_ascii() && une_fois("AAAA") && une_fois("MM") && une_fois("JJ");
        (juste && !reste.contains(['A', 'M', 'J'])).then_some(Self(format))
    }

    /// The day written so, a time behind it being dropped.
    #[must_use]
    pub fn lire(&self, texte: &str) -> Option<NaiveDate> {
        let (jour, suite) = texte.split_at_checked(self.0.len())?;
        let separe = |c: u8| !c.is_ascii_alphabetic();
        let fixe = self.0.bytes().zip(jour.bytes()).all(|(modele, lu)| match modele {
            b'A' | b'M' | b'J' => lu.is_ascii_digit(),
            autre => !separe(autre) || autre == lu,
        });
        let part = |motif: &str| -> Option<u32> {
            let debut = self.0.find(motif)?;
            jour.get(debut..debut + motif.len())?.parse().ok()
        };
        let heure = suite.is_empty() || suite.starts_with([' ', 'T']);
        if !fixe || !heure {
            return None;
        }
        NaiveDate::from_ymd_opt(i32::try_from(part("AAAA")?).ok()?, part("MM")?, part("JJ")?)
    }

    /// As written.
    #[must_use]
    pub fn montre(&self) -> &str {
        &self.0
    }
}

/// What a line must satisfy.
#[derive(Clone, Debug)]
pub struct Filtre {
    /// The heading looked at.
    pub entete: Entete,
    /// What it must hold.
    pub test: Test,
}

/// What a filter looks for, without case or accents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// One of these values.
    Parmi(Vec<String>),
    /// None of these values.
    Sauf(Vec<String>),
    /// Something.
    Rempli,
    /// Nothing.
    Vide,
}

impl Filtre {
    /// Whether a value lets its line in.
    #[must_use]
    pub fn retient(&self, valeur: &str) -> bool {
        let cle = pliee(valeur);
        let dans = |valeurs: &[String]| valeurs.iter().any(|autre| *autre == cle);
        match &self.test {
            Test::Parmi(valeurs) => dans(valeurs),
            Test::Sauf(valeurs) => !dans(valeurs),
            Test::Rempli => !cle.is_empty(),
            Test::Vide => cle.is_empty(),
        }
    }
}

/// How an identifier is made of a line that has none.
#[derive(Clone, Debug)]
pub struct Identifiant {
    /// What it begins with.
    pub prefixe: String,
    /// The headings whose values make it.
    pub entetes: Vec<Entete>,
}

impl Description {
    /// Reads a description. `fichier` is its base name, for the messages.
    ///
    /// # Errors
    /// What is wrong in it, with its line.
    pub fn lire(fichier: &str, texte: &str) -> Result<Self, ErreurSource> {
        let table = DeTable::parse(texte).map_err(|error| {
            let debut = error.span().map_or(0, |span| span.start);
            let message =
                format!("ce n'est pas du TOML lisible ({}). Vérifiez les guillemets et les crochets", error.message());
            Noeud::erreur_a(fichier, texte, debut, message)
        })?;
        let racine = Noeud::racine(fichier, texte, table.get_ref());
        racine.admet(&["nom", "genre", "fichiers", "colonnes", "filtres", "identifiant"])?;
        let nom = racine.texte_obligatoire("nom")?;
        let admis = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !nom.valeur.chars().all(admis) {
            return Err(
                racine.erreur_de(&nom, "nom : attendu des lettres sans accent, des chiffres, « - », « _ » ou « . »")
            );
        }
        let genre = genre(&racine)?;
        let description = Self {
            genre,
            empreinte: blake3::hash(texte.as_bytes()).to_hex().to_string(),
            fichiers: fichiers(&racine)?,
            colonnes: colonnes(&racine, genre)?,
            filtres: racine.tables("filtres")?.iter().map(filtre).collect::<Result<_, _>>()?,
            identifiant: racine.table("identifiant")?.map(|table| identifiant(&table, &nom.valeur)).transpose()?,
            nom: nom.valeur,
        };
        description.complete(&racine)?;
        Ok(description)
    }

    /// What a column is made of.
    #[must_use]
    pub fn origine(&self, nom: &str) -> Option<&Origine> {
        self.colonnes.iter().find(|(notre, _)| *notre == nom).map(|(_, origine)| origine)
    }

    /// Every heading that is read, the optional ones apart.
    pub fn entetes(&self) -> impl Iterator<Item = &Entete> {
        let lues = self.colonnes.iter().filter_map(|(_, origine)| match origine {
            Origine::Lue(lecture) if !lecture.facultatif => Some(&lecture.entetes),
            _ => None,
        });
        lues.flatten()
            .chain(self.filtres.iter().map(|filtre| &filtre.entete))
            .chain(self.identifiant.iter().flat_map(|identifiant| &identifiant.entetes))
    }

    /// Every heading that the description names.
    pub fn toutes_les_entetes(&self) -> impl Iterator<Item = &Entete> {
        let facultatives = self.colonnes.iter().filter_map(|(_, origine)| match origine {
            Origine::Lue(lecture) if lecture.facultatif => Some(&lecture.entetes),
            _ => None,
        });
        self.entetes().chain(facultatives.flatten()).chain(&self.fichiers.entetes)
    }

    /// Whether everything that an event of this kind needs is described.
    fn complete(&self, racine: &Noeud<'_>) -> Result<(), ErreurSource> {
        let a = |nom: &str| self.origine(nom).is_some();
        let manque = |quoi: &str| Err(racine.erreur(format!("{} : il manque {quoi}", self.nom)));
        for colonne in self.genre.colonnes().iter().filter(|colonne| colonne.obligatoire) {
            if !a(colonne.nom) {
                return manque(&format!(
                    "la colonne {} dans [colonnes], obligatoire pour {}",
                    colonne.nom,
                    self.genre.nom()
                ));
            }
        }
        let dates = self.genre.date_propre();
        if !dates.is_empty() && !dates.iter().any(|nom| a(nom)) {
            return manque(&format!("la colonne {} dans [colonnes]", dates.join(" ou ")));
        }
        if !self.genre.nominatif() {
            let trop = self.identifiant.is_some();
            let erreur =
                || racine.erreur(format!("{} : [identifiant] est de trop, {} n'en a pas", self.nom, self.genre.nom()));
            return if trop { Err(erreur()) } else { Ok(()) };
        }
        match (a("id_evenement"), &self.identifiant) {
            (false, None) => {
                return manque("id_evenement dans [colonnes], ou une partie [identifiant] qui dit de quoi le faire");
            }
            (true, Some(_)) => {
                return manque("un choix : id_evenement dans [colonnes], ou [identifiant], mais pas les deux");
            }
            _ => {}
        }
        // Unlike that of a NIR, the digest of an identifier has no key: every NIR could be tried.
        let lus = |nom: &str| match self.origine(nom) {
            Some(Origine::Lue(lecture)) => lecture.entetes.as_slice(),
            _ => &[],
        };
        let fait_l_identifiant = self.identifiant.as_ref().map_or(lus("id_evenement"), |i| &i.entetes);
        if fait_l_identifiant.iter().any(|entete| lus("nir").contains(entete)) {
            return manque("un autre identifiant : le NIR ne peut pas en faire partie");
        }
        let nomme = a("nom") && a("prenom") && a("date_naissance");
        if !a("nir") && !nomme && !(a("matricule") && (a("nom") || a("date_naissance"))) {
            return manque(
                "de quoi reconnaître la personne dans [colonnes] : nir ; ou nom, prenom et date_naissance ; \
                 ou matricule avec nom ou date_naissance",
            );
        }
        Ok(())
    }
}

fn genre(racine: &Noeud<'_>) -> Result<Genre, ErreurSource> {
    let lu = racine.texte_obligatoire("genre")?;
    Genre::TOUS.into_iter().find(|genre| genre.nom() == lu.valeur).ok_or_else(|| {
        let noms = Genre::TOUS.map(Genre::nom).join(", ");
        racine.erreur_de(&lu, format!("genre « {} » inconnu, attendu l'un de : {noms}", lu.valeur))
    })
}

fn entetes(table: &Noeud<'_>, cle: &str) -> Result<Vec<Entete>, ErreurSource> {
    table.textes(cle)?.iter().map(|texte| entete(table, texte)).collect()
}

fn entete(table: &Noeud<'_>, texte: &Place<String>) -> Result<Entete, ErreurSource> {
    let entete = Entete::new(&texte.valeur);
    if entete.norme.is_empty() {
        return Err(table.erreur_de(texte, "un en-tête de colonne ne peut pas être vide"));
    }
    Ok(entete)
}

fn fichiers(racine: &Noeud<'_>) -> Result<Fichiers, ErreurSource> {
    let Some(table) = racine.table("fichiers")? else {
        return Err(racine.erreur("il manque la partie [fichiers], qui dit quels fichiers sont de cette source"));
    };
    table.admet(&["noms", "entetes", "encodage", "separateur", "feuille", "ligne_entete"])?;
    let noms: Vec<String> = table.textes("noms")?.into_iter().map(|nom| nom.valeur).collect();
    let entetes = entetes(&table, "entetes")?;
    if noms.is_empty() && entetes.is_empty() {
        return Err(
            table.erreur("[fichiers] : attendu « noms » (comme \"orientations*.csv\"), ou « entetes », ou les deux")
        );
    }
    let encodage = match table.texte("encodage")? {
        None => None,
        Some(lu) => Some(
            Encoding::for_label(lu.valeur.trim().as_bytes()).filter(|e| e.is_ascii_compatible()).ok_or_else(|| {
                table.erreur_de(
                    &lu,
                    format!("encodage « {} » inconnu, attendu utf-8, windows-1252 ou iso-8859-15", lu.valeur),
                )
            })?,
        ),
    };
    let separateur = match table.texte("separateur")? {
        None => None,
        Some(lu) => Some(match lu.valeur.as_str() {
            ";" => b';',
            "," => b',',
            "\t" | "tab" => b'\t',
            _ => return Err(table.erreur_de(&lu, "separateur : attendu \";\", \",\" ou \"tab\"")),
        }),
    };
    let feuille = table.texte("feuille")?.map(|lu| lu.valeur);
    let avant = table.rang("ligne_entete")?.unwrap_or(1) - 1;
    Ok(Fichiers { noms, entetes, forme: Forme { encodage, separateur, avant, feuille } })
}

/// The columns that a kind may have, with what they hold.
fn admises(genre: Genre) -> Vec<(&'static str, Option<&'static Colonne>)> {
    let communes = COMMUNES.iter().chain(&IDENTITE).filter(|_| genre.nominatif()).map(|nom| (*nom, None));
    communes.chain(genre.colonnes().iter().map(|colonne| (colonne.nom, Some(colonne)))).collect()
}

fn colonnes(racine: &Noeud<'_>, genre: Genre) -> Result<Vec<(&'static str, Origine)>, ErreurSource> {
    let Some(table) = racine.table("colonnes")? else {
        return Err(racine.erreur("il manque la partie [colonnes], qui dit quel en-tête est quelle colonne"));
    };
    let admises = admises(genre);
    table.admet(&admises.iter().map(|(nom, _)| *nom).collect::<Vec<_>>())?;
    let mut out = Vec::new();
    for cle in table.cles() {
        let Some((nom, colonne)) = admises.iter().find(|(nom, _)| *nom == cle.valeur) else { continue };
        out.push((*nom, origine(&table, nom, *colonne)?));
    }
    Ok(out)
}

fn origine(colonnes: &Noeud<'_>, nom: &'static str, colonne: Option<&Colonne>) -> Result<Origine, ErreurSource> {
    let simple = |entetes| Lecture { entetes, entre: " ".to_owned(), facultatif: false, format: None, valeurs: None };
    if colonnes.est_simple(nom) {
        return Ok(Origine::Lue(Box::new(simple(entetes(colonnes, nom)?))));
    }
    let Some(table) = colonnes.table(nom)? else { return Ok(Origine::Lue(Box::new(simple(Vec::new())))) };
    table.admet(&["constante", "entete", "entetes", "entre", "facultatif", "format", "valeurs", "ignorer", "sinon"])?;
    let est_date = matches!(nom, "saisi_le" | "date_naissance") || colonne.is_some_and(|c| c.nature == Nature::Date);
    let notre = |valeur: &Place<String>| verifier_valeur(&table, nom, colonne, valeur);
    if let Some(constante) = table.texte("constante")? {
        table.admet(&["constante"])?;
        notre(&constante)?;
        if est_date && parse_date(&constante.valeur).is_none() {
            return Err(table.erreur_de(&constante, format!("colonnes.{nom}.constante : attendu une date, AAAA-MM-JJ")));
        }
        return Ok(Origine::Constante(constante.valeur));
    }
    let mut lus = entetes(&table, "entete")?;
    lus.extend(entetes(&table, "entetes")?);
    if lus.is_empty() {
        return Err(table.erreur(format!("colonnes.{nom} : attendu « entete », « entetes » ou « constante »")));
    }
    let format = match table.texte("format")? {
        None => None,
        Some(lu) if !est_date => {
            return Err(table.erreur_de(&lu, format!("colonnes.{nom} n'est pas une date : « format » y est de trop")));
        }
        Some(lu) => Some(FormatDate::new(&lu.valeur).ok_or_else(|| {
            let attendu = "attendu JJ, MM et AAAA (l'année sur quatre chiffres), comme JJ.MM.AAAA ou AAAAMMJJ";
            table.erreur_de(&lu, format!("format « {} » inconnu, {attendu}", lu.valeur))
        })?),
    };
    let valeurs = valeurs(&table, nom, &notre)?;
    if format.is_some() && valeurs.is_some() {
        return Err(table.erreur(format!("colonnes.{nom} : « format » ou « valeurs », mais pas les deux")));
    }
    Ok(Origine::Lue(Box::new(Lecture {
        entetes: lus,
        entre: table.texte("entre")?.map_or_else(|| " ".to_owned(), |lu| lu.valeur),
        facultatif: table.booleen("facultatif")?.unwrap_or_default(),
        format,
        valeurs,
    })))
}

/// A value that a closed list does not have would set every line aside: better said at once.
fn verifier_valeur(
    table: &Noeud<'_>,
    nom: &str,
    colonne: Option<&Colonne>,
    valeur: &Place<String>,
) -> Result<(), ErreurSource> {
    match colonne.map(|colonne| colonne.nature) {
        Some(Nature::Code(codes)) if !valeur.valeur.is_empty() && !codes.contains(&valeur.valeur.as_str()) => {
            Err(table.erreur_de(
                valeur,
                format!(
                    "colonnes.{nom} : « {} » n'est pas une valeur de jalon, attendu l'un de : {}",
                    valeur.valeur,
                    codes.join(", ")
                ),
            ))
        }
        _ => Ok(()),
    }
}

fn valeurs(
    table: &Noeud<'_>,
    nom: &str,
    notre: &dyn Fn(&Place<String>) -> Result<(), ErreurSource>,
) -> Result<Option<Valeurs>, ErreurSource> {
    let mut traduites: Vec<(String, String, String)> = Vec::new();
    let connues = table.table("valeurs")?;
    for cle in connues.iter().flat_map(Noeud::cles) {
        let Some(valeur) = connues.as_ref().map(|c| c.texte(&cle.valeur)).transpose()?.flatten() else { continue };
        notre(&valeur)?;
        let pliee = pliee(&cle.valeur).into_owned();
        if traduites.iter().any(|(autre, ..)| *autre == pliee) {
            return Err(table.erreur_de(&cle, format!("colonnes.{nom} : « {} » est traduit deux fois", cle.valeur)));
        }
        traduites.push((pliee, cle.valeur, valeur.valeur));
    }
    let sinon_ignorer = table.brut_booleen("ignorer");
    let ignorees = if sinon_ignorer.is_some() { Vec::new() } else { table.textes("ignorer")? };
    let sinon = match (table.texte("sinon")?, sinon_ignorer) {
        (Some(valeur), Some(true)) => {
            return Err(table
                .erreur_de(&valeur, format!("colonnes.{nom} : « sinon » ou « ignorer = true », mais pas les deux")));
        }
        (Some(valeur), _) => {
            notre(&valeur)?;
            Sinon::Valeur(valeur.valeur)
        }
        (None, Some(true)) => Sinon::Ignorer,
        (None, _) => Sinon::Rejeter,
    };
    let ignorees: Vec<String> = ignorees.iter().map(|lu| pliee(&lu.valeur).into_owned()).collect();
    if connues.is_none() {
        let seul = !ignorees.is_empty() || !matches!(sinon, Sinon::Rejeter);
        return if seul {
            Err(table.erreur(format!("colonnes.{nom} : « ignorer » et « sinon » vont avec « valeurs »")))
        } else {
            Ok(None)
        };
    }
    Ok(Some(Valeurs { table: traduites, ignorees, sinon }))
}

fn filtre(table: &Noeud<'_>) -> Result<Filtre, ErreurSource> {
    table.admet(&["entete", "egal", "parmi", "sauf", "rempli"])?;
    let texte = table.texte_obligatoire("entete")?;
    let entete = entete(table, &texte)?;
    let pliees = |cle: &str| -> Result<Option<Vec<String>>, ErreurSource> {
        let lus = table.textes(cle)?;
        Ok((!lus.is_empty()).then(|| lus.iter().map(|lu| pliee(&lu.valeur).into_owned()).collect()))
    };
    let tests = [
        pliees("egal")?.map(Test::Parmi),
        pliees("parmi")?.map(Test::Parmi),
        pliees("sauf")?.map(Test::Sauf),
        table.booleen("rempli")?.map(|rempli| if rempli { Test::Rempli } else { Test::Vide }),
    ];
    let mut tests = tests.into_iter().flatten();
    match (tests.next(), tests.next()) {
        (Some(test), None) => Ok(Filtre { entete, test }),
        _ => Err(table.erreur(format!(
            "filtre sur « {} » : attendu une et une seule des clés egal, parmi, sauf, rempli",
            texte.valeur
        ))),
    }
}

fn identifiant(table: &Noeud<'_>, nom: &str) -> Result<Identifiant, ErreurSource> {
    table.admet(&["prefixe", "entetes"])?;
    let entetes = entetes(table, "entetes")?;
    if entetes.is_empty() {
        return Err(table.erreur("[identifiant] : attendu « entetes », les colonnes qui font l'identifiant"));
    }
    let prefixe = table.texte("prefixe")?.map_or_else(|| format!("{nom}-"), |lu| lu.valeur);
    Ok(Identifiant { prefixe, entetes })
}

#[cfg(test)]
mod tests {
    use super::*;

    const JUSTE: &str = r#"nom = "essai"
genre = "orientations"

[fichiers]
noms = ["essai*.csv"]

[colonnes]
id_evenement = "N°"
nir = "NIR"
date_notification = "Date"
organisme = { entete = "Vers", valeurs = { "Pôle emploi" = "PE", "Conseil départemental" = "CD" } }
"#;

    fn erreur(avant: &str, apres: &str) -> String {
        assert!(JUSTE.contains(avant), "{avant}");
        Description::lire("essai.toml", &JUSTE.replacen(avant, apres, 1)).unwrap_err().0
    }

    #[test]
    fn a_description_is_read() {
        let lue = Description::lire("essai.toml", JUSTE).unwrap();
        assert_eq!((lue.nom.as_str(), lue.genre), ("essai", Genre::Orientations));
        assert_eq!(
            lue.entetes().map(|entete| entete.norme.as_str()).collect::<Vec<_>>(),
            ["n\u{b0}", "nir", "date", "vers"]
        );
    }

    /// A key misspelt would be a column silently lost.
    #[test]
    fn an_unknown_key_is_told_with_its_line_and_the_known_ones() {
        assert_eq!(
            erreur("noms = [", "nom = ["),
            "essai.toml, ligne 5 : clé « fichiers.nom » inconnue, attendu l'une de : noms, entetes, encodage, separateur, \
             feuille, ligne_entete"
        );
        assert!(
            erreur("date_notification", "date_notif").starts_with("essai.toml, ligne 10 : clé « colonnes.date_notif »")
        );
        assert!(
            erreur("valeurs = {", "valeur = {").starts_with("essai.toml, ligne 11 : clé « colonnes.organisme.valeur »")
        );
        assert!(
            erreur("genre = \"orientations\"", "genre = \"orientation\"").contains("ligne 2 : genre « orientation »")
        );
    }

    #[test]
    fn what_would_set_every_line_aside_is_refused_when_the_description_is_read() {
        for (avant, apres, mot) in [
            ("\"PE\"", "\"Pole\"", "ligne 11 : colonnes.organisme : « Pole » n'est pas une valeur de jalon"),
            ("date_notification = \"Date\"\n", "", "il manque la colonne date_notification"),
            ("id_evenement = \"N°\"\n", "", "il manque id_evenement dans [colonnes], ou une partie [identifiant]"),
            ("nir = \"NIR\"\n", "matricule = \"M\"\n", "de quoi reconnaître la personne"),
            ("noms = [\"essai*.csv\"]\n", "", "attendu « noms »"),
            ("\"Date\"", "{ entete = \"Date\", format = \"JJ/MM/AA\" }", "ligne 10 : format « JJ/MM/AA » inconnu"),
            ("\"Date\"", "{ constante = \"hier\" }", "attendu une date"),
            ("id_evenement = \"N°\"", "id_evenement = \"NIR\"", "le NIR ne peut pas en faire partie"),
            ("\"Conseil départemental\"", "\"POLE EMPLOI\"", "est traduit deux fois"),
            ("noms = [\"essai*.csv\"]", "noms = 3", "ligne 5 : fichiers.noms : attendu un texte"),
            ("[colonnes]", "[colonnes", "ce n'est pas du TOML lisible"),
        ] {
            let erreur = erreur(avant, apres);
            assert!(erreur.contains(mot), "{erreur}");
        }
    }

    #[test]
    fn values_are_compared_without_case_or_accents() {
        let lue = JUSTE.replace("valeurs =", "ignorer = [\"Hors champ\"], valeurs =");
        let lire = |texte: &str| match Description::lire("x", texte).unwrap().origine("organisme") {
            Some(Origine::Lue(lecture)) => lecture.valeurs.clone().unwrap(),
            _ => panic!("organisme"),
        };
        let valeurs = lire(&lue);
        assert_eq!(valeurs.traduire("pole  EMPLOI"), Devient::Valeur("PE"));
        assert_eq!(valeurs.traduire("HORS-CHAMP"), Devient::Ignoree);
        assert_eq!(valeurs.traduire("Ailleurs"), Devient::Inconnue);
        assert_eq!(valeurs.traduire(""), Devient::Valeur(""));
        assert_eq!(
            lire(&JUSTE.replace("valeurs =", "sinon = \"AUTRE\", valeurs =")).traduire("Ailleurs"),
            Devient::Valeur("AUTRE")
        );
        assert_eq!(
            lire(&JUSTE.replace("valeurs =", "ignorer = true, valeurs =")).traduire("Ailleurs"),
            Devient::Ignoree
        );
    }

    #[test]
    fn a_date_is_read_in_its_format_and_in_no_other() {
        for (format, texte) in [
            ("JJ.MM.AAAA", "04.03.2021"),
            ("AAAAMMJJ", "20210304"),
            ("MM/JJ/AAAA", "03/04/2021"),
            ("JJ-MM-AAAA", "04-03-2021 10:15"),
        ] {
            assert_eq!(FormatDate::new(format).unwrap().lire(texte), "2021-03-04".parse().ok(), "{format}");
        }
        let americain = FormatDate::new("MM/JJ/AAAA").unwrap();
        for texte in ["31/12/2021", "2021-03-04", "03/04/2021x", "3/4/2021", "", "é3/04/2021"] {
            assert_eq!(americain.lire(texte), None, "{texte}");
        }
        for format in ["JJ/MM/AA", "JJ/MM", "AAAA-MM-JJ-JJ", "JJMMMAAAA"] {
            assert_eq!(FormatDate::new(format), None, "{format}");
        }
    }

    #[test]
    fn a_filter_has_one_test() {
        let avec = |test: &str| Description::lire("x", &format!("{JUSTE}\n[[filtres]]\nentete = \"Décision\"\n{test}"));
        let retient = |test: &str, valeur: &str| avec(test).unwrap().filtres[0].retient(valeur);
        assert!(retient("egal = \"Orienté\"", "ORIENTE") && !retient("egal = \"Orienté\"", ""));
        assert!(retient("parmi = [\"V\", \"E\"]", "e") && !retient("parmi = [\"V\", \"E\"]", "R"));
        assert!(!retient("sauf = [\"V\"]", "v") && retient("sauf = [\"V\"]", ""));
        assert!(retient("rempli = true", "x") && !retient("rempli = true", " "));
        assert!(retient("rempli = false", "") && !retient("rempli = false", "x"));
        assert!(avec("").unwrap_err().0.contains("ligne 13 : filtre sur « Décision » : attendu une et une seule"));
        assert!(avec("egal = \"V\"\nrempli = true").is_err());
    }
}
