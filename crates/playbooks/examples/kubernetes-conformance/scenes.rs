//! The scenes: a condition each, made in the cluster, and what is to come of it.

use crate::scene;
use crate::stage::{DEPLOYMENTS, Stage, Told, patiently, workload};
use anyhow::ensure;
use serde_json::{Value, json};
use wire::runtime::{ActOutcome, Action};
use wire::target::Workload;

const MI: u64 = 1 << 20;

fn of(stage: &Stage, name: &str) -> Workload {
    workload(&stage.api.space, name)
}

pub(crate) async fn a_crash_that_a_restart_ends(stage: &Stage) -> anyhow::Result<Told> {
    stage.make("once", 2, "crash-until-restarted").await?;
    let told = stage.heal(&stage.playbook(of(stage, "once")), "inc-once").await?;
    let now = stage.deployment("once").await?;
    let notes = &now["spec"]["template"]["metadata"]["annotations"];
    ensure!(
        notes["kintsugi/restarted-for"] == "inc-once"
            && now["metadata"]["annotations"]["kintsugi/incident"] == "inc-once"
    );
    let managers = now["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    ensure!(managers.iter().any(|it| it["manager"] == "kintsugi"), "the field manager is not noted: {managers:?}");
    told.check(ActOutcome::Healed, &[Action::RestartPods {}])
}

pub(crate) async fn a_crash_that_came_with_a_revision(stage: &Stage) -> anyhow::Result<Told> {
    let playbook = stage.playbook(of(stage, "bad"));
    stage.make("bad", 2, "good").await?;
    stage.well(&playbook).await?;
    stage.revise("bad", "crash").await?;
    let told = stage.heal(&playbook, "inc-bad").await?;
    ensure!(stage.deployment("bad").await?["spec"]["template"]["metadata"]["labels"]["play"] == "good");
    let went_back = told.report.tried.last().map(|tried| (tried.kept, &tried.remedy.action));
    ensure!(went_back == Some((true, &Action::UseRevision { revision: 1 })), "{:#?}", told.report);
    ensure!(told.report.outcome == ActOutcome::Healed, "{:#?}", told.report);
    Ok(told)
}

pub(crate) async fn an_earlier_revision_that_is_no_better_is_taken_back(stage: &Stage) -> anyhow::Result<Told> {
    stage.make("worse", 1, "crash").await?;
    patiently("the first revision is known", async || {
        let now = stage.deployment("worse").await.ok()?;
        now["metadata"]["annotations"]["deployment.kubernetes.io/revision"].is_string().then_some(())
    })
    .await?;
    stage.revise("worse", "image").await?;
    let told = stage.heal(&stage.playbook(of(stage, "worse")), "inc-worse").await?;
    ensure!(stage.deployment("worse").await?["spec"]["template"]["metadata"]["labels"]["play"] == "image");
    let tried = told.report.tried.iter().find(|tried| tried.remedy.action == Action::UseRevision { revision: 1 });
    ensure!(tried.is_some_and(|tried| !tried.kept), "{:#?}", told.report);
    told.advises(&["kintsugi.invalid/absent:1"])
}

pub(crate) async fn an_image_that_does_not_come(stage: &Stage) -> anyhow::Result<Told> {
    let playbook = stage.playbook(of(stage, "picture"));
    stage.make("picture", 1, "good").await?;
    stage.well(&playbook).await?;
    stage.revise("picture", "image").await?;
    let told = stage.heal(&playbook, "inc-picture").await?;
    let image = stage.deployment("picture").await?["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    ensure!(image != "kintsugi.invalid/absent:1", "{:#?}", told.report);
    told.check(ActOutcome::Healed, &[Action::UseRevision { revision: 1 }])
}

pub(crate) async fn a_container_killed_for_want_of_memory(stage: &Stage) -> anyhow::Result<Told> {
    stage.make("hungry", 1, "hungry").await?;
    let told = stage.heal(&stage.playbook(of(stage, "hungry")), "inc-hungry").await?;
    let now = stage.deployment("hungry").await?;
    let resources = &now["spec"]["template"]["spec"]["containers"][0]["resources"];
    ensure!(*resources == json!({ "limits": { "memory": "128Mi" }, "requests": { "memory": "128Mi" } }), "{resources}");
    ensure!(now["metadata"]["annotations"]["kintsugi/memory-raises"].is_string());
    told.check(ActOutcome::Healed, &[Action::LimitMemory { limit: 128 * MI, request: Some(128 * MI) }])
}

pub(crate) async fn a_container_at_the_maximum_of_memory_is_left_to_a_person(stage: &Stage) -> anyhow::Result<Told> {
    stage.make("greedy", 1, "hungry").await?;
    let at_most = Workload { memory_max_bytes: 64 * MI, ..of(stage, "greedy") };
    let told = stage.heal(&stage.playbook(at_most), "inc-greedy").await?;
    told.check(ActOutcome::Unhealed, &[])?.advises(&["limit 64Mi", "maximum by the target file 64Mi"])
}

pub(crate) async fn pods_scaled_to_none(stage: &Stage) -> anyhow::Result<Told> {
    let playbook = stage.playbook(of(stage, "none"));
    stage.make("none", 3, "good").await?;
    stage.well(&playbook).await?;
    stage.patch("none", json!({ "spec": { "replicas": 0 } })).await?;
    let told = stage.heal(&playbook, "inc-none").await?;
    ensure!(stage.deployment("none").await?["spec"]["replicas"] == 3);
    told.check(ActOutcome::Healed, &[Action::ScalePods { replicas: 3 }])
}

pub(crate) async fn pods_that_an_autoscaler_counts_are_left_alone(stage: &Stage) -> anyhow::Result<Told> {
    stage.make("elastic", 0, "good").await?;
    let target = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "elastic" });
    let scaler = json!({
        "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": { "name": "elastic-scaler" },
        "spec": { "scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3 },
    });
    stage.api.create("autoscaling/v1/horizontalpodautoscalers", &scaler).await?;
    let told = stage.heal(&stage.playbook(of(stage, "elastic")), "inc-elastic").await?;
    ensure!(stage.deployment("elastic").await?["spec"]["replicas"] == 0);
    told.check(ActOutcome::Unhealed, &[])?.advises(&["elastic-scaler"])
}

pub(crate) async fn pods_that_do_not_answer_are_restarted(stage: &Stage) -> anyhow::Result<Told> {
    stage.make("deaf", 1, "deaf").await?;
    stage.api.create("v1/services", &scene::service("deaf")).await?;
    let served = Workload { service: Some("deaf".into()), ..of(stage, "deaf") };
    let playbook = stage.playbook(served);
    stage.well(&playbook).await?;
    stage.note();
    let told = stage.heal(&playbook, "inc-deaf").await?;
    told.check(ActOutcome::Healed, &[Action::RestartPods {}])
}

pub(crate) async fn failed_pods_are_deleted(stage: &Stage) -> anyhow::Result<Told> {
    let playbook = stage.playbook(of(stage, "evicted"));
    stage.make("evicted", 1, "good").await?;
    stage.well(&playbook).await?;
    let ours = |pod: &Value| pod["metadata"]["labels"]["app"] == "evicted";
    let pods = stage.api.list("v1/pods").await?;
    let pod = pods.iter().find(|pod| ours(pod)).and_then(|pod| pod["metadata"]["name"].as_str()).unwrap_or_default();
    stage.api.set_status("v1/pods", pod, &json!({ "phase": "Failed", "reason": "Evicted" })).await?;
    stage.note();
    let told = stage.heal(&playbook, "inc-evicted").await?;
    ensure!(stage.api.list("v1/pods").await?.iter().filter(|pod| ours(pod)).count() == 1);
    told.check(ActOutcome::Healed, &[Action::DeleteFailedPods {}])
}

pub(crate) async fn a_workload_of_argo_is_never_patched(stage: &Stage) -> anyhow::Result<Told> {
    let playbook = stage.playbook(of(stage, "owned"));
    let mut owned = scene::deployment("owned", 1, "good");
    owned["metadata"]["annotations"] = json!({ "argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/owned" });
    stage.api.create(DEPLOYMENTS, &owned).await?;
    stage.well(&playbook).await?;
    stage.revise("owned", "image").await?;
    let told = stage.heal(&playbook, "inc-owned").await?;
    ensure!(stage.deployment("owned").await?["spec"]["template"]["metadata"]["labels"]["play"] == "image");
    told.check(ActOutcome::Unhealed, &[])?.advises(&["Argo CD", "revision 1", "nothing was patched"])
}

pub(crate) async fn a_volume_that_is_not_there_is_left_to_a_person(stage: &Stage) -> anyhow::Result<Told> {
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": "adrift-data" },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "kintsugi-absent",
            "resources": { "requests": { "storage": "1Mi" } },
        },
    });
    stage.api.create("v1/persistentvolumeclaims", &claim).await?;
    stage.make("adrift", 1, "stranded").await?;
    let told = stage.heal(&stage.playbook(of(stage, "adrift")), "inc-adrift").await?;
    told.check(ActOutcome::Unhealed, &[])?.advises(&["adrift-data", "kintsugi-absent", "Pending"])
}

