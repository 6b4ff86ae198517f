//! The service that this application asks for a value, and how it is asked.

mod address;
mod exchange;
mod failure;

pub(crate) use address::Address;
pub use failure::Failure;
pub(crate) use failure::Kind;

use crate::request::{Caller, REPLAY, REQUEST_ID};
use crate::resilience::{Resilience, Value};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long an answer may take when nothing else is said.
const DEFAULT_LIMIT: Duration = Duration::from_secs(3);
/// How long it may take whatever is said.
const MAX_LIMIT: Duration = Duration::from_secs(8);

/// The upstream, as one request of ours sees it.
#[derive(Clone)]
pub struct Upstream {
    way: Arc<Way>,
    /// The headers of a call: whose it is.
    headers: Arc<[(&'static str, String)]>,
    resilient: bool,
}

/// The way there, shared by all requests.
pub(crate) struct Way {
    /// Where it is.
    pub(crate) address: Address,
    /// What is known of it.
    pub(crate) resilience: Resilience,
    /// Calls run here: they go on to their outcome although the caller, or its worker, may have gone.
    pub(crate) runtime: Handle,
}

/// A call that is being put together.
pub struct Request {
    upstream: Upstream,
    path: String,
    limit: Duration,
}

/// What came back.
#[derive(Debug)]
pub struct Response(Came);

#[derive(Debug)]
enum Came {
    Raw(exchange::Raw),
    Checked(Value),
}

/// A checked answer.
#[derive(Debug)]
pub struct Answer(pub(crate) Value);

impl Upstream {
    pub(crate) fn new(way: Arc<Way>, caller: &Caller) -> Self {
        let mut headers = vec![(REQUEST_ID, caller.request_id.clone()), ("traceparent", caller.traceparent.clone())];
        headers.extend(caller.replay_id().map(|id| (REPLAY, id.to_owned())));
        Self { way, headers: headers.into(), resilient: false }
    }

    /// The same upstream, whose calls are tried again while that may help, are not made while it is known to be ill, and
    /// are answered with the last good value when there is no fresh one.
    pub fn resilient(&self) -> Self {
        Self { resilient: true, ..self.clone() }
    }

    /// Begins a `GET` of a path.
    pub fn get(&self, path: &str) -> Request {
        Request { upstream: self.clone(), path: path.to_owned(), limit: DEFAULT_LIMIT }
    }
}

impl Request {
    /// How long the answer may take.
    pub fn timeout(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Makes the call. Boxed, so that all of it is compiled with this library and not again with each patch.
    ///
    /// # Errors
    /// When there is no answer in time.
    pub fn send(self) -> BoxFuture<'static, Result<Response, Failure>> {
        let runtime = self.upstream.way.runtime.clone();
        // It ends without an outcome only if it panics or the process stops.
        Box::pin(async move { runtime.spawn(self.run()).await.unwrap_or(Err(Failure(Kind::Unreachable))) })
    }

    async fn run(self) -> Result<Response, Failure> {
        let Self { upstream: Upstream { way, headers, resilient }, path, limit } = self;
        let (address, limit) = (&way.address, limit.min(MAX_LIMIT));
        if !resilient {
            let raw = exchange::get(address, &path, &headers, limit).await?;
            return Ok(Response(Came::Raw(raw)));
        }
        let (path, headers) = (&*path, &*headers);
        let attempt = |limit| -> BoxFuture<'_, Result<i64, Failure>> {
            Box::pin(async move { exchange::get(address, path, headers, limit).await?.value() })
        };
        match way.resilience.call(path, limit, &attempt).await {
            Ok(value) => Ok(Response(Came::Checked(value))),
            Err(away) => Err(Failure(Kind::Away(away.retry_after))),
        }
    }
}

impl Response {
    /// The answer, if it is one: 200 with `{"value": whole number}`.
    ///
    /// # Errors
    /// When it is none.
    pub fn answer(self) -> Result<Answer, Failure> {
        match self.0 {
            Came::Raw(raw) => raw.value().map(|value| Answer(Value { value, age: None })),
            Came::Checked(value) => Ok(Answer(value)),
        }
    }
}
