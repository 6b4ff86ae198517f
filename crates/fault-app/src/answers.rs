//! The last answers of the fault routes, for the page.

use crate::app::App;
use crate::log;
use crate::problem::{Said, problem};
use crate::request::Caller;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How many are kept.
const KEPT: usize = 20;

/// The last answers, newest first.
#[derive(Default)]
pub(crate) struct Answers(Mutex<VecDeque<Value>>);

impl Answers {
    /// All that are kept.
    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn push(&self, answer: Value) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(answer);
        kept.truncate(KEPT);
    }
}

/// Around every fault route: refuses what is no such request, and keeps what was answered.
pub(crate) async fn keep(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (caller, app) = (Caller::of(request.headers()), request.app_data::<Data<App>>().cloned());
    if let Some(message) = refusal(&request, &caller) {
        return Ok(request.into_response(problem(StatusCode::BAD_REQUEST, "bad_request", message, &caller)));
    }
    let (path, begun) = (request.path().to_owned(), Instant::now());
    // The same ids for the handler: a fresh one is drawn once.
    request.extensions_mut().insert(caller.clone());
    let response = next.call(request).await?.map_into_boxed_body();
    let said = response.response().extensions().get::<Said>().cloned();
    if let Some(app) = app {
        app.answers.push(json!({
            "at": log::now(),
            "route": path,
            "status": response.status().as_u16(),
            "code": said.as_ref().map_or("ok", |said| said.code),
            "event_id": said.and_then(|said| said.event_id),
            "ms": u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "request_id": caller.request_id,
            "replay": caller.replay_id(),
        }));
    }
    Ok(response)
}

fn refusal(request: &ServiceRequest, caller: &Caller) -> Option<&'static str> {
    // A page elsewhere that a developer looks at must not break things here.
    let cross_site = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    match caller.replay {
        Err(_) => Some("x-kintsugi-replay must be 1 to 48 of A-Z a-z 0-9 -"),
        Ok(_) if cross_site => Some("faults are not started from another site's page"),
        Ok(_) => None,
    }
}
