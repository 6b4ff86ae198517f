//! An incident that begins anew, because a person has it tried again or because it is no symptom of another: what is
//! forgotten, and what stays known.

use super::{forget_attempt, forget_failures};
use crate::Digest;
use crate::IncidentId;
use crate::event::EscalationReason;
use crate::incident::{CameBack, Incident};
use crate::plan::{Plan, Remedy};

/// So often a playbook is run again for an incident that came back.
const MOST_RECURRENCES: u32 = 3;

pub(super) fn retry(next: &mut Incident) {
    begin(next);
    next.retries += 1;
}

/// It came back: another option is due.
pub(super) fn reopen(next: &mut Incident) {
    let option = next.option;
    next.spent.extend(option.filter(|option| is_spent(next, *option)));
    let distilled = next.proposal.as_mut().and_then(|proposal| proposal.distilled.take());
    next.came_back = option.map(|option| CameBack { option, distilled });
    next.occurrences += 1;
    next.recurrences += 1;
    next.resolved_at = None;
    next.resolved_by = None;
    next.document = None;
    next.escalation = None;
    // What failed before belongs to the recovery that is over.
    forget_failures(next);
    next.base_moved = 0;
    next.gave_up = false;
    forget_attempt(next);
}

/// Nothing is pushed, so what was being tried is simply dropped.
pub(super) fn rest_under(next: &mut Incident, parent: IncidentId) {
    forget_failures(next);
    forget_attempt(next);
    next.postponed_until = None;
    next.parent = Some(parent);
}

pub(super) fn separate(next: &mut Incident) {
    begin(next);
    next.parent = None;
    next.separated = true;
}

/// It begins anew, and asks for a new plan. What was refused for what it is is not tried again, so that trying again does not
/// repeat what is known to come to nothing; what only got no answer may be.
fn begin(next: &mut Incident) {
    if let Some(plan) = next.plan.take() {
        let rejected = next.option.filter(|_| next.escalation == Some(EscalationReason::ApprovalRejected));
        let spent = next.spent.iter().copied().chain(rejected).filter_map(|option| digest(&plan, option));
        next.tried.extend(spent);
    }
    next.spent.clear();
    // The options of a new plan are others.
    next.came_back = None;
    next.escalation = None;
    next.base_moved = 0;
    next.gave_up = false;
    forget_failures(next);
    forget_attempt(next);
}

/// Whether an option after which the fault came back is tried no more. A playbook may be needed again, as what it heals may break
/// again; but not for ever.
pub(super) fn is_spent(next: &Incident, option: u32) -> bool {
    let options = next.plan.iter().flat_map(|plan| &plan.options);
    let remedy = (0..).zip(options).find(|(index, _)| *index == option).map(|(_, option)| &option.remedy);
    !matches!(remedy, Some(Remedy::Playbook { .. })) || next.recurrences >= MOST_RECURRENCES
}

/// A new plan numbers its options anew.
pub(super) fn take_in_plan(next: &mut Incident, plan: &Plan) {
    if next.retries > 0 || next.separated {
        let tried = |option: &u32| digest(plan, *option).is_some_and(|digest| next.tried.contains(&digest));
        next.spent = (0..).take(plan.options.len()).filter(tried).collect();
    }
    next.plan = Some(plan.clone());
}

fn digest(plan: &Plan, option: u32) -> Option<Digest> {
    plan.options.get(usize::try_from(option).ok()?)?.remedy.digest()
}
