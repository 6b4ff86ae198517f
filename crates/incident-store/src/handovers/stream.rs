//! What is told on the way, as Server-Sent Events: from any place on, without a gap or a repetition, until the answer.

use super::record::{self, Record};
use super::seats::Seat;
use super::told;
use crate::app::App;
use crate::error::StoreError;
use crate::store::Look;
use actix_web::body::BodyStream;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use diesel_async::AsyncPgConnection;
use futures::stream;
use std::convert::Infallible;
use std::time::Duration;
use wire::handover::{HandoverId, Notice};

/// The first frame: how long a client waits before it comes again.
const HELLO: &str = "retry: 1000\n\n";
/// Shows that the connection lives.
const PING: &str = ": still here\n\n";
/// The least time between two signs of life.
const MIN_BEAT: Duration = Duration::from_millis(100);

/// The place that the client knows: `Last-Event-ID`, else the query's.
pub(super) fn place(request: &HttpRequest, asked: Option<&str>, record: &Record) -> Result<u32, StoreError> {
    let header = request.headers().get("last-event-id").map(|value| value.to_str().unwrap_or("?"));
    let Some(last) = header.or(asked).filter(|last| !last.is_empty()) else { return Ok(0) };
    let known = last.parse().ok().filter(|place| *place <= record.told);
    known.ok_or_else(|| {
        let told = record.told;
        StoreError::Invalid(format!("the last event id must be a number up to {told}, which was the last one told"))
    })
}

/// Opens a stream after a place.
pub(super) fn open(
    app: &web::Data<App>,
    caller: &str,
    id: HandoverId,
    after: u32,
    place: (HeaderName, String),
) -> Result<HttpResponse, StoreError> {
    let seat = app.handovers.streams.take(caller).ok_or(StoreError::TooManyClients)?;
    let beat = Duration::from_millis(app.settings.stream_beat_ms).max(MIN_BEAT);
    let reader = Reader { app: app.clone(), id, after, beat, is_first: true, is_over: false, _seat: seat };
    let parts = stream::unfold(reader, |reader| reader.read_on());
    let response = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store, no-transform"))
        .insert_header(("x-accel-buffering", "no"))
        .insert_header(place)
        .body(BodyStream::new(Box::pin(parts)));
    Ok(response)
}

struct Reader {
    app: web::Data<App>,
    id: HandoverId,
    after: u32,
    beat: Duration,
    is_first: bool,
    is_over: bool,
    _seat: Seat,
}

impl Reader {
    /// The next part, and who reads on; none at the end.
    async fn read_on(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if self.is_over {
            return None;
        }
        if std::mem::take(&mut self.is_first) {
            return Some((Ok(Bytes::from_static(HELLO.as_bytes())), self));
        }
        let (id, after, store) = (self.id, self.after, &self.app.store);
        let look = async || {
            let rest = store.read(move |conn| Box::pin(rest(conn, id, after))).await?;
            Ok(if rest.notices.is_empty() && !rest.is_told { Look::Nothing(None) } else { Look::Found(rest) })
        };
        let rest = match store.wait_for(self.beat, look).await {
            Ok(Some(rest)) => rest,
            Ok(None) => {
                self.is_over = store.stop.is_stopping();
                return Some((Ok(Bytes::from_static(PING.as_bytes())), self));
            }
            // It comes again where it was.
            Err(error) => {
                tracing::debug!(%id, error = &error as &dyn std::error::Error, "a hand-over's stream is cut");
                return None;
            }
        };
        let Rest { notices, is_told } = rest;
        self.is_over = is_told;
        if notices.is_empty() {
            return None;
        }
        self.after = notices.last().map_or(after, |notice| notice.place);
        let frames: String = notices.iter().map(frame).collect();
        Some((Ok(Bytes::from(frames)), self))
    }
}

/// What is still to be told.
struct Rest {
    notices: Vec<Notice>,
    /// Whether nothing comes after that.
    is_told: bool,
}

/// One that is forgotten has nothing more to tell.
async fn rest(conn: &mut AsyncPgConnection, id: HandoverId, after: u32) -> Result<Rest, StoreError> {
    let is_told = record::find(conn, id).await?.is_none_or(|record| record.answer.is_some());
    Ok(Rest { notices: told::after(conn, id, after).await?, is_told })
}

fn frame(notice: &Notice) -> String {
    let data = serde_json::to_string(notice).unwrap_or_else(|_| "{}".to_owned());
    format!("id: {}\nevent: {}\ndata: {data}\n\n", notice.place, notice.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::handover::NoticeName;

    #[test]
    fn a_frame_is_one_event_whatever_its_text_is() {
        let text = "two\nlines\n\nevent: healing_succeeded".to_owned();
        let at = chrono::DateTime::UNIX_EPOCH;
        let notice = Notice { place: 7, name: NoticeName::HealingProgress, at, text, position: None, answer: None };
        let frame = frame(&notice);
        assert!(frame.starts_with("id: 7\nevent: healing_progress\ndata: {"), "{frame}");
        assert_eq!(frame.lines().count(), 4, "{frame}");
    }
}
