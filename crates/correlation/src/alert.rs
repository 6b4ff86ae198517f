//! What is asked and what is answered.

use chrono::{DateTime, TimeDelta, Utc};

/// What kind of trouble an alert speaks of, as far as whoever raises it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Kind {
    /// The service's own: it is nobody's symptom.
    Own,
    /// Nobody knows.
    #[default]
    Unknown,
    /// Something that the service needs: a time-out, a refused connection.
    Dependency,
}

/// An alert of a service, from its first to its last occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Of this service.
    pub service: String,
    /// Which.
    pub code: String,
    /// When it first happened.
    pub first: DateTime<Utc>,
    /// When it last did.
    pub last: DateTime<Utc>,
    /// What kind of trouble it is.
    pub kind: Kind,
}

/// How far apart things may be that belong together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// How long after a cause was last seen a symptom may begin.
    pub window: TimeDelta,
    /// How long after a cause began its symptoms usually do. What does not call itself a symptom is none when it began later.
    pub prompt: TimeDelta,
    /// How much earlier than its cause a symptom may seem to have begun.
    pub disorder: TimeDelta,
    /// How many services in a row may be silent between a symptom and its cause.
    pub gap: usize,
    /// Of those that need an alerting service, which share must be affected before it explains one that does not call itself a
    /// symptom: 0 to 1.
    pub share: f64,
    /// How many alerting services, with no deeper alert, point at a silent one that they all need. One less suffices when one of
    /// them calls itself a symptom.
    pub pointing: usize,
    /// Of those that need a silent service, which share must be affected before it is a root: 0 to 1.
    pub silent_share: f64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            window: TimeDelta::seconds(120),
            prompt: TimeDelta::seconds(45),
            disorder: TimeDelta::seconds(20),
            gap: 1,
            share: 0.3,
            pointing: 3,
            silent_share: 0.6,
        }
    }
}

/// Where a group's cause probably is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// What the group's leading alert speaks of.
    Alerting,
    /// Something that says nothing.
    Silent {
        /// This.
        service: String,
        /// Or one of these: the same alerts point at them.
        or: Vec<String>,
    },
}

/// Alerts of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Where the cause is.
    pub root: Root,
    /// The alert that stands for the group: the root's own, else the one that began first. An index into what was asked.
    pub lead: usize,
    /// All of its alerts but the lead, by service and code.
    pub members: Vec<Member>,
}

/// An alert of a group that is not its lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which: an index into what was asked.
    pub alert: usize,
    /// From its service to the root's, each needing the next; of a long way the first steps and the root.
    pub path: Vec<String>,
    /// How long after the lead it began; negative when it seems to have been earlier.
    pub after: TimeDelta,
}
