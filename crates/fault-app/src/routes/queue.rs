//! `POST /test-fault/queue`: an order whose jobs are worked off one after the other.

use crate::app::App;
use crate::incident::{Fault, record, unavailable};
use crate::problem::problem;
use crate::queue::Queue;
use crate::request::Caller;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde_json::json;

/// Marks the log line of the queue that is full.
const MARKER: &str = "FAULT_QUEUE_BACKLOG";
/// In the run folder: whether orders are taken.
const REGISTRY: &str = "queue.json";

pub(crate) async fn take_order(app: Data<App>, caller: Caller) -> HttpResponse {
    // A replay goes through: it is how somebody finds out whether all is well again.
    if caller.replay_id().is_none() && app.run.is_shut(REGISTRY) {
        let message = "No order is taken until those before it are worked off.";
        return problem(StatusCode::SERVICE_UNAVAILABLE, "queue_shut", message, &caller);
    }
    let queue = Queue::new(app.line.clone());
    let outcome = (app.faults.queue)(&queue).await;
    if outcome.is_err() || queue.done().refused > 0 {
        let told = ("queue_full", "More jobs wait than can be worked off; the failure is recorded.");
        let (reason, said) = ("backlog", "a job was refused: too many wait");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return record(&app, &caller, Fault { marker: MARKER, reason, said, status, told });
    }
    let done = queue.worked_off().await;
    let within_bound = done.is_within_bound();
    let figures = [("jobs_put", done.put), ("jobs_done", done.done), ("within_bound", u64::from(within_bound))];
    match app.database.tell(caller.replay_id(), &figures).await {
        Ok(()) => HttpResponse::Ok().json(json!({
            "ok": true,
            "put": done.put,
            "done": done.done,
            "within_bound": within_bound,
        })),
        Err(failure) => unavailable(&app, &caller, &failure),
    }
}
