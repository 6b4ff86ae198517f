//! `POST /test-fault/memory` and `POST /test-fault/queue`: what grows, what eases it, and what holds it.

use super::bodies::{CURED, ORIGINAL};
use super::double::Mood;
use super::harness::{Answer, Bench, NOBODY, database, eventually};
use crate::Faults;
use actix_web::test::TestRequest;
use serde_json::json;

const MEMORY: &str = "/test-fault/memory";
const QUEUE: &str = "/test-fault/queue";
const LEVER: &str = "/test-fault/levers/drop-caches";
const IDLE: Mood = Mood::Says(200, "{}");

async fn pull(bench: &Bench, on: bool) {
    let answer = bench.ask(TestRequest::put().uri(LEVER).set_json(json!({ "on": on }))).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "on": on })));
    assert_eq!(bench.ask(TestRequest::get().uri(LEVER)).await.body, json!({ "on": on }));
}

#[track_caller]
fn is_fault(bench: &Bench, answer: &Answer, code: &str, marker: &str, reason: &str) {
    assert_eq!((answer.status, &answer.body["code"]), (503, &json!(code)), "{answer:?}");
    bench.is_reported(answer, marker, reason);
}

#[tokio::test]
async fn the_original_keeps_every_page_until_none_is_taken_and_the_lever_lets_go_of_them() {
    let bench = Bench::new(ORIGINAL, NOBODY, IDLE);
    for _ in 0..2 {
        let answer = bench.post(MEMORY).await;
        is_fault(&bench, &answer, "memory_limit", "FAULT_MEMORY_PRESSURE", "limit_near");
        assert_eq!(bench.app.cache.kept_mib(), 64, "what was kept stays, and no more comes to it");
    }
    pull(&bench, true).await;
    assert_eq!(bench.app.cache.kept_mib(), 0);
    let eased = bench.post(MEMORY).await;
    assert_eq!(eased.body["code"], "database_unreachable", "nothing is kept, so nothing is refused: {eased:?}");
    pull(&bench, false).await;
    is_fault(&bench, &bench.post(MEMORY).await, "memory_limit", "FAULT_MEMORY_PRESSURE", "limit_near");
}

#[tokio::test]
async fn the_cured_body_keeps_a_few_pages_however_often_it_is_asked() {
    let Some(database) = database() else { return };
    let bench = Bench::new(CURED, &database, IDLE);
    for _ in 0..3 {
        let answer = bench.post(MEMORY).await;
        assert_eq!((answer.status, &answer.body), (200, &json!({ "ok": true, "made": 24, "put": 24, "kept_mib": 16 })));
    }
    assert_eq!(bench.reports(), 0);
}

#[tokio::test]
async fn a_body_that_says_nothing_of_a_refusal_is_the_fault_all_the_same() {
    let memory: Faults = Faults {
        memory: |pages| {
            Box::pin(async {
                (0..20).for_each(|number| _ = pages.keep(number, pages.make(number)));
                Ok(())
            })
        },
        ..CURED
    };
    let bench = Bench::new(memory, NOBODY, IDLE);
    is_fault(&bench, &bench.post(MEMORY).await, "memory_limit", "FAULT_MEMORY_PRESSURE", "limit_near");
}

#[tokio::test]
async fn the_original_puts_more_jobs_than_may_wait_and_they_are_worked_off_all_the_same() {
    let bench = Bench::new(ORIGINAL, NOBODY, IDLE);
    is_fault(&bench, &bench.post(QUEUE).await, "queue_full", "FAULT_QUEUE_BACKLOG", "backlog");
    let pressure = || TestRequest::get().uri("/test-fault/pressure/queue");
    assert_eq!(bench.ask(pressure()).await.status, 503);
    eventually("the jobs are done", async || (bench.app.line.depth() == 0).then_some(())).await;
    assert_eq!(bench.ask(pressure()).await.body, json!({ "ok": true, "count": 0 }));
}

#[tokio::test]
async fn the_cured_body_waits_for_room_and_every_job_is_done() {
    let Some(database) = database() else { return };
    let bench = Bench::new(CURED, &database, IDLE);
    let (one, two) = futures_util::future::join(bench.post(QUEUE), bench.post(QUEUE)).await;
    for answer in [one, two] {
        let wanted = json!({ "ok": true, "put": 160, "done": 160, "within_bound": true });
        assert_eq!((answer.status, &answer.body), (200, &wanted), "{answer:?}");
    }
    assert_eq!(bench.reports(), 0);
}

#[tokio::test]
async fn an_unknown_lever_and_a_body_that_pulls_nothing_are_refused() {
    let bench = Bench::new(CURED, NOBODY, IDLE);
    let wrong = bench.ask(TestRequest::put().uri(LEVER).set_payload("on")).await;
    assert_eq!((wrong.status, &wrong.body["code"]), (400, &json!("bad_request")), "{wrong:?}");
    for path in ["/test-fault/levers/other", "/test-fault/pressure/other"] {
        let unknown = bench.ask(TestRequest::get().uri(path)).await;
        assert_eq!((unknown.status, &unknown.body["code"]), (404, &json!("not_found")), "{unknown:?}");
    }
}
