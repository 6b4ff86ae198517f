//! The one error body, `{code, message, request_id}`, and the panic that becomes one.

use crate::request::{Caller, REQUEST_ID};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use futures_util::FutureExt;
use serde_json::json;
use std::panic::AssertUnwindSafe;

/// An answer that says what was wrong.
#[derive(Debug)]
pub(crate) struct Problem<'a> {
    /// The status.
    pub(crate) status: StatusCode,
    /// For a program.
    pub(crate) code: &'static str,
    /// For a person.
    pub(crate) message: &'a str,
    /// When it is worth asking again; a 503 without says one second.
    pub(crate) retry_after_s: Option<u64>,
    /// Under which it was recorded, if it was.
    pub(crate) event_id: Option<String>,
}

/// What an answer was, for whoever keeps the last ones.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// The code of the problem.
    pub(crate) code: &'static str,
    /// The id of the recorded event.
    pub(crate) event_id: Option<String>,
}

/// The answer of a problem that nothing more is to be said of.
pub(crate) fn problem(status: StatusCode, code: &'static str, message: &str, caller: &Caller) -> HttpResponse {
    respond(caller, Problem { status, code, message, retry_after_s: None, event_id: None })
}

/// The answer of a problem.
pub(crate) fn respond(caller: &Caller, problem: Problem<'_>) -> HttpResponse {
    let Problem { status, code, message, retry_after_s, event_id } = problem;
    let mut response = HttpResponse::build(status);
    response.insert_header((REQUEST_ID, caller.request_id.as_str()));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header(("retry-after", retry_after_s.unwrap_or(1).to_string()));
    }
    let mut body = json!({ "code": code, "message": message, "request_id": caller.request_id });
    if let (Some(members), Some(id)) = (body.as_object_mut(), &event_id) {
        members.insert("event_id".into(), json!(id));
    }
    let mut response = response.json(body);
    response.extensions_mut().insert(Said { code, event_id });
    response
}

/// Around every handler: a panic, which the panic hook has logged, ends its request and nothing else.
pub(crate) async fn catch_panics(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let caller = Caller::of(request.headers());
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answer) => answer,
        Err(_) => {
            let message = "The request could not be completed.";
            let response = problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", message, &caller);
            Err(InternalError::from_response("a handler panicked", response).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::middleware::from_fn;
    use actix_web::{App, test, web};

    async fn panics() -> HttpResponse {
        panic!("with {}", "details")
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_panic_is_a_500_and_the_service_goes_on() {
        let app = App::new()
            .wrap(from_fn(catch_panics))
            .route("/panics", web::get().to(panics))
            .route("/", web::get().to(HttpResponse::Ok));
        let app = test::init_service(app).await;
        let ask = |path: &str| test::TestRequest::get().uri(path).insert_header((REQUEST_ID, "r1")).to_request();

        let error = test::try_call_service(&app, ask("/panics")).await.err().unwrap();
        let body = actix_web::body::to_bytes(error.error_response().into_body()).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["code"], &body["request_id"]), (&json!("internal"), &json!("r1")), "{body}");
        assert!(!body.to_string().contains("details"), "{body}");

        assert_eq!(test::call_service(&app, ask("/")).await.status(), StatusCode::OK);
    }
}
