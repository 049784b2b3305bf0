//! Spreadsheet files: their separator, their encoding, their columns, what those columns say that
//! the file is, and its records with the line on which each begins. What the values mean is decided
//! elsewhere.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, Read};

use csv::ByteRecord;
use encoding_rs::Encoding;

use super::source::{self, Flot};
use super::xlsx::Classeur;
use crate::identite::folded;
use crate::releves::foyers::parse_date;
use crate::releves::genres::{COMMUNES, Genre, IDENTITE};
use crate::releves::{Marque, Refus, Texte, VALEUR_MAX};

/// The separators looked for, the most usual first: it wins when a header has one column only.
const SEPARATEURS: [u8; 3] = [b';', b',', b'\t'];

/// Bytes that one record may take. A record this long is a quote left open, and reading on would
/// take the whole file into memory.
const RECORD_MAX: usize = 1 << 20;

/// Columns of the CSV form of the flux (the tags of the XML form), and whether the header must have
/// them. TYPEDTNAI belongs to the XML form; it is read when an export kept it, since a birth day
/// that nobody knows is understood by it alone.
const COLONNES_FLUX: [(&str, bool); 27] = [
    ("TYPEFLUX", true),
    ("DTREF", true),
    ("DTCREAFLUX", true),
    ("HEUCREAFLUX", false),
    ("FONORG", true),
    ("NUMORG", true),
    ("MATRICULE", false),
    ("NUMDEMRSA", true),
    ("DTDEMRSA", false),
    ("NIR", false),
    ("NOM", true),
    ("NOMNAI", false),
    ("PRENOM", true),
    ("DTNAI", true),
    ("TYPEDTNAI", false),
    ("ROLEPERS", false),
    ("ETATDOSRSA", true),
    ("TOPPERSDRODEVORSA", true),
    ("TOPPERSENTDRODEVORSA", false),
    ("MOTISUSDRORSA", false),
    ("DDSUSDRORSA", false),
    ("MOTISUSVERSRSA", false),
    ("DDSUSVERSRSA", false),
    ("MOTICLORSA", false),
    ("DTCLORSA", false),
    ("NUMCOM", false),
    ("CODEPOS", false),
];

/// What the columns of a file say that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// The CSV form of the flux.
    Flux,
    /// A file of events.
    Evenements(Genre),
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flux => "flux des bénéficiaires",
            Self::Evenements(genre) => genre.nom(),
        })
    }
}

impl Signature {
    fn toutes() -> impl Iterator<Item = Self> {
        Genre::TOUS.into_iter().map(Self::Evenements).chain([Self::Flux])
    }

    /// The columns that the header must have; several names joined by « ou » are alternatives.
    fn obligatoires(self) -> Vec<Vec<&'static str>> {
        match self {
            Self::Flux => COLONNES_FLUX.iter().filter(|(_, must)| *must).map(|(nom, _)| vec![*nom]).collect(),
            Self::Evenements(genre) => {
                let id = genre.nominatif().then(|| vec![COMMUNES[0]]);
                let siennes = genre.colonnes().iter().filter(|colonne| colonne.obligatoire).map(|c| vec![c.nom]);
                let date = (genre == Genre::Accompagnements).then(|| genre.date_propre().to_vec());
                id.into_iter().chain(siennes).chain(date).collect()
            }
        }
    }

    /// Every column of the kind.
    #[must_use]
    pub fn colonnes(self) -> Vec<&'static str> {
        match self {
            Self::Flux => COLONNES_FLUX.iter().map(|(nom, _)| *nom).collect(),
            Self::Evenements(genre) => {
                let communes = COMMUNES.iter().chain(&IDENTITE).filter(|_| genre.nominatif()).copied();
                communes.chain(genre.colonnes().iter().map(|colonne| colonne.nom)).collect()
            }
        }
    }

    /// Whether a normalised heading is one of the columns of this kind.
    fn connait(self, entete: &str) -> bool {
        if Marque::COLONNE.eq_ignore_ascii_case(entete) {
            return true;
        }
        match self {
            Self::Flux => COLONNES_FLUX.iter().any(|(nom, _)| nom.eq_ignore_ascii_case(entete)),
            Self::Evenements(genre) => {
                genre.colonnes().iter().any(|colonne| colonne.nom == entete)
                    || genre.nominatif() && (COMMUNES.contains(&entete) || IDENTITE.contains(&entete))
            }
        }
    }

    fn attendu(self) -> String {
        let noms: Vec<String> = self.obligatoires().iter().map(|noms| noms.join(" ou ")).collect();
        format!("{self} : {}", noms.join(", "))
    }
}

