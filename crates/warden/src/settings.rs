//! The settings; each has a line in `deploy/warden.toml`.

use anyhow::ensure;
use serde::Deserialize;
use std::path::PathBuf;
use wire::target::Workload;

/// The settings, with defaults for a laptop.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where to listen.
    pub listen: String,
    /// The folder of the target files. Those resources are looked after that they name; so each machine has its own.
    pub targets: PathBuf,
    /// The folder of diaries: on another file system than whatever may be full.
    pub state: PathBuf,
    /// To whom detections are reported.
    pub incident_store: String,
    /// How long a remedy may take to show, milliseconds.
    pub settle_ms: u64,
    /// How often a resource that stays ill is reported again, seconds.
    pub remind_s: u64,
    /// The cluster whose workloads it may look after.
    pub kubernetes: Kubernetes,
}

/// The way to a cluster, and how far it may go there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kubernetes {
    /// The kubeconfig file; `in-cluster`: the service account of its own pod. Empty: no cluster.
    pub kubeconfig: String,
    /// The namespaces that it may touch, whatever a target file says.
    pub namespaces: Vec<String>,
}

impl Kubernetes {
    /// Whether a workload may be looked after.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn admit(&self, workload: &Workload) -> anyhow::Result<()> {
        let (deployment, namespace) = (&workload.deployment, &workload.namespace);
        ensure!(
            !self.kubeconfig.is_empty(),
            "there is no cluster for the deployment {deployment}: name one in `kubernetes.kubeconfig`"
        );
        ensure!(
            self.namespaces.contains(namespace),
            "the deployment {deployment} is in the namespace {namespace}, which `kubernetes.namespaces` does not have: add it there"
        );
        Ok(())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8090".into(),
            targets: "deploy/targets".into(),
            state: ".kintsugi/state/warden".into(),
            incident_store: "http://127.0.0.1:8010".into(),
            settle_ms: 2_000,
            remind_s: 30,
            kubernetes: Kubernetes::default(),
        }
    }
}

impl Settings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!((1..=60_000).contains(&self.settle_ms), "settle_ms must be 1 to 60000");
        ensure!(self.remind_s > 0, "remind_s is 0: it would be reported without end; it must be at least 1");
        Ok(())
    }
}
