//! What every match of a pattern must hold, so that lines without it need no regular expression. Pure.

use regex_syntax::hir::literal::{Extractor, Literal, Seq};
use regex_syntax::hir::{Hir, HirKind};

/// A literal shorter than this stands in too many lines.
const SHORTEST: usize = 3;
/// More than so many alternatives of one pattern are not worth it.
const MOST: usize = 16;
/// Beyond this a literal does not get better.
const ENOUGH: usize = 8;
/// How many bytes of a literal the vectorised search looks at first.
const PROBED: usize = 4;

/// Literals of which each match holds at least one; `None` when there are none that are worth it.
pub(crate) fn required(pattern: &str) -> Option<Vec<Vec<u8>>> {
    let literals = best(&parsed(pattern)?)?;
    Some(literals.iter().map(|literal| from_rarest(literal)).collect())
}

/// The pattern without its anchors and boundaries, which mean another thing in a block than in a line; it matches
/// wherever the pattern would, and perhaps elsewhere.
pub(crate) fn relaxed(pattern: &str) -> String {
    parsed(pattern).map_or_else(|| pattern.to_owned(), |hir| without_looks(&hir).to_string())
}

fn parsed(pattern: &str) -> Option<Hir> {
    regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern).ok()
}

fn best(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => worth(vec![literal.0.to_vec()]),
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Alternation(branches) => {
            let found: Option<Vec<_>> = branches.iter().map(best).collect();
            found.and_then(|found| worth(found.concat())).or_else(|| prefixes(hir.clone()))
        }
        HirKind::Concat(parts) => {
            let own = parts.iter().filter_map(best);
            let joined = (0..parts.len()).filter_map(|i| prefixes(Hir::concat(parts.get(i..)?.to_vec())));
            own.chain(joined).max_by_key(|literals| (quality(literals), std::cmp::Reverse(literals.len())))
        }
        _ => prefixes(hir.clone()),
    }
}

/// What every match begins with.
fn prefixes(hir: Hir) -> Option<Vec<Vec<u8>>> {
    let mut sequence: Seq = Extractor::new().limit_class(4).limit_total(4 * MOST).extract(&without_looks(&hir));
    for keep in [64, 8, 6, 5, 4, SHORTEST] {
        sequence.keep_first_bytes(keep);
        sequence.dedup();
        if sequence.len().is_none_or(|count| count <= MOST) {
            break;
        }
    }
    worth(sequence.literals()?.iter().map(|literal: &Literal| literal.as_bytes().to_vec()).collect())
}

fn worth(literals: Vec<Vec<u8>>) -> Option<Vec<Vec<u8>>> {
    let fits = !literals.is_empty() && literals.len() <= MOST;
    // A literal with a line break is none of a line.
    let good = literals.iter().all(|literal| literal.len() >= SHORTEST && !literal.contains(&b'\n'));
    (fits && good).then_some(literals)
}

fn quality(literals: &[Vec<u8>]) -> usize {
    literals.iter().map(Vec::len).min().unwrap_or(0).min(ENOUGH)
}

/// The literal from its rarest part on: a vectorised search looks at the first bytes, and stops seldom at rare ones.
fn from_rarest(literal: &[u8]) -> Vec<u8> {
    let weight = |part: &[u8]| part.iter().copied().map(commonness).sum::<u32>();
    let parts = literal.windows(PROBED).enumerate();
    let start = parts.min_by_key(|(_, part)| weight(part)).map_or(0, |(start, _)| start);
    literal.get(start..).unwrap_or(literal).to_vec()
}

/// How often a byte stands in logs, roughly.
fn commonness(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b't' | b'a' | b'o' | b'n' | b'i' | b'r' | b's' | b'0'..=b'2' => 10,
        b'd' | b'l' | b'h' | b'c' | b'u' | b'm' | b'p' | b'"' | b':' | b'.' | b'-' | b'3'..=b'9' => 7,
        b'a'..=b'z' | b'/' | b',' | b'_' | b'=' => 4,
        b'A'..=b'Z' => 2,
        _ => 1,
    }
}

fn without_looks(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Repetition(repetition) => {
            let sub = Box::new(without_looks(&repetition.sub));
            Hir::repetition(regex_syntax::hir::Repetition { sub, ..repetition.clone() })
        }
        HirKind::Capture(capture) => without_looks(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_looks).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(without_looks).collect()),
        _ => hir.clone(),
    }
}
