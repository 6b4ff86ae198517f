//! A world to heal in: a store whose journal goes through `wire::apply`, a branch, a deployer, a verifier, a knowledge
//! base. Pure; what goes wrong is chosen from outside. The model plays it through, and the tests over HTTP serve it.

mod git;
mod peers;
mod store;

pub(crate) use git::{Git, What};
pub(crate) use peers::{Answer, Trouble};
pub(crate) use store::Store;

use std::collections::{BTreeMap, BTreeSet};
use wire::{Authority, CommitId, Digest, OperationKey, ReplayId, Service};

/// Everything there is besides the healer.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) git: Git,
    /// The commit that runs.
    pub(crate) live: CommitId,
    /// Every commit that went live for a healer, in order.
    pub(crate) rollouts: Vec<CommitId>,
    /// Every replay on live that met the contract, and what ran then.
    pub(crate) proofs: BTreeMap<ReplayId, CommitId>,
    /// How many replays were made.
    pub(crate) replays: usize,
    /// So many of the next do not meet the contract.
    pub(crate) breaks_live: usize,
    pub(crate) lessons: BTreeSet<Digest>,
    /// What each service remembers of its operations, until it restarts.
    ops: BTreeMap<OperationKey, (Digest, Result<Answer, Trouble>)>,
    /// The newest lease and epoch that each service has seen.
    newest: BTreeMap<Service, Authority>,
    /// Every key that ever had an effect, with how often.
    pub(crate) effects: Vec<OperationKey>,
}

impl World {
    /// With one open incident.
    pub(crate) fn new() -> Self {
        let git = Git::new();
        Self {
            live: git.head().id.clone(),
            store: Store::with_incident(),
            git,
            rollouts: Vec::new(),
            proofs: BTreeMap::new(),
            replays: 0,
            breaks_live: 0,
            lessons: BTreeSet::new(),
            ops: BTreeMap::new(),
            newest: BTreeMap::new(),
            effects: Vec::new(),
        }
    }

    /// A service has seen this lease and epoch, whatever the store knows of them.
    pub(crate) fn remember(&mut self, service: Service, authority: Authority) {
        self.newest.insert(service, authority);
    }

    /// Every service but the store restarts.
    pub(crate) fn restart(&mut self) {
        self.ops.clear();
    }

    /// A developer pushes, and the deployer's reconciler rolls it out.
    pub(crate) fn developer_pushes(&mut self) {
        self.live = self.git.add(What::Developer).id.clone();
    }

    /// A reset: a new epoch, the original files, rolled out.
    pub(crate) fn reset(&mut self) {
        let epoch = self.store.reset();
        for service in [Service::Patcher, Service::Deployer] {
            self.newest.entry(service).or_insert(Authority { fence: wire::Fence(0), epoch }).epoch = epoch;
        }
        self.live = self.git.add(What::Reset).id.clone();
    }
}
