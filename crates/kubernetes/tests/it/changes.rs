//! The changes, as the requests that an API server gets.

use kubernetes::{Changer, Cluster, Order, Upon};
use serde_json::json;
use std::sync::Arc;
use testkit::failure::cluster::objects::{self, pod, with};
use testkit::failure::cluster::{Api, workload};
use wire::target::Workload;

pub(crate) async fn changer(api: &Api, of: Workload) -> Changer {
    let now = objects::NOW.parse().expect("a time");
    Changer::new(cluster(api).await, of, Arc::new(move || now))
}

/// Of the deployment as it was looked at.
pub(crate) fn seen(incident: &str) -> Order<'_> {
    Order { incident, upon: Upon::Seen(Some(4)) }
}

pub(crate) async fn cluster(api: &Api) -> Cluster {
    Cluster::of(&api.kubeconfig).await.expect("a kubeconfig")
}

#[tokio::test]
async fn a_change_is_tried_out_first_and_bound_to_what_it_was_decided_upon() {
    let api = Api::start();
    let told = changer(&api, workload()).await.restart(&seen("inc-1")).await.expect("restarted");
    assert!(told.contains("every pod is new and serves"), "{told}");
    let path = "PATCH /apis/apps/v1/namespaces/shop/deployments/orders?&";
    assert_eq!(
        api.lines("PATCH"),
        [format!("{path}dryRun=All&fieldManager=kintsugi"), format!("{path}fieldManager=kintsugi")]
    );
    let body = api.body("PATCH");
    assert_eq!(body["metadata"], json!({ "resourceVersion": "100", "annotations": { "kintsugi/incident": "inc-1" } }));
    let notes = json!({ "kubectl.kubernetes.io/restartedAt": objects::NOW, "kintsugi/restarted-for": "inc-1" });
    assert_eq!(body["spec"], json!({ "template": { "metadata": { "annotations": notes } } }));
    // Once an incident.
    changer(&api, workload()).await.restart(&seen("inc-1")).await.expect("nothing to do");
    assert_eq!(api.lines("PATCH").len(), 2);
    changer(&api, workload()).await.restart(&seen("inc-2")).await.expect("restarted");
    assert_eq!(api.lines("PATCH").len(), 4);
}

#[tokio::test]
async fn what_the_cluster_refuses_when_it_is_tried_out_is_not_done() {
    let api = Api::start();
    api.refuse("dryRun=All", &[422]);
    let error = changer(&api, workload()).await.restart(&seen("inc-1")).await.expect_err("refused");
    assert!(std::error::Error::source(&error).is_some_and(|why| why.to_string().contains("422")), "{error:?}");
    assert_eq!(api.lines("PATCH").len(), 1);
}

#[tokio::test]
async fn a_change_that_somebody_else_forestalled_is_decided_anew_and_not_for_ever() {
    let api = Api::start();
    api.refuse("PATCH", &[409, 409]);
    changer(&api, workload()).await.restart(&seen("inc-1")).await.expect("restarted at the third try");
    assert_eq!((api.lines("PATCH").len(), api.lines("GET /apis/apps/v1/namespaces/shop/deployments").len()), (4, 4));
    api.refuse("PATCH", &[409, 409, 409]);
    let error = changer(&api, workload()).await.restart(&seen("inc-2")).await.expect_err("somebody else is at it");
    assert!(format!("{error:?}").contains("Conflict"), "{error:?}");
    assert_eq!(api.lines("PATCH").len(), 7);
}

#[tokio::test]
async fn trouble_of_the_cluster_is_tried_again_twice_and_a_missing_permission_is_named() {
    let api = Api::start();
    api.refuse("GET /apis/apps/v1/namespaces/shop/deployments", &[503, 429]);
    changer(&api, workload()).await.restart(&seen("inc-1")).await.expect("restarted");
    api.refuse("GET /apis/apps/v1/namespaces/shop/deployments", &[500, 500, 500]);
    assert!(format!("{:?}", changer(&api, workload()).await.restart(&seen("inc-2")).await).contains("Trouble(500)"));
    let patches = api.lines("PATCH").len();
    api.refuse("PATCH", &[403]);
    let error = changer(&api, workload()).await.restart(&seen("inc-3")).await.expect_err("forbidden");
    let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(why.contains("patch deployments.apps") && why.contains("warden-role.yaml"), "{why}");
    assert_eq!(api.lines("PATCH").len(), patches + 1, "a missing permission does not pass by itself");
    assert!(!format!("{error:?} {why}").contains("canary"));
}

