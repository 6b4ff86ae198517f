//! Diagnostic 7: failed pods that nobody needs any more.

use crate::error::plain;
use crate::snapshot::{Snapshot, controller, name};

/// A pod that failed for good: its controller has made another in its place, and it only stands about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Its name.
    pub pod: String,
    /// Which of all pods of that name.
    pub uid: String,
    /// Why, as Kubernetes names it (`Evicted`, …).
    pub reason: String,
}

/// Looks for them. A pod without a controller is never one of them: nobody would make another.
pub(super) fn look(seen: &Snapshot) -> Vec<Failed> {
    let failed = seen.pods().iter().filter(|pod| {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        let is_going = pod.metadata.deletion_timestamp.is_some();
        phase == Some("Failed") && !is_going && controller(&pod.metadata).is_some()
    });
    failed
        .filter_map(|pod| {
            let reason = pod.status.as_ref().and_then(|status| status.reason.as_deref()).unwrap_or("Failed");
            let uid = pod.metadata.uid.clone()?;
            Some(Failed { pod: name(&pod.metadata).to_owned(), uid, reason: plain(reason) })
        })
        .collect()
}
