//! Doing gates 3 to 5: a version is started in the sandbox and goes through a contract's cases, or is asked as a running
//! instance would be; or it is asked what was fine.

pub mod traffic;
mod again;
mod case;
mod course;
mod process;

use crate::app::Verifier;
use crate::error::VerifyError;
use crate::gates::check::WITNESS;
use crate::gates::replay::{Replayed, unwitnessed};
use crate::workshop::Workshop;
use chassis::operations::Reporter;
use course::Course;
use std::time::Duration;
use wire::span::Span;
use wire::target::ReplayPermission;
use wire::verification::Judgement;
use wire::{Digest, FaultCode};

/// How often is asked when nothing could be said, e.g. because a witness was away for a moment.
const ATTEMPTS: u32 = 2;
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// Whose artefact it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The base, without the patch.
    Old,
    /// The candidate.
    New,
}

impl Version {
    fn name(self) -> &'static str {
        match self {
            Version::Old => "without the patch",
            Version::New => "candidate",
        }
    }
}

/// Takes an artefact through a fault's contract.
pub async fn gather(
    verifier: &Verifier,
    workshop: &Workshop,
    code: &FaultCode,
    (version, artefact): (Version, &Digest),
    reporter: &Reporter,
    spans: &mut Vec<Span>,
) -> Result<Replayed, VerifyError> {
    let Some(contract) = workshop.target.contract(code).cloned() else {
        return Ok(Replayed::not(format!("the target file has no contract for {code}")));
    };
    if contract.replay == ReplayPermission::Never {
        return Ok(Replayed::not(format!("the contract of {code} forbids replays")));
    }
    let contract = if verifier.checks.has(WITNESS) { contract } else { unwitnessed(contract) };
    let contract = &contract;
    let mut course = Course { verifier, workshop, contract, version, artefact, reporter, spans };
    let mut attempt = 1;
    loop {
        let replayed = course.run().await?;
        if replayed.judgement() != Judgement::Unverified || attempt >= ATTEMPTS {
            return Ok(replayed);
        }
        reporter.note(format!("nothing can be said of the {} yet: {}", version.name(), replayed.why()));
        tokio::time::sleep(PAUSE).await;
        attempt += 1;
    }
}
