//! Hand-overs: taken once, brought together with their incident, repeated when it is healed, answered in time.

use crate::callee::Callee;
use crate::setup::{FAULTS, Fixture, TARGET, beside, detection, start_with};
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use incident_store::Settings;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{eventually, token};
use wire::event::{Body, EscalationReason};
use wire::handover::{Handover, Outcome, State};
use wire::target::Handing;

const PATH: &str = "/v1/operations";
const LIMIT: Duration = Duration::from_secs(20);

/// A store whose first target takes hand-overs, repeated at a callee.
async fn start(callee: &Callee) -> Fixture {
    start_patient(callee, 2_000).await
}

/// The same, where a call may take so long.
async fn start_patient(callee: &Callee, timeout_ms: u64) -> Fixture {
    start_as(callee, timeout_ms, |_| {}).await
}

/// The same with other settings.
async fn start_changed(callee: &Callee, change: impl FnOnce(&mut Settings)) -> Fixture {
    start_as(callee, 2_000, change).await
}

async fn start_as(callee: &Callee, timeout_ms: u64, change: impl FnOnce(&mut Settings)) -> Fixture {
    let base_url = callee.url.clone();
    start_with(move |parts| {
        let (methods, paths) = (vec!["GET".into(), "POST".into()], vec!["/orders".into()]);
        let handing = Handing { base_url, methods, paths, timeout_ms, severity: Default::default() };
        parts.catalogue.get_mut(&TARGET.parse().unwrap()).unwrap().handover = Some(handing);
        parts.settings.handovers_per_caller = 3;
        parts.settings.handovers = 4;
        change(&mut parts.settings);
    })
    .await
}

fn failed(store: &Fixture, key: &str) -> Value {
    json!({"target": TARGET, "idempotency_key": key, "call": {"method": "GET", "path": "/orders/7?all=1"},
        "failure": {"status": 500, "error": "no order", "at": store.now()}})
}

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[key] = value;
    body
}

async fn taken(store: &Fixture, body: &Value) -> Handover {
    let (status, answer) = store.post(PATH, "caller", body).await;
    assert_eq!(status, 202, "{answer}");
    serde_json::from_value(answer).unwrap()
}

async fn read(store: &Fixture, handover: &Handover) -> Handover {
    let (status, answer) = store.get(&format!("{PATH}/{}", handover.id), "caller").await;
    assert_eq!(status, 200, "{answer}");
    serde_json::from_value(answer).unwrap()
}

async fn answered(store: &Fixture, handover: &Handover) -> Handover {
    eventually("it is answered", LIMIT, async || {
        Some(read(store, handover).await).filter(|handover| handover.state == State::Ended)
    })
    .await
}

async fn linked(store: &Fixture, handover: &Handover) -> Handover {
    eventually("its incident is found", LIMIT, async || {
        Some(read(store, handover).await).filter(|handover| handover.incident.is_some())
    })
    .await
}

/// Ends the incident as over by itself: a call may succeed again.
async fn recovers(store: &Fixture) {
    let lease = store.lease().await.unwrap();
    let (verdict, why) = (wire::plan::Verdict::Recovered, "over by itself".to_owned());
    store.append(&lease, 2, Body::Dismissed { verdict, why }).await.unwrap();
}

/// The name of an occurrence whose incident is resolved.
async fn resolved(store: &Fixture) -> Value {
    let fault = detection(TARGET, FAULTS[0], store.now());
    store.router.report(&fault).await.unwrap();
    let lease = store.lease().await.unwrap();
    store.resolve(&lease, 2).await;
    json!(fault.event_id)
}

/// A frame's id, name and data.
type Frame = (u32, String, Value);

async fn stream(store: &Fixture, handover: &Handover, last: Option<&str>) -> Vec<Frame> {
    let url = format!("{}{PATH}/{}", store.base, handover.id);
    let mut request = reqwest::Client::new().get(url).bearer_auth(token("caller"));
    request = request.header("accept", "text/event-stream").timeout(LIMIT);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
    frames(&answer.text().await.unwrap())
}

