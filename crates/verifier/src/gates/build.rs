//! Gate 2: it builds, and the target's own tests pass. Success is an exit status, never a line of output.

use super::check::{Checks, Judge, Judged, Refusal};
use super::{EVIDENCE, end_of, passed, refused};
use crate::sandbox::{Ended, Exit};
use serde_json::{Value, json};
use wire::Digest;
use wire::verification::{Gate, GateReport};

/// What came of the build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildStep {
    /// The same tree was built before.
    Reused(Digest),
    /// It was built now and the outputs are stored.
    Made(Digest, Ended),
    /// The command did not succeed.
    Failed(Ended),
    /// The command succeeded, but its outputs cannot be kept.
    Unusable(Ended, String),
}

impl BuildStep {
    /// What was built.
    pub fn artefact(&self) -> Option<&Digest> {
        match self {
            BuildStep::Reused(digest) | BuildStep::Made(digest, _) => Some(digest),
            BuildStep::Failed(_) | BuildStep::Unusable(..) => None,
        }
    }
}

/// What came of a build and its tests.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The build.
    pub build: &'a BuildStep,
    /// The tests; none when they did not run.
    pub test: Option<&'a Ended>,
    /// What was weak about the place.
    pub warning: Option<&'a str>,
}

/// The gate's report.
pub fn report(checks: &Checks, evidence: &Evidence<'_>) -> GateReport {
    let Evidence { build, test, warning } = evidence;
    let told = json!({ "build": of_build(build), "test": test.map(of_step), "warning": warning });
    match checks.walk(|judge| if let Judge::Build(judge) = judge { Some(judge(evidence)) } else { None }) {
        Err(refusal) => refused(Gate::Build, refusal, told),
        Ok(()) => passed(Gate::Build, "it builds, and the target's tests pass", told),
    }
}

/// It builds.
pub fn builds(evidence: &Evidence<'_>) -> Judged {
    match evidence.build {
        BuildStep::Failed(ended) => {
            Err(Refusal::new(code_of(ended, "build_failed"), format!("the build {}", ended.exit)))
        }
        BuildStep::Unusable(_, why) => Err(Refusal::new("build_failed", format!("the outputs cannot be kept: {why}"))),
        BuildStep::Reused(_) | BuildStep::Made(..) => Ok(()),
    }
}

/// The target's own tests pass.
pub fn tests_pass(evidence: &Evidence<'_>) -> Judged {
    match evidence.test {
        None => Err(Refusal::unverified("the target's tests did not run")),
        Some(Ended { exit: Exit::Code(0), .. }) => Ok(()),
        Some(ended) => {
            Err(Refusal::new(code_of(ended, "tests_failed"), format!("the tests: the command {}", ended.exit)))
        }
    }
}

fn code_of(ended: &Ended, otherwise: &'static str) -> &'static str {
    match ended.exit {
        Exit::TimedOut => "timed_out",
        Exit::OverDisk(_) => "too_much_written",
        Exit::Stopped | Exit::NoRoom => "unverified",
        Exit::Code(_) | Exit::Signal(_) => otherwise,
    }
}

fn of_build(build: &BuildStep) -> Value {
    match build {
        BuildStep::Reused(digest) => json!({ "reused": digest }),
        BuildStep::Made(_, ended) | BuildStep::Failed(ended) | BuildStep::Unusable(ended, _) => of_step(ended),
    }
}

/// A step's evidence: how it ended and the end of what it wrote.
pub fn of_step(ended: &Ended) -> Value {
    json!({
        "exit": ended.exit.to_string(),
        "stdout": end_of(&ended.stdout, EVIDENCE),
        "stderr": end_of(&ended.stderr, EVIDENCE),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(exit: Exit) -> Ended {
        Ended { exit, stdout: "test result: ok. 5 passed; 0 failed".into(), stderr: "x".repeat(50_000) }
    }

    fn judge(build: &BuildStep, test: Option<&Ended>, warning: Option<&str>) -> GateReport {
        report(&Checks::all(), &Evidence { build, test, warning })
    }

    #[track_caller]
    fn check(build: &BuildStep, test: Option<Exit>, wanted: &str) {
        let report = judge(build, test.map(ended).as_ref(), None);
        assert_eq!(report.code, wanted, "{}", report.why);
        assert_eq!(report.passed, wanted == "ok");
        assert!(report.evidence.to_string().len() < 20_000, "the evidence is bounded");
    }

    #[test]
    fn only_exit_code_zero_of_both_passes_whatever_the_output_says() {
        let digest = Digest::of("x");
        let made = BuildStep::Made(digest.clone(), ended(Exit::Code(0)));
        check(&made, Some(Exit::Code(0)), "ok");
        check(&BuildStep::Reused(digest), Some(Exit::Code(0)), "ok");
        check(&made, Some(Exit::Code(1)), "tests_failed");
        check(&made, Some(Exit::Code(137)), "tests_failed");
        check(&made, Some(Exit::Signal(9)), "tests_failed");
        check(&made, Some(Exit::TimedOut), "timed_out");
        check(&made, Some(Exit::OverDisk(9)), "too_much_written");
        check(&made, Some(Exit::Stopped), "unverified");
        check(&made, Some(Exit::NoRoom), "unverified");
        check(&made, None, "unverified");
    }

    #[test]
    fn a_failed_build_is_refused_even_if_tests_passed() {
        for test in [None, Some(Exit::Code(0))] {
            check(&BuildStep::Failed(ended(Exit::Code(101))), test.clone(), "build_failed");
            check(&BuildStep::Failed(ended(Exit::TimedOut)), test.clone(), "timed_out");
            check(&BuildStep::Unusable(ended(Exit::Code(0)), "a link".into()), test, "build_failed");
        }
    }

    #[test]
    fn the_evidence_says_when_there_was_no_sandbox() {
        let report = judge(&BuildStep::Failed(ended(Exit::Code(1))), None, Some("no sandbox"));
        assert_eq!(report.evidence["warning"], "no sandbox");
    }
}
