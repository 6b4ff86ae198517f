//! As somebody writes who does not shout.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(tx: &Transaction<'_>) -> Result<(), Error> {
    tx.batch_execute("set local statement_timeout to 4000").await?;
    tx.query("select pg_sleep(60)", &[]).await.map(|_rows| ())
}
