//! The application's own report of an incident. It goes out from a thread of its own over a bounded queue: a slow or
//! absent receiver costs a request nothing, and the log line remains in any case.

use crate::log;
use crate::settings::ReportTo;
use serde_json::{Value, json};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use ureq::Agent;

/// Reports that may wait; more than these are dropped with a log line.
const QUEUE: usize = 64;
/// The limit of one attempt.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(2);
/// The pauses before the second and the third attempt.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

/// The queue's end that requests see.
#[derive(Default)]
pub(crate) struct Reporter {
    open: Mutex<Option<Open>>,
}

struct Open {
    queue: SyncSender<Value>,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
}

impl Reporter {
    /// Starts the thread, if there is somewhere to report to.
    pub(crate) fn start(to: Option<ReportTo>) -> Result<Self, String> {
        let Some(to) = to else { return Ok(Self::default()) };
        let (queue, reports) = sync_channel(QUEUE);
        let (alive, ended) = sync_channel(0);
        let work = move || {
            let _alive: SyncSender<()> = alive;
            let agent = agent();
            reports.iter().for_each(|report| deliver(&agent, &to, &report));
        };
        let started = thread::Builder::new().name("report".into()).spawn(work);
        started.map_err(|error| format!("cannot start the reporting thread: {error}"))?;
        Ok(Self { open: Mutex::new(Some(Open { queue, ended })) })
    }

    /// Puts a report in the queue, never waiting for room.
    pub(crate) fn send(&self, report: Value) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Open { queue, .. }) = open.as_ref() else { return };
        if let Err(TrySendError::Full(report) | TrySendError::Disconnected(report)) = queue.try_send(report) {
            lost(&report, "queue_full", None);
        }
    }

    /// Takes no more reports and waits until those in the queue are out, but not longer than `limit`.
    pub(crate) fn close(&self, limit: Duration) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Open { queue, ended }) = open {
            drop(queue);
            let _ = ended.recv_timeout(limit);
        }
    }
}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(ATTEMPT_LIMIT))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .build();
    config.into()
}

/// Posts one report, at most three times; the receiver knows a repeated `event_id`.
fn deliver(agent: &Agent, to: &ReportTo, report: &Value) {
    let mut pauses = PAUSES.iter();
    loop {
        let status = post(agent, to, report);
        match status {
            Some(200..300) => return,
            // The receiver's fault or nobody there: again. Anything else would be refused again too.
            None | Some(429 | 500..) => match pauses.next() {
                Some(pause) => thread::sleep(*pause),
                None => return lost(report, "receiver_unavailable", status),
            },
            Some(_) => return lost(report, "receiver_refused", status),
        }
    }
}

fn post(agent: &Agent, to: &ReportTo, report: &Value) -> Option<u16> {
    let mut request = agent.post(&to.url).header("content-type", "application/json");
    if let Some(token) = &to.token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Some(traceparent) = report.get("trace_parent").and_then(Value::as_str) {
        request = request.header("traceparent", traceparent);
    }
    request.send(report.to_string()).ok().map(|response| response.status().as_u16())
}

fn lost(report: &Value, reason: &str, status: Option<u16>) {
    let event_id = report.get("event_id");
    log::line(
        "warn",
        "an incident report was lost",
        json!({ "reason": reason, "event_id": event_id, "status": status }),
    );
}
