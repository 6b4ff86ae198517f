//! A line as its words, masked. Pure.

use crate::date;
use crate::limits::Limits;
use crate::mask::{ANY, mask};
use std::ops::Range;

/// The masked words of a line, in one text that is used again for the next line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens {
    text: String,
    ends: Vec<usize>,
}

impl Tokens {
    /// Takes a line in the place of the one before. What is beyond the bounds is one word that may be anything.
    pub(crate) fn read(&mut self, line: &str, limits: &Limits) {
        self.text.clear();
        self.ends.clear();
        let seen = line.get(..line.floor_char_boundary(limits.bytes)).unwrap_or_default();
        let mut in_date = false;
        for word in seen.split_whitespace() {
            if self.ends.len() + 1 >= limits.tokens.max(2) {
                self.push(ANY);
                return;
            }
            let was_in_date = std::mem::replace(&mut in_date, date::is_name(word) || date::is_clock(word));
            if was_in_date && date::goes_on(word) {
                in_date = true;
                self.turn_last_into_any();
            } else if date::is_clock(word) {
                self.push(ANY);
            } else {
                mask(word, &mut self.text);
                self.end();
            }
        }
        if seen.len() < line.len() {
            self.push(ANY);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All of it as one text, in which words cannot run into each other: a space ends each.
    pub(crate) fn signature(&self) -> &str {
        &self.text
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|index| self.text.get(self.range(index)).unwrap_or_default())
    }

    fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.end();
    }

    fn end(&mut self) {
        self.ends.push(self.text.len());
        self.text.push(' ');
    }

    fn turn_last_into_any(&mut self) {
        if let Some(last) = self.ends.len().checked_sub(1) {
            self.text.truncate(self.range(last).start);
            self.ends.pop();
            self.push(ANY);
        }
    }

    fn range(&self, index: usize) -> Range<usize> {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| end + 1);
        start..self.ends.get(index).copied().unwrap_or(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let mut tokens = Tokens::default();
        tokens.read("what stood here before", &Limits::default());
        tokens.read(line, &Limits::default());
        assert_eq!(tokens.iter().collect::<Vec<_>>().join(" "), expected, "{line:?}");
    }

    #[test]
    fn a_date_of_several_words_is_one_word() {
        check("at Fri Jun 17 07:07:00 2005", "at <*>");
        check("at Tue Aug 02 14:26:11 PDT 2005 again", "at <*> again");
        check("Sep 5 12:00:01.5 done", "<*> done");
        check("at 12:00:01 sharp", "at <*> sharp");
        check("I May be wrong", "I May be wrong");
    }

    #[test]
    fn what_is_beyond_the_bounds_is_one_word() {
        let limits = Limits { tokens: 4, bytes: 40, ..Limits::default() };
        let mut tokens = Tokens::default();
        for (line, expected) in [
            ("a b c", "a b c"),
            ("a b c d", "a b c <*>"),
            ("a b c d e f", "a b c <*>"),
            (&format!("a {}", "ä".repeat(1_000)), &format!("a {} <*>", "ä".repeat(19))),
        ] {
            tokens.read(line, &limits);
            assert_eq!(tokens.iter().collect::<Vec<_>>().join(" "), expected);
        }
    }
}
