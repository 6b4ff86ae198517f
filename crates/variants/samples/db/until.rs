//! Until a point in time.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute("SET LOCAL statement_timeout = '2500ms'").await?;
    transaction.execute("SELECT pg_sleep_until(now() + interval '7 seconds')", &[]).await?;
    Ok(())
}
