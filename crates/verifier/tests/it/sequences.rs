//! Faults that come and go, and witnesses that are away for a moment.

use crate::stub::{Asked, Stub};
use crate::world::{World, assert_admitted};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use testkit::tiny::FAULT;
use wire::verification::{Decision, Judgement, ReplayReport};

const SEQUENTIAL: &str = "\n[contracts.sequential]\nfaulty = 0.28\nhealthy = 0.98\nat_most = MOST\n";

/// The tiny target with a sequential test, and its witness at another place.
fn target(witness: &str, most: u64) -> impl Fn(String) -> String + use<> {
    let (witness, sequential) = (witness.to_owned(), SEQUENTIAL.replace("MOST", &most.to_string()));
    move |target| {
        let at = target.find("url = \"http://127.0.0.1").expect("the witness");
        let rest = target[at..].split_once("/calls").expect("its path").1;
        format!("{}url = \"{witness}/calls{rest}{sequential}", &target[..at])
    }
}

/// An instance that answers rightly or wrongly by turns, and that is its own witness.
struct Flaky {
    stub: Stub,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Flaky {
    fn start(turns: &str, calls: u64) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ids = Arc::clone(&asked);
        let turns: Vec<char> = turns.chars().collect();
        let mut turns = turns.into_iter().cycle();
        let stub = Stub::start(move |Asked { path, headers }| {
            if path.starts_with("/calls") {
                return (200, format!("{{\"calls\":{calls}}}"));
            }
            let id = headers.get("x-kintsugi-replay").cloned().unwrap_or_default();
            ids.lock().expect("the ids").push(id);
            match turns.next() {
                Some('+') => (200, "{\"greeting\":\"value 42\"}".into()),
                _ => (500, "{}".into()),
            }
        });
        Self { stub, asked }
    }
}

async fn replayed(turns: &str, calls: u64, most: u64) -> (ReplayReport, Vec<String>) {
    let flaky = Flaky::start(turns, calls);
    let world = World::of(target(&flaky.stub.url, most), |_| {}).await;
    let report = world.replay("flaky", FAULT, &flaky.stub.url).await;
    let asked = flaky.asked.lock().expect("the ids").clone();
    (report, asked)
}

#[tokio::test]
async fn replays_are_repeated_until_the_test_decides() {
    for (turns, most, judgement, counted, decision) in [
        ("+", 20, Judgement::Met, (4, 4, 0), Decision::Healthy),
        ("-", 20, Judgement::Broken, (2, 0, 2), Decision::Faulty),
        ("-+++++++", 20, Judgement::Met, (8, 7, 1), Decision::Healthy),
        ("+-+-", 20, Judgement::Broken, (4, 2, 2), Decision::Faulty),
        ("+-++", 6, Judgement::Unverified, (6, 4, 2), Decision::Undecided),
        ("+-++++", 6, Judgement::Unverified, (6, 5, 1), Decision::Undecided),
    ] {
        let (report, asked) = replayed(turns, 1, most).await;
        let sequence = report.sequence.as_ref().expect("a sequence");
        assert_eq!((sequence.replays, sequence.right, sequence.wrong), counted, "{turns}: {}", report.why);
        assert_eq!((report.judgement, sequence.decision), (judgement, decision), "{turns}: {}", report.why);
        let ids: Vec<&str> = sequence.each.iter().map(|once| once.replay.as_str()).collect();
        assert_eq!(ids, asked, "each was one request");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "each has an id of its own");
        assert_eq!(report.spans.len(), 1);
        let ratio = sequence.log_likelihood_ratio;
        assert_eq!(ratio >= sequence.upper, decision == Decision::Healthy, "{ratio}");
        assert_eq!(ratio <= sequence.lower, decision == Decision::Faulty, "{ratio}");
    }
}

#[tokio::test]
async fn a_right_answer_that_its_witness_did_not_see_ends_the_sequence() {
    let (report, asked) = replayed("+", 0, 20).await;
    assert_eq!((report.judgement, asked.len()), (Judgement::NoWitness, 1), "{}", report.why);
    assert_eq!(report.sequence.expect("a sequence").decision, Decision::Undecided);
}

#[tokio::test]
async fn a_candidate_is_replayed_until_the_test_decides_too() {
    let sequential = |target: String| format!("{target}{}", SEQUENTIAL.replace("MOST", "20"));
    let world = World::of(sequential, |_| {}).await;
    let verdict = world.admit("good", &world.tiny.good_diff()).await;
    assert_admitted(&verdict);
    let sequence = &verdict.gates[2].evidence["replay"]["sequence"];
    assert_eq!((sequence["replays"].as_u64(), sequence["decision"].as_str()), (Some(4), Some("healthy")));
}

#[tokio::test]
async fn a_witness_that_was_away_for_a_moment_is_asked_about_another_replay() {
    let first: Arc<Mutex<Option<String>>> = Arc::default();
    let seen = Arc::clone(&first);
    let witness = Stub::start(move |Asked { path, .. }| {
        let mut first = seen.lock().expect("the first");
        if *first.get_or_insert_with(|| path.clone()) == path {
            (503, "{}".into())
        } else {
            (200, "{\"calls\":1}".into())
        }
    });
    let away = |target: String| {
        let at = target.find("url = \"http://127.0.0.1").expect("the witness");
        let rest = target[at..].split_once("/calls").expect("its path").1;
        format!("{}url = \"{}/calls{rest}", &target[..at], witness.url)
    };
    let world = World::of(away, |_| {}).await;
    assert_admitted(&world.admit("good", &world.tiny.good_diff()).await);
    assert!(first.lock().expect("the first").is_some(), "it was asked and did not speak");
}
