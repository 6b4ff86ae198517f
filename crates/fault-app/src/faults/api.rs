//! The call behind `POST /test-fault/external-api`.
//!
//! The caller turns a value into 200 and a failure into its own status, and it is the caller who logs and reports. Here is
//! only the work itself.

use fault_app::upstream::{Answer, Failure, Upstream};
use std::time::Duration;

/// Asks the upstream for its value.
pub(crate) async fn run(upstream: &Upstream) -> Result<Answer, Failure> {
    let response = upstream.get("/data").timeout(Duration::from_secs(3)).send().await?;

    // A whole number, or the answer is of no use.
    response.answer()
}
