//! The settings; each has a line in `deploy/deployer.toml`.

use git_remote::Access;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// The settings, with defaults for a laptop.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where to listen.
    pub listen: String,
    /// The folder of the target files.
    pub targets: PathBuf,
    /// The artefact store that the verifier fills.
    pub artefacts: PathBuf,
    /// The route table that the front watches.
    pub routes: PathBuf,
    /// Bare copies of the targets' repositories.
    pub work: PathBuf,
    /// Where the verifier answers.
    pub verifier: String,
    /// Where the front answers.
    pub front: String,
    /// How often each branch's head is compared with what runs, milliseconds.
    pub poll_ms: u64,
    /// How long a recovery's commit is left to the healer, seconds.
    pub recovery_grace_s: u64,
    /// The first pause after a roll-out of the head failed, milliseconds.
    pub retry_ms: u64,
    /// How long the front may take to take a new route table, milliseconds.
    pub switch_ms: u64,
    /// A private key that may read the remotes over ssh; empty when there are none. It is never read here.
    pub ssh_key: PathBuf,
    /// The keys of their hosts; no other host is talked to.
    pub ssh_known_hosts: PathBuf,
    /// How long such a host may be silent, milliseconds.
    pub ssh_silence_ms: u64,
    /// How often a remote over ssh is asked for its branch's head, milliseconds: each time is a connection to its host.
    pub ssh_poll_ms: u64,
    /// How many connections to the database.
    pub pool: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8040".into(),
            targets: "deploy/targets".into(),
            artefacts: ".kintsugi/artefacts".into(),
            routes: ".kintsugi/routes/routes.json".into(),
            work: ".kintsugi/deployer".into(),
            verifier: "http://127.0.0.1:8080".into(),
            front: "http://127.0.0.1:8000".into(),
            poll_ms: 300,
            recovery_grace_s: 60,
            retry_ms: 1_000,
            switch_ms: 5_000,
            ssh_key: PathBuf::new(),
            ssh_known_hosts: PathBuf::new(),
            ssh_silence_ms: 10_000,
            ssh_poll_ms: 5_000,
            pool: 4,
        }
    }
}

impl Settings {
    /// How remotes over ssh are reached.
    pub fn access(&self) -> Access {
        Access::new(&self.ssh_key, &self.ssh_known_hosts, self.ssh_silence_ms)
    }

    /// The pause between two looks at a branch.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms.max(10))
    }
}
