//! One step through a block: whole lines without a hit are passed at once, only around a hit a line is split
//! out, a part of a line waits, and of an overlong line only the beginning is looked at. Pure.

use std::ops::Range;

/// How much of a line is looked at, bytes.
pub(crate) const MAX_SEEN: usize = 64 * 1024;

/// What is looked for.
pub(crate) trait Sift {
    /// A place in the first line of a block that may be a hit; no line before it is one.
    fn find(&self, block: &[u8]) -> Option<usize>;
    /// Whether a line really is one.
    fn concerns(&self, line: &[u8]) -> bool;
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// How many bytes of the block are done; 0 when more must be there first.
    pub(crate) used: usize,
    /// Whether what follows is the rest of an overlong line.
    pub(crate) skipping: bool,
    /// The line that is a hit (its beginning, if it is overlong), without its newline.
    pub(crate) line: Option<Range<usize>>,
    /// Whether that is only the line's beginning.
    pub(crate) cut: bool,
}

impl Step {
    fn pass(used: usize, skipping: bool) -> Self {
        Self { used, skipping, line: None, cut: false }
    }
}

/// Steps through a block that begins at a line's beginning, or in an overlong line when `skipping`. `last` says that
/// nothing will follow.
pub(crate) fn step(block: &[u8], skipping: bool, last: bool, sift: &impl Sift) -> Step {
    if skipping {
        return match memchr::memchr(b'\n', block) {
            Some(end) => Step::pass(end + 1, false),
            None => Step::pass(block.len(), !last),
        };
    }
    let whole = match memchr::memrchr(b'\n', block) {
        Some(end) => end + 1,
        None if last => block.len(),
        None if block.len() >= MAX_SEEN => return overlong(block, sift),
        None => return Step::pass(0, false),
    };
    let mut from = 0;
    while let Some(lines) = block.get(from..whole) {
        let Some(at) = sift.find(lines) else { break };
        let (before, after) = lines.split_at(at.min(lines.len()));
        let start = from + memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let end = memchr::memchr(b'\n', after).map_or(whole, |end| from + at + end);
        // What lies beyond the bound is never looked at, so that the judgement does not hang on how the block fell.
        let seen = end.min(start + MAX_SEEN);
        from = (end + 1).min(whole);
        if block.get(start..seen).is_some_and(|line| sift.concerns(line)) {
            return Step { used: from, skipping: false, line: Some(start..seen), cut: seen < end };
        }
        if from == whole {
            break;
        }
    }
    Step::pass(whole, false)
}

fn overlong(block: &[u8], sift: &impl Sift) -> Step {
    let seen = block.get(..MAX_SEEN).unwrap_or(block);
    let line = sift.concerns(seen).then_some(0..seen.len());
    Step { used: block.len(), skipping: true, cut: line.is_some(), line }
}

#[cfg(test)]
mod tests;
