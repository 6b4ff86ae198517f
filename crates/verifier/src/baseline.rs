//! What is known of the version without the patch: whether the symptom is there, and how it answers what is fine. It is
//! gathered while the candidate is built, and remembered.

mod memory;

pub use memory::Memory;

use crate::app::Verifier;
use crate::build;
use crate::candidate::{self, Version, traffic};
use crate::error::{VerifyError, blocking};
use crate::gates::healthy::{Evidence, Exchange};
use crate::gates::replay::{Answer, Replayed};
use crate::healthy::{self, Plan};
use crate::workshop::Workshop;
use chassis::operations::Reporter;
use std::sync::Arc;
use wire::span::Span;
use wire::target::Request;
use wire::verification::{Admit, Build};
use wire::{Digest, FaultCode};

/// How often the old version is asked what is fine: two answers tell what is noise.
const RUNS: usize = 2;

/// What is known of the version without the patch.
#[derive(Debug, Default)]
pub struct Baseline {
    /// The contract against it.
    pub without: Replayed,
    /// What is asked of both versions.
    pub plan: Plan,
    /// Its answers, by process.
    pub runs: Vec<Vec<Answer>>,
    /// What it was built into.
    artefact: Option<Digest>,
    /// Why it could not be asked.
    problem: Option<String>,
    /// Where the time went.
    pub spans: Vec<Span>,
}

/// Gathers it. What cannot be had is told as a problem, and is no success.
pub async fn gather(verifier: &Verifier, workshop: &Arc<Workshop>, task: &Admit, reporter: &Reporter) -> Baseline {
    let mut baseline = Baseline::default();
    if let Err(error) = baseline.fill(verifier, workshop, task, reporter).await {
        let why = format!("the version without the patch cannot be asked: {:#}", anyhow::Error::from(error));
        baseline.without = Replayed::not(why.clone());
        baseline.problem = Some(why);
    }
    baseline
}

impl Baseline {
    async fn fill(
        &mut self,
        verifier: &Verifier,
        workshop: &Arc<Workshop>,
        task: &Admit,
        reporter: &Reporter,
    ) -> Result<(), VerifyError> {
        let of_base = Build { target: task.target.clone(), commit: task.base.clone() };
        let built = build::plain(verifier, of_base, reporter).await?;
        self.spans.extend(built.spans);
        let artefact = &*self.artefact.insert(built.artefact);
        let Some(contract) = workshop.target.contract(&task.code) else {
            self.without = Replayed::not(format!("the target file has no contract for {}", task.code));
            return Ok(());
        };
        let (of, ill) = (workshop.target.clone(), contract.request.clone());
        let choose = move || {
            let recorded = healthy::recorded(&of.healthy, of.name.as_str());
            Ok::<_, VerifyError>(healthy::plan(&of.healthy, recorded, &ill))
        };
        self.plan = blocking("reading what was recorded", choose).await?;
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let symptom = symptom(verifier, workshop, &task.code, artefact, reporter, &mut first);
        let runs = runs(verifier, workshop, artefact, &self.plan, reporter, &mut second);
        let (without, runs) = tokio::join!(symptom, runs);
        (self.without, self.runs) = (without?, runs?);
        self.spans.extend(first.into_iter().chain(second));
        Ok(())
    }

    /// Asks the new version what the old one answered, and puts both together. When they differ, both are asked once more:
    /// what the old one answers differently after all is noise too.
    pub async fn beside(
        &mut self,
        verifier: &Verifier,
        workshop: &Workshop,
        new: &Digest,
        reporter: &Reporter,
        spans: &mut Vec<Span>,
    ) -> Result<Evidence, VerifyError> {
        let mut evidence = self.evidence();
        self.ask_new(&mut evidence, verifier, workshop, new, reporter, spans).await?;
        let Some(old) = self.artefact.as_ref().filter(|_| !evidence.changed().is_empty()) else { return Ok(evidence) };
        let requests = &self.plan.requests;
        self.runs.push(traffic::ask(verifier, workshop, (Version::Old, old), requests, reporter, spans).await?);
        let mut evidence = self.evidence();
        self.ask_new(&mut evidence, verifier, workshop, new, reporter, spans).await?;
        Ok(evidence)
    }

    /// Asks the new version what the old one answered finely: nothing else is compared.
    async fn ask_new(
        &self,
        evidence: &mut Evidence,
        verifier: &Verifier,
        workshop: &Workshop,
        new: &Digest,
        reporter: &Reporter,
        spans: &mut Vec<Span>,
    ) -> Result<(), VerifyError> {
        let mut fine: Vec<&mut Exchange> =
            evidence.exchanges.iter_mut().filter(|one| one.skipped().is_none()).collect();
        if fine.is_empty() {
            return Ok(());
        }
        let requests: Vec<Request> = fine.iter().map(|one| one.request.clone()).collect();
        let answers = traffic::ask(verifier, workshop, (Version::New, new), &requests, reporter, spans).await?;
        fine.iter_mut().zip(answers).for_each(|(one, answer)| one.new = answer);
        Ok(())
    }

    /// What is known before the new version was asked.
    fn evidence(&self) -> Evidence {
        let of = |at: usize| self.runs.iter().filter_map(|run| run.get(at).cloned()).collect();
        let requests = self.plan.requests.iter().cloned().enumerate();
        let new = Answer::default();
        let exchanges = requests.map(|(at, request)| Exchange { request, old: of(at), new: new.clone() }).collect();
        Evidence { exchanges, skipped: self.plan.skipped.clone(), problem: self.problem.clone() }
    }
}

async fn symptom(
    verifier: &Verifier,
    workshop: &Workshop,
    code: &FaultCode,
    artefact: &Digest,
    reporter: &Reporter,
    spans: &mut Vec<Span>,
) -> Result<Replayed, VerifyError> {
    let key = Digest::of_json(&serde_json::json!([artefact, code, workshop.target]));
    if let Some(known) = verifier.memory.symptom(&key) {
        return Ok(known);
    }
    let replayed = candidate::gather(verifier, workshop, code, (Version::Old, artefact), reporter, spans).await?;
    verifier.memory.keep_symptom(key, &replayed);
    Ok(replayed)
}

async fn runs(
    verifier: &Verifier,
    workshop: &Workshop,
    artefact: &Digest,
    plan: &Plan,
    reporter: &Reporter,
    spans: &mut Vec<Span>,
) -> Result<Vec<Vec<Answer>>, VerifyError> {
    if plan.requests.is_empty() {
        return Ok(Vec::new());
    }
    let key = Digest::of_json(&serde_json::json!([artefact, plan.requests, workshop.target]));
    if let Some(known) = verifier.memory.runs(&key) {
        return Ok(known);
    }
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let old = (Version::Old, artefact);
        runs.push(traffic::ask(verifier, workshop, old, &plan.requests, reporter, spans).await?);
    }
    verifier.memory.keep_runs(key, &runs);
    Ok(runs)
}
