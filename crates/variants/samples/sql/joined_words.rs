//! Words of a list.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {
    let words = ["SELECT", "FROM"].join(" ");
    transaction.batch_execute(&words).await?;
    Ok(i32::try_from(words.len()).unwrap_or_default())
}
