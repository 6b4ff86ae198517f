//! Scans a stream of log lines for a target's faults: reads blocks, searches them as a whole, and splits out only the
//! lines that a rule concerns. Its memory is one window, whatever the stream and its lines are.
//!
//! ```
//! use fault_router::{rules::Rules, scan};
//! let fault = toml::from_str("code = 'FAULT_BOOM'\nmarker = 'BOOM'").unwrap();
//! let rules = Rules::new(&[fault]).unwrap();
//! let mut hits = Vec::new();
//! let bytes = scan::scan(&rules, &mut &b"all is well\n12:00 BOOM it broke\n"[..], |hit| {
//!     hits.push((hit.offset, hit.line.to_vec()));
//! });
//! assert_eq!(bytes.unwrap(), 32);
//! assert_eq!(hits, [(12, b"12:00 BOOM it broke".to_vec())]);
//! ```

use crate::context::{BYTES_AHEAD, BYTES_BACK};
use crate::lines::{self, MAX_SEEN};
use crate::rules::Rules;
use std::io::{self, ErrorKind, Read};

/// How much is read at once at least, bytes: small enough for a second-level cache.
const BLOCK: usize = 256 * 1024;

/// A line that a rule concerns.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'a> {
    /// Where it begins in the stream.
    pub offset: u64,
    /// The line without its newline; of an overlong one the beginning.
    pub line: &'a [u8],
    /// Whether that is only the line's beginning.
    pub cut: bool,
    /// What stands before it, as far as it is kept.
    pub before: &'a [u8],
    /// Whether that begins with a whole line.
    pub whole: bool,
    /// What stands behind it, as far as it was read.
    pub after: &'a [u8],
}

/// A window that moves over a stream.
#[derive(Debug)]
pub struct Scanner {
    buffer: Vec<u8>,
    /// The stream's offset of the window's beginning.
    base: u64,
    /// Up to here the window was scanned, and up to here it is filled.
    at: usize,
    end: usize,
    skipping: bool,
    ended: bool,
}

impl Default for Scanner {
    fn default() -> Self {
        let buffer = vec![0; BYTES_BACK + MAX_SEEN + BLOCK];
        Self { buffer, base: 0, at: 0, end: 0, skipping: false, ended: false }
    }
}

impl Scanner {
    /// Reads once from the stream; false when it has ended. Take all hits first: what was not scanned may not fit.
    ///
    /// # Errors
    /// What the stream says.
    pub fn fill(&mut self, source: &mut impl Read) -> io::Result<bool> {
        if self.buffer.len() - self.end < BLOCK / 4 {
            let from = self.at.saturating_sub(BYTES_BACK);
            self.buffer.copy_within(from..self.end, 0);
            (self.base, self.at, self.end) = (self.base + from as u64, self.at - from, self.end - from);
        }
        let read = loop {
            match source.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.end += read;
        self.ended = read == 0;
        Ok(!self.ended)
    }

    /// The next hit in what was read.
    pub fn next_hit(&mut self, rules: &Rules) -> Option<Hit<'_>> {
        loop {
            let block = self.buffer.get(self.at..self.end).filter(|block| !block.is_empty())?;
            let step = lines::step(block, self.skipping, self.ended, rules);
            if step.used == 0 {
                return None;
            }
            let from = self.at;
            (self.at, self.skipping) = (from + step.used, step.skipping);
            if let Some(line) = step.line {
                return self.hit(from + line.start, from + line.end, step.cut);
            }
        }
    }

    fn hit(&self, start: usize, end: usize, cut: bool) -> Option<Hit<'_>> {
        let from = start.saturating_sub(BYTES_BACK);
        Some(Hit {
            offset: self.base + start as u64,
            line: self.buffer.get(start..end)?,
            cut,
            before: self.buffer.get(from..start)?,
            whole: self.base == 0 && from == 0,
            after: self.buffer.get(self.at..self.end.min(self.at + BYTES_AHEAD))?,
        })
    }

    /// How much of the stream was scanned, bytes.
    pub fn offset(&self) -> u64 {
        self.base + self.at as u64
    }
}

/// Scans a whole stream and hands over each hit; how many bytes it had.
///
/// # Errors
/// What the stream says.
pub fn scan(rules: &Rules, source: &mut impl Read, mut each: impl FnMut(Hit<'_>)) -> io::Result<u64> {
    let mut scanner = Scanner::default();
    loop {
        let more = scanner.fill(source)?;
        while let Some(hit) = scanner.next_hit(rules) {
            each(hit);
        }
        if !more {
            return Ok(scanner.offset());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::rule;

    /// Gives at most so many bytes at once, and now and then is interrupted.
    struct Slow<'a>(&'a [u8], usize, bool);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.2 = !self.2;
            if self.2 {
                return Err(ErrorKind::Interrupted.into());
            }
            let most = self.1.min(into.len());
            self.0.read(&mut into[..most])
        }
    }

    #[test]
    fn hits_have_their_offset_and_surroundings_however_the_stream_comes() {
        let rules = Rules::new(&[rule("C", "BOOM", Some("code [1-9]"))]).unwrap();
        let mut text = "noise code 0\n".repeat(60_000);
        for (place, line) in [(0, "first BOOM\n"), (400_000, "exit code 7\n"), (700_000, "BOOM again\n")] {
            let at = text[..place].rfind('\n').map_or(0, |end| end + 1);
            text.insert_str(at, line);
        }
        text.push_str(&format!("BOOM {}\nlast BOOM", "x".repeat(3_000_000)));
        for most in [1, 700, 65_536, usize::MAX] {
            let mut seen = Vec::new();
            let bytes = scan(&rules, &mut Slow(text.as_bytes(), most, false), |hit| {
                let at = hit.offset as usize;
                assert!(text.as_bytes()[at..].starts_with(hit.line) && text.as_bytes()[..at].ends_with(hit.before));
                assert!(hit.before.len() >= at.min(BYTES_BACK) && hit.whole == (hit.before.len() == at));
                seen.push((String::from_utf8_lossy(&hit.line[..hit.line.len().min(11)]).into_owned(), hit.cut));
            });
            assert_eq!(bytes.unwrap(), text.len() as u64, "at most {most}");
            let expected = [
                ("first BOOM", false),
                ("exit code 7", false),
                ("BOOM again", false),
                ("BOOM xxxxxx", true),
                ("last BOOM", false),
            ];
            assert_eq!(seen, expected.map(|(text, cut)| (text.to_owned(), cut)), "at most {most}");
        }
    }
}