pub(crate) async fn a_quota_that_is_used_up_is_left_to_a_person(stage: &Stage) -> anyhow::Result<Told> {
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "tight" },
        "spec": { "hard": { "limits.memory": "1" } },
    });
    stage.api.create("v1/resourcequotas", &quota).await?;
    patiently("the quota is known", async || {
        let quotas = stage.api.list("v1/resourcequotas").await.ok()?;
        quotas.iter().any(|quota| quota["status"]["hard"].is_object()).then_some(())
    })
    .await?;
    stage.make("crowded", 1, "good").await?;
    let told = stage.heal(&stage.playbook(of(stage, "crowded")), "inc-crowded").await;
    stage.api.delete("v1/resourcequotas", "tight", None).await?;
    told?.check(ActOutcome::Unhealed, &[])?.advises(&["exceeded quota", "tight"])
}

pub(crate) async fn a_service_that_selects_other_pods_is_left_to_a_person(stage: &Stage) -> anyhow::Result<Told> {
    stage.make("astray", 1, "good").await?;
    let mut service = scene::service("astray");
    service["spec"]["selector"] = json!({ "app": "somebody-else" });
    stage.api.create("v1/services", &service).await?;
    stage.note();
    let served = Workload { service: Some("astray".into()), ..of(stage, "astray") };
    let told = stage.heal(&stage.playbook(served), "inc-astray").await?;
    told.check(ActOutcome::Unhealed, &[])?.advises(&["app=somebody-else", "app=astray", "spec.selector"])
}

