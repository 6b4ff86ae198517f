//! `POST /v1/logs`: lines that somebody sends, as NDJSON, as text, or as OTLP/HTTP logs (protobuf or JSON).
//!
//! Whatever is answered with 200 is dealt with: its detections are on disk, and reach the store from there. A 503 says to
//! send the same again later; lines that name themselves, or tell their time, are then still counted once.

mod answer;
mod body;
mod entries;
mod error;
mod message;
mod otlp;
mod value;

use crate::desk::Desk;
use crate::rules::Rules;
use crate::spool::Spool;
use actix_web::{HttpRequest, HttpResponse, web};
use answer::Format;
use chassis::clock::SharedClock;
use chassis::error::Reply;
use entries::Taken;
use error::PushError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;
use wire::TargetName;

/// How many bodies are dealt with at once: with their bound they bound the memory.
const AT_ONCE: usize = 4;
/// How long a body may wait for its turn, and how long it may take to arrive.
const TURN: Duration = Duration::from_secs(2);
const ARRIVAL: Duration = Duration::from_secs(30);
/// The longest key of a request that is used.
const MAX_KEY: usize = 256;

/// What takes in pushed lines.
pub(crate) struct Intake {
    pub(crate) targets: BTreeMap<TargetName, Arc<Post>>,
    pub(crate) clock: SharedClock,
    pub(crate) max_body: usize,
    pub(crate) context_lines: usize,
    turns: Semaphore,
}

/// A target's part of it.
pub(crate) struct Post {
    pub(crate) desk: Arc<Desk>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) spool: Arc<Spool>,
    /// The last lines that were sent, for the context of the next.
    pub(crate) recent: Mutex<Vec<u8>>,
}

/// What a request may ask for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// The target of lines that name none.
    target: Option<String>,
}

impl Intake {
    pub(crate) fn new(
        targets: BTreeMap<TargetName, Arc<Post>>,
        clock: SharedClock,
        max_body: usize,
        context_lines: usize,
    ) -> Self {
        Self { targets, clock, max_body, context_lines, turns: Semaphore::new(AT_ONCE) }
    }

    /// The target of a name; else what is wrong with it.
    fn post(&self, name: &str) -> Result<&Arc<Post>, String> {
        let found = self.targets.iter().find(|(target, _)| target.as_str() == name);
        found.map(|(_, post)| post).ok_or_else(|| {
            let known: Vec<&str> = self.targets.keys().map(TargetName::as_str).take(50).collect();
            let name: String = name.chars().take(64).collect();
            format!("there is no target {name:?}; known: {}", known.join(", "))
        })
    }
}

pub(crate) async fn push_logs(
    intake: web::Data<Intake>,
    request: HttpRequest,
    ask: web::Query<Ask>,
    payload: web::Payload,
) -> Result<HttpResponse, Reply<PushError>> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let format = Format::of(header("content-type"))?;
    let coding = body::Coding::of(header("content-encoding"))?;
    // A key makes a repeated request known; without one, lines that tell no time are new each time.
    let key = header("idempotency-key").filter(|key| key.len() <= MAX_KEY).map(str::to_owned);
    let key = key.unwrap_or_else(|| Uuid::new_v4().to_string());
    let turn = tokio::time::timeout(TURN, intake.turns.acquire()).await;
    let _turn = turn.map_err(|_| PushError::Busy)?.map_err(|_| PushError::Busy)?;
    let arrived = tokio::time::timeout(ARRIVAL, payload.to_bytes_limited(intake.max_body)).await;
    let bytes = arrived.map_err(|_| PushError::Slow)?.map_err(|_| PushError::TooLarge(intake.max_body))?;
    let bytes = bytes.map_err(|error| PushError::Malformed(format!("the body cannot be read: {error}")))?;
    let ask = ask.into_inner();
    let shared = intake.clone();
    let taken = web::block(move || take(&shared, &bytes, coding, format, &ask, &key)).await;
    let taken = taken.map_err(|error| PushError::Unexpected(error.into()))??;
    answer::answer(format, taken).map_err(Reply)
}

fn take(
    intake: &Intake,
    bytes: &[u8],
    coding: body::Coding,
    format: Format,
    ask: &Ask,
    key: &str,
) -> Result<Taken, PushError> {
    let bytes = body::decoded(bytes, coding, intake.max_body)?;
    let default = ask.target.as_deref();
    let mut entries = entries::Entries::new(intake, key);
    match format {
        Format::Ndjson | Format::Text => entries.add_lines(&bytes, format == Format::Ndjson, default),
        Format::Protobuf | Format::Json => {
            otlp::add(&mut entries, otlp::decode(&bytes, format == Format::Protobuf)?, default)
        }
    }
    entries.record()
}
