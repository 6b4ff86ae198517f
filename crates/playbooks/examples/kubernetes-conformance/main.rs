//! The conformance suite: every Kubernetes condition, made in the cluster of `KUBECONFIG` and healed by the playbook, under the role
//! that we ship. In a namespace of its own, which is gone afterwards. Where no node runs pods, a stand-in tells what one would.
#![expect(clippy::indexing_slicing, reason = "JSON: what is absent is null")]

mod api;
mod figures;
mod kubelet;
mod options;
mod scene;
mod scenes;
mod stage;

use anyhow::{Context as _, ensure};
use api::Api;
use figures::Figures;
use kube::config::{AuthInfo, Config, KubeConfigOptions, Kubeconfig};
use kubernetes::Cluster;
use serde_json::json;
use stage::Stage;
use std::time::Instant;

const ROLE: &str = include_str!("../../../../deploy/kubernetes/warden-role.yaml");

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = options::read()?;
    let path = std::env::vars_os().find(|(name, _)| name == "KUBECONFIG").map(|(_, path)| path);
    let path = path.context("KUBECONFIG names no file: it is to name the cluster of the suite")?;
    let config = Kubeconfig::read_from(path).context("cannot read the kubeconfig")?;
    let admin = Config::from_custom_kubeconfig(config.clone(), &KubeConfigOptions::default()).await?;
    let client = kube::Client::try_from(admin)?;
    let mut figures = Figures {
        server: client.apiserver_version().await?.git_version,
        every_ms: stage::EVERY.as_millis(),
        limit_s: stage::LIMIT.as_secs(),
        ..Figures::default()
    };
    let begun = Instant::now();
    for nth in 1..=options.runs {
        let api = Api::new(client.clone(), format!("kintsugi-test-{}-{nth}", std::process::id()));
        whole(&api, &config, &mut figures).await?;
    }
    println!("{} failed, {} s in all", figures.failed(), begun.elapsed().as_secs());
    if let Some(path) = &options.figures {
        figures.write(path).with_context(|| path.display().to_string())?;
    }
    ensure!(figures.failed() == 0, "{} scenes failed", figures.failed());
    Ok(())
}

/// Plays everything once, in a namespace that is gone afterwards.
async fn whole(api: &Api, config: &Kubeconfig, figures: &mut Figures) -> anyhow::Result<()> {
    let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": api.space } });
    stage::patiently("the namespace is made", async || {
        let made = api.create("/api/v1/namespaces", &object).await;
        made.is_ok().then_some(())
    })
    .await?;
    let ran = run(api, config, figures).await;
    api.delete("/api/v1/namespaces", &api.space, None).await?;
    kubelet::leave(api).await;
    ran
}

/// Plays every scene.
async fn run(api: &Api, config: &Kubeconfig, figures: &mut Figures) -> anyhow::Result<()> {
    figures.has_nodes = kubelet::is_there(api).await?;
    let player = if figures.has_nodes {
        None
    } else {
        kubelet::join(api).await?;
        Some(async { kubelet::play(api.clone()).await })
    };
    println!("pods are run by {}", if figures.has_nodes { "the cluster's own nodes" } else { "a stand-in for a node" });
    let folder = tempfile::tempdir()?;
    for (kind, manifest) in
        ["v1/serviceaccounts", "rbac.authorization.k8s.io/v1/roles", "rbac.authorization.k8s.io/v1/rolebindings"]
            .into_iter()
            .zip(ROLE.split("\n---\n"))
    {
        api.create_yaml(kind, &manifest.replace("namespace: shop", &format!("namespace: {}", api.space))).await?;
    }
    let nobody = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "nobody" } });
    api.create("v1/serviceaccounts", &nobody).await?;
    let warden = account(api, config, &folder, "kintsugi-warden").await?;
    let nobody = account(api, config, &folder, "nobody").await?;
    let stage = Stage::new(api.clone(), warden, nobody, folder.path().to_owned());
    let scenes = play(&stage, figures);
    match player {
        Some(player) => tokio::select! {
            () = scenes => Ok(()),
            () = player => anyhow::bail!("the stand-in for a node has ended"),
        },
        None => {
            scenes.await;
            Ok(())
        }
    }
}

/// Each with the condition it is about, and what is done to bring it about.
async fn play(stage: &Stage, figures: &mut Figures) {
    macro_rules! scenes {
        ($($scene:ident: $condition:literal, $injected:literal;)*) => {{
            $(
                let from = Instant::now();
                let came = match scenes::$scene(stage).await {
                    Ok(told) => stage.take_back(&told).await.map(|back| (told, back)),
                    Err(error) => Err(error),
                };
                match &came {
                    Ok((told, _)) => println!("ok    {:<50} {:>5} ms  {told}", stringify!($scene), from.elapsed().as_millis()),
                    Err(error) => println!("FAILED {:<50} {error:#}", stringify!($scene)),
                }
                figures.add((stringify!($scene), $condition, $injected), came);
            )*
        }};
    }
    scenes!(
        a_crash_that_a_restart_ends: "CrashLoopBackOff", "containers end with 1 until their pods are restarted";
        a_crash_that_came_with_a_revision: "CrashLoopBackOff", "a revision is rolled out whose containers end with 1";
        an_earlier_revision_that_is_no_better_is_taken_back: "CrashLoopBackOff, no revision works", "a revision that ends with 1, then one whose image does not come";
        an_image_that_does_not_come: "ImagePullBackOff", "a revision is rolled out whose image is nowhere";
        a_container_killed_for_want_of_memory: "OOMKilled", "a container keeps 80 MiB, its limit is 64";
        a_container_at_the_maximum_of_memory_is_left_to_a_person: "OOMKilled at the maximum", "the same, and the target file allows no more";
        pods_scaled_to_none: "no pods", "the deployment of three is scaled to none";
        pods_that_an_autoscaler_counts_are_left_alone: "no pods, with an autoscaler", "a deployment of none has an autoscaler";
        pods_that_do_not_answer_are_restarted: "no ready endpoints", "pods answer for 4 s after their start, then never";
        failed_pods_are_deleted: "failed pods stand about", "a pod is said to be evicted";
        a_workload_of_argo_is_never_patched: "owned by GitOps", "an image that does not come, in a deployment of Argo CD";
        a_volume_that_is_not_there_is_left_to_a_person: "storage", "the claim names a storage class that is not there";
        a_quota_that_is_used_up_is_left_to_a_person: "quota", "the quota of memory is one byte";
        a_service_that_selects_other_pods_is_left_to_a_person: "no endpoints, wrong selector", "the service selects other pods";
        a_network_policy_that_shuts_everybody_out_is_left_to_a_person: "connection time-out, network policy", "a policy lets nobody in, and the probe fails";
        without_a_role_nothing_is_said_to_be_well: "RBAC", "the account may read nothing";
    );
}

/// The way to the cluster of a service account.
async fn account(api: &Api, config: &Kubeconfig, folder: &tempfile::TempDir, name: &str) -> anyhow::Result<Cluster> {
    let wanted = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": { "expirationSeconds": 3600 } });
    let made = api.create_part("v1/serviceaccounts", name, "token", &wanted).await?;
    let token = made["status"]["token"].as_str().context("no token was given")?;
    let mut config = config.clone();
    for user in &mut config.auth_infos {
        user.auth_info = Some(AuthInfo { token: Some(token.to_owned().into()), ..AuthInfo::default() });
    }
    let path = folder.path().join(format!("{name}.kubeconfig"));
    std::fs::write(&path, serde_json::to_vec(&config)?)?;
    Ok(Cluster::of(&path.display().to_string()).await?)
}
