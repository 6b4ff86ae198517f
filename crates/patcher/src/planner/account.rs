//! Keeps account of one question's calls, and tells of them.

use super::Planner;
use chassis::operations::Reporter;
use chrono::{DateTime, Utc};
use models::budget::{Amount, OverBudget};
use models::chain::{Made, Planned};
use models::ledger::{Booking, Entry, LedgerError};
use models::{ModelError, Usage, Watch};
use std::sync::Arc;
use std::time::Duration;
use wire::model::{ModelCall, ModelOutcome};
use wire::{Epoch, IncidentId};

/// See the module.
#[derive(Debug)]
pub(crate) struct Account<'a> {
    pub(crate) planner: &'a Planner,
    pub(crate) incident: IncidentId,
    pub(crate) epoch: Epoch,
    pub(crate) round: u32,
    /// Why a model is asked at all.
    pub(crate) why: &'a str,
    pub(crate) reporter: &'a Reporter,
}

/// Why a call may not be made.
#[derive(Debug)]
pub(crate) enum No {
    OverBudget(OverBudget),
    Ledger(LedgerError),
    Crashed,
}

impl Watch for Account<'_> {
    type Refused = No;
    type Booked = Entry;

    fn now(&self) -> DateTime<Utc> {
        self.reporter.now()
    }

    async fn before(&self, planned: Planned<'_>) -> Result<Entry, No> {
        let booking = Booking {
            at: self.now(),
            epoch: self.epoch,
            incident: self.incident,
            asked: format!("{}/{}", planned.provider, planned.model),
            most: amount(planned.most, planned.cost),
        };
        let (ledger, limits) = (Arc::clone(&self.planner.ledger), self.planner.limits);
        let booked = tokio::task::spawn_blocking(move || ledger.book(booking, limits)).await;
        booked.map_err(|_| No::Crashed)?.map_err(No::Ledger)?.map_err(No::OverBudget)
    }

    async fn after(&self, booked: Entry, made: Made<'_>) {
        let (usage, cost) = made.took.unwrap_or((Usage::default(), made.planned.cost));
        if let Some((usage, cost)) = made.took {
            let ledger = Arc::clone(&self.planner.ledger);
            let settled = tokio::task::spawn_blocking(move || ledger.settle(booked, amount(usage, cost))).await;
            if !matches!(settled, Ok(Ok(()))) {
                tracing::warn!(?settled, "a call stays entered at the most that it could take");
            }
        }
        let call = ModelCall {
            provider: made.planned.provider.to_owned(),
            model: made.planned.model.to_owned(),
            why: self.why.to_owned(),
            round: self.round,
            outcome: made.outcome,
            input_tokens: usage.input,
            output_tokens: usage.output,
            cost_micro_usd: cost,
            took_ms: u64::try_from(made.time.as_millis()).unwrap_or(u64::MAX),
            request_id: made.request_id,
        };
        self.reporter.call(note(&call), call);
    }

    fn waits(&self, provider: &str, pause: Duration, why: &ModelError) {
        let note = format!("{provider}: {why}; it is asked again in {:.1} s", pause.as_secs_f64());
        self.reporter.delay(note, pause);
    }
}

fn amount(usage: Usage, micro_usd: u64) -> Amount {
    Amount { calls: 1, tokens: usage.input.saturating_add(usage.output), micro_usd }
}

fn note(call: &ModelCall) -> String {
    let ended = match call.outcome {
        ModelOutcome::Answered => "answered",
        ModelOutcome::Declined => "declined",
        ModelOutcome::Truncated => "was cut off at the limit of its answer",
        ModelOutcome::Malformed => "did not answer in the form that was asked for",
        ModelOutcome::RateLimited => "asked for patience",
        ModelOutcome::Unavailable => "was away",
        ModelOutcome::TimedOut => "did not answer in time",
        ModelOutcome::Rejected => "did not accept the request",
        ModelOutcome::Unknown => "ended otherwise",
    };
    let ModelCall { provider, model, round, took_ms, cost_micro_usd, .. } = call;
    let dollars = Duration::from_micros(*cost_micro_usd).as_secs_f64();
    format!("{provider}/{model} {ended} after {took_ms} ms (round {round}, ${dollars:.4})")
}