#[tokio::test]
async fn an_earlier_revision_comes_back_as_a_whole_as_kubectl_does_it() {
    let api = Api::start();
    api.know(|known| known.deployment["metadata"]["annotations"]["kubernetes.io/change-cause"] = json!("release 2"));
    changer(&api, workload()).await.use_revision(1, &seen("inc-1")).await.expect("undone");
    let body = api.body("PATCH");
    let template = with(objects::template("orders:1"), "/$patch", json!("replace"));
    assert_eq!(body["spec"]["template"], template, "without the hash, and with a field that we do not know");
    let notes = json!({
        "$patch": "replace", "deployment.kubernetes.io/revision": "2", "kubernetes.io/change-cause": "release 1",
        "kintsugi/incident": "inc-1",
    });
    assert_eq!(body["metadata"]["annotations"], notes);
    // The cluster gives the revision another number, and remembers the one it had.
    api.know(|known| {
        let notes = &mut known.replica_sets[0]["metadata"]["annotations"];
        notes["deployment.kubernetes.io/revision"] = json!("3");
        notes["deployment.kubernetes.io/revision-history"] = json!("1");
    });
    let patches = api.lines("PATCH").len();
    changer(&api, workload()).await.use_revision(1, &seen("inc-1")).await.expect("it has it already");
    assert_eq!(api.lines("PATCH").len(), patches);
    let error = changer(&api, workload()).await.use_revision(9, &seen("inc-1")).await.expect_err("no such revision");
    assert!(error.to_string().contains("revisionHistoryLimit"), "{error}");
}

#[tokio::test]
async fn memory_is_raised_for_one_container_within_its_bounds() {
    let api = Api::start();
    let mi = |mi: u64| mi << 20;
    changer(&api, workload()).await.limit_memory(mi(192), None, &seen("inc-1")).await.expect("raised");
    let body = api.body("PATCH");
    let containers = json!([{ "name": "app", "resources": { "limits": { "memory": "192Mi" } } }]);
    assert_eq!(body["spec"], json!({ "template": { "spec": { "containers": containers } } }));
    assert_eq!(body["metadata"]["annotations"]["kintsugi/memory-raises"], json!(objects::NOW));
    for (limit, of, told) in [
        (mi(1024), workload(), "512Mi"),
        (mi(256), Workload { raises_per_day: 1, ..workload() }, "raises_per_day"),
        (mi(256), Workload { container: Some("other".into()), ..workload() }, "no container other"),
        (mi(256), Workload { container: None, ..workload() }, "`container`"),
    ] {
        let error = changer(&api, of).await.limit_memory(limit, None, &seen("inc-1")).await.expect_err(told);
        assert!(error.to_string().contains(told), "{error}");
    }
    assert_eq!(api.lines("PATCH").len(), 2);
    // The way back is not counted, and needs no leave.
    let full = Workload { raises_per_day: 1, ..workload() };
    changer(&api, full).await.limit_memory(mi(128), Some(mi(64)), &seen("inc-1")).await.expect("taken back");
    let body = api.body("PATCH");
    assert!(body["metadata"]["annotations"]["kintsugi/memory-raises"].is_null());
    assert_eq!(body["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"], json!({ "memory": "64Mi" }));
}

