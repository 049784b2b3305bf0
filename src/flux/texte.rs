//! Bytes in an announced encoding, given out as text, a lot at a time.

use std::io::{self, BufRead};

use encoding_rs::{CoderResult, Decoder, Encoding};

/// Bytes decoded at once.
const MORCEAU: usize = 64 * 1024;

/// A text decoded as it is read, whatever the size of the file. Memory is bounded by a lot and by
/// the longest element.
pub struct Texte<R> {
    inner: R,
    decoder: Decoder,
    /// Bytes of a lot, about.
    lot: usize,
    /// What is decoded after the last lot: an element whose end is not there yet.
    reste: String,
    finished: bool,
}

/// What is given out of a text at once, and whether it is the last.
pub type Lot = (String, bool);

impl<R: BufRead> Texte<R> {
    /// Decodes `inner`, without its byte order mark, into lots of about so many bytes.
    pub fn new(inner: R, encodage: &'static Encoding, lot: usize) -> Self {
        let decoder = encodage.new_decoder_with_bom_removal();
        Self { inner, decoder, lot, reste: String::new(), finished: false }
    }

    /// Bytes decoded that are in no lot yet.
    pub fn reste(&self) -> usize {
        self.reste.len()
    }

    /// What follows the lot before. A lot ends before a `<`, the last one apart: so it begins with
    /// one, the first apart. It is empty as long as no `<` comes. `texte` is a text that is no longer of
    /// use, whose room is taken.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn suivant(&mut self, mut texte: String) -> io::Result<Lot> {
        let assez = self.reste.len() + self.lot;
        texte.clear();
        texte.push_str(&self.reste);
        while !self.finished && texte.len() < assez {
            let raw = match self.inner.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                raw => raw?,
            };
            let piece = &raw[..raw.len().min(MORCEAU).min(self.lot)];
            let last = piece.is_empty();
            // A byte gives at most three; some more for what the decoder holds back.
            texte.reserve(3 * piece.len() + 16);
            let (result, read, _) = self.decoder.decode_to_string(piece, &mut texte, last);
            self.inner.consume(read);
            self.finished = last && result == CoderResult::InputEmpty;
        }
        let fin = if self.finished { texte.len() } else { texte.rfind('<').unwrap_or_default() };
        self.reste.clear();
        self.reste.push_str(&texte[fin..]);
        texte.truncate(fin);
        Ok((texte, self.finished))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole text, lot by lot.
    fn lots(bytes: &[u8], encodage: &'static Encoding) -> Vec<String> {
        let (mut texte, mut out) = (Texte::new(bytes, encodage, MORCEAU), Vec::new());
        loop {
            let (lot, last) = texte.suivant(String::new()).unwrap();
            out.push(lot);
            if last {
                return out;
            }
        }
    }

    #[test]
    fn windows_1252_is_decoded() {
        assert_eq!(lots(b"NO\xCBL\n\x80\n", encoding_rs::WINDOWS_1252).concat(), "NOËL\n€\n");
    }

    #[test]
    fn iso_8859_15_has_its_own_euro_and_ligature() {
        assert_eq!(lots(b"\xA4 \xBC", encoding_rs::ISO_8859_15).concat(), "€ Œ");
    }

    #[test]
    fn a_text_longer_than_a_lot_comes_out_whole() {
        let long = vec![0xE9u8; MORCEAU * 5 + 7];
        let text = lots(&long, encoding_rs::WINDOWS_1252).concat();
        assert_eq!(text.chars().count(), MORCEAU * 5 + 7);
        assert!(text.chars().all(|c| c == 'é'));
    }

    #[test]
    fn utf8_passes_through_without_its_mark() {
        assert_eq!(lots("\u{feff}é\né".as_bytes(), encoding_rs::UTF_8).concat(), "é\né");
    }

    #[test]
    fn every_lot_but_the_first_begins_with_a_tag() {
        let text = "é<a>b</a>".repeat(MORCEAU);
        let lots = lots(text.as_bytes(), encoding_rs::UTF_8);
        assert_eq!(lots.concat(), text);
        assert!(lots.len() > 2 && lots[1..].iter().all(|lot| lot.starts_with('<')));
    }

    #[test]
    fn a_text_without_any_tag_is_held_until_its_end() {
        let text = "é".repeat(MORCEAU);
        let mut texte = Texte::new(text.as_bytes(), encoding_rs::UTF_8, 1000);
        assert_eq!(
            (texte.suivant(String::new()).unwrap(), texte.suivant(String::new()).unwrap()),
            ((String::new(), false), (String::new(), false))
        );
        assert!((2000..3000).contains(&texte.reste()), "{}", texte.reste());
        assert_eq!(lots(text.as_bytes(), encoding_rs::UTF_8).concat(), text);
    }
}
