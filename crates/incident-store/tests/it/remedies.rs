//! What was done on a target of late.

use crate::people::{plan, proposal};
use crate::setup::{Fixture, TARGET, start, started};
use diesel_async::RunQueryDsl;
use wire::event::{Body, Step};
use wire::lease::Lease;
use wire::runtime::{ActOutcome, ActReport, Action, Level, Remedy, Tried, Undo};

/// Appends these one after another.
async fn write(store: &Fixture, lease: &Lease, bodies: Vec<Body>) {
    let first = store.operator.incident(lease.incident.id).await.expect("the incident").position.0 + 1;
    for (body, position) in bodies.into_iter().zip(first..) {
        store.append(lease, position, body).await.expect("appended");
    }
}

fn begun(step: Step, attempt: u32) -> Body {
    match started(step, attempt) {
        Body::Started { step, attempt, policy, .. } => Body::Started { step, attempt, option: Some(0), policy },
        other => other,
    }
}

/// A playbook has ended, with so many remedies tried.
fn acted(tried: usize) -> Body {
    let undo = Undo::NotNeeded { reason: "nothing is lost".into() };
    let at = chrono::DateTime::UNIX_EPOCH;
    let one = Tried {
        remedy: Remedy::repair("Start it", Action::Start {}, undo),
        before: Level(10),
        after: Level(0),
        kept: true,
        what: "done".into(),
        from: at,
        to: at,
    };
    let report = ActReport {
        resource: "worker".to_owned().try_into().expect("a name"),
        outcome: ActOutcome::Healed,
        diagnosis: "It had ended.".into(),
        first: Vec::new(),
        last: Vec::new(),
        tried: vec![one; tried],
        held: Vec::new(),
        advice: Vec::new(),
    };
    Body::Acted { what: "It was started".into(), report: Some(Box::new(report)) }
}

async fn told(store: &Fixture, target: &str) -> Vec<(Step, i64)> {
    let recent = store.healer.recent_remedies(&target.parse().expect("a name")).await.expect("an answer");
    recent.remedies.iter().map(|remedy| (remedy.step, (store.now() - remedy.at).num_seconds())).collect()
}

#[tokio::test]
async fn pushes_and_playbooks_that_did_something_are_told_for_an_hour() {
    let store = start().await;
    let lease = store.leased().await;
    assert_eq!(told(&store, TARGET).await, []);
    write(&store, &lease, vec![started(Step::Analyze, 1), plan(), begun(Step::Act, 1), acted(0)]).await;
    assert_eq!(told(&store, TARGET).await, [], "it only looked");
    write(&store, &lease, vec![Body::Mitigated { what: "eased".into() }, begun(Step::Act, 2), acted(2)]).await;
    store.pass(600);
    let lease = store.lease().await.expect("the first lease has run out");
    let proposed = [Body::Mitigated { what: "eased".into() }, begun(Step::Propose, 1)];
    let admitted = Body::Admitted { option: 0, proposal: Box::new(proposal()) };
    let pushed = Body::Pushed { commit: "c".repeat(40).parse().expect("a commit") };
    write(&store, &lease, [proposed.into(), vec![admitted, begun(Step::Push, 1), pushed]].concat()).await;
    store.pass(60);
    assert_eq!(told(&store, TARGET).await, [(Step::Act, 660), (Step::Push, 60)]);
    assert_eq!(told(&store, "second").await, [], "each target for itself");
    store.pass(3_000);
    assert_eq!(told(&store, TARGET).await, [(Step::Push, 3_060)], "an hour later it is forgotten");
}

#[tokio::test]
async fn what_was_done_before_a_reset_does_not_count() {
    let store = start().await;
    let lease = store.leased().await;
    write(&store, &lease, vec![started(Step::Analyze, 1), plan(), begun(Step::Act, 1), acted(1)]).await;
    assert_eq!(told(&store, TARGET).await.len(), 1);
    diesel::sql_query("UPDATE healing SET epoch = epoch + 1").execute(&mut store.sql().await).await.expect("an epoch");
    assert_eq!(told(&store, TARGET).await, []);
}
