//! The gates: pure judges over evidence. Who gathers the evidence stands elsewhere.

pub mod check;
pub mod scope;
pub mod weakening;
pub mod syntax;
pub mod build;
pub mod replay;
pub mod healthy;
pub mod causality;

pub use check::{Check, Checks, Judged, Refusal};

use serde_json::Value;
use wire::verification::{Gate, GateReport};

/// How much of an output or an answer goes into the evidence, characters.
pub(crate) const EVIDENCE: usize = 4_000;

pub(crate) fn passed(gate: Gate, why: impl Into<String>, evidence: Value) -> GateReport {
    GateReport { gate, passed: true, code: "ok".into(), why: why.into(), evidence }
}

pub(crate) fn refused(gate: Gate, Refusal { code, why }: Refusal, evidence: Value) -> GateReport {
    GateReport { gate, passed: false, code: code.into(), why, evidence }
}

/// The end of a text, at most so many characters.
pub(crate) fn end_of(text: &str, most: usize) -> &str {
    let over = text.chars().count().saturating_sub(most);
    text.char_indices().nth(over).map_or("", |(at, _)| text.get(at..).unwrap_or_default())
}
