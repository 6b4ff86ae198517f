//! A storm, and what is true of it.

use correlation::{Alert, Graph};
use serde::Serialize;

/// What is injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// One, which tells of itself.
    OneCause,
    /// One, which says nothing: a stranger, or a service whose alerts are lost.
    OneSilentCause,
    /// Two that reach nothing in common.
    TwoCausesApart,
    /// Two that reach some services both, and not each other.
    TwoCausesOverlapping,
    /// Two, one of which the other reaches.
    TwoCausesOneInReach,
    /// One; of the symptoms one in fifty is declared a fault of its service's own.
    OneCauseMislabelled,
}

impl Kind {
    pub(super) const ALL: [Kind; 6] = [
        Kind::OneCause,
        Kind::OneSilentCause,
        Kind::TwoCausesApart,
        Kind::TwoCausesOverlapping,
        Kind::TwoCausesOneInReach,
        Kind::OneCauseMislabelled,
    ];
}

/// A storm, and what is true of it.
pub(super) struct Scenario {
    pub(super) graph: Graph,
    /// As `(service, what it needs)`, for ways to merge that know no direction.
    pub(super) needs: Vec<(String, Vec<String>)>,
    /// The detections in the order in which they arrive.
    pub(super) arrivals: Vec<Arrival>,
    /// What they are in the end: one alert of a service and a code.
    pub(super) alerts: Vec<Alert>,
    /// Of each alert its cause; none of noise.
    pub(super) truth: Vec<Option<usize>>,
    /// Of each cause where it is.
    pub(super) roots: Vec<String>,
}

/// A detection.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) alert: Alert,
    pub(super) arrives: f64,
    pub(super) cause: Option<usize>,
}

impl Arrival {
    /// Joins the alert of its service and code, as an incident store does it.
    pub(super) fn join(&self, alerts: &mut Vec<Alert>) -> usize {
        let same = |alert: &Alert| alert.service == self.alert.service && alert.code == self.alert.code;
        match alerts.iter().position(same) {
            Some(known) => {
                if let Some(alert) = alerts.get_mut(known) {
                    alert.first = alert.first.min(self.alert.first);
                    alert.last = alert.last.max(self.alert.last);
                }
                known
            }
            None => {
                alerts.push(self.alert.clone());
                alerts.len() - 1
            }
        }
    }
}
