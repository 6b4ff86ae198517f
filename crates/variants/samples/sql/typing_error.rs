//! A key word with a letter missing, in a function that only makes the text.

use tokio_postgres::{Error, Transaction};

fn statement() -> &'static str {
    "SELCT 1 AS number"
}

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {
    match transaction.query_opt(statement(), &[]).await? {
        Some(row) => row.try_get("number"),
        None => Ok(0),
    }
}
