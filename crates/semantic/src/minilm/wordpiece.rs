//! From text to tokens, as BERT's uncased models were trained: lower case without accents, words and punctuation apart, and
//! each word in the longest pieces that the vocabulary has.

use super::{ModelError, read_text};
use camino::Utf8Path;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A longer word is unknown as a whole.
const MAX_WORD: usize = 100;
/// What a piece begins with that does not begin a word.
const INNER: &str = "##";

/// The vocabulary, sorted so that a piece is found in a few steps.
#[derive(Debug)]
pub(super) struct WordPiece {
    text: String,
    /// Where a piece stands in the text, and its number.
    pieces: Vec<(u32, u32, u32)>,
    unknown: u32,
    begin: u32,
    end: u32,
}

impl WordPiece {
    /// Reads a `vocab.txt`: one piece a line.
    pub(super) fn read(path: &Utf8Path, wanted: usize) -> Result<Self, ModelError> {
        let unfit = |why: String| ModelError::Unfit { path: path.to_owned(), why };
        let text = read_text(path)?;
        let (mut pieces, mut at) = (Vec::new(), 0);
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let piece = line.trim_end_matches(['\n', '\r']);
            pieces.push((at as u32, (at + piece.len()) as u32, number as u32));
            at += line.len();
        }
        if pieces.len() != wanted {
            return Err(unfit(format!("it has {} pieces, and the configuration says {wanted}", pieces.len())));
        }
        let mut read = Self { text, pieces, unknown: 0, begin: 0, end: 0 };
        let Self { text, pieces, .. } = &mut read;
        pieces.sort_unstable_by_key(|piece| slice(text, *piece));
        let special = |piece: &str| read.number(piece).ok_or_else(|| unfit(format!("it has no piece {piece}")));
        (read.unknown, read.begin, read.end) = (special("[UNK]")?, special("[CLS]")?, special("[SEP]")?);
        Ok(read)
    }

    /// The tokens of a text with those that begin and end it, `most` at most.
    pub(super) fn tokens(&self, text: &str, most: usize) -> Vec<u32> {
        let mut tokens = vec![self.begin];
        for word in words(text) {
            self.word(&word, &mut tokens);
            if tokens.len() >= most {
                break;
            }
        }
        tokens.truncate(most.saturating_sub(1));
        tokens.push(self.end);
        tokens
    }

    fn word(&self, word: &str, tokens: &mut Vec<u32>) {
        let before = tokens.len();
        let (mut rest, mut longest) = (word, String::new());
        while !rest.is_empty() && word.chars().count() <= MAX_WORD {
            let prefix = if rest.len() < word.len() { INNER } else { "" };
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            let found = ends.into_iter().find_map(|end| {
                longest.clear();
                longest.push_str(prefix);
                longest.push_str(rest.get(..end)?);
                Some((end, self.number(&longest)?))
            });
            let Some((end, number)) = found else { break };
            tokens.push(number);
            rest = rest.get(end..).unwrap_or_default();
        }
        if !rest.is_empty() {
            tokens.truncate(before);
            tokens.push(self.unknown);
        }
    }

    fn number(&self, piece: &str) -> Option<u32> {
        let at = self.pieces.binary_search_by_key(&piece, |known| slice(&self.text, *known)).ok()?;
        self.pieces.get(at).map(|(_, _, number)| *number)
    }
}

fn slice(text: &str, (from, to, _): (u32, u32, u32)) -> &str {
    text.get(from as usize..to as usize).unwrap_or_default()
}

/// Words, and each punctuation mark and ideograph by itself.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    for c in text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        let alone = is_punctuation(c) || is_ideograph(c);
        if (alone || c.is_whitespace()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if alone {
            words.push(c.to_string());
        } else if !c.is_whitespace() && !c.is_control() && c != '\u{fffd}' && !is_format(c) {
            word.push(c);
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
        | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}')
        || c.is_ascii_punctuation()
}

fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_marks_are_apart_lower_case_and_without_accents() {
        let wanted = ["naive", "cafe", "'", "s", "{", "\"", "a", "\"", ":", "5", "}", "中", "文"];
        assert_eq!(words("Naïve Café's\t{\"A\":5}\u{0} 中文"), wanted);
    }

    #[test]
    fn a_word_is_cut_into_the_longest_pieces_and_else_unknown() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8Path::from_path(folder.path()).expect("a path that is text").join("vocab.txt");
        std::fs::write(&path, "[PAD]\n[UNK]\n[CLS]\n[SEP]\ntime\n##out\n##o\n##ut\ntimes\n").expect("written");
        let words = WordPiece::read(&path, 9).expect("a vocabulary");
        assert_eq!(words.tokens("Timeout times timex", 16), [2, 4, 5, 8, 1, 3]);
        assert_eq!(words.tokens("time time time time", 4), [2, 4, 4, 3]);
        assert_eq!(words.tokens("", 16), [2, 3]);
        let wrong = WordPiece::read(&path, 8).expect_err("another number of pieces").to_string();
        assert!(wrong.contains("it has 9 pieces"), "{wrong}");
    }
}
