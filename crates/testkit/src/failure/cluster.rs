//! A Kubernetes API server over HTTP that knows a few objects, writes down what it is asked, and can be told to refuse.

pub mod objects;

use super::server::{Asked, Reply, Server};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use wire::target::Workload;

/// What it knows and what it was asked.
#[derive(Debug, Default)]
pub struct Known {
    /// The deployment `orders`.
    pub deployment: Value,
    /// Its revisions.
    pub replica_sets: Vec<Value>,
    /// Its pods.
    pub pods: Vec<Value>,
    /// Autoscalers.
    pub scalers: Vec<Value>,
    /// Whatever else is listed, by the plural of its kind.
    pub others: BTreeMap<&'static str, Vec<Value>>,
    /// The statuses that the next requests with this in their line are answered with.
    pub refusals: Vec<(&'static str, VecDeque<u16>)>,
    /// What somebody else makes of the deployment just before the next request that is answered with 409.
    pub forestalled: Option<Value>,
    /// The objects of one page of a list; none: all on one.
    pub page: Option<usize>,
    /// Every request.
    pub asked: Vec<Asked>,
}

/// A running server; ends when it is dropped.
pub struct Api {
    known: Arc<Mutex<Known>>,
    /// The way to it.
    pub kubeconfig: String,
    _server: Server,
    _folder: TempDir,
}

impl Api {
    /// Of the deployment `orders`, which is well.
    ///
    /// # Panics
    /// When it cannot listen, or write the kubeconfig.
    pub fn start() -> Self {
        let sets = vec![
            objects::replica_set(1, "orders:1", "2026-11-20T08:00:00Z", 0),
            objects::replica_set(2, "orders:2", "2026-11-22T11:50:00Z", 2),
        ];
        let known = Known {
            deployment: objects::deployment(),
            replica_sets: sets,
            pods: vec![objects::pod("orders-a")],
            ..Known::default()
        };
        let known = Arc::new(Mutex::new(known));
        let own = Arc::clone(&known);
        let server = Server::start(move |asked| answer(&mut own.lock().expect("nobody panics"), asked));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kubeconfig");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{ "name": "it", "cluster": { "server": server.base() } }],
            "users": [{ "name": "it", "user": { "token": "canary-7" } }],
            "contexts": [{ "name": "it", "context": { "cluster": "it", "user": "it" } }],
        });
        std::fs::write(&path, config.to_string()).expect("written");
        Self { known, kubeconfig: path.display().to_string(), _server: server, _folder: folder }
    }

    /// Changes, or looks at, what it knows.
    ///
    /// # Panics
    /// When another test did.
    pub fn know<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.known.lock().expect("nobody panics"))
    }

    /// The next requests with this in their line are answered so.
    pub fn refuse(&self, what: &'static str, statuses: &[u16]) {
        self.know(|known| known.refusals.push((what, statuses.iter().copied().collect())));
    }

    /// The lines of what was asked with this method, without their host.
    pub fn lines(&self, method: &str) -> Vec<String> {
        let lines = |known: &mut Known| known.asked.iter().map(|asked| asked.line.clone()).collect::<Vec<_>>();
        self.know(lines).into_iter().filter(|line| line.starts_with(method)).collect()
    }

    /// The body of the last request with this method.
    ///
    /// # Panics
    /// When there is none, or it is a patch of another kind than a strategic one.
    pub fn body(&self, method: &str) -> Value {
        let last = self.know(|known| known.asked.iter().rev().find(|asked| asked.line.starts_with(method)).cloned());
        let last = last.expect("such a request");
        assert!(
            method != "PATCH" || last.content_type == "application/strategic-merge-patch+json",
            "{}",
            last.content_type
        );
        serde_json::from_str(&last.body).expect("JSON")
    }
}

/// The workload, as a target file names it.
pub fn workload() -> Workload {
    Workload {
        namespace: "shop".into(),
        deployment: "orders".into(),
        service: None,
        probe: None,
        probe_ms: 500,
        container: Some("app".into()),
        memory_max_bytes: 512 << 20,
        raises_per_day: 2,
        replicas_max: 5,
        rollout_s: 1,
    }
}

fn answer(known: &mut Known, asked: &Asked) -> Reply {
    known.asked.push(asked.clone());
    let refused = known.refusals.iter_mut().find(|(what, left)| asked.line.contains(what) && !left.is_empty());
    if let Some(status) = refused.and_then(|(_, left)| left.pop_front()) {
        if let Some(other) = known.forestalled.take_if(|_| status == 409) {
            known.deployment = other;
        }
        let body = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "message": "not so", "reason": "" });
        return Reply::Status(status, body.to_string());
    }
    let is = |what: &str| asked.line.contains(what);
    let from = asked.line.split_once("&continue=").and_then(|(_, from)| from.split(['&', ' ']).next()?.parse().ok());
    let (from, page) = (from.unwrap_or(0_usize), known.page.unwrap_or(usize::MAX));
    let list = |items: &[Value]| {
        let to = from.saturating_add(page);
        let go_on = if to < items.len() { json!({ "continue": to.to_string() }) } else { json!({}) };
        let items: Vec<&Value> = items.iter().skip(from).take(page).collect();
        json!({ "kind": "List", "apiVersion": "v1", "metadata": go_on, "items": items })
    };
    let body = match asked.line.split_once(' ').map_or("", |(method, _)| method) {
        "GET" if is("/deployments/orders") => known.deployment.clone(),
        "GET" if is("/replicasets") => list(&known.replica_sets),
        "GET" if is("/pods?") => list(&known.pods),
        "GET" if is("/horizontalpodautoscalers") => list(&known.scalers),
        "GET" => list(known.others.iter().find(|(kind, _)| is(kind)).map_or(&[], |(_, items)| items)),
        "PATCH" if !is("dryRun=All") => {
            // Enough of a merge to tell whether it was done already.
            let patch: Value = serde_json::from_str(&asked.body).unwrap_or_default();
            merge(&mut known.deployment, &patch);
            known.deployment.clone()
        }
        _ => known.deployment.clone(),
    };
    Reply::Status(200, body.to_string())
}

fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            if patch.get("$patch").is_some() {
                into.clear();
            }
            for (key, value) in patch.iter().filter(|(key, _)| *key != "$patch") {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(patch)) if into.len() == patch.len() => {
            into.iter_mut().zip(patch).for_each(|(into, patch)| merge(into, patch));
        }
        (into, patch) => patch.clone_into(into),
    }
}
