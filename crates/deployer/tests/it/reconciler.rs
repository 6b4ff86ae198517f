//! What rolls out without being asked.

use crate::place::{LIMIT, Place};
use testkit::tiny::FAULT;
use wire::rollout::{Mode, RolloutOutcome};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_head_and_a_developers_push_are_built_and_rolled_out_plain() {
    let place = Place::running().await;
    let first = place.live().await.expect("the first version");
    assert_eq!(first.rollouts, 1);
    let (commit, tree) = place.commit("note.txt", "a note", "Add a note");
    let live = place.live_at(&commit).await;
    assert_eq!((live.tree, live.rollouts), (tree, 2));
    assert_eq!(place.doubles.script().builds, [first.commit, commit]);
    assert!(place.doubles.script().replays.is_empty(), "health only");
    place.instances_are(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_developer_pushed_is_a_suspect_for_a_while_and_a_reset_and_the_first_version_never() {
    let place = Place::running().await;
    let suspects = async |before, within_s| {
        let within = std::time::Duration::from_secs(within_s);
        let told = place.client().suspects(&place.name(), before, within).await.expect("an answer");
        told.suspects.into_iter().map(|suspect| suspect.commit).collect::<Vec<_>>()
    };
    let (first, _) = place.commit("note.txt", "a note", "Add a note");
    place.live_at(&first).await;
    let (second, _) = place.commit("note.txt", "another", "Change the note");
    let live = place.live_at(&second).await;
    let (reset, _) = place.commit("note.txt", "a reset", "Reset\n\nKintsugi-Reset: 3\n");
    let after = place.live_at(&reset).await.since + chrono::TimeDelta::seconds(5);
    assert_eq!(suspects(after, 600).await, [second.clone(), first], "newest first");
    assert_eq!(suspects(live.since - chrono::TimeDelta::hours(1), 600).await, [], "before it was live");
    assert_eq!(suspects(after + chrono::TimeDelta::hours(1), 600).await, [], "long ago");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_rolled_out_plain_and_its_epoch_is_kept() {
    let place = Place::running().await;
    let late = place.cure();
    let incident = late.incident;
    let message = format!("Reset\n\nKintsugi-Reset: 3\nKintsugi-Incident: {incident}\nKintsugi-Fault: {FAULT}\n");
    let (commit, _) = place.commit("note.txt", "a reset", &message);
    place.live_at(&commit).await;
    let refused = place.deploy(&late, 1).await.expect_err("its epoch is over");
    assert_eq!(refused.problem().code, "epoch_stale");
    assert!(!refused.may_pass());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recoverys_commit_is_left_to_the_healer_and_rolled_out_after_the_grace() {
    let mut place = Place::new().await;
    place.settings = vec![("RECOVERY_GRACE_S", "1".into())];
    let place = place.started().await;
    let deploy = place.cure();
    let begun = std::time::Instant::now();
    let live = place.live_at(&deploy.commit).await;
    assert!(begun.elapsed() >= std::time::Duration::from_millis(900), "the healer had no time");
    assert_eq!(place.doubles.script().replays.len(), 1, "in mode heal");
    // The healer is late; there is nothing left to do.
    let rollout = place.deploy(&deploy, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Live);
    assert_eq!(place.live().await.expect("live").rollouts, live.rollouts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_build_is_tried_a_few_times_and_then_only_told() {
    let place = Place::running().await;
    let before = place.live().await.expect("what is live");
    place.doubles.script().breaks_builds = true;
    let (commit, _) = place.commit("note.txt", "bad", "Break it");
    let gave_up = async || {
        let problem = place.live().await?.problem?;
        (problem.code == "gave_up").then_some(problem)
    };
    let problem = testkit::eventually("it gives up", LIMIT, gave_up).await;
    assert!(problem.message.contains("build_failed"), "{problem}");
    let tries = place.doubles.script().builds.iter().filter(|built| **built == commit).count();
    assert_eq!(tries, 5);
    assert_eq!(place.live().await.expect("live").pid, before.pid);
    // A newer head gets its own tries.
    place.doubles.script().breaks_builds = false;
    let (newer, _) = place.commit("note.txt", "good", "Mend it");
    assert!(place.live_at(&newer).await.problem.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recovery_is_not_rolled_out_behind_the_healers_back() {
    let mut place = Place::new().await;
    place.settings = vec![("RECOVERY_GRACE_S", "0".into())];
    place.doubles.script().judgement = Some(wire::verification::Judgement::Broken);
    let place = place.started().await;
    let before = place.live().await.expect("what is live");
    let deploy = place.cure();
    let rollout = place.deploy(&deploy, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Refused, "{}", rollout.why);
    // Its revert is: the tree runs already.
    let faulty = std::fs::read_to_string(
        place.at("artefacts").join(before.artefact.expect("its artefact").as_str()).join("faults/greet.py"),
    );
    let incident = deploy.incident;
    let message = format!(
        "Revert\n\nKintsugi-Incident: {incident}\nKintsugi-Fault: {FAULT}\nKintsugi-Revert: {}\n",
        deploy.commit
    );
    let (commit, _) = place.commit("faults/greet.py", &faulty.expect("the faulty file"), &message);
    assert_eq!(place.live_at(&commit).await.pid, before.pid);
    assert_eq!(deploy.mode, Mode::Heal { code: FAULT.parse().expect("a code") });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_remote_is_told_and_what_runs_is_kept() {
    let place = Place::running().await;
    std::fs::rename(&place.tiny.remote, place.at("away.git")).expect("moved");
    let told = async || place.live().await?.problem.filter(|problem| problem.code == "head_unknown");
    testkit::eventually("it is told", LIMIT, told).await;
    std::fs::rename(place.at("away.git"), &place.tiny.remote).expect("moved back");
    let well = async || place.live().await?.problem.is_none().then_some(());
    testkit::eventually("it is well again", LIMIT, well).await;
}
