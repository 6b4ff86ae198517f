//! What is written: strategic merge patches, decided upon the deployment as it was told. None where it is so already. Pure.

use super::RESTARTED_FOR;
use crate::diagnose::memory::{self as limits, RAISES};
use crate::diagnose::{revisions, setup};
use crate::error::ChangeError;
use crate::quantity::shown;
use crate::snapshot::Whole;
use chrono::{DateTime, SecondsFormat, Utc};
use k8s_openapi::api::apps::v1::Deployment;
use serde_json::{Map, Value, json};
use wire::target::Workload;

/// What `kubectl rollout undo` leaves as the deployment has it; the other annotations come with the revision.
const OWN: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// Writes a value at a path, with whatever is missing above it.
pub(super) fn put(into: &mut Value, path: &[&str], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        *into = value;
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    if let Some(map) = into.as_object_mut() {
        put(map.entry(*key).or_insert(Value::Null), rest, value);
    }
}

pub(super) fn restart(now: &Whole<Deployment>, incident: &str, at: DateTime<Utc>) -> Option<Value> {
    let notes = now.raw.pointer("/spec/template/metadata/annotations");
    let for_incident = notes.and_then(|notes| notes.get(RESTARTED_FOR)).and_then(Value::as_str);
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let notes = json!({ "kubectl.kubernetes.io/restartedAt": at, RESTARTED_FOR: incident });
    (for_incident != Some(incident))
        .then(|| json!({ "spec": { "template": { "metadata": { "annotations": notes } } } }))
}

pub(super) fn revision(now: &Whole<Deployment>, set: &Value) -> Option<Value> {
    if revisions::template(&now.raw) == revisions::template(set) {
        return None;
    }
    let mut template = set.pointer("/spec/template")?.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove("pod-template-hash");
    }
    put(&mut template, &["$patch"], json!("replace"));
    let notes =
        |of: &Value| of.pointer("/metadata/annotations").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_own = |key: &str| OWN.contains(&key) || key.starts_with("kintsugi/");
    let kept = notes(&now.raw).into_iter().filter(|(key, _)| is_own(key));
    let theirs = notes(set).into_iter().filter(|(key, _)| !is_own(key));
    let mut notes: Map<String, Value> = kept.chain(theirs).collect();
    notes.insert("$patch".into(), json!("replace"));
    Some(json!({ "metadata": { "annotations": notes }, "spec": { "template": template } }))
}

pub(super) fn scale(now: &Whole<Deployment>, replicas: u32) -> Option<Value> {
    (setup::wanted(&now.known) != replicas).then(|| json!({ "spec": { "replicas": replicas } }))
}

/// The memory limit that its container has, bytes.
pub(super) fn limit(of: &Workload, now: &Whole<Deployment>) -> Option<u64> {
    let pod = now.known.spec.as_ref()?.template.spec.as_ref()?;
    limits::memory(pod.containers.iter().find(|it| Some(&it.name) == of.container.as_ref())?).0
}

pub(super) fn memory(
    now: &Whole<Deployment>,
    of: &Workload,
    limit: u64,
    request: Option<u64>,
    at: DateTime<Utc>,
) -> Result<Option<Value>, ChangeError> {
    let refused = |why: String| Err(ChangeError::Refused(why));
    let Some(container) = &of.container else {
        return refused("the target file names no `container` whose memory may be changed".into());
    };
    let pod = now.known.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
    let Some(spec) = pod.into_iter().flat_map(|pod| &pod.containers).find(|it| it.name == *container) else {
        return refused(format!("it has no container {container}: change `container` in the target file"));
    };
    let (Some(before), reserved) = limits::memory(spec) else {
        return refused(format!("the container {container} has no memory limit: there is none to raise"));
    };
    let fits = request.is_none_or(|request| reserved == Some(request));
    if before == limit && fits {
        return Ok(None);
    }
    let mut body = json!({});
    if limit > before {
        let mut raises = limits::raises(&now.known, at);
        if limit > of.memory_max_bytes {
            let max = shown(of.memory_max_bytes);
            return refused(format!("{} is more than the maximum of {max} (`memory_max_bytes`)", shown(limit)));
        }
        if raises.len() >= usize::try_from(of.raises_per_day).unwrap_or(usize::MAX) {
            return refused(format!(
                "it was raised {} times in 24 hours: `raises_per_day` allows no more",
                raises.len()
            ));
        }
        raises.push(at);
        let raises: Vec<_> = raises.iter().map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).collect();
        put(&mut body, &["metadata", "annotations", RAISES], json!(raises.join(",")));
    }
    let mut resources = json!({ "limits": { "memory": shown(limit) } });
    if let Some(request) = request {
        put(&mut resources, &["requests", "memory"], json!(shown(request)));
    }
    let containers = json!([{ "name": container, "resources": resources }]);
    put(&mut body, &["spec", "template", "spec", "containers"], containers);
    Ok(Some(body))
}
