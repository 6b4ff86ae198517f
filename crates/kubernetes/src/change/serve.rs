//! Waits until what was changed serves, or is seen to fail.

use super::Changer;
use crate::diagnose::setup::Rollout;
use crate::diagnose::{Findings, revisions};
use crate::snapshot::{Snapshot, controller, name};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);

impl Changer {
    /// Waits as long as the target file allows; answers what came of it. That it serves is for the caller to judge.
    pub(super) async fn served(&self) -> String {
        let until = Instant::now() + Duration::from_secs(self.of.rollout_s);
        loop {
            let seen = self.cluster.look(&self.of, (self.now)(), false).await;
            let waits = match outcome(&seen) {
                Ok(end) => return end,
                Err(waits) => waits,
            };
            if Instant::now() >= until {
                return format!("not rolled out within {} s: {waits}", self.of.rollout_s);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// How it ended, or what it waits for.
fn outcome(seen: &Snapshot) -> Result<String, String> {
    let found = seen.findings();
    let Some(setup) = &found.setup else {
        return Err(found.unseen.first().cloned().unwrap_or_else(|| "nobody could see it".into()));
    };
    let waits = match &setup.rollout {
        Rollout::Done => return Ok("every pod is new and serves".into()),
        Rollout::Stuck(why) => return Ok(why.clone()),
        Rollout::Waits(waits) => waits,
    };
    let is_seen = seen.deployment.as_ref().is_ok_and(|it| {
        let status = it.known.status.as_ref().and_then(|status| status.observed_generation);
        status >= it.known.metadata.generation
    });
    match failing(seen, &found).filter(|_| is_seen) {
        Some(why) => Ok(format!("its new pods fail, too: {why}")),
        None => Err(waits.clone()),
    }
}

/// What ails a pod of the newest revision.
fn failing(seen: &Snapshot, found: &Findings) -> Option<String> {
    let newest = newest_pods(seen);
    let ailing = found.pods.iter().flat_map(|pods| pods.ailing()).find(|it| newest.contains(it.pod.as_str()));
    let killed = found.memory.killed.iter().find(|it| newest.contains(it.pod.as_str()));
    ailing
        .map(|it| format!("{} {}: {}", it.container, it.reason, it.message))
        .or_else(|| killed.map(|it| format!("{} was killed for want of memory", it.container)))
}

fn newest_pods(seen: &Snapshot) -> BTreeSet<&str> {
    let revision = seen.deployment.as_ref().ok().and_then(|it| revisions::number(&it.known.metadata));
    let set = seen.replica_sets().iter().map(|set| &set.known.metadata).find(|set| revisions::number(set) == revision);
    let Some(uid) = set.and_then(|set| set.uid.as_deref()) else { return BTreeSet::new() };
    let pods = seen.pods().iter().map(|pod| &pod.metadata);
    pods.filter(|pod| pod.deletion_timestamp.is_none() && controller(pod) == Some(uid)).map(name).collect()
}
