//! How alike a template and a line are. Pure.

use crate::mask::ANY;

/// What a place costs in which the template is open already.
const OPEN: f64 = 0.25;

/// How alike they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Likeness {
    /// The share of the template's words that the line has, too.
    pub(crate) share: f64,
    /// Whether the line differs only where the template is open.
    pub(crate) covered: bool,
}

/// Compares as many words as the template has; `None` when they say different things: when they begin with different words,
/// or one ordinary word stands where another does.
pub(crate) fn likeness<'w>(template: &[Box<str>], words: impl Iterator<Item = &'w str>) -> Option<Likeness> {
    let (mut equal, mut all, mut covered) = (0.0, 0.0, true);
    for (index, (mine, other)) in template.iter().map(AsRef::as_ref).zip(words).enumerate() {
        match (mine == ANY, other == ANY) {
            (true, true) => {}
            (true, false) => all += OPEN,
            (false, true) => {
                all += 1.0;
                covered = false;
            }
            _ if mine == other => {
                equal += 1.0;
                all += 1.0;
            }
            _ if index == 0 || (is_prose(mine) && is_prose(other)) => return None,
            _ => {
                all += 1.0;
                covered = false;
            }
        }
    }
    // What is open everywhere is alike to what is open everywhere only.
    let share = if all == 0.0 { 1.0 } else { equal / all };
    Some(Likeness { share, covered: covered && share > 0.0 })
}

/// Whether a word is one of a language: letters, perhaps with punctuation around them.
pub(crate) fn is_prose(word: &str) -> bool {
    let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
    !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether a word is the name of a state, such as `RUNNING`: those are what a line is about.
pub(crate) fn is_state(word: &str) -> bool {
    let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
    inner.len() > 1 && inner.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Whether a template still says something.
pub(crate) fn says_something<'w>(mut words: impl Iterator<Item = &'w str>) -> bool {
    words.any(|word| word.replace(ANY, "").chars().any(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, line: &str, expected: Option<(f64, bool)>) {
        let template: Vec<Box<str>> = template.split(' ').map(Box::from).collect();
        let found = likeness(&template, line.split(' ')).map(|found| (found.share, found.covered));
        assert_eq!(found, expected, "{template:?} {line}");
    }

    #[test]
    fn what_differs_in_prose_says_something_else() {
        check("disk sda1.x is full", "disk sda1.x is empty", None);
        check("disk sda1.x is full", "disk nvme-0.p is full", Some((0.75, false)));
        check("open of <*> failed", "close of <*> failed", None);
        check("<*> <*>", "ann left", Some((0.0, false)));
        check("<*> <*>", "<*> <*>", Some((1.0, true)));
        check("session of <*> ended", "session of ann ended", Some((3.0 / 3.25, true)));
    }
}
