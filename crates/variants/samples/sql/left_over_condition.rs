//! A filter was taken out, but not its WHERE.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {
    let rows = transaction
        .query(
            "SELECT oid::int4 \
             FROM pg_database \
             WHERE",
            &[],
        )
        .await?;
    rows.iter().try_fold(0, |_, row| row.try_get(0))
}
