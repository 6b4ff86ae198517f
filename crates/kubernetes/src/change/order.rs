//! For whom and upon what a change is made: what somebody else did meanwhile is never replaced.

use super::INCIDENT;
use super::body;
use crate::diagnose::{revisions, setup};
use crate::snapshot::{Whole, annotation};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use wire::target::Workload;

/// For whom and upon what a change is made.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The incident; empty: it is refused.
    pub incident: &'a str,
    /// What it was decided upon: it is made of that alone.
    pub upon: Upon,
}

/// What a change is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upon {
    /// The deployment as it was looked at, by its `metadata.generation`. None: it was decided by nobody who knows; then only what is
    /// done already is found to be so.
    Seen(Option<i64>),
    /// What the same incident had set, which is taken back.
    Own(Set),
}

/// What was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// The template of that revision.
    Revision(u64),
    /// That many pods.
    Pods(u32),
    /// That memory limit, bytes.
    Memory(u64),
}

impl Order<'_> {
    /// Whether the deployment is that still.
    pub(super) fn fits(&self, of: &Workload, now: &Whole<Deployment>, sets: &[Whole<ReplicaSet>]) -> bool {
        let meta = &now.known.metadata;
        let is_set = match self.upon {
            Upon::Seen(generation) => return generation.is_some() && generation == meta.generation,
            Upon::Own(Set::Pods(count)) => setup::wanted(&now.known) == count,
            Upon::Own(Set::Memory(limit)) => body::limit(of, now) == Some(limit),
            Upon::Own(Set::Revision(revision)) => sets
                .iter()
                .find(|set| revisions::is(&set.known, revision))
                .is_some_and(|set| revisions::template(&set.raw) == revisions::template(&now.raw)),
        };
        is_set && annotation(meta, INCIDENT) == Some(self.incident)
    }
}