fn frames(text: &str) -> Vec<Frame> {
    let frame = |frame: &str| {
        let part = |name: &str| frame.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        let data = serde_json::from_str(part("data")?).unwrap();
        Some((part("id")?.parse().unwrap(), part("event")?.to_owned(), data))
    };
    text.split("\n\n").filter_map(frame).collect()
}

#[tokio::test]
async fn a_call_is_repeated_when_what_failed_it_is_healed_and_its_caller_hears_all_of_it() {
    let callee = Callee::start(&[(200, "order 7")]);
    let store = start(&callee).await;
    let fault = detection(TARGET, FAULTS[0], store.now());
    let incident = store.router.report(&fault).await.unwrap().incident;
    let body = with(failed(&store, "k"), "/failure/event_id", json!(fault.event_id));
    let body = with(body, "/call/headers", json!({"accept": "text/plain"}));
    let handover = taken(&store, &body).await;
    let (told, ()) = tokio::join!(stream(&store, &handover, None), async {
        assert_eq!(linked(&store, &handover).await.incident, Some(incident));
        recovers(&store).await;
    });
    let ended = answered(&store, &handover).await;
    let answer = ended.answer.unwrap();
    assert_eq!((answer.outcome, answer.mitigated), (Outcome::Succeeded, false));
    let response = answer.response.unwrap();
    assert_eq!((response.status, response.body.as_str()), (200, "order 7"));
    assert!(response.headers.contains_key("content-type") && !response.headers.contains_key("set-cookie"));
    let came = callee.came();
    assert_eq!((came.len(), came[0].line.as_str()), (1, "GET /orders/7?all=1 HTTP/1.1"));
    assert_eq!((came[0].header("accept"), came[0].header("authorization")), (Some("text/plain"), None));
    let names: Vec<&str> = told.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(names[0], "healing_started");
    assert_eq!(names[names.len() - 2..], ["healing_retrying", "healing_succeeded"], "{names:?}");
    assert_eq!(told.last().unwrap().2["answer"]["response"]["body"], "order 7");
    let places: Vec<u32> = told.iter().map(|(place, ..)| *place).collect();
    assert_eq!(places, (1..=told.len() as u32).collect::<Vec<_>>(), "without a gap");
    assert_eq!(stream(&store, &handover, Some("2")).await, told[2..], "who comes back gets the rest");
    assert_eq!(stream(&store, &handover, Some(&told.len().to_string())).await, [], "who knows all gets the end");
    let request = reqwest::Client::new().get(format!("{}{PATH}/{}", store.base, handover.id));
    let request = request.bearer_auth(token("caller")).header("accept", "text/event-stream");
    let unknown = request.header("last-event-id", "99").send().await.unwrap();
    assert_eq!(unknown.status(), 400, "nobody was told of that one");
}

