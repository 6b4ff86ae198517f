//! A patch taken apart into its hunks, and put together from some of them. Pure.

use crate::gates::scope::Change;
use git2::{DiffOptions, Patch};
use std::collections::BTreeSet;

/// Changed lines that are not further apart than this are one hunk.
const TOGETHER: u32 = 2;

/// One hunk of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk {
    /// The number of the file.
    file: usize,
    /// Where the old lines begin, from 0.
    start: usize,
    /// How many there are.
    lines: usize,
    /// What stands in their place.
    new: String,
}

/// The hunks of some changes, in order.
pub(super) fn take_apart(changes: &[Change]) -> Result<Vec<Hunk>, git2::Error> {
    let mut hunks = Vec::new();
    for (file, change) in changes.iter().enumerate() {
        let (old, new) = (change.old.as_deref().unwrap_or_default(), change.new.as_deref().unwrap_or_default());
        let mut options = DiffOptions::new();
        options.context_lines(0).interhunk_lines(TOGETHER);
        let patch = Patch::from_buffers(old.as_bytes(), None, new.as_bytes(), None, Some(&mut options))?;
        for at in 0..patch.num_hunks() {
            let (about, count) = patch.hunk(at)?;
            let (first, lines) = (about.old_start() as usize, about.old_lines() as usize);
            // A hunk that only adds names the line before it.
            let start = if lines == 0 { first } else { first.saturating_sub(1) };
            let mut new = String::new();
            for line in 0..count {
                let line = patch.line_in_hunk(at, line)?;
                if matches!(line.origin(), '+' | ' ') {
                    new.push_str(&String::from_utf8_lossy(line.content()));
                }
            }
            hunks.push(Hunk { file, start, lines, new });
        }
    }
    Ok(hunks)
}

/// The texts of the files with only those hunks that are kept: path, text, and whether it can be executed.
pub(super) fn put_together(changes: &[Change], hunks: &[Hunk], kept: &BTreeSet<usize>) -> Vec<(String, String, bool)> {
    let text = |(file, change): (usize, &Change)| {
        let old: Vec<&str> = change.old.as_deref().unwrap_or_default().split_inclusive('\n').collect();
        let (mut text, mut done) = (String::new(), 0);
        let mine = hunks.iter().enumerate().filter(|(number, hunk)| hunk.file == file && kept.contains(number));
        for (_, hunk) in mine {
            text.extend(old.get(done..hunk.start).unwrap_or_default().iter().copied());
            text.push_str(&hunk.new);
            done = hunk.start + hunk.lines;
        }
        text.extend(old.get(done..).unwrap_or_default().iter().copied());
        (change.path.clone(), text, change.executable())
    };
    changes.iter().enumerate().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::scope::Kind;

    fn change(old: &str, new: &str) -> Change {
        let (old, new) = (Some(old.to_owned()), Some(new.to_owned()));
        Change { path: "f".into(), kind: Kind::Modified, old_mode: 0o100_644, new_mode: 0o100_644, old, new }
    }

    #[test]
    fn any_hunks_can_be_left_out() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
        let changes = [change(old, "0\na\nb\nc\nD\ne\nf\ng\nh\n")];
        let hunks = take_apart(&changes).expect("hunks");
        assert_eq!(hunks.len(), 3, "{hunks:?}");
        let with = |kept: &[usize]| put_together(&changes, &hunks, &kept.iter().copied().collect())[0].1.clone();
        assert_eq!(with(&[]), old);
        assert_eq!(with(&[0]), "0\na\nb\nc\nd\ne\nf\ng\nh\ni\n");
        assert_eq!(with(&[1]), "a\nb\nc\nD\ne\nf\ng\nh\ni\n");
        assert_eq!(with(&[0, 2]), "0\na\nb\nc\nd\ne\nf\ng\nh\n");
        assert_eq!(Some(with(&[0, 1, 2])), changes[0].new);
    }

    #[test]
    fn a_last_line_without_an_end_stays_so() {
        for (old, new) in [("a\nb", "a\nc"), ("a\nb\n", "a\nb"), ("a", ""), ("", "a\n")] {
            let changes = [change(old, new)];
            let hunks = take_apart(&changes).expect("hunks");
            let all = (0..hunks.len()).collect();
            assert_eq!(put_together(&changes, &hunks, &all)[0].1, new);
            assert_eq!(put_together(&changes, &hunks, &BTreeSet::new())[0].1, old);
        }
    }
}
