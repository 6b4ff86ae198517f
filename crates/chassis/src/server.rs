//! The HTTP server that every service runs: request id, trace, access log, error bodies, limits, health, ordered stop.

use crate::auth::{Allow, Credentials, Role};
use crate::error::{REQUEST_ID, respond};
use crate::metrics::{self, Metrics};
use crate::stop::Stop;
use crate::telemetry;
use actix_web::body::MessageBody;
use actix_web::dev::{HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, HttpResponse, HttpServer, web};
use nix::sys::socket::sockopt::TcpUserTimeout;
use std::any::Any;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Instrument;
use wire::problem::code;

/// The largest body a service reads, bytes.
pub const MAX_BODY: usize = 1 << 20;
/// Who may read the numbers.
const SCRAPERS: Allow = Allow(&[Role::Metrics, Role::Operator]);
/// How many connections there may be before new ones wait, unless a service says otherwise.
const MAX_CONNECTIONS: usize = 2_000;
/// One worker is enough for the control plane and keeps the idle memory low.
const WORKERS: usize = 1;

/// What the server needs besides the routes.
#[derive(Debug, Clone)]
pub struct Server {
    /// The name in the log.
    pub service: wire::Service,
    /// Who may call.
    pub credentials: Arc<Credentials>,
    /// The largest body, bytes.
    pub max_body: usize,
    /// Where the process says that it lives: [`wire::paths::HEALTH`], but for who passes that path on.
    pub health: &'static str,
    /// Where its numbers are read: [`wire::paths::METRICS`], but for who passes that path on.
    pub numbers: &'static str,
    /// How many connections there may be before new ones wait.
    pub max_connections: usize,
    /// Whether a caller that closes its sending side is still answered. A server of long answers says no: it hears of a
    /// caller that has left at once, not when it next writes, and drops what it was doing for it.
    pub half_closed: bool,
    /// How long a caller may take nothing of what is sent to it; then its connection is cut.
    pub stalled: Option<Duration>,
    /// What it tells of itself in numbers; none: only those that every server has.
    pub metrics: Option<Metrics>,
}

impl Server {
    /// A server with the usual limits.
    pub fn new(service: wire::Service, credentials: Arc<Credentials>) -> Self {
        Self {
            service,
            credentials,
            max_body: MAX_BODY,
            health: wire::paths::HEALTH,
            numbers: wire::paths::METRICS,
            max_connections: MAX_CONNECTIONS,
            half_closed: true,
            stalled: None,
            metrics: None,
        }
    }

    /// Serves until the word to stop, then finishes what was begun, within the grace.
    ///
    /// # Errors
    /// When the listener cannot be used, or a task died.
    pub async fn serve<F>(self, listener: TcpListener, stop: Stop, routes: F) -> anyhow::Result<()>
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let address = listener.local_addr()?;
        let (credentials, max_body) = (web::Data::from(Arc::clone(&self.credentials)), self.max_body);
        let (health, numbers, stalled) = (self.health, self.numbers, self.stalled);
        let metrics = self.metrics.map_or_else(|| Metrics::new(self.service), Ok)?;
        let metrics = web::Data::new(metrics);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(metrics.clone())
                .app_data(credentials.clone())
                .app_data(web::PayloadConfig::new(max_body))
                .app_data(json_config(max_body))
                .app_data(web::PathConfig::default().error_handler(|error, _| bad_request(&error)))
                .app_data(web::QueryConfig::default().error_handler(|error, _| bad_request(&error)))
                .wrap(from_fn(around))
                .route(health, web::get().to(healthy))
                .service(numbers_at(numbers))
                .configure(routes.clone())
                .default_service(web::to(no_route))
        })
        .workers(WORKERS)
        .max_connections(self.max_connections)
        .h1_allow_half_closed(self.half_closed)
        .on_connect(move |connection, _| stalled.into_iter().for_each(|limit| cut_when_stalled(connection, limit)))
        .client_request_timeout(Duration::from_secs(10))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(crate::stop::GRACE.as_secs())
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        let word = stop.clone();
        stop.spawn("server-stop", async move {
            word.requested().await;
            handle.stop(true).await;
        });
        tracing::info!(service = %self.service, %address, "listening");
        server.await?;
        stop.now();
        stop.finish().await
    }
}

