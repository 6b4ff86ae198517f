//! A candidate's way through the cases: one process after the other, up to the first case that does not hold.

use super::Version;
use super::case;
use super::process::{First, Process, becomes_healthy};
use crate::app::Verifier;
use crate::error::VerifyError;
use crate::gates::build::of_step;
use crate::gates::replay::{Replayed, Seen};
use crate::nonce::Nonce;
use crate::replay::{self, Question};
use crate::sandbox::Ended;
use crate::workshop::Workshop;
use chassis::operations::Reporter;
use std::time::Duration;
use wire::span::{Span, SpanKind};
use wire::target::{Case, Contract, longest};
use wire::verification::{Judgement, ReplayReport};
use wire::{Digest, ReplayId};

/// How long a candidate may live beyond its health limit and all deadlines.
const SLACK: Duration = Duration::from_secs(10);
/// How long a case may take beyond its deadline: for its double, its witnesses and its calls.
const CASE_SLACK: Duration = Duration::from_secs(8);
/// How long a candidate whose double does not stand may take to show that it has ended.
const MOMENT: Duration = Duration::from_millis(20);

/// See the module.
pub(super) struct Course<'a> {
    pub(super) verifier: &'a Verifier,
    pub(super) workshop: &'a Workshop,
    pub(super) contract: &'a Contract,
    pub(super) version: Version,
    pub(super) artefact: &'a Digest,
    pub(super) reporter: &'a Reporter,
    pub(super) spans: &'a mut Vec<Span>,
}

