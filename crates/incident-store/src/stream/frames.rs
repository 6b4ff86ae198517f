//! What goes over the wire: a name for each event, and its frame. Pure.

use crate::story;
use wire::Cursor;
use wire::event::{Body, Step};
use wire::view::{Told, Whole};

/// Shows that the connection lives: a comment for whoever reads frames, an event for whoever hears events.
pub(super) const PING: &str = ": still here\nevent: ping\ndata: {}\n\n";
/// The service stops.
pub(super) const BYE: &str = "event: bye\ndata: {}\n\n";
/// How long a client waits before it comes again, milliseconds.
const RETRY_MS: u32 = 1_000;

/// What an event of a journal is called in the stream.
pub(super) fn name(body: &Body) -> &'static str {
    match body {
        Body::Detected { .. } => "created",
        Body::Planned { .. } | Body::Dismissed { .. } => "analyzed",
        Body::Started { step: Step::Propose | Step::Act, .. } => "healing_start",
        Body::Failed { .. } | Body::ApprovalRequested { .. } | Body::Postponed { .. } => "processing_delay",
        Body::Progressed { .. } if story::until(body).is_some() => "processing_delay",
        Body::Started { .. }
        | Body::Progressed { .. }
        | Body::Refused { .. }
        | Body::Admitted { .. }
        | Body::Intended(_)
        | Body::Approved { .. }
        | Body::Pushed { .. }
        | Body::Deployed { .. }
        | Body::Acted { .. }
        | Body::Undone { .. }
        | Body::Relieved { .. }
        | Body::Withdrawn { .. }
        | Body::Mitigated { .. } => "healing_progress",
        Body::Verified { .. } => "healing_complete",
        Body::DeployFailed { .. }
        | Body::VerificationFailed { .. }
        | Body::Unverified { .. }
        | Body::ApprovalRejected { .. }
        | Body::ApprovalExpired {}
        | Body::Escalated { .. }
        | Body::Reopened { .. } => "healing_failed",
        Body::Resolved { .. } | Body::ResolvedByPerson { .. } => "resolved",
        Body::Occurred { .. }
        | Body::Suppressed { .. }
        | Body::Correlated { .. }
        | Body::Separated { .. }
        | Body::Advised { .. }
        | Body::DismissedByPerson { .. }
        | Body::Learned { .. }
        | Body::Retried { .. }
        | Body::Archived { .. }
        | Body::Unknown => "updated",
    }
}

/// The step that an event belongs to.
pub(super) fn step(body: &Body) -> Option<Step> {
    match body {
        Body::Started { step, .. } | Body::Progressed { step, .. } | Body::Failed { step, .. } => Some(*step),
        _ => None,
    }
}

/// An event's frame.
pub(super) fn event(name: &str, told: &Told) -> String {
    format!("id: {}\nevent: {name}\ndata: {}\n\n", told.cursor, json(told))
}

/// The first frame of every stream.
pub(super) fn hello(whole: &Whole) -> String {
    format!("retry: {RETRY_MS}\n{}", of_the_whole("hello", whole))
}

/// A frame about the whole.
pub(super) fn of_the_whole(name: &str, whole: &Whole) -> String {
    format!("event: {name}\ndata: {}\n\n", json(whole))
}

/// What was missed is gone; the stream goes on from here.
pub(super) fn resync(newest: Cursor, whole: &Whole) -> String {
    format!("id: {newest}\nevent: resync\ndata: {}\n\n", json(whole))
}

/// What changed of the whole, if anything did.
pub(super) fn change(before: &Whole, now: &Whole) -> Option<&'static str> {
    if before.epoch != now.epoch {
        return Some("reset");
    }
    (before.paused != now.paused).then_some(if now.paused { "healing_paused" } else { "healing_resumed" })
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Epoch;
    use wire::span::Progress;

    #[test]
    fn a_reset_is_told_as_such_and_a_pause_as_such() {
        let whole = |epoch, paused| Whole { epoch: Epoch(epoch), paused, reset_at: None };
        assert_eq!(change(&whole(1, false), &whole(1, false)), None);
        assert_eq!(change(&whole(1, false), &whole(1, true)), Some("healing_paused"));
        assert_eq!(change(&whole(1, true), &whole(1, false)), Some("healing_resumed"));
        assert_eq!(change(&whole(1, false), &whole(2, true)), Some("reset"));
    }

    #[test]
    fn a_wait_that_somebody_asks_for_is_a_delay_and_other_progress_is_none() {
        let at = chrono::DateTime::UNIX_EPOCH;
        let wait = Progress { delay_ms: Some(1_000), ..Progress::note(at, "it asks for patience") };
        let told = |progress, more| Body::Progressed { step: Step::Propose, attempt: 1, progress, more };
        assert_eq!(name(&told(Progress::note(at, "built"), vec![])), "healing_progress");
        assert_eq!(name(&told(wait.clone(), vec![])), "processing_delay");
        assert_eq!(name(&told(Progress::note(at, "built"), vec![wait])), "processing_delay");
    }

    #[test]
    fn frames_are_what_an_event_source_reads() {
        let whole = Whole { epoch: Epoch(1), paused: false, reset_at: None };
        assert_eq!(hello(&whole), "retry: 1000\nevent: hello\ndata: {\"epoch\":1,\"paused\":false}\n\n");
        let newest = Cursor { txid: 8, id: 4 };
        assert_eq!(resync(newest, &whole), "id: 8-4\nevent: resync\ndata: {\"epoch\":1,\"paused\":false}\n\n");
        for frame in [PING, BYE] {
            assert!(frame.ends_with("\n\n") && frame.contains("event: "), "{frame:?}");
        }
    }
}
