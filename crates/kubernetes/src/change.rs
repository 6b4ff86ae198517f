//! Makes the changes. Each looks first whether it is done already, so that done twice is as done once.

mod body;
mod order;
mod serve;

pub use order::{Order, Set, Upon};

use crate::cluster::Cluster;
use crate::diagnose::{revisions, setup};
use crate::error::{CallError, ChangeError};
use crate::kinds;
use crate::snapshot::{Whole, controller, take};
use chrono::{DateTime, Utc};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use serde_json::{Value, json};
use std::sync::Arc;
use wire::target::Workload;

/// For which incident it was changed at last.
pub(crate) const INCIDENT: &str = "kintsugi/incident";
/// For which incident its pods were restarted at last; in the template.
pub(crate) const RESTARTED_FOR: &str = "kintsugi/restarted-for";
/// A write may meet one of its status, of which its generation knows nothing; it is sent so often at most.
const TRIES: usize = 3;

/// Tells the time.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Changes one workload.
#[derive(Clone)]
pub struct Changer {
    cluster: Cluster,
    of: Workload,
    now: Now,
}

impl std::fmt::Debug for Changer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Changer").field("of", &self.of).finish_non_exhaustive()
    }
}

impl Changer {
    /// Of a workload.
    pub fn new(cluster: Cluster, of: Workload, now: Now) -> Self {
        Self { cluster, of, now }
    }

