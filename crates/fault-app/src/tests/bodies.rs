//! Fault bodies: the originals, byte for byte, and what they look like when they are well.

use crate::Faults;
use crate::memory::{Full, Pages};
use crate::queue::{self as jobs, Queue};
use crate::retries::Client;
use crate::session::{Refused, Session};
use crate::upstream::{Answer, Failure, Upstream};
use std::time::Duration;
use tokio_postgres::{Error, Transaction};

#[path = "../faults/fault_api.txt"]
mod api;
#[path = "../faults/fault_db.txt"]
mod db;
#[path = "../faults/fault_memory.txt"]
mod memory;
#[path = "../faults/fault_queue.txt"]
mod queue;
#[path = "../faults/fault_retry_storm.txt"]
mod retry_storm;
#[path = "../faults/fault_session.txt"]
mod session;
#[path = "../faults/fault_sql.txt"]
mod sql;

pub(super) const ORIGINAL: Faults = Faults {
    sql: |transaction| Box::pin(sql::run(transaction)),
    api: |upstream| Box::pin(api::run(upstream)),
    db: |transaction| Box::pin(db::run(transaction)),
    memory: |pages| Box::pin(memory::run(pages)),
    session: |session| Box::pin(session::run(session)),
    retry_storm: |client| Box::pin(retry_storm::run(client)),
    queue: |queue| Box::pin(queue::run(queue)),
};

pub(super) const CURED: Faults = Faults {
    sql: |transaction| Box::pin(run_well(transaction)),
    api: |upstream| Box::pin(ask_well(upstream)),
    db: |transaction| Box::pin(fit(transaction)),
    memory: |pages| Box::pin(keep_few(pages)),
    session: |session| Box::pin(renew_in_time(session)),
    retry_storm: |client| Box::pin(ask_sparingly(client)),
    queue: |queue| Box::pin(wait_for_room(queue)),
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

async fn keep_few(pages: &Pages) -> Result<(), Full> {
    (1..=Pages::OF_A_REPORT).try_for_each(|number| pages.bounded().keep(number, pages.make(number)))
}

async fn renew_in_time(session: &Session) -> Result<(), Refused> {
    let token = session.log_in().await?;
    for part in 1..=Session::PARTS {
        session.renewing().send(part, &token).await?;
    }
    Ok(())
}

async fn ask_sparingly(client: &Client) -> Result<Answer, Failure> {
    let mut answer = client.sparing().fetch("/busy").await;
    for _ in 0..30 {
        if answer.is_err() {
            answer = client.sparing().fetch("/busy").await;
        }
    }
    answer
}

async fn wait_for_room(queue: &Queue) -> Result<(), jobs::Full> {
    for number in 1..=Queue::JOBS_OF_AN_ORDER {
        queue.bounded().put(number).await?;
    }
    Ok(())
}
