//! A client object with a method of its own called `get`.

use fault_app::upstream::{Answer, Failure, Upstream};
use std::time::Duration;

/// What we know of the other side.
struct Client<'a> {
    upstream: &'a Upstream,
    limit: Duration,
}

impl<'a> Client<'a> {
    fn new(upstream: &'a Upstream) -> Self {
        Self { upstream, limit: Duration::from_secs(3) }
    }

    async fn get(&self, path: &str) -> Result<Answer, Failure> {
        let response = self.upstream.get(path).timeout(self.limit).send().await?;
        response.answer()
    }
}

pub(crate) async fn run(upstream: &Upstream) -> Result<Answer, Failure> {
    Client::new(upstream).get("/data").await
}
