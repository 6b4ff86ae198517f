//! `POST /test-fault/retry-storm`: an upstream that is asked until it answers.

use super::{away, value};
use crate::app::App;
use crate::incident::{Fault, record, unavailable};
use crate::request::Caller;
use crate::retries::{Client, STORM};
use crate::upstream::{Failure, Kind, Upstream};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use tokio::time::timeout;

/// Marks the log line of the request that called too often.
const MARKER: &str = "FAULT_RETRY_STORM";
/// In the run folder: whether the upstream may be called.
const REGISTRY: &str = "upstream.json";

pub(crate) async fn call_until_it_answers(app: Data<App>, caller: Caller) -> HttpResponse {
    let upstream = Upstream::new(app.upstream.clone(), &caller);
    // A replay goes through: it is how somebody finds out whether all is well again.
    let shut = caller.replay_id().is_none() && app.run.is_shut(REGISTRY);
    let client = Client::new(upstream, app.gauge.clone(), shut);
    let answer = timeout(super::CALL_LIMIT, (app.faults.retry_storm)(&client)).await;
    let (answer, calls) = (answer.unwrap_or(Err(Failure(Kind::Timeout))), client.calls());
    if calls > STORM {
        let told = ("retry_storm", "The upstream was called far too often for one request; the failure is recorded.");
        let (reason, said) = ("attempts", "one request called the upstream again and again without a pause");
        let status = StatusCode::BAD_GATEWAY;
        return record(&app, &caller, Fault { marker: MARKER, reason, said, status, told });
    }
    match (app.database.tell(caller.replay_id(), &[("upstream_calls", calls)]).await, answer) {
        (Err(failure), _) => unavailable(&app, &caller, &failure),
        (Ok(()), Ok(answer)) => value(&app, &caller, &answer),
        (Ok(()), Err(Failure(Kind::Away(wait)))) => away(&app, &caller, wait),
        (Ok(()), Err(_)) => away(&app, &caller, 1_000),
    }
}
