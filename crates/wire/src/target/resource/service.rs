//! Resources that run or answer.

use crate::runtime::ResourceName;
use serde::{Deserialize, Serialize};

/// A port that the target binds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// The port that it is to have, on 127.0.0.1.
    pub preferred: u16,
    /// The folder of the target's own pid files, one an instance, `NAME.pid` with `{"pid": …, "started": …, "port": …}` and
    /// `"retired": true` when it is to be gone: who is ours.
    pub pids: String,
    /// The file that the target's start and its callers read: `{"at": "127.0.0.1:8001"}`.
    pub registry: String,
    /// The file in which the target says that it cannot bind: it is there while that is so.
    pub complaint: String,
    /// Whether a running target goes where the registry says; else it does so when it is started.
    #[serde(default)]
    pub follows: bool,
}

/// The start of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// The file to which the target appends a line per phase: `{"phase": …, "state": "begun" | "left" | "ended", "at": RFC 3339}`;
    /// left: the start goes on without it, or while it runs in the background.
    pub report: String,
    /// A phase is slow when it takes longer than this.
    #[serde(default = "default_boot_limit")]
    pub limit_ms: u64,
    /// The phases.
    pub phases: Vec<Phase>,
}

fn default_boot_limit() -> u64 {
    30_000
}

/// A phase of a start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Its name, as the target reports it.
    pub name: String,
    /// The lever that skips it, or runs it in the background; none for a phase without which the target cannot serve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<ResourceName>,
}

/// The memory of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// The file with the pid of the process.
    pub pid_file: String,
    /// It is short of memory when more than this is resident, bytes.
    pub limit_bytes: u64,
    /// The folder of its control group, where it has one: what the kernel killed there is told, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<String>,
    /// What eases it, in the order to be tried: caches dropped, fewer tasks, models unloaded, the non-essential off.
    pub levers: Vec<ResourceName>,
    /// So long it must have stayed well below its limit before what eased it is withdrawn, milliseconds.
    #[serde(default = "default_calm_ms")]
    pub calm_ms: u64,
}

fn default_calm_ms() -> u64 {
    30_000
}

/// What the target reaches over the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// `host:port` each: the network is away when none of them can be reached, by name and by connection.
    pub probes: Vec<String>,
    /// How long a probe may take, milliseconds.
    #[serde(default = "default_probe_ms")]
    pub probe_ms: u64,
    /// The pauses between the looks while it is away, milliseconds; the last of them from then on.
    #[serde(default = "default_pauses")]
    pub pauses_ms: Vec<u64>,
    /// The lever of the target's offline mode: no calls, cached answers, what is blocked is queued; off replays the queue.
    pub offline: ResourceName,
}

fn default_probe_ms() -> u64 {
    1_000
}

fn default_pauses() -> Vec<u64> {
    vec![10_000, 30_000, 60_000]
}

/// An endpoint that the target calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// What is asked (`GET`) to see whether it answers. 5xx is no answer.
    pub probe: String,
    /// How long it may take to answer, milliseconds.
    #[serde(default = "default_answer_ms")]
    pub probe_ms: u64,
    /// How often it is asked while its callers are kept away from it, milliseconds.
    #[serde(default = "default_trial_ms")]
    pub trial_ms: u64,
    /// Its base URL.
    pub primary: String,
    /// Who can answer instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
    /// What is asked to see whether the backup answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_probe: Option<String>,
    /// The file that callers read: `{"at": base URL, "timeout_ms": …}`; `{"at": ""}` means: do not call (the breaker is open).
    pub registry: String,
    /// The time-outs of a call, from the ordinary one to the shortest, milliseconds.
    #[serde(default = "default_timeouts")]
    pub timeouts_ms: Vec<u64>,
    /// So many failures in a row and it is away.
    #[serde(default = "default_failures")]
    pub failures: u32,
}

fn default_answer_ms() -> u64 {
    2_000
}

fn default_trial_ms() -> u64 {
    60_000
}

fn default_timeouts() -> Vec<u64> {
    vec![30_000, 10_000, 5_000]
}

fn default_failures() -> u32 {
    3
}

impl Endpoint {
    pub(super) fn check(&self) -> Result<(), String> {
        let falling = self.timeouts_ms.windows(2).all(|pair| pair.first() > pair.last());
        if self.timeouts_ms.is_empty() || !falling {
            return Err("`timeouts_ms` must fall, e.g. [30000, 10000, 5000]".into());
        }
        if self.probe_ms == 0 || self.failures == 0 {
            return Err("`probe_ms` and `failures` must be above 0".into());
        }
        if self.backup.is_some() != self.backup_probe.is_some() {
            return Err("`backup` and `backup_probe` go together".into());
        }
        Ok(())
    }
}

/// A credential that the target uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// What is asked with it (as a bearer token) to see whether it is taken: 401 and 403 mean no.
    pub probe: String,
    /// How long an answer may take, milliseconds.
    #[serde(default = "default_probe_ms")]
    pub probe_ms: u64,
    /// How often one that was refused is tried again, milliseconds.
    #[serde(default = "default_trial_ms")]
    pub trial_ms: u64,
    /// The file that holds it and that the target reads.
    pub file: String,
    /// How it is renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Refresh>,
    /// The file of another one that may be used instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
    /// The lever with which the target goes on without the feature that needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<ResourceName>,
}

/// An OAuth 2 refresh (RFC 6749, section 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The token endpoint.
    pub url: String,
    /// The client.
    pub client_id: String,
    /// The file of the refresh token; a rotated one is written there.
    pub token_file: String,
}

/// A server of language models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelServer {
    /// What is asked (`GET`) to see whether it answers, e.g. `http://127.0.0.1:11434/api/tags`.
    pub probe: String,
    /// How long an answer may take, milliseconds.
    #[serde(default = "default_probe_ms")]
    pub probe_ms: u64,
    /// The command that starts it; left out where nothing may be started. The first word is an absolute path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<String>,
    /// How long its start may take, milliseconds.
    #[serde(default = "default_start_ms")]
    pub start_ms: u64,
    /// The file in which the pid of what was started is kept.
    pub pid_file: String,
    /// The lever with which the target goes on by rules and cached answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<ResourceName>,
}

fn default_start_ms() -> u64 {
    10_000
}
