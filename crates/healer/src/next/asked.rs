//! What passed, be it a change of code or what a playbook would do: done, advised, or asked about. Pure.

use super::{At, Move, record};
use crate::{autonomy, task, ward};
use chrono::{DateTime, TimeDelta, Utc};
use wire::event::{Body, EscalationReason, Step};
use wire::target::Autonomy;

impl At<'_> {
    pub(super) fn admitted(&self) -> Move {
        let Some(digest) = self.incident.proposed() else { return self.escalate(EscalationReason::StepFailed) };
        let intent = self.incident.intent.as_deref();
        if intent.is_some_and(|intent| intent.remedies.is_empty()) {
            // What was approved before has made it well: that is told and proved, and nothing more is done.
            return self.begin(Step::Act, self.incident.option);
        }
        let decision = autonomy::decide(self.policy, task::option(self.incident));
        match decision.autonomy {
            Autonomy::Observe => self.advise("this target is only observed"),
            Autonomy::Suggest if intent.is_some() => self.advise("a person runs a playbook on this target"),
            Autonomy::Suggest => self.advise("a change passed every gate; a person pushes it on this target"),
            Autonomy::Approve if self.incident.approved.as_ref() != Some(digest) => {
                let approval = TimeDelta::from_std(self.policy.limits.approval).unwrap_or_default();
                let (digest, expires_at) = (digest.clone(), self.now + approval);
                record(Body::ApprovalRequested { digest, expires_at, why: decision.why })
            }
            Autonomy::Approve | Autonomy::Auto if intent.is_some() => self.begin(Step::Act, self.incident.option),
            Autonomy::Approve | Autonomy::Auto => self.begin(Step::Push, self.incident.option),
        }
    }

    pub(super) fn awaiting_approval(&self) -> Move {
        let expires = self.incident.approval_expires_at.filter(|expires| self.now < *expires);
        match (expires, self.look_at()) {
            (None, _) => record(Body::ApprovalExpired {}),
            (Some(_), Some(look)) if look <= self.now => self.start(Step::Propose, self.incident.option),
            (Some(expires), look) => Move::WaitUntil(look.map_or(expires, |look| look.min(expires))),
        }
    }

    /// While a person is asked about a playbook the resource may get well by itself, or need something else: when it is looked at again,
    /// soon at first. A look without a result is no reason to give up.
    fn look_at(&self) -> Option<DateTime<Utc>> {
        let last = self.incident.intent.as_ref()?.at;
        let last = self.incident.failed_at.map_or(last, |failed| last.max(failed));
        let looks = self.incident.attempts.get(&Step::Propose).copied().unwrap_or(0);
        Some(last + ward::pause(looks))
    }
}
