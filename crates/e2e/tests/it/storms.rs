//! A storm of detections of many targets, through the real store and healer: one cause, one recovery.

#![expect(clippy::expect_used, reason = "a story that cannot be told is a failed test")]

use e2e::callers;
use e2e::fleet::{Fleet, RECOVERY, SYMPTOM, Setup};
use std::collections::{BTreeMap, BTreeSet};
use testkit::eventually;
use wire::detection::{Detection, Source};
use wire::event::{Body, Event, Step};
use wire::incident::{Incident, Status};
use wire::plan::Verdict;
use wire::{EventId, FaultCode, IncidentId, Service, TargetName};

/// How many targets need a root, directly or over another one.
const AROUND: usize = 24;
/// How many detections there are in all.
const DETECTIONS: usize = 500;

/// Three in four need the root, the others one of those.
fn around(root: &str, prefix: &str, count: usize) -> Vec<(String, Vec<String>)> {
    let first = count * 3 / 4;
    let needs = |n: usize| if n < first { root.to_owned() } else { format!("{prefix}-{:02}", n - first) };
    (0..count).map(|n| (format!("{prefix}-{n:02}"), vec![needs(n)])).collect()
}

fn env() -> BTreeMap<String, String> {
    // What the made-up root waits between two tries is long enough for its symptoms to be told meanwhile.
    let env = [("HEALER__QUIET_S", "6"), ("HEALER__RETRY_MIN_MS", "8000")];
    env.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn detection(target: &str, code: &str) -> Detection {
    Detection {
        target: target.parse().expect("a name"),
        code: code.parse::<FaultCode>().expect("a code"),
        event_id: EventId::fresh(),
        source: Source::Router,
        at: chassis::Clock::now(&chassis::clock::SystemClock),
        message: if code == SYMPTOM { "no answer" } else { "TypeError: the greeting could not be made" }.to_owned(),
        reason: None,
        line: None,
        context: Vec::new(),
        trace_parent: None,
        request_id: None,
        version: None,
        service: None,
        fields: BTreeMap::new(),
    }
}

/// Each target once, in an order that says nothing, then again and again.
async fn storm(fleet: &Fleet, targets: &[(String, Vec<String>)], count: usize) {
    let router = callers::store(&fleet.stack, Service::FaultRouter).expect("a client");
    let mut order: Vec<&str> = targets.iter().map(|(name, _)| name.as_str()).collect();
    order.sort_by_key(|name| wire::Digest::of(name).to_string());
    for target in order.iter().cycle().take(count) {
        router.report(&detection(target, SYMPTOM)).await.expect("the detection is taken");
    }
}

async fn all(fleet: &Fleet) -> Vec<Incident> {
    fleet.store().incidents(100, false).await.expect("the incidents").incidents
}

fn of<'a>(incidents: &'a [Incident], target: &str) -> &'a Incident {
    let target: TargetName = target.parse().expect("a name");
    incidents.iter().find(|incident| incident.target == target).expect("an incident of it")
}

/// Whether a recovery was begun before it was told that it is another one's symptom; and whose.
fn told(journal: &[Event]) -> (bool, Option<IncidentId>) {
    let parent = journal.iter().position(|event| matches!(event.body, Body::Correlated { .. }));
    let begun = |event: &Event| matches!(event.body, Body::Started { step: Step::Propose | Step::Push, .. });
    let by = parent.and_then(|index| match journal.get(index).map(|event| &event.body) {
        Some(Body::Correlated { parent, .. }) => Some(*parent),
        _ => None,
    });
    (journal.iter().take(parent.unwrap_or(journal.len())).any(begun), by)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_detections_with_one_cause_are_one_recovery_and_the_symptoms_go_with_it() {
    let beside = around("tiny", "shop", AROUND);
    let fleet = Fleet::start(Setup { env: env(), beside: beside.clone(), ..Setup::default() }).await;
    let before = fleet.until_live_is_head().await;
    // A machine that also runs everything else here takes them in slower than the healer heals.
    fleet.store().pause().await.expect("healing pauses");
    fleet.fire().await;
    storm(&fleet, &beside, DETECTIONS).await;
    fleet.store().resume().await.expect("healing goes on");
    let ended = eventually("everything has come to an end", RECOVERY, async || {
        let incidents = all(&fleet).await;
        incidents.iter().all(|incident| !incident.status.is_open()).then_some(incidents)
    });
    let incidents = ended.await;
    let cause = of(&incidents, "tiny");
    assert_eq!(incidents.len(), AROUND + 1);
    let mut begun = BTreeSet::new();
    for incident in &incidents {
        let journal = fleet.journal(incident.id).await;
        let (is_begun, parent) = told(&journal);
        begun.extend(is_begun.then_some(&incident.target));
        if incident.id == cause.id {
            continue;
        }
        assert_eq!(parent, Some(cause.id), "{}: {:?}", incident.target, kinds(&journal));
        assert_eq!((incident.status, incident.resolved_at), (Status::Dismissed, None), "{}", incident.target);
        let gone = |event: &Event| matches!(event.body, Body::Dismissed { verdict: Verdict::Recovered, .. });
        assert!(journal.last().is_some_and(gone), "{:?}", kinds(&journal));
    }
    assert_eq!(begun, BTreeSet::from([&cause.target]), "one recovery");
    fleet.assert_healed(cause, &before).await;
    let detail = fleet.store().detail(cause.id).await.expect("its whole story");
    assert_eq!(detail.children.len(), AROUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_causes_at_once_are_two_recoveries() {
    let (ours, theirs) = (around("tiny", "shop", AROUND / 2), around("other", "desk", AROUND / 2));
    let roots = vec![("other".to_owned(), Vec::new())];
    let beside = [ours.clone(), theirs.clone(), roots].concat();
    let fleet = Fleet::start(Setup { env: env(), beside, ..Setup::default() }).await;
    fleet.store().pause().await.expect("healing pauses");
    fleet.fire().await;
    let router = callers::store(&fleet.stack, Service::FaultRouter).expect("a client");
    router.report(&detection("other", testkit::tiny::FAULT)).await.expect("the detection is taken");
    let symptoms = [ours.clone(), theirs.clone()].concat();
    storm(&fleet, &symptoms, DETECTIONS).await;
    fleet.store().resume().await.expect("healing goes on");
    let told_all = eventually("each has been told whose symptom it is", RECOVERY, async || {
        let incidents = all(&fleet).await;
        let mut told_of = BTreeMap::new();
        for (name, _) in &symptoms {
            let (begun, parent) = told(&fleet.journal(of(&incidents, name).id).await);
            told_of.insert(name.clone(), (begun, parent?));
        }
        let begun = async |name| told(&fleet.journal(of(&incidents, name).id).await).0;
        (begun("tiny").await && begun("other").await).then_some((incidents, told_of))
    });
    let (incidents, told_of) = told_all.await;
    for (root, members) in [("tiny", ours), ("other", theirs)] {
        for (name, _) in members {
            assert_eq!(told_of[&name], (false, of(&incidents, root).id), "{name}");
        }
        assert_eq!(told(&fleet.journal(of(&incidents, root).id).await), (true, None), "{root} is healed by itself");
    }
}

fn kinds(journal: &[Event]) -> Vec<&'static str> {
    journal.iter().map(|event| event.body.kind()).collect()
}
