//! A receiver of the notifier's messages that counts how often each came.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use wire::IncidentId;

/// What signs the messages.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How often each message came, by its id; and what each says.
type Taken = BTreeMap<String, (usize, serde_json::Value)>;

/// The receiver. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Hook {
    taken: Arc<Mutex<Taken>>,
}

impl Hook {
    /// Starts one on a free port; answers the environment that has the notifier send there.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start() -> (Self, BTreeMap<String, String>) {
        let hook = Self::default();
        let (listener, url) = testkit::listener();
        let kept = Arc::clone(&hook.taken);
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || App::new().app_data(web::Data::from(kept.clone())).route("/", web::post().to(take));
                let server = HttpServer::new(app).workers(1).disable_signals().listen(listener);
                server.expect("a listener").run().await.expect("the receiver runs");
            });
        });
        let env = [("WEBHOOK_URL", url), ("WEBHOOK_SECRET", SECRET.to_owned())];
        (hook, env.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// The kinds of the messages about an incident, each with how often it came, in the order of the journal.
    ///
    /// # Panics
    /// Never, unless a handler has.
    pub fn about(&self, incident: IncidentId) -> Vec<(String, usize)> {
        let taken = self.taken.lock().expect("the receiver's lock");
        let subject = incident.to_string();
        let mut told: Vec<(u64, String, usize)> = taken
            .iter()
            .filter(|(_, (_, message))| message["subject"] == subject.as_str())
            .map(|(id, (times, message))| {
                let position = id.rsplit('-').next().and_then(|position| position.parse().ok()).unwrap_or(0);
                (position, message["type"].as_str().unwrap_or_default().to_owned(), *times)
            })
            .collect();
        told.sort();
        told.into_iter().map(|(_, kind, times)| (kind, times)).collect()
    }
}

async fn take(taken: web::Data<Mutex<Taken>>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let message = serde_json::from_slice(&body).expect("a CloudEvent in JSON");
    let id = request.headers().get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    taken.lock().expect("the receiver's lock").entry(id).or_insert((0, message)).0 += 1;
    HttpResponse::NoContent().finish()
}
