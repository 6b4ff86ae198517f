//! Wald's sequential probability ratio test over replays of a fault that comes and goes. Pure.
//!
//! Each right answer adds `ln(healthy / faulty)` to the log-likelihood ratio, each wrong one adds
//! `ln((1 - healthy) / (1 - faulty))`. At `ln((1 - beta) / alpha)` the version is healthy, at `ln(beta / (1 - alpha))` it
//! is broken; in between another replay is made, up to `at_most`. A replay that says nothing adds nothing.
//!
//! Wald's bounds are approximate, since the ratio leaps over them, but the errors stay below
//! `alpha / (1 - beta)` and `beta / (1 - alpha)`. With `faulty = 0.28`, `healthy = 0.98`, `alpha = beta = 0.01`,
//! `at_most = 20`, as the exact distribution has it (the tests simulate each row):
//!
//! | share of right answers | taken for healthy | taken for broken | undecided | replays on average |
//! | --- | --- | --- | --- | --- |
//! | 0.00 | 0.0000 | 1.0000 | 0.0000 | 2.00 |
//! | 0.10 | 0.0001 | 0.9999 | 0.0000 | 2.23 |
//! | 0.28 | 0.0066 | 0.9934 | 0.0000 | 2.86 |
//! | 0.50 | 0.0835 | 0.9135 | 0.0030 | 4.47 |
//! | 0.70 | 0.4093 | 0.5638 | 0.0269 | 6.54 |
//! | 0.90 | 0.9293 | 0.0668 | 0.0039 | 5.65 |
//! | 0.95 | 0.9840 | 0.0157 | 0.0003 | 4.83 |
//! | 0.98 | 0.9976 | 0.0024 | 0.0000 | 4.32 |
//! | 1.00 | 1.0000 | 0.0000 | 0.0000 | 4.00 |

use wire::target::Sequential;
use wire::verification::{Decision, Judgement, Once, Sequence};

/// So many replays in a row that say nothing end the test: there is nobody to be asked.
const MOST_MUTE: u64 = 3;

/// A test that runs.
#[derive(Debug, Clone)]
pub struct Test<'a> {
    settings: &'a Sequential,
    replays: u64,
    right: u64,
    wrong: u64,
    /// A right answer that a witness did not see: no share of such ones is healthy.
    unseen: bool,
    /// How many in a row said nothing.
    mute: u64,
}

impl<'a> Test<'a> {
    /// Before the first replay.
    pub fn new(settings: &'a Sequential) -> Self {
        Self { settings, replays: 0, right: 0, wrong: 0, unseen: false, mute: 0 }
    }

    /// Takes a replay into account.
    pub fn saw(&mut self, judgement: Judgement) {
        self.replays += 1;
        self.mute = if judgement == Judgement::Unverified { self.mute + 1 } else { 0 };
        match judgement {
            Judgement::Met => self.right += 1,
            Judgement::Broken => self.wrong += 1,
            Judgement::NoWitness => self.unseen = true,
            Judgement::Unverified => {}
        }
    }

    /// The logarithm of the likelihood ratio of healthy to broken.
    fn ratio(&self) -> f64 {
        self.right as f64 * self.settings.gain() + self.wrong as f64 * self.settings.loss()
    }

    fn decision(&self) -> Decision {
        match self.ratio() {
            _ if self.unseen => Decision::Undecided,
            ratio if ratio >= self.settings.upper() => Decision::Healthy,
            ratio if ratio <= self.settings.lower() => Decision::Faulty,
            _ => Decision::Undecided,
        }
    }

    /// What the sequence comes to; none as long as another replay is to be made. `last` is what the last one said.
    pub fn outcome(&self, last: &str) -> Option<(Judgement, String)> {
        let Self { replays, right, wrong, .. } = self;
        let counted = format!("{right} of {replays} replays were answered rightly and {wrong} wrongly");
        match self.decision() {
            Decision::Healthy => Some((Judgement::Met, format!("met: {counted}, which a broken version does not do"))),
            Decision::Faulty => Some((Judgement::Broken, format!("too_often_wrong: {counted}; the last: {last}"))),
            Decision::Undecided if self.unseen => Some((Judgement::NoWitness, last.to_owned())),
            Decision::Undecided if self.mute >= MOST_MUTE => Some((Judgement::Unverified, last.to_owned())),
            Decision::Undecided if *replays >= self.settings.at_most => Some((
                Judgement::Unverified,
                format!("undecided: {counted}, and no more are allowed; the last: {last}"),
            )),
            Decision::Undecided => None,
        }
    }

    /// The report on the sequence.
    pub fn report(&self, each: Vec<Once>) -> Sequence {
        let Self { settings, replays, right, wrong, .. } = *self;
        let (lower, upper) = (settings.lower(), settings.upper());
        let (log_likelihood_ratio, decision) = (self.ratio(), self.decision());
        Sequence { replays, right, wrong, log_likelihood_ratio, lower, upper, decision, each }
    }
}

#[cfg(test)]
mod tests;
