//! Takes a snapshot: what is always needed at once, and what explains an ailment only when there is one.

use super::{Part, Snapshot, Whole, controller, name};
use crate::cluster::{Cluster, Kind};
use crate::error::CallError;
use crate::kinds;
use chrono::{DateTime, Utc};
use futures::future::join_all;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use kube::core::params::ListParams;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use wire::target::Workload;

/// So many containers are asked for their last words.
const MAX_WORDS: usize = 3;

impl Cluster {
    /// Looks at a workload; with a doubt of the caller's own, closely in any case. Never fails: what could not be seen is part of what
    /// was seen. Each call has a limit.
    pub async fn look(&self, of: &Workload, now: DateTime<Utc>, has_doubt: bool) -> Snapshot {
        let deployment = self.one::<Deployment>(kinds::DEPLOYMENTS, &of.namespace, &of.deployment).await;
        let mut seen = match &deployment {
            Ok(whole) => self.parts(of, &whole.known, now).await,
            Err(why) => Snapshot::unseen(now, why, of.service.is_some()),
        };
        seen.deployment = deployment;
        if seen.deployment.is_ok() && (has_doubt || crate::diagnose::is_doubtful(&seen)) {
            self.explain(of, &mut seen).await;
        }
        seen
    }

    async fn parts(&self, of: &Workload, deployment: &Deployment, now: DateTime<Utc>) -> Snapshot {
        let space = of.namespace.as_str();
        let selector = deployment.spec.as_ref().map(|spec| selector(&spec.selector)).unwrap_or_default();
        let service = async {
            match &of.service {
                Some(service) => Some(typed(self.get(kinds::SERVICES, space, service).await)),
                None => None,
            }
        };
        let (sets, pods, service, slices, scalers) = futures::join!(
            self.list(kinds::REPLICA_SETS, space, &selector),
            self.list(kinds::PODS, space, &selector),
            service,
            self.slices(of),
            self.list(kinds::SCALERS, space, ""),
        );
        let sets: Part<Vec<Whole<ReplicaSet>>> = sets.map(|sets| sets.into_iter().filter_map(whole).collect());
        let own = deployment.metadata.uid.as_deref();
        let sets = sets.map(|sets| only(sets, |set| own.is_some() && controller(&set.known.metadata) == own));
        let ours: BTreeSet<String> = sets.iter().flatten().filter_map(|set| set.known.metadata.uid.clone()).collect();
        // A selector may fit the pods of others, too: without the replica sets nobody can tell which are whose.
        let is_ours = |meta: &ObjectMeta| controller(meta).is_some_and(|uid| ours.contains(uid));
        let pods = match &sets {
            Ok(_) => listed::<Pod>(pods).map(|pods| only(pods, |pod| is_ours(&pod.metadata))),
            Err(why) => Err(why.clone()),
        };
        Snapshot {
            deployment: Err(CallError::Malformed),
            replica_sets: sets,
            pods,
            service,
            slices,
            scalers: listed(scalers),
            ..Snapshot::unseen(now, &CallError::Malformed, false)
        }
    }

    /// Why it may be as it is.
    async fn explain(&self, of: &Workload, seen: &mut Snapshot) {
        let space = of.namespace.as_str();
        let warnings = ListParams::default().fields("type=Warning");
        let crashed = crate::diagnose::crashed(seen);
        let words = join_all(crashed.into_iter().take(MAX_WORDS).map(|(pod, container)| async move {
            let told = self.last_words(kinds::PODS, space, &pod, &container).await;
            ((pod, container), told)
        }));
        let (events, policies, claims, words) = futures::join!(
            self.list_with(kinds::EVENTS, space, warnings),
            self.list(kinds::POLICIES, space, ""),
            self.list(kinds::CLAIMS, space, ""),
            words,
        );
        seen.events = listed(events);
        seen.policies = listed(policies);
        seen.claims = listed(claims);
        seen.last_words = words.into_iter().collect();
    }

