//! `deployer`: its operations take a [`wire::rollout::Deploy`] and answer a [`wire::rollout::Rollout`].

use crate::effects::Effects;
use chassis::calls::{CallError, Callee};
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::Method;
use std::time::Duration;
use wire::paths;
use wire::relief::{Relieve, Relieved, Withdraw, Withdrawn};
use wire::rollout::Suspects;

/// The client.
#[derive(Debug, Clone)]
pub struct Deployer {
    /// Its operations.
    pub effects: Effects,
    callee: Callee,
}

impl Deployer {
    /// Over a callee.
    pub fn new(callee: Callee) -> Self {
        Self { effects: Effects::new(callee.clone()), callee }
    }

    /// What a developer had pushed and what went live in a time before a moment.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn suspects(
        &self,
        target: &wire::TargetName,
        before: DateTime<Utc>,
        within: Duration,
    ) -> Result<Suspects, CallError> {
        // `+00:00` would be read as a blank.
        let before = before.to_rfc3339_opts(SecondsFormat::Micros, true);
        let path = format!("{}/{target}/suspects?before={before}&within_s={}", paths::ROLLOUTS, within.as_secs());
        self.callee.call(Method::GET, &path, None::<&()>).await
    }

    /// Puts an incident's reliefs in force. The same incident again changes nothing.
    ///
    /// # Errors
    /// See [`CallError`]; they may be in force all the same when there was no answer.
    pub async fn relieve(&self, relieve: &Relieve) -> Result<Relieved, CallError> {
        self.callee.call(Method::POST, paths::RELIEFS, Some(relieve)).await
    }

    /// Takes an incident's reliefs away. Where none stands, nothing is done.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn withdraw(&self, withdraw: &Withdraw) -> Result<Withdrawn, CallError> {
        self.callee.call(Method::POST, &format!("{}/withdraw", paths::RELIEFS), Some(withdraw)).await
    }

    /// What runs of a target; `None` before the first roll-out.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn live(&self, target: &wire::TargetName) -> Result<Option<wire::rollout::Live>, CallError> {
        let path = format!("{}/{target}", paths::ROLLOUTS);
        match self.callee.call(Method::GET, &path, None::<&()>).await {
            Err(error) if error.status() == Some(404) => Ok(None),
            other => other.map(Some),
        }
    }
}
