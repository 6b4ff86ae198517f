//! Doing gate 3: the candidate is started in the sandbox and goes through its contract's cases, or is asked as a running
//! instance would be.

mod case;
mod course;
mod process;

use crate::app::Verifier;
use crate::error::VerifyError;
use crate::gates::replay as gate;
use crate::workshop::Workshop;
use chassis::operations::Reporter;
use course::Course;
use std::time::Duration;
use wire::span::Span;
use wire::target::ReplayPermission;
use wire::verification::{GateReport, UNVERIFIED};
use wire::{Digest, FaultCode};

/// How often is asked when nothing could be said, e.g. because a witness was away for a moment.
const ATTEMPTS: u32 = 2;
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// Judges an artefact against a fault's contract.
pub async fn judge(
    verifier: &Verifier,
    workshop: &Workshop,
    code: &FaultCode,
    artefact: &Digest,
    reporter: &Reporter,
) -> Result<(GateReport, Vec<Span>), VerifyError> {
    let Some(contract) = workshop.target.contract(code) else {
        return Ok((gate::unverified(format!("the target file has no contract for {code}")), Vec::new()));
    };
    if contract.replay == ReplayPermission::Never {
        return Ok((gate::unverified(format!("the contract of {code} forbids replays")), Vec::new()));
    }
    let mut course = Course { verifier, workshop, contract, artefact, reporter, spans: Vec::new() };
    let mut attempt = 1;
    loop {
        let report = course.run().await?;
        if report.code != UNVERIFIED || attempt >= ATTEMPTS {
            return Ok((report, course.spans));
        }
        reporter.note(format!("nothing can be said of the candidate yet: {}", report.why));
        tokio::time::sleep(PAUSE).await;
        attempt += 1;
    }
}
