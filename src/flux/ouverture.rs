//! What a file is, told from its content: one pass that digests it, then a look at its head. The
//! name decides nothing but what to say of a file that cannot be read.

use std::io::{self, BufRead};

use super::archive::{est_un_document, est_une_archive};
use super::source::{Limites, Source};
use super::tableur::{Signature, Tableur};
use crate::releves::Refus;
use crate::releves::genres::Genre;

const TETE: usize = 64 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What one pass over a file tells, once decompressed.
#[derive(Clone, Debug)]
pub struct Apercu {
    /// Digest of the content: the file is known by it.
    pub digest: blake3::Hash,
    /// Bytes of the content.
    pub taille: u64,
    /// Whether the whole content is UTF-8, with or without a byte order mark.
    pub utf8: bool,
    /// Whether a NUL byte was met: then it is no text.
    pub octet_nul: bool,
    /// The first 64 KiB.
    pub tete: Vec<u8>,
}

impl Apercu {
    /// Its columns, when it may be a table in text.
    #[must_use]
    pub fn tableur(&self) -> Option<Tableur> {
        self.texte().then(|| Tableur::new(&self.tete, self.utf8))
    }

    /// Whether it may be a table in text.
    #[must_use]
    pub fn texte(&self) -> bool {
        let tete = self.tete.strip_prefix(BOM).unwrap_or(&self.tete);
        !self.octet_nul && !tete.trim_ascii_start().starts_with(b"<")
    }
}

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Contenu {
    /// The XML form of the flux.
    FluxXml,
    /// The CSV form of the flux.
    FluxCsv(Tableur),
    /// Events of the department.
    Evenements(Genre, Tableur),
    /// Something else; the text says in French why it is left alone.
    Autre(String),
}

/// Reads a source through once.
///
/// # Errors
/// It cannot be opened or read, its compression is damaged, or it goes beyond the limits.
pub fn examiner(source: &Source, limites: &Limites) -> io::Result<Apercu> {
    examiner_flot(&mut *source.ouvrir(limites)?, limites)
}

fn examiner_flot(flot: &mut dyn BufRead, limites: &Limites) -> io::Result<Apercu> {
    let mut hasher = blake3::Hasher::new();
    let (mut taille, mut octet_nul, mut tete, mut utf8) = (0u64, false, Vec::new(), Utf8::default());
    loop {
        let bloc = match flot.fill_buf() {
            Ok(bloc) => bloc,
            Err(erreur) if erreur.kind() == io::ErrorKind::Interrupted => continue,
            Err(erreur) => return Err(erreur),
        };
        if bloc.is_empty() {
            break;
        }
        hasher.update(bloc);
        utf8.suite(bloc);
        octet_nul = octet_nul || memchr::memchr(0, bloc).is_some();
        let manque = TETE.saturating_sub(tete.len());
        tete.extend_from_slice(&bloc[..bloc.len().min(manque)]);
        let n = bloc.len();
        taille += n as u64;
        flot.consume(n);
        // A file may grow without end, or hold nothing but a hole of any size.
        limites.verifier(taille, taille)?;
    }
    Ok(Apercu { digest: hasher.finalize(), taille, utf8: utf8.valide(), octet_nul, tete })
}

/// The line of the first NUL byte; that of the end when there is none.
///
/// # Errors
/// The source cannot be opened or read.
pub fn ligne_de_l_octet_nul(source: &Source, limites: &Limites) -> io::Result<u64> {
    let mut flot = source.ouvrir(limites)?;
    let mut ligne = 1;
    loop {
        let bloc = flot.fill_buf()?;
        let place = memchr::memchr(0, bloc);
        ligne += memchr::memchr_iter(b'\n', &bloc[..place.unwrap_or(bloc.len())]).count() as u64;
        let n = bloc.len();
        if n == 0 || place.is_some() {
            return Ok(ligne);
        }
        flot.consume(n);
    }
}

/// Validation of UTF-8 block after block: a character may be cut between two of them.
#[derive(Default)]
struct Utf8 {
    invalide: bool,
    /// The bytes of a character that began at the end of the block before.
    reste: Vec<u8>,
}

