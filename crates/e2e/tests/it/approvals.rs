//! A playbook that a person is asked about, through the whole platform.

use e2e::fleet::{Fleet, RECOVERY, Setup};
use e2e::gate::{Then, When};
use e2e::things::{GOOD, configuration};
use kintsugi::connection::Connection;
use kintsugi::incidents::act::{Word, say};
use kintsugi::incidents::show::{Depth, show};
use std::sync::Arc;
use testkit::eventually;
use wire::event::Body;
use wire::incident::Status;
use wire::{Digest, Service};

const BROKEN: &str = "[server\nport = ";

fn asking(text: &str) -> String {
    text.replace("autonomy = \"auto\"", "autonomy = \"approve\"")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_playbook_waits_for_a_person_is_done_once_though_the_healer_dies_and_is_over_when_nobody_is_needed() {
    let setup = Setup { resources: Some(configuration), edit: Some(asking), ..Setup::default() };
    let fleet = Arc::new(Fleet::start(setup).await);
    let (head, before) = (fleet.tiny.head(), fleet.until_live_is_head().await);
    let file = fleet.things.join("app.toml");
    let read = || std::fs::read_to_string(&file).expect("the file");
    let connection = Connection::open(&fleet.options.home).expect("a connection");

    std::fs::write(&file, BROKEN).expect("broken");
    let incident = fleet.until(&[Status::AwaitingApproval]).await;
    let shown = show(&connection, incident.id, Depth::default()).await.expect("its story");
    assert!(shown.text.contains("Restore the newest valid backup, monday.toml"), "{}", shown.text);
    assert!(shown.text.contains("undo: put_back copy=before-"), "{}", shown.text);
    let approve = |digest| Word::Approve { digest, note: "go on".into() };
    let stale = say(&connection, incident.id, approve(Some(Digest::of("what was read yesterday")))).await;
    let refusal = format!("{:#}", stale.expect_err("a stale digest"));
    assert!(refusal.contains("another change waits for approval"), "{refusal}");
    assert_eq!(read(), BROKEN, "nothing is done before the word");
    let killer = Arc::downgrade(&fleet);
    fleet.gate.at(When::After, "started", Some("act"), move || {
        if let Some(fleet) = killer.upgrade() {
            fleet.stack.supervisor.kill(Service::Healer, false);
        }
        Then::Lose
    });
    say(&connection, incident.id, approve(None)).await.expect("approved");
    let healed = fleet.until(&[Status::Resolved]).await;
    assert!(fleet.gate.has_bitten(), "the kill was not triggered");
    assert_eq!((healed.id, read().as_str()), (incident.id, GOOD));
    let journal = fleet.journal(incident.id).await;
    let count = |kind: &str| journal.iter().filter(|event| event.body.kind() == kind).count();
    assert_eq!((count("approved"), count("acted"), count("pushed")), (1, 1, 0));
    let tried = journal.iter().find_map(|event| match &event.body {
        Body::Acted { report, .. } => report.as_ref().map(|report| report.tried.len()),
        _ => None,
    });
    assert_eq!(tried, Some(1));
    println!("{}", kintsugi::incidents::check(&journal).expect("the journal holds"));
    fleet.assert_untouched(&head, &before).await;
    fleet.reset().await;

    std::fs::write(&file, BROKEN).expect("broken");
    let second = fleet.until(&[Status::AwaitingApproval]).await;
    std::fs::write(&file, GOOD).expect("a person has mended it");
    let over = eventually("it is seen that nobody is needed", RECOVERY, async || {
        let now = fleet.store().incident(second.id).await.ok()?;
        (now.status != Status::AwaitingApproval).then_some(now)
    })
    .await;
    assert_eq!((over.status, over.acted), (Status::Dismissed, None));
}
