//! A client of the hub, as a stream of bytes.

use super::Shared;
use crate::stream::frames;
use crate::stream::ring::{Found, Place};
use actix_web::web::Bytes;
use futures::Stream;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::sync::futures::OwnedNotified;

/// About how much a client is given at once.
const AT_ONCE: usize = 64 << 10;

/// A client: what it is to be sent, piece by piece. Dropping it frees its place.
#[derive(Debug)]
pub struct Subscriber {
    pub(super) shared: Arc<Shared>,
    pub(super) place: Place,
    /// The signs of life it has seen.
    pub(super) beats: u64,
    pub(super) first: Option<Bytes>,
    pub(super) until: Instant,
    pub(super) waiting: Option<Pin<Box<OwnedNotified>>>,
    pub(super) over: bool,
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.shared.clients.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Subscriber {
    /// What there is for it now; `Some(None)` at its end.
    fn look(&mut self) -> Option<Option<Bytes>> {
        if self.over {
            return Some(None);
        }
        if let Some(first) = self.first.take() {
            return Some(Some(first));
        }
        let state = self.shared.read();
        match state.ring.read(&mut self.place, AT_ONCE) {
            Found::Some(bytes) => return Some(Some(bytes)),
            Found::Gone => {
                self.over = true;
                return Some(None);
            }
            Found::Nothing => {}
        }
        if state.closed {
            self.over = true;
            return Some(Some(Bytes::from_static(frames::BYE.as_bytes())));
        }
        if std::mem::replace(&mut self.beats, state.beats) != state.beats {
            self.over = Instant::now() >= self.until;
            return Some(Some(Bytes::from_static(frames::PING.as_bytes())));
        }
        None
    }
}

impl Stream for Subscriber {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            // Before the look: what is told after it rings.
            let bell = Arc::clone(&self.shared.bell);
            let mut waiting = self.waiting.take().unwrap_or_else(|| Box::pin(bell.notified_owned()));
            if let Some(found) = self.look() {
                self.waiting = Some(waiting);
                return Poll::Ready(found);
            }
            if waiting.as_mut().poll(cx).is_pending() {
                self.waiting = Some(waiting);
                return Poll::Pending;
            }
        }
    }
}
