//! The routes, and the stable wrapper around each fault body: it decides what a failure means, logs and reports it, and
//! answers without a detail of the cause. Nothing here changes when a fault is healed.

use crate::app::App;
use crate::database::Failure;
use crate::log;
use crate::problem::{fault, problem};
use crate::request::{Caller, fresh};
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

/// The name of this application, where incidents are reported.
const TARGET: &str = "fault-app";
/// Marks the log line of the malformed statement.
const SQL_MARKER: &str = "FAULT_SQL_INJECTION_TEST";

/// The routes; those of faults only where faults are allowed.
pub(crate) fn configure(fault_injection: bool, config: &mut ServiceConfig) {
    let only = |path: &str, route: actix_web::Route| {
        web::resource(path.to_owned()).route(route).default_service(web::to(method_not_allowed))
    };
    config.service(only("/healthz", web::get().to(health))).service(only("/", web::get().to(index)));
    if fault_injection {
        config.service(only("/test-fault/run", web::post().to(run_sql)));
    }
    config.default_service(web::to(not_found));
}

async fn health(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "ok": true, "version": app.version }))
}

async fn index(app: Data<App>) -> HttpResponse {
    let faults: &[&str] = if app.fault_injection { &["POST /test-fault/run"] } else { &[] };
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
    let Ok(replay) = &caller.replay else {
        let message = "x-kintsugi-replay must be 1 to 48 of A-Z a-z 0-9 -";
        return problem(StatusCode::BAD_REQUEST, "bad_request", message, &caller);
    };
    match app.database.transaction(replay.as_deref(), app.faults.sql).await {
        Ok(value) => HttpResponse::Ok().json(json!({ "ok": true, "value": value })),
        Err(Failure::Refused(error)) => {
            // Class 42: a syntax error, or a name that does not exist.
            let malformed = error.code().is_some_and(|state| state.code().starts_with("42"));
            let reason = if malformed { "invalid_statement" } else { "unusable_answer" };
            record(&app, &caller, SQL_MARKER, reason, "the statement failed and was rolled back")
        }
        Err(failure) => unavailable(&app, &caller, &failure),
    }
}

/// A fault showed: one marked line, one report with the same event id (a replay is evidence and is never reported), and
/// an answer that tells nothing but that id.
fn record(app: &App, caller: &Caller, marker: &str, reason: &str, message: &str) -> HttpResponse {
    let event_id = fresh();
    let replay = caller.replay.as_ref().ok().and_then(Option::as_deref);
    let line = log::line(
        "error",
        message,
        json!({
            "marker": marker,
            "reason": reason,
            "event_id": event_id,
            "trace_id": caller.trace_id(),
            "traceparent": caller.traceparent,
            "request_id": caller.request_id,
            "version": app.version,
            "replay": replay,
        }),
    );
    if replay.is_none() {
        app.reporter.send(json!({
            "target": TARGET,
            "code": marker,
            "event_id": event_id,
            "source": "application",
            "at": line.ts,
            "message": message,
            "reason": reason,
            "line": line.text,
            "trace_parent": caller.traceparent,
            "request_id": caller.request_id,
            "version": app.version,
        }));
    }
    fault(&event_id, caller)
}

/// The database is not there: an error like any other, not the fault that the route stands for.
fn unavailable(app: &App, caller: &Caller, failure: &Failure) -> HttpResponse {
    let (reason, message) = match failure {
        Failure::Busy => ("database_busy", "All connections to the database are in use."),
        Failure::Late => ("database_timeout", "The database did not answer in time."),
        Failure::Unreachable(_) | Failure::Refused(_) => ("database_unreachable", "The database does not answer."),
    };
    let cause = match failure {
        Failure::Unreachable(Some(error)) => Some(log::chain(error)),
        _ => None,
    };
    log::line(
        "error",
        "the database cannot be used",
        json!({
            "reason": reason,
            "cause": cause,
            "trace_id": caller.trace_id(),
            "traceparent": caller.traceparent,
            "request_id": caller.request_id,
            "version": app.version,
            "replay": caller.replay.as_ref().ok(),
        }),
    );
    problem(StatusCode::SERVICE_UNAVAILABLE, reason, message, caller)
}
