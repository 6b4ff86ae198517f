//! How much may be done with one option without a person: what is configured, what the option risks, what it has earned. Pure.
//!
//! | configured | then |
//! | --- | --- |
//! | `observe`, `suggest` | stays: nothing is earned beyond advice |
//! | `approve` | `auto`, when the option has earned it |
//! | `auto` | `approve`, when its risk is high or its confidence below the threshold, unless it has earned more |
//!
//! An option has **earned** `auto` when the target file has `[earn]` and the lower bound of the 95 % interval (Wilson) reaches
//! `lower_bound` twice: of all its verified outcomes for this fault of this target, and of those since it last did harm, which all
//! were successes. So one harm always demotes, however long it went well before, and only as many successes as were needed in
//! the first place bring it back.

use crate::policy::Policy;
use wire::plan::{PlanOption, Remedy, Risk, Track};
use wire::target::Autonomy;

/// The quantile of the normal distribution for an interval of 95 %.
const Z: f64 = 1.96;

/// How much may be done with an option, and why not more or less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What may be done.
    pub autonomy: Autonomy,
    /// The reason with its numbers, for the journal.
    pub why: String,
}

/// Decides on an option under a policy. Without an option nothing is known of it, so what is configured holds, `auto` not.
pub fn decide(policy: &Policy, option: Option<&PlanOption>) -> Decision {
    let Some(option) = option else {
        let autonomy = policy.autonomy.min(Autonomy::Approve);
        return Decision { autonomy, why: "the plan does not say what is tried".to_owned() };
    };
    let has_earned = earned(policy, option.track);
    let doubt = doubt(policy, option);
    let (autonomy, because) = match policy.autonomy {
        Autonomy::Approve if has_earned => (Autonomy::Auto, "a person would have to approve, but it has earned more"),
        Autonomy::Auto if has_earned => (Autonomy::Auto, "it may be done without a person, and has earned it"),
        Autonomy::Auto => match doubt {
            Some(doubt) => (Autonomy::Approve, doubt),
            None => (Autonomy::Auto, "it may be done without a person"),
        },
        Autonomy::Approve => (Autonomy::Approve, "a person approves each change of this fault"),
        configured => (configured, "no more than advice is allowed"),
    };
    Decision { autonomy, why: format!("{because}: {}", numbers(policy, option)) }
}

/// Why a person is to look at it where none would have to.
fn doubt(policy: &Policy, option: &PlanOption) -> Option<&'static str> {
    if option.estimate.as_ref().is_some_and(|estimate| estimate.risk == Risk::High) {
        return Some("its risk is high");
    }
    // What was never tried here, and no document stands behind, has no confidence that could be compared.
    let unproved = matches!(option.remedy, Remedy::Model {} | Remedy::Revert { .. }) && option.track.is_none();
    let unsure = !unproved && (option.confidence.is_nan() || option.confidence < policy.limits.min_confidence);
    unsure.then_some("its confidence is too low")
}

fn earned(policy: &Policy, track: Option<Track>) -> bool {
    let Some((earn, track)) = policy.earn.zip(track) else { return false };
    let all = lower_bound(track.healed, track.healed.saturating_add(track.failed));
    let since = lower_bound(track.streak, track.streak);
    all >= earn.lower_bound && (track.failed == 0 || since >= earn.lower_bound)
}

/// The lower bound of the 95 % confidence interval (Wilson) of a share; 0 where nothing was counted.
pub fn lower_bound(successes: u32, all: u32) -> f64 {
    if all == 0 {
        return 0.0;
    }
    let (n, share) = (f64::from(all), f64::from(successes) / f64::from(all));
    let spread = Z * ((share * (1.0 - share) + Z * Z / (4.0 * n)) / n).sqrt();
    ((share + Z * Z / (2.0 * n) - spread) / (1.0 + Z * Z / n)).clamp(0.0, 1.0)
}

fn numbers(policy: &Policy, option: &PlanOption) -> String {
    let risk = match option.estimate.as_ref().map(|estimate| estimate.risk) {
        Some(Risk::Low) => "low",
        Some(Risk::Medium) => "medium",
        Some(Risk::High) => "high",
        None => "not known",
    };
    let track = option.track.unwrap_or_default();
    let (healed, all) = (track.healed, track.healed.saturating_add(track.failed));
    let wanted = policy.earn.map(|earn| format!(" of {:.2} wanted", earn.lower_bound)).unwrap_or_default();
    format!(
        "risk {risk}, confidence {:.2} (at least {:.2} is wanted), healed {healed} of {all} times, {} since it last did not, \
         lower bound {:.2}{wanted}",
        option.confidence,
        policy.limits.min_confidence,
        track.streak,
        lower_bound(healed, all)
    )
}
