//! Two of them, each within its time, not both.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute("SET LOCAL statement_timeout='5500ms'").await?;
    let (first, second) = (3, 4);
    transaction
        .batch_execute(&format!("SELECT pg_sleep({first}), pg_sleep({second})"))
        .await?;
    Ok(())
}
