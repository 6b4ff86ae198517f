//! Witnesses: who else must have seen a replay.

use serde::{Deserialize, Serialize};

/// Who else must have seen the replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Witness {
    /// PostgreSQL's own statement log (`jsonlog`): lines whose `application_name` is the replay id and that report a
    /// completed statement (`duration: …`). A statement of the replay that failed spoils it.
    StatementLog {
        /// The log file, or a folder whose newest `*.json` are read.
        path: String,
        /// A regular expression that the completed statement must match.
        statement: String,
        /// How many at least.
        #[serde(default = "one")]
        at_least: u64,
        /// Regular expressions of which no statement of the replay may match any, e.g. `(?i)^\s*drop\b`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        forbidden: Vec<String>,
    },
    /// The same log: one transaction of the replay in which completed statements come in this order (others may stand
    /// between them). Comments are taken out of a statement before it is matched.
    StatementSequence {
        /// The log file, or a folder whose newest `*.json` are read.
        path: String,
        /// What must have been completed, in this order.
        steps: Vec<StatementStep>,
        /// Regular expressions of which no completed statement of that transaction may match any, e.g. `(?i)savepoint`.
        #[serde(default)]
        forbidden: Vec<String>,
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

/// One step of a sequence of statements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementStep {
    /// A regular expression that the completed statement must match. With a bound on the value it has a group `value` of
    /// digits (with or without a fraction) and may have a group `unit` (`us`, `ms`, `s`, `min`, `h`, `d`; none is ms).
    pub statement: String,
    /// The captured value is greater than this, milliseconds. A bound holds for every statement of the transaction that
    /// matches, wherever it stands: one that is out of bounds spoils the transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_ms: Option<u64>,
    /// The captured value is at most this, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most_ms: Option<u64>,
    /// The statement ran at least so long until it was completed, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at_least_ms: Option<u64>,
}

impl StatementStep {
    /// Whether it bounds a captured value.
    pub fn is_bounded(&self) -> bool {
        self.above_ms.is_some() || self.at_most_ms.is_some()
    }
}

fn one() -> u64 {
    1
}
