//! The application within a test: its routes as they are served, with the bodies that the test gives it.

use super::double::{Double, Mood};
use crate::app::App;
use crate::problem::catch_panics;
use crate::resilience::Resilience;
use crate::resilience::breaker::Millis;
use crate::settings::Settings;
use crate::upstream::Way;
use crate::{Faults, routes};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as Web, test};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// A database that refuses every connection: nothing listens on port 1.
pub(super) const NOBODY: &str = "postgresql://nobody@127.0.0.1:1/none";
/// No wait of a test is longer.
const LIMIT: Duration = Duration::from_secs(20);

/// The scratch database, when there is one.
pub(super) fn database() -> Option<String> {
    let url = ["TEST_DATABASE_URL", "DATABASE_URL"].iter().find_map(|name| std::env::var(name).ok());
    if url.is_none() {
        eprintln!("neither TEST_DATABASE_URL nor DATABASE_URL is set: this test shows nothing");
    }
    url
}

/// The application, its upstream, and what it reports.
pub(super) struct Bench {
    pub(super) app: Data<App>,
    pub(super) upstream: Double,
    store: Double,
    /// How far the clock of the breaker is ahead.
    ahead: Arc<AtomicU64>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<u64>,
    pub(super) body: Value,
}

impl Bench {
    pub(super) fn new(faults: Faults, database: &str, mood: Mood) -> Self {
        let upstream = Double::start(mood);
        let url = upstream.url.clone();
        Self::asking(faults, database, upstream, &url)
    }

    /// With a run folder.
    pub(super) fn beside(faults: Faults, mood: Mood, folder: &Path) -> Self {
        let upstream = Double::start(mood);
        let url = upstream.url.clone();
        Self::made(faults, NOBODY, upstream, &url, Some(folder))
    }

    /// With an upstream that is somewhere else.
    pub(super) fn asking(faults: Faults, database: &str, upstream: Double, url: &str) -> Self {
        Self::made(faults, database, upstream, url, None)
    }

    fn made(faults: Faults, database: &str, upstream: Double, url: &str, folder: Option<&Path>) -> Self {
        let store = Double::start(Mood::Says(201, "{}"));
        let settings = Settings::read(|name| match name {
            "DATABASE_URL" => Some(database.into()),
            "MOCK_API_BASE_URL" => Some(url.into()),
            "INCIDENT_REPORT_URL" => Some(format!("{}/v1/detections", store.url)),
            "RUN_FOLDER" => folder.map(|folder| folder.display().to_string()),
            _ => None,
        });
        let ahead = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&ahead);
        let mut app = App::new(settings.unwrap(), faults, Handle::current()).unwrap();
        let address = app.upstream.address.clone();
        let clock = Box::new(move || 1_000_000 + clock.load(Ordering::SeqCst));
        let resilience = Resilience::new(None, "test".into(), clock);
        app.upstream = Arc::new(Way { address, resilience, runtime: Handle::current() });
        Self { app: Data::new(app), upstream, store, ahead }
    }

    pub(super) fn pass(&self, time: Millis) {
        self.ahead.fetch_add(time, Ordering::SeqCst);
    }

    pub(super) async fn post(&self, path: &str) -> Answer {
        self.ask(test::TestRequest::post().uri(path)).await
    }

    pub(super) async fn ask(&self, request: test::TestRequest) -> Answer {
        let app = self.app.clone();
        let web = Web::new()
            .app_data(app)
            .wrap(from_fn(catch_panics))
            .configure(|config: &mut _| routes::configure(true, config));
        let service = test::init_service(web).await;
        let response = test::call_service(&service, request.to_request()).await;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").map(|after| after.to_str().unwrap().parse().unwrap());
        Answer { status, retry_after, body: test::read_body_json(response).await }
    }

    /// Checks that an answer is the marked fault, and that its line was reported under the same event.
    #[track_caller]
    pub(super) fn is_reported(&self, answer: &Answer, marker: &str, reason: &str) -> Value {
        let event_id = &answer.body["event_id"];
        assert!(event_id.is_string(), "{answer:?}");
        let end = Instant::now() + LIMIT;
        let report = loop {
            let report = self.store.came().into_iter().map(|came| came.body).find(|body| body["event_id"] == *event_id);
            match report {
                Some(report) => break report,
                None => assert!(Instant::now() < end, "not reported: {answer:?}"),
            }
            std::thread::park_timeout(Duration::from_millis(5));
        };
        let line: Value = serde_json::from_str(report["line"].as_str().unwrap()).unwrap();
        for (key, wanted) in [("marker", marker), ("reason", reason), ("level", "error")] {
            assert_eq!(line[key], wanted, "{line}");
        }
        assert_eq!((&report["code"], &report["reason"]), (&line["marker"], &line["reason"]), "{report}");
        assert_eq!((&line["event_id"], &line["request_id"]), (event_id, &answer.body["request_id"]), "{line}");
        assert_eq!(line["trace_id"].as_str().unwrap().len(), 32, "{line}");
        line
    }

    pub(super) fn reports(&self) -> usize {
        self.app.reporter.close(LIMIT);
        self.store.came().len()
    }
}

/// Asks until `answer` has one.
pub(super) async fn eventually<T>(what: &str, mut answer: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(answer) = answer().await {
            return answer;
        }
        assert!(Instant::now() < end, "{what}: not within {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
