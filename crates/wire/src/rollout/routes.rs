//! The route table, and what the front tells of its answers.

use crate::IncidentId;
use crate::relief::Standing;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The file that `front` watches: longest prefix wins. Written by `deployer` (targets) atomically, by rename.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RouteTable {
    /// Grows with every write; `GET /-/routes` tells which one is in force.
    pub generation: i64,
    /// The routes.
    pub routes: Vec<Route>,
    /// The reliefs in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reliefs: Vec<Standing>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Path prefix, e.g. `/`.
    pub prefix: String,
    /// Where to, e.g. `http://127.0.0.1:34001`.
    pub upstream: String,
    /// For counters, e.g. `fault-app/green/1a2b3c4`.
    pub label: String,
    /// Below which paths good answers are kept, in case failures are to be eased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
}

/// `GET /-/stats`: answers by label since the front started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FrontStats {
    /// The route table in force.
    pub generation: i64,
    /// Per label.
    pub labels: BTreeMap<String, LabelStats>,
    /// How many requests an incident's reliefs answered, where the front saw them begin; those just withdrawn until the next table.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relieved: BTreeMap<IncidentId, u64>,
}

/// Answers of one label.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LabelStats {
    /// Requests that are being answered now.
    pub in_flight: i64,
    /// Answers by method, first path segments and status class, e.g. `GET /healthz 2xx`. Bounded; replays are not counted.
    pub answers: BTreeMap<String, u64>,
}
