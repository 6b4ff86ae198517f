//! When what bleeds is eased at the front, and when that is taken back. Pure.

use crate::next::Move;
use crate::policy::Policy;
use chrono::{DateTime, Utc};
use wire::event::Body;
use wire::incident::{Eased, Incident};
use wire::relief::Withdrawn;
use wire::target::Autonomy;

/// Whether the fault is to be eased before its cause is looked for: it may be, and nothing stands yet, or no longer. It is tried
/// once; that it failed keeps no cure waiting.
pub(crate) fn is_due(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> bool {
    let may = policy.relief && policy.autonomy == Autonomy::Auto;
    may && incident.eased.as_ref().is_none_or(|eased| !eased.stands() || now >= eased.until)
}

/// Whether what stands is to be taken back; `Ok` when nothing stands. It is tried until it ends by itself: nothing else of its target is healed
/// meanwhile.
///
/// # Errors
/// With the move, while something stands.
pub(crate) fn withdraw(incident: &Incident, now: DateTime<Utc>, begin: impl FnOnce() -> Move) -> Result<(), Move> {
    let Some(eased) = incident.eased.as_ref().filter(|eased| eased.stands()) else { return Ok(()) };
    Err(if now >= eased.until { Move::Record(Box::new(ran_out(eased))) } else { begin() })
}

fn ran_out(eased: &Eased) -> Body {
    let why = "It had run out by itself";
    let what = if eased.what.is_empty() { why.to_owned() } else { format!("{why}: {}", eased.what) };
    Body::Withdrawn(Withdrawn { what, answered: None })
}
