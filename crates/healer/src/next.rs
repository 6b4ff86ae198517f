//! What to do next. Pure: the same journal, policy and time give the same move, after a crash too.

mod asked;
mod held;

use crate::policy::Policy;
use crate::{autonomy, certificate, diagnosis, relief, ward};
use chrono::{DateTime, Utc};
use wire::event::{Body, EscalationReason, Step};
use wire::incident::{Incident, Status};
use wire::plan::Remedy;
use wire::runtime::ActOutcome;
use wire::target::{Autonomy, ReplayPermission};

/// The next move.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// Journal the intention.
    Start {
        /// To do this.
        step: Step,
        /// For the how-manieth time.
        attempt: u32,
        /// For this option of the plan.
        option: Option<u32>,
    },
    /// The intention stands without an outcome: ask (again, with the same key) and journal what comes of it.
    Continue {
        /// The step.
        step: Step,
        /// Its attempt.
        attempt: u32,
    },
    /// Journal a decision.
    Record(Box<Body>),
    /// Nothing before this time, unless there is a new event.
    WaitUntil(DateTime<Utc>),
    /// Nothing until there is a new event.
    Rest,
}

/// The next move of an incident.
pub fn next(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> Move {
    if let Some(begun) = incident.in_flight {
        return Move::Continue { step: begun.step, attempt: begun.attempt };
    }
    let at = At { incident, policy, now };
    match incident.status {
        Status::RolledBack if incident.gave_up => at.escalate(EscalationReason::StepFailed),
        Status::Detected | Status::Planned | Status::RolledBack if relief::is_due(incident, policy, now) => {
            at.start(Step::Relieve, None)
        }
        Status::Detected | Status::Analyzing => at.begin(Step::Analyze, None),
        Status::Planned if policy.autonomy == Autonomy::Observe => at.advise("this target is only observed"),
        Status::Planned | Status::RolledBack => at.try_next_option(),
        Status::Proposing => at.begin(Step::Propose, incident.option),
        Status::Admitted => at.admitted(),
        Status::AwaitingApproval => at.awaiting_approval(),
        Status::Pushed | Status::Deploying if incident.undo.is_some() => at.begin(Step::Undo, None),
        Status::Pushed | Status::Deploying => at.begin(Step::Deploy, incident.option),
        Status::Verifying => at.verifying(),
        Status::Acting => at.begin(Step::Act, incident.option),
        Status::Resolved => at.resolved(),
        Status::Dismissed => at.withdraw().err().unwrap_or(Move::Rest),
        Status::Mitigated if incident.acted.is_some() => at.look_again(),
        // Only eased at the front: the cure goes on at once.
        Status::Mitigated if incident.plan.is_none() => at.begin(Step::Analyze, None),
        Status::Mitigated if incident.is_held() => at.held(),
        Status::Mitigated
        | Status::Escalated
        | Status::Suppressed
        | Status::Correlated
        | Status::Advised
        | Status::Archived => Move::Rest,
    }
}

/// Where an incident stands, under which policy, and when.
struct At<'a> {
    incident: &'a Incident,
    policy: &'a Policy,
    now: DateTime<Utc>,
}

