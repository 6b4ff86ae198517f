//! Which lease and epoch were seen last, by target: work under an older one is refused, over a restart too.

use anyhow::Context;
use playbooks::replace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use wire::problem::code;
use wire::runtime::ResourceName;
use wire::{Authority, Epoch, Fence, TargetName};

/// What is remembered. A small file, replaced as a whole.
#[derive(Debug)]
pub(crate) struct Authorities {
    path: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Seen {
    /// The highest epoch, by target.
    epochs: BTreeMap<TargetName, Epoch>,
    /// The highest fence, by target and resource.
    fences: BTreeMap<TargetName, BTreeMap<ResourceName, Fence>>,
}

/// Why work is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stale {
    #[error("a reset began epoch {0}: work of an older one is refused")]
    Epoch(Epoch),
    #[error("the lease {0} is newer than the one that this was asked under")]
    Fence(Fence),
}

impl Stale {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Stale::Epoch(_) => code::EPOCH_STALE,
            Stale::Fence(_) => code::FENCE_STALE,
        }
    }
}

impl Authorities {
    /// Opens the file, or begins it.
    pub(crate) fn open(path: PathBuf) -> anyhow::Result<Self> {
        let seen = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!("{} is not what warden wrote: remove it when no healer is at work", path.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Seen::default(),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { path, seen: Mutex::new(seen) })
    }

    /// Takes note of an authority, on disk before anything is done under it; or says why it is too old.
    pub(crate) fn admit(
        &self,
        target: &TargetName,
        resource: &ResourceName,
        authority: Authority,
    ) -> anyhow::Result<Result<(), Stale>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(stale) = check(&seen, target, resource, authority) {
            return Ok(Err(stale));
        }
        let mut next = seen.clone();
        next.epochs.insert(target.clone(), authority.epoch);
        next.fences.entry(target.clone()).or_default().insert(resource.clone(), authority.fence);
        replace(&self.path, &serde_json::to_vec(&next)?)?;
        *seen = next;
        Ok(Ok(()))
    }
}

fn check(seen: &Seen, target: &TargetName, resource: &ResourceName, authority: Authority) -> Result<(), Stale> {
    if let Some(epoch) = seen.epochs.get(target).filter(|epoch| **epoch > authority.epoch) {
        return Err(Stale::Epoch(*epoch));
    }
    let fence = seen.fences.get(target).and_then(|fences| fences.get(resource));
    fence.filter(|fence| **fence > authority.fence).map_or(Ok(()), |fence| Err(Stale::Fence(*fence)))
}
