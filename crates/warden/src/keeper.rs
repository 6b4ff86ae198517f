//! Looks after one resource without being asked: reports it when it is ill, and withdraws what is not needed any more.

use crate::kind::Looked;
use crate::ward::Ward;
use chrono::{DateTime, Utc};
use client::IncidentStore;
use std::time::Duration;
use tokio::time::Instant;
use wire::EventId;
use wire::detection::{Detection, MAX_CONTEXT, MAX_MESSAGE, Source};

/// Looks again and again, until it is dropped.
pub(crate) async fn keep(ward: &Ward, store: &IncidentStore, remind: Duration) {
    let every = Duration::from_millis(ward.resource.every_ms);
    let mut times = 0;
    let mut told: Option<Instant> = None;
    let mut since = None;
    // What the store has not taken yet: it is told again under the same id, and nothing else waits for that.
    let mut untold: Option<Detection> = None;
    let mut healed = 0;
    loop {
        let looked = ward.look().await;
        let healed_by_then = looked.as_ref().map_or(healed, |looked| looked.healed);
        if std::mem::replace(&mut healed, healed_by_then) != healed_by_then {
            (times, told, since) = (0, None, None);
        }
        match looked.as_ref().map(state) {
            Some(Some(true)) => (times, told, since) = (0, None, None),
            Some(Some(false)) => {
                times += 1;
                since.get_or_insert_with(|| ward.now());
            }
            // What nobody could tell is no sign, and ends none.
            Some(None) | None => {}
        }
        let due = told.is_none_or(|told| told.elapsed() >= remind);
        if let Some(looked) = looked.filter(|looked| times >= looked.strikes.max(1) && due && untold.is_none()) {
            // A reminder tells that it is so now.
            let at = since.filter(|_| told.is_none()).unwrap_or_else(|| ward.now());
            untold = Some(detection(ward, &looked, at));
            told = Some(Instant::now());
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

/// Well, ill, or nobody can tell.
fn state(looked: &Looked) -> Option<bool> {
    let mut all = looked.invariants.iter().map(|invariant| invariant.holds);
    if all.clone().any(|holds| holds == Some(false)) {
        return Some(false);
    }
    all.all(|holds| holds == Some(true)).then_some(true)
}

/// What is told of an ill resource.
fn detection(ward: &Ward, looked: &Looked, at: DateTime<Utc>) -> Detection {
    let lost = looked.invariants.iter().filter(|invariant| invariant.holds != Some(true));
    let context = lost.map(|lost| wire::redact(&format!("not so: {} ({})", lost.name, lost.seen)).into_owned());
    let mut message = wire::redact(&looked.diagnosis).into_owned();
    message
        .truncate((0..=MAX_MESSAGE.min(message.len())).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0));
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
