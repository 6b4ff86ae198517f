//! Finds the first line of a block that may concern a rule, without looking at lines: literals by vectorised searches,
//! patterns by a literal that each of their matches must hold, and only what has none by an automaton. Pure.

use crate::required::{relaxed, required};
use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use regex::bytes::{Regex, RegexBuilder};
use std::collections::BTreeSet;

/// So many literals one vectorised search takes (Teddy with 16 buckets; 64 literals cost it half its speed, and beyond them
/// an automaton goes byte by byte). More are searched for group by group.
const GROUP: usize = 56;
/// The first and the largest part of a block that one search after the other goes over. Small at first, so that a hit
/// costs the other searches little; growing, so that a block without a hit costs few turns.
const PARTS: (usize, usize) = (1024, 64 * 1024);
/// Bound of the automaton of the patterns without literals, bytes; it is only an opinion, so more is refused.
const MAX_PROGRAM: usize = 4 << 20;

/// Why there is no sieve.
#[derive(Debug, thiserror::Error)]
pub enum SieveError {
    /// Too many or too long literals.
    #[error("the markers do not fit into one automaton")]
    Literals(#[source] BuildError),
    /// Too large patterns.
    #[error("the patterns do not fit into one automaton: write them with a literal of three characters or more")]
    Patterns(#[source] regex::Error),
}

#[derive(Debug)]
enum Search {
    Literals(AhoCorasick),
    Pattern(Regex),
}

impl Search {
    fn find(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Search::Literals(automaton) => automaton.find(bytes).map(|found| found.start()),
            // Where the shortest match ends: in the line that holds it, or in one before that.
            Search::Pattern(regex) => regex.shortest_match(bytes).map(|end| end.saturating_sub(1)),
        }
    }
}

/// The searches for all rules.
#[derive(Debug)]
pub(crate) struct Sieve {
    searches: Vec<Search>,
}

impl Sieve {
    /// Of the literals and the patterns; each is a valid rule already.
    pub(crate) fn new(markers: &[String], patterns: &[&str]) -> Result<Self, SieveError> {
        let mut literals: BTreeSet<Vec<u8>> = markers.iter().map(|marker| marker.as_bytes().to_vec()).collect();
        let mut without = Vec::new();
        for pattern in patterns {
            match required(pattern) {
                Some(found) => literals.extend(found),
                None => without.push(format!("(?:{})", relaxed(pattern))),
            }
        }
        let literals: Vec<Vec<u8>> = literals.into_iter().collect();
        let groups = literals.len().div_ceil(GROUP).max(1);
        let mut searches = Vec::new();
        for group in literals.chunks(literals.len().div_ceil(groups).max(1)) {
            // Leftmost-first lets the automaton use its vectorised search.
            let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(group);
            searches.push(Search::Literals(builder.map_err(SieveError::Literals)?));
        }
        if !without.is_empty() {
            let regex = RegexBuilder::new(&without.join("|")).size_limit(MAX_PROGRAM).build();
            searches.push(Search::Pattern(regex.map_err(SieveError::Patterns)?));
        }
        Ok(Self { searches })
    }

    /// A place in the first line that may concern a rule: no line before it does.
    pub(crate) fn find(&self, block: &[u8]) -> Option<usize> {
        if let [search] = self.searches.as_slice() {
            return search.find(block);
        }
        let (mut from, mut size) = (0, PARTS.0);
        while let Some(rest) = block.get(from..).filter(|rest| !rest.is_empty()) {
            let part = rest.get(..line_end(rest, size)).unwrap_or(rest);
            if let Some(at) = self.first_of_all(part) {
                return Some(from + at);
            }
            from += part.len();
            size = (size * 4).min(PARTS.1);
        }
        None
    }

    fn first_of_all(&self, part: &[u8]) -> Option<usize> {
        let (mut first, mut until) = (None, part.len());
        for search in &self.searches {
            // Only an earlier line is of interest now.
            let Some(at) = part.get(..until).and_then(|part| search.find(part)) else { continue };
            first = Some(at);
            until = part.get(..at).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |end| end + 1);
        }
        first
    }
}

/// The end of the line in which a part of this size would end.
fn line_end(rest: &[u8], size: usize) -> usize {
    let behind = rest.get(size..).and_then(|behind| memchr::memchr(b'\n', behind));
    behind.map_or(rest.len(), |end| size + end + 1)
}

#[cfg(test)]
mod tests;
