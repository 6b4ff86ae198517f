//! A reset in the middle of a recovery: nothing of the old epoch lands after it.
#![expect(clippy::unwrap_used, reason = "a story that cannot be told is a failed test")]

use e2e::fleet::{Fleet, Setup};
use e2e::gate::{Then, When};
use std::sync::Arc;
use testkit::repository;
use wire::incident::Status;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_at_any_step_ends_the_recovery_and_the_fault_is_back() {
    let fleet = Arc::new(Fleet::start(Setup::default()).await);
    let points = [
        (When::After, "started", Some("propose")),
        (When::Before, "admitted", None),
        (When::After, "started", Some("push")),
        (When::Before, "pushed", None),
        (When::After, "started", Some("deploy")),
        (When::Before, "deployed", None),
        (When::Before, "verified", None),
    ];
    for (when, kind, step) in points {
        println!("reset {when:?} {kind} {}", step.unwrap_or_default());
        at(&fleet, when, kind, step).await;
    }
}

async fn at(fleet: &Arc<Fleet>, when: When, kind: &str, step: Option<&str>) {
    let (resetter, runtime) = (Arc::downgrade(fleet), tokio::runtime::Handle::current());
    fleet.gate.at(when, kind, step, move || {
        if let Some(fleet) = resetter.upgrade() {
            let report = runtime.block_on(async { fleet.store().reset().await }).unwrap();
            assert!(report.complete && report.archived == 1, "{report:?}");
        }
        Then::PassOn
    });
    fleet.fire().await;
    let incident = testkit::eventually("the incident is archived", e2e::fleet::RECOVERY, async || {
        let page = fleet.store().incidents(1, true).await.ok()?;
        page.incidents
            .into_iter()
            .next()
            .filter(|incident| incident.status == Status::Archived && fleet.gate.has_bitten())
    })
    .await;
    let live = fleet.until_live_is_head().await;
    let read = |file| repository::read(&fleet.tiny.remote, file);
    assert_eq!(read("faults/greet.py"), read("faults/fault_greet.txt"), "the original is back on the branch");
    // Whatever was in flight has had its say when a new recovery has come to its end.
    fleet.store().resume().await.unwrap();
    fleet.fire().await;
    let healed = fleet.until(&[Status::Resolved]).await;
    assert_ne!(healed.id, incident.id);
    assert!(healed.epoch > incident.epoch);
    fleet.assert_healed(&healed, &live).await;
    let journal = fleet.journal(incident.id).await;
    assert_eq!(journal.last().map(|event| event.body.kind()), Some("archived"), "nothing was written after the reset");
    fleet.reset().await;
}
