//! `front`: which routes are in force, and how its answers went.

use chassis::calls::{CallError, Callee};
use reqwest::Method;
use wire::paths;
use wire::rollout::{FrontStats, RouteTable};

/// The client.
#[derive(Debug, Clone)]
pub struct Front {
    callee: Callee,
}

impl Front {
    /// Over a callee.
    pub fn new(callee: Callee) -> Self {
        Self { callee }
    }

    /// The route table in force.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn routes(&self) -> Result<RouteTable, CallError> {
        self.callee.call(Method::GET, &format!("{}/routes", paths::FRONT), None::<&()>).await
    }

    /// Answers by label.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn stats(&self) -> Result<FrontStats, CallError> {
        self.callee.call(Method::GET, &format!("{}/stats", paths::FRONT), None::<&()>).await
    }
}
