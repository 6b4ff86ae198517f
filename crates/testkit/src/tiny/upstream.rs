//! The tiny target's upstream: serves a number and counts the calls of each replay. It is the witness.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longer than anybody waits for it.
const HANG: Duration = Duration::from_secs(30);

type Calls = Arc<Mutex<HashMap<String, u64>>>;

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Mood {
    /// It serves a number.
    #[default]
    Well,
    /// It serves the number as a text: what forgets that it is a number is well then.
    Text,
    /// It answers 500.
    Fails,
    /// It does not answer for a long time.
    Hangs,
}

/// A running upstream, on loopback and on a Unix socket; ends with the process.
#[derive(Debug)]
pub struct Upstream {
    /// Its port on loopback.
    pub port: u16,
    calls: Calls,
    mood: Arc<Mutex<Mood>>,
}

impl Upstream {
    /// Starts it on a thread of its own.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start(socket: &Path) -> Self {
        let (listener, _) = crate::listener();
        let port = listener.local_addr().expect("an address").port();
        let _stale = std::fs::remove_file(socket);
        let unix = std::os::unix::net::UnixListener::bind(socket).expect("a Unix socket");
        let calls = Calls::default();
        let shared = Arc::clone(&calls);
        let mood = Arc::<Mutex<Mood>>::default();
        let felt = Arc::clone(&mood);
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let factory = move || {
                    App::new()
                        .app_data(web::Data::from(Arc::clone(&shared)))
                        .app_data(web::Data::from(Arc::clone(&felt)))
                        .route("/data", web::get().to(data))
                        .route("/calls", web::get().to(count))
                };
                let server = HttpServer::new(factory).workers(1).disable_signals();
                let server = server.listen(listener).expect("a listener").listen_uds(unix).expect("a Unix socket");
                server.run().await.expect("the upstream runs");
            });
        });
        Self { port, calls, mood }
    }

    /// Has it behave otherwise from now on.
    ///
    /// # Panics
    /// Never, unless a handler has.
    pub fn behave(&self, mood: Mood) {
        *self.mood.lock().expect("nobody panics holding the mood") = mood;
    }

    /// How many calls carried a replay's id.
    ///
    /// # Panics
    /// Never, unless a handler has.
    pub fn calls(&self, replay: &str) -> u64 {
        self.calls.lock().expect("nobody panics counting").get(replay).copied().unwrap_or(0)
    }
}

async fn data(
    request: HttpRequest,
    calls: web::Data<Mutex<HashMap<String, u64>>>,
    mood: web::Data<Mutex<Mood>>,
) -> HttpResponse {
    let mood = *mood.lock().expect("nobody panics holding the mood");
    match mood {
        Mood::Well | Mood::Text => {}
        Mood::Fails => return HttpResponse::InternalServerError().finish(),
        Mood::Hangs => tokio::time::sleep(HANG).await,
    }
    let replay = request.headers().get(wire::paths::REPLAY_HEADER).and_then(|value| value.to_str().ok());
    if let Some(replay) = replay {
        *calls.lock().expect("nobody panics counting").entry(replay.to_owned()).or_default() += 1;
    }
    let value = if mood == Mood::Text { serde_json::json!("42") } else { serde_json::json!(42) };
    HttpResponse::Ok().json(serde_json::json!({ "value": value }))
}

async fn count(
    query: web::Query<HashMap<String, String>>,
    calls: web::Data<Mutex<HashMap<String, u64>>>,
) -> HttpResponse {
    let replay = query.get("replay").cloned().unwrap_or_default();
    let calls = calls.lock().expect("nobody panics counting").get(&replay).copied().unwrap_or(0);
    HttpResponse::Ok().json(serde_json::json!({ "calls": calls }))
}
