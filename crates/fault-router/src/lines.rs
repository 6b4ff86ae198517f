//! One step through a block: whole lines without a literal are passed at once, only around a hit a line is split
//! out, a part of a line waits, and of an overlong line only the beginning is looked at. Pure.

use std::ops::Range;

/// How much of a line is looked at, bytes.
pub(crate) const MAX_SEEN: usize = 64 * 1024;

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// How many bytes of the block are done; 0 when more must be there first.
    pub(crate) used: usize,
    /// Whether what follows is the rest of an overlong line.
    pub(crate) skipping: bool,
    /// The line that holds a literal (its beginning, if it is overlong), without its newline.
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
/// nothing will follow. `find` tells where the first literal begins.
pub(crate) fn step(block: &[u8], skipping: bool, last: bool, find: impl Fn(&[u8]) -> Option<usize>) -> Step {
    if skipping {
        return match memchr::memchr(b'\n', block) {
            Some(end) => Step::pass(end + 1, false),
            None => Step::pass(block.len(), !last),
        };
    }
    let whole = match memchr::memrchr(b'\n', block) {
        Some(end) => end + 1,
        None if last => block.len(),
        None if block.len() >= MAX_SEEN => return overlong(block, find),
        None => return Step::pass(0, false),
    };
    let lines = block.get(..whole).unwrap_or_default();
    let Some(at) = find(lines) else { return Step::pass(whole, false) };
    let (before, after) = lines.split_at(at.min(lines.len()));
    let start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    let (end, used) = memchr::memchr(b'\n', after).map_or((whole, whole), |i| (at + i, at + i + 1));
    let seen = end.min(start + MAX_SEEN);
    // What lies beyond the bound is never looked at, so that the judgement does not hang on how the block fell.
    let line = find(lines.get(start..seen).unwrap_or_default()).map(|_| start..seen);
    Step { used, skipping: false, cut: line.is_some() && seen < end, line }
}

fn overlong(block: &[u8], find: impl Fn(&[u8]) -> Option<usize>) -> Step {
    let seen = block.get(..MAX_SEEN).unwrap_or(block);
    let line = find(seen).map(|_| 0..seen.len());
    Step { used: block.len(), skipping: true, cut: line.is_some(), line }
}

#[cfg(test)]
mod tests;
