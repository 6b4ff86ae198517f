//! Both statements have names.

use tokio_postgres::{Error, Transaction};

const LIMIT: &str = "SET LOCAL statement_timeout = '5s'";
const REPORT: &str = r#"
    SELECT pg_sleep(
        12.5
    )
"#;

pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {
    for statement in [LIMIT, REPORT] {
        transaction.batch_execute(statement).await?;
    }
    Ok(())
}
