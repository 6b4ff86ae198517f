//! Which lines go with a detection: those of the same request or trace first, then the nearest. Pure.

use crate::recognise::safe;
use memchr::memmem;

/// How many bytes before and after a fault's line are looked at.
pub(crate) const BYTES_BACK: usize = 64 * 1024;
pub(crate) const BYTES_AHEAD: usize = 8 * 1024;
/// Bound of one line of context, bytes.
const MAX_CONTEXT_LINE: usize = 1024;
/// How many lines back one of the same request is looked for.
const LOOK_BACK: usize = 400;
/// How many of the following lines are looked at, as far as they are there already.
const LOOK_AHEAD: usize = 5;

/// Chooses from the bytes before and after a line, without secrets. `before` ends with the newline that ends the line before;
/// `whole` says that it begins with a whole line.
pub(crate) fn choose(before: &[u8], whole: bool, after: &[u8], ties: &[String], limit: usize) -> Vec<String> {
    let mut back: Vec<&[u8]> = before.rsplit(|b| *b == b'\n').collect();
    if !whole {
        back.pop();
    }
    let ended = memchr::memrchr(b'\n', after).map_or(&[][..], |end| after.get(..end).unwrap_or_default());
    // Nearest first: the lines before, going back, then the few that follow.
    let back = back.into_iter().filter(|line| !line.is_empty()).take(LOOK_BACK).enumerate();
    let ahead = ended.split(|b| *b == b'\n').filter(|line| !line.is_empty()).take(LOOK_AHEAD).enumerate();
    let nearest: Vec<(isize, &[u8])> = back
        .map(|(i, line)| (-1 - isize::try_from(i).unwrap_or(isize::MAX), line))
        .chain(ahead.map(|(i, line)| (isize::try_from(i).unwrap_or(isize::MAX), line)))
        .collect();
    let is_tied = |line: &[u8]| ties.iter().any(|tie| memmem::find(line, tie.as_bytes()).is_some());
    let (mut tied, mut others): (Vec<_>, Vec<_>) = nearest.into_iter().partition(|(_, line)| is_tied(line));
    tied.truncate(limit);
    others.truncate(limit - tied.len());
    tied.sort_by_key(|(place, _)| *place);
    others.sort_by_key(|(place, _)| *place);
    let text = |(_, line): (isize, &[u8])| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.get(..MAX_CONTEXT_LINE * 4).unwrap_or(line);
        safe(&String::from_utf8_lossy(line), MAX_CONTEXT_LINE)
    };
    tied.into_iter().chain(others).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, whole: bool, after: &str, ties: &[&str], limit: usize, expected: &[&str]) {
        let ties: Vec<String> = ties.iter().map(|t| (*t).to_owned()).collect();
        assert_eq!(choose(before.as_bytes(), whole, after.as_bytes(), &ties, limit), expected);
    }

    #[test]
    fn lines_of_the_same_request_come_first_then_the_nearest_in_their_order() {
        check("r1 a\nx\nr1 b\ny\nz\n", true, "w\nr1 c\npart", &["r1"], 5, &["r1 a", "r1 b", "r1 c", "y", "z"]);
        check("a\nb\nc\n", true, "d\n", &[], 2, &["b", "c"]);
        check("a\nb\n", true, "d\ne\n", &[], 9, &["a", "b", "d", "e"]);
    }

    #[test]
    fn half_lines_at_the_edges_are_left_out() {
        check("rest of a line\nb\n", false, "half", &[], 9, &["b"]);
        check("", true, "", &[], 9, &[]);
        check("no newline before", false, "", &[], 9, &[]);
    }

    #[test]
    fn the_size_is_bounded_whatever_the_lines_are() {
        let long = format!("{}\n", "ä".repeat(100_000)).repeat(3);
        let chosen = choose(long.as_bytes(), true, b"", &[], 2);
        assert_eq!(chosen.iter().map(String::len).collect::<Vec<_>>(), [MAX_CONTEXT_LINE; 2]);
        assert!(choose(b"a\nb\n", true, b"c\n", &["a".into()], 0).is_empty());
    }
}
