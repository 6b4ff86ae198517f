//! The call, once more: over HTTP, to where the target file says, with a limit, without following anything.

use super::next::Repetition;
use super::record::{self, Record};
use super::{drive, step, tell, told};
use crate::app::App;
use crate::error::StoreError;
use actix_web::web;
use chassis::Reply;
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use reqwest::header::HeaderMap;
use std::collections::BTreeMap;
use std::time::Duration;
use wire::handover::{Answer, HandOver, HandoverId, Outcome, Response};
use wire::relief::RELIEF_HEADER;
use wire::target::Handing;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// The longest body that is answered, bytes.
const MAX_BODY: usize = 64 << 10;
/// The headers of the answer that its caller is told.
const TOLD: [&str; 11] = [
    "age",
    "cache-control",
    "content-language",
    "content-type",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "warning",
    "x-request-id",
    RELIEF_HEADER,
];
/// How long what is on its way is waited for after the word to stop.
const AFTER_STOP: Duration = Duration::from_secs(5);
/// Between two attempts to keep an outcome.
const PAUSE: Duration = Duration::from_millis(200);

/// The client that repeats calls.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    let usual = reqwest::Client::builder().connect_timeout(CONNECT).redirect(reqwest::redirect::Policy::none());
    usual.no_proxy().pool_max_idle_per_host(0).build()
}

/// Sends the call and keeps what came of it. When it ends before that, nobody knows.
pub(super) async fn send(app: web::Data<App>, record: Record, handing: Handing, repetition: Repetition) {
    let stop = app.store.stop.clone();
    let late = async {
        stop.requested().await;
        tokio::time::sleep(AFTER_STOP).await;
    };
    tokio::select! {
        () = exchange(&app, &record, &handing, &repetition) => {}
        () = late => {}
    }
}

async fn exchange(app: &App, record: &Record, handing: &Handing, repetition: &Repetition) {
    let limit = repetition.limit.to_std().unwrap_or_default();
    let asking = ask(&app.handovers.http, handing, &record.request);
    let outcome = tokio::time::timeout(limit, asking).await;
    let outcome = outcome.unwrap_or_else(|_| Err(format!("it took longer than {} ms", limit.as_millis())));
    loop {
        let (id, repetition, outcome, now) = (record.id, repetition.clone(), outcome.clone(), app.store.clock.now());
        let kept = app.store.write(move |conn| Box::pin(keep(conn, id, repetition, outcome, now))).await;
        match kept {
            Ok(is_good) => {
                if is_good {
                    drive::count(app, record, Outcome::Succeeded);
                }
                return;
            }
            Err(error) if app.store.clock.now() >= record.deadline => {
                return tracing::error!(handover = %id, error = %Reply(error), "an outcome is lost");
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn ask(http: &reqwest::Client, handing: &Handing, request: &HandOver) -> Result<Response, String> {
    let call = &request.call;
    let method = call.method.parse::<reqwest::Method>().map_err(|error| error.to_string())?;
    let mut asked = http.request(method, format!("{}{}", handing.base_url, call.path)).body(call.body.clone());
    for (name, value) in &call.headers {
        asked = asked.header(name, value);
    }
    if !call.is_safe() && !call.headers.contains_key("idempotency-key") {
        asked = asked.header("idempotency-key", request.idempotency_key.as_str());
    }
    if let Some(trace_parent) = &request.failure.trace_parent {
        asked = asked.header("traceparent", trace_parent);
    }
    let why = |error: reqwest::Error| {
        let kind = if error.is_connect() { "nobody listens, or the connection broke" } else { "no whole answer came" };
        kind.to_owned()
    };
    let mut answer = asked.send().await.map_err(why)?;
    let (status, headers) = (answer.status().as_u16(), told(answer.headers()));
    let mut body = Vec::new();
    let mut truncated = false;
    while let Some(part) = answer.chunk().await.map_err(why)? {
        body.extend_from_slice(&part);
        if body.len() > MAX_BODY {
            body.truncate(MAX_BODY);
            truncated = true;
            break;
        }
    }
    let body = String::from_utf8_lossy(&body).replace('\0', "\u{fffd}");
    Ok(Response { status, headers, body, truncated })
}

fn told(headers: &HeaderMap) -> BTreeMap<String, String> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    TOLD.into_iter().filter_map(|name| Some((name.to_owned(), value(name)?))).collect()
}

/// Keeps an outcome; answers whether it is the answer.
async fn keep(
    conn: &mut AsyncPgConnection,
    id: HandoverId,
    repetition: Repetition,
    outcome: Result<Response, String>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(mut record) = record::lock(conn, id, true).await? else { return Ok(false) };
    let is_open = record.ended_at.is_none();
    let last = record.attempts.last_mut().filter(|last| is_open && last.attempt.number == repetition.number);
    let Some(last) = last else { return Ok(false) };
    last.ended_at = Some(now);
    last.attempt.unknown = false;
    match &outcome {
        Ok(response) => (last.attempt.status, last.attempt.error) = (Some(response.status), None),
        Err(why) => last.attempt.error = Some(why.clone()),
    }
    let attempt = last.attempt.clone();
    match outcome {
        Ok(response) if (200..400).contains(&response.status) => {
            let mitigated = repetition.mitigated || response.headers.contains_key(RELIEF_HEADER);
            let message = if mitigated {
                "The call was answered while only a relief stands: the cure is still open."
            } else {
                "The call was repeated and answered."
            };
            let answer = Answer {
                outcome: Outcome::Succeeded,
                message: message.to_owned(),
                mitigated,
                response: Some(response),
                diagnosis: None,
            };
            step::end(conn, &mut record, answer, now).await?;
            Ok(true)
        }
        _ => {
            record.due_at = now;
            told::add(conn, &mut record, vec![tell::not_well(&attempt, now)]).await?;
            record::update(conn, &record).await?;
            Ok(false)
        }
    }
}
