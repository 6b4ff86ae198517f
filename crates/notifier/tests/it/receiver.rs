//! A receiver that checks signatures and keeps the ids, as a good one does.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chassis::webhook::Key;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What it is told to answer.
type Answer = Box<dyn Fn(&Value, usize) -> Option<HttpResponse> + Send + Sync>;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Receiver {
    state: Arc<Mutex<State>>,
    answer: Arc<Answer>,
}

#[derive(Default)]
struct State {
    /// Attempts by id.
    attempts: BTreeMap<String, usize>,
    /// The messages that were taken, each id once, in the order of the first time.
    taken: Vec<Value>,
    /// How often an id that was taken came again.
    repeated: usize,
}

impl Receiver {
    /// Takes everything, but what `answer` says otherwise of: the message and the number of the attempt at it, from 1.
    pub(crate) fn new(answer: impl Fn(&Value, usize) -> Option<HttpResponse> + Send + Sync + 'static) -> Self {
        Self { state: Arc::default(), answer: Arc::new(Box::new(answer)) }
    }

    pub(crate) fn serve(&self) -> String {
        let (listener, base) = testkit::listener();
        let receiver = self.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(receiver.clone()))
                .route("/hook/secret-token", web::post().to(take))
                .route("/moved", web::to(|| async { HttpResponse::Ok().finish() }))
        });
        let server = server.workers(2).disable_signals().shutdown_timeout(0).listen(listener).unwrap().run();
        std::thread::spawn(move || actix_web::rt::System::new().block_on(server));
        format!("{base}/hook/secret-token")
    }

    pub(crate) fn taken(&self) -> Vec<Value> {
        self.state.lock().unwrap().taken.clone()
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        self.taken().iter().map(|message| message["type"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.taken().iter().map(|message| message["id"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn repeated(&self) -> usize {
        self.state.lock().unwrap().repeated
    }

    pub(crate) fn attempts(&self, id: &str) -> usize {
        self.state.lock().unwrap().attempts.get(id).copied().unwrap_or(0)
    }
}

async fn take(receiver: web::Data<Receiver>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let right = Key::parse(SECRET).unwrap().sign(&id, timestamp.parse().unwrap(), &body);
    assert_eq!(header("webhook-signature"), right, "the signature does not fit");
    let message: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(message["id"], id.as_str());
    let attempt = {
        let mut state = receiver.state.lock().unwrap();
        let attempts = state.attempts.entry(id.clone()).or_default();
        *attempts += 1;
        *attempts
    };
    if let Some(answer) = (receiver.answer)(&message, attempt) {
        return answer;
    }
    let mut state = receiver.state.lock().unwrap();
    match state.taken.iter().any(|taken| taken["id"] == message["id"]) {
        true => state.repeated += 1,
        false => state.taken.push(message),
    }
    HttpResponse::NoContent().finish()
}
