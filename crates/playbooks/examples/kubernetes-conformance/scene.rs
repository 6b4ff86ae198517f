//! What the scenes are made of: workloads whose behaviour stands in their own manifest, so that a real node and the stand-in agree.

use crate::options::image;
use serde_json::{Value, json};

/// Runs when its pods were restarted, else ends or is deaf.
const STAMP: &str = "metadata.annotations['kubectl.kubernetes.io/restartedAt']";

/// The name of a deployment, and the label of its pods.
pub(crate) fn deployment(name: &str, replicas: u32, play: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": name },
        "spec": {
            "replicas": replicas, "selector": { "matchLabels": { "app": name } }, "progressDeadlineSeconds": 30,
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 1, "maxSurge": 1 } },
            "template": template(name, play),
        },
    })
}

/// A template that behaves so.
pub(crate) fn template(name: &str, play: &str) -> Value {
    let image = if play == "image" { "kintsugi.invalid/absent:1".to_owned() } else { image() };
    let stay = "exec sleep 3600";
    let command = match play {
        "crash" => "echo 'fatal: no way on' >&2; exit 1".to_owned(),
        "crash-until-restarted" => format!("test -n \"$STAMP\" || exit 1; {stay}"),
        // As much as it reads it keeps: 80 MiB.
        "hungry" => format!("head -c 83886080 /dev/zero | tail >/dev/null; {stay}"),
        "deaf" => format!("touch /tmp/born; {stay}"),
        _ => stay.to_owned(),
    };
    let mut container = json!({
        "name": "app", "image": image, "command": ["sh", "-c", command],
        "env": [{ "name": "STAMP", "valueFrom": { "fieldRef": { "fieldPath": STAMP } } }],
        "resources": { "limits": { "memory": "64Mi" }, "requests": { "memory": "64Mi" } },
        "ports": [{ "name": "http", "containerPort": 8080 }],
    });
    if play == "deaf" {
        // It answers for a while only, until it is restarted.
        let answers = "test -n \"$STAMP\" || test $(($(date +%s) - $(stat -c %Y /tmp/born))) -lt 4";
        container["readinessProbe"] = json!({
            "exec": { "command": ["sh", "-c", answers] }, "periodSeconds": 1, "failureThreshold": 1,
        });
    }
    let mut spec = json!({
        "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 1, "containers": [container],
    });
    if play == "stranded" {
        spec["volumes"] = json!([{ "name": "data", "persistentVolumeClaim": { "claimName": format!("{name}-data") } }]);
    }
    json!({ "metadata": { "labels": { "app": name, "play": play } }, "spec": spec })
}

/// Its service.
pub(crate) fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": name },
        "spec": { "selector": { "app": name }, "ports": [{ "port": 80, "targetPort": "http" }] },
    })
}
