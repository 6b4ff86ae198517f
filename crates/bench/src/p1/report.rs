//! What the last demo run says of the platform's own recoveries. Pure.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The part of `.kintsugi/demo/report.json` that counts here.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) date: String,
    pub(super) faults: Vec<Fault>,
}

/// A recovery.
#[derive(Debug, Deserialize)]
pub(super) struct Fault {
    pub(super) code: String,
    pub(super) outcome: String,
    #[serde(default)]
    stages_ms: BTreeMap<String, Option<f64>>,
    pub(super) platform_ms: Option<f64>,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Debug, Deserialize)]
struct Span {
    kind: String,
}

impl Fault {
    /// Whether the cure was compiled: an artefact that was there already is no measure of the whole chain.
    pub(super) fn was_built(&self) -> bool {
        self.outcome == "resolved" && self.spans.iter().any(|span| span.kind == "build")
    }

    /// From the line in the log to the replay on live.
    pub(super) fn line_to_replayed(&self) -> Option<f64> {
        let stage = |name| self.stages_ms.get(name).copied().flatten();
        Some(stage("replayed")? - stage("line")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_recoveries_that_were_built_count_from_the_line_on() {
        let text = r#"{"date": "d", "more": 1, "faults": [
            {"code": "A", "outcome": "resolved", "stages_ms": {"line": 100.0, "replayed": 900.5, "plan": null},
             "platform_ms": 300.0, "spans": [{"kind": "build", "name": "cargo build"}]},
            {"code": "A", "outcome": "resolved", "stages_ms": {}, "platform_ms": null, "spans": [{"kind": "test"}]}]}"#;
        let report: Report = serde_json::from_str(text).unwrap();
        assert_eq!(report.faults.iter().map(Fault::was_built).collect::<Vec<_>>(), [true, false]);
        assert_eq!(report.faults.iter().map(Fault::line_to_replayed).collect::<Vec<_>>(), [Some(800.5), None]);
    }
}
