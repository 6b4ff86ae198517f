//! Stands in for a node where the cluster has none: it takes pods, and reports of them what their label `play` says.

use crate::api::Api;
use serde_json::{Value, json};
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(150);
const NODE: &str = "kintsugi-conformance";
const NODES: &str = "/api/v1/nodes";

/// Whether a node of the cluster runs pods for real.
pub(crate) async fn is_there(api: &Api) -> anyhow::Result<bool> {
    let is_ready = |node: &Value| {
        let conditions = node["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let is_ours = node["metadata"]["name"] == NODE;
        !is_ours && conditions.iter().any(|it| it["type"] == "Ready" && it["status"] == "True")
    };
    Ok(api.list(NODES).await?.iter().any(is_ready))
}

/// Makes the node.
pub(crate) async fn join(api: &Api) -> anyhow::Result<()> {
    let _left_over = api.delete(NODES, NODE, None).await;
    api.create(NODES, &json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": NODE } })).await?;
    beat(api).await
}

async fn beat(api: &Api) -> anyhow::Result<()> {
    let now = now();
    let ready = json!({ "type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": now });
    let room = json!({ "cpu": "8", "memory": "16Gi", "pods": "110" });
    api.set_status(NODES, NODE, &json!({ "conditions": [ready], "capacity": room, "allocatable": room })).await?;
    Ok(())
}

/// Takes it away again.
pub(crate) async fn leave(api: &Api) {
    let _gone = api.delete(NODES, NODE, None).await;
}

/// Plays until it is dropped.
pub(crate) async fn play(api: Api) {
    let mut rounds = 0_u32;
    loop {
        rounds += 1;
        if rounds.is_multiple_of(40) {
            let _late = beat(&api).await;
        }
        for (nth, pod) in api.list("v1/pods").await.unwrap_or_default().iter().enumerate() {
            // A pod may be gone or changed by now: the next round sees it as it is.
            let _missed = take(&api, pod, nth).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn take(api: &Api, pod: &Value, nth: usize) -> anyhow::Result<()> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    if pod["metadata"]["deletionTimestamp"].is_string() {
        return api.delete("v1/pods", name, Some(0)).await;
    }
    if pod["status"]["phase"] == "Failed" {
        return Ok(());
    }
    let play = pod["metadata"]["labels"]["play"].as_str().unwrap_or("good");
    if play == "stranded" {
        return Ok(());
    }
    if pod["spec"]["nodeName"].is_null() {
        let target = json!({ "apiVersion": "v1", "kind": "Node", "name": NODE });
        let binding = json!({ "apiVersion": "v1", "kind": "Binding", "metadata": { "name": name }, "target": target });
        api.create_part("v1/pods", name, "binding", &binding).await?;
    }
    let status = status(pod, play, nth);
    let is_so = pod["status"]["containerStatuses"][0]["state"].as_object().map(|it| it.keys().next().cloned())
        == status["containerStatuses"][0]["state"].as_object().map(|it| it.keys().next().cloned())
        && pod["status"]["containerStatuses"][0]["ready"] == status["containerStatuses"][0]["ready"];
    if !is_so {
        api.set_status("v1/pods", name, &status).await?;
    }
    Ok(())
}

/// What a kubelet would tell.
fn status(pod: &Value, play: &str, nth: usize) -> Value {
    let was_restarted = pod["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"].is_string();
    let limit = pod["spec"]["containers"][0]["resources"]["limits"]["memory"].as_str().unwrap_or("1Gi");
    let is_short = kubernetes::quantity::bytes(limit).is_some_and(|limit| limit < 100 << 20);
    let waiting = |reason: &str, message: &str| json!({ "waiting": { "reason": reason, "message": message } });
    let crashed = || waiting("CrashLoopBackOff", "back-off restarting failed container");
    let ended = |reason: &str, code: i32| json!({ "terminated": { "reason": reason, "exitCode": code, "startedAt": now(), "finishedAt": now() } });
    let running = || (json!({ "running": { "startedAt": now() } }), json!({}));
    let (state, last) = match play {
        "crash" => (crashed(), ended("Error", 1)),
        "crash-until-restarted" if !was_restarted => (crashed(), ended("Error", 1)),
        "hungry" if is_short => (crashed(), ended("OOMKilled", 137)),
        "image" => (waiting("ImagePullBackOff", "back-off pulling image"), json!({})),
        _ => running(),
    };
    let made =
        pod["metadata"]["creationTimestamp"].as_str().and_then(|at| at.parse::<chrono::DateTime<chrono::Utc>>().ok());
    let is_old = made.is_some_and(|at| chassis::clock::system().now() - at > chrono::TimeDelta::seconds(4));
    let is_deaf = play == "deaf" && !was_restarted && is_old;
    let runs = state.get("running").is_some();
    let (ready, restarts) = (runs && !is_deaf, if last.get("terminated").is_some() { 3 } else { 0 });
    let image = pod["spec"]["containers"][0]["image"].clone();
    let address = format!("10.99.{}.{}", nth / 200, nth % 200 + 1);
    let condition = |kind: &str| json!({ "type": kind, "status": if ready { "True" } else { "False" } });
    json!({
        "phase": if play == "image" { "Pending" } else { "Running" },
        "podIP": address, "podIPs": [{ "ip": address }], "startTime": now(),
        "conditions": [condition("Ready"), condition("ContainersReady"), { "type": "PodScheduled", "status": "True" }],
        "containerStatuses": [{
            "name": "app", "image": image, "imageID": "", "ready": ready, "started": runs,
            "restartCount": restarts, "state": state, "lastState": last,
        }],
    })
}

fn now() -> String {
    chassis::clock::system().now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
