//! Samples of what crosses the wire, and a journal that folds as it grows.

use chrono::{DateTime, Utc};
use wire::apply::{Refused, apply};
use wire::detection::{Detection, Source};
use wire::event::{Body, Certificate, Event, Step};
use wire::incident::Incident;
use wire::plan::{Plan, PlanOption, Remedy, Retrieval, Verdict};
use wire::proposal::{Proposal, Refusal};
use wire::rollout::{Rollout, RolloutOutcome};
use wire::runtime::{Action, Intent, Undo};
use wire::verification::{Gate, GateReport, Judgement, ReplayReport};
use wire::*;

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

pub(crate) fn commit(digit: char) -> CommitId {
    digit.to_string().repeat(40).parse().unwrap()
}

pub(crate) fn tree(digit: char) -> TreeId {
    digit.to_string().repeat(40).parse().unwrap()
}

pub(crate) fn code() -> FaultCode {
    "FAULT_SAMPLE".parse().unwrap()
}

pub(crate) fn detection() -> Detection {
    Detection {
        target: "patient".parse().unwrap(),
        code: code(),
        event_id: "e-1".parse().unwrap(),
        source: Source::Router,
        at: at(0),
        message: "it broke".into(),
        reason: Some("because".into()),
        line: None,
        context: vec![],
        trace_parent: None,
        request_id: None,
        version: None,
        service: None,
        fields: Default::default(),
    }
}

pub(crate) fn plan() -> Plan {
    let option = |title: &str| PlanOption {
        title: title.into(),
        remedy: Remedy::Codemod { document: "doc".into(), rule: serde_json::json!({}), digest: Digest::of("rule") },
        confidence: 0.9,
        verification: String::new(),
        estimate: None,
        track: None,
    };
    let retrieval = Retrieval { query: "q".into(), engine: "lexical".into(), confidence: 0.9, neighbours: vec![] };
    let options = vec![option("first"), option("second")];
    Plan { verdict: Verdict::CodeFault, root_cause: "a bad statement".into(), retrieval, options }
}

pub(crate) fn intent() -> Intent {
    let put_back = Action::PutBack { copy: "before-1".into() };
    let restore = Action::Restore { backup: "monday.toml".into(), copy: "before-1".into() };
    let intent = Intent {
        digest: Digest::of(""),
        target: "patient".parse().unwrap(),
        code: code(),
        resource: "settings".to_owned().try_into().unwrap(),
        mode: "configuration".into(),
        lost: vec!["the file is valid".into()],
        remedies: vec![runtime::Remedy::repair("Restore the backup", restore, Undo::by(put_back))],
        diagnosis: "The file is torn.".into(),
        at: at(0),
    };
    intent.sealed()
}

pub(crate) fn gate(passed: bool) -> GateReport {
    let evidence = serde_json::Value::Null;
    GateReport { gate: Gate::Scope, passed, code: "ok".into(), why: String::new(), evidence }
}

pub(crate) fn proposal() -> Proposal {
    Proposal {
        distilled: None,
        digest: Digest::of("proposal"),
        target: "patient".parse().unwrap(),
        base: commit('a'),
        diff: "diff".into(),
        files: vec!["f".into()],
        tree: tree('b'),
        artefact: Digest::of("artefact"),
        origin: "codemod doc".into(),
        gates: Gate::REQUIRED.map(|gate| GateReport { gate, ..self::gate(true) }).to_vec(),
    }
}

pub(crate) fn rollout(commit: CommitId, outcome: RolloutOutcome) -> Rollout {
    Rollout {
        target: "patient".parse().unwrap(),
        commit,
        tree: tree('b'),
        artefact: Some(Digest::of("artefact")),
        told_by: None,
        outcome,
        why: "as it went".into(),
        healthy_at: Some(at(50)),
        switched_at: Some(at(51)),
        replay: None,
        spans: vec![],
    }
}

pub(crate) fn report(judgement: Judgement) -> ReplayReport {
    ReplayReport {
        replay: "kr-1".parse().unwrap(),
        code: code(),
        judgement,
        why: "as it went".into(),
        status: Some(200),
        took_ms: 1.5,
        witnesses: vec![],
        answer: None,
        sequence: None,
        spans: vec![],
    }
}

pub(crate) fn refusal(code: &str) -> Refusal {
    Refusal { code: code.into(), why: "so".into(), diff: None, gates: vec![] }
}

pub(crate) fn certificate(incident: &Incident) -> Certificate {
    let proposal = incident.proposal.as_deref();
    Certificate {
        position: incident.position,
        head: incident.head.clone(),
        plan: Digest::of_json(&serde_json::to_value(&incident.plan).unwrap()),
        proposal: proposal.map(|proposal| proposal.digest.clone()),
        artefact: proposal.map(|proposal| proposal.artefact.clone()),
        commit: incident.commit.clone(),
        replay: "kr-1".parse().unwrap(),
        before: String::new(),
        after: String::new(),
        relief: incident.eased.as_ref().and_then(wire::incident::Eased::told),
    }
}

