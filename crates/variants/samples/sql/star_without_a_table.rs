//! Everything, of nothing.

use tokio_postgres::{Error, Transaction};

/// Asks twice: the first question only warms the cache.
pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {
    let mut last = None;
    for _attempt in 0..2 {
        last = transaction.query_opt("SELECT * FROM", &[]).await?;
    }
    last.map_or(Ok(0), |row| row.try_get(0))
}
