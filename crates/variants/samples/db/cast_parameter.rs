//! The figure is bound as another type.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute("SET LOCAL statement_timeout='5500ms'").await?;
    let statement = transaction.prepare("SELECT pg_sleep(CAST($1 AS int4))").await?;
    transaction.query_one(&statement, &[&9_i32]).await?;
    Ok(())
}
