//! The rules of a target: a sieve to find their lines in blocks, and the three ways a line can be one of a fault's: by its
//! field `marker`, by a marker as a token, by a pattern. Pure.

use crate::level::{LITERALS, Levels};
use crate::lines::Sift;
use crate::sieve::{Sieve, SieveError};
use aho_corasick::AhoCorasick;
use memchr::memmem;
use regex::bytes::{RegexSet, RegexSetBuilder};
use wire::FaultCode;
use wire::target::FaultRule;

/// Bound of the automaton of all patterns, bytes.
const MAX_PROGRAM: usize = 8 << 20;

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A marker that is empty where there is no pattern, or one that no line can hold.
    #[error("the marker of {code} is empty or holds a line break")]
    Marker {
        /// Whose.
        code: FaultCode,
    },
    /// A pattern that is none; the text says what is wrong.
    #[error("{0}")]
    Pattern(String),
    /// Too many markers.
    #[error("the markers do not fit into one automaton")]
    Markers(#[source] aho_corasick::BuildError),
    /// Too many patterns.
    #[error("the patterns do not fit into one automaton")]
    Patterns(#[source] regex::Error),
    /// The words for levels.
    #[error("the words for levels are no expressions")]
    Levels(#[source] regex::Error),
    /// They cannot be searched for together.
    #[error("the rules cannot be searched for together")]
    Sieve(#[source] SieveError),
}

/// The rules of a target, ready to be used.
#[derive(Debug)]
pub struct Rules {
    sieve: Sieve,
    markers: AhoCorasick,
    patterns: RegexSet,
    /// Which rule a pattern of the set belongs to.
    by_pattern: Vec<usize>,
    rules: Vec<FaultRule>,
    /// Where errors are looked for that no rule names.
    levels: Option<Levels>,
}

impl Rules {
    /// Prepares the rules of a target.
    ///
    /// # Errors
    /// When a marker or a pattern cannot be one; it is named.
    pub fn new(faults: &[FaultRule]) -> Result<Self, RulesError> {
        Self::with(faults, None)
    }

    /// The same, and lines that say of themselves that they are errors concern us, too.
    ///
    /// # Errors
    /// When a marker or a pattern cannot be one; it is named.
    pub fn and_errors(faults: &[FaultRule]) -> Result<Self, RulesError> {
        Self::with(faults, Some(Levels::new().map_err(RulesError::Levels)?))
    }

    fn with(faults: &[FaultRule], levels: Option<Levels>) -> Result<Self, RulesError> {
        let mut markers = Vec::new();
        for fault in faults {
            if (fault.marker.is_empty() && fault.pattern.is_none()) || fault.marker.contains(['\n', '\r']) {
                return Err(RulesError::Marker { code: fault.code.clone() });
            }
            fault.expression().map_err(RulesError::Pattern)?;
            markers.extend(forms(&fault.marker));
        }
        let patterns = faults.iter().enumerate().filter_map(|(i, fault)| Some((i, fault.pattern.as_deref()?)));
        let (by_pattern, patterns): (Vec<usize>, Vec<&str>) = patterns.unzip();
        let words = levels.iter().flat_map(|_| LITERALS).map(str::to_owned);
        let literals: Vec<String> = markers.iter().cloned().chain(words).collect();
        Ok(Self {
            sieve: Sieve::new(&literals, &patterns).map_err(RulesError::Sieve)?,
            markers: AhoCorasick::new(&markers).map_err(RulesError::Markers)?,
            patterns: RegexSetBuilder::new(patterns).size_limit(MAX_PROGRAM).build().map_err(RulesError::Patterns)?,
            by_pattern,
            rules: faults.to_vec(),
            levels,
        })
    }

    /// The fault whose marker this is.
    pub(crate) fn by_marker(&self, marker: &str) -> Option<&FaultRule> {
        self.rules.iter().find(|rule| !marker.is_empty() && rule.marker == marker)
    }

    /// The fault whose marker a line of text contains as a token: the leftmost, of two at one place the longer.
    pub(crate) fn by_token(&self, line: &[u8]) -> Option<&FaultRule> {
        let mut best: Option<(usize, usize, &FaultRule)> = None;
        for rule in self.rules.iter().filter(|rule| !rule.marker.is_empty()) {
            let marker = rule.marker.as_bytes();
            let mut places = memmem::find_iter(line, marker);
            let Some(at) = places.find(|at| is_token(line, *at, marker)) else { continue };
            if best.is_none_or(|(start, length, _)| at < start || (at == start && marker.len() > length)) {
                best = Some((at, marker.len(), rule));
            }
        }
        best.map(|(_, _, rule)| rule)
    }

    /// The first fault of the catalogue whose pattern a line matches.
    pub(crate) fn by_pattern(&self, line: &[u8]) -> Option<&FaultRule> {
        let first = self.patterns.matches(line).iter().next()?;
        self.by_pattern.get(first).and_then(|rule| self.rules.get(*rule))
    }
}

impl Rules {
    /// Whether a line says of itself that it is an error, where such lines are looked for.
    pub(crate) fn is_error(&self, line: &[u8]) -> bool {
        self.levels.as_ref().is_some_and(|levels| levels.is_error(without_return(line)))
    }
}

impl Sift for Rules {
    fn find(&self, block: &[u8]) -> Option<usize> {
        self.sieve.find(block)
    }

    fn concerns(&self, line: &[u8]) -> bool {
        self.markers.is_match(line) || self.patterns.is_match(without_return(line)) || self.is_error(line)
    }
}

/// A line without the carriage return before its newline, which no pattern means.
pub(crate) fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// How a marker may stand in a line: as it is, and as JSON escapes its quotes and the like.
fn forms(marker: &str) -> Vec<String> {
    let escaped = serde_json::Value::from(marker).to_string();
    let inner = escaped.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&escaped);
    let mut forms: Vec<String> = [marker, inner].into_iter().filter(|m| !m.is_empty()).map(str::to_owned).collect();
    forms.dedup();
    forms
}

/// Whether what stands around a marker does not go on with it: `FAULT_A` is no token of `FAULT_AB`.
fn is_token(line: &[u8], at: usize, marker: &[u8]) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let before = at.checked_sub(1).and_then(|i| line.get(i));
    let after = line.get(at + marker.len());
    let goes_on = (is_word(before) && is_word(marker.first())) || (is_word(after) && is_word(marker.last()));
    !goes_on
}

#[cfg(test)]
pub(crate) mod tests;