    /// Restarts its pods, once an incident, and waits for them. Answers what was done.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub async fn restart(&self, order: &Order<'_>) -> Result<String, ChangeError> {
        let now = (self.now)();
        let done = self.change("restart the pods", order, |it| Ok(body::restart(it, order.incident, now))).await?;
        self.told(done, "its pods are restarted", "its pods were restarted for this incident already").await
    }

    /// Gives it the template of one of its revisions, as `kubectl rollout undo` does, and waits for its pods.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub async fn use_revision(&self, revision: u64, order: &Order<'_>) -> Result<String, ChangeError> {
        let what = "read the revisions";
        let deployment = self.deployment(what).await?;
        let sets = self.replica_sets(&deployment.known).await.map_err(ChangeError::call(what))?;
        let Some(set) = sets.into_iter().find(|set| revisions::is(&set.known, revision)) else {
            self.check(what, order, &deployment).await?;
            return Err(ChangeError::Refused(format!(
                "revision {revision} is gone: the cluster keeps `revisionHistoryLimit` of them"
            )));
        };
        let done = self.change("change the revision", order, |it| Ok(body::revision(it, &set.raw))).await?;
        let (yes, no) =
            (format!("it has revision {revision} again"), format!("it has the template of revision {revision}"));
        self.told(done, &yes, &no).await
    }

    /// Sets how many pods it has, where no autoscaler says that, and waits for them.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub async fn scale(&self, replicas: u32, order: &Order<'_>) -> Result<String, ChangeError> {
        if replicas > self.of.replicas_max {
            return Err(ChangeError::Refused(format!("{replicas} pods are more than `replicas_max` allows")));
        }
        let scalers = self.cluster.list(kinds::SCALERS, &self.of.namespace, "").await;
        let scalers = scalers.map_err(ChangeError::call("look for an autoscaler"))?;
        let is_ours = |scaler: &Value| {
            let part = |key| scaler.pointer(&format!("/spec/scaleTargetRef/{key}")).and_then(Value::as_str);
            part("kind") == Some("Deployment") && part("name") == Some(&self.of.deployment)
        };
        if scalers.iter().any(is_ours) {
            if matches!(order.upon, Upon::Own(_)) {
                return Err(ChangeError::Foreign);
            }
            return Err(ChangeError::Refused("an autoscaler says how many pods it has".into()));
        }
        let done = self.change("scale it", order, |it| Ok(body::scale(it, replicas))).await?;
        let told = format!("it is to have {replicas} pods");
        self.told(done, &told, &told).await
    }

    /// Sets the memory of its container, and waits for its pods. More is given only up to `memory_max_bytes`, `raises_per_day` times.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub async fn limit_memory(
        &self,
        limit: u64,
        request: Option<u64>,
        order: &Order<'_>,
    ) -> Result<String, ChangeError> {
        let now = (self.now)();
        let decide = |it: &Whole<Deployment>| body::memory(it, &self.of, limit, request, now);
        let done = self.change("change the memory limit", order, decide).await?;
        let told = format!("its memory limit is {}", crate::quantity::shown(limit));
        self.told(done, &told, &told).await
    }

    /// Deletes its failed pods, just those that were seen.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub async fn delete_failed(&self) -> Result<String, ChangeError> {
        let what = "delete the failed pods";
        let seen = self.cluster.look(&self.of, (self.now)(), false).await;
        seen.pods.as_ref().map_err(|error| ChangeError::call(what)(error.clone()))?;
        seen.replica_sets.as_ref().map_err(|error| ChangeError::call(what)(error.clone()))?;
        let failed = seen.findings().failed;
        for pod in &failed {
            let deleted = self.cluster.delete(kinds::PODS, &self.of.namespace, &pod.pod, &pod.uid).await;
            deleted.map_err(|error| ChangeError::Unsure(Box::new(ChangeError::call(what)(error))))?;
        }
        Ok(format!("{} failed pods are deleted", failed.len()))
    }

    async fn deployment(&self, what: &'static str) -> Result<Whole<Deployment>, ChangeError> {
        let got = self.cluster.one(kinds::DEPLOYMENTS, &self.of.namespace, &self.of.deployment).await;
        got.map_err(ChangeError::call(what))
    }

    async fn replica_sets(&self, of: &Deployment) -> Result<Vec<Whole<ReplicaSet>>, CallError> {
        let selector = of.spec.as_ref().map(|spec| take::selector(&spec.selector)).unwrap_or_default();
        let sets = self.cluster.list(kinds::REPLICA_SETS, &self.of.namespace, &selector).await?;
        let own = of.metadata.uid.as_deref();
        let sets = sets.into_iter().filter_map(take::whole::<ReplicaSet>);
        Ok(sets.filter(|set| own.is_some() && controller(&set.known.metadata) == own).collect())
    }

    /// Whether the deployment is still what the change was decided upon, or what it is to take back.
    async fn check(&self, what: &'static str, order: &Order<'_>, now: &Whole<Deployment>) -> Result<(), ChangeError> {
        let sets = match order.upon {
            Upon::Own(Set::Revision(_)) => self.replica_sets(&now.known).await.map_err(ChangeError::call(what))?,
            _ => Vec::new(),
        };
        if order.fits(&self.of, now, &sets) { Ok(()) } else { Err(ChangeError::Foreign) }
    }

    /// Changes the deployment as `decide` says, upon just what it saw. Answers whether there was anything to do.
    async fn change(
        &self,
        what: &'static str,
        order: &Order<'_>,
        decide: impl Fn(&Whole<Deployment>) -> Result<Option<Value>, ChangeError>,
    ) -> Result<bool, ChangeError> {
        if order.incident.is_empty() {
            return Err(ChangeError::Refused("it is for no incident: nothing is changed without one".into()));
        }
        let mut is_sent = false;
        for nth in 1..=TRIES {
            let conflict = |error: &ChangeError| matches!(error, ChangeError::Call { source: CallError::Conflict, .. });
            match self.once(what, order, &decide, &mut is_sent).await {
                Err(error) if conflict(&error) && nth < TRIES => {}
                Err(error) if is_sent => return Err(ChangeError::Unsure(Box::new(error))),
                done => return done,
            }
        }
        Err(ChangeError::call(what)(CallError::Conflict))
    }

    async fn once(
        &self,
        what: &'static str,
        order: &Order<'_>,
        decide: impl Fn(&Whole<Deployment>) -> Result<Option<Value>, ChangeError>,
        is_sent: &mut bool,
    ) -> Result<bool, ChangeError> {
        let now = self.deployment(what).await?;
        if let Some(owner) = setup::owner(&now.known.metadata) {
            return Err(ChangeError::Refused(format!("it belongs to {owner}, which would undo the change")));
        }
        let Some(mut body) = decide(&now)? else { return Ok(false) };
        self.check(what, order, &now).await?;
        if now.known.spec.as_ref().and_then(|spec| spec.paused) == Some(true) {
            return Err(ChangeError::Refused("the deployment is paused: a change of it would wait".into()));
        }
        let Some(version) = &now.known.metadata.resource_version else {
            return Err(ChangeError::call(what)(CallError::Malformed));
        };
        body::put(&mut body, &["metadata", "resourceVersion"], json!(version));
        body::put(&mut body, &["metadata", "annotations", INCIDENT], json!(order.incident));
        let (space, name) = (&self.of.namespace, &self.of.deployment);
        for dry_run in [true, false] {
            *is_sent |= !dry_run;
            let done = self.cluster.patch(kinds::DEPLOYMENTS, space, name, &body, dry_run).await;
            done.map_err(ChangeError::call(what))?;
        }
        Ok(true)
    }

    async fn told(&self, done: bool, yes: &str, no: &str) -> Result<String, ChangeError> {
        Ok(format!("{}; {}", if done { yes } else { no }, self.served().await))
    }
}
