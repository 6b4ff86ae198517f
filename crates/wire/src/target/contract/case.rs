//! Cases: what a candidate in the sandbox must do while the verifier plays the services around it.

use super::Expectation;
use serde::{Deserialize, Serialize};

/// Stands for a fresh number of nine digits in a double's `body` and in a case's `json`: one nonce a case.
pub const NONCE: &str = "{nonce}";

/// A service that the verifier plays in the sandbox. It takes the place of a declared service on the same port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Double {
    /// Its name, for the cases.
    pub name: String,
    /// The port of the candidate's loopback on which it listens. Without a sandbox it listens on another port, and
    /// `127.0.0.1:<port>` and `localhost:<port>` in `run.scratch_env` are changed to that.
    pub port: u16,
}

/// One request to a candidate, under a fresh replay id and nonce.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// For people, e.g. `the breaker is open: no call`.
    pub name: String,
    /// Whether a new process of the candidate is started for it. The first case always has a new one.
    #[serde(default)]
    pub fresh: bool,
    /// What a double does during the case. One that no case plays at the moment is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub double: Option<Play>,
    /// The right answers: the first that fits counts.
    pub answers: Vec<Expectation>,
    /// How many calls the double must see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Calls>,
}

/// What a double does during a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    /// Which of the contract's doubles.
    pub name: String,
    /// Whether it answers at all.
    #[serde(default)]
    pub behaviour: Behaviour,
    /// The status of its answer.
    #[serde(default = "default_status")]
    pub status: u16,
    /// The body of its answer, as `application/json`; may hold `{nonce}`.
    #[serde(default)]
    pub body: String,
    /// How long it waits before it answers or closes, milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
}

fn default_status() -> u16 {
    200
}

/// Whether a double answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// It answers each request with its status and body.
    #[default]
    Answer,
    /// It accepts each connection and closes it.
    Close,
    /// Nobody listens.
    Absent,
}

/// How many calls a double must see during a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// At least so many requests that carry the case's replay id.
    #[serde(default)]
    pub at_least: u64,
    /// At most so many connections, whatever they carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
}
