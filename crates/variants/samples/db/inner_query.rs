//! The wait is within a larger statement.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {
    if let Err(error) = transaction.batch_execute("SET LOCAL statement_timeout TO '5500ms'").await {
        return Err(error);
    }
    let sql = "WITH waited AS MATERIALIZED (SELECT pg_sleep(10)) SELECT count(*) FROM waited";
    transaction.query_one(sql, &[]).await?;
    Ok(())
}
