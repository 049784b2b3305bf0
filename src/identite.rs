//! Who is who: folding of names, NIR, name keys. The resolution of records and events into people
//! is in [`crate::parcours::personnes`], once every known file has been replayed.

use std::borrow::Cow;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Folds a name for comparison: upper case, no accents, ligatures opened, hyphens and apostrophes
/// as spaces, single spaces.
#[must_use]
pub fn folded(texte: &str) -> Cow<'_, str> {
    if is_folded(texte) {
        return Cow::Borrowed(texte);
    }
    let mut out = String::with_capacity(texte.len());
    for letter in texte.nfd().filter(|c| !is_combining_mark(*c)) {
        match letter {
            '-' | '\'' | '\u{2019}' | '\u{2010}' | '\u{2011}' => push_space(&mut out),
            c if c.is_whitespace() => push_space(&mut out),
            'œ' | 'Œ' => out.push_str("OE"),
            'æ' | 'Æ' => out.push_str("AE"),
            'ß' | 'ẞ' => out.push_str("SS"),
            c => out.extend(c.to_uppercase()),
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    Cow::Owned(out)
}

fn push_space(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// Nearly every name of the flux is already in plain capitals: no copy is made of those.
fn is_folded(texte: &str) -> bool {
    let bytes = texte.as_bytes();
    bytes.iter().all(|b| b.is_ascii() && !b.is_ascii_lowercase() && !b.is_ascii_control() && !matches!(b, b'-' | b'\''))
        && !bytes.starts_with(b" ")
        && !bytes.ends_with(b" ")
        && !bytes.windows(2).any(|pair| pair == b"  ")
}

/// A usable NIR: its 13 characters, without the key. Never shown: its `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nir([u8; 13]);

impl fmt::Debug for Nir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nir(…)")
    }
}

impl Nir {
    /// Reads a NIR of 13 characters, or of 15 with its key; spaces are ignored. `None` when it
    /// cannot be used: another length, a provisional number (first digit other than 1 or 2), a
    /// wrong key.
    #[must_use]
    pub fn parse(texte: &str) -> Option<Self> {
        let mut digits = [0u8; 15];
        let mut len = 0;
        for b in texte.bytes().filter(|b| !b.is_ascii_whitespace()) {
            *digits.get_mut(len)? = b.to_ascii_uppercase();
            len += 1;
        }
        let body: [u8; 13] = digits[..13].try_into().ok()?;
        let corse = match &body[5..7] {
            b"2A" => Some(b"19"),
            b"2B" => Some(b"18"),
            _ => None,
        };
        let mut numeric = body;
        if let Some(departement) = corse {
            numeric[5..7].copy_from_slice(departement);
        }
        if !matches!(body[0], b'1' | b'2') || !numeric.iter().all(u8::is_ascii_digit) {
            return None;
        }
        match len {
            13 => Some(Self(body)),
            15 => {
                let key = digits[13..15]
                    .iter()
                    .try_fold(0u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))?;
                let number = numeric.iter().fold(0u64, |n, b| n * 10 + u64::from(b - b'0'));
                (key == 97 - number % 97).then_some(Self(body))
            }
            _ => None,
        }
    }
}

/// Whether a text that should hold anything else holds a NIR, with its key or without: a column
/// slipped, or somebody wrote it in a comment. It must not enter the warehouse.
#[must_use]
pub fn contient_un_nir(texte: &str) -> bool {
    // Codes and names of places are shorter than a NIR.
    if texte.len() < 13 {
        return false;
    }
    let dense: String = texte.split_whitespace().collect();
    dense
        .split(|c: char| !c.is_ascii_digit() && !matches!(c, 'A' | 'B' | 'a' | 'b'))
        .any(|suite| matches!(suite.len(), 13 | 15) && Nir::parse(&suite[..13]).is_some())
}

/// A text, unless it holds a NIR.
#[must_use]
pub fn sans_nir(texte: &str) -> &str {
    if contient_un_nir(texte) { "" } else { texte }
}

/// The keyed digest of a NIR: what the journal keeps in its place. The first 16 bytes of
/// HMAC-SHA-256 over the 13 characters.
pub type EmpreinteNir = [u8; 16];

/// The secret of a warehouse: turns NIR into digests that mean nothing without it.
#[derive(Clone)]
pub struct Cle(Hmac<Sha256>, String);

