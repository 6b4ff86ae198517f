//! The routes.

use crate::app::Upstream;
use crate::calls::is_id;
use crate::closing::Handle;
use crate::draw::Answer;
use crate::mode::{Asked, Told};
use actix_web::error::{InternalError, JsonPayloadError};
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chassis::error::respond;
use chassis::server::other_method;
use serde_json::json;

/// The header of a replay.
const REPLAY: &str = "x-kintsugi-replay";
/// The value, when all is well.
const VALUE: u64 = 42;
const BAD_ID: &str = "the id of a replay is 1 to 64 of A-Z a-z 0-9 -";

/// Adds them.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(path.to_owned()).default_service(web::to(other_method));
    config
        .service(at("/data").get(tell_data))
        .service(at("/busy").get(tell_busy))
        .service(at("/mode").get(tell_mode).put(change_mode))
        .service(at("/calls/{replay}").get(tell_calls))
        .service(at("/healthz").get(health))
        .default_service(web::to(nothing));
}

async fn health() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "ok": true }))
}

async fn tell_data(request: HttpRequest, upstream: Data<Upstream>) -> HttpResponse {
    if let Some(refusal) = count(&request, &upstream) {
        return refusal;
    }
    let (behaviour, number) = upstream.next();
    let draw = behaviour.draw(number);
    if let Some(delay) = draw.delay {
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = upstream.stop.requested() => {
                return respond(StatusCode::SERVICE_UNAVAILABLE, "stopping", "the service is stopping");
            }
        }
    }
    match draw.answer {
        Answer::Value => HttpResponse::Ok().json(json!({ "value": VALUE })),
        Answer::WrongData => HttpResponse::Ok().json(json!({ "value": "forty-two" })),
        Answer::Error => respond(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the service is failing"),
        Answer::Closed => close(&request),
    }
}

/// What has more to do than it can, whatever the mode.
async fn tell_busy(request: HttpRequest, upstream: Data<Upstream>) -> HttpResponse {
    if let Some(refusal) = count(&request, &upstream) {
        return refusal;
    }
    let mut answer = respond(StatusCode::SERVICE_UNAVAILABLE, "busy", "there is too much to do; ask again later");
    answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    answer
}

/// Counts a replay's call; the refusal of one whose id is none.
fn count(request: &HttpRequest, upstream: &Upstream) -> Option<HttpResponse> {
    let replay = request.headers().get(REPLAY)?;
    match replay.to_str() {
        Ok(id) if is_id(id) => upstream.calls().count(id),
        _ => return Some(respond(StatusCode::BAD_REQUEST, "bad_request", BAD_ID)),
    }
    None
}

/// What it answers reaches nobody, unless the connection cannot be closed.
fn close(request: &HttpRequest) -> HttpResponse {
    if let Some(Err(error)) = request.conn_data::<Handle>().map(Handle::close) {
        tracing::warn!(%error, "cannot close a connection");
    }
    let mut answer = respond(StatusCode::SERVICE_UNAVAILABLE, "down", "the service is down");
    answer.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    answer
}

async fn tell_mode(upstream: Data<Upstream>) -> Json<Told> {
    Json(Told::from(&upstream.behaviour()))
}

async fn change_mode(asked: Json<Asked>, upstream: Data<Upstream>) -> HttpResponse {
    match asked.into_inner().behaviour() {
        Ok(behaviour) => {
            upstream.behave(behaviour);
            let told = Told::from(&behaviour);
            tracing::info!(mode = ?told, "another mode");
            HttpResponse::Ok().json(told)
        }
        Err(error) => respond(StatusCode::BAD_REQUEST, "bad_request", error.to_string()),
    }
}

async fn tell_calls(replay: Path<String>, upstream: Data<Upstream>) -> HttpResponse {
    if !is_id(&replay) {
        return respond(StatusCode::BAD_REQUEST, "bad_request", BAD_ID);
    }
    HttpResponse::Ok().json(json!({ "calls": upstream.calls().of(&replay) }))
}

async fn nothing(request: HttpRequest) -> HttpResponse {
    let message = format!("there is nothing at {} {}", request.method(), request.path());
    respond(StatusCode::NOT_FOUND, "not_found", message)
}

/// A body that is not what `PUT /mode` takes.
pub(crate) fn bad_body(error: JsonPayloadError, _: &HttpRequest) -> actix_web::Error {
    let (status, code, message) = match &error {
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            (StatusCode::PAYLOAD_TOO_LARGE, "too_large", error.to_string())
        }
        _ => {
            let example = r#"expected e.g. {"modes":["latency"],"rates":{"latency":0.6},"seed":7}"#;
            (StatusCode::BAD_REQUEST, "bad_request", format!("{error}; {example}"))
        }
    };
    InternalError::from_response(error, respond(status, code, message)).into()
}
