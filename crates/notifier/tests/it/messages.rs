//! What people read.

use crate::store::folded;
use notifier::message::{about, matters};
use wire::event::{Body, EscalationReason};

const DASH: &str = "http://dash.test";

#[test]
fn an_escalation_says_what_is_wrong_and_that_somebody_is_needed() {
    let diagnosis = "postgres://app:hunter2@db/x was tried\n".repeat(900);
    let (incident, event) = folded(vec![Body::Escalated { reason: EscalationReason::NoRemedy, diagnosis }]);
    let message = about(&event, &incident, DASH).unwrap();
    assert_eq!(message.data.title, "patient: FAULT_SAMPLE needs a person: no remedy is known");
    assert!(message.data.needs_person);
    assert!(!message.data.text.contains("hunter2"), "a secret is told");
    assert!(message.data.text.chars().count() <= 4_001, "{}", message.data.text.len());
    assert_eq!(message.id, format!("{}-2", event.incident));
}

#[test]
fn what_matters_becomes_a_message_and_the_rest_does_not() {
    let (incident, mut event) = folded(vec![]);
    let by = || String::from("ann");
    let bodies = [
        (Body::Mitigated { what: by() }, true),
        (Body::ResolvedByPerson { by: by(), note: by() }, true),
        (Body::Advised { why: by() }, true),
        (Body::Archived { epoch: wire::Epoch(2) }, true),
        (Body::ApprovalExpired {}, true),
        (Body::Undone { commit: None, why: by() }, true),
        (Body::Learned { document: by() }, false),
        (Body::Suppressed { why: by() }, false),
        (Body::Unknown, false),
    ];
    for (body, wanted) in bodies {
        event.body = body;
        assert_eq!(matters(&event.body), wanted, "{:?}", event.body);
        assert_eq!(about(&event, &incident, DASH).is_some(), wanted, "{:?}", event.body);
    }
}
