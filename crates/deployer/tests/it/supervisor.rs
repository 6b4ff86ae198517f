//! What is live stays live.

use crate::place::{LIMIT, Place};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[tokio::test(flavor = "multi_thread")]
async fn a_live_process_that_dies_is_started_again_and_gets_the_traffic() {
    let place = Place::running().await;
    let before = place.live().await.expect("what is live");
    kill(Pid::from_raw(before.pid), Signal::SIGKILL).expect("killed");
    let again = async || place.live().await.filter(|live| live.pid != before.pid);
    let live = testkit::eventually("it is live again", LIMIT, again).await;
    assert_eq!((&live.commit, &live.artefact, live.rollouts), (&before.commit, &before.artefact, before.rollouts));
    assert_eq!(place.greet().await, 500, "it answers, with its fault");
    assert_eq!(place.instances_are(1).await, [live.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_process_that_dies_while_the_deployer_is_away_is_started_again() {
    let mut place = Place::running().await;
    let before = place.live().await.expect("what is live");
    place.stop().await;
    kill(Pid::from_raw(before.pid), Signal::SIGKILL).expect("killed");
    place.start().await;
    let again = async || place.live().await.filter(|live| live.pid != before.pid);
    testkit::eventually("it is live again", LIMIT, again).await;
    place.instances_are(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_file_that_was_lost_or_broken_is_written_again_above_its_generation() {
    let place = Place::running().await;
    let before = place.doubles.table();
    for damage in ["{", ""] {
        match damage {
            "" => std::fs::remove_file(place.at("routes.json")).expect("removed"),
            text => std::fs::write(place.at("routes.json"), text).expect("broken"),
        }
        let written = async || {
            let text = std::fs::read_to_string(place.at("routes.json")).ok()?;
            serde_json::from_str::<wire::rollout::RouteTable>(&text).ok()
        };
        let table = testkit::eventually("it is written again", LIMIT, written).await;
        assert_eq!(table.routes, before.routes);
        assert!(table.generation > before.generation);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_ignores_sigterm_is_killed_with_its_children() {
    let place = Place::running().await;
    let app = testkit::repository::read(&place.tiny.remote, "app.py");
    let deaf = app.replace(
        "    log(level=\"info\"",
        "    import subprocess\n    subprocess.Popen(['/bin/sleep', '600'])\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    \
         log(level=\"info\"",
    );
    assert_ne!(deaf, app);
    let (deaf, _) = place.commit("app.py", &deaf, "Be deaf");
    place.live_at(&deaf).await;
    place.instances_are(2).await;
    let (next, _) = place.commit("app.py", &app, "Hear again");
    let live = place.live_at(&next).await;
    assert_eq!(place.instances_are(1).await, [live.pid]);
}
