//! What becomes of a person's word. Pure.

use crate::error::StoreError;
use chrono::{DateTime, Utc};
use wire::Digest;
use wire::event::{Body, EscalationReason};
use wire::incident::{Incident, Status};
use wire::plan::Verdict;
use wire::session::{Approve, Dismiss, Reject, Resolve, Retry};

/// The longest note, bytes.
const MAX_NOTE: usize = 4 * 1024;

/// A person's word.
#[derive(Debug, Clone)]
pub(super) enum Word {
    Approve(Approve),
    Reject(Reject),
    Resolve(Resolve),
    Dismiss(Dismiss),
    Retry(Retry),
}

impl Word {
    /// What it must be, whatever the journal says.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let note = match self {
            Word::Approve(Approve { note, .. })
            | Word::Reject(Reject { note, .. })
            | Word::Resolve(Resolve { note })
            | Word::Dismiss(Dismiss { note, .. })
            | Word::Retry(Retry { note }) => note,
        };
        if note.len() > MAX_NOTE {
            return Err(StoreError::Invalid(format!("`note` has {} bytes: at most {MAX_NOTE} are taken", note.len())));
        }
        match self {
            Word::Resolve(_) if note.trim().is_empty() => {
                Err(StoreError::Invalid("`note` must say what was done".to_owned()))
            }
            Word::Dismiss(Dismiss { verdict, .. }) if verdict.is_actionable() || *verdict == Verdict::Unknown => {
                let wanted = "`verdict` must be one of user_error, expected_denial, recovered, noise";
                Err(StoreError::Invalid(wanted.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// The event it becomes; none when it was said before. Whether the event fits otherwise is `wire::apply`'s to say.
    pub(super) fn decide(self, incident: &Incident, by: &str, now: DateTime<Utc>) -> Result<Option<Body>, StoreError> {
        let by = by.to_owned();
        match self {
            Word::Approve(Approve { digest, .. }) if incident.approved.as_ref() == Some(&digest) => Ok(None),
            Word::Approve(Approve { digest, note }) => {
                check_change(incident, Some(&digest))?;
                let is_waiting = incident.status == Status::AwaitingApproval;
                if is_waiting && incident.approval_expires_at.is_none_or(|end| end <= now) {
                    return Err(StoreError::ApprovalExpired);
                }
                Ok(Some(Body::Approved { digest, by, note }))
            }
            Word::Reject(_) if is_rejected(incident) => Ok(None),
            Word::Reject(Reject { digest, note }) => {
                check_change(incident, digest.as_ref())?;
                Ok(Some(Body::ApprovalRejected { by, why: note }))
            }
            Word::Resolve(_) if incident.status == Status::Resolved && incident.resolved_by.is_some() => Ok(None),
            Word::Resolve(Resolve { note }) => Ok(Some(Body::ResolvedByPerson { by, note })),
            Word::Dismiss(_) if incident.status == Status::Dismissed => Ok(None),
            Word::Dismiss(Dismiss { verdict, note }) => Ok(Some(Body::DismissedByPerson { by, verdict, note })),
            // Twice in a row is once: it has begun anew and nothing has come of it yet.
            Word::Retry(_) if incident.retries > 0 && is_beginning(incident.status) => Ok(None),
            Word::Retry(Retry { note }) => Ok(Some(Body::Retried { by, note })),
        }
    }
}

fn is_beginning(status: Status) -> bool {
    matches!(status, Status::Detected | Status::Analyzing)
}

fn is_rejected(incident: &Incident) -> bool {
    incident.status == Status::Escalated && incident.escalation == Some(EscalationReason::ApprovalRejected)
}

/// What was read is what waits.
fn check_change(incident: &Incident, asked: Option<&Digest>) -> Result<(), StoreError> {
    match (asked, incident.proposed()) {
        (Some(asked), Some(waiting)) if asked != waiting && incident.status == Status::AwaitingApproval => {
            Err(StoreError::AnotherChange { asked: asked.clone(), waiting: waiting.clone() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{incident, proposal};
    use chassis::ApiError;
    use chrono::TimeDelta;

    fn waiting() -> Incident {
        let end = incident().detected_at + TimeDelta::seconds(60);
        let proposal = Some(Box::new(proposal("a change")));
        Incident { status: Status::AwaitingApproval, proposal, approval_expires_at: Some(end), ..incident() }
    }

    fn approve(what: &str) -> Word {
        Word::Approve(Approve { digest: Digest::of(what), note: String::new() })
    }

    #[track_caller]
    fn check(incident: &Incident, word: Word, after: i64, wanted: &str) {
        let now = incident.detected_at + TimeDelta::seconds(after);
        let got = match word.decide(incident, "ann", now) {
            Ok(Some(body)) => body.kind(),
            Ok(None) => "known",
            Err(error) => error.code(),
        };
        assert_eq!(got, wanted);
    }

    #[test]
    fn an_approval_is_for_the_change_that_waits_and_in_time() {
        check(&waiting(), approve("a change"), 59, "approved");
        check(&waiting(), approve("a change"), 60, "approval_expired");
        check(&waiting(), approve("another"), 0, "digest_mismatch");
        check(&Incident { approval_expires_at: None, ..waiting() }, approve("a change"), 0, "approval_expired");
        let approved = Incident { status: Status::Admitted, approved: Some(Digest::of("a change")), ..waiting() };
        check(&approved, approve("a change"), 999, "known");
    }

    #[test]
    fn what_was_said_before_is_not_said_again() {
        let reject =
            |digest: Option<&str>| Word::Reject(Reject { digest: digest.map(Digest::of), note: String::new() });
        check(&waiting(), reject(None), 0, "approval_rejected");
        check(&waiting(), reject(Some("another")), 0, "digest_mismatch");
        let escalation = Some(EscalationReason::ApprovalRejected);
        check(&Incident { status: Status::Escalated, escalation, ..waiting() }, reject(None), 0, "known");
        let resolve = || Word::Resolve(Resolve { note: "done".into() });
        let resolved = Incident { status: Status::Resolved, resolved_by: Some("bob".into()), ..waiting() };
        check(&resolved, resolve(), 0, "known");
        check(&Incident { resolved_by: None, ..resolved }, resolve(), 0, "resolved_by_person");
        let dismiss = || Word::Dismiss(Dismiss { verdict: Verdict::Noise, note: String::new() });
        check(&Incident { status: Status::Dismissed, ..incident() }, dismiss(), 0, "known");
        check(&incident(), dismiss(), 0, "dismissed_by_person");
        let retry = || Word::Retry(Retry::default());
        check(&Incident { retries: 1, ..incident() }, retry(), 0, "known");
        check(&Incident { status: Status::Escalated, retries: 1, ..incident() }, retry(), 0, "retried");
    }

    #[test]
    fn a_word_has_its_form() {
        let resolve = |note: &str| Word::Resolve(Resolve { note: note.into() }).check();
        assert!(resolve("restarted it").is_ok());
        assert!(resolve(" ").is_err() && resolve(&"x".repeat(MAX_NOTE + 1)).is_err());
        for verdict in [Verdict::CodeFault, Verdict::Capacity, Verdict::Unknown, Verdict::Noise, Verdict::UserError] {
            let is_fine = matches!(verdict, Verdict::Noise | Verdict::UserError);
            let word = Word::Dismiss(Dismiss { verdict, note: String::new() });
            assert_eq!(word.check().is_ok(), is_fine, "{verdict:?}");
        }
    }
}
