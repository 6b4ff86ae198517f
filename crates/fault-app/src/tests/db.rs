//! `POST /test-fault/db-timeout` and `POST /test-fault/pool`, on a real PostgreSQL.

use super::bodies::{CURED, ORIGINAL};
use super::double::Mood;
use super::harness::{Bench, NOBODY, database, eventually};
use crate::Faults;
use crate::database::{CONNECTIONS, SLOW_CONNECTIONS};
use actix_web::test::TestRequest;
use futures_util::future::{join, join_all, select};
use serde_json::json;
use tokio_postgres::NoTls;

const LONG: &str = "/test-fault/db-timeout";
const POOL: &str = "/test-fault/pool";
const IDLE: Mood = Mood::Says(200, "{}");

#[tokio::test]
async fn the_original_is_stopped_by_the_server_and_marked() {
    let Some(database) = database() else { return };
    let bench = Bench::new(ORIGINAL, &database, IDLE);
    let answer = bench.post(LONG).await;
    assert_eq!((answer.status, &answer.body["code"]), (500, &json!("internal")), "{answer:?}");
    let line = bench.is_reported(&answer, "FAULT_DB_TIMEOUT", "statement_timeout").to_string().to_lowercase();
    for detail in ["pg_sleep", "select", "5500", "57014"] {
        assert!(!line.contains(detail) && !answer.body.to_string().contains(detail), "{detail} in {line}");
    }
}

#[tokio::test]
async fn a_query_that_fits_its_time_out_is_answered() {
    let Some(database) = database() else { return };
    let bench = Bench::new(CURED, &database, IDLE);
    let answer = bench.post(LONG).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "ok": true })));
    assert_eq!(bench.reports(), 0);
}

#[tokio::test]
async fn a_query_without_a_time_out_is_given_up_and_stopped() {
    let Some(database) = database() else { return };
    let bench = Bench::new(Faults { db: |transaction| Box::pin(endless_query(transaction)), ..CURED }, &database, IDLE);
    let replay = TestRequest::post().uri(LONG).insert_header(("x-kintsugi-replay", "kr-endless"));
    let answer = bench.ask(replay).await;
    assert_eq!(answer.status, 500, "{answer:?}");
    assert_eq!(bench.app.database.usage().in_use, 0);

    let (client, connection) = tokio_postgres::connect(&database, NoTls).await.unwrap();
    tokio::spawn(connection);
    eventually("the server has stopped it", async || {
        let query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kr-endless'";
        let left: i64 = client.query_one(query, &[]).await.unwrap().get(0);
        (left == 0).then_some(())
    })
    .await;
}

async fn endless_query(transaction: &tokio_postgres::Transaction<'_>) -> Result<(), tokio_postgres::Error> {
    transaction.batch_execute("SET LOCAL statement_timeout = 0; SELECT pg_sleep(60)").await
}

#[tokio::test]
async fn more_holders_than_connections_fail_fast_and_leave_some_to_others() {
    let Some(database) = database() else { return };
    let bench = Bench::new(CURED, &database, IDLE);
    let holders = join_all((0..CONNECTIONS + 2).map(|_| bench.post(POOL)));
    let others = async {
        eventually("the pool is exhausted", async || (bench.app.database.usage().exhausted > 0).then_some(())).await;
        assert_eq!(bench.app.database.usage().slow, SLOW_CONNECTIONS);
        let state = bench.ask(TestRequest::get().uri("/test-fault/state")).await.body;
        assert_eq!(state["pool"]["slow"], json!({ "connections": SLOW_CONNECTIONS, "in_use": SLOW_CONNECTIONS }));
        bench.post("/test-fault/run").await
    };
    let (answers, other) = join(holders, others).await;
    assert_eq!(other.status, 200, "quick work finds a connection: {other:?}");
    let (held, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((held.len(), refused.len()), (SLOW_CONNECTIONS, CONNECTIONS + 2 - SLOW_CONNECTIONS), "{answers:?}");
    for answer in refused {
        assert_eq!((answer.status, &answer.body["code"]), (503, &json!("pool_exhausted")), "{answer:?}");
        assert_eq!(answer.retry_after, Some(1), "{answer:?}");
        bench.is_reported(answer, "FAULT_DB_POOL_EXHAUSTED", "pool_exhausted");
    }
    assert_eq!(bench.app.database.usage().in_use, 0);
}

#[tokio::test]
async fn a_caller_who_goes_away_frees_no_connection_that_the_server_still_holds() {
    let Some(database) = database() else { return };
    let bench = Bench::new(CURED, &database, IDLE);
    let held = eventually("a connection is held", async || (bench.app.database.usage().slow == 1).then_some(()));
    drop(select(Box::pin(bench.post(POOL)), Box::pin(held)).await);
    assert_eq!(bench.app.database.usage().slow, 1);
    eventually("the work has ended", async || (bench.app.database.usage().in_use == 0).then_some(())).await;
}

#[tokio::test]
async fn an_absent_database_is_neither_fault() {
    let bench = Bench::new(ORIGINAL, NOBODY, IDLE);
    for path in [LONG, POOL] {
        let answer = bench.post(path).await;
        assert_eq!((answer.status, &answer.body["code"]), (503, &json!("database_unreachable")), "{answer:?}");
    }
    assert_eq!(bench.reports(), 0);
}