/// What is known beforehand of how a table is written; the rest is found in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forme {
    /// Its encoding.
    pub encodage: Option<&'static Encoding>,
    /// Its separator.
    pub separateur: Option<u8>,
    /// Lines that come before the header.
    pub avant: usize,
    /// Its sheet, when it is in a workbook.
    pub feuille: Option<String>,
}

/// How a spreadsheet file is written, told from its head.
#[derive(Clone, Debug)]
pub struct Tableur {
    separateur: u8,
    encodage: &'static Encoding,
    /// Lines that come before the header.
    avant: usize,
    /// Sheet of the workbook.
    feuille: Option<String>,
    /// Headings as they are written, without the empty ones that end the header.
    bruts: Vec<String>,
    /// Normalised headings.
    entetes: Vec<String>,
    /// The headings as a message may show them.
    montres: Vec<String>,
}

impl Tableur {
    /// Reads the header in the first bytes of a file. The separator is the one that makes the most
    /// known headings; the encoding is UTF-8 when the whole content is (`utf8`), else Windows-1252.
    #[must_use]
    pub fn new(tete: &[u8], utf8: bool) -> Self {
        Self::selon(tete, utf8, &Forme::default())
    }

    /// The same, when some of it is known beforehand.
    #[must_use]
    pub fn selon(tete: &[u8], utf8: bool, forme: &Forme) -> Self {
        let trouve = if utf8 { encoding_rs::UTF_8 } else { encoding_rs::WINDOWS_1252 };
        let encodage = forme.encodage.unwrap_or(trouve);
        let mut retenu: Option<((usize, usize), Self)> = None;
        for separateur in SEPARATEURS.into_iter().filter(|s| forme.separateur.is_none_or(|impose| impose == *s)) {
            let lu = Self::lire(tete, separateur, encodage, forme);
            let score = (lu.connues(), lu.entetes.len());
            if retenu.as_ref().is_none_or(|(meilleur, _)| score > *meilleur) {
                retenu = Some((score, lu));
            }
        }
        retenu.map_or_else(
            || Self {
                separateur: b';',
                encodage,
                avant: forme.avant,
                feuille: forme.feuille.clone(),
                bruts: Vec::new(),
                entetes: Vec::new(),
                montres: Vec::new(),
            },
            |(_, tableur)| tableur,
        )
    }

    fn lire(tete: &[u8], separateur: u8, encodage: &'static Encoding, forme: &Forme) -> Self {
        let mut record = ByteRecord::new();
        // A head in memory gives no error but a header without end: no column is known in it.
        let lu = lecteur(tete, separateur, forme.avant).read_byte_record(&mut record);
        let mut bruts: Vec<String> = match lu {
            Ok(true) => record.iter().map(|champ| decode(encodage, champ).into_owned()).collect(),
            _ => Vec::new(),
        };
        while bruts.last().is_some_and(|brut| brut.is_empty() || brut == FIN) {
            bruts.pop();
        }
        let entetes: Vec<String> = bruts.iter().map(|brut| normaliser(brut)).collect();
        // A file without header begins with a person: her values must not end in a message.
        let donnees = bruts.iter().any(|brut| ressemble_a_une_donnee(brut));
        let montres = bruts
            .iter()
            .zip(&entetes)
            .map(|(brut, entete)| {
                if donnees && !Signature::toutes().any(|signature| signature.connait(entete)) {
                    format!("({} caractères)", brut.chars().count())
                } else {
                    coupe(brut)
                }
            })
            .collect();
        Self { separateur, encodage, avant: forme.avant, feuille: forme.feuille.clone(), bruts, entetes, montres }
    }

    /// How many headings belong to a kind or another.
    #[must_use]
    pub fn connues(&self) -> usize {
        self.entetes.iter().filter(|entete| Signature::toutes().any(|signature| signature.connait(entete))).count()
    }

    /// The separator.
    #[must_use]
    pub fn separateur(&self) -> u8 {
        self.separateur
    }

