//! The routes, and the stable wrapper around each fault body: it decides what a failure means, logs and reports it, and
//! answers without a detail of the cause. Nothing here changes when a fault is healed.

mod memory;
mod queue;
mod retry_storm;
mod session;
mod upkeep;

use crate::answers::keep;
use crate::app::App;
use crate::database::{Failure, Pace};
use crate::incident::{Fault, INTERNAL, TARGET, record, told, unavailable};
use crate::problem::{Problem, Said, problem, respond};
use crate::request::Caller;
use crate::upstream::{Answer, Failure as Missing, Kind, Upstream};
use crate::{log, page};
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::BoxFuture;
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::{Error, Transaction};

/// Marks the log line of the malformed statement.
const SQL_MARKER: &str = "FAULT_SQL_INJECTION_TEST";
/// Marks the log line of the upstream that does not answer as it should.
const API_MARKER: &str = "FAULT_EXTERNAL_API_LATENCY";
/// Marks the log line of the query that does not fit its time-out.
const DB_MARKER: &str = "FAULT_DB_TIMEOUT";
/// Marks the log line of the exhausted pool.
const POOL_MARKER: &str = "FAULT_DB_POOL_EXHAUSTED";
/// Below `/test-fault/`, in the order of the page.
const FAULTS: [&str; 8] = ["run", "external-api", "db-timeout", "pool", "memory", "session", "retry-storm", "queue"];
/// How long a call upstream may take whatever its body says.
const CALL_LIMIT: Duration = Duration::from_secs(8);

/// The routes; those of faults only where faults are allowed.
pub(crate) fn configure(fault_injection: bool, config: &mut ServiceConfig) {
    let only = |path: &str, route: actix_web::Route| {
        web::resource(path.to_owned()).route(route).default_service(web::to(method_not_allowed))
    };
    config.service(only("/healthz", web::get().to(health))).service(only("/", web::get().to(index)));
    if fault_injection {
        let fault = |path: &str, route: actix_web::Route| only(path, route).wrap(from_fn(keep));
        config
            .service(fault("/test-fault/run", web::post().to(run_sql)))
            .service(fault("/test-fault/external-api", web::post().to(call_upstream)))
            .service(fault("/test-fault/db-timeout", web::post().to(run_long)))
            .service(fault("/test-fault/pool", web::post().to(hold_connection)))
            .service(fault("/test-fault/memory", web::post().to(memory::make_report)))
            .service(fault("/test-fault/session", web::post().to(session::upload)))
            .service(fault("/test-fault/retry-storm", web::post().to(retry_storm::call_until_it_answers)))
            .service(fault("/test-fault/queue", web::post().to(queue::take_order)))
            .service(only("/test-fault/session/check", web::get().to(session::check)))
            .service(only("/test-fault/session/token", web::post().to(session::renew)))
            .service(only("/test-fault/pressure/{name}", web::get().to(upkeep::show_pressure)))
            .service(
                only("/test-fault/levers/{name}", web::get().to(upkeep::show_lever))
                    .route(web::put().to(upkeep::pull_lever)),
            )
            .service(only("/test-fault", web::get().to(page::show_page)))
            .service(only("/test-fault/state", web::get().to(page::show_state)))
            .service(only("/test-fault/assets/{name}", web::get().to(page::show_asset)));
    }
    config.default_service(web::to(not_found));
}

async fn health(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "ok": true, "version": app.version }))
}

async fn index(app: Data<App>) -> HttpResponse {
    let routes = FAULTS.map(|name| format!("POST /test-fault/{name}"));
    let faults = if app.fault_injection { &routes[..] } else { &[] };
    HttpResponse::Ok().json(json!({ "service": TARGET, "version": app.version, "faults": faults }))
}

async fn not_found(request: HttpRequest, caller: Caller) -> HttpResponse {
    let message = format!("there is nothing at {} {}", request.method(), request.path());
    problem(StatusCode::NOT_FOUND, "not_found", &message, &caller)
}

async fn method_not_allowed(request: HttpRequest, caller: Caller) -> HttpResponse {
    let message = format!("{} does not take {}", request.path(), request.method());
    problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", &message, &caller)
}

/// The malformed statement.
async fn run_sql(app: Data<App>, caller: Caller) -> HttpResponse {
    match app.database.transaction(Pace::Quick, caller.replay_id(), app.faults.sql).await {
        Ok(value) => HttpResponse::Ok().json(json!({ "ok": true, "value": value })),
        Err(Failure::Refused(error)) => refused(&app, &caller, SQL_MARKER, &error),
        Err(failure) => unavailable(&app, &caller, &failure),
    }
}

