//! What bleeds is eased at the front at once, then cured, then eased no more.

use e2e::fleet::{Fleet, RECOVERY, Setup};
use e2e::gate::{Then, When};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use testkit::tiny::Mood;
use wire::Service;
use wire::event::{Body, Event};
use wire::incident::Status;

const RELIEF: &str = "relief = [{ kind = \"stale\", paths = [\"/greet\"] }, { kind = \"breaker\", paths = [\"/greet\"], retry_after_s = 1 }]\nrelief_s = 300";

fn edit(text: &str) -> String {
    let title = "title = \"The greeting cannot be made\"";
    text.replace(title, &format!("{title}\n{RELIEF}"))
}

async fn start() -> Arc<Fleet> {
    // Each time is an incident of its own, and no recurrence of the one before.
    let env = [("INCIDENT_STORE__WATCH_WINDOW_S".to_owned(), "0".to_owned())].into();
    let fleet = Arc::new(Fleet::start(Setup { edit: Some(edit), env, ..Setup::default() }).await);
    fleet.push_well().await;
    fleet
}

/// What a client sees: status, and whether a relief answered.
async fn ask(fleet: &Fleet, client: &reqwest::Client) -> (u16, bool) {
    let answer = client.get(format!("{}/greet", fleet.stack.front())).send().await;
    answer.map_or((0, false), |answer| {
        (answer.status().as_u16(), answer.headers().contains_key(wire::relief::RELIEF_HEADER))
    })
}

/// Where the first event of a kind stands in a journal; it is there.
fn at(journal: &[Event], kind: &str) -> usize {
    let found = journal.iter().position(|event| event.body.kind() == kind);
    assert!(found.is_some(), "no {kind} in {:?}", journal.iter().map(|event| event.body.kind()).collect::<Vec<_>>());
    found.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_sees_older_answers_instead_of_failures_until_it_is_cured_and_fresh_ones_afterwards() {
    let fleet = start().await;
    let is_over = Arc::new(AtomicBool::new(false));
    let (watched, word) = (Arc::clone(&fleet), Arc::clone(&is_over));
    let mut client = tokio::task::JoinSet::new();
    client.spawn(async move {
        let (http, mut seen) = (reqwest::Client::new(), Vec::new());
        while !word.load(Ordering::SeqCst) {
            let began = chassis::clock::system().now();
            seen.push((began, ask(&watched, &http).await));
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        seen
    });
    fleet.push_broken();
    let incident = fleet.until(&[Status::Resolved]).await;
    fleet.until_live_is_head().await;
    let fresh = ask(&fleet, &reqwest::Client::new()).await;
    is_over.store(true, Ordering::SeqCst);
    let seen = client.join_next().await.unwrap().unwrap();
    let journal = fleet.journal(incident.id).await;
    let (relieved, withdrawn) = (at(&journal, "relieved"), at(&journal, "withdrawn"));
    assert!(relieved < at(&journal, "planned"), "eased before the cause is looked for");
    assert!(at(&journal, "verified") < withdrawn && withdrawn < at(&journal, "resolved"), "withdrawn after the proof");
    let failures = |from| seen.iter().filter(|(began, (status, _))| *began > from && *status != 200).count();
    assert!(seen.iter().any(|(_, (status, _))| *status == 500), "the fault showed");
    assert_eq!(failures(journal[relieved].at), 0, "no failure from the relief on: {seen:?}");
    assert!(seen.iter().any(|(_, (status, is_eased))| *status == 200 && *is_eased), "older answers, and marked");
    assert_eq!(fresh, (200, false), "a fresh one");
    assert!(fleet.route_table().reliefs.is_empty());
    let told = kintsugi::incidents::check(&journal).expect("the journal holds");
    println!("{told}");
    assert!(incident.eased.and_then(|eased| eased.told()).is_some_and(|told| told.contains("/greet")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nothing_known_heals_stays_eased_and_is_closed_when_it_is_over_by_itself_and_a_person_is_told_once() {
    let fleet = start().await;
    let http = reqwest::Client::new();
    assert_eq!(ask(&fleet, &http).await, (200, false));
    fleet.tiny.upstream.behave(Mood::Fails);
    let held = testkit::eventually("all that is known was tried", RECOVERY, async || {
        let page = ask(&fleet, &http).await.1.then_some(fleet.store().incidents(1, false).await.ok()?)?;
        page.incidents
            .into_iter()
            .next()
            .filter(|incident| incident.is_held() && incident.eased.as_ref().is_some_and(|eased| eased.looks > 0))
    })
    .await;
    assert_eq!(ask(&fleet, &http).await, (200, true), "an older answer");
    let head = fleet.tiny.head();
    fleet.tiny.upstream.behave(Mood::Well);
    let over = fleet.until(&[Status::Dismissed]).await;
    assert_eq!((over.id, over.commit, fleet.tiny.head()), (held.id, None, head), "nothing was changed");
    assert_eq!(ask(&fleet, &http).await, (200, false), "a fresh one");
    assert!(fleet.route_table().reliefs.is_empty());
    let journal = fleet.journal(over.id).await;
    let calls = journal.iter().filter(|event| matches!(event.body, Body::Mitigated { .. } | Body::Escalated { .. }));
    assert_eq!(calls.count(), 1, "a person is told once");
    let Body::Withdrawn(withdrawn) = &journal[at(&journal, "withdrawn")].body else { unreachable!() };
    assert!(withdrawn.answered.is_some_and(|count| count > 0), "{withdrawn:?}");
    println!("{}", kintsugi::incidents::check(&journal).expect("the journal holds"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_killed_between_the_relief_and_its_end_no_relief_is_left() {
    let fleet = start().await;
    let cells = [
        (Service::Healer, When::Before, "relieved", None),
        (Service::Deployer, When::After, "relieved", None),
        (Service::Front, When::After, "relieved", None),
        (Service::Healer, When::After, "started", Some("withdraw")),
        (Service::Deployer, When::After, "started", Some("withdraw")),
    ];
    for (victim, when, kind, step) in cells {
        println!("kill -9 of {victim} {when:?} {kind} {}", step.unwrap_or_default());
        let killer = Arc::downgrade(&fleet);
        fleet.gate.at(when, kind, step, move || {
            if let Some(fleet) = killer.upgrade() {
                fleet.stack.supervisor.kill(victim, false);
            }
            if victim == Service::Healer { Then::Lose } else { Then::PassOn }
        });
        let known = fleet.store().incidents(1, false).await.unwrap().incidents.first().map(|incident| incident.id);
        fleet.push_broken();
        testkit::eventually("a new incident", RECOVERY, async || {
            fleet.greet().await;
            let page = fleet.store().incidents(1, false).await.ok()?;
            page.incidents.first().filter(|incident| Some(incident.id) != known).map(|_| ())
        })
        .await;
        let incident = fleet.until(&[Status::Resolved]).await;
        assert!(fleet.gate.has_bitten(), "the kill was not triggered");
        assert!(fleet.route_table().reliefs.is_empty(), "{victim} {kind}");
        at(&fleet.journal(incident.id).await, "withdrawn");
        fleet.until_live_is_head().await;
        let well = async || (fleet.greet().await == 200).then_some(());
        testkit::eventually("it is well again", RECOVERY, well).await;
    }
}
