//! The settings; the sample file is `deploy/healer.toml`.

use crate::policy::Limits;
use crate::relations;
use chrono::TimeDelta;
use correlation::Bounds;
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
    /// How many changes (pushes, playbooks that did something) may be made on one target in an hour, whichever incidents they are for, before a person
    /// is called. A reset begins anew.
    pub remedies_per_hour: u32,
    /// How long before the first detection a developer's push is a suspect that is taken back first, seconds; 0: never.
    pub suspect_window_s: u32,
    /// How long after a cause was last seen a symptom of it may begin, seconds; 0: each incident is seen separately.
    pub correlation_window_s: u32,
    /// How much earlier than its cause a symptom may seem to have begun, seconds.
    pub correlation_disorder_s: u32,
    /// How long an incident of a target that needs another target waits for that one's before anything is tried, milliseconds.
    pub settle_ms: u32,
    /// How long a symptom must be quiet after its cause was cured before it is dismissed as recovered, seconds.
    pub quiet_s: u32,
    /// So many services in trouble that have to do with each other are a storm: only a determined cause pushes anything then.
    pub storm_services: u32,
    /// When their incidents began within this time, seconds.
    pub storm_window_s: u32,
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
    /// `warden`.
    pub warden: String,
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
            remedies_per_hour: 20,
            suspect_window_s: 900,
            correlation_window_s: 120,
            correlation_disorder_s: 20,
            settle_ms: 1_000,
            quiet_s: 60,
            storm_services: 5,
            storm_window_s: 300,
            incident_store: "http://127.0.0.1:8010".into(),
            rag_gateway: "http://127.0.0.1:8020".into(),
            patcher: "http://127.0.0.1:8030".into(),
            verifier: "http://127.0.0.1:8080".into(),
            deployer: "http://127.0.0.1:8040".into(),
            warden: "http://127.0.0.1:8090".into(),
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
        anyhow::ensure!((1..=1_000).contains(&self.remedies_per_hour), "`remedies_per_hour` must be 1 to 1000");
        anyhow::ensure!(self.suspect_window_s <= 604_800, "`suspect_window_s` must be at most 604800");
        anyhow::ensure!(self.correlation_window_s <= 86_400, "`correlation_window_s` must be at most 86400");
        anyhow::ensure!(self.correlation_disorder_s <= 3_600, "`correlation_disorder_s` must be at most 3600");
        anyhow::ensure!(self.settle_ms <= 60_000, "`settle_ms` must be at most 60000");
        anyhow::ensure!(self.quiet_s <= 86_400, "`quiet_s` must be at most 86400");
        anyhow::ensure!((2..=1_000).contains(&self.storm_services), "`storm_services` must be 2 to 1000");
        anyhow::ensure!(self.storm_window_s <= 86_400, "`storm_window_s` must be at most 86400");
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
            remedies_per_hour: self.remedies_per_hour,
            approval: Duration::from_secs(self.approval_s),
            min_confidence: self.min_confidence,
        }
    }

    /// The bounds of what belongs together.
    pub fn relations(&self) -> relations::Limits {
        let seconds = |seconds: u32| TimeDelta::seconds(seconds.into());
        relations::Limits {
            bounds: Bounds {
                window: seconds(self.correlation_window_s),
                disorder: seconds(self.correlation_disorder_s),
                ..Bounds::default()
            },
            settle: TimeDelta::milliseconds(self.settle_ms.into()),
            storm_services: usize::try_from(self.storm_services).unwrap_or(usize::MAX),
            storm_window: seconds(self.storm_window_s),
            quiet: seconds(self.quiet_s),
        }
    }
}
