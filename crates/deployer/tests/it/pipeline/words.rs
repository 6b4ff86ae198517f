//! Which words are taken, which are refused and how, and what is made of those that nobody waits for.

use super::{SECRET, Stage, word};
use crate::place::{LIMIT, Place};
use serde_json::json;
use std::path::Path;
use std::process::Stdio;
use wire::rollout::RolloutOutcome;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_now_by_this_targets_secret_is_refused_and_nothing_is_kept() {
    let stage = Stage::new().await;
    let head = stage.place.tiny.head();
    let good = word(&head, "success");
    let with = |key: &str, value: serde_json::Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    let answers = [
        (stage.send("1", &good, |m| m.secret = "another-secret-0123456789abcdef").await, 401, "signature_wrong"),
        (stage.send("1", &good, |m| m.forged = Some(word(&head, "failure").to_string())).await, 401, "signature_wrong"),
        (stage.send("1", &good, |m| m.late_s = 400).await, 401, "signature_stale"),
        (stage.send("1", &good, |m| m.late_s = -400).await, 401, "signature_stale"),
        (stage.send("a.b", &good, |_| {}).await, 400, "bad_request"),
        (stage.send("", &good, |_| {}).await, 400, "bad_request"),
        (stage.send("1", &good, |m| m.path = m.path.replace("tiny", "other")).await, 404, "not_found"),
        (stage.send("1", &good, |m| m.path = m.path.replace("tiny", "A%20B")).await, 404, "not_found"),
        (stage.send("1", &with("environment", json!("staging")), |_| {}).await, 422, "other_environment"),
        (stage.send("1", &with("status", json!("maybe")), |_| {}).await, 400, "bad_request"),
        (stage.send("1", &with("commit", json!("HEAD")), |_| {}).await, 400, "bad_request"),
        (stage.send("1", &with("artefact", json!("x")), |_| {}).await, 400, "bad_request"),
        (stage.send("1", &with("commit", json!("0".repeat(40))), |_| {}).await, 404, "unknown_commit"),
        (stage.send("1", &with("why", json!("x".repeat(20_000))), |_| {}).await, 413, "too_large"),
    ];
    for ((status, problem), wanted, code) in answers {
        let problem = problem.expect("a problem");
        assert_eq!((status, problem.code.as_str()), (wanted, code), "{}", problem.message);
    }
    let bare = reqwest::Client::new().post(format!("{}{}", stage.place.base(), stage.path())).json(&good).send().await;
    assert_eq!(bare.expect("an answer").status(), 400, "no signature at all");
    let read = reqwest::get(format!("{}{}", stage.place.base(), stage.path())).await.expect("an answer");
    assert_eq!(read.status(), 405);
    assert_eq!(stage.place.count("SELECT count(*) FROM callbacks").await, 0);
    assert!(!stage.place.log().contains(SECRET) && stage.place.live().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_delivery_is_answered_as_the_first_and_does_nothing_again() {
    let stage = Stage::new().await;
    let head = stage.place.tiny.head();
    stage.runs(&head);
    assert_eq!(stage.say("7-1", &head, "success").await.0, 202);
    stage.place.live_at(&head).await;
    assert_eq!(stage.say("7-1", &head, "success").await.0, 200, "its answer may have been lost");
    let (status, problem) = stage.say("7-1", &head, "failure").await;
    assert_eq!((status, problem.map(|problem| problem.code).as_deref()), (409, Some("key_conflict")));
    // Another run of the same commit is no other roll-out.
    assert_eq!(stage.say("7-2", &head, "success").await.0, 202);
    let taken = async || (stage.place.count("SELECT count(*) FROM callbacks WHERE taken").await == 2).then_some(());
    testkit::eventually("both are taken in", LIMIT, taken).await;
    assert_eq!(stage.place.live().await.expect("what is live").rollouts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_bounded_and_nothing_is_forgotten_that_could_be_played_again() {
    let stage = Stage::new().await;
    let head = stage.place.tiny.head();
    let many = format!(
        "INSERT INTO callbacks (target, id, digest, commit, sent_at, received_at, taken, callback) \
         SELECT 'tiny', 'old-' || n, 'd', '{head}', now(), now(), true, '{}' FROM generate_series(1, 500) n",
        word(&head, "failure").to_string().replace('\'', "")
    );
    stage.place.sql(&many).await;
    let (status, problem) = stage.say("7-1", &head, "success").await;
    assert_eq!((status, problem.map(|problem| problem.code).as_deref()), (429, Some("too_many")));
    stage.place.sql("UPDATE callbacks SET received_at = now() - interval '2 hours'").await;
    assert_eq!(stage.say("7-1", &head, "success").await.0, 202);
    assert!(stage.place.count("SELECT count(*) FROM callbacks").await <= 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_branch_cannot_be_read_the_sender_is_told_to_come_again() {
    let stage = Stage::new().await;
    let head = stage.place.tiny.head();
    let away = stage.place.at("away.git");
    std::fs::rename(&stage.place.tiny.remote, &away).expect("the remote is away");
    let (status, problem) = stage.say("7-1", &head, "success").await;
    assert_eq!((status, problem.map(|problem| problem.code).as_deref()), (503, Some("unavailable")));
    std::fs::rename(&away, &stage.place.tiny.remote).expect("the remote is back");
    assert_eq!(stage.say("7-1", &head, "success").await.0, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_developer_pushed_is_known_to_be_live_and_is_a_suspect_when_it_took_anothers_place() {
    let stage = Stage::new().await;
    let first = stage.place.tiny.head();
    stage.runs(&first);
    assert_eq!(stage.say("7-1", &first, "success").await.0, 202);
    stage.place.live_at(&first).await;
    let (second, _) = stage.place.commit("README", "x", "a developer's");
    stage.runs(&second);
    assert_eq!(stage.say("8-1", &second, "success").await.0, 202);
    assert_eq!(stage.place.live_at(&second).await.rollouts, 2);
    let live = stage.place.live().await.expect("what is live");
    let before = live.since + chrono::TimeDelta::seconds(1);
    let told = stage.place.client().suspects(&stage.place.name(), before, LIMIT).await.expect("suspects");
    let commits: Vec<_> = told.suspects.iter().map(|suspect| suspect.commit.clone()).collect();
    assert_eq!(commits, [second], "the first one took nobody's place");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_for_pipelines_signs_what_is_believed() {
    let stage = Stage::new().await;
    let deploy = stage.place.cure();
    stage.runs(&deploy.commit);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/pipeline-callback");
    let say = async |secret: &str, status: &str| {
        let mut command = tokio::process::Command::new(&script);
        command.arg(format!("{}{}", stage.place.base(), stage.path())).arg(deploy.commit.as_str());
        command.args([status, "production", "7-1", "--run", "https://ci.invalid/7"]);
        command.env("KINTSUGI_CALLBACK_SECRET", secret).stdin(Stdio::null());
        let done = command.output().await.expect("python3");
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let (code, told) = say("another-secret-0123456789abcdef", "success").await;
    assert!(code == Some(1) && told.contains("signature_wrong"), "{code:?}: {told}");
    assert_eq!(say("", "success").await.0, Some(2));
    let (said, rollout) = tokio::join!(say(SECRET, "success"), stage.deploy(&deploy, 1));
    assert_eq!((said.0, said.1.as_str()), (Some(0), ""));
    assert_eq!(rollout.expect("an outcome").outcome, RolloutOutcome::Live);
    assert_eq!(say(SECRET, "failure").await.0, Some(1), "the id was used for another word");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runbooks_own_commands_sign_what_is_believed() {
    let stage = Stage::new().await;
    stage.runs(&stage.place.tiny.head());
    let runbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbook.md");
    let runbook = std::fs::read_to_string(runbook).expect("the runbook");
    let begin = runbook.find("\nbody=").expect("the commands");
    let commands = runbook[begin..].split("```").next().expect("the commands");
    let commands =
        commands.replace("https://kintsugi.example.com/-/callbacks/shop", &(stage.place.base() + &stage.path()));
    let mut shell = tokio::process::Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &commands]).current_dir(&stage.place.tiny.remote);
    shell.env("KINTSUGI_CALLBACK_SECRET", SECRET).stdin(Stdio::null());
    let done = shell.output().await.expect("bash");
    assert!(done.status.success(), "{commands}: {}", String::from_utf8_lossy(&done.stderr));
    stage.place.live_at(&stage.place.tiny.head()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_cannot_be_used_stops_the_start_and_is_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    let deploy = format!(
        "\n[deploy]\nbackend = \"pipeline\"\nurl = \"http://127.0.0.1:9\"\nenvironment = \"e\"\nsecret = \"{}\"\n",
        secret.display()
    );
    let place = Place::with(|target| target + &deploy).await;
    for (text, why) in [(None, "cannot read"), (Some("short-one"), "cannot use"), (Some("\n"), "one line")] {
        if let Some(text) = text {
            std::fs::write(&secret, text).expect("written");
        }
        let mut life = place.spawn();
        let ended = async || life.try_wait().expect("its end");
        let status = testkit::eventually("it does not start", LIMIT, ended).await;
        assert!(!status.success() && place.log().contains(why), "{why}: {}", place.log());
        assert!(!place.log().contains("short-one"), "the secret is not shown");
    }
}
