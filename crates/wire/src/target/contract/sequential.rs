//! The settings of the test that judges a fault which comes and goes.

use serde::{Deserialize, Serialize};

/// Wald's sequential probability ratio test: replays are repeated until it decides; undecided after `at_most` they say
/// nothing, and the replay is unverified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequential {
    /// The share of right answers of the broken version, at most.
    pub faulty: f64,
    /// The share of right answers of a healthy version, at least.
    pub healthy: f64,
    /// How probable it may be that a broken version is taken for a healthy one.
    #[serde(default = "one_percent")]
    pub alpha: f64,
    /// How probable it may be that a healthy version is taken for a broken one.
    #[serde(default = "one_percent")]
    pub beta: f64,
    /// How many replays at most.
    pub at_most: u64,
}

fn one_percent() -> f64 {
    0.01
}

impl Sequential {
    /// What a right answer adds to the logarithm of the likelihood ratio of healthy to broken. Greater than 0.
    pub fn gain(&self) -> f64 {
        (self.healthy / self.faulty).ln()
    }

    /// What a wrong answer adds. Less than 0.
    pub fn loss(&self) -> f64 {
        ((1.0 - self.healthy) / (1.0 - self.faulty)).ln()
    }

    /// From here on the version is healthy.
    pub fn upper(&self) -> f64 {
        ((1.0 - self.beta) / self.alpha).ln()
    }

    /// From here on it is broken.
    pub fn lower(&self) -> f64 {
        (self.beta / (1.0 - self.alpha)).ln()
    }

    /// How many right answers in a row are the least that decides.
    pub fn shortest(&self) -> u64 {
        // Both are finite and positive once the settings were checked; more than `at_most` could ever be is as good.
        (self.upper() / self.gain()).ceil().clamp(1.0, 1e6) as u64
    }
}
