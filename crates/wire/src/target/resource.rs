//! The inventory of a target: its things that can be watched and healed while it runs, and its levers. Every path, command and
//! address of a runtime action stands here; an action only names them.

mod files;
mod service;
mod workload;

pub use files::{Configuration, ConfigurationFormat, DatabaseFile, Disk};
pub use service::{Boot, Credential, Endpoint, Memory, ModelServer, Network, Phase, Port, Refresh};
pub use workload::Workload;

use crate::FaultCode;
use crate::incident::Severity;
use crate::plan::Verdict;
use crate::runtime::ResourceName;
use serde::{Deserialize, Serialize};

/// A thing of the target that is watched, and healed by a playbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Its name.
    pub name: ResourceName,
    /// The fault that is reported when something is wrong with it, and whose incidents its playbook heals.
    pub fault: FaultCode,
    /// How often it is looked at, milliseconds.
    #[serde(default = "default_every_ms")]
    pub every_ms: u64,
    /// It is looked at only while a `GET` of this is answered with 200, e.g. the target's health through the front: of what the target
    /// itself makes or answers nothing can be seen before its first version runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_while: Option<String>,
    /// What it is.
    pub is: ResourceKind,
}

fn default_every_ms() -> u64 {
    1_000
}

/// What a resource is: which failure mode its playbook heals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// Mode 1.
    DatabaseFile(DatabaseFile),
    /// Mode 2.
    Port(Port),
    /// Mode 3.
    Boot(Boot),
    /// Mode 4.
    Memory(Memory),
    /// Mode 5.
    Disk(Disk),
    /// Mode 6.
    Network(Network),
    /// Mode 7.
    Endpoint(Endpoint),
    /// Mode 8.
    Configuration(Configuration),
    /// Mode 9.
    Credential(Credential),
    /// Mode 10.
    ModelServer(ModelServer),
    /// The Kubernetes conditions.
    Workload(Workload),
}

impl ResourceKind {
    /// Its name in a target file.
    pub fn mode(&self) -> &'static str {
        match self {
            ResourceKind::DatabaseFile(_) => "database_file",
            ResourceKind::Port(_) => "port",
            ResourceKind::Boot(_) => "boot",
            ResourceKind::Memory(_) => "memory",
            ResourceKind::Disk(_) => "disk",
            ResourceKind::Network(_) => "network",
            ResourceKind::Endpoint(_) => "endpoint",
            ResourceKind::Configuration(_) => "configuration",
            ResourceKind::Credential(_) => "credential",
            ResourceKind::ModelServer(_) => "model_server",
            ResourceKind::Workload(_) => "workload",
        }
    }

    /// The time from the first sign to the cure that is promised, seconds.
    pub fn limit_s(&self) -> u64 {
        match self {
            ResourceKind::DatabaseFile(_) => 60,
            ResourceKind::Port(_) | ResourceKind::Configuration(_) => 10,
            ResourceKind::Boot(_) | ResourceKind::Network(_) | ResourceKind::Credential(_) => 5,
            ResourceKind::Memory(_) => 30,
            ResourceKind::Disk(_) => 45,
            ResourceKind::Endpoint(_) => 15,
            ResourceKind::ModelServer(_) => 20,
            ResourceKind::Workload(_) => 120,
        }
    }

    /// How bad it is when something is wrong with it.
    pub fn severity(&self) -> Severity {
        match self {
            ResourceKind::DatabaseFile(_) => Severity::Critical,
            ResourceKind::Port(_) | ResourceKind::Memory(_) | ResourceKind::Disk(_) | ResourceKind::Workload(_) => {
                Severity::High
            }
            ResourceKind::Credential(_) => Severity::Low,
            ResourceKind::Boot(_)
            | ResourceKind::Network(_)
            | ResourceKind::Endpoint(_)
            | ResourceKind::Configuration(_)
            | ResourceKind::ModelServer(_) => Severity::Medium,
        }
    }

    /// What kind of trouble it is when something is wrong with it.
    pub fn verdict(&self) -> Verdict {
        match self {
            ResourceKind::DatabaseFile(_)
            | ResourceKind::Network(_)
            | ResourceKind::Endpoint(_)
            | ResourceKind::ModelServer(_) => Verdict::Dependency,
            ResourceKind::Boot(_) | ResourceKind::Memory(_) | ResourceKind::Disk(_) => Verdict::Capacity,
            ResourceKind::Port(_)
            | ResourceKind::Configuration(_)
            | ResourceKind::Credential(_)
            | ResourceKind::Workload(_) => Verdict::Configuration,
        }
    }

    /// The levers that its remedies pull.
    pub fn levers(&self) -> Vec<&ResourceName> {
        match self {
            ResourceKind::DatabaseFile(database) => database.reopen.iter().collect(),
            ResourceKind::Boot(boot) => boot.phases.iter().filter_map(|phase| phase.skip.as_ref()).collect(),
            ResourceKind::Memory(memory) => memory.levers.iter().collect(),
            ResourceKind::Network(network) => vec![&network.offline],
            ResourceKind::Credential(credential) => credential.without.iter().collect(),
            ResourceKind::ModelServer(server) => server.without.iter().collect(),
            ResourceKind::Port(_)
            | ResourceKind::Disk(_)
            | ResourceKind::Endpoint(_)
            | ResourceKind::Configuration(_)
            | ResourceKind::Workload(_) => Vec::new(),
        }
    }
}

