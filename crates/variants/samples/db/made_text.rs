//! Statements that are put together.

use tokio_postgres::{Error, Transaction};

/// PostgreSQL counts in milliseconds.
const LIMIT_MS: u32 = 4_500;
const WAIT_S: u32 = 45;

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {
    let limit = format!("SET LOCAL statement_timeout = {LIMIT_MS}");
    transaction.batch_execute(&limit).await?;
    let wait = format!("SELECT pg_sleep({})", WAIT_S);
    transaction.batch_execute(wait.as_str()).await?;
    Ok(())
}