pub(crate) async fn a_network_policy_that_shuts_everybody_out_is_left_to_a_person(
    stage: &Stage,
) -> anyhow::Result<Told> {
    let plain = stage.playbook(of(stage, "shut"));
    stage.make("shut", 1, "good").await?;
    stage.well(&plain).await?;
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": "nobody-in" },
        "spec": { "podSelector": { "matchLabels": { "app": "shut" } }, "policyTypes": ["Ingress"] },
    });
    stage.api.create("networking.k8s.io/v1/networkpolicies", &policy).await?;
    stage.note();
    // Whether a network enforces its policies is not ours to test: nobody answers at this address either way.
    let probed = Workload { probe: Some("http://127.0.0.1:9/".into()), ..of(stage, "shut") };
    let told = stage.heal(&stage.playbook(probed), "inc-shut").await?;
    told.check(ActOutcome::Unhealed, &[])?.advises(&["nobody-in", "spec.ingress"])
}

pub(crate) async fn without_a_role_nothing_is_said_to_be_well(stage: &Stage) -> anyhow::Result<Told> {
    let plain = stage.playbook(of(stage, "hidden"));
    stage.make("hidden", 1, "good").await?;
    stage.well(&plain).await?;
    let told = stage.act(&stage.barred(of(stage, "hidden")), "inc-hidden").await?;
    told.check(ActOutcome::Unverified, &[])?.advises(&["forbidden", "deployments.apps", "warden-role.yaml"])
}
