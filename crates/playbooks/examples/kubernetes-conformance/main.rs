//! The conformance suite: every Kubernetes condition, made in the cluster of `KUBECONFIG` and healed by the playbook, under the role
//! that we ship. In a namespace of its own, which is gone afterwards. Where no node runs pods, a stand-in tells what one would.
#![expect(clippy::indexing_slicing, reason = "JSON: what is absent is null")]

mod api;
mod kubelet;
mod scene;
mod scenes;
mod stage;

use anyhow::{Context as _, ensure};
use api::Api;
use kube::config::{AuthInfo, Config, KubeConfigOptions, Kubeconfig};
use kubernetes::Cluster;
use serde_json::json;
use stage::Stage;
use std::time::Instant;

const ROLE: &str = include_str!("../../../../deploy/kubernetes/warden-role.yaml");

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = std::env::vars_os().find(|(name, _)| name == "KUBECONFIG").map(|(_, path)| path);
    let path = path.context("KUBECONFIG names no file: it is to name the cluster of the suite")?;
    let config = Kubeconfig::read_from(path).context("cannot read the kubeconfig")?;
    let admin = Config::from_custom_kubeconfig(config.clone(), &KubeConfigOptions::default()).await?;
    let space = format!("kintsugi-test-{}", std::process::id());
    let api = Api::new(kube::Client::try_from(admin)?, space.clone());
    let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": space } });
    stage::patiently("the namespace is made", async || {
        let made = api.create("/api/v1/namespaces", &object).await;
        made.is_ok().then_some(())
    })
    .await?;
    let failed = run(&api, &config).await;
    api.delete("/api/v1/namespaces", &space, None).await?;
    kubelet::leave(&api).await;
    let failed = failed?;
    ensure!(failed == 0, "{failed} scenes failed");
    Ok(())
}

/// Plays every scene; answers how many failed.
async fn run(api: &Api, config: &Kubeconfig) -> anyhow::Result<usize> {
    let has_nodes = kubelet::is_there(api).await?;
    let player = if has_nodes {
        None
    } else {
        kubelet::join(api).await?;
        Some(async { kubelet::play(api.clone()).await })
    };
    println!("pods are run by {}", if has_nodes { "the cluster's own nodes" } else { "a stand-in for a node" });
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
    let scenes = play(&stage);
    match player {
        Some(player) => tokio::select! { failed = scenes => Ok(failed), () = player => Ok(1) },
        None => Ok(scenes.await),
    }
}

async fn play(stage: &Stage) -> usize {
    let mut failed = 0;
    let begun = Instant::now();
    macro_rules! scenes {
        ($($scene:ident),* $(,)?) => {{
            $(
                let from = Instant::now();
                match scenes::$scene(stage).await {
                    Ok(told) => println!("ok    {:<50} {:>5} ms  {told}", stringify!($scene), from.elapsed().as_millis()),
                    Err(error) => {
                        failed += 1;
                        println!("FAILED {:<50} {error:#}", stringify!($scene));
                    }
                }
            )*
        }};
    }
    scenes!(
        a_crash_that_a_restart_ends,
        a_crash_that_came_with_a_revision,
        an_earlier_revision_that_is_no_better_is_taken_back,
        an_image_that_does_not_come,
        a_container_killed_for_want_of_memory,
        a_container_at_the_maximum_of_memory_is_left_to_a_person,
        pods_scaled_to_none,
        pods_that_an_autoscaler_counts_are_left_alone,
        pods_that_do_not_answer_are_restarted,
        failed_pods_are_deleted,
        a_workload_of_argo_is_never_patched,
        a_volume_that_is_not_there_is_left_to_a_person,
        a_quota_that_is_used_up_is_left_to_a_person,
        a_service_that_selects_other_pods_is_left_to_a_person,
        a_network_policy_that_shuts_everybody_out_is_left_to_a_person,
        without_a_role_nothing_is_said_to_be_well,
    );
    println!("{failed} failed, {} s in all", begun.elapsed().as_secs());
    failed
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
