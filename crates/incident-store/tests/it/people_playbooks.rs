//! What a person says to a playbook that waits: the same word, by the same route, for exactly what was read.

use crate::people::{is, plan};
use crate::setup::{Fixture, start, started};
use chrono::TimeDelta;
use serde_json::{Value, json};
use wire::event::{Body, EscalationReason, Step};
use wire::incident::Status;
use wire::lease::{Lease, Release};
use wire::plan::Remedy as Option_;
use wire::runtime::{Action, Intent, Remedy, Undo};
use wire::{Digest, IncidentId, Position};

fn intent(lease: &Lease) -> Intent {
    let undo = Undo::by(Action::PutBack { copy: "before-1".into() });
    let restore = Action::Restore { backup: "monday.toml".into(), copy: "before-1".into() };
    let intent = Intent {
        digest: Digest::of(""),
        target: lease.incident.target.clone(),
        code: lease.incident.code.clone(),
        resource: "settings".to_owned().try_into().unwrap(),
        mode: "configuration".into(),
        lost: vec!["the file is valid".into()],
        remedies: vec![Remedy::repair("Restore the backup", restore, undo)],
        diagnosis: "The file is torn.".into(),
        at: lease.incident.detected_at,
    };
    intent.sealed()
}

/// An incident whose playbook waits for approval, and the digest of what it would do.
async fn waiting(store: &Fixture) -> (IncidentId, Digest) {
    let lease = store.leased().await;
    let (intent, expires_at) = (intent(&lease), store.now() + TimeDelta::seconds(600));
    let Body::Planned { mut plan } = plan() else { unreachable!() };
    plan.options[0].remedy = Option_::Playbook { resource: intent.resource.clone() };
    let propose = Body::Started { step: Step::Propose, attempt: 1, option: Some(0), policy: Digest::of("policy") };
    let asked = Body::ApprovalRequested { digest: intent.digest.clone(), expires_at, why: "so".into() };
    let bodies =
        [started(Step::Analyze, 1), Body::Planned { plan }, propose, Body::Intended(Box::new(intent.clone())), asked];
    for (body, position) in bodies.into_iter().zip(2..) {
        store.append(&lease, position, body).await.expect("appended");
    }
    let release =
        Release { fence: lease.authority.fence, wake_at: Some(expires_at), done: false, seen: Some(Position(6)) };
    store.healer.release(lease.incident.id, &release).await.expect("released");
    (lease.incident.id, intent.digest)
}

fn word(digest: &Digest) -> Value {
    json!({ "digest": digest, "note": "go on" })
}

#[tokio::test]
async fn a_playbook_is_approved_by_the_digest_of_what_it_would_do_and_then_acted() {
    let store = start().await;
    let (id, digest) = waiting(&store).await;
    is(store.say(id, "approve", "approver", &word(&Digest::of("another"))).await, 409, "digest_mismatch");
    for _ in 0..2 {
        let (status, answer) = store.say(id, "approve", "approver", &word(&digest)).await;
        assert_eq!((status, answer["status"].as_str()), (200, Some("admitted")), "{answer}");
    }
    assert_eq!(store.kinds(id).await.iter().filter(|kind| **kind == "approved").count(), 1);
    let lease = store.lease().await.expect("the healer is woken");
    let act = Body::Started { step: Step::Act, attempt: 1, option: Some(0), policy: Digest::of("policy") };
    store.append(&lease, 8, act).await.expect("it is done under the approval");
}

#[tokio::test]
async fn what_would_be_done_is_told_with_its_way_back_and_a_no_hands_it_to_a_person() {
    let store = start().await;
    let (id, digest) = waiting(&store).await;
    let story = store.operator.incident(id).await.expect("an incident");
    assert_eq!(story.intent.as_ref().map(|intent| &intent.digest), Some(&digest));
    let (status, answer) = store.say(id, "reject", "approver", &json!({ "digest": digest, "note": "not today" })).await;
    assert_eq!((status, answer["status"].as_str()), (200, Some("escalated")), "{answer}");
    let incident = store.operator.incident(id).await.expect("an incident");
    let rejected = Some(EscalationReason::ApprovalRejected);
    assert_eq!((incident.status, incident.escalation), (Status::Escalated, rejected));
}
