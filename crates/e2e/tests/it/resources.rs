//! What needs no change of code: a resource of the target breaks, and its playbook heals it through the whole platform.

use e2e::fleet::{Fleet, RECOVERY, Setup};
use e2e::gate::{Then, When};
use e2e::things::{GOOD, configuration};
use std::sync::Arc;
use testkit::eventually;
use wire::Service;
use wire::event::{Body, Event};
use wire::incident::Status;
use wire::runtime::ActOutcome;

fn fleet_setup() -> Setup {
    Setup { resources: Some(configuration), ..Setup::default() }
}

fn kinds(journal: &[Event]) -> Vec<&'static str> {
    let told = journal.iter().map(|event| event.body.kind());
    told.filter(|kind| !matches!(*kind, "progressed" | "occurred" | "learned")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_configuration_file_is_restored_and_proved_without_a_commit() {
    let fleet = Fleet::start(fleet_setup()).await;
    let (head, before) = (fleet.tiny.head(), fleet.until_live_is_head().await);
    std::fs::write(fleet.things.join("app.toml"), "[server\nport = ").expect("broken");
    let incident = fleet.until(&[Status::Resolved]).await;
    assert_eq!(incident.code.as_str(), "CONFIGURATION_BROKEN");
    assert_eq!(std::fs::read_to_string(fleet.things.join("app.toml")).expect("the file"), GOOD);
    fleet.assert_untouched(&head, &before).await;
    let learned = eventually("it is learned", RECOVERY, async || {
        let incident = fleet.store().incident(incident.id).await.ok()?;
        incident.document.is_some().then_some(incident)
    })
    .await;
    let journal = fleet.journal(learned.id).await;
    let way = ["detected", "started", "planned", "started", "acted", "started", "verified", "resolved", "started"];
    assert_eq!(kinds(&journal), way);
    let report = journal.iter().find_map(|event| match &event.body {
        Body::Acted { report, .. } => report.as_deref(),
        _ => None,
    });
    let report = report.expect("what was done");
    assert_eq!(report.outcome, ActOutcome::Healed);
    assert!(report.tried.iter().all(|tried| tried.kept && tried.remedy.undo.action().is_some()), "{report:?}");
    println!("{}", kintsugi::incidents::check(&journal).expect("the journal holds"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_warden_or_the_healer_killed_in_the_middle_heals_all_the_same() {
    let fleet = Arc::new(Fleet::start(fleet_setup()).await);
    for victim in [Service::Warden, Service::Healer] {
        for (when, kind, step) in [(When::After, "started", Some("act")), (When::Before, "acted", None)] {
            println!("kill -9 of {victim} {when:?} {kind}");
            let killer = Arc::downgrade(&fleet);
            fleet.gate.at(when, kind, step, move || {
                if let Some(fleet) = killer.upgrade() {
                    fleet.stack.supervisor.kill(victim, false);
                }
                if victim == Service::Healer { Then::Lose } else { Then::PassOn }
            });
            std::fs::write(fleet.things.join("app.toml"), "[server\nport = ").expect("broken");
            let incident = fleet.until(&[Status::Resolved]).await;
            assert!(fleet.gate.has_bitten(), "the kill was not triggered");
            assert_eq!(std::fs::read_to_string(fleet.things.join("app.toml")).expect("the file"), GOOD);
            let journal = fleet.journal(incident.id).await;
            assert_eq!(journal.iter().filter(|event| event.body.kind() == "acted").count(), 1);
            fleet.reset().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_playbook_heals_goes_to_a_person_with_what_was_found_and_is_as_it_was() {
    let fleet = Fleet::start(fleet_setup()).await;
    std::fs::remove_file(fleet.things.join("backups/monday.toml")).expect("removed");
    std::fs::write(fleet.things.join("defaults.toml"), "no table").expect("broken");
    std::fs::write(fleet.things.join("app.toml"), "[server\nport = ").expect("broken");
    let incident = fleet.until(&[Status::Escalated]).await;
    assert_eq!(std::fs::read_to_string(fleet.things.join("app.toml")).expect("the file"), "[server\nport = ");
    let told = e2e::fleet::diagnosis(&fleet.journal(incident.id).await);
    assert!(told.contains("it does not parse") && told.contains("Review"), "{told}");
}
