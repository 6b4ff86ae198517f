//! What whoever looks after this machine asks and pulls.

use crate::app::App;
use crate::problem::problem;
use crate::request::Caller;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use serde_json::{Value, json};

/// The one lever: no page is kept.
const DROP_CACHES: &str = "drop-caches";

/// `{"on": …}`. Whoever is asked serves: the question comes the way that users come.
pub(crate) async fn show_lever(app: Data<App>, name: Path<String>, caller: Caller) -> HttpResponse {
    if *name != DROP_CACHES {
        return unknown(&caller);
    }
    app.run.claim();
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(json!({ "on": app.cache.is_off() }))
}

pub(crate) async fn pull_lever(app: Data<App>, name: Path<String>, body: Bytes, caller: Caller) -> HttpResponse {
    if *name != DROP_CACHES {
        return unknown(&caller);
    }
    let said: Option<Value> = serde_json::from_slice(&body).ok();
    let Some(on) = said.as_ref().and_then(|said| said.get("on")).and_then(Value::as_bool) else {
        let message = r#"the body must be {"on": true} or {"on": false}"#;
        return problem(StatusCode::BAD_REQUEST, "bad_request", message, &caller);
    };
    app.cache.turn_off(on);
    HttpResponse::Ok().json(json!({ "on": on }))
}

/// 503 while more of it is asked than is good for it.
pub(crate) async fn show_pressure(app: Data<App>, name: Path<String>, caller: Caller) -> HttpResponse {
    let (is_bearable, count) = match name.as_str() {
        "upstream" => (app.gauge.is_bearable(), app.gauge.calls()),
        "queue" => (app.line.is_bearable(), app.line.depth()),
        _ => return unknown(&caller),
    };
    let mut answer = if is_bearable { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.insert_header(("cache-control", "no-store")).json(json!({ "ok": is_bearable, "count": count }))
}

fn unknown(caller: &Caller) -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "not_found", "there is nothing of this name", caller)
}
