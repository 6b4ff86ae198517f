//! The diagnostics on objects as an API server writes them, and the changes as requests to one over HTTP.
#![expect(clippy::expect_used, reason = "a test that cannot be set up is a failed test")]

mod changes;
mod diagnostics;
mod orders;
mod revisions;

use kubernetes::{Findings, Snapshot};

fn findings(of: serde_json::Value) -> Findings {
    Snapshot::recorded(of).expect("objects of the API").findings()
}
