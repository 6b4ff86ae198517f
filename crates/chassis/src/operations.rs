//! The receiving side of the operations protocol (see [`wire::operation`]): begin or find, run, tell progress, wait.

mod failure;

pub use failure::{KeyConflict, OperationFailed};

use crate::clock::SharedClock;
use crate::stop::Stop;
use crate::telemetry;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use wire::model::ModelCall;
use wire::operation::{MAX_WAIT_MS, Operation, State, Wait};
use wire::span::{Progress, Span, SpanKind, Stage};
use wire::{Digest, OperationKey};

/// How many operations are remembered; ended ones are forgotten first, the oldest first.
const MAX_REMEMBERED: usize = 1_000;
/// How many signs of progress one operation keeps.
const MAX_PROGRESS: usize = 500;

/// The operations of one service. Cheap to clone.
pub struct Operations<T> {
    entries: Arc<Mutex<HashMap<OperationKey, Entry<T>>>>,
    clock: SharedClock,
    stop: Stop,
}

impl<T> Clone for Operations<T> {
    fn clone(&self) -> Self {
        Self { entries: Arc::clone(&self.entries), clock: Arc::clone(&self.clock), stop: self.stop.clone() }
    }
}

impl<T> std::fmt::Debug for Operations<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Operations")
    }
}

struct Entry<T> {
    task: Digest,
    begun: DateTime<Utc>,
    view: watch::Receiver<Operation<T>>,
}

/// What a running operation tells of itself.
#[derive(Clone)]
pub struct Reporter {
    tell: Arc<dyn Fn(Progress) + Send + Sync>,
    clock: SharedClock,
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reporter")
    }
}

impl Reporter {
    /// A reporter that nobody listens to.
    pub fn silent(clock: SharedClock) -> Self {
        Self { tell: Arc::new(|_| {}), clock }
    }
    /// Passes a sign of progress on, as another service told it.
    pub fn pass_on(&self, progress: Progress) {
        (self.tell)(progress);
    }
    /// One line for people.
    pub fn note(&self, note: impl Into<String>) {
        self.tell_of(note.into(), None, None);
    }
    /// A stage is reached now.
    pub fn stage(&self, stage: Stage, note: impl Into<String>) {
        self.tell_of(note.into(), Some(stage), None);
    }
    /// A span that ends now; answers it for the outcome.
    pub fn span(&self, kind: SpanKind, name: &str, start: DateTime<Utc>) -> Span {
        let span = Span { kind, name: name.to_owned(), start, end: self.clock.now() };
        telemetry::record(&span);
        self.tell_of(name.to_owned(), None, Some(span.clone()));
        span
    }
    /// A language model was asked.
    pub fn call(&self, note: impl Into<String>, call: ModelCall) {
        (self.tell)(Progress { call: Some(Box::new(call)), ..Progress::note(self.clock.now(), note) });
    }
    /// Nothing will happen for a while, because somebody else asked for patience.
    pub fn delay(&self, note: impl Into<String>, pause: Duration) {
        let delay_ms = u64::try_from(pause.as_millis()).ok();
        (self.tell)(Progress { delay_ms, ..Progress::note(self.clock.now(), note) });
    }
    /// Now, by the operation's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
    fn tell_of(&self, note: String, stage: Option<Stage>, span: Option<Span>) {
        (self.tell)(Progress { stage, span, ..Progress::note(self.clock.now(), note) });
    }
}

