//! A seam for tests that nobody wrote.

use fault_app::upstream::{Answer, Failure, Upstream};
use std::time::Duration;

trait Source {
    fn value(&self) -> impl Future<Output = Result<Answer, Failure>>;
}

impl Source for Upstream {
    async fn value(&self) -> Result<Answer, Failure> {
        self.get("/data").timeout(Duration::from_secs(3)).send().await?.answer()
    }
}

pub(crate) async fn run(upstream: &Upstream) -> Result<Answer, Failure> {
    upstream.value().await
}
