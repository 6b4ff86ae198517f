//! A column was taken out of the list.

use tokio_postgres::{Error, Transaction};

const COLUMNS_OF_DATABASES: &str = "
    SELECT
        oid::int4,
        -- datname,
    FROM pg_database
    LIMIT 1
";

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {
    let statement = COLUMNS_OF_DATABASES;
    transaction.query_one(statement, &[]).await?.try_get(0)
}
