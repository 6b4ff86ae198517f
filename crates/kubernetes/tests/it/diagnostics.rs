//! Each diagnostic, on what is well and on what is not.

use crate::findings;
use kubernetes::{Findings, Pods, Rollout};
use serde_json::{Value, json};
use testkit::failure::cluster::objects::{
    ailing, deployment, pod, progressing, service, terminated, waiting, well, with,
};

fn pods(of: Value) -> Pods {
    findings(with(well(), "/pods", of)).pods.expect("pods")
}

fn setup(of: Value) -> kubernetes::Setup {
    findings(with(well(), "/deployment", of)).setup.expect("a deployment")
}

#[test]
fn what_is_well_is_found_well() {
    let Findings { is_there, pods, endpoints, last_words, setup, memory, policies, failed, storage, unseen } =
        findings(well());
    let (pods, endpoints, setup) = (pods.expect("pods"), endpoints.expect("endpoints"), setup.expect("a deployment"));
    assert!(is_there == Some(true) && pods.are_well() && pods.ready == 2, "{pods:?}");
    // A condition that nobody told means yes.
    assert!(endpoints.ready == 2 && endpoints.mistake.is_none(), "{endpoints:?}");
    assert!(setup.rollout == Rollout::Done && setup.owner.is_none() && setup.scaled_by.is_none(), "{setup:?}");
    assert!(last_words.is_empty() && memory.killed.is_empty() && policies.is_empty());
    assert!(failed.is_empty() && storage.is_empty() && unseen.is_empty());
}

#[test]
fn a_container_that_backs_off_crashes_and_so_does_one_that_runs_for_a_moment_in_between() {
    let ended = || terminated("Error", 1, "2026-11-22T11:59:50Z");
    let between = |started: &str| json!({ "running": { "startedAt": started } });
    let found = pods(json!([
        ailing("backs-off", waiting("CrashLoopBackOff", "back-off 5m0s"), ended(), 7),
        ailing("in-between", between("2026-11-22T11:59:55Z"), ended(), 7),
        ailing("runs-again", between("2026-11-22T11:30:00Z"), terminated("Error", 1, "2026-11-22T11:29:00Z"), 7),
        ailing("ended-well", between("2026-11-22T11:59:55Z"), terminated("Completed", 0, "2026-11-22T11:59:50Z"), 7),
    ]));
    let names: Vec<&str> = found.crashing.iter().map(|it| it.pod.as_str()).collect();
    assert_eq!(names, ["backs-off", "in-between"]);
    let first = found.crashing.first().expect("one");
    assert!(first.message.contains("exit code 1") && first.message.contains("7 restarts"), "{first:?}");
    // Six pauses lie between seven restarts: 10, 20, 40, 80, 160 and 300 s.
    assert_eq!(first.since.to_rfc3339(), "2026-11-22T11:49:40+00:00");
}

#[test]
fn images_configuration_nodes_and_pods_that_stay_are_told_apart() {
    let unscheduled = with(
        ailing("homeless", json!({}), json!({}), 0),
        "/status/conditions",
        json!([{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "3 Insufficient memory" }]),
    );
    let going = |name: &str, at: &str| with(pod(name), "/metadata/deletionTimestamp", json!(at));
    let found = pods(json!([
        ailing("no-image", waiting("ImagePullBackOff", "not found"), json!({}), 0),
        ailing("no-key", waiting("CreateContainerConfigError", "secret \"keys\" not found"), json!({}), 0),
        unscheduled,
        going("stuck", "2026-11-22T11:58:00Z"),
        going("going", "2026-11-22T11:59:55Z"),
    ]));
    let one = |of: &[kubernetes::Ailing]| {
        of.iter().map(|it| format!("{}: {}", it.pod, it.message)).collect::<Vec<_>>().join(";")
    };
    assert_eq!(one(&found.imageless), "no-image: orders:2: not found");
    assert_eq!(one(&found.unmade), "no-key: secret \"keys\" not found");
    assert_eq!(one(&found.unscheduled), "homeless: 3 Insufficient memory");
    assert_eq!(found.stuck.iter().map(|it| it.pod.as_str()).collect::<Vec<_>>(), ["stuck"]);
    assert_eq!(found.present, 3, "what is to go is none any more");
}

#[test]
fn endpoints_that_are_not_ready_do_not_count_and_a_mistake_of_the_service_is_named() {
    let endpoints = |of: Value| findings(of).endpoints.expect("endpoints");
    let slices = json!([{ "endpoints": [
        { "addresses": ["10.0.0.1"], "conditions": { "ready": false } },
        { "addresses": ["10.0.0.2"], "conditions": { "ready": true, "terminating": true } },
    ] }, { "endpoints": null }]);
    assert_eq!(endpoints(with(well(), "/slices", slices)).ready, 0);
    for (pointer, value, told) in [
        ("/spec/selector", json!({ "app": "order" }), ["app=order,", "app=orders", "spec.selector"]),
        ("/spec/ports", json!([{ "port": 80, "targetPort": "web" }]), ["\"web\"", "orders", "targetPort"]),
    ] {
        let mistake = endpoints(with(well(), "/service", with(service(), pointer, value))).mistake.expect("a mistake");
        for word in told {
            assert!(mistake.contains(word.trim_end_matches(',')), "{word}: {mistake}");
        }
    }
}

