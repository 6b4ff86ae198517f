//! The settings; the sample file is `deploy/healer.toml`.

use crate::policy::Limits;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// What can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The address to listen on.
    pub listen: String,
    /// The folder of the target catalogue.
    pub targets: PathBuf,
    /// The name under which leases are asked for.
    pub holder: String,
    /// How many incidents are moved at once.
    pub parallel: usize,
    /// How long a lease lasts unless renewed, milliseconds, 500 to 120,000. After a crash the incident waits this long.
    pub lease_ms: u64,
    /// How long one asked effect may take, seconds; builds and tests of the target are within.
    pub effect_limit_s: u64,
    /// How long a plan or a lesson is asked for while `rag-gateway` does not answer, milliseconds.
    pub call_limit_ms: u64,
    /// How often a step that gives no result is begun before a person is called.
    pub attempts: u32,
    /// How long it is begun again, however often, while what hinders it may pass by itself (a remote or a service that does
    /// not answer), milliseconds.
    pub patience_ms: u64,
    /// How often an option is proposed again because the branch moved.
    pub base_moves: u32,
    /// The wait after the first failure of a step, milliseconds; it doubles with each.
    pub retry_min_ms: u64,
    /// The longest wait between two attempts, milliseconds.
    pub retry_max_ms: u64,
    /// How long an approval is waited for, seconds, at most 30 days.
    pub approval_s: u64,
    /// Below this confidence of an option a person is asked, whatever the target file allows: 0 to 1.
    pub min_confidence: f64,
    /// How long before the first detection a developer's push is a suspect that is taken back first, seconds; 0: never.
    pub suspect_window_s: u32,
    /// `incident-store`.
    pub incident_store: String,
    /// `rag-gateway`.
    pub rag_gateway: String,
    /// `patcher`.
    pub patcher: String,
    /// `verifier`.
    pub verifier: String,
    /// `deployer`.
    pub deployer: String,
    /// Where the live version answers: the base URL of replays on live.
    pub live_url: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8050".into(),
            targets: "deploy/targets".into(),
            holder: "healer".into(),
            parallel: 2,
            lease_ms: 5_000,
            effect_limit_s: 1_800,
            call_limit_ms: 20_000,
            attempts: 3,
            patience_ms: 60_000,
            base_moves: 3,
            retry_min_ms: 500,
            retry_max_ms: 30_000,
            approval_s: 86_400,
            min_confidence: 0.1,
            suspect_window_s: 900,
            incident_store: "http://127.0.0.1:8010".into(),
            rag_gateway: "http://127.0.0.1:8020".into(),
            patcher: "http://127.0.0.1:8030".into(),
            verifier: "http://127.0.0.1:8080".into(),
            deployer: "http://127.0.0.1:8040".into(),
            live_url: "http://127.0.0.1:8000".into(),
        }
    }
}

impl Settings {
    /// Refuses values that would make the loop hang or never begin.
    ///
    /// # Errors
    /// One sentence on the first such value.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!((1..=64).contains(&self.parallel), "`parallel` must be 1 to 64");
        anyhow::ensure!((500..=120_000).contains(&self.lease_ms), "`lease_ms` must be 500 to 120000");
        anyhow::ensure!((1..=20).contains(&self.attempts), "`attempts` must be 1 to 20");
        anyhow::ensure!(self.patience_ms <= 3_600_000, "`patience_ms` must be at most 3600000");
        anyhow::ensure!(self.base_moves <= 100, "`base_moves` must be at most 100");
        anyhow::ensure!((1..=86_400).contains(&self.effect_limit_s), "`effect_limit_s` must be 1 to 86400");
        anyhow::ensure!((1..=600_000).contains(&self.call_limit_ms), "`call_limit_ms` must be 1 to 600000");
        let delays = self.retry_min_ms <= self.retry_max_ms && self.retry_max_ms <= 3_600_000;
        anyhow::ensure!(delays, "`retry_min_ms` must not exceed `retry_max_ms`, and that not 3600000");
        anyhow::ensure!((1..=2_592_000).contains(&self.approval_s), "`approval_s` must be 1 to 2592000");
        anyhow::ensure!((0.0..=1.0).contains(&self.min_confidence), "`min_confidence` must be 0 to 1");
        anyhow::ensure!(self.suspect_window_s <= 604_800, "`suspect_window_s` must be at most 604800");
        anyhow::ensure!((1..=96).contains(&self.holder.len()), "`holder` must be 1 to 96 bytes long");
        Ok(())
    }

    /// The part that the policy is made of.
    pub fn limits(&self) -> Limits {
        Limits {
            attempts: self.attempts,
            patience: Duration::from_millis(self.patience_ms),
            base_moves: self.base_moves,
            retry_min: Duration::from_millis(self.retry_min_ms),
            retry_max: Duration::from_millis(self.retry_max_ms),
            approval: Duration::from_secs(self.approval_s),
            min_confidence: self.min_confidence,
        }
    }
}