impl<T: Clone + Send + Sync + 'static> Operations<T> {
    /// No operations yet.
    pub fn new(clock: SharedClock, stop: Stop) -> Self {
        Self { entries: Arc::default(), clock, stop }
    }

    /// Begins an operation, or finds it. `task` is the digest of what was asked.
    ///
    /// # Errors
    /// When the key was used with another task.
    pub fn begin<W, F>(&self, key: OperationKey, task: Digest, work: W) -> Result<Operation<T>, KeyConflict>
    where
        W: FnOnce(Reporter) -> F,
        F: Future<Output = Result<T, OperationFailed>> + Send + 'static,
    {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(&key) {
            let same = entry.task == task;
            return if same { Ok(entry.view.borrow().clone()) } else { Err(KeyConflict(key)) };
        }
        forget_oldest(&mut entries);
        let first = Operation { key: key.clone(), state: State::Running, progress: Vec::new() };
        let (writer, view) = watch::channel(first.clone());
        let writer = Arc::new(writer);
        let teller = Arc::clone(&writer);
        let tell = Arc::new(move |progress| {
            teller.send_modify(|operation| {
                if operation.progress.len() < MAX_PROGRESS {
                    operation.progress.push(progress);
                }
            });
        });
        let running = work(Reporter { tell, clock: Arc::clone(&self.clock) });
        entries.insert(key.clone(), Entry { task, begun: self.clock.now(), view });
        let span = span_of(&key);
        self.stop.spawn("operation", async move {
            use tracing::Instrument;
            let state = match supervise(running.instrument(span)).await {
                Ok(outcome) => State::Done { outcome },
                Err(OperationFailed { problem, retry }) => {
                    tracing::warn!(operation = %key, code = problem.code, message = problem.message, retry, "failed");
                    State::Failed { problem, retry }
                }
            };
            writer.send_modify(|operation| operation.state = state);
        });
        Ok(first)
    }

    /// Waits as the query says; `None` when the key is not known (any more).
    pub async fn wait(&self, key: &OperationKey, wait: Wait) -> Option<Operation<T>> {
        let mut view = {
            let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            entries.get(key)?.view.clone()
        };
        let news = |operation: &Operation<T>| {
            !matches!(operation.state, State::Running) || operation.progress.len() > wait.seen
        };
        let limit = Duration::from_millis(wait.wait_ms.min(MAX_WAIT_MS));
        tokio::select! {
            _ = tokio::time::timeout(limit, view.wait_for(news)) => {}
            () = self.stop.requested() => {}
        }
        let operation = view.borrow().clone();
        Some(operation)
    }
}

/// The operation's own span, named as the first word of its step. In the trace it is a child of the request that began it;
/// here it is not, as that request is answered long before.
fn span_of(key: &OperationKey) -> tracing::Span {
    let name = key.step.split('-').next().unwrap_or_default();
    let span = tracing::info_span!(parent: None, "operation", otel.name = name, operation = %key);
    telemetry::continue_trace(&span, telemetry::trace_parent().as_deref());
    span
}

/// A panic in an operation is its failure, not the process' end.
#[expect(clippy::disallowed_methods, reason = "awaited on the spot, to catch a panic")]
async fn supervise<T: Send + 'static>(
    work: impl Future<Output = Result<T, OperationFailed>> + Send + 'static,
) -> Result<T, OperationFailed> {
    tokio::spawn(work).await.unwrap_or_else(|_| Err(OperationFailed::retry("panicked", "the operation panicked")))
}

fn forget_oldest<T>(entries: &mut HashMap<OperationKey, Entry<T>>) {
    if entries.len() < MAX_REMEMBERED {
        return;
    }
    let ended = |entry: &Entry<T>| !matches!(entry.view.borrow().state, State::Running);
    let oldest = entries.iter().filter(|(_, e)| ended(e)).min_by_key(|(_, e)| e.begun).map(|(k, _)| k.clone());
    oldest.and_then(|key| entries.remove(&key));
}

/// The answer to both calls: 202 while it runs, 200 when it has ended.
pub fn answer<T: Serialize>(operation: &Operation<T>) -> HttpResponse {
    match operation.state {
        State::Running => HttpResponse::Accepted().json(operation),
        State::Done { .. } | State::Failed { .. } => HttpResponse::Ok().json(operation),
    }
}

/// The handler of `GET /v1/operations/{scope}/{step}`.
///
/// # Errors
/// 400 for a key that cannot be one, 404 for an unknown one.
pub async fn read_operation<T: Clone + Serialize + Send + Sync + 'static>(
    operations: web::Data<Operations<T>>,
    path: web::Path<(String, String)>,
    wait: web::Query<Wait>,
) -> Result<HttpResponse, crate::Reply<crate::error::Plain>> {
    let key = key(path.into_inner())?;
    let operation = operations.wait(&key, wait.into_inner()).await;
    let operation = operation.ok_or_else(|| {
        crate::error::Plain::NotFound(format!("no operation {key} is known here (any more): ask for it again"))
    })?;
    Ok(answer(&operation))
}

/// The key of a path's two parts.
///
/// # Errors
/// When they cannot be one; it says what would be right.
pub fn key((scope, step): (String, String)) -> Result<OperationKey, crate::error::Plain> {
    OperationKey::new(scope, step).map_err(|error| crate::error::Plain::BadRequest(error.to_string()))
}