    /// The encoding.
    #[must_use]
    pub fn encodage(&self) -> &'static Encoding {
        self.encodage
    }

    /// The headings, as they are written.
    #[must_use]
    pub fn entetes_ecrites(&self) -> &[String] {
        &self.bruts
    }

    /// The sheet that is read, in a workbook.
    #[must_use]
    pub fn feuille(&self) -> Option<&str> {
        self.feuille.as_deref()
    }

    /// The headings as a message may show them.
    #[must_use]
    pub fn montres(&self) -> &[String] {
        &self.montres
    }

    /// The headings: lower case, no accents, `_` between words.
    #[must_use]
    pub fn entetes(&self) -> &[String] {
        &self.entetes
    }

    /// The place of a column, whatever the case of `nom`.
    #[must_use]
    pub fn colonne(&self, nom: &str) -> Option<usize> {
        self.entetes.iter().position(|entete| entete.eq_ignore_ascii_case(nom))
    }

    /// The columns that a kind reads, with their place.
    #[must_use]
    pub fn colonnes_lues(&self, signature: Signature) -> Vec<(usize, &str)> {
        let noms = self.entetes.iter().map(String::as_str);
        noms.enumerate().filter(|(_, entete)| signature.connait(entete)).collect()
    }

    /// What the columns say that the file is.
    ///
    /// # Errors
    /// A [`Refus`] when they fit no kind, two kinds, or when a known column is there twice.
    pub fn signature(&self) -> Result<Signature, Refus> {
        let manque = |signature: Signature| -> Vec<Vec<&'static str>> {
            let mut noms = signature.obligatoires();
            noms.retain(|noms| !noms.iter().any(|nom| self.colonne(nom).is_some()));
            noms
        };
        let convient: Vec<Signature> = Signature::toutes().filter(|signature| manque(*signature).is_empty()).collect();
        match convient.as_slice() {
            [signature] => self.sans_doublon(*signature).map(|()| *signature),
            [] => {
                let proche = Signature::toutes()
                    .max_by_key(|signature| {
                        let manquent = manque(*signature).len();
                        let presentes = signature.obligatoires().len() - manquent;
                        let connues = self.entetes.iter().filter(|entete| signature.connait(entete)).count();
                        (presentes, connues, std::cmp::Reverse(manquent))
                    })
                    .unwrap_or(Signature::Flux);
                let manquent: Vec<String> = manque(proche).iter().map(|noms| noms.join(" ou ")).collect();
                let pluriel =
                    if manquent.len() > 1 { "colonnes obligatoires absentes" } else { "colonne obligatoire absente" };
                Err(Refus::whole(format!(
                    "{pluriel} : {}. Colonnes trouvées : {}. Le genre le plus proche attend {}. \
                     Complétez la première ligne du fichier et déposez-le de nouveau",
                    manquent.join(", "),
                    self.trouvees(),
                    proche.attendu()
                )))
            }
            plusieurs => {
                let noms: Vec<String> = plusieurs.iter().map(ToString::to_string).collect();
                Err(Refus::whole(format!(
                    "les colonnes conviennent à plusieurs genres : {}. Colonnes trouvées : {}. \
                     Déposez un fichier par genre, avec ses seules colonnes",
                    noms.join(", "),
                    self.trouvees()
                )))
            }
        }
    }

    fn sans_doublon(&self, signature: Signature) -> Result<(), Refus> {
        let double = self.entetes.iter().enumerate().find(|(i, entete)| {
            signature.connait(entete) && self.entetes.iter().take(*i).any(|autre| autre == *entete)
        });
        match double {
            None => Ok(()),
            Some((_, entete)) => Err(Refus::whole(format!(
                "la colonne {entete} est présente deux fois : rien ne dit laquelle lire. Gardez-en une et déposez le fichier de nouveau"
            ))),
        }
    }

    /// The refusal of a table in which no heading is known.
    #[must_use]
    pub fn sans_entete_connu(&self) -> Refus {
        let attendus: Vec<String> = Signature::toutes().map(Signature::attendu).collect();
        Refus::whole(format!(
            "aucune colonne connue dans la première ligne. Trouvé : {}. Attendu, selon le genre : {}. \
             Vérifiez que la première ligne porte les noms des colonnes",
            self.trouvees(),
            attendus.join(" ; ")
        ))
    }

    /// The word that names the columns that are not read, if any.
    #[must_use]
    pub fn colonnes_ignorees(&self, signature: Signature) -> Option<String> {
        let noms: Vec<&str> = self
            .entetes
            .iter()
            .zip(&self.montres)
            .filter(|(entete, _)| !entete.is_empty() && !signature.connait(entete))
            .map(|(_, montre)| montre.as_str())
            .collect();
        let (s, ignorees) = if noms.len() > 1 { ("s", "ignorées") } else { ("", "ignorée") };
        (!noms.is_empty()).then(|| format!("colonne{s} inconnue{s}, {ignorees} : {}", enumere(&noms)))
    }

    /// The first headings found, in a message.
    #[must_use]
    pub fn trouvees(&self) -> String {
        if self.montres.is_empty() {
            return "aucune".to_owned();
        }
        enumere(&self.montres.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// The first 12 names, and how many others there are.
#[must_use]
pub fn enumere(noms: &[&str]) -> String {
    const MAX: usize = 12;
    let premiers = noms.iter().take(MAX).copied().collect::<Vec<_>>().join(", ");
    match noms.len().saturating_sub(MAX) {
        0 => premiers,
        autres => format!("{premiers} et {autres} autre{}", if autres > 1 { "s" } else { "" }),
    }
}

fn coupe(texte: &str) -> String {
    const MAX: usize = 30;
    let debut: String = texte.chars().take(MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if texte.chars().count() > MAX { format!("{debut}…") } else { debut }
}

/// Headings hold words; a date, an address or a run of digits is a value.
#[must_use]
pub fn ressemble_a_une_donnee(brut: &str) -> bool {
    brut.chars().filter(char::is_ascii_digit).count() >= 5 || brut.contains('@') || parse_date(brut).is_some()
}

/// A heading as it is compared: lower case, no accents, `_` between words.
#[must_use]
pub fn normaliser(entete: &str) -> String {
    folded(entete).to_lowercase().replace(' ', "_")
}

/// Decodes a value and trims it.
fn decode<'a>(encodage: &'static Encoding, octets: &'a [u8]) -> Cow<'a, str> {
    match encodage.decode_without_bom_handling(octets).0 {
        Cow::Borrowed(texte) => Cow::Borrowed(texte.trim()),
        Cow::Owned(texte) => {
            let court = texte.trim();
            Cow::Owned(if court.len() == texte.len() { texte } else { court.to_owned() })
        }
    }
}

/// The record that [`FinsDeLigne`] adds after the last one. No text holds a NUL: a file with one is
/// refused before.
const FIN: &str = "\0";
const FIN_OCTETS: &[u8] = b"\n\0\n";

/// Hands a text over with every end of line as `\n`, then [`FIN`].
///
/// Both serve the line numbers. csv counts `\n` and places a record where the previous one stopped,
/// which with `\r\n` or blank lines is not where it begins; counted back from a `\n` that is always
/// there, the line is exact. And a quote that is never closed swallows [`FIN`], which gives it away.
struct FinsDeLigne<R> {
    source: R,
    apres_cr: bool,
    /// What remains of [`FIN_OCTETS`], once the source is over.
    fin: &'static [u8],
    /// Bytes that the current record may still take.
    reste: usize,
    /// Lines still to be passed over, before the header.
    avant: usize,
}

impl<R: BufRead> FinsDeLigne<R> {
    fn new(source: R, avant: usize) -> Self {
        Self { source, apres_cr: false, fin: FIN_OCTETS, reste: RECORD_MAX, avant }
    }

    /// Passes over the lines that come before the header, whatever they hold.
    fn passer(&mut self) -> io::Result<()> {
        while self.avant > 0 {
            let tampon = self.source.fill_buf()?;
            if std::mem::take(&mut self.apres_cr) && tampon.starts_with(b"\n") {
                self.source.consume(1);
                continue;
            }
            let n = match memchr::memchr2(b'\r', b'\n', tampon) {
                Some(fin) => {
                    self.apres_cr = tampon[fin] == b'\r';
                    self.avant -= 1;
                    fin + 1
                }
                None if tampon.is_empty() => {
                    self.avant = 0;
                    0
                }
                None => tampon.len(),
            };
            self.source.consume(n);
        }
        Ok(())
    }
}

impl<R: BufRead> Read for FinsDeLigne<R> {
    fn read(&mut self, sortie: &mut [u8]) -> io::Result<usize> {
        if self.reste == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "enregistrement sans fin"));
        }
        self.passer()?;
        let mut ecrits = 0;
        while let Some(libre) = sortie.get_mut(ecrits..).filter(|libre| !libre.is_empty()) {
            let tampon = self.source.fill_buf()?;
            if tampon.is_empty() {
                let n = self.fin.len().min(libre.len());
                let (maintenant, ensuite) = self.fin.split_at(n);
                libre[..n].copy_from_slice(maintenant);
                self.fin = ensuite;
                ecrits += n;
                break;
            }
            if std::mem::take(&mut self.apres_cr) && tampon.starts_with(b"\n") {
                self.source.consume(1);
                continue;
            }
            let bloc = &tampon[..tampon.len().min(libre.len())];
            let n = match memchr::memchr(b'\r', bloc) {
                Some(0) => {
                    libre[0] = b'\n';
                    self.apres_cr = true;
                    1
                }
                Some(avant) => {
                    libre[..avant].copy_from_slice(&bloc[..avant]);
                    avant
                }
                None => {
                    libre[..bloc.len()].copy_from_slice(bloc);
                    bloc.len()
                }
            };
            self.source.consume(n);
            ecrits += n;
        }
        self.reste = self.reste.saturating_sub(ecrits);
        Ok(ecrits)
    }
}

