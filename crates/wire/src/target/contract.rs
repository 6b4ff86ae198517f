//! Contracts: what a route that was broken must do to count as healed, with evidence from the server's side.
//!
//! A running instance (green, live) is asked the contract's `request` and must give one of its right `answers`; for a
//! fault that comes and goes the `sequential` test decides. A candidate in the sandbox goes through the `cases`, in which
//! the verifier itself plays the services around it (`doubles`); without cases it is judged like a running instance.

mod answer;
mod case;
mod check;
mod sequential;
mod witness;

pub use answer::Expectation;
pub use case::{Behaviour, Calls, Case, Double, NONCE, Play};
pub use sequential::Sequential;
pub use witness::{StatementStep, Witness};

use crate::FaultCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The contract of a fault's route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Contract {
    /// Whose.
    pub fault: FaultCode,
    /// Where replays may be made. Without permission to replay live an incident closes as mitigated, never resolved.
    pub replay: ReplayPermission,
    /// The request that failed.
    pub request: Request,
    /// The right answers of a running instance: the first that fits counts, with its own witnesses; none fits = broken.
    pub answers: Vec<Expectation>,
    /// How a fault that comes and goes is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequential: Option<Sequential>,
    /// Services that the verifier plays for a candidate in the sandbox.
    pub doubles: Vec<Double>,
    /// What a candidate in the sandbox must do, in this order; all must hold.
    pub cases: Vec<Case>,
}

impl Contract {
    /// How long a replay against a running instance may take at most, all its requests together, milliseconds.
    pub fn limit_ms(&self) -> u64 {
        let times = self.sequential.as_ref().map_or(1, |test| test.at_most);
        longest(&self.answers).saturating_mul(times)
    }

    /// Every answer, its cases' included.
    pub fn expectations(&self) -> impl Iterator<Item = &Expectation> {
        self.answers.iter().chain(self.cases.iter().flat_map(|case| &case.answers))
    }

    /// Whether the contract holds together.
    pub(super) fn check(&self) -> Result<(), String> {
        check::contract(self).map_err(|why| format!("the contract of {}: {why}", self.fault))
    }
}

/// The longest deadline of some alternatives, milliseconds: so long is waited for an answer.
pub fn longest(answers: &[Expectation]) -> u64 {
    answers.iter().map(|answer| answer.deadline_ms).max().unwrap_or(0)
}

/// Where replays may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayPermission {
    /// Nowhere.
    Never,
    /// Only with scratch services.
    #[default]
    Scratch,
    /// Also on live.
    Live,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The method, upper case.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub body: String,
}

/// A contract as it is written: `expect` with `witnesses` is the short form of one answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    fault: FaultCode,
    #[serde(default)]
    replay: ReplayPermission,
    request: Request,
    expect: Option<Expectation>,
    #[serde(default)]
    witnesses: Vec<Witness>,
    #[serde(default)]
    answers: Vec<Expectation>,
    sequential: Option<Sequential>,
    #[serde(default)]
    doubles: Vec<Double>,
    #[serde(default)]
    cases: Vec<Case>,
}

impl TryFrom<Written> for Contract {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        let Written { fault, replay, request, expect, witnesses, answers, sequential, doubles, cases } = written;
        let answers = match (expect, answers) {
            (Some(_), answers) if !answers.is_empty() => {
                return Err(format!("the contract of {fault} has `expect` and `answers`: put all into `answers`"));
            }
            (Some(mut only), _) => {
                only.witnesses.extend(witnesses);
                vec![only]
            }
            (None, _) if !witnesses.is_empty() => {
                let right = "`witnesses` belong to `expect`; with `answers` each answer has its own";
                return Err(format!("the contract of {fault}: {right}"));
            }
            (None, answers) => answers,
        };
        Ok(Self { fault, replay, request, answers, sequential, doubles, cases })
    }
}
