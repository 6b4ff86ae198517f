//! The statements of the file in a module of their own.

use tokio_postgres::{Error, Transaction};

mod statements {
    /// The number that is wanted.
    pub(super) const NUMBER: &str = r"
        SELECT
        FROM
    ";
}

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {
    let statement = transaction.prepare(statements::NUMBER).await?;
    let row = transaction.query_one(&statement, &[]).await?;
    row.try_get(0)
}