impl Cle {
    /// A key from its secret bytes (any length; the warehouse uses 32 random ones).
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let fingerprint = blake3::derive_key("jalon 2026 empreinte de la clé des NIR", secret);
        let hex: String = fingerprint[..8].iter().map(|b| format!("{b:02x}")).collect();
        // HMAC accepts keys of every length, so the error of the trait cannot occur; the fallback
        // key would be refused by its fingerprint.
        let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()));
        Self(mac, hex)
    }

    /// The digest of a NIR under this key.
    #[must_use]
    pub fn empreinte(&self, nir: Nir) -> EmpreinteNir {
        let mut mac = self.0.clone();
        mac.update(&nir.0);
        let full = mac.finalize().into_bytes();
        let mut out = [0u8; 16];
        out.copy_from_slice(&full[..16]);
        out
    }

    /// The keyed digest of somebody who was removed, in hexadecimal: says under this key whether
    /// somebody is the person, and nothing without it. From the NIR digest when there is one, else
    /// from the name key.
    #[must_use]
    pub fn pseudonyme(&self, nir: Option<EmpreinteNir>, cle_nom: Option<i64>) -> String {
        let mut mac = self.0.clone();
        // Longer than a NIR: no digest of one is ever the digest of the other.
        mac.update(b"jalon 2026 personne retiree\x1f");
        match (nir, cle_nom) {
            (Some(nir), _) => mac.update(&nir),
            (None, cle) => mac.update(&cle.unwrap_or_default().to_le_bytes()),
        }
        mac.finalize().into_bytes()[..8].iter().map(|b| format!("{b:02x}")).collect()
    }

    /// What segments keep to recognise the key: 16 hexadecimal digits that do not reveal it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.1
    }
}

impl fmt::Debug for Cle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cle({})", self.1)
    }
}

/// The digest of a name key: folded name, folded first name and birth date, on 64 bits (two
/// different people of a country of two million share one with a probability of one in ten
/// million).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CleNom(pub i64);

impl CleNom {
    /// The key of a name, a first name and a birth date (`AAAA-MM-JJ`). `None` when one of the
    /// three is missing.
    #[must_use]
    pub fn new(nom: &str, prenom: &str, date_naissance: &str) -> Option<Self> {
        let (nom, prenom) = (folded(nom), folded(prenom));
        if nom.is_empty() || prenom.is_empty() || date_naissance.is_empty() {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        for part in [&*nom, &*prenom, date_naissance] {
            hasher.update(part.as_bytes()).update(b"\x1f");
        }
        Some(Self(short_digest(&hasher)))
    }
}

/// The first eight bytes of a digest, as a signed integer that every Parquet reader has.
#[must_use]
pub fn short_digest(hasher: &blake3::Hasher) -> i64 {
    let mut bytes = [0u8; 8];
    hasher.finalize_xof().fill(&mut bytes);
    i64::from_le_bytes(bytes)
}

/// MATRICULE as it is compared: its 7 significant digits. Its `Debug` shows nothing more than the
/// flux does; a NIR is never one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Matricule(u32);

impl Matricule {
    /// Reads a MATRICULE: 7 digits, in a field of 15 whose other digits are zeros, on either side or
    /// on both. Spreadsheets eat the zeros on the left: they are given back first. `None` when the
    /// place of the 7 digits cannot be told, and for a NIR, which some caisses of the MSA give there.
    #[must_use]
    pub fn parse(texte: &str) -> Option<Self> {
        const CHAMP: usize = 15;
        const SIGNIFICATIFS: usize = 7;
        if Nir::parse(texte).is_some() {
            return None;
        }
        let chiffres: String = texte.chars().filter(|c| !c.is_whitespace()).collect();
        if chiffres.len() > CHAMP || !chiffres.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let champ = format!("{chiffres:0>CHAMP$}");
        let autres = CHAMP - SIGNIFICATIFS;
        let nul = |part: &str| part.bytes().all(|b| b == b'0');
        let significatifs = if nul(&champ[..autres]) {
            &champ[autres..]
        } else if nul(&champ[SIGNIFICATIFS..]) {
            &champ[..SIGNIFICATIFS]
        } else {
            Some(champ.trim_matches('0')).filter(|milieu| milieu.len() == SIGNIFICATIFS)?
        };
        significatifs.parse().ok().filter(|nombre| *nombre != 0).map(Self)
    }
}

impl fmt::Display for Matricule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:07}", self.0)
    }
}