#[test]
fn last_words_are_redacted_and_a_forbidden_call_is_a_missing_rule() {
    let said = "starting\nerror: password=canary-7-hunter2 did not work\n";
    let forbidden = "failed: configmaps is forbidden: User \"system:serviceaccount:shop:orders\" cannot list resource \"configmaps\" in \
                     API group \"\" in the namespace \"shop\"\nbye";
    let mut of = with(well(), "/last_words", json!([["a", "app", said], ["b", "app", forbidden]]));
    of["deployment"]["spec"]["template"]["spec"]["serviceAccountName"] = json!("orders");
    let found = findings(of.clone()).last_words;
    let line = &found.first().expect("words").line;
    assert!(line.starts_with("error:") && !line.contains("hunter2"), "{line}");
    let rule = found.iter().find_map(|words| words.lacks.as_ref()).expect("a rule");
    assert_eq!(
        rule.advice(),
        "The service account shop/orders may not list configmaps: if it should, add to its role the rule \
         {apiGroups: [\"\"], resources: [\"configmaps\"], verbs: [\"list\"]}."
    );
    for (pointer, value) in
        [("/spec/template/spec/serviceAccountName", json!("other")), ("/metadata/namespace", json!("bank"))]
    {
        let another = with(of["deployment"].clone(), pointer, value);
        let words = findings(with(of.clone(), "/deployment", another)).last_words;
        assert!(words.iter().all(|words| words.lacks.is_none()), "anybody can write of another account: {words:?}");
    }
}

#[test]
fn owners_are_known_by_their_marks() {
    let owned = |controller: bool| json!([{ "apiVersion": "shop.io/v1", "kind": "Platform", "name": "shop", "uid": "p-1", "controller": controller }]);
    let managed = |manager: &str| json!([{ "manager": "kube-controller-manager", "operation": "Update" }, { "manager": manager, "operation": "Apply" }]);
    for (pointer, value, owner) in [
        ("/metadata/annotations", json!({ "argocd.argoproj.io/tracking-id": "x" }), Some("Argo CD")),
        ("/metadata/labels", json!({ "kustomize.toolkit.fluxcd.io/name": "x" }), Some("Flux")),
        ("/metadata/labels", json!({ "app.kubernetes.io/managed-by": "Helm" }), Some("Helm")),
        ("/metadata/annotations", json!({ "meta.helm.sh/release-name": "shop" }), Some("Helm (release shop)")),
        ("/metadata/labels", json!({ "app.kubernetes.io/managed-by": "people" }), None),
        ("/metadata/ownerReferences", owned(true), Some("Platform shop")),
        ("/metadata/ownerReferences", owned(false), None),
        ("/metadata/managedFields", managed("argocd-controller"), Some("Argo CD")),
        ("/metadata/managedFields", managed("argocd-application-controller"), Some("Argo CD")),
        ("/metadata/managedFields", managed("kustomize-controller"), Some("Flux")),
        ("/metadata/managedFields", managed("helm-controller"), Some("Flux")),
        ("/metadata/managedFields", managed("helm"), Some("Helm")),
        ("/metadata/managedFields", managed("kubectl-client-side-apply"), None),
    ] {
        assert_eq!(setup(with(deployment(), pointer, value)).owner.as_deref(), owner);
    }
}

#[test]
fn a_roll_out_is_done_by_kubectls_rule() {
    let of = |pointer: &str, value: Value| setup(with(deployment(), pointer, value)).rollout;
    for (pointer, value, told) in [
        ("/metadata/generation", json!(5), "not seen"),
        ("/status/updatedReplicas", json!(1), "1 of 2 pods are new"),
        ("/status/replicas", json!(3), "1 old pods"),
        ("/status/availableReplicas", json!(1), "1 of 2 new pods serve"),
    ] {
        assert!(matches!(of(pointer, value), Rollout::Waits(why) if why.contains(told)), "{told}");
    }
    let late = of("/status/conditions", json!([progressing("ProgressDeadlineExceeded")]));
    assert!(matches!(late, Rollout::Stuck(why) if why.contains("ProgressDeadlineExceeded")));
}

