//! Volumes that are not there, with the object that is to be changed.

use crate::error::plain;
use crate::snapshot::{Snapshot, name};

/// A volume that keeps a pod from starting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// What is wrong.
    pub what: String,
    /// What a person is to do.
    pub advice: String,
}

/// Looks for them.
pub(super) fn look(seen: &Snapshot) -> Vec<Storage> {
    claims(seen).into_iter().chain(mounts(seen)).collect()
}

fn claims(seen: &Snapshot) -> Vec<Storage> {
    let volumes = seen.pods().iter().flat_map(|pod| pod.spec.iter()).flat_map(|spec| spec.volumes.iter().flatten());
    let mut used: Vec<&str> =
        volumes.filter_map(|volume| volume.persistent_volume_claim.as_ref()).map(|it| it.claim_name.as_str()).collect();
    used.sort_unstable();
    used.dedup();
    let Ok(known) = &seen.claims else { return Vec::new() };
    let trouble = |used: &str| {
        let Some(claim) = known.iter().find(|claim| name(&claim.metadata) == used) else {
            let what = format!("the volume claim {used} is not there");
            return Some(Storage {
                what,
                advice: format!("Make the PersistentVolumeClaim {used}, which the pods mount."),
            });
        };
        let phase = claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending");
        let class = claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or("(the default)");
        let advice = format!(
            "Look at the PersistentVolumeClaim {used}: it is {phase}. Its storage class is {class}: is there such a class, with a \
             provisioner that works, or a PersistentVolume that fits?"
        );
        (phase != "Bound")
            .then(|| Storage { what: format!("the volume claim {used} is {phase}"), advice: plain(&advice) })
    };
    used.into_iter().filter_map(trouble).collect()
}

/// Volumes of pods that do not run yet: what could not be mounted once and is by now is no trouble.
fn mounts(seen: &Snapshot) -> Option<Storage> {
    let names = seen.names();
    let event = seen.events().iter().find(|event| {
        let is_mount = matches!(event.reason.as_deref(), Some("FailedMount" | "FailedAttachVolume"));
        let pod = event.involved_object.name.as_deref().unwrap_or_default();
        is_mount && names.contains(pod) && waits(seen, pod)
    })?;
    let pod = event.involved_object.name.as_deref().unwrap_or_default();
    let said = plain(event.message.as_deref().unwrap_or_default());
    Some(Storage {
        what: format!("a volume of the pod {pod} cannot be mounted: {said}"),
        advice: format!("Look at the volumes of the pod {pod}: {said}"),
    })
}

fn waits(seen: &Snapshot, named: &str) -> bool {
    let pod = seen.pods().iter().find(|pod| name(&pod.metadata) == named);
    pod.and_then(|pod| pod.status.as_ref()?.phase.as_deref()).is_none_or(|phase| phase == "Pending")
}
