//! What nothing that is known heals, while a relief eases it: it is looked whether it is over by itself. Pure.

use super::{At, Move, record};
use crate::{diagnosis, relief};
use chrono::TimeDelta;
use wire::event::{Body, EscalationReason, Step};
use wire::incident::{Eased, Incident};
use wire::plan::{Remedy, Verdict};
use wire::target::ReplayPermission;

/// The pauses between two looks, seconds: what fails shortly is over soon, and each look is a request of the target.
const PAUSES: [i64; 6] = [2, 5, 10, 20, 30, 60];
/// So often it is eased. What comes back each time that this is taken back is not over.
const MOST_RELIEFS: u32 = 3;

impl At<'_> {
    /// Nothing is left to be tried. Where a relief stands, and whether the fault is over can be seen on live, a person is told and
    /// nobody is called.
    pub(super) fn nothing_left(&self) -> Move {
        let reason = reason(self.incident);
        let eased = self.incident.eased.as_ref().filter(|eased| stands(eased) && self.now < eased.until);
        match eased.filter(|_| reason != EscalationReason::Recurred && self.policy.replay == ReplayPermission::Live) {
            Some(eased) => record(Body::Mitigated { what: diagnosis::eased(self.incident, reason, eased) }),
            None => self.escalate(reason),
        }
    }

    /// A replay is never eased, so it shows how the target itself is, also while a relief stands. When that is taken away it is looked
    /// once more, with all the load.
    pub(super) fn held(&self) -> Move {
        let Some(eased) = &self.incident.eased else { return self.escalate(reason(self.incident)) };
        if let Some(proof) = &self.incident.proof {
            return self.withdraw().err().unwrap_or_else(|| {
                let why = format!("nothing was changed, and the failing request met its contract on live without a relief (replay {proof})");
                record(Body::Dismissed { verdict: Verdict::Recovered, why })
            });
        }
        match eased.withdrawn_at {
            None if !stands(eased) || self.now >= eased.until => self.escalate(reason(self.incident)),
            None => match eased.looked_at.map(|last| last + pause(eased.looks)) {
                Some(again) if self.now < again => Move::WaitUntil(again.min(eased.until)),
                _ => self.begin(Step::Verify, None),
            },
            Some(withdrawn) if eased.looked_at.is_none_or(|last| last < withdrawn) => self.begin(Step::Verify, None),
            Some(_) => {
                let reliefs = self.incident.attempts.get(&Step::Relieve).copied().unwrap_or(0);
                let again = reliefs < MOST_RELIEFS && relief::is_due(self.incident, self.policy, self.now);
                if again { self.start(Step::Relieve, None) } else { self.escalate(reason(self.incident)) }
            }
        }
    }
}

/// Whether it is known to stand.
fn stands(eased: &Eased) -> bool {
    eased.stands() && !eased.what.is_empty()
}

fn pause(looks: u32) -> TimeDelta {
    let at = usize::try_from(looks).unwrap_or(usize::MAX);
    TimeDelta::seconds(PAUSES.get(at).or(PAUSES.last()).copied().unwrap_or_default())
}

/// Why nothing is left to be tried.
fn reason(incident: &Incident) -> EscalationReason {
    let options = incident.plan.iter().flat_map(|plan| &plan.options);
    if incident.recurrences > 0 {
        EscalationReason::Recurred
    } else if options.map(|option| &option.remedy).all(|remedy| *remedy == Remedy::Unknown) {
        EscalationReason::NoRemedy
    } else {
        EscalationReason::OptionsExhausted
    }
}
