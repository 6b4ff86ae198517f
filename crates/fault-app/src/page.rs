//! The page at `/test-fault`: its files, and what it shows.

use crate::app::App;
use crate::database::{CONNECTIONS, SLOW_CONNECTIONS};
use crate::incident::TARGET;
use crate::problem::problem;
use crate::request::Caller;
use crate::resilience::breaker::Phase;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Value, json};

/// The page itself.
const PAGE: &str = include_str!("page/page.html");
/// What it loads: name, type, text.
const ASSETS: [(&str, &str, &str); 3] = [
    ("page.css", "text/css; charset=utf-8", include_str!("page/page.css")),
    ("page.js", "text/javascript; charset=utf-8", include_str!("page/page.js")),
    ("icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
];
/// Its own files and its own origin, and nothing within the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) async fn show_page() -> HttpResponse {
    guarded(HttpResponse::Ok()).content_type("text/html; charset=utf-8").body(PAGE)
}

pub(crate) async fn show_asset(name: Path<String>, caller: Caller) -> HttpResponse {
    match ASSETS.iter().find(|(asset, ..)| *asset == name.as_str()) {
        Some((_, kind, text)) => guarded(HttpResponse::Ok()).content_type(*kind).body(*text),
        None => problem(StatusCode::NOT_FOUND, "not_found", "there is no such file", &caller),
    }
}

pub(crate) async fn show_state(app: Data<App>) -> HttpResponse {
    let pool = app.database.usage();
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(json!({
        "service": TARGET,
        "version": app.version,
        "upstream": upstream(&app).await,
        "pool": {
            "connections": CONNECTIONS,
            "in_use": pool.in_use,
            "idle": pool.idle,
            "slow": { "connections": SLOW_CONNECTIONS, "in_use": pool.slow },
            "exhausted": pool.exhausted,
        },
        "memory": { "kept_mib": app.cache.kept_mib(), "off": app.cache.is_off() },
        "session": { "credential_is_taken": app.authority.takes_own() },
        "calls": { "lately": app.gauge.calls() },
        "queue": { "depth": app.line.depth() },
        "answers": app.answers.all(),
    }))
}

async fn upstream(app: &App) -> Value {
    let (state, now) = app.upstream.resilience.state().await;
    let (phase, wait) = match state.breaker.phase(now) {
        Phase::Closed => ("closed", None),
        Phase::Open(wait) => ("open", Some(wait.div_ceil(1000))),
        Phase::HalfOpen => ("half_open", None),
    };
    let good = state.last_good_of_any(now).map(|(value, age)| json!({ "value": value, "age_s": age / 1000 }));
    json!({
        "breaker": phase,
        "failures": state.breaker.failures,
        "retry_in_s": wait,
        "last_good": good,
        "shared_by": app.upstream.resilience.shared_with(),
    })
}

fn guarded(mut response: HttpResponseBuilder) -> HttpResponseBuilder {
    response
        .insert_header(("content-security-policy", POLICY))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header(("cache-control", "no-cache"));
    response
}
