//! Instances: one started artefact each.

use std::fmt;
use uuid::Uuid;
use wire::rollout::{Colour, Route};
use wire::target::Target;
use wire::{CommitId, Digest, TargetName, TreeId};

/// An instance's id; it is also in its environment and its log file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct InstanceId(pub(crate) Uuid);

impl InstanceId {
    /// A fresh id that sorts by its time.
    pub(crate) fn fresh() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A process that cannot be taken for another: a pid is used again, a pid with its start time is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) pid: i32,
    /// Clock ticks since boot.
    pub(crate) started: i64,
}

/// The life of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InstanceState {
    /// Recorded; its process may or may not have been started.
    Starting,
    /// It answered its health check.
    Healthy,
    /// Traffic went to it; it is live, or stands by until the bake is over.
    Live,
    /// To be ended once its last request is answered.
    Draining,
    /// Its process is gone.
    Ended,
}

impl InstanceState {
    const ALL: [Self; 5] = [Self::Starting, Self::Healthy, Self::Live, Self::Draining, Self::Ended];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Live => "live",
            Self::Draining => "draining",
            Self::Ended => "ended",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A started artefact.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: InstanceId,
    pub(crate) target: TargetName,
    pub(crate) colour: Colour,
    pub(crate) commit: CommitId,
    pub(crate) tree: TreeId,
    pub(crate) artefact: Digest,
    pub(crate) port: u16,
    /// None until it was recorded.
    pub(crate) process: Option<Running>,
    pub(crate) state: InstanceState,
}

impl Instance {
    /// Where it answers.
    pub(crate) fn base_url(&self) -> String {
        wire::rollout::upstream(self.port)
    }

    /// Its name in the front's counters.
    pub(crate) fn label(&self) -> String {
        wire::rollout::label(&self.target, self.colour, &self.commit)
    }

    /// The route that sends its target's traffic to it.
    pub(crate) fn route(&self, target: &Target) -> Route {
        let (prefix, keep) = (target.run.prefix.clone(), target.kept_paths());
        Route { prefix, upstream: self.base_url(), label: self.label(), keep }
    }

    /// Its log file's name.
    pub(crate) fn log_name(&self) -> String {
        format!("{}.log", self.id)
    }
}