impl Utf8 {
    fn suite(&mut self, mut bloc: &[u8]) {
        while !self.invalide && !self.reste.is_empty() {
            let Some((premier, suite)) = bloc.split_first() else { return };
            self.reste.push(*premier);
            bloc = suite;
            match std::str::from_utf8(&self.reste) {
                Ok(_) => self.reste.clear(),
                Err(erreur) => self.invalide = erreur.error_len().is_some(),
            }
        }
        if self.invalide {
            return;
        }
        if let Err(erreur) = std::str::from_utf8(bloc) {
            self.invalide = erreur.error_len().is_some();
            self.reste.extend_from_slice(&bloc[erreur.valid_up_to()..]);
        }
    }

    fn valide(&self) -> bool {
        !self.invalide && self.reste.is_empty()
    }
}

/// What a name announces. It helps a message and never decides what a file is.
struct Annonce<'a> {
    extension: &'a str,
    gz: bool,
}

impl<'a> Annonce<'a> {
    fn new(nom: &'a str) -> Self {
        let extension_de = |nom: &'a str| nom.rsplit_once('.').map_or(("", ""), |(base, extension)| (base, extension));
        let (base, derniere) = extension_de(nom);
        if derniere.eq_ignore_ascii_case("gz") {
            Self { extension: extension_de(base).1, gz: true }
        } else {
            Self { extension: derniere, gz: false }
        }
    }

    fn parmi(&self, extensions: &[&str]) -> bool {
        extensions.iter().any(|extension| extension.eq_ignore_ascii_case(self.extension))
    }

    fn tableur(&self) -> bool {
        self.parmi(&["csv", "tsv"])
    }

    fn texte(&self) -> bool {
        self.tableur() || self.parmi(&["txt"])
    }

    /// A flux, or an archive that holds some.
    fn flux(&self) -> bool {
        self.parmi(&["xml", "rcv", "zip"])
    }

    fn bureautique(&self) -> bool {
        self.parmi(&["xlsx", "xlsm", "docx", "pptx", "ods", "odt", "odp"])
    }
}

/// Whether a name is that of an office document.
#[must_use]
pub fn annonce_un_document(nom: &str) -> bool {
    Annonce::new(nom).bureautique()
}

/// Says what a file holds.
///
/// # Errors
/// A [`Refus`] when the file is meant to be read (its name or its headings say so) and cannot be.
pub fn reconnaitre(nom: &str, apercu: &Apercu) -> Result<Contenu, Refus> {
    let annonce = Annonce::new(nom);
    let refuser_ou_ignorer = |refuser: bool, message: &str| {
        if refuser { Err(Refus::whole(message)) } else { Ok(Contenu::Autre(message.to_owned())) }
    };
    let sans_bom = apercu.tete.strip_prefix(BOM).unwrap_or(&apercu.tete);
    let tete = sans_bom.trim_ascii_start();
    let entiere = apercu.taille <= apercu.tete.len() as u64;
    if tete.is_empty() && entiere {
        return refuser_ou_ignorer(
            annonce.texte() || annonce.flux(),
            "fichier vide. Demandez un nouvel envoi, ou retirez-le du dépôt",
        );
    }
    let utf16 = tete.starts_with(b"\xff\xfe") || tete.starts_with(b"\xfe\xff");
    if tete.starts_with(b"<") && !utf16 {
        match racine(tete) {
            Racine::Flux => return Ok(Contenu::FluxXml),
            Racine::Coupee if annonce.flux() || annonce.gz => return Ok(Contenu::FluxXml),
            Racine::Coupee if !apercu.octet_nul => {
                return Ok(Contenu::Autre("ce n'est pas un flux : aucun élément XML n'y est lisible".to_owned()));
            }
            Racine::Autre(element) if !apercu.octet_nul => {
                return Ok(Contenu::Autre(format!(
                    "ce n'est pas un flux : le document XML commence par « {element} », attendu « Racine »"
                )));
            }
            Racine::Coupee | Racine::Autre(_) => {}
        }
    }
    if est_une_archive(tete) {
        if est_un_document(tete) || annonce.bureautique() {
            return refuser_ou_ignorer(
                annonce.tableur() || annonce.flux(),
                "document de bureautique, ou classeur dont aucune feuille n'a de colonnes connues : jalon n'y trouve rien à lire. \
                 S'il devait l'être, enregistrez la feuille en XLSX ou en CSV UTF-8, ou décrivez-la (docs/sources.md)",
            );
        }
        return Err(Refus::whole(
            "archive zip dans une autre archive : jalon n'ouvre que la première. Extrayez-la et déposez les fichiers",
        ));
    }
    if utf16 || apercu.octet_nul {
        return refuser_ou_ignorer(
            annonce.texte() || annonce.flux(),
            "ce n'est pas un fichier texte lisible (texte en UTF-16, ou classeur ?). Enregistrez-le en CSV UTF-8 et déposez-le de nouveau",
        );
    }
    let tableur = Tableur::new(&apercu.tete, apercu.utf8);
    // One word that happens to be a heading does not make a text a table, unless its name says so.
    if tableur.connues() < if annonce.texte() { 1 } else { 2 } {
        if annonce.tableur() {
            return Err(tableur.sans_entete_connu());
        }
        return refuser_ou_ignorer(
            annonce.flux(),
            "ni flux ni événements : le contenu ne commence ni par « < » ni par des colonnes connues. \
             S'il devait être lu, demandez un nouvel envoi à l'émetteur",
        );
    }
    Ok(match tableur.signature()? {
        Signature::Flux => Contenu::FluxCsv(tableur),
        Signature::Evenements(genre) => Contenu::Evenements(genre, tableur),
    })
}