fn lecteur<R: BufRead>(source: R, separateur: u8, avant: usize) -> csv::Reader<FinsDeLigne<R>> {
    csv::ReaderBuilder::new()
        .delimiter(separateur)
        .has_headers(false)
        .flexible(true)
        .terminator(csv::Terminator::Any(b'\n'))
        .buffer_capacity(64 << 10)
        .from_reader(FinsDeLigne::new(source, avant))
}

/// The records of a file, one at a time, the header and the empty lines passed over.
pub struct Enregistrements {
    lecteur: csv::Reader<FinsDeLigne<Flot>>,
    encodage: &'static Encoding,
    colonnes: usize,
    /// Lines passed over before the header: they are lines of the file all the same.
    avant: u64,
    feuille: bool,
    record: ByteRecord,
}

/// One record.
#[derive(Clone, Copy)]
pub struct Ligne<'a> {
    record: &'a ByteRecord,
    encodage: &'static Encoding,
    colonnes: usize,
    feuille: bool,
    /// The line of the file on which it begins.
    pub numero: u64,
    /// The line on which it ends: another one when a quoted value holds an end of line.
    pub derniere: u64,
}

/// The number of fields of a record beside that of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Largeur {
    /// As many, or more but only empty ones.
    Juste,
    /// Fewer.
    Courte,
    /// More, and some hold something.
    Longue,
}

