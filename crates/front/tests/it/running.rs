//! A running front, its route table, and upstreams.

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chassis::Stop;
use front::{Front, Settings};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::rollout::{FrontStats, LabelStats, Route, RouteTable};
use wire::{Problem, Service};

pub(crate) struct Running {
    pub(crate) base: String,
    pub(crate) stop: Stop,
    pub(crate) client: reqwest::Client,
    folder: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.now();
    }
}

pub(crate) fn start(incident_store: &str) -> Running {
    start_with(incident_store, 5_000)
}

pub(crate) fn start_with(incident_store: &str, answer_timeout_ms: u64) -> Running {
    start_of(incident_store, |settings| settings.answer_timeout_ms = answer_timeout_ms)
}

pub(crate) fn start_of(incident_store: &str, change: impl FnOnce(&mut Settings)) -> Running {
    let folder = tempfile::tempdir().expect("a folder");
    let routes = camino::Utf8Path::from_path(folder.path()).expect("a path that is text").join("below/routes.json");
    let incident_store = incident_store.to_owned();
    let mut settings = Settings { routes, incident_store, ..Settings::default() };
    change(&mut settings);
    let front = Front::open(&settings).expect("the settings");
    let ((listener, base), stop) = (testkit::listener(), Stop::new());
    let serving = front::app::serve(listener, front, testkit::credentials(Service::Front), stop.clone());
    stop.spawn("front", async move { serving.await.expect("it serves") });
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("a client");
    Running { base, stop, client, folder }
}

impl Running {
    /// Puts a text in the place of the route table, by rename.
    pub(crate) fn write(&self, text: &str) {
        let file = self.folder.path().join("below/routes.json");
        let beside = file.with_extension("new");
        std::fs::write(&beside, text).expect("written");
        std::fs::rename(&beside, &file).expect("renamed");
    }

    /// Takes the route table away.
    pub(crate) fn remove(&self) {
        std::fs::remove_file(self.folder.path().join("below/routes.json")).expect("removed");
    }

    /// Routes prefixes to upstreams, and waits until the table is in force.
    pub(crate) async fn route(&self, generation: i64, routes: &[(&str, &str, &str)]) {
        self.write(&serde_json::to_string(&table(generation, routes)).expect("JSON"));
        assert_eq!(self.routes().await.generation, generation, "the table is in force at once");
    }

    pub(crate) async fn routes(&self) -> RouteTable {
        self.own("/-/routes").await.json().await.expect("a table")
    }

    pub(crate) async fn label(&self, label: &str) -> LabelStats {
        let stats: FrontStats = self.own("/-/stats").await.json().await.expect("counters");
        stats.labels.get(label).cloned().unwrap_or_default()
    }

    pub(crate) async fn own(&self, path: &str) -> Response {
        let request = self.request(Method::GET, path).bearer_auth(testkit::token("deployer"));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let answer = self.request(Method::GET, path).send().await.expect("an answer");
        answer.text().await.expect("a body")
    }
}

pub(crate) fn table(generation: i64, routes: &[(&str, &str, &str)]) -> RouteTable {
    let route = |(prefix, upstream, label): &(&str, &str, &str)| Route {
        prefix: (*prefix).into(),
        upstream: (*upstream).into(),
        label: (*label).into(),
        keep: Vec::new(),
    };
    RouteTable { generation, routes: routes.iter().map(route).collect(), ..RouteTable::default() }
}

pub(crate) async fn problem(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    assert!(answer.headers().contains_key("x-request-id"), "{answer:?}");
    let text = answer.text().await.expect("a body");
    let problem: Problem =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} without a problem body: {text:?}"));
    (status, problem.code)
}

/// An upstream that answers with its name after a moment, and below `/echo` with the request as it came.
pub(crate) struct Upstream {
    pub(crate) url: String,
    pub(crate) handle: ServerHandle,
}

pub(crate) fn upstream(name: &'static str, stop: &Stop) -> Upstream {
    let (listener, url) = testkit::listener();
    let app = move || {
        App::new().app_data(web::PayloadConfig::new(20 << 20)).route("/echo{tail:.*}", web::to(echo)).default_service(
            web::to(move || async move {
                tokio::time::sleep(Duration::from_millis(3)).await;
                HttpResponse::Ok().body(name)
            }),
        )
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .shutdown_timeout(5)
        .listen(listener)
        .expect("a listener")
        .run();
    let (handle, ending, word) = (server.handle(), server.handle(), stop.clone());
    stop.spawn("upstream", async move { server.await.expect("it serves") });
    stop.spawn("upstream-stop", async move {
        word.requested().await;
        ending.stop(true).await;
    });
    Upstream { url, handle }
}

async fn echo(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let headers =
        request.headers().iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    let target = request.uri().path_and_query().map(ToString::to_string);
    let told = serde_json::json!({
        "method": request.method().as_str(), "target": target, "headers": headers.collect::<Vec<_>>(), "length": body.len(),
    });
    HttpResponse::Created().append_header(("set-cookie", "a=1")).append_header(("set-cookie", "b=2")).json(told)
}

/// An upstream that says a text of its own on each connection, after it has read something, and closes; an empty text: at
/// once. Beyond the last it repeats the last. It counts connections.
pub(crate) fn scripted(texts: &'static [&'static str], stop: &Stop) -> (String, Arc<AtomicUsize>) {
    let (listener, url) = testkit::listener();
    listener.set_nonblocking(true).expect("a listener");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let (count, seen, word) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), stop.clone());
    let counting = Arc::clone(&count);
    stop.spawn("scripted", async move {
        loop {
            let accepted = tokio::select! { accepted = listener.accept() => accepted, () = word.requested() => return };
            let (mut stream, _) = accepted.expect("a connection");
            let at = seen.fetch_add(1, Ordering::SeqCst);
            counting.fetch_add(1, Ordering::SeqCst);
            let text = texts.get(at).or(texts.last()).copied().unwrap_or_default();
            let mut buffer = [0; 4096];
            let _read = stream.read(&mut buffer).await;
            let _written = stream.write_all(text.as_bytes()).await;
        }
    });
    (url, count)
}
