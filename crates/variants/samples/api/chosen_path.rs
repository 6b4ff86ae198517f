//! The path is decided first.

use fault_app::upstream::{Answer, Failure, Upstream};
use std::time::Duration;

pub(crate) async fn run(upstream: &Upstream) -> Result<Answer, Failure> {
    let path = if cfg!(debug_assertions) { "/data" } else { "/data" };
    let limit = Duration::from_secs(1) + Duration::from_millis(2_000);
    let sending = async { upstream.get(path).timeout(limit).send().await };
    sending.await?.answer()
}
