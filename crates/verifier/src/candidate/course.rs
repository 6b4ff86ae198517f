//! A candidate's way through the cases: one process after the other, up to the first case that does not hold.

use super::process::{First, Process, becomes_healthy};
use crate::app::Verifier;
use crate::double::Part;
use crate::error::VerifyError;
use crate::gates::build::of_step;
use crate::gates::replay::{self as gate, Seen};
use crate::nonce::Nonce;
use crate::replay::{self, Question};
use crate::sandbox::Ended;
use crate::workshop::Workshop;
use chassis::operations::Reporter;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::span::{Span, SpanKind};
use wire::target::{Calls, Case, Contract};
use wire::verification::{GateReport, Judgement, ReplayReport};
use wire::{Digest, ReplayId};

/// How long the calls that a double must see are waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// How long a call that must not be made is waited for after the answer.
const SETTLE: Duration = Duration::from_millis(20);

/// See the module.
pub(super) struct Course<'a> {
    pub(super) verifier: &'a Verifier,
    pub(super) workshop: &'a Workshop,
    pub(super) contract: &'a Contract,
    pub(super) artefact: &'a Digest,
    pub(super) reporter: &'a Reporter,
    pub(super) spans: Vec<Span>,
}

impl Course<'_> {
    pub(super) async fn run(&mut self) -> Result<GateReport, VerifyError> {
        let cases = &self.contract.cases;
        let mut seen = Vec::new();
        for (at, life) in lives(cases).into_iter().enumerate() {
            let output = self.live(life, at, &mut seen).await?;
            if output.is_some() || seen.last().is_none_or(|seen| seen.report.judgement != Judgement::Met) {
                return Ok(gate::report(&seen, output.as_ref().map(of_step)));
            }
        }
        Ok(gate::report(&seen, None))
    }

    /// Starts a process and asks it, case by case. Answers what the process wrote, unless all is well.
    async fn live(&mut self, cases: &[Case], at: usize, seen: &mut Vec<Seen>) -> Result<Option<Ended>, VerifyError> {
        let whose = (self.contract, cases);
        let Some(mut process) = Process::start(self.verifier, self.workshop, whose, self.artefact)? else {
            let why = "unreachable: the sandbox does not let the candidate be reached";
            seen.push(Seen::of(cases.first(), replay::not_replayed(self.contract.fault.clone(), why.into())));
            return Ok(None);
        };
        if let Some((report, ended)) = self.await_health(&mut process, cases, at).await? {
            seen.push(Seen::of(cases.first(), report));
            return if let Some(ended) = ended { Ok(Some(ended)) } else { process.end().await.map(Some) };
        }
        let begun = self.reporter.now();
        let early = self.ask(&mut process, cases, seen).await?;
        if !cases.is_empty() {
            let name = format!("replay {}, {} cases", self.contract.fault, cases.len());
            self.spans.push(self.reporter.span(SpanKind::Replay, &name, begun));
        }
        match early {
            Some(ended) => Ok(Some(ended)),
            None if seen.last().is_some_and(|seen| seen.report.judgement == Judgement::Met) => {
                process.let_go(self.verifier);
                Ok(None)
            }
            None => process.end().await.map(Some),
        }
    }

    /// Waits until the process is healthy. Answers what is to be said when it is not, and its end if it has ended.
    async fn await_health(
        &mut self,
        process: &mut Process,
        cases: &[Case],
        at: usize,
    ) -> Result<Option<(ReplayReport, Option<Ended>)>, VerifyError> {
        let begun = self.reporter.now();
        let health = &self.workshop.target.run.health;
        let limit = Duration::from_millis(health.timeout_ms);
        // Whatever it asks for while it starts, it finds its first case's double.
        let part = cases.first().and_then(|case| part(case, ReplayId::fresh(), Nonce::fresh()));
        if let Err(error) = process.doubles.play(part.as_ref()).await {
            let first = process.during(async |_| tokio::time::sleep(LOOK).await).await?;
            return Ok(Some(match first {
                First::Done(()) => (self.no_double(&error), None),
                First::Ended(ended) => {
                    (self.never_healthy(&format!("the candidate {} before it was asked", ended.exit)), Some(ended))
                }
            }));
        }
        let first = process.during(async |endpoint| becomes_healthy(endpoint, &health.path, limit).await).await?;
        let number = if at == 0 { String::new() } else { format!(" {}", at + 1) };
        let mut span = |name: &str| {
            self.spans.push(self.reporter.span(SpanKind::Health, &format!("candidate{number} {name}"), begun));
        };
        Ok(match first {
            First::Done(true) => {
                span("health");
                None
            }
            First::Done(false) => {
                span("never healthy");
                let why =
                    format!("the candidate did not answer 200 on its health path within {} ms", limit.as_millis());
                Some((self.never_healthy(&why), None))
            }
            First::Ended(ended) => {
                span("ended");
                let why = format!("the candidate {} before it was asked", ended.exit);
                Some((self.never_healthy(&why), Some(ended)))
            }
        })
    }

    /// Asks case by case, up to the first that does not hold. Answers the end of a candidate that ended meanwhile.
    async fn ask(
        &mut self,
        process: &mut Process,
        cases: &[Case],
        seen: &mut Vec<Seen>,
    ) -> Result<Option<Ended>, VerifyError> {
        let (verifier, contract, reporter) = (self.verifier, self.contract, self.reporter);
        if cases.is_empty() {
            let whole = async |endpoint: &_| replay::replay(verifier, contract, endpoint, reporter).await;
            return Ok(match process.during(whole).await? {
                First::Done(mut report) => {
                    self.spans.append(&mut report.spans.clone());
                    report.spans.clear();
                    seen.push(Seen::of(None, report));
                    None
                }
                First::Ended(ended) => Some(self.ended(None, ended, seen)),
            });
        }
        for case in cases {
            let (id, nonce) = (ReplayId::fresh(), Nonce::fresh());
            let part = part(case, id.clone(), nonce);
            if let Err(error) = process.doubles.play(part.as_ref()).await {
                seen.push(Seen::of(Some(case), self.no_double(&error)));
                return Ok(None);
            }
            let Contract { fault, request, .. } = contract;
            let question = Question { fault, request, answers: &case.answers, nonce: Some(nonce) };
            let asked = async |endpoint: &_| {
                let report = replay::once(verifier, question, id, endpoint).await;
                counted(case, part.as_deref(), report).await
            };
            match process.during(asked).await? {
                First::Done(one) => seen.push(one),
                First::Ended(ended) => return Ok(Some(self.ended(Some(case), ended, seen))),
            }
            if seen.last().is_none_or(|seen| seen.report.judgement != Judgement::Met) {
                break;
            }
        }
        Ok(None)
    }

    fn ended(&self, case: Option<&Case>, ended: Ended, seen: &mut Vec<Seen>) -> Ended {
        let why = format!("ended: the candidate {} while it was asked", ended.exit);
        let report = replay::not_replayed(self.contract.fault.clone(), why);
        seen.push(Seen::of(case, ReplayReport { judgement: Judgement::Broken, ..report }));
        ended
    }

    /// A candidate that cannot be asked has broken its contract.
    fn never_healthy(&self, why: &str) -> ReplayReport {
        let report = replay::not_replayed(self.contract.fault.clone(), format!("never_healthy: {why}"));
        ReplayReport { judgement: Judgement::Broken, ..report }
    }

    fn no_double(&self, error: &std::io::Error) -> ReplayReport {
        let why = format!("no_double: the case's double cannot be played: {error}");
        replay::not_replayed(self.contract.fault.clone(), why)
    }
}

