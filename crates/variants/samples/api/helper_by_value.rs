//! The helper takes its own copy.

use fault_app::upstream::{Answer, Failure, Upstream};
use std::time::Duration;

async fn ask(upstream: Upstream, path: String) -> Result<Answer, Failure> {
    upstream.get(&path).timeout(Duration::from_secs(2)).send().await?.answer()
}

pub(crate) async fn run(upstream: &Upstream) -> Result<Answer, Failure> {
    ask(upstream.clone(), String::from("/data")).await
}
