//! Objects as an API server writes them, after the API reference: the deployment `orders` of the namespace `shop`.
#![expect(clippy::indexing_slicing, reason = "JSON of its own: what is absent becomes an entry")]

use serde_json::{Value, json};

/// When it is looked at.
pub const NOW: &str = "2026-11-22T12:00:00Z";

/// The same with this in that place.
///
/// # Panics
/// When there is nothing above it.
pub fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (above, key) = pointer.rsplit_once('/').expect("a pointer");
    object.pointer_mut(above).expect("what is above")[key] = value;
    object
}

/// Rolled out as a whole: two pods of revision 2.
pub fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "orders", "namespace": "shop", "uid": "d-1", "generation": 4, "resourceVersion": "100", "labels": {},
            "annotations": { "deployment.kubernetes.io/revision": "2" },
        },
        "spec": {
            "replicas": 2, "selector": { "matchLabels": { "app": "orders" } },
            "template": template("orders:2"),
        },
        "status": {
            "observedGeneration": 4, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2,
            "conditions": [progressing("NewReplicaSetAvailable")],
        },
    })
}

/// The condition that tells how far a roll-out is.
pub fn progressing(reason: &str) -> Value {
    let status = if reason == "ProgressDeadlineExceeded" { "False" } else { "True" };
    json!({ "type": "Progressing", "status": status, "reason": reason, "message": "told by the controller" })
}

/// A template of pods.
pub fn template(image: &str) -> Value {
    json!({
        "metadata": { "creationTimestamp": null, "labels": { "app": "orders" } },
        "spec": { "containers": [{
            "name": "app", "image": image, "ports": [{ "name": "http", "containerPort": 8080 }],
            "resources": { "limits": { "memory": "128Mi" }, "requests": { "memory": "64Mi" } },
            // What a newer cluster may know.
            "fieldOfTomorrow": { "kept": true },
        }] },
    })
}

/// A revision, made at that time.
pub fn replica_set(revision: u64, image: &str, made: &str, ready: u32) -> Value {
    let mut template = template(image);
    template["metadata"]["labels"]["pod-template-hash"] = json!(format!("hash{revision}"));
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": format!("orders-hash{revision}"), "namespace": "shop", "uid": format!("rs-{revision}"), "creationTimestamp": made,
            "annotations": {
                "deployment.kubernetes.io/revision": revision.to_string(),
                "deployment.kubernetes.io/desired-replicas": "2",
                "kubernetes.io/change-cause": format!("release {revision}"),
            },
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "Deployment", "name": "orders", "uid": "d-1", "controller": true }],
        },
        "spec": { "selector": { "matchLabels": { "app": "orders" } }, "template": template },
        "status": { "replicas": ready, "readyReplicas": ready },
    })
}

/// A pod of revision 2 that serves.
pub fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("uid-{name}"), "creationTimestamp": "2026-11-22T11:50:00Z",
            "labels": { "app": "orders", "pod-template-hash": "hash2" },
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "orders-hash2", "uid": "rs-2", "controller": true }],
        },
        "spec": template("orders:2")["spec"],
        "status": {
            "phase": "Running", "podIP": "10.0.0.1",
            "conditions": [{ "type": "Ready", "status": "True" }, { "type": "PodScheduled", "status": "True" }],
            "containerStatuses": [container(json!({ "running": { "startedAt": "2026-11-22T11:50:05Z" } }), json!({}), 0, true)],
        },
    })
}

/// The status of a container.
pub fn container(state: Value, last: Value, restarts: u32, ready: bool) -> Value {
    json!({
        "name": "app", "image": "orders:2", "imageID": "", "ready": ready, "restartCount": restarts, "state": state,
        "lastState": last,
    })
}

/// The state of a container that waits.
pub fn waiting(reason: &str, message: &str) -> Value {
    json!({ "waiting": { "reason": reason, "message": message } })
}

/// The state of a container that ended.
pub fn terminated(reason: &str, code: i32, at: &str) -> Value {
    json!({ "terminated": { "reason": reason, "exitCode": code, "startedAt": at, "finishedAt": at } })
}

/// A pod whose container is as told, and that is not ready.
pub fn ailing(name: &str, state: Value, last: Value, restarts: u32) -> Value {
    let mut pod = pod(name);
    pod["status"]["conditions"][0]["status"] = json!("False");
    pod["status"]["containerStatuses"] = json!([container(state, last, restarts, false)]);
    pod
}

/// Its service.
pub fn service() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "orders", "namespace": "shop" },
        "spec": { "selector": { "app": "orders" }, "ports": [{ "port": 80, "targetPort": "http" }] },
    })
}

/// Everything is well: two revisions, two pods, a service with both of them.
pub fn well() -> Value {
    json!({
        "at": NOW,
        "deployment": deployment(),
        "replica_sets": [
            replica_set(1, "orders:1", "2026-11-20T08:00:00Z", 0),
            replica_set(2, "orders:2", "2026-11-22T11:50:00Z", 2),
        ],
        "pods": [pod("orders-a"), pod("orders-b")],
        "service": service(),
        "slices": [{ "endpoints": [
            { "addresses": ["10.0.0.1"], "conditions": { "ready": true } },
            { "addresses": ["10.0.0.2"], "conditions": {} },
        ] }],
    })
}