/// NUMDEMRSA as it is compared: trimmed, padded on the left with zeros to 11 characters, since
/// spreadsheets eat them. Empty stays empty.
#[must_use]
pub fn numdemrsa(texte: &str) -> String {
    let texte = texte.trim();
    if texte.is_empty() { String::new() } else { format!("{texte:0>11}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_opens_ligatures_and_drops_accents_hyphens_and_both_apostrophes() {
        assert_eq!(folded("Lefèvre-d’Arc"), "LEFEVRE D ARC");
        assert_eq!(folded("  d'Œuf   Cæsar-Straße "), "D OEUF CAESAR STRASSE");
        assert_eq!(folded("MARTIN"), "MARTIN");
        assert_eq!(folded("MARTIN  DUPONT"), "MARTIN DUPONT");
        assert_eq!(folded(" - "), "");
    }

    #[test]
    fn a_nir_of_13_and_of_15_characters_is_the_same_person() {
        // 1800152121001: 97 - (1800152121001 mod 97) = 97 - 31 = 66, by long division.
        let key = 97 - 1_800_152_121_001_u64 % 97;
        let long = format!("1 80 01 52 121 001 {key:02}");
        assert_eq!(Nir::parse(&long), Nir::parse("1800152121001"));
        assert!(Nir::parse(&long).is_some());
    }

    #[test]
    fn corsican_nir_use_19_and_18_for_their_key() {
        // The published method: 2A counts as 19 and 2B as 18.
        for (letters, digits) in [("2A", "19"), ("2B", "18")] {
            let number: u64 = format!("28501{digits}004012").parse().unwrap();
            let nir = format!("28501{letters}004012{:02}", 97 - number % 97);
            assert!(Nir::parse(&nir).is_some(), "{nir}");
            assert_eq!(Nir::parse(&nir), Nir::parse(&nir[..13].to_lowercase()));
        }
    }

    #[test]
    fn a_wrong_key_a_provisional_number_or_another_length_cannot_be_used() {
        let key = 97 - 1_800_152_121_001_u64 % 97;
        for bad in [
            format!("1800152121001{:02}", key % 97 + 1),
            "7800152121001".into(),
            "18001521210011".into(),
            "180015212100".into(),
            "18001521210011234".into(),
            "1800152C21001".into(),
            String::new(),
        ] {
            assert!(Nir::parse(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_nir_is_recognised_where_it_should_not_be() {
        for oui in ["1800152121001", "1 80 01 52 121 001 66", "vu le 3, NIR 180012A121001", "x;180015212100166;y"] {
            assert!(contient_un_nir(oui), "{oui}");
        }
        // A matricule, a SIRET, a NUMDEMRSA, words.
        for non in ["000000001234567", "21820121800013", "01024041052", "Maison des solidarités de Caussade", ""] {
            assert!(!contient_un_nir(non), "{non}");
        }
    }

    #[test]
    fn a_name_key_needs_its_three_parts_and_ignores_case_and_accents() {
        assert_eq!(CleNom::new("Noël", "Éva", "1990-01-02"), CleNom::new("NOEL", "EVA", "1990-01-02"));
        assert_ne!(CleNom::new("NOEL", "EVA", "1990-01-02"), CleNom::new("NOE", "LEVA", "1990-01-02"));
        assert_eq!(CleNom::new("", "EVA", "1990-01-02"), None);
        assert_eq!(CleNom::new("NOEL", "EVA", ""), None);
    }

    #[test]
    fn zeros_eaten_by_spreadsheets_are_given_back() {
        assert_eq!(numdemrsa(" 1024041052 "), "01024041052");
        assert_eq!(numdemrsa(""), "");
    }

    #[test]
    fn a_matricule_is_its_seven_digits_whatever_the_zeros_around() {
        let sept = Matricule::parse("2089564").unwrap();
        for texte in ["208956400000000", "000000002089564", "000208956400000", "02089564", " 2089564 "] {
            assert_eq!(Matricule::parse(texte), Some(sept), "{texte}");
        }
        assert_eq!(sept.to_string(), "2089564");
    }

    /// 0120340 begins and ends with a zero that has a meaning; a spreadsheet ate the first one.
    #[test]
    fn the_zeros_of_a_matricule_itself_are_not_lost() {
        let sept = Matricule::parse("0120340").unwrap();
        for texte in ["012034000000000", "12034000000000", "000000000120340", "120340"] {
            assert_eq!(Matricule::parse(texte), Some(sept), "{texte}");
        }
        assert_eq!(sept.to_string(), "0120340");
    }

    #[test]
    fn a_matricule_whose_digits_cannot_be_placed_is_not_used() {
        // In the middle of the field, 12034 may be 0120340, 0012034 or 1203400.
        for texte in ["000001203400000", "123456789", "12 34A67", "", "0", "000000000000000", "1234567000000001"] {
            assert_eq!(Matricule::parse(texte), None, "{texte}");
        }
    }

    /// The MSA may give the NIR as MATRICULE: seven of its digits would be anybody's.
    #[test]
    fn a_nir_is_never_a_matricule() {
        let key = 97 - 1_800_152_121_001_u64 % 97;
        let nir = [
            "1800152121001".to_owned(),
            format!("1800152121001{key:02}"),
            "001800152121001".to_owned(),
            "1800152000000".to_owned(),
            "285012A004012".to_owned(),
            "180015212100199".to_owned(),
        ];
        for nir in nir {
            assert_eq!(Matricule::parse(&nir), None, "{nir}");
        }
    }

    #[test]
    fn two_keys_give_two_digests_of_one_nir() {
        let nir = Nir::parse("1800152121001").unwrap();
        assert_ne!(Cle::new(b"a").empreinte(nir), Cle::new(b"b").empreinte(nir));
        assert_ne!(Cle::new(b"a").fingerprint(), Cle::new(b"b").fingerprint());
    }
}
