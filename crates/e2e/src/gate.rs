//! Stands between the services and the store, passes everything on, and calls a story at a chosen append: before it reaches
//! the store (after the effect, before the outcome) or after (after the intention, before the effect).

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// When a rule bites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The request has not reached the store.
    Before,
    /// The store has answered; the caller has not heard it.
    After,
}

/// What becomes of the request when a rule bites before it reached the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It goes on to the store.
    PassOn,
    /// It is lost.
    Lose,
}

type Action = Box<dyn FnOnce() -> Then + Send>;

struct Rule {
    when: When,
    kind: String,
    step: Option<String>,
    action: Action,
}

/// The gate. Cheap to clone.
#[derive(Clone, Default)]
pub struct Gate {
    rule: Arc<Mutex<Option<Rule>>>,
    bitten: Arc<Mutex<bool>>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}

impl Gate {
    /// Starts a gate on a free port in front of a store; answers its base URL.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start(store: String) -> (Self, String) {
        let gate = Self::default();
        let (listener, url) = testkit::listener();
        let serving = gate.clone();
        std::thread::spawn(move || serve(listener, store, serving));
        (gate, url)
    }

    /// At the first append of this kind (and step; `detections` for a detection) the action is called once, on a thread
    /// that may block.
    ///
    /// # Panics
    /// Never, unless a handler has.
    pub fn at(&self, when: When, kind: &str, step: Option<&str>, action: impl FnOnce() -> Then + Send + 'static) {
        *self.bitten.lock().expect("the gate's lock") = false;
        let rule = Rule { when, kind: kind.into(), step: step.map(str::to_owned), action: Box::new(action) };
        *self.rule.lock().expect("the gate's lock") = Some(rule);
    }

    /// Whether the last rule has bitten.
    ///
    /// # Panics
    /// Never, unless a handler has.
    pub fn has_bitten(&self) -> bool {
        *self.bitten.lock().expect("the gate's lock")
    }

    fn take(&self, when: When, path: &str, body: &[u8]) -> Option<Action> {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let kind =
            if path.ends_with("/detections") { Some("detections") } else { body.get("kind").and_then(|k| k.as_str()) };
        let step = body.get("payload").and_then(|payload| payload.get("step")).and_then(|step| step.as_str());
        let mut rule = self.rule.lock().expect("the gate's lock");
        let bites = rule.as_ref().is_some_and(|rule| {
            rule.when == when
                && Some(rule.kind.as_str()) == kind
                && (rule.step.is_none() || rule.step.as_deref() == step)
        });
        let taken = if bites { rule.take() } else { None };
        taken.map(|rule| rule.action)
    }

    async fn act(&self, action: Action) -> Then {
        let then = web::block(action).await.expect("the story's action");
        *self.bitten.lock().expect("the gate's lock") = true;
        then
    }
}

#[derive(Clone)]
struct State {
    http: reqwest::Client,
    store: String,
    gate: Gate,
}

fn serve(listener: TcpListener, store: String, gate: Gate) {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(90)).pool_max_idle_per_host(0);
    let state = State { http: http.build().expect("an HTTP client"), store, gate };
    actix_web::rt::System::new().block_on(async move {
        let factory = move || App::new().app_data(web::Data::new(state.clone())).default_service(web::to(pass_on));
        let server = HttpServer::new(factory).workers(1).disable_signals().listen(listener).expect("a listener");
        server.run().await.expect("the gate runs");
    });
}

async fn pass_on(request: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    let is_append =
        request.method() == "POST" && (request.path().ends_with("/events") || request.path().ends_with("/detections"));
    let rule = |when| if is_append { state.gate.take(when, request.path(), &body) } else { None };
    if let Some(action) = rule(When::Before)
        && state.gate.act(action).await == Then::Lose
    {
        return HttpResponse::BadGateway().finish();
    }
    let answer = forward(&state, &request, &body).await;
    if let Some(action) = rule(When::After) {
        let _passed = state.gate.act(action).await;
    }
    answer
}

async fn forward(state: &State, request: &HttpRequest, body: &web::Bytes) -> HttpResponse {
    let url = format!("{}{}", state.store, request.uri());
    let method = request.method().as_str().parse().expect("a method");
    let mut ask = state.http.request(method, url).body(body.clone());
    for name in ["authorization", "content-type", "traceparent", "x-request-id"] {
        if let Some(value) = request.headers().get(name) {
            ask = ask.header(name, value.as_bytes());
        }
    }
    let Ok(answer) = ask.send().await else { return HttpResponse::ServiceUnavailable().finish() };
    let status = answer.status().as_u16().try_into().expect("a status");
    let bytes = answer.bytes().await.unwrap_or_default();
    HttpResponse::build(status).content_type("application/json").body(bytes)
}
