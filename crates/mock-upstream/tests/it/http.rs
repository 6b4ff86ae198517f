//! Every route and every mode over HTTP.

use chassis::Stop;
use mock_upstream::draw::{Answer, Behaviour};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::eventually;

const LIMIT: Duration = Duration::from_secs(20);

struct Running {
    base: String,
    http: Client,
    stop: Stop,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.now();
    }
}

fn start() -> Running {
    let (listener, base) = testkit::listener();
    let stop = Stop::new();
    let word = stop.clone();
    std::thread::spawn(move || {
        let serving = mock_upstream::serve(listener, Behaviour::default(), word);
        actix_web::rt::System::new().block_on(serving).expect("it serves");
    });
    let http = Client::builder().no_proxy().timeout(LIMIT).build().expect("a client");
    Running { base, http, stop }
}

impl Running {
    async fn ask(&self, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
        let request = self.http.request(method, format!("{}{path}", self.base)).body(body.to_owned());
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON"))
    }

    async fn set(&self, mode: Value) -> Value {
        let (status, told) = self.ask(Method::PUT, "/mode", &mode.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{mode}: {told}");
        told
    }

    async fn data(&self) -> (StatusCode, Value) {
        self.ask(Method::GET, "/data", "").await
    }
}

#[tokio::test]
async fn none_answers_the_value_and_error_and_wrong_data_what_they_say() {
    let upstream = start();
    upstream.set(json!({ "modes": ["none"] })).await;
    assert_eq!(upstream.data().await, (StatusCode::OK, json!({ "value": 42 })));
    upstream.set(json!({ "modes": ["wrong_data"], "rates": { "wrong_data": 1.0 } })).await;
    assert_eq!(upstream.data().await, (StatusCode::OK, json!({ "value": "forty-two" })));
    upstream.set(json!({ "modes": ["wrong_data", "error"], "rates": { "error": 1, "wrong_data": 1 } })).await;
    let (status, body) = upstream.data().await;
    assert_eq!((status, &body["code"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("internal")));
}

#[tokio::test]
async fn down_closes_the_connection_without_an_answer_and_the_mode_can_still_be_changed() {
    let upstream = start();
    upstream.set(json!({ "modes": ["down"] })).await;
    for _ in 0..3 {
        let error = upstream.http.get(format!("{}/data", upstream.base)).send().await.expect_err("no answer");
        assert!(!error.is_timeout() && !error.is_connect(), "it accepts, then closes: {error:?}");
    }
    assert_eq!(upstream.ask(Method::GET, "/healthz", "").await.0, StatusCode::OK);
    upstream.set(json!({ "modes": ["none"] })).await;
    assert_eq!(upstream.data().await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_delay_is_waited_for_and_the_value_comes_after_it() {
    let upstream = start();
    upstream.set(json!({ "modes": ["latency"], "rates": { "latency": 1 }, "delay_ms": [300, 300] })).await;
    let begun = std::time::Instant::now();
    assert_eq!(upstream.data().await, (StatusCode::OK, json!({ "value": 42 })));
    assert!(begun.elapsed() >= Duration::from_millis(300), "it came after {:?}", begun.elapsed());
}

#[tokio::test]
async fn the_answers_follow_the_model_request_by_request_and_again_with_the_same_seed() {
    let upstream = start();
    let mode = json!({ "modes": ["latency", "error", "wrong_data"], "delay_ms": [0, 2], "seed": 11 });
    for _ in 0..2 {
        upstream.set(mode.clone()).await;
        let model = Behaviour {
            mode: mock_upstream::draw::Mode::Troubled { latency: true, error: true, wrong_data: true },
            delay_ms: (0, 2),
            seed: 11,
            ..Behaviour::default()
        };
        for n in 0..100 {
            let got = match upstream.data().await {
                (StatusCode::OK, body) if body["value"] == 42 => Answer::Value,
                (StatusCode::OK, _) => Answer::WrongData,
                _ => Answer::Error,
            };
            assert_eq!(got, model.draw(n).answer, "request {n}");
        }
    }
}

#[tokio::test]
async fn the_mode_is_told_as_it_was_set_and_what_is_left_out_is_the_default() {
    let upstream = start();
    let (_, told) = upstream.ask(Method::GET, "/mode", "").await;
    let rates = json!({ "latency": 0.6, "error": 0.3, "wrong_data": 0.3 });
    assert_eq!(
        told,
        json!({ "modes": ["latency", "wrong_data"], "rates": rates, "delay_ms": [3400, 8000], "seed": 0 })
    );
    let told = upstream.set(json!({ "modes": ["latency"], "rates": { "latency": 0.25 }, "seed": 7 })).await;
    let rates = json!({ "latency": 0.25, "error": 0.3, "wrong_data": 0.3 });
    assert_eq!(told, json!({ "modes": ["latency"], "rates": rates, "delay_ms": [3400, 8000], "seed": 7 }));
    assert_eq!(upstream.ask(Method::GET, "/mode", "").await.1, told);
    let (one, two) =
        (upstream.set(json!({ "modes": ["none"] })).await, upstream.set(json!({ "modes": ["none"] })).await);
    assert_ne!(one["seed"], two["seed"], "a fresh seed");
}

#[tokio::test]
async fn calls_are_counted_by_replay() {
    let upstream = start();
    upstream.set(json!({ "modes": ["none"] })).await;
    for _ in 0..3 {
        let request = upstream.http.get(format!("{}/data", upstream.base)).header("x-kintsugi-replay", "r-1");
        assert_eq!(request.send().await.expect("an answer").status(), 200);
    }
    upstream.data().await;
    assert_eq!(upstream.ask(Method::GET, "/calls/r-1", "").await.1, json!({ "calls": 3 }));
    assert_eq!(upstream.ask(Method::GET, "/calls/r-2", "").await.1, json!({ "calls": 0 }));
    let busy = upstream.http.get(format!("{}/busy", upstream.base)).header("x-kintsugi-replay", "r-2");
    let answer = busy.send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.headers().get("retry-after").is_some()), (503, true));
    assert_eq!(upstream.ask(Method::GET, "/calls/r-2", "").await.1, json!({ "calls": 1 }));
    let bad = upstream.http.get(format!("{}/data", upstream.base)).header("x-kintsugi-replay", "a b");
    assert_eq!(bad.send().await.expect("an answer").status(), 400);
    assert_eq!(upstream.ask(Method::GET, "/calls/a%20b", "").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn bad_input_is_refused_with_what_would_be_right_and_changes_nothing() {
    let upstream = start();
    let before = upstream.ask(Method::GET, "/mode", "").await.1;
    let large = format!("{{\"modes\":[\"{}\"]}}", "x".repeat(20_000));
    for (body, status, wanted) in [
        ("", 400, "modes"),
        ("{", 400, "modes"),
        ("{}", 400, "modes"),
        (r#"{"modes":[]}"#, 400, "`modes` is empty"),
        (r#"{"modes":["slow"]}"#, 400, "\"slow\" is no mode"),
        (r#"{"modes":["down","error"]}"#, 400, "\"down\" stands alone"),
        (r#"{"modes":["none","error"]}"#, 400, "\"none\" stands alone"),
        (r#"{"modes":["error"],"rates":{"error":1.5}}"#, 400, "from 0 to 1"),
        (r#"{"modes":["error"],"rates":{"error":-0.1}}"#, 400, "from 0 to 1"),
        (r#"{"modes":["error"],"rates":{"errors":0.1}}"#, 400, "errors"),
        (r#"{"modes":["error"],"seed":-3}"#, 400, "seed"),
        (r#"{"modes":["latency"],"delay_ms":[5,1]}"#, 400, "the shortest and the longest"),
        (r#"{"modes":["latency"],"delay_ms":[5,600000]}"#, 400, "at most 60000"),
        (r#"{"modes":["error"],"colour":"red"}"#, 400, "colour"),
        (&large, 413, "limit"),
    ] {
        let (got, problem) = upstream.ask(Method::PUT, "/mode", body).await;
        let told = problem["message"].as_str().unwrap_or_default();
        assert!(got.as_u16() == status && told.contains(wanted), "{body:.60}: {got} {problem}");
    }
    assert_eq!(upstream.ask(Method::GET, "/mode", "").await.1, before);
    assert_eq!(upstream.ask(Method::GET, "/nothing", "").await.0, StatusCode::NOT_FOUND);
    for (method, path) in [(Method::POST, "/data"), (Method::DELETE, "/mode"), (Method::PUT, "/calls/a")] {
        assert_eq!(upstream.ask(method, path, "").await.0, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

#[tokio::test]
async fn the_word_to_stop_ends_a_delay_at_once() {
    let upstream = start();
    upstream.set(json!({ "modes": ["latency"], "rates": { "latency": 1 }, "delay_ms": [60000, 60000] })).await;
    let request = upstream.http.get(format!("{}/data", upstream.base)).header("x-kintsugi-replay", "late");
    let stopping = async {
        eventually("the request is in its delay", LIMIT, async || {
            (upstream.ask(Method::GET, "/calls/late", "").await.1["calls"] == 1).then_some(())
        })
        .await;
        upstream.stop.now();
    };
    let (answer, ()) = tokio::join!(request.send(), stopping);
    let answer = answer.expect("an answer well before the delay ends");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}
