//! `POST /test-fault/memory`: a report whose pages are kept.

use crate::app::App;
use crate::incident::{Fault, record, unavailable};
use crate::memory::Pages;
use crate::request::Caller;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde_json::json;

/// Marks the log line of the cache that is full.
const MARKER: &str = "FAULT_MEMORY_PRESSURE";

pub(crate) async fn make_report(app: Data<App>, caller: Caller) -> HttpResponse {
    let pages = Pages::new(app.cache.clone());
    let outcome = (app.faults.memory)(&pages).await;
    let done = pages.done();
    if outcome.is_err() || done.refused > 0 {
        let told = ("memory_limit", "No more memory may be used for pages; the failure is recorded.");
        let (reason, said) = ("limit_near", "a page was refused: all memory for pages is in use");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return record(&app, &caller, Fault { marker: MARKER, reason, said, status, told });
    }
    let figures = [("pages_made", done.made), ("pages_put", done.put), ("kept_mib", done.kept_mib)];
    match app.database.tell(caller.replay_id(), &figures).await {
        Ok(()) => HttpResponse::Ok().json(json!({
            "ok": true,
            "made": done.made,
            "put": done.put,
            "kept_mib": done.kept_mib,
        })),
        Err(failure) => unavailable(&app, &caller, &failure),
    }
}
