//! Diagnostic 4: how the deployment is set up, who else changes it, and how far its last change has come.

use super::revisions::{self, Revision};
use crate::error::plain;
use crate::snapshot::{Snapshot, annotation};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

/// What `kubectl apply` keeps.
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// What the deployment controller keeps at its replica sets.
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";

/// Who writes for whom, as the cluster notes it.
const MANAGERS: [(&str, &str); 5] = [
    ("argocd-controller", "Argo CD"),
    ("argocd-application-controller", "Argo CD"),
    ("kustomize-controller", "Flux"),
    ("helm-controller", "Flux"),
    ("helm", "Helm"),
];

/// How far the last change has come, by kubectl's rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollout {
    /// Every pod is new and serves.
    Done,
    /// Not yet, and what it waits for.
    Waits(String),
    /// Its deadline has passed.
    Stuck(String),
}

/// What is seen of the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Who owns it, where that is not the cluster alone: a change here would be undone by it.
    pub owner: Option<String>,
    /// Its `metadata.generation`: another one after each change of what it is to be, the same after a change of its status.
    pub generation: Option<i64>,
    /// Whether its changes wait.
    pub paused: bool,
    /// How many pods it is to have.
    pub replicas: u32,
    /// How many it had before it had none, as far as is known.
    pub last_count: Option<u32>,
    /// The autoscaler that says how many it has.
    pub scaled_by: Option<String>,
    /// Whether that could be seen at all.
    pub knows_scalers: bool,
    /// How far its last change has come.
    pub rollout: Rollout,
    /// Whether the last change was rolled out as a whole, whatever became of it since.
    pub was_whole: bool,
    /// Why no pod can be made: a quota, an admission.
    pub failure: Option<String>,
    /// The revision that it has now, by the first number that it had.
    pub revision: Option<u64>,
    /// The one before that is worth going back to.
    pub last_good: Option<Revision>,
}

/// Looks at it.
pub(super) fn look(seen: &Snapshot) -> Option<Setup> {
    let deployment = &seen.deployment.as_ref().ok()?.known;
    let replicas = wanted(deployment);
    Some(Setup {
        owner: owner(&deployment.metadata),
        generation: deployment.metadata.generation,
        paused: deployment.spec.as_ref().and_then(|spec| spec.paused) == Some(true),
        replicas,
        last_count: last_count(seen, deployment),
        scaled_by: scaled_by(seen, deployment),
        knows_scalers: seen.scalers.is_ok(),
        rollout: rollout(deployment),
        was_whole: was_whole(deployment),
        failure: condition(deployment, "ReplicaFailure", "True").map(told),
        revision: revisions::now(seen, deployment),
        last_good: revisions::last_good(seen),
    })
}

pub(crate) fn wanted(deployment: &Deployment) -> u32 {
    // Unset means one.
    let replicas = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    u32::try_from(replicas).unwrap_or(0)
}

/// Who owns it, as labels, annotations, its controller and its managers tell.
pub(crate) fn owner(meta: &ObjectMeta) -> Option<String> {
    let label = |key: &str| meta.labels.as_ref()?.get(key).map(String::as_str);
    let keys = || meta.labels.iter().flatten().chain(meta.annotations.iter().flatten()).map(|(key, _)| key.as_str());
    if keys().any(|key| key.starts_with("argocd.argoproj.io/")) {
        return Some("Argo CD".into());
    }
    if keys().any(|key| key.starts_with("kustomize.toolkit.fluxcd.io/") || key.starts_with("helm.toolkit.fluxcd.io/")) {
        return Some("Flux".into());
    }
    if label("app.kubernetes.io/managed-by") == Some("Helm") || annotation(meta, "meta.helm.sh/release-name").is_some()
    {
        let release =
            annotation(meta, "meta.helm.sh/release-name").map_or_else(String::new, |it| format!(" (release {it})"));
        return Some(plain(&format!("Helm{release}")));
    }
    let owners = meta.owner_references.as_deref().unwrap_or_default();
    if let Some(owner) = owners.iter().find(|owner| owner.controller == Some(true)) {
        return Some(plain(&format!("{} {}", owner.kind, owner.name)));
    }
    let wrote = meta.managed_fields.iter().flatten().filter_map(|entry| entry.manager.as_deref());
    let known = wrote.filter_map(|name| MANAGERS.iter().find(|(manager, _)| *manager == name));
    known.map(|(_, owner)| (*owner).to_owned()).next()
}

fn scaled_by(seen: &Snapshot, deployment: &Deployment) -> Option<String> {
    let scaler = seen.scalers.as_ref().ok()?.iter().find(|scaler| {
        let target = scaler.spec.as_ref().map(|spec| &spec.scale_target_ref);
        target.is_some_and(|it| it.kind == "Deployment" && Some(&it.name) == deployment.metadata.name.as_ref())
    })?;
    Some(plain(crate::snapshot::name(&scaler.metadata)))
}

/// How many pods it had: what `kubectl apply` was told, else what the newest of its replica sets remembers.
fn last_count(seen: &Snapshot, deployment: &Deployment) -> Option<u32> {
    let applied = annotation(&deployment.metadata, APPLIED)
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
        .and_then(|value| value.pointer("/spec/replicas")?.as_u64())
        .and_then(|count| u32::try_from(count).ok());
    let mut sets: Vec<_> = seen.replica_sets().iter().map(|set| &set.known.metadata).collect();
    sets.sort_by_key(|meta| std::cmp::Reverse(revisions::number(meta)));
    let remembered = sets.into_iter().filter_map(|meta| annotation(meta, DESIRED)?.parse::<u32>().ok());
    applied.into_iter().chain(remembered).find(|count| *count > 0)
}

/// kubectl's rule.
pub(crate) fn rollout(deployment: &Deployment) -> Rollout {
    let status = deployment.status.clone().unwrap_or_default();
    let wanted = i64::from(wanted(deployment));
    let of = |count: Option<i32>| i64::from(count.unwrap_or(0));
    if deployment.metadata.generation.unwrap_or(0) > status.observed_generation.unwrap_or(0) {
        return Rollout::Waits("the cluster has not seen the last change yet".into());
    }
    if let Some(late) = condition(deployment, "Progressing", "False") {
        return Rollout::Stuck(told(late));
    }
    let (updated, all, available) = (of(status.updated_replicas), of(status.replicas), of(status.available_replicas));
    if updated < wanted {
        return Rollout::Waits(format!("{updated} of {wanted} pods are new"));
    }
    if all > updated {
        return Rollout::Waits(format!("{} old pods are still there", all - updated));
    }
    if available < updated {
        return Rollout::Waits(format!("{available} of {updated} new pods serve"));
    }
    Rollout::Done
}

/// Whether its newest revision was rolled out as a whole once.
pub(crate) fn was_whole(deployment: &Deployment) -> bool {
    let status = deployment.status.as_ref().and_then(|status| status.observed_generation);
    let whole = condition(deployment, "Progressing", "True").and_then(|it| it.reason.as_deref());
    status >= deployment.metadata.generation && whole == Some("NewReplicaSetAvailable")
}

pub(crate) fn condition<'a>(deployment: &'a Deployment, kind: &str, status: &str) -> Option<&'a DeploymentCondition> {
    let all = deployment.status.as_ref()?.conditions.as_deref()?;
    all.iter().find(|condition| condition.type_ == kind && condition.status == status)
}

fn told(condition: &DeploymentCondition) -> String {
    let (reason, message) = (condition.reason.as_deref(), condition.message.as_deref());
    plain(&format!("{}: {}", reason.unwrap_or("no reason"), message.unwrap_or_default()))
}
