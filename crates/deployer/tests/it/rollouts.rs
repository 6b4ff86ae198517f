//! Roll-outs that the healer asks for.

use crate::place::{LIMIT, Place};
use wire::rollout::{Mode, RolloutOutcome};
use wire::span::SpanKind;
use wire::verification::Judgement;

#[tokio::test(flavor = "multi_thread")]
async fn a_cure_is_started_checked_replayed_switched_to_and_the_former_version_retired() {
    let place = Place::running().await;
    let before = place.live().await.expect("the first version");
    assert_eq!(place.greet().await, 500, "the fault is there");
    let deploy = place.cure();
    let rollout = place.deploy(&deploy, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Live, "{}", rollout.why);
    assert_eq!(rollout.artefact, deploy.artefact);
    assert_eq!(rollout.replay.expect("a replay").judgement, Judgement::Met);
    assert!(rollout.healthy_at.expect("healthy") < rollout.switched_at.expect("switched"));
    assert!(rollout.spans.iter().any(|span| span.kind == SpanKind::Health));
    assert_eq!(place.greet().await, 200, "the fault is gone");
    let live = place.live().await.expect("what is live");
    assert_eq!((live.commit, live.tree, live.rollouts), (deploy.commit, deploy.tree, before.rollouts + 1));
    assert_eq!(live.colour, before.colour.map(wire::rollout::Colour::other));
    assert_eq!(place.instances_are(1).await, [live.pid]);
    assert!(!place.doubles.script().builds.contains(&rollout.commit), "what was verified is not built again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_knows_its_port_version_and_id_and_nothing_of_the_deployers_environment() {
    let place = Place::running().await;
    let live = place.live().await.expect("what is live");
    let environment = std::fs::read_to_string(format!("/proc/{}/environ", live.pid)).expect("its environment");
    let mut names: Vec<&str> = environment.split('\0').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
    names.sort_unstable();
    let wanted = ["APP_VERSION", "KINTSUGI_INSTANCE", "PATH", "PORT", "PYTHONDONTWRITEBYTECODE", "UPSTREAM_URL"];
    assert_eq!(names, wanted);
    assert!(environment.contains(&format!("APP_VERSION={}", live.commit)));
    let session = nix::unistd::getsid(Some(nix::unistd::Pid::from_raw(live.pid))).expect("its session");
    assert_eq!(session.as_raw(), live.pid, "a session of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_file_is_private_until_the_switch() {
    let place = Place::running().await;
    let logs = |kind: &str| place.at("logs").join(kind).read_dir().expect("the folder").count();
    assert_eq!((logs("live"), logs("private")), (1, 0));
    place.doubles.script().judgement = Some(Judgement::Broken);
    let refused = place.deploy(&place.cure(), 1).await.expect("an outcome");
    assert_eq!(refused.outcome, RolloutOutcome::Refused);
    assert_eq!((logs("live"), logs("private")), (1, 1), "what never was live stays private");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_green_that_never_gets_healthy_is_refused_and_traffic_is_untouched() {
    let place = Place::with(|target| target.replace("timeout_ms = 10000 }", "timeout_ms = 4000 }")).await;
    let place = place.started().await;
    let (before, table) = (place.live().await, place.doubles.table());
    let app = testkit::repository::read(&place.tiny.remote, "app.py");
    for broken in [app.replace("{\"ok\": True}", "1 / 0"), "raise SystemExit(1)\n".to_owned()] {
        let rollout = place.deploy(&place.recovery("app.py", &broken), 1).await.expect("an outcome");
        assert_eq!(rollout.outcome, RolloutOutcome::Refused, "{}", rollout.why);
        assert!(rollout.healthy_at.is_none() && rollout.switched_at.is_none());
    }
    assert_eq!(
        (place.live().await.map(|live| live.commit), place.doubles.table()),
        (before.map(|live| live.commit), table)
    );
    place.instances_are(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_is_not_met_on_green_is_refused_whatever_it_is_instead() {
    let place = Place::running().await;
    let table = place.doubles.table();
    for judgement in [Judgement::Broken, Judgement::NoWitness, Judgement::Unverified] {
        place.doubles.script().judgement = Some(judgement);
        let file = format!("# {judgement:?}\n");
        let rollout = place.deploy(&place.recovery("note.txt", &file), 1).await.expect("an outcome");
        assert_eq!(rollout.outcome, RolloutOutcome::Refused, "{judgement:?}: {}", rollout.why);
    }
    assert_eq!(place.doubles.table(), table);
    place.instances_are(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_permission_to_replay_live_the_replay_is_skipped_and_that_is_said() {
    let place = Place::with(|target| target.replace("replay = \"live\"", "replay = \"scratch\"")).await;
    let place = place.started().await;
    let rollout = place.deploy(&place.cure(), 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Live);
    assert!(rollout.replay.is_none() && rollout.why.contains("scratch"), "{}", rollout.why);
    assert!(place.doubles.script().replays.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artefact_that_is_not_what_was_verified_is_not_run() {
    let place = Place::running().await;
    let deploy = place.cure();
    let digest = deploy.artefact.clone().expect("a digest");
    let file = place.at("artefacts").join(digest.as_str()).join("app.py");
    std::fs::write(&file, "print('something else')\n").expect("tampered");
    let rollout = place.deploy(&deploy, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Refused);
    assert!(rollout.why.contains("app.py"), "{}", rollout.why);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_that_never_takes_the_route_leaves_the_former_version_live() {
    let mut place = Place::new().await;
    place.settings.push(("SWITCH_MS", "300".into()));
    let place = place.started().await;
    let before = place.live().await.expect("what is live");
    place.doubles.script().is_frozen = true;
    let rollout = place.deploy(&place.cure(), 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Refused, "{}", rollout.why);
    assert!(rollout.switched_at.is_none());
    place.doubles.script().is_frozen = false;
    let table = place.doubles.table();
    assert!(table.routes.iter().any(|route| route.upstream.ends_with(&before.port.to_string())), "{table:?}");
    assert_eq!(place.instances_are(1).await, [before.pid]);
    assert_eq!(place.live().await.expect("live").rollouts, before.rollouts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_regression_in_the_bake_rolls_back() {
    let place = Place::with(|target| target.replace("drain_ms = 2000", "drain_ms = 2000\nbake_ms = 20000")).await;
    let place = place.started().await;
    let before = place.live().await.expect("what is live");
    place.doubles.script().is_failing = true;
    let deploy = place.cure();
    let rollout = place.deploy(&deploy, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::RolledBack, "{}", rollout.why);
    assert!(rollout.why.contains("GET /greet") && rollout.switched_at.is_some(), "{}", rollout.why);
    assert!(rollout.spans.iter().any(|span| span.kind == SpanKind::Bake));
    let live = place.live().await.expect("what is live");
    assert_eq!((live.commit, live.pid), (before.commit.clone(), before.pid));
    assert_eq!(place.instances_are(1).await, [before.pid]);
    // The same operation asked again is answered the same, and is not done again.
    assert_eq!(place.deploy(&deploy, 1).await.expect("an outcome").switched_at, rollout.switched_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bake_without_a_regression_or_without_data_goes_through_and_says_which() {
    let place = Place::with(|target| target.replace("drain_ms = 2000", "drain_ms = 2000\nbake_ms = 100")).await;
    let place = place.started().await;
    let rollout = place.deploy(&place.cure(), 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Live);
    assert!(rollout.why.contains("50 answers compared"), "{}", rollout.why);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_equal_tree_is_adopted_without_a_restart() {
    let place = Place::running().await;
    let before = place.live().await.expect("what is live");
    let file = testkit::repository::read(&place.tiny.remote, "app.py");
    let deploy = place.recovery("app.py", &file);
    let revert = wire::rollout::Deploy { artefact: None, mode: Mode::Plain, ..deploy };
    let rollout = place.deploy(&revert, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Live, "{}", rollout.why);
    let live = place.live().await.expect("what is live");
    assert_eq!((live.commit, live.pid, live.rollouts), (revert.commit, before.pid, before.rollouts));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_runs_the_artefact_that_was_built_of_its_tree_before() {
    let place = Place::running().await;
    let (faulty, first) = (testkit::repository::read(&place.tiny.remote, "faults/greet.py"), place.live().await);
    place.deploy(&place.cure(), 1).await.expect("an outcome");
    let builds = place.doubles.script().builds.len();
    let revert = place.recovery("faults/greet.py", &faulty);
    let revert = wire::rollout::Deploy { artefact: None, mode: Mode::Plain, ..revert };
    let rollout = place.deploy(&revert, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Live, "{}", rollout.why);
    assert_eq!(rollout.artefact, first.and_then(|live| live.artefact));
    assert_eq!(place.doubles.script().builds.len(), builds);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_commit_is_rolled_out_once_whatever_the_key() {
    let place = Place::running().await;
    let deploy = place.cure();
    let first = place.deploy(&deploy, 1).await.expect("an outcome");
    let live = place.live().await.expect("what is live");
    let again = place.deploy(&deploy, 2).await.expect("an outcome");
    assert_eq!(again, first);
    assert_eq!(place.live().await.expect("live"), live);
    assert_eq!(place.doubles.script().replays.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_not_the_head_any_more_is_superseded() {
    let place = Place::running().await;
    let deploy = place.cure();
    let (newer, _) = place.commit("note.txt", "newer", "A newer commit");
    let rollout = place.deploy(&deploy, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Superseded, "{}", rollout.why);
    place.live_at(&newer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_during_the_checks_supersedes_before_the_switch() {
    let place = Place::running().await;
    let deploy = place.cure();
    // Slow enough to push meanwhile: the replay's key is asked, and answered once the push is there.
    place.doubles.script().judgement = None;
    let (client, key, asked) = (place.client(), Place::key(&deploy, 1), deploy.clone());
    let running = async { client.effects.run::<wire::rollout::Rollout>(&key, &asked, LIMIT, None).await };
    let push = async {
        let begun = async || (!place.doubles.script().replays.is_empty()).then_some(());
        testkit::eventually("the replay has begun", LIMIT, begun).await;
        let (newer, _) = place.commit("note.txt", "newer", "A newer commit");
        place.doubles.release(Judgement::Met);
        newer
    };
    let (rollout, newer) = tokio::join!(running, push);
    assert_eq!(rollout.expect("an outcome").outcome, RolloutOutcome::Superseded);
    place.live_at(&newer).await;
    place.instances_are(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blue_ends_only_when_its_last_request_is_answered_or_its_time_is_over() {
    let place = Place::running().await;
    let before = place.live().await.expect("what is live");
    let label = place.doubles.table().routes[0].label.clone();
    place.doubles.script().stuck = Some(label);
    let begun = std::time::Instant::now();
    assert_eq!(place.deploy(&place.cure(), 1).await.expect("an outcome").outcome, RolloutOutcome::Live);
    assert!(place.instances().contains(&before.pid), "it still answers");
    place.instances_are(1).await;
    assert!(begun.elapsed() >= std::time::Duration::from_millis(2_000), "it was ended before its drain time");
}
