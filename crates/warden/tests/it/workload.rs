//! A deployment of a cluster, from the look to the healing.

use crate::running::Running;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use testkit::eventually;
use testkit::failure::cluster::Api;
use warden::settings::Kubernetes;
use wire::IncidentId;

const WORKLOAD: &str = "[[resources]]\nname = \"orders\"\nfault = \"ORDERS\"\nevery_ms = 50\n\
                        is = { workload = { namespace = \"shop\", deployment = \"orders\" } }\n";

fn cluster(kubeconfig: &str) -> Kubernetes {
    Kubernetes { kubeconfig: kubeconfig.into(), namespaces: vec!["shop".into()] }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_without_pods_is_told_and_has_them_again_when_the_healer_asks() {
    let api = Api::start();
    let running = Running::start_of("", WORKLOAD, cluster(&api.kubeconfig)).await;
    api.know(|known| known.deployment["spec"]["replicas"] = json!(0));
    let told = async || running.told.lock().ok()?.first().cloned();
    let told = eventually("it is told", Duration::from_secs(10), told).await;
    assert!(told.code.as_str() == "ORDERS" && told.message.contains("shop/orders"), "{told:?}");
    assert_eq!(api.lines("PATCH"), Vec::<String>::new(), "nobody asked yet");
    let incident = IncidentId::fresh();
    let authority = json!({ "fence": 1, "epoch": 1 });
    let task =
        json!({ "task": "act", "incident": incident, "target": "tiny", "code": "ORDERS", "authority": authority });
    let (status, answer) = running.ask("healer", Method::PUT, "/v1/operations/i/act-1", Some(&task)).await;
    assert!(status < 400, "{answer}");
    let path = "/v1/operations/i/act-1?wait_ms=20000&seen=1000";
    let (_, answer) = running.ask("healer", Method::GET, path, None).await;
    assert_eq!(answer.pointer("/outcome/outcome"), Some(&json!("healed")), "{answer}");
    let patch = api.body("PATCH");
    assert_eq!(patch["metadata"]["annotations"]["kintsugi/incident"], json!(incident), "the cluster knows what for");
    assert_eq!(patch["spec"], json!({ "replicas": 2 }));
}

#[tokio::test]
async fn a_workload_that_nobody_may_look_after_is_said_when_it_starts() {
    let none = Running::refusal(WORKLOAD, Kubernetes::default()).await;
    assert!(none.contains("orders") && none.contains("kubernetes.kubeconfig"), "{none}");
    let elsewhere = Kubernetes { namespaces: vec!["other".into()], ..cluster("/absent") };
    let elsewhere = Running::refusal(WORKLOAD, elsewhere).await;
    assert!(elsewhere.contains("namespace shop") && elsewhere.contains("kubernetes.namespaces"), "{elsewhere}");
    let absent = Running::refusal(WORKLOAD, cluster("/absent/kubeconfig")).await;
    assert!(absent.contains("/absent/kubeconfig"), "{absent}");
}
