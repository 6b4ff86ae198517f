//! The jobs behind `POST /test-fault/queue`.
//!
//! The caller counts the jobs and how many wait, and it is the caller who logs, reports and answers. Here is only the work itself.

use fault_app::queue::{Full, Queue};

/// Puts all jobs of an order in the queue.
pub(crate) async fn run(queue: &Queue) -> Result<(), Full> {
    for number in 1..=Queue::JOBS_OF_AN_ORDER {
        queue.put(number).await?;
    }
    Ok(())
}
