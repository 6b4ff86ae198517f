//! The deployer is killed at every point that can be told apart from outside, and lives again.

use crate::place::{LIMIT, Place};
use wire::rollout::{Deploy, Live, RolloutOutcome};
use wire::verification::Judgement;

/// Asks for a roll-out and does not wait for it.
async fn ask(place: &Place, deploy: &Deploy) {
    let key = Place::key(deploy, 1);
    let url = format!("{}/v1/operations/{}/{}", place.base(), key.scope, key.step);
    let asked = reqwest::Client::new().put(url).bearer_auth(testkit::token("healer")).json(deploy).send().await;
    assert_eq!(asked.expect("an answer").status(), 202);
}

/// After whatever happened: asked again it is live, once, and alone.
#[track_caller]
fn live_once(place: &Place, deploy: &Deploy, before: &Live, live: &Live) {
    assert_eq!((&live.commit, live.rollouts), (&deploy.commit, before.rollouts + 1), "{}", place.log());
}

async fn ends_live_once(place: &Place, deploy: &Deploy, before: &Live) {
    let rollout = place.deploy(deploy, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Live, "{}", rollout.why);
    let live = place.live().await.expect("what is live");
    live_once(place, deploy, before, &live);
    assert_eq!(place.instances_are(1).await, [live.pid]);
    assert_eq!(place.greet().await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_switch_it_ends_the_stray_and_starts_over_when_asked_again() {
    let mut place = Place::running().await;
    let before = place.live().await.expect("what is live");
    let deploy = place.cure();
    place.doubles.script().judgement = None;
    ask(&place, &deploy).await;
    let replaying = async || (!place.doubles.script().replays.is_empty()).then_some(());
    testkit::eventually("the replay has begun", LIMIT, replaying).await;
    place.crash();
    assert_eq!(place.instances().len(), 2, "instances survive the deployer");
    place.start().await;
    assert_eq!(place.instances_are(1).await, [before.pid], "the stray is ended, what is live is not");
    place.doubles.release(Judgement::Met);
    ends_live_once(&place, &deploy, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_switch_it_is_carried_to_its_end_with_the_same_green() {
    let mut place = Place::running().await;
    let before = place.live().await.expect("what is live");
    let deploy = place.cure();
    place.doubles.script().is_frozen = true;
    ask(&place, &deploy).await;
    let text = || std::fs::read_to_string(place.at("routes.json")).unwrap_or_default();
    let written = async || text().contains(&deploy.commit.as_str()[..7]).then_some(());
    testkit::eventually("the route is written", LIMIT, written).await;
    let both = place.instances();
    place.crash();
    place.doubles.script().is_frozen = false;
    place.start().await;
    let live = place.live_at(&deploy.commit).await;
    assert!(both.contains(&live.pid), "no third instance");
    ends_live_once(&place, &deploy, &before).await;
    assert_eq!(place.doubles.script().replays.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_effect_but_before_the_outcome_it_is_not_done_again() {
    let place = Place::with(|target| target.replace("drain_ms = 2000", "drain_ms = 2000\nbake_ms = 1500")).await;
    let mut place = place.started().await;
    let before = place.live().await.expect("what is live");
    let deploy = place.cure();
    ask(&place, &deploy).await;
    let live = place.live_at(&deploy.commit).await;
    place.crash();
    place.start().await;
    ends_live_once(&place, &deploy, &before).await;
    assert_eq!(place.live().await.expect("live").pid, live.pid);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_bake_of_a_bad_version_it_still_rolls_back() {
    let place = Place::with(|target| target.replace("drain_ms = 2000", "drain_ms = 2000\nbake_ms = 4000")).await;
    let mut place = place.started().await;
    let before = place.live().await.expect("what is live");
    let deploy = place.cure();
    ask(&place, &deploy).await;
    place.live_at(&deploy.commit).await;
    place.crash();
    place.doubles.script().is_failing = true;
    place.start().await;
    let rollout = place.deploy(&deploy, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::RolledBack, "{}", rollout.why);
    assert_eq!(place.live().await.expect("live").commit, before.commit);
    assert_eq!(place.instances_are(1).await, [before.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_the_start_of_a_process_and_its_record_it_leaves_no_stray() {
    let mut place = Place::running().await;
    let live = place.live().await.expect("what is live");
    place.crash();
    // As it is then: the instance is recorded, its process runs, its pid was never written down.
    let id = "00000000-0000-7000-8000-00000000dead";
    place
        .sql(&format!(
            "INSERT INTO instances (id, target, colour, commit, tree, artefact, port, state, created_at, changed_at) \
             SELECT '{id}', target, 'green', commit, tree, artefact, 9, 'starting', now(), now() FROM instances LIMIT 1"
        ))
        .await;
    let mut stray = std::process::Command::new("/bin/sleep");
    stray.arg("600").env("KINTSUGI_INSTANCE", id).current_dir(place.at("artefacts"));
    let mut stray = stray.spawn().expect("a stray");
    place.start().await;
    let ended = async || stray.try_wait().expect("its state");
    testkit::eventually("the stray is ended", LIMIT, ended).await;
    let open = format!("SELECT count(*) FROM instances WHERE id = '{id}' AND state <> 'ended'");
    let closed = async || (place.count(&open).await == 0).then_some(());
    testkit::eventually("its end is recorded", LIMIT, closed).await;
    assert_eq!(place.live().await.expect("live").pid, live.pid);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_and_started_it_takes_over_what_is_live() {
    let mut place = Place::running().await;
    let before = place.live().await.expect("what is live");
    place.stop().await;
    assert_eq!(place.instances(), [before.pid], "it goes on running");
    place.start().await;
    let deploy = place.cure();
    ends_live_once(&place, &deploy, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_in_a_roll_out_it_ends_at_once_and_the_next_life_starts_over() {
    let mut place = Place::running().await;
    let before = place.live().await.expect("what is live");
    let deploy = place.cure();
    place.doubles.script().judgement = None;
    ask(&place, &deploy).await;
    let replaying = async || (!place.doubles.script().replays.is_empty()).then_some(());
    testkit::eventually("the replay has begun", LIMIT, replaying).await;
    place.stop().await;
    place.doubles.release(Judgement::Met);
    place.start().await;
    ends_live_once(&place, &deploy, &before).await;
}