/// The query that does not fit its time-out.
async fn run_long(app: Data<App>, caller: Caller) -> HttpResponse {
    let reason = match app.database.transaction(Pace::Slow, caller.replay_id(), app.faults.db).await {
        Ok(()) => return HttpResponse::Ok().json(json!({ "ok": true })),
        Err(Failure::Cancelled) => "statement_timeout",
        Err(Failure::Late) => "deadline_exceeded",
        Err(Failure::Refused(error)) => return refused(&app, &caller, DB_MARKER, &error),
        Err(failure) => return unavailable(&app, &caller, &failure),
    };
    let said = "the query did not end in time and was rolled back";
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    record(&app, &caller, Fault { marker: DB_MARKER, reason, said, status, told: INTERNAL })
}

/// The server refused the work itself.
fn refused(app: &App, caller: &Caller, marker: &'static str, error: &Error) -> HttpResponse {
    // Class 42: a syntax error, or a name that does not exist.
    let malformed = error.code().is_some_and(|state| state.code().starts_with("42"));
    let reason = if malformed { "invalid_statement" } else { "unusable_answer" };
    let said = "the statement failed and was rolled back";
    record(app, caller, Fault { marker, reason, said, status: StatusCode::INTERNAL_SERVER_ERROR, told: INTERNAL })
}

/// The upstream that may be slow, wrong or away.
async fn call_upstream(app: Data<App>, caller: Caller) -> HttpResponse {
    let upstream = Upstream::new(app.upstream.clone(), &caller);
    let answer = timeout(CALL_LIMIT, (app.faults.api)(&upstream)).await.unwrap_or(Err(Missing(Kind::Timeout)));
    let kind = match answer {
        Ok(answer) => return value(&app, &caller, &answer),
        Err(Missing(Kind::Away(wait))) => return away(&app, &caller, wait),
        Err(Missing(kind)) => kind,
    };
    let (marker, reason) = (API_MARKER, kind.reason());
    let said = "the upstream gave no usable answer";
    let told = (reason, kind.message());
    record(&app, &caller, Fault { marker, reason, said, status: StatusCode::GATEWAY_TIMEOUT, told })
}

fn value(app: &App, caller: &Caller, answer: &Answer) -> HttpResponse {
    let value = answer.0.value;
    let Some(age) = answer.0.age else { return HttpResponse::Ok().json(json!({ "value": value })) };
    let age_s = age / 1000;
    let fields = json!({ "reason": "degraded", "age_s": age_s });
    log::line("warn", "the upstream gave no usable answer; the last good value was served", told(app, caller, fields));
    let mut response = HttpResponse::Ok().json(json!({ "value": value, "degraded": true, "age_s": age_s }));
    response.extensions_mut().insert(Said { code: "degraded", event_id: None });
    response
}

/// Nothing to serve: not the fault, but the way in which a well route says that its upstream is ill.
fn away(app: &App, caller: &Caller, wait_ms: u64) -> HttpResponse {
    let (kind, retry_after_s) = (Kind::Away(wait_ms), wait_ms.div_ceil(1000).max(1));
    let fields = json!({ "reason": kind.reason(), "retry_after_s": retry_after_s });
    log::line("warn", "the upstream is away and no recent value is known", told(app, caller, fields));
    let (status, code, message) = (StatusCode::SERVICE_UNAVAILABLE, kind.reason(), kind.message());
    respond(caller, Problem { status, code, message, retry_after_s: Some(retry_after_s), event_id: None })
}

/// A connection that is held for long; many at once leave none.
async fn hold_connection(app: Data<App>, caller: Caller) -> HttpResponse {
    match app.database.transaction(Pace::Slow, caller.replay_id(), hold).await {
        Ok(()) => HttpResponse::Ok().json(json!({ "ok": true })),
        Err(Failure::Busy) => {
            let told =
                ("pool_exhausted", "All connections that slow work may hold are in use; the failure is recorded.");
            let (reason, said) = ("pool_exhausted", "no database connection was free in time");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            record(&app, &caller, Fault { marker: POOL_MARKER, reason, said, status, told })
        }
        Err(failure) => unavailable(&app, &caller, &failure),
    }
}

fn hold<'a>(transaction: &'a Transaction<'_>) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async {
        // Beyond what quick work may take, and ended by the server should we be gone.
        transaction.batch_execute("SET LOCAL statement_timeout = '6s'; SELECT pg_sleep(5)").await
    })
}
