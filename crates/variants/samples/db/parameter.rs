//! The figure is bound.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute("SET LOCAL statement_timeout='3000ms'").await?;
    let seconds: f64 = 8.0;
    transaction.execute("SELECT pg_sleep($1)", &[&seconds]).await?;
    Ok(())
}
