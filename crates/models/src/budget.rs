//! Whether one more call may be made. Pure.

use serde::{Deserialize, Serialize};

/// What calls took, or may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Calls, however they ended.
    pub calls: u64,
    /// Tokens of prompts and answers.
    pub tokens: u64,
    /// Millionths of a dollar.
    pub micro_usd: u64,
}

impl Amount {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Amount) -> Amount {
        Amount {
            calls: self.calls.saturating_add(other.calls),
            tokens: self.tokens.saturating_add(other.tokens),
            micro_usd: self.micro_usd.saturating_add(other.micro_usd),
        }
    }
}

/// What may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For one incident, in all its days.
    pub incident: Amount,
    /// On one day (UTC), for all incidents.
    pub day: Amount,
}

/// What was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// For the incident.
    pub incident: Amount,
    /// On the day.
    pub day: Amount,
}

/// Which budget one more call would exceed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the budget of {limit} {what} per {span} does not suffice: {used} are used and the next call may take {next}")]
pub struct OverBudget {
    /// `incident` or `day`.
    pub span: &'static str,
    /// `calls`, `tokens` or `millionths of a dollar`.
    pub what: &'static str,
    /// What was used.
    pub used: u64,
    /// What one more call may take.
    pub next: u64,
    /// What is allowed.
    pub limit: u64,
}

/// Whether a call that may take so much fits.
///
/// # Errors
/// Names the first budget that it exceeds.
pub fn decide(taken: Taken, next: Amount, limits: Limits) -> Result<(), OverBudget> {
    for (span, used, limit) in [("incident", taken.incident, limits.incident), ("day", taken.day, limits.day)] {
        let each = [
            ("calls", used.calls, next.calls, limit.calls),
            ("tokens", used.tokens, next.tokens, limit.tokens),
            ("millionths of a dollar", used.micro_usd, next.micro_usd, limit.micro_usd),
        ];
        for (what, used, next, limit) in each {
            if used.saturating_add(next) > limit {
                return Err(OverBudget { span, what, used, next, limit });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(calls: u64, tokens: u64, micro_usd: u64) -> Amount {
        Amount { calls, tokens, micro_usd }
    }

    const LIMITS: Limits = Limits {
        incident: Amount { calls: 4, tokens: 1_000, micro_usd: 500 },
        day: Amount { calls: 9, tokens: 3_000, micro_usd: 900 },
    };

    #[track_caller]
    fn check(incident: Amount, day: Amount, wanted: Option<(&str, &str)>) {
        let got = decide(Taken { incident, day }, amount(1, 200, 100), LIMITS);
        assert_eq!(got.as_ref().err().map(|over| (over.span, over.what)), wanted, "{got:?}");
    }

    #[test]
    fn a_call_fits_to_the_last_and_each_budget_bites() {
        let none = Amount::default();
        check(none, none, None);
        check(amount(3, 800, 400), amount(8, 2_800, 800), None);
        check(amount(4, 0, 0), none, Some(("incident", "calls")));
        check(amount(0, 801, 0), none, Some(("incident", "tokens")));
        check(amount(0, 0, 401), none, Some(("incident", "millionths of a dollar")));
        check(none, amount(9, 0, 0), Some(("day", "calls")));
        check(none, amount(0, 2_801, 0), Some(("day", "tokens")));
        check(none, amount(0, 0, 801), Some(("day", "millionths of a dollar")));
        check(amount(u64::MAX, 0, 0), none, Some(("incident", "calls")));
    }

    #[test]
    fn it_says_which_and_how_much() {
        let over =
            decide(Taken { incident: amount(4, 0, 0), ..Taken::default() }, amount(1, 0, 0), LIMITS).unwrap_err();
        let told = "the budget of 4 calls per incident does not suffice: 4 are used and the next call may take 1";
        assert_eq!(over.to_string(), told);
    }
}
