//! Calls of a cluster as its administrator: what a test needs, and no more.

use anyhow::Context as _;
use kube::Client;
use kube::core::Request;
use kube::core::params::{DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);

/// A cluster, and the namespace in which everything of the suite lives.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    pub(crate) space: String,
}

impl Api {
    pub(crate) fn new(client: Client, space: String) -> Self {
        Self { client, space }
    }

    /// Where objects of a kind live: `apps/v1/deployments` in the namespace, `/api/v1/nodes` outside.
    fn request(&self, kind: &str) -> Request {
        if kind.starts_with('/') {
            return Request::new(kind);
        }
        let (base, plural) = kind.rsplit_once('/').unwrap_or(("v1", kind));
        let root = if base == "v1" { "/api" } else { "/apis" };
        Request::new(format!("{root}/{base}/namespaces/{}/{plural}", self.space))
    }

    async fn ask(&self, request: http::Request<Vec<u8>>) -> anyhow::Result<Value> {
        let what = format!("{} {}", request.method(), request.uri().path());
        let answer = tokio::time::timeout(LIMIT, self.client.request::<Value>(request)).await;
        answer.with_context(|| format!("{what}: no answer"))?.with_context(|| what)
    }

    pub(crate) async fn create(&self, kind: &str, object: &Value) -> anyhow::Result<Value> {
        self.ask(self.request(kind).create(&PostParams::default(), serde_json::to_vec(object)?)?).await
    }

    /// Of a manifest as it is written.
    pub(crate) async fn create_yaml(&self, kind: &str, manifest: &str) -> anyhow::Result<Value> {
        let mut request = self.request(kind).create(&PostParams::default(), manifest.as_bytes().to_vec())?;
        request.headers_mut().insert("content-type", http::HeaderValue::from_static("application/yaml"));
        self.ask(request).await
    }

    pub(crate) async fn get(&self, kind: &str, name: &str) -> anyhow::Result<Value> {
        self.ask(self.request(kind).get(name, &GetParams::default())?).await
    }

    pub(crate) async fn list(&self, kind: &str) -> anyhow::Result<Vec<Value>> {
        let mut list = self.ask(self.request(kind).list(&ListParams::default())?).await?;
        Ok(list["items"].take().as_array().cloned().unwrap_or_default())
    }

    pub(crate) async fn patch(&self, kind: &str, name: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(self.request(kind).patch(name, &PatchParams::default(), &Patch::Strategic(body))?).await
    }

    pub(crate) async fn set_status(&self, kind: &str, name: &str, status: &Value) -> anyhow::Result<Value> {
        let body = json!({ "status": status });
        let with = PatchParams::default();
        self.ask(self.request(kind).patch_subresource("status", name, &with, &Patch::Strategic(body))?).await
    }

    pub(crate) async fn create_part(&self, kind: &str, name: &str, part: &str, of: &Value) -> anyhow::Result<Value> {
        let body = serde_json::to_vec(of)?;
        self.ask(self.request(kind).create_subresource(part, name, &PostParams::default(), body)?).await
    }

    pub(crate) async fn delete(&self, kind: &str, name: &str, grace: Option<u32>) -> anyhow::Result<()> {
        let with = DeleteParams { grace_period_seconds: grace, ..DeleteParams::default() };
        self.ask(self.request(kind).delete(name, &with)?).await.map(|_| ())
    }
}
