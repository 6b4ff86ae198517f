//! The calls behind `POST /test-fault/retry-storm`.
//!
//! The caller counts the calls, and it is the caller who logs, reports and answers. Here is only the work itself.

use fault_app::retries::Client;
use fault_app::upstream::{Answer, Failure};

/// Asks the upstream until it answers.
pub(crate) async fn run(client: &Client) -> Result<Answer, Failure> {
    let mut answer = client.fetch("/busy").await;
    for _ in 0..30 {
        if answer.is_ok() {
            break;
        }
        answer = client.fetch("/busy").await;
    }
    answer
}