#[test]
fn the_last_count_is_what_was_applied_else_what_the_newest_revision_remembers() {
    assert_eq!(setup(with(deployment(), "/spec/replicas", json!(0))).last_count, Some(2));
    let applied = json!({ "kubectl.kubernetes.io/last-applied-configuration": "{\"spec\":{\"replicas\":5}}" });
    assert_eq!(setup(with(deployment(), "/metadata/annotations", applied)).last_count, Some(5));
    let broken = json!({ "kubectl.kubernetes.io/last-applied-configuration": "{\"spec\":" });
    assert_eq!(setup(with(deployment(), "/metadata/annotations", broken)).last_count, Some(2));
}

#[test]
fn a_kill_for_want_of_memory_comes_with_its_numbers_and_is_no_crash() {
    let killed =
        ailing("hungry", waiting("CrashLoopBackOff", ""), terminated("OOMKilled", 137, "2026-11-22T11:59:00Z"), 4);
    let notes = json!({ "kintsugi/memory-raises": "2026-11-20T10:00:00Z,2026-11-22T10:00:00Z,nonsense" });
    let of = with(with(well(), "/pods", json!([killed])), "/deployment/metadata/annotations", notes);
    let found = findings(of);
    assert!(found.pods.expect("pods").crashing.is_empty());
    assert_eq!(found.memory.raises, 1, "the older one is more than a day ago");
    let killed = found.memory.killed.first().expect("one");
    assert_eq!((killed.limit, killed.request, killed.restarts), (Some(128 << 20), Some(64 << 20), 4));
    let mut long_ago = pod("recovered");
    long_ago["status"]["containerStatuses"][0]["lastState"] = terminated("OOMKilled", 137, "2026-11-22T11:40:00Z");
    assert!(findings(with(well(), "/pods", json!([long_ago]))).memory.killed.is_empty());
}

#[test]
fn network_policies_that_touch_the_pods_are_told_and_others_are_not() {
    let policy = |name: &str, spec: Value| json!({ "metadata": { "name": name }, "spec": spec });
    let selects = |labels: Value| json!({ "matchLabels": labels });
    let policies = json!([
        policy("shut", json!({ "podSelector": {}, "policyTypes": ["Ingress"] })),
        policy("some", json!({ "podSelector": selects(json!({ "app": "orders" })), "ingress": [{ "from": [] }] })),
        policy("others", json!({ "podSelector": selects(json!({ "app": "other" })) })),
        policy("outwards", json!({ "podSelector": {}, "policyTypes": ["Egress"] })),
        policy(
            "by-rule",
            json!({ "podSelector": { "matchExpressions": [{ "key": "app", "operator": "NotIn", "values": ["orders"] }] } })
        ),
    ]);
    let found = findings(with(well(), "/policies", policies)).policies;
    let told: Vec<_> = found.iter().map(|it| (it.policy.as_str(), it.shuts, it.rules)).collect();
    assert_eq!(told, [("shut", true, 0), ("some", false, 1)]);
}

#[test]
fn only_failed_pods_of_a_controller_can_go() {
    let failed =
        |name: &str| with(with(pod(name), "/status/phase", json!("Failed")), "/status/reason", json!("Evicted"));
    let bare = with(failed("bare"), "/metadata/ownerReferences", json!([]));
    let found = findings(with(well(), "/pods", json!([pod("orders-a"), failed("evicted"), bare])));
    let told: Vec<_> = found.failed.iter().map(|it| (it.pod.as_str(), it.uid.as_str(), it.reason.as_str())).collect();
    assert_eq!(told, [("evicted", "uid-evicted", "Evicted")]);
    assert_eq!(found.pods.expect("pods").present, 1);
}

#[test]
fn a_claim_that_is_not_bound_and_a_volume_that_is_not_mounted_are_named() {
    let mut stranded = ailing("stranded", json!({}), json!({}), 0);
    stranded["status"]["phase"] = json!("Pending");
    stranded["spec"]["volumes"] = json!([{ "name": "data", "persistentVolumeClaim": { "claimName": "orders-data" } }]);
    let of = with(well(), "/pods", json!([stranded]));
    let absent = findings(of.clone()).storage;
    assert!(absent.first().expect("one").what.contains("orders-data is not there"), "{absent:?}");
    let claim = json!({
        "metadata": { "name": "orders-data" }, "spec": { "storageClassName": "fast" }, "status": { "phase": "Pending" },
    });
    let pending = findings(with(of.clone(), "/claims", json!([claim]))).storage;
    let advice = &pending.first().expect("one").advice;
    assert!(advice.contains("orders-data") && advice.contains("fast"), "{advice}");
    let event = json!({
        "metadata": { "name": "e" }, "involvedObject": { "name": "stranded" }, "reason": "FailedMount", "message": "no such disk",
    });
    let bound = with(claim_bound(), "/metadata/name", json!("orders-data"));
    let unmounted = findings(with(with(of, "/claims", json!([bound])), "/events", json!([event]))).storage;
    assert!(unmounted.first().expect("one").what.contains("no such disk"), "{unmounted:?}");
}

fn claim_bound() -> Value {
    json!({ "metadata": {}, "status": { "phase": "Bound" } })
}
