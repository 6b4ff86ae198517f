//! What the sandbox offers to a target's build, tests and candidates.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the sandbox offers besides an empty world without network and credentials.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// Environment of build and tests.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Folders of the machine, read-only. `/usr` is always there.
    #[serde(default)]
    pub read_only: Vec<Mount>,
    /// Folders of the machine on a throw-away overlay: readable, and writes are lost.
    #[serde(default)]
    pub overlays: Vec<Mount>,
    /// Declared services, reached over bind-mounted Unix sockets.
    #[serde(default)]
    pub services: Vec<SandboxService>,
    /// Bounds.
    #[serde(default)]
    pub limits: Limits,
}

/// Bounds of what runs in the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Address space of one process, MiB.
    pub memory_mib: u64,
    /// CPU seconds of one process.
    pub cpu_s: u64,
    /// Largest file, MiB.
    pub file_mib: u64,
    /// Everything that is written outside the source's own overlay, together, MiB.
    pub disk_mib: u64,
    /// Processes and threads at one time.
    pub processes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_mib: 8192, cpu_s: 900, file_mib: 1024, disk_mib: 4096, processes: 512 }
    }
}

/// A folder of the machine inside the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// On the machine.
    pub from: String,
    /// In the sandbox.
    pub to: String,
}

/// A declared service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxService {
    /// For people.
    pub name: String,
    /// The folder on the machine that holds its Unix socket.
    pub folder: String,
    /// Where that folder stands in the sandbox.
    pub to: String,
    /// For clients that know TCP only: this port of the sandbox's loopback is forwarded to the socket file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<Forward>,
}

/// A forwarded port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// On the sandbox's loopback.
    pub port: u16,
    /// The socket file in the service's folder.
    pub socket: String,
}
