//! Diagnostic 5: limits, and what was killed for want of memory. With how far a limit may be raised.

use super::pods::{containers, ended, is_out_of_memory, is_over};
use crate::quantity;
use crate::snapshot::{Snapshot, annotation, instant, name};
use chrono::{DateTime, TimeDelta, Utc};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Container;

/// When its memory was raised, by this platform: RFC 3339, comma between.
pub(crate) const RAISES: &str = "kintsugi/memory-raises";
/// A limit is raised by half, and to a whole number of these, bytes.
const STEP: u64 = 64 << 20;
/// A kill so long ago is over, when it runs since.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// A container that was killed for want of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfMemory {
    /// Its pod.
    pub pod: String,
    /// Its name.
    pub container: String,
    /// Its limit, bytes; none: it has none, so the node itself was short.
    pub limit: Option<u64>,
    /// What is set aside for it, bytes.
    pub request: Option<u64>,
    /// How often it was restarted.
    pub restarts: i32,
}

/// What is seen of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// What was killed lately.
    pub killed: Vec<OutOfMemory>,
    /// How often it was raised in the last 24 hours.
    pub raises: usize,
}

/// Looks at it.
pub(super) fn look(seen: &Snapshot) -> Memory {
    let Ok(deployment) = &seen.deployment else { return Memory::default() };
    let mut found = Memory { raises: raises(&deployment.known, seen.at).len(), ..Memory::default() };
    for pod in seen.pods().iter().filter(|pod| !is_over(pod) && pod.metadata.deletion_timestamp.is_none()) {
        for status in containers(pod).filter(|status| is_out_of_memory(status)) {
            let at = ended(status).and_then(|ended| ended.finished_at.as_ref()).and_then(instant);
            let is_old = at.is_some_and(|at| seen.at - at > FRESH);
            if status.ready && is_old {
                continue;
            }
            let spec = pod.spec.iter().flat_map(|spec| &spec.containers).find(|spec| spec.name == status.name);
            let (limit, request) = spec.map(memory).unwrap_or_default();
            let (pod, container) = (name(&pod.metadata).to_owned(), status.name.clone());
            found.killed.push(OutOfMemory { pod, container, limit, request, restarts: status.restart_count });
        }
    }
    found
}

/// The limit and the request of a container, bytes.
pub(crate) fn memory(container: &Container) -> (Option<u64>, Option<u64>) {
    let resources = container.resources.as_ref();
    let limit = resources.and_then(|it| it.limits.as_ref()?.get("memory"));
    let request = resources.and_then(|it| it.requests.as_ref()?.get("memory"));
    (limit.and_then(|it| quantity::bytes(&it.0)), request.and_then(|it| quantity::bytes(&it.0)))
}

/// The limit that comes next: half as much again, in whole steps, never beyond `max`; none where that is no more.
pub fn raised(limit: u64, max: u64) -> Option<u64> {
    let wanted = limit.saturating_add(limit.div_ceil(2)).div_ceil(STEP).saturating_mul(STEP);
    Some(wanted.min(max)).filter(|wanted| *wanted > limit)
}

/// When it was raised, of the last 24 hours.
pub(crate) fn raises(deployment: &Deployment, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let written = annotation(&deployment.metadata, RAISES).unwrap_or_default();
    let times = written.split(',').filter_map(|time| time.trim().parse::<DateTime<Utc>>().ok());
    times.filter(|time| now - *time < TimeDelta::hours(24)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_grows_by_half_in_whole_steps_and_never_beyond_the_maximum() {
        let mi = |mi: u64| mi << 20;
        assert_eq!(raised(mi(128), mi(1024)), Some(mi(192)));
        assert_eq!(raised(mi(100), mi(1024)), Some(mi(192)));
        assert_eq!(raised(mi(512), mi(600)), Some(mi(600)));
        assert_eq!(raised(mi(600), mi(600)), None);
        assert_eq!(raised(mi(700), mi(600)), None);
        assert_eq!(raised(mi(1), 0), None);
        assert_eq!(raised(u64::MAX, u64::MAX), None);
    }
}