impl Ligne<'_> {
    /// A value, decoded and trimmed; empty when the column or the field is missing.
    #[must_use]
    pub fn champ(&self, colonne: Option<usize>) -> Cow<'_, str> {
        colonne.and_then(|i| self.record.get(i)).map_or(Cow::Borrowed(""), |octets| decode(self.encodage, octets))
    }

    /// Its values, as they are written; a row of a sheet has the empty cells that end it.
    #[must_use]
    pub fn ecrits(&self) -> Vec<Cow<'_, str>> {
        let ecrits = self.record.iter().map(|octets| self.encodage.decode_without_bom_handling(octets).0);
        let manquent = if self.feuille { self.colonnes.saturating_sub(self.record.len()) } else { 0 };
        ecrits.chain(std::iter::repeat_n(Cow::Borrowed(""), manquent)).collect()
    }

    /// The line as it is written, to make an extract of it.
    #[must_use]
    pub fn texte<'a>(&'a self, tableur: &'a Tableur) -> Texte<'a> {
        let (entetes, separateur) = (tableur.entetes_ecrites(), tableur.separateur());
        Texte::Csv { entetes, separateur, champs: self.ecrits() }
    }

    /// The mark of an extract that it bears, if the file has a column for it: `Some(None)` when there
    /// is none, or when it cannot be read.
    #[must_use]
    pub fn marque(&self, colonne: Option<usize>) -> Option<Option<Marque>> {
        colonne.map(|colonne| Marque::lire(&self.champ(Some(colonne))))
    }

    /// How many fields it has.
    #[must_use]
    pub fn champs(&self) -> usize {
        self.record.len()
    }

    /// How many characters a value has when it is longer than any value could be.
    #[must_use]
    pub fn trop_long(&self, colonne: usize) -> Option<usize> {
        let octets = self.record.get(colonne)?;
        if octets.len() <= VALEUR_MAX {
            return None;
        }
        Some(decode(self.encodage, octets).chars().count()).filter(|n| *n > VALEUR_MAX)
    }

    /// Whether it has the fields of the header.
    #[must_use]
    pub fn largeur(&self) -> Largeur {
        // A row of a sheet ends with its last cell: nothing of it is lost.
        if self.record.len() < self.colonnes && !self.feuille {
            Largeur::Courte
        } else if self.record.iter().skip(self.colonnes).all(vide) {
            Largeur::Juste
        } else {
            Largeur::Longue
        }
    }

    /// What was expected of a record that has not the fields of the header, in French.
    #[must_use]
    pub fn attendu(&self) -> String {
        let etendue = if self.derniere > self.numero {
            format!(
                "un guillemet ouvert ligne {} fait lire d'un bloc jusqu'à la ligne {}, fermez-le",
                self.numero, self.derniere
            )
        } else {
            "vérifiez le séparateur et les guillemets de cette ligne".to_owned()
        };
        format!("attendu {} colonnes comme l'en-tête, {etendue}", self.colonnes)
    }
}