impl Course<'_> {
    pub(super) async fn run(&mut self) -> Result<Replayed, VerifyError> {
        let cases = &self.contract.cases;
        let mut seen = Vec::new();
        for (at, life) in case::lives(cases).into_iter().enumerate() {
            let output = self.live(life, at, &mut seen).await?;
            if output.is_some() || seen.last().is_none_or(|seen| seen.report.judgement != Judgement::Met) {
                return Ok(Replayed { seen, output: output.as_ref().map(of_step), problem: None });
            }
        }
        Ok(Replayed { seen, output: None, problem: None })
    }

    /// How long a process may live that goes through some cases, or is asked as a running instance is.
    fn limit(&self, cases: &[Case]) -> Duration {
        let health = Duration::from_millis(self.workshop.target.run.health.timeout_ms);
        let of_case = |case: &Case| Duration::from_millis(longest(&case.answers)) + CASE_SLACK;
        let whole = if cases.is_empty() { Duration::from_millis(self.contract.limit_ms()) } else { Duration::ZERO };
        // Once more, as a user asks.
        let again = Duration::from_millis(longest(cases.last().map_or(&self.contract.answers, |case| &case.answers)));
        health + cases.iter().map(of_case).sum::<Duration>() + whole + again + SLACK
    }

    /// Starts a process and asks it, case by case. Answers what the process wrote, unless all is well.
    async fn live(&mut self, cases: &[Case], at: usize, seen: &mut Vec<Seen>) -> Result<Option<Ended>, VerifyError> {
        let (doubles, limit) = (&self.contract.doubles, self.limit(cases));
        let Some(mut process) = Process::start(self.verifier, self.workshop, doubles, limit, self.artefact)? else {
            let why = "unreachable: the sandbox does not let the candidate be reached";
            seen.push(Seen::of(cases.first(), replay::not_replayed(self.contract.fault.clone(), why.into())));
            return Ok(None);
        };
        if let Some((report, ended)) = self.await_health(&mut process, cases, at).await? {
            seen.push(Seen::of(cases.first(), report));
            return if let Some(ended) = ended { Ok(Some(ended)) } else { process.end().await.map(Some) };
        }
        match self.ask(&mut process, cases, seen).await? {
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
        let part = cases.first().and_then(|case| case::part(case, ReplayId::fresh(), Nonce::fresh()));
        let stands = process.doubles.play(part.as_ref()).await;
        let first = match &stands {
            Ok(()) => process.during(async |endpoint| becomes_healthy(endpoint, &health.path, limit).await).await?,
            // If the candidate has ended, that says more than the double which does not stand.
            Err(_) => {
                let moment = async |_: &_| {
                    tokio::time::sleep(MOMENT).await;
                    false
                };
                process.during(moment).await?
            }
        };
        let (name, said) = match (first, stands) {
            (First::Done(true), _) => ("health", None),
            (First::Done(false), Err(error)) => ("without its double", Some((self.no_double(&error), None))),
            (First::Done(false), Ok(())) => {
                let why = format!("did not answer 200 on its health path within {} ms", limit.as_millis());
                ("never healthy", Some((self.never_healthy(&why), None)))
            }
            (First::Ended(ended), _) => {
                ("ended", Some((self.never_healthy(&format!("{} before it was asked", ended.exit)), Some(ended))))
            }
        };
        let number = if at == 0 { String::new() } else { format!(" {}", at + 1) };
        self.spans.push(self.reporter.span(
            SpanKind::Health,
            &format!("{}{number} {name}", self.version.name()),
            begun,
        ));
        Ok(said)
    }

    /// Asks case by case, up to the first that does not hold. Answers the end of a candidate that ended meanwhile.
    async fn ask(
        &mut self,
        process: &mut Process,
        cases: &[Case],
        seen: &mut Vec<Seen>,
    ) -> Result<Option<Ended>, VerifyError> {
        if cases.is_empty() {
            return self.ask_whole(process, seen).await;
        }
        let begun = self.reporter.now();
        let mut early = None;
        for case in cases {
            early = self.ask_case(process, case, seen).await?;
            if seen.last().is_none_or(|seen| seen.report.judgement != Judgement::Met) {
                break;
            }
        }
        if early.is_none() {
            early = self.ask_again(process, cases, seen).await?;
        }
        let name = format!("replay {}, {} cases{}", self.contract.fault, cases.len(), self.suffix());
        self.spans.push(self.reporter.span(SpanKind::Replay, &name, begun));
        Ok(early)
    }

    /// Asks as a running instance is asked.
    async fn ask_whole(&mut self, process: &mut Process, seen: &mut Vec<Seen>) -> Result<Option<Ended>, VerifyError> {
        let (verifier, contract, reporter) = (self.verifier, self.contract, self.reporter);
        let whole = async |endpoint: &_| replay::replay(verifier, contract, endpoint, reporter).await;
        Ok(match process.during(whole).await? {
            First::Done(report) => {
                let named = |span: &Span| Span { name: format!("{}{}", span.name, self.suffix()), ..span.clone() };
                let told: Vec<Span> = report.spans.iter().map(named).collect();
                self.spans.extend(told);
                seen.push(Seen::of(None, report));
                self.ask_again(process, &[], seen).await?
            }
            First::Ended(ended) => Some(self.ended(None, ended, seen)),
        })
    }

    async fn ask_case(
        &self,
        process: &mut Process,
        case: &Case,
        seen: &mut Vec<Seen>,
    ) -> Result<Option<Ended>, VerifyError> {
        let (id, nonce) = (ReplayId::fresh(), Nonce::fresh());
        let part = case::part(case, id.clone(), nonce);
        if let Err(error) = process.doubles.play(part.as_ref()).await {
            seen.push(Seen::of(Some(case), self.no_double(&error)));
            return Ok(None);
        }
        let Contract { fault, request, .. } = self.contract;
        let question = Question { fault, request, answers: &case.answers, nonce: Some(nonce) };
        let asked = async |endpoint: &_| {
            let report = replay::once(self.verifier, question, id, endpoint).await;
            case::counted(case, part.as_deref(), report).await
        };
        Ok(match process.during(asked).await? {
            First::Done(one) => {
                seen.push(one);
                None
            }
            First::Ended(ended) => Some(self.ended(Some(case), ended, seen)),
        })
    }

    pub(super) fn suffix(&self) -> String {
        if self.version == Version::New { String::new() } else { format!(", {}", self.version.name()) }
    }

    pub(super) fn ended(&self, case: Option<&Case>, ended: Ended, seen: &mut Vec<Seen>) -> Ended {
        let why = format!("ended: the candidate {} while it was asked", ended.exit);
        let report = replay::not_replayed(self.contract.fault.clone(), why);
        seen.push(Seen::of(case, ReplayReport { judgement: Judgement::Broken, ..report }));
        ended
    }

    /// A candidate that cannot be asked has broken its contract.
    fn never_healthy(&self, why: &str) -> ReplayReport {
        let report = replay::not_replayed(self.contract.fault.clone(), format!("never_healthy: the candidate {why}"));
        ReplayReport { judgement: Judgement::Broken, ..report }
    }

    pub(super) fn no_double(&self, error: &std::io::Error) -> ReplayReport {
        let why = format!("no_double: the case's double cannot be played: {error}");
        replay::not_replayed(self.contract.fault.clone(), why)
    }
}