/// Has the kernel end a connection whose other side takes nothing for so long. Without it, that only takes longer.
fn cut_when_stalled(connection: &dyn Any, limit: Duration) {
    let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>() else { return };
    let ms = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = nix::sys::socket::setsockopt(stream, TcpUserTimeout, &ms) {
        tracing::debug!(%error, "a connection that stalls is not cut");
    }
}

fn numbers_at(path: &'static str) -> impl HttpServiceFactory {
    web::resource(path).route(web::get().to(tell_metrics)).default_service(web::to(other_method)).wrap(SCRAPERS)
}

async fn tell_metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    match metrics.tell().await {
        Ok(text) => HttpResponse::Ok().content_type(metrics::CONTENT_TYPE).body(text),
        Err(error) => respond(StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL, error.to_string()),
    }
}

async fn healthy() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "ok": true }))
}

async fn no_route(request: actix_web::HttpRequest) -> HttpResponse {
    let message = format!("there is nothing at {} {}", request.method(), request.path());
    respond(StatusCode::NOT_FOUND, code::NOT_FOUND, message)
}

/// For `default_service` of a resource: the path is right, the method is not.
pub async fn other_method(request: actix_web::HttpRequest) -> HttpResponse {
    let message = format!("{} does not answer to {}", request.path(), request.method());
    respond(StatusCode::METHOD_NOT_ALLOWED, code::BAD_REQUEST, message)
}

fn json_config(max_body: usize) -> web::JsonConfig {
    web::JsonConfig::default().limit(max_body).error_handler(|error, _| {
        use actix_web::error::JsonPayloadError::{ContentType, Overflow, OverflowKnownLength};
        let response = match &error {
            Overflow { .. } | OverflowKnownLength { .. } => {
                respond(StatusCode::PAYLOAD_TOO_LARGE, code::TOO_LARGE, error.to_string())
            }
            ContentType => respond(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                code::BAD_REQUEST,
                "the body must be JSON, with `content-type: application/json`",
            ),
            _ => respond(StatusCode::BAD_REQUEST, code::BAD_REQUEST, error.to_string()),
        };
        actix_web::error::InternalError::from_response(error, response).into()
    })
}

fn bad_request(error: &dyn std::fmt::Display) -> actix_web::Error {
    let response = respond(StatusCode::BAD_REQUEST, code::BAD_REQUEST, error.to_string());
    actix_web::error::InternalError::from_response(error.to_string(), response).into()
}

/// Around every request: its id, its span in the caller's trace, one access-log line.
async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let id = header(wire::paths::REQUEST_ID_HEADER)
        .filter(|id| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        .unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let quiet = [wire::paths::HEALTH, wire::paths::FRONT_HEALTH, wire::paths::READY].contains(&path.as_str());
    let span = tracing::info_span!("request", otel.name = %format!("{method} {path}"), otel.kind = "server");
    telemetry::continue_trace(&span, header("traceparent").as_deref());
    let begun = Instant::now();
    // Within a block, so that what a middleware refuses at once has the request's id, too.
    let inner = async { next.call(request).await };
    let mut response = REQUEST_ID.scope(id.clone(), inner.instrument(span.clone())).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static(wire::paths::REQUEST_ID_HEADER), value);
    }
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    if let Some(metrics) = response.request().app_data::<web::Data<Metrics>>() {
        metrics.count(&method, response.request().match_pattern().as_deref(), status, took);
    }
    let ms = took.as_secs_f64() * 1000.0;
    let error = response.response().error().map(ToString::to_string);
    // A service that says that it is not ready yet does what it is asked for; who asks tells of it.
    let not_ready = path == wire::paths::READY && status == StatusCode::SERVICE_UNAVAILABLE.as_u16();
    span.in_scope(|| match (status, error) {
        (_, error) if not_ready => tracing::debug!(request_id = id, path, status, ms, error, "not ready"),
        (500.., error) => tracing::error!(request_id = id, %method, path, status, ms, error, "answered"),
        (400.., Some(error)) => tracing::info!(request_id = id, %method, path, status, ms, error, "answered"),
        _ if quiet => {}
        _ => tracing::debug!(request_id = id, %method, path, status, ms, "answered"),
    });
    Ok(response)
}
