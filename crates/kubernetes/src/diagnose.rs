//! The seven diagnostics: pure functions over a snapshot.

pub(crate) mod endpoints;
pub(crate) mod failed;
pub(crate) mod logs;
pub(crate) mod memory;
pub(crate) mod pods;
pub(crate) mod policies;
pub(crate) mod revisions;
pub(crate) mod setup;
pub(crate) mod storage;

use crate::error::CallError;
use crate::snapshot::{Snapshot, name};
use endpoints::Endpoints;
use failed::Failed;
use logs::LastWords;
use memory::Memory;
use pods::Pods;
use policies::Touching;
use setup::{Rollout, Setup};
use storage::Storage;

/// What the diagnostics found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Whether there is such a deployment; none: nobody could tell.
    pub is_there: Option<bool>,
    /// 1: pods and containers; none where they could not be seen.
    pub pods: Option<Pods>,
    /// 2: who answers for the service; none where there is none, or it could not be seen.
    pub endpoints: Option<Endpoints>,
    /// 3: what crashed containers said at last.
    pub last_words: Vec<LastWords>,
    /// 4: the deployment; none where it could not be seen.
    pub setup: Option<Setup>,
    /// 5: what was killed for want of memory.
    pub memory: Memory,
    /// 6: the network policies that touch the pods.
    pub policies: Vec<Touching>,
    /// 7: failed pods that can go.
    pub failed: Vec<Failed>,
    /// Volumes that are not there.
    pub storage: Vec<Storage>,
    /// What could not be seen, and why.
    pub unseen: Vec<String>,
}

impl Snapshot {
    /// What is wrong with it.
    pub fn findings(&self) -> Findings {
        Findings {
            is_there: match &self.deployment {
                Ok(_) => Some(true),
                Err(CallError::Absent(_)) => Some(false),
                Err(_) => None,
            },
            pods: self.pods.is_ok().then(|| pods::look(self)),
            endpoints: endpoints::look(self),
            last_words: logs::look(self),
            setup: setup::look(self),
            memory: memory::look(self),
            policies: policies::look(self),
            failed: failed::look(self),
            storage: storage::look(self),
            unseen: unseen(self),
        }
    }
}

/// What could not be seen. An absent log is none of it: what crashed once may have left none.
fn unseen(seen: &Snapshot) -> Vec<String> {
    let mut all: Vec<String> = [
        ("the deployment", seen.deployment.as_ref().err()),
        ("its replica sets", seen.replica_sets.as_ref().err()),
        ("its pods", seen.pods.as_ref().err()),
        ("its service", seen.service.as_ref().and_then(|service| service.as_ref().err())),
        ("its endpoints", seen.slices.as_ref().err()),
        ("autoscalers", seen.scalers.as_ref().err()),
        ("events", seen.events.as_ref().err()),
        ("network policies", seen.policies.as_ref().err()),
        ("volume claims", seen.claims.as_ref().err()),
    ]
    .into_iter()
    .filter_map(|(what, why)| Some(format!("{what}: {}", why?)))
    .collect();
    let logs = seen.last_words.values().filter_map(|said| said.as_ref().err());
    if let Some(why) = logs.into_iter().find(|why| matches!(why, CallError::Forbidden { .. })) {
        all.push(format!("the logs of its pods: {why}"));
    }
    all
}

/// Whether it is worth asking why.
pub(crate) fn is_doubtful(seen: &Snapshot) -> bool {
    let Ok(deployment) = &seen.deployment else { return false };
    let answers = endpoints::look(seen).is_none_or(|endpoints| endpoints.ready > 0);
    let is_done = setup::rollout(&deployment.known) == Rollout::Done;
    !is_done || !answers || setup::wanted(&deployment.known) == 0 || !pods::look(seen).are_well()
}

/// The containers that crashed, by pod and name.
pub(crate) fn crashed(seen: &Snapshot) -> Vec<(String, String)> {
    let pods = seen.pods().iter().filter(|pod| !pods::is_over(pod));
    pods.flat_map(|pod| {
        let crashed = pods::containers(pod).filter(|status| pods::crashes(status, seen.at));
        crashed.map(|status| (name(&pod.metadata).to_owned(), status.name.clone())).collect::<Vec<_>>()
    })
    .collect()
}
