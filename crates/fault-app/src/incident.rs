//! What a failure leaves behind: one log line, and for a fault one report with the same event id.

use crate::app::App;
use crate::database::Failure;
use crate::log;
use crate::problem::{Problem, respond};
use crate::request::{Caller, fresh};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

/// The name of this application, where incidents are reported.
pub(crate) const TARGET: &str = "fault-app";

/// A fault, as its route knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    /// Marks its line.
    pub(crate) marker: &'static str,
    /// Why, for programs.
    pub(crate) reason: &'static str,
    /// What happened, for the log.
    pub(crate) said: &'static str,
    /// The answer's status.
    pub(crate) status: StatusCode,
    /// The answer's code and sentence.
    pub(crate) told: (&'static str, &'static str),
}

/// What an answer tells of a fault of ours whose cause is nobody's business.
pub(crate) const INTERNAL: (&str, &str) = ("internal", "The request could not be completed; the failure is recorded.");

/// A fault showed: one marked line, one report with the same event id (a replay is evidence and is never reported), and
/// an answer that tells nothing but that id.
pub(crate) fn record(app: &App, caller: &Caller, fault: Fault) -> HttpResponse {
    let event_id = fresh();
    let line = log::line(
        "error",
        fault.said,
        told(app, caller, json!({ "marker": fault.marker, "reason": fault.reason, "event_id": event_id })),
    );
    if caller.replay_id().is_none() {
        app.reporter.send(json!({
            "target": TARGET,
            "code": fault.marker,
            "event_id": event_id,
            "source": "application",
            "at": line.ts,
            "message": fault.said,
            "reason": fault.reason,
            "line": line.text,
            "trace_parent": caller.traceparent,
            "request_id": caller.request_id,
            "version": app.version,
        }));
    }
    let (code, message) = fault.told;
    let event_id = Some(event_id);
    respond(caller, Problem { status: fault.status, code, message, retry_after_s: None, event_id })
}

/// The database is not there: an error like any other, not the fault that the route stands for.
pub(crate) fn unavailable(app: &App, caller: &Caller, failure: &Failure) -> HttpResponse {
    let (reason, message) = match failure {
        Failure::Busy => ("database_busy", "All connections to the database are in use."),
        Failure::Late | Failure::Cancelled => ("database_timeout", "The database did not answer in time."),
        Failure::Unreachable(_) | Failure::Refused(_) => ("database_unreachable", "The database does not answer."),
    };
    let cause = match failure {
        Failure::Unreachable(Some(error)) => Some(log::chain(error)),
        _ => None,
    };
    let fields = json!({ "reason": reason, "cause": cause });
    log::line("error", "the database cannot be used", told(app, caller, fields));
    let status = StatusCode::SERVICE_UNAVAILABLE;
    respond(caller, Problem { status, code: reason, message, retry_after_s: None, event_id: None })
}

/// `fields` with whose request it is.
pub(crate) fn told(app: &App, caller: &Caller, fields: Value) -> Value {
    let whose = json!({
        "trace_id": caller.trace_id(),
        "traceparent": caller.traceparent,
        "request_id": caller.request_id,
        "version": app.version,
        "replay": caller.replay_id(),
    });
    let members: Map<String, Value> = [fields, whose]
        .into_iter()
        .filter_map(|value| if let Value::Object(members) = value { Some(members) } else { None })
        .flatten()
        .collect();
    Value::Object(members)
}