fn vide(octets: &[u8]) -> bool {
    octets.iter().all(u8::is_ascii_whitespace)
}

impl Enregistrements {
    /// Starts a content and passes over its header.
    ///
    /// # Errors
    /// The content cannot be read, or has not the sheet.
    pub fn new(contenu: Flot, tableur: &Tableur) -> Result<Self, Refus> {
        let contenu = match &tableur.feuille {
            Some(feuille) => Box::new(io::Cursor::new(Classeur::lire(contenu)?.texte(feuille, None)?)),
            None => contenu,
        };
        let mut lus = Self {
            lecteur: lecteur(contenu, tableur.separateur, tableur.avant),
            encodage: tableur.encodage,
            colonnes: tableur.entetes.len(),
            avant: tableur.avant as u64,
            feuille: tableur.feuille.is_some(),
            record: ByteRecord::new(),
        };
        lus.suivant()?;
        Ok(lus)
    }

    /// The next record that holds something.
    ///
    /// # Errors
    /// The file cannot be read, or a quote opened in it is never closed.
    pub fn suivant(&mut self) -> Result<Option<Ligne<'_>>, Refus> {
        loop {
            let reprise = self.lecteur.position().line().saturating_add(self.avant);
            self.lecteur.get_mut().reste = RECORD_MAX;
            match self.lecteur.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(_) if self.lecteur.get_ref().reste == 0 => {
                    return Err(Refus::at(
                        reprise,
                        "enregistrement de plus de 1 Mio : un guillemet ouvert à partir d'ici n'est sans doute pas refermé. \
                         Corrigez le fichier et déposez-le de nouveau",
                    ));
                }
                Err(erreur) => return Err(refus(erreur)),
            }
            if self.record.len() == 1 && self.record.get(0) == Some(FIN.as_bytes()) {
                return Ok(None);
            }
            let lignes = memchr::memchr_iter(b'\n', self.record.as_slice()).count() as u64;
            let derniere = self.lecteur.position().line().saturating_sub(1).saturating_add(self.avant);
            let numero = derniere.saturating_sub(lignes);
            if self.record.as_slice().ends_with(FIN_OCTETS) {
                return Err(Refus::at(
                    numero.saturating_add(1),
                    "un guillemet ouvert dans cet enregistrement n'est jamais refermé : la suite du fichier ne peut pas être lue. \
                     Corrigez le fichier et déposez-le de nouveau",
                ));
            }
            if !self.record.iter().all(vide) {
                let Self { record, encodage, colonnes, feuille, .. } = self;
                return Ok(Some(Ligne { record, encodage, colonnes: *colonnes, feuille: *feuille, numero, derniere }));
            }
        }
    }
}

