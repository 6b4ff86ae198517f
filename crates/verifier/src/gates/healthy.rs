//! Gate 4: what the old version answered finely, the new one answers alike. The old version was asked several times: what
//! differs between its own answers is noise, and is not compared.

mod compare;

pub use compare::{Difference, differences};

use super::check::{Checks, Judge, Judged, Refusal};
use super::replay::Answer;
use super::{passed, refused};
use serde_json::{Value, json};
use wire::target::Request;
use wire::verification::{Gate, GateReport};

/// How many requests, and how many differences of each, the evidence names.
const SHOWN: (usize, usize) = (40, 5);
/// From this status on an answer is not fine.
const NOT_FINE: u16 = 500;

/// One request, and how it was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// The old version's answers; each by a process of its own.
    pub old: Vec<Answer>,
    /// The new version's answer.
    pub new: Answer,
}

impl Exchange {
    /// Why it is not compared.
    pub fn skipped(&self) -> Option<String> {
        let Some(first) = self.old.first() else { return Some("the old version was not asked".into()) };
        match first.status {
            None => Some(format!("the old version gave no answer: {}", first.problem.as_deref().unwrap_or("unknown"))),
            Some(status) if status >= NOT_FINE => Some(format!("the old version answers {status}")),
            Some(_) if self.old.len() < 2 => Some("the old version was asked only once".into()),
            Some(_) if self.old.iter().any(|old| old.status != first.status) => {
                Some("the old version answers it now so, now so".into())
            }
            Some(_) => None,
        }
    }

    fn name(&self) -> String {
        name(&self.request)
    }
}

/// A request's name in the evidence.
pub fn name(request: &Request) -> String {
    wire::redact(&format!("{} {}", request.method, request.path)).into_owned()
}

/// What was gathered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The requests that were made.
    pub exchanges: Vec<Exchange>,
    /// What was not asked, and why.
    pub skipped: Vec<(String, String)>,
    /// Why the old version could not be asked at all.
    pub problem: Option<String>,
}

impl Evidence {
    /// What differs, by the request.
    pub fn changed(&self) -> Vec<(String, Vec<Difference>)> {
        let compared = self.exchanges.iter().filter(|exchange| exchange.skipped().is_none());
        let differ = compared.map(|one| (one.name(), differences(&one.old, &one.new)));
        differ.filter(|(_, differences)| !differences.is_empty()).collect()
    }

    fn compared(&self) -> usize {
        self.exchanges.iter().filter(|exchange| exchange.skipped().is_none()).count()
    }

    fn told(&self) -> Value {
        let not_compared = self.exchanges.iter().filter_map(|one| Some((one.name(), one.skipped()?)));
        let skipped: Vec<Value> = not_compared
            .chain(self.skipped.iter().cloned())
            .take(SHOWN.0)
            .map(|(request, why)| json!({ "request": request, "why": why }))
            .collect();
        let compared = self.exchanges.iter().filter(|one| one.skipped().is_none()).take(SHOWN.0);
        let compared: Vec<Value> = compared
            .map(|one| json!({ "request": one.name(), "status": one.new.status, "old_answers": one.old.len() }))
            .collect();
        let changed: Vec<Value> = self
            .changed()
            .into_iter()
            .take(SHOWN.0)
            .map(|(request, differences)| json!({ "request": request, "fields": fields(&differences) }))
            .collect();
        json!({ "compared": compared, "skipped": skipped, "changed": changed })
    }
}

fn fields(differences: &[Difference]) -> Vec<Value> {
    let one = |difference: &Difference| {
        let Difference { field, old, new } = difference;
        json!({ "field": field, "old": old, "new": new })
    };
    differences.iter().take(SHOWN.1).map(one).collect()
}

/// The gate's report.
pub fn report(checks: &Checks, evidence: &Evidence) -> GateReport {
    match checks.walk(|judge| if let Judge::Healthy(judge) = judge { Some(judge(evidence)) } else { None }) {
        Err(refusal) => refused(Gate::Healthy, refusal, evidence.told()),
        Ok(()) => {
            let why = format!("{} requests that were fine are answered as before", evidence.compared());
            passed(Gate::Healthy, why, evidence.told())
        }
    }
}

/// Nothing that was fine is answered otherwise.
pub fn unchanged(evidence: &Evidence) -> Judged {
    if let Some(problem) = &evidence.problem {
        return Err(Refusal::unverified(problem.clone()));
    }
    if evidence.compared() == 0 {
        let why = "there is nothing to compare: name `[healthy] requests` that the target answers finely";
        return Err(Refusal::unverified(why));
    }
    let changed = evidence.changed();
    let Some((request, Difference { field, old, new })) =
        changed.first().and_then(|(request, differences)| Some((request, differences.first()?)))
    else {
        return Ok(());
    };
    let why = format!("{request} was fine and is answered otherwise: {field} was {old} and is {new}");
    Err(Refusal::new("healthy_changed", why))
}

#[cfg(test)]
mod tests;
