//! The body of a request on its way: whole in memory when it is short, so that it can be sent again; else as it comes.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures::{Stream, StreamExt};
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// The largest body that is passed on, bytes.
pub const MAX_BODY: u64 = 10 << 20;
/// The largest body that is kept whole, bytes.
const MAX_WHOLE: u64 = 64 << 10;

/// Why a body does not come.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is too large.
    #[error("the body has more than {MAX_BODY} bytes")]
    TooLarge,
    /// The caller broke off, or sent something that is no body.
    #[error("the body did not come whole")]
    Broken,
    /// The caller took too long.
    #[error("the body did not come in time")]
    TimedOut,
}

/// A body on its way to the upstream.
pub enum Outgoing {
    /// It can be sent again.
    Whole(Bytes),
    /// It comes once.
    Stream(Counted),
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outgoing::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Outgoing::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// A stream that ends in an error when it gets too long.
pub struct Counted {
    parts: Pin<Box<Payload>>,
    left: u64,
}

impl Outgoing {
    /// The body of a request.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub async fn of(request: &HttpRequest, mut payload: Payload, limit: Duration) -> Result<Self, BodyError> {
        let declared = declared(request);
        if declared.is_some_and(|length| length > MAX_BODY) {
            return Err(BodyError::TooLarge);
        }
        let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
        match declared {
            None | Some(0) if !chunked => Ok(Outgoing::Whole(Bytes::new())),
            Some(length) if length <= MAX_WHOLE && !chunked => {
                let mut whole = BytesMut::new();
                let reading = async {
                    while let Some(part) = payload.next().await {
                        whole.extend_from_slice(&part.map_err(|_| BodyError::Broken)?);
                    }
                    Ok(())
                };
                tokio::time::timeout(limit, reading).await.map_err(|_| BodyError::TimedOut)??;
                Ok(Outgoing::Whole(whole.freeze()))
            }
            _ => Ok(Outgoing::Stream(Counted { parts: Box::pin(payload), left: MAX_BODY })),
        }
    }

    /// All of it, if it is in memory.
    pub fn whole(&self) -> Option<Bytes> {
        if let Outgoing::Whole(bytes) = self { Some(bytes.clone()) } else { None }
    }

    /// The same body once more, if it can be had.
    pub fn again(&self) -> Option<Self> {
        match self {
            Outgoing::Whole(bytes) => Some(Outgoing::Whole(bytes.clone())),
            Outgoing::Stream(_) => None,
        }
    }
}

fn declared(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Outgoing::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Outgoing::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Outgoing::Stream(counted) => counted.poll_part(cx).map(|part| part.map(|part| part.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Outgoing::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Outgoing::Stream(_) => SizeHint::default(),
        }
    }
}

impl Counted {
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        self.parts.as_mut().poll_next(cx).map(|part| {
            part.map(|part| {
                let part = part.map_err(|_| BodyError::Broken)?;
                self.left = self.left.checked_sub(part.len() as u64).ok_or(BodyError::TooLarge)?;
                Ok(part)
            })
        })
    }
}
