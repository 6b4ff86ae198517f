//! `POST /v1/operations`: somebody's call has failed; what failed it is healed, the call is repeated, and its caller is
//! answered before a deadline. How the incident stands is read from the incident; here is only what belongs to the call.

mod accept;
mod belong;
mod diagnosis;
mod drive;
mod next;
mod record;
mod report;
mod seats;
mod send;
mod step;
mod stream;
mod tell;
mod told;

pub(crate) use drive::follow;

use crate::app::App;
use crate::error::StoreError;
use crate::settings::Settings;
use crate::store::Look;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use anyhow::ensure;
use chassis::Reply;
use chassis::auth::{Caller, Role};
use chassis::metrics::Metrics;
use diesel_async::AsyncPgConnection;
use prometheus::{IntCounterVec, Opts};
use record::Record;
use seats::Seats;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use wire::handover::{HandOver, Handover, HandoverId, MAX_LIMIT_MS};
use wire::operation::MAX_WAIT_MS;
use wire::paths;

/// The least time for an answer, milliseconds.
const MIN_LIMIT_MS: u64 = 1_000;
/// How many streams there may be for each hand-over that may be open: a caller comes again before its old one is gone.
const STREAMS: usize = 4;
/// How many failures are reported at once: one may have to wait for a lock, and the pool's connections are for all.
const REPORTERS: usize = 2;

/// What this part of the service holds. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Handovers {
    http: reqwest::Client,
    streams: Seats,
    /// One for each failure that is being reported.
    reports: Seats,
    reporters: Arc<Semaphore>,
    ended: IntCounterVec,
}

impl Handovers {
    /// With its numbers among the service's.
    pub(crate) fn new(settings: &Settings, metrics: &Metrics) -> anyhow::Result<Self> {
        ensure!(
            (MIN_LIMIT_MS..=MAX_LIMIT_MS).contains(&settings.handover_limit_ms),
            "the setting handover_limit_ms must be from {MIN_LIMIT_MS} to {MAX_LIMIT_MS}"
        );
        let streams = |handovers: usize| handovers.clamp(1, 1_000) * STREAMS;
        let streams = Seats::new(streams(settings.handovers), streams(settings.handovers_per_caller));
        let (reports, reporters) = (Seats::new(usize::MAX, 1), Arc::new(Semaphore::new(REPORTERS)));
        let opts = Opts::new("kintsugi_handovers_ended_total", "Hand-overs that this process answered, by outcome.");
        let ended = IntCounterVec::new(opts, &["target", "outcome"])?;
        metrics.registry().register(Box::new(ended.clone()))?;
        Ok(Self { http: send::client()?, streams, reports, reporters, ended })
    }
}

/// The query.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    wait_ms: u64,
    /// The last place that is known; without it the end is waited for.
    after: Option<u32>,
    last_event_id: Option<String>,
}

type Person = web::ReqData<Caller>;

pub(crate) async fn post_handover(
    request: HttpRequest,
    app: web::Data<App>,
    caller: Person,
    asked: web::Query<Asked>,
    body: web::Json<HandOver>,
) -> Result<HttpResponse, Reply<StoreError>> {
    let record = accept::accept(&app, &caller.name, body.into_inner()).await?;
    answer(&request, &app, &caller.name, record, asked.into_inner(), true).await
}

pub(crate) async fn read_handover(
    request: HttpRequest,
    app: web::Data<App>,
    caller: Person,
    id: web::Path<HandoverId>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Reply<StoreError>> {
    let id = id.into_inner();
    let record = app.store.read(move |conn| Box::pin(record::find(conn, id))).await?;
    // Who may not read it is not told that it is there.
    let may_read = |record: &Record| record.caller == caller.name || caller.roles.contains(&Role::Operator);
    let record = record.filter(may_read).ok_or(StoreError::NoHandover(id))?;
    answer(&request, &app, &caller.name, record, asked.into_inner(), false).await
}

async fn answer(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &str,
    record: Record,
    asked: Asked,
    is_new: bool,
) -> Result<HttpResponse, Reply<StoreError>> {
    let place = (header::LOCATION, format!("{}/{}", paths::OPERATIONS, record.id));
    if wants_stream(request) {
        let after = stream::place(request, asked.last_event_id.as_deref(), &record)?;
        return Ok(stream::open(app, caller, record.id, after, place)?);
    }
    let view = wait(app, record.id, asked).await?;
    // What was just taken in and is not answered yet is accepted; everything else is read.
    let is_open = view.answer.is_none();
    let mut response = if is_new && is_open { HttpResponse::Accepted() } else { HttpResponse::Ok() };
    Ok(response.insert_header(place).json(view))
}

fn wants_stream(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/event-stream"))
}

/// As it stands once there is more to tell than its reader knows, or it is answered, or the time is over.
async fn wait(app: &App, id: HandoverId, asked: Asked) -> Result<Handover, StoreError> {
    let Asked { wait_ms, after, .. } = asked;
    let look = async || {
        let view = app.store.read(move |conn| Box::pin(view(conn, id, after))).await?;
        let is_more = after.is_some() && !view.notices.is_empty();
        Ok(if view.answer.is_some() || is_more { Look::Found(view) } else { Look::Nothing(None) })
    };
    let limit = Duration::from_millis(wait_ms.min(MAX_WAIT_MS));
    match app.store.wait_for(limit, look).await? {
        Some(view) => Ok(view),
        None => app.store.read(move |conn| Box::pin(view(conn, id, after))).await,
    }
}

async fn view(conn: &mut AsyncPgConnection, id: HandoverId, after: Option<u32>) -> Result<Handover, StoreError> {
    let record = record::find(conn, id).await?.ok_or(StoreError::NoHandover(id))?;
    let notices = told::after(conn, id, after.unwrap_or_default()).await?;
    Ok(record.view(notices))
}
