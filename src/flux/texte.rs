//! Bytes in an announced encoding, given out as UTF-8, with the number of the line reached.

use std::io::{self, BufRead, Read};

use encoding_rs::{CoderResult, Decoder, Encoding};

const CHUNK: usize = 64 * 1024;

/// A reader of text: decodes as it goes, whatever the size of the file, and counts the lines that
/// were consumed.
pub struct LecteurTexte<R> {
    inner: R,
    /// `None` for bytes that are known to be UTF-8: they pass through.
    decoder: Option<Decoder>,
    decoded: Vec<u8>,
    from: usize,
    to: usize,
    finished: bool,
    ligne: u64,
}

impl<R: BufRead> LecteurTexte<R> {
    /// Reads `inner` in `encodage`; `None` when the bytes are known to be valid UTF-8.
    pub fn new(inner: R, encodage: Option<&'static Encoding>) -> Self {
        let decoder = encodage.map(Encoding::new_decoder_with_bom_removal);
        let decoded = if decoder.is_some() { vec![0; CHUNK * 3] } else { Vec::new() };
        Self { inner, decoder, decoded, from: 0, to: 0, finished: false, ligne: 1 }
    }

    /// The line on which the next unread byte stands, from 1.
    pub fn ligne(&self) -> u64 {
        self.ligne
    }
}

impl<R: BufRead> BufRead for LecteurTexte<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let Some(decoder) = &mut self.decoder else { return self.inner.fill_buf() };
        while self.from == self.to && !self.finished {
            let raw = self.inner.fill_buf()?;
            let piece = &raw[..raw.len().min(CHUNK)];
            let last = piece.is_empty();
            let (result, read, written, _) = decoder.decode_to_utf8(piece, &mut self.decoded, last);
            self.inner.consume(read);
            (self.from, self.to) = (0, written);
            self.finished = last && result == CoderResult::InputEmpty;
        }
        Ok(&self.decoded[self.from..self.to])
    }

    fn consume(&mut self, amount: usize) {
        let eaten = if self.decoder.is_some() {
            &self.decoded[self.from..self.from + amount]
        } else {
            match self.inner.fill_buf() {
                // Already buffered: this neither reads nor fails.
                Ok(buffered) => &buffered[..amount],
                Err(_) => &[],
            }
        };
        self.ligne += memchr::memchr_iter(b'\n', eaten).count() as u64;
        if self.decoder.is_some() {
            self.from += amount;
        } else {
            self.inner.consume(amount);
        }
    }
}

impl<R: BufRead> Read for LecteurTexte<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(out.len());
        out[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], encodage: Option<&'static Encoding>) -> (String, u64) {
        let mut reader = LecteurTexte::new(bytes, encodage);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        (text, reader.ligne())
    }

    #[test]
    fn windows_1252_is_decoded_and_lines_are_counted() {
        assert_eq!(all(b"NO\xCBL\n\x80\n", Some(encoding_rs::WINDOWS_1252)), ("NOËL\n€\n".to_owned(), 3));
    }

    #[test]
    fn iso_8859_15_has_its_own_euro_and_ligature() {
        assert_eq!(all(b"\xA4 \xBC", Some(encoding_rs::ISO_8859_15)).0, "€ Œ");
    }

    #[test]
    fn a_text_longer_than_the_chunk_comes_out_whole() {
        let long = vec![0xE9u8; CHUNK * 5 + 7];
        let (text, ligne) = all(&long, Some(encoding_rs::WINDOWS_1252));
        assert_eq!((text.chars().count(), ligne), (CHUNK * 5 + 7, 1));
        assert!(text.chars().all(|c| c == 'é'));
    }

    #[test]
    fn utf8_passes_through() {
        assert_eq!(all("é\né".as_bytes(), None), ("é\né".to_owned(), 2));
    }
}
