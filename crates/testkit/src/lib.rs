#![doc = include_str!("../README.md")]
#![expect(clippy::expect_used, reason = "a test that cannot be set up is a failed test")]

mod clock;
mod credentials;
pub mod failure;
pub mod model;
pub mod provider;
pub mod repository;
mod servers;
pub mod ssh;
pub mod tiny;

pub use clock::FakeClock;
pub use credentials::{credentials, token};
pub use servers::{Database, base_of, database, redis};

use std::net::TcpListener;
use std::time::{Duration, Instant};

/// A listener on a free port of loopback, and its base URL.
pub fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
    let base = format!("http://{}", listener.local_addr().expect("the listener's address"));
    (listener, base)
}

/// Asks until there is an answer, at most for `limit`.
///
/// # Panics
/// When there was none in time; it says what was waited for.
#[track_caller]
pub fn eventually<T, F>(what: &str, limit: Duration, ask: F) -> impl Future<Output = T>
where
    F: AsyncFnMut() -> Option<T>,
{
    let place = std::panic::Location::caller();
    let what = what.to_owned();
    async move {
        let answer = eventually_or(limit, ask).await;
        assert!(answer.is_some(), "{what}: not within {limit:?} (waited for at {place})");
        answer.expect("just looked at")
    }
}

/// Asks until there is an answer, at most for `limit`; `None` when there was none in time.
pub async fn eventually_or<T>(limit: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let (begun, until) = (Instant::now(), Instant::now() + limit);
    loop {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        if Instant::now() >= until {
            return None;
        }
        // Asking costs what is waited for the processor: what has taken long is asked seldom.
        let pause = (begun.elapsed() / 20).clamp(Duration::from_millis(5), Duration::from_millis(100));
        tokio::time::sleep(pause).await;
    }
}