#[tokio::test]
async fn the_same_key_is_the_same_call_and_another_call_under_it_a_conflict() {
    let store = start(&Callee::start(&[])).await;
    let body = failed(&store, "k");
    let first = taken(&store, &body).await;
    assert_eq!(taken(&store, &body).await.id, first.id);
    let (status, problem) = store.post(PATH, "caller", &with(body.clone(), "/call/path", json!("/orders/8"))).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("key_conflict")), "{problem}");
    let (status, of_another) = store.post(PATH, "operator", &body).await;
    assert_eq!(status, 202);
    assert_ne!(of_another["id"], json!(first.id), "a key is its caller's");
    let path = format!("{PATH}/{}", first.id);
    assert_eq!(store.get(&path, "operator").await.0, 200, "an operator may read it");
    let of_another = format!("{PATH}/{}", of_another["id"].as_str().unwrap());
    assert_eq!(store.get(&of_another, "caller").await.0, 404, "another caller may not");
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_with_what_would_be_right() {
    let store = start(&Callee::start(&[])).await;
    let body = || failed(&store, "k");
    let late = store.now() + chrono::TimeDelta::minutes(2);
    let refused = [
        ("/target", json!("nobody"), 422, "known: first"),
        ("/target", json!("second"), 422, "[handover]"),
        ("/call/path", json!("/admin"), 422, "/orders"),
        ("/call/path", json!("/ordersx"), 422, "/orders"),
        ("/call/method", json!("DELETE"), 422, "methods"),
        ("/call/method", json!("TRACE"), 400, "must be one of"),
        ("/call/path", json!("/orders/../developer/incidents/reset"), 400, ".."),
        ("/call/path", json!("/orders/%2e%2e/x"), 400, ".."),
        ("/call/path", json!("http://elsewhere/orders"), 400, "no host"),
        ("/call/path", json!("/orders/a b"), 400, "percent-encoded"),
        ("/call/path", json!("/developer/incidents"), 400, "the platform's own"),
        ("/call/host", json!("elsewhere"), 400, "host"),
        ("/call/headers", json!({"authorization": "Bearer x"}), 400, "holds a secret"),
        ("/call/headers", json!({"x-other": "1"}), 400, "only accept"),
        ("/call/headers", json!({"accept": "a\r\nb: c"}), 400, "visible"),
        ("/call/body", json!("x"), 400, "must be empty"),
        ("/failure/status", json!(200), 400, "no failure"),
        ("/failure/at", json!(late), 400, "within the last 60 minutes"),
        ("/idempotency_key", json!("a key"), 400, "1 to 128"),
        ("/idempotency_key", json!(""), 400, "1 to 128"),
    ];
    for (pointer, value, wanted, part) in refused {
        let (status, problem) = store.post(PATH, "caller", &with(body(), pointer, value.clone())).await;
        let message = problem["message"].as_str().unwrap_or_default();
        assert!(status == wanted && message.contains(part), "{pointer} = {value}: {status} {message}");
    }
    let silent = with(with(body(), "/failure/status", Value::Null), "/failure/error", Value::Null);
    assert_eq!(store.post(PATH, "caller", &silent).await.0, 400);
    let path = format!("{PATH}/00000000-0000-7000-8000-000000000000");
    assert_eq!(store.get(&path, "caller").await.0, 404);
}

#[tokio::test]
async fn there_are_no_more_open_than_may_be_of_one_caller_and_of_all() {
    let store = start(&Callee::start(&[])).await;
    for key in ["a", "b", "c"] {
        taken(&store, &failed(&store, key)).await;
    }
    let (status, problem) = store.post(PATH, "caller", &failed(&store, "d")).await;
    assert_eq!((status, problem["code"].as_str()), (429, Some("too_many")), "{problem}");
    assert_eq!(store.post(PATH, "operator", &failed(&store, "d")).await.0, 202);
    let request = reqwest::Client::new().post(format!("{}{PATH}", store.base)).bearer_auth(token("kintsugi"));
    let answer = request.json(&failed(&store, "e")).send().await.unwrap();
    assert_eq!(answer.status(), 429, "four are open, whoever asks");
    assert!(answer.headers().contains_key("retry-after"));
    taken(&store, &failed(&store, "a")).await;
}

#[tokio::test]
async fn of_one_caller_only_the_newest_answers_are_kept() {
    let store = start_changed(&Callee::start(&[]), |settings| settings.handovers_kept_per_caller = 2).await;
    let mut ids = Vec::new();
    for key in ["a", "b", "c", "d"] {
        let (status, answer) =
            store.post(PATH, "caller", &with(failed(&store, key), "/failure/status", json!(404))).await;
        assert!(matches!(status, 200 | 202), "it may have its answer already: {answer}");
        let handover: Handover = serde_json::from_value(answer).unwrap();
        answered(&store, &handover).await;
        store.pass(1);
        ids.push(handover.id);
    }
    let (status, _) = store.post(PATH, "operator", &failed(&store, "e")).await;
    assert_eq!(status, 202, "another caller's");
    let mut statuses = Vec::new();
    for id in ids {
        statuses.push(store.get(&format!("{PATH}/{id}"), "caller").await.0);
    }
    assert_eq!(statuses, [404, 200, 200, 200], "two are kept when the next one comes");
}

