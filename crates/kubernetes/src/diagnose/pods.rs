//! Diagnostic 1: the pods and their containers.

use crate::error::plain;
use crate::snapshot::{Snapshot, instant, made, name};
use chrono::{DateTime, TimeDelta, Utc};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod};

/// Why an image does not come.
const IMAGE: [&str; 8] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
    "ErrImagePullUnauthorized",
];
/// Why a container cannot be made.
const CONFIG: [&str; 3] = ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"];
/// A container that runs for less than this after a crash may be about to crash again.
const SHAKY: TimeDelta = TimeDelta::seconds(15);
/// A pod that is to go and is there so long after its grace is stuck.
const STUCK: TimeDelta = TimeDelta::seconds(60);

/// A container that does not get going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ailing {
    /// Its pod.
    pub pod: String,
    /// Its name.
    pub container: String,
    /// Why, as Kubernetes names it.
    pub reason: String,
    /// What is told of it, shortened and redacted: it may come from an application.
    pub message: String,
    /// Since when, at the latest.
    pub since: DateTime<Utc>,
}

/// What is seen of the pods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pods {
    /// How many there are, without those that ended.
    pub present: usize,
    /// How many of them are ready.
    pub ready: usize,
    /// Containers that crash again and again.
    pub crashing: Vec<Ailing>,
    /// Containers whose image does not come.
    pub imageless: Vec<Ailing>,
    /// Containers that cannot be made: a key of a config map or secret is missing.
    pub unmade: Vec<Ailing>,
    /// Pods that no node takes; `container` is empty.
    pub unscheduled: Vec<Ailing>,
    /// Pods that are to go and do not; `container` is empty.
    pub stuck: Vec<Ailing>,
}

impl Pods {
    /// Whether nothing ails any of them, as far as they tell themselves.
    pub fn are_well(&self) -> bool {
        self.present == self.ready && self.ailing().next().is_none()
    }

    /// All that ails them.
    pub fn ailing(&self) -> impl Iterator<Item = &Ailing> {
        let all = [&self.crashing, &self.imageless, &self.unmade, &self.unscheduled, &self.stuck];
        all.into_iter().flatten()
    }
}

/// Whether it ended for good, well or not.
pub(crate) fn is_over(pod: &Pod) -> bool {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).is_some_and(|it| it == "Failed" || it == "Succeeded")
}

pub(crate) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// The statuses of all containers of a pod.
pub(crate) fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status
        .iter()
        .flat_map(|status| of_list(&status.init_container_statuses).iter().chain(of_list(&status.container_statuses)))
}

fn of_list(list: &Option<Vec<ContainerStatus>>) -> &[ContainerStatus] {
    list.as_deref().unwrap_or_default()
}

/// How it ended last.
pub(crate) fn ended(status: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    let now = status.state.as_ref().and_then(|state| state.terminated.as_ref());
    now.or_else(|| status.last_state.as_ref()?.terminated.as_ref())
}

fn waits_for(status: &ContainerStatus) -> Option<(&str, &str)> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    Some((waiting.reason.as_deref()?, waiting.message.as_deref().unwrap_or_default()))
}

/// Whether a container crashes again and again: it says so, or it runs for a moment only between two crashes.
pub(crate) fn crashes(status: &ContainerStatus, now: DateTime<Utc>) -> bool {
    if waits_for(status).is_some_and(|(reason, _)| reason == "CrashLoopBackOff") {
        return true;
    }
    let failed = ended(status).is_some_and(|ended| ended.exit_code != 0);
    let state = status.state.as_ref();
    let begun = state.and_then(|state| state.running.as_ref()?.started_at.as_ref()).and_then(instant);
    let is_shaky = begun.is_some_and(|begun| now - begun < SHAKY);
    let is_over = state.is_some_and(|state| state.terminated.is_some());
    failed && status.restart_count > 0 && (is_shaky || is_over)
}

/// Whether it was killed for want of memory at last.
pub(crate) fn is_out_of_memory(status: &ContainerStatus) -> bool {
    ended(status).and_then(|ended| ended.reason.as_deref()) == Some("OOMKilled")
}

/// When a container began to crash, at the latest: the pauses between its restarts double from 10 s to 5 minutes.
pub(crate) fn began(status: &ContainerStatus, other: DateTime<Utc>) -> DateTime<Utc> {
    let last = ended(status).and_then(|ended| ended.finished_at.as_ref()).and_then(instant).unwrap_or(other);
    let restarts = u32::try_from(status.restart_count.clamp(0, 10_000)).unwrap_or(0);
    let pauses: i64 = (0..restarts.saturating_sub(1)).map(|nth| (10_i64 << nth.min(5)).min(300)).sum();
    last - TimeDelta::seconds(pauses)
}

/// Looks at them.
pub(super) fn look(seen: &Snapshot) -> Pods {
    let mut found = Pods::default();
    for pod in seen.pods().iter().filter(|pod| !is_over(pod)) {
        let ailing = |container: &str, reason: &str, message: &str, since| Ailing {
            pod: name(&pod.metadata).to_owned(),
            container: container.to_owned(),
            reason: plain(reason),
            message: plain(message),
            since,
        };
        let since = made(&pod.metadata).unwrap_or(seen.at);
        if let Some(gone) = pod.metadata.deletion_timestamp.as_ref().and_then(instant) {
            // The grace is in it already.
            if seen.at - gone > STUCK {
                found.stuck.push(ailing("", "Terminating", "it is to go and is still there", gone));
            }
            continue;
        }
        found.present += 1;
        found.ready += usize::from(is_ready(pod));
        for status in containers(pod) {
            if crashes(status, seen.at) && !is_out_of_memory(status) {
                found.crashing.push(ailing(&status.name, "CrashLoopBackOff", &last_end(status), began(status, since)));
            }
            let Some((reason, message)) = waits_for(status) else { continue };
            if IMAGE.contains(&reason) {
                found.imageless.push(ailing(&status.name, reason, &format!("{}: {message}", status.image), since));
            } else if CONFIG.contains(&reason) {
                found.unmade.push(ailing(&status.name, reason, message, since));
            }
        }
        if let Some(message) = unschedulable(pod) {
            found.unscheduled.push(ailing("", "Unschedulable", message, since));
        }
    }
    found
}

fn last_end(status: &ContainerStatus) -> String {
    let Some(end) = ended(status) else { return format!("{} restarts", status.restart_count) };
    let signal = end.signal.map_or_else(String::new, |signal| format!(", signal {signal}"));
    let message = end.message.as_deref().map_or_else(String::new, |message| format!(": {message}"));
    format!("exit code {}{signal}, {} restarts{message}", end.exit_code, status.restart_count)
}

fn unschedulable(pod: &Pod) -> Option<&str> {
    let conditions = pod.status.as_ref()?.conditions.as_deref()?;
    let refused =
        conditions.iter().find(|condition| condition.type_ == "PodScheduled" && condition.status == "False")?;
    let is_refused = matches!(refused.reason.as_deref(), Some("Unschedulable" | "SchedulingGated"));
    is_refused.then_some(refused.message.as_deref().unwrap_or_default())
}
