//! The query behind `POST /test-fault/run`.
//!
//! The caller owns the transaction: it commits when this function succeeds and rolls back when it fails, and it is the
//! caller who logs, reports and answers. Here is only the work itself.

use tokio_postgres::{Error, Transaction};

/// Asks the database for one whole number.
pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {
    let row = transaction.query_one("SELECT FROM", &[]).await?;

    // The number is the first column.
    row.try_get(0)
}