impl At<'_> {
    /// Begins a step, unless it failed too often, or a moment ago.
    fn begin(&self, step: Step, option: Option<u32>) -> Move {
        if self.policy.is_at_its_end(self.incident) {
            return self.failed_too_often(step);
        }
        match self.policy.again_at(self.incident, step) {
            Some(again) if self.now < again => Move::WaitUntil(again),
            _ => self.start(step, option),
        }
    }

    /// What eased it is taken back before anything else; `Ok` when nothing stands.
    fn withdraw(&self) -> Result<(), Move> {
        relief::withdraw(self.incident, self.now, || match self.policy.again_at(self.incident, Step::Withdraw) {
            Some(again) if self.now < again => Move::WaitUntil(again),
            _ => self.start(Step::Withdraw, None),
        })
    }

    fn start(&self, step: Step, option: Option<u32>) -> Move {
        let begun = self.incident.attempts.get(&step).copied().unwrap_or(0);
        Move::Start { step, attempt: begun + 1, option }
    }

    fn failed_too_often(&self, step: Step) -> Move {
        match step {
            // What was not learned is still resolved.
            Step::Learn => Move::Rest,
            Step::Undo => self.escalate(EscalationReason::UndoFailed),
            _ if self.incident.commit.is_some() && self.incident.proof.is_none() => self.start(Step::Undo, None),
            _ => self.escalate(EscalationReason::StepFailed),
        }
    }

    fn try_next_option(&self) -> Move {
        if self.incident.base_moved > self.policy.limits.base_moves {
            return self.escalate(EscalationReason::StepFailed);
        }
        let options = self.incident.plan.iter().flat_map(|plan| &plan.options);
        let mut known = (0..).zip(options).filter(|(_, option)| option.remedy != Remedy::Unknown).map(|(i, _)| i);
        let untried = known.find(|option| !self.incident.spent.contains(option));
        untried.map_or_else(|| self.nothing_left(), |option| self.try_option(option))
    }

    /// A playbook is run at once where nobody has to be asked; everything else is proposed first.
    fn try_option(&self, index: u32) -> Move {
        let option = self.incident.plan.as_ref().zip(usize::try_from(index).ok());
        let Some(option) = option.and_then(|(plan, index)| plan.options.get(index)) else {
            return self.escalate(EscalationReason::StepFailed);
        };
        if !matches!(option.remedy, Remedy::Playbook { .. }) {
            return self.begin(Step::Propose, Some(index));
        }
        let decision = autonomy::decide(self.policy, Some(option));
        match decision.autonomy {
            Autonomy::Auto => self.begin(Step::Act, Some(index)),
            Autonomy::Approve => self.begin(Step::Propose, Some(index)),
            Autonomy::Observe | Autonomy::Suggest => {
                self.advise(&format!("{} would be tried, and {}", option.title, decision.why))
            }
        }
    }

    /// What only eases it stands: whether the cause is gone is looked at again, soon at first.
    fn look_again(&self) -> Move {
        let Some(acted) = &self.incident.acted else { return Move::Rest };
        let looks = self.incident.attempts.get(&Step::Act).copied().unwrap_or(0);
        // Seen again in spite of it: soon, then.
        let looks = if self.incident.occurrences > acted.occurrences { 1 } else { looks };
        let again = acted.at + ward::pause(looks);
        if self.now < again { Move::WaitUntil(again) } else { self.start(Step::Act, self.incident.option) }
    }

    fn verifying(&self) -> Move {
        if self.incident.undo.is_some() {
            return self.begin(Step::Undo, None);
        }
        if self.incident.unverified {
            return self.escalate(EscalationReason::Unverified);
        }
        if self.incident.proof.is_some()
            && let Err(withdraw) = self.withdraw()
        {
            return withdraw;
        }
        if let Some(acted) = self.incident.acted.as_ref().filter(|_| self.incident.proof.is_some())
            && acted.outcome != ActOutcome::Healed
        {
            return record(Body::Mitigated { what: acted.what.clone() });
        }
        if self.incident.proof.is_some() {
            return match certificate::of(self.incident) {
                Some(certificate) => record(Body::Resolved { certificate }),
                None => self.escalate(EscalationReason::Unverified),
            };
        }
        if self.incident.acted.is_none() && self.policy.replay != ReplayPermission::Live {
            let what = "the change is live; its contract may not be replayed there, so nothing proves the cure";
            return record(Body::Mitigated { what: what.to_owned() });
        }
        self.begin(Step::Verify, self.incident.option)
    }

    fn resolved(&self) -> Move {
        if let Err(withdraw) = self.withdraw() {
            return withdraw;
        }
        // There is a lesson only in what was done here and proved, not in what a person did.
        let told = self.incident.document.is_some() || self.incident.proof.is_none();
        if told { Move::Rest } else { self.begin(Step::Learn, self.incident.option) }
    }

    fn advise(&self, because: &str) -> Move {
        record(Body::Advised { why: diagnosis::advice(self.incident, because) })
    }

    fn escalate(&self, reason: EscalationReason) -> Move {
        record(Body::Escalated { reason, diagnosis: diagnosis::of(self.incident, reason) })
    }
}

fn record(body: Body) -> Move {
    Move::Record(Box::new(body))
}
