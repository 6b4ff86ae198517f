//! `deployer`: its operations take a [`wire::rollout::Deploy`] and answer a [`wire::rollout::Rollout`].

use crate::effects::Effects;
use chassis::calls::{CallError, Callee};
use reqwest::Method;
use wire::paths;

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
