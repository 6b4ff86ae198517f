//! What is live and hangs is ended and started again; what is only slow is left alone.

use crate::place::{LIMIT, Place};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use wire::rollout::Live;

/// A place whose target may be silent for three seconds.
async fn place() -> Place {
    let short = |text: String| {
        let file = text.replace("timeout_ms = 10000 }", "timeout_ms = 10000, hung_ms = 3000 }");
        assert_ne!(file, text, "the target file says it");
        file
    };
    Place::with(short).await.started().await
}

/// Waits until another process of the same version is live, and the one before is gone.
async fn is_revived(place: &Place, before: &Live) {
    let again = async || place.live().await.filter(|live| live.pid != before.pid);
    let live = testkit::eventually("another process is live", LIMIT, again).await;
    assert_eq!((&live.commit, &live.artefact, live.rollouts), (&before.commit, &before.artefact, before.rollouts));
    assert_eq!(place.greet().await, 500, "it answers, with its fault");
    assert_eq!(place.instances_are(1).await, [live.pid]);
    assert!(place.log().contains("answers nothing any more"), "it is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_process_that_hangs_is_ended_and_started_again_and_gets_the_traffic() {
    let place = place().await;
    let before = place.live().await.expect("what is live");
    kill(Pid::from_raw(before.pid), Signal::SIGSTOP).expect("stopped");
    is_revived(&place, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_process_that_hangs_while_the_deployer_is_away_is_noticed_by_its_next_life() {
    let mut place = place().await;
    let before = place.live().await.expect("what is live");
    place.stop().await;
    kill(Pid::from_raw(before.pid), Signal::SIGSTOP).expect("stopped");
    place.start().await;
    is_revived(&place, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_process_that_is_slow_and_unwell_but_answers_is_left_alone() {
    let place = place().await;
    let asked = place.at("asked");
    let app = testkit::repository::read(&place.tiny.remote, "app.py");
    let well = "            return self.answer(200, {\"ok\": True})\n";
    // As soon as it is live each answer takes longer than the pause between two questions.
    let slow = format!(
        "            if Server.asked < 3:\n                Server.asked += 1\n    {well}            time.sleep(2)\n            \
         with open({asked:?}, \"a\") as file:\n                file.write(\"x\")\n            return self.answer(503, {{}})\n"
    );
    let text =
        app.replace(well, &slow).replace("    daemon_threads = True\n", "    daemon_threads = True\n    asked = 0\n");
    let (commit, _) = place.commit("app.py", &text, "Be slow");
    let before = place.live_at(&commit).await;
    // Three questions without an answer would be enough.
    let often = async || std::fs::read(&asked).ok().filter(|file| file.len() >= 6);
    testkit::eventually("it was asked often", LIMIT, often).await;
    assert_eq!(place.live().await.expect("live").pid, before.pid);
    assert!(!place.log().contains("answers nothing any more"), "it was never ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_has_not_answered_yet_is_left_to_its_own_limit() {
    let place = place().await;
    let app = testkit::repository::read(&place.tiny.remote, "app.py");
    let late = app.replace("    server = Server(", "    time.sleep(5)\n    server = Server(");
    assert_ne!(late, app);
    let (commit, _) = place.commit("app.py", &late, "Begin late");
    place.live_at(&commit).await;
    let started = place.count(&format!("SELECT count(*) AS count FROM instances WHERE commit = '{commit}'")).await;
    assert_eq!(started, 1, "it was started once");
}
