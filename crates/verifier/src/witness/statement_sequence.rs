//! One transaction of a replay in which statements were completed in a given order and within given bounds. Pure.

use super::log_entries::Entry;
use regex::{Captures, Regex};
use std::collections::BTreeMap;
use wire::target::StatementStep;

/// How much of a statement is shown, characters.
const SHOWN: usize = 200;

/// What is looked for.
#[derive(Debug)]
pub struct Sequence {
    steps: Vec<(Regex, StatementStep)>,
    forbidden: Vec<Regex>,
}

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many transactions hold the whole sequence.
    pub transactions: u64,
    /// The statements of the first that does; else what kept the others from it.
    pub sample: Vec<String>,
}

impl Sequence {
    /// None when an expression is not one.
    pub fn of(steps: &[StatementStep], forbidden: &[String]) -> Option<Self> {
        let with_regex = |step: &StatementStep| Some((Regex::new(&step.statement).ok()?, step.clone()));
        let steps = steps.iter().map(with_regex).collect::<Option<_>>()?;
        let forbidden = forbidden.iter().map(|text| Regex::new(text).ok()).collect::<Option<_>>()?;
        Some(Self { steps, forbidden })
    }

    /// Looks through completed statements, in the order of the log. `most` bounds the sample.
    pub fn find(&self, entries: &[Entry], most: usize) -> Found {
        let mut transactions: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            if let Some(transaction) = &entry.transaction {
                transactions.entry(transaction).or_default().push(entry);
            }
        }
        let judged: Vec<_> = transactions.values().map(|entries| self.holds(entries)).collect();
        let whole = judged.iter().filter(|judged| judged.is_ok()).count();
        let sample = match judged.iter().flatten().next() {
            Some(matched) => matched.clone(),
            None => judged.into_iter().filter_map(Result::err).collect(),
        };
        Found { transactions: whole as u64, sample: sample.into_iter().take(most).collect() }
    }

    /// The statements of one transaction that make up the sequence, or why they do not.
    fn holds(&self, entries: &[&Entry]) -> Result<Vec<String>, String> {
        for entry in entries {
            if entry.failed {
                return Err(format!("failed: {}", shown(entry)));
            }
            if self.forbidden.iter().any(|pattern| pattern.is_match(&entry.sql)) {
                return Err(format!("forbidden: {}", shown(entry)));
            }
            let spoils = |(regex, step): &&(Regex, StatementStep)| !within(regex, step, &entry.sql);
            if let Some((_, step)) = self.steps.iter().find(spoils) {
                return Err(format!("out of bounds ({}): {}", bounds(step), shown(entry)));
            }
        }
        let mut left = entries.iter();
        let mut matched = Vec::new();
        for (at, (regex, step)) in self.steps.iter().enumerate() {
            let least = step.completed_at_least_ms.unwrap_or(0) as f64;
            let fits = |entry: &&&Entry| regex.is_match(&entry.sql) && entry.took_ms >= least;
            let Some(entry) = left.find(fits) else {
                let (number, of) = (at + 1, self.steps.len());
                return Err(format!(
                    "step {number} of {of} was not completed in a transaction of {} statements",
                    entries.len()
                ));
            };
            matched.push(shown(entry));
        }
        Ok(matched)
    }
}

/// Whether everything that a statement says of a bounded value is in bounds. What does not match says nothing.
fn within(regex: &Regex, step: &StatementStep, sql: &str) -> bool {
    !step.is_bounded()
        || regex.captures_iter(sql).all(|captures| {
            milliseconds(&captures).is_some_and(|value| {
                step.above_ms.is_none_or(|bound| value > bound as f64)
                    && step.at_most_ms.is_none_or(|bound| value <= bound as f64)
            })
        })
}

/// The captured value; PostgreSQL's units of time, and none is milliseconds.
fn milliseconds(captures: &Captures<'_>) -> Option<f64> {
    let value: f64 = captures.name("value")?.as_str().parse().ok()?;
    let factor = match captures.name("unit").map_or("ms", |unit| unit.as_str()) {
        "us" => 0.001,
        "" | "ms" => 1.0,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    Some(value * factor)
}

fn bounds(step: &StatementStep) -> String {
    let above = step.above_ms.map(|bound| format!("above {bound} ms"));
    let at_most = step.at_most_ms.map(|bound| format!("at most {bound} ms"));
    above.into_iter().chain(at_most).collect::<Vec<_>>().join(", ")
}

fn shown(entry: &Entry) -> String {
    let sql: String = entry.sql.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
    format!("{:.1} ms: {sql}", entry.took_ms)
}

#[cfg(test)]
mod tests;
