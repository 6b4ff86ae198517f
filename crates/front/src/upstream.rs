//! One request to an upstream, on a connection of its own.
//!
//! No pool: an idle connection to a colour that was stopped would turn into an error of a request that must not be sent
//! twice, and a connection on loopback costs less than a tenth of a millisecond.

use crate::body::{BodyError, Outgoing};
use crate::stats::InFlight;
use crate::table::Upstream;
use actix_web::web::Bytes;
use futures::Stream;
use futures::future::{Either, select};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::error::Error as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};

/// How long a connection may take.
pub const CONNECT: Duration = Duration::from_secs(1);

/// What drives an exchange.
pub type Connection = http1::Connection<TokioIo<TcpStream>, Outgoing>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody is there; nothing was sent.
    #[error("cannot connect to the upstream")]
    Unreachable(#[source] std::io::Error),
    /// The connection ended before the request was written.
    #[error("the upstream closed the connection before the request was sent")]
    Unsent(#[source] hyper::Error),
    /// The connection ended before an answer; the upstream may or may not have done what was asked.
    #[error("the upstream closed the connection before it answered")]
    Closed(#[source] hyper::Error),
    /// What came is no HTTP.
    #[error("the upstream's answer is not HTTP")]
    Malformed(#[source] hyper::Error),
    /// The answer did not begin in time.
    #[error("the upstream did not answer in time")]
    TimedOut,
    /// The caller's body did not come.
    #[error("the body of the request did not come")]
    Body(#[source] BodyError),
}

/// Connects.
///
/// # Errors
/// [`Failure::Unreachable`].
pub async fn connect(upstream: &Upstream) -> Result<TcpStream, Failure> {
    let connecting = TcpStream::connect((upstream.host.as_str(), upstream.port));
    let connected = timeout(CONNECT, connecting).await;
    let stream =
        connected.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())).map_err(Failure::Unreachable)?;
    // Small answers must not wait for an acknowledgement; without it they only come later.
    let _slower = stream.set_nodelay(true);
    Ok(stream)
}

/// Sends a request and waits for the head of the answer.
///
/// # Errors
/// See [`Failure`].
pub async fn exchange(
    stream: TcpStream,
    request: Request<Outgoing>,
    limit: Duration,
) -> Result<(Response<Incoming>, Option<Pin<Box<Connection>>>), Failure> {
    let talking = async {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let sent = Box::pin(sender.send_request(request));
        match select(sent, Box::pin(connection)).await {
            Either::Left((answer, connection)) => Ok((answer?, Some(connection))),
            // A connection that has ended has said how to whoever waits for the answer.
            Either::Right((_, sent)) => Ok((sent.await?, None)),
        }
    };
    timeout(limit, talking).await.map_err(|_| Failure::TimedOut)?.map_err(failure)
}

fn failure(error: hyper::Error) -> Failure {
    let body = error.source().and_then(|source| source.downcast_ref::<BodyError>());
    match body {
        Some(BodyError::TooLarge) => Failure::Body(BodyError::TooLarge),
        Some(_) => Failure::Body(BodyError::Broken),
        None if error.is_canceled() => Failure::Unsent(error),
        None if error.is_parse() => Failure::Malformed(error),
        None => Failure::Closed(error),
    }
}

/// The body of an answer, with the connection that it comes over: dropping it ends both.
pub struct Answer {
    connection: Option<Pin<Box<Connection>>>,
    body: Incoming,
    limit: Duration,
    /// Runs while the upstream is waited for, not while the caller is slow.
    waiting: Option<Pin<Box<Sleep>>>,
    _in_flight: InFlight,
}

/// Why an answer's body broke off; the caller sees the connection end.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The upstream broke off.
    #[error("the upstream broke off its answer")]
    Broken(#[source] hyper::Error),
    /// The upstream fell silent.
    #[error("the upstream fell silent within its answer")]
    TimedOut,
}

impl Answer {
    /// An answer's body.
    pub fn new(body: Incoming, connection: Option<Pin<Box<Connection>>>, limit: Duration, in_flight: InFlight) -> Self {
        Self { connection, body, limit, waiting: None, _in_flight: in_flight }
    }

    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, AnswerError>>> {
        loop {
            // The connection first: it is what makes the body come. What ails it, the body tells.
            if self.connection.as_mut().is_some_and(|connection| connection.as_mut().poll(cx).is_ready()) {
                self.connection = None;
            }
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    self.waiting = None;
                    if let Ok(part) = frame.into_data() {
                        return Poll::Ready(Some(Ok(part)));
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(AnswerError::Broken(error)))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => {
                    let limit = self.limit;
                    let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
                    return waiting.as_mut().poll(cx).map(|()| Some(Err(AnswerError::TimedOut)));
                }
            }
        }
    }
}

impl Stream for Answer {
    type Item = Result<Bytes, AnswerError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_part(cx).map(|part| {
            if let Some(Err(error)) = &part {
                tracing::warn!(error = error as &dyn std::error::Error, "an answer broke off");
            }
            part
        })
    }
}
