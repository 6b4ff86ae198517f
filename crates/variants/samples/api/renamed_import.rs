//! Names of our own for what is imported.

use fault_app::upstream as client;
use fault_app::upstream::{Answer, Failure};
use std::time::Duration;

pub(crate) async fn run(remote: &client::Upstream) -> Result<Answer, Failure> {
    let question = remote.get("/data").timeout(Duration::from_secs(3));
    let response = question.send().await?;
    response.answer()
}
