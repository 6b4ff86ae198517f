//! A cast whose parenthesis is not closed.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {
    let sql = "SELECT (1 + 1";
    let row = match transaction.query_one(sql, &[]).await {
        Ok(row) => row,
        Err(refused) => return Err(refused),
    };
    row.try_get(0)
}
