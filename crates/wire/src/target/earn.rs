//! Autonomy that is earned.

use serde::{Deserialize, Serialize};

/// When a remedy that a person would have to approve is applied without one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earn {
    /// The lower bound of the 95 % confidence interval (Wilson) of its verified successes must reach this: above 0, below 1.
    pub lower_bound: f64,
}
