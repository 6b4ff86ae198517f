//! The kinds of objects that are asked for; `deploy/kubernetes/warden-role.yaml` allows just these.

use crate::cluster::Kind;

pub(crate) const DEPLOYMENTS: Kind = Kind::new("apps", "v1", "deployments");
pub(crate) const REPLICA_SETS: Kind = Kind::new("apps", "v1", "replicasets");
pub(crate) const PODS: Kind = Kind::new("", "v1", "pods");
pub(crate) const SERVICES: Kind = Kind::new("", "v1", "services");
pub(crate) const EVENTS: Kind = Kind::new("", "v1", "events");
pub(crate) const CLAIMS: Kind = Kind::new("", "v1", "persistentvolumeclaims");
pub(crate) const SLICES: Kind = Kind::new("discovery.k8s.io", "v1", "endpointslices");
pub(crate) const SLICES_OLD: Kind = Kind::new("discovery.k8s.io", "v1beta1", "endpointslices");
pub(crate) const POLICIES: Kind = Kind::new("networking.k8s.io", "v1", "networkpolicies");
pub(crate) const SCALERS: Kind = Kind::new("autoscaling", "v1", "horizontalpodautoscalers");
