//! As somebody writes who does not shout.

use tokio_postgres::{Error, Transaction};

pub(crate) async fn run(tx: &Transaction<'_>) -> Result<i32, Error> {
    let answer = tx.query_one("select from", &[]).await?;
    let number: i32 = answer.try_get(0)?;
    Ok(number)
}