/// A switch that the target itself offers. Pulled twice is as pulled once, and off is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lever {
    /// Its name.
    pub name: ResourceName,
    /// What it does, for people.
    pub title: String,
    /// How it is pulled.
    pub by: LeverBy,
}

/// How a lever is pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeverBy {
    /// The target looks whether this file is there: on makes it, off removes it.
    File(String),
    /// `PUT` with `{"on": true}` or `{"on": false}`; the answer is 2xx. `GET` answers `{"on": …}`.
    Put(String),
}

/// A start that takes longer leaves no time for the rest of a model server's healing.
const MAX_START_MS: u64 = 15_000;

/// Checks what can be told from the file alone.
///
/// # Errors
/// One sentence that says what is wrong and what would be right.
pub(super) fn check(resources: &[Resource], levers: &[Lever]) -> Result<(), String> {
    for (at, resource) in resources.iter().enumerate() {
        let name = &resource.name;
        if resources.iter().take(at).any(|other| other.name == *name || other.fault == resource.fault) {
            return Err(format!("the resource {name} shares its name or its fault with another: each has its own"));
        }
        if !(50..=60_000).contains(&resource.every_ms) {
            return Err(format!("`every_ms` of the resource {name} must be 50 to 60000"));
        }
        let missing = resource.is.levers().into_iter().find(|lever| levers.iter().all(|known| known.name != **lever));
        if let Some(lever) = missing {
            return Err(format!("the resource {name} pulls the lever {lever}, which `levers` does not have"));
        }
        check_kind(&resource.is).map_err(|why| format!("the resource {name}: {why}"))?;
    }
    let twice = levers.iter().enumerate().find(|(at, lever)| levers.iter().take(*at).any(|l| l.name == lever.name));
    twice.map_or(Ok(()), |(_, lever)| Err(format!("two levers are named {}", lever.name)))
}

fn check_kind(kind: &ResourceKind) -> Result<(), String> {
    match kind {
        ResourceKind::Boot(boot) if boot.phases.is_empty() => Err("`phases` must name at least one".into()),
        ResourceKind::Memory(memory) if memory.limit_bytes == 0 => Err("`limit_bytes` must be above 0".into()),
        ResourceKind::Network(network) if network.probes.is_empty() => Err("`probes` must name at least one".into()),
        ResourceKind::Network(network) if network.pauses_ms.is_empty() => {
            Err("`pauses_ms` must name at least one".into())
        }
        ResourceKind::Endpoint(endpoint) => endpoint.check(),
        ResourceKind::Workload(workload) => workload.check(),
        ResourceKind::ModelServer(server) if !(100..=MAX_START_MS).contains(&server.start_ms) => {
            Err(format!("`start_ms` must be 100 to {MAX_START_MS}: the whole healing has 20 s"))
        }
        ResourceKind::ModelServer(server) if server.start.iter().any(String::is_empty) => Err(
            "`start` is a command with its arguments, none of them empty; leave it out where nothing may be started"
                .into(),
        ),
        _ => Ok(()),
    }
}
