//! Fault bodies: the originals, byte for byte, and what they look like when they are well.

use crate::Faults;
use crate::upstream::{Answer, Failure, Upstream};
use std::time::Duration;
use tokio_postgres::{Error, Transaction};

#[path = "../faults/fault_api.txt"]
mod api;
#[path = "../faults/fault_db.txt"]
mod db;
#[path = "../faults/fault_sql.txt"]
mod sql;

pub(super) const ORIGINAL: Faults = Faults {
    sql: |transaction| Box::pin(sql::run(transaction)),
    api: |upstream| Box::pin(api::run(upstream)),
    db: |transaction| Box::pin(db::run(transaction)),
};

pub(super) const CURED: Faults = Faults {
    sql: |transaction| Box::pin(run_well(transaction)),
    api: |upstream| Box::pin(ask_well(upstream)),
    db: |transaction| Box::pin(fit(transaction)),
};

async fn run_well(transaction: &Transaction<'_>) -> Result<i32, Error> {
    transaction.query_one("SELECT 1", &[]).await?.try_get(0)
}

async fn ask_well(upstream: &Upstream) -> Result<Answer, Failure> {
    let response = upstream.resilient().get("/data").timeout(Duration::from_secs(3)).send().await?;
    response.answer()
}

/// With a smaller figure than the original, so that tests are quick.
async fn fit(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute("SET LOCAL statement_timeout='400ms'").await?;
    let query = "SELECT pg_sleep(LEAST(10, 0.8 * EXTRACT(EPOCH FROM \
                 NULLIF(current_setting('statement_timeout'), '0')::interval)))";
    transaction.execute(query, &[]).await?;
    Ok(())
}