fn part(case: &Case, id: ReplayId, nonce: Nonce) -> Option<Arc<Part>> {
    case.double.as_ref().map(|play| Part::new(play, id, nonce))
}

/// Waits for the calls that the case wants, and judges them.
async fn counted(case: &Case, part: Option<&Part>, report: ReplayReport) -> Seen {
    let mut seen = Seen::of(Some(case), report);
    let Some(part) = part else { return seen };
    if let (Some(Calls { at_least, at_most }), Judgement::Met) = (case.calls, seen.report.judgement) {
        let until = Instant::now() + PATIENCE;
        while part.calls() < at_least && Instant::now() < until {
            tokio::time::sleep(LOOK).await;
        }
        if at_most.is_some() {
            tokio::time::sleep(SETTLE).await;
        }
    }
    seen.count(case.calls, part.calls(), part.connections());
    seen
}

/// The cases of each process: a new one begins with the first and with each `fresh` one. Without cases there is one
/// process for the contract itself.
fn lives(cases: &[Case]) -> Vec<&[Case]> {
    if cases.is_empty() {
        return vec![cases];
    }
    let mut lives = Vec::new();
    let mut rest = cases;
    while let Some((_, after)) = rest.split_first() {
        let length = 1 + after.iter().take_while(|case| !case.fresh).count();
        let (life, left) = rest.split_at(length);
        lives.push(life);
        rest = left;
    }
    lives
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_case_begins_a_process() {
        let case = |name: &str, fresh: bool| -> Case {
            serde_json::from_value(serde_json::json!({ "name": name, "fresh": fresh, "answers": [] })).expect("a case")
        };
        let names = |cases: &[Case]| -> Vec<String> {
            let one = |life: &&[Case]| life.iter().map(|case| case.name.as_str()).collect::<String>();
            lives(cases).iter().map(one).collect()
        };
        assert_eq!(names(&[]), [""]);
        assert_eq!(names(&[case("a", false)]), ["a"]);
        assert_eq!(names(&[case("a", true), case("b", false), case("c", true), case("d", true)]), ["ab", "c", "d"]);
        assert_eq!(names(&[case("a", false), case("b", true), case("c", false)]), ["a", "bc"]);
    }
}
