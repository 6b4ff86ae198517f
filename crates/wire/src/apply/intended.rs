//! What a playbook would do, in the journal, and a person's word for it.

use super::forget_failures;
use crate::Digest;
use crate::incident::Incident;
use crate::runtime::Intent;
use chrono::{DateTime, Utc};

/// The code of a refusal: what would be done is not what was approved, or waits to be. The option is proposed again, so that a person
/// is asked about what would be done now; not for ever, as for a branch that moves.
pub const NOT_APPROVED: &str = "not_approved";

pub(super) fn take_in(next: &mut Incident, intent: &Intent, at: DateTime<Utc>) {
    next.intent = Some(Box::new(Intent { at, ..intent.clone() }));
}

pub(super) fn approve(next: &mut Incident, digest: &Digest) {
    // What failed were looks while it waited.
    forget_failures(next);
    next.approved = Some(digest.clone());
}
