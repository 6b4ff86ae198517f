//! Nodes as the text of a pattern or a fix, with their holes. Pure.

use crate::distil::holes::Holes;
use crate::syntax::{Source, Term};
use std::collections::BTreeMap;

/// Which of the two texts is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

/// How holes are written.
pub(crate) trait Write {
    /// One that is named.
    fn one(&self, name: &str) -> String;
    /// Any number.
    fn many(&self, name: &str) -> String;
    /// Whether a node is written as something else altogether.
    fn instead(&self, _term: &Term) -> Option<String> {
        None
    }
}

/// The text of nodes that follow each other, with holes, without comments, as if it began a line.
pub(crate) fn render(source: &Source, terms: &[&Term], side: Side, holes: &Holes, write: &impl Write) -> String {
    let (Some(first), Some(last)) = (terms.first(), terms.last()) else { return String::new() };
    let (start, end) = (first.range.start, last.range.end);
    let mut edits: BTreeMap<usize, (usize, String)> = BTreeMap::new();
    for term in terms {
        collect(term, None, side, holes, write, &mut edits);
    }
    for comment in source.comments.iter().filter(|comment| comment.start >= start && comment.end <= end) {
        edits.entry(comment.start).or_insert((comment.end, String::new()));
    }
    let (mut text, mut reached) = (String::new(), start);
    for (from, (to, new)) in edits {
        if from >= reached {
            text.push_str(source.slice(reached..from));
            text.push_str(&new);
            reached = to;
        }
    }
    text.push_str(source.slice(reached..end));
    dedented(&text, indent(source, start))
}

fn collect(
    term: &Term,
    parent: Option<&Term>,
    side: Side,
    holes: &Holes,
    write: &impl Write,
    edits: &mut BTreeMap<usize, (usize, String)>,
) {
    let hole = holes.hole(term, parent).map(|name| write.one(name)).or_else(|| write.instead(term));
    if let Some(new) = hole {
        edits.insert(term.range.start, (term.range.end, new));
        return;
    }
    let mut reached = 0;
    for child in &term.children {
        if let Some((end, name)) = holes.list_at(term, child, side) {
            reached = end;
            edits.insert(child.range.start, (reached, write.many(name)));
        } else if child.range.start >= reached {
            collect(child, Some(term), side, holes, write, edits);
        }
    }
}

fn indent(source: &Source, at: usize) -> usize {
    let before = source.slice(0..at);
    let line = before.rfind('\n').map_or(before, |end| before.get(end + 1..).unwrap_or_default());
    line.len() - line.trim_start().len()
}

fn dedented(text: &str, indent: usize) -> String {
    let lines = text.lines().enumerate().filter_map(|(number, line)| {
        let blank = line.bytes().take(indent).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let line = if number == 0 { line } else { line.get(blank..).unwrap_or_default() };
        (!line.trim().is_empty()).then_some(line.trim_end())
    });
    lines.collect::<Vec<_>>().join("\n")
}
