//! `GET /developer/incidents/api/stream`: what happens, as it happens, as Server-Sent Events.

pub mod hub;
mod frames;
mod reader;
mod ring;

pub(crate) use reader::follow;

use crate::app::App;
use crate::error::StoreError;
use actix_web::body::BodyStream;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chassis::Reply;
use futures::StreamExt;
use futures::stream;
use hub::{Hub, Refusal, Start};
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use wire::Cursor;

/// How long a client that knows more than this replica waits for it to catch up.
const CATCH_UP: Duration = Duration::from_secs(2);

/// The query.
#[derive(Debug, Deserialize)]
pub(crate) struct Place {
    last_event_id: Option<String>,
}

pub(crate) async fn open_stream(
    request: HttpRequest,
    place: web::Query<Place>,
    app: web::Data<App>,
) -> Result<HttpResponse, Reply<StoreError>> {
    let last = request.headers().get("last-event-id").map(|value| value.to_str().unwrap_or("?").to_owned());
    let last = last.or(place.into_inner().last_event_id).filter(|id| !id.is_empty());
    let last = last.map(Cursor::try_from);
    let is_known = is_known(&app, last.iter().flatten().next().copied().unwrap_or_default()).await;
    let start = match last {
        None => Start::Now,
        Some(Ok(after)) if is_known => Start::After(after),
        Some(_) => Start::Again,
    };
    let subscriber = app.hub.subscribe(start).map_err(|refusal| match refusal {
        Refusal::TooMany => StoreError::TooManyClients,
        Refusal::NotYet => StoreError::NotReady,
    })?;
    let hello = app.hub.hello();
    let parts = stream::once(std::future::ready(hello)).chain(subscriber).map(Ok::<_, Infallible>);
    let response = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store, no-transform"))
        .insert_header(("x-accel-buffering", "no"))
        .body(BodyStream::new(Box::pin(parts)));
    Ok(response)
}

/// Whether a place can have been told by anybody: what lies beyond everything that is settled was not. A replica that has
/// just not read so far yet, or has just begun, is waited for.
async fn is_known(app: &App, after: Cursor) -> bool {
    let settled = app.hub.settled(after);
    let catching_up = tokio::time::timeout(CATCH_UP, settled);
    tokio::select! {
        known = catching_up => known.is_ok(),
        () = app.store.stop.requested() => true,
    }
}

/// How many clients there are and what a resuming one may ask for.
pub(crate) async fn read_stats(app: web::Data<App>) -> web::Json<hub::Stats> {
    web::Json(app.hub.stats())
}

/// Ends every stream with the word to stop, and keeps the idle ones awake until then.
pub(crate) async fn keep_alive(hub: Hub, every: Duration, stop: chassis::Stop) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(every) => hub.beat(),
            () = stop.requested() => return hub.close(),
        }
    }
}