/// One body of every kind, by its kind's name.
pub(crate) fn body(kind: &str, step: Option<Step>) -> Body {
    let step = step.unwrap_or(Step::Analyze);
    let why = String::from("so");
    match kind {
        "detected" => Body::Detected { detection: detection(), epoch: Epoch(1) },
        "occurred" => Body::Occurred { event_id: "e-2".parse().unwrap(), happened_at: at(1) },
        "started" => Body::Started { step, attempt: 1, option: Some(0), policy: Digest::of("policy") },
        "progressed" => {
            let progress = span::Progress {
                at: at(2),
                note: "on its way".into(),
                stage: None,
                span: None,
                call: None,
                delay_ms: None,
            };
            Body::Progressed { step, attempt: 1, progress, more: vec![] }
        }
        "failed" => {
            let problem = Problem::new("no_answer", "nobody there");
            Body::Failed { step, attempt: 1, problem, may_pass: false }
        }
        "planned" => Body::Planned { plan: plan() },
        "dismissed" => Body::Dismissed { verdict: Verdict::Noise, why },
        "suppressed" => Body::Suppressed { why },
        "correlated" => Body::Correlated { parent: "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap(), why },
        "separated" => Body::Separated { why },
        "postponed" => Body::Postponed { until: at(60), why },
        "advised" => Body::Advised { why },
        "refused" => Body::Refused { option: 0, refusal: refusal("build") },
        "admitted" => Body::Admitted { option: 0, proposal: Box::new(proposal()) },
        "intended" => Body::Intended(Box::new(intent())),
        "approval_requested" => {
            Body::ApprovalRequested { digest: Digest::of("proposal"), expires_at: at(900), why: "so".into() }
        }
        "approved" => Body::Approved { digest: Digest::of("proposal"), by: "ann".into(), note: String::new() },
        "approval_rejected" => Body::ApprovalRejected { by: "ann".into(), why },
        "approval_expired" => Body::ApprovalExpired {},
        "pushed" => Body::Pushed { commit: commit('c') },
        "deployed" => Body::Deployed { rollout: Box::new(rollout(commit('c'), RolloutOutcome::Live)) },
        "deploy_failed" => Body::DeployFailed { rollout: Box::new(rollout(commit('c'), RolloutOutcome::Refused)) },
        "acted" => Body::Acted { what: "restarted".into(), report: None },
        "verified" => Body::Verified { report: Box::new(report(Judgement::Met)) },
        "verification_failed" => Body::VerificationFailed { report: Box::new(report(Judgement::Broken)) },
        "unverified" => Body::Unverified { report: Box::new(report(Judgement::Unverified)) },
        "undone" => Body::Undone { commit: Some(commit('d')), why },
        "relieved" => Body::Relieved { what: "stale answers".into(), until: at(900) },
        "withdrawn" => Body::Withdrawn(relief::Withdrawn { what: "stale answers".into(), answered: None }),
        "mitigated" => Body::Mitigated { what: "stale answers".into() },
        "dismissed_by_person" => Body::DismissedByPerson { by: "ann".into(), verdict: Verdict::Noise, note: why },
        "resolved_by_person" => Body::ResolvedByPerson { by: "ann".into(), note: why },
        "retried" => Body::Retried { by: "ann".into(), note: why },
        "learned" => Body::Learned { document: "learned/1".into() },
        "escalated" => Body::Escalated { reason: event::EscalationReason::NoRemedy, diagnosis: why },
        "reopened" => Body::Reopened { event_id: "e-3".parse().unwrap(), happened_at: at(3) },
        "archived" => Body::Archived { epoch: Epoch(2) },
        "unknown" => Body::Unknown,
        other => panic!("no sample of {other}"),
    }
}

/// A journal and what it folds to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    pub(crate) events: Vec<Event>,
    pub(crate) incident: Option<Incident>,
}

impl Journal {
    /// The journal of these kinds; `started push` and the like name their step. Attempts and the certificate are made to
    /// fit.
    #[track_caller]
    pub(crate) fn of(kinds: &[&str]) -> Self {
        let mut journal = Self::default();
        for kind in kinds {
            journal.add(kind).unwrap_or_else(|refused| panic!("{kind}: {refused}"));
        }
        journal
    }

    pub(crate) fn incident(&self) -> &Incident {
        self.incident.as_ref().unwrap()
    }

    /// Appends one of a kind.
    pub(crate) fn add(&mut self, text: &str) -> Result<&Incident, Refused> {
        let (kind, step) = match text.split_once(' ') {
            Some((kind, step)) => (kind, Step::ALL.into_iter().find(|s| s.as_str() == step)),
            None => (text, None),
        };
        if kind == "resolved" {
            return self.append(Body::Resolved { certificate: certificate(self.incident()) });
        }
        let mut body = body(kind, step);
        let begun = |step: &Step| self.incident.as_ref().map_or(0, |i| i.attempts.get(step).copied().unwrap_or(0));
        match &mut body {
            Body::Started { step, attempt, .. } => *attempt = begun(step) + 1,
            Body::Progressed { step, attempt, .. } | Body::Failed { step, attempt, .. } => *attempt = begun(step),
            _ => {}
        }
        self.append(body)
    }

    /// Appends an event as the store would: one second after the one before, and chained.
    pub(crate) fn append(&mut self, body: Body) -> Result<&Incident, Refused> {
        let incident: IncidentId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let position = Position(self.events.len() as i64 + 1);
        let (kind, payload) = wire::chain::split(&body);
        let (key, at) = (format!("key-{position}"), at(position.0));
        let before = self.events.last().map(|event| &event.hash);
        let hash = wire::chain::hash(before, incident, position, &key, &kind, &payload, at);
        let cursor = Cursor { txid: 7, id: position.0 };
        let event = Event { cursor, incident, position, key, body, trace_parent: None, at, hash };
        self.incident = Some(apply(self.incident.as_ref(), &event)?);
        self.events.push(event);
        Ok(self.incident())
    }
}
