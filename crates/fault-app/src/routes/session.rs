//! `POST /test-fault/session`: an upload under a token that does not live for ever. And the authority: whether a credential is
//! taken, and how it is renewed.

use crate::app::App;
use crate::incident::{Fault, record, unavailable};
use crate::problem::problem;
use crate::request::Caller;
use crate::session::{Refused, Session};
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use std::collections::BTreeMap;

/// Marks the log line of the token that has expired.
const MARKER: &str = "FAULT_SESSION_EXPIRED";
/// Who may renew.
const CLIENT: &str = "fault-app";

pub(crate) async fn upload(app: Data<App>, caller: Caller) -> HttpResponse {
    let session = Session::new(app.authority.clone());
    let outcome = (app.faults.session)(&session).await;
    let done = session.done();
    if outcome.is_err() || done.refused > 0 {
        let reason = outcome.err().map_or(Refused::Expired.reason(), Refused::reason);
        let told = ("session_expired", "The session ended before the work did; the failure is recorded.");
        let (said, status) = ("a part was refused: the session has ended", StatusCode::BAD_GATEWAY);
        return record(&app, &caller, Fault { marker: MARKER, reason, said, status, told });
    }
    let figures = [("parts_sent", done.sent), ("tokens", done.tokens)];
    match app.database.tell(caller.replay_id(), &figures).await {
        Ok(()) => HttpResponse::Ok().json(json!({ "ok": true, "sent": done.sent, "tokens": done.tokens })),
        Err(failure) => unavailable(&app, &caller, &failure),
    }
}

/// 200 for a credential that is taken, else 401.
pub(crate) async fn check(app: Data<App>, caller: Caller, request: HttpRequest) -> HttpResponse {
    let given = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    match given.and_then(|given| given.strip_prefix("Bearer ")) {
        Some(credential) if app.authority.takes(credential) => HttpResponse::Ok().json(json!({ "ok": true })),
        _ => problem(StatusCode::UNAUTHORIZED, "unauthorized", "the credential is not taken", &caller),
    }
}

/// A new credential for whoever has the refresh token. Errors are named as RFC 6749, section 5.2, has it.
pub(crate) async fn renew(app: Data<App>, form: Form<BTreeMap<String, String>>) -> HttpResponse {
    let of = |name: &str| form.get(name).map_or("", String::as_str);
    let error = match (of("grant_type"), of("client_id")) {
        ("refresh_token", CLIENT) => "invalid_grant",
        ("refresh_token", _) => "invalid_client",
        _ => "unsupported_grant_type",
    };
    let renewed = app.authority.renew(of("refresh_token")).filter(|_| error == "invalid_grant");
    let mut answer = if renewed.is_some() { HttpResponse::Ok() } else { HttpResponse::BadRequest() };
    let answer = answer.insert_header(("cache-control", "no-store"));
    match renewed {
        Some(credential) => answer.json(json!({ "access_token": credential, "token_type": "Bearer" })),
        None => answer.json(json!({ "error": error })),
    }
}
