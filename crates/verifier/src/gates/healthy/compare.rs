//! What differs between a new answer and several old ones, where these agree with each other.

use crate::gates::replay::Answer;
use serde_json::Value;
use std::collections::BTreeSet;

/// How much of a value is shown, characters.
const SHOWN: usize = 200;
/// How many differences of an answer are looked for.
const MOST: usize = 20;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: `status`, `content-type`, a JSON pointer, or `line 3`.
    pub field: String,
    /// What it was; redacted and bounded.
    pub old: String,
    /// What it is.
    pub new: String,
}

impl Difference {
    fn new(field: impl Into<String>, old: impl ToString, new: impl ToString) -> Self {
        let shown = |text: String| wire::redact(&text).chars().take(SHOWN).collect();
        Self { field: field.into(), old: shown(old.to_string()), new: shown(new.to_string()) }
    }
}

/// What differs between the new answer and the old ones; what differs among these is noise.
pub fn differences(old: &[Answer], new: &Answer) -> Vec<Difference> {
    let mut found = Vec::new();
    let Some(first) = old.first() else { return found };
    if new.status != first.status {
        let shown = |answer: &Answer| match (&answer.status, &answer.problem) {
            (Some(status), _) => status.to_string(),
            (None, problem) => problem.clone().unwrap_or_else(|| "no answer".into()),
        };
        return vec![Difference::new("status", shown(first), shown(new))];
    }
    let kind = |answer: &Answer| answer.content_type.clone().unwrap_or_else(|| "none".into());
    if old.iter().all(|one| kind(one) == kind(first)) && kind(new) != kind(first) {
        found.push(Difference::new("content-type", kind(first), kind(new)));
    }
    let bodies: Option<Vec<&Value>> = old.iter().map(|answer| answer.body.as_ref()).collect();
    match bodies {
        Some(bodies) => match &new.body {
            Some(body) => members("", &bodies, body, &mut found),
            None => found.push(Difference::new("body", "JSON", &new.text)),
        },
        None => lines(&old.iter().map(|answer| answer.text.as_str()).collect::<Vec<_>>(), &new.text, &mut found),
    }
    found
}

fn members(at: &str, old: &[&Value], new: &Value, found: &mut Vec<Difference>) {
    let Some(first) = old.first().filter(|_| found.len() < MOST) else { return };
    if let Some(objects) = old.iter().map(|value| value.as_object()).collect::<Option<Vec<_>>>() {
        let Some(after) = new.as_object() else { return found.push(Difference::new(at, first, new)) };
        let names: BTreeSet<&String> = objects.iter().flat_map(|object| object.keys()).chain(after.keys()).collect();
        for name in names {
            let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            let before: Vec<&Value> = objects.iter().filter_map(|object| object.get(name)).collect();
            match (before.as_slice(), after.get(name)) {
                ([], Some(new)) => found.push(Difference::new(at, "absent", new)),
                (before, Some(new)) if before.len() == objects.len() => members(&at, before, new, found),
                ([one, ..], None) if before.len() == objects.len() => found.push(Difference::new(at, one, "absent")),
                // There in some of the old answers only.
                _ => {}
            }
        }
    } else if let Some(lists) = old.iter().map(|value| value.as_array()).collect::<Option<Vec<_>>>() {
        let length = lists.first().map_or(0, |list| list.len());
        if lists.iter().any(|list| list.len() != length) {
            return;
        }
        let Some(after) = new.as_array() else { return found.push(Difference::new(at, first, new)) };
        if after.len() != length {
            return found.push(Difference::new(format!("{at} (length)"), length, after.len()));
        }
        for (index, new) in after.iter().enumerate() {
            let before: Vec<&Value> = lists.iter().filter_map(|list| list.get(index)).collect();
            members(&format!("{at}/{index}"), &before, new, found);
        }
    } else if old.iter().all(|value| value == first) && new != *first {
        found.push(Difference::new(if at.is_empty() { "body" } else { at }, first, new));
    }
}

fn lines(old: &[&str], new: &str, found: &mut Vec<Difference>) {
    let texts: Vec<Vec<&str>> = old.iter().map(|text| text.lines().collect()).collect();
    let count = texts.first().map_or(0, Vec::len);
    if texts.iter().any(|lines| lines.len() != count) {
        return;
    }
    let after: Vec<&str> = new.lines().collect();
    if after.len() != count {
        return found.push(Difference::new("body (lines)", count, after.len()));
    }
    for (index, new) in after.into_iter().enumerate().take_while(|(index, _)| *index < count) {
        let mut before = texts.iter().filter_map(|lines| lines.get(index));
        let Some(first) = before.next() else { continue };
        if before.all(|line| line == first) && new != *first && found.len() < MOST {
            found.push(Difference::new(format!("line {}", index + 1), first, new));
        }
    }
}
