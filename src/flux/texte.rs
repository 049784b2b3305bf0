//! Bytes in an announced encoding, given out as text, a piece at a time.

use std::io::{self, BufRead};

use encoding_rs::{CoderResult, Decoder, Encoding};

/// Bytes decoded at once: what is read of it is still in the cache of the processor.
const MORCEAU: usize = 64 * 1024;

/// A text decoded as it is read, whatever the size of the file. Memory is bounded by a piece and by
/// what its reader asks to see again.
pub struct Texte<R> {
    inner: R,
    decoder: Decoder,
    texte: String,
    finished: bool,
}

/// What is given out of a text: the piece, and whether it is the last.
pub type Morceau<'a> = (&'a str, bool);

impl<R: BufRead> Texte<R> {
    /// Decodes `inner`, without its byte order mark.
    pub fn new(inner: R, encodage: &'static Encoding) -> Self {
        Self { inner, decoder: encodage.new_decoder_with_bom_removal(), texte: String::new(), finished: false }
    }

    /// Bytes held, once the first `lus` of the piece before are let go.
    pub fn reste(&self, lus: usize) -> usize {
        self.texte.len().saturating_sub(lus)
    }

    /// What follows the first `lus` bytes of the piece before: what was left of it, and more. A piece
    /// ends before a `<`, the last one apart: so it begins with one, the first apart.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn suivant(&mut self, lus: usize) -> io::Result<Morceau<'_>> {
        self.texte.drain(..lus);
        // What is seen again doubles each time: a very long element is not read from its start over
        // and over.
        let assez = self.texte.len() + self.texte.len().max(MORCEAU);
        while !self.finished && self.texte.len() < assez {
            let raw = match self.inner.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                raw => raw?,
            };
            let piece = &raw[..raw.len().min(MORCEAU)];
            let last = piece.is_empty();
            // A byte gives at most three; some more for what the decoder holds back.
            self.texte.reserve(3 * piece.len() + 16);
            let (result, read, _) = self.decoder.decode_to_string(piece, &mut self.texte, last);
            self.inner.consume(read);
            self.finished = last && result == CoderResult::InputEmpty;
        }
        let fin = if self.finished { self.texte.len() } else { self.texte.rfind('<').unwrap_or_default() };
        Ok((&self.texte[..fin], self.finished))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole text, in pieces, of which nothing is left.
    fn pieces(bytes: &[u8], encodage: &'static Encoding) -> Vec<String> {
        let (mut texte, mut lus, mut out) = (Texte::new(bytes, encodage), 0, Vec::new());
        loop {
            let (piece, last) = texte.suivant(lus).unwrap();
            out.push(piece.to_owned());
            if last {
                return out;
            }
            lus = piece.len();
        }
    }

    #[test]
    fn windows_1252_is_decoded() {
        assert_eq!(pieces(b"NO\xCBL\n\x80\n", encoding_rs::WINDOWS_1252).concat(), "NOËL\n€\n");
    }

    #[test]
    fn iso_8859_15_has_its_own_euro_and_ligature() {
        assert_eq!(pieces(b"\xA4 \xBC", encoding_rs::ISO_8859_15).concat(), "€ Œ");
    }

    #[test]
    fn a_text_longer_than_a_piece_comes_out_whole() {
        let long = vec![0xE9u8; MORCEAU * 5 + 7];
        let text = pieces(&long, encoding_rs::WINDOWS_1252).concat();
        assert_eq!(text.chars().count(), MORCEAU * 5 + 7);
        assert!(text.chars().all(|c| c == 'é'));
    }

    #[test]
    fn utf8_passes_through_without_its_mark() {
        assert_eq!(pieces("\u{feff}é\né".as_bytes(), encoding_rs::UTF_8).concat(), "é\né");
    }

    #[test]
    fn every_piece_but_the_first_begins_with_a_tag() {
        let text = "é<a>b</a>".repeat(MORCEAU);
        let pieces = pieces(text.as_bytes(), encoding_rs::UTF_8);
        assert_eq!(pieces.concat(), text);
        assert!(pieces.len() > 2 && pieces[1..].iter().all(|piece| piece.starts_with('<')));
    }

    #[test]
    fn what_is_left_of_a_piece_comes_again_with_twice_as_much() {
        let text = "<a>b</a>".repeat(MORCEAU);
        let mut texte = Texte::new(text.as_bytes(), encoding_rs::UTF_8);
        let first = texte.suivant(0).unwrap().0.to_owned();
        let (second, _) = texte.suivant(3).unwrap();
        assert!(second.len() >= 2 * first.len() - 16 && text[3..].starts_with(second));
    }
}
