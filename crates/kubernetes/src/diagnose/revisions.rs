//! The revisions of a deployment: which one is worth going back to, and whether the newest is the cause.

use super::pods::{self, is_ready};
use super::setup::was_whole;
use crate::snapshot::{Snapshot, Whole, annotation, controller, made, name};
use chrono::{DateTime, TimeDelta, Utc};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;
use std::collections::BTreeSet;

/// The number of a revision.
const REVISION: &str = "deployment.kubernetes.io/revision";
/// The numbers that it had before.
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// What tells the pods of one replica set from those of another.
const HASH: &str = "pod-template-hash";
/// What began so soon after a change came with it.
const SOON: TimeDelta = TimeDelta::minutes(10);
/// Annotations of a template that change nothing but when it was made.
const STAMPS: [&str; 3] =
    ["kubectl.kubernetes.io/restartedAt", "kube.kubernetes.io/restartedAt", crate::change::RESTARTED_FOR];

/// A revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The first number that it had: the cluster gives it another whenever it comes back.
    pub number: u64,
    /// The images of its containers.
    pub images: Vec<String>,
    /// Whether pods of it serve now.
    pub serves: bool,
    /// Whether the newest revision is the cause of what is wrong: it never served as a whole, or it began with it.
    pub is_newer_the_cause: bool,
}

/// Its number.
pub(crate) fn number(meta: &ObjectMeta) -> Option<u64> {
    annotation(meta, REVISION)?.parse().ok()
}

/// The first number that it had, by which it is known however often it comes back.
pub(crate) fn first_number(meta: &ObjectMeta) -> Option<u64> {
    let before =
        annotation(meta, HISTORY).unwrap_or_default().split(',').filter_map(|number| number.trim().parse().ok());
    before.chain(number(meta)).min()
}

/// The first number of the revision that the deployment has now.
pub(super) fn now(seen: &Snapshot, deployment: &Deployment) -> Option<u64> {
    let number_now = number(&deployment.metadata)?;
    let sets = seen.replica_sets().iter().map(|set| &set.known.metadata);
    sets.filter(|set| number(set) == Some(number_now)).find_map(first_number)
}

/// Whether a replica set is or was the revision of that number.
pub(crate) fn is(set: &ReplicaSet, wanted: u64) -> bool {
    let mut before = annotation(&set.metadata, HISTORY).unwrap_or_default().split(',');
    number(&set.metadata) == Some(wanted) || before.any(|number| number.trim().parse() == Ok(wanted))
}

/// A template without what tells its copies apart.
pub(crate) fn essence(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(HASH);
    }
    let mut is_bare = false;
    if let Some(notes) = template.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        notes.retain(|key, _| !STAMPS.contains(&key.as_str()));
        is_bare = notes.is_empty();
    }
    if let Some(meta) = template.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        meta.remove("creationTimestamp");
        if is_bare {
            meta.remove("annotations");
        }
    }
    template
}

pub(crate) fn template(raw: &Value) -> Value {
    raw.pointer("/spec/template").map(essence).unwrap_or_default()
}

/// The newest revision that is not the one of now (nor that one as it was before a restart).
pub(super) fn last_good(seen: &Snapshot) -> Option<Revision> {
    let deployment = seen.deployment.as_ref().ok()?;
    let now = template(&deployment.raw);
    let mut others: Vec<&Whole<ReplicaSet>> = seen
        .replica_sets()
        .iter()
        .filter(|set| template(&set.raw) != now && number(&set.known.metadata).is_some())
        .collect();
    // One whose pods serve has proved itself; else the newest.
    others.sort_by_key(|set| (serves(&set.known), number(&set.known.metadata)));
    let set = others.last()?;
    let containers = set.known.spec.as_ref().and_then(|spec| spec.template.as_ref()?.spec.as_ref());
    let images = containers.map(|spec| spec.containers.iter().filter_map(|it| it.image.clone()).collect());
    Some(Revision {
        number: first_number(&set.known.metadata)?,
        images: images.unwrap_or_default(),
        serves: serves(&set.known),
        is_newer_the_cause: is_newer_the_cause(seen, deployment, &now),
    })
}

fn serves(set: &ReplicaSet) -> bool {
    set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0) > 0
}

fn is_newer_the_cause(seen: &Snapshot, deployment: &Whole<Deployment>, now: &Value) -> bool {
    let same = || seen.replica_sets().iter().filter(|set| template(&set.raw) == *now);
    let Some(since) = same().filter_map(|set| made(&set.known.metadata)).min() else { return false };
    if !was_whole(&deployment.known) && !same().any(|set| serves(&set.known)) {
        return true;
    }
    let newest: BTreeSet<&str> = same().filter_map(|set| set.known.metadata.uid.as_deref()).collect();
    first_trouble(seen, &newest).is_some_and(|trouble| trouble >= since && trouble - since <= SOON)
}

/// When what ails the pods of these replica sets began, at the latest: what ails others did not come with them.
fn first_trouble(seen: &Snapshot, of: &BTreeSet<&str>) -> Option<DateTime<Utc>> {
    let found = pods::look(seen);
    let theirs: Vec<_> =
        seen.pods().iter().filter(|pod| controller(&pod.metadata).is_some_and(|uid| of.contains(uid))).collect();
    // When it began is reckoned from the pauses between restarts: never before there was such a pod.
    let since = |ailing: &pods::Ailing| {
        let pod = theirs.iter().find(|pod| name(&pod.metadata) == ailing.pod)?;
        Some(made(&pod.metadata).map_or(ailing.since, |made| ailing.since.max(made)))
    };
    let silent = theirs.iter().filter(|pod| !is_ready(pod) && !pods::is_over(pod));
    found.ailing().filter_map(since).min().or_else(|| silent.filter_map(|pod| made(&pod.metadata)).min())
}
