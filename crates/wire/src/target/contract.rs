//! Contracts: what a route that was broken must do to count as healed, with evidence from the server's side.

use crate::FaultCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The contract of a fault's route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Whose.
    pub fault: FaultCode,
    /// Where replays may be made. Without permission to replay live an incident closes as mitigated, never resolved.
    #[serde(default)]
    pub replay: ReplayPermission,
    /// The request that failed.
    pub request: Request,
    /// What a healthy answer is.
    pub expect: Expectation,
    /// Observations that the candidate cannot fake, made outside the patchable files.
    pub witnesses: Vec<Witness>,
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

/// What a healthy answer is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The status.
    pub status: u16,
    /// The answer is complete within this time, milliseconds.
    pub deadline_ms: u64,
    /// Members of the JSON body by JSON pointer, e.g. `"/ok" = true`.
    #[serde(default)]
    pub json: BTreeMap<String, serde_json::Value>,
}

/// Who else must have seen the replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Witness {
    /// PostgreSQL's own statement log (`jsonlog`): lines whose `application_name` is the replay id and that report a
    /// completed statement (`duration: …`).
    StatementLog {
        /// The log file, or a folder whose newest `*.json` is read.
        path: String,
        /// A regular expression that the completed statement must match.
        statement: String,
        /// How many at least.
        #[serde(default = "one")]
        at_least: u64,
    },
    /// A declared service of the target that counts the calls carrying the replay id: a `GET` of the URL, in which
    /// `{replay}` stands for the id, answers `{"calls": n}`.
    CallCount {
        /// On loopback, asked by the verifier from outside the sandbox, also when the candidate runs inside.
        url: String,
        /// How many at least.
        #[serde(default = "one")]
        at_least: u64,
    },
}

fn one() -> u64 {
    1
}