#[tokio::test]
async fn how_many_pods_it_has_is_an_autoscalers_to_say_where_there_is_one_or_may_be_one() {
    let api = Api::start();
    let scaler = |name: &str| {
        let target = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": name });
        json!({ "metadata": { "name": "scaler" }, "spec": { "scaleTargetRef": target, "maxReplicas": 9 } })
    };
    api.know(|known| known.scalers = vec![scaler("another")]);
    changer(&api, workload()).await.scale(3, &seen("inc-1")).await.expect("scaled");
    assert_eq!(api.body("PATCH")["spec"], json!({ "replicas": 3 }));
    api.know(|known| known.scalers = vec![scaler("orders")]);
    let error = changer(&api, workload()).await.scale(2, &seen("inc-1")).await.expect_err("scaled by another");
    assert!(error.to_string().contains("autoscaler"), "{error}");
    api.refuse("horizontalpodautoscalers", &[403]);
    changer(&api, workload()).await.scale(2, &seen("inc-1")).await.expect_err("nobody can tell");
    let error = changer(&api, workload()).await.scale(6, &seen("inc-1")).await.expect_err("too many");
    assert!(error.to_string().contains("replicas_max"), "{error}");
    assert_eq!(api.lines("PATCH").len(), 2);
}

#[tokio::test]
async fn just_the_failed_pods_that_were_seen_are_deleted() {
    let api = Api::start();
    let failed = |name: &str| with(pod(name), "/status/phase", json!("Failed"));
    let bare = with(failed("bare"), "/metadata/ownerReferences", json!([]));
    api.know(|known| known.pods = vec![pod("orders-a"), failed("evicted"), bare]);
    assert_eq!(changer(&api, workload()).await.delete_failed().await.expect("deleted"), "1 failed pods are deleted");
    let lines = api.lines("DELETE");
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.contains("/namespaces/shop/pods/evicted")), "{lines:?}");
    assert_eq!(api.body("DELETE"), json!({ "preconditions": { "uid": "uid-evicted" } }));
    let first = api.know(|known| known.asked.iter().find(|it| it.line.starts_with("DELETE")).cloned());
    assert!(first.is_some_and(|it| it.body.contains("\"dryRun\":[\"All\"]")));
}

#[tokio::test]
async fn a_workload_of_somebody_else_or_a_paused_one_is_not_touched() {
    let api = Api::start();
    for (pointer, value, told) in [
        ("/metadata/labels", json!({ "kustomize.toolkit.fluxcd.io/name": "shop" }), "Flux"),
        ("/spec/paused", json!(true), "paused"),
    ] {
        api.know(|known| known.deployment = with(objects::deployment(), pointer, value));
        let changer = changer(&api, workload()).await;
        let all = [
            changer.restart(&seen("inc-1")).await,
            changer.use_revision(1, &seen("inc-1")).await,
            changer.scale(3, &seen("inc-1")).await,
            changer.limit_memory(192 << 20, None, &seen("inc-1")).await,
        ];
        for error in all {
            assert!(error.expect_err("refused").to_string().contains(told));
        }
    }
    assert_eq!(api.lines("PATCH").len(), 0);
}

#[tokio::test]
async fn what_may_not_be_seen_is_unseen_and_an_absent_deployment_is_absent() {
    let api = Api::start();
    let at = objects::NOW.parse().expect("a time");
    api.refuse("/pods?", &[403]);
    let found = cluster(&api).await.look(&workload(), at, false).await.findings();
    assert!(found.pods.is_none() && found.unseen.iter().any(|why| why.contains("list pods")), "{:?}", found.unseen);
    api.refuse("/deployments/orders", &[404]);
    assert_eq!(cluster(&api).await.look(&workload(), at, false).await.findings().is_there, Some(false));
    api.refuse("/deployments/orders", &[401]);
    let found = cluster(&api).await.look(&workload(), at, false).await.findings();
    assert!(found.is_there.is_none() && format!("{:?}", found.unseen).contains("credential"), "{found:?}");
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_used_is_named_without_what_it_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kubeconfig");
    std::fs::write(&path, "clusters: {canary-7").expect("written");
    for path in [path.display().to_string(), "/absent/kubeconfig".into()] {
        let error = Cluster::of(&path).await.expect_err("no kubeconfig");
        assert!(error.to_string().contains(&path) && !format!("{error}").contains("canary"), "{error}");
    }
}