fn refus(erreur: csv::Error) -> Refus {
    match erreur.into_kind() {
        csv::ErrorKind::Io(erreur) => source::refus(erreur),
        autre => Refus::whole(format!("fichier CSV illisible ({autre:?}). Enregistrez-le de nouveau en CSV UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIENTATIONS: &str = "id_evenement;nir;date_notification;organisme";

    fn tableur(tete: &str) -> Tableur {
        Tableur::new(tete.as_bytes(), true)
    }

    fn refus(tete: &str) -> String {
        tableur(tete).signature().unwrap_err().to_string()
    }

    /// The first value of each record with its lines, or the refusal.
    fn lignes(contenu: &[u8]) -> Result<Vec<(u64, u64, String)>, String> {
        let tableur = Tableur::new(contenu, std::str::from_utf8(contenu).is_ok());
        let contenu = Box::new(io::Cursor::new(contenu.to_vec()));
        let mut lus = Enregistrements::new(contenu, &tableur).map_err(|refus| refus.to_string())?;
        let mut lignes = Vec::new();
        while let Some(ligne) = lus.suivant().map_err(|refus| refus.to_string())? {
            lignes.push((ligne.numero, ligne.derniere, ligne.champ(Some(0)).into_owned()));
        }
        Ok(lignes)
    }

    #[test]
    fn the_separator_is_the_one_that_makes_the_most_known_headings() {
        for separateur in [b';', b',', b'\t'] {
            let tete = ORIENTATIONS.replace(';', &char::from(separateur).to_string());
            assert_eq!(tableur(&tete).separateur(), separateur);
        }
        assert_eq!(tableur("a,b,c;nom;prenom").separateur(), b';');
        assert_eq!(tableur("a,b,c;d").separateur(), b',');
        assert_eq!(tableur("nom").separateur(), b';');
    }

    #[test]
    fn headings_are_known_in_any_case_with_or_without_accents_and_spaces() {
        let lu = tableur("\u{feff}ID_Evenement; Prénom ;DATE NAISSANCE;\"Type-Rdv\";;");
        assert_eq!(lu.entetes(), ["id_evenement", "prenom", "date_naissance", "type_rdv"]);
        let windows = Tableur::new(b"pr\xe9nom;nom", false);
        assert_eq!(windows.entetes(), ["prenom", "nom"]);
    }

    #[test]
    fn lines_before_the_header_are_passed_over_and_still_counted() {
        for fin in ["\n", "\r\n", "\r"] {
            let contenu = ["Export \"du mois", "", "id_evenement;nir", "O1;1", "O2;2", ""].join(fin);
            let forme = Forme { avant: 2, ..Forme::default() };
            let tableur = Tableur::selon(contenu.as_bytes(), true, &forme);
            assert_eq!(tableur.entetes(), ["id_evenement", "nir"], "{fin:?}");
            let mut lus = Enregistrements::new(Box::new(io::Cursor::new(contenu.into_bytes())), &tableur).unwrap();
            let ligne = lus.suivant().unwrap().unwrap();
            assert_eq!((ligne.numero, &*ligne.champ(Some(0))), (4, "O1"), "{fin:?}");
        }
        let vide = Tableur::selon(b"nir", true, &Forme { avant: 5, ..Forme::default() });
        assert_eq!(vide.entetes(), [""; 0]);
    }

    #[test]
    fn the_columns_say_the_kind() {
        for genre in Genre::TOUS {
            let signature = Signature::Evenements(genre);
            let noms: Vec<&str> = signature.obligatoires().iter().map(|noms| noms[0]).collect();
            assert_eq!(tableur(&noms.join(";")).signature().unwrap(), signature);
            for absent in 0..noms.len() {
                let mut noms = noms.clone();
                noms.remove(absent);
                assert!(tableur(&noms.join(";")).signature().is_err(), "{genre:?} sans la colonne {absent}");
            }
        }
        let flux: Vec<&str> = COLONNES_FLUX.iter().map(|(nom, _)| *nom).collect();
        assert_eq!(tableur(&flux.join(",")).signature().unwrap(), Signature::Flux);
    }

    #[test]
    fn accompagnements_have_one_of_their_two_dates_at_least() {
        let kind = |date: &str| tableur(&format!("id_evenement;type_accompagnement;{date}")).signature();
        assert!(kind("date_debut").is_ok());
        assert!(kind("date_proposition").is_ok());
        assert!(kind("date_fin").unwrap_err().to_string().contains("date_proposition ou date_debut"));
    }

    #[test]
    fn a_missing_column_is_named_with_the_nearest_kind_and_what_was_found() {
        assert_eq!(
            refus("id_evenement;nir;date_notification;organismes"),
            "colonne obligatoire absente : organisme. Colonnes trouvées : id_evenement, nir, date_notification, organismes. \
             Le genre le plus proche attend orientations : id_evenement, date_notification, organisme. \
             Complétez la première ligne du fichier et déposez-le de nouveau"
        );
    }

    #[test]
    fn columns_that_fit_two_kinds_refuse_the_file() {
        let message = refus("id_evenement;nir;date_notification;organisme;date_fin;motif");
        assert!(message.contains("orientations, fins_suivi"), "{message}");
    }

    #[test]
    fn a_known_column_given_twice_refuses_the_file_and_an_unknown_one_does_not() {
        assert!(refus(&format!("{ORIENTATIONS};Organisme")).contains("la colonne organisme est présente deux fois"));
        assert!(tableur(&format!("{ORIENTATIONS};note;note")).signature().is_ok());
    }

    #[test]
    fn unknown_columns_are_named_once() {
        let lu = tableur(&format!("{ORIENTATIONS};Note;;Matricole"));
        let signature = lu.signature().unwrap();
        assert_eq!(lu.colonnes_ignorees(signature).as_deref(), Some("colonnes inconnues, ignorées : Note, Matricole"));
        assert_eq!(tableur(ORIENTATIONS).colonnes_ignorees(signature), None);
    }

    #[test]
    fn found_headings_are_cut_and_at_most_twelve() {
        let long = "x".repeat(40);
        let message = tableur(&vec![long.as_str(); 14].join(";")).sans_entete_connu().to_string();
        assert!(message.contains(&format!("{}… et 2 autres", "x".repeat(30))), "{message}");
    }

    /// A file without header begins with somebody.
    #[test]
    fn a_first_line_that_holds_values_is_never_shown() {
        let message = tableur("DURAND;1800152121001;2021-03-04").sans_entete_connu().to_string();
        assert!(!message.contains("DURAND") && !message.contains("1800152121001"), "{message}");
        assert!(message.contains("(6 caractères), (13 caractères)"), "{message}");
    }

    #[test]
    fn a_record_has_the_line_on_which_it_begins() {
        let attendu = vec![(2, 2, "a".to_owned()), (4, 5, "b\nc".to_owned()), (7, 7, "d".to_owned())];
        for (debut, fin_de_ligne) in [("", "\n"), ("", "\r\n"), ("\u{feff}", "\r\n"), ("", "\r")] {
            let contenu = format!("{debut}nir;nom\na;1\n\n\"b\nc\";2\n;\nd;3").replace('\n', fin_de_ligne);
            assert_eq!(lignes(contenu.as_bytes()).unwrap(), attendu, "{contenu:?}");
            assert_eq!(lignes(format!("{contenu}{fin_de_ligne}").as_bytes()).unwrap(), attendu, "{contenu:?}");
        }
        assert_eq!(lignes(b"\n\r\nnir;nom\n\n\na;1").unwrap(), [(6, 6, "a".to_owned())]);
        assert_eq!(lignes(b"nir;nom").unwrap(), []);
    }

    /// More than one buffer of the source, of csv and of the adapter: the count goes on.
    #[test]
    fn lines_are_right_far_from_the_beginning() {
        let mut contenu = String::from("nir;nom\r\n");
        for i in 2..60_000 {
            contenu.push_str(&format!("{i};{}\r\n", "x".repeat(i % 17)));
        }
        for (numero, _, valeur) in lignes(contenu.as_bytes()).unwrap() {
            assert_eq!(numero.to_string(), valeur);
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_refuses_the_file_at_its_line() {
        let message = lignes(b"nir;nom\na;1\nb;\"2\nc;3\n").unwrap_err();
        assert!(message.starts_with("ligne 3 : un guillemet ouvert"), "{message}");
        let mut contenu = b"nir;nom\na;1\nb;\"2\n".to_vec();
        contenu.resize(contenu.len() + 2 * RECORD_MAX, b'x');
        let message = lignes(&contenu).unwrap_err();
        assert!(message.starts_with("ligne 3 : enregistrement de plus de 1 Mio"), "{message}");
    }

    #[test]
    fn a_file_of_any_size_is_read_when_each_record_is_small() {
        let mut contenu = b"nir;nom\n".to_vec();
        let ligne = [b"a;", "x".repeat(999).as_bytes(), b"\n"].concat();
        for _ in 0..3 * RECORD_MAX / 1000 {
            contenu.extend_from_slice(&ligne);
        }
        assert_eq!(lignes(&contenu).unwrap().len(), 3 * RECORD_MAX / 1000);
    }

    #[test]
    fn windows_1252_is_read_when_the_content_is_not_utf8() {
        assert_eq!(lignes(b"nom;nir\nLef\xe8vre-d\x92Arc;1\n").unwrap(), [(2, 2, "Lefèvre-d’Arc".to_owned())]);
        assert_eq!(lignes("nom;nir\nNoëlle;1\n".as_bytes()).unwrap(), [(2, 2, "Noëlle".to_owned())]);
    }
}
