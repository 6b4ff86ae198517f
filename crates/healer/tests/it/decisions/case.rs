//! An incident that moves as a test says.

use crate::sample::{commit, gates, known, name, plan, policy, report, tree};
use crate::world::{Store, World};
use chrono::{DateTime, TimeDelta, Utc};
use healer::next::{Move, next};
use healer::policy::Policy;
use wire::event::{Body, EscalationReason, Step};
use wire::plan::PlanOption;
use wire::proposal::{Proposal, Refusal};
use wire::rollout::{Rollout, RolloutOutcome};
use wire::verification::Judgement;
use wire::{Digest, Problem};

/// A journal that grows by the moves of the healer and by what a test says came of them.
pub(crate) struct Case {
    pub(crate) store: Store,
    pub(crate) policy: Policy,
}

impl Case {
    pub(crate) fn new() -> Self {
        Self { store: World::new().store, policy: policy() }
    }

    pub(crate) fn with(policy: Policy) -> Self {
        Self { policy, ..Self::new() }
    }

    pub(crate) fn next(&self) -> Move {
        self.next_at(self.store.now + TimeDelta::hours(10))
    }

    pub(crate) fn next_at(&self, now: DateTime<Utc>) -> Move {
        next(&self.store.incident, &self.policy, now)
    }

    /// The next move is to begin this step; it is journaled.
    #[track_caller]
    pub(crate) fn starts(&mut self, wanted: Step) -> &mut Self {
        let Move::Start { step, attempt, option } = self.next() else {
            panic!("{wanted:?} wanted, got {:?}", self.next())
        };
        assert_eq!(step, wanted);
        self.write(Body::Started { step, attempt, option, policy: self.policy.digest() });
        assert_eq!(self.next(), Move::Continue { step, attempt });
        self
    }

    #[track_caller]
    pub(crate) fn write(&mut self, body: Body) -> &mut Self {
        let key = format!("k{}", self.store.incident.position);
        self.store.write(&key, body.clone()).unwrap_or_else(|code| panic!("{body:?}: {code}"));
        self
    }

    pub(crate) fn fails(&mut self, step: Step) -> &mut Self {
        self.fails_for(step, false)
    }

    pub(crate) fn fails_for(&mut self, step: Step, may_pass: bool) -> &mut Self {
        let attempt = self.store.incident.attempts[&step];
        self.write(Body::Failed { step, attempt, problem: Problem::new("no_answer", "nobody there"), may_pass })
    }

    /// The next move journals this kind; it is journaled and answered.
    #[track_caller]
    pub(crate) fn records(&mut self, kind: &str) -> Body {
        let Move::Record(body) = self.next() else { panic!("{kind} wanted, got {:?}", self.next()) };
        assert_eq!(body.kind(), kind, "{body:?}");
        self.write((*body).clone());
        *body
    }

    #[track_caller]
    pub(crate) fn escalates(&mut self, wanted: EscalationReason) -> String {
        let Body::Escalated { reason, diagnosis } = self.records("escalated") else { unreachable!() };
        assert_eq!(reason, wanted, "{diagnosis}");
        assert_eq!(self.next(), Move::Rest);
        diagnosis
    }

    pub(crate) fn planned(&mut self, options: Vec<PlanOption>) -> &mut Self {
        self.starts(Step::Analyze).write(Body::Planned { plan: plan(options) })
    }

    pub(crate) fn admitted(&mut self) -> &mut Self {
        self.planned(vec![known("first"), known("second")]).starts(Step::Propose).write(admitted(0))
    }

    pub(crate) fn pushed(&mut self) -> &mut Self {
        self.admitted().starts(Step::Push).write(Body::Pushed { commit: commit(1) })
    }

    pub(crate) fn deployed(&mut self) -> &mut Self {
        self.pushed().starts(Step::Deploy).write(Body::Deployed { rollout: rollout(RolloutOutcome::Live) })
    }

    pub(crate) fn refuse(&mut self, code: &str) -> &mut Self {
        let option = self.store.incident.option.unwrap();
        let refusal = Refusal { code: code.into(), why: "gate three said no".into(), diff: None, gates: vec![] };
        self.write(Body::Refused { option, refusal })
    }
}

pub(crate) fn admitted(option: u32) -> Body {
    let proposal = Proposal {
        distilled: None,
        digest: Digest::of("proposal"),
        target: name(),
        base: commit(0),
        diff: "diff".into(),
        files: vec![],
        tree: tree(1),
        artefact: Digest::of("artefact"),
        origin: "codemod doc".into(),
        gates: gates(),
    };
    Body::Admitted { option, proposal: Box::new(proposal) }
}

pub(crate) fn rollout(outcome: RolloutOutcome) -> Box<Rollout> {
    Box::new(Rollout {
        target: name(),
        commit: commit(1),
        tree: tree(1),
        artefact: Some(Digest::of("artefact")),
        told_by: None,
        outcome,
        why: "green was not healthy".into(),
        healthy_at: None,
        switched_at: None,
        replay: None,
        spans: vec![],
    })
}

pub(crate) fn judged(judgement: Judgement) -> Box<wire::verification::ReplayReport> {
    Box::new(report("kr-1".parse().unwrap(), judgement))
}