/// The first element of an XML document.
#[derive(Debug, PartialEq, Eq)]
enum Racine {
    Flux,
    Autre(String),
    /// The head holds no element.
    Coupee,
}

fn racine(tete: &[u8]) -> Racine {
    if memchr::memmem::find(tete, b"<IdentificationFlux").is_some() {
        return Racine::Flux;
    }
    let mut reste = tete;
    loop {
        let Some(debut) = memchr::memchr(b'<', reste) else { return Racine::Coupee };
        reste = &reste[debut..];
        let fin: &[u8] = if reste.starts_with(b"<?") {
            b"?>"
        } else if reste.starts_with(b"<!--") {
            b"-->"
        } else if let Some(suite) = reste.strip_prefix(b"<!DOCTYPE") {
            let element = nom_xml(suite.trim_ascii_start());
            if element == "Racine" {
                return Racine::Flux;
            }
            // What an internal subset declares is skipped: the element that follows decides.
            let subset = memchr::memchr2(b'[', b'>', suite).and_then(|i| suite.get(i)) == Some(&b'[');
            if subset { b"]" } else { b">" }
        } else {
            let element = nom_xml(reste.get(1..).unwrap_or_default());
            return match element.rsplit(':').next() {
                Some("Racine") => Racine::Flux,
                // A name that runs to the end may be the beginning of another one.
                _ if reste.len() == 1 + element.len() => Racine::Coupee,
                Some("") | None => Racine::Coupee,
                _ => Racine::Autre(element),
            };
        };
        match memchr::memmem::find(reste, fin) {
            Some(i) => reste = &reste[i + fin.len()..],
            None => return Racine::Coupee,
        }
    }
}

