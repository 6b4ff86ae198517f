//! A statement that grows line by line.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {
    let mut sql = String::with_capacity(32);
    sql.push_str("SELECT");
    sql.push_str(" FROM");
    let row = transaction.query_one(sql.as_str(), &[]).await?;
    row.try_get(0)
}
