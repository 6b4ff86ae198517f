use crate::running::{GOOD, Running};
use reqwest::Method;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::time::Duration;
use testkit::eventually;
use wire::IncidentId;
use wire::detection::Source;

fn broken(running: &Running) {
    std::fs::write(running.path(), "[server").expect("broken");
}

async fn until_told(running: &Running, times: usize) {
    let told = async || (running.told.lock().expect("told").len() >= times).then_some(());
    eventually("it is told", Duration::from_secs(10), told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_breaks_is_told_once_with_its_resource_and_healed_when_the_healer_asks() {
    let running = Running::start().await;
    broken(&running);
    until_told(&running, 1).await;
    assert_eq!(std::fs::read_to_string(running.path()).unwrap(), "[server", "nobody asked yet");
    let (status, answer) = running.act(IncidentId::fresh(), "i/act-1", 1, 1).await;
    assert_eq!((status, answer.pointer("/outcome/outcome")), (200, Some(&json!("healed"))), "{answer}");
    assert_eq!(std::fs::read_to_string(running.path()).unwrap(), GOOD);
    let well = async || {
        let (_, all) = running.ask("operator", Method::GET, "/v1/resources", None).await;
        (all.pointer("/0/seen/0/holds") == Some(&json!(true))).then_some(())
    };
    eventually("it is seen to be well", Duration::from_secs(10), well).await;
    let told = running.told.lock().expect("told").clone();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (told[0].source, told[0].fields.get("resource").map(String::as_str)),
        (Source::Warden, Some("settings"))
    );
    broken(&running);
    until_told(&running, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_done_is_told_and_just_that_is_done_once_it_is_approved() {
    let running = Running::start().await;
    broken(&running);
    let incident = IncidentId::fresh();
    let prepare = json!({ "task": "prepare", "incident": incident, "target": "tiny", "code": "BROKEN" });
    let (status, told) = running.operate("i/propose-1", &prepare).await;
    let intent = told.pointer("/outcome/intent").expect("an intent");
    assert_eq!((status, intent.pointer("/remedies/0/undo/kind")), (200, Some(&json!("inverse"))), "{told}");
    assert_eq!(std::fs::read_to_string(running.path()).unwrap(), "[server", "it only looked");
    let act = |intent: &serde_json::Value| {
        let authority = json!({ "fence": 1, "epoch": 1 });
        json!({ "task": "act", "incident": incident, "target": "tiny", "code": "BROKEN", "authority": authority, "approved": intent })
    };
    // It broke otherwise since: the copy, and so the undo, would be another.
    std::fs::write(running.path(), "[server\nport").expect("broken otherwise");
    let (_, answer) = running.operate("i/act-1", &act(intent)).await;
    assert_eq!(answer.pointer("/outcome/outcome"), Some(&json!("not_approved")), "{answer}");
    assert_eq!(std::fs::read_to_string(running.path()).unwrap(), "[server\nport");
    let mut torn = intent.clone();
    torn["remedies"] = json!([]);
    let (_, answer) = running.operate("i/act-2", &act(&torn)).await;
    assert_eq!(answer.pointer("/problem/code"), Some(&json!("another_resource")), "{answer}");
    broken(&running);
    let (_, answer) = running.operate("i/act-3", &act(intent)).await;
    assert_eq!(answer.pointer("/outcome/outcome"), Some(&json!("healed")), "{answer}");
    assert_eq!(std::fs::read_to_string(running.path()).unwrap(), GOOD);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_looked_at_only_while_something_answers_is_left_alone_until_then() {
    let (listener, base) = testkit::listener();
    let (go, wait) = std::sync::mpsc::channel();
    let (refused, seen) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let answer = |status: &str| {
            let (mut stream, _) = listener.accept().expect("a question");
            let _read = stream.read(&mut [0; 4096]).expect("a head");
            let text = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(text.as_bytes()).expect("answered");
        };
        (0..3).for_each(|_| answer("503 Not Yet"));
        refused.send(()).expect("told");
        wait.recv().expect("the word");
        loop {
            answer("200 OK");
        }
    });
    let running = Running::start_with(&format!("only_while = \"{base}/healthz\"")).await;
    broken(&running);
    eventually("it was asked three times", Duration::from_secs(10), async || seen.try_recv().ok()).await;
    assert!(running.told.lock().expect("told").is_empty(), "there is nothing to look at yet");
    go.send(()).expect("told");
    until_told(&running, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_under_an_older_lease_or_epoch_is_refused_over_a_restart_too() {
    let mut running = Running::start().await;
    let incident = IncidentId::fresh();
    assert_eq!(running.act(incident, "i/act-1", 5, 2).await.0, 200);
    running.again().await;
    broken(&running);
    for (fence, epoch, code) in [(4, 2, "fence_stale"), (6, 1, "epoch_stale")] {
        let (status, answer) = running.act(incident, "i/act-2", fence, epoch).await;
        assert_eq!((status, answer.get("code").and_then(|code| code.as_str())), (409, Some(code)), "{answer}");
    }
    assert_eq!(std::fs::read_to_string(running.path()).unwrap(), "[server", "nothing was done");
    assert_eq!(running.act(incident, "i/act-2", 5, 2).await.0, 200, "a refusal is not what the key finds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_healer_asks_for_work_and_bad_requests_say_what_would_be_right() {
    let running = Running::start().await;
    let watch = |code: &str| json!({ "task": "watch", "target": "tiny", "code": code, "for_ms": 1 });
    for (who, status) in [("operator", 403), ("deployer", 403), ("stranger", 401), ("healer", 202)] {
        let (told, _) = running.ask(who, Method::PUT, "/v1/operations/a/watch-1", Some(&watch("BROKEN"))).await;
        assert_eq!(told, status, "{who}");
    }
    let (status, answer) = running.ask("healer", Method::PUT, "/v1/operations/a/watch-2", Some(&watch("OTHER"))).await;
    assert_eq!(status, 404);
    assert!(answer.to_string().contains("name one in its target file"), "{answer}");
    let odd = json!({ "task": "dance" });
    assert_eq!(running.ask("healer", Method::PUT, "/v1/operations/a/b", Some(&odd)).await.0, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_tells_how_often_it_was_well_and_ill() {
    let running = Running::start().await;
    for (break_it, counted) in [(false, "well"), (true, "ill")] {
        if break_it {
            broken(&running);
        }
        let task = json!({ "task": "watch", "target": "tiny", "code": "BROKEN", "for_ms": 250 });
        let path = format!("/v1/operations/a/watch-{counted}");
        running.ask("healer", Method::PUT, &path, Some(&task)).await;
        let (_, answer) = running.ask("healer", Method::GET, &format!("{path}?wait_ms=20000&seen=9"), None).await;
        let outcome = answer.get("outcome").expect("an outcome");
        assert!(outcome.get("looks").and_then(|looks| looks.as_u64()) >= Some(2), "{answer}");
        assert_eq!(outcome.get(counted), outcome.get("looks"), "{answer}");
    }
}