    async fn slices(&self, of: &Workload) -> Part<Vec<super::Slice>> {
        let Some(service) = &of.service else { return Ok(Vec::new()) };
        let label = format!("kubernetes.io/service-name={service}");
        let told = match self.list(kinds::SLICES, &of.namespace, &label).await {
            // Before 1.21.
            Err(CallError::Absent(_)) => self.list(kinds::SLICES_OLD, &of.namespace, &label).await,
            other => other,
        };
        listed(told)
    }

    pub(crate) async fn one<T: DeserializeOwned>(&self, kind: Kind, space: &str, name: &str) -> Part<Whole<T>> {
        whole(self.get(kind, space, name).await?).ok_or(CallError::Malformed)
    }
}

pub(crate) fn whole<T: DeserializeOwned>(raw: Value) -> Option<Whole<T>> {
    let known = serde_json::from_value(raw.clone()).ok()?;
    Some(Whole { raw, known })
}

fn typed<T: DeserializeOwned>(told: Part<Value>) -> Part<T> {
    serde_json::from_value(told?).map_err(|_| CallError::Malformed)
}

fn listed<T: DeserializeOwned>(told: Part<Vec<Value>>) -> Part<Vec<T>> {
    told?.into_iter().map(|value| serde_json::from_value(value).map_err(|_| CallError::Malformed)).collect()
}

fn only<T>(mut all: Vec<T>, is: impl Fn(&T) -> bool) -> Vec<T> {
    all.retain(is);
    all
}

/// A selector as a query says it.
pub(crate) fn selector(of: &LabelSelector) -> String {
    let labels = of.match_labels.iter().flatten().map(|(key, value)| format!("{key}={value}"));
    let rules = of.match_expressions.iter().flatten().filter_map(|rule| {
        let values = rule.values.as_deref().unwrap_or_default().join(",");
        match rule.operator.as_str() {
            "In" => Some(format!("{} in ({values})", rule.key)),
            "NotIn" => Some(format!("{} notin ({values})", rule.key)),
            "Exists" => Some(rule.key.clone()),
            "DoesNotExist" => Some(format!("!{}", rule.key)),
            _ => None,
        }
    });
    labels.chain(rules).collect::<Vec<_>>().join(",")
}

impl Snapshot {
    /// Of objects that were recorded: `{"deployment": …, "replica_sets": […], "pods": […], "service": …, "slices": […], …}`;
    /// what is left out was seen and is empty. `at` is RFC 3339.
    ///
    /// # Errors
    /// When something is no such object.
    pub fn recorded(mut of: Value) -> Result<Self, serde_json::Error> {
        fn take<T: DeserializeOwned>(of: &mut Value, key: &str, other: Value) -> Result<T, serde_json::Error> {
            let value = of.get_mut(key).map(Value::take).filter(|value| !value.is_null());
            serde_json::from_value(value.unwrap_or(other))
        }
        let none = || Value::Array(Vec::new());
        let raw = of.get("deployment").cloned().unwrap_or_default();
        let sets: Vec<Value> = take(&mut of, "replica_sets", none())?;
        let words: Vec<(String, String, String)> = take(&mut of, "last_words", none())?;
        let service: Option<_> = take(&mut of, "service", Value::Null)?;
        Ok(Self {
            at: take(&mut of, "at", Value::Null)?,
            deployment: Ok(Whole { known: serde_json::from_value(raw.clone())?, raw }),
            replica_sets: Ok(sets.into_iter().filter_map(whole).collect()),
            pods: Ok(take(&mut of, "pods", none())?),
            service: service.map(Ok),
            slices: Ok(take(&mut of, "slices", none())?),
            scalers: Ok(take(&mut of, "scalers", none())?),
            events: Ok(take(&mut of, "events", none())?),
            policies: Ok(take(&mut of, "policies", none())?),
            claims: Ok(take(&mut of, "claims", none())?),
            last_words: words.into_iter().map(|(pod, container, said)| ((pod, container), Ok(said))).collect(),
        })
    }

    /// The pods' names.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.pods().iter().map(|pod| name(&pod.metadata)).collect()
    }
}
