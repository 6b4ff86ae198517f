//! Looks after one resource without being asked: reports it when it is ill, and withdraws what is not needed any more.

use crate::kind::Looked;
use crate::ward::Ward;
use client::IncidentStore;
use std::time::Duration;
use tokio::time::Instant;
use wire::EventId;
use wire::detection::{Detection, MAX_CONTEXT, MAX_MESSAGE, Source};

/// The pause before the store is asked again that did not answer.
const AGAIN: Duration = Duration::from_millis(200);

/// Looks again and again, until it is dropped.
pub(crate) async fn keep(ward: &Ward, store: &IncidentStore, remind: Duration) {
    let every = Duration::from_millis(ward.resource.every_ms);
    let mut times = 0;
    let mut told: Option<Instant> = None;
    let mut since = None;
    loop {
        let looked = ward.look().await;
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
        if let Some(looked) = looked.filter(|looked| times >= looked.strikes.max(1) && due) {
            let at = since.unwrap_or_else(|| ward.now());
            report(ward, store, &looked, at).await;
            told = Some(Instant::now());
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

/// Reports until the store has it. The same occurrence is told under the same id.
async fn report(ward: &Ward, store: &IncidentStore, looked: &Looked, at: chrono::DateTime<chrono::Utc>) {
    let lost = looked.invariants.iter().filter(|invariant| invariant.holds != Some(true));
    let context = lost.map(|lost| wire::redact(&format!("not so: {} ({})", lost.name, lost.seen)).into_owned());
    let mut message = wire::redact(&looked.diagnosis).into_owned();
    message
        .truncate((0..=MAX_MESSAGE.min(message.len())).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0));
    let detection = Detection {
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
    };
    loop {
        match store.report(&detection).await {
            Ok(received) => {
                let (incident, resource) = (received.incident, &ward.resource.name);
                return tracing::info!(%incident, %resource, code = %detection.code, "reported");
            }
            Err(error) if error.may_pass() => tokio::time::sleep(AGAIN).await,
            Err(error) => {
                return tracing::error!(error = &error as &dyn std::error::Error, "a detection was refused");
            }
        }
    }
}
