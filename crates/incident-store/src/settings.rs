//! The settings.

use serde::Deserialize;

/// See `deploy/incident-store.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where to listen.
    pub listen: String,
    /// The folder of the target catalogue.
    pub targets: String,
    /// Where `patcher` answers.
    pub patcher: String,
    /// Connections to PostgreSQL, at most.
    pub pool: usize,
    /// The limit of one transaction, milliseconds.
    pub database_limit_ms: u64,
    /// A fault that comes back so soon after it was resolved reopens its incident; seconds.
    pub watch_window_s: u32,
    /// A fault that was dismissed opens no new incident for so long; it is counted on the last one; seconds.
    pub cooldown_s: u32,
    /// Clients of the stream, at most.
    pub stream_clients: usize,
    /// How often an idle stream shows that it lives, milliseconds.
    pub stream_beat_ms: u64,
    /// A caller that takes nothing of what is sent for so long is cut, milliseconds.
    pub stream_stalled_ms: u64,
    /// How long a caller waits for the answer of a failed call that it handed over, milliseconds; at most 120000.
    pub handover_limit_ms: u64,
    /// Hand-overs that may be open, at most.
    pub handovers: usize,
    /// Those of one caller, at most.
    pub handovers_per_caller: usize,
    /// Answered ones of one caller that are kept, at most; the oldest go first.
    pub handovers_kept_per_caller: usize,
    /// How long a reset waits for `patcher`, seconds.
    pub reset_limit_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8010".into(),
            targets: "deploy/targets".into(),
            patcher: "http://127.0.0.1:8030".into(),
            pool: 8,
            database_limit_ms: 5_000,
            watch_window_s: 600,
            cooldown_s: 300,
            stream_clients: 6_000,
            stream_beat_ms: 25_000,
            stream_stalled_ms: 30_000,
            handover_limit_ms: 110_000,
            handovers: 64,
            handovers_per_caller: 16,
            handovers_kept_per_caller: 500,
            reset_limit_s: 45,
        }
    }
}