#[tokio::test]
async fn one_callers_streams_leave_a_place_for_anothers() {
    let store = start(&Callee::start(&[])).await;
    let handover = taken(&store, &failed(&store, "k")).await;
    let listen = |who: &'static str| {
        let request = reqwest::Client::new().get(format!("{}{PATH}/{}", store.base, handover.id));
        request.bearer_auth(token(who)).header("accept", "text/event-stream").send()
    };
    let mut open = Vec::new();
    for _ in 0..12 {
        open.push(listen("caller").await.unwrap().error_for_status().unwrap());
    }
    assert_eq!(listen("caller").await.unwrap().status(), 503, "three hand-overs, four streams each");
    assert_eq!(listen("operator").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_failure_that_nobody_reported_becomes_an_incident_by_what_it_says_or_of_its_own_kind() {
    let store = start(&Callee::start(&[])).await;
    let body = with(failed(&store, "marked"), "/failure/error", json!("it said: B, password=hunter2"));
    let marked = linked(&store, &taken(&store, &body).await).await;
    let incident = store.operator.incident(marked.incident.unwrap()).await.unwrap();
    assert_eq!(incident.code.as_str(), FAULTS[1]);
    assert!(!serde_json::to_string(&incident).unwrap().contains("hunter2"), "{incident:?}");
    let body = with(failed(&store, "own"), "/failure/error", json!("a word ABBA is no marker"));
    let own = linked(&store, &taken(&store, &body).await).await;
    let incident = store.operator.incident(own.incident.unwrap()).await.unwrap();
    assert!(incident.code.is_unmarked(), "{}", incident.code);
    assert!(incident.detection.message.contains("GET /orders/7"), "{}", incident.detection.message);
    let again = linked(&store, &taken(&store, &failed(&store, "again")).await).await;
    assert_eq!(again.incident, own.incident, "the same call that fails alike is one incident");
    assert_eq!(store.operator.incident(own.incident.unwrap()).await.unwrap().occurrences, 2);
}

#[tokio::test]
async fn what_is_not_healed_is_answered_with_a_diagnosis() {
    let callee = Callee::start(&[]);
    let store = start(&callee).await;
    let handover = linked(&store, &taken(&store, &failed(&store, "k")).await).await;
    let lease = store.lease().await.unwrap();
    let diagnosis = "No remedy is known for this symptom.".to_owned();
    store.append(&lease, 2, Body::Escalated { reason: EscalationReason::NoRemedy, diagnosis }).await.unwrap();
    let answer = answered(&store, &handover).await.answer.unwrap();
    assert_eq!((answer.outcome, answer.response), (Outcome::Failed, None));
    let diagnosis = answer.diagnosis.unwrap();
    assert_eq!((diagnosis.incident, diagnosis.status.unwrap().as_str()), (handover.incident, "escalated"));
    assert!(diagnosis.detail.contains("No remedy is known"), "{diagnosis:?}");
    assert!(diagnosis.evidence[0].contains("GET /orders/7") && diagnosis.advice.contains("kintsugi incidents show"));
    assert_eq!(callee.came(), [], "nothing was sent");
}

#[tokio::test]
async fn a_call_that_the_target_refused_is_answered_at_once_and_is_nobodys_incident() {
    let store = start(&Callee::start(&[])).await;
    let refused = with(failed(&store, "k"), "/failure/status", json!(422));
    let handover = taken(&store, &refused).await;
    let ended = answered(&store, &handover).await;
    let answer = ended.answer.unwrap();
    assert_eq!((answer.outcome, ended.incident, ended.attempts.len()), (Outcome::Failed, None, 0));
    assert!(answer.message.contains("mend the call"), "{}", answer.message);
    assert!(answer.diagnosis.unwrap().evidence[0].contains("status 422"));
    assert_eq!(store.operator.incidents(10, true).await.unwrap().incidents, [], "nobody is called");
}

/// A call that failed by its own word a second after its fault was healed, and the fault's incident.
async fn late(store: &Fixture, body: Value) -> (Value, wire::IncidentId) {
    let fault = detection(TARGET, FAULTS[1], store.now());
    let incident = store.router.report(&fault).await.unwrap().incident;
    let lease = store.lease().await.unwrap();
    store.resolve(&lease, 2).await;
    store.pass(1);
    let body = with(body, "/failure/at", json!(store.now()));
    (with(body, "/failure/error", json!("it said: B")), incident)
}

#[tokio::test]
async fn what_was_healed_before_a_late_hand_over_stays_so_when_the_call_is_answered_well() {
    let store = start(&Callee::start(&[(200, "order 7")])).await;
    let (body, incident) = late(&store, failed(&store, "k")).await;
    let handover = taken(&store, &body).await;
    let ended = answered(&store, &handover).await;
    assert_eq!((ended.incident, ended.answer.unwrap().outcome), (Some(incident), Outcome::Succeeded));
    assert!(!store.kinds(incident).await.contains(&"reopened"));
}

#[tokio::test]
async fn what_was_healed_before_is_opened_again_when_the_call_fails_again_or_may_not_be_repeated() {
    let callee = Callee::start(&[(500, "still")]);
    let store = start(&callee).await;
    let (body, incident) = late(&store, failed(&store, "k")).await;
    let handover = taken(&store, &body).await;
    eventually("it is opened again", LIMIT, async || store.kinds(incident).await.contains(&"reopened").then_some(()))
        .await;
    assert_eq!((read(&store, &handover).await.incident, callee.came().len()), (Some(incident), 1));

    let store = start(&callee).await;
    let (body, incident) = late(&store, order(&store, false)).await;
    taken(&store, &body).await;
    eventually("it is opened again", LIMIT, async || store.kinds(incident).await.contains(&"reopened").then_some(()))
        .await;
    assert_eq!(callee.came().len(), 1, "it may only be carried out once");
}

#[tokio::test]
async fn it_is_answered_in_time_also_over_a_restart() {
    let store = start(&Callee::start(&[])).await;
    let handover = linked(&store, &taken(&store, &failed(&store, "k")).await).await;
    store.lease().await.unwrap();
    store.stop.now();
    // So little is left that nothing is begun any more.
    store.clock.advance(chrono::TimeDelta::milliseconds(109_400));
    let store = beside(&store).await;
    let ended = answered(&store, &handover).await;
    let ended_at = ended.notices.last().unwrap().at;
    assert!(ended_at < ended.deadline, "{ended_at} is not before {}", ended.deadline);
    let answer = ended.answer.unwrap();
    assert_eq!(answer.outcome, Outcome::Failed);
    assert!(answer.message.contains("not healed in time"), "{}", answer.message);
    assert!(answer.diagnosis.unwrap().advice.contains("still worked on"));
}

#[tokio::test]
async fn a_report_that_has_to_wait_keeps_no_other_hand_over_waiting() {
    let store =
        start_changed(&Callee::start(&[(200, "order 7")]), |settings| settings.database_limit_ms = 60_000).await;
    let incident = store.fault(FAULTS[1]).await.incident;
    let mut other = store.sql().await;
    let lock = format!("BEGIN; SELECT 1 FROM incidents WHERE id = '{incident}' FOR UPDATE");
    other.batch_execute(&lock).await.unwrap();
    let stuck = with(failed(&store, "stuck"), "/failure/error", json!("it said: B"));
    let stuck = taken(&store, &stuck).await;
    let named = with(failed(&store, "named"), "/failure/event_id", resolved(&store).await);
    let named = taken(&store, &named).await;
    assert_eq!(answered(&store, &named).await.answer.unwrap().outcome, Outcome::Succeeded);
    assert_eq!(read(&store, &stuck).await.incident, None, "it still waits");
    other.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(linked(&store, &stuck).await.incident, Some(incident));
}

#[tokio::test]
async fn two_replicas_send_a_call_once() {
    let callee = Callee::start(&[(200, "one"), (200, "two")]);
    let store = start(&callee).await;
    let other = beside(&store).await;
    let handover = linked(&store, &taken(&store, &failed(&store, "k")).await).await;
    recovers(&other).await;
    let answer = answered(&other, &handover).await.answer.unwrap();
    assert_eq!((answer.response.unwrap().body.as_str(), callee.came().len()), ("one", 1));
}

fn order(store: &Fixture, repeatable: bool) -> Value {
    let call = json!({"method": "POST", "path": "/orders", "body": "{\"n\":1}",
        "headers": {"content-type": "application/json"}});
    with(with(failed(store, "k"), "/call", call), "/repeatable", json!(repeatable))
}

#[tokio::test]
async fn what_may_only_be_carried_out_once_is_not_sent_again() {
    let callee = Callee::start(&[(200, "no")]);
    let store = start(&callee).await;
    let body = with(order(&store, false), "/failure/event_id", resolved(&store).await);
    let handover = taken(&store, &body).await;
    let answer = answered(&store, &handover).await.answer.unwrap();
    assert_eq!(answer.outcome, Outcome::NotRetried);
    assert!(answer.diagnosis.unwrap().advice.contains("make it again"));
    assert_eq!(callee.came(), []);
}

#[derive(diesel::QueryableByName)]
struct Kept {
    #[diesel(sql_type = Text)]
    request: String,
}

#[tokio::test]
async fn a_repeatable_call_is_sent_with_its_key_again_after_a_failure_and_its_body_is_not_kept() {
    let callee = Callee::start(&[(503, "not yet"), (201, "made")]);
    let store = start(&callee).await;
    let handover = linked(&store, &taken(&store, &order(&store, true)).await).await;
    recovers(&store).await;
    eventually("it was sent once", LIMIT, async || {
        let attempts = read(&store, &handover).await.attempts;
        attempts.iter().find_map(|attempt| attempt.status)
    })
    .await;
    store.pass(5);
    let ended = answered(&store, &handover).await;
    let statuses: Vec<_> = ended.attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [Some(503), Some(201)]);
    for came in callee.came() {
        assert_eq!((came.body.as_str(), came.header("idempotency-key")), ("{\"n\":1}", Some("k")));
    }
    let sql = "SELECT request::text AS request FROM handovers";
    let kept: Kept = diesel::sql_query(sql).get_result(&mut store.sql().await).await.unwrap();
    assert!(!kept.request.contains("\\\"n\\\"") && !kept.request.contains("content-type"), "{}", kept.request);
    let (status, again) = store.call(Method::POST, PATH, "caller", Some(order(&store, true).to_string())).await;
    assert_eq!((status, again["answer"]["response"]["body"].as_str()), (200, Some("made")), "{again}");
}

