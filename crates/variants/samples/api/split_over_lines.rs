//! A chain with a comment at every step.

use fault_app::upstream::{Answer, Failure, Upstream};
use std::time::Duration;

pub(crate) async fn run(
    upstream: &Upstream, // ours to use, not to keep
) -> Result<Answer, Failure> {
    upstream
        // the only thing it offers
        .get("/data")
        // three seconds are for ever
        .timeout(Duration::from_secs(3))
        .send()
        .await?
        .answer()
}