/// The name that begins `octets`, cut at 30 characters; empty when it is no name.
fn nom_xml(octets: &[u8]) -> String {
    octets
        .iter()
        .take(30)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-' | b'.') || !b.is_ascii())
        .map(|b| if b.is_ascii() { char::from(*b) } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn apercu(contenu: &[u8]) -> Apercu {
        examiner_flot(&mut { contenu }, &Limites::default()).unwrap()
    }

    fn lu(nom: &str, contenu: &[u8]) -> String {
        match reconnaitre(nom, &apercu(contenu)) {
            Ok(Contenu::FluxXml) => "flux xml".to_owned(),
            Ok(Contenu::FluxCsv(_)) => "flux csv".to_owned(),
            Ok(Contenu::Evenements(genre, _)) => genre.nom().to_owned(),
            Ok(Contenu::Autre(_)) => "autre".to_owned(),
            Err(_) => "refus".to_owned(),
        }
    }

    fn gzip(contenu: &[u8]) -> Vec<u8> {
        let mut encodeur = GzEncoder::new(Vec::new(), Compression::fast());
        encodeur.write_all(contenu).unwrap();
        encodeur.finish().unwrap()
    }

    fn examiner_fichier(fichier: &tempfile::NamedTempFile) -> io::Result<Apercu> {
        examiner(&Source::fichier(fichier.path()), &Limites::default())
    }

    fn fichier(contenu: &[u8]) -> tempfile::NamedTempFile {
        let mut fichier = tempfile::NamedTempFile::new().unwrap();
        fichier.write_all(contenu).unwrap();
        fichier
    }

    #[test]
    fn the_digest_is_that_of_the_decompressed_content_whatever_the_name() {
        let contenu = b"id_evenement;nir\n".repeat(20_000);
        let (clair, comprime) = (fichier(&contenu), fichier(&gzip(&contenu)));
        let (a, b) = (examiner_fichier(&clair).unwrap(), examiner_fichier(&comprime).unwrap());
        assert_eq!(a.digest, blake3::hash(&contenu));
        assert_eq!((a.digest, a.taille, a.tete.len()), (b.digest, b.taille, b.tete.len()));
        assert_eq!((a.taille, a.tete.len()), (contenu.len() as u64, TETE));
    }

    #[test]
    fn several_gzip_members_are_one_content() {
        let double = fichier(&[gzip(b"id_evene"), gzip(b"ment")].concat());
        assert_eq!(examiner_fichier(&double).unwrap().tete, b"id_evenement");
    }

    #[test]
    fn a_truncated_gzip_says_so() {
        let mut comprime = gzip(&b"id_evenement;nir\n".repeat(1000));
        comprime.truncate(comprime.len() / 2);
        let erreur = examiner_fichier(&fichier(&comprime)).unwrap_err();
        assert!(erreur.to_string().starts_with("archive gzip illisible ou tronquée"), "{erreur}");
    }

    #[test]
    fn a_character_cut_between_two_blocks_is_still_utf8() {
        let texte = "aé€😀z".as_bytes();
        for taille in 1..=texte.len() {
            let mut utf8 = Utf8::default();
            texte.chunks(taille).for_each(|bloc| utf8.suite(bloc));
            assert!(utf8.valide(), "blocs de {taille}");
        }
        for faux in [&b"a\xe9b"[..], b"a\xe9", b"\xf0\x9f\x98", b"\xc3\xc3\xa9", b"\xed\xa0\x80", b"ok\xff"] {
            for taille in 1..=faux.len() {
                let mut utf8 = Utf8::default();
                faux.chunks(taille).for_each(|bloc| utf8.suite(bloc));
                assert!(!utf8.valide(), "{faux:?} en blocs de {taille}");
            }
        }
    }

    #[test]
    fn a_flux_in_xml_is_told_by_its_first_element() {
        for contenu in [
            "<Racine>",
            "\u{feff}\n <?xml version=\"1.0\"?><!-- <html> --><Racine/>",
            "<!DOCTYPE Racine SYSTEM \"x\"><a>",
            "<!DOCTYPE x [<!ENTITY a \"<b>\">]><Racine>",
            "<x><IdentificationFlux>",
        ] {
            assert_eq!(lu("n'importe quoi.dat", contenu.as_bytes()), "flux xml", "{contenu}");
        }
        for contenu in ["<!DOCTYPE html><html>", "<svg xmlns='x'>", "<?xml version=\"1.0\"?>\n<autre/>"] {
            assert_eq!(lu("flux.xml", contenu.as_bytes()), "autre", "{contenu}");
        }
    }

    #[test]
    fn a_head_cut_before_any_element_is_a_flux_when_its_name_says_so() {
        for contenu in ["<?xml version=\"1.0\"", "<?xml version=\"1.0\"?>", "<!-- ", "<", "<Rac", "<?xml?><ns:R"] {
            for nom in ["a.xml", "a.RCV", "a.xml.gz", "a.gz"] {
                assert_eq!(lu(nom, contenu.as_bytes()), "flux xml", "{nom} {contenu}");
            }
            assert_eq!(lu("a.dat", contenu.as_bytes()), "autre", "{contenu}");
        }
    }

    #[test]
    fn an_empty_file_is_refused_when_its_name_announces_something_to_read() {
        for contenu in ["", "\u{feff}", " \r\n"] {
            for nom in ["a.xml", "a.csv", "a.TXT", "a.rcv.gz", "a.tsv", "a.zip"] {
                assert_eq!(lu(nom, contenu.as_bytes()), "refus", "{nom}");
            }
            assert_eq!(lu("a.pdf", contenu.as_bytes()), "autre");
            assert_eq!(lu("LISEZMOI", contenu.as_bytes()), "autre");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_under_the_name_of_a_text() {
        let utf16: Vec<u8> = b"\xff\xfe".iter().copied().chain("nir;nom".bytes().flat_map(|b| [b, 0])).collect();
        for (nom, attendu) in [("a.csv", "refus"), ("a.txt", "refus"), ("a.xml", "refus"), ("a.bin", "autre")] {
            assert_eq!(lu(nom, &utf16), attendu, "{nom}");
            assert_eq!(lu(nom, b"id_evenement;nir;date_notification;organisme\n\0"), attendu, "{nom}");
        }
    }

    #[test]
    fn an_archive_is_never_passed_over_in_silence_but_a_workbook_is_left_alone() {
        for (nom, attendu) in
            [("a.zip", "refus"), ("a.xlsx", "autre"), ("a.csv", "refus"), ("a.xml", "refus"), ("a.dat", "refus")]
        {
            assert_eq!(lu(nom, b"PK\x03\x04\0\0"), attendu, "{nom}");
        }
        for (nom, attendu) in [("a.zip", "refus"), ("rapport", "autre"), ("a.csv", "refus")] {
            assert_eq!(lu(nom, b"PK\x03\x04\0\0[Content_Types].xml\0"), attendu, "{nom}");
        }
    }

    #[test]
    fn a_hole_of_any_size_is_not_read_to_its_end() {
        let trou = tempfile::NamedTempFile::new().unwrap();
        trou.as_file().set_len(1 << 40).unwrap();
        let limites = Limites { taille: 1 << 20, ..Limites::default() };
        let erreur = examiner(&Source::fichier(trou.path()), &limites).unwrap_err();
        assert!(erreur.to_string().starts_with("plus de 1 Mo"), "{erreur}");
    }

    #[test]
    fn the_kind_of_a_table_is_told_by_its_columns_and_not_by_its_name() {
        let cer = b"id_evenement;date_signature;type_contrat\n";
        for nom in ["orientations.csv", "cer", "a.xml", "a.txt"] {
            assert_eq!(lu(nom, cer), "cer", "{nom}");
        }
        let flux = b"TYPEFLUX,DTREF,DTCREAFLUX,FONORG,NUMORG,NUMDEMRSA,NOM,PRENOM,DTNAI,ETATDOSRSA,TOPPERSDRODEVORSA";
        assert_eq!(lu("export.txt", flux), "flux csv");
    }

    #[test]
    fn a_table_without_any_known_heading_is_refused_and_a_note_is_left_alone() {
        assert_eq!(lu("a.csv", b"ville;pays\nParis;France\n"), "refus");
        assert_eq!(lu("a.tsv.gz", b"ville\tpays\n"), "refus");
        assert_eq!(lu("LISEZMOI.txt", b"Bonjour, voici les fichiers.\n"), "autre");
        assert_eq!(lu("a.xml", b"onnees tronquees au debut</Racine>"), "refus");
        assert_eq!(lu("a.zip", b"PK\x03"), "refus");
    }

    #[test]
    fn a_schema_that_names_the_blocks_of_a_flux_is_not_one() {
        let schema = b"<?xml version=\"1.0\"?><xsd:schema><xsd:element name=\"IdentificationFlux\"/></xsd:schema>";
        assert_eq!(lu("vrsb.xsd", schema), "autre");
    }

    #[test]
    fn a_note_whose_first_word_is_a_heading_is_left_alone() {
        assert_eq!(lu("README", b"Structure\n\nTexte libre"), "autre");
        assert_eq!(lu("notes.csv", b"Structure\n\nTexte libre"), "refus");
    }
}
