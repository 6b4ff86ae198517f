//! The query behind `POST /test-fault/db-timeout`.
//!
//! The caller owns the transaction: it commits when this function succeeds and rolls back when it fails, and it is the
//! caller who logs, reports and answers. Here is only the work itself.

use tokio_postgres::{Error, Transaction};

/// Runs the long query within its time-out.
pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute("SET LOCAL statement_timeout='5500ms'").await?;

    // The rows are of no interest.
    transaction.execute("SELECT pg_sleep(10)", &[]).await?;
    Ok(())
}
