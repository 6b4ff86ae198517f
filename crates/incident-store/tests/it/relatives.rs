//! Incidents beside each other: what is open, and what rests under what.

use crate::setup::{FAULTS, Fixture, detection, start};
use chrono::TimeDelta;
use wire::IncidentId;
use wire::detection::Disposition;
use wire::event::{Body, EscalationReason};
use wire::incident::Status;
use wire::lease::Lease;
use wire::plan::Verdict;

/// A parent of one target, and a child of the other that rests under it and was given back until much later.
async fn resting(store: &Fixture) -> (Lease, Lease) {
    let parent = store.leased().await;
    let child = store.router.report(&detection("second", FAULTS[0], store.now())).await.unwrap();
    let lease = store.lease().await.expect("the other target's incident");
    assert_eq!(lease.incident.id, child.incident);
    let why = "it needs what is broken".to_owned();
    store.append(&lease, 2, Body::Correlated { parent: parent.incident.id, why }).await.unwrap();
    store.settle(&lease).await;
    (parent, lease)
}

async fn standing(store: &Fixture, id: IncidentId) -> Status {
    store.operator.incident(id).await.unwrap().status
}

#[tokio::test]
async fn what_is_open_is_told_in_short_with_when_it_was_last_heard_of() {
    let store = start().await;
    let (parent, child) = resting(&store).await;
    let first = store.now();
    store.pass(5);
    store.fault(FAULTS[0]).await;
    let open = store.healer.open_incidents().await.unwrap().incidents;
    let found = |id| open.iter().find(|one| one.id == id).expect("it is open").clone();
    let (one, other) = (found(parent.incident.id), found(child.incident.id));
    assert_eq!((one.last_at, one.parent), (store.now(), None));
    assert_eq!((other.last_at, other.status, other.parent), (first, Status::Correlated, Some(parent.incident.id)));
    assert!(open.iter().all(|one| !one.pushed && !one.own) && open.len() == 2, "{open:?}");
    let separated = {
        let lease = taken_again(&store, &parent, child.incident.id).await;
        store.append(&lease, 3, Body::Separated { why: String::new() }).await.unwrap();
        store.healer.open_incidents().await.unwrap().incidents
    };
    assert!(separated.iter().any(|one| one.own && one.parent.is_none()), "{separated:?}");
}

/// The parent ends, and the child is granted at once.
async fn taken_again(store: &Fixture, parent: &Lease, child: IncidentId) -> Lease {
    let (reason, diagnosis) = (EscalationReason::NoRemedy, String::new());
    assert!(store.lease().await.is_none(), "it rests");
    let position = store.operator.incident(parent.incident.id).await.unwrap().position.0 + 1;
    store.append(parent, position, Body::Escalated { reason, diagnosis }).await.unwrap();
    let lease = store.lease().await.expect("what rested is looked at again");
    assert_eq!(lease.incident.id, child);
    lease
}

#[tokio::test]
async fn the_end_of_an_incident_wakes_what_rests_under_it() {
    let store = start().await;
    let (parent, child) = resting(&store).await;
    taken_again(&store, &parent, child.incident.id).await;
}

#[tokio::test]
async fn what_went_with_its_cause_opens_a_new_incident_when_it_comes_again() {
    let store = start().await;
    let (parent, child) = resting(&store).await;
    let lease = taken_again(&store, &parent, child.incident.id).await;
    let gone = Body::Dismissed { verdict: Verdict::Recovered, why: "quiet since".into() };
    store.append(&lease, 3, gone).await.unwrap();
    assert_eq!(standing(&store, child.incident.id).await, Status::Dismissed);
    store.clock.advance(TimeDelta::seconds(1));
    let again = store.router.report(&detection("second", FAULTS[0], store.now())).await.unwrap();
    assert_eq!(again.disposition, Disposition::Created);
}

#[tokio::test]
async fn a_symptom_that_a_person_dismisses_has_a_cooldown_as_any_other() {
    let store = start().await;
    let (_, child) = resting(&store).await;
    let word = serde_json::json!({"verdict": "noise", "note": "known"});
    let (status, answer) = store.say(child.incident.id, "dismiss", "operator", &word).await;
    assert_eq!(status, 200, "{answer}");
    let again = store.router.report(&detection("second", FAULTS[0], store.now())).await.unwrap();
    assert_eq!((again.disposition, again.incident), (Disposition::Joined, child.incident.id));
}

#[tokio::test]
async fn people_are_told_of_parent_and_children_in_both_directions() {
    let store = start().await;
    let (parent, child) = resting(&store).await;
    let above = store.operator.detail(parent.incident.id).await.unwrap();
    let below = store.operator.detail(child.incident.id).await.unwrap();
    assert_eq!(above.children.iter().map(|one| one.id).collect::<Vec<_>>(), [child.incident.id]);
    assert_eq!((above.children[0].status, above.parent), (Status::Correlated, None));
    assert_eq!(below.parent.map(|one| (one.id, one.code)), Some((parent.incident.id, parent.incident.code.clone())));
    let told = below.story.last().expect("a story");
    assert_eq!(
        (told.title.as_str(), told.text.as_str()),
        ("It is a symptom of another incident", "it needs what is broken")
    );
}

#[tokio::test]
async fn what_was_healed_a_moment_ago_is_told_with_when_it_was() {
    let store = start().await;
    let lease = store.leased().await;
    store.resolve(&lease, 2).await;
    let told = async || store.healer.open_incidents().await.unwrap().incidents;
    let (healed, found) = (store.now(), told().await);
    assert_eq!(found.iter().map(|one| (one.status, one.last_at)).collect::<Vec<_>>(), [(Status::Resolved, healed)]);
    store.pass(301);
    assert!(told().await.is_empty());
}
