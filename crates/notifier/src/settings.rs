//! What can be set, and the secret half of it: where messages go.

use anyhow::{Context, ensure};
use chassis::webhook::Key;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;

/// The settings; each has a default that works on a laptop.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    pub listen: String,
    /// Whose feed it reads.
    pub incident_store: String,
    /// The beginning of the links in messages.
    pub dashboard: String,
    /// Connections to PostgreSQL at most.
    pub connections: usize,
    /// Messages a minute at most.
    pub per_minute: u32,
    /// The limit of one attempt, milliseconds.
    pub timeout_ms: u64,
    /// The first pause after a failed attempt, milliseconds.
    pub retry_min_ms: u64,
    /// The longest, milliseconds.
    pub retry_max_ms: u64,
    /// How often a refused message is tried.
    pub refusals: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8060".into(),
            incident_store: "http://127.0.0.1:8010".into(),
            dashboard: "http://127.0.0.1:8000".into(),
            connections: 2,
            per_minute: 60,
            timeout_ms: 10_000,
            retry_min_ms: 500,
            retry_max_ms: 60_000,
            refusals: 4,
        }
    }
}

impl Settings {
    /// Whether they can be used together.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(self.per_minute > 0, "per_minute is 0: nothing would ever be told; it must be at least 1");
        ensure!(self.timeout_ms > 0, "timeout_ms is 0: no attempt could succeed");
        ensure!(self.refusals > 0, "refusals is 0: no message would be tried; it must be at least 1");
        ensure!(
            0 < self.retry_min_ms && self.retry_min_ms <= self.retry_max_ms,
            "retry_min_ms must be at least 1 and at most retry_max_ms"
        );
        Ok(())
    }

    /// The pause after so many failed attempts in a row, from 1.
    pub fn pause(&self, failed: u32) -> Duration {
        let doubled = self.retry_min_ms.saturating_mul(1 << failed.saturating_sub(1).min(30));
        Duration::from_millis(doubled.min(self.retry_max_ms))
    }
}

/// Where messages go. The URL is a secret, as many receivers put a token into it.
#[derive(Debug, Clone)]
pub struct Hook {
    /// `http` or `https`.
    pub url: SecretString,
    /// What signs.
    pub key: Key,
}

impl Hook {
    /// From `WEBHOOK_URL` and `WEBHOOK_SECRET`, or the files that `…_FILE` name; `None` without a URL.
    ///
    /// # Errors
    /// When one of them cannot be read or used, or the secret is missing.
    pub fn load() -> anyhow::Result<Option<Self>> {
        let named = |name: &str| chassis::settings::variable(name).is_some();
        if !named("WEBHOOK_URL") && !named("WEBHOOK_URL_FILE") {
            return Ok(None);
        }
        let url = chassis::settings::secret("WEBHOOK_URL")?;
        let key = chassis::settings::secret("WEBHOOK_SECRET").context("an unsigned webhook is not sent")?;
        Self::of(url, &key).map(Some)
    }

    /// Of a URL and the receiver's secret.
    ///
    /// # Errors
    /// When one of them cannot be used. The text does not repeat it.
    pub fn of(url: SecretString, key: &SecretString) -> anyhow::Result<Self> {
        let parsed = url.expose_secret().parse::<ureq::http::Uri>();
        let usable = parsed.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
        ensure!(usable, "WEBHOOK_URL is not a URL like https://host/path");
        let key = Key::parse(key.expose_secret()).context("WEBHOOK_SECRET cannot be used")?;
        Ok(Self { url, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_used_is_refused_without_being_repeated() {
        let key = SecretString::from("0123456789abcdef0123456789abcdef");
        for url in ["hunter2", "ftp://hunter2/x", "http://", "/hunter2"] {
            let error = Hook::of(url.into(), &key).unwrap_err();
            assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
        }
        let error = Hook::of("http://127.0.0.1:1/x".into(), &"hunter2".into()).unwrap_err();
        assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let settings = Settings { retry_min_ms: 100, retry_max_ms: 450, ..Settings::default() };
        let pauses: Vec<u128> = (1..=4).map(|failed| settings.pause(failed).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 450]);
        assert_eq!(settings.pause(u32::MAX).as_millis(), 450);
    }
}
