//! A little for each row.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute("SET LOCAL statement_timeout = '5500ms'").await?;
    let rows = transaction.query("SELECT n, pg_sleep(1.5) FROM generate_series(1, 8) AS n", &[]).await?;
    drop(rows);
    Ok(())
}