#[tokio::test]
async fn after_two_repetitions_that_fail_the_answer_is_a_diagnosis() {
    let callee = Callee::start(&[(500, "still"), (500, "still")]);
    let store = start(&callee).await;
    let body = with(failed(&store, "k"), "/failure/event_id", resolved(&store).await);
    let handover = taken(&store, &body).await;
    eventually("it was sent once", LIMIT, async || (callee.came().len() == 1).then_some(())).await;
    let ended = eventually("it is answered", LIMIT, async || {
        store.pass(1);
        Some(read(&store, &handover).await).filter(|handover| handover.state == State::Ended)
    })
    .await;
    let answer = ended.answer.unwrap();
    assert_eq!((answer.outcome, ended.attempts.len(), callee.came().len()), (Outcome::Failed, 2, 2));
    let tried = answer.diagnosis.unwrap().tried;
    assert!(tried.iter().any(|tried| tried.contains("Repetition 2 was answered with 500")), "{tried:?}");
}

#[tokio::test]
async fn an_outcome_that_nobody_knows_counts_and_after_the_last_one_that_is_said() {
    let callee = Callee::start(&[(Callee::SILENT, "")]);
    let store = start_patient(&callee, 30_000).await;
    let body = with(failed(&store, "k"), "/failure/event_id", resolved(&store).await);
    let handover = taken(&store, &body).await;
    for number in 1..=2 {
        eventually("it is on its way", LIMIT, async || {
            let attempts = read(&store, &handover).await.attempts;
            (attempts.len() == number).then_some(())
        })
        .await;
        // Whoever waited for the outcome would have had it by now; and then it is well for long enough to be repeated.
        store.pass(31);
        eventually("it is given up", LIMIT, async || {
            read(&store, &handover).await.attempts.iter().all(|attempt| attempt.unknown).then_some(())
        })
        .await;
        store.pass(5);
    }
    let answer = answered(&store, &handover).await.answer.unwrap();
    assert_eq!(answer.outcome, Outcome::Unverified);
    assert!(answer.diagnosis.unwrap().advice.contains("Find out whether the call was carried out"));
}
