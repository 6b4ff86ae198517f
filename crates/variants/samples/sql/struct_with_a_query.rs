//! A query object.

use tokio_postgres::{Error, Transaction};

/// A statement and the column that matters.
struct Query {
    text: &'static str,
    column: usize,
}

impl Query {
    async fn first(&self, transaction: &Transaction<'_>) -> Result<i32, Error> {
        let row = transaction.query_one(self.text, &[]).await?;
        row.try_get(self.column)
    }
}

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {
    Query { text: "SELECT FROM;", column: 0 }.first(transaction).await
}
