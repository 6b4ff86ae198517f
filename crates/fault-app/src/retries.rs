//! An upstream that is asked again and again, and what that does to it.

mod gauge;

pub(crate) use gauge::Gauge;

use crate::upstream::{Answer, Failure, Kind, Upstream};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_millis(250);
/// The calls of a request that spares its upstream.
const BUDGET: u64 = 3;
/// The pauses before its retries; half as much again at most is added by chance, so that callers do not come together.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(200)];
/// The calls of any request, so that no machine suffers.
const MOST: u64 = 40;
/// More calls than this by one request are a storm.
pub(crate) const STORM: u64 = 5;
/// When it is worth asking again, milliseconds.
const AGAIN: u64 = 1_000;

/// The upstream, as one request asks it.
#[derive(Clone)]
pub struct Client {
    upstream: Upstream,
    /// The calls of this request.
    calls: Arc<AtomicU64>,
    gauge: Arc<Gauge>,
    /// Nobody is to call.
    shut: bool,
    sparing: bool,
}

impl Client {
    pub(crate) fn new(upstream: Upstream, gauge: Arc<Gauge>, shut: bool) -> Self {
        Self { upstream, calls: Arc::default(), gauge, shut, sparing: false }
    }

    /// The same client, which calls three times at most, waits longer before each retry, and not as long as others do.
    pub fn sparing(&self) -> Self {
        Self { sparing: true, ..self.clone() }
    }

    /// Asks for a path once.
    ///
    /// # Errors
    /// When there is no usable answer in time, or no call may be made.
    pub fn fetch(&self, path: &str) -> BoxFuture<'static, Result<Answer, Failure>> {
        let (client, path) = (self.clone(), path.to_owned());
        Box::pin(async move { client.call(&path).await })
    }

    async fn call(&self, path: &str) -> Result<Answer, Failure> {
        let before = self.calls();
        let most = if self.sparing { BUDGET } else { MOST };
        if self.shut || before >= most {
            return Err(Failure(Kind::Away(AGAIN)));
        }
        if let Some(pause) = pause(before).filter(|_| self.sparing) {
            sleep(pause).await;
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.gauge.note();
        self.upstream.get(path).timeout(ATTEMPT).send().await?.answer()
    }

    /// How many calls this request has made.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

/// The pause before the retry after so many calls.
fn pause(calls: u64) -> Option<Duration> {
    let pause = *PAUSES.get(usize::try_from(calls.checked_sub(1)?).ok()?)?;
    let chance = Uuid::new_v4().as_u128() % 512;
    Some(pause + pause * u32::try_from(chance).ok()? / 1024)
}
