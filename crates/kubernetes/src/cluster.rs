//! The way to a cluster: each call has a limit, and what may pass is tried again, twice.

use crate::error::{CallError, ConnectError};
use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use kube::core::Request;
use kube::core::params::{DeleteParams, GetParams, ListParams, Patch, PatchParams};
use kube::core::subresource::LogParams;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(3);
/// The pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
/// The objects of one page of a list.
const PAGE: u32 = 500;
/// The pages that are read of it.
const MAX_PAGES: usize = 10;
/// Who changes, as the cluster notes it.
const MANAGER: &str = "kintsugi";
/// The kubeconfig that means: the service account of the pod that this runs in.
pub const IN_CLUSTER: &str = "in-cluster";

/// A kind of object, as URLs and roles name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    group: &'static str,
    version: &'static str,
    plural: &'static str,
}

impl Kind {
    pub(crate) const fn new(group: &'static str, version: &'static str, plural: &'static str) -> Self {
        Self { group, version, plural }
    }

    fn request(self, namespace: &str) -> Request {
        let base = if self.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", self.group) };
        Request::new(format!("{base}/{}/namespaces/{namespace}/{}", self.version, self.plural))
    }

    /// As a rule of a role names it.
    pub(crate) fn shown(self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// A cluster. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cluster")
    }
}

impl Cluster {
    /// The cluster of a kubeconfig file's current context, or [`IN_CLUSTER`]. Nothing is asked yet.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn of(kubeconfig: &str) -> Result<Self, ConnectError> {
        let mut config = if kubeconfig == IN_CLUSTER {
            Config::incluster().map_err(ConnectError::InCluster)?
        } else {
            let file = |source| ConnectError::File { path: kubeconfig.to_owned(), source };
            let read = Kubeconfig::read_from(Path::new(kubeconfig)).map_err(file)?;
            Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.map_err(file)?
        };
        config.connect_timeout = Some(CALL);
        config.read_timeout = Some(CALL);
        config.write_timeout = Some(CALL);
        Ok(Self { client: Client::try_from(config).map_err(ConnectError::Client)? })
    }

    pub(crate) async fn get(&self, kind: Kind, namespace: &str, name: &str) -> Result<Value, CallError> {
        let build = || kind.request(namespace).get(name, &GetParams::default());
        self.ask(build, "get", &kind.shown()).await
    }

    /// The items of a list, with a label selector; empty: all.
    pub(crate) async fn list(&self, kind: Kind, namespace: &str, labels: &str) -> Result<Vec<Value>, CallError> {
        self.list_with(kind, namespace, ListParams::default().labels(labels)).await
    }

    pub(crate) async fn list_with(&self, kind: Kind, namespace: &str, by: ListParams) -> Result<Vec<Value>, CallError> {
        let (mut by, mut all) = (by.limit(PAGE), Vec::new());
        for _ in 0..MAX_PAGES {
            let mut list = self.ask(|| kind.request(namespace).list(&by), "list", &kind.shown()).await?;
            match list.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => all.extend(items),
                Some(Value::Null) => {}
                _ => return Err(CallError::Malformed),
            }
            match list.pointer("/metadata/continue").and_then(Value::as_str).filter(|token| !token.is_empty()) {
                Some(token) => by = by.continue_token(token),
                None => return Ok(all),
            }
        }
        // A part of it would be taken for the whole.
        Err(CallError::TooMany(all.len()))
    }

    /// The last lines that a container wrote before it ended.
    pub(crate) async fn last_words(
        &self,
        kind: Kind,
        namespace: &str,
        pod: &str,
        container: &str,
    ) -> Result<String, CallError> {
        let of = LogParams {
            container: Some(container.to_owned()),
            previous: true,
            tail_lines: Some(200),
            limit_bytes: Some(64 * 1024),
            ..LogParams::default()
        };
        let request = kind.request(namespace).logs(pod, &of).map_err(|_| CallError::Malformed)?;
        let told = tokio::time::timeout(CALL, self.client.request_text(request)).await;
        told.map_err(|_| CallError::Late(CALL))?.map_err(|error| CallError::of(error, "get", "pods/log"))
    }

    /// Changes an object by a strategic merge patch, or has the cluster only try that out.
    pub(crate) async fn patch(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        body: &Value,
        dry_run: bool,
    ) -> Result<(), CallError> {
        let with = PatchParams { dry_run, field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let build = || kind.request(namespace).patch(name, &with, &Patch::Strategic(body));
        self.ask(build, "patch", &kind.shown()).await.map(|_| ())
    }

    /// Deletes an object if it is the one that was meant: first tried out, then done. One that is gone is deleted.
    pub(crate) async fn delete(&self, kind: Kind, namespace: &str, name: &str, uid: &str) -> Result<(), CallError> {
        for dry_run in [true, false] {
            let preconditions = kube::core::params::Preconditions { uid: Some(uid.to_owned()), ..Default::default() };
            let with = DeleteParams { dry_run, preconditions: Some(preconditions), ..DeleteParams::default() };
            match self.ask(|| kind.request(namespace).delete(name, &with), "delete", &kind.shown()).await {
                Ok(_) => {}
                // Another pod has its name by now.
                Err(CallError::Absent(_) | CallError::Conflict) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn ask<E>(
        &self,
        build: impl Fn() -> Result<http::Request<Vec<u8>>, E>,
        verb: &'static str,
        resource: &str,
    ) -> Result<Value, CallError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let request = build().map_err(|_| CallError::Malformed)?;
            let answer = match tokio::time::timeout(CALL, self.client.request::<Value>(request)).await {
                Ok(answer) => answer.map_err(|error| CallError::of(error, verb, resource)),
                Err(_) => Err(CallError::Late(CALL)),
            };
            match (answer, pauses.next()) {
                (Err(error), Some(pause)) if error.may_pass() => tokio::time::sleep(pause).await,
                (answer, _) => return answer,
            }
        }
    }
}
