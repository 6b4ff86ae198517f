//! An interval instead of seconds.

use tokio_postgres::{Error, Transaction};

async fn pause(transaction: &Transaction<'_>, length: &str) -> Result<(), Error> {
    transaction.batch_execute(&format!("SELECT pg_sleep_for('{length}')")).await
}

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute("SET LOCAL statement_timeout = '5500ms'").await?;
    pause(transaction, "1 minute").await
}
