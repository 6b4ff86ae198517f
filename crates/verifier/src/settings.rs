//! Settings: `deploy/verifier.toml`, environment `VERIFIER__KEY`.

use git_remote::Access;
use serde::Deserialize;
use std::path::PathBuf;

/// What can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    pub listen: String,
    /// The folder of the target files.
    pub targets: PathBuf,
    /// The folder of mirrors, source folders and warm folders. Not on an overlay file system.
    pub work: PathBuf,
    /// The folder of artefacts and verdicts; the deployer reads it.
    pub artefacts: PathBuf,
    /// A private key that may read the remotes over ssh; empty when there are none. It is never read here.
    pub ssh_key: PathBuf,
    /// The keys of their hosts; no other host is talked to.
    pub ssh_known_hosts: PathBuf,
    /// How long such a host may be silent, milliseconds.
    pub ssh_silence_ms: u64,
    /// Whether the front gives its word on who answers a replay on live, and an answer without it proves nothing.
    pub front_vouches: bool,
    /// Whether each target is built once at the start, so that the first candidate is built as quickly as the next.
    pub warm_at_start: bool,
    /// Whether commands may run as plain processes. Only for machines without namespaces where every candidate is trusted.
    pub allow_unsandboxed: bool,
    /// The program that enters the sandbox; empty for this one.
    pub sandbox_program: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".into(),
            targets: "deploy/targets".into(),
            work: ".kintsugi/verifier".into(),
            artefacts: ".kintsugi/artefacts".into(),
            ssh_key: PathBuf::new(),
            ssh_known_hosts: PathBuf::new(),
            ssh_silence_ms: 10_000,
            front_vouches: true,
            warm_at_start: true,
            allow_unsandboxed: false,
            sandbox_program: PathBuf::new(),
        }
    }
}

impl Settings {
    pub(crate) fn access(&self) -> Access {
        Access::new(&self.ssh_key, &self.ssh_known_hosts, self.ssh_silence_ms)
    }
}
