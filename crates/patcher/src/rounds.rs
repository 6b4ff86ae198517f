//! Rounds with a language model: ask, make a candidate, have it judged, and tell the model what the gates said.

use crate::candidate::model::{self, Written};
use crate::candidate::{Candidate, Outcome, Source, sources};
use crate::decide::refusal;
use crate::failure::Failure;
use crate::patcher::Patcher;
use crate::planner::{Account, No, unanswered};
use crate::prompt::{self, Before, Material};
use crate::propose::{Case, refused};
use crate::repository::Head;
use models::{Answer, Away};
use std::sync::Arc;
use wire::proposal::{ProposeOutcome, Refusal, Symptom};
use wire::span::{SpanKind, Stage};
use wire::verification::UNVERIFIED;

/// The first round, and two in which the model may repair what the gates refused.
const ROUNDS: u32 = 3;

impl Patcher {
    /// A candidate by a language model, for a target that allows it.
    pub(crate) async fn by_model(&self, case: &Case<'_>, symptom: &Symptom) -> Result<ProposeOutcome, Failure> {
        if !case.target.patch.models {
            let why =
                "the target does not allow it: `patch.models = true` in its file lets its files be sent to a model";
            return Ok(refused("models_not_allowed", why));
        }
        if let Some(refusal) = self.planner.nobody() {
            return Ok(ProposeOutcome::Refused(refusal));
        }
        let shown = self.on_head(case, |work, target, head| {
            let sources = sources(work, target, &head)?;
            Ok(sources.and_then(|sources| may_be_sent(&sources).map(|()| (head, sources))))
        });
        let (head, sources) = match shown.await? {
            Ok(shown) => shown,
            Err(refusal) => return Ok(ProposeOutcome::Refused(refusal)),
        };
        let rounds = Rounds { patcher: self, case, symptom, head, sources: Arc::new(sources), why: why(symptom) };
        rounds.run().await
    }
}

/// See the module.
struct Rounds<'a> {
    patcher: &'a Patcher,
    case: &'a Case<'a>,
    symptom: &'a Symptom,
    head: Head,
    sources: Arc<Vec<Source>>,
    why: String,
}

impl Rounds<'_> {
    async fn run(&self) -> Result<ProposeOutcome, Failure> {
        let mut before: Option<Before> = None;
        for round in 1.. {
            let Answer { said, by } = match self.ask(round, before.as_ref()).await? {
                Ok(answer) => answer,
                Err(refusal) => return Ok(ProposeOutcome::Refused(refusal)),
            };
            let refusal = match self.judged(&said, &by).await? {
                ProposeOutcome::Refused(refusal) => refusal,
                admitted @ ProposeOutcome::Admitted(_) => return self.patcher.taught(self.case, admitted).await,
            };
            if round == ROUNDS || !helps(&refusal) {
                return Ok(ProposeOutcome::Refused(refusal));
            }
            self.case.reporter.note(format!("round {round} was refused: {}", refusal.code));
            before = Some(Before { written: said, refusal });
        }
        Err(Failure::Engine("the rounds came to no end".into()))
    }

    async fn ask(&self, round: u32, before: Option<&Before>) -> Outcome<Answer<Written>> {
        let (case, planner) = (self.case, &self.patcher.planner);
        let fence = format!("{:032x}", rand::random::<u128>());
        let contract = case.target.contract(&case.code);
        let material = Material { code: &case.code, contract, symptom: self.symptom, sources: &self.sources, before };
        let question = match prompt::question(&material, &fence, planner.max_tokens) {
            Ok(question) => question,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let account = Account {
            planner,
            incident: case.incident,
            epoch: case.authority.epoch,
            round,
            why: &self.why,
            reporter: case.reporter,
        };
        let begun = case.reporter.now();
        let answer = planner.chain.ask::<Written, _>(&question, &account).await;
        case.reporter.span(SpanKind::Model, "model", begun);
        match answer {
            Ok(answer) => Ok(Ok(answer)),
            Err(Away::Refused(No::OverBudget(over))) => Ok(Err(refusal("over_budget", over.to_string()))),
            Err(Away::Refused(No::Ledger(error))) => Err(Failure::Ledger(error)),
            Err(Away::Refused(No::Crashed)) => Err(Failure::Crashed),
            Err(Away::NoAnswer(tried)) => unanswered(&tried).map(Err),
        }
    }

    async fn judged(&self, written: &Written, by: &str) -> Result<ProposeOutcome, Failure> {
        let (head, sources, written) = (self.head.clone(), Arc::clone(&self.sources), written.clone());
        let made = self
            .patcher
            .shelf
            .work(&self.case.target, move |work, target| model::candidate(work, target, head, &sources, &written));
        let candidate: Candidate = match made.await? {
            Ok(candidate) => candidate,
            Err(refusal) => return Ok(ProposeOutcome::Refused(refusal)),
        };
        let origin = format!("model {by}");
        self.case.reporter.stage(Stage::Proposed, format!("a candidate was made: {origin}"));
        self.patcher.minimised(self.case, candidate, &origin).await
    }
}

/// A file that holds a secret is not sent: what was taken out of it would be missing in what comes back.
fn may_be_sent(sources: &[Source]) -> Result<(), Refusal> {
    if sources.is_empty() {
        return Err(refusal("no_match", "none of the patchable files is there"));
    }
    match sources.iter().find(|source| wire::redact::redact(&source.text) != source.text.as_str()) {
        None => Ok(()),
        Some(Source { path, .. }) => {
            let why =
                format!("{path} holds what looks like a secret: it is not sent to a model until that is taken out");
            Err(refusal("secret_in_source", why))
        }
    }
}

/// Why a model is asked at all.
fn why(symptom: &Symptom) -> String {
    match symptom.refusals.last() {
        None => "nothing that is known fits this fault".into(),
        Some(last) => format!("no known remedy is left: {}", models::error::word(last)),
    }
}

/// Whether telling the model what was wrong may help: not where nothing is known of its candidate.
fn helps(refusal: &Refusal) -> bool {
    !matches!(refusal.code.as_str(), UNVERIFIED | "not_admitted" | "tree_mismatch")
}
