//! Who answers a replay on live: a right answer of anybody but the live instance heals nothing. The witness here
//! says yes to everything, so that nothing else stands against a canned answer.

use crate::stub::{Asked, Said, Stub};
use crate::world::World;
use testkit::tiny::FAULT;
use wire::ReplayId;
use wire::paths::{ANSWERED_HEADER, REPLAY_HEADER, WHO_HEADER};
use wire::relief::RELIEF_HEADER;
use wire::rollout::{Answerer, upstream};
use wire::verification::{Judgement, ReplayReport};
use wire::vouch::{Exchange, Key};

const RIGHT: &str = "{\"greeting\":\"value 42\"}";

/// What the address that is asked adds to its right answer.
#[derive(Debug, Clone, Copy)]
enum Word {
    /// Nothing: something stands in the front's place, or before it.
    None,
    /// That a relief gave it.
    Relief,
    /// The front's, on the instance on this port.
    Front(u16),
    /// The front's on another answer of the live instance: somebody before the front changed it.
    OnAnotherBody,
    /// The front's on an earlier replay.
    OnAnotherReplay,
    /// One that was made up without the key.
    MadeUp,
}

fn instance(port: u16) -> Answerer {
    Answerer { upstream: upstream(port), label: "tiny/green/1234567".into() }
}

/// Answers rightly, and says who did so.
fn address(word: Word) -> Stub {
    Stub::start(move |Asked { path, headers }| {
        let key = Key::of_token(&testkit::token("verifier"));
        let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
        let id: ReplayId = header(REPLAY_HEADER).parse().expect("a replay's id");
        let told = |replay: &ReplayId, body: &str, port: u16| {
            let exchange = Exchange { replay, method: "GET", path: &path, status: 200, body: body.as_bytes() };
            Some(key.vouch(&exchange, &instance(port)))
        };
        let says = match word {
            Word::None | Word::Relief => None,
            // As the front: only who proves to be the verifier is told.
            Word::Front(port) => key.is_asked(&id, &header(WHO_HEADER)).then(|| told(&id, RIGHT, port)).flatten(),
            Word::OnAnotherBody => told(&id, "{}", 1),
            Word::OnAnotherReplay => told(&ReplayId::fresh(), RIGHT, 1),
            Word::MadeUp => Some(format!("{} {} {}", header(WHO_HEADER), instance(1).upstream, instance(1).label)),
        };
        let relief = if matches!(word, Word::Relief) { format!("{RELIEF_HEADER}: stale\r\n") } else { String::new() };
        let headers = says.map(|says| format!("{ANSWERED_HEADER}: {says}\r\n")).unwrap_or(relief);
        Said { status: 200, headers, body: RIGHT.into() }
    })
}

/// The verifier, and the witness that must live as long.
async fn world(front_vouches: bool, sequential: &str) -> (World, Stub) {
    let witness = Stub::start(|_| (200, "{\"calls\":1}".to_owned()));
    let told = format!("witnesses = [{{ kind = \"call_count\", url = \"{}/{{replay}}\" }}]\n{sequential}", witness.url);
    let easily_told = |target: String| {
        let line = target.lines().find(|line| line.starts_with("witnesses = ")).expect("the witness").to_owned();
        target.replace(&line, &told)
    };
    let world = World::of(easily_told, |settings| settings.front_vouches = front_vouches).await;
    (world, witness)
}

async fn asked(world: &World, key: &str, word: Word, live: Option<Answerer>) -> ReplayReport {
    let address = address(word);
    world.replay_on(key, FAULT, &address.url, live).await
}

#[track_caller]
fn assert_judged(report: &ReplayReport, judgement: Judgement, why: &str, seen: Option<Option<u64>>) {
    assert_eq!((report.judgement, report.status), (judgement, Some(200)), "{}", report.why);
    assert!(report.why.contains(why), "{}", report.why);
    let front = report.witnesses.iter().find(|witness| witness.kind == "front");
    assert_eq!(front.map(|witness| witness.seen), seen, "{}", report.why);
}

#[tokio::test]
async fn a_canned_answer_heals_only_where_nobody_looks_who_gave_it() {
    let (looks, _witness) = world(true, "").await;
    let report = asked(&looks, "canned", Word::None, Some(instance(1))).await;
    assert_judged(&report, Judgement::Unverified, "not_by_the_front: ", Some(None));

    let (does_not, _witness) = world(false, "").await;
    let report = asked(&does_not, "canned", Word::None, Some(instance(1))).await;
    assert_judged(&report, Judgement::Met, "; nobody witnessed who answered", None);
}

#[tokio::test]
async fn an_older_answer_of_a_relief_proves_nothing_whoever_looks() {
    for front_vouches in [true, false] {
        let (world, _witness) = world(front_vouches, "").await;
        let report = asked(&world, "eased", Word::Relief, Some(instance(1))).await;
        assert_judged(&report, Judgement::Unverified, "eased: ", front_vouches.then_some(None));
    }
}

#[tokio::test]
async fn the_front_s_word_on_the_live_instance_is_wanted_and_on_another_one_it_refuses() {
    let (world, _witness) = world(true, "").await;
    let (live, met) = (Some(instance(1)), "; by the front's word the live instance answered");
    let report = asked(&world, "live", Word::Front(1), live.clone()).await;
    assert_judged(&report, Judgement::Met, met, Some(Some(1)));
    let report = asked(&world, "another", Word::Front(2), live.clone()).await;
    assert_judged(&report, Judgement::NoWitness, "answered_by_another: ", Some(Some(0)));
    for (key, word) in [("body", Word::OnAnotherBody), ("replay", Word::OnAnotherReplay), ("made-up", Word::MadeUp)] {
        let report = asked(&world, key, word, live.clone()).await;
        assert_judged(&report, Judgement::Unverified, "not_by_the_front: ", Some(None));
    }
    // The deployer asks an instance that no traffic is led to yet, and names none.
    let report = asked(&world, "green", Word::Front(1), None).await;
    assert_judged(&report, Judgement::Met, "; nobody witnessed who answered", None);
}

#[tokio::test]
async fn each_replay_of_a_sequence_is_looked_at() {
    let (world, _witness) = world(true, "[contracts.sequential]\nfaulty = 0.28\nhealthy = 0.98\nat_most = 20\n").await;
    for (key, word, judgement, replays) in [
        ("live", Word::Front(1), Judgement::Met, 4),
        ("another", Word::Front(2), Judgement::NoWitness, 1),
        ("canned", Word::None, Judgement::Unverified, 3),
    ] {
        let report = asked(&world, key, word, Some(instance(1))).await;
        assert_eq!(report.judgement, judgement, "{key}: {}", report.why);
        assert_eq!(report.sequence.map(|sequence| sequence.replays), Some(replays), "{key}: {}", report.why);
    }
}
