//! The sample of what is passed on: what is kept, what is not, and that nobody waits for it.

use crate::running::{Running, start_of, upstream};
use front::record::Sample;
use reqwest::Method;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wire::traffic::Recorded;

fn recording(folder: &Path) -> (Running, PathBuf) {
    let record = camino::Utf8Path::from_path(folder).expect("a path that is text").join("sample");
    let file = record.join("app.jsonl").into_std_path_buf();
    (start_of("http://127.0.0.1:1", |settings| settings.record = record), file)
}

fn lines(file: &Path) -> Vec<Recorded> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a whole line")).collect()
}

async fn ask(front: &Running, method: Method, path: &str, header: (&str, &str), body: &str) {
    let request = front.request(method, path).header(header.0, header.1).body(body.to_owned());
    request.send().await.expect("an answer").text().await.expect("a body");
}

#[tokio::test]
async fn what_is_passed_on_is_kept_but_for_what_is_personal_or_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let (front, file) = recording(folder.path());
    let up = upstream("up", &front.stop);
    front.route(1, &[("/", &up.url, "app/green/1")]).await;
    let plain = ("accept", "text/plain");
    ask(&front, Method::POST, "/orders?page=1", ("content-type", "application/json"), "{\"a\":1}").await;
    for personal in [("authorization", "Basic eA=="), ("cookie", "a=b"), (wire::paths::REPLAY_HEADER, "kr-1")] {
        ask(&front, Method::GET, "/personal", personal, "").await;
    }
    ask(&front, Method::GET, "/echo", plain, "").await;
    ask(&front, Method::GET, "/developer/incidents", plain, "").await;
    ask(&front, Method::GET, "/-/routes", plain, "").await;
    ask(&front, Method::POST, "/long", plain, &"x".repeat(9 << 10)).await;
    ask(&front, Method::POST, "/secret", plain, "password=hunter2hunter2").await;
    ask(&front, Method::GET, "/secret?token=abcdefghijklmnop123456", plain, "").await;
    ask(&front, Method::GET, "/last", plain, "").await;
    let last = async || lines(&file).iter().any(|one| one.request.path == "/last").then(|| lines(&file));
    let kept = testkit::eventually("the last one is written", Duration::from_secs(10), last).await;
    let told: Vec<_> = kept.iter().map(|one| (one.request.path.as_str(), one.status)).collect();
    assert_eq!(told, [("/orders?page=1", 200), ("/last", 200)]);
    let first = &kept[0].request;
    assert_eq!((first.method.as_str(), first.body.as_str()), ("POST", "{\"a\":1}"));
    assert_eq!(first.headers["content-type"], "application/json");
    assert!(first.headers.keys().all(|name| ["content-type", "accept"].contains(&name.as_str())), "{first:?}");
}

#[tokio::test]
async fn the_sample_outlives_a_restart_and_a_damaged_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let (front, file) = recording(folder.path());
    let up = upstream("up", &front.stop);
    front.route(1, &[("/", &up.url, "app/green/1")]).await;
    ask(&front, Method::GET, "/first", ("accept", "*/*"), "").await;
    testkit::eventually("it is written", Duration::from_secs(10), async || lines(&file).first().cloned()).await;
    front.stop.now();
    let text = std::fs::read_to_string(&file).expect("the sample");
    std::fs::write(&file, format!("{{\"cut\n{text}")).expect("written");
    let (front, _) = recording(folder.path());
    let up = upstream("up", &front.stop);
    front.route(1, &[("/", &up.url, "app/green/2")]).await;
    ask(&front, Method::GET, "/second", ("accept", "*/*"), "").await;
    let both = async || {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        (text.contains("/second") && !text.contains("cut")).then(|| lines(&file))
    };
    let kept = testkit::eventually("both are there", Duration::from_secs(10), both).await;
    assert_eq!(kept.iter().map(|one| one.request.path.as_str()).collect::<Vec<_>>(), ["/first", "/second"]);
}

#[tokio::test]
async fn nothing_is_recorded_unless_a_folder_is_named() {
    let front = start_of("http://127.0.0.1:1", |_| {});
    let up = upstream("up", &front.stop);
    front.route(1, &[("/", &up.url, "app/green/1")]).await;
    assert_eq!(front.text("/x").await, "up");
    let refused = front::Settings { record: "/dev/null/sample".into(), ..front::Settings::default() };
    let error = front::record::Recorder::open(&refused.record).expect_err("no folder");
    assert!(format!("{error:#}").contains("the setting record"), "{error:#}");
}

fn exchange(path: &str, second: i64) -> Recorded {
    let told = serde_json::json!({
        "method": "GET", "path": path, "status": 200, "at": format!("2026-01-01T00:{:02}:{:02}Z", second / 60, second % 60),
    });
    serde_json::from_value(told).expect("an exchange")
}

#[test]
fn of_each_kind_the_newest_few_are_kept_and_the_file_is_bounded() {
    let mut sample = Sample::default();
    for at in 0..10 {
        assert!(sample.add(exchange(&format!("/a?{at}"), at)));
    }
    let text = sample.changed().expect("a text");
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains("/a?9") && text.contains("/a?7") && !text.contains("/a?6"), "{text}");
    assert!(!sample.add(exchange("/a?9", 11)), "the same once more");
    assert_eq!(sample.changed(), None, "nothing has to be written");
    for at in 0..3_000 {
        sample.add(exchange(&format!("/{at}/{}", "x".repeat(1_500)), at));
    }
    let text = sample.changed().expect("a text");
    assert!(text.len() <= 1 << 20 && text.lines().count() == 128, "{} lines", text.lines().count());
    assert!(text.contains("/2999/") && !text.contains("/0/"));
    assert_eq!(Sample::read(text.as_bytes()).changed(), None, "what was read need not be written");
}
