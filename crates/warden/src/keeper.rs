//! Looks after one resource without being asked: reports it when it is ill, and withdraws what is not needed any more.

use crate::kind::Looked;
use crate::ward::Ward;
use chrono::{DateTime, Utc};
use client::IncidentStore;
use playbooks::Row;
use std::time::Duration;
use tokio::time::Instant;
use wire::EventId;
use wire::detection::{Detection, MAX_CONTEXT, MAX_MESSAGE, Source};

/// Looks again and again, until it is dropped.
pub(crate) async fn keep(ward: &Ward, store: &IncidentStore, remind: Duration) {
    let every = Duration::from_millis(ward.resource.every_ms);
    let (mut row, mut healed) = (Row::default(), 0);
    // When it was told of last, in this row.
    let mut told: Option<Instant> = None;
    // What the store has not taken yet: it is told again under the same id, and nothing else waits for that.
    let mut untold: Option<Detection> = None;
    loop {
        let looked = if ward.is_there().await { ward.look().await } else { None };
        if let Some(looked) = looked {
            if std::mem::replace(&mut healed, looked.healed) != looked.healed {
                (row, told) = (Row::default(), None);
            }
            row.take_in(&looked.invariants, ward.now());
            told = told.filter(|_| !row.is_over());
            let due = told.is_none_or(|told| told.elapsed() >= remind) && untold.is_none();
            if let Some(since) = row.since(looked.strikes).filter(|_| due) {
                // A reminder tells that it is so now.
                let at = if told.is_none() { since } else { ward.now() };
                untold = Some(detection(ward, &looked, at));
                told = Some(Instant::now());
            }
        }
        if let Some(detection) = untold.take() {
            untold = report(ward, store, detection).await;
        }
        if let Err(error) = ward.withdraw().await {
            tracing::error!(error = &error as &dyn std::error::Error, resource = %ward.resource.name, "cannot withdraw");
        }
        tokio::time::sleep(every).await;
    }
}

/// What is told of an ill resource.
fn detection(ward: &Ward, looked: &Looked, at: DateTime<Utc>) -> Detection {
    let lost = looked.invariants.iter().filter(|invariant| invariant.holds != Some(true));
    let context = lost.map(|lost| wire::redact(&format!("not so: {} ({})", lost.name, lost.seen)).into_owned());
    let mut message = wire::redact(&looked.diagnosis).into_owned();
    message.truncate(message.floor_char_boundary(MAX_MESSAGE));
    Detection {
        target: ward.target.clone(),
        code: ward.resource.fault.clone(),
        event_id: EventId::fresh(),
        source: Source::Warden,
        at,
        message,
        reason: None,
        line: None,
        context: context.take(MAX_CONTEXT).collect(),
        trace_parent: None,
        request_id: None,
        version: None,
        service: None,
        fields: [("resource".to_owned(), ward.resource.name.to_string())].into(),
    }
}

/// Tells the store once; answers what is to be told again.
async fn report(ward: &Ward, store: &IncidentStore, detection: Detection) -> Option<Detection> {
    let resource = &ward.resource.name;
    match store.report(&detection).await {
        Ok(received) => tracing::info!(incident = %received.incident, %resource, code = %detection.code, "reported"),
        Err(error) if error.may_pass() => return Some(detection),
        Err(error) => tracing::error!(error = &error as &dyn std::error::Error, %resource, "a detection was refused"),
    }
    None
}
