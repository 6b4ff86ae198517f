//! What a cluster says of a workload at one moment. What could not be seen is part of it, with the reason.

pub(crate) mod take;

use crate::error::CallError;
use chrono::{DateTime, Utc};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::autoscaling::v1::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{Event, PersistentVolumeClaim, Pod, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What was asked for, or why it was not told.
pub(crate) type Part<T> = Result<T, CallError>;

/// An object as it was told, and what we know of its kind: a newer cluster's fields are not lost when it is written back.
#[derive(Debug, Clone)]
pub(crate) struct Whole<T> {
    pub(crate) raw: Value,
    pub(crate) known: T,
}

/// The part of an EndpointSlice (of any version) that says who answers.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Slice {
    #[serde(default)]
    pub(crate) endpoints: Option<Vec<Address>>,
}

/// One of its addresses.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Address {
    #[serde(default)]
    pub(crate) addresses: Vec<String>,
    #[serde(default)]
    pub(crate) conditions: Conditions,
}

/// Whether it answers.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Conditions {
    /// None means yes.
    #[serde(default)]
    pub(crate) ready: Option<bool>,
    #[serde(default)]
    pub(crate) terminating: Option<bool>,
}

/// A workload at one moment. Its objects stay in this crate: others see what the diagnostics find in it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) at: DateTime<Utc>,
    pub(crate) deployment: Part<Whole<Deployment>>,
    pub(crate) replica_sets: Part<Vec<Whole<ReplicaSet>>>,
    pub(crate) pods: Part<Vec<Pod>>,
    /// None: the workload has no service.
    pub(crate) service: Option<Part<Service>>,
    pub(crate) slices: Part<Vec<Slice>>,
    pub(crate) scalers: Part<Vec<HorizontalPodAutoscaler>>,
    pub(crate) events: Part<Vec<Event>>,
    pub(crate) policies: Part<Vec<NetworkPolicy>>,
    pub(crate) claims: Part<Vec<PersistentVolumeClaim>>,
    /// The last lines of containers that crashed, by pod and container.
    pub(crate) last_words: BTreeMap<(String, String), Part<String>>,
}

impl Snapshot {
    /// Nothing could be seen, for one reason.
    pub(crate) fn unseen(at: DateTime<Utc>, why: &CallError, has_service: bool) -> Self {
        Self {
            at,
            deployment: Err(why.clone()),
            replica_sets: Err(why.clone()),
            pods: Err(why.clone()),
            service: has_service.then(|| Err(why.clone())),
            slices: Err(why.clone()),
            scalers: Err(why.clone()),
            events: Ok(Vec::new()),
            policies: Ok(Vec::new()),
            claims: Ok(Vec::new()),
            last_words: BTreeMap::new(),
        }
    }

    pub(crate) fn pods(&self) -> &[Pod] {
        self.pods.as_deref().unwrap_or_default()
    }

    pub(crate) fn events(&self) -> &[Event] {
        self.events.as_deref().unwrap_or_default()
    }

    pub(crate) fn replica_sets(&self) -> &[Whole<ReplicaSet>] {
        self.replica_sets.as_deref().unwrap_or_default()
    }
}

/// A time as the rest of the platform has it.
pub(crate) fn instant(time: &Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.0.as_second(), 0)
}

/// When it was made.
pub(crate) fn made(meta: &ObjectMeta) -> Option<DateTime<Utc>> {
    meta.creation_timestamp.as_ref().and_then(instant)
}

/// Its name; empty where it has none.
pub(crate) fn name(meta: &ObjectMeta) -> &str {
    meta.name.as_deref().unwrap_or_default()
}

/// An annotation.
pub(crate) fn annotation<'a>(meta: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    meta.annotations.as_ref()?.get(key).map(String::as_str)
}

/// The uid of the controller that owns it.
pub(crate) fn controller(meta: &ObjectMeta) -> Option<&str> {
    let owners = meta.owner_references.as_deref().unwrap_or_default();
    owners.iter().find(|owner| owner.controller == Some(true)).map(|owner| owner.uid.as_str())
}
