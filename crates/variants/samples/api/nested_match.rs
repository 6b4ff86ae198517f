//! Everything written out.

use fault_app::upstream::{Answer, Failure, Upstream};
use std::time::Duration;

pub(crate) async fn run(upstream: &Upstream) -> Result<Answer, Failure> {
    match upstream.get("/data").timeout(Duration::from_secs(3)).send().await {
        Err(failure) => Err(failure),
        Ok(response) => match response.answer() {
            Ok(answer) => Ok(answer),
            Err(failure) => Err(failure),
        },
    }
}
