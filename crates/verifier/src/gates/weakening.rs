//! Gate 1's second half: a patch may not make what is there weaker. Both texts are parsed and read for the same traits; what
//! the new one has less of, or newly has, is told. What only the behaviour can tell is left to the replays.

mod python;
mod rust;
mod sql;

use super::check::{Judged, Refusal};
use super::scope::{Evidence, Text};
use super::syntax::{Node, Parsed};
use std::collections::BTreeMap;

/// How much of a snippet is shown, characters.
const SHOWN: usize = 120;

/// What a text is read for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traits {
    /// Tests that run.
    pub tests: usize,
    /// Tests that do not.
    pub ignored: usize,
    /// Assertions.
    pub assertions: usize,
    /// Errors that nobody hears of, as snippets.
    pub swallowed: Vec<String>,
    /// Errors that the text itself makes and tells.
    pub errors: usize,
    /// Lines that it logs.
    pub logs: usize,
    /// Loops that end only well.
    pub endless: Vec<String>,
    /// Sleeps that are not between two attempts.
    pub sleeps: Vec<String>,
    /// Time-outs, milliseconds; without a limit: infinite.
    pub timeouts: Vec<f64>,
    /// The functions, each with the calls that do its work.
    pub functions: BTreeMap<String, Function>,
}

/// What a function does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Function {
    /// How many calls it makes.
    pub calls: usize,
    /// Whether it always returns before its work, or the work stands behind its end.
    pub cut_short: bool,
    /// Whether it ends with a literal whatever its work gave, and with nothing else.
    pub constant_end: bool,
}

impl Traits {
    /// Reads a text. `fallible` are names of calls that are known to fail: those of the old text.
    fn of(parsed: &Parsed, old: &Parsed) -> Self {
        match parsed.language().is_rust() {
            true => rust::read(parsed, &rust::fallible(old)),
            false => python::read(parsed),
        }
    }
}

fn compare(evidence: &Evidence<'_>, code: &'static str, weaker: impl Fn(&Traits, &Traits) -> Option<String>) -> Judged {
    for Text { path, old, new } in evidence.texts()? {
        if let Some(why) = weaker(&Traits::of(old, old), &Traits::of(new, old)) {
            return Err(Refusal::new(code, format!("{path:?}: {why}")));
        }
    }
    Ok(())
}

/// No test is gone or ignored, and nothing is asserted less.
pub fn tests_kept(evidence: &Evidence<'_>) -> Judged {
    compare(evidence, "tests_weakened", |old, new| {
        let counts = |of: &Traits| format!("{} tests, {} ignored, {} assertions", of.tests, of.ignored, of.assertions);
        let weaker = new.tests < old.tests || new.ignored > old.ignored || new.assertions < old.assertions;
        weaker.then(|| format!("{} where there were {}", counts(new), counts(old)))
    })
}

/// No error is newly swallowed.
pub fn errors_heard(evidence: &Evidence<'_>) -> Judged {
    compare(evidence, "error_swallowed", |old, new| {
        let added = added(&old.swallowed, &new.swallowed)?;
        Some(format!("an error is newly swallowed: {added}"))
    })
}

/// What marks a fault, and what is logged, stays.
pub fn markers_kept(evidence: &Evidence<'_>) -> Judged {
    for Text { path, old, new } in evidence.texts()? {
        for marker in evidence.markers.iter().filter(|marker| !marker.is_empty()) {
            let (before, after) = (mentions(old, marker), mentions(new, marker));
            if after < before {
                let why = format!("{path:?} names the marker {marker} {after} times, {before} before");
                return Err(Refusal::new("marker_removed", why));
            }
        }
    }
    compare(evidence, "marker_removed", |old, new| {
        (new.logs < old.logs).then(|| format!("{} lines are logged, {} before", new.logs, old.logs))
    })
}

/// What is told as an error is told still.
pub fn errors_told(evidence: &Evidence<'_>) -> Judged {
    compare(evidence, "error_removed", |old, new| {
        (new.errors < old.errors).then(|| format!("{} errors are told, {} before", new.errors, old.errors))
    })
}

/// No function's work is replaced by a constant.
pub fn work_done(evidence: &Evidence<'_>) -> Judged {
    compare(evidence, "constant_answer", |old, new| {
        let worked = old.functions.iter().filter(|(_, before)| before.calls > 0 && !before.cut_short);
        let idle = worked.filter_map(|(name, _)| Some((name, new.functions.get(name)?)));
        let mut idle = idle.filter(|(_, after)| after.calls == 0 || after.cut_short);
        let nothing =
            idle.next().map(|(name, _)| format!("the function {name} does nothing any more: it answers a constant"));
        let used = old.functions.iter().filter(|(_, before)| before.calls > 0 && !before.constant_end);
        let mut unused = used.filter(|(name, _)| new.functions.get(*name).is_some_and(|after| after.constant_end));
        let whatever =
            || unused.next().map(|(name, _)| format!("the function {name} answers a constant whatever its work gives"));
        nothing.or_else(whatever)
    })
}

/// No loop is newly without an end, and no sleep newly stands for a cure.
pub fn waits_bounded(evidence: &Evidence<'_>) -> Judged {
    compare(evidence, "unbounded_wait", |old, new| {
        let endless = added(&old.endless, &new.endless).map(|text| format!("a loop that ends only well: {text}"));
        endless.or_else(|| added(&old.sleeps, &new.sleeps).map(|text| format!("a sleep that cures nothing: {text}")))
    })
}

/// No time-out is raised.
pub fn timeouts_kept(evidence: &Evidence<'_>) -> Judged {
    compare(evidence, "timeout_raised", |old, new| {
        let longest = |of: &Traits| of.timeouts.iter().copied().fold(0.0, f64::max);
        let raised = !old.timeouts.is_empty() && longest(new) > longest(old);
        raised.then(|| format!("a time-out of {} ms where {} ms was the longest", longest(new), longest(old)))
    })
}

/// The first snippet that there is more of than before.
fn added<'a>(old: &[String], new: &'a [String]) -> Option<&'a str> {
    let is_new = |snippet: &&String| !old.contains(snippet);
    let more = new.len() > old.len();
    more.then(|| new.iter().find(is_new).or(new.first()).map(String::as_str)).flatten()
}

fn mentions(text: &Parsed, marker: &str) -> usize {
    let root = text.root();
    root.dfs().filter(|node| is_text(node)).map(|node| node.text().matches(marker).count()).sum()
}

/// Whether a node is a literal text, but not a part of one.
fn is_text(node: &Node<'_>) -> bool {
    matches!(&*node.kind(), "string_literal" | "raw_string_literal" | "string")
}

fn snippet(node: &Node<'_>) -> String {
    let text = node.text();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
}

/// Whether a node lies within another of some kinds, below a border that is not crossed.
fn is_within(node: &Node<'_>, kinds: &[&str], border: &[&str]) -> bool {
    let mut above = node.ancestors().take_while(|above| !border.contains(&&*above.kind()));
    above.any(|above| kinds.contains(&&*above.kind()))
}

/// Whether an expression names nothing: it is the same whatever happened before.
fn is_literal(node: &Node<'_>) -> bool {
    !node.dfs().any(|one| matches!(&*one.kind(), "identifier" | "field_expression" | "attribute" | "macro_invocation"))
}

/// The last word of a path, a field or a name: `a::b`, `a.b`, `b`.
fn last_word(text: &str) -> &str {
    text.rsplit(['.', ':']).next().unwrap_or_default().split(['<', '!']).next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests;
