//! The settings, with defaults that work on a laptop.

mod models;

pub use self::models::{Models, Place};

use git_remote::Access;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// See `deploy/patcher.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    pub listen: String,
    /// The folder of the target files.
    pub targets: PathBuf,
    /// The folder of its working repositories: a cache, safe to delete while it does not run.
    pub work: PathBuf,
    /// The verifier's base URL.
    pub verifier: String,
    /// Who commits.
    pub author_name: String,
    /// The committer's address.
    pub author_email: String,
    /// How long one piece of work on a repository may take, milliseconds.
    pub git_limit_ms: u64,
    /// A private key that may write to the remotes over ssh; empty when there are none. It is never read here.
    pub ssh_key: PathBuf,
    /// The keys of their hosts; no other host is talked to.
    pub ssh_known_hosts: PathBuf,
    /// How long such a host may be silent, milliseconds.
    pub ssh_silence_ms: u64,
    /// How long a verification may take, milliseconds.
    pub verify_limit_ms: u64,
    /// A folder of healthy code that has nothing to do with the targets: a rule that is distilled from a model's patch must fire on
    /// none of it; empty: only on the target's own.
    pub healthy: PathBuf,
    /// The language models.
    pub models: Models,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8030".into(),
            targets: "deploy/targets".into(),
            work: ".kintsugi/patcher".into(),
            verifier: "http://127.0.0.1:8080".into(),
            author_name: "Kintsugi".into(),
            author_email: "kintsugi@kintsugi.invalid".into(),
            git_limit_ms: 30_000,
            ssh_key: PathBuf::new(),
            ssh_known_hosts: PathBuf::new(),
            ssh_silence_ms: 10_000,
            verify_limit_ms: 1_200_000,
            healthy: PathBuf::new(),
            models: Models::default(),
        }
    }
}

impl Settings {
    pub(crate) fn git_limit(&self) -> Duration {
        Duration::from_millis(self.git_limit_ms)
    }
    pub(crate) fn access(&self) -> Access {
        Access::new(&self.ssh_key, &self.ssh_known_hosts, self.ssh_silence_ms)
    }
    pub(crate) fn verify_limit(&self) -> Duration {
        Duration::from_millis(self.verify_limit_ms)
    }
}
